"""Figures of the way back through the CNN: what a slope meets, how large it stays, what mistakes do."""

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    QUIET,
    TARGET,
    as_many,
    checked_arrays,
    checked_keys,
    checked_numbers,
    label_ends,
    line_styles,
    new_axes,
    plain_log_ticks,
    stacked,
)

# Backwards through the CNN -------------------------------------------------------------------


# Why deep networks learned at last -----------------------------------------------------------

#: In these figures a colour says what is drawn, as everywhere, and the style of a line which network it is
#: of, or which way to begin.
_STYLES = {
    "sigmoid": "--",
    "ReLU": "-.",
    "ReLU, He": (0, (8, 2)),
    "ReLU, norm": "-",
    "sigmoid, norm": ":",
    "as drawn": "-",
    "all alike": "--",
}


def _styles(names):
    """A line style for each name, the same in every figure."""
    return [_STYLES.get(name, other) for name, (other, _) in zip(names, line_styles(len(names)))]


def _checked_errors(losses, guess):
    losses, guess = checked_arrays("losses", losses, "steps"), checked_numbers("guess", guess)
    as_many(**{f"losses[{name!r}]": loss for name, loss in losses.items()})
    return losses, guess


def _draw_errors(ax, losses, guess):
    """Error curves by their names, over the steps, and the error of an even guess."""
    ax.axhline(guess, color=QUIET, lw=1)
    for loss, style in zip(losses.values(), _styles(losses)):
        ax.plot(range(1, len(loss) + 1), loss, color=TARGET, ls=style)
    top = max(guess, *(loss.max() for loss in losses.values()))
    ax.annotate(
        "an even guess",
        (0.9, guess),
        (0, -5),
        xycoords=ax.get_yaxis_transform(),
        textcoords="offset points",
        ha="right",
        va="top",
        color=QUIET,
    )
    ax.set(xlabel="step", title="error", ylim=(0, 1.05 * top))
    ends = [(len(loss), loss[-1]) for loss in losses.values()]
    label_ends(ax, ends, losses, [TARGET] * len(losses))
    return ax


def two_networks(losses, guess, ax=None):
    """Errors of networks over the steps, {name: (steps,)}, and the error of an even guess."""
    losses, guess = _checked_errors(losses, guess)
    return _draw_errors(ax or new_axes(height=3.0), losses, guess)


def cured(losses, guess, ax=None):
    """The same for more networks."""
    losses, guess = _checked_errors(losses, guess)
    return _draw_errors(ax or new_axes(height=4.0), losses, guess)


def all_alike(losses, guess, ax=None):
    """The same for two ways to draw the initial weights."""
    losses, guess = _checked_errors(losses, guess)
    return _draw_errors(ax or new_axes(height=3.0), losses, guess)


def _draw_lengths(ax, lengths):
    """The length of the slope at every block, from the last one, where it begins, back to the first."""
    for each, style in zip(lengths.values(), _styles(lengths)):
        ax.semilogy(range(1, len(each) + 1), each, color=GRADIENT, ls=style, marker=".")
    ax.invert_xaxis()
    blocks = max(map(len, lengths.values()))
    ax.set(xticks=range(1, blocks + 1, 1 + blocks // 12))
    label_ends(ax, [(1, each[0]) for each in lengths.values()], lengths, [GRADIENT] * len(lengths))


def slope_lengths(lengths, ax=None):
    """The length of the slope at every block, {name: (blocks,)}, on a logarithmic axis; the way back runs
    from left to right."""
    lengths = checked_arrays("lengths", lengths, "blocks")
    ax = ax or new_axes(height=4.2)
    _draw_lengths(ax, lengths)
    ax.set(xlabel="block, on the way back", title="length of the slope; at the last block, 1")
    return ax


def slopes_later(before, after, steps, axes=None):
    """The same at the start and, below it, after some steps."""
    before = checked_arrays("before", before, "blocks")
    after, steps = checked_arrays("after", after, "blocks"), checked_numbers("steps", steps)
    checked_keys(before, after=after)
    top, bottom = stacked(axes, 2, height=6.4)
    for ax, lengths, when in ((top, before, "at the start"), (bottom, after, f"after step {steps:g}")):
        _draw_lengths(ax, lengths)
        ax.set(title=f"length of the slope, {when}")
        ax.xaxis.set_inverted(True)  # both share it
    bottom.set(xlabel="block, on the way back")
    return top, bottom


def growth(factors, forward, backward, named, ax=None):
    """What a block multiplies values and slopes by, against a factor of the initial weights.

    factors : (n,)
    forward, backward : {name: (n,)}; the networks of both are the same, and the first is drawn solid
    named : {name: factor}, to be marked
    """
    factors = checked_numbers("factors", factors, "n")
    forward = checked_arrays("forward", forward, len(factors))
    backward, named = checked_arrays("backward", backward, len(factors)), checked_arrays("named", named)
    checked_keys(forward, backward=backward)
    ax = ax or new_axes(height=4.4)
    ax.axhline(1, color=QUIET, lw=1)
    ends, names, colors = [], [], []
    for what, ways, color in (("values", forward, FORWARD), ("slopes", backward, GRADIENT)):
        for (name, each), style in zip(ways.items(), ("-", "--", ":", "-.")):
            ax.loglog(factors, each, color=color, ls=style)
            ends.append((factors[-1], each[-1]))
            names.append(f"{what}{name and ', '}{name}")
            colors.append(color)
    for name, factor in named.items():
        ax.axvline(factor, color=TARGET, lw=1, ls=":")
        ax.annotate(
            name,
            (factor, 0.02),
            (-4, 0) if factor == min(named.values()) else (4, 0),
            xycoords=ax.get_xaxis_transform(),
            textcoords="offset points",
            ha="right" if factor == min(named.values()) else "left",
            color=TARGET,
        )
    for axis in (ax.xaxis, ax.yaxis):
        plain_log_ticks(axis, subs=(1, 3))
    ax.margins(y=0.15)
    ax.set(xlabel="initial weights, times", title="a block multiplies by")
    label_ends(ax, ends, names, colors)
    return ax


def batch_angles(sizes, angles, law, ax=None):
    """The angle between a batch's gradient and that of all images, in degrees, against the batch's size.

    sizes : (n,)
    angles : {name: (n,)}, the first of which follows the law
    law : (n,)
    """
    sizes = checked_numbers("sizes", sizes, "n")
    angles, law = checked_arrays("angles", angles, len(sizes)), checked_numbers("law", law, len(sizes))
    ax = ax or new_axes(height=3.6)
    ax.axhline(90, color=QUIET, lw=1)
    ax.semilogx(sizes, law, color=QUIET, ls=":")
    for each, style, marker in zip(angles.values(), ("none", "--", "-.", "-"), "os^D"):
        ax.semilogx(sizes, each, marker, ls=style, color=GRADIENT)
    ax.set(
        xticks=sizes,
        xticklabels=[f"{size:g}" for size in sizes],
        xlabel="images in a batch",
        title="angle to the gradient of all",
        ylim=(0, 99),
        yticks=(0, 30, 60, 90),
        yticklabels=("0°", "30°", "60°", "90°"),
    )
    ax.minorticks_off()
    ends = [(sizes[-1], each[-1]) for each in (*angles.values(), law)]
    label_ends(ax, ends, [*angles, "law"], [GRADIENT] * len(angles) + [QUIET])
    return ax


# Mistakes that still train -------------------------------------------------------------------
