"""The texts of questions: `names of quantities`, *emphasis*, {numbers}, [[blanks]]. The twin of `text.js`."""

import re
from html import escape

from s6lib.widgets.question import formulas, judging

PART = re.compile(r"`([^`]+)`|\*([^*\s](?:[^*]*[^*\s])?)\*|\{([^{}]+)\}|\[\[(\w+)\]\]")
QUANTITY = re.compile(r"[iwhot]\d+|a_[ho]\d+|E(?:\d|_total)?|rate|d(?:E|a_[ho]\d|[ho]\d)_d\w+")


def parts(text):
    """`text` in parts: (kind, content), of the kinds "text", "name", "emphasis", "number" and "blank"."""
    end = 0
    for found in PART.finditer(text):
        if found.start() > end:
            yield "text", text[end : found.start()]
        kind = ("name", "emphasis", "number", "blank")[found.lastindex - 1]
        yield kind, found[found.lastindex]
        end = found.end()
    if end < len(text):
        yield "text", text[end:]


def number(content, values, given):
    """The number that stands for {content}: a formula, and after a colon how many digits it has."""
    formula, _, digits = content.partition(":")
    fixed = not isinstance(given.get(formula, ""), str)
    return judging.written(formulas.value(formula, values), int(digits or (6 if fixed else 4)))


def plain(text, values, given):
    """`text` as it is read in a console."""
    shown = {"number": lambda content: number(content, values, given), "blank": lambda _: "____"}
    return "".join(shown.get(kind, str)(content) for kind, content in parts(text))


def html(text, values, given):
    """`text` as HTML, with a line to write on for each blank."""

    def shown(kind, content):
        if kind == "name":
            return symbol(content) if QUANTITY.fullmatch(content) else f"<code>{escape(content)}</code>"
        if kind == "emphasis":
            return f"<em>{escape(content)}</em>"
        if kind == "number":
            return number(content, values, given)
        return "<span>______</span>" if kind == "blank" else escape(content)

    return "".join(shown(*part) for part in parts(text))


def symbol(name):
    """The name of a quantity as mathematics."""
    if fraction := re.fullmatch(r"d(\w+?)_d(\w+)", name):
        return "∂{}/∂{}".format(*map(symbol, fraction.groups()))
    if name in ("E", "rate"):
        return f"<var>{'η' if name == 'rate' else 'E'}</var>"
    letter, index = name.split("_") if "_" in name else (name[0], name[1:])
    return f"<var>{letter}<sub>{index}</sub></var>"
