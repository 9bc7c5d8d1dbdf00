"""How cells, charts and printed pages of the workbook look: the book's colours, on white."""

from __future__ import annotations

import numpy as np

#: Ink, and the same colour as a ground.
INK = {
    "forward": "#00659E",
    "gradient": "#A84A00",
    "update": "#006E50",
    "target": "#000000",
    "plain": "#3D444D",
}
GROUND = {
    "forward": "#E3F1FA",
    "gradient": "#FBEBDD",
    "update": "#DFF3EB",
    "target": "#E9EBED",
    "plain": "#F1F3F5",
}
QUIET, RULE = "#57606A", "#DDE1E6"
#: Of learning rates, from the slowest to the fastest.
CURVES = ("#440154", "#3B518B", "#2A788E", "#1C9C7C", "#D08A00", "#A84A00")
#: Small numbers keep their digits.
NUMBER, SMALL = "0.000000", "[>=0.001]0.000000;[<=-0.001]-0.000000;0.000E+00"


class Styles:
    """The looks of cells, each made once for a workbook: `styles(ink, number)` is that of a number."""

    def __init__(self, book):
        self._book, self._made = book, {}
        self.title = self._look(bold=True, font_size=16, font_color="#1F2328", valign="vcenter")
        self.note = self._look(font_color=QUIET)
        self.words = self._look(font_color="#1F2328")
        self.wrong = self._look(font_color="#9B1C1C", bg_color="#FBDADA", bold=True)

    def __call__(self, ink, number):
        return self._look(font_color=INK[ink], num_format=number)

    def label(self, ink):
        """A name above a cell to change."""
        return self._look(font_color=INK[ink], bold=True, align="right", font_size=9, valign="bottom")

    def given(self, ink):
        """A cell to change."""
        return self._look(font_color=INK[ink], bg_color=GROUND[ink], border=1, border_color=INK[ink])

    def group(self, ink, first=False):
        """Words above columns that belong together, with a gap before the first of them."""
        gap = {"left": 2, "left_color": "#FFFFFF"} if first else {}
        white = {"font_color": "#FFFFFF", "bold": True, "font_size": 9, "valign": "vcenter"}
        return self._look(bg_color=INK[ink], **white, **gap)

    def spelled(self, ink):
        """A formula in names, above its column."""
        small = {"font_size": 8, "text_wrap": True, "align": "right", "valign": "bottom"}
        return self._look(font_color=INK[ink], bg_color=GROUND[ink], **small)

    def heading(self, ink):
        line = {"bottom": 1, "bottom_color": INK[ink]}
        return self._look(font_color=INK[ink], bg_color=GROUND[ink], bold=True, align="right", **line)

    def verdict(self):
        return self._look(font_color=INK["update"], bold=True, align="right")

    def _look(self, **properties):
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": "Calibri", "font_size": 10, **properties})
        return self._made[key]


def finite(value):
    """A value as a cell can keep it."""
    return float(value) if np.isfinite(value) else "#NUM!"


def page(sheet, first, last, across=1):
    """Print it on as many pages as this beside each other, with the rows `first` to `last` on each."""
    sheet.hide_gridlines(2)
    sheet.set_row(0, 26)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.set_margins(0.4, 0.4, 0.4, 0.4)
    sheet.fit_to_pages(across, 0)
    sheet.repeat_rows(first, last)
    sheet.repeat_columns(0)


def numbers_only(sheet, line, column, name, above_zero=False):
    """Let a cell refuse a text, as 0,5 is where a point is written."""
    allowed = {"criteria": "between", "minimum": -1e6, "maximum": 1e6}
    told = (
        f"{name} takes a number{' above 0' if above_zero else ''}, with the decimal sign of your spreadsheet."
    )
    rule = {"criteria": ">", "value": 0} if above_zero else allowed
    asked = {"validate": "decimal", "error_title": "A number", "error_message": told}
    sheet.data_validation(line, column, line, column, {**asked, **rule})


def chart(book, title, curves, steps, logarithmic=False):
    """A chart of errors over the steps.

    curves : (sheet, first row, column, colour, name), the steps being in the sheet's first column
    """
    made = book.add_chart({"type": "scatter", "subtype": "straight"})
    for sheet, top, column, colour, name in curves:
        made.add_series(
            {
                "name": name,
                "categories": [sheet, top, 0, top + steps, 0],
                "values": [sheet, top, column, top + steps, column],
                "line": {"color": colour, "width": 2},
                "marker": {"type": "none"},
            }
        )
    quiet, line = {"color": QUIET, "size": 9, "bold": False}, {"color": RULE, "width": 0.75}
    made.set_title({"name": title, "name_font": {"size": 10, "color": INK["plain"]}, "overlay": False})
    made.set_x_axis(
        {
            "num_font": quiet,
            "min": 0,
            "max": steps,
            "line": line,
            "major_gridlines": {"visible": False},
            "label_position": "low",
        }
    )
    scale = {"log_base": 10, "num_format": "0E+00"} if logarithmic else {"num_format": "0.000", "min": 0}
    grid = {"major_gridlines": {"visible": True, "line": line}, "line": {"none": True}}
    made.set_y_axis({"num_font": quiet, **grid, **scale})
    made.set_legend({"none": True} if len(curves) == 1 else {"position": "right", "font": quiet})
    made.set_chartarea({"border": {"none": True}})
    return made
