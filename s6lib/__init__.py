"""The code behind the book, one room per purpose; importing it loads nothing heavy.

======================  =========================================================
`s6lib.toy`             the 2-2-2 network: forward, loss, gradient, train (NumPy)
`s6lib.referees`        gradients found three other ways, to hold `toy` against
`s6lib.mnist`           the digits as tensors: MNIST, or the bundled digits without a network
`s6lib.cnn`             the network of Part 2, and its layer table
`s6lib.training`        recipe, training, evaluation, checkpoints
`s6lib.record`          the 19 epochs whose figures lie in book/results
`s6lib.plots`           one function per figure of the book: axes in, axes out
`s6lib.sweep`           one notebook, many parameters
`s6lib.pages`           turns executed notebooks into pages of the published book
`s6lib.files`           files that are whole or not there
`s6lib.checks`          the errors that bad arguments get
======================  =========================================================

Data flows one way: parameters -> s6lib -> history -> plots -> prose.
"""

__version__ = "0.1.0"
