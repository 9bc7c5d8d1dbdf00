"""The network as a live spreadsheet, and a check of anybody's."""

from s6lib.worksheet.check import check

__all__ = ["check"]
