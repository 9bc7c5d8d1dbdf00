"""Questions without a browser: Python and JavaScript read, draw and judge the same; mistakes are apart."""

import json
import math
import re

import pytest
from bs4 import BeautifulSoup
from modules import WIDGETS, run

from bookbuild.scripts import shortened
from s6lib import toy
from s6lib.widgets import NETWORK, Again, Progress, Question, Questions, join
from s6lib.widgets.question import bank, formulas, judging, spelling, text

JUDGE = join.module(WIDGETS / "question" / "judge.js")
SPELLING = join.module(WIDGETS / "kit" / "spelling.js")
#: Each spelling, and the number that it means.
SPELLINGS = {
    "0.0275": 0.0275, "0,0275": 0.0275, " .5 ": 0.5, ",5": 0.5, "5.": 5, "+3": 3, "−3": -3, "–3": -3,
    "- 3": -3, "5e-4": 5e-4, "5E-4": 5e-4, "27.5e-3": 0.0275, "5e−4": 5e-4, "2.5×10^-3": 0.0025,
    "2,5 · 10⁻³": 0.0025, "2.5*10**-3": 0.0025, "10^-3": 1e-3, "-10⁻²": -0.01, "1/3": 1 / 3,
    "-1 / 4": -0.25, "½": 0.5, "1⁄8": 0.125, "about 0.5": 0.5, "≈ 0.5": 0.5, "~0.5": 0.5,
    "approx. 0,5": 0.5, "= 0.5": 0.5, "ca. 0.5": 0.5, "a_h1 = 0.5": 0.5, "∂E/∂w5 ≈ -0.5": -0.5,
    "0.5%": 0.005, "0.5 %": 0.005, "50 percent": 0.5, "５０": 50, "０．５": 0.5, "−０，５": -0.5,
    "1.234,5": 1234.5, "1,234.5": 1234.5, "1.234.567": 1234567, "12 426": 12426, "12'426": 12426,
    "12’426": 12426, "12_426": 12426, "12\u202f426": 12426, "\u200e0.5": 0.5, "0.5;": 0.5,
    "roughly about 3": 3, "0,001": 0.001, "007": 7, "0": 0, "-0": 0,
}  # fmt: skip
#: What is told how to be typed.
TOLD = {
    "": spelling.EMPTY, "   ": spelling.EMPTY, "\u200b": spelling.EMPTY, "a half": spelling.WORDS,
    "half": spelling.WORDS, "0.5 or 0.6": spelling.ONE, "1 2": spelling.ONE, "1/0": spelling.SIZE,
    "1e999": spelling.SIZE, "1.2.3": spelling.WORDS, "1,2,3": spelling.WORDS, "--3": spelling.WORDS,
    "1.23,456,7": spelling.WORDS, "NaN": spelling.WORDS, "Infinity": spelling.WORDS, "0x10": spelling.ONE,
    "<b>1</b>": spelling.WORDS, "e": spelling.WORDS, ".": spelling.WORDS, ",": spelling.WORDS,
    "3 apples": spelling.WORDS, "٣ ٤": spelling.WORDS, "٣": spelling.WORDS, "1 ٢٣٤": spelling.WORDS,
}  # fmt: skip


def in_javascript(program, *values, module=JUDGE):
    given = ", ".join(map(json.dumps, values))
    return run(f"return ({program})({given});", module)


# Spellings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_usual_spelling_is_understood(typed):
    (first, *_), told = spelling.readings(typed)
    assert first[0] == pytest.approx(SPELLINGS[typed], rel=1e-15, abs=0) and not told


@pytest.mark.parametrize("typed", TOLD)
def test_what_is_no_number_is_told_how(typed):
    assert spelling.readings(typed) == ([], TOLD[typed])


def test_python_and_javascript_read_the_same():
    typed = [*SPELLINGS, *TOLD, "1,234", "1.234", "12,426", "999,999", "1e-320", "1e300", "1e-400", "x" * 500]
    cases = [(each, unit) for each in typed for unit in ("", "%", "s")] + [
        ("3 s", "s"),
        ("3s", "s"),
        ("3 S", "s"),
    ]
    found = in_javascript("all => all.map(([text, unit]) => readings(text, unit))", cases, module=SPELLING)
    for (each, unit), theirs in zip(cases, found, strict=True):
        numbers, told = spelling.readings(each, unit)
        assert (theirs["numbers"], theirs["told"]) == ([list(one) for one in numbers], told), (each, unit)


def test_a_comma_that_may_mean_two_things_is_asked_for_only_where_it_matters():
    question = Question("How many?", right=12426, wrong={50: "No."})
    for typed in ("12,426", "12.426", "12 426", "12426", "1.2426e4"):
        assert question.check(typed) == (True, ""), typed
    assert question.check("13,426") == (None, "Do you mean 13.426 or 13426? Write it without the comma.")
    assert Question("How much?", right=1.234, digits=4).check("1,234").right


# What an answer is worth ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "right", "says"),
    [
        ("0.507", True, "Squeezed."),
        ("0.5069", True, "Squeezed."),
        ("0,50687463772", True, "Squeezed."),
        ("about 0.507", True, "Squeezed."),
        ("50.7 %", True, "Squeezed."),
        ("0.51", None, "Right so far, but rounded: give more digits."),
        ("0.5", None, "Too few digits to tell: give more."),  # 0.493 rounds to it too
        ("0.500", False, "The sum is not 0."),
        ("0.493", False, "You lost a sign."),
        ("-0.507", False, "The size is right, the sign is not."),
        ("5.07", False, "The digits are right, the decimal point is not."),
        ("0.6", False, "It is less than that."),
        ("0.4", False, "It is more than that."),
        ("", None, spelling.EMPTY),
    ],
)
def test_a_number_is_judged_by_the_digits_asked_for(typed, right, says):
    question = Question(
        "What is `a_h1`?",
        given=NETWORK,
        right="a_h1",
        wrong={"sigma(-h1)": "You lost a sign.", "sigma(0)": "The sum is not 0."},
        because="Squeezed.",
    )
    assert question.check(typed) == (right, says)


def test_too_few_digits_are_not_called_right_where_a_mistake_has_the_same():
    question = Question("?", right=2.6, digits=3, wrong={3: "You counted the ends.", 4.4: "Other."})
    assert question.check("3") == (None, "Too few digits to tell: give more.")
    assert question.check("3.00") == (False, "You counted the ends.") and question.check("2.60").right
    assert Question("?", right=2.6, digits=3, wrong={4: "No."}).check("3") == (
        None,
        "Right so far, but rounded: give more digits.",
    )


def test_a_tolerance_may_be_absolute_or_relative():
    assert Question("?", right=99.4, absolute=0.05, unit="%").check("99.44 %").right
    assert not Question("?", right=99.4, absolute=0.05, unit="%").check("99.46").right
    assert Question("?", right=99.4, absolute=0.05, unit="%").check("0.994") == (
        None,
        "Right so far: give it in percent.",
    )
    assert Question("?", right=2000, relative=0.1).check("2,2e3").right
    assert Question("?", right=2000, relative=0.1).check(1790).right is False


def test_choices_name_their_mistake():
    question = Question("Up?", right="`w5` up", wrong={"down": "No, *up*."}, because="So.")
    assert question.check("w5 UP") == (True, "So.") and question.check("down") == (False, "No, up.")
    assert question.check("left").right is None
    several = Question("Which?", right=["a", "b"], wrong={"c": "Not c."})
    assert several.check(["b", "a"]).right and several.check("a") == (
        None,
        "Right so far, and there is more.",
    )
    assert several.check(["a", "b", "c"]) == (False, "Not c.") and several.check([]).right is None


def test_blanks_orders_and_curves_are_judged():
    blanks = Question(
        "?",
        lines=["1 + 1 = [[two]]", "2 + 2 = [[four]]"],
        right={"two": 2, "four": 4},
        wrong={"four": {8: "Add."}},
    )
    assert blanks.check({"two": "2", "four": "4"}).right and blanks.check([2, 8]) == (False, "four: Add.")
    assert blanks.check({"two": 2}) == (None, f"four: {spelling.EMPTY}")
    order = Question("?", order=["a", "b", "c"], wrong={("c", "a"): "First a."})
    assert order.check(["a", "b", "c"]).right and order.check(["b", "c", "a"]) == (False, "First a.")
    assert order.check(["a", "c", "b"]) == (False, "The first is right.") and order.check(["a"]).right is None
    curve = Question(
        "?", curve=(0, 1), at=[0, 1, 2], right=[1, 0.2, 0.1], absolute=0.1, wrong={(1, 0.6, 0.1): "Too slow."}
    )
    assert curve.check([0.95, 0.25, 0.1]).right and curve.check([1, 0.55, 0.2]) == (False, "Too slow.")
    assert curve.check([0, 0.2, 0.1]) == (False, "At 0 it is too low.")
    for question, answer in ((curve, [1]), (curve, "x"), (order, "ab"), (blanks, {"x": 1}), (blanks, 3)):
        with pytest.raises((TypeError, ValueError), match="^answer: got"):
            question.check(answer)
    for answer in (None, True, [1]):
        with pytest.raises(TypeError, match="^answer: got .*; takes a text or a number"):
            Question("?", right=1).check(answer)


SPECS = [
    spec
    for question in (
        Question("?", given={**NETWORK, "w1": (0.1, 0.9, 0.1), "i2": (-0.5, 0.5, 0.125)}, name="h",
                 right="h1", wrong={"i1 + i2": "a", "w1 * i1": "b", "-h1": "c", "w1**-2 / (3 - 1)": "d"}),
        Question("?", given={"x": (2, 8, 1)}, right="sqrt(x) + exp(-x) * abs(-log(x))", name="x",
                 relative=0.01),
        Question("?", right=-0.25, absolute=0.01, unit="%", wrong={0.5: "no"}),
        Question("?", right=0, digits=2, wrong={1: "one"}),
        *(each() for chapter in bank.BANK.values() for each in chapter),
    )
    for spec in question.questions
    if "blanks" in spec
]  # fmt: skip


def test_python_and_javascript_draw_the_same_numbers():
    sets = [1, 2, 3, 7, 42, 999, 9999]
    found = in_javascript(
        "(specs, sets) => specs.map(spec => sets.map(set => numbersOf(spec, set)))", SPECS, sets
    )
    for spec, theirs in zip(SPECS, found, strict=True):
        for chosen, values in zip(sets, theirs, strict=True):
            mine = judging.numbers(spec, chosen)
            assert mine == pytest.approx(values, rel=1e-14, abs=1e-300), (spec["ask"], chosen)
            ranges = [name for name, each in spec["given"].items() if isinstance(each, list)]
            assert [mine[name] for name in ranges] == [values[name] for name in ranges]
    for count, key in ((2, "1/a/order"), (5, "7/b/order"), (9, "9999/c/order")):
        assert in_javascript("shuffled", count, key) == judging.shuffled(count, key)
        assert sorted(judging.shuffled(count, key)) == [*range(count)]
    keys = [f"{chosen}/a/order" for chosen in range(30)]
    for count in (2, 3, 5):
        mixed = in_javascript("(count, keys) => keys.map((key) => mixed(count, key))", count, keys)
        assert mixed == [judging.mixed(count, key) for key in keys] and [*range(count)] not in mixed
        assert all(sorted(order) == [*range(count)] for order in mixed)


def test_python_and_javascript_judge_the_same():
    typed = [
        "",
        "x",
        "0.5",
        "1",
        "-0.25",
        "0,03",
        "1,234",
        "1/3",
        "25",
        "-25",
        "0.275",
        "0.1",
        "2.5 %",
        "3e2",
    ]
    cases = [(spec, judging.numbers(spec, 5), each) for spec in SPECS for each in typed]
    for spec in SPECS:
        values = judging.numbers(spec, 5)
        for each in (spec["blanks"][0]["right"], *(wrong for wrong, _ in spec["blanks"][0]["wrong"])):
            exact = judging.worth(each, values)
            cases += [(spec, values, f"{exact:.{digits}e}") for digits in (0, 1, 2, 12)]
            cases += [(spec, values, repr(exact * factor)) for factor in (-1, 10, 0.001, 1.004)]
    found = in_javascript(
        "all => all.map(([spec, values, text]) => judgeNumber(spec.blanks[0], values, text))", cases
    )
    for (spec, values, each), theirs in zip(cases, found, strict=True):
        assert list(judging.judge_number(spec["blanks"][0], values, each)) == theirs, (spec["ask"], each)


def test_python_and_javascript_judge_orders_choices_and_curves_the_same():
    order = Question("?", order=list("abcd"), wrong={("d", "a"): "d", ("c", "b"): "c"}).questions[0]
    curve = Question("?", curve=(0, 1), at=[0, 5, 10], right=[1, 0.2, 0.1], wrong={(0, 0, 0): "z"}).questions[
        0
    ]
    choice = Question("?", right=["a", "b"], wrong={"c": "no", "d": "never"}).questions[0]
    orders = [judging.shuffled(4, str(key)) for key in range(20)] + [[0, 1, 2, 3]]
    curves = [[a / 4, b / 4, c / 4] for a in range(5) for b in range(5) for c in range(5)] + [[1, 0.2, 0.1]]
    ticked = [[], [0], [1, 0], [0, 2], [3, 2], [0, 0]]
    for judge, mine, spec, answers in (
        ("judgeOrder", judging.judge_order, order, orders),
        ("judgeCurve", judging.judge_curve, curve, curves),
        ("judgeChoice", judging.judge_choice, choice, ticked),
    ):
        found = in_javascript(f"(spec, all) => all.map(answer => {judge}(spec, answer))", spec, answers)
        assert found == [list(mine(spec, answer)) for answer in answers], judge


def test_numbers_in_texts_are_written_the_same():
    values = [0, 0.1 + 0.2, -0.5, 1e-7, 2.5e-5, 12345678, 0.125, 2.5, 1 / 3, 999999.5, 123456.7, -1e-12]
    cases = [(value, digits) for value in values for digits in (1, 2, 3, 6, 15)]
    found = in_javascript("all => all.map(([value, digits]) => written(value, digits))", cases)
    assert found == [judging.written(value, digits) for value, digits in cases]
    assert judging.written(0.1 + 0.2) == "0.3" and judging.written(-2.5e-7) == "−2.5e−7"


# What was answered ----------------------------------------------------------------------------

BOX = Questions(
    Question("`w1` is {w1}. What is twice that?", name="twice", given={"w1": (0.1, 0.9, 0.1)}, right="2 * w1",
             wrong={"w1 * w1": "You squared {w1}."}),
    Question("Up?", name="up", right="`w5` up", wrong={"down": "No, *up*."}),
    Question("Which?", name="many", right=["a", "b"], wrong={"c": "Not c."}),
    Question("[[two]]?", name="two", right={"two": 2}, wrong={"two": {3: "Too many."}}),
    Question("?", name="order", order=["a", "b", "c"], wrong={("c", "a"): "First a."}),
    Question("?", name="curve", curve=(0, 1), at=[0, 1], right=[1, 0], wrong={(0, 1): "Upside down."}),
)  # fmt: skip


def test_what_an_answer_is_worth_the_question_knows():
    value = judging.numbers(BOX.questions[0], 7)["w1"]
    heard = []
    box = Questions(BOX, set=7)
    box.observe(lambda change: heard.append(change.new), "answers")
    box.answers = {"twice": {"answer": value**2}, "up": {"answer": "W5 UP"}}
    assert box.answers == {
        "twice": {
            "misses": 1, "set": 7, "right": False, "shown": False, "done": False, "first": False,
            "answer": repr(value**2), "says": "You squared {w1}.",
        },
        "up": {
            "misses": 0, "set": 7, "right": True, "shown": False, "done": True, "first": True,
            "answer": "`w5` up", "says": "",
        },
    }  # fmt: skip
    box.answers = {"twice": {"answer": f"{2 * judging.numbers(BOX.questions[0], 5)['w1']:.6g}", "set": 5}}
    assert box.answers["twice"]["right"] and box.answers["twice"]["set"] == 5
    box.answers = {}
    assert len(heard) == 3 and heard[-1] == {}
    given = Question(
        "?", right=2, wrong={3: "Too many."}, name="q", answers={"q": {"answer": 3, "misses": 4}}
    )
    assert given.answers["q"]["misses"] == 4 and given.answers["q"]["says"] == "Too many."
    state = BeautifulSoup(given._repr_html_(), "html.parser").select_one("[type='application/json']").string
    assert "questions" in json.loads(state) and "answers" not in json.loads(state)  # a page has its own


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([], "answers: got [] (list); takes a dict"),
        ("x" * 10**6, "answers: got 'xxx"),
        ({"w9": {}}, "answers: got 'w9'; takes questions by name: twice, up, many, two, order, curve"),
        ({f"q{k}": {} for k in range(10**5)}, "answers: got 'q0'; takes questions by name"),
        ({"x" * 10**6: {}}, "answers: got 'xxx"),
        ({5: {}}, "answers: got 5; takes"),
        ({"twice": "0.5"}, "answers, twice: got '0.5' (str); takes a dict"),
        ({"twice": {"mark": 1}}, "answers, twice: got 'mark'; takes misses, set, right"),
        ({"twice": {"answer": math.nan}}, "answers, twice, answer: got nan, which is neither"),
        ({"twice": {"answer": "half"}}, "answers, twice, answer: got 'half', which is neither"),
        ({"twice": {"answer": 10**400}}, "answers, twice, answer: got 1000"),
        ({"twice": {"answer": "1" * 201}}, "answers, twice, answer: got a text of 201 letters; takes 200"),
        ({"twice": {"answer": True}}, "answers, twice, answer: got True (bool); takes a text or a number"),
        ({"twice": {"answer": {"a": 1}}}, "answers, twice, answer: got {'a': 1} (dict); takes a text or"),
        ({"up": {"answer": "left"}}, "answers, up, answer: got 'left', which is neither right nor wrong"),
        ({"up": {"answer": ["`w5` up", "down"]}}, "answers, up, answer: got"),
        ({"up": {"answer": "x" * 10**6}}, "answers, up, answer: got 'xxx"),
        ({"many": {"answer": ["a"]}}, "answers, many, answer: got ['a'], which is neither right nor wrong"),
        ({"many": {"answer": ["a"] * 10**6}}, "answers, many, answer: got ['a', 'a'"),
        ({"two": {"answer": {"three": "3"}}}, "answers, two, answer: got 'three'; takes two"),
        ({"two": {"answer": {"two": math.inf}}}, "answers, two, answer: got {'two': inf}, which is neither"),
        ({"order": {"answer": ["a", "b"]}}, "answers, order, answer: got ['a', 'b'], which is neither"),
        ({"order": {"answer": "abc"}}, "answers, order, answer: got 'abc'; takes a list of texts"),
        ({"curve": {"answer": [math.nan, 0]}}, "answers, curve, answer: got nan at [0]; takes finite"),
        ({"curve": {"answer": [2, 0]}}, "answers, curve, answer: got 2.0; takes one number from 0.0 to 1.0"),
        ({"curve": {"answer": [1] * 10**6}}, "answers, curve, answer: got shape (1000000,); takes"),
        ({"up": {"misses": -1}}, "answers, up, misses: got -1; takes a whole number from 0 to 1,000,000"),
        ({"up": {"misses": math.nan}}, "answers, up, misses: got nan (float); takes a whole number"),
        ({"up": {"set": 0}}, "answers, up, set: got 0; takes a whole number from 1 to 9,999"),
        ({"up": {"shown": "no"}}, "answers, up, shown: got 'no'; takes one of True, False"),
        ({"up": {"right": True}}, "answers, up, right: got True; takes one of False"),
        ({"up": {"answer": "down", "right": True}}, "answers, up, right: got True; takes one of False"),
        ({"up": {"answer": "w5 up", "shown": True}}, "answers, up, shown: got True; takes one of False"),
        ({"up": {"done": 1}}, "answers, up, done: got 1; takes one of True, False"),
    ],
    ids=lambda each: str(each)[:60],
)  # fmt: skip
def test_what_nobody_can_have_answered_is_refused_by_name(answers, told):
    box = Questions(BOX, answers={"up": {"answer": "down"}})
    before = box.answers
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(told)}") as error:
        box.answers = answers
    assert len(str(error.value)) < 400 and box.answers is before


# Mistakes are apart ---------------------------------------------------------------------------


def test_a_mistake_that_comes_too_near_is_refused_and_both_are_named():
    with pytest.raises(
        ValueError, match=r"'h1 \+ 0.0001' comes to 0.0276, and 'h1' to 0.0275; takes answers that"
    ):
        Question("?", given=NETWORK, right="h1", wrong={"h1 + 0.0001": "near"})
    with pytest.raises(ValueError, match=r"0\.501 comes to 0\.501, and 0\.5 to 0\.5"):
        Question("?", right=0.7, wrong={0.5: "a", 0.501: "b"})
    with pytest.raises(ValueError, match="takes answers that are more than"):  # whatever is drawn
        Question("?", given={"x": (1, 9, 1)}, right="x * 2", wrong={"x + x": "the same"})
    with pytest.raises(ValueError, match="nowhere more than"):
        Question("?", curve=(0, 1), at=[0, 1], right=[1, 0], absolute=0.1, wrong={(0.9, 0.1): "near"})
    with pytest.raises(ValueError, match="which is the right order"):
        Question("?", order=["a", "b", "c"], wrong={("a", "c"): "no"})


def test_numbers_are_drawn_again_where_a_mistake_comes_too_near():
    question = Question(
        "?", given={"x": (1, 3, 1)}, right="x * x", wrong={"x + x": "at 2 both are 4"}, name="square"
    )
    drawn = {judging.numbers(question.questions[0], chosen)["x"] for chosen in range(1, 200)}
    assert drawn == {1, 3}


@pytest.mark.parametrize("chapter", bank.BANK)
def test_the_mistakes_of_the_bank_are_apart_in_every_set(chapter):
    assert len(bank.BANK[chapter]) >= 3
    for make in bank.BANK[chapter]:
        question = make(name="bank")
        (spec,) = question.questions
        for chosen in range(1, 200) if judging.varies(spec) else (1,):
            values = judging.numbers(spec, chosen)  # raises where it finds none
            for blank in spec.get("blanks", ()):
                known = [
                    judging.worth(each, values)
                    for each in (blank["right"], *(one for one, _ in blank["wrong"]))
                ]
                for place, value in enumerate(known):
                    state, says = judging.judge_number(blank, values, f"{value:.14e}")
                    assert (state, says) == (
                        (judging.WRONG, blank["wrong"][place - 1][1]) if place else ("right", "")
                    )
            for each in (spec["ask"], spec["because"]):
                shown = text.plain(each, {**values, "right": 0}, spec["given"])
                assert len(shown) < 250 and "e−" not in shown


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"right": "up"}, "wrong: got none"),
        ({"right": "up", "wrong": {"up": "x"}}, "right, wrong: got the same choice"),
        ({"right": "up", "wrong": {"down": " "}}, "wrong, down: got an empty text"),
        ({"right": "up", "wrong": {"down": "x"}, "choices": ["up"]}, "choices: got"),
        ({"right": 1, "digits": 0}, "digits: got 0; takes a whole number from 1 to 15"),
        ({"right": 1, "digits": 3, "absolute": 1}, "digits and absolute: got both"),
        ({"right": "w1 +", "digits": 3}, r"w1 \+: is no formula"),
        ({"right": "w1.real", "digits": 3}, "w1.real: is no formula"),
        ({"right": "1_000", "digits": 3}, "1_000: is no formula"),
        ({"right": "0x10", "digits": 3}, "0x10: is no formula"),
        ({"right": "9" * 400, "digits": 3}, "got a number of 400 digits; takes a float64"),
        ({"right": "10**400", "digits": 3}, r"10\*\*400: has no value"),
        ({"right": "9**9**9", "digits": 3}, "has no value"),
        ({"right": "open(w1)", "digits": 3}, r"open\(w1\): calls open"),
        ({"right": "w1", "digits": 3}, "w1: got w1; takes one of no names"),
        ({"right": "1 / (x - x)", "given": {"x": 1}}, "has no value"),
        ({"right": "x", "given": {"x": (1, 0, 1)}}, "given, x: got"),
        ({"right": "x", "given": {"x": (0, 1)}}, "given, x: got"),
        ({"right": {"a": 1}}, r"ask, lines: have the blanks \[\]"),
        ({"right": {"a": 1}, "wrong": {"b": {}}}, "wrong: got 'b'"),
        ({"right": 1, "because": "{x}"}, "x: got x; takes one of right"),
        ({"right": 1, "name": "Big"}, "name: got 'Big'"),
        ({"order": ["a"]}, "order: got"),
        ({"order": ["a", "b"], "wrong": {("a",): "x"}}, "wrong: got"),
        ({"curve": (1, 0), "at": [0, 1], "right": [0, 0]}, "curve: got"),
        ({"right": True, "digits": 2}, "right, answer: got True"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(arguments, told):
    with pytest.raises((ValueError, TypeError), match=told):
        Question("?", **arguments)


def test_formulas_are_those_of_the_pages():
    texts = [
        "-x**2",
        "2**-x",
        "x - 3 - 1",
        "x / 2 / 5",
        "(x + 1) * sigma(-x)",
        "abs(-x) - sqrt(x) + log(x) + exp(0)",
        ".5 * x + 5. + 1E1",
    ]
    found = in_javascript("(all, x) => all.map(text => worth(text, { x }))", texts, 1.7)
    assert found == pytest.approx([formulas.value(each, {"x": 1.7}) for each in texts], rel=1e-14)
    for each in ("1_000", "0x10", "1.5.2", "1e", "ß + 1", "x y", "x // 2", "x.real", "", "+x", "x, x"):
        with pytest.raises(ValueError, match="takes"):
            formulas.value(each, {"x": 1, "ß": 1})
        program = "text => { try { return formula(text)({ x: 1, ß: 1 }); } catch { return 'refused'; } }"
        assert in_javascript(program, each) == "refused", each
    values = judging.drawn({"given": NETWORK}, judging.random("x"))
    assert values["E_total"] == pytest.approx(toy.loss(toy.WEIGHTS, toy.INPUTS, toy.TARGETS), rel=1e-14)
    gradient = toy.gradient(toy.WEIGHTS, toy.INPUTS, toy.TARGETS).ravel()
    assert [values[f"dE_dw{k}"] for k in range(1, 9)] == pytest.approx(gradient.tolist(), rel=1e-13)
    assert values["rate"] == 0.5


# Several, again, and on paper -----------------------------------------------------------------


def test_three_questions_of_earlier_chapters_come_back():
    order = [*bank.BANK]
    for place, chapter in enumerate(order):
        found = bank.again(chapter)
        names = [question.questions[0]["name"].removeprefix(f"{chapter}_") for question in found]
        sources = [name.rpartition("_")[0] for name in names]
        there = [name for name in order[:place] if bank.BANK[name]] or [chapter]
        assert len(found) == 3 and set(sources) <= set(there)
        assert sources[0] == there[-1] and len(set(sources)) == min(3, len(there))
    assert [spec["name"] for spec in Again("learning_rate").questions] == [
        spec["name"] for spec in Again("learning_rate").questions
    ]
    with pytest.raises(ValueError, match="chapter: got 'x'"):
        Again("x")


def test_a_box_of_questions_takes_each_name_once():
    one = Question("?", right=1, name="one")
    with pytest.raises(ValueError, match="name: got 'one' twice"):
        Questions(one, one)
    with pytest.raises(ValueError, match="questions: got none"):
        Questions()


def test_on_paper_stands_the_question_with_room_and_its_answer_folded():
    html = Questions(
        Question(
            "Is `w5` < 1 & *He's*?", right="yes <b>", wrong={"no": "x"}, because="It's {2 * 0.2}.", name="a"
        ),
        Question("`h1`?", given=NETWORK, right="h1", because="It is {right}.", name="b"),
        Question("?", lines=["x | y", "1 | [[two]]"], right={"two": 2}, name="c"),
        Question("?", order=["a", "b"], name="d"),
        heading="Your turn",
    )._repr_html_()
    soup = BeautifulSoup(html, "html.parser")
    still = soup.select_one(".fallback")
    assert (
        "He’s" in still.get_text()
        and "Your turn" in still.get_text()
        and not still.select("b, script")
        and still.select_one("var sub")
    )
    assert {li.get_text() for li in still.select("li")} >= {"yes <b>", "no"}
    answers = [each.get_text(" ", strip=True) for each in still.select("details")]
    assert answers == [
        "Answer yes <b>. It’s 0.4.", "Answer 0.0275. It is 0.0275.", "Answer 2.", "Answer a, b."
    ]  # fmt: skip
    for chosen in range(1, 12):  # of two items a shuffle leaves every other one in order
        box = Questions(Question("?", order=["a", "b"], name="d"), set=chosen)
        items = BeautifulSoup(box._repr_html_(), "html.parser").select(".fallback li")
        assert [li.get_text() for li in items] == ["b", "a"]
    assert len(soup.select("script[type='application/json']")) == 1
    assert "kept on your device alone" in Progress()._still()


def test_they_are_small():
    def size(*names):
        return len(shortened(join.script(WIDGETS / each / "index.js" for each in names)).encode())

    assert size("stepper", "question") - size("stepper") <= 24_000
    assert size("stepper", "question", "progress") - size("stepper", "question") <= 4_000
