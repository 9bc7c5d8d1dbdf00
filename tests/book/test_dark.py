"""The dark form of figures of pixels: what is on the page is light, what is on pixels stays."""

import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest

from bookbuild import dark

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn():
    """A figure with a digit of two pixels, a frame and a word on it, a title above, and an empty picture."""
    figure, (digit, blank) = plt.subplots(1, 2)
    digit.imshow([[0, 1]], cmap="gray_r", vmin=0, vmax=1)
    digit.plot([0, 0.4], [0, 0], color="#000000", gid="frame")
    digit.text(0.4, 0, "on it", color="#000000", gid="on-it")
    digit.set_title("above", gid="above")
    digit.text(0.5, 0.4, "weight", color="#009e73", gid="on-it-too")
    blank.imshow([[0, 0]], cmap="gray_r", vmin=0, vmax=1)
    blank.text(0, 0, "0.5", color="#0072b2", gid="number")
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    return text.getvalue(), dark.darkened(text.getvalue())


def part(svg, gid):
    (found,) = [each for each in ElementTree.fromstring(svg).iter() if each.get("id") == gid]
    return ElementTree.tostring(found, encoding="unicode")


def test_pixels_and_what_lies_on_them_stay(drawn):
    before, after = drawn
    picture = r'<(?:\w+:)?image [^>]*href="(data:[^"]*)"'
    digit, _blank = [address.split() for address in re.findall(picture, before)]
    assert [address.split() for address in re.findall(picture, after)] == [digit]
    assert "#000000" in part(after, "frame") and "#e1e5ea" not in part(after, "frame")
    for gid in ("on-it", "on-it-too"):
        colour = {"on-it": "#000000", "on-it-too": "#009e73"}[gid]
        assert f"fill: {colour}" in part(after, gid) or f'fill="{colour}"' in part(after, gid)


def test_letters_on_the_page_are_light(drawn):
    _, after = drawn
    assert ElementTree.fromstring(after).get("fill") == "#e1e5ea"
    assert "fill" not in part(after, "above") or "#e1e5ea" in part(after, "above")
    assert "#56b4e9" in part(after, "number") and "#0072b2" not in part(after, "number")
    assert "fill: #ffffff" not in after  # no card
    assert "<metadata" not in after and after == dark.darkened(drawn[0])


def test_a_page_gets_both_forms_once(tmp_path, drawn):
    pytest.importorskip("bs4", reason="beautifulsoup4 is not installed: pages are not finished")
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a b.svg").write_text(drawn[0], encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text(
        '<img alt="A digit" class="pixels" src="_images/a%20b.svg"><img alt="Lines" src="_images/a%20b.svg">'
    )
    for _ in range(2):
        dark.add_twins([page])
        assert page.read_text() == (
            '<img alt="A digit" class="pixels by-day" loading="lazy" src="_images/a%20b.svg">'
            '<img alt="A digit" class="pixels by-night" loading="lazy" src="_images/a%20b-dark.svg">'
            '<img alt="Lines" src="_images/a%20b.svg">'
        )
    assert (tmp_path / "_images" / "a b-dark.svg").read_text(encoding="utf-8") == drawn[1]
