"""What every widget shares, module by module and without a page; the engines are pure."""

import json
import math
import random
import re

import numpy as np
import pytest
from modules import NAMES, SOURCES, WIDGETS, run

from s6lib import toy
from s6lib.widgets import join, stepper


def kit(name):
    return join.module(WIDGETS / "kit" / f"{name}.js")


@pytest.mark.parametrize("name", sorted(path.stem for path in SOURCES if path.parent.name == "kit"))
def test_a_module_of_the_kit_can_be_imported_where_no_page_is(name):
    assert run("return typeof document;", kit(name)) == "undefined"


@pytest.mark.parametrize("name", [name for name in NAMES if (WIDGETS / name / "engine.js").exists()])
def test_an_engine_imports_nothing_but_the_kit_and_knows_no_page(name):
    source = (WIDGETS / name / "engine.js").read_text(encoding="utf-8")
    joined = join.module(WIDGETS / name / "engine.js")
    assert all(path.startswith("../kit/") for path in re.findall(r'import .*"(.*)"', source))
    assert "document" not in joined and "window" not in joined
    assert run("return typeof document;", joined) == "undefined"


def test_what_is_written_is_read():
    """In full every float64 comes back; Python's own repr is the referee for what the text says."""
    bits = np.random.default_rng(3).integers(0, 2**64, 2000, dtype=np.uint64).view(np.float64)
    values = [*bits[np.isfinite(bits)].tolist(), 0.0, 1e21, 1e-7, 123456.7, 5e-324]
    texts, back = run(
        f"const all = {json.dumps(values)}; const texts = all.map(value => format(value));"
        "return [texts, texts.map(parseNumber)];",
        kit("numbers"),
    )
    assert [float(value) for value in back] == values and [float(text) for text in texts] == values


@pytest.mark.parametrize("digits", [1, 4, 17])
def test_rounded_numbers_are_those_of_python(digits):
    values = np.random.default_rng(digits).normal(0, 1, 300) * 10.0 ** np.arange(-10, 20).repeat(10)
    read = run(
        f"return {json.dumps(values.tolist())}.map(value => parseNumber(format(value, {digits}, true)));",
        kit("numbers"),
    )
    assert [float(value) for value in read] == [float(f"{value:.{digits - 1}e}") for value in values]


def test_a_number_takes_no_more_room_than_it_has():
    values = (np.random.default_rng(9).normal(0, 1, 400) * 10.0 ** np.arange(-8, 12).repeat(20)).tolist()
    texts = run(f"return {json.dumps(values)}.map(value => fit(value, 5, 9, true));", kit("numbers"))
    for value, text in zip(values, texts, strict=True):
        assert len(text) <= 9 and float(text.replace("−", "-")) == pytest.approx(value, rel=0.06)


def test_an_address_holds_what_differs_and_is_read_exactly():
    readers = "{ side: text => /^\\d+$/.test(text) ? Number(text) : null, kernel: numbers(3) }"
    state = {"side": 28, "kernel": [1, -0.5, 2e-7]}
    written, read, *refused = run(
        f"const readers = {readers}, state = {json.dumps(state)}, keys = Object.keys(readers);"
        "const hash = writeAddress('digits', 2, state, { side: 1, kernel: [0, 0, 0] }, keys);"
        "return [hash, readAddress(hash, 'digits', readers),"
        "  writeAddress('digits', 2, state, state, keys), readAddress(hash, 'stepper', readers),"
        "  ...['#digits=2&side=x', '#digits=2&side=1&side=2', '#digits=2&other=1', '#digits=2&toString=1',"
        "    '#digits=', '#digits=2&kernel=1,2', '', '#' + 'digits=2'.repeat(200), '#digits=2&side=%'].map("
        "    hash => readAddress(hash, 'digits', readers))];",
        kit("address"),
        kit("numbers"),
    )
    assert written == "#digits=2&side=28&kernel=1,-0.5,2e-7" and read == {"number": 2, "state": state}
    assert refused == ["", *[None] * 10]


def test_ticks_of_a_logarithmic_axis_are_written_in_full_near_one():
    written = run("return [-16, -4, -3, -1, 0, 1, 3, 4].map(powerOfTen);", kit("chart"))
    assert written == ["1e−16", "1e−4", "0.001", "0.1", "1", "10", "1000", "1e4"]


def test_a_page_is_given_numbers_by_its_address():
    """What the steppers take so is what the chapters take: `toy.setting` is the referee."""
    texts = "0 -0.0 1 -1 1.01 10 10.01 -10 -10.01 1e-3 0,5 abc 1e400 NaN 0x1".split() + [""]
    tried = [(name, text) for name in ("w1", "w8", "i2", "t1", "t2") for text in texts]
    read, unknown, many, twice = run(
        f"const own = (search) => ownNumbers(search, {json.dumps(stepper.RANGES)});"
        f"const read = {json.dumps(tried)}.map(([name, text]) => own(`?${{name}}=${{text}}`));"
        "return [read, own('?w9=1&i0=2&toString=1&set=4'), own('?w1=0.3&set=7&t2=2&learning_rate=5000'),"
        "  own('?w1=0.3&w2=0.1&w1=0.4')];",
        join.module(WIDGETS / "stepper" / "own.js"),
    )
    for (name, text), got in zip(tried, read, strict=True):
        try:
            toy.setting(**{name: float(text.replace(",", "."))})
            number = float(text.replace(",", "."))
            assert got == {"given": {name: number}, "refused": {}, "twice": {}}, (name, text)
        except ValueError:
            assert got == {"given": {}, "refused": {name: text}, "twice": {}}
    assert unknown == {"given": {}, "refused": {}, "twice": {}}
    assert many == {"given": {"w1": 0.3, "learning_rate": 5000}, "refused": {"t2": "2"}, "twice": {}}
    assert twice == {"given": {"w2": 0.1}, "refused": {}, "twice": {"w1": "0.3 / 0.4"}}


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (
            "globalThis.localStorage = "
            "{getItem: k => saved[k] ?? null, setItem: (k, v) => { saved[k] = v; }};",
            "red",
        ),
        (
            "Object.defineProperty(globalThis, 'localStorage', {get() { throw new Error('forbidden'); }});",
            None,
        ),
        ("globalThis.localStorage = {getItem: () => null, setItem() { throw new Error('full'); }};", None),
        ("delete globalThis.localStorage;", None),
    ],
    ids=["there", "forbidden", "full", "missing"],
)
def test_what_a_reader_chose_is_kept_as_long_as_it_may_be(before, kept):
    first, then, saved = run(
        "const first = recall('ink'); keep('ink', 'red'); return [first, recall('ink'), saved.ink ?? null];",
        kit("storage"),
        before=f"globalThis.saved = {{}}; delete globalThis.localStorage; {before}",
    )
    assert (first, then, saved) == (None, "red", kept)


@pytest.mark.parametrize("count", [1, 2, 199, 200, 201, 5000, 10_001])
def test_a_thinned_curve_keeps_its_ends_and_its_swings(count):
    values = np.random.default_rng(count).normal(0, 1, count)
    values[count // 2] = 99.0
    points = np.array(run(f"return thin({json.dumps(values.tolist())});", kit("chart")))
    assert len(points) <= 403 and (points[:, 1].min(), points[:, 1].max()) == (values.min(), values.max())
    assert points[0, 0] == 0 and tuple(points[-1]) == (count - 1, values[-1])


def test_a_reader_is_told_once_when_nothing_happens_any_more():
    told = run(
        "const said = []; const announcer = new Announcer(text => said.push(text), () => busy);"
        "let busy = false;"
        "const rest = () => { const all = waiting; waiting = []; all.forEach(f => f?.()); };"
        "announcer.tell('opened'); rest(); announcer.tell('one'); announcer.tell('two'); rest();"
        "announcer.tell('two'); rest(); busy = true; announcer.tell('three'); rest(); busy = false;"
        "announcer.tell('four'); announcer.stop(); rest(); return said;",
        kit("announce"),
        before="globalThis.waiting = []; globalThis.setTimeout = f => waiting.push(f) - 1;"
        "globalThis.clearTimeout = k => { waiting[k] = null; };",
    )
    assert told == ["two"]


CALLS = {
    "sigma": lambda z: float(toy.sigmoid(z)),
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": abs,
}
LEAVES = ["w1", "a_h1", "dE_do1", "rate", "2", "0.5", "1e-3", "10", "3.25", "7."]


def spelled(chance, depth):
    """A formula as chance has it, with and without blanks and brackets that it needs not."""
    pick, blank = chance.random(), chance.choice(["", " "])
    if depth == 0 or pick < 0.1:
        return chance.choice(LEAVES)
    if pick < 0.2:
        return f"-{blank}{spelled(chance, depth - 1)}"
    if pick < 0.35:
        return f"({blank}{spelled(chance, depth - 1)}{blank})"
    if pick < 0.5:
        return f"{chance.choice([*CALLS])}({spelled(chance, depth - 1)})"
    sign = chance.choice("+-*/+-*/p").replace("p", "**")
    return f"{spelled(chance, depth - 1)}{blank}{sign}{blank}{spelled(chance, depth - 1)}"


def by_python(text, numbers):
    """What Python makes of it; None where that is no finite real number (JavaScript has NaN there, or ∞)."""
    try:
        value = eval(text, {"__builtins__": {}, **CALLS}, numbers)
    except (ArithmeticError, ValueError, TypeError):  # the last of a complex number
        return None
    return None if isinstance(value, complex) or not math.isfinite(value) else float(value)


def test_a_formula_is_what_python_makes_of_it():
    chance, numbers = random.Random(5), {"w1": 0.15, "a_h1": -0.5, "dE_do1": 3.5, "rate": 2.0}
    texts = [spelled(chance, chance.randint(0, 5)) for _ in range(4000)]
    theirs = run(
        f"const by = {json.dumps(numbers)}; return {json.dumps(texts)}.map((text) => formula(text)(by));",
        kit("formula"),
    )
    finite = 0
    for text, value in zip(texts, theirs, strict=True):
        ours = by_python(text, numbers)
        if ours is not None and abs(ours) < 1e12:
            assert value == pytest.approx(ours, rel=1e-9, abs=1e-9), text
            finite += 1
    assert finite > 2000


def test_what_is_no_arithmetic_is_refused_and_what_is_missing_named():
    texts = [
        "1 +",
        "(1",
        "1)",
        "w1 w1",
        "2 ** ",
        "a = 1",
        "a; b",
        "sigma 1",
        "a.b",
        "[1]",
        "",
        "1,5",
        "*1",
        "`a`",
    ]
    told = run(
        f"return {json.dumps([*texts, 'w1 * w2', 'toString'])}.map((text) => {{"
        " try { return formula(text)({ w1: 1 }); } catch (error) { return [error.name, error.message]; } });",
        kit("formula"),
    )
    assert [name for name, _ in told] == [*["SyntaxError"] * len(texts), *["ReferenceError"] * 2]
    assert told[-2][1] == "w2 is not among the numbers" and told[5][1] == "a = 1: got =; takes arithmetic"


def test_the_sigmoid_is_that_of_the_library_even_where_it_is_flat():
    at = [*np.linspace(-50, 50, 401), 0.0, 700.0, -745.0, 1e300, -1e300]
    found = run(f"return {json.dumps(at)}.map((z) => [sigmoid(z), sigmoidDerivative(z)]);", kit("sigmoid"))
    np.testing.assert_allclose(
        np.transpose(found), [toy.sigmoid(at), toy.sigmoid_derivative(at)], rtol=1e-14, atol=5e-324
    )
