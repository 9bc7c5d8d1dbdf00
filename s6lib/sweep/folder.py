"""What is kept of a sweep: the executed notebooks, and `manifest.json`, which says what came of each.

The manifest is written before the first run, with all runs "pending", and replaced whenever one
is done, so that it survives whatever ends the sweep. It is the truth for `resume`: a run that it
calls ok and whose notebook is there is kept. A notebook is written after the manifest has it;
the other way round, a sweep killed in between would leave one that nobody knows.
"""

import contextlib
import itertools
import json
import os
import re
from pathlib import Path
from typing import NamedTuple

from s6lib import files, manifest
from s6lib.sweep import records
from s6lib.sweep.plan import Refused
from s6lib.sweep.process import first_line

MANIFEST = "manifest.json"
LOCK = ".sweep.lock"


class Run(NamedTuple):
    """What came of one combination of values."""

    parameters: dict  #: every parameter of the notebook by name, as the run had it
    output: Path | None  #: the executed notebook; None if the run left none
    outcome: str  #: "ok" or "failed"; in a sweep that has not come to its end, "pending"
    error: str | None  #: why it failed, and in which cell
    seconds: float | None  #: wall time, the kernel's start included
    recorded: dict  #: what the notebook gave to `record`, by name


class Folder:
    """The folder of a sweep, as a context manager that no other sweep can enter at the same time."""

    def __init__(self, path, notebook, jobs, versions, resume):
        self.path, self.notebook, self.jobs = Path(path), notebook, jobs
        self.about = {
            "notebook": _identity(notebook),
            "grid": {name: distinct(job.swept[name] for job in jobs) for name in jobs[0].swept},
            "when": manifest.now(),
            "swept_with": versions,  # by which --resume knows its own
            "versions": versions,  # until a kernel has said what it runs on, which may be another environment
            "threads": [],  # for the numerical libraries of a run; "" where they decide
            "data": {},  # of the digits that the runs loaded: name -> SHA-256
        }
        self.runs = []  # of jobs, in their order
        self.resume = resume

    def __enter__(self):
        from filelock import FileLock, Timeout

        if self.resume and not (self.path / MANIFEST).is_file():
            raise Refused(f"{self.path}: has no {MANIFEST}, so there is nothing to resume")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.lock = FileLock(self.path / LOCK, timeout=0)  # ends with its process, however that ends
            self.lock.acquire()
        except Timeout:
            raise Refused(
                f"{self.path}: another sweep is at work there; take another --out, or wait"
            ) from None
        except NotImplementedError:  # filelock's word for a file system without locks
            (self.path / LOCK).unlink(missing_ok=True)
            raise Refused(f"{self.path}: its file system has no locks; take an --out on another") from None
        except OSError as error:
            with contextlib.suppress(OSError):
                (self.path / LOCK).unlink()
            raise Refused(f"{self.path}: cannot be written to: {error.strerror}") from None
        try:
            self._resume() if self.resume else self._begin()
        except BaseException:
            self._unlock()
            raise
        return self

    def __exit__(self, *_):
        self._unlock()

    @property
    def missing(self):
        """The numbers of the jobs that are still to do."""
        return [n for n, run in enumerate(self.runs) if run.outcome != "ok"]

    def add(self, n, executed, error, seconds, recorded, kernel):
        """Keep what `process.execute` returned for a job."""
        import nbformat

        before, job = self.runs[n], self.jobs[n]
        try:
            node = nbformat.reads(executed, as_version=4)
        except Exception:  # none, or killed while writing
            node, error = None, error or "left no notebook"
        else:
            error = verdict(node, error)
            error = self._keep_what_ran(kernel) or error
            _strip(node, self.notebook.ids)
            if recorded:
                node.metadata["s6lib"] = {"recorded": records.encode(recorded)}
        if before.output:  # it failed, and is replaced
            before.output.unlink(missing_ok=True)
        if node and os.path.lexists(job.output):
            node, error = None, f"{job.output}: appeared during the sweep, and was left alone"
        self.runs[n] = Run(
            job.resolved, node and job.output, "failed" if error else "ok", error, seconds, recorded
        )
        self._save(files.replace)
        if node:
            files.create(job.output, (nbformat.writes(node) + "\n").encode())

    def _keep_what_ran(self, kernel):
        """Keep what a run's kernel said of itself; return what is wrong with it, if it is not that of the
        runs before."""
        if not kernel:
            return None
        before = self.about["versions"]
        if self.about["threads"] and kernel["versions"] != before:
            name = next(
                name
                for name in {**before, **kernel["versions"]}
                if before.get(name) != kernel["versions"].get(name)
            )
            return (
                f"its kernel has {name} {kernel['versions'].get(name)}, "
                f"those of the runs before had {before.get(name)}"
            )
        self.about["versions"] = kernel["versions"]
        self.about["threads"] = sorted({*self.about["threads"], kernel["threads"] or ""})
        self.about["data"] |= kernel["data"]
        return None

    def _begin(self):
        for path in [*(job.output for job in self.jobs), self.path / MANIFEST]:
            if os.path.lexists(path):
                raise Refused(
                    f"{path}: exists; take another --out, or move it away"
                    + (", or go on with that sweep by --resume" if path.name == MANIFEST else "")
                )
        self.runs = [Run(job.resolved, None, "pending", None, None, {}) for job in self.jobs]
        self._save(files.create)

    def _resume(self):
        about, self.runs = load(self.path)
        path = self.path / MANIFEST
        check_same(path, about, self.runs, self.notebook, self.jobs)
        before, here = about["swept_with"], self.about["swept_with"]
        for name in {**before, **here}:
            old, new = before.get(name, "(none)"), here.get(name, "(none)")
            if old != new:
                raise Refused(f"{path}: was made with {name} {old}, this is {name} {new}; take another --out")
        for n, (run, job) in enumerate(zip(self.runs, self.jobs)):
            if run.outcome == "ok" and not job.output.exists():
                self.runs[n] = run._replace(outcome="pending", output=None)
            elif not run.output and os.path.lexists(job.output):
                raise Refused(f"{job.output}: exists, and is not of this sweep; move it away")
        if any(run.outcome == "ok" for run in self.runs):  # else nothing of what ran before is kept
            self.about |= {name: about[name] for name in ("when", "versions", "threads", "data")}
        for written in (path, *(job.output for job in self.jobs)):
            files.discard_part(written)

    def _save(self, write):
        runs = [
            run._asdict()
            | {
                "output": run.output and run.output.name,
                "seconds": run.seconds and round(run.seconds, 3),
                "recorded": records.encode(run.recorded),
            }
            for run in self.runs
        ]
        text = json.dumps(self.about | {"runs": runs}, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        write(self.path / MANIFEST, text.encode())

    def _unlock(self):
        try:
            os.unlink(self.lock.lock_file)  # while it is held, so that it is nobody else's
        except OSError:  # Windows
            pass
        self.lock.release()


def load(folder):
    """The manifest of a folder: (what it is of, list of `Run`); Refused if there is none."""
    path = Path(folder) / MANIFEST
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        runs = [
            Run(
                run["parameters"] | {},
                run["output"] and path.parent / run["output"],
                run["outcome"],
                run["error"],
                run["seconds"],
                records.decode(run.get("recorded", {})),
            )
            for run in about.pop("runs")
        ]
        about["versions"] | about["notebook"]  # a TypeError for what are no objects
        grid = {
            name: distinct(run.parameters.get(name) for run in runs)
            for run in runs
            for name in run.parameters
        }
        unknown = {"grid": grid, "when": None, "swept_with": about["versions"], "threads": [], "data": {}}
        return unknown | about, runs
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"{path}: is not the manifest of a sweep") from None


def check_same(path, about, runs, notebook, jobs):
    """Refuse the sweep of a manifest, which `load` returned, unless it is of this notebook and this grid."""
    if about["notebook"] != _identity(notebook):
        raise Refused(
            f"{path}: was made from another notebook, or {notebook.path} has changed since; "
            "take another --out"
        )
    if [run.parameters for run in runs] != [job.resolved for job in jobs]:
        raise Refused(f"{path}: is of another grid; give the same -p again, or take another --out")


def _identity(notebook):
    return {"name": notebook.path.name, "sha256": notebook.sha256}


def distinct(values):
    """The values in the order of their first; lists are values too."""
    found = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def verdict(node, error):
    """What went wrong and in which line of which cell; None if every code cell was executed without an
    error."""
    cells = [cell for cell in node.cells if cell.cell_type == "code" and cell.source.strip()]

    def at(cell, line=None):
        number = cell.execution_count or cells.index(cell) + 1
        return f" (cell [{number}]: {first_line(line or cell.source, 120)})"

    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":
                return f"{output.ename}: {first_line(output.evalue)}" + at(cell, _failing_line(cell, output))
    started = [cell for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]
    if error:
        return error + (at(started[-1]) if started else "")
    for cell in cells:
        if cell.execution_count is None and "skip-execution" not in cell.metadata.get("tags", []):
            return "was not executed" + at(cell)
    return None


def _failing_line(cell, output):
    """The line of the cell that its traceback names, where IPython's names one; of several, the one in the
    cell itself."""
    told = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
    numbers = re.findall(rf"^ *Cell In\[{cell.execution_count}\], line (\d+)", told, flags=re.M)
    lines = cell.source.splitlines()
    while lines and not lines[0].strip():  # IPython does not count them
        lines = lines[1:]
    return lines[int(numbers[0]) - 1] if numbers and int(numbers[0]) <= len(lines) else None


def _strip(node, ids):
    """Drop what differs between two executions of the same thing, papermill's own metadata, and what was
    written over."""
    for name in ("papermill", "widgets"):
        node.metadata.pop(name, None)
    for position, cell in enumerate(node.cells):
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)  # papermill gives every cell a list
        if "id" in cell and cell.id not in ids:
            cell.id = f"sweep-{position}"  # it was random
        if cell.cell_type == "code":
            cell.outputs = as_shown(cell.outputs)


def as_shown(outputs):
    """Outputs as a terminal shows them: what a stream said in many pieces, one after the other, is one text,
    and of a line that was written over again and again, as a progress bar is, what is seen in the end is
    left. Lines with other controls, such as colours, stay whole."""

    def stream(output):
        return output.output_type == "stream" and output.name

    shown = []
    for name, pieces in itertools.groupby(outputs, stream):
        pieces = list(pieces)
        if name:
            lines = "".join(each.text for each in pieces).split("\n")
            pieces[0].text = "\n".join(map(_overwritten, lines))
            pieces = pieces[:1]
        shown += pieces
    return shown


def _overwritten(line):
    """What is seen of a line in which a carriage return leads back to its first letter."""
    if re.search(r"[\x00-\x0c\x0e-\x1f]", line):
        return line
    seen = ""
    for state in line.split("\r"):
        seen = state + seen[len(state) :]
    return seen
