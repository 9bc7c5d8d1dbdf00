"""Every page of the built book, with its stepper in use, before axe-core: WCAG 2.0 to 2.2, A and AA."""

import re
from pathlib import Path

import pytest

from bookbuild import site

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGES = [path.relative_to(SITE).as_posix() for path in site.pages(SITE)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

#: What scrolls sideways can be reached by keyboard, once nothing moves.
SETTLED = """() => document.getAnimations().every(each => each.playState !== "running")
    && [...document.querySelectorAll(`div.math, article pre, .cell_output > .output,
        .pst-scrollable-table-container`)]
        .every(each => each.scrollWidth <= each.clientWidth || each.tabIndex >= 0)"""

pytestmark = pytest.mark.skipif(not PAGES, reason="the book is not built: make book")


@pytest.fixture(scope="session")
def axe():
    return pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is not installed: pip install axe-playwright-python",
    ).Axe()


#: axe reads the same few colours thousands of times, a third of its work: each is read once.
REMEMBER = """() => {
    const { Color } = axe.commons.color, read = Color.prototype.parseString, known = new Map();
    Color.prototype.parseString = function (text) {
        if (!known.has(text)) {
            read.call(this, text);
            known.set(text, [this.r, this.g, this.b, this.alpha]);
        }
        [this.r, this.g, this.b, this.alpha] = known.get(text);
        return this;
    }; }"""


def violations(axe, page, rules):
    """What axe-core finds on the page, into which its script goes once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.axe_script)
        page.evaluate(REMEMBER)
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = page.evaluate("options => axe.run(options).then(({ violations }) => violations)", options)
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]


def use_stepper(stepper):
    """Some steps done, a ghost curve, a number's slider and a proof open: as a reader leaves it."""
    if "small" in stepper.get_attribute("class").split():
        stepper.get_by_role("button", name="Step", exact=True).click()
        stepper.locator("button.edge").first.click()
        return
    for name in ("Step forward", "Step forward", "Next operation", "Next operation"):
        stepper.get_by_role("button", name=name, exact=True).click()
    stepper.get_by_role("button", name="2", exact=True).click()
    if stepper.locator(".proof").is_hidden():
        stepper.locator("button.edge").first.click()
        stepper.get_by_role("button", name="Why").click()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_stands_in_the_way(open_page, come_to, axe, name):
    page = open_page((SITE / name).as_uri())
    page.wait_for_selector(
        "meta[http-equiv=Content-Security-Policy]", state="attached"
    )  # the first page sends on
    if page.locator(".s6-stepper").count():
        use_stepper(come_to(page.locator(".s6-stepper").first))
    page.evaluate("document.querySelectorAll('article details').forEach(details => { details.open = true; })")
    page.add_style_tag(
        content="section, .s6-folded { content-visibility: visible !important; }"
    )  # axe judges what is laid out
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
            page.wait_for_timeout(500)  # colours fade, the sidebar slides
            page.wait_for_function(SETTLED)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{name} scrolls sideways at {width} px"
            )
            assert violations(axe, page, RULES) == [], f"{name}, {theme}, {width} px"


def test_axe_sees_what_is_pale_or_without_a_name(open_page, axe):
    """Of the test itself, on a page of which axe has read all colours before."""
    page = open_page((SITE / "book" / "notation.html").as_uri())
    assert violations(axe, page, RULES) == []
    page.evaluate("""() => document.querySelector("article").insertAdjacentHTML("beforeend",
        `<p style="color: rgb(150 150 150); background: rgb(255 255 255)">pale</p>
         <p style="color: rgb(0 0 0); background: rgb(255 255 255)">dark</p>
         <p style="color: rgb(0 0 0 / 0.3)">thin</p><input>`)""")
    found = {
        rule: [re.sub("<p.*?>|</p>", "", html) for html in nodes]
        for rule, nodes in violations(axe, page, RULES)
    }
    assert found == {"color-contrast": ["pale", "thin"], "label": ["<input>"]}


def test_a_table_can_be_reached_by_keyboard_whatever_made_it_scroll(open_page):
    """A sidebar that slides in narrows the text long after the window's size has changed, and tells
    nobody."""
    page = open_page((SITE / "book" / "runs" / "learning_rate-0.5.html").as_uri())
    table = page.locator(".cell_output > .output", has=page.locator("table")).first.element_handle()
    page.add_style_tag(
        content="section { content-visibility: visible !important; } article { width: 3000px; }"
    )
    page.set_viewport_size({"width": 1200, "height": 800})
    page.wait_for_function("table => table.scrollWidth <= table.clientWidth && table.tabIndex < 0", arg=table)
    page.wait_for_timeout(1000)  # by then the theme has looked, as it does after each resize
    page.add_style_tag(content="article { width: 300px !important; }")
    page.wait_for_function(
        "table => table.scrollWidth > table.clientWidth && table.tabIndex === 0", arg=table
    )


@pytest.mark.parametrize("width", [1280, 320])
def test_no_control_is_half_covered_while_the_page_scrolls(open_page, come_to, axe, width):
    """The bars that stay in view cover no control so that less than a fingertip of it is left."""
    page = open_page((SITE / "book" / "weight_update.html").as_uri(), width=width)
    use_stepper(come_to(page.locator(".s6-stepper").first))
    top, height = (
        page.evaluate("""() => { const box = document.querySelector(".s6-stepper").getBoundingClientRect();
                                           return [box.top + scrollY, box.height]; }""")
    )
    for part in range(20):
        page.evaluate("y => scrollTo(0, y)", top - 700 + (height + 700) * part / 20)
        page.wait_for_timeout(50)
        assert violations(axe, page, {"type": "rule", "values": ["target-size"]}) == [], f"part {part} of 20"
