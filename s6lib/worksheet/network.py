"""A sheet of one network: what is given on top, then a row for each step, every number a formula."""

from __future__ import annotations

import re

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from s6lib import arithmetic
from s6lib.worksheet import looks
from s6lib.worksheet.courses import FORMULAS, UPDATE, WEIGHTS

#: What a row holds, from left to right, under the words that stand above it.
GROUPS = (
    ("weights", "update", WEIGHTS),
    ("hidden neurons", "forward", ("h1", "a_h1", "h2", "a_h2")),
    ("outputs", "forward", ("o1", "a_o1", "o2", "a_o2")),
    ("errors", "plain", ("E1", "E2", "E_total")),
    ("slopes of the sigmoids", "gradient", ("da_h1_dh1", "da_h2_dh2", "da_o1_do1", "da_o2_do2")),
    ("misses", "gradient", ("dE_da_o1", "dE_da_o2")),
    ("back to the outputs", "gradient", ("dE_do1", "dE_do2")),
    ("back to the hidden neurons", "gradient", ("dE_da_h1", "dE_da_h2", "dE_dh1", "dE_dh2")),
    ("the gradient", "gradient", tuple(f"dE_d{name}" for name in WEIGHTS)),
)
INKS = {name: ink for _, ink, names in GROUPS for name in names}
#: name -> the number of its column; the first is that of the step.
COLUMN = {name: k for k, name in enumerate(INKS, 1)}
#: The cells to change: rows of names, each above a row of values.
GIVEN = (("rate", "i1", "i2", "t1", "t2"), WEIGHTS[:4], WEIGHTS[4:])
HEADING = 10  # the row of the names; the rows of the steps follow
FIRST = HEADING + 1
#: An exponential of more than this is more than a spreadsheet can hold.
MOST = 700


def draw(sheet, styles, given, values, *, title, notes=(), chart=None, formulas=None, spelled=True):
    """Fill the sheet.

    given : name -> the number of a cell to change, or a formula and its number
    values : what each quantity comes to, by `courses.course`
    formulas : those that take the place of the right ones
    spelled : whether the formulas stand above their columns, in names
    """
    looks.page(sheet, HEADING - 2, HEADING, across=2)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, max(COLUMN.values()), 9.6)
    sheet.write_string(0, 0, title, styles.title)
    _given(sheet, styles, given)
    if chart:
        chart.set_size({"width": 470, "height": 152})
        sheet.insert_chart(1, 6, chart, {"x_offset": 10, "object_position": 3})
    for k, note in enumerate(notes, 1):
        sheet.write_string(k, 13 if chart else 7, note, styles.note)
    headings(sheet, styles, [("", "plain", ("step",)), *GROUPS], _spelled() if spelled else {})
    sheet.freeze_panes(FIRST, 1)
    # Excel would mark what differs from its neighbour: the first weights, and what a puzzle hides.
    sheet.ignore_errors({"formula_differs": f"A1:{place('dE_dw8', FIRST + len(values['E_total']))}"})
    texts = {
        name: in_cell(name, formula, place) for name, formula in {**FORMULAS, **(formulas or {})}.items()
    }
    texts |= {name: in_cell(name, formula, _before) for name, formula in UPDATE.items()}
    cells = {
        name: styles(ink, looks.SMALL if name[0] in "dE" else looks.NUMBER) for name, ink in INKS.items()
    }
    for step in range(len(values["E_total"])):
        line = FIRST + step
        sheet.write_number(line, 0, step, styles("plain", "0"))
        for name, column in COLUMN.items():
            text = texts[name] if step or name not in UPDATE else f"={fixed(name)}"
            value = looks.finite(values[name][step])
            sheet.write_formula(line, column, text.format(row=line + 1, before=line), cells[name], value)


def in_cell(name, formula, at):
    """The formula of `name`, in the language of `arithmetic`, as a cell has it; `at` gives a name's cell.

    The sigmoid of -x is written with e^x, and no exponential grows beyond what a spreadsheet can hold.
    """

    def put(found):
        inner = found["inner"]
        if not inner:
            return at(found[0])
        if found["minus"]:
            return f"1/(1+EXP(MIN({at(inner)},{MOST})))"
        return f"1/(1+EXP(MIN(-{at(inner)},{MOST})))" if name == f"a_{inner}" else at(f"a_{inner}")

    text = re.sub(rf"sigma\((?P<minus>-?)(?P<inner>\w+)\)|{arithmetic.NAME.pattern}", put, formula)
    return "=" + text.replace("**", "^").replace(" ", "").replace("*1/(", "/(")


def place(name, row="{row}"):
    """The cell of a name, seen from its row: what is given stands above all rows.

    row : its number as a spreadsheet counts; as it is, the cell is a text to be formatted with it
    """
    return f"{xl_col_to_name(COLUMN[name])}{row}" if name in COLUMN else fixed(name)


def _before(name):
    return place(name, "{before}")


def fixed(name):
    """The cell of what is given."""
    ((k, names),) = ((k, names) for k, names in enumerate(GIVEN) if name in names)
    return xl_rowcol_to_cell(2 + 2 * k, 1 + names.index(name), row_abs=True, col_abs=True)


def headings(sheet, styles, groups, spelled):
    """Three rows above a table: words for many columns, formulas in names where there are any, and names."""
    sheet.set_row(HEADING - 2, 17)
    sheet.set_row(HEADING - 1, 36 if spelled else 6)
    sheet.set_row(HEADING, 18)
    column = 0
    for words, ink, names in groups:
        for name in names:
            first = name == names[0]
            sheet.write_string(HEADING - 2, column, words if first else "", styles.group(ink, first))
            sheet.write_string(HEADING - 1, column, spelled.get(name, ""), styles.spelled(ink))
            sheet.write_string(HEADING, column, name, styles.heading(ink))
            column += 1


def _given(sheet, styles, given):
    for k, names in enumerate(GIVEN):
        line = 1 + 2 * k
        for column, name in enumerate(names, 1):
            ink = {"w": "update", "i": "forward", "t": "target"}.get(name[0], "plain")
            sheet.write_string(line, column, name, styles.label(ink))
            if isinstance(given[name], tuple):
                sheet.write_formula(line + 1, column, given[name][0], styles(ink, "General"), given[name][1])
            else:
                sheet.write_number(line + 1, column, given[name], styles.given(ink))
                looks.numbers_only(sheet, line + 1, column, name, above_zero=name == "rate")
        sheet.set_row(line, 17)
        sheet.set_row(line + 1, 19)
    sheet.set_row(7, 8)


def _spelled():
    """The right formulas, as a book writes them."""
    written = {}
    for name, formula in {**FORMULAS, **UPDATE}.items():
        for code, sign in arithmetic.SIGNS.items():
            formula = formula.replace(code, sign.replace("\u00a0", " "))
        written[name] = formula
    return written
