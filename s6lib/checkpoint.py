"""What a training run leaves in files: checkpoints that lose nothing, and weights. Nothing is ever
unpickled."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from s6lib import checks, files
from s6lib.cnn import DigitCNN

with checks.extra("cnn"):
    import safetensors.torch
    import torch
    from safetensors import SafetensorError
    from torch import nn

MAGIC = b"s6lib checkpoint 1 "


class CheckpointError(ValueError):
    """A checkpoint or weights file that is damaged, or belongs to something else."""


def write_checkpoint(path: str | Path, about: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    """Put the facts `about` (a dict) and the tensors (a dict) into the file `path`, whole or not at all."""
    content = json.dumps(about).encode() + b"\n" + safetensors.torch.save(tensors)
    files.replace(path, MAGIC + _sha256(content).encode() + b"\n" + content)


def read_checkpoint(path: str | Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The facts (a dict) and tensors (a dict) of a checkpoint; `CheckpointError` names a damaged one.

    Nothing is unpickled: the file is a line with a checksum, a line of JSON, and safetensors.
    """
    content = Path(path).read_bytes()
    head, _, body = content.partition(b"\n")
    if not head.startswith(MAGIC):
        raise CheckpointError(f"{path}: not a checkpoint of s6lib (nothing in it was run or used)")
    if head[len(MAGIC) :] != _sha256(body).encode():
        raise CheckpointError(
            f"{path}: this checkpoint is damaged: its checksum does not fit its "
            f"{len(content)} bytes. Remove it to begin again"
        )
    about, _, tensors = body.partition(b"\n")
    try:
        return json.loads(about), safetensors.torch.load(tensors)
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path}: not a checkpoint of s6lib: {error}") from error


def save_weights(model: DigitCNN, path: str | Path) -> None:
    """Write the model, a `DigitCNN`, to `path` as safetensors, with what `load_weights` needs to build it.

    Raises TypeError for another model, and OSError, naming `path`, if it cannot be written.
    """
    if not isinstance(model, DigitCNN):
        raise TypeError(
            f"model: got {type(model).__name__}; takes a DigitCNN, which load_weights can build anew"
        )
    about = json.dumps(model.settings)  # one entry: the order of several is not kept
    files.replace(path, safetensors.torch.save(state(model), metadata={"DigitCNN": about}))


def load_weights(path: str | Path) -> DigitCNN:
    """The `DigitCNN` that `save_weights` wrote to `path`, in evaluation mode, on the CPU.

    Raises `CheckpointError` for a file that is damaged or holds something else.
    """
    content = Path(path).read_bytes()
    try:
        tensors = safetensors.torch.load(content)
        length = int.from_bytes(content[:8], "little")
        model = DigitCNN(**json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["DigitCNN"]))
        model.load_state_dict(tensors)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path}: not weights of a DigitCNN: {str(error).splitlines()[0]}") from error
    return model.eval()


def weights_hash(model: nn.Module) -> str:
    """SHA-256 over names and bits of everything in the model's state: equal means identical."""
    digest = hashlib.sha256()
    for name, value in state(model).items():
        digest.update(name.encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


def fingerprint(model, data, recipe, device):
    """What a checkpoint must have been made with for this run to continue it."""
    digest = hashlib.sha256()
    for tensor in data:
        digest.update(repr(tuple(tensor.shape)).encode())
        digest.update(tensor.numpy().tobytes())
    return {
        "architecture": str(model),
        "recipe": asdict(recipe),
        "device": device.type,
        "data": digest.hexdigest(),
        "initial weights": weights_hash(model),
    }


def difference(there, here):
    """In words, in what two parts of a fingerprint differ."""
    if isinstance(here, dict) and isinstance(there, dict):
        return ", ".join(
            f"{key} {there.get(key)!r} in the file, {value!r} here"
            for key, value in here.items()
            if there.get(key) != value
        )
    if isinstance(here, str) and isinstance(there, str) and "\n" in here:
        pairs = zip(there.splitlines(), here.splitlines())
        return next(
            (f"{a.strip()!r} in the file, {b.strip()!r} here" for a, b in pairs if a != b), "its length"
        )
    return f"{there} in the file, {here} here"


def on_cpu(tensor: torch.Tensor) -> torch.Tensor:
    """A copy of the tensor on the CPU, in the order of its axes."""
    return tensor.detach().cpu().contiguous().clone()


def state(model: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of the model's state on the CPU, {name: tensor}."""
    return {name: on_cpu(value) for name, value in model.state_dict().items()}


def under(prefix, tensors):
    """Those of the tensors whose names begin with `prefix`, without it."""
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def _sha256(content):
    return hashlib.sha256(content).hexdigest()
