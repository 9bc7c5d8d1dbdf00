"""The reader's surroundings change nothing: settings of matplotlib and of Python, the folder, the line ends of a clone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from s6lib import pages

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
CHAPTER = ROOT / "book" / "weight_update.ipynb"
#: What a reader's matplotlibrc may say; each line alone changes a figure, or fails.
MATPLOTLIBRC = "axes.edgecolor: red\nlines.linewidth: 9\nfont.size: 30\ntext.usetex: True\ninteractive: False\nbackend: pdf\n"


def execute(notebook, folder, **environment):
    """The notebook, executed by papermill in `folder` in a process with these variables (None: without)."""
    executed = folder / f"executed-{notebook.name}"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run([sys.executable, "-m", "papermill", notebook, executed, "--cwd", folder, "--no-progress-bar", "--log-level", "ERROR"],
                          env={name: value for name, value in variables.items() if value is not None},
                          capture_output=True, encoding="utf-8", errors="replace")
    return executed, done


def pictures(executed):
    """{label of a figure: what its cell drew}."""
    cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
    return {cell["metadata"]["mystnb"]["figure"]["name"]:
            [data for output in cell["outputs"] for kind, data in output.get("data", {}).items() if kind.startswith("image/")]
            for cell in cells if "figure" in cell["metadata"].get("mystnb", {})}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The pictures of the chapter in surroundings that say nothing."""
    folder = tmp_path_factory.mktemp("usual")
    executed, done = execute(CHAPTER, folder, MPLBACKEND=None, MATPLOTLIBRC=None, MPLCONFIGDIR=None)
    assert done.returncode == 0, done.stderr
    drawn = pictures(executed)
    assert drawn and all(drawn.values())
    return drawn


# Figures.

@pytest.mark.parametrize("backend", ["Agg", "svg", "pdf"])
def test_a_backend_of_the_readers_changes_no_figure(backend, usual, tmp_path):
    executed, done = execute(CHAPTER, tmp_path, MPLBACKEND=backend)
    assert done.returncode == 0, done.stderr
    assert pictures(executed) == usual


@pytest.mark.parametrize("place", ["named", "in the folder", "of the user"])
def test_a_matplotlibrc_of_the_readers_changes_no_figure(place, usual, tmp_path):
    home = tmp_path / "home"
    folder = {"named": tmp_path / "elsewhere", "in the folder": tmp_path, "of the user": home / ".config" / "matplotlib"}[place]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matplotlibrc").write_text(MATPLOTLIBRC, encoding="utf-8")
    executed, done = execute(CHAPTER, tmp_path, MPLBACKEND=None, HOME=str(home), XDG_CONFIG_HOME=None,
                             MATPLOTLIBRC=str(folder) if place == "named" else None)
    assert done.returncode == 0, done.stderr
    assert pictures(executed) == usual


def test_a_program_may_use_the_look_without_a_kernel(tmp_path):
    """Its backend stays, and no IPython is started for it."""
    program = ("import sys; from s6lib import plots; plots.use(); print(plots.mpl.get_backend().lower(), "
               "plots.mpl.rcParams['axes.spines.top'], 'IPython' in sys.modules)")
    told = subprocess.check_output([sys.executable, "-c", program], cwd=tmp_path, text=True,
                                   env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "svg"})
    assert told.split() == ["svg", "False", "False"]


def test_the_build_ends_where_a_figure_has_no_picture(tmp_path, capsys):
    """As under a backend that draws into no notebook: the cell is executed, and nothing is said."""
    cells = [nbformat.v4.new_code_cell(f"{number}", metadata={"mystnb": {"figure": {"name": f"fig-{number}"}}}, outputs=[
        nbformat.v4.new_output("display_data", {kind: "…"})]) for number, kind in enumerate(["image/svg+xml", "image/png", "text/plain"])]
    drawn, blank = (nbformat.v4.new_notebook(cells=chosen) for chosen in (cells[:2], cells))
    nbformat.write(drawn, tmp_path / "drawn.ipynb")
    pages.main([str(tmp_path)])
    nbformat.write(blank, tmp_path / "blank.ipynb")
    with pytest.raises(SystemExit) as ended:
        pages.main([str(tmp_path)])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"{tmp_path / 'blank.ipynb'}: no picture came of fig-2\n"


# Assertions.

@pytest.mark.parametrize("level", ["1", "2"])
def test_a_chapter_does_not_run_without_its_assertions(level, tmp_path):
    executed, done = execute(CHAPTER, tmp_path, PYTHONOPTIMIZE=level)
    assert done.returncode != 0
    assert f"RuntimeError: PYTHONOPTIMIZE: got {level}, " in done.stderr
    assert not any(pictures(executed).values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.name for path in NOTEBOOKS])
def test_every_chapter_asks_for_its_surroundings_before_it_claims_anything(path):
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    first = next(number for number, source in enumerate(sources) if "plots.use()" in source)
    assert not any("assert " in source or "plots." in source for source in sources[:first])


def test_the_tests_do_not_run_without_their_assertions(tmp_path):
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_toy.py"], cwd=ROOT, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONOPTIMIZE": "1"}, capture_output=True)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "PYTHONOPTIMIZE: got 1" in done.stderr and "passed" not in done.stdout


def made(rule, *variables, folder=ROOT, **environment):
    """What a rule, put beside those of the Makefile, prints: it sees what every recipe sees."""
    return subprocess.run(["make", "--no-print-directory", "-f", "Makefile", "-f", "-", "told", *variables], cwd=folder,
                          input=f"told:\n\t@{rule}\n", env={**os.environ, **environment}, capture_output=True, encoding="utf-8")


def test_make_keeps_the_assertions():
    done = made("echo [$$PYTHONOPTIMIZE]", PYTHONOPTIMIZE="1")
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("given", ["../some data", "data", "/absolute/some data", "~/data", ""])
def test_make_hands_on_a_relative_data_folder_as_an_absolute_one(given):
    expected = str(ROOT / given) if given and given[0] not in "/~" else given
    for done in (made("echo \"$$S6LIB_DATA\"", S6LIB_DATA=given), made("echo \"$$S6LIB_DATA\"", "S6LIB_DATA=" + given)):
        assert (done.stdout, done.stderr) == (f"{expected}\n", "")
