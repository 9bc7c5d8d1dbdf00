"""The primer without a browser: its traits, its errors, its mathematics, and its tables."""

import re
from math import atan2, hypot, pi

import pytest
from bs4 import BeautifulSoup
from modules import WIDGETS, run

from bookbuild.scripts import shortened
from s6lib.widgets import Primer, join, primer

ENGINE = (WIDGETS / "primer" / "engine.js").read_text(encoding="utf-8")
#: Bytes that a page pays for it, minified, beside the stepper.
BUDGET = 12_000


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("scene", "hill", ValueError),
        ("scene", None, ValueError),
        ("at", 2.01, ValueError),
        ("at", float("nan"), ValueError),
        ("at", [1], ValueError),
        ("at", "1", TypeError),
        ("at", True, TypeError),
    ],
)
def test_refuses_bad_values_by_name(name, value, error):
    with pytest.raises(error, match=rf"^{name}: got .*; takes "):
        Primer(**{name: value})


def test_refuses_other_traits():
    with pytest.raises(TypeError, match="Primer: got 'x'; takes scene, at"):
        Primer(x=1)


def test_python_and_javascript_know_the_same_constants():
    assert run("return [HELD, RATIOS];", ENGINE) == [primer.HELD, list(primer.RATIOS)]


def test_a_ratio_comes_close_to_the_slope_as_the_nudge_gets_small():
    found = run("return NUDGES.map(nudge => nudged(height, 1.5, nudge).ratio - steepness(1.5));", ENGINE)
    assert all(0 < small < large for large, small in zip(found, found[1:])) and found[-1] < 0.006
    assert run("return [-2, 0, 2].map(steepness);", ENGINE) == [-2, 0, 2]


def test_gears_multiply():
    assert run("return [turned(1), turned(-0.5)];", ENGINE) == [[1, 3, 6], [-0.5, -1.5, -3]]


@pytest.mark.parametrize(("teeth", "radius"), [(36, 90), (12, 30), (6, 15)])
def test_a_gear_has_its_teeth(teeth, radius):
    path = run(f"return gear({teeth}, {radius});", ENGINE)
    points = [tuple(map(float, each.split())) for each in path[1:-1].split("L")]
    outer = [atan2(y, x) for x, y in points if hypot(x, y) > radius]
    assert len(outer) == 2 * teeth and len(points) == 4 * teeth
    assert min(abs(angle) for angle in outer) < 0.2 * 2 * pi / teeth  # a tooth points to its neighbour


def test_what_stands_still_is_true():
    soup = BeautifulSoup(Primer(at=1.2)._repr_html_(), "html.parser")
    rows = [[float(cell.get_text()) for cell in row("td")] for row in soup.select("tbody tr")]
    for nudge, rise, ratio in rows:
        assert rise == pytest.approx(nudge * 1.2 + nudge**2 / 2, rel=1e-5)
        assert ratio == pytest.approx(1.2 + nudge / 2, rel=1e-4)
    assert [row[0] for row in rows] == [1, 0.5, 0.1, 0.01, 0.001]

    soup = BeautifulSoup(Primer(scene="partial", at=2)._repr_html_(), "html.parser")
    assert [[cell.get_text() for cell in row("td")] for row in soup.select("tbody tr")] == [
        ["w", "0.1", "0.05", "0.5"], ["a", "0.1", "0.2", "2"]
    ]  # fmt: skip
    soup = BeautifulSoup(Primer(scene="chain", at=-1)._repr_html_(), "html.parser")
    assert [cell.get_text() for cell in soup("td")] == ["-1", "-3", "-6", "3 · 2 = 6"]
    assert all(table.caption.get_text() for table in soup("table"))


def test_it_is_small():
    def size(*names):
        return len(shortened(join.script(WIDGETS / each / "index.js" for each in names)).encode())

    assert size("stepper", "primer") - size("stepper") <= BUDGET


def test_each_scene_of_python_is_one_of_the_front_end():
    scenes = (WIDGETS / "primer" / "scenes.js").read_text(encoding="utf-8")
    (named,) = re.findall(r"^export const SCENES = \{ (.*) \};", scenes, re.M)
    assert tuple(named.split(", ")) == primer.SCENES
