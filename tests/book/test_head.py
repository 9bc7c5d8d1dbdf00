"""What pages say of themselves: their description, their card, the sitemap."""

import html.parser
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from docutils import nodes
from docutils.core import publish_doctree
from PIL import Image

from bookbuild import card, head

ROOT = Path(__file__).parents[2]
TITLE = "A title\n=======\n\n"


def page(text):
    """A page of one section, as Sphinx has it, of reStructuredText."""
    return publish_doctree(text, settings_overrides={"doctitle_xform": False})


class Meta(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert tag == "meta" and len(attributes) == 2
        name = attributes.get("name") or attributes.get("property")
        assert name not in self.found
        self.found[name] = attributes["content"]


def test_a_chapter_is_described_by_its_question():
    asked = page(TITLE + "*How large is\ntoo large?*\n\nAfter this you can.")
    assert head.description(asked) == "How large is too large?"
    assert isinstance(head.question(asked), nodes.paragraph)


@pytest.mark.parametrize("text", ["*One* word.", "Words.\n\n*A question?*", "", "* a\n* list"])
def test_not_all_that_is_in_italics_is_a_question(text):
    assert head.question(page(TITLE + text)) is None


@pytest.mark.parametrize("length", [1, 40, 159, 160, 161, 400])
def test_a_description_is_what_a_page_begins_with_and_no_longer_than_is_shown(length):
    words = " ".join(["word"] * 200)[:length].strip()
    about = head.description(page(TITLE + words))
    assert len(about) <= 160 and words.startswith(about.rstrip("…"))
    assert (about == words) == (len(words) <= 160)


def test_of_a_long_paragraph_whole_sentences_are_told():
    sentence = "This sentence has about sixty letters, or perhaps a few more."
    assert head.description(page(TITLE + " ".join([sentence] * 4))) == f"{sentence} {sentence}"
    assert head.description(page(TITLE)) == "" and head.description(page("No title")) == ""


def test_tags_say_what_a_card_needs():
    told = Meta(head.tags('A "b" & <c>', "The book", "About's", "https://h/b/x.html", "https://h/b/")).found
    assert told["og:title"] == 'A "b" & <c>' and told["description"] == told["og:description"] == "About's"
    assert told["og:url"] == "https://h/b/x.html" and told["og:image"] == "https://h/b/_static/card.png"
    assert told["twitter:card"] == "summary_large_image" and told["og:type"] == "article"


def test_without_an_address_nothing_is_made_up():
    told = Meta(head.tags("A", "The book", "")).found
    assert set(told) == {"og:title", "og:type", "og:site_name"}


def test_the_picture_of_a_card_is_as_large_as_said_and_has_the_title_of_the_book():
    picture = Image.open(ROOT / "book" / head.CARD)
    assert picture.size == (1200, 630) == (card.WIDTH, card.HEIGHT)
    assert (ROOT / "book" / head.CARD).stat().st_size < 60_000
    assert yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"] == card.TITLE


def test_a_sitemap_names_each_page_once_and_in_order():
    text = head.sitemap({"https://h/b.html", "https://h/a&c.html"})
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    urls = ElementTree.fromstring(text.encode())
    assert [url.findtext(f"{space}loc") for url in urls] == ["https://h/a&c.html", "https://h/b.html"]
    assert not re.search("lastmod", text)  # two builds are the same
