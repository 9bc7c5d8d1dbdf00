"""The arithmetic of spreadsheets, read and evaluated: a grammar of its own, and nothing else is carried out.

::

    tree = formulas.parse("=B33-$G$28*Z33", "Sheet1")
    formulas.evaluate(tree, lambda sheet, row, column: 0.5)

A tree is made of tuples `(kind, start, end, ...)`, where `start` and `end` say where the part stands in the
text."""

from __future__ import annotations

import functools
import math
import re

from s6lib.words import number, t

#: A longer formula is refused, as Excel does.
LONGEST = 8192
#: Brackets within brackets, and calls within calls, at most.
DEEPEST = 60
#: Cells in one range, at most.
WIDEST = 20_000

TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![A-Za-z_])
  | (?P<text>"(?:[^"]|"")*")
  | (?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?(?P<cell>\$?[A-Za-z]{1,3}\$?[0-9]{1,7})(?![\w(.])
  | (?P<name>(?:_xlfn\.|_xlws\.)?[^\W\d][\w.]*)
  | (?P<sign><=|>=|<>|[-+*/^%(),;:=<>&@−×])
    )""",
    re.VERBOSE,
)
CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)(\d{1,7})")


class FormulaError(ValueError):
    """A formula that is not judged, and why: `kind` is "external", "unknown", "circular", "value" or
    "syntax"."""

    def __init__(self, kind: str, says: str):
        super().__init__(says)
        self.kind = kind


def letters(column: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number_of(text: str) -> int:
    """The number of a column by its letters."""
    number = 0
    for each in text.upper():
        number = 26 * number + ord(each) - 64
    return number


def address(row: int, column: int, fixed: bool = False) -> str:
    """How a cell is written: B33, or $B$33."""
    return f"${letters(column)}${row}" if fixed else f"{letters(column)}{row}"


def tokens(text: str) -> list[tuple]:
    """The parts of a formula in order: (kind, start, end, text), without the leading =."""
    if len(text) > LONGEST:
        raise FormulaError(
            "syntax",
            t("a formula of {0} characters; read are {1}", number(len(text), ","), number(LONGEST, ",")),
        )
    if "[" in text:
        raise FormulaError("external", t("it refers to another file, or to a table by its name"))
    found, at = [], 1 if text.startswith("=") else 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if not match:
            raise FormulaError("syntax", t("{0} is not understood", repr(text[at : at + 12].strip())))
        kind = match.lastgroup
        start = match.start("sheet") if kind == "cell" and match.group("sheet") else match.start(kind)
        found.append((kind, start, match.end(), text[start : match.end()]))
        at = match.end()
    return found


def parse(text: str, sheet: str, names: dict | None = None) -> tuple:
    """The tree of a formula that stands in `sheet`. `names`: what defined names stand for, cells or
    numbers."""
    reader = _Reader(tokens(text), sheet, names or {})
    tree = reader.compare()
    if reader.at < len(reader.parts):
        raise FormulaError("syntax", t("{0} is not understood", repr(reader.parts[reader.at][3])))
    return tree


#: Texts and names of sheets, which stay, and places.
PLACES = re.compile(
    r"""("[^"]*"|'[^']*'!|[^\W\d][\w.]*[!(])|(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)(\d{1,7})(?![\w.(!])"""
)
#: How strongly signs bind what stands beside them.
STRENGTH = {
    "=": 1,
    "<": 1,
    ">": 1,
    "<=": 1,
    ">=": 1,
    "<>": 1,
    "+": 2,
    "-": 2,
    "−": 2,
    "*": 3,
    "×": 3,
    "/": 3,
    "^": 4,
}
ROUNDING = ("ROUND", "ROUNDUP", "ROUNDDOWN", "TRUNC")
#: What has one tree inside. "rounded" is what rounds to a typed number of decimals.
INSIDE = ("minus", "plus", "percent", "bracket", "rounded")
#: Signs that a word processor puts.
PLAIN = {"−": "-", "×": "*"}


class _Reader:
    """Signs by their strength, all from left to right; as in Excel, -2^2 is 4, and 2^3^2 is 64."""

    def __init__(self, parts, sheet, names):
        self.parts, self.sheet, self.names = parts, sheet, names
        self.at = self.depth = 0

    def peek(self):
        if self.at < len(self.parts):
            part = self.parts[self.at]
            return part[3] if part[0] == "sign" else None
        return None

    def kind(self):
        return self.parts[self.at][0] if self.at < len(self.parts) else None

    def compare(self, least=1):
        left = self.signed()
        while (strength := STRENGTH.get(self.peek(), 0)) >= least:
            _, start, end, sign = self.parts[self.at]
            self.at += 1
            right = self.compare(strength + 1)
            left = ("binary", left[1], right[2], PLAIN.get(sign, sign), left, right, start, end)
        return left

    def signed(self):
        sign = self.parts[self.at] if self.at < len(self.parts) else None
        if sign is not None and sign[0] == "sign" and sign[3] in ("-", "+", "−", "@"):
            self.at += 1
            self.deeper()
            inner = self.signed()
            self.depth -= 1
            inner = ("minus" if sign[3] in "-−" else "plus", sign[1], inner[2], inner)
        else:
            inner = self.single()
        while self.peek() == "%":
            inner = ("percent", inner[1], self.parts[self.at][2], inner)
            self.at += 1
        return inner

    def deeper(self):
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError("syntax", t("more than {0} brackets within brackets", DEEPEST))

    def single(self):
        if self.at >= len(self.parts):
            raise FormulaError("syntax", t("the formula breaks off"))
        kind, start, end, text = self.parts[self.at]
        self.at += 1
        if kind == "number":
            return ("number", start, end, float(text))
        if kind == "text":
            return ("text", start, end, text[1:-1].replace('""', '"'))
        if kind == "cell":
            return self.cell(start, end, text)
        if kind == "name":
            return self.call(start, text) if self.peek() == "(" else self.named(start, end, text)
        if text == "(":
            self.deeper()
            inner = self.compare()
            self.depth -= 1
            return ("bracket", start, self.closed(), inner)
        raise FormulaError("syntax", t("{0} is not understood", repr(text)))

    def closed(self):
        if self.peek() != ")":
            raise FormulaError("syntax", t("a bracket is not closed"))
        self.at += 1
        return self.parts[self.at - 1][2]

    def cell(self, start, end, text):
        sheet, _, place = text.rpartition("!")
        sheet = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
        tree = ("cell", start, end, sheet or self.sheet, *_place(place), bool(sheet))
        if self.peek() != ":":
            return tree
        self.at += 1
        if self.kind() != "cell":
            raise FormulaError("syntax", t("a range without its end"))
        _, _, end, other = self.parts[self.at]
        self.at += 1
        return ("range", start, end, tree, ("cell", end - len(other), end, tree[3], *_place(other), False))

    def call(self, start, text):
        name = text.upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
        self.at += 1
        self.deeper()
        parts = []
        if self.peek() != ")":
            parts.append(self.compare())
            while self.peek() in (",", ";"):
                self.at += 1
                parts.append(self.compare())
        self.depth -= 1
        end = self.closed()
        if name in ROUNDING and len(parts) == 2 and parts[1][0] == "number" and parts[1][3] >= 1:
            return ("rounded", start, end, parts[0])
        return ("call", start, end, name, parts)

    def named(self, start, end, text):
        if text.upper() in ("TRUE", "FALSE"):
            return ("number", start, end, float(text.upper() == "TRUE"))
        meant = self.names.get(text.lower())
        if meant is None:
            raise FormulaError("unknown", t("the name {0} is not known", text))
        if isinstance(meant, tuple):
            return ("cell", start, end, *meant, True, True, True)
        return ("number", start, end, float(meant))


@functools.lru_cache(maxsize=4096)
def _place(text):
    """(row, column, whether the row is fixed by $, whether the column is)."""
    fixed_column, column, fixed_row, row = CELL.fullmatch(text).groups()
    return int(row), number_of(column), bool(fixed_row), bool(fixed_column)


def parts_of(tree: tuple) -> list[tuple]:
    """The trees right below this one."""
    kind = tree[0]
    if kind == "binary":
        return [tree[4], tree[5]]
    if kind == "call":
        return list(tree[4])
    if kind in INSIDE:
        return [tree[3]]
    if kind == "range":
        return [tree[3], tree[4]]
    return []


def all_of(tree: tuple) -> list[tuple]:
    """This tree and everything below it."""
    found, waiting = [], [tree]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(reversed(parts_of(one)))
    return found


def cells_of(tree: tuple) -> list[tuple]:
    """Every cell that a formula names, in the order of its text: the trees of kind "cell"."""
    return sorted((one for one in all_of(tree) if one[0] == "cell"), key=lambda one: one[1])


def exchanged(tree: tuple, places: dict[int, tuple[str, int, int]]) -> tuple:
    """The tree with other cells at these positions of its text. (Where it says that things stand is as
    before.)"""
    kind = tree[0]
    if kind == "cell":
        return (*tree[:3], *places[tree[1]], *tree[6:]) if tree[1] in places else tree
    if kind == "binary":
        return (*tree[:4], exchanged(tree[4], places), exchanged(tree[5], places), *tree[6:])
    if kind == "call":
        return (*tree[:4], [exchanged(part, places) for part in tree[4]])
    if kind in INSIDE:
        return (*tree[:3], exchanged(tree[3], places))
    return tree


def without(tree: tuple, drop, left: int = DEEPEST) -> tuple:
    """The tree less those of its summands for which `drop(summand)` is true: 0 stands there. Of a sum without
    end, no more than the last ones are looked at."""

    def inner(part):
        return without(part, drop, left - 1)

    if not left:
        return tree
    if drop(tree):
        return ("number", *tree[1:3], 0.0)
    if tree[0] == "binary" and tree[3] in "+-":
        return (*tree[:4], inner(tree[4]), inner(tree[5]), *tree[6:])
    if tree[0] in ("plus", "bracket", "rounded"):
        return (*tree[:3], inner(tree[3]))
    if tree[0] == "call" and tree[3] == "SUM":
        return (*tree[:4], [inner(part) for part in tree[4]])
    return tree


def pattern(text: str, row: int, column: int) -> str:
    """What stays the same where a formula is copied: each place as seen from its own cell. No formula is
    read for it."""

    def seen(found):
        if found.group(1):
            return found.group(0)
        fixed_column, letter, fixed_row, number = found.groups()[1:]
        down = f"R{number}" if fixed_row else f"R[{int(number) - row}]"
        right = f"C{letter.upper()}" if fixed_column else f"C[{number_of(letter) - column}]"
        return down + right

    return PLACES.sub(seen, text).replace(" ", "").upper()


def evaluate(tree: tuple, look) -> float:
    """What a formula comes to; `look(sheet, row, column)` is the number in a cell.

    Raises FormulaError where it comes to no number.
    """
    try:
        result = _value(tree, look)
    except (ZeroDivisionError, OverflowError):
        raise FormulaError("value", t("it divides by zero, or grows beyond all numbers")) from None
    except RecursionError:
        raise FormulaError("circular", t("it refers to a cell, which refers to another, and so on")) from None
    if isinstance(result, (str, list, complex)) or not math.isfinite(result):
        raise FormulaError("value", t("it comes to no number"))
    return result


def _value(tree, look):
    kind = tree[0]
    if kind == "number":
        return tree[3]
    if kind == "cell":
        return look(tree[3], tree[4], tree[5])
    if kind == "binary":
        if tree[3] in ("=", "<>") and "text" in (tree[4][0], tree[5][0]):
            return _compared(tree, look)
        return _binary(tree[3], _number(tree[4], look), _number(tree[5], look))
    if kind == "minus":
        return -_number(tree[3], look)
    if kind in ("plus", "bracket", "rounded"):
        return _value(tree[3], look)  # whoever rounds means the number: it is judged as it was before
    if kind == "percent":
        return _number(tree[3], look) / 100
    if kind == "call":
        return _call(tree[3], tree[4], look)
    if kind == "range":
        return _range(tree, look)
    raise FormulaError("value", t("it holds text"))


def _compared(tree, look):
    """Whether a text is what stands beside it, as in IF(A5="", ...): a number is none."""
    texts = [part[3] for part in tree[4:6] if part[0] == "text"]
    for part in tree[4:6]:
        if part[0] != "text":
            _number(part, look)
    return float((len(texts) == 2 and texts[0].lower() == texts[1].lower()) == (tree[3] == "="))


def _number(tree, look):
    value = _value(tree, look)
    if isinstance(value, list):
        if len(value) != 1:
            raise FormulaError("value", t("a range stands where a number belongs"))
        value = value[0]
    return value


def _binary(sign, left, right):
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "/":
        return left / right
    if sign == "^":
        result = left**right
        if isinstance(result, complex):
            raise FormulaError("value", t("it takes the root of a negative number"))
        return result
    truths = {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
    }
    if sign not in truths:
        raise FormulaError("unknown", t("the sign {0} is not known", sign))
    return float(truths[sign])


def _range(tree, look):
    _, _, _, sheet, top, left, *_ = tree[3]
    _, _, _, _, bottom, right, *_ = tree[4]
    top, bottom, left, right = min(top, bottom), max(top, bottom), min(left, right), max(left, right)
    if (bottom - top + 1) * (right - left + 1) > WIDEST:
        raise FormulaError("value", t("a range of more than {0} cells", number(WIDEST, ",")))
    return [look(sheet, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


def _call(name, parts, look):
    if name == "IF" and len(parts) in (2, 3):
        chosen = 1 if _number(parts[0], look) else 2
        return _number(parts[chosen], look) if chosen < len(parts) else 0.0
    if name == "IFERROR" and len(parts) == 2:
        try:
            return _number(parts[0], look)
        except (FormulaError, ZeroDivisionError, OverflowError):
            return _number(parts[1], look)
    values = [_value(part, look) for part in parts]
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    if name == "SUMPRODUCT":
        lists = [value if isinstance(value, list) else [value] for value in values]
        if len({len(each) for each in lists}) != 1:
            raise FormulaError("value", t("SUMPRODUCT of ranges of different lengths"))
        return sum(math.prod(row) for row in zip(*lists))
    if name in MANY and flat:
        return MANY[name](flat)
    lengths, function = ALONE.get(name, ((), None))
    if function is None:
        raise FormulaError("unknown", t("the function {0} is not known here", name))
    if len(flat) not in lengths:
        raise FormulaError("syntax", t("{0} of {1} numbers", name, len(flat)))
    try:
        return function(*flat)
    except ValueError:
        raise FormulaError("value", t("{0} of a number that it does not take", name)) from None


def _round(value, digits=0.0):
    """Halves away from zero, as spreadsheets do."""
    scale = 10.0 ** int(digits)
    return math.copysign(math.floor(abs(value) * scale + 0.5) / scale, value)


MANY = {
    "SUM": sum,
    "PRODUCT": math.prod,
    "AVERAGE": lambda values: sum(values) / len(values),
    "SUMSQ": lambda values: sum(value * value for value in values),
    "MIN": min,
    "MAX": max,
}
ALONE = {
    "POWER": ((2,), lambda base, power: _binary("^", base, power)),
    "POW": ((2,), lambda base, power: _binary("^", base, power)),
    "EXP": ((1,), math.exp),
    "SQRT": ((1,), math.sqrt),
    "ABS": ((1,), abs),
    "LN": ((1,), math.log),
    "LOG": ((1, 2), lambda value, base=10.0: math.log(value, base)),
    "LOG10": ((1,), math.log10),
    "TANH": ((1,), math.tanh),
    "PI": ((0,), lambda: math.pi),
    "ROUND": ((1, 2), _round),
    "MINUS": ((2,), lambda one, other: one - other),
    "MULTIPLY": ((2,), lambda one, other: one * other),
    "ADD": ((2,), lambda one, other: one + other),
    "DIVIDE": ((2,), lambda one, other: one / other),
}
