"""Main-thread time of what a reader of digits does, in this machine's Chromium:  python benchmarks/digits.py

Script, style, layout and paint, in thread time rather than by the clock: from a change of the drawing to the
answer, from another right digit to the slopes of every layer, and a step; with every drawer open. The last
column compares with the answer by the author's network, in the same run.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from s6lib import mnist
from s6lib.widgets import Digits, digits

PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>digits</title><body>{}</body></html>'
FRAME = "await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame);"
#: What the reader does, `count` times; a frame is drawn after each.
ACTS = {
    "drawing to answer": f"""async count => {{
        const buttons = document.querySelectorAll('.examples button');
        for (let k = 0; k < count; k++) {{ buttons[k % 10].click(); {FRAME} }}}}""",
    "label to slopes": f"""async count => {{
        const select = document.querySelector('select[aria-label="It should be"]');
        for (let k = 0; k < count; k++) {{
            select.value = k % 10; select.dispatchEvent(new Event('change')); {FRAME} }}}}""",
    "a step": f"""async count => {{
        const button = document.querySelector('button[aria-label="Take one step"]');
        for (let k = 0; k < count; k++) {{ button.click(); {FRAME} }}}}""",
}


def times(browser, folder, network):
    """{act: milliseconds of the main thread}"""
    image = mnist.load_digits("bundled").test_images[3].numpy()
    path = Path(folder) / "page.html"
    widget = Digits(image=image, network=network, learning_rate=1e-9, panels=digits.PANELS)
    path.write_text(PAGE.format(widget._repr_html_()), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator(".examples button").last.wait_for()
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    meter.send("Performance.enable")

    def busy():
        metrics = meter.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    found = {}
    for act, script in ACTS.items():
        page.evaluate(script, 10)  # warm up
        rounds = []
        for _ in range(3):  # other work on the machine only ever adds
            start = busy()
            page.evaluate(script, 10)
            rounds.append((busy() - start) / 10 * 1000)
        found[act] = min(rounds)
    page.close()
    return found


def main():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("no Chromium on this machine")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        found = {network: times(browser, folder, network) for network in digits.NETWORKS}
        browser.close()
    base = found["author"]["drawing to answer"]
    for network, acts in found.items():
        for act, time in acts.items():
            print(f"{network:8}{act:20}{time:7.1f} ms{time / base:7.2f}")


if __name__ == "__main__":
    main()
