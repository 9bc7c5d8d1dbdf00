"""Main-thread time of what a reader does with a widget, in this machine's Chromium:

    python benchmarks/widgets.py

Script, style, layout and paint, in thread time rather than by the clock, one act a frame. A frame at 60 a
second lasts 16 ms. Of the stepper: a step. Of the digits, with every drawer open: from a change of the
drawing to the answer, from another right digit to the slopes of every layer, and a step. Of the sheet: from a
workbook, a small and a large one, to its verdicts. The last column compares with the first line of the same
widget in the same run.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from s6lib import mnist, worksheet
from s6lib.widgets import Digits, Sheet, Stepper, digits

PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>widget</title><body>{}</body></html>'
FRAME = "await new Promise(requestAnimationFrame)"


def clicks(selector):
    """Clicks, one after the other, what the selector finds."""
    return f"""async count => {{
        const all = document.querySelectorAll({selector!r});
        for (let k = 0; k < count; k++) {{ all[k % all.length].click(); {FRAME}; {FRAME}; }}}}"""


STEPPERS = {
    "as it opens": {},
    "a proof open": {"proof": "w1"},
    "all values open": {"panel": "values"},
    "the race open": {"panel": "race"},
}
ACTS = {
    "drawing to answer": clicks(".examples button"),
    "label to slopes": f"""async count => {{
        const select = document.querySelector('select[aria-label="It should be"]');
        for (let k = 0; k < count; k++) {{
            select.selectedIndex = 1 + k % 10;
            select.dispatchEvent(new Event('change'));
            {FRAME}; {FRAME}; }}}}""",
    "a step": clicks('button[aria-label="Take one step"]'),
}


def milliseconds(browser, folder, widget, ready, acts, count):
    """{act: milliseconds of the main thread} for each script in `acts`, once `ready` finds something."""
    path = Path(folder) / "page.html"
    path.write_text(PAGE.format(widget._repr_html_()), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator(ready).last.wait_for()
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    meter.send("Performance.enable")

    def once(script):
        start = busy(meter)
        page.evaluate(script, count)
        return (busy(meter) - start) / count * 1000

    # The first round warms up. Other work on the machine only ever adds.
    found = {act: min([once(script) for _ in range(5)][1:]) for act, script in acts.items()}
    page.close()
    return found


def checked(browser, folder, steps):
    """(bytes of a workbook of so many steps, milliseconds of the main thread until it is checked)."""
    workbook, path = Path(folder) / "workbook.xlsx", Path(folder) / "page.html"
    workbook.write_bytes(worksheet.workbook(steps=steps))
    path.write_text(PAGE.format(Sheet()._repr_html_()), encoding="utf-8")
    times = []
    for _ in range(3):
        page = browser.new_page()
        page.goto(path.as_uri())
        page.locator(".zone").wait_for()
        meter = page.context.new_cdp_session(page)
        meter.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        meter.send("Performance.enable")
        start = busy(meter)
        page.locator("input[type=file]").set_input_files(workbook)
        page.locator(".file").wait_for(timeout=120_000)
        times.append((busy(meter) - start) * 1000)
        page.close()
    return workbook.stat().st_size, min(times)


def busy(meter):
    """Seconds that the main thread has worked."""
    metrics = meter.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def main():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("no Chromium on this machine")
    image = mnist.load_digits("bundled").test_images[3].numpy()
    step = {"a step": clicks('button[aria-label="Step forward"]')}
    found = {"stepper": {}, "digits": {}, "sheet": {}}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, options in STEPPERS.items():
            times = milliseconds(browser, folder, Stepper(**options), ".live", step, 20)
            found["stepper"][name] = times["a step"]
        for network in digits.NETWORKS:
            widget = Digits(image=image, network=network, learning_rate=1e-9, panels=digits.PANELS)
            times = milliseconds(browser, folder, widget, ".examples button", ACTS, 10)
            found["digits"] |= {f"{network}, {act}": time for act, time in times.items()}
        for steps in (100, 900):
            size, time = checked(browser, folder, steps)
            found["sheet"][f"{size / 1e6:.1f} MB"] = time
        browser.close()
    for widget, times in found.items():
        first = next(iter(times.values()))
        for name, time in times.items():
            print(f"{widget:10}{name:28}{time:7.1f} ms{time / first:7.2f}")


if __name__ == "__main__":
    main()
