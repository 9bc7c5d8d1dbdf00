"""From Jupyter Book's HTML to a site that needs nobody else's server: a Sphinx extension.

* A Content-Security-Policy lets each page load its own site alone, and inline scripts by their hash.
* Scripts that no page uses go; the others move to the end of the page, where nothing waits for them.
* Icons come from the theme's own fonts, cut down to the icons that are used, not from its script.
* Style sheets lose the rules that nothing on any page answers to, and become one: a page waits for a single file.
* What the theme leaves invalid or without a name is mended.

::

    python -m s6lib.site _build/html _build/s6-book.zip      # the whole site in one file
"""

import argparse
import base64
import hashlib
import io
import os
import re
import shutil
import time
import zipfile
from pathlib import Path

from s6lib import files

#: Scripts of the theme that no page needs, and those that the search page alone needs.
UNUSED = ("fontawesome.js",)
FOR_SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
#: How names of classes begin that scripts put together from parts.
COMPOSED = ("bs-tooltip",)
#: Files that no page asks for.
LEFT_OUT = ("_static/**/*.map", "_static/vendor/**/*.woff2", "_static/scripts/fontawesome.*", "_static/locales",
            "_static/*.py", "_static/*macros.html", ".buildinfo*")
POLICY = ("default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
          "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'")
REDIRECT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Refresh" content="0; url={page}"><title>{title}</title></head>
<body><p><a href="{page}">{title}</a></p></body></html>
"""


def finish(html, name):
    """Return the HTML of the page `name` as it is published. A finished page comes back as it is."""
    from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    if page.find("meta", attrs={"http-equiv": "Content-Security-Policy"}):
        return html
    _mend(page)
    _sort_scripts(page, UNUSED if name == "search" else UNUSED + FOR_SEARCH)
    scripts = [script.string for script in page.select("script:not([src], [type='application/json'])")]
    policy = POLICY.format(hashes=" ".join(sorted(set(map(_hash, scripts))))).replace(" ;", ";")
    page.find("meta", charset=True).insert_after(
        page.new_tag("meta", attrs={"http-equiv": "Content-Security-Policy", "content": policy}))
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
        style = page.new_tag("mstyle", attrs={name: fraction.attrs.pop(name) for name in ("displaystyle", "scriptlevel")
                                              if name in fraction.attrs})
        fraction.wrap(style)
    for element in page.select(".citation-list[role], .citation[role]"):  # deprecated
        del element["role"]  # (the one of <main> stays: the search finds the text of a page by it)


def _hash(script):
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def used_rules(css, words):
    """Return the style sheet without rules for classes whose names are not among `words`.

    Of a rule for several elements all stays or none. No rule goes for what it says in :not(...).
    """
    def keep(rule):
        selectors = re.sub(r":not\([^()]*\)", "", rule[1]).strip()
        used = (all(name in words or name.startswith(COMPOSED) for name in re.findall(r"\.(-?[a-zA-Z_][\w-]*)", selector))
                for selector in selectors.split(","))
        return rule[0] if selectors.startswith("@") or any(used) else ""

    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"([^{}]*)\{[^{}]*\}", keep, css)
    return re.sub(r"@(?:media|supports)[^{}]*\{\s*\}", "", css)


def keep_used_styles(static, texts):
    """Cut the style sheets down to the classes that occur in `texts`, the pages and scripts: a third is left."""
    words = set(re.findall(r"[\w-]+", " ".join(texts)))
    for path in static.rglob("*.css"):
        path.write_text(used_rules(path.read_text(encoding="utf-8"), words), encoding="utf-8")


def joined(sheets):
    """Return the style sheets at the paths `sheets`, in this order, as one that lies beside the first.

    What a sheet imports takes the place of the import, and addresses are those of the new place.
    """
    place = sheets[0].parent

    def read(path):
        css = re.sub(r'@charset "[^"]*";', "", path.read_text(encoding="utf-8"))
        css = re.sub(r"url\(([\"']?)(?!data:|[\"'])([^)\"']+)\1\)",
                     lambda url: f"url({Path(os.path.relpath(path.parent / url[2], place)).as_posix()})", css)
        return re.sub(r'@import "([^"]+)";', lambda other: read(path.parent / other[1]), css)

    return "\n".join(map(read, sheets))


def join_styles(site):
    """Let every page load one style sheet in place of several, and remove the several."""
    site, kept = site.resolve(), set()
    link = re.compile(r'<link href="([^"?]+\.css)[^"]*" rel="stylesheet"[^>]*>\n?')
    for path in pages(site):
        html = path.read_text(encoding="utf-8")
        links = list(link.finditer(html))
        if not links:  # it only leads to another page
            continue
        sheets = [(path.parent / each[1]).resolve() for each in links]
        css = joined(sheets)
        sheet = sheets[0].with_name(f"site-{hashlib.sha256(css.encode()).hexdigest()[:8]}.css")
        sheet.write_text(css, encoding="utf-8")
        kept.add(sheet)
        start = links[0].start()
        here = Path(os.path.relpath(sheet, path.parent)).as_posix()
        path.write_text(f'{html[:start]}<link href="{here}" rel="stylesheet">\n{link.sub("", html[start:])}', encoding="utf-8")
    for sheet in set((site / "_static").rglob("*.css")) - kept:
        sheet.unlink()


def keep_used_icons(static, texts):
    """Cut the theme's icon fonts and their style rules down to the icons named in `texts`."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    names = set(re.findall(r"\bfa-([a-z][a-z0-9-]*)", " ".join(texts)))
    style = static / "styles" / "pydata-sphinx-theme.css"
    css = style.read_text(encoding="utf-8")
    css = re.sub(r'url\([^)]*\.woff2\) format\("woff2"\),', "", css)  # the subset below is TrueType
    css = re.sub(r'(?:\.fa-[\w-]+:before,?)+\{content:"[^"]*"\}',
                 lambda rule: rule[0] if names & set(re.findall(r"\.fa-([\w-]+):before", rule[0])) else "", css)
    style.write_text(css, encoding="utf-8")
    glyphs = {int(code, 16) for code in re.findall(r'\{content:"\\([0-9a-f]{4})"\}', css)}
    glyphs |= {ord(character) for character in css if "\ue000" <= character <= "\uf8ff"}
    for path in static.rglob("fa-*.ttf"):
        font = TTFont(path, recalcTimestamp=False)
        options = subset.Options(layout_features=[], name_IDs=[0, 1, 2, 13], notdef_outline=True)
        cut = subset.Subsetter(options)
        cut.populate(unicodes=glyphs)
        cut.subset(font)
        font.save(path)


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
        target = app.builder.get_target_uri(app.config.root_doc)
        (site / "index.html").write_text(REDIRECT.format(page=target, title=app.config.html_title), encoding="utf-8")
    for path in pages(site):
        path.write_text(finish(path.read_text(encoding="utf-8"), path.stem), encoding="utf-8")
    for path in (path for pattern in LEFT_OUT for path in list(site.glob(pattern))):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    html = [path.read_text(encoding="utf-8") for path in pages(site)]
    scripts = {path: path.read_text(encoding="utf-8") for path in (site / "_static").rglob("*.js")}
    keep_used_icons(site / "_static", html + [text for path, text in scripts.items() if path.parent.name == "scripts"])
    keep_used_styles(site / "_static", html + list(scripts.values()))
    join_styles(site)


def setup(app):
    app.connect("build-finished", _finish_site, priority=900)  # after the theme, which then writes its colours of code
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m s6lib.site", description="Pack the built site into one zip file.")
    parser.add_argument("site", type=Path)
    parser.add_argument("archive", type=Path)
    given = parser.parse_args(argv)
    if not (given.site / "index.html").exists():
        parser.error(f"site: {given.site} has no index.html; run make book")
    pack(given.site, given.archive)


if __name__ == "__main__":
    main()
