"""The check of worksheets on the page against the one in Python: same files, same cells, verdicts, words."""

import base64
import importlib
import io
import itertools
import json
import random
import re
import zipfile

import numpy as np
import openpyxl
import pytest
import sheets
from bs4 import BeautifulSoup
from modules import WIDGETS, run
from openpyxl.workbook.defined_name import DefinedName

from s6lib import slips
from s6lib.widgets import Sheet, join
from s6lib.widgets.sheet import COLUMNS, example, words
from s6lib.worksheet import cells, formulas, tables, trials

check = importlib.import_module("s6lib.worksheet.check")  # the package has a function of this name


def module(name):
    return join.module(WIDGETS / "sheet" / f"{name}.js")


def checked(paths):
    """What the page finds in files: [{"findings": [...]} or {"error": ...}]."""
    sizes = [path.stat().st_size for path in paths]
    files = [  # what is too large is not even read
        [path.name, size, base64.b64encode(path.read_bytes()).decode() if size < 1e6 else ""]
        for path, size in zip(paths, sizes)
    ]
    program = f"""
        const words = {json.dumps(words())}, all = [];
        for (const [name, size, text] of {json.dumps(files)}) {{
            const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
            const work = checkedFile(name, size, () => bytes, words);
            let step;
            do step = await work.next(); while (!step.done);
            all.push(step.value);
        }}
        return all;"""
    return run(program, module("checking"))


def book_of(path):
    """The cells that the page reads in a workbook, in the shape of `cells.Book`."""
    text = base64.b64encode(path.read_bytes()).decode()
    program = f"""
        const bytes = Uint8Array.from(atob("{text}"), (each) => each.charCodeAt(0));
        const {{ names, sheets }} = await read({json.dumps(path.name)}, bytes);
        return {{ names, sheets: sheets.map((sheet) => ({{
            name: sheet.name,
            merged: sheet.merged.map(([a, b = a]) => [a.row, a.column, b.row, b.column]),
            hidden: [[...sheet.hiddenRows], [...sheet.hiddenColumns]],
            cells: [...sheet.cells.values()],
        }})) }};"""
    found = run(program, module("reading"))
    names = {
        name: (one["sheet"], one["row"], one["column"]) if isinstance(one, dict) else one
        for name, one in found["names"].items()
    }
    return cells.Book(
        path.name,
        {
            sheet["name"]: cells.Sheet(
                {
                    (one["row"], one["column"]): cells.Cell(one["value"], one["formula"], one["shown"])
                    for one in sheet["cells"]
                },
                tuple(map(tuple, sorted(sheet["merged"]))),
                *map(frozenset, sheet["hidden"]),
            )
            for sheet in found["sheets"]
        },
        names,
    )


def test_cells_are_read_as_openpyxl_reads_them(tmp_path):
    book = openpyxl.Workbook()
    sheet, path = book.active, tmp_path / "book.xlsx"
    for place, value in {
        "A1": "w1 & <x>",
        "B1": "∂E/∂w₁",
        "A2": 0.1 + 0.2,
        "A3": "=A2*2",
        "B3": True,
        "A4": "=1/0",
        "A5": "0,5",
        "C9": -1e-300,
        "XFD2": 7,
    }.items():
        sheet[place] = value
    sheet["A2"].number_format = "0.00"
    sheet["C9"].number_format = "0.00E+00"
    sheet["F1"] = "over four"
    sheet.merge_cells("F1:G2")
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["C"].hidden = True
    other = book.create_sheet("It's a sheet")
    other["A1"] = "='Sheet'!A2"
    book.defined_names["rate"] = DefinedName("rate", attr_text="Sheet!$A$2")
    book.defined_names["half"] = DefinedName("half", attr_text="0.5")
    book.save(path)
    assert book_of(path) == cells.read(path)


#: Row by row: as Excel and Google write formulas that cells share, texts in cells, and cells without a name.
ROWS = """<row r="1"><c r="A1" t="inlineStr"><is><t>h1</t></is></c><c t="b"><v>1</v></c></row>
<row><c r="A2"><f t="shared" ref="A2:B4" si="0">$C$1*C2+D$1-"A1"</f><v>1.5</v></c>
<c r="B2"><f t="shared" si="0"/><v>2.5</v></c></row>
<row r="3"><c r="A3" t="str"><f t="shared" si="0"/><v>text &amp; more</v></c>
<c r="B3" t="e"><v>#REF!</v></c></row>
<row r="4"><c r="B4"><f t="shared" si="0"/></c><c r="C4"><f>LOG10(A1)+Sheet1!B$2</f></c></row>"""


def test_shared_formulas_are_written_out(tmp_path):
    path = tmp_path / "shared.xlsx"
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with zipfile.ZipFile(tmp_path / "empty.xlsx") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = re.sub(
                    rb"<sheetData */>|<sheetData>.*</sheetData>",
                    b"<sheetData>" + ROWS.encode() + b"</sheetData>",
                    content,
                )
            new.writestr(name, content)
    found = book_of(path)
    assert found == cells.read(path)
    assert found.sheets["Sheet"].cells[4, 2].formula == '=$C$1*D4+E$1-"A1"'


def zipped(content, **files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**content, **files}.items():
            archive.writestr(name, text)
    return file.getvalue()


def small():
    file = io.BytesIO()
    openpyxl.Workbook().save(file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


SHEET = "xl/worksheets/sheet1.xml"
OLD = bytes.fromhex("d0cf11e0a1b11ae1")
BAD = {
    "text.xlsx": lambda: b"not a spreadsheet",
    "picture.xlsx": lambda: b"\x89PNG\r\n\x1a\n" + bytes(100),
    "empty.xlsx": lambda: b"",
    "empty.csv": lambda: b"\n \n",
    "letter.xlsx": lambda: zipped({"word/document.xml": "<a/>"}),
    "open.xlsx": lambda: zipped({"mimetype": "x", "content.xml": "<a/>"}),
    "old.xls": lambda: OLD + bytes(1000),
    "locked.xlsx": lambda: OLD + "EncryptedPackage".encode("utf-16-le"),
    "cut.xlsx": lambda: zipped(small())[:3000],
    "entities.xlsx": lambda: zipped(
        small() | {SHEET: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + small()[SHEET]}
    ),
    "bomb.xlsx": lambda: zipped(small() | {SHEET: bytes(160_000_000)}),
    "large.xlsx": lambda: b"PK\3\4" + bytes(20_000_001),
    "none.xlsx": lambda: zipped(small()),
    "numbers.csv": lambda: b"0.1\t0.2\t0.3\n",
    "none.csv": lambda: "i1;i2\n0,5;1\n".encode("utf-16"),
}


def test_what_cannot_be_read_is_refused_in_the_same_words(tmp_path):
    paths, said = [], []
    for name, content in BAD.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content())
        with pytest.raises(cells.Unreadable) as caught:
            check.check(paths[-1])
        said.append(f"{caught.value}.")
    assert [one.get("error") for one in checked(paths)] == said


def test_no_more_is_unpacked_than_the_directory_promises(tmp_path):
    content = bytearray(zipped({"xl/workbook.xml": b"<workbook>" + bytes(1_000_000) + b"</workbook>"}))
    for mark, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):  # where the size stands in each
        at = content.index(mark) + place
        content[at : at + 4] = (100).to_bytes(4, "little")
    path = tmp_path / "liar.xlsx"
    path.write_bytes(content)
    assert checked([path])[0]["error"] == "the file is damaged, or cut off."


FORMULAS = """
-2^2 2^3^2 2^-1 -50% 3-2%^2 1-A1^2 A1*(1-A1) -A1*-B2 --A1 A1/A2/A3 A1-A2-A3 10%^2 SUM(A1:B3) SUM() 0^-1 1/0
SUMPRODUCT(A1:A3,B1:B3) SUMPRODUCT(A1:A3,B1:B2) EXP(-A1) EXP(1000) POWER(A1,2) POWER(-1,0.5) (-1)^0.5 10^400
SQRT(A2) SQRT(-1) ABS(-A3) IF(A1>A2,1,2) IF(A1>A2,1) IF(1,A1:A2) IFERROR(1/0,5) ROUND(2.5) ROUND(-2.5,0) LN(0)
ROUND(1234.5,-2) PI() PI(1) LN(A2) LOG(8,2) LOG10(1000) PRODUCT(A1:A3) AVERAGE(A1,B2) SUMSQ(A1:A2) MAX(A1:B2)
TANH(A1) MULTIPLY(2,3) 'It''s'!$A$1*2 Sheet2!B2 Sheet2!B2:C3 [1]Sheet1!A1 rate*2 RATE+1 other(1) 1+ A1:
unknown A1:A2+1 A1:A1+1 "a"&1 "a TRUE+1 @A1 2×3 A1−B1 A1<>B1 A1>=B1 1E-3+1 1e5x _xlfn.POWER(2,3) SUM(1;2)
((A1)) (A1 IF(A1="",1,2) IF("a"<>A1,1,2) "Ab"="aB" ROUND(A1*7,2) ROUND(A2,A1) ROUND(A1*70,0)
""".split()
FORMULAS += ["=1 2", "=A1 B1", "= A1 + B1 ", f"={'(' * 70}1{')' * 70}", "=" + "1+" * 5000 + "1"]


def test_formulas_are_read_and_evaluated_alike():
    """The referee of the Python half is LibreOffice, in its own tests."""
    names = {"rate": ("S", 2, 2)}

    def python(text):
        try:
            tree = formulas.parse(text, "S", names)
            places = [(one[3], one[4], one[5]) for one in formulas.cells_of(tree)]
            return [places, formulas.evaluate(tree, lambda s, r, c: 0.1 * r + 0.01 * c + (s != "S"))]
        except formulas.FormulaError as error:
            return [error.kind, str(error)]

    found = run(
        f"""const look = (s, r, c) => 0.1 * r + 0.01 * c + (s === "S" ? 0 : 1), names =
            {{ rate: {{ sheet: "S", row: 2, column: 2 }} }};
        return {json.dumps(FORMULAS)}.map((text) => {{
            try {{
                const tree = parse(text, "S", names), value = evaluate(tree, look);
                return [cellsOf(tree).map((one) => [one.sheet, one.row, one.column]), value];
            }} catch (error) {{
                return [error.kind, error.message];
            }}
        }});""",
        # one module, so that both share one FormulaError
        module("evaluate").replace("export ", "") + "\nexport { parse, cellsOf, evaluate };",
    )
    for text, one in zip(FORMULAS, found):
        kind, value = python(text)
        if isinstance(value, float):
            assert one == [[list(place) for place in kind], pytest.approx(value, rel=1e-14)], text
        else:
            assert one == [kind, value], text


def test_headings_mean_the_same():
    draw = random.Random(1)
    bits = "d ∂ δ E _tot total / w1 w8 h1 o2 a_ out net _ ( ) 1 2 new t i x η 𝑤₁ grad err = \\partial".split()
    texts = ["".join(draw.choices(bits, k=draw.randint(1, 6))) for _ in range(3000)] + ["x" * 61]
    texts += [spell(name) for spell in sheets.SPELLINGS.values() for name in sheets.LONG]
    program = f"""
        const headings = new Headings({json.dumps(words())}), plain = {{ h: "a_h", o: "a_o" }};
        return {json.dumps(texts)}.map((text) => [
            headings.quantity(text), headings.quantity(text, plain),
        ]);"""
    plain = {"h": "a_h", "o": "a_o"}
    for text, found in zip(texts, run(program, module("headings")), strict=True):
        assert found == [tables.quantity(text), tables.quantity(text, plain)], text


def test_networks_of_trials_are_the_same_to_the_digit():
    program = f"""const network = new Network({json.dumps(trials.FORMULAS)}, 3, {{ i1: 0.05 }}, true);
        return [0, 1, -1, -7].map((offset) => network.at(offset));"""
    network = trials.Network(3, {"i1": 0.05}, varied=True)
    for offset, found in zip((0, 1, -1, -7), run(program, module("trials"))):
        assert found == pytest.approx(network.at(offset), rel=1e-14, abs=1e-300)


def plans():
    """Tables of every layout, spelling and way of writing, each with a slip or none."""
    draw, names = random.Random(5), [None, *slips.SLIPS]
    for k, spelling in enumerate(sheets.SPELLINGS):
        yield sheets.Plan(
            slip=draw.choice(names),
            spelling=spelling,
            layout=sheets.LAYOUTS[k % 5],
            writing=sheets.WRITINGS[(k + 1) % 4],
            cached=k % 4 != 1,
            steps=draw.choice((2, 4, 6)),
            rate=draw.choice((0.1, 0.5, 2.0)),
            step_column=k % 3 == 0,
            values_only=(0, 0, 0, 7)[k % 4],
            weights=tuple(np.round(np.array([draw.uniform(-1, 1) for _ in range(8)]), 2)),
        )


CHANGED = {
    ("dE_dw5", 2): 0.123,
    ("h1", 1): "text",
    ("w3", 1): "=B2-0.3*B3",
    ("dE_dw1", 1): "=[1]Other!A1*2",
    ("E1", 0): "=1/0",
    ("a_h1", 1): "0,5",
}


HABITS = {
    "rounded": {"dE_dw5": "=ROUND(({a_o1}-{t1})*{a_o1}*(1-{a_o1})*{a_h1},4)", "E1": "=ROUND(1/3,2)"},
    "biased": {
        "h1": "={w1}*{i1}+{w2}*{i2}+0.35",
        "h2": "=SUM({w1}*{i1},{w4}*{i2},0.35)",
        "o1": "={w5}*{a_h1}+{w6}*{a_h2}+$AH$8*1",
        "dE_dw4": "={dE_dw2}*{w6}/{w5}",
    },
    "squares": {"E1": "=({t1}-{a_o1})^2", "E2": "=({t2}-{a_o2})^2", "E_total": "=0.5*({E1}+{E2})"},
    "empty": {"h1": '=IF({w1}="","",{w1}*{i1}+{w2}*{i2})', "o1": "=7"},
    "typed": {f"w{k}": f"={{w{k}-1}}-0.1*{{dE_dw{k}-1}}" for k in range(1, 9)},
}


def habits(path):
    """What people do: formulas of whole columns, {..} are cells; and a column that ends too early."""
    for name, columns in HABITS.items():
        plan = sheets.Plan(steps=5)
        made = sheets.write(path, [plan])[0]
        for column, step in itertools.product(columns, range(5)):
            if step or column[0] != "w":
                plan.changed[column, step] = re.sub(
                    r"\{(\w+)(-1)?\}", lambda m, at=step: made.written(m[1], at - bool(m[2])), columns[column]
                )
        yield name, plan
    half = sheets.Plan(steps=5, rate=0.5)
    made = sheets.write(path, [half])[0]
    for k, step in itertools.product(range(1, 9), range(5)):
        half.changed[f"dE_dw{k}", step] = made.formulas[f"dE_dw{k}", step] + "/2"
    yield "half", half
    numbered = sheets.Plan(steps=4)
    made = sheets.write(path, [numbered])[0]
    numbered.changed |= sheets.numbered_the_other_way(made)
    numbered.changed |= {("dE_dw2", step): "=H8*0.1" for step in range(4)}
    yield "numbered", numbered
    lying = sheets.Plan(steps=6, layout="across")
    made = sheets.write(path, [lying])[0]
    for step in (1, 3):
        lying.changed["h1", step] = "=" + made.cell("h2", step)
    yield "lying", lying
    often = sheets.Plan(steps=4, rate=0.7)
    made = sheets.write(path, [often])[0]
    for step in range(4):
        often.changed["dE_dw5", step] = "=({0}-{1})*{0}*(1-{0})*{0}".format(
            made.cell("a_o1", step), made.written("t1", step)
        )
        if step:
            often.changed["w3", step] = made.formulas["w3", step] + "*1.00001"
            often.changed["w4", step] = made.formulas["w4", step] + "*1.3"
    yield "often", often
    for name, factor in {
        "none": 0,
        "turned": -3,
        "large": 1e7,
        "small": 1e-7,
        "less": 0.02,
        "near": 1 + 1e-11,
    }.items():
        changed = {
            ("dE_dw6", step): f"={factor!r}*({made.formulas['dE_dw6', step][1:]})" for step in range(4)
        }
        yield name, sheets.Plan(steps=4, rate=0.7, changed=changed)
    yield "early", sheets.Plan(steps=5, changed={("E_total", step): None for step in (2, 3, 4)})
    uphill = sheets.Plan(steps=5, slip="uphill", values_only=15)
    yield "numbers", uphill
    columns = [name for name in made.names if not name.startswith("dE")]
    yield "no derivatives", sheets.Plan(steps=5, slip="uphill", rate=5.0, columns=columns, values_only=15)


def test_verdicts_are_those_of_python(tmp_path):
    given, paths = list(plans()), []
    for k in range(0, len(given), 2):
        paths.append(tmp_path / f"{k}.xlsx")
        for one in given[k : k + 2]:
            one.sheet = "both" if k % 4 else None
        sheets.write(paths[-1], given[k : k + 2])
    paths.append(tmp_path / "changed.xlsx")
    sheets.write(
        paths[-1], [sheets.Plan(steps=4, changed=CHANGED), sheets.Plan(steps=3, slip="w6_w7_swapped")]
    )
    for name, plan in habits(tmp_path / "plan.xlsx"):
        paths.append(tmp_path / f"{name}.xlsx")
        sheets.write(paths[-1], [plan])
    paths.append(tmp_path / "example.csv")
    paths[-1].write_text(example(), encoding="utf-8")
    for name, text in sheets.TEXTS.items():
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    wrong = 0
    for path, found in zip(paths, checked(paths), strict=True):
        right = [one.as_dict() for one in check.check(path)]
        assert len(found["findings"]) == len(right), path.name
        for one, other in zip(found["findings"], right):
            off, told = other.pop("off"), one.pop("told")
            assert all(part in one["says"] for part in told.split(". "))
            assert one.pop("off") == (off if off is None else pytest.approx(off, rel=1e-6, abs=1e-12))
            assert one == other, path.name
        wrong += sum(one["verdict"] == "wrong" for one in right)
    assert wrong > 40


def test_the_example_has_the_slip_of_the_worksheet(tmp_path):
    path = tmp_path / "example.csv"
    path.write_text(example(), encoding="utf-8")
    found = {one.column: one for one in check.check(path)}
    assert {name for name, one in found.items() if one.verdict != "right"} == {"dE_dw3", "dE_dw4"}
    assert found["dE_dw3"].slip == "other_hidden_slope" and found["dE_dw3"].cell == "Z3"
    assert set(found) | {"i1", "i2", "t1", "t2"} == set(COLUMNS)


def test_differences_are_marked_token_by_token():
    pairs = [("=J3*(1-J3)*A3", "=L3*(1-L3)*A3"), ("=A1", "=A1*2"), ("=SUM(A1:A2)", "=A1"), ("=(", "=1")]
    found = run(f"return {json.dumps(pairs)}.map((pair) => differences(...pair));", module("difference"))
    assert found[0] == [
        [["J3", True], ["*(1-", False], ["J3", True], [")*A3", False]],
        [["L3", True], ["*(1-", False], ["L3", True], [")*A3", False]],
    ]
    assert found[1] == [[["A1", False]], [["A1", False], ["*2", True]]]
    for pair, marked in zip(pairs, found):
        assert ["=" + "".join(text for text, _ in side) for side in marked] == list(pair)
        same = ["".join(text for text, differs in side if not differs) for side in marked]
        assert same[0] == same[1]


def test_it_takes_no_traits():
    with pytest.raises(TypeError, match="Sheet: got 'file'"):
        Sheet(file="x.xlsx")


def test_what_stands_still_says_the_command():
    soup = BeautifulSoup(Sheet()._repr_html_(), "html.parser")
    assert soup.select_one(".fallback code").get_text() == "python -m s6lib.worksheet check homework.xlsx"
