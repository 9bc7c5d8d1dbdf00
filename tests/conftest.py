"""Shared by the tests: where the project is, and where its outside reference may be."""

import csv
import re
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


# Where several processes run the tests ------------------------------------------------------

#: Tests that share what is dear to start (a cluster, a sweep, a wheel, a browser) go to one process. Of all
#: others each goes where there is room.
TOGETHER = (
    r"book/test_environment.*(_changes_no_figure|_in_a_folder_of_any_name)",
    r"library/test_extras",
    r"site/test_engines.*\[chromium",
    r"site/test_engines.*\[firefox",
    r"site/test_engines.*\[webkit",
    r"sweep/test_sweep\.py.*(_independent_execution|_manifest_tells_all|_of_the_machine|_in_no_byte)$",
    r"sweep/test_sweep\.py.*(_fails_alone|_a_line_each|_keeps_its_notebook|_of_a_run_is_left)$",
    r"sweep/test_sweep_cluster",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups of tests go out whole, the largest first, so that none is left for the end."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return next((group for group in TOGETHER if re.search(group, nodeid)), nodeid)

    return Scheduling(config, log)
