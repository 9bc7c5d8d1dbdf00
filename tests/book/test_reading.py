"""What is made of a page so that it can be read well, without a site."""

import io
import json
import re

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from notebooks import ROOT
from sphinx.application import Sphinx

from bookbuild import reading


def text(html):
    return re.sub("<[^>]*>", "", html)


CODE = """<span></span><span class="k">def</span> <span class="nf">f</span>(x):
    <span class="k">return</span> <span class="s">"&lt;  a"</span>

f<span class="p">()</span>
"""


def test_each_line_of_code_knows_its_indent_and_not_a_letter_is_lost():
    made = reading.with_lines(CODE)
    assert text(made) == text(CODE)
    assert re.findall(r'<span class="line"(?: style="--indent:(\d+)")?>', made) == ["", "4", "", ""]
    assert made.count("\n</span>") == 4 and made.count("<span") == made.count("</span>")


@pytest.mark.parametrize("block", ["", "\n", "x", "<i>x</i>", "  x\n\n", "a\n  b"])
def test_a_block_of_any_ends_keeps_its_letters(block):
    assert text(reading.with_lines(block)).rstrip("\n") == text(block).rstrip("\n")


def test_an_element_over_the_end_of_a_line_is_not_torn():
    block = '<span class="s">a\n  b</span>\n'
    assert reading.with_lines(block) == block


# Folds ------------------------------------------------------------------------------------------


def notebook(*cells):
    """A notebook that has been executed, of cells (tags, source, its result); without tags it is Markdown."""
    made = []
    for number, (tags, text, result) in enumerate(cells):
        cell = {"cell_type": "code", "id": f"cell-{number}", "metadata": {"tags": tags}, "source": text}
        output = {"output_type": "execute_result", "metadata": {}, "execution_count": 1}
        outputs = [{**output, "data": {"text/plain": result}}] if result else []
        if tags is None:
            made.append({**cell, "cell_type": "markdown", "metadata": {}})
        else:
            made.append({**cell, "outputs": outputs, "execution_count": 1})
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_folded_cells_that_follow_each_other_open_by_one_word(tmp_path):
    hidden = ["hide-input"]
    cells = [
        (None, "# Title", ""),
        (hidden, "first = 1", ""),
        (["remove-input"], "unseen = 1", ""),
        (hidden, "second = 2\nsecond_too = 2", ""),
        (hidden, "third = 3\nthird", "3"),
        (hidden, "fourth = 4", ""),
        (None, "Words between.", ""),
        (hidden, "fifth = 5", ""),
        ([], "sixth = 6", ""),
        (hidden, "seventh = 7", ""),
        (["hide-output"], "eighth = 8\neighth", "8"),
    ]
    (tmp_path / "index.ipynb").write_text(notebook(*cells), encoding="utf-8")
    built(tmp_path)
    page = BeautifulSoup((tmp_path / "html" / "index.html").read_text(encoding="utf-8"), "html.parser")
    folds = [
        (
            fold.summary.get_text(),
            fold.has_attr("open"),
            [line.get_text().split(" ")[0] for pre in fold.select("pre") for line in pre.select(".line")],
        )
        for fold in page.select("details")
    ]
    assert folds == [
        ("code, 5 lines", False, ["first", "second", "second_too", "third", "third\n"]),
        ("code, 1 line", False, ["fourth"]),
        ("code, 1 line", False, ["fifth"]),
        ("code, 1 line", True, ["sixth"]),
        ("code, 1 line", False, ["seventh"]),
        ("code, 2 lines", True, ["eighth", "eighth\n"]),
        ("output", False, ["8\n"]),
    ]


def built(folder):
    """Build the pages of a folder, and return what was warned of."""
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_nb", "bookbuild.reading"],
        "html_static_path": [str(ROOT / "book" / "_static")],
        "nb_execution_mode": "off",
    }
    Sphinx(
        folder, None, folder / "html", folder / "trees", "html", settings, status=None, warning=warnings
    ).build()
    return warnings.getvalue()


# Minutes ----------------------------------------------------------------------------------------


def container(kind, *children, **more):
    made = nodes.container(nb_element=kind, **more)
    made += children
    return made


def page(*children):
    document = nodes.section()
    document += children
    return document


def cell(code, *outputs, **more):
    source = container("cell_code_source", nodes.literal_block(code, code))
    return container("cell_code", source, *outputs, **more)


def test_words_take_their_time_and_what_nobody_reads_takes_none():
    words = nodes.paragraph("", "Two’s a pair, and 0.5 is half. " * 34)  # seven words each
    unread = [
        nodes.raw("", "<b>no word</b>", format="html"),
        nodes.comment("", "nor here"),
        nodes.literal_block("x = 1", "x = 1"),
    ]
    assert reading.seconds(page(words, *unread)) == pytest.approx(60)


def test_code_counts_where_it_stands_and_pictures_and_formulas_once():
    shown, folded = cell("a = 1\n\nb = 2"), cell("c = 3", hide_mode="input")
    assert reading.seconds(page(shown, folded)) == 2 * reading.SECONDS_A_CODE_LINE
    picture = container("mime_bundle", nodes.image(), nodes.image(), nodes.literal_block("<Axes>", "<Axes>"))
    table = container("mime_bundle", nodes.raw("", "<div><table><tr></tr></table></div>", format="html"))
    number = container("mime_bundle", nodes.literal_block("0.5", "0.5"))
    stepper = container("mime_bundle", nodes.raw("", '<table class="fallback"></table>', format="html"))
    outputs = page(picture, table, number, stepper, nodes.math_block("", "a"))
    assert reading.seconds(outputs) == 3 * reading.SECONDS_A_PICTURE


@pytest.mark.parametrize(
    "said, expected, warned",
    [("one", "1 minute", ""), ("sub/two", "2 minutes", ""), ("tow", "?", "minutes: got 'tow'")],
)
def test_a_page_says_how_long_another_takes(tmp_path, said, expected, warned):
    (tmp_path / "sub").mkdir()
    texts = {
        "index": f"# Home\n\n```{{toctree}}\none\nsub/two\n```\n\nTakes {{minutes}}`{said}`, all in all.\n",
        "one": "# One\n\nA short one.\n",
        "sub/two": f"# Two\n\n{'word ' * 300}\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    warnings = built(tmp_path)
    assert f"Takes {expected}, all in all." in (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert warned in warnings and bool(warned) == ("minutes: got" in warnings)
