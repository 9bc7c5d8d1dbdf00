"""What running a chapter takes: time, memory, and what it reads and fetches.

    python studies/costs.py                         # every chapter
    python studies/costs.py forward_pass training   # these, the others as they are in the table

Each chapter is executed once, as it stands, in a kernel of its own and an empty folder. The kernel itself
says what it took: `processor_seconds` of all cores and of all processes that it started, which depend little
on what else the machine does, as the time by the clock would; `memory_mb`, the most that it, or a process
that it started, held at once; `mnist_mb` of MNIST's files that were opened; and `hosts`, how many other
machines were asked for anything. MNIST is in its folder already: it is fetched once, by whichever chapter
comes first.

The table is `book/results/costs/costs.csv`. Pages say it by `bookbuild/costs.py`.
"""

import csv
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from s6lib import manifest, mnist

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "book" / "results" / "costs" / "costs.csv"
COLUMNS = ("chapter", "processor_seconds", "memory_mb", "mnist_mb", "hosts")

#: Run in the kernel before the chapter, and after it. The interpreter itself reports files and hosts.
BEFORE = """
def _watch():
    import sys
    seen = {"files": set(), "hosts": set()}
    def hook(event, arguments):
        if event == "open" and "MNIST" in str(arguments[0]) and "-ubyte" in str(arguments[0]):
            seen["files"].add(str(arguments[0]))
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            if not str(arguments[1][0]).startswith(("127.", "::1", "localhost")):
                seen["hosts"].add(arguments[1][0])
    sys.addaudithook(hook)
    return seen
_watched = _watch()
"""
AFTER = """
def _told(seen):
    import json, os, resource, sys
    own, started = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024
    most = own.ru_maxrss  # on Linux no less than that of the process it was forked from, so:
    if os.path.exists("/proc/self/status"):
        with open("/proc/self/status") as file:
            most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    return json.dumps({
        "processor_seconds": round(sum(each.ru_utime + each.ru_stime for each in (own, started)), 1),
        "memory_mb": round(max(most, started.ru_maxrss) / unit),
        "mnist_mb": round(sum(map(os.path.getsize, filter(os.path.exists, seen["files"]))) / 1e6, 1),
        "hosts": len(seen["hosts"]),
    })
print(_told(_watched))
"""


def chapters():
    """The notebooks that _toc.yml names, in its order, without the home page."""
    named = re.findall(r"^ *- file: *(\S+)$", (ROOT / "_toc.yml").read_text(encoding="utf-8"), flags=re.M)
    return [Path(name).name for name in named if (ROOT / f"{name}.ipynb").exists()]


def measure(path):
    """Execute the notebook at `path`; return what its kernel says that took, {column: number}."""
    notebook = nbformat.read(path, as_version=4)
    before, after = (nbformat.v4.new_code_cell(source) for source in (BEFORE, AFTER))
    notebook.cells = [before, *notebook.cells, after]
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": folder}}).execute()
    return json.loads(after.outputs[-1]["text"])


def main(names):
    known = chapters()
    if unknown := set(names) - set(known):
        sys.exit(f"no such chapter: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    rows = {}
    if TABLE.exists():
        with TABLE.open(encoding="utf-8", newline="") as file:
            rows = {row["chapter"]: row for row in csv.DictReader(file)}
    TABLE.parent.mkdir(exist_ok=True)
    for name in names or known:
        rows[name] = {"chapter": name, **measure(ROOT / "book" / f"{name}.ipynb")}
        print(*rows[name].values(), flush=True)
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[each] for each in known if each in rows)
        manifest.write(
            TABLE,
            command="python studies/costs.py",
            cores=os.cpu_count(),
            threads=[os.environ.get("OMP_NUM_THREADS")],
            data=mnist.SHA256,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
