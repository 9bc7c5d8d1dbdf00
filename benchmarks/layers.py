"""One step of the author's network, forward and backward: NumPy against PyTorch, on one thread.

    python benchmarks/layers.py [rounds]

128 images in float32, with dropout by the same masks, in turns, in one run. The gradients of both are held
against those in float64.
Then: where NumPy's time goes, block by block.
"""

import os
import sys

# Before NumPy: its matrix products read them when they are loaded.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import statistics
import time
from collections import defaultdict

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.functional import nll_loss

from s6lib import layers
from s6lib.cnn import DigitCNN, named_layers

BATCH, ROUNDS, WARM_UP = 128, 30, 3


def with_numpy(state, images, labels, settings, keep):
    return layers.gradient(state, images, labels, settings, True, keep)


def with_torch(model, images, labels, keep):
    model.zero_grad()
    x = images
    for name, layer in named_layers(model):
        x = x * keep[name] / (1 - layer.p) if isinstance(layer, nn.Dropout) else layer(x)
    nll_loss(x, labels).backward()
    return {name: each.grad.numpy() for name, each in model.named_parameters()}


def timed(call, *arguments):
    start = time.perf_counter()
    answer = call(*arguments)
    return time.perf_counter() - start, answer


def against_torch(model, rounds, state, images, labels, settings, keep):
    """Both in turns: milliseconds of each, and how far its gradients are from those in float64."""
    tensors = torch.from_numpy(images), torch.from_numpy(labels)
    tensor_masks = {name: torch.from_numpy(mask) for name, mask in keep.items()}
    ways = {
        "NumPy": lambda: with_numpy(state, images, labels, settings, keep),
        "PyTorch": lambda: with_torch(model, *tensors, tensor_masks),
    }
    wide = {name: np.asarray(value, np.float64) for name, value in state.items()}
    exact = with_numpy(wide, images.astype(np.float64), labels, settings, keep)
    taken, rows = {name: [] for name in ways}, {}
    for turn in range(WARM_UP + rounds):
        for name, way in ways.items():
            seconds, _ = timed(way)
            if turn >= WARM_UP:
                taken[name].append(1e3 * seconds)
    for name, way in ways.items():
        found = way()
        error = max(np.abs(found[each] - exact[each]).max() / np.abs(exact[each]).max() for each in exact)
        assert error < 0.01, f"{name} finds other gradients"
        times = statistics.median(taken[name]), min(taken[name]), max(taken[name])
        rows[name] = [*map("{:.0f} ms".format, times), f"{error:.0e}"]
    table = pd.DataFrame(rows, ["median", "from", "to", "error, of the largest of a layer"]).T
    print(table.to_string())
    low, middle, high = statistics.quantiles(a / b for a, b in zip(*taken.values()))
    print(
        f"NumPy takes {middle:.2f} times as long; {low:.2f} to {high:.2f} in the middle half of the turns\n"
    )


def where_the_time_goes(rounds, state, images, labels, settings, keep):
    """The smallest time of every layer, forward and backward."""

    class Timed(layers._Pass):
        def _forward(self, name, x):
            taken, y = timed(super()._forward, name, x)
            seconds[name, "forward"].append(taken)
            return y

        def _back(self, name, slope, x):
            taken, answer = timed(super()._back, name, slope, x)
            seconds[name, "backward"].append(taken)
            return answer

    seconds = defaultdict(list)
    for _ in range(rounds):
        Timed(state, images, settings, True, keep).back(labels)
    best = pd.Series({name: 1e3 * min(each) for name, each in seconds.items()}).unstack(fill_value=0)
    kinds = {
        "conv": "convolution",
        "norm": "batch norm",
        "relu": "ReLU",
        "pool": "max-pool",
        "drop": "dropout",
    }
    rows = [
        (int(name[-1]) if name[-1].isdigit() else "head", kinds.get(name[:4], "head")) for name in best.index
    ]
    for level, what in ((1, "operation"), (0, "block")):
        table = best.groupby([row[level] for row in rows]).sum()[["forward", "backward"]]
        table["share"] = table.sum(axis=1) / best.to_numpy().sum()
        table = table.sort_values("share", ascending=False) if level else table
        print(table.rename_axis(what).to_string(formatters={
            "forward": "{:.1f} ms".format, "backward": "{:.1f} ms".format, "share": "{:.0%}".format,
        }), "\n")  # fmt: skip


def main(rounds=ROUNDS):
    torch.set_num_threads(1)
    random, model = np.random.default_rng(0), DigitCNN().train()
    state = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    images = random.normal(size=(BATCH, 1, 28, 28)).astype(np.float32)
    labels = random.integers(0, 10, BATCH)
    arguments = state, images, labels, model.settings, layers.masks(random, images, model.settings)
    print(
        f"{BATCH} images, float32, one thread, {rounds} turns; "
        f"NumPy {np.__version__}, torch {torch.__version__}\n"
    )
    against_torch(model, rounds, *arguments)
    where_the_time_goes(rounds, *arguments)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
