"""What `make env` installs, asked of pip itself, on shelves of empty wheels: one for every pin of the lock.

PyPI's PyTorch for Linux is built for graphics cards and brings 4 GB of libraries for them. PyTorch's own
index has the build without. Neither is asked here: two folders stand for the two.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bookbuild import torch_build

ROOT = Path(__file__).parents[2]
FOR_CARDS = ("nvidia-", "cuda-", "triton")


def locked():
    """{name: version} of what the lock pins for this system and this Python."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return {
        pin.name: str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def shelve(index, name, version, requires=()):
    """Put an empty wheel into an index as PEP 503 has them: a folder for each name, and a page in it."""
    stem = f"{name.replace('-', '_')}-{version}"
    about = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in requires)]
    (index / name).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(index / name / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", "\n".join(["Metadata-Version: 2.1", *about, ""]))
        wheel.writestr(
            f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    names = sorted(path.name for path in (index / name).glob("*.whl"))
    page = "".join(f'<a href="{each.replace("+", "%2B")}">{each}</a>\n' for each in names)
    (index / name / "index.html").write_text(page, encoding="utf-8")


@pytest.fixture(scope="module")
def shelves(tmp_path_factory):
    """Addresses of two indexes, one as PyPI and one as PyTorch's of builds for the CPU."""
    folder, pins = tmp_path_factory.mktemp("shelves"), locked()
    for_cards = [name for name in pins if name.startswith(FOR_CARDS)]
    # Every pin is there because something in requirements.txt leads to it; here one package leads to all.
    leads_to = {"torch": for_cards, "jupyter-book": [name for name in pins if name not in for_cards]}
    for name, version in pins.items():
        needs = [f"{each}=={pins[each]}" if name == "torch" else each for each in leads_to.get(name, ())]
        shelve(folder / "pypi", name, version, [each for each in needs if each != name])
        shelve(folder / "pypi", name, "99999")  # what is not pinned would be taken from here
    for name in ("torch", "torchvision"):
        needs = [f"torch=={pins['torch']}"] if name == "torchvision" else []
        shelve(folder / "pytorch", name, f"{pins[name]}+cpu", needs)
    return {each: (folder / each).as_uri() for each in ("pypi", "pytorch")}


def asked():
    """What `make env` says to pip for the lock, word by word."""
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    said = subprocess.check_output(
        ["make", "--dry-run", "--always-make", "--no-print-directory", "env"],
        cwd=ROOT,
        encoding="utf-8",
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    )
    (words,) = [shlex.split(line) for line in said.splitlines() if "requirements.lock" in line]
    return words[words.index("install") :]


def taken(**settings):
    """{name: version} of what pip would install into an empty environment under these settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, "-m", "pip", *asked(), "--dry-run", "--ignore-installed", "--report", "-"],
        cwd=ROOT,
        env={**clean, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", **settings},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    found = [each["metadata"] for each in json.loads(done.stdout)["install"]]
    return {each["name"]: each["version"] for each in found}


def test_every_pin_is_taken_from_an_ordinary_index(shelves):
    """With PyPI alone: all of the lock at its versions, and so what PyTorch brings for graphics cards."""
    assert taken(PIP_INDEX_URL=shelves["pypi"]) == locked()


def test_an_index_of_builds_for_the_cpu_leaves_out_what_is_for_graphics_cards(shelves):
    """With the one setting that README.md names, and nothing else changes."""
    found = taken(PIP_INDEX_URL=shelves["pypi"], PIP_EXTRA_INDEX_URL=shelves["pytorch"])
    expected = {name: version for name, version in locked().items() if not name.startswith(FOR_CARDS)}
    assert found == {
        **expected,
        "torch": f"{expected['torch']}+cpu",
        "torchvision": f"{expected['torchvision']}+cpu",
    }


# What is said of it.


@pytest.mark.parametrize(
    "version, cuda, said",
    [
        ("9.8.7+cpu", None, "PyTorch 9.8.7: the build without CUDA"),
        ("9.8.7", None, "PyTorch 9.8.7: the build without CUDA"),  # as on macOS
        ("9.8.7+cu132", "13.2", "PyTorch 9.8.7: the build for graphics cards (CUDA 13.2); "),
    ],
)
def test_one_line_says_which_build_it_is(tmp_path, version, cuda, said):
    """Of a PyTorch that cannot even be imported, for only its version is asked for."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    (tmp_path / "torch" / "version.py").write_text(
        f"__version__ = {version!r}\ncuda = {cuda!r}\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "bookbuild.torch_build"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(said) and done.stdout.count("\n") == 1
    assert ("leaves it out" in done.stdout) == (cuda is not None)


def test_the_readme_names_the_index_that_the_line_names():
    assert f"PIP_EXTRA_INDEX_URL={torch_build.CPU_INDEX} make book" in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )
