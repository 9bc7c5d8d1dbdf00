"""Training the CNN: the loop and its figures.

::

    model, digits = DigitCNN(), load_digits()
    history = fit(model, digits, Recipe(epochs=3), checkpoint="run.checkpoint")
    history.epochs                                          # one row of figures per epoch
    evaluate(model, digits.test_images, digits.test_labels).accuracy

The model is a `DigitCNN` or any other `torch.nn.Module` that maps images (N, 1, 28, 28) to ten scores
(N, 10): log-probabilities, or scores of which a log-softmax makes them.

Each step takes the mean negative log-likelihood of one batch and moves every parameter by
stochastic gradient descent with momentum (Sutskever et al., ICML 2013, in PyTorch's form)::

    velocity <- momentum * velocity + gradient
    parameter <- parameter - learning_rate * velocity

or, where the recipe says so, the kernels of its convolutions by `s6lib.muon`.

Where a *teacher* is given, a network that is trained already, the step takes a mean of that loss and of how
far the model's probabilities are from the teacher's: see `distillation`.

One epoch sees every training image once, in an order drawn from the recipe's seed; with a `keep` below 1
only so many of them, and rather those that the network reads badly. On the CPU the same
recipe, data, PyTorch and number of threads give the same weights to the last bit, whether or not the run was
stopped and continued on the way, or asked for more epochs later. What Ctrl-C stops is not lost: see
`interrupted`.

Tensors keep PyTorch's default memory layout on purpose. In `channels_last` a step is a little
faster, but PyTorch's batch norm on the CPU then sums each channel in float32 one value after the
other, and the first gradients are off by several per cent: see `benchmarks/training.py`, and
https://github.com/pytorch/pytorch/issues/121651.
"""

from __future__ import annotations

import copy
import errno
import math
import os
import shutil
import signal
import sys
import threading
import time
import warnings
from collections import Counter, OrderedDict
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from html import escape
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from s6lib import checks, muon, words
from s6lib.augmentation import augment
from s6lib.checkpoint import (
    CheckpointError,
    difference,
    fingerprint,
    hash_of,
    is_checkpoint,
    no_tensors,
    on_cpu,
    read_checkpoint,
    state,
    under,
    write_checkpoint,
)
from s6lib.cnn import (
    CLASSES,
    IMAGE_SIZE,
    NETWORKS,
    DigitCNN,
    Ensemble,
    are_probabilities,
    checked_network,
    home,
    is_sequence,
    named_layers,
    predicting,
    refuse_lost,
    scores_of,
)
from s6lib.mnist import Digits, check_labelled, normalise_checked
from s6lib.recipe import CHECKS, NETWORK_OF, RECIPES, TEACHER_OF, TEACHERS, Recipe
from s6lib.words import named, plural, t

with checks.extra("cnn"):
    import pandas as pd
    import torch
    from torch.nn.functional import avg_pool2d, kl_div, log_softmax, nll_loss, softmax
    from torch.nn.parameter import is_lazy
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
    from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

#: Images per call of the model in `evaluate`, by device: small enough for the activations to stay in a
#: processor's cache, and enough for a graphics card to be busy.
EVALUATION_BATCH = {"cpu": 128, "mps": 128, "cuda": 2000}
#: The validation split is drawn with this seed, whatever the recipe's, so that all runs share it.
SPLIT_SEED = 0
HELD_OUT = (named("validation"), named("test"))
#: How far from 0 the logarithm of what probabilities sum to may be.
NORMALISED = 1e-3
#: Images that `fit` shows a network before its first step, to see whether it gives ten scores.
PROBE = 8
#: What PyTorch says where a batch norm would have to find the variance of a single value.
TOO_FEW = "more than 1 value"


class Split(NamedTuple):
    """What a run learns from, and what its figures are taken on. uint8 (N, 28, 28), int64 (N,)."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    held_out_images: torch.Tensor
    held_out_labels: torch.Tensor


class Metrics(NamedTuple):
    """How a model does on some images."""

    loss: float  #: mean negative log-likelihood, in nats
    correct: int  #: images read as their label says
    total: int  #: images there were
    log_probabilities: torch.Tensor  #: (N, 10), as precise as the model's weights, on the CPU

    @property
    def accuracy(self) -> float:
        """The share of correct answers, 0 to 1."""
        return self.correct / self.total

    @property
    def predictions(self) -> torch.Tensor:
        """The most probable digit of each image; int64 (N,)."""
        return self.log_probabilities.argmax(dim=1)


def shown(images: torch.Tensor, recipe: Recipe, half: bool) -> torch.Tensor:
    """What a network sees of a batch of images uint8 (N, 28, 28); float32 (N, 1, H, W).

    The images are normalised, and moved by the recipe; at half size if `half`, which `Recipe.half` says.
    """
    inputs = normalise_checked(images)
    shrink = 2 if half else 1
    if half:
        inputs = avg_pool2d(inputs, shrink)
    if recipe.shift or recipe.rotation or recipe.zoom or recipe.elastic:
        inputs = augment(inputs, recipe.shift / shrink, recipe.rotation, recipe.zoom, recipe.elastic / shrink)
    return inputs


def distillation(scores: torch.Tensor, taught: torch.Tensor, temperature: float) -> torch.Tensor:
    """How far the probabilities of a network are from its teacher's, the mean over a batch: a scalar.

    With the temperature T, p = softmax(taught / T) and q = softmax(scores / T), that is the divergence of
    Kullback and Leibler times T^2: T^2 * sum over the digits of p * log(p / q). Its gradient at an image's
    scores is T * (q - p), whose length depends little on T.

    scores, taught : of the network and of its teacher, (N, 10): log-probabilities, or scores of which a
        log-softmax makes them

    Raises TypeError or ValueError, by name, for a temperature that no `Recipe` takes.
    """
    temperature = CHECKS["temperature"]("temperature", temperature)
    log_q, p = log_softmax(scores / temperature, dim=1), softmax(taught / temperature, dim=1)
    log_q = log_q.masked_fill(p == 0, 0.0)  # or else 0 * log(0 / 0)
    return temperature**2 * kl_div(log_q, p, reduction="batchmean")


def sgd(
    kernels: list[nn.Parameter],
    others: list[nn.Parameter],
    recipe: Recipe,
    by_muon: list[nn.Parameter] | None = None,
) -> torch.optim.SGD:
    """The recipe's optimizer. Only `kernels`, the weights that are multiplied with, decay; biases and batch
    norm do not. Those in `by_muon` move by `Muon`. On a graphics card the learning rate is a tensor there,
    for a `Replay` to read."""
    device = (kernels + others + (by_muon or []))[0].device
    replayed = _replays(device)
    groups = [{"params": kernels, "weight_decay": recipe.weight_decay}, {"params": others}]
    if by_muon:
        groups.append({"params": by_muon, "muon": recipe.muon})
    return (muon.Muon if by_muon else torch.optim.SGD)(
        groups,
        torch.tensor(recipe.learning_rate, device=device) if replayed else recipe.learning_rate,
        recipe.momentum,
        nesterov=recipe.nesterov,
        fused=replayed or None,
    )


def set_rate(optimizer: torch.optim.SGD, rate: float) -> None:
    """Let `rate` be the learning rate of the next step of an optimizer that `sgd` made."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _replays(device):
    return device.type == "cuda"


def before_softmax(model: nn.Module) -> nn.Module:
    """A network without the log-softmax that it ends with, of the same layers and weights; or `model` itself,
    if it is no sequence of layers that ends with one: PyTorch's own, over the digits, without hooks."""
    layers = named_layers(model) if is_sequence(model) else []
    if not layers or not _is_plain_log_softmax(layers[-1][1]):
        return model
    return torch.nn.Sequential(OrderedDict(layers[:-1]))


def _is_plain_log_softmax(layer):
    kind = torch.nn.LogSoftmax
    if type(layer) is not kind or getattr(layer.forward, "__func__", None) is not kind.forward:
        return False
    hooks = (f"_{when}_hooks" for when in ("forward", "forward_pre", "backward", "backward_pre"))
    return layer.dim in (1, -1) and not any(getattr(layer, each) for each in hooks)


def autocast(recipe: Recipe, device: torch.device) -> AbstractContextManager:
    """Within this block a network computes in the precision of the recipe."""
    if recipe.precision == "float32":
        return nullcontext()
    # Rounded weights that were kept would be those of the step before where a caller has an autocast open.
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)


def answering(model: nn.Module, recipe: Recipe, device: torch.device) -> Callable:
    """The forward pass of a training step: a function from inputs (N, 1, H, W) to scores (N, 10).

    In "float32" it is the model. In "bfloat16" it is the model within PyTorch's autocast, but for a last
    log-softmax (which the CPU's autocast would leave in bfloat16). Of a `DigitCNN` on the CPU give

    ==============================  =========  ============================================================
    layers                          hand on    computed
    ==============================  =========  ============================================================
    crop                            float32    a part of the inputs, as it is
    conv, linear                    bfloat16   from weights and inputs rounded to bfloat16, sums in float32
    relu, pool, drop, flatten       as given   value by value
    norm                            bfloat16   in float32, with float32 weights, means and variances
    average                         bfloat16   sums in float32
    average, if weighted            float32    from float32 weights
    shortcut                        bfloat16   the sum of what it got and what its layers made of that
    log_softmax                     float32    after autocast, from the scores in float32
    ==============================  =========  ============================================================

    and the error goes back through each in the precision in which it went forward. Gradients of weights
    arrive as float32. Hooks of the model itself are passed by, those of its layers are not.

    With `compile` it is what `torch.compile` makes of that, anew for each run, so that a run that goes on is
    the same program.
    """
    if recipe.precision == "float32" and not recipe.compile:
        return model
    body = before_softmax(model)

    def answer(inputs):
        with autocast(recipe, device):
            scores = body(inputs)
        scores = scores.to(inputs.dtype)
        return scores if body is model else log_softmax(scores, dim=1)

    return _compiled(answer) if recipe.compile else answer


def _compiled(answer):
    compiler = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
    if not shutil.which(compiler):
        raise ValueError(
            f"compile: got True, and there is no C++ compiler {compiler!r} here (CXX names another); takes "
            "False, or a machine that has one"
        )
    # Else the programs of other runs would count, of which PyTorch makes a few and then none.
    torch.compiler.reset()
    compiled = torch.compile(answer, dynamic=False)  # whatever the sizes that came before: the same bits

    def told(inputs):
        try:
            return compiled(inputs)
        except torch.cuda.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if TOO_FEW in str(error):  # which is no fault of compiling
                raise ValueError(TOO_FEW) from error
            raise ValueError(
                f"compile: got True, which fails here ({type(error).__name__}: "
                f"{checks.cause(error)}); takes False"
            ) from error

    return told


def _has_bfloat16(device):
    """Whether the device is known to multiply in bfloat16 by instructions of its own."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = getattr(torch.cpu, "get_capabilities", dict)()  # PyTorch 2.9 and before cannot say
    return any(known.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def _slower(model, inputs, recipe):
    """How many times as long a forward and backward pass takes in the recipe's precision as in float32.

    A copy of the model takes them, in turns; random states are as before.
    """
    model, seconds = copy.deepcopy(model).train(), {recipe: [], Recipe(): []}
    device = inputs.device
    before = _random_states(device)
    try:
        for turn in range(4):
            for each in seconds:
                started = time.monotonic()
                answering(model, each, device)(inputs).sum().backward()
                if device.type != "cpu":
                    getattr(torch, device.type).synchronize()
                if turn:  # the first one has more to do
                    seconds[each].append(time.monotonic() - started)
    finally:
        _set_random_states(device, before)
    return min(seconds[recipe]) / min(seconds[Recipe()])


class Replay:
    """`function(batch, *more)`, a tensor; on a graphics card its kernels are recorded once and played again.

    A card is done with each kernel of a network this small long before Python has started the next. So the
    first `EAGER` calls for a shape of `batch`, and for values of `more`, are as always; the next one is
    captured as a CUDA graph; and every further one copies its batch to where that one's lies and starts all
    kernels at once. Random numbers go on as they would have.

    function : reads memory that stays where it is, and waits for nothing that the card computes. What else
        it does in Python is not done again

    On other devices this is the function itself.
    """

    EAGER = 3  #: PyTorch asks for some calls before the one that is captured, to choose its kernels

    def __init__(self, function: Callable[..., torch.Tensor]):
        self.function, self.calls, self.captured = function, Counter(), {}

    def __call__(self, batch: torch.Tensor, *more: Hashable) -> torch.Tensor:
        if not _replays(batch.device):
            return self.function(batch, *more)
        key = (batch.shape, *more)
        if self.calls[key] < self.EAGER:
            self.calls[key] += 1
            with self._aside(batch.device):
                return self.function(batch, *more)
        if key not in self.captured:
            given = batch.clone()
            self.captured[key] = given, *self._capture(given, *more)
        given, play, result = self.captured[key]
        given.copy_(batch)
        play()
        return result.clone()

    @contextmanager
    def _aside(self, device):
        """Beside the card's main stream: where anything was computed on that, nothing can be captured."""
        main, aside = torch.cuda.current_stream(device), self._stream(device)
        aside.wait_stream(main)
        with torch.cuda.stream(aside):
            yield
        main.wait_stream(aside)

    def _capture(self, given, *more):
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream(given.device)):  # nothing is computed yet
            result = self.function(given, *more)
        return graph.replay, result

    def _stream(self, device):
        if not hasattr(self, "stream"):
            self.stream = torch.cuda.Stream(device)
        return self.stream


class History(NamedTuple):
    """A training run.

    `epochs` has the columns epoch, learning_rate, train_loss, train_accuracy, held_out_loss,
    held_out_accuracy, seconds. The train figures are means over the images that the epoch showed, as it
    went, with dropout on and the weights moving; the held-out figures are of the epoch's last weights, or of
    their average where the recipe has one. The train loss is what the steps were to lower: with the smoothing
    of labels in it and the distance to a teacher, if the recipe has them, and then another quantity than the
    held-out loss. The learning rate is that of the epoch's last step.
    """

    epochs: pd.DataFrame  #: one row per epoch, from 1
    weights: list[dict[str, torch.Tensor]]  #: the model's state after each epoch; index 0 is the start
    data: str  #: `Digits.name`
    held_out: str  #: "validation" or "test"

    @property
    def best(self) -> int:
        """The epoch with the highest held-out accuracy (then the lowest loss); 0 if untrained."""
        if self.epochs.empty:
            return 0
        order = self.epochs.sort_values(["held_out_accuracy", "held_out_loss"], ascending=[False, True])
        return int(order["epoch"].iloc[0])

    @property
    def label(self) -> str:
        """What a page may call this model."""
        count = len(self.epochs)
        if not count:
            return t("untrained")
        return plural(
            count, "{count} epoch on {data}", "{count} epochs on {data}", data=words.shown(self.data)
        )

    # All weights of all epochs are nothing that anybody can read.
    def __repr__(self):
        return f"{self._said}\n{self.epochs.to_string(index=False)}"

    def _repr_html_(self):
        return f"<p>{escape(self._said)}</p>{self.epochs.to_html(index=False)}"

    @property
    def _said(self):
        return t("{label}, held out: {part}", label=self.label, part=words.shown(self.held_out))


class Interrupted(KeyboardInterrupt):
    """Ctrl-C (in a notebook: Stop) in a run of `fit`. All that was learned is here.

    As a `KeyboardInterrupt` it ends what goes on around it: a loop over seeds, the cells below. The model
    has the weights of the last whole step and predicts. In the next cell::

        interrupted().history                                       # of the epochs that are whole
        fit(..., checkpoint=interrupted().save("run.checkpoint"))   # as before: goes on with the next step
    """

    def __init__(self, history: History, position: str, content: tuple, kept: Path | None):
        self.history = history  #: of the epochs that are whole, as `fit` would have returned it
        self.checkpoint = kept  #: the file that has it all, if `fit` had one; then the same call goes on
        self.position = position  #: how far it came, in words
        self._content = content
        goes_on = (
            f"the same call of fit goes on from {kept}"
            if kept
            else 'the same call of fit with checkpoint=interrupted().save("run.checkpoint") goes on'
        )
        super().__init__(
            f"{position}; from s6lib.fit import interrupted: interrupted().history has the whole epochs, "
            f"{goes_on}"
        )

    def save(self, path: str | Path) -> Path:
        """Write the checkpoint from which `fit` goes on to `path`, and return that.

        Raises FileExistsError if a file is there that is no checkpoint, and OSError if it cannot be written.
        """
        path = Path(path)
        if path.exists() and not is_checkpoint(path):
            raise FileExistsError(errno.EEXIST, "exists, is no checkpoint, and was left alone", str(path))
        write_checkpoint(path, *self._content)
        return path


_last = None  # of this session: an exception is out of reach in the next cell


def interrupted() -> Interrupted:
    """The last run of `fit` that Ctrl-C stopped in this session, an `Interrupted`.

    Raises LookupError if there was none.
    """
    if _last is None:
        raise LookupError("interrupted: no run of fit has been interrupted in this session")
    return _last


@contextmanager
def _undivided() -> Iterator[list]:
    """Within this block Ctrl-C is heard, in the list, and acts at its end: half a step is no state to go on
    from."""
    before, heard = signal.getsignal(signal.SIGINT), []
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield heard  # it does not come here, or nobody listens
        return
    signal.signal(signal.SIGINT, lambda *said: heard.append(said))
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        before(*heard[0])


def choose_device(name: str | torch.device | None = None) -> torch.device:
    """The torch.device called `name`, or the fastest that works here: CUDA, then MPS, then the CPU.

    Each is tried with one small sum. By default one that fails is passed over with a warning;
    asked for by name it is refused by ValueError.
    """
    available = {
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
        "cpu": 1,
    }
    here = [kind for kind, count in available.items() if count]
    if name is None:
        for kind, slower in zip(here, here[1:]):
            fault = _fault(torch.device(kind))
            if fault is None:
                return torch.device(kind)
            warnings.warn(f"device: {kind!r} does not work here ({fault}); taking {slower!r}", stacklevel=2)
        return torch.device("cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = None
    if device is None or (device.index or 0) >= available.get(device.type, 0):
        raise ValueError(
            f"device: got {name!r}; takes 'cuda', 'mps' or 'cpu', and here there is "
            f"{', '.join(map(repr, here))}"
        )
    fault = _fault(device)
    if fault is not None:
        raise ValueError(
            f"device: got {name!r}, which does not work here ({fault}); takes another one, "
            "such as 'cpu', or None for the fastest that works"
        )
    return device


def _fault(device):
    """What is wrong with a device, in one line; None if it can compute."""
    try:
        (torch.ones(1, device=device) + 1).item()  # the result is asked for, for a graphics card fails late
    except (RuntimeError, AssertionError) as error:  # an assertion: PyTorch was built without this device
        return str(error).strip().split("\n")[0] or type(error).__name__
    return None


def split(digits: Digits, train_size: int | None = None, held_out: str = "validation") -> Split:
    """Divide the digits into what trains and what is held out, a `Split`.

    digits : what `load_digits` returns, or a `Digits` of your own, of tensors or NumPy arrays; those
        that are to be used are checked as `mnist.check_labelled` does
    held_out : "validation" keeps one sixth of the training images back (10,000 of MNIST's 60,000,
        the same ones for every recipe) and never touches the test set; "test" trains on all of
        them and takes the figures on the test set, as the notebook does
    train_size : train on so many of the images instead of all; a larger number contains a smaller

    Raises TypeError or ValueError, by name, for what is none of these.
    """
    return _split(digits, train_size, held_out)


def _split(digits, train_size, held_out):
    if not isinstance(digits, Digits):
        raise TypeError(f"digits: got {type(digits).__name__}; takes what load_digits returns")
    if held_out not in HELD_OUT:
        raise ValueError(f"held_out: got {held_out!r}; takes one of {', '.join(map(repr, HELD_OUT))}")
    checked = {}
    for part in ("train",) if held_out == "validation" else ("train", "test"):
        checked[part] = check_labelled(
            getattr(digits, f"{part}_images"), getattr(digits, f"{part}_labels"), f"digits.{part}_", level=4
        )
    images, labels = checked["train"]
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(SPLIT_SEED))
    kept_back = len(images) // 6 if held_out == "validation" else 0
    if held_out == "validation" and not kept_back:
        raise ValueError(
            f"digits.train_images: got {len(images)}, a sixth of which is none to hold out; "
            "takes 6 or more, or held_out='test'"
        )
    kept, rest = order[:kept_back], order[kept_back:]
    if train_size is not None:
        if checks.count("train_size", train_size, minimum=1) > len(rest):
            raise ValueError(f"train_size: got {train_size!r}; takes 1 to {len(rest)} here")
        rest = rest[:train_size]
    if held_out == "test":
        return Split(images[rest], labels[rest], *checked["test"])
    return Split(images[rest], labels[rest], images[kept], labels[kept])


def evaluate(
    model: nn.Module, images: torch.Tensor | NDArray[np.uint8], labels: torch.Tensor | NDArray[np.integer]
) -> Metrics:
    """Loss, correct answers and log-probabilities on images uint8 (N, 28, 28), a `Metrics`.

    model : any network that maps images (N, 1, 28, 28) to ten scores (N, 10), on whichever device it is:
        log-probabilities, scores of which a log-softmax makes them, or probabilities
    images, labels : tensors or NumPy arrays, checked as `mnist.check_labelled` does; dark ink on a
        light ground is warned of

    The model predicts as in use (no dropout, running averages in batch norm) and is left as it was.
    Raises TypeError for what is no network; ValueError for one that does not take such images, that does not
    give ten scores for each, or NaN, or that lies on several devices.
    """
    _on_one_device(checked_network(model))
    return _evaluate(model, *check_labelled(images, labels), lambda scores: refuse_lost(model, scores))


def _evaluate(model, images, labels, check=lambda scores: scores):
    """`evaluate` for images and labels that have been checked; `check` gets the scores."""
    device, dtype = home(model)
    batches = images.split(EVALUATION_BATCH.get(device.type, 128))
    with predicting(model):
        scores = torch.cat([_scores(model, batch.to(device), dtype).cpu() for batch in batches])  # (N, 10)
    log_probabilities = _reading(check(scores))(scores)
    labels = labels.cpu()
    loss = nll_loss(log_probabilities.double(), labels)
    correct = (log_probabilities.argmax(dim=1) == labels).sum()
    return Metrics(loss.item(), int(correct), len(labels), log_probabilities)


def _on_one_device(model):
    devices = sorted({str(each.device) for each in (*model.parameters(), *model.buffers())})
    if "meta" in devices:
        raise ValueError(
            f"model: lies on {' and '.join(devices)}; takes a network whose weights have numbers"
        )
    if len(devices) > 1:
        raise ValueError(
            f"model: lies on {' and '.join(devices)}; takes a network on one device, "
            f"as model.to({devices[0]!r}) makes it"
        )


def _require_weights(model):
    if lazy := [name for name, each in model.named_parameters() if is_lazy(each)]:
        raise ValueError(
            f"model: its {', '.join(lazy)} have no shape yet; send it one image before: "
            f"model(torch.zeros(1, 1, {IMAGE_SIZE}, {IMAGE_SIZE}))"
        )
    if strange := no_tensors(model):
        raise ValueError(
            f"model: got a {type(model).__name__} with {', '.join(strange)} in its state, no tensor; takes a "
            "network of tensors"
        )


def _scores(model, images, dtype):
    """A model's scores (N, 10) for images uint8 (N, 28, 28); ValueError if it is not made for that."""
    return scores_of(model, normalise_checked(images).to(dtype))


def _reading(scores):
    """What makes log-probabilities of such scores (N, 10): nothing, a logarithm, or a log-softmax.

    Of log-probabilities the exponentials sum to 1, and a second log-softmax would only round them.
    """
    if are_probabilities(scores):
        return torch.log
    if (scores.detach().double().logsumexp(dim=1).abs() < NORMALISED).all():
        return _as_they_are
    return _by_log_softmax


def _as_they_are(scores):
    return scores


def _by_log_softmax(scores):
    return log_softmax(scores, dim=1)


def fit(
    model: nn.Module,
    digits: Digits,
    recipe: Recipe = Recipe(),
    checkpoint: str | Path | None = None,
    device: str | torch.device | None = None,
    *,
    teacher: nn.Module | None = None,
    train_size: int | None = None,
    held_out: str = "validation",
    checkpoint_seconds: float = 30.0,
    progress: bool = True,
) -> History:
    """Train `model` in place by `recipe` and return the `History`; one progress bar for the run.

    model : any network that maps images (N, 1, 28, 28) to ten scores (N, 10): log-probabilities, or
        scores of which a log-softmax makes them
    checkpoint : a file. If it is there, the run continues from it, for which the model may be as the run
        began or as it left it; it is replaced at every epoch's end and every `checkpoint_seconds` between.
        One that is damaged, or of another recipe, model or data, is refused by `CheckpointError`. The
        recipe may ask for more epochs than before, unless its steps depend on how many there are
        (`Recipe.bound_by_epochs`)
    device : "cuda", "mps" or "cpu"; by default the fastest there is. The model ends up there,
        in evaluation mode, with its last weights. It keeps its precision, float32 or float64, and what is
        frozen (`requires_grad` is False) stays, but for the running figures of batch norm. On
        "cuda" the steps of a `DigitCNN` are played again by a `Replay`, past hooks and the like. "mps" takes
        no recipe in bfloat16
    checkpoint_seconds : 0 or more
    teacher : any such network, trained already, or an `Ensemble` of several, for a recipe with a
        `teacher_weight`. It is asked, as it predicts, about the images as the model sees them, moved and of
        half the size where they are, and left as it is
    digits, train_size, held_out : as in `split`

    Ctrl-C stops it between two steps by `Interrupted`, which has the history, and says how to go on. Raises
    TypeError or ValueError, by name, for what it cannot train with, and FloatingPointError, naming
    epoch and step, when a loss is no longer finite. PyTorch's global random state is left as it was.
    """
    if not isinstance(recipe, Recipe):
        raise TypeError(f"recipe: got {type(recipe).__name__}; takes a Recipe")
    if not isinstance(checkpoint, (str, os.PathLike, type(None))):
        raise TypeError(
            f"checkpoint: got {checkpoint!r} ({type(checkpoint).__name__}); takes a file, or None"
        )
    checkpoint_seconds = checks.between("checkpoint_seconds", checkpoint_seconds, 0, math.inf)
    _on_one_device(checked_network(model))
    if not any(each.requires_grad for each in model.parameters()):
        raise ValueError(
            f"model: got a {type(model).__name__} without parameters to train; takes a network that has some"
        )
    _require_weights(model)
    if any(each.is_inference() for each in (*model.parameters(), *model.buffers())):
        raise ValueError(
            f"model: got a {type(model).__name__} made within torch.inference_mode, which cannot be trained; "
            "takes one made without"
        )
    if home(model)[1] not in (torch.float32, torch.float64):
        raise ValueError(f"model: its weights are {home(model)[1]}; takes float32 or float64")
    recipe.check(model)
    _check_teacher(teacher, model, recipe)
    device = choose_device(device)
    if device.type == "mps" and recipe.precision != "float32":
        raise ValueError(
            f"precision: got {recipe.precision!r} on 'mps', where nobody has tried it; takes 'float32' there"
        )
    data = _split(digits, train_size, held_out)
    # Whatever block the caller has open: the recipe says how it is computed.
    with torch.inference_mode(False), torch.autocast(device.type, enabled=False), torch.enable_grad():
        run = _Run(model, data, recipe, device, teacher)
        if checkpoint is not None:
            checkpoint = Path(checkpoint)
            if checkpoint.exists():
                run.resume(checkpoint)
        _finish(run, digits.name, held_out, checkpoint, checkpoint_seconds, progress)
        return run.end(digits.name, held_out)


def _finish(run, data, held_out, checkpoint, checkpoint_seconds, progress):
    """All steps that are left, below one progress bar; Ctrl-C ends them by `Interrupted`."""
    recipe, steps = run.recipe, run.steps_per_epoch
    with (
        run.random_state(),
        tqdm(
            total=recipe.epochs * steps,
            initial=run.epoch * steps + run.step,
            unit="step",
            desc=data,
            disable=not progress,
            mininterval=1,
        ) as bar,
    ):
        try:
            _advance(run, bar, checkpoint, checkpoint_seconds)
        except KeyboardInterrupt:
            with _undivided() as heard:
                stopped = _stopped(run, data, held_out, checkpoint)
                heard.clear()  # who is impatient means the same
            raise stopped from None


def teacher_of(
    recipe: str, digits: Digits, seed: int = 1, **how: Any
) -> tuple[DigitCNN | Ensemble | None, float]:
    """Who teaches the recipe of this name, by `TEACHER_OF` and `TEACHERS`, trained; and the seconds of it.

    (None, 0.0) for a recipe that has no teacher; else as `trained_teacher`, with the seed of the pupil.
    """
    checks.one_of("recipe", recipe, RECIPES)
    return trained_teacher(TEACHER_OF.get(recipe), digits, seed, TEACHERS.get(recipe, 1), **how)


def trained_teacher(
    recipe: str | None,
    digits: Digits,
    seed: int = 1,
    many: int = 1,
    *,
    checkpoints: str | Path | None = None,
    **how: Any,
) -> tuple[DigitCNN | Ensemble | None, float]:
    """The network of the recipe of this name, trained by it with this seed, and the seconds of its epochs.

    recipe : a name; for None, (None, 0.0)
    many : how many of them, to teach together as an `Ensemble`. They have seeds of their own, from
        many (seed - 1) + 1 to many seed, modulo 2^32: pupils with other seeds, below 2^32 / many, have
        other teachers
    checkpoints : a folder, made where there is none. Each network leaves a checkpoint there, named after its
        recipe and its seed; the same call goes on with what it finds. Without it Ctrl-C loses what was
        learned, but for the network that was being trained: that is `interrupted()`
    how : what else `fit` takes, such as `held_out`, but for a `checkpoint` and a `teacher`

    Where the teacher has a teacher, that is trained first, and its seconds count. Raises ValueError for a
    name that is not in `RECIPES`, and TypeError for what `fit` does not take, or not here.
    """
    for name in how:
        if name in ("checkpoint", "teacher") or name not in signature(fit).parameters:
            hint = "; checkpoints takes a folder" if name == "checkpoint" else ""
            raise TypeError(f"{name}: got one for a teacher; takes none there{hint}")
    if not isinstance(checkpoints, (str, os.PathLike, type(None))):
        raise TypeError(
            f"checkpoints: got {checkpoints!r} ({type(checkpoints).__name__}); takes a folder, or None"
        )
    seed, many = checks.seed("seed", seed), checks.count("many", many, 1)
    if recipe is None:
        return None, 0.0
    checks.one_of("recipe", recipe, RECIPES)
    own = how | {"checkpoints": checkpoints}
    if many > 1:
        first = many * (seed - 1) + 1
        taught = [trained_teacher(recipe, digits, (first + i) % 2**32, **own) for i in range(many)]
        return Ensemble(*(network for network, _ in taught)), sum(seconds for _, seconds in taught)
    teacher, seconds = teacher_of(recipe, digits, seed, **own)
    model = DigitCNN(**NETWORKS[NETWORK_OF[recipe]], seed=seed)
    kept, who = None, f"the teacher (recipe {recipe!r}, seed {seed})"
    if checkpoints is not None:
        Path(checkpoints).mkdir(parents=True, exist_ok=True)
        kept = Path(checkpoints) / f"{recipe}-{seed}.checkpoint"
    try:
        history = fit(model, digits, replace(RECIPES[recipe], seed=seed), kept, teacher=teacher, **how)
    except Interrupted as stopped:
        there = stopped.checkpoint
        goes_on = (
            f"goes on from {there}" if there else "with checkpoints='teachers', a folder, would have kept it"
        )
        stopped.args = (f"{who}: {stopped.position}; the same call {goes_on}",)
        raise
    except FloatingPointError as error:
        raise FloatingPointError(f"{who}: {error}") from error
    return model, seconds + float(history.epochs["seconds"].sum())


def _check_teacher(teacher, model, recipe):
    """Raise, by name, if that cannot teach this model by this recipe."""
    if teacher is None and not recipe.teacher_weight:
        return
    if teacher is None:
        raise ValueError(
            f"teacher: got None with teacher_weight {recipe.teacher_weight!r}; takes a trained network"
        )
    with _of_the_teacher():
        _on_one_device(checked_network(teacher))
        _require_weights(teacher)
        replace(recipe, precision="float32").check(teacher)  # it is asked in its own
    if not recipe.teacher_weight:
        raise ValueError(
            f"teacher: got a {type(teacher).__name__} with teacher_weight 0; takes None there, or a recipe "
            "with a teacher_weight above 0"
        )
    if _memory_of(teacher) & _memory_of(model):
        raise ValueError("teacher: got a network with parameters of the model; takes another network")


def _memory_of(model):
    """Where the numbers of a network lie."""
    tensors = (*model.parameters(), *model.buffers())
    dense = (each for each in tensors if each.layout == torch.strided and each.numel())
    return {each.untyped_storage().data_ptr() for each in dense}


@contextmanager
def _copying(model, got, takes):
    """Within this block a network that cannot be copied is refused by ValueError."""
    try:
        yield
    except torch.cuda.OutOfMemoryError:
        raise
    except Exception as error:  # whatever somebody's own layer does
        raise ValueError(
            f"{got} a {type(model).__name__} that copy.deepcopy cannot copy "
            f"({type(error).__name__}: {checks.cause(error)}); {takes}"
        ) from error


@contextmanager
def _of_the_teacher():
    """Within this block what is refused of a model is refused of the teacher."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"teacher: {str(error).removeprefix('model: ')}") from error


def _advance(run, bar, checkpoint, checkpoint_seconds):
    """The steps and the ends of epochs that are left, with a checkpoint now and then."""
    if checkpoint is not None and (run.epoch < run.recipe.epochs or not checkpoint.exists()):
        run.save(checkpoint)  # where that fails, no step is taken
    saved = time.monotonic()
    while run.epoch < run.recipe.epochs:
        if run.step < run.steps_per_epoch:
            run.advance()
            bar.update()
        if run.step == run.steps_per_epoch:
            run.end_epoch()
            bar.set_postfix_str(
                f"epoch {run.epoch}, held-out accuracy {run.rows[-1]['held_out_accuracy']:.2%}"
            )
        if checkpoint is not None and (run.step == 0 or time.monotonic() - saved >= checkpoint_seconds):
            run.save(checkpoint)
            saved = time.monotonic()


def _stopped(run, data, held_out, checkpoint):
    """The `Interrupted` of a run between two steps, which is the last one from now on."""
    global _last
    content, kept = run.content(), checkpoint
    position = f"stopped after {run.epoch} of {run.recipe.epochs} epochs"
    if run.step:
        position += f" and {run.step} of {run.steps_per_epoch} steps"
    if checkpoint is not None:
        try:
            write_checkpoint(checkpoint, *content)
        except OSError as error:  # then its `save` has another try
            kept, position = None, f"{position}, and {error}"
    _last = Interrupted(run.end(data, held_out), position, content, kept)
    return _last


class _Run:
    """A run between two steps: all that the next step depends on, and how to keep it in a file."""

    COLUMNS = {
        "epoch": int,
        "learning_rate": float,
        "train_loss": float,
        "train_accuracy": float,
        "held_out_loss": float,
        "held_out_accuracy": float,
        "seconds": float,
    }

    def __init__(self, model, data, recipe, device, teacher=None):
        self.recipe, self.device, self.held_out = recipe, device, data[2:]
        self.images, self.labels = data.train_images.to(device), data.train_labels.to(device)
        self.fingerprint = fingerprint(model, data, recipe, device, teacher)
        self.model = model.to(device)
        self.average = None  # of the weights over the steps, if the recipe asks for it
        if recipe.averaging:
            average = get_ema_multi_avg_fn(recipe.averaging)
            with _copying(model, f"averaging: got {recipe.averaging!r} for", "takes 0 there"):
                self.average = AveragedModel(model, multi_avg_fn=average, use_buffers=True)
        self.dtype = next(model.parameters()).dtype
        self.reading = self._probed(model)  # of the scores
        self.answer = self._answering()
        self.teacher = None
        if teacher is not None:
            with _copying(teacher, "teacher: got", "takes another network"):
                self.teacher = copy.deepcopy(teacher).to(device).eval()  # the network itself stays as it is
            with _of_the_teacher():
                several = self.teacher.networks if isinstance(teacher, Ensemble) else ()
                for each in (*several, self.teacher):
                    self._probed(each)
        by_muon = muon.kernels(model) if recipe.muon else []
        if recipe.muon and not by_muon:
            raise ValueError(
                f"muon: got {recipe.muon!r} for a {type(model).__name__} without an nn.Conv2d of one group "
                "to train; takes 0 there"
            )
        as_ever = [each for each in model.parameters() if not any(each is other for other in by_muon)]
        self.optimizer = sgd(
            [each for each in as_ever if each.ndim > 1],
            [each for each in as_ever if each.ndim <= 1],
            recipe,
            by_muon,
        )
        # Of a DigitCNN it is known that a step is the same kernels whatever the numbers.
        asked = teacher.networks if isinstance(teacher, Ensemble) else [teacher]
        known = all(isinstance(each, DigitCNN) for each in (model, *asked) if each is not None)
        self.learn = Replay(self._learn) if known else self._learn
        self.in_epoch = recipe.images_per_epoch(len(self.images))
        self.steps_per_epoch = math.ceil(self.in_epoch / recipe.batch_size)
        self.losses = None  # of each image, when it was shown last
        if recipe.keep < 1:
            self.losses = torch.full(
                (len(self.images),), math.log(CLASSES), dtype=torch.float32, device=device
            )
        self.sampler = torch.Generator().manual_seed(recipe.seed)
        self.dropout_state = None  # random states of dropout; None is "seed them"
        self.epoch, self.rows = 0, []  # epochs completed, and their figures
        self.weights = [state(model)]
        self._begin_epoch()

    def _probed(self, model):
        """How the answers of a network to some images are read, once they are seen to be scores."""
        with predicting(model), torch.random.fork_rng(devices=[]):
            probe = refuse_lost(model, _scores(model, self.images[:PROBE], home(model)[1]))
        if are_probabilities(probe):
            raise ValueError(
                "model: answers with probabilities; takes scores before the softmax, or their log-softmax "
                "(nn.LogSoftmax(dim=1) in place of nn.Softmax), to train"
            )
        reading = _reading(probe)
        return reading if reading is not _as_they_are or self._stays_normalised(model) else _by_log_softmax

    def _stays_normalised(self, model):
        """Whether what are log-probabilities now would be with other weights as well. Plain scores may be
        normalised by chance, as those of a last layer of zeros that begins with the shares of the digits."""
        if before_softmax(model) is not model:
            return True
        chance, parameters = torch.Generator().manual_seed(0), [*model.parameters()]
        with predicting(model), torch.random.fork_rng(devices=[]):
            before = [each.clone() for each in parameters]
            try:
                for each in parameters:
                    each.add_(torch.randn(each.shape, generator=chance).to(each), alpha=0.1)
                scores = _scores(model, self.images[:PROBE], home(model)[1])
            finally:
                for each, kept in zip(parameters, before):
                    each.copy_(kept)
        return _reading(scores) is _as_they_are

    def _answering(self):
        """The forward pass in the recipe's precision; refused where its log-softmax would be in that too."""
        model, recipe = self.model, self.recipe
        if recipe.precision != "float32":
            body = before_softmax(model)
            try:
                with predicting(model), autocast(recipe, self.device), torch.random.fork_rng(devices=[]):
                    kind = body(normalise_checked(self.images[:PROBE])).dtype
            except torch.cuda.OutOfMemoryError:
                raise
            except RuntimeError as error:
                raise ValueError(
                    f"precision: got {recipe.precision!r} for a {type(model).__name__} that cannot compute "
                    f"in it ({checks.cause(error)}); takes 'float32'"
                ) from error
            if body is model and self.reading is _as_they_are and kind != torch.float32:
                raise ValueError(
                    f"precision: got {recipe.precision!r} for a {type(model).__name__} whose log-softmax "
                    "would be computed in it; takes a network that gives scores, or an nn.Sequential without "
                    "a forward of its own whose last layer is PyTorch's nn.LogSoftmax(dim=1), without hooks"
                )
            if recipe.epochs and not _has_bfloat16(self.device):
                self._warn_of_slowness()
        return answering(model, recipe, self.device)

    def _warn_of_slowness(self):
        batch = normalise_checked(self.images[: self.recipe.batch_size])
        try:
            times = _slower(self.model, batch, replace(self.recipe, compile=False))
        except Exception:  # what a step of the run will say in its own words; or no copy can be made of it
            return
        if times > 1:
            warnings.warn(
                f"precision: got {self.recipe.precision!r}, for which PyTorch knows of no instructions here; "
                f"a step takes {times:.1f} times as long as in 'float32'",
                stacklevel=5,
            )

    @property
    def result(self):
        """The model that counts."""
        return self.model if self.average is None else self.average.module

    def _begin_epoch(self):
        self.step, self.loss, self.correct, self.seconds = 0, 0.0, 0, 0.0
        self.unread = []  # loss and correct answers of the last steps, each a tensor where it was computed
        self.sampler_state = self.sampler.get_state()  # from which this epoch's order follows
        self.order = self._drawn().to(self.device)

    def _drawn(self):
        """The images of an epoch, in the order in which they are shown."""
        if self.losses is None:
            return torch.randperm(len(self.images), generator=self.sampler)
        self.drawn_from = on_cpu(self.losses)  # for a run that goes on within the epoch
        # A loss may be finite in float64 alone.
        chances = (0.001 + self.drawn_from.clamp(0, torch.finfo(torch.float32).max)).sqrt()
        drawn = torch.multinomial(chances, self.in_epoch, generator=self.sampler)
        return drawn[torch.randperm(self.in_epoch, generator=self.sampler)]  # likely ones came first

    def advance(self):
        """One step of training."""
        with _undivided():
            self._step()

    def _step(self):
        started, recipe = time.monotonic(), self.recipe
        self.model.train()
        chosen = self.order[self.step * recipe.batch_size :][: recipe.batch_size]
        step = self.epoch * self.steps_per_epoch + self.step
        set_rate(self.optimizer, recipe.rate(step, self.steps_per_epoch))
        try:
            self.unread.append(self.learn(chosen, recipe.half(step, self.steps_per_epoch)))
        except ValueError as error:
            if len(chosen) > 1 or TOO_FEW not in str(error):
                raise
            raise ValueError(
                f"batch_size, train_size: got {recipe.batch_size} and {len(self.images)} images"
                f"{f', of which keep {recipe.keep!r} shows {self.in_epoch}' if recipe.keep < 1 else ''}; "
                "they leave a batch of one image, and this network one place of it, too few for "
                "batch norm; takes others"
            ) from error
        self.step += 1
        if self.average is not None:
            self.average.update_parameters(self.model)
        if not _replays(self.device) or self.step == self.steps_per_epoch:
            self._read()
        self.seconds += time.monotonic() - started

    def _learn(self, chosen, half):
        """Let the model learn from the images `chosen`. Their mean loss and the correct answers, (2,); where
        there is a teacher also whether its answers were numbers, (3,)."""
        labels, recipe = self.labels[chosen], self.recipe
        inputs = shown(self.images[chosen], recipe, half)
        taught = self._taught(inputs)
        scores = self.answer(inputs.to(self.dtype))  # (batch, 10)
        log_probabilities = self.reading(scores)
        loss = nll_loss(log_probabilities, labels)
        if self.losses is not None:
            self.losses[chosen] = nll_loss(log_probabilities.detach().float(), labels, reduction="none")
        if recipe.label_smoothing:
            loss = (1 - recipe.label_smoothing) * loss - recipe.label_smoothing * log_probabilities.mean()
        if taught is not None:
            taught = taught.to(loss.dtype)
            apart = distillation(log_probabilities, taught, recipe.temperature)
            loss = (1 - recipe.teacher_weight) * loss + recipe.teacher_weight * apart
        if not loss.requires_grad:
            raise ValueError(
                f"model: got a {type(self.model).__name__} whose answer has no gradient (a detach or "
                "no_grad in its forward?); takes a network that can be trained"
            )
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        correct = (log_probabilities.argmax(dim=1) == labels).sum()
        told = [loss.detach(), correct.to(loss.dtype)]
        if taught is not None:
            told.append(taught.logsumexp(dim=1).isfinite().all().to(loss.dtype))
        return torch.stack(told)

    def _taught(self, inputs):
        """The teacher's scores for what the model is to see, (batch, 10); None if there is no teacher."""
        if self.teacher is None:
            return None
        with torch.no_grad():
            return self.teacher(inputs.to(home(self.teacher)[1], copy=True))  # it may write into them

    def _read(self):
        """Add up what the last steps left unread. Whoever reads waits for the device, so a graphics card is
        asked seldom."""
        unread, self.unread = self.unread, []  # first of all: whatever fails below, nothing counts twice
        self.step -= len(unread)
        for loss, correct, *sound in torch.stack(unread).tolist() if unread else []:
            batch = min(self.recipe.batch_size, self.in_epoch - self.step * self.recipe.batch_size)
            self.step += 1
            if not all(sound):
                raise FloatingPointError(
                    f"epoch {self.epoch + 1}, step {self.step}: teacher: its answer to an image of this step "
                    "is NaN or infinite; takes a network that answers with numbers"
                )
            self.loss += self._finite(loss, "loss") * batch
            self.correct += int(correct)

    def end_epoch(self):
        """After an epoch's last step: its figures. Ctrl-C may come while they are taken; then none are."""
        started = time.monotonic()
        held_out = _evaluate(self.result, *self.held_out)
        self._finite(held_out.loss, "held-out loss after it")
        with _undivided():
            self._keep(held_out, started)

    def _keep(self, held_out, started):
        self.epoch += 1
        self.rows.append(
            {
                "epoch": self.epoch,
                "learning_rate": self.recipe.rate(
                    self.epoch * self.steps_per_epoch - 1, self.steps_per_epoch
                ),
                "train_loss": self.loss / self.in_epoch,
                "train_accuracy": self.correct / self.in_epoch,
                "held_out_loss": held_out.loss,
                "held_out_accuracy": held_out.accuracy,
                "seconds": self.seconds + time.monotonic() - started,
            }
        )
        self.weights.append(state(self.result))
        self._begin_epoch()

    def _finite(self, value, name):
        if not math.isfinite(value):
            raise FloatingPointError(
                f"epoch {self.epoch + 1}, step {self.step}: the {name} is {value}; "
                f"learning_rate was {self.recipe.learning_rate}, take a smaller one"
            )
        return value

    def end(self, data, held_out):
        """Leave the model as the one that counts, predicting; return the `History`."""
        self.__dict__.pop("learn", None)  # and the card's memory that a replay holds
        if self.average is not None:
            self.model.load_state_dict(self.average.module.state_dict())
        self.model.eval()
        epochs = pd.DataFrame(self.rows, columns=list(self.COLUMNS)).astype(self.COLUMNS)
        return History(epochs, self.weights, data, held_out)

    @contextmanager
    def random_state(self):
        """Within this block PyTorch's global generators, which dropout draws from, are this run's."""
        # Of several graphics cards each has a generator, and PyTorch's functions speak of the current card's.
        with torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext():
            before = _random_states(self.device)
            if self.dropout_state is None:
                torch.default_generator.manual_seed(self.recipe.seed)
                if self.device.type != "cpu":
                    getattr(torch, self.device.type).manual_seed(self.recipe.seed)
            else:
                _set_random_states(self.device, self.dropout_state)
            try:
                yield
            finally:
                _set_random_states(self.device, before)

    def save(self, path):
        write_checkpoint(path, *self.content())

    def content(self):
        """All that the next step depends on, as `write_checkpoint` takes it."""
        self._read()
        tensors = {f"model.{name}": value for name, value in state(self.model).items()}
        for epoch, weights in enumerate(self.weights):
            tensors |= {f"weights.{epoch}.{name}": value for name, value in weights.items()}
        for number, parameter in enumerate(self.model.parameters()):
            velocity = self.optimizer.state.get(parameter, {}).get("momentum_buffer")
            if velocity is not None:
                tensors[f"velocity.{number}"] = on_cpu(velocity)
        if self.average is not None:
            tensors |= {f"average.{name}": value for name, value in state(self.average).items()}
        tensors["sampler"] = self.sampler_state
        if self.losses is not None:
            tensors |= {"losses": on_cpu(self.losses), "drawn from": self.drawn_from}
        if self.started:
            tensors |= {f"dropout.{kind}": state for kind, state in _random_states(self.device).items()}
        about = {
            "fingerprint": self.fingerprint,
            "epoch": self.epoch,
            "step": self.step,
            "loss": self.loss,
            "correct": self.correct,
            "seconds": self.seconds,
            "rows": [*self.rows],
        }
        return about, tensors

    @property
    def started(self):
        return self.epoch > 0 or self.step > 0

    def resume(self, path):
        about, tensors = read_checkpoint(path)
        there, epochs = about["fingerprint"], {"epochs": self.recipe.epochs}
        for prefix in ("model.", "average.module."):  # the model may be as the run left it
            left = under(prefix, tensors)
            if self.fingerprint["initial weights"] == hash_of(
                {name: left[name] for name in self.weights[0] if name in left}
            ):
                self.fingerprint["initial weights"] = there["initial weights"]
        for part, here in self.fingerprint.items():
            # What a recipe of before has no name for, it did as the defaults do.
            found = asdict(Recipe()) | there[part] | epochs if part == "recipe" else there.get(part, here)
            if found != here:
                raise CheckpointError(
                    f"{path}: this checkpoint is of a run with other {part}: "
                    f"{difference(found, here)}. Take another file name, or remove it"
                )
        self._check_epochs(path, there["recipe"]["epochs"], about["epoch"] + (about["step"] > 0))
        self.model.load_state_dict(under("model.", tensors))
        for number, parameter in enumerate(self.model.parameters()):
            if f"velocity.{number}" in tensors:
                velocity = torch.empty_like(parameter, requires_grad=False).copy_(
                    tensors[f"velocity.{number}"]
                )
                self.optimizer.state[parameter]["momentum_buffer"] = velocity
        if self.average is not None:
            self.average.load_state_dict(under("average.", tensors))
        self.sampler.set_state(tensors["sampler"])
        if self.losses is not None:
            self.losses.copy_(tensors["drawn from"])
        self._begin_epoch()
        if self.losses is not None:
            self.losses.copy_(tensors["losses"])
        self.dropout_state = under("dropout.", tensors) or None
        self.epoch, self.rows = about["epoch"], about["rows"]
        self.weights = [under(f"weights.{epoch}.", tensors) for epoch in range(self.epoch + 1)]
        self.step, self.loss = about["step"], about["loss"]
        self.correct, self.seconds = about["correct"], about["seconds"]

    def _check_epochs(self, path, before, begun):
        """Refuse to go on with a run of so many epochs where this one's are other steps, or fewer than
        begun."""
        epochs, bound = self.recipe.epochs, self.recipe.bound_by_epochs
        if epochs != before and bound:
            raise CheckpointError(
                f"{path}: this checkpoint is of a run with epochs={before}, and here it is epochs={epochs}; "
                f"with {' and '.join(bound)} all steps depend on that number. Take epochs={before} to end "
                f"that run, or another file name to begin one with epochs={epochs}"
            )
        if epochs < begun:
            raise CheckpointError(
                f"{path}: this checkpoint has come to epoch {begun}, and here epochs is {epochs}. Take "
                f"{begun} or more; the weights after each epoch are in the history"
            )


def _random_states(device):
    states = {"cpu": torch.default_generator.get_state()}
    if device.type != "cpu":
        states[device.type] = getattr(torch, device.type).get_rng_state()
    return states


def _set_random_states(device, states):
    torch.default_generator.set_state(states["cpu"])
    if device.type != "cpu":
        getattr(torch, device.type).set_rng_state(states[device.type])
