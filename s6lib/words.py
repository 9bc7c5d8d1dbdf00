"""What a reader reads, in the reader's language: English stands in the code, a catalogue has the rest.

::

    t("The window is at row {row}.", row=3)                    # a whole sentence, or a label
    plural(steps, "{count} step", "{count} steps")
    number(0.25, ".3f")                                        # "0.250", or "0,250"
    listed(["no dropout", "wide"], "*{0}*")                    # "*no dropout* and *wide*"

`S6LIB_LANGUAGE` names a catalogue of gettext: a file that ends in .po, or the language of a file in
`s6lib/locale`. It is read once, when this is imported: the widgets in JavaScript, the still forms and the
pages then speak its language. Errors and names in code stay English. How to translate: CONTRIBUTING.md.
"""

import ast
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")
#: A line of a catalogue: a keyword with its text, or more of the text before.
LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr(?:\[(\d)\])?) )?(".*")')
#: In a text: a number before its decimal point, which no version or file has; where none is looked for.
DECIMAL = re.compile(r"(?<![\w.])(\d+)\.(?=\d+(?:e[-+]?\d+)?(?![\w.]*\.?\w))")
KEPT = re.compile(r"(`[^`]*`|\$[^$]*\$|\{[^{}]*\}|<[^<>]*>|\]\([^)]*\)|(?<!\S)\S*://\S*)")


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language.

    language : as `lang` in HTML has it
    decimal : the decimal sign
    plural : which form stands for the number n, an expression in C, as gettext and JavaScript read it
    messages : {English: translation}, where a message counts {English of one: list of the forms}
    places : {English: set of the files that say it}
    """

    language: str = "en"
    decimal: str = "."
    plural: str = "n != 1"
    messages: dict = field(default_factory=dict)
    places: dict = field(default_factory=dict)


def entries(text):
    """Return the entries of a catalogue in the format of gettext's .po as dicts: msgid, msgid_plural, msgstr
    (a list where it counts), places, fuzzy. What is commented out is left out.

    Raises ValueError for a line of another form.
    """
    found = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        entry = {"msgid": "", "msgstr": "", "places": [], "fuzzy": False}
        key, form = None, None
        for line in block.splitlines():
            if line.startswith("#"):
                entry["places"] += line[2:].split() if line.startswith("#:") else []
                entry["fuzzy"] |= line.startswith("#,") and "fuzzy" in line
                continue
            parts = LINE.fullmatch(line.strip())
            if not parts or not (parts[1] or key):
                raise ValueError(f'catalogue: got {line!r}; takes msgid "…" and msgstr "…", as gettext does')
            if parts[1]:
                key, form = parts[1].partition("[")[0], parts[2]
            said = ast.literal_eval(parts[3])
            if form is None:
                entry[key] = entry.get(key, "") + said if not parts[1] else said
            else:
                forms = entry["msgstr"] = list(entry["msgstr"])
                forms[int(form) :] = ["".join(forms[int(form) :]) + said]
        if key:
            found.append(entry)
    return found


def read(path):
    """Return the `Catalogue` at `path`. What is not translated yet, or is marked as fuzzy, stays English.

    Its head has `Language`, `Plural-Forms`, and `X-Decimal`, the decimal sign, where that is no point. Raises
    ValueError for what is no catalogue, and for a plural that is no expression.
    """
    from gettext import c2py

    head, *others = entries(Path(path).read_text(encoding="utf-8"))
    if head["msgid"]:
        raise ValueError(f"catalogue: {path} has no head, an empty msgid with Language and Plural-Forms")
    said = dict(re.findall(r"^([\w-]+): *(.*)$", head["msgstr"], re.M))
    plural = re.search(r"plural *= *([^;]+)", said.get("Plural-Forms", ""))
    plural = plural[1].strip() if plural else Catalogue.plural
    c2py(plural)
    others = [each for each in others if all(each["msgstr"]) and each["msgstr"] and not each["fuzzy"]]
    return Catalogue(
        said.get("Language", "").strip() or Path(path).stem,
        said.get("X-Decimal", "").strip() or Catalogue.decimal,
        plural,
        {each["msgid"]: each["msgstr"] for each in others},
        {each["msgid"]: {*each["places"]} for each in others},
    )


def chosen(name):
    """The catalogue that `name`, the value of S6LIB_LANGUAGE, means; English for "" and "en".

    Raises ValueError where there is none.
    """
    if name in ("", "en"):
        return Catalogue()
    path = Path(name) if name.endswith(".po") else LOCALE / f"{name}.po"
    if not path.is_file():
        known = ", ".join(["en", *sorted(each.stem for each in LOCALE.glob("*.po"))])
        raise ValueError(f"S6LIB_LANGUAGE: got {name!r}; takes {known}, or a file that ends in .po")
    return read(path)


#: What is spoken.
CATALOGUE = chosen(os.environ.get("S6LIB_LANGUAGE", ""))


def t(message, *places, **values):
    """Return the translation of `message`, a whole sentence or label, with `values` in place of their {names}
    and `places` in that of {0}, {1} and so on.

    Without values nothing is put in: the {names} of a template stay. Raises KeyError for a {name} without a
    value.
    """
    said = CATALOGUE.messages.get(message, message)
    return _filled(
        said if isinstance(said, str) else said[0],
        {**{str(k): each for k, each in enumerate(places)}, **values},
    )


def named(name):
    """Return `name`, by which code finds something: a message all the same, for `shown` to translate."""
    return name


def plural(count, one, other, **values):
    """Return the form for `count`, which is {count} in it, with further `values`."""
    forms = CATALOGUE.messages.get(one, (one, other))
    if CATALOGUE.plural == Catalogue.plural:
        form = int(count != 1)
    else:
        from gettext import c2py

        form = c2py(CATALOGUE.plural)(count)
    return _filled(forms[form], {"count": count, **values})


def number(value, spec=""):
    """Return `format(value, spec)` as the language writes numbers: with its decimal sign, and where that is a
    comma, a narrow blank between thousands. What is no number comes back as a text."""
    text = format(value, spec)
    if CATALOGUE.decimal == "." or isinstance(value, str):
        return text
    return text.replace(",", "\u202f").replace(".", CATALOGUE.decimal)


def shown(value, spec=""):
    """Return what a page or a figure shows for a value: a number as `number` has it; a name, by which code
    finds something, translated where the catalogue knows it, and the numbers in it with the decimal sign of
    the language. Code, formulas, tags and links stay."""
    if not isinstance(value, str):
        return number(value, spec)
    if CATALOGUE.decimal == ".":
        return format(t(value), spec)
    parts = KEPT.split(t(value))
    parts[::2] = [DECIMAL.sub(rf"\1{CATALOGUE.decimal}", part) for part in parts[::2]]
    return format("".join(parts), spec)


def listed(names, form="{0}"):
    """Return some names as a text, "a, b and c", each as `shown` has it and in this form, such as "*{0}*";
    "none" for none of them."""
    said = [form.replace("{0}", shown(name)) for name in names]
    if len(said) < 2:
        return "".join(said) or t("none")
    return t("{0} and {1}", ", ".join(said[:-1]), said[-1])


def _filled(text, values):
    return re.sub(r"\{(\w+)\}", lambda name: str(values[name[1]]), text) if values else text
