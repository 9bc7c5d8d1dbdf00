"""Formulas of the book as MathML: structure written out by hand, errors, and every formula there is."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="Sphinx is not installed: formulas are not converted")

from bookbuild.mathml import mathml

BOOK = Path(__file__).parents[2] / "book"
OPEN = '<math xmlns="http://www.w3.org/1998/Math/MathML">'


@pytest.mark.parametrize(
    "tex, expected",
    [
        ("w_5", "<msub><mi>w</mi><mn>5</mn></msub>"),
        (r"\frac{x}{y}", "<mfrac><mi>x</mi><mi>y</mi></mfrac>"),
        (r"\tfrac12", '<mfrac displaystyle="false" scriptlevel="0"><mn>1</mn><mn>2</mn></mfrac>'),
        (r"\underbrace{x}_{y}", "<munder><munder><mi>x</mi><mo>⏟</mo></munder><mi>y</mi></munder>"),
        ("^5", "<msup><mrow /><mn>5</mn></msup>"),
        ("f'", '<mi>f</mi><mo lspace="0" rspace="0">′</mo>'),
        ("a/b", '<mi>a</mi><mo stretchy="false" lspace="0" rspace="0">/</mo><mi>b</mi>'),
        (r"\log p", '<mi>log</mi><mo lspace="0" rspace="0.17em">\u2061</mo><mi>p</mi>'),
    ],
)
def test_structure(tex, expected):
    assert mathml(tex) == f"{OPEN}{expected}</math>"


def test_a_group_may_open_where_a_line_ends():
    lines = mathml(r"\begin{aligned} a \\{b} \end{aligned}", block=True)
    assert "<mi>a</mi>" in lines and "<mi>b</mi>" in lines and lines.count("<mtr") == 2


def test_aligned_lines_are_full_size():
    assert '<mtable class="ams-align" displaystyle="true">' in mathml(
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}", block=True
    )


@pytest.mark.parametrize(
    "tex",
    [
        r"\nonsense",
        r"\frac{1}",
        "{",
        r"\begin{aligned}",
        r"\begin{aligned} a = \Bigl( & b \\ + & c \Bigr) \end{aligned}",
    ],
)
def test_what_cannot_be_read_is_named(tex):
    with pytest.raises(ValueError, match="formula: got"):
        mathml(tex)


def test_every_formula_of_the_book_is_read():
    found = []
    for path in sorted([*BOOK.glob("*.ipynb"), *BOOK.glob("*.md")]):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = "\n".join(
                "".join(cell["source"])
                for cell in json.loads(text)["cells"]
                if cell["cell_type"] == "markdown"
            )
        text = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S)
        found += re.findall(r"\$\$(.*?)\$\$", text, flags=re.S) + re.findall(
            r"(?<!\$)\$([^$\n]+)\$(?!\$)", text
        )
    assert len(found) > 100
    for tex in found:
        assert "<merror" not in mathml(tex), tex
