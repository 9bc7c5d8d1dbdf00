"""What the stepper writes, its fields read: numbers there and back, and what is refused with a reason."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest

from s6lib import toy
from s6lib.widgets import Stepper, join

WIDGETS = Path(join.__file__).parent
#: What knows no page.
PURE = ("stepper/engine.js", "stepper/toy.js", "stepper/address.js", "kit/numbers.js")

HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title>'

#: Every one is refused by a field for one number.
REFUSED = [
    "",
    " ",
    "\u200e",
    "e",
    "1e",
    "1e+",
    "e5",
    "1e1.5",
    "1e5e5",
    "1e 5",
    ".",
    "-",
    "+",
    "-.",
    "+.e1",
    "--1",
    "++1",
    "+-1",
    "−−1",
    "- 1",
    "1-",
    "1.2.3",
    "1..2",
    "..1",
    "1.2.",
    "0x10",
    "0b1",
    "0o7",
    "1_000",
    "1__0",
    "1e999",
    "-1e999",
    "1e-999",
    "2e-324",
    "-1e-400",
    "NaN",
    "nan",
    "-NaN",
    "∞",
    "−∞",
    "Infinity",
    "-Infinity",
    "inf",
    "not a number",
    "?",
    "→0.14",
    "1/2",
    "½",
    "1⁄2",
    "2²",
    "10⁻³",
    "1×10^3",
    "1*2",
    "1+1",
    "2^3",
    "10%",
    "5 %",
    "5‰",
    "$5",
    "€5",
    "5 €",
    "1n",
    "1f",
    "1d",
    "0.5f",
    "1L",
    "1j",
    "1i",
    "1e5j",
    "true",
    "null",
    "undefined",
    "None",
    "[1]",
    "(1)",
    "{1}",
    "1;",
    "1;2",
    "1:2",
    "1'000",
    "1’000",
    "1 000",
    "1 2",
    "0.5 0.6",
    "0.1\t0.2",
    "1,000",
    "-1,000",
    "12,345",
    "123,456",
    "+1,000e3",
    "１，０００",
    "1,000,000",
    "1,234.5",
    "1.234,5",
    "1,2,3",
    ",",
    "1,,5",
    ",,1",
    "1,5,",
    "٣",
    "٠٫٥",
    "۵",
    "५",
    "๕",
    "५.५",
    "一",
    "十",
    "Ⅴ",
    "①",
    "𝟓",
    "𝟎.𝟓",
    "¹",
    "₁",
    "five",
    "half",
    "a",
    "w1",
    "η",
    "π",
    "1π",
    "1e５.",
    "１．２．３",
    "1\u00a02",
    "1\u00a000",
    "1\u00a00000",
    "1234\u00a0567",
    "1\u202f23\u202f456",
    "\u00a01\u00a0000\u00a00",
    "0.123\u202f456",
    "1\u2007\u2009000",
    "1\u20282",
    "1\u20032",
    "1\u30002",
    "1\u200a000",
    "—1",
    "―1",
    "~1",
    "≈1",
    "±1",
    "<1",
    ">1",
    "=1",
    "==1",
    "=1+1",
    "<img src=x onerror=alert(1)>",
    "<b>1</b>",
    "&#49;",
    "&minus;1",
    "%31",
    "\\u0031",
    "'1'",
    '"1"',
    "“1”",
    "`1`",
    "1;alert(1)",
    "alert(1)",
    "${1}",
    "{{1}}",
    "1//2",
    "1/*2*/",
    "#1",
    "@1",
    "!1",
    "1!",
    "1?",
    "|1|",
    "1|2",
    "\\1",
    "1\\",
    "_1",
    "1_",
    "1e_5",
    "e1e1",
    "1ee1",
    "1E",
    "E1",
    "1.e",
    ".e1",
    "-e1",
    "1e--5",
    "1e−−5",
    "1e+-5",
    "1e5.0",
    "1e0x1",
    "0e",
    "00x1",
    "1.0.",
    "0,0,0",
    "0.0.0",
    "1, 5",
    "1 ,5",
    "1 .5",
    "1. 5",
    "1 e5",
    "1e5 5",
    "- −5",
    "−-5",
    "–−1",
    "1–2",
    "1-2",
    "1−2",
    "5-",
    "5+",
    "1.5e3e",
    "1.5.e3",
    "🙂",
    "1🙂",
    "１ ２",
    "ー1",
    "1ー",
    "0.5.",
    "0.5..",
    "9" * 310,
    "-" + "9" * 400,
    "1" + "0" * 309,
    "1" * 200 + "x",
    "0." + "0" * 400 + "1",
    "1e" + "9" * 30,
    "1e-" + "9" * 30,
]

#: Text in a field for one number, and the number it spells.
READ = [
    ("−4.4761e−5", -4.4761e-5),
    ("–4.5", -4.5),
    ("‐4.5", -4.5),
    ("‑4.5", -4.5),
    ("－４．５ｅ－５", -4.5e-5),
    ("１２．５", 12.5),
    ("\u200e−0.5\u200f", -0.5),
    ("\u202d0.25\u202c", 0.25),
    ("\u2066 0.25\u2069", 0.25),
    ("\ufeff0.25", 0.25),
    ("0\u200b.25", 0.25),
    ("1,5", 1.5),
    ("-1,5", -1.5),
    (",5", 0.5),
    ("0,125", 0.125),
    ("1234,567", 1234.567),
    ("1,0000", 1.0),
    ("1，5", 1.5),
    ("1\u00a0000", 1000.0),
    ("−12\u202f345.5", -12345.5),
    ("1\u2009234\u2009567", 1234567.0),
    ("1\u2007000,25", 1000.25),
    ("  0.5\t", 0.5),
    ("+5", 5.0),
    ("5.", 5.0),
    (".5", 0.5),
    ("1E3", 1000.0),
    ("1e+3", 1000.0),
    ("007", 7.0),
    ("5e-324", 5e-324),
    ("-0", 0.0),
    ("0e999", 0.0),
    ("1.7976931348623157e308", 1.7976931348623157e308),
]

#: Text in the field for a list of rates, and the rates.
LISTS = [
    ("1,5; 2,5", [1.5, 2.5]),
    ("1,5 2,5", [1.5, 2.5]),
    ("2,5;1,5", [1.5, 2.5]),
    ("1, 2, 5", [1, 2, 5]),
    ("0.5 2 10", [0.5, 2, 10]),
    ("0.5; 2", [0.5, 2]),
    ("1\u202f000 2", [2, 1000]),
    ("１；２", [1, 2]),
    ("3", [3]),
    ("1,5; 2,5; 10", [1.5, 2.5, 10]),
]
AMBIGUOUS_LISTS = ["1,5", "1,2,3", "1, 2,5", "0.1,0.2", "1,000 2", "1,5;", "1,5, 2,5"]


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    """The stepper, all panels open, opened from a file; and `engine`, the exports of its script."""
    path = tmp_path_factory.mktemp("numbers") / "page.html"
    path.write_text(HEAD + Stepper(panel="values")._repr_html_())
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.locator(".live").wait_for()
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    page.locator("button.edge").first.click()  # its field opens
    page.evaluate(
        """async sources => {
        const load = source => import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
        window.engine = Object.assign({}, ...await Promise.all(sources.map(load)));
        // As a reader does it: text into the field, Enter; what the page then holds, and what it says.
        window.enter = (label, text) => {
            const field = document.querySelector(`input[aria-label="${label}"]`);
            field.value = text;
            field.dispatchEvent(new Event("input"));
            field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
            const shown = [...document.querySelectorAll("[data-quantity]")]
                .map(one => one.dataset.value).join();
            const said = document.getElementById(field.getAttribute("aria-describedby")).textContent;
            return {field: field.value, shown, said};
        }
        window.shownOf = name => document.querySelector(`.tables [data-quantity=${name}]`);
        }""",
        [join.module(WIDGETS / name) for name in PURE],
    )
    yield page
    page.close()


def numbers():
    """1,000 float64: random bits, subnormals, huge, negative and round ones. Zero has no sign on a page."""
    random = np.random.default_rng(7)
    bits = random.integers(0, 2**64, 700, dtype=np.uint64).view(np.float64)
    tiny = random.integers(1, 2**52, 100, dtype=np.uint64).view(np.float64)
    round_ones = [0.0, *(sign * m * 10.0**e for sign in (1, -1) for m in (1, 2.5, 5) for e in range(-9, 25))]
    edges = [
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        -1.7976931348623157e308,
        2.0**53,
        1 / 3,
        0.1 + 0.2,
        1e21,
        1e22,
        1e-7,
    ]
    every = filter(math.isfinite, (*bits.tolist(), *tiny.tolist(), *random.normal(0, 1, 400).tolist()))
    return [*round_ones, *edges, *every][:1000]


def bits(values):
    return [struct.pack("<d", value) for value in values]


def test_numbers_come_back_bit_for_bit_however_they_are_spelled(page):
    sent = numbers()
    assert len(sent) == 1000
    for spell in ("format(value, 17)", "format(value, 17, true)", "format(value)"):
        back = page.evaluate(f"all => all.map(value => engine.parseNumber(engine.{spell}))", sent)
        assert None not in back and bits(map(float, back)) == bits(sent), spell


def test_what_the_page_shows_in_full_its_field_takes(page):
    """The referee is Python's float, which reads what the page shows and what the field then holds."""
    page.get_by_label("Digits").fill("17")
    sent = [
        value for value in numbers()[::4] if abs(value) < 1e150
    ]  # beyond, the network has no finite values to show
    shown = page.evaluate(
        """all => all.map(value => {
        enter("w1 at the start", String(value));
        const first = shownOf("w1").textContent;
        enter("w1 at the start", "0.15");
        const {said} = enter("w1 at the start", first);
        return [first, shownOf("w1").dataset.value, said];
    })""",
        sent,
    )
    assert [said for *_, said in shown] == [""] * len(sent)
    for value, (text, held, _) in zip(sent, shown):
        assert bits([float(text.replace("−", "-")), float(held)]) == bits([value, value])


@pytest.mark.parametrize(("text", "value"), READ)
def test_what_copying_makes_of_a_number_is_read(page, text, value):
    page.evaluate("enter('w1 at the start', '0.15')")
    assert page.evaluate("text => enter('w1 at the start', text).said", text) == ""
    assert bits([float(page.evaluate("shownOf('w1').dataset.value"))]) == bits([value])


def test_what_is_no_number_is_refused_with_a_reason_and_changes_nothing(page):
    assert len(set(REFUSED)) >= 200
    page.evaluate("enter('w1 at the start', '0.25')")
    for label in ("w1 at the start", "Learning rate"):
        page.evaluate("label => enter(label, '0.25')", label)
        before = page.evaluate("label => enter(label, '0.25')", label)
        for text in REFUSED:
            after = page.evaluate("([label, text]) => enter(label, text)", [label, text])
            assert "takes" in after["said"] and "Kept 0.25" in after["said"], text
            assert (after["field"], after["shown"]) == (before["field"], before["shown"]), text
            if "," in text:
                assert "1,000 may be 1 or 1000" in after["said"], text


@pytest.mark.parametrize(("text", "rates"), LISTS)
def test_a_list_of_rates_is_read(page, text, rates):
    page.evaluate("enter('Rates in the race', '7')")
    after = page.evaluate("text => enter('Rates in the race', text)", text)
    assert after["said"] == "" and [float(each) for each in after["field"].split()] == rates


@pytest.mark.parametrize("text", AMBIGUOUS_LISTS)
def test_a_list_that_can_be_read_in_two_ways_is_refused(page, text):
    page.evaluate("enter('Rates in the race', '7')")
    after = page.evaluate("text => enter('Rates in the race', text)", text)
    assert after["field"] == "7" and "1,5 in a list" in after["said"]


# --------------------------------------------------------------------------------- address


@pytest.fixture
def opened(open_page, tmp_path):
    """opened(hash, steppers=1) -> the page with this address."""

    def opened(hash, steppers=1):
        path = tmp_path / "page.html"
        path.write_text(HEAD + steppers * Stepper()._repr_html_())
        page = open_page(path.as_uri() + hash)
        page.locator(".live").first.wait_for()
        return page

    return opened


@pytest.mark.parametrize(
    "hash",
    [
        "#stepper=1&step=3&inputs=0.5,-1",
        "#stepper=1&step=3&inputs=0.5%2C-1",
        "#stepper=1&amp;step=3&amp;inputs=0.5,-1",
        "#stepper%3D1%26step%3D3%26inputs%3D0.5%2C-1",
        "#stepper=1&step=3&inputs=0.5,-1.",
        "#stepper=1&step=3&inputs=0.5,-1).",
        "#stepper=1&step=3&inputs=0.5,-1>",
        "#stepper=1&step=3&inputs=0.5,-1%22",
        "#stepper=1&step=3&inputs=0.5,-1,",
        "#stepper=1&step=3&inputs=0.5,-1]",
    ],
)
def test_an_address_survives_mail(opened, hash):
    page = opened(hash)
    assert page.locator(".s6-stepper").get_attribute("data-step") == "3"
    inputs = [
        float(page.locator(f"[data-quantity={name}]").first.get_attribute("data-value"))
        for name in ("i1", "i2")
    ]
    assert inputs == [0.5, -1.0]
    assert not page.get_by_text("is broken").is_visible()


@pytest.mark.parametrize(
    "hash",
    [
        "#stepper=1&step=x",
        "#stepper=1&step=3&unknown=1",
        "#stepper=9&step=3",
        "#stepper=1&weights=1,2",
        "#stepper=1&step=%",
        "#Stepper=1&step=2",
        "#stepper=",
        "#stepper=1&rates=1,-2",
    ],
)
def test_a_broken_link_says_so_until_the_reader_moves(opened, hash):
    page = opened(hash, steppers=2)
    told = page.get_by_role("alert").filter(has_text="broken")
    assert told.count() == 1 and page.locator(".s6-stepper").first.get_by_text("is broken").is_visible()
    weights = [
        float(page.locator(f"[data-quantity=w{k}]").first.get_attribute("data-value")) for k in range(1, 9)
    ]
    assert weights == toy.WEIGHTS.ravel().tolist()
    page.get_by_role("button", name="Step forward").first.click()
    assert told.count() == 0


def test_other_addresses_are_no_business_of_the_stepper(opened):
    assert not opened("#a-section").get_by_text("is broken").is_visible()
    assert not opened("#steppers").get_by_text("is broken").is_visible()


# ------------------------------------------------------------------------------------ copies


def copied(page, selector):
    """The text that a copy of `selector`, whole, puts on the clipboard."""
    return page.locator(selector).first.evaluate("""node => {
        getSelection().selectAllChildren(node);
        const clipboardData = new DataTransfer();
        node.dispatchEvent(new ClipboardEvent("copy", {clipboardData, bubbles: true, cancelable: true}));
        return clipboardData.getData("text/plain"); }""")


def test_a_copied_table_is_one_of_numbers_for_a_spreadsheet(opened):
    page = opened("#stepper=1&targets=0.9,0.1&proof=w1")
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    gradient = toy.gradient(toy.WEIGHTS, toy.INPUTS, [0.9, 0.1]).ravel()
    rows = [line.split("\t") for line in copied(page, ".tables").splitlines() if "\t" in line]
    values = {name: float(value) for name, value in rows}  # float takes no U+2212
    for k in range(8):
        assert values[f"∂E/∂w{k + 1}"] == pytest.approx(gradient[k], abs=1e-16)
    assert values["w1"] == 0.15 and min(values.values()) < 0
    assert (
        float(page.locator(".tables [data-quantity=dE_dw5]").get_attribute("data-value")) == values["∂E/∂w5"]
    )
    for line in copied(page, ".paths").splitlines():
        if "\t" in line:
            assert math.isfinite(float(line.split("\t")[-1])) and "\t=" not in line
    for line in copied(page, ".race").strip().splitlines()[2:]:
        assert len([float(cell) for cell in line.split("\t")[1:3]]) == 2
