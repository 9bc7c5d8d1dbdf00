"""Gradients found without the chain rule, or by someone else's chain rule.

Each takes a function `f` of one array and a point `x`, and returns df/dx with the shape of `x`
in float64. None of them knows how `s6lib.toy` computes its gradient, so each can catch it out.

A slope of 0 is an answer only if `f` does not change there. Where it does, something in `f` has
lost what the referee follows (`float` the imaginary part, `.item()` PyTorch's graph, float32 a
small step), and ValueError says so. A part of `f` that loses it beside one that keeps it goes unseen.
"""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING

import numpy as np

from s6lib import checks

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import ArrayLike, NDArray

#: Types whose digits are too few to tell slopes by.
NARROW = ("float16", "bfloat16", "float32", "complex32", "complex64")


def central_difference(
    f: Callable[[NDArray[np.float64]], float], x: ArrayLike, step: float = 1e-6
) -> NDArray[np.float64]:
    """df/dx = (f(x + s) - f(x - s)) / 2s for each entry; error O(s^2) plus rounding / s.

    `f` maps an array like `x` to a number. The default step balances the two errors for
    values and weights near 1, and leaves about ten digits.

    Raises ValueError for a step that is lost in the digits of `x`.
    """
    x, step = _point(x), checks.rate("step", step)
    lost = np.abs((x + step) - (x - step) - 2 * step) > 0.02 * step  # a hundredth of it rounded away, or all
    if lost.any():
        raise ValueError(
            f"step: got {step!r}, which float64 cannot add to x = {x[lost][0]}; "
            f"takes {float(100 * np.spacing(np.abs(x).max())):.0e} or more here"
        )

    def slope(nudge):
        return (_number(f(x + nudge)) - _number(f(x - nudge))) / (2 * step)

    return _entry_by_entry(slope, x, step)


def complex_step(
    f: Callable[[NDArray[np.complex128]], complex], x: ArrayLike, step: float = 1e-30
) -> NDArray[np.float64]:
    """df/dx = Im f(x + i s) / s for each entry; exact to rounding, since nothing is subtracted.

    `f` maps a complex array like `x` to a complex number, and must be analytic: built from
    sums, products and exp, without abs, max or .real. Source: Squire and Trapp, *Using complex
    variables to estimate derivatives of real functions*, SIAM Review 40 (1998).

    Raises ValueError where the imaginary part is lost: `f` changes, and its imaginary part is 0.
    """
    x, step = _point(x), checks.rate("step", step)
    carried = []  # for each entry: was the result complex?

    def slope(nudge):
        value = _number(f(x + 1j * nudge))
        carried.append(np.iscomplexobj(value))
        return value.imag / step

    slopes = _entry_by_entry(slope, x, step)
    _refuse_lost(
        slopes,
        np.reshape(carried, x.shape),
        lambda point: _number(f(point + 0j)).real,
        x,
        "its result has lost the imaginary part; takes a function built from sums, products and "
        "exp, without float, math.exp, abs, max or .real",
    )
    return slopes


def autograd(f: Callable[[torch.Tensor], torch.Tensor], x: ArrayLike) -> NDArray[np.float64]:
    """df/dx by PyTorch's reverse mode. `f` maps a float64 tensor like `x` to a scalar tensor.

    Raises ValueError where the graph is lost: `f` changes, and PyTorch's slope is 0 or none.
    """
    with checks.extra("cnn"):
        import torch  # here, so that the other referees need NumPy alone

    point = torch.tensor(_point(x), dtype=torch.float64, requires_grad=True)
    value = f(point)
    _number(value)
    slope = None
    if isinstance(value, torch.Tensor) and value.requires_grad:
        (slope,) = torch.autograd.grad(value, point, allow_unused=True)
    slopes = np.zeros(point.shape) if slope is None else slope.numpy()
    _refuse_lost(
        slopes,
        np.full(point.shape, slope is not None),
        lambda there: _number(f(torch.tensor(there, dtype=torch.float64, requires_grad=True))),
        point.detach().numpy(),
        "its result has lost PyTorch's graph; takes a function of torch operations, "
        "without .item(), .detach(), .numpy() or no_grad",
    )
    return slopes


def torch_loss(weights: torch.Tensor, inputs: ArrayLike, targets: ArrayLike) -> torch.Tensor:
    """E_total of the 2-2-2 network in torch operations, for `autograd`; a scalar tensor.

    weights : float64 tensor (2, 2, 2); inputs, targets : anything of shape (2,)
    """
    with checks.extra("cnn"):
        import torch

    inputs, targets = torch.tensor(np.asarray(inputs)), torch.tensor(np.asarray(targets))
    a_h = torch.sigmoid(weights[0] @ inputs)  # (2,)
    a_o = torch.sigmoid(weights[1] @ a_h)  # (2,)
    return ((targets - a_o) ** 2).sum() / 2


def _entry_by_entry(slope, x, step):
    result = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[index] = step
        result[index] = slope(nudge)
    return result


def _point(x):
    return checks.array("x", x, ())


def _number(value):
    """A result of `f` as one number; of double precision, since a step is lost in float32's seven digits."""
    takes = "takes a function that returns one number"
    if np.ndim(value) != 0:
        raise ValueError(f"f: returned shape {tuple(np.shape(value))}; {takes}")
    kind = str(getattr(value, "dtype", "")).removeprefix("torch.")
    number = value.item() if hasattr(value, "item") else value  # NumPy's and PyTorch's scalars
    if not isinstance(number, numbers.Number):
        raise TypeError(f"f: returned {value!r} ({type(value).__name__}); {takes}")
    if kind in NARROW:
        raise ValueError(f"f: returned {kind}; takes a function that computes in double precision")
    return number


def _refuse_lost(slopes, carried, value, x, words):
    """Raise ValueError where a slope is said to be 0 and `f` changes beyond doubt.

    value : maps a point to f there, a real number
    carried : where False, the result carried nothing that could tell a slope, so any change will do

    Where it did carry something, a true 0 must not be blamed for rounding or for a kink: only a change
    that is the same, within a tenth, for steps to either side and of two lengths is a slope.
    """
    for index in map(tuple, np.argwhere(slopes == 0)):
        steps = max(1.0, abs(x[index])) * np.array([1e-6, -1e-6, 1e-4, -1e-4])
        points = np.repeat(x[None], len(steps), axis=0)
        points[(slice(None), *index)] += steps
        with np.errstate(all="ignore"):
            changes = np.array([value(point) for point in points]) - value(x)
        rates = changes / steps
        if np.ptp(rates) < 0.1 * np.abs(rates).max() or (changes.any() and not carried[index]):
            place = f" at {[int(k) for k in index]}" if index else ""
            raise ValueError(f"f: changes with x{place}, about {rates[2]:.2g} times as much, but {words}")
