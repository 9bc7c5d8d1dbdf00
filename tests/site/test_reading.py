"""How a reader goes through the built book: code that folds, the order, what is remembered."""

import functools
import http.server
import re
import threading

import pytest
from bs4 import BeautifulSoup
from notebooks import UNSEEN, contents, load, of_kind, source, tags
from test_book import CHAPTERS, EXECUTED, RATES, SITE, address, pages

from bookbuild.addresses import read as read_addresses
from bookbuild.reading import CONTROL, FOLDED

pytestmark = pytest.mark.skipif(not (SITE / "index.html").exists(), reason="the book is not built: make book")

FOLDS = "details.fold"
#: The code of each cell that folds; several cells may share a fold.
SOURCES = f"{FOLDS} pre"
#: Of each of them, whether it is open.
OPEN = "all => all.map(each => each.closest('details').open)"


def shown(name):
    """For each code cell of a page, in its order, whether it stands there at first; of executed notebooks."""
    cells = of_kind(load(EXECUTED / f"{name}.ipynb"), "code")
    return [
        "hide-input" not in tags(cell) for cell in cells if source(cell).strip() and not UNSEEN & tags(cell)
    ]


def choose(page, name):
    page.get_by_role("radio", name=name, exact=True).check()


def choose_and_leave(page, name, chosen_on, then_to):
    """Choose on a page, go to another: again, later, where a busy browser left before it kept the choice."""
    for pause in (500, 2000, 8000):
        page.goto(address(chosen_on))
        choose(page, name)
        page.wait_for_timeout(pause)
        page.goto(address(then_to))
        if page.get_by_role("radio", name=name, exact=True).is_checked():
            return


# Code -------------------------------------------------------------------------------------------


def test_every_cell_of_every_page_folds_and_stands_as_its_tags_say(open_page):
    page = open_page(address("notation"))
    assert page.locator(".code-mode").count() == 0
    for name in [*CHAPTERS, *(f"runs/learning_rate-{rate}" for rate in RATES[::5])]:
        page.goto(address(name))
        expected = shown(name)
        assert page.locator(SOURCES).evaluate_all(OPEN) == expected, name
        assert page.get_by_role("group", name="Code, on all pages").count() == bool(expected), name


def test_a_choice_is_for_all_pages_and_lasts(open_page):
    page = open_page(address("forward_pass"))
    assert page.get_by_role("radio", name="key lines").is_checked()
    for name, mode in (("none", [False]), ("all code", [True]), ("key lines", None)):
        page.goto(address("forward_pass"))
        choose(page, name)
        opened = page.locator(SOURCES).evaluate_all(OPEN)
        assert opened == (mode * len(opened) if mode else shown("forward_pass"))
        choose_and_leave(page, name, "forward_pass", "training")
        assert page.get_by_role("radio", name=name).is_checked()
        opened = page.locator(SOURCES).evaluate_all(OPEN)
        assert opened == (mode * len(opened) if mode else shown("training"))
        page.go_back()
        page.wait_for_function(
            "name => document.querySelector('.code-mode input:checked + span').innerText === name", arg=name
        )


def test_a_choice_is_kept_before_the_page_is_drawn(open_page):
    """By the script that stands in the page: the one that comes after it is not even there."""
    page = open_page(address("forward_pass"))
    choose_and_leave(page, "none", "forward_pass", "training")
    scripts = [file.name for file in (SITE / "_static").glob("site-*.js") if "s6-code" in file.read_text()]
    assert len(scripts) == 1
    page.route(f"**/{scripts[0]}", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(address("training"), wait_until="commit")
    page.wait_for_load_state("domcontentloaded")
    assert page.locator(FOLDS).count()
    assert not any(page.locator(FOLDS).evaluate_all(OPEN))
    assert page.get_by_role("radio", name="none").is_checked()
    assert page.locator("article figure img").count() > 3  # what the code drew stays


def test_what_came_with_the_end_of_a_page_is_folded_too(open_page, tmp_path):
    """Of a page whose rest comes at once, so that it is complete before its script has heard of anything."""
    code = f'<details class="fold key" open><summary>code</summary><pre>{"x " * 500}</pre></details>'
    kept = "<script>localStorage['s6-code'] = 'none'</script>"
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><article>{kept}{CONTROL}{FOLDED}{code * 30}</article>", encoding="utf-8")
    folds = open_page(page.as_uri()).locator(FOLDS)
    assert folds.count() == 30
    assert not any(folds.evaluate_all(OPEN))


def test_a_single_cell_opens_by_keyboard_and_stays_so(open_page):
    page = open_page(address("weight_update"))
    choose(page, "none")
    first = page.locator(f"{FOLDS} > summary").first
    assert not first.locator("xpath=../div[1]").is_visible()
    first.focus()
    page.keyboard.press("Enter")
    assert first.locator("xpath=../div[1]").is_visible()
    assert sum(page.locator(FOLDS).evaluate_all(OPEN)) == 1
    page.keyboard.press("Enter")
    assert not first.locator("xpath=../div[1]").is_visible()


def test_the_choice_is_made_by_arrow_keys(open_page):
    page = open_page(address("weight_update"))
    page.get_by_role("radio", name="key lines").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="none").is_checked()
    assert not any(page.locator(FOLDS).evaluate_all(OPEN))


def test_code_folds_without_scripts(open_page):
    page = open_page(address("forward_pass"), java_script_enabled=False)
    assert not page.locator(".code-mode").is_visible()
    folded = page.locator(f"{FOLDS}:not(.key)").first
    assert (
        not folded.locator("pre").first.is_visible() and page.locator(f"{FOLDS}.key pre").first.is_visible()
    )
    folded.locator("summary").click()
    assert folded.locator("pre").first.is_visible()


def test_a_saved_page_folds_as_it_was_left(open_page, tmp_path):
    page = open_page(address("weight_update"))
    choose(page, "none")
    page.locator(f"{FOLDS} > summary").nth(2).click()
    saved = tmp_path / "saved.html"
    saved.write_text(
        "<!doctype html>" + page.evaluate("document.documentElement.outerHTML"), encoding="utf-8"
    )
    again = open_page(saved.as_uri(), java_script_enabled=False, ignore_console=True)
    assert [n for n, opened in enumerate(again.locator(FOLDS).evaluate_all(OPEN)) if opened] == [2]


BLOCKED = """for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); },
                                          configurable: true });"""


def test_a_choice_works_where_nothing_can_be_kept(open_page):
    page = open_page("about:blank", allow=("about:", "file:", "data:"))
    page.add_init_script(BLOCKED)
    page.goto(address("weight_update"))
    choose(page, "none")
    assert not any(page.locator(FOLDS).evaluate_all(OPEN))
    page.goto(address("forward_pass"))
    assert page.locator(SOURCES).evaluate_all(OPEN) == shown("forward_pass")


def test_a_folded_cell_takes_little_room_and_a_fingertip_opens_it(open_page):
    """Of what a figure's code takes when it is folded, between the paragraph above it and the figure."""
    page = open_page(address("forward_pass"), width=390)
    page.add_style_tag(content="section { content-visibility: visible !important; }")
    folded = page.locator(f"{FOLDS}:not(.key)")
    for box in folded.evaluate_all(
        """folds => folds.map(fold => {
            const cell = fold.closest(".cell"), before = cell.previousElementSibling;
            const output = fold.nextElementSibling ?? cell.nextElementSibling, word = fold.firstElementChild;
            return [output.getBoundingClientRect().top - before.getBoundingClientRect().bottom,
                    word.getBoundingClientRect().width, word.getBoundingClientRect().height]; })"""
    ):
        gap, width, height = box
        assert gap < 44 and width >= 24 and height >= 24


def test_no_line_is_cut_at_any_width(open_page):
    """Of code, and of what it put out; in cells that are folded as well."""
    page, seen = open_page("about:blank"), 0
    for path in [path for path in pages() if path.parent != SITE]:
        page.goto(path.as_uri())
        page.add_style_tag(content="section, .s6-folded { content-visibility: visible !important; }")
        page.evaluate("document.querySelectorAll('article details').forEach(each => { each.open = true; })")
        for width in (1440, 1280, 768, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(50)
            cut = page.locator("article pre").evaluate_all(
                """all => all.filter(each => each.scrollWidth > each.clientWidth
                    || each.getBoundingClientRect().right > document.documentElement.clientWidth)
                    .map(each => each.textContent)"""
            )
            assert cut == [], f"{path.name} at {width}"
        seen += page.locator("article pre").count()
    assert seen > 200


def test_a_line_that_goes_on_below_itself_hangs_two_letters_further_in(open_page):
    page = open_page(address("training"), width=320)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.add_style_tag(content="section { content-visibility: visible !important; }")
    lines = page.locator("pre .line").evaluate_all(
        """lines => lines.map(line => { const range = document.createRange(); range.selectNodeContents(line);
            const left = [...range.getClientRects()].filter(box => box.width > 1 && line.textContent.trim());
            const first = left[0]?.top, below = left.filter(box => box.top > first + 5).map(box => box.left);
            return [line.textContent.match(/^ */)[0].length, parseFloat(getComputedStyle(line).paddingLeft),
                    below.length ? Math.min(...below) - line.getBoundingClientRect().left : null]; })"""
    )
    wrapped = [each for each in lines if each[2] is not None]
    assert len(wrapped) > 20
    letter = min(padding for _, padding, _ in lines) / 2
    for indent, padding, below in wrapped:
        hang = min(indent, 8) + 2  # on a phone no deeper, or little would be left beside it
        assert below == pytest.approx(hang * letter, abs=1) == padding


def test_code_that_is_marked_and_copied_is_the_cell(open_page):
    """Each line once, with its indent, though on the page each is an element."""
    page = open_page(address("training"), width=390)
    cells = [
        "".join(cell["source"]).rstrip("\n")
        for cell in of_kind(load(EXECUTED / "training.ipynb"), "code")
        if not UNSEEN & tags(cell)
    ]
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.add_style_tag(content="section, .s6-folded { content-visibility: visible !important; }")
    marked = page.locator(SOURCES).evaluate_all(
        """all => all.map(each => { getSelection().selectAllChildren(each);
                                    return getSelection().toString(); })"""
    )
    assert [text.rstrip("\n") for text in marked] == cells
    assert [
        text.rstrip("\n")
        for text in page.locator(SOURCES).evaluate_all("all => all.map(each => each.textContent)")
    ] == cells


def test_paper_has_the_code_that_stood_open_and_every_solution(open_page, tmp_path):
    from pypdf import PdfReader

    page = open_page(address("forward_pass"))
    choose(page, "none")
    key = page.locator(f"{FOLDS}.key").nth(1)
    key.locator("summary").click()
    codes = page.locator(SOURCES).all_text_contents()
    page.pdf(path=tmp_path / "page.pdf")
    text = "".join("".join(each.extract_text() for each in PdfReader(tmp_path / "page.pdf").pages).split())
    printed = [code for code in codes if "".join(code.split()) in text]
    assert len(codes) > 5 and printed == [key.locator("pre").text_content()]
    answers = page.locator(".s6-question details p").all_text_contents()  # folded, where there are no scripts
    assert len(answers) > 5 and all("".join(answer.split())[:20] in text for answer in answers)
    assert "keylines" not in text
    assert not any(page.locator("article details:not(.fold):not(.s6-stepper *)").evaluate_all(OPEN))


# The order --------------------------------------------------------------------------------------

PAGES = [path.stem for path in contents()]
IN_ORDER = [name for name in PAGES if (EXECUTED / f"{name}.ipynb").exists()][1:]


def leads(name):
    """Where the links before and after a page lead."""
    page = BeautifulSoup((SITE / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    found = [page.select_one(f".prev-next-area a.{side}") for side in ("left-prev", "right-next")]
    return [link and (link["href"], link.select_one(".prev-next-title").get_text()) for link in found]


def title(name):
    page = BeautifulSoup((SITE / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    return page.select_one("article h1").find(string=True).strip()


def test_pages_lead_on_as_the_table_of_contents_says_and_a_side_branch_back():
    for before, name, after in zip([None, *PAGES], PAGES, [*PAGES[1:], None]):
        assert leads(name) == [each and (f"{each}.html", title(each)) for each in (before, after)], name
    for rate in RATES:
        run = f"runs/learning_rate-{rate}"
        assert leads(run) == [("../learning_rate.html", title("learning_rate")), None]
        assert f'<a href="{run}.html">' in (SITE / "book" / "learning_rate.html").read_text(encoding="utf-8")


def test_the_menu_has_the_chapters_and_shows_whose_side_branch_a_page_is():
    for name in ("forward_pass", "learning_rate", "runs/learning_rate-0.5"):
        page = BeautifulSoup((SITE / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        links = [link.get_text(strip=True) for link in page.select("nav.bd-docs-nav li.toctree-l1 > a")]
        assert [each for each in links if each != title(PAGES[0])] == list(map(title, PAGES[1:])), name
        current = page.select_one("nav.bd-docs-nav .current.active a").get_text()
        assert current == title(name if "/" not in name else "learning_rate")


def test_each_chapter_says_which_it_is_and_how_many_minutes_it_takes():
    for number, name in enumerate(IN_ORDER, 1):
        text = (SITE / "book" / f"{name}.html").read_text(encoding="utf-8")
        place, of, takes = re.search(r"Chapter (\d+) of (\d+) &middot; (\d+) minutes<", text).groups()
        assert (int(place), int(of)) == (number, len(IN_ORDER)), name
        assert 5 <= int(takes) <= 25, f"{name} takes {takes} minutes: what is longer is two chapters"
        words = BeautifulSoup(text, "html.parser").select_one("article").get_text().split()
        assert int(takes) <= len(words) / 60, f"{name}: nobody reads {len(words)} words so slowly"
    for name in set(PAGES) - set(IN_ORDER):
        assert (
            "Chapter "
            not in (SITE / "book" / f"{name}.html").read_text(encoding="utf-8").split("<article")[1]
        )


# What has been read -----------------------------------------------------------------------------


def marked(page, place="nav.bd-docs-nav"):
    """The names of the chapters that have a mark."""
    return page.locator(f"{place} a:has(.read-mark)").evaluate_all(
        "all => all.map(link => link.pathname.split('/').pop().replace('.html', ''))"
    )


def read(page, name):
    """Reads a chapter to its end. A browser may keep what a page told it so late that the next page does not
    know it yet: it is read again then."""
    for _ in range(3):
        page.goto(address(name))
        page.wait_for_load_state("load")
        page.keyboard.press("End")
        page.wait_for_timeout(300)
        page.locator(".bd-article > section > section").last.scroll_into_view_if_needed()
        page.keyboard.press("End")
        page.locator("nav.bd-docs-nav .current .read-mark").wait_for(state="attached")
        page.goto(address(name))
        if name in marked(page):
            return


def test_a_chapter_is_read_when_its_end_was_seen_and_not_before(open_page):
    page = open_page(address("forward_pass"))
    page.wait_for_timeout(700)
    page.mouse.wheel(0, 1500)
    page.wait_for_timeout(500)
    assert marked(page) == []
    read(page, "forward_pass")
    read(page, "digit_cnn")
    assert sorted(marked(page)) == ["digit_cnn", "forward_pass"]
    link = page.get_by_role("link", name=f"{title('forward_pass')}✓ read").or_(
        page.get_by_role("link", name=f"{title('forward_pass')} ✓ read")
    )
    assert link.count() == 1  # as a screen reader says it
    page.goto(address("index"))
    assert sorted(marked(page)) == ["digit_cnn", "forward_pass"]
    assert {"digit_cnn", "forward_pass"} >= {*marked(page, "article li")}
    page.goto(address("training"))
    assert marked(page, "article") == []


def test_what_was_read_can_be_forgotten(open_page):
    page = open_page(address("forward_pass"))
    assert page.get_by_role("button", name="Forget it").count() == 0
    read(page, "forward_pass")
    page.get_by_role("button", name="Forget it").click()
    assert marked(page) == [] and page.get_by_text("Forgotten.").is_visible()
    page.goto(address("index"))
    assert marked(page, "body") == [] and page.get_by_role("button", name="Forget it").count() == 0


def test_nothing_is_marked_where_nothing_can_be_kept(open_page):
    page = open_page("about:blank", allow=("about:", "file:", "data:"))
    page.add_init_script(BLOCKED)
    page.goto(address("forward_pass"))
    page.keyboard.press("End")
    page.wait_for_timeout(500)
    page.keyboard.press("End")
    page.wait_for_timeout(500)
    assert marked(page, "body") == []


# An address that leads nowhere ------------------------------------------------------------------


@pytest.mark.parametrize(
    "place, near",
    [
        ("step-trough-it", "step-through-it"),
        ("How-wrong", "how-wrong-is-it"),
        ("zzz", None),
        ("%E0%A4%A", None),
    ],
)
def test_a_place_that_is_nowhere_is_said_to_be_with_the_nearest(open_page, place, near):
    page = open_page(f"{address('forward_pass')}#{place}")
    note = page.locator("article .lost")
    note.wait_for()
    assert note.get_attribute("role") == "status" and "has no part called" in note.inner_text()
    if near:
        note.get_by_role("link").click()
        page.wait_for_function(f"() => location.hash === '#{near}'")
        page.wait_for_timeout(300)
        assert note.count() == 0
        assert abs(page.locator(f"#{near} > h2").evaluate("head => head.getBoundingClientRect().top")) < 300
    else:
        assert note.get_by_role("link").count() == 0


@pytest.mark.parametrize(
    "place", ["", "#one-neuron", "#stepper=1&step=3", "#top", "#:~:text=sigmoid", "#id1"]
)
def test_nothing_is_said_of_an_address_that_leads_somewhere(open_page, place):
    page = open_page(address("forward_pass") + place)
    page.wait_for_timeout(300)
    assert page.locator(".lost").count() == 0


def test_an_address_without_a_page_names_the_nearest_chapter(open_page):
    """As GitHub Pages shows it, in place of any address."""
    text, base = (SITE / "404.html").read_bytes(), "https://example.org/S6/"
    page = open_page("about:blank", allow=("about:", base), ignore_console=True)  # which has that it is a 404
    page.context.route(
        f"{base}**", lambda route: route.fulfill(status=404, body=text, content_type="text/html")
    )
    wrongs = {"book/forwardpass.html": "forward_pass", "book/runs/x/evaluaton": "evaluation", "q": None}
    for wrong, near in wrongs.items():
        page.goto(base + wrong)
        found = page.locator("[data-lost] a")
        assert found.count() == bool(near)
        if near:
            assert found.get_attribute("href") == f"{read_addresses().book}book/{near}.html"
    links = page.locator("li a").evaluate_all("all => all.map(each => each.href)")
    assert links == [f"{read_addresses().book}book/{name}.html" for name in IN_ORDER]


# The search -------------------------------------------------------------------------------------


@pytest.fixture
def search(open_page):
    """search(words) -> the page of results, from a server: one opened from a file may read no others."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/"

    def search(words):
        page = open_page(f"{root}search.html?q={words}", allow=(root,))
        page.get_by_text("Search finished").wait_for()
        page.wait_for_load_state("networkidle")
        return page

    yield search
    server.shutdown()


def test_excerpts_are_of_what_pages_say(search):
    """The word stands in prose and in imports: the excerpt is of the prose."""
    for word in ("plots", "numpy"):
        excerpts = search(word).locator("#search-results p.context").all_inner_texts()
        assert excerpts and not [text for text in excerpts if re.search(r"\bimport \w|Show code", text)], word
    excerpts = search("sigmoid").locator("#search-results p.context").all_inner_texts()
    assert len(excerpts) > 5 and all("sigmoid" in text.lower() for text in excerpts)


def test_a_word_that_code_alone_has_is_found_there(search):
    excerpts = search("ravel").locator("#search-results p.context").all_inner_texts()
    assert any(".ravel()" in text for text in excerpts)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_glass_of_a_search_field_covers_no_letter(open_page, width):
    overlaps = []
    for path in (SITE / "search.html", SITE / "book" / "notation.html"):
        page = open_page(path.as_uri(), width=width)
        page.keyboard.press("Control+k")
        overlaps += page.locator("form.bd-search").evaluate_all(
            """forms => forms.filter(form => form.checkVisibility()).map(form => {
                const glass = form.querySelector("i"), field = form.querySelector("input");
                return glass.getBoundingClientRect().right - field.getBoundingClientRect().left
                    - parseFloat(getComputedStyle(field).paddingLeft); })"""
        )
    assert len(overlaps) == 2 and max(overlaps) <= 0
