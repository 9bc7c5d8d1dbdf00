"""How much a network of so many parameters reads: one recipe, one plan of a network, several sizes of it.

    python studies/sizes.py                # every run that the table does not have yet
    python studies/sizes.py 5,9 10,21      # of the networks with these widths

Each network is trained on all 60,000 training images of MNIST by the recipe *patient*, taught by
who teaches that recipe, trained with the same seed. Its last epoch is tested, once. A finished run is added
to `book/results/sizes/sizes.csv` at once.
"""

import dataclasses
import sys
from pathlib import Path

import growing_table
import torch
from tqdm import tqdm
from tuning import separable

from s6lib.cnn import DigitCNN
from s6lib.fit import evaluate, fit, teacher_of
from s6lib.mnist import load_digits
from s6lib.recipe import RECIPES

TABLE = Path(__file__).parents[1] / "book" / "results" / "sizes" / "sizes.csv"
COLUMNS = (
    *("first", "width", "parameters", "recipe", "seed", "epoch"),
    *("test_correct", "test_total", "test_loss"),
)
RECIPE = "patient"
#: Channels of the first convolution, and of all others. (16, 39) is the network that the recipe was made for.
WIDTHS = ((5, 9), (8, 14), (10, 21), (12, 28))
SEEDS = (1, 2, 3)


def run(first, width, seed, digits, teacher):
    """One row of the table."""
    recipe = dataclasses.replace(RECIPES[RECIPE], seed=seed)
    model = DigitCNN(**separable(first, width), seed=seed)
    fit(model, digits, recipe, held_out="test", teacher=teacher, progress=False, device="cpu")
    result = evaluate(model, digits.test_images, digits.test_labels)
    parameters = sum(weights.numel() for weights in model.parameters())
    return (
        *(first, width, parameters, RECIPE, seed, recipe.epochs),
        *(result.correct, result.total, round(result.loss, 5)),
    )


def main(widths):
    named = {f"{first},{width}": (first, width) for first, width in WIDTHS}
    if unknown := set(widths) - set(named):
        sys.exit(f"widths: got {', '.join(sorted(unknown))}; takes some of {' '.join(named)}")
    wanted = [named[each] for each in dict.fromkeys(widths or named)]
    keys = ("first", "width", "seed")
    done = {tuple(int(row[name]) for name in keys) for row in growing_table.rows(TABLE, COLUMNS)}
    digits = load_digits("mnist")
    for seed in tqdm(SEEDS, unit="seed"):
        left = [widths for widths in wanted if (*widths, seed) not in done]
        if not left:
            continue
        teacher, _ = teacher_of(RECIPE, digits, seed, held_out="test", progress=False, device="cpu")
        for first, width in left:
            row = run(first, width, seed, digits, teacher)
            growing_table.add(
                TABLE,
                COLUMNS,
                [row],
                command="python studies/sizes.py",
                threads=[str(torch.get_num_threads())],
            )
            tqdm.write(str(row))


if __name__ == "__main__":
    main(sys.argv[1:])
