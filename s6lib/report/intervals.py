"""How far a number that was counted may be from the truth: intervals for shares, means and differences.

Each gives its two ends, low and high, and a promise: of all intervals that it makes, the share `confidence`
contain the truth.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from s6lib import checks

with checks.extra("cnn"):
    from scipy import optimize, stats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def wilson(
    correct: ArrayLike, total: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's interval for the share of which `correct` of `total` are a sample; one, or arrays of them.

    It holds every p that lies at most z of its own standard errors from the share that was found (E. B.
    Wilson, *Probable inference*, 1927)::

        |correct / total - p| <= z * sqrt(p * (1 - p) / total)

    Of no image at all every p is plausible, 0 to 1. Raises TypeError or ValueError, by name, for what is no
    count, and where more are correct than there are.
    """
    counts = {"correct": correct, "total": total}
    counts = {name: checks.of_kind(name, value, "iu", "whole numbers") for name, value in counts.items()}
    for name, value in counts.items():
        checks.refuse_where(value < 0, name, value, "whole numbers, 0 or more")
    k, n = np.broadcast_arrays(*(value.astype(float) for value in counts.values()))
    checks.refuse_where(k > n, "correct", k, f"at most as many as there are, total: {total}")
    z = _z(confidence)
    size = np.maximum(n + z**2, np.finfo(float).tiny)  # 0 of no image, without confidence
    middle = (k + z**2 / 2) / size
    reach = z / size * np.sqrt(k * (n - k) / np.maximum(n, 1) + z**2 / 4)
    low, high = np.where(k > 0, middle - reach, 0), np.where(k < n, middle + reach, 1)  # exact at the ends
    return low[()], high[()]


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval for the mean of all runs of which these values (n,) are n::

        mean ± t * s / sqrt(n),    s the standard deviation (n - 1 below), t of n - 1 degrees of freedom

    Where runs are paired, give it their differences. It takes for granted that runs scatter in the shape of a
    bell (Student, *The probable error of a mean*, 1908). Raises TypeError or ValueError, by name, for fewer
    than two values, or what is no finite number.
    """
    values = _runs("values", values)
    reach = _t(confidence, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return values.mean() - reach, values.mean() + reach


def lower_bound(values: ArrayLike, confidence: float = 0.95) -> float:
    """What the mean of all runs exceeds with this confidence, of which these values (n,) are n::

        mean - t * s / sqrt(n),    all of the doubt on this side

    Raises as `mean_interval` does.
    """
    values = _runs("values", values)
    share = checks.fraction("confidence", confidence)
    t = stats.t.ppf(share, len(values) - 1)
    return values.mean() - t * values.std(ddof=1) / math.sqrt(len(values))


def one_more(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Where one more run like these values (n,) falls: wider than the interval for their mean::

        mean ± t * s * sqrt(1 + 1 / n)

    Raises as `mean_interval` does.
    """
    values = _runs("values", values)
    reach = _t(confidence, len(values) - 1) * values.std(ddof=1) * math.sqrt(1 + 1 / len(values))
    return values.mean() - reach, values.mean() + reach


def means_interval(before: ArrayLike, after: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Welch's interval for the mean of `after` less that of `before`, (n,) and (m,), which share nothing::

        difference ± t * sqrt(s² / n + s'² / m)

    with t of Welch's degrees of freedom (B. L. Welch, *The generalization of Student's problem*, 1947). NaN
    where neither scatters at all. Raises as `mean_interval` does.
    """
    before, after = _runs("before", before), _runs("after", after)
    parts = np.array([each.var(ddof=1) / len(each) for each in (before, after)])
    error, difference = math.sqrt(parts.sum()), after.mean() - before.mean()
    if not (np.ptp(before) or np.ptp(after)):  # the variances of equal numbers are only nearly 0
        return math.nan, math.nan
    freedom = parts.sum() ** 2 / (parts**2 / [len(before) - 1, len(after) - 1]).sum()
    reach = _t(confidence, freedom) * error
    return difference - reach, difference + reach


def images_interval(
    only_first: int, only_second: int, total: int, confidence: float = 0.95
) -> tuple[float, float]:
    """An interval for how much larger the second network's share of right answers is, both on `total` images.

    only_first, only_second : the images on which only that one is right; of the others, both or neither is

    It holds every difference d that lies at most z of its own standard errors from the one that was found,
    and half an image more on either side (T. Tango, *Equivalence test and confidence interval for the
    difference in proportions for the paired-sample design*, 1998; the half images: A. L. Edwards, 1948)::

        |only_second - only_first - total * d| - 1 <= z * sqrt(total * (2 * q + d * (1 - d)))

    with q, the share of which the first alone is right, as likely as can be for that d. It leaves 0 out
    exactly where McNemar's test (Q. McNemar, 1947) finds a difference. Raises TypeError or ValueError, by
    name, for what is no count, and where there are more of them than images.
    """
    first, second = checks.count("only_first", only_first), checks.count("only_second", only_second)
    total = checks.count("total", total, minimum=1)
    if first + second > total:
        raise ValueError(f"total: got {total}; takes {first + second} or more, only_first + only_second")
    z, found = _z(confidence), (second - first) / total

    def beyond(d, way):
        """How far, in standard errors more than z, d lies from what was found."""
        error = math.sqrt(max(total * (2 * _alone(first, second, total, d) + d * (1 - d)), 1e-300))
        return (way * (second - first - total * d) - 1) / error - z

    ends = []
    for way, end in ((1, -1.0), (-1, 1.0)):
        inner, outer = found, end * (1 - 1e-12)
        if beyond(outer, way) <= 0:  # all the way is plausible
            ends.append(end)
        else:
            ends.append(optimize.brentq(beyond, inner, outer, args=(way,), xtol=1e-14))
    return ends[0], ends[1]


def _alone(first, second, total, d):
    """The share q of images on which the first alone is right, most likely where the second's share of right
    answers is larger by d: the root of the likelihood's derivative (Tango's equation)."""
    a = 2 * total
    b = (2 * total - second + first) * d - (second + first)
    c = -first * d * (1 - d)
    return max((math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a), 0.0, -d)


def shared(confidence: float, count: int) -> float:
    """What each of `count` intervals needs, so that all hold together with `confidence`: 1 - (1 - confidence)
    / count (O. J. Dunn, *Multiple comparisons among means*, 1961)."""
    count = checks.count("count", count, minimum=1)
    return 1 - (1 - checks.fraction("confidence", confidence)) / count


def _runs(name, values):
    values = checks.floats(name, values, "n")
    if len(values) < 2:
        raise ValueError(f"{name}: got {len(values)} of them; takes 2 or more, for one does not scatter")
    return values.astype(float)


def _z(confidence):
    return stats.norm.ppf((1 + checks.fraction("confidence", confidence)) / 2)


def _t(confidence, freedom):
    return stats.t.ppf((1 + checks.fraction("confidence", confidence)) / 2, freedom)
