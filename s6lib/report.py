"""What a trained model does: how it reads one drawing.

::

    report.read(results.network("bent"), "any picture as an array, a tensor or an image of PIL")
"""

from __future__ import annotations

import base64
import struct
import warnings
import zlib
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from s6lib import checks, mnist, preparation
from s6lib.cnn import CLASSES, predicting

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
        shown = f"{most}, {self.probabilities[most]:.1%}"
        if self.digit is None:
            return f"no digit: {self.said}"
        return shown if self.sure else f"perhaps {shown}" + (f": {self.said}" if self.said else "")

    def _repr_html_(self):
        """The answer, the image, and the ten probabilities as bars; for a notebook."""
        picture = base64.b64encode(_png(255 - self.image)).decode()
        rows = "".join(
            f'<tr><th scope="row">{digit}</th><td>{each:.1%}</td><td style="width:9em;text-align:left">'
            f'<div style="width:{100 * each:.1f}%;height:.8em;background:#0072B2"></div></td></tr>'
            for digit, each in enumerate(self.probabilities)
        )
        return (
            '<div style="display:flex;flex-wrap:wrap;gap:1.5em;align-items:center">'
            f'<img src="data:image/png;base64,{picture}" alt="The drawing as the model sees it" width="140" '
            'height="140" style="image-rendering:pixelated;border:1px solid #767676">'
            f"<table><caption>{escape(self._answer())}</caption>{rows}</table></div>"
        )


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
    give ten finite numbers.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: got {type(model).__name__}; takes a torch.nn.Module")
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
    like = next(model.parameters(), inputs)
    with predicting(model):
        scores = model(inputs.to(like.device, like.dtype))
    takes = "takes one whose answer to (1, 1, 28, 28) is ten finite numbers"
    if not isinstance(scores, torch.Tensor) or tuple(scores.shape) != (1, CLASSES):
        got = tuple(scores.shape) if isinstance(scores, torch.Tensor) else type(scores).__name__
        raise ValueError(f"model: got a {type(model).__name__} that answers {got}; {takes}")
    scores = scores[0].double().cpu()
    if not torch.isfinite(scores).all():
        raise ValueError(f"model: got a {type(model).__name__} that answers {scores.tolist()}; {takes}")
    if (scores >= 0).all() and abs(float(scores.sum()) - 1) < 1e-4:  # probabilities, by a softmax at its end
        return scores.numpy()
    return torch.softmax(scores, dim=0).numpy()


def _png(pixels):
    """A grey picture, uint8 (H, W), as a file of PNG."""

    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # each without a filter
    height, width = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
