"""The recorded search: its table says what the script tries, and what was frozen had been tried."""

import ast
import csv
import dataclasses

import pytest
import tuning
from notebooks import code, load

from s6lib import recipe, results
from s6lib.checkpoint import weights_hash
from s6lib.cnn import NETWORKS, DigitCNN, Ensemble
from s6lib.fit import fit
from s6lib.mnist import load_digits
from s6lib.recipe import NETWORK_OF, RECIPES, TEACHER_OF, TEACHERS, Recipe

with results.path("tuning.csv").open(encoding="utf-8", newline="") as file:
    ROWS = {row["trial"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_of_its_trial(name):
    row, (network, recipe) = ROWS[name], tuning.TRIALS[name]
    told = ast.literal_eval(row["recipe"])
    assert ast.literal_eval(row["network"]) == network
    assert told.pop("teachers", 1) == tuning.MANY.get(name, 1)
    assert told.pop("teacher", None) == tuning.TEACHERS.get(name) and Recipe(**told) == recipe
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
        ("dash", "8 epochs of half the images, weighted, small stem, 96, Muon"),
        ("tiny", "separable 39 three times, 30 epochs, bfloat16, Muon, taught by dash"),
        ("patient", "separable 39 three times, 60 epochs of half the images, bfloat16, Muon, taught by dash"),
        ("lean", "separable 45 three times, 60 epochs of half the images, bfloat16, Muon, taught by dash"),
        ("rapid", "17 epochs of a third of the images, bfloat16, Muon"),
        ("brisk", "20 epochs of a third of the images, bfloat16, Muon"),
        ("sure", "40 epochs of half the images, bent, bfloat16, Muon, taught by dash"),
        (
            "apt",
            "separable 39 three times, 60 epochs of half the images, bfloat16, Muon, taught by 4 of dash",
        ),
    ],
)
def test_what_was_frozen_is_the_trial_that_the_chapter_marks(recipe, name):
    assert tuning.TRIALS[name] == (NETWORKS[NETWORK_OF[recipe]], RECIPES[recipe]) and name in ROWS
    assert marked()[recipe] == name
    assert tuning.MANY.get(name, 1) == TEACHERS.get(recipe, 1)
    assert tuning.TEACHERS.get(name) == TEACHER_OF.get(recipe)


def test_steady_is_a_trial_with_two_more_epochs():
    name = "10 epochs, early pools, weighted, 48, moved further"
    fewer = dataclasses.replace(RECIPES["steady"], epochs=RECIPES["steady"].epochs - 2)
    assert tuning.TRIALS[name] == (NETWORKS[NETWORK_OF["steady"]], fewer) and name in ROWS


def test_a_trial_that_asks_for_a_teacher_names_a_recipe():
    asking = {name for name, (_, recipe) in tuning.TRIALS.items() if recipe.teacher_weight}
    assert set(tuning.TEACHERS) == asking and set(tuning.TEACHERS.values()) <= set(RECIPES)


def test_a_trial_is_taught_by_the_network_that_it_names(monkeypatch):
    """The bundled digits in place of MNIST, and a recipe that takes no time."""
    quick = Recipe(epochs=1, teacher_weight=0.9, temperature=2.0)
    monkeypatch.setattr(tuning, "load_digits", lambda name: load_digits("bundled"))
    monkeypatch.setitem(tuning.TRIALS, "taught", ({"channels": (2, 4)}, quick))
    monkeypatch.setitem(tuning.TEACHERS, "taught", "mine")
    monkeypatch.setitem(recipe.RECIPES, "mine", Recipe(epochs=1, seed=5))
    monkeypatch.setitem(recipe.NETWORK_OF, "mine", "small")
    tuning.teacher.cache_clear()
    row = dict(zip(tuning.COLUMNS, tuning.run("taught")))
    assert row["recipe"] == {"epochs": 1, "teacher_weight": 0.9, "temperature": 2.0, "teacher": "mine"}

    digits, teacher, model = load_digits("bundled"), DigitCNN(**NETWORKS["small"]), DigitCNN((2, 4))
    fit(teacher, digits, Recipe(epochs=1), device="cpu", progress=False)
    history = fit(model, digits, quick, device="cpu", progress=False, teacher=teacher)
    assert row["validation_loss"] == round(history.epochs["held_out_loss"].iloc[-1], 5)
    assert weights_hash(tuning.teacher("mine")) == weights_hash(teacher)

    monkeypatch.setitem(tuning.MANY, "taught", 2)
    row = dict(zip(tuning.COLUMNS, tuning.run("taught")))
    assert row["recipe"]["teachers"] == 2
    others = [DigitCNN(**NETWORKS["small"], seed=seed) for seed in (1, 2)]
    for seed, each in zip((1, 2), others):
        fit(each, digits, Recipe(epochs=1, seed=seed), device="cpu", progress=False)
    history = fit(DigitCNN((2, 4)), digits, quick, device="cpu", progress=False, teacher=Ensemble(*others))
    assert row["validation_loss"] == round(history.epochs["held_out_loss"].iloc[-1], 5)
