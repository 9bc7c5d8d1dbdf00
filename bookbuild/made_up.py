"""A language that nobody speaks, made by code out of English: each word is longer, and no vowel as before.

What is no word stays: placeholders, markup, code, formulas, links, names with a digit, signs. A page in this
language shows what was never translated, and what has no room for longer words.
"""

import re

#: `lang` of a language for private use, and its decimal sign, which is not the English one.
LANGUAGE, DECIMAL = "qps", ","
VOWELS = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
#: Longer by about two letters of five; no English word has this letter.
MORE = "ö"
#: What a translator would leave as it is.
KEPT = re.compile(
    r"^`{3,}.*$|\$\$.+?\$\$|\$[^$\n]+\$|\{[\w:-]+\}`[^`]*`|\{[^{}]*\}|`[^`]*`|<[^<>]*>|&\w+;|\[\[[^\]]*\]\]"
    r"|\]\([^)]*\)|%\(\w+\)s|https?://\S+|^:{3,}.*$|^\([\w-]+\)=$|\w*[\d_]\w*|\b\w\b|\b\w*[A-Z]\w*[A-Z]\w*\b",
    re.S | re.M,
)
WORD = re.compile(r"[A-Za-z]+")
#: A role with words of its own: "{doc}`the words <page>`".
ROLE = re.compile(r"(\{[\w:-]+\}`)([^`]+)( <[^<>`]*>`)", re.S)


def text(english):
    """Return the text in the made-up language, its placeholders, markup and code as they were."""
    said, end = [], 0
    for kept in KEPT.finditer(english):
        said += [WORD.sub(_word, english[end : kept.start()]), _kept(kept[0])]
        end = kept.end()
    return "".join(said) + WORD.sub(_word, english[end:])


def _kept(part):
    role = ROLE.fullmatch(part)
    return role[1] + text(role[2]) + role[3] if role else part


def _word(found):
    return found[0].translate(VOWELS) + MORE * max(1, round(0.4 * len(found[0])))


def left_over(shown, exempt=()):
    """The English words of a text that a page shows, but for those in `exempt`, and names: what has a digit,
    an underscore, two capitals, or a single letter."""
    words = re.findall(r"\w+", re.sub(r"https?://\S+", "", shown))
    return [
        word for word in words if re.fullmatch("[A-Z]?[a-z]+", word) and len(word) > 1 and word not in exempt
    ]
