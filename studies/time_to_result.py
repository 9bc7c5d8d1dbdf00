"""How long from nothing to a trained and tested network: the author's 19 epochs and the book's recipes, in
one sitting.

    python studies/time_to_result.py                          # prints the table; about twenty minutes
    python studies/time_to_result.py --out mine.csv           # a new file, and its manifest beside it
    python studies/time_to_result.py --device cuda --out mine_cuda.csv

Each run is a new process, and the clock is that of its parent: starting Python, loading PyTorch and the data,
training on all 60,000 images (of a teacher first, where the recipe has one), and the test, once, at the end.
After each epoch a hundred images of the test are looked at, whatever comes of it. Where there is a graphics
card, "warm" is a second training within the same process: its kernels have been chosen and its memory is
there already.
The author's recipe and the quickest run twice, early and late, so that a machine that got slower or faster on
the way is seen, and so is how far it can be trusted.
"""

import argparse
import csv
import json
import platform
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import torch

from s6lib import manifest, mnist
from s6lib.fit import choose_device
from s6lib.recipe import NETWORK_OF

#: network and recipe, by the names in s6lib.
RUNS = tuple(
    (NETWORK_OF[recipe], recipe)
    for recipe in ("dash", "rapid", "author", "swift", "steady", "bent", "brisk", "author", "rapid", "dash")
)
COLUMNS = (
    "network",
    "recipe",
    "epochs",
    "parameters",
    "test_correct",
    "test_total",
    "cold_seconds",
    "warm_seconds",
    "device",
    "threads",
    "torch",
)

CHILD = """
import dataclasses, json, sys, time, torch
from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.mnist import load_digits
from s6lib.fit import evaluate, fit, teacher_of
from s6lib.recipe import RECIPES

network, name, device, threads, turns, dataset, epochs = json.loads(sys.argv[1])
torch.set_num_threads(threads)
recipe = dataclasses.replace(RECIPES[name], **{"epochs": epochs} if epochs else {})
how = {"device": device, "held_out": "test", "progress": False}
seconds = []
for turn in range(turns):
    started = time.monotonic()
    digits, model = load_digits(dataset), DigitCNN(**NETWORKS[network])
    # For the figures after each epoch a few images will do.
    glance = digits._replace(test_images=digits.test_images[:100], test_labels=digits.test_labels[:100])
    teacher, _ = teacher_of(name, glance, recipe.seed, **how)
    fit(model, glance, recipe, teacher=teacher, **how)
    test = evaluate(model, digits.test_images, digits.test_labels)
    seconds.append(time.monotonic() - started)
card = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
parameters = sum(weights.numel() for weights in model.parameters())
print(json.dumps([recipe.epochs, parameters, test.correct, test.total, seconds[-1], card]))
"""


def measure(network, recipe, device, threads, dataset="mnist", epochs=None, warm=None):
    """Run it once in a new process, and on a graphics card (or if `warm`) twice in another; a row of the
    table."""
    warm = device != "cpu" if warm is None else warm

    def child(turns):
        started = time.monotonic()
        output = subprocess.run(
            [
                sys.executable,
                "-c",
                CHILD,
                json.dumps([network, recipe, device, threads, turns, dataset, epochs]),
            ],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout  # what it complains of is seen
        return time.monotonic() - started, json.loads(output)

    cold, (trained, parameters, correct, total, _, card) = child(1)
    again = child(2)[1][-2] if warm else float("nan")
    return (
        network,
        recipe,
        trained,
        parameters,
        correct,
        total,
        round(cold, 1),
        round(again, 2),
        card,
        threads,
        torch.__version__,
    )


def processor():
    """The name of this machine's processor, as Linux tells it; elsewhere what Python knows of it."""
    told = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", told.read_text()) if told.exists() else None
    return named[1] if named else platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"--threads: got {arguments.threads}; takes 1 or more")
    try:
        choose_device(arguments.device)
    except ValueError as error:
        parser.error(f"--{error}")
    out = arguments.out
    if out and (out.exists() or not out.parent.is_dir()):
        parser.error(f"--out: got {str(out)!r}; takes a new file, in a folder that there is")
    rows = []
    for network, recipe in RUNS:
        rows.append(measure(network, recipe, arguments.device, arguments.threads))
        print(dict(zip(COLUMNS, rows[-1])), flush=True)
    seconds = (
        pd.DataFrame(rows, columns=COLUMNS).groupby(["network", "recipe"], sort=False)["cold_seconds"].mean()
    )
    print(
        (seconds["author", "author"] / seconds)
        .rename("times as fast as the author's 19 epochs")
        .round(1)
        .to_string()
    )
    if out:
        with out.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
        mnist.load_digits("mnist")  # as each run did: for their hash
        manifest.write(
            out,
            command=shlex.join(["python", *sys.argv]),
            threads=[str(arguments.threads)],
            processor=processor(),
            data=mnist.LOADED,
        )
    print(f"{processor()}, {arguments.threads} threads")


if __name__ == "__main__":
    main()
