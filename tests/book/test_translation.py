"""Pages in another language: what cells say comes out whole and goes back; nothing else changes."""

import ast
import itertools
import json
import re

import pytest

from bookbuild import made_up, messages, translation
from s6lib import words

CELL = '''
steps = max(1, count)
way, size = ("rises", "larger") if slope > 0 else ("falls", "smaller")
note = f"It is {loss:.3f}." if loss < 1 else "It is large."
Markdown(f"""The error **{way}** by {abs(slope):.2g}: a {size} weight, {{numref}}`fig-a`. {note}

| place | {'up' if slope > 0 else 'down'} |
|---|---|
| first | {steps} |""")
'''


def same(text, values=()):
    return text


def said(code, **values):
    """What a cell comes to: the argument of its Markdown."""
    found = []
    names = {"Markdown": found.append, "_shown": words.shown, **values}
    exec(code.replace("from s6lib.words import shown as _shown", ""), names)
    return found[0]


def in_cell(code, say):
    (known,) = translation._known([code])
    return translation.in_code(code, say, known)


def test_each_sentence_that_can_come_out_is_a_whole_message():
    found = []
    in_cell(CELL, lambda text, values=(): found.append((text, list(values))) or text)
    texts = [text for text, _ in found]
    assert "The error **rises** by {0}: a larger weight, {numref}`fig-a`. It is {1}." in texts
    assert "The error **falls** by {0}: a smaller weight, {numref}`fig-a`. It is large." in texts
    assert not any("rises" in text and "smaller" in text for text in texts)
    assert "| place | down |\n|---|---|\n| first | {0} |" in texts and "larger" not in texts
    assert ["{0} abs(slope)", "{1} loss"] in [values for _, values in found]


def test_what_is_put_back_comes_to_the_same():
    made = in_cell(CELL, same)
    for slope, loss, count in itertools.product((-0.25, 0.5), (0.1234567, 3), (0, 7)):
        given = {"slope": slope, "loss": loss, "count": count}
        assert said(made, **given) == said(CELL, **given)


def test_a_translation_may_change_the_order_and_has_its_own_numbers(monkeypatch):
    monkeypatch.setattr(words, "CATALOGUE", words.Catalogue("xx", ","))
    code = "Markdown(f\"From {a:.2f} to {b:.2f} it is $x = {c}$ in <b class='n{d}'>all {d} cases</b>.\")"
    made = in_cell(code, lambda text, values=(): "<b class='n{3}'>Alles {4}</b>: $x = {2}$, bis {1} von {0}.")
    assert said(made, a=0.25, b=1234.5, c=1.5, d=2.5) == (
        "<b class='n2.5'>Alles 2,5</b>: $x = 1.5$, bis 1234,50 von 0,25."
    )


@pytest.mark.parametrize(
    "code",
    [
        'def f(x):\n    "Two words, a docstring."\n    assert x, "no one reads this"',
        'raise ValueError("nor does anybody read this")',
        'table["by way of o1"], runs.query("rate > 1 and step < 3"), line("h1", "w1 * i1 + w2 * i2")',
        'pd.DataFrame({"two words": values})  # a comment, too',
    ],
)
def test_code_stays_code(code):
    assert in_cell(code, lambda text, values=(): "!") == code


def gathered(code, keys=()):
    found = []
    translation.in_code(code, lambda text, values=(): found.append(text) or text, keys=keys)
    return found


def test_names_by_which_code_finds_something_are_messages_and_stay():
    code = (
        'ends["no dropout"]; table["conv1.weight"]; says = {"gate": "It shuts.", "norm": "It grows a bit."}; '
        'sum = {"w5": "That is all.", "1 / n": "Not of it."}; words.t("bound"); x.t(); '
        'names = {"norm": "batch norm", "a": b}'
    )
    keys = translation._keys([code])
    assert {"no dropout", "gate", "bound"} <= {*gathered(code, keys)}
    assert not {"conv1.weight", "w5", "1 / n", "a"} & {*gathered(code, keys)}
    made = translation.in_code(code, lambda text, values=(): text.upper(), keys=keys)
    assert 'ends["no dropout"]' in made and 'words.t("bound")' in made


def test_one_word_beside_a_value_is_said_and_what_is_code_is_not():
    assert gathered('f"about {x}", f"conv{k}.weight", f"{a}_loss", f"{k}", f" {x}  --out"') == ["about {0}"]


def test_a_note_in_a_text_is_a_message_without_its_marks():
    code = (
        'Markdown(f"""```{{margin}}\nThere are {n} words.\n```\n\nAnd more of them.\n\n'
        '```\npython -m a b\n```""")'
    )
    assert gathered(code) == ["There are {0} words.", "And more of them."]
    made = translation.in_code(code, lambda text, values=(): text.upper())
    assert said(made, n=2) == (
        "```{margin}\nTHERE ARE 2 WORDS.\n```\n\nAND MORE OF THEM.\n\n```\npython -m a b\n```"
    )


def test_a_name_in_a_sentence_is_shown_in_the_language(monkeypatch):
    monkeypatch.setattr(words, "CATALOGUE", words.Catalogue("xx", ",", messages={"no gate": "ohne Tor"}))
    made = translation.in_code('Markdown(f"With *{name}* it is {value:.1f}, `{name}`.")', same)
    assert said(made, name="no gate", value=0.5) == "With *ohne Tor* it is 0,5, `no gate`."


def rendered(text):
    return re.sub(r"\s+", " ", translation._parser().render(text))


@pytest.mark.parametrize("path", translation.pages(), ids=lambda path: path.stem)
def test_a_page_put_back_as_it_was_is_the_same_page(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        assert rendered(translation.in_markdown(text, same)) == rendered(text)
        return
    before, after = json.loads(text), json.loads(translation.translated(path, same))
    for old, new in zip(before["cells"], after["cells"], strict=True):
        if old["cell_type"] == "markdown":
            assert rendered("".join(new["source"])) == rendered("".join(old["source"]))
        elif "".join(old["source"]) != "".join(new["source"]):
            ast.parse("".join(new["source"]))  # else it is the same code
        assert old["metadata"].get("tags") == new["metadata"].get("tags")


@pytest.mark.parametrize("path", translation.pages(), ids=lambda path: path.stem)
def test_no_paragraph_of_a_page_stays_english(path):
    pages = [path.read_text(encoding="utf-8")]
    if path.suffix == ".ipynb":
        cells = json.loads(translation.translated(path, lambda text, values=(): made_up.text(text)))["cells"]
        pages = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        for cell in cells:
            about = cell["metadata"].get("mystnb", {})
            pages += [about.get("figure", {}).get("caption", ""), about.get("image", {}).get("alt", "")]
    else:
        pages = [translation.in_markdown(pages[0], made_up.text)]
    for page in pages:
        for token in translation._parser().parse(page):
            for child in token.children or ():
                if child.type == "text":
                    assert made_up.left_over(child.content, ALSO) == [], child.content


#: What is left as it is, and no code: authors' names and titles in links, and keys that are pressed.
ALSO = set()


def test_what_is_gathered_is_the_same_each_time_and_is_read_back():
    found, again = messages.of_pages(), messages.of_pages()
    assert found == again and len(found) > 1500
    _, *read = words.entries(messages.template(found.values()))
    assert [each["msgid"] for each in read] == [each.text for each in found.values()]
    names = {path.name for path in translation.pages()} | {"_toc.yml", "_config.yml"}
    assert names - {place.rsplit("/")[-1] for each in found.values() for place in each.places} <= {
        "bibliography.md"
    }


def test_a_table_is_translated_where_it_is_shown(monkeypatch):
    html = '<table><tr><th>loss</th><th scope="row">12</th></tr><tr><td> 0.25</td><td>a 0.5</td></tr></table>'
    assert translation.in_table(html) == html
    monkeypatch.setattr(words, "CATALOGUE", words.Catalogue("xx", ",", messages={"loss": "Verlust"}))
    assert translation.in_table(html) == html.replace("loss", "Verlust").replace(" 0.25", " 0,25")
    found = set()
    code = 'pd.DataFrame({"loss": x, "w1": y}).rename(columns={"a": "in all"})'
    made = in_cell(code, lambda text, values=(): found.add(text) or text)
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(code)) and found == {"loss", "in all"}
