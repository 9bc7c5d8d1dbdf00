"""Pages as they are published: their policy, their scripts, their icons, and the zip of all of them."""

import base64
import hashlib
import re
import zipfile

import pytest

pytest.importorskip("bs4", reason="beautifulsoup4 is not installed: pages are not finished")

from s6lib import site  # noqa: E402

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8" /><meta name="viewport" content="a" /><meta name="viewport" content="b" />
<script>first = 1;</script><link rel="preload" as="script" href="x.js" />
<script src="../_static/scripts/fontawesome.js?digest=1"></script><script src="../searchindex.js"></script>
<script src="../_static/doctools.js"></script><script>second = "<b>";</script></head>
<body><main role="main"><button onclick="window.print()">Print</button><table border="1"><tr><td>1</td></tr></table>
<style scoped>td {}</style><div><style type="text/css">
</style><style type="text/css">#T_0 {color: red}</style></div><svg><style>path {}</style></svg><details><summary><p class="collapsed">Show</p></summary></details>
<a href="a.html">Learning rate</a><details><summary><span class="toctree-toggle"></span></summary></details>
<div class="citation-list" role="list"><div class="citation" role="doc-biblioentry"></div></div>
<math><mfrac displaystyle="false" scriptlevel="+1"><mi>a</mi><mi>b</mi></mfrac></math>
<script type="application/json">{"x": 1}</script><script type="module">third = 3;</script></main></body></html>"""


def sha256(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_each_inline_script_and_nothing_else():
    page = site.finish(PAGE, "page")
    policy = re.search(r'content="(default-src[^"]*)"', page)[1]
    scripts = re.search(r"script-src ([^;]*);", policy)[1].split()
    assert scripts[0] == "'self'"
    assert set(scripts[1:]) == {sha256(text) for text in ("first = 1;", 'second = "<b>";', "third = 3;")}
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_scripts_that_no_page_needs_go_and_others_leave_the_head():
    page = site.finish(PAGE, "page")
    assert "fontawesome.js" not in page and "searchindex.js" not in page and "preload" not in page
    assert re.findall(r"<script", page[:page.index("</head>")]) == ["<script"]
    assert page.index("doctools.js") < page.index("second = ")
    assert "searchindex.js" in site.finish(PAGE, "search")


def test_what_the_theme_leaves_invalid_is_mended():
    page = site.finish(PAGE, "page")
    assert page.count('name="viewport"') == 1
    for gone in ("onclick", "border=", "scoped", "<p class", "doc-biblioentry", 'role="list"', "/>"):
        assert gone not in page, gone
    assert '<main role="main">' in page  # the search of Sphinx looks for the text of a page there
    assert '<mstyle displaystyle="false" scriptlevel="+1"><mfrac><mi>a' in page
    assert '<span class="collapsed">Show</span>' in page and 'aria-label="Pages of Learning rate"' in page


def test_styles_stand_in_the_head_where_html_wants_them():
    head, body = site.finish(PAGE, "page").split("</head>")
    assert "#T_0 {color: red}" in head and head.count("<style") == 1
    assert body.count("<style") == 1 and "<svg><style>path {}</style></svg>" in body  # that one is the drawing's own


@pytest.mark.parametrize("rule", [
    ".used{a:b}", "div{a:b}", ".gone,.used .more{a:b}", "a:not(.gone){a:b}", ".used:not(.gone):hover{a:b}", "@font-face{a:b}",
    "@media print{.used{a:b}}", "/* of .gone */.used{a:b}", ".bs-tooltip-auto .used{a:b}", "[data-x='1'] .used::before{content:'.gone'}",
])
def test_a_rule_that_something_answers_to_stays(rule):
    assert site.used_rules(rule, {"used", "more"}) == rule.replace("/* of .gone */", "")


@pytest.mark.parametrize("rule", [".gone{a:b}", ".used .gone{a:b}", ".gone,div.gone2{a:b}", "@media print{.gone{a:b}}", "@media print{ }"])
def test_a_rule_that_nothing_answers_to_goes(rule):
    assert site.used_rules(f"p{{c:d}}{rule}p{{e:f}}", {"used"}) == "p{c:d}p{e:f}"


def test_all_styles_become_one_that_finds_its_files_from_where_it_lies(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "styles" / "theme.css").write_text('@import "../basic.css";')
    (static / "styles" / "more.css").write_text('@charset "UTF-8";b{src:url(../vendor/b.ttf),url("data:x,(1)")}')
    (static / "basic.css").write_text("a{background:url(a.png)}")
    (static / "book.css").write_text('c{src:url("c.woff2")}')
    head = "".join(f'<link href="{{}}_static/{name}?v=1" rel="stylesheet" type="text/css">\n'
                   for name in ("styles/theme.css", "styles/more.css", "book.css"))
    for name, up in (("one.html", ""), ("book/two.html", "../")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"<head>\n{head.replace('{}', up)}</head><body>{name}</body>")
    (tmp_path / "index.html").write_text("<head></head>")
    for _ in range(2):  # the second time changes nothing
        site.join_styles(tmp_path)
        (sheet,) = static.rglob("*.css")
        assert sheet.read_text() == ('a{background:url(../a.png)}\nb{src:url(../vendor/b.ttf),url("data:x,(1)")}\nc{src:url(../c.woff2)}')
        assert (tmp_path / "one.html").read_text() == (
            f'<head>\n<link href="_static/styles/{sheet.name}" rel="stylesheet">\n</head><body>one.html</body>')
        assert f'<link href="../_static/styles/{sheet.name}" rel="stylesheet">\n</head>' in (tmp_path / "book" / "two.html").read_text()
    assert (tmp_path / "index.html").read_text() == "<head></head>"


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
