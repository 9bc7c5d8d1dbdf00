"""The check of anybody's worksheet on the page: a file is dropped, read there, and goes nowhere.

::

    Sheet()

It is `s6lib.worksheet.check` in the reader's browser; the words, the headings and the slips come from there.
"""

import functools
import re

from s6lib import checks
from s6lib.widgets.base import Checked, Widget, front_end
from s6lib.words import t


class Sheet(Widget):
    """A place to drop spreadsheets with the network of Part 1. It says which columns are right, which cell is
    wrong, by which slip, and the formula that belongs there.

    words : headings, formulas and slips as the check in Python knows them
    example : a table to try it on, as text with tabs
    """

    NAME, GIVEN = "sheet", ("words", "example")
    _esm = front_end("sheet")

    words = Checked({}, checks.mapping)
    example = Checked("", lambda name, value: value)

    def __init__(self, **traits):
        super().__init__(**traits)
        self.words, self.example = words(), example()

    def _still(self):
        said = t(
            "With scripts, you drop a spreadsheet here and are told which cells are wrong. Without, a "
            "computer with Python says it:"
        )
        return f"<p>{said}</p>\n<p><code>python -m s6lib.worksheet check homework.xlsx</code></p>"


@functools.cache
def words():
    """What the front end knows from Python, as JSON takes it: spellings of headings, formulas, slips."""
    from s6lib import slips
    from s6lib.worksheet import tables, trials

    def texts(patterns):
        return [[pattern.pattern, name] for pattern, name in patterns]

    return {
        "letters": tables.LETTERS,
        "simple": texts(tables.SIMPLE),
        "neurons": texts(tables.NEURONS),
        "total": tables.TOTAL.pattern,
        "rate": tables.RATE.pattern,
        "loss": tables.LOSS,
        "gradients": [pattern.pattern for pattern in tables.GRADIENTS],
        "formulas": trials.FORMULAS,
        "slips": slips.table()["slips"],
    }


#: The columns of the example, as the worksheet has them.
COLUMNS = (
    "i1 i2 t1 t2 w1 w2 w3 w4 h1 a_h1 h2 a_h2 w5 w6 w7 w8 o1 a_o1 o2 a_o2 E1 E2 E_total "
    "dE_dw1 dE_dw2 dE_dw3 dE_dw4 dE_dw5 dE_dw6 dE_dw7 dE_dw8"
).split()


@functools.cache
def example(steps=3):
    """A table with the worksheet's slip, as text with tabs: headings, and formulas for some steps."""
    from s6lib import toy

    given = dict(zip(("i1", "i2", "t1", "t2"), (*toy.INPUTS, *toy.TARGETS)))
    given |= {f"w{k}": value for k, value in enumerate(toy.WEIGHTS.ravel(), 1)}
    lines = [["learning rate", "0.5"], COLUMNS]
    for row in range(3, 3 + steps):
        start = [name for name in given if row == 3 or name[0] != "w"]
        lines.append([f"{given[name]:g}" if name in start else _formula(name, row) for name in COLUMNS])
    return "\n".join("\t".join(line) for line in lines)


def _formula(name, row):
    """The formula of a quantity in the cells of its row; a weight's takes from the row above."""
    from s6lib import slips
    from s6lib.worksheet import formulas

    def cell(name, row=row):
        return "$B$1" if name == "rate" else formulas.address(row, COLUMNS.index(name) + 1)

    if name[0] == "w":
        return f"={cell(name, row - 1)}-{cell('rate')}*{cell('dE_d' + name, row - 1)}"
    text = slips.written(name, "other_hidden_slope", among=[one for one in COLUMNS if one in slips.FORMULAS])
    text = re.sub(r"sigma\((\w+)\) \* sigma\(-\1\)", r"a_\1 * (1 - a_\1)", text)
    text = re.sub(r"sigma\((\w+)\)", lambda found: f"1/(1+EXP(-{cell(found[1])}))", text)
    names = re.compile("|".join(sorted(COLUMNS, key=len, reverse=True)))
    return "=" + names.sub(lambda found: cell(found[0]), text).replace("**", "^").replace(" ", "")
