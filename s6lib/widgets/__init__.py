"""What the reader moves and answers: widgets that live in Jupyter and, without a kernel, on the page."""

from s6lib.widgets.digits import Digits
from s6lib.widgets.kernel import Kernel
from s6lib.widgets.primer import Primer
from s6lib.widgets.progress import Progress
from s6lib.widgets.question import NETWORK, Again, Question, Questions
from s6lib.widgets.sheet import Sheet
from s6lib.widgets.stepper import Stepper
from s6lib.widgets.trainer import Trainer

__all__ = [
    "NETWORK",
    "Again",
    "Digits",
    "Kernel",
    "Primer",
    "Progress",
    "Question",
    "Questions",
    "Sheet",
    "Stepper",
    "Trainer",
]
