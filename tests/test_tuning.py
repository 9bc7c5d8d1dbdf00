"""The recorded search: its table says what the script tries, and what was frozen had been tried."""

import ast
import csv
import dataclasses

import pytest
import tuning

from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.record import RESULTS
from s6lib.training import RECIPES, Recipe

with (RESULTS / "tuning.csv").open(encoding="utf-8", newline="") as file:
    ROWS = {row["trial"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_of_its_trial(name):
    row, (network, recipe) = ROWS[name], tuning.TRIALS[name]
    assert ast.literal_eval(row["network"]) == network
    assert Recipe(**ast.literal_eval(row["recipe"])) == recipe
    assert int(row["epochs"]) == recipe.epochs
    assert int(row["parameters"]) == sum(weights.numel() for weights in DigitCNN(**network).parameters())


@pytest.mark.parametrize(("network", "recipe"), [("cropped", "fast"), ("wide", "fastest"), ("small", "small"), ("slim", "slim")])
def test_what_was_frozen_had_been_tried(network, recipe):
    tried = [name for name, trial in tuning.TRIALS.items() if trial == (NETWORKS[network], RECIPES[recipe])]
    assert tried and tried[0] in ROWS


def test_steady_is_a_trial_with_two_more_epochs():
    name = "10 epochs, early pools, weighted, 48, moved further"
    fewer = dataclasses.replace(RECIPES["steady"], epochs=RECIPES["steady"].epochs - 2)
    assert tuning.TRIALS[name] == (NETWORKS["wide"], fewer) and name in ROWS


def test_slim_is_the_trial_that_the_chapter_names():
    assert tuning.TRIALS["40 epochs, early pools, weighted, shared 20, 10 first"] == (NETWORKS["slim"], RECIPES["slim"])
