"""The digits as a reader has them: drawn, dropped, taught, by mouse and keyboard, narrow, without scripts."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from s6lib import layers, mnist, results
from s6lib.widgets import Digits, digits

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>Digits</title><body style="margin:0">{}</body></html>'
)


@pytest.fixture
def opened(open_page, tmp_path):
    """opened(...) -> the page with the widget of these traits, alive unless scripts are off."""

    def opened(change=lambda text: text, **given):
        options = {
            name: given.pop(name)
            for name in ("width", "theme", "java_script_enabled", "forced_colors", "has_touch")
            if name in given
        }
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(change(Digits(**given)._repr_html_())), encoding="utf-8")
        page = open_page(path.as_uri(), **options)
        if options.get("java_script_enabled", True):
            page.locator(".examples button").last.wait_for()
        return page

    return opened


@pytest.fixture(scope="module")
def examples():
    """The ten examples as they are prepared: of each digit the first of the bundled test set."""
    bundled = mnist.load_digits("bundled")
    labels = bundled.test_labels.tolist()
    return [mnist.from_drawing(bundled.test_images[labels.index(digit)].numpy()) for digit in range(10)]


def said(page):
    return page.locator(".answer .said").inner_text()


def answered(page):
    return page.locator(".s6-digits").get_attribute("data-answer")


def settled(page, digit):
    page.wait_for_function(
        "digit => document.querySelector('.s6-digits').dataset.answer === digit", arg=str(digit)
    )


def probabilities(page):
    return [
        float(page.locator(f"[data-quantity=p{digit}]").get_attribute("data-value")) for digit in range(10)
    ]


def stroke(page, *points, steps=6):
    """Draws through points in units of the pad, 280 wide."""
    box = page.get_by_label("Draw a digit").bounding_box()
    places = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["width"] / 280) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=steps)
    page.mouse.up()


SEVEN = (85, 70), (195, 70), (160, 140), (130, 225)


def test_what_is_drawn_is_read_and_what_is_no_digit_is_not(opened):
    page = opened()
    assert said(page) == "Draw a digit, or take an example." and answered(page) == ""
    stroke(page, *SEVEN)
    settled(page, 7)
    assert said(page).startswith("It reads 7") and sum(probabilities(page)) == pytest.approx(1, abs=1e-12)
    page.get_by_role("button", name="Undo", exact=True).click()
    settled(page, "")
    assert said(page) == "Draw a digit, or take an example."
    stroke(page, (140, 140))
    page.wait_for_function("document.querySelector('.said').textContent.includes('a dot')")
    assert answered(page) == "" and "not like a digit" in said(page)
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_role("button", name="thin line").click()
    rows = [(20 + 240 * (row % 2), 30 + 18 * row) for row in range(13)]
    stroke(page, *rows)
    page.wait_for_function("document.querySelector('.said').textContent.includes('a scribble')")
    assert answered(page) == ""


def test_a_digit_by_keyboard_alone(opened):
    page = opened()
    page.get_by_label("Draw a digit").focus()
    for key in (*["ArrowUp"] * 10, "Space", *["ArrowDown"] * 20, "Space", "ArrowLeft"):
        page.keyboard.press(key)
    settled(page, 1)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Undo"


def test_its_numbers_are_those_of_numpy_for_every_network(opened, examples):
    page = opened(network="small")
    for network in digits.NETWORKS:
        page.get_by_label("Network").select_option(network)
        for digit in (0, 5):
            page.get_by_role("button", name=f"Load a {digit}").click()
            right = digits.read(examples[digit].tolist(), network)
            page.wait_for_function(
                "p => Math.abs(document.querySelector('[data-quantity=p0]').dataset.value - p) < 1e-9",
                arg=right[0],
            )
            np.testing.assert_allclose(probabilities(page), right, rtol=0, atol=1e-10)
            assert answered(page) == str(right.argmax())


def test_a_step_is_that_of_numpy_and_is_taken_back_to_the_bit(opened, examples):
    page = opened(image=examples[3], label=9, panels=["lesson", "layers"], look="weight conv1.weight 4")
    weight, after = page.locator(".lens .addend .n.weight"), page.locator(".lens .result.weight")
    before, told = probabilities(page), float(after.get_attribute("data-value"))
    assert "undefined" not in page.locator(".s6-digits").inner_text()
    page.get_by_role("button", name="Take one step").click()
    page.get_by_text("After 1 step").wait_for()
    assert float(weight.get_attribute("data-value")) == pytest.approx(told, abs=1e-15)
    model = results.trained().model
    state = {name: value.double().numpy() for name, value in model.state_dict().items()}
    pixels = (examples[3][None, None] / 255 - mnist.MEAN) / mnist.STD
    gradient = layers.gradient(state, pixels, np.array([9]), model.settings)
    moved = state | {name: state[name] - 1e-4 * slope for name, slope in gradient.items()}
    right = np.exp(layers.forward(moved, pixels, model.settings)[0])
    np.testing.assert_allclose(probabilities(page), right, rtol=0, atol=1e-10)
    page.get_by_role("button", name="Step back").click()
    assert probabilities(page) == before
    page.get_by_label("learning rate").fill("1e300")
    page.get_by_label("learning rate").press("Enter")
    page.get_by_role("button", name="Take one step").click()
    assert "blown up" in said(page) and page.get_by_role("button", name="Take one step").is_disabled()
    page.get_by_role("button", name="Step back").click()
    assert probabilities(page) == before and "blown up" not in said(page)
    page.get_by_label("learning rate").fill("-1")
    page.get_by_label("learning rate").press("Enter")
    assert page.get_by_role("alert").filter(has_text="takes a number above 0. Kept 1e300.").is_visible()


def test_it_is_taught_one_drawing_and_forgets(opened, examples):
    page = opened(image=examples[3], panels=["lesson"])
    assert page.get_by_role("button", name="Train").is_disabled()
    page.get_by_label("It should be").select_option("9")
    assert page.locator(".bars .miss").last.inner_text().startswith("−")
    page.get_by_role("button", name="Train").click()
    settled(page, 9)
    page.locator(".forgot td").last.wait_for()
    bundled = mnist.load_digits("bundled")
    images = np.stack([mnist.from_drawing(image.numpy()) for image in bundled.test_images])
    model = results.trained().model
    scores = layers.forward(
        {name: value.double().numpy() for name, value in model.state_dict().items()},
        (images[:, None] / 255 - mnist.MEAN) / mnist.STD,
        model.settings,
    )
    right = scores.argmax(axis=1) == bundled.test_labels.numpy()
    before, now = (row.split("\t") for row in page.locator(".forgot tbody tr").all_inner_texts())
    assert int(before[-1]) == right.sum() > int(now[-1])
    assert [int(each) for each in before[1:-1]] == [
        int(right[bundled.test_labels.numpy() == digit].sum()) for digit in range(10)
    ]
    page.get_by_role("button", name="Recorded weights").click()
    settled(page, 3)


def test_a_lesson_ends_with_its_drawing(opened, examples):
    page = opened(image=examples[3], label=9, learning_rate=1e-9, panels=["lesson"])
    train, pause = (page.get_by_role("button", name=name, exact=True) for name in ("Train", "Pause"))
    train.click()
    pause.wait_for()
    stroke(page, *SEVEN)
    settled(page, 7)
    assert page.locator(".strokes path").get_attribute("d").count("L") > 10  # no point was lost
    train.click()
    pause.wait_for()
    page.get_by_role("button", name="Clear", exact=True).click()
    train.wait_for()
    assert answered(page) == "" and train.is_disabled()


def picture(array, mode="L", kind="PNG"):
    content = io.BytesIO()
    Image.fromarray(array, mode).save(content, kind)
    return content.getvalue()


def test_a_picture_in_the_place_of_a_drawing(opened, examples):
    page = opened(panels=["preparation"])
    choose = page.locator("input[type=file]")
    large = np.kron(255 - examples[7], np.ones((40, 40), np.uint8))  # dark on light, 1,120 pixels wide
    choose.set_input_files({"name": "seven.png", "mimeType": "image/png", "buffer": picture(large)})
    settled(page, 7)
    assert page.locator(".stages").get_by_text("turned round").count() == 1
    page.get_by_role("checkbox", name="Dark ink on light ground").uncheck()
    page.wait_for_function("document.querySelector('.stages').textContent.includes('Left out')")
    page.get_by_role("checkbox", name="Dark ink on light ground").check()
    clear = np.zeros((60, 90, 4), np.uint8)  # black where it covers, else nothing
    clear[10:50, 42:48, 3] = 255
    choose.set_input_files({"name": "one.png", "mimeType": "image/png", "buffer": picture(clear, "RGBA")})
    settled(page, 1)
    choose.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"7"})
    page.get_by_text("notes.txt: not a picture").wait_for()
    assert answered(page) == "1"  # what was there stays


def damaged(text):
    """The page with weights that have lost their end."""
    start = text.index('{"image"')
    end = text.index("</script>", start)
    state = json.loads(text[start:end])
    state["data"]["small"]["weights"] = state["data"]["small"]["weights"][:4000]
    return text[:start] + json.dumps(state) + text[end:]


def test_weights_that_do_not_fit_are_named_and_the_page_lives_on(opened):
    page = opened(change=damaged, network="small")
    page.get_by_text("weights: got 750 numbers; this network takes 6034").wait_for()
    page.get_by_label("Network").select_option("author")
    stroke(page, *SEVEN)
    settled(page, 7)


@pytest.mark.parametrize("theme, width", [("light", 320), ("dark", 390), ("light", 1280)])
def test_it_fits_and_nothing_stands_in_the_way(opened, examples, theme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = opened(image=examples[3], label=2, panels=digits.PANELS, width=width, theme=theme)
    settled(page, 3)
    page.get_by_role("button", name="Take one step").click()
    page.locator(".forgot td").last.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not page.locator(".fallback").is_visible()
    found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()


def test_without_scripts_a_picture_and_its_numbers_stand_there(opened, examples):
    page = opened(image=examples[6], label=6, java_script_enabled=False)
    assert page.locator("svg[role=img]").is_visible()
    right = digits.read(examples[6].tolist(), "author")
    cells = page.locator("tbody tr").nth(6).locator("td").all_inner_texts()
    assert cells == ["6", f"{right[6]:.5f}", f"{right[6] - 1:+.5f}"]
