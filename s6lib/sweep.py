"""One notebook, many parameters: execute it once for every combination of values.

::

    python -m s6lib.sweep book/learning_rate.ipynb -p learning_rate 0.1 0.2 --out runs

The cell tagged `parameters` names the parameters and, by its literals, their types. Everything
that can be refused is refused before a kernel starts, and no file is ever overwritten. Each
run is a process of its own, so a run that dies takes no other with it. Papermill executes it in
the notebook's own folder. `manifest.json`, which says what came of each run, is written last.

A run is ok when every code cell was executed and none of them left an error, which is stricter
than papermill: it lets `sys.exit(0)` pass.
"""

import argparse
import ast
import contextlib
import difflib
import hashlib
import importlib.metadata
import importlib.util
import itertools
import json
import math
import numbers
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import numpy as np

from s6lib import __version__

#: Seconds that a kernel may take to answer for the first time.
START_TIMEOUT = 60

#: What a sweep can vary: the type of a literal, and which values it takes.
KINDS = {
    float: "a finite number, such as 0.1 or 1e-3",
    int: "a whole number in plain digits, such as 100",
    bool: "true or false",
    str: "text",
}

# Every process of a run carries these variables: the first so that all of them can be found and
# ended, the second with the file for `record`.
_MARK = "S6LIB_SWEEP_RUN"
_RECORD = "S6LIB_SWEEP_RECORD"


class Refused(ValueError):
    """The sweep cannot start as asked; nothing was executed and nothing written."""


class Run(NamedTuple):
    """What came of one combination of values."""

    parameters: dict     #: every parameter of the notebook by name, as the run had it
    output: Path | None  #: the executed notebook; None if the run left none
    outcome: str         #: "ok" or "failed"
    error: str | None    #: why it failed, and in which cell
    seconds: float       #: wall time, the kernel's start included
    recorded: dict       #: what the notebook gave to `record`, by name


class _Notebook(NamedTuple):
    path: Path
    text: str
    sha256: str
    ids: set
    parameters: dict


class _Job(NamedTuple):
    swept: dict     # the values that this run is given
    resolved: dict  # these and the notebook's defaults
    output: Path
    mark: str


def run(notebook, grid, out):
    """Execute `notebook` for every combination of the values in `grid`; return a list of `Run`.

    notebook : path of a Python notebook; its cell tagged `parameters` holds the defaults
    grid : mapping of parameter name to a list of values; the last name varies fastest.
        Values have the type of the notebook's default; a whole number will do for a float.
    out : folder for the executed notebooks and `manifest.json`; made if it is not there

    A failed run raises nothing: see `Run.outcome`. Raises `Refused`, a ValueError, for
    whatever is wrong before the first kernel starts.
    """
    return _carry_out(*_plan(notebook, grid, out, _checked))


def record(**values):
    """Keep results of this run by name: numbers, text, True, False or None.

    Called from a notebook that a sweep executes; they end up in `Run.recorded` and in the
    manifest. A name recorded again takes the new value. By hand, nothing happens. Raises
    TypeError for a value of another type; NumPy's and PyTorch's scalars are numbers.
    """
    plain = {name: value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value
             for name, value in values.items()}
    for name, value in plain.items():
        if value is not None and type(value) not in KINDS:
            raise TypeError(f"{name}: got {type(value).__name__}; takes a number, text, True, False or None")
    path = os.environ.get(_RECORD)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(plain) + "\n")


def main(argv=None):
    """The command line; returns 0 if all runs are ok, 1 if one failed, 2 if refused, 130 on Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        grid = {}
        for name, *values in arguments.parameters:
            if name in grid:
                raise Refused(f"-p {name}: given twice; give all its values after one -p")
            grid[name] = values
        runs = _carry_out(*_plan(arguments.notebook, grid, arguments.out, _read))
    except Refused as error:
        print(f"sweep: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"sweep: stopped, without a manifest: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"sweep: interrupted; {arguments.out} keeps the runs that had finished, "
              "and has no manifest", file=sys.stderr)
        return 130
    failed = [run for run in runs if run.outcome == "failed"]
    for run in failed:
        values = ", ".join(f"{name}={run.parameters[name]!r}" for name in grid) or arguments.notebook
        print(f"sweep: failed: {values}: {run.error}", file=sys.stderr)
    print(f"{len(runs) - len(failed)} of {len(runs)} runs ok: {Path(arguments.out) / 'manifest.json'}")
    return 1 if failed else 0


# Before the first kernel: everything that can be refused -----------------------------------


def _plan(notebook, grid, out, convert):
    for package in ("nbformat", "papermill", "psutil", "tqdm"):
        if importlib.util.find_spec(package) is None:
            raise Refused(f'a sweep needs {package}: pip install "s6lib[sweep]"')
    notebook = _load(Path(notebook))
    grid = {name: _values(name, values, notebook, convert) for name, values in grid.items()}
    jobs = _jobs(notebook, grid, Path(out))
    _prepare(Path(out), jobs)
    return notebook, jobs, Path(out)


def _load(path):
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids, in notebooks of older versions
            text = data.decode("utf-8")
            node = nbformat.reads(text, as_version=4)
            nbformat.validate(node)
    except Exception as error:  # nbformat raises whatever its readers trip over
        raise Refused(f"{path}: not a notebook: {_first_line(error)}") from None

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
        return [cell for cell in node.cells
                if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])]

    if tagged("injected-parameters"):
        raise Refused(f"{path}: is itself the output of a sweep; give the notebook it was made from")
    cells = tagged("parameters")
    return _Notebook(path, text, hashlib.sha256(data).hexdigest(),
                     {cell.id for cell in node.cells if "id" in cell},
                     _defaults(path, cells[0].source) if cells else {})


def _defaults(path, source):
    """The names that the parameters cell gives a literal of one of the `KINDS`, with their values."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise Refused(f"{path}: the cell tagged 'parameters' is not plain Python: "
                      f"line {error.lineno}: {error.msg}") from None
    defaults = {}
    for statement in statements:
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
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
    return {name: value for name, value in defaults.items()
            if type(value) in KINDS and (type(value) is not float or math.isfinite(value))}


def _values(name, values, notebook, convert):
    known = notebook.parameters
    if not isinstance(name, str) or not name.isidentifier():
        raise Refused(f"-p {name}: is not a name of Python")
    if not known:
        raise Refused(f"-p {name}: {notebook.path} has no cell tagged 'parameters' that gives "
                      "a name a number, text, True or False")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise Refused(f"-p {name}: {notebook.path} has no such parameter"
                      + (f"; did you mean {near[0]}?" if near else ";") + " It has "
                      + ", ".join(f"{key} ({type(value).__name__})" for key, value in known.items()))
    if isinstance(values, (str, bytes)) or not np.iterable(values):
        raise Refused(f"-p {name}: got {values!r}; takes a list of values")
    result = []
    for given in values:
        value = convert(name, given, type(known[name]))
        if value in result:
            raise Refused(f"-p {name}: {value!r} is given twice" +
                          (f", once as {given!r}" if str(given) != str(value) else ""))
        result.append(value)
    if not result:
        raise Refused(f"-p {name}: give at least one value")
    return result


def _read(name, text, kind):
    """The value that `text` from the command line stands for."""
    value = None
    try:
        if kind is float and "_" not in text:
            value = float(text)
        elif kind is int and re.fullmatch("[+-]?[0-9]+", text):
            value = int(text)
        elif kind is bool:
            value = {"true": True, "false": False}.get(text.lower())
        elif kind is str:
            value = text
    except ValueError:  # abc for a float; more digits than int() reads
        pass
    return _accepted(name, text, kind, value)


def _checked(name, given, kind):
    """The value that `given` from Python stands for; NumPy's numbers are numbers, bools are not."""
    value, boolean = None, isinstance(given, (bool, np.bool_))
    if kind is bool and boolean:
        value = bool(given)
    elif kind is int and isinstance(given, numbers.Integral) and not boolean:
        value = int(given)
    elif kind is float and isinstance(given, numbers.Real) and not boolean:
        try:
            value = float(given)
        except OverflowError:
            pass
    elif kind is str and isinstance(given, str):
        value = str(given)
    return _accepted(name, given, kind, value)


def _accepted(name, given, kind, value):
    allowed = value is not None and (kind is not float or math.isfinite(value))
    if kind is str and allowed:
        allowed = not any("\ud800" <= letter <= "\udfff" for letter in value)  # not to be written as UTF-8
    if not allowed:
        raise Refused(f"-p {name}: got {given!r}; takes {KINDS[kind]}")
    return value


def _jobs(notebook, grid, out):
    """One job for each combination, in the order of the grid, with file names that differ."""
    jobs, taken, sweep = [], {}, uuid.uuid4().hex
    for values in itertools.product(*grid.values()):
        swept = dict(zip(grid, values))
        name = "__".join(f"{key}-{_slug(value)}" for key, value in swept.items()) or notebook.path.stem
        if len(name.encode()) > 200:
            raise Refused(f"{swept}: makes a file name of {len(name.encode())} bytes; 200 are the most")
        if name.casefold() in taken:  # some file systems do not tell A from a
            raise Refused(f"{swept} and {taken[name.casefold()]}: would both be {name}.ipynb")
        taken[name.casefold()] = swept
        jobs.append(_Job(swept, notebook.parameters | swept, out / f"{name}.ipynb", f"{sweep}-{len(jobs)}"))
    return jobs


def _slug(value):
    """A value as part of a file name that every system, a URL and Sphinx take as it is."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"[^\w.-]+", "-", text.replace("e+", "e") if isinstance(value, float) else text)


def _prepare(out, jobs):
    for path in [*(job.output for job in jobs), out / "manifest.json"]:
        if os.path.lexists(path):
            raise Refused(f"{path}: exists; take another --out, or move it away")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise Refused(f"{out}: cannot be written to: {error.strerror}") from None


# The runs, each in a process of its own ----------------------------------------------------


def _carry_out(notebook, jobs, out):
    from tqdm import tqdm

    start, results = time.perf_counter(), {}
    with ThreadPoolExecutor(min(_processors(), len(jobs))) as pool:
        futures = {pool.submit(_execute, notebook.text, str(notebook.path.resolve().parent),
                               job.swept, job.mark): job for job in jobs}
        try:
            # On a terminal only: a log would keep every state of the bar.
            with tqdm(total=len(jobs), desc=notebook.path.stem, unit="run", disable=None) as bar:
                for future in as_completed(futures):
                    job = futures[future]
                    results[job.output] = _finish(notebook, job, *future.result())
                    bar.update()
        except BaseException:  # Ctrl-C above all
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in futures):
                try:  # again and again: a run may only now be starting its process
                    _end([job.mark for job in jobs])
                    time.sleep(0.1)
                except KeyboardInterrupt:
                    pass  # a second Ctrl-C must not leave the rest of them
            raise
    runs = [results[job.output] for job in jobs]
    _write(out / "manifest.json", json.dumps(_manifest(notebook, runs), indent=2, ensure_ascii=False) + "\n")
    return runs


def _processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _execute(text, folder, parameters, mark):
    """Execute the notebook `text` in a new process; return (notebook text, error, seconds, recorded).

    Takes and returns plain values and leaves no file, so that it can run on any machine.
    """
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="s6lib-sweep-") as scratch:
        source, output, report, records = (
            Path(scratch, name) for name in ("source.ipynb", "output.ipynb", "report", "records"))
        source.write_text(text, encoding="utf-8")
        job = {"source": str(source), "output": str(output), "report": str(report), "folder": folder,
               "parameters": parameters, "start_timeout": START_TIMEOUT, "mark": mark}
        process = subprocess.Popen(
            # -P keeps the current folder's modules from standing in for papermill's.
            [sys.executable, "-P", "-c",
             "import sys; sys.path.append(sys.argv[1]); from s6lib import sweep; sweep._child()",
             str(Path(__file__).parents[1])],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            # a killed kernel leaves files in its TMPDIR
            env={**os.environ, _MARK: mark, _RECORD: str(records), "TMPDIR": scratch},
            start_new_session=True)  # Ctrl-C is for this process to handle
        with contextlib.suppress(BrokenPipeError):  # it may die before it has read a word
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()  # and left open: its end tells the child that this process is gone
        process.wait()
        _end([mark])
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        code, error = process.returncode, None
        if report.exists():
            error = report.read_text(encoding="utf-8")
        elif code < 0:
            error = f"its process was ended by {signal.Signals(-code).name}"
        elif code > 0:
            error = f"its process ended with exit code {code}"
        executed = output.read_text(encoding="utf-8") if output.exists() else None
        recorded = {}
        for line in records.read_text(encoding="utf-8").splitlines() if records.exists() else ():
            recorded |= json.loads(line)
    return executed, error, time.perf_counter() - start, recorded


def _child():
    """What the process of a run does: reads its job as a line of JSON, and executes the notebook."""
    job = json.loads(sys.stdin.readline())

    def follow_parent():
        os.read(0, 1)  # returns when the other end is closed
        _end([job["mark"]])
        os._exit(1)

    def refuse_exit(execute_reply, **_):
        if any(entry.get("source") == "ask_exit" for entry in execute_reply["content"].get("payload", [])):
            raise RuntimeError("exit() or quit() ended the kernel")

    threading.Thread(target=follow_parent, daemon=True).start()
    try:
        import papermill

        papermill.execute_notebook(
            *(job[path].replace("{", "{{").replace("}", "}}") for path in ("source", "output")),
            job["parameters"], language="python", cwd=job["folder"], progress_bar=False,
            start_timeout=job["start_timeout"], on_cell_executed=refuse_exit)
    except Exception as error:
        Path(job["report"]).write_text(f"{type(error).__name__}: {_first_line(error)}", encoding="utf-8")
        sys.exit(1)


def _end(marks):
    """Kill every other process of these runs, wherever it hangs in the process tree."""
    import psutil

    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(_MARK) in marks:
                process.kill()
        except (psutil.Error, OSError):  # gone by now, or someone else's
            pass


# What is kept of a run ---------------------------------------------------------------------


def _finish(notebook, job, executed, error, seconds, recorded):
    """Judge what a run left, write its notebook, and return its `Run`."""
    import nbformat

    try:
        node = nbformat.reads(executed, as_version=4)
    except Exception:  # none, or killed while writing
        return Run(job.resolved, None, "failed", error or "left no notebook", seconds, recorded)
    error = _verdict(node, error)
    _strip(node, notebook.ids)
    if recorded:
        node.metadata["s6lib"] = {"recorded": recorded}
    output = job.output
    try:
        _write(output, nbformat.writes(node) + "\n")
    except FileExistsError:
        output, error = None, f"{output}: appeared during the sweep, and was left alone"
    return Run(job.resolved, output, "failed" if error else "ok", error, seconds, recorded)


def _verdict(node, error):
    """What went wrong and in which cell; None if every code cell was executed without an error."""
    cells = [cell for cell in node.cells if cell.cell_type == "code" and cell.source.strip()]

    def at(cell):
        return f" (cell [{cell.execution_count or cells.index(cell) + 1}]: {_first_line(cell.source)})"

    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":
                return f"{output.ename}: {_first_line(output.evalue)}" + at(cell)
    started = [cell for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]
    if error:
        return error + (at(started[-1]) if started else "")
    for cell in cells:
        if cell.execution_count is None and "skip-execution" not in cell.metadata.get("tags", []):
            return "was not executed" + at(cell)
    return None


def _strip(node, ids):
    """Drop what differs between two executions of the same thing, and papermill's own metadata."""
    for name in ("papermill", "widgets"):
        node.metadata.pop(name, None)
    for position, cell in enumerate(node.cells):
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)  # papermill gives every cell a list
        if "id" in cell and cell.id not in ids:
            cell.id = f"sweep-{position}"  # it was random


def _manifest(notebook, runs):
    versions = {"python": ".".join(map(str, sys.version_info[:3])), "s6lib": __version__}
    for package in ("numpy", "papermill", "torch"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return {
        "notebook": {"name": notebook.path.name, "sha256": notebook.sha256},
        "versions": versions,
        "runs": [run._asdict() | {"output": run.output and run.output.name, "seconds": round(run.seconds, 3)}
                 for run in runs],
    }


def _write(path, text):
    """Write a file that appears whole or not at all, and never in place of another."""
    temporary = path.with_name(f".sweep-{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        try:
            os.link(temporary, path)  # unlike a rename, refuses to replace
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if os.path.lexists(path):
                raise FileExistsError(path) from None
            os.rename(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _first_line(message):
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    return lines[0][:120] if lines else ""


# The command line --------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    # Values such as -1e-3 are numbers, not options; argparse by itself knows only -1 and -0.001.
    def __init__(self, **settings):
        super().__init__(**settings)
        self._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)")

    def error(self, message):
        self.exit(2, f"sweep: {message}; --help says more\n")


def _parser():
    parser = _Parser(
        prog="python -m s6lib.sweep", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Execute a notebook once for every combination of parameter values, in parallel\n"
                    "processes, as many as there are processors.",
        epilog="""\
The notebook's cell tagged 'parameters' names the parameters, and its literals say what each takes:

""" + "\n".join(f"  {kind.__name__:6} {takes}" for kind, takes in KINDS.items()) + """

Each run is one executed notebook in the output folder, named after its values, such as
learning_rate-0.1__steps-50.ipynb; manifest.json, written last, says what came of each. A run that
fails does not stop the others. Nothing is ever overwritten.

Exit code: 0 all runs ok, 1 a run failed, 2 refused before anything ran, 130 interrupted.

Examples:
  python -m s6lib.sweep book/learning_rate.ipynb -p learning_rate 0.1 0.2 0.5 --out runs
  python -m s6lib.sweep book/learning_rate.ipynb -p learning_rate 0.1 1.0 -p steps 50 100 --out grid""")
    parser.add_argument("notebook", help="the notebook to execute; it stays as it is")
    parser.add_argument("-p", dest="parameters", action="append", nargs="+", default=[], metavar=("NAME", "VALUE"),
                        help="a parameter and its values; several -p make a grid, and none means one run "
                             "on the defaults")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="where the executed notebooks go")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a CI job that is cancelled cleans up too
    sys.exit(main())
