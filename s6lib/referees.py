"""Gradients found without the chain rule, or by someone else's chain rule.

Each takes a function `f` of one array and a point `x`, and returns df/dx with the shape of `x`
in float64. None of them knows how `s6lib.toy` computes its gradient, so each can catch it out.
"""

import numpy as np

from s6lib import checks


def central_difference(f, x, step=1e-6):
    """df/dx = (f(x + s) - f(x - s)) / 2s for each entry; error O(s^2) plus rounding / s.

    `f` maps an array like `x` to a number. The default step balances the two errors for
    values and weights near 1, and leaves about ten digits.
    """
    x, step = _point(x), checks.rate("step", step)

    def slope(nudge):
        return (_number(f(x + nudge)) - _number(f(x - nudge))) / (2 * step)

    return _entry_by_entry(slope, x, step)


def complex_step(f, x, step=1e-30):
    """df/dx = Im f(x + i s) / s for each entry; exact to rounding, since nothing is subtracted.

    `f` maps a complex array like `x` to a complex number, and must be analytic: built from
    sums, products and exp, without abs, max or .real. Source: Squire and Trapp, *Using complex
    variables to estimate derivatives of real functions*, SIAM Review 40 (1998).
    """
    x, step = _point(x), checks.rate("step", step)

    def slope(nudge):
        return _number(f(x + 1j * nudge)).imag / step

    return _entry_by_entry(slope, x, step)


def autograd(f, x):
    """df/dx by PyTorch's reverse mode. `f` maps a float64 tensor like `x` to a scalar tensor."""
    with checks.extra("cnn"):
        import torch  # here, so that the other referees need NumPy alone

    point = torch.tensor(_point(x), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(point), point)
    return slope.numpy()


def torch_loss(weights, inputs, targets):
    """E_total of the 2-2-2 network in torch operations, for `autograd`; a scalar tensor.

    weights : float64 tensor (2, 2, 2); inputs, targets : anything of shape (2,)
    """
    with checks.extra("cnn"):
        import torch

    inputs, targets = torch.tensor(np.asarray(inputs)), torch.tensor(np.asarray(targets))
    a_h = torch.sigmoid(weights[0] @ inputs)  # (2,)
    a_o = torch.sigmoid(weights[1] @ a_h)     # (2,)
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
    if np.ndim(value) != 0:
        raise ValueError(f"f: returned shape {np.shape(value)}; takes a function that returns one number")
    return value
