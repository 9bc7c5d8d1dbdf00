"""The 2-2-2 network of Part 1: eight weights, sigmoid neurons, squared error, no biases.

::

    h = hidden @ inputs     a_h = sigmoid(h)     hidden = weights[0] = [[w1, w2], [w3, w4]]
    o = output @ a_h        a_o = sigmoid(o)     output = weights[1] = [[w5, w6], [w7, w8]]
    E_total = E1 + E2       E = (targets - a_o)^2 / 2

`weights[layer, to, from]` has shape (2, 2, 2); `weights.ravel()` is w1 ... w8. All quantities
are pure numbers (no units), computed in float64.

Every function broadcasts over leading axes: weights (..., 2, 2, 2) with inputs and targets
(..., 2) give results with the common leading shape, so six learning rates, or a loss
landscape of 200 x 200 points, are one call. No function changes its arguments. All raise
TypeError for what is not a number and ValueError for a wrong shape, NaN or infinity.

Where the numbers stand by their names on the page, `setting` makes these arrays of them, and refuses by name
what the chapters could not tell the truth about::

    weights, inputs, targets = toy.setting(w1=0.3, i2=-1)    # the others are the worksheet's

The network and its numbers are the worksheet's, https://github.com/das91t70/S6; the method is that of
Rumelhart, Hinton and Williams, *Learning representations by back-propagating errors*, Nature 323 (1986).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from s6lib import checks

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.inexact] | np.inexact  # one number where no axis is left

#: What the worksheet's network is shown. Read-only, as the others are.
INPUTS = np.array([0.05, 0.10])
#: What it should say.
TARGETS = np.array([0.5, 0.5])
#: The weights that it starts with.
WEIGHTS = np.array([[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]])
#: The learning rates that the worksheet asks for.
LEARNING_RATES = np.array([0.1, 0.2, 0.5, 0.8, 1.0, 2.0])
for _constant in (INPUTS, TARGETS, WEIGHTS, LEARNING_RATES):
    _constant.flags.writeable = False


#: The least and the largest of the numbers whose names begin so: what the chapters say holds in between. An
#: output never leaves the targets' range.
RANGES = {"w": (-10, 10), "i": (-10, 10), "t": (0, 1)}


class Setting(NamedTuple):
    """The numbers that a network starts from: `toy.loss(*setting)`, `toy.train(*setting, rate, steps)`."""

    weights: np.ndarray  #: (2, 2, 2)
    inputs: np.ndarray  #: (2,)
    targets: np.ndarray  #: (2,)

    @property
    def is_worksheet(self) -> bool:
        """Whether all twelve numbers are the worksheet's."""
        return all(map(np.array_equal, self, WORKSHEET))


#: All that the worksheet gives.
WORKSHEET = Setting(WEIGHTS, INPUTS, TARGETS)


class Forward(NamedTuple):
    """Every value of the forward pass, each of shape (..., 2)."""

    h: np.ndarray  #: weighted sums entering the hidden neurons
    a_h: np.ndarray  #: activations of the hidden neurons
    o: np.ndarray  #: weighted sums entering the output neurons
    a_o: np.ndarray  #: activations of the output neurons: what the network says


class History(NamedTuple):
    """A training run; index 0 is the state before the first step."""

    weights: np.ndarray  #: (steps + 1, ..., 2, 2, 2)
    loss: np.ndarray  #: (steps + 1, ...)


def setting(**numbers: float) -> Setting:
    """The `Setting` of these numbers by their names on the page.

    numbers : w1 to w8, i1, i2, t1 and t2, each within its range in `RANGES`; one that is left out is the
        worksheet's

    Raises TypeError or ValueError that names the number, its value and its range.
    """
    arrays = []
    for letter, start in zip("wit", WORKSHEET):
        given = [
            checks.between(f"{letter}{k}", numbers.pop(f"{letter}{k}", number), *RANGES[letter])
            for k, number in enumerate(start.ravel(), 1)
        ]
        arrays.append(np.reshape(given, start.shape) + 0.0)  # no -0, which a page would write with its sign
    for name, value in numbers.items():
        raise TypeError(f"{name}: got {value!r}; the numbers are w1 to w8, i1, i2, t1 and t2")
    return Setting(*arrays)


def sigmoid(z: ArrayLike) -> Numbers:
    """sigma(z) = 1 / (1 + e^-z), for any shape, real or complex; never overflows."""
    z = _inexact(z)
    decay = _decay(z)
    return np.where(z.real >= 0, 1.0, decay) / (1.0 + decay)


def sigmoid_derivative(z: ArrayLike) -> Numbers:
    """sigma'(z) = sigma(z) sigma(-z) = e^-|z| / (1 + e^-|z|)^2, for any shape, real or complex.

    The familiar y (1 - y) is the same on paper, but 1 - y cancels: at z = 40 it returns 0.
    """
    decay = _decay(_inexact(z))
    return decay / (1.0 + decay) ** 2


def forward(weights: ArrayLike, inputs: ArrayLike) -> Forward:
    """The forward pass, a `Forward`: h, a_h, o and a_o, each of shape (..., 2)."""
    weights, inputs = _weights(weights), _pair("inputs", inputs)
    _leading_shape(weights=weights.shape[:-3], inputs=inputs.shape[:-1])
    return _forward(weights, inputs)


def errors(weights: ArrayLike, inputs: ArrayLike, targets: ArrayLike) -> NDArray[np.inexact]:
    """E1 and E2, half the squared distance of each output from its target; shape (..., 2)."""
    weights, inputs, targets = _arguments(weights, inputs, targets)
    return _errors(_forward(weights, inputs).a_o, targets)


def loss(weights: ArrayLike, inputs: ArrayLike, targets: ArrayLike) -> Numbers:
    """E_total = E1 + E2; shape (...)."""
    return errors(weights, inputs, targets).sum(axis=-1)


def gradient(weights: ArrayLike, inputs: ArrayLike, targets: ArrayLike) -> NDArray[np.inexact]:
    """dE_total/dw for every weight, by backpropagation; shape (..., 2, 2, 2) like `weights`.

    With delta = dE/d(weighted sum), one per neuron::

        delta_o = (a_o - targets) * sigma'(o)
        delta_h = (delta_o @ output) * sigma'(h)
        dE/d output[to, from] = delta_o[to] * a_h[from]
        dE/d hidden[to, from] = delta_h[to] * inputs[from]
    """
    weights, inputs, targets = _arguments(weights, inputs, targets)
    return _gradient(weights, inputs, targets, _forward(weights, inputs))


def hessian(weights: ArrayLike, inputs: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
    """Second derivatives d^2 E / dw_j dw_k; shape (..., 8, 8), weights in the order w1 ... w8.

    The complex step through `gradient`: f(w + i s) / s has f' as its imaginary part, exact to
    rounding because nothing is subtracted (Squire and Trapp, SIAM Review 40, 1998).
    """
    step = 1e-30
    weights, inputs, targets = _arguments(weights, inputs, targets)
    nudges = 1j * step * np.eye(8).reshape(8, 2, 2, 2)
    nudged = weights[..., None, :, :, :] + nudges  # (..., 8, 2, 2, 2)
    inputs, targets = inputs[..., None, :], targets[..., None, :]
    rows = _gradient(nudged, inputs, targets, _forward(nudged, inputs)).imag / step
    return rows.reshape(*rows.shape[:-3], 8)


def sharpness(weights: ArrayLike, inputs: ArrayLike, targets: ArrayLike) -> NDArray[np.float64] | np.float64:
    """lambda_max, the largest eigenvalue of the Hessian; shape (...).

    Gradient descent at a minimum is stable while learning_rate < 2 / lambda_max.
    """
    return np.linalg.eigvalsh(hessian(weights, inputs, targets))[..., -1]


def train(
    weights: ArrayLike, inputs: ArrayLike, targets: ArrayLike, learning_rate: ArrayLike, steps: int
) -> History:
    """Gradient descent: `steps` times w <- w - learning_rate * dE/dw, all weights at once.

    weights : (..., 2, 2, 2), the start; inputs, targets : (..., 2)
    learning_rate : (...), finite and greater than 0
    steps : whole number, 0 or more

    Returns a `History` that begins with the start itself, so it holds steps + 1 states.
    Raises FloatingPointError, naming the step, if a weight grows beyond what float64 holds.
    """
    weights = checks.array("weights", weights, (2, 2, 2))
    inputs = checks.array("inputs", inputs, (2,))
    targets = checks.array("targets", targets, (2,))
    learning_rate = checks.positive("learning_rate", learning_rate)
    steps = checks.count("steps", steps)
    shape = _leading_shape(
        weights=weights.shape[:-3],
        inputs=inputs.shape[:-1],
        targets=targets.shape[:-1],
        learning_rate=learning_rate.shape,
    )
    path = np.empty((steps + 1, *shape, 2, 2, 2))
    path[0] = weights
    rate = learning_rate[..., None, None, None]
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is found, and named, below
        for step in range(steps):
            slope = _gradient(path[step], inputs, targets, _forward(path[step], inputs))
            np.subtract(path[step], rate * slope, out=path[step + 1])
        history = History(path, _errors(_forward(path, inputs).a_o, targets).sum(axis=-1))
    _refuse_overflow(history, learning_rate)
    return history


def _inexact(z):
    """`z` as an array of floats or complex numbers: whole ones may be too narrow for -z, or unsigned."""
    z = np.asarray(z)
    return z if z.dtype.kind in "fc" else z.astype(np.float64)


def _decay(z):
    """e^-|z|, the one exponential that cannot overflow; for complex z, |z| takes the sign of its real
    part."""
    return np.exp(np.where(z.real >= 0, -z, z) if z.dtype.kind == "c" else -np.abs(z))


def _forward(weights, inputs):
    h = _times(weights[..., 0, :, :], inputs)
    a_h = sigmoid(h)
    o = _times(weights[..., 1, :, :], a_h)
    return Forward(h, a_h, o, sigmoid(o))


def _times(matrix, vector):
    return (matrix @ vector[..., None])[..., 0]  # (..., 2, 2) times (..., 2)


def _errors(a_o, targets):
    return (targets - a_o) ** 2 / 2


def _gradient(weights, inputs, targets, values):
    delta_o = (values.a_o - targets) * sigmoid_derivative(values.o)  # (..., 2)
    delta_h = _times(weights[..., 1, :, :].swapaxes(-1, -2), delta_o)
    delta_h = delta_h * sigmoid_derivative(values.h)  # (..., 2)
    result = np.empty((*delta_h.shape[:-1], 2, 2, 2), dtype=delta_h.dtype)
    np.multiply(delta_h[..., :, None], inputs[..., None, :], out=result[..., 0, :, :])
    np.multiply(delta_o[..., :, None], values.a_h[..., None, :], out=result[..., 1, :, :])
    return result


def _arguments(weights, inputs, targets):
    weights, inputs, targets = _weights(weights), _pair("inputs", inputs), _pair("targets", targets)
    _leading_shape(weights=weights.shape[:-3], inputs=inputs.shape[:-1], targets=targets.shape[:-1])
    return weights, inputs, targets


def _weights(value):
    return checks.array("weights", value, (2, 2, 2), allow_complex=True)


def _pair(name, value):
    return checks.array(name, value, (2,), allow_complex=True)


def _leading_shape(**shapes):
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"leading axes do not broadcast: {listed}") from None


def _refuse_overflow(history, learning_rate):
    axes = tuple(range(1, history.loss.ndim))
    finite = np.isfinite(history.weights).all(axis=(-3, -2, -1)) & np.isfinite(history.loss)
    if not finite.all():
        step = int(np.argmin(finite.all(axis=axes)))
        raise FloatingPointError(
            f"the weights grew beyond what float64 holds at step {step}; "
            f"learning_rate was {learning_rate.tolist()}, take a smaller one"
        )
