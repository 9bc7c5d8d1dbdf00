"""What Sphinx and the theme say, in a language that they do not speak: a Sphinx extension.

Sphinx has been translated into some sixty languages, and each part of the theme into others. Where a
catalogue of theirs says nothing, the book's own is asked, which has the messages that are on its pages.
"""

import json
from gettext import NullTranslations
from pathlib import Path

from sphinx import locale

from s6lib import words
from s6lib.words import t

#: The field of the search, whose words are a setting of the theme's and no message.
SEARCH = t("Search this book...")
#: Words that the theme's templates have written out, by the attributes in which they stand.
WRITTEN = {"Main": t("Main"), "Page": t("Page"), "Toggle primary sidebar": t("Toggle primary sidebar")}
#: What the buttons say that copy code, whose script has a list of its own for each of seven languages.
COPY = {
    "copy": t("Copy"),
    "copy_to_clipboard": t("Copy to clipboard"),
    "copy_success": t("Copied!"),
    "copy_failure": t("Failed to copy"),
}
#: The messages: named here to be gathered.
MESSAGES = (
    t("Back to top"),
    t("By"),
    t("Color mode"),
    t("Contents"),
    t("Dark"),
    t("Download source file"),
    t("Download this page"),
    t("Fig. %s"),
    t("Launch interactive content"),
    t("Launch on"),
    t("Launch on Colab"),
    t("Light"),
    t("Link to this equation"),
    t("Link to this heading"),
    t("Link to this image"),
    t("Link to this table"),
    t("Listing %s"),
    t("Please activate JavaScript to enable the search functionality."),
    t("Print to PDF"),
    t("Search"),
    t("Search Page"),
    t("Section %s"),
    t("Skip to main content"),
    t("Source repository"),
    t("System Settings"),
    t("Table %s"),
    t("Version warning"),
    t("logo"),
    t("next"),
    t("next page"),
    t("previous"),
    t("previous page"),
    t("© Copyright %(copyright)s."),
)


class Own(NullTranslations):
    """The book's catalogue, as gettext asks it."""

    def gettext(self, message):
        said = words.t(message)
        return said if said != message else super().gettext(message)


def _speak(app, *_):
    if words.CATALOGUE != words.Catalogue():
        for each in {id(each): each for each in (app.translator, *locale.translators.values())}.values():
            each.add_fallback(Own())


def _settings(app, config):
    config.html_theme_options["search_bar_text"] = SEARCH


def mend(page):
    """Let what the theme's templates have written out speak the reader's language, on the page (of bs4)."""
    for name in ("aria-label", "title"):
        for element in page.find_all(attrs={name: list(WRITTEN)}):
            element[name] = WRITTEN[element[name]]


def with_own_copy(script, language):
    """Return the script of the buttons that copy code with the book's words for the language. Where it has
    its own, these count: of two lists for one language JavaScript takes the last."""
    own = json.dumps({language: COPY}, ensure_ascii=False)[1:-1]
    return script.replace("const messages = {", f"const messages = {{\n  {own},", 1)


def _let_copy(app, exception):
    script = Path(app.outdir, "_static", "copybutton.js")
    if not exception and script.exists() and words.CATALOGUE != words.Catalogue():
        made = with_own_copy(script.read_text(encoding="utf-8"), app.config.language)
        script.write_text(made, encoding="utf-8")


def setup(app):
    app.connect("config-inited", _settings)
    app.connect("config-inited", _speak, priority=100)  # before Sphinx has its "Fig. %s"
    app.connect("builder-inited", _speak, priority=100)  # the theme has brought catalogues of its own
    app.connect("build-finished", _let_copy)  # before the scripts are joined
    return {"parallel_read_safe": True, "parallel_write_safe": True}
