"""ES modules become one text, with no tool but Python: what a notebook's output, anywidget and a page run.

::

    module(stepper)              # one ES module: an output's inline script, anywidget's `_esm`
    script([stepper, digits])    # one classic script for a whole site, which also runs from file://

An import is `import { a, b } from "./x.js";`, or `import SHEET from "./x.css";` for a style sheet as a text.
Each module stands once, after those that it imports. The modules of a widget share one scope with those of
the kit, and with whatever else another widget imports as well: so names at the top of modules are unique
there, and no import renames anything. Of the rest two widgets do not see each other.

In place of `kit/language.js`, which is English, stands the language of `s6lib.words`, with what these modules
say.
"""

import json
import re
from collections import Counter
from pathlib import Path

from s6lib import words

#: The module that says which language is spoken.
LANGUAGE = Path(__file__).with_name("kit").resolve() / "language.js"
IMPORT = re.compile(r'^import (?P<names>\{[^}]*\}|\w+) from "(?P<path>\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|function|class)\b)", re.MULTILINE)
#: What is neither, once the imports are gone.
OTHER = re.compile(
    r"^import\b.*|^export (?!default |(?:async )?(?:const|let|function\*?|class) ).*", re.MULTILINE
)
EXPORTED = re.compile(r"^export (?:async )?(?:const|let|function\*?|class) (\w+)", re.MULTILINE)
TAKES = "takes { names } from a module beside it, or a style sheet by one name"
DEFINED = re.compile(r"^(?:export )?(?:async )?(?:const|let|function\*?|class) (\w+)", re.MULTILINE)


def module(entry):
    """Return the module at the path `entry` and all that it imports as one ES module with the exports of
    `entry`.

    Raises ValueError, naming the file, for a name that two modules define, a circle of imports, and an
    import or export of another form; FileNotFoundError for a module that is not there.
    """
    parts = _parts(entry)
    *others, own = (_spoken(path, text, parts) for path, text in parts.items())
    return "\n".join([*(EXPORT.sub("", text) for text in others), own])


def script(entries):
    """Return the widgets whose modules are at the paths `entries` as one classic script, without exports.

    Raises as `module` does.
    """
    parts = {Path(entry).resolve(): _parts(entry) for entry in entries}
    uses = Counter(path for each in parts.values() for path in each)
    shared, widgets = {}, []
    for entry, each in parts.items():
        own = []
        for path, text in each.items():
            text = _spoken(path, text, uses)
            text = EXPORT.sub("", text).replace("\nexport default ", "\n")
            if path.parent == entry.parent and uses[path] == 1:
                own.append(text)
            else:
                shared[path] = text
        widgets.append("{\n" + "\n".join(own) + "}\n")
    _named_once(shared)
    return '(() => {\n"use strict";\n' + "\n".join([*shared.values(), *widgets]) + "})();\n"


def _parts(entry):
    """The texts of `entry` and of all that it imports, {path: text}, `entry` last."""
    parts = {}
    _collect(Path(entry).resolve(), parts, ())
    _named_once(parts)
    return parts


def _spoken(path, text, paths):
    """The text of the module at `path`, in a script that has those at `paths`, in the reader's language."""
    if path != LANGUAGE or words.CATALOGUE == words.Catalogue():
        return text
    language, root = words.CATALOGUE, Path(__file__).resolve().parents[2]
    names = {each.relative_to(root).as_posix() for each in paths if each.is_relative_to(root)}
    said = {text: one for text, one in language.messages.items() if names & language.places[text]}
    return "".join(
        f"export const {name} = {value};\n"
        for name, value in (
            ("CATALOGUE", json.dumps(said, ensure_ascii=False)),
            ("LANGUAGE", json.dumps(language.language)),
            ("DECIMAL", json.dumps(language.decimal)),
            ("formOf", f"(n) => Number({language.plural})"),
        )
    )


def _named_once(parts):
    """Raise ValueError where two of the modules, which share one scope, define the same name."""
    owners = {}
    for path, text in parts.items():
        for name in DEFINED.findall(text):
            if name in owners:
                raise ValueError(
                    f"{path}: defines {name}, as {owners[name].name} does; takes a name of its own"
                )
            owners[name] = path


def _collect(path, parts, above):
    if path in above:
        raise ValueError(f"{path}: imports itself, by way of {above[-1].name}")
    if path in parts:
        return
    text = path.read_text(encoding="utf-8")
    for found in IMPORT.finditer(text):
        target, names = (path.parent / found["path"]).resolve(), re.findall(r"\w+", found["names"])
        if target.suffix == ".css" and found["names"].isidentifier():
            parts[target] = f"const {names[0]} = {json.dumps(_squeezed(target), ensure_ascii=False)};\n"
        elif target.suffix == ".js" and not found["names"].isidentifier():
            _collect(target, parts, (*above, path))
            if missing := set(names) - set(EXPORTED.findall(parts[target])):
                raise ValueError(
                    f"{path}: imports {', '.join(sorted(missing))}, which {target.name} does not export"
                )
        else:
            raise ValueError(f"{path}: got {found[0].strip()!r}; {TAKES}")
    parts[path] = IMPORT.sub("", text).strip("\n") + "\n"
    if wrong := OTHER.search(parts[path]):
        raise ValueError(f"{path}: got {wrong[0]!r}; {TAKES}")


def _squeezed(path):
    """A style sheet without comments, and without blanks that say nothing."""
    css = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    css = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", css))
    return css.replace(";}", "}").replace(": ", ":").strip()
