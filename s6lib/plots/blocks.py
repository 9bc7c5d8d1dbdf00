"""Figures of Part 2: what a CNN is made of, and how it is put together."""

from itertools import cycle

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from s6lib.plots.style import (
    FORWARD,
    GRADIENT,
    ON_PIXELS,
    QUIET,
    UPDATE,
    WIDTH,
    as_many,
    checked_arrays,
    checked_keys,
    checked_mapping,
    checked_names,
    checked_numbers,
    draw_picture,
    draw_signed,
    draw_window,
    enough,
    grid_of_pictures,
    line_styles,
    new_axes,
    row_of_pictures,
)
from s6lib.words import number, shown, t


def edges(image, responses, axes=None):
    """The image (H, W) and what kernels answer to it; `responses` maps names to signed maps (H', W')."""
    image = checked_numbers("image", image, "H", "W")
    responses = checked_arrays("responses", responses, "H", "W")
    axes = row_of_pictures(1 + len(responses)) if axes is None else enough(axes, 1 + len(responses))
    draw_picture(axes[0], image, "gray_r", 0, 1, t("digit"))
    for ax, (name, response) in zip(axes[1:], responses.items()):
        draw_signed(ax, response, name)
    return axes


def relu(before, after, axes=None):
    """A signed map (H, W) before and after ReLU, on one scale."""
    before = checked_numbers("before", before, "H", "W")
    after = checked_numbers("after", after, *before.shape)
    axes = row_of_pictures(2) if axes is None else enough(axes, 2)
    draw_signed(axes[0], before, t("before ReLU"), np.abs(before).max())
    draw_signed(axes[1], after, t("after ReLU"), np.abs(before).max())
    return axes


def slopes(z, slope, ax=None):
    """The slopes of activation functions over the weighted sum z (n,); `slope` maps names to (n,)."""
    z = checked_numbers("z", z, "n")
    slope = checked_arrays("slope", slope, len(z))
    ax = ax or new_axes()
    styles = line_styles(len(slope), ("-", GRADIENT), ("--", QUIET))
    for (name, values), (style, color), at in zip(
        slope.items(), styles, cycle((0.85, 0.57, 0.71, 0.43, 0.64))
    ):
        ax.plot(z, values, color=color, ls=style)
        place = int(at * len(z))
        ax.annotate(
            shown(name), (z[place], values[place]), (0, 6), textcoords="offset points", color=color, ha="left"
        )
    ax.set(xlabel=t("weighted sum"), title=t("slope"), yticks=[0, 0.25, 0.5, 0.75, 1], ylim=(-0.04, 1.15))
    return ax


def running_mean(batch_means, running_means, ax=None):
    """Means of one channel in each batch (n,) and the running mean before and after each (n + 1,)."""
    batch_means = checked_numbers("batch_means", batch_means, "n")
    running_means = checked_numbers("running_means", running_means, len(batch_means) + 1)
    ax = ax or new_axes()
    steps, at = np.arange(len(running_means)), min(4, len(batch_means))
    ax.plot(steps[1:], batch_means, "o", color=QUIET, markersize=4)
    ax.plot(steps, running_means, color=FORWARD)
    ax.annotate(
        t("running mean"),
        (steps[at], running_means[at]),
        (10, -4),
        textcoords="offset points",
        color=FORWARD,
        va="top",
    )
    ax.annotate(
        t("mean of one batch"), (steps[1], batch_means[0]), (0, 12), textcoords="offset points", color=QUIET
    )
    ax.margins(y=0.15)
    ax.set(xlabel=t("batch"), title=t("mean of one channel"))
    return ax


def max_pool(before, after, axes=None):
    """A map (H, W) and what a 2 x 2 max-pool keeps of it (H / 2, W / 2), on one scale."""
    before = checked_numbers("before", before, "H", "W")
    after = checked_numbers("after", after, *(side // 2 for side in before.shape))
    axes = row_of_pictures(2) if axes is None else enough(axes, 2)
    titles = t("before: {0} × {1}", *before.shape), t("after: {0} × {1}", *after.shape)
    for ax, values, title in zip(axes, (before, after), titles):
        draw_signed(ax, values, title, np.abs(before).max())
    return axes


def dropped(image, passes, mean, axes=None):
    """An image (H, W), two passes of it through dropout (2, H, W), and the mean of many (H, W), on one
    scale."""
    image, passes = checked_numbers("image", image, "H", "W"), checked_numbers("passes", passes, 2, "H", "W")
    mean = checked_numbers("mean", mean, *image.shape)
    if axes is None:
        axes = plt.subplots(2, 2, figsize=(WIDTH, 4.8))[1].ravel()
    enough(axes, 4)
    titles = (t("before"), t("one pass"), t("another pass"), t("mean of many"))
    for ax, values, title in zip(axes, (image, *passes, mean), titles):
        draw_picture(ax, values, "gray_r", 0, passes.max(), title)
    return axes


def answer(probabilities, ax=None):
    """The probability (10,) that a network gives to each digit, as bars."""
    probabilities = checked_numbers("probabilities", probabilities, "digits")
    ax = ax or new_axes(height=3.4)
    ax.barh(np.arange(len(probabilities)), probabilities, color=FORWARD, height=0.62)
    for digit, value in enumerate(probabilities):
        ax.annotate(number(value, ".4f"), (value, digit), (4, 0), textcoords="offset points", va="center")
    ax.set(title=t("probability"), yticks=range(len(probabilities)), xticks=[], xlim=(0, 1.15))
    ax.invert_yaxis()
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(left=False)
    return ax


def architecture(shapes, parameters, ax=None):
    """The network as slabs, top to bottom; `shapes` maps layers to (channels, height, width) or (channels,).

    parameters : how many each of them learns
    """
    checked_mapping("shapes", shapes, "(channels, height, width) or (channels,)")
    parameters = checked_numbers("parameters", parameters, "layers").tolist()
    as_many(shapes=shapes, parameters=parameters)
    for name, shape in shapes.items():
        checked_numbers(f"shapes[{name!r}]", shape, "channels, height, width")
    ax = ax or plt.subplots(figsize=(WIDTH, 6.4))[1]
    slant, thickness, gap = (
        np.array([0.45, 0.3]),
        0.5,
        4.5,
    )  # of a row in depth; of a channel, in pixels; between slabs
    for x, title, ha, color in ((48, t("output"), "center", FORWARD), (86, t("parameters"), "right", UPDATE)):
        ax.text(x, 5, title, ha=ha, va="center", color=color)
    top = 0.0
    for (name, shape), count in zip(shapes.items(), parameters):
        channels, height, width = (*shape, 1, 1)[:3]
        back, down = height * slant, channels * thickness
        corners = np.array([-width / 2 - back[0] / 2, top - back[1] - down]) + np.array(
            [[0, 0], [width, 0], [width, down], [0, down]]
        )
        lid, flank = corners[[3, 2]], corners[[1, 2]]
        for outline, shade in (
            (corners, 0.85),
            (np.vstack([lid, lid[::-1] + back]), 0.35),
            (np.vstack([flank, flank[::-1] + back]), 0.6),
        ):
            ax.add_patch(
                mpl.patches.Polygon(
                    outline, facecolor=(FORWARD, shade), edgecolor="black", lw=0.6, joinstyle="round"
                )
            )
        middle = top - (back[1] + down) / 2
        ax.text(-28, middle, name, ha="right", va="center")
        ax.text(48, middle, " × ".join(map(str, shape)), ha="center", va="center", color=FORWARD)
        ax.text(86, middle, number(count, ",") if count else "–", ha="right", va="center", color=UPDATE)
        top -= max(back[1] + down, 6) + gap
    ax.set(xlim=(-46, 87), ylim=(top + gap, 8), aspect="equal")
    ax.axis("off")
    return ax


def parameters_and_work(names, parameters, multiplications, ax=None):
    """Shares (n,) of the parameters, to the left, and of the multiplications, to the right, by block."""
    names = checked_names("names", names)
    parameters = checked_numbers("parameters", parameters, "blocks")
    multiplications = checked_numbers("multiplications", multiplications, "blocks")
    as_many(names=names, parameters=parameters, multiplications=multiplications)
    ax = ax or new_axes(height=3.4)
    for share, side, color, title in (
        (parameters, -1, UPDATE, t("parameters")),
        (multiplications, 1, FORWARD, t("multiplications")),
    ):
        ax.barh(range(len(names)), side * np.asarray(share), left=side * 0.14, color=color, height=0.62)
        for row, value in enumerate(share):
            ax.annotate(
                number(value, ".1%") if value > 0.001 else f"< {number(0.001, '.1%')}",
                (side * (value + 0.14), row),
                (4 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
                color=color,
            )
        ax.text(side * 0.14, -0.75, title, ha="left" if side > 0 else "right", color=color)
    for row, name in enumerate(names):
        ax.text(0, row, shown(name), ha="center", va="center")
    side = 0.34 + max(*parameters, *multiplications)
    ax.set(xlim=(-side, side), ylim=(len(names) - 0.5, -1.1))
    ax.axis("off")
    return ax


def receptive_fields(image, first, side, ax=None):
    """The image (H, W) with one square per layer; `first` and `side` map layers to pixels, in order."""
    image = checked_numbers("image", image, "H", "W")
    first, side = checked_arrays("first", first), checked_arrays("side", side)
    checked_keys(first, side=side)
    ax = ax or new_axes(height=3.6)
    draw_picture(ax, image, "gray_r", 0, 2.5)
    ax.set_anchor("W")  # the names stand to the right
    heights = np.linspace(len(image) * 0.5, len(image) * 0.1, len(first))
    for (layer, corner), y in zip(first.items(), heights):
        draw_window(ax, corner, corner, side[layer], side[layer], FORWARD, line=2)
        ax.annotate(
            f"{layer}: {side[layer]}",
            (corner + side[layer] - 0.5, corner - 0.5),
            (1.04 * len(image), y),
            color=FORWARD,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": FORWARD, "lw": 0.7, "shrinkA": 2, "shrinkB": 0},
        )
    return ax


def seen_pixels(image, slope, first, side, axes=None):
    """For each layer of `slope`, {name: (H, W)}: the image, the slope at each pixel, and the predicted
    square."""
    image = checked_numbers("image", image, "H", "W")
    slope = checked_arrays("slope", slope, *image.shape)
    first, side = checked_arrays("first", first), checked_arrays("side", side)
    checked_keys(slope, first=first, side=side)
    axes = grid_of_pictures(axes, len(slope), rows=2, columns=3, size=(WIDTH, 3.9))
    heat = mpl.colors.LinearSegmentedColormap.from_list(
        "heat", [mpl.colors.to_rgba(GRADIENT, alpha) for alpha in (0, 1)]
    )
    for ax, (layer, values) in zip(axes, slope.items()):
        draw_picture(ax, image, "gray_r", 0, 2.5, layer)
        ax.imshow(values, cmap=heat, norm=mpl.colors.PowerNorm(0.5, 0, values.max()), interpolation="none")
        corner, width = first[layer], side[layer]
        draw_window(ax, corner, corner, width, width, ON_PIXELS, line=1)
    return axes
