"""Digits drawn by a program: strokes, and the pixels that they leave. NumPy alone.

::

    strokes = drawings.digit(3, hand="round", thickness=24, turn=10)
    pixels = drawings.rasterise(strokes)        # uint8 (140, 140), 0 the ground and 255 the ink

A drawing is a list of strokes on a pad of 280 x 280 units, x to the right and y down, as on the page. The
same `rasterise` stands in `widgets/digits/prepare.js`, equal to the byte.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from s6lib import checks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

#: Side of the pad, in the units of strokes.
PAD = 280


class Stroke(NamedTuple):
    """A line of the pen."""

    width: float  #: of the line, in units of the pad
    points: ArrayLike  #: (N, 2): x and y of every point; one alone is a dot


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
