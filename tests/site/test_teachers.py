"""What is offered to a class: links to moments and to cells in Colab, and what running a chapter takes."""

import functools
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from s6lib import results

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "_build" / "html" / "book"
WITH_A_STEPPER = ("forward_pass", "backpropagation", "weight_update", "learning_rate")
CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("*.ipynb") if path.stem != "index")

pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason="the book is not built: make book")


@functools.cache
def page(name):
    return BeautifulSoup((PAGES / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_figure_and_the_exercises_lead_to_their_cells_in_colab(name):
    cells = json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    named = {
        cell["metadata"]["mystnb"]["figure"]["name"]: cell["id"]
        for cell in cells
        if "figure" in cell["metadata"].get("mystnb", {})
    }
    asked = [cell["id"] for cell in cells if 'label="1"' in "".join(cell["source"])]
    found = {}
    for link in page(name).select("a.to-colab"):
        address, cell = link["href"].split("#scrollTo=")
        assert address == (
            f"https://colab.research.google.com/github/das91t70/S6/blob/main/book/{name}.ipynb"
        )
        figure = link.find_parent("figure")
        found[figure["id"] if figure else "exercises"] = cell
        assert (
            link.get_text(" ", strip=True)
            == f"The cell of {'this figure' if figure else 'these exercises'} in Colab"
        )
    (exercises,) = asked
    assert found == {**named, "exercises": exercises}


def test_a_run_of_a_chapter_leads_to_no_cell():
    """It is in no repository."""
    runs = sorted((PAGES / "runs").glob("*.html"))
    assert runs and not any("to-colab" in path.read_text(encoding="utf-8") for path in runs)


def moments():
    if not PAGES.is_dir():
        return []
    return [
        link["href"]
        for link in page("teachers").select("article a")
        if re.search("#stepper=|[?]set=", link["href"])
    ]


def test_the_lessons_name_moments_of_every_chapter_with_a_stepper():
    named = {urlsplit(link).path for link in moments()}
    assert named == {f"{each}.html" for each in WITH_A_STEPPER}


@pytest.mark.parametrize("link", moments())
def test_a_link_of_the_lessons_opens_the_moment_that_it_names(open_page, link):
    parts = urlsplit(link)
    opened = open_page((PAGES / parts.path).as_uri() + link.removeprefix(parts.path))
    if parts.query:
        asked = opened.locator(".s6-question", has=opened.locator(".set")).first
        asked.scroll_into_view_if_needed()
        text = f"Numbers: set {parse_qs(parts.query)['set'][0]}"
        asked.get_by_text(text, exact=True).wait_for()
        return
    wanted = {name: value for name, (value,) in parse_qs(parts.fragment).items()}
    assert wanted.pop("stepper") == "1"
    stepper = opened.locator(".s6-stepper").first
    stepper.locator(".live").first.wait_for()
    opened.wait_for_function(
        "step => document.querySelector('.s6-stepper').dataset.step === step", arg=wanted.pop("step", "0")
    )
    if operation := wanted.pop("operation", None):
        assert stepper.get_attribute("data-operation") == operation
    if rate := wanted.pop("learning_rate", None):
        assert stepper.get_by_label("Learning rate", exact=True).input_value() == rate
    if proof := wanted.pop("proof", None):
        assert opened.get_by_role("region", name=f"Proof of {proof}").is_visible()
    if "ask" in wanted:
        assert wanted.pop("ask") == "true" and stepper.get_by_label("Ask me first").is_checked()
    assert wanted == {}
    top = stepper.evaluate("root => root.getBoundingClientRect().top")
    assert -10 <= top < 600


# What running a chapter takes ----------------------------------------------------------------------


def test_each_chapter_says_what_running_it_takes_as_it_was_measured():
    table = results.table("costs").set_index("chapter")
    assert sorted(table.index) == CHAPTERS, "run python studies/costs.py for what is missing"
    rows = {
        row.select_one("a")["href"]: row.get_text(" ", strip=True).replace("\xa0", " ")
        for row in page("teachers").select(".pst-scrollable-table-container tbody tr")
    }
    for name in CHAPTERS:
        row = table.loc[name]
        said = page(name).select_one("p.costs").get_text().replace("\xa0", " ")
        seconds, memory = re.search(r"(\d+) s of one processor core, ([\d.]+) GB of memory", said).groups()
        assert 0 <= int(seconds) - row["processor_seconds"] < 1
        assert abs(float(memory) - row["memory_mb"] / 1000) <= 0.05
        assert ("MNIST, 55 MB" in said) == (row["mnist_mb"] > 0)
        assert f"{seconds} s" in rows[f"{name}.html"] and f"{memory} GB" in rows[f"{name}.html"]
        minutes = re.search(r"· (\d+) min", page(name).select_one(".chapter-line").get_text())[1]
        assert f" {minutes} min " in rows[f"{name}.html"]


def test_each_chapter_runs_in_two_minutes_on_one_core_and_asks_no_host():
    """On a free machine of Colab's, which has two, with MNIST at hand."""
    table = results.table("costs")
    assert (table["processor_seconds"] < 120).all()
    assert (table["hosts"] == 0).all() and (table["memory_mb"] < 4000).all()
