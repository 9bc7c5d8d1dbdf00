"""Whether one network or recipe is better than another: `compare`, and the sentence that may be claimed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from s6lib import checks
from s6lib.report import page, verdict
from s6lib.report.intervals import images_interval, mean_interval, means_interval, one_more, shared
from s6lib.report.network import Report
from s6lib.report.verdict import ALONE, GROUPS, IMAGES, ONE_MORE, SEEDS, Found, Verdict
from s6lib.words import t

with checks.extra("cnn"):
    import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TAKES = (
    "takes a Report, a table of runs with the columns seed, test_correct and test_total, or {seed: Report}"
)
BY = ("difference", "ratio")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Networks or recipes, each against the first. `compare` makes one.

    In a notebook it shows itself; `s6lib.plots.comparison` draws it.
    """

    sentence: str  #: what may be claimed, and how surely
    notes: tuple[str, ...]  #: what else differs between them, and what was left out
    table: (
        pd.DataFrame
    )  #: a row for each but the first: the difference or ratio, its ends, whether it is clear
    differences: pd.DataFrame  #: of each pair, a column for each but the first
    compared: pd.DataFrame  #: a row for each: runs, mean accuracy and the standard deviation of a run
    baseline: str  #: the name of the first
    by: str  #: "difference" of accuracy, or "ratio" of errors
    confidence: float  #: that all intervals hold together
    total: int  #: images of the test
    data: str  #: what test it was; "" if nobody says

    @property
    def unit(self) -> str:
        """What the numbers of `table` are, in words."""
        return t("percentage points") if self.by == "difference" else t("times the errors")

    def __repr__(self):
        return page.comparison_text(self)

    def _repr_html_(self):
        return page.comparison_html(self)


class _Runs(NamedTuple):
    """What one of those compared has to give."""

    name: str
    seeds: list | None  # None: nobody knows which
    correct: NDArray[np.int64]  # (runs,)
    total: int
    data: str
    test: str  # "test" or "validation"
    same_images: str  # "" if unknown
    train_size: int | None
    report: Report | None  # of a single network


def compare(
    *compared: Report | pd.DataFrame | Mapping[int, Report],
    names: Sequence[str] | None = None,
    confidence: float = 0.95,
    by: str = "difference",
    paired: bool | None = None,
) -> Comparison:
    """Compare each with the first, and say in one sentence what may be claimed: a `Comparison`.

    compared : two or more, all on the same images. A `Report` is one trained network. The runs of a recipe
        are a table with the columns seed, test_correct and test_total, as a sweep of the chapter on training
        selects it and `s6lib.results.table` has many, or reports by their seeds, {seed: report}
    names : a text for each
    confidence : that *all* intervals hold together: each of k gets 1 - (1 - confidence) / k (`shared`)
    by : "difference" of the accuracies; or "ratio" of the errors, by means of its logarithm, for changes that
        multiply the errors
    paired : by default runs are compared seed by seed where both have the same seeds, else as two groups.
        True takes the seeds that both have, and says how many were left out; False takes two groups

    What is done, by what there is:

    - two networks: image by image, `images_interval`, which goes with McNemar's test. It says which of these
      two networks is better, and nothing of their recipes
    - runs of the same seeds: `mean_interval` of the differences of each seed
    - runs of other seeds: `means_interval` of two groups
    - one run against several: `one_more`, where one more run of the other recipe would fall
    - one run against one: there is no interval, and nothing may be claimed of the recipes

    Raises TypeError or ValueError, by name, for anything else; for tests of other images or digits; for a
    seed that comes twice, or whose run has no result; and for a ratio where there are no errors.
    """
    if len(compared) < 2:
        raise ValueError(
            f"compared: got {len(compared)}; takes two or more, each {TAKES.removeprefix('takes ')}"
        )
    confidence = checks.fraction("confidence", confidence)
    checks.one_of("by", by, BY)
    checks.one_of("paired", paired, (None, True, False))
    first, *others = runs = [_runs(at, each, name) for at, (each, name) in enumerate(_named(compared, names))]
    for each in others:
        _same_test(first, each)
    each_needs = shared(confidence, len(others))
    single = all(run.report is not None for run in runs)
    if single and by == "ratio":
        raise ValueError("by: got 'ratio' for Reports of single networks; takes 'difference' there")
    if single:
        found = [_images(first, other, each_needs) for other in others]
    else:
        found = [_of_runs(first, other, each_needs, by, paired) for other in others]
    return _told(runs, found, confidence, by)


def _named(compared, names):
    if names is None:
        own = [each.name if isinstance(each, Report) else "" for each in compared]
        letters = [chr(65 + k) if k < 26 else f"{k + 1}." for k in range(len(own))]
        names = own if all(own) and len(set(own)) == len(own) else letters
    elif isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"names: got {names!r}; takes a list of texts")
    names = list(names)
    if not all(isinstance(each, str) for each in names):
        raise TypeError(f"names: got {names!r}; takes a list of texts")
    if len(names) != len(compared) or len(set(names)) != len(names):
        raise ValueError(f"names: got {names}; takes {len(compared)}, all different")
    return list(zip(compared, names))


def _runs(at, given, name):
    where = f"compared[{at}] ({name})"
    if isinstance(given, Report):
        return _Runs(
            name, None, np.array([given.correct]), given.total, given.data, given.held_out, given.same_images,
            None, given,
        )  # fmt: skip
    if isinstance(given, pd.DataFrame):
        return _of_table(where, given, name)
    if isinstance(given, Mapping) and given and all(isinstance(each, Report) for each in given.values()):
        one, *more = given.values()
        for seed, each in given.items():
            if each.same_images != one.same_images:
                raise ValueError(
                    f"{where}: got the Report of seed {seed!r} on {each.total:,} images of {each.data}, "
                    f"others on {one.total:,} of {one.data}; takes Reports on the same images"
                )
        correct = np.array([each.correct for each in given.values()])
        return _Runs(
            name, list(given), correct, one.total, one.data, one.held_out, one.same_images, None, None
        )
    raise TypeError(f"{where}: got {type(given).__name__}; {TAKES}")


def _of_table(where, table, name):
    columns = ("seed", "test_correct", "test_total")
    missing = [each for each in columns if each not in table.columns]
    if missing:
        raise ValueError(f"{where}: got a table without {', '.join(missing)}; {TAKES}")
    if table.empty:
        raise ValueError(f"{where}: got a table without rows; takes one row for each run")
    for column in (*columns, "data", "train_size"):
        if list(table.columns).count(column) > 1:
            raise ValueError(f"{where}: got several columns called {column}; takes one")
    for column in columns:
        lost = table[column].isna()
        if lost.any():
            raise ValueError(
                f"{where}: got no {column} in row {table.index[lost][0]}; takes runs that came to their end: "
                "drop the others, and say so"
            )
    seeds = _whole(f"{where}: seed", table["seed"])
    twice = table["seed"][seeds.duplicated()]
    if len(twice):
        raise ValueError(
            f"{where}: got the seed {twice.iloc[0]} twice; takes one row for each seed: of several recipes "
            "in one table, give each by itself"
        )
    known = {}  # of all runs; whether a run says what it was tested on is up to it
    for column in ("test_total", "data"):
        values = known[column] = table[column].dropna().unique() if column in table.columns else []
        if len(values) > 1:
            raise ValueError(f"{where}: got {column} {', '.join(map(str, values))}; takes runs of one test")
    total = known["test_total"][0]
    if not isinstance(total, Real) or not 1 <= total < math.inf or total != int(total):
        got = repr(total) if isinstance(total, str) else total
        raise ValueError(f"{where}: got test_total {got}; takes a whole number, 1 or more")
    total = int(total)
    whole = _numbers(f"{where}: test_correct", table["test_correct"])
    wrong = (whole != np.round(whole)) | (whole < 0) | (whole > total)
    if wrong.any():
        raise ValueError(
            f"{where}: got test_correct {whole[wrong][0]}; takes whole numbers from 0 to {total:,}"
        )
    data = str(known["data"][0]) if len(known["data"]) else ""
    sizes = table["train_size"].unique() if "train_size" in table.columns else []
    size = None
    if len(sizes) == 1 and not pd.isna(sizes[0]):
        size = int(_whole(f"{where}: train_size", table["train_size"]).iloc[0])
    return _Runs(name, seeds.tolist(), whole.astype(np.int64), total, data, "test", "", size, None)


def _numbers(where, column):
    """A column as an array of numbers, whatever pandas keeps them in."""
    return checks.of_kind(where, column.tolist(), "iuf", "whole numbers")


def _whole(where, column):
    """A column of whole numbers, some of which pandas may have made floats."""
    values = _numbers(where, column)
    wrong = ~np.isfinite(values.astype(float)) | (values != np.round(values))
    if wrong.any():
        raise ValueError(f"{where}: got {values[wrong][0]}; takes whole numbers")
    return pd.Series([int(each) for each in values], column.index)


def _same_test(first, other):
    """Raise ValueError unless both were tested on the same images, as far as anybody knows."""
    alike = first.total == other.total and first.test == other.test
    alike &= not (first.data and other.data) or first.data == other.data
    known = first.same_images and other.same_images
    if alike and (not known or first.same_images == other.same_images):
        return
    there, here = (
        f"{each.total:,} {each.test} images{f' of {each.data}' * bool(each.data)}" for each in (other, first)
    )
    told = f"got a test on {there}; takes one on those of {first.name}, {here}"
    if there == here:
        told = f"got a test on other images or labels than {first.name}, if as many; takes the same"
    raise ValueError(f"compared ({other.name}): {told}: only answers to the same images can be compared")


# The statistics ---------------------------------------------------------------------------------


def _images(first, other, confidence):
    """Two networks on the same images."""
    before, after = first.report.right, other.report.right
    only_first, only_second = int((before & ~after).sum()), int((after & ~before).sum())
    low, high = images_interval(only_first, only_second, first.total, confidence)
    pairs = pd.Series(after.astype(int) - before.astype(int), name=other.name).rename_axis("image")
    return Found(float(pairs.mean()), low, high, IMAGES, pairs, (1, 1))


def _of_runs(first, other, confidence, by, paired):
    """Runs of two recipes, on the scale on which they are compared and back again."""
    before, after = _scaled(first, by), _scaled(other, by)

    def back(value):
        if by == "ratio":
            return math.exp(value)
        return min(max(value / first.total, -1.0), 1.0)  # Student's interval may end where no share can be

    same = first.seeds is not None and other.seeds is not None and set(first.seeds) == set(other.seeds)
    if paired and not same:
        return _back(_common(first, other, before, after, confidence), back)
    if same and paired is not False:
        return _back(_paired(before, after[before.index], confidence), back)
    pairs, size = after - before.mean(), (len(before), len(after))
    value = after.mean() - before.mean()
    if size == (1, 1):
        return _back(Found(value, math.nan, math.nan, ALONE, pairs, size), back)
    if min(size) == 1:
        several = before if len(before) > 1 else after
        low, high = one_more(several, confidence) if np.ptp(several) else (math.nan, math.nan)
        reach, notes = (high - low) / 2, () if np.ptp(several) else (verdict.alike(),)
        return _back(Found(value, value - reach, value + reach, ONE_MORE, pairs, size, notes), back)
    low, high = means_interval(before, after, confidence)
    notes = (verdict.alike(),) if math.isnan(low) else ()
    if paired is None and first.seeds and other.seeds:
        both = len(set(first.seeds) & set(other.seeds))
        notes = (*notes, verdict.other_seeds(first.name, other.name, both))
    return _back(Found(value, low, high, GROUPS, pairs, size, notes), back)


def _scaled(runs, by):
    """How many images each run reads, or the logarithm of its errors; by its seed."""
    index = runs.seeds if runs.seeds is not None else range(len(runs.correct))
    index = pd.Index(index, name="seed")
    if by == "difference":
        return pd.Series(runs.correct.astype(float), index)  # whole: equal differences are equal to the bit
    errors = runs.total - runs.correct
    if (errors == 0).any():
        seed = index[errors == 0][0]
        raise ValueError(
            f"by: got 'ratio', but {runs.name} makes no error with seed {seed}, and nothing is so many times "
            "that; takes 'difference' there"
        )
    return pd.Series(np.log(errors), index)


def _paired(before, after, confidence, notes=()):
    pairs, size = after - before, (len(before), len(after))
    if len(pairs) < 2:
        return Found(pairs.mean(), math.nan, math.nan, ALONE, pairs, size, notes)
    if np.ptp(pairs) < 1e-12:  # nothing but what logarithms were rounded by
        notes = (*notes, verdict.all_pairs_alike())
        return Found(pairs.mean(), math.nan, math.nan, SEEDS, pairs, size, notes)
    return Found(pairs.mean(), *mean_interval(pairs, confidence), SEEDS, pairs, size, notes)


def _common(first, other, before, after, confidence):
    """Runs of the seeds that both have."""
    seeds = [seed for seed in first.seeds or () if seed in set(other.seeds or ())]
    if len(seeds) < 2:
        raise ValueError(
            f"paired: got True, but {first.name} has the seeds {first.seeds or 'unknown'} and {other.name} "
            f"{other.seeds or 'unknown'}; takes two seeds or more that both have, or paired=False"
        )
    left = verdict.left_out({each.name: len(each.seeds) - len(seeds) for each in (first, other)})
    return _paired(before[seeds], after[seeds], confidence, (left,))


def _back(found, back):
    """The numbers of a comparison as differences or ratios, which may have been logarithms."""
    value, low, high = (float(back(each)) for each in found[:3])
    return found._replace(value=value, low=low, high=high, pairs=found.pairs.map(back))


# The sentence -----------------------------------------------------------------------------------


def _told(runs, found, confidence, by):
    first, *others = runs
    nothing = 1.0 if by == "ratio" else 0.0
    table = pd.DataFrame(
        {
            by: [each.value for each in found],
            "from": [each.low for each in found],
            "to": [each.high for each in found],
            "clear": [each.low > nothing or each.high < nothing for each in found],
            "compared": [each.how for each in found],
        },
        index=pd.Index([each.name for each in others], name=f"against {first.name}"),
    )
    accuracies = {run.name: run.correct / run.total for run in runs}
    compared = pd.DataFrame(
        {
            "runs": {name: len(each) for name, each in accuracies.items()},
            "accuracy": {name: each.mean() for name, each in accuracies.items()},
            "spread": {
                name: each.std(ddof=1) if len(each) > 1 else math.nan for name, each in accuracies.items()
            },
        }
    )
    data = next((run.data for run in runs if run.data), "")
    said = Verdict(by, first.name, confidence, first.total, page.images(first.total, first.test, data))
    if len(found) == 1:
        sentence = said.of_two(others[0].name, found[0], bool(table["clear"].iloc[0]))
    else:
        sentence = said.of_several(table, alone=len(first.correct) == 1)
    notes = [note for each in found for note in each.notes]
    sizes = {run.name: run.train_size for run in runs if run.train_size}
    if len(set(sizes.values())) > 1:
        notes.append(verdict.other_sizes(sizes))
    differences = pd.concat([each.pairs.rename(other.name) for each, other in zip(found, others)], axis=1)
    return Comparison(
        sentence, tuple(dict.fromkeys(notes)), table, differences, compared, first.name, by, confidence,
        first.total, data,
    )  # fmt: skip
