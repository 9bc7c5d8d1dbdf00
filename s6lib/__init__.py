"""The code behind the book, one room per purpose; importing it loads nothing heavy.

======================  ===================================================================
`s6lib.toy`             the 2-2-2 network: forward, loss, gradient, train (NumPy alone)
`s6lib.referees`        gradients found three other ways, to hold `toy` against
`s6lib.stepper`         the network under the reader's hands, in Jupyter and on the page
`s6lib.mnist`           the digits as tensors, verified; bundled digits without a network
`s6lib.cnn`             the CNN of 12,426 parameters and its layer table
`s6lib.augmentation`    images shifted, turned, zoomed and bent, a whole batch at once
`s6lib.training`        recipe, fit, evaluate, checkpoints
`s6lib.record`          the long run that book/results keeps
`s6lib.plots`           one function per figure of the book: axes in, axes out
`s6lib.sweep`           one notebook, many parameters
`s6lib.pages`           turns executed notebooks into pages of the published book
`s6lib.manifest`        what made a recorded file, written beside it
`s6lib.checks`          the errors that bad arguments get
`s6lib.files`           files that appear whole or not at all
======================  ===================================================================

Data flows one way: parameters -> s6lib -> history -> plots -> prose.
"""

__version__ = "0.1.0"
