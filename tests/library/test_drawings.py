"""Digits drawn by a program, and how the book's networks read them, with and without preparation."""

import numpy as np
import pytest

from s6lib import drawings, preparation


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
