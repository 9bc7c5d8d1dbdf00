"""The code behind the book, one room per purpose; importing it loads nothing heavy.

======================  ===================================================================
`s6lib.toy`             the 2-2-2 network: forward, loss, gradient, train (NumPy alone)
`s6lib.arithmetic`      its operations written out with their numbers, in the book's colours
`s6lib.slips`           wrong gradients that people compute, by name; and which it was
`s6lib.worksheet`       the network as a live spreadsheet; a check of anybody's
`s6lib.referees`        gradients found three other ways, to hold `toy` against
`s6lib.layers`          Part 2's blocks and network, forward and backward (NumPy alone)
`s6lib.preparation`     what becomes of a drawing before a network reads it (NumPy alone)
`s6lib.drawings`        digits drawn by a program, as strokes and as pixels (NumPy alone)
`s6lib.mnist`           the digits as tensors, verified; bundled digits without a network
`s6lib.cnn`             the CNN of 12,426 parameters and its layer table
`s6lib.augmentation`    images shifted, turned, zoomed and bent, a whole batch at once
`s6lib.muon`            steps of a kernel that are as long in every direction
`s6lib.recipe`          how to train: the recipes, and the network that each was made for
`s6lib.fit`             the training loop, its history, and what a model gets right
`s6lib.checkpoint`      what a run leaves in files: checkpoints and weights
`s6lib.results`         what long runs left for the book: tables and networks by name
`s6lib.report`          what a network gets right, whether it beats another, how it reads a drawing
`s6lib.plots`           one function per figure of the book: axes in, axes out
`s6lib.sweep`           one notebook, many parameters
`s6lib.widgets`         what the reader moves and answers, in Jupyter and on pages without a kernel
`s6lib.manifest`        what made a recorded file, written beside it
`s6lib.words`           what a reader reads, in the reader's language
`s6lib.checks`          the errors that bad arguments get
`s6lib.files`           files that appear whole or not at all
======================  ===================================================================

Data flows one way: parameters -> s6lib -> history -> plots -> prose.
"""

__version__ = "0.2.0"
