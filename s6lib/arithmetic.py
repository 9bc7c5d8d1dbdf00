"""The arithmetic of Part 1 written out: 0.15 × 0.05 + 0.20 × 0.10 = 0.0275, each number in its colour.

::

    numbers = arithmetic.evaluate(weights, inputs, targets)
    arithmetic.line("h1", numbers)                                  # one operation, its numbers put in
    arithmetic.line("dE_dw5", numbers, "dE_da_o1 * da_o1_do1 * a_h1")    # by another formula
    arithmetic.number("a_h1", numbers["a_h1"])                      # one number
    arithmetic.decimals(gradient[0, 0, 0])                          # a number of a table

`line` and `number` return Markdown, for a sentence or a line of its own. The colours are the page's: a number
is a `<span>` of the class `forward`, `gradient`, `update` or `target`, and plain text where nothing defines
these, as in Colab.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from s6lib import checks, toy, words

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: What a training step computes before its update, in order, and how; `sigma` is the sigmoid.
FORMULAS = {
    "h1": "w1 * i1 + w2 * i2",
    "a_h1": "sigma(h1)",
    "h2": "w3 * i1 + w4 * i2",
    "a_h2": "sigma(h2)",
    "o1": "w5 * a_h1 + w6 * a_h2",
    "a_o1": "sigma(o1)",
    "o2": "w7 * a_h1 + w8 * a_h2",
    "a_o2": "sigma(o2)",
    "E1": "(t1 - a_o1)**2 / 2",
    "E2": "(t2 - a_o2)**2 / 2",
    "E_total": "E1 + E2",
    "da_h1_dh1": "sigma(h1) * sigma(-h1)",
    "da_h2_dh2": "sigma(h2) * sigma(-h2)",
    "da_o1_do1": "sigma(o1) * sigma(-o1)",
    "da_o2_do2": "sigma(o2) * sigma(-o2)",
    "dE_da_o1": "a_o1 - t1",
    "dE_da_o2": "a_o2 - t2",
    "dE_do1": "(a_o1 - t1) * da_o1_do1",
    "dE_dw5": "dE_do1 * a_h1",
    "dE_dw6": "dE_do1 * a_h2",
    "dE_do2": "(a_o2 - t2) * da_o2_do2",
    "dE_dw7": "dE_do2 * a_h1",
    "dE_dw8": "dE_do2 * a_h2",
    "dE_dh1": "(dE_do1 * w5 + dE_do2 * w7) * da_h1_dh1",
    "dE_dw1": "dE_dh1 * i1",
    "dE_dw2": "dE_dh1 * i2",
    "dE_dh2": "(dE_do1 * w6 + dE_do2 * w8) * da_h2_dh2",
    "dE_dw3": "dE_dh2 * i1",
    "dE_dw4": "dE_dh2 * i2",
}
#: What is given, and so written as it was given.
GIVEN = re.compile(r"[wit]\d|rate")
#: A name in a formula.
NAME = re.compile(r"\b(?!sigma\b)[a-zA-Z_]\w*")
#: All that a formula is made of, so that nothing but arithmetic is carried out.
FORMULA = re.compile(r"[\w\s*/()+-]+", re.ASCII)
#: Signs of a formula, and how a book writes them: a product stays together where a line breaks.
SIGNS = {" * ": "\u00a0×\u00a0", " / ": "\u00a0/\u00a0", "**2": "²", "-": "−", "sigma": "σ"}


def evaluate(
    weights: ArrayLike, inputs: ArrayLike, targets: ArrayLike, learning_rate: float = 0.5
) -> dict[str, float]:
    """Every quantity of one training step by its name: those of `FORMULAS`, w1 to w8, i1, i2, t1, t2, `rate`.

    weights : (2, 2, 2); inputs, targets : (2,); learning_rate : above 0

    Raises TypeError for what is not a number and ValueError for another shape, NaN or infinity.
    """
    numbers = {"rate": checks.rate("learning_rate", learning_rate)}
    given = (
        ("w", "weights", weights, (2, 2, 2)),
        ("i", "inputs", inputs, (2,)),
        ("t", "targets", targets, (2,)),
    )
    for letter, name, value, shape in given:
        array = checks.array(name, value, shape)
        if array.shape != shape:
            raise ValueError(f"{name}: got shape {array.shape}; takes shape {shape}")
        numbers |= {f"{letter}{k}": one for k, one in enumerate(array.ravel().tolist(), 1)}
    for name, formula in FORMULAS.items():
        numbers[name] = _result(formula, numbers)
    return numbers


def line(name: str, numbers: dict[str, float], formula: str | None = None, digits: int = 4) -> str:
    """An operation with its numbers put in, and what it comes to: the quantity `name`, by its own formula or
    another.

    The result has `digits` digits. The other numbers have as many, or more where a pocket calculator that is
    fed with them would come to another result. Where even 15 do not suffice, as where numbers cancel, the
    result stands after ≈.

    Raises ValueError for a name that `FORMULAS` lacks, where no other formula is given, for a formula with
    other signs than those of arithmetic or a name that the `numbers` lack, and for more than 15 digits.
    """
    formula = FORMULAS[checks.one_of("name", name, FORMULAS)] if formula is None else formula
    if not FORMULA.fullmatch(formula):
        raise ValueError(f"formula: got {formula!r}; takes names, whole numbers, + - * / ** and brackets")
    names = [checks.one_of("formula", each, numbers) for each in NAME.findall(formula)]
    result, sign = _result(formula, numbers), "≈"
    for enough in range(checks.whole("digits", digits, 1, 15), 16):
        if _plain(_value(formula, _fed(names, numbers, enough)), digits) == _plain(result, digits):
            sign = "="
            break
    for code, written in SIGNS.items():
        formula = formula.replace(code, written)
    filled = NAME.sub(lambda found: _filled(found, numbers, enough), formula)
    return f"{filled} {sign}\u00a0{_coloured(name, _plain(result, digits))}"


def block(*lines: str) -> str:
    """Lines one below the other, as a paragraph of its own, of the class `arithmetic`."""
    return f'<p class="arithmetic">{"<br>".join(lines)}</p>'


def number(name: str, value: float, digits: int = 4) -> str:
    """The number `value` of the quantity `name` in its colour, with `digits` digits.

    What was given has two places, as in 0.20, or all that it needs.
    """
    return _coloured(name, _written(name, value, digits))


def decimals(value: float, places: int = 6) -> str:
    """A number of a table, with so many decimals; as 1.23e-07 where these would leave fewer than three of its
    digits.

    Raises TypeError or ValueError for what is no number, and for other than 3 to 15 places.
    """
    value, places = float(checks.array("value", value, ())) + 0.0, checks.whole("places", places, 3, 15)
    return f"{value:.2e}" if 0 < abs(value) < 10.0 ** (2 - places) else f"{value:.{places}f}"


def _filled(found, numbers, digits):
    """The number in place of a name in a formula; one below 0 after another sign stands in brackets."""
    text = _written(found[0], numbers[found[0]], digits)
    after_a_sign = found.start() and found.string[found.start() - 1] != "("
    return _coloured(found[0], f"({text})" if text[0] == "-" and after_a_sign else text)


def _coloured(name, text):
    colours = {"w": "update", "t": "target", "d": "gradient", "E": "", "r": ""}
    colour, text = (
        colours.get(name[0], "forward"),
        text.replace("-", "−").replace(".", words.CATALOGUE.decimal),
    )
    return f'<span class="{colour}">{text}</span>' if colour else text


def _written(name, value, digits):
    if not GIVEN.fullmatch(name):
        return _plain(value, digits)
    return f"{value:.2f}" if name != "rate" and round(value, 2) == value else _plain(value, 15)


def _plain(value, digits):
    """As people write it, 0.0003168, unless that would be nothing but zeros."""
    if value and abs(value) < 1e-9:
        return f"{value:.{digits}g}"
    return np.format_float_positional(value + 0.0, digits, unique=False, fractional=False, trim="-")


def _result(formula, numbers):
    """What it comes to: of what was given in decimal digits, where float64 may leave a trace of rounding."""
    names = NAME.findall(formula)
    return _value(formula, _fed(names, numbers, 15) if all(map(GIVEN.fullmatch, names)) else numbers)


def _fed(names, numbers, digits):
    """What a pocket calculator is fed with: these numbers, as they are written with so many digits."""
    return {each: Decimal(_written(each, numbers[each], digits)) for each in names}


def _value(formula, numbers):
    """What the formula comes to, as a float; Decimal numbers are calculated with in decimal digits."""
    return float(eval(formula, {"__builtins__": {}, "sigma": _sigma}, numbers))


def _sigma(z):
    return type(z)(float(toy.sigmoid(float(z))))
