"""The digits: draw one, see every number that reads it, follow the error back, and take the step.

::

    Digits()                                  # an empty pad, and the recorded network of the book
    Digits(image=digits.test_images[0])       # with a digit on it
    Digits(image=..., label=3, panels=["lesson"])     # the error goes back: it should have been a 3

In Jupyter it is a widget whose traits work with `observe` and `link`. In a published page the same front end
runs without a kernel: the notebook's output carries it as HTML, with a picture and a table of the same
numbers for readers without scripts and for paper.
"""

import base64
import functools
import re

import numpy as np

from s6lib import checks
from s6lib.widgets.base import Checked, Widget, front_end, one_of
from s6lib.words import number, t

#: The networks to choose from, with what the page says of them.
NETWORKS = {
    "author": t("the author’s"),
    "bent": t("taught by bent digits"),
    "small": t("half the parameters"),
}
PANELS = ("preparation", "lesson", "layers")
SIDE = 28


def _image(name, value):
    """28 rows of 28 grey levels, or None."""
    if value is None:
        return None
    takes = f"{SIDE} x {SIDE} whole numbers from 0, the ground, to 255, the ink, or None"
    result = checks.of_kind(name, value, "iu", takes)
    if result.shape != (SIDE, SIDE):
        raise ValueError(f"{name}: got shape {result.shape}; takes {takes}")
    checks.refuse_where((result < 0) | (result > 255), name, result, takes)
    return tuple(tuple(row) for row in result.tolist())


def _label(name, value):
    return None if value is None else checks.whole(name, value, 0, 9)


def _chances(name, value):
    """Ten probabilities, or none yet."""
    result = checks.floats(name, value, ...)
    if result.shape not in ((0,), (10,)):
        raise ValueError(f"{name}: got shape {result.shape}; takes ten numbers, or none")
    return tuple(result.tolist())


def _panels(name, value):
    if not isinstance(value, (list, tuple)) or not all(each in PANELS for each in value):
        raise ValueError(f"{name}: got {value!r}; takes a list of some of {', '.join(PANELS)}")
    return tuple(value)


#: What the lens may show at first: a value or a slope by layer, channel, row, column; a weight by its place.
LOOK = re.compile(r"|(value|slope) \w+ [0-9]+ [0-9]+ [0-9]+|weight [\w.]+ [0-9]+", re.ASCII)


def _look(name, value):
    if not isinstance(value, str) or not LOOK.fullmatch(value):
        raise ValueError(
            f'{name}: got {value!r}; takes "", or as "value conv1 2 13 14" (layer, channel, row, column), '
            '"slope conv1 2 13 14" or "weight conv1.weight 4"'
        )
    return value


class Digits(Widget):
    """A pad to draw on, and a network that reads it, to be looked into and to be taught.

    Traits, all in step with the view in both directions:

    image : (28, 28) whole numbers from 0, the ground, to 255, the ink: the drawing as the network reads it;
        None while nothing is drawn
    network : one of `NETWORKS`
    label : which digit it should have been, 0 to 9, or None
    learning_rate : above 0, of the steps that the reader takes
    probabilities : of the ten digits, as the view finds them with its weights; () until there is a view

    `panels` are the drawers that are open at first, some of `PANELS`, and `look` is the number that is: a
    "value conv1 2 13 14", by channel, row and column, a "slope" likewise, or a "weight conv1.weight 4".

    Raises TypeError for what is not a number and ValueError for what is out of range.
    """

    NAME = "digits"
    STATE = ("image", "network", "label", "learning_rate", "panels", "look")
    GIVEN = ("probabilities", "networks", "data")
    _esm = front_end("digits")

    image = Checked(None, _image)
    network = Checked("author", one_of(tuple(NETWORKS)))
    label = Checked(None, _label)
    learning_rate = Checked(1e-4, checks.rate)
    panels = Checked((), _panels)
    look = Checked("", _look)
    probabilities = Checked((), _chances)
    networks = Checked(NETWORKS, checks.mapping)
    data = Checked({}, checks.mapping)

    def __init__(self, **traits):
        super().__init__(**traits)
        self.data = carried()

    def _still(self):
        if self.image is None:
            return f"<p>{t('With scripts, you draw a digit here, and a network reads it.')}</p>"
        p = read(self.image, self.network)
        cells = [
            (str(digit), number(chance, ".5f"))
            + (() if self.label is None else (number(chance - (digit == self.label), "+.5f"),))
            for digit, chance in enumerate(p)
        ]
        head = (t("digit"), t("probability p")) + (() if self.label is None else ("p − y",))
        caption = t("What a network reads in this drawing: {digit}", digit=int(p.argmax()))
        return (
            f"{_picture(self.image)}\n<table>\n<caption>{caption}</caption>\n<thead><tr>"
            + "".join(f'<th scope="col">{each}</th>' for each in head)
            + "</tr></thead>\n<tbody>\n"
            + "\n".join("<tr>" + "".join(f"<td>{each}</td>" for each in row) + "</tr>" for row in cells)
            + "\n</tbody>\n</table>"
        )


def read(image, network):
    """Probabilities (10,) that a recorded network gives to an image (28, 28) as it comes, in float64."""
    from s6lib import layers, mnist, results

    model = results.network(network)
    state = {name: value.double().numpy() for name, value in model.state_dict().items()}
    pixels = (np.array(image, dtype=float)[None, None] / 255 - mnist.MEAN) / mnist.STD
    return np.exp(layers.forward(state, pixels, model.settings)[0])


@functools.cache
def carried():
    """What the front end needs, {name: data}: each network of `NETWORKS`, and the bundled digits.

    A network is its settings, and the weights as base64 of float32, array after array in the order of the
    state. A builder of pages may move these out of a page: in their
    place the state then has {"src": the address of a script that leaves them in `s6Data`}.
    """
    from s6lib.widgets.digits import data

    return {"digits": data.bundled(), **{name: _carried(name) for name in NETWORKS}}


def _carried(name):
    from s6lib import results

    model = results.network(name)
    arrays = [each.numpy() for key, each in model.state_dict().items() if each.ndim]
    content = b"".join(np.ascontiguousarray(each, dtype="<f4").tobytes() for each in arrays)
    return {"settings": model.settings, "weights": base64.b64encode(content).decode()}


def _picture(image):
    """The image as SVG, a square for each pixel with ink."""
    squares = "".join(
        f'<rect x="{column}" y="{row}" width="1" height="1" fill-opacity="{ink / 255:.2f}"/>'
        for row, line in enumerate(image)
        for column, ink in enumerate(line)
        if ink
    )
    return (
        f'<svg viewBox="0 0 {SIDE} {SIDE}" width="140" height="140" role="img" '
        f'aria-label="{t("the drawing")}" fill="currentColor">{squares}</svg>'
    )
