"""The recorded 19 epochs: they are what they say, and the recorder makes such files again."""

import os
from pathlib import Path

import numpy as np
import pytest
import record

from s6lib import manifest, mnist, results
from s6lib.checkpoint import weights_hash
from s6lib.cnn import DigitCNN
from s6lib.fit import evaluate
from s6lib.recipe import Recipe

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "cnn_log.csv"


@pytest.fixture(scope="module")
def recorded():
    return results.trained()


def test_nineteen_epochs_of_the_recipe(recorded):
    for epochs in (recorded.epochs, recorded.notebook_epochs):
        assert list(epochs["epoch"]) == list(range(1, 20))
        np.testing.assert_allclose(epochs["learning_rate"], [0.01] * 15 + [0.001] * 4)
        assert np.isfinite(epochs.to_numpy()).all()
    assert Recipe(**recorded.manifest["recipe"]) == Recipe()


def test_the_weights_are_the_epoch_that_validation_chose(recorded):
    epochs, chosen = recorded.epochs.set_index("epoch"), recorded.manifest["chosen"]
    assert epochs.loc[chosen["epoch"], "held_out_accuracy"] == epochs["held_out_accuracy"].max()
    assert epochs.loc[chosen["epoch"], "test_correct"] == chosen["test_correct"]
    assert epochs.loc[chosen["epoch"], "test_loss"] == pytest.approx(chosen["test_loss"])
    assert weights_hash(recorded.model) == recorded.manifest["weights"]["content_sha256"]
    assert sum(each.numel() for each in recorded.model.parameters()) == 12426


def test_the_recorded_predictions_are_consistent(recorded):
    assert recorded.labels.shape == recorded.predictions.shape == (10_000,)
    assert (recorded.predictions == recorded.labels).sum() == recorded.manifest["chosen"]["test_correct"]
    probabilities = np.exp(recorded.log_probabilities.astype(np.float64))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=2e-3)
    stated = recorded.log_probabilities[np.arange(10_000), recorded.predictions]
    assert (stated == recorded.log_probabilities.max(axis=1)).all()


@pytest.mark.skipif(
    not (Path(os.environ.get("S6LIB_DATA", "")) / "MNIST/raw/t10k-images-idx3-ubyte").exists(),
    reason="S6LIB_DATA names no folder with MNIST: export S6LIB_DATA=/folder/with/MNIST",
)
def test_the_weights_computed_anew_are_as_good_as_recorded(recorded):
    digits = mnist.load_digits("mnist")
    metrics = evaluate(recorded.model, digits.test_images, digits.test_labels)
    assert metrics.correct == recorded.manifest["chosen"]["test_correct"]
    np.testing.assert_array_equal(metrics.predictions, recorded.predictions)
    np.testing.assert_allclose(metrics.log_probabilities, recorded.log_probabilities, rtol=2e-3, atol=2e-3)
    assert recorded.labels.tolist() == digits.test_labels.tolist()


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference figures are not beside this checkout")
def test_the_log_is_the_reference():
    np.testing.assert_array_equal(
        results.table("author_log"), np.loadtxt(REFERENCE, delimiter=",", skiprows=1)
    )


def test_the_notebooks_way_lands_where_the_notebook_did(recorded):
    """Another machine, another order of images: the best epochs agree within four standard errors."""
    ours = recorded.notebook_epochs["held_out_accuracy"].max()
    theirs = results.table("author_log")["test_correct"].max() / 10_000
    error = np.sqrt(theirs * (1 - theirs) / 10_000)
    assert abs(ours - theirs) < 4 * np.sqrt(2) * error


def test_the_recorder_writes_what_load_reads(tmp_path):
    record.record(tmp_path, Recipe(epochs=1), dataset="bundled", progress=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cnn_epochs.csv",
        "cnn_manifest.json",
        "cnn_test.npz",
        "cnn_weights.safetensors",
        "notebook_epochs.csv",
    ]
    result, digits = results.trained(tmp_path), mnist.load_digits("bundled")
    assert result.manifest["data"]["name"] == "bundled digits" and result.manifest["data"]["sha256"] is None
    metrics = evaluate(result.model, digits.test_images, digits.test_labels)
    assert metrics.correct == result.manifest["chosen"]["test_correct"] == result.epochs["test_correct"][0]
    assert isinstance(result.model, DigitCNN)
    assert manifest.faults(tmp_path) == [] and len(result.manifest["files"]) == 4
