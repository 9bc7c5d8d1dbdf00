"""A convolution by hand: a window to drag over a picture, and a kernel to edit under it.

::

    Kernel(image=image)                          # a picture, (28, 28), 0 for paper to 1 for ink
    Kernel(image=image, place=(5, 9))            # opened at one value of the map
    Kernel(image=image, kernel=weight, relu=True)
"""

from html import escape

import numpy as np

from s6lib import checks
from s6lib.widgets.base import Checked, Widget, front_end, traitlets
from s6lib.words import number, t

SIDE = 28  #: pixels of the picture in each direction; also in engine.js
LARGEST = 10  #: that a number of the kernel may be, with either sign; also in words.js


def _within(low, high, *shape):
    """A check for `Checked`: numbers of this shape from `low` to `high`, as tuples."""

    def check(name, value):
        numbers = checks.floats(name, value, *shape)
        allowed = f"numbers from {low} to {high}"
        checks.refuse_where((numbers < low) | (numbers > high), name, numbers, allowed)
        return tuple(map(tuple, numbers.tolist()))

    return check


def _pair(name, value):
    if not isinstance(value, (tuple, list, np.ndarray)) or len(value) != 2:
        raise ValueError(f"{name}: got {value!r}; takes a row and a column")
    return tuple(checks.whole(name, each, 0, SIDE - 1) for each in value)


def _flag(name, value):
    return checks.one_of(name, value, (True, False))


def _ring():
    """A picture to begin with."""
    away = np.arange(SIDE) - (SIDE - 1) / 2
    return np.clip(2.5 - abs(np.hypot(away[:, None], away) - 8), 0, 1).round(2)


class Kernel(Widget):
    """A window of 3 x 3 pixels on a picture, and the kernel that makes one number of them.

    Mouse, finger and arrow keys move the window; the map shows the sum at every place where it has been.
    Traits, all in step with the view in both directions:

    image : (28, 28), each from 0, paper, to 1, ink
    kernel : (3, 3), each from -10 to 10
    place : row and column in the map, from 0; the window's corner is at place * stride - padding
    stride : 1 or 2
    padding : 0 or 1
    relu : whether a sum below 0 becomes 0

    Where stride or padding make the map smaller, `place` goes no further than its last row and column.
    Raises TypeError for what is not a number and ValueError for what is out of range.
    """

    NAME, STATE = "kernel", ("image", "kernel", "place", "stride", "padding", "relu")
    _esm = front_end("kernel")

    image = Checked(_within(0, 1, SIDE, SIDE)("image", _ring()), _within(0, 1, SIDE, SIDE))
    kernel = Checked(((-1.0, 0.0, 1.0),) * 3, _within(-LARGEST, LARGEST, 3, 3))
    place = Checked((0, 0), _pair)
    stride = Checked(1, lambda name, value: checks.whole(name, value, 1, 2))
    padding = Checked(0, lambda name, value: checks.whole(name, value, 0, 1))
    relu = Checked(False, _flag)

    @property
    def _last(self):
        return (SIDE + 2 * self.padding - 3) // self.stride

    @traitlets.validate("place")
    def _in_the_map(self, proposal):
        if max(proposal.value) > self._last:
            raise ValueError(
                f"place: got {proposal.value}; takes a row and a column from 0 to {self._last}, with the "
                f"stride {self.stride} and the padding {self.padding}"
            )
        return proposal.value

    @traitlets.observe("stride", "padding")
    def _stay_in_the_map(self, change):
        self.place = tuple(min(each, self._last) for each in self.place)

    def _still(self):
        """The picture with its window, and the nine products with their sum."""
        padded, kernel = np.pad(self.image, self.padding), np.array(self.kernel)
        top, left = (each * self.stride for each in self.place)
        pixels = padded[top : top + 3, left : left + 3]
        products = pixels * kernel
        total = max(products.sum(), 0) if self.relu else products.sum()
        rows = "\n".join(
            f'<tr><th scope="row">{top - self.padding + u}, {left - self.padding + v}</th>'
            f"<td>{_plain(pixels[u, v])}</td><td>{_plain(kernel[u, v])}</td>"
            f"<td>{_plain(products[u, v])}</td></tr>"
            for u, v in np.ndindex(3, 3)
        )
        words = t("sum, after ReLU") if self.relu else t("sum")
        caption = t(
            "Nine pixels, each times its weight. The sum stands in row {row} and column {column} of the map. "
            "All are counted from 0.",
            row=self.place[0],
            column=self.place[1],
        )
        heads = (t("row, column"), t("pixel"), t("weight"), t("product"))
        head = "".join(f'<th scope="col">{each}</th>' for each in heads)
        return (
            f"{_drawing(padded, top, left)}\n<table>\n<caption>{caption}</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n"
            f'<tr><th scope="row">{words}</th><td></td><td></td><td>{_plain(total)}</td></tr>\n'
            f"</tbody>\n</table>"
        )


def _plain(value):
    return number(value + 0.0, ".3g").replace("-", "−")


def _drawing(picture, top, left):
    """The picture as an SVG, black on white, with a frame around the window."""
    side, inks = len(picture), {}
    for (row, column), value in np.ndenumerate(picture.round(2)):
        if value:
            inks.setdefault(value, []).append(f"M{column} {row}h1v1h-1z")
    paths = "\n".join(f'<path fill-opacity="{ink:g}" d="{"".join(d)}"/>' for ink, d in inks.items())
    label = t("A picture of {side} by {side} pixels, with a window of three by three.", side=side)
    return (
        f'<svg viewBox="0 0 {side} {side}" width="224" height="224" role="img" aria-label="{escape(label)}" '
        f'shape-rendering="crispEdges">\n<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>\n{paths}\n'
        f'<path class="forward" fill="none" stroke="#0072b2" stroke-width="0.5" '
        f'd="M{left} {top}h3v3h-3z"/>\n</svg>'
    )
