"""The reader's surroundings change nothing: settings of matplotlib and of Python, the folder, a clone's line
ends."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from notebooks import DRAW_THEMSELVES, contents

from bookbuild import pages

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
#: A chapter with figures of many kinds, executed in every one of the surroundings; it takes a second.
CHAPTER = ROOT / "book" / "learning_rate.ipynb"
#: What a reader's matplotlibrc may say; each line alone changes a figure, or fails.
MATPLOTLIBRC = """\
axes.edgecolor: red
lines.linewidth: 9
font.size: 30
text.usetex: True
interactive: False
backend: pdf
"""


def variables(environment):
    """Those of this process with others (None: without)."""
    changed = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return {name: value for name, value in changed.items() if value is not None}


def execute(notebook, folder, **environment):
    """The notebook, executed by papermill in `folder` in a process with these variables (None: without)."""
    executed = folder / f"executed-{notebook.name}"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "papermill",
            notebook,
            executed,
            "--cwd",
            folder,
            "--no-progress-bar",
            "--log-level",
            "ERROR",
        ],
        env=variables(environment),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    return executed, done


def run(notebook, folder, **environment):
    """Execute the notebook in `folder` by a kernel with these variables (None: without)."""
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute(env=variables(environment))


def drawn(folder, **environment):
    """The pictures of the chapter, executed so."""
    notebook = nbformat.read(CHAPTER, as_version=4)
    run(notebook, folder, **environment)
    return pictures(notebook.cells)


def pictures(cells):
    """{label of a figure: what its cell drew}."""
    return {
        cell["metadata"]["mystnb"]["figure"]["name"]: [
            data
            for output in cell["outputs"]
            for kind, data in output.get("data", {}).items()
            if kind.startswith("image/")
        ]
        for cell in cells
        if "figure" in cell["metadata"].get("mystnb", {})
    }


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The pictures of the chapter in surroundings that say nothing."""
    folder = tmp_path_factory.mktemp("usual")
    found = drawn(folder, MPLBACKEND=None, MATPLOTLIBRC=None, MPLCONFIGDIR=None)
    assert found and all(found.values())
    return found


# Figures.


@pytest.mark.parametrize("backend", ["Agg", "svg", "pdf"])
def test_a_backend_of_the_readers_changes_no_figure(backend, usual, tmp_path):
    assert drawn(tmp_path, MPLBACKEND=backend) == usual


@pytest.mark.parametrize("place", ["named", "in the folder", "of the user"])
def test_a_matplotlibrc_of_the_readers_changes_no_figure(place, usual, tmp_path):
    home = tmp_path / "home"
    folder = {
        "named": tmp_path / "elsewhere",
        "in the folder": tmp_path,
        "of the user": home / ".config" / "matplotlib",
    }[place]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matplotlibrc").write_text(MATPLOTLIBRC, encoding="utf-8")
    found = drawn(
        tmp_path,
        MPLBACKEND=None,
        HOME=str(home),
        XDG_CONFIG_HOME=None,
        MATPLOTLIBRC=str(folder) if place == "named" else None,
    )
    assert found == usual


def test_a_program_may_use_the_look_without_a_kernel(tmp_path):
    """Its backend stays, and no IPython is started for it."""
    program = (
        "import matplotlib, sys; from s6lib import plots; plots.use(); "
        "print(matplotlib.get_backend().lower(), "
        "matplotlib.rcParams['axes.spines.top'], 'IPython' in sys.modules)"
    )
    told = subprocess.check_output(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "svg"},
    )
    assert told.split() == ["svg", "False", "False"]


def test_the_build_ends_where_a_figure_has_no_picture(tmp_path, capsys):
    """As under a backend that draws into no notebook: the cell is executed, and nothing is said."""
    cells = [
        nbformat.v4.new_code_cell(
            kind,
            metadata={"mystnb": {"figure": {"name": f"fig-{number}"}}},
            outputs=[nbformat.v4.new_output("display_data", {kind: "…"})],
        )
        for number, kind in enumerate(["image/svg+xml", "image/png", "text/plain"])
    ]
    whole, blank = (nbformat.v4.new_notebook(cells=chosen) for chosen in (cells[:2], cells))
    nbformat.write(whole, tmp_path / "drawn.ipynb")
    pages.main([str(tmp_path)])
    nbformat.write(blank, tmp_path / "blank.ipynb")
    with pytest.raises(SystemExit) as ended:
        pages.main([str(tmp_path)])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"{tmp_path / 'blank.ipynb'}: no picture came of fig-2\n"


# Assertions.


@pytest.mark.parametrize("level", ["1", "2"])
def test_a_chapter_does_not_run_without_its_assertions(level, tmp_path):
    notebook = nbformat.read(CHAPTER, as_version=4)
    with pytest.raises(CellExecutionError) as caught:
        run(notebook, tmp_path, PYTHONOPTIMIZE=level)
    assert caught.value.ename == "RuntimeError"
    assert caught.value.evalue.startswith(f"PYTHONOPTIMIZE: got {level}, ")
    assert not any(pictures(notebook.cells).values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.name for path in NOTEBOOKS])
def test_every_chapter_asks_for_its_surroundings_before_it_claims_anything(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    asks = "not __debug__" if path.stem in DRAW_THEMSELVES else "plots.use()"
    first = next(number for number, source in enumerate(sources) if asks in source)
    assert not any("assert " in source or "plots." in source for source in sources[:first])


def test_the_tests_do_not_run_without_their_assertions(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/library/test_toy.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONOPTIMIZE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "PYTHONOPTIMIZE: got 1" in done.stderr and "passed" not in done.stdout


needs_make = pytest.mark.skipif(
    os.name == "nt" or shutil.which("make") is None, reason="no make and no shell of POSIX on this machine"
)


def made(rule, *variables, **environment):
    """What a rule, put beside those of the Makefile, prints: it sees what every recipe sees."""
    return subprocess.run(
        ["make", "--no-print-directory", "-f", "Makefile", "-f", "-", "told", *variables],
        cwd=ROOT,
        input=f"told:\n\t@{rule}\n",
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
    )


@needs_make
def test_make_keeps_the_assertions():
    done = made("echo [$$PYTHONOPTIMIZE]", PYTHONOPTIMIZE="1")
    assert (done.stdout, done.stderr) == ("[]\n", "")


@needs_make
@pytest.mark.parametrize("given", ["../some data", "data", "/absolute/some data", "~/data", ""])
def test_make_hands_on_a_relative_data_folder_as_an_absolute_one(given):
    expected = str(ROOT / given) if given and given[0] not in "/~" else given
    rule = 'echo "$$S6LIB_DATA"'
    for done in (made(rule, S6LIB_DATA=given), made(rule, f"S6LIB_DATA={given}")):
        assert (done.stdout, done.stderr) == (f"{expected}\n", "")


# The folder: its name, and what lies about in it.

#: Stand-ins for the programs of a recipe: each says how it was called. One makes the folder of the site, too.
CALLED = """#!/bin/sh
for word in "$(basename "$0")" "$@"; do printf "%s\\n" "$word"; done
case "$0" in *jupyter-book) mkdir -p _build/html;; esac
"""


@pytest.fixture
def checkout(tmp_path):
    """A copy of the project in a folder whose name needs care; its programs only say what they are asked."""
    folder = tmp_path / "Übung 1 (O'Brien) $HOME"
    (folder / "stand-in").mkdir(parents=True)
    for name in (
        "book",
        "bookbuild",
        "s6lib",
        "_config.yml",
        "_toc.yml",
        "Makefile",
        "pyproject.toml",
        "requirements.txt",
        "requirements.lock",
    ):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    for name in ("pytest", "python", "jupyter-book", "pip"):
        (folder / "stand-in" / name).write_text(CALLED, encoding="utf-8")
        (folder / "stand-in" / name).chmod(0o755)
    return folder


def make(folder, *wanted):
    """make in the copy, in a shell that knows ASCII alone."""
    return subprocess.run(
        ["make", "--silent", "BIN=stand-in", "-o", ".venv/.made", *wanted],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        encoding="utf-8",
    )


def build(folder, *wanted):
    """What the recipes of the copy say."""
    done = make(folder, *wanted)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def executed_in(said):
    """The notebooks that nbmake was given, and whether the sweep ran."""
    names = [Path(word).stem for word in said if re.fullmatch(r"executed/fresh/\w+\.ipynb", word)]
    return names, "s6lib.sweep" in said


@needs_make
def test_make_works_in_a_folder_of_any_name(checkout):
    asked = build(checkout, "executed/.done")
    wanted = [path.stem for path in contents(checkout) if path.suffix == ".ipynb"]
    assert executed_in(asked) == (wanted, True)
    assert 'execute_notebooks: "off"' in (checkout / "executed" / "_config.yml").read_text(encoding="utf-8")
    told = build(checkout, "book")
    assert told[-2:] == [
        f"The book: {checkout}/_build/html/index.html",
        f"The same to take away: {checkout}/_build/s6-book.zip",
    ]


@needs_make
def test_what_the_contents_do_not_name_is_left_alone(checkout):
    """A scratch notebook, the checkpoint of an editor, a chapter being written: broken, every one of them."""
    book = checkout / "book"
    for name in (
        "Untitled.ipynb",
        "Untitled 1.ipynb",
        "draft.md",
        ".ipynb_checkpoints/training-checkpoint.ipynb",
        "_static/.ipynb_checkpoints/a b.ipynb",
        "runs/learning_rate-0.1.ipynb",
        "my notes/a.ipynb",
        ".#training.ipynb",
    ):
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text("\ufeff{ broken", encoding="utf-8")
    (checkout / "s6lib" / ".#toy.py").symlink_to("nobody@nowhere")
    asked = build(checkout, "executed/.done")
    executed = checkout / "executed" / "book"
    found = sorted(path.name for path in executed.iterdir())
    assert found == sorted(
        [*(path.name for path in contents(checkout)), "_static", "results", "references.bib"]
    )
    named = [word for word in asked if ".ipynb" in word]
    assert len(named) == sum(".ipynb" in name for name in found) + 1  # and that of the sweep


@needs_make
def test_a_change_of_anything_in_the_book_builds_it_anew(checkout):
    build(checkout, "executed/.done")
    assert build(checkout, "executed/.done") == []
    done = (checkout / "executed" / ".done").stat().st_mtime
    for name in (
        "book/notation.md",
        "book/training.ipynb",
        "book/references.bib",
        "book/_static/book.css",
        "book/results/time_to_result/time.csv",
        "s6lib/toy.py",
        "s6lib/widgets/stepper/view.js",
        "s6lib/widgets/stepper/stepper.css",
        "s6lib/plots/book.mplstyle",
        "_toc.yml",
        "_config.yml",
    ):
        before = (checkout / name).stat()
        os.utime(checkout / name, (done + 9, done + 9))
        asked = subprocess.run(
            ["make", "-q", "-o", ".venv/.made", "executed/.done"], cwd=checkout, capture_output=True
        )
        assert asked.returncode == 1, name
        os.utime(checkout / name, (before.st_atime, before.st_mtime))


def change(folder, *names):
    """As if these files were changed now, and all the others had been there for a while."""
    for path in folder.rglob("*"):
        if not path.is_symlink():
            before = path.stat().st_mtime
            os.utime(path, (before - 9,) * 2)
    for name in names:
        os.utime(folder / name)


@needs_make
@pytest.mark.parametrize(
    "changed, again, swept",
    [
        (["book/training.ipynb"], ["training"], False),
        (["book/notation.md", "book/weight_update.ipynb"], ["weight_update"], False),
        (["book/learning_rate.ipynb"], ["learning_rate"], True),
        (["book/references.bib", "book/_static/book.css", "bookbuild/site.py", "_config.yml"], [], False),
        (["s6lib/toy.py"], None, True),
        (["s6lib/widgets/stepper/view.js", "book/training.ipynb"], None, True),
        (["book/results/time_to_result/time.csv"], None, True),
        (["bookbuild/pages.py"], None, True),
        (["_toc.yml"], None, True),
    ],
)
def test_what_has_changed_is_executed_again_and_nothing_else(checkout, changed, again, swept):
    everything = executed_in(build(checkout, "book"))[0]
    book = checkout / "executed" / "book"
    (book / "runs").mkdir()
    (book / "training.ipynb").write_text("with outputs", encoding="utf-8")
    change(checkout, *changed)
    said = build(checkout, "book")
    assert executed_in(said) == (everything if again is None else again, swept)
    assert said.count("jupyter-book") == 1
    kept = again is not None and "training" not in again
    assert ((book / "training.ipynb").read_text(encoding="utf-8") == "with outputs") is kept
    assert (book / "runs").exists() is not swept  # the stand-in of the sweep makes none
    assert sorted(path.name for path in book.iterdir() if path.name != "runs") == sorted(
        [*(page.name for page in contents(checkout)), "_static", "results", "references.bib"]
    )


@needs_make
def test_a_page_is_one_chapter_and_leaves_what_is_stale_to_the_book(checkout):
    everything = executed_in(build(checkout, "page", "CHAPTER=training"))[0]
    assert len(everything) > 10  # where nothing was built
    for chapter in ("training", "learning_rate"):  # without the pages of single rates, which the book makes
        said = build(checkout, "page", f"CHAPTER={chapter}")
        assert executed_in(said) == ([chapter], False) and said.count("jupyter-book") == 1
        assert said[-1] == f"The page: {checkout}/_build/html/book/{chapter}.html"
    assert executed_in(build(checkout, "book")) == ([], False)
    change(checkout, "book/learning_rate.ipynb")
    assert executed_in(build(checkout, "page", "CHAPTER=learning_rate")) == (["learning_rate"], False)
    assert executed_in(build(checkout, "book")) == (["learning_rate"], True)
    change(checkout, "s6lib/toy.py")
    assert executed_in(build(checkout, "page", "CHAPTER=training")) == (["training"], False)
    assert executed_in(build(checkout, "book")) == (everything, True)


@needs_make
def test_what_fails_takes_no_place(checkout):
    """Neither a chapter that fails its checks nor a site with warnings is taken for what was built."""
    build(checkout, "book")
    path = checkout / "executed" / "book" / "training.ipynb"
    path.write_text("with outputs", encoding="utf-8")
    change(checkout, "book/training.ipynb")
    stand_in = checkout / "stand-in" / "pytest"
    stand_in.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    for wanted in (["book"], ["page", "CHAPTER=training"]):
        assert make(checkout, *wanted).returncode == 2
        assert path.read_text(encoding="utf-8") == "with outputs"
    stand_in.write_text(CALLED, encoding="utf-8")
    page = checkout / "stand-in" / "jupyter-book"
    page.write_text(
        "#!/bin/sh\nmkdir -p _build/html; echo > _build/html/index.html; exit 1\n", encoding="utf-8"
    )
    assert make(checkout, "page", "CHAPTER=training").returncode == 2
    page.write_text(CALLED, encoding="utf-8")
    said = build(checkout, "book")
    assert executed_in(said) == (["training"], False) and "jupyter-book" in said


@needs_make
@pytest.mark.parametrize("given", [[], ["CHAPTER=nothing"], ["CHAPTER=training.ipynb"]])
def test_a_page_takes_the_name_of_a_chapter(checkout, given):
    done = make(checkout, "page", *given)
    assert done.returncode == 2 and done.stdout == ""
    name = given[0].removeprefix("CHAPTER=") if given else ""
    names = " ".join(page.stem for page in contents(checkout))
    assert f"CHAPTER: got '{name}', takes one of {names}." in done.stderr


def test_a_chapter_runs_in_a_folder_of_any_name(usual, tmp_path):
    """Under a locale that knows ASCII alone."""
    folder = tmp_path / "Übung 1 (O'Brien)"
    folder.mkdir()
    shutil.copytree(ROOT / "s6lib", folder / "s6lib")
    executed, done = execute(
        CHAPTER,
        folder,
        PYTHONPATH=str(folder),
        LC_ALL="C",
        PYTHONUTF8=None,
        PYTHONCOERCECLOCALE=None,
        PYTHONIOENCODING=None,
        MPLBACKEND=None,
    )
    assert done.returncode == 0, done.stderr
    assert pictures(nbformat.read(executed, as_version=4).cells) == usual
    pages.main([str(folder)])


@pytest.mark.parametrize(
    "path",
    [path for folder in ("s6lib", "benchmarks") for path in (ROOT / folder).rglob("*.py")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_text_is_read_and_written_in_an_encoding_that_is_named(path):
    """Else it would be that of the reader's system."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
        mode = ast.unparse(call.args[-1]) if call.args else ""
        if (
            name in {"read_text", "write_text"}
            or name == "open"
            and not re.fullmatch(r"'[rwxa+]*b[rwxa+]*'", mode)
        ):
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in {"os", "archive"}:
                continue  # a descriptor, or a member of an archive: not a text
            named = any(keyword.arg == "encoding" for keyword in call.keywords)
            assert named, f"{path.name}, line {call.lineno}: {ast.unparse(call)}"


# The line ends of a clone.


@needs_make
def test_a_clone_has_the_line_ends_that_are_recorded(tmp_path):
    """As git makes one on Windows. What was recorded comes out to the byte, text and numbers alike."""
    if subprocess.run(
        ["git", "ls-files", "--error-unmatch", "Makefile"], cwd=ROOT, capture_output=True
    ).returncode:
        pytest.skip("not a git checkout")
    clone = tmp_path / "clone"
    as_there = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    subprocess.run(["git", *as_there, "clone", "--quiet", ROOT, clone], check=True)
    tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=clone, encoding="utf-8").split("\0")[:-1]
    assert "Makefile" in tracked
    for name in tracked:
        recorded = subprocess.check_output(["git", "cat-file", "blob", f"HEAD:{name}"], cwd=clone)
        assert (clone / name).read_bytes() == recorded, f"{name} is changed by a checkout"
        assert b"\0" in recorded or b"\r" not in recorded, f"{name} is recorded with a carriage return"
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=clone, capture_output=True).stderr == b""
    assert subprocess.run(["make", "--dry-run", "book"], cwd=clone, capture_output=True).stderr == b""
