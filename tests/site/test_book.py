"""The built book as its readers meet it. Skips, and says so, where it has not been built."""

import html.parser
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from s6lib import toy

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
EXECUTED = ROOT / "executed" / "book"
CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("*.ipynb"))
RATES = [str(rate) for rate in toy.LEARNING_RATES.tolist()]

pytestmark = pytest.mark.skipif(not (SITE / "index.html").exists(), reason="the book is not built: make book")


class Elements(html.parser.HTMLParser):
    """The elements of a page as (name, attributes)."""

    def __init__(self, path):
        super().__init__()
        self.found = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, name, attributes):
        self.found.append((name, dict(attributes)))


def pages():
    return sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)


def address(name):
    return (SITE / "book" / f"{name}.html").as_uri()


@pytest.mark.parametrize("rate", RATES)
def test_each_rate_has_a_page_of_its_own(rate):
    page = (SITE / "book" / "runs" / f"learning_rate-{rate}.html").read_text(encoding="utf-8")
    assert re.search(rf"<h1>Learning rate {re.escape(rate)}<", page)
    assert page.count("<figure") == 1


def test_every_notebook_was_executed_exactly_once():
    """One run leaves the counts 1, 2, 3, ... on the code cells; a second run in a kernel would go on
    counting."""
    for path in EXECUTED.rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        counts = [
            cell["execution_count"]
            for cell in cells
            if cell["cell_type"] == "code" and "".join(cell["source"]).strip()
        ]
        assert counts == sorted(counts) and None not in counts, path.name
        if path.parent == EXECUTED:
            assert counts == list(range(1, len(counts) + 1)), path.name
    config = (EXECUTED.parent / "_config.yml").read_text(encoding="utf-8")
    assert 'execute_notebooks: "off"' in config, "Jupyter Book would execute the notebooks again"


def test_every_figure_has_alt_text_and_a_caption():
    for path in pages():
        page = path.read_text(encoding="utf-8")
        for figure in re.findall(r"<figure.*?</figure>", page, flags=re.S):
            alt = re.search(r'<img[^>]*\balt="([^"]*)"', figure)
            assert alt and len(alt[1]) > 20 and not re.search(r"[0-9a-f]{32}", alt[1]), (
                f"{path.name}: {figure[:120]}"
            )
            assert re.search(r'<span class="caption-text">.{20,}', figure, flags=re.S), (
                f"{path.name}: no caption"
            )


def test_every_sign_on_a_page_is_in_its_font():
    """Or the reader's own font would stand in for single letters. Formulas and widgets have their own."""
    bs4 = pytest.importorskip("bs4", reason="beautifulsoup4 is not installed")
    fonts = pytest.importorskip("fontTools.ttLib", reason="fontTools is not installed")

    def signs(font):
        return set(fonts.TTFont(ROOT / "book" / "_static" / "fonts" / font).getBestCmap()) | {ord("\n")}

    text, code = (
        (signs("text.woff2") & signs("text-italic.woff2") & signs("text-semibold.woff2")),
        signs("code.woff2"),
    )
    for path in pages():
        page = bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").body
        for other in page.select("math, script, style, svg, .s6-room"):
            other.decompose()
        for element in page.select("code, pre"):
            assert set(map(ord, element.get_text())) <= code, f"{path.name}: {element.get_text()}"
            element.decompose()
        missing = set(map(ord, page.get_text())) - text
        assert not missing, f"{path.name}: {''.join(map(chr, sorted(missing)))}"


def test_internal_links_and_anchors_resolve():
    targets = {
        path: {a.get("id") for _, a in Elements(path).found}
        | {a.get("name") for _, a in Elements(path).found}
        for path in pages()
    }
    for path in pages():
        for name, attributes in Elements(path).found:
            link = attributes.get("href") or attributes.get("src")
            if not link or urlsplit(link).scheme or link.startswith("//"):
                continue
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name}: {link}"
            moment = parts.fragment.startswith("stepper=")  # of a widget, no place on the page
            if parts.fragment and not moment and target in targets and name == "a":
                assert unquote(parts.fragment) in targets[target], f"{path.name}: {link}"


@pytest.mark.parametrize("width, theme", [(1280, "light"), (375, "dark")])
def test_pages_fit_and_ask_nobody_else(open_page, all_laid_out, width, theme):
    """No request to another host, no error in the console, nothing scrolls sideways, no line of code is cut:
    on every page, from a file; opened in one theme, and then in the other."""
    page = open_page("about:blank", width=width, theme=theme)
    for name in [*CHAPTERS, "notation", *(f"runs/learning_rate-{rate}" for rate in RATES[::5])]:
        page.goto(address(name))
        all_laid_out(page)
        for now in (theme, "dark" if theme == "light" else "light"):
            page.emulate_media(color_scheme=now)
            page.wait_for_function("now => document.documentElement.dataset.theme === now", arg=now)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert page.locator(".bd-article h1").count() == 1, name
            cut = (
                "all => all.filter(code => code.scrollWidth > code.clientWidth).map(code => code.textContent)"
            )
            assert page.locator("article pre").evaluate_all(cut) == [], name
        page.emulate_media(color_scheme=theme)


@pytest.mark.parametrize("name", ["backpropagation", "training"])
@pytest.mark.parametrize("width", [1280, 375])
def test_a_link_to_a_section_leads_there(open_page, all_laid_out, name, width):
    """Though the sections above it may not be laid out yet, and a stepper among them not be alive."""
    page = open_page(address(name), width=width)
    sections = page.locator(".bd-article > section > section").evaluate_all(
        "sections => sections.map(section => section.id)"
    )
    all_laid_out(page)
    for section in sections[3::3]:
        for by_click in (False, True):
            page.goto("about:blank")  # else the page would be the same, laid out already
            page.goto(address(name) + ("" if by_click else f"#{section}"))
            if by_click:
                page.evaluate("id => document.querySelector(`a[href='#${id}']`).click()", section)
            page.wait_for_timeout(700)
            for _ in range(20):  # on a busy machine it is shown a moment later
                top, below = page.evaluate(
                    """id => [document.querySelector(`#${id} > h2`).getBoundingClientRect().top,
                    document.documentElement.scrollHeight - scrollY - innerHeight]""",
                    section,
                )
                if there := 0 <= top < 150 or (0 <= top < 800 and below < 2):
                    break
                page.wait_for_timeout(250)
            assert there, f"{section}, {'clicked' if by_click else 'opened'}"


@pytest.mark.parametrize("name", ["forward_pass", "backpropagation", "learning_rate"])
def test_the_address_of_a_moment_leads_to_the_stepper(open_page, name):
    """Without the help that a browser may give where things above grow: not every one does."""
    page = open_page(address("index"), width=375)
    page.add_init_script("""addEventListener("DOMContentLoaded", () => { const sheet = new CSSStyleSheet();
        sheet.replaceSync("* { overflow-anchor: none !important }");
            document.adoptedStyleSheets.push(sheet); })""")
    page.goto(address(name) + "#stepper=1&step=3")
    stepper = page.locator(".s6-stepper")
    page.wait_for_timeout(700)
    page.wait_for_function("() => document.readyState === 'complete' && document.fonts.status === 'loaded'")
    for _ in range(20):  # on a busy machine it is shown a moment after its letters are there
        if -10 <= stepper.evaluate("root => root.getBoundingClientRect().top") < 500:
            break
        page.wait_for_timeout(250)
    assert stepper.get_attribute("data-step") == "3"
    assert -10 <= stepper.evaluate("root => root.getBoundingClientRect().top") < 500


def test_a_dark_page_is_printed_on_white(open_page, tmp_path):
    """The text that Chromium prints is dark, and the page on the screen is what it was."""
    page = open_page(address("learning_rate"), theme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.evaluate("""() => addEventListener("beforeprint", () => {
        const seen = (place) => getComputedStyle(document.querySelector(place));
        window.printed = [seen(".bd-article p:not(.question)").color.match(/\\d+/g).map(Number),
            seen(".bd-article figure img").filter]; })""")
    page.pdf(path=tmp_path / "page.pdf")
    colour, figure = page.evaluate("window.printed")
    assert max(colour[:3]) < 100 and figure == "none"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize(
    "kept", [{}, {"mode": "auto", "theme": "light"}, {"mode": "light", "theme": "light"}], ids=str
)
def test_a_page_is_dark_from_its_first_moment(open_page, kept):
    """By the reader's system, whatever it was when an earlier page was open, but not against their choice."""
    page = open_page("about:blank", theme="dark", ignore_console=True)
    page.add_init_script(f"for (const [name, value] of Object.entries({kept})) localStorage[name] = value;")
    page.route("**/*.js", lambda route: route.abort())
    page.goto(address("evaluation"))
    expected = "light" if kept.get("mode") == "light" else "dark"
    assert page.evaluate("document.documentElement.dataset.theme") == expected


def test_of_a_picture_of_pixels_the_form_for_the_theme_is_fetched(open_page, all_laid_out):
    for theme, shown, hidden in (("light", "by-day", "by-night"), ("dark", "by-night", "by-day")):
        page = open_page(address("index"), theme=theme)
        asked = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(address("evaluation"))
        page.keyboard.press("Shift")  # questions fold what answers them; a browser does not look in there
        other = page.locator(f"img.{hidden}:not(.s6-folded *)").evaluate_all(
            "all => all.map(({ src }) => src)"
        )
        all_laid_out(page)
        figure = page.locator(f"img.{shown}").first
        figure.scroll_into_view_if_needed()
        page.wait_for_function(
            "image => image.complete && image.naturalWidth > 0", arg=figure.element_handle()
        )
        assert figure.evaluate("image => image.src") in asked, theme
        assert other and not set(asked) & set(other), theme
        assert page.get_by_role("img", name=figure.get_attribute("alt")).count() == 1
        page.context.close()


def test_steppers_live_in_the_four_chapters(open_page, come_to):
    page = open_page("about:blank")
    for name in ("forward_pass", "backpropagation", "weight_update", "learning_rate"):
        page.goto(address(name))
        stepper = come_to(page.locator(".s6-stepper").first)
        before = int(stepper.get_attribute("data-step"))
        stepper.get_by_role("button", name="Step forward", exact=True).click()
        assert int(stepper.get_attribute("data-step")) == before + 1, name


def test_no_page_weighs_down_on_a_widget_manager():
    for path in pages():
        text = path.read_text(encoding="utf-8")
        assert "application/vnd.jupyter.widget-state" not in text and "require.min.js" not in text, path.name
