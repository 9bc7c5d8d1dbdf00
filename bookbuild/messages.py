"""What can be translated, gathered from where it stands: the template of a catalogue for gettext.

::

    python -m bookbuild.messages _build/s6.pot                 # what a translator begins with
    python -m bookbuild.messages --made-up _build/qps.po       # a language of longer words, made by code

From JavaScript come t`…`, pieces`…` and plural(…), from Python t("…") and plural(…), from the pages what
`bookbuild.translation` puts back there. The order is that of files and of lines, and
no line is numbered: so a text that has not changed changes nothing.
"""

import argparse
import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from bookbuild import made_up, translation

ROOT = Path(__file__).parents[1]
TITLE = "Backpropagation by its numbers"
HEAD = """\
# {title}
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"X-Decimal: {decimal}\\n"
"""


@dataclass
class Message:
    """English that can be translated: `other` is the form for many where it counts, `places` the files that
    say it, `values` what stands for its {0} or {name}, as code."""

    text: str
    other: str = ""
    places: list = field(default_factory=list)
    values: list = field(default_factory=list)


def of_library(root=ROOT):
    """Return the messages of the library and of the builder, in the order of their files."""
    found = {}
    paths = [
        *(root / "book" / "_static").glob("*.js"),
        *(root / "s6lib").rglob("*.js"),
        *(root / "s6lib").rglob("*.py"),
        *(root / "bookbuild").rglob("*.py"),
    ]
    for path in sorted(paths):
        read = of_javascript if path.suffix == ".js" else of_python
        gather(found, read(path.read_text(encoding="utf-8")), path.relative_to(root).as_posix())
    return found


def of_pages(root=ROOT):
    """Return the messages of the pages, in the order of the book, and of the tables that they show."""
    found = {}
    for path in [*translation.pages(root), root / "_toc.yml", root / "_config.yml"]:
        said = []

        def say(text, values=(), said=said):
            said.append(Message(text, values=list(values)))
            return text

        translation.translated(path, say)
        gather(found, said, path.relative_to(root).as_posix())
    for path, names in translation.of_results(root).items():
        gather(found, map(Message, sorted(names)), path.relative_to(root).as_posix())
    return found


def gather(found, messages, place):
    """Add to `found`, {text: Message}, the `messages` of one file."""
    for each in messages:
        known = found.setdefault(each.text, Message(each.text))
        known.other = known.other or each.other
        known.places += [place] if place not in known.places else []
        known.values += [one for one in each.values if one not in known.values]


# JavaScript -----------------------------------------------------------------------------------


def of_javascript(source):
    """Yield the messages of a module."""
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    waiting = [Parser(Language(tree_sitter_javascript.language())).parse(source.encode()).root_node]
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.children)
        if node.type != "call_expression":
            continue
        name, given = node.child_by_field_name("function").text, node.child_by_field_name("arguments")
        if name in (b"t", b"pieces") and given.type == "template_string":
            yield Message(*_template(given))
        elif name == b"plural":
            _, one, other, *values = given.named_children
            yield Message(_literal(one), _literal(other), values=[_shown(each) for each in values])


def unsaid(source):
    """Yield what looks like a sentence in a module and is no message, errors that are thrown aside."""
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    waiting = [Parser(Language(tree_sitter_javascript.language())).parse(source.encode()).root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "throw_statement":
            continue
        called = node.child_by_field_name("function") if node.type == "call_expression" else None
        if called is not None and called.text in (b"t", b"pieces", b"plural"):
            given = node.child_by_field_name("arguments")
            waiting += [
                part for part in given.named_children if part.type not in ("string", "string_fragment")
            ]
            continue
        if node.type == "string_fragment":
            text = node.text.decode()
            if re.search(r"(^|[.:;] )[A-Z“][a-z]+ [a-z]|[a-z]{2,}[.?!](\s|$)", text):
                yield text
        waiting += reversed(node.children)


def _template(node):
    """The text of a template with {0} for its first expression; what the expressions are."""
    text, values = "", []
    for part in node.named_children:
        if part.type == "template_substitution":
            text += f"{{{len(values)}}}"
            values.append(_shown(part.named_children[0]))
        else:
            text += _unescaped(part.text.decode())
    text = re.sub(r"\n\s*", " ", text)  # as kit/words.js reads it
    return text, "", [], [f"{{{k}}} {each}" for k, each in enumerate(values)]


def _literal(node):
    if node.type != "string":
        raise ValueError(f"plural: got {node.text.decode()!r}; takes its two forms as they are")
    return "".join(_unescaped(part.text.decode()) for part in node.named_children)


def _shown(node):
    return " ".join(node.text.decode().split())


def _unescaped(text):
    """What JSON has no word for means itself."""
    return json.loads(f'"{text}"') if re.fullmatch(r"\\[nt\\u].*", text) else text.removeprefix("\\")


# Python -----------------------------------------------------------------------------------------


def of_python(source):
    """Yield the messages of a module."""
    for node in _in_order(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("t", "named") and node.args and isinstance(node.args[0], ast.Constant):
                values = [f"{{{k}}} {ast.unparse(each)}" for k, each in enumerate(node.args[1:])]
                values += [f"{{{each.arg}}} {ast.unparse(each.value)}" for each in node.keywords if each.arg]
                yield Message(node.args[0].value, values=values)
            elif name == "plural" and len(node.args) == 3:
                yield Message(node.args[1].value, node.args[2].value)
            elif translation.is_question(node):
                yield from map(Message, translation.of_question(node))
            else:
                yield from map(Message, translation.heads(node))


def _in_order(tree):
    """The nodes of a tree, as they stand in the text."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from _in_order(child)


# The template -----------------------------------------------------------------------------------


def template(messages, language="", decimal=".", translate=None):
    """Return a catalogue of `messages` as a text: a template, or translated by `translate(text)`."""
    blocks = [HEAD.format(title=TITLE, language=language, decimal=decimal)]
    for each in messages:
        lines = [f"#. {value}" for value in each.values] + [f"#: {place}" for place in each.places]
        lines.append(f"msgid {_quoted(each.text)}")
        said = [translate(text) if translate else "" for text in (each.text, each.other) if text]
        if each.other:
            lines.append(f"msgid_plural {_quoted(each.other)}")
            lines += [f"msgstr[{form}] {_quoted(text)}" for form, text in enumerate(said)]
        else:
            lines.append(f"msgstr {_quoted(said[0])}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _quoted(text):
    """A text between quotes, on a line for each of its own."""
    lines = [f'"{_escaped(line)}"' for line in text.splitlines(keepends=True)] or ['""']
    return "\n".join(['""', *lines] if len(lines) > 1 else lines)


def _escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m bookbuild.messages", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("catalogue", type=Path, help="the file .pot or .po that is written")
    parser.add_argument("--made-up", action="store_true", help="translated into the made-up language")
    given = parser.parse_args(argv)
    found = of_library()
    for text, each in of_pages().items():
        gather(found, [each], each.places[0])
        found[text].places += each.places[1:]
    found = list(found.values())
    given.catalogue.parent.mkdir(parents=True, exist_ok=True)
    language = (made_up.LANGUAGE, made_up.DECIMAL, made_up.text) if given.made_up else ()
    given.catalogue.write_text(template(found, *language), encoding="utf-8")
    print(f"{given.catalogue}: {len(found)} messages")


if __name__ == "__main__":
    main()
