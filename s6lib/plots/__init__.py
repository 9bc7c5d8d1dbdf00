"""One function per figure of the book: data and axes in, axes out.

The figure labelled `fig-learning-rates` on a page is drawn by `learning_rates`, and so for
every other. Plots compute nothing but where to put ink: they are given the numbers they show.

One meaning has one colour in the whole book (Okabe and Ito's set, safe for colour-blind
readers): forward values blue, gradients vermilion, weights and updates green, targets black;
learning rates on an ordered scale from violet (slow) to teal (fast).
"""

import sys
from itertools import cycle, islice

import numpy as np

from s6lib.checks import extra

with extra("plots"):
    import matplotlib as mpl
    import matplotlib.pyplot as plt

FORWARD, GRADIENT, UPDATE, TARGET, QUIET = "#0072B2", "#D55E00", "#009E73", "#000000", "#767676"
WEIGHT_NAMES = [f"$w_{k}$" for k in range(1, 9)]


def use():
    """Give the book's look to every figure of this notebook, as SVG that is the same each time.

    It starts from matplotlib's own defaults and draws into the notebook, whatever a matplotlibrc or MPLBACKEND
    of the reader's says. Also lets NumPy's numbers be shown as numbers: 0.5 rather than np.float64(0.5).

    Raises RuntimeError in a kernel that runs with PYTHONOPTIMIZE: a chapter proves its claims by assertions.
    """
    np.set_printoptions(legacy="1.25")
    plt.style.use(["default", "s6lib.book"])
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):  # a program, or a terminal: nothing to draw into
        return
    if sys.flags.optimize:
        raise RuntimeError(f"PYTHONOPTIMIZE: got {sys.flags.optimize}, which leaves out every assertion of a chapter; "
                           "unset it and start the kernel again")
    shell.enable_matplotlib("inline")
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats("svg", bbox_inches="tight", metadata={"Date": None})


def rate_colors(rates):
    """Colours of learning rates on a logarithmic viridis scale, violet (slow) to teal (fast)."""
    logs = np.log(np.asarray(rates, dtype=float))
    spread = np.ptp(logs) or 1.0
    return plt.get_cmap("viridis")(0.5 * (logs - logs.min()) / spread)  # the upper half is too pale for text


# Part 1, the network -------------------------------------------------------------------------

_COLUMN = {"i": 0.0, "h": 1.6, "o": 3.2, "t": 4.35}
_ROW = (1.6, 0.0)
_RADIUS = 0.37


def network(weights, inputs, targets, values, ax=None):
    """The 2-2-2 network with its values: activations in the nodes, weights on the edges."""
    weights = _numbers("weights", weights, 2, 2, 2)
    inputs, targets = _numbers("inputs", inputs, 2), _numbers("targets", targets, 2)
    ax = _diagram(ax)
    for layer, (start, end) in enumerate((("i", "h"), ("h", "o"))):
        for to in range(2):
            for source in range(2):
                number = 4 * layer + 2 * to + source + 1
                _edge(ax, (start, source), (end, to), f"$w_{number}$ {weights[layer, to, source]:.2f}", UPDATE)
    for k in range(2):
        _node(ax, ("i", k), f"$i_{k + 1}$", inputs[k], f"{inputs[k]:.2f}", color=QUIET)
        _node(ax, ("h", k), f"$a_{{h{k + 1}}}$", values.a_h[k], note=f"$h_{k + 1}$ = {values.h[k]:.4f}")
        _node(ax, ("o", k), f"$a_{{o{k + 1}}}$", values.a_o[k], note=f"$o_{k + 1}$ = {values.o[k]:.4f}")
        _target(ax, k, targets[k])
    return ax


def paths_of_w1(gradient, ax=None):
    """The two paths by which w1 reaches the error, drawn in the gradient's colour."""
    gradient = _numbers("gradient", gradient, 2, 2, 2)
    ax = _diagram(ax)
    on_path = {("i", 0, "h", 0), ("h", 0, "o", 0), ("h", 0, "o", 1)}
    for layer, (start, end) in enumerate((("i", "h"), ("h", "o"))):
        for to in range(2):
            for source in range(2):
                active = (start, source, end, to) in on_path
                _edge(ax, (start, source), (end, to), WEIGHT_NAMES[4 * layer + 2 * to + source] if active else "",
                      GRADIENT if active else QUIET, width=3 if active else 0.8, fontsize=12)
    for k in range(2):
        for column, name in (("i", f"$i_{k + 1}$"), ("h", f"$a_{{h{k + 1}}}$"), ("o", f"$a_{{o{k + 1}}}$")):
            quiet = (column, k) in {("i", 1), ("h", 1)}
            _node(ax, (column, k), name, color=QUIET if quiet else GRADIENT)
        ax.text(_COLUMN["t"], _ROW[k], f"$E_{k + 1}$", ha="center", va="center", fontsize=13, color=GRADIENT)
        ax.annotate("", (_COLUMN["t"] - 0.22, _ROW[k]), (_COLUMN["o"] + _RADIUS, _ROW[k]),
                    arrowprops={"arrowstyle": "-", "color": GRADIENT, "lw": 3})
    ax.text(_COLUMN["i"] - _RADIUS, _ROW[0] + 0.55, f"$\\partial E_{{total}}/\\partial w_1$ = {gradient[0, 0, 0]:.6f}",
            color=GRADIENT, ha="left")
    return ax


def sigmoid_curve(values, sigmoid, ax=None):
    """The sigmoid with the four weighted sums of the network on it."""
    ax = ax or _axes()
    z = np.linspace(-6, 6, 241)
    ax.plot(z, sigmoid(z), color=QUIET, lw=1.5)
    sums = np.concatenate([values.h, values.o])
    ax.plot(sums, np.concatenate([values.a_h, values.a_o]), "o", color=FORWARD)
    ax.axhline(0.5, color=QUIET, lw=0.6, ls=":")
    inset = ax.inset_axes([0.62, 0.12, 0.36, 0.46])
    inset.plot(z, sigmoid(z), color=QUIET, lw=1.5)
    for name, x, y, below in zip(("$h_1$", "$h_2$", "$o_1$", "$o_2$"), sums,
                                 np.concatenate([values.a_h, values.a_o]), (False, True, False, True)):
        inset.plot(x, y, "o", color=FORWARD)
        inset.annotate(name, (x, y), (5, -9) if below else (-4, 5), textcoords="offset points",
                       ha="left" if below else "right", fontsize=9, color=FORWARD)
    inset.set(xlim=(-0.15, 0.65), ylim=(0.46, 0.68), xticks=[0, 0.5], yticks=[0.5, 0.6])
    inset.tick_params(labelsize=8)
    ax.set(xlabel="weighted sum $z$", title=r"activation $\sigma(z)$")
    return ax


# Part 1, the gradient ------------------------------------------------------------------------

def gradients(gradient, ax=None):
    """The eight partial derivatives as bars, each with its value."""
    ax = ax or _axes(height=3.4)
    values = _numbers("gradient", np.ravel(gradient), 8)
    ax.barh(WEIGHT_NAMES, values, color=GRADIENT, height=0.62)
    for row, value in enumerate(values):
        ax.annotate(f"{value:.6f}", (max(value, 0), row), (4, 0), textcoords="offset points", va="center", fontsize=10)
    ax.axvline(0, color=TARGET, lw=0.8)
    ax.invert_yaxis()
    ax.set(title=r"$\partial E_{total}/\partial w$", xticks=[])
    ax.margins(x=0.2)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(left=False)
    return ax


def slip(loss, loss_with_slip, axes=None):
    """The error curve with and without the worksheet's slip, and below it their difference."""
    loss = _numbers("loss", loss, "steps + 1")
    loss_with_slip = _numbers("loss_with_slip", loss_with_slip, len(loss))
    top, bottom = _stacked(axes, 2, height=4.6)
    top.plot(loss, color=FORWARD)
    top.plot(loss_with_slip, color=TARGET, ls=(0, (2, 3)))
    _end_label(top, loss, "right formula (line) and slip (dots)", FORWARD, dx=-4, dy=14, ha="right")
    top.set(ylabel="$E_{total}$", title="two error curves that look like one")
    difference = np.abs(loss_with_slip - loss) / loss
    bottom.semilogy(np.arange(1, len(loss)), difference[1:], color=GRADIENT)
    bottom.set(xlabel="step", ylabel="relative\ndifference")
    return top, bottom


def referees(distance, ax=None):
    """How far each referee's gradient lies from backpropagation's; `distance` maps names to numbers."""
    ax = ax or _axes(height=2.2)
    floor = np.finfo(float).eps / 4
    names, values = list(distance), np.maximum(list(distance.values()), floor)
    ax.hlines(names, floor / 4, values, color=QUIET, lw=1)
    ax.plot(values, names, "o", color=GRADIENT)
    for name, value in zip(names, values):
        ax.annotate(f"{value:.0e}" if value > floor else "equal", (value, name), (8, 0),
                    textcoords="offset points", va="center", fontsize=10)
    ax.set(xscale="log", xlim=(floor / 4, 10), xlabel="largest difference / largest gradient")
    ax.invert_yaxis()
    ax.margins(y=0.25)
    return ax


# Part 1, the update --------------------------------------------------------------------------

def changes(change, ax=None):
    """The size of one update of each weight, on a logarithmic axis."""
    ax = ax or _axes(height=3.2)
    values = np.abs(_numbers("change", np.ravel(change), 8))
    ax.hlines(WEIGHT_NAMES, values.min() / 4, values, color=QUIET, lw=1)
    ax.plot(values, WEIGHT_NAMES, "o", color=UPDATE)
    for row, value in enumerate(values):
        ax.annotate(f"{value:.5f}" if value >= 1e-4 else f"{value:.1e}", (value, row), (8, 0), textcoords="offset points", va="center", fontsize=10)
    ax.set(xscale="log", xlim=(values.min() / 4, values.max() * 6), xlabel="size of the first update")
    ax.invert_yaxis()
    return ax


def weight_paths(weights, ax=None):
    """All eight weights over the steps; `weights` is (steps + 1, 2, 2, 2)."""
    weights = _numbers("weights", weights, "steps + 1", 2, 2, 2)
    ax = ax or _axes(height=3.8)
    paths = weights.reshape(len(weights), 8)
    for k, path in enumerate(paths.T):
        ax.plot(path, color=UPDATE, ls="-" if k >= 4 else "--")
    ax.margins(y=0.1)
    for k, y in enumerate(_spread(paths[-1], 0.06 * np.ptp(paths))):
        ax.annotate(WEIGHT_NAMES[k], (len(paths) - 1, y), (6, 0), textcoords="offset points",
                    va="center", color=UPDATE)
    ax.axhline(0, color=QUIET, lw=0.6, ls=":")
    ax.set(xlabel="step", title="weight")
    return ax


# Part 1, the learning rate -------------------------------------------------------------------

def one_rate(loss, learning_rate, others, ax=None):
    """The error at one learning rate; `others` maps rates to curves drawn quietly behind it."""
    ax = ax or _axes()
    for curve in others.values():
        ax.semilogy(curve, color=QUIET, lw=0.7, alpha=0.6)
    ax.semilogy(loss, color=FORWARD, lw=2.5)
    _end_label(ax, loss, rf"$\eta$ = {learning_rate:g}", FORWARD)
    ax.set(xlabel="step", title="$E_{total}$")
    return ax


def learning_rates(loss, rates, axes=None):
    """Error curves of several rates, on a linear axis and below it on a logarithmic one.

    loss : (steps + 1, number of rates)
    """
    loss = _numbers("loss", loss, "steps + 1", len(rates))
    top, bottom = _stacked(axes, 2, height=6.0)
    for ax in (top, bottom):
        for curve, rate, color in zip(loss.T, rates, rate_colors(rates)):
            ax.plot(curve, color=color)
    bottom.set_yscale("log")
    ends = np.log10(loss[-1])
    for rate, place, color in zip(rates, _spread(ends, 0.06 * np.ptp(np.log10(loss))), rate_colors(rates)):
        bottom.annotate(rf"$\eta$ = {rate:g}", (len(loss) - 1, 10**place), (6, 0), textcoords="offset points",
                        va="center", fontsize=10, color=color)
    top.set(title="$E_{total}$, linear axis")
    bottom.set(title="$E_{total}$, logarithmic axis", xlabel="step")
    return top, bottom


def steps_needed(rates, steps, fastest, threshold, ax=None):
    """Steps to 1 % of the first error against the learning rate; NaN where it is never reached."""
    ax = ax or _axes(height=3.8)
    ax.loglog(rates, steps, color=FORWARD)
    ax.loglog(rates, steps[0] * rates[0] / rates, color=QUIET, lw=1, ls=":")
    ax.annotate("steps ~ 1 / rate", (rates[0] * 2, steps[0] / 2), (6, 8), textcoords="offset points", color=QUIET)
    for x, label, ha in ((fastest, "fastest", "right"), (threshold, r"$2/\lambda_{max}$", "left")):
        ax.axvline(x, color=GRADIENT, lw=1, ls="--")
        ax.annotate(f"{label}\n{x:.0f}", (x, np.nanmax(steps)), (-5 if ha == "right" else 5, 0),
                    textcoords="offset points", color=GRADIENT, ha=ha, va="top", fontsize=10)
    ax.set(xlabel=r"learning rate $\eta$", title="steps until the error is 1 % of its start")
    return ax


def swing(outputs, rates, target, ax=None):
    """The first output over the first steps for several rates; outputs is (steps + 1, number of rates)."""
    outputs = _numbers("outputs", outputs, "steps + 1", len(rates))
    ax = ax or _axes(height=3.4)
    for row, (path, rate, color) in enumerate(zip(outputs.T, rates, rate_colors(rates))):
        ax.plot(path, "o-", color=color, markersize=4, lw=1.5)
        ax.annotate(rf"$\eta$ = {rate:g}", (0.98, 0.97 - 0.1 * row), xycoords="axes fraction", color=color,
                    ha="right", va="top")
    ax.axhline(target, color=TARGET, lw=1, ls=":")
    ax.annotate("target", (len(outputs) - 1, target), (0, 4), textcoords="offset points", ha="right", fontsize=10)
    ax.set(xlabel="step", title="$a_{o1}$")
    return ax


def catapult(loss, stable_rate, learning_rate, axes=None):
    """Above: the error past the threshold. Below: 2/lambda_max where the weights are, and the rate."""
    top, bottom = _stacked(axes, 2, height=5.2)
    top.semilogy(loss, color=FORWARD)
    top.set(title=rf"$E_{{total}}$ at $\eta$ = {learning_rate:g}")
    bottom.plot(stable_rate, color=GRADIENT)
    bottom.axhline(learning_rate, color=TARGET, lw=1, ls="--")
    bottom.annotate(rf"$\eta$ = {learning_rate:g}", (len(loss) - 1, learning_rate), (0, -5),
                    textcoords="offset points", ha="right", va="top")
    bottom.set(xlabel="step", title=r"$2/\lambda_{max}$: the largest stable rate at this point", yscale="log")
    return top, bottom


def loss_landscape(x, y, loss, paths, rates, ax=None):
    """Contours of the error over a plane in weight space, with one path per learning rate.

    x, y : (n,), displacements along the two directions; loss : (len(y), len(x))
    paths : list of (steps + 1, 2), the same displacements during training
    """
    loss = _numbers("loss", loss, len(y), len(x))
    _as_many(paths=paths, rates=rates)
    ax = ax or _axes(height=5.4)
    ax.contour(x, y, loss, levels=np.geomspace(1e-5, loss.max(), 12), colors=QUIET, linewidths=0.6)
    for path, rate, color in zip(paths, rates, rate_colors(rates)):
        ax.plot(*path.T, "o-", color=color, markersize=3.5, lw=1.2)
    for path, rate, color, row in zip(paths, rates, rate_colors(rates), range(len(rates))):
        ax.annotate(rf"$\eta$ = {rate:g}", (0.03, 0.05 + 0.065 * row), xycoords="axes fraction", color=color)
    ax.plot(0, 0, "s", color=TARGET, markersize=7, zorder=5)
    ax.annotate("start", (0, 0), (8, 0), textcoords="offset points", va="center")
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), xlabel="output weights $w_5$ to $w_8$, together",
           title="hidden weights $w_1$ to $w_4$, together")
    return ax


# Part 2, building blocks ---------------------------------------------------------------------

#: Signed values: below zero grey, zero white, above zero blue.
SIGNED = mpl.colors.LinearSegmentedColormap.from_list("signed", ["#3d3d3d", "white", FORWARD])


def one_window(image, corner, kernel, products, axes=None):
    """A kernel at one place: the image (H, W) with its window at `corner`, then pixels x kernel = products (3, 3)."""
    if axes is None:
        figure = plt.figure(figsize=(5.2, 5.0), facecolor="white")
        axes = figure.subplot_mosaic("AAA;BCD", height_ratios=(1.75, 1))
    image, kernel, products = (_numbers(name, value, "H", "W") for name, value in (
        ("image", image), ("kernel", kernel), ("products", products)))
    (row, column), side = corner, len(kernel)
    _picture(axes["A"], image, "gray_r", 0, 1)
    axes["A"].add_patch(mpl.patches.Rectangle((column - 0.5, row - 0.5), side, side, fill=False, ec=FORWARD, lw=2.5))
    window = image[row:row + side, column:column + side]
    for key, values, color, title in (("B", window, FORWARD, "pixels"), ("C", kernel, UPDATE, "kernel"),
                                      ("D", products, TARGET, f"products, sum {products.sum():.2f}")):
        ax = axes[key]
        _picture(ax, np.zeros_like(values), "gray_r", 0, 1, title)
        for at in np.arange(1, side) - 0.5:
            ax.axhline(at, color=QUIET, lw=0.6)
            ax.axvline(at, color=QUIET, lw=0.6)
        for (r, c), value in np.ndenumerate(values):
            text = f"{value:.0f}" if key == "C" else f"{value:.2f}".replace("-0.00", "0.00")
            ax.text(c, r, text, color=color, ha="center", va="center")
    for key, sign in (("B", "×"), ("C", "=")):
        axes[key].annotate(sign, (1, 0.5), (8, 0), xycoords="axes fraction", textcoords="offset points",
                           fontsize=14, ha="center", va="center")
    return axes


def edges(image, responses, axes=None):
    """The image (H, W) and what kernels answer to it; `responses` maps names to signed maps (H', W')."""
    axes = _pictures(1 + len(responses)) if axes is None else _enough(axes, 1 + len(responses))
    _picture(axes[0], image, "gray_r", 0, 1, "digit")
    for ax, (name, response) in zip(axes[1:], responses.items()):
        _signed(ax, response, name)
    return axes


def relu(before, after, axes=None):
    """A signed map (H, W) before and after ReLU, on one scale."""
    before, after = _numbers("before", before, "H", "W"), _numbers("after", after, "H", "W")
    axes = _pictures(2, width=4.0) if axes is None else _enough(axes, 2)
    _signed(axes[0], before, "before ReLU", np.abs(before).max())
    _signed(axes[1], after, "after ReLU", np.abs(before).max())
    return axes


def slopes(z, slope, ax=None):
    """The slopes of activation functions over the weighted sum z (n,); `slope` maps names to (n,)."""
    ax = ax or _axes()
    styles = _styles(len(slope), ("-", GRADIENT), ("--", QUIET))
    for (name, values), (style, color), at in zip(slope.items(), styles, cycle((0.85, 0.57, 0.71, 0.43, 0.64))):
        values = _numbers(f"slope[{name!r}]", values, len(z))
        ax.plot(z, values, color=color, ls=style)
        place = int(at * len(z))
        ax.annotate(name, (z[place], values[place]), (0, 6), textcoords="offset points", color=color, ha="left")
    ax.set(xlabel="weighted sum", title="slope", yticks=[0, 0.25, 0.5, 0.75, 1], ylim=(-0.04, 1.15))
    return ax


def running_mean(batch_means, running_means, ax=None):
    """Means of one channel in each batch (n,) and the running mean before and after each (n + 1,)."""
    ax = ax or _axes()
    steps = np.arange(len(running_means))
    ax.plot(steps[1:], batch_means, "o", color=QUIET, markersize=4)
    ax.plot(steps, running_means, color=FORWARD)
    ax.annotate("running mean", (steps[4], running_means[4]), (10, -4), textcoords="offset points", color=FORWARD, va="top")
    ax.annotate("mean of one batch", (steps[1], batch_means[0]), (0, 12), textcoords="offset points", color=QUIET)
    ax.margins(y=0.15)
    ax.set(xlabel="batch", title="mean of one channel")
    return ax


def max_pool(before, after, axes=None):
    """A map (H, W) and what a 2 x 2 max-pool keeps of it (H / 2, W / 2), on one scale."""
    before, after = _numbers("before", before, "H", "W"), _numbers("after", after, "H", "W")
    axes = _pictures(2, width=4.0) if axes is None else _enough(axes, 2)
    for ax, values, title in zip(axes, (before, after), ("before", "after")):
        height, width = values.shape
        _signed(ax, values, f"{title}: {height} × {width}", np.abs(before).max())
    return axes


def dropped(image, passes, mean, axes=None):
    """An image (H, W), two passes of it through dropout (2, H, W), and the mean of many (H, W), on one scale."""
    image, passes = _numbers("image", image, "H", "W"), _numbers("passes", passes, 2, "H", "W")
    if axes is None:
        axes = plt.subplots(2, 2, figsize=(4.0, 4.4), facecolor="white")[1].ravel()
    _enough(axes, 4)
    titles = ("before", "one pass", "another pass", "mean of many")
    for ax, values, title in zip(axes, (image, *passes, mean), titles):
        _picture(ax, values, "gray_r", 0, passes.max(), title)
    return axes


def answer(probabilities, ax=None):
    """The probability (10,) that a network gives to each digit, as bars."""
    probabilities = _numbers("probabilities", probabilities, "digits")
    ax = ax or _axes(height=3.4)
    ax.barh(np.arange(len(probabilities)), probabilities, color=FORWARD, height=0.62)
    for digit, value in enumerate(probabilities):
        ax.annotate(f"{value:.4f}", (value, digit), (4, 0), textcoords="offset points", va="center", fontsize=10)
    ax.set(title="probability", yticks=range(len(probabilities)), xticks=[], xlim=(0, 1.15))
    ax.invert_yaxis()
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(left=False)
    return ax


def _pictures(count, width=5.2):
    """Axes for pictures in a row, on a white ground that no theme turns over."""
    return plt.subplots(1, count, figsize=(width, width / count + 0.3), facecolor="white")[1]


def _picture(ax, values, cmap, low, high, title=""):
    """Pixels as they are, in a thin frame."""
    ax.imshow(values, cmap=cmap, vmin=low, vmax=high, interpolation="none")
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=10, loc="center")
    ax.spines[:].set(visible=True, color=QUIET, linewidth=0.8)


def _signed(ax, values, title, scale=None):
    scale = np.abs(values).max() if scale is None else scale
    _picture(ax, values, SIGNED, -scale, scale, title)


# Part 2, the network -------------------------------------------------------------------------

def architecture(shapes, parameters, ax=None):
    """The network as slabs, top to bottom; `shapes` maps layers to (channels, height, width) or (channels,).

    parameters : how many each of them learns
    """
    _as_many(shapes=shapes, parameters=parameters)
    ax = ax or plt.subplots(figsize=(5.2, 6.4))[1]
    slant, thickness, gap = np.array([0.45, 0.3]), 0.5, 4.5  # of a row in depth; of a channel, in pixels; between slabs
    for x, title, ha, color in ((48, "output", "center", FORWARD), (86, "parameters", "right", UPDATE)):
        ax.text(x, 5, title, ha=ha, va="center", color=color)
    top = 0.0
    for (name, shape), count in zip(shapes.items(), parameters):
        channels, height, width = (*shape, 1, 1)[:3]
        back, down = height * slant, channels * thickness
        corners = np.array([-width / 2 - back[0] / 2, top - back[1] - down]) + np.array(
            [[0, 0], [width, 0], [width, down], [0, down]])
        lid, flank = corners[[3, 2]], corners[[1, 2]]
        for outline, shade in ((corners, 0.85), (np.vstack([lid, lid[::-1] + back]), 0.35),
                               (np.vstack([flank, flank[::-1] + back]), 0.6)):
            ax.add_patch(mpl.patches.Polygon(outline, facecolor=(FORWARD, shade), edgecolor="black", lw=0.6, joinstyle="round"))
        middle = top - (back[1] + down) / 2
        ax.text(-28, middle, name, ha="right", va="center")
        ax.text(48, middle, " × ".join(map(str, shape)), ha="center", va="center", color=FORWARD)
        ax.text(86, middle, f"{count:,}" if count else "–", ha="right", va="center", color=UPDATE)
        top -= max(back[1] + down, 6) + gap
    ax.set(xlim=(-46, 87), ylim=(top + gap, 8), aspect="equal")
    ax.axis("off")
    return ax


def parameters_and_work(names, parameters, multiplications, ax=None):
    """Shares (n,) of the parameters, to the left, and of the multiplications, to the right, by block."""
    _as_many(names=names, parameters=parameters, multiplications=multiplications)
    ax = ax or _axes(height=3.4)
    for share, side, color, title in ((parameters, -1, UPDATE, "parameters"), (multiplications, 1, FORWARD, "multiplications")):
        ax.barh(range(len(names)), side * np.asarray(share), left=side * 0.1, color=color, height=0.62)
        for row, value in enumerate(share):
            ax.annotate(f"{value:.1%}" if value > 0.001 else "< 0.1%", (side * (value + 0.1), row), (4 * side, 0), textcoords="offset points",
                        ha="left" if side > 0 else "right", va="center", fontsize=10, color=color)
        ax.text(side * 0.1, -0.75, title, ha="left" if side > 0 else "right", color=color)
    for row, name in enumerate(names):
        ax.text(0, row, name, ha="center", va="center", fontsize=10)
    ax.set(xlim=(-0.84, 0.84), ylim=(len(names) - 0.5, -1.1))
    ax.axis("off")
    return ax


def receptive_fields(image, first, side, ax=None):
    """The image (H, W) with one square per layer; `first` and `side` map layers to pixels, in order."""
    ax = ax or plt.subplots(figsize=(5.2, 4.2), facecolor="white")[1]
    _picture(ax, image, "gray_r", 0, 2.5)
    heights = np.linspace(len(image) * 0.5, len(image) * 0.1, len(first))
    for (layer, corner), y in zip(first.items(), heights):
        _frame(ax, corner, side[layer], FORWARD)
        ax.annotate(f"{layer}: {side[layer]}", (corner + side[layer] - 0.5, corner - 0.5), (len(image) + 1, y),
                    color=FORWARD, va="center", annotation_clip=False,
                    arrowprops={"arrowstyle": "-", "color": FORWARD, "lw": 0.7, "shrinkA": 2, "shrinkB": 0})
    return ax


def seen_pixels(image, slope, first, side, axes=None):
    """For each layer of `slope`, {name: (H, W)}: the image, the slope at each pixel, and the predicted square."""
    axes = _grid(axes, len(slope), rows=2, columns=3, size=(5.2, 3.9))
    heat = mpl.colors.LinearSegmentedColormap.from_list("heat", [mpl.colors.to_rgba(GRADIENT, alpha) for alpha in (0, 1)])
    for ax, (layer, values) in zip(axes, slope.items()):
        _picture(ax, image, "gray_r", 0, 2.5, layer)
        ax.imshow(values, cmap=heat, norm=mpl.colors.PowerNorm(0.5, 0, values.max()), interpolation="none")
        _frame(ax, first[layer], side[layer], TARGET, width=1)
    return axes


def _frame(ax, first, side, color, width=2):
    ax.add_patch(mpl.patches.Rectangle((first - 0.5, first - 0.5), side, side, fill=False, ec=color, lw=width))


# Part 2, training -----------------------------------------------------------------------------

def minibatches(of_parts, of_all, ax=None):
    """The gradient of one weight from several batches (n,), and from all their images together."""
    ax = ax or _axes(height=2.6)
    rows = np.arange(1, len(of_parts) + 1)
    ax.hlines(rows, of_all, of_parts, color=QUIET, lw=1)
    ax.plot(of_parts, rows, "o", color=GRADIENT)
    ax.axvline(of_all, color=GRADIENT, lw=1.5)
    ax.axvline(0, color=QUIET, lw=0.6, ls=":")
    ax.set(xlabel=r"$\partial E/\partial w$ of one weight", title="batch", yticks=rows)
    ax.locator_params(axis="x", nbins=5)
    ax.invert_yaxis()
    return ax


def momentum(gradient, velocity, ax=None):
    """One weight over the first steps: gradient (steps,) and velocity (steps,), scaled to compare."""
    ax = ax or _axes(height=3.0)
    step = np.arange(1, len(gradient) + 1)
    ax.axhline(0, color=QUIET, lw=0.6, ls=":")
    ax.vlines(step, 0, gradient, color=GRADIENT, lw=0.8)
    ax.plot(step, gradient, "o", color=GRADIENT)
    ax.plot(step, velocity, "o-", color=UPDATE, markersize=3)
    for row, (text, color) in enumerate({"gradient": GRADIENT, r"velocity $\times\,(1-\mu)$": UPDATE}.items()):
        ax.annotate(text, (1, 1.02 + 0.09 * row), xycoords="axes fraction", ha="right", va="bottom", color=color)
    ax.set(xlabel="step", xlim=(0.4, len(step) + 0.6))
    ax.xaxis.get_major_locator().set_params(integer=True)
    return ax


def history(epochs, label, axes=None):
    """Loss and accuracy of a run, train solid and held out dashed; `epochs` is `History.epochs`."""
    _table("epochs", epochs, "epoch", "train_loss", "held_out_loss", "train_accuracy", "held_out_accuracy")
    top, bottom = _stacked(axes, 2, height=5.2)
    for ax, figure, scale in ((top, "loss", 1), (bottom, "accuracy", 100)):
        if epochs.empty:
            ax.text(0.5, 0.5, label, transform=ax.transAxes, ha="center", va="center", color=QUIET)
            ax.set(xticks=[], yticks=[])
            continue
        ends = []
        for column, style in (("train", "o-"), ("held_out", "o--")):
            curve = scale * epochs[f"{column}_{figure}"]
            ax.plot(epochs["epoch"], curve, style, color=FORWARD, markersize=4, mfc="white" if column != "train" else None)
            ends.append(curve.iloc[-1])
        ax.margins(y=0.12)
        gap = 0.08 * np.ptp(ax.get_ylim())
        for name, y in zip(("train", "held out"), _spread(ends, gap)):
            ax.annotate(name, (epochs["epoch"].iloc[-1], y), (8, 0), textcoords="offset points", va="center", color=FORWARD)
    top.set(title="loss")
    bottom.set(title="accuracy, %")
    if not epochs.empty:
        bottom.set(xlabel="epoch")
        bottom.xaxis.get_major_locator().set_params(integer=True)
    return top, bottom


def recorded_run(runs, steps, axes=None):
    """Recorded runs on the test set; `runs` maps names to (epoch, loss, errors), `steps` are where the rate falls."""
    _mapping("runs", runs, "(epoch, loss, errors)")
    curves = {}
    for name, run in runs.items():
        if len(run) != 3:
            raise ValueError(f"runs[{name!r}]: got {len(run)} columns; takes three: epoch, loss, errors")
        curves[name] = [_numbers(f"runs[{name!r}]", column, "epochs") for column in run]
        _as_many(**dict(zip(("epoch", "loss", "errors"), curves[name])))
    top, bottom = _stacked(axes, 2, height=6.4)
    styles = _styles(len(curves), ("-", FORWARD), ("--", FORWARD), (":", TARGET))
    for ax, column, title in ((top, 1, "mean loss on the test images"), (bottom, 2, "test images misread")):
        for step in steps:
            ax.axvline(step, color=QUIET, lw=1)
        for run, (style, color) in zip(curves.values(), styles):
            ax.plot(run[0], run[column], ls=style, color=color)
        ax.set(title=title, yscale="log")
        ends = np.log10([run[column][-1] for run in curves.values()])
        gap = 0.06 * np.ptp(np.log10(ax.get_ylim()))
        for (name, run), y, (_, color) in zip(curves.items(), _spread(ends, gap), styles):
            ax.annotate(name, (run[0][-1], 10**y), (6, 0), textcoords="offset points", va="center", fontsize=10, color=color)
        _plain_log_ticks(ax.yaxis)
    for step in steps:
        top.annotate(r"$\eta$ falls", (step, 1), (-4, -2), xycoords=("data", "axes fraction"),
                     textcoords="offset points", ha="right", va="top", color=QUIET)
    bottom.set(xlabel="epoch")
    bottom.xaxis.get_major_locator().set_params(integer=True)
    return top, bottom


def peeking(epochs, accuracy, standard_error, chosen, step, ax=None):
    """Test accuracy of some epochs (n,) with one standard error; `chosen` by validation, the best by peeking."""
    ax = ax or _axes(height=3.4)
    epochs, accuracy = np.asarray(epochs), 100 * np.asarray(accuracy)
    ax.axvline(step, color=QUIET, lw=1)
    ax.errorbar(epochs, accuracy, 100 * standard_error, fmt="o", color=FORWARD, markersize=4, lw=1.2)
    picks = ((epochs == chosen, "o", "chosen by\nvalidation", -1), (np.arange(len(epochs)) == accuracy.argmax(), "^", "best\non test", 1))
    for where, marker, text, side in picks:
        x, y = epochs[where], accuracy[where]
        ax.plot(x, y, marker, color=FORWARD, markersize=12, mfc="none", mew=1.8)
        ax.annotate(text, (x[0], y[0] + side * 100 * standard_error), (0, 6 * side), textcoords="offset points",
                    ha="center", va="bottom" if side > 0 else "top", fontsize=10, color=FORWARD)
    ax.margins(y=0.2)
    ax.set(xlabel="epoch", title="test accuracy, %", xticks=epochs)
    return ax


# Part 2, evaluation ---------------------------------------------------------------------------

def two_accuracies(shares, intervals, ax=None):
    """Intervals around some accuracies at several test sizes; `intervals` is {size: {name: (low, high)}}."""
    ax = ax or _axes(height=3.6)
    count = len(shares)
    styles = list(islice(cycle(((TARGET, "s"), (FORWARD, "o"), (UPDATE, "^"), (GRADIENT, "D"), (QUIET, "v"))), count))
    for row, (size, named) in enumerate(intervals.items()):
        if set(named) != set(shares):
            raise ValueError(f"intervals[{size!r}]: got the names {list(named)}; takes those of shares, {list(shares)}")
        for (name, (low, high)), (color, marker), up in zip(named.items(), styles, np.linspace(-0.13, 0.13, count)):
            ax.plot([100 * low, 100 * high], [row + up] * 2, color=color)
            ax.plot(100 * shares[name], row + up, marker, color=color)
    for (name, share), (color, _), ha in zip(shares.items(), styles, cycle(("right", "left", "center"))):
        ax.annotate(name, (100 * share, -0.35), (0, 8), textcoords="offset points", color=color, ha=ha, annotation_clip=False)
    ax.set(yticks=range(len(intervals)), yticklabels=[f"{size:,}" for size in intervals], xlabel="accuracy, %")
    ax.set_ylabel("images in the test")
    ax.invert_yaxis()
    return ax


def confusion(counts, ax=None):
    """What was read (column) of what was written (row), without the diagonal; counts is (10, 10)."""
    counts = _numbers("counts", counts, 10, 10)
    ax = ax or _axes(height=5.0)
    errors = counts - np.diag(np.diag(counts))
    for (row, column), count in np.ndenumerate(errors):
        if row == column:
            ax.plot(column, row, ".", color=QUIET, markersize=4)
        elif count:
            strength = count / errors.max()
            ax.add_patch(mpl.patches.Rectangle((column - 0.5, row - 0.5), 1, 1, color=FORWARD, alpha=0.15 + 0.85 * strength, lw=0))
            ax.text(column, row, count, ha="center", va="center", fontsize=10, color="white" if strength > 0.45 else TARGET)
    for line in np.arange(11) - 0.5:
        ax.axhline(line, color=QUIET, lw=0.3)
        ax.axvline(line, color=QUIET, lw=0.3)
    ax.set(xlim=(-0.5, 9.5), ylim=(9.5, -0.5), aspect="equal", xticks=range(10), yticks=range(10), xlabel="read", ylabel="written")
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    return ax


def per_digit(table, overall, ax=None):
    """Accuracy of each digit with its interval; `table` has accuracy, low, high, indexed by digit."""
    _table("table", table, "accuracy", "low", "high")
    ax = ax or _axes(height=4.0)
    ax.axvline(100 * overall, color=QUIET, lw=1)
    ax.hlines(table.index, 100 * table["low"], 100 * table["high"], color=FORWARD)
    ax.plot(100 * table["accuracy"], table.index, "o", color=FORWARD)
    ax.set(yticks=table.index, xlabel="accuracy, %", ylabel="digit")
    ax.invert_yaxis()
    return ax


def hardest(table, pictures, axes=None):
    """Images (n, 28, 28), or empty frames for None, with label, reading and confidence below; `table` has n rows."""
    _table("table", table, "label", "read as", "probability of that")
    if pictures is not None:
        pictures = _numbers("pictures", pictures, len(table), 28, 28)
    axes = _grid(axes, len(table), rows=3, columns=4, size=(5.2, 5.2))
    for place, (ax, (_, row)) in enumerate(zip(axes, table.iterrows())):
        if pictures is None:
            ax.text(0.5, 0.5, "not\nat hand", transform=ax.transAxes, ha="center", va="center", color=QUIET, fontsize=10)
        _picture(ax, np.zeros((28, 28)) if pictures is None else pictures[place], "gray_r", 0, 255)
        ax.set_xlabel(f"{row['label']:.0f}, read {row['read as']:.0f}\n{row['probability of that']:.0%} sure", fontsize=10)
    return axes


def reliability(table, edges, axes=None):
    """Accuracy against confidence per bin with intervals, and below it the images in each bin (logarithmic)."""
    _table("table", table, "confidence", "accuracy", "low", "high", "images")
    if axes is None:
        axes = plt.subplots(2, 1, figsize=(5.2, 6.0), sharex=True, height_ratios=(2.2, 1))[1]
    top, bottom = axes
    top.plot([0, 1], [0, 1], color=QUIET, lw=1, ls=":")
    top.vlines(table["confidence"], table["low"], table["high"], color=FORWARD)
    top.plot(table["confidence"], table["accuracy"], "o", color=FORWARD, clip_on=False)
    top.annotate("on the dotted line:\nright as often as it says", (0.02, 0.97), xycoords="axes fraction", color=QUIET, va="top", fontsize=10)
    top.set(title="accuracy", ylim=(0, 1.02))
    bottom.bar(edges[table.index], table["images"], width=np.diff(edges)[0], align="edge", color=FORWARD, alpha=0.6, edgecolor="white", lw=0.8)
    for left, count in zip(edges[table.index], table["images"] if len(edges) <= 11 else ()):
        bottom.annotate(f"{count:,}", (left + np.diff(edges)[0] / 2, count), (0, 2), textcoords="offset points", ha="center", fontsize=9)
    bottom.set(title="images", yscale="log", ylim=(0.7, 4 * table["images"].max()), xlim=(0, 1), xlabel="confidence")
    _plain_log_ticks(bottom.yaxis, subs=(1,))
    return top, bottom


def feature_maps(image, maps, columns=8):
    """A digit (28, 28) and all maps of each block below it; `maps` is a list of (channels, H, W)."""
    rows = [-(-len(block) // columns) for block in maps]
    figure = plt.figure(figsize=(5.2, 0.66 * (sum(rows) + 2) + 1.4), facecolor="white", layout="none")
    height = 1 / (sum(rows) + 2 + 0.55 * (len(maps) + 1))  # of a map; a title takes about half of one
    width, y = 1 / columns, 1 - 0.5 * height

    def place(row_top, column, values, cmap, low, high, scale=1):
        ax = figure.add_axes([column * width, row_top - scale * height, scale * width * 0.94, scale * height * 0.94])
        _picture(ax, values, cmap, low, high)

    figure.text(0, y + 0.1 * height, "the digit", fontsize=10, va="bottom")
    place(y, 0, image, "gray_r", 0, 255, scale=2)
    y -= 2 * height
    for number, (block, count) in enumerate(zip(maps, rows), start=1):
        y -= 0.55 * height
        figure.text(0, y + 0.08 * height, f"block {number}: {len(block)} maps of {block.shape[1]} × {block.shape[2]}", fontsize=10, va="bottom")
        scale = np.quantile(np.abs(block), 0.99)  # so that a few extremes do not make all else pale
        for channel, values in enumerate(block):
            place(y - channel // columns * height, channel % columns, values, SIGNED, -scale, scale)
        y -= count * height
    return figure


# Part 3, studies ------------------------------------------------------------------------------

def seeds(correct, mean, interval, published, ax=None):
    """Every run of a recipe, correct answers (n,), with the mean, its interval, and a published number."""
    ax = ax or _axes(height=2.2)
    heights = np.zeros(len(correct))  # equal runs are stacked, so that each can be seen
    for k, value in enumerate(correct):
        heights[k] = 0.12 * (np.asarray(correct[:k]) == value).sum()
    ax.plot(correct, heights, "o", color=FORWARD, markersize=8, alpha=0.8, mew=0)
    ax.plot(interval, [-0.25] * 2, color=TARGET, lw=1.6, marker="|", markersize=8)
    ax.plot(mean, -0.25, "|", color=TARGET, markersize=20, mew=2.5)
    ax.annotate("mean and its interval", (interval[1], -0.25), (8, 0), textcoords="offset points", va="center", fontsize=10)
    ax.plot(published, 0, "^", color=UPDATE, markersize=10)
    ax.annotate("author's\nbest epoch", (published, 0), (0, 12), textcoords="offset points", ha="center", fontsize=10,
                color=UPDATE)
    ax.set(yticks=[], xlabel="correct of the test images", ylim=(-0.5, max(0.6, heights.max() + 0.3)))
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.12)
    return ax


def picking(claims, ax=None):
    """The same runs told in different ways: a Series of correct answers by the name of the claim."""
    ax = ax or _axes(height=3.4)
    low = np.floor((claims.min() - 8) / 10) * 10
    places = np.arange(len(claims))[::-1]
    colors = [FORWARD] * (len(claims) - 1) + [UPDATE]
    ax.hlines(places, low, claims, color=colors, lw=2)
    ax.scatter(claims, places, color=colors, s=45, zorder=3)
    for name, value, place in zip(claims.index, claims, places):
        ax.annotate(name, (low, place), (0, 10), textcoords="offset points", fontsize=10)
        ax.annotate(f"{value:.0f}", (value, place), (8, 0), textcoords="offset points", va="center", fontsize=10)
    ax.set(yticks=[], xlabel="correct of the test images", xlim=(low, None), ylim=(-0.5, len(claims) - 0.3))
    ax.spines["left"].set_visible(False)
    return ax


def two_kinds_of_luck(counts, of_seeds, of_test, here, ax=None):
    """Standard error over the number of seeds (n,): of the seeds (n,), and with that of the test, a number."""
    ax = ax or _axes()
    counts, of_seeds = np.asarray(counts), np.asarray(of_seeds)
    both = np.hypot(of_seeds, of_test)
    ax.semilogx(counts, of_seeds, color=FORWARD)
    ax.semilogx(counts, both, color=GRADIENT)
    ax.axhline(of_test, color=QUIET, lw=1, ls="--")
    ax.axvline(here, color=QUIET, lw=1)
    ax.annotate("of the seeds", (counts[-1], of_seeds[-1]), (0, 8), textcoords="offset points", ha="right", color=FORWARD)
    ax.annotate("both together", (counts[-1], both[-1]), (0, 8), textcoords="offset points", ha="right", color=GRADIENT)
    ax.annotate("of the test", (counts[-1], of_test), (0, -14), textcoords="offset points", ha="right", color=QUIET)
    ax.annotate("here", (here, 0), (4, 4), textcoords="offset points", color=QUIET)
    ax.set(xlabel="number of seeds", title="standard error, images", ylim=(0, None))
    ax.xaxis.set_major_formatter(mpl.ticker.ScalarFormatter())
    return ax


# Your own sweeps --------------------------------------------------------------------------------

def parts(ratios, effects, ax=None):
    """What each change does to the errors, first at the top: a row of ratios (seeds,) with mean and interval, on a log axis.

    ratios : a column per change; effects : a row for each, with the columns "ratio", "from" and "to"
    """
    _table("effects", effects, "ratio", "from", "to")
    _table("ratios", ratios, *effects.index)
    ax = ax or _axes(height=0.62 * len(effects) + 0.9)
    ax.axvline(1, color=QUIET, lw=1, zorder=0)
    for place, (name, effect) in enumerate(effects.iterrows()):
        clear = effect["from"] > 1 or effect["to"] < 1
        color = GRADIENT if clear else QUIET
        ax.plot(ratios[name], [place] * len(ratios), "o", color=FORWARD, markersize=5, alpha=0.6, mew=0)
        ax.plot(effect[["from", "to"]], [place] * 2, color=color, lw=5, alpha=0.4, solid_capstyle="butt")
        ax.plot(effect["ratio"], place, "|", color=color, markersize=16, mew=2.5)
        ax.annotate(name, (0, place), (4, 11), xycoords=ax.get_yaxis_transform(), textcoords="offset points", fontsize=10)
    ax.annotate("no change", (1, 1), (0, 4), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha="center",
                fontsize=10, color=QUIET)
    ax.set(xscale="log", yticks=[], xlabel="errors, as a multiple of the author's recipe's", ylim=(len(effects) - 0.5, -0.8))
    ax.set_xlim(left=min(ax.get_xlim()[0], ax.get_xlim()[1] ** -0.4))  # room for the names to the left of the line
    _plain_log_ticks(ax.xaxis)
    ax.spines["left"].set_visible(False)
    return ax


def schedules(rates, ax=None):
    """The learning rate over the epochs; `rates` maps names of recipes to (epochs, rates)."""
    _mapping("rates", rates, "(epochs, rates)")
    ax = ax or _axes(height=2.8)
    styles = _styles(len(rates), ("-", QUIET), ("-", UPDATE))
    for (name, (epochs, rate)), (style, color) in zip(rates.items(), styles):
        ax.semilogy(epochs, rate, ls=style, color=color)
        ax.annotate(name, (epochs[-1], rate[-1]), (5, 0), textcoords="offset points", va="center", color=color)
    ax.set(xlabel="epoch", title="learning rate")
    ax.margins(x=0.1)
    return ax


def moved(pictures, axes=None):
    """A digit and what `augment` makes of it: pictures (n, H, W), the original first."""
    pictures = _numbers("pictures", pictures, "n", "H", "W")
    axes = _grid(axes, len(pictures), rows=3, columns=3, size=(4.2, 4.4))
    for place, (ax, picture) in enumerate(zip(axes, pictures)):
        _picture(ax, picture, "gray_r", pictures[0].min(), pictures[0].max(), "" if place else "the image")
    return axes


def trials(errors, loss, luck, frozen, ax=None):
    """Every trial of a search: its errors and its loss on the validation images, (n,) each.

    luck : the spread of a seed's errors, twice of which is shaded from the best trial on
    frozen : {name: number of the trial} of those that went to the test
    """
    ax = ax or _axes(height=3.6)
    ax.axvspan(min(errors), min(errors) + 2 * luck, color=QUIET, alpha=0.15, lw=0)
    chosen = list(frozen.values())
    ax.plot(errors, loss, "o", color=FORWARD, markersize=6, alpha=0.6, mew=0)
    ax.plot(np.asarray(errors)[chosen], np.asarray(loss)[chosen], "o", color=UPDATE, markersize=8, mew=0)
    for name, trial in frozen.items():
        ax.annotate(name, (errors[trial], loss[trial]), (8, -11), textcoords="offset points", fontsize=10, color=UPDATE)
    ax.set(xlabel="validation images read wrongly", ylabel="validation loss")
    ax.margins(y=0.1)
    return ax


def holds(accuracy, results, goal, ax=None):
    """Every run of every recipe, the first at the top, with mean and lower bound, and the goal.

    accuracy : {name: shares (seeds,)}; results : a row for each name with "mean" and "lower bound"
    """
    ax = ax or _axes(height=0.75 * len(accuracy) + 0.9)
    places = range(len(accuracy))[::-1]
    ax.axvline(100 * goal, color=TARGET, lw=1, ls="--", zorder=0)
    for place, (name, shares) in zip(places, accuracy.items()):
        mean, bound = (100 * results.loc[name, column] for column in ("mean", "lower bound"))
        ax.plot(100 * np.asarray(shares), [place] * len(shares), "o", color=FORWARD, markersize=5, alpha=0.55, mew=0)
        ax.plot([bound, mean], [place - 0.2] * 2, color=UPDATE, lw=2)
        ax.plot(bound, place - 0.2, "|", color=UPDATE, markersize=10, mew=2)
        ax.plot(mean, place - 0.2, "o", color=UPDATE, markersize=5)
        ax.annotate(name, (0, place), (4, 8), xycoords=ax.get_yaxis_transform(), textcoords="offset points", fontsize=10)
    ax.annotate("goal", (100 * goal, 1), (0, 4), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha="center", fontsize=10)
    ax.set(yticks=[], xlabel="test images read correctly, %", ylim=(-0.6, len(accuracy) - 0.3))
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.12)
    return ax


def times(names, seconds, ax=None):
    """How long each run took, from nothing to a tested network, in the order of the sitting, first at the top."""
    _as_many(names=names, seconds=seconds)
    ax = ax or _axes(height=0.55 * len(names) + 0.9)
    places = np.arange(len(names))
    ax.barh(places, seconds, height=0.32, color=FORWARD)
    for place, name, each in zip(places, names, seconds):
        ax.annotate(name, (0, place - 0.2), (2, 3), textcoords="offset points", fontsize=10)
        ax.annotate(f"{each:.0f} s", (each, place), (6, 0), textcoords="offset points", va="center", fontsize=10)
    ax.set(yticks=[], xlabel="seconds", ylim=(len(names) - 0.6, -0.7), xlim=(0, 1.12 * max(seconds)))
    ax.spines["left"].set_visible(False)
    return ax


def swept_rates(rates, loss, start, ax=None):
    """The error after training against the learning rate, a dot for each run, on logarithmic axes."""
    ax = ax or _axes()
    ax.axhline(start, color=QUIET, lw=1, ls="--")
    ax.annotate("before the first step", (np.min(rates), start), (0, 5), textcoords="offset points", color=QUIET, fontsize=10)
    ax.loglog(rates, loss, color=FORWARD, lw=1)
    ax.scatter(rates, loss, color=rate_colors(rates), s=50, zorder=3)
    ax.set(xlabel=r"learning rate $\eta$", title="$E_{total}$ after the last step")
    ax.margins(y=0.15)
    return ax


def swept_grid(accuracy, ax=None):
    """Accuracy over learning rates, a line for each momentum; a DataFrame, its rows rates, its columns momenta."""
    ax = ax or _axes()
    styles = ["-", "--", ":", "-."]
    for k, (momentum, values) in enumerate(accuracy.items()):
        ax.semilogx(values.index, 100 * values, "o", ls=styles[k % len(styles)], color=FORWARD)
        best = values.idxmax()
        ax.annotate(f"momentum {momentum:g}", (best, 100 * values[best]), (-4, 9), textcoords="offset points", color=FORWARD)
    ax.set(xlabel=r"learning rate $\eta$", title="accuracy on the held-out images, %",
           ylim=(0, 120 * np.nanmax(accuracy)))
    ax.margins(x=0.12)
    return ax


# Shared by the figures -----------------------------------------------------------------------

def _axes(height=3.2):
    return plt.subplots(figsize=(5.2, height))[1]


def _numbers(name, value, *shape):
    """`value` as an array of numbers of this shape, in which a word stands for any length; else raise, by name."""
    takes = f"takes numbers of shape ({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError):  # a tuple of all sorts, rows of unequal length, a tensor with a graph
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got {type(value).__name__}; {takes}")
    fits = all(isinstance(wanted, str) or wanted == got for wanted, got in zip(shape, array.shape))
    if array.ndim != len(shape) or not fits:
        raise ValueError(f"{name}: got shape {array.shape}; {takes}")
    return array


def _table(name, value, *columns):
    """Raise, by name, if `value` is no DataFrame with these columns."""
    takes = f"takes a DataFrame with the columns {', '.join(columns)}"
    if not hasattr(value, "columns"):
        raise TypeError(f"{name}: got {type(value).__name__}; {takes}")
    missing = [column for column in columns if column not in value.columns]
    if missing:
        raise ValueError(f"{name}: got one without {', '.join(missing)}; {takes}")


def _mapping(name, value, what):
    if not hasattr(value, "items"):
        raise TypeError(f"{name}: got {type(value).__name__}; takes a dict from names to {what}")


def _as_many(**values):
    """Raise, by name, if these differ in length: a figure leaves nothing out."""
    lengths = [len(value) for value in values.values()]
    if len(set(lengths)) > 1:
        raise ValueError(f"{', '.join(values)}: got {' and '.join(map(str, lengths))}; takes as many of each")


def _enough(axes, count):
    if len(axes) < count:
        raise ValueError(f"axes: got {len(axes)}; takes {count} here, one for each picture")
    return axes


def _grid(axes, count, rows, columns, size):
    """Axes for `count` pictures: those given, or a grid of `rows` or more, of `size` inches, those left over blank."""
    if axes is not None:
        return _enough(axes, count)
    needed = max(rows, -(-count // columns))
    axes = plt.subplots(needed, columns, figsize=(size[0], size[1] * needed / rows), facecolor="white")[1].ravel()
    for ax in axes[count:]:
        ax.axis("off")
    return axes


def _styles(count, *first):
    """`count` pairs of line style and colour: `first`, then others, and all again if there are more lines than pairs."""
    others = [(style, color) for color in (TARGET, FORWARD, UPDATE, GRADIENT, QUIET) for style in ("-.", "-", "--", ":")]
    return list(islice(cycle([*first, *(pair for pair in others if pair not in first)]), count))


def _stacked(axes, rows, height):
    if axes is not None and len(axes) != rows:
        raise ValueError(f"axes: got {len(axes)}; takes {rows}")
    return plt.subplots(rows, 1, figsize=(5.2, height), sharex=True)[1] if axes is None else axes


def _spread(values, gap):
    """Move label positions apart until neighbours are at least `gap` from each other."""
    order, places = np.argsort(values), np.array(values, dtype=float)
    for _ in range(200):
        for low, high in zip(order, order[1:]):
            lack = gap - (places[high] - places[low])
            if lack > 0:
                places[low] -= lack / 2
                places[high] += lack / 2
    return places


def _plain_log_ticks(axis, subs=(1, 2, 5)):
    """Numbers on a logarithmic axis as people write them: 0.02 and 200, not powers of ten."""
    axis.set_major_locator(mpl.ticker.LogLocator(subs=subs))
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axis.set_minor_formatter(mpl.ticker.NullFormatter())


def _end_label(ax, curve, text, color, dx=6, dy=0, ha="left"):
    ax.annotate(text, (len(curve) - 1, curve[-1]), (dx, dy), textcoords="offset points",
                ha=ha, va="center", color=color)


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
    ax.plot(*zip(a + _RADIUS * along, b - _RADIUS * along), color=color, lw=width, solid_capstyle="round", zorder=1)
    if label:
        point = a + (0.5 if start[1] == end[1] else 0.3) * (b - a)
        angle = np.degrees(np.arctan2(along[1], along[0]))
        ax.text(*point, label, color=color, fontsize=fontsize, ha="center", va="bottom", rotation=angle,
                rotation_mode="anchor", zorder=2)


def _node(ax, node, name, value=None, text=None, note=None, color=FORWARD):
    x, y = _place(node)
    ax.add_patch(mpl.patches.Circle((x, y), _RADIUS, facecolor=color, edgecolor="none", zorder=3))
    if value is None:
        ax.text(x, y, name, color="white", ha="center", va="center", fontsize=11, zorder=4)
        return
    ax.text(x, y + 0.1, name, color="white", ha="center", va="center", fontsize=10, zorder=4)
    ax.text(x, y - 0.13, text or f"{value:.4f}", color="white", ha="center", va="center", fontsize=8.5, zorder=4)
    if note:
        outward = 1 if y else -1  # above the upper row and below the lower one, clear of the edges
        ax.text(x, y + outward * (_RADIUS + 0.08), note, color=color, ha="center",
                va="bottom" if y else "top", fontsize=9, zorder=4)


def _target(ax, k, target):
    x, y = _COLUMN["t"], _ROW[k]
    ax.plot([_COLUMN["o"] + _RADIUS, x - 0.3], [y, y], color=TARGET, lw=1, ls=":")
    ax.text(x, y, f"target\n$t_{k + 1}$ = {target:g}", ha="center", va="center", fontsize=9, color=TARGET)
