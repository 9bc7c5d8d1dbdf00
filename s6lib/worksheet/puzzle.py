"""The puzzle: six small networks in sheets, of which three are wrong, and their solution."""

from __future__ import annotations

import numpy as np

from s6lib import slips
from s6lib.worksheet import looks, network
from s6lib.worksheet.courses import FORMULAS, course

STEPS = 6
#: letter -> weights w1 to w8, inputs, targets, rate.
SHEETS = {
    "A": ((0.42, -0.31, 0.18, 0.65, -0.57, 0.34, 0.71, -0.26), (0.60, 0.25), (0.90, 0.20), 1.5),
    "B": ((-0.24, 0.53, 0.38, 0.12, 0.66, -0.41, 0.29, 0.74), (0.35, 0.80), (0.15, 0.75), 2.0),
    "C": ((0.81, 0.22, -0.46, 0.37, 0.28, 0.59, -0.62, 0.33), (0.75, 0.40), (0.30, 0.85), 1.0),
    "D": ((0.15, 0.48, 0.72, -0.29, 0.44, 0.63, 0.52, -0.35), (0.90, 0.55), (0.25, 0.10), 1.8),
    "E": ((-0.52, 0.27, 0.64, 0.39, -0.33, 0.76, 0.47, 0.58), (0.20, 0.95), (0.80, 0.35), 1.2),
    "F": ((0.34, 0.69, -0.21, 0.56, 0.73, 0.25, -0.38, 0.61), (0.50, 0.70), (0.40, 0.05), 2.5),
}
#: The wrong ones: the name of the slip, what formulas it leaves, and how that happens.
SLIPS = {
    "B": (
        "w6_w7_swapped",
        slips.SLIPS["w6_w7_swapped"].formulas,
        "w6 leads from the second hidden neuron to the first output, and w7 from the first to the second.",
    ),
    "E": (
        "other_hidden_slope",
        {"dE_dh2": "dE_da_h2 * da_h1_dh1"},
        "The slope of the first hidden neuron stands where that of the second belongs.",
    ),
    "F": (
        "other_output_slope",
        {"dE_do2": "dE_da_o2 * da_o1_do1"},
        "The slope of the first output stands where that of the second belongs.",
    ),
}
#: Where the solution begins: not to be seen without a will.
HIDDEN_BELOW = 60


def draw(sheet, styles, letter):
    """Fill one sheet of the puzzle."""
    weights, inputs, targets, rate = SHEETS[letter]
    wrong = SLIPS.get(letter, ("", {}, ""))[1]
    names = [*(f"w{k}" for k in range(1, 9)), "i1", "i2", "t1", "t2", "rate"]
    network.draw(
        sheet,
        styles,
        dict(zip(names, (*weights, *inputs, *targets, rate))),
        course(np.reshape(weights, (2, 2, 2)), inputs, targets, rate, STEPS, wrong),
        title=f"Puzzle {letter}: is this sheet right?",
        notes=(
            "Three of the six sheets A to F are wrong: a formula is not what it should be, all the way down.",
            "All six learn: the error falls in every one. Which three are wrong, and in which cell first?",
            "Compare its formulas with those of Network; or give Network these numbers and compare.",
            "Solution, the last sheet, has it.",
        ),
        formulas=wrong,
        spelled=False,
    )


def solve(sheet, styles):
    """Fill the sheet of the solution."""
    looks.page(sheet, 0, 0)
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 2, 12)
    sheet.set_column(3, 4, 24)
    sheet.set_column(5, 5, 90)
    sheet.write_string(0, 0, "The solution of the puzzle", styles.title)
    sheet.write_string(
        1, 0, f"It begins in row {HIDDEN_BELOW + 1}, so that nobody reads it by mistake.", styles.note
    )
    for column, words in enumerate(
        ("sheet", "column", "first cell", "what stands there", "what belongs there", "why")
    ):
        sheet.write_string(HIDDEN_BELOW, column, words, styles.group("plain"))
    line = HIDDEN_BELOW + 1
    for letter, (_, formulas, why) in SLIPS.items():
        for name, formula in formulas.items():
            cells = [network.in_cell(name, each, at) for each in (formula, FORMULAS[name])]
            cell = at(name)
            for column, words in enumerate((f"Puzzle {letter}", name, cell, *cells, why)):
                sheet.write_string(line, column, words, styles.words)
            line += 1
    right = ", ".join(letter for letter in SHEETS if letter not in SLIPS)
    sheet.write_string(line, 0, f"{right} are right.", styles.note)


def at(name):
    """The cell of a name in the row of the start."""
    return network.place(name, network.FIRST + 1)
