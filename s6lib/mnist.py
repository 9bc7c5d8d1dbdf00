"""The digits as tensors: MNIST, or scikit-learn's bundled digits where MNIST is not to be had.

MNIST (Y. LeCun, C. Cortes, C. J. C. Burges) is kept in a per-user folder, or in the folder that
the environment variable `S6LIB_DATA` names, laid out as `torchvision.datasets.MNIST` wants it:
`<folder>/MNIST/raw/train-images-idx3-ubyte` and three more; `<folder>/MNIST`, or `raw` itself,
will do as well where they are there. Every load compares the four files with their SHA-256. What
is missing or wrong is fetched through torchvision, under a lock and into a temporary folder, and
renamed into place; a wrong file is kept beside it as `.bad`. No folder stays where nothing came.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import socket
import sys
import tempfile
import warnings
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from s6lib import preparation
from s6lib.checks import extra
from s6lib.words import named, t

with extra("cnn"):
    import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: SHA-256 of the four files as they lie unpacked, in the order of the fields of `Digits`.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
#: What `load_digits` takes.
DATASETS = ("auto", "mnist", "bundled")
#: Mean and standard deviation of MNIST's training pixels, brightness 0 to 1.
MEAN, STD = 0.1307, 0.3081
#: Height and width of an image in pixels.
SHAPE = (28, 28)
#: How many of the 1,797 bundled digits, the last ones, are the test set.
BUNDLED_TEST = 500
#: What this process has loaded, {name: SHA-256 of images and labels}: a sweep asks its kernels for it.
LOADED = {}
#: Seconds that a server may keep silent before the next one is tried.
TIMEOUT = 5.0
#: Seconds that another process may take to fetch the same files.
LOCK_TIMEOUT = 600.0


class Digits(NamedTuple):
    """Images uint8 (N, 28, 28), 0 is the ground and 255 the ink; labels int64 (N,), 0 to 9."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor
    name: str  #: "MNIST" or "bundled digits"
    note: str  #: what a page must tell its reader about the data; empty for MNIST


class DataError(RuntimeError):
    """MNIST is not to be had; the message lists what was tried and which folder to fill."""


def load_digits(dataset: str = "auto", root: str | Path | None = None) -> Digits:
    """The digits as whole uint8 tensors, a `Digits`.

    dataset : "mnist", "bundled" (scikit-learn's 8x8 digits brought to 28x28), or "auto": MNIST
        if it is there or can be fetched, else the bundled digits with a `note` that says so
    root : the data folder; else `S6LIB_DATA`, else a per-user cache folder

    Raises ValueError for another dataset, and `DataError` where MNIST is asked for by name and not
    to be had, where a wrong file lies in a folder that cannot be written, or where `S6LIB_DATA`
    names no folder, as `data_folder` says.
    """
    if dataset not in DATASETS:
        raise ValueError(f"dataset: got {dataset!r}; takes one of {', '.join(map(repr, DATASETS))}")
    digits = _load(dataset, root)
    content = hashlib.sha256()
    for tensor in digits[:4]:
        content.update(tensor.numpy())
    LOADED[digits.name] = content.hexdigest()
    return digits


def _load(dataset, root):
    if dataset == "bundled":
        return _bundled(t("These are scikit-learn's bundled handwritten digits, not MNIST."))
    try:
        return _mnist(_raw(data_folder(root)))
    except _Unreachable as error:
        if dataset == "mnist":
            raise DataError(str(error)) from error.__cause__
        return _bundled(
            t(
                "MNIST was not to be had, so this page ran on scikit-learn's bundled "
                "handwritten digits, brought to 28x28. Its figures are not MNIST's."
            )
        )


def data_folder(root: str | Path | None = None) -> Path:
    """`root`, else the folder that `S6LIB_DATA` names, else s6lib's folder in the user's cache.

    Raises `DataError` unless what `S6LIB_DATA` names is an absolute path and a folder that is there, and
    where neither it nor a home folder is known.
    """
    if root:
        return Path(root).expanduser()
    if chosen := os.environ.get("S6LIB_DATA"):
        return _named(chosen)
    try:
        if sys.platform == "win32":
            cache = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        elif sys.platform == "darwin":
            cache = Path.home() / "Library" / "Caches"
        else:
            cache = os.environ.get("XDG_CACHE_HOME", "")  # void where relative, says its specification
            cache = cache if os.path.isabs(cache) else Path.home() / ".cache"
    except RuntimeError:
        raise _Unreachable("There is no home folder to keep MNIST in: set S6LIB_DATA to a folder") from None
    return Path(cache) / "s6lib"


def from_drawing(
    array: Any, *, ground: bool = True, box: bool = True, grey: bool = True, centre: bool = True
) -> NDArray[np.uint8]:
    """A drawing as MNIST has its digits, uint8 (28, 28): light ink on a dark ground, in the middle.

    array : a picture of any size: an array, a tensor or an image of PIL, grey, in colour or with alpha;
        uint8, whole numbers from 0 to 255, or floats from 0 to 1

    The steps are those that MNIST's makers took with NIST's scanned digits (L. Bottou et al., *Comparison of
    classifier methods: a case study in handwritten digit recognition*, 1994; Y. LeCun, C. Cortes and
    C. J. C. Burges, *The MNIST database of handwritten digits*): the ink fills a box of 20 x 20 without
    being stretched, grey where a pixel is partly ink, and its centre of mass comes to the middle of 28 x 28.
    Before them, dark ink on a light ground is turned round. Each can be left out; what each does is said by
    `s6lib.preparation.prepare`, and what the drawing is, if it is hardly a digit, by
    `s6lib.preparation.judge`. An image of MNIST's stays what it is, except that its strongest ink, 254 in one
    of ten, becomes 255.

    Raises TypeError for anything but numbers, ValueError for another shape, and for numbers of which it
    cannot be told what is white: NaN, below 0, above 255, floats above 1.
    """
    pixels = preparation.picture("array", array)
    return preparation.prepare(pixels, ground=ground, box=box, grey=grey, centre=centre).image


def normalise(images: torch.Tensor | NDArray[np.uint8]) -> torch.Tensor:
    """(pixel / 255 - `MEAN`) / `STD` for uint8 images (N, 28, 28): float32 (N, 1, 28, 28).

    Refuses other images and warns of dark ink on a light ground, as `check_images` does.
    """
    return normalise_checked(check_images(images))


def normalise_checked(images: torch.Tensor) -> torch.Tensor:
    """`normalise` for a loop that has checked its images: a tensor uint8 (N, 28, 28)."""
    return images.unsqueeze(1).float().div_(255).sub_(MEAN).div_(STD)


def check_images(
    images: torch.Tensor | NDArray[np.uint8], name: str = "images", level: int = 3
) -> torch.Tensor:
    """Return `images` as a tensor uint8 (N, 28, 28), N at least 1, else raise.

    images : a tensor or a NumPy array of just that type and shape; nothing is converted, since a
        network that is given brightness 0 to 1 in place of 0 to 255 answers nonsense without a word

    Raises TypeError for another type, ValueError for another shape. Warns, at `level` calls up, if a
    tenth of the images or more have a ground that is lighter than their ink: see `dark_on_light`.
    """
    takes = "takes a tensor or a NumPy array of uint8 (N, 28, 28), pixels from 0, the ground, to 255, the ink"
    images = _as_tensor(name, images, takes)
    if images.dtype != torch.uint8:
        raise TypeError(f"{name}: got {_kind(images)}; {takes}")
    if images.ndim != 3 or images.shape[1:] != SHAPE or not len(images):
        raise ValueError(f"{name}: got shape {tuple(images.shape)}; {takes}, N at least 1")
    some = images[:: math.ceil(len(images) / 1000)]  # a thousand of many tell as much
    count = int(dark_on_light(some).sum())
    if 10 * count >= len(some):
        warnings.warn(
            f"{name}: {count} of {len(some)} looked at have a ground lighter than their ink; a "
            "network that learnt light ink on a dark ground misreads them: give 255 - images",
            stacklevel=level,
        )
    return images


def check_labelled(
    images: torch.Tensor | NDArray[np.uint8],
    labels: torch.Tensor | NDArray[np.integer],
    prefix: str = "",
    level: int = 3,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `images` as `check_images` does, and their `labels` as a tensor int64 (N,), 0 to 9; else raise.

    labels : a tensor or a NumPy array of whole numbers, of any width
    prefix : of the names that a message gives them, such as "digits.train_"

    Raises TypeError for another type, ValueError for another shape, length or digit.
    """
    images = check_images(images, f"{prefix}images", level + 1)
    name, takes = f"{prefix}labels", "takes a tensor or a NumPy array of whole numbers (N,), 0 to 9"
    labels = _as_tensor(name, labels, takes)
    if labels.dtype == torch.bool or labels.is_floating_point() or labels.is_complex():
        raise TypeError(f"{name}: got {_kind(labels)}; {takes}")
    if labels.ndim != 1:
        raise ValueError(f"{name}: got shape {tuple(labels.shape)}; {takes}")
    if len(images) != len(labels):
        raise ValueError(
            f"{prefix}images, {name}: got {len(images)} and {len(labels)}; takes as many of each, 1 or more"
        )
    labels = labels.long()
    wrong = (labels < 0) | (labels > 9)
    if wrong.any():
        place = int(wrong.nonzero()[0])
        raise ValueError(f"{name}: got {int(labels[place])} at [{place}]; {takes}")
    return images, labels


def dark_on_light(images: torch.Tensor) -> torch.Tensor:
    """Which of the images (N, 28, 28) have a ground lighter than their ink: bool (N,).

    The ground is the median of the outermost pixels. It is lighter if the mean of all pixels lies
    below it, by more than the outermost pixels stray from it: then noise has no ground. None of
    MNIST's 70,000 images is one of these, and of their negatives each is.
    """
    edge = torch.cat([images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]], dim=1).float()
    ground = edge.median(dim=1).values
    return ground - images.float().mean(dim=(1, 2)) > (edge - ground.unsqueeze(1)).abs().mean(dim=1)


def _as_tensor(name, value, takes):
    if isinstance(value, np.ndarray):
        try:  # a copy only of what PyTorch cannot share: read-only memory, negative strides
            return torch.from_numpy(np.require(value, value.dtype.newbyteorder("="), ["C", "W"]))
        except TypeError:  # objects, strings, dates
            raise TypeError(f"{name}: got {_kind(value)}; {takes}") from None
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"{name}: got {type(value).__name__}; {takes}")
    return value.detach()


def _kind(array):
    return f"{str(array.dtype).removeprefix('torch.')} {tuple(array.shape)}"


class _Unreachable(DataError):
    """No right files in the folder, and none could be fetched."""


def _named(chosen):
    """The folder that S6LIB_DATA names: the reader's own word, so nothing else will do in its place."""
    try:
        folder = Path(chosen).expanduser()
    except RuntimeError as error:
        raise DataError(f"S6LIB_DATA: got {chosen!r}: {error}") from None
    if not folder.is_absolute():
        raise DataError(
            f"S6LIB_DATA: got {chosen!r}; takes an absolute path, since each notebook runs in the "
            f"folder it is in. From here it would be {os.path.abspath(folder)}"
        )
    if not folder.is_dir():
        raise DataError(f"S6LIB_DATA: got {chosen!r}, and there is no such folder; make it, or name another")
    return folder


def _raw(folder):
    """Where the files lie or shall lie: MNIST/raw in `folder`, or nearer where it is that deep itself."""
    places = folder / "MNIST" / "raw", folder / "raw", folder
    return next(
        (place for place in places if any(os.path.exists(place / name) for name in SHA256)), places[0]
    )


def _mnist(raw):
    files, faults = _read(raw)
    if faults:
        files = _repair(raw)
    (train_images, train_labels), (test_images, test_labels) = (
        (_tensor(files[images], offset=16).view(-1, 28, 28), _tensor(files[labels], offset=8).long())
        for images, labels in (list(SHA256)[:2], list(SHA256)[2:])
    )
    return Digits(train_images, train_labels, test_images, test_labels, "MNIST", "")


def _read(raw):
    """The contents of the right files, {name: bytes}, and {name: what is wrong} of the others."""
    files, faults = {}, {}
    for name, expected in SHA256.items():
        try:
            content = (raw / name).read_bytes()
        except FileNotFoundError:
            faults[name] = "missing"
        except OSError as error:
            faults[name] = f"not readable ({error.strerror})"
        else:
            found = hashlib.sha256(content).hexdigest()
            if found == expected:
                files[name] = content
            else:
                faults[name] = f"SHA-256 {found[:12]}… is not MNIST's {expected[:12]}…"
    return files, faults


def _repair(raw):
    """Set wrong files aside, fetch what is missing, and return the contents of all four."""
    with extra("cnn"):
        from filelock import Timeout

    new = [folder for folder in (raw, *raw.parents) if not os.path.lexists(folder)]
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with _alone(raw):
            files, faults = _read(raw)  # another process may have been here in the meantime
            for name in faults:
                if (raw / name).exists():
                    os.replace(raw / name, raw / f"{name}.bad")
            return {**files, **_fetch(raw, faults)} if faults else files
    except Timeout:
        raise _unreachable(raw, f"another process holds {raw / '.lock'}") from None
    except OSError as error:
        files, faults = _read(raw)
        wrong = {name: fault for name, fault in faults.items() if fault != "missing"}
        if wrong:
            listed = "; ".join(f"{raw / name}: {fault}" for name, fault in wrong.items())
            raise DataError(
                f"{listed}. The folder cannot be written ({error.strerror}): "
                f"put the right files there, or point S6LIB_DATA to another folder"
            ) from error
        raise _unreachable(raw, f"the folder cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):  # a folder that was made and is of use is not empty
            if new and {path.name for path in raw.iterdir()} == {".lock"}:
                (raw / ".lock").unlink()
            for folder in new:
                folder.rmdir()


@contextmanager
def _alone(raw):
    """Hold the folder's lock, so that two processes do not fetch the same; without locks both do."""
    with extra("cnn"):
        from filelock import FileLock

    lock = FileLock(raw / ".lock", timeout=LOCK_TIMEOUT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of another kind of lock, which does as well
        try:
            lock.acquire()
        except (NotImplementedError, OSError) as error:
            lacking = {"ENOLCK", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"}
            if isinstance(error, OSError) and errno.errorcode.get(error.errno) not in lacking:
                raise
            (raw / ".lock").unlink(missing_ok=True)
    try:
        yield
    finally:
        lock.release()


def _fetch(raw, faults):
    """Fetch all four files through torchvision and rename the faulty ones into place."""
    with extra("cnn"):
        from torchvision.datasets import MNIST

    with tempfile.TemporaryDirectory(dir=raw, prefix=".fetching-") as temporary:
        try:
            with _impatient():
                MNIST(temporary, download=True)
        except (RuntimeError, OSError, EOFError, HTTPException) as error:
            if errno.errorcode.get(getattr(error, "errno", None)) in {"ENOSPC", "EDQUOT", "EFBIG"}:
                raise  # the disk is full, and no server is to blame
            reason = " ".join(str(error).split()) or type(error).__name__
            raise _unreachable(raw, f"fetching from {', '.join(MNIST.mirrors)}: {reason}", faults) from error
        fetched = Path(temporary) / "MNIST" / "raw"
        files, still_wrong = _read(fetched)
        if still_wrong:
            listed = "; ".join(f"{name}: {fault}" for name, fault in still_wrong.items())
            raise _unreachable(raw, f"fetching from {', '.join(MNIST.mirrors)}: {listed}", faults)
        for name in faults:
            with open(fetched / name, "r+b") as file:  # Windows flushes no file that is only read
                os.fsync(file.fileno())
            os.replace(fetched / name, raw / name)
        return {name: files[name] for name in faults}


@contextmanager
def _impatient():
    """torchvision sets no time limit of its own, and a silent network would hold a page up."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _unreachable(raw, reason, faults=None):
    tried = [f"{raw / name}: {fault}" for name, fault in (faults or _read(raw)[1]).items()]
    lines = "\n".join(f"  - {line}" for line in (*tried, reason))
    return _Unreachable(
        f"dataset 'mnist' is not to be had. Tried:\n{lines}\n"
        f"Put the four unpacked MNIST files into {raw}, point S6LIB_DATA to a folder "
        f"whose MNIST/raw holds them, or take dataset='auto'."
    )


def _tensor(content, offset):
    return torch.from_numpy(np.frombuffer(content, dtype=np.uint8, offset=offset).copy())


def _bundled(note):
    """scikit-learn's 8x8 digits, drawn 20x20 in the middle of 28x28 as MNIST's are."""
    with extra("cnn"):
        from sklearn.datasets import load_digits as bundled_digits

    raw = bundled_digits()
    small = torch.from_numpy(raw.images).float().unsqueeze(1) / 16  # (N, 1, 8, 8), ink is 1
    drawn = torch.nn.functional.interpolate(small, size=(20, 20), mode="bilinear", align_corners=False)
    images = torch.nn.functional.pad(drawn, (4, 4, 4, 4)).squeeze(1).mul(255).round().to(torch.uint8)
    labels = torch.from_numpy(raw.target).long()
    train, test = slice(None, -BUNDLED_TEST), slice(-BUNDLED_TEST, None)
    return Digits(images[train], labels[train], images[test], labels[test], named("bundled digits"), note)
