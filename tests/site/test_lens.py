"""Maps and lens of the digits in a real browser, on a page of their own: what they show against NumPy."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from s6lib import layers, mnist, results
from s6lib.widgets import join

WIDGETS = Path(join.__file__).parent
LABEL = 8
#: A store as the widget's, of one drawing.
INDEX = """
import { make } from "FROM/kit/dom.js";
import { dress } from "FROM/kit/theme.js";
import SHEET from "FROM/digits/digits.css";
import { backward, forward, networkOf } from "FROM/digits/engine.js";
import { lens } from "FROM/digits/lens.js";
import { atlas } from "FROM/digits/maps.js";

const root = document.querySelector("main"), views = [], looks = [];
const store = {
  open: null, digits: 6, prepared: { image: GIVEN.pixels },
  render: () => views.forEach((view) => view.render()),
  look(open) { if (this.open) looks.push(this.open); this.open = open; this.render(); },
  walkBack() { this.open = looks.pop() ?? null; this.render(); },
  close() { this.open = null; this.render(); },
  setDigits(digits) { this.digits = digits; this.render(); },
};
store.pass = forward(networkOf(GIVEN.settings, GIVEN.state), GIVEN.image);
store.back = GIVEN.label === null ? null : backward(store.pass, [GIVEN.label]);
views.push(atlas(store), lens(store));
root.className = "s6-digits";
root.dataset.alive = "";
dress(document, "digits", SHEET);
root.append(make("div", "live", views.map(({ element }) => element)));
globalThis.store = store;
store.render();
"""


@pytest.fixture(scope="module")
def network():
    """The settings and state of the book's network, a bundled digit, and NumPy's values and slopes of it."""
    model, pixels = results.trained().model, mnist.load_digits("bundled").test_images[5]
    state = {name: value.double().numpy() for name, value in model.state_dict().items()}
    image = mnist.normalise(pixels[None]).double().numpy()
    values = layers.activations(state, image, model.settings)
    values |= {"images": image, "p": np.exp(values["log_softmax"])}
    slopes = layers.slopes(state, image, [LABEL], model.settings)
    return model.settings, state, pixels, image, values, slopes


@pytest.fixture
def show(network, tmp_path, open_page):
    """show(label, width) -> the page."""
    settings, state, pixels, image, *_ = network

    def show(label=LABEL, width=900, **options):
        given = {
            "settings": settings,
            "state": {name: np.asarray(value).ravel().tolist() for name, value in state.items()},
            "image": image.ravel().tolist(),
            "pixels": pixels.ravel().tolist(),
            "label": label,
        }
        index, page = tmp_path / "index.js", tmp_path / "page.html"
        index.write_text(INDEX.replace("FROM", os.path.relpath(WIDGETS, tmp_path)))
        page.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lens</title>'
            '<meta name="viewport" content="width=device-width"><style>body { margin: 16px }</style>'
            "<main></main>"
            f"<script>const GIVEN = {json.dumps(given)};</script><script>{join.script([index])}</script>"
        )
        return open_page(page.as_uri(), width=width, **options)

    return show


def number(locator):
    return float(locator.get_attribute("data-value"))


def look(page, kind, layer, index):
    page.evaluate("open => store.look(open)", {"kind": kind, "layer": layer, "index": index})


OPENED = [("conv1", 300), ("relu2", 1500), ("norm2", 1500), ("conv3", 0), ("pool3", 350), ("drop3", 350),
          ("conv5", 3000), ("average", 5), ("linear", 5), ("log_softmax", 5), ("p", 8)]  # fmt: skip


def test_what_it_says_is_what_numpy_finds(show, network):
    *_, values, slopes = network
    page = show()
    result = page.locator(".lens .result")
    for layer, index in [*OPENED, ("images", 400)]:
        look(page, "value", layer, index)
        assert number(result) == pytest.approx(values[layer].ravel()[index], rel=1e-9, abs=1e-12)
    for layer, index in OPENED[:-2]:
        look(page, "slope", layer, index)
        assert number(result) == pytest.approx(slopes[layer].ravel()[index], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("kind", "layer", "index"), [("value", "conv5", 3000), ("slope", "norm4", 700)])
def test_what_stands_there_adds_up(show, kind, layer, index):
    page = show()
    look(page, kind, layer, index)
    groups = page.locator(".lens .groups")
    sums = [number(each) for each in groups.locator("summary .n").all()]
    bias = number(page.locator(".lens .weight").first) if kind == "value" else 0
    assert bias + sum(sums) == pytest.approx(number(page.locator(".lens .result")), rel=1e-12)
    for group in groups.locator("details").all():
        if not group.evaluate("group => group.open"):
            group.locator("summary").click()
        group.locator(".product").first.wait_for()
        numbers = [
            [number(n) for n in cell.locator(".n[data-value]").all()]
            for cell in group.locator(".product").all()
        ]
        products = [each[-1] for each in numbers]
        assert products == [np.prod(each[:-1]) if len(each) == 3 else 0 for each in numbers]
        assert sum(products) == pytest.approx(number(group.locator("summary .n")), rel=1e-12)


def test_it_leads_down_to_the_pixels_and_back(show):
    page = show()
    look(page, "value", "p", 5)
    title, seen = page.locator(".lens .caption b"), []
    while not title.text_content().startswith("the picture"):
        seen.append(title.text_content())
        page.locator(".lens .sum .number.value").last.click()
        assert len(seen) < 30
    assert [each.split(",")[0] for each in seen[:4]] == ["p of 5", "log p of 5", "score of 9", "average"]
    for before in reversed(seen):
        page.get_by_role("button", name="Walk back").click()
        assert title.text_content() == before
    page.keyboard.press("Escape")
    assert page.locator(".lens").is_hidden()


def test_maps_are_walked_by_keyboard(show, network):
    *_, values, _ = network
    page = show()
    sheet = page.get_by_role("slider", name="values of norm2")
    sheet.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    assert sheet.get_attribute("aria-valuetext").startswith("norm2, map 1, row 1, column 2: ")
    page.keyboard.press("Enter")
    assert page.locator(".lens .caption b").text_content() == "norm2, map 1, row 1, column 2"
    assert number(page.locator(".lens .result")) == pytest.approx(values["norm2"][0, 1, 1, 2], rel=1e-9)
    page.locator(".lens .close").focus()
    page.keyboard.press("Escape")
    assert sheet.evaluate("sheet => sheet === document.activeElement")
    for _ in range(40):  # not beyond the last map
        page.keyboard.press("ArrowUp")
    assert sheet.get_attribute("aria-valuetext").startswith("norm2, map 1, row 0, column 2: ")


@pytest.mark.parametrize("width", [900, 390])
def test_the_pixel_that_is_tapped_opens(show, width):
    page = show(width=width)
    sheet = page.get_by_role("slider", name="values of pool3")
    canvas, gap = sheet.locator("canvas"), 4 if width == 900 else 1  # of eight maps in a row, 3 pixels each
    c, row, column = 10, 4, 9
    place = {"x": c % 8 * (42 + gap) + 3 * column + 1, "y": c // 8 * (42 + gap) + 3 * row + 1}
    canvas.click(position=place)
    assert page.locator(".lens .caption b").text_content() == "pool3, map 10, row 4, column 9"


PIXELS = """canvas => {
    const { width, height } = canvas, context = canvas.getContext("2d");
    return [height, width, [...context.getImageData(0, 0, width, height).data]];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_say_sign_and_size(show, network, theme):
    """Of every value of a map: the colour of its sign, the further from that of 0 the larger it is; hatched
    below 0, so that its pixels differ."""
    *_, values, slopes = network
    page = show(theme=theme)
    for kind, numbers, ink in (("values", values, 2), ("slopes", slopes, 0)):
        painted = page.get_by_role("slider", name=f"{kind} of norm1").locator("canvas").evaluate(PIXELS)
        pixels = np.reshape(painted[2], (*painted[:2], 4))[:84, :84, :3].reshape(28, 3, 28, 3, 3)
        cells = pixels.transpose(0, 2, 1, 3, 4).reshape(28, 28, 9, 3)
        first, most = numbers["norm1"][0, 0], np.abs(numbers["norm1"]).max()
        hatched = (cells != cells[:, :, :1]).any(axis=(2, 3))
        size = np.round(np.abs(first) / most * 255)
        assert not hatched[first >= 0].any()
        assert hatched[(first < 0) & (size > 4)].all()
        strong = cells[:, :, 0][(first > 0) & (size > 40)].astype(int)
        assert len(strong) and (strong.argmax(axis=1) == ink).all()
        solid = cells[:, :, 0].astype(int)[first > 0]
        distance = np.abs(solid - cells[:, :, 0][np.unravel_index(np.abs(first).argmin(), first.shape)]).sum(
            axis=1
        )
        assert np.corrcoef(distance, first[first > 0])[0, 1] > 0.999


def test_a_weight_says_on_how_many_digits_two_ways_agree(show, network):
    settings, state, _, image, *_ = network
    gradient = layers.gradient(state, image, [LABEL], settings)
    page = show()
    for name, index in (("conv2.weight", 100), ("norm2.bias", 3), ("linear.weight", 261)):
        page.evaluate("open => store.look(open)", {"kind": "weight", "name": name, "index": index})
        found, measured = map(number, page.locator(".lens .result.gradient").all())
        assert found == pytest.approx(gradient[name].ravel()[index], rel=1e-9)
        assert measured == pytest.approx(found, rel=1e-4)
        assert "✓ The two agree to " in page.locator(".lens").text_content()
    assert page.locator(".lens .caption b").text_content() == "linear.weight[8, 5]"


@pytest.mark.parametrize("label", [LABEL, None])
def test_slopes_are_there_once_it_is_said_what_it_should_be(show, label):
    page = show(label=label)
    assert page.get_by_role("slider", name="slopes of norm1").is_visible() == (label is not None)
    assert page.get_by_role("button", name="p − y of 3").is_visible() == (label is not None)


def test_seventeen_digits_are_the_number_itself(show):
    page = show()
    look(page, "value", "norm2", 1500)
    page.get_by_role("button", name="17 digits").click()
    result = page.locator(".lens .result")
    assert float(result.text_content().replace("−", "-")) == number(result)


@pytest.mark.parametrize("width", [1280, 900, 390, 320])
def test_nothing_is_wider_than_the_page(show, width):
    page = show(width=width)
    page.locator(".fold:visible").first.click()
    for digits in (6, 17):
        page.evaluate("digits => store.setDigits(digits)", digits)
        for layer, index in OPENED:
            look(page, "value", layer, index)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (layer, digits)
