"""A graphics card's CUDA graphs without a card: what is captured is a list of PyTorch's operations.

As on a card, an operation that is played again finds the memory, and the numbers of Python, that it found
when it was captured; nothing else that Python did is done again; and nothing may be asked for its value.
"""

from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from s6lib import fit as loop

WAITS = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default}


class Recorder(TorchDispatchMode):
    """Within this mode each operation is kept, with what it was given and what came out."""

    def __init__(self):
        super().__init__()
        self.kept = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function in WAITS:
            raise RuntimeError(f"{function}: not permitted when the stream is capturing")
        result = function(*args, **(kwargs or {}))
        self.kept.append((function, args, kwargs or {}, result))
        return result

    @torch.no_grad()
    def play(self):
        for function, args, kwargs, kept in self.kept:
            for old, new in zip(tree_leaves(kept), tree_leaves(function(*args, **kwargs))):
                if isinstance(old, torch.Tensor) and old is not new:
                    old.copy_(new)


class Replay(loop.Replay):
    """`loop.Replay` with a `Recorder` in place of a graph."""

    @contextmanager
    def _aside(self, device):
        yield

    def _capture(self, given, *more):
        with Recorder() as recorder:
            result = self.function(given, *more)  # computed as it is kept: the first time it is played
        plays = iter([lambda: None])
        return lambda: next(plays, recorder.play)(), result


def use(monkeypatch, *modules):
    """Let the CPU be taken for a card, by `s6lib.fit` and by `modules` that have its `Replay`."""
    monkeypatch.setattr(loop, "_replays", lambda device: True)
    for module in (loop, *modules):
        monkeypatch.setattr(module, "Replay", Replay)
