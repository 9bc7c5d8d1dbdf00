"""Digits drawn by a program, and how the book's networks read them, with and without preparation."""

import numpy as np
import pytest

from s6lib import drawings, mnist, preparation, results
from s6lib.fit import evaluate


def ends(strokes):
    points = np.concatenate([points for _, points in strokes])
    return points.min(axis=0), points.max(axis=0)


@pytest.mark.parametrize("hand", drawings.HANDS)
@pytest.mark.parametrize("value", range(10))
def test_a_digit_is_as_high_as_asked_and_where_it_was_put(value, hand):
    strokes = drawings.digit(value, hand, size=120, at=(100, 170), thickness=7)
    low, high = ends(strokes)
    np.testing.assert_allclose((low + high) / 2, (100, 170), atol=1e-9)
    assert high[1] - low[1] == pytest.approx(120)
    assert {width for width, _ in strokes} == {7}
    assert len(drawings.HANDS[hand]) == 10
    pixels = drawings.rasterise(strokes)
    top, _, height, _ = preparation.prepare(pixels).found
    assert top == pytest.approx((170 - 60 - 3.5) / 2, abs=1.5) and height == pytest.approx(127 / 2, abs=2)
    assert preparation.judge(pixels) == ""
    for thickness in (1, 2, 4, 48):
        pixels = drawings.rasterise(drawings.digit(value, hand, thickness=thickness))
        assert preparation.judge(pixels) == "", thickness


def test_turned_and_leaning():
    def line(**how):  # the plain 1 is one line, from above to below
        ((_, points),) = drawings.digit(1, size=100, at=(140, 140), **how)
        return np.array([points[0], points[-1]])

    np.testing.assert_allclose(line(), [[140, 90], [140, 190]])
    np.testing.assert_allclose(line(turn=90), [[190, 140], [90, 140]], atol=1e-9)  # its head to the right
    np.testing.assert_allclose(line(slant=45), [[190, 90], [90, 190]], atol=1e-9)
    np.testing.assert_allclose(line(turn=-30)[0], [140 - 25, 140 - 50 * np.cos(np.pi / 6)])


def test_round_lines_stay_within_their_corners():
    """Chaikin's curve lies within the points' convex hull, ends where they end, and touches a doubled one."""
    ((_, points),) = drawings.digit(7, size=160, at=(140, 140))
    assert (np.abs(points - [190, 60]).sum(axis=1) < 1e-9).any(), "the corner of a 7"
    ((_, points),) = drawings.digit(0, size=160, at=(140, 140))
    np.testing.assert_allclose(points[0], points[-1])
    steps = np.diff(points, axis=0)
    angles = np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))))
    assert angles.max() < np.pi / 4, "no corner"


@pytest.mark.parametrize(
    "change, error, told",
    [
        ({"value": 10}, ValueError, "value: got 10; takes a whole number from 0 to 9"),
        ({"value": 1.5}, TypeError, "value: got 1.5"),
        ({"hand": "left"}, ValueError, "hand: got 'left'; takes one of 'plain', 'looped', 'angular'"),
        ({"thickness": 0}, ValueError, "thickness: got 0"),
        ({"size": -1}, ValueError, "size: got -1"),
        ({"at": (1, 2, 3)}, ValueError, r"at: got shape \(3,\)"),
        ({"slant": 90}, ValueError, "slant: got 90; takes one number from -60 to 60"),
        ({"turn": 181}, ValueError, "turn: got 181"),
    ],
)
def test_refuses(change, error, told):
    with pytest.raises(error, match=told):
        drawings.digit(**{"value": 3} | change)


def test_a_sheet_has_every_digit_in_every_hand():
    for way, how in drawings.WAYS.items():
        sheet = drawings.sheet(way)
        assert sheet.shape == (30, 140, 140)
        alone = drawings.rasterise(drawings.digit(7, "looped", **how))
        np.testing.assert_array_equal(sheet[17], 255 - alone if way == drawings.DARK else alone)
    with pytest.raises(ValueError, match="way: got 'wild'; takes one of 'plain', 'thin'"):
        drawings.sheet("wild")


# How the recorded networks read them ------------------------------------------------------------

RAW = dict.fromkeys(preparation.STEPS, False)
#: Of the 30 drawings of each way, in the order of `WAYS`, how many each network reads as they came, and
#: prepared.
# fmt: off
READ = {
    "author": [(30, 30), (17, 19), (28, 30), (3, 30), (24, 30), (22, 26), (26, 30), (4, 30)],
    "augmented": [(27, 30), (17, 27), (25, 30), (3, 30), (25, 30), (25, 27), (26, 30), (3, 30)],
    "bent": [(28, 30), (22, 29), (27, 29), (3, 30), (25, 29), (28, 27), (27, 30), (3, 30)],
    "fast": [(29, 30), (20, 26), (28, 29), (3, 30), (24, 30), (25, 27), (26, 30), (5, 30)],
    "fastest": [(30, 29), (17, 23), (29, 30), (3, 30), (14, 30), (23, 27), (23, 29), (6, 29)],
    "small": [(30, 30), (15, 21), (25, 29), (3, 29), (13, 30), (25, 28), (27, 30), (6, 30)],
    "steady": [(29, 29), (21, 26), (29, 29), (3, 30), (14, 29), (26, 28), (26, 30), (4, 29)],
    "swift": [(30, 29), (19, 29), (27, 30), (3, 30), (6, 30), (25, 28), (21, 30), (6, 29)],
}
# fmt: on
#: Ten more that no chapter shows: what each changes of `digit`, and how it is put on paper.
MORE = [
    ({"hand": "looped", "size": 200, "thickness": 30, "slant": -15}, {}),
    ({"hand": "angular", "size": 60, "thickness": 10, "at": (220, 60)}, {}),
    ({"turn": -15, "thickness": 12}, {}),
    ({"hand": "looped", "size": 90, "at": (200, 200)}, {"dark": True}),
    ({"hand": "angular", "slant": 25}, {}),
    ({"thickness": 40}, {"dark": True}),
    ({"hand": "looped", "turn": 20, "size": 110, "at": (90, 120)}, {}),
    ({"hand": "angular", "thickness": 8, "size": 240}, {"side": 300}),
    ({"slant": 20, "turn": 10}, {}),
    ({"hand": "looped", "size": 150, "thickness": 26, "at": (180, 110)}, {"side": 56}),
]
#: How many of them each network reads, as they came and prepared.
READ_OF_MORE = {
    "author": (7, 10),
    "augmented": (7, 10),
    "bent": (8, 10),
    "fast": (7, 10),
    "fastest": (6, 10),
    "small": (6, 10),
    "steady": (7, 10),
    "swift": (7, 10),
}


def read(name, drawn, labels):
    """How many of these drawings the network of this name reads, as they came and prepared."""
    images = [np.stack([mnist.from_drawing(each, **steps) for each in drawn]) for steps in (RAW, {})]
    return tuple(evaluate(results.network(name), each, labels).correct for each in images)


@pytest.mark.filterwarnings("ignore:images. .* ground lighter")
@pytest.mark.parametrize("name", READ)
def test_what_preparation_is_worth(name):
    labels = np.tile(np.arange(10), 3)
    found = {way: read(name, drawings.sheet(way), labels) for way in drawings.WAYS}
    assert found == dict(zip(drawings.WAYS, READ[name]))


@pytest.mark.filterwarnings("ignore:images. .* ground lighter")
@pytest.mark.parametrize("name", READ_OF_MORE)
def test_ten_more_drawings(name):
    drawn = []
    for value, (how, paper) in enumerate(MORE):
        pixels = drawings.rasterise(drawings.digit(value, **how), paper.get("side", 140))
        drawn.append(255 - pixels if paper.get("dark") else pixels)
    assert [preparation.judge(each) for each in drawn] == [""] * 10
    assert read(name, drawn, np.arange(10)) == READ_OF_MORE[name]
