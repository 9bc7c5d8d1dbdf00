"""Pages of functions: docstrings become markup, code becomes links, and the built pages leave nothing out."""

import ast
import html
import importlib
import inspect
import io
import json
import re
import tokenize
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from bookbuild import api

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "_build" / "html" / "book"
CHAPTERS = sorted((ROOT / "book").glob("*.ipynb"))

built = pytest.mark.skipif(not (BUILT / "api_toy.html").exists(), reason="the book is not built: make book")


def lines(text):
    return inspect.cleandoc(text).split("\n")


def test_what_a_function_takes_becomes_a_list_of_definitions():
    docstring = """Move it: a sentence is no item.

        weights : (..., 2), the start; inputs, targets : (2,)
        steps : whole number,
            0 or more

        Returns a `History`."""
    assert api.markup(lines(docstring)) == lines("""Move it: a sentence is no item.

        `weights`
            (..., 2), the start
        `inputs`, `targets`
            (2,)
        `steps`
            whole number,
            0 or more

        Returns a `History`.""")


def test_what_looks_like_markup_is_none():
    docstring = [
        'At most |dx|, e^-|z|; "digits_" and a_ or "one-cycle", `|x|`::',
        "",
        '    |a| : a_ "b"',
        "",
        "|b|",
    ]
    assert api.markup(docstring) == [
        r'At most \|dx\|, e^-\|z\|; `"digits_"` and a\_ or `"one-cycle"`, `|x|`::',
        "",
        '    |a| : a_ "b"',
        "",
        r"\|b\|",
    ]


def test_names_are_found_where_python_finds_them():
    code = (
        "from s6lib import toy as t\nfrom s6lib.fit import fit\n"
        'η = t.loss(fit(split=1), "fit").sum()\nfit = 3'
    )
    found = [(code[start:end], name, imported) for start, end, name, imported in api.uses(code, {})]
    assert found == [
        ("toy as t", "s6lib.toy", True),
        ("fit", "s6lib.fit.fit", True),
        ("t", "s6lib.toy", False),
        ("t.loss", "s6lib.toy.loss", False),
        ("fit", "s6lib.fit.fit", False),
    ]
    assert api.uses("loss(1)", {"loss": "s6lib.toy.loss"}) == [(0, 4, "s6lib.toy.loss", False)]


def test_links_are_put_around_whole_tokens():
    name = '<span class="n">toy</span>.<span class="n">f</span>'
    code = f'<span></span><span class="n">a</span><span class="o">&lt;</span>{name}\n'
    assert api.with_links(code, {(2, 7): "x#y"}) == code.replace(name, f'<a href="x#y">{name}</a>')
    assert api.with_links(code, {(3, 7): "x#y"}) == code  # it would begin within a token


def imported():
    """The modules of s6lib that cells of the book import, or import from."""
    modules = set()
    for path in CHAPTERS:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and "from s6lib" in source:
                for name in api.imports(source).values():
                    modules.add(name if inspect.ismodule(thing(name)) else name.rpartition(".")[0])
    return sorted(modules)


def called(code, module):
    """What the code calls of the module, by tokens alone."""
    tokens = [each.string for each in tokenize.generate_tokens(io.StringIO(code).readline)]
    return [
        tokens[n + 2]
        for n, token in enumerate(tokens[:-3])
        if token == module and tokens[n - 1] != "." and (tokens[n + 1], tokens[n + 3]) == (".", "(")
    ]


def thing(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, last = name.rpartition(".")
        return getattr(importlib.import_module(module), last)


def public(module):
    """Names of the functions and classes that are there to be used."""
    module = importlib.import_module(module)
    chosen = getattr(module, "__all__", None)
    return [
        name
        for name, here in vars(module).items()
        if (inspect.isfunction(here) or inspect.isclass(here))
        and not name.startswith("_")
        and (name in chosen if chosen else here.__module__.startswith(module.__name__))
    ]


def anchors():
    """{full name: page} of everything that the pages of functions describe."""
    return {
        name: path.name
        for path in BUILT.glob("api_*.html")
        for name in re.findall(r'<dt class="sig[^>]* id="([^"]+)"', path.read_text(encoding="utf-8"))
    }


def text(page, left):
    """The text of a built page, but for what stands within such elements."""
    found = re.search(r"<article.*</article>", page.read_text(encoding="utf-8"), re.S)[0]
    for element in left:
        found = re.sub(rf"<{element}\b.*?</{element}>", " ", found, flags=re.S)
    return html.unescape(re.sub("<[^>]+>", "", found))


def test_the_book_imports_what_it_is_said_to():
    assert {"s6lib.toy", "s6lib.plots", "s6lib.fit", "s6lib.sweep", "s6lib.widgets"} <= {*imported()}


@pytest.mark.parametrize("module", imported())
def test_every_public_name_says_something(module):
    for name in public(module):
        said = inspect.getdoc(getattr(importlib.import_module(module), name)) or ""
        assert re.match(r"\S.{15,}[.:;]", said.replace("\n", " ")), f"{module}.{name}: {said!r}"


@built
@pytest.mark.parametrize("module", imported())
def test_every_public_name_has_its_place_on_a_page(module):
    found = anchors()
    assert public(module)
    missing = [name for name in public(module) if f"{module}.{name}" not in found]
    assert not missing, f"{missing} of {module}: name them in book/api_*.md, then make page CHAPTER=…"


@built
@pytest.mark.parametrize("page", sorted(BUILT.glob("api_*.html")), ids=lambda path: path.stem)
def test_no_markup_is_left_on_a_page(page):
    source = page.read_text(encoding="utf-8")
    assert "system-message" not in source and 'class="problematic"' not in source
    prose = text(page, ("code", "pre", "dt"))
    assert re.findall(r".{0,40}(?:`|:param|:\w+:\S|\*\*|\]_|\\\W).{0,20}", prose) == []
    assert str(ROOT) not in source, "the page tells where it was built"


@built
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_a_chapter_shows_of_the_library_leads_to_it_once(path):
    file = BUILT / f"{path.stem}.html"
    assert file.exists(), f"the site has no {path.stem} yet: make page CHAPTER={path.stem}"
    page = file.read_text(encoding="utf-8")
    article = re.search(r"<article.*</article>", page, re.S)[0]
    blocks = re.findall(r'<div class="highlight-ipython3.*?</pre>', article, re.S)
    links = [
        (html.unescape(re.sub("<[^>]+>", "", inner)), address)
        for block in blocks
        for address, inner in re.findall(r'<a href="([^"]+)">(.*?)</a>', block, re.S)
    ]
    known, shown = {}, set()
    for block in blocks:
        code = html.unescape(re.sub("<[^>]+>", "", block))
        known |= api._parsed(code) or {}
        for name, full in known.items():
            if inspect.ismodule(thing(full)):
                shown |= {f"{full}.{last}" for last in called(code, name) if last in public(full)}
    found = [unquote(urlsplit(address).fragment) for _, address in links]
    assert len(found) == len(set(found))
    lost = shown - {*found}
    assert not lost, f"{lost} lead nowhere: name them in book/api_*.md, then make page CHAPTER={path.stem}"
    assert bool(found) == ("import s6lib" in article or bool(known))
    for shown_as, address in links:
        assert shown_as.split(".")[-1].split(" ")[0] == unquote(urlsplit(address).fragment).split(".")[-1]


@built
def test_every_figure_s_function_leads_to_the_figure():
    page = (BUILT / "api_plots.html").read_text(encoding="utf-8")
    for name in public("s6lib.plots"):
        anchor = f'id="s6lib.plots.{name}"'
        assert anchor in page, f"{name}: name it in book/api_plots.md, then make page CHAPTER=…"
        place = page.index(anchor)
        said = page[place : page.index("</dd></dl>", place)]
        leads = re.findall(r'href="[^"#]+\.html#(fig-[^"]+)"', said)
        figure = f"fig-{'index-' * name.startswith('card_')}{name.replace('_', '-')}"
        assert leads == ([] if name in {"use", "rate_colors"} else [figure]), name


@built
def test_the_source_of_each_function_stands_where_its_link_says():
    links = [
        (name, *place)
        for page in BUILT.glob("api_*.html")
        for name, signature in re.findall(
            r'<dt class="sig[^>]* id="([^"]+)">(.*?)</dt>', page.read_text(encoding="utf-8"), re.S
        )
        for place in re.findall(r'href="https://[^"]+/blob/\w+/(s6lib/[^"#]+)#L(\d+)-L\d+"', signature)
    ]
    assert len(links) > 100
    for name, path, line in links:
        source = (ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1 :][:3]
        assert any(re.match(rf"\s*(def|class) {name.split('.')[-1]}\b", each) for each in source) or any(
            name.split(".")[-1] in each.split("=")[0] for each in source[:1]
        ), f"{name}: {path}, line {line}: {source}"


def test_the_order_of_the_figures_is_that_of_their_source():
    page = (ROOT / "book" / "api_plots.md").read_text(encoding="utf-8")
    listed = re.findall(r"autofunction:: (\w+)", page)
    order = [
        node.name
        for part in ("style", "cards", "toy", "blocks", "backwards", "training", "studies")
        for node in ast.parse((ROOT / "s6lib" / "plots" / f"{part}.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name in listed
    ]
    assert listed == order
