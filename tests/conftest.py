"""Shared by the tests: where the project is, and where its outside reference may be."""

import csv
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT.parent / "shared" / "reference"

if sys.flags.optimize:  # then what the library's and the notebooks' assertions claim would go untested
    raise pytest.UsageError(
        f"PYTHONOPTIMIZE: got {sys.flags.optimize}, which leaves out assertions; unset it"
    )


@pytest.fixture(scope="session")
def worksheet():
    """The author's spreadsheet, row by row: column name -> list of floats."""
    path = REFERENCE / "worksheet.csv"
    if not path.exists():
        pytest.skip(f"the reference worksheet is not at hand: {path}")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}
