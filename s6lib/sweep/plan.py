"""Which runs a sweep has; everything that can be refused about them is refused here, before a kernel
starts."""

import ast
import difflib
import hashlib
import importlib.util
import itertools
import json
import math
import numbers
import re
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from s6lib.sweep.process import NEEDED, first_line

#: What a sweep can vary: the type of a literal, and which values it takes.
KINDS = {
    float: "a finite number, such as 0.1 or 1e-3",
    int: "a whole number in plain digits, such as 100",
    bool: "true or false",
    str: "text",
    list: 'a list of such values, all of the kind that the notebook\'s list has, such as "[4, 8, 16]"',
}


class Refused(ValueError):
    """What was asked for cannot be done; nothing was executed and nothing written."""


class Kind(NamedTuple):
    """What a parameter takes: one of the `KINDS`; of a list, also the kind of its entries."""

    of: type
    entries: type | None = None

    @property
    def takes(self) -> str:
        if self.of is not list:
            return KINDS[self.of]
        return {
            float: 'a list of finite numbers, such as "[0.1, 1e-3]"',
            int: 'a list of whole numbers, such as "[4, 8, 16]"',
            bool: 'a list of true and false, such as "[true, false]"',
            str: """a list of texts, such as '["a", "b"]'""",
        }[self.entries]

    def __str__(self):
        return self.of.__name__ + (f" of {self.entries.__name__}" if self.entries else "")


def kind_of(value: object) -> Kind | None:
    """The kind of a literal, None if a sweep cannot vary it; whole numbers among others are numbers."""
    if type(value) is float and not math.isfinite(value):
        return None
    if type(value) is not list:
        return Kind(type(value)) if type(value) in KINDS else None
    kinds = {entry and entry.of for entry in map(kind_of, value)}
    if kinds == {int, float}:
        kinds = {float}
    (entries,) = kinds if len(kinds) == 1 else (None,)
    return Kind(list, entries) if entries not in (None, list) else None


class Notebook(NamedTuple):
    path: Path
    text: str
    sha256: str
    ids: set  # of its cells
    parameters: dict  # the defaults that a sweep can vary
    lists: set  # names of those that it cannot, since nobody knows what their entries are


class Job(NamedTuple):
    swept: dict  # the values that this run is given
    resolved: dict  # these and the notebook's defaults
    output: Path


def make(notebook, grid, out, convert):
    """The notebook as `Notebook` and its runs as a list of `Job`; `convert` is `checked` or `read`."""
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            raise Refused(f"a sweep needs {package}: pip install {package}")
    notebook = load(Path(notebook))
    grid = {name: _values(name, values, notebook, convert) for name, values in grid.items()}
    return notebook, _jobs(notebook, grid, Path(out))


def load(path):
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids, in notebooks of older versions
            text = data.decode("utf-8-sig")  # Windows' editors mark a file's beginning
            node = nbformat.reads(text, as_version=4)
            nbformat.validate(node)
    except Exception as error:  # nbformat raises whatever its readers trip over
        raise Refused(f"{path}: not a notebook: {first_line(error)}") from None

    kernel = node.metadata.get("kernelspec", {}).get("name")
    if not kernel:
        raise Refused(f"{path}: names no kernel (metadata.kernelspec); save it once from Jupyter")
    try:
        language = KernelSpecManager().get_kernel_spec(kernel).language
    except NoSuchKernel:
        raise Refused(f"{path}: its kernel {kernel!r} is not installed here") from None
    if language.lower() != "python":
        raise Refused(f"{path}: its kernel {kernel!r} speaks {language}; a sweep takes Python notebooks")

    def tagged(tag):
        return [
            cell for cell in node.cells if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
        ]

    if tagged("injected-parameters"):
        raise Refused(f"{path}: is itself the output of a sweep; give the notebook it was made from")
    cells = tagged("parameters")
    defaults = _defaults(path, cells[0].source) if cells else {}
    return Notebook(
        path,
        text,
        hashlib.sha256(data).hexdigest(),
        {cell.id for cell in node.cells if "id" in cell},
        {name: value for name, value in defaults.items() if kind_of(value)},
        {name for name, value in defaults.items() if type(value) is list and not kind_of(value)},
    )


def _defaults(path, source):
    """The names that the parameters cell gives a value, {name: literal}; None for what is computed."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise Refused(
            f"{path}: the cell tagged 'parameters' is not plain Python: line {error.lineno}: {error.msg}"
        ) from None
    defaults = {}
    for statement in statements:
        if isinstance(statement, ast.AnnAssign) and statement.value is None:  # only says what a name is
            continue
        defaults.update(
            dict.fromkeys(_bound(statement))
        )  # what a name is given is not known, unless a literal says it
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            continue
        annotated = isinstance(statement, ast.AnnAssign)
        targets = [statement.target] if annotated else statement.targets
        try:
            value = ast.literal_eval(statement.value)
        except (ValueError, TypeError):
            value = None  # computed: not for a sweep to vary
        if type(value) is int and annotated and ast.unparse(statement.annotation) == "float":
            value = float(value)  # learning_rate: float = 1
        defaults.update((target.id, value) for target in targets if isinstance(target, ast.Name))
    return defaults


def _bound(node):
    """The names that a statement gives something else, but for those of its inner scopes."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


def _values(name, values, notebook, convert):
    known = notebook.parameters
    if not isinstance(name, str) or not name.isidentifier():
        raise Refused(f"-p {name}: is not a name of Python")
    if not known:
        raise Refused(
            f"-p {name}: {notebook.path} has no cell tagged 'parameters' that gives "
            "a name a number, text, True or False"
        )
    if name in notebook.lists:
        raise Refused(
            f"-p {name}: {notebook.path} gives it a list that is empty, or whose entries are not all of one "
            "kind, so that it cannot be told what it takes; write one such as [4, 8, 16] there"
        )
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise Refused(
            f"-p {name}: {notebook.path} has no such parameter"
            + (f"; did you mean {near[0]}?" if near else ".")
            + " It has "
            + ", ".join(f"{key} ({kind_of(value)})" for key, value in known.items())
        )
    if isinstance(values, (str, bytes)) or not np.iterable(values):
        raise Refused(f"-p {name}: got {values!r}; takes a list of values")
    result = []
    for given in values:
        value = convert(name, given, kind_of(known[name]))
        if value in result:
            raise Refused(
                f"-p {name}: {value!r} is given twice"
                + (f", once as {given!r}" if str(given) != str(value) else "")
            )
        result.append(value)
    if not result:
        raise Refused(f"-p {name}: give at least one value")
    return result


def read(name, text, kind):
    """The value that `text` from the command line stands for."""
    if kind.of is not list:
        return _accepted(name, text, kind, _from_text(text, kind.of))
    try:
        given = json.loads(text, parse_constant=lambda constant: constant)  # NaN is a text, and none of these
    except (ValueError, RecursionError):
        given = None
    if type(given) is not list:
        whole = " (one word to the shell: in quotes)" if text.startswith("[") else ""
        raise Refused(f"-p {name}: got {text!r}{whole}; takes {kind.takes}")
    return _list(name, text, kind, given)


def _from_text(text, kind):
    try:
        if kind is float and "_" not in text:
            return float(text)
        if kind is int and re.fullmatch("[+-]?[0-9]+", text):
            return int(text)
    except ValueError:  # abc for a float; more digits than int() reads
        return None
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower())
    return text if kind is str else None


def checked(name, given, kind):
    """The value that `given` from Python stands for; NumPy's numbers are numbers, bools are not."""
    if kind.of is not list:
        return _accepted(name, given, kind, _from_python(given, kind.of))
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, (list, tuple)):
        raise Refused(f"-p {name}: got {given!r}; takes {kind.takes}; in a grid, then, a list of such lists")
    return _list(name, given, kind, [*given])


def _list(name, given, kind, entries):
    """The entries as a list of values of the kind that they must have; Refused, with where the first wrong
    one stands."""
    if not entries:
        raise Refused(f"-p {name}: got {given!r}, an empty list; takes {kind.takes}")
    one = Kind(kind.entries)
    values = [_from_python(entry, kind.entries) for entry in entries]
    for place, (entry, value) in enumerate(zip(entries, values)):
        if not _fits(one, value):
            raise Refused(f"-p {name}: got {given!r}, with {entry!r} at [{place}]; takes {kind.takes}")
    return values


def _from_python(given, kind):
    boolean = isinstance(given, (bool, np.bool_))
    if kind is bool and boolean:
        return bool(given)
    if kind is int and isinstance(given, numbers.Integral) and not boolean:
        return int(given)
    if kind is float and isinstance(given, numbers.Real) and not boolean:
        try:
            return float(given)
        except OverflowError:
            return None
    return str(given) if kind is str and isinstance(given, str) else None


def _accepted(name, given, kind, value):
    if not _fits(kind, value):
        raise Refused(f"-p {name}: got {given!r}; takes {kind.takes}")
    return value


def _fits(kind, value):
    if value is None or (kind.of is float and not math.isfinite(value)):
        return False
    # What cannot be written as UTF-8 is no text.
    return kind.of is not str or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _jobs(notebook, grid, out):
    """One job for each combination, in the order of the grid, with file names that differ."""
    jobs, taken = [], {}
    for values in itertools.product(*grid.values()):
        swept = dict(zip(grid, values))
        name = "__".join(f"{key}-{_slug(value)}" for key, value in swept.items()) or notebook.path.stem
        if len(name.encode()) > 200:
            raise Refused(f"{swept}: makes a file name of {len(name.encode())} bytes; 200 are the most")
        if name.casefold() in taken:  # some file systems do not tell A from a
            raise Refused(f"{swept} and {taken[name.casefold()]}: would both be {name}.ipynb")
        taken[name.casefold()] = swept
        jobs.append(Job(swept, notebook.parameters | swept, out / f"{name}.ipynb"))
    return jobs


def _slug(value):
    """A value as part of a file name that every system, a URL and Sphinx take as it is; a list as its
    entries with hyphens between."""
    if isinstance(value, list):
        return "-".join(map(_slug, value))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"[^\w.-]+", "-", text.replace("e+", "e") if isinstance(value, float) else text)
