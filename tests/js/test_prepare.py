"""What becomes of a drawing: Python and JavaScript to the byte, and each step by a referee of its own."""

import base64
import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import torch
from modules import WIDGETS, run
from PIL import Image

from s6lib import drawings, mnist, preparation, report
from s6lib.widgets import join

PREPARE = join.module(WIDGETS / "digits" / "prepare.js")
real_mnist = pytest.mark.skipif(
    not (Path(os.environ.get("S6LIB_DATA", "")) / "MNIST" / "raw").is_dir(),
    reason="S6LIB_DATA names no folder with MNIST: export S6LIB_DATA=/folder/with/MNIST",
)
COMBINATIONS = [dict(zip(preparation.STEPS, here)) for here in itertools.product([True, False], repeat=4)]


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).decode()


def bytes_of(text):
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8)


HELP = """
const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const encode = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
"""


def scribbled(rng, strokes=3):
    """Strokes by chance, some of them over the border, a dot now and then."""
    return [
        drawings.Stroke(
            float(rng.choice([0.5, 3, 16, 40.25])), rng.uniform(-30, 310, (rng.integers(1, 6), 2))
        )
        for _ in range(rng.integers(1, strokes + 1))
    ]


def drawn(*lines, width=18):
    return drawings.rasterise([drawings.Stroke(width, line) for line in lines])


def pictures():
    """Every kind of drawing, {what it is: uint8 (H, W)}."""
    rng = np.random.default_rng(4)
    found = {
        "one pixel in all": np.array([[255]]),
        "one pixel in all, ground": np.array([[0]]),
        "a row": rng.integers(256, size=(1, 9)),
        "a column": rng.integers(256, size=(9, 1)),
        "empty": np.zeros((40, 30)),
        "all ink": np.full((31, 17), 255),
        "all grey": np.full((31, 17), 130),
        "one pixel": np.eye(1, 60 * 50, 733).reshape(60, 50) * 255,
        "one faint pixel": np.eye(1, 60 * 50, 733).reshape(60, 50),
        "noise": rng.integers(256, size=(45, 33)),
        "touches the border": np.pad(np.full((50, 6), 200), ((0, 0), (10, 40))),
        "a long line": np.pad(np.full((2, 300), 255), 5),
        "a seven": drawn([[100, 60], [180, 60], [120, 220]]),
        "a blot": drawn([[140, 140]], width=150),
        "a scribble": drawn(rng.uniform(40, 240, (40, 2)), width=6),
        "a lower half of ink": np.repeat([0, 255], [20, 20])[:, None] * np.ones(40),
    }
    for k in range(24):
        side = int(rng.integers(8, 200))
        pixels = drawings.rasterise(scribbled(rng), side)[: int(rng.integers(3, side + 1))].astype(int)
        if k % 3 == 1:  # on paper
            pixels = 230 - pixels * 7 // 10
        if k % 4 == 2:
            pixels = np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 255)
        found[f"drawn {k}"] = pixels
    return {name: each.astype(np.uint8) for name, each in found.items()}


def test_python_and_javascript_agree_to_the_byte():
    given = pictures()
    found = run(
        f"const pictures = {json.dumps([[encoded(each), *each.shape] for each in given.values()])};"
        f"const combinations = {json.dumps(COMBINATIONS)};"
        + HELP
        + """
        return pictures.map(([text, height, width]) => ({
          judged: judge(decode(text), width, height),
          prepared: combinations.map((steps) => {
            const { image, stages, found } = prepare(decode(text), width, height, steps);
            return { image: encode(image), found, stages: stages.map((each) => (
              { ...each, pixels: encode(each.pixels) })) };
          }),
        }));
        """,
        PREPARE,
    )
    judged = set()
    for (name, pixels), by_js in zip(given.items(), found):
        assert by_js["judged"] == preparation.judge(pixels), name
        judged.add(by_js["judged"])
        for steps, said in zip(COMBINATIONS, by_js["prepared"]):
            here = preparation.prepare(pixels, **steps)
            np.testing.assert_array_equal(
                bytes_of(said["image"]), here.image.ravel(), err_msg=f"{name} {steps}"
            )
            box = said["found"] and tuple(said["found"][each] for each in ("top", "left", "height", "width"))
            assert box == here.found
            for theirs, ours in zip(said["stages"], here.stages, strict=True):
                assert (theirs["name"], theirs["said"]) == (ours.name, ours.said), name
                assert (theirs["height"], theirs["width"]) == ours.pixels.shape
                np.testing.assert_array_equal(bytes_of(theirs["pixels"]), ours.pixels.ravel())
    assert judged == {"", *preparation.NO_DIGIT, preparation.CUT_OFF}


@pytest.mark.parametrize("side", [1, 28, 140, 281])
def test_strokes_become_the_same_pixels(side):
    rng = np.random.default_rng(side)
    given = [scribbled(rng) for _ in range(12)]
    as_js = [[{"width": stroke.width, "points": stroke.points.tolist()} for stroke in each] for each in given]
    found = run(HELP + f"return {json.dumps(as_js)}.map((each) => encode(rasterise(each, {side})));", PREPARE)
    for strokes, by_js in zip(given, found):
        np.testing.assert_array_equal(bytes_of(by_js), drawings.rasterise(strokes, side).ravel())


def test_a_stroke_covers_its_area():
    """A line of 100 units, 20 wide, with round ends; a dot; edges that fade over a pixel on either side."""
    line = drawings.rasterise([drawings.Stroke(20, [[90, 140], [190, 140]])], 280) / 255
    assert line.sum() == pytest.approx(100 * 20 + np.pi * 10**2, rel=5e-3)
    dot = drawings.rasterise([drawings.Stroke(30, [[70.3, 99.1]])], 280) / 255
    assert dot.sum() == pytest.approx(np.pi * 15**2, rel=5e-3)
    assert scipy.ndimage.center_of_mass(dot) == pytest.approx((99.1 - 0.5, 70.3 - 0.5), abs=0.02)
    assert np.count_nonzero((dot > 0) & (dot < 1)) == pytest.approx(2 * np.pi * 15, rel=0.35)


def test_colours_and_alpha():
    rng = np.random.default_rng(8)
    given = rng.integers(256, size=(30, 20, 4), dtype=np.uint8)
    dark = given // np.array([3, 3, 3, 1], dtype=np.uint8)
    both = json.dumps([encoded(given), encoded(dark)])
    found = run(f"{HELP} return {both}.map((each) => encode(greyLevels(decode(each))));", PREPARE)
    for rgba, by_js in zip((given, dark), found):
        grey = preparation.grey_levels(rgba)
        np.testing.assert_array_equal(bytes_of(by_js), grey.ravel())
        ground = 255 if rgba[:, :, :3].mean() < 128 else 0
        under = Image.new("RGBA", (20, 30), (ground,) * 3 + (255,))
        under.alpha_composite(Image.fromarray(rgba))
        by_pil = np.asarray(under.convert("L")).astype(int)
        assert np.abs(grey - by_pil).max() <= 1
    opaque = given[:, :, :3]
    by_pil = np.asarray(Image.fromarray(opaque).convert("L")).astype(int)
    assert np.abs(preparation.grey_levels(opaque) - by_pil).max() <= 1


@pytest.mark.parametrize("shape", [(140, 140), (57, 93), (200, 21), (20, 20), (20, 7)])
def test_a_smaller_pixel_is_the_mean_of_its_area(shape):
    pixels = np.random.default_rng(1).integers(1, 256, size=shape, dtype=np.uint8)  # ink to the last pixel
    small = preparation.prepare(pixels, ground=False).stages[2].pixels
    assert small.shape == tuple(max(1, int(20 * side / max(shape) + 0.5)) for side in shape)
    mean = pixels.astype(float)
    for axis, (old, new) in enumerate(zip(shape, small.shape)):
        fine = np.moveaxis(mean.repeat(new, axis=axis), axis, 0)  # none lies in two pixels of the new ones
        mean = np.moveaxis(fine.reshape(new, old, -1).mean(axis=1).reshape(new, -1), 0, axis)
    assert np.abs(small - mean).max() <= 0.5 + 1e-9
    if max(shape) == 20:
        np.testing.assert_array_equal(small, pixels)


@pytest.mark.parametrize("shape", [(13, 9), (3, 17), (1, 2), (19, 19), (1, 1)])
def test_enlarged_as_pil_does_it(shape):
    pixels = np.random.default_rng(1).integers(1, 256, size=shape, dtype=np.uint8)
    small = preparation.prepare(pixels, ground=False).stages[2].pixels
    assert max(small.shape) == 20
    by_pil = Image.fromarray(pixels).resize(small.shape[::-1], Image.Resampling.BILINEAR)
    assert np.abs(small - np.asarray(by_pil).astype(int)).max() <= 1


def test_what_is_dark_on_light_is_the_same_as_for_images():
    turned = 0
    for name, pixels in pictures().items():
        if pixels.shape == (1, 1):
            continue
        light = bool(mnist.dark_on_light(torch.from_numpy(pixels)[None]))
        said = preparation.prepare(pixels).stages[1].said
        assert light == said.startswith("Dark ink") or said.startswith("No ink"), name
        turned += light
    assert turned > 4


def test_the_centre_of_mass_is_that_of_scipy():
    for name, pixels in pictures().items():
        *_, grey, centred = preparation.prepare(pixels).stages
        if not grey.pixels.any() or centred.pixels.sum() != grey.pixels.sum():
            continue  # nothing is there, or some of it was moved out of the frame
        centre = scipy.ndimage.center_of_mass(centred.pixels.astype(float))
        assert all(13.5 - 1e-9 <= each < 14.5 + 1e-9 for each in centre), name


def test_where_a_drawing_stands_and_how_large_it_is_does_not_matter():
    """What was drawn in a corner, or turned round, or faint, gives the same image."""
    ink = drawings.rasterise([drawings.Stroke(18, [[100, 60], [180, 60], [120, 220]])])
    image = mnist.from_drawing(ink)
    top, left, height, width = preparation.prepare(ink).found
    cut = ink[top : top + height, left : left + width]
    for other in (
        np.pad(cut, ((1, 100), (200, 3))),
        255 - np.pad(cut, 9),
        Image.fromarray(255 - ink),
        torch.from_numpy(ink.copy()),
        ink / 255,
        (ink / 255).astype(np.float32),
        ink.astype(float),
        ink.astype(np.int64),
        np.stack([ink] * 3, axis=2),
        np.stack([ink] * 3),
        np.stack([np.zeros_like(ink)] * 3 + [ink], axis=2),
        Image.fromarray(np.stack([np.full_like(ink, 255)] * 3 + [ink], axis=2)),
    ):
        np.testing.assert_array_equal(mnist.from_drawing(other), image)
    assert np.abs(mnist.from_drawing((ink * 0.6).astype(np.uint8)).astype(int) - image).max() <= 2
    paper = np.random.default_rng(0).normal(225, 2, ink.shape) - 0.7 * ink
    noisy = mnist.from_drawing(paper.round().astype(np.uint8)).astype(int)
    assert np.abs(noisy - image).mean() < 4, "a little noise of paper changes it a little"
    ones = mnist.from_drawing(ink > 127)
    np.testing.assert_array_equal(ones, mnist.from_drawing(255 * (ink > 127).astype(np.uint8)))
    for mode in ("1", "P", "LA", "CMYK", "I"):
        assert mnist.from_drawing(Image.fromarray(ink).convert(mode)).any(), mode


@pytest.mark.parametrize(
    "array, error, told",
    [
        ([[0.5, np.nan]], ValueError, r"array: got nan at \[0, 1\]; takes floats from 0 to 1"),
        ([[0.5, np.inf]], ValueError, r"got inf at \[0, 1\]"),
        ([[0.0, -0.42]], ValueError, r"got -0.42 at \[0, 1\]"),
        ([[0.0, 1.5]], ValueError, r"got 1.5 at \[0, 1\]; takes .* not to be told, so divide by it"),
        ([[0.0, 16.0]], ValueError, r"got 16.0 at \[0, 1\]"),
        ([[0.0, 200.5]], ValueError, r"got 200.5 at \[0, 1\]"),
        ([[0, 256]], ValueError, r"got 256 at \[0, 1\]"),
        ([[0, -1]], ValueError, r"got -1 at \[0, 1\]"),
        (np.zeros((2, 28, 28)), ValueError, r"got shape \(2, 28, 28\); takes one picture \(H, W\)"),
        (np.zeros(784), ValueError, r"got shape \(784,\)"),
        (np.zeros((0, 5)), ValueError, r"got shape \(0, 5\)"),
        ("a.png", TypeError, r"array: got 'a.png'"),
        (None, TypeError, r"array: got None"),
        ([[1, 2], [3]], ValueError, "rows differ in length"),
        (np.zeros((2, 2), dtype=complex), TypeError, "takes floats from 0 to 1"),
    ],
)
def test_refuses_what_it_cannot_place(array, error, told):
    with pytest.raises(error, match=told):
        mnist.from_drawing(array)


@pytest.mark.parametrize(
    "strokes, side, told",
    [
        ([drawings.Stroke(0, [[1, 2]])], 28, "width: got 0"),
        ([drawings.Stroke(3, [[1, 2, 3]])], 28, "points: got shape"),
        ([drawings.Stroke(3, [[1, np.nan]])], 28, "points: got nan"),
        ([], 0, "side: got 0"),
    ],
)
def test_refuses_strokes_that_are_none(strokes, side, told):
    with pytest.raises(ValueError, match=told):
        drawings.rasterise(strokes, side)


def test_says_what_it_sees():
    rng = np.random.default_rng(1)
    scribble = rng.uniform(40, 240, (40, 2))
    for pixels, word in [
        (drawn(), "nothing"),
        (drawn([[100, 100]]), "a dot"),
        (drawn([[100, 100]], width=3), "a dot"),
        (drawn([[140, 140]], width=150), "a blot"),
        (drawn([[90, 140], [190, 150]]), "a line that lies"),
        (drawn(scribble, width=2), "a scribble"),
        (drawn(scribble, width=6), "a scribble"),
        (drawn(scribble, width=30), "a blot"),
        (drawn([[140, 60], [140, 220]]), ""),
        (drawn([[100, 60], [180, 60], [120, 220]]), ""),
        (drawn([[100, 60], [180, 60], [120, 220]], width=1), ""),
        (drawn([[100, 60], [180, 60], [120, 300]]), "something that the border cuts off"),
    ]:
        assert preparation.judge(pixels) == word
        assert preparation.judge(255 - pixels) == word, "on a light ground too"


@real_mnist
def test_an_image_of_mnist_is_prepared_already():
    """Its makers did the same: the box is filled, the centre of mass in the middle. What is changed is the
    strongest ink, 254 in one of ten. Three images were cut off when they were centred, and are enlarged; of
    one the centre lies on the line between two pixels, and is moved over it."""
    images = mnist.load_digits("mnist").test_images.numpy()
    away = np.array([np.abs(mnist.from_drawing(image).astype(int) - image).max() for image in images])
    assert np.flatnonzero(away > 1).tolist() == [2706, 4530, 9300, 9302]
    strongest = images.max(axis=(1, 2))
    assert np.flatnonzero((away > 0) & (strongest == 255)).tolist() == [4530, 9302]
    for image in images[:500]:  # and the centre is where it was, to the pixel
        assert preparation.prepare(image, box=False).stages[-1].said.endswith("it stays.")


@real_mnist
def test_hardly_any_image_of_mnist_is_refused():
    """The limits are counted by other means, on all 70,000 images."""
    digits = mnist.load_digits("mnist")
    images = np.concatenate([digits.train_images.numpy(), digits.test_images.numpy()])
    ink = 4 * images.astype(int) > images.max(axis=(1, 2), keepdims=True)
    runs = [np.diff(ink.astype(np.int8), axis=axis, prepend=0) == 1 for axis in (2, 1)]
    rows, columns = ((images > 0).any(axis=axis).sum(axis=1) for axis in (2, 1))
    of_each = {
        "RUNS": sum(each.sum(axis=(1, 2)) for each in runs),
        "CROSSED": np.maximum(runs[0].sum(axis=2).max(axis=1), runs[1].sum(axis=1).max(axis=1)),
        "PIECES": np.array([scipy.ndimage.label(each, np.ones((3, 3)))[1] for each in ink]),
        "HOLES": np.array(
            [scipy.ndimage.label(np.pad(~each, 1, constant_values=True))[1] - 1 for each in ink]
        ),
        "THICKEST": np.array([scipy.ndimage.distance_transform_cdt(each, "taxicab").max() for each in ink]),
        "FULLEST": ink.sum(axis=(1, 2)),
        "WIDEST": columns / rows,
    }
    beyond = {name: np.flatnonzero(each > getattr(preparation, name)) for name, each in of_each.items()}
    assert {name: len(each) for name, each in beyond.items() if len(each)} == {
        "HOLES": 9, "THICKEST": 1, "FULLEST": 2,
    }  # fmt: skip
    for name, word in (("HOLES", "a scribble"), ("THICKEST", "a blot"), ("FULLEST", "a blot")):
        assert {preparation.judge(images[k]) for k in beyond[name]} == {word}
    assert {preparation.judge(image) for image in images[::40]} == {""}


def test_page_and_library_are_sure_at_the_same_probability():
    assert run("return SURE;", join.module(WIDGETS / "digits" / "answer.js")) == report.SURE


@pytest.mark.parametrize(
    "chances, seen, said",
    [
        ([0.02, 0.95], "", "It reads 1, and is sure: p = 0.9500."),
        ([0.3, 0.6], "", "It reads 1, but is not sure: p = 0.6000 (next: 0, with 0.3000)."),
        ([0.02, 0.95], "a dot", "That looks like a dot, not like a digit."),
        ([0.02, 0.95], preparation.CUT_OFF, f"but that looks like {preparation.CUT_OFF}."),
        ([0.02, 0.95], "nothing", "There is no ink in this."),
    ],
)
def test_the_answer_says_what_is_seen_and_how_sure_it_is(chances, seen, said):
    p = [*chances, *[(1 - sum(chances)) / 8] * 8]
    found = run(
        f"return sentence({{ waiting: '', problem: '', empty: false, seen: {json.dumps(seen)}, p: {p} }});",
        join.module(WIDGETS / "digits" / "answer.js"),
    )
    assert said in found
