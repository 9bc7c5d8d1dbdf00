"""JavaScript as tests read and run it: by deno, without a page."""

import json
import subprocess
from pathlib import Path
from urllib.parse import quote

import deno
import tree_sitter_javascript
from tree_sitter import Language, Parser

from s6lib.widgets import join

WIDGETS = Path(join.__file__).parent
SOURCES = sorted(WIDGETS.rglob("*.js"))
#: The folders of the widgets: each has an index.js.
NAMES = sorted(path.parent.name for path in WIDGETS.glob("*/index.js"))
FUNCTIONS = {"function_declaration", "function_expression", "method_definition", "arrow_function"}


def run(program, *modules, before=""):
    """What `program`, the body of an async function, returns; all that `modules` export is there by name.

    `before` runs first. The program may read nothing, and reach nobody.
    """
    loads = ", ".join(f"import({json.dumps(address(text))})" for text in modules)
    text = (
        f"{before}\nObject.assign(globalThis, ...await Promise.all([{loads}]));\n"
        f"console.log(JSON.stringify(await (async () => {{ {program} }})() ?? null));"
    )
    done = subprocess.run(
        [deno.find_deno_bin(), "run", "--quiet", "--no-config", "-"],
        input=text,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def address(text):
    """Where the module of this text can be imported from."""
    return f"data:text/javascript,{quote(text)}"


def functions(path):
    """(name or kind, first line, number of lines) of every function in the file at `path`."""
    waiting = [Parser(Language(tree_sitter_javascript.language())).parse(path.read_bytes()).root_node]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.type in FUNCTIONS:
            name = node.child_by_field_name("name")
            first, last = node.start_point[0] + 1, node.end_point[0] + 1
            yield (name.text.decode() if name else node.type), first, last - first + 1
