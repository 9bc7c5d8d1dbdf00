"""Spreadsheets as people hand them in, made by a program: in many spellings, layouts and ways of writing,
with slips.

::

    sheets.write(path, [sheets.Plan(slip="other_hidden_slope")])
"""

import re
from dataclasses import dataclass, field

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from s6lib import slips, toy

GRADIENT = [f"dE_dw{k}" for k in range(1, 9)]
LONG = "i1 i2 t1 t2 w1 w2 w3 w4 h1 a_h1 h2 a_h2 w5 w6 w7 w8 o1 a_o1 o2 a_o2 E1 E2 E_total".split() + GRADIENT
PIECES = "da_o1_do1 da_o2_do2 dE_do1 dE_do2 da_h1_dh1 da_h2_dh2 dE_dh1 dE_dh2".split()
#: How people spell headings: {name of the style: what becomes of a quantity's name}.
SPELLINGS = {
    "library": lambda name: name,
    "act": lambda name: _spelled(name, "net_{}", "act_{}", "E_tot", "∂E/∂{}"),
    "out": lambda name: _spelled(name, "net_{}", "out_{}", "Etotal", "δE_tot/δ{}", i="x{}", t="target{}"),
    "run together": lambda name: _spelled(name, "z_{}", "a{}", "Etotal", "Etotald{}"),
    "capitals": lambda name: (
        _spelled(name, "{}", "a_{}", "E_T", "∂E∂{}", "E_{}").upper()
        if not name.startswith(("a_", "h", "o"))
        else _spelled(name, "{}", "a_{}", "E_T", "", "E_{}")
    ),
    "short": lambda name: _spelled(name, "{}", "a_{}", "E", "d{}", "e_{}"),
    "subscripts": lambda name: re.sub(
        r"\d", lambda d: "₀₁₂₃₄₅₆₇₈₉"[int(d[0])], _spelled(name, "{}", "a_{}", "E_total", "∂Eₜ/∂{}")
    ),
    "spaces": lambda name: _spelled(
        name, "in {}", "out {}", "Total Error", "dE / d{}", "Error {}", t="Target {}"
    ),
    "split": lambda name: _spelled(name, "{}_in", "{}_out", "E total", "grad {}"),
    "plain activation": lambda name: re.sub(
        r"_d([ho]\d)$", r"/dnet_\1", _spelled(name, "net_{}", "{}", "Error", "ΔE/Δ{}")
    ),
    "underscores": lambda name: _spelled(name, "in_{}", "a_{}", "E_total", "dE_t/d{}"),
}
LAYOUTS = ("top", "columns", "lower right", "two rows", "across")
WRITINGS = ("long", "pieces", "power", "absolute")


def _spelled(name, total_in, active, total, slope, error="E{}", i="i{}", t="t{}"):
    if found := re.fullmatch(r"([hoit])(\d)", name):
        return {"h": total_in, "o": total_in, "i": i, "t": t}[found[1]].format(
            name if found[1] in "ho" else found[2]
        )
    if found := re.fullmatch(r"a_([ho]\d)", name):
        return active.format(found[1])
    if found := re.fullmatch(r"E(\d)", name):
        return error.format(found[1])
    if name == "E_total":
        return total
    if found := re.fullmatch(r"dE_d(w\d)", name):
        return slope.format(found[1])
    return name


@dataclass
class Plan:
    """One table."""

    slip: str | None = None
    spelling: str = "library"
    layout: str = "top"
    writing: str = "long"
    cached: bool = True
    steps: int = 12
    rate: float = 0.7
    rate_name: str = "η"
    columns: list = field(default_factory=list)
    only: tuple = ()  #: quantities that the slip is in; all where empty
    weights: tuple = tuple(toy.WEIGHTS.ravel())
    inputs: tuple = (0.05, 0.10)
    targets: tuple = (0.01, 0.99)
    sheet: str | None = None
    step_column: bool = False
    values_only: int = 0  #: digits of numbers, without formulas; 0 for formulas
    beside: bool = False  #: right of the table before it, not below
    changed: dict = field(default_factory=dict)  #: {(quantity, step): formula or number}, as it is put in


def quantities_of(plan):
    """The columns of a table, in order, without those that are constants."""
    names = plan.columns or LONG[:23] + (PIECES if plan.writing == "pieces" else []) + GRADIENT
    given = ("i1", "i2", "t1", "t2") if plan.layout != "columns" else ()
    return [name for name in names if name not in given]


class Made:
    """Where things are in a table that was written: `cell(name, step)` and `formula(name, step)`."""

    def __init__(self, plan, top, left, names):
        self.plan, self.top, self.left, self.names, self.constants = plan, top, left, names, {}
        self.formulas = {}

    def spot(self, name, step):
        """(row, column) from 0."""
        at = self.names.index(name)
        return (
            (self.top + at, self.left + step)
            if self.plan.layout == "across"
            else (self.top + step, self.left + at)
        )

    def cell(self, name, step, fixed=""):
        row, column = self.spot(name, step)
        return f"{fixed}{xl_col_to_name(column)}{row + 1}"

    def written(self, name, step):
        if name in self.names:
            return self.cell(
                name,
                step,
                "$"
                if self.plan.writing == "absolute"
                and not name.startswith("d")
                and self.plan.layout != "across"
                else "",
            )
        return self.constants[name]


def history(plan):
    """All numbers of the table: a list of dicts, one a step; each follows from the sheet's own wrong ones."""
    weights, steps = np.reshape(plan.weights, (2, 2, 2)), []
    update = plan.slip and slips.SLIPS[plan.slip].of == "update"
    for _ in range(plan.steps):
        chosen = [plan.slip] if plan.slip else []
        found = slips.quantities(weights, plan.inputs, plan.targets, *chosen, learning_rate=plan.rate)
        if plan.only:
            right = slips.quantities(weights, plan.inputs, plan.targets, learning_rate=plan.rate)
            found = {name: found[name] if name in plan.only else right[name] for name in found}
        given = dict(zip(("i1", "i2", "t1", "t2", "rate"), (*plan.inputs, *plan.targets, plan.rate)))
        given |= {f"w{k}": value for k, value in enumerate(weights.ravel(), 1)}
        steps.append({**{name: float(value) for name, value in found.items()}, **given})
        new = []
        for k in range(1, 9):
            wrong = update and (not plan.only or f"w{k}_new" in plan.only)
            new.append(found[f"w{k}_new"] if wrong else given[f"w{k}"] - plan.rate * found[f"dE_dw{k}"])
        weights = np.reshape(new, (2, 2, 2))
    return steps


def formula(made, name, step):
    """A quantity's formula in the cells of its row."""
    plan = made.plan
    if re.fullmatch(r"w\d", name) and f"{name}_new" in made.names:
        return "=" + made.written(f"{name}_new", step - 1)
    if re.fullmatch(r"w\d", name):
        target, row = f"{name}_new", step - 1
        among = made.names
    else:
        target, row = name, step
        at = made.names.index(name)
        among = made.names[:at]
    chosen = [plan.slip] if plan.slip and (not plan.only or target in plan.only) else []
    text = slips.written(target, *chosen, among=[one for one in among if one in slips.FORMULAS])
    return "=" + spelled(made, text, row)


def spelled(made, text, row):
    """A formula in the language of `arithmetic`, in the cells of a row."""
    plan = made.plan

    def put(found):
        slope, sign, active, word = found.groups()
        if slope:
            inner = made.written(f"a_{slope}" if not slope.startswith("a_") else slope, row)
            if slope.startswith("a_"):
                return f"1/(1+EXP(-{inner}))*(1-1/(1+EXP(-{inner})))"
            return f"{inner}*(1-{inner})"
        if active:
            return f"1/(1+EXP({'' if sign else '-'}{made.written(active, row)}))"
        return made.written(word, row)

    text = re.sub(r"sigma\((\w+)\) \* sigma\(-\1\)|sigma\((-?)(\w+)\)|\b([a-zA-Z]\w*)", put, text)
    if plan.writing == "power":
        text = re.sub(r"(\([^()]*\))\*\*2 / 2", r"0.5*POWER(\1,2)", text)
        text = re.sub(r"(\([^()]*\))\*\*2", r"POWER(\1,2)", text)
    return text.replace("**", "^").replace(" ", "")


def write(path, plans):
    """Write a workbook with these tables, each on a sheet of its own or, where two name the same `sheet`,
    below each other. Returns a `Made` for each."""
    book = xlsxwriter.Workbook(path)
    sheets, below, result = {}, {}, []
    for number, plan in enumerate(plans, 1):
        title = plan.sheet or f"Sheet{number}"
        if title not in sheets:
            sheets[title] = book.add_worksheet(title)
        if plan.beside:
            before = result[-1]
            top, left = before.start, before.left + len(before.names) + 2
        else:
            top, left = below.get(title, 0), 0
        result.append(_table(book, sheets[title], plan, top, left))
        result[-1].start, result[-1].sheet = top, title
        below[title] = result[-1].top + max(plan.steps, 34 if plan.layout == "across" else 0) + 3
    book.close()
    return result


def _table(book, sheet, plan, top, left=0):
    names = quantities_of(plan)
    spell = SPELLINGS[plan.spelling]
    first = top
    if plan.layout == "lower right":
        left, first = left + 5, top + 20
    constants = ["rate"] if plan.layout == "columns" else ["i1", "i2", "t1", "t2", "rate"]
    values = dict(zip(("i1", "i2", "t1", "t2", "rate"), (*plan.inputs, *plan.targets, plan.rate)))
    made = Made(plan, 0, 0, names)
    for at, name in enumerate(constants):
        label = plan.rate_name if name == "rate" else spell(name)
        if plan.layout == "two rows":  # the name above its value
            spot = (first + 1, left + 2 * at)
            sheet.write(first, left + 2 * at, label)
        else:
            spot = (first + at, left + 1)
            sheet.write(first + at, left, label)
        sheet.write_number(*spot, values[name])
        made.constants[name] = f"${xl_col_to_name(spot[1])}${spot[0] + 1}"
    first += len(constants) + 1
    header = first
    made.top, made.left = (first, left + 4) if plan.layout == "across" else (first + 1, left)
    if plan.step_column:
        made.left += 1
        sheet.write(header, made.left - 1, "step")
    if plan.layout == "two rows":
        made.top += 1
        header += 1
        bold = book.add_format({"bold": True})
        at = names.index("dE_dw1")
        sheet.merge_range(header - 1, made.left + at, header - 1, made.left + at + 7, "Gradients", bold)
    corner = (made.top, made.left - 1) if plan.layout == "across" else (header, made.left)
    made.heading = f"{xl_col_to_name(corner[1])}{corner[0] + 1}"
    for at, name in enumerate(names):
        text = name[3:].replace("d", "") if plan.layout == "two rows" and name in GRADIENT else spell(name)
        if plan.layout == "across":
            sheet.write(made.top + at, made.left - 1, text)
        else:
            sheet.write(header, made.left + at, text)
    for step, numbers in enumerate(history(plan)):
        if plan.step_column:
            sheet.write_number(made.top + step, made.left - 1, step)
        for name in names:
            _cell(sheet, made, name, step, numbers[name])
    return made


def numbered_the_other_way(made):
    """What to change in a table so that w2 leads from i1 to h2, w3 from i2 to h1, as in many a textbook; and
    so w6 and w7: {(name, step): formula}, as `Plan.changed` has it."""
    other = {"w2": "w3", "w3": "w2", "w6": "w7", "w7": "w6"}
    steps = range(made.plan.steps)
    places = {made.cell(name, step): (name, step) for name in made.names for step in steps}

    def renamed(name):
        return name[:-2] + other.get(name[-2:], name[-2:])

    def put(found):
        name, step = places.get(found[0], (None, 0))
        return found[0] if name is None else made.cell(renamed(name), step)

    return {
        (renamed(name), step): re.sub(r"\b[A-Z]+\d+\b", put, text)
        for (name, step), text in made.formulas.items()
    }


def _cell(sheet, made, name, step, value):
    plan, spot = made.plan, made.spot(name, step)
    given = name in ("i1", "i2", "t1", "t2") or (step == 0 and re.fullmatch(r"w\d", name))
    if (name, step) in plan.changed:
        text = plan.changed[name, step]
        if isinstance(text, str) and text.startswith("="):
            made.formulas[name, step] = text
            sheet.write_formula(*spot, text, None, value if plan.cached else "")
        else:
            sheet.write(*spot, text)
    elif plan.values_only:
        sheet.write_number(*spot, float(f"{value:.{plan.values_only}g}"))
    elif given:
        sheet.write_number(*spot, value)
    else:
        text = made.formulas[name, step] = formula(made, name, step)
        sheet.write_formula(*spot, text, None, value if plan.cached else "")


def text_of(columns, slip=None, rate=0.5, steps=3):
    """A table of numbers as the text of a .csv file: columns {heading: quantity or function of them all}. A
    weight is what its own change makes of it, where there is a column of that."""
    weights, lines = toy.WEIGHTS, [f"learning rate,{rate}", ",".join(columns)]
    for _ in range(steps):
        numbers = {
            name: float(value)
            for name, value in slips.quantities(
                weights, toy.INPUTS, toy.TARGETS, *filter(None, [slip]), learning_rate=rate
            ).items()
        }
        values = [one(numbers) if callable(one) else numbers[one] for one in columns.values()]
        lines.append(",".join(f"{value:.12g}" for value in values))
        new = [
            numbers[f"w{k}"] + columns[f"Δw{k}"](numbers) if f"Δw{k}" in columns else numbers[f"w{k}_new"]
            for k in range(1, 9)
        ]
        weights = np.reshape(new, (2, 2, 2))
    return "\n".join(lines)


PLACE = {name: name for name in ("i1", "i2", "t1", "t2", *(f"w{k}" for k in range(1, 9)))}
#: Changes of weights, the last of which is wrong; and updates uphill by derivatives that are wrong too.
DELTAS = PLACE | {
    f"Δw{k}": lambda q, k=k: -0.5 * q[f"dE_dw{k}"] * (1.5 if k == 8 else 1) for k in range(1, 9)
}
UPDATES = (
    PLACE
    | {name: name for name in GRADIENT}
    | {f"w{k} new": lambda q, k=k: q[f"w{k}"] + 0.5 * q[f"dE_dw{k}"] for k in range(1, 9)}
)
#: Texts of tables, by name.
TEXTS = {"deltas": text_of(DELTAS), "updates": text_of(UPDATES, "other_hidden_slope")}
