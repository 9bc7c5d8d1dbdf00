"""The sheet of six learning rates and their curves; each rate has a sheet of its own behind it."""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from s6lib.worksheet import looks, network

RATE = 3  # the row of the rates
HEADING = 5
FIRST = HEADING + 1


def draw(book, sheet, styles, rates, courses):
    """Fill the sheet: rates in cells to change, the error of each at each step, and one chart of all."""
    looks.page(sheet, HEADING, HEADING)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, len(rates), 11)
    sheet.write_string(0, 0, "Several learning rates from one start", styles.title)
    told = (
        "Change a rate, and its curve changes. The sheets Rate 1, Rate 2, … have every number of every step."
    )
    sheet.write_string(1, 0, told, styles.note)
    sheet.set_row(4, 8)
    sheet.write_string(HEADING, 0, "step", styles.heading("plain"))
    steps = len(courses[0]["E_total"]) - 1
    for step in range(steps + 1):
        sheet.write_number(FIRST + step, 0, step, styles("plain", "0"))
    for k, (rate, values) in enumerate(zip(rates, courses), 1):
        sheet.write_string(RATE - 1, k, f"rate {k}", styles.label("plain"))
        sheet.write_number(RATE, k, rate, styles.given("plain"))
        looks.numbers_only(sheet, RATE, k, f"rate {k}", above_zero=True)
        sheet.write_string(HEADING, k, f"E_total {k}", styles.heading("plain"))
        for step, error in enumerate(values["E_total"]):
            there = network.place("E_total", network.FIRST + step + 1)
            look = styles("plain", looks.SMALL)
            sheet.write_formula(FIRST + step, k, f"='Rate {k}'!{there}", look, looks.finite(error))
    curves = [
        ("Rates", FIRST, k, colour, f"=Rates!${xl_col_to_name(k)}${RATE + 1}")
        for k, (colour, _) in enumerate(zip(looks.CURVES, rates), 1)
    ]
    chart = looks.chart(book, "E_total, step by step, at each rate", curves, steps, logarithmic=True)
    chart.set_size({"width": 760, "height": 460})
    sheet.insert_chart(HEADING, len(rates) + 2, chart, {"object_position": 3})
    sheet.freeze_panes(FIRST, 1)


def draw_one(sheet, styles, k, rate, given, values):
    """Fill the sheet of one of them: the network again, with what the sheet Network gives."""
    refers = {name: (f"=Network!{network.fixed(name)}", value) for name, value in given.items()}
    refers["rate"] = (f"=Rates!{xl_rowcol_to_cell(RATE, k, row_abs=True, col_abs=True)}", rate)
    network.draw(
        sheet,
        styles,
        refers,
        values,
        title=f"The network at rate {k} of the sheet Rates",
        notes=("Nothing to change here: the rate comes from the sheet Rates, all else from Network.",),
    )
