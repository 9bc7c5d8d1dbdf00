"""Which numbers a reader gets, and what an answer is worth: the twin of `judge.js`."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from s6lib.widgets.question import formulas, spelling
from s6lib.words import CATALOGUE, plural, t

SETS = 9999  #: sets of numbers, from 1; also in sets.js
RIGHT, WRONG, TOLD = "right", "wrong", "told"
SHORT = t("Right so far, but rounded: give more digits.")
FEW = t("Too few digits to tell: give more.")  #: a mistake has the same
#: How often new numbers are drawn, where a mistake comes too near, before none are found.
DRAWS = 50


class Verdict(NamedTuple):
    """What an answer is worth: `right` is True or False, or None where the answer was not understood, or is
    right as far as it goes; `says` is what the reader is told."""

    right: bool | None
    says: str


def random(key):
    """A generator of whole numbers below 2^32 from a text in ASCII: FNV-1a, then mulberry32."""
    state = 2166136261
    for letter in key.encode("ascii"):
        state = (state ^ letter) * 16777619 & 0xFFFFFFFF

    def one():
        nonlocal state
        state = state + 0x6D2B79F5 & 0xFFFFFFFF
        mixed = (state ^ state >> 15) * (1 | state) & 0xFFFFFFFF
        mixed = (mixed + ((mixed ^ mixed >> 7) * (61 | mixed) & 0xFFFFFFFF) & 0xFFFFFFFF) ^ mixed
        return mixed ^ mixed >> 14

    return one


def shuffled(count, key):
    """The numbers 0 to count - 1 in an order that `key` decides."""
    order, one = list(range(count)), random(key)
    for last in range(count - 1, 0, -1):
        place = one() % (last + 1)
        order[last], order[place] = order[place], order[last]
    return order


def mixed(count, key):
    """The same in an order that is never their own."""
    order = shuffled(count, key)
    return order if order != sorted(order) else [*order[1:], 0]


def numbers(spec, chosen=1):
    """The numbers by name that readers with the set `chosen` get: given, drawn from ranges, computed.

    Where a mistake would come too near the right answer, others are drawn. Raises ValueError, naming both,
    where that does not help.
    """
    told = ""
    for draw in range(DRAWS if varies(spec) else 1):
        values = drawn(spec, random(f"{chosen}/{spec['name']}/{draw}"))
        told = near(spec, values)
        if not told:
            return values
    raise ValueError(told)


def varies(spec):
    """Whether each reader gets other numbers."""
    return any(isinstance(each, (list, tuple)) for each in spec["given"].values())


def drawn(spec, one):
    values = {}
    for name, each in spec["given"].items():
        if isinstance(each, (list, tuple)):
            low, high, step = each
            values[name] = round(low + step * (one() % (math.floor((high - low) / step + 1e-9) + 1)), 10)
        else:
            values[name] = worth(each, values)
    return values


def worth(number, values):
    """A number, or what a formula comes to."""
    return formulas.value(number, values) if isinstance(number, str) else float(number)


def near(spec, values):
    """The first two answers of a blank that are too near to be told apart, as a sentence, or ""."""
    for blank in spec.get("blanks", ()):
        known = [(blank["right"], worth(blank["right"], values))]
        for wrong, _ in blank["wrong"]:
            value = worth(wrong, values)
            for other, another in known:
                apart, tolerance = abs(value - another), allowed(blank, value) + allowed(blank, another)
                if apart <= tolerance:
                    return (
                        f"{blank['name']}: {wrong!r} comes to {value:.6g}, and {other!r} to {another:.6g}; "
                        f"takes answers that are more than {tolerance:.3g} apart"
                    )
            known.append((wrong, value))
    return ""


def magnitude(value):
    """The power of ten of its first digit."""
    return int(f"{value:.16e}".partition("e")[2])


def allowed(blank, value):
    """How far an answer may lie from `value`: one in the last of its digits, unless the question says."""
    if "absolute" in blank:
        return blank["absolute"]
    if "relative" in blank:
        return blank["relative"] * abs(value)
    return 10.0 ** (magnitude(value) - blank["digits"] + 1) if value else 10.0 ** -blank["digits"]


def fits(blank, answer, value):
    return abs(answer - value) <= allowed(blank, value) * (1 + 1e-9) + 1e-12 * abs(value)


def rounded(answer, half, value):
    """Whether `answer` is `value` to fewer digits. A bare 0 is no rounding of 0.4."""
    return abs(answer - value) <= half * (1 + 1e-9) and half < abs(value) / 2


def judge_number(blank, values, text):
    """(RIGHT, WRONG or TOLD, what it says) of a number as it was typed. What it says of a right one is ""."""
    means, told = spelling.readings(text, blank["unit"])
    if not means:
        return TOLD, told
    right = worth(blank["right"], values)
    mistakes = [(worth(wrong, values), says) for wrong, says in blank["wrong"]]
    if any(fits(blank, answer, right) for answer, _ in means):
        return RIGHT, ""
    answer, half = means[0]
    named = [says for wrong, says in mistakes if any(fits(blank, each, wrong) for each, _ in means)]
    if rounded(answer, half, right):
        alike = named or any(rounded(answer, half, wrong) for wrong, _ in mistakes)
        return TOLD, FEW if alike else SHORT
    if named:
        return WRONG, named[0]
    return (TOLD, told) if told else unknown(blank, answer, right)


def unknown(blank, answer, right):
    """The same of a mistake without a name."""
    if right and fits(blank, -answer, right):
        return WRONG, t("The size is right, the sign is not.")
    for power in range(-6, 7):
        if power and answer and right and fits(blank, answer * 10.0**power, right):
            if blank["unit"] == "%" and power == 2:
                return TOLD, t("Right so far: give it in percent.")
            return WRONG, t("The digits are right, the decimal point is not.")
    return WRONG, t("It is less than that.") if answer > right else t("It is more than that.")


def judge_choice(spec, ticked):
    """The same of the places of the choices that were taken."""
    for place in ticked:
        if not spec["choices"][place]["right"]:
            return WRONG, spec["choices"][place]["says"]
    missing = sum(choice["right"] for choice in spec["choices"]) - len(set(ticked))
    if not ticked:
        return TOLD, t("Choose an answer first.")
    return (TOLD, t("Right so far, and there is more.")) if missing else (RIGHT, "")


def judge_order(spec, order):
    """The same of the places of the items, in the order of the answer."""
    if list(order) == list(range(len(spec["items"]))):
        return RIGHT, ""
    for wrong, says in spec["wrong"]:
        at = [list(order).index(item) for item in wrong]
        if at == sorted(at):
            return WRONG, says
    place = next(k for k, item in enumerate(order) if item != k)
    if not place:
        return WRONG, t("Something else comes first.")
    return WRONG, plural(place, "The first is right.", "The first {0} are right.", **{"0": place})


def judge_curve(spec, curve):
    """The same of the heights of a curve."""

    def off(other):
        return max(abs(mine - its) for mine, its in zip(curve, other, strict=True))

    if off(spec["right"]) <= spec["absolute"]:
        return RIGHT, ""
    named = min(((off(each), says) for each, says in spec["wrong"]), default=(math.inf, ""))
    if named[0] < off(spec["right"]):
        return WRONG, named[1]
    place = max(range(len(curve)), key=lambda k: abs(curve[k] - spec["right"][k]))
    high, here = curve[place] > spec["right"][place], written(spec["at"][place])
    return WRONG, t("At {0} it is too high.", here) if high else t("At {0} it is too low.", here)


def written(value, digits=6):
    """`value` as a text shows it, with at most so many significant digits."""
    if not value:
        return "0"
    size = Decimal(value).copy_abs()
    rounded = size.quantize(Decimal(1).scaleb(size.adjusted() - digits + 1), ROUND_HALF_UP)
    text = format(rounded, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if rounded < Decimal("1e-6"):
        mantissa, _, power = f"{rounded.normalize():e}".partition("e")
        text = f"{mantissa}e−{power[1:].lstrip('0')}"
    return ("−" if value < 0 else "") + text.replace(".", CATALOGUE.decimal)
