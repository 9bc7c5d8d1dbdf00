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

from s6lib.words import number, plural, shown, t

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
.s6-report.s6-report.s6-report th,.s6-report.s6-report.s6-report td{
padding:.14em .5em;border:0;text-align:right;color:inherit;
font-weight:inherit;white-space:nowrap;vertical-align:middle;line-height:1.3;max-width:none}
.s6-report.s6-report.s6-report thead th{border-bottom:1px solid rgba(128,128,128,.5);font-weight:600}
.s6-report.s6-report.s6-report th:first-child,.s6-report.s6-report.s6-report td:first-child,
.s6-report.s6-report.s6-report .word{text-align:left}
.s6-report.s6-report.s6-report .cells th,.s6-report.s6-report.s6-report .cells td{
padding:.14em 0;min-width:2.1em;text-align:center}
.s6-report.s6-report.s6-report .cells td{border:1px solid rgba(128,128,128,.3);
print-color-adjust:exact;-webkit-print-color-adjust:exact}
.s6-report .line{position:relative;display:inline-block;width:min(7.5em,14vw);height:1em;
vertical-align:middle;
background:linear-gradient(rgba(128,128,128,.35),rgba(128,128,128,.35)) 0 50%/100% 1px no-repeat}
.s6-report .line>i{position:absolute;top:.32em;height:.36em;background:rgba(BLUE,.65);
print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}
.s6-report .line>b{position:absolute;top:.2em;width:.6em;height:.6em;margin-left:-.3em;border-radius:50%;
background:rgb(BLUE);print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}
.s6-report .line>u{position:absolute;top:0;height:1em;width:0;border-left:2px solid currentColor}
.s6-report .ink{display:block}
@supports (mask:none) or (-webkit-mask:none){.s6-report .ink{background:currentColor;
print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}}
.s6-report .frame{display:inline-block;border:1px solid rgba(128,128,128,.6)}
.s6-report .pictures{display:grid;grid-template-columns:repeat(4,max-content);gap:.7em 1em}
.s6-report .pictures div{text-align:center;line-height:1.25;font-size:.9em}
@media print{.s6-report .scroll{overflow:visible;max-height:none}.s6-report .parts>*,
.s6-report .pictures>*{break-inside:avoid}}
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
    return f"{number(100 * share, f'.{places(total)}f')}\u00a0%"


def places(total: int) -> int:
    """Digits after the point of a percentage of `total`: one image of it can be seen, and no less."""
    return max(0, math.ceil(math.log10(max(total, 1))) - 2)


def points(value: float, total: int) -> str:
    """A difference of two shares of `total`, or a mean of such, in percentage points."""
    return "–" if math.isnan(value) else number(100 * value, f".{places(10 * total)}f")


def span(low: str, high: str) -> str:
    """From the one to the other; one alone where both are written alike."""
    return low if low == high else t("{low} to {high}", low=low, high=high)


def images(total: int, held_out: str, data: str) -> str:
    """So many images of a test, a label. `data` is what they are of, "" if nobody says."""
    said = {"images": number(total, ","), "data": shown(data)}
    if held_out == "test" and data:
        return plural(total, "{images} test image of {data}", "{images} test images of {data}", **said)
    if held_out == "test":
        return plural(total, "{images} test image", "{images} test images", **said)
    if data:
        return plural(
            total, "{images} validation image of {data}", "{images} validation images of {data}", **said
        )
    return plural(total, "{images} validation image", "{images} validation images", **said)


def kind(compared: str) -> str:
    """How two were compared, as the reader reads it."""
    return {
        "seed by seed": t("seed by seed"),
        "two groups": t("two groups"),
        "one more run": t("one more run"),
        "one run each": t("one run each"),
        "image by image": t("image by image"),
    }[compared]


def _table(caption, head, rows, kind=""):
    """HTML of a table: texts as its caption and heads, each row a list of cells in HTML, its head first."""
    top = "".join(f'<th scope="col">{escape(str(each))}</th>' for each in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(each if str(each).startswith("<td") else f"<td>{each}</td>" for each in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


# A report ---------------------------------------------------------------------------------------


def report_html(report) -> str:
    """HTML of a `Report`: its accuracy, and all of its parts."""
    said = "".join(f'<p class="quiet">{escape(each)}</p>' for each in report.notes)
    return styled(
        f'<p class="most">{percent(report.accuracy, report.total)}</p><p>{escape(_reads(report))}</p>{said}'
        f'<div class="parts">{_confusion(report)}{_per_digit(report)}{_hardest(report)}'
        f"{_calibration(report)}{_layers(report)}</div>"
    )


def _reads(report):
    """How many images it reads, and plausibly of all such."""
    low, high = (percent(each, report.total) for each in report.interval)
    said = {
        "name": report.name,
        "correct": number(report.correct, ","),
        "total": number(report.total, ","),
        "data": shown(report.data),
        "low": low,
        "high": high,
        "sure": number(100 * report.confidence, "g"),
    }
    if report.held_out == "test":
        return plural(
            report.total,
            "{name} reads {correct} of {total} test image of {data}; of all such digits plausibly {low} to "
            "{high} ({sure}\u00a0%).",
            "{name} reads {correct} of {total} test images of {data}; of all such digits plausibly {low} to "
            "{high} ({sure}\u00a0%).",
            **said,
        )
    return plural(
        report.total,
        "{name} reads {correct} of {total} validation image of {data}; of all such digits plausibly {low} to "
        "{high} ({sure}\u00a0%).",
        "{name} reads {correct} of {total} validation images of {data}; of all such digits plausibly {low} "
        "to {high} ({sure}\u00a0%).",
        **said,
    )


def _confusion(report):
    errors = report.confusion - np.diag(report.confusion.diagonal())
    most = max(errors.max(), 1)

    def cell(row, column):
        count = report.confusion[row, column]
        if row == column:
            return f'<td class="quiet">{number(count, ",")}</td>'
        shade = f' style="background:rgba({_BLUE},{0.12 + 0.38 * count / most:.2f})"' if count else ""
        return f"<td{shade}>{number(count, ',') if count else ''}</td>"

    rows = [[digit, *(cell(digit, read) for read in range(10))] for digit in range(10)]
    return _table(t("Written (row) and read (column)"), ["", *range(10)], rows, "cells")


def _per_digit(report):
    table = report.per_digit
    start = min(math.floor(20 * table[["low", "precision low"]].min(axis=None)) / 20, 0.95)

    def cells(row, share, low, high):
        line = _dot(row[share], row[low], row[high], start)
        return percent(row[share], 1000), f"<td>{line}</td>"

    rows = [
        [
            digit,
            number(row["images"], ",.0f"),
            *cells(row, "accuracy", "low", "high"),
            number(row["read"], ",.0f"),
            *cells(row, "precision", "precision low", "precision high"),
        ]
        for digit, row in table.iterrows()
    ]
    ends = _range(start, 1)
    head = [t("digit"), t("written"), t("are read"), ends, t("read"), t("are right"), ends]
    return _table(t("Of those written, how many are read; of those read, how many are right"), head, rows)


def _hardest(report, count=12):
    if report.images is None:
        return ""
    table = report.hardest(count)
    pictures = "".join(
        _one_image(report.images[at], at, label, read, sure)
        for at, label, read, sure, _ in table.itertuples(index=False)
    )
    return f'<div><p><b>{escape(t("The hardest images"))}</b></p><div class="pictures">{pictures}</div></div>'


def _one_image(image, at, label, read, sure):
    return (
        f"<div>{picture(image, t('Image {at}, labelled {label}', at=at, label=label))}<br>"
        f"{escape(t('{label}, read {digit}', label=label, digit=read))}<br>"
        f"{escape(t('{share} sure', share=number(sure, '.0%')))}</div>"
    )


def _range(low, high):
    """From one share to another, as the head of a column or a row has it."""
    return span(f"{100 * low:.0f}", f"{100 * high:.0f}\u00a0%")


def _calibration(report):
    rows = [
        [
            _range(row["from"], row["to"]),
            number(row["images"], ",.0f"),
            percent(row["confidence"], 1000),
            percent(row["accuracy"], 1000),
            f"<td>{_dot(row['accuracy'], row['low'], row['high'], tick=row['confidence'])}</td>",
        ]
        for _, row in report.calibration.iterrows()
    ]
    head = [t("it is sure by"), t("images"), t("says"), t("is right"), _range(0, 1)]
    return _table(_calibrated(report), head, rows)


def _calibrated(report):
    error = number(100 * report.calibration_error, ".1f")
    return t("Says and is right: {error} points apart on average", error=error)


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
            number(count, ","),
            bar(count / parameters),
            escape(t("not known")) if math.isnan(products) else number(products, ",.0f"),
            bar(np.nan_to_num(products) / most),
        ]
        for layer, output, count, products in zip(table["layer"], table["output"], table["parameters"], work)
        if count or products  # a NaN as well
    ]
    return _table(_cost(report), [t("layer"), t("output"), t("parameters"), "", t("products"), ""], rows)


def _cost(report):
    """Parameters and products of the whole network, as far as they are known."""
    work = _numbers(report.layers["multiplications"])
    known, least, count = np.nansum(work), bool(np.isnan(work).any()), report.parameters
    said = {"parameters": number(count, ","), "products": number(known, ",.0f")}
    if least and not known:
        return plural(
            count,
            "{parameters} parameter, products not known",
            "{parameters} parameters, products not known",
            **said,
        )
    if least:
        return plural(
            count,
            "{parameters} parameter, at least {products} products an image",
            "{parameters} parameters, at least {products} products an image",
            **said,
        )
    return plural(
        count,
        "{parameters} parameter, {products} products an image",
        "{parameters} parameters, {products} products an image",
        **said,
    )


def _numbers(column):
    """A column as floats, NaN where something is missing."""
    return column.astype("Float64").to_numpy(float, na_value=math.nan)


def report_text(report) -> str:
    """Lines of a `Report` for a terminal."""
    worst = report.per_digit["accuracy"].idxmin()
    low, high = (percent(each, report.total) for each in report.interval)
    lines = {
        t("accuracy"): t(
            "{share}: {correct} of {total}, plausibly {low} to {high}",
            share=percent(report.accuracy, report.total),
            correct=number(report.correct, ","),
            total=number(report.total, ","),
            low=low,
            high=high,
        ),
        t("by digit"): t(
            "fewest of {digit}: {share} of {images} are read",
            digit=worst,
            share=percent(report.per_digit.loc[worst, "accuracy"], 1000),
            images=number(report.per_digit.loc[worst, "images"], ","),
        ),
        t("confused"): _confused(report),
        t("calibration"): _calibrated(report),
    }
    if len(report.layers):
        lines[t("network")] = _cost(report)
    wide = max(map(len, lines))
    told = [f"{report.name}: {images(report.total, report.held_out, report.data)}"]
    told += [f"  {name:{wide}}  {text}" for name, text in lines.items()]
    told += textwrap.wrap("; ".join(report.notes), WIDTH, initial_indent="  ", subsequent_indent="  ")
    parts = ".confusion .per_digit .hardest(12) .calibration .layers"
    return "\n".join([*told, "  " + t("{parts} have more", parts=parts)])


def _confused(report):
    """What is taken for what most often."""
    errors = report.confusion - np.diag(report.confusion.diagonal())
    if not errors.any():
        return t("nothing")
    written, read = np.unravel_index(errors.argmax(), errors.shape)
    return plural(
        int(errors.max()),
        "most often {written} read as {read}, once",
        "most often {written} read as {read}, {times} times",
        written=written,
        read=read,
        times=number(errors.max(), ","),
    )


# A comparison -----------------------------------------------------------------------------------


def comparison_html(comparison) -> str:
    """HTML of a `Comparison`: its sentence, what was compared, and each difference with its interval."""
    of = comparison.total
    rows = [
        [
            escape(name),
            number(row["runs"], ".0f"),
            percent(row["accuracy"], 10 * of),
            points(row["spread"], of),
        ]
        for name, row in comparison.compared.iterrows()
    ]
    first = _table(t("Compared"), ["", t("runs"), t("read"), t("spread, in points")], rows)
    rows = [
        [
            escape(name),
            *(_amount(comparison, row[each]) for each in (comparison.by, "from", "to")),
            f'<td class="word">{escape(kind(row["compared"]))}</td>',
            f'<td class="word">{escape(t("clear") if row["clear"] else t("not clear"))}</td>',
        ]
        for name, row in comparison.table.iterrows()
    ]
    against = t("Against {base}, {unit}", base=comparison.baseline, unit=comparison.unit)
    by = t("difference") if comparison.by == "difference" else t("ratio")
    second = _table(against, ["", by, t("from"), t("to"), "", ""], rows)
    said = "".join(f'<p class="quiet">{escape(each)}</p>' for each in comparison.notes)
    return styled(f'<p>{escape(comparison.sentence)}</p>{said}<div class="parts">{first}{second}</div>')


def _amount(comparison, value):
    if math.isnan(value):
        return "–"
    if comparison.by == "ratio":
        return number(value, ".3g")
    return number(100 * value, f"+.{places(10 * comparison.total)}f").replace("-", "−")


def comparison_text(comparison) -> str:
    """Lines of a `Comparison` for a terminal."""
    lines = textwrap.wrap(comparison.sentence, WIDTH)
    for name, row in comparison.table.iterrows():
        value, *ends = (_amount(comparison, row[each]) for each in (comparison.by, "from", "to"))
        lines.append(f"  {name}: {value}, {span(*ends)} ({kind(row['compared'])})")
    lines += [line for note in comparison.notes for line in textwrap.wrap(note, WIDTH)]
    return "\n".join(lines)
