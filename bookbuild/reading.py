"""How a reader goes through the book: folded code, the order of chapters, minutes. A Sphinx extension.

* Every code cell folds, by itself and with all others: *all code, key lines, none*. A cell with the tag
  `hide-input` is folded from the start; several that follow each other fold as one. A fold is a `<details>`,
  so it opens without scripts too; the control of a page, and what is remembered, are in `reading.js`.
* Every line of code and of output is an element that knows its indent, so that `reading.css` can hang what
  does not fit under it.
* Chapters lead to chapters. What lies below a chapter in _toc.yml is a side branch: the chapter names it at
  its end, and it leads back.
* Under the title stands which chapter it is, and how many minutes it takes. {minutes}`forward_pass` says the
  latter on any page.
* An address without a page gets `404.html` from GitHub Pages. It may be shown in place of any address, so it
  carries all it needs in itself, and leads to the chapters at their published addresses.

The minutes are an estimate: prose at 238 words a minute (Brysbaert 2019, the mean of 190 studies of people
reading non-fiction in silence); the rest at rates of ours: 3 seconds for a line of code that stands on the
page, and 15 for a figure, a table or a displayed formula. Folded code is not counted, nor what one tries out.
"""

import math
import posixpath
import re
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from s6lib.words import plural, t

WORDS_A_MINUTE = 238
SECONDS_A_CODE_LINE = 3
SECONDS_A_PICTURE = 15

#: A block of highlighted code, or an output: the start, the lines, the end.
BLOCK = re.compile(r'(<div class="highlight"><pre>)(.*?)(</pre>)', re.S)

#: The control of a page, and what folds its cells before they are drawn, where a reader has chosen so.
CONTROL = f"""<fieldset class="code-mode pst-js-only">\
<legend class="visually-hidden">{t("Code, on all pages")}</legend>\
<label><input type="radio" name="code-mode" value="all"><span>{t("all code")}</span></label>\
<label><input type="radio" name="code-mode" value="key" checked><span>{t("key lines")}</span></label>\
<label><input type="radio" name="code-mode" value="none"><span>{t("none")}</span></label></fieldset>"""
FOLDED = """<script>{
  let mode;
  try { mode = localStorage.getItem("s6-code"); } catch {}
  if (mode === "all" || mode === "none") {
    document.querySelector(`.code-mode [value=${mode}]`).checked = true;
    const fold = (node) => { if (node.matches?.("details.fold")) node.open = mode === "all"; };
    const foldAll = (added) => added.forEach(({ addedNodes }) => addedNodes.forEach(fold));
    const folds = new MutationObserver(foldAll);
    folds.observe(document.currentScript.closest("article"), { childList: true, subtree: true });
    addEventListener("DOMContentLoaded", () => {
      foldAll(folds.takeRecords());
      folds.disconnect();
    });
  }
}</script>"""


# Code -------------------------------------------------------------------------------------------


class Fold(nodes.Element):
    """What folds, under a word. `classes`: "fold" for code, and "key" where it stands open at first."""


def _open_fold(translator, node):
    lines = sum(source.astext().count("\n") + 1 for source in node.children)
    count = f", {plural(lines, '{count} line', '{count} lines')}"
    more = f'<span class="visually-hidden">{count}</span>' if "fold" in node["classes"] else ""
    opened = " open" if "key" in node["classes"] else ""
    translator.body.append(f'<details class="{" ".join(node["classes"])}"{opened}>\n')
    translator.body.append(f"<summary>{node['word']}{more}</summary>\n")


def _close_fold(translator, node):
    translator.body.append("</details>\n")


class FoldCode(SphinxPostTransform):
    """Every code cell that a page has becomes a fold, and so do MyST-NB's boxes for what is hidden."""

    default_priority = 200  # after MyST-NB, which has put what is folded into boxes
    formats = ("html",)

    def run(self, **kwargs):
        for source in list(self.document.findall(is_a("cell_code_source"))):
            if not isinstance(source.parent, HideCodeCellNode):
                self._fold(source, t("code"), ["fold", "key"])
        for box in list(self.document.findall(HideCodeCellNode)):
            code = len(box.children) == 1 and is_a("cell_code_source")(box.children[0])
            self._fold(box, t("code") if code else t("output"), ["fold"] if code else ["fold-output"])
        for parent in {
            id(cell.parent): cell.parent for cell in self.document.findall(is_a("cell_code"))
        }.values():
            self._gather(parent)

    @staticmethod
    def _fold(node, word, classes):
        fold = Fold(word=word, classes=classes)
        node.parent.replace(node, fold)
        fold += node.children if isinstance(node, HideCodeCellNode) else [node]

    @staticmethod
    def _gather(parent):
        """Let folded cells that follow each other, with nothing to be seen between them, open by one word."""
        before = None  # a folded cell without outputs, and all such cells that it follows
        for node in list(parent.children):
            if is_a("cell_code")(node) and not node.children:
                continue
            if not (is_a("cell_code")(node) and node.children[0].get("classes") == ["fold"]):
                before = None
                continue
            if before:
                node.children[0].insert(0, before.children[0].children)
                parent.remove(before)
            before = node if len(node.children) == 1 else None


def is_a(kind):
    return lambda node: isinstance(node, nodes.container) and node.get("nb_element") == kind


def with_lines(block):
    """Return the HTML of highlighted code with each line in an element that knows its indent, in letters.

    It comes back as it is where an element goes over the end of a line.
    """
    lines = block.split("\n")
    last = lines.pop()  # what follows the last end of a line: as a rule, nothing
    made = []
    for line in [*lines, *([last] if last else [])]:
        if len(re.findall(r"<\w", line)) != line.count("</"):
            return block
        text = unescape(re.sub("<[^>]*>", "", line))
        indent = len(text) - len(text.lstrip(" ")) if text.strip() else 0
        style = f' style="--indent:{indent}"' if indent else ""
        made.append(f'<span class="line"{style}>{line}')
    return "".join(f"{line}\n</span>" for line in made) if made else block


# The order --------------------------------------------------------------------------------------


def way(env):
    """The pages of the book in their order, without side branches; the home page is the first."""
    return [env.config.root_doc, *env.toctree_includes.get(env.config.root_doc, [])]


def chapters(env):
    """The pages that are chapters, in their order: the notebooks on the way, without the home page."""
    return [name for name in way(env)[1:] if Path(env.doc2path(name)).suffix == ".ipynb"]


def _lead(app, pagename, context):
    """Let the links to the pages before and after a page keep to the way, and a side branch lead back."""
    env, ordered = app.env, way(app.env)
    if pagename in ordered:
        place = ordered.index(pagename)
        before, after = ordered[:place][-1:], ordered[place + 1 :][:1]
    else:
        before, after = [name for name in ordered if pagename in env.toctree_includes.get(name, [])][:1], []
    for key, names in (("prev", before), ("next", after)):
        context[key] = _link(app, pagename, names[0]) if names else None


def _link(app, pagename, name):
    return {
        "link": app.builder.get_relative_uri(pagename, name),
        "title": escape(app.env.titles[name].astext()),
    }


def _beside(app, pagename):
    """A line that names the side branches of a page, or nothing."""
    pages = app.env.toctree_includes.get(pagename, []) if pagename != app.config.root_doc else []
    links = [_link(app, pagename, name) for name in pages]
    items = "".join(f'<li><a href="{escape(each["link"])}">{each["title"]}</a></li>' for each in links)
    if not items:
        return ""
    title = t("Beside this chapter")
    return f'<nav class="beside" aria-label="{title}"><p>{title}:</p><ul>{items}</ul></nav>'


# Minutes ----------------------------------------------------------------------------------------


def seconds(doctree):
    """How long it takes to read a page, in seconds, as this module's first lines say."""
    words = sum(len(re.findall(r"\w+(?:[’'.,-]\w+)*", text)) for text in _prose(doctree))
    lines = sum(
        len([line for line in cell.astext().splitlines() if line.strip()])
        for cell in doctree.findall(is_a("cell_code"))
        for cell in cell.children[:1]
        if cell.get("nb_element") == "cell_code_source"
        and cell.parent.get("hide_mode") not in ("input", "all")
    )
    pictures = sum(map(_is_picture, doctree.findall(is_a("mime_bundle"))))
    formulas = sum(1 for _ in doctree.findall(nodes.math_block))
    return (
        words * 60 / WORDS_A_MINUTE + lines * SECONDS_A_CODE_LINE + (pictures + formulas) * SECONDS_A_PICTURE
    )


def _prose(node):
    """The texts of a page without code, outputs, formulas and what only a machine reads."""
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif not isinstance(
        node, (nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.Invisible)
    ):
        for child in node.children:
            yield from _prose(child)


def _is_picture(bundle):
    return any(
        isinstance(node, nodes.image) or (isinstance(node, nodes.raw) and _TABLE.search(node.astext()))
        for node in bundle.findall()
    )


_TABLE = re.compile(r"<table(?![^>]*class=\"fallback)")


def minutes(env, name):
    """The minutes that the page `name` takes, a whole number from 1."""
    return max(1, math.ceil(env.metadata[name]["reading_seconds"] / 60))


def _measure(app, doctree):
    app.env.metadata[app.env.docname]["reading_seconds"] = seconds(doctree)


class Minutes(nodes.Inline, nodes.Element):
    """The minutes of a page that may not have been read yet."""


class MinutesRole(SphinxRole):
    def run(self):
        name = posixpath.normpath(posixpath.join(posixpath.dirname(self.env.docname), self.text))
        node = Minutes(page=name)
        self.set_source_info(node)
        return [node], []


def _say_minutes(app, doctree, docname):
    for node in list(doctree.findall(Minutes)):
        name = node["page"]
        if "reading_seconds" not in app.env.metadata.get(name, {}):
            message = f"minutes: got {name!r}; takes a page of the book"
            logging.getLogger(__name__).warning(message, location=node)
            node.replace_self(nodes.Text("?"))
        else:
            node.replace_self(nodes.Text(_minutes(app.env, name)))


def _minutes(env, name):
    count = minutes(env, name)
    return plural(count, "{count} minute", "{count} minutes")


# A page -----------------------------------------------------------------------------------------


def _finish_page(app, pagename, templatename, context, doctree):
    if doctree is None or "body" not in context:
        return
    _lead(app, pagename, context)
    body = BLOCK.sub(lambda block: block[1] + with_lines(block[2]) + block[3], context["body"])
    ordered = chapters(app.env)
    said = chapter = ""
    if pagename in ordered:
        number = ordered.index(pagename) + 1
        place = t("Chapter {0} of {1}", number, len(ordered))
        said = f"<span>{place} · {_minutes(app.env, pagename)}</span>"
        # by its name it is known as read
        chapter = f' data-chapter="{Path(pagename).name}" data-number="{number}"'
    control = CONTROL + FOLDED if '<details class="fold' in body else ""
    if said or control:
        line = f'</h1>\n<div class="chapter-line"{chapter}>{said}{control}</div>'
        body = body.replace("</h1>", line, 1)
    context["body"] = body + _beside(app, pagename)


LOST = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{none} — {title}</title>
<script>{{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {{
    const mode = localStorage.getItem("mode");
    const theme = mode === "light" || mode === "dark" ? mode : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
  }};
  paint();
  dark.addEventListener("change", paint);
}}</script>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<style>
html {{ color-scheme: light; color: #222; background: #fff; --link: #0b5cad; }}
body {{ font: 1.0625rem/1.6 system-ui, sans-serif; }}
html[data-theme="dark"] {{ color-scheme: dark; color: #ddd; background: #121212; --link: #8ab8ff; }}
main {{ max-width: 38rem; margin: 10vh auto; padding: 0 1.25rem; }}
a {{ color: var(--link); }}
</style></head>
<body><main><article class="bd-article"><h1>{there_is_none}</h1>
<p data-lost>{why}</p>
<p>{these}</p>
<ul>{items}</ul></article></main>
<script>{script}</script></body></html>
"""


def _write_lost(app, exception):
    """The page that is shown where none is."""
    if exception or app.builder.name != "html":
        return
    base, site = app.config.html_baseurl, Path(app.outdir)
    items = "".join(
        f'<li><a href="{escape(base + app.builder.get_target_uri(name))}">{each}</a></li>'
        for name, each in ((name, escape(app.env.titles[name].astext())) for name in chapters(app.env))
    )
    title, home = (
        escape(each)
        for each in (app.config.html_title, base + app.builder.get_target_uri(app.config.root_doc))
    )
    page = LOST.format(
        language=app.config.language,
        title=title,
        none=t("No such page"),
        there_is_none=t("There is no such page"),
        why=t("The address may be misspelt, or the page may have another name by now."),
        these=t("These are the chapters of {0}:", f'<a href="{home}">{title}</a>'),
        items=items,
        script=(site / "_static" / "reading.js").read_text(encoding="utf-8"),
    )
    (site / "404.html").write_text(page, encoding="utf-8")


def setup(app):
    app.add_node(Fold, html=(_open_fold, _close_fold))
    app.add_node(Minutes)
    app.add_post_transform(FoldCode)
    app.add_role("minutes", MinutesRole())
    app.add_css_file("reading.css", priority=850)  # after book.css
    app.add_js_file("reading.js", loading_method="defer", priority=850)
    app.connect("doctree-read", _measure)
    app.connect("doctree-resolved", _say_minutes)
    app.connect("html-page-context", _finish_page, priority=600)  # after the links in code
    app.connect("build-finished", _write_lost, priority=850)  # before all pages are finished
    return {"parallel_read_safe": True, "parallel_write_safe": True}
