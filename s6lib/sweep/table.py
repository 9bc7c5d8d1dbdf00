"""A sweep as one table: a row for each run, its parameters and what it recorded."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from s6lib import files, manifest
from s6lib.sweep import folder
from s6lib.sweep.plan import Refused

if TYPE_CHECKING:
    import pandas as pd

#: The columns that the table adds of its own.
OWN = ("outcome", "seconds")


def select(out: str | Path) -> pd.DataFrame:
    """Return the runs of the sweep in the folder `out` as a pandas DataFrame, in the order of the grid.

    Columns: the parameters, `outcome`, the recorded results by name (NaN where a run recorded none),
    `seconds`. Of two executions of the same sweep, `select(out).drop(columns="seconds")` is equal,
    unless a notebook itself records such things. Works while the sweep is going on, too: the rest is
    "pending" then.

    A result named like a parameter is what the run *used*, and that is what the parameter's column holds.
    Where a value that was swept differs from it in any run, `asked_…` holds what was asked for. A parameter
    or result named like one of the table's own columns is called `parameter_…` or `recorded_…`.
    Raises `Refused` where no sweep has been.
    """
    import pandas as pd

    about, runs = folder.load(out)
    names = dict.fromkeys(name for run in runs for name in run.parameters)
    results = [
        name for name in dict.fromkeys(name for run in runs for name in run.recorded) if name not in names
    ]
    columns, taken = {}, {*OWN, *names, *results}

    def add(name, prefix, values):
        while name in columns or prefix and name in taken:
            name = prefix + name
        columns[name] = _column(values)

    for name in names:
        used = [run.recorded.get(name, run.parameters.get(name)) for run in runs]
        asked = [run.parameters.get(name) for run in runs]
        add(name, "parameter_" if name in OWN else "", used)
        if name in about["grid"] and used != asked:
            add(f"asked_{name}", "asked_", asked)
    columns["outcome"] = [run.outcome for run in runs]
    for name in results:
        add(name, "recorded_" if name in OWN else "", [run.recorded.get(name) for run in runs])
    return pd.DataFrame(columns | {"seconds": pd.Series([run.seconds for run in runs], dtype=float)})


def about(out):
    """What made the runs in the folder `out`: the manifest of a table, but for the table itself."""
    said, runs = folder.load(out)
    said.pop("swept_with")
    outcomes = [run.outcome for run in runs]
    return said | {"runs": {outcome: outcomes.count(outcome) for outcome in sorted({*outcomes})}}


def check(path, resumed=None):
    """Refuse what `save` could not write to.

    A table of the folder `resumed`, as that sweep left it, may be made anew: its content is returned for
    `save`.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise Refused(f"--select {path}: takes a file name that ends in .csv or .parquet")
    for package in ["pandas"] + ["pyarrow"] * (path.suffix.lower() == ".parquet"):
        if importlib.util.find_spec(package) is None:
            raise Refused(f"--select {path}: needs {package}: pip install {package}")
    before = _before(path, resumed)
    beside = manifest.beside(path)
    for each, ours in (
        (path, before is not None),
        (beside, before is not None and _answers_for(beside, path)),
    ):
        if os.path.lexists(each) and not ours:
            raise Refused(f"--select {each}: exists; take another name, or move it away")
    if path.parent.exists() and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
        raise Refused(f"--select {path}: its folder cannot be written to")
    return before


def save(out, path, command, before=None):
    """Write the runs of the folder `out` as one table, and its manifest beside it; return how many there are.

    CSV or Parquet, by the ending of the file's name, in place of no file but one that holds `before`.
    """
    path, runs = Path(path), select(out)
    content = _content(runs, path)
    said = manifest.text({path.name: content}, command=command, **about(out))
    path.parent.mkdir(parents=True, exist_ok=True)
    known = before is not None and path.exists() and path.read_bytes() == before
    beside = manifest.beside(path)
    (files.replace if known else files.create)(path, content)
    (files.replace if known and _answers_for(beside, path) else files.create)(beside, said)
    return len(runs)


def _answers_for(beside, path):
    """Whether the file `beside` is the manifest of the table `path`."""
    try:
        return path.name in json.loads(beside.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _content(table, path):
    if path.suffix.lower() == ".csv":
        return table.to_csv(index=False, lineterminator="\n").encode()
    try:
        return table.to_parquet(index=False)
    except (TypeError, ValueError) as error:  # pyarrow's ArrowInvalid, a column of numbers and text
        raise Refused(f"--select {path}: Parquet takes one type in a column; take .csv ({error})") from None


def _before(path, resumed):
    """The content of the file, if it is the table of the folder `resumed`."""
    if resumed is None or not path.is_file():
        return None
    try:
        content = path.read_bytes()
        return content if content == _content(select(resumed), path) else None
    except (OSError, Refused):
        return None


def _column(values):
    """A pandas column that keeps whole numbers whole where some are missing."""
    import pandas as pd

    kinds = {type(value) for value in values if value is not None}
    dtype = {int: "Int64", bool: "boolean"}.get(*kinds) if len(kinds) == 1 and None in values else None
    return pd.Series(values, dtype=dtype)
