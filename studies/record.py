"""Train the recipe on all of MNIST, once, and write down what the chapters show of it.

    python studies/record.py book/results/record

Two runs, both with the notebook's recipe. The first keeps 10,000 training images back for
validation, trains on the other 50,000, and publishes the weights of the epoch that did best on
the validation images. Only when it has ended is the test set read: for every epoch's weights,
so that a chapter can show what choosing by the test set would have been worth. The second run
is the notebook's own way: all 60,000 images, figures on the test set.

====================================  ==============================================================
`cnn_epochs.csv`                      the first run, a row per epoch (`History.epochs`), and
                                      `test_loss`, `test_correct`, which chose nothing
`cnn_weights.safetensors`             the weights of the epoch chosen by validation
`cnn_test.npz`                        of the 10,000 test images: `labels`, `predictions` (uint8),
                                      `log_probabilities` (float16)
`notebook_epochs.csv`                 the second run; its held-out set is the test set
`cnn_manifest.json`                   recipe, data hashes, versions, threads, choice and outcome;
                                      the hash of each of the files above
====================================  ==============================================================

A run that was stopped goes on from the checkpoint it left in the folder.
"""

import argparse
import io
import platform
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import safetensors
import torch
import torchvision

from s6lib import files, manifest, mnist
from s6lib.checkpoint import save_weights, weights_hash
from s6lib.cnn import DigitCNN
from s6lib.fit import choose_device, evaluate, fit, split
from s6lib.recipe import Recipe
from s6lib.results import FILES


def record(folder, recipe=Recipe(), dataset="mnist", progress=True):
    """Train both runs on `dataset` by `recipe` and write their figures into `folder`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    digits = mnist.load_digits(dataset)
    runs, checkpoints = {}, {}
    for held_out in ("validation", "test"):
        checkpoints[held_out] = folder / f"{held_out}.checkpoint"
        model = DigitCNN(seed=recipe.seed)
        runs[held_out] = fit(
            model, digits, recipe, checkpoints[held_out], held_out=held_out, progress=progress
        )
        if held_out == "validation":
            about = _write_validated(folder, digits, model, runs[held_out], recipe)
    _write_csv(folder / "notebook_epochs.csv", runs["test"].epochs)
    content = {name: (folder / name).read_bytes() for name in FILES}
    files.replace(folder / "cnn_manifest.json", manifest.text(content, **about, when=manifest.now()))
    for path in checkpoints.values():
        path.unlink()


def _write_validated(folder, digits, model, history, recipe):
    """Write what the first run made; return what its manifest says of it."""
    metrics = []
    for state in history.weights:
        model.load_state_dict(state)
        metrics.append(evaluate(model, digits.test_images, digits.test_labels))
    epochs = history.epochs.assign(
        test_loss=[each.loss for each in metrics[1:]], test_correct=[each.correct for each in metrics[1:]]
    )
    _write_csv(folder / "cnn_epochs.csv", epochs)

    chosen = metrics[history.best]
    model.load_state_dict(history.weights[history.best])
    save_weights(model, folder / "cnn_weights.safetensors")
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays,
        labels=digits.test_labels.numpy().astype(np.uint8),
        predictions=chosen.predictions.numpy().astype(np.uint8),
        log_probabilities=chosen.log_probabilities.numpy().astype(np.float16),
    )
    files.replace(folder / "cnn_test.npz", arrays.getvalue())

    data = split(digits)
    return {
        "command": "python studies/record.py book/results/record",
        "recipe": asdict(recipe),
        "data": {
            "name": digits.name,
            "sha256": mnist.SHA256 if digits.name == "MNIST" else None,
            "train": len(data.train_images),
            "validation": len(data.held_out_images),
            "test": len(digits.test_images),
        },
        "chosen": {
            "epoch": history.best,
            "by": "highest validation accuracy, then lowest validation loss",
            "test_correct": chosen.correct,
            "test_total": chosen.total,
            "test_loss": chosen.loss,
        },
        "weights": {"content_sha256": weights_hash(model)},
        "device": str(choose_device()),
        "threads": torch.get_num_threads(),
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
        },
        "versions": manifest.versions()
        | {
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "safetensors": safetensors.__version__,
        },
    }


def _write_csv(path, table):
    files.replace(path, table.to_csv(index=False, lineterminator="\n").encode())


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="where the results go, book/results/record in this repository")
    try:
        record(parser.parse_args(arguments).folder)
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(f"record: {error}")


if __name__ == "__main__":
    main()
