"""The questions of the executed chapters: mistakes apart for every reader, each with a name of its own."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from notebooks import ROOT, contents, load, of_kind, tags

from s6lib.widgets.question import bank, judging

CHAPTERS = [path for path in contents()[1:] if path.suffix == ".ipynb"]
EXECUTED = ROOT / "executed" / "book"


def asked(path):
    """The questions that the executed notebook at `path` put on its page."""
    outputs = [
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in of_kind(load(path), "code")
        for output in cell["outputs"]
    ]
    states = [
        json.loads(script.string)
        for html in outputs
        if "data-question" in html
        for script in BeautifulSoup(html, "html.parser").select("[data-question] > [type='application/json']")
    ]
    return [spec for state in states for spec in state["questions"]]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_mistakes_are_apart_for_every_reader(path):
    executed = EXECUTED / path.name
    if not executed.exists():
        pytest.skip(f"executed/book/{path.name} is not there: make book")
    specs = asked(executed)
    assert specs, "asks no question, or they are not found"
    assert len({spec["name"] for spec in specs}) == len(specs)
    for spec in specs:
        for chosen in range(1, 100) if judging.varies(spec) else (1,):
            judging.numbers(spec, chosen)  # raises, naming both, where two are too near


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_is_tagged_as_an_answer_has_its_question(path):
    """Before it, in the same section."""
    open_question = False
    for cell in load(path)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and re.search(r"^#+ ", source, re.M):
            open_question = False
        if "Question" in source and "remove-input" in tags(cell):
            open_question = True
        if "answer" in tags(cell) or "{container} answer" in source:
            assert open_question, f"{cell['id']}: answers no question of its section"


def test_the_bank_knows_the_chapters_in_their_order():
    assert list(bank.BANK) == [path.stem for path in CHAPTERS]
