"""The kernel without a browser: its traits, its errors, its sums against SciPy and PyTorch, and its table."""

import json

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from modules import WIDGETS, run

from bookbuild.scripts import shortened
from s6lib.widgets import Kernel, join, kernel

ENGINE = join.module(WIDGETS / "kernel" / "engine.js")
WORDS = join.module(WIDGETS / "kernel" / "words.js")
#: Bytes that a page pays for it, minified, beside the stepper.
BUDGET = 12_200

RNG = np.random.default_rng(5)
IMAGE, WEIGHTS = RNG.random((28, 28)), RNG.normal(0, 1, (3, 3))
WAYS = [(stride, padding) for stride in (1, 2) for padding in (0, 1)]


def correlate(image, weights, mode="valid"):
    from scipy.signal import correlate2d  # takes a second to load

    return correlate2d(image, weights, mode=mode)


def given(image=IMAGE, weights=WEIGHTS, stride=1, padding=0, relu=False):
    return {
        "image": np.asarray(image).tolist(),
        "kernel": np.asarray(weights).tolist(),
        "stride": stride,
        "padding": padding,
        "relu": relu,
    }


# Traits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("image", np.zeros((27, 28)), ValueError),
        ("image", np.full((28, 28), 255), ValueError),
        ("image", np.full((28, 28), -0.1), ValueError),
        ("image", np.full((28, 28), np.nan), ValueError),
        ("image", "a digit", TypeError),
        ("kernel", np.zeros((5, 5)), ValueError),
        ("kernel", np.full((3, 3), 10.5), ValueError),
        ("kernel", [["1", "0", "1"]] * 3, TypeError),
        ("place", (0, 26), ValueError),
        ("place", (0, -1), ValueError),
        ("place", (0, 0, 0), ValueError),
        ("place", (0, 1.5), TypeError),
        ("place", 3, ValueError),
        ("stride", 3, ValueError),
        ("stride", True, TypeError),
        ("padding", 2, ValueError),
        ("padding", None, TypeError),
        ("relu", 1, ValueError),
    ],
)
def test_refuses_bad_values_by_name(name, value, error):
    with pytest.raises(error, match=rf"^{name}: got .*; takes "):
        Kernel(**{name: value})


def test_refuses_other_traits():
    with pytest.raises(TypeError, match="Kernel: got 'size'; takes image, kernel, place"):
        Kernel(size=5)


@pytest.mark.parametrize(("stride", "padding"), WAYS)
def test_a_place_is_one_of_the_map(stride, padding):
    image = torch.zeros(1, 1, 28, 28)
    last = torch.nn.functional.conv2d(image, image[:, :, :3, :3], stride=stride, padding=padding).shape[2] - 1
    widget = Kernel(place=(last, 0), stride=stride, padding=padding)
    if last < 27:
        with pytest.raises(ValueError, match=rf"^place: got \(0, {last + 1}\); takes .* from 0 to {last}, "):
            widget.place = (0, last + 1)
    assert widget.place == (last, 0)


def test_the_window_stays_in_a_map_that_gets_smaller():
    widget = Kernel(place=(27, 3), padding=1)
    widget.padding = 0
    assert widget.place == (25, 3)
    widget.stride = 2
    assert widget.place == (12, 3)
    widget.set_trait("padding", 1)
    assert widget.place == (12, 3)


def test_what_the_view_sends_is_taken_in_one():
    widget = Kernel()
    widget.set_state({"padding": 1, "place": [27, 27], "kernel": [[1, 2, 3]] * 3})
    assert (widget.place, widget.kernel) == ((27, 27), ((1.0, 2.0, 3.0),) * 3)
    widget.set_state({"stride": 2, "place": [13, 13]})
    assert widget.place == (13, 13)


# Sums -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stride", "padding"), WAYS)
def test_the_map_is_that_of_scipy_and_of_pytorch(stride, padding):
    scipys = correlate(np.pad(IMAGE, padding), WEIGHTS)[::stride, ::stride]
    image, weights = (torch.from_numpy(each)[None, None] for each in (IMAGE, WEIGHTS))
    pytorchs = torch.nn.functional.conv2d(image, weights, stride=stride, padding=padding)[0, 0].numpy()
    plain, rectified = (
        np.reshape(found, scipys.shape)
        for found in run(
            f"const given = {json.dumps(given(stride=stride, padding=padding))};"
            "return [[...mapOf(given)], [...mapOf({ ...given, relu: true })]];",
            ENGINE,
        )
    )
    for theirs in (scipys, pytorchs):
        np.testing.assert_allclose(plain, theirs, rtol=0, atol=1e-13)
        np.testing.assert_allclose(rectified, np.maximum(theirs, 0), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("stride", "padding"), WAYS)
def test_one_place_is_its_nine_pixels(stride, padding):
    padded, rim = np.pad(IMAGE, padding), np.pad(np.zeros_like(IMAGE), padding, constant_values=1)
    places = [(r, c) for r in (0, 1, 5, 12) for c in (0, 7, 12)]
    places.append([(28 + 2 * padding - 3) // stride] * 2)
    found = run(
        f"const given = {json.dumps(given(stride=stride, padding=padding))};"
        f"return {json.dumps(places)}.map(place => [patchAt(given, place), sumAt(given, place),"
        "  outside(given, place)]);",
        ENGINE,
    )
    for (r, c), (nine, total, beyond) in zip(places, found, strict=True):
        window = np.s_[r * stride : r * stride + 3, c * stride : c * stride + 3]
        assert nine == padded[window].ravel().tolist() and beyond == rim[window].sum()
        assert total == pytest.approx((padded[window] * WEIGHTS).sum(), abs=1e-13)


def test_kernels_to_choose_from_do_what_their_names_say():
    """On a picture of a bright square: which of its sides answer, and how."""
    square = np.zeros((28, 28))
    square[8:20, 8:20] = 1
    presets = run("return PRESETS;", ENGINE)
    maps = {name: correlate(square, weights, "same") for name, weights in presets.items()}
    left, right, upper = (maps[f"{side} edges"] for side in ("left", "right", "upper"))
    assert left[14, 7] == left.max() > 0 > left[14, 20] == left.min()
    np.testing.assert_array_equal(right, -left)
    np.testing.assert_array_equal(upper, left.T)
    np.testing.assert_array_equal(maps["copy"], square)
    np.testing.assert_array_equal(maps["all zero"], 0)
    assert maps["blur"].sum() == pytest.approx(square.sum()) and 0 < maps["blur"][14, 7] < 1
    assert maps["sharpen"].sum() == square.sum() and maps["sharpen"].max() > 1 > 0 > maps["sharpen"].min()
    assert [*presets] == ["left edges", "right edges", "upper edges", "blur", "sharpen", "copy", "all zero"]


def test_a_kernel_turns_as_numpys_does():
    found = run(f"return turned({json.dumps(WEIGHTS.tolist())});", ENGINE)
    np.testing.assert_array_equal(found, np.rot90(WEIGHTS, -1))


@pytest.mark.parametrize(("before", "after"), [(before, after) for before in WAYS for after in WAYS])
def test_the_window_stays_where_it_is_or_as_near_as_can_be(before, after):
    def corners(stride, padding):
        return np.arange((28 + 2 * padding - 3) // stride + 1) * stride - padding

    (here, there), last = (corners(*each) for each in (before, after)), len(corners(*before)) - 1
    places = [[k, last - k] for k in range(last + 1)]
    ways = json.dumps([{"stride": stride, "padding": padding} for stride, padding in (before, after)])
    found = run(f"return {json.dumps(places)}.map(place => moved(...{ways}, place));", ENGINE)
    for place, result in zip(np.ravel(places), np.ravel(found), strict=True):
        assert abs(there[result] - here[place]) == abs(there - here[place]).min()


def test_the_way_of_the_window_has_no_gaps():
    pairs = [([3, 4], [3, 4]), ([0, 0], [25, 7]), ([9, 20], [2, 1]), ([5, 5], [5, 0])]
    for (start, end), found in zip(
        pairs, run(f"return {json.dumps(pairs)}.map(pair => way(...pair));", ENGINE), strict=True
    ):
        steps = np.abs(np.diff(found, axis=0))
        assert found[0] == start and found[-1] == end and (steps.max(initial=0) <= 1).all()
        assert len(found) == 1 + np.abs(np.subtract(start, end)).max()


# Words ------------------------------------------------------------------------------------------


def test_what_a_field_shows_is_read():
    values = [0, 1, -1, 0.5, 1 / 9, -2 / 3, 0.1, 1e-7, -10, 10, *WEIGHTS.ravel().tolist()]
    texts = run(f"return {json.dumps(values)}.map(spell);", WORDS)
    assert run(f"return {json.dumps(texts)}.map(readWeight);", WORDS) == values
    assert texts[:8] == ["0", "1", "-1", "0.5", "1/9", "-2/3", "0.1", "1e-7"]


def test_fields_read_numbers_and_one_over_another():
    texts = ["−1/9", " 2 / 4 ", "1,5", "1e1", "0/3"]
    assert run(f"return {json.dumps(texts)}.map(readWeight);", WORDS) == [-1 / 9, 0.5, 1.5, 10, 0]
    wrong = ["", "x", "10.01", "-11", "1/0", "1/", "/2", "1/2/3", "NaN", "Infinity", "30/2", "1,000"]
    assert run(f"return {json.dumps(wrong)}.map(readWeight);", WORDS) == [None] * len(wrong)


def test_a_sum_is_written_out():
    assert run("return written([-0.6, 0, 0.424, -1, -0.001, 2, -0]);", WORDS) == (
        "−0.60 + 0 + 0.42 − 1 − 0 + 2 + 0"
    )


def test_what_is_worth_noticing():
    def noticed(place, **other):
        return run(f"return remark({json.dumps(given(**other))}, {json.dumps(place)});", WORDS)

    image = np.zeros((28, 28))
    image[10:, 10:] = 0.5
    edges = [[-1, 0, 1]] * 3
    assert noticed([3, 3], image=image, weights=edges) == (
        "All nine pixels are equal: the sum is the pixel, 0, times the sum of the kernel, 0."
    )
    assert "the sum is the pixel, 0.50, times the sum of the kernel, 9." in noticed(
        [20, 20], image=image, weights=np.ones((3, 3))
    )
    assert noticed([9, 9], image=image, weights=edges) == ""
    assert noticed([9, 9], image=image, weights=np.zeros((3, 3))) == (
        "Nine zeros: whatever is in the picture, the sum is 0."
    )
    assert noticed([0, 27], weights=edges, padding=1).startswith("5 of the nine lie on the rim")
    assert noticed([0, 12], weights=edges, padding=1).startswith("3 of the nine")


# Beside the front end ---------------------------------------------------------------------------


def test_python_and_javascript_know_the_same_constants():
    assert run("return SIDE;", ENGINE) == kernel.SIDE and run("return LARGEST;", WORDS) == kernel.LARGEST


@pytest.mark.parametrize(("stride", "padding"), WAYS)
@pytest.mark.parametrize("relu", [False, True])
def test_what_stands_still_is_true(stride, padding, relu):
    place = (3, 0)
    widget = Kernel(image=IMAGE, kernel=WEIGHTS, place=place, stride=stride, padding=padding, relu=relu)
    soup = BeautifulSoup(widget._repr_html_(), "html.parser")
    *rows, last = (
        [cell.get_text().replace("−", "-") for cell in row(["th", "td"])] for row in soup.select("tbody tr")
    )
    padded = np.pad(IMAGE, padding)
    assert len(rows) == 9
    for where, *numbers in rows:
        row, column = (int(each) for each in where.split(", "))
        pixel, weight, product = map(float, numbers)
        assert pixel == pytest.approx(padded[row + padding, column + padding], rel=5e-3)
        corner = [at * stride - padding for at in place]
        assert weight == pytest.approx(WEIGHTS[row - corner[0], column - corner[1]], rel=5e-3)
        assert product == pytest.approx(pixel * weight, rel=2e-2, abs=1e-9)
    response = correlate(padded, WEIGHTS)[::stride, ::stride][place]
    assert float(last[-1]) == pytest.approx(max(response, 0) if relu else response, rel=5e-3)
    assert soup.svg["aria-label"] and "row 3 and column 0 of the map" in soup.caption.get_text()


def test_it_is_small():
    def size(*names):
        return len(shortened(join.script(WIDGETS / each / "index.js" for each in names)).encode())

    assert size("stepper", "kernel") - size("stepper") <= BUDGET
