"""The look of every figure, and what figures share: colours, checks by name, labels that keep apart."""

import sys
from itertools import cycle, islice

import numpy as np

from s6lib.checks import extra
from s6lib.words import number, shown

with extra("plots"):
    import matplotlib as mpl
    import matplotlib.pyplot as plt

FORWARD, GRADIENT, UPDATE, TARGET, QUIET = "#0072B2", "#D55E00", "#009E73", "#000000", "#767676"
#: Black that stays black where a page is dark: for what is drawn upon pixels, which stay light.
ON_PIXELS = "#111111"
WEIGHT_NAMES = [f"$w_{k}$" for k in range(1, 9)]
#: Inches. A phone 390 px wide shows a figure in 358 px: of a figure of 358 pt each point is a pixel there, so
#: that letters of 11 pt are 11 px. A column of 608 px shows them at 18.7 px.
WIDTH = 358 / 72


def use():
    """Give the book's look to every figure of this notebook, as SVG that is the same each time.

    It starts from matplotlib's own defaults and draws into the notebook, whatever a matplotlibrc or
    MPLBACKEND of the reader's says. Numbers at ticks have the decimal sign of the language. Also lets NumPy's
    numbers be shown as numbers: 0.5 rather than np.float64(0.5).

    Raises RuntimeError in a kernel that runs with PYTHONOPTIMIZE: a chapter proves its claims by assertions.
    """
    np.set_printoptions(legacy="1.25")
    plt.style.use(["default", "s6lib.plots.book"])
    mpl.scale.register_scale(_Linear)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):  # a program, or a terminal: nothing to draw into
        return
    if sys.flags.optimize:
        raise RuntimeError(
            f"PYTHONOPTIMIZE: got {sys.flags.optimize}, which leaves out every assertion of a chapter; "
            "unset it and start the kernel again"
        )
    shell.enable_matplotlib("inline")
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    # Not cropped to its ink, which would make each figure's letters another size.
    set_matplotlib_formats("svg", bbox_inches=None, metadata={"Date": None})


#: Violet, blue, teal, all dark enough for text on white. The widgets' scale is the same one.
RATES = mpl.colors.LinearSegmentedColormap.from_list("rates", ["#440154", "#3b518b", "#1c807c"])


def rate_colors(rates):
    """Colours of learning rates by their order, violet (slowest) to teal (fastest): (rates, 4).

    By order and not by size, so that 50 and 65 beside 0.1 and 100 are as easy to tell apart as any two.
    """
    different, place = np.unique(np.asarray(rates, dtype=float), return_inverse=True)
    return RATES(place / max(1, len(different) - 1))


#: Signed values: below zero grey, zero white, above zero blue.
SIGNED = mpl.colors.LinearSegmentedColormap.from_list("signed", ["#3d3d3d", "white", FORWARD])


# The language ---------------------------------------------------------------------------------


def shown_rate(rate):
    """A learning rate as a label: η = 0.5."""
    return rf"$\eta$ = {number(rate, 'g')}"


class Ticks(mpl.ticker.ScalarFormatter):
    """matplotlib's own numbers at the ticks of an axis, with the decimal sign of the language."""

    def __call__(self, x, pos=None):
        return shown(super().__call__(x, pos))

    def get_offset(self):
        return shown(super().get_offset())


class _Linear(mpl.scale.LinearScale):
    """What an axis is without being told: the linear scale, with these numbers. Logarithmic axes have powers
    of ten, or `plain_log_ticks`."""

    def __init__(self, *given):  # before matplotlib 3.11 the axis
        super().__init__(*given)

    def set_default_locators_and_formatters(self, axis):
        super().set_default_locators_and_formatters(axis)
        axis.set_major_formatter(Ticks())


# What figures share --------------------------------------------------------------------------


def new_axes(height=3.2):
    # Labels have room in a figure of a reader's who has not called `use`, too.
    return plt.subplots(figsize=(WIDTH, height), layout="constrained")[1]


def checked_numbers(name, value, *shape):
    """`value` as an array of numbers of this shape, in which a word stands for any length but 0; else raise,
    by name. Without a shape it is one number."""
    takes = f"takes numbers of shape ({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
    array = as_numbers(name, value, takes if shape else "takes one number")
    fits = all(
        got > 0 if isinstance(wanted, str) else wanted == got for wanted, got in zip(shape, array.shape)
    )
    if array.ndim != len(shape) or not fits:
        raise ValueError(f"{name}: got shape {array.shape}; {takes if shape else 'takes one number'}")
    return array


def as_numbers(name, value, takes):
    """`value` as an array of numbers of any shape; else raise TypeError, by name."""
    try:
        array = np.asarray(value)
    except (
        TypeError,
        ValueError,
        RuntimeError,
    ):  # a tuple of all sorts, rows of unequal length, a tensor with a graph
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got {type(value).__name__}; {takes}")
    return array


def checked_eight(name, value):
    """One number for each weight, (8,), in whatever shape they come."""
    return checked_numbers(name, as_numbers(name, value, "takes numbers of shape (8,)").ravel(), 8)


def checked_table(name, value, *columns):
    """Raise, by name, if `value` is no DataFrame with these columns."""
    takes = f"takes a DataFrame{' with the columns ' if columns else ''}{', '.join(columns)}"
    if not hasattr(value, "columns"):
        raise TypeError(f"{name}: got {type(value).__name__}; {takes}")
    missing = [column for column in columns if column not in value.columns]
    if missing:
        raise ValueError(f"{name}: got one without {', '.join(missing)}; {takes}")


def checked_mapping(name, value, what):
    if not hasattr(value, "items"):
        raise TypeError(f"{name}: got {type(value).__name__}; takes a dict from names to {what}")


def checked_arrays(name, value, *shape):
    """A mapping from names to arrays of this shape, as a dict; else raise, by name."""
    checked_mapping(name, value, "arrays of numbers" if shape else "numbers")
    return {key: checked_numbers(f"{name}[{key!r}]", each, *shape) for key, each in value.items()}


def checked_list(name, value, *shape):
    """A list of arrays of this shape; else raise, by name."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        raise TypeError(f"{name}: got {type(value).__name__}; takes a list of arrays of numbers")
    if not len(value):
        raise ValueError(f"{name}: got none; takes one array of numbers or more")
    return [checked_numbers(f"{name}[{place}]", each, *shape) for place, each in enumerate(value)]


def checked_names(name, value):
    """`value` as a list of texts; else raise, by name."""
    names = list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else [None]
    if not all(isinstance(each, str) for each in names):
        raise TypeError(f"{name}: got {type(value).__name__}; takes a list of texts")
    return names


def checked_values(values):
    """Raise, by name, if these are not the values of the network of Part 1."""
    for layer in ("h", "a_h", "o", "a_o"):
        if not hasattr(values, layer):
            raise TypeError(f"values: got {type(values).__name__}; takes what toy.forward returns")
        checked_numbers(f"values.{layer}", getattr(values, layer), 2)


def is_report(value):
    """Whether this is a `s6lib.report.Report`: plots stand below it, and know it by what it has."""
    return hasattr(value, "calibration_error")


def part_of(value, part):
    """This part of a report; anything else as it is."""
    return getattr(value, part) if is_report(value) else value


def checked_keys(names, **mappings):
    """Raise, by name, if one of the mappings lacks one of these."""
    for name, mapping in mappings.items():
        missing = [each for each in names if each not in mapping]
        if missing:
            raise ValueError(f"{name}: got none for {missing}; takes one for each of {list(names)}")


def as_many(**values):
    """Raise, by name, if these differ in length: a figure leaves nothing out."""
    lengths = [len(value) for value in values.values()]
    if len(set(lengths)) > 1:
        raise ValueError(f"{', '.join(values)}: got {' and '.join(map(str, lengths))}; takes as many of each")


def enough(axes, count):
    if len(axes) < count:
        raise ValueError(f"axes: got {len(axes)}; takes {count} here, one for each picture")
    return axes


def grid_of_pictures(axes, count, rows, columns, size):
    """Axes for `count` pictures: those given, or a grid of `rows` or more, of `size` inches, those left over
    blank."""
    if axes is not None:
        return enough(axes, count)
    needed = max(rows, -(-count // columns))
    axes = plt.subplots(needed, columns, figsize=(size[0], size[1] * needed / rows), layout="constrained")[
        1
    ].ravel()
    for ax in axes[count:]:
        ax.axis("off")
    return axes


def line_styles(count, *first):
    """`count` pairs of line style and colour: `first`, then others, and all again if there are more lines
    than pairs."""
    others = [
        (style, color)
        for color in (TARGET, FORWARD, UPDATE, GRADIENT, QUIET)
        for style in ("-.", "-", "--", ":")
    ]
    return list(islice(cycle([*first, *(pair for pair in others if pair not in first)]), count))


def stacked(axes, rows, height, **more):
    if axes is not None and len(axes) != rows:
        raise ValueError(f"axes: got {len(axes)}; takes {rows}")
    if axes is not None:
        return axes
    return plt.subplots(rows, 1, figsize=(WIDTH, height), sharex=True, layout="constrained", **more)[1]


def spread(values, gap):
    """Move label positions apart until neighbours are at least `gap` from each other."""
    order, places = np.argsort(values), np.array(values, dtype=float)
    for _ in range(200):
        for low, high in zip(order, order[1:]):
            lack = gap - (places[high] - places[low])
            if lack > 0:
                places[low] -= lack / 2
                places[high] += lack / 2
    return places


def piled(values):
    """Heights for dots at these values (n,): equal ones upon one another, so that each can be seen."""
    return np.array([0.12 * (values[:k] == value).sum() for k, value in enumerate(values)])


def plain_log_ticks(axis, subs=(1, 2, 5)):
    """Numbers on a logarithmic axis as people write them: 0.02 and 200, not powers of ten."""
    axis.set_major_locator(mpl.ticker.LogLocator(subs=subs))
    axis.set_major_formatter(
        mpl.ticker.FuncFormatter(lambda value, _: number(value, ",.0f" if value >= 1 else "g"))
    )
    axis.set_minor_formatter(mpl.ticker.NullFormatter())


def as_given(value):
    """A number that was given, as a label: with two decimals, as in 0.20, or in three digits."""
    return number(value, ".2f" if round(value, 2) == value else ".3g")


def decimals(value, places):
    """A number as a label, with so many decimals; as 1.2e-07 where these would leave fewer than two."""
    return number(value, ".1e" if 0 < abs(value) < 10.0 ** (1 - places) else f".{places}f")


def label_ends(ax, ends, names, colors, leaders=False):
    """A name to the right of each end (x, y) of a line, moved apart where they would touch.

    leaders : whether a thin line leads from each end to its name, for lines that nothing else tells apart

    The last to be drawn: it keeps the axis as it is.
    """
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())
    ends = np.array(ends, dtype=float)
    height = (
        ax.figure.get_figheight() * ax.get_position().height * 72
    )  # points, about: the layout comes later
    shares = ax.transAxes.inverted().transform(ax.transData.transform(ends))[:, 1]
    shares = np.clip(np.nan_to_num(shares), 0, 1)  # a zero on a logarithmic axis is endlessly far down
    apart = spread(shares, 1.3 * mpl.rcParams["font.size"] / height)
    gap = 22 if leaders else 6  # points
    place = ax.get_xaxis_transform()
    beside = place + mpl.transforms.ScaledTranslation(gap / 72, 0, ax.figure.dpi_scale_trans)
    line = {"arrowstyle": "-", "color": QUIET, "lw": 0.7, "shrinkA": 1, "shrinkB": 1, "relpos": (0, 0.5)}
    for (x, _), own, share, name, color in zip(ends, shares, apart, names, colors):
        ax.annotate(
            shown(name),
            (x, own),
            (x, share),
            xycoords=place,
            textcoords=beside,
            va="center",
            color=color,
            arrowprops=line if leaders else None,
            annotation_clip=False,
        )


def row_of_pictures(count, width=WIDTH):
    """Axes for pictures in a row."""
    return plt.subplots(1, count, figsize=(width, width / count + 0.3))[1]


def draw_picture(ax, values, cmap, low, high, title=""):
    """Pixels as they are, in a thin frame.

    Around them there is no ground: a dark page keeps the pixels and turns the letters alone.
    """
    ax.imshow(values, cmap=cmap, vmin=low, vmax=high, interpolation="none")
    frame(ax, title)


def frame(ax, title=""):
    """Axes as the thin frame of a picture."""
    ax.set(xticks=[], yticks=[])
    ax.set_title(shown(title), loc="center")
    ax.spines[:].set(visible=True, color=QUIET, linewidth=0.8)


def draw_window(ax, row, column, height, width, color, line=2.5):
    """A frame around so many rows and columns of a picture, from the place (row, column) on."""
    corner = column - 0.5, row - 0.5
    ax.add_patch(mpl.patches.Rectangle(corner, width, height, fill=False, ec=color, lw=line))


def draw_signed(ax, values, title, scale=None):
    scale = np.abs(values).max() if scale is None else scale
    draw_picture(ax, values, SIGNED, -scale, scale, title)


def draw_numbers(ax, values, color, title="", digits=0):
    """Numbers (H, W) in a grid of squares, each with as many digits after the point."""
    height, width = values.shape
    frame(ax, title)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    for at in np.arange(1, width) - 0.5:
        ax.axvline(at, color=QUIET, lw=0.6)
    for at in np.arange(1, height) - 0.5:
        ax.axhline(at, color=QUIET, lw=0.6)
    for (row, column), value in np.ndenumerate(values):
        text = number(round(value, digits) + 0.0, f".{digits}f").replace("-", "−")
        ax.text(column, row, text, color=color, ha="center", va="center")


def sign_after(ax, sign):
    """A sign such as = to the right of a picture."""
    ax.annotate(
        sign, (1, 0.5), (8, 0), xycoords="axes fraction", textcoords="offset points", ha="center", va="center"
    )
