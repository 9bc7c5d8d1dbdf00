"""A sweep, or several, as one table: a row for each run, its parameters and what it recorded; and its curves
as another, a row for each step."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from s6lib import files, manifest
from s6lib.sweep import folder
from s6lib.sweep.plan import Refused
from s6lib.words import named

if TYPE_CHECKING:
    import pandas as pd

#: The columns that a table adds of its own.
OWN = (named("outcome"), named("seconds"))
OF_CURVES = ("run", "step")
FOLDER = named("folder")


def select(out: str | Path | Iterable[str | Path] | Mapping[str, str | Path]) -> pd.DataFrame:
    """Return the runs of the sweep in the folder `out` as a pandas DataFrame, in the order of the grid.

    out : a folder; or several, as of a class: a list of folders, which get the names that tell their paths
        apart, or a dict, {name: folder}. Then the first column is `folder`, the name

    Columns: the parameters, `outcome`, the recorded results by name (NaN where a run recorded none),
    `seconds`. Of two executions of the same sweep, `select(out).drop(columns="seconds")` is equal,
    unless a notebook itself records such things. Works while the sweep is going on, too: the rest is
    "pending" then. A parameter that is a list is the text that JSON has for it, "[4, 8, 16]". Lists that were
    recorded are in `curves`.

    A result named like a parameter is what the run *used*, and that is what the parameter's column holds.
    Where a value that was swept differs from it in any run, `asked_…` holds what was asked for. A parameter
    or result named like one of the table's own columns is called `parameter_…` or `recorded_…`.
    Raises `Refused` where no sweep has been, and for several folders whose runs have other parameters, or
    are the same; TypeError for what is no folder.
    """
    import pandas as pd

    grid, runs, of = _all_runs(out)
    names = _parameters(runs)
    results = [
        name
        for name in dict.fromkeys(name for run in runs for name in run.recorded)
        if name not in names and not all(_is_curve(run, name) for run in runs if name in run.recorded)
    ]
    columns = _Columns([*OWN, *([FOLDER] if of else [])], [*names, *results])
    if of:
        columns.own(FOLDER, of)
    for name in names:
        used = [run.recorded.get(name, run.parameters.get(name)) for run in runs]
        asked = [run.parameters.get(name) for run in runs]
        columns.add(name, "parameter_", used)
        if name in grid and used != asked:
            columns.add(f"asked_{name}", "asked_", asked, always=True)
    columns.own("outcome", [run.outcome for run in runs])
    for name in results:
        columns.add(name, "recorded_", [run.recorded.get(name) for run in runs])
    columns.own("seconds", pd.Series([run.seconds for run in runs], dtype=float))
    return pd.DataFrame(columns.found)


def curves(out: str | Path | Iterable[str | Path] | Mapping[str, str | Path]) -> pd.DataFrame:
    """Return the lists that the runs recorded as a pandas DataFrame in long form, a row for each step.

    out : a folder, or several, as in `select`

    Columns: `folder` for several; `run`, from 0, the row of the run in `select`; the parameters that were
    swept; `step`, the place in the list, from 0; each list by its name, NaN beyond its end. So
    `curves(out).groupby("run")` has one curve each. Raises `Refused` where no run recorded a list, and as
    `select` does.
    """
    import pandas as pd

    grid, runs, of = _all_runs(out)
    swept = [name for name in _parameters(runs) if name in grid]
    names = [
        name
        for name in dict.fromkeys(name for run in runs for name in run.recorded)
        if name not in _parameters(runs) and any(_is_curve(run, name) for run in runs)
    ]
    if not names:
        raise Refused(f"{_listed(out)}: no run recorded a list, as sweep.record(loss=[0.3, 0.2]) does")
    rows = [
        (number, step)
        for number, run in enumerate(runs)
        for step in range(max((len(run.recorded[name]) for name in names if _is_curve(run, name)), default=0))
    ]
    columns = _Columns([*OF_CURVES, *([FOLDER] if of else [])], [*swept, *names])
    if of:
        columns.own(FOLDER, [of[number] for number, _ in rows])
    columns.own("run", [number for number, _ in rows])
    for name in swept:
        used = [run.recorded.get(name, run.parameters.get(name)) for run in runs]
        columns.add(name, "parameter_", [used[number] for number, _ in rows])
    columns.own("step", [step for _, step in rows])
    for name in names:
        curve = [run.recorded[name] if _is_curve(run, name) else [] for run in runs]
        values = [curve[number][step] if step < len(curve[number]) else None for number, step in rows]
        columns.add(name, "recorded_", values)
    return pd.DataFrame(columns.found)


class _Columns:
    """Columns by name, of which those that users choose give way to the table's `own`."""

    def __init__(self, own, chosen):
        self.reserved, self.taken, self.found = own, {*own, *chosen}, {}

    def own(self, name, values):
        self.found[name] = values

    def add(self, name, prefix, values, always=False):
        while name in self.found or name in self.reserved or (always and name in self.taken):
            name = prefix + name
            always = True
        self.found[name] = _column(values)


def _parameters(runs):
    return dict.fromkeys(name for run in runs for name in run.parameters)


def _is_curve(run, name):
    return isinstance(run.recorded.get(name), list)


# Several folders, as of a class --------------------------------------------------------------


def _all_runs(out):
    """The names that were swept, the runs of one folder or of several, and then the name of each run's."""
    if isinstance(out, (str, os.PathLike)):
        about, runs = folder.load(out)
        return about["grid"], runs, []
    loaded = _load(_named(out))
    runs = [(name, run) for name, (_, each) in loaded.items() for run in each]
    grid = dict.fromkeys(swept for about, _ in loaded.values() for swept in about["grid"])
    return grid, [run for _, run in runs], [name for name, _ in runs]


def _named(folders):
    """{name: path}; of paths that nobody named, what tells them apart."""
    several = isinstance(folders, Iterable) and not isinstance(folders, (bytes, bytearray))
    given = [*(folders.values() if isinstance(folders, Mapping) else folders)] if several else [folders]
    for each in given:
        if not isinstance(each, (str, os.PathLike)):
            raise TypeError(
                f"out: got {each!r}; takes a folder, a list of folders or a dict, {{name: folder}}"
            )
    paths = [Path(each) for each in given]
    if isinstance(folders, Mapping):
        named = dict(zip(map(str, folders), paths))
    else:
        resolved = [path.resolve() for path in paths]
        twice = [str(path) for number, path in enumerate(paths) if resolved[number] in resolved[:number]]
        if twice:
            raise Refused(f"{', '.join(twice)}: given twice")
        named = dict(zip(_apart(resolved), paths))
    if not named:
        raise Refused("no folder given; takes one or more")
    return named


def _apart(paths):
    """The last part of each path, if those differ; else all from where they part, without a common end."""
    if len({path.name for path in paths}) == len(paths):
        return [path.name for path in paths]
    parts = [path.parts for path in paths]
    most = min(map(len, parts)) - 1  # where one path goes on from another
    first = next((place for place, each in enumerate(zip(*parts)) if len({*each}) > 1), most)
    while len({each[-1] for each in parts}) == 1 and min(map(len, parts)) > first + 1:
        parts = [each[:-1] for each in parts]
    return ["/".join(each[first:]) for each in parts]


def _load(named):
    """{name: what `folder.load` returns}; Refused with all folders that do not belong together."""
    loaded, foreign = {}, []
    for name, path in named.items():
        try:
            loaded[name] = folder.load(path)
        except Refused as error:
            foreign.append(str(error))
    if foreign:
        raise Refused(f"{len(foreign)} of {len(named)} folders hold no sweep: {'; '.join(foreign)}")
    first, *others = loaded
    expected = list(_parameters(loaded[first][1]))
    for other in others:
        found = list(_parameters(loaded[other][1]))
        if sorted(found) != sorted(expected):
            raise Refused(
                f"{named[other]}: its runs are of another notebook than those of {named[first]}: they have "
                f"the parameters {', '.join(found) or 'none'}, and those have {', '.join(expected) or 'none'}"
            )
    seen = {}
    for name, (about, runs) in loaded.items():
        key = json.dumps([about["when"], [run.seconds for run in runs]])
        if about["when"] and key in seen:
            raise Refused(f"{named[name]}: holds the very runs of {named[seen[key]]}; leave one of them out")
        seen[key] = name
    return loaded


def _listed(out):
    if isinstance(out, (str, os.PathLike)):
        return str(out)
    return ", ".join(map(str, _named(out).values()))


def about(out):
    """What made the runs in a folder, or in several by name: the manifest of a table, but for the table
    itself."""
    if not isinstance(out, (str, os.PathLike)):
        return {"folders": {name: _about(*each) for name, each in _load(_named(out)).items()}}
    return _about(*folder.load(out))


def _about(said, runs):
    said.pop("swept_with")
    outcomes = [run.outcome for run in runs]
    return said | {"runs": {outcome: outcomes.count(outcome) for outcome in sorted({*outcomes})}}


def check(option, path, resumed=None):
    """Refuse what `save` could not write to for this option of the command.

    A table of the folder `resumed`, as that sweep left it, may be made anew: its content is returned for
    `save`.
    """
    path, name = Path(path), f"--{option} {path}"
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise Refused(f"{name}: takes a file name that ends in .csv or .parquet")
    for package in ["pandas"] + ["pyarrow"] * (path.suffix.lower() == ".parquet"):
        if importlib.util.find_spec(package) is None:
            raise Refused(f"{name}: needs {package}: pip install {package}")
    before = _before(option, path, resumed)
    beside = manifest.beside(path)
    for each, ours in (
        (path, before is not None),
        (beside, before is not None and _answers_for(beside, path)),
    ):
        if os.path.lexists(each) and not ours:
            raise Refused(f"--{option} {each}: exists; take another name, or move it away")
    if len(path.name.encode(errors="surrogateescape")) > 200:
        raise Refused(f"{name}: is a file name of more than 200 bytes")
    above = next(each for each in path.parents if os.path.lexists(each))  # the others are made
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise Refused(f"{name}: its folder cannot be written to")
    return before


def save(option, out, path, command, before=None):
    """Write the runs of the folder `out`, or of several, as the table that `TABLES` has for the option, and
    its manifest beside it; return how many rows there are.

    CSV or Parquet, by the ending of the file's name, in place of no file but one that holds `before`.
    """
    path, table = Path(path), TABLES[option](out)
    content = _content(option, table, path)
    said = manifest.text({path.name: content}, command=command, **about(out))
    path.parent.mkdir(parents=True, exist_ok=True)
    known = before is not None and path.exists() and path.read_bytes() == before
    beside = manifest.beside(path)
    (files.replace if known else files.create)(path, content)
    (files.replace if known and _answers_for(beside, path) else files.create)(beside, said)
    return len(table)


#: The tables by the options of the command that write them.
TABLES = {"select": select, "curves": curves}


def _answers_for(beside, path):
    """Whether the file `beside` is the manifest of the table `path`."""
    try:
        return path.name in json.loads(beside.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _content(option, table, path):
    if path.suffix.lower() == ".csv":
        return table.to_csv(index=False, lineterminator="\n").encode()
    try:
        return table.to_parquet(index=False)
    # pyarrow's ArrowInvalid, a column of numbers and text, or of numbers that are too large
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused(f"--{option} {path}: Parquet takes one type in a column; take .csv ({error})") from None


def _before(option, path, resumed):
    """The content of the file, if it is the table of the folder `resumed`: as its runs are now, or as they
    were when the sweep wrote it last, which the manifest beside it knows."""
    if resumed is None or not path.is_file():
        return None
    try:
        content = path.read_bytes()
        if content == _content(option, TABLES[option](resumed), path) or _written_by(resumed, path, content):
            return content
    except (OSError, Refused):
        pass
    return None


def _written_by(resumed, path, content):
    """Whether the manifest beside a table says that the sweep of this folder wrote these very bytes."""
    try:
        said = json.loads(manifest.beside(path).read_text(encoding="utf-8"))
        its = said["files"][path.name]["sha256"], said["when"], said["notebook"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    here = about(resumed)
    return its == (hashlib.sha256(content).hexdigest(), here["when"], here["notebook"]) and bool(here["when"])


def _column(values):
    """A pandas column that keeps whole numbers whole where some are missing, and lists as JSON has them."""
    import pandas as pd

    if any(isinstance(value, list) for value in values):
        values = [
            json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value for value in values
        ]
    kinds = {type(value) for value in values if value is not None}
    dtype = {int: "Int64", bool: "boolean"}.get(*kinds) if len(kinds) == 1 and None in values else None
    whole = [abs(value) for value in values if type(value) is int]
    # What neither 64 bits nor a float would hold as it is.
    if whole and (max(whole) >= 2**63 or (float in kinds and max(whole) > 2**53)):
        dtype = object
    return pd.Series(values, dtype=dtype)
