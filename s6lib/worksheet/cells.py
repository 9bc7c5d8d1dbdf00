"""A spreadsheet's file becomes plain cells: `{sheet: {(row, column): Cell}}`. Nothing in it is executed or
fetched.

::

    book = cells.read("homework.xlsx")
    book.sheets["Sheet1"].cells[33, 26]        # Cell(value=0.000352, formula="=...", shown="0.000000")
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from s6lib import checks, words
from s6lib.words import t

if TYPE_CHECKING:
    import os

#: What is read at most: bytes of a file, bytes of what it unpacks to, files in it, cells, and cells with
#: what is in none but has a colour or a border.
LARGEST, UNPACKED, MEMBERS, CELLS, EMPTY = 20_000_000, 100_000_000, 2_000, 300_000, 1_000_000
#: What such files are called.
WORKBOOKS, TEXTS = (".xlsx", ".xlsm", ".xltx", ".xltm"), (".csv", ".tsv")
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
PLAIN = re.compile(r"[-+−]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")

#: What a damaged archive raises.
DAMAGE = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    UnicodeDecodeError,
    struct.error,
    zlib.error,
)


class Unreadable(ValueError):
    """A file that is not read, and why, in one sentence."""


class Cell(NamedTuple):
    """One cell. `value` is a number, a text or None (a formula that was never calculated has none)."""

    value: float | str | None
    formula: str | None = None
    shown: str = "General"


class Sheet(NamedTuple):
    """The cells of a sheet by (row, column), both from 1, and what is merged or hidden."""

    cells: dict[tuple[int, int], Cell]
    merged: tuple[tuple[int, int, int, int], ...] = ()  #: first row, first column, last row, last column
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


class Book(NamedTuple):
    """All sheets of a file in order, and what its defined names stand for: (sheet, row, column) or a
    number."""

    file: str
    sheets: dict[str, Sheet]
    names: dict[str, tuple[str, int, int] | float]


def number(value: object) -> float | None:
    """The number that a cell holds, as one or as text: 0.5, "0,5", "5e-1"; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str) and PLAIN.fullmatch(text := value.strip().strip("'")):
        return float(text.replace("−", "-").replace(",", ".").replace(" ", ""))
    return None


def read(path: str | os.PathLike) -> Book:
    """The cells of an .xlsx, .xlsm, .csv or .tsv file.

    Raises Unreadable, which says why in one sentence, for anything else, for files above 20 MB or that
    unpack to more than 100 MB or 300,000 cells, for encrypted ones, and for XML that declares a document
    type."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise Unreadable(t("not a file"))
        if size > LARGEST:
            raise Unreadable(
                t(
                    "{0} MB; read are files up to {1} MB",
                    words.number(size / 1e6, ".0f"),
                    words.number(LARGEST / 1e6, ".0f"),
                )
            )
        data = path.read_bytes()
    except Unreadable:
        raise
    except (OSError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from None
    kind = path.suffix.lower()
    if kind in TEXTS and not data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _text(path, data)
    _refuse(kind, data)
    return _workbook(path, data)


def _refuse(kind, data):
    if not data:
        raise Unreadable(t("the file is empty"))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if b"E\0n\0c\0r\0y\0p\0t\0" in data:
            raise Unreadable(t("it is encrypted: save it without a password"))
        raise Unreadable(
            t("an old Excel file (.xls), or an encrypted one: save it as .xlsx, without a password")
        )
    if not data.startswith(b"PK\x03\x04"):
        raise Unreadable(t("not a spreadsheet, whatever its name; takes .xlsx, .xlsm, .csv and .tsv"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                raise Unreadable(
                    t(
                        "{0} files inside; read are up to {1}",
                        words.number(len(members), ","),
                        words.number(MEMBERS, ","),
                    )
                )
            if sum(member.file_size for member in members) > UNPACKED:
                raise Unreadable(t("it unpacks to more than {0} MB", words.number(UNPACKED / 1e6, ".0f")))
            if any(member.flag_bits & 1 for member in members):
                raise Unreadable(t("it is encrypted: save it without a password"))
            names = {member.filename for member in members}
            if "content.xml" in names or "mimetype" in names:
                raise Unreadable(t("an OpenDocument file: save it as .xlsx"))
            if not any(name.endswith("workbook.xml") for name in names):
                raise Unreadable(t("not a spreadsheet, whatever its name; takes .xlsx, .xlsm, .csv and .tsv"))
            found = sum(
                _refuse_declarations(archive, member)
                for member in members
                if member.filename.endswith((".xml", ".rels"))
            )
            if found > EMPTY:
                raise Unreadable(t("more than {0} cells", words.number(EMPTY, ",")))
    except DAMAGE:
        raise Unreadable(t("the file is damaged, or cut off")) from None


def _refuse_declarations(archive, member):
    """XML that declares a document type may name other files, or unfold without end: none is read. Returns
    how many cells there are."""
    count, tail = 0, b""
    # zipfile reads no more than the size it has told, and checks its sum
    with archive.open(member) as stream:
        while chunk := stream.read(1 << 20):
            plain = (tail + chunk).replace(b"\0", b"")  # UTF-16 too
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise Unreadable(t("its XML declares a document type; such files are not read"))
            count += chunk.count(b"<c ")
            tail = chunk[-32:]
    return count


def _workbook(path, data):
    with checks.extra("worksheet"):
        import openpyxl
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            formulas = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
            values = openpyxl.load_workbook(io.BytesIO(data), keep_links=False, data_only=True)
    except Exception as error:  # whatever a strange file does to openpyxl is one line
        said = " ".join(str(error).split())[:80]
        raise Unreadable(t("not understood ({0}: {1})", type(error).__name__, said)) from None
    sheets, count = {}, 0
    for sheet in formulas.worksheets:
        read = _sheet(sheet, values[sheet.title])
        count += len(read.cells)
        if count > CELLS:
            raise Unreadable(t("more than {0} cells", words.number(CELLS, ",")))
        sheets[sheet.title] = read
    return Book(path.name, sheets, _names(formulas))


def _sheet(sheet, values):
    found = {}
    for place, cell in sheet._cells.items():
        if cell.value is None:
            continue
        formula = cell.value if cell.data_type == "f" else None
        if formula is not None and not isinstance(formula, str):  # of an array
            formula = getattr(formula, "text", None) or "={}"
        cached = values._cells.get(place)
        value = cached.value if formula is not None and cached is not None else cell.value
        if formula is not None and not formula.startswith("="):
            formula = "=" + formula
        if formula is not None and value == cell.value:
            value = None
        found[place] = Cell(_value(value), formula, cell.number_format or "General")
    merged = [(each.min_row, each.min_col, each.max_row, each.max_col) for each in sheet.merged_cells.ranges]
    hidden = frozenset(row for row, given in sheet.row_dimensions.items() if given.hidden)
    columns = set()
    for given in sheet.column_dimensions.values():
        if given.hidden and given.min:
            columns.update(range(given.min, min(given.max or given.min, 16_384) + 1))
    return Sheet(found, tuple(sorted(merged)), hidden, frozenset(columns))


def _value(value):
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        return float(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return str(value)
    return str(value)


def _names(book):
    from s6lib.worksheet import formulas

    found = {}
    for name, given in book.defined_names.items():
        text = (given.value or "").strip()
        plain = number(text)
        if plain is not None:
            found[name.lower()] = plain
            continue
        try:
            tree = formulas.parse("=" + text, "")
        except formulas.FormulaError:
            continue
        if tree[0] == "cell":
            found[name.lower()] = (tree[3], tree[4], tree[5])
    return found


def _text(path, data):
    if not data.strip():
        raise Unreadable(t("the file is empty"))
    for encoding in ("utf-16", "utf-8-sig", "cp1252"):
        if encoding == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unreadable(t("not a text"))
    if "\0" in text:
        raise Unreadable(t("not a text"))
    lines = [line for line in text.splitlines() if line.strip()][:50]
    between = max("\t;,", key=lambda sign: min((line.count(sign) for line in lines[-20:]), default=0))
    found = {}
    try:
        for row, values in enumerate(csv.reader(io.StringIO(text), delimiter=between), 1):
            for column, value in enumerate(values, 1):
                value = value.strip()
                if value:
                    formula = value if value.startswith("=") and len(value) > 1 else None
                    plain = number(value)
                    found[row, column] = Cell(None if formula else value if plain is None else plain, formula)
            if len(found) > CELLS:
                raise Unreadable(t("more than {0} cells", words.number(CELLS, ",")))
    except csv.Error as error:
        raise Unreadable(t("not understood ({0})", error)) from None
    return Book(path.name, {path.stem: Sheet(found)}, {})
