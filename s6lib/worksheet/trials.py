"""Networks of random numbers, every quantity of a step by its name: what formulas are tried on.

::

    network = trials.Network(0, {"i1": 0.05, "i2": 0.1})
    network.at(0)["dE_dw3"]              # this step
    network.at(-1)["w1"]                 # the step before: at(0)["w1"] follows from it by the update
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from s6lib import arithmetic, slips

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Slopes along the way that sheets have columns for, beside the quantities of `slips.FORMULAS`.
PARTIAL = {
    "dE1_da_o1": "dE_da_o1",
    "dE2_da_o2": "dE_da_o2",
    "dE1_do1": "dE_do1",
    "dE2_do2": "dE_do2",
    "dE1_da_h1": "dE_do1 * w5",
    "dE1_da_h2": "dE_do1 * w6",
    "dE2_da_h1": "dE_do2 * w7",
    "dE2_da_h2": "dE_do2 * w8",
    **{f"dE{e}_dh{h}": f"dE{e}_da_h{h} * da_h{h}_dh{h}" for e in "12" for h in "12"},
    **{f"dE{e}_dw{w}": f"dE{e}_dh{(w + 1) // 2} * i{2 - w % 2}" for e in "12" for w in range(1, 5)},
    **{f"dE{(w - 3) // 2}_dw{w}": f"dE_dw{w}" for w in range(5, 9)},
    **{f"do{(w - 3) // 2}_da_h{2 - w % 2}": f"w{w}" for w in range(5, 9)},
    **{f"do{(w - 3) // 2}_dw{w}": f"a_h{2 - w % 2}" for w in range(5, 9)},
    **{f"dh{(w + 1) // 2}_dw{w}": f"i{2 - w % 2}" for w in range(1, 5)},
    **{
        f"da_h{(w + 1) // 2}_dw{w}": f"da_h{(w + 1) // 2}_dh{(w + 1) // 2} * i{2 - w % 2}"
        for w in range(1, 5)
    },
    **{
        f"da_o{(w - 3) // 2}_dw{w}": f"da_o{(w - 3) // 2}_do{(w - 3) // 2} * a_h{2 - w % 2}"
        for w in range(5, 9)
    },
    **{
        f"da_o{(w - 3) // 2}_da_h{2 - w % 2}": f"da_o{(w - 3) // 2}_do{(w - 3) // 2} * w{w}"
        for w in range(5, 9)
    },
}
#: What some mean by Δw, δ and E1: the change of a weight, what is taken from it, a delta of the other sign,
#: the error before its half is taken.
CHANGES = {
    **{f"change_w{k}": f"-rate * dE_dw{k}" for k in range(1, 9)},
    **{f"step_w{k}": f"rate * dE_dw{k}" for k in range(1, 9)},
    **{f"squared_E{k}": f"(t{k} - a_o{k})**2" for k in "12"},
    **{f"minus_dE_d{neuron}": f"-dE_d{neuron}" for neuron in ("o1", "o2", "h1", "h2")},
}
#: Every quantity of a step that is computed, in order, and how.
FORMULAS = {**slips.FORMULAS, **PARTIAL, **CHANGES}
GIVEN = ("i1", "i2", "t1", "t2", "rate")
WEIGHTS = tuple(f"w{k}" for k in range(1, 9))
#: From where to where random numbers go.
RANGES = {"w": (-1.5, 1.5), "i": (0.2, 1.3), "t": (0.1, 0.9), "r": (0.3, 0.9)}


def _sigma(z):
    """The sigmoid of one number, which never overflows."""
    small = math.exp(-abs(z))
    return (1.0 if z >= 0 else small) / (1.0 + small)


_SPACE = {"__builtins__": {}, "sigma": _sigma}


@functools.lru_cache(maxsize=1024)
def _compiled(formula):
    if not arithmetic.FORMULA.fullmatch(formula):
        raise ValueError(f"formula: got {formula!r}; takes names, whole numbers, + - * / ** and brackets")
    return compile(formula, "formula", "eval")


_CODE = {name: _compiled(formula) for name, formula in FORMULAS.items()}


def compute(
    given: dict[str, float], changed: dict[str, str] | None = None, put: dict[str, float] | None = None
) -> dict[str, float]:
    """Every quantity of a step from weights, inputs, targets and the rate: right, with `changed` formulas,
    or with numbers that are `put` in place of what some quantities come to; NaN where it grows beyond all
    numbers."""
    numbers = dict(given)
    changed, put = changed or {}, put or {}
    for name, code in _CODE.items():
        if name in put:
            numbers[name] = put[name]
        else:
            try:
                code = _compiled(changed[name]) if name in changed else code
                numbers[name] = float(eval(code, _SPACE, numbers))
            except OverflowError:
                numbers[name] = math.nan
    return numbers


def randoms(seed: int) -> Iterator[float]:
    """Numbers from 0 to 1, the same for the same seed everywhere: a linear congruence."""
    state = (seed * 2654435761 + 12345) % 2**32
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state / 2**32


class Network:
    """A network and its steps: from each step to the next by the update, where the two are neighbours.

    seed : which one
    known : numbers that are as the sheet has them; all others are random
    varied : whether inputs and targets differ from step to step
    """

    def __init__(self, seed: int, known: dict[str, float] | None = None, varied: bool = False):
        self.seed, self.known, self.varied = seed, known or {}, varied
        self.steps: dict[int, dict[str, float]] = {}

    def at(self, offset: int) -> dict[str, float]:
        """Every quantity at a step, counted from the one that is looked at."""
        if offset not in self.steps:
            self.steps[offset] = compute(self._given(offset))
        return self.steps[offset]

    def slipped(self, offset: int, formulas: dict[str, str]) -> dict[str, float]:
        """The same step with these wrong formulas; what is given stays."""
        right = self.at(offset)
        return compute({name: right[name] for name in (*GIVEN, *WEIGHTS)}, formulas)

    def _given(self, offset):
        own = randoms(7919 + self.seed + 1000 * (offset % 65_536))
        shared = randoms(1 + self.seed)
        numbers = {}
        for name in (*GIVEN, *WEIGHTS):
            low, high = RANGES[name[0]]
            source = own if name in WEIGHTS or (self.varied and name != "rate") else shared
            drawn = low + (high - low) * next(source)
            numbers[name] = self.known.get(name, drawn)
        if offset in (0, 1):
            before = self.at(offset - 1)
            numbers |= {name: before[f"{name}_new"] for name in WEIGHTS}
        return numbers
