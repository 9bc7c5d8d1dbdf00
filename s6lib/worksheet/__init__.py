"""The network as a live spreadsheet: every number a formula, one row a step.

::

    python -m s6lib.worksheet --out worksheet.xlsx      # for Excel, LibreOffice and Google Sheets
    python -m s6lib.worksheet --csv worksheet.csv       # its numbers alone

    from s6lib import worksheet
    worksheet.write("worksheet.xlsx", learning_rate=2.0)
"""

from s6lib.worksheet.write import table, workbook, write

__all__ = ["table", "workbook", "write"]
