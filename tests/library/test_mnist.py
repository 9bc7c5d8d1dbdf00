"""s6lib.mnist against torchvision's own reader, and against every way a data folder can be wrong."""

import errno
import gzip
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import warnings
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import torch
from filelock import FileLock
from torchvision.datasets import MNIST

from s6lib import mnist

NAMES = list(mnist.SHA256)
real_mnist = pytest.mark.skipif(
    not all((Path(os.environ.get("S6LIB_DATA", "")) / "MNIST/raw" / name).exists() for name in NAMES),
    reason="S6LIB_DATA names no folder with MNIST: export S6LIB_DATA=/folder/with/MNIST",
)


# A small MNIST of our own, and a server that hands it out, so that nothing here needs the network.


def idx(array):
    """The bytes of an IDX file, as http://yann.lecun.com/exdb/mnist describes it."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture
def small(monkeypatch):
    """{name: bytes} of a data set with 12 + 6 random images, which s6lib.mnist takes for MNIST."""
    random = np.random.default_rng(0)
    content = {}
    for name in NAMES:
        count = 12 if name.startswith("train") else 6
        shape = (count, 28, 28) if "images" in name else (count,)
        content[name] = idx(random.integers(0, 256 if "images" in name else 10, shape))
    monkeypatch.setattr(
        mnist, "SHA256", {name: hashlib.sha256(each).hexdigest() for name, each in content.items()}
    )
    return content


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()


@pytest.fixture
def served(small, tmp_path, monkeypatch):
    """A server of the small data set in torchvision's place; its `asked` lists the requests."""
    folder = tmp_path / "served"
    folder.mkdir()
    resources = []
    for name, content in small.items():
        packed = gzip.compress(content)
        (folder / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    server.asked, server.folder, server.resources = [], folder, resources
    server.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(MNIST, "mirrors", [server.url])
    monkeypatch.setattr(MNIST, "resources", resources)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def offline(monkeypatch):
    """No mirror answers: port 9 of this machine is closed."""
    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])


@pytest.fixture
def unprivileged():
    """A folder, and a process that must obey its permissions: root lays its power down meanwhile."""
    if os.name == "nt":
        pytest.skip("permissions of POSIX")
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    shutil.rmtree(folder)


def fill(root, content):
    raw = Path(root) / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, each in content.items():
        (raw / name).write_bytes(each)
    return raw


def read_only(raw):
    """Nobody but root may write here; files stay readable."""
    for path in (*raw.iterdir(), raw):
        path.chmod(0o555 if path.is_dir() else 0o444)


# The real MNIST.


@real_mnist
def test_mnist_is_what_torchvision_reads():
    digits, root = mnist.load_digits("mnist"), os.environ["S6LIB_DATA"]
    for train, images, labels in ((True, *digits[:2]), (False, *digits[2:4])):
        theirs = MNIST(root, train=train)
        assert images.dtype == torch.uint8 and torch.equal(images, theirs.data)
        assert labels.dtype == torch.int64 and torch.equal(labels, theirs.targets)
    assert digits.name == "MNIST" and digits.note == ""


@real_mnist
def test_the_constants_are_those_of_the_training_pixels():
    pixels = mnist.load_digits("mnist").train_images.double() / 255
    assert (round(pixels.mean().item(), 4), round(pixels.std().item(), 4)) == (mnist.MEAN, mnist.STD)


@real_mnist
def test_our_hashes_are_of_the_files_whose_md5_is_known():
    """What circulates of MNIST unpacked: training images, labels, test images, labels."""
    md5s = (
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    )
    raw = Path(os.environ["S6LIB_DATA"]) / "MNIST/raw"
    for name, md5 in zip(NAMES, md5s, strict=True):
        content = (raw / name).read_bytes()
        assert hashlib.md5(content).hexdigest() == md5
        assert hashlib.sha256(content).hexdigest() == mnist.SHA256[name]


def test_normalise():
    images = torch.randint(0, 256, (2, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    result = mnist.normalise(images)
    assert result.shape == (2, 1, 28, 28) and result.dtype == torch.float32
    expected = (images.numpy().astype(np.float64)[:, None] / 255 - 0.1307) / 0.3081
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-6)


@real_mnist
def test_none_of_mnists_images_is_taken_for_dark_on_light_and_each_negative_is():
    for images in mnist.load_digits("mnist")[0:4:2]:
        for some in images.split(5000):
            assert not mnist.dark_on_light(some).any() and mnist.dark_on_light(255 - some).all()


def widened(images, pixels):
    """Strokes so much wider; by hand: the brightest pixel near by."""
    wide = torch.nn.functional.max_pool2d(images[:, None].float(), pixels, 1, pixels // 2)
    return wide[:, 0].to(torch.uint8)


def test_no_bundled_digit_is_taken_for_dark_on_light_however_bold_or_large():
    images = torch.cat(mnist.load_digits("bundled")[0:4:2])
    large = torch.nn.functional.interpolate(images[:, None, 4:24, 4:24].float(), (28, 28))[:, 0].to(
        torch.uint8
    )
    for each in (images, widened(images, 5), widened(images, 9), large):
        assert not mnist.dark_on_light(each).any() and mnist.dark_on_light(255 - each).all()


def test_what_has_no_ground_is_neither():
    noise = torch.randint(0, 256, (5000, 28, 28), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    blank = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1).expand(2, 28, 28)
    assert not mnist.dark_on_light(noise).any() and not mnist.dark_on_light(blank).any()


def test_dark_ink_on_grey_paper_is_found():
    """As a camera sees it: paper that is not quite white, and grain."""
    ink = mnist.load_digits("bundled").test_images.float()
    grain = torch.randn(ink.shape, generator=torch.Generator().manual_seed(0))
    photographs = (180 - 0.5 * ink + 5 * grain).to(torch.uint8)
    assert mnist.dark_on_light(photographs).all() and not mnist.dark_on_light(255 - photographs).any()


@pytest.mark.parametrize("negatives, warned", [(0, False), (4, False), (5, True), (50, True)])
def test_a_tenth_of_the_images_is_worth_a_warning(negatives, warned):
    images = mnist.load_digits("bundled").test_images[:50].clone()
    images[:negatives] = 255 - images[:negatives]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert torch.equal(mnist.normalise(images), mnist.normalise_checked(images))
    heard = [str(each.message).partition(" looked")[0] for each in said]
    assert heard == [f"images: {negatives} of 50"] * warned


def test_many_images_are_looked_at_here_and_there():
    images = mnist.load_digits("bundled").test_images[:1].repeat(3001, 1, 1)
    images[1500:] = 255 - images[1500:]
    with pytest.warns(UserWarning, match="images: 37[56] of 751 looked at"):
        mnist.check_images(images)


def test_arrays_are_normalised_as_tensors_are():
    images = mnist.load_digits("bundled").test_images[:3]
    assert torch.equal(mnist.normalise(images.numpy()), mnist.normalise(images))
    before = images.clone()
    mnist.normalise(images)
    assert torch.equal(images, before)


# Files that are not as they should be.


def truncate(raw, content):
    (raw / NAMES[0]).write_bytes(content[NAMES[0]][:-1000])
    return {NAMES[0]}


def zero(raw, content):
    (raw / NAMES[2]).write_bytes(bytes(len(content[NAMES[2]])))
    return {NAMES[2]}


def swap(raw, content):
    (raw / NAMES[1]).write_bytes(content[NAMES[3]])
    (raw / NAMES[3]).write_bytes(content[NAMES[1]])
    return {NAMES[1], NAMES[3]}


def mislabel(raw, content):
    """A file in every respect as it should be, but for one label."""
    damaged = bytearray(content[NAMES[1]])
    damaged[-1] = (damaged[-1] + 1) % 10
    (raw / NAMES[1]).write_bytes(damaged)
    return {NAMES[1]}


def empty(raw, content):
    (raw / NAMES[3]).write_bytes(b"")
    return {NAMES[3]}


FAULTS = [truncate, zero, swap, mislabel, empty]


@pytest.mark.parametrize("damage", FAULTS)
def test_a_wrong_file_is_set_aside_and_fetched_again(damage, small, served, tmp_path):
    raw = fill(tmp_path / "data", small)
    wrong = damage(raw, small)
    found = {name: (raw / name).read_bytes() for name in wrong}
    untouched = {name: (raw / name).stat().st_mtime_ns for name in NAMES if name not in wrong}

    digits = mnist.load_digits("mnist", tmp_path / "data")

    assert {name: (raw / name).read_bytes() for name in NAMES} == small
    assert {name: (raw / f"{name}.bad").read_bytes() for name in wrong} == found
    assert untouched == {name: (raw / name).stat().st_mtime_ns for name in untouched}
    assert digits.train_images.numpy().tobytes() == small[NAMES[0]][16:]
    served.asked.clear()
    mnist.load_digits("mnist", tmp_path / "data")
    assert served.asked == []  # what is right is never fetched again


@pytest.mark.parametrize("damage", FAULTS)
def test_a_wrong_file_is_never_used_without_a_network(damage, small, offline, tmp_path):
    raw = fill(tmp_path, small)
    wrong = damage(raw, small)
    with pytest.raises(mnist.DataError) as error:
        mnist.load_digits("mnist", tmp_path)
    for name in wrong:
        assert f"{raw / name}: SHA-256" in str(error.value)
    assert mnist.load_digits("auto", tmp_path).name == "bundled digits"


def test_missing_files_are_fetched(served, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    digits = mnist.load_digits(root=tmp_path)
    assert digits.name == "MNIST" and len(digits.train_images) == 12 and len(digits.test_labels) == 6
    assert sorted(path.name for path in raw.iterdir() if path.name != ".lock") == sorted(NAMES)


def test_what_a_server_sends_is_checked(served, tmp_path):
    (served.folder / f"{NAMES[1]}.gz").write_bytes(gzip.compress(b"an advertisement"))
    with pytest.raises(mnist.DataError, match=NAMES[1]):
        mnist.load_digits("mnist", tmp_path)
    assert not any((tmp_path / "MNIST" / "raw").glob("*ubyte*"))


def test_without_a_network_the_message_lists_what_was_tried_and_where_to_put_it(offline, tmp_path):
    started = time.monotonic()
    with pytest.raises(mnist.DataError) as error:
        mnist.load_digits("mnist", tmp_path)
    assert time.monotonic() - started < 5
    raw = tmp_path / "MNIST" / "raw"
    for part in (
        *(f"{raw / name}: missing" for name in NAMES),
        "http://127.0.0.1:9/",
        f"Put the four unpacked MNIST files into {raw}",
        "S6LIB_DATA",
    ):
        assert part in str(error.value)


def test_without_a_network_auto_takes_the_bundled_digits_and_says_so(offline, tmp_path):
    digits = mnist.load_digits(root=tmp_path)
    assert digits.name == "bundled digits" and "not" in digits.note and "MNIST" in digits.note


def test_a_silent_server_is_given_up(monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call and says nothing
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{silent.getsockname()[1]}/"])
        monkeypatch.setattr(mnist, "TIMEOUT", 0.2)
        started = time.monotonic()
        with pytest.raises(mnist.DataError, match="timed out"):
            mnist.load_digits("mnist", tmp_path)
        assert time.monotonic() - started < 5
    assert socket.getdefaulttimeout() is None


def test_a_read_only_cache_with_the_right_files(small, offline, unprivileged):
    read_only(fill(unprivileged / "data", small))
    assert mnist.load_digits("mnist", unprivileged / "data").name == "MNIST"


@pytest.mark.parametrize("dataset", ["mnist", "auto"])
def test_a_read_only_cache_with_a_wrong_file(dataset, small, served, unprivileged):
    raw = fill(unprivileged / "data", small)
    zero(raw, small)
    read_only(raw)
    with pytest.raises(mnist.DataError, match="cannot be written") as error:
        mnist.load_digits(dataset, unprivileged / "data")
    assert str(raw / NAMES[2]) in str(error.value) and "S6LIB_DATA" in str(error.value)
    assert (raw / NAMES[2]).exists()


def test_a_read_only_empty_folder(unprivileged):
    unprivileged.chmod(0o555)
    assert mnist.load_digits("auto", unprivileged).name == "bundled digits"
    with pytest.raises(mnist.DataError, match="cannot be written"):
        mnist.load_digits("mnist", unprivileged)
    unprivileged.chmod(0o755)


def test_a_lock_that_nobody_lets_go(monkeypatch, served, tmp_path):
    raw = fill(tmp_path / "data", {})
    monkeypatch.setattr(mnist, "LOCK_TIMEOUT", 0.2)
    with FileLock(raw / ".lock"):
        with pytest.raises(mnist.DataError, match=r"another process holds .*\.lock"):
            mnist.load_digits("mnist", tmp_path / "data")


def test_two_processes_at_once_fetch_once(small, served, tmp_path):
    mnist.load_digits("mnist", tmp_path / "alone")
    alone = sorted(served.asked)
    served.asked.clear()
    program = textwrap.dedent(f"""
        from torchvision.datasets import MNIST
        from s6lib import mnist
        MNIST.mirrors, MNIST.resources = [{served.url!r}], {served.resources!r}
        mnist.SHA256 = {mnist.SHA256!r}
        print("ready", flush=True)
        input()
        print(len(mnist.load_digits("mnist", {str(tmp_path / "data")!r}).train_images))
    """)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in processes] == ["12\n"] * 2
    assert sorted(served.asked) == alone
    raw = tmp_path / "data" / "MNIST" / "raw"
    assert {name: (raw / name).read_bytes() for name in NAMES} == small
    assert not list(raw.glob("*.bad"))


# Which folder, which data set.


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("S6LIB_DATA", str(tmp_path))
    assert mnist.data_folder() == tmp_path
    assert mnist.data_folder(tmp_path / "argument") == tmp_path / "argument"
    monkeypatch.delenv("S6LIB_DATA")
    assert Path.home() in mnist.data_folder().parents or "XDG_CACHE_HOME" in os.environ
    assert mnist.data_folder().name == "s6lib"
    monkeypatch.setenv("XDG_CACHE_HOME", "beside")  # relative, so of no account
    assert mnist.data_folder().is_absolute() and "beside" not in mnist.data_folder().parts


@pytest.mark.parametrize("dataset", ["auto", "mnist"])
def test_a_relative_folder_in_the_environment_is_refused(dataset, small, monkeypatch, tmp_path):
    """It is there, seen from the one folder; a notebook runs in another, and would look there."""
    fill(tmp_path / "data", small)
    (tmp_path / "book").mkdir()
    monkeypatch.chdir(tmp_path / "book")
    before = everything(tmp_path)
    for given, absolute in (("data", tmp_path / "book" / "data"), ("../data", tmp_path / "data")):
        monkeypatch.setenv("S6LIB_DATA", given)
        with pytest.raises(
            mnist.DataError, match=re.escape(f"S6LIB_DATA: got '{given}'; takes an absolute path")
        ) as error:
            mnist.load_digits(dataset)
        assert str(error.value).endswith(f" {absolute}") and "\n" not in str(error.value)
    assert everything(tmp_path) == before
    assert mnist.load_digits("bundled").name == "bundled digits"  # which asks no folder


@pytest.mark.parametrize("dataset", ["auto", "mnist"])
@pytest.mark.parametrize("kind", ["missing", "file", "nobody"])
def test_a_folder_in_the_environment_that_is_not_there_is_refused(
    kind, dataset, served, monkeypatch, tmp_path
):
    named = {
        "missing": str(tmp_path / "dtaa"),
        "file": str(tmp_path / "file"),
        "nobody": "~nobody-of-this-name/data",
    }[kind]
    (tmp_path / "file").touch()
    before = everything(tmp_path)
    monkeypatch.setenv("S6LIB_DATA", named)
    with pytest.raises(mnist.DataError, match=re.escape(f"S6LIB_DATA: got {named!r}")) as error:
        mnist.load_digits(dataset)
    assert "\n" not in str(error.value)
    assert everything(tmp_path) == before and served.asked == []


@pytest.mark.parametrize("deep", ["MNIST", "MNIST/raw"])
def test_a_folder_that_is_too_deep_will_do(deep, small, served, monkeypatch, tmp_path):
    raw = fill(tmp_path, small)
    before = everything(tmp_path)
    monkeypatch.setenv("S6LIB_DATA", str(tmp_path / deep))
    assert mnist.load_digits().name == "MNIST"
    assert everything(tmp_path) == before and served.asked == []
    (raw / NAMES[1]).unlink()  # and what is missing comes to the others
    assert mnist.load_digits().name == "MNIST"
    assert [name for name in everything(tmp_path) if not name.endswith(".lock")] == before


def test_where_nothing_is_fetched_nothing_is_left(offline, monkeypatch, tmp_path):
    monkeypatch.setenv("S6LIB_DATA", str(tmp_path))
    assert mnist.load_digits("auto").name == "bundled digits"
    with pytest.raises(mnist.DataError):
        mnist.load_digits("mnist")
    assert mnist.load_digits("auto", tmp_path / "an" / "argument").name == "bundled digits"
    assert everything(tmp_path) == []


def test_no_home_folder(small, offline, monkeypatch):
    """As in a container whose user no file knows."""
    import pwd

    def unknown(user):
        raise KeyError(user)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "XDG_CACHE_HOME", "S6LIB_DATA"):
        monkeypatch.delenv(name, raising=False)
    assert mnist.load_digits("auto").name == "bundled digits"
    for ask in (mnist.data_folder, partial(mnist.load_digits, "mnist")):
        with pytest.raises(
            mnist.DataError, match="^There is no home folder to keep MNIST in: set S6LIB_DATA.*$"
        ):
            ask()
    monkeypatch.setenv("S6LIB_DATA", "~/data")
    with pytest.raises(mnist.DataError, match="^S6LIB_DATA: got '~/data': .*$"):
        mnist.load_digits("auto")


@pytest.mark.parametrize("lacking", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(lacking, small, served, monkeypatch, recwarn, tmp_path):
    def no_lock(*_):
        raise OSError(lacking, os.strerror(lacking))

    monkeypatch.setattr("fcntl.flock", no_lock)
    assert mnist.load_digits("mnist", tmp_path).name == "MNIST"
    assert everything(tmp_path / "MNIST" / "raw") == sorted(NAMES)
    assert not [each for each in recwarn if "lock" in str(each.message)]
    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])
    assert mnist.load_digits("auto", tmp_path / "other").name == "bundled digits"
    assert not (tmp_path / "other").exists()


def test_a_full_disk(small, served, tmp_path):
    """No file may grow beyond a kilobyte: the system itself says no, in the middle of the download."""
    program = textwrap.dedent(f"""
        import resource
        from torchvision.datasets import MNIST
        from s6lib import mnist
        MNIST.mirrors, MNIST.resources = [{served.url!r}], {served.resources!r}
        mnist.SHA256 = {mnist.SHA256!r}
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
        print(mnist.load_digits("auto", {str(tmp_path / "data")!r}).name)
        try:
            mnist.load_digits("mnist", {str(tmp_path / "data")!r})
        except mnist.DataError as error:
            print(error)
    """)
    told = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ).stdout
    assert told.startswith("bundled digits\n")
    assert f"the folder cannot be written: {os.strerror(errno.EFBIG)}" in told and served.url not in told
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("dataset", ["MNIST", "fashion", "", None, 3])
def test_an_unknown_dataset_is_refused(dataset):
    with pytest.raises(ValueError, match="dataset: got .*'auto', 'mnist', 'bundled'"):
        mnist.load_digits(dataset)


def test_the_bundled_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    digits, theirs = mnist.load_digits("bundled"), load_digits()
    images = torch.cat([digits.train_images, digits.test_images])
    assert images.shape == (1797, 28, 28) and images.dtype == torch.uint8
    assert torch.cat([digits.train_labels, digits.test_labels]).tolist() == theirs.target.tolist()
    assert (
        images[:, :4].sum() == images[:, -4:].sum() == images[:, :, :4].sum() == images[:, :, -4:].sum() == 0
    )
    for ours, small in zip(images[:, 4:24, 4:24], theirs.images):  # scipy enlarges as torch should have done
        large = scipy.ndimage.zoom(small / 16 * 255, 2.5, order=1, mode="nearest", grid_mode=True)
        np.testing.assert_allclose(ours, large, atol=0.51)
    assert "MNIST" not in digits.name and "not MNIST" in digits.note
    for labels in (digits.train_labels, digits.test_labels):
        assert labels.bincount().min() > 0.085 * len(labels)
