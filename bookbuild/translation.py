"""The pages of the book in another language: what their cells say is gathered, and put back translated.

::

    S6LIB_LANGUAGE=qps.po python -m bookbuild.translation --out _build/qps

writes the notebooks and pages, _toc.yml and _config.yml into a folder like this one, to be executed and built
there. The notebooks of the book stay as they are.

A message is a paragraph, a heading, an item, a cell of a table; of code it is a text that is prose. Where
code makes a sentence out of parts, `f"It goes {'up' if slope > 0 else 'down'}."`, each of the sentences that
can come out of it is a message of its own, whole: nobody can translate half of one. Code, comments and names
stay English, as do the texts of assertions and errors. So do texts by which code finds something, "no
dropout" in a recorded table: they are messages too, and translated where they are shown, in figures,
questions, heads of tables, and as values in a sentence (`s6lib.words.shown`).
"""

import argparse
import ast
import csv
import functools
import json
import re
import shutil
from pathlib import Path

from s6lib import words

ROOT = Path(__file__).parents[1]
#: What is no prose, although it stands in a text: code, formulas, tags, roles, links.
NO_PROSE = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|<[^<>]*>|\{[^{}]*\}|\]\([^)]*\)|https?://\S+", re.S
)
#: A link with words of its own: "{doc}`the words <page>`".
TITLED = re.compile(r"\{[\w:-]+\}`([^`<]+) <[^<>`]*>`")
#: Directives whose content is Markdown.
MARKDOWN = {"admonition", "container", "dropdown", "important", "margin", "note", "tip", "warning"}
#: What stands between the paragraphs of a text: empty lines, the ends of these directives, blocks of code.
BETWEEN = re.compile(
    rf"(\n[ \t]*\n\s*|(?:`{{3,}}|:{{3,}})\{{(?:{'|'.join(sorted(MARKDOWN))})\}}\n"
    r"|`{3,}.*?\n`{3,}(?=\s|\Z)|\n(?:`{3,}|:{3,})(?=\s|\Z))",
    re.S,
)
#: Calls and arguments whose texts are code.
CALLS = {
    "format",
    "query",
    "eval",
    "reindex",
    "sort_values",
    "groupby",
    "drop",
    "set_index",
    "find_spec",
    "startswith",
}
ARGUMENTS = {"look", "textcoords", "subset", "by", "on", "transform", "scene", "family", "coords"}
#: A sentence with more variants than these is said in parts.
MOST = 12


# Markdown -------------------------------------------------------------------------------------


def in_markdown(source, say):
    """Return the Markdown `source` with each of its texts as `say(text)` has it."""
    lines, row = source.split("\n"), None
    for token in _parser().parse(source):
        if token.type == "tr_open":
            row = token.map
        place = token.map or row
        if token.type == "inline" and _is_prose(token.content, 1):
            _replace(lines, place, token.content, say)
        elif token.type in ("fence", "colon_fence") and re.match(r"\{(\w+)\}", token.info):
            if re.match(r"\{(\w+)\}", token.info)[1] in MARKDOWN:
                _replace_content(lines, place, say)
        elif token.type == "html_block":  # of a fold, its heading
            for heading in re.findall(r"<summary>([^<]+)</summary>", token.content):
                _replace(lines, place, heading, say)
    return "\n".join(line for line in lines if line is not None)


def _parser():
    from markdown_it.renderer import RendererHTML
    from myst_parser.config.main import MdParserConfig
    from myst_parser.parsers.mdit import create_md_parser

    extensions = {"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "substitution"}
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


def _replace(lines, place, content, say):
    """Put the translation of `content` into the `lines` from `place[0]` to `place[1]`, as one of them."""
    first, *_, last = [*content.split("\n"), content.split("\n")[-1]]
    start, end = place[0], place[0] + content.count("\n")
    while start < place[1] and (lines[start] is None or first not in lines[start]):
        start, end = start + 1, end + 1
    if start == place[1]:
        raise ValueError(f"markdown: did not find {first!r} again")
    before = lines[start][: lines[start].index(first)]
    after = lines[end][lines[end].index(last) + len(last) :]
    text = say(_unwrapped(content))
    lines[start : end + 1] = [before + text + after, *[None] * (end - start)]


def _replace_content(lines, place, say):
    first, last = place[0] + 1, place[1] - 1
    while first < last and re.match(r"\s*:[\w-]+:", lines[first]):
        first += 1
    indent = re.match(" *", lines[place[0]])[0]
    own = [line.removeprefix(indent) for line in lines[first:last]]
    said = in_markdown("\n".join(own), say).split("\n")
    lines[first:last] = [indent + "\n".join(said), *[None] * (last - first - 1)]


def _unwrapped(text):
    """A paragraph in one line; tables, lists and hard breaks in theirs."""
    if re.search(r"(?m)^\s*(\||[*+-] |\d+\. |:::|```|:\w+:)|(  |\\)$", text):
        return text
    return re.sub(r"\s*\n\s*", " ", text)


def _is_prose(text, least=2):
    """Whether a text has so many words outside of code and formulas, and is no code itself."""
    found = re.findall(r"[A-Za-z]{2,}", NO_PROSE.sub(" ", TITLED.sub(r"\1", text)))
    if len(found) < least:
        return False
    if least > 1:
        if not re.search(r"\s", text.strip()):
            return False
        if re.fullmatch("[A-Za-z]+(,? [A-Za-z]+)+", text.strip()):  # "not timed" is Python, too
            return True
        try:
            ast.parse(text.strip())
            return False
        except (SyntaxError, ValueError):
            pass
    return True


def _is_said(leaf):
    """Whether a text of code, as parts, is prose: of two words, or of one beside a value, "about {0}"."""
    message, values = _message(leaf)
    least = 1 if values and re.search(r"\s", message.strip()) and "--" not in message else 2
    return _is_prose(message, least)


# Code -------------------------------------------------------------------------------------------


class Prose(ast.NodeVisitor):
    """The texts in the code of a cell that are prose, as `found`: expressions, outermost first."""

    def __init__(self, known, keys=()):
        self.known, self.keys, self.found = known, keys, []

    def visit(self, node):
        if _is_text(node, self.known) and not isinstance(node, ast.Name):
            self._take(node)
        else:
            super().visit(node)

    def _take(self, node):
        if isinstance(node, ast.Constant) and node.value in self.keys:
            return
        leaves = list(_leaves(_spelled(node, self.known)))
        if len(leaves) <= MOST and any(_is_said(leaf) for leaf in leaves):
            self.found.append(node)
        elif isinstance(node, ast.JoinedStr) and len(leaves) > MOST:
            self.found.append(node)
        elif not isinstance(node, ast.Constant):
            self.generic_visit(node)

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Assert(self, node):
        self.visit(node.test)

    def visit_Raise(self, node):
        pass

    def visit_Subscript(self, node):
        self.visit(node.value)

    def visit_Compare(self, node):
        pass

    def visit_Assign(self, node):
        if not any(name in self.known for name in _given(node)):
            self.visit(node.value)

    def visit_Dict(self, node):
        answers = any(_is_text(value, self.known) for value in node.values)  # and what is said of them
        for key, value in zip(node.keys, node.values):
            if key is not None and answers:
                self.visit(key)
            self.visit(value)

    def visit_Call(self, node):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        self.visit(node.func)
        if name in CALLS or name == "t":  # which looks its text up by itself
            return
        for each in node.args:
            self.visit(each)
        for each in node.keywords:
            if each.arg not in ARGUMENTS:
                self.visit(each.value)


def _is_text(node, known):
    """Whether an expression is written out as a text, or as a choice between texts."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body, known) and _is_text(node.orelse, known)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and _is_text(node.left, known) and _is_text(node.right, known)
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Name) and node.id in known


def _spelled(node, known):
    """A text as a list of parts, letters and expressions; or as (test, text, text)."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.Name):
        return _spelled(known[node.id], known)
    if isinstance(node, ast.IfExp):
        return node.test, _spelled(node.body, known), _spelled(node.orelse, known)
    if isinstance(node, ast.BinOp):
        return _joined(_spelled(node.left, known), _spelled(node.right, known))
    if isinstance(node, ast.FormattedValue):
        plain = node.conversion == -1 and node.format_spec is None
        return _spelled(node.value, known) if plain and _is_text(node.value, known) else [node]
    text = []
    for each in node.values:
        text = _joined(text, _spelled(each, known))
    return text


def _joined(one, other):
    """One text after another. Of two choices by the same test both go the same way."""
    if isinstance(one, tuple):
        test = ast.dump(one[0])
        return one[0], _joined(one[1], _taken(other, test, 1)), _joined(one[2], _taken(other, test, 2))
    if isinstance(other, tuple):
        return other[0], _joined(one, other[1]), _joined(one, other[2])
    return [*one, *other]


def _taken(text, test, way):
    if not isinstance(text, tuple):
        return text
    if ast.dump(text[0]) == test:
        return _taken(text[way], test, way)
    return text[0], _taken(text[1], test, way), _taken(text[2], test, way)


def _leaves(text):
    if isinstance(text, tuple):
        yield from _leaves(text[1])
        yield from _leaves(text[2])
    else:
        yield text


def _message(parts):
    """The parts as one text with {0} for the first expression, and the expressions."""
    values = [each for each in parts if not isinstance(each, str)]
    places = iter(range(len(values)))
    return "".join(each if isinstance(each, str) else f"{{{next(places)}}}" for each in parts), values


def in_code(source, say, known=(), keys=()):
    """Return the code of a cell with each of its texts that is prose as `say(text, values)` has it.

    known : names that stand for texts in texts alone, {name: expression}
    keys : texts by which something is looked up
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a command of IPython: the setup cell
        return source
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            for text in of_question(call) if is_question(call) else heads(call):
                say(text)
            if getattr(call.func, "id", getattr(call.func, "attr", "")) == "t" and call.args:
                say(call.args[0].value)
    for text in _names(tree, keys):
        say(text)
    prose = Prose(dict(known), keys)
    prose.visit(tree)
    lines, made = source.encode().split(b"\n"), []
    for node in sorted(prose.found, key=lambda each: (each.lineno, each.col_offset)):
        text = _spelled(node, prose.known)
        if len(list(_leaves(text))) > MOST:
            text = _in_parts(node, prose.known, say)
        made.append((node, ast.unparse(_translated(text, say)).encode()))
    for node, said in reversed(made):
        first, last = node.lineno - 1, node.end_lineno - 1
        lines[first : last + 1] = [
            lines[first][: node.col_offset] + said + lines[last][node.end_col_offset :]
        ]
    code = b"\n".join(lines).decode()
    return code if "_shown(" not in code else f"from s6lib.words import shown as _shown\n\n{code}"


def _in_parts(node, known, say):
    """The parts of a text that has too many variants, what is chosen among being translated by itself."""
    parts = []
    for each in node.values:
        if isinstance(each, ast.FormattedValue) and _is_text(each.value, known):
            each = ast.FormattedValue(_translated(_spelled(each.value, known), say), each.conversion)
        parts.append(each.value if isinstance(each, ast.Constant) else each)
    return parts


def _translated(text, say):
    """The expression of a text, translated."""
    if isinstance(text, tuple):
        return ast.IfExp(text[0], _translated(text[1], say), _translated(text[2], say))
    message, values = _message(text)
    said = "".join(
        part if k % 2 or not _is_prose(part, 1) else _said(part, values, say)
        for k, part in enumerate(BETWEEN.split(message))
    )
    parts = re.split(r"\{(\d+)\}", said)
    made = [
        _formatted(values[int(part)], "".join(parts[:k])) if k % 2 else ast.Constant(part)
        for k, part in enumerate(parts)
        if part
    ]
    if all(isinstance(each, ast.Constant) for each in made):
        return ast.Constant("".join(each.value for each in made))
    return ast.JoinedStr(made)


def _said(paragraph, values, say):
    """A paragraph translated, which counts its values from {0}, whatever stands before it."""
    own = [int(place) for place in re.findall(r"\{(\d+)\}", paragraph)]
    numbered = re.sub(r"\{(\d+)\}", lambda place: f"{{{own.index(int(place[1]))}}}", paragraph)
    lead, text, trail = re.fullmatch(r"(\s*)(.*?)(\s*)", numbered, re.S).groups()
    shown = [f"{{{k}}} {ast.unparse(values[place].value)}" for k, place in enumerate(own)]
    said = lead + say(_unwrapped(text), shown) + trail
    return re.sub(r"\{(\d+)\}", lambda place: f"{{{own[int(place[1])]}}}", said)


def _formatted(value, before):
    """An expression in a text, a number or a name as the language has it: not in a formula, in code or in a
    tag."""
    raw = before.count("$") % 2 or before.count("`") % 2 or before.rfind("<") > before.rfind(">")
    if words.CATALOGUE.decimal == "." or raw or value.conversion != -1:
        return value
    shown = ast.Call(
        ast.Name("_shown"), [value.value, *([value.format_spec] if value.format_spec else [])], []
    )
    return ast.FormattedValue(shown, -1)


def _given(node):
    """The names that an assignment gives a value each, {name: expression}: also two at once, as in
    `verb, other = ("rises", "falls") if rise > 0 else ("falls", "rises")`."""
    if not isinstance(node, ast.Assign) or len(node.targets) > 1:
        return {}
    target = node.targets[0]
    if isinstance(target, ast.Name):
        return {target.id: node.value}
    names = [each.id for each in getattr(target, "elts", []) if isinstance(each, ast.Name)]
    apart = [_part(node.value, k) for k in range(len(names))]
    return dict(zip(names, apart)) if len(names) == len(getattr(target, "elts", [])) and all(apart) else {}


def _part(node, k):
    """The k-th part of a tuple, or of a choice between tuples, as an expression, else None."""
    if isinstance(node, ast.Tuple) and k < len(node.elts):
        return node.elts[k]
    if isinstance(node, ast.IfExp) and (parts := (_part(node.body, k), _part(node.orelse, k))) and all(parts):
        return ast.IfExp(node.test, *parts)
    return None


def _known(sources):
    """For each cell the names that are given a text once, and used nowhere but in its other texts."""
    trees, used = [], {}
    for source in sources:
        try:
            trees.append(ast.parse(source))
        except SyntaxError:
            trees.append(ast.parse(""))
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                used.setdefault(node.id, []).append(node)
    for tree in trees:
        given = {name: value for each in tree.body for name, value in _given(each).items()}
        within = [
            each.value
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for each in node.values
            if isinstance(each, ast.FormattedValue) and each.conversion == -1 and each.format_spec is None
        ]
        known = {}
        for name, value in given.items():
            loads = [node for node in used[name] if isinstance(node.ctx, ast.Load)]
            stores = len(used[name]) - len(loads)
            if stores == 1 and loads and all(any(node is each for each in within) for node in loads):
                if _is_text(value, known):
                    known[name] = value
        yield known


def _keys(sources):
    """The texts by which the cells of a notebook look something up, or tell what it is."""
    found = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in _recorded():
                found.add(node.value)
            within = [node.slice] if isinstance(node, ast.Subscript) else []
            if isinstance(node, ast.Compare):
                within = [node.left, *node.comparators]
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CALLS | {"get", "pop"}:
                within = [*node.args, *(each.value for each in node.keywords)]
            if isinstance(node, ast.Dict) and not any(_is_text(value, ()) for value in node.values):
                within = [each for each in node.keys if each]
            texts = [each for one in within for each in ast.walk(one) if isinstance(each, ast.Constant)]
            found |= {each.value for each in texts if isinstance(each.value, str)}
    return found


def of_results(root=ROOT):
    """Return the names of several words in the recorded tables, by which chapters find their rows, as
    {path: set of them}."""
    found = {}
    for path in sorted((root / "book" / "results").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            cells = {cell for row in csv.reader(line for line in file if line[0] != "#") for cell in row}
        if said := {cell for cell in cells if " " in cell and _is_prose(cell, 1)}:
            found[path] = said
    return found


@functools.cache
def _recorded():
    """These names, a line for each."""
    return "\n".join(sorted(set().union(*of_results().values())))


def _names(tree, keys):
    """Yield the texts in the code of a cell by which something is found, where they have two words or more;
    or one, where something is said of each."""
    asking = {id(each) for call in ast.walk(tree) if is_question(call) for each in ast.walk(call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in keys and node.value == node.value.strip():
            if _is_prose(node.value):
                yield node.value
        elif isinstance(node, ast.Dict) and id(node) not in asking:
            texts = [_is_text(each, ()) and [*_leaves(_spelled(each, {}))] for each in node.values]
            if texts and all(
                all(_is_said(leaf) or leaf == [""] for leaf in each or [["-"]]) for each in texts
            ):
                names = [getattr(each, "value", None) for each in node.keys]
                names = {each for each in names if isinstance(each, str)} - ASKED
                yield from (each for each in sorted(names) if re.fullmatch("[A-Za-z][a-z-]+", each))


# Questions: `Question` itself looks its texts up, for single words say nothing of being prose.

#: The arguments that are texts, or hold them.
ASKED = {"ask", "right", "wrong", "because", "lines", "label", "heading", "choices", "order", "axes"}


def is_question(call):
    """Whether a call makes a question, or is a `partial` that will."""
    if not isinstance(call, ast.Call):
        return False
    named = [call.func, *call.args[:1]] if getattr(call.func, "id", "") == "partial" else [call.func]
    return getattr(named[-1], "id", "") in ("Question", "Questions")


def of_question(call):
    """Yield the texts of a call that makes a question, where they are written out: no formulas, no names."""
    counts = any(each.arg in ("given", "digits", "absolute", "relative", "unit") for each in call.keywords)
    named = [(each.arg, each.value) for each in call.keywords if each.arg in ASKED]
    for name, each in [("ask", each) for each in call.args] + named:
        least = 2 if counts and name in ("right", "wrong") else 1
        for text in _within(each):
            if _is_prose(re.sub(r"\[\[.*?\]\]", "", text), least):
                yield text


def _within(node):
    """The texts in a literal, or in either branch of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        yield from (text for each in node.elts for text in _within(each))
    elif isinstance(node, ast.Dict):
        yield from (text for each in [*node.keys, *node.values] if each for text in _within(each))
    elif isinstance(node, ast.IfExp):
        yield from (*_within(node.body), *_within(node.orelse))


# Tables: code finds their columns by their English names, so these are translated where they are shown.


#: Calls of pandas that name columns and rows, in what they are given; and those whose keywords are columns.
NAMING = {"DataFrame", "Index", "Series", "agg", "groupby", "rename", "rename_axis", "set_index"}
KEYWORDS = {"assign", "record"}


def heads(call):
    """Yield what a call names columns and rows of a table, where it is written out."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    found = [each.arg for each in call.keywords if each.arg] if name in KEYWORDS else []
    if name in NAMING:
        for each in [*call.args, *(each.value for each in call.keywords)]:
            found += _constants(each)
    yield from (each for each in found if isinstance(each, str) and _is_prose(each, 1))


def _constants(node):
    """The constants of a node, and of the lists and dicts that it is made of."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.DictComp):
        parts = [node.value]
    elif isinstance(node, ast.Dict):
        parts = [each for each in (*node.keys, *node.values) if each]
    else:
        parts = getattr(node, "elts", [])
    return [each for part in parts for each in _constants(part)]


def in_table(html):
    """Return the HTML of an output with the heads of its tables, and the decimal signs in their cells, as the
    language has them."""
    if words.CATALOGUE == words.Catalogue() or "<th" not in html:
        return html
    html = re.sub(r"(<th\b[^>]*>)([^<]+)(?=</th>)", lambda head: head[1] + words.shown(head[2]), html)
    number = r"(<td\b[^>]*>\s*[-−+]?\d+)\.(?=\d)"
    return re.sub(number, lambda cell: cell[1] + words.CATALOGUE.decimal, html)


# Pages ------------------------------------------------------------------------------------------


def in_notebook(notebook, say):
    """Return the notebook (nbformat as a dict) with all its texts as `say(text, values)` has them."""
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    codes = [
        source if cell["cell_type"] == "code" else "" for source, cell in zip(sources, notebook["cells"])
    ]
    cells, keys = [], _keys(codes)
    for cell, source, known in zip(notebook["cells"], sources, _known(codes)):
        if cell["cell_type"] == "markdown":
            cell = {**cell, "source": in_markdown(source, say)}
        elif not {"parameters", "remove-cell"} & set(cell["metadata"].get("tags", [])):
            cell = {
                **cell,
                "source": in_code(source, say, known, keys),
                "metadata": _captioned(cell["metadata"], say),
            }
        cells.append(cell)
    return {**notebook, "cells": cells}


def _captioned(metadata, say):
    """The metadata of a cell with the caption of its figure and what the picture shows."""
    made = json.loads(json.dumps(metadata))
    figure, image = (made.get("mystnb", {}).get(part, {}) for part in ("figure", "image"))
    if "caption" in figure:
        figure["caption"] = in_markdown(figure["caption"], say)
    if "alt" in image:
        image["alt"] = say(image["alt"])
    return made


def in_settings(text, say):
    """Return _toc.yml or _config.yml with the names of its parts, of the book and of its authors translated.

    A page of another language says so, and what Sphinx and the theme say is theirs to translate.
    """
    text = text.replace("\n  config:\n", f"\n  config:\n    language: {words.CATALOGUE.language}\n")
    text = text.replace("execute_notebooks: auto", 'execute_notebooks: "off"')  # they have been, before
    return re.sub(
        r'(?m)^((?:title|author| *- caption): )"?(.*?)"?$',
        lambda line: line[1] + json.dumps(say(line[2]), ensure_ascii=False),
        text,
    )


def pages(root=ROOT):
    """The files of the pages, in the order of the table of contents."""
    toc = (root / "_toc.yml").read_text(encoding="utf-8")
    named = re.findall(r"^root: *(.+)$|^ *- file: *(.+)$", toc, re.M)
    return [
        path
        for name in ("".join(pair).strip() for pair in named)
        for path in (root / f"{name}.ipynb", root / f"{name}.md")
        if path.exists()
    ]


def translated(path, say):
    """The text of a page's file, of _toc.yml or of _config.yml, with all that it says as `say` has it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yml":
        return in_settings(text, say)
    if path.suffix == ".md":
        return in_markdown(text, say)
    return json.dumps(in_notebook(json.loads(text), say), indent=1, ensure_ascii=False) + "\n"


def _put_in(path):
    """Put what the script at `path` says into the catalogue that it begins with."""
    name = f"book/_static/{path.name}"
    said = {
        text: one for text, one in words.CATALOGUE.messages.items() if name in words.CATALOGUE.places[text]
    }
    script = path.read_text(encoding="utf-8")
    put = f"const CATALOGUE = {json.dumps(said, ensure_ascii=False)};\n"
    path.write_text(script.replace("const CATALOGUE = {};\n", put, 1), encoding="utf-8")


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m bookbuild.translation", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder that is written")
    given = parser.parse_args(argv)
    if words.CATALOGUE == words.Catalogue():
        parser.error("S6LIB_LANGUAGE: is English; takes another language of s6lib/locale, or a .po")
    for path in [*pages(), ROOT / "_toc.yml", ROOT / "_config.yml"]:
        target = given.out / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(translated(path, lambda text, values=(): words.t(text)), encoding="utf-8")
    for name in ("_static", "results", "references.bib"):  # and what scripts say, into them
        source, target = ROOT / "book" / name, given.out / "book" / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    for path in (given.out / "book" / "_static").glob("*.js"):
        _put_in(path)


if __name__ == "__main__":
    main()
