"""What a reader types for an operation of the stepper: right to its digits, or the mistake by its name."""

import json

import pytest
from modules import WIDGETS, run

from s6lib import slips, toy
from s6lib.widgets import join, stepper
from s6lib.widgets.question import spelling

ANSWERS = join.module(WIDGETS / "stepper" / "answers.js")
RATE = 0.5
PLACE = (toy.WEIGHTS, toy.INPUTS, [0.4, 0.7])
RIGHT = {name: float(value) for name, value in slips.quantities(*PLACE, learning_rate=RATE).items()}
NAMES = [*stepper.OPERATIONS[1:-1], "w5_new"]


def judged(cases):
    """The verdicts on [text, quantity] each, as the page gives them."""
    weights, inputs, targets = PLACE
    numbers = {"weights": weights.tolist(), "inputs": inputs.tolist(), "targets": targets, "rate": RATE}
    return run(
        f"const table = {json.dumps(slips.table())}, right = {json.dumps(RIGHT)};"
        f"const numbers = {json.dumps(numbers)};"
        f"return {json.dumps(cases)}.map(([text, name]) => judge(text, name, right[name], table, numbers));",
        ANSWERS,
    )


@pytest.mark.parametrize("digits", [3, 4, 6, 12])
def test_what_is_rounded_right_is_right(digits):
    texts = [f"{RIGHT[name]:.{digits - 1}e}" for name in NAMES]
    for name, each in zip(NAMES, judged([*zip(texts, NAMES)]), strict=True):
        assert each["verdict"] == "right", name


def test_it_is_right_in_every_usual_spelling():
    value = RIGHT["a_h1"]
    texts = ["0.507", "0,5069", "５.０６９e−1", ".5069", "5069e-4", "about 0.507", "≈ 0.507", "= 0.50687"]
    texts += ["5.07×10⁻¹", "ca. 0.507", "50.7 %", "a_h1 = 0.507"]
    texts += ["0.5068", "5069/10000", f"{value!r}", "+0.507"]  # cut off, not rounded, is right as well
    assert [each["verdict"] for each in judged([(text, "a_h1") for text in texts])] == ["right"] * len(texts)
    texts = ["0.51", "0.5", "1/2", "0.50", "0.506", "0.6", "5.07"]
    found = [each["verdict"] for each in judged([(text, "a_h1") for text in texts])]
    assert found == ["short", "short", "wrong", "short", "right", "wrong", "wrong"]
    for text in ("", "abc", "1,234", "1/0", "1/2/3", "0x1", "1 2"):
        (_, told), ((each,)) = spelling.readings(text), judged([(text, "a_h1")])
        assert each == {"verdict": "told", "says": [told]} and told
    assert [
        each["verdict"] for each in judged([("0.0275", "h1"), ("11/400", "h1"), ("½", "h1"), ("0", "h1")])
    ] == ["right", "right", "wrong", "wrong"]


@pytest.mark.parametrize("name", NAMES)
def test_each_slip_that_changes_a_value_is_named(name):
    """By Python's values of the wrong formulas; where two come to one number, both are."""
    planted = {slip: float(slips.quantities(*PLACE, slip, learning_rate=RATE)[name]) for slip in slips.SLIPS}
    wrong = {slip: value for slip, value in planted.items() if abs(value - RIGHT[name]) > 1e-9}
    found = judged([(f"{value:.9e}", name) for value in wrong.values()])
    for (slip, value), each in zip(wrong.items(), found, strict=True):
        alike = [slips.SLIPS[other].says for other in wrong if abs(wrong[other] - value) < 1e-9 * abs(value)]
        assert each == {"verdict": "wrong", "says": alike[:2]}, slip
    assert wrong


def test_a_sign_and_a_decimal_point_are_told():
    cases = [("-0.0275", "h1"), ("0.275", "h1"), ("0.00275", "h1"), ("-0.275", "h1"), ("0.3", "h1")]
    told = [each["says"] for each in judged(cases)]
    point = "The digits are right; the decimal point is not."
    assert told == [["The number is right; its sign is not."], [point], [point], [point], []]
