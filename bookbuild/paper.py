"""The book on paper and for e-readers, from the finished site: one PDF and one EPUB, beside the site's pages.

::

    python -m bookbuild.paper _build/html

The PDF is printed by Chromium, from one page that has all chapters. It has page numbers, an outline, tags for
screen readers, and links within itself. Two runs on the same site and the same Chromium write the same bytes.
"""

import argparse
import copy
import io
import os
import re
import shutil
import tempfile
import time
from html import escape
from pathlib import Path
from urllib.parse import quote

import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from bookbuild import epub, translation
from bookbuild.joined import join
from bookbuild.site import check_language, moment
from s6lib import files, words
from s6lib.words import t

ROOT = Path(__file__).parents[1]
#: Puts the numbers of leaves, by the ids of what is on them, where they belong.
FILL = """leaves => {
  for (const each of document.querySelectorAll(".leaf"))
    each.textContent = leaves[decodeURIComponent(each.closest("a").hash.slice(1))];
}"""
#: What both files are called, before their endings.
NAME = "backpropagation"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Chromium prints the same without the network, without a window and without its sandbox, which root has not.
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PART = '<p class="part" role="heading" aria-level="1">{}</p>'
LEAF = '<span class="leaf"></span>'
PAGE = """<!DOCTYPE html>
<html lang="{language}" data-theme="light"><head><meta charset="utf-8"><title>{title}</title>
{links}
<style>
{style}
</style></head>
<body><div class="bd-content">
{body}
</div></body></html>
"""


def page(book, imprint, folder):
    """Return the HTML of the one page that has the whole `book`.

    imprint : what the first leaf says below the title, line by line, as HTML
    folder : of the site, as an address from where the page will lie

    What has the class `leaf` stands in a link; there the number of the leaf belongs to which that leads.
    """
    links = "\n".join(f'<link rel="stylesheet" href="{escape(folder)}/{each}">' for each in book.sheets)
    style = Path(__file__).with_name("paper.css").read_text(encoding="utf-8")
    heads = "\n".join(
        f'@page {each.name} {{ @top-left {{ content: "{_spelled(each.title)}" }} }}\n'
        f"#{each.name} {{ page: {each.name} }}"
        for each in book.chapters
    )
    front = _printed(book.front, folder, -1)
    front["class"] = [*front["class"], "opening"]
    articles = [_first_leaf(front, imprint), _contents(book), front.decode(formatter="html5")]
    for before, chapter in zip(book.all(), book.chapters):
        body = _printed(chapter, folder, 1 if chapter.part else 0)
        if chapter.part and chapter.part != before.part:
            part = BeautifulSoup(PART.format(escape(chapter.part)), "html.parser")
            body.insert(0, part)
        articles.append(body.decode(formatter="html5"))
    style, body = "\n".join([*book.looks, style, heads]), "\n".join(articles)
    return PAGE.format(
        language=words.CATALOGUE.language, title=escape(book.title), links=links, style=style, body=body
    )


def _printed(chapter, folder, below):
    """A copy of the body of a chapter, for the one page.

    Its pictures lie in `folder`. Its headings say how many others they stand `below`, which makes the
    outline, and look as they did. Each solution is named with its page.
    """
    body = copy.copy(chapter.body)
    for picture in body.select("img:not([src^='data:'])"):
        picture["src"] = f"{folder}/{quote(picture['src'])}"
    for heading in body.find_all(re.compile("^h[1-6]$")):
        heading["aria-level"] = str(int(heading.name[1]) + below)
    for link in body.select(".to-solution > a"):
        said = t("{0}, page {1}", escape(link.get_text()), LEAF)
        link.clear()
        link.append(BeautifulSoup(said, "html.parser"))
    return body


def _spelled(text):
    """A text as it stands between quotation marks in CSS."""
    return re.sub(r'["\\\n<]', lambda found: f"\\{ord(found[0]):x} ", text)


def _first_leaf(front, imprint):
    """The title, the first lines of the home page, and its first picture, all taken from there."""
    heading, lead = front.h1, front.select_one("h1 ~ p")
    parts = [each.extract() for each in (heading, lead, front.select_one(".tag_first-screen")) if each]
    heading["aria-level"] = "1"
    inner = "\n".join(each.decode(formatter="html5") for each in parts)
    lines = "\n".join(f"<p>{line}</p>" for line in imprint)
    return f'<article class="bd-article first-leaf">{inner}\n<div class="imprint">{lines}</div></article>'


def _contents(book):
    """The table of contents."""
    lines, part = [], None
    for chapter in book.chapters:
        if chapter.part != part:
            part = chapter.part
            lines.append(f'<li class="of-part">{escape(part)}</li>' if part else "")
        number = f'<span class="number">{chapter.number}</span> ' if chapter.number else ""
        lines.append(_line(chapter.name, number + escape(chapter.title)))
        if chapter.number:
            lines += [
                _line(section["id"], section.h2.decode_contents(), ' class="of-section"')
                for section in chapter.body.select("section[id]:has(> h2)")
            ]
    inner = "\n".join(filter(None, lines))
    title = t("Contents")
    return (
        f'<article class="bd-article contents"><h1 aria-level="1">{title}</h1>\n'
        f'<nav aria-label="{title}"><ol>\n{inner}\n</ol></nav></article>'
    )


def _line(name, title, kind=""):
    return f'<li{kind}><a href="#{name}"><span>{title}</span>{LEAF}</a></li>'


def imprint(about):
    """What the first leaf says at its foot, line by line, as HTML."""
    return [
        f"{escape(about.author)}, {escape(about.year)}",
        f'<a href="{escape(about.address)}">{escape(about.address)}</a>',
        t("Text and figures: CC BY 4.0. Code: MIT. Code that a page folds stands there alone."),
    ]


def browser():
    """The path of Chromium: CHROMIUM, or what this machine has.

    Raises FileNotFoundError where there is none.
    """
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if found is None:
        raise FileNotFoundError("there is no Chromium to print with: apt install chromium, or set CHROMIUM")
    return found


def printed(html, chromium):
    """Return the PDF of the page in the file `html`, as Playwright's browser `chromium` prints it.

    It is printed until the numbers of pages that it names are those that it has. Raises RuntimeError where
    they never are.
    """
    sheet = chromium.new_page()
    sheet.set_default_timeout(300_000)
    sheet.goto(Path(html).resolve().as_uri())
    named = None
    for _ in range(5):
        content = sheet.pdf(prefer_css_page_size=True, outline=True, tagged=True)
        if (found := leaves(content)) == named:
            sheet.close()
            return lasting(content)
        named = found
        sheet.evaluate(FILL, named)
    raise RuntimeError(f"{html}: the numbers of its pages do not settle")


def leaves(pdf):
    """The pages, counted from 1, to which the links within a PDF lead, by the names of the places."""
    reader = PdfReader(io.BytesIO(pdf))
    numbers = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}
    places = reader.trailer["/Root"].get("/Dests", {})
    return {name.removeprefix("/"): numbers[places[name][0].idnum] for name in places}


def lasting(pdf):
    """Return the bytes of a PDF by Chromium with the time of the build in place of the time of printing."""
    when = time.strftime("%Y%m%d%H%M%S", moment()).encode()
    return re.sub(rb"(?<=Date \(D:)\d{14}", when, pdf)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m bookbuild.paper", description=__doc__.split("\n", 1)[0])
    parser.add_argument("site", type=Path, help="folder of the finished site; both files are written there")
    site = parser.parse_args(argv).site
    if not (site / "index.html").exists():
        parser.error(f"site: {site} has no index.html; run make book")
    try:
        check_language(site)
        chromium = browser()
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    toc, config = (
        yaml.safe_load(translation.translated(ROOT / name, t)) for name in ("_toc.yml", "_config.yml")
    )
    about = epub.About(
        config["author"], str(config["copyright"]), config["html"]["baseurl"], words.CATALOGUE.language
    )
    book = join(site, toc, about.address)
    files.replace(site / f"{NAME}.epub", epub.package(book, about, site))
    with tempfile.TemporaryDirectory(dir=site.parent) as folder, sync_playwright() as playwright:
        path = Path(folder) / "book.html"
        path.write_text(page(book, imprint(about), f"../{site.resolve().name}"), encoding="utf-8")
        started = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        files.replace(site / f"{NAME}.pdf", printed(path, started))
        started.close()


if __name__ == "__main__":
    main()
