"""What a page offers for download runs alone, in an empty folder. Skips where the book has not been built."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from notebooks import code, load, undefined
from test_book import CHAPTERS, EXECUTED, RATES, SITE

from s6lib import worksheet

SOURCES = SITE / "_sources" / "book"
RUNS = [f"runs/learning_rate-{rate}" for rate in RATES]
#: Done in seconds. The others train networks; of them the names are checked, and `make colab` runs them.
QUICK = ["index", "forward_pass", "backpropagation", "weight_update", "learning_rate", "one_seed", *RUNS]

pytestmark = pytest.mark.skipif(not SOURCES.exists(), reason="the book is not built: make book")


def test_every_page_that_is_a_notebook_offers_one():
    offered, executed = (
        {path.relative_to(folder).as_posix().removesuffix(".ipynb") for path in folder.rglob("*.ipynb")}
        for folder in (SOURCES, EXECUTED)
    )
    assert offered == executed == {*CHAPTERS, *RUNS}


@pytest.mark.parametrize("name", [*CHAPTERS, *RUNS])
def test_what_is_downloaded_defines_every_name_that_it_uses(name):
    assert undefined(code(load(SOURCES / f"{name}.ipynb"))) == []


@pytest.mark.parametrize("name", QUICK)
def test_what_is_downloaded_runs_alone(name, tmp_path):
    notebook = nbformat.read(SOURCES / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["backpropagation", "weight_update", "learning_rate"])
def test_the_workbook_that_a_chapter_offers_is_what_the_library_writes(name):
    """To the byte, and as a file that a browser saves by its name."""
    page = BeautifulSoup((SITE / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    (link,) = page.select("a[download][href$='/worksheet.xlsx']")
    assert (SITE / "book" / link["href"]).read_bytes() == worksheet.workbook()
