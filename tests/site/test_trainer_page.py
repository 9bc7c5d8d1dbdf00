"""The trainer as a reader has it: from a file, by http in a worker, by keyboard, narrow, without scripts."""

import json
import re

import numpy as np
import pytest
from engines import Host
from test_access import RULES, axe, violations  # noqa: F401  a fixture

from bookbuild.scripts import shortened
from s6lib import drawings
from s6lib.widgets import Trainer, join
from s6lib.widgets.trainer import LOOKS, course

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Trainer</title><body><main>{}</main></body></html>"
)
INLINE = re.compile(r'<script type="module".*?</script>', re.DOTALL)
PATIENCE = 120_000  #: milliseconds, on a busy machine


@pytest.fixture
def trainer(open_page, tmp_path):
    """trainer(...) -> the page with such a trainer, opened as a file, alive unless scripts are off."""

    def trainer(options=None, **traits):
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(Trainer(**traits)._repr_html_()), encoding="utf-8")
        page = open_page(path.as_uri(), **(options or {}))
        if (options or {}).get("java_script_enabled", True):
            page.locator(".live").wait_for()
        return page

    return trainer


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def wait_for(page, words):
    page.locator(".standing").filter(has_text=words).wait_for(timeout=PATIENCE)


def curve(page):
    """What the reader saves: [(step, loss, right), ...] as texts."""
    with page.expect_download() as saved:
        press(page, "Save the curve as CSV")
    return saved.value.path().read_text().splitlines()


def test_it_trains_pauses_and_goes_on_to_the_same_curve(trainer):
    page = trainer(epochs=1, batch_size=64)
    press(page, "Train")
    wait_for(page, re.compile("Step [1-9]"))
    press(page, "Pause")
    wait_for(page, "paused")
    press(page, "Train")
    wait_for(page, "done")
    halting = curve(page)
    press(page, "Start again")
    wait_for(page, "done")
    assert curve(page) == halting and halting[0] == "step,loss,test_right"
    steps = course.course(Trainer().networks["small"], 0.01, 0.9, 64, seed=1)
    losses = [loss for _, (_, loss) in zip(range(len(halting) - 1), steps)][1:]
    assert [float(line.split(",")[1]) for line in halting[2:]] == pytest.approx(losses, rel=1e-9)
    assert "Dashed, earlier" in page.locator(".against").inner_text()
    assert int(halting[-1].split(",")[2]) > int(halting[1].split(",")[2])  # it reads more than at the start


def test_a_rate_that_blows_up_is_named_and_the_way_back_is_one_click(trainer):
    page = trainer(learning_rate=1000.0, batch_size=8)
    press(page, "Train")
    page.locator(".alarm").filter(has_text="blown up").wait_for(timeout=PATIENCE)
    assert page.get_by_role("button", name="Train", exact=True).is_disabled()
    page.get_by_role("button", name="Back to the last good weights").click()
    wait_for(page, "Step 0 of")
    assert page.get_by_label("Learning rate").input_value() == "100"
    assert not page.locator(".alarm").is_visible()
    press(page, "Train")
    wait_for(page, re.compile("Step [1-9]"))  # a tenth may blow up too, and then stands still


@pytest.mark.parametrize("served", [True, False], ids=["worker", "silent worker"])
def test_by_http_it_trains_in_a_worker_or_where_that_fails_on_the_page(open_page, tmp_path, served):
    html = Trainer(epochs=1, batch_size=64)._repr_html_()
    script = shortened(join.script([join.Path(join.__file__).with_name("trainer") / "index.js"]))
    if not served:  # a worker that cannot train
        script = "if (typeof document === 'undefined') throw new Error('no');" + script
    (tmp_path / "widgets.js").write_text(script)
    body = INLINE.sub("", html) + '<script defer src="widgets.js"></script>'
    (tmp_path / "page.html").write_text(PAGE.format(body), encoding="utf-8")
    host = Host(tmp_path)
    try:
        page = open_page(f"{host.address}/page.html", allow=(host.address,), ignore_console=not served)
        page.locator(".scratch").wait_for()
        press(page, "Train")
        wait_for(page, "done")
        where = page.locator(".quiet").inner_text()
        assert where.startswith("It trains beside this page" if served else "Training runs in this page")
    finally:
        host.close()


def test_by_keyboard_alone(trainer):
    page = trainer()
    page.get_by_label("Learning rate").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2e-3")
    page.keyboard.press("Enter")
    slider = page.get_by_label("Rate from 0.0001 to 10, logarithmic")
    assert slider.get_attribute("aria-valuetext") == "0.002"
    page.get_by_label("Seed").fill("-1")
    page.get_by_label("Seed").press("Enter")
    assert (
        "takes a whole number from 0 to 999999. Kept 1." in page.locator(".message:not(:empty)").inner_text()
    )
    page.get_by_role("button", name="Train", exact=True).press("Enter")
    wait_for(page, "Step 2")
    page.keyboard.press("Enter")  # the same button, now Pause
    wait_for(page, "paused")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_and_axe_finds_nothing(trainer, axe, width, theme):  # noqa: F811
    page = trainer({"width": width, "theme": theme}, batch_size=8)
    press(page, "Train")
    wait_for(page, "Step 3")
    press(page, "Pause")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(axe, page, RULES) == []
    assert page.locator(".kernel").count() == 8 and page.locator(".gradients tbody tr").count() == 4


def test_without_scripts_there_is_a_table_of_its_first_steps(trainer):
    page = trainer({"java_script_enabled": False})
    rows = page.locator("tbody tr").all_inner_texts()
    assert [int(row.split()[0]) for row in rows] == [*LOOKS]
    assert rows[-1].split()[1] == f"{course.table('small', 0.01, 0.9, 32, 1, LOOKS)[-1][1]:.4f}"


def draw(page, *points):
    """A line on the pad, by mouse; points from 0 to 1."""
    box = page.get_by_label("Draw a digit").bounding_box()
    for k, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if not k:
            page.mouse.down()
    page.mouse.up()


def test_a_hand_is_kept_brought_learned_and_deleted(trainer, tmp_path):
    page = trainer(scene="hand", epochs=2)
    assert page.get_by_role("button", name="Train", exact=True).is_disabled()  # of nothing
    page.get_by_label("It is a").select_option("1")
    draw(page, (0.5, 0.5))
    press(page, "Keep this drawing")
    assert "This looks like a dot" in page.locator(".side .message").inner_text()
    press(page, "Clear")
    draw(page, (0.5, 0.15), (0.48, 0.85))
    press(page, "Keep this drawing")
    page.reload()  # and it is still there
    page.get_by_role("button", name="Delete drawing 1, a 1").wait_for()
    bad, good = tmp_path / "bad.json", tmp_path / "good.json"
    bad.write_text("{")
    good.write_text(json.dumps({"kind": "drawings of digits", "drawings": album([*range(10)] * 3)}))
    for path, told in ((bad, "bad.json: This is no JSON"), (good, "")):
        page.locator("input[type=file]").set_input_files(path)
        page.locator(".side .message").filter(has_text=told).wait_for(state="attached")
    page.locator(".gallery .held").nth(9).wait_for()
    with page.expect_download() as saved:
        press(page, "Save the drawings as a file")
    assert len(json.loads(saved.value.path().read_text())["drawings"]) == 31
    press(page, "Train")
    wait_for(page, "done")
    cells = page.locator(".result td").all_inner_texts()
    assert [each.split()[-1] for each in cells] == ["10", "10", "500", "500"]
    press(page, "Delete all drawings")
    assert page.locator(".gallery button").count() == 0
    page.reload()
    assert "you have 0." in page.locator(".advice").inner_text()


def album(labels):
    return [
        {
            "label": label,
            "strokes": [
                {"width": float(each.width), "points": np.asarray(each.points).round(1).tolist()}
                for each in drawings.digit(label, turn=k)
            ],
        }
        for k, label in enumerate(labels)
    ]
