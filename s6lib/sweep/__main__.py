"""The command line: python -m s6lib.sweep --help"""

import argparse
import contextlib
import re
import shlex
import signal
import sys
from pathlib import Path

from s6lib import sweep
from s6lib.sweep import costs, folder, places, plan, progress, table
from s6lib.sweep.plan import Refused


def main(argv=None):
    """Returns 0 if all runs are ok, 1 if one failed or the sweep had to stop, 2 if refused, 130 on Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):  # a folder's name may have letters that a console lacks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    go_on = "the same command with --resume goes on"
    before, begun = {}, False  # of each table, if it is there; whether runs are made
    try:
        if arguments.select and arguments.curves and _same(arguments.select, arguments.curves):
            raise Refused(f"--curves {arguments.curves}: is the table of --select too; takes another name")
        for option in _tables(arguments):
            if not getattr(arguments, option):
                raise Refused(f"--{option}: got ''; takes a file name that ends in .csv or .parquet")
            resumed = arguments.out if arguments.resume else None
            before[option] = table.check(option, getattr(arguments, option), resumed)
        if arguments.notebook is None:
            return _tables_only(arguments)
        if arguments.out is None or arguments.folders:
            raise Refused("a notebook is executed into --out FOLDER; --folders is for tables alone")
        if arguments.dry_run:
            return _list(arguments)
        begun = True
        runs = _sweep(arguments)
        return _told(arguments, runs, before)
    except Refused as error:
        print(f"sweep: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        _renew(arguments, before)
        print(f"sweep: stopped: {error}; {go_on}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _renew(arguments, before)
        kept = begun and Path(arguments.out, folder.MANIFEST).is_file()
        told = f"; {arguments.out} keeps the runs that had finished: {go_on}" if kept else ""
        print(f"sweep: interrupted{told}", file=sys.stderr)
        return 130


def _told(arguments, runs, before):
    """Say what came of the runs, and write the tables; the exit code."""
    failed = [run for run in runs if run.outcome == "failed"]
    for run in failed:
        values = (
            ", ".join(f"{name}={run.parameters[name]!r}" for name, *_ in arguments.parameters)
            or arguments.notebook
        )
        print(f"sweep: failed: {values}: {run.error}", file=sys.stderr)
    print(f"{len(runs) - len(failed)} of {len(runs)} runs ok: {Path(arguments.out) / folder.MANIFEST}")
    try:
        _save(arguments, before)
    except (Refused, OSError) as error:
        print(f"sweep: no table: {error}; the runs are kept", file=sys.stderr)
        return 1
    return 1 if failed else 0


def _grid(arguments):
    grid = {}
    for name, *values in arguments.parameters:
        if name in grid:
            raise Refused(f"-p {name}: given twice; give all its values after one -p")
        grid[name] = values
    return grid


def _workers(arguments):
    workers = arguments.workers
    if workers is not None:
        if not re.fullmatch("[0-9]{1,9}", workers) or int(workers) < 1:
            raise Refused(f"--workers: got {workers!r}; takes a whole number, 1 or more")
        workers = int(workers)
    return workers


def _sweep(arguments):
    return sweep._run(
        arguments.notebook,
        _grid(arguments),
        arguments.out,
        plan.read,
        _workers(arguments),
        arguments.scheduler,
        arguments.resume,
        tell=progress.tell,
    )


def _list(arguments):
    """Say which runs there would be, and what those that are there already say of the rest."""
    notebook, jobs = plan.make(arguments.notebook, _grid(arguments), arguments.out, plan.read)
    manifest = Path(arguments.out) / folder.MANIFEST
    if begun := manifest.is_file():
        folder.check_same(manifest, *folder.load(arguments.out), notebook, jobs)
    for job in jobs:
        print(job.output.name)
    workers = _workers(arguments)
    told = f"{len(jobs)} run{'s' * (len(jobs) != 1)}, none executed"
    if arguments.scheduler is None:
        told += f"; {min(workers or places.processors(), len(jobs))} at once"
    told += f"; {costs.amount(costs.free(arguments.out))} of disk free"
    if begun:
        told += f"; in {arguments.out}: {costs.forecast(arguments.out, workers) or 'no run is ok yet'}"
    print(told)
    return 0


def _command(arguments):
    """The command that makes these runs, as a shell takes it; without what differs from one call to the
    next."""
    words = ["python", "-m", "s6lib.sweep", *([arguments.notebook] if arguments.notebook else [])]
    for name, *values in arguments.parameters:
        words += ["-p", name, *values]
    words += ["--out", arguments.out] if arguments.out else ["--folders", *arguments.folders]
    for option in _tables(arguments):
        words += [f"--{option}", getattr(arguments, option)]
    return shlex.join(words)


def _same(path, other):
    return Path(path).resolve() == Path(other).resolve()


def _tables(arguments):
    """The options that ask for a table."""
    return [option for option in table.TABLES if getattr(arguments, option) is not None]


def _tables_only(arguments):
    others = ("parameters", "workers", "scheduler", "resume", "dry_run")
    given = [name for name in others if getattr(arguments, name)]
    if given or not _tables(arguments) or (arguments.out is None) == (not arguments.folders):
        raise Refused(
            "no notebook given; without one, takes --out or --folders, and --select, --curves or both"
        )
    _save(arguments, {})
    return 0


def _save(arguments, before):
    source = arguments.out or arguments.folders
    for option in _tables(arguments):
        path = getattr(arguments, option)
        count = table.save(option, source, path, _command(arguments), before.get(option))
        print(f"{count} {'runs' if option == 'select' else 'steps'}: {path}")


def _renew(arguments, before):
    """Let a table that was there say what its sweep has come to: the next --resume knows it by that."""
    for option, content in before.items():
        if content is not None:
            with contextlib.suppress(Refused, OSError):
                table.save(option, arguments.out, getattr(arguments, option), _command(arguments), content)


class _Parser(argparse.ArgumentParser):
    # Values such as -1e-3 and -adam are no options; argparse by itself knows only -1 and -0.001.
    def __init__(self, **settings):
        super().__init__(**settings)
        self._negative_number_matcher = re.compile(r"-(?![ph]$)[^-]")

    def error(self, message):
        self.exit(2, f"sweep: {message}; --help says more\n")


def _parser():
    parser = _Parser(
        prog="python -m s6lib.sweep",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Execute a notebook once for every combination of parameter values, each time\n"
        "in a process of its own, and collect what the runs recorded.",
        epilog="""\
The notebook's cell tagged 'parameters' names the parameters, and its literals say what each takes:

"""
        + "\n".join(f"  {kind.__name__:6} {takes}" for kind, takes in plan.KINDS.items())
        + """

Each run is one executed notebook in the output folder, named after its values, such as
learning_rate-0.1__steps-50.ipynb; manifest.json says what came of each. A run that fails does not
stop the others. Nothing is ever overwritten, but by --resume: what a failed run left,
and the table that the sweep itself had written.

The processors are shared out: unless you set OMP_NUM_THREADS, each run's numerical libraries get
processors // workers threads. On a cluster, what its workers have set holds (Dask: one thread).

A notebook records results by `from s6lib import sweep; sweep.record(loss=0.1)`. The table has a row
for each run: parameters, outcome, recorded results, and last the seconds, which are never the same. A result
named like a parameter is what the run used. A list of numbers is a curve: --curves has a row for each of its
steps. Beside the table, in TABLE.json, stands what made it.

Once the first runs are made, a line says how long the rest will take, and how much disk: from the least to
the most that a run has needed so far. A disk without room for the least stops the sweep.

Exit code: 0 all runs ok, 1 a run failed, 2 refused before anything ran, 130 interrupted.

Examples:
  python -m s6lib.sweep book/learning_rate.ipynb -p learning_rate 0.1 0.2 0.5 --out runs
  python -m s6lib.sweep book/learning_rate.ipynb -p learning_rate 0.1 1.0 -p steps 50 100 --out grid \\
      --select grid.csv
  python -m s6lib.sweep book/training.ipynb -p channels "[8, 16]" "[4, 8, 16]" --out own --dry-run
  python -m s6lib.sweep --out runs --select runs.csv --curves curves.csv
  python -m s6lib.sweep --folders class/* --select class.csv --curves class_curves.csv""",
    )
    parser.add_argument("notebook", nargs="?", help="the notebook to execute; it stays as it is")
    parser.add_argument(
        "-p",
        dest="parameters",
        action="append",
        nargs="+",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter and its values; several -p make a grid, and none means one run on the defaults",
    )
    parser.add_argument("--out", metavar="FOLDER", help="where the executed notebooks go")
    parser.add_argument(
        "--workers", metavar="N", help="how many runs at once (default: as many as processors)"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let the workers of a Dask cluster do the runs; the scheduler's address, tcp://host:port",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with an interrupted sweep: the same command again; runs that are ok are kept, "
        "others made again, and so is the table that the sweep had left",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="list the runs and execute none; where some of them are made, say how long the rest will take",
    )
    parser.add_argument(
        "--select",
        metavar="TABLE",
        help="write all runs into one table, as .csv or .parquet; without a notebook, those of "
        "a sweep that was made before",
    )
    parser.add_argument(
        "--curves",
        metavar="TABLE",
        help="write the lists that the runs recorded into one table, a row for each step",
    )
    parser.add_argument(
        "--folders",
        nargs="+",
        metavar="FOLDER",
        help="instead of --out, and without a notebook: several sweeps in one table, as of a class; its "
        "first column says whose",
    )
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a CI job that is cancelled cleans up too
    sys.exit(main())
