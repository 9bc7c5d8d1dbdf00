"""The written workbook, recalculated by two programs that know nothing of Python's: LibreOffice and formulas.

What they recalculate has lost the values that were written with the formulas: openpyxl drops them.
"""

import csv
import io
import re
import shutil
import subprocess
import warnings
import zipfile
from itertools import pairwise

import numpy as np
import openpyxl
import pytest

from s6lib import toy, worksheet
from s6lib.worksheet import network, nudges, puzzle
from s6lib.worksheet.__main__ import main

LIBREOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_libreoffice = pytest.mark.skipif(
    LIBREOFFICE is None, reason="no LibreOffice on this machine, which calculates what was written"
)
#: More than six digits, numbers below 0, outputs far from their targets.
OTHER = {
    "weights": [-0.8, 1.25, 0.5, -0.3123456789, 1.5, -0.7, 0.2, 0.9],
    "inputs": [0.7, -1.5],
    "targets": [0.01, 0.99],
    "learning_rate": 3.5,
}
#: A sum far beyond what EXP holds, to either side.
LARGE = {"weights": [900, 0, -900, 0, 800, 800, -800, -800], "inputs": [1, 1], "targets": [0.25, 0.5]}
RATES = [0.05, 0.3, 0.7, 5.0, 31.0, 100.0]
STEPS = 12


def expected(steps=STEPS, weights=toy.WEIGHTS, inputs=toy.INPUTS, targets=toy.TARGETS, learning_rate=0.5):
    """What a row holds, by the names of its columns, from `toy` alone: name -> (steps + 1,)."""
    weights, inputs, targets = np.reshape(weights, (2, 2, 2)), np.asarray(inputs), np.asarray(targets)
    path = toy.train(weights, inputs, targets, learning_rate, steps).weights
    values, gradient = toy.forward(path, inputs), toy.gradient(path, inputs, targets)
    found = {"E_total": toy.loss(path, inputs, targets)}
    misses, errors = values.a_o - targets, toy.errors(path, inputs, targets)
    slope_h, slope_o = toy.sigmoid_derivative(values.h), toy.sigmoid_derivative(values.o)
    back = np.einsum("sji,sj->si", path[:, 1], misses * slope_o)
    for k in range(2):
        found |= {f"{name}{k + 1}": getattr(values, name)[:, k] for name in ("h", "a_h", "o", "a_o")}
        found |= {f"E{k + 1}": errors[:, k], f"dE_da_o{k + 1}": misses[:, k]}
        found |= {f"da_h{k + 1}_dh{k + 1}": slope_h[:, k], f"da_o{k + 1}_do{k + 1}": slope_o[:, k]}
        found |= {f"dE_do{k + 1}": (misses * slope_o)[:, k], f"dE_da_h{k + 1}": back[:, k]}
        found |= {f"dE_dh{k + 1}": (back * slope_h)[:, k]}
    for k in range(8):
        found |= {f"w{k + 1}": path.reshape(-1, 8)[:, k], f"dE_dw{k + 1}": gradient.reshape(-1, 8)[:, k]}
    return found


def rows(sheet):
    """The table of a sheet as a reader finds it: by the names above it, down to its last number."""
    lines = list(sheet.iter_rows(values_only=True))
    top = next(k for k, line in enumerate(lines) if line[0] == "step")
    columns = dict(zip(lines[top], zip(*lines[top + 1 :])))
    assert list(columns.pop("step")) == list(range(len(lines) - top - 1))
    return {name: np.array(column) for name, column in columns.items() if name}


def agree(sheet, right):
    found = rows(sheet)
    assert set(found) == set(right)
    for name, values in found.items():
        # where a miss is all but gone, what is left of it has lost as many digits as its two parts share
        np.testing.assert_allclose(
            values.astype(float), right[name], rtol=1e-12, atol=1e-16, err_msg=f"{sheet.title}: {name}"
        )


def changed(content, numbers=None, rates=(), cells=None, only=None):
    """The workbook as somebody leaves it who puts other numbers into it: openpyxl's, without any values."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Network"]
    for name, value in (numbers or {}).items():
        sheet[network.fixed(name)] = value
    for k, rate in enumerate(rates, 1):
        book["Rates"].cell(4, 1 + k, rate)
    for (tab, cell), formula in (cells or {}).items():
        assert book[tab][cell].value != formula
        book[tab][cell] = formula
    for tab in set(book.sheetnames) - set(only or book.sheetnames):
        del book[tab]
    return book


def by_name(weights, inputs, targets, learning_rate=0.5):
    names = [*(f"w{k}" for k in range(1, 9)), "i1", "i2", "t1", "t2", "rate"]
    return dict(zip(names, [*np.ravel(weights).tolist(), *inputs, *targets, learning_rate]))


@pytest.fixture(scope="module")
def written():
    return worksheet.workbook(steps=STEPS)


def slipped():
    """Where the sheet of the book's author has its slip: the first neuron's slope in the second's column."""
    wrong = {}
    for row in range(network.FIRST + 1, network.FIRST + STEPS + 2):
        cells = (network.place(name, row) for name in ("dE_da_h2", "da_h1_dh1"))
        wrong["Network", network.place("dE_dh2", row)] = "={}*{}".format(*cells)
    return wrong


@pytest.fixture(scope="module")
def calculated(written, tmp_path_factory):
    """The workbooks as LibreOffice has calculated them, by names; it is started once."""
    folder = tmp_path_factory.mktemp("calculated")
    (folder / "in").mkdir()
    books = {
        "as it is": changed(written),
        "changed": changed(written, by_name(**OTHER), RATES),
        "large": changed(written, by_name(**LARGE), only=("Network", "Check")),
        "slipped": changed(written, cells=slipped(), only=("Network", "Check")),
        "written so": changed(worksheet.workbook(steps=3, **OTHER), only=("Network", "Check")),
    }
    for name, book in books.items():
        book.save(folder / "in" / f"{name}.xlsx")
    subprocess.run(
        [
            LIBREOFFICE,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            folder,
            *(folder / "in").glob("*.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=200,
    )
    return {name: openpyxl.load_workbook(folder / f"{name}.xlsx", data_only=True) for name in books}


# What is written.


def test_a_row_s_columns_are_those_of_the_spreadsheet_and_more(written, worksheet):
    """The names are the spreadsheet's own: the fixture `worksheet` is what its author published."""
    sheet = openpyxl.load_workbook(io.BytesIO(written))["Network"]
    given = {"i1", "i2", "t1", "t2", "step"}
    assert set(worksheet) - given <= set(rows(sheet))


def test_the_values_beside_the_formulas_are_those_of_the_network(written):
    """A viewer that does not calculate shows them."""
    book = openpyxl.load_workbook(io.BytesIO(written), data_only=True)
    agree(book["Network"], expected())
    for k, rate in enumerate(toy.LEARNING_RATES, 1):
        right = expected(learning_rate=rate)
        agree(book[f"Rate {k}"], right)
        np.testing.assert_allclose(rows(book["Rates"])[f"E_total {k}"], right["E_total"], rtol=1e-12)
    assert set(rows(book["Check"])["verdict"]) == {"agrees"}


def test_every_number_is_a_formula_and_names_plain_functions_alone(written):
    book = openpyxl.load_workbook(io.BytesIO(written))
    called = set()
    for sheet in book:
        for line in sheet.iter_rows(min_row=network.FIRST + 1, min_col=2):
            for cell in line:
                if cell.value is not None and sheet.title != "Solution":
                    assert cell.data_type == "f", f"{sheet.title}: {cell.coordinate}"
                    called |= set(re.findall(r"[A-Z]+(?=\()", cell.value))
    assert called == {"EXP", "MIN", "MAX", "ABS", "IF"}
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        assert not [
            name for name in archive.namelist() if "vba" in name.lower() or "external" in name.lower()
        ]


def test_two_writings_are_the_same_bytes():
    assert worksheet.workbook(steps=2) == worksheet.workbook(steps=2)


def test_there_are_charts_and_panes_that_stay(written):
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        charts = sorted(name for name in archive.namelist() if "charts/chart" in name)
        series = [archive.read(name).decode().count("<c:ser>") for name in charts]
    assert series == [1, 6]
    book = openpyxl.load_workbook(io.BytesIO(written))
    assert book["Network"].freeze_panes == "B12" and book["Check"].freeze_panes == "C12"


# Recalculated.


@needs_libreoffice
def test_libreoffice_comes_to_the_numbers_of_the_network_at_six_rates(calculated):
    book = calculated["as it is"]
    agree(book["Network"], expected())
    for k, rate in enumerate(toy.LEARNING_RATES, 1):
        agree(book[f"Rate {k}"], expected(learning_rate=rate))


@needs_libreoffice
def test_what_is_changed_in_the_file_changes_all_that_follows(calculated):
    book = calculated["changed"]
    agree(book["Network"], expected(**OTHER))
    for k, rate in enumerate(RATES, 1):
        right = expected(**{**OTHER, "learning_rate": rate})
        agree(book[f"Rate {k}"], right)
        np.testing.assert_allclose(
            rows(book["Rates"])[f"E_total {k}"].astype(float), right["E_total"], rtol=1e-12, atol=1e-30
        )
    agree(calculated["written so"]["Network"], expected(3, **OTHER))


@needs_libreoffice
def test_sums_beyond_what_exp_holds_are_no_error(calculated):
    found, right = rows(calculated["large"]["Network"]), expected(**LARGE)
    for name, values in found.items():  # 1e-304 in place of 1e-391
        np.testing.assert_allclose(values.astype(float), right[name], rtol=1e-12, atol=1e-300, err_msg=name)
    assert set(rows(calculated["large"]["Check"])["verdict"]) == {"agrees"}


@needs_libreoffice
@pytest.mark.parametrize("name", ["as it is", "changed", "written so"])
def test_the_check_agrees_with_a_right_gradient_at_every_step(calculated, name):
    sheet = calculated[name]["Check"]
    assert set(rows(sheet)["verdict"]) == {"agrees"} and sheet["B3"].value == "agrees"


@needs_libreoffice
def test_the_check_finds_the_slip_and_the_two_weights(calculated):
    sheet = calculated["slipped"]["Check"]
    found = rows(sheet)
    assert set(found["verdict"]) == {"look here"} and sheet["B3"].value == "look here"
    above = [sheet.cell(network.HEADING - 2, 1 + nudges.COLUMN[f"off w{k}"]).value for k in range(1, 9)]
    assert [k for k, said in enumerate(above, 1) if said == "look here"] == [3, 4]


def by_formulas(book, path):
    """What the package `formulas` comes to, as a book of its values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        formulas = pytest.importorskip("formulas", reason="formulas is not installed: pip install formulas")
    book.save(path)
    solution = formulas.ExcelModel().loads(str(path)).finish().calculate()
    for key, cell in solution.items():
        tab, _, place = key.rpartition("]")[2].partition("'!")
        sheet = next((each for each in book if each.title.upper() == tab), None)
        if sheet is not None and ":" not in place:
            sheet[place] = np.asarray(cell.value)[0, 0]
    return book


@pytest.mark.parametrize("other", [False, True], ids=["as it is", "changed"])
def test_the_package_formulas_comes_to_the_numbers_of_the_network(other, tmp_path):
    steps, given, rates = 1, OTHER if other else {}, RATES if other else toy.LEARNING_RATES.tolist()
    tabs = ["Network", "Check", "Rates", *(f"Rate {k}" for k in range(1, 7))]
    book = changed(
        worksheet.workbook(steps=steps),
        by_name(**given) if other else None,
        rates if other else (),
        only=tabs,
    )
    book = by_formulas(book, tmp_path / "worksheet.xlsx")
    agree(book["Network"], expected(steps, **given))
    for k, rate in enumerate(rates, 1):
        agree(book[f"Rate {k}"], expected(steps, **{**given, "learning_rate": rate}))
    assert set(rows(book["Check"])["verdict"]) == {"agrees"}


# The puzzle.


def puzzled(letter):
    weights, inputs, targets, rate = puzzle.SHEETS[letter]
    return expected(puzzle.STEPS, weights, inputs, targets, rate)


@needs_libreoffice
def test_three_of_the_six_sheets_are_wrong_and_all_learn(calculated):
    wrong = {}
    for letter in puzzle.SHEETS:
        found, right = rows(calculated["as it is"][f"Puzzle {letter}"]), puzzled(letter)
        assert all(after < before for before, after in pairwise(found["E_total"])), letter
        first = {name for name in found if abs(found[name][0] / right[name][0] - 1) > 1e-12}
        if first:
            wrong[letter] = min(first, key=network.COLUMN.get)
    assert wrong == {tab.removeprefix("Puzzle "): cells[0][0] for tab, cells in solution(calculated).items()}
    assert len(wrong) == 3


def solution(calculated):
    """What the last sheet tells: tab -> (column, cell, what stands there, what belongs there), each."""
    told = {}
    lines = calculated["as it is"]["Solution"].iter_rows(min_row=puzzle.HIDDEN_BELOW + 2, values_only=True)
    for tab, *cells in lines:
        if cells[0]:
            told.setdefault(tab, []).append(cells[:4])
    return told


@needs_libreoffice
def test_the_solution_s_formulas_repair_each_sheet_and_nothing_else_differs(written, calculated):
    """As text: put in, the sheet has the formulas of the right one in its own cells."""
    book, told = openpyxl.load_workbook(io.BytesIO(written)), solution(calculated)
    right = book["Network"]
    for letter in puzzle.SHEETS:
        sheet = book[f"Puzzle {letter}"]
        cells = told.get(sheet.title, [])
        for _, cell, stands, belongs in cells:
            assert (sheet[cell].value, right[cell].value) == (stands, belongs)
        differ = {
            each.column_letter
            for line in sheet.iter_rows(min_row=network.FIRST + 1, min_col=2)
            for each in line
            if each.value != right[each.coordinate].value
        }
        assert differ == {cell.rstrip("0123456789") for _, cell, *_ in cells}


# The table, and files.


def test_the_table_has_the_columns_of_the_spreadsheet_and_all_digits(tmp_path, worksheet):
    from s6lib.worksheet import write

    path = write(tmp_path / "worksheet.csv", learning_rate=2.0, steps=67)
    lines = path.read_text(encoding="utf-8").splitlines()
    rest = [line for line in lines if not line.startswith("#")]
    found = {name: [] for name in rest[0].split(",")}
    for line in csv.DictReader(rest):
        for name, text in line.items():
            found[name].append(float(text))
    assert list(found) == list(worksheet)
    right = expected(67, learning_rate=2.0)
    for name in found.keys() & right.keys():
        np.testing.assert_allclose(found[name], right[name], rtol=1e-12, atol=1e-16, err_msg=name)
    assert set(found["t1"]) == {0.5} and set(found["i2"]) == {0.1} and found["step"][-1] == 67
    for name in set(found) - {f"dE_dw{k}" for k in (3, 4)}:  # its slip goes into all weights, a little
        np.testing.assert_allclose(found[name], worksheet[name], rtol=2e-3, err_msg=name)


def test_what_is_there_is_left_alone(tmp_path):
    path = tmp_path / "worksheet.xlsx"
    path.write_bytes(b"somebody's work")
    with pytest.raises(FileExistsError, match="left alone"):
        worksheet.write(path)
    assert path.read_bytes() == b"somebody's work" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"path": "a.txt"}, r"path: got '.*a\.txt'; takes a name that ends in \.xlsx or \.csv"),
        ({"weights": [1, 2, 3]}, r"weights: got shape \(3,\); takes shape \(\.\.\., 2, 2, 2\)"),
        ({"inputs": [[0.1, 0.2]]}, r"inputs: got shape \(1, 2\); takes shape \(2,\)"),
        ({"targets": [0.1, np.nan]}, r"targets: got nan at \[1\]; takes finite numbers only"),
        ({"learning_rate": 0}, "learning_rate: got 0.0; takes finite numbers greater than 0"),
        ({"steps": 0}, "steps: got 0; takes a whole number from 1 to 10,000"),
        ({"steps": 2.5}, r"steps: got 2\.5 \(float\)|steps: got 2\.5; takes a whole number"),
    ],
)
def test_what_it_refuses_it_names(given, said, tmp_path):
    arguments = {"path": "worksheet.xlsx", **given}
    with pytest.raises((ValueError, TypeError), match=said):
        worksheet.write(tmp_path / arguments.pop("path"), **arguments)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_writes_both(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = "--out a.xlsx --csv a.csv --steps 2 --learning-rate 3.5 --inputs 0.7 -1.5 --targets 1e-2 0.99"
    weights = [str(each) for each in OTHER["weights"]]
    assert main([*words.split(), "--weights", *weights]) == 0
    assert capsys.readouterr().out == "a.xlsx\na.csv\n"
    assert (tmp_path / "a.xlsx").read_bytes() == worksheet.workbook(steps=2, **OTHER)
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == worksheet.table(steps=2, **OTHER)
    assert main(["--out", "a.xlsx"]) == 1
    assert "exists, and was left alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "nothing to write; takes --out, --csv or both"),
        ("--out a.ods", "--out: got 'a.ods'; takes a name that ends in .xlsx"),
        ("--out a.xlsx --steps many", "--steps: got 'many'; takes a whole number, such as 100"),
        ("--out a.xlsx --learning-rate -1", "learning_rate: got -1.0; takes finite numbers greater than 0"),
        ("--out a.xlsx --inputs 0,5 1", "--inputs: got '0,5'; takes a number, such as 0.5"),
    ],
)
def test_the_command_line_says_what_it_refuses(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2 and said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
