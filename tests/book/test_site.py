"""Pages as they are published: their policy, their scripts, their icons, and the zip of all of them."""

import base64
import hashlib
import json
import re
import zipfile

import pytest

pytest.importorskip("bs4", reason="beautifulsoup4 is not installed: pages are not finished")

from hypothesis import given
from hypothesis import strategies as st

from bookbuild import css, scripts, site

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8" /><meta name="viewport" content="a" />
<meta name="viewport" content="b" />
<script>first = 1;</script><link rel="preload" as="script" href="x.js" />
<link rel="index" href="i.html" /><link rel="next" title="Next" href="n.html" />
<link rel="prev" href="p.html" />
<script src="../_static/scripts/fontawesome.js?digest=1"></script><script src="../searchindex.js"></script>
<script src="../_static/doctools.js"></script><script>second = "<b>";</script></head>
<body><main role="main"><button onclick="window.print()">Print</button>
<table border="1"><tr><td valign="top">1</td></tr></table>
<style scoped>td {}</style><div><style type="text/css">
</style><style type="text/css">#T_0 {color: red}</style><style>#T_0 {color: red}</style></div>
<svg><style>path {}</style></svg>
<details><summary><p class="collapsed">Show</p></summary></details>
<a href="a.html">Learning rate</a><details><summary><span class="toctree-toggle"></span></summary></details>
<div class="citation-list" role="list"><div class="citation" role="doc-biblioentry"></div></div>
<math><mfrac displaystyle="false" scriptlevel="+1"><mi>a</mi><mi>b</mi></mfrac></math>
<script type="application/json">{"x": 1}</script>
<script type="module">third = 3;  // words</script></main></body></html>"""


def sha256(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_each_inline_script_and_nothing_else():
    page = site.finish(PAGE, "page")
    policy = re.search(r'content="(default-src[^"]*)"', page)[1]
    scripts = re.search(r"script-src ([^;]*);", policy)[1].split()
    assert scripts[0] == "'self'"
    assert set(scripts[1:]) == {
        sha256(text) for text in (site.STORAGE, "first = 1;", 'second = "<b>";', "third=3")
    }
    assert '<script type="module">third=3</script>' in page
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_scripts_that_no_page_needs_go_and_others_leave_the_head():
    page = site.finish(PAGE, "page")
    assert "fontawesome.js" not in page and "searchindex.js" not in page and "preload" not in page
    assert re.findall(r"<script>(.*?)</script>", page[: page.index("</head>")], re.DOTALL) == [
        site.STORAGE,
        "first = 1;",
    ]
    assert page[: page.index("</head>")].count("<script") == 2
    assert page.index("doctools.js") < page.index("second = ")
    assert "searchindex.js" in site.finish(PAGE, "search")
    assert "searchindex.js" not in site.finish(PAGE, "book/search")  # a chapter of that name


def test_nothing_in_the_head_makes_a_browser_fetch_another_page():
    """Firefox fetches what is called next, which the policy forbids, and says so on every page."""
    page = site.finish(PAGE, "page")
    assert '<link href="i.html" rel="index">' in page or '<link rel="index" href="i.html">' in page
    assert 'rel="next"' not in page and 'rel="prev"' not in page


@pytest.mark.parametrize(
    "script",
    [
        "x = \"see // here\" + '/* and */ here';",
        "x = `a  // b ${ c ? `d  // ${e}  f` : '/*' } */  g`;",
        "ok = /a  \\/\\/ [/]  '/.test(x)",
        "const f = (t) => /a  b/.test(t)",
        "if (x) /a  'b/.exec(y)",
        "x = a\n++b",
        "x = `\n  * a\n  // b\n`",
        "x = /a/ in b",
        "x = 1 .toFixed()",
        "x = a + +b - -c",
        "return_ = a / b / c",
    ],
)
def test_a_shortened_script_keeps_every_text_and_no_comment(script):
    """The referee knows strings, comments and blanks, and no more; that the program is the same, a browser
    says (tests/site/test_scripts.py)."""
    short = scripts.shortened(f"// first\n{script}  // last\n/** a\n * b */\n")
    assert len(short) <= len(script) and not re.search(r"first|last|\* b", short)
    for text in re.findall(r"(?<=')[^'\n]*(?=')|(?<=\")[^\"]*(?=\")|(?<=`)[^`${}]*(?=[`$])", script):
        assert text in short
    assert scripts.shortened(short) == short


@pytest.mark.parametrize("script", ["x = (; // why", "const f = () => {}\n`x`  // two statements"])
def test_a_script_that_the_parser_does_not_know_stays_as_it_is(script):
    assert scripts.shortened(script) == script


def test_what_the_theme_leaves_invalid_is_mended():
    page = site.finish(PAGE, "page")
    assert page.count('name="viewport"') == 1
    for gone in (
        "onclick",
        "border=",
        "valign",
        "scoped",
        "<p class",
        "doc-biblioentry",
        'role="list"',
        "/>",
    ):
        assert gone not in page, gone
    assert '<main role="main">' in page  # the search of Sphinx looks for the text of a page there
    assert '<mstyle displaystyle="false" scriptlevel="+1"><mfrac><mi>a' in page
    assert '<span class="collapsed">Show</span>' in page and 'aria-label="Pages of Learning rate"' in page


def test_styles_stand_in_the_head_where_html_wants_them_each_once():
    head, body = site.finish(PAGE, "page").split("</head>")
    assert "#T_0 {color: red}" in head and head.count("<style") == 1
    assert (
        body.count("<style") == 1 and "<svg><style>path {}</style></svg>" in body
    )  # that one is the drawing's own


def finished(body):
    """The body of a page, finished, as BeautifulSoup reads it."""
    bs4 = pytest.importorskip("bs4")
    return bs4.BeautifulSoup(
        site.finish(f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>', "page"),
        "html.parser",
    ).body


def test_the_sections_of_a_page_stand_in_the_menu_below_its_name():
    body = finished("""<nav class="bd-links"><ul>
        <li class="current"><a class="current" href="a.html">Chapter</a>
        <ul><li class="current"><a class="current" href="#">Page</a></li></ul></li></ul></nav>
        <button class="secondary-toggle"></button><dialog id="pst-secondary-sidebar-modal"></dialog>
        <div id="pst-secondary-sidebar">
        <nav id="pst-page-toc-nav" aria-labelledby="x"><a href="#one">One</a></nav></div>
        """)
    (sections,) = body.select("#pst-page-toc-nav")
    assert sections.find_previous_sibling("a").get_text() == "Page" and sections.get_text() == "One"
    assert sections["aria-label"] == "On this page" and not sections.has_attr("aria-labelledby")
    assert not body.select(".secondary-toggle, dialog")
    assert body.select_one("#pst-secondary-sidebar[hidden]").get_text() == ""


def test_numbers_end_and_words_begin_below_each_other():
    table = """<table class="dataframe"><thead><tr><th></th><th>share</th><th>what</th></tr></thead><tbody>
        <tr><th>1</th><td>−0.25 %</td><td>12 runs</td></tr>
        <tr><th>2</th><td>1e-05</td><td>3</td></tr></tbody></table>"""
    body = finished(f"<article>{table}<div class='s6-room'>{table}</div></article>")
    words = [cell.get_text() for cell in body.select(".words")]
    assert sorted(words) == ["12 runs", "3", "what"]
    assert len(body.select(".dataframe")) == 1, "the theme dresses it in a way of its own"


def test_rows_of_a_wide_table_are_rows_for_every_reader():
    cells = "".join(f"<td>word {n}</td>" for n in range(4))
    wide = f"<table class='table'><thead><tr><th>a</th></tr></thead><tbody><tr>{cells}</tr></tbody></table>"
    table = finished(f"<article>{wide}</article>").table
    assert "stacks" in table["class"] and table["role"] == "table"
    assert {cell["role"] for cell in table.select("td")} == {"cell"} and table.th["role"] == "columnheader"
    assert (
        "stacks" not in finished(f"<article>{wide.replace('<td>word 3</td>', '')}</article>").table["class"]
    )
    numbers = wide.replace("word 1", "5").replace("word 2", "−2").replace("word 3", "3")
    assert "stacks" not in finished(f"<article>{numbers}</article>").table["class"], "these fit a phone"


def test_menus_of_buttons_need_no_script():
    body = finished(
        '<div class="dropdown"><button aria-expanded="false" aria-label="Get" class="btn" '
        'data-bs-toggle="dropdown" type="button">x</button><ul class="dropdown-menu"><li>'
        '<button type="button">print</button></li></ul></div>'
    )
    assert body.details.summary.attrs == {"aria-label": "Get", "class": ["btn"]}
    assert body.ul.button["type"] == "button"


def test_scripts_run_when_the_page_is_read_in_their_order():
    page = finished("<script src='a.js'></script><script defer src='d.js'></script><script>b = 1</script>")
    scripts = page.select("body > script")
    assert [script.get("src") or script.string for script in scripts] == ["a.js", "b = 1", "d.js"]
    assert all(script.has_attr("defer") or script["type"] == "module" for script in scripts)


def test_a_page_loads_the_theme_and_the_book_as_a_script_each_and_the_search_stays(tmp_path):
    static = tmp_path / "_static"
    (tmp_path / "book").mkdir()
    static.mkdir()
    texts = {
        "theme.js": "const first = 1; // a",
        "more.js": "window.said = first + 1",
        "book.js": "window.own = 3",
    }
    for name, text in {**texts, "widgets-1.js": "window.widget = 4"}.items():
        (static / name).write_text(text)
    tags = "".join(
        f'<script defer src="../_static/{name}?v=1"></script>' for name in [*texts, "widgets-1.js"]
    )
    for name in ("page", "search"):
        (tmp_path / "book" / f"{name}.html").write_text(f"<html><body>{tags}</body></html>")
    site._join_scripts(tmp_path)
    sources = re.findall(r'src="../_static/([^"]+)"', (tmp_path / "book" / "page.html").read_text())
    assert len(sources) == 3 and sources[2] == "widgets-1.js?v=1"
    theme, own = ((static / name).read_text() for name in sources[:2])
    assert (
        theme.index("first=1") < theme.index("said=first+1") and "own" not in theme and own == "window.own=3"
    )
    assert tags in (tmp_path / "book" / "search.html").read_text()


@pytest.mark.parametrize(
    ("script", "given"),
    [
        ('a.classList.add("one","two"); b.classList.toggle("three", now)', {"one", "two", "three"}),
        ('a.className = "one two"', {"one", "two"}),
        ('a.innerHTML = `<i class="one two"></i>`', {"one", "two"}),
        ('find("version-switcher")', set()),
    ],
)
def test_of_a_theme_s_script_only_the_classes_that_it_gives_count(script, given):
    assert given <= {*re.findall(r"[\w-]+", site._given(script))}
    assert "version-switcher" not in site._given(script)


def test_code_keeps_the_colours_that_the_style_sheet_has(tmp_path):
    code = finished(
        "<div class='highlight'><pre><span class='line'><span class='kn'>import</span> "
        "<span class='nn'>a</span><span class='p'>;</span></span></pre></div>"
    ).pre
    assert code.get_text() == "import a;"
    assert [token["class"] for token in code.select("span")] == [["line"], ["kn"]]


def test_properties_that_nothing_uses_go(tmp_path):
    (tmp_path / "a.css").write_text(":root{--a:1;--b:var(--c,var(--d));--e:2;--f:3}@media print{p{--e:4}}")
    (tmp_path / "b.css").write_text("p{color:var(--b);--c:5;--d:6}")
    css.keep_used_properties(tmp_path, ["<i style='x:var(--f)'>"])
    assert (tmp_path / "a.css").read_text().replace(";}", "}") == (
        ":root{--b:var(--c,var(--d));--f:3}@media print{}"
    )
    assert (tmp_path / "b.css").read_text().replace(";}", "}") == "p{color:var(--b);--c:5;--d:6}"


@pytest.mark.parametrize(
    "rule",
    [
        ".used{a:b}",
        "div{a:b}",
        ".gone,.used .more{a:b}",
        "a:not(.gone){a:b}",
        ".used:not(.gone):hover{a:b}",
        "@font-face{a:b}",
        "@media print{.used{a:b}}",
        "/* of .gone */.used{a:b}",
        ".bs-tooltip-auto .used{a:b}",
        '[data-x="1"] .used::before{content:".gone"}',
        ".used:not(.gone:not(.b)){a:b}",
        ":not(.gone,.b):is(p,div){a:b}",
        ":is(.gone,.used) p{a:b}",
        ":where(.gone,.used:not(.b)){a:b}",
        "a:has(.gone,.used){a:b}",
        "p:nth-child(2n of .gone){a:b}",
        'a[href$=".gone"]{a:b}',
        '.used::before{content:"}.gone{"}',
        '.used::before{content:"/* a */"}',
        ".used{background:url(a;b.png)}",
        ".used{a:b;&.more{c:d}}",
        "@supports not (a:b){.used{a:b}}",
        "@media (a) and (b){@media print{.used{a:b}}}",
        "@container x (a>b){.used{a:b}}",
        "@layer one,two;.used{a:b}",
        "@layer one{}",
        "@keyframes gone{from{a:b}50%,60%{c:d}}",
        "@page :first{margin:0}",
        '@property --x{syntax:"<length>"}',
        '@import url("a.css") print;',
        '@charset "UTF-8";',
        "@unknown x{a :hover{c:d}}",
        r".more\:used{a:b}",
        r".\31 0{a:b}",
        ".used{color:rgb(1 2 3/4%)!important}",
        ".used>.more+p~a{a:b}",
        "é.used{a:b}",
        ".used{@media print{a:b;}}",
        ".gone{:not(&){a:b}}",
        "@scope (.used) to (.gone){p{a:b}}",
    ],
)
def test_a_rule_that_something_answers_to_stays(rule):
    assert css.used_rules(rule, {"used", "more", "10"}) == rule.replace("/* of .gone */", "")


@pytest.mark.parametrize(
    "rule",
    [
        ".gone{a:b}",
        "#gone{a:b}",
        ".used .gone{a:b}",
        ".gone,div.gone2{a:b}",
        "@media print{.gone{a:b}}",
        "@media print{ }",
        ":is(.gone,.b){a:b}",
        ".used:has(> .gone){a:b}",
        ":where(.used.gone) p{a:b}",
        ".gone:not(.used){a:b}",
        ".used{& .gone{a:b}}",
        ".gone{a:b;.used{c:d}}",
        "@media print{@supports (a:b){.gone{a:b}}}",
        ".used{@media print{&.gone{a:b}}}",
        '.gone::before{content:"}"}',
        r".more\:gone{a:b}",
        ".gone{--x:{a:b}}",
        "/* .used { */",
        ".used{}",
        "<!-- -->",
    ],
)
def test_a_rule_that_nothing_answers_to_goes(rule):
    assert css.used_rules(f"p{{c:d}}{rule}p{{e:f}}", {"used", "more"}) == "p{c:d}p{e:f}"


@pytest.mark.parametrize(
    "sheet, expected",
    [
        (".used{a:b;& .gone{c:d}}", ".used{a:b;}"),
        (".used{& .gone{c:d}a:b;.more &{e:f}}", ".used{a:b;.more &{e:f}}"),
        ("@media print{.gone{a:b}.used{c:d}}", "@media print{.used{c:d}}"),
        (
            " .used  ,\n .more > p { a : b ;\n c : calc( 1px + 2px ) , d ; } ",
            ".used,.more>p{a:b;c:calc(1px + 2px),d}",
        ),
        ("@media/* x */print{.used/**/.more{a:b/*;*/}}", "@media print{.used.more{a:b}}"),
        (".used{content:'it\\'s \"/* .gone{ */'}", '.used{content:"it\'s \\"/* .gone{ */"}'),
        (
            "p{c:d}}.used{a:b} p{e:f}",
            "p{c:d}p{e:f}",
        ),  # a stray brace spoils the rule that follows it, in a browser too
    ],
)
def test_of_a_sheet_is_left_what_counts(sheet, expected):
    assert css.used_rules(sheet, {"used", "more"}) == expected


CLASSES = st.sampled_from(["used", "more", "gone", "lost"])
COMPOUNDS = st.builds(
    lambda own, others: (
        "".join(f".{name}" for name in own)
        + (f":not({','.join('.' + n for n in others)})" if others else ""),
        {"gone", "lost"}.isdisjoint(own),
    ),
    st.lists(CLASSES, min_size=1, max_size=3),
    st.lists(CLASSES, max_size=2),
)
BODIES = st.sampled_from(
    [
        "a:b",
        'content:"}"',
        'content:".gone{"',
        "background:url(a}b.png)",
        "--x:{c:d}",
        'content:"\\"/*"',
        "a:b;c:d!important",
    ]
)


@given(st.lists(st.tuples(st.lists(COMPOUNDS, min_size=1, max_size=3), BODIES, st.booleans()), max_size=6))
def test_whole_rules_stay_or_go_whatever_they_say(rules):
    """What a rule asks for is known before it is written: no parser is its own referee."""
    written = [
        ("{}", "@media print{{{}}}")[wrapped].format(f"{','.join(text for text, _ in selectors)}{{{body}}}")
        for selectors, body, wrapped in rules
    ]
    expected = [
        text for text, (selectors, _, _) in zip(written, rules) if any(there for _, there in selectors)
    ]
    assert css.used_rules("\n".join(written), {"used", "more"}).replace(";}", "}") == "".join(expected)


def test_all_styles_become_one_that_finds_its_files_from_where_it_lies(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "styles" / "theme.css").write_text('@import "../basic.css";')
    (static / "styles" / "more.css").write_text(
        '@charset "UTF-8";b{src:url(../vendor/b.ttf),url("data:x,(1)")}'
    )
    (static / "basic.css").write_text("a{background:url(a.png)}")
    (static / "book.css").write_text('c{src:url("c.woff2")}')
    head = "".join(
        f'<link href="{{}}_static/{name}?v=1" rel="stylesheet" type="text/css">\n'
        for name in ("styles/theme.css", "styles/more.css", "book.css")
    )
    for name, up in (("one.html", ""), ("book/two.html", "../")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"<head>\n{head.replace('{}', up)}</head><body>{name}</body>")
    (tmp_path / "index.html").write_text("<head></head>")
    for _ in range(2):  # the second time changes nothing
        css.join_styles(tmp_path, site.pages(tmp_path))
        (sheet,) = static.rglob("*.css")
        assert sheet.read_text() == (
            'a{background:url(../a.png)}\nb{src:url(../vendor/b.ttf),url("data:x,(1)")}\nc{src:url(../c.woff2)}'
        )
        assert (tmp_path / "one.html").read_text() == (
            f'<head>\n<link href="_static/styles/{sheet.name}" '
            'rel="stylesheet">\n</head><body>one.html</body>'
        )
        assert (
            f'<link href="../_static/styles/{sheet.name}" rel="stylesheet">\n</head>'
            in (tmp_path / "book" / "two.html").read_text()
        )
    assert (tmp_path / "index.html").read_text() == "<head></head>"


@pytest.mark.parametrize(
    "sheet, expected",
    [
        ('@import "a.css";b{c:d}', "a{x:url(x.png)}b{c:d}"),
        ("@import url( a.css ) screen and (a:b);b{c:d}", "@media screen and (a:b){a{x:url(x.png)}}b{c:d}"),
        (
            '@charset "utf-8";/* a */@layer one;@import url("a.css");b{c:d}',
            "@layer one;a{x:url(x.png)}b{c:d}",
        ),
        ('b{c:d}@import "a.css";', "b{c:d}"),  # too late: a browser does not read it
        (
            'b::after{content:"url(x.png) @import \\"a.css\\";"}',
            'b::after{content:"url(x.png) @import \\"a.css\\";"}',
        ),
        (
            "b{x:url( 'p q.png#a?b' ) , url(//h/x), url(https://h/x), url(/x), url(#x),url(\"data:,)\")}",
            'b{x:url(../p\\ q.png#a?b) , url(//h/x), url(https://h/x), url(/x), url(#x),url("data:,)")}',
        ),
        (
            'b{x:image-set("x.png" 1x,url(y.png) 2x,"z" type("image/png"))}',
            'b{x:image-set(url(../x.png) 1x,url(../y.png) 2x,url(../z) type("image/png"))}',
        ),
        ("@media print{b{x:url(y.png)}}", "@media print{b{x:url(../y.png)}}"),
    ],
)
def test_imports_and_addresses_are_read_as_a_browser_reads_them(tmp_path, sheet, expected):
    """Of two sheets in one: the first lies deeper, so that what the second asks for is one folder up."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "first.css").write_text("")
    (tmp_path / "second.css").write_text(sheet, encoding="utf-8")
    (tmp_path / "a.css").write_text("a{x:url(deep/x.png)}")
    assert css.joined([tmp_path / "deep" / "first.css", tmp_path / "second.css"]).strip() == expected


@pytest.mark.parametrize(
    "sheet",
    [
        '@import "a.css" layer(b);',
        "@import url(a.css) supports(a:b);",
        '@import "https://h/a.css";',
        '@import "sheet.css";',
        "@namespace url(http://a);",
    ],
)
def test_what_cannot_be_joined_is_refused_by_name(tmp_path, sheet):
    (tmp_path / "a.css").write_text("")
    (tmp_path / "sheet.css").write_text(sheet)
    with pytest.raises(ValueError, match=r"sheet\.css: (got|imports)"):
        css.joined([tmp_path / "sheet.css"])


def test_a_style_sheet_for_some_media_is_refused_by_name(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "a.css").write_text("a{b:c}")
    (tmp_path / "one.html").write_text(
        '<head><link media="print" rel="stylesheet" href="_static/a.css"></head>'
    )
    with pytest.raises(ValueError, match="one.html: got .*for all media"):
        css.join_styles(tmp_path, site.pages(tmp_path))


def test_what_looks_like_a_link_to_a_style_sheet_stays(tmp_path):
    """In code on a page, in a comment, in a script; and a link may name its parts in any order."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "a.css").write_text("a{b:c}")
    text = (
        '<!-- <link href="x.css" rel="stylesheet"> -->'
        '<script>x = \'<link href="y.css" rel="stylesheet">\'</script>'
    )
    (tmp_path / "one.html").write_text(
        f'<head><link rel="stylesheet" type="text/css" href="_static/a.css?v=1"></head><body>{text}</body>'
    )
    css.join_styles(tmp_path, site.pages(tmp_path))
    (sheet,) = (tmp_path / "_static").glob("*.css")
    assert (tmp_path / "one.html").read_text() == (
        f'<head><link href="_static/{sheet.name}" rel="stylesheet"></head><body>{text}</body>'
    )


def test_a_finished_page_stays_as_it_is():
    once = site.finish(PAGE, "page")
    assert site.finish(once, "page") == once


def test_the_zip_is_the_same_for_the_same_site(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for folder, names in (("one", ["b.html", "a/x.ipynb"]), ("two", ["a/x.ipynb", "b.html"])):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"é {name}", encoding="utf-8")
        site.pack(tmp_path / folder, tmp_path / folder / ".." / f"{folder}.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as one, zipfile.ZipFile(tmp_path / "two.zip") as two:
        assert one.namelist() == ["one/a/x.ipynb", "one/b.html"]
        assert one.read("one/b.html").decode() == "é b.html"
        assert [each.date_time for each in one.infolist()] == [(2023, 11, 14, 22, 13, 20)] * 2
        assert [each.CRC for each in one.infolist()] == [each.CRC for each in two.infolist()]
    (tmp_path / "again").mkdir()
    site.pack(tmp_path / "one", tmp_path / "again" / "one.zip")
    assert (tmp_path / "again" / "one.zip").read_bytes() == (tmp_path / "one.zip").read_bytes()


def test_a_folder_without_a_site_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        site.main([str(tmp_path), str(tmp_path / "book.zip")])
    assert "has no index.html; run make book" in capsys.readouterr().err
    assert not (tmp_path / "book.zip").exists()


def test_the_data_of_a_widget_moves_into_a_script_that_pages_share(tmp_path):
    state = {"at": 1, "data": {"weights": "AAA</script>", "digits": [1, 2]}}
    written = json.dumps(state).replace("<", "\\u003c")
    html = (
        '<html><head><meta charset="utf-8"></head><body><div class="s6-digits" data-digits>'
        f'<script type="application/json">{written}</script></div></body></html>'
    )
    pages = [site.finish(html, name, tmp_path) for name in ("book/chapter", "book/runs/one", "index")]
    states = [
        json.loads(re.search(r'<script type="application/json">(.*?)</script>', each)[1]) for each in pages
    ]
    files = sorted(path.name for path in tmp_path.iterdir())
    assert len(files) == 2 and all(each["at"] == 1 for each in states)
    for up, each in zip(("../", "../../", ""), states):
        assert sorted(each["data"]) == ["digits", "weights"]
        for key, value in each["data"].items():
            assert value["src"].startswith(f"{up}_static/data-")
            text = (tmp_path / value["src"].rpartition("/")[2]).read_text(encoding="utf-8")
            assert text.endswith(f'["{key}"] = {json.dumps(state["data"][key], separators=(",", ":"))};\n')
