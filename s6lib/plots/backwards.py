"""Figures of the way back through the CNN: what a slope meets, how large it stays, what mistakes do."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    QUIET,
    TARGET,
    WIDTH,
    as_many,
    checked_arrays,
    checked_mapping,
    checked_names,
    checked_numbers,
    checked_table,
    enough,
    label_ends,
    new_axes,
    plain_log_ticks,
)

# Backwards through the CNN -------------------------------------------------------------------


# Why deep networks learned at last -----------------------------------------------------------


# Mistakes that still train -------------------------------------------------------------------


def nameless(losses, names, ax=None):
    """The mean loss of every epoch of several runs, (runs, epochs), all drawn alike but for a name at each
    end."""
    losses, names = checked_numbers("losses", losses, "runs", "epochs"), checked_names("names", names)
    as_many(losses=losses, names=names)
    ax = ax or new_axes(height=4.2)
    for loss in losses:
        ax.semilogy(range(1, len(loss) + 1), loss, color=FORWARD, lw=1.2)
    ax.set(xlabel="epoch", title="mean loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
    plain_log_ticks(ax.yaxis)
    ax.set_ylim(bottom=0.6 * ax.get_ylim()[0])  # room for the names of lines that end close together
    label_ends(ax, [(len(loss), loss[-1]) for loss in losses], names, [FORWARD] * len(names))
    return ax


def with_mistakes(accuracy, letters, ax=None):
    """What runs came to: shares (seeds,) by the name of the mistake, the first of them the right gradient.

    letters : what `nameless` called one of them, by the same names; those that have none are not in it
    """
    accuracy = checked_arrays("accuracy", accuracy, "seeds")
    checked_mapping("letters", letters, "letters")
    checked_names("letters", letters.values())
    ax = ax or new_axes(height=0.48 * len(accuracy) + 0.8)
    right = 100 * next(iter(accuracy.values())).mean()
    ax.axvline(right, color=TARGET, lw=1, ls="--", zorder=0)
    for place, (name, shares) in enumerate(accuracy.items()):
        ax.plot(100 * shares, [place] * len(shares), "o", color=FORWARD, markersize=6, alpha=0.55, mew=0)
        ax.plot(100 * shares.mean(), place, "|", color=TARGET, markersize=11, mew=2)
        text = f"{letters[name]}  {name}" if name in letters else name
        ax.annotate(text, (0, place), (0, 7), xycoords=ax.get_yaxis_transform(), textcoords="offset points")
    ax.set(yticks=[], xlabel="test digits read correctly, %", ylim=(len(accuracy) - 0.5, -0.9))
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.06)
    return ax


def off_by_layer(errors, cosines, axes=None):
    """How wrong a gradient is in every layer, a DataFrame of mistakes by layers each: its error relative to
    the right one, and the cosine of the angle between the two."""
    checked_table("errors", errors)
    checked_table("cosines", cosines)
    numbers = checked_numbers("errors", errors.to_numpy(), "layers", "mistakes")
    angles = checked_numbers("cosines", cosines.to_numpy(), "layers", "mistakes")
    if numbers.shape != angles.shape:
        raise ValueError(f"errors, cosines: got shapes {numbers.shape} and {angles.shape}; takes two alike")
    rows, columns = numbers.shape
    if axes is None:
        _, axes = plt.subplots(2, 1, figsize=(WIDTH, 0.46 * rows + 2.6), sharex=True)
    top, bottom = enough(axes, 2)
    tints = np.zeros(numbers.shape)  # from a tenth (faint) to ten times (strong); 0 is right
    wrong = numbers > 0
    tints[wrong] = np.clip(0.2 + 0.25 * (1 + np.log10(numbers[wrong])), 0.1, 0.7)
    sizes = [
        ["0" if not x else f"{x:.{2 if x < 1 else 1 if x < 10 else 0}f}" for x in row] for row in numbers
    ]
    directions = [[f"{x:.2f}".replace("-", "−") for x in row] for row in angles]
    _matrix(top, errors.index, tints, sizes)
    _matrix(bottom, errors.index, 0.35 * np.clip(1 - angles, 0, 2), directions)
    top.set_xticks(range(columns), errors.columns, rotation=90)
    top.tick_params(axis="x", labeltop=True, labelbottom=False)
    bottom.tick_params(axis="x", labelbottom=False)
    top.set_title("relative error")
    bottom.set_title("cosine with the right gradient")
    return top, bottom


def _matrix(ax, names, tints, texts):
    """Cells of numbers, each upon a tint of the gradient's colour, as strong as `tints` say, 0 to 1."""
    for row, column in np.ndindex(tints.shape):
        ax.add_patch(
            mpl.patches.Rectangle(
                (column - 0.5, row - 0.5), 1, 1, color=GRADIENT, alpha=float(tints[row, column]), lw=0
            )
        )
        quiet = tints[row, column] < 1e-9
        ax.text(
            column,
            row,
            texts[row][column],
            ha="center",
            va="center_baseline",
            color=QUIET if quiet else TARGET,
        )
    ax.set(xlim=(-0.5, tints.shape[1] - 0.5), ylim=(tints.shape[0] - 0.5, -0.5))
    ax.set_yticks(range(tints.shape[0]), names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def what_checks_see(found, ax=None):
    """A DataFrame of True where a check (column) speaks up for a mistake (row); the first row has none, and
    there it is a false alarm."""
    checked_table("found", found)
    spoke = checked_numbers("found", found.to_numpy(), "mistakes", "checks") != 0
    ax = ax or new_axes(height=0.3 * len(found) + 0.9)
    for row in range(len(found)):
        ax.axhline(row, color=QUIET, lw=0.4, ls=":", zorder=0)
        for column in range(spoke.shape[1]):
            if not spoke[row, column]:
                marker = {"marker": "o", "mfc": "none", "mec": QUIET, "markersize": 4}
            elif row:
                marker = {"marker": "o", "color": GRADIENT, "markersize": 9}
            else:
                marker = {"marker": "X", "color": TARGET, "markersize": 9}
            ax.plot(column, row, ls="none", **marker)
    ax.set_yticks(range(len(found)), found.index)
    ax.set_xticks(range(spoke.shape[1]), found.columns)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.set(xlim=(-0.6, spoke.shape[1] - 0.4), ylim=(len(found) - 0.5, -0.7))
    ax.spines[:].set_visible(False)
    ax.set_title("check", loc="center")
    return ax
