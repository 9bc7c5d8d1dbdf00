"""What `pip install "s6lib[…]"` brings is enough for what it is for, and what is missing is told with its
extra.

The wheel is built and unpacked once. A process then sees the wheel and, of the packages installed here, only
those that pip would bring for the extra: its requirements, theirs, and so on, each where its marker holds.
All others are hidden from imports and from importlib.metadata, in that process and in the kernels it starts.
So the versions are those installed here, and whether pip can find others that fit together is not tested.
"""

import ast
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
#: What a module of the library needs; the others need NumPy alone.
NEEDS = {
    "plots": "plots",
    "widgets": "widgets",
    "mnist": "cnn",
    "cnn": "cnn",
    "augmentation": "cnn",
    "muon": "cnn",
    "recipe": "cnn",
    "fit": "cnn",
    "checkpoint": "cnn",
    "results": "cnn",
    "report": "cnn",
}
#: Extensions of Sphinx, which imports them itself, and what `make book` runs in its own environment.
BUILDERS = {"mathml", "pages", "site"}

#: Imported by every Python that starts with its folder on the path: hides what is not to be seen.
HIDE = """
import os, sys
from importlib.machinery import PathFinder

HIDDEN = frozenset(os.environ["S6LIB_TEST_HIDDEN"].split(","))
SHOWN = frozenset(os.environ["S6LIB_TEST_SHOWN"].split(","))

class Sparing(PathFinder):
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        return None if fullname.partition(".")[0] in HIDDEN else super().find_spec(fullname, path, target)

    @classmethod
    def find_distributions(cls, *arguments, **named):
        for each in super().find_distributions(*arguments, **named):
            if (each.name or "").lower().replace("_", "-").replace(".", "-") in SHOWN:
                yield each

sys.meta_path[sys.meta_path.index(PathFinder)] = Sparing
"""


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The unpacked wheel, with the module that hides packages beside it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--disable-pip-version-check",
            f"--wheel-dir={folder}",
            ROOT,
        ],
        capture_output=True,
        text=True,
    )
    assert build.returncode == 0, build.stderr
    (packed,) = folder.glob("*.whl")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder / "installed")
    (folder / "installed" / "sitecustomize.py").write_text(HIDE, encoding="utf-8")
    return folder / "installed"


def brought(wheel, extras):
    """The names of all distributions that pip brings for s6lib with these extras."""
    (own,) = importlib.metadata.distributions(path=[str(wheel)])
    found, left = set(), [("s6lib", extra) for extra in ("", *extras)]
    while left:
        name, extra = node = left.pop()
        if node in found:
            continue
        found.add(node)
        for line in (own if name == "s6lib" else importlib.metadata.distribution(name)).requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                left += [(canonical(requirement.name), each) for each in ("", *requirement.extras)]
    return {name for name, _ in found}


@pytest.fixture
def having(wheel, tmp_path):
    """having(extras, program) -> what the program printed where s6lib was installed with these extras."""

    def having(extras, *program):
        shown = brought(wheel, extras)
        hidden = {
            module
            for module, owners in importlib.metadata.packages_distributions().items()
            if not shown & set(map(canonical, owners))
        }
        variables = {
            "PYTHONPATH": str(wheel),
            "PYTHONSAFEPATH": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "S6LIB_TEST_SHOWN": ",".join(shown),
            "S6LIB_TEST_HIDDEN": ",".join(hidden),
        }
        done = subprocess.run(
            [sys.executable, *program],
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return having


def test_nothing_but_the_extras_is_seen(having):
    """Of the test itself: what is hidden is hidden from imports, from find_spec and from the metadata."""
    told = having(
        [],
        "-c",
        """if True:
        import importlib.metadata, importlib.util, s6lib
        def version(name):
            try: return importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError: return None
        names = "numpy", "matplotlib", "torch", "s6lib"
        print([importlib.util.find_spec(name) is not None for name in names],
              [version(name) is not None for name in names], s6lib.__file__)""",
    )
    assert told.startswith("[True, False, False, True] [True, False, False, True] ")
    assert str(ROOT) not in told


def test_without_extras_each_module_works_or_names_its_own(having):
    """Every module, those of tomorrow too; and what imports a package only when it is called."""
    modules = {
        path.stem
        for path in (ROOT / "s6lib").iterdir()
        if path.suffix in {".py", ""} and not path.name.startswith("__")
    }
    program = f"""if True:
        import importlib
        from s6lib import referees, toy, worksheet
        calls = {{name: (lambda name=name: importlib.import_module("s6lib." + name))
                 for name in {sorted(modules - BUILDERS)}}}
        calls["autograd"] = lambda: referees.autograd(lambda x: x.sum(), [1.0])
        calls["torch_loss"] = lambda: referees.torch_loss(None, toy.INPUTS, toy.TARGETS)
        calls["workbook"] = lambda: worksheet.workbook(steps=1)
        for name, call in calls.items():
            try:
                call()
            except ModuleNotFoundError as error:
                assert type(error.__cause__) is ModuleNotFoundError and error.name == error.__cause__.name
                print(name, "|", error)"""
    told = dict(line.split(" | ") for line in having([], "-c", program).splitlines())
    expected = {**NEEDS, "autograd": "cnn", "torch_loss": "cnn", "workbook": "worksheet"}
    assert set(told) == set(expected)
    for name, message in told.items():
        assert re.fullmatch(rf'\w+ is not installed: pip install "s6lib\[{expected[name]}\]"', message), (
            message
        )


def test_what_is_imported_late_is_told_as_well(having):
    """With PyTorch and no other package of the extra, as after `pip install torch`."""
    told = having(
        [],
        "-c",
        """if True:
        import sys
        from s6lib.checks import extra
        try:
            with extra("cnn"):
                import no_such_package.deeper
        except ModuleNotFoundError as error:
            print(error, error.name)
        try:
            with extra("cnn"):
                raise ImportError("broken")  # it is installed: not for us to explain
        except ImportError as error:
            print(type(error).__name__, error)""",
    )
    assert (
        told
        == 'no_such_package is not installed: pip install "s6lib[cnn]" no_such_package\nImportError broken\n'
    )


def test_every_import_of_the_library_is_numpy_or_within_an_extra():
    """As the source has it: what is not Python's, NumPy or s6lib's stands in `with extra("…")`."""
    free = {*sys.stdlib_module_names, "numpy", "s6lib"}
    for name in {*NEEDS, "toy", "slips", "worksheet", "referees", "checks", "files"}:
        path = ROOT / "s6lib" / name
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        within = {
            id(inner): ast.unparse(outer.items[0].context_expr)
            for outer in ast.walk(tree)
            if isinstance(outer, ast.With)
            for inner in ast.walk(outer)
        }
        never_run = {  # a type checker alone reads it
            id(inner)
            for outer in ast.walk(tree)
            if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING"
            for inner in outer.body
        }
        for node in ast.walk(tree):
            if not isinstance(node, (ast.Import, ast.ImportFrom)) or id(node) in never_run:
                continue
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            if {module.partition(".")[0] for module in modules} <= free or modules[0].startswith(
                "matplotlib_inline"
            ):
                continue  # the last comes with the kernel that plots.use() has found
            told = re.fullmatch(r"(checks\.)?extra\('(\w+)'\)", within.get(id(node), ""))
            assert told and told[2] in EXTRAS, f"s6lib.{name}, line {node.lineno}: {ast.unparse(node)}"


SWEEP = """if True:
    import json
    def cell(source, *tags):
        return {"cell_type": "code", "id": source[:1], "source": source, "metadata": {"tags": list(tags)},
                "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel},
                "cells": [cell("x = 1.0", "parameters"),
                          cell("from s6lib import sweep; sweep.record(twice=2 * x)")]}
    with open("book.ipynb", "w") as file:
        json.dump(notebook, file)
"""

#: What each extra is for, in a few lines; the last line printed is "done".
USES = {
    "plots": (
        ["plots"],
        """if True:
        import pandas as pd
        from s6lib import plots, toy
        plots.use()
        ax = plots.network(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, toy.forward(toy.WEIGHTS, toy.INPUTS))
        ax.figure.savefig("figure.svg")
        assert "<td" in pd.DataFrame({"x": [0.5]}).style.format("{:.2f}").to_html()""",
    ),
    "widgets": (
        ["widgets"],
        """if True:
        from s6lib.widgets import Stepper
        stepper = Stepper(learning_rate=2.0)
        stepper.step = 3
        assert stepper.value.step == 3
        assert "<table" in stepper._repr_html_()""",
    ),
    "cnn": (
        ["cnn"],
        """if True:
        import torch
        from s6lib import mnist, results
        from s6lib.augmentation import augment
        from s6lib.cnn import DigitCNN, layer_table
        from s6lib.checkpoint import load_weights, save_weights
        from s6lib.fit import evaluate, fit
        from s6lib.recipe import Recipe
        digits = mnist.load_digits("bundled")
        few = digits._replace(train_images=digits.train_images[:64], train_labels=digits.train_labels[:64],
                              test_images=digits.test_images[:64], test_labels=digits.test_labels[:64])
        torch.manual_seed(0)
        model = DigitCNN()
        fit(model, few, Recipe(epochs=1, batch_size=32, elastic=1.0))
        save_weights(model, "weights.safetensors")
        assert load_weights("weights.safetensors").settings == model.settings
        assert len(layer_table(model)) and results.trained()""",
    ),
    "sweep": (
        ["sweep"],
        SWEEP
        + """
    from s6lib import sweep
    runs = sweep.run("book.ipynb", {"x": [1.0, 2.0]}, "runs")
    assert [run.outcome for run in runs] == ["ok", "ok"], runs
    assert list(sweep.select("runs")["twice"]) == [2, 4]""",
    ),
    "worksheet": (
        ["worksheet"],
        """if True:
        import openpyxl
        from s6lib import worksheet
        path = worksheet.write("worksheet.xlsx", steps=1)
        assert openpyxl.load_workbook(path)["Network"]["B12"].value == '=$B$5'""",
    ),
    "dask": (
        ["sweep", "dask"],
        SWEEP
        + """
    from distributed import LocalCluster
    from s6lib import sweep
    if __name__ == "__main__":
        with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None,
                          protocol="tcp") as cluster:
            (run,) = sweep.run("book.ipynb", {"x": [3.0]}, "runs", scheduler=cluster.scheduler_address)
        assert run.outcome == "ok", run""",
    ),
    "parquet": (
        ["sweep", "parquet"],
        SWEEP
        + """
    import pandas as pd
    from s6lib.sweep.__main__ import main
    assert not main(["book.ipynb", "-p", "x", "1", "--out", "runs", "--select", "runs.parquet"])
    assert list(pd.read_parquet("runs.parquet")["twice"]) == [2]""",
    ),
}


def test_every_extra_is_used_here():
    assert set(USES) | {"book"} == set(EXTRAS)


@pytest.mark.parametrize("extra", USES)
def test_an_extra_is_enough_for_what_it_is_for(extra, having):
    extras, program = USES[extra]
    assert having(extras, "-c", f"{program}\nprint('done')").endswith("done\n")


def test_part_one_runs_with_its_three_extras_and_without_pytorch(having, wheel, tmp_path):
    assert "torch" not in brought(wheel, ["sweep", "plots", "widgets"])
    chapter = ROOT / "book" / "learning_rate.ipynb"
    having(["sweep", "plots", "widgets"], "-m", "papermill", chapter, "executed.ipynb", "--no-progress-bar")
    assert (tmp_path / "executed.ipynb").stat().st_size > 100_000


def test_a_book_is_all_that_the_chapters_import(wheel):
    """Every import of every chapter is Python's, s6lib's, or of a package that `book` brings."""
    owners = importlib.metadata.packages_distributions()
    shown = brought(wheel, ["book"])
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code" or "%pip" in source:
                continue
            python = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
            for node in ast.walk(ast.parse(python)):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else ([node.module] if isinstance(node, ast.ImportFrom) else [])
                )
                for name in (name.partition(".")[0] for name in names):
                    found = name in {*sys.stdlib_module_names, "s6lib"} or shown & set(
                        map(canonical, owners[name])
                    )
                    assert found, f"{path.name}: {name}"
                if isinstance(node, ast.Attribute) and node.attr == "style":
                    assert "jinja2" in shown, f"{path.name}: pandas styles tables with jinja2"
