"""What each page of the built book costs a reader, and what Lighthouse says of it.

    python benchmarks/pages.py                   # requests and bytes, in this machine's Chromium
    python benchmarks/pages.py --lighthouse      # the scores as well; needs npx, takes a minute a page

The site is served from this machine as a plain host serves it: HTTP/1.1, text compressed by gzip,
nothing in the browser's cache. Lighthouse runs with its own defaults (a phone, a slow network), three
times a page, because a busy moment of this machine costs several points; the middle score counts, and
for performance the lowest and the highest stand beside it. The table in `benchmarks/pages.md` is this
script's.
"""

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bookbuild import site

SITE = Path(__file__).parents[1] / "_build" / "html"
CATEGORIES = ("performance", "accessibility", "best-practices")
RUNS = 3  #: of Lighthouse for each page


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path = path / "index.html"
        if not path.is_file():
            return self.send_error(404)
        kind, content = self.guess_type(str(path)), path.read_bytes()
        small = kind.startswith("text/") or kind.endswith(("javascript", "json", "svg+xml"))
        if small:
            content = gzip.compress(content, mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages says
        if small:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def cost(browser, address):
    """(requests, kB over the wire, kB unpacked) of a page that was never visited before."""
    context = browser.new_context()
    page = context.new_page()
    meter = context.new_cdp_session(page)
    wire, unpacked = {}, []
    meter.on(
        "Network.loadingFinished", lambda event: wire.update({event["requestId"]: event["encodedDataLength"]})
    )
    meter.on("Network.dataReceived", lambda event: unpacked.append(event["dataLength"]))
    meter.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    context.close()
    return len(wire), sum(wire.values()) / 1000, sum(unpacked) / 1000


def scores(address, chromium):
    """Lighthouse's scores in one run, 0 to 100, in the order of CATEGORIES."""
    command = [
        "npx",
        "--yes",
        "lighthouse",
        address,
        "--quiet",
        "--output=json",
        "--output-path=stdout",
        f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]
    answer = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "CHROME_PATH": chromium}
    )
    if answer.returncode:
        sys.exit(f"lighthouse failed on {address}: {answer.stderr[-500:]}")
    categories = json.loads(answer.stdout)["categories"]
    return [round(100 * categories[name]["score"]) for name in CATEGORIES]


def main():
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lighthouse", action="store_true")
    parser.add_argument("pages", nargs="*", help="names of pages; all of them if none is given")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium on this machine")
    names = [path.relative_to(SITE).as_posix() for path in site.pages(SITE) if path != SITE / "index.html"]
    names = [name for name in names if not options.pages or Path(name).stem in options.pages]
    if not names:
        sys.exit("no such page in _build/html: run make book")
    head = [
        "page",
        "requests",
        "kB",
        "kB unpacked",
        *((*CATEGORIES, "performance, all runs") if options.lighthouse else ()),
    ]
    print("| " + " | ".join(head) + " |\n|---|" + "--:|" * (len(head) - 1))
    with served(SITE) as host, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name in names:
            requests, wire, unpacked = cost(browser, f"{host}/{name}")
            row = [name, requests, f"{wire:.0f}", f"{unpacked:.0f}"]
            if options.lighthouse:
                runs = list(zip(*(scores(f"{host}/{name}", chromium) for _ in range(RUNS))))
                row += [*map(statistics.median, runs), f"{min(runs[0])} to {max(runs[0])}"]
            print("| " + " | ".join(map(str, row)) + " |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
