"""The English that is left on the pages of a book in the made-up language, page by page.

::

    python -m bookbuild.left_over translated/qps/_build/html     # the end of: make translated LANGUAGE=qps

Whatever a reader reads or hears there is looked at: text, alternative texts, labels, titles, placeholders,
what search engines get, and what the widgets are given to say. Not what stays English in every language,
`UNREAD` and `NAMES`. What scripts say no file has: `tests/site/test_language.py` asks a browser.

Exit code 1 where anything is left.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import PreformattedString

from bookbuild import made_up
from bookbuild.site import pages

#: What stays English, or is no language: code and its outputs, formulas, references, and programs.
UNREAD = "script, style, code, kbd, pre, math, .bibtex-citation, .citation-list"
#: A page of functions, which is made of docstrings; what stands around it is read.
FUNCTIONS = "article:has(dl.py)"
#: Attributes that are shown or read aloud.
ATTRIBUTES = ("alt", "aria-label", "aria-roledescription", "aria-valuetext", "placeholder", "title")
#: What a page tells to search engines and to whoever passes its link on.
TOLD = "meta[name=description], meta[property^='og:'][content*=' ']"
#: What widgets and questions show of what they are given, by its keys.
SHOWN = {"ask", "axes", "because", "heading", "items", "label", "lines", "says", "text", "unit"}
#: Code, {values} and [[blanks]] in such texts; addresses, and names with a dot within or before them.
NO_WORDS = re.compile(r"`[^`]*`|\{[^{}]*\}|\[\[\w*\]\]|https?://\S+|\w+(?:\.\w+)+|(?<!\w)\.\w+")
#: Names: of recipes, of E_total and functions, of an outcome, of people, and what Google calls its own.
NAMES = {
    "apt", "author", "augmented", "bent", "brisk", "dash", "fast", "fastest", "lean", "patient", "rapid",
    "slim", "small", "steady", "sure", "swift", "tiny", "total", "sigma", "sigmoid", "ok", "Anna", "Ben",
    "Colab",
}  # fmt: skip


def texts(html):
    """Yield what a reader reads or hears of a page, text by text."""
    page = BeautifulSoup(html, "html.parser")
    for each in page.select('script[type="application/json"]'):
        yield from in_data(json.loads(each.string))
    yield from (each["content"] for each in page.select(TOLD))
    for each in page.select(f"{UNREAD}, {FUNCTIONS}"):
        each.decompose()
    for each in page.find_all(True):
        yield from (each[name] for name in ATTRIBUTES if each.get(name))
    yield from (str(each) for each in page.find_all(string=True) if not isinstance(each, PreformattedString))


def in_data(value, shown=False):
    """Yield the texts that are shown of what a widget is given."""
    if isinstance(value, str) and shown:
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from in_data(each, shown)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "wrong":  # pairs, of which the second is shown
                yield from in_data([pair[-1] for pair in each], True)
            else:
                yield from in_data(each, key in SHOWN)


def left_over(html):
    """Return the texts of a page that have English in them, each once, in their order."""
    found = (" ".join(text.split()) for text in texts(html))
    english = (text for text in found if made_up.left_over(NO_WORDS.sub(" ", text), NAMES))
    return list(dict.fromkeys(english))


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m bookbuild.left_over", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("site", type=Path, help="folder of the finished site")
    site = parser.parse_args(argv).site
    found = {path: left_over(path.read_text(encoding="utf-8")) for path in pages(site)}
    if not found:
        parser.error(f"site: {site} has no pages; run make translated LANGUAGE={made_up.LANGUAGE}")
    for path, english in found.items():
        for text in english:
            print(f"{path.relative_to(site)}: {text}")
    count = sum(map(len, found.values()))
    print(f"{len(found)} pages; texts with English in them: {count}")
    sys.exit(count > 0)


if __name__ == "__main__":
    main()
