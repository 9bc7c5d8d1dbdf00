"""How long a sweep will yet take, and how much disk: from the runs that it has made.

It is a range, from the fastest and smallest run so far to the slowest and largest: the runs to come have
other values, and may take longer than any so far. With one run made, it is that run's word alone.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import NamedTuple

from s6lib import checks
from s6lib.sweep import folder, places


class Forecast(NamedTuple):
    """What is left of a sweep; if the runs to come are like those that were made."""

    made: int  #: runs that are ok, of which the rest is told
    left: int  #: runs that are to come, failed ones among them, which `--resume` makes again
    seconds: tuple[float, float]  #: that they will take, (at least, at most)
    size: tuple[int, int]  #: of the notebooks that they will leave, in bytes, (at least, at most)
    free: int  #: bytes that are free where they go

    def __str__(self):
        if not self.left:
            return f"all {self.made} runs are made"
        runs = f"{self.left} run{'s' * (self.left > 1)} left"
        return f"{runs}: about {between(self.seconds, duration)}, {between(self.size, amount)} of disk"


def forecast(out: str | Path, workers: int | None = None) -> Forecast | None:
    """What is left of the sweep in the folder `out`, a `Forecast`; None while no run of it is ok.

    workers : how many runs are made at once, by default as many as there are processors

    With `m` runs left, `w` at once, and runs so far of `s` seconds each, they take at least `m / w` times the
    smallest `s`, and at most `ceil(m / w)` times the largest. Works while the sweep is going on, too, and
    when it was interrupted. Raises `Refused` where no sweep has been.
    """
    _, runs = folder.load(out)
    at_once = places.processors() if workers is None else checks.count("workers", workers, 1)
    return of(runs, Path(out), at_once, sum(run.outcome != "ok" for run in runs))


def of(runs, out, at_once, left):
    """The `Forecast` for so many runs that are left, `at_once` at the same time; None if none of `runs` is
    ok."""
    made = [run for run in runs if run.outcome == "ok" and run.output and run.output.exists()]
    if not made:
        return None
    seconds = [run.seconds or 0.0 for run in made]
    sizes = [run.output.stat().st_size for run in made]
    rounds = max(left / at_once, 1.0) if left else 0.0
    return Forecast(
        len(made),
        left,
        (rounds * min(seconds), math.ceil(rounds) * max(seconds)),
        (left * min(sizes), left * max(sizes)),
        free(out),
    )


def free(out):
    """Bytes that are free where the folder `out` is, or will be."""
    out = Path(out).resolve()
    return shutil.disk_usage(next(each for each in (out, *out.parents) if each.exists())).free


def between(ends, spell):
    """A range in words; one number where both ends read alike."""
    low, high = (spell(end) for end in ends)
    if low == high:
        return high
    (least, unit), (_, other) = low.split(" "), high.split(" ")
    return f"{least if unit == other else low} to {high}"


def duration(seconds):
    """Seconds as a person says them, with two digits."""
    return _spell(
        seconds, ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h"), (math.inf, 86400, "days"))
    )


def amount(size):
    """Bytes as a person says them, with two digits."""
    return _spell(
        size, ((0.95e6, 1e3, "kB"), (0.95e9, 1e6, "MB"), (0.95e12, 1e9, "GB"), (math.inf, 1e12, "TB"))
    )


def _spell(value, units):
    size, unit = next((size, unit) for below, size, unit in units if value < below)
    return f"{float(f'{value / size:.2g}'):g} {unit}"
