"""What the reader moves: widgets that live in Jupyter and, without a kernel, on the published page."""

from s6lib.widgets.digits import Digits
from s6lib.widgets.kernel import Kernel
from s6lib.widgets.primer import Primer
from s6lib.widgets.sheet import Sheet
from s6lib.widgets.stepper import Stepper
from s6lib.widgets.trainer import Trainer

__all__ = ["Digits", "Kernel", "Primer", "Sheet", "Stepper", "Trainer"]
