"""The arithmetic written out: what a page shows is true on a pocket calculator, and it is toy's network."""

import re
from decimal import Decimal
from math import exp

import numpy as np
import pytest

from s6lib import arithmetic, toy

PLACES = [
    (toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 2.0),
    (-toy.WEIGHTS, [1, -1], [0, 1], 0.5),
    (toy.WEIGHTS.round(1), [0, 0.123456], [1, 0.25], 1000.0),
]


def plain(text):
    """A line as it is read: without colours, in ASCII."""
    return re.sub(r"<[^>]*>", "", text).translate(str.maketrans({"\u00a0": " ", "−": "-"}))


@pytest.mark.parametrize("place", PLACES)
def test_the_numbers_are_those_of_the_network(place):
    numbers, (weights, inputs, targets, rate) = arithmetic.evaluate(*place), place
    values = np.concatenate(toy.forward(weights, inputs))
    names = ("h1", "h2", "a_h1", "a_h2", "o1", "o2", "a_o1", "a_o2")
    np.testing.assert_allclose([numbers[name] for name in names], values, rtol=1e-14)
    np.testing.assert_allclose(
        [numbers["E1"], numbers["E2"]], toy.errors(weights, inputs, targets), rtol=1e-14
    )
    slopes = [numbers[f"dE_dw{k}"] for k in range(1, 9)]
    np.testing.assert_allclose(slopes, toy.gradient(weights, inputs, targets).ravel(), rtol=1e-13)
    assert numbers["rate"] == rate


def by_calculator(text):
    """What a calculator makes of a line's left side, and what stands on its right."""
    left, right = re.split(" [=≈] ", plain(text))
    for written, code in (("×", "*"), ("²", "**2"), ("σ", "sigma")):
        left = left.replace(written, code)
    return eval(left, {"sigma": lambda z: 1 / (1 + exp(-z))}), Decimal(right)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("digits", [3, 4, 6])
@pytest.mark.parametrize("name", arithmetic.FORMULAS)
def test_a_calculator_comes_to_the_number_that_is_shown(name, digits, place):
    text = arithmetic.line(name, arithmetic.evaluate(*place), digits=digits)
    found, shown = by_calculator(text)
    last = Decimal(1).scaleb(shown.adjusted() - digits + 1)  # a one in the last of its digits
    assert abs(Decimal(found) - shown) <= last / 2 * Decimal("1.000001"), text
    assert len(shown.normalize().as_tuple().digits) <= digits


def test_lines_are_written_as_in_the_book():
    numbers = arithmetic.evaluate(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 2)
    assert plain(arithmetic.line("h1", numbers)) == "0.15 × 0.05 + 0.20 × 0.10 = 0.0275"
    assert plain(arithmetic.line("a_h1", numbers)) == "σ(0.0275) = 0.5069"
    assert plain(arithmetic.line("w5", numbers, "w5 - rate * dE_dw5")) == "0.40 - 2 × 0.01288 = 0.3742"


def test_a_product_is_not_parted_where_a_line_ends():
    line = arithmetic.line("h1", arithmetic.evaluate(toy.WEIGHTS, toy.INPUTS, toy.TARGETS))
    assert [plain(part) for part in line.replace('<span class="', "<").split(" ")] == [
        "0.15 × 0.05", "+", "0.20 × 0.10", "= 0.0275"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "colour"), [("w3", "update"), ("i1", "forward"), ("t2", "target"), ("a_o1", "forward"),
                         ("dE_dw5", "gradient"), ("da_h1_dh1", "gradient"), ("E_total", None), ("rate", None)]
)  # fmt: skip
def test_a_number_has_the_colour_of_its_meaning(name, colour):
    assert arithmetic.number(name, -0.5).startswith(f'<span class="{colour}">−0.5' if colour else "−0.5")


def test_numbers_below_nought_stand_in_brackets_after_a_sign():
    numbers = arithmetic.evaluate(-toy.WEIGHTS, [1, 1], toy.TARGETS)
    assert plain(arithmetic.line("h1", numbers)) == "-0.15 × 1.00 + (-0.20) × 1.00 = -0.35"


def test_rounding_leaves_no_trace_in_a_sum_of_given_numbers():
    numbers = arithmetic.evaluate(toy.WEIGHTS, [1, -0.75], toy.TARGETS)
    assert plain(arithmetic.line("h1", numbers)) == "0.15 × 1.00 + 0.20 × (-0.75) = 0"
    assert numbers["h1"] == 0 and numbers["a_h1"] == 0.5
    assert toy.forward(toy.WEIGHTS, [1, -0.75]).h[0] != 0  # or there would be nothing to see


def test_a_number_of_a_table_keeps_three_digits():
    told = {
        0.000317: "0.000317",
        -0.000099: "-9.90e-05",
        0: "0.000000",
        2e-87: "2.00e-87",
        -12.5: "-12.500000",
    }
    assert {number: arithmetic.decimals(number) for number in told} == told
    assert arithmetic.decimals(-0.0) == "0.000000"
    assert arithmetic.decimals(0.01, 4) == "0.0100" and arithmetic.decimals(0.00999, 4) == "9.99e-03"
    for value in np.random.default_rng(1).normal(size=200) * 10.0 ** np.arange(-100, 0, 0.5):
        assert float(arithmetic.decimals(value)) == pytest.approx(value, rel=0.005)


def test_what_cancels_is_no_equation():
    numbers = {"h1": 1 + 2**-52, "h2": 1.0}
    assert "≈" in arithmetic.line("o1", numbers, "h1 - h2")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: arithmetic.line("h3", {}), "name: got 'h3'; takes one of 'h1'"),
        (lambda: arithmetic.line("h1", {"w1": 1}, "w1 * x"), "formula: got 'x'; takes one of 'w1'"),
        (
            lambda: arithmetic.line("h1", {"w1": 1}, "w1.__class__"),
            "formula: got 'w1.__class__'; takes names",
        ),
        (lambda: arithmetic.line("h1", {"w1": 1}, "w1 * __name__"), "formula: got '__name__'; takes one of"),
        (lambda: arithmetic.line("h1", {"w1": 1}, "w1", 16), "digits: got 16; takes a whole number from 1"),
        (lambda: arithmetic.decimals(1, 2), "places: got 2; takes a whole number from 3 to 15"),
        (lambda: arithmetic.decimals(np.nan), "value: got nan"),
        (lambda: arithmetic.evaluate([[1]], [1, 2], [1, 2]), "weights: got shape"),
        (lambda: arithmetic.evaluate(toy.WEIGHTS, [[1, 2]], [1, 2]), r"inputs: got shape \(1, 2\); takes"),
        (lambda: arithmetic.evaluate(toy.WEIGHTS, [1, 2], [1, 2], 0), "learning_rate: got 0"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(call, told):
    with pytest.raises(ValueError, match=told):
        call()
