"""One run, in a process of its own.

`execute` takes and returns plain values and leaves no file, so that it can be called on any
machine. No run outlives its reason: its process and everything it started carry a mark in their
environment, by which `stop` finds and ends them, and a run ends by itself when the process that
called `execute` is gone.
"""

import ast
import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from s6lib import manifest
from s6lib.manifest import versions
from s6lib.sweep import records

#: Seconds that a kernel may take to answer for the first time.
START_TIMEOUT = 60

#: How often a run may start its kernel, until one lives to answer.
START_ATTEMPTS = 3

#: The packages without which nothing can be executed.
NEEDED = ("nbformat", "papermill", "psutil", "tqdm", "filelock")

#: What `kernel` asks: its versions in words that a kernel without s6lib understands, and the data that it
#: loaded.
_MANIFEST = Path(manifest.__file__).read_text(encoding="utf-8")
VERSIONS = f"(lambda names: (exec({_MANIFEST!r}, names), names['versions']())[1])({{}})"
_THREADS = "__import__('os').environ.get('OMP_NUM_THREADS')"
_DATA = "getattr(__import__('sys').modules.get('s6lib.mnist'), 'LOADED', {})"

_MARK = "S6LIB_SWEEP_RUN"
_stopped = set()  # sweeps that start no more runs in this process


def execute(text, folder, parameters, mark, threads=None):
    """Execute the notebook `text`; return (executed notebook's text, error, seconds, recorded, kernel).

    `kernel` is what the kernel said of itself: {"versions": what it ran on, "threads": its OMP_NUM_THREADS,
    "data": {name: SHA-256} of the digits that it loaded}; empty if it did not come to that. A kernel that has
    another s6lib than this process is refused.

    folder : where to execute it; on a machine that has no such folder, an empty one
    mark : the sweep's id, a hyphen, and the run's number. A cluster may execute one run again while a lost
        worker's is still ending: each execution adds what tells it from the other
    threads : for numerical libraries, unless OMP_NUM_THREADS is set; None leaves it to them
    """
    start = time.perf_counter()
    mark += f"-{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(prefix="s6lib-sweep-") as scratch:
        source, output, report, recorded, kernel = (
            Path(scratch, name) for name in ("source.ipynb", "output.ipynb", "report", "recorded", "kernel")
        )
        source.write_text(text, encoding="utf-8")
        job = {
            "source": str(source),
            "output": str(output),
            "report": str(report),
            "kernel": str(kernel),
            "folder": folder if Path(folder).is_dir() else scratch,
            "parameters": parameters,
            "start_timeout": START_TIMEOUT,
            "mark": mark,
        }
        process = subprocess.Popen(
            # -P keeps the current folder's modules from standing in for papermill's.
            [
                sys.executable,
                "-P",
                "-c",
                "import sys; sys.path.append(sys.argv[1]); from s6lib.sweep import process; process.child()",
                str(Path(__file__).parents[2]),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **({"OMP_NUM_THREADS": str(threads)} if threads else {}),
                **os.environ,
                _MARK: mark,
                records.FILE: str(recorded),
                "TMPDIR": scratch,
            },  # a killed kernel leaves files there
            start_new_session=True,
        )  # Ctrl-C is for this process to handle
        if mark.partition("-")[0] in _stopped:  # while it was starting
            process.kill()
        with contextlib.suppress(BrokenPipeError):  # it may die before it has read a word
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()  # and left open: its end tells the child that this process is gone
        process.wait()
        _end(mark)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        code, error = process.returncode, None
        if report.exists():
            error = report.read_text(
                encoding="utf-8", errors="replace"
            )  # it may have been killed while writing
        elif code < 0:
            error = f"its process was ended by {signal.Signals(-code).name}"
        elif code == errno.ENOSPC:
            error = (
                f"no space left in {tempfile.gettempdir()}, where a run keeps its files; "
                "TMPDIR can name another folder"
            )
        elif code > 0:
            error = f"its process ended with exit code {code}"
        executed = output.read_text(encoding="utf-8", errors="replace") if output.exists() else None
        said = {}
        with contextlib.suppress(OSError, ValueError):  # not there, or cut short
            said = json.loads(kernel.read_text(encoding="utf-8"))
        return executed, error, time.perf_counter() - start, records.read(recorded), said


def child():
    """What the process of a run does: reads its job as a line of JSON, and executes the notebook."""
    job = json.loads(sys.stdin.readline())

    def follow_parent():
        os.read(0, 1)  # returns when the other end is closed
        _end(job["mark"])
        os._exit(1)

    failed = []

    def hear(execute_reply, **_):
        said = execute_reply["content"]
        if said.get("status") == "error":  # of which IPython shows some as text alone, such as a group
            failed.append(f"{said.get('ename')}: {first_line(said.get('evalue') or 'no word')}")
        if any(entry.get("source") == "ask_exit" for entry in said.get("payload", [])):
            raise RuntimeError("exit() or quit() ended the kernel")

    threading.Thread(target=follow_parent, daemon=True).start()
    # Where JupyterLab is installed, jsonschema would compile a grammar of addresses for papermill: a second
    # of every run, for a format that no notebook has.
    sys.modules.setdefault("rfc3987_syntax", None)
    try:
        import papermill

        _let_the_kernel_speak(Path(job["kernel"]))
        _patiently(
            lambda: papermill.execute_notebook(
                *(job[path].replace("{", "{{").replace("}", "}}") for path in ("source", "output")),
                job["parameters"],
                language="python",
                cwd=job["folder"],
                progress_bar=False,
                start_timeout=job["start_timeout"],
                on_cell_executed=hear,
            )
        )
    except Exception as error:
        try:
            told = failed[-1] if failed else f"{type(error).__name__}: {first_line(error)}"
            Path(job["report"]).write_text(told, encoding="utf-8", errors="backslashreplace")
        except OSError as full:  # then the exit code alone is left to say why
            Path(job["report"]).unlink(missing_ok=True)
            sys.exit(full.errno)
        sys.exit(1)


def _let_the_kernel_speak(path):
    """Have papermill ask each kernel what it is, before the first cell and after the last; `path` keeps the
    answers."""
    from papermill import engines

    class Client(engines.PapermillNotebookClient):
        def papermill_execute_cells(self):
            found, here = self.ask(VERSIONS), versions()
            if "s6lib" in found and any(found[name] != here[name] for name in ("s6lib", "s6lib_sha256")):
                raise RuntimeError(
                    f"the kernel {self.kernel_name!r} has s6lib {found['s6lib']} "
                    f"({found['s6lib_sha256'][:8]}), "
                    f"the sweep has {here['s6lib']} ({here['s6lib_sha256'][:8]}); take a kernel of this "
                    "environment"
                )
            said = {"versions": found, "threads": self.ask(_THREADS), "data": {}}
            path.write_text(json.dumps(said), encoding="utf-8")
            super().papermill_execute_cells()
            with contextlib.suppress(Exception):  # a notebook may have ended its kernel: the run says so
                path.write_text(json.dumps(said | {"data": self.ask(_DATA)}), encoding="utf-8")

        def ask(self, expression):
            """The value of a Python expression in the kernel, which counts as no execution and leaves no
            name."""
            reply = self.wait_for_reply(
                self.kc.execute(
                    "", silent=True, store_history=False, user_expressions={"answer": f"repr({expression})"}
                )
            )
            answer = reply["content"].get("user_expressions", {}).get("answer", {})
            if answer.get("status") != "ok":
                told = answer.get("evalue", "it evaluates no expressions")
                reason = f"{answer.get('ename', 'no answer')}: {told}"
                raise RuntimeError(f"the kernel {self.kernel_name!r} cannot say what it runs on: {reason}")
            return ast.literal_eval(ast.literal_eval(answer["data"]["text/plain"]))

    engines.PapermillNotebookClient = Client  # by which papermill's own engine makes its client


def _patiently(execute):
    """Call `execute`, again where a kernel died before its first word, and so before the first cell.

    Jupyter draws free ports for a kernel and lets go of them until it has started; two runs that start
    at the same moment may draw the same one.
    """
    for _ in range(START_ATTEMPTS - 1):
        try:
            return execute()
        except RuntimeError as error:
            if "Kernel died before replying" not in str(error):
                raise
    return execute()


def stop(sweep):
    """End all runs of this sweep on this machine, and let this process start no other."""
    _stopped.add(sweep)
    _end(sweep)


def _end(mark):
    """Kill every other process of this run or sweep, wherever it hangs in the process tree."""
    import psutil

    for process in psutil.process_iter():
        try:
            found = process.environ().get(_MARK, "") if process.pid != os.getpid() else ""
            if found == mark or found.startswith(f"{mark}-"):
                process.kill()
        except (psutil.Error, OSError):  # gone by now, or someone else's
            pass


def first_line(message, most=500):
    """The first line of a message that has something to say, as long as a person reads; … stands for the
    rest."""
    line = next((line.strip() for line in str(message).splitlines() if line.strip()), "")
    return line if len(line) <= most else line[: most - 1] + "…"
