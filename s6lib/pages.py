"""From executed notebooks to pages of the book.

::

    python -m s6lib.pages executed/book

Works in place on the copy that `make book` has executed, between nbmake and Jupyter Book:

* every notebook loses what would weigh on its page, saved widget state and second copies of a script,
  and what differs from run to run, so that the same book makes the same pages to the byte;
* every notebook under `runs/` (one learning rate each, made by `s6lib.sweep`) becomes a page of its
  own: the cells about all rates go, and the cell of the default parameters, of which those that the
  run left as they were join the others; the title names what was varied; labels become unique.

As a Sphinx extension it sends the launch button of such a page to the chapter, which is in the
repository where the run is not.
"""

import argparse
import ast
import json
import re
from pathlib import Path

#: Tags of cells that a run's page leaves out.
LEFT_OUT = {"all-rates", "parameters"}


def tidy(notebook):
    """Return the notebook (nbformat as a dict) without widget state, repeated scripts and traces of the run.

    nbclient saves widget state that makes MyST-NB load a widget manager of several MB, which a page
    without a kernel has no use for. A script that stands in several outputs is kept in the first.
    Times and addresses go; random names (of papermill's cell, of pandas' styled tables) are counted instead.
    """
    seen, tables = set(), {}
    cells = [_settled(_without_repeats(cell, seen), number, tables) for number, cell in enumerate(notebook["cells"])]
    return {**notebook, "metadata": _lasting(notebook["metadata"]), "cells": cells}


def _lasting(metadata):
    return {key: value for key, value in metadata.items() if key not in {"widgets", "execution", "papermill"}}


def _settled(cell, number, tables):
    cell = {**cell, "metadata": _lasting(cell["metadata"])}
    if "injected-parameters" in cell["metadata"].get("tags", []):
        cell["id"] = f"parameters-{number}"
    outputs = []
    unseen = "stderr" if "remove-stderr" in cell["metadata"].get("tags", []) else None
    for output in cell.get("outputs", []):
        if output.get("name", "") == unseen:  # a progress bar
            continue
        data = {kind: content for kind, content in output.get("data", {}).items() if "widget-view" not in kind}
        html = re.sub(r"\bT_[0-9a-f]{5}(?=[\"_ ])", lambda name: f"T_{tables.setdefault(name[0], len(tables))}",
                      "".join(data.get("text/html", "")))
        plain = re.sub(r" at 0x[0-9a-f]+>", ">", "".join(data.get("text/plain", "")))
        texts = {kind: text for kind, text in (("text/html", html), ("text/plain", plain)) if text}
        outputs.append({**output, "data": {**data, **texts}} if data else output)
    return {**cell, "outputs": outputs} if "outputs" in cell else cell


def blank_figures(notebook):
    """The labels of the figures whose cell drew no picture, as under a backend that draws into a window or nowhere."""
    return [cell["metadata"]["mystnb"]["figure"].get("name", cell.get("id")) for cell in notebook["cells"]
            if "figure" in cell["metadata"].get("mystnb", {})
            and not any(kind.startswith("image/") for output in cell["outputs"] for kind in output.get("data", {}))]


def run_page(notebook, chapter):
    """Return a run of `chapter` (its name in the table of contents) as a page of its own."""
    parameters = _injected(notebook)
    cells = [_completed(cell, _defaults(notebook, parameters)) for cell in notebook["cells"]
             if not LEFT_OUT & set(cell["metadata"].get("tags", []))]
    values = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in parameters.items())
    suffix = "-" + "-".join(re.sub(r"[^0-9A-Za-z]+", "-", str(value)) for value in parameters.values())
    introduction = f"# {values[:1].upper()}{values[1:]}\n\nOne run of the chapter {{doc}}`../{chapter}`, made by the same notebook."
    first = {**cells[0], "source": introduction}
    page = {**notebook, "cells": [first, *cells[1:]]}
    return json.loads(_relabel(json.dumps(page), _labels(page), suffix))


def _injected(notebook):
    """The parameters that papermill injected: name -> value."""
    source = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"]
                     if "injected-parameters" in cell["metadata"].get("tags", []))
    return {node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(source).body if isinstance(node, ast.Assign)}


def _defaults(notebook, replaced):
    """The lines that set the parameters which the run left as they were: the page needs them to run."""
    source = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"]
                     if "parameters" in cell["metadata"].get("tags", []))
    lines = source.splitlines()
    kept = [node for node in ast.parse(source).body
            if isinstance(node, ast.Assign) and node.targets[0].id not in replaced]
    return [line for node in kept for line in lines[node.lineno - 1:node.end_lineno]]


def _completed(cell, defaults):
    if "injected-parameters" not in cell["metadata"].get("tags", []):
        return cell
    return {**cell, "source": "\n".join(["".join(cell["source"]).rstrip("\n"), *defaults])}


def _labels(notebook):
    """Labels that the page itself defines: names of figures, targets, equations."""
    labels = set()
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        labels.update(re.findall(r"^\(([\w-]+)\)=$", source, flags=re.M))
        labels.update(re.findall(r"^\$\$ \(([\w-]+)\)$", source, flags=re.M))
        labels.add(cell["metadata"].get("mystnb", {}).get("figure", {}).get("name"))
    return labels - {None}


def _relabel(text, labels, suffix):
    for label in labels:
        text = re.sub(rf"(?<![\w-]){re.escape(label)}(?![\w-])", label + suffix, text)
    return text


def _without_repeats(cell, seen):
    outputs = []
    for output in cell.get("outputs", []):
        html = "".join(output.get("data", {}).get("text/html", ""))
        kept = re.sub(r"<script\b.*?</script>", lambda match: _once(match[0], seen), html, flags=re.S)
        outputs.append({**output, "data": {**output["data"], "text/html": kept}} if kept != html else output)
    return {**cell, "outputs": outputs} if outputs else cell


def _once(script, seen):
    if script in seen:
        return ""
    seen.add(script)
    return script


def setup(app):
    app.connect("html-page-context", _launch_the_chapter, priority=900)  # after the theme has made its buttons


def _launch_the_chapter(app, pagename, templatename, context, doctree):
    chapter = re.fullmatch(r"(.*/)runs/(.+)-[^-/]+", pagename)
    for group in context.get("header_buttons", []) if chapter else []:
        for button in group.get("buttons", []):
            if button.get("url", "").startswith("https:"):  # not what the reader downloads, which is this very run
                button["url"] = button["url"].replace(f"{pagename}.ipynb", f"{chapter[1]}{chapter[2]}.ipynb")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m s6lib.pages", description=__doc__.split("\n", 1)[0])
    parser.add_argument("book", type=Path, help="folder of the executed notebooks; changed in place")
    book = parser.parse_args(argv).book
    for path in sorted(book.rglob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if blank := blank_figures(notebook):
            parser.exit(1, f"{path}: no picture came of {', '.join(blank)}\n")
        _write(path, tidy(notebook))
    manifest = book / "runs" / "manifest.json"
    if manifest.exists():
        sweep = json.loads(manifest.read_text(encoding="utf-8"))
        chapter = Path(sweep["notebook"]["name"]).stem
        for path in [manifest.parent / run["output"] for run in sweep["runs"]]:
            _write(path, run_page(json.loads(path.read_text(encoding="utf-8")), chapter))


def _write(path, notebook):
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
