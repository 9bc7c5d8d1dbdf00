"""What the reader moves: widgets that live in Jupyter and, without a kernel, on the published page."""

from s6lib.widgets.stepper import Stepper

__all__ = ["Stepper"]
