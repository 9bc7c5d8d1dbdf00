"""The recorded search: its table says what the script tries, and what was frozen had been tried."""

import ast
import csv
import dataclasses

import pytest
import tuning
from notebooks import code, load

from s6lib import results
from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.recipe import NETWORK_OF, RECIPES, Recipe

with results.path("tuning.csv").open(encoding="utf-8", newline="") as file:
    ROWS = {row["trial"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_of_its_trial(name):
    row, (network, recipe) = ROWS[name], tuning.TRIALS[name]
    assert ast.literal_eval(row["network"]) == network
    assert Recipe(**ast.literal_eval(row["recipe"])) == recipe
    assert int(row["epochs"]) == recipe.epochs
    assert int(row["parameters"]) == sum(weights.numel() for weights in DigitCNN(**network).parameters())


def marked():
    """The chapter's `frozen`: the name of a recipe, and of the trial that it was."""
    for text in code(load(results.FOLDER.parent / "faster_and_smaller.ipynb")):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "frozen":
                return ast.literal_eval(node.value)


@pytest.mark.parametrize(
    ("recipe", "name"),
    [
        ("fast", "9 epochs, a quarter at half size"),
        ("fastest", "7 epochs, early pools, weighted, 48"),
        ("small", "24 epochs, early pools, weighted"),
        ("slim", "40 epochs, early pools, weighted, shared 20, 10 first"),
        ("swift", "6 epochs, weighted, small stem, 96"),
    ],
)
def test_what_was_frozen_is_the_trial_that_the_chapter_marks(recipe, name):
    assert tuning.TRIALS[name] == (NETWORKS[NETWORK_OF[recipe]], RECIPES[recipe]) and name in ROWS
    assert marked()[recipe] == name


def test_steady_is_a_trial_with_two_more_epochs():
    name = "10 epochs, early pools, weighted, 48, moved further"
    fewer = dataclasses.replace(RECIPES["steady"], epochs=RECIPES["steady"].epochs - 2)
    assert tuning.TRIALS[name] == (NETWORKS[NETWORK_OF["steady"]], fewer) and name in ROWS
