"""A book that was never calculated gets its numbers, from LibreOffice where there is one.

Not the file itself is opened, but a new one with its cells alone: no macro, no link, nothing that fetches.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from s6lib import checks
from s6lib.worksheet import cells

#: Functions that reach outside of a book, or make a text a reference: such formulas stay empty.
OUTSIDE = re.compile(
    r"\[|\||://|\b(?:WEBSERVICE|FILTERXML|DDE|HYPERLINK|INDIRECT|INFO|CELL|RTD|IMPORT\w*|IMAGE|CALL|REGISTER\w*)\b",
    re.IGNORECASE,
)
SECONDS = 90


def calculated(book: cells.Book) -> cells.Book | None:
    """The book with numbers in all cells that LibreOffice can calculate; None without LibreOffice, or where
    it fails."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in" / "book.xlsx"
        source.parent.mkdir()
        _copy(book, source)
        command = [
            program,
            f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            folder,
            str(source),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
            found = cells.read(Path(folder) / "book.xlsx")
        except (OSError, subprocess.SubprocessError, cells.Unreadable):
            return None
    return _merged(book, found)


def _copy(book, path):
    with checks.extra("worksheet"):
        import openpyxl
    copy = openpyxl.Workbook()
    copy.remove(copy.active)
    for name, sheet in book.sheets.items():
        made = copy.create_sheet(name)
        for (row, column), cell in sheet.cells.items():
            if cell.formula and not OUTSIDE.search(cell.formula):
                made.cell(row, column).value = cell.formula
            elif not cell.formula:
                target = made.cell(row, column)
                target.value = cell.value
                if isinstance(cell.value, str):
                    target.data_type = "s"  # a text that begins with = is no formula
    for name, meant in book.names.items():
        text = repr(meant)
        if isinstance(meant, tuple):
            sheet, row, column = meant
            quoted = sheet.replace("'", "''")
            text = f"'{quoted}'!${openpyxl.utils.get_column_letter(column)}${row}"
        copy.defined_names[name] = openpyxl.workbook.defined_name.DefinedName(name, attr_text=text)
    copy.save(path)


def _merged(book, found):
    sheets = {}
    for name, sheet in book.sheets.items():
        theirs = found.sheets[name].cells if name in found.sheets else {}
        ours = {
            place: cell._replace(value=theirs[place].value)
            if cell.formula and cell.value is None and place in theirs
            else cell
            for place, cell in sheet.cells.items()
        }
        sheets[name] = sheet._replace(cells=ours)
    return book._replace(sheets=sheets)
