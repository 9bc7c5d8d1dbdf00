"""The widget of CONTRIBUTING.md, letter by letter: what its reader is told to write works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import s6lib

ROOT = Path(__file__).parents[2]
#: `file`: then the block that it holds.
BLOCKS = re.compile(r"`(hello/[\w.]+)`[^`]*(?:`&`[^`]*)?:?\n\n```\w+\n(.*?)```", re.DOTALL)
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Hello</title><body>{}</body>'


@pytest.fixture(scope="module")
def hello(tmp_path_factory):
    """The HTML that `Hello(number=5)` leaves in a notebook, by a library that has the widget."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(
        Path(s6lib.__file__).parent, folder / "s6lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    files = dict(BLOCKS.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert [*files] == ["hello/__init__.py", "hello/engine.js", "hello/index.js", "hello/hello.css"]
    (folder / "s6lib" / "widgets" / "hello").mkdir()
    for name, text in files.items():
        (folder / "s6lib" / "widgets" / name).write_text(text, encoding="utf-8")
    program = (
        "from s6lib.widgets.hello import Hello\n"
        "for wrong in (1001, 'x', float('nan')):\n"
        "    try:\n        Hello(number=wrong)\n"
        "    except (TypeError, ValueError) as error:\n"
        "        assert str(error).startswith('number: got'), error\n"
        "    else:\n        raise AssertionError(wrong)\n"
        "print(Hello(number=5)._repr_html_())"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ).stdout


def test_hello_squares_refuses_and_has_its_look(hello, open_page, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(hello))
    page = open_page(path.as_uri())
    result, field = page.locator(".s6-hello output"), page.get_by_label("Number")
    result.wait_for()
    assert (field.input_value(), result.inner_text()) == ("5", "25")
    field.fill("1,5")
    field.press("Enter")
    assert result.inner_text() == "2.25"
    field.fill("1001")
    field.press("Enter")
    said = page.locator(".message").inner_text()
    assert said == "“1001”: takes a number from −1000 to 1000. Kept 1.5." and result.inner_text() == "2.25"
    assert result.evaluate("node => getComputedStyle(node).fontWeight") == "650"
    assert not page.locator(".fallback").is_visible()


def test_hello_stands_still_on_paper_and_without_scripts(hello, open_page, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(hello))
    page = open_page(path.as_uri(), java_script_enabled=False)
    assert page.get_by_text("5 times itself is 25.").is_visible()
