"""Figures of the way back through the CNN: what a slope meets, how large it stays, and what mistakes do to it."""

# Backwards through the CNN -------------------------------------------------------------------


# Why deep networks learned at last -----------------------------------------------------------


# Mistakes that still train -------------------------------------------------------------------
