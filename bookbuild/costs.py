"""What running a chapter takes, said at its end, and of all chapters in a table: a Sphinx extension.

The numbers are measured, by `studies/costs.py`, and recorded: `results.table("costs")`. Time is that of one
processor core, for it depends little on what else a machine does. The directive `{costs}` is the table.
"""

import math
from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from bookbuild import reading
from s6lib import results
from s6lib.words import number, t

#: Where the directive stands, to which the line of each chapter leads.
TABLE = "costs"
HEAD = {
    "chapter": t("chapter"),
    "to read": t("to read"),
    "to run": t("to run"),
    "memory": t("memory"),
    "data": t("data"),
}


def told(row):
    """How a row of the recorded table is told: {column of `HEAD`: words}, the last three."""
    return {  # a number and its unit in one line
        "to run": f"{math.ceil(row['processor_seconds'])}\xa0s",
        "memory": f"{number(max(0.1, row['memory_mb'] / 1000), '.1f')}\xa0GB",
        "data": f"MNIST, {row['mnist_mb']:.0f}\xa0MB" if row["mnist_mb"] else t("none"),
    }


def line(row, link):
    """The HTML that says at a chapter's end what running it takes; `link` leads to the table."""
    said = told(row)
    told_so = {"time": said["to run"], "memory": said["memory"], "data": said["data"]}
    if row["mnist_mb"]:
        sentence = t(
            "To run this chapter: {time} of one processor core, {memory} of memory, and {data}, which is "
            "fetched once (without a network, bundled digits stand in).",
            **told_so,
        )
    else:
        sentence = t(
            "To run this chapter: {time} of one processor core, {memory} of memory, and no data.", **told_so
        )
    return f'<p class="costs">{sentence} <a href="{escape(link)}">{t("How that was measured")}</a></p>'


def _rows(env):
    """{page: row of the recorded table}, of the chapters that are in it."""
    recorded = {row["chapter"]: row for row in results.table("costs").to_dict("records")}
    pages = {name: recorded.get(name.rsplit("/", 1)[-1]) for name in reading.chapters(env)}
    return {name: row for name, row in pages.items() if row}


class Costs(nodes.General, nodes.Element):
    """The table, of pages that may not have been read yet."""


class CostsDirective(SphinxDirective):
    def run(self):
        self.env.metadata[self.env.docname][TABLE] = True
        return [Costs()]


def _fill(app, doctree, docname):
    for node in list(doctree.findall(Costs)):
        rows = []
        for name, row in _rows(app.env).items():
            title = escape(app.env.titles[name].astext().partition(":")[0])
            link = f'<a href="{escape(app.builder.get_relative_uri(docname, name))}">{title}</a>'
            cells = "".join(f"<td>{each}</td>" for each in told(row).values())
            minutes = t("{0}\xa0min", reading.minutes(app.env, name))
            rows.append(f'<tr><th scope="row">{link}</th><td>{minutes}</td>{cells}</tr>')
        head = "".join(f'<th scope="col">{each}</th>' for each in HEAD.values())
        table = f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table>"
        html = f'<div class="pst-scrollable-table-container" id="{TABLE}">{table}</div>'
        node.replace_self(nodes.raw("", html, format="html"))


def _end(app, pagename, templatename, context, doctree):
    row = _rows(app.env).get(pagename) if doctree is not None else None
    table = next((name for name, about in app.env.metadata.items() if TABLE in about), None)
    if row and table and app.builder.name == "html":
        context["body"] += line(row, f"{app.builder.get_relative_uri(pagename, table)}#{TABLE}")


def setup(app):
    app.add_node(Costs)
    app.add_directive("costs", CostsDirective)
    app.connect("doctree-resolved", _fill)
    app.connect("html-page-context", _end, priority=590)  # before what lies beside a chapter
    return {"parallel_read_safe": True, "parallel_write_safe": True}
