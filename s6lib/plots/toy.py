"""Figures of Part 1: the network of eight weights, its gradient, its updates, its learning rates."""

import matplotlib as mpl
import numpy as np

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    QUIET,
    TARGET,
    UPDATE,
    WEIGHT_NAMES,
    as_given,
    as_many,
    checked_arrays,
    checked_eight,
    checked_list,
    checked_numbers,
    checked_values,
    decimals,
    label_ends,
    new_axes,
    plain_log_ticks,
    rate_colors,
    shown_rate,
    stacked,
)
from s6lib.words import number, shown, t

_COLUMN = {"i": 0.0, "h": 1.75, "o": 3.5, "t": 4.6}
_ROW = (2.3, 0.0)
_RADIUS = 0.4


def network(weights, inputs, targets, values, ax=None):
    """The 2-2-2 network with its values: activations in the nodes, weights on the edges."""
    weights = checked_numbers("weights", weights, 2, 2, 2)
    inputs, targets = checked_numbers("inputs", inputs, 2), checked_numbers("targets", targets, 2)
    checked_values(values)
    ax = _diagram(ax)
    for layer, (start, end) in enumerate((("i", "h"), ("h", "o"))):
        for to in range(2):
            for source in range(2):
                number = 4 * layer + 2 * to + source + 1
                weight = as_given(weights[layer, to, source])
                _edge(ax, (start, source), (end, to), f"$w_{number}$ {weight}", UPDATE)
    for k in range(2):
        _node(ax, ("i", k), f"$i_{k + 1}$", as_given(inputs[k]))
        for layer, sums, activations in (("h", values.h, values.a_h), ("o", values.o, values.a_o)):
            note = f"${layer}_{k + 1}$ = {decimals(sums[k], 4)}"
            _node(ax, (layer, k), f"$a_{{{layer}{k + 1}}}$", decimals(activations[k], 4), note)
        _target(ax, k, targets[k])
    return ax


def paths_of_w1(gradient, ax=None):
    """The two paths by which w1 reaches the error, drawn in the gradient's colour."""
    gradient = checked_numbers("gradient", gradient, 2, 2, 2)
    ax = _diagram(ax)
    on_path = {("i", 0, "h", 0), ("h", 0, "o", 0), ("h", 0, "o", 1)}
    for layer, (start, end) in enumerate((("i", "h"), ("h", "o"))):
        for to in range(2):
            for source in range(2):
                active = (start, source, end, to) in on_path
                _edge(
                    ax,
                    (start, source),
                    (end, to),
                    WEIGHT_NAMES[4 * layer + 2 * to + source] if active else "",
                    GRADIENT if active else QUIET,
                    width=3 if active else 0.8,
                )
    for k in range(2):
        for column, name in (("i", f"$i_{k + 1}$"), ("h", f"$a_{{h{k + 1}}}$"), ("o", f"$a_{{o{k + 1}}}$")):
            quiet = (column, k) in {("i", 1), ("h", 1)}
            _node(ax, (column, k), name, color=QUIET if quiet else GRADIENT)
        ax.text(_COLUMN["t"], _ROW[k], f"$E_{k + 1}$", ha="center", va="center", color=GRADIENT)
        ax.annotate(
            "",
            (_COLUMN["t"] - 0.2, _ROW[k]),
            (_COLUMN["o"] + _RADIUS, _ROW[k]),
            arrowprops={"arrowstyle": "-", "color": GRADIENT, "lw": 3},
        )
    ax.text(
        _COLUMN["i"] - _RADIUS,
        _ROW[0] + 0.55,
        f"$\\partial E_{{total}}/\\partial w_1$ = {decimals(gradient[0, 0, 0], 6)}",
        color=GRADIENT,
        ha="left",
    )
    return ax


def sigmoid_curve(values, sigmoid, ax=None):
    """The sigmoid with the four weighted sums of the network on it."""
    checked_values(values)
    if not callable(sigmoid):
        raise TypeError(f"sigmoid: got {type(sigmoid).__name__}; takes a function of arrays")
    ax = ax or new_axes()
    sums, activations = np.concatenate([values.h, values.o]), np.concatenate([values.a_h, values.a_o])
    end = max(6, 1.05 * np.abs(sums).max())
    z = np.linspace(-end, end, 241 if end == 6 else 1001)
    ax.plot(z, sigmoid(z), color=QUIET, lw=1.5)
    ax.plot(sums, activations, "o", color=FORWARD)
    ax.axhline(0.5, color=QUIET, lw=0.6, ls=":")
    inset = ax.inset_axes([0.62, 0.12, 0.36, 0.46])
    wide = max(np.ptp(sums), 0.2)
    z = np.linspace(sums.min() - 0.35 * wide, sums.max() + 0.22 * wide, 121)
    inset.plot(z, sigmoid(z), color=QUIET, lw=1.5)
    inset.plot(sums, activations, "o", color=FORWARD)
    names = ("$h_1$", "$h_2$", "$o_1$", "$o_2$")
    for k, below in enumerate((False, True, False, True)):
        here = [j for j in range(k % 2, 4, 2) if abs(sums[j] - sums[k]) < 0.1 * wide]  # labelled on this side
        inset.annotate(
            ", ".join(names[j] for j in here) if here[0] == k else "",
            (sums[k], activations[k]),
            (5, -9) if below else (-4, 5),
            textcoords="offset points",
            ha="left" if below else "right",
            color=FORWARD,
        )
    inset.set(xlim=(z[0], z[-1]))
    inset.margins(y=0.15)
    inset.locator_params(nbins=3)
    ax.set(xlabel=t("weighted sum $z$"), title=t(r"activation $\sigma(z)$"))
    return ax


# Part 1, the gradient ------------------------------------------------------------------------


def gradients(gradient, ax=None):
    """The eight partial derivatives as bars, each with its value."""
    values = checked_eight("gradient", gradient)
    ax = ax or new_axes(height=3.4)
    ax.barh(WEIGHT_NAMES, values, color=GRADIENT, height=0.62)
    for row, value in enumerate(values):
        place = max(value, 0), row
        ax.annotate(decimals(value, 6), place, (4, 0), textcoords="offset points", va="center")
    ax.axvline(0, color=TARGET, lw=0.8)
    ax.invert_yaxis()
    ax.set(title=r"$\partial E_{total}/\partial w$", xticks=[])
    ax.margins(x=0.2)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(left=False)
    return ax


def slip(loss, loss_with_slip, axes=None):
    """The error curve with and without the worksheet's slip, and below it their difference."""
    loss = checked_numbers("loss", loss, "steps + 1")
    loss_with_slip = checked_numbers("loss_with_slip", loss_with_slip, len(loss))
    top, bottom = stacked(axes, 2, height=4.6)
    top.plot(loss, color=FORWARD)
    top.plot(loss_with_slip, color=TARGET, ls=(0, (2, 3)))
    top.annotate(
        t("right formula (line)\nand slip (dots)"),
        (0.97, 0.5),
        xycoords="axes fraction",
        ha="right",
        color=FORWARD,
    )
    top.set(ylabel="$E_{total}$", title=t("two error curves that look like one"))
    difference = np.abs(loss_with_slip - loss) / loss
    bottom.semilogy(np.arange(1, len(loss)), difference[1:], color=GRADIENT)
    bottom.set(xlabel=t("step"), ylabel=t("relative\ndifference"))
    return top, bottom


def referees(distance, ax=None):
    """How far each referee's gradient lies from backpropagation's; `distance` maps names to numbers."""
    floor = np.finfo(float).eps / 4
    distance = checked_arrays("distance", distance)
    ax = ax or new_axes(height=2.2)
    names, values = list(distance), np.maximum(list(distance.values()), floor)
    names = [shown(name) for name in names]
    ax.hlines(names, floor / 4, values, color=QUIET, lw=1)
    ax.plot(values, names, "o", color=GRADIENT)
    for name, value in zip(names, values):
        ax.annotate(
            number(value, ".0e") if value > floor else t("equal"),
            (value, name),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set(
        xscale="log",
        xlim=(floor / 4, max(10, 100 * max(values))),
        xlabel=t("largest difference / largest gradient"),
    )
    ax.invert_yaxis()
    ax.margins(y=0.25)
    return ax


# Part 1, the update --------------------------------------------------------------------------


def changes(change, ax=None):
    """The size of one update of each weight, on a logarithmic axis; one that stays has a 0 and no dot."""
    values = np.abs(checked_eight("change", change))
    moved = values[values > 0] if values.any() else np.ones(1)
    low, high = moved.min() / 4, moved.max() * 6
    ax = ax or new_axes(height=3.2)
    ax.hlines(WEIGHT_NAMES, low, np.maximum(values, low), color=QUIET, lw=1)
    ax.plot(np.where(values, values, np.nan), WEIGHT_NAMES, "o", color=UPDATE)
    for row, value in enumerate(values):
        place = max(value, low), row
        told = decimals(value, 5) if value else "0"
        ax.annotate(told, place, (8, 0), textcoords="offset points", va="center")
    ax.set(xscale="log", xlim=(low, high), xlabel=t("size of the first update"))
    plain_log_ticks(ax.xaxis, subs=(1,))
    ax.invert_yaxis()
    return ax


def weight_paths(weights, ax=None):
    """All eight weights over the steps; `weights` is (steps + 1, 2, 2, 2)."""
    weights = checked_numbers("weights", weights, "steps + 1", 2, 2, 2)
    ax = ax or new_axes(height=4.2)
    paths = weights.reshape(len(weights), 8)
    for k, path in enumerate(paths.T):
        ax.plot(path, color=UPDATE, ls="-" if k >= 4 else "--")
    ax.margins(y=0.14)
    label_ends(ax, [(len(paths) - 1, end) for end in paths[-1]], WEIGHT_NAMES, [UPDATE] * 8)
    ax.axhline(0, color=QUIET, lw=0.6, ls=":")
    ax.set(xlabel=t("step"), title=t("weight"))
    return ax


# Part 1, the learning rate -------------------------------------------------------------------


def one_rate(loss, learning_rate, ax=None):
    """The error at one learning rate, on a logarithmic axis, unless all of it is 0."""
    loss = checked_numbers("loss", loss, "steps + 1")
    learning_rate = checked_numbers("learning_rate", learning_rate)
    ax = ax or new_axes()
    ax.plot(loss, color=FORWARD, lw=2.5)
    ax.set_yscale(_log_if_any(loss))
    label_ends(ax, [(len(loss) - 1, loss[-1])], [shown_rate(learning_rate)], [FORWARD])
    ax.set(xlabel=t("step"), title="$E_{total}$")
    return ax


def learning_rates(loss, rates, axes=None):
    """Error curves of several rates, on a linear axis and below it on a logarithmic one.

    loss : (steps + 1, number of rates)
    """
    rates = checked_numbers("rates", rates, "rates")
    loss = checked_numbers("loss", loss, "steps + 1", len(rates))
    top, bottom = stacked(axes, 2, height=6.0)
    for ax in (top, bottom):
        for curve, color in zip(loss.T, rate_colors(rates)):
            ax.plot(curve, color=color)
    bottom.set_yscale(_log_if_any(loss))
    ends = [(len(loss) - 1, end) for end in loss[-1]]
    label_ends(bottom, ends, [shown_rate(rate) for rate in rates], rate_colors(rates))
    top.set(title=t("$E_{total}$, linear axis"))
    bottom.set(title=t("$E_{total}$, logarithmic axis"), xlabel=t("step"))
    return top, bottom


def _log_if_any(loss):
    """The scale of an axis of errors: those that are all 0 have no logarithm."""
    return "log" if loss.any() else "linear"


def steps_needed(rates, steps, fastest, threshold, yours=None, ax=None):
    """Steps to 1 % of the first error against the learning rate; NaN where it is never reached.

    yours : (rates,), the same of another network, drawn beside it
    """
    rates = checked_numbers("rates", rates, "rates")
    steps = checked_numbers("steps", steps, len(rates))
    yours = None if yours is None else checked_numbers("yours", yours, len(rates))
    fastest, threshold = checked_numbers("fastest", fastest), checked_numbers("threshold", threshold)
    ax = ax or new_axes(height=3.8)
    ax.loglog(rates, steps, color=FORWARD)
    if yours is not None and np.isfinite(yours).any():
        ax.loglog(rates, yours, color=UPDATE, ls="-.")
        ax.annotate(t("your numbers"), (0.98, 0.03), xycoords="axes fraction", color=UPDATE, ha="right")
    ax.loglog(rates, steps[0] * rates[0] / rates, color=QUIET, lw=1, ls=":")
    ax.annotate(
        t("steps ~ 1 / rate"), (rates[0] * 2, steps[0] / 2), (6, 8), textcoords="offset points", color=QUIET
    )
    for x, label, ha in ((fastest, t("fastest"), "right"), (threshold, r"$2/\lambda_{max}$", "left")):
        ax.axvline(x, color=GRADIENT, lw=1, ls="--")
        ax.annotate(
            f"{label}\n{number(x, '.0f')}",
            (x, np.nanmax(steps)),
            (-5 if ha == "right" else 5, 0),
            textcoords="offset points",
            color=GRADIENT,
            ha=ha,
            va="top",
        )
    ax.set(xlabel=t(r"learning rate $\eta$"), title=t("steps until the error is 1 % of its start"))
    for axis in (ax.xaxis, ax.yaxis):
        plain_log_ticks(axis, subs=(1,))
    return ax


def swing(outputs, rates, target, ax=None):
    """The first output over the first steps for several rates; outputs is (steps + 1, number of rates)."""
    rates = checked_numbers("rates", rates, "rates")
    outputs = checked_numbers("outputs", outputs, "steps + 1", len(rates))
    target = checked_numbers("target", target)
    ax = ax or new_axes(height=3.4)
    for row, (path, rate, color) in enumerate(zip(outputs.T, rates, rate_colors(rates))):
        ax.plot(path, "o-", color=color, markersize=4, lw=1.5)
        ax.annotate(
            shown_rate(rate),
            (0.98, 0.97 - 0.1 * row),
            xycoords="axes fraction",
            color=color,
            ha="right",
            va="top",
        )
    ax.axhline(target, color=TARGET, lw=1, ls=":")
    ax.annotate(t("target"), (len(outputs) - 1, target), (0, 7), textcoords="offset points", ha="right")
    ax.set(xlabel=t("step"), title="$a_{o1}$")
    return ax


def catapult(loss, stable_rate, learning_rate, axes=None):
    """Above: the error past the threshold. Below: 2/lambda_max where the weights are, and the rate."""
    loss = checked_numbers("loss", loss, "steps + 1")
    stable_rate = checked_numbers("stable_rate", stable_rate, len(loss))
    learning_rate = checked_numbers("learning_rate", learning_rate)
    top, bottom = stacked(axes, 2, height=5.2)
    top.semilogy(loss, color=FORWARD)
    top.set(title=t("{error} at {rate}", error="$E_{total}$", rate=shown_rate(learning_rate)))
    bottom.plot(stable_rate, color=GRADIENT)
    bottom.axhline(learning_rate, color=TARGET, lw=1, ls="--")
    bottom.annotate(
        shown_rate(learning_rate),
        (len(loss) - 1, learning_rate),
        (0, -5),
        textcoords="offset points",
        ha="right",
        va="top",
    )
    bottom.set(
        xlabel=t("step"), title=t(r"$2/\lambda_{max}$: the largest stable rate at this point"), yscale="log"
    )
    bottom.set_ylim(bottom=0.6 * min(learning_rate, stable_rate.min()))
    plain_log_ticks(bottom.yaxis)
    return top, bottom


def loss_landscape(x, y, loss, paths, rates, ax=None):
    """Contours of the error over a plane in weight space, with one path per learning rate.

    Paths that hardly move along y are drawn again above it, with y stretched.

    x, y : (n,), displacements along the two directions; loss : (len(y), len(x))
    paths : list of (steps + 1, 2), the same displacements during training
    """
    x, y = checked_numbers("x", x, "n"), checked_numbers("y", y, "n")
    loss, rates = checked_numbers("loss", loss, len(y), len(x)), checked_numbers("rates", rates, "rates")
    paths = checked_list("paths", paths, "steps + 1", 2)
    as_many(paths=paths, rates=rates)
    ax = ax or new_axes(height=6.6)
    walks = [(path, rate, color) for path, rate, color in zip(paths, rates, rate_colors(rates))]
    short = [walk for walk in walks if np.ptp(walk[0][:, 1]) < 0.1 * np.ptp(y)]
    _walks(ax, walks)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    _number(ax.contour(x, y, loss, **_levels(loss)), y[-1] - 0.045 * np.ptp(y))
    ax.annotate(t("start"), (0, 0), (8, 0), textcoords="offset points", va="center")
    for path, rate, color in walks:
        if not any(path is each for each, *_ in short):
            far = path[np.abs(path[:, 1] - 0.65 * path[-1, 1]).argsort()[:2]]
            ax.annotate(
                shown_rate(rate), far[far[:, 0].argmax()], (8, 0), textcoords="offset points", color=color
            )
    ax.set_xlabel(t("output weights $w_5$ to $w_8$, together"))
    ax.set_ylabel(t("hidden weights $w_1$ to $w_4$, together"))
    if not short:
        return ax
    ax.set(
        ylim=(y[0], y[-1] + 0.6 * np.ptp(y)),
        yticks=[each for each in ax.get_yticks() if y[0] <= each <= y[-1]],
    )
    ax.spines["left"].set_bounds(y[0], y[-1])
    ax.yaxis.label.set_y(0.5 / 1.6)
    zoom = ax.inset_axes([0, 0.7, 1, 0.24])
    _walks(zoom, walks)
    every = np.vstack([path for path, *_ in short])
    for axis, values in (("x", every[:, 0]), ("y", every[:, 1])):
        margin = {"x": 0.1, "y": 0.35}[axis] * (np.ptp(values) or 1)
        zoom.set(**{f"{axis}lim": (values.min() - margin, values.max() + margin)})
    zoom.locator_params(nbins=4)
    zoom.set_title(t("near the start, and stretched upwards"))
    highest = max((path for path, *_ in short), key=lambda path: path[-1, 1])
    for path, rate, color in short:
        zoom.annotate(
            shown_rate(rate),
            path[-1],
            (0, 6 if path is highest else -6),
            textcoords="offset points",
            ha="center",
            va="bottom" if path is highest else "top",
            color=color,
        )
    return ax


def _walks(ax, walks):
    for path, _, color in walks:
        ax.plot(*path.T, "o-", color=color, markersize=3.5, lw=1.2)
    ax.plot(0, 0, "s", color=TARGET, markersize=7, zorder=5)


def _levels(loss):
    """Heights for contours, 1, 4, 9 ... times a round number: equally far apart in a round valley."""
    step = float(f"{loss.max() / 36:.0e}")
    return {
        "levels": [step * k**2 for k in range(1, 7) if step * k**2 < loss.max()] or [loss.mean()],
        "colors": QUIET,
        "linewidths": 0.6,
    }


def _number(contours, height):
    """The number of each contour, once, to the right of the valley and near this height."""
    ax, places = contours.axes, []
    for path in contours.get_paths():
        points = path.vertices
        right = points[points[:, 0] >= points[:, 0].mean()] if len(points) else points
        if len(right):
            places.append(right[np.abs(right[:, 1] - height).argmin()])
    low, high = ax.get_xlim()
    inside = [place for place in places if low < place[0] < high - 0.03 * (high - low)]
    ax.clabel(contours, manual=inside, fmt=lambda level: number(level, ".3g"), colors=QUIET)


def _diagram(ax):
    ax = ax or new_axes(height=3.6)
    ax.set(xlim=(-0.42, 4.98), ylim=(-0.76, 3.06), aspect="equal")
    ax.axis("off")
    return ax


def _place(node):
    column, row = node
    return np.array([_COLUMN[column], _ROW[row]])


def _edge(ax, start, end, label, color, width=1.3):
    a, b = _place(start), _place(end)
    along = (b - a) / np.hypot(*(b - a))
    ax.plot(
        *zip(a + _RADIUS * along, b - _RADIUS * along),
        color=color,
        lw=width,
        solid_capstyle="round",
        zorder=1,
    )
    if label:
        point = a + (0.5 if start[1] == end[1] else 0.3) * (b - a) + 0.05 * np.array([-along[1], along[0]])
        angle = np.degrees(np.arctan2(along[1], along[0]))
        ax.text(
            *point,
            label,
            color=color,
            ha="center",
            va="bottom",
            rotation=angle,
            rotation_mode="anchor",
            zorder=2,
        )


def _node(ax, node, name, value=None, note=None, color=FORWARD):
    x, y = _place(node)
    ax.add_patch(mpl.patches.Circle((x, y), _RADIUS, facecolor=color, edgecolor="none", zorder=3))
    if value is None:
        ax.text(x, y, name, color="white", ha="center", va="center", zorder=4)
        return
    ax.text(x, y + 0.12, name, color="white", ha="center", va="center", zorder=4)
    ax.text(x, y - 0.11, value, color="white", ha="center", va="center", zorder=4)
    if note:
        outward = 1 if y else -1  # above the upper row and below the lower one, clear of the edges
        ax.text(
            x,
            y + outward * (_RADIUS + 0.08),
            note,
            color=color,
            ha="center",
            va="bottom" if y else "top",
            zorder=4,
        )


def _target(ax, k, target):
    x, y = _COLUMN["t"], _ROW[k]
    ax.plot([_COLUMN["o"] + _RADIUS, x - 0.44], [y, y], color=TARGET, lw=1, ls=":")
    told = f"{t('target')}\n$t_{k + 1}$ = {number(target, 'g')}"
    ax.text(x, y, told, ha="center", va="center", color=TARGET)
