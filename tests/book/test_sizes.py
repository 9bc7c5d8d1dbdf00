"""The curve of sizes: its table has the runs that the script makes, and a run is that of `fit`."""

from dataclasses import replace

import pytest
import sizes
from tuning import separable

from s6lib import manifest, mnist, results
from s6lib.cnn import DigitCNN
from s6lib.fit import evaluate, fit
from s6lib.recipe import RECIPES, Recipe


def test_the_table_has_every_network_with_every_seed_once():
    table = results.table("sizes")
    wanted = sorted((*widths, seed) for widths in sizes.WIDTHS for seed in sizes.SEEDS)
    assert sorted(table[["first", "width", "seed"]].itertuples(index=False, name=None)) == wanted
    for row in table.itertuples():
        model = DigitCNN(**separable(row.first, row.width))
        assert row.parameters == sum(weights.numel() for weights in model.parameters())
        assert row.recipe == sizes.RECIPE and row.epoch == RECIPES[sizes.RECIPE].epochs
        assert row.test_total == 10_000


def test_a_run_is_the_last_epoch_of_fit(monkeypatch):
    quick = Recipe(epochs=2, teacher_weight=0.9, temperature=2.0, keep=0.5)
    monkeypatch.setitem(sizes.RECIPES, sizes.RECIPE, quick)
    digits, teacher, model = (
        mnist.load_digits("bundled"),
        DigitCNN((2, 4)),
        DigitCNN(**separable(2, 4), seed=3),
    )
    row = dict(zip(sizes.COLUMNS, sizes.run(2, 4, 3, digits, teacher)))
    fit(model, digits, replace(quick, seed=3), held_out="test", teacher=teacher, device="cpu")
    read = evaluate(model, digits.test_images, digits.test_labels)
    assert row["test_loss"] == round(read.loss, 5) and row["test_correct"] == read.correct
    assert (row["epoch"], row["seed"], row["test_total"]) == (2, 3, read.total)


def test_a_study_that_was_stopped_goes_on_with_what_is_missing(monkeypatch, tmp_path):
    """Each network once for each seed, in a table with its manifest; what the table has is not run again."""
    ran = []

    def run(first, width, seed, digits, teacher):
        ran.append((first, width, seed))
        if len(ran) == 3:
            raise KeyboardInterrupt
        return (first, width, 0, sizes.RECIPE, seed, 60, 1, 2, 0.5)

    table = tmp_path / "sizes" / "sizes.csv"
    monkeypatch.setattr(sizes, "TABLE", table)
    monkeypatch.setattr(sizes, "run", run)
    monkeypatch.setattr(sizes, "load_digits", lambda name: mnist.load_digits("bundled"))
    monkeypatch.setattr(sizes, "teacher_of", lambda *given, **how: (None, None))
    with pytest.raises(KeyboardInterrupt):
        sizes.main([])
    sizes.main([])
    wanted = [(*widths, seed) for seed in sizes.SEEDS for widths in sizes.WIDTHS]
    assert [*ran[:2], *ran[3:]] == wanted and ran[2] == ran[3]
    header, *lines = table.read_text(encoding="utf-8").splitlines()
    assert header == ",".join(sizes.COLUMNS)
    assert [tuple(int(line.split(",")[column]) for column in (0, 1, 4)) for line in lines] == wanted
    assert manifest.faults(table.parent) == []


@pytest.mark.parametrize("wrong", ["3,4", "5", "a,b"])
def test_it_refuses_widths_that_it_does_not_have(wrong):
    with pytest.raises(SystemExit, match="widths: got .*; takes some of 5,9"):
        sizes.main([wrong])
