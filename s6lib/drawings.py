"""Digits drawn by a program: strokes, and the pixels that they leave. NumPy alone.

::

    strokes = drawings.digit(3, hand="looped", thickness=24, turn=10)
    pixels = drawings.rasterise(strokes)        # uint8 (140, 140), 0 the ground and 255 the ink

A drawing is a list of strokes on a pad of 280 x 280 units, x to the right and y down, as on the page. The
same `rasterise` stands in `widgets/digits/prepare.js`, equal to the byte.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from s6lib import checks
from s6lib.words import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

#: Side of the pad, in the units of strokes.
PAD = 280
#: How each hand draws 0 to 9: the strokes of a digit, "/" between two, as points "x,y" on 100 x 160 units.
#: Between points the line is round; a point that stands twice is a corner.
HANDS = {
    "plain": (
        "50,0 8,0 0,60 0,100 8,160 50,160 92,160 100,100 100,60 92,0 50,0",
        "50,0 50,160",
        "4,40 4,0 50,0 96,0 100,48 60,100 0,160 0,160 100,160",
        "4,20 20,0 50,0 96,0 96,72 40,72 40,72 104,76 104,160 50,160 14,160 0,136",
        "66,0 0,112 0,112 104,112 / 76,62 76,160",
        "92,0 18,0 18,0 10,70 10,70 30,58 104,58 104,160 48,160 12,160 0,136",
        "84,4 30,16 0,70 0,160 50,160 104,160 104,70 54,70 14,70 4,112",
        "0,0 100,0 100,0 40,160",
        "50,74 4,66 4,0 50,0 96,0 96,66 50,74 -4,84 -4,160 50,160 104,160 104,84 50,74",
        "96,48 90,0 50,0 -4,0 -4,92 46,92 90,92 96,48 96,48 94,110 76,160",
    ),
    "looped": (
        "70,6 40,-6 0,40 4,110 30,164 70,160 104,110 100,40 80,0 40,10",
        "8,46 56,0 56,0 52,160",
        "8,34 24,0 80,-6 98,44 60,116 14,166 0,134 30,116 60,150 104,152",
        "6,8 60,-14 100,20 70,66 30,72 54,62 106,88 100,150 30,172 0,140",
        "22,0 0,90 0,90 50,94 100,84 / 84,20 70,160",
        "24,4 10,72 10,72 60,48 110,90 92,156 30,172 0,144 / 24,4 60,8 100,-2",
        "72,0 22,40 -4,110 20,168 76,160 100,116 70,76 20,96 6,130",
        "4,14 10,-2 40,12 98,0 98,0 56,80 40,160 / 22,84 92,76",
        "92,20 50,-12 4,20 20,60 90,100 92,150 40,172 0,140 20,100 86,56 94,24",
        "90,30 50,-10 0,30 20,84 80,70 94,20 94,20 84,90 88,130 60,172 14,150",
    ),
    "angular": (
        "50,0 50,0 0,44 0,44 6,124 6,124 54,160 54,160 100,116 100,116 92,40 92,40 50,0",
        "12,40 62,0 62,0 62,160 / 26,160 98,160",
        "0,32 0,32 34,0 34,0 86,6 86,6 96,50 96,50 0,160 0,160 104,156",
        "2,4 96,0 96,0 40,66 40,66 104,110 104,110 60,160 60,160 0,142",
        "74,160 74,0 74,0 0,110 0,110 106,110",
        "98,0 16,0 16,0 8,68 8,68 76,66 76,66 104,108 104,108 70,158 70,158 0,150",
        "76,0 76,0 16,66 16,66 4,134 4,134 46,160 46,160 98,128 98,128 74,82 74,82 10,100",
        "0,4 100,0 100,0 36,160 / 20,86 88,80",
        "84,22 44,0 44,0 10,30 10,30 90,122 90,122 52,160 52,160 8,126 8,126 84,22",
        "92,54 92,54 40,82 40,82 4,36 4,36 50,0 50,0 94,20 94,20 78,160",
    ),
}
#: The same drawing in dark ink on a light ground.
DARK = named("black on white")
#: Ways to draw that a person hardly minds: what each changes of `digit`.
WAYS = {
    named("plain"): {},
    named("thin"): {"thickness": 4},
    named("thick"): {"thickness": 48},
    named("tiny"): {"size": 40, "thickness": 8, "at": (40, 40)},
    named("shifted"): {"size": 130, "at": (80, 195)},
    named("turned"): {"turn": 25},
    named("too large"): {"size": 250},
    DARK: {},
}


class Stroke(NamedTuple):
    """A line of the pen."""

    width: float  #: of the line, in units of the pad
    points: ArrayLike  #: (N, 2): x and y of every point; one alone is a dot


def digit(
    value: int,
    hand: str = "plain",
    *,
    thickness: float = 20,
    size: float = 180,
    at: tuple[float, float] = (PAD / 2, PAD / 2),
    slant: float = 0,
    turn: float = 0,
) -> list[Stroke]:
    """The strokes of the digit `value`, 0 to 9, as one of `HANDS` draws it.

    thickness : of the pen, in units of the pad
    size : height of the digit, in units of the pad, without the half thickness at either end
    at : x and y of its middle
    slant, turn : degrees by which it leans to the right, and is then turned clockwise

    Raises TypeError or ValueError, by name, for what is none of these.
    """
    value, hand = checks.whole("value", value, 0, 9), checks.one_of("hand", hand, HANDS)
    thickness, size = checks.rate("thickness", thickness), checks.rate("size", size)
    at = checks.floats("at", at, 2).astype(float)
    lean = math.tan(math.radians(checks.between("slant", slant, -60, 60)))
    angle = math.radians(checks.between("turn", turn, -180, 180))
    turned = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    leaning = np.array([[1, 0], [-lean, 1]])
    lines = [_rounded(line.split()) for line in HANDS[hand][value].split("/")]
    corners = np.concatenate(lines)
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = size / (high[1] - low[1])
    return [Stroke(thickness, (line - (low + high) / 2) * scale @ leaning @ turned + at) for line in lines]


def sheet(way: str) -> NDArray[np.uint8]:
    """Every digit in every hand, drawn in one of `WAYS`: uint8 (30, 140, 140), 0 to 9 of one hand after the
    other."""
    how = WAYS[checks.one_of("way", way, WAYS)]
    drawn = np.stack([rasterise(digit(value, hand, **how)) for hand in HANDS for value in range(10)])
    return 255 - drawn if way == DARK else drawn


def _rounded(points):
    """The corners cut off three times, as G. M. Chaikin did (*An algorithm for high-speed curve generation*,
    1974): (N, 2). The ends stay."""
    line = np.array([point.split(",") for point in points], dtype=float)
    for _ in range(3):
        near, far = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        line = np.concatenate([line[:1], np.stack([near, far], axis=1).reshape(-1, 2), line[-1:]])
    return line


def rasterise(strokes: Iterable[Stroke], side: int = 140) -> NDArray[np.uint8]:
    """The pixels of these strokes, uint8 (side, side): 0 is the ground and 255 the ink.

    A pixel is ink where its middle is nearer to a stroke's line than half the stroke's width; the edge
    fades over one pixel.

    Raises TypeError or ValueError for strokes that are none, and for a side that is not 1 to 2,000.
    """
    side = checks.whole("side", side, 1, 2000)
    pixels = np.zeros((side, side), dtype=np.uint8)
    for width, points in strokes:
        points = checks.floats("points", points, "N", 2).astype(float) * side / PAD
        reach = checks.rate("width", width) * side / PAD / 2 + 0.5
        for at in range(len(points)):
            _stroke(pixels, points[max(at - 1, 0)].tolist(), points[at].tolist(), reach)
    return pixels


def _stroke(pixels, start, end, reach):
    """Ink around the line from `start` to `end`, where it is nearer than `reach` and darker than before."""
    columns, rows = (
        np.arange(max(0, math.floor(min(a, b) - reach)), min(length - 1, math.floor(max(a, b) + reach)) + 1)
        for a, b, length in zip(start, end, pixels.shape[::-1])
    )
    across, down = end[0] - start[0], end[1] - start[1]
    square = across * across + down * down
    right, below = columns[None, :] + 0.5 - start[0], rows[:, None] + 0.5 - start[1]
    along = np.clip((right * across + below * down) / square, 0, 1) if square else 0.0
    off_x, off_y = right - along * across, below - along * down
    ink = np.clip(reach - np.sqrt(off_x * off_x + off_y * off_y), 0, 1)
    here = np.ix_(rows, columns)
    pixels[here] = np.maximum(pixels[here], np.floor(255 * ink + 0.5).astype(np.uint8))
