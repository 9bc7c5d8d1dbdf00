"""What a training run leaves in files: checkpoints that lose nothing, and weights. Nothing is ever
unpickled."""

import functools
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from s6lib import checks, files
from s6lib.cnn import PLAIN, DigitCNN, checked_network

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


def is_checkpoint(path: Path) -> bool:
    """Whether the file begins as a checkpoint does."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write the model's weights to `path` as safetensors; of a `DigitCNN` also what it is made of.

    So `load_weights` builds a `DigitCNN` from the file alone; for another network it takes one to put the
    weights into. Raises TypeError for what is no network, ValueError for one without weights, and OSError,
    naming `path`, if it cannot be written.
    """
    strange = no_tensors(checked_network(model))
    if strange or not model.state_dict():
        what = f"{', '.join(strange)} in its state, no tensor" if strange else "no weights"
        raise ValueError(f"model: got a {type(model).__name__} with {what}; takes a network of tensors")
    own = isinstance(model, DigitCNN)
    # One entry: the order of several is not kept.
    about = {"DigitCNN": json.dumps(model.settings)} if own else {"network": type(model).__name__}
    files.replace(path, safetensors.torch.save(state(model), metadata=about))


def no_tensors(model: nn.Module) -> list[str]:
    """What a model keeps in its state, by name, that is no tensor, such as `get_extra_state` may add."""
    return [name for name, value in model.state_dict().items() if not isinstance(value, torch.Tensor)]


def load_weights(path: str | Path, model: nn.Module | None = None) -> nn.Module:
    """The network whose weights `save_weights` wrote to `path`, in evaluation mode.

    model : the network to put them into, which is returned, where it is; a `DigitCNN` needs none, and is
        built anew, on the CPU, as precise as its weights are in the file

    Raises `CheckpointError` for a file that is damaged or holds something else, for one of another network
    than `model`, or of numbers that it would round, and then it is as it was; and for one that is no
    `DigitCNN`'s where none is given.
    """
    content = Path(path).read_bytes()
    try:
        tensors = safetensors.torch.load(content)
        length = int.from_bytes(content[:8], "little")
        about = json.loads(content[8 : 8 + length]).get("__metadata__", {})
        if model is None and "network" in about:
            raise CheckpointError(
                f"{path}: weights of a {about['network']}, which is no DigitCNN; "
                f"load_weights(path, model) puts them into one that you have made"
            )
        made = DigitCNN(**json.loads(about["DigitCNN"])) if model is None or "DigitCNN" in about else None
        if model is None:
            kinds = (each.dtype for each in tensors.values() if each.is_floating_point())
            model = made.to(functools.reduce(torch.promote_types, kinds, torch.float32))
            model.load_state_dict(tensors)
            return model.eval()
    except CheckpointError:
        raise
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        kind = "a DigitCNN" if model is None or isinstance(model, DigitCNN) else "a network"
        raise CheckpointError(f"{path}: not weights of {kind}: {str(error).splitlines()[0]}") from error
    _fit_into(path, tensors, made, model)
    model.load_state_dict(tensors)
    return model.eval()


def _fit_into(path, tensors, made, model):
    """Refuse weights that are not those of a network like `model`; `made` is like that of the file, if it is
    a `DigitCNN`."""
    here = checked_network(model).state_dict()
    if isinstance(model, DigitCNN) and made is not None:
        own, there = ({**PLAIN, **each.settings, "dropout": None} for each in (model, made))
        if own != there:  # which need not show in the shapes of weights
            raise CheckpointError(
                f"{path}: weights of another network than this {type(model).__name__}: "
                f"{difference(there, own)}"
            )
    for name in {**here, **tensors}:
        there, own = (tuple(each[name].shape) if name in each else "none" for each in (tensors, here))
        if there != own:
            raise CheckpointError(
                f"{path}: weights of another network than this {type(model).__name__}: "
                f"{name} is {there} in the file, {own} in the model"
            )
        kind, kept = tensors[name].dtype, here[name].dtype
        if torch.promote_types(kind, kept) != kept:
            raise CheckpointError(
                f"{path}: {name} is {kind} in the file and {kept} in the model, which would round it; "
                f"model.to({kind}) makes a network that does not"
            )


def weights_hash(model: nn.Module) -> str:
    """SHA-256 over names and bits of everything in the model's state: equal means identical."""
    return hash_of(state(model))


def hash_of(tensors):
    """SHA-256 over the names and bits of tensors on the CPU, {name: tensor}, in their order."""
    digest = hashlib.sha256()
    for name, value in tensors.items():
        digest.update(name.encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())  # NumPy has no bfloat16
    return digest.hexdigest()


def fingerprint(model, data, recipe, device, teacher=None):
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
        "frozen parameters": [name for name, each in model.named_parameters() if not each.requires_grad],
        "shared parameters": _shared(model),
        "teacher": None if teacher is None else weights_hash(teacher),
        "architecture of the teacher": None if teacher is None else str(teacher),
    }


def _shared(model):
    """The names of parameters that are of several layers, those of each together."""
    names = {}
    for name, each in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(each), []).append(name)
    return [each for each in names.values() if len(each) > 1]


def difference(there, here):
    """In words, in what two parts of a fingerprint differ."""
    if isinstance(here, dict) and isinstance(there, dict):
        return ", ".join(
            f"{key} {there.get(key)!r} in the file, {here.get(key)!r} here"
            for key in {**here, **there}
            if there.get(key) != here.get(key)
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
