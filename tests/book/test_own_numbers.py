"""Part 1 with a reader's own numbers: a chapter executes and tells the truth, or its first cell refuses them.

Each chapter is executed in this process with random settings of all its parameters, and what it shows is held
against referees that share no line with s6lib: the network in 200 decimal digits, with every slope found by
nudging, and training in plain Python, one number after another. The gate takes two settings of each;

    OWN_NUMBERS=20 pytest tests/book/test_own_numbers.py

takes twenty, and OWN_NUMBERS=20 OWN_SEED=7 twenty others.
"""

import math
import os
import re
import warnings
from decimal import Decimal, localcontext

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.display import Markdown
from notebooks import ROOT, executed, load, of_kind, source, tags
from pandas.io.formats.style import Styler

from s6lib import plots
from s6lib.widgets import Questions, stepper

COUNT = int(os.environ.get("OWN_NUMBERS", 1))
SEED = int(os.environ.get("OWN_SEED", 19))
CHAPTERS = ("forward_pass", "backpropagation", "weight_update", "learning_rate")
#: What every parameter may be, as the chapters say it in their forms.
RANGES = {
    **{f"w{k}": (-10, 10) for k in range(1, 9)},
    **{f"i{k}": (-10, 10) for k in (1, 2)},
    **{f"t{k}": (0, 1) for k in (1, 2)},
    "learning_rate": (1e-6, 1e6),
    "steps": (1, 500),
}
#: Settings that nobody draws at random: nothing to learn, saturated, still, thrown.
ODD = [
    {"learning_rate": 1e6},
    {"learning_rate": 1e-6, "steps": 1},
    {f"w{k}": 0 for k in range(1, 9)},
    {"i1": 0, "i2": 0, "t1": 1},
    {**{f"w{k}": 10 for k in range(1, 9)}, "i1": 10, "i2": 10, "t1": 0},
    {"w5": 0, "w6": 0, "i1": -1, "i2": 1, "learning_rate": 300},
]
NUMBER = r"[−-]?\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?"


# Settings ---------------------------------------------------------------------------------------


def parameters_of(stem):
    """The names and defaults of a chapter's parameters."""
    (cell,) = [
        cell for cell in of_kind(load(ROOT / "book" / f"{stem}.ipynb"), "code") if "parameters" in tags(cell)
    ]
    values = {}
    exec(source(cell), values)
    return {name: value for name, value in values.items() if name in RANGES}


def drawn(random):
    """One setting of all parameters, as people type them; in one of eight, one number is out of its range."""
    size = random.choice([0.5, 2, 10])
    setting = {}
    for name, (low, high) in RANGES.items():
        if name[0] in "wi" and random.random() < 0.9:
            setting[name] = round(random.uniform(-size, size), 2)
        elif name[0] in "wi":
            setting[name] = float(random.choice([0, 1, -1, low, high]))
        elif name[0] == "t":
            setting[name] = float(random.choice([0, 1, 0.5, round(random.random(), 2)]))
        elif name == "steps":
            setting[name] = int(random.choice([1, 2, 30, 67, 200, high]))
        else:
            exponent = random.uniform(-6, 6) if random.random() < 0.4 else random.uniform(-1, 2.5)
            setting[name] = float(f"{10**exponent:.3g}")
    if random.random() < 1 / 8:
        name = random.choice(list(RANGES))
        low, high = RANGES[name]
        setting[name] = type(setting[name])(random.choice([low - 3e6, high + 3e6]))
    return setting


def settings(stem):
    random = np.random.default_rng(SEED)
    odd = ODD if "OWN_NUMBERS" in os.environ else [ODD[CHAPTERS.index(stem) + 2]]
    return [*odd, *(drawn(random) for _ in range(COUNT))]


EACH = [(stem, setting) for stem in CHAPTERS for setting in settings(stem)]


def test_an_address_may_give_what_some_chapter_takes():
    """The steppers' range is the widest of the chapters; the other numbers are held in test_kit."""
    taken = []
    for stem in CHAPTERS:
        text = "".join(source(cell) for cell in of_kind(load(ROOT / "book" / f"{stem}.ipynb"), "code"))
        taken += re.findall(r'"learning_rate", learning_rate, ([\d.e-]+), ([\d.e-]+)', text)
    lows, highs = zip(*(map(float, each) for each in taken))
    assert len(taken) > 1 and stepper.RANGES["l"] == (min(lows), max(highs))


# Referees ---------------------------------------------------------------------------------------


class Exactly:
    """The network of a setting in 200 decimal digits; a slope is the change by a nudge."""

    NUDGE = Decimal("1e-30")

    def __init__(self, setting):
        self.n = {name: Decimal(repr(value)) for name, value in setting.items()}
        self.all = self.values(self.n)

    @staticmethod
    def sigmoid(z):
        return 1 / (1 + (-z).exp())

    @classmethod
    def values(cls, n):
        with localcontext() as context:
            context.prec = 200
            v = dict(n)
            for k, (a, b) in {1: ("w1", "w2"), 2: ("w3", "w4")}.items():
                v[f"h{k}"] = n[a] * n["i1"] + n[b] * n["i2"]
                v[f"a_h{k}"] = cls.sigmoid(v[f"h{k}"])
            for k, (a, b) in {1: ("w5", "w6"), 2: ("w7", "w8")}.items():
                v[f"o{k}"] = n[a] * v["a_h1"] + n[b] * v["a_h2"]
                v[f"a_o{k}"] = cls.sigmoid(v[f"o{k}"])
                v[f"E{k}"] = (n[f"t{k}"] - v[f"a_o{k}"]) ** 2 / 2
            v["E_total"] = v["E1"] + v["E2"]
            return v

    def nudged(self, name, by):
        return self.values({**self.n, name: self.n[name] + by})

    def slope(self, name, of="E_total"):
        with localcontext() as context:
            context.prec = 200
            up, down = self.nudged(name, self.NUDGE)[of], self.nudged(name, -self.NUDGE)[of]
            return (up - down) / (2 * self.NUDGE)

    def slopes(self):
        return {f"w{k}": self.slope(f"w{k}") for k in range(1, 9)}

    def after(self, rate):
        """The network one step later."""
        with localcontext() as context:
            context.prec = 200
            moved = {name: self.n[name] - Decimal(repr(rate)) * at for name, at in self.slopes().items()}
        later = object.__new__(Exactly)
        later.n = {**self.n, **moved}
        later.all = self.values(later.n)
        return later


def squeeze(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def one_step(w, setting, rate):
    """The error of these eight weights, the two misses, and the weights after a step, in plain Python."""
    i, t = (setting["i1"], setting["i2"]), (setting["t1"], setting["t2"])
    h = [w[0] * i[0] + w[1] * i[1], w[2] * i[0] + w[3] * i[1]]
    a = [squeeze(z) for z in h]
    o = [w[4] * a[0] + w[5] * a[1], w[6] * a[0] + w[7] * a[1]]
    miss = [squeeze(z) - aim for z, aim in zip(o, t)]
    back = [m * squeeze(z) * squeeze(-z) for m, z in zip(miss, o)]
    hidden = [(back[0] * w[4 + k] + back[1] * w[6 + k]) * squeeze(h[k]) * squeeze(-h[k]) for k in (0, 1)]
    slopes = [hidden[0] * i[0], hidden[0] * i[1], hidden[1] * i[0], hidden[1] * i[1]]
    slopes += [back[0] * a[0], back[0] * a[1], back[1] * a[0], back[1] * a[1]]
    error = (miss[0] ** 2 + miss[1] ** 2) / 2
    return error, miss, [weight - rate * slope for weight, slope in zip(w, slopes)]


def trained(setting, rate, steps, off=0.0):
    """The errors, the misses and the weights of every step; started `off` by this share of each weight."""
    w, errors, misses, path = [setting[f"w{k}"] * (1 + off) for k in range(1, 9)], [], [], []
    for _ in range(steps + 1):
        path.append(w)
        error, miss, w = one_step(w, setting, rate)
        errors.append(error)
        misses.append(miss)
    return np.array(errors), np.array(misses), np.array(path)


def foreseeable(setting, rate, steps):
    """Whether a run ends where it does whatever the rounding: thrown about, some runs do not."""
    one, other = (trained(setting, rate, steps, off) for off in (0.0, 1e-12))
    return np.allclose(one[0], other[0], rtol=1e-6, atol=1e-12) and np.allclose(one[2], other[2], rtol=1e-6)


# What a page shows ------------------------------------------------------------------------------


def plain(text):
    """Without colours and emphasis, in ASCII."""
    return re.sub(r"<[^>]*>|\*\*", "", text).translate(str.maketrans({"\u00a0": " ", "−": "-"}))


def written(text):
    return Decimal(text.replace(",", "").replace("−", "-"))


def agrees(told, exact, slack=1e-15):
    """Whether the number that is told is the exact one, rounded to as many digits as it has.

    slack : what float64 may have lost before it was rounded
    """
    told, exact = written(told), Decimal(exact)
    last = Decimal(1).scaleb(told.as_tuple().exponent)
    return abs(told - exact) <= last * Decimal("0.501") + Decimal(slack)


def by_calculator(line):
    """What a calculator makes of the left side of a written sum, and what stands on its right."""
    left, sign, right = re.fullmatch(r"(.*) ([=≈]) (\S+)", line).groups()
    for mark, code in (("×", "*"), ("²", "**2"), ("σ", "squeeze")):
        left = left.replace(mark, code)
    return eval(left, {"squeeze": squeeze}), sign, right


def cells_of(table):
    """(row, column) -> the text that a table shows there."""
    lines = table.to_string(delimiter="|").splitlines()
    head = lines[0].split("|")[1:]
    rows = [line.split("|") for line in lines[1:] if line.strip(" |")]
    return {(row[0], name): text for row in rows if any(row[1:]) for name, text in zip(head, row[1:])}


def shown(stem, setting):
    """What a chapter shows with these parameters: texts, tables, questions."""
    texts, tables, asked = [], [], {}
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.use("agg")
        warnings.simplefilter("error", RuntimeWarning)
        for _, value in executed(ROOT / "book" / f"{stem}.ipynb", setting):
            if isinstance(value, Markdown):
                texts.append(value.data)
            elif isinstance(value, Questions):
                asked |= {question["name"]: question for question in value.questions}
            elif isinstance(value, Styler):
                tables.append(cells_of(value))
            for number in plt.get_fignums():
                plt.figure(number).draw_without_rendering()
            plt.close("all")
    return "\n".join(texts), tables, asked


# The referees' verdicts -------------------------------------------------------------------------

#: What no sentence of a page should come to.
SLIPS = r"(?<![\w.,])(nan|inf|1 (steps|times)|0 times|-0|-0\.0+)(?![\w.])"


def check_sums(raw):
    """Every sum that is written out, on a pocket calculator."""
    found = 0
    for block in re.findall(r'class="arithmetic">(.*?)</p>', raw, re.S):
        for line in block.split("<br>"):
            value, sign, right = by_calculator(plain(line))
            if sign == "=":
                digits = len(written(right).normalize().as_tuple().digits)
                room = Decimal(1).scaleb(written(right).adjusted() - max(digits, 4) + 1)
                assert abs(Decimal(value) - written(right)) <= room * Decimal("0.51"), plain(line)
            found += 1
    return found


def found(pattern, text):
    """What the groups of a sentence hold, or None where the page does not say it."""
    match = re.search(pattern, text)
    return match and (match.groups() if len(match.groups()) > 1 else match[1] if match.groups() else match[0])


def sign(value):
    """Its sign, 0 for what float64 cannot tell from 0."""
    return 0 if abs(value) < Decimal("1e-150") else 1 if value > 0 else -1


def forward_pass(setting, text, tables, asked):
    exact = Exactly(setting).all
    total, activation = found(rf"The sum ({NUMBER}) becomes ({NUMBER})", text)
    assert agrees(total, exact["h1"], 1e-13) and agrees(activation, exact["a_h1"])
    place = found(r"the neuron sits\s+([^.,]*)", text)
    assert {"below": -1, "above": 1, "exactly": 0, "lower": -1, "upper": 1}[
        found("below|above|exactly|lower|upper", place)
    ] == sign(exact["h1"]), place
    if told := found(rf"upper output should be ({NUMBER}) and the lower one ({NUMBER})", text):
        assert agrees(told[0], exact["t1"]) and agrees(told[1], exact["t2"])
    (table,) = tables
    for (row, _), value in table.items():
        name = row.partition(" = ")[0]
        assert agrees(value, exact[name], 1e-13 * max(1, abs(float(exact[name])))), (name, value)
    assert len(table) == 11


def backpropagation(setting, text, tables, asked):
    exact = Exactly(setting)
    slopes, v = exact.slopes(), exact.all
    with localcontext() as context:
        context.prec = 200
        of_output = {k: (v[f"a_o{k}"] - v[f"t{k}"], v[f"a_o{k}"] * (1 - v[f"a_o{k}"])) for k in (1, 2)}
        of_hidden = {k: v[f"a_h{k}"] * (1 - v[f"a_h{k}"]) for k in (1, 2)}
    slack, checked = 1e-15, 0
    for table in tables:
        for (row, column), told in table.items():
            if (
                not re.fullmatch(r"w\d", row)
                or "by way of o1" not in str(table)
                and "dE/da_o" not in str(table)
            ):
                continue
            k = int(row[1])
            neuron, source = (
                ((k - 5) // 2 + 1, (k - 5) % 2 + 1) if k > 4 else ((k - 1) // 2 + 1, (k - 1) % 2 + 1)
            )
            value = {
                "dE/da_o": lambda: of_output[neuron][0],
                "da_o/do": lambda: of_output[neuron][1],
                "do/dw": lambda: v[f"a_h{source}"],
                "by way of o1": lambda: of_output[1][0] * of_output[1][1] * v[f"w{4 + neuron}"],
                "by way of o2": lambda: of_output[2][0] * of_output[2][1] * v[f"w{6 + neuron}"],
                "da_h/dh": lambda: of_hidden[neuron],
                "dh/dw": lambda: v[f"i{source}"],
                "dE/dw": lambda: slopes[row],
            }[column]()
            assert agrees(told, value, slack * max(1, abs(float(value)))), (row, column, told, float(value))
            checked += 1
    assert checked == 4 * 4 + 4 * 5
    rise = exact.nudged("w5", Decimal("0.01"))["E_total"] - v["E_total"]
    if way := found(r"The error goes (up|down)", text):
        assert way == ("up" if rise > 0 else "down")
    if told := found(rf"divided\s+by the nudge is ({NUMBER})", text):
        assert agrees(told, rise * 100, 1e-12)
    if told := found(rf"It misses the true slope by ({NUMBER})%", text):
        assert agrees(told, 100 * abs(rise * 100 / slopes["w5"] - 1), 0.02)


def weight_update(setting, text, tables, asked):
    exact, rate = Exactly(setting), setting["learning_rate"]
    slopes, later = exact.slopes(), exact.after(rate)
    size = max(1.0, *(abs(float(later.n[f"w{k}"])) for k in range(1, 9))) * max(
        1.0, abs(setting["i1"]), abs(setting["i2"])
    )
    first, neurons, states = tables[:3]
    for table, names in ((first, slopes), (neurons, "h1 h2 a_h1 a_h2 o1 o2 a_o1 a_o2 E1 E2 E_total".split())):
        for name in names:
            before, after = exact.all[name], later.all[name]
            columns = {"before": before, "after": after, "change": after - before}
            for column, value in (columns | ({"dE/dw": slopes[name]} if table is first else {})).items():
                told = table[name, column]
                assert agrees(told, value, 3e-15 * size), (name, column, told, float(value))
    if foreseeable(setting, rate, 10):
        errors, _, path = trained(setting, rate, min(10, setting["steps"]))
        for step, (error, weights) in enumerate(zip(errors, path)):
            for name, value in {"E_total": error, **{f"w{k}": weights[k - 1] for k in (1, 4, 5, 8)}}.items():
                assert agrees(states[str(step), name], value, 1e-6), (step, name)

    # one step, and what was to be expected of it
    error, fall = exact.all["E_total"], exact.all["E_total"] - later.all["E_total"]
    expected = Decimal(repr(rate)) * sum(slope**2 for slope in slopes.values())
    assert agrees(found(rf"squared derivatives, which is ({NUMBER}) here", text), expected, 1e-30)
    share = fall / expected if expected else Decimal(1)
    if told := found(rf"The error (fell|rose) by ({NUMBER})\.", text):
        assert told[0] == ("fell" if fall > 0 else "rose") and agrees(told[1], abs(fall), 3e-16)
    else:
        assert "The error stayed as it was." in text and abs(fall) <= Decimal("1e-10") * error + Decimal(
            "1e-16"
        )
    if told := found(rf"The truth is\s+({NUMBER})% of that: the slope (flattens|grows steeper)", text):
        assert agrees(told[0], 100 * share, 0.01) and (told[1] == "flattens") == (share < 1)
        assert (found("promises (a little )?too (much|little)", text)[1] == "much") == (share < 1)
    elif "past the bottom" in text:
        assert fall <= 0
    elif "to three digits" in text:
        assert abs(share - 1) < Decimal("1e-3")
    elif "less than 0.1% of that" in text:
        assert 0 < share <= Decimal("0.001")
    else:
        assert "lost in rounding" in text or expected == 0 or not sign(error)

    # which way
    way = {1: "goes down", -1: "goes up", 0: "stays"}
    misses = [abs(exact.all[f"a_o{k}"] - exact.all[f"t{k}"]) for k in (1, 2)]
    hit = {"w1": max(misses) < 1e-16, "w5": misses[0] < 1e-16}  # as far as float64 can tell
    moves = {name: 0 if hit[name] else sign(slopes[name]) for name in ("w1", "w5")}
    assert re.search(rf"\$w_5\$ {way[moves['w5']]}", text)
    if moves["w1"] == moves["w5"]:
        assert "So does $w_1$" in text
        if told := found(r"too, (but|and) (.*?)\. At a learning rate", text):
            ratio = abs(slopes["w1"] / slopes["w5"])
            limits = {
                "much smaller": (0, 0.2),
                "smaller": (0.2, 1),
                "just as large": (1, 1),
                "larger": (1, 5),
            }
            low, high = limits.get(told[1], (5, math.inf))
            assert low * (1 - 1e-9) <= ratio <= high * (1 + 1e-9), told
    else:
        assert f"But $w_1$ {way[moves['w1']]}" in text
    right = next(each["text"] for each in asked["against"]["choices"] if each["right"])
    assert right == ("up" if moves["w5"] < 0 else "down")

    # who moves how far
    i1, i2 = exact.n["i1"], exact.n["i2"]
    far = rf"(in the opposite direction, )?(?:exactly )?(?:(twice|{NUMBER} times) )?as far as"
    if told := found(rf"\$w_2\$ moves {far} \$w_1\$", text):
        assert i1 and i2 and bool(told[0]) == (i1 * i2 < 0)
        ratio = abs(i2 / i1)
        assert (
            ratio == {None: 1, "twice": 2}[told[1]]
            if told[1] in (None, "twice")
            else agrees(told[1].split()[0], ratio)
        )
    else:
        assert not (i1 and i2) or abs(error) < Decimal("1e-30")
        assert ("Both inputs are 0" in text) == (not i1 and not i2 and sign(error) != 0)
    hidden, output = ([abs(slopes[f"w{k}"]) for k in range(*each)] for each in ((1, 5), (5, 9)))
    if sign(error) and abs(min(output) / (2 * max(hidden) or Decimal("1e-99")) - 1) > 1e-9:
        assert ("fall into groups" in text) == (min(output) > 2 * max(hidden))
    steps = setting["steps"]
    moved_by = rf"have moved by ({NUMBER}) on average, the hidden weights by\s+({NUMBER})"
    told = found(rf"After {steps} steps? the output weights {moved_by}", text)
    if foreseeable(setting, rate, steps):
        errors, _, path = trained(setting, rate, steps)
        moved = np.abs(path[-1] - path[0])
        by_output, by_hidden = moved[4:].mean(), moved[:4].mean()
        assert agrees(told[0], by_output, 1e-12 * size) and agrees(told[1], by_hidden, 1e-12 * size)
        if by_hidden and by_output:
            assert ("solved its task" in text) <= (errors[-1] < 0.0101 * errors[0])
            assert ("nearly as it found it" in text) <= (by_hidden < 0.1001)
            assert ("further than the last one" in text) <= (by_hidden >= by_output * 0.999)
            assert ("was moved as well" in text) <= (by_hidden > 0.0999 * min(1, by_output))


RATES = [0.1, 0.2, 0.5, 0.8, 1.0, 2.0]


def needed(errors):
    below = np.flatnonzero(errors < 0.01 * errors[0])
    return below[0] if len(below) else None


def learning_rate(setting, text, tables, asked):
    rate, steps = setting["learning_rate"], setting["steps"]
    errors, misses, path = trained(setting, rate, steps)
    nothing = errors[0] < 1e-30
    assert ("says what it should from the start" in text) == nothing
    if nothing:
        return
    if foreseeable(setting, rate, steps):
        said = found(r"At \$\\eta = \S+ the error (.*?)\. It (?:needs|does not)", text)
        last = found(rf"after {steps} steps? it is ({NUMBER})\.", text)
        assert agrees(last, errors[-1], 1e-9 * errors[0])
        count = found(r"needs (\d+) steps? to come down to 1 %", text)
        assert (int(count) if count else None) == needed(errors)
        rises = errors.max() > errors[0] * (1 + 1e-8)
        assert ("climbs above its start" in said) == rises or abs(errors.max() / errors[0] - 1) < 1e-7
        if said.startswith("first climbs"):
            assert errors[1] > errors[0] > errors[-1]
        if "at every step" in said and "if not" not in said:
            assert (np.diff(errors) < 1e-15 * errors[0]).all()
        turns = [np.diff(np.sign(each[np.abs(each) > 1.1e-6])) for each in misses.T]
        turns = [np.count_nonzero(each) for each in turns]
        if not rises and "stays what it is" not in said:
            assert {"swing": max(turns) > 1, "pass": max(turns) == 1, "never": max(turns) == 0}[
                found("swing|pass|never", said)
            ], (said, turns)
        (states, *_) = tables
        for (step, name), value in states.items():
            exact = errors[int(step)] if name == "E_total" else path[int(step)][int(name[1]) - 1]
            assert agrees(value, exact, 1e-9 * max(1e-3, abs(exact))), (step, name, value)

    # six rates
    runs = {each: trained(setting, each, 1000)[0] for each in RATES}
    if all(foreseeable(setting, each, 1000) for each in RATES):
        table = tables[1]
        counts = {each: needed(run) for each, run in runs.items()}
        for each, count in counts.items():
            told, product = table[f"{each:g}", "steps to 1 %"], table[f"{each:g}", "rate × steps"]
            assert told == ("not in 1000" if count is None else str(count)), each
            assert count is None or agrees(product, each * count, 1e-9)
        there = [each * count for each, count in counts.items() if count]
        constant = len(there) == 6 and np.ptp(there) < 0.02 * np.mean(there)
        assert ("The last column is nearly constant" in text) == constant
        jump = [each for each, run in runs.items() if (np.diff(run[: steps + 1]) > 1.01e-9 * run[0]).any()]
        right = next(each["text"] for each in asked["too_large"]["choices"] if each["right"])
        told = {"none of them": [], "all but 0.1": RATES[1:], "all six": RATES}.get(right)
        told = [float(each) for each in re.findall(r"[\d.]+", right)] if told is None else told
        assert told == jump, right
        lowest = min(RATES, key=lambda each: runs[each][steps])
        if "the largest rate is the fastest" in text:
            assert runs[2.0][steps] <= runs[lowest][steps] * (1 + 1e-6) + 1e-28
        if other := found(r"the lowest in the end is that of the rate ([\d.]+)\.", text):
            assert runs[float(other)][steps] <= runs[lowest][steps] * (1 + 1e-6) + 1e-28

    # a few hundred rates
    grid = np.geomspace(0.1, 1000, 401)
    told = found(
        rf"the fastest (?:is|lie between) about ({NUMBER})(?: and ({NUMBER}))?, with (\d+)\s+steps?", text
    )
    some = {each: needed(trained(setting, each, 1200)[0]) for each in grid[::40]}
    if told:
        assert all(count is None or count >= int(told[2]) for count in some.values())
        for end in filter(None, told[:2]):
            near = [each for each in grid if agrees(end, each)]
            assert int(told[2]) in [needed(trained(setting, each, int(told[2]))[0]) for each in near]
    elif "none of these rates" in text:
        assert not any(some.values())
    if "At every rate shown it comes down so far." in text:
        assert all(some.values())


@pytest.mark.parametrize("stem, setting", EACH, ids=[f"{stem}-{k}" for k, (stem, _) in enumerate(EACH)])
def test_a_chapter_is_true_of_any_numbers_or_refuses_them(stem, setting, monkeypatch):
    monkeypatch.setattr(plots, "use", lambda: None)
    defaults = parameters_of(stem)
    setting = {name: value for name, value in setting.items() if name in defaults}
    full = defaults | setting
    outside = [name for name, value in full.items() if not RANGES[name][0] <= value <= RANGES[name][1]]
    if outside:
        with pytest.raises(ValueError, match=rf"^{outside[0]}: got .*; takes "):
            steps = executed(ROOT / "book" / f"{stem}.ipynb", setting)
            while "parameters" not in tags(next(steps)[0]):
                pass
            next(steps)  # the first cell after them
        return
    raw, tables, asked = shown(stem, setting)
    text = plain(raw)
    assert not re.search(SLIPS, text), re.search(f".*{SLIPS}.*", text)[0]
    assert check_sums(raw) > 0 or stem == "learning_rate"
    globals()[stem](full, text, tables, asked)


def test_the_forms_say_the_ranges_of_this_file():
    """And each parameter of Part 1 is a field of a form, which papermill and Colab read alike."""
    for stem in CHAPTERS:
        (cell,) = [
            each
            for each in of_kind(load(ROOT / "book" / f"{stem}.ipynb"), "code")
            if "parameters" in tags(each)
        ]
        lines = source(cell).splitlines()
        assert lines[0] == "# @title Your numbers"
        fields = [line for line in lines if not line.startswith("#")]
        for line in fields:
            assert re.fullmatch(r"(\w+) = [\d.]+  # @param \{type:\"(number|integer)\"\}", line), line
        names = [line.split()[0] for line in fields]
        assert sorted(names) == sorted(parameters_of(stem)) and set(names) >= {*list(RANGES)[:12]}
        assert "Weights and inputs from -10 to 10, targets from 0 to 1." in source(cell)


def test_the_referee_would_see_a_wrong_number():
    """A last digit too many, a sum that is none, a slope of the wrong sign."""
    assert agrees("0.3742", Decimal("0.37424")) and not agrees("0.3743", Decimal("0.37424"))
    assert agrees("-1.23e-07", Decimal("-1.2345e-7")) and not agrees("1.23e-07", Decimal("-1.2345e-7"))
    good = '<p class="arithmetic">0.15 × 0.05 + 0.20 × 0.10 = 0.0275</p>'
    assert check_sums(good) == 1
    with pytest.raises(AssertionError):
        check_sums(good.replace("0275", "0276"))
    setting = parameters_of("learning_rate")
    slopes = Exactly(setting).slopes()
    _, _, after = one_step([setting[f"w{k}"] for k in range(1, 9)], setting, 1.0)
    for k in range(1, 9):  # the two referees, of one another
        assert setting[f"w{k}"] - after[k - 1] == pytest.approx(float(slopes[f"w{k}"]), rel=1e-9)
