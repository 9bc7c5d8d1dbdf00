"""One table as it is meant: what its cells hold, what is given and where, and what belongs in each cell.

Formulas are tried on random networks: each cell that one names is read as the quantity that it holds. Numbers
are held against their own row, as exactly as their digits allow.
"""

from __future__ import annotations

import math
from decimal import Decimal

from s6lib.words import t
from s6lib.worksheet import cells, formulas, trials

GIVEN, WEIGHTS = trials.GIVEN, trials.WEIGHTS
#: To what a bias may be added.
SUMS = ("h1", "h2", "o1", "o2")
#: On how many random networks each formula is tried, and how near is equal.
TRIES, NEAR = 3, 1e-9
#: An input, a target or a rate above this is none.
HUGE = 1e6
#: Cells that a formula may follow one after the other.
DEEPEST = 60


class Formulas:
    """The trees of a book's formulas, each read once."""

    def __init__(self, book):
        self.book, self.read = book, {}

    def tree(self, text, sheet):
        """The tree of a formula that stands in a sheet. Raises FormulaError, for a sheet that is not there
        too."""
        key = (text, sheet)
        if key not in self.read:
            try:
                tree = formulas.parse(text, sheet, self.book.names)
                for one in formulas.cells_of(tree):
                    if self.sheet(one[3]) is None:
                        raise formulas.FormulaError("external", t("there is no sheet {0}", one[3]))
                self.read[key] = tree
            except formulas.FormulaError as error:
                self.read[key] = error
        if isinstance(self.read[key], formulas.FormulaError):
            raise self.read[key]
        return self.read[key]

    def sheet(self, name):
        """A sheet by its name, capital or small, or None."""
        if name in self.book.sheets:
            return self.book.sheets[name]
        return next((sheet for one, sheet in self.book.sheets.items() if one.lower() == name.lower()), None)

    def at(self, place):
        """The cell there; None where it is empty."""
        sheet = self.sheet(place[0])
        cell = sheet.cells.get(place[1:]) if sheet else None
        return None if cell is None or (cell.value is None and cell.formula is None) else cell


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
            raise formulas.FormulaError(
                "value", t("{0} holds {1}", formulas.address(row, column), repr(cell.value[:20]))
            )
        if place not in self.computed:
            if place in self.open or len(self.open) > DEEPEST:
                raise formulas.FormulaError(
                    "circular", t("{0} refers to itself", formulas.address(row, column))
                )
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


class Reading:
    """One table and what is known of it."""

    def __init__(self, book, table, found, named, trees, numbers):
        self.book, self.table, self.trees, self.numbers = book, table, trees, numbers
        self.meaning = {}
        self.gaps = set()  # columns in which a cell is empty: a reference to that one is none to the column
        for name in table.columns:
            for step in range(table.rows):
                place = table.place(name, step)
                if trees.at(place) is None:
                    self.gaps.add(name)
                else:
                    self.meaning[place] = (name, step)
        for step in range(table.rows):  # row by row, so that no cell is far from what it is computed from
            for name in table.columns:
                numbers.get(table.place(name, step))
        self.others = [one for one in found if (one.sheet, one.heading) != (table.sheet, table.heading)]
        self.constants, self.known = {}, {}
        self.rates = [place for name, place, _ in named if name == "rate" and place]
        self.steps, self.digits, self.pinned, self.remarks = {}, {}, {}, []
        self._constants(named)
        self.varied = any(self._differs(name) for name in GIVEN[:4] if name in table.columns)
        if self.varied:
            self.known = {name: value for name, value in self.known.items() if name not in self.table.columns}
        self._rate(named)
        self.known = {name: value for name, value in self.known.items() if abs(value) <= HUGE}
        self._networks()
        self.biased = False
        self.biased = self._has_biases()

    # What is given

    def _constants(self, named):
        """Inputs and targets that stand outside of the table, by their labels; else by what the formulas
        hold."""
        for name in (*GIVEN[:4], *WEIGHTS):
            if name in self.table.columns:
                self.known[name] = self.numbers.get(self.table.place(name, 0))
                continue
            labelled = [(place, self._value(place, value)) for one, place, value in named if one == name]
            if not labelled:
                continue
            place, value = min(labelled, key=lambda each: self.far(each[0]))
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

    def far(self, place):
        """How far a label is from the table: another sheet is farthest, and what stands below its heading
        far."""
        if place is None:
            return (0, 0, 0)
        row, column = self.table.heading
        return (place[0] != self.table.sheet, place[1] > row, abs(place[1] - row) + abs(place[2] - column))

    def _probed(self, layer, k, name):
        """A number that is typed into formulas: an input is h1 where its weight is 1 and the other one 0; a
        target follows from E1 at two outputs."""
        if layer == "h":
            weight = {"i1": "w1", "i2": "w2"}[name]
            bias, both = (self._tried("h1", {"w1": 0.0, "w2": 0.0, weight: value}) for value in (0.0, 1.0))
            return None if None in (bias, both) else round(both - bias, 12)
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
                    raise formulas.FormulaError("value", t("not known"))
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
        """The learning rate: its column, else the cell that most updates take, else what they are typed
        with, else the nearest label, else what the numbers follow."""
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
            (self.far(place), place, self._value(place, value))
            for one, place, value in named
            if one == "rate"
        ]
        nearest = min(labelled, key=lambda each: each[0])[1:] if labelled else (None, None)
        if votes:
            most = max(votes.values())
            best = [place for place, count in votes.items() if count == most]
            self._take_rate(nearest[0] if nearest[0] in best else best[0])
            mine = [each for each in labelled if each[1] and not each[0][0] and self._mine(each[1])]
            if (
                mine
                and self.rate_cell in self.rates
                and self.rate_cell not in [place for _, place, _ in mine]
            ):
                self._take_rate(*mine[0][1:])  # all its updates take the rate of another table
            return
        typed = [value for value in (self._typed_rate(name) for name in WEIGHTS) if value is not None]
        mine = [
            (place, value) for far, place, value in labelled if place and not far[0] and self._mine(place)
        ]
        if mine and typed and mine[0][1] not in (None, max(set(typed), key=typed.count)):
            left_out = set(typed) == {1.0} and not self._holds_number()
            if left_out or (len(set(typed)) == 1 and self._is_alone(mine)):
                self._take_rate(*mine[0])  # there is one, and no formula takes it
                return
            where = formulas.address(*mine[0][0][1:])
            self.remarks.append(t("the rate is typed into the formulas; {0} has another one", where))
        if typed:
            self.known["rate"] = max(set(typed), key=typed.count)
        else:
            followed = self._followed_rate()
            place, value = mine[0] if mine else (None, followed) if followed is not None else nearest
            if value is not None:
                self.known["rate"] = value
            if place:
                self.constants[place] = "rate"

    def _is_alone(self, mine):
        """Whether the rate beside a label is the only one: no other label, and no list of rates to try."""
        sheet, row, column = mine[0][0]
        beside = [self.numbers.get((sheet, row + down, column + right)) for down, right in ((0, 1), (1, 0))]
        return len(mine) == 1 and beside == [None, None]

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
        """Whether a label belongs to this table and no other: its own sheet, or above it and below the
        table before."""
        top = self.table.area[0]
        before = [one.area[2] for one in self.others if one.sheet == self.table.sheet and one.area[2] < top]
        beside = [
            one
            for one in self.others
            if one.sheet == self.table.sheet and one.area[0] <= self.table.area[2] and top <= one.area[2]
        ]
        return not beside and max(before, default=0) < place[1] <= self.table.area[2]

    def _rate_candidates(self, name):
        """Cells outside of the table, and no inputs or targets, that the update of a weight takes a number
        from."""
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
                cell = self.trees.at(place)
                if cell is None or not cell.formula:  # a number, or nothing, among formulas
                    continue
                try:
                    tree = self.trees.tree(cell.formula, place[0])
                except formulas.FormulaError:
                    continue
                if any(one[0] == "number" for one in formulas.all_of(tree)):
                    return True
        return False

    def _followed_rate(self):
        """The rate that the numbers of the weights follow: the median over steps, each from its steepest
        weight."""
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
        """What a formula comes to on a network, at a step of the table: each cell that it names is the
        quantity that it holds; other cells are followed to such. `here`: where it stands. Raises
        FormulaError."""
        followed, waiting = {}, []

        def look(*place):
            if place == here:
                raise formulas.FormulaError(
                    "circular", t("{0} refers to itself", formulas.address(*place[1:]))
                )
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
                    raise formulas.FormulaError(
                        "circular", t("{0} refers to itself", formulas.address(*place[1:]))
                    )
                waiting.append(place)
                followed[place] = formulas.evaluate(self.trees.tree(cell.formula, place[0]), look)
                waiting.pop()
            return followed[place]

        return formulas.evaluate(tree, look)

    def is_right(self, tree, name, step, of=None):
        """Whether a formula comes to what belongs in this cell, on networks with the sheet's own numbers, or
        others. Raises FormulaError."""
        here = self.table.place(name, step)
        if self.biased and name in SUMS:
            tree = self.unbiased(tree)
        for network in of or self.own:
            right = network.at(0)[name]
            if not near([self.value(tree, step, network, here)], [right]):
                return False
        return True

    # Biases, which the network of Part 1 does not have

    def _has_biases(self):
        """Whether one of the sums is right but for a bias that is added to it."""
        for name in SUMS:
            if name not in self.table.columns:
                continue
            place = self.table.place(name, 0)
            cell = self.trees.at(place)
            try:
                if cell is not None and cell.formula:
                    tree = self.trees.tree(cell.formula, place[0])
                    less = self.unbiased(tree)
                    if less is not tree and self.is_right(less, name, 0) and not self.is_right(tree, name, 0):
                        return True
            except formulas.FormulaError:
                continue
        return False

    def unbiased(self, tree):
        """The formula of a sum without the bias; the same tree where there is none."""
        biases = []

        def is_bias(part):
            factors = part[4:6] if part[0] == "binary" and part[3] == "*" else [part]
            found = all(
                one[0] == "number" or (one[0] == "cell" and self._holds_bias(one[3:6], DEEPEST))
                for one in factors
            )
            biases.extend([part] * found)
            return found

        less = formulas.without(tree, is_bias)
        return less if biases and formulas.cells_of(less) else tree

    def _holds_bias(self, place, left):
        """Whether a cell holds a number that is none of the network's: typed, or carried on from step to
        step."""
        cell = self.trees.at(place)
        if cell is None or place in self.meaning or place in self.constants or not left:
            return False
        if not cell.formula:
            return cells.number(cell.value) is not None
        inside = [one[3:6] for one in formulas.cells_of(self.trees.tree(cell.formula, place[0]))]
        along = (0, 1) if self.table.across else (0, 2)
        if any(at != place and [at[k] for k in along] == [place[k] for k in along] for at in inside):
            return True
        return all(self._holds_bias(at, left - 1) for at in inside)

    # Numbers

    def given(self, step):
        """Weights, inputs, targets and rate as the sheet has them at a step; None where one is missing."""
        numbers = {}
        for name in (*WEIGHTS, *GIVEN):
            place = self.table.place(name, step) if name in self.table.columns else None
            if place and (name in WEIGHTS or place in self.meaning):
                numbers[name] = self.numbers.get(place)
            else:
                numbers[name] = self.known.get(name, 1.0 if name == "rate" else None)
                if numbers[name] is None and name in self.constants.values():
                    place = next(at for at, one in self.constants.items() if one == name)
                    numbers[name] = self.numbers.get(place)
        return None if None in numbers.values() else numbers

    def expected(self, name, step):
        """What belongs in a cell by its own row: (number, how far it may be off for the digits of the
        others), or None."""
        before = step - 1 if name in WEIGHTS else step
        given = self.given(before)
        if given is None:
            return None
        if name in WEIGHTS or name.endswith("_new"):
            found = self._expected_update(name[:2], before, given)
        else:
            if step not in self.steps:
                self.steps[step] = self._exactly(step, given)
            rights, leeways = self.steps[step]
            found = rights[name], leeways[name]
        return found if found and all(map(math.isfinite, found)) else None

    def _expected_update(self, name, step, given):
        if "rate" not in self.known and "rate" not in self.table.columns:
            return None
        slope, unit = None, 0.0
        column = f"dE_d{name}"
        if column in self.table.columns:
            slope, unit = self.numbers.get(self.table.place(column, step)), self._unit(column, step)
        for other, sign in ((f"change_{name}", -1.0), (f"step_{name}", 1.0)):
            if slope is None and other in self.table.columns and given["rate"]:
                number = self.numbers.get(self.table.place(other, step))
                if number is not None:
                    slope, unit = sign * number / given["rate"], self._unit(other, step) / given["rate"]
        if slope is None:
            slope = trials.compute(given)[column]
            unit = 1e-9 * abs(slope)
        value = given[name] - given["rate"] * slope
        return value, self._unit(name, step) + given["rate"] * unit + 1e-12 * abs(value)

    def _exactly(self, step, given):
        """All quantities of a row, and how far each may be off because those that it comes from are
        rounded: each of them is moved by half of its last digit."""
        put = {}
        for name in SUMS if self.biased else ():
            number = self.numbers.get(self.table.place(name, step)) if name in self.table.columns else None
            if number is not None:
                put[name] = number
        rights = trials.compute(given, put=put)
        leeways = {name: 1e-9 * abs(right) + 1e-15 for name, right in rights.items()}
        for each in self.table.columns:
            unit = self._unit(each, step)
            if not unit or each not in rights:
                continue
            if each in given:
                moved = trials.compute({**given, each: given[each] + unit}, put=put)
            else:
                moved = trials.compute(given, put={**put, each: rights[each] + unit})
            for name in leeways:
                if name != each:
                    leeways[name] += abs(moved[name] - rights[name])
        return rights, leeways

    def _unit(self, name, step):
        """Half of the last digit of a number that is rounded; 0 for a formula, for what is given in few
        digits, and for numbers of 14 digits and more.

        A number that ends in a zero shows a digit less than it has: the others of its column tell how many
        those are."""
        if name not in self.table.columns:
            return 0.0
        cell = self.trees.at(self.table.place(name, step))
        value = cells.number(cell.value) if cell is not None else None
        if value is None or cell.formula:
            return 0.0
        given = name in GIVEN or (name in WEIGHTS and self.table.rows == 1)
        if given and digits_of(value)[0] <= 3:
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
        return min(
            own, max(0.5 * 10.0**-places, 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) + 1 - most))
        )

    # In which sense headings are meant

    def names(self):
        """The columns that are judged."""
        return [name for name in self.table.columns if name not in GIVEN]

    def score(self):
        """How many columns are right in their first row."""
        return sum(self.starts_right(name) for name in self.names())

    def starts_right(self, name):
        """Whether a column is right in its first row."""
        if name not in self.table.columns:
            return False
        step = 1 if name in WEIGHTS else 0
        if step >= self.table.rows:
            return True
        place = self.table.place(name, step)
        cell = self.trees.at(place)
        if cell is not None and cell.formula:
            try:
                return self.is_right(self.trees.tree(cell.formula, place[0]), name, step)
            except formulas.FormulaError:
                return False
        value, right = self.numbers.get(place), self.expected(name, step)
        return None not in (value, right) and abs(value - right[0]) <= 1.5 * (
            right[1] + self._unit(name, step)
        )


def near(values, rights):
    return all(abs(value - right) <= NEAR * abs(right) + 1e-13 for value, right in zip(values, rights))


def digits_of(value: float) -> tuple[int, int]:
    """How many digits a number is written with, and how many of its decimals: 0.0275 has 3 and 4."""
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    return len(digits), -exponent
