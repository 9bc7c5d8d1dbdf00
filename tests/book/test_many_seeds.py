"""Networks that are trained all at once, against networks trained one after the other."""

import csv
import dataclasses
import subprocess
import sys

import many_seeds
import no_card
import pytest
import torch

from s6lib import manifest
from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.fit import fit, split
from s6lib.mnist import load_digits
from s6lib.recipe import NETWORK_OF, RECIPES


@pytest.mark.parametrize("recipe", ["author", "bent", "small", "slim", "swift"])
def test_together_they_become_what_each_becomes_alone(recipe):
    many_seeds.check(NETWORKS[NETWORK_OF[recipe]], RECIPES[recipe], torch.device("cpu"))


def test_together_and_played_again_as_on_a_graphics_card(monkeypatch):
    no_card.use(monkeypatch, many_seeds)
    many_seeds.check(NETWORKS["small"], RECIPES["small"], torch.device("cpu"))


def test_the_check_sees_networks_that_changed_places(monkeypatch):
    together = many_seeds.train

    def swapped(network, seeds, *rest, **more):
        return together(network, seeds[::-1], *rest, **more)

    monkeypatch.setattr(many_seeds, "train", swapped)
    with pytest.raises(AssertionError, match="of seed 1"):
        many_seeds.check(NETWORKS["small"], RECIPES["small"], torch.device("cpu"))


def test_an_average_over_the_steps_is_refused():
    recipe = dataclasses.replace(RECIPES["small"], averaging=0.9)
    with pytest.raises(ValueError, match="averaging: got 0.9"):
        many_seeds.train(
            NETWORKS["small"], [1], split(load_digits("bundled"), 50), recipe, torch.device("cpu")
        )


def test_a_recipe_that_asks_for_a_teacher_is_refused():
    recipe = dataclasses.replace(RECIPES["small"], teacher_weight=0.5)
    with pytest.raises(ValueError, match="teacher_weight: got 0.5; takes 0 here"):
        many_seeds.check(NETWORKS["small"], recipe, torch.device("cpu"))


def test_separable_and_shared_convolutions_in_shortcuts_are_stacked_too():
    network = {
        "channels": (3, 5, 5, 5), "pools": (1, 2), "crop": 2, "dropout": 0.0, "head": "rank-one",
        "separable": (2, 3, 4), "shared": True, "shortcut": True, "bias": False,
    }  # fmt: skip
    many_seeds.check(network, RECIPES["slim"], torch.device("cpu"))


@pytest.mark.parametrize("field, value, takes", [("muon", 0.3, 0), ("keep", 0.5, 1)])
def test_what_looks_at_each_network_alone_is_refused(field, value, takes):
    recipe = dataclasses.replace(RECIPES["small"], **{field: value})
    with pytest.raises(ValueError, match=f"^{field}: got {value}; takes {takes} here"):
        many_seeds.check(NETWORKS["small"], recipe, torch.device("cpu"))


def test_a_compiled_step_is_refused():
    recipe = dataclasses.replace(RECIPES["small"], compile=True)
    with pytest.raises(ValueError, match="compile: got True; takes False here"):
        many_seeds.train(
            NETWORKS["small"], [1], split(load_digits("bundled"), 50), recipe, torch.device("cpu")
        )


def test_in_16_bits_together_a_step_goes_where_each_alone_goes():
    """One step from the same weights. Sums are taken in another order, so that other numbers are rounded up;
    what one layer rounds goes through all the others."""
    data, cpu = split(load_digits("bundled"), 100, "test"), torch.device("cpu")
    network, rounded = NETWORKS["small"], []
    for precision in ("float32", "bfloat16"):
        recipe = dataclasses.replace(RECIPES["author"], epochs=1, batch_size=100, precision=precision)
        weights, buffers = many_seeds.train(network, [1, 2], data, recipe, cpu, progress=False)
        assert {value.dtype for value in weights.values()} == {torch.float32}
        assert {value.dtype for value in buffers.values()} == {torch.float32, torch.int64}
        for place, seed in enumerate((1, 2)):
            alone = DigitCNN(**network, seed=seed)
            begun = {name: value.detach().clone() for name, value in alone.named_parameters()}
            digits = load_digits("bundled")
            one = dataclasses.replace(recipe, seed=seed)
            fit(alone, digits, one, device="cpu", train_size=100, held_out="test", progress=False)
            ours, theirs = (
                torch.cat([(each[name] - begun[name]).flatten() for name in begun])
                for each in (
                    {name: value[place] for name, value in weights.items()},
                    {name: value.detach() for name, value in alone.named_parameters()},
                )
            )
            rounded.append((ours - theirs).norm() / theirs.norm())
    assert max(rounded[:2]) < 1e-4 < min(rounded[2:]) and max(rounded[2:]) < 32 * 2**-8


def test_a_recipe_that_does_not_fit_the_network_is_refused():
    with pytest.raises(ValueError, match="half_size: got 0.25 for a network whose head is 'weighted'"):
        many_seeds.train(
            NETWORKS["small"], [1], split(load_digits("bundled"), 50), RECIPES["bent"], torch.device("cpu")
        )


def test_a_run_that_diverges_is_no_result():
    data = split(load_digits("bundled"), 300, "test")
    recipe = dataclasses.replace(RECIPES["small"], epochs=1)
    weights, buffers = many_seeds.train(
        NETWORKS["small"], [1, 2], data, recipe, torch.device("cpu"), progress=False
    )
    weights["conv2.weight"][1, 0, 0, 0, 0] = float("nan")
    first, second = many_seeds.correct(NETWORKS["small"], weights, buffers, *data[2:], torch.device("cpu"))
    assert first > 0 and second is None


def test_the_table_has_a_row_for_each_seed(tmp_path):
    subprocess.run(
        [
            sys.executable,
            many_seeds.__file__,
            "--device",
            "cpu",
            "--dataset",
            "bundled",
            "--seeds",
            "3",
            "--together",
            "2",
            "--epochs",
            "1",
            "--recipe",
            "small",
            "--out",
            tmp_path / "seeds.csv",
        ],
        check=True,
        capture_output=True,
    )
    with (tmp_path / "seeds.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == ["1", "2", "3"]
    assert {(row["network"], row["recipe"]) for row in rows} == {
        ("small", "small")
    }  # the recipe's own network
    assert [row["seeds_together"] for row in rows] == ["2", "2", "1"]
    assert all(0 <= int(row["test_correct"]) <= int(row["test_total"]) for row in rows)
    assert manifest.faults(tmp_path) == []


@pytest.mark.parametrize(
    "more", [["--seeds", "0"], ["--together", "0"], ["--out", "there.csv"], ["--out", "nowhere/seeds.csv"]]
)
def test_bad_input_is_refused_before_anything_is_trained(monkeypatch, tmp_path, more):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["many_seeds.py", "--device", "cpu", "--dataset", "bundled", *more])
    monkeypatch.setattr(many_seeds, "check", lambda *_: None)
    monkeypatch.setattr(many_seeds, "train", lambda *_: pytest.fail("it trained"))
    (tmp_path / "there.csv").write_text("precious")
    with pytest.raises((ValueError, OSError), match=more[-1] if more[0] == "--out" else f"{more[0]}: got 0"):
        many_seeds.main()
    assert (tmp_path / "there.csv").read_text() == "precious"
