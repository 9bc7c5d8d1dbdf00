"""A sheet of anybody's is checked: each column right, or off by how much, from where, and by which slip.

::

    for finding in check.check("homework.xlsx"):
        print(finding.cell, finding.says)

A formula is judged by itself: each cell that it names is read as the quantity that it holds, and the formula is tried
on random trials. So it is right or wrong whatever numbers stand in the sheet, and a sheet that was never calculated
is judged too. Where there are numbers only, each row is held against its own weights, inputs and targets, as exactly
as its digits allow; each new weight against the weight and the derivative of the row before.
"""

from __future__ import annotations

import dataclasses
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from s6lib import slips
from s6lib.worksheet import cells, formulas, repair, tables, trials

if TYPE_CHECKING:
    import os

GIVEN, WEIGHTS = trials.GIVEN, trials.WEIGHTS
#: On how many random networks each formula is tried, and how near is equal.
TRIES, NEAR = 3, 1e-9
#: Cells that a formula may follow one after the other.
DEEPEST = 150


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the check found of one column."""

    file: str  #: name of the file
    sheet: str  #: name of the sheet
    table: str  #: first cell of the table's heading, as A32
    column: str  #: the quantity, as dE_dw3
    cell: str | None  #: its first cell; where it is wrong, the first wrong one
    verdict: str  #: "right", "wrong" or "not calculated"
    slip: str | None  #: the name of the slip in `s6lib.slips`
    formula: str | None  #: the formula of the cell
    repair: str | None  #: the formula that belongs there
    off: float | None  #: by how much it is off, relative to what is right
    row: int | None  #: first wrong row (or column, where the table lies on its side)
    says: str  #: the same in a sentence
    because: str | None  #: the column from which it merely follows
    note: str | None = None  #: what else there is to know

    def as_dict(self) -> dict:
        """The same as a dict, for JSON."""
        return dataclasses.asdict(self)


def check(path: str | os.PathLike) -> list[Finding]:
    """What is right and what is wrong in a file: one `Finding` for each column, table by table.

    path : an .xlsx, .xlsm, .csv or .tsv file with the network of Part 1, wherever in it and however headed

    Raises `cells.Unreadable` (a ValueError), which says why in one sentence, for what is no such file and where there
    is no table.
    """
    return check_book(cells.read(path))


def check_book(book: cells.Book) -> list[Finding]:
    """The same of cells that were read before."""
    found = tables.find(book)
    if not found:
        raise cells.Unreadable("no table of the network: no row (or column) of headings like w1, h1, E_total, dE/dw1")
    named = tables.labels(book, found)
    trees = Formulas(book)
    numbers = Numbers(book, trees)
    result = []
    for table in found:
        result += _Judge(book, table, found, named, trees, numbers).findings()
    return result


class Formulas:
    """The trees of a book's formulas, each read once."""

    def __init__(self, book):
        self.book, self.read = book, {}

    def tree(self, text, sheet):
        key = (text, sheet)
        if key not in self.read:
            try:
                self.read[key] = formulas.parse(text, sheet, self.book.names)
            except formulas.FormulaError as error:
                self.read[key] = error
        if isinstance(self.read[key], formulas.FormulaError):
            raise self.read[key]
        return self.read[key]

    def at(self, place):
        """The cell there, or None. Names of sheets are the same in capitals."""
        sheet = self.book.sheets.get(place[0])
        if sheet is None:
            same = [one for name, one in self.book.sheets.items() if name.lower() == place[0].lower()]
            if not same:
                raise formulas.FormulaError("external", f"there is no sheet {place[0]}")
            sheet = same[0]
        return sheet.cells.get(place[1:])


class Numbers:
    """What stands in the cells: the numbers that the file holds, else what its formulas come to."""

    def __init__(self, book, trees):
        self.book, self.trees = book, trees
        self.computed, self.open = {}, []

    def __call__(self, sheet, row, column):
        """The number in a cell for a formula: an empty one is 0. Raises FormulaError where there is none."""
        place = (sheet, row, column)
        cell = self.trees.at(place)
        if cell is None:
            return 0.0
        value = cells.number(cell.value)
        if value is not None:
            return value
        if cell.value is not None:
            raise formulas.FormulaError("value", f"{formulas.address(row, column)} holds {cell.value[:20]!r}")
        if place not in self.computed:
            if place in self.open or len(self.open) > DEEPEST:
                raise formulas.FormulaError("circular", f"{formulas.address(row, column)} refers to itself")
            self.open.append(place)
            try:
                self.computed[place] = formulas.evaluate(self.trees.tree(cell.formula, sheet), self)
            except formulas.FormulaError as error:
                self.computed[place] = error
            finally:
                self.open.pop()
        if isinstance(self.computed[place], formulas.FormulaError):
            raise self.computed[place]
        return self.computed[place]

    def get(self, place):
        """The number in a cell, or None."""
        try:
            cell = self.trees.at(place)
            return None if cell is None else self(*place)
        except formulas.FormulaError:
            return None


class _Judge:
    """One table and what is known of it."""

    def __init__(self, book, table, found, named, trees, numbers):
        self.book, self.table, self.trees, self.numbers = book, table, trees, numbers
        self.meaning = {}
        for name in table.columns:
            for step in range(table.rows):
                self.meaning[table.place(name, step)] = (name, step)
        self.others = [one for one in found if one is not table]
        self.constants, self.known = {}, {}
        self.rates = [place for name, place, _ in named if name == "rate" and place]
        self.steps, self.digits, self.pinned, self.remarks = {}, {}, {}, []
        self._constants(named)
        self.varied = any(self._differs(name) for name in GIVEN[:4] if name in table.columns)
        if self.varied:
            self.known = {name: value for name, value in self.known.items() if name not in self.table.columns}
        self._rate(named)
        self._networks()

    # What is given

    def _constants(self, named):
        """Inputs and targets that stand outside of the table, by their labels; else by what the formulas hold."""
        for name in (*GIVEN[:4], *WEIGHTS):
            if name in self.table.columns:
                self.known[name] = self.numbers.get(self.table.place(name, 0))
                continue
            labelled = [(place, self._value(place, value)) for one, place, value in named if one == name]
            if not labelled:
                continue
            place, value = min(labelled, key=lambda each: self._far(each[0]))
            self.known[name] = value
            for other, its in labelled:
                if other and its == value:
                    self.constants[other] = name
        self.known = {name: value for name, value in self.known.items() if value is not None}
        for layer, names in (("h", ("i1", "i2")), ("E", ("t1", "t2"))):
            for k, name in enumerate(names, 1):
                if name not in self.known:
                    value = self._probed(layer, k, name)
                    if value is not None:
                        self.known[name] = value
        self.known = {name: value for name, value in self.known.items() if name not in WEIGHTS}

    def _value(self, place, value):
        return self.numbers.get(place) if place else value

    def _far(self, place):
        """How far a label is from the table: another sheet is farthest, and what stands below its heading far."""
        if place is None:
            return (0, 0, 0)
        row, column = self.table.heading
        return (place[0] != self.table.sheet, place[1] > row, abs(place[1] - row) + abs(place[2] - column))

    def _probed(self, layer, k, name):
        """A number that is typed into formulas: an input is h1 where its weight is 1 and the other one 0; a target
        follows from E1 at two outputs."""
        if layer == "h":
            weights = {"i1": "w1", "i2": "w2"}
            answers = [self._tried("h1", {"w1": 0.0, "w2": 0.0, weights[name]: 1.0})]
            return answers[0]
        zero, one = (self._tried(f"E{k}", {f"a_o{k}": value}) for value in (0.0, 1.0))
        if zero is None or one is None:
            return None
        return round(zero - one + 0.5, 12)

    def _tried(self, name, put):
        """What the first formula of a column comes to with these numbers, and nothing else known."""
        if name not in self.table.columns:
            return None
        place = self.table.place(name, 0)
        cell = self.trees.at(place)
        if cell is None or not cell.formula:
            return None

        def look(*at):
            if at in self.meaning:
                if self.meaning[at][0] not in put:
                    raise formulas.FormulaError("value", "not known")
                return put[self.meaning[at][0]]
            return self.numbers(*at)

        try:
            return formulas.evaluate(self.trees.tree(cell.formula, place[0]), look)
        except formulas.FormulaError:
            return None

    def _differs(self, name):
        values = {self.numbers.get(self.table.place(name, step)) for step in range(self.table.rows)}
        return len(values - {None}) > 1

    def _rate(self, named):
        """The learning rate: its column, else the cell that most updates take, else what they are typed with, else
        the nearest label, else what the numbers follow."""
        self.rate_cell = None
        if "rate" in self.table.columns:
            value = self.numbers.get(self.table.place("rate", 0))
            self.known["rate"] = value
            if value is None:
                del self.known["rate"]
            return
        votes = {}
        for name in WEIGHTS:
            for place in self._rate_candidates(name):
                votes[place] = votes.get(place, 0) + 1
        labelled = [
            (self._far(place), place, self._value(place, value)) for one, place, value in named if one == "rate"
        ]
        nearest = min(labelled, key=lambda each: each[0])[1:] if labelled else (None, None)
        if votes:
            most = max(votes.values())
            best = [place for place, count in votes.items() if count == most]
            self._take_rate(nearest[0] if nearest[0] in best else best[0])
            mine = [each for each in labelled if each[1] and not each[0][0] and self._mine(each[1])]
            if mine and self.rate_cell in self.rates and self.rate_cell not in [place for _, place, _ in mine]:
                self._take_rate(*mine[0][1:])  # all its updates take the rate of another table
            return
        typed = [value for value in (self._typed_rate(name) for name in WEIGHTS) if value is not None]
        mine = [(place, value) for far, place, value in labelled if place and not far[0] and self._mine(place)]
        if mine and typed and mine[0][1] not in (None, max(set(typed), key=typed.count)):
            if set(typed) == {1.0} and not self._holds_number():
                self._take_rate(*mine[0])  # there is one, and no formula takes it
                return
            where = formulas.address(*mine[0][0][1:])
            self.remarks.append(f"the rate is typed into the formulas; {where} has another one")
        if typed:
            self.known["rate"] = max(set(typed), key=typed.count)
        else:
            followed = self._followed_rate()
            place, value = mine[0] if mine else (None, followed) if followed is not None else nearest
            if value is not None:
                self.known["rate"] = value
            if place:
                self.constants[place] = "rate"

    def _take_rate(self, place, value=None):
        """From now on this cell holds the rate."""
        value = self.numbers.get(place) if value is None else value
        if self.rate_cell is not None and value in (None, self.known.get("rate")):
            return
        self.constants.pop(self.rate_cell, None)
        self.rate_cell = place
        self.constants[place] = "rate"
        if value is not None:
            self.known["rate"] = value

    def _mine(self, place):
        """Whether a label belongs to this table and no other: its own sheet, or above it and below the table before."""
        top = self.table.area[0]
        before = [one.area[2] for one in self.others if one.sheet == self.table.sheet and one.area[2] < top]
        beside = [one for one in self.others if one.sheet == self.table.sheet and one.area[0] <= self.table.area[2]
                  and top <= one.area[2]]
        return not beside and max(before, default=0) < place[1] <= self.table.area[2]

    def _rate_candidates(self, name):
        """Cells outside of the table, and no inputs or targets, that the update of a weight takes a number from."""
        found = set()
        if name not in self.table.columns or self.table.rows < 2:
            return found
        waiting, seen = [self.table.place(name, 1)], set()
        while waiting and len(seen) < DEEPEST:
            place = waiting.pop()
            seen.add(place)
            try:
                cell = self.trees.at(place)
                if cell is None:
                    continue
                if not cell.formula:
                    if place not in self.meaning and cells.number(cell.value) is not None:
                        found.add(place)
                    continue
                tree = self.trees.tree(cell.formula, place[0])
            except formulas.FormulaError:
                continue
            for one in formulas.cells_of(tree):
                at = one[3:6]
                if at not in self.meaning and at not in self.constants and at not in seen:
                    waiting.append(at)
        return found

    def _typed_rate(self, name):
        """The rate that is typed into the formula of an update, if it is one."""
        if name not in self.table.columns or self.table.rows < 2:
            return None
        found = []
        for seed in range(2):
            network = trials.Network(seed, self.known, self.varied)
            value = self._on(network, name, 1)
            before = network.at(-1)
            if value is None:
                return None
            found.append((before[name] - value) / before[f"dE_d{name}"])
        return float(f"{found[0]:.9g}") if abs(found[0] - found[1]) <= 1e-6 * abs(found[0]) else None

    def _holds_number(self):
        """Whether a number is typed into an update."""
        for name in WEIGHTS:
            if name in self.table.columns:
                place = self.table.place(name, 1)
                tree = self.trees.tree(self.trees.at(place).formula, place[0])
                if any(one[0] == "number" for one in formulas.all_of(tree)):
                    return True
        return False

    def _followed_rate(self):
        """The rate that the numbers of the weights follow: the median over steps, each from its steepest weight."""
        ratios = []
        for step in range(self.table.rows - 1):
            steepest = None
            for name in WEIGHTS:
                if name in self.table.columns and f"dE_d{name}" in self.table.columns:
                    here = self.numbers.get(self.table.place(name, step))
                    after = self.numbers.get(self.table.place(name, step + 1))
                    slope = self.numbers.get(self.table.place(f"dE_d{name}", step))
                    if None not in (here, after, slope) and slope:
                        steepest = max(steepest or (0.0, 0.0), (abs(slope), (here - after) / slope))
            if steepest:
                ratios.append(steepest[1])
        if not ratios:
            return None
        middle = sorted(ratios)[len(ratios) // 2]
        near = float(f"{middle:.3g}")
        return near if abs(near - middle) <= 1e-3 * abs(near) else middle

    def _networks(self):
        """Random networks: some with the sheet's own inputs, targets and rate, some with none of them."""
        typed = {name: self.known[name] for name in self.known if not self._is_cell(name)}
        self.own = [trials.Network(seed, self.known, self.varied) for seed in range(TRIES)]
        self.free = [trials.Network(seed + 100, typed, self.varied) for seed in range(TRIES)]

    def _is_cell(self, name):
        return name in self.table.columns or name in self.constants.values()

    # Formulas on random networks

    def _on(self, network, name, step):
        """What the formula of a cell comes to on a network, or None."""
        place = self.table.place(name, step)
        cell = self.trees.at(place)
        if cell is None or not cell.formula:
            return None
        try:
            return self.value(self.trees.tree(cell.formula, place[0]), step, network, place)
        except formulas.FormulaError:
            return None

    def value(self, tree, step, network, here):
        """What a formula comes to on a network, at a step of the table: each cell that it names is the quantity
        that it holds; other cells are followed to such. `here`: where it stands. Raises FormulaError."""
        followed, waiting = {}, []

        def look(*place):
            if place == here:
                raise formulas.FormulaError("circular", f"{formulas.address(*place[1:])} refers to itself")
            if place in self.meaning:
                name, at = self.meaning[place]
                return network.at(at - step)[name]
            if place in self.constants:
                return network.at(0)[self.constants[place]]
            cell = self.trees.at(place)
            if cell is None:
                return 0.0
            if not cell.formula:
                return self.numbers(*place)
            if place not in followed:
                if place in waiting or len(waiting) > DEEPEST:
                    raise formulas.FormulaError("circular", f"{formulas.address(*place[1:])} refers to itself")
                waiting.append(place)
                followed[place] = formulas.evaluate(self.trees.tree(cell.formula, place[0]), look)
                waiting.pop()
            return followed[place]

        return formulas.evaluate(tree, look)

    def is_right(self, tree, name, step, of=None):
        """Whether a formula comes to what belongs in this cell, on networks with the sheet's own numbers, or
        others. Raises FormulaError."""
        here = self.table.place(name, step)
        for network in of or self.own:
            right = network.at(0)[name]
            if not _near([self.value(tree, step, network, here)], [right]):
                return False
        return True

    # Verdicts

    def findings(self):
        names = [name for name in self.table.columns if name not in GIVEN and name in (*trials.FORMULAS, *WEIGHTS)]
        judged = {name: self._column(name) for name in names}
        self._blame(judged)
        self._slips(judged)
        result = [self._finding(name, judged) for name in names]
        updated = all(judged.get(name, {}).get("verdict") == "right" for name in WEIGHTS) and self.table.rows > 1
        for name in tables.missing(self.table, () if updated else (*WEIGHTS, *tables.GRADIENT)):
            if name not in self.constants.values():
                result.append(self._make(name, None, "not calculated", f"half a table: there is no column {name}"))
        return result

    def _column(self, name):
        """What is found of a column: which step is wrong first, which formula, by how much, notes."""
        first = 1 if name in WEIGHTS else 0
        found = {"verdict": "right", "step": first, "wrong": [], "unknown": [], "notes": [], "formula": None}
        kinds = {}
        for step in range(first, self.table.rows):
            cell = self.trees.at(self.table.place(name, step))
            kind = "empty" if cell is None else "formula" if cell.formula else "number"
            if kind == "number" and isinstance(cell.value, str):
                kind = "text" if cells.number(cell.value) is None else "number"
                if kind == "number":
                    found["notes"].append(("text", step))
            kinds[step] = kind
        groups, counted = {}, list(kinds.values())
        mostly = counted.count("formula") >= counted.count("number")
        for step, kind in kinds.items():
            if kind == "formula":
                self._judge_formula(name, step, groups, found)
            elif kind == "number":
                if mostly and counted.count("formula"):
                    found["notes"].append(("pasted", step))
                self._judge_number(name, step, found)
            elif kind == "text":
                found["unknown"].append((step, "text stands where a number belongs"))
        judged = counted.count("formula") + counted.count("number") - len(found["unknown"])
        if found["wrong"]:
            found["verdict"], found["step"] = "wrong", found["wrong"][0][0]
        elif found["unknown"] or (not judged and kinds):
            found["verdict"] = "not calculated"
            found["step"] = found["unknown"][0][0] if found["unknown"] else first
        found["patterns"] = len(groups)
        return found

    def _judge_formula(self, name, step, groups, found):
        place = self.table.place(name, step)
        cell = self.trees.at(place)
        if isinstance(cell.value, str) and cell.value in cells.ERRORS:
            found["notes"].append(("error " + cell.value, step))
        try:
            pattern = key = formulas.pattern(cell.formula, *place[1:])
            if pattern not in self.pinned:
                self.pinned[pattern] = self._is_pinned(self.trees.tree(cell.formula, place[0]))
            if self.pinned[pattern]:
                key += f" {step}"
            if key not in groups:
                groups[key] = self._verdict(cell.formula, name, step)
        except formulas.FormulaError as error:
            key = f"error {step}"
            groups[key] = ("unknown", error)
        kind, why = groups[key]
        if kind == "wrong":
            found["wrong"].append((step, "formula"))
        elif kind == "unknown":
            if why.kind in ("external", "unknown") and cells.number(cell.value) is not None:
                found["notes"].append((f"judged by its number, for {why}", step))
                self._judge_number(name, step, found)
            else:
                found["unknown"].append((step, str(why)))
        elif kind == "typed":
            found["notes"].append(("typed", step))

    def _is_pinned(self, tree):
        """Whether a formula holds fast ($) to a row of the table: then it changes its sense from row to row."""
        for one in formulas.cells_of(tree):
            fixed = one[7] if self.table.across else one[6]
            meant = self.meaning.get(one[3:6])
            if fixed and meant and (meant[0] not in GIVEN or self.varied):
                return True
        return False

    def _verdict(self, text, name, step):
        try:
            tree = self.trees.tree(text, self.table.columns[name].sheet)
            if self.is_right(tree, name, step):
                try:
                    free = self.is_right(tree, name, step, self.free)
                except formulas.FormulaError:
                    free = True
                return ("right", None) if free else ("typed", None)
        except formulas.FormulaError as error:
            return ("unknown", error)
        return ("wrong", None)

    # Numbers

    def given(self, step):
        """Weights, inputs, targets and rate as the sheet has them at a step; None where one is missing."""
        numbers = {}
        for name in (*WEIGHTS, *GIVEN):
            if name in self.table.columns:
                numbers[name] = self.numbers.get(self.table.place(name, step))
            else:
                numbers[name] = self.known.get(name, 1.0 if name == "rate" else None)
                if numbers[name] is None and name in self.constants.values():
                    place = next(at for at, one in self.constants.items() if one == name)
                    numbers[name] = self.numbers.get(place)
        return None if None in numbers.values() else numbers

    def expected(self, name, step):
        """What belongs in a cell by its own row: (number, how far it may be off for the digits of the others), or
        None."""
        before = step - 1 if name in WEIGHTS else step
        given = self.given(before)
        if given is None:
            return None
        try:
            if name in WEIGHTS or name.endswith("_new"):
                return self._expected_update(name[:2], before, given)
            if step not in self.steps:
                self.steps[step] = self._exactly(step, given)
        except (OverflowError, ZeroDivisionError):
            return None
        rights, leeways = self.steps[step]
        return rights[name], leeways[name]

    def _expected_update(self, name, step, given):
        if "rate" not in self.known and "rate" not in self.table.columns:
            return None
        slope, unit = None, 0.0
        column = f"dE_d{name}"
        if column in self.table.columns:
            slope, unit = self.numbers.get(self.table.place(column, step)), self._unit(column, step)
        if slope is None:
            slope = trials.compute(given)[column]
            unit = 1e-9 * abs(slope)
        value = given[name] - given["rate"] * slope
        return value, self._unit(name, step) + given["rate"] * unit + 1e-12 * abs(value)

    def _exactly(self, step, given):
        """All quantities of a row, and how far each may be off because those that it comes from are rounded: each
        of them is moved by half of its last digit."""
        rights = trials.compute(given)
        leeways = {name: 1e-9 * abs(right) + 1e-15 for name, right in rights.items()}
        for each in self.table.columns:
            unit = self._unit(each, step)
            if not unit or each not in rights:
                continue
            if each in given:
                moved = trials.compute({**given, each: given[each] + unit})
            else:
                moved = trials.compute(given, put={each: rights[each] + unit})
            for name in leeways:
                if name != each:
                    leeways[name] += abs(moved[name] - rights[name])
        return rights, leeways

    def _unit(self, name, step):
        """Half of the last digit of a number that is rounded; 0 for a formula, for what is given, and for numbers of
        14 digits and more.

        A number that ends in a zero shows a digit less than it has: the others of its column tell how many those are.
        """
        if name in GIVEN or (name in WEIGHTS and step == 0) or name not in self.table.columns:
            return 0.0
        cell = self.trees.at(self.table.place(name, step))
        value = cells.number(cell.value) if cell is not None else None
        if value is None or cell.formula:
            return 0.0
        if name not in self.digits:
            values = [self.trees.at(self.table.place(name, at)) for at in range(self.table.rows)]
            written = [digits_of(number) for one in values if one and (number := cells.number(one.value))]
            self.digits[name] = (
                max((digits for digits, _ in written), default=0),
                max((places for _, places in written), default=0),
            )
        most, places = self.digits[name]
        if most >= 14 or not value:
            return 0.0 if most >= 14 else 0.5 * 10.0**-places
        own = 0.5 * 10.0 ** -digits_of(value)[1]
        return min(own, max(0.5 * 10.0**-places, 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) + 1 - most)))

    def _judge_number(self, name, step, found):
        value = self.numbers.get(self.table.place(name, step))
        right = None if value is None else self.expected(name, step)
        if right is None:
            found["unknown"].append((step, "numbers alone, and too few to say: " + self._lacking(name, step)))
            return
        leeway = right[1] + self._unit(name, step)
        if abs(value - right[0]) > 1.5 * leeway:
            found["wrong"].append((step, "number"))

    def _lacking(self, name, step):
        if self.numbers.get(self.table.place(name, step)) is None:
            return "there is no number"
        lacking = [
            each
            for each in (*WEIGHTS, *GIVEN[:4])
            if each not in self.known
            and (each not in self.table.columns or self.numbers.get(self.table.place(each, step)) is None)
        ]
        return f"{', '.join(lacking) or 'the learning rate'} not found"

    # Causes

    def _blame(self, judged):
        """Columns that follow from wrong ones: their own formula is right, and what it refers to is not."""
        order = [name for name in trials.FORMULAS if name in judged]
        for name in order:
            found = judged[name]
            found["because"] = None
            if name.endswith("_new"):
                continue
            for step, up in self._upstream(name, found):
                wrong = judged.get(up, {}).get("wrong")
                if up != name and wrong:
                    if found["verdict"] == "wrong" and not self._follows(name, up, found):
                        continue
                    found["because"] = judged[up].get("because") or up
                    if found["verdict"] != "wrong":
                        found["verdict"], found["step"] = "wrong", judged[up]["step"]
                        found["wrong"] = [(at, "follows") for at, _ in wrong]
                    break

    def _upstream(self, name, found):
        """The columns of the same row that a column is computed from."""
        step = found["step"]
        cell = self.trees.at(self.table.place(name, step))
        if cell is not None and cell.formula:
            if found["wrong"]:
                return []
            return [(step, up) for up in self._refers(cell.formula, self.table.place(name, step), step)]
        names = re.findall(r"[A-Za-z]\w*", trials.FORMULAS[name])
        return [(step, up) for up in names if up in self.table.columns and up not in (*WEIGHTS, *GIVEN)]

    def _refers(self, text, place, step):
        """Quantities of this step that a formula refers to, through other cells too."""
        found, waiting, seen = [], [(text, place[0])], set()
        while waiting and len(seen) < DEEPEST:
            text, sheet = waiting.pop()
            try:
                inside = formulas.cells_of(self.trees.tree(text, sheet))
            except formulas.FormulaError:
                continue
            for one in inside:
                at = one[3:6]
                if at in seen:
                    continue
                seen.add(at)
                if at in self.meaning:
                    name, where = self.meaning[at]
                    if where == step and name not in WEIGHTS and name not in GIVEN:
                        found.append(name)
                else:
                    cell = self.trees.at(at)
                    if cell is not None and cell.formula:
                        waiting.append((cell.formula, at[0]))
        return found

    def _follows(self, name, up, found):
        """Whether a wrong number is what its formula makes of the wrong numbers in the other columns."""
        step = found["step"]
        given = self.given(step)
        value = self.numbers.get(self.table.place(name, step))
        if given is None or value is None:
            return False
        names = re.findall(r"[A-Za-z]\w*", trials.FORMULAS[name])
        put, leeway = {}, 1e-9 * abs(value) + self._unit(name, step)
        for each in names:
            if each in self.table.columns and each not in given:
                number = self.numbers.get(self.table.place(each, step))
                if number is not None:
                    put[each] = number
        right = trials.compute(given, put=put)[name]
        for each, number in put.items():
            unit = self._unit(each, step)
            moved = trials.compute(given, put={**put, each: number + unit})[name]
            leeway += abs(moved - right)
        return abs(value - right) <= 1.5 * leeway

    def _slips(self, judged):
        """The slip of each wrong column: of those that fit it, the one that fits the table best."""
        fits = {}
        for slip in slips.SLIPS.values():
            for name, found in judged.items():
                if found["wrong"] and not found.get("because"):
                    fit = self._fits(slip, name, found)
                    if fit:
                        fits.setdefault(name, []).append(slip.name)
        scores = {name: self._score(name, fits, judged) for name in {one for each in fits.values() for one in each}}
        order = list(slips.SLIPS)
        for name, found in judged.items():
            fitting = fits.get(name, [])
            found["slip"] = min(fitting, key=lambda one: (-scores[one], order.index(one))) if fitting else None
        for found in judged.values():
            if found.get("because"):
                found["slip"] = judged[found["because"]]["slip"]

    def _score(self, slip, fits, judged):
        """Columns that a slip explains, less those that it would have made wrong and that are right."""
        score = sum(slip in each for each in fits.values())
        for name, found in judged.items():
            if found["verdict"] == "right":
                target = f"{name}_new" if name in WEIGHTS else name
                right = self.own[0].at(0)[target]
                if self._direct(slip, name) and not _near([self._with(self.own[0], 0, slip)[target]], [right]):
                    score -= 1
        return score

    def _direct(self, slip, name):
        """Whether a slip stands in the formula of this column, not only in one that this column refers to."""
        if f"{name}_new" in slips.SLIPS[slip].formulas or name in slips.SLIPS[slip].formulas:
            return True
        cell = self.trees.at(self.table.place(name, 0))
        return not (set(slips.SLIPS[slip].formulas) & set(self.table.columns)) or cell is None or not cell.formula

    def _with(self, network, offset, slip):
        key = (id(network), offset, slip)
        self.slipped = getattr(self, "slipped", {})
        if key not in self.slipped:
            self.slipped[key] = network.slipped(offset, slips.SLIPS[slip].formulas)
        return self.slipped[key]

    def _fits(self, slip, name, found):
        step, kind = found["wrong"][0]
        update = name in WEIGHTS
        target = f"{name}_new" if update else name
        if (slip.of == "update") != (update or name.endswith("_new")) and target not in slip.formulas:
            if slip.of == "update" or not update:
                if slip.of == "update":
                    return False
        if kind == "formula":
            values = [self._on(network, name, step) for network in self.own]
            if None in values:
                return False
            wrongs = [self._with(network, -1 if update else 0, slip.name)[target] for network in self.own]
            rights = [network.at(-1 if update else 0)[target] for network in self.own]
            return _near(values, wrongs) and not _near(wrongs, rights)
        return self._fits_numbers(slip, name, found)

    def _fits_numbers(self, slip, name, found):
        """Whether a slip explains the numbers, in a few of the wrong rows."""
        steps = [step for step, kind in found["wrong"]][:4]
        for step in steps:
            given = self.given(step - 1 if name in WEIGHTS else step)
            right = self.expected(name, step)
            value = self.numbers.get(self.table.place(name, step))
            if given is None or right is None or value is None:
                return False
            if name in WEIGHTS and f"dE_d{name}" in self.table.columns:
                slope = self.numbers.get(self.table.place(f"dE_d{name}", step - 1))
                wrong = trials.compute(given, slip.formulas, {f"dE_d{name}": slope})[f"{name}_new"]
            else:
                wrong = trials.compute(given, slip.formulas)[name]
            leeway = right[1] * max(1.0, abs(wrong / right[0]) if right[0] else 1.0)
            leeway += self._unit(name, step) + 1e-9 * abs(wrong)
            if abs(value - wrong) > 1.5 * leeway or abs(wrong - right[0]) <= 3 * leeway:
                return False
        return True

    # Sentences

    def _finding(self, name, judged):
        found = judged[name]
        step = found["step"]
        if self.table.rows <= step:
            return self._make(name, 0, "right", "the start; there is no step after it", note=self._note(name, found))
        if found["verdict"] == "right":
            return self._make(name, step, "right", "right", note=self._note(name, found))
        if found["verdict"] == "not calculated":
            why = found["unknown"][0][1] if found["unknown"] else "it is empty"
            return self._make(name, step, "not calculated", f"not judged: {why}", note=self._note(name, found))
        mended = None
        place = self.table.place(name, step)
        cell = self.trees.at(place)
        if cell is not None and not found.get("because"):
            mended = repair.find(self, name, step, judged)
        off = self._off(name, step)
        says = self._says(name, step, found, off, mended)
        return self._make(
            name,
            step,
            "wrong",
            says,
            slip=found.get("slip"),
            repair=mended.formula if mended else None,
            off=off,
            because=found.get("because"),
            note=self._note(name, found),
        )

    def _says(self, name, step, found, off, mended):
        where = f"from {self._line(step)} on"
        wrong = {each for each, _ in found["wrong"]}
        total = range(1 if name in WEIGHTS else 0, self.table.rows)
        if len(wrong) < len([each for each in total if each >= step]):
            where = f"in {self._line(step)}" if len(wrong) == 1 else f"in {len(wrong)} rows, first in {self._line(step)}"
        if found.get("because"):
            return f"wrong {where}, for it follows from {found['because']}."
        parts = [f"wrong {where}" + ("" if off is None else ", " + amount(off)) + "."]
        kind = found["wrong"][0][1]
        pasted = any(note == "pasted" and at == step for note, at in found["notes"])
        if pasted:
            parts.append("A number stands there among formulas.")
        elif kind == "formula" and found["patterns"] > 1 and step > min(total):
            parts.append("The formula is not the one of the rows above.")
        if name in WEIGHTS and not found.get("slip"):
            parts += self._followed(name, step)
        if found.get("slip"):
            parts.append(slips.SLIPS[found["slip"]].says)
        if mended:
            parts.append(mended.says)
        return " ".join(parts)

    def _followed(self, name, step):
        """The sentence that a weight follows another rate, if it does."""
        rates = []
        for at in range(step, min(step + 3, self.table.rows)):
            given = self.given(at - 1)
            value = self.numbers.get(self.table.place(name, at))
            slope = self.numbers.get(self.table.place(f"dE_d{name}", at - 1)) if f"dE_d{name}" in self.table.columns else None
            if given is None or value is None or not slope:
                return []
            rates.append((given[name] - value) / slope)
        if "rate" not in self.known or max(rates) - min(rates) > 1e-3 * abs(rates[0]):
            return []
        return [f"It follows a rate of {rates[0]:.4g}; given is {self.known['rate']:.4g}."]

    def _line(self, step):
        if self.table.across:
            return "column " + formulas.letters(next(iter(self.table.columns.values())).column + step)
        return f"row {self.table.place(next(iter(self.table.columns)), step)[1]}"

    def _note(self, name, found):
        notes = list(self.remarks) if name in WEIGHTS else []
        steps = {}
        for kind, step in found["notes"]:
            steps.setdefault(kind, []).append(step)
        for kind, at in steps.items():
            where = formulas.address(*self.table.place(name, at[0])[1:])
            count = f"{where}" + (f" and {len(at) - 1} more" if len(at) > 1 else "")
            if kind == "text":
                notes.append(f"a number is stored as text in {count}")
            elif kind == "pasted":
                notes.append(f"numbers are pasted among formulas in {count}")
            elif kind == "typed":
                notes.append(f"right with the numbers of this sheet; with others not: a number is typed, or another cell taken, in {count}")
            elif kind.startswith("error"):
                notes.append(f"{kind[6:]} in {count}")
            else:
                notes.append(f"{count} is {kind}")
        place = self.table.place(name, min(found["step"], self.table.rows - 1))
        sheet, cell = self.book.sheets[place[0]], self.trees.at(place)
        if place[1] in sheet.hidden_rows:
            notes.append(f"row {place[1]} is hidden")
        if place[2] in sheet.hidden_columns:
            notes.append(f"column {formulas.letters(place[2])} is hidden")
        if cell is not None and cell.formula and cell.value is None:
            notes.append("never calculated")
        shown = decimals(cell.shown) if cell is not None else None
        if shown is not None and isinstance(cell.value, float) and abs(cell.value - round(cell.value, shown)) > 1e-12:
            notes.append(f"shown with {shown} decimals, held with more")
        return "; ".join(notes) or None

    def _off(self, name, step):
        """By how much a cell is off: what its formula comes to with the numbers of the sheet, or its number, against
        what belongs there."""
        place = self.table.place(name, step)
        cell = self.trees.at(place)
        value = self.numbers.get(place)
        if cell is not None and cell.formula:
            try:
                value = formulas.evaluate(self.trees.tree(cell.formula, place[0]), self.numbers)
            except formulas.FormulaError:
                pass
        right = self.expected(name, step)
        if value is None or right is None or not right[0]:
            return None
        off = value / right[0] - 1
        return off if math.isfinite(off) and abs(off) > 1e-13 else None

    def _make(self, name, step, verdict, says, **more):
        place = self.table.place(name, step) if step is not None else None
        cell = self.trees.at(place) if place else None
        line = None
        if verdict == "wrong":
            line = place[2] if self.table.across else place[1]
        return Finding(
            file=self.book.file,
            sheet=place[0] if place else self.table.sheet,
            table=tables.heading_of(self.table),
            column=name,
            cell=formulas.address(*place[1:]) if place else None,
            verdict=verdict,
            slip=more.get("slip"),
            formula=cell.formula if cell else None,
            repair=more.get("repair"),
            off=more.get("off"),
            row=line,
            says=says,
            because=more.get("because"),
            note=more.get("note"),
        )


def _near(values, rights):
    return all(abs(value - right) <= NEAR * abs(right) + 1e-13 for value, right in zip(values, rights))


def digits_of(value: float) -> tuple[int, int]:
    """How many digits a number is written with, and how many of its decimals: 0.0275 has 3 and 4."""
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    return len(digits), -exponent


def decimals(shown: str) -> int | None:
    """How many decimals a number format shows, or None where it shows all."""
    found = re.fullmatch(r"[#,]*0(?:\.(0+))?", shown.split(";")[0])
    return len(found.group(1) or "") if found else None


def amount(off: float) -> str:
    """How far off a number is, in words: in percent, or by a factor."""
    factor = 1 + off
    if abs(factor + 1) < 1e-6:
        return "with the wrong sign"
    if not 0.1 < factor < 10:
        return f"{float(f'{factor:.3g}'):g} times what belongs there"
    value = abs(off) * 100
    digits = max(0, 1 - math.floor(math.log10(value)))
    return f"off by {value:.{digits}f} %"
