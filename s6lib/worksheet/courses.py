"""What the cells of a worksheet come to: each quantity of each step, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s6lib import slips, toy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

WEIGHTS = tuple(f"w{k}" for k in range(1, 9))
#: What a row computes from its weights, in the order of its columns. Each formula fits into a cell.
FORMULAS = {
    name: slips.FORMULAS[name]
    for name in [
        *(each for each in slips.FORMULAS if not each.startswith("dE_dw") and not each.endswith("_new")),
        *slips.GRADIENT,
    ]
}
#: And from the row before it.
UPDATE = {name: slips.FORMULAS[f"{name}_new"] for name in WEIGHTS}


def course(
    weights: ArrayLike,
    inputs: ArrayLike,
    targets: ArrayLike,
    learning_rate: float,
    steps: int,
    formulas: Mapping[str, str] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Every quantity of a training by its name, each of shape (steps + 1,).

    formulas : those that take the place of `FORMULAS`, as in a sheet with a slip

    The weights are those of `toy.train`, unless a formula is another.
    """
    inputs, targets = np.asarray(inputs, dtype=float), np.asarray(targets, dtype=float)
    given = {"i1": inputs[0], "i2": inputs[1], "t1": targets[0], "t2": targets[1]}
    if not formulas:
        path = toy.train(weights, inputs, targets, learning_rate, steps).weights.reshape(-1, 8)
        return row(dict(zip(WEIGHTS, path.T)), given)
    path = [np.asarray(weights, dtype=float).ravel()]
    for _ in range(steps):
        values = row(dict(zip(WEIGHTS, path[-1])), given, formulas)
        path.append(path[-1] - learning_rate * np.array([values[f"dE_d{name}"] for name in WEIGHTS]))
    return row(dict(zip(WEIGHTS, np.array(path).T)), given, formulas)


def row(
    weights: Mapping[str, ArrayLike], given: Mapping[str, float], formulas: Mapping[str, str] | None = None
) -> dict[str, NDArray[np.float64]]:
    """The quantities of one row, or of many at once, by name, with the weights and what was given."""
    values = {"sigma": toy.sigmoid, **given, **weights}
    for name, formula in {**FORMULAS, **(formulas or {})}.items():
        values[name] = eval(formula, {"__builtins__": {}}, values)
    del values["sigma"]
    return values
