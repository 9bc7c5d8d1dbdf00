"""The joined book as an EPUB 3: a chapter in each file, formulas as MathML, no scripts.

A zip of XHTML, which is read strictly: what a browser forgives in the site's HTML is put right here. Its
bytes depend on the book and the time of the build alone.
"""

import copy
import io
import mimetypes
import re
import time
import uuid
import zipfile
from html import escape
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote

from bookbuild.site import STATIC, moment
from s6lib.words import t

XHTML = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="{language}" \
xml:lang="{language}"><head><title>{title}</title><link rel="stylesheet" href="book.css"/></head>
<body>
{body}
</body></html>
"""
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="{language}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identity}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:language>{language}</dc:language>
<dc:date>{year}</dc:date>
<dc:source>{address}</dc:source>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">{summary}</meta>
</metadata>
<manifest>
{items}
</manifest>
<spine>
{spine}
</spine>
</package>
"""
#: The namespaces of what is embedded in HTML, and how XML spells what HTML writes small.
SPACES = {"svg": "http://www.w3.org/2000/svg", "math": "http://www.w3.org/1998/Math/MathML"}
SPELLED = {
    name.lower(): name
    for name in (
        "viewBox preserveAspectRatio linearGradient radialGradient clipPath textPath foreignObject "
        "gradientUnits gradientTransform patternUnits markerWidth markerHeight markerUnits refX refY "
        "textLength lengthAdjust"
    ).split()
}
#: What the standard library does not know of everywhere.
KINDS = {".woff2": "font/woff2", ".svg": "image/svg+xml", ".xhtml": "application/xhtml+xml"}


class About(NamedTuple):
    """What a reader's library says of the book. `address` is that of the published site."""

    author: str
    year: str
    address: str
    language: str = "en"


def xhtml(element):
    """Return an element of HTML as XML. The element stays as it is."""
    element = copy.copy(element)
    for name, space in SPACES.items():
        for root in ([element] if element.name == name else []) + element.find_all(name):
            root["xmlns"] = space
            for part in [root, *root.find_all(True)] if name == "svg" else []:
                part.name = SPELLED.get(part.name, part.name)
                part.attrs = {SPELLED.get(key, key): value for key, value in part.attrs.items()}
    return element.decode(formatter="minimal")


def package(book, about, site):
    """Return the bytes of the EPUB that has the `Book` whose pictures lie in the folder `site`."""
    own = Path(__file__).with_name("epub.css").read_text(encoding="utf-8")
    files = {"book.css": "\n".join([*book.looks, own]).encode()}
    for font in ("math.woff2", "fonts/code.woff2"):
        files[PurePosixPath(font).name] = (STATIC / font).read_bytes()
    properties, spine = {}, []
    where = {element["id"]: each.name for each in book.all() for element in _with_ids(each.body)}
    for chapter in book.all():
        body = copy.copy(chapter.body)
        for link in body.select("a[href^='#']"):
            file = where[link["href"][1:]]
            link["href"] = link["href"] if file == chapter.name else f"{file}.xhtml{link['href']}"
        for picture in body.select("img:not([src^='data:'])"):
            name = f"images/{PurePosixPath(picture['src']).name}"
            files[name] = (Path(site) / picture["src"]).read_bytes()
            picture["src"] = quote(name)
        name = f"{chapter.name}.xhtml"
        used = [each for each in ("svg", "math") if body.find(each)]
        properties[name] = " ".join({"svg": "svg", "math": "mathml"}[each] for each in used)
        files[name] = _file(chapter.title, xhtml(body), about)
        spine.append(name)
    files["contents.xhtml"], properties["contents.xhtml"] = _contents(book, about), "nav"
    spine.insert(1, "contents.xhtml")
    return _zipped({**files, "package.opf": _package(book, about, files, properties, spine)})


def _with_ids(body):
    return [body, *body.select("[id]")]


def _file(title, body, about):
    text = XHTML.format(title=escape(title), body=body, language=about.language)
    return text.encode()


def _contents(book, about):
    lines, part = [], ""
    lines.append(f'<li><a href="{book.front.name}.xhtml">{escape(book.title)}</a></li>')
    for chapter in book.chapters:
        if chapter.part != part:
            lines.append("</ol></li>" if part else "")
            lines.append(f"<li><span>{escape(chapter.part)}</span><ol>" if chapter.part else "")
            part = chapter.part
        number = f"{chapter.number}. " if chapter.number else ""
        lines.append(f'<li><a href="{chapter.name}.xhtml">{number}{escape(chapter.title)}</a></li>')
    lines.append("</ol></li>" if part else "")
    inner = "\n".join(filter(None, lines))
    title = t("Contents")
    body = f'<nav epub:type="toc" id="toc" role="doc-toc"><h1>{title}</h1>\n<ol>\n{inner}\n</ol></nav>'
    return _file(title, body, about)


def _package(book, about, files, properties, spine):
    items = []
    for name in sorted(files):
        kind = KINDS.get(PurePosixPath(name).suffix) or mimetypes.guess_type(name)[0]
        more = f' properties="{properties[name]}"' if properties.get(name) else ""
        items.append(f'<item id="{_identity(name)}" href="{quote(name)}" media-type="{kind}"{more}/>')
    return PACKAGE.format(
        title=escape(book.title),
        author=escape(about.author),
        year=about.year,
        address=escape(about.address),
        language=about.language,
        identity=uuid.uuid5(uuid.NAMESPACE_URL, about.address),
        summary=t("Formulas are MathML; figures say in words what they show."),
        modified=time.strftime("%Y-%m-%dT%H:%M:%SZ", moment()),
        items="\n".join(items),
        spine="\n".join(f'<itemref idref="{_identity(name)}"/>' for name in spine),
    ).encode()


def _identity(name):
    return "of-" + re.sub(r"[^\w.-]", "-", name)


def _zipped(files):
    """The container: what it is comes first, and as it is; the rest packed, in the order of names."""
    content = io.BytesIO()
    entries = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": CONTAINER.encode(),
        **{f"book/{name}": files[name] for name in sorted(files)},
    }
    with zipfile.ZipFile(content, "w") as bundle:
        for name, data in entries.items():
            entry = zipfile.ZipInfo(name, moment()[:6])
            entry.external_attr = 0o644 << 16
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            bundle.writestr(entry, data, kind)
    return content.getvalue()
