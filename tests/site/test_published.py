"""The site as it is published: served by a plain host, and unpacked from its zip without one."""

import json
import os
import re
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from bookbuild import addresses, site

BUILD = Path(__file__).parents[2] / "_build"
PAGES = [path.relative_to(BUILD / "html").as_posix() for path in site.pages(BUILD / "html")]
NOTEBOOKS = sorted(path.name for path in (Path(__file__).parents[2] / "book").glob("*.ipynb"))

pytestmark = pytest.mark.skipif(not PAGES, reason="the book is not built: make book")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a folder with blanks and é")
    with zipfile.ZipFile(BUILD / "s6-book.zip") as archive:
        archive.extractall(folder)
    return folder / "s6-book"


@pytest.fixture(scope="module")
def host():
    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(BUILD / "html")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("way", ["served", "zip"])
def test_every_page_loads_its_own_site_alone(open_page, all_laid_out, host, unpacked, way):
    """No request to another host, none that fails, nothing refused by the policy, no error in the console."""
    root, allow = (host, (host,)) if way == "served" else (unpacked.as_uri(), (unpacked.as_uri(),))
    for name in PAGES:
        page = open_page(f"{root}/{name}", allow=allow)
        page.wait_for_selector(
            "meta[http-equiv=Content-Security-Policy]", state="attached"
        )  # the first page sends on
        all_laid_out(page)
        assert (
            page.evaluate(
                "document.fonts.ready.then(() => [...document.fonts].filter(font => font.status === "
                # stand-ins are taken from what the reader has, which may be nothing
                "'error' && !font.family.includes('Like Text')).length)"
            )
            == 0
        )
        policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
        assert (
            policy.startswith("default-src 'none'; script-src 'self'")
            and "unsafe" not in policy.split("style-src")[0]
        )
        assert not re.search(r"\\\(|\\frac|\$\$", page.inner_text("body")), (
            f"{name}: a formula was left as TeX"
        )
        page.context.close()


@pytest.mark.parametrize("way", ["served", "zip"])
def test_the_stepper_the_search_and_the_downloads_work(open_page, come_to, host, unpacked, way):
    root, allow = (host, (host,)) if way == "served" else (unpacked.as_uri(), (unpacked.as_uri(),))
    page = open_page(f"{root}/index.html", allow=allow)
    page.wait_for_url("**/book/index.html")
    page.get_by_role("link", name="Weight update", exact=True).first.click()
    stepper = come_to(page.locator(".s6-stepper"))
    stepper.get_by_role("button", name="Step forward", exact=True).click()
    assert stepper.get_attribute("data-step") == "1"
    download = page.locator("a[href$='.ipynb']").first.get_attribute("href")
    assert page.evaluate("href => new URL(href, location).pathname.split('/').pop()", download) in NOTEBOOKS
    page = open_page(f"{root}/search.html?q=sigmoid", allow=allow)
    page.get_by_text("Search finished").wait_for()
    page.wait_for_load_state("networkidle")
    assert page.locator("#search-results li a").count() >= 2
    summaries = page.locator("#search-results p.context").all_inner_texts()
    assert all("sigmoid" in summary.lower() for summary in summaries)
    assert bool(summaries) == (way == "served")  # a page opened from a file may not read the others


def test_each_notebook_is_in_the_zip(unpacked):
    assert set(NOTEBOOKS) <= {path.name for path in (unpacked / "_sources").rglob("*.ipynb")}


def test_each_chapter_opens_in_colab_and_each_page_gives_its_own_notebook():
    own, seen = addresses.read(), set()
    sweep = json.loads(
        (BUILD.parent / "executed" / "book" / "runs" / "manifest.json").read_text(encoding="utf-8")
    )
    chapters = {f"runs/{run['output']}": sweep["notebook"]["name"] for run in sweep["runs"]}
    for name in [name for name in PAGES if name.startswith("book/")]:
        soup = BeautifulSoup((BUILD / "html" / name).read_text(encoding="utf-8"), "html.parser")
        page = name.removeprefix("book/").removesuffix(".html")
        chapter = chapters.get(f"{page}.ipynb", page).removesuffix(".ipynb")
        if f"{chapter}.ipynb" in NOTEBOOKS:
            led = {link["href"].split("#")[0] for link in soup.select("a[href^='https://colab.']")}
            assert led == {own.colab(chapter)}, name
            downloads = {link["href"] for link in soup.select("a[href$='.ipynb']:not([href^=https])")}
            assert {href.split("_sources/")[1] for href in downloads} == {f"book/{page}.ipynb"}, name
            seen.add(page)
    assert {f"{page}.ipynb" for page in seen if "/" not in page} == set(NOTEBOOKS) and len(seen) > len(
        NOTEBOOKS
    )


def test_styles_stand_in_the_head():
    for name in PAGES:
        soup = BeautifulSoup((BUILD / "html" / name).read_text(encoding="utf-8"), "html.parser")
        assert not soup.select("body style:not(svg style)"), name
        assert not soup.select("link[rel=next], link[rel=prefetch], link[rel=preload]"), (
            name
        )  # a browser would fetch it early


def test_every_link_within_the_book_arrives():
    """At a file that is there, and where the link names a place in it, at that place."""
    soups = {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in site.pages(BUILD / "html")
    }
    places = {path: {tag["id"] for tag in soup.find_all(id=True)} for path, soup in soups.items()}
    lost, links = [], 0
    for page, soup in soups.items():
        for tag in soup.find_all(["a", "link", "script", "img", "source"]):
            address = urlsplit(tag.get("href") or tag.get("src") or "")
            if address.scheme or address.netloc or not (address.path or address.fragment):
                continue
            links += 1
            target = Path(os.path.normpath(page.parent / unquote(address.path))) if address.path else page
            place = "" if address.fragment.startswith("stepper=") else unquote(address.fragment)  # a moment
            if not target.is_file() or (place and target in places and place not in places[target]):
                lost.append(f"{page.name}: {tag.get('href') or tag.get('src')}")
    assert lost == [] and links > 1000


def test_the_policy_stops_what_is_not_the_site(open_page, host):
    """A script that somebody slips into a page does not run, and asks nobody for anything."""
    page = open_page(f"{host}/book/notation.html", allow=(host,), ignore_console=True)
    page.evaluate("""() => {
        const inline = document.createElement("script"), other = document.createElement("img");
        inline.textContent = "window.slipped = true";
        other.src = "https://example.org/pixel.png";
        document.body.append(inline, other); }""")
    page.wait_for_timeout(200)
    assert page.evaluate("window.slipped") is None


def test_pages_are_light():
    """Everything that a page loads, unpacked, the data of its widgets included, and whatever pages share."""
    static = BUILD / "html" / "_static"
    sizes = {path.name: path.stat().st_size for path in static.rglob("*") if path.is_file()}
    of_widgets = {name for name in sizes if name.startswith(("widgets-", "data-"))}
    shared = sum(size for name, size in sizes.items() if name not in of_widgets)
    for name in PAGES:
        text = (BUILD / "html" / name).read_text(encoding="utf-8")
        own = {each for each in of_widgets if each in text}
        assert len(text.encode()) < 250_000 and shared + sum(map(sizes.get, own)) < 1_000_000, name
