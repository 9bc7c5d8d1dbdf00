"""What stayed English on a page of the made-up language is found, and what may stay is not."""

import gettext
import json
from pathlib import Path

import pytest
import sphinx
import sphinx_copybutton
from bs4 import BeautifulSoup
from modules import run

from bookbuild import left_over, made_up, theme, translation
from s6lib import words

STATE = {
    "name": "the_question",
    "kind": "choice",
    "given": {"rate": "low + high"},
    "ask": "Hówö `far up` ísö {the rate}, ándö [[blank]]?",
    "choices": [{"text": "near zero", "right": True, "says": ""}],
    "blanks": [{"name": "answer", "right": "low + high", "wrong": [["low - high", "Turn it round."]]}],
}
PAGE = """<!doctype html><html lang="qps"><head><meta charset="utf-8">
<meta name="description" content="{description}"><meta name="viewport" content="width=device-width">
<title>Pássöö</title><script>const no = "This is a program";</script></head>
<body><nav aria-label="{menu}"><a href="the_next_page.html" title="ö">Fórwárdööö</a></nav>
<article><h1>{title}</h1><p>{text} ReLU, w1, <code>the code</code>, forward_pass.html, https://example.org/english</p>
<pre>An output</pre><math><mi>total</mi></math><img src="a.svg" alt="{alt}"><input placeholder="{field}">
<!-- a comment of the theme -->
<div class="s6-question"><script type="application/json">{state}</script></div>
<p class="citation-list">A book that was cited</p></article></body></html>
"""
CLEAN = dict.fromkeys(("description", "menu", "title", "text", "alt", "field"), "Á pássöö")


def page(**english):
    return PAGE.format(**{**CLEAN, "state": "{}", **english})


def test_a_page_that_was_translated_has_nothing_left():
    assert left_over.left_over(page()) == []


@pytest.mark.parametrize("place", CLEAN)
def test_english_is_found_wherever_a_reader_meets_it(place):
    assert any("Stays English" in text for text in left_over.left_over(page(**{place: "Stays English"})))


def test_of_a_question_its_texts_are_read_and_not_its_formulas():
    assert left_over.left_over(page(state=json.dumps([STATE]))) == ["near zero", "Turn it round."]


def test_a_page_of_functions_is_read_around_them():
    of_functions = page(menu="A menu", text='<dl class="py function">What it does</dl>')
    assert left_over.left_over(of_functions) == ["A menu"]


def test_what_is_left_is_named_by_page_and_fails(tmp_path, capsys):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "one.html").write_text(page(), encoding="utf-8")
    with pytest.raises(SystemExit) as clean:
        left_over.main([str(tmp_path)])
    (tmp_path / "book" / "two.html").write_text(page(alt="A picture"), encoding="utf-8")
    with pytest.raises(SystemExit) as unclean:
        left_over.main([str(tmp_path)])
    assert (clean.value.code, unclean.value.code) == (0, 1)
    assert "book/two.html: A picture\n" in capsys.readouterr().out


def test_a_folder_without_pages_is_refused(tmp_path):
    with pytest.raises(SystemExit) as refused:
        left_over.main([str(tmp_path)])
    assert refused.value.code == 2


def test_the_words_of_a_role_are_translated_and_its_target_is_not():
    said = made_up.text("See {doc}`the next one <forward_pass>` and {doc}`training`.")
    assert "`théö néxtöö ónéö <forward_pass>`" in said and "{doc}`training`" in said


def test_a_list_of_links_is_a_message_where_these_have_words_of_their_own():
    said = []
    page = "- {doc}`Your own <sweeps>`, {minutes}`sweeps`\n- {doc}`sweeps`"
    translation.in_markdown(page, lambda text: said.append(text) or text)
    assert said == ["{doc}`Your own <sweeps>`, {minutes}`sweeps`"]


def test_what_sphinx_has_translated_stays_and_the_rest_is_the_books_own(monkeypatch):
    own = words.Catalogue("de", messages={"Fig. %s": "Bild %s", "Light": "Hell", "Main": "Haupt"})
    monkeypatch.setattr(words, "CATALOGUE", own)
    german = gettext.translation("sphinx", Path(sphinx.__file__).parent / "locale", ["de"])
    german.add_fallback(theme.Own())
    assert german.gettext("Fig. %s") == "Abb. %s"
    assert german.gettext("Light") == "Hell" and german.gettext("Dark") == "Dark"


def test_what_the_theme_has_written_out_is_mended(monkeypatch):
    monkeypatch.setattr(theme, "WRITTEN", {"Main": "Haupt"})
    made = BeautifulSoup('<nav aria-label="Main" title="Other"></nav>', "html.parser")
    theme.mend(made)
    assert str(made) == '<nav aria-label="Haupt" title="Other"></nav>'


def test_the_buttons_that_copy_speak_a_language_that_they_did_not(monkeypatch):
    monkeypatch.setattr(theme, "COPY", {"copy": "Kopier", "copy_success": "Kopiert"})
    script = Path(sphinx_copybutton.__file__).with_name("_static") / "copybutton.js_t"
    script = script.read_text(encoding="utf-8").partition("let locale")[0]
    for language, said in (("nb", "Kopier"), ("de", "Kopieren")):  # German it has
        own = theme.with_own_copy(script, language)
        assert run(f"return messages[{language!r}].copy", before=own) == said
