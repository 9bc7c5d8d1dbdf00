"""The study that measures what running a chapter takes, on notebooks that are known to take it."""

import costs
import nbformat
import pytest
from notebooks import ROOT


def test_a_notebook_that_takes_memory_and_time_and_reads_is_told_to(tmp_path):
    images = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    images.parent.mkdir(parents=True)
    images.write_bytes(bytes(3_000_000))
    cells = [
        f"taken = bytearray(300_000_000)\nopen({str(images)!r}, 'rb').read()",
        "import time\nuntil = time.process_time() + 1\nwhile time.process_time() < until: pass",
        "import socket\nasked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "try:\n    asked.connect(('192.0.2.1', 9))\nexcept OSError:\n    pass",
    ]
    path = tmp_path / "notebook.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells]), path)
    found = costs.measure(path)
    assert found.keys() == {*costs.COLUMNS} - {"chapter"}
    assert 300 < found["memory_mb"] < 600
    assert 1 <= found["processor_seconds"] < 10
    assert (found["mnist_mb"], found["hosts"]) == (3.0, 1)


def test_chapters_are_those_of_the_table_of_contents_and_no_other_is_measured():
    assert costs.chapters()[:2] == ["forward_pass", "backpropagation"]
    assert {*costs.chapters()} == {path.stem for path in (ROOT / "book").glob("*.ipynb")} - {"index"}
    with pytest.raises(SystemExit, match="no such chapter: forward; there are forward_pass, "):
        costs.main(["forward"])
