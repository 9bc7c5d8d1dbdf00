"""From Jupyter Book's HTML to a site that needs nobody else's server: a Sphinx extension.

* A Content-Security-Policy lets each page load its own site alone, and inline scripts by their hash.
* Scripts that no page uses go; the others move to the end of the page, where nothing waits for them.
* Icons come from the theme's own fonts, cut down to the icons that are used, not from its script.
* Style sheets lose the rules that nothing on any page answers to, and become one: a page waits for a single
  file.
* What the theme leaves invalid or without a name is mended.

::

    python -m bookbuild.site _build/html _build/s6-book.zip      # the whole site in one file
"""

import argparse
import base64
import hashlib
import io
import itertools
import os
import re
import shutil
import time
import zipfile
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import tinycss2
import tree_sitter_javascript
from tinycss2.serializer import serialize_url
from tree_sitter import Language, Parser

from s6lib import files

JAVASCRIPT = Language(tree_sitter_javascript.language())

#: Scripts of the theme that no page needs, and those that the search page alone needs.
UNUSED = ("fontawesome.js",)
FOR_SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
#: How names of classes begin that scripts put together from parts.
COMPOSED = ("bs-tooltip",)
#: Rules of CSS that hold rules, each judged by itself. (An empty layer still has a place among the layers.)
GROUPS = {"media", "supports", "container", "layer", "scope", "starting-style"}
#: Rules of CSS that hold declarations alone, and signs among declarations that need no blanks beside them.
PLAIN, BETWEEN = ("font-face", "keyframes", "page", "property"), ",;:"
#: Files that no page asks for.
LEFT_OUT = (
    "_static/**/*.map",
    "_static/vendor/**/*.woff2",
    "_static/scripts/fontawesome.*",
    "_static/locales",
    "_static/*.py",
    "_static/*macros.html",
    ".buildinfo*",
)
POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
REDIRECT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Refresh" content="0; url={page}">
<title>{title}</title></head>
<body><p><a href="{page}">{title}</a></p></body></html>
"""


def finish(html, name):
    """Return the HTML of the page `name`, its path without ".html", as it is published.

    A finished page comes back as it is.
    """
    from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    if page.find("meta", attrs={"http-equiv": "Content-Security-Policy"}):
        return html
    _mend(page)
    _sort_scripts(page, UNUSED if name == "search" else UNUSED + FOR_SEARCH)
    for script in page.select("script[type=module]:not([src])"):
        script.string = shortened(script.string or "")
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


def _mend(page):
    for again in page.find_all("meta", attrs={"name": "viewport"})[1:]:
        again.decompose()
    for link in page.select(
        "link[rel~=next], link[rel~=prev]"
    ):  # Firefox would fetch it early, against the policy
        link.decompose()
    for style in page.select("body style:not(svg style)"):  # of pandas' tables, which the theme dresses
        if style.has_attr("scoped") or not style.get_text(strip=True):
            style.decompose()
        else:  # the only place that HTML has for it
            page.head.append(style.extract())
    for name in ("border", "onclick"):  # the policy allows no code in attributes: book.js listens instead
        for element in page.find_all(attrs={name: True}):
            del element[name]
    for text in page.select("summary p"):
        text.name = "span"
    for toggle in page.select("summary:has(> .toctree-toggle)"):
        toggle["aria-label"] = f"Pages of {toggle.find_previous('a').get_text(strip=True)}"
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


def _stand_in(page):
    """What the theme does not see to: readers without storage, and the way by keyboard to a stepper."""
    if page.head.find("script"):
        script = page.new_tag("script")
        script.string = STORAGE
        page.find("meta", charset=True).insert_after(script)
    stepper, skip = page.select_one(".s6-stepper"), page.select_one("#pst-skip-link")
    if stepper and skip:
        stepper["id"] = "the-stepper"
        link = page.new_tag("a", href="#the-stepper")
        link.string = "Skip to the stepper"
        skip.append(" ")
        skip.append(link)


def _hash(script):
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def shortened(script):
    """Return a script without comments and without blanks that no token needs: the same program.

    Line ends stay where a semicolon may be meant. What the parser does not know comes back as it is.
    """
    source = script.encode()
    root = Parser(JAVASCRIPT).parse(source).root_node
    if root.has_error:
        return script
    kept, before, end, blank, new_line = [], "", 0, False, False
    for node in _tokens(root):
        gap, text, end = source[end : node.start_byte], node.text.decode(), node.end_byte
        blank |= bool(gap)
        new_line |= b"\n" in gap
        if node.type in {"comment", "html_comment"}:
            blank, new_line = True, new_line or "\n" in text
            continue
        if new_line and before and before[-1] not in ";,{([" and text not in {";", ",", "}", ")", "]", "."}:
            kept.append("\n")
        elif blank and _would_merge(before, text):
            kept.append(" ")
        kept.append(text)
        before = "a" if node.type == "regex" else text  # a letter beside it would be its flag
        blank = new_line = False
    return "".join(kept)


def _tokens(node):
    if node.type in {"string", "regex"} or not node.children:
        yield from [node] if node.text else []  # a semicolon that is only meant has none
    else:
        for child in node.children:
            yield from _tokens(child)


def _would_merge(before, text):
    """Whether two tokens of JavaScript might be read as another without a blank between them."""
    last, first = before[-1:], text[0]
    if last.isalnum() or last in "_$":
        return first.isalnum() or first in "_$#\\" or (first == "." and last.isdigit())
    return last in "+-*/%<>=!&|?~^.@" and first in "+-*/%<>=!&|?~^.@"


def used_rules(css, words):
    """Return the style sheet without comments and without rules for classes whose names are not among
    `words`.

    Of a rule for several elements all stays or none; what stands within a rule is judged by itself. Of
    :is(...), :where(...) and :has(...) something must be there. No rule goes for what it says in :not(...).
    """
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return tinycss2.serialize(_used(rules, words, tinycss2.parse_rule_list))


def _used(nodes, words, parse):
    """The nodes that stay, of a sheet, a group or a rule; `parse` reads what stands in a group among them."""

    def inside(content, parse):
        return _used(parse(content, skip_comments=True, skip_whitespace=True), words, parse)

    kept = []
    for node in nodes:
        if node.type == "declaration":
            node.value = _tight(node.value)
        elif node.type == "at-rule":
            node.prelude = _tight(node.prelude)
            node.prelude[:0] = [_blank(node)] if node.prelude else []
            if node.content is not None and node.lower_at_keyword in GROUPS:
                node.content = inside(node.content, parse)
            elif node.content is not None and node.lower_at_keyword.endswith(PLAIN):
                node.content = _tight(node.content, BETWEEN)
        elif node.type == "qualified-rule":
            node.prelude = _tight(node.prelude, ",>")
            if any(token.type == "error" for token in node.prelude):
                node.content = []
            elif not any(token.type == "{} block" for token in node.content):
                node.content = _tight(node.content, BETWEEN) if _answered(node.prelude, words) else []
            elif _answered(node.prelude, words) or ":not(" in tinycss2.serialize(
                node.content
            ):  # not(&): all else
                node.content = inside(node.content, tinycss2.parse_blocks_contents)
            else:
                node.content = []
        group = getattr(node, "lower_at_keyword", "media") in GROUPS - {"layer"}
        emptied = group and getattr(node, "content", None) == []
        if node.type != "error" and not emptied:  # a browser does not read what is in error either
            kept.append(node)
    return kept


def _answered(selectors, words):
    """Whether something may answer to one of the selectors, tokens with commas between them."""
    here = True
    for before, token in itertools.pairwise([None, *selectors]):
        if token == ",":
            if here:
                return True
            here = True
        elif token.type == "ident" and before == ".":
            here &= token.value.startswith(COMPOSED) or words.issuperset(re.findall(r"[\w-]+", token.value))
        elif token.type == "function" and token.lower_name in {"is", "where", "has"}:
            here &= _answered(token.arguments, words)
    return here


def _tight(tokens, between=","):
    """The tokens without comments, and without blanks at the ends, beside blocks and beside what is
    `between`."""
    kept = []
    for token in tokens:
        inner = getattr(token, "arguments", None) or getattr(token, "content", None)
        if inner:
            inner[:] = _tight(inner, BETWEEN if token.type == "{} block" else ",")
        if token.type == "whitespace":
            if kept and kept[-1].type != "whitespace" and not _parts(kept[-1], between):
                kept.append(_blank(token))
        elif token.type != "comment":
            if kept and kept[-1].type == "whitespace" and _parts(token, between):
                kept.pop()
            kept.append(token)
    while kept and (kept[-1].type == "whitespace" or (kept[-1] == ";" and between == BETWEEN)):
        kept.pop()
    return kept


def _parts(token, between):
    return token.type == "{} block" or (token.type == "literal" and token.value in between)


def _blank(node):
    return tinycss2.ast.WhitespaceToken(node.source_line, node.source_column, " ")


def keep_used_styles(static, texts):
    """Cut the style sheets down to the classes that occur in `texts`, the pages and scripts: a third is
    left."""
    words = set(re.findall(r"[\w-]+", " ".join(texts)))
    for path in static.rglob("*.css"):
        path.write_text(used_rules(path.read_text(encoding="utf-8-sig"), words), encoding="utf-8")


def joined(sheets):
    """Return the style sheets at the paths `sheets`, in this order, as one that lies beside the first.

    What a sheet imports takes the place of the import, and addresses are those of the new place. Raises
    ValueError for what cannot move: a namespace, an import into a layer or from elsewhere.
    """
    place = sheets[0].resolve().parent
    return "\n".join(tinycss2.serialize(_moved(path.resolve(), place)) for path in sheets)


def _moved(path, place, above=()):
    """The rules of the sheet at `path`, which the sheets `above` import, as they read in the folder
    `place`."""
    if path in above:
        raise ValueError(f"{path}: imports itself")
    kept, first = [], True
    for rule in tinycss2.parse_stylesheet(path.read_text(encoding="utf-8-sig"), skip_comments=True):
        keyword = getattr(rule, "lower_at_keyword", rule.type)
        if keyword == "namespace":
            raise ValueError(f"{path}: got @namespace; takes none")
        if keyword == "import":
            kept += _imported(rule, path, place, above) if first else []  # a late one counts for nothing
        elif keyword not in {"charset", "error"}:
            _readdress(getattr(rule, "prelude", ()), path.parent, place)
            _readdress(getattr(rule, "content", None) or (), path.parent, place)
            kept.append(rule)
            first &= keyword in {"whitespace", "layer"}
    return kept


def _imported(rule, path, place, above):
    address, *conditions = [token for token in rule.prelude if token.type not in {"whitespace", "comment"}]
    address = getattr(address, "arguments", [address])[0].value
    names = {getattr(token, "lower_value", getattr(token, "lower_name", "")) for token in conditions}
    if _elsewhere(address) or names & {"layer", "supports"}:
        raise ValueError(f"{path}: got {rule.serialize()} takes a sheet of this site, for all or some media")
    rules = _moved((path.parent / unquote(urlsplit(address).path)).resolve(), place, (*above, path))
    if not conditions:
        return rules
    media = [_blank(rule), *_tight(rule.prelude[rule.prelude.index(conditions[0]) :])]
    return [tinycss2.ast.AtRule(rule.source_line, rule.source_column, "media", "media", media, rules)]


def _elsewhere(address):
    """Whether an address means the same wherever it stands."""
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"))


def _readdress(tokens, here, place, function=""):
    """Turn the addresses among the tokens, seen from the folder `here`, into those seen from `place`."""
    for n, token in enumerate(tokens):
        name = getattr(token, "lower_name", "")
        inner = getattr(token, "arguments", None) or getattr(token, "content", None) or ()
        named = [text for text in inner if name == "url" and text.type == "string"]
        if named or token.type == "url" or (token.type == "string" and function.endswith("image-set")):
            parts = urlsplit((named or [token])[0].value)
            if not _elsewhere(urlunsplit(parts)):
                path = Path(os.path.relpath(here / parts.path, place)).as_posix()
                text, at = urlunsplit(parts._replace(path=path)), (token.source_line, token.source_column)
                tokens[n] = tinycss2.ast.URLToken(*at, text, f"url({serialize_url(text)})")
        else:
            _readdress(inner, here, place, name)


def join_styles(site):
    """Let every page load one style sheet in place of several, and remove the several."""
    from bs4 import BeautifulSoup

    site, made = site.resolve(), {}  # made: sheets of a page -> the one in place of them
    for path in pages(site):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        links = page.select("head > link[rel=stylesheet]")
        if not links:  # it only leads to another page
            continue
        for link in links:
            if _elsewhere(link["href"]) or link.get("media", "all") != "all":
                raise ValueError(f"{path}: got {link}; takes a style sheet of this site for all media")
        sheets = [(path.parent / unquote(urlsplit(link["href"]).path)).resolve() for link in links]
        if (sheet := made.get(tuple(sheets))) is None:
            css = joined(sheets)
            sheet = sheets[0].with_name(f"site-{hashlib.sha256(css.encode()).hexdigest()[:8]}.css")
            sheet.write_text(css, encoding="utf-8")
            made[tuple(sheets)] = sheet
        links[0].attrs = {"href": Path(os.path.relpath(sheet, path.parent)).as_posix(), "rel": "stylesheet"}
        for link in links[1:]:
            if (link.next_sibling or "x").isspace():
                link.next_sibling.extract()
            link.decompose()
        path.write_text(page.decode(formatter="html5"), encoding="utf-8")
    for sheet in set((site / "_static").rglob("*.css")) - set(made.values()):
        sheet.unlink()


def keep_used_icons(static):
    """Cut the theme's icon fonts down to the icons that its style sheet, once it is cut down, still shows."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    style = static / "styles" / "pydata-sphinx-theme.css"
    rules = tinycss2.parse_stylesheet(style.read_text(encoding="utf-8"))
    for rule in rules:
        if getattr(rule, "lower_at_keyword", "") == "font-face":
            rule.content = tinycss2.parse_blocks_contents(rule.content)
            for source in rule.content:
                if getattr(source, "lower_name", "") == "src":  # the subset below is TrueType
                    source.value = _without_woff2(source.value)
    style.write_text(tinycss2.serialize(rules), encoding="utf-8")
    glyphs = {ord(sign) for text in _strings(rules) for sign in text if "\ue000" <= sign <= "\uf8ff"}
    for path in static.rglob("fa-*.ttf"):
        font = TTFont(path, recalcTimestamp=False)
        options = subset.Options(layout_features=[], name_IDs=[0, 1, 2, 13], notdef_outline=True)
        cut = subset.Subsetter(options)
        cut.populate(unicodes=glyphs)
        cut.subset(font)
        font.save(path)


def _without_woff2(value):
    """The sources of a font, with commas between them, but for those in WOFF2."""
    sources = [
        list(part) for comma, part in itertools.groupby(value, lambda token: token == ",") if not comma
    ]
    kept = [part for part in sources if ".woff2" not in tinycss2.serialize(part)]
    return [token for part in kept for token in (tinycss2.ast.LiteralToken(0, 0, ","), *part)][1:]


def _strings(nodes):
    for node in nodes:
        if node.type == "string":
            yield node.value
        yield from _strings(getattr(node, "content", None) or getattr(node, "arguments", None) or ())


def pages(site):
    """The HTML files of the site that are pages, sorted."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts)


def pack(site, archive):
    """Write the site as a zip that is the same, byte for byte, for the same site.

    Its time stamps are SOURCE_DATE_EPOCH, or 1980, the first that zip knows.
    """
    moment = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315532800))[:6]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{Path(archive).stem}/{path.relative_to(site).as_posix()}", moment)
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    files.replace(archive, content.getvalue())


def _finish_site(app, exception):
    if exception or app.builder.name != "html":
        return
    site = Path(app.outdir)
    if app.config.root_doc != "index":  # in place of a start page without a head
        redirect = REDIRECT.format(
            page=app.builder.get_target_uri(app.config.root_doc), title=escape(app.config.html_title)
        )
        (site / "index.html").write_text(redirect, encoding="utf-8")
    for path in pages(site):
        name = path.relative_to(site).with_suffix("").as_posix()
        path.write_text(finish(path.read_text(encoding="utf-8"), name), encoding="utf-8")
    for path in (path for pattern in LEFT_OUT for path in list(site.glob(pattern))):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    texts = [path.read_text(encoding="utf-8") for path in (*pages(site), *(site / "_static").rglob("*.js"))]
    keep_used_styles(site / "_static", texts)
    keep_used_icons(site / "_static")
    join_styles(site)


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
