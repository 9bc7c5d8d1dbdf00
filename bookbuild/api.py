"""The functions behind the book, as pages made of their docstrings, and the way there: a Sphinx extension.

* Docstrings are plain text here. What Sphinx needs is added on the way: lines `name : text` become a list of
  definitions, and what its markup would take for something else is kept as it is.
* A name between backticks leads to the function of that name: in a docstring, and once on each page of a
  chapter, where the chapter has imported it.
* In the code of a chapter the first use of each function leads to what is said of it.
* A function that draws a figure leads to that figure, and each function to its source.

Names are resolved as Python does, by the imports on the page: nothing in a notebook marks them.
"""

import ast
import importlib
import inspect
import re
from functools import reduce
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

#: The packages whose figures and functions these are.
LIBRARY, FIGURES = "s6lib", "s6lib.plots."
ITEM = re.compile(r"(\w+(?:, \w+)*) : (.*)")
CODE = re.compile(r'(<div class="highlight-(?:ipython3|python)[^>]*>.*?<pre>)(.*?)(</pre>)', re.S)
#: One token of highlighted code; whatever stands between two is blank or a sign.
TOKEN = re.compile(r"(<span[^>]*>[^<]*</span>)")


def markup(lines):
    """Return the lines of a docstring as reStructuredText that says the same."""
    made, literal, item = [], None, False
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if literal is not None and (not line.strip() or indent > literal):
            made.append(line)
            continue
        literal = indent if line.endswith("::") else None
        line = "`".join(each if n % 2 else _plain(each) for n, each in enumerate(line.split("`")))
        if ITEM.fullmatch(line) and (item or not made or not made[-1].strip()):
            for part in re.split(r"; (?=\w+(?:, \w+)* : )", line):
                names, text = ITEM.fullmatch(part).groups()
                made += [re.sub(r"\w+", r"`\g<0>`", names), f"    {text}"]
            item = True
        elif item and indent:
            made.append(f"    {line.strip()}")
        else:
            made += [""] if item and line.strip() else []
            made.append(line)
            item = False
    return made


def _plain(text):
    """Text between two pieces of code: what looks like markup is none, and a word in quotes is code."""
    words = r'(?<!\w)"[\w.-]+(?: [\w.-]+)?"'
    return re.sub(
        rf"{words}|\||(?<=\w)_(?!\w)",
        lambda found: f"`{found[0]}`" if found[0][0] == '"' else f"\\{found[0]}",
        text,
    )


def _mark_up(app, what, name, thing, options, lines):
    if what == "attribute" and lines and lines[0].startswith("Alias for field number"):
        lines.clear()  # that is what Python says of a field that nobody has said anything of
    lines[:] = markup(lines)


def imports(code):
    """What s6lib's names are called in the Python `code`: {name here: full name}."""
    found = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == LIBRARY:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def uses(code, known):
    """Where names of s6lib stand in the Python `code`: (start, end, full name, whether it is imported there).

    known : names that the code may use without importing them, as of `imports`
    """
    lines, starts = code.splitlines(keepends=True), [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def place(line, column):  # Python counts bytes
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found, known = [], known | imports(code)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.alias):
            here = node.asname or node.name
        elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load):
            here = ast.unparse(node)  # of what is called or indexed on the way, no name is known
        else:
            continue
        first, *rest = here.split(".")
        if first in known and all(map(str.isidentifier, rest)):
            start, end = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
            found.append((start, end, ".".join([known[first], *rest]), isinstance(node, ast.alias)))
    return sorted(found)


def with_links(highlighted, links):
    """Return highlighted code with the links {(start, end): address}, places in its text, around tokens."""
    pieces, edges = TOKEN.split(highlighted), [0]
    for piece in pieces:
        edges.append(edges[-1] + len(_text(piece)))
    begin = {start: address for (start, end), address in links.items() if {start, end} <= {*edges}}
    ends = {end for (start, end) in links if start in begin}
    made = []
    for start, end, piece in zip(edges, edges[1:], pieces):
        if start < end and start in begin:
            made.append(f'<a href="{escape(begin[start])}">')
        made.append(piece)
        if start < end and end in ends:
            made.append("</a>")
    return "".join(made)


def _text(html):
    return unescape(re.sub("<[^>]*>", "", html))


def _parsed(code):
    """What `imports` finds in the code, or nothing where it is no Python."""
    try:
        return imports(code)
    except SyntaxError:  # for a terminal, or of a notebook's own kind
        return None


def _link_code(app, pagename, templatename, context, doctree):
    """Let the first use of each function in the code of a page lead to what is said of it."""
    objects, known, linked = _objects(app.env), {}, set()
    if doctree is None or "body" not in context:
        return

    def link(block):
        code, links = _text(block[2]), {}
        if _parsed(code) is None:
            return block[0]
        for start, end, name, imported in uses(code, known):
            entry = objects.get(name)
            if entry and name not in linked and imported == (entry.objtype == "module"):
                linked.add(name)
                links[start, end] = _address(app, pagename, entry)
        known.update(imports(code))
        return block[1] + with_links(block[2], links) + block[3]

    context["body"] = CODE.sub(link, context["body"])


def _objects(env):
    return env.get_domain("py").objects


def _address(app, pagename, entry):
    return f"{app.builder.get_relative_uri(pagename, entry.docname)}#{entry.node_id}"


def _link_names(app, doctree, docname):
    """Let names between backticks lead to what they name, and what draws a figure to the figure."""
    objects, module, seen = _objects(app.env), None, set()
    known = {}
    for block in doctree.findall(nodes.literal_block):
        known |= _parsed(block.astext()) or {}
    for node in list(doctree.findall()):
        if isinstance(node, (nodes.target, nodes.section)):
            ids = [*node["ids"], node.get("refid", "")]
            module = next((each[7:] for each in ids if each.startswith("module-")), module)
        elif isinstance(node, addnodes.desc_annotation):
            _shorten(node)
        elif isinstance(node, addnodes.desc) and node.get("objtype") == "function":
            _lead_to_figure(app, docname, node)
        elif isinstance(node, nodes.literal) and not isinstance(node.parent, (nodes.reference, nodes.title)):
            text = node.astext().removesuffix("()")
            name = _in_docstring(node, text, module, objects) if module else _on_page(text, known)
            if name in objects and (module or name not in seen):
                seen.add(name)
                link = nodes.reference("", "", internal=True, refuri=_address(app, docname, objects[name]))
                node.replace_self(link)
                link += node


def _on_page(text, known):
    """The full name of what a chapter calls `text`, which it has imported, or None."""
    first, *rest = text.split(".")
    return ".".join([known[first], *rest]) if first in known else text


def _in_docstring(node, text, module, objects):
    """The full name of what a docstring calls `text`, or None."""
    desc, inside, own = node, [], set()
    while desc := desc.parent:
        if isinstance(desc, addnodes.desc):
            inside.append(f"{desc[0]['module']}.{desc[0]['fullname']}")
            own |= {each[0].astext() for each in desc[0].findall(addnodes.desc_parameter)}
    if text in own:
        return None
    for name in (*(f"{each}.{text}" for each in inside), f"{module}.{text}", f"{LIBRARY}.{text}", text):
        if name in objects:
            return None if name in inside else name
    same = [
        name
        for name, entry in objects.items()
        if name.endswith(f".{text}") and entry.objtype in {"function", "class", "exception"}
    ]
    return same[0] if inside and len(same) == 1 else None


def _shorten(value):
    """The value of a constant on one line, or nothing where that is long or more than letters and numbers."""
    text = re.sub(r"\s+(?=[],])", "", " ".join(value.astext().split()))
    if not text.startswith("="):
        return
    try:
        ast.literal_eval(text.removeprefix("= ").removeprefix("array"))
    except (SyntaxError, ValueError):  # a path, which is another one elsewhere
        text = ""
    if text and len(text) < 300:
        value[:] = [nodes.Text(f" {text}")]
    else:
        value.parent.remove(value)


def _lead_to_figure(app, docname, desc):
    name = f"{desc[0]['module']}.{desc[0]['fullname']}"
    figure, labels = name.removeprefix(FIGURES).replace("_", "-"), app.env.get_domain("std").labels
    found = [labels[f"fig-{home}{figure}"] for home in ("", "index-") if f"fig-{home}{figure}" in labels]
    page, place, _ = (found or [("", "", "")])[0]
    if name.startswith(FIGURES) and page:
        address = f"{app.builder.get_relative_uri(docname, page)}#{place}"
        title = app.env.titles[page].astext()
        link = nodes.reference("", title, internal=True, refuri=address)
        desc[1] += nodes.paragraph("", "", nodes.Text("To be seen in "), link, nodes.Text("."))


class StraightQuotes(SphinxTransform):
    """On a page of functions a quotation mark is one that Python reads, and three dots are an axis' name."""

    default_priority = 700  # before Sphinx makes quotation marks of them

    def apply(self, **kwargs):
        if next(self.document.findall(addnodes.desc), None) is not None:
            self.document["support_smartquotes"] = False


def _source(app):
    """A function that says where the source of a thing stands in the repository, as linkcode asks for it."""
    settings = app.config.html_theme_options
    place = f"{settings['repository_url']}/blob/{settings.get('repository_branch', 'main')}"

    def source(domain, info):
        module, name = importlib.import_module(info["module"]), info["fullname"]
        try:
            thing = inspect.unwrap(reduce(getattr, name.split("."), module))
            path, (lines, first) = inspect.getsourcefile(thing), inspect.getsourcelines(thing)
        except (AttributeError, TypeError):  # a field; or a constant, which does not know where it stands
            path, made = module.__file__, ast.parse(inspect.getsource(module)).body
            found = [
                node
                for node in made
                if isinstance(node, ast.Assign) and name in {each.id for each in _names(node)}
            ]
            if not found:
                return None
            first, lines = found[0].lineno, range(found[0].lineno, found[0].end_lineno + 1)
        root = Path(importlib.import_module(LIBRARY).__file__).parents[1]
        return f"{place}/{Path(path).relative_to(root).as_posix()}#L{first}-L{first + len(lines) - 1}"

    return source


def _names(assignment):
    return [node for node in ast.walk(ast.Tuple(assignment.targets)) if isinstance(node, ast.Name)]


def _begin(app, config):
    config.linkcode_resolve = _source(app)


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.linkcode")
    app.add_transform(StraightQuotes)
    app.connect("config-inited", _begin)
    app.connect("autodoc-process-docstring", _mark_up)
    app.connect("doctree-resolved", _link_names)
    app.connect("html-page-context", _link_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
