"""What the cells of a worksheet come to: each quantity of each step, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s6lib import arithmetic, toy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

WEIGHTS = tuple(f"w{k}" for k in range(1, 9))
#: What a row computes from its weights, in the order of its columns. Each formula fits into a cell.
FORMULAS = {
    **{name: formula for name, formula in arithmetic.FORMULAS.items() if not name.startswith("dE_d")},
    "dE_da_o1": arithmetic.FORMULAS["dE_da_o1"],
    "dE_da_o2": arithmetic.FORMULAS["dE_da_o2"],
    "dE_do1": "dE_da_o1 * da_o1_do1",
    "dE_do2": "dE_da_o2 * da_o2_do2",
    "dE_da_h1": "dE_do1 * w5 + dE_do2 * w7",
    "dE_da_h2": "dE_do1 * w6 + dE_do2 * w8",
    "dE_dh1": "dE_da_h1 * da_h1_dh1",
    "dE_dh2": "dE_da_h2 * da_h2_dh2",
    **{f"dE_d{name}": arithmetic.FORMULAS[f"dE_d{name}"] for name in WEIGHTS},
}
#: And from the row before it.
UPDATE = {name: f"{name} - rate * dE_d{name}" for name in WEIGHTS}


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
