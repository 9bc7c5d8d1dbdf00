"""A worksheet as a file: the workbook with its formulas, or a table of its numbers."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from s6lib import checks, files, toy
from s6lib.worksheet.courses import WEIGHTS, course

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: The columns of the table, those of the spreadsheet that the book comes from.
TABLE = (
    "step t1 t2 i1 i2 w1 w2 w3 w4 h1 a_h1 h2 a_h2 w5 w6 w7 w8 o1 a_o1 o2 a_o2 E1 E2 E_total "
    "dE_dw1 dE_dw2 dE_dw3 dE_dw4 dE_dw5 dE_dw6 dE_dw7 dE_dw8"
).split()
#: Each is some four hundred formulas: more would be a file that no spreadsheet opens with ease.
MOST_STEPS = 10_000


def write(
    path: str | Path,
    weights: ArrayLike = toy.WEIGHTS,
    inputs: ArrayLike = toy.INPUTS,
    targets: ArrayLike = toy.TARGETS,
    learning_rate: float = 0.5,
    steps: int = 100,
) -> Path:
    """Write the worksheet of this network to the new file `path`: a workbook (.xlsx), or its numbers (.csv).

    weights : the start, (2, 2, 2) or the eight numbers w1 to w8; inputs, targets : two numbers each
    learning_rate : above 0; steps : 1 to 10,000

    Two workbooks of the same numbers are the same bytes. Raises ValueError or TypeError for other arguments,
    FileExistsError where the file is there already, and OSError where it cannot be saved.
    """
    path = Path(path)
    kinds = {".xlsx": workbook, ".csv": lambda *given: table(*given).encode()}
    if path.suffix.lower() not in kinds:
        raise ValueError(f"path: got {str(path)!r}; takes a name that ends in .xlsx or .csv")
    if path.exists():  # before the work
        files.create(path, b"")
    files.create(path, kinds[path.suffix.lower()](weights, inputs, targets, learning_rate, steps))
    return path


def workbook(
    weights: ArrayLike = toy.WEIGHTS,
    inputs: ArrayLike = toy.INPUTS,
    targets: ArrayLike = toy.TARGETS,
    learning_rate: float = 0.5,
    steps: int = 100,
) -> bytes:
    """The workbook as the bytes of its file. Takes and raises what `write` does."""
    with checks.extra("worksheet"):  # what checks a sheet, or shows one, does without it
        import xlsxwriter

        from s6lib.worksheet import sheets
    numbers = _numbers(weights, inputs, targets, learning_rate, steps)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties(
            {
                "title": "Backpropagation by its numbers: the network, one row a step",
                "comments": "Every number is a formula. Change one in a frame, and all that follows changes.",
                "created": datetime(2026, 1, 1),  # the same bytes whenever it is written
            }
        )
        sheets.fill(book, *numbers)
    return content.getvalue()


def table(
    weights: ArrayLike = toy.WEIGHTS,
    inputs: ArrayLike = toy.INPUTS,
    targets: ArrayLike = toy.TARGETS,
    learning_rate: float = 0.5,
    steps: int = 100,
) -> str:
    """The numbers of the network, one row a step, as CSV with all of their digits.

    Takes and raises what `write` does.
    """
    weights, inputs, targets, learning_rate, steps = _numbers(weights, inputs, targets, learning_rate, steps)
    values = course(weights, inputs, targets, learning_rate, steps)
    values["step"] = np.arange(steps + 1)
    columns = [np.broadcast_to(values[name], steps + 1).tolist() for name in TABLE]
    text = io.StringIO()
    text.write(
        f"# The network of the book at learning rate {learning_rate!r}, one row a step: weights, what\n"
        "# they give, and the derivatives that lead to the next row. Written by s6lib.worksheet.\n"
    )
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TABLE)
    writer.writerows(zip(*columns))
    return text.getvalue()


def _numbers(weights, inputs, targets, learning_rate, steps):
    """The arguments as they are calculated with, each of its own shape and range."""
    if np.shape(weights) == (len(WEIGHTS),):
        weights = np.reshape(weights, (2, 2, 2))
    arrays = []
    for name, value, shape in (
        ("weights", weights, (2, 2, 2)),
        ("inputs", inputs, (2,)),
        ("targets", targets, (2,)),
    ):
        array = checks.array(name, value, shape)
        if array.shape != shape:
            raise ValueError(f"{name}: got shape {array.shape}; takes shape {shape}")
        arrays.append(array)
    return *arrays, checks.rate("learning_rate", learning_rate), checks.whole("steps", steps, 1, MOST_STEPS)
