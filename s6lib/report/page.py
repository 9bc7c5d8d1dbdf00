"""How a report, a comparison and a reading show themselves: as HTML in a notebook, as text in a terminal.

All colours are the page's own, or lie upon them half transparent: light and dark need no second sheet.
"""

from __future__ import annotations

import base64
import math
import struct
import textwrap
import zlib
from html import escape

import numpy as np

#: As many letters as a line has in a terminal, and on a page.
WIDTH = 72
_BLUE = "0,114,178"  # what a network says is blue in the whole book

_STYLE = """
.s6-report{color:inherit;font-size:.9375em;line-height:1.35;max-width:100%;text-align:left}
.s6-report p{margin:.2em 0 .6em}
.s6-report .most{font-size:2.1em;font-weight:600;line-height:1.15;margin:0}
.s6-report .quiet{opacity:.75}
.s6-report .parts{display:flex;flex-wrap:wrap;gap:1.4em 2.4em;align-items:flex-start}
.s6-report .parts>*{min-width:0;max-width:100%}
.s6-report .scroll{overflow:auto;max-width:100%;max-height:26em}
.s6-report.s6-report table{border-collapse:collapse;border:0;margin:0;width:auto;font-size:inherit;
background:none;color:inherit;font-variant-numeric:lining-nums tabular-nums;display:table}
.s6-report.s6-report caption{caption-side:top;text-align:left;color:inherit;font-weight:600;padding:0 0 .3em;
font-size:inherit;white-space:normal}
.s6-report.s6-report.s6-report tr{background:none;border:0}
.s6-report.s6-report.s6-report :is(th,td){padding:.14em .5em;border:0;text-align:right;color:inherit;
font-weight:inherit;white-space:nowrap;vertical-align:middle;line-height:1.3;max-width:none}
.s6-report.s6-report.s6-report thead th{border-bottom:1px solid rgba(128,128,128,.5);font-weight:600}
.s6-report.s6-report.s6-report :is(th,td):is(:first-child,.word){text-align:left}
.s6-report.s6-report.s6-report .cells :is(th,td){padding:.14em 0;min-width:2.1em;text-align:center}
.s6-report.s6-report.s6-report .cells td{border:1px solid rgba(128,128,128,.3)}
.s6-report .line{position:relative;display:inline-block;width:min(7.5em,14vw);height:1em;
vertical-align:middle;
background:linear-gradient(rgba(128,128,128,.35),rgba(128,128,128,.35)) 0 50%/100% 1px no-repeat}
.s6-report .line>i{position:absolute;top:.32em;height:.36em;background:rgba(BLUE,.65);
print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}
.s6-report .line>b{position:absolute;top:.2em;width:.6em;height:.6em;margin-left:-.3em;border-radius:50%;
background:rgb(BLUE);print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}
.s6-report .line>u{position:absolute;top:0;height:1em;width:0;border-left:2px solid currentColor}
.s6-report .ink{display:block;background:currentColor;print-color-adjust:exact;
-webkit-print-color-adjust:exact;forced-color-adjust:none}
.s6-report .frame{display:inline-block;border:1px solid rgba(128,128,128,.6)}
.s6-report .pictures{display:grid;grid-template-columns:repeat(4,max-content);gap:.7em 1em}
.s6-report .pictures div{text-align:center;line-height:1.25;font-size:.9em}
""".replace("BLUE", _BLUE)


def styled(content: str) -> str:
    """HTML in the look of a report, wherever it stands."""
    return f'<div class="s6-report"><style>{_STYLE}</style>{content}</div>'


def picture(image: np.ndarray, said: str, side: int = 56) -> str:
    """An image uint8 (28, 28), its ink in the colour of the text around it."""
    mask = f"url(data:image/png;base64,{base64.b64encode(_png(image)).decode()}) 0 0/100% 100% no-repeat"
    return (
        f'<span class="frame"><span class="ink" role="img" aria-label="{escape(said)}" style="width:{side}px;'
        f'height:{side}px;-webkit-mask:{mask};mask:{mask};image-rendering:pixelated"></span></span>'
    )


def bar(share: float) -> str:
    """A share, 0 to 1, as a bar."""
    return f'<span class="line"><i style="left:0;width:{100 * share:.1f}%"></i></span>'


def _dot(share, low, high, start=0.0, tick=None):
    """A share as a dot in its interval, on a line from `start` to 1; a tick where it should be."""

    def place(value):
        return 100 * (min(max(value, start), 1) - start) / (1 - start)

    marks = f'<i style="left:{place(low):.1f}%;width:{place(high) - place(low):.1f}%"></i>'
    if tick is not None:
        marks += f'<u style="left:{place(tick):.1f}%"></u>'
    if not math.isnan(share):
        marks += f'<b style="left:{place(share):.1f}%"></b>'
    return f'<span class="line">{marks}</span>'


def _png(image):
    """An image as a file of PNG that has nothing but its ink: black, transparent where there is none."""

    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    height, width = image.shape
    pixels = np.zeros((height, width, 2), dtype=np.uint8)  # grey and alpha
    pixels[..., 1] = image
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # each without a filter
    head = struct.pack(">IIBBBBB", width, height, 8, 4, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def percent(share: float, total: int) -> str:
    """A share of `total` as people write it, with the digits that so many can have."""
    if math.isnan(share):
        return "–"
    return f"{100 * share:.{places(total)}f}\u00a0%"


def places(total: int) -> int:
    """Digits after the point of a percentage of `total`: one image of it can be seen, and no less."""
    return max(0, math.ceil(math.log10(max(total, 1))) - 2)


def _table(caption, head, rows, kind=""):
    """HTML of a table: each row a list of cells, the first of them its head."""
    top = "".join(f'<th scope="col">{each}</th>' for each in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(each if str(each).startswith("<td") else f"<td>{each}</td>" for each in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="{kind}"><caption>{caption}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


# A report ---------------------------------------------------------------------------------------


def report_html(report) -> str:
    """HTML of a `Report`: its accuracy, and all of its parts."""
    low, high = report.interval
    said = "".join(f'<p class="quiet">{escape(each)}</p>' for each in report.notes)
    return styled(
        f'<p class="most">{percent(report.accuracy, report.total)}</p>'
        f"<p>{escape(report.name)} reads {report.correct:,} of {report.total:,} {report.held_out} images of "
        f"{escape(report.data)}; of all such digits plausibly {percent(low, report.total)} to "
        f"{percent(high, report.total)} ({100 * report.confidence:g}&nbsp;%).</p>{said}"
        f'<div class="parts">{_confusion(report)}{_per_digit(report)}{_hardest(report)}'
        f"{_calibration(report)}{_layers(report)}</div>"
    )


def _confusion(report):
    errors = report.confusion - np.diag(report.confusion.diagonal())
    most = max(errors.max(), 1)

    def cell(row, column):
        count = report.confusion[row, column]
        if row == column:
            return f'<td class="quiet">{count:,}</td>'
        shade = f' style="background:rgba({_BLUE},{0.12 + 0.38 * count / most:.2f})"' if count else ""
        return f"<td{shade}>{count or ''}</td>"

    rows = [[digit, *(cell(digit, read) for read in range(10))] for digit in range(10)]
    return _table("Written (row) and read (column)", ["", *range(10)], rows, "cells")


def _per_digit(report):
    table = report.per_digit
    start = min(math.floor(20 * table[["low", "precision low"]].min(axis=None)) / 20, 0.95)

    def cells(row, share, low, high):
        line = _dot(row[share], row[low], row[high], start)
        return f"{percent(row[share], 1000)}", f"<td>{line}</td>"

    rows = [
        [
            digit,
            f"{row['images']:,.0f}",
            *cells(row, "accuracy", "low", "high"),
            f"{row['read']:,.0f}",
            *cells(row, "precision", "precision low", "precision high"),
        ]
        for digit, row in table.iterrows()
    ]
    ends = f"{100 * start:.0f} to 100&nbsp;%"
    head = ["digit", "written", "are read", ends, "read", "are right", ends]
    return _table("Of those written, how many are read; of those read, how many are right", head, rows)


def _hardest(report, count=12):
    if report.images is None:
        return ""
    table = report.hardest(count)
    pictures = "".join(
        f"<div>{picture(report.images[row.iloc[0]], f'Image {row.iloc[0]:.0f}, labelled {row.label:.0f}')}"
        f"<br>{row['label']:.0f}, read {row['read as']:.0f}<br>{row['probability of that']:.0%} sure</div>"
        for _, row in table.astype({table.columns[0]: int, "label": int}).astype(object).iterrows()
    )
    return f'<div><p><b>The hardest images</b></p><div class="pictures">{pictures}</div></div>'


def _calibration(report):
    rows = [
        [
            f"{100 * row['from']:.0f} to {100 * row['to']:.0f}&nbsp;%",
            f"{row['images']:,.0f}",
            percent(row["confidence"], 1000),
            percent(row["accuracy"], 1000),
            f"<td>{_dot(row['accuracy'], row['low'], row['high'], tick=row['confidence'])}</td>",
        ]
        for _, row in report.calibration.iterrows()
    ]
    error = f"{100 * report.calibration_error:.1f}"
    caption = f"Says and is right: {error} points apart on average"
    return _table(caption, ["it is sure by", "images", "says", "is right", "0 to 100&nbsp;%"], rows)


def _layers(report):
    table = report.layers
    if table.empty:
        return ""
    work = _numbers(table["multiplications"])
    most, parameters = max(np.nansum(work), 1.0), max(report.parameters, 1)
    rows = [
        [
            escape(str(layer)),
            " × ".join(map(str, output)) if output else "",
            f"{count:,}",
            bar(count / parameters),
            "not known" if math.isnan(products) else f"{products:,.0f}",
            bar(np.nan_to_num(products) / most),
        ]
        for layer, output, count, products in zip(table["layer"], table["output"], table["parameters"], work)
        if count or products  # a NaN as well
    ]
    return _table(_cost(report), ["layer", "output", "parameters", "", "products", ""], rows)


def _cost(report):
    """Parameters and products of the whole network, as far as they are known."""
    work = _numbers(report.layers["multiplications"])
    known, least = np.nansum(work), "at least " * bool(np.isnan(work).any())
    products = f"{least}{known:,.0f} products an image" if known or not least else "products not known"
    return f"{report.parameters:,} parameters, {products}"


def _times(count):
    return "once" if count == 1 else f"{count:,} times"


def _numbers(column):
    """A column as floats, NaN where something is missing."""
    return column.astype("Float64").to_numpy(float, na_value=math.nan)


def report_text(report) -> str:
    """Lines of a `Report` for a terminal."""
    low, high = (percent(each, report.total) for each in report.interval)
    errors = report.confusion - np.diag(report.confusion.diagonal())
    written, read = np.unravel_index(errors.argmax(), errors.shape)
    worst = report.per_digit["accuracy"].idxmin()
    lines = {
        "accuracy": f"{percent(report.accuracy, report.total)}: {report.correct:,} of {report.total:,}, "
        f"plausibly {low} to {high}",
        "by digit": f"fewest of {worst}: {percent(report.per_digit.loc[worst, 'accuracy'], 1000)} of "
        f"{report.per_digit.loc[worst, 'images']:,} are read",
        "confused": f"most often {written} read as {read}, {_times(errors.max())}"
        if errors.any()
        else "nothing",
        "calibration": f"says and is right: {100 * report.calibration_error:.1f} points apart on average",
    }
    if len(report.layers):
        lines["network"] = _cost(report)
    told = [f"{report.name} on {report.total:,} {report.held_out} images of {report.data}"]
    told += [f"  {name:12} {text}" for name, text in lines.items()]
    told += textwrap.wrap("; ".join(report.notes), WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join([*told, "  .confusion .per_digit .hardest(12) .calibration .layers have more"])


# A comparison -----------------------------------------------------------------------------------


def comparison_html(comparison) -> str:
    """HTML of a `Comparison`: its sentence, what was compared, and each difference with its interval."""
    of = comparison.total
    rows = [
        [escape(name), f"{row['runs']:.0f}", percent(row["accuracy"], 10 * of), points(row["spread"], of)]
        for name, row in comparison.compared.iterrows()
    ]
    first = _table("Compared", ["", "runs", "read", "spread, in points"], rows)
    rows = [
        [
            escape(name),
            *(_amount(comparison, row[each]) for each in (comparison.by, "from", "to")),
            f'<td class="word">{escape(row["compared"])}</td>',
            f'<td class="word">{("clear" if row["clear"] else "not clear")}</td>',
        ]
        for name, row in comparison.table.iterrows()
    ]
    against = f"Against {escape(comparison.baseline)}, {escape(comparison.unit)}"
    second = _table(against, ["", comparison.by, "from", "to", "", ""], rows)
    said = "".join(f'<p class="quiet">{escape(each)}</p>' for each in comparison.notes)
    return styled(f'<p>{escape(comparison.sentence)}</p>{said}<div class="parts">{first}{second}</div>')


def points(value: float, total: int) -> str:
    """A difference of two shares of `total`, or a mean of such, in percentage points."""
    return "–" if math.isnan(value) else f"{100 * value:.{places(10 * total)}f}"


def _amount(comparison, value):
    if math.isnan(value):
        return "–"
    if comparison.by == "ratio":
        return f"{value:.3g}"
    return f"{100 * value:+.{places(10 * comparison.total)}f}".replace("-", "−")


def comparison_text(comparison) -> str:
    """Lines of a `Comparison` for a terminal."""
    lines = textwrap.wrap(comparison.sentence, WIDTH)
    for name, row in comparison.table.iterrows():
        ends = [_amount(comparison, row[each]) for each in (comparison.by, "from", "to")]
        lines.append(f"  {name}: {ends[0]}, {ends[1]} to {ends[2]} ({row['compared']})")
    lines += [line for note in comparison.notes for line in textwrap.wrap(note, WIDTH)]
    return "\n".join(lines)
