"""Shared by the tests: where the project is, what may be left out, which are slow, the worksheet, Ctrl-C."""

import csv
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = Path(__file__).parent

if sys.flags.optimize:  # then what the library's and the notebooks' assertions claim would go untested
    raise pytest.UsageError(
        f"PYTHONOPTIMIZE: got {sys.flags.optimize}, which leaves out assertions; unset it"
    )


@pytest.fixture(scope="session")
def worksheet():
    """The author's spreadsheet, row by row: column name -> list of floats."""
    with (TESTS / "data" / "worksheet.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


# Where several processes run the tests ------------------------------------------------------

#: Tests that share what is dear to start (a cluster, a sweep, a wheel, a browser, LibreOffice) go to one
#: process. Of all others each goes where there is room.
TOGETHER = (
    r"book/test_environment.*(_changes_no_figure|_in_a_folder_of_any_name)",
    r"library/test_extras",
    r"library/test_worksheet",
    r"site/test_engines.*\[chromium",
    r"site/test_engines.*\[firefox",
    r"site/test_engines.*\[webkit",
    r"site/test_jupyterlab",
    r"sweep/test_sweep\.py.*(_independent_execution|_manifest_tells_all|_of_the_machine|_in_no_byte)$",
    r"sweep/test_sweep\.py.*(_fails_alone|_a_line_each|_keeps_its_notebook|_of_a_run_is_left)$",
    r"sweep/test_sweep_cluster",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups of tests go out whole, the largest first, so that none is left for the end."""
    if config.option.markexpr == "not slow":  # none of them is among these
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return next((group for group in TOGETHER if re.search(group, nodeid)), nodeid)

    return Scheduling(config, log)


# Which tests are slow ------------------------------------------------------------------------

#: Rooms, files and tests that start kernels, browsers or trainings: `make quick` leaves them out. A test that
#: nothing here names is light.
SLOW = (
    "book/test_chapters.py::test_a_page_says_what_is_true",
    "book/test_chapters.py::test_a_parameter_out_of_range",
    "book/test_costs.py::test_a_notebook_that_takes",
    "book/test_environment.py",
    "book/test_gate.py",
    "book/test_install.py",
    "book/test_many_seeds.py",
    "book/test_own_numbers.py",
    "book/test_record.py",
    "book/test_repository.py::test_the_wheel",
    "book/test_results.py::test_a_run_is_timed_cold_and_warm",
    "book/test_results.py::test_the_chapter_on_training",
    "book/test_results.py::test_where_a_recipe_has_a_teacher",
    "book/test_s6.py",
    "book/test_workflows.py::test_the_hook_for_notebooks",
    "js/test_digits.py::test_all_test_images_are_read_as_in_pytorch",
    "js/test_sheet.py::test_verdicts",
    "library/test_cnn.py::test_the_tables_receptive_fields",
    "library/test_extras.py",
    "library/test_fit.py",
    "library/test_layers.py::test_twenty_steps_beside_sgd",
    "library/test_mnist.py",
    "library/test_plots.py::test_every_picture_is_drawn",
    "library/test_plots.py::test_it_draws_into_what_it_is_given",
    "library/test_published.py::test_mazurs_later_numbers",
    "library/test_published.py::test_mazurs_network_where_its_biases_learn",
    "library/test_worksheet.py",
    "library/test_worksheet_check.py::test_a_repair_put_in_is_right",
    "library/test_worksheet_check.py::test_a_sheet_that_was_never_calculated_is_calculated",
    "site",
    "sweep",
)


def pytest_ignore_collect(collection_path, config):
    """What is slow as a whole is not even imported where nothing slow is asked for."""
    if config.option.markexpr == "not slow" and collection_path.is_relative_to(TESTS):
        return collection_path.relative_to(TESTS).as_posix() in SLOW or None


def pytest_collection_modifyitems(items):
    for item in items:
        name = item.nodeid.partition("tests/")[2]
        if name.startswith(SLOW) or item.path.suffix == ".ipynb":
            item.add_marker("slow")


# What is not tested --------------------------------------------------------------------------

#: What cannot be had everywhere. Where S6LIB_BROWSERS=required, any other skip is an error: what did not run
#: has not passed.
ELSEWHERE = (
    "S6LIB_DATA names no folder with MNIST",
    "of POSIX",
    "no CUDA",
    "no device that is always full",
    "no make",
    "no SSH server",
    "not a git checkout",
    "root may write anywhere",
    "the reference figures are not beside this checkout",
)
REQUIRED = os.environ.get("S6LIB_BROWSERS") == "required"
#: Why whole files were not collected, by file: a worker of xdist would tell nobody.
UNCOLLECTED = pytest.StashKey[dict]()


def reason(report):
    return report.longrepr[2].removeprefix("Skipped: ")


def forbid(report):
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        if not any(each in reason(report) for each in ELSEWHERE):
            report.longrepr = f"S6LIB_BROWSERS=required, but {reason(report)}"
            report.outcome = "failed"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    return forbid((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector):
    report = forbid((yield))
    if report.skipped:
        collector.config.stash.setdefault(UNCOLLECTED, {})[report.nodeid] = reason(report)
    return report


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["uncollected"] = session.config.stash.get(UNCOLLECTED, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    told = getattr(node, "workeroutput", {}).get("uncollected", {})
    node.config.stash.setdefault(UNCOLLECTED, {}).update(told)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    """A line for each cause, with the number of tests that it left out."""
    files = config.stash.get(UNCOLLECTED, {})
    skipped = [each for each in terminalreporter.stats.get("skipped", []) if each.nodeid not in files]
    causes = Counter(map(reason, skipped))
    left_out = [
        *files.items(),
        *((f"{n} tests" if n > 1 else "a test", cause) for cause, n in causes.most_common()),
    ]
    for what, cause in left_out:
        terminalreporter.write_line(f"NOT TESTED: {what}, for {cause}", yellow=True)


@pytest.fixture
def ctrl_c():
    """As in a terminal, whoever runs the tests: what a shell starts with `&` does not hear it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
