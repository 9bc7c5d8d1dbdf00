"""From Jupyter Book's HTML to a site that needs nobody else's server: a Sphinx extension.

* A Content-Security-Policy lets each page load its own site alone, and inline scripts by their hash.
* Scripts that no page uses go; the others move to the end of the page and run when it is drawn, the theme's
  as one and the book's as one. Widgets come from a script that all pages with the same widgets share: it is
  fetched once, and works from file:// as well. So does the data of widgets, when a reader comes near one.
* Icons come from the theme's own fonts, cut down to the icons that are used, not from its script.
* Style sheets lose the rules that nothing on any page answers to, and become one: a page waits for a single
  file.
* Pictures say how large they are, and those of pixels get a dark form.
* What the theme leaves invalid or without a name is mended.
* The sections of a page stand in the menu, under the page's name, and leave the margin to captions and notes;
  numbers in tables stand below each other, and code has spans only for what has a colour.

::

    python -m bookbuild.site _build/html _build/s6-book.zip      # the whole site in one file
"""

import argparse
import base64
import functools
import hashlib
import io
import json
import os
import re
import shutil
import time
import zipfile
from html import escape
from pathlib import Path

from bookbuild import theme
from bookbuild.css import join_styles, keep_used_icons, keep_used_properties, keep_used_styles
from bookbuild.pictures import finish_pictures
from bookbuild.scripts import shortened
from s6lib import files, words
from s6lib.widgets import join

STATIC = Path(__file__).parents[1] / "book" / "_static"
#: Scripts of the theme that no page needs, and those that the search page alone needs.
UNUSED = ("fontawesome.js", "bootstrap.js")
FOR_SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
#: Files that no page asks for.
LEFT_OUT = (
    "_static/**/*.map",
    "_static/vendor/**/*.woff2",
    "_static/scripts/fontawesome.*",
    "_static/scripts/bootstrap.*",
    "_static/locales",
    "_static/*.py",
    "_static/*macros.html",
    ".buildinfo*",
)
POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
_CODE = re.findall(r"^\.highlight :is\((.+?)\)", (STATIC / "book.css").read_text(encoding="utf-8"), re.M)
#: The classes that book.css and reading.css say something of, in code.
DRESSED = {"line", "highlighted", *re.findall(r"\.(\w+)", " ".join(_CODE))}
REDIRECT = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><meta http-equiv="Refresh" content="0; url={page}">
<title>{title}</title></head>
<body><p><a href="{page}">{title}</a></p></body></html>
"""


def finish(html, name, static=None):
    """Return the HTML of the page `name`, its path without ".html", as it is published.

    static : the folder _static of the site, for scripts and data of widgets that pages share; without it the
        page keeps those that stand in it

    A finished page comes back as it is. Raises ValueError for a page that was executed with other widgets
    than those that are installed.
    """
    from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    if page.find("meta", attrs={"http-equiv": "Content-Security-Policy"}):
        return html
    _mend(page)
    theme.mend(page)
    _list_sections(page)
    for token in page.select("div.highlight pre span[class]"):
        if token["class"][0] not in DRESSED:  # most have no colour: a name, a bracket
            token.unwrap()
    for table in page.select("article table"):
        if not table.find_parent(class_="s6-room"):
            _align(table)
    _sort_scripts(page, UNUSED if name == "search" else UNUSED + FOR_SEARCH)
    if static:
        _share_widgets(page, name, static)
    for script in page.select("script[type=module]:not([src])"):
        script.string = shortened(script.string or "")
    if name != "search":  # whose scripts are made to run where they stand
        _run_later(page)
    _stand_in(page)
    scripts = [script.string for script in page.select("script:not([src], [type='application/json'])")]
    policy = POLICY.format(hashes=" ".join(sorted(set(map(_hash, scripts))))).replace(" ;", ";")
    page.find("meta", charset=True).insert_after(
        page.new_tag("meta", attrs={"http-equiv": "Content-Security-Policy", "content": policy})
    )
    return page.decode(formatter="html5")


def _sort_scripts(page, unused):
    for link in page.find_all("link", rel="preload"):
        link.decompose()
    for script in page.find_all("script", src=True):
        if script["src"].split("?")[0].endswith(unused):
            script.decompose()
    for script in page.head.find_all("script")[1:]:  # the first sets light or dark before anything is drawn
        page.body.append(script.extract())


def _run_later(page):
    """Let all scripts at the end of the page run when it has been read, in the order in which they ran."""
    last = page.select("body script[defer]")
    for script in page.select("body > script:not([type])"):
        if script.get("src"):
            script["defer"] = ""
        else:
            script["type"] = "module"
    for script in last:
        page.body.append(script.extract())


def _share_widgets(page, name, static):
    """Let the page load its widgets, and their data, from files in `static` in place of its own copies."""
    own, up = page.select("script[data-widget]"), "../" * name.count("/")
    widgets = tuple(sorted({script["data-widget"] for script in own}))
    for script in own:
        if script.string.strip() != join.module(_source(script["data-widget"])).strip():
            raise ValueError(
                f"{name}: was executed with another {script['data-widget']} than s6lib has; run make book"
            )
        script.decompose()
    if own:
        target = f"{up}_static/{_write(static, 'widgets', _shared_script(widgets))}"
        page.body.append(page.new_tag("script", defer="", src=target))
    for script in page.select("[class|=s6] > script[type='application/json']"):
        state = json.loads(script.string)
        for key, value in state.get("data", {}).items():
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            call = f"(globalThis.s6Data ??= {{}})[{json.dumps(key)}] = {text};\n"
            state["data"][key] = {"src": f"{up}_static/{_write(static, 'data', call)}"}
        script.string = json.dumps(state, ensure_ascii=False).replace("<", "\\u003c")


def _source(widget):
    return Path(join.__file__).with_name(widget) / "index.js"


@functools.cache
def _shared_script(widgets):
    """The classic script that has these widgets."""
    return shortened(join.script(map(_source, widgets)))


def _write(static, kind, text):
    """Write `text` into `static` as a script that is named by its content; return its name."""
    name = f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.js"
    (static / name).write_text(text, encoding="utf-8")
    return name


def _mend(page):
    for again in page.find_all("meta", attrs={"name": "viewport"})[1:]:
        again.decompose()
    for link in page.select(
        "link[rel~=next], link[rel~=prev]"
    ):  # Firefox would fetch it early, against the policy
        link.decompose()
    for style in page.select("body style:not(svg style)"):  # of pandas' tables, which the theme dresses
        known = [each.string for each in page.head("style")]
        if style.has_attr("scoped") or not style.get_text(strip=True) or style.string in known:
            style.decompose()
        else:  # the only place that HTML has for it
            page.head.append(style.extract())
    # book.css colours code, more quietly
    for link in page.select("link[rel=stylesheet][href*='pygments.css']"):
        link.decompose()
    # a menu that needs no script, least of all Bootstrap's
    for menu in page.select("div.dropdown:has(> .dropdown-menu)"):
        menu.name, button = "details", menu.find("button")
        button.name = "summary"
        for name in ("type", "aria-expanded", "data-bs-toggle"):
            del button[name]
    # HTML has the first two no longer; the policy allows no code in attributes, and book.js listens instead.
    for name in ("border", "valign", "onclick"):
        for element in page.find_all(attrs={name: True}):
            del element[name]
    for text in page.select("summary p"):
        text.name = "span"
    for picture in page.select("header img, .bd-header-article img"):  # in menus, which are closed at first
        picture["loading"] = "lazy"
    for toggle in page.select("summary:has(> .toctree-toggle)"):
        toggle["aria-label"] = words.t("Pages of {0}", toggle.find_previous("a").get_text(strip=True))
    for fraction in page.select("mfrac[displaystyle], mfrac[scriptlevel]"):  # in HTML that is said around it
        style = page.new_tag(
            "mstyle",
            attrs={
                name: fraction.attrs.pop(name)
                for name in ("displaystyle", "scriptlevel")
                if name in fraction.attrs
            },
        )
        fraction.wrap(style)
    for element in page.select(".citation-list[role], .citation[role]"):  # deprecated
        del element["role"]  # (the one of <main> stays: the search finds the text of a page by it)


def _list_sections(page):
    """Move the list of the page's sections from the margin into the menu, below the name of the page."""
    sections = page.select_one("#pst-page-toc-nav")
    here = page.select("nav.bd-links li.current > a.current[href='#']")
    if sections and here:
        del sections["aria-labelledby"]
        sections["aria-label"] = words.t("On this page")
        here[-1].insert_after(sections.extract())
    for gone in page.select(".secondary-toggle, #pst-secondary-sidebar-modal"):
        gone.decompose()
    if margin := page.select_one("#pst-secondary-sidebar"):  # the theme's script asks for it
        margin.clear()
        margin["hidden"] = ""


#: A cell that holds a number, with its sign, unit and what follows it, or nothing.
NUMBER = re.compile(r"\s*([−+±<>≈-]?\s*[\d.,]*\d[\d.,]*(e[+−-]?\d+)?\s*(%|±.*|s|MB|kB)?|nan|NaN|[–—-]?)\s*")


def _align(table):
    """Give the columns of words in a table the class that aligns them left; numbers end at the right.

    For a plain table of pandas the theme has a look of its own, which goes with its class.

    A table of Markdown that is too wide for a telephone, with words in more than one of four columns, gets
    the class by which its rows are stacked there, and says in roles that it is one, or a browser would not
    know then.
    """
    if "dataframe" in table.get("class", []):
        table["class"].remove("dataframe")
    rows = [row.find_all(["td", "th"], recursive=False) for row in table.select("tbody > tr")]
    heads = [row.find_all(["td", "th"], recursive=False) for row in table.select("thead > tr")]
    columns, of_words = max(map(len, rows), default=0), 0
    for column in range(columns):
        # Counted from the end: a row is short where a label before it spans several rows.
        cells = [row[column - columns] for row in rows if len(row) >= columns - column]
        if any(not NUMBER.fullmatch(cell.get_text()) for cell in cells):
            of_words += 1
            for cell in cells + [head[column] for head in heads if len(head) > column]:
                cell["class"] = [*cell.get("class", []), "words"]
    if "table" in table.get("class", []) and columns > 3 and of_words > 1:
        table["class"] = [*table["class"], "stacks"]
        for name, role in (
            ("thead, tbody", "rowgroup"),
            ("tr", "row"),
            ("td", "cell"),
            ("th", "columnheader"),
        ):
            for part in table.select(name):
                part["role"] = role
        table["role"] = "table"


#: Where a reader's browser keeps nothing for a page (in a sandbox, or by its settings), even asking is an
#: error, which would end the theme's scripts: the menu and the search would be dead. What is kept then lasts
#: as long as the page.
STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  try { window[name].length; } catch {
    const kept = new Map();
    Object.defineProperty(window, name, { value: {
      getItem: (key) => kept.get(String(key)) ?? null,
          setItem: (key, value) => { kept.set(String(key), String(value)); },
      removeItem: (key) => { kept.delete(String(key)); }, clear: () => kept.clear(),
      key: (place) => [...kept.keys()][place] ?? null, get length() { return kept.size; } } });
  }
}"""

#: Until its scripts are there, the theme knows of a reader's system only what an earlier page has kept. A
#: first page would be light for a moment, and would fetch its pictures for the light.
SYSTEM = """{ const { dataset } = document.documentElement;
if (dataset.mode !== "light" && dataset.mode !== "dark")
  dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"; }"""


def _stand_in(page):
    """What the theme does not see to: readers without storage, the first moment of a page for those whose
    system is dark, and the way by keyboard to a stepper."""
    if page.head.find("script"):
        script = page.new_tag("script")
        script.string = STORAGE
        page.find("meta", charset=True).insert_after(script)
    if kept := page.head.find("script", string=re.compile("dataset.theme")):
        script = page.new_tag("script")
        script.string = SYSTEM
        kept.insert_after(script)
    stepper, skip = page.select_one(".s6-stepper"), page.select_one("#pst-skip-link")
    if stepper and skip:
        stepper["id"] = "the-stepper"
        link = page.new_tag("a", href="#the-stepper")
        link.string = words.t("Skip to the stepper")
        skip.append(" ")
        skip.append(link)


def _hash(script):
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def pages(site):
    """The HTML files of the site that are pages, sorted."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts)


def check_language(site):
    """Raise ValueError where the finished site speaks another language than this process."""
    first = next(iter(pages(Path(site) / "book")), None)
    found = re.search(r'<html[^>]* lang="([^"]+)"', first.read_text(encoding="utf-8")) if first else None
    if found and found[1] != words.CATALOGUE.language:
        raise ValueError(
            f"site: {site} speaks {found[1]!r}; let S6LIB_LANGUAGE name the catalogue that it has"
        )


def moment():
    """The time of a build, in UTC: SOURCE_DATE_EPOCH, or 1980, the first that zip knows."""
    return time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315532800))


def pack(site, archive):
    """Write the site as a zip that is the same, byte for byte, for the same site."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{Path(archive).stem}/{path.relative_to(site).as_posix()}", moment()[:6])
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    files.replace(archive, content.getvalue())


def _finish_site(app, exception):
    if exception or app.builder.name != "html":
        return
    site = Path(app.outdir)
    if app.config.root_doc != "index":  # in place of a start page without a head
        redirect = REDIRECT.format(
            language=app.config.language,
            page=app.builder.get_target_uri(app.config.root_doc),
            title=escape(app.config.html_title),
        )
        (site / "index.html").write_text(redirect, encoding="utf-8")
    for path in pages(site):
        name = path.relative_to(site).with_suffix("").as_posix()
        path.write_text(finish(path.read_text(encoding="utf-8"), name, site / "_static"), encoding="utf-8")
    for path in (path for pattern in LEFT_OUT for path in list(site.glob(pattern))):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    finish_pictures(pages(site))
    texts = [path.read_text(encoding="utf-8") for path in pages(site)]
    scripts = {
        path: path.read_text(encoding="utf-8")
        for path in (site / "_static").rglob("*.js")
        if not path.name.startswith("data-")
    }
    own = [text for path, text in scripts.items() if _is_own(path)]
    given = [_given(text) for path, text in scripts.items() if not _is_own(path)]
    keep_used_styles(site / "_static", [*map(_named, texts), *own, *given])
    keep_used_properties(site / "_static", [*texts, *scripts.values()])
    keep_used_icons(site / "_static")
    join_styles(site, pages(site))
    _join_scripts(site)


def _is_own(script):
    return script.name.startswith(("book.", "reading.", "widgets-"))


def _given(script):
    """The classes that a script of the theme gives to elements; its other words name much that is not."""
    found = re.findall(r'classList\.\w+\(([^)]*)\)|className\s*=\s*([^;]*)|\bclass=\\?"([^"\\]*)', script)
    return " ".join(part for parts in found for part in parts)


def _join_scripts(site):
    """Let each page but the search load two scripts: those of the theme in one, those of the book in another,
    for an error in one ends what follows in it. That of the widgets, which not every page has, stays apart.
    """
    from bs4 import BeautifulSoup

    for path in pages(site):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        tags = [
            tag
            for tag in page.select("body > script[defer][src]")
            if not Path(tag["src"]).name.startswith("widgets-")
        ]
        if path.stem == "search":
            continue
        own = [tag for tag in tags if _is_own(Path(tag["src"]))]
        for group in filter(None, ([tag for tag in tags if tag not in own], own)):
            texts = [(path.parent / tag["src"].split("?")[0]).read_text(encoding="utf-8") for tag in group]
            # a line of its own between two: neither ends in what the other begins with
            script = "\n;\n".join(map(shortened, texts))
            target = site / "_static" / f"site-{hashlib.sha256(script.encode()).hexdigest()[:8]}.js"
            target.write_text(script, encoding="utf-8")
            group[0]["src"] = Path(os.path.relpath(target, path.parent)).as_posix()
            for tag in group[1:]:
                tag.decompose()
        path.write_text(page.decode(formatter="html5"), encoding="utf-8")


def _named(page):
    """What may name classes on a page: its attributes for them, and its scripts. Words say nothing."""
    parts = re.findall(r'\b(?:class|id)="([^"]*)"|<script(?: [^>]*)?>(.*?)</script>', page, flags=re.S)
    return " ".join(part for pair in parts for part in pair)


def setup(app):
    app.connect(
        "build-finished", _finish_site, priority=900
    )  # after the theme, which then writes its colours of code
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m bookbuild.site", description="Pack the built site into one zip file."
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("archive", type=Path)
    given = parser.parse_args(argv)
    if not (given.site / "index.html").exists():
        parser.error(f"site: {given.site} has no index.html; run make book")
    pack(given.site, given.archive)


if __name__ == "__main__":
    main()
