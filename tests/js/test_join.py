"""Modules that Python has joined: in order, once each, in one scope; and what it refuses."""

import json
import re

import pytest
import tinycss2
from modules import NAMES, SOURCES, WIDGETS, address, functions, run

from bookbuild.scripts import shortened
from s6lib.widgets import join

#: kB of what a reader fetches, minified: the kit and the stepper together, and each further widget.
BUDGET, FURTHER = 76_000, 40_000
#: Three take more: every map, and every number as its sum; a loop of training, with a pad, which share much;
#: and a reader of workbooks, with the arithmetic of spreadsheets and all of the check.
LARGER = {"digits": 67_000, "trainer": 55_700, "sheet": 73_500}
B = 'import { b } from "./b.js";\n'


@pytest.fixture
def write(tmp_path):
    """write(a="...", b="...") -> the path of a.js, with b.js beside it."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text)
        return tmp_path / f"{next(iter(texts))}.js"

    return write


def test_each_module_stands_once_after_those_that_it_imports(write):
    entry = write(
        a='import { b } from "./b.js";\nimport { c } from "./c.js";\nexport const a = [b, c()];\n',
        b='import {\n  c,\n} from "./c.js";\nexport const b = c();\n',
        c="let count = 0;\nexport function c() {\n  return ++count;\n}\n",
    )
    text = join.module(entry)
    assert text.count("let count") == 1 and re.findall(r"^export .*", text, re.M) == [
        "export const a = [b, c()];"
    ]
    assert run("return a;", text) == [1, 2]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"a": f"{B}const c = 1;\n", "b": "const c = 2;\nexport const b = c;\n"}, "a.js: defines c"),
        ({"a": B, "b": 'import { a } from "./a.js";\nexport const b = 1;\n'}, "a.js: imports itself"),
        ({"a": B, "b": "const b = 1;\n"}, "a.js: imports b, which b.js does not export"),
        ({"a": 'import * as b from "./b.js";\n'}, "a.js: got 'import"),
        ({"a": 'import b from "./b.js";\n'}, "a.js: got 'import"),
        ({"a": 'import { b as c } from "./b.js";\n', "b": "export const b = 1;\n"}, "a.js: imports as, c"),
        ({"a": 'import { b } from "elsewhere";\n'}, "a.js: got 'import"),
        ({"a": "const b = 1;\nexport { b };\n"}, "a.js: got 'export"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused_by_name(write, texts, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        join.module(write(**texts))


def test_widgets_in_one_script_share_the_kit_and_nothing_else(tmp_path):
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "heard.js").write_text("export const heard = [];\nglobalThis.heard = heard;\n")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.js").write_text(
            f'import {{ heard }} from "../kit/heard.js";\nconst name = "{name}";\n'
            "function tell() {\n  heard.push(name);\n  return heard;\n}\nexport default tell();\n"
        )
    text = join.script([tmp_path / name / "index.js" for name in ("one", "two")])
    for script in (text, shortened(text)):
        assert run(f"new Function({script!r})(); return globalThis.heard;") == ["one", "two"]
    assert text.count("globalThis.heard") == 1


def test_what_two_widgets_import_stands_once(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "both.js").write_text("export const both = [];\nglobalThis.both = both;\n")
    for name, way in (("one", "./both.js"), ("two", "../one/both.js")):
        (tmp_path / name / "index.js").write_text(
            f'import {{ both }} from "{way}";\nconst name = "{name}";\nexport default both.push(name);\n'
        )
    entries = [tmp_path / name / "index.js" for name in ("one", "two")]
    text = join.script(entries)
    assert run(f"new Function({text!r})(); return globalThis.both;") == ["one", "two"]
    assert text.count("globalThis.both") == 1 == join.script(entries[1:]).count("globalThis.both")


def test_a_style_sheet_loses_only_what_says_nothing():
    for path in WIDGETS.rglob("*.css"):
        before, after = (_tokens(text) for text in (path.read_text(encoding="utf-8"), join._squeezed(path)))
        assert before == after, path.name


def test_a_widget_takes_nothing_from_the_page_that_it_may_be_without():
    """Which theme is on is asked in one place; variables are the widgets' own, or have a fallback."""
    texts = {path: path.read_text(encoding="utf-8") for path in [*WIDGETS.rglob("*.css"), *SOURCES]}
    (theme,) = [path for path in texts if path.name == "theme.js"]
    own = set(re.findall(r'^ +"?([a-z-]+)"?: "#', texts[theme], re.M))
    for text in texts.values():
        own |= set(re.findall(r'--([a-z]+)\b"?[:,]', text))
    for path, text in texts.items():
        used = set(re.findall(r"var\(--([\w-]+)\)", text))
        assert used <= own, (path.name, used - own)
        assert path == theme or not re.search(r"\b(jp|vscode)-", text), path.name


def _tokens(css):
    """A sheet without blanks, comments and last semicolons; blanks within selectors count, and are one."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    text = tinycss2.serialize(rules)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r";}", "}", re.sub(r"\s*([{};,:>~])\s*", r"\1", re.sub(r"\s+", " ", text))).strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_widget_keeps_to_its_budget(name):
    def size(*names):
        return len(shortened(join.script(WIDGETS / each / "index.js" for each in names)).encode())

    alone = size("stepper")
    limit = LARGER.get(name, FURTHER)
    assert alone <= BUDGET if name == "stepper" else size("stepper", name) - alone <= limit


@pytest.mark.parametrize("name", NAMES)
def test_a_widget_is_one_module_with_one_export_that_jupyter_takes(name):
    text = join.module(WIDGETS / name / "index.js")
    assert len(re.findall(r"^export ", text, re.M)) == 1 and "\nimport " not in text
    assert run(f"return Object.keys((await import({json.dumps(address(text))})).default);") == ["render"]


@pytest.mark.parametrize("path", SOURCES, ids=[path.relative_to(WIDGETS).as_posix() for path in SOURCES])
def test_lines_and_functions_are_short(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        assert len(line) <= 110, f"line {number} has {len(line)} characters: at most 110"
    for name, first, lines in functions(path):
        assert lines <= 60, (
            f"{name}, from line {first}, has {lines} lines: at most 60; give a part of it a name"
        )
