"""The chapter that is one notebook: alone with four packages, and to the last bit what the library does."""

import ast
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import warnings
from importlib import metadata
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
from IPython.display import Markdown
from nbclient import NotebookClient
from notebooks import ROOT, load, of_kind, source
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_chapters import SLIPS

from s6lib import mnist

CHAPTER = ROOT / "book" / "s6.ipynb"
CELLS = {cell["id"]: source(cell) for cell in of_kind(load(CHAPTER), "code")}
#: What a reader has installed, and what runs a notebook.
PACKAGES = ("torch", "torchvision", "matplotlib", "tqdm")
RUNS_IT = ("ipykernel",)
#: The images, the network, the training and the test; and the rest of what is taught.
CORE = ("mnist", "sets", "loader", "net", "train", "test", "whole", "go")
AROUND = ("03", "04", "log", "look", "curves", "wrong")
#: What keeps the page from failing.
GUARDS = ("05", "instead")

DATA = os.environ.get("S6LIB_DATA", "")
needs_mnist = pytest.mark.skipif(
    not (Path(DATA) / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").is_file(),
    reason="S6LIB_DATA names no folder with MNIST",
)


# What is taught ----------------------------------------------------------------------------------


def closure(*names):
    """These distributions, and all that they need."""
    found, left = set(), list(names)
    while left:
        name = canonicalize_name(left.pop())
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            wanted = map(Requirement, requires)
            left += [each.name for each in wanted if not each.marker or each.marker.evaluate({"extra": ""})]
    return found


def modules(*names):
    """The modules that these distributions and all that they need bring."""
    there = closure(*names)
    return {
        module
        for module, owners in metadata.packages_distributions().items()
        if there & {canonicalize_name(owner) for owner in owners}
    }


def test_what_is_taught_needs_four_packages_and_nothing_of_this_book():
    """scikit-learn is asked for only where it is found, and so are questions that take an answer; the rest of
    s6lib after what is taught."""
    names = list(CELLS)
    taught = names[1 : names.index("s6-library")]
    found = {
        name if name.startswith("s6lib") else name.split(".")[0]
        for each in taught
        for node in ast.walk(ast.parse(CELLS[each]))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    assert found - modules(*PACKAGES, *RUNS_IT) - sys.stdlib_module_names == {"sklearn", "s6lib.widgets"}


def lines(names):
    return sum(
        bool(line.strip()) and not line.strip().startswith("#")
        for name in names
        for line in CELLS[f"s6-{name}"].splitlines()
    )


def test_it_takes_as_many_lines_as_it_says():
    text = "\n".join(source(cell) for cell in of_kind(load(CHAPTER), "markdown"))
    assert "took about ninety lines;" in text and 85 <= lines(CORE) <= 97, lines(CORE)
    assert "are some sixty more" in text and 55 <= lines(AROUND) <= 74, lines(AROUND)
    assert "take about a hundred lines" in text and 90 <= lines(GUARDS) <= 110, lines(GUARDS)


# Alone -------------------------------------------------------------------------------------------

ALONE = """
import json, pathlib, socket, sys
here = pathlib.Path(__file__).parent
absent = set(json.loads((here / "absent.json").read_text()))

class Only:
    '''A finder that finds what another finds, without what is absent.'''
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in absent:
            return None
        return self.finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = map(Only, sys.meta_path)
lookup = socket.getaddrinfo

def offline(host, *args, **more):
    if host in (None, "", "localhost", "127.0.0.1", "::1"):
        return lookup(host, *args, **more)
    with open(here / "asked", "a") as file:
        file.write(f"{host}\\n")
    raise socket.gaierror(socket.EAI_NONAME, "no network")

socket.getaddrinfo = offline
"""


def alone(tmp_path, *packages, changed="", **variables):
    """The chapter, executed in an empty folder with these packages and no network: its outputs by cell, what
    it left in the folder, and the hosts that it asked for."""
    folder, beside = tmp_path / "empty", tmp_path / "beside"
    folder.mkdir()
    beside.mkdir()
    (beside / "sitecustomize.py").write_text(ALONE, encoding="utf-8")
    absent = {*metadata.packages_distributions(), "s6lib"} - modules(*packages, *RUNS_IT)
    assert {"s6lib", "pandas", "papermill"} <= absent
    (beside / "absent.json").write_text(json.dumps(sorted(absent)), encoding="utf-8")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and name not in ("S6LIB_DATA", "PYTHONPATH")
    }
    environment |= {"PYTHONPATH": str(beside), "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    notebook = nbformat.read(CHAPTER, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += f"\n{changed}"
    client = NotebookClient(notebook, timeout=280, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**environment, **variables})
    asked = beside / "asked"
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    return outputs, list(folder.iterdir()), asked.read_text().split() if asked.exists() else []


def told(outputs):
    return "\n".join(
        each["data"].get("text/markdown", "") for each in sum(outputs.values(), []) if "data" in each
    )


def pictures(outputs, cell):
    return [each for each in outputs[f"s6-{cell}"] if "image/svg+xml" in each.get("data", {})]


def test_alone_without_a_network_it_trains_on_digits_of_its_own(tmp_path):
    outputs, left, asked = alone(tmp_path, *PACKAGES)
    text = told(outputs)
    assert asked and not left
    assert "MNIST was not to be had." in text and "digits printed in fonts" in text
    assert "**This comparison was left out,**" in text and "`s6lib` is not installed." in text
    assert "After 3 epochs on 6,000 images" in text
    assert len(pictures(outputs, "curves")) == len(pictures(outputs, "wrong")) == 1


@needs_mnist
def test_alone_with_mnist_it_trains_on_mnist(tmp_path):
    outputs, left, asked = alone(tmp_path, *PACKAGES, changed="epochs = 1", S6LIB_DATA=DATA)
    text = told(outputs)
    assert not asked and not left and "```{note}" not in text
    assert re.search(r"all 10,000 test images: MNIST\.", text) and "After 1 epoch on 6,000 images" in text


def test_bundled_digits_ask_for_no_network(tmp_path):
    changed = 'dataset = "bundled"; epochs = 0'
    outputs, left, asked = alone(tmp_path, *PACKAGES, "scikit-learn", changed=changed)
    text = told(outputs)
    assert not asked and not left
    assert (
        "scikit-learn's digits" in text and "MNIST was not to be had" not in text and "**Untrained**" in text
    )


# Its images --------------------------------------------------------------------------------------


def ran(*cells, **names):
    """What these cells, executed in this process, leave; without IPython's own commands."""
    namespace = {**names}
    for each in ("03", *cells):
        exec(compile(CELLS[f"s6-{each}"], each, "exec"), namespace)
    return namespace


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder, without data of the reader's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("S6LIB_DATA", raising=False)
    return tmp_path


def test_the_bundled_digits_are_the_librarys():
    train, test, *_ = ran("mnist", "instead")["loaded"]("bundled")
    digits = mnist.load_digits("bundled")
    for ours, theirs in zip((train.data, train.targets, test.data, test.targets), digits[:4], strict=True):
        assert ours.dtype == theirs.dtype and torch.equal(ours, theirs)


def test_its_transforms_normalise_as_the_library_does():
    made = ran("mnist", "instead")
    images = torch.arange(784).remainder(256).byte().reshape(1, 28, 28)
    (seen, label) = made["Pictures"](images, torch.tensor([7]))[0]
    assert torch.equal(seen.unsqueeze(0), mnist.normalise(images)) and label == 7


def test_printed_digits_are_the_same_each_time_and_all_different():
    printed = ran("mnist", "instead")["printed"]
    (images, labels), (again, _) = printed(300), printed(300)
    assert torch.equal(images, again) and len(images.flatten(1).unique(dim=0)) == 300
    assert torch.equal(labels.bincount(), torch.full((10,), 30))
    border = torch.cat([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], dim=1)
    assert images.amax(dim=(1, 2)).min() > 100 and (border > 0).float().mean() < 0.01  # none is cut off


class Server(http.server.BaseHTTPRequestHandler):
    """Sends a part of what it announces, or nothing at all."""

    sends = b""

    def do_GET(self):
        if self.sends is None:
            time.sleep(30)
        self.send_response(200)
        self.send_header("Content-Length", "9912422")
        self.end_headers()
        self.wfile.write(self.sends or b"")

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("sends", [b"half of it", None], ids=["half", "silence"])
def test_a_download_that_fails_is_told_and_does_not_hang(sends, home):
    made = ran("mnist", "instead")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Sends", (Server,), {"sends": sends}))
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made["datasets"].MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        start = time.monotonic()
        with pytest.raises(RuntimeError, match=r"^dataset: MNIST is not to be had in data \(.*MNIST.raw"):
            made["loaded"]("mnist")
        assert time.monotonic() - start < 20
        train, _, name, note = made["loaded"]("auto")
    server.shutdown()
    assert name == "scikit-learn's digits" and note.startswith("MNIST was not to be had")
    assert socket.getdefaulttimeout() is None


@needs_mnist
def test_a_damaged_file_is_no_success(home):
    raw = home / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (Path(DATA) / "MNIST" / "raw").glob("*ubyte"):
        (raw / path.name).write_bytes(path.read_bytes()[: 5_000_000 if "images" in path.name else None])
    made = ran("mnist", "instead")
    with pytest.raises(RuntimeError, match="remove what is damaged"):
        made["loaded"]("mnist")
    assert made["loaded"]("auto")[2] == "scikit-learn's digits"


@needs_mnist
def test_what_the_other_chapters_have_fetched_is_taken(home):
    raw = home / "home" / ".cache" / "s6lib" / "MNIST" / "raw"
    raw.parent.mkdir(parents=True)
    raw.symlink_to(Path(DATA) / "MNIST" / "raw")
    train, *_ = ran("mnist", "instead")["loaded"]("mnist")
    assert len(train) == 60_000 and not (home / "data").exists()


# Its claim, and what it says -----------------------------------------------------------------------


def said(changed="", *edits):
    """The computed sentences of the page, run in this process on bundled digits; and what it has made."""
    namespace, words = {}, []
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.use("agg")
        warnings.simplefilter("error", RuntimeWarning)
        for name, text in list(CELLS.items())[1:]:
            if name == "s6-look":  # speaks to IPython
                continue
            for old, new in edits:
                text = text.replace(old, new)
            tree = ast.parse(text)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), namespace)
            shown = eval(compile(ast.Expression(last.value), name, "eval"), namespace) if last else None
            if isinstance(shown, Markdown):
                words.append(shown.data)
            if name == "s6-04":
                exec(f'dataset = "bundled"; train_size = 300; {changed}', namespace)
        plt.close("all")
    return "\n".join(words), namespace


@pytest.mark.parametrize(
    "changed, words",
    [
        ("epochs = 0", r"\*\*Untrained\*\*, the network reads"),
        ("epochs = 0", "for nothing was trained"),
        ("epochs = 1; train_size = 1; batch_size = 1", "After 1 epoch on 1 image, .*(?s:.*) after 1 step[.]"),
        ("epochs = 2; train_size = 5; batch_size = 60_000; momentum = 0", "after 2 steps"),
        ("epochs = 4; step_size = 1; gamma = 1000; learning_rate = 1e-9; seed = 0", "After 4 epochs"),
        ("seed = 2**32 - 1; momentum = 0.9999; learning_rate = 2.5; gamma = 0.3; step_size = 1", "agree"),
        ("train_size = 60_000; epochs = 1", "You asked for 60,000 to learn from; there are no more"),
    ],
)
def test_the_page_holds_at_the_ends_of_its_ranges(changed, words):
    text, made = said(changed)
    assert re.search(words, text), text
    assert not re.search(SLIPS, text), re.search(f".*{SLIPS}.*", text)[0]
    assert len(made["differences"]) == 22


def test_a_run_that_diverges_says_so():
    with pytest.raises(FloatingPointError, match="learning_rate was 1000, take a smaller one"):
        said("learning_rate = 1000; momentum = 0.99; epochs = 9")


@pytest.mark.parametrize("threads", [1, 2])
def test_its_claim_holds_on_any_number_of_threads(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        text, _ = said("epochs = 1; train_size = 1000; batch_size = 96")
    finally:
        torch.set_num_threads(before)
    assert "**All 12,426** agree, in all their digits, after 11 steps." in text


@pytest.mark.parametrize(
    "edit",
    [
        ("    torch.manual_seed(seed)  # for dropout\n", ""),  # the exercise
        ("generator=torch.Generator())", "generator=None)"),  # the trap
        ("    model.eval()\n", ""),  # another exercise: the next epoch notices
        ("        optimizer.zero_grad()\n", ""),
        ("(0.3081,)", "(0.3082,)"),
        ("nn.Dropout(0.1)", "nn.Dropout(0.2)"),
    ],
    ids=["seed", "loader", "eval", "zero_grad", "transform", "dropout"],
)
def test_the_claim_sees_a_slip(edit):
    assert sum(edit[0] in text for text in CELLS.values()) == 1
    with pytest.raises(AssertionError):
        said("", edit)


def test_looking_at_the_test_set_changes_no_weight():
    """And so the last epoch is as good as if nobody had looked."""
    _, looked = said()
    _, blind = said("", ("test(model, device, test_set)[:2]", "(0.0, 0.0)"))
    for one, other in zip(
        looked["model"].state_dict().values(), blind["model"].state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)


def test_it_runs_to_its_end_where_no_notebook_is(tmp_path):
    """As a program that a reader has pasted the cells into: they ask IPython for nothing but its look."""
    program = tmp_path / "s6.py"
    cells = [text for name, text in CELLS.items() if name not in ("s6-02", "s6-look")]
    short = "epochs, train_size, dataset = 1, 300, 'bundled'"
    program.write_text("\n".join([*cells[:2], short, *cells[2:]]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, program],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
