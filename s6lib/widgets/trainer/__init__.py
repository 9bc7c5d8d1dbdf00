"""The trainer: a network learns in the page, from nothing, or from drawings by the reader's own hand.

::

    Trainer()                                       # the small network, a rate of 0.01
    Trainer(network="author", learning_rate=0.1)
    Trainer(scene="hand")                           # the recorded network learns your hand
"""

import numpy as np

from s6lib import checks
from s6lib.widgets.base import Checked, Widget, front_end, one_of
from s6lib.words import number, t

SCENES = ("scratch", "hand")
#: The networks to choose from.
NETWORKS = ("small", "swift", "author")
BATCHES = (8, 16, 32, 64)
#: Where the table on paper looks: before these steps.
LOOKS = (0, 10, 20, 40)


def _batch(name, value):
    return checks.one_of(name, value, BATCHES)


def _flag(name, value):
    return checks.one_of(name, value, (True, False))


class Trainer(Widget):
    """A network that learns the bundled digits in the page, without a kernel.

    Traits, all in step with the view in both directions:

    network : one of "small", "swift" and "author", as `s6lib.cnn.NETWORKS` has them
    learning_rate : above 0; momentum : from 0, below 1
    batch_size : 8, 16, 32 or 64; epochs : 1 to 100
    seed : 0 to 999,999, of the initial weights, the order of the digits, dropout and moves
    augment : True shifts and turns each digit a little, by up to 2 pixels and 10 degrees

    `scene` is "scratch", or "hand": there the reader draws some of each digit, and the recorded network is
    trained on them, by a rate of 0.001 for 10 epochs unless you say otherwise; of `network` and
    `batch_size` it takes no notice. What was drawn is kept in the reader's browser, and comes to no trait.

    Raises TypeError for what is not a number and ValueError for what is out of range.
    """

    NAME = "trainer"
    STATE = (
        "scene", "network", "learning_rate", "momentum", "batch_size", "epochs", "seed", "augment",
    )  # fmt: skip
    GIVEN = ("networks", "held_out", "data")
    _esm = front_end("trainer")

    scene = Checked("scratch", one_of(SCENES))
    network = Checked("small", one_of(NETWORKS))
    learning_rate = Checked(0.01, lambda name, value: checks.rate(name, value))
    momentum = Checked(0.9, checks.fraction)
    batch_size = Checked(32, _batch)
    epochs = Checked(5, lambda name, value: checks.whole(name, value, 1, 100))
    seed = Checked(1, lambda name, value: checks.whole(name, value, 0, 999_999))
    augment = Checked(False, _flag)
    networks = Checked({}, checks.mapping)  # the settings of each
    held_out = Checked(500, checks.count)  # test digits
    data = Checked({}, checks.mapping)

    def __init__(self, **traits):
        gently = {"learning_rate": 0.001, "epochs": 10} if traits.get("scene") == "hand" else {}
        super().__init__(**gently | traits)
        from s6lib import mnist
        from s6lib.cnn import NETWORKS as ALL
        from s6lib.cnn import DigitCNN
        from s6lib.widgets.digits import carried

        self.networks = {name: DigitCNN(**ALL[name]).settings for name in NETWORKS}
        self.held_out = mnist.BUNDLED_TEST
        needed = ("digits",) if self.scene == "scratch" else ("digits", "author")
        self.data = {name: carried()[name] for name in needed}

    def _still(self):
        if self.scene == "hand":
            said = t(
                "With scripts, you draw some of each digit here, and the recorded network learns your hand. "
                "Every third drawing is held back, to tell whether it does."
            )
            return f"<p>{said}</p>"
        from s6lib.widgets.trainer import course

        numbers = self.network, self.learning_rate, self.momentum, self.batch_size, self.seed
        with np.errstate(all="ignore"):
            rows = course.table(*numbers, LOOKS)
        body = "\n".join(
            f"<tr><td>{step}</td><td>{'' if loss is None else number(loss, '.4f')}</td>"
            f"<td>{t('{0} of {1}', right, self.held_out)}</td></tr>"
            for step, loss, right in rows
        )
        caption = t(
            "The first {steps} steps of the network “{network}” from nothing, on the bundled digits, "
            "{batch} at a time, at a rate of {rate}.",
            steps=LOOKS[-1],
            network=self.network,
            batch=self.batch_size,
            rate=number(self.learning_rate, "g"),
        )
        heads = (t("steps made"), t("loss of the last batch"), t("test digits read right"))
        return (
            f"<table>\n<caption>{caption}</caption>\n<thead><tr>"
            + "".join(f'<th scope="col">{head}</th>' for head in heads)
            + f"</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
        )
