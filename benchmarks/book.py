"""`make book` against the same book executed one notebook after the other by Jupyter Book:

    python benchmarks/book.py

Both start from an environment that is already there, and end at the same pages. The serial way
gets the run pages as notebooks that are prepared but not executed.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import papermill

from bookbuild import pages
from s6lib import toy

ROOT = Path(__file__).parents[1]


def timed(command, folder):
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def copy(folder):
    """A checkout without what was built, sharing this one's environment."""
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
        "README.md",
    ):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    return folder


def made():
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        (Path(folder) / ".venv").symlink_to(ROOT / ".venv")
        (ROOT / ".venv" / ".made").touch()
        return timed(["make", "book"], folder)


def serial():
    with tempfile.TemporaryDirectory() as folder:
        book = copy(Path(folder)) / "book"
        (book / "runs").mkdir()
        for rate in toy.LEARNING_RATES.tolist():
            path = book / "runs" / f"learning_rate-{rate}.ipynb"
            papermill.execute_notebook(
                book / "learning_rate.ipynb", path, {"learning_rate": rate}, prepare_only=True
            )
            page = pages.run_page(json.loads(path.read_text(encoding="utf-8")), "learning_rate")
            path.write_text(json.dumps(page), encoding="utf-8")
        jupyter_book = Path(sys.executable).with_name("jupyter-book")
        return timed([jupyter_book, "build", "."], folder)


def main():
    seconds = {"jupyter-book, serially": serial(), "make book": made()}
    for name, value in seconds.items():
        print(f"{name:24}{value:8.0f} s")
    print(f"ratio {seconds['jupyter-book, serially'] / seconds['make book']:.2f}")


if __name__ == "__main__":
    main()
