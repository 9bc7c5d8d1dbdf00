"""What a trained model does: what it gets right, whether it is better than another, how it reads one drawing.

::

    mine = report(model, digits)                  # in a notebook it shows itself
    mine.confusion, mine.hardest(20)              # its parts; as figures: plots.confusion(mine)
    compare(results.table("author_seeds"), runs)  # what may be claimed, in one sentence
    read(results.network("bent"), "any picture as an array, a tensor or an image of PIL")

Each number that was counted comes with an interval: see `wilson`, `mean_interval` and `images_interval`.
"""

from s6lib.report.comparing import Comparison, compare
from s6lib.report.intervals import (
    images_interval,
    lower_bound,
    mean_interval,
    means_interval,
    one_more,
    shared,
    wilson,
)
from s6lib.report.network import Report, of_answers, report
from s6lib.report.reading import DARK, SURE, Reading, read

__all__ = [
    "DARK", "SURE", "Comparison", "Reading", "Report", "compare", "images_interval", "lower_bound",
    "mean_interval", "means_interval", "of_answers", "one_more", "read", "report", "shared", "wilson",
]  # fmt: skip
