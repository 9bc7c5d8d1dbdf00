"""The check of worksheets as a reader has it: dropped, by keyboard, narrow, dark, without scripts."""

import base64
import importlib
import re

import openpyxl
import pytest
import sheets
from test_access import RULES, axe, violations  # noqa: F401  a fixture

from s6lib import slips
from s6lib.widgets import Sheet

check = importlib.import_module("s6lib.worksheet.check")  # the package has a function of this name
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Sheet</title><body><main>{}</main></body></html>"
)
DROP = """([place, files]) => {
    const transfer = new DataTransfer();
    for (const [name, text] of files) {
        transfer.items.add(new File([Uint8Array.from(atob(text), each => each.charCodeAt(0))], name));
    }
    for (const type of ["dragenter", "dragover", "drop"]) {
        place.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    } }"""

PASTE = """text => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
    document.querySelector(".primary").dispatchEvent(event); }"""


@pytest.fixture
def sheet(open_page, tmp_path):
    """sheet(...) -> the page with the check, opened as a file, alive unless scripts are off."""

    def sheet(**options):
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(Sheet()._repr_html_()), encoding="utf-8")
        page = open_page(path.as_uri(), **options)
        if options.get("java_script_enabled", True):
            page.locator(".zone").wait_for()
        return page

    return sheet


@pytest.fixture(scope="module")
def homework(tmp_path_factory):
    """Three files: two tables with slips, a right one, and none."""
    folder = tmp_path_factory.mktemp("homework")
    sheets.write(
        folder / "ada.xlsx",
        [
            sheets.Plan(slip="other_hidden_slope", steps=4, spelling="act"),
            sheets.Plan(slip="w6_w7_swapped", steps=3, layout="across", spelling="subscripts", cached=False),
        ],
    )
    sheets.write(folder / "ben.xlsx", [sheets.Plan(steps=3, layout="lower right")])
    openpyxl.Workbook().save(folder / "eve.xlsx")
    return [folder / name for name in ("ada.xlsx", "ben.xlsx", "eve.xlsx")]


def choose(page, *paths):
    page.locator("input[type=file]").set_input_files(list(paths))
    page.locator(".file").nth(len(paths) - 1).wait_for()


def wrong_on(page, k):
    """What the page says is wrong in the k-th file: {(cell, column): formula that belongs there}."""
    found = {}
    for one in page.locator(".file").nth(k).locator(".one").all():
        cell, column = re.match(r"(\w+) (\w+):", one.locator("p").inner_text()).groups()
        needs = one.locator(".needs")
        found[cell, column] = needs.inner_text() if needs.count() else None
    return found


def wrong_in(path):
    return {
        (one.cell, one.column): one.repair
        for one in check.check(path)
        if one.verdict == "wrong" and not one.because
    }


def test_dropped_files_get_the_verdicts_of_the_command_line(sheet, homework):
    page = sheet()
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in homework]
    page.evaluate(DROP, [page.locator(".live").element_handle(), files])
    page.locator(".file").nth(2).wait_for()
    for k, path in enumerate(homework[:2]):
        assert wrong_on(page, k) == wrong_in(path)
    assert len(wrong_on(page, 0)) >= 4 and not wrong_on(page, 1)
    with pytest.raises(ValueError) as refused:
        check.check(homework[2])
    assert page.locator(".file .alarm").inner_text().lower() == f"{refused.value}.".lower()
    ada = page.locator(".file").first
    assert ada.locator(".slip").first.inner_text() == slips.SLIPS["other_hidden_slope"].says
    assert ada.locator(".table-of").nth(1).get_by_text("never calculated").is_visible()
    for one in ada.locator(".one").all()[:2]:
        has, needs = (one.locator(f".{kind} mark").all_inner_texts() for kind in ("has", "needs"))
        assert len(set(has)) == len(set(needs)) == 1 and has != needs


def test_by_keyboard_alone(sheet, homework):
    page = sheet()
    page.on(
        "filechooser", lambda chooser: None
    )  # from now on; the browser hears of it too late for the next key
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Choose files …"
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Enter")
    chosen.value.set_files(homework[1])
    page.locator(".file").wait_for()
    assert re.fullmatch(r"\d+ columns right", page.locator(".sum b").inner_text())
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.locator(".file[aria-label=example] .wrong").wait_for()
    assert wrong_on(page, 0).keys() == {("Z3", "dE_dw3"), ("AA3", "dE_dw4")}
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Copy the formula for Z3"
    page.locator("[role=status]").filter(has_text="example: 25 columns right, 2 wrong").wait_for(
        state="attached"
    )


def test_cells_are_pasted(sheet):
    page = sheet()
    opener = page.get_by_role("button", name="Paste cells")
    assert opener.get_attribute("aria-expanded") == "false"
    opener.click()
    rows = sheets.history(sheets.Plan(steps=3, slip="doubled"))
    names = [*(f"w{k}" for k in range(1, 9)), "i1", "i2", "t1", "t2", *sheets.GRADIENT]
    lines = [names, *([f"{row[name]:.9f}".replace(".", ",") for name in names] for row in rows)]
    page.get_by_label("Cells to check").fill("\n".join("\t".join(line) for line in lines))
    page.get_by_role("button", name="Check the cells").click()
    page.locator(".file .slip").filter(has_text="without its one half").wait_for()
    page.get_by_label("Cells to check").fill("nothing")
    page.get_by_role("button", name="Check the cells").click()
    page.locator(".file .alarm").filter(has_text="No table of the network").wait_for()


def test_cells_are_pasted_without_a_field_too(sheet):
    page = sheet()
    page.evaluate(PASTE, "w1\th1\n1\t2")
    page.locator(".file .alarm").filter(has_text="No table of the network").wait_for()


def test_bare_numbers_are_told_what_is_lacking(sheet):
    page = sheet()
    page.evaluate(PASTE, "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8")
    page.locator(".file .alarm").filter(has_text="takes a table with its headings").wait_for()


def test_the_puzzles_solution_is_not_told_unasked(sheet, tmp_path):
    page = sheet()
    sheets.write(
        tmp_path / "worksheet.xlsx",
        [
            sheets.Plan(sheet="Network", steps=3),
            sheets.Plan(sheet="Puzzle B", steps=3, slip="w6_w7_swapped"),
            sheets.Plan(sheet="My puzzle", steps=3, slip="doubled"),
        ],
    )
    choose(page, tmp_path / "worksheet.xlsx")
    told = page.get_by_text(slips.SLIPS["w6_w7_swapped"].says)
    told.wait_for(state="attached")
    assert page.locator(".table-of").count() == 3 and not told.is_visible()
    assert page.get_by_text(slips.SLIPS["doubled"].says).is_visible()
    page.get_by_text("The puzzle: this tells its solution").click()
    assert told.is_visible()


def test_a_formula_is_copied(sheet):
    page = sheet(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Try an example").click()
    page.get_by_role("button", name="Copy the formula for Z3").click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".needs").first.inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_it_fits_and_nothing_stands_in_the_way(sheet, homework, axe, width, theme):  # noqa: F811
    page = sheet(width=width, theme=theme)
    choose(page, homework[0], homework[2])
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.get_by_role("button", name="Paste cells").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(axe, page, RULES) == []
    ground = page.locator(".s6-sheet").evaluate("node => getComputedStyle(node).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")


def test_with_forced_colours_what_is_wrong_stands_out(sheet):
    page = sheet(forced_colors="active")
    page.get_by_role("button", name="Try an example").click()
    page.locator(".columns").wait_for()
    fills = {
        page.locator(f".columns .{kind}").first.evaluate("node => getComputedStyle(node).fill")
        for kind in ("yes", "no")
    }
    assert len(fills) == 2


def test_without_scripts_and_on_paper_it_says_the_command(sheet):
    assert sheet(java_script_enabled=False).locator(".fallback code").is_visible()
    page = sheet()
    page.emulate_media(media="print")
    assert page.locator(".fallback code").is_visible() and not page.locator(".zone").is_visible()
