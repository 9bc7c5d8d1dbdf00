"""A sheet of anybody's is checked: each column right, or off by how much, from where, and by which slip.

::

    for finding in check.check("homework.xlsx"):
        print(finding.cell, finding.says)

A formula is judged by itself: each cell that it names is read as the quantity that it holds, and the
formula is tried on random networks. So it is right or wrong whatever numbers stand in the sheet, and a sheet
that was never calculated is judged too. Where there are numbers only, each row is held against its own
weights, inputs and targets, as exactly as its digits allow; each new weight against the weight and the
derivative of the row before.

What is a way of doing it is no mistake: a formula may round, a bias may be added to the sums, the one half of
the error may be taken in the total, a delta may have the other sign, and weights may be numbered the other
way.
"""

from __future__ import annotations

import dataclasses
import math
import re
from typing import TYPE_CHECKING

from s6lib import arithmetic, slips
from s6lib.words import number, t
from s6lib.worksheet import cells, formulas, reading, repair, tables, trials

if TYPE_CHECKING:
    import os

GIVEN, WEIGHTS = trials.GIVEN, trials.WEIGHTS
#: Where numbers show no more than this, relative to what is right, it is said.
COARSE = 1e-4


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
    notes: tuple[str, ...] = ()  #: what else there is to know, each by itself

    def as_dict(self) -> dict:
        """The same as a dict, for JSON."""
        return {**dataclasses.asdict(self), "notes": list(self.notes)}


def check(path: str | os.PathLike) -> list[Finding]:
    """What is right and what is wrong in a file: one `Finding` for each column, table by table.

    path : an .xlsx, .xlsm, .csv or .tsv file with the network of Part 1, wherever in it and however headed

    A formula is read as what its cells mean and tried on random networks; numbers without formulas are held
    against their own row, as exactly as they are written. Nothing in the file is executed or fetched.

    Raises ValueError, which says why in one sentence, for what is no such file, and where there is no table.
    """
    return check_book(cells.read(path))


def check_book(book: cells.Book) -> list[Finding]:
    """The same of cells that were read before."""
    found = tables.find(book)
    if not found:
        held = [cells.number(cell.value) for sheet in book.sheets.values() for cell in sheet.cells.values()]
        raise cells.Unreadable(
            t("no table of the network: no row (or column) of headings like w1, h1, E_total, dE/dw1")
            if None in held or not held
            else t("numbers without headings: takes a table with its headings, like w1, h1, E_total, dE/dw1")
        )
    named = tables.labels(book, found)
    trees = reading.Formulas(book)
    numbers = reading.Numbers(book, trees)
    result = []
    for table in found:
        result += _read_best(book, table, found, named, trees, numbers).findings()
    return result


#: What the same heading may mean: "h1" the sum or the activation, "dE/do1" the slope by the sum or the
#: activation; and what a delta alone, "Δw1" or "δo1", may mean.
EITHER = [
    {f"{name}{k}": f"{other}{k}" for k in "12"}
    for name, other in (("h", "a_h"), ("o", "a_o"), ("dE_do", "dE_da_o"), ("dE_dh", "dE_da_h"))
]
DELTAS = [
    {f"dE_dw{k}": f"change_w{k}" for k in range(1, 9)},
    {f"dE_dw{k}": f"step_w{k}" for k in range(1, 9)},
    {f"dE_do{k}": f"minus_dE_do{k}" for k in "12"} | {f"dE_dh{k}": f"minus_dE_dh{k}" for k in "12"},
]


#: Two weights whose numbers some have the other way: w2 leads from i1 to h2, w6 from a_h1 to o2.
NUMBERED = [
    {name.format(a): name.format(b) for a, b in (pair, pair[::-1]) for name in ("w{}", "dE_dw{}", "w{}_new")}
    for pair in ((2, 3), (6, 7))
]
#: E1 is the squared miss where it is E_total that takes the one half.
SQUARES = {f"E{k}": f"squared_E{k}" for k in "12"}
#: The column that is wrong where such a sense is meant, the sense, and columns of which one at least is right
#: in it.
SENSES = [
    ("E1", SQUARES, ("E_total",)),
    ("o1", NUMBERED[1], ("dE_dw6", "dE_dw7")),  # before the hidden ones, whose paths go by way of these
    ("h1", NUMBERED[0], ("dE_dw2", "dE_dw3")),
]


def _read_best(book, table, found, named, trees, numbers):
    """The table with its headings in the sense in which most of its columns are right; it knows what the
    sheet calls those that it reads in another one."""
    spoken = {}
    best = _Judge(book, table, found, named, trees, numbers)
    back = [{other: name for name, other in pairs.items()} for pairs in EITHER]
    plain = [(None, each, ()) for each in [*(each for both in zip(EITHER, back) for each in both), *DELTAS]]
    for told, exchange, borne_out in [*plain, *SENSES]:
        if best.score() == len(best.names()):
            break
        if best.starts_right(told):
            continue  # what would tell the other sense is right in this one
        columns = {}
        for name, column in best.table.columns.items():
            allowed = exchange not in DELTAS or tables.is_delta(column.heading)
            columns[exchange.get(name, name) if allowed else name] = column
        if list(columns) != list(best.table.columns) and len(columns) == len(best.table.columns):
            other = _Judge(book, best.table._replace(columns=columns), found, named, trees, numbers)
            if borne_out and not any(map(other.starts_right, borne_out)):
                continue
            if other.score() > best.score():
                best = other
                if exchange not in EITHER and exchange not in back:
                    spoken = spoken | {other: name for name, other in exchange.items()}
    best.remarks += [
        t("read with {0} and {1} in each other's place", name, spoken[name])
        for name in ("w2", "w6")
        if name in spoken
    ]
    best.spoken = spoken
    return best


class _Judge(reading.Reading):
    """The verdicts on one table."""

    def __init__(self, *known):
        super().__init__(*known)
        self.slipped, self.hopeless = {}, set()
        self.spoken = {}  # what the sheet calls a column that is read in another sense

    def called(self, name):
        return self.spoken.get(name, name)

    def findings(self):
        """One for each column."""
        names = self.names()
        judged = {name: self._column(name) for name in names}
        self._blame(judged)
        self._slips(judged)
        result = [self._finding(name, judged) for name in names]
        updated = (
            all(judged.get(name, {}).get("verdict") == "right" for name in WEIGHTS) and self.table.rows > 1
        )
        deltas = [self.called(name) for name in names if name in trials.CHANGES]
        for name in tables.missing(self.table, () if updated else (*WEIGHTS, *tables.GRADIENT)):
            if name not in self.constants.values() and name not in deltas:
                result.append(
                    self._make(
                        name,
                        None,
                        "not calculated",
                        t("half a table: there is no column {0}", self.called(name)),
                    )
                )
        return result

    def _column(self, name):
        """What is found of a column: which step is wrong first, which formula, by how much, notes."""
        first = 1 if name in WEIGHTS else 0
        found = {"verdict": "right", "step": first, "wrong": [], "unknown": [], "notes": [], "coarse": 0.0}
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
                found["unknown"].append((step, t("text stands where a number belongs")))
        last = max((step for step, kind in kinds.items() if kind != "empty"), default=-1)
        ends = [step for step in kinds if step > last]
        gaps = [step for step, kind in kinds.items() if kind == "empty" and step < last]
        if last < 0 or len(ends) < 2:  # of the last step, many have a part only
            ends = []
        found["notes"] += [("empty", step) for step in gaps + ends]
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
                tree = self.trees.tree(cell.formula, place[0])
                if any(one[0] == "rounded" for one in formulas.all_of(tree)):
                    found["notes"].append(("rounded", step))
                if self.biased and name in reading.SUMS and self.unbiased(tree) is not tree:
                    found["notes"].append(("biased", step))
        except formulas.FormulaError as error:
            key = f"error {step}"
            groups[key] = ("unknown", error)
        kind, why = groups[key]
        if kind == "wrong":
            found["wrong"].append((step, "formula"))
        elif kind == "unknown":
            if why.kind in ("external", "unknown") and cells.number(cell.value) is not None:
                found["notes"].append((f"judged {why}", step))
                self._judge_number(name, step, found)
            else:
                found["unknown"].append((step, str(why)))
        elif kind == "typed":
            found["notes"].append(("typed", step))

    def _is_pinned(self, tree):
        """Whether a formula changes its sense from row to row: it holds fast ($) to a row of the table, or
        walks with its row outside of it."""
        for one in formulas.cells_of(tree):
            fixed = one[7] if self.table.across else one[6]
            meant = self.meaning.get(one[3:6])
            if fixed and meant and (meant[0] not in GIVEN or self.varied):
                return True
            if not fixed and (meant is None or meant[0] in self.gaps):
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

    def _judge_number(self, name, step, found):
        value = self.numbers.get(self.table.place(name, step))
        right = None if value is None else self.expected(name, step)
        if right is None:
            found["unknown"].append(
                (step, t("numbers alone, and too few to say: {0}", self._lacking(name, step)))
            )
            return
        leeway = right[1] + self._unit(name, step)
        if abs(value - right[0]) > 1.5 * leeway:
            found["wrong"].append((step, "number"))
        elif right[0]:
            found["coarse"] = max(found["coarse"], leeway / abs(right[0]))

    def _lacking(self, name, step):
        if self.numbers.get(self.table.place(name, step)) is None:
            return t("there is no number")
        lacking = [
            each
            for each in (*WEIGHTS, *GIVEN[:4])
            if each not in self.known
            and (each not in self.table.columns or self.numbers.get(self.table.place(each, step)) is None)
        ]
        return t("{0} not found", ", ".join(lacking) or t("the learning rate"))

    # Causes

    def _blame(self, judged):
        """Columns that follow from wrong ones: their own formula is right, and what it refers to is not."""
        order = [name for name in trials.FORMULAS if name in judged]
        for name in order:
            found = judged[name]
            found["because"] = None
            if name.endswith("_new"):
                continue
            for up in self._upstream(name, found):
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
            return self._refers(cell.formula, self.table.place(name, step), step)
        names = arithmetic.NAME.findall(trials.FORMULAS[name])
        return [up for up in names if up in self.table.columns and up not in (*WEIGHTS, *GIVEN)]

    def _refers(self, text, place, step):
        """Quantities of this step that a formula refers to, through other cells too."""
        found, waiting, seen = [], [(text, place[0])], set()
        while waiting and len(seen) < reading.DEEPEST:
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
        names = arithmetic.NAME.findall(trials.FORMULAS[name])
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
        for name, found in judged.items():
            if found["wrong"] and not found.get("because"):
                fitting = [slip for slip in slips.SLIPS.values() if self._fits(slip, name, found)]
                if found["wrong"][0][1] == "formula":  # with other numbers too, where there are such
                    fitting = [one for one in fitting if self._fits(one, name, found, self.free)] or fitting
                if fitting:
                    fits[name] = [slip.name for slip in fitting]
        scores = {
            name: self._score(name, fits, judged) for name in {one for each in fits.values() for one in each}
        }
        order = list(slips.SLIPS)
        for name, found in judged.items():
            fitting = fits.get(name, [])
            found["slip"] = (
                min(fitting, key=lambda one: (-scores[one], order.index(one))) if fitting else None
            )
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
                if self._direct(slip, name) and not reading.near(
                    [self._with(self.own[0], 0, slip)[target]], [right]
                ):
                    score -= 1
        return score

    def _direct(self, slip, name):
        """Whether a slip stands in the formula of this column, not only in one that this column refers to."""
        if f"{name}_new" in slips.SLIPS[slip].formulas or name in slips.SLIPS[slip].formulas:
            return True
        cell = self.trees.at(self.table.place(name, 0))
        return (
            not (set(slips.SLIPS[slip].formulas) & set(self.table.columns))
            or cell is None
            or not cell.formula
        )

    def _with(self, network, offset, slip):
        key = (network.seed, offset, slip)
        if key not in self.slipped:
            self.slipped[key] = network.slipped(offset, slips.SLIPS[slip].formulas)
        return self.slipped[key]

    def _fits(self, slip, name, found, of=None):
        step, kind = found["wrong"][0]
        update = name in WEIGHTS
        target = f"{name}_new" if update else name
        updates = update or name.endswith("_new")
        if slip.of == "update" and not updates:
            return False
        if slip.of != "update" and updates and f"dE_d{target[:2]}" in self.table.columns:
            return False  # the sheet's own gradient is what it should take
        if kind == "formula":
            of = of or self.own
            values = [self._on(network, name, step) for network in of]
            if None in values:
                return False
            wrongs = [self._with(network, -1 if update else 0, slip.name)[target] for network in of]
            rights = [network.at(-1 if update else 0)[target] for network in of]
            return reading.near(values, wrongs) and not reading.near(wrongs, rights)
        return self._fits_numbers(slip, name, found)

    def _fits_numbers(self, slip, name, found):
        """Whether a slip explains the numbers, in a few of the wrong rows."""
        steps = [step for step, kind in found["wrong"]][:4]
        for step in steps:
            before = step - 1 if name in WEIGHTS else step
            given, target = self.given(before), f"{name}_new" if name in WEIGHTS else name
            right = self.expected(name, step)
            value = self.numbers.get(self.table.place(name, step))
            if given is None or right is None or value is None:
                return False
            put, column = {}, f"dE_d{name[:2]}"
            if (
                target.endswith("_new") and column in self.table.columns
            ):  # the sheet's own, be it right or not
                put = {column: self.numbers.get(self.table.place(column, before))}
                if put[column] is None:
                    return False
            wrong = trials.compute(given, slip.formulas, put)[target]
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
            return self._make(
                name, 0, "right", t("the start; there is no step after it"), notes=self._notes(name, found)
            )
        if found["verdict"] == "right":
            return self._make(name, step, "right", t("right"), notes=self._notes(name, found))
        if found["verdict"] == "not calculated":
            why = found["unknown"][0][1] if found["unknown"] else t("it is empty")
            return self._make(
                name, step, "not calculated", t("not judged: {0}", why), notes=self._notes(name, found)
            )
        mended = None
        place = self.table.place(name, step)
        cell = self.trees.at(place)
        if cell is not None and not found.get("because"):
            mended = repair.find(self, name, step, judged)
        off = self._off(name, step)
        says = self._says(name, step, judged, off, mended)
        return self._make(
            name,
            step,
            "wrong",
            says,
            slip=found.get("slip"),
            repair=mended.formula if mended else None,
            off=off,
            because=found.get("because"),
            notes=self._notes(name, found),
        )

    def _says(self, name, step, judged, off, mended):
        found = judged[name]
        total = range(1 if name in WEIGHTS else 0, self.table.rows)
        where = self._where(len({each for each, _ in found["wrong"]}), total, step)
        if found.get("because"):
            return t("{0}, for it follows from {1}.", where, self.called(found["because"]))
        parts = [f"{where}." if off is None else f"{where}, {amount(off)}."]
        kind = found["wrong"][0][1]
        pasted = any(note == "pasted" and at == step for note, at in found["notes"])
        if pasted:
            parts.append(t("A number stands there among formulas."))
        elif kind == "formula" and found["patterns"] > 1 and step > min(total):
            parts.append(self._differs_from_above(name, step))
        if name in WEIGHTS and not found.get("slip"):
            parts += self._followed(name, step)
        if found.get("slip"):
            parts.append(slips.SLIPS[found["slip"]].says)
        if found.get("slip") == "uphill" and judged.get(f"dE_d{name}", {}).get("slip") == "sign_of_miss":
            parts.append(t("The derivatives have the wrong sign too: the two cancel, and the error falls."))
        if mended:
            parts.append(mended.says)
        else:
            target = f"{name}_new" if name in WEIGHTS else name
            own = self.table.columns[name].heading.strip() if name in trials.CHANGES else name
            parts.append(t("What belongs there: {0}", f"{own} = {trials.FORMULAS[target]}"))
        return " ".join(parts)

    def _where(self, rows, total, step):
        """Where a column is wrong that has so many wrong rows, of `total` those from `step` on."""
        across, line = self.table.across, self._line(step)
        if rows >= len([each for each in total if each >= step]):
            return t("wrong from column {0} on", line) if across else t("wrong from row {0} on", line)
        if rows == 1:
            return t("wrong in column {0}", line) if across else t("wrong in row {0}", line)
        if across:
            return t("wrong in {0} columns, first in column {1}", rows, line)
        return t("wrong in {0} rows, first in row {1}", rows, line)

    def _differs_from_above(self, name, step):
        """What is with a formula that is wrong though the first one is right."""
        places = [self.table.place(name, at) for at in (step - 1, step)]
        texts = [self.trees.at(place) for place in places]
        patterns = {
            formulas.pattern(cell.formula, *place[1:])
            for place, cell in zip(places, texts)
            if cell is not None and cell.formula
        }
        across = self.table.across
        if len(patterns) == 1:
            if across:
                return t(
                    "Copied from the left, it no longer means the same: a $ is missing, or one is too many."
                )
            return t("Copied from above, it no longer means the same: a $ is missing, or one is too many.")
        if across:
            return t("The formula is not the one of the columns before.")
        return t("The formula is not the one of the rows above.")

    def _followed(self, name, step):
        """The sentence that a weight follows another rate, if it does."""
        rates = []
        for at in range(step, min(step + 3, self.table.rows)):
            given = self.given(at - 1)
            value = self._comes_to(name, at)
            slope = (
                self.numbers.get(self.table.place(f"dE_d{name}", at - 1))
                if f"dE_d{name}" in self.table.columns
                else None
            )
            if given is None or value is None or not slope:
                return []
            rates.append((given[name] - value) / slope)
        if "rate" not in self.known or max(rates) - min(rates) > 1e-3 * abs(rates[0]):
            return []
        followed, rate = number(rates[0], ".4g"), number(self.known["rate"], ".4g")
        return [t("It follows a rate of {0}; given is {1}.", followed, rate)] if followed != rate else []

    def _line(self, step):
        if self.table.across:
            return formulas.letters(next(iter(self.table.columns.values())).column + step)
        return self.table.place(next(iter(self.table.columns)), step)[1]

    def _notes(self, name, found):
        notes = list(self.remarks) if name in WEIGHTS else []
        steps = {}
        for kind, step in found["notes"]:
            steps.setdefault(kind, []).append(step)
        for kind, at in steps.items():
            where = formulas.address(*self.table.place(name, at[0])[1:])
            count = t("{0} and {1} more", where, len(at) - 1) if len(at) > 1 else where
            if kind == "text":
                notes.append(t("a number is stored as text in {0}", count))
            elif kind == "pasted":
                notes.append(t("numbers are pasted among formulas in {0}", count))
            elif kind == "rounded":
                notes.append(t("rounded by its formula in {0}", where))
            elif kind == "biased":
                notes.append(t("a bias is added in {0}", where))
            elif kind == "empty":
                notes.append(t("nothing stands in {0}", count))
            elif kind == "typed":
                notes.append(
                    t(
                        "right with the numbers of this sheet and with no others: a number is typed, or "
                        "another cell taken, in {0}",
                        count,
                    )
                )
            elif kind.startswith("error"):
                notes.append(t("{0} in {1}", kind[6:], count))
            else:
                notes.append(t("{0} is judged by its number, for {1}", count, kind.partition(" ")[2]))
        if found["verdict"] == "right" and found["coarse"] > COARSE:
            notes.append(
                t(
                    "its digits are too few to show what is less than {0} % off",
                    number(found["coarse"] * 100, ".1g"),
                )
            )
        place = self.table.place(name, min(found["step"], self.table.rows - 1))
        sheet, cell = self.book.sheets[place[0]], self.trees.at(place)
        if place[1] in sheet.hidden_rows:
            notes.append(t("row {0} is hidden", place[1]))
        if place[2] in sheet.hidden_columns:
            notes.append(t("column {0} is hidden", formulas.letters(place[2])))
        if cell is not None and cell.formula and cell.value is None:
            notes.append(t("never calculated"))
        shown = decimals(cell.shown) if cell is not None else None
        if (
            shown is not None
            and isinstance(cell.value, float)
            and abs(cell.value - round(cell.value, shown)) > 1e-12
        ):
            notes.append(t("shown with {0} decimals, held with more", shown))
        return tuple(notes)

    def _off(self, name, step):
        """By how much a cell is off, relative to what belongs there."""
        value, right = self._comes_to(name, step), self.expected(name, step)
        if value is None or right is None or not right[0]:
            return None
        off = value / right[0] - 1
        return off if math.isfinite(off) and abs(off) > 1e-13 else None

    def _comes_to(self, name, step):
        """What the formula of a cell comes to with the numbers of the sheet, or its number."""
        place = self.table.place(name, step)
        cell = self.trees.at(place)
        if cell is not None and cell.formula:
            try:
                return formulas.evaluate(self.trees.tree(cell.formula, place[0]), self.numbers)
            except formulas.FormulaError:
                pass
        return self.numbers.get(place)

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
            column=self.called(name),
            cell=formulas.address(*place[1:]) if place else None,
            verdict=verdict,
            slip=more.get("slip"),
            formula=cell.formula if cell else None,
            repair=more.get("repair"),
            off=more.get("off"),
            row=line,
            says=says,
            because=self.called(more.get("because")),
            notes=more.get("notes", ()),
        )


def decimals(shown: str) -> int | None:
    """How many decimals a number format shows, or None where it shows all."""
    found = re.fullmatch(r"[#,]*0(?:\.(0+))?", shown.split(";")[0])
    return len(found.group(1) or "") if found else None


def amount(off: float) -> str:
    """How far off a number is, in words: in percent, or by a factor."""
    factor = 1 + off
    if not factor:
        return t("with 0 where another number belongs")
    if abs(factor + 1) < 1e-6:
        return t("with the wrong sign")
    if factor < 0:
        return t("with the wrong sign and {0} the size", _times(-factor))
    if not 0.1 < factor < 10:
        return t("{0} what belongs there", _times(factor))
    value = abs(off) * 100
    if value < 1e-6:
        return t("off by less than {0} %", number(0.000001, "f"))
    digits = max(0, 1 - math.floor(math.log10(value)))
    return t("off by {0} %", number(value, f".{digits}f"))


def _times(factor):
    if factor > 1e5:
        return t("more than 100000 times")
    if factor > 1e-4:
        return t("{0} times", number(float(f"{factor:.3g}"), "g"))
    return t("less than {0} times", number(0.0001, "g"))
