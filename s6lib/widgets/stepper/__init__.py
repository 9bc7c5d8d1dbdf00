"""The stepper: backpropagation under the reader's hands, in Jupyter and on the static page.

::

    Stepper()                                    # the worksheet's network, before its first step
    Stepper(operation="dE_dw5", proof="w5")      # opened at a moment of the backward pass
    Stepper(learning_rate=30, panel="race")      # opened at the race of learning rates
    Stepper(operation="h1", ask=True)            # each value is typed before it is shown
    Stepper(compact=True)                        # the network in little, for a first screen

In Jupyter it is a widget whose traits work with `observe`, `link` and `interact`. In a published
page the same front end runs without a kernel: the notebook's output carries it as
HTML, with a table of the same steps for readers without scripts and for paper.
"""

import re
from typing import NamedTuple

import numpy as np

from s6lib import checks, slips, toy
from s6lib.widgets.base import Checked, Widget, front_end, inline, one_of
from s6lib.widgets.stepper import still
from s6lib.words import number, t

LAST_STEP = 10_000  #: the stepper goes no further; also in words.js
# fmt: off
OPERATIONS = (
    "overview", "h1", "a_h1", "h2", "a_h2", "o1", "a_o1", "o2", "a_o2", "E1", "E2", "E_total",
    "dE_do1", "dE_dw5", "dE_dw6", "dE_do2", "dE_dw7", "dE_dw8",
    "dE_dh1", "dE_dw1", "dE_dw2", "dE_dh2", "dE_dw3", "dE_dw4", "update",
)  #: one training step, operation by operation
# fmt: on
PROOFS = ("none", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8")
PANELS = ("none", "values", "race")
#: What an address may give, by the first letter of its name: what the chapters take.
RANGES = {**toy.RANGES, "l": (1e-9, 1e6)}

#: The front end, as anywidget and a notebook's output run it, and the same in HTML.
MODULE, SCRIPT = front_end("stepper"), inline("stepper")


class Moment(NamedTuple):
    """Where the reader stands, in the order of `toy.train`: `toy.train(*stepper.value)`."""

    weights: tuple  #: before the first step, (2, 2, 2)
    inputs: tuple
    targets: tuple
    learning_rate: float
    step: int


def _array(shape):
    def check(name, value):
        result = checks.array(name, value, shape)
        if result.shape != shape:
            raise ValueError(f"{name}: got shape {result.shape}; takes shape {shape}")
        return _tuples(result.tolist())

    return check


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _learning_rate(name, value):
    result = checks.positive(name, value)
    if result.ndim:
        raise ValueError(f"{name}: got shape {result.shape}; takes one number")
    return float(result)


def _rates(name, value):
    result = np.unique(checks.positive(name, value))  # sorted: slowest first
    if not 1 <= result.size <= 8:
        raise ValueError(f"{name}: got {result.size} different rates; takes one to eight")
    return tuple(result.tolist())


def _step(name, value):
    if checks.count(name, value) > LAST_STEP:
        raise ValueError(f"{name}: got {value!r}; takes a whole number from 0 to {LAST_STEP}")
    return int(value)


def _flag(name, value):
    return checks.one_of(name, value, (True, False))


def _slips(name, value):
    if value not in ({}, slips.table()):
        raise ValueError(f"{name}: takes what s6lib.slips.table() returns, and nothing else")
    return value


def _ranges(name, value):
    if value != RANGES:
        raise ValueError(f"{name}: takes {RANGES}, and nothing else")
    return value


def _address(name, value):
    if not isinstance(value, str) or not re.fullmatch(r"[\w./-]*", value):
        raise ValueError(
            f"{name}: got {value!r}; takes the address of a page of the book, as forward_pass.html"
        )
    return value


class Stepper(Widget):
    """The 2-2-2 network of `s6lib.toy`, to be walked through forwards and backwards.

    A tap on a weight, an input or a target opens a slider and a field for it, and the way to the proof of
    its gradient. The arrow keys walk through the operations, with Shift through the steps.

    Traits, all in step with the view in both directions:

    weights : (2, 2, 2), before the first step of the run; inputs, targets : (2,)
    learning_rate : above 0
    step : 0 to 10,000, the number of updates made
    operation : the operation within the step, one of `OPERATIONS`; "overview" shows them all
    proof : the weight whose chain rule is laid open, "w1" to "w8", or "none"
    ask : whether the reader types what an operation comes to before it is shown
    rates : one to eight learning rates that race side by side

    `panel` ("values", "race" or "none") is the drawer that is open at first. `value`
    is the `Moment` the reader stands at, which is what `interact(f, moment=stepper)` passes on.

    With `compact=True` the network stands in little beside its error: two sliders, Play, and a link to the
    stepper on the page `more`, which takes the numbers along. It plays by itself while it is in view, unless
    the reader wants no motion or touches it; without scripts and on paper a picture stands in.

    Raises TypeError for what is not a number and ValueError for what is out of range.
    """

    NAME = "stepper"
    STATE = (*Moment._fields, "operation", "proof", "ask", "rates", "panel", "compact", "more")
    GIVEN = ("presets", "slips", "ranges")
    _esm = MODULE

    weights = Checked(_tuples(toy.WEIGHTS.tolist()), _array((2, 2, 2)))
    inputs = Checked(_tuples(toy.INPUTS.tolist()), _array((2,)))
    targets = Checked(_tuples(toy.TARGETS.tolist()), _array((2,)))
    learning_rate = Checked(0.5, _learning_rate)
    step = Checked(0, _step)
    operation = Checked("overview", one_of(OPERATIONS))
    proof = Checked("none", one_of(PROOFS))
    ask = Checked(False, _flag)
    rates = Checked((2.0, 10.0, 30.0, 60.0, 70.0, 100.0), _rates)
    panel = Checked("none", one_of(PANELS))
    compact = Checked(False, _flag)
    more = Checked("forward_pass.html", _address)
    presets = Checked(tuple(toy.LEARNING_RATES.tolist()), _rates)  # the rates to choose by one click
    slips = Checked(slips.table(), _slips)  # what a wrong answer may come of
    ranges = Checked(RANGES, _ranges)

    def __init__(self, **traits):
        super().__init__(**traits)
        if self.compact:
            self.ask, self.slips = False, {}  # nobody types an answer there
        self.observe(self._stand, names=Moment._fields)
        self._stand()

    def _stand(self, change=None):
        self.value = Moment(*(getattr(self, name) for name in Moment._fields))

    def _still(self, columns=3):
        """The same steps on paper: every operation of the step that is open and of the next two."""
        if self.compact:
            return still.picture(self.value, self.more)
        steps = range(self.step, min(self.step + columns, LAST_STEP + 1))
        with np.errstate(all="ignore"):
            try:
                weights = toy.train(*self.value[:-1], steps[-1]).weights[self.step :]
            except FloatingPointError:  # the run leaves float64: only its start is left to show
                steps, weights = range(1), np.array([self.weights])
            states = [_operations(each, self.inputs, self.targets) for each in weights]
        head = "".join(f'<th scope="col">{t("step {0}", step)}</th>' for step in steps)
        rows = "\n".join(
            f'<tr><th scope="row">{formula}</th>'
            + "".join(f"<td>{number(values[name], '.5g')}</td>" for values in states)
            + "</tr>"
            for name, formula in _FORMULAS.items()
        )
        caption = t(
            "Backpropagation, operation by operation, with inputs {0}, targets {1} and the learning rate "
            "η = {2}. Each step ends with w ← w − η · dE/dw for every weight.",
            _plain(self.inputs),
            _plain(self.targets),
            number(self.learning_rate, "g"),
        )
        return (
            f"<table>\n<caption>{caption}</caption>\n"
            f'<thead><tr><th scope="col">{t("operation")}</th>{head}</tr></thead>\n'
            f"<tbody>\n{rows}\n</tbody>\n</table>"
        )


#: The rows of the table on paper, in the order of the operations.
_FORMULAS = {
    **{f"w{k}": f"w{k}" for k in range(1, 9)},
    "h1": "h1 = w1 · i1 + w2 · i2",
    "a_h1": "a_h1 = σ(h1)",
    "h2": "h2 = w3 · i1 + w4 · i2",
    "a_h2": "a_h2 = σ(h2)",
    "o1": "o1 = w5 · a_h1 + w6 · a_h2",
    "a_o1": "a_o1 = σ(o1)",
    "o2": "o2 = w7 · a_h1 + w8 · a_h2",
    "a_o2": "a_o2 = σ(o2)",
    "E1": "E1 = (t1 − a_o1)² / 2",
    "E2": "E2 = (t2 − a_o2)² / 2",
    "E_total": "E_total = E1 + E2",
    "dE_do1": "dE/do1 = (a_o1 − t1) · σ′(o1)",
    "dE_dw5": "dE/dw5 = dE/do1 · a_h1",
    "dE_dw6": "dE/dw6 = dE/do1 · a_h2",
    "dE_do2": "dE/do2 = (a_o2 − t2) · σ′(o2)",
    "dE_dw7": "dE/dw7 = dE/do2 · a_h1",
    "dE_dw8": "dE/dw8 = dE/do2 · a_h2",
    "dE_dh1": "dE/dh1 = (dE/do1 · w5 + dE/do2 · w7) · σ′(h1)",
    "dE_dw1": "dE/dw1 = dE/dh1 · i1",
    "dE_dw2": "dE/dw2 = dE/dh1 · i2",
    "dE_dh2": "dE/dh2 = (dE/do1 · w6 + dE/do2 · w8) · σ′(h2)",
    "dE_dw3": "dE/dw3 = dE/dh2 · i1",
    "dE_dw4": "dE/dw4 = dE/dh2 · i2",
}


def _operations(weights, inputs, targets):
    """The value of every row of the table, by name, for weights (2, 2, 2)."""
    forward, targets = toy.forward(weights, inputs), np.array(targets)
    delta_o = (forward.a_o - targets) * toy.sigmoid_derivative(forward.o)
    delta_h = (delta_o @ weights[1]) * toy.sigmoid_derivative(forward.h)
    pairs = {
        "h": forward.h,
        "a_h": forward.a_h,
        "o": forward.o,
        "a_o": forward.a_o,
        "E": toy.errors(weights, inputs, targets),
        "dE_do": delta_o,
        "dE_dh": delta_h,
    }
    slope = toy.gradient(weights, inputs, targets).ravel()
    return {
        "E_total": toy.loss(weights, inputs, targets),
        **{f"w{k + 1}": weight for k, weight in enumerate(weights.ravel())},
        **{f"dE_dw{k + 1}": value for k, value in enumerate(slope)},
        **{f"{name}{k + 1}": pair[k] for name, pair in pairs.items() for k in (0, 1)},
    }


def _plain(pair):
    return t("{0} and {1}", *(number(value, "g") for value in pair))
