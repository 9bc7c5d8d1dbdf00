"""The pages of the finished site as one book without scripts: what paper and e-readers are made of.

Every page is a chapter of it, in the order of _toc.yml without side branches. A chapter has its text, its
figures and formulas, the code that stands open, and widgets in the form that they have without scripts, each
with the address where it lives. Answers leave their questions and make a chapter at the end; the two lead to
each other.

Ids are unique in the whole book: the id `x` of the chapter `forward_pass` is `forward_pass.x` here. A link to
a page of the book leads there, and any other link of the site to where that is published.
"""

import posixpath
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from s6lib.words import t

#: What needs scripts, what needs a screen, and code that is folded.
UNSEEN = (
    "script, noscript, style, template, button, .headerlink, .code-mode, .beside, .read-mark, .by-night, "
    "details:is(.fold, .fold-output):not([open])"
)
#: What a reader's device opens; an address of another kind is an example.
OPENED = {"", "http", "https", "mailto"}
#: Widgets that say on paper all that they can say there.
STILL = {"question", "progress"}
#: Attributes that name ids, one or several.
NAMING = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "aria-details")
#: The last chapter, its name and its title.
SOLUTIONS, SOLUTIONS_TITLE = "solutions", t("Solutions")


class Chapter(NamedTuple):
    """A page of the book. `number` is what the page says of itself, from 1, or None; `body` an `article`."""

    name: str
    title: str
    part: str
    number: int | None
    body: Tag


class Book(NamedTuple):
    """`front` is the home page, `chapters` has all others and, where there are any, the solutions.

    `sheets` are the style sheets of the site; they and the addresses of pictures are paths within the site.
    `looks` are the style sheets that came with what the library shows, a report, as texts.
    """

    title: str
    address: str
    front: Chapter
    chapters: list[Chapter]
    sheets: list[str]
    looks: list[str]

    def all(self):
        return [self.front, *self.chapters]


def order(toc):
    """The pages of _toc.yml without side branches, the home page first: [(caption of the part, name)]."""
    parts = toc.get("parts") or [{"chapters": toc.get("chapters", [])}]
    named = [
        (part.get("caption", ""), each["file"])
        for part in parts
        for each in part["chapters"]
        if "file" in each
    ]
    return [("", toc["root"]), *named]


def join(site, toc, address):
    """Return the `Book` of a finished site.

    site : its folder
    toc : what _toc.yml says
    address : of the published site, with a slash at its end

    Raises ValueError for two pages of one name, and for a link that leads to nothing in the book.
    """
    site, ordered = Path(site), order(toc)
    pages = {f"{file}.html": Path(file).name for _, file in ordered}
    if again := [name for name, count in Counter(pages.values()).items() if count > 1]:
        raise ValueError(f"toc: got two pages named {again[0]!r}; takes one of a name")
    made, sheets, looks = [], [], []
    for part, file in ordered:
        page = BeautifulSoup((site / f"{file}.html").read_text(encoding="utf-8"), "html.parser")
        sheets += [_within(file, link["href"]) for link in page.select("head > link[rel=stylesheet]")]
        looks += [style.string for style in page.select("head > style")]  # where `site` puts them
        made.append(_chapter(page, part, file))
        for link in made[-1].body.select("a[href]"):
            link["href"] = _target(link["href"], file, pages, address)
        for room in made[-1].body.select("[class|=s6]:has(> .fallback)"):
            _lead_to_living(room, f"{address}{file}.html")
    chapters, once = [*made[1:], *_solutions(made)], (list(dict.fromkeys(each)) for each in (sheets, looks))
    book = Book(made[0].title, address, made[0], chapters, *once)
    known = {element["id"] for each in book.all() for element in [each.body, *each.body.select("[id]")]}
    for link in [link for each in book.all() for link in each.body.select("a[href^='#']")]:
        if link["href"][1:] not in known:
            raise ValueError(f"{link['href']}: got a link ({link.get_text()!r}) to what is not in the book")
    return book


# A chapter --------------------------------------------------------------------------------------


def _chapter(page, part, file):
    """The `Chapter` of a page; its links are still those of the page."""
    body, name = page.select_one("article.bd-article").extract(), Path(file).name
    line = body.select_one(".chapter-line[data-chapter]")
    for room in body.select(".s6-progress"):  # a list that a reader's device keeps
        (room.find_parent("section") or room).decompose()
    for element in body.select(UNSEEN):
        element.decompose()
    for link in body.select("a[href]"):
        if urlsplit(link["href"]).scheme not in OPENED:
            link.unwrap()
    for fold in body.select("details.fold"):
        fold.summary.decompose()
        fold.unwrap()
    for element in body.select("details:not(.s6-question *)"):  # opened for good
        element.name = "div"
        element["class"] = [*element.get("class", []), "opened"]
        if element.summary:
            element.summary.name = "p"
    for cell in reversed(body.select(".cell, .cell_output")):
        if not cell.get_text(strip=True) and not cell.find(["img", "svg", "math"]):
            cell.decompose()
    for picture in body.select("img"):
        picture.attrs.pop("loading", None)
        if not picture["src"].startswith("data:"):
            picture["src"] = _within(file, picture["src"])
    _rename(body, name)
    title = " ".join(body.h1.get_text().split())
    return Chapter(name, title, part, int(line["data-number"]) if line else None, body)


def _within(file, address):
    """The path within the site of what the page `file` calls `address`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(urlsplit(address).path)))


def _lead_to_living(room, address):
    """Let what stands for a widget say where the widget is."""
    kind = next(name for name in room["class"] if name.startswith("s6-")).removeprefix("s6-")
    if kind in STILL:
        return
    soup = BeautifulSoup("", "html.parser")
    line = soup.new_tag("p", attrs={"class": "living"})
    before, after = t("It moves at {0}").split("{0}")
    line.extend([before, _link(soup, address, address.partition("//")[2]), after])
    room.select_one(".fallback").append(line)


def _rename(body, name):
    """Give all ids in `body` names of the book, and to whatever names them within it."""
    own = {element["id"]: f"{name}.{element['id']}" for element in body.select("[id]")}
    for element in body.find_all(True):
        if "id" in element.attrs:
            element["id"] = own[element["id"]]
        for attribute in NAMING:
            if value := element.get(attribute):
                ids = value if isinstance(value, list) else value.split()
                element[attribute] = " ".join(own.get(each, each) for each in ids)
        for attribute, value in element.attrs.items():
            if attribute != "href" and isinstance(value, str) and "url(#" in value:
                element[attribute] = re.sub(
                    r"url\(#([^)]+)\)", lambda found: f"url(#{own.get(found[1], found[1])})", value
                )
        if element.name == "use" and element.get("href", "").startswith("#"):
            element["href"] = f"#{own[element['href'][1:]]}"
    body["id"] = name


def _target(href, file, pages, address):
    """Where a link of the page `file` leads in the book: to `#id`, or to an address with a scheme."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    path = _within(file, href) if parts.path else f"{file}.html"
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    if path in pages and not parts.query and "=" not in fragment:  # else to a moment of what moves
        return f"#{pages[path]}.{parts.fragment}" if fragment else f"#{pages[path]}"
    return f"{address}{path}{'?' + parts.query if parts.query else ''}{fragment}"


# Solutions --------------------------------------------------------------------------------------


def _solutions(chapters):
    """Take the answers from the questions of `chapters`; return the chapter that they make, or none."""
    soup = BeautifulSoup("", "html.parser")
    body = soup.new_tag("article", attrs={"class": "bd-article", "id": SOLUTIONS})
    heading = soup.new_tag("h1")
    heading.string = SOLUTIONS_TITLE
    body.append(heading)
    for chapter in chapters:
        answers = chapter.body.select(".s6-question .fallback details")
        if not answers:
            continue
        section = soup.new_tag("section", id=f"{SOLUTIONS}.{chapter.name}")
        title = soup.new_tag("h2")
        title.append(_link(soup, f"#{chapter.name}", chapter.title))
        section.append(title)
        for count, answer in enumerate(answers, 1):
            section.append(_solution(soup, answer, chapter, count))
        body.append(section)
    return [Chapter(SOLUTIONS, SOLUTIONS_TITLE, "", None, body)] if body.section else []


def _solution(soup, answer, chapter, count):
    """The entry among the solutions that an answer becomes; in its place a link to it is left."""
    label = f"{chapter.number}.{count}" if chapter.number else str(count)
    asked, solved = (f"{SOLUTIONS}.{chapter.name}.{kind}{count}" for kind in ("asked-", ""))
    entry = soup.new_tag("div", id=solved, attrs={"class": "solution"})
    answer.summary.decompose()
    entry.extend(list(answer.children))
    entry.find("p").insert(0, " ")
    entry.find("p").insert(0, _link(soup, f"#{asked}", label, "solved"))
    lead = soup.new_tag("p", id=asked, attrs={"class": "to-solution"})
    lead.append(_link(soup, f"#{solved}", t("Solution {0}", label)))
    answer.replace_with(lead)
    return entry


def _link(soup, href, text, kind=None):
    link = soup.new_tag("a", href=href, attrs={"class": kind} if kind else {})
    link.string = text
    return link
