"""Recipes: how to train, as numbers with names, and those that the book has frozen."""

import math
from dataclasses import dataclass
from functools import partial

from s6lib import augmentation, checks
from s6lib.cnn import IMAGE_SIZE, DigitCNN, home, side_left

with checks.extra("cnn"):
    import torch
    from torch import nn

SCHEDULES = ("steps", "one-cycle")
PRECISIONS = ("float32", "bfloat16")
#: What each field of a `Recipe` is checked by.
CHECKS = {
    "learning_rate": checks.rate,
    "momentum": checks.fraction,
    "epochs": checks.count,
    "batch_size": partial(checks.count, minimum=1),
    "step_size": partial(checks.count, minimum=1),
    "gamma": checks.rate,
    "seed": checks.seed,
    "schedule": partial(checks.one_of, allowed=SCHEDULES),
    "nesterov": partial(checks.one_of, allowed=(True, False)),
    "weight_decay": checks.fraction,
    **augmentation.CHECKS,
    "muon": partial(checks.between, low=0, high=100),
    "keep": partial(checks.between, low=0.01, high=1),
    "half_size": checks.fraction,
    "label_smoothing": checks.fraction,
    "averaging": checks.fraction,
    "teacher_weight": checks.fraction,
    "temperature": partial(checks.between, low=0.01, high=100),
    "precision": partial(checks.one_of, allowed=PRECISIONS),
    "compile": partial(checks.one_of, allowed=(True, False)),
}


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults are the notebook's.

    learning_rate : step size, multiplied by `gamma` after every `step_size` epochs
    momentum : share of the last velocity that is kept, in [0, 1)
    epochs : 0 or more; 0 leaves the model untrained
    batch_size : images per step; the last batch of an epoch may be smaller
    seed : of the order of the images, of dropout and of augmentation

    What the notebook does without, and its defaults leave out:

    schedule : "steps" as above, or "one-cycle" (Smith and Topin, *Super-convergence*, 2019): over
        the first 30 % of all steps the rate climbs from a tenth of `learning_rate` to all of it,
        and then falls to a thousandth, both along half a cosine
    nesterov : look ahead along the velocity (Sutskever et al., 2013)
    weight_decay : this times each weight is added to its gradient; not for biases and batch norm,
        nor for kernels that Muon moves
    shift, rotation, zoom, elastic : how far `augment` moves each image, in pixels, degrees and as a
        share, and by how many pixels it bends it
    muon : if above 0, the kernels of convolutions that mix channels move by `s6lib.muon.Muon`: steps that are
        as long in every direction, this many times `learning_rate` (Jordan and others, *Muon*, 2024). Each is
        scaled to a fixed length first, which without a batch norm after it makes another network of it. All
        else moves as ever
    keep : the share of the training images that an epoch shows. Below 1 they are drawn for each epoch anew,
        one by one, with chances in proportion to the root of 0.001 + the loss that each had when it was
        shown last, so that what is read well already comes up more seldom. No loss is weighed less for
        that (after Loshchilov and Hutter, *Online batch selection*, 2015, who go by ranks)
    half_size : for this share of all steps, from the first on, in [0, 1), the network learns from
        images of 14 x 14 pixels, each the mean of four; a step takes about a quarter of the time
    label_smoothing : the share of the error that asks for all ten digits alike, in [0, 1)
    averaging : if above 0, the model that counts is an average over all steps: after each step
        average <- averaging * average + (1 - averaging) * weights
    teacher_weight : a, the share of the error, in [0, 1), that asks for the probabilities of a *teacher*, a
        network that is trained already, in place of the labels (Hinton, Vinyals and Dean, *Distilling the
        knowledge in a neural network*, 2015); see `s6lib.fit.distillation`
    temperature : T, by which the scores of both are divided there, from 0.01 to 100; the higher, the more the
        digits count that the teacher thinks unlikely
    precision : "float32", or "bfloat16": the layers hand on numbers of 16 bits, forward and backward
        (`fit.answering` says which). Weights, velocity, loss and the held-out figures stay float32
    compile : True lets `torch.compile` make one program of the forward pass and one of the backward pass,
        which takes seconds to minutes. Sums round differently then, and dropout draws other numbers

    Raises TypeError or ValueError, naming the field, for what is out of its range.
    """

    learning_rate: float = 0.01
    momentum: float = 0.9
    epochs: int = 19
    batch_size: int = 128
    step_size: int = 15
    gamma: float = 0.1
    seed: int = 1
    schedule: str = "steps"
    nesterov: bool = False
    weight_decay: float = 0.0
    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    elastic: float = 0.0
    muon: float = 0.0
    keep: float = 1.0
    half_size: float = 0.0
    label_smoothing: float = 0.0
    averaging: float = 0.0
    teacher_weight: float = 0.0
    temperature: float = 1.0
    precision: str = "float32"
    compile: bool = False

    def __post_init__(self):
        for name, check in CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if self.nesterov and not self.momentum:
            raise ValueError(
                "nesterov: got True with momentum 0; takes a momentum above 0 to look ahead along"
            )
        try:
            last_rate = self.rate(max(self.epochs - 1, 0), steps_per_epoch=1)
        except OverflowError:
            last_rate = math.inf
        if not math.isfinite(last_rate):
            raise ValueError(
                f"gamma: got {self.gamma!r}, which in {self.epochs} epochs of step_size {self.step_size} "
                "takes the learning rate beyond all numbers; takes a smaller one"
            )

    def check(self, model: nn.Module) -> None:
        """Raise ValueError if this recipe cannot train the network `model`."""
        if self.half_size and not isinstance(model, DigitCNN):
            raise ValueError(
                f"half_size: got {self.half_size!r} for a {type(model).__name__}; takes 0 there, "
                "since only of a DigitCNN it is known that it takes images of any size"
            )
        if self.half_size and model.settings["head"] != "average":
            raise ValueError(
                f"half_size: got {self.half_size!r} for a network whose head is {model.settings['head']!r}; "
                "takes 0 there, since only an average fits images of any size"
            )
        if self.half_size and side_left(model.settings, IMAGE_SIZE // 2) < 1:
            raise ValueError(
                f"half_size: got {self.half_size!r} for a network that leaves nothing of an image of half "
                "the size; takes 0 there"
            )
        if self.precision != "float32" and home(model)[1] != torch.float32:
            raise ValueError(
                f"precision: got {self.precision!r} for a network whose weights are {home(model)[1]}; takes "
                "one whose weights are float32, which a step of 16 bits is too coarse to change"
            )

    @property
    def bound_by_epochs(self) -> list[str]:
        """What makes each step depend on how many `epochs` there are, in words; empty where a run of more
        epochs begins with the very steps of a run of fewer."""
        bound = [f"schedule {self.schedule!r}"] if self.schedule != "steps" else []
        return bound + ([f"half_size {self.half_size!r}"] if self.half_size else [])

    def rate(self, step: int, steps_per_epoch: int) -> float:
        """The learning rate of step 0, 1, ... of the run."""
        if self.schedule == "steps":
            return self.learning_rate * self.gamma ** (step // steps_per_epoch // self.step_size)
        last = self.epochs * steps_per_epoch - 1
        peak = max(0.3 * (last + 1) - 1, 0.0)
        if step < peak:
            low, share = 0.1, 1 - step / peak
        else:
            low, share = 0.001, (step - peak) / max(last - peak, 1)
        return self.learning_rate * (low + (1 - low) * (1 + math.cos(math.pi * share)) / 2)

    def images_per_epoch(self, images: int) -> int:
        """How many of so many training images an epoch shows: one at least."""
        return max(round(self.keep * images), 1)

    def half(self, step: int, steps_per_epoch: int) -> bool:
        """Whether step 0, 1, ... of the run shows images of half the size."""
        return step < self.half_size * (self.epochs * steps_per_epoch)


# fmt: off
#: The recipes of the book by name. "author" is the notebook's.
RECIPES = {
    "author": Recipe(),
    "augmented": Recipe(shift=1.0, rotation=10.0, zoom=0.1),  # the author's, with images that are moved
    "bent": Recipe(learning_rate=0.1, epochs=16, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                   shift=1.0, rotation=10.0, zoom=0.1, elastic=0.5, half_size=0.25),
    "brisk": Recipe(learning_rate=0.1, epochs=20, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                    shift=1.0, rotation=10.0, zoom=0.1, muon=0.3, keep=0.33, precision="bfloat16"),
    "rapid": Recipe(learning_rate=0.1, epochs=17, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                    shift=1.0, rotation=10.0, zoom=0.1, muon=0.3, keep=0.33, precision="bfloat16"),
    "dash": Recipe(learning_rate=0.1, epochs=8, schedule="one-cycle", nesterov=True, weight_decay=0.001,
                   shift=1.0, rotation=10.0, zoom=0.1, muon=0.3, keep=0.5),
    "fast": Recipe(learning_rate=0.1, epochs=9, schedule="one-cycle", nesterov=True, weight_decay=0.001,
                   shift=1.0, rotation=5.0, zoom=0.05, half_size=0.25),
    "fastest": Recipe(learning_rate=0.1, epochs=7, schedule="one-cycle", nesterov=True, weight_decay=0.001,
                      shift=1.0, rotation=5.0, zoom=0.05),
    "steady": Recipe(learning_rate=0.1, epochs=12, schedule="one-cycle", nesterov=True, weight_decay=0.001,
                   shift=1.0, rotation=10.0, zoom=0.1),
    "small": Recipe(learning_rate=0.1, epochs=24, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                    shift=1.0, rotation=10.0, zoom=0.1),
    "slim": Recipe(learning_rate=0.1, epochs=40, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                   shift=1.0, rotation=10.0, zoom=0.1),
    "swift": Recipe(learning_rate=0.1, epochs=6, schedule="one-cycle", nesterov=True, weight_decay=0.001,
                    shift=1.0, rotation=10.0, zoom=0.1),
    "tiny": Recipe(learning_rate=0.1, epochs=30, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                   shift=1.0, rotation=10.0, zoom=0.1, muon=0.3, teacher_weight=0.9, temperature=2.0,
                   precision="bfloat16"),
    "patient": Recipe(learning_rate=0.1, epochs=60, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                      shift=1.0, rotation=10.0, zoom=0.1, muon=0.3, keep=0.5, teacher_weight=0.9,
                      temperature=2.0, precision="bfloat16"),
    "sure": Recipe(learning_rate=0.1, epochs=40, schedule="one-cycle", nesterov=True, weight_decay=0.0005,
                   shift=1.0, rotation=10.0, zoom=0.1, elastic=0.5, muon=0.3, keep=0.5, teacher_weight=0.9,
                   temperature=2.0, precision="bfloat16"),
}
RECIPES["lean"] = RECIPES["patient"]  # for a larger network
RECIPES["apt"] = RECIPES["patient"]  # with more teachers
# fmt: on

# fmt: off
#: The network that each recipe was made for, by their names: the pairs that the book trains and compares.
NETWORK_OF = {
    "author": "author", "augmented": "author", "bent": "cropped", "fast": "cropped", "fastest": "wide",
    "steady": "wide", "small": "small", "slim": "slim", "swift": "swift", "dash": "swift", "tiny": "tiny",
    "patient": "tiny", "apt": "tiny", "lean": "lean", "sure": "cropped", "brisk": "cropped",
    "rapid": "cropped",
}
# fmt: on

#: The recipe whose network teaches, for each recipe that has a teacher: it is trained first.
TEACHER_OF = {"tiny": "dash", "patient": "dash", "apt": "dash", "lean": "dash", "sure": "dash"}

#: How many networks of that recipe teach together, where it is not one.
TEACHERS = {"apt": 4}
