"""Where in a book of cells the tables of the network stand, found by their headings.

::

    for table in tables.find(book):
        table.columns                        # {"w1": Column(...), ..., "dE_dw8": Column(...)}
        table.place("dE_dw3", 0)             # ("Sheet1", 33, 26): its first cell

A heading is read in whatever usual spelling: `quantity("δE_tot/δw1")` is "dE_dw1". One row is one step; a
table that lies on its side, one column a step, is found as well.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from s6lib.words import t
from s6lib.worksheet import cells, formulas, trials

#: What is given, not computed.
GIVEN, WEIGHTS = trials.GIVEN, trials.WEIGHTS
#: All that a column may hold.
KNOWN = {*GIVEN, *WEIGHTS, *trials.FORMULAS}
GRADIENT = tuple(f"dE_dw{k}" for k in range(1, 9))
#: Headings that make a table, at least; and rows, at most.
FEWEST, LONGEST = 5, 20_000
#: Letters of a heading, and tables in a file, at most.
WIDEST, MOST = 60, 100

LETTERS = {
    "∂": "d",
    "∇": "d",
    "δ": "d",
    "ð": "d",
    "Δ": "d",
    "∆": "d",
    "η": "eta",
    "ƞ": "eta",
    "ɳ": "eta",
    "ŋ": "eta",
    "ή": "eta",
    "α": "alpha",
    "σ": "sigma",
    "Σ": "sum",
    "ŷ": "yhat",
    "′": "'",
    "’": "'",
    "⁺": "+",
}
LOSS = r"(?:total)?(?:e|l|j|c|err|error|loss|cost|mse)(?:s|total|tot|t|sum)?"
ACTIVE = r"(?:a|act|activ|activation|activated|out|output|sig|sigma|sigmoid|sigmoidof|f)"
SUM = r"(?:net|netinput|z|in|input|sum|raw|pre|weightedsum)"
LAYERS = {"h": r"(?:h|hidden|hid)", "o": r"(?:o|output|0)"}
NEURONS = [
    pattern
    for layer, letter in LAYERS.items()
    for pattern in (
        (
            re.compile(rf"{ACTIVE}(?:of)?{letter}([12])|{letter}{ACTIVE}([12])|{letter}([12]){ACTIVE}"),
            f"a_{layer}",
        ),
        (re.compile(rf"{SUM}(?:of)?{letter}([12])|{letter}{SUM}([12])|{letter}([12]){SUM}"), layer),
        (re.compile(rf"{letter}([12])"), f"plain {layer}"),
    )
]
SIMPLE = [
    (re.compile(r"(?:w|weight)([1-8])"), "w"),
    (re.compile(r"(?:i|x|in|inp|input)([12])"), "i"),
    (
        re.compile(
            r"(?:t|target|tgt|targ|desired|expected|truth|label)(?:of)?(?:o|out|output)?([12])|(?:o|out|output)?([12])target"
        ),
        "t",
    ),
    (re.compile(r"y([12])"), "y"),
    (re.compile(r"(?:yhat|pred|predicted|prediction|out)([12])"), "a_o"),
    (
        re.compile(
            r"(?:e|err|error|loss|l|mse)(?:of)?(?:o|out|output)?([12])|(?:o|out|output)([12])(?:err|error)"
        ),
        "E",
    ),
    (re.compile(r"(?:new|next|updated)w([1-8])|w([1-8])(?:new|next|updated|\+|')"), "new w"),
]
TOTAL = re.compile(
    r"(?:e|err|error|loss|l|j|cost|c)(?:s|total|tot|t|sum)?|(?:total|tot|sumof|sum)(?:e|err|error|errors|loss|cost)"
)
RATE = re.compile(
    r"(?:the)?(?:eta|lr|learningrate|learnrate|learningrateeta|learningratelr|etalearningrate|lrlearningrate|rate|alpha|stepsize|learningratealpha)"
)
GRADIENTS = [
    re.compile(rf"d?(?:{LOSS})/?(?:d|wrt|by)w([1-8])"),
    re.compile(rf"d?(?:{LOSS})/w([1-8])|d(?:{LOSS})w([1-8])"),
    re.compile(r"(?:d|delta|grad|gradient|slope|g)(?:of)?w([1-8])"),
    re.compile(r"w([1-8])(?:grad|gradient|slope)"),
]


class Column(NamedTuple):
    """Where one quantity stands: the sheet, its first cell and its heading."""

    sheet: str
    row: int
    column: int
    heading: str


class Table(NamedTuple):
    """A table of the network: `columns` by quantity, as many `rows` as it has steps, and where it begins."""

    sheet: str
    heading: tuple[int, int]
    columns: dict[str, Column]
    rows: int
    across: bool  #: it lies on its side: one column is one step
    area: tuple[int, int, int, int]  #: first row, first column, last row, last column

    def place(self, name: str, step: int) -> tuple[str, int, int]:
        """The cell of a quantity at a step: sheet, row, column."""
        first = self.columns[name]
        if self.across:
            return first.sheet, first.row, first.column + step
        return first.sheet, first.row + step, first.column


def normal(text: str) -> str:
    """A heading in small letters, without spaces, brackets and underscores, its Greek spelled out."""
    text = "".join(LETTERS.get(each, each) for each in text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(LETTERS.get(each, each) for each in text)
    text = re.sub(r"\\(?:partial|delta|Delta)\s*", "d", text)
    text = re.sub(r"\\(?:frac|text|mathrm|left|right)", "", text).replace("}{", "/")
    text = text.split("=")[0].split(":")[0].lower().replace("÷", "/")
    text = re.sub(r"\bpartial\b|\bder(?:ivative)?\b", "d", text)
    text = re.sub(r"\bw\.?r\.?t\.?\b", "/", text)
    return re.sub(r"[^a-z0-9/+']", "", text)


def quantity(text: str, plain: dict[str, str] | None = None) -> str | None:
    """The quantity that a heading names, or None. `plain`: what "h1" and "o1" alone mean in this table, the
    sum ("h", "o") or the activation ("a_h", "a_o")."""
    if not isinstance(text, str) or len(text) > WIDEST:
        return None
    if (name := _quantity(text, plain)) is None and "(" in text:
        name = _quantity(re.sub(r"\(.*?\)", "", text), plain)  # "E1 (error)"
    return name


def _quantity(text, plain):
    key = normal(text)
    plain = plain or {"h": "h", "o": "o"}
    if not key:
        return None
    for pattern, name in SIMPLE:
        if found := pattern.fullmatch(key):
            digit = next(filter(None, found.groups()))
            if name == "y":
                name = plain.get("y", "t")
            return f"w{digit}_new" if name == "new w" else f"{name}{digit}"
    if TOTAL.fullmatch(key):
        return "E_total"
    if RATE.fullmatch(key):
        return "rate"
    for pattern in GRADIENTS:
        if found := pattern.fullmatch(key):
            return f"dE_dw{next(filter(None, found.groups()))}"
    return neuron(key, plain) or _slope(key, plain)


def is_delta(text: str) -> bool:
    """Whether a heading is a delta alone, as Δw1, dw1 or δo1: that has more than one meaning."""
    return re.fullmatch(r"(?:d|delta)(?:of)?(?:w|[a-z]*[ho])[1-8]", normal(text)) is not None


def neuron(key: str, plain: dict[str, str]) -> str | None:
    """The quantity of a neuron: its sum or its activation."""
    for pattern, name in NEURONS:
        if found := pattern.fullmatch(key):
            name = plain[name[6:]] if name.startswith("plain") else name
            return name + next(filter(None, found.groups()))
    return None


def _slope(key, plain):
    """A slope along the way, as dE_da_o1, da_h1_dh1 or do1_dw5; "delta_o1" is dE_do1."""
    alone = re.fullmatch(r"(?:d|delta|grad)(?:of)?(.+)", key)
    if alone and (name := neuron(alone.group(1), plain)):
        return f"dE_d{name}"
    tops, bottom = key.partition("/")[::2] if "/" in key else ("", "")
    for cut in range(2, len(key) - 1):
        top, rest = (tops, bottom) if "/" in key else (key[:cut], key[cut:])
        top, rest = top.removeprefix("d"), rest.removeprefix("d")
        end = rest if re.fullmatch(r"w[1-8]", rest) else neuron(rest, plain)
        one = re.fullmatch(r"(?:e|err|error|loss|l)(?:o)?([12])", top)
        if one:
            begin = f"E{one.group(1)}"
        elif re.fullmatch(LOSS, top):
            begin = "E"
        else:
            begin = neuron(top, plain)
        if begin and end and begin == end and begin.startswith("a_"):
            end = end[2:]  # da_h1/dh1, where h1 alone is the activation
        if begin and end and ("/" in key or key[cut] == "d"):
            return f"d{begin}_d{end}"
        if "/" in key:
            break
    return None


def find(book: cells.Book) -> list[Table]:
    """All tables of a book, sheet by sheet, from the top."""
    found = []
    for name, sheet in book.sheets.items():
        upright = _in_sheet(name, sheet, False)
        taken = {place for table in upright for place in _cells(table)}
        on_side = [] if upright else _in_sheet(name, _turned(sheet), True)
        if len(found) + len(upright) + len(on_side) > MOST:
            raise cells.Unreadable(t("more than {0} tables", MOST))
        found += upright + [table for table in on_side if not taken & set(_cells(table))]
    return _joined(found)


def _cells(table):
    return [table.place(name, 0) for name in table.columns]


def _turned(sheet):
    """The sheet with its rows and columns exchanged."""
    turned = {(column, row): cell for (row, column), cell in sheet.cells.items()}
    return cells.Sheet(turned, tuple((b, a, d, c) for a, b, c, d in sheet.merged))


def _in_sheet(name, sheet, across):
    by_row = {}
    for (row, column), cell in sheet.cells.items():
        by_row.setdefault(row, {})[column] = cell
    spread = _spread(sheet)
    found, below = [], 0
    for row in sorted(by_row):
        if row <= below or sum(isinstance(cell.value, str) for cell in by_row[row].values()) < FEWEST:
            continue
        here = []
        for headings in _blocks(_headings(by_row, spread, row)):
            table = _table(name, by_row, row, headings, across)
            if table:
                here.append(table)
        if here:
            found += here
            below = row
    return found


def _spread(sheet):
    """What stands in each cell of a merged range: the text of its first."""
    spread = {}
    for top, left, bottom, right in sheet.merged:
        first = sheet.cells.get((top, left))
        if first is not None and (bottom - top + 1) * (right - left + 1) <= 1000:
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    spread[row, column] = first
    return spread


def _text(by_row, spread, row, column):
    cell = by_row.get(row, {}).get(column) or spread.get((row, column))
    return cell.value if cell is not None and isinstance(cell.value, str) and not cell.formula else None


def _headings(by_row, spread, row):
    """[(column, texts to try)] of a row: the text itself, with the one above it, and the one above alone
    where two rows are merged."""
    columns = set(by_row[row]) | {column for (at, column) in spread if at == row}
    result, above = [], None
    for column in sorted(columns):
        own = _text(by_row, spread, row, column)
        over = _text(by_row, spread, row - 1, column)
        above = over or above  # a word over the first of several columns stands for all of them
        if own:
            result.append((column, own, over, above))
    return result


def _plain(texts):
    """Whether "h1" and "o1" alone mean sums or activations: activations where sums are named too."""
    meant = {}
    for layer in "ho":
        names = {quantity(text, {"h": "plain h", "o": "plain o"}) for text in texts}
        sums = f"{layer}1" in names
        meant[layer] = f"a_{layer}" if sums and f"a_{layer}1" not in names else layer
    targets = any(quantity(text, {**meant, "y": "y"}) in ("t1", "t2") for text in texts)
    meant["y"] = "a_o" if targets else "t"
    return meant


def _blocks(headings):
    """The headings of a row as one {quantity: (column, text)} for each table: where a name comes again that
    is no weight, the next table begins."""
    plain = _plain([own for _, own, _, _ in headings])
    meant = [quantity(own, plain) for _, own, _, _ in headings]
    named = [
        (column, own, _in_words(name, own, (over, above), meant.count(name) > 1, plain))
        for name, (column, own, over, above) in zip(meant, headings)
    ]
    blocks, current = [], {}
    for at, (column, own, names) in enumerate(named):
        names = _known(names)
        free = [name for name in names if name not in current]
        if names and not free:
            later = {each[0] for _, _, every in named[at:] if (each := _known(every))}
            if len(later & set(current)) * 2 > len(current):  # most names come again: the next table
                blocks.append(current)
                current, free = {}, names
            elif (
                names[0] in WEIGHTS
                and f"{names[0]}_new" not in current
                and len(set(current) - set(WEIGHTS)) > 3
            ):
                free = [f"{names[0]}_new"]
        if free:
            current[free[0]] = (column, own)
    blocks.append(current)
    return [block for block in blocks if _is_table(block)]


def _known(names):
    return [name for name in names if name in KNOWN]


def _in_words(name, own, uppers, often, plain):
    """What a heading may mean, the likeliest first: by itself; where that is nothing, or stands there more
    than once, with the words above it."""
    both = [_combined(upper, own, plain) for upper in uppers if upper] if often or name is None else []
    both = [each for each in both if each and each != name]
    if name in WEIGHTS:
        return [*both, name]
    return ([] if name is None else [name]) + both


def _combined(upper, own, plain):
    for text in (upper + own, own + upper):
        name = quantity(text, plain)
        if name:
            return name
    key, name = normal(upper[:WIDEST]), quantity(own, plain)
    if name in WEIGHTS:
        if re.fullmatch(
            r"(?:.*(?:gradient|derivative|slope|partial|backprop).*|de(?:total|tot|t)?/?d?w?)s?", key
        ):
            return "dE_d" + name
        if re.search(r"new|updated|next|after", key):
            return name + "_new"
    return None


def _is_table(block):
    computed = [name for name in block if name not in GIVEN and name not in WEIGHTS]
    return len(block) >= FEWEST and len(computed) >= 3


def _table(name, by_row, row, headings, across):
    columns = [column for column, _ in headings.values()]
    start = row + 1
    while start <= row + 3 and not _is_data(by_row.get(start, {}), columns):
        start += 1
    rows = 0
    while rows < LONGEST and _is_data(by_row.get(start + rows, {}), columns, rows):
        rows += 1
    if not rows:
        return None
    found = {}
    for quantity_name, (column, text) in headings.items():
        place = (column, start) if across else (start, column)
        found[quantity_name] = Column(name, *place, text)
    heading = (min(columns), row) if across else (row, min(columns))
    area = (row, min(columns), start + rows - 1, max(columns))
    if across:
        area = (area[1], area[0], area[3], area[2])
    return Table(name, heading, found, rows, across, area)


def _is_data(cells_of_row, columns, begun=0):
    """Whether a row holds numbers or formulas under half of the headings; once begun, under a fifth."""
    filled = texts = 0
    for column in columns:
        cell = cells_of_row.get(column)
        if cell is None or (cell.value is None and not cell.formula):
            continue
        if cell.formula or cells.number(cell.value) is not None or cell.value in cells.ERRORS:
            filled += 1
        else:
            texts += 1
    return filled >= max(1, len(columns) * (0.2 if begun else 0.5)) and texts < filled


def _joined(found):
    """Halves of one table, which have as many steps and no heading in common, as one."""
    result = []
    for table in found:
        for at, other in enumerate(result):
            whole = set(WEIGHTS) <= set(table.columns) and set(WEIGHTS) <= set(other.columns)
            if (
                not whole
                and abs(table.rows - other.rows) <= 1
                and table.across == other.across
                and not (set(table.columns) & set(other.columns) - set(GIVEN))
            ):
                columns = {**table.columns, **other.columns}
                result[at] = other._replace(columns=columns, rows=max(table.rows, other.rows))
                break
        else:
            result.append(table)
    return result


def missing(table: Table, all_of: tuple[str, ...] = ()) -> list[str]:
    """The columns that a table lacks though it has others like them; and of `all_of` those that it lacks."""
    lacking = [name for name in all_of if name not in table.columns]
    for names in (WEIGHTS, GRADIENT, ("h1", "h2"), ("a_h1", "a_h2"), ("o1", "o2"), ("a_o1", "a_o2")):
        there = [name for name in names if name in table.columns]
        if there:
            lacking += [name for name in names if name not in table.columns and name not in lacking]
    return lacking


def labels(book: cells.Book, found: list[Table]) -> list[tuple[str, tuple[str, int, int] | None, float]]:
    """Numbers outside of tables that have a name left of them or above: (quantity, cell, number). The cell
    is None where name and number are one text."""
    inside = {}
    for table in found:
        inside.setdefault(table.sheet, []).append(table.area)
    result = []
    for name, sheet in book.sheets.items():
        areas = inside.get(name, [])
        for (row, column), cell in sheet.cells.items():
            text = cell.value
            if not isinstance(text, str) or len(text) > WIDEST or cell.formula or _within(areas, row, column):
                continue
            typed = re.fullmatch(r"(.*?)([\s=:–-]+)([\d.,]+(?:[eE][-+]?\d+)?)\s*", cell.value)
            value = cells.number(typed.group(3)) if typed else None
            if value is not None and (
                quantity(typed.group(1)) == "rate" or re.search("[=:]", typed.group(2))
            ):
                if (meant := quantity(typed.group(1))) in GIVEN:
                    result.append((meant, None, value))  # "LR = 0.5" in one cell
                continue
            meant = quantity(cell.value)
            if meant not in GIVEN and meant not in WEIGHTS:
                continue
            for at in ((row, column + 1), (row, column + 2), (row + 1, column)):
                value = sheet.cells.get(at)
                if value is None or _within(areas, *at):
                    continue
                if value.formula or cells.number(value.value) is not None:
                    result.append((meant, (name, *at), cells.number(value.value)))
                    break
                if at[1] == column + 1 and value.value not in ("=", ":"):
                    continue
    return result


def _within(areas, row, column):
    return any(top <= row <= bottom and left <= column <= right for top, left, bottom, right in areas)


def heading_of(table: Table) -> str:
    """The first cell of a table's heading, as A32."""
    return formulas.address(*table.heading)
