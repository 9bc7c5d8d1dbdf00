"""A table that a long study adds to, run by run: one that was stopped goes on with what is missing."""

import csv

from s6lib import manifest, mnist


def rows(path, columns):
    """Yield the rows of the table, each {column: text}; one that is not there is begun, without rows."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        _append(path, [columns])
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def add(path, added, **about):
    """Append the rows of a finished run, and write the manifest of the table: `about`, and the data read."""
    _append(path, added)
    manifest.write(path, **about, data=mnist.LOADED)


def _append(path, lines):
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
