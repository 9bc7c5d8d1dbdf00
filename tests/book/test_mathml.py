"""Formulas of the book as MathML: structure written out by hand, errors, and every formula there is."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="Sphinx is not installed: formulas are not converted")

from bs4 import BeautifulSoup

from bookbuild.mathml import mathml

BOOK = Path(__file__).parents[2] / "book"
OPEN = '<math xmlns="http://www.w3.org/1998/Math/MathML">'


@pytest.mark.parametrize(
    "tex, expected",
    [
        ("x_5", "<msub><mi>x</mi><mn>5</mn></msub>"),
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


def coloured(tex, block=False):
    """What of a formula has a class: (class, letters) in the order of the page, by another parser."""
    soup = BeautifulSoup(mathml(tex, block), "html.parser")
    return [
        (" ".join(each["class"]), each.get_text()) for each in soup.select("[class]") if each.name != "mtable"
    ]


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("w_5", [("update", "w5")]),
        ("w", [("update", "w")]),
        (r"W_{out}^{\mathsf T}", [("update", "Wout𝖳")]),
        (r"w_{o,i}[u, v]", []),
        (r"i_1, h_2, a_{h1}, a_h, o_1, a_{o2}", [("forward", x) for x in "i1 h2 ah1 ah o1 ao2".split()]),
        (r"i, h, o, a_b, a_{c,y,x}, t, d_i, x_i, h_3", []),
        ("t_1 - a_{o1}", [("target", "t1"), ("forward", "ao1")]),
        (r"\delta_o", [("gradient", "δo")]),
        (r"\frac{\partial E_1}{\partial w_5} \, w_5", [("gradient", "∂E1∂w5"), ("update", "w5")]),
        (r"\partial E_{total} / \partial w_1 / 2", [("gradient", "∂Etotal/∂w1")]),
        (r"\partial E / \partial x + \partial E / \partial \hat x, y",
         [("gradient", "∂E/∂x"), ("gradient", "∂E/∂xˆ")]),
        (r"\frac{\partial E}{\partial z_k} = p_k - y_k",
         [("gradient", "∂E∂zk"), ("forward", "pk"), ("target", "yk")]),
        (r"p_k = e^{z_k} / e^{z_j}, p, \hat p, z, y, y_i", [("forward", x) for x in "pk zk zj".split()]),
        (r"\frac{\partial E}{\partial w_{o,i}[u{,}v]} = g_{n,o}[r{,}c] \, x_{n,i}[r{+}u{,}c{+}v]",
         [("gradient", "∂E∂wo,i[u,v]"), ("gradient", "gn,o")]),
        (r"\gamma (g - \underbrace{\bar g}_{\text{mean}} - \hat x \, \overline{g \hat x})",
         [("gradient", "g"), ("gradient", "gˉ"), ("gradient", "g")]),
        (r"\frac{x}{\partial w_5}", [("update", "w5")]),
        (r"\sigma'(o) \, \sigma(h) \, f(o)", [("forward", "o"), ("forward", "h")]),
        (r"\begin{aligned} h_1 &= w_1 \\ &= x \end{aligned}", [("forward", "h1"), ("update", "w1")]),
        (r"\underbrace{\frac{\partial E_1}{\partial o_1} w_5}_{o_1}",
         [("gradient", "∂E1∂o1"), ("update", "w5"), ("forward", "o1")]),
        (r"w \leftarrow w - \eta \frac{\partial E}{\partial w}",
         [("update", "w"), ("update", "w"), ("gradient", "∂E∂w")]),
    ],
)  # fmt: skip
def test_a_symbol_has_the_colour_of_its_meaning(tex, expected):
    assert coloured(tex) == expected


def test_a_long_formula_is_parts_that_a_browser_sets_in_one_line_or_several():
    tex = r"a = \Bigl( b + c \Bigr) \cdot \frac{x + y}{z}"
    parts = mathml(tex, block=True).split("<wbr>")
    letters = [BeautifulSoup(part, "html.parser").get_text() for part in parts]
    assert letters == ["a", "=(b+c)", "⋅x+yz"]
    for part in parts[1:]:
        assert re.match(r'<math [^>]*><mstyle displaystyle="true"><mo form="infix">', part), part
    assert mathml(tex).count("<math") == 1  # in a line of text it is one


def test_no_line_ends_within_brackets():
    assert mathml(r"x \leftarrow x - y = (1 - y) x", block=True).count("<math") == 4


def test_the_sign_of_a_number_stays_with_it():
    assert mathml(r"x = -\frac1n y", block=True).count("<math") == 2


def test_aligned_lines_and_short_formulas_are_one_element():
    for tex in (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "x", r"\frac{a + b}{c}"):
        assert mathml(tex, block=True).count("<math") == 1


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
