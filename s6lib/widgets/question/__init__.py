"""Questions that take an answer, know the usual mistakes by what they come to, and say which one was made.

::

    Question(
        "Raise `w5` a little. Does the error go up or down?",
        right="up",
        wrong={"down": "That is what a *negative* slope would do. This one is positive."},
        because="The slope is positive: the error moves the way the weight moves.",
    )
    Question(
        "`w1` is {w1}, `i1` is {i1}, `w2` is {w2} and `i2` is {i2}. What is `h1`?",
        given=dict(w1=(0.1, 0.9, 0.1), i1=0.05, w2=0.20, i2=(0.1, 0.5, 0.1)),   # a range: low, high, step
        right="w1 * i1 + w2 * i2",
        wrong={"i1 + i2": "You added the inputs without their weights."},
    )

A mistake of a question for numbers is a wrong formula. It is computed when the question is made, which raises
ValueError where it comes too near the right answer or another mistake. `NETWORK` may be given: the numbers of
Part 1's network by name, and the formulas of a training step.
"""

from s6lib.widgets.question import bank
from s6lib.widgets.question.asking import NETWORK, Question, Questions
from s6lib.widgets.question.judging import Verdict
from s6lib.words import t

__all__ = ["NETWORK", "Again", "Question", "Questions", "Verdict"]


class Again(Questions):
    """Three questions from the chapters before this one, out of `bank.BANK`.

    chapter : its name, as in the table of contents

    Raises ValueError for a chapter that the bank does not know.
    """

    def __init__(self, chapter, **traits):
        super().__init__(*bank.again(chapter), heading=t("Once more"), **traits)
