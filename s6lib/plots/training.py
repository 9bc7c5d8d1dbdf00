"""Figures of Part 2: how the CNN learns, and how good it is."""

import textwrap
from itertools import cycle, islice

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    QUIET,
    SIGNED,
    TARGET,
    UPDATE,
    WIDTH,
    as_many,
    as_numbers,
    checked_arrays,
    checked_list,
    checked_mapping,
    checked_names,
    checked_numbers,
    checked_table,
    draw_picture,
    frame,
    grid_of_pictures,
    is_report,
    label_ends,
    line_styles,
    new_axes,
    part_of,
    plain_log_ticks,
    stacked,
)
from s6lib.words import number, shown, t

# Part 2, training -----------------------------------------------------------------------------


def minibatches(of_parts, of_all, ax=None):
    """The gradient of one weight from several batches (n,), and from all their images together."""
    of_parts, of_all = checked_numbers("of_parts", of_parts, "n"), checked_numbers("of_all", of_all)
    ax = ax or new_axes(height=2.6)
    rows = np.arange(1, len(of_parts) + 1)
    ax.hlines(rows, of_all, of_parts, color=QUIET, lw=1)
    ax.plot(of_parts, rows, "o", color=GRADIENT)
    ax.axvline(of_all, color=GRADIENT, lw=1.5)
    ax.axvline(0, color=QUIET, lw=0.6, ls=":")
    ax.set(xlabel=t(r"$\partial E/\partial w$ of one weight"), title=t("batch"), yticks=rows)
    ax.locator_params(axis="x", nbins=5)
    ax.invert_yaxis()
    return ax


def momentum(gradient, velocity, ax=None):
    """One weight over the first steps: gradient (steps,) and velocity (steps,), scaled to compare."""
    gradient = checked_numbers("gradient", gradient, "steps")
    velocity = checked_numbers("velocity", velocity, len(gradient))
    ax = ax or new_axes(height=3.0)
    step = np.arange(1, len(gradient) + 1)
    ax.axhline(0, color=QUIET, lw=0.6, ls=":")
    ax.vlines(step, 0, gradient, color=GRADIENT, lw=0.8)
    ax.plot(step, gradient, "o", color=GRADIENT)
    ax.plot(step, velocity, "o-", color=UPDATE, markersize=3)
    for row, (text, color) in enumerate(
        {t("gradient"): GRADIENT, t(r"velocity $\times\,(1-\mu)$"): UPDATE}.items()
    ):
        ax.annotate(
            text, (1, 1.02 + 0.09 * row), xycoords="axes fraction", ha="right", va="bottom", color=color
        )
    ax.set(xlabel=t("step"), xlim=(0.4, len(step) + 0.6))
    ax.xaxis.get_major_locator().set_params(integer=True)
    return ax


def history(epochs, label, axes=None):
    """Loss and accuracy of a run, train solid and held out dashed; `epochs` is `fit.History.epochs`."""
    checked_table(
        "epochs", epochs, "epoch", "train_loss", "held_out_loss", "train_accuracy", "held_out_accuracy"
    )
    top, bottom = stacked(axes, 2, height=5.2)
    for ax, figure, scale in ((top, "loss", 1), (bottom, "accuracy", 100)):
        if epochs.empty:
            ax.text(0.5, 0.5, label, transform=ax.transAxes, ha="center", va="center", color=QUIET)
            ax.set(xticks=[], yticks=[])
            continue
        ends = []
        for column, style in (("train", "o-"), ("held_out", "o--")):
            curve = scale * epochs[f"{column}_{figure}"]
            ax.plot(epochs["epoch"], curve, style, color=FORWARD, markersize=4)
            ends.append((epochs["epoch"].iloc[-1], curve.iloc[-1]))
        ax.margins(y=0.12)
        label_ends(ax, ends, (t("train"), t("held out")), (FORWARD, FORWARD))
    top.set(title=t("loss"))
    bottom.set(title=t("accuracy, %"))
    if not epochs.empty:
        bottom.set(xlabel=t("epoch"))
        bottom.xaxis.get_major_locator().set_params(integer=True)
    return top, bottom


def histories(runs, axes=None):
    """Loss and accuracy of any number of runs on what was held out; `runs` maps names to what `fit` returns,
    or to its epochs."""
    checked_mapping("runs", runs, "what fit returns")
    if not runs:
        raise ValueError("runs: got none; takes one run or more")
    tables = {}
    for name, run in runs.items():
        tables[name] = getattr(run, "epochs", run)
        checked_table(f"runs[{name!r}]", tables[name], "epoch", "held_out_loss", "held_out_accuracy")
        if tables[name].empty:
            raise ValueError(f"runs[{name!r}]: got no epochs; takes a run of one epoch or more")
    top, bottom = stacked(axes, 2, height=5.2)
    # Runs may end at one and the same place, where a name's colour alone says which line it belongs to.
    styles = line_styles(len(tables), ("-", FORWARD), ("--", TARGET), ("-.", UPDATE), (":", GRADIENT))
    for ax, figure, scale in ((top, "loss", 1), (bottom, "accuracy", 100)):
        ends = []
        for table, (style, color) in zip(tables.values(), styles):
            curve = scale * table[f"held_out_{figure}"]
            ax.plot(table["epoch"], curve, "o", ls=style, color=color, markersize=4)
            ends.append((table["epoch"].iloc[-1], curve.iloc[-1]))
        ax.margins(y=0.12)
        label_ends(ax, ends, map(str, tables), [color for _, color in styles], leaders=len(tables) > 3)
    top.set(title=t("loss on what was held out"))
    bottom.set(title=t("accuracy on what was held out, %"), xlabel=t("epoch"))
    bottom.xaxis.get_major_locator().set_params(integer=True)
    return top, bottom


def recorded_run(runs, steps, axes=None):
    """Recorded runs on the test set; `runs` maps names to (epoch, loss, errors), `steps` are where the rate
    falls."""
    checked_mapping("runs", runs, "(epoch, loss, errors)")
    curves = {}
    for name, run in runs.items():
        if not hasattr(run, "__len__"):
            raise TypeError(f"runs[{name!r}]: got {type(run).__name__}; takes three: epoch, loss, errors")
        if len(run) != 3:
            raise ValueError(f"runs[{name!r}]: got {len(run)} columns; takes three: epoch, loss, errors")
        curves[name] = [checked_numbers(f"runs[{name!r}]", column, "epochs") for column in run]
        as_many(**dict(zip(("epoch", "loss", "errors"), curves[name])))
    steps = as_numbers("steps", steps, "takes epochs, or none of them: []")
    if steps.ndim != 1:
        raise ValueError(f"steps: got shape {steps.shape}; takes epochs, or none of them: []")
    top, bottom = stacked(axes, 2, height=6.4)
    styles = line_styles(len(curves), ("-", FORWARD), ("--", FORWARD), (":", TARGET))
    titles = t("mean loss on the test images"), t("test images misread")
    for ax, column, title in zip((top, bottom), (1, 2), titles):
        for step in steps:
            ax.axvline(step, color=QUIET, lw=1)
        for run, (style, color) in zip(curves.values(), styles):
            ax.plot(run[0], run[column], ls=style, color=color)
        ax.set(title=title, yscale="log")
        ends = [(run[0][-1], run[column][-1]) for run in curves.values()]
        label_ends(ax, ends, curves, [color for _, color in styles])
        plain_log_ticks(ax.yaxis)
    for step in steps:
        top.annotate(
            t(r"$\eta$ falls"),
            (step, 1),
            (-4, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right",
            va="top",
            color=QUIET,
        )
    bottom.set(xlabel=t("epoch"))
    bottom.xaxis.get_major_locator().set_params(integer=True)
    return top, bottom


def peeking(epochs, accuracy, standard_error, chosen, step, ax=None):
    """Test accuracy of some epochs (n,) with one standard error; `chosen` by validation, the best by
    peeking."""
    epochs = checked_numbers("epochs", epochs, "n")
    accuracy = 100 * checked_numbers("accuracy", accuracy, len(epochs))
    standard_error = checked_numbers("standard_error", standard_error)
    chosen, step = checked_numbers("chosen", chosen), checked_numbers("step", step)
    if chosen not in epochs:
        raise ValueError(f"chosen: got {chosen}; takes one of the epochs, {epochs.tolist()}")
    ax = ax or new_axes(height=3.4)
    ax.axvline(step, color=QUIET, lw=1)
    ax.errorbar(epochs, accuracy, 100 * standard_error, fmt="o", color=FORWARD, markersize=4, lw=1.2)
    picks = (
        (epochs == chosen, "o", t("chosen by\nvalidation"), -1),
        (np.arange(len(epochs)) == accuracy.argmax(), "^", t("best\non test"), 1),
    )
    for where, marker, text, side in picks:
        x, y = epochs[where], accuracy[where]
        ax.plot(x, y, marker, color=FORWARD, markersize=12, mfc="none", mew=1.8)
        ax.annotate(
            text,
            (x[0], y[0] + side * 100 * standard_error),
            (0, 6 * side),
            textcoords="offset points",
            ha="center",
            va="bottom" if side > 0 else "top",
            color=FORWARD,
        )
    ax.margins(y=0.2)
    ax.set(xlabel=t("epoch"), title=t("test accuracy, %"), xticks=epochs)
    return ax


# Part 2, evaluation ---------------------------------------------------------------------------


def two_accuracies(shares, intervals, ax=None):
    """Intervals around some accuracies at several test sizes; `intervals` is {size: {name: (low, high)}}."""
    shares = checked_arrays("shares", shares)
    checked_mapping("intervals", intervals, "a dict from names to (low, high)")
    for size, named in intervals.items():
        checked_mapping(f"intervals[{size!r}]", named, "(low, high)")
        if set(named) != set(shares):
            raise ValueError(
                f"intervals[{size!r}]: got the names {list(named)}; takes those of shares, {list(shares)}"
            )
        checked_arrays(f"intervals[{size!r}]", named, 2)
    ax = ax or new_axes(height=3.6)
    count = len(shares)
    styles = list(
        islice(cycle(((TARGET, "s"), (FORWARD, "o"), (UPDATE, "^"), (GRADIENT, "D"), (QUIET, "v"))), count)
    )
    for row, named in enumerate(intervals.values()):
        for (name, (low, high)), (color, marker), up in zip(
            named.items(), styles, np.linspace(-0.13, 0.13, count)
        ):
            ax.plot([100 * low, 100 * high], [row + up] * 2, color=color)
            ax.plot(100 * shares[name], row + up, marker, color=color)
    for (name, share), (color, _), ha in zip(shares.items(), styles, cycle(("right", "left", "center"))):
        ax.annotate(
            shown(name),
            (100 * share, -0.35),
            (0, 8),
            textcoords="offset points",
            color=color,
            ha=ha,
            annotation_clip=False,
        )
    ax.set(yticks=range(len(intervals)), yticklabels=[number(size, ",") for size in intervals])
    ax.set(xlabel=t("accuracy, %"), ylabel=t("images in the test"))
    ax.invert_yaxis()
    return ax


def confusion(counts, ax=None):
    """What was read (column) of what was written (row), without the diagonal; counts is (10, 10), or a
    `s6lib.report.Report`."""
    counts = checked_numbers("counts", part_of(counts, "confusion"), 10, 10)
    ax = ax or new_axes(height=5.0)
    errors = counts - np.diag(np.diag(counts))
    for (row, column), count in np.ndenumerate(errors):
        if row == column:
            ax.plot(column, row, ".", color=QUIET, markersize=4)
        elif count:
            strength = count / errors.max()
            ax.add_patch(
                mpl.patches.Rectangle(
                    (column - 0.5, row - 0.5), 1, 1, color=FORWARD, alpha=0.15 + 0.85 * strength, lw=0
                )
            )
            ax.text(
                column, row, count, ha="center", va="center", color="white" if strength > 0.45 else TARGET
            )
    for line in np.arange(11) - 0.5:
        ax.axhline(line, color=QUIET, lw=0.3)
        ax.axvline(line, color=QUIET, lw=0.3)
    ax.set(
        xlim=(-0.5, 9.5),
        ylim=(9.5, -0.5),
        aspect="equal",
        xticks=range(10),
        yticks=range(10),
        xlabel=t("read"),
        ylabel=t("written"),
    )
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    return ax


def per_digit(table, overall=None, ax=None):
    """Accuracy of each digit with its interval; `table` has accuracy, low, high, indexed by digit, and
    `overall` is that of all. Or `table` is a `s6lib.report.Report`, which knows both."""
    if is_report(table):
        table, overall = table.per_digit, table.accuracy
    checked_table("table", table, "accuracy", "low", "high")
    overall = checked_numbers("overall", overall)
    ax = ax or new_axes(height=4.0)
    ax.axvline(100 * overall, color=QUIET, lw=1)
    ax.hlines(table.index, 100 * table["low"], 100 * table["high"], color=FORWARD)
    ax.plot(100 * table["accuracy"], table.index, "o", color=FORWARD)
    ax.set(yticks=table.index, xlabel=t("accuracy, %"), ylabel=t("digit"))
    ax.invert_yaxis()
    return ax


def hardest(table, pictures=None, axes=None, *, count=12):
    """Images (n, 28, 28), or empty frames for None, with label, reading and confidence below; `table` has n
    rows. Or `table` is a `s6lib.report.Report`, the `count` hardest images of which are drawn."""
    if is_report(table):
        report, table = table, table.hardest(count)
        if pictures is None and report.images is not None:
            pictures = report.images[table.iloc[:, 0]]
    checked_table("table", table, "label", "read as", "probability of that")
    if pictures is not None:
        pictures = checked_numbers("pictures", pictures, len(table), 28, 28)
    axes = grid_of_pictures(axes, len(table), rows=3, columns=4, size=(WIDTH, 5.2))
    for place, (ax, (_, row)) in enumerate(zip(axes, table.iterrows())):
        if pictures is None:
            ax.text(
                0.5, 0.5, t("not\nat hand"), transform=ax.transAxes, ha="center", va="center", color=QUIET
            )
            frame(ax)
            ax.set(aspect="equal")
        else:
            draw_picture(ax, pictures[place], "gray_r", 0, 255)
        ax.set_xlabel(
            t(
                "{label}, read {read}\n{share} sure",
                label=number(row["label"], ".0f"),
                read=number(row["read as"], ".0f"),
                share=number(row["probability of that"], ".0%"),
            )
        )
    return axes


def calibration(table, axes=None):
    """Accuracy against confidence per bin with intervals, and below it the images in each bin
    (logarithmic); `table` is a `s6lib.report.Report`, or its calibration."""
    table = part_of(table, "calibration")
    checked_table("table", table, "from", "to", "images", "confidence", "accuracy", "low", "high")
    top, bottom = stacked(axes, 2, height=6.0, height_ratios=(2.2, 1))
    top.plot([0, 1], [0, 1], color=QUIET, lw=1, ls=":")
    top.vlines(table["confidence"], table["low"], table["high"], color=FORWARD)
    top.plot(table["confidence"], table["accuracy"], "o", color=FORWARD, clip_on=False)
    top.annotate(
        t("on the dotted line:\nright as often as it says"),
        (0.02, 0.97),
        xycoords="axes fraction",
        color=QUIET,
        va="top",
    )
    top.set(title=t("accuracy"), ylim=(0, 1.02))
    width = table["to"] - table["from"]
    bottom.bar(
        table["from"],
        table["images"],
        width=width,
        align="edge",
        color=FORWARD,
        alpha=0.6,
        edgecolor="white",
        lw=0.8,
    )
    for left, right, count in zip(table["from"], table["to"], table["images"]):
        if right - left > 0.09:  # else there is no room for a number
            bottom.annotate(
                number(count, ","),
                ((left + right) / 2, count),
                (0, 2),
                textcoords="offset points",
                ha="center",
            )
    bottom.set(
        title=t("images"),
        yscale="log",
        ylim=(0.7, 4 * table["images"].max()),
        xlim=(0, 1),
        xlabel=t("confidence"),
    )
    plain_log_ticks(bottom.yaxis, subs=(1,))
    return top, bottom


def feature_maps(image, maps, columns=8, figure=None):
    """A digit (28, 28) and all maps of each block below it; `maps` is a list of (channels, H, W).

    It has too many axes for anybody to make: it is given a figure, or makes one, and returns it.
    """
    image = checked_numbers("image", image, "H", "W")
    maps = checked_list("maps", maps, "channels", "H", "W")
    rows = [-(-len(block) // columns) for block in maps]
    figure = figure or plt.figure(figsize=(WIDTH, 0.66 * (sum(rows) + 2) + 1.4), layout="none")
    height = 1 / (sum(rows) + 2 + 0.55 * (len(maps) + 1))  # of a map; a title takes about half of one
    width, y = 1 / columns, 1 - 0.5 * height

    def place(row_top, column, values, cmap, low, high, scale=1):
        ax = figure.add_axes(
            [column * width, row_top - scale * height, scale * width * 0.94, scale * height * 0.94]
        )
        draw_picture(ax, values, cmap, low, high)

    figure.text(0, y + 0.1 * height, t("the digit"), va="bottom")
    place(y, 0, image, "gray_r", 0, 255, scale=2)
    y -= 2 * height
    for place_of_block, (block, count) in enumerate(zip(maps, rows), start=1):
        y -= 0.55 * height
        figure.text(
            0,
            y + 0.08 * height,
            t(
                "block {block}: {count} maps of {height} × {width}",
                block=place_of_block,
                count=len(block),
                height=block.shape[1],
                width=block.shape[2],
            ),
            va="bottom",
        )
        scale = np.quantile(np.abs(block), 0.99)  # so that a few extremes do not make all else pale
        for channel, values in enumerate(block):
            place(y - channel // columns * height, channel % columns, values, SIGNED, -scale, scale)
        y -= count * height
    return figure


def misread(names, pictures, digits, shares, axes=None):
    """Drawings by name, each as it came and below that as it was prepared, with what was read and how sure.

    pictures (2, n, H, W), digits and shares (2, n): first of what came, then of what was prepared.
    """
    names, pictures = checked_names("names", names), checked_numbers("pictures", pictures, 2, "n", "H", "W")
    as_many(names=names, pictures=pictures[0])
    digits = checked_numbers("digits", digits, 2, len(names))
    shares = checked_numbers("shares", shares, 2, len(names))
    pairs = -(-len(names) // 4)
    axes = grid_of_pictures(axes, 8 * pairs, rows=2 * pairs, columns=4, size=(WIDTH, 3.3 * pairs))
    for place, name in enumerate(names):
        column, row = place % 4, place // 4
        for at in range(2):
            ax = axes[4 * (2 * row + at) + column]
            title = "" if at else textwrap.fill(shown(name), 11)
            draw_picture(
                ax, pictures[at, place], "gray", 0, 255, title
            )  # as it is: its ground is what matters
            ax.set_xlabel(f"{digits[at, place]:.0f}, {number(shares[at, place], '.0%')}")
    for ax in axes[: 8 * pairs]:
        ax.axis("on" if ax.images else "off")
    return axes


def prepared(table, total, ax=None):
    """How many of `total` drawings each network reads as they came (an open dot) and prepared (a filled one);
    `table` has the columns none and all, indexed by network."""
    checked_table("table", table, "none", "all")
    total = checked_numbers("total", total)
    ax = ax or new_axes(height=0.36 * len(table) + 1.3)
    rows = np.arange(len(table))
    ax.axvline(total, color=QUIET, lw=1, ls=":")
    ax.hlines(rows, table["none"], table["all"], color=QUIET, lw=1)
    ax.plot(table["none"], rows, "o", color=FORWARD, mfc="white")
    ax.plot(table["all"], rows, "o", color=FORWARD)
    for row, (few, many) in enumerate(zip(table["none"], table["all"])):
        for count, x, way, ha in ((few, few, -7, "right"), (many, max(many, total), 7, "left")):
            ax.annotate(f"{count:.0f}", (x, row), (way, 0), textcoords="offset points", ha=ha, va="center")
    for column, word, ha in (("none", t("as it came"), "center"), ("all", t("prepared"), "right")):
        ax.annotate(
            word, (table[column].iloc[0], 0), (0, 9), textcoords="offset points", ha=ha, color=FORWARD
        )
    ax.set(yticks=rows, yticklabels=[*map(shown, table.index)], ylim=(len(table) - 0.5, -1))
    ax.set(xlabel=t("read, of {total}", total=number(total, ".0f")))
    ax.margins(x=0.15)
    return ax
