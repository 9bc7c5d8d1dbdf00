"""The network as a live spreadsheet, every number a formula; and a check of anybody's.

::

    python -m s6lib.worksheet --out worksheet.xlsx      # for Excel, LibreOffice and Google Sheets
    python -m s6lib.worksheet --csv worksheet.csv       # its numbers alone
    python -m s6lib.worksheet check homework.xlsx       # which columns are wrong, and what belongs there
    python -m s6lib.worksheet check class --out marks.csv

    from s6lib import worksheet
    worksheet.write("worksheet.xlsx", learning_rate=2.0)
    worksheet.check("homework.xlsx")
"""

from s6lib.worksheet.check import Finding, check
from s6lib.worksheet.write import table, workbook, write

__all__ = ["Finding", "check", "table", "workbook", "write"]
