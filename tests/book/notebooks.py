"""Notebooks as tests read them, without a kernel."""

import ast
import json

from IPython.core.inputtransformer2 import TransformerManager
from pyflakes import checker, messages

#: Code that a page does not show. What is tagged hide-input is folded, and the reader can open it.
UNSEEN = {"remove-cell", "remove-input"}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def code(notebook, without=frozenset()):
    """The notebook's code cells as Python, those with any of the tags `without` left out."""
    return [
        TransformerManager().transform_cell("".join(cell["source"]))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and not without & tags(cell)
    ]


def undefined(cells):
    """Names that these cells, read from top to bottom as one text, use before they have defined them."""
    text = "\n".join(cells)
    found = checker.Checker(ast.parse(text), builtins={"display", "get_ipython"}).messages
    lines = text.splitlines()
    return [
        f"{each.message_args[0]!r} in: {lines[each.lineno - 1].strip()}"
        for each in found
        if isinstance(each, messages.UndefinedName)
    ]
