"""The primer as a reader has it: by mouse and keyboard, narrow, dark, forced colours, without scripts."""

import pytest

from s6lib.widgets import Primer

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Primer</title><body>{}</body></html>"
)
SCENES = ("slope", "partial", "chain")


@pytest.fixture
def primer(open_page, tmp_path):
    """primer(scene, ...) -> the page with that scene, alive unless scripts are off."""

    def primer(scene, at=1.0, **options):
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(Primer(scene=scene, at=at)._repr_html_()), encoding="utf-8")
        page = open_page(path.as_uri(), **options)
        if options.get("java_script_enabled", True):
            page.locator(".scene").wait_for()
        return page

    return primer


def said(page):
    return page.locator(".said").inner_text()


def test_a_slope_by_keyboard_and_by_mouse(primer):
    page = primer("slope")
    assert said(page) == (
        "Nudge x by 0.5, and E changes by 0.625. The ratio: 0.625 ÷ 0.5 = 1.25. The slope here: 1."
    )
    page.get_by_label("x", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert "The slope here: 1.05." in said(page)
    page.get_by_label("nudge").focus()
    page.keyboard.press("End")
    assert "= 1.055. The slope here: 1.05." in said(page)
    point, box = page.locator(".point"), page.locator(".drawing").bounding_box()
    start = point.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
    page.mouse.up()
    assert "The slope here: 0." in said(page)
    end = point.bounding_box()
    assert abs(end["x"] + end["width"] / 2 - box["x"] - box["width"] / 2) < 2  # at the bottom, in the middle


def test_a_slope_with_the_other_held_still(primer):
    page = primer("partial")
    assert "Hold a still at 0.5." in said(page) and "= 0.5. That is ∂o/∂w, and it equals a." in said(page)
    page.get_by_role("button", name="Nudge a").press("Enter")
    assert "Hold w still at 1." in said(page) and "= 1. That is ∂o/∂a, and it equals w." in said(page)
    assert page.locator("[aria-pressed=true]").inner_text() == "Nudge a"
    page.get_by_label("w", exact=True).press("Home")
    assert "Hold w still at −2." in said(page) and "changes by −1. The ratio: −1 ÷ 0.5 = −2." in said(page)


def test_gears_by_keyboard_and_by_hand(primer):
    page = primer("chain")
    counts = page.locator(".turns")
    assert counts.all_text_contents() == ["1", "3", "6"]
    page.get_by_label("turns").press("Home")
    assert counts.all_text_contents() == ["−2", "−6", "−12"]
    first = page.locator(".gear").first.bounding_box()
    x, y = first["x"] + first["width"] / 2, first["y"] + first["height"] / 2
    page.mouse.move(x + 50, y)
    page.mouse.down()
    page.mouse.move(x + 36, y + 36)
    page.mouse.move(x, y + 50)  # a quarter of a turn, clockwise
    page.mouse.up()
    assert counts.all_text_contents() == ["−1.75", "−5.25", "−10.5"]


def test_what_a_screen_reader_is_told_comes_once_it_rests(primer):
    page = primer("chain")
    page.get_by_label("turns").press("Home")
    assert page.get_by_label("turns").get_attribute("aria-valuetext") == "−2"
    assert page.locator("svg.drawing").get_attribute("aria-label") == (
        "Three gears. They have turned −2, −6, −12 times."
    )
    page = primer("slope")
    page.get_by_label("x", exact=True).press("Home")
    page.wait_for_function("() => document.querySelector('[role=status]').textContent.includes('−2.')")


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_can_be_read(primer, scene, width, theme):
    page = primer(scene, width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    letters = page.evaluate(
        "[...document.querySelectorAll('.drawing text')].map(e => e.getBoundingClientRect().height)"
    )
    assert min(letters) > 11
    ground = page.locator(".s6-primer").evaluate("node => getComputedStyle(node).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    assert not page.locator(".fallback").is_visible()


@pytest.mark.parametrize("scene", SCENES)
def test_without_scripts_there_is_a_table(primer, scene):
    page = primer(scene, java_script_enabled=False)
    assert page.locator("table caption").is_visible() and page.locator("td").count() > 3


def test_with_forced_colours_its_lines_stay_apart(primer):
    page = primer("slope", forced_colors="active", reduced_motion="reduce")
    strokes = {
        page.locator(name).first.evaluate("node => getComputedStyle(node).stroke")
        for name in (".curve", ".slope", ".axis")
    }
    assert len(strokes) == 3
