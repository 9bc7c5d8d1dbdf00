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
`records`   what a notebook records, as JSON
`table`     the runs as one table, as CSV or Parquet
==========  ==================================================================
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from s6lib.sweep import folder, places, plan
from s6lib.sweep.folder import Run
from s6lib.sweep.plan import Refused
from s6lib.sweep.records import record
from s6lib.sweep.table import select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Refused", "Run", "record", "run", "select"]


def run(
    notebook: str | Path,
    grid: Mapping[str, Iterable],
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
) -> list[Run]:
    """Execute `notebook` for every combination of the values in `grid`; return a list of `Run`.

    notebook : path of a Python notebook; its cell tagged `parameters` holds the defaults
    grid : mapping of parameter name to a list of values; the last name varies fastest.
        Values have the type of the notebook's default; a whole number will do for a float.
    out : folder for the executed notebooks and `manifest.json`; made if it is not there
    workers : how many runs at once, by default as many as there are processors. The processors
        are shared out: each run's numerical libraries get processors // workers threads.
    scheduler : address of a Dask scheduler, tcp://host:port, whose workers do the runs instead
    resume : go on with the same sweep in the same `out`: runs that are ok are kept, all others
        are made again, and what a failed one left is replaced

    A failed run raises nothing: see `Run.outcome`. Raises `Refused`, a ValueError, for
    whatever is wrong before the first kernel starts (TypeError for `workers` of another type).
    """
    return _run(notebook, grid, out, plan.checked, workers, scheduler, resume)


def _run(notebook, grid, out, convert, workers, scheduler, resume):
    from tqdm import tqdm

    notebook, jobs = plan.make(notebook, grid, out, convert)
    sweep = uuid.uuid4().hex
    with places.find(sweep, workers, scheduler, len(jobs)) as place:
        with folder.Folder(out, notebook, jobs, place.versions, resume) as kept:
            tasks = {
                n: (notebook.text, str(notebook.path.resolve().parent), jobs[n].swept, f"{sweep}-{n}")
                for n in kept.missing
            }
            # On a terminal only: a log would keep every state of the bar.
            with tqdm(
                total=len(jobs),
                initial=len(jobs) - len(tasks),
                desc=notebook.path.stem,
                unit="run",
                disable=None,
            ) as bar:
                for n, result in place.results(tasks):
                    kept.add(n, *result)
                    bar.update()
            return kept.runs
