"""How well a network trains with a wrong gradient: every mistake of the chapter, every seed, every epoch.

    python studies/mistakes.py                    # every run that the table does not have yet
    python studies/mistakes.py "no mistake" ...   # these mistakes

The mistakes are those of `book/mistakes.ipynb`: its cells with the tag "mistake" are read and executed, so
that the table is of the very functions that the page shows. A seed settles the initial weights, the order of
the bundled digits and the masks of dropout, and all runs of a seed share them: nothing but the mistake
differs. A run that overflows ends there. A finished run is added to `book/results/mistakes/mistakes.csv` at
once.
"""

import ast
import hashlib
import json
import os
import sys
from pathlib import Path

import growing_table
import numpy as np
from tqdm import tqdm

from s6lib import layers, mnist
from s6lib.cnn import NETWORKS, DigitCNN

BOOK = Path(__file__).parents[1] / "book"
TABLE = BOOK / "results" / "mistakes" / "mistakes.csv"
COLUMNS = ("mistake", "network", "seed", "epoch", "loss", "correct", "total")
SEEDS = (1, 2, 3, 4)
EPOCHS, BATCH_SIZE, MOMENTUM = 8, 64, 0.9
#: Of each epoch: at a tenth of the rate the last ones let the weights settle.
LEARNING_RATES = (0.05,) * 6 + (0.005,) * 2


def read():
    """The code of the chapter's cells that make the mistakes, with its imports."""
    notebook = json.loads((BOOK / "mistakes.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    imports = [
        ast.unparse(node)
        for cell in cells
        if not {"remove-cell", "mistake"} & set(cell["metadata"].get("tags", []))
        for node in ast.parse("".join(cell["source"])).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    made = ["".join(cell["source"]) for cell in cells if "mistake" in cell["metadata"].get("tags", [])]
    return "\n\n".join(imports), "\n\n".join(made)


def chapter():
    """What those cells define, {name: value}: MISTAKES, with_mistake, and the wrong functions."""
    namespace = {}
    exec("\n\n".join(read()), namespace)
    return namespace


def fingerprint():
    """SHA-256 of the code that makes the mistakes, whatever its comments and its layout."""
    return hashlib.sha256(ast.unparse(ast.parse(read()[1])).encode()).hexdigest()


def runs(mistakes):
    """(mistake, network): each in the author's network, that of a shared kernel where one is shared."""
    for mistake in mistakes:
        if mistake != "kernel counted once":
            yield mistake, "author"
        if mistake in ("no mistake", "kernel counted once"):
            yield mistake, "slim"


def train(mistake, network, seed, digits, with_mistake, rates=LEARNING_RATES):
    """Rows of the table, one for each epoch: its mean loss, and how many test digits are read after it."""
    images, answers = mnist.normalise(digits.train_images).numpy(), digits.train_labels.numpy()
    model = DigitCNN(**NETWORKS[network], seed=seed)
    state, velocity = {name: value.numpy() for name, value in model.state_dict().items()}, {}
    rng, settings = np.random.default_rng(seed), model.settings
    for epoch, rate in enumerate(rates, start=1):
        losses = []
        for chosen in np.split(rng.permutation(len(images)), range(BATCH_SIZE, len(images), BATCH_SIZE)):
            keep = layers.masks(rng, images[chosen], settings)
            with with_mistake(mistake), np.errstate(over="ignore", invalid="ignore"):
                state, velocity, loss = layers.step(
                    state, velocity, images[chosen], answers[chosen], settings, rate, MOMENTUM, keep
                )
            if not all(np.isfinite(value).all() for value in (*state.values(), *velocity.values())):
                return
            losses.append(loss * len(chosen))
        said = layers.forward(state, mnist.normalise(digits.test_images).numpy(), settings).argmax(axis=1)
        correct = int((said == digits.test_labels.numpy()).sum())
        yield mistake, network, seed, epoch, round(sum(losses) / len(images), 5), correct, len(said)


def main(names):
    made = chapter()
    if unknown := set(names) - set(made["MISTAKES"]):
        sys.exit(f"no such mistake: {', '.join(sorted(unknown))}; there are {', '.join(made['MISTAKES'])}")
    done = {(row["mistake"], row["network"], int(row["seed"])) for row in growing_table.rows(TABLE, COLUMNS)}
    digits = mnist.load_digits("bundled")
    wanted = [(*run, seed) for seed in SEEDS for run in runs(dict.fromkeys(names or made["MISTAKES"]))]
    for run in tqdm([run for run in wanted if run not in done], unit="run"):
        rows = list(train(*run, digits, made["with_mistake"]))
        growing_table.add(
            TABLE,
            COLUMNS,
            rows,
            command="python studies/mistakes.py",
            mistakes=fingerprint(),
            threads=[os.environ.get("OMP_NUM_THREADS")],
            recipe={"batch_size": BATCH_SIZE, "momentum": MOMENTUM, "learning_rate": list(LEARNING_RATES)},
        )
        tqdm.write(f"{run}: {rows[-1][3:] if rows else 'overflowed'}")


if __name__ == "__main__":
    main(sys.argv[1:])
