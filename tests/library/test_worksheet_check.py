"""Anybody's sheet, checked: sheets that a program made, with slips planted, in many spellings and layouts.

The referee of a repair is the sheet itself: the formula is put in, LibreOffice calculates it, and
`toy.gradient` says what belongs there.
"""

import csv
import dataclasses
import importlib
import itertools
import json
import random
import re
import shutil
import subprocess
import zipfile

import numpy as np
import openpyxl
import pytest
import sheets
from sheets import Plan

from s6lib import slips, toy
from s6lib.worksheet import cells, command, formulas, tables, trials
from s6lib.worksheet.check import check, check_book

LIBREOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_libreoffice = pytest.mark.skipif(
    LIBREOFFICE is None, reason="no LibreOffice on this machine, which calculates what was written"
)


@pytest.fixture
def draw():
    """Chance of its own for each test, so that none depends on which others ran."""
    return random.Random(18)


def found(path, *plans):
    """The findings of a workbook with these tables: by table, by column."""
    made = sheets.write(path, plans)
    result = check(path)
    for table in made:
        table.findings = {
            one.column: one for one in result if (one.sheet, one.table) == (table.sheet, table.heading)
        }
    assert sum(len(table.findings) for table in made) == len(result)
    return made


def planted(made):
    """The columns whose own formula holds the slip of a table, by what it comes to on random networks."""
    plan = made.plan
    if not plan.slip:
        return set()
    wrong, network = slips.SLIPS[plan.slip].formulas, trials.Network(0)
    names = set()
    for name in made.names:
        target = f"{name}_new" if re.fullmatch(r"w\d", name) else name
        if target in ("i1", "i2", "t1", "t2") or (plan.only and target not in plan.only):
            continue
        # The formula stands in this column: what it is computed from has no column of its own.
        held = slips.written(
            target, plan.slip, among=[one for one in made.names if one in slips.FORMULAS and one != target]
        )
        right = slips.written(
            target, among=[one for one in made.names if one in slips.FORMULAS and one != target]
        )
        if held != right and target in network.at(0):
            names.add(name)
    assert names or not wrong
    return names


def agrees(made):
    """Verdict, cell, formula, slip and repair of every column of a table."""
    expected, plan = planted(made), made.plan
    for name, one in made.findings.items():
        first = 1 if re.fullmatch(r"w\d", name) else 0
        if name not in expected:
            assert one.verdict == "right" or one.because in expected, one
            continue
        if first < plan.steps:
            assert one.verdict == "wrong", (plan, one)
            assert one.cell == made.cell(name, first), (plan, one)
            assert one.formula == made.formulas[name, first], (plan, one)
            assert one.slip == plan.slip or same(plan.slip, one.slip, name), (plan, one)
            assert one.repair and one.repair != one.formula, (plan, one)
            assert one.because is None
    return expected


def same(planted, named, name):
    """Whether two slips are the same in this column, as "other paths" and "first paths twice" are in
    dE_dh2."""
    target = f"{name}_new" if re.fullmatch(r"w\d", name) else name
    network = trials.Network(0)
    values = [network.slipped(0, slips.SLIPS[one].formulas)[target] for one in (planted, named) if one]
    return len(values) == 2 and abs(values[0] - values[1]) <= 1e-12


# What is planted is found


@pytest.mark.parametrize("spelling", sheets.SPELLINGS)
def test_a_heading_is_read_in_every_spelling(spelling, tmp_path):
    wrong, right = found(
        tmp_path / "a.xlsx",
        Plan(spelling=spelling, slip="other_hidden_slope", steps=3),
        Plan(spelling=spelling, steps=3, step_column=True),
    )
    assert set(wrong.findings) == set(right.findings) == set(sheets.LONG[4:])
    assert agrees(wrong) == {"dE_dw3", "dE_dw4"}
    assert {one.verdict for one in right.findings.values()} == {"right"}


@pytest.mark.parametrize("layout", sheets.LAYOUTS)
def test_a_table_is_found_wherever_it_stands(layout, tmp_path):
    at = sheets.LAYOUTS.index(layout)
    for writing in (sheets.WRITINGS[at % 4], sheets.WRITINGS[(at + 1) % 4]):
        plans = [
            Plan(layout=layout, writing=writing, slip=slip, steps=4)
            for slip in ("w6_w7_swapped", "uphill", None)
        ]
        for made in found(tmp_path / f"{writing}.xlsx", *plans):
            assert agrees(made) or not made.plan.slip


def test_every_slip_is_named_with_its_cell_and_what_belongs_there(tmp_path, draw):
    """Each in one writing, layout and spelling of many."""
    plans = [
        Plan(
            slip=name,
            spelling=draw.choice(list(sheets.SPELLINGS)),
            layout=draw.choice(sheets.LAYOUTS),
            writing=sheets.WRITINGS[k % 4],
            cached=bool(k % 3),
            steps=3,
            inputs=(0.35, -0.6),
            targets=(0.2, 0.9),
            rate=0.3,
        )
        for k, name in enumerate(slips.SLIPS)
    ]
    for made in found(tmp_path / "all.xlsx", *plans):
        assert agrees(made), made.plan


def test_several_tables_in_a_sheet(tmp_path):
    one, two, three = found(
        tmp_path / "a.xlsx",
        Plan(sheet="A", rate=0.1, steps=5),
        Plan(sheet="A", rate=0.5, steps=5, slip="first_path_only"),
        Plan(sheet="A", rate=2.0, steps=5, slip="w6_w7_swapped", beside=True),
    )
    assert [len(agrees(each)) for each in (one, two, three)] == [0, 4, 4]


def test_numbers_alone_are_judged_as_exactly_as_they_are_written(tmp_path):
    for digits in (15, 10, 8, 6, 4):
        right, wrong = found(
            tmp_path / "a.xlsx",
            Plan(values_only=digits, steps=8),
            Plan(values_only=digits, steps=8, slip="w6_w7_swapped"),
        )
        assert {one.verdict for one in right.findings.values()} == {"right"}, digits
        named = {name for name, one in wrong.findings.items() if one.verdict == "wrong"}
        assert named == {"dE_dw1", "dE_dw2", "dE_dw3", "dE_dw4"}, digits
        assert {wrong.findings[name].slip for name in named} == {"w6_w7_swapped"}


def test_the_spreadsheet_that_the_book_comes_from():
    result = check("tests/data/worksheet.csv")
    wrong = {one.column: one for one in result if one.verdict != "right"}
    assert set(wrong) == {"dE_dw3", "dE_dw4"}
    assert {one.slip for one in wrong.values()} == {"other_hidden_slope"}
    assert wrong["dE_dw3"].off == pytest.approx(2.6e-4, rel=0.02)
    assert wrong["dE_dw3"].row == 4


def test_the_puzzle_of_the_books_own_workbook_is_solved(tmp_path):
    write = pytest.importorskip("s6lib.worksheet.write").write
    planted = pytest.importorskip("s6lib.worksheet.puzzle").SLIPS
    write(tmp_path / "a.xlsx", steps=5)
    result = check(tmp_path / "a.xlsx")
    wrong = {one.sheet: one.slip for one in result if one.verdict != "right"}
    assert wrong == {f"Puzzle {letter}": slip[0] for letter, slip in planted.items()}
    assert {"Network", "Puzzle A", "Rate 1"} <= {one.sheet for one in result}


def test_any_right_sheet_is_right(tmp_path, draw):
    """Random networks, saturated ones among them."""
    chance = np.random.default_rng(5)
    plans = [
        Plan(
            weights=tuple(chance.normal(size=8) * scale),
            inputs=tuple(chance.normal(size=2)),
            targets=tuple(chance.random(2)),
            rate=float(chance.choice([0.1, 2.0, 30.0])),
            values_only=digits,
            steps=8,
            spelling=draw.choice(list(sheets.SPELLINGS)),
        )
        for scale, digits in itertools.product((0.5, 2, 15), (0, 0, 17, 12, 6, 5, 3))
    ]
    for made in found(tmp_path / "a.xlsx", *plans):
        assert {one.verdict for one in made.findings.values()} == {"right"}, [
            one for one in made.findings.values() if one.verdict != "right"
        ]


# What people do to sheets


def one_table(path, *, n=8, **changes):
    """A table of 8 steps with some cells changed: {"name@step": formula or number}, {..} are cells."""
    plan = Plan(steps=n)
    made = sheets.write(path, [plan])[0]
    for key, text in changes.items():
        name, _, step = key.partition("__")
        for at in range(n) if step == "all" else [int(step)]:
            if at == 0 and re.fullmatch(r"w\d", name) and step == "all":
                continue
            put = text
            if isinstance(text, str):
                put = re.sub(r"\{(\w+)(-1)?\}", lambda m, at=at: made.written(m[1], at - bool(m[2])), text)
            plan.changed[name, at] = put
    return found(path, plan)[0].findings


CASES = {
    "not fixed by $": (
        {f"w3__{k}": f"={{w3-1}}-B{k + 4}*{{dE_dw3-1}}" for k in range(1, 8)},
        {"w3": ("wrong", "C10", "a $ is missing")},
    ),
    "fixed by $": (
        {"dE_dw5__all": "=({a_o1}-{t1})*{a_o1}*(1-{a_o1})*F$8"},
        {"dE_dw5": ("wrong", "X9", "Put F9 where you have F$8")},
    ),
    "one row of another pattern": (
        {"dE_dw5__4": "=({a_o1}-{t1})*{a_o1}*(1-{a_o1})*{a_h2}"},
        {"dE_dw5": ("wrong", "X12", "in row 12")},
    ),
    "the rate of another cell": (
        {"w3__all": "={w3-1}-$B$1*{dE_dw3-1}"},
        {"w3": ("wrong", "C9", "Put $B$5 where you have $B$1")},
    ),
    "the step before": (
        {"w3__all": "={w3-1}-$B$5*{dE_dw4-1}"},
        {"w3": ("wrong", "C9", "Put V8 where you have W8")},
    ),
    "a rate that is typed": (
        {"w3__all": "={w3-1}-0.5*{dE_dw3-1}"},
        {"w3": ("wrong", "C9", "Put $B$5 where you have 0.5")},
    ),
    "brackets": (
        {"E1__all": "={t1}-{a_o1}^2/2"},
        {"E1": ("wrong", "Q8", "Put brackets around"), "E_total": ("wrong", "S8", "follows from E1")},
    ),
    "a square is a product": ({"E1__all": "=({t1}-{a_o1})*({t1}-{a_o1})/2"}, {}),
    "minus before a power": (
        {"E1__all": "=(-({t1}-{a_o1}))^2/2", "E2__all": "=-(-({t2}-{a_o2})^2/2)"},
        {"E2": ("wrong", "R8", "")},
    ),
    "functions": (
        {
            "E1__all": "=0.5*SUMSQ({t1}-{a_o1})",
            "h1__all": "=SUMPRODUCT({w1},{i1})+PRODUCT({w2},{i2})",
            "a_h1__all": "=EXP({h1})/(1+EXP({h1}))",
        },
        {},
    ),
    "a helper beside the table": ({"dE_dw5__all": "=AH8*{a_h1}"}, {"dE_dw5": ("wrong", "X8", "")}),
    "numbers pasted": (
        {"a_h1__3": 0.5069},
        {
            "a_h1": ("wrong", "F11", "A number stands there among formulas"),
            "o1": ("wrong", "M11", "follows from a_h1"),
        },
    ),
    "text in a cell": ({"dE_dw5__4": "abc"}, {"dE_dw5": ("not calculated", "X12", "text stands where")}),
    "a circle": ({"h1__4": "={h1}+1"}, {"h1": ("not calculated", "E12", "refers to itself")}),
    "a long circle": ({"h1__4": "=AH1"}, {"h1": ("wrong", "E12", "")}),
    "not a formula": ({"h1__4": "=1+*2"}, {"h1": ("not calculated", "E12", "not understood")}),
    "an unknown function": ({"h1__4": "=MYSUM(1)"}, {}),
    "another file": ({"h1__4": "=[1]Sheet1!A1"}, {}),
    "a number as text": ({"w1__0": "0,15"}, {}),
    "rounded by a formula": (
        {
            "E1__all": "=ROUND(({t1}-{a_o1})^2/2,3)",
            "dE_dw5__all": "=ROUND(({a_o1}-{t1})*{a_o1}*(1-{a_o1})*{a_h1},4)",
            "dE_dw6__all": "=ROUND(({a_o1}-{t1})*{a_o1}*(1-{a_o1})*{a_h1},4)",
        },
        {"dE_dw6": ("wrong", "Y8", "Put H8 where you have F8")},
    ),
    "rounded to none": ({"a_h1__all": "=ROUND(1/(1+EXP(-{h1})),0)"}, {"a_h1": ("wrong", "F8", "")}),
    "nothing where nothing is": (
        {"h1__all": '=IF({w1}="","",{w1}*{i1}+{w2}*{i2})', "h2__all": '=IF(""<>{w3},{w3}*{i1}+{w4}*{i2},"")'},
        {},
    ),
    "biases": (
        {
            "h1__all": "={w1}*{i1}+{w2}*{i2}+0.35",
            "h2__all": "=SUM({w3}*{i1},{w4}*{i2},AH8)",
            "o1__all": "={w5}*{a_h1}+{w6}*{a_h2}+$AH$8*1",
            "dE_dw3__all": "={dE_dw1}*{w6}/{w5}",
        },
        {"dE_dw3": ("wrong", "V8", "")},
    ),
    "biases, and a wrong sum": (
        {"h1__all": "={w1}*{i1}+{w2}*{i2}+0.35", "h2__all": "={w1}*{i1}+{w4}*{i2}+0.35"},
        {"h2": ("wrong", "G8", "Put C8 where you have A8")},
    ),
    "one half for both": (
        {"E1__all": "=({t1}-{a_o1})^2", "E2__all": "=({t2}-{a_o2})^2", "E_total__all": "=0.5*({E1}+{E2})"},
        {},
    ),
    "one half for none": (
        {"E1__all": "=({t1}-{a_o1})^2", "E2__all": "=({t2}-{a_o2})^2"},
        {"E1": ("wrong", "Q8", "without its one half"), "E2": ("wrong", "R8", "without its one half")},
    ),
    "a rate that is typed everywhere": (
        {f"w{k}__all": f"={{w{k}-1}}-0.1*{{dE_dw{k}-1}}" for k in range(1, 9)},
        {
            f"w{k}": ("wrong", f"{letter}9", "Put $B$5 where you have 0.1")
            for k, letter in enumerate("ABCDIJKL", 1)
        },
    ),
    "a sum without end": (
        {"h1__4": "=" + "+".join(["1"] * 3000)},
        {"h1": ("not calculated", "E12", "and so on")},
    ),
    "rounded down": ({"a_o1__all": "=ROUNDDOWN(1/(1+EXP(-{o1})),6)"}, {}),
    "no small mistake": ({"o1__all": "=7"}, {"o1": ("wrong", "M8", "What belongs there")}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_people_do_to_sheets(case, tmp_path):
    changes, expected = CASES[case]
    result = one_table(tmp_path / "a.xlsx", **changes)
    for name, one in result.items():
        if name in expected:
            verdict, cell, words = expected[name]
            assert (one.verdict, one.cell) == (verdict, cell), one
            assert words in one.says, one
        else:
            assert one.verdict == "right" or one.because, one


def test_what_is_right_by_its_numbers_only_is_said_so(tmp_path):
    result = one_table(tmp_path / "a.xlsx", h1__4="=[1]Sheet1!A1", E1__all="=(0.01-{a_o1})^2/2")
    assert any("another file" in note for note in result["h1"].notes)
    assert any("with no others" in note for note in result["E1"].notes)


def test_a_rate_of_another_table(tmp_path):
    first, second = Plan(sheet="A", rate=0.5, steps=4), Plan(sheet="A", rate=0.1, steps=4)
    one, two = sheets.write(tmp_path / "a.xlsx", [first, second])
    for k, step in itertools.product(range(1, 9), range(1, 4)):
        text = two.formulas[f"w{k}", step]
        second.changed[f"w{k}", step] = text.replace(two.constants["rate"], one.constants["rate"])
    one, two = found(tmp_path / "a.xlsx", first, second)
    assert {one.findings[f"w{k}"].verdict for k in range(1, 9)} == {"right"}
    assert {two.findings[f"w{k}"].verdict for k in range(1, 9)} == {"wrong"}
    assert two.findings["w1"].repair == two.plan.changed["w1", 1].replace("$B$5", two.constants["rate"])


def test_a_slip_is_named_by_what_it_is_with_other_numbers_too(tmp_path):
    """Half of a derivative is the rate times it, where the rate is one half."""
    plan = Plan(rate=0.5, steps=3)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    for k, step in itertools.product(range(1, 9), range(3)):
        plan.changed[f"dE_dw{k}", step] = made.formulas[f"dE_dw{k}", step] + "/2"
    result = found(tmp_path / "a.xlsx", plan)[0].findings
    assert {result[f"dE_dw{k}"].slip for k in range(1, 9)} == {"halved"}


def test_rates_that_are_listed_are_none_that_is_given(tmp_path):
    """The rate is typed, and beside the label stand all the rates that were tried."""
    plan = Plan(steps=3, rate=0.7)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    for k, step in itertools.product(range(1, 9), range(1, 3)):
        plan.changed[f"w{k}", step] = made.formulas[f"w{k}", step].replace(made.constants["rate"], "0.7")
    sheets.write(tmp_path / "a.xlsx", [plan])
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book["Sheet1"]["B5"], book["Sheet1"]["C5"] = 0.1, 0.7
    book.save(tmp_path / "a.xlsx")
    result = check(tmp_path / "a.xlsx")
    assert {one.verdict for one in result} == {"right"}
    assert any("typed into the formulas" in note for one in result for note in one.notes)


def test_an_error_that_another_takes_the_half_of_keeps_its_name(tmp_path):
    plan = Plan(steps=3)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    for step in range(3):
        cell = {name: made.cell(name, step) for name in ("E1", "E2", "a_o1", "a_o2")}
        t1, t2 = made.written("t1", step), made.written("t2", step)
        plan.changed["E1", step] = f"=({t1}-{cell['a_o1']})^2"
        plan.changed["E2", step] = f"=({t2}-{cell['a_o2']})^2"
        plan.changed["E_total", step] = f"=({cell['E1']}+{cell['E2']})/2"
    sheets.write(tmp_path / "a.xlsx", [plan])
    verdicts = {one.column: one.verdict for one in check(tmp_path / "a.xlsx")}
    assert verdicts["E1"] == verdicts["E2"] == verdicts["E_total"] == "right"
    assert set(verdicts) == set(made.names)
    plan.changed["E1", 1] = "=({})^3".format(plan.changed["E1", 1][1:])
    sheets.write(tmp_path / "a.xlsx", [plan])
    result = check(tmp_path / "a.xlsx")
    assert next(one for one in result if one.column == "E1").verdict == "wrong"
    assert not any("squared_" in f"{one.says} {one.because}" for one in result)


@pytest.mark.parametrize("held", [0.123, None])
def test_an_update_without_its_formula_among_rates_that_are_left_out(tmp_path, held):
    plan = Plan(steps=4)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    for k, step in itertools.product(range(1, 9), range(1, 4)):
        plan.changed[f"w{k}", step] = f"={made.cell(f'w{k}', step - 1)}-{made.cell(f'dE_dw{k}', step - 1)}"
    plan.changed["w2", 1] = held
    sheets.write(tmp_path / "a.xlsx", [plan])
    result = {one.column: one for one in check(tmp_path / "a.xlsx")}
    assert (result["w1"].verdict, result["w1"].slip) == ("wrong", "rate_left_out")


def test_an_update_of_numbers_alone_is_named_without_its_derivatives(tmp_path):
    columns = [name for name in sheets.write(tmp_path / "a.xlsx", [Plan()])[0].names if name[:2] != "dE"]
    plan = Plan(slip="rate_left_out", steps=6, rate=5.0, columns=columns, values_only=15)
    sheets.write(tmp_path / "a.xlsx", [plan])
    result = {one.column: one for one in check(tmp_path / "a.xlsx")}
    updates = [result[f"w{k}"] for k in range(1, 9)]
    assert {(one.verdict, one.slip) for one in updates} == {("wrong", "rate_left_out")}


def test_weights_may_be_numbered_the_other_way(tmp_path):
    """And then one formula of the sheet is wrong."""
    plan = Plan(steps=4)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    plan.changed |= sheets.numbered_the_other_way(made)
    result = found(tmp_path / "a.xlsx", plan)[0].findings
    assert {one.verdict for one in result.values()} == {"right"}
    assert "read with w2 and w3 in each other's place" in result["w2"].notes
    for step in range(4):  # dE/dw2 with the other slope
        plan.changed["dE_dw2", step] = plan.changed["dE_dw1", step]
    result = found(tmp_path / "a.xlsx", plan)[0].findings
    assert {name for name, one in result.items() if one.verdict == "wrong"} == {"dE_dw2"}
    assert result["dE_dw2"].cell == made.cell("dE_dw2", 0)


def test_a_column_that_ends_too_early(tmp_path):
    path = tmp_path / "a.xlsx"
    sheets.write(path, [Plan(steps=8)])
    book = openpyxl.load_workbook(path)
    for row in range(12, 16):
        book["Sheet1"][f"S{row}"] = None
    book["Sheet1"]["X15"] = None
    book.save(path)
    notes = {one.column: one.notes for one in check(path)}
    assert "nothing stands in S12 and 3 more" in notes["E_total"]
    assert not any("nothing stands" in note for note in notes["dE_dw5"])


def test_a_heading_in_another_sense_leaves_the_rate_where_it_is(tmp_path):
    """Numbers alone that follow another rate than the one given are wrong in whatever sense of a delta."""
    plan = Plan(values_only=15, steps=5, rate=0.1)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book["Sheet1"][made.constants["rate"].replace("$", "")] = 0.2
    book.save(tmp_path / "a.xlsx")
    wrong = {one.column for one in check(tmp_path / "a.xlsx") if one.verdict == "wrong"}
    assert wrong == set(trials.WEIGHTS)


AMOUNTS = {
    0: "with 0 where another number belongs",
    -1: "with the wrong sign",
    -3: "with the wrong sign and 3 times the size",
    -2e6: "with the wrong sign and more than 100000 times the size",
    0.02: "0.02 times what belongs there",
    12345: "12300 times what belongs there",
    1e-7: "less than 0.0001 times what belongs there",
    2e6: "more than 100000 times what belongs there",
    1.1: "off by 10 %",
    1.000123: "off by 0.012 %",
    1 + 1e-10: "off by less than 0.000001 %",
}


@pytest.mark.parametrize("factor", AMOUNTS)
def test_how_far_off_is_said_in_words(factor):
    assert importlib.import_module("s6lib.worksheet.check").amount(factor - 1) == AMOUNTS[factor]


def test_columns_are_no_rows_where_a_table_lies_on_its_side(tmp_path):
    plan = Plan(steps=6, layout="across")
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    for step in (1, 3):
        plan.changed["h1", step] = "=" + made.cell("h2", step)
    one = found(tmp_path / "a.xlsx", plan)[0].findings["h1"]
    assert "in 2 columns, first in column" in one.says and "of the columns before" in one.says
    assert "row" not in one.says


def test_a_rate_that_is_shown_as_the_one_given_is_not_called_another(tmp_path):
    plan = Plan(steps=4, rate=0.7)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    for step, (name, factor) in itertools.product((1, 2, 3), {"w3": 1.00001, "w4": 1.3}.items()):
        plan.changed[name, step] = made.formulas[name, step] + f"*{factor}"
    result = found(tmp_path / "a.xlsx", plan)[0].findings
    assert result["w3"].verdict == "wrong" and "rate" not in result["w3"].says
    assert "It follows a rate of 0.91; given is 0.7." in result["w4"].says
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")  # the same where it was never calculated
    book.save(tmp_path / "a.xlsx")
    result = {one.column: one for one in check(tmp_path / "a.xlsx")}
    assert "It follows a rate of 0.91; given is 0.7." in result["w4"].says


def test_a_change_is_called_as_the_derivative_that_its_heading_names(tmp_path):
    (tmp_path / "a.csv").write_text(sheets.TEXTS["deltas"], encoding="utf-8")
    result = check(tmp_path / "a.csv")
    wrong = [one for one in result if one.verdict != "right"]
    assert [(one.column, one.cell) for one in wrong] == [("dE_dw8", "T3")]
    assert not any("change_" in json.dumps(one.as_dict()) for one in result)


def test_a_new_weight_of_numbers_alone_is_held_against_the_sheets_own_slope(tmp_path):
    (tmp_path / "a.csv").write_text(sheets.TEXTS["updates"], encoding="utf-8")
    slips = {one.column: one.slip for one in check(tmp_path / "a.csv") if one.verdict == "wrong"}
    assert slips == {"dE_dw3": "other_hidden_slope", "dE_dw4": "other_hidden_slope"} | {
        f"w{k}_new": "uphill" for k in range(1, 9)
    }


def test_which_of_several_cells_is_meant_is_said_in_words(tmp_path):
    result = one_table(tmp_path / "a.xlsx", dE_dw5__all="=({a_o1}-{t1})*{a_o1}*(1-{a_o1})*{a_o1}")
    assert "Put F8 where you have N8 (the second of 4)." in result["dE_dw5"].says


def test_numbers_without_headings_are_told_what_is_lacking(tmp_path):
    (tmp_path / "a.csv").write_text("0.1;0.2;0.3\n", encoding="utf-8")
    with pytest.raises(cells.Unreadable, match="numbers without headings: takes a table with its headings"):
        check(tmp_path / "a.csv")


def test_half_a_table_says_what_is_missing(tmp_path):
    names = [name for name in sheets.LONG[4:] if name not in ("dE_dw7", "dE_dw8")]
    result = found(tmp_path / "a.xlsx", Plan(columns=names, steps=3))[0].findings
    assert {name for name, one in result.items() if one.verdict == "not calculated"} == {"dE_dw7", "dE_dw8"}
    assert "half a table" in result["dE_dw7"].says


def test_two_halves_are_one_table(tmp_path):
    made = sheets.write(tmp_path / "a.xlsx", [Plan(steps=4, slip="other_hidden_slope")])[0]
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book.active
    left, right = sheet["T7"].column, sheet["AA7"].column
    sheet.move_range(f"T7:{sheet.cell(11, right).coordinate}", rows=20, cols=-10)
    for row in sheet.iter_rows(min_row=27, max_row=31, min_col=left - 10, max_col=right - 10):
        for cell in row:
            assert cell.value is not None
    for row in sheet.iter_rows(min_row=9, max_row=11, max_col=12):
        for cell in row:
            cell.value = (
                re.sub(
                    r"([T-Z]|AA)(\d+)$",
                    lambda m: f"{formulas.letters(formulas.number_of(m[1]) - 10)}{int(m[2]) + 20}",
                    cell.value,
                )
                if isinstance(cell.value, str) and "$B$5" in cell.value
                else cell.value
            )
    book.save(tmp_path / "a.xlsx")
    result = {one.column: one for one in check(tmp_path / "a.xlsx")}
    assert {name for name, one in result.items() if one.verdict == "wrong"} == {"dE_dw3", "dE_dw4"}
    assert len(result) == len(made.names)


def test_hidden_rows_merged_cells_and_formats(tmp_path):
    sheets.write(tmp_path / "a.xlsx", [Plan(steps=4, slip="other_hidden_slope", layout="two rows")])
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for row in book.active.iter_rows():
        for cell in row:
            cell.number_format = "0.000"
    first = check(tmp_path / "a.xlsx")
    row = next(one.row for one in first if one.verdict == "wrong")
    book.active.row_dimensions[row].hidden = True
    book.save(tmp_path / "a.xlsx")
    result = {one.column: one for one in check(tmp_path / "a.xlsx")}
    assert f"row {row} is hidden" in result["dE_dw3"].notes
    assert result["dE_dw3"].verdict == "wrong"


# Repairs


@needs_libreoffice
def test_a_repair_put_in_is_right(tmp_path, draw):
    """All repairs of some sheets are put in; LibreOffice calculates them, all in one start."""
    names = draw.sample(list(slips.SLIPS), 8)
    folder = tmp_path / "out"
    folder.mkdir()
    for k, name in enumerate(names):
        path = tmp_path / f"{k}.xlsx"
        plan = Plan(slip=name, steps=3, writing=sheets.WRITINGS[k % 4], layout=sheets.LAYOUTS[k % 5])
        sheets.write(path, [plan])
        book = openpyxl.load_workbook(path)
        for one in check(path):
            if one.verdict == "wrong" and not one.because:
                fill(book[one.sheet], one, plan)
        book.save(path)
    subprocess.run(
        [LIBREOFFICE, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
        + ["--convert-to", "xlsx", "--outdir", str(folder)]
        + [str(tmp_path / f"{k}.xlsx") for k in range(len(names))],
        check=True, capture_output=True, timeout=200,
    )  # fmt: skip
    for k, name in enumerate(names):
        book = cells.read(folder / f"{k}.xlsx")
        table = tables.find(book)[0]
        plan = Plan(slip=name)
        path = toy.train(np.reshape(plan.weights, (2, 2, 2)), plan.inputs, plan.targets, plan.rate, 2).weights
        for step in range(3):
            values = [number(book, table, name, step) for name in tables.GRADIENT]
            right = toy.gradient(path[step], plan.inputs, plan.targets)
            np.testing.assert_allclose(values, right.ravel(), rtol=1e-10, atol=1e-18, err_msg=name)


def number(book, table, name, step):
    sheet, row, column = table.place(name, step)
    return book.sheets[sheet].cells[row, column].value


def fill(sheet, one, plan):
    """Put a repair into its cell, and copy it along the table as people do."""
    origin = sheet[one.cell]
    for step in range(plan.steps):
        across = plan.layout == "across"
        row, column = (origin.row, origin.column + step) if across else (origin.row + step, origin.column)
        target = sheet.cell(row, column)
        if target.value is not None:
            target.value = openpyxl.formula.translate.Translator(
                one.repair, origin=one.cell
            ).translate_formula(target.coordinate)


# Formulas


@pytest.mark.parametrize(
    "text, value",
    [
        ("=-2^2", 4), ("=2^3^2", 64), ("=2-3-4", -5), ("=10%*5", 0.5), ("=2^-1", 0.5), ("=-(1+2)*3", -9),
        ("=SUM(A1:B2)", 12), ("=IF(A1>2,1,2)", 1), ("=POWER(A1-1,2)/2", 2), ("=--3", 3), ("=-3%", -0.03),
        ("=AVERAGE(A1:A3,6)", 3.75), ("='My ''own'''!A1+Sheet2!$B$3", 6), ("=1/(1+exp(-0))", 0.5),
        ("=ROUND(-2.5,0)", -3), ("=SUMPRODUCT(A1:A2,B1:B2)", 18), ("=5-−3", 8), ("=.5*2e1", 10),
        ('=IF(A1="",1,2)', 2), ('=IF("a"<>A1,1,2)', 1), ('="Ab"="aB"', 1), ("=ROUND(-2.5)", -3),
        ("=_xlfn.SQRT(A1*A1)", 3), ("=PI()-3.141592653589793", 0), ("=LN(EXP(2))", 2), ("=+A1", 3),
    ],
)  # fmt: skip
def test_formulas_come_to_what_excel_makes_of_them(text, value):
    tree = formulas.parse(text, "Sheet1")
    assert formulas.evaluate(tree, lambda *place: 3.0) == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize(
    "text, kind",
    [
        ("=1/0", "value"), ("=A1:A2", "value"), ('="a"', "value"), ("=(1", "syntax"), ("=1+", "syntax"),
        ("=" + "(" * 200 + "1" + ")" * 200, "syntax"), ("=" + "-" * 500 + "1", "syntax"),
        ("=1+1" * 3000, "syntax"),
        ("=[1]A!B1", "external"), ("=foo", "unknown"), ("=EXEC(1)", "unknown"), ("=9^9^9^9", "value"),
        ("=SUM(A1:XFD1048576)", "value"), ("=(-1)^0.5", "value"), ("=1e308*10", "value"),
        ("=LN(-1)", "value"),
        ("={1,2}", "syntax"), ("=SQRT()", "syntax"), ("=#REF!+1", "syntax"), ("", "syntax"),
    ],
)  # fmt: skip
def test_formulas_that_come_to_nothing_say_why(text, kind):
    with pytest.raises(formulas.FormulaError) as told:
        formulas.evaluate(formulas.parse(text, "Sheet1"), lambda *place: 3.0)
    assert told.value.kind == kind


# Files


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)


def doctype(path):
    sheets.write(path, [Plan(steps=2)])
    with zipfile.ZipFile(path) as made:
        members = {each: made.read(each) for each in made.namelist()}
    bad = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    members["xl/worksheets/sheet1.xml"] = re.sub(rb"<\?xml.*?\?>", bad, members["xl/worksheets/sheet1.xml"])
    with zipfile.ZipFile(path, "w") as made:
        for each, content in members.items():
            made.writestr(each, content)


def cut(path):
    sheets.write(path, [Plan(steps=2)])
    path.write_bytes(path.read_bytes()[:-2000])


def large(path):
    with open(path, "wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(50_000_000)


def no_table(path):
    book = openpyxl.Workbook()
    book.active["A1"] = "nothing"
    book.save(path)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
BAD = {
    "empty": (lambda path: path.write_bytes(b""), "the file is empty"),
    "text": (lambda path: path.write_text("hello"), "not a spreadsheet"),
    "old Excel": (lambda path: path.write_bytes(OLE), "old Excel file"),
    "encrypted": (lambda path: path.write_bytes(OLE + "EncryptedPackage".encode("utf-16-le")), "encrypted"),
    "50 MB": (large, "50 MB; read are files up to 20 MB"),
    "bomb": (lambda path: archive(path, xl__workbook_xml=b"<a/>", b=b"\0" * 110_000_000), "unpacks to more"),
    "a document": (lambda path: archive(path, word__document_xml=b"<a/>"), "not a spreadsheet"),
    "OpenDocument": (lambda path: archive(path, content_xml=b"<a/>"), "save it as .xlsx"),
    "no workbook": (lambda path: archive(path, xl__workbook_xml=b"<a/>"), "not understood"),
    "cut off": (cut, "damaged"),
    "entities": (doctype, "document type"),
    "many members": (lambda path: archive(path, **{f"m{k}": b"" for k in range(2001)}), "files inside"),
    "no table": (no_table, "no table of the network"),
    "missing": (lambda path: None, "No such file"),
}


@pytest.mark.parametrize("case", BAD)
def test_strange_files_are_refused_in_one_line(case, tmp_path, capsys):
    make, words = BAD[case]
    path = tmp_path / "a.xlsx"
    make(path)
    with pytest.raises(cells.Unreadable) as told:
        check(path)
    assert words in str(told.value) and "\n" not in str(told.value)
    assert command.main([str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and words in err


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\x00\x01\x02", b'"', b"a,b\n1,2", "ä;ö\n1;2".encode("latin-1")]
)
def test_strange_texts_are_refused_in_one_line(content, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(cells.Unreadable):
        check(path)


def test_decimal_commas_in_a_text_file(tmp_path):
    numbers = sheets.history(Plan(steps=6, slip="w6_w7_swapped"))
    names = sheets.LONG
    lines = [";".join(names)] + [
        ";".join(f"{row[name]:.9g}".replace(".", ",") for name in names) for row in numbers
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    wrong = {one.column for one in check(path) if one.verdict == "wrong"}
    assert wrong == {"dE_dw1", "dE_dw2", "dE_dw3", "dE_dw4"}


def test_damaged_bytes_never_crash(tmp_path, draw):
    """Any byte of a file changed, or any cell replaced by nonsense: findings or one line."""
    path = tmp_path / "a.xlsx"
    sheets.write(path, [Plan(steps=2)])
    whole = path.read_bytes()
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(draw.randrange(1, 9)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(data)
        try:
            check(path)
        except cells.Unreadable as told:
            assert "\n" not in str(told)
    path.write_bytes(whole)
    book = cells.read(path)
    nonsense = [
        "x",
        "#DIV/0!",
        None,
        1e308,
        -1e308,
        0.0,
        "=",
        "=A1",
        "=E8",
        "=1/0",
        "='",
        "=Sheet9!A1",
        "=" + "(" * 99,
    ]
    for _ in range(40):
        inside = dict(book.sheets["Sheet1"].cells)
        for place in draw.sample(list(inside), 8):
            put = draw.choice(nonsense)
            text = put if isinstance(put, str) and put.startswith("=") else None
            inside[place] = cells.Cell(None if text else put, text)
        try:
            check_book(book._replace(sheets={"Sheet1": cells.Sheet(inside)}))
        except cells.Unreadable:
            pass


@pytest.mark.parametrize("chain", [50, 3000])
def test_a_long_chain_of_cells_ends(chain, tmp_path):
    """A helper that refers to the next cell, and so on: followed for a while, then told."""
    plan = Plan(steps=2)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    book = cells.read(tmp_path / "a.xlsx")
    inside = dict(book.sheets["Sheet1"].cells)
    for row in range(1, chain):
        inside[row, 60] = cells.Cell(None, f"=((BH{row + 1}))")
    inside[chain, 60] = cells.Cell(None, f"={made.formulas['h1', 0][1:]}")
    inside[8, 5] = cells.Cell(None, "=BH1")
    one = next(
        one for one in check_book(book._replace(sheets={"Sheet1": cells.Sheet(inside)})) if one.column == "h1"
    )
    assert one.verdict == ("right" if chain == 50 else "not calculated"), one


def test_texts_without_end_are_read_at_once(tmp_path):
    path = tmp_path / "a.xlsx"
    sheets.write(path, [Plan(steps=2)])
    book = cells.read(path)
    inside = dict(book.sheets["Sheet1"].cells)
    for row, text in enumerate(["-" * 32_000, "η" + " =" * 16_000, "d" * 32_000, "(" * 32_000], 40):
        for column in range(1, 9):
            inside[row, column] = cells.Cell(text)
            inside[row + 10, column] = cells.Cell(None, "=" + text)
    result = check_book(book._replace(sheets={"Sheet1": cells.Sheet(inside)}))
    assert {one.verdict for one in result} == {"right"}


# The command line


def test_a_folder_becomes_a_table_of_marks(tmp_path, capsys):
    inside = tmp_path / "class" / "deep"
    inside.mkdir(parents=True)
    sheets.write(inside / "right.xlsx", [Plan(steps=3)])
    sheets.write(inside / "=wrong.xlsx", [Plan(steps=3, slip="other_hidden_slope")])
    marks = tmp_path / "marks.csv"
    assert command.main([str(inside / "right.xlsx")]) == 0
    assert command.main([str(tmp_path / "class"), "--out", str(marks)]) == 1
    out = capsys.readouterr().out
    assert "Put H8 where you have F8" in out and "«H8»" in out
    with open(marks, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == ["wrong", "wrong", "right"]
    assert rows[0]["formula"].startswith("'=")  # a text for the spreadsheet that opens it
    (inside / "broken.xlsx").write_bytes(b"x")
    assert command.main([str(tmp_path / "class"), "--out", str(marks)]) == 2
    assert len(marks.read_text(encoding="utf-8").splitlines()) == 5
    capsys.readouterr()
    assert command.main([str(tmp_path / "class"), "--json"]) == 2
    assert len(json.loads(capsys.readouterr().out)) == 2 * 27


def test_a_file_that_is_not_understood_does_not_end_the_others(tmp_path, capsys, monkeypatch):
    for name in "ab":
        sheets.write(tmp_path / f"{name}.xlsx", [Plan(steps=2)])

    def strange(book):
        if book.file == "a.xlsx":
            raise TypeError("what a table is no table of")
        return check_book(book)

    monkeypatch.setattr(command, "check_book", strange)
    assert command.main([str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert told.err.strip() == f"{tmp_path / 'a.xlsx'}: not understood (TypeError)"
    assert "b.xlsx, Sheet1!A7: 0 wrong" in told.out


def test_a_note_is_one_whatever_stands_in_it(tmp_path):
    sheets.write(tmp_path / "a.xlsx", [Plan(steps=3)])
    one, other, *_ = check(tmp_path / "a.xlsx")
    texts = "a text; with a semicolon", "another"
    noted = [dataclasses.replace(each, notes=texts[:count]) for each, count in ((one, 2), (other, 1))]
    told = command.written(tmp_path / "a.xlsx", noted).splitlines()
    assert told[-2:] == [
        f"  note: a text; with a semicolon ({one.column}, {other.column})", f"  note: another ({one.column})",
    ]  # fmt: skip
    assert noted[0].as_dict()["notes"] == [*texts]


def test_json_has_an_object_for_each_column(tmp_path, capsys):
    sheets.write(tmp_path / "a.xlsx", [Plan(steps=3, slip="other_hidden_slope")])
    assert command.main([str(tmp_path / "a.xlsx"), "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    wrong = next(one for one in result if one["column"] == "dE_dw3")
    keys = {
        "file",
        "sheet",
        "table",
        "column",
        "cell",
        "verdict",
        "slip",
        "formula",
        "repair",
        "off",
        "row",
        "says",
    }
    assert keys | {"because", "notes"} == set(wrong)
    assert (wrong["sheet"], wrong["table"], wrong["cell"], wrong["row"]) == ("Sheet1", "A7", "V8", 8)
    assert wrong["verdict"] == "wrong" and wrong["slip"] == "other_hidden_slope"
    assert wrong["repair"] == wrong["formula"].replace("F8", "H8")


@needs_libreoffice
def test_a_sheet_that_was_never_calculated_is_calculated(tmp_path, capsys):
    plan = Plan(steps=4, cached=False)
    made = sheets.write(tmp_path / "a.xlsx", [plan])[0]
    plan.changed["a_h1", 2] = f"=1/(1+EXP(-ASINH(SINH({made.cell('h1', 2)}))))"
    sheets.write(tmp_path / "a.xlsx", [plan])
    assert [one.verdict for one in check(tmp_path / "a.xlsx") if one.column == "a_h1"] == ["not calculated"]
    assert command.main([str(tmp_path / "a.xlsx")]) == 0
