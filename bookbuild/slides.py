"""Slides of a chapter, made from its built page: one HTML file that needs nothing else.

::

    python -m bookbuild.slides forward_pass                 # the same as: make slides CHAPTER=forward_pass
    python -m bookbuild.slides forward_pass --out monday.html

A slide each: the title and the question of the chapter, its figures with the first sentence of their
captions, its displayed formulas with the sentence that leads to them, its questions, whose answers open as a
second step, and "What you have now". All of it stands on the page of the chapter, and nothing is added. The
file works from a memory stick: by keys, by touch, without scripts, in light and dark; printed, each slide is
a page, with its answer.

Raises SystemExit where the site has no such page.
"""

import argparse
import base64
import copy
import mimetypes
import re
import sys
from html import escape
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, NavigableString, Tag

from bookbuild.site import check_language
from s6lib import files, words
from s6lib.words import t

HERE = Path(__file__).parent
#: The fonts of the site that slides carry: family, weight, style, file in _static.
FONTS = (
    ("Book Text", 400, "normal", "fonts/text.woff2"),
    ("Book Text", 600, "normal", "fonts/text-semibold.woff2"),
    ("Book Text", 400, "italic", "fonts/text-italic.woff2"),
    ("Book Math", 400, "normal", "math.woff2"),
)
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{fonts}
{style}</style></head>
<body><main tabindex="-1">
{slides}
</main>
<nav aria-label="{named}"><button type="button" data-go="-1" aria-label="{back}">‹</button>\
<output>1 / {count}</output>\
<button type="button" data-go="1" aria-label="{on}">›</button>\
<button type="button" data-theme-of aria-label="{theme}">◐</button></nav>
<script>
{script}</script></body></html>
"""
#: Attributes that slides keep; what else a page has serves its own scripts and style sheets.
KEPT = {"class", "alt", "src", "width", "height", "href", "xmlns", "style", "scope", "colspan", "rowspan"}


def slides(html, folder):
    """Return the slides of a chapter as one HTML page.

    html : the page of the chapter as the site has it; folder : where it lies, for its pictures and fonts

    Raises ValueError for a page that is no chapter.
    """
    page = BeautifulSoup(html, "html.parser")
    article = page.select_one("article")
    if article is None or article.h1 is None or page.select_one(".chapter-line[data-chapter]") is None:
        raise ValueError(
            "html: got a page without a title and its place among the chapters; takes a chapter's"
        )
    made = [_title(page, article), *_middle(article), *_last(article)]
    for number, slide in enumerate(made, start=1):
        _clean(slide, folder)
        slide["aria-label"] = t("{0} of {1}", number, len(made))
        slide["tabindex"] = "0"  # it may have to be scrolled
    static = folder / page.select_one("link[rel=stylesheet]")["href"] / ".." / ".."
    return PAGE.format(
        language=words.CATALOGUE.language,
        title=escape(t("{0} — slides", _text(article.h1))),
        named=t("Slides"),
        back=t("Back"),
        on=t("On"),
        theme=t("Light or dark"),
        fonts="\n".join(_font(static.resolve(), *font) for font in FONTS),
        style=(HERE / "slides.css").read_text(encoding="utf-8"),
        slides="\n".join(map(str, made)),
        count=len(made),
        script=(HERE / "slides.js").read_text(encoding="utf-8"),
    )


def _slide(kind, *parts, section=None):
    """A section of the class `kind`; parts are HTML or elements. Above them stands where they come from."""
    slide = BeautifulSoup(f'<section class="{kind}"></section>', "html.parser").section
    if section:
        parts = (f'<p class="from">{escape(section)}</p>', *parts)
    for part in parts:
        slide.append(copy.copy(part) if isinstance(part, Tag) else BeautifulSoup(part, "html.parser"))
    return slide


def _title(page, article):
    address = page.select_one("link[rel=canonical]")
    where = f'<p class="from"><a href="{address["href"]}">{address["href"]}</a></p>' if address else ""
    asked = article.select_one("p.question")
    book = escape(page.title.string.rpartition(" — ")[2])
    return _slide(
        "title", f'<p class="from">{book}</p>', f"<h1>{escape(_text(article.h1))}</h1>", asked or "", where
    )


def _middle(article):
    """The slides of figures, formulas and questions, in the order of the page."""
    chosen = "figure, div.math, p.arithmetic, .s6-question > .fallback"
    for element in article.select(chosen):
        section = _section(element)
        if element.name == "figure":
            yield _slide("figure", _figure(element), section=section)
        elif "fallback" in element["class"]:
            yield from (_slide("question", *parts, section=section) for parts in _questions(element))
        elif not element.find_parent(class_="fallback"):
            yield _slide("formula", *_lead(element), element, section=section)


def _section(element):
    """The heading under which an element stands on the page; none above the first."""
    heading = element.find_parent("section").find(["h1", "h2", "h3"], recursive=False)
    return _text(heading) if heading is not None and heading.name != "h1" else None


def _figure(figure):
    """A figure with the first sentence of its caption."""
    figure = copy.copy(figure)
    caption = figure.select_one(".caption-text")
    if caption is not None:
        kept, done = [], False
        for part in list(caption.children):
            end = re.search(r"[.!?](?=\s)", part) if isinstance(part, NavigableString) else None
            if not done:
                kept.append(NavigableString(part[: end.end()]) if end else part.extract())
            done = done or bool(end)
        caption.clear()
        caption.extend(kept)
    return figure


def _questions(fallback):
    """The parts of each question in a box: what it asks, and its answer. Not those that come back."""
    parts = []
    for child in [each for each in fallback.children if isinstance(each, Tag)]:
        if _text(child) == t("Once more"):
            return
        if child.name == "p" and len(child.contents) == 1 and child.contents[0].name == "strong":
            continue  # the heading of the box
        parts.append(child)
        if child.name == "details":
            yield parts
            parts = []


def _lead(formula):
    """The sentence before a formula, where it leads to it."""
    cell = formula.find_parent(class_="cell")
    before = formula.find_previous_sibling() or (cell.find_previous_sibling() if cell else None)
    if before is None or before.name != "p" or not _text(before).endswith(":"):
        return []
    before, kept = copy.copy(before), []
    for part in reversed(list(before.children)):  # all but its last sentence goes
        text = part.get_text()
        if kept and re.search(r"[.!?]$", text) and kept[-1].get_text()[:1].isspace():
            break
        ends = list(re.finditer(r"[.!?]\s+(?=\S)", text)) if isinstance(part, NavigableString) else []
        kept.append(NavigableString(text[ends[-1].end() :]) if ends else part)
        if ends:
            break
    before.clear()
    before.extend(reversed(kept))
    return [before]


def _last(article):
    headed = article.select("section:has(> h2)")
    for section in (each for each in headed if _text(each.h2) == t("What you have now")):
        parts = [each for each in section.children if isinstance(each, Tag)]
        yield _slide("now", *(each for each in parts if not each.select_one(".bibtex-citation")))


def _text(element):
    element = copy.copy(element)
    for link in element.select(".headerlink"):
        link.decompose()
    return " ".join(element.get_text().split())


def _clean(slide, folder):
    """Take out what leads elsewhere on the page, and bring the pictures in."""
    for each in slide.select(".headerlink, .bibtex-citation, .to-colab, .eqno, aside, script"):
        each.decompose()
    for link in slide.select("a"):
        if not link["href"].startswith("https:"):
            link.unwrap()
    for each in [slide, *slide.find_all(True)]:
        each.attrs = {name: value for name, value in each.attrs.items() if name in KEPT}
    for picture in slide.select("img"):
        file = folder / unquote(picture["src"])
        kind = mimetypes.guess_type(file.name)[0]
        picture["src"] = f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
        if kind == "image/svg+xml" and not {"pixels", "by-day", "by-night"} & set(picture.get("class", ())):
            picture["class"] = [*picture.get("class", ()), "lines"]


def _font(static, family, weight, style, file):
    content = base64.b64encode((static / file).read_bytes()).decode()
    return (
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f"src: url(data:font/woff2;base64,{content}) }}"
    )


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m bookbuild.slides", description=__doc__.split("\n", 1)[0])
    parser.add_argument("chapter", help="its name, as in book/: forward_pass")
    parser.add_argument("--site", type=Path, default=Path("_build/html"), help="where make book left it")
    parser.add_argument("--out", type=Path, help="the file; _build/slides/CHAPTER.html if not given")
    arguments = parser.parse_args(argv)
    folder = arguments.site / "book"
    named = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}
    chapters = [name for name, html in named.items() if "data-chapter=" in html]
    if not chapters:
        sys.exit(f"--site: {arguments.site} has no chapters; run make book")
    try:
        check_language(arguments.site)
    except ValueError as error:
        sys.exit(f"--{error}")
    if arguments.chapter not in chapters:
        sys.exit(f"chapter: got {arguments.chapter!r}; takes one of {', '.join(chapters)}")
    out = arguments.out or arguments.site.parent / "slides" / f"{arguments.chapter}.html"
    out.parent.mkdir(parents=True, exist_ok=True)
    files.replace(out, slides(named[arguments.chapter], folder).encode())
    print(out)


if __name__ == "__main__":
    main()
