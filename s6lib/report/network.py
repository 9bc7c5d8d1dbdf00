"""What a trained network gets right: `report`, and all that it says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from s6lib import checks
from s6lib.cnn import (
    CLASSES,
    NUMBERS,
    are_probabilities,
    checked_network,
    home,
    layer_table,
    predicting,
    refuse_lost,
    scores_of,
)
from s6lib.fit import EVALUATION_BATCH, HELD_OUT, split
from s6lib.mnist import Digits, check_labelled, normalise_checked
from s6lib.report import page
from s6lib.report.intervals import wilson
from s6lib.words import named, plural

with checks.extra("cnn"):
    import pandas as pd
    import torch
    from torch import nn
    from tqdm import tqdm

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What a network makes of N images whose labels are known. `report` makes one.

    In a notebook it shows itself; `s6lib.plots` draws its parts: `confusion`, `per_digit`, `hardest`,
    `calibration`.
    """

    name: str  #: what the network is called
    data: str  #: `Digits.name`
    held_out: str  #: "test" or "validation"
    confidence: float  #: of every interval
    bins: int  #: of the calibration
    images: NDArray[np.uint8] | None  #: (N, 28, 28); None where they are not at hand
    labels: NDArray[np.int64]  #: (N,)
    probabilities: NDArray[np.float64]  #: (N, 10)
    losses: NDArray[np.float64]  #: (N,), the negative logarithm of the label's probability, in nats
    layers: pd.DataFrame  #: where parameters and work are: `s6lib.cnn.layer_table`; empty where nobody knows
    notes: tuple[str, ...]  #: what a reader of this report must know besides

    @cached_property
    def predictions(self) -> NDArray[np.int64]:
        """The most probable digit of each image, (N,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def total(self) -> int:
        """How many images there are, N."""
        return len(self.labels)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Which images are read as their label says, (N,)."""
        return self.predictions == self.labels

    @property
    def correct(self) -> int:
        """How many images are read as their label says."""
        return int(self.right.sum())

    @property
    def accuracy(self) -> float:
        """Their share, 0 to 1."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval for the share of all such digits that the network reads."""
        low, high = wilson(self.correct, self.total, self.confidence)
        return float(low), float(high)

    @property
    def loss(self) -> float:
        """The mean of the losses, in nats."""
        return float(self.losses.mean())

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """How often each digit (row) was read as each (column), (10, 10)."""
        counts = np.zeros((CLASSES, CLASSES), dtype=np.int64)
        np.add.at(counts, (self.labels, self.predictions), 1)
        return counts

    @cached_property
    def per_digit(self) -> pd.DataFrame:
        """A row for each digit: images of it and how many of them were read right, their share (*accuracy*,
        also called recall) from low to high; how often it was read, and the share of these that was right
        (*precision*) with its ends. A share of none is NaN, and anything from 0 to 1 is plausible."""
        right, written, read = self.confusion.diagonal(), self.confusion.sum(axis=1), self.confusion.sum(0)
        low, high = wilson(right, written, self.confidence)
        precision_low, precision_high = wilson(right, read, self.confidence)
        with np.errstate(invalid="ignore"):
            columns = {
                "images": written,
                "right": right,
                "accuracy": right / written,
                named("low"): low,
                named("high"): high,
                "read": read,
                "precision": right / read,
                "precision low": precision_low,
                "precision high": precision_high,
            }
        return pd.DataFrame(columns).rename_axis("digit")

    def hardest(self, count: int = 12) -> pd.DataFrame:
        """The images whose label got the smallest probability, hardest first, at most `count` rows.

        The column "test image" is its place among the images ("validation image" of those); label; read as;
        probability of that; of the label.
        """
        order = np.argsort(-self.losses, kind="stable")[: checks.count("count", count, minimum=1)]
        read = self.predictions[order]
        return pd.DataFrame(
            {
                f"{self.held_out} image": order,
                "label": self.labels[order],
                "read as": read,
                "probability of that": self.probabilities[order, read],
                "of the label": self.probabilities[order, self.labels[order]],
            }
        )

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """A row for each bin of confidence, the probability of the digit that was read, that has images: its
        ends *from* and *to*, images, their mean confidence, how many are right, their share (*accuracy*) from
        low to high."""
        confidence = self.probabilities.max(axis=1)
        bin_of = np.minimum((confidence * self.bins).astype(int), self.bins - 1)
        rows = pd.DataFrame({"confidence": confidence, "right": self.right}).groupby(bin_of)
        table = rows.agg(images=("right", "size"), confidence=("confidence", "mean"), right=("right", "sum"))
        table["accuracy"] = table["right"] / table["images"]
        table["low"], table["high"] = wilson(table["right"], table["images"], self.confidence)
        table.insert(0, "from", table.index / self.bins)
        table.insert(1, "to", (table.index + 1) / self.bins)
        return table.rename_axis("bin")

    @property
    def calibration_error(self) -> float:
        """The expected calibration error, 0 to 1 (Guo et al., *On calibration of modern neural networks*,
        2017)::

            sum over the bins of  images / N * |accuracy - confidence|
        """
        table = self.calibration
        gaps = (table["accuracy"] - table["confidence"]).abs()
        return float((table["images"] / self.total * gaps).sum())

    @property
    def parameters(self) -> int:
        """How many numbers training changes."""
        return int(self.layers["parameters"].sum())

    @cached_property
    def same_images(self) -> str:
        """Equal for two reports on the same images with the same labels in the same order, and only for
        these; "" where the images are not at hand."""
        if self.images is None:
            return ""
        content = hashlib.sha256(self.images.tobytes())
        content.update(self.labels.tobytes())
        return content.hexdigest()

    def __repr__(self):
        return page.report_text(self)

    def _repr_html_(self):
        return page.report_html(self)


def report(
    model: nn.Module,
    digits: Digits,
    *,
    held_out: str = "test",
    bins: int = 10,
    confidence: float = 0.95,
    name: str | None = None,
    progress: bool = True,
) -> Report:
    """What `model` gets right of the digits' test images, a `Report`.

    model : any module that maps normalised images (N, 1, 28, 28) to ten scores, log-probabilities or
        probabilities; on whatever device, of whatever precision. It is read as it predicts, and left as
        it was
    digits : what `s6lib.mnist.load_digits` returns, or a `Digits` of your own
    held_out : "validation" reports on the training images that `s6lib.fit.fit` holds out, and leaves the test
        set closed: while you still choose
    bins : of the calibration, 1 to 100
    confidence : of the intervals, at least 0 and below 1
    name : what to call the network; by default its class
    progress : a bar, for what takes longer than a second

    Raises TypeError or ValueError, by name, for another model, digits or number, for a model that does not
    give ten numbers for each image, and where there is no image.
    """
    checked_network(model)
    if not isinstance(digits, Digits):
        raise TypeError(f"digits: got {type(digits).__name__}; takes what load_digits returns")
    bins, confidence = checks.whole("bins", bins, 1, 100), checks.fraction("confidence", confidence)
    if checks.one_of("held_out", held_out, HELD_OUT) == "test":
        images, labels = check_labelled(digits.test_images, digits.test_labels, "digits.test_")
    else:
        images, labels = split(digits, held_out="validation")[2:]
    chosen = type(model).__name__ if name is None else str(name)
    scores = _scores(model, images, f"{held_out} image", progress, chosen)
    log_probabilities = log_of(scores).numpy()
    about = {"held_out": held_out, "bins": bins, "confidence": confidence}
    arrays = images.cpu().numpy(), labels.cpu().numpy().astype(np.int64)
    return _report(chosen, digits.name, log_probabilities, *arrays, layer_table(model), **about)


def of_answers(
    log_probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    name: str,
    data: str,
    held_out: str = "test",
    bins: int = 10,
    confidence: float = 0.95,
) -> Report:
    """The `Report` of answers that were kept, of whatever made them: it has no images and no layers.

    log_probabilities : (N, 10); labels : whole numbers (N,), 0 to 9
    name : what to call the network; data : what it was tested on

    The others are those of `report`. Raises TypeError or ValueError, by name, for anything else.
    """
    answers = checks.floats("log_probabilities", log_probabilities, "N", CLASSES).astype(float)
    labels = checks.of_kind("labels", labels, "iu", "whole numbers (N,), 0 to 9").astype(np.int64)
    if labels.shape != answers.shape[:1]:
        raise ValueError(f"labels: got shape {labels.shape}; takes ({len(answers)},), as log_probabilities")
    checks.refuse_where((labels < 0) | (labels >= CLASSES), "labels", labels, "whole numbers from 0 to 9")
    bins, confidence = checks.whole("bins", bins, 1, 100), checks.fraction("confidence", confidence)
    checks.one_of("held_out", held_out, HELD_OUT)
    about = {"held_out": held_out, "bins": bins, "confidence": confidence}
    return _report(name, data, answers, None, labels, pd.DataFrame(columns=["layer", *NUMBERS]), **about)


def _report(name, data, log_probabilities, images, labels, table, held_out, bins, confidence):
    missing = sorted(set(range(CLASSES)) - set(labels.tolist()))
    note = plural(
        len(missing),
        "No image is labelled {digits}: nothing is known of that digit.",
        "No image is labelled {digits}: nothing is known of these.",
        digits=", ".join(map(str, missing)),
    )
    losses = -log_probabilities[np.arange(len(labels)), labels]
    return Report(
        name, data, held_out, confidence, bins, images, labels, np.exp(log_probabilities), losses, table,
        (note,) if missing else (),
    )  # fmt: skip


def log_of(scores: torch.Tensor) -> torch.Tensor:
    """Log-probabilities, float64 (N, 10), of scores, log-probabilities or probabilities (N, 10).

    It is the log-softmax of them, or of the logarithms of probabilities, and leaves log-probabilities as they
    are.
    """
    wide = scores.double()
    return torch.log_softmax(wide.log() if are_probabilities(scores) else wide, dim=1)


def _scores(model, images, kind, progress, name):
    """What the model answers to images uint8 (N, 28, 28), on the CPU: (N, 10)."""
    device, dtype = home(model)
    batches = images.split(EVALUATION_BATCH.get(device.type, 128))
    answers = []
    with (
        predicting(model),
        tqdm(total=len(images), desc=name, unit="image", disable=not progress, delay=1) as bar,
    ):
        for batch in batches:
            answers.append(scores_of(model, normalise_checked(batch.to(device)).to(dtype)).cpu())
            bar.update(len(batch))
    return refuse_lost(model, torch.cat(answers), kind)
