"""A real browser for the tests of pages: the Chromium of this machine, cut off from all others."""

import pytest
from engines import QUIET, chromium_path


@pytest.fixture(scope="session")
def playwright():
    api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
    )
    with api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    """Chromium under Playwright, or a skip with the line that says why."""
    browser = playwright.chromium.launch(
        executable_path=chromium_path(),
        args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", QUIET],
    )
    yield browser
    browser.close()


@pytest.fixture
def open_page(chromium):
    """open_page(address, width=..., theme=...) -> a Playwright page.

    At the end of the test every page must have asked no other host for anything and reported no
    error. Requests to other hosts are blocked, so what needs one is also seen to be missing.
    """
    contexts, faults = [], []

    def open_page(
        address,
        width=1280,
        height=800,
        theme="light",
        allow=("file:", "data:", "blob:"),
        ignore_console=False,
        **options,
    ):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, **options
        )
        contexts.append(context)
        page = context.new_page()

        def check(route):
            if route.request.url.startswith(tuple(allow)):
                return route.continue_()
            faults.append(f"asked for {route.request.url}")
            route.abort()

        context.route("**/*", check)
        if not ignore_console:
            page.on(
                "console",
                lambda message: message.type == "error" and faults.append(f"console: {message.text}"),
            )
            page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


#: What answers a question, and would otherwise wait for an answer.
UNFOLDED = ".s6-folded { content-visibility: visible !important; }"


@pytest.fixture
def all_laid_out():
    """all_laid_out(page) waits until no section of a built page is left for later, and every stepper on it
    lives; what answers its questions is unfolded."""

    def all_laid_out(page):
        page.wait_for_function(
            "() => !document.querySelector('.bd-article > section section:not(.laid-out)')"
        )
        page.keyboard.press("Shift")  # wakes steppers far down
        page.wait_for_function(
            "() => [...document.querySelectorAll('.s6-stepper')].every(root => root.querySelector('.live'))"
        )
        page.add_style_tag(content=UNFOLDED)

    return all_laid_out


@pytest.fixture
def come_to():
    """come_to(stepper) scrolls to it, as a reader does, waits until it lives, and returns it."""

    def come_to(stepper):
        stepper.scroll_into_view_if_needed()
        stepper.locator(".live").first.wait_for()
        return stepper

    return come_to
