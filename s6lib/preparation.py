"""What becomes of a drawing before a network reads it: an image as MNIST's makers made theirs.

The same stands in `widgets/digits/prepare.js`, equal to the byte, each the other's referee: so all sums are
of whole numbers, which no order of adding changes, and each is rounded once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from s6lib import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Each step of the preparation, in its order; each can be left out.
STEPS = ("ground", "box", "grey", "centre")
#: Sides of the image, and of the box within it that the ink fills, in pixels; row and column of the middle.
SIDE, BOX, MIDDLE = 28, 20, 14
#: The ground is what differs from its own median by no more than so many times the median difference.
NOISE = 8
#: What a drawing may be that is no digit, and what spoils one, in the words of `judge`.
NO_DIGIT = ("nothing", "a dot", "a blot", "a line that lies", "a scribble")
CUT_OFF = "something that the border cuts off"
#: The limits of `judge`: how many times its height a digit is wide; layers of its thickest place; pixels of
#: ink; runs of ink in all rows and columns, and in one of them; pieces; holes.
WIDEST, THICKEST, FULLEST, RUNS, CROSSED, PIECES, HOLES = 2.5, 8, 300, 91, 5, 5, 6


class Stage(NamedTuple):
    """A drawing after one step."""

    name: str  #: "drawing", or the step, one of `STEPS`
    said: str  #: what was done, in words
    pixels: NDArray[np.uint8]  #: (H, W), 0 the ground and 255 the ink


class Prepared(NamedTuple):
    """What `prepare` returns."""

    image: NDArray[np.uint8]  #: (28, 28)
    stages: list[Stage]  #: the drawing, and what it was after each step
    found: tuple[int, int, int, int] | None  #: top, left, height and width of the ink in the drawing


def prepare(
    pixels: NDArray[np.uint8],
    *,
    ground: bool = True,
    box: bool = True,
    grey: bool = True,
    centre: bool = True,
) -> Prepared:
    """Bring the drawing `pixels`, uint8 (H, W), to 28 x 28 as MNIST's makers did, step by step.

    ground : what is ground becomes 0, the strongest ink 255, whichever of them was lighter
    box : the ink, cut out of its frame, is brought to 20 x 20 and keeps its proportions: shrunk, each pixel
        is the mean of the area that it covers; enlarged, it lies on a line between its neighbours. Left out,
        the whole frame is brought to 28 x 28
    grey : pixels that are partly ink stay grey. Left out, those of more than half the strongest ink become
        255 and the others 0
    centre : the centre of mass is moved to row 14, column 14, by whole pixels; ink that leaves the frame is
        lost, as in 16 of MNIST's 70,000. Left out, the box stands in the middle

    Returns a `Prepared`. For other arrays and pictures there is `s6lib.mnist.from_drawing`.
    """
    for name, each in (("ground", ground), ("box", box), ("grey", grey), ("centre", centre)):
        checks.one_of(name, each, (True, False))
    stages = [Stage("drawing", f"{_size(pixels)} pixels, as they came.", pixels)]

    def add(name, step, here):
        stages.append(Stage(name, *step(stages[-1].pixels, here)))

    add("ground", _ground, ground)
    found = _found(stages[-1].pixels)
    add("box", _box, box)
    add("grey", _grey, grey)
    add("centre", _centre, centre)
    return Prepared(stages[-1].pixels, stages, found)


def _ground(pixels, here):
    if not here:
        return "Left out: light stays light, and dark stays dark.", pixels
    level, floor, light = _level(pixels)
    ink = level - pixels.astype(np.int64) if light else pixels.astype(np.int64) - level
    top = int(ink.max())
    if top <= floor:
        return "No ink: all of it is ground.", np.zeros_like(pixels)
    words = "Dark ink on a light ground, turned round" if light else "Light ink on a dark ground"
    ink = np.where(ink > floor, (2 * 255 * ink + top) // (2 * top), 0).astype(np.uint8)
    strongest = level - top if light else level + top
    if (level, strongest) == (0, 255):
        return f"{words}, as MNIST has it.", ink
    return f"{words}: {level} becomes 0, {strongest} becomes 255.", ink


def _level(pixels):
    """The ground's level; how far it strays; and whether it is lighter than the ink. The law is that of
    `mnist.dark_on_light`: the median of the outermost pixels, and the mean of all lies well below it."""
    edge = _edge(pixels)
    middle = (len(edge) - 1) // 2
    level = int(np.sort(edge)[middle])
    strays = np.abs(edge.astype(np.int64) - level)
    below = level * pixels.size - int(pixels.sum(dtype=np.int64))
    return level, NOISE * int(np.sort(strays)[middle]), below * len(edge) > int(strays.sum()) * pixels.size


def _edge(pixels):
    """The outermost pixels, each once."""
    inner = pixels[1:-1]
    rows = [pixels[0], *([pixels[-1]] if len(pixels) > 1 else [])]
    columns = [inner[:, 0], *([inner[:, -1]] if pixels.shape[1] > 1 else [])]
    return np.concatenate([*rows, *columns])


def _found(pixels):
    """top, left, height, width of all that is not 0; None where all is."""
    rows, columns = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return tuple(
        int(each) for each in (rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    )


def _box(pixels, here):
    found = _found(pixels)
    if not here:
        small = _fit(pixels, SIDE)
        return f"Left out: the whole frame is brought to {_size(small)}.", small
    if found is None:
        return "No ink to put into a box.", np.zeros((BOX, BOX), dtype=np.uint8)
    top, left, height, width = found
    cut = pixels[top : top + height, left : left + width]
    small = _fit(cut, BOX)
    return f"Ink found: {_size(cut)} pixels, brought to {_size(small)}.", small


def _fit(pixels, side):
    """The picture with its longer side brought to `side` pixels and its proportions kept."""
    longer = max(pixels.shape)
    down, across = (
        _weights(length, max(1, (2 * length * side + longer) // (2 * longer))) for length in pixels.shape
    )
    total = np.rint(down @ pixels.astype(float) @ across.T).astype(
        np.int64
    )  # whole numbers below 2^53: exact
    whole = int(down[0].sum() * across[0].sum())
    return ((2 * total + whole) // (2 * whole)).astype(np.uint8)


def _weights(old, new):
    """What each of `new` pixels of a side takes of each of `old` ones: whole numbers (new, old), of equal sum
    in every row."""
    weights = np.zeros((new, old))
    at = np.arange(new)[:, None]
    if new <= old:  # a new pixel goes from j old to (j + 1) old, an old one from i new to (i + 1) new
        i = np.arange(old)
        return np.maximum(0, np.minimum((at + 1) * old, (i + 1) * new) - np.maximum(at * old, i * new)) * 1.0
    place = (2 * at + 1) * old - new  # of the middle of a new pixel, from the first old one's, in 1/(2 new)
    before, share = place // (2 * new), place % (2 * new)
    for neighbour, weight in ((before, 2 * new - share), (before + 1, share)):
        np.add.at(weights, (at, np.clip(neighbour, 0, old - 1)), weight)
    return weights


def _grey(pixels, here):
    if here:
        partly = int(((pixels > 0) & (pixels < 255)).sum())
        return f"Edges stay smooth: {partly} pixels are partly ink.", pixels
    ink = 2 * pixels.astype(np.int64) > int(pixels.max())
    return "Left out: each pixel is all ink or all ground.", (255 * ink).astype(np.uint8)


def _centre(pixels, here):
    height, width = pixels.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    image = np.zeros((SIDE, SIDE), dtype=np.uint8)
    image[top : top + height, left : left + width] = pixels
    total = int(image.sum(dtype=np.int64))
    if not here or not total:
        return ("No ink to move." if here else "Left out: it stands where its box does."), image
    line = np.arange(SIDE)
    row, column = (int(line @ image.sum(axis=axis, dtype=np.int64)) for axis in (1, 0))
    down, right = (MIDDLE - (2 * each + total) // (2 * total) for each in (row, column))
    moved = np.zeros_like(image)
    moved[max(down, 0) : SIDE + min(down, 0), max(right, 0) : SIDE + min(right, 0)] = image[
        max(-down, 0) : SIDE + min(-down, 0), max(-right, 0) : SIDE + min(-right, 0)
    ]
    places = ", ".join(
        f"{name} {_hundredths(each, total)}" for name, each in (("row", row), ("column", column))
    )
    ways = [
        f"{abs(by)} {back if by < 0 else on}"
        for by, back, on in ((down, "up", "down"), (right, "left", "right"))
        if by
    ]
    way = f"moved {' and '.join(ways)}" if ways else "it stays"
    return f"Centre of mass in {places}: {way}.", moved


def _hundredths(number, of):
    whole = (200 * number + of) // (2 * of)
    return f"{whole // 100}.{whole % 100:02d}"


def _size(pixels):
    return f"{pixels.shape[1]} × {pixels.shape[0]}"


def judge(pixels: NDArray[np.uint8]) -> str:
    """What the drawing `pixels`, uint8 (H, W), is if it is hardly a digit, one of `NO_DIGIT` or `CUT_OFF`;
    else "".

    It looks at the prepared image, in which ink is what has more than a quarter of the strongest. The limits
    are MNIST's own: of its 70,000 images 9 are taken for a scribble and 3 for a blot. A drawing of 28 x 28
    pixels may touch the border, as 920 of them do.
    """
    prepared = prepare(pixels)
    if prepared.found is None:
        return "nothing"
    _, _, height, width = prepared.found
    ink = np.pad(4 * prepared.image.astype(np.int64) > int(prepared.image.max()), 1)
    if _thickness(ink) > THICKEST or ink.sum() > FULLEST:
        return "a dot" if 6 * max(height, width) <= max(pixels.shape) else "a blot"
    if width > WIDEST * height:
        return "a line that lies"
    runs = [(each[1:] & ~each[:-1]).sum(axis=0) for each in (ink, ink.T)]
    if (
        sum(int(each.sum()) for each in runs) > RUNS
        or max(int(each.max()) for each in runs) > CROSSED
        or _pieces(ink, corners=True) > PIECES
        or _pieces(~ink, corners=False) - 1 > HOLES
    ):
        return "a scribble"
    if pixels.shape != (SIDE, SIDE) and (_edge(prepared.stages[1].pixels) >= 128).any():
        return CUT_OFF
    return ""


def _thickness(ink):
    """How often a layer of pixels must be taken off until no ink is left."""
    layers = 0
    while ink.any():
        inner = np.zeros_like(ink)
        inner[1:-1, 1:-1] = ink[1:-1, 1:-1] & ink[:-2, 1:-1] & ink[2:, 1:-1] & ink[1:-1, :-2] & ink[1:-1, 2:]
        ink, layers = inner, layers + 1
    return layers


def _pieces(there, corners):
    """How many pieces these pixels make; neighbours hang together, by `corners` too or by sides alone."""
    left, pieces = set(zip(*(axis.tolist() for axis in np.nonzero(there)))), 0
    steps = [
        (down, right)
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
        if (down or right) and (corners or not (down and right))
    ]
    while left:
        waiting, pieces = [left.pop()], pieces + 1
        while waiting:
            row, column = waiting.pop()
            near = {(row + down, column + right) for down, right in steps} & left
            left -= near
            waiting += near
    return pieces


def picture(name: str, value: Any) -> NDArray[np.uint8]:
    """Return `value` as grey levels uint8 (H, W), else raise.

    value : an array, a tensor or an image of PIL, of any size: grey (H, W), in colour (H, W, 3), with alpha
        (H, W, 4), also with the channels first. Truth values (ink is true), whole numbers from 0 to 255,
        or floats from 0 to 1. (Floats that are whole numbers, the largest 128 or more, go to 255 too.)

    Of colours the brightness is taken, and what is transparent shows a ground, as `grey_levels` says.

    Raises TypeError for anything but numbers, ValueError for another shape, and for numbers of which it
    cannot be told what is white: NaN, infinity, below 0, above 255, floats above 1 that are not as above.
    """
    takes = "floats from 0 to 1, or whole numbers from 0 to 255"
    array = checks.of_kind(name, _unpacked(value), "buif", takes)
    shape = array.shape
    if array.ndim == 3 and shape[2] not in (1, 3, 4) and shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    if array.ndim not in (2, 3) or not array.size or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ValueError(
            f"{name}: got shape {shape}; takes one picture (H, W), in colour (H, W, 3), with alpha (H, W, 4)"
        )
    pixels = _placed(name, array, takes)
    if pixels.ndim == 2:
        return pixels
    return pixels[:, :, 0] if pixels.shape[2] == 1 else grey_levels(pixels)


def _unpacked(value):
    """The numbers of a tensor or of an image of PIL, whichever type or mode it has."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # an open file has the first, too
        value = value.detach().cpu()
        return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
    if hasattr(value, "convert") and hasattr(value, "mode"):
        if "A" in value.mode or "a" in value.mode or "transparency" in value.info:
            return np.asarray(value.convert("RGBA"))
        return np.asarray(value if value.mode[0] in "1LIF" and value.mode != "LAB" else value.convert("RGB"))
    return value


def _placed(name, array, takes):
    if array.dtype.kind == "b":
        return array * np.uint8(255)
    if array.dtype.kind in "ui":
        checks.refuse_where((array < 0) | (array > 255), name, array, takes)
        return array.astype(np.uint8)
    checks.refuse_where(~np.isfinite(array), name, array, takes)
    checks.refuse_where((array < 0) | (array > 255), name, array, takes)
    array = array.astype(np.float64)
    if array.max() <= 1:
        return np.floor(array * 255 + 0.5).astype(np.uint8)
    if array.max() < 128 or (array != np.floor(array)).any():
        index = tuple(int(k) for k in np.unravel_index(array.argmax(), array.shape))
        raise ValueError(
            f"{name}: got {array[index]} at {list(index)}; takes {takes}: what is white here is not "
            "to be told, so divide by it"
        )
    return array.astype(np.uint8)


def grey_levels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightness of a picture in colour, uint8 (H, W, 3) or (H, W, 4): uint8 (H, W).

    299 parts of 1,000 are red, 587 green, 114 blue (ITU-R BT.601). What is transparent shows white if what
    is drawn is dark, else black.
    """
    red, green, blue = (pixels[:, :, at].astype(np.int64) for at in range(3))
    grey = (299 * red + 587 * green + 114 * blue + 500) // 1000
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3].astype(np.int64)
        dark = 2 * int((grey * alpha).sum()) < 255 * int(alpha.sum())
        grey = (2 * (grey * alpha + 255 * dark * (255 - alpha)) + 255) // 510
    return grey.astype(np.uint8)
