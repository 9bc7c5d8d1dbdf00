"""Figures of the way back through the CNN: what a slope meets, how large it stays, what mistakes do."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    QUIET,
    TARGET,
    UPDATE,
    WIDTH,
    as_many,
    checked_arrays,
    checked_keys,
    checked_mapping,
    checked_names,
    checked_numbers,
    checked_table,
    draw_numbers,
    draw_picture,
    draw_window,
    enough,
    grid_of_pictures,
    label_ends,
    line_styles,
    new_axes,
    plain_log_ticks,
    row_of_pictures,
    sign_after,
    stacked,
)
from s6lib.words import number, shown, t

#: Signed slopes: below zero grey, zero white, above zero vermilion.
SLOPES = mpl.colors.LinearSegmentedColormap.from_list("slopes", ["#3d3d3d", "white", GRADIENT])

# Backwards through the CNN -------------------------------------------------------------------


def shares(image, slope, products, axes=None):
    """Of one weight in the middle of a kernel: what it met (H, W), the slope of what it made of that, and the
    products of the two, which are its gradient's shares."""
    image = checked_numbers("image", image, "H", "W")
    slope = checked_numbers("slope", slope, *image.shape)
    products = checked_numbers("products", products, *image.shape)
    axes = row_of_pictures(3) if axes is None else enough(axes, 3)
    draw_picture(axes[0], image, "gray_r", image.min(), image.max(), t("pixels"))
    _draw_slopes(axes[1], slope, t("slopes"))
    _draw_slopes(axes[2], products, t("shares"))
    for ax, sign in zip(axes, "×="):
        sign_after(ax, sign)
    return axes


def four_blocks(values, slopes, axes=None):
    """Numbers forward (blue) and their slopes (vermilion) below: two dicts from the same names to (H, W)."""
    values, slopes = checked_arrays("values", values, "H", "W"), checked_arrays("slopes", slopes, "H", "W")
    checked_keys(values, slopes=slopes)
    if axes is None:
        widths = [max(each.shape[1], 1.7) for each in values.values()]  # of columns, and of a title above one
        cells = max(len(each) for each in values.values())
        size = (WIDTH, 2 * (0.85 * cells * WIDTH / sum(widths) + 0.2) + 0.2)
        axes = plt.subplots(2, len(values), figsize=size, width_ratios=widths)[1].ravel()
    axes = enough(axes, 2 * len(values))
    for ax, (name, each) in zip(axes, values.items()):
        draw_numbers(ax, each, FORWARD, name)
    for ax, name in zip(axes[len(values) :], values):
        draw_numbers(ax, slopes[name], GRADIENT)
    for ax in axes[: len(values) - 1]:
        sign_after(ax, "→")
    for ax in axes[len(values) : 2 * len(values) - 1]:
        sign_after(ax, "←")
    return axes


def three_paths(x, paths, axes=None):
    """The slope that comes back to each of the numbers x (n,) by each path, {name: (n,)}, on one scale."""
    x = checked_numbers("x", x, "n")
    paths = checked_arrays("paths", paths, len(x))
    axes = np.atleast_1d(stacked(axes, len(paths), 1.15 * len(paths) + 0.4, sharey=True))
    for ax, (name, slope) in zip(axes, paths.items()):
        place = np.arange(len(x))
        ax.axhline(0, color=QUIET, lw=0.8)
        ax.vlines(place, 0, slope, color=GRADIENT, lw=5)
        for at, each in zip(place, slope):
            ax.annotate(
                number(each, ".4g").replace("-", "−"),
                (at, max(each, 0)),
                (0, 3),
                textcoords="offset points",
                ha="center",
                color=GRADIENT,
            )
        ax.set_title(shown(name))
        ax.set(yticks=[])
        ax.tick_params(bottom=False)
        ax.spines[:].set(visible=False)
    low, high = axes[0].get_ylim()
    axes[0].set(ylim=(low, high + 0.3 * (high - low)))
    axes[-1].set_xticks(place, [number(each, "g") for each in x], color=FORWARD)
    axes[-1].set(xlabel=t("the numbers that came in"))
    return axes


def kernel_collects(image, slope, gradient, axes=None):
    """Numbers of an image (H, W), the slopes of a convolution's values (H', W'), and the gradient of the
    kernel (height, width). Framed are the middle weight and what it met."""
    image, slope = checked_numbers("image", image, "H", "W"), checked_numbers("slope", slope, "H'", "W'")
    gradient = checked_numbers("gradient", gradient, *(np.subtract(image.shape, slope.shape) + 1))
    grids = (
        (t("the image"), image, FORWARD),
        (t("slopes"), slope, GRADIENT),
        (t("gradient"), gradient, GRADIENT),
    )
    axes = _row_of_grids(axes, grids)
    middle = [each // 2 for each in gradient.shape]
    draw_window(axes[0], *middle, *slope.shape, UPDATE)
    draw_window(axes[2], *middle, 1, 1, UPDATE)
    return axes


def turned_over(kernel, slope, of_image, axes=None):
    """A kernel (height, width), as it is and turned over; the slopes of its values (H', W') within a border
    of zeros; and what comes back to the image (H, W). Framed: a pixel, and what it gets its slope from."""
    kernel, slope = checked_numbers("kernel", kernel, "H", "W"), checked_numbers("slope", slope, "H'", "W'")
    of_image = checked_numbers("of_image", of_image, *(np.add(kernel.shape, slope.shape) - 1))
    padded = np.pad(slope, [(each - 1, each - 1) for each in kernel.shape])
    if axes is None:
        axes = plt.subplots(2, 2, figsize=(WIDTH, 5.3))[1].ravel()
    axes = enough(axes, 4)
    draw_numbers(axes[0], kernel, UPDATE, t("kernel"))
    draw_numbers(axes[1], kernel[::-1, ::-1], UPDATE, t("turned over"))
    draw_numbers(axes[2], padded, GRADIENT, t("slopes, with a border"))
    draw_numbers(axes[3], of_image, GRADIENT, t("the image's slopes"))
    draw_window(axes[2], 1, 1, *kernel.shape, UPDATE)
    draw_window(axes[3], 1, 1, 1, 1, UPDATE)
    return axes


def slope_maps(image, slopes, axes=None):
    """An image (H, W) and, {name: (H, W)}, the slopes of some maps on the way back to it, each on its own
    scale."""
    image = checked_numbers("image", image, "H", "W")
    slopes = checked_arrays("slopes", slopes, "H", "W")
    axes = grid_of_pictures(axes, 1 + len(slopes), rows=2, columns=3, size=(WIDTH, 3.9))
    for ax, (name, slope) in zip(axes, slopes.items()):
        _draw_slopes(ax, slope, name)
    draw_picture(axes[len(slopes)], image, "gray_r", image.min(), image.max(), t("the digit"))
    return axes


def side_by_side(loss, loss_by_torch, difference, axes=None):
    """Two trainings (steps,) of one network, and the largest difference between their weights after each
    step."""
    loss, difference = (
        checked_numbers("loss", loss, "steps"),
        checked_numbers("difference", difference, "steps"),
    )
    loss_by_torch = checked_numbers("loss_by_torch", loss_by_torch, "steps")
    as_many(loss=loss, loss_by_torch=loss_by_torch, difference=difference)
    above, below = stacked(axes, 2, 4.4, height_ratios=(1.4, 1))
    step = np.arange(1, len(loss) + 1)
    above.plot(step, loss_by_torch, "o", color=QUIET, mfc="none", ms=9, label="PyTorch")
    above.plot(step, loss, ".-", color=FORWARD, label="NumPy")
    above.legend()
    above.set(ylabel=t("loss"))
    below.semilogy(step, difference, ".", color=UPDATE)
    below.set(xlabel=t("step"), ylabel=t("weights differ by"), ylim=(1e-17, 1e-8))
    below.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    return above, below


def _draw_slopes(ax, slope, title):
    scale = np.abs(slope).max() or 1
    draw_picture(ax, slope, SLOPES, -scale, scale, title)


def _row_of_grids(axes, grids):
    """Grids of numbers (title, values, color) in a row, with the signs of a product between them."""
    if axes is None:
        widths = [values.shape[1] for _, values, _ in grids]
        height = max(len(values) for _, values, _ in grids) / sum(widths) * WIDTH
        axes = plt.subplots(1, len(grids), figsize=(WIDTH, height + 0.5), width_ratios=widths)[1]
    axes = enough(axes, len(grids))
    for ax, (title, values, color) in zip(axes, grids):
        draw_numbers(ax, values, color, title)
    for ax, sign in zip(axes, "*="):
        sign_after(ax, sign)
    return axes


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
        t("an even guess"),
        (0.9, guess),
        (0, -5),
        xycoords=ax.get_yaxis_transform(),
        textcoords="offset points",
        ha="right",
        va="top",
        color=QUIET,
    )
    ax.set(xlabel=t("step"), title=t("error"), ylim=(0, 1.05 * top))
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
    ax.set(xlabel=t("block, on the way back"), title=t("length of the slope; at the last block, 1"))
    return ax


def slopes_later(before, after, steps, axes=None):
    """The same at the start and, below it, after some steps."""
    before = checked_arrays("before", before, "blocks")
    after, steps = checked_arrays("after", after, "blocks"), checked_numbers("steps", steps)
    checked_keys(before, after=after)
    top, bottom = stacked(axes, 2, height=6.4)
    at_start = t("length of the slope, at the start")
    later = t("length of the slope, after step {step}", step=number(steps, "g"))
    for ax, lengths, title in ((top, before, at_start), (bottom, after, later)):
        _draw_lengths(ax, lengths)
        ax.set(title=title)
        ax.xaxis.set_inverted(True)  # both share it
    bottom.set(xlabel=t("block, on the way back"))
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
    for what, ways, color in ((t("values"), forward, FORWARD), (t("slopes"), backward, GRADIENT)):
        for (name, each), style in zip(ways.items(), ("-", "--", ":", "-.")):
            ax.loglog(factors, each, color=color, ls=style)
            ends.append((factors[-1], each[-1]))
            names.append(f"{what}, {shown(name)}" if name else what)
            colors.append(color)
    for name, factor in named.items():
        ax.axvline(factor, color=TARGET, lw=1, ls=":")
        ax.annotate(
            shown(name),
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
    ax.set(xlabel=t("initial weights, times"), title=t("a block multiplies by"))
    label_ends(ax, ends, names, colors)
    return ax


def batch_angles(sizes, angles, law, ax=None):
    """The angle between a batch's gradient and that of all images, in degrees, against the batch's size.

    sizes : (n,)
    angles : {name: (n,)}, the first of which follows the law; or of the last sizes alone, where the first
        have no angle
    law : (n,)
    """
    sizes = checked_numbers("sizes", sizes, "n")
    law = checked_numbers("law", law, len(sizes))
    angles = checked_arrays("angles", angles, "sizes")
    for name, each in angles.items():
        if len(each) > len(sizes):
            raise ValueError(
                f"angles[{name!r}]: got {len(each)} angles; takes {len(sizes)} at most, one a size"
            )
    ax = ax or new_axes(height=3.6)
    ax.axhline(90, color=QUIET, lw=1)
    ax.semilogx(sizes, law, color=QUIET, ls=":")
    for each, style, marker in zip(angles.values(), ("none", "--", "-.", "-"), "os^D"):
        ax.semilogx(sizes[len(sizes) - len(each) :], each, marker, ls=style, color=GRADIENT)
    ax.set(
        xticks=sizes,
        xticklabels=[number(size, "g") for size in sizes],
        xlabel=t("images in a batch"),
        title=t("angle to the gradient of all"),
        ylim=(0, 99),
        yticks=(0, 30, 60, 90),
        yticklabels=("0°", "30°", "60°", "90°"),
    )
    ax.minorticks_off()
    ends = [(sizes[-1], each[-1]) for each in (*angles.values(), law)]
    label_ends(ax, ends, [*angles, t("as 1/√n")], [GRADIENT] * len(angles) + [QUIET])
    return ax


# Mistakes that still train -------------------------------------------------------------------


def nameless(losses, names, ax=None):
    """The mean loss of every epoch of several runs, (runs, epochs), all drawn alike but for a name at each
    end, with a thin line to it."""
    losses, names = checked_numbers("losses", losses, "runs", "epochs"), checked_names("names", names)
    as_many(losses=losses, names=names)
    ax = ax or new_axes(height=4.2)
    for loss in losses:
        ax.semilogy(range(1, len(loss) + 1), loss, color=FORWARD, lw=1.2)
    ax.set(xlabel=t("epoch"), title=t("mean loss"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    plain_log_ticks(ax.yaxis)
    ax.set_ylim(bottom=0.6 * ax.get_ylim()[0])  # room for the names of lines that end close together
    label_ends(ax, [(len(loss), loss[-1]) for loss in losses], names, [FORWARD] * len(names), leaders=True)
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
        ax.axhline(place, color=QUIET, lw=0.4, ls=":", zorder=0)
        ax.plot(100 * shares, [place] * len(shares), "o", color=FORWARD, markersize=6, alpha=0.55, mew=0)
        ax.plot(100 * shares.mean(), place, "|", color=TARGET, markersize=11, mew=2)
        text = f"{letters[name]}  {shown(name)}" if name in letters else shown(name)
        ax.annotate(text, (0, place), (0, 9), xycoords=ax.get_yaxis_transform(), textcoords="offset points")
    ax.set(yticks=[], xlabel=t("test digits read correctly, %"), ylim=(len(accuracy) - 0.5, -0.9))
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
        ["0" if not x else number(x, ".2f" if x < 1 else ".1f" if x < 10 else ".0f") for x in row]
        for row in numbers
    ]
    directions = [[number(x, ".2f").replace("-", "−") for x in row] for row in angles]
    _matrix(top, errors.index, tints, sizes)
    _matrix(bottom, errors.index, 0.35 * np.clip(1 - angles, 0, 2), directions)
    top.set_xticks(range(columns), map(shown, errors.columns), rotation=90)
    top.tick_params(axis="x", labeltop=True, labelbottom=False)
    bottom.tick_params(axis="x", labelbottom=False)
    top.set_title(t("relative error"))
    bottom.set_title(t("cosine with the right gradient"))
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
    ax.set_yticks(range(len(found)), map(shown, found.index))
    ax.set_xticks(range(spoke.shape[1]), found.columns)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.set(xlim=(-0.6, spoke.shape[1] - 0.4), ylim=(len(found) - 0.5, -0.7))
    ax.spines[:].set_visible(False)
    ax.set_title(t("check"), loc="center")
    return ax
