"""Shared by the tests of sweeps: notebooks, runs that only pretend, and what is left behind."""

import signal
import time

import pytest

from s6lib.sweep import process
from s6lib.sweep.__main__ import main

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("papermill")
psutil = pytest.importorskip("psutil")

PARAMETERS = """\
# what a sweep may vary
learning_rate: float = 1   # an int literal, meant as a float
steps = 50
momentum = False
title = 'plain'
widths = [4, 8]
twice = 2 * steps
"""


def hear_interrupts():
    """For `preexec_fn`: a shell that starts the tests in the background lets them, and so their children,
    ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def build(path, *sources, parameters=PARAMETERS, **metadata):
    """Write a notebook of code cells; the first holds the parameters unless there are none."""
    cells = [nbformat.v4.new_code_cell(source, metadata={"tags": ["shown"]}) for source in sources]
    if parameters is not None:
        cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters", "shown"]}))
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
    } | metadata
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def files(folder):
    return sorted(path.name for path in folder.rglob("*"))


def gone(pid):
    """Whether a process ends within half a minute, as on a busy machine; a zombie has ended."""
    for _ in range(300):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


def refused(capsys, tmp_path, *argv):
    """The one line on stderr of a sweep that must be refused and leave everything as it was."""

    def state():
        return {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")}

    before, _ = state(), capsys.readouterr()
    try:
        code = main([*map(str, argv)])
    except SystemExit as stop:  # argparse
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.startswith("sweep: ") and captured.err.count("\n") == 1
    assert state() == before
    return captured.err


def pretend(monkeypatch, action=lambda parameters: None):
    """Let each run return the notebook as if it had been executed, and record what `action` returns."""

    def execute(text, folder, parameters, mark, threads=None):
        recorded = action(parameters) or {}
        node = nbformat.reads(text, 4)
        for count, cell in enumerate(node.cells):
            cell.execution_count = count + 1
        return nbformat.writes(node), None, 0.5, recorded, {}

    monkeypatch.setattr(process, "execute", execute)
