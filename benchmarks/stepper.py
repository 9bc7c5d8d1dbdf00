"""Main-thread time of one step of the stepper, in this machine's Chromium:  python benchmarks/stepper.py

Script, style, layout and paint, in thread time rather than by the clock, one step a frame. A frame
at 60 a second lasts 16 ms. The last column compares with the bare stepper in the same run.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from s6lib.widgets import Stepper

CASES = {
    "as it opens": {},
    "a proof open": {"proof": "w1"},
    "all values open": {"panel": "values"},
    "the race open": {"panel": "race"},
}
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>stepper</title><body>{}</body></html>'
STEPS = """async count => {
    const button = document.querySelector('button[aria-label="Step forward"]');
    for (let k = 0; k < count; k++) { button.click(); await new Promise(requestAnimationFrame); }}"""


def step_ms(browser, folder, options):
    path = Path(folder) / "page.html"
    path.write_text(PAGE.format(Stepper(**options)._repr_html_()), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator(".live").first.wait_for()
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    meter.send("Performance.enable")

    def busy():
        metrics = meter.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    def steps(count):
        start = busy()
        page.evaluate(STEPS, count)
        return (busy() - start) / count * 1000

    steps(20)  # warm up
    quietest = min(steps(20) for _ in range(5))  # other work on the machine only ever adds
    page.close()
    return quietest


def main():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("no Chromium on this machine")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        times = {name: step_ms(browser, folder, options) for name, options in CASES.items()}
        browser.close()
    for name, time in times.items():
        print(f"{name:18}{time:7.1f} ms{time / times['as it opens']:7.1f}")


if __name__ == "__main__":
    main()
