"""How a model reads one drawing."""

from __future__ import annotations

import warnings
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from s6lib import checks, mnist, preparation
from s6lib.cnn import checked_network, home, predicting, refuse_lost, scores_of
from s6lib.report.network import log_of
from s6lib.report.page import bar, picture, styled
from s6lib.words import number, t

with checks.extra("cnn"):
    import torch
    from torch import nn

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A model is sure if it gives its digit this probability or more.
SURE = 0.9
DARK = "dark ink on a light ground"


class Reading(NamedTuple):
    """What a model makes of one drawing."""

    digit: int | None  #: what it reads; None for what is no digit, however sure the model may be of it
    probabilities: NDArray[np.float64]  #: (10,), the model's own, of whatever it was given
    image: NDArray[np.uint8]  #: (28, 28), as the model saw it
    said: str  #: what the drawing is, if it is hardly a digit (`s6lib.preparation.judge`), else ""
    sure: bool  #: nothing is said, and the digit's probability is `SURE` or more

    def __repr__(self):
        return f"Reading({self._answer()})"

    def _answer(self):
        most = int(self.probabilities.argmax())
        shown = f"{most}, {number(self.probabilities[most], '.1%')}"
        if self.digit is None:
            return t("no digit: {said}", said=_spoken(self.said))
        if self.said:
            return t("perhaps {shown}: {said}", shown=shown, said=_spoken(self.said))
        return shown if self.sure else t("perhaps {shown}", shown=shown)

    def _repr_html_(self):
        """The answer, the image, and the ten probabilities as bars; for a notebook."""
        rows = "".join(
            f'<tr><th scope="row">{digit}</th><td>{number(each, ".1%")}</td><td>{bar(each)}</td></tr>'
            for digit, each in enumerate(self.probabilities)
        )
        return styled(
            f'<div class="parts">{picture(self.image, t("The drawing as the model sees it"), side=140)}'
            f"<table><caption>{escape(self._answer())}</caption>{rows}</table></div>"
        )


def _spoken(said):
    """What is said of a drawing, as the reader reads it."""
    return {
        "nothing": t("nothing"),
        "a dot": t("a dot"),
        "a blot": t("a blot"),
        "a line that lies": t("a line that lies"),
        "a scribble": t("a scribble"),
        preparation.CUT_OFF: t("something that the border cuts off"),
        DARK: t("dark ink on a light ground"),
    }.get(said, said)


def read(model: nn.Module, image: Any, **steps: bool) -> Reading:
    """How `model` reads the drawing `image`, a `Reading`: no label is needed.

    model : any module that maps normalised images (N, 1, 28, 28) to ten scores, log-probabilities or
        probabilities; it is read as it predicts, and left as it was
    image : all that `s6lib.mnist.from_drawing` takes
    steps : of the preparation, False for each that is to be left out, as in `from_drawing`

    Nothing, a dot, a blot, a line that lies and a scribble are named and get no digit: a network knows ten
    answers, and gives one of them to anything. Warns of dark ink on a light ground where the step that turns
    it round is left out.

    Raises TypeError or ValueError, by name, for another model, image or step, and for a model that does not
    give ten numbers.
    """
    checked_network(model)
    for name, here in steps.items():
        checks.one_of("steps", name, preparation.STEPS)
        checks.one_of(name, here, (True, False))
    drawing = preparation.picture("image", image)
    prepared = preparation.prepare(drawing, **steps).image
    said = preparation.judge(drawing)
    tensor = torch.from_numpy(prepared)[None]
    if not steps.get("ground", True) and bool(mnist.dark_on_light(torch.from_numpy(drawing)[None])):
        warnings.warn(
            f"image: {DARK}, which a network that learnt light ink on a dark ground misreads: do not leave "
            "the step 'ground' out",
            stacklevel=2,
        )
        said = said or DARK
    probabilities = _probabilities(model, mnist.normalise_checked(tensor))
    digit = int(probabilities.argmax())
    sure = not said and bool(probabilities[digit] >= SURE)
    return Reading(None if said in preparation.NO_DIGIT else digit, probabilities, prepared, said, sure)


def _probabilities(model, inputs):
    """The model's probabilities of one image (1, 1, 28, 28): float64 (10,)."""
    device, dtype = home(model)
    with predicting(model):
        scores = scores_of(model, inputs.to(device, dtype)).cpu()
    return log_of(refuse_lost(model, scores))[0].exp().numpy()
