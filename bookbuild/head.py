"""What a page says of itself to search engines and to whoever passes its link on: a Sphinx extension.

* Each page gets a description: the question that its chapter asks, or else what its first paragraph begins
  with; and the card that a link to it is shown as, with one picture for the whole book.
* The site gets a sitemap, and a robots.txt that names it, for a server where the book is at the root.

The question of a chapter, a first paragraph in italics, is a paragraph of the class `question`. Addresses go
by `html_baseurl`; without it pages have no picture, and the site has no sitemap.
"""

import re
from html import escape
from pathlib import Path
from xml.sax.saxutils import escape as escape_xml

from docutils import nodes

from s6lib.words import t

#: The picture of a card, which bookbuild/card.py draws, and what it shows.
CARD = "_static/card.png"
CARD_SHOWS = t("The network with its eight weights and the value of every neuron.")
#: Search engines show about so many letters.
SHOWN = 160


def question(doctree):
    """The paragraph below the title if it is in italics, as the question of a chapter is, else None."""
    first = _first_paragraph(doctree)
    if first is not None and len(first) == 1 and isinstance(first[0], nodes.emphasis):
        return first
    return None


def _first_paragraph(doctree):
    for section in doctree.findall(nodes.section):
        for child in section.children:
            if isinstance(child, nodes.paragraph):
                return child
        return None
    return None


def description(doctree):
    """The question or the first sentences of a page, in `SHOWN` letters at most; "" where it has no text."""
    first = _first_paragraph(doctree)
    text = " ".join(first.astext().split()) if first is not None else ""
    if len(text) <= SHOWN:
        return text
    whole = re.match(rf".{{1,{SHOWN}}}[.?!](?=\s)", text)
    return whole[0] if whole else text[: SHOWN - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def tags(title, book, about, address="", base="", kind="article"):
    """Return the HTML of the tags.

    title, book : of the page and of the book; about : its description
    address, base : of the page and of the book, with a slash at its end, or "" where that is not known
    """
    named = {"description": about}
    card = {"og:title": title, "og:description": about, "og:type": kind, "og:site_name": book}
    if base:
        named["twitter:card"] = "summary_large_image"
        card |= {
            "og:url": address,
            "og:image": base + CARD,
            "og:image:alt": CARD_SHOWS,
            "og:image:width": "1200",
            "og:image:height": "630",
        }
    lines = [f'<meta name="{name}" content="{escape(text)}">' for name, text in named.items() if text]
    lines += [f'<meta property="{name}" content="{escape(text)}">' for name, text in card.items() if text]
    return "\n".join(lines)


def sitemap(addresses):
    """Return the sitemap of the pages at these addresses, sorted."""
    urls = "".join(f"<url><loc>{escape_xml(address)}</loc></url>\n" for address in sorted(addresses))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )


def _mark_question(app, doctree, name):
    asked = question(doctree)
    if asked is not None:
        asked["classes"].append("question")


def _describe(app, name, template, context, doctree):
    base, book = app.config.html_baseurl, app.config.html_title
    about = description(doctree) if doctree else t("Search {0}.", book)
    title = re.sub("<[^>]*>", "", context.get("title", ""))
    kind = "website" if name == app.config.root_doc else "article"
    context["metatags"] = context.get("metatags", "") + tags(
        title or book, book, about, base + app.builder.get_target_uri(name), base, kind
    )


def _write_sitemap(app, exception):
    base = app.config.html_baseurl
    if exception or app.builder.name != "html" or not base:
        return
    pages = [base + app.builder.get_target_uri(name) for name in app.env.found_docs]
    Path(app.outdir, "sitemap.xml").write_text(sitemap(pages), encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
    Path(app.outdir, "robots.txt").write_text(robots, encoding="utf-8")


def setup(app):
    app.connect("doctree-resolved", _mark_question)
    app.connect("html-page-context", _describe)
    app.connect("build-finished", _write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
