"""What a reader reads, in a language: a catalogue as gettext reads it, in Python and in JavaScript."""

import gettext
import io
import struct
import subprocess
import sys

import numpy as np
import pytest
from modules import WIDGETS, run

from bookbuild import made_up, messages
from s6lib import words
from s6lib.widgets import join

#: A language with three forms, a comma, and what a catalogue may hold: lines, quotes, remarks, gaps.
POLISH = r"""
# Somebody
msgid ""
msgstr ""
"Language: pl\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\n"
"X-Decimal: ,\n"

#. {0} value
#: s6lib/widgets/kit/numbers.js s6lib/words.py
msgid "not a number"
msgstr ""
"to nie jest "
"\"liczba\"\\\n"

#: s6lib/widgets/kit/numbers.js
msgid "{0} step of {1}"
msgid_plural "{0} steps of {1}"
msgstr[0] "{1}: {0} krok"
msgstr[1] "{1}: {0} kroki"
msgstr[2] ""
"{1}: {0} "
"kroków"

#: elsewhere.js
msgid "Row {row}"
msgstr "Wiersz {row}"

#, fuzzy
msgid "Stop"
msgstr "Ruszaj"

msgid "Slide"
msgstr ""

#~ msgid "gone"
#~ msgstr "precz"
"""


@pytest.fixture
def polish(tmp_path, monkeypatch):
    path = tmp_path / "pl.po"
    path.write_text(POLISH, encoding="utf-8")
    monkeypatch.setattr(words, "CATALOGUE", words.read(path))
    return path


def of_gettext(path):
    """The same catalogue as Python's own gettext knows it: as a .mo, which is all that it reads."""
    said = {}
    for each in words.entries(path.read_text(encoding="utf-8")):
        if all(each["msgstr"]) and each["msgstr"] and not each["fuzzy"]:
            key = "\0".join(filter(None, (each["msgid"], each.get("msgid_plural"))))
            said[key] = each["msgstr"] if isinstance(each["msgstr"], str) else "\0".join(each["msgstr"])
    head = "Content-Type: text/plain; charset=UTF-8\n" + said[""]
    keys, values = zip(*sorted({**said, "": head}.items()))
    texts = [one.encode() + b"\0" for one in (*keys, *values)]
    starts = np.cumsum([28 + 16 * len(keys), *map(len, texts)]).tolist()
    table = [number for text, start in zip(texts, starts) for number in (len(text) - 1, start)]
    numbers = (0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0, *table)
    return gettext.GNUTranslations(io.BytesIO(struct.pack(f"<{len(numbers)}I", *numbers) + b"".join(texts)))


def test_a_catalogue_means_what_gettext_takes_it_for(polish):
    theirs = of_gettext(polish)
    for text in ("not a number", "Row {row}", "Stop", "Slide", "gone", "nothing of it"):
        assert words.t(text) == theirs.gettext(text)
    for count in range(130):
        said = theirs.ngettext("{0} step of {1}", "{0} steps of {1}", count)
        found = words.plural(count, "{0} step of {1}", "{0} steps of {1}", **{"0": count, "1": "w5"})
        assert found == said.replace("{0}", str(count)).replace("{1}", "w5")


def test_javascript_says_what_python_says(polish):
    module = join.module(WIDGETS / "kit" / "numbers.js")
    counts = list(range(130))
    theirs = run(
        "const put = (count) => plural(count, '{0} step of {1}', '{0} steps of {1}', 'w5');"
        f"return [t`not a number`, t`nothing of ${{1}} and ${{'w5'}}`, {counts}.map(put),"
        "  pieces`a ${1} b`, LANGUAGE];",
        module.replace("\nconst ", "\nexport const "),
    )
    ours = [
        words.plural(count, "{0} step of {1}", "{0} steps of {1}", **{"0": count, "1": "w5"})
        for count in counts
    ]
    assert theirs == ['to nie jest "liczba"\\\n', "nothing of 1 and w5", ours, ["a ", 1, " b"], "pl"]


def test_a_script_holds_what_its_modules_say_and_no_more(polish):
    assert "Wiersz" not in join.module(WIDGETS / "kit" / "numbers.js") and len(words.CATALOGUE.messages) == 3
    assert "kroki" not in join.module(WIDGETS / "kit" / "words.js")


def test_what_is_written_is_read_with_a_decimal_comma(polish):
    values = [0.1, -1.234, 12345.678, 1e21, 5e-324, -2e-7, 3.0, 1234.5678]
    texts, back, rounded, points = run(
        f"const all = {values}, texts = all.map((one) => format(one));"
        "return [texts, texts.map(parseNumber), all.map((one) => parseNumber(format(one, 4))),"
        "  ['1.234', '1.5', '1,5', '1.234,5', '1,234.5', '12.5e3'].map(parseNumber)];",
        join.module(WIDGETS / "kit" / "numbers.js"),
    )
    assert back == values and not any("." in text for text in texts) and texts[1] == "-1,234"
    assert rounded == [float(f"{value:.4g}") for value in values]
    assert points == [None, 1.5, 1.5, None, None, 12500]


def test_an_address_is_the_same_in_every_language(polish):
    program = "return [writeAddress('x', 1, {a: [1.5, -2e-7]}, {a: 0}, ['a']), numbers(2)('1.234,-2e-7')];"
    kit = [join.module(WIDGETS / "kit" / f"{name}.js") for name in ("address", "numbers")]
    assert run(program, *kit) == ["#x=1&a=1.5,-2e-7", [1.234, -2e-7]]


def test_a_number_of_python_has_the_sign_of_the_language(polish):
    assert [words.number(*each) for each in ((0.25, ".3f"), (12426, ","), (1e-7, "g"), ("w1.5",))] == [
        "0,250", "12\u202f426", "1e-07", "w1.5",
    ]  # fmt: skip


def test_a_value_is_shown_as_the_language_has_it(monkeypatch):
    said = {"no dropout": "ohne Dropout", "none": "keine", "{0} and {1}": "{0} und {1}"}
    monkeypatch.setattr(words, "CATALOGUE", words.Catalogue("de", ",", messages=said))
    for value, seen in {
        "no dropout": "ohne Dropout",
        "from −0.42 to 1.5, and 99.40%.": "from −0,42 to 1,5, and 99,40%.",
        "2.5e-1": "2,5e-1",
        "[0.1](runs/rate-0.1.ipynb)": "[0,1](runs/rate-0.1.ipynb)",
        '<b style="top: 1.5em">1.5</b>, `0.5`, $0.5$': '<b style="top: 1.5em">1,5</b>, `0.5`, $0.5$',
        "{0.5 * w} is 0.5": "{0.5 * w} is 0,5",
    }.items():
        assert words.shown(value) == seen
    for name in ("conv1.weight", "1.2.3", "s6lib-0.2.0-py3.whl", "https://example.org/0.5"):
        assert words.shown(name) == name
    assert words.shown(0.25, ".3f") == "0,250" and words.shown("ab", ">4") == "  ab"
    assert words.listed(["no dropout", "a 0.5", 3], "*{0}*") == "*ohne Dropout*, *a 0,5* und *3*"
    assert [words.listed(names) for names in ((), ["a"], "ab")] == ["keine", "a", "a und b"]
    assert words.named("no dropout") == "no dropout"


def test_english_is_what_stands_in_the_code():
    assert words.t("Row {row} of {0}", 7, row=3) == "Row 3 of 7" and words.t("{w1} is `w1`") == "{w1} is `w1`"
    assert [words.plural(n, "{count} step", "{count} steps") for n in (0, 1, 2)] == [
        "0 steps",
        "1 step",
        "2 steps",
    ]
    assert words.number(1234.5, ",.2f") == "1,234.50"
    with pytest.raises(KeyError, match="clumn"):
        words.t("Row {row}, column {clumn}", row=1, column=2)


@pytest.mark.parametrize("name", ["xx", "nowhere.po"])
def test_a_language_that_is_not_there_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"S6LIB_LANGUAGE: got '{name}'; takes en, .* .po"):
        words.chosen(name)


@pytest.mark.parametrize("wrong", ['msgid "a"\nmsgstr b', '"a"', 'msgid "a"\nmsgtxt "b"'])
def test_what_is_no_catalogue_is_refused(wrong):
    with pytest.raises(ValueError, match="catalogue: got"):
        words.entries(wrong)


def test_it_stands_alone_and_costs_nothing_in_english():
    heavy = "{'numpy', 'gettext', 'json', 's6lib.checks'}"
    loaded = f"import sys, s6lib.words; print(sorted(set(sys.modules) & {heavy}))"
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True) == "[]\n"


# The template, and the made-up language ----------------------------------------------------------


def test_messages_are_found_where_they_stand():
    script = """
        const a = t`One ${x.map((y) => t`inner`)} and
          two ${b}.`, c = pieces`\\u00a0${d} \\`is\\``;
        plural(n, "{0} step of {1}", '{0} "steps" of {1}', all); other`no`; "no";
    """
    assert [(each.text, each.other, each.values) for each in messages.of_javascript(script)] == [
        ("One {0} and two {1}.", "", ["{0} x.map((y) => t`inner`)", "{1} b"]),
        ("inner", "", []),
        ("\xa0{0} `is`", "", ["{0} d"]),
        ("{0} step of {1}", '{0} "steps" of {1}', ["all"]),
    ]
    code = (
        'x = t("Row {row} "\n  "of {0}", rows, row=f(t("a")))\nwords.plural(n, "one", "many"); t(x); u("no")'
        '; named("b")'
    )
    assert [(each.text, each.other, each.values) for each in messages.of_python(code)] == [
        ("Row {row} of {0}", "", ["{0} rows", "{row} f(t('a'))"]),
        ("a", "", []),
        ("one", "many", []),
        ("b", "", []),
    ]


def test_the_template_is_read_back_and_does_not_change_with_lines(tmp_path):
    found = messages.of_library()
    (tmp_path / "s6.pot").write_text(messages.template(found.values()), encoding="utf-8")
    _, *read = words.entries((tmp_path / "s6.pot").read_text(encoding="utf-8"))
    assert [(each["msgid"], each.get("msgid_plural", ""), each["places"]) for each in read] == [
        (each.text, each.other, each.places) for each in found.values()
    ]
    moved = [list(read) for read in map(messages.of_javascript, ("t`a`", "\n\n  t`a`"))]
    assert moved[0] == moved[1]


def test_the_made_up_language_leaves_what_is_no_word():
    english = (
        "Nudge **w1** by {0}, then [`loss`](x.html#y) is $E_1$: <b class='n'>half</b> &amp; {doc}`a`, ReLU"
    )
    said = made_up.text(english)
    for kept in (
        "**w1**",
        "{0}",
        "[`loss`](x.html#y)",
        "$E_1$",
        "<b class='n'>",
        "</b> &amp; {doc}`a`, ReLU",
    ):
        assert kept in said
    shown = "Nudge w1 by 0.5, then E_total of the CNN is half, see https://example.org/there"
    assert made_up.left_over(shown) == ["Nudge", "by", "then", "of", "the", "is", "half", "see"]
    assert made_up.left_over(made_up.text(shown)) == [] == made_up.left_over(shown, made_up.left_over(shown))
    assert 1.3 < len(made_up.text("What becomes of the network")) / len("What becomes of the network") < 1.5


#: The widgets that say everything by t, pieces and plural.
SPOKEN = ("kit", "kernel", "primer", "progress", "question", "stepper")


@pytest.mark.parametrize("name", SPOKEN)
def test_no_sentence_of_a_widget_is_out_of_a_translators_reach(name):
    for path in (WIDGETS / name).glob("*.js"):
        assert [*messages.unsaid(path.read_text(encoding="utf-8"))] == [], path.name


def test_a_sentence_out_of_reach_is_seen():
    script = (
        'tell("Nothing kept."); throw new Error("No way."); t`Kept ${x ? "Two words" : t`a b.`}.`; put("a")'
    )
    assert [*messages.unsaid(script)] == ["Nothing kept.", "Two words"]
