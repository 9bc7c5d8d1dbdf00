"""Figures of Part 1: the network of eight weights, its gradient, its updates, its learning rates."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    QUIET,
    TARGET,
    UPDATE,
    WEIGHT_NAMES,
    as_many,
    checked_arrays,
    checked_eight,
    checked_list,
    checked_numbers,
    checked_values,
    end_label,
    new_axes,
    rate_colors,
    spread,
    stacked,
)

_COLUMN = {"i": 0.0, "h": 1.6, "o": 3.2, "t": 4.35}
_ROW = (1.6, 0.0)
_RADIUS = 0.37


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
                _edge(
                    ax, (start, source), (end, to), f"$w_{number}$ {weights[layer, to, source]:.2f}", UPDATE
                )
    for k in range(2):
        _node(ax, ("i", k), f"$i_{k + 1}$", inputs[k], f"{inputs[k]:.2f}", color=QUIET)
        _node(ax, ("h", k), f"$a_{{h{k + 1}}}$", values.a_h[k], note=f"$h_{k + 1}$ = {values.h[k]:.4f}")
        _node(ax, ("o", k), f"$a_{{o{k + 1}}}$", values.a_o[k], note=f"$o_{k + 1}$ = {values.o[k]:.4f}")
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
                    fontsize=12,
                )
    for k in range(2):
        for column, name in (("i", f"$i_{k + 1}$"), ("h", f"$a_{{h{k + 1}}}$"), ("o", f"$a_{{o{k + 1}}}$")):
            quiet = (column, k) in {("i", 1), ("h", 1)}
            _node(ax, (column, k), name, color=QUIET if quiet else GRADIENT)
        ax.text(_COLUMN["t"], _ROW[k], f"$E_{k + 1}$", ha="center", va="center", fontsize=13, color=GRADIENT)
        ax.annotate(
            "",
            (_COLUMN["t"] - 0.22, _ROW[k]),
            (_COLUMN["o"] + _RADIUS, _ROW[k]),
            arrowprops={"arrowstyle": "-", "color": GRADIENT, "lw": 3},
        )
    ax.text(
        _COLUMN["i"] - _RADIUS,
        _ROW[0] + 0.55,
        f"$\\partial E_{{total}}/\\partial w_1$ = {gradient[0, 0, 0]:.6f}",
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
    z = np.linspace(-6, 6, 241)
    ax.plot(z, sigmoid(z), color=QUIET, lw=1.5)
    sums = np.concatenate([values.h, values.o])
    ax.plot(sums, np.concatenate([values.a_h, values.a_o]), "o", color=FORWARD)
    ax.axhline(0.5, color=QUIET, lw=0.6, ls=":")
    inset = ax.inset_axes([0.62, 0.12, 0.36, 0.46])
    inset.plot(z, sigmoid(z), color=QUIET, lw=1.5)
    for name, x, y, below in zip(
        ("$h_1$", "$h_2$", "$o_1$", "$o_2$"),
        sums,
        np.concatenate([values.a_h, values.a_o]),
        (False, True, False, True),
    ):
        inset.plot(x, y, "o", color=FORWARD)
        inset.annotate(
            name,
            (x, y),
            (5, -9) if below else (-4, 5),
            textcoords="offset points",
            ha="left" if below else "right",
            fontsize=9,
            color=FORWARD,
        )
    inset.set(xlim=(-0.15, 0.65), ylim=(0.46, 0.68), xticks=[0, 0.5], yticks=[0.5, 0.6])
    inset.tick_params(labelsize=8)
    ax.set(xlabel="weighted sum $z$", title=r"activation $\sigma(z)$")
    return ax


# Part 1, the gradient ------------------------------------------------------------------------


def gradients(gradient, ax=None):
    """The eight partial derivatives as bars, each with its value."""
    values = checked_eight("gradient", gradient)
    ax = ax or new_axes(height=3.4)
    ax.barh(WEIGHT_NAMES, values, color=GRADIENT, height=0.62)
    for row, value in enumerate(values):
        ax.annotate(
            f"{value:.6f}", (max(value, 0), row), (4, 0), textcoords="offset points", va="center", fontsize=10
        )
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
    end_label(top, loss, "right formula (line) and slip (dots)", FORWARD, dx=-4, dy=14, ha="right")
    top.set(ylabel="$E_{total}$", title="two error curves that look like one")
    difference = np.abs(loss_with_slip - loss) / loss
    bottom.semilogy(np.arange(1, len(loss)), difference[1:], color=GRADIENT)
    bottom.set(xlabel="step", ylabel="relative\ndifference")
    return top, bottom


def referees(distance, ax=None):
    """How far each referee's gradient lies from backpropagation's; `distance` maps names to numbers."""
    floor = np.finfo(float).eps / 4
    distance = checked_arrays("distance", distance)
    ax = ax or new_axes(height=2.2)
    names, values = list(distance), np.maximum(list(distance.values()), floor)
    ax.hlines(names, floor / 4, values, color=QUIET, lw=1)
    ax.plot(values, names, "o", color=GRADIENT)
    for name, value in zip(names, values):
        ax.annotate(
            f"{value:.0e}" if value > floor else "equal",
            (value, name),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=10,
        )
    ax.set(xscale="log", xlim=(floor / 4, 10), xlabel="largest difference / largest gradient")
    ax.invert_yaxis()
    ax.margins(y=0.25)
    return ax


# Part 1, the update --------------------------------------------------------------------------


def changes(change, ax=None):
    """The size of one update of each weight, on a logarithmic axis."""
    values = np.abs(checked_eight("change", change))
    ax = ax or new_axes(height=3.2)
    ax.hlines(WEIGHT_NAMES, values.min() / 4, values, color=QUIET, lw=1)
    ax.plot(values, WEIGHT_NAMES, "o", color=UPDATE)
    for row, value in enumerate(values):
        ax.annotate(
            f"{value:.5f}" if value >= 1e-4 else f"{value:.1e}",
            (value, row),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=10,
        )
    ax.set(xscale="log", xlim=(values.min() / 4, values.max() * 6), xlabel="size of the first update")
    ax.invert_yaxis()
    return ax


def weight_paths(weights, ax=None):
    """All eight weights over the steps; `weights` is (steps + 1, 2, 2, 2)."""
    weights = checked_numbers("weights", weights, "steps + 1", 2, 2, 2)
    ax = ax or new_axes(height=3.8)
    paths = weights.reshape(len(weights), 8)
    for k, path in enumerate(paths.T):
        ax.plot(path, color=UPDATE, ls="-" if k >= 4 else "--")
    ax.margins(y=0.1)
    for k, y in enumerate(spread(paths[-1], 0.06 * np.ptp(paths))):
        ax.annotate(
            WEIGHT_NAMES[k],
            (len(paths) - 1, y),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=UPDATE,
        )
    ax.axhline(0, color=QUIET, lw=0.6, ls=":")
    ax.set(xlabel="step", title="weight")
    return ax


# Part 1, the learning rate -------------------------------------------------------------------


def one_rate(loss, learning_rate, others, ax=None):
    """The error at one learning rate; `others` maps rates to curves drawn quietly behind it."""
    loss = checked_numbers("loss", loss, "steps + 1")
    learning_rate = checked_numbers("learning_rate", learning_rate)
    others = checked_arrays("others", others, "steps + 1")
    ax = ax or new_axes()
    for curve in others.values():
        ax.semilogy(curve, color=QUIET, lw=0.7, alpha=0.6)
    ax.semilogy(loss, color=FORWARD, lw=2.5)
    end_label(ax, loss, rf"$\eta$ = {learning_rate:g}", FORWARD)
    ax.set(xlabel="step", title="$E_{total}$")
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
    bottom.set_yscale("log")
    ends = np.log10(loss[-1])
    for rate, place, color in zip(rates, spread(ends, 0.06 * np.ptp(np.log10(loss))), rate_colors(rates)):
        bottom.annotate(
            rf"$\eta$ = {rate:g}",
            (len(loss) - 1, 10**place),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=10,
            color=color,
        )
    top.set(title="$E_{total}$, linear axis")
    bottom.set(title="$E_{total}$, logarithmic axis", xlabel="step")
    return top, bottom


def steps_needed(rates, steps, fastest, threshold, ax=None):
    """Steps to 1 % of the first error against the learning rate; NaN where it is never reached."""
    rates = checked_numbers("rates", rates, "rates")
    steps = checked_numbers("steps", steps, len(rates))
    fastest, threshold = checked_numbers("fastest", fastest), checked_numbers("threshold", threshold)
    ax = ax or new_axes(height=3.8)
    ax.loglog(rates, steps, color=FORWARD)
    ax.loglog(rates, steps[0] * rates[0] / rates, color=QUIET, lw=1, ls=":")
    ax.annotate(
        "steps ~ 1 / rate", (rates[0] * 2, steps[0] / 2), (6, 8), textcoords="offset points", color=QUIET
    )
    for x, label, ha in ((fastest, "fastest", "right"), (threshold, r"$2/\lambda_{max}$", "left")):
        ax.axvline(x, color=GRADIENT, lw=1, ls="--")
        ax.annotate(
            f"{label}\n{x:.0f}",
            (x, np.nanmax(steps)),
            (-5 if ha == "right" else 5, 0),
            textcoords="offset points",
            color=GRADIENT,
            ha=ha,
            va="top",
            fontsize=10,
        )
    ax.set(xlabel=r"learning rate $\eta$", title="steps until the error is 1 % of its start")
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
            rf"$\eta$ = {rate:g}",
            (0.98, 0.97 - 0.1 * row),
            xycoords="axes fraction",
            color=color,
            ha="right",
            va="top",
        )
    ax.axhline(target, color=TARGET, lw=1, ls=":")
    ax.annotate(
        "target", (len(outputs) - 1, target), (0, 4), textcoords="offset points", ha="right", fontsize=10
    )
    ax.set(xlabel="step", title="$a_{o1}$")
    return ax


def catapult(loss, stable_rate, learning_rate, axes=None):
    """Above: the error past the threshold. Below: 2/lambda_max where the weights are, and the rate."""
    loss = checked_numbers("loss", loss, "steps + 1")
    stable_rate = checked_numbers("stable_rate", stable_rate, len(loss))
    learning_rate = checked_numbers("learning_rate", learning_rate)
    top, bottom = stacked(axes, 2, height=5.2)
    top.semilogy(loss, color=FORWARD)
    top.set(title=rf"$E_{{total}}$ at $\eta$ = {learning_rate:g}")
    bottom.plot(stable_rate, color=GRADIENT)
    bottom.axhline(learning_rate, color=TARGET, lw=1, ls="--")
    bottom.annotate(
        rf"$\eta$ = {learning_rate:g}",
        (len(loss) - 1, learning_rate),
        (0, -5),
        textcoords="offset points",
        ha="right",
        va="top",
    )
    bottom.set(xlabel="step", title=r"$2/\lambda_{max}$: the largest stable rate at this point", yscale="log")
    return top, bottom


def loss_landscape(x, y, loss, paths, rates, ax=None):
    """Contours of the error over a plane in weight space, with one path per learning rate.

    x, y : (n,), displacements along the two directions; loss : (len(y), len(x))
    paths : list of (steps + 1, 2), the same displacements during training
    """
    x, y = checked_numbers("x", x, "n"), checked_numbers("y", y, "n")
    loss, rates = checked_numbers("loss", loss, len(y), len(x)), checked_numbers("rates", rates, "rates")
    paths = checked_list("paths", paths, "steps + 1", 2)
    as_many(paths=paths, rates=rates)
    ax = ax or new_axes(height=5.4)
    ax.contour(x, y, loss, levels=np.geomspace(1e-5, loss.max(), 12), colors=QUIET, linewidths=0.6)
    for path, color in zip(paths, rate_colors(rates)):
        ax.plot(*path.T, "o-", color=color, markersize=3.5, lw=1.2)
    for row, (rate, color) in enumerate(zip(rates, rate_colors(rates))):
        ax.annotate(rf"$\eta$ = {rate:g}", (0.03, 0.05 + 0.065 * row), xycoords="axes fraction", color=color)
    ax.plot(0, 0, "s", color=TARGET, markersize=7, zorder=5)
    ax.annotate("start", (0, 0), (8, 0), textcoords="offset points", va="center")
    ax.set(
        xlim=(x[0], x[-1]),
        ylim=(y[0], y[-1]),
        xlabel="output weights $w_5$ to $w_8$, together",
        title="hidden weights $w_1$ to $w_4$, together",
    )
    return ax


def _diagram(ax):
    ax = ax or plt.subplots(figsize=(4.4, 2.8))[1]
    ax.set(xlim=(-0.4, 4.75), ylim=(-0.75, 2.35), aspect="equal")
    ax.axis("off")
    return ax


def _place(node):
    column, row = node
    return np.array([_COLUMN[column], _ROW[row]])


def _edge(ax, start, end, label, color, width=1.3, fontsize=9):
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
        point = a + (0.5 if start[1] == end[1] else 0.3) * (b - a)
        angle = np.degrees(np.arctan2(along[1], along[0]))
        ax.text(
            *point,
            label,
            color=color,
            fontsize=fontsize,
            ha="center",
            va="bottom",
            rotation=angle,
            rotation_mode="anchor",
            zorder=2,
        )


def _node(ax, node, name, value=None, text=None, note=None, color=FORWARD):
    x, y = _place(node)
    ax.add_patch(mpl.patches.Circle((x, y), _RADIUS, facecolor=color, edgecolor="none", zorder=3))
    if value is None:
        ax.text(x, y, name, color="white", ha="center", va="center", fontsize=11, zorder=4)
        return
    ax.text(x, y + 0.1, name, color="white", ha="center", va="center", fontsize=10, zorder=4)
    ax.text(
        x, y - 0.13, text or f"{value:.4f}", color="white", ha="center", va="center", fontsize=8.5, zorder=4
    )
    if note:
        outward = 1 if y else -1  # above the upper row and below the lower one, clear of the edges
        ax.text(
            x,
            y + outward * (_RADIUS + 0.08),
            note,
            color=color,
            ha="center",
            va="bottom" if y else "top",
            fontsize=9,
            zorder=4,
        )


def _target(ax, k, target):
    x, y = _COLUMN["t"], _ROW[k]
    ax.plot([_COLUMN["o"] + _RADIUS, x - 0.3], [y, y], color=TARGET, lw=1, ls=":")
    ax.text(x, y, f"target\n$t_{k + 1}$ = {target:g}", ha="center", va="center", fontsize=9, color=TARGET)
