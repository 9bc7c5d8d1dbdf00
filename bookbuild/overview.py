"""Draws overview.svg, the picture in README.md:  python bookbuild/overview.py"""

from pathlib import Path

import matplotlib.pyplot as plt

from s6lib import plots, toy

plt.style.use("s6lib.plots.book")
figure, axes = plt.subplot_mosaic(
    [["network", "linear"], ["network", "log"]], figsize=(9.6, 4.2), width_ratios=[1.1, 1]
)
values = toy.forward(toy.WEIGHTS, toy.INPUTS)
plots.network(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, values, ax=axes["network"])
history = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, toy.LEARNING_RATES, steps=200)
plots.learning_rates(history.loss, toy.LEARNING_RATES, axes=(axes["linear"], axes["log"]))
axes["linear"].set_xticklabels([])
figure.savefig(
    Path(__file__).parents[1] / "book" / "_static" / "overview.svg",
    facecolor="white",
    transparent=False,
    metadata={"Date": None},
)
