"""Every block of the CNN in NumPy alone, forward and backward, and the whole network made of them.

::

    slope = dE/dy                    of each y that a block hands on
    dE/dx = sum of slope * dy/dx     over all y that x has touched
    dE/dw = sum of slope * dy/dw     over all y that the weight w has made

Each block is a function, and below it stands its way back, `..._gradient`: that takes the slope and what
entered the block, and returns the slopes with respect to what entered and to each of the block's weights.
A network of your own is a few of these calls, and their ways back in reverse::

    z = layers.linear(x, weight, bias)
    error = layers.nll(layers.log_softmax(z), labels)

    slope = layers.nll_gradient(layers.log_softmax(z), labels)
    of_x, of_weight, of_bias = layers.linear_gradient(slope, x, weight)

Images are (N, C, H, W); the first axis counts them everywhere. float32 stays float32, and so does what is
wider than float64; all other numbers are computed with in float64. No function changes its arguments. All
raise TypeError for what is no number and ValueError, by the argument's name, for another shape, NaN or
infinity. Where there is a choice, as between equal values in a pool, these choose as PyTorch does. What is
called `state` and `settings` is a `cnn.DigitCNN`'s.

The method is that of Rumelhart, Hinton and Williams, *Learning representations by back-propagating errors*
(1986); through shared kernels, that of LeCun et al., *Backpropagation applied to handwritten zip code
recognition* (1989); through batch norm, that of Ioffe and Szegedy, *Batch normalization* (2015).
"""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from s6lib import checks, toy
from s6lib.checks import floats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    Array: TypeAlias = NDArray[np.floating]
    #: The arrays of `model.state_dict()`, and `model.settings`.
    State: TypeAlias = Mapping[str, ArrayLike]
    Settings: TypeAlias = Mapping[str, Any]

#: The side of an image that `settings["crop"]` speaks of.
IMAGE_SIZE = 28
#: The heads that are known here.
HEADS = ("average", "weighted", "flat")
#: How far a running average moves towards that of the batch.
TENTH = 0.1
#: What is added to every variance.
EPSILON = 1e-5


# Convolution ---------------------------------------------------------------------------------


def convolution(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 1,
) -> Array:
    """Every kernel at every place of every image::

        y[n, o, r, c] = bias[o] + sum over i, u, v of
            weight[o, i, u, v] * x[n, i, r * stride + u, c * stride + v]

    where x has been given a border of zeros, `padding` wide.

    x : (N, in, H, W); weight : (out, in, height, width), as they are, not turned over
    bias : (out,), or one number for all, such as 0
    stride, padding : whole numbers, from 1 and from 0; or two, for rows and for columns

    Returns y (N, out, H', W') with H' = (H + 2 * padding - height) // stride + 1, and W' likewise.
    """
    x, weight, stride, padding = _convolved(x, weight, stride, padding)
    shifted = _shifted(x, weight, stride, padding)
    out, (n, *_, height, width) = len(weight), shifted.shape
    y = weight.reshape(out, -1) @ shifted.reshape(n, -1, height * width)  # (N, out, H' W')
    return (y + _biases(bias, out, y.dtype)[:, None]).reshape(n, out, height, width)


def convolution_gradient(
    slope: ArrayLike,
    x: ArrayLike,
    weight: ArrayLike,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 1,
) -> tuple[Array, Array, Array]:
    """The slopes with respect to x, weight and bias of a `convolution`::

        dE/dweight[o, i, u, v] = sum over n, r, c of
            slope[n, o, r, c] * x[n, i, r * stride + u, c * stride + v]
        dE/dbias[o] = sum over n, r, c of slope[n, o, r, c]

    A weight was used at every place of every image, and collects a share from each. A pixel was in several
    windows: from each it gets the slope of that window's y back, times the weight that it met there. With
    stride 1 that is a convolution again, of the slopes, with each kernel turned over.

    slope : (N, out, H', W'), the shape of what `convolution` returns for the others
    """
    x, weight, stride, padding = _convolved(x, weight, stride, padding)
    shifted = _shifted(x, weight, stride, padding)
    (n, *_, height, width), (out, entering, *kernel) = shifted.shape, weight.shape
    slope = floats("slope", slope, n, out, height, width).reshape(n, out, -1)
    of_weight = slope @ shifted.reshape(n, -1, height * width).swapaxes(1, 2)  # (N, out, in * 3 * 3)
    of_x = np.zeros(
        (n, entering, *(side + 2 * border for side, border in zip(x.shape[2:], padding))),
        np.result_type(slope, weight),
    )
    for u, v in np.ndindex(*kernel):
        share = (weight[:, :, u, v].T @ slope).reshape(n, entering, height, width)
        _shift(of_x, u, v, (height, width), stride)[...] += share
    return _without_border(of_x, padding), of_weight.sum(axis=0).reshape(weight.shape), slope.sum(axis=(0, 2))


def _convolved(x, weight, stride, padding):
    """The arguments of a convolution, checked; stride and padding as pairs."""
    x, weight = floats("x", x, "N", "in", "H", "W"), floats("weight", weight, "out", "in", "height", "width")
    if weight.shape[1] != x.shape[1]:
        raise ValueError(
            f"weight: got shape {weight.shape}; takes shape (out, {x.shape[1]}, height, width) for x of "
            f"{x.shape[1]} channels"
        )
    return x, weight, _pair("stride", stride, 1), _pair("padding", padding, 0)


def _shifted(x, weight, stride, padding):
    """What each weight of a kernel meets: the bordered images, shifted; (N, in, height, width, H', W')."""
    padded = np.pad(x, ((0, 0), (0, 0), *((border, border) for border in padding)))
    kernel = weight.shape[2:]
    left = [(side - each) // step + 1 for side, each, step in zip(padded.shape[2:], kernel, stride)]
    if min(left) < 1:
        raise ValueError(
            f"x, padding: got shape {x.shape} and {padding}; takes images that the kernel {kernel} fits into"
        )
    window = [(each - 1) * step + 1 for each, step in zip(left, stride)]
    shifts = sliding_window_view(padded, window, axis=(2, 3))[:, :, : kernel[0], : kernel[1]]
    return shifts[..., :: stride[0], :: stride[1]]


def _shift(padded, u, v, size, stride):
    """Of bordered images those places that the weight [u, v] of a kernel meets: a view (N, C, *size)."""
    rows, columns = (slice(k, k + (n - 1) * step + 1, step) for k, n, step in zip((u, v), size, stride))
    return padded[:, :, rows, columns]


def _without_border(padded, border):
    (top, left), (height, width) = border, padded.shape[2:]
    return padded[:, :, top : height - top, left : width - left]


def _biases(bias, out, dtype):
    """One for each of `out`; a single number for all takes their precision."""
    bias = floats("bias", bias, ...)
    return floats("bias", bias, out) if bias.ndim else np.full(out, bias, dtype)


def _pair(name, value, minimum):
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name}: got {value!r}; takes a whole number, {minimum} or more, or two of them")
    return tuple(checks.count(name, each, minimum) for each in pair)


# ReLU, batch norm, max-pool, dropout ---------------------------------------------------------


def relu(x: ArrayLike) -> Array:
    """y = max(x, 0), for any shape."""
    return np.maximum(floats("x", x, ...), 0)


def relu_gradient(slope: ArrayLike, x: ArrayLike) -> Array:
    """A gate: the slope passes where x > 0. At exactly 0 it does not."""
    x = floats("x", x, ...)
    return floats("slope", slope, *x.shape) * (x > 0)


def batch_norm(
    x: ArrayLike,
    scale: ArrayLike,
    shift: ArrayLike,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    epsilon: float = EPSILON,
) -> Array:
    """Each channel centred and scaled, then moved to where the network wants it::

        y = scale * (x - mean) / sqrt(variance + epsilon) + shift

    x : (N, C, ...); scale, shift, mean, variance : (C,)
    mean, variance : None, for those of this batch (training; then each channel needs two values or more);
        else both, the running averages (evaluation)
    epsilon : 0 or more
    """
    centred, deviation, over, along = _normed(x, mean, variance, epsilon)
    scale, shift = _per_channel(centred.shape, scale=scale, shift=shift)
    return centred * (scale / deviation).reshape(along) + shift.reshape(along)


def batch_norm_gradient(
    slope: ArrayLike,
    x: ArrayLike,
    scale: ArrayLike,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    epsilon: float = EPSILON,
) -> tuple[Array, Array, Array]:
    """The slopes with respect to x, scale and shift of a `batch_norm`::

        n = (x - mean) / sqrt(variance + epsilon)
        dE/dshift = sum of slope
        dE/dscale = sum of slope * n
        dE/dx = scale / sqrt(variance + epsilon) * (slope - mean of slope - n * mean of slope * n)

    with sums and means for each channel, over images and places. In the last line each x reaches the error
    by three paths: by its own value, by the mean, and by the variance. Where these two are given, as in
    evaluation, they do not depend on x, and there is only the first path.
    """
    centred, deviation, over, along = _normed(x, mean, variance, epsilon)
    (scale,) = _per_channel(centred.shape, scale=scale)
    slope = floats("slope", slope, *centred.shape)
    normed = centred / deviation.reshape(along)
    of_shift, of_scale = slope.sum(axis=over), (slope * normed).sum(axis=over)
    if mean is None:
        count = centred.size // len(deviation)
        slope = slope - (of_shift / count).reshape(along) - normed * (of_scale / count).reshape(along)
    return slope * (scale / deviation).reshape(along), of_scale, of_shift


def _normed(x, mean, variance, epsilon):
    """x - mean, and sqrt(variance + epsilon), (C,); all axes but that of the channels; the shape of one
    number for each of them."""
    x = floats("x", x, ...)
    if x.ndim < 2 or not x.size:
        raise ValueError(f"x: got shape {x.shape}; takes shape (N, C, ...)")
    over = (0, *range(2, x.ndim))
    along = (-1, *(1 for _ in over[1:]))
    if (mean is None) != (variance is None):
        raise ValueError(
            "mean, variance: got only one of them; takes both, or neither for those of the batch"
        )
    if mean is None:
        if x.size == x.shape[1]:
            raise ValueError(
                f"x: got shape {x.shape}, one value per channel; takes two or more, to have a variance"
            )
        mean = x.mean(axis=over)
        centred = x - mean.reshape(along)
        variance = np.square(centred).mean(axis=over)
    else:
        mean, variance = _per_channel(x.shape, mean=mean, variance=variance)
        centred = x - mean.reshape(along)
        checks.refuse_where(variance < 0, "variance", variance, "numbers of at least 0")
    epsilon = float(floats("epsilon", epsilon))
    if epsilon < 0:
        raise ValueError(f"epsilon: got {epsilon}; takes a number of at least 0")
    squared = variance + epsilon
    if not squared.all():
        raise ValueError(f"epsilon: got {epsilon} for a channel of variance 0; takes a number above 0 there")
    return centred, np.sqrt(squared), over, along


def _per_channel(shape, **values):
    return (floats(name, value, shape[1]) for name, value in values.items())


def max_pool(x: ArrayLike, size: int = 2) -> Array:
    """The largest value of each size x size square: (N, C, H, W) -> (N, C, H / size, W / size).

    H and W must be multiples of `size`: no square overlaps another, and none is cut off.
    """
    return reduce(np.maximum, _corners(floats("x", x, "N", "C", "H", "W"), size))


def max_pool_gradient(slope: ArrayLike, x: ArrayLike, size: int = 2) -> Array:
    """All of a square's slope goes to the largest of its values; of equal ones to the first, row by row."""
    x = floats("x", x, "N", "C", "H", "W")
    largest = max_pool(x, size)
    slope = floats("slope", slope, *largest.shape)
    of_x, waits = np.empty(x.shape, np.result_type(slope, x)), np.ones(slope.shape, dtype=bool)
    for corner, of_corner in zip(_corners(x, size), _corners(of_x, size)):
        wins = waits & (corner == largest)
        of_corner[...] = slope * wins
        waits &= ~wins
    return of_x


def _corners(x, size):
    """Views of the size * size places in a square, row by row, each of them for all squares at once."""
    size = checks.count("size", size, 1)
    if x.shape[2] % size or x.shape[3] % size:
        raise ValueError(f"x: got shape {x.shape}; takes images whose sides are multiples of size, {size}")
    return [x[:, :, row::size, column::size] for row in range(size) for column in range(size)]


def dropout(x: ArrayLike, keep: ArrayLike, p: float) -> Array:
    """y = x * keep / (1 - p): what is kept grows, so that the mean stays where it was.

    keep : the mask, of the shape of x: True, or 1, for what is kept
    p : the chance that a value was dropped with, in [0, 1)
    """
    x = floats("x", x, ...)
    return x * _mask("keep", keep, x.shape).astype(x.dtype) / (1 - checks.fraction("p", p))


def dropout_gradient(slope: ArrayLike, keep: ArrayLike, p: float) -> Array:
    """The same for the slope: what was dropped has none, what was kept has grown, and its slope with it."""
    slope = floats("slope", slope, ...)
    return slope * _mask("keep", keep, slope.shape).astype(slope.dtype) / (1 - checks.fraction("p", p))


def _mask(name, keep, shape):
    """The mask as an array, checked."""
    allowed = "True and False, or 1 and 0"
    keep = checks.of_kind(name, keep, "biuf", allowed)
    if keep.shape != shape:
        raise ValueError(f"{name}: got shape {keep.shape}; takes shape {shape}")
    checks.refuse_where((keep != 0) & (keep != 1), name, keep, allowed)
    return keep


# The head ------------------------------------------------------------------------------------


def average(x: ArrayLike) -> Array:
    """The mean of each channel over all places: (N, C, H, W) -> (N, C)."""
    return floats("x", x, "N", "C", "H", "W").mean(axis=(2, 3))


def average_gradient(slope: ArrayLike, x: ArrayLike) -> Array:
    """Each of H * W places gets the same share of its channel's slope: (N, C) -> (N, C, H, W)."""
    n, channels, height, width = floats("x", x, "N", "C", "H", "W").shape
    share = floats("slope", slope, n, channels) / (height * width)
    return np.broadcast_to(share[:, :, None, None], (n, channels, height, width)).copy()


def weighted_average(x: ArrayLike, weight: ArrayLike) -> Array:
    """The sum of each channel, each place times a weight of its own: (N, C, H, W), (C, 1, H, W) -> (N, C)."""
    x, weight = _weighted(x, weight)
    return (x * weight).sum(axis=(2, 3))


def weighted_average_gradient(slope: ArrayLike, x: ArrayLike, weight: ArrayLike) -> tuple[Array, Array]:
    """The slopes with respect to x and weight of a `weighted_average`; `slope` is (N, C)."""
    x, weight = _weighted(x, weight)
    slope = floats("slope", slope, *x.shape[:2])[:, :, None, None]
    return slope * weight, (slope * x).sum(axis=0)[:, None]


def _weighted(x, weight):
    """Both checked; the weight as (C, H, W)."""
    x = floats("x", x, "N", "C", "H", "W")
    channels, height, width = x.shape[1:]
    return x, floats("weight", weight, channels, 1, height, width)[:, 0]


def linear(x: ArrayLike, weight: ArrayLike, bias: ArrayLike) -> Array:
    """Weighted sums: y[o] = bias[o] + sum over i of weight[o, i] * x[i].

    x : (..., in); weight : (out, in); bias : (out,), or one number for all, such as 0

    Returns y (..., out).
    """
    weight = floats("weight", weight, "out", "in")
    y = floats("x", x, ..., weight.shape[1]) @ weight.T
    return y + _biases(bias, len(weight), y.dtype)


def linear_gradient(slope: ArrayLike, x: ArrayLike, weight: ArrayLike) -> tuple[Array, Array, Array]:
    """The slopes with respect to x, weight and bias of a `linear` layer::

        dE/dx[i] = sum over o of slope[o] * weight[o, i]
        dE/dweight[o, i] = sum over all leading axes of slope[o] * x[i]
        dE/dbias[o] = sum over all leading axes of slope[o]

    slope : (..., out)

    The last of them is (out,) also where one number was the bias for all.
    """
    weight = floats("weight", weight, "out", "in")
    out, entering = weight.shape
    x = floats("x", x, ..., entering)
    slope = floats("slope", slope, *x.shape[:-1], out)
    rows = slope.reshape(-1, out)
    return slope @ weight, rows.T @ x.reshape(-1, entering), rows.sum(axis=0)


# The error -----------------------------------------------------------------------------------


def log_softmax(z: ArrayLike) -> Array:
    """log p[k] = z[k] - log(sum over j of e^z[j]): scores (..., K) as logarithms of probabilities.

    Its way back is part of `nll_gradient`, where logarithm and exponential cancel.
    """
    z = floats("z", z, ..., "K")
    z = z - z.max(axis=-1, keepdims=True)  # the largest exponential is 1: none overflows
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def nll(log_probabilities: ArrayLike, labels: ArrayLike) -> float:
    """E = -mean over the N images of log p(right digit): the mean negative log-likelihood, in nats.

    log_probabilities : (N, K); labels : whole numbers (N,), 0 to K - 1
    """
    log_probabilities, labels = _labelled(log_probabilities, labels)
    return float(-log_probabilities[range(len(labels)), labels].mean())


def nll_gradient(log_probabilities: ArrayLike, labels: ArrayLike) -> Array:
    """The slope of `nll` with respect to the scores z that `log_softmax` was given: (p - y) / N.

    y is 1 for the right digit and 0 for the others. Each probability misses its y, as a_o misses its target
    in Part 1.
    """
    log_probabilities, labels = _labelled(log_probabilities, labels)
    miss = np.exp(log_probabilities)
    miss[range(len(labels)), labels] -= 1
    return miss / len(labels)


def _labelled(log_probabilities, labels):
    log_probabilities = floats("log_probabilities", log_probabilities, "N", "K")
    count, classes = log_probabilities.shape
    allowed = f"whole numbers ({count},), 0 to {classes - 1}"
    labels = checks.of_kind("labels", labels, "iu", allowed)
    if labels.shape != (count,):
        raise ValueError(f"labels: got shape {labels.shape}; takes {allowed}")
    checks.refuse_where((labels < 0) | (labels >= classes), "labels", labels, allowed)
    return log_probabilities, labels


def sigmoid(z: ArrayLike) -> Array:
    """y = 1 / (1 + e^-z), for any shape; never overflows."""
    return toy.sigmoid(floats("z", z, ...))


def sigmoid_gradient(slope: ArrayLike, z: ArrayLike) -> Array:
    """slope * sigma(z) * sigma(-z), for any shape."""
    z = floats("z", z, ...)
    return floats("slope", slope, *z.shape) * toy.sigmoid_derivative(z)


def squared_error(y: ArrayLike, targets: ArrayLike) -> float:
    """E = half the squared distance from the targets, (K,); of many, (..., K), the mean: Part 1's E_total."""
    miss = _missed(y, targets)
    return float((miss**2).sum() / 2 / math.prod(miss.shape[:-1]))


def squared_error_gradient(y: ArrayLike, targets: ArrayLike) -> Array:
    """The miss, y - targets; of many, divided by how many there are."""
    miss = _missed(y, targets)
    return miss / math.prod(miss.shape[:-1])


def _missed(y, targets):
    y = floats("y", y, ..., "K")
    if not y.size:
        raise ValueError(f"y: got shape {y.shape}; takes one or more of shape (K,)")
    return y - floats("targets", targets, *y.shape)


# The network ---------------------------------------------------------------------------------


def forward(
    state: State,
    images: ArrayLike,
    settings: Settings,
    training: bool = False,
    keep: Mapping[str, ArrayLike] | None = None,
) -> Array:
    """Log-probabilities (N, 10) of the digits, as the `DigitCNN` of this state and these settings says them.

    state : `model.state_dict()` as arrays; of a convolution that is shared, that of its first use counts
    images : normalised, (N, 1, 28, 28)
    settings : `model.settings`
    training : True for batch norm by this batch, and dropout
    keep : the masks of dropout by the layer's name, as `masks` draws them; without effect in evaluation
    """
    return activations(state, images, settings, training, keep)["log_softmax"]


def activations(
    state: State,
    images: ArrayLike,
    settings: Settings,
    training: bool = False,
    keep: Mapping[str, ArrayLike] | None = None,
) -> dict[str, Array]:
    """What every layer hands on, {name: array}, in their order; the arguments are those of `forward`.

    The names are those of the model's layers; "average" is (N, C), as "flatten" is.
    """
    return _Pass(state, images, settings, training, keep).values


def gradient(
    state: State,
    images: ArrayLike,
    labels: ArrayLike,
    settings: Settings,
    training: bool = False,
    keep: Mapping[str, ArrayLike] | None = None,
) -> dict[str, Array]:
    """dE/dw for every parameter, by the names and in the shapes of the state; the others as in `forward`.

    labels : whole numbers (N,), 0 to 9; E is the `nll` of these images

    Under each name of a convolution that is shared stands the sum over all its uses.
    """
    return _Pass(state, images, settings, training, keep).back(labels)[0]


def slopes(
    state: State,
    images: ArrayLike,
    labels: ArrayLike,
    settings: Settings,
    training: bool = False,
    keep: Mapping[str, ArrayLike] | None = None,
) -> dict[str, Array]:
    """The slope of the error with respect to what every layer hands on, {name: array}, and to the "images".

    They come in the order in which they are found, from "linear" back to "images"; the arguments are those of
    `gradient`, the shapes those of `activations`.
    """
    return _Pass(state, images, settings, training, keep).back(labels)[1]


def step(
    state: State,
    velocity: State,
    images: ArrayLike,
    labels: ArrayLike,
    settings: Settings,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    keep: Mapping[str, ArrayLike] | None = None,
) -> tuple[dict[str, Array], dict[str, Array], float]:
    """One step of stochastic gradient descent with momentum::

        velocity <- momentum * velocity + dE/dw
        parameter <- parameter - learning_rate * velocity
        running <- 0.9 * running + 0.1 * that of this batch

    where the last is for the mean and the variance of each batch norm.

    velocity : by the names of the parameters, as the step before returned it; {} at the start

    Returns the new state and velocity, and the error before the step.
    """
    learning_rate, momentum = (
        checks.rate("learning_rate", learning_rate),
        checks.fraction("momentum", momentum),
    )
    run = _Pass(state, images, settings, True, keep)
    slope = run.back(labels)[0]
    unknown = set(checks.mapping("velocity", velocity)) - set(slope)
    if unknown:
        raise ValueError(
            f"velocity: got one for {min(unknown, key=str)!r}; takes the names of the parameters"
        )
    kept = {
        name: momentum * floats(f"velocity[{name!r}]", velocity[name], *slope[name].shape)
        for name in velocity
    }
    velocity = {name: kept[name] + slope[name] if name in kept else slope[name] for name in slope}
    moved = {name: run.state[name] - learning_rate * velocity[name] for name in slope}
    state = {name: np.array(value) for name, value in state.items()} | moved | run.running_averages()
    return state, velocity, nll(run.values["log_softmax"], labels)


def masks(rng: np.random.Generator, images: ArrayLike, settings: Settings) -> dict[str, NDArray[np.bool_]]:
    """A mask for each dropout, {name: bool (N, C, H, W)}, True for what is kept: drawn anew at each call."""
    count, _, height, width = floats("images", images, "N", 1, "H", "W").shape
    shapes = _shapes(settings, height, width)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: got {rng!r}; takes what np.random.default_rng() returns")
    return {
        name: rng.random((count, *shape)) >= settings["dropout"]
        for name, shape in shapes.items()
        if _kind(name) == "drop"
    }


class _Pass:
    """A pass through a network: the value of each layer, and all that the way back needs."""

    def __init__(self, state, images, settings, training, keep):
        checks.one_of("training", training, (True, False))
        images = floats("images", images, "N", 1, "H", "W")
        self.shapes = _shapes(settings, *images.shape[2:])
        self.settings, self.training = settings, training
        self.state = _checked_state(state, settings, self.shapes)
        self.keep = _checked_masks(keep, settings, self.shapes, len(images)) if training else {}
        self.entered, self.values = {}, {}  # what entered each layer, and what came out of it
        for name in self.shapes:
            self.entered[name] = images
            images = self.values[name] = self._forward(name, images)

    def _forward(self, name, x):
        match _kind(name):
            case "crop":
                return _without_border(x, _cropped(self.settings, *x.shape[2:]))
            case "conv":
                return convolution(x, *self._of(name, "weight", "bias"), **_geometry(name, self.settings))
            case "relu":
                return relu(x)
            case "norm":
                return batch_norm(x, *self._of(name, "weight", "bias"), *self._running(name))
            case "pool":
                return max_pool(_even(x))
            case "drop":
                return dropout(x, self.keep[name], self.settings["dropout"]) if name in self.keep else x
            case "average":
                weight = self._of(name, "weight")
                return weighted_average(x, *weight) if weight else average(x)
            case "flatten":
                return x.reshape(len(x), -1)
            case "linear":
                return linear(x, *self._of(name, "weight", "bias"))
            case "log_softmax":
                return log_softmax(x)

    def back(self, labels):
        """The gradient of every parameter, and the slope of every layer's output and of the images."""
        gradients, slopes = {}, {}
        *layers, last = self.shapes
        slope = nll_gradient(self.values[last], labels)
        for name in reversed(layers):
            slopes[name] = slope
            slope, *of_weights = self._back(name, slope, self.entered[name])
            home = _home(name, self.settings)
            for parameter, share in zip(("weight", "bias"), of_weights):
                gradients[f"{home}.{parameter}"] = gradients.get(f"{home}.{parameter}", 0) + share
        slopes["images"] = slope
        return {
            f"{name}.{each}": gradients[f"{_home(name, self.settings)}.{each}"]
            for name in layers
            for each in ("weight", "bias")
            if f"{name}.{each}" in self.state
        }, slopes

    def _back(self, name, slope, x):
        """The slope with respect to what entered a layer, then those with respect to its weights."""
        match _kind(name):
            case "crop":
                borders = _cropped(self.settings, *x.shape[2:])
                return (np.pad(slope, ((0, 0), (0, 0), *((each, each) for each in borders))),)
            case "conv":
                return convolution_gradient(
                    slope, x, *self._of(name, "weight"), **_geometry(name, self.settings)
                )
            case "relu":
                return (relu_gradient(slope, x),)
            case "norm":
                return batch_norm_gradient(slope, x, *self._of(name, "weight"), *self._running(name))
            case "pool":
                even = _even(x)
                rest = [(0, had - has) for had, has in zip(x.shape, even.shape)]
                return (np.pad(max_pool_gradient(slope, even), rest),)
            case "drop":
                p = self.settings["dropout"]
                return (dropout_gradient(slope, self.keep[name], p) if name in self.keep else slope,)
            case "average":
                weight = self._of(name, "weight")
                return (
                    weighted_average_gradient(slope, x, *weight) if weight else (average_gradient(slope, x),)
                )
            case "flatten":
                return (slope.reshape(x.shape),)
            case "linear":
                return linear_gradient(slope, x, *self._of(name, "weight"))

    def _of(self, name, *parameters):
        """Those of its parameters that the layer has."""
        return [self.state[f"{name}.{each}"] for each in parameters if f"{name}.{each}" in self.state]

    def _running(self, name):
        """Mean and variance for a batch norm: none in training, where it takes those of its batch."""
        return [] if self.training else self._of(name, "running_mean", "running_var")

    def running_averages(self):
        """Those of every batch norm, after this batch: its variance unbiased, as PyTorch keeps it."""
        moved = {}
        for name, x in self.entered.items():
            if _kind(name) == "norm":
                count = x.size // x.shape[1]
                now = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)) * (count / (count - 1))
                for each, running, batch in zip(
                    ("mean", "var"), self._of(name, "running_mean", "running_var"), now
                ):
                    moved[f"{name}.running_{each}"] = (1 - TENTH) * running + TENTH * batch
                if f"{name}.num_batches_tracked" in self.state:
                    moved[f"{name}.num_batches_tracked"] = np.array(
                        self.state[f"{name}.num_batches_tracked"] + 1
                    )
        return moved


def _kind(name):
    return name.rstrip("0123456789")


def _home(name, settings):
    """Under which name a layer's weights count: those of a shared convolution under that of its first use."""
    if not settings["shared"] or _kind(name) != "conv":
        return name
    channels = (1, *settings["channels"])
    block = int(name[4:])
    if block == 1 or channels[block - 1] != channels[block]:
        return name
    first = 2 if settings["stem"] else 1
    return next(
        f"conv{each}"
        for each in range(first, block + 1)
        if channels[each - 1] == channels[each] == channels[block]
    )


def _geometry(name, settings):
    if name == "conv1" and settings["stem"]:
        return {"stride": settings["stem"][1], "padding": 0}
    return {"stride": 1, "padding": 1}


def _cropped(settings, *sides):
    """Pixels that are cut off at either end of each side: of a smaller image, as large a share."""
    return [round(settings["crop"] * side / IMAGE_SIZE) for side in sides]


def _even(x):
    """Images without the last row or column that fills no square of a pool."""
    height, width = x.shape[2:]
    return x[:, :, : height // 2 * 2, : width // 2 * 2]


def _shapes(settings, height, width):
    """What every layer hands on of one image, {name: shape}, in the order of the forward pass."""
    wanted = ("channels", "dropout", "batch_norm", "head", "pools", "shared", "crop", "stem")
    missing = [name for name in wanted if name not in checks.mapping("settings", settings)]
    if missing:
        raise ValueError(f"settings: got none for {', '.join(missing)}; takes what model.settings holds")
    if unknown := [f"{name} {value!r}" for name, value in settings.items() if name not in wanted]:
        raise ValueError(f"settings: got {', '.join(unknown)}; takes those of a network without")
    checks.one_of("settings['head']", settings["head"], HEADS)
    shapes, sides = {}, (height, width)
    if settings["crop"]:
        sides = [side - 2 * border for side, border in zip(sides, _cropped(settings, *sides))]
        shapes["crop"] = (1, *sides)
    for block, channels in enumerate(settings["channels"], start=1):
        if block == 1 and settings["stem"]:
            kernel, stride = settings["stem"]
            sides = [(side - kernel) // stride + 1 for side in sides]
        for layer in ("conv", "relu", "norm") if settings["batch_norm"] else ("conv", "relu"):
            shapes[f"{layer}{block}"] = (channels, *sides)
        if block in settings["pools"]:
            sides = [side // 2 for side in sides]
            shapes[f"pool{block}"] = shapes[f"drop{block}"] = (channels, *sides)
    if min(sides) < 1:
        raise ValueError(
            f"images: got {height} x {width} pixels, of which this network leaves nothing; takes larger ones"
        )
    if settings["head"] != "flat":
        shapes["average"] = (channels,)
    shapes["flatten"] = (channels if settings["head"] != "flat" else channels * math.prod(sides),)
    return shapes | {"linear": (10,), "log_softmax": (10,)}


def _checked_state(state, settings, shapes):
    """The state as arrays, each of the shape that these settings ask for, and what is shared as one and the
    same; else raise, by name."""
    takes, entering, before = {}, 1, ()
    for name, shape in shapes.items():
        match _kind(name):
            case "conv":
                kernel = settings["stem"][0] if name == "conv1" and settings["stem"] else 3
                takes |= {f"{name}.weight": (shape[0], entering, kernel, kernel), f"{name}.bias": shape[:1]}
                entering = shape[0]
            case "norm":
                takes |= {
                    f"{name}.{each}": shape[:1] for each in ("weight", "bias", "running_mean", "running_var")
                }
            case "average" if settings["head"] == "weighted":
                takes[f"{name}.weight"] = (shape[0], 1, *before[1:])
            case "linear":
                takes |= {f"{name}.weight": (shape[0], *before), f"{name}.bias": shape}
        before = shape
    missing = [name for name in takes if name not in checks.mapping("state", state)]
    if missing:
        raise ValueError(
            f"state: got none for {missing[0]!r}; takes what model.state_dict() holds, as arrays"
        )
    checked = {name: floats(f"state[{name!r}]", state[name], *shape) for name, shape in takes.items()}
    shared = {
        f"{name}.{each}": checked[f"{_home(name, settings)}.{each}"]
        for name in shapes
        if _kind(name) == "conv"
        for each in ("weight", "bias")
    }
    tracked = {name: np.asarray(state[name]) for name in state if name.endswith("num_batches_tracked")}
    return checked | shared | tracked


def _checked_masks(keep, settings, shapes, count):
    keep = {} if keep is None else checks.mapping("keep", keep)
    named = {name: (count, *shape) for name, shape in shapes.items() if _kind(name) == "drop"}
    unknown, missing = set(keep) - set(named), set(named) - set(keep)
    if unknown:
        raise ValueError(
            f"keep: got a mask for {min(unknown, key=str)!r}; takes one for each of {', '.join(named)}"
        )
    if missing and settings["dropout"]:
        raise ValueError(
            f"keep: got no mask for {min(missing)!r}; takes one for each of {', '.join(named)} in training"
        )
    return {name: _mask(f"keep[{name!r}]", mask, named[name]) for name, mask in keep.items()}
