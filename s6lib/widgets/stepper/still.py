"""The compact stepper as a picture, for paper and where there are no scripts: the network and its error.

Its colours are those of the page around it: the classes `forward`, `update` and `target`, and the text's own.
"""

from html import escape

import numpy as np

from s6lib import toy
from s6lib.words import number, t

WIDE, HIGH = 300, 226  #: of each of the two drawings, which stand side by side where there is room
SCALE = 0.92  #: of both on the page: so that one fits the narrowest phone, with letters of 11 px and more
RADIUS = 21  #: of a neuron
AHEAD = 100  #: steps of the curve
LANES, COLUMNS = (58, 166), (36, 150, 258)
#: The ends of each weight's line, as (column, lane), and where its name stands on it, from 0 to 1.
_LINES = [((c, j), (c + 1, k), 0.5 if j == k else 0.3) for c in (0, 1) for k in (0, 1) for j in (0, 1)]


def picture(moment, more):
    """Return the HTML of the picture of `moment`, with a link to the page `more`."""
    with np.errstate(all="ignore"):
        try:
            history = toy.train(*moment[:-1], moment.step + AHEAD)
        except FloatingPointError:  # the run leaves float64: only its start is left to show
            history = toy.train(*moment[:-1], 0)
    loss = history.loss[moment.step :] if len(history.loss) > moment.step else history.loss
    weights = history.weights[-len(loss)]
    first, last = number(loss[0], ".3g"), number(loss[-1], ".3g")
    words = t("The error falls from {0} to {1} in {2} steps.", first, last, len(loss) - 1)
    if not loss[-1] < loss[0]:
        words = t("The error is {0}, and {1} after {2} steps.", first, last, len(loss) - 1)
    return (
        f"{_network(weights, moment)}\n{_curve(loss, words)}\n"
        f'<p>{words} <a href="{more}#stepper=1">{t("Open every operation")}</a></p>'
    )


def _drawing(label, parts):
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE * SCALE:.0f}" '
        f'height="{HIGH * SCALE:.0f}" role="img" aria-label="{escape(label)}" '
        f'font-size="13" fill="none" stroke-width="1.5">\n' + "\n".join(parts) + "\n</svg>"
    )


def _text(x, y, content, kind="", anchor="middle"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}" fill="currentColor">'
        f"{content}</text>"
    )


def _name(name):
    letter, _, index = name.rpartition("_") if "_" in name else (name[0], "", name[1:])
    return (
        f'<tspan font-style="italic">{letter}</tspan><tspan font-size="12" dy="3">{index}</tspan>'
        '<tspan dy="-3">\u200b</tspan>'  # back up
    )


def _network(weights, moment):
    forward = toy.forward(weights, moment.inputs)
    shown = [("i", moment.inputs), ("a_h", forward.a_h), ("a_o", forward.a_o)]
    lines, names, nodes = [], [], []
    for k, ((a, b, at), weight) in enumerate(zip(_LINES, weights.ravel())):
        start, end = (np.array([COLUMNS[c], LANES[lane]], dtype=float) for c, lane in (a, b))
        way = (end - start) / np.hypot(*(end - start))
        place, straight = start + at * (end - start), start[1] == end[1]
        pieces = [start + RADIUS * way, end - RADIUS * way]
        if not straight:  # a gap for the name
            pieces[1:1] = [place - 15 * way, place + 15 * way]
        thick = 0.8 + 3 * abs(weight) / (abs(weights).max() or 1)
        ends = " ".join(f"{'ML'[n % 2]}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(pieces))
        lines.append(f'<path d="{ends}" class="update" stroke="currentColor" stroke-width="{thick:.2f}"/>')
        y = place[1] + ((-8, 17)[a[1]] if straight else 4)
        names.append(_text(place[0], y, f"{_name(f'w{k + 1}')} {number(weight, '.2f')}", "update"))
    for (letter, values), x in zip(shown, COLUMNS):
        for lane, value in enumerate(values):
            y = LANES[lane]
            nodes.append(f'<circle cx="{x}" cy="{y}" r="{RADIUS}" class="forward" stroke="currentColor"/>')
            nodes.append(_text(x, y + 4, number(value, ".3f"), "forward"))
            nodes.append(_text(x, y + (-27, 36)[lane], _name(f"{letter}{lane + 1}"), "forward"))
    for lane, target in enumerate(moment.targets):
        nodes.append(
            _text(
                COLUMNS[2], LANES[lane] + (-41, 51)[lane], f"{_name(f't{lane + 1}')} {number(target, '.3g')}"
            )
        )
    return _drawing(
        t("A network of two inputs, two hidden and two output neurons, and eight weights."),
        lines + names + nodes,
    )


def _curve(loss, words):
    left, right, top, bottom = 44, WIDE - 12, 26, HIGH - 34
    largest = float(loss[np.isfinite(loss)].max()) or 1.0
    x = np.linspace(left, right, len(loss)) if len(loss) > 1 else np.array([left])
    points = " ".join(
        f"{px:.1f},{bottom - (bottom - top) * value / largest:.1f}"
        for px, value in zip(x, loss)
        if np.isfinite(value)
    )
    return _drawing(
        words,
        [
            f'<path d="M{left} {top}V{bottom}H{right}" stroke="currentColor" stroke-width="1"/>',
            f'<polyline points="{points}" class="forward" stroke="currentColor" stroke-width="2.5"/>',
            _text(left - 6, top + 4, number(largest, ".2g"), "", "end"),
            _text(left - 6, bottom + 4, "0", "", "end"),
            _text(left, bottom + 16, "0"),
            _text(right - 8, bottom + 16, f"{len(loss) - 1}"),
            _text((left + right) / 2, bottom + 28, t("steps")),
            _text(left, top - 12, _name("E_total"), "forward", "start"),
        ],
    )
