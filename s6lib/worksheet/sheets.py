"""All sheets of the workbook, in the order of their tabs."""

from __future__ import annotations

from s6lib import toy
from s6lib.worksheet import looks, network, nudges, puzzle, rates
from s6lib.worksheet.courses import WEIGHTS, course


def fill(book, weights, inputs, targets, learning_rate, steps):
    """Put the sheets into the workbook."""
    styles, many = looks.Styles(book), toy.LEARNING_RATES.tolist()
    names = ["Network", "Rates", "Check", *(f"Puzzle {letter}" for letter in puzzle.SHEETS)]
    names += [*(f"Rate {k}" for k, _ in enumerate(many, 1)), "Solution"]
    sheet = {name: book.add_worksheet(name) for name in names}
    given = dict(zip(("i1", "i2", "t1", "t2"), [*inputs.tolist(), *targets.tolist()]))
    own = course(weights, inputs, targets, learning_rate, steps)
    nudges.draw(sheet["Check"], styles, own, given)
    given |= dict(zip(WEIGHTS, weights.ravel().tolist()))
    _network(book, sheet["Network"], styles, {**given, "rate": learning_rate}, own, steps)
    courses = [course(weights, inputs, targets, rate, steps) for rate in many]
    rates.draw(book, sheet["Rates"], styles, many, courses)
    for k, (rate, values) in enumerate(zip(many, courses), 1):
        rates.draw_one(sheet[f"Rate {k}"], styles, k, rate, given, values)
    for letter in puzzle.SHEETS:
        puzzle.draw(sheet[f"Puzzle {letter}"], styles, letter)
    puzzle.solve(sheet["Solution"], styles)
    for name, ink in (("Network", "update"), ("Rates", "forward"), ("Check", "gradient")):
        sheet[name].set_tab_color(looks.INK[ink])


def _network(book, sheet, styles, given, own, steps):
    curve = ("Network", network.FIRST, network.COLUMN["E_total"], looks.INK["plain"], "E_total")
    network.draw(
        sheet,
        styles,
        given,
        own,
        title="The network, one row a step",
        notes=(
            "Change any number in a frame, and all that follows from it is calculated anew.",
            "A row computes from left to right: forward, the error, and back to the gradient.",
            "The next row has the new weights, all at once: w ← w − rate × dE/dw.",
            "For more steps copy the last row down.",
            f"MIN(…,{network.MOST}) keeps EXP from growing beyond what a cell can hold.",
            "Rates: six learning rates. Check: each gradient nudged. Puzzle: three of six sheets are wrong.",
        ),
        chart=looks.chart(book, "E_total, step by step", [curve], steps),
    )
