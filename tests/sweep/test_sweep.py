"""The sweep: what it refuses, what it executes, and what it leaves when a run dies."""

import concurrent.futures
import errno
import hashlib
import importlib.util
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from sweeping import build, files, gone, hear_interrupts, nbformat, pretend, psutil, refused

import s6lib
from s6lib import files as whole_files
from s6lib import sweep
from s6lib.sweep import folder, places, plan, process
from s6lib.sweep.__main__ import main


def outputs(node):
    """What the cells show, as comparable text, leaving out the injected cell."""
    return [
        json.dumps(cell.outputs, sort_keys=True).replace(f'"execution_count": {cell.execution_count}', "")
        for cell in node.cells
        if "injected-parameters" not in cell.metadata.get("tags", [])
    ]


# Refused before a kernel starts ------------------------------------------------------------


@pytest.fixture
def no_kernel(monkeypatch):
    """Any process that a sweep starts fails the test."""
    monkeypatch.setattr(process.subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))


@pytest.fixture
def notebook(tmp_path):
    return build(tmp_path / "book.ipynb", "learning_rate * steps")


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["-p", "learning_rat", "0.1"],
            "has no such parameter; did you mean learning_rate? It has "
            "learning_rate (float), steps (int), momentum (bool), title (str), widths (list of int)",
        ),
        (["-p", "zzz", "0.1"], "has no such parameter. It has learning_rate (float)"),
        (["-p", "widths", "4"], "-p widths: got '4'; takes a list of whole numbers, such as \"[4, 8, 16]\""),
        (
            ["-p", "widths", "[4,", "8]"],
            "-p widths: got '[4,' (one word to the shell: in quotes); takes a list",
        ),
        (["-p", "widths", "[]"], "-p widths: got '[]', an empty list; takes a list of whole numbers"),
        (["-p", "widths", '[4, "8"]'], "got '[4, \"8\"]', with '8' at [1]; takes a list of whole numbers"),
        (["-p", "widths", "[4, 8.0]"], "with 8.0 at [1]; takes a list of whole numbers"),
        (["-p", "widths", "[4, true]"], "with True at [1]; takes a list of whole numbers"),
        (["-p", "widths", "[4, null]"], "with None at [1]; takes a list of whole numbers"),
        (["-p", "widths", "[4, NaN]"], "with 'NaN' at [1]; takes a list of whole numbers"),
        (["-p", "widths", "[[4, 8], [4]]"], "with [4, 8] at [0]; takes a list of whole numbers"),
        (["-p", "widths", '{"a": 4}'], "takes a list of whole numbers"),
        pytest.param(
            ["-p", "widths", "[" * 100_000], "takes a list of whole numbers", id="deeper than Python"
        ),
        (["-p", "widths", "(4, 8)"], "takes a list of whole numbers"),
        (["-p", "widths", "[4, 8]", "[4,8]"], "-p widths: [4, 8] is given twice, once as '[4,8]'"),
        (["-p", "twice", "4"], "-p twice: "),  # computed
        (["-p", "steps=1;import os", "1"], "-p steps=1;import os: is not a name of Python"),
        (["-p", "learning_rate", "abc"], "-p learning_rate: got 'abc'; takes a finite number"),
        (["-p", "learning_rate", "1_0"], "got '1_0'; takes a finite number"),
        (["-p", "learning_rate", "0.1", "nan"], "got 'nan'; takes a finite number"),
        (["-p", "learning_rate", "-inf"], "got '-inf'; takes a finite number"),
        (["-p", "learning_rate", "1e999"], "got '1e999'; takes a finite number"),
        (["-p", "learning_rate", "true"], "got 'true'; takes a finite number"),
        (["-p", "learning_rate", ""], "got ''; takes a finite number"),
        (["-p", "steps", "1e3"], "-p steps: got '1e3'; takes a whole number"),
        (["-p", "steps", "1_0"], "got '1_0'; takes a whole number"),
        (["-p", "steps", "1.0"], "got '1.0'; takes a whole number"),
        (["-p", "steps", " 1"], "got ' 1'; takes a whole number"),
        (["-p", "steps", "٣"], "got '٣'; takes a whole number"),
        (["-p", "steps", "9" * 5000], "takes a whole number"),
        (["-p", "momentum", "no"], "-p momentum: got 'no'; takes true or false"),
        (["-p", "momentum", "1"], "got '1'; takes true or false"),
        (["-p", "title", "\udcff"], "-p title: got '\\udcff'; takes text"),
        (["-p", "learning_rate", "0.1", "0.10"], "-p learning_rate: 0.1 is given twice, once as '0.10'"),
        (["-p", "steps", "5", "5"], "-p steps: 5 is given twice"),
        (["-p", "steps", "5", "-p", "steps", "6"], "-p steps: given twice; give all its values after one -p"),
        (["-p", "steps"], "-p steps: give at least one value"),
        (["-p"], "argument -p: expected at least one argument"),
        (
            ["-p", "title", "a b", "a/b"],
            "{'title': 'a/b'} and {'title': 'a b'}: would both be title-a-b.ipynb",
        ),
        (["-p", "title", "A", "a"], "would both be title-a.ipynb"),
        (["-p", "title", "x" * 300], "makes a file name of 306 bytes; 200 are the most"),
        (["--paralel"], "unrecognized arguments: --paralel"),
        (["--workers", "0"], "--workers: got '0'; takes a whole number, 1 or more"),
        (["--workers", "-1"], "--workers: got '-1'; takes a whole number, 1 or more"),
        (["--workers", "abc"], "--workers: got 'abc'; takes a whole number, 1 or more"),
        (["--workers", "1.5"], "--workers: got '1.5'; takes a whole number, 1 or more"),
        (["--workers", "1_0"], "--workers: got '1_0'; takes a whole number, 1 or more"),
        (["--workers", ""], "--workers: got ''; takes a whole number, 1 or more"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "workers: got 2 together with a scheduler"),
        (
            ["--scheduler", "127.0.0.1:8786"],
            "scheduler: got '127.0.0.1:8786'; takes an address such as tcp://",
        ),
        (
            ["--scheduler", "tcp://127.0.0.1"],
            "scheduler: got 'tcp://127.0.0.1'; takes an address such as tcp://",
        ),
        (["--scheduler", "tcp://127.0.0.1:70000"], "takes an address such as tcp://"),
        (["--scheduler", "tcp://127.0.0.1:0"], "takes an address such as tcp://"),
        (["--scheduler", ""], "scheduler: got ''; takes an address such as tcp://"),
    ],
)
def test_bad_parameters_are_refused(capsys, tmp_path, notebook, arguments, message):
    assert message in refused(capsys, tmp_path, notebook, "--out", tmp_path / "runs", *arguments)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot be read: No such file or directory"),
        ("", "not a notebook: "),
        ("# a script", "not a notebook: "),
        ("[]", "not a notebook: "),
        ("{}", "not a notebook: "),
        ('{"cells": [], "metadata": {}, "nbformat": 4', "not a notebook: "),
        (
            '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "not a notebook: ",
        ),
        (b"\xff\xfe", "not a notebook: "),
        (
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "names no kernel (metadata.kernelspec)",
        ),
    ],
)
def test_broken_notebooks_are_refused(capsys, tmp_path, content, message):
    path = tmp_path / "broken.ipynb"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    line = refused(capsys, tmp_path, path, "-p", "x", "1", "--out", tmp_path / "runs")
    assert line.startswith(f"sweep: {path}: {message}")


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("name", ["steps", "a", "b", "n", "g", "math", "e"])
def test_a_name_that_is_given_something_else_later_is_no_parameter(capsys, tmp_path, name):
    """What a sweep would replace, or note as its value, is not what the cell ends with."""
    book = build(
        tmp_path / "book.ipynb",
        parameters=(
            "rate = 0.5\nsteps = 10\nsteps *= 2\na = 5\na, b = 1, 2\nn = 3\nfor n in 4, 5: pass\n"
            "g = e = math = 1\ndef g(): rate = 2\nimport math.nan\ntry: pass\nexcept OSError as e: pass\n"
            "rates = [rate for rate in (1, 2)]\nrate: float\n"
        ),
    )
    line = refused(capsys, tmp_path, book, "-p", name, "7", "--out", tmp_path / "runs")
    assert "has no such parameter" in line and line.endswith("It has rate (float)\n")


@pytest.mark.usefixtures("no_kernel")
def test_a_folder_is_no_notebook(capsys, tmp_path):
    assert "cannot be read: Is a directory" in refused(capsys, tmp_path, tmp_path, "--out", tmp_path / "runs")


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    "settings, message",
    [
        ({"parameters": None}, "has no cell tagged 'parameters' that gives a name a number"),
        (
            {"parameters": "x = 1\n%matplotlib inline"},
            "the cell tagged 'parameters' is not plain Python: line 2",
        ),
        (
            {"kernelspec": {"name": "fortran", "display_name": "F"}},
            "its kernel 'fortran' is not installed here",
        ),
    ],
)
def test_unfit_notebooks_are_refused(capsys, tmp_path, settings, message):
    path = build(tmp_path / "book.ipynb", "1", **settings)
    assert message in refused(capsys, tmp_path, path, "-p", "x", "1", "--out", tmp_path / "runs")


@pytest.mark.usefixtures("no_kernel")
def test_an_executed_notebook_is_refused(capsys, tmp_path, notebook):
    node = nbformat.read(notebook, 4)
    node.cells[1].metadata.tags = ["injected-parameters"]
    nbformat.write(node, notebook)
    assert "is itself the output of a sweep" in refused(
        capsys, tmp_path, notebook, "--out", tmp_path / "runs"
    )


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("name", ["steps-5.ipynb", "steps-6.ipynb", "manifest.json"])
@pytest.mark.parametrize("dangling", [False, True])
def test_existing_output_is_refused(capsys, tmp_path, notebook, name, dangling):
    existing = tmp_path / "runs" / name
    existing.parent.mkdir()
    existing.symlink_to("nowhere") if dangling else existing.write_text("precious")
    line = refused(capsys, tmp_path, notebook, "-p", "steps", 5, 6, "--out", existing.parent)
    assert f"{existing}: exists; take another --out" in line


@pytest.mark.usefixtures("no_kernel")
def test_the_notebook_is_not_its_own_output(capsys, tmp_path, notebook):
    assert f"{notebook}: exists" in refused(capsys, tmp_path, notebook, "--out", tmp_path)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("out", ["book.ipynb", "book.ipynb/below"])
def test_unwritable_output_is_refused(capsys, tmp_path, notebook, out):
    line = refused(capsys, tmp_path, notebook, "-p", "steps", 5, "--out", tmp_path / out)
    assert f"{tmp_path / out}: cannot be written to: " in line


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(capsys, tmp_path, notebook):
    out = tmp_path / "runs"
    out.mkdir(mode=0o500)
    assert f"{out}: cannot be written to: " in refused(
        capsys, tmp_path, notebook, "-p", "steps", 5, "--out", out
    )


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    "grid, message",
    [
        ({"learning_rate": [True]}, "-p learning_rate: got True; takes a finite number"),
        ({"learning_rate": ["0.1"]}, "got '0.1'; takes a finite number"),
        ({"learning_rate": [math.nan]}, "got nan; takes a finite number"),
        ({"learning_rate": [10**400]}, "takes a finite number"),
        ({"learning_rate": 0.1}, "-p learning_rate: got 0.1; takes a list of values"),
        ({"title": "abc"}, "-p title: got 'abc'; takes a list of values"),
        ({"steps": [1.0]}, "-p steps: got 1.0; takes a whole number"),
        ({"steps": [np.True_]}, "takes a whole number"),
        ({"momentum": [1]}, "-p momentum: got 1; takes true or false"),
        ({"title": [1]}, "-p title: got 1; takes text"),
        ({"title": [None]}, "-p title: got None; takes text"),
        ({"steps": []}, "-p steps: give at least one value"),
        (
            {"widths": [8, 16]},
            '-p widths: got 8; takes a list of whole numbers, such as "[4, 8, 16]"; in a grid',
        ),
        ({"widths": [[]]}, "-p widths: got [], an empty list; takes"),
        (
            {"widths": [[8, "16"]]},
            "-p widths: got [8, '16'], with '16' at [1]; takes a list of whole numbers",
        ),
        ({"widths": [[8, 16.0]]}, "with 16.0 at [1]"),
        ({"widths": [[8, [16]]]}, "with [16] at [1]"),
        ({"widths": [[8, True]]}, "with True at [1]"),
        ({"widths": ["[8, 16]"]}, "-p widths: got '[8, 16]'; takes a list of whole numbers"),
        ({"widths": [np.ones((2, 2))]}, "at [0]; takes a list of whole numbers"),
        ({"widths": [[8, 16], (8, 16)]}, "-p widths: [8, 16] is given twice, once as (8, 16)"),
        ({"learning_rate": [1, 1.0]}, "-p learning_rate: 1.0 is given twice"),
        ({1: [1]}, "-p 1: is not a name of Python"),
    ],
)
def test_bad_values_from_python_are_refused(tmp_path, notebook, grid, message):
    with pytest.raises(sweep.Refused) as caught:
        sweep.run(notebook, grid, tmp_path / "runs")
    assert message in str(caught.value)
    assert files(tmp_path) == ["book.ipynb"]


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    "settings, error, message",
    [
        ({"workers": 0}, ValueError, "workers: got 0; takes a whole number, 1 or more"),
        ({"workers": True}, TypeError, "workers: got True"),
        ({"workers": "2"}, TypeError, "workers: got '2'"),
        (
            {"workers": 2, "scheduler": "tcp://127.0.0.1:1"},
            sweep.Refused,
            "workers: got 2 together with a scheduler",
        ),
        ({"scheduler": 8786}, sweep.Refused, "scheduler: got 8786; takes an address"),
    ],
)
def test_bad_settings_from_python_are_refused(tmp_path, notebook, settings, error, message):
    with pytest.raises(error) as caught:
        sweep.run(notebook, {}, tmp_path / "runs", **settings)
    assert message in str(caught.value)
    assert files(tmp_path) == ["book.ipynb"]


def test_a_missing_papermill_is_named(monkeypatch, capsys, tmp_path, notebook):
    monkeypatch.setitem(sys.modules, "papermill", None)
    line = refused(capsys, tmp_path, notebook, "--out", tmp_path / "runs")
    assert line == "sweep: a sweep needs papermill: pip install papermill\n"


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, s6lib.sweep; "
        "print({'papermill', 'nbformat', 'tqdm', 'psutil', 'jupyter_client', 'torch'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_help_says_what_matters(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    said = capsys.readouterr().out
    assert stop.value.code == 0
    for word in (
        "-p NAME",
        "--out FOLDER",
        "--workers N",
        "--scheduler ADDRESS",
        "--resume",
        "--select TABLE",
        "--curves TABLE",
        "--folders FOLDER",
        "--dry-run",
        "OMP_NUM_THREADS",
        "manifest.json",
        "Exit code: 0",
        *plan.KINDS.values(),
    ):
        assert word in said


# Plans: which runs, and what they are called ------------------------------------------------


REST = {"momentum": False, "title": "plain", "widths": [4, 8]}


def planned(tmp_path, grid, convert=plan.checked):
    book = build(tmp_path / "book.ipynb", "1")
    return plan.make(book, grid, tmp_path / "runs", convert)[1]


def test_several_parameters_make_a_grid(tmp_path):
    jobs = planned(tmp_path, {"learning_rate": np.array([0.1, 2]), "steps": np.array([5, 6])})
    assert [job.swept for job in jobs] == [
        {"learning_rate": rate, "steps": steps} for rate in (0.1, 2.0) for steps in (5, 6)
    ]
    assert [job.output.name for job in jobs[:2]] == [
        "learning_rate-0.1__steps-5.ipynb",
        "learning_rate-0.1__steps-6.ipynb",
    ]
    assert jobs[2].resolved == {"learning_rate": 2.0, "steps": 5, **REST}
    assert {type(value) for job in jobs for value in job.swept.values()} == {float, int}  # none of NumPy's


@pytest.mark.parametrize(
    "name, text, value, file",
    [
        ("learning_rate", "1", 1.0, "learning_rate-1.0"),
        ("learning_rate", "-1e-3", -0.001, "learning_rate--0.001"),
        ("learning_rate", "1e20", 1e20, "learning_rate-1e20"),
        ("steps", "+7", 7, "steps-7"),
        ("steps", "-7", -7, "steps--7"),
        ("momentum", "true", True, "momentum-true"),
        ("momentum", "False", False, "momentum-false"),
        ("title", 'no: a/b\\c "d"?*', 'no: a/b\\c "d"?*', "title-no-a-b-c-d-"),
        ("title", "été", "été", "title-été"),
        ("widths", "[8,16]", [8, 16], "widths-8-16"),
        ("widths", " [ 4, 8 ,16 ] ", [4, 8, 16], "widths-4-8-16"),
        ("widths", "[7]", [7], "widths-7"),
    ],
)
def test_text_becomes_a_value_and_a_safe_file_name(tmp_path, name, text, value, file):
    (job,) = planned(tmp_path, {name: [text]}, plan.read)
    assert job.swept == {name: value} and type(job.swept[name]) is type(value)
    assert job.output.name == file + ".ipynb"


@pytest.mark.parametrize(
    "literal, given, value",
    [
        ("[0.1, 1]", "[1, 2e-1]", [1.0, 0.2]),
        ("[1, 0.1]", "[3]", [3.0]),
        ("[True]", "[false, true]", [False, True]),
        ("['a']", '["b c", "[1]"]', ["b c", "[1]"]),
        ("[-1]", "[-2, 3]", [-2, 3]),
    ],
)
def test_a_list_has_entries_of_the_kind_that_the_notebooks_has(tmp_path, literal, given, value):
    book = build(tmp_path / "book.ipynb", "1", parameters=f"x = {literal}")
    for convert, each in ((plan.read, given), (plan.checked, value), (plan.checked, np.array(value))):
        (job,) = plan.make(book, {"x": [each]}, tmp_path / "runs", convert)[1]
        assert job.swept == {"x": value} and [*map(type, job.swept["x"])] == [*map(type, value)]


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("literal", ["[]", "[1, 'a']", "[1, True]", "[[1], [2]]", "[None]", "[1e999]"])
def test_a_list_of_which_nobody_knows_what_it_takes_is_no_parameter(capsys, tmp_path, literal):
    book = build(tmp_path / "book.ipynb", parameters=f"x = {literal}\ny = 1")
    line = refused(capsys, tmp_path, book, "-p", "x", "[1]", "--out", tmp_path / "runs")
    assert (
        "-p x: " in line and "gives it a list that is empty, or whose entries are not all of one kind" in line
    )
    assert plan.load(book).parameters == {"y": 1}


FORMS = """\
# @title Your numbers
w1 = 0.15  # @param {type:"number"}
steps = 50  # @param {type:"integer"}
nesterov = False  # @param {type:"boolean"}
network = "author"  # @param ["author", "small"]
channels = [4, 8]  #@param {type:"raw"}
# @markdown Then run all.
"""


def test_the_forms_of_colab_are_comments(tmp_path):
    """The sweep reads the cell, and papermill puts its values after it."""
    book = build(
        tmp_path / "book.ipynb", "assert (w1, steps, channels) == (0.2, 50, [8, 16])", parameters=FORMS
    )
    assert plan.load(book).parameters == {
        "w1": 0.15, "steps": 50, "nesterov": False, "network": "author", "channels": [4, 8],
    }  # fmt: skip
    (run,) = sweep.run(book, {"w1": [0.2], "channels": [[8, 16]]}, tmp_path / "runs")
    assert (run.outcome, run.error) == ("ok", None)
    assert nbformat.read(run.output, 4).cells[0].source == FORMS


def test_no_parameters_mean_one_run_on_the_defaults(tmp_path):
    (job,) = planned(tmp_path, {})
    assert job.swept == {} and job.output == tmp_path / "runs" / "book.ipynb"
    assert job.resolved == {"learning_rate": 1.0, "steps": 50, **REST}


def test_the_last_assignment_of_the_parameters_cell_counts(tmp_path):
    path = build(
        tmp_path / "book.ipynb", parameters="a = b = 1\nb = 2.5\na = print\nc: int\nd = 1e999\ne = -3"
    )
    assert plan.load(path).parameters == {"b": 2.5, "e": -3}


# Around the runs, with runs that only pretend -----------------------------------------------


def test_as_many_runs_at_once_as_processors(monkeypatch, tmp_path, notebook):
    active, most, lock = 0, 0, threading.Lock()

    def action(_):
        nonlocal active, most
        with lock:
            active += 1
            most = max(most, active)
        time.sleep(0.05)
        with lock:
            active -= 1

    pretend(monkeypatch, action)
    runs = sweep.run(notebook, {"steps": range(4 * places.processors())}, tmp_path / "runs")
    assert most == places.processors()
    assert [run.parameters["steps"] for run in runs] == list(range(len(runs)))


@pytest.mark.parametrize(
    "given, runs, threads", [(None, 5, 4), (None, 20, 1), (3, 5, 2), (1, 5, 8), (20, 20, 1)]
)
def test_the_processors_are_shared_out(monkeypatch, tmp_path, notebook, given, runs, threads):
    """At most 8 processors here: so many runs at once, and so many threads for each."""
    seen = set()

    def no_process(_, env, **__):
        seen.add(env["OMP_NUM_THREADS"])
        raise OSError("no process today")

    monkeypatch.setattr(places, "processors", lambda: 8 if runs > 8 or given else 4 * runs)
    monkeypatch.setattr(process.subprocess, "Popen", no_process)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    made = sweep.run(notebook, {"steps": range(runs)}, tmp_path / "runs", workers=given)
    assert seen == {str(threads)}
    assert {run.error for run in made} == {"OSError: no process today"}
    monkeypatch.setenv("OMP_NUM_THREADS", "7")  # the user knows better
    sweep.run(notebook, {"steps": range(runs)}, tmp_path / "again", workers=given)
    assert seen == {str(threads), "7"}


def test_an_output_that_appears_meanwhile_is_left_alone(monkeypatch, capsys, tmp_path, notebook):
    late = tmp_path / "runs" / "steps-5.ipynb"
    pretend(monkeypatch, lambda _: late.write_text("precious") and None)
    assert main([str(notebook), "-p", "steps", "5", "--out", str(late.parent)]) == 1
    assert late.read_text() == "precious"
    assert "appeared during the sweep, and was left alone" in capsys.readouterr().err
    (run,) = json.loads((late.parent / "manifest.json").read_text())["runs"]
    assert run["output"] is None and run["outcome"] == "failed"
    assert files(late.parent) == ["manifest.json", "steps-5.ipynb"]


def test_a_file_system_without_links(monkeypatch, tmp_path):
    def no_links(*_):
        raise PermissionError("links are not supported")

    monkeypatch.setattr(whole_files.os, "link", no_links)
    whole_files.create(tmp_path / "new", b"text")
    with pytest.raises(FileExistsError):
        whole_files.create(tmp_path / "new", b"other")
    assert files(tmp_path) == ["new"] and (tmp_path / "new").read_text() == "text"


def test_a_cell_that_was_skipped_fails_the_run(tmp_path):
    node = nbformat.read(build(tmp_path / "book.ipynb", "1 + 1", "2"), 4)
    for count, cell in enumerate(node.cells):
        cell.execution_count = count + 1
    assert folder.verdict(node, None) is None
    node.cells[1].execution_count = None
    assert folder.verdict(node, None) == "was not executed (cell [2]: 1 + 1)"


def test_outputs_are_kept_as_a_terminal_shows_them():
    def said(text, name="stderr"):
        return nbformat.v4.new_output("stream", name=name, text=text)

    bar = [said(f"\r{percent:3}%") for percent in range(100)]
    table = nbformat.v4.new_output("display_data", {"text/plain": "a table"})
    outputs = [
        said("begins\n"),
        *bar,
        said("\r100%\n"),
        said("now\r\n", "stdout"),
        table,
        said("a\rb\n"),
        said("c"),
    ]
    shown = folder.as_shown(outputs)
    assert shown == [said("begins\n100%\n"), said("now\n", "stdout"), table, said("b\nc")]
    assert folder.as_shown(shown) == shown and folder.as_shown([]) == []


@pytest.mark.parametrize(
    "text, seen",
    [
        ("\r 1/2 loss is NaN\r 2/2\n", " 2/2 loss is NaN\n"),  # a word behind a bar
        ("row 1: 0.5\rrow 2", "row 2: 0.5"),
        ("done\r\r\n\rmore\r", "done\nmore"),
        ("done\r\x1b[0m\n", "done\r\x1b[0m\n"),  # what moves or colours is left to who shows it
        ("one\b\rtwo", "one\b\rtwo"),
        ("", ""),
    ],
)
def test_what_a_terminal_shows_is_kept(text, seen):
    (shown,) = folder.as_shown([nbformat.v4.new_output("stream", name="stdout", text=text)])
    assert shown.text == seen


# Real runs ----------------------------------------------------------------------------------

SOURCES = (
    "from pathlib import Path\nPath('beside.txt').read_text()",
    "title, momentum, type(steps).__name__",
    "import numpy as np\nfrom s6lib import toy\n"
    "history = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, learning_rate, steps)\nhistory.loss.tolist()",
    "import sys\nfor n in range(3):\n    print(f'\\r{n} of 2', end='', file=sys.stderr, flush=True)",
    "",
)
GRID = {"learning_rate": [0.5, 2], "title": ['it\'s "é" \\n\n{x}\\']}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A sweep of two runs from and to folders with awkward names."""
    folder = tmp_path_factory.mktemp("a book {é}")
    (folder / "beside.txt").write_text("read from the notebook's folder")
    (folder / "json.py").write_text("raise ImportError('not the module of the standard library')")
    book = build(folder / "the book.ipynb", *SOURCES, widgets={"stale": {}})
    out = folder / "out {0}" / "ü"
    before = book.read_bytes(), os.getcwd()
    runs = sweep.run(book, GRID, out)
    assert (book.read_bytes(), os.getcwd()) == before
    return book, out, runs


@pytest.mark.filterwarnings("ignore")
def test_runs_equal_an_independent_execution(executed):
    import nbclient

    book, out, runs = executed
    for run, rate in zip(runs, GRID["learning_rate"], strict=True):
        node = nbformat.read(book, 4)
        node.cells[0].source += f"\nlearning_rate = {float(rate)!r}\ntitle = {GRID['title'][0]!r}"
        beside = {"metadata": {"path": str(book.parent)}}
        nbclient.NotebookClient(node, resources=beside, coalesce_streams=True).execute()
        swept = nbformat.read(run.output, 4)
        assert outputs(swept) == outputs(node)
        assert "0.01418137793789" in outputs(swept)[3]  # the loss before the first step is really there
        assert '"text": "2 of 2"' in outputs(swept)[4]


def test_the_manifest_tells_all(executed):
    book, out, runs = executed
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["notebook"] == {
        "name": "the book.ipynb",
        "sha256": hashlib.sha256(book.read_bytes()).hexdigest(),
    }
    code = sum(
        ([*Path(s6lib.__file__).parent.rglob(f"*.{kind}")] for kind in ("py", "js", "css", "mplstyle")), []
    )
    lines = [
        f"{path.relative_to(Path(s6lib.__file__).parent).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(code)
    ]
    expected = {
        "python": sys.version.split()[0],
        "s6lib": s6lib.__version__,
        "s6lib_sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
        "numpy": np.__version__,
        "papermill": version("papermill"),
    }
    if importlib.util.find_spec("torch"):
        expected["torch"] = version("torch")
    assert manifest["versions"] == expected
    for run, told, rate in zip(runs, manifest["runs"], (0.5, 2.0), strict=True):
        assert (
            told["parameters"]
            == run.parameters
            == {"learning_rate": rate, "steps": 50, **REST, "title": GRID["title"][0]}
        )
        assert (told["outcome"], told["error"]) == (run.outcome, run.error) == ("ok", None)
        assert out / told["output"] == run.output
        assert told["seconds"] == pytest.approx(run.seconds, abs=1e-3) and 0.1 < run.seconds < 120
    assert files(out) == sorted([*(run.output.name for run in runs), "manifest.json"])


def test_outputs_keep_the_kernel_and_nothing_of_the_machine(executed):
    book, out, runs = executed
    source = nbformat.read(book, 4)
    for run in runs:
        node = nbformat.read(run.output, 4)
        assert node.metadata.kernelspec == source.metadata.kernelspec
        assert set(node.metadata) == {"kernelspec", "language_info"}
        injected = node.cells.pop(1)
        assert injected.metadata == {"tags": ["injected-parameters"]} and injected.id == "sweep-1"
        assert f"learning_rate = {run.parameters['learning_rate']!r}" in injected.source
        assert [(cell.id, cell.metadata, cell.source) for cell in node.cells] == [
            (cell.id, cell.metadata, cell.source) for cell in source.cells
        ]
        assert str(book.parent) not in run.output.read_text(encoding="utf-8")


def test_a_second_sweep_differs_in_no_byte(executed, tmp_path):
    book, out, runs = executed
    (again,) = sweep.run(book, GRID | {"learning_rate": [0.5]}, tmp_path)
    assert (again.outcome, again.error) == ("ok", None)
    assert again.output.name == runs[0].output.name
    assert again.output.read_bytes() == runs[0].output.read_bytes()


FAILURES = {
    "fine": ("pass", None),
    "raise": ("1 / 0", "ZeroDivisionError: division by zero (cell [5]: exec("),
    "sys.exit": ("import sys; sys.exit(0)", "SystemExit: 0 (cell [5]: exec("),
    "exit": ("exit()", "RuntimeError: exit() or quit() ended the kernel (cell [5]: exec("),
    "os._exit": ("import os; os._exit(0)", "DeadKernelError: Kernel died (cell [5]: exec("),
    "kill": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "DeadKernelError: Kernel died (cell [5]: exec(",
    ),
    "kill-process": (
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "its process was ended by SIGKILL (cell [5]: exec(",
    ),
    "leave-process": (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'], "
        "start_new_session=True)",
        None,
    ),
}


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """A sweep in which runs fail in every way, by the command line."""
    if os.name == "nt":
        pytest.skip("signals of POSIX")
    folder = tmp_path_factory.mktemp("failing")
    build(
        folder / "book.ipynb",
        "print('before')",
        f"actions = { {name: action for name, (action, _) in FAILURES.items()} }\n"
        "import os\nfrom pathlib import Path\nPath(f'{way}.pid').write_text(str(os.getpid()))",
        "exec(actions[way], dict(exit=exit))",
        parameters="way = 'fine'",
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "s6lib.sweep",
            str(folder / "book.ipynb"),
            "-p",
            "way",
            *FAILURES,
            "--out",
            str(folder / "runs"),
        ],
        capture_output=True,
        text=True,
    )
    return folder, done


def test_a_failed_run_fails_alone(failing):
    folder, done = failing
    told = json.loads((folder / "runs" / "manifest.json").read_text())["runs"]
    assert [run["parameters"]["way"] for run in told] == list(FAILURES)
    for run, (_, error) in zip(told, FAILURES.values()):
        assert run["outcome"] == ("failed" if error else "ok"), run
        assert run["error"] is None if error is None else run["error"].startswith(error), run


def test_failures_are_printed_a_line_each(failing):
    folder, done = failing
    expected = [(way, error) for way, (_, error) in FAILURES.items() if error]
    lines = done.stderr.splitlines()  # no progress bar in a log, but a line of how long it will take
    (told,) = [line for line in lines if " left: about " in line]
    lines.remove(told)
    assert done.returncode == 1 and len(lines) == len(expected)
    for line, (way, error) in zip(lines, expected):
        assert line.startswith(f"sweep: failed: way='{way}': {error}")
    assert done.stdout == f"2 of 8 runs ok: {folder / 'runs' / 'manifest.json'}\n"


def test_a_failed_run_keeps_its_notebook(failing):
    folder, _ = failing
    for way in FAILURES:
        node = nbformat.read(folder / "runs" / f"way-{way}.ipynb", 4)
        printed = [cell.outputs for cell in node.cells if cell.source == "print('before')"]
        assert printed[0][0].text == "before\n"
    assert "ZeroDivisionError" in (folder / "runs" / "way-raise.ipynb").read_text()
    assert files(folder / "runs") == sorted([*(f"way-{way}.ipynb" for way in FAILURES), "manifest.json"])


def test_no_process_of_a_run_is_left(failing):
    folder, _ = failing
    pids = [int((folder / f"{way}.pid").read_text()) for way in FAILURES]
    assert all(gone(pid) for pid in pids)
    assert not [
        process
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] and process.info["cmdline"][-1] == "import time; time.sleep(99)"
    ]


def test_a_kernel_that_does_not_start_fails_its_run(monkeypatch, tmp_path):
    kernels = tmp_path / "kernels" / "hung"
    kernels.mkdir(parents=True)
    kernels.joinpath("kernel.json").write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-c", "import time; time.sleep(98)"],
                "display_name": "Hung",
                "language": "python",
            }
        )
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setattr(process, "START_TIMEOUT", 1)
    book = build(tmp_path / "book.ipynb", "1", kernelspec={"name": "hung", "display_name": "Hung"})
    (run,) = sweep.run(book, {}, tmp_path / "runs")
    assert run.outcome == "failed"
    assert run.error == "RuntimeError: Kernel didn't respond in 1 seconds"
    assert run.seconds < 90  # the kernel sleeps for longer


def kernel(folder, name, *, script="", **env):
    """A kernel specification `name` under `folder`, which runs `script` before it is a kernel of this
    Python."""
    (folder / "kernels" / name).mkdir(parents=True)
    start = (
        f"import sys; {script}; from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    (folder / "kernels" / name / "kernel.json").write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-c", start, "-f", "{connection_file}"],
                "display_name": name,
                "language": "python",
                "env": env,
            }
        )
    )
    return {"name": name, "display_name": name}


def another_s6lib(folder, **changes):
    """A copy of the library in which texts were replaced: {file: (old, new)}."""
    shutil.copytree(
        Path(s6lib.__file__).parent, folder / "s6lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, (old, new) in changes.items():
        path = folder / "s6lib" / f"{name}.py"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    "change, told",
    [
        ({"__init__": ('__version__ = "', '__version__ = "0.0.9.')}, "has s6lib 0.0.9."),
        ({"toy": ("w1 ... w8", "w1 to w8")}, f"has s6lib {s6lib.__version__} ("),
    ],
)
def test_a_kernel_with_another_s6lib_is_refused(monkeypatch, tmp_path, change, told):
    """By version or, since a version stands for many commits, by content. No cell of the notebook is
    executed."""
    another_s6lib(tmp_path / "elsewhere", **change)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    spec = kernel(tmp_path, "foreign", script=f"sys.path.insert(0, {str(tmp_path / 'elsewhere')!r})")
    book = build(tmp_path / "book.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')", kernelspec=spec)
    (run,) = sweep.run(book, {}, tmp_path / "runs")
    assert run.outcome == "failed" and told in run.error and "take a kernel of this environment" in run.error
    assert not (tmp_path / "ran").exists()
    assert json.loads((tmp_path / "runs" / "manifest.json").read_text())["versions"] == process.versions()


def test_a_library_that_lies_in_the_notebooks_folder_is_found_out(tmp_path):
    """A kernel looks into the folder of its notebook first."""
    another_s6lib(tmp_path, toy=("w1 ... w8", "w1 to w8"))
    (run,) = sweep.run(build(tmp_path / "book.ipynb", "1"), {}, tmp_path / "runs")
    assert run.outcome == "failed" and "take a kernel of this environment" in run.error


def test_the_manifest_has_the_versions_of_the_kernel(monkeypatch, tmp_path):
    """A kernel of an environment with other packages may run, and the manifest says what it ran on."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    older = (
        "import importlib.metadata as m; real = m.version; "
        "m.version = lambda name: '1.0' if name == 'numpy' else real(name)"
    )
    spec = kernel(tmp_path, "older", script=older, OMP_NUM_THREADS="3")
    book = build(
        tmp_path / "book.ipynb",
        "from s6lib import mnist; mnist.load_digits('bundled')",
        parameters="x = 1",
        kernelspec=spec,
    )
    out = tmp_path / "runs"
    assert sweep.run(book, {"x": [1]}, out)[0].outcome == "ok"
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert told["versions"] == process.versions() | {"numpy": "1.0"} and told["threads"] == ["3"]
    assert list(told["data"]) == ["bundled digits"]
    assert [run.outcome for run in sweep.run(book, {"x": [1]}, out, resume=True)] == ["ok"]
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8")) == told


def test_runs_of_one_sweep_are_of_one_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    changing = (
        "import importlib.metadata as m, pathlib; real = m.version; "
        f"m.version = lambda name: ('2.0' if pathlib.Path({str(tmp_path / 'later')!r}).exists() else '1.0') "
        "if name == 'numpy' else real(name)"
    )
    spec = kernel(tmp_path, "changing", script=changing)
    book = build(
        tmp_path / "book.ipynb",
        f"open({str(tmp_path / 'later')!r}, 'w').close()",
        parameters="x = 1",
        kernelspec=spec,
    )
    first, second = sweep.run(book, {"x": [1, 2]}, tmp_path / "runs", workers=1)
    assert (first.outcome, second.outcome) == ("ok", "failed")
    assert second.error == "its kernel has numpy 2.0, those of the runs before had 1.0"


def test_an_error_names_the_line_that_failed_and_says_it_all(tmp_path):
    names = [f"network number {number}" for number in range(12)]
    body = (
        f"a = 1\ndef check(x):\n    raise ValueError('takes one of ' + ', '.join({names!r}))\ncheck(a)\nb = 2"
    )
    (run,) = sweep.run(build(tmp_path / "book.ipynb", body), {}, tmp_path / "runs")
    assert run.error == f"ValueError: takes one of {', '.join(names)} (cell [2]: check(a))"
    (run,) = sweep.run(
        build(tmp_path / "late.ipynb", "\n  \nx = 0\nif x == 0: 1 / x\nb = 2"), {}, tmp_path / "late"
    )
    assert run.error == "ZeroDivisionError: division by zero (cell [2]: if x == 0: 1 / x)"
    group = "async def fails():\n    raise ValueError('the reason')\nimport asyncio\n" + (
        "async with asyncio.TaskGroup() as tasks:\n    tasks.create_task(fails())"
    )
    (run,) = sweep.run(build(tmp_path / "group.ipynb", group), {}, tmp_path / "group")
    assert run.error.startswith(
        "ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception) (cell [2]: "
    )
    (run,) = sweep.run(build(tmp_path / "broken.ipynb", "a = 1\nb = = 2"), {}, tmp_path / "broken")
    assert run.error.startswith("SyntaxError: invalid syntax") and run.error.endswith("(cell [2]: b = = 2)")


def test_a_folder_whose_name_the_console_cannot_spell(tmp_path):
    """The table is written, and the line on the console says what it can."""
    book, out = build(tmp_path / "book.ipynb", "1", parameters="x = 1"), tmp_path / "Läufe – 1"
    done = subprocess.run(
        [sys.executable, "-m", "s6lib.sweep", book, "-p", "x", "1", "--out", out, "--select", out / "é–.csv"],
        capture_output=True,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONIOENCODING": "ascii",
            "PYTHONUTF8": "0",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )
    assert done.returncode == 0, done.stderr
    assert (out / "é–.csv").exists() and b"L\\xe4ufe" in done.stdout


def test_a_notebook_with_a_byte_order_mark(tmp_path):
    book = build(tmp_path / "book.ipynb", "x + 1", parameters="x = 1")
    book.write_bytes(b"\xef\xbb\xbf" + book.read_bytes())
    assert [run.outcome for run in sweep.run(book, {"x": [2]}, tmp_path / "runs")] == ["ok"]


def test_a_text_that_begins_with_a_hyphen(monkeypatch, tmp_path):
    pretend(monkeypatch)
    book = build(tmp_path / "book.ipynb", "1", parameters="optimizer = 'sgd'\nx = 1.0")
    assert (
        main(
            [
                str(book),
                "-p",
                "optimizer",
                "-adam",
                "sgd",
                "-p",
                "x",
                "-1e-3",
                "--out",
                str(tmp_path / "runs"),
            ]
        )
        == 0
    )
    assert files(tmp_path / "runs") == [
        "manifest.json",
        "optimizer--adam__x--0.001.ipynb",
        "optimizer-sgd__x--0.001.ipynb",
    ]


@pytest.mark.parametrize(
    "error", [NotImplementedError("no flock"), OSError(errno.ENOLCK, "No locks available")]
)
def test_a_file_system_without_locks(monkeypatch, capsys, tmp_path, notebook, error):
    import filelock

    def acquire(self, *_, **__):
        Path(self.lock_file).touch()  # as filelock does before it asks for the lock
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)
    (tmp_path / "runs").mkdir()
    line = refused(capsys, tmp_path, notebook, "-p", "steps", "5", "--out", tmp_path / "runs")
    assert str(tmp_path / "runs") in line and "lock" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_folder_for_temporary_files_is_named(monkeypatch, tmp_path):
    """Where not even the report of what went wrong can be written, the exit code says it."""
    real = process.subprocess.Popen

    def popen(arguments, **settings):
        Path(settings["env"]["TMPDIR"], "report").symlink_to("/dev/full")
        return real(arguments, **settings)

    monkeypatch.setattr(process.subprocess, "Popen", popen)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    book = build(tmp_path / "book.ipynb", "1", kernelspec=kernel(tmp_path, "dying", script="sys.exit(1)"))
    (run,) = sweep.run(book, {}, tmp_path / "runs")
    assert run.outcome == "failed" and run.error.startswith(
        f"no space left in {tempfile.gettempdir()}, where a run keeps its files"
    )


def test_an_execution_that_ends_leaves_another_of_the_same_run_alone(tmp_path):
    """A cluster that has lost a worker executes its run again, while the worker's own may still be ending."""
    book = build(
        tmp_path / "book.ipynb",
        parameters="other_is_done = ''",
        *[
            "import pathlib, time\nwhile other_is_done and not pathlib.Path(other_is_done).exists(): "
            "time.sleep(0.1)\ntime.sleep(0.5); 42"
        ],
    )
    text, done = book.read_text(), tmp_path / "done"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        later = pool.submit(process.execute, text, str(tmp_path), {"other_is_done": str(done)}, "sweep-1")
        try:
            _, error, *_ = process.execute(text, str(tmp_path), {}, "sweep-1")
        finally:
            done.touch()
        assert error is later.result()[1] is None


@pytest.mark.parametrize("deaths", [2, 3])
def test_a_kernel_that_dies_before_its_first_word_is_started_again(monkeypatch, tmp_path, deaths):
    """As one does that finds its port taken. The third time tells that it was not bad luck."""
    kernels = tmp_path / "kernels" / "unlucky"
    kernels.mkdir(parents=True)
    counted = tmp_path / "starts"
    start = (
        f"import sys; counted = open({str(counted)!r}, 'a+'); counted.write('x'); counted.seek(0); "
        f"len(counted.read()) > {deaths} or sys.exit(1); counted.close(); "
        "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    kernels.joinpath("kernel.json").write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-c", start, "-f", "{connection_file}"],
                "display_name": "Unlucky",
                "language": "python",
            }
        )
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    book = build(tmp_path / "book.ipynb", "6 * 7", kernelspec={"name": "unlucky", "display_name": "Unlucky"})
    (run,) = sweep.run(book, {}, tmp_path / "runs")
    assert counted.read_text() == "xxx"
    if deaths == 2:
        assert run.outcome == "ok" and run.error is None
        assert nbformat.read(run.output, 4).cells[1].outputs[0].data["text/plain"] == "42"
    else:
        assert run.outcome == "failed" and "Kernel died before replying" in run.error


def test_a_notebook_in_another_language_is_refused(monkeypatch, capsys, tmp_path, no_kernel):
    kernels = tmp_path / "kernels" / "other"
    kernels.mkdir(parents=True)
    kernels.joinpath("kernel.json").write_text(
        '{"argv": ["other"], "display_name": "Other", "language": "R"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    book = build(tmp_path / "book.ipynb", "1", kernelspec={"name": "other", "display_name": "Other"})
    line = refused(capsys, tmp_path, book, "--out", tmp_path / "runs")
    assert "its kernel 'other' speaks R; a sweep takes Python notebooks" in line


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how, code", [("SIGINT", 130), ("SIGTERM", 130), ("SIGKILL", -9)])
def test_an_interrupt_leaves_no_kernel_and_no_half_file(tmp_path, how, code):
    book = build(
        tmp_path / "book.ipynb",
        parameters="run = 0",
        *[
            "import os, time\nfrom pathlib import "
            "Path\nPath(f'{run}.pid').write_text(str(os.getpid()))\ntime.sleep(997)"
        ],
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    wanted = min(2, places.processors())
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "s6lib.sweep",
            str(book),
            "-p",
            "run",
            "1",
            "2",
            "3",
            "4",
            "--out",
            str(tmp_path / "runs"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
        preexec_fn=hear_interrupts,
    )
    deadline = time.monotonic() + 180
    while len(pids := [int(text) for path in tmp_path.glob("*.pid") if (text := path.read_text())]) < wanted:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(getattr(signal, how))
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert all(gone(pid) for pid in pids)
    manifest = json.loads((tmp_path / "runs" / "manifest.json").read_text())
    assert [(run["parameters"]["run"], run["outcome"], run["error"]) for run in manifest["runs"]] == [
        (n, "pending", None) for n in (1, 2, 3, 4)
    ]
    assert files(tmp_path / "runs") == [".sweep.lock"] * (how == "SIGKILL") + ["manifest.json"]
    if how != "SIGKILL":  # which lets nobody tidy up
        assert said == (
            f"sweep: interrupted; {tmp_path / 'runs'} keeps the runs that had finished: "
            "the same command with --resume goes on\n"
        )
        assert files(scratch) == []
