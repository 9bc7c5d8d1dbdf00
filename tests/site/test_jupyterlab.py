"""The stepper as a widget: JupyterLab, driven in Chromium, with a kernel behind it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from s6lib import toy

pytestmark = pytest.mark.skipif(
    find_spec("jupyterlab") is None, reason="JupyterLab is not installed: pip install jupyterlab"
)


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab that serves `tmp_path` and knows this checkout's s6lib."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = str(Path(__file__).parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": root,
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyter",
            "lab",
            "--no-browser",
            "--allow-root",
            f"--port={port}",
            "--port-retries=0",
            "--IdentityProvider.token=",
            "--ServerApp.password=",
            f"--ServerApp.root_dir={tmp_path}",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urlopen(f"{address}/api/status", timeout=2).close()
                break
            except (URLError, OSError):
                assert server.poll() is None, "JupyterLab ended before it answered"
                time.sleep(0.5)
        else:
            pytest.fail("JupyterLab did not answer within a minute")
        yield address
    finally:
        server.terminate()
        server.wait(20)


def cell(source):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}


def test_traits_travel_both_ways(lab, open_page, tmp_path):
    cells = [
        cell("from s6lib.widgets import Stepper\nview = Stepper(learning_rate=0.5)\nview"),
        cell("view.learning_rate = 2\nview.weights = [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]]"),
        cell("print('python sees', view.step, view.operation, view.proof, view.learning_rate)"),
        cell("view.step = 40"),
        cell("from s6lib.widgets import Digits\nreader = Digits(network='small', panels=['lesson'])\nreader"),
        cell("from s6lib import mnist\nreader.image = mnist.load_digits('bundled').test_images[3].numpy()"),
        cell("reader.label = 9"),
        cell(
            "from s6lib.widgets import digits\nright = digits.read(reader.image, 'small')\n"
            "gap = abs(right - reader.probabilities).max()\n"
            "print('python reads', right.argmax(), gap < 1e-10, reader.label, reader.learning_rate)"
        ),
        cell("print('drawn', sum(map(sum, reader.image)) > 1000, len(reader.probabilities), reader.network)"),
    ]
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    (tmp_path / "page.ipynb").write_text(json.dumps(notebook))
    page = open_page(
        f"{lab}/doc/tree/page.ipynb", allow=(lab, "data:", "blob:"), height=2600, ignore_console=True
    )
    page.set_default_timeout(90_000)

    def answer(dialog):  # on a slow machine it asks for the kernel that the notebook has named
        dialog.locator(".jp-mod-reject" if "news" in dialog.inner_text() else ".jp-mod-accept").first.click()

    page.add_locator_handler(page.locator("dialog.jp-Dialog"), answer)

    def run(n):
        code = page.locator(".jp-CodeCell").nth(n)
        for _ in range(10):  # a key pressed while the notebook is still starting is lost
            code.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
            page.wait_for_timeout(500)
            if code.locator(".jp-InputPrompt").inner_text().strip() != "[ ]:":
                return

    page.locator(".jp-CodeCell").nth(8).wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for()
    run(0)
    root = page.locator(".s6-stepper")
    root.locator(".net").wait_for()
    value = lambda name: float(root.locator(f"[data-quantity={name}]").first.get_attribute("data-value"))
    rate = page.get_by_label("Learning rate", exact=True)
    assert rate.input_value() == "0.5" and value("w1") == toy.WEIGHTS[0, 0, 0]

    run(1)  # Python -> view
    page.wait_for_function("document.querySelector('[data-quantity=w8]').dataset.value === '0.8'")
    assert rate.input_value() == "2"
    assert value("w1") == 0.1

    page.get_by_role("button", name="Step forward", exact=True).click(click_count=3)  # view -> Python
    page.get_by_role("button", name=re.compile("^w6")).click()
    page.get_by_role("button", name="Why w6 moves as it does").click()
    page.get_by_role("button", name="Next operation", exact=True).click()
    rate.fill("0.8")
    rate.press("Enter")
    run(2)
    page.get_by_text("python sees 3 h1 w6 0.8").wait_for()

    run(3)
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.step === '40'")
    weights = toy.train(
        [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]], toy.INPUTS, toy.TARGETS, 0.8, 40
    ).weights[40]
    assert value("w8") == pytest.approx(weights[1, 1, 1], abs=1e-12)
    page.get_by_role("button", name="Step back", exact=True).press("Enter")  # keys stay in the widget
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.step === '39'")

    run(4)
    reader = page.locator(".s6-digits")
    reader.locator(".examples button").last.wait_for()
    reader.get_by_label("Learning rate").fill("0.001")
    reader.get_by_label("Learning rate").press("Enter")
    run(5)  # Python -> view, which tells Python what it finds
    page.wait_for_function("document.querySelector('.s6-digits').dataset.answer === '3'")
    run(6)
    page.wait_for_function(
        "document.querySelector('.s6-digits .lesson select, .s6-digits select').value === '9'"
    )
    run(7)
    page.get_by_text("python reads 3 True 9 0.001").wait_for()
    reader.get_by_role("button", name="Clear", exact=True).click()
    reader.get_by_role("button", name="Load a 7").click()
    reader.get_by_label("Network", exact=True).select_option("bent")
    page.wait_for_function("document.querySelector('.s6-digits').dataset.answer === '7'")
    run(8)
    page.get_by_text("drawn True 10 bent").wait_for()
