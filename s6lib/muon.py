"""Muon: steps whose length is the same in every direction of a kernel.

The method, *momentum orthogonalized by Newton-Schulz*, is that of K. Jordan and others, *Muon: an optimizer
for hidden layers in neural networks* (2024). That a kernel's length is kept is from K. Jordan's program for
convolutions, *airbench94_muon* (https://github.com/KellerJordan/cifar10-airbench).
"""

from __future__ import annotations

import math

from s6lib import checks

with checks.extra("cnn"):
    import torch
    from torch import nn

#: a, b, c of the polynomial a*s + b*s^3 + c*s^5. Five times over, it brings every s from 0.003 to 1 near to
#: 1, between 0.68 and 1.21, and hardly one exactly there, which is soon found and does no harm.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The matrix (rows, columns) with all its singular values brought near to 1.

    With the singular value decomposition U S V' that is about U V': it turns and mirrors as before, and no
    longer stretches one direction more than another. The Newton-Schulz iteration needs products alone:
    X <- a X + (b A + c A A) X with A = X X', from X = matrix / |matrix|, whose singular values are at most 1.
    Raises ValueError for what is no matrix.
    """
    if matrix.ndim != 2:
        raise ValueError(f"matrix: got shape {tuple(matrix.shape)}; takes (rows, columns)")
    a, b, c = COEFFICIENTS
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(ITERATIONS):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T


def kernels(model: nn.Module) -> list[nn.Parameter]:
    """The weights of a network that Muon moves: those of each `nn.Conv2d` of one group, each once.

    Seen as a matrix with a row for each channel out, such a kernel maps what it sees around a place to what
    it hands on. A kernel that each channel has for itself does not. What is frozen is left out, and a weight
    that is computed from others.
    """
    layers = (each for each in model.modules() if isinstance(each, nn.Conv2d) and each.groups == 1)
    weights = (each._parameters.get("weight") for each in layers)  # none where it is computed
    return list(dict.fromkeys(each for each in weights if each is not None and each.requires_grad))


class Muon(torch.optim.SGD):
    """SGD in which the parameters of groups with a `muon` above 0 are kernels that move as follows::

        velocity <- momentum * velocity + gradient
        kernel <- sqrt(rows) * kernel / |kernel|
        kernel <- kernel - learning_rate * muon * orthogonal(velocity)

    each as a matrix, with a row for each channel out; with `nesterov`, gradient + momentum * velocity in
    place of the velocity. In SGD a step is long where gradients have been large, which is in few directions;
    here it is as long in all. The length of a kernel is kept, for what it could do a batch norm after it
    undoes: so a step of some length always turns the kernel by the same angle. There is no weight decay. All
    other groups are SGD's.

    Raises ValueError, by name, for a `muon` that is out of its range, for what SGD does otherwise in a group
    that has one (`weight_decay`, `dampening`, `maximize`), and for a parameter that is no kernel.
    """

    def add_param_group(self, param_group):
        checks.between("muon", param_group.get("muon", 0.0), 0, 100)
        super().add_param_group(param_group)
        if self.param_groups[-1].get("muon"):
            try:
                self._check(self.param_groups[-1])
            except ValueError:
                self.param_groups.pop()
                raise

    @staticmethod
    def _check(group):
        for name in ("weight_decay", "dampening", "maximize"):
            if group[name]:
                none = type(group[name])()
                raise ValueError(
                    f"{name}: got {group[name]!r} with muon {group['muon']!r}; takes {none!r} there"
                )
        for each in group["params"]:
            if each.ndim < 2:
                raise ValueError(
                    f"params: got one of shape {tuple(each.shape)} with muon {group['muon']!r}; takes those "
                    "of two dimensions or more there"
                )

    @torch.no_grad()
    def step(self, closure=None):
        """One step, from the gradients that there are; returns what `closure`, which finds them, does."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        moved = [
            (group, each, each.grad)
            for group in self.param_groups
            if group.get("muon")
            for each in group["params"]
            if each.grad is not None
        ]
        for _, each, _ in moved:
            each.grad = None  # which SGD passes by
        super().step()
        for group, each, gradient in moved:
            each.grad = gradient
            if "momentum_buffer" not in self.state[each]:
                self.state[each]["momentum_buffer"] = torch.zeros_like(each)
            velocity = self.state[each]["momentum_buffer"]
            velocity.mul_(group["momentum"]).add_(gradient)
            ahead = gradient + group["momentum"] * velocity if group["nesterov"] else velocity
            step = orthogonal(ahead.flatten(1)).view_as(each)
            each.mul_(math.sqrt(len(each)) / each.norm().clamp(min=1e-7)).sub_(
                group["lr"] * group["muon"] * step
            )
        return loss
