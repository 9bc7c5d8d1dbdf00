"""The pages where something is missing or otherwise: storage, style sheets by script, the reader's own
settings."""

import functools
import http.server
import json
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from test_access import axe, violations  # noqa: F401
from test_stepper_page import OVERLAPS

from bookbuild import site
from s6lib import toy
from s6lib.widgets import Digits, Kernel, Primer, Progress, Question, Sheet, Stepper, Trainer

SITE = Path(__file__).parents[2] / "_build" / "html"
CHAPTER = SITE / "book" / "backpropagation.html"
SHELL = (
    '<!doctype html><html lang="en" {attributes}><head><meta charset="utf-8"><title>Page</title>'
    '<meta name="viewport" content="width=device-width, '
    'initial-scale=1">{head}</head><body>{body}</body></html>'
)
ASKED = Question("Does `w5` go *up*, or `down`?", right="up", wrong={"down": "No, `up`."})
built = pytest.mark.skipif(not CHAPTER.exists(), reason="the book is not built: make book")


@pytest.fixture
def show(open_page, tmp_path):
    """show(stepper, head=..., attributes=..., before=...) -> a page with it, opened from a file; `before`
    runs first."""

    def show(stepper=None, head="", attributes="", before=None, alive=True, **options):
        path = tmp_path / "page.html"
        path.write_text(
            SHELL.format(attributes=attributes, head=head, body=(stepper or Stepper())._repr_html_())
        )
        page = open_page("about:blank", allow=("file:", "data:", "blob:", "about:"), **options)
        if before:
            page.add_init_script(before)
        page.goto(path.as_uri())
        if alive:
            page.locator(".live").wait_for()
        return page

    return show


def values(page):
    return {
        name: float(text)
        for name, text in page.locator(".s6-stepper [data-quantity]").evaluate_all(
            "nodes => nodes.map(node => [node.dataset.quantity, node.dataset.value])"
        )
    }


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


# ---------------------------------------------------------------------------------- storage


@pytest.fixture(scope="module")
def served():
    """The address of the built site on a server of this machine; `sandbox` there is a page that shows a
    chapter in one."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            if self.path != "/sandbox":
                return super().do_GET()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(
                b'<!doctype html><title>s</title><iframe sandbox="allow-scripts allow-forms" '
                b'src="book/backpropagation.html" style="width:560px;height:700px"></iframe>'
            )

        def end_headers(
            self,
        ):  # a page in a sandbox has no origin of its own to share fonts and search results with
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@built
def test_menu_search_and_stepper_work_where_storage_is_blocked(open_page, served):
    faults = []
    page = open_page(served + "sandbox", width=600, allow=(served,))
    page.on("pageerror", lambda error: faults.append(str(error)))
    inside = page.frame_locator("iframe")
    page.frames[1].wait_for_selector("html[data-theme=light]", state="attached", timeout=15000)
    blocked = "() => { try { document.cookie; return false; } catch { return true; } }"
    assert page.frames[1].evaluate(blocked)
    page.frames[1].wait_for_load_state("load")
    assert page.frames[1].evaluate("""() => {
        const before = localStorage.length;
        localStorage.setItem("a", 1);
        const kept = [localStorage.getItem("a"), localStorage.length - before, localStorage.key(before),
                      sessionStorage.getItem("a")];
        localStorage.removeItem("a");
        return [...kept, localStorage.getItem("a")] }""") == ["1", 1, "a", None, None]
    inside.locator(".primary-toggle").click()
    inside.get_by_role("link", name="Forward pass").first.click()  # the menu opens, and leads on
    inside.locator("article h1", has_text="Forward pass").wait_for()  # another is for paper
    page.frames[1].wait_for_load_state("load")  # the heading is there before the rest of the page
    inside.locator(".s6-stepper").evaluate("stepper => stepper.scrollIntoView()")
    inside.locator(".live").wait_for()
    inside.get_by_role("button", name="Step forward", exact=True).click()
    assert inside.locator(".s6-stepper").get_attribute("data-step") == "1"
    page.wait_for_timeout(700)  # by then it has written its address, if it may
    page.frames[1].goto(f"{served}search.html?q=sigmoid")
    inside.locator("#search-results li a").first.wait_for()
    assert faults == []


def test_every_page_with_scripts_asks_for_storage_safely_before_the_first_of_them():
    html = (
        "<!doctype html><html><head><meta "
        'charset="utf-8"><title>t</title><script>localStorage.x</script></head>'
        "<body></body></html>"
    )
    finished = site.finish(html, "page")
    assert finished.index(site.STORAGE) < finished.index("localStorage.x")
    assert site._hash(site.STORAGE) in finished


# --------------------------------------------------------------- what a browser may not have

#: Without the first six there is no stepper.
MISSING = [
    "delete window.ResizeObserver",
    "delete window.IntersectionObserver",
    "delete window.structuredClone",
    "delete Array.prototype.at",
    "delete Object.hasOwn",
    "delete String.prototype.replaceAll",
    "delete Navigator.prototype.clipboard",
    "delete window.requestIdleCallback",
]


@pytest.mark.parametrize(
    "old",
    [
        "window.CSSStyleSheet = function () { throw new TypeError('Illegal constructor'); }",
        "delete Document.prototype.adoptedStyleSheets",
        "delete CSSStyleSheet.prototype.replaceSync",
    ],
)
def test_the_stepper_is_dressed_without_sheets_made_by_scripts(show, old):
    page = show(before=old)
    assert page.locator(".node").first.evaluate("node => getComputedStyle(node).position") == "absolute"
    assert not page.locator(".fallback").is_visible() and page.locator(".live").is_visible()
    press(page, "Step forward")
    loss = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 0.5, 1).loss[1]
    assert values(page)["E_total"] == pytest.approx(loss, abs=1e-15)


@pytest.mark.parametrize("missing", MISSING)
def test_what_is_missing_leaves_a_whole_stepper_or_the_whole_table(show, missing):
    page = show(before=missing, alive=False, ignore_console=True)
    if live := missing in MISSING[6:]:
        page.locator(".live").wait_for()
    else:
        page.wait_for_timeout(1500)
    assert page.locator(".fallback").is_visible() == (not live) and page.locator(".live").count() == live
    if live:
        for name in ("Step forward", "Step forward", "Next operation", "Reset", "Step forward"):
            press(page, name)
        assert page.locator(".s6-stepper").get_attribute("data-step") == "1"
        page.wait_for_timeout(700)
    else:
        assert page.locator(".s6-stepper button, .s6-stepper input").count() == 0


def test_a_stepper_that_fails_while_it_is_built_leaves_the_table(show):
    page = show(
        before="ResizeObserver.prototype.observe = () => { throw new Error('not here'); }",
        alive=False,
        ignore_console=True,
    )
    page.wait_for_timeout(1000)
    assert page.locator(".fallback").is_visible() and page.locator(".live").count() == 0


@built
@pytest.mark.parametrize("missing", MISSING[:2])
def test_a_chapter_is_laid_out_whatever_is_missing(open_page, missing):
    page = open_page("about:blank", allow=("file:", "data:", "about:"), ignore_console=True)
    page.add_init_script(missing)
    page.goto(CHAPTER.as_uri())
    page.wait_for_function("() => !document.querySelector('.bd-article > section section:not(.laid-out)')")


# ---------------------------------------------------------------------- paper and saved pages


def table_of(page):
    rows = page.locator(".fallback tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return {head.split(" ")[0]: [float(cell.replace("−", "-")) for cell in cells] for head, *cells in rows}


def test_paper_shows_the_moment_on_the_screen(show):
    page = show(Stepper(learning_rate=2))
    page.get_by_label("Learning rate", exact=True).fill("0.25")
    page.get_by_label("Learning rate", exact=True).press("Enter")
    for _ in range(7):
        press(page, "Step forward")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".fallback").is_visible() and not page.locator(".live").is_visible()
    assert page.locator(".fallback thead th").all_inner_texts() == ["operation", "step 7", "step 8", "step 9"]
    assert "η = 0.25." in page.locator(".fallback caption").inner_text()
    history, table = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 0.25, 9), table_of(page)
    np.testing.assert_allclose(table["E_total"], history.loss[7:], rtol=1e-4)
    slopes = toy.gradient(history.weights, toy.INPUTS, toy.TARGETS).reshape(-1, 8)
    for k in range(8):
        np.testing.assert_allclose(table[f"w{k + 1}"], history.weights.reshape(-1, 8)[7:, k], rtol=1e-4)
        np.testing.assert_allclose(table[f"dE/dw{k + 1}"], slopes[7:, k], rtol=1e-4)
    now = values(page)
    assert table["a_o1"][0] == pytest.approx(now["a_o1"], rel=1e-4)


def test_printing_itself_brings_the_table_to_the_moment(show):
    page = show()
    press(page, "Step forward")
    page.pdf()
    assert page.locator(".fallback thead th").nth(1).text_content() == "step 1"


def test_paper_at_the_last_step_and_beyond_float64(show):
    page = show(Stepper(step=10_000))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".fallback thead th").count() == 2
    page = show(Stepper(targets=[1e200, 0.5], learning_rate=1e200))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".fallback tbody tr").first.locator("td").count() >= 1


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_that_was_saved_has_no_dead_control(show, open_page, tmp_path, scripts):
    page = show()
    press(page, "Step forward")
    press(page, "Step forward")
    saved = tmp_path / "saved.html"
    saved.write_text(
        "<!doctype html>" + page.evaluate("document.documentElement.outerHTML"), encoding="utf-8"
    )
    again = open_page(saved.as_uri(), java_script_enabled=scripts)
    if scripts:
        again.locator(".live").wait_for()
        assert again.locator(".live").count() == 1
        press(again, "Step forward")
        assert again.locator(".s6-stepper").get_attribute("data-step") == "1"
    else:
        assert again.locator(".fallback").is_visible()
        assert [each for each in again.locator(".s6-stepper button").all() if each.is_visible()] == []


# -------------------------------------------------------------------------- readers' settings

SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }"""

CLIPPED = """nodes => nodes.filter(node => node.getClientRects().length).filter(node => {
    const box = node.closest(".node, .edge").getBoundingClientRect(), range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    return text.right > box.right + 1 || text.left < box.left - 1
        || text.bottom > box.bottom + 1 || text.top < box.top - 1;
}).map(node => node.closest(".node, .edge").textContent)"""


@pytest.mark.parametrize("width", [1280, 720, 320])
@pytest.mark.parametrize("when", ["before", "after"])
def test_spaced_text_covers_no_digit(show, width, when):
    random = np.random.default_rng(22)
    awkward = Stepper(
        weights=random.normal(0, 1, (2, 2, 2)) * 10.0 ** random.integers(-5, 3, (2, 2, 2)),
        inputs=[-0.0123456, 12345.678],
    )
    for stepper in (Stepper(), awkward, Stepper(compact=True)):
        page = show(
            stepper,
            width=width,
            reduced_motion="reduce",
            head=f"<style>{SPACED}</style>" if when == "before" else "",
        )
        if when == "after":
            page.add_style_tag(content=SPACED)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.wait_for_timeout(100)
        names = ("Step", "Play") if stepper.compact else ("Next operation", "Step forward", "Update", "Reset")
        for name in names:
            assert page.locator(".net").evaluate(OVERLAPS) == []
            assert page.locator(".net .n").evaluate_all(CLIPPED) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            press(page, name)


@built
@pytest.mark.parametrize("name", ["book/backpropagation.html", "book/learning_rate.html"])
def test_spaced_text_does_not_scroll_a_chapter_sideways(open_page, all_laid_out, name):
    page = open_page((SITE / name).as_uri(), width=320)
    all_laid_out(page)
    page.add_style_tag(content=SPACED)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@built
def test_mathematics_code_and_stepper_run_left_to_right_on_every_page(open_page, all_laid_out):
    page = open_page(CHAPTER.as_uri())
    all_laid_out(page)
    page.evaluate("document.documentElement.dir = 'rtl'")
    wrong = page.evaluate("""() => [...document.querySelectorAll(
            "article :is(math, div.math, pre, code, .s6-stepper, .fallback, table)")]
        .filter(each => getComputedStyle(each).direction !== "ltr")
            .map(each => each.outerHTML.slice(0, 100))""")
    assert wrong == []
    assert page.locator("article math, article pre").count() > 10


def colours(page, locator):
    """The colours in a screenshot of `locator`, as an array (pixels, 3)."""
    import io

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).reshape(-1, 3)


def light(colour):
    """The relative luminance of a colour, `rgb(…)`, as WCAG has it."""
    channels = np.array([int(each) for each in re.findall(r"\d+", colour)[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@built
@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("chosen", ["light", "dark"])
def test_figures_can_be_read_with_forced_colours(open_page, all_laid_out, system, chosen):
    page = open_page((SITE / "book" / "learning_rate.html").as_uri(), theme=system, forced_colors="active")
    page.evaluate("chosen => { document.documentElement.dataset.theme = chosen; }", chosen)
    all_laid_out(page)
    for figure in page.locator("article img[src$='.svg']").all():
        figure.scroll_into_view_if_needed()
        page.wait_for_function("img => img.complete && img.naturalWidth", arg=figure.element_handle())
        shades = colours(page, figure).mean(axis=1)
        assert np.median(shades) > 200 and shades.min() < 128  # dark on light, whatever is behind


@pytest.mark.parametrize("system", ["light", "dark"])
def test_every_line_of_the_race_is_seen_with_forced_colours(show, system):
    page = show(
        Stepper(panel="race", step=5), theme=system, forced_colors="active", attributes='data-theme="light"'
    )
    ground = page.locator("details .chart").evaluate("node => getComputedStyle(node).backgroundColor")
    strokes = page.locator("details .chart .curve-line").evaluate_all(
        "lines => lines.map(line => getComputedStyle(line).stroke)"
    )

    assert len(strokes) == 6
    for stroke in strokes:
        dark, bright = sorted([light(stroke), light(ground)])
        assert (bright + 0.05) / (dark + 0.05) >= 3, stroke
    shades = colours(page, page.locator("details .chart"))
    assert (np.abs(shades - [68, 1, 84]).sum(axis=1) < 30).any()  # the darkest rate is drawn


#: Of a notebook in VS Code: what the body of its outputs says of the theme, and their style.
VSCODE = {
    "vscode-dark": "vscode-dark",
    "vscode-light": "vscode-light",
    "vscode-high-contrast": "vscode-high-contrast",
    "vscode-high-contrast-light": "vscode-high-contrast vscode-high-contrast-light",
}
VSCODE_STYLE = """body {{ background: {ground}; color: {ink}; font-family: system-ui; font-size: 13px }}
    a, a code {{ color: {link} }} code {{ color: {code}; background: {behind}; padding: 1px 3px }}
    input:focus, select:focus, a:focus {{ outline: 1px solid {link}; outline-offset: -1px }}"""
VSCODE_COLOURS = {
    "light": {
        "ground": "#fff", "ink": "#3b3b3b", "link": "#005fb8", "code": "#3b3b3b", "behind": "#0000001f",
    },
    "dark": {
        "ground": "#1f1f1f", "ink": "#ccc", "link": "#4daafc", "code": "#d0d0d0", "behind": "#3c3c3c",
    },
}  # fmt: skip
MOUNT = """async ([source, state]) => {
    const { default: { render } } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    const model = { get: key => state[key], set: (key, value) => { state[key] = value; },
        save_changes() {}, on() {}, off() {} };
    render({ model, el: document.body.appendChild(document.createElement("main")) });
}"""


@pytest.mark.parametrize("kind", VSCODE)
def test_a_widget_is_as_dark_as_vs_code(open_page, axe, tmp_path, kind):  # noqa: F811
    """VS Code itself is not run here: a page says of itself what the outputs of its notebooks say, and the
    reader's system the opposite."""
    scheme = "dark" if kind in ("vscode-dark", "vscode-high-contrast") else "light"
    style = VSCODE_STYLE.format(**VSCODE_COLOURS[scheme])
    path = tmp_path / "output.html"
    path.write_text(
        f'<!doctype html><html lang="en"><head><title>Output</title><style>{style}</style></head>'
        f'<body class="{VSCODE[kind]}" data-vscode-theme-kind="{kind}"></body></html>'
    )
    page = open_page(path.as_uri(), theme="light" if scheme == "dark" else "dark", height=3000)
    for made in (
        Stepper(panel="race", step=5),
        Digits(),
        Kernel(),
        Primer(),
        Progress(),
        ASKED,
        Sheet(),
        Trainer(),
    ):
        html = BeautifulSoup(made._repr_html_(), "html.parser")
        state = json.loads(html.select_one("script[type='application/json']").string)
        page.evaluate(MOUNT, [made._esm, state])
    page.locator(".s6-question").get_by_role("button", name="down").click()
    page.locator(".s6-stepper").get_by_role("button", name="Step forward", exact=True).click()
    page.wait_for_timeout(1500)
    if "contrast" not in kind:  # those have the same colours
        assert violations(axe, page, ["color-contrast"]) == []
    for fewer in (
        "",
        "document.body.className = ''",
        f"document.body.className = '{VSCODE[kind]}'; delete document.body.dataset.vscodeThemeKind",
    ):  # either says enough
        page.evaluate(fewer)
        grounds = page.locator("[data-alive]").evaluate_all(
            "all => all.map(each => getComputedStyle(each).backgroundColor)"
        )
        assert len(grounds) == 8 and {light(each) > 0.5 for each in grounds} == {scheme == "light"}, fewer


@built
def test_firefox_draws_no_white_strip_under_code_on_a_dark_page(tmp_path):
    """The referee is a screenshot: on a dark page no row of pixels is white."""
    import shutil
    import subprocess

    from PIL import Image

    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.skip("there is no Firefox: apt install firefox-esr")
    profile, picture = tmp_path / "profile", tmp_path / "page.png"
    profile.mkdir()
    (profile / "user.js").write_text(
        'user_pref("ui.systemUsesDarkTheme", 1);\n'
        'user_pref("layout.css.prefers-color-scheme.content-override", 0);\n'
        'user_pref("widget.gtk.overlay-scrollbars.enabled", false);\n'
    )
    subprocess.run(
        [
            firefox,
            "--headless",
            "--no-remote",
            "--profile",
            profile,
            "--window-size=390,1200",
            "--screenshot",
            picture,
            (SITE / "book" / "digit_cnn.html").as_uri(),
        ],
        check=True,
        timeout=120,
        capture_output=True,
    )
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    assert np.median(pixels) < 60  # the page is dark
    assert np.flatnonzero(((pixels > 235).all(axis=2)).mean(axis=1) > 0.5).size == 0


# --------------------------------------------------------------------------------- keyboard


def test_arrow_keys_walk_and_step_but_not_in_fields(show):
    page = show()
    where = lambda: tuple(
        page.locator(".s6-stepper").get_attribute(f"data-{n}") for n in ("step", "operation")
    )
    page.get_by_role("button", name="Play", exact=True).focus()
    for key, place in (
        ("ArrowRight", ("0", "h1")),
        ("ArrowRight", ("0", "a_h1")),
        ("ArrowLeft", ("0", "h1")),
        ("Shift+ArrowRight", ("1", "overview")),
        ("Shift+ArrowRight", ("2", "overview")),
        ("Shift+ArrowLeft", ("1", "overview")),
        ("Control+ArrowRight", ("1", "overview")),
        ("ArrowDown", ("1", "overview")),
    ):
        page.keyboard.press(key)
        assert where() == place
    page.get_by_label("Learning rate", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Speed").focus()
    page.keyboard.press("Shift+ArrowRight")
    assert where() == ("1", "overview")
    press(page, "Reset")
    assert "arrow keys" in page.locator(".sentence").inner_text()
    told = {"Next operation": "ArrowRight", "Step back": "Shift+ArrowLeft"}
    for name, keys in told.items():
        shortcut = page.get_by_role("button", name=name, exact=True).get_attribute("aria-keyshortcuts")
        assert shortcut == keys


@built
@pytest.mark.parametrize("chapter", ["forward_pass", "backpropagation", "weight_update", "learning_rate"])
def test_the_stepper_is_a_few_keys_from_the_top(open_page, chapter):
    page = open_page((SITE / "book" / f"{chapter}.html").as_uri())
    inside = "Boolean(document.activeElement.closest('.s6-stepper'))"
    for presses in range(1, 6):  # noqa: B007
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Skip to the stepper":
            box = page.evaluate(
                "(({top, bottom}) => [top, bottom])(document.activeElement.getBoundingClientRect())"
            )
            page.keyboard.press("Enter")
        if page.evaluate(inside):
            break
    assert page.evaluate(inside) and presses <= 4
    assert box[1] > box[0]
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator(".s6-stepper").first.get_attribute("data-step") == str(
        1 + (chapter == "learning_rate") * 2
    )
