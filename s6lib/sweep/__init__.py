"""One notebook, many parameters: execute it once for every combination of values.

::

    python -m s6lib.sweep book/learning_rate.ipynb -p learning_rate 0.1 0.2 --out runs --select rates.csv

The cell tagged `parameters` names the parameters and, by its literals, their types. Everything
that can be refused is refused before a kernel starts, and no file is overwritten but the sweep's own. Each
run is a process of its own, so a run that dies takes no other with it. Papermill executes it in
the notebook's own folder.

A run is ok when every code cell was executed and none of them left an error, which is stricter
than papermill: it lets `sys.exit(0)` pass.

==========  ==================================================================
`plan`      which runs there are, and what is refused before the first starts
`process`   one run, in a process of its own, on this machine or another
`places`    who does the runs: local processes, or a Dask cluster
`folder`    what is kept: executed notebooks and manifest.json; how to resume
`records`   what a notebook records, results and curves, as JSON
`table`     the runs as one table, and their curves as another, as CSV or Parquet
`progress`  what a sweep says while it goes on
`costs`     how long a sweep will yet take, and how much disk
==========  ==================================================================
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from s6lib.sweep import folder, places, plan, progress
from s6lib.sweep.costs import Forecast, forecast
from s6lib.sweep.folder import Run
from s6lib.sweep.plan import Refused
from s6lib.sweep.records import record
from s6lib.sweep.table import curves, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Forecast", "Refused", "Run", "curves", "forecast", "record", "run", "select"]


def run(
    notebook: str | Path,
    grid: Mapping[str, Iterable],
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    progress: bool | None = None,
) -> list[Run]:
    """Execute `notebook` for every combination of the values in `grid`; return a list of `Run`.

    notebook : path of a Python notebook; its cell tagged `parameters` holds the defaults
    grid : mapping of parameter name to a list of values; the last name varies fastest.
        Values have the type of the notebook's default; a whole number will do for a float. Where the
        default is a list, each value is a list of such entries, of any length but none.
    out : folder for the executed notebooks and `manifest.json`; made if it is not there
    workers : how many runs at once, by default as many as there are processors. The processors
        are shared out: each run's numerical libraries get processors // workers threads.
    scheduler : address of a Dask scheduler, tcp://host:port, whose workers do the runs instead
    resume : go on with the same sweep in the same `out`: runs that are ok are kept, all others
        are made again, and what a failed one left is replaced

    progress : whether to show a bar, with how long the sweep will yet take, and how much disk, by the runs
        that are made (`forecast`); by default on a terminal only

    A failed run raises nothing: see `Run.outcome`. Raises `Refused`, a ValueError, for
    whatever is wrong before the first kernel starts (TypeError for `workers` of another type), and OSError
    where the disk has no room for the runs that are left; `resume` goes on when it has.
    """
    return _run(notebook, grid, out, plan.checked, workers, scheduler, resume, progress)


def _run(notebook, grid, out, convert, workers, scheduler, resume, show=None, tell=None):
    notebook, jobs = plan.make(notebook, grid, out, convert)
    sweep = uuid.uuid4().hex
    if not resume:
        progress.check_room(out, len(jobs), notebook)
    with places.find(sweep, workers, scheduler, len(jobs)) as place:
        with folder.Folder(out, notebook, jobs, place.versions, resume) as kept:
            tasks = {
                n: (notebook.text, str(notebook.path.resolve().parent), jobs[n].swept, f"{sweep}-{n}")
                for n in kept.missing
            }
            with progress.Progress(notebook.path.stem, kept, place.at_once, show, tell) as bar:
                for n, result in place.results(tasks):
                    kept.add(n, *result)
                    bar.step()
            return kept.runs
