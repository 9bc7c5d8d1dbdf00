"""The sheet that checks the network's sheet: each gradient against central differences, in formulas."""

from __future__ import annotations

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from s6lib.worksheet import looks
from s6lib.worksheet.courses import WEIGHTS, row
from s6lib.worksheet.network import FIRST, HEADING, MOST, headings, place

#: How far a weight is nudged, below what a slope is compared with this instead, and what is too far off.
SETTINGS = {"nudge": 1e-6, "floor": 1e-4, "tolerance": 1e-5}
#: Where they stand.
NUDGE, FLOOR, TOLERANCE = "$C$3", "$D$3", "$E$3"
SIGNS = {"+": 1, "−": -1}
NUDGED = [(name, sign) for name in WEIGHTS for sign in SIGNS]
GROUPS = (
    ("", "plain", ("step", "verdict")),
    ("relative difference", "plain", tuple(f"off {name}" for name in WEIGHTS)),
    ("slope by nudging: (E+ − E−) / (2 × nudge)", "forward", tuple(f"nudged {name}" for name in WEIGHTS)),
    ("slope of the sheet Network", "gradient", tuple(f"sheet {name}" for name in WEIGHTS)),
    ("hidden activation, its weight nudged", "forward", tuple(f"a_h, {n} {s}" for n, s in NUDGED[:8])),
    ("E_total, one weight nudged", "plain", tuple(f"E, {name} {sign}" for name, sign in NUDGED)),
)
COLUMN = {name: k for k, name in enumerate(name for *_, names in GROUPS for name in names)}


def draw(sheet, styles, own, given):
    """Fill the sheet.

    own : the quantities of the sheet Network, by `courses.course`; given : i1, i2, t1 and t2
    """
    looks.page(sheet, HEADING - 2, HEADING, across=2)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, max(COLUMN.values()), 11)
    sheet.write_string(
        0, 0, "Is the gradient right? Each weight nudged up and down, at each step", styles.title
    )
    last = FIRST + len(own["E_total"]) - 1
    sheet.write_string(1, 1, "all of it", styles.label("plain"))
    verdicts = _range("verdict", last)
    all_of_it = f'=IF(COUNTIF({verdicts},"agrees")=ROWS({verdicts}),"agrees","look here")'
    sheet.write_formula(2, 1, all_of_it, styles.verdict(), "agrees")
    for column, (name, value) in enumerate(SETTINGS.items(), 2):
        sheet.write_string(1, column, name, styles.label("plain"))
        sheet.write_number(2, column, value, styles.given("plain"))
        looks.numbers_only(sheet, 2, column, name, above_zero=True)
    for k, note in enumerate(
        (
            "No derivative is used here: a weight is nudged up and down, and the error computed anew.",
            "The difference is relative to the larger of the two slopes, or to the floor if that is larger.",
            "Change a formula of the gradient on the sheet Network, and its columns say: look here.",
        ),
        3,
    ):
        sheet.write_string(k, 2, note, styles.note)
    headings(sheet, styles, GROUPS, {})
    sheet.freeze_panes(FIRST, 2)
    values = _values(own, given)
    sheet.write_string(HEADING - 3, 1, "every step", styles.label("plain"))
    for name in WEIGHTS:
        column = COLUMN[f"off {name}"]
        text = f'=IF(MAX({_range(f"off {name}", last)})<={TOLERANCE},"agrees","look here")'
        sheet.write_formula(HEADING - 3, column, text, styles.verdict(), "agrees")
    cells = {name: (text, styles(ink, number)) for name, (text, ink, number) in _row().items()}
    cells["verdict"] = (cells["verdict"][0], styles.verdict())
    for step in range(len(own["E_total"])):
        line = FIRST + step
        sheet.write_number(line, 0, step, styles("plain", "0"))
        for name, (text, look) in cells.items():
            value = values[name][step] if name == "verdict" else looks.finite(values[name][step])
            sheet.write_formula(line, COLUMN[name], text.format(row=line + 1), look, value)
    wrong = {"type": "cell", "criteria": "==", "value": '"look here"', "format": styles.wrong}
    sheet.conditional_format(2, 1, last, COLUMN["off w8"], wrong)
    far = {"type": "cell", "criteria": ">", "value": TOLERANCE, "format": styles.wrong}
    sheet.conditional_format(FIRST, COLUMN["off w1"], last, COLUMN["off w8"], far)


def _range(name, last):
    letter = xl_col_to_name(COLUMN[name])
    return f"{letter}{FIRST + 1}:{letter}{last + 1}"


def _row():
    """Each column's formula, to be formatted with the number of its row, its ink and its number's look."""
    here = {name: f"{xl_col_to_name(column)}{{row}}" for name, column in COLUMN.items()}
    made = {}
    offs = f"{here['off w1']}:{here['off w8']}"
    made["verdict"] = (f'=IF(MAX({offs})<={TOLERANCE},"agrees","look here")', "plain", "General")
    for name in WEIGHTS:
        nudged, sheet, up, down = (
            here[each] for each in (f"nudged {name}", f"sheet {name}", f"E, {name} +", f"E, {name} −")
        )
        made[f"off {name}"] = (
            f"=ABS({nudged}-{sheet})/MAX(ABS({nudged}),ABS({sheet}),{FLOOR})",
            "plain",
            "0.0E+00",
        )
        made[f"nudged {name}"] = (f"=({up}-{down})/(2*{NUDGE})", "forward", looks.SMALL)
        made[f"sheet {name}"] = (f"=Network!{place(f'dE_d{name}')}", "gradient", looks.SMALL)
    for name, sign in NUDGED:
        if name in WEIGHTS[:4]:
            made[f"a_h, {name} {sign}"] = (_activation(name, sign), "forward", looks.NUMBER)
        made[f"E, {name} {sign}"] = (_error(name, sign, here), "plain", looks.SMALL)
    return made


def _nudged(name, sign):
    """The cells of the sheet Network by their names, and the weight `name` moved."""

    def at(each):
        cell = f"Network!{place(each)}"
        return f"({cell}{sign.replace('−', '-')}{NUDGE})" if each == name else cell

    return at


def _activation(name, sign):
    """Of the hidden neuron that the weight enters."""
    at = _nudged(name, sign)
    first, second = ("w1", "w2") if name in ("w1", "w2") else ("w3", "w4")
    return "=" + _sigmoid(f"{at(first)}*{at('i1')}+{at(second)}*{at('i2')}")


def _error(name, sign, here):
    """E_total in one cell, from the two hidden activations."""
    at = _nudged(name, sign)
    hidden = {"w1": "a_h1", "w2": "a_h1", "w3": "a_h2", "w4": "a_h2"}.get(name)
    one, two = (here[f"a_h, {name} {sign}"] if each == hidden else at(each) for each in ("a_h1", "a_h2"))
    first, second = (
        f"({at(target)}-{_sigmoid(f'{at(a)}*{one}+{at(b)}*{two}')})^2"
        for target, a, b in (("t1", "w5", "w6"), ("t2", "w7", "w8"))
    )
    return f"=({first}+{second})/2"


def _sigmoid(text):
    return f"1/(1+EXP(MIN(-({text}),{MOST})))"


def _values(own, given):
    """What the columns come to, each for all steps."""
    weights = {name: own[name] for name in WEIGHTS}
    made = {}
    for name, sign in NUDGED:
        moved = row({**weights, name: weights[name] + SIGNS[sign] * SETTINGS["nudge"]}, given)
        made[f"E, {name} {sign}"] = moved["E_total"]
        made[f"a_h, {name} {sign}"] = moved["a_h1" if name in ("w1", "w2") else "a_h2"]
    for name in WEIGHTS:
        nudged = (made[f"E, {name} +"] - made[f"E, {name} −"]) / (2 * SETTINGS["nudge"])
        sheet = own[f"dE_d{name}"]
        larger = np.maximum(np.maximum(abs(nudged), abs(sheet)), SETTINGS["floor"])
        made |= {
            f"nudged {name}": nudged,
            f"sheet {name}": sheet,
            f"off {name}": abs(nudged - sheet) / larger,
        }
    furthest = np.max([made[f"off {name}"] for name in WEIGHTS], axis=0)
    made["verdict"] = ["agrees" if each <= SETTINGS["tolerance"] else "look here" for each in furthest]
    return made
