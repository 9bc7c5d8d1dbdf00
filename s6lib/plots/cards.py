"""Small pictures for the cards of the home page: what a part is about, at a glance, from its own data."""

import matplotlib.pyplot as plt
import numpy as np

from s6lib.plots.style import (
    FORWARD,
    UPDATE,
    as_many,
    checked_numbers,
    draw_signed,
    label_ends,
    piled,
    rate_colors,
    shown_rate,
)
from s6lib.words import plural, t

#: Inches: 250 pt wide, so that letters of 11 pt are 11 px or more in a card of 250 px or more.
SIZE = (250 / 72, 150 / 72)


def card_rates(loss, rates, ax=None):
    """Error curves of several rates, the slowest and the fastest by name; loss is (steps + 1, rates)."""
    rates = checked_numbers("rates", rates, "rates")
    loss = checked_numbers("loss", loss, "steps + 1", len(rates))
    ax = ax or plt.subplots(figsize=SIZE)[1]
    colors = rate_colors(rates)
    for curve, color in zip(loss.T, colors):
        ax.plot(curve, color=color)
    ax.set(title=t("error"), xlabel=t("step"), xticks=[], yticks=[])
    named = [np.argmin(rates), np.argmax(rates)]
    ends = [(len(loss) - 1, loss[-1, each]) for each in named]
    label_ends(ax, ends, [shown_rate(rates[each]) for each in named], colors[named])
    return ax


def card_kernels(kernels, maps, axes=None):
    """Kernels (n, H, W), and below each its map (n, H, W) of a digit; blue above zero, grey below."""
    kernels = checked_numbers("kernels", kernels, "n", "H", "W")
    maps = checked_numbers("maps", maps, "n", "H", "W")
    as_many(kernels=kernels, maps=maps)
    count = len(kernels)
    if axes is None:
        axes = plt.subplots(2, count, figsize=SIZE, height_ratios=(0.7, 1))[1]
    axes = np.ravel(axes)
    if len(axes) != 2 * count:
        raise ValueError(f"axes: got {len(axes)}; takes {2 * count} here, two for each kernel")
    for row, pictures in enumerate((kernels, maps)):
        for ax, picture in zip(axes[row * count :], pictures):
            draw_signed(ax, picture, "")
    axes[0].set_title(t("kernels"), color=UPDATE)
    axes[count].set_title(t("what they see"), color=FORWARD)
    return axes


def card_seeds(correct, published, ax=None):
    """Every run of a recipe, correct answers (n,), beside a published number."""
    correct, published = checked_numbers("correct", correct, "n"), checked_numbers("published", published)
    ax = ax or plt.subplots(figsize=SIZE)[1]
    heights = piled(correct)
    ax.plot(correct, heights, "o", color=FORWARD, markersize=9, alpha=0.8, mew=0)
    ax.plot(published, 0, "^", color=UPDATE, markersize=10)
    ax.annotate(
        t("author's best"), (published, 0), (8, 10), textcoords="offset points", ha="right", color=UPDATE
    )
    count = plural(len(correct), "{count} seed", "{count} seeds")
    ax.annotate(count, (0, 0.93), xycoords="axes fraction", va="top", color=FORWARD)
    ax.set(yticks=[], xlabel=t("correct of the test images"), ylim=(-0.15, max(0.5, heights.max() + 0.3)))
    ax.margins(x=0.08)
    ax.locator_params(axis="x", nbins=4, integer=True)
    ax.spines["left"].set_visible(False)
    return ax
