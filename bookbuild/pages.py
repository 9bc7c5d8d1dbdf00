"""From executed notebooks to pages of the book.

::

    python -m bookbuild.pages executed/book

Works in place on the copy that `make book` has executed, between nbmake and Jupyter Book:

* every notebook loses what would weigh on its page, saved widget state and second copies of a script,
  and what differs from run to run, so that the same book makes the same pages to the byte;
* every notebook under `runs/` (one learning rate each, made by `s6lib.sweep`) becomes a page of its
  own: the cells about all rates go, and the cell of the default parameters, of which those that the
  run left as they were join the others; the title names what was varied; labels become unique.

As a Sphinx extension it sends the launch button of such a page to the chapter, which is in the
repository where the run is not. Which chapter that is, the sweep's manifest says.
"""

import argparse
import ast
import json
import re
import sys
from pathlib import Path

from bookbuild.translation import in_table
from s6lib.words import number, t

#: Tags of cells that a run's page leaves out.
LEFT_OUT = {"all-rates", "parameters"}
#: Types of scripts that are run. Others hold data, which each belong to the output they stand in.
PROGRAMS = {"", "module", "text/javascript", "application/javascript"}
#: In the metadata of the first cell of a run's page: the chapter of which it is a run.
RUN_OF = "run_of"


def tidy(notebook):
    """Return the notebook (nbformat as a dict) without widget state, repeated scripts and traces of the run.

    nbclient saves widget state that makes MyST-NB load a widget manager of several MB, which a page
    without a kernel has no use for. A program that stands in several outputs is kept in the first; data stay.
    Times and addresses go; random names (of papermill's cell, of pandas' styled tables) are counted instead.
    """
    seen, tables = set(), {}
    cells = [
        _settled(_without_repeats(cell, seen), number, tables)
        for number, cell in enumerate(notebook["cells"])
    ]
    return {**notebook, "metadata": _lasting(notebook["metadata"]), "cells": cells}


def _lasting(metadata):
    return {key: value for key, value in metadata.items() if key not in {"widgets", "execution", "papermill"}}


def _settled(cell, number, tables):
    cell = {**cell, "metadata": _lasting(cell["metadata"])}
    if "injected-parameters" in cell["metadata"].get("tags", []) and not cell["id"].startswith("parameters-"):
        cell["id"] = f"parameters-{number}"
    outputs = []
    unseen = "stderr" if "remove-stderr" in cell["metadata"].get("tags", []) else None
    for output in cell.get("outputs", []):
        if output.get("name", "") == unseen:  # a progress bar
            continue
        data = {
            kind: content for kind, content in output.get("data", {}).items() if "widget-view" not in kind
        }
        html = "".join(data.get("text/html", ""))
        for name in re.findall(r'<table id="(T_[0-9a-f]{5})"', html):  # no other word that looks like it
            html = re.sub(rf"\b{name}(?=[\"_ ])", f"T_{tables.setdefault(name, len(tables))}", html)
        plain = re.sub(r" at 0x[0-9a-f]+>", ">", "".join(data.get("text/plain", "")))
        html = in_table(html)
        texts = {kind: text for kind, text in (("text/html", html), ("text/plain", plain)) if text}
        outputs.append({**output, "data": {**data, **texts}} if data else output)
    return {**cell, "outputs": outputs} if "outputs" in cell else cell


def blank_figures(notebook):
    """The labels of the figures whose cell drew no picture, as under a backend that draws into a window or
    nowhere."""
    return [
        cell["metadata"]["mystnb"]["figure"].get("name", cell.get("id"))
        for cell in notebook["cells"]
        if "figure" in cell["metadata"].get("mystnb", {})
        and not any(
            kind.startswith("image/") for output in cell["outputs"] for kind in output.get("data", {})
        )
    ]


def run_page(notebook, chapter, taken=()):
    """Return a run of `chapter` (its name in the table of contents) as a page of its own.

    Its labels end in the values of its parameters, and in a number where that ending is among the `taken`.
    A page that was made so comes back as it is.
    """
    if RUN_OF in notebook["cells"][0]["metadata"]:
        return notebook
    parameters = _injected(notebook)
    cells = [
        _completed(cell, _defaults(notebook, parameters))
        for cell in notebook["cells"]
        if not LEFT_OUT & set(cell["metadata"].get("tags", []))
    ]
    values = ", ".join(
        f"{t(name.replace('_', ' '))} {_as_text(number(value))}" for name, value in parameters.items()
    )
    title = values[:1].upper() + values[1:]
    introduction = t("One run of the chapter {0}, made by the same notebook.", f"{{doc}}`../{chapter}`")
    first = {
        **cells[0],
        "source": f"# {title}\n\n{introduction}",
        "metadata": {**cells[0]["metadata"], RUN_OF: chapter},
    }
    page = {**notebook, "cells": [first, *cells[1:]]}
    return _relabelled(page, _ending(parameters, taken))


def _as_text(value):
    """A value as Markdown that shows it letter by letter."""
    text = " ".join(str(value).split()) or "“”"
    return re.sub(r"[!-/:-@\[-`{-~]", lambda sign: sign[0] if sign[0] in "-+." else "\\" + sign[0], text)


def _ending(parameters, taken):
    """What makes the labels of a run its own. Sphinx does not tell A from a."""
    ending = "".join("-" + re.sub(r"[^0-9a-z]+", "-", str(value).lower()) for value in parameters.values())
    others = [f"{ending}-{n}" for n in range(2, len(taken) + 2)]
    return next(one for one in [ending, *others] if one not in taken)


def _injected(notebook):
    """The parameters that papermill injected: name -> value."""
    source = "".join(
        "".join(cell["source"]) + "\n"
        for cell in notebook["cells"]
        if "injected-parameters" in cell["metadata"].get("tags", [])
    )
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
    }


def _defaults(notebook, replaced):
    """The lines that set the parameters which the run left as they were: the page needs them to run."""
    source = "".join(
        "".join(cell["source"]) + "\n"
        for cell in notebook["cells"]
        if "parameters" in cell["metadata"].get("tags", [])
    )
    lines = source.splitlines()
    kept = [
        node
        for node in ast.parse(source).body
        if not {
            each.id
            for each in ast.walk(node)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        <= {*replaced}
    ]
    return [line for node in kept for line in lines[node.lineno - 1 : node.end_lineno]]


def _completed(cell, defaults):
    tags = cell["metadata"].get("tags", [])
    if "injected-parameters" not in tags:
        return cell
    folded = {**cell["metadata"], "tags": [*tags, "hide-input"]}
    return {
        **cell,
        "metadata": folded,
        "source": "\n".join(["".join(cell["source"]).rstrip("\n"), *defaults]),
    }


#: Where the name of a label may begin in Markdown and MyST: where it is given, and where it is referred to.
BEFORE_A_LABEL = r"(^\(|^\$\$ ?\(|^:(?:name|label): +|\{[\w:-]+\}`(?:[^`<]*<)?|\]\(#?)"


def _relabelled(notebook, ending):
    """The notebook with `ending` added to the labels that it gives itself, wherever it gives or uses them.

    Not in code, in pictures or in words that are spelled like a label.
    """
    labels = _labels(notebook)
    names = "|".join(sorted(map(re.escape, labels), key=len, reverse=True))

    def changed(text):
        place = rf"{BEFORE_A_LABEL}({names})(?=>?`|\)|$)"
        return re.sub(place, rf"\1\2{ending}", "".join(text), flags=re.M) if labels else "".join(text)

    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell = {**cell, "source": changed(cell["source"])}
        figure = cell["metadata"].get("mystnb", {}).get("figure", {})
        if figure:
            figure = {
                key: value + ending if key == "name" else changed(value) if key == "caption" else value
                for key, value in figure.items()
            }
            made = {**cell["metadata"]["mystnb"], "figure": figure}
            cell = {**cell, "metadata": {**cell["metadata"], "mystnb": made}}
        if "outputs" in cell:
            cell = {
                **cell,
                "outputs": [
                    {
                        **output,
                        "data": {
                            kind: changed(content) if kind == "text/markdown" else content
                            for kind, content in output["data"].items()
                        },
                    }
                    if "data" in output
                    else output
                    for output in cell["outputs"]
                ],
            }
        cells.append(cell)
    return {**notebook, "cells": cells}


def _labels(notebook):
    """Labels that the page itself gives: names of figures, targets, equations."""
    labels = set()
    for cell in notebook["cells"]:
        source = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
        for given in (r"^\(([^()\s]+)\)= *$", r"^\$\$ ?\(([^()\s]+)\) *$", r"^:(?:name|label): +(\S+) *$"):
            labels.update(re.findall(given, source, flags=re.M))
        labels.add(cell["metadata"].get("mystnb", {}).get("figure", {}).get("name"))
    return labels - {None}


def _without_repeats(cell, seen):
    outputs = []
    for output in cell.get("outputs", []):
        html = "".join(output.get("data", {}).get("text/html", ""))
        script = r"<script\b([^>]*)>.*?</script\s*>"
        kept = re.sub(script, lambda match: _once(match, seen), html, flags=re.S | re.I)
        outputs.append({**output, "data": {**output["data"], "text/html": kept}} if kept != html else output)
    return {**cell, "outputs": outputs} if outputs else cell


def _once(script, seen):
    kind = re.search(r"\btype\s*=\s*[\"']?([^\"'\s]*)", script[1])
    if script[0] in seen and (kind is None or kind[1].lower() in PROGRAMS):
        return ""
    seen.add(script[0])
    return script[0]


def setup(app):
    app.connect(
        "html-page-context", _launch_the_chapter, priority=900
    )  # after the theme has made its buttons


def _launch_the_chapter(app, pagename, templatename, context, doctree):
    page = Path(app.srcdir, pagename)
    chapter, runs = _sweep(page.parent)
    if page.name not in [Path(run).stem for run in runs]:
        return
    own, shared = f"{pagename}.ipynb", page.parent.parent.relative_to(app.srcdir) / f"{chapter}.ipynb"
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("url", "").startswith(
                "https:"
            ):  # not what the reader downloads, which is this very run
                button["url"] = button["url"].replace(own, shared.as_posix())


def _sweep(folder):
    """The chapter that was swept into a folder, and the files of its runs; none where no manifest is."""
    try:
        sweep = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, []
    return Path(sweep["notebook"]["name"]).stem, [run["output"] for run in sweep["runs"] if run["output"]]


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m bookbuild.pages", description=__doc__.split("\n", 1)[0])
    parser.add_argument("book", type=Path, help="folder of the executed notebooks; changed in place")
    book = parser.parse_args(argv).book
    for path in sorted(book.rglob("*.ipynb")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(book).parts):
            notebook = _read(path)
            if notebook is None:
                print(f"{path}: left alone; takes a notebook of format 4", file=sys.stderr)
            elif blank := blank_figures(notebook):
                parser.exit(1, f"{path}: no picture came of {', '.join(blank)}\n")
            else:
                _write(path, tidy(notebook))
    chapter, runs = _sweep(book / "runs")
    taken = []
    for path in [book / "runs" / run for run in runs]:
        notebook = _read(path)
        taken.append(_ending(_injected(notebook), taken))
        _write(path, run_page(notebook, chapter, taken[:-1]))


def _read(path):
    """The notebook at `path`, as a dict, or None where no such thing is."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:  # nothing that is text, or no JSON
        return None
    return notebook if isinstance(notebook, dict) and notebook.get("nbformat") == 4 else None


def _write(path, notebook):
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
