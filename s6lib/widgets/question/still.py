"""A question on paper and where there are no scripts: with room for the answer, which stands folded below."""

import math
from html import escape

from s6lib.widgets.question import judging, text
from s6lib.words import t


def with_right(spec, values):
    """The numbers that texts may name: those of the question, and where it asks for one, {right}."""
    if spec["kind"] != "number":
        return values
    return {**values, "right": judging.worth(spec["blanks"][0]["right"], values)}


def page(specs, heading, chosen):
    """The HTML of these questions with the numbers of the set `chosen`."""
    head = f"<p><strong>{escape(heading)}</strong></p>\n" if heading else ""
    return head + "\n".join(_question(spec, chosen) for spec in specs)


def _question(spec, chosen):
    values = with_right(spec, judging.numbers(spec, chosen))

    def shown(each):
        return text.html(each, values, spec["given"])

    lines = "".join(f"<br>{shown(line.replace(' | ', ' · '))}" for line in spec["lines"])
    parts = [f"<p><strong>{escape(spec['label'])}.</strong> {shown(spec['ask'])}{lines}</p>"]
    if spec["kind"] == "choice":
        order = places(spec, chosen)
        parts.append(
            "<ul>" + "".join(f"<li>{shown(spec['choices'][k]['text'])}</li>" for k in order) + "</ul>"
        )
    elif spec["kind"] == "order":
        order = judging.mixed(len(spec["items"]), f"{chosen}/{spec['name']}/order")
        parts.append("<ul>" + "".join(f"<li>{shown(spec['items'][k])}</li>" for k in order) + "</ul>")
    elif spec["kind"] == "number":
        parts.append(f"<p>______ {escape(spec['blanks'][0]['unit'])}</p>")
    because = f" {shown(spec['because'])}" if spec["because"] else ""
    right = _right(spec, values, shown).removesuffix(".")  # a choice may be a whole sentence
    parts.append(f"<details><summary>{t('Answer')}</summary><p>{right}.{because}</p></details>")
    return "\n".join(parts)


def places(spec, chosen):
    """The places of the choices in the order in which they are shown."""
    count = len(spec["choices"])
    return list(range(count)) if spec["kept"] else judging.shuffled(count, f"{chosen}/{spec['name']}/order")


def _right(spec, values, shown):
    if spec["kind"] == "choice":
        return ", ".join(shown(choice["text"]) for choice in spec["choices"] if choice["right"])
    if spec["kind"] == "order":
        return ", ".join(map(shown, spec["items"]))
    if spec["kind"] == "curve":
        return ", ".join(map(judging.written, spec["right"]))
    many = len(spec["blanks"]) > 1
    return ", ".join(
        (f"{text.symbol(blank['name'])} = " if many and text.QUANTITY.fullmatch(blank["name"]) else "")
        + _typed(blank, judging.worth(blank["right"], values))
        + (f" {escape(blank['unit'])}" if blank["unit"] else "")
        for blank in spec[
            "blanks"
        ]  # in the order of the lines; names that are no quantities are for programs
    )


def _typed(blank, right):
    """The right number as a reader would type it; `typed` in kinds.js."""
    allowed = judging.allowed(blank, right)
    if not allowed:
        return judging.written(right, 15)
    enough = min(15, max(1, math.ceil(math.log10(abs(right) / allowed)) + 1)) if right else 1
    return judging.written(right, blank.get("digits", enough))
