"""Draws overview.svg, the moving picture in README.md:  python -m bookbuild.overview

The network learns: each frame is a step of `toy.train` with its numbers. A style sheet within the picture
shows one frame after the other; where motion is not wanted the first stays.
"""

from html import escape
from pathlib import Path

from s6lib import toy
from s6lib.plots.style import FORWARD, GRADIENT, UPDATE

RATE = 2.0
STEPS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30)
SECONDS = 0.8  # for which a frame is shown
COLUMN, ROW, RADIUS = {"i": 70, "h": 280, "o": 490}, (115, 285), 46
CHART = (640, 920, 90, 290)  # left, right, top, bottom

STYLE = f"""
svg {{ --ground: #fff; --ink: #1d2329; --forward: {FORWARD}; --update: #00785a; --gradient: #b34a00; }}
text {{ font: 17px system-ui, "Liberation Sans", sans-serif; fill: var(--ink); text-anchor: middle; }}
.ground {{ fill: var(--ground); }}
.axis {{ stroke: var(--ink); fill: none; }}
.edge {{ stroke: {UPDATE}; stroke-width: 2; }}
.halo {{ stroke: var(--ground); stroke-width: 8; stroke-linejoin: round; paint-order: stroke; }}
.node text {{ fill: #fff; }}
.update {{ fill: var(--update); }}
.forward {{ fill: var(--forward); }}
.gradient {{ fill: var(--gradient); }}
.start {{ text-anchor: start; }}
.name {{ font-style: italic; }}
.path {{ stroke: {GRADIENT}; stroke-width: 3; fill: none; stroke-linecap: round; stroke-linejoin: round; }}
.shadow {{ opacity: 0.2; }}
.frame {{ opacity: 0; animation: frame {SECONDS * len(STEPS):g}s linear infinite; }}
@keyframes frame {{
  0%, {100 / len(STEPS):.3f}% {{ opacity: 1; }}
  {100 / len(STEPS) + 0.001:.3f}%, 100% {{ opacity: 0; }}
}}
@media (prefers-color-scheme: dark) {{
  svg {{ --ground: #14181d; --ink: #e6e9ec; --forward: #6db7e8; --update: #3fc89b; --gradient: #ff9a5c; }}
}}
@media (prefers-reduced-motion: reduce) {{ .frame {{ animation: none; }} .first {{ opacity: 1; }} }}
"""


def picture():
    """The picture as the text of an SVG file."""
    history = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, RATE, steps=max(STEPS))
    frames = "\n".join(_frame(history, number, step) for number, step in enumerate(STEPS))
    words = (
        f"A network of eight weights learns: in {max(STEPS)} steps at a learning rate of {RATE:g} its error "
        f"falls from {history.loss[0]:.4f} to {history.loss[-1]:.6f}."
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 400" role="img">
<title>{escape(words)}</title>
<style>{STYLE}</style>
<rect class="ground" width="960" height="400" rx="12"/>
{_still(history.loss)}
{frames}
</svg>
"""


def _text(x, y, text, kind="", more=""):
    return f'<text x="{x:g}" y="{y:g}" class="{kind}"{more}>{text}</text>'


def _name(letter, index, then=" "):
    below = f'<tspan font-size="12" dy="4">{index}</tspan><tspan dy="-4">{then}</tspan>'
    return f'<tspan class="name">{letter}</tspan>{below}'


def _curve(losses):
    """The error of each step as a point of the chart."""
    left, right, top, bottom = CHART
    return [
        f"{left + (right - left) * step / max(STEPS):.1f},{bottom - (bottom - top) * loss / losses[0]:.1f}"
        for step, loss in enumerate(losses)
    ]


def _still(losses):
    """What no step changes: lines, circles, names, inputs, targets, axes, the whole curve as a shadow."""
    parts = []
    for start, end in (("i", "h"), ("h", "o")):
        for source in range(2):
            for to in range(2):
                x1, y1, x2, y2 = COLUMN[start], ROW[source], COLUMN[end], ROW[to]
                parts.append(f'<line class="edge" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
    for layer in ("i", "h", "o"):
        for k, y in enumerate(ROW):
            name = _name("i" if layer == "i" else "a", f"{k + 1}" if layer == "i" else f"{layer}{k + 1}")
            number = _text(COLUMN[layer], y + 18, f"{toy.INPUTS[k]:.2f}") if layer == "i" else ""
            parts.append(
                f'<g class="node"><circle cx="{COLUMN[layer]}" cy="{y}" r="{RADIUS}" fill="{FORWARD}"/>'
                f"{_text(COLUMN[layer], y - 8, name)}{number}</g>"
            )
    for k, y in enumerate(ROW):
        target = f"target {toy.TARGETS[k]:g}"
        parts.append(_text(COLUMN["o"], y - RADIUS - 12 if k == 0 else y + RADIUS + 24, target))
    left, right, top, bottom = CHART
    parts.append(f'<polyline class="path shadow" points="{" ".join(_curve(losses))}"/>')
    parts.append(f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>')
    parts.append(_text(right, bottom + 24, f"step {max(STEPS)}", more=' style="text-anchor: end"'))
    parts.append(_text(left, bottom + 24, "0"))
    parts.append(_text(left, 365, f"learning rate {RATE:g}", "start"))
    return "\n".join(parts)


def _frame(history, number, step):
    weights, error = history.weights[step], history.loss[step]
    left, right, *_ = CHART
    values = toy.forward(weights, toy.INPUTS)
    parts = []
    for layer, (start, end) in enumerate((("i", "h"), ("h", "o"))):
        for to in range(2):
            for source in range(2):
                # where two lines cross, their numbers would meet: those stand nearer to where the line begins
                near, above = (0.5, 6) if source == to else (0.33, -6)
                x = COLUMN[start] + near * (COLUMN[end] - COLUMN[start])
                y = ROW[source] + near * (ROW[to] - ROW[source]) - above
                label = f"{_name('w', 4 * layer + 2 * to + source + 1)}{weights[layer, to, source]:.3f}"
                parts.append(_text(x, y, label, "update halo"))
    for k, y in enumerate(ROW):
        for layer, activations in (("h", values.a_h), ("o", values.a_o)):
            parts.append(f'<g class="node">{_text(COLUMN[layer], y + 18, f"{activations[k]:.4f}")}</g>')
    left, right, top, bottom = CHART
    points = _curve(history.loss)[: step + 1]
    x, y = points[-1].split(",")
    parts += [
        f'<polyline class="path" points="{" ".join(points)}"/>',
        f'<circle class="gradient" cx="{x}" cy="{y}" r="7"/>',
        _text(left, 60, _name("E", "total", f" = {error:.6f}"), "gradient start"),
        _text(right, 60, f"step {step}", more=' style="text-anchor: end"'),
    ]
    first = " first" if number == 0 else ""
    # a negative delay, so that no frame waits for its first turn and the last is not seen before it
    delay = SECONDS * (number - len(STEPS))
    return f'<g class="frame{first}" style="animation-delay: {delay:g}s">{"".join(parts)}</g>'


if __name__ == "__main__":
    target = Path(__file__).parents[1] / "book" / "_static" / "overview.svg"
    target.write_text(picture(), encoding="utf-8")
