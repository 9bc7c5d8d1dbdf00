"""The built book in Chromium, Firefox and WebKit: no errors, and a stepper that agrees with `s6lib.toy`."""

import math
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from engines import Chromium, Firefox, Host, WebKit
from test_stepper_page import assert_agree, expected

from bookbuild import site
from s6lib import mnist, toy
from s6lib.widgets import digits

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGES = [path.relative_to(SITE).as_posix() for path in site.pages(SITE)]
ENGINES = {"chromium": Chromium, "firefox": Firefox, "webkit": WebKit}
LIMIT = 55  # seconds for a test, in which a browser may hang

needs_site = pytest.mark.skipif(not PAGES, reason="the book is not built: make book")

READ = """(() => {
    const shown = [...document.querySelectorAll(".s6-stepper [data-quantity]")];
    return shown.map(node => [node.dataset.quantity, node.dataset.value, node.textContent]); })()"""
ALIVE = "document.querySelector('.s6-stepper .live') !== null"
WAKE = "document.querySelector('.s6-stepper').scrollIntoView({ behavior: 'instant' })"
FORWARD = ".s6-stepper button[aria-label='Step forward']"
RATE = ".s6-stepper input[aria-label='Learning rate']"
FIELD = f'document.querySelector("{RATE}")'


@pytest.fixture(scope="session")
def start(request):
    """start(name) -> a new engine."""

    def start(name):
        return Chromium(request.getfixturevalue("playwright")) if name == "chromium" else ENGINES[name]()

    return start


@pytest.fixture(scope="session")
def running(start):
    """running(name) -> this engine, started when first asked for, and again where it was ended."""
    engines = {}

    def get(name):
        if name not in engines or engines[name].ended:
            engines[name] = start(name)
        return engines[name]

    yield get
    for engine in engines.values():
        engine.end()


@pytest.fixture
def get_engine(running):
    """get_engine(name) -> an engine; a test that takes longer than LIMIT fails, and the engine is ended."""
    with ExitStack() as stack:

        def get(name):
            engine = running(name)
            stack.enter_context(engine.within(LIMIT))
            return engine

        yield get


@pytest.fixture(params=ENGINES)
def engine(request, get_engine):
    return get_engine(request.param)


def group(process):
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def hosts(folder):
    return {watched: Host(folder, watched) for watched in (False, True)}


@pytest.fixture(scope="session")
def book():
    """book(engine, page) -> the address of a built page. In the end nothing was asked for in vain."""
    both = hosts(SITE)
    yield lambda engine, page: f"{both[engine.watched].address}/{page}"
    for host in both.values():
        host.close()
    assert [each for host in both.values() for each in host.missed] == []


def open_stepper(engine, address, **size):
    engine.open(address, **size)
    engine.evaluate(WAKE)
    engine.wait_for(ALIVE)


def quantities(engine):
    """Every shown quantity, as float64 and as it is written; the test fails where two places disagree."""
    values = {}
    for name, value, _ in engine.evaluate(READ):
        assert values.setdefault(name, float(value)) == float(value), name
    return values


# ------------------------------------------------------------------------- the engines themselves

FAULTS = {
    "thrown": ("", "<script>throw new Error('thrown here')</script>", "thrown here"),
    "later": ("", "<script>setTimeout(() => { null.thrown_later; })</script>", "null"),
    "rejected": ("", "<script>Promise.reject(new Error('rejected here'))</script>", "rejected here"),
    "logged": ("", "<script>console.error('logged here')</script>", "logged here"),
    "not JavaScript": ("", "<script>let let = 1;</script>", ""),
    "image refused": ("img-src 'none'", "<img src='refused.png' alt=''>", "refused.png"),
    "script refused": ("script-src 'self'", "<script>document.title = 'no'</script>", ""),
    "style refused": ("style-src 'self'", "<style>p { color: red }</style>", ""),
    "all refused": ("default-src 'none'", "<script>document.title = 'no'</script>", ""),
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages with faults, a blank and é")
    for name, (policy, body, _) in {**FAULTS, "none": ("default-src 'self'", "<p>No fault.</p>", "")}.items():
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
        (folder / f"{name}.html").write_text(
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">{meta}'
            f"<title>A fault</title></head><body>{body}</body></html>",
            encoding="utf-8",
        )
    (folder / "hangs.html").write_text(
        "<!doctype html><html><head><title>Hangs</title></head>"
        "<script>setTimeout(() => { for (;;); }, 300)</script></html>"
    )
    both = hosts(folder)
    yield lambda engine, name: f"{both[engine.watched].address}/{name}.html".replace(" ", "%20")
    for host in both.values():
        host.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_an_engine_reports_what_goes_wrong_on_a_page(engine, faulty, width):
    """Each fault alone is reported, so that silence means something."""
    for name, (_, _, word) in FAULTS.items():
        engine.open(faulty(engine, name), width=width)
        assert any(word in error for error in engine.errors()), name
    engine.open(faulty(engine, "none"), width=width)
    assert engine.errors() == [] and engine.evaluate("[innerWidth, document.title]") == [width, "A fault"]


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_that_hangs_is_ended_and_leaves_nothing(start, faulty, name):
    engine = start(name)
    with pytest.raises(AssertionError, match=f"{name}: not done after 2 seconds"), engine.within(2):
        engine.open(faulty(engine, "hangs"))
        engine.wait_for("window.never")
    assert not engine.folder.exists()
    for process in engine.groups:
        members = [each.status() for each in psutil.process_iter() if group(each) == process.pid]
        assert set(members) <= {psutil.STATUS_ZOMBIE}, "still running"


def test_what_was_started_ends_with_the_tests_however_they_end(tmp_path):
    program = """if True:
        import os, subprocess, sys, time, engines
        browser = subprocess.Popen(["sleep", "99"], start_new_session=True, stdout=subprocess.DEVNULL)
        kept = engines.guard(browser.pid, sys.argv[1])
        time.sleep(1)
        print(browser.pid, browser.poll(), flush=True)
        os.abort()"""
    folder = tmp_path / "engine"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, folder],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    pid, ended = done.stdout.split()
    assert done.returncode == -signal.SIGABRT and ended == "None"  # it ran as long as the tests did

    def runs(pid):  # what nobody waits for stays in the table of processes
        return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

    end = time.monotonic() + 30
    while runs(int(pid)) or folder.exists():
        assert time.monotonic() < end, "still running"
        time.sleep(0.1)


# --------------------------------------------------------------------------------- the built book


@needs_site
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_without_an_error(engine, book, name):
    engine.open(book(engine, name))
    # The first page sends on to another.
    engine.wait_for("document.readyState === 'complete' && document.querySelector('h1') !== null")
    if engine.evaluate("document.querySelector('.s6-stepper') !== null"):
        engine.evaluate(WAKE)
        engine.wait_for(ALIVE)
    assert engine.errors() == []


@needs_site
def test_the_stepper_shows_what_toy_computes(engine, book):
    open_stepper(engine, book(engine, "book/weight_update.html"))
    engine.type(RATE, "0.5")
    for k, weights in enumerate(toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 0.5, 5).weights):
        assert engine.evaluate("Number(document.querySelector('.s6-stepper').dataset.step)") == k
        assert_agree(quantities(engine), expected(weights))
        engine.click(FORWARD)
    assert engine.errors() == []


@needs_site
def test_a_field_takes_a_number_and_says_what_it_does_not_take(engine, book):
    open_stepper(engine, book(engine, "book/weight_update.html"))
    message = f"document.getElementById({FIELD}.getAttribute('aria-describedby')).textContent"
    engine.type(RATE, "2")
    engine.click(FORWARD)
    step = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 2.0, 1).weights[1]
    assert_agree(quantities(engine), expected(step))
    for text in ("abc", "-1", "1e999"):
        engine.type(RATE, text)
        engine.wait_for(f"{message}.includes({text!r}) && {message}.includes('takes')")
        assert engine.evaluate(f"{FIELD}.value") == "2"
        assert_agree(quantities(engine), expected(step))
    engine.type(RATE, "0.25")
    engine.wait_for(f"{message} === '' && {FIELD}.value === '0.25'")
    assert engine.errors() == []


@needs_site
def test_the_address_of_a_moment_opens_it(engine, book):
    moment = "#stepper=1&step=7&learning_rate=30&operation=h2"
    engine.open(book(engine, f"book/backpropagation.html{moment}"), width=390)
    engine.wait_for("document.querySelector('.s6-stepper').dataset.step === '7'")
    time.sleep(0.7)  # what lies above it is laid out
    top = "document.querySelector('.s6-stepper').getBoundingClientRect().top"
    engine.wait_for(f"{top} >= 0 && {top} < 150")  # on a busy machine a moment later
    assert engine.evaluate("document.querySelector('.s6-stepper').dataset.operation") == "h2"
    weights = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 30.0, 7).weights[7]
    assert_agree(quantities(engine), expected(weights))
    assert engine.errors() == []


@needs_site
def test_a_digit_is_read_as_in_python(engine, book):
    engine.open(book(engine, "book/evaluation.html"))
    engine.wait_for("document.querySelector('.s6-digits') !== null")
    engine.evaluate("document.querySelector('.s6-digits').scrollIntoView({ behavior: 'instant' })")
    example = ".s6-digits button[aria-label='Load a 7']"
    engine.wait_for(f'document.querySelector("{example}") !== null')
    engine.evaluate(f'document.querySelector("{example}").click()')  # wherever the page has moved it by now
    engine.wait_for("document.querySelector('.s6-digits').dataset.answer === '7'")
    bundled = mnist.load_digits("bundled")
    (first, *_) = bundled.test_images[bundled.test_labels == 7]
    shown = (
        "[...document.querySelectorAll('.s6-digits [data-quantity]')].map(each => Number(each.dataset.value))"
    )
    right = digits.read(mnist.from_drawing(first).tolist(), "author")
    assert engine.evaluate(shown) == pytest.approx(right.tolist(), abs=1e-10)
    assert engine.errors() == []


@needs_site
def test_the_search_leads_to_a_page(engine, book):
    engine.open(book(engine, "book/index.html"))
    engine.click(".search-button, .search-button-field")
    engine.wait_for("document.querySelector('#pst-search-dialog').open")
    assert engine.errors() == []
    engine.type("#pst-search-dialog input", "sigmoid")
    engine.wait_for("document.querySelectorAll('#search-results li a').length > 1")
    engine.wait_for("document.querySelectorAll('#search-results p.context').length > 1")
    assert engine.errors() == []
    found = engine.evaluate("document.querySelector('#search-results li a').href.split(/[?#]/)[0]")
    engine.click("#search-results li a")
    engine.wait_for(f"location.href.startsWith({found!r}) && document.readyState === 'complete'")
    assert "sigmoid" in engine.evaluate("document.body.textContent.toLowerCase()")
    assert engine.errors() == []


@needs_site
def test_a_phone_has_the_menu_of_chapters_and_the_links_to_take_away(engine, book):
    engine.open(book(engine, "book/forward_pass.html"), width=390)
    width, content = engine.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert width == 390 and content <= 390
    engine.click("button.primary-toggle")
    link = "#pst-primary-sidebar-modal a[href$='weight_update.html']"
    engine.wait_for(f"document.querySelector({link!r})?.checkVisibility()")
    assert engine.errors() == []
    engine.click(link)
    engine.wait_for("location.pathname.endsWith('/weight_update.html') && document.readyState === 'complete'")
    for menu, target in (("launch", "a[href^='https://colab.']"), ("download", "a[href$='.ipynb']")):
        engine.click(f".dropdown-{menu}-buttons summary")
        engine.wait_for(f"document.querySelector({f'.dropdown-{menu}-buttons {target}'!r}).checkVisibility()")
    assert engine.errors() == []


@needs_site
def test_a_page_is_printed_with_the_numbers_of_its_stepper(engine, book):
    open_stepper(engine, book(engine, "book/forward_pass.html"))
    text = engine.printed()
    for weights in toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 0.5, 1).weights:
        for name, value in expected(weights).items():
            if name[0] == "a" or name == "E_total":
                assert f"{value:.5g}" in text, name
    assert engine.errors() == []


@needs_site
def test_all_engines_show_the_same(get_engine, book):
    """The same writing where all have the same room for digits, and the same float64 to the last bits.

    (JavaScript leaves the last bit of Math.exp to the engine.)
    """
    shown = {}
    for name in ENGINES:
        engine = get_engine(name)
        address = book(engine, "book/backpropagation.html#stepper=1&step=30&learning_rate=0.5")
        open_stepper(engine, address, width=390)
        engine.wait_for("document.querySelector('.s6-stepper').dataset.step === '30'")
        shown[name] = engine.evaluate(READ)
        assert engine.errors() == []
    first, *others = shown.values()
    for other in others:
        assert [(name, text) for name, _, text in other] == [(name, text) for name, _, text in first]
        for (name, one, _), (_, two, _) in zip(first, other, strict=True):
            assert math.isclose(float(one), float(two), rel_tol=1e-13, abs_tol=1e-15), name
