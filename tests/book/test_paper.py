"""The joined book, which paper and e-readers are made of; and the EPUB, read by rules that are not its
maker's."""

import io
import posixpath
import re
import shutil
import zipfile
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from papers import ADDRESS, ONE, PAGE, TOC, site

from bookbuild import epub, paper
from bookbuild.joined import SOLUTIONS, join, order

XHTML, OPF = "{http://www.w3.org/1999/xhtml}", "{http://www.idpf.org/2007/opf}"
ABOUT = epub.About("A & B", "2026", ADDRESS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def book(made):
    return join(made, TOC, ADDRESS)


@pytest.fixture(scope="module")
def one(book):
    return book.chapters[0].body


@pytest.fixture
def changed(made, tmp_path):
    """changed(old, new) -> a site whose chapter has `new` in place of `old`."""

    def changed(old, new):
        assert old in ONE
        shutil.copytree(made, tmp_path / "site")
        (tmp_path / "site" / "book" / "one.html").write_text(PAGE.format(ONE.replace(old, new)))
        return tmp_path / "site"

    return changed


# Joined ------------------------------------------------------------------------------------------


def test_what_is_shown_brings_its_own_look_onto_paper(made, tmp_path):
    """A report's style stands in the head of its page, where the builder puts it."""
    shutil.copytree(made, tmp_path / "site")
    page, look = tmp_path / "site" / "book" / "one.html", ".mine > .frame { border: 1px solid }"
    html = page.read_text(encoding="utf-8").replace("</head>", f"<style>{look}</style>" * 2 + "</head>")
    page.write_text(html, encoding="utf-8")
    book = join(tmp_path / "site", TOC, ADDRESS)
    assert book.looks == [look]
    assert paper.page(book, [], "site").count(look) == 1
    with zipfile.ZipFile(io.BytesIO(epub.package(book, ABOUT, tmp_path / "site"))) as archive:
        (sheet,) = [archive.read(name) for name in archive.namelist() if name.endswith("book.css")]
    assert sheet.count(look.encode()) == 1


def test_the_chapters_stand_in_their_order_without_side_branches(book):
    assert [name for _, name in order(TOC)] == ["book/index", "book/one", "book/names"]
    assert [(each.name, each.title, each.number, each.part) for each in book.all()] == [
        ("index", "A book", None, ""),
        ("one", "One", 1, "Part 1: <few>"),
        ("names", "Names & signs", None, "For reference"),
        ("solutions", "Solutions", None, ""),
    ]
    assert book.sheets == ["_static/site.css"]


def test_a_book_may_have_no_parts():
    assert order({"root": "a", "chapters": [{"file": "b"}, {"glob": "c*"}]}) == [("", "a"), ("", "b")]


def test_ids_are_unique_and_every_link_within_the_book_leads_to_one(book):
    ids = [each["id"] for chapter in book.all() for each in [chapter.body, *chapter.body.select("[id]")]]
    links = [link["href"] for chapter in book.all() for link in chapter.body.select("a[href^='#']")]
    assert len(ids) == len(set(ids)) and {"one.same", "names.same"} <= set(ids)
    assert links and {link[1:] for link in links} <= set(ids)


def test_what_names_an_id_still_names_it(one):
    assert one.figure["aria-labelledby"] == one.figcaption["id"] == "one.said"
    assert one.select_one("rect[clip-path]")["clip-path"] == f"url(#{one.select_one('clippath')['id']})"


def test_links_that_leave_the_book_lead_to_the_published_site(book, one):
    outside = [link["href"] for link in one.select("a[href^=http]")]
    assert outside == [f"{ADDRESS}book/runs/two.html", f"{ADDRESS}book/one.html"]
    opened = [link["href"] for link in book.front.body.select("a")]
    assert opened == [
        f"{ADDRESS}book/one.html#stepper=1",
        f"{ADDRESS}book/index.html",
        "#one",
        f"{ADDRESS}paper.pdf",
    ]
    assert "tcp://host:1" in one.get_text() and not one.select("a[href^=tcp]")


def test_what_needs_scripts_or_a_screen_is_gone(book):
    for chapter in book.all():
        assert not chapter.body.select("script, style, button, input, details, summary, .headerlink, nav")
    text = " ".join(chapter.body.get_text() for chapter in book.all())
    assert "stands open" in text and "folded()" not in text and "answered" not in text
    assert "The rest." in text and "More" in text


def test_of_two_pictures_the_one_for_white_paper_stays(one):
    assert [each["src"] for each in one.select("img")] == ["_images/a b.svg"]


def test_answers_stand_at_the_end_and_lead_back(book, one):
    solutions = book.chapters[-1].body
    assert "It grows." not in one.get_text() and "0.5" not in one.get_text()
    entries = [" ".join(each.get_text().split()) for each in solutions.select(".solution")]
    assert entries == ["1.1 up. It grows.", "1.2 0.5."]
    for lead, entry in zip(one.select(".to-solution"), solutions.select(".solution")):
        assert lead.a["href"] == f"#{entry['id']}" and entry.a["href"] == f"#{lead['id']}"
        assert lead.get_text() == f"Solution {entry.a.get_text()}"
    assert solutions.select_one("h2 a")["href"] == "#one"


def test_a_book_without_questions_has_no_solutions(changed):
    chapters = join(changed("s6-question", "s6-other"), TOC, ADDRESS).chapters
    assert SOLUTIONS not in [each.name for each in chapters]


def test_a_link_to_nothing_is_named(changed):
    with pytest.raises(ValueError, match=r"#names\.slip: got a link \('a name'\)"):
        join(changed("names.html#slope", "names.html#slip"), TOC, ADDRESS)


def test_two_pages_of_one_name_are_refused(made):
    toc = {"root": "book/index", "chapters": [{"file": "book/one"}, {"file": "other/one"}]}
    with pytest.raises(ValueError, match="two pages named 'one'"):
        join(made, toc, ADDRESS)


# EPUB --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(book, made):
    return epub.package(book, ABOUT, made)


@pytest.fixture(scope="module")
def files(package):
    with zipfile.ZipFile(io.BytesIO(package)) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


@pytest.fixture(scope="module")
def items(files):
    """The manifest: path in the zip -> its item."""
    root = ElementTree.fromstring(files["book/package.opf"])
    return {f"book/{unquote(item.get('href'))}": item for item in root.iter(f"{OPF}item")}


def test_it_says_what_it_is_before_anything_is_unpacked(package):
    with zipfile.ZipFile(io.BytesIO(package)) as bundle:
        first, *rest = bundle.infolist()
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
    assert package[38:58] == b"application/epub+zip"
    assert len({each.date_time for each in [first, *rest]}) == 1


def test_its_bytes_depend_on_the_book_and_the_time_of_the_build_alone(package, made, monkeypatch):
    assert epub.package(join(made, TOC, ADDRESS), ABOUT, made) == package
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    text = epub.package(join(made, TOC, ADDRESS), ABOUT, made)
    with zipfile.ZipFile(io.BytesIO(text)) as bundle:
        assert b'modified">2027-01-15T08:00:00Z<' in bundle.read("book/package.opf")


def test_the_manifest_names_every_file_and_what_is_in_it(files, items):
    own = {"mimetype", "META-INF/container.xml", "book/package.opf"}
    assert set(items) == set(files) - own
    assert b'full-path="book/package.opf"' in files["META-INF/container.xml"]
    for name, item in items.items():
        if item.get("media-type") == "application/xhtml+xml":
            root = ElementTree.fromstring(files[name])
            said = set((item.get("properties") or "").split()) - {"nav"}
            spaces = {each.tag[1:].partition("}")[0].rpartition("/")[2] for each in root.iter()}
            assert said == {{"svg": "svg", "MathML": "mathml"}.get(each, "") for each in spaces} - {""}, name
    assert [name for name, item in items.items() if item.get("properties") == "nav"] == [
        "book/contents.xhtml"
    ]


def test_every_link_and_picture_leads_to_what_is_in_it(files, items):
    pages = {name: ElementTree.fromstring(files[name]) for name in items if name.endswith(".xhtml")}
    ids = {name: {each.get("id") for each in root.iter()} for name, root in pages.items()}
    seen = 0
    for name, root in pages.items():
        for each in root.iter():
            parts = urlsplit(each.get("href") or each.get("src") or "https:")
            if not parts.scheme:
                target = posixpath.join("book", unquote(parts.path)) if parts.path else name
                assert target in items, f"{name}: {parts.path}"
                assert not parts.fragment or parts.fragment in ids[target], f"{name}: {parts.fragment}"
                seen += 1
    assert seen > 10


def test_the_contents_name_every_page_of_the_spine_in_order(files, items):
    package = ElementTree.fromstring(files["book/package.opf"])
    names = {item.get("id"): name for name, item in items.items()}
    spine = [names[each.get("idref")] for each in package.iter(f"{OPF}itemref")]
    contents = ElementTree.fromstring(files["book/contents.xhtml"])
    listed = [f"book/{each.get('href')}" for each in contents.iter(f"{XHTML}a")]
    assert [name for name in spine if name != "book/contents.xhtml"] == listed
    assert all(len(item) for item in contents.iter(f"{XHTML}li"))
    assert "Part 1: <few>" in [each.text for each in contents.iter(f"{XHTML}span")]


def test_svg_is_spelled_as_xml_spells_it(files):
    page = files["book/one.xhtml"].decode()
    assert 'viewBox="0 0 10 10"' in page and "<clipPath" in page
    assert not re.search("viewbox|clippath", page)
