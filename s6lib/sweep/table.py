"""A sweep as one table: a row for each run, its parameters and what it recorded."""

import importlib.util
import os
from pathlib import Path

from s6lib import files
from s6lib.sweep import folder
from s6lib.sweep.plan import Refused


def select(out):
    """Return the runs of the sweep in the folder `out` as a pandas DataFrame, in the order of the grid.

    Columns: the parameters, `outcome`, the recorded results by name (NaN where a run recorded none),
    `seconds`. Of two executions of the same sweep, `select(out).drop(columns="seconds")` is equal,
    unless a notebook itself records such things. A result named like another column is called
    `recorded_…`. Works while the sweep is going on, too: the rest is "pending" then.
    Raises `Refused` where no sweep has been.
    """
    import pandas as pd

    _, runs = folder.load(out)
    columns = {name: [run.parameters.get(name) for run in runs] for run in runs for name in run.parameters}
    columns["outcome"] = [run.outcome for run in runs]
    results, taken = {}, {*columns, "seconds"}
    for name in dict.fromkeys(name for run in runs for name in run.recorded):
        column = name
        while column in taken:
            column = f"recorded_{column}"
        taken.add(column)
        results[column] = [run.recorded.get(name) for run in runs]
    table = {name: _column(values) for name, values in (columns | results).items()}
    return pd.DataFrame(table | {"seconds": pd.Series([run.seconds for run in runs], dtype=float)})


def check(path, resumed=None):
    """Refuse what `save` could not write to.

    A table of the folder `resumed`, as that sweep left it, may be made anew: its content is returned for `save`.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise Refused(f"--select {path}: takes a file name that ends in .csv or .parquet")
    for package in ["pandas"] + ["pyarrow"] * (path.suffix.lower() == ".parquet"):
        if importlib.util.find_spec(package) is None:
            raise Refused(f"--select {path}: needs {package}: pip install {package}")
    before = _before(path, resumed)
    if before is None and os.path.lexists(path):
        raise Refused(f"--select {path}: exists; take another name, or move it away")
    if path.parent.exists() and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
        raise Refused(f"--select {path}: its folder cannot be written to")
    return before


def save(table, path, before=None):
    """Write the table as CSV or Parquet, by the ending of the file's name, in place of no file but one that holds `before`."""
    path = Path(path)
    content = _content(table, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    known = before is not None and path.exists() and path.read_bytes() == before
    (files.replace if known else files.create)(path, content)


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
