"""A primer of slopes: what a learner who never saw ∂ needs for the chain rule, each with something to move.

::

    Primer()                       # the slope of a curve: a nudge, and the ratio of two changes
    Primer(scene="partial", at=1)  # the slope of a product, one factor held still
    Primer(scene="chain")          # gears: ratios multiply
"""

from s6lib import checks
from s6lib.widgets.base import Checked, Widget, front_end, one_of
from s6lib.words import number, t

SCENES = ("slope", "partial", "chain")
HELD = 0.5  #: the factor that is held still at first; also in engine.js
RATIOS = (3, 2)  #: how many times as far as the one before it each gear turns; also in engine.js


class Primer(Widget):
    """One of three things to move, which the traits name, both in step with the view.

    scene : "slope", "partial" or "chain"
    at : from -2 to 2; where on the curve, what the factor is, or how often the first gear has turned

    Raises TypeError for what is not a number and ValueError for what is out of range.
    """

    NAME, STATE = "primer", ("scene", "at")
    _esm = front_end("primer")

    scene = Checked("slope", one_of(SCENES))
    at = Checked(1.0, lambda name, value: checks.between(name, value, -2, 2))

    def _still(self):
        return {"slope": _slope, "partial": _partial, "chain": _chain}[self.scene](self.at)


def _slope(x):
    rows = [(nudge, ((x + nudge) ** 2 - x**2) / 2) for nudge in (1, 0.5, 0.1, 0.01, 0.001)]
    return _table(
        t(
            "E = x² / 2 at x = {x}. The smaller the nudge, the closer the ratio comes to the slope, {x}.",
            x=number(x, "g"),
        ),
        (t("nudge"), t("E changes by"), t("ratio")),
        [(number(nudge, "g"), number(rise, ".6g"), number(rise / nudge, ".5g")) for nudge, rise in rows],
    )


def _partial(w):
    nudge = 0.1
    return _table(
        t(
            "o = w · a at w = {w} and a = {a}. One is nudged, the other is held still.",
            w=number(w, "g"),
            a=number(HELD, "g"),
        ),
        (t("what is nudged"), t("nudge"), t("o changes by"), t("ratio")),
        [
            (name, number(nudge, "g"), number(nudge * ratio, ".5g"), number(ratio, "g"))
            for name, ratio in (("w", HELD), ("a", w))
        ],
    )


def _chain(turns):
    second, third = RATIOS
    return _table(
        t(
            "Three gears: the second turns {second} times as far as the first, the third {third} times as "
            "far as the second.",
            second=second,
            third=third,
        ),
        (t("first"), t("second"), t("third"), t("third to first")),
        [
            (
                *(number(each, "g") for each in (turns, turns * second, turns * second * third)),
                f"{second} · {third} = {second * third}",
            )
        ],
    )


def _table(caption, head, rows):
    cells = "".join(f'<th scope="col">{each}</th>' for each in head)
    body = "\n".join("<tr>" + "".join(f"<td>{each}</td>" for each in row) + "</tr>" for row in rows)
    head = f"<caption>{caption}</caption>\n<thead><tr>{cells}</tr></thead>"
    return f"<table>\n{head}\n<tbody>\n{body}\n</tbody>\n</table>"
