"""Shared by the tests: where the project is, and where its outside reference may be."""

import csv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT.parent / "shared" / "reference"


@pytest.fixture(scope="session")
def worksheet():
    """The author's spreadsheet, row by row: column name -> list of floats."""
    path = REFERENCE / "worksheet.csv"
    if not path.exists():
        pytest.skip(f"the reference worksheet is not at hand: {path}")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}
