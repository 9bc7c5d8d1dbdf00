"""What a sweep says while it goes on: a bar, how long it will yet take, and whether the disk has room."""

import errno
import sys
import warnings

from s6lib.sweep import costs
from s6lib.sweep.plan import Refused


def check_room(out, runs, notebook):
    """Refuse to begin where not even the notebooks without outputs have room."""
    least, free = runs * len(notebook.text.encode()), costs.free(out)
    if least > free:
        raise Refused(
            f"{out}: {runs} runs leave {costs.amount(least)} at least, and "
            f"{costs.amount(free)} are free there; take another --out, or fewer runs"
        )


class Progress:
    """A bar for the runs, as a context manager.

    show : None on a terminal only, since a log would keep every state of it
    tell : gets a line for a log once the first runs are made; None has none
    """

    def __init__(self, name, kept, at_once, show, tell):
        self.name, self.kept, self.at_once, self.show, self.tell = name, kept, at_once, show, tell
        self.left, self.made, self.told, self.warned = len(kept.missing), 0, False, False

    def __enter__(self):
        from tqdm import tqdm

        self.bar = tqdm(
            total=len(self.kept.runs),
            initial=len(self.kept.runs) - len(self.kept.missing),
            desc=self.name,
            unit="run",
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]",
            disable=None if self.show is None else not self.show,
        )
        return self

    def __exit__(self, *_):
        self.bar.close()

    def step(self):
        """After a run: what is left. Raises OSError where the disk has no room even for the least of it."""
        self.made += 1
        left = costs.of(self.kept.runs, self.kept.path, self.at_once, self.left - self.made)
        goes_on = left is not None and left.left
        self.bar.set_postfix_str(str(left) if goes_on else "", refresh=False)
        self.bar.update()
        if not goes_on:
            return
        if not self.told and self.made >= self.at_once and self.bar.disable and self.tell:
            self.told = True
            self.tell(str(left))
        least, most = left.size
        room = (
            f"{left.left} runs left need {costs.between(left.size, costs.amount)} of disk, "
            f"and {costs.amount(left.free)} are free"
        )
        if least > left.free:
            raise OSError(errno.ENOSPC, room, str(self.kept.path))
        if most > left.free and not self.warned:
            self.warned = True
            (self.tell or _warn)(room)


def tell(line):
    """A line on the standard error of a command."""
    print(f"sweep: {line}", file=sys.stderr)


def _warn(line):
    warnings.warn(line, stacklevel=5)  # where `sweep.run` was called
