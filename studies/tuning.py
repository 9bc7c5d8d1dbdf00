"""The search for better recipes and smaller networks, on the validation images alone. It goes on.

    python studies/tuning.py                    # every trial that the table does not have yet
    python studies/tuning.py "rate 0.3" ...     # these trials

Each trial learns from 50,000 images of MNIST with one seed, and the other 10,000 judge its last
epoch. The test images are never looked at. Where TEACHERS names a recipe of the book for a trial, that one's
network is trained first, on the same images with the same seed, and teaches; the row's recipe then has a
`teacher`. A finished trial is added to `book/results/tuning/tuning.csv`
at once, so the table keeps the order in which the trials ended. A new idea goes to the end of TRIALS.
"""

import dataclasses
import functools
import sys
from pathlib import Path

import growing_table
import torch
from tqdm import tqdm

from s6lib.cnn import DigitCNN
from s6lib.fit import evaluate, fit, split, trained_teacher
from s6lib.mnist import load_digits
from s6lib.recipe import RECIPES, Recipe

TABLE = Path(__file__).parents[1] / "book" / "results" / "tuning" / "tuning.csv"
COLUMNS = (
    "trial",
    "parameters",
    "epochs",
    "validation_correct",
    "validation_total",
    "validation_loss",
    "network",
    "recipe",
)

AUTHOR = {}
CROPPED = {"dropout": 0.0, "crop": 2}
ONE_CYCLE = Recipe(
    learning_rate=0.1,
    epochs=8,
    schedule="one-cycle",
    nesterov=True,
    weight_decay=0.001,
    shift=1.0,
    rotation=5.0,
    zoom=0.05,
)
WIDE = {"channels": (16, 32, 64), "pools": (1, 2), **CROPPED}
MOVED = dataclasses.replace(ONE_CYCLE, rotation=10.0, zoom=0.1)


def changed(recipe=ONE_CYCLE, **settings):
    return dataclasses.replace(recipe, **settings)


def shared(width, **settings):
    return {"channels": (width,) * 6, "pools": (1, 4), "shared": True, **CROPPED, **settings}


def weighted(*channels, **settings):
    return {"channels": channels, "pools": (1, 2), "head": "weighted"} | CROPPED | settings


def stem(*channels, **settings):
    return weighted(*channels, **({"pools": (2,), "stem": (6, 2)} | settings))


def separable(first, width, times=3):
    """A convolution, a separable one, and another separable one that is used so many times with shortcuts."""
    return {
        "channels": (first, *[width] * (times + 1)), "pools": (1, 2), "head": "rank-one", "shared": True,
        "separable": tuple(range(2, times + 3)), "shortcut": True, "bias": False, **CROPPED,
    }  # fmt: skip


#: A teacher has most of the say.
TAUGHT = changed(MOVED, epochs=30, weight_decay=0.0005, teacher_weight=0.9, temperature=2.0)

#: name -> (settings of DigitCNN, recipe)
# fmt: off
TRIALS = {
    "one cycle": (CROPPED, ONE_CYCLE),
    "half size for half the steps": (CROPPED, changed(half_size=0.5)),
    "rate 0.3": (CROPPED, changed(learning_rate=0.3)),
    "shared 16": (shared(16), changed(learning_rate=0.3, weight_decay=0.0005)),
    "wide and early pools": ({"channels": (16, 32, 64), "pools": (1, 2), **CROPPED}, ONE_CYCLE),
    "16 epochs, rate 0.3, averaged": (CROPPED, changed(epochs=16, learning_rate=0.3, averaging=0.998)),
    "batches of 64": (CROPPED, changed(batch_size=64)),
    "16 epochs, moved further": (CROPPED, changed(epochs=16, shift=2.0, rotation=10.0, zoom=0.1)),
    "half size, rate 0.3, averaged": (CROPPED, changed(half_size=0.5, learning_rate=0.3, averaging=0.99)),
    "wide and early pools, 12 epochs, half size": (
        {"channels": (16, 32, 64), "pools": (1, 2), **CROPPED}, changed(epochs=12, half_size=0.5)),
    "24 epochs, early pools, weighted": (weighted(8, 16, 24), changed(MOVED, epochs=24, weight_decay=0.0005)),
    "20 epochs, bent, weighted, shared 20": (
        weighted(10, 20, 20, 20, pools=(1, 3), shared=True),
            changed(MOVED, epochs=20, weight_decay=0.0005, elastic=0.4)),
    "24 epochs, bent, early pools, weighted": (
        weighted(8, 16, 24), changed(MOVED, epochs=24, weight_decay=0.0005, elastic=0.3)),
    "wide and early pools, 5 epochs, a quarter at half size": (WIDE, changed(epochs=5, half_size=0.25)),
    "9 epochs, a quarter at half size": (CROPPED, changed(epochs=9, half_size=0.25)),
    "wide and early pools, 5 epochs, rate 0.2": (WIDE, changed(epochs=5, learning_rate=0.2, half_size=0.25)),
    "8 epochs, cropped to 22": ({"dropout": 0.0, "crop": 3}, changed(MOVED)),
    "32 epochs, early pools, weighted, 26": (weighted(8, 16, 26), changed(MOVED, epochs=32)),
    "8 epochs, early pools, weighted, 32": (weighted(8, 16, 32), ONE_CYCLE),
    "6 epochs, early pools, weighted, 48": (weighted(12, 24, 48), changed(epochs=6)),
    "8 epochs, cropped to 22, bent": ({"dropout": 0.0, "crop": 3},
        changed(MOVED, weight_decay=0.0005, elastic=0.4)),
    "10 epochs, pools after 1 and 3": ({"pools": (1, 3), **CROPPED}, changed(epochs=10)),
    "8 epochs, pools after 2 and 4": ({"pools": (2, 4), **CROPPED}, ONE_CYCLE),
    "9 epochs, a quarter at half size, cropped to 22": ({"dropout": 0.0, "crop": 3},
        changed(epochs=9, half_size=0.25)),
    "7 epochs, early pools, weighted, 48": (weighted(12, 24, 48), changed(epochs=7)),
    "10 epochs, early pools, weighted, 48, moved further": (weighted(12, 24, 48), changed(MOVED, epochs=10)),
    "6 epochs, early pools, weighted, 64": (weighted(16, 32, 64), changed(epochs=6)),
    "7 epochs, early pools, weighted, 48, batches of 64": (weighted(12, 24, 48),
        changed(epochs=7, batch_size=64)),
    "32 epochs, early pools, weighted, 26, batches of 64": (weighted(8, 16, 26),
        changed(MOVED, epochs=32, batch_size=64)),
    "10 epochs, early pools, weighted, 48, moved further, batches of 64": (
        weighted(12, 24, 48), changed(MOVED, epochs=10, batch_size=64)),
    "24 epochs, early pools, weighted, shared 20": (
        weighted(8, 20, 20, 20, shared=True), changed(MOVED, epochs=24, weight_decay=0.0005)),
    "24 epochs, early pools, weighted, shared 20 three times, batches of 64": (
        weighted(8, 20, 20, 20, 20, shared=True),
            changed(MOVED, epochs=24, weight_decay=0.0005, batch_size=64)),
    "40 epochs, early pools, weighted, shared 20, 10 first": (
        weighted(10, 20, 20, 20, shared=True), changed(MOVED, epochs=40, weight_decay=0.0005)),
    "6 epochs, weighted, stem, 64": (stem(16, 32, 64), changed(MOVED, epochs=6)),
    "6 epochs, weighted, stem, 96": (stem(16, 32, 96), changed(MOVED, epochs=6)),
    "6 epochs, weighted, stem, 128": (stem(16, 32, 128), changed(MOVED, epochs=6)),
    "6 epochs, weighted, small stem, 96": (stem(16, 32, 96, crop=3, stem=(4, 2)), changed(MOVED, epochs=6)),
    "5 epochs, weighted, stem, 128": (stem(16, 32, 128), changed(MOVED, epochs=5)),
    "5 epochs, weighted, stem, 128, smoothed labels": (stem(16, 32, 128),
        changed(MOVED, epochs=5, label_smoothing=0.05)),
    "8 epochs, weighted, small stem, 24 and 96": (stem(16, 24, 96, crop=3, stem=(4, 2)),
        changed(MOVED, epochs=8)),
    "7 epochs, weighted, small stem, 24 and 96": (stem(16, 24, 96, crop=3, stem=(4, 2)),
        changed(MOVED, epochs=7)),
    "bent for 12 epochs, bfloat16": (CROPPED, changed(RECIPES["bent"], epochs=12, precision="bfloat16")),
    "separable 39 three times, 30 epochs, taught": (separable(16, 39), TAUGHT),
    "bent for 10 epochs, bfloat16": (CROPPED, changed(RECIPES["bent"], epochs=10, precision="bfloat16")),
    "separable 28 three times, 30 epochs, taught": (separable(12, 28), TAUGHT),
    "separable 21 three times, 30 epochs, taught": (separable(10, 21), TAUGHT),
    "separable 39 three times, 30 epochs": (
        separable(16, 39), changed(MOVED, epochs=30, weight_decay=0.0005)),
    "bent for 9 epochs, bfloat16, Muon": (
        CROPPED, changed(RECIPES["bent"], epochs=9, precision="bfloat16", muon=0.3)),
    "8 epochs of half the images, weighted, small stem, 96, Muon": (
        stem(16, 32, 96, crop=3, stem=(4, 2)), changed(MOVED, epochs=8, muon=0.3, keep=0.5)),
    "separable 39 three times, 24 epochs, bfloat16, Muon, taught": (
        separable(16, 39), changed(TAUGHT, epochs=24, precision="bfloat16", muon=0.3)),
    "separable 39 three times, 30 epochs, bfloat16, Muon, taught by dash": (
        separable(16, 39), changed(TAUGHT, precision="bfloat16", muon=0.3)),
    "separable 39 three times, 60 epochs of half the images, bfloat16, Muon, taught by dash": (
        separable(16, 39), changed(TAUGHT, epochs=60, precision="bfloat16", muon=0.3, keep=0.5)),
    "40 epochs of half the images, bent, bfloat16, Muon, taught by dash": (
        CROPPED, changed(TAUGHT, epochs=40, elastic=0.5, precision="bfloat16", muon=0.3, keep=0.5)),
    "20 epochs of a third of the images, bfloat16, Muon": (
        CROPPED, changed(MOVED, epochs=20, weight_decay=0.0005, precision="bfloat16", muon=0.3, keep=0.33)),
    "separable 45 three times, 60 epochs of half the images, bfloat16, Muon, taught by dash": (
        separable(18, 45), changed(TAUGHT, epochs=60, precision="bfloat16", muon=0.3, keep=0.5)),
    "17 epochs of a third of the images, bfloat16, Muon": (
        CROPPED, changed(MOVED, epochs=17, weight_decay=0.0005, precision="bfloat16", muon=0.3, keep=0.33)),
    "40 epochs of half the images, bent, bfloat16, Muon, taught by 4 of dash": (
        CROPPED, changed(TAUGHT, epochs=40, elastic=0.5, precision="bfloat16", muon=0.3, keep=0.5)),
    "separable 39 three times, 60 epochs of half the images, bfloat16, Muon, taught by 4 of dash": (
        separable(16, 39), changed(TAUGHT, epochs=60, precision="bfloat16", muon=0.3, keep=0.5)),
}
# fmt: on
#: The recipe in s6lib whose network teaches, by the name of the trial.
TEACHERS = {name: "steady" for name in TRIALS if name.endswith("taught")} | {
    name: name.split()[-1] for name in TRIALS if "taught by" in name
}
#: How many of it, where several teach together.
MANY = {name: int(name.split()[-3]) for name in TEACHERS if name.split()[-2] == "of"}


@functools.cache
def teacher(recipe, many=1):
    """The network of the recipe of this name, or so many, trained as the trials are; None for None."""
    return trained_teacher(recipe, load_digits("mnist"), many=many, progress=False, device="cpu")[0]


def run(name):
    network, recipe = TRIALS[name]
    digits, model, taught_by = load_digits("mnist"), DigitCNN(**network), TEACHERS.get(name)
    data = split(digits)
    many = MANY.get(name, 1)
    fit(model, digits, recipe, progress=False, device="cpu", teacher=teacher(taught_by, many))
    result = evaluate(model, data.held_out_images, data.held_out_labels)
    parameters = sum(weights.numel() for weights in model.parameters())
    told = {
        field: value
        for field, value in dataclasses.asdict(recipe).items()
        if value != getattr(Recipe(), field)
    }
    told |= {"teacher": taught_by} if taught_by else {}
    told |= {"teachers": many} if many > 1 else {}
    return name, parameters, recipe.epochs, result.correct, result.total, round(result.loss, 5), network, told


def main(names):
    if unknown := set(names) - set(TRIALS):
        sys.exit(f"no such trial: {', '.join(sorted(unknown))}; there are {', '.join(TRIALS)}")
    done = {row["trial"] for row in growing_table.rows(TABLE, COLUMNS)}
    for name in tqdm([name for name in dict.fromkeys(names or TRIALS) if name not in done], unit="trial"):
        row = run(name)
        growing_table.add(
            TABLE,
            COLUMNS,
            [row],
            command="python studies/tuning.py",
            note="Versions and threads are those of the last row; of the first 41 they were not kept.",
            threads=[str(torch.get_num_threads())],
        )
        tqdm.write(str(row))


if __name__ == "__main__":
    main(sys.argv[1:])
