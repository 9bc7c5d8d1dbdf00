"""From a figure and from the exercises of a chapter to their cell in Colab: a Sphinx extension.

What can be changed and run again leads to where that is done: `…/book/training.ipynb#scrollTo=training-47`.
The link is small, and what is printed or made for another reader than a browser has none.
"""

import json
from html import escape

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from bookbuild import addresses, reading
from s6lib.words import t

LINK = '<a class="to-colab" href="{href}">{said}</a>'
#: What a link says to one who hears it; what stands in a <span> is not seen.
OF_FIGURE = t("<span>The cell of this figure </span>in Colab")
OF_EXERCISES = t("<span>The cell of these exercises </span>in Colab")


def address(chapter, cell):
    """Where Colab shows the cell with the id `cell` of a chapter."""
    return f"{addresses.read().colab(chapter)}#scrollTo={cell}"


def link(href, said):
    """The HTML of a link that says `OF_FIGURE` or `OF_EXERCISES`."""
    said = said.replace("<span>", '<span class="visually-hidden">')
    return LINK.format(href=escape(href), said=said)


def is_exercises(cell):
    """Whether a cell of a doctree puts out the exercises of a chapter: questions that are numbered."""
    return any(
        "data-question" in raw.astext() and '"label": "1"' in raw.astext() for raw in cell.findall(nodes.raw)
    )


class LinkCells(SphinxPostTransform):
    """Adds the links to the chapters of the site."""

    default_priority = 100  # before reading.py folds cells

    def run(self, **kwargs):
        name = self.env.docname
        if self.app.builder.name != "html" or name not in reading.chapters(self.env):
            return
        with open(self.env.doc2path(name), encoding="utf-8") as file:
            ids = [cell["id"] for cell in json.load(file)["cells"]]
        chapter = name.rsplit("/", 1)[-1]
        for cell in list(self.document.findall(reading.is_a("cell_code"))):
            href = address(chapter, ids[cell["cell_index"]])
            for caption in cell.findall(nodes.caption):
                caption += nodes.raw("", " " + link(href, OF_FIGURE), format="html")
            if is_exercises(cell):
                html = f'<p class="exercises-to-colab">{link(href, OF_EXERCISES)}</p>'
                cell.parent.insert(cell.parent.index(cell) + 1, nodes.raw("", html, format="html"))


def setup(app):
    app.add_post_transform(LinkCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
