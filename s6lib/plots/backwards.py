"""Figures of the way back through the CNN: what a slope meets, how large it stays, what mistakes do."""

# Backwards through the CNN -------------------------------------------------------------------


# Why deep networks learned at last -----------------------------------------------------------


# Mistakes that still train -------------------------------------------------------------------
