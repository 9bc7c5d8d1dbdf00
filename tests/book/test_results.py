"""The recorded results: each file is what its manifest says, each row is of the recipe and network that it
names."""

import json
import os
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import networks
import pandas as pd
import pytest
import time_to_result

from s6lib import manifest, mnist, results, sweep
from s6lib.checkpoint import load_weights, save_weights, weights_hash
from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.fit import evaluate, fit
from s6lib.recipe import NETWORK_OF, RECIPES, Recipe
from s6lib.sweep.__main__ import _parser

#: The parameters of the chapter on training that a recipe settles.
SETTLED = ("learning_rate", "momentum", "gamma", "epochs", "batch_size")
RUNS = sorted(path.stem for study in ("seeds", "parts") for path in (results.FOLDER / study).glob("*.csv"))
STUDIES = sorted(path.name for path in results.FOLDER.iterdir())


def parameters(network):
    return sum(weights.numel() for weights in DigitCNN(**NETWORKS[network]).parameters())


@pytest.mark.parametrize("study", STUDIES)
def test_every_file_is_what_its_manifest_says(study):
    faults = manifest.faults(results.FOLDER / study)
    assert not faults, f"{faults}: record it again by sweep --select, or by manifest.write"


@pytest.mark.parametrize(
    "study, spoil, told",
    [
        (
            "parts",
            lambda folder: (folder / "stray.csv").write_text("a\n1\n"),
            "stray.csv: no manifest answers for it",
        ),
        (
            "seeds",
            lambda folder: (folder / "bent_seeds.csv").open("a").write("0.1,0.9\n"),
            "bent_seeds.csv: its rows 11 is not what",
        ),
        (
            "seeds",
            lambda folder: (folder / "bent_seeds.csv").write_text(
                (folder / "bent_seeds.csv").read_text().replace("9950", "9990", 1)
            ),
            "bent_seeds.csv: its sha256",
        ),
        (
            "seeds",
            lambda folder: (folder / "slim_seeds.csv").unlink(),
            "slim_seeds.csv: is not there; slim_seeds.csv.json answers for it",
        ),
        (
            "record",
            lambda folder: (folder / "cnn_weights.safetensors").open("ab").write(b"0"),
            "cnn_weights.safetensors: its sha256",
        ),
        (
            "time_to_result",
            lambda folder: shutil.copy(folder / "time.csv.json", folder / "again.json"),
            "time.csv: answered for by again.json and by time",
        ),
    ],
)
def test_a_junk_row_an_orphan_and_a_changed_number_are_told(tmp_path, study, spoil, told):
    folder = shutil.copytree(results.FOLDER / study, tmp_path / "results")
    spoil(folder)
    (line,) = manifest.faults(folder)
    assert line.startswith(told)


def test_every_file_is_used_by_a_chapter():
    """Named in a chapter, or where pages are built, or read by `results.trained`, which chapters call."""
    book = results.FOLDER.parent
    readers = [*book.glob("*.ipynb"), *book.with_name("bookbuild").glob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in readers)
    used = {f"{name}.csv" for name in re.findall(r'results\.table\(\\?"(\w+)', text)} | {*results.FILES}
    if 'results.table(f\\"{recipe}_seeds\\")' in text:  # a table for each recipe that was tested
        used |= {f"{recipe}_seeds.csv" for recipe in RECIPES}
    if "results.network(name)" in text and "results.networks()" in text:
        used |= {f"{name}.safetensors" for name in results.networks()}
    names = {path.name for path in results.FOLDER.glob("*/*") if path.suffix != ".json"}
    assert names <= used, (
        f"no chapter uses {', '.join(sorted(names - used))}: read it by results.table, or remove it"
    )


@pytest.mark.parametrize("name", results.networks()[1:])
def test_each_network_is_that_of_its_recipe(name):
    about, model = results.about(name), results.network(name)
    # A field that there was not yet was as a recipe has it that does not name it.
    assert Recipe(**about["recipe"]) == RECIPES[name] and about["network"] == NETWORK_OF[name]
    assert about["command"] == f"python studies/networks.py {name}"
    assert model.settings == DigitCNN(**NETWORKS[NETWORK_OF[name]]).settings and not model.training
    assert about["weights"]["content_sha256"] == weights_hash(model)
    assert about["test"]["total"] == 10_000 and about["data"].keys() == {"MNIST"}


@pytest.mark.parametrize("name", results.networks()[1:])
def test_each_network_is_saved_today_as_it_was(name, tmp_path):
    """What has become possible since then leaves no trace in the file of a network that has none of it."""
    save_weights(results.network(name), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == results.path(f"{name}.safetensors").read_bytes()


@pytest.mark.parametrize("name", results.networks()[1:])
@pytest.mark.skipif(
    not (Path(os.environ.get("S6LIB_DATA", "")) / "MNIST" / "raw").is_dir(),
    reason="S6LIB_DATA names no folder with MNIST: export S6LIB_DATA=/folder/with/MNIST",
)
def test_each_network_reads_as_many_as_its_manifest_says(name):
    digits = mnist.load_digits("mnist")
    found = evaluate(results.network(name), digits.test_images, digits.test_labels)
    assert found.correct == results.about(name)["test"]["correct"]


def test_the_study_records_a_network_that_reads_as_its_manifest_says(tmp_path):
    networks.record("small", "bundled", tmp_path, epochs=1, seed=2)
    about = json.loads((tmp_path / "small.safetensors.json").read_text())
    model, digits = load_weights(tmp_path / "small.safetensors"), mnist.load_digits("bundled")
    found = evaluate(model, digits.test_images, digits.test_labels)
    assert manifest.faults(tmp_path) == [] and about["weights"]["content_sha256"] == weights_hash(model)
    assert about["test"] == {"correct": found.correct, "total": found.total, "loss": found.loss}
    assert (about["network"], about["recipe"]["seed"]) == ("small", 2)
    with pytest.raises(SystemExit, match="no such recipe: smal; there are augmented, "):
        networks.main(["smal"])


def test_the_authors_network_is_the_recorded_one_and_no_other_is_made_up():
    assert results.networks()[0] == "author" and set(results.networks()) <= set(RECIPES)
    assert weights_hash(results.network("author")) == weights_hash(results.trained().model)
    assert results.about("author") == results.trained().manifest
    with pytest.raises(ValueError, match="name: got 'best'; takes one of 'author'"):
        results.network("best")


def test_each_name_that_an_error_offers_is_one_to_ask_for():
    with pytest.raises(ValueError, match="^name: got 'nothing'; takes one of ") as refused:
        results.table("nothing")
    offered = re.findall(r"'(\w+)'", str(refused.value).partition("one of")[2])
    assert len(offered) > 20
    for name in offered:
        files = results.about(name)["files"]
        assert len(results.table(name)) == files[f"{name}.csv"]["rows"]
    with pytest.raises(ValueError, match="^name: got 'nothing'; takes one of 'author', "):
        results.about("nothing")


@pytest.mark.parametrize("name", RUNS)
def test_each_row_is_of_the_recipe_and_the_network_that_it_names(name):
    table = results.table(name)
    grid = results.about(name)["grid"]
    for row in table.to_dict("records"):
        recipe = RECIPES[row["recipe"]]
        for field in SETTLED:
            assert row[field] == grid.get(field, [getattr(recipe, field)])[0], field
        assert row["parameters"] == parameters(row["network"])
        assert row["epoch"] == row["epochs"] and not row["validate"]  # the last epoch counts
        assert row["train_size"] <= 60_000 and row["test_total"] == 10_000 and row["data"] == "MNIST"
        assert (
            row["test_accuracy"] == row["test_correct"] / row["test_total"] <= row["best_test_accuracy"] < 1
        )
        assert row["outcome"] == "ok"


@pytest.mark.parametrize("name", RUNS)
def test_each_table_has_the_rows_that_its_command_makes(name):
    """The command, read by the sweep's own parser, the grid of the manifest and the rows are one and the
    same."""
    about, table = results.about(name), results.table(name)
    words = shlex.split(about["command"])
    assert words[:3] == ["python", "-m", "s6lib.sweep"]
    arguments = _parser().parse_args(words[3:])
    asked = {
        key: [
            str(value).lower()
            if isinstance(value, bool)
            else f"{value:g}"
            if isinstance(value, float)
            else str(value)
            for value in values
        ]
        for key, values in about["grid"].items()
    }
    assert {key: values for key, *values in arguments.parameters} == asked
    assert arguments.select.endswith(f"{name}.csv")
    combinations = pd.MultiIndex.from_product(about["grid"].values(), names=about["grid"])
    found = pd.MultiIndex.from_frame(table[list(about["grid"])])
    assert sorted(combinations) == sorted(found) and found.is_unique
    assert about["runs"] == {"ok": len(table)} and about["threads"] == [*map(str, table["threads"].unique())]


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--threads", "0"], "--threads: got 0; takes 1 or more"),
        (["--device", "foo"], "--device: got 'foo'; takes 'cuda', 'mps' or 'cpu'"),
        (["--out", "nowhere/time.csv"], "--out: got 'nowhere/time.csv'; takes a new file, in a folder"),
        (["--out", "mine.csv"], "--out: got 'mine.csv'; takes a new file, in a folder"),
    ],
)
def test_a_sitting_that_could_not_be_written_does_not_begin(monkeypatch, tmp_path, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("mine")
    monkeypatch.setattr(time_to_result, "measure", lambda *_: pytest.fail("a run was made"))
    monkeypatch.setattr("sys.argv", ["time_to_result.py", *arguments])
    with pytest.raises(SystemExit, match="2"):
        time_to_result.main()
    assert told in capsys.readouterr().err and (tmp_path / "mine.csv").read_text() == "mine"


def test_a_network_without_its_manifest_is_made_again(monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    monkeypatch.setattr(networks, "record", lambda name: made.append(name) or Read(1))
    for name in networks.TRAINED:
        (tmp_path / f"{name}.safetensors").touch()
        if name not in ("dash", "tiny"):
            manifest.beside(tmp_path / f"{name}.safetensors").touch()
    networks.main([])
    assert sorted(made) == ["dash", "tiny"]
    networks.main(["bent", "bent"])
    assert made[2:] == ["bent"]


class Read(NamedTuple):
    correct: int


def test_a_run_is_timed_cold_and_warm_and_is_that_of_fit():
    row = dict(
        zip(
            time_to_result.COLUMNS,
            time_to_result.measure("swift", "swift", "cpu", 1, "bundled", epochs=2, warm=True),
        )
    )
    assert 0 < row["warm_seconds"] < row["cold_seconds"]  # the start of Python is in one of them alone
    digits, model = mnist.load_digits("bundled"), DigitCNN(**NETWORKS["swift"])
    fit(model, digits, replace(RECIPES["swift"], epochs=2), device="cpu", held_out="test", progress=False)
    read = evaluate(model, digits.test_images, digits.test_labels)
    assert (row["epochs"], row["parameters"]) == (2, parameters("swift"))
    assert (row["test_correct"], row["test_total"]) == (
        pytest.approx(read.correct, abs=1),
        read.total,
    )  # threads


#: A recipe that has a teacher, as a program and a notebook get it in front: it takes little time.
WITH_A_TEACHER = """
import s6lib.recipe
s6lib.recipe.RECIPES["taught"] = s6lib.recipe.Recipe(epochs=2, teacher_weight=0.9, temperature=2.0)
s6lib.recipe.RECIPES["teaches"] = s6lib.recipe.Recipe(epochs=1, learning_rate=0.1)
s6lib.recipe.NETWORK_OF |= {"taught": "small", "teaches": "wide"}
s6lib.recipe.TEACHER_OF["taught"] = "teaches"
"""


def taught_by_hand(seed=1):
    """The network "small" after two epochs on the bundled digits, taught by a "wide" one after one."""
    digits = mnist.load_digits("bundled")
    teacher, model = (DigitCNN(**NETWORKS[name], seed=seed) for name in ("wide", "small"))
    how = {"device": "cpu", "held_out": "test", "progress": False}
    fit(teacher, digits, Recipe(epochs=1, learning_rate=0.1, seed=seed), **how)
    asked = Recipe(epochs=2, teacher_weight=0.9, temperature=2.0, seed=seed)
    fit(model, digits, asked, teacher=teacher, **how)
    return evaluate(model, digits.test_images, digits.test_labels)


def test_where_a_recipe_has_a_teacher_its_training_is_timed_too(monkeypatch):
    monkeypatch.setattr(time_to_result, "CHILD", WITH_A_TEACHER + time_to_result.CHILD)
    row = dict(
        zip(
            time_to_result.COLUMNS, time_to_result.measure("small", "taught", "cpu", 1, "bundled", warm=False)
        )
    )
    assert (row["epochs"], row["parameters"]) == (2, parameters("small"))
    assert row["test_correct"] == pytest.approx(taught_by_hand().correct, abs=1)  # threads


@pytest.mark.parametrize("name", ["time", "time_tested", "time_cuda"])
def test_the_sitting_is_of_the_recipes_that_it_names(name):
    table = results.table(name)
    recipes = {
        "time": [recipe for _, recipe in time_to_result.RUNS],
        "time_tested": ["dash", "swift", "brisk", "steady", "bent", "author", "dash"],
        "time_cuda": ["swift", "steady", "bent", "author", "swift"],  # there was no other yet
    }
    assert table["recipe"].tolist() == recipes[name]
    assert table["network"].tolist() == [NETWORK_OF[recipe] for recipe in table["recipe"]]
    assert table["epochs"].tolist() == [RECIPES[recipe].epochs for recipe in table["recipe"]]
    assert table["parameters"].tolist() == [parameters(network) for network in table["network"]]
    for (network, recipe), rows in table.groupby(["network", "recipe"]):  # one seed, so one outcome
        assert rows["test_correct"].nunique() == 1, (network, recipe)
    if name == "time_cuda":  # loading is in one of the two alone
        assert (table["warm_seconds"] < table["cold_seconds"]).all()


def test_the_seeds_that_were_trained_together_are_all_there():
    table = results.table("swift_together")
    assert table["seed"].tolist() == [*range(1, len(table) + 1)] and len(table) >= 200
    assert (table["seeds_together"] == len(table)).all() and table["seconds_together"].nunique() == 1
    assert (table["network"] == "swift").all() and (table["recipe"] == "swift").all()
    assert (table["epochs"] == RECIPES["swift"].epochs).all() and (table["test_total"] == 10_000).all()
    assert table["test_correct"].between(9900, 10_000).all()  # none diverged


@pytest.mark.skipif(
    not mnist.data_folder().joinpath("MNIST/raw/t10k-images-idx3-ubyte").exists(),
    reason="S6LIB_DATA names no folder with MNIST: export S6LIB_DATA=/folder/with/MNIST",
)
def test_the_data_are_those_of_today():
    for name in ("mnist", "bundled"):
        mnist.load_digits(name)
    for name in [*RUNS, "sizes", "tuning", "time", "time_tested", "time_cuda"]:
        data = results.about(name)["data"]  # a chapter may have read the bundled digits as well
        assert "MNIST" in data and data.items() <= mnist.LOADED.items(), name


def test_the_chapter_on_training_records_what_it_used(tmp_path):
    """A named recipe brings its own numbers, and there are no more images than there are."""
    grid = {
        "network": ["swift"],
        "recipe": ["swift"],
        "train_size": [999_999_999],
        "validate": [False],
        "precision": ["bfloat16"],
        "dataset": ["bundled"],
    }
    (run,) = sweep.run(results.FOLDER.parent / "training.ipynb", grid, tmp_path / "runs")
    assert run.outcome == "ok", run.error
    (row,) = sweep.select(tmp_path / "runs").to_dict("records")
    assert {field: row[field] for field in SETTLED} == {
        field: getattr(RECIPES["swift"], field) for field in SETTLED
    }
    images = len(mnist.load_digits("bundled").train_images)
    assert row["precision"] == "bfloat16"
    assert row["train_size"] == images and row["asked_train_size"] == 999_999_999
    assert (
        row["epoch"] == row["epochs"]
        and "best_test_accuracy" in row
        and "best_validation_accuracy" not in row
    )


def test_the_chapter_on_training_trains_a_teacher_first(tmp_path):
    notebook = json.loads((results.FOLDER.parent / "training.ipynb").read_text(encoding="utf-8"))
    setup = next(cell for cell in notebook["cells"] if "remove-cell" in cell["metadata"].get("tags", []))
    setup["source"] = WITH_A_TEACHER.splitlines(keepends=True)
    (tmp_path / "training.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    grid = {
        "network": ["small"],
        "recipe": ["taught"],
        "seed": [4],
        "train_size": [60_000],
        "validate": [False],
        "dataset": ["bundled"],
    }
    (run,) = sweep.run(tmp_path / "training.ipynb", grid, tmp_path / "runs")
    assert run.outcome == "ok", run.error
    (row,) = sweep.select(tmp_path / "runs").to_dict("records")
    by_hand = taught_by_hand(seed=4)
    assert row["test_correct"] == pytest.approx(by_hand.correct, abs=1)  # threads
    assert row["test_loss"] == pytest.approx(by_hand.loss, rel=1e-3)
    page = next((tmp_path / "runs").rglob("*.ipynb")).read_text(encoding="utf-8")
    assert "`teaches`" in page
