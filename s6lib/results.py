"""What long runs left for the book: each recorded table and each network by its name, and the recorded
training of the CNN.

::

    results.table("bent_seeds")          # a DataFrame; its manifest is results.about("bent_seeds")
    results.trained().model              # the recorded network of the author's
    results.network("bent")              # that of another recipe; its manifest is results.about("bent")

The files lie in `book/results`, a folder for each study, and every one has a manifest
(`s6lib.manifest`) that says what made it: one beside it, or that of the recorded training of the CNN.
"""

import itertools
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from s6lib import checks, manifest
from s6lib.checkpoint import load_weights
from s6lib.cnn import DigitCNN

with checks.extra("cnn"):
    import pandas as pd

#: Inside the installed library, in a checkout `book/results`.
FOLDER = Path(__file__).with_name("recorded")
if not FOLDER.is_dir():
    FOLDER = Path(__file__).parents[1] / "book" / "results"
#: What one recording of the CNN writes, beside the manifest that answers for it.
FILES = ("cnn_epochs.csv", "cnn_weights.safetensors", "cnn_test.npz", "notebook_epochs.csv")


class Trained(NamedTuple):
    """The recorded training of the CNN."""

    epochs: pd.DataFrame  #: the run with a validation split, with test_loss and test_correct
    notebook_epochs: pd.DataFrame  #: the run on all 60,000, held out: the test set
    model: DigitCNN  #: with the published weights, in evaluation mode
    labels: np.ndarray  #: of the test images, uint8 (N,)
    predictions: np.ndarray  #: uint8 (N,)
    log_probabilities: np.ndarray  #: float16 (N, 10)
    manifest: dict


def path(name: str) -> Path:
    """Where the file `name` lies, in whichever study. Raises ValueError, naming all there are, where there
    is none."""
    found = {each.name: each for each in sorted(FOLDER.glob("*/*")) if each.suffix != ".json"}
    if name not in found:
        raise ValueError(f"name: got {name!r}; takes one of {', '.join(map(repr, found))}")
    return found[name]


def table(name: str) -> pd.DataFrame:
    """The recorded table `name` as a DataFrame; lines before its header that begin with # are left out.

    Raises ValueError, naming all there are, where there is none.
    """
    lies = path(f"{checks.one_of('name', name, tables())}.csv")
    with lies.open(encoding="utf-8") as file:
        remarks = sum(1 for _ in itertools.takewhile(lambda line: line.startswith("#"), file))
    return pd.read_csv(lies, skiprows=remarks)


def tables() -> list[str]:
    """The names of all recorded tables."""
    return sorted(each.stem for each in FOLDER.glob("*/*.csv"))


def networks() -> list[str]:
    """The recipes of which a trained network is recorded: "author", and those in `book/results/networks`."""
    return ["author", *sorted(each.stem for each in (FOLDER / "networks").glob("*.safetensors"))]


def network(name: str) -> DigitCNN:
    """The network that was trained by the recipe `name` on all of MNIST's training images, in evaluation
    mode: one seed, as it was after its last epoch (`studies/networks.py`).

    "author" is that of `trained`, after the epoch that validation chose. Raises ValueError, naming all there
    are, where there is none.
    """
    if checks.one_of("name", name, networks()) == "author":
        return trained().model
    return load_weights(path(f"{name}.safetensors"))


def about(name: str) -> dict[str, Any]:
    """What the manifest of the recorded table or network `name` says of it, a dict.

    Raises ValueError, naming all there are, where there is none.
    """
    checks.one_of("name", name, [*networks(), *tables()])
    file = f"{name}.safetensors" if name in networks() else f"{name}.csv"
    if name == "author" or file in FILES:
        return trained().manifest
    return json.loads(manifest.beside(path(file)).read_text(encoding="utf-8"))


def trained(folder: str | Path = FOLDER / "record") -> Trained:
    """What `studies/record.py` wrote into `folder`, a `Trained`; by default what the book shows."""
    folder = Path(folder)
    with np.load(folder / "cnn_test.npz", allow_pickle=False) as test:
        arrays = [test[name] for name in ("labels", "predictions", "log_probabilities")]
    return Trained(
        pd.read_csv(folder / "cnn_epochs.csv"),
        pd.read_csv(folder / "notebook_epochs.csv"),
        load_weights(folder / "cnn_weights.safetensors"),
        *arrays,
        json.loads((folder / "cnn_manifest.json").read_text(encoding="utf-8")),
    )
