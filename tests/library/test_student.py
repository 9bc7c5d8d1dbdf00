"""A student's day: the lines that *Faster and smaller* shows, taken from its page, stopped, and run again.

The digits are few here, and the test is the bundled digits, repeated until there are as many as in MNIST's.
So the lines run anywhere and in seconds, and what they find is nothing to claim.
"""

import json
import re
import signal
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from s6lib import cnn, fit, mnist, recipe, report

CHAPTER = Path(__file__).parents[2] / "book" / "faster_and_smaller.ipynb"


@pytest.fixture(scope="module")
def lines():
    """The code block of the page that hands a picture in."""
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    blocks = re.findall(r"```python\n(.*?)```", "\n".join("".join(cell["source"]) for cell in cells), re.S)
    (block,) = [each for each in blocks if "hand_in.png" in each]
    return block


@pytest.fixture
def few(monkeypatch):
    bundled = mnist.load_digits("bundled")
    digits = mnist.Digits(
        bundled.train_images[:96],
        bundled.train_labels[:96],
        bundled.test_images.repeat(20, 1, 1),
        bundled.test_labels.repeat(20),
        "MNIST",
        "",
    )
    monkeypatch.setattr(mnist, "load_digits", lambda name: digits)
    return digits


def stop_at(step, monkeypatch):
    """Let Ctrl-C be pressed within this step."""
    loss, calls = fit.nll_loss, []

    def pressed(*given):
        calls.append(given)
        if len(calls) == step:
            signal.raise_signal(signal.SIGINT)
        return loss(*given)

    monkeypatch.setattr(fit, "nll_loss", pressed)


def uninterrupted(digits):
    """The first network of these lines, as it becomes if nobody stops it; judged on few images, which it does
    not learn from."""
    model = cnn.DigitCNN(channels=(8, 16), seed=1)
    own = recipe.Recipe(learning_rate=0.05, epochs=1, batch_size=32, seed=1)
    brief = digits._replace(test_images=digits.test_images[:10], test_labels=digits.test_labels[:10])
    fit.fit(model, brief, own, held_out="test", progress=False)
    return model


def test_fifteen_lines_are_a_day(ctrl_c, lines, few, monkeypatch, tmp_path):
    assert len([line for line in lines.splitlines() if line.strip()]) <= 15
    assert max(map(len, lines.splitlines())) <= 72
    *made, shown = lines.replace("epochs=5", "epochs=1, batch_size=32").strip().splitlines()
    assert "epochs=1" in "".join(made)
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patched:
        stop_at(2, patched)
        with pytest.raises(KeyboardInterrupt):
            exec("\n".join(made), {})
    assert [path.name for path in tmp_path.iterdir()] == ["1.checkpoint"], "stopped in the first run"
    names = {}
    exec("\n".join(made), names)

    some = few.test_images[:500], few.test_labels[:500]
    for seed, model in ((3, names["model"]), (1, uninterrupted(few))):  # loaded; and never stopped
        answers = fit.evaluate(model, *some).predictions
        np.testing.assert_array_equal(names["mine"][seed].predictions[:500], answers)

    compared = eval(shown, names)
    assert isinstance(compared, report.Comparison) and compared.compared["runs"].to_dict() == {
        "author": 10,
        "mine": 3,
    }
    assert "mine reads" in compared.sentence and "author" in compared.sentence
    picture = plt.imread(tmp_path / "hand_in.png")
    assert picture.shape[0] > 100 and picture[..., :3].std() > 0.01
    plt.close("all")
