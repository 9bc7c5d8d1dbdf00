"""The widgets in JupyterLab and in Notebook 7, driven in Chromium: one server and one kernel behind both."""

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
from s6lib.widgets import Question

#: Where each shows a notebook. Notebook 7 is an extension of the same server.
PLACES = {"jupyterlab": "doc/tree", "notebook": "notebooks"}
pytestmark = [
    pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed: pip install {name}")
    for name in PLACES
]

ASKED = {
    "ask": "`w1` is {w1} and `i1` is {i1}. What is their product?",
    "given": {"w1": (0.1, 0.9, 0.1), "i1": (0.1, 0.5, 0.1)},
    "right": "w1 * i1",
    "wrong": {"w1 + i1": "You added them."},
    "because": "{w1} × {i1} = {right}.",
}
#: The notebook, cell by cell.
CELLS = {
    "stepper": "from s6lib.widgets import Stepper\nview = Stepper(learning_rate=0.5)\nview",
    "weights": (
        "view.learning_rate = 2\nview.weights = [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]]"
    ),
    "seen": "print('python sees', view.step, view.operation, view.proof, view.learning_rate)",
    "step": "view.step = 40",
    "digits": (
        "from s6lib.widgets import Digits\nreader = Digits(network='small', panels=['lesson'])\nreader"
    ),
    "image": "from s6lib import mnist\nreader.image = mnist.load_digits('bundled').test_images[3].numpy()",
    "label": "reader.label = 9",
    "read": (
        "from s6lib.widgets import digits\nright = digits.read(reader.image, 'small')\n"
        "gap = abs(right - reader.probabilities).max()\n"
        "print('python reads', right.argmax(), gap < 1e-10, reader.label, reader.learning_rate)"
    ),
    "drawn": "print('drawn', sum(map(sum, reader.image)) > 1000, len(reader.probabilities), reader.network)",
    "question": f"from s6lib.widgets import Question\nasked = Question(**{ASKED!r})\nasked",
    "set": "asked.set = 7",
    "chosen": "print('the set is', asked.set)",
    "told": (
        "(record,) = asked.answers.values()\n"
        "print('answered', record['misses'], record['right'], float(record['answer']), record['says'])"
    ),
    "put": "asked.answers = {asked.questions[0]['name']: {'answer': 99, 'misses': 2}}",
    "observe": (
        "heard = []\nasked.observe(lambda change: heard.extend(change.new.values()), 'answers')\n"
        "print('listening')"
    ),
    "heard": "print('heard', *[(one['misses'], one['shown'], one['answer'], one['first']) for one in heard])",
    "clear": "asked.answers = {}",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a Jupyter server that knows this checkout's s6lib, and the folder that it shows."""
    folder = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    process = subprocess.Popen(
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
            f"--ServerApp.root_dir={folder}",
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
                assert process.poll() is None, "Jupyter ended before it answered"
                time.sleep(0.5)
        else:
            pytest.fail("Jupyter did not answer within a minute")
        yield address, folder
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(params=PLACES.values(), ids=PLACES)
def notebook(request, server, open_page):
    """The page that shows the notebook, and run(name), which runs a cell of `CELLS`.

    The notebook is written anew, without outputs. Its kernel, which belongs to its path, lives on.
    """
    address, folder = server
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in CELLS.values()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
    (folder / "page.ipynb").write_text(json.dumps(made))
    page = open_page(
        f"{address}/{request.param}/page.ipynb",
        allow=(address, "data:", "blob:"),
        height=2600,
        ignore_console=True,
    )
    page.set_default_timeout(90_000)

    def answer(dialog):  # on a slow machine it asks for the kernel that the notebook has named
        dialog.locator(".jp-mod-reject" if "news" in dialog.inner_text() else ".jp-mod-accept").first.click()

    page.add_locator_handler(page.locator("dialog.jp-Dialog"), answer)

    def run(name):
        code = page.locator(".jp-CodeCell").nth([*CELLS].index(name))
        prompt = code.locator(".jp-InputPrompt").first
        for _ in range(10):  # a key pressed while the notebook is still starting is lost
            code.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
            page.wait_for_timeout(500)
            if prompt.inner_text().strip() != "[ ]:":
                return

    page.locator(".jp-CodeCell").nth(len(CELLS) - 1).wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for()
    return page, run


def test_traits_travel_both_ways(notebook):
    walks_the_stepper(*notebook)
    reads_a_digit(*notebook)
    answers_a_question(*notebook)


def walks_the_stepper(page, run):
    run("stepper")
    root = page.locator(".s6-stepper")
    root.locator(".net").wait_for()
    value = lambda name: float(root.locator(f"[data-quantity={name}]").first.get_attribute("data-value"))
    rate = root.get_by_label("Learning rate", exact=True)
    assert rate.input_value() == "0.5" and value("w1") == toy.WEIGHTS[0, 0, 0]

    run("weights")  # Python -> view
    page.wait_for_function("document.querySelector('[data-quantity=w8]').dataset.value === '0.8'")
    assert rate.input_value() == "2"
    assert value("w1") == 0.1

    page.get_by_role("button", name="Step forward", exact=True).click(click_count=3)  # view -> Python
    page.get_by_role("button", name=re.compile("^w6")).click()
    page.get_by_role("button", name="Why w6 moves as it does").click()
    page.get_by_role("button", name="Next operation", exact=True).click()
    rate.fill("0.8")
    rate.press("Enter")
    run("seen")
    page.get_by_text("python sees 3 h1 w6 0.8").wait_for()

    run("step")
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.step === '40'")
    weights = toy.train(
        [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]], toy.INPUTS, toy.TARGETS, 0.8, 40
    ).weights[40]
    assert value("w8") == pytest.approx(weights[1, 1, 1], abs=1e-12)
    page.get_by_role("button", name="Step back", exact=True).press("Enter")  # keys stay in the widget
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.step === '39'")


def reads_a_digit(page, run):
    run("digits")
    reader = page.locator(".s6-digits")
    reader.locator(".examples button").last.wait_for()
    reader.get_by_label("Learning rate").fill("0.001")
    reader.get_by_label("Learning rate").press("Enter")
    run("image")  # Python -> view, which tells Python what it finds
    page.wait_for_function("document.querySelector('.s6-digits').dataset.answer === '3'")
    run("label")
    page.wait_for_function(
        "document.querySelector('.s6-digits .lesson select, .s6-digits select').value === '9'"
    )
    run("read")
    page.get_by_text("python reads 3 True 9 0.001").wait_for()
    reader.get_by_role("button", name="Clear", exact=True).click()
    reader.get_by_role("button", name="Load a 7").click()
    reader.get_by_label("Network", exact=True).select_option("bent")
    page.wait_for_function("document.querySelector('.s6-digits').dataset.answer === '7'")
    run("drawn")
    page.get_by_text("drawn True 10 bent").wait_for()


def answers_a_question(page, run):
    run("question")
    root = page.locator(".s6-question")
    other = root.get_by_role("button", name="Other numbers")
    other.wait_for()
    run("set")  # Python -> view
    root.get_by_text("Numbers: set 7", exact=True).wait_for()
    asked = root.locator(".ask").inner_text()
    w1, i1 = map(float, re.findall(r"\d\.\d+", asked))
    here = Question(**ASKED, set=7)
    for answer, is_right in ((w1 + i1, False), (w1 * i1, True)):  # the page judges as Python does
        verdict = here.check(f"{answer:g}")
        assert verdict.right is is_right
        root.get_by_role("textbox").fill(f"{answer:g}")
        root.get_by_role("textbox").press("Enter")
        root.locator(f".said[data-state={'right' if is_right else 'wrong'}]").wait_for()
        assert verdict.says.split(".")[0] in root.locator(".said").inner_text()
        run("told")  # view -> Python
        told = "1 True" if is_right else "1 False"
        says = "" if is_right else " You added them."
        page.get_by_text(f"answered {told} {float(f'{answer:g}')}{says}").wait_for()
    field = root.get_by_role("textbox")
    run("put")  # Python -> view
    root.locator(".said[data-state=wrong]").wait_for()
    assert field.input_value() == "99.0" and here.check(99).says in root.locator(".said").inner_text()
    assert field.get_attribute("data-state") == "wrong" and field.is_editable()
    run("observe")
    page.get_by_text("listening", exact=True).wait_for()
    field.fill("98")
    field.press("Enter")
    root.get_by_role("button", name="Show me").click()
    run("heard")
    page.get_by_text("heard (3, False, '98', False) (3, True, '98', False)", exact=True).wait_for()
    run("clear")
    page.wait_for_function("!document.querySelector('.s6-question .said').innerText")
    assert field.input_value() == "" and field.is_editable()
    other.click()  # view -> Python
    shown = re.search(r"set (\d+)", root.locator(".set").inner_text())[1]
    assert shown != "7"
    run("chosen")
    page.get_by_text(f"the set is {shown}").wait_for()
