"""The formula that belongs in a cell, in the sheet's own cells: the smallest change that makes the author's
right.

Changes are tried in this order: one cell for another, a sign, a pair of brackets, a factor left out or put
in; then the formula of a right column beside it, carried over by the symmetry of the network; then the
usual formula."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from s6lib.words import t
from s6lib.worksheet import formulas, trials

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A longer formula is not mended piece by piece.
LONGEST = 400
#: What changes places where hidden neurons, outputs, or inputs change places.
HIDDEN = [("w1", "w3"), ("w2", "w4"), ("w5", "w6"), ("w7", "w8"), ("h1", "h2")]
OUTPUTS = [("w5", "w7"), ("w6", "w8"), ("o1", "o2"), ("t1", "t2"), ("E1", "E2")]
HIDDEN_GRADIENT = tuple(f"dE_dw{k}" for k in range(1, 5))
INPUTS = [("i1", "i2"), ("w1", "w2"), ("w3", "w4")]


class Repair(NamedTuple):
    """A formula that is right, and what to do to get it, in a sentence."""

    formula: str
    says: str


def find(judge, name: str, step: int, judged: dict) -> Repair | None:
    """The repair of the formula in a cell, or None.

    judge : knows the table, its cells and whether a formula is right
    """
    sheet, row, column = judge.table.place(name, step)
    text = judge.trees.at((sheet, row, column)).formula
    # Where no small change was found for a column of the same kind with the same slip, there is none.
    kind = (judged[name].get("slip"), "hidden" if name in HIDDEN_GRADIENT else name)
    ways = [] if kind[0] and kind in judge.hopeless else [_small(judge, name, step, text)]
    for changes in [*ways, _large(judge, name, step, judged)]:
        seen, second = set(), None
        for formula, says, *tree in changes:
            if formula in seen:
                continue
            seen.add(formula)
            right = _right(judge, formula, name, step, *tree)
            if right == "everywhere":
                return Repair(formula, says)
            if right == "here" and second is None:
                second = Repair(formula, says)
        if second:
            return second
        judge.hopeless.add(kind)
    return None


def _right(judge, formula, name, step, tree=None):
    """Where a formula is right: "everywhere", "here" with the inputs, targets and rate of this sheet, or
    None."""
    try:
        if tree is None:
            tree = formulas.parse(formula, judge.table.columns[name].sheet, judge.book.names)
        if not judge.is_right(tree, name, step):
            return None
        return "everywhere" if judge.is_right(tree, name, step, judge.free) else "here"
    except formulas.FormulaError:
        return None


def _small(judge, name, step, text) -> Iterator[tuple[str, str]]:
    """Changes of the author's own formula: what it becomes, and what to do, in a sentence."""
    sheet = judge.table.columns[name].sheet
    try:
        tree = judge.trees.tree(text, sheet) if text else None
    except formulas.FormulaError:
        tree = None
    places = _places(judge, name, step)
    if tree is not None and len(text) <= LONGEST:
        yield from _swapped(text, tree, places, sheet)
        yield from _numbers(text, tree, places, sheet)
        yield from _signs(text, tree)
        yield from _left_out(text, tree)
        yield from _brackets(text)
        yield from _put_in(text, tree, places, sheet)


def _large(judge, name, step, judged) -> Iterator[tuple[str, str]]:
    """Whole formulas: of another row, of another column, and the usual one."""
    yield from _copied(judge, name, step, judged)
    yield from _carried_over(judge, name, step, judged)
    formula = standard(judge, name, step)
    if formula:
        yield formula, t("What belongs there: {0}", formula)


def _places(judge, name, step):
    """The cells that a formula of this row may refer to: (quantity, place, whether to write it with $)."""
    found = []
    update = name in trials.WEIGHTS
    for at in (step - 1, step) if update else (step,):
        for other in judge.table.columns:
            place = judge.table.place(other, at)
            if place in judge.meaning and (other, at) != (name, step) and at >= 0:
                found.append((other, place, False))
            elif other in trials.GIVEN and judge.table.place(other, 0) in judge.meaning:
                found.append((other, judge.table.place(other, 0), True))  # it stands in the first row alone
    nearest = {}
    for place, other in judge.constants.items():
        if other not in nearest or judge.far(place) < judge.far(nearest[other]):
            nearest[other] = place
    return found + [(other, place, True) for other, place in nearest.items()]


def _written(place, sheet, fixed, like=None):
    """How a cell is written in a formula of `sheet`; `like`: the cell whose place it takes, for its $
    signs."""
    prefix = "" if place[0] == sheet else "'" + place[0].replace("'", "''") + "'!"
    row, column = place[1:]
    fixed_row = fixed_column = fixed
    if like is not None and not fixed:
        fixed_column = like[7] and not like[6]
    return f"{prefix}{'$' * fixed_column}{formulas.letters(column)}{'$' * fixed_row}{row}"


def _replaced(text, pieces):
    """The text with pieces (start, end, new) put in."""
    for start, end, new in sorted(pieces, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _swapped(text, tree, places, sheet):
    """One cell for another: everywhere in the formula, once, or twice side by side as in a*(1-a)."""
    inside = formulas.cells_of(tree)
    groups = {}
    for one in inside:
        groups.setdefault(one[3:6], []).append(one)
    chosen = []
    for same in groups.values():
        chosen.append(same)
    for same in groups.values():
        if len(same) > 1:
            chosen += [[one] for one in same]
        if len(same) > 2:
            chosen += [same[k : k + 2] for k in range(len(same) - 1)]
    for same in chosen:
        for _, place, fixed in places:
            if place == same[0][3:6]:
                continue
            new = [_written(place, sheet, fixed, one) for one in same]
            old = text[same[0][1] : same[0][2]]
            formula = _replaced(text, [(one[1], one[2], put) for one, put in zip(same, new)])
            says = _exchange(new[0], old, same, groups[same[0][3:6]])
            changed = formulas.exchanged(tree, {one[1]: place for one in same})
            yield formula, says, changed


def _numbers(text, tree, places, sheet):
    """A cell for a number that is typed, or another number."""
    for one in formulas.all_of(tree):
        if one[0] == "number":
            old = text[one[1] : one[2]]
            written = [_written(place, sheet, True) for _, place, fixed in places if fixed]
            for new in (*written, "1", "2", "0.5"):
                yield _replaced(text, [(one[1], one[2], new)]), t("Put {0} where you have {1}.", new, old)


ORDINALS = (
    t("first"), t("second"), t("third"), t("fourth"), t("fifth"),
    t("sixth"), t("seventh"), t("eighth"), t("ninth"), t("tenth"),
)  # fmt: skip


def _exchange(new, old, same, every):
    """What to put for `old`: everywhere, or in one or two of the places where it stands."""
    if len(same) == len(every):
        return t("Put {0} where you have {1}.", new, old)
    at = [every.index(one) for one in same]
    which = [ORDINALS[k] if k < len(ORDINALS) else t("number {0}", k + 1) for k in at]
    if len(which) == 1:
        return t("Put {0} where you have {1} (the {2} of {3}).", new, old, *which, len(every))
    return t("Put {0} where you have {1} (the {2} and {3} of {4}).", new, old, *which, len(every))


def _signs(text, tree):
    for one in formulas.all_of(tree):
        if one[0] == "binary":
            for sign in "-+*/":
                if sign != one[3] and one[3] in "+-*/":
                    formula = _replaced(text, [(one[6], one[7], sign)])
                    yield (
                        formula,
                        t(
                            "Put {0} where you have {1}, before {2}.",
                            sign,
                            text[one[6] : one[7]],
                            _after(text, one[7]),
                        ),
                    )
        if one[0] == "minus":
            inner = text[one[3][1] : one[3][2]]
            yield (
                _replaced(text, [(one[1], one[2], inner)]),
                t("Leave out the minus before {0}.", _short(inner)),
            )
    for one in formulas.all_of(tree):
        if one[0] == "binary" and one[3] == "-":
            left, right = text[one[4][1] : one[4][2]], text[one[5][1] : one[5][2]]
            turned = f"{right}-{left}"
            yield (
                _replaced(text, [(one[1], one[2], turned)]),
                t("Put {0} where you have {1}.", _short(turned), _short(text[one[1] : one[2]])),
            )
    yield f"=-({text[1:]})", t("Put a minus before the whole, in brackets.")


def _after(text, at):
    return _short(text[at : at + 12].strip())


def _short(text):
    return text if len(text) <= 40 else f"{text[:18]} … {text[-18:]}"


def _left_out(text, tree):
    """A factor, or a summand, left out; a function or brackets taken off is the same as what is inside."""
    for one in formulas.all_of(tree):
        if one[0] == "binary" and one[3] in "*/+-^":
            for keep, drop in ((one[4], one[5]), (one[5], one[4])):
                if drop is one[4] and one[3] in "/^":
                    continue
                kept, dropped = text[keep[1] : keep[2]], text[drop[1] : drop[2]]
                yield _replaced(text, [(one[1], one[2], kept)]), t("Leave out {0}.", _short(dropped))
        if one[0] == "call" and len(one[4]) == 1:
            inner = text[one[4][0][1] : one[4][0][2]]
            yield (
                _replaced(text, [(one[1], one[2], f"({inner})")]),
                t("Leave out {0}, keep ({1}).", one[3], _short(inner)),
            )


def _brackets(text):
    """A pair of brackets put around some of the formula, or taken away."""
    parts = formulas.tokens(text)
    opens = []
    for at, (_, start, end, sign) in enumerate(parts):
        if sign == "(":
            opens.append(at)
        elif sign == ")" and opens:
            first = parts[opens.pop()]
            if first[1] and text[first[1] - 1] not in "=+-*/^(,":
                continue
            yield (
                _replaced(text, [(first[1], first[2], ""), (start, end, "")]),
                t("Leave out one pair of brackets."),
            )
    if len(parts) > 90:
        return
    for a in range(len(parts)):
        if parts[a][3] in "+-*/^),":
            continue
        depth = 0
        for b in range(a, len(parts)):
            depth += {"(": 1, ")": -1}.get(parts[b][3], 0)
            if depth < 0:
                break
            if depth or b == a or parts[b][3] in "+-*/^(,":
                continue
            start, end = parts[a][1], parts[b][2]
            inner = text[start:end]
            if re.search(r"[-+]", inner):
                yield text[:start] + f"({inner})" + text[end:], t("Put brackets around {0}.", _short(inner))


def _put_in(text, tree, places, sheet):
    """A factor put in: at the end of the whole, or of one part of it."""
    parts = [one for one in formulas.all_of(tree) if one[0] in ("binary", "bracket", "cell", "call")]
    factors = []
    for name, place, fixed in places:
        written = _written(place, sheet, fixed)
        if re.fullmatch(r"a_[ho]\d", name):
            factors.append(f"{written}*(1-{written})")
        if re.fullmatch(r"[iw]\d|rate|a_h\d|da_[ho]\d_d[ho]\d|dE_d(a_)?[ho]\d", name):
            factors.append(written)
    for one in parts[:24]:
        inner = text[one[1] : one[2]]
        loose = one[0] == "binary" and one[3] in "+-"
        inner = f"({inner})" if loose else inner
        for factor in ["2", "0.5", *factors]:
            yield (
                text[: one[1]] + f"{inner}*{factor}" + text[one[2] :],
                t("Multiply {0} by {1}.", _short(text[one[1] : one[2]]), factor),
            )
    whole = text[1:]
    for cell in formulas.cells_of(tree):
        written = text[cell[1] : cell[2]]
        yield (
            _replaced(text, [(cell[1], cell[2], f"(1-{written})")]),
            t("Put {0} where you have {1}.", f"(1-{written})", written),
        )
        yield (
            _replaced(text, [(cell[1], cell[2], f"1/(1+EXP(-{written}))")]),
            t("Put {0} where you have {1}.", f"1/(1+EXP(-{written}))", written),
        )
    yield f"=1/(1+EXP(-({whole})))", t("Put the whole into the sigmoid.")


def _copied(judge, name, step, judged):
    """The formula of another row of the same column, where that is right, copied to this one."""
    for other in range(judge.table.rows):
        if other == step or any(wrong == other for wrong, _ in judged[name]["wrong"]):
            continue
        place = judge.table.place(name, other)
        cell = judge.trees.at(place)
        if cell is not None and cell.formula:
            here = judge.table.place(name, step)
            moved = move(judge, cell.formula, place, here)
            if moved:
                written = formulas.address(*place[1:])
                yield moved, t("Copy the formula of {0} to here.", written)
            return


def move(judge, text, place, here):
    """A formula as it reads when it is copied from one cell to another; None where it would leave the
    sheet."""
    try:
        tree = judge.trees.tree(text, place[0])
    except formulas.FormulaError:
        return None
    pieces = []
    for one in formulas.cells_of(tree):
        row = one[4] if one[6] else one[4] + here[1] - place[1]
        column = one[5] if one[7] else one[5] + here[2] - place[2]
        if row < 1 or column < 1:
            return None
        prefix = text[one[1] : one[2]].rpartition("!")
        if not re.search(r"\d$", text[one[1] : one[2]]):
            continue  # a defined name
        new = prefix[0] + prefix[1] + "$" * one[7] + formulas.letters(column) + "$" * one[6] + str(row)
        pieces.append((one[1], one[2], new))
    return _replaced(text, pieces)


def _carried_over(judge, name, step, judged):
    """The formula of a right column, each of its cells exchanged for the one that answers to it."""
    for pairs in _symmetries():
        other = _exchanged(name, pairs)
        if (
            other == name
            or other not in judge.table.columns
            or judged.get(other, {}).get("verdict") != "right"
        ):
            continue
        place = judge.table.place(other, step)
        cell = judge.trees.at(place)
        if cell is None or not cell.formula:
            continue
        try:
            tree = judge.trees.tree(cell.formula, place[0])
        except formulas.FormulaError:
            continue
        at = {(quantity, where): spot for quantity, spot, where in _spots(judge)}
        pieces = []
        for one in formulas.cells_of(tree):
            meant = judge.meaning.get(one[3:6])
            if meant:
                there = at.get((_exchanged(meant[0], pairs), meant[1]))
                fixed = False
                if there is None:
                    there = at.get((_exchanged(meant[0], pairs), None))
                    fixed = True
            else:
                constant = judge.constants.get(one[3:6])
                fixed = True
                there = at.get((_exchanged(constant, pairs), None)) if constant else one[3:6]
                if constant and _exchanged(constant, pairs) == constant:
                    there = one[3:6]
            if there is None:
                pieces = None
                break
            pieces.append((one[1], one[2], _written(there, judge.table.columns[name].sheet, fixed, one)))
        if pieces is not None:
            formula = _replaced(cell.formula, pieces)
            yield formula, t("What belongs there, as in {0}: {1}", formulas.address(*place[1:]), formula)


def _spots(judge):
    for place, (quantity, step) in judge.meaning.items():
        yield quantity, place, step
    for place, quantity in judge.constants.items():
        yield quantity, place, None


def _symmetries():
    return [INPUTS, HIDDEN, OUTPUTS, HIDDEN + INPUTS, HIDDEN + OUTPUTS]


def _exchanged(name, pairs):
    """The quantity that answers to this one where the pairs change places, one after the other."""
    for one, other in pairs:
        name = name.replace(one, "\0").replace(other, one).replace("\0", other)
    return name


def standard(judge, name: str, step: int) -> str | None:
    """The usual formula of a quantity in the cells of the sheet, what it lacks written out."""
    cells = {}
    for other, place, fixed in _places(judge, name, step):
        at = judge.meaning.get(place, (other, step))[1]
        if name in trials.WEIGHTS and at == step and not fixed:
            continue
        cells.setdefault(other, _written(place, judge.table.columns[name].sheet, fixed))
    for other, value in judge.known.items():
        cells.setdefault(other, f"{value:.15g}")
    target = f"{name}_new" if name in trials.WEIGHTS else name
    text = trials.FORMULAS[target]
    try:
        return "=" + _spelled(judge, text, cells, 0)
    except KeyError:
        return None


def _spelled(judge, text, cells, depth):
    """A formula of `trials` in the words of a sheet."""
    if depth > 12:
        raise KeyError(text)

    def put(found):
        slope, active, name = found.groups()
        if slope:
            written = _named(judge, f"a_{slope}", cells, depth)
            return f"{written}*(1-{written})"
        if active:
            return f"1/(1+EXP(-{_named(judge, active, cells, depth)}))"
        return _named(judge, name, cells, depth)

    return WORDS.sub(put, text).replace("**", "^").replace(" ", "")


WORDS = re.compile(r"sigma\((\w+)\) \* sigma\(-\w+\)|sigma\((\w+)\)|\b([a-zA-Z]\w*)")


def _named(judge, name, cells, depth):
    if name in cells:
        return cells[name]
    formula = trials.FORMULAS[name]
    inner = _spelled(judge, formula, cells, depth + 1)
    outside = inner
    while (shorter := re.sub(r"\([^()]*\)", "", outside)) != outside:
        outside = shorter
    return f"({inner})" if re.search(r"[-+/]", outside) else inner
