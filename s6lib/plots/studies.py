"""Figures of Part 3: many runs, compared."""

import itertools

import numpy as np
from matplotlib.text import Text

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    QUIET,
    TARGET,
    UPDATE,
    WIDTH,
    Ticks,
    as_many,
    checked_arrays,
    checked_keys,
    checked_mapping,
    checked_names,
    checked_numbers,
    checked_table,
    draw_picture,
    grid_of_pictures,
    label_ends,
    line_styles,
    new_axes,
    piled,
    plain_log_ticks,
    rate_colors,
)
from s6lib.words import number, shown, t


def seeds(correct, mean, interval, published, ax=None):
    """Every run of a recipe, correct answers (n,), with the mean, its interval, and a published number."""
    correct, interval = checked_numbers("correct", correct, "n"), checked_numbers("interval", interval, 2)
    mean, published = checked_numbers("mean", mean), checked_numbers("published", published)
    ax = ax or new_axes(height=2.2)
    heights = piled(correct)
    ax.plot(correct, heights, "o", color=FORWARD, markersize=8, alpha=0.8, mew=0)
    ax.plot(interval, [-0.25] * 2, color=TARGET, lw=1.6, marker="|", markersize=8)
    ax.plot(mean, -0.25, "|", color=TARGET, markersize=20, mew=2.5)
    ax.annotate(
        t("mean and its interval"), (interval[1], -0.25), (8, 0), textcoords="offset points", va="center"
    )
    ax.plot(published, 0, "^", color=UPDATE, markersize=10)
    ax.annotate(
        t("author's\nbest epoch"),
        (published, 0),
        (0, 12),
        textcoords="offset points",
        ha="center",
        color=UPDATE,
    )
    ax.set(yticks=[], xlabel=t("correct of the test images"), ylim=(-0.5, max(0.6, heights.max() + 0.3)))
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.12)
    return ax


def picking(claims, ax=None):
    """The same runs told in different ways: correct answers by the name of the claim, a Series or a dict.

    Dots, not bars: the axis does not begin at zero, where a length would mean something.
    """
    named = checked_arrays("claims", claims)
    ax = ax or new_axes(height=0.58 * len(named) + 0.8)
    colors = [FORWARD] * (len(named) - 1) + [UPDATE]
    for place, ((name, value), color) in enumerate(zip(named.items(), colors)):
        ax.axhline(place, color=QUIET, lw=0.6, ls=":", zorder=0)
        ax.plot(value, place, "o" if color == FORWARD else "^", color=color, markersize=8)
        ax.annotate(
            number(value, ".0f"), (value, place), (8, 0), textcoords="offset points", va="center", color=color
        )
        ax.annotate(
            shown(name),
            (0, place),
            (0, 4),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            va="bottom",
        )
    low, high = min(named.values()), max(named.values())
    room = (high - low) or 1  # the names stand to the left
    ax.set(yticks=[], xlabel=t("correct of the test images"), ylim=(len(named) - 0.7, -0.8))
    ax.set_xlim(low - 1.5 * room, high + 0.4 * room)
    ax.locator_params(axis="x", nbins=6, integer=True)
    ax.spines["left"].set_visible(False)
    return ax


def two_kinds_of_luck(counts, of_seeds, of_test, here, ax=None):
    """Standard error over the number of seeds (n,): of the seeds (n,), and with that of the test, a
    number."""
    counts = checked_numbers("counts", counts, "n")
    of_seeds = checked_numbers("of_seeds", of_seeds, len(counts))
    of_test, here = checked_numbers("of_test", of_test), checked_numbers("here", here)
    ax = ax or new_axes()
    both = np.hypot(of_seeds, of_test)
    ax.semilogx(counts, of_seeds, color=FORWARD)
    ax.semilogx(counts, both, color=GRADIENT)
    ax.axhline(of_test, color=QUIET, lw=1, ls="--")
    ax.axvline(here, color=QUIET, lw=1)
    ax.annotate(
        t("of the seeds"),
        (counts[-1], of_seeds[-1]),
        (0, 8),
        textcoords="offset points",
        ha="right",
        color=FORWARD,
    )
    ax.annotate(
        t("both together"),
        (counts[-1], both[-1]),
        (0, 8),
        textcoords="offset points",
        ha="right",
        color=GRADIENT,
    )
    ax.annotate(
        t("of the test"), (counts[-1], of_test), (0, -14), textcoords="offset points", ha="right", color=QUIET
    )
    ax.annotate(t("here"), (here, 0), (4, 4), textcoords="offset points", color=QUIET)
    ax.set(xlabel=t("number of seeds"), title=t("standard error, images"), ylim=(0, None))
    ax.xaxis.set_major_formatter(Ticks())
    return ax


# Your own sweeps --------------------------------------------------------------------------------


def comparison(comparison, ax=None):
    """Each that was compared with the first, the first of them at the top: every pair of runs as a dot, the
    mean and its interval; ratios on a logarithmic axis.

    comparison : what `s6lib.report.compare` returns
    """
    needed = ("by", "baseline", "table", "differences")
    if not all(hasattr(comparison, each) for each in needed):
        raise TypeError(f"comparison: got {type(comparison).__name__}; takes what report.compare returns")
    by, table = comparison.by, comparison.table
    checked_table("comparison.table", table, by, "from", "to", "clear")
    checked_table("comparison.differences", comparison.differences, *table.index)
    ratio = by == "ratio"
    nothing, scale = (1, 1) if ratio else (0, 100)
    ax = ax or new_axes(height=0.62 * len(table) + 0.9)
    ax.axvline(nothing, color=QUIET, lw=1, zorder=0)
    for place, (name, row) in enumerate(table.iterrows()):
        color = GRADIENT if row["clear"] else QUIET
        if row["compared"] != "image by image":  # of each image, not of runs: 1, 0 or -1
            pairs = scale * comparison.differences[name].dropna()
            ax.plot(pairs, [place] * len(pairs), "o", color=FORWARD, markersize=5, alpha=0.6, mew=0)
        ends = [scale * row["from"], scale * row["to"]]
        ax.plot(ends, [place] * 2, color=color, lw=5, alpha=0.4, solid_capstyle="butt")
        ax.plot(scale * row[by], place, "|", color=color, markersize=16, mew=2.5)
        ax.annotate(
            shown(name), (0, place), (4, 11), xycoords=ax.get_yaxis_transform(), textcoords="offset points"
        )
    ax.annotate(
        t("no change") if ratio else t("no difference"),
        (nothing, 1),
        (0, 4),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        ha="center",
        color=QUIET,
    )
    said = (
        t("errors, as a multiple of those of {baseline}", baseline=shown(comparison.baseline))
        if ratio
        else t("points of accuracy more than {baseline}", baseline=shown(comparison.baseline))
    )
    ax.set(yticks=[], xlabel=said, ylim=(len(table) - 0.5, -0.8))
    if ratio:
        ax.set(xscale="log")
        plain_log_ticks(ax.xaxis)
    else:
        ax.margins(x=0.12)
    low, high = ax.get_xlim()  # there is room for the names to the left of the line
    ax.set_xlim(min(low, high**-0.4) if ratio else min(low, -0.3 * high))
    ax.spines["left"].set_visible(False)
    return ax


def schedules(rates, ax=None):
    """The learning rate over the epochs; `rates` maps names of recipes to (epochs, rates)."""
    checked_mapping("rates", rates, "(epochs, rates)")
    for name, pair in rates.items():
        if not hasattr(pair, "__len__") or len(pair) != 2:
            raise TypeError(f"rates[{name!r}]: got {type(pair).__name__}; takes two: epochs, rates")
        epochs, rate = (checked_numbers(f"rates[{name!r}]", each, "n") for each in pair)
        if len(epochs) != len(rate):
            raise ValueError(f"rates[{name!r}]: got {len(epochs)} and {len(rate)}; takes as many of each")
    ax = ax or new_axes(height=2.8)
    styles = line_styles(len(rates), ("-", QUIET), ("-", UPDATE))
    for (epochs, rate), (style, color) in zip(rates.values(), styles):
        ax.semilogy(epochs, rate, ls=style, color=color)
    plain_log_ticks(ax.yaxis, subs=(1,))
    ends = [(epochs[-1], rate[-1]) for epochs, rate in rates.values()]
    label_ends(ax, ends, rates, [color for _, color in styles])
    ax.set(xlabel=t("epoch"), title=t("learning rate"))
    return ax


def moved(pictures, axes=None):
    """A digit and what `augment` makes of it: pictures (n, H, W), the original first."""
    pictures = checked_numbers("pictures", pictures, "n", "H", "W")
    axes = grid_of_pictures(axes, len(pictures), rows=3, columns=3, size=(WIDTH, 4.9))
    for place, (ax, picture) in enumerate(zip(axes, pictures)):
        draw_picture(
            ax, picture, "gray_r", pictures[0].min(), pictures[0].max(), "" if place else t("the image")
        )
    return axes


def trials(errors, loss, luck, frozen, ax=None):
    """Every trial of a search: its errors and its loss on the validation images, (n,) each.

    luck : the spread of a seed's errors, twice of which is shaded from the best trial on
    frozen : {name: number of the trial} of those that went to the test
    """
    errors = checked_numbers("errors", errors, "trials")
    loss, luck = checked_numbers("loss", loss, len(errors)), checked_numbers("luck", luck)
    for name, trial in checked_arrays("frozen", frozen).items():
        if trial not in range(len(errors)):
            raise ValueError(
                f"frozen[{name!r}]: got {trial}; takes the number of a trial, 0 to {len(errors) - 1}"
            )
    ax = ax or new_axes(height=4.2)
    ax.axvspan(min(errors), min(errors) + 2 * luck, color=QUIET, alpha=0.15, lw=0)
    chosen = list(frozen.values())
    ax.plot(errors, loss, "o", color=FORWARD, markersize=6, alpha=0.6, mew=0)
    ax.plot(errors[chosen], loss[chosen], "o", color=UPDATE, markersize=8, mew=0)
    ax.set(xlabel=t("validation images read wrongly"), title=t("validation loss"))
    ax.margins(y=0.1)
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())
    # The names stand in a column on the right, where no trial lies.
    to_axes = ax.transData + ax.transAxes.inverted()
    dots = to_axes.transform(np.stack([errors[chosen], loss[chosen]], 1))
    column, ends = 1.02, np.linspace(0, min(0.08 * (len(dots) - 1), 0.94), len(dots))
    if len(dots):
        ends += np.clip(dots[:, 1].mean() - ends.mean(), 0.03, 0.97 - ends[-1])
    for name, trial, end in zip(frozen, chosen, ends[_uncrossed(dots, column, ends)]):
        ax.annotate(
            shown(name),
            (errors[trial], loss[trial]),
            (column, end),
            textcoords="axes fraction",
            va="center",
            color=UPDATE,
            arrowprops={
                "arrowstyle": "-",
                "color": UPDATE,
                "lw": 0.7,
                "shrinkA": 2,
                "shrinkB": 3,
                "relpos": (0, 0.5),
            },
        )
    return ax


def _uncrossed(starts, column, ends):
    """Which of `ends`, heights in a column, each of the points `starts`, (n, 2), is led to, so that no two
    lines cross: of lines that do, the sum of lengths is less when they change their ends."""
    length = np.hypot(column - starts[:, :1], starts[:, 1:] - ends)  # (start, end)
    led = np.argsort(np.argsort(starts[:, 1], kind="stable"), kind="stable")
    shorter = True
    while shorter:
        shorter = False
        for one, other in itertools.combinations(range(len(led)), 2):
            as_is = length[one, led[one]] + length[other, led[other]]
            if length[one, led[other]] + length[other, led[one]] < as_is - 1e-12:
                led[[one, other]], shorter = led[[other, one]], True
    return led


def holds(accuracy, results, goal, ax=None):
    """Every run of every recipe, the first at the top, with mean and lower bound, and the goal.

    accuracy : {name: shares (seeds,)}; results : a row for each name with "mean" and "lower bound"
    """
    accuracy = checked_arrays("accuracy", accuracy, "seeds")
    checked_table("results", results, "mean", "lower bound")
    checked_keys(accuracy, results=results.index)
    goal = checked_numbers("goal", goal)
    ax = ax or new_axes(height=0.55 * len(accuracy) + 0.9)
    places = range(len(accuracy))[::-1]
    ax.axvline(100 * goal, color=TARGET, lw=1, ls="--", zorder=0)
    for place, (name, shares) in zip(places, accuracy.items()):
        mean, bound = (100 * results.loc[name, column] for column in ("mean", "lower bound"))
        ax.plot(100 * shares, [place] * len(shares), "o", color=FORWARD, markersize=5, alpha=0.55, mew=0)
        ax.plot([bound, mean], [place - 0.2] * 2, color=UPDATE, lw=2)
        ax.plot(bound, place - 0.2, "|", color=UPDATE, markersize=10, mew=2)
        ax.plot(mean, place - 0.2, "o", color=UPDATE, markersize=5)
        ax.annotate(
            shown(name), (0, place), (4, 8), xycoords=ax.get_yaxis_transform(), textcoords="offset points"
        )
    ax.annotate(
        t("goal"),
        (100 * goal, 1),
        (0, 4),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        ha="center",
    )
    ax.set(yticks=[], xlabel=t("test images read correctly, %"), ylim=(-0.6, len(accuracy) - 0.3))
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.12)
    return ax


def shown_boxes(texts):
    """Where each text stands on the figure, its leader aside."""
    for text in texts:
        text.get_window_extent()  # puts it there
    return [Text.get_window_extent(text) for text in texts]


def sizes(parameters, accuracy, published, goal, ax=None):
    """What networks of several sizes misread: every run, the mean of each size, and what others published.

    parameters : {name: how many}; accuracy : {name: shares (seeds,)}; published : a table with "parameters"
    and "accuracy", a row for each network of others. Both axes are logarithmic.
    """
    accuracy = checked_arrays("accuracy", accuracy, "seeds")
    parameters = checked_arrays("parameters", parameters)
    checked_keys(accuracy, parameters=parameters)
    checked_table("published", published, "parameters", "accuracy")
    goal = checked_numbers("goal", goal)
    ax = ax or new_axes(height=4.2)
    ax.axhline(100 * (1 - goal), color=TARGET, lw=1, ls="--", zorder=0)
    ax.annotate(
        t("goal"),
        (0, 100 * (1 - goal)),
        (4, 4),
        xycoords=ax.get_yaxis_transform(),
        textcoords="offset points",
    )
    by_size = sorted(accuracy, key=lambda name: parameters[name])
    means = [100 * (1 - np.mean(accuracy[name])) for name in by_size]
    ax.loglog([parameters[name] for name in by_size], means, color=UPDATE, lw=1, zorder=1)
    told = {}
    for name, mean in zip(by_size, means):
        told[t("a run")] = ax.plot(
            [parameters[name]] * len(accuracy[name]),
            100 * (1 - accuracy[name]),
            "o",
            color=FORWARD,
            markersize=5,
            alpha=0.55,
            mew=0,
        )[0]
        told[t("their mean")] = ax.plot(parameters[name], mean, "o", color=UPDATE, markersize=7)[0]
    told[t("published by others")] = ax.plot(
        published["parameters"],
        100 * (1 - published["accuracy"]),
        "^",
        color=GRADIENT,
        markersize=8,
        zorder=3,
    )[0]
    ax.legend(told.values(), told.keys(), loc="upper right", frameon=False)
    ax.set(xlabel=t("parameters"), title=t("test images misread, %"))
    plain_log_ticks(ax.xaxis)
    plain_log_ticks(ax.yaxis)
    ax.margins(x=0.08, y=0.12)
    ax.figure.draw_without_rendering()  # then all stands where it will
    dots = np.concatenate([ax.transData.transform(line.get_xydata()) for line in ax.lines[1:]])
    taken = shown_boxes([ax.texts[0], *ax.get_legend().get_texts()])
    line = {"arrowstyle": "-", "lw": 0.8, "shrinkA": 0, "shrinkB": 3}
    for name, mean, following in zip(by_size, means, [*means[1:], means[-1]]):
        size, misread = parameters[name], 100 * (1 - accuracy[name])
        low, high, text = misread.min(), misread.max(), None
        for at, offset, sides, leader in [  # beside a curve that falls away to the right; else below or above
            *([(mean, (7, 2), ("left", "bottom"), None)] if mean > 1.2 * following else []),
            *((low, (x, -7), (side, "top"), None) for x, side in ((0, "center"), (8, "right"), (-8, "left"))),
            *((high, (4, y), ("left", "bottom"), line) for y in (12, 24)),
            *((high, (-8, y), ("right", "bottom"), line) for y in (24, 36, 48)),
        ]:
            if text:  # the place before was not free
                text.remove()
            text = ax.annotate(
                shown(name),
                (size, at),
                offset,
                textcoords="offset points",
                ha=sides[0],
                va=sides[1],
                arrowprops=leader,
            )
            (box,) = shown_boxes([text])
            on_dots = any(box.padded(2).contains(*dot) for dot in dots)
            if not on_dots and not any(box.overlaps(other) for other in taken):
                break
        taken.append(box)
    return ax


def times(names, seconds, ax=None):
    """How long each run took, from nothing to a tested network, first at the top.

    The runs of one name stand together, in their order, under the name with their number.
    """
    names, seconds = checked_names("names", names), checked_numbers("seconds", seconds, "runs")
    as_many(names=names, seconds=seconds)
    runs = {name: [each for other, each in zip(names, seconds) if other == name] for name in names}
    ax = ax or new_axes(height=0.3 * (len(names) + len(runs)) + 0.9)
    place = 0
    for name, several in runs.items():
        text = shown(name) if len(several) == 1 else f"{shown(name)} ($n$ = {len(several)})"
        ax.annotate(text, (0, place), (2, 0), textcoords="offset points", va="center")
        for each in several:
            place += 1
            ax.barh(place, each, height=0.6, color=FORWARD)
            ax.annotate(
                f"{number(each, '.0f')} s", (each, place), (6, 0), textcoords="offset points", va="center"
            )
        place += 1.2
    ax.set(yticks=[], xlabel=t("seconds"), ylim=(place - 0.5, -0.6), xlim=(0, 1.15 * max(seconds)))
    ax.spines["left"].set_visible(False)
    return ax


def swept_rates(rates, loss, start, ax=None):
    """The error after training against the learning rate, a dot for each run, on logarithmic axes."""
    rates = checked_numbers("rates", rates, "runs")
    loss, start = checked_numbers("loss", loss, len(rates)), checked_numbers("start", start)
    ax = ax or new_axes()
    ax.axhline(start, color=QUIET, lw=1, ls="--")
    ax.annotate(
        t("before the first step"),
        (np.sqrt(np.min(rates) * np.max(rates)), start),
        (0, 5),
        textcoords="offset points",
        color=QUIET,
        ha="center",
    )
    ax.loglog(rates, loss, color=FORWARD, lw=1)
    ax.scatter(rates, loss, color=rate_colors(rates), s=50, zorder=3)
    ax.set(xlabel=t(r"learning rate $\eta$"), title=t("$E_{total}$ after the last step"))
    plain_log_ticks(ax.xaxis, subs=(1,))
    ax.margins(y=0.15)
    return ax


def swept_grid(accuracy, ax=None):
    """Accuracy over learning rates, a line for each momentum; a DataFrame, its rows rates, its columns
    momenta."""
    checked_table("accuracy", accuracy)
    ax = ax or new_axes()
    styles = ["-", "--", ":", "-."]
    for k, (momentum, values) in enumerate(accuracy.items()):
        ax.semilogx(values.index, 100 * values, "o", ls=styles[k % len(styles)], color=FORWARD)
        best = values.idxmax()
        ax.annotate(
            t("momentum {momentum}", momentum=number(momentum, "g")),
            (best, 100 * values[best]),
            (-4, 9),
            textcoords="offset points",
            color=FORWARD,
        )
    ax.set(
        xlabel=t(r"learning rate $\eta$"),
        title=t("accuracy on the held-out images, %"),
        ylim=(0, 120 * np.nanmax(accuracy)),
    )
    plain_log_ticks(ax.xaxis, subs=(1,))
    ax.margins(x=0.12)
    return ax
