"""Wrong gradients that people really compute, by name; and which of them somebody has computed.

::

    slip = slips.SLIPS["other_hidden_slope"]
    wrong = slip(weights, inputs, targets)  # as toy.gradient
    found = slips.diagnose(wrong, weights, inputs, targets)
    found.slips, found.sure  # ("other_hidden_slope",), True
    found  # shows it in sentences

A slip is a set of wrong formulas in the language of `s6lib.arithmetic`. Each stands in the place of the right
one in `FORMULAS`, and what follows from it follows: so two slips at once are one wrong gradient as well. The
same table is read on the page (`table`).
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from s6lib import arithmetic, checks, toy
from s6lib.words import number, t

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: The eight derivatives, in the order of `weights.ravel()`.
GRADIENT = tuple(f"dE_dw{k}" for k in range(1, 9))
#: What a training step computes, in order: the formulas of `arithmetic`, each product in the pieces
#: that can be wrong by themselves, and then the new weights.
FORMULAS = {
    **{name: formula for name, formula in arithmetic.FORMULAS.items() if not re.match(r"dE_d[ohw]\d", name)},
    "dE_do1": "dE_da_o1 * da_o1_do1",
    "dE_do2": "dE_da_o2 * da_o2_do2",
    **{name: arithmetic.FORMULAS[name] for name in GRADIENT[4:]},
    "dE_da_h1": "dE_do1 * w5 + dE_do2 * w7",
    "dE_da_h2": "dE_do1 * w6 + dE_do2 * w8",
    "dE_dh1": "dE_da_h1 * da_h1_dh1",
    "dE_dh2": "dE_da_h2 * da_h2_dh2",
    **{name: arithmetic.FORMULAS[name] for name in GRADIENT[:4]},
    **{f"w{k}_new": f"w{k} - rate * dE_dw{k}" for k in range(1, 9)},
}


@dataclass(frozen=True)
class Slip:
    """A wrong gradient, by its cause. Call it like `toy.gradient`."""

    name: str  #: as in `SLIPS`
    says: str  #: the cause, in a sentence
    formulas: Mapping[str, str]  #: the wrong formulas, by the quantity that each computes
    of: str = "gradient"  #: "gradient", or "update" where the gradient is right and the step is not

    def __call__(
        self,
        weights: ArrayLike,
        inputs: ArrayLike,
        targets: ArrayLike,
        learning_rate: ArrayLike | None = None,
    ) -> NDArray[np.float64]:
        """The wrong gradient, shape (..., 2, 2, 2). Of a slip of the update, the gradient that the step looks
        like: what it takes from the weights, divided by the learning rate.

        Raises as `quantities` does, and ValueError where the slip needs a `learning_rate` and has none.
        """
        return gradient(weights, inputs, targets, self.name, learning_rate=learning_rate)

    @property
    def needs_rate(self) -> bool:
        """Whether it shows only where the learning rate is known."""
        return self.of == "update" or any(
            "rate" in arithmetic.NAME.findall(formula) for formula in self.formulas.values()
        )


def _both(formulas):
    """The formulas for both neurons of a layer: # is the number of one, ~ that of the other."""
    return {
        name.replace("#", own): formula.replace("#", own).replace("~", other)
        for own, other in ("12", "21")
        for name, formula in formulas.items()
    }


def _each(formula, which):
    """A formula for the derivatives of some weights: {k} is its number, {delta} the delta of the neuron that
    it enters, {of} what it is multiplied by, {beside} what its neighbour there is multiplied by, {to} the
    neuron's number."""
    found = {}
    for k in which:
        layer, to, of = (k - 1) // 4, (k - 1) // 2 % 2, (k - 1) % 2
        found[f"dE_dw{k}"] = formula.format(
            k=k,
            to=to + 1,
            of=("i", "a_h")[layer] + str(of + 1),
            beside=("i", "a_h")[layer] + str(2 - of),
            own=of + 1,
            delta=("dE_dh", "dE_do")[layer] + str(to + 1),
        )
    return found


_HIDDEN, _OUTPUT = range(1, 5), range(5, 9)
_ALL = range(1, 9)
_TABLE = [
    # The slope of the sigmoid.
    (
        "other_hidden_slope",
        t("For the weights of the second hidden neuron, the slope of the first one's sigmoid is taken."),
        {"da_h2_dh2": "sigma(h1) * sigma(-h1)"},
    ),
    (
        "other_hidden_slope_back",
        t("For the weights of the first hidden neuron, the slope of the second one's sigmoid is taken."),
        {"da_h1_dh1": "sigma(h2) * sigma(-h2)"},
    ),
    (
        "other_output_slope",
        t("For the second output, the slope of the first one's sigmoid is taken."),
        {"da_o2_do2": "sigma(o1) * sigma(-o1)"},
    ),
    (
        "other_output_slope_back",
        t("For the first output, the slope of the second one's sigmoid is taken."),
        {"da_o1_do1": "sigma(o2) * sigma(-o2)"},
    ),
    (
        "hidden_slope_left_out",
        t("The slope of the hidden neurons' sigmoid is left out."),
        _both({"da_h#_dh#": "1"}),
    ),
    ("output_slope_left_out", t("The slope of the outputs' sigmoid is left out."), _both({"da_o#_do#": "1"})),
    (
        "hidden_slope_of_sum",
        t("The slope a(1 − a) of the hidden neurons is computed from the sum h instead of the activation."),
        _both({"da_h#_dh#": "h# * (1 - h#)"}),
    ),
    (
        "output_slope_of_sum",
        t("The slope a(1 − a) of the outputs is computed from the sum o instead of the activation."),
        _both({"da_o#_do#": "o# * (1 - o#)"}),
    ),
    (
        "hidden_slope_of_activation",
        t(
            "The hidden neurons' sigmoid is applied twice: its slope is taken at the activation, not at the "
            "sum."
        ),
        _both({"da_h#_dh#": "sigma(a_h#) * sigma(-a_h#)"}),
    ),
    (
        "output_slope_of_activation",
        t("The outputs' sigmoid is applied twice: its slope is taken at the activation, not at the sum."),
        _both({"da_o#_do#": "sigma(a_o#) * sigma(-a_o#)"}),
    ),
    (
        "hidden_activation_for_slope",
        t("The hidden neurons' activation a stands where their slope a(1 − a) belongs."),
        _both({"da_h#_dh#": "a_h#"}),
    ),
    (
        "output_activation_for_slope",
        t("The outputs' activation a stands where their slope a(1 − a) belongs."),
        _both({"da_o#_do#": "a_o#"}),
    ),
    (
        "hidden_one_minus_for_slope",
        t("Of the slope a(1 − a) of the hidden neurons only 1 − a is taken."),
        _both({"da_h#_dh#": "1 - a_h#"}),
    ),
    (
        "output_one_minus_for_slope",
        t("Of the slope a(1 − a) of the outputs only 1 − a is taken."),
        _both({"da_o#_do#": "1 - a_o#"}),
    ),
    (
        "hidden_slope_multiplied",
        t("In the slope a(1 − a) of the hidden neurons, a is multiplied by itself, not taken from one."),
        _both({"da_h#_dh#": "a_h# * a_h#"}),
    ),
    (
        "output_slope_multiplied",
        t("In the slope a(1 − a) of the outputs, a is multiplied by itself, not taken from one."),
        _both({"da_o#_do#": "a_o# * a_o#"}),
    ),
    (
        "output_slope_for_hidden",
        t("For the hidden neurons, the slope of the outputs' sigmoid is taken."),
        _both({"da_h#_dh#": "sigma(o#) * sigma(-o#)"}),
    ),
    (
        "hidden_slope_for_output",
        t("For the outputs, the slope of the hidden neurons' sigmoid is taken."),
        _both({"da_o#_do#": "sigma(h#) * sigma(-h#)"}),
    ),
    # The miss.
    (
        "sign_of_miss",
        t("The miss has the wrong sign: it is output minus target, not target minus output."),
        _both({"dE_da_o#": "t# - a_o#"}),
    ),
    (
        "doubled",
        t("The error is taken without its one half, so that each derivative is twice as large."),
        _both({"E#": "(t# - a_o#)**2", "dE_do#": "2 * dE_da_o# * da_o#_do#"}),
    ),
    (
        "halved",
        t(
            "The two errors are averaged where they should be added, so that each derivative is half as "
            "large."
        ),
        {"E_total": "(E1 + E2) / 2"} | _both({"dE_do#": "dE_da_o# * da_o#_do# / 2"}),
    ),
    ("target_for_miss", t("The target stands in place of the miss."), _both({"dE_da_o#": "t#"})),
    (
        "output_for_miss",
        t("The output stands in place of the miss: no target is taken from it."),
        _both({"dE_da_o#": "a_o#"}),
    ),
    (
        "other_target",
        t("Each output is compared with the other one's target."),
        _both({"dE_da_o#": "a_o# - t~"}),
    ),
    (
        "miss_squared",
        t("The miss is squared, as in the error; its slope has no square."),
        _both({"dE_da_o#": "(a_o# - t#)**2"}),
    ),
    ("error_for_miss", t("The error stands in place of its slope, the miss."), _both({"dE_da_o#": "E#"})),
    (
        "miss_multiplied",
        t("Output and target are multiplied where the target should be taken from the output."),
        _both({"dE_da_o#": "a_o# * t#"}),
    ),
    (
        "misses_added",
        t("For each output both misses are added up; an output feels its own alone."),
        _both({"dE_da_o#": "a_o# - t# + a_o~ - t~"}),
    ),
    # The output weights.
    (
        "activation_left_out",
        t("For the output weights, the activation that they are multiplied by is left out."),
        _each("{delta}", _OUTPUT),
    ),
    (
        "other_activation",
        t("For the output weights, the activation of the other hidden neuron is taken."),
        _each("{delta} * {beside}", _OUTPUT),
    ),
    (
        "input_for_activation",
        t("For the output weights, the input is taken instead of the hidden activation."),
        _each("{delta} * i{own}", _OUTPUT),
    ),
    (
        "sum_for_activation",
        t("For the output weights, the hidden sum h is taken instead of the activation."),
        _each("{delta} * h{own}", _OUTPUT),
    ),
    (
        "output_for_activation",
        t("For the output weights, the activation is taken that they lead to, not the one they start from."),
        _each("{delta} * a_o{to}", _OUTPUT),
    ),
    (
        "weight_for_activation",
        t("For the output weights, the weight itself is taken instead of the activation."),
        _each("{delta} * w{k}", _OUTPUT),
    ),
    (
        "output_gradient_transposed",
        t("The derivatives of w6 and w7 have changed places."),
        {"dE_dw6": "dE_do2 * a_h1", "dE_dw7": "dE_do1 * a_h2"},
    ),
    (
        "first_output_twice",
        t("For the weights of the second output, the delta of the first is taken."),
        {"dE_dw7": "dE_do1 * a_h1", "dE_dw8": "dE_do1 * a_h2"},
    ),
    # The two paths.
    (
        "w6_w7_swapped",
        t("On the paths to the hidden neurons, w6 and w7 have changed places."),
        {"dE_da_h1": "dE_do1 * w5 + dE_do2 * w6", "dE_da_h2": "dE_do1 * w7 + dE_do2 * w8"},
    ),
    (
        "w5_w8_swapped",
        t("On the paths to the hidden neurons, w5 and w8 have changed places."),
        {"dE_da_h1": "dE_do1 * w8 + dE_do2 * w7", "dE_da_h2": "dE_do1 * w6 + dE_do2 * w5"},
    ),
    (
        "paths_crossed",
        t("Each delta of an output is multiplied by the weight of the other path."),
        {"dE_da_h1": "dE_do2 * w5 + dE_do1 * w7", "dE_da_h2": "dE_do2 * w6 + dE_do1 * w8"},
    ),
    (
        "other_paths",
        t("Each hidden neuron gets the paths of the other one."),
        {"dE_da_h1": "dE_do1 * w6 + dE_do2 * w8", "dE_da_h2": "dE_do1 * w5 + dE_do2 * w7"},
    ),
    (
        "first_paths_twice",
        t("The second hidden neuron gets the paths of the first."),
        {"dE_da_h2": "dE_do1 * w5 + dE_do2 * w7"},
    ),
    (
        "first_path_only",
        t("Only the path by way of the first output is taken."),
        {"dE_da_h1": "dE_do1 * w5", "dE_da_h2": "dE_do1 * w6"},
    ),
    (
        "second_path_only",
        t("Only the path by way of the second output is taken."),
        {"dE_da_h1": "dE_do2 * w7", "dE_da_h2": "dE_do2 * w8"},
    ),
    (
        "own_path_only",
        t(
            "Only the straight path is taken: the first hidden neuron's by way of the first output, the "
            "second one's by way of the second."
        ),
        {"dE_da_h1": "dE_do1 * w5", "dE_da_h2": "dE_do2 * w8"},
    ),
    (
        "paths_subtracted",
        t("The second path is taken from the first; they add up."),
        {"dE_da_h1": "dE_do1 * w5 - dE_do2 * w7", "dE_da_h2": "dE_do1 * w6 - dE_do2 * w8"},
    ),
    (
        "weights_left_out",
        t("On the paths to the hidden neurons, the output weights are left out."),
        _both({"dE_da_h#": "dE_do1 + dE_do2"}),
    ),
    (
        "path_slopes_left_out",
        t("On the paths to the hidden neurons, the slope of the outputs' sigmoid is left out."),
        {"dE_da_h1": "dE_da_o1 * w5 + dE_da_o2 * w7", "dE_da_h2": "dE_da_o1 * w6 + dE_da_o2 * w8"},
    ),
    (
        "outputs_first",
        t("The output weights are updated first, and the hidden derivatives taken with the new ones."),
        {
            "dE_da_h1": "dE_do1 * (w5 - rate * dE_dw5) + dE_do2 * (w7 - rate * dE_dw7)",
            "dE_da_h2": "dE_do1 * (w6 - rate * dE_dw6) + dE_do2 * (w8 - rate * dE_dw8)",
        },
    ),
    (
        "brackets",
        t("Brackets are missing: the first path is not multiplied by the slope and the input."),
        {
            f"dE_dw{k}": f"dE_do1 * w{w} + dE_do2 * w{w + 2} * da_h{n}_dh{n} * i{i}"
            for k, w, n, i in ((1, 5, 1, 1), (2, 5, 1, 2), (3, 6, 2, 1), (4, 6, 2, 2))
        },
    ),
    (
        "brackets_back",
        t("Brackets are missing: the second path is not multiplied by the slope and the input."),
        {
            f"dE_dw{k}": f"dE_do1 * w{w} * da_h{n}_dh{n} * i{i} + dE_do2 * w{w + 2}"
            for k, w, n, i in ((1, 5, 1, 1), (2, 5, 1, 2), (3, 6, 2, 1), (4, 6, 2, 2))
        },
    ),
    (
        "slope_brackets",
        t("Brackets are missing: the first path is not multiplied by the slope of the hidden neuron."),
        {
            "dE_dh1": "dE_do1 * w5 + dE_do2 * w7 * da_h1_dh1",
            "dE_dh2": "dE_do1 * w6 + dE_do2 * w8 * da_h2_dh2",
        },
    ),
    (
        "slope_brackets_back",
        t("Brackets are missing: the second path is not multiplied by the slope of the hidden neuron."),
        {
            "dE_dh1": "dE_do1 * w5 * da_h1_dh1 + dE_do2 * w7",
            "dE_dh2": "dE_do1 * w6 * da_h2_dh2 + dE_do2 * w8",
        },
    ),
    # The hidden weights.
    (
        "input_left_out",
        t("For the hidden weights, the input that they are multiplied by is left out."),
        _each("{delta}", _HIDDEN),
    ),
    (
        "other_input",
        t("For the hidden weights, the other input is taken."),
        _each("{delta} * {beside}", _HIDDEN),
    ),
    (
        "activation_for_input",
        t("For the hidden weights, the activation that they lead to is taken instead of the input."),
        _each("{delta} * a_h{to}", _HIDDEN),
    ),
    (
        "weight_for_input",
        t("For the hidden weights, the weight itself is taken instead of the input."),
        _each("{delta} * w{k}", _HIDDEN),
    ),
    (
        "hidden_gradient_transposed",
        t("The derivatives of w2 and w3 have changed places."),
        {"dE_dw2": "dE_dh2 * i1", "dE_dw3": "dE_dh1 * i2"},
    ),
    (
        "first_hidden_twice",
        t("For the weights of the second hidden neuron, the delta of the first is taken."),
        {"dE_dw3": "dE_dh1 * i1", "dE_dw4": "dE_dh1 * i2"},
    ),
    # The way forward.
    (
        "hidden_sums_transposed",
        t("In the hidden sums, w2 and w3 have changed places."),
        {"h1": "w1 * i1 + w3 * i2", "h2": "w2 * i1 + w4 * i2"},
    ),
    (
        "output_sums_transposed",
        t("In the sums of the outputs, w6 and w7 have changed places."),
        {"o1": "w5 * a_h1 + w7 * a_h2", "o2": "w6 * a_h1 + w8 * a_h2"},
    ),
    (
        "inputs_crossed",
        t("In the hidden sums, each weight is multiplied by the other input."),
        {"h1": "w1 * i2 + w2 * i1", "h2": "w3 * i2 + w4 * i1"},
    ),
    (
        "activations_crossed",
        t("In the sums of the outputs, each weight is multiplied by the other activation."),
        {"o1": "w5 * a_h2 + w6 * a_h1", "o2": "w7 * a_h2 + w8 * a_h1"},
    ),
    (
        "sums_for_activations",
        t("In the sums of the outputs, the hidden sums h stand in place of the activations."),
        {"o1": "w5 * h1 + w6 * h2", "o2": "w7 * h1 + w8 * h2"},
    ),
    (
        "hidden_sigmoid_left_out",
        t("The sigmoid of the hidden neurons is left out on the way forward."),
        _both({"a_h#": "h#"}),
    ),
    (
        "output_sigmoid_left_out",
        t("The sigmoid of the outputs is left out on the way forward."),
        _both({"a_o#": "o#"}),
    ),
    # The step.
    (
        "rate_included",
        t("The derivatives are already multiplied by the learning rate."),
        _each("rate * {delta} * {of}", _ALL),
    ),
]
_UPDATES = [
    (
        "uphill",
        t("The step is added to the weight and should be taken from it: the error climbs."),
        "w# + rate * dE_dw#",
    ),
    (
        "rate_left_out",
        t("The whole derivative is taken from the weight, without the learning rate."),
        "w# - dE_dw#",
    ),
    (
        "weight_multiplied",
        t("The weight is multiplied by the step, which should be taken from it."),
        "w# * rate * dE_dw#",
    ),
    (
        "weight_left_out",
        t("The new weight is the step alone, not the old weight less the step."),
        "rate * dE_dw#",
    ),
]
#: All slips by name, those that are met most often first.
SLIPS: dict[str, Slip] = {name: Slip(name, says, formulas) for name, says, formulas in _TABLE}
SLIPS |= {
    name: Slip(name, says, {f"w{k}_new": formula.replace("#", str(k)) for k in _ALL}, "update")
    for name, says, formula in _UPDATES
}


def table() -> dict:
    """The slips and the formulas that they replace, as JSON takes them: for the page."""
    return {
        "formulas": dict(FORMULAS),
        "slips": [
            {"name": slip.name, "says": slip.says, "of": slip.of, "formulas": dict(slip.formulas)}
            for slip in SLIPS.values()
        ],
    }


def quantities(
    weights: ArrayLike,
    inputs: ArrayLike,
    targets: ArrayLike,
    *slips: str,
    learning_rate: ArrayLike | None = None,
) -> dict[str, NDArray[np.float64] | np.float64]:
    """Every quantity of one training step by its name, deltas (`dE_do1`, `dE_dh1`) and all; right, or with
    these slips.

    weights : (..., 2, 2, 2); inputs, targets : (..., 2)
    slips : names, as in `SLIPS`
    learning_rate : (...), above 0; without it there are no new weights, `w1_new` to `w8_new`

    Each value is of the common leading shape (...). Raises TypeError for what is not a number; ValueError for
    another shape, NaN, infinity, an unknown name, two slips of the same formula, and a slip that needs a
    learning rate where there is none.
    """
    numbers = _given(weights, inputs, targets, learning_rate)
    found = _evaluated(numbers, _replaced(slips, learning_rate))
    shape = numbers["w1"].shape
    return {name: np.broadcast_to(np.float64(value), shape)[()] for name, value in found.items()}


def gradient(
    weights: ArrayLike,
    inputs: ArrayLike,
    targets: ArrayLike,
    *slips: str,
    learning_rate: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """The gradient with these slips, shape (..., 2, 2, 2): `toy.gradient` where there are none.

    It takes and raises what `quantities` does. With a slip of the update, it is what the step takes from the
    weights, divided by the learning rate.
    """
    changed = _replaced(slips, learning_rate)
    found = _gradient_of(quantities(weights, inputs, targets, *slips, learning_rate=learning_rate), changed)
    return found.reshape(*found.shape[:-1], 2, 2, 2)


def written(quantity: str, *slips: str, among: Iterable[str] = ()) -> str:
    """The formula of a quantity, right or with these slips, in as few steps as are wanted.

    quantity : as in `FORMULAS`
    slips : names, as in `SLIPS`
    among : quantities that may stand in it by their names; without any, those that the slips leave right

    ::

        written("dE_dw3", "other_hidden_slope")
        # (dE_do1 * w6 + dE_do2 * w8) * sigma(h1) * sigma(-h1) * i1

    Raises ValueError for an unknown name.
    """
    changed = _replaced(slips, 1.0)
    formulas, known = FORMULAS | changed, {*among}
    checks.one_of("quantity", quantity, formulas)
    for each in known:
        checks.one_of("among", each, formulas)
    if not known:
        moved = set(changed)
        for name, formula in FORMULAS.items():
            if not moved.isdisjoint(_names(formula)):
                moved.add(name)
        known = arithmetic.FORMULAS.keys() - moved
    inlined = _Inlined({name: formula for name, formula in formulas.items() if name not in known})
    return ast.unparse(inlined.visit(ast.parse(formulas[quantity], mode="eval").body)).replace(" ** ", "**")


class _Inlined(ast.NodeTransformer):
    """Puts formulas in the places of their names; a product of products is one, a sum of sums too."""

    def __init__(self, formulas):
        self.formulas = formulas

    def visit_Call(self, node):
        node.args = [self.visit(each) for each in node.args]
        return node

    def visit_Name(self, node):
        formula = self.formulas.get(node.id)
        return self.visit(ast.parse(formula, mode="eval").body) if formula else node

    def visit_BinOp(self, node):
        left, right = self.visit(node.left), self.visit(node.right)
        inner = {ast.Mult: ast.Mult, ast.Add: (ast.Add, ast.Sub)}.get(type(node.op))
        if inner and isinstance(right, ast.BinOp) and isinstance(right.op, inner):
            left, node.op, right = ast.BinOp(left, node.op, right.left), right.op, right.right
        return ast.BinOp(left, node.op, right)


def _given(weights, inputs, targets, learning_rate):
    """What is given by its names, each number an array or a float."""
    weights = checks.array("weights", weights, (2, 2, 2))
    inputs, targets = checks.array("inputs", inputs, (2,)), checks.array("targets", targets, (2,))
    rate = None if learning_rate is None else checks.positive("learning_rate", learning_rate)
    shapes = {"weights": weights.shape[:-3], "inputs": inputs.shape[:-1], "targets": targets.shape[:-1]}
    if rate is not None:
        shapes["learning_rate"] = rate.shape
    try:
        shape = np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"leading axes do not broadcast: {listed}") from None
    numbers = {} if rate is None else {"rate": np.broadcast_to(rate, shape)}
    flat = weights.reshape(*weights.shape[:-3], 8)
    for letter, values in (("w", flat), ("i", inputs), ("t", targets)):
        for k in range(values.shape[-1]):
            numbers[f"{letter}{k + 1}"] = np.broadcast_to(values[..., k], shape)
    return numbers


def _replaced(names, learning_rate):
    """The wrong formulas of these slips together."""
    changed = {}
    for name in names:
        slip = SLIPS[checks.one_of("slips", name, SLIPS)]
        if slip.needs_rate and learning_rate is None:
            raise ValueError(f"learning_rate: got None; {name} takes one finite number greater than 0")
        if twice := sorted(changed.keys() & slip.formulas.keys()):
            raise ValueError(
                f"slips: got {names!r}; takes one slip for each formula, and two replace {twice[0]}"
            )
        changed |= slip.formulas
    return changed


_CALLS = {"__builtins__": {}, "sigma": toy.sigmoid}


def _evaluated(numbers, changed, known=None, since=None):
    """All quantities, with these formulas `changed`. Of those `known` already only what the change moves, or
    the part of it that is new `since`."""
    new = None if known is None else frozenset(changed if since is None else since)
    found = dict(known or numbers)
    with np.errstate(over="ignore", invalid="ignore"):
        for name, code in _plan(tuple(changed.items()), new, "rate" in numbers):
            found[name] = eval(code, _CALLS, found)
    return found


@functools.lru_cache(None)
def _plan(changed, new, rated):
    """What has to be computed, in order: names and codes. `new`: the formulas that are new, else all are."""
    formulas, plan, moved = FORMULAS | dict(changed), [], {*(new or ())}
    for name, formula in formulas.items():
        used = _names(formula)
        if ("rate" not in used or rated) and (new is None or name in moved or not moved.isdisjoint(used)):
            moved.add(name)
            plan.append((name, compile(formula, formula, "eval")))
    return tuple(plan)


@functools.lru_cache(None)
def _names(formula):
    return frozenset(arithmetic.NAME.findall(formula))


def _gradient_of(values, changed):
    """The eight derivatives along a last axis, or the steps of a wrong update divided by the rate."""
    if "w1_new" in changed:
        columns = [(values[f"w{k}"] - values[f"w{k}_new"]) / values["rate"] for k in range(1, 9)]
    else:
        columns = [values[name] for name in GRADIENT]
    return np.stack(columns, axis=-1)


class Finding(NamedTuple):
    """What was given for one weight, and what is right."""

    name: str  #: the derivative, as "dE_dw3"
    given: float
    right: float
    factor: float  #: given / right; NaN where the right one is 0
    ok: bool  #: right as far as its digits go
    slips: tuple[str, ...]  #: those that explain it, where it is wrong


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What `diagnose` found, shown in sentences."""

    right: bool  #: all eight are right, as far as their digits go
    weights: tuple[Finding, ...]  #: the eight, w1 to w8
    #: the slips that together explain it; none where it is right, or where none is known
    slips: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]  #: what explains it as well
    changes: tuple[tuple[str, str, str], ...]  #: (quantity, its formula as it is, the one that belongs there)

    @property
    def sure(self) -> bool:
        """Whether there is exactly one explanation: right, or these slips."""
        return (self.right or bool(self.slips)) and not self.others

    def __str__(self) -> str:
        return "\n".join(text for text, _ in self._sentences())

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return "\n\n".join(markdown for _, markdown in self._sentences())

    def _sentences(self):
        """Each line as a text and as Markdown."""
        wrong = [finding for finding in self.weights if not finding.ok]
        if self.right:
            yield from _twice(t("All eight derivatives are right, as far as their digits go."))
        else:
            groups = [(_weights_of(group), off) for off, group in itertools.groupby(wrong, _off)]
            said = [t("Wrong: {0}.", ", ".join(f"{named} ({off})" for named, off in groups))]
            said += [t("The others are right.")] if len(wrong) < 8 else []
            yield from _twice(" ".join(said))
        if not self.right and not self.slips:
            yield from _twice(_unknown(wrong))
        for name in self.slips:
            at = [finding for finding in wrong if name in finding.slips]
            some = f" {t('(Here: {0}.)', _weights_of(at))}" if len(at) < len(wrong) else ""
            yield f"{name}: {SLIPS[name].says}{some}", f"**{name}**: {SLIPS[name].says}{some}"
        if self.others:
            named = [
                functools.reduce(lambda one, two: t("{0} with {1}", one, two), each) for each in self.others
            ]
            yield from _twice(self._also("; ".join(named[:3]), len(named) - 3))
        for quantity, wrong_one, right_one in self.changes:
            formulas = f"{quantity} = {wrong_one}", f"{quantity} = {right_one}"
            yield t("Change  {0}\nto      {1}", *formulas), t("Change `{0}` to `{1}`.", *formulas)

    def _also(self, named, more):
        if self.right and more > 0:
            return t("They would be the same with {0}, and {1} more.", named, more)
        if self.right:
            return t("They would be the same with {0}.", named)
        if more > 0:
            return t("It may as well be {0}, and {1} more.", named, more)
        return t("It may as well be {0}.", named)


def _twice(text):
    yield text, text


def _weights_of(findings):
    """w1, w2 and w5."""
    *names, last = (f"w{finding.name[-1]}" for finding in findings)
    if len(names) == 7:
        return t("all eight")
    return t("{0} and {1}", ", ".join(names), last) if names else last


def _off(finding):
    if not np.isfinite(finding.factor):
        return t("should be 0")
    if abs(finding.factor - 1) < 0.005:
        large, percent = finding.factor > 1, _percent(finding)
        return t("{0} too large", percent) if large else t("{0} too small", percent)
    return t("{0} times the right one", number(finding.factor, ".4g").replace("-", "−"))


def _percent(finding):
    return number(100 * abs(finding.factor - 1), ".2g").replace("-", "−") + " %"


def _unknown(wrong):
    worst = max(wrong, key=lambda finding: abs(finding.factor - 1) if np.isfinite(finding.factor) else np.inf)
    if abs(worst.factor - 1) < 0.01:
        return t(
            "No slip known here explains it. All are within {0} of the right ones: perhaps numbers were "
            "rounded on the way. Then say how many digits to trust (digits).",
            _percent(worst),
        )
    return t("No slip known here explains it, nor two at once.")


def diagnose(
    gradient: ArrayLike | Mapping | str,
    weights: ArrayLike,
    inputs: ArrayLike,
    targets: ArrayLike,
    learning_rate: ArrayLike | None = None,
    digits: int | None = None,
    of: str = "gradient",
) -> Diagnosis | NDArray[np.object_]:
    """Which slip somebody made who computed this `gradient`: a `Diagnosis`.

    gradient : eight numbers: a list, an array (2, 2, 2), a dict by "w1" or "dE_dw1", a text; numbers may be
        texts as people write them, "0,000352" and "−3.5e-4"
    weights : (..., 2, 2, 2); inputs, targets : (..., 2); what the network was
    learning_rate : above 0; without it, slips that show in it are not looked for
    digits : how many significant digits to trust, 1 to 15; else as many as the numbers have
    of : "gradient", or "update" where the numbers were taken from the weights before and after a step, as
        their difference divided by the learning rate: then slips of the update are looked for as well

    A number is right if it may have been rounded from the right one. One slip that explains all eight numbers
    goes first; then one slip at some of its weights; then two slips at once; then up to three at different
    weights. With leading axes, (..., 2, 2, 2) or (..., 8), it is an array (...) of them.

    Raises TypeError and ValueError for what are not eight numbers, and as `quantities` does.
    """
    if checks.one_of("of", of, ("gradient", "update")) == "update" and learning_rate is None:
        raise ValueError("learning_rate: got None; of='update' takes one finite number greater than 0")
    digits = None if digits is None else checks.whole("digits", digits, 1, 15)
    numbers = _given(weights, inputs, targets, learning_rate)
    given, unit = _read(gradient, digits)
    shape = numbers["w1"].shape
    try:
        whole = np.broadcast_shapes(shape, given.shape[:-1])
    except ValueError:
        raise ValueError(
            f"gradient: got leading axes {given.shape[:-1]}; takes axes that go with {shape}"
        ) from None
    names = [
        name
        for name, slip in SLIPS.items()
        if (of == "update" or slip.of == of) and (learning_rate is not None or not slip.needs_rate)
    ]
    values = _evaluated(numbers, {})
    right = _gradient_of(values, {})
    noise = _noise(numbers, values)
    fits = [
        _gradient_of(_evaluated(numbers, SLIPS[name].formulas, values), SLIPS[name].formulas)
        for name in names
    ]
    given, unit, right, noise, *fits = (
        np.broadcast_to(each, (*whole, 8)) for each in (given, unit, right, noise, *fits)
    )
    low, high = given - unit / 2 - noise, given + unit / 2 + noise
    ok = _within(right, low, high)
    fits = np.stack([_within(each, low, high) for each in fits], axis=-2)  # (..., slips, 8)
    found = np.empty(whole, object)
    for index in np.ndindex(whole):
        pairs = functools.partial(_pairs, numbers, index, names, low[index], high[index])
        explained = _explained(ok[index], fits[index], names, pairs)
        found[index] = _diagnosis(given[index], right[index], ok[index], explained)
    return found if whole else found[()]


def _within(value, low, high):
    return (low <= value) & (value <= high)


def _noise(numbers, values):
    """How far float64 may have carried each derivative, by whatever right formula it was computed: what a
    rounding of the misses and slopes, which 1 - a leaves in the last digit of 1, moves it."""
    total = 1e-12 * np.abs(_gradient_of(values, {}))
    for name in ("dE_da_o1", "dE_da_o2", "da_o1_do1", "da_o2_do2", "da_h1_dh1", "da_h2_dh2"):
        moved = _evaluated(numbers, {name: f"{FORMULAS[name]} + 1"}, values)  # linear in each of them
        total = total + 5e-16 * np.abs(_gradient_of(moved, {}) - _gradient_of(values, {}))
    return total


def _pairs(numbers, index, names, low, high):
    """Which of the eight each two slips at once explain, of the network at this index: pairs of names, and
    (pairs, 8) booleans."""
    numbers = {name: float(number[index[len(index) - number.ndim :]]) for name, number in numbers.items()}
    pairs, found = [], []
    right = _evaluated(numbers, {})
    first = {name: _evaluated(numbers, SLIPS[name].formulas, right) for name in names}
    for one, two in itertools.combinations(names, 2):
        if SLIPS[one].formulas.keys() & SLIPS[two].formulas.keys():
            continue
        changed = {**SLIPS[one].formulas, **SLIPS[two].formulas}
        pairs.append((one, two))
        found.append(_gradient_of(_evaluated(numbers, changed, first[one], SLIPS[two].formulas), changed))
    return pairs, _within(np.array(found), low, high)


def _explained(ok, fits, names, pairs):
    """All explanations of the best kind: a list of tuples of names, and for each which of the eight a name
    explains."""
    singles = [(name,) for name in names]
    if ok.all() or fits.all(axis=1).any():
        return _all_of(singles, fits, fits.all(axis=1))
    partly = (fits | ok).all(axis=1)
    if partly.any():
        return _all_of(singles, fits, partly)
    two, both = pairs()
    if both.all(axis=1).any():
        return _all_of(two, both, both.all(axis=1))
    return _covers(ok, fits, singles) or _all_of(two, both, (both | ok).all(axis=1))


def _all_of(explanations, fits, chosen):
    return [(explanations[k], [fits[k]] * len(explanations[k])) for k in np.flatnonzero(chosen)]


def _covers(ok, fits, singles):
    """Two slips, or three, each at some of the wrong weights."""
    useful = np.flatnonzero((fits & ~ok).any(axis=1))
    for count in (2, 3):
        chosen = [
            group
            for group in itertools.combinations(useful, count)
            if (fits[list(group)].any(axis=0) | ok).all()
        ]
        if chosen:
            return [(sum((singles[k] for k in group), ()), [fits[k] for k in group]) for group in chosen]
    return []


def _diagnosis(given, right, ok, explained):
    """The first explanation as the diagnosis, the rest as what explains it as well."""
    correct = bool(ok.all())
    names, where = explained[0] if explained and not correct else ((), [])
    others = tuple(each for each, _ in (explained if correct else explained[1:]))
    findings = tuple(
        Finding(
            name,
            float(given[k]),
            float(right[k]),
            float(given[k] / right[k]) if right[k] else np.nan,
            bool(ok[k]),
            () if ok[k] else tuple(each for each, fits in zip(names, where) if fits[k]),
        )
        for k, name in enumerate(GRADIENT)
    )
    return Diagnosis(correct, findings, names, others, _changes(names))


@functools.lru_cache(None)
def _changes(names):
    """The wrong lines of these slips, each with the right one, in the order in which they are computed."""
    return tuple(
        (quantity, SLIPS[name].formulas[quantity], right)
        for name in names
        for quantity, right in FORMULAS.items()
        if quantity in SLIPS[name].formulas
    )


_SPACES = re.compile(r"[\s;]+|,\s+")
_POWER = re.compile(r"\s*[·×x*]\s*10\s*\^?\s*(?=[+-]?\d+$)")
_NUMBER = re.compile(r"([+-]?)(\d*)(?:[.,](\d*))?(?:e([+-]?\d+))?", re.IGNORECASE)
#: A comma that can be nothing but a decimal sign.
_COMMA = re.compile(r"^[+-]?0?,|,(\d{1,2}|\d{4,})(?!\d)")
_TAKES = "eight finite numbers, as 0.000352 or 3.52e-4, in the order w1 to w8"


def _read(gradient, digits):
    """The numbers, (..., 8), and what a one in the last digit of each is worth."""
    if isinstance(gradient, str):
        gradient = [part for part in _SPACES.split(gradient.strip()) if part]
    if isinstance(gradient, Mapping):
        gradient = _in_order(gradient)
    array = checks.of_kind("gradient", gradient, "iufOU", _TAKES)
    if array.dtype.kind in "OU":
        values, unit = _texts(array)
    else:
        values = checks.array("gradient", array, ())
        unit = None
    values = _eight(values)
    unit = _lasts(values) if unit is None else _eight(unit)
    if digits is not None:
        unit = _place(values, digits)
    return values, unit


def _eight(array):
    if array.shape[-3:] == (2, 2, 2):
        return array.reshape(*array.shape[:-3], 8)
    if array.shape[-1:] == (8,):
        return array
    if array.size == 8:
        return array.reshape(8)
    raise ValueError(f"gradient: got shape {array.shape}; takes {_TAKES}, shape (..., 8) or (..., 2, 2, 2)")


def _in_order(gradient):
    found = {}
    for key, value in gradient.items():
        if name := re.search(r"w_?([1-8])$", str(key)):
            found[int(name[1])] = value
    if len(found) < 8 or len(gradient) > 8:
        raise ValueError(
            f"gradient: got the names {', '.join(map(str, gradient))}; takes w1 to w8, or dE_dw1 to dE_dw8"
        )
    return [found[k] for k in range(1, 9)]


def _texts(array):
    """Numbers among which are texts, and what a one in the last digit of each is worth."""
    plain = [_plain(each) if isinstance(each, str) else each for each in array.ravel().tolist()]
    sure = any(isinstance(each, str) and _COMMA.search(each) for each in plain)
    read = [_number(each, sure) for each in plain]
    return tuple(np.array(column).reshape(array.shape) for column in zip(*read))


def _plain(text):
    """A text in ASCII, as far as copying has changed it: wide letters, dashes, marks of direction."""
    text = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")
    return _POWER.sub("e", re.sub(r"[\u2010-\u2015\u2212]", "-", text).strip())


def _number(given, comma):
    """The number that a person gave, and what a one in its last digit is worth. `comma`: whether a comma is a
    decimal sign for sure, for it is one in another of the eight."""
    if not isinstance(given, str):
        value, unit = float(checks.array("gradient", given, ())), _digits(float(given))[0]
        return value, unit if np.isfinite(unit) else 0.0
    found = _NUMBER.fullmatch(given)
    value = float(given.replace(",", ".")) if found and (found[2] or found[3]) else np.nan
    if not np.isfinite(value):
        raise ValueError(f"gradient: got {given!r}; takes {_TAKES}")
    if not comma and re.match(r"[+-]?[1-9]\d{0,2},\d{3}(?!\d)", given):
        raise ValueError(
            f"gradient: got {given!r}, which may have a decimal comma or not; takes 1.234 or 1234"
        )
    if not value and not found[3]:
        return value, 0.0  # a bare 0 was not rounded
    return value, 10.0 ** (int(found[4] or 0) - len(found[3] or ""))


def _place(values, digits):
    """What a one in the last of so many significant digits is worth."""
    size = np.abs(values)
    return np.where(size > 0, 10.0 ** (np.floor(np.log10(np.where(size > 0, size, 1))) - digits + 1), 0)


def _lasts(values):
    """What a one in the last digit of each float is worth. Floats have lost their last zeros, so the finest
    of the eight tells how all were rounded: to so many places or so many digits, whichever is coarser."""
    own, count = (
        np.array(each).reshape(values.shape) for each in zip(*map(_digits, values.ravel().tolist()))
    )
    places = np.broadcast_to(own.min(axis=-1, keepdims=True), own.shape)
    most = count.max(axis=-1, keepdims=True)
    rounded = np.maximum(places, np.where(values == 0, 0, _place(values, most)))
    return np.where(np.isfinite(own), np.minimum(own, rounded), np.where(np.isfinite(places), places, 0))


def _digits(value):
    """What a one in the last digit is worth, and how many digits there are, as Python writes a float."""
    mantissa, _, exponent = repr(value).lstrip("-").partition("e")
    whole, _, decimals = mantissa.partition(".")
    decimals = decimals.rstrip("0")
    figures = (whole + decimals).lstrip("0")
    if not figures:
        return np.inf, 0
    return 10.0 ** (int(exponent or 0) - len(decimals)), len(figures)
