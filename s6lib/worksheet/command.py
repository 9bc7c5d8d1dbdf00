"""The command line of the check: files or folders in, sentences, a table or JSON out."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from s6lib import files
from s6lib.worksheet import calculate, cells
from s6lib.worksheet.check import Finding, check_book

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = (
    "file",
    "sheet",
    "table",
    "column",
    "cell",
    "verdict",
    "slip",
    "off",
    "formula",
    "repair",
    "because",
    "says",
)
ENDS = "exit code: 0 all is right; 1 something is wrong, or not calculated; 2 a file was not readable"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m s6lib.worksheet check`; returns its exit code."""
    given = parser().parse_args(arguments)
    found, unread = [], []
    paths = list(_paths(given.files))
    if not paths:
        print("no spreadsheet there: read are .xlsx, .xlsm, .csv and .tsv", file=sys.stderr)
        return 2
    for count, path in enumerate(paths, 1):
        if len(paths) > 3 and sys.stderr.isatty():
            print(f"\r{count} of {len(paths)}", end="", file=sys.stderr, flush=True)
        try:
            result = _checked(path)
        except cells.Unreadable as error:
            unread.append((path, str(error)))
            print(f"{path}: {error}", file=sys.stderr)
            continue
        found.append((path, result))
        if not given.json:
            print(written(path, result))
    if given.json:
        print(
            json.dumps(
                [{**one.as_dict(), "file": str(path)} for path, result in found for one in result],
                ensure_ascii=False,
                indent=1,
            )
        )
    if given.out:
        files.replace(given.out, marks(found, unread).encode("utf-8-sig"))
    if unread:
        return 2
    return int(any(one.verdict != "right" for _, result in found for one in result))


def _checked(path):
    """The findings of a file; where something could not be judged and was never calculated, LibreOffice
    calculates it first, if there is one."""
    book = cells.read(path)
    try:
        result = check_book(book)
    except cells.Unreadable:
        raise
    except Exception as error:  # one strange file of a folder does not end the check of the others
        raise cells.Unreadable(f"not understood ({type(error).__name__})") from None
    missing = any(
        cell.formula and cell.value is None for sheet in book.sheets.values() for cell in sheet.cells.values()
    )
    if missing and any(one.verdict == "not calculated" and one.cell for one in result):
        found = calculate.calculated(book)
        result = check_book(found) if found else result
    return result


def parser() -> argparse.ArgumentParser:
    """The arguments of the check."""
    made = argparse.ArgumentParser(
        prog="python -m s6lib.worksheet check",
        description="Check spreadsheets of the network of Part 1: which columns are wrong, by which slip, "
        "and what belongs there.",
        epilog=ENDS,
    )
    made.add_argument(
        "files", nargs="+", metavar="FILE-OR-FOLDER", help=".xlsx, .xlsm, .csv, .tsv; of a folder, all in it"
    )
    made.add_argument("--out", metavar="marks.csv", help="also write a table: a row for each wrong column")
    made.add_argument("--json", action="store_true", help="print JSON, an object for each column")
    return made


def _paths(given):
    for one in map(Path, given):
        if one.is_dir():
            inside = sorted(
                path
                for path in one.rglob("*")
                if path.suffix.lower() in (*cells.WORKBOOKS, *cells.TEXTS, ".xls", ".ods")
            )
            yield from (path for path in inside if not path.name.startswith(("~$", ".")))
        else:
            yield one


def written(path: Path, result: list[Finding]) -> str:
    """What was found in a file, for a terminal."""
    lines = []
    tables = list(dict.fromkeys((one.sheet, one.table) for one in result))
    for sheet, table in tables:
        here = [one for one in result if (one.sheet, one.table) == (sheet, table)]
        wrong = [one for one in here if one.verdict == "wrong"]
        right = sum(one.verdict == "right" for one in here)
        lines.append(f"{path}, {sheet}!{table}: {len(wrong)} wrong, {right} right, of {len(here)} columns")
        for one in here:
            if one.verdict != "right":
                lines.append(f"  {one.column} {one.cell or ''}: {one.says}")
                if one.repair:
                    was, now = marked(one.formula, one.repair) if one.formula else (None, one.repair)
                    lines += [f"      is      {was}"] if was else []
                    lines.append(f"      belongs {now}")
        notes = {}
        for one in here:
            for note in one.notes:
                notes.setdefault(note, []).append(one.column)
        for note, columns in notes.items():
            where = ", ".join(columns[:4]) + (f" and {len(columns) - 4} more" if len(columns) > 4 else "")
            lines.append(f"  note: {note} ({where})")
    return "\n".join(lines)


def marked(formula: str, mended: str) -> tuple[str, str]:
    """Both formulas, what differs between « and »."""
    from difflib import SequenceMatcher

    from s6lib.worksheet import formulas

    def parts(text):
        try:
            return [part[3] for part in formulas.tokens(text)]
        except formulas.FormulaError:
            return list(text[1:])

    was, now = parts(formula), parts(mended)
    left, right = ["="], ["="]
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        for side, piece in ((left, "".join(was[a:b])), (right, "".join(now[c:d]))):
            if piece:
                side.append(piece if kind == "equal" else f"«{piece}»")
    return "".join(left), "".join(right)


def marks(found: list[tuple[Path, list[Finding]]], unread: list[tuple[Path, str]]) -> str:
    """A table for a teacher: a row for each column that is not right, one for a file in which all is."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path, result in found:
        bad = [one for one in result if one.verdict != "right"]
        for one in bad:
            row = {**one.as_dict(), "file": str(path)}
            writer.writerow([_guarded(row[name]) for name in COLUMNS])
        if not bad:
            writer.writerow(
                [_guarded(str(path)), "", "", "", "", "right", *[""] * 5, "all columns are right"]
            )
    for path, says in unread:
        writer.writerow([_guarded(str(path)), "", "", "", "", "not readable", *[""] * 5, says])
    return out.getvalue()


def _guarded(value):
    """A text that a spreadsheet does not take for a formula when it opens the table."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
