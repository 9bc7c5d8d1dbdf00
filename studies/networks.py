"""Train one network by each recipe on all of MNIST, and keep its weights for pages where readers use them.

    python studies/networks.py                 # every network that has no weights yet
    python studies/networks.py bent small      # these recipes

Each is trained on all 60,000 images with seed 1 and kept as it is after its last epoch: neither the seed
nor the epoch was chosen. `book/results/networks/RECIPE.safetensors` has the weights; its manifest the
recipe, and how many of the 10,000 test images the network reads. That is one seed: how good a recipe is,
the ten seeds of `book/results/seeds` say. The author's recipe has its recording in `studies/record.py`.
"""

import os
import sys
from dataclasses import asdict, replace
from pathlib import Path

from s6lib import manifest, mnist
from s6lib.checkpoint import save_weights, weights_hash
from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.fit import choose_device, evaluate, fit, teacher_of
from s6lib.recipe import NETWORK_OF, RECIPES

FOLDER = Path(__file__).parents[1] / "book" / "results" / "networks"
#: The author's has a recording of its own.
TRAINED = [name for name in NETWORK_OF if name != "author"]


def record(recipe, dataset="mnist", folder=FOLDER, **changes):
    """Train by the recipe of this name, with `changes`, and write weights and manifest into `folder`."""
    name, network, path = recipe, NETWORK_OF[recipe], Path(folder) / f"{recipe}.safetensors"
    recipe = replace(RECIPES[name], **changes)
    digits, model = mnist.load_digits(dataset), DigitCNN(**NETWORKS[network], seed=recipe.seed)
    teacher, _ = teacher_of(name, digits, recipe.seed, held_out="test")
    fit(model, digits, recipe, held_out="test", progress=True, teacher=teacher)
    found = evaluate(model, digits.test_images, digits.test_labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_weights(model, path)
    manifest.write(
        path,
        command=f"python studies/networks.py {name}",
        network=network,
        recipe=asdict(recipe),
        data=mnist.LOADED,
        test={"correct": found.correct, "total": found.total, "loss": found.loss},
        weights={"content_sha256": weights_hash(model)},
        device=str(choose_device()),
        threads=[os.environ.get("OMP_NUM_THREADS")],
    )
    return found


def _made(name):
    """Whether the network lies there, and its manifest beside it."""
    path = FOLDER / f"{name}.safetensors"
    return path.exists() and manifest.beside(path).exists()


def main(names):
    if unknown := set(names) - set(TRAINED):
        sys.exit(f"no such recipe: {', '.join(sorted(unknown))}; there are {', '.join(TRAINED)}")
    for name in dict.fromkeys(names or [each for each in TRAINED if not _made(each)]):
        print(f"{name}: {record(name).correct} test images right")


if __name__ == "__main__":
    main(sys.argv[1:])
