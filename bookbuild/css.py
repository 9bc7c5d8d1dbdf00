"""Style sheets: only the rules that something answers to, and one sheet for each page in place of several."""

import hashlib
import itertools
import logging
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import tinycss2
from tinycss2.serializer import serialize_url

#: How names of classes begin that scripts put together from parts.
COMPOSED = ("bs-tooltip",)
#: Rules of CSS that hold rules, each judged by itself. (An empty layer still has a place among the layers.)
GROUPS = {"media", "supports", "container", "layer", "scope", "starting-style"}
#: Rules of CSS that hold declarations alone, and signs among declarations that need no blanks beside them.
PLAIN, BETWEEN = ("font-face", "keyframes", "page", "property"), ",;:"


def used_rules(css, words):
    """Return the style sheet without comments and without rules for classes and ids that are not among
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
        elif token.type == "hash":
            here &= token.value in words
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


def keep_used_properties(static, texts):
    """Cut the custom properties that no rule uses, nor any of `texts`, pages and scripts, from the sheets."""
    sheets = {path: path.read_text(encoding="utf-8") for path in static.rglob("*.css")}
    used = set(
        re.findall(r"--[\w-]+", " ".join([*texts, *(with_properties(css, ()) for css in sheets.values())]))
    )
    uses = {}  # a property -> those that its values name
    for name, value in re.findall(r"(--[\w-]+):([^;{}]*)", " ".join(sheets.values())):
        uses.setdefault(name, set()).update(re.findall(r"--[\w-]+", value))
    new = used
    while new := set().union(*(uses.get(name, ()) for name in new)) - used:
        used |= new
    for path, css in sheets.items():
        path.write_text(with_properties(css, used), encoding="utf-8")


def with_properties(css, names):
    """Return the style sheet with no custom properties but those of these names."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return tinycss2.serialize(_with_properties(rules, names, tinycss2.parse_rule_list))


def _with_properties(nodes, names, parse):
    kept = []
    for node in nodes:
        if node.type == "declaration" and node.name.startswith("--") and node.name not in names:
            continue
        if node.type == "qualified-rule":
            parts = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
            node.content = _with_properties(parts, names, tinycss2.parse_blocks_contents)
            if parts and not node.content:
                continue
        elif node.type == "at-rule" and node.content is not None and node.lower_at_keyword in GROUPS:
            parts = parse(node.content, skip_comments=True, skip_whitespace=True)
            node.content = _with_properties(parts, names, parse)
        kept.append(node)
    return kept


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


def join_styles(site, pages):
    """Let each of the `pages` of a site load one style sheet in place of several, and remove the several."""
    from bs4 import BeautifulSoup

    made = {}  # sheets of a page -> the one in place of them
    for path in (path.resolve() for path in pages):
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
    for sheet in set((site.resolve() / "_static").rglob("*.css")) - set(made.values()):
        sheet.unlink()


def keep_used_icons(static):
    """Cut the theme's icon fonts down to the icons that its style sheet, once it is cut down, still shows."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools").setLevel("WARNING")
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
