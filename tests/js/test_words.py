"""The stepper's words and the arithmetic of the chapters: the same operations, in the same order."""

import json

from modules import WIDGETS, run

from s6lib import arithmetic, toy
from s6lib.widgets import join

WRITTEN = {"×": " * ", "−": "-", "²": "**2", "σ": "sigma", "/": " / ", "+": " + "}


def code(formula):
    """A formula of words.js as arithmetic.py writes it, without blanks."""
    for sign, written in WRITTEN.items():
        formula = formula.replace(sign, written)
    return formula.replace(" ", "")


def test_the_operations_are_the_same():
    text = join.module(WIDGETS / "stepper" / "words.js")
    found = run("return [OPERATIONS, ['w1', 'w5'].map(paths)];", text)
    steps = {each["name"]: code(each["formula"]) for each in found[0] if "formula" in each}
    ours = {name: formula.replace(" ", "") for name, formula in arithmetic.FORMULAS.items()}
    assert len(steps) == 23 and steps == {name: ours[name] for name in steps}
    assert [*steps] == [name for name in ours if name in steps]
    factors = {symbol: code(formula) for paths in found[1] for path in paths for symbol, formula in path}
    assert {name: factors[name] for name in factors if name in ours} == {
        name: ours[name] for name in factors if name in ours
    }
    assert {"dE_da_o1", "da_o2_do2", "da_h1_dh1"} <= {*factors} & {*ours}


def test_the_numbers_are_the_same():
    given = [toy.WEIGHTS.ravel().tolist(), toy.INPUTS.tolist(), toy.TARGETS.tolist()]
    theirs = run(f"return evaluate(...{json.dumps(given)});", join.module(WIDGETS / "stepper" / "engine.js"))
    ours = arithmetic.evaluate(toy.WEIGHTS, toy.INPUTS, toy.TARGETS)
    assert max(abs(ours[name] / theirs[name] - 1) for name in theirs) < 1e-14
