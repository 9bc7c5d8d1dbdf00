"""Notebooks as tests read them, without a kernel."""

import ast
import json
import re
from pathlib import Path

import yaml
from IPython.core.inputtransformer2 import TransformerManager
from pyflakes import checker, messages

ROOT = Path(__file__).parents[2]
#: Code that a page does not show. What is tagged hide-input is folded, and the reader can open it.
UNSEEN = {"remove-cell", "remove-input"}
#: Chapters that teach the drawing too, and run without s6lib: plain matplotlib, on the page.
DRAW_THEMSELVES = {"s6"}


def contents(folder=ROOT):
    """The pages that _toc.yml names, in its order; the home page is the first."""
    toc = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    return [next(folder.glob(f"{name}.*")) for name in names]


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def source(cell):
    """What stands in the cell; code as Python, without IPython's own commands."""
    text = "".join(cell["source"])
    return TransformerManager().transform_cell(text) if cell["cell_type"] == "code" else text


def of_kind(notebook, kind):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def code(notebook, without=frozenset()):
    """The notebook's code cells as Python, those with any of the tags `without` left out."""
    return [source(cell) for cell in of_kind(notebook, "code") if not without & tags(cell)]


def executed(path, parameters):
    """Run a chapter in this process with these parameters, and yield each code cell, but for the first, which
    sets up Colab, with what its last expression comes to, or None."""
    _, *cells = of_kind(load(path), "code")
    namespace = {}
    for cell in cells:
        tree = ast.parse(source(cell))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, cell["id"], "exec"), namespace)
        if "parameters" in tags(cell):
            namespace.update(parameters)
        yield cell, eval(compile(ast.Expression(last.value), cell["id"], "eval"), namespace) if last else None


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


# Numbers in sentences ---------------------------------------------------------------------------

#: A number as people write it: 12,426 and 0.2975, 99.4 % and 99-odd percent, 10^{-15}.
NUMBER = re.compile(
    r"(?<![\w.,])(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?:\^\{?(?P<power>-?\d+)\}?)?"
    r"(?P<share>(?:-odd)?\s?(?:\\?%|percent))?"
)
#: What is no sentence: blocks of code, code and roles in a line, addresses, tags, the numbers of a list, and
#: how long a chapter takes.
NO_SENTENCE = re.compile(
    r"```.*?```|(?:\{[\w:]+\})?`[^`]*`|(?<=\])\([^)]*\)|</?\w[^>]*>|^ *\d+\. |\d+ minutes", re.M | re.S
)


def numbers(text):
    """The numbers in a text, each with the values that it may stand for: 5 % is 5, and 0.05.

    Whole numbers below ten are left out: they count things, or are names, as in Part 1.
    """
    found = []
    for match in NUMBER.finditer(NO_SENTENCE.sub(" ", text)):
        value = float(match["digits"].replace(",", "")) ** int(match["power"] or 1)
        if match["share"] or not value.is_integer() or value >= 10:
            found.append((match[0], {value, round(value / 100, 12)} if match["share"] else {value}))
    return found


def literals(notebook):
    """The numbers that its code holds: what it is given, and what its assertions hold results against."""
    nodes = (node for text in code(notebook)[1:] for node in ast.walk(ast.parse(text)))  # without the setup
    return {
        float(node.value)
        for node in nodes
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }


def sentences(notebook):
    """What a page says: its Markdown, the texts of cells that compute sentences, captions and alt texts.

    A list of pairs: the cell, and the text, in which § stands for what is computed.
    """
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            found.append((cell, source(cell)))
            continue
        about = cell["metadata"].get("mystnb", {})
        found.append((cell, about.get("figure", {}).get("caption", "")))
        found.append((cell, about.get("image", {}).get("alt", "")))
        tree = ast.parse(source(cell))
        if not any(
            isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Markdown"
            for node in ast.walk(tree)
        ):
            continue
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        parts = {id(part) for node in joined for part in node.values}
        found += [
            (
                cell,
                "".join(
                    getattr(part, "value", "") if isinstance(part, ast.Constant) else "§"
                    for part in node.values
                ),
            )
            for node in joined
        ]
        found += [
            (cell, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in parts
        ]
    return found


def typed(notebook, given=frozenset()):
    """The numbers in its sentences of which nobody knows whence they are, each with its sentence.

    A number is known if it is `given`, if the code of the notebook holds it, or if a question gives it: what
    asks the reader to predict, for the whole page; an exercise, for its solution.
    """
    known = {round(value, 12) for value in {*given, *literals(notebook)}}
    asked = [line for _, text in sentences(notebook) for line in re.findall(r"^>.*", text, re.M)]
    known |= {value for _, values in numbers("\n".join(asked)) for value in values}
    found = []
    for cell, text in sentences(notebook):
        exercises = re.search(r"## Try it.*?(?=<details>|\Z)", text, re.S)
        here = known | {value for _, values in numbers(exercises[0] if exercises else "") for value in values}
        for line in NO_SENTENCE.sub(" ", text).splitlines():
            for number, values in numbers(line):
                if not {round(value, 12) for value in values} & here:
                    found.append((number, cell.get("id"), line.strip()))
    return found
