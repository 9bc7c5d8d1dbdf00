"""The network as a live spreadsheet, and a check of anybody's.

::

    python -m s6lib.worksheet check homework.xlsx       # which columns are wrong, and what belongs there
    python -m s6lib.worksheet check class --out marks.csv

    from s6lib import worksheet
    worksheet.check("homework.xlsx")
"""

from s6lib.worksheet.check import Finding, check

__all__ = ["Finding", "check"]
