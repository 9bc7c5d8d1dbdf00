"""A step of training in float32 and in bfloat16, as it is and compiled.

    python benchmarks/precision.py [threads]

All four ways take a step in turns, on the same batch of 128 images, so that each has the machine's good and
bad moments alike. A row: the step's milliseconds; as a share of the step in float32 beside it, both the
median over the turns; and the seconds that the first step took beyond that, which for a compiled step is
compiling. (PyTorch keeps what it has compiled on the disk: it is new once.)
"""

import statistics
import sys
import time

import torch
from torch.nn.functional import nll_loss

from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.fit import answering
from s6lib.mnist import load_digits, normalise
from s6lib.recipe import PRECISIONS, Recipe

NAMES = ("author", "cropped", "wide", "swift")
TURNS = 30


def step_of(name, recipe, images, labels):
    model = DigitCNN(**NETWORKS[name]).train()
    answer = answering(model, recipe, images.device)

    def step():
        started = time.perf_counter()
        model.zero_grad()
        nll_loss(answer(images), labels).backward()
        return time.perf_counter() - started

    return step


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    digits = load_digits("bundled")
    images, labels = normalise(digits.train_images[:128]), digits.train_labels[:128]
    ways = [Recipe(precision=each, compile=compiled) for each in PRECISIONS for compiled in (False, True)]
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    for name in NAMES:
        steps = {way: step_of(name, way, images, labels) for way in ways}
        first = {way: step() for way, step in steps.items()}
        turns = [{way: step() for way, step in steps.items()} for _ in range(TURNS)]
        for way in ways:
            seconds = statistics.median(turn[way] for turn in turns)
            share = statistics.median(turn[way] / turn[ways[0]] for turn in turns)
            what = f"{way.precision}{', compiled' if way.compile else ''}"
            beyond = first[way] - seconds
            print(f"{name:8} {what:19} {1000 * seconds:6.1f} ms {share:6.2f}, first {beyond:5.1f} s")


if __name__ == "__main__":
    main()
