"""Slides of the built chapters: nothing is lost on the way, and they are walked through as a teacher does."""

import io
import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from test_access import RULES, axe, violations  # noqa: F401

from bookbuild import slides

PAGES = Path(__file__).parents[2] / "_build" / "html" / "book"
CHAPTERS = sorted(path.stem for path in (PAGES.parents[2] / "book").glob("*.ipynb") if path.stem != "index")

pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason="the book is not built: make book")


def html(name):
    return (PAGES / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """made(name) -> the file of a chapter's slides, made once."""
    folder = tmp_path_factory.mktemp("slides")

    def made(name):
        path = folder / f"{name}.html"
        if not path.exists():
            slides.main([name, "--site", str(PAGES.parent), "--out", str(path)])
        return path

    return made


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_figure_formula_and_question_of_a_chapter_is_a_slide(made, name):
    page = BeautifulSoup(html(name), "html.parser")
    of = BeautifulSoup(made(name).read_text(encoding="utf-8"), "html.parser")
    kinds = [slide["class"][0] for slide in of.select("main > section")]
    assert kinds[0] == "title" and kinds[-1] == "now" and kinds.count("title") == kinds.count("now") == 1
    figures = page.select("article figure")
    assert [each.img["alt"] for each in of.select("section.figure figure")] == [
        each.img["alt"] for each in figures
    ]
    asked = []
    for state in page.select("article .s6-question script[type='application/json']"):
        box = json.loads(state.string)
        asked += [spec["label"] for spec in box["questions"] if box["heading"] != "Once more"]
    assert [
        each.get_text().rstrip(".") for each in of.select("section.question > p > strong:first-child")
    ] == asked
    assert len(of.select("section.question > details")) == kinds.count("question") == len(asked)
    formulas = [
        each
        for each in page.select("article :is(div.math, p.arithmetic)")
        if not each.find_parent(class_="fallback")
    ]
    assert kinds.count("formula") == len(formulas)
    for captions in of.select(".caption-text"):
        assert len(re.findall(r"[.!?](?=\s)", captions.get_text().strip())) == 0  # one sentence
    assert not of.select("section [id], section [href]:not([href^='https:'])")
    assert not re.search(r'src="(?!data:)|href="(?!https:)', str(of.main))


def test_a_page_that_is_no_chapter_has_no_slides(tmp_path, capsys):
    with pytest.raises(ValueError, match="html: got a page without a title and its place"):
        slides.slides(html("notation"), PAGES)
    with pytest.raises(SystemExit, match="chapter: got 'forward'; takes one of .*, forward_pass, "):
        slides.main(["forward", "--site", str(PAGES.parent)])
    with pytest.raises(SystemExit, match=f"--site: {tmp_path} has no chapters; run make book"):
        slides.main(["forward_pass", "--site", str(tmp_path)])


def shown(page):
    """The number of the slide that fills the window, by where it stands."""
    return page.evaluate(
        "() => 1 + [...document.querySelectorAll('main > section')]"
        ".findIndex(each => Math.abs(each.getBoundingClientRect().left) < 2)"
    )


def wait_for(page, number):
    page.wait_for_function(
        "k => Math.abs(document.querySelectorAll('main > section')[k - 1].getBoundingClientRect().left) < 2"
        " && document.querySelector('nav output').innerText.startsWith(`${k} / `)",  # it follows the scroll
        arg=number,
    )


def test_keys_go_on_and_first_to_the_answer(made, open_page):
    page = open_page(made("forward_pass").as_uri())
    question = page.locator("main > section.question").first
    number = 1 + question.evaluate("each => [...each.parentNode.children].indexOf(each)")
    for _ in range(number - 1):
        page.keyboard.press("ArrowRight")
    wait_for(page, number)
    answer = question.locator("details > p")
    assert not answer.is_visible()
    page.keyboard.press(" ")
    assert answer.is_visible() and shown(page) == number
    page.keyboard.press("PageDown")
    wait_for(page, number + 1)
    page.keyboard.press("ArrowLeft")
    wait_for(page, number)
    page.keyboard.press("ArrowLeft")
    assert not answer.is_visible()
    page.reload()  # the address has the slide
    wait_for(page, number)
    page.get_by_role("button", name="On", exact=True).click()
    assert answer.is_visible()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    wait_for(page, 1)


def test_a_finger_moves_them_and_without_scripts_all_is_there(made, open_page):
    page = open_page(made("forward_pass").as_uri(), width=390, has_touch=True, java_script_enabled=False)
    main = page.locator("main")
    assert page.locator("section.title h1").is_visible()
    question = page.locator("main > section.question").first
    question.scroll_into_view_if_needed()
    question.locator("summary").tap()
    assert question.locator("details > p").is_visible()
    assert main.locator("> section").count() > 10


@pytest.mark.parametrize("width, theme", [(1440, "light"), (390, "dark"), (320, "light")])
def test_slides_fit_and_nothing_stands_in_the_way(made, open_page, axe, width, theme):  # noqa: F811
    page = open_page(made("evaluation").as_uri(), width=width, theme=theme, reduced_motion="reduce")
    count = page.locator("main > section").count()
    for number in range(1, count + 1):
        wait_for(page, number)
        slide = page.locator("main > section").nth(number - 1)
        assert slide.evaluate("each => each.scrollWidth <= each.clientWidth + 1"), number
        for answer in slide.locator("details").all():
            page.keyboard.press(" ")
            assert answer.evaluate("each => each.open")
        if number in (1, 2, 4) or number == count:
            assert violations(axe, page, RULES) == []
        page.keyboard.press(" ")


def test_printed_each_is_a_page_with_its_answer(made, open_page, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    page = open_page(made("forward_pass").as_uri(), theme="dark")
    count = page.locator("main > section").count()
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == count
    width, height = printed.pages[0].mediabox[2:]
    assert width > height
    text = [each.extract_text() for each in printed.pages]
    (question,) = [each for each in text if "Where would a sum of 5" in each]
    assert "Sums far above 0 come out near 1" in " ".join(question.split())
