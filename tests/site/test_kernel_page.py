"""The kernel as a reader has it: by mouse, finger and keyboard, narrow, dark, forced colours, no scripts."""

import numpy as np
import pytest

from s6lib.widgets import Kernel

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Kernel</title><body><main><h1>Kernel</h1>{}</main></body></html>"
)
#: A picture of which every pixel can be told from the next.
IMAGE = (np.arange(28)[:, None] * 7 + np.arange(28) * 3) % 11 / 10
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EDGES = np.array([[-1, 0, 1]] * 3)


@pytest.fixture
def kernel(open_page, tmp_path):
    """kernel(options of the page, **traits) -> the page with it, alive unless scripts are off."""

    def kernel(options=None, **traits):
        path = tmp_path / "page.html"
        widget = Kernel(**{"image": IMAGE, **traits})
        path.write_text(PAGE.format(widget._repr_html_()), encoding="utf-8")
        page = open_page(path.as_uri(), **(options or {}))
        if (options or {}).get("java_script_enabled", True):
            page.locator(".boards").wait_for()
        return page

    return kernel


@pytest.fixture
def violations():
    """violations(page) -> what axe-core finds on it."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is not installed: pip install axe-playwright-python",
    ).Axe()
    return lambda page: axe.run(page, options={"runOnly": RULES}).response["violations"]


def total(page):
    return float(page.locator("[data-quantity=sum]").get_attribute("data-value"))


def sum_at(row, column, weights=EDGES):
    return pytest.approx((IMAGE[row : row + 3, column : column + 3] * weights).sum(), abs=1e-12)


def drawn(page, which):
    """The colours of a board, (rows, columns, 4)."""
    return np.array(
        page.locator("canvas").nth(which).evaluate(
            """canvas => { const { width } = canvas, { data } = canvas.getContext("2d")
                .getImageData(0, 0, width, width); return [width, ...data]; }"""
        )[1:]
    ).reshape(*[int(page.locator("canvas").nth(which).get_attribute("width"))] * 2, 4)  # fmt: skip


def filled(page):
    return int((drawn(page, 1)[..., 3] > 0).sum())


def test_by_keyboard_alone(kernel):
    page = kernel(place=(3, 4))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "application"
    assert total(page) == sum_at(3, 4)
    for key, place in (
        ("ArrowRight", (3, 5)),
        ("ArrowDown", (4, 5)),
        ("ArrowDown", (5, 5)),
        ("ArrowLeft", (5, 4)),
        ("ArrowUp", (4, 4)),
        ("Home", (4, 0)),
        ("ArrowLeft", (4, 0)),
        ("PageDown", (25, 0)),
        ("End", (25, 25)),
        ("PageUp", (0, 25)),
    ):
        page.keyboard.press(key)
        assert total(page) == sum_at(*place), key
    pixels = page.locator(".square.value td").all_text_contents()
    assert [float(each) for each in pixels] == pytest.approx(IMAGE[0:3, 25:28].ravel(), abs=0.005)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Kernel, row 0, column 0"
    page.keyboard.type("1/4")
    page.keyboard.press("Enter")
    assert total(page) == sum_at(0, 25, np.array([[0.25, 0, 1], [-1, 0, 1], [-1, 0, 1]]))
    assert page.get_by_label("Kernel", exact=True).input_value() == "your own"
    page.wait_for_function(
        "sum => document.querySelector('[role=status]').textContent.startsWith(`Row 0, column 25: ${sum}`)",
        arg=page.locator("[data-quantity=sum]").inner_text(),
    )


def test_by_mouse_the_window_paints_the_map(kernel):
    page = kernel()
    assert filled(page) == 1
    box = page.locator(".board").first.bounding_box()
    pixel = box["width"] / 28

    def at(row, column):  # the middle of the window at this place
        return box["x"] + (column + 1.5) * pixel, box["y"] + (row + 1.5) * pixel

    page.mouse.move(*at(5, 4))
    page.mouse.down()
    page.mouse.move(*at(5, 20))  # in one leap
    page.mouse.up()
    assert total(page) == sum_at(5, 20)
    there = drawn(page, 1)
    assert (there[5, 4:21, 3] == 255).all() and filled(page) <= 1 + 5 + 17
    frame = page.locator(".frame").first.bounding_box()
    assert frame["x"] + frame["width"] / 2 == pytest.approx(at(5, 20)[0], abs=2)
    page.mouse.click(*at(-1.5, -1.5))  # at the corner it stays inside
    assert total(page) == sum_at(0, 0)
    values = np.array([(IMAGE[5:8, c : c + 3] * EDGES).sum() for c in range(4, 21)])
    for value, (red, _, blue, _) in zip(values, there[5, 4:21], strict=True):  # blue, white or grey
        assert (blue > red) == (value > 1e-9) and (blue == red == 255) == (abs(value) < 1e-9)
    second = page.locator(".board").nth(1).bounding_box()
    page.mouse.click(second["x"] + second["width"] * 10.5 / 26, second["y"] + second["height"] * 7.5 / 26)
    assert total(page) == sum_at(7, 10)
    page.keyboard.press("ArrowRight")
    assert total(page) == sum_at(7, 11)


def test_by_finger(kernel):
    """A finger drags the window; on the rest of the board a tap is heard, and a drag scrolls the page."""
    page = kernel({"has_touch": True, "width": 390}, place=(12, 12))
    board, frame = page.locator(".board").first, page.locator(".frame").first
    box = board.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 6.5 / 28, box["y"] + box["height"] * 9.5 / 28)
    assert total(page) == sum_at(8, 5)
    ways = [each.evaluate("node => getComputedStyle(node).touchAction") for each in (frame, board)]
    assert ways == ["none", "manipulation"]
    reach = frame.evaluate("""node => parseFloat(getComputedStyle(node, "::after").width)""")
    assert reach >= 44
    drag = """(node, ways) => ways.forEach(([type, x, y]) => node.dispatchEvent(new PointerEvent(type,
        { pointerId: 1, pointerType: "touch", clientX: x, clientY: y, bubbles: true })))"""
    board.evaluate("node => { node.setPointerCapture = () => {}; node.hasPointerCapture = () => true; }")
    target = [box["x"] + box["width"] * 21.5 / 28, box["y"] + box["height"] * 3.5 / 28]
    frame.evaluate(drag, [["pointerdown", box["x"] + 40, box["y"] + 60], ["pointermove", *target]])
    assert total(page) == sum_at(2, 20)


def test_a_number_that_cannot_be_read_is_refused_in_words_and_nothing_is_lost(kernel):
    page = kernel(place=(4, 4))
    field = page.get_by_label("Kernel, row 1, column 2")
    before = total(page)
    for text, told in (
        ("two", "“two”: takes a number from −10 to 10, such as 0.5 or 1/9. Kept 1."),
        ("11", "“11”: takes a number from −10 to 10, such as 0.5 or 1/9. Kept 1."),
        ("1/0", "“1/0”: takes"),
        ("", "Empty: takes"),
    ):
        field.fill(text)
        field.press("Enter")
        assert page.locator(".messages .message:not(:empty)").inner_text().startswith(told)
        assert field.get_attribute("aria-invalid") == "true"
        assert (field.input_value(), total(page)) == ("1", before)
    field.fill("−0,5")
    field.press("Enter")
    assert field.input_value() == "-0.5" and page.locator(".messages .message:not(:empty)").count() == 0
    assert total(page) == sum_at(4, 4, np.array([[-1, 0, 1], [-1, 0, -0.5], [-1, 0, 1]]))


def test_kernels_to_choose_turn_and_rectify(kernel):
    page = kernel(place=(6, 6))
    page.get_by_label("Kernel", exact=True).select_option("blur")
    assert page.get_by_label("Kernel, row 2, column 2").input_value() == "1/9"
    assert total(page) == sum_at(6, 6, np.full((3, 3), 1 / 9))
    page.get_by_label("Kernel", exact=True).select_option("left edges")
    for turns, name in ((1, "upper edges"), (2, "right edges"), (3, "your own"), (4, "left edges")):
        page.get_by_role("button", name="Turn the kernel").press("Enter")
        assert page.get_by_label("Kernel", exact=True).input_value() == name
        assert total(page) == sum_at(6, 6, np.rot90(EDGES, -turns))
    page.get_by_label("Kernel", exact=True).select_option("right edges" if total(page) > 0 else "left edges")
    below = total(page)
    assert below < 0
    page.get_by_label("ReLU").check()
    assert total(page) == 0 and "and after ReLU 0" in page.locator(".sum").inner_text()
    page.get_by_label("Kernel", exact=True).select_option("all zero")
    assert page.locator(".remark").inner_text().startswith("Nine zeros")


def test_padding_and_stride_change_the_map(kernel):
    page = kernel({"reduced_motion": "reduce"}, place=(25, 25))
    page.get_by_role("button", name="Slide over the picture").click()
    assert filled(page) == 26 * 26
    page.get_by_label("Padding").select_option("1")
    assert filled(page) == 28 * 28 and total(page) == sum_at(25, 25)  # the window has stayed
    page.locator("[role=application]").press("ArrowDown")
    padded = np.pad(IMAGE, 1)
    assert total(page) == pytest.approx((padded[27:30, 26:29] * EDGES).sum(), abs=1e-12)
    assert page.locator(".remark").inner_text() == "3 of the nine lie on the rim of zeros around the picture."
    page.get_by_label("Stride").select_option("2")
    assert filled(page) == 14 * 14
    page.get_by_role("button", name="Clear the map").click()
    assert filled(page) == 1
    told = page.locator(".board[role=img]").get_attribute("aria-label")
    assert told.startswith("The map of sums, 14 by 14, from ") and told.endswith("1 of 196 are filled.")


def test_it_slides_over_all_places_and_comes_back(kernel):
    page = kernel(place=(3, 3))
    slide = page.get_by_role("button", name="Slide over the picture")
    slide.click()
    page.get_by_role("button", name="Stop").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.frame')[1].style.top !== '0%'")
    page.get_by_role("button", name="Stop").click()
    some = filled(page)
    assert 26 <= some < 26 * 26 and total(page) == sum_at(3, 3)
    slide.click()
    page.wait_for_function(
        "() => document.querySelector('.board[role=img]').ariaLabel.endsWith('all of it is filled.')"
    )
    slide.wait_for()
    assert filled(page) == 26 * 26 and total(page) == sum_at(3, 3)


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_can_be_read(kernel, violations, width, theme):
    page = kernel({"width": width, "theme": theme}, place=(4, 4), padding=1)
    page.get_by_label("Kernel, row 0, column 0").fill("x")
    page.keyboard.press("Tab")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    clipped = """() => [...document.querySelectorAll(".square td, .square input")].filter(
        node => node.scrollWidth > node.clientWidth + 1).map(node => node.outerHTML)"""
    assert page.evaluate(clipped) == []
    ground = page.locator(".s6-kernel").evaluate("node => getComputedStyle(node).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    assert not page.locator(".fallback").is_visible()
    assert violations(page) == []


def test_with_forced_colours_the_pixels_stay(kernel):
    page = kernel({"forced_colors": "active"})
    grounds = {
        name: page.locator(name).first.evaluate("node => getComputedStyle(node).outlineColor")
        for name in (".frame", "[role=img] .frame")
    }
    assert grounds == {".frame": "rgb(0, 114, 178)", "[role=img] .frame": "rgb(17, 17, 17)"}


@pytest.mark.parametrize("paper", [False, True])
def test_without_scripts_and_on_paper_there_is_a_picture_and_a_table(kernel, paper):
    page = kernel(None if paper else {"java_script_enabled": False}, place=(4, 4))
    if paper:
        page.emulate_media(media="print")
        assert not page.locator(".live").is_visible()
    assert page.locator(".fallback svg").is_visible() and page.locator(".fallback tbody tr").count() == 10
    last = page.locator(".fallback tbody tr").last.inner_text()
    assert float(last.split()[-1].replace("−", "-")) == pytest.approx(
        (IMAGE[4:7, 4:7] * EDGES).sum(), abs=0.005
    )
