"""The PDF, read by pypdf and qpdf; the built site as one book; chapters printed by themselves, also without
scripts."""

import io
import re
import shutil
import subprocess
import unicodedata

import pytest
import yaml
from bs4 import BeautifulSoup
from papers import ADDRESS, TOC, site
from test_book import SITE

from bookbuild import epub, paper
from bookbuild.addresses import ROOT
from bookbuild.joined import join, order

pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: pip install pypdf")
built = pytest.mark.skipif(not (SITE / "book").exists(), reason="the book is not built: make book")
MOMENT = "1800000000", "D:20270115080000+00'00'"


def text(reader):
    """The text of a PDF; letters of formulas as those of the keyboard."""
    return unicodedata.normalize("NFKC", "\n".join(page.extract_text() for page in reader.pages))


@pytest.fixture(scope="module")
def printed(tmp_path_factory, chromium):
    """The PDF of the made-up book, printed twice by the program itself, and the site."""
    folder = site(tmp_path_factory.mktemp("site") / "html")
    book = join(folder, TOC, ADDRESS)
    html = folder.parent / "book.html"
    imprint = paper.imprint(epub.About("A & B", "2026", ADDRESS))
    html.write_text(paper.page(book, imprint, "html"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", MOMENT[0])
        return [paper.printed(html, chromium) for _ in range(2)]


@pytest.fixture(scope="module")
def reader(printed):
    return pypdf.PdfReader(io.BytesIO(printed[0]), strict=True)


def test_two_prints_are_the_same_bytes(printed, reader):
    assert printed[0] == printed[1]
    assert {reader.metadata["/CreationDate"], reader.metadata["/ModDate"]} == {MOMENT[1]}


def test_it_is_tagged_and_has_a_title_and_a_language(reader):
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value and root["/Lang"] == "en"
    assert "/StructTreeRoot" in root and reader.metadata.title == "A book"


def test_its_outline_has_parts_chapters_and_sections(reader):
    def titles(items):
        return [titles(each) if isinstance(each, list) else each["/Title"] for each in items]

    assert titles(reader.outline) == [
        "A book",
        "Contents",
        "Where to go",
        "Part 1: <few>",
        ["One", ["Less < more"]],
        "For reference",
        ["Names & signs", ["Slope"]],
        "Solutions",
        ["One"],
    ]


def test_its_links_lead_where_they_say_and_contents_name_the_pages(printed, reader):
    places = paper.leaves(printed[0])
    found = [
        note["/Dest"].removeprefix("/")
        for page in reader.pages
        for note in (each.get_object() for each in page.get("/Annots", []))
        if "/Dest" in note
    ]
    assert len(found) > 8 and set(found) <= set(places)
    numbers = dict(
        re.findall(r"(Less < more|Names & signs|Solutions)\s+(\d+)", reader.pages[1].extract_text())
    )
    assert {
        title: reader.pages[int(number) - 1].extract_text() for title, number in numbers.items()
    }.keys() == {"Less < more", "Names & signs", "Solutions"}
    for title, number in numbers.items():
        assert title in reader.pages[int(number) - 1].extract_text()
    assert f"Solution 1.1, page {len(reader.pages)}" in text(reader)


def test_a_search_finds_the_symbols_of_a_formula(reader):
    found = "".join(text(reader).split())
    assert "∂E" in found and "∂w5" in found and "=σ" in found


def test_every_font_is_in_it(reader):
    fonts = [font for page in reader.pages for font in page["/Resources"].get("/Font", {}).values()]
    for font in (each.get_object() for each in fonts):
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        described = inner.get("/FontDescriptor", {})
        assert font["/Subtype"] == "/Type3" or {"/FontFile2", "/FontFile3"} & set(described), font


def test_qpdf_finds_no_fault(printed, tmp_path):
    if not shutil.which("qpdf"):
        pytest.skip("there is no qpdf: apt install qpdf")
    (tmp_path / "book.pdf").write_bytes(printed[0])
    done = subprocess.run(["qpdf", "--check", tmp_path / "book.pdf"], capture_output=True, text=True)
    assert done.returncode == 0 and "No syntax or stream encoding errors" in done.stdout, done.stderr


def test_without_chromium_a_line_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CHROMIUM", "/no/such/chromium")
    with pytest.raises(SystemExit) as ended:
        paper.main([str(site(tmp_path))])
    assert ended.value.code == 1
    assert capsys.readouterr().err.splitlines() == [
        "there is no Chromium to print with: apt install chromium, or set CHROMIUM"
    ]


# The book ----------------------------------------------------------------------------------------


@built
def test_the_joined_book_has_each_chapter_and_each_formula():
    """And no id twice, no dead link, no picture that is not there, and all answers at the end alone."""
    toc, config = (yaml.safe_load((ROOT / name).read_text()) for name in ("_toc.yml", "_config.yml"))
    book = join(SITE, toc, config["html"]["baseurl"])
    pages = [
        BeautifulSoup((SITE / f"{file}.html").read_text(encoding="utf-8"), "html.parser").article
        for _, file in order(toc)
    ]
    assert [page.h1.find(string=True) for page in pages] == [
        each.body.h1.find(string=True) for each in book.all()[:-1]
    ]
    ids = [each["id"] for one in book.all() for each in [one.body, *one.body.select("[id]")]]
    assert len(ids) == len(set(ids))
    for page, one in zip(pages, book.all()):
        answers = page.select(".s6-question .fallback details")
        moved = [math for answer in answers for math in answer.select("math")]
        assert len(one.body.select("math")) == len(page.select("math")) - len(moved), one.name
        assert len(one.body.select(".to-solution")) == len(answers), one.name
        assert len(one.body.select("figure img")) == len(page.select("figure img:not(.by-night)")), one.name
        assert all((SITE / img["src"]).exists() for img in one.body.select("img:not([src^='data:'])"))
    total = sum(len(page.select(".s6-question .fallback details")) for page in pages)
    assert len(book.chapters[-1].body.select(".solution")) == total > 100


#: The texts of elements themselves, without those of the elements in them.
TEXTS = (
    "all => all.flatMap(p => [...p.childNodes].filter(node => node.nodeType === 3).map(node => node.data))"
)
ROOM = """() => [...document.querySelectorAll(".bd-article *")].filter(each => {
  const { right, width } = each.getBoundingClientRect();
  return width && right > innerWidth + 1 && !each.closest(".visually-hidden");
}).map(each => `${each.tagName} ${each.className}`)"""


@built
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("name", ["backpropagation", "evaluation", "faster_and_smaller"])
def test_a_chapter_alone_fits_its_paper_and_is_nothing_but_the_chapter(open_page, name, scripts):
    page = open_page(
        (SITE / "book" / f"{name}.html").as_uri(), width=640, theme="dark", java_script_enabled=scripts
    )
    page.emulate_media(media="print")
    if scripts:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(ROOM) == []
    for unseen in (
        "header",
        ".bd-sidebar-primary",
        ".prev-next-footer",
        "footer",
        ".headerlink",
        ".code-mode",
    ):
        assert not any(each.is_visible() for each in page.locator(unseen).all()), unseen
    pdf = pypdf.PdfReader(io.BytesIO(page.pdf()))
    found = "".join(text(pdf).split())
    # What stands between the elements of an answer: where an index comes among them, a reader of PDF guesses.
    answers = page.locator(".s6-question .fallback details p").evaluate_all(TEXTS)
    assert answers and all(
        "".join(unicodedata.normalize("NFKC", each).split())[:20] in found for each in answers
    )
    assert "Skipto" not in found and "Togglep" not in found
