"""The chapters as their readers meet them: code that can be followed, parameters that are checked where they enter."""

import ast
import json
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from pyflakes import checker, messages

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.stem != "index"]
ids = [path.stem for path in CHAPTERS]
#: Code that a page does not show. What is tagged hide-input is folded, and the reader can open it.
UNSEEN = {"remove-cell", "remove-input"}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def code(notebook, without=frozenset()):
    """The notebook's code cells as Python, those with any of the tags `without` left out."""
    return [TransformerManager().transform_cell("".join(cell["source"])) for cell in notebook["cells"]
            if cell["cell_type"] == "code" and not without & tags(cell)]


def undefined(cells):
    """Names that these cells use, read from top to bottom as one text, before any of them has defined them."""
    text = "\n".join(cells)
    found = checker.Checker(ast.parse(text), builtins={"display", "get_ipython"}).messages
    return [f"{each.message_args[0]!r} in: {text.splitlines()[each.lineno - 1].strip()}" for each in found
            if isinstance(each, messages.UndefinedName)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_code_on_a_page_uses_only_names_that_code_on_the_page_has_defined(path):
    assert undefined(code(load(path), UNSEEN)) == []


def test_undefined_names_are_found():
    """The referee itself: order counts, and what is bound inside a function or a comprehension stays there."""
    assert undefined(["a = 1", "b = a + c", "c = 2"]) == ["'c' in: b = a + c"]
    assert undefined(["[x for x in range(3)]", "x"]) == ["'x' in: x"]
    assert undefined(["def f(y):\n    return y + g()", "def g():\n    return 1", "f(1)"]) == []
    assert undefined(["for k in range(3):\n    pass", "k, display(k)"]) == []
