"""A table that a long study adds to, run by run: one that was stopped goes on with what is missing."""

import csv
import io

from s6lib import files, manifest, mnist


def rows(path, columns):
    """The rows that the table has so far, a list of {column: text}; none where there is no table yet.

    Raises ValueError, naming the file, for one with other columns, or whose last line is torn.
    """
    if not path.exists():
        return []
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is torn: a letter is not whole. Mend or remove it") from None
    header, *read = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    if header != list(columns):
        raise ValueError(
            f"{path}: has the columns {', '.join(header) or '(none)'}; takes {', '.join(columns)}"
        )
    if not text.endswith("\n") or any(len(row) != len(columns) for row in read):
        raise ValueError(f"{path}: is torn: a row is not whole. Mend or remove it")
    return [dict(zip(columns, row)) for row in read]


def add(path, columns, added, **about):
    """Add the rows of a finished run to the table, which appears with its first ones, and write its manifest:
    `about`, and the data read."""
    rows(path, columns)  # or what was added would be under other names
    before = path.read_bytes() if path.exists() else _lines([columns])
    path.parent.mkdir(exist_ok=True)
    files.replace(path, before + _lines(added))
    manifest.write(path, **about, data=mnist.LOADED)


def _lines(lines):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()
