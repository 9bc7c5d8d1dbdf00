"""All that a report, a comparison, a reading and a history can say, in the made-up language.

Whatever can be said is said here, and every message of these modules must have been: so each is a whole
sentence or label, and none stays English.
"""

import ast
import html
import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from bookbuild import made_up, messages, translation
from s6lib import drawings, fit, preparation, report, results, words
from s6lib.mnist import Digits
from s6lib.report import compare
from s6lib.report.reading import DARK, Reading

#: Where the messages stand.
MODULES = ("comparing", "network", "page", "reading", "verdict")
#: Names that no language translates: what code calls parts of a report, and layers.
CODE = {
    "paired",
    "True",
    "confusion",
    "hardest",
    "calibration",
    "layers",
    "linear",
    "average",
    "flatten",
    "Reading",
}


class Heard(dict):
    """Messages, and which of them were asked for."""

    def __init__(self, known):
        super().__init__(known)
        self.asked = set()

    def get(self, message, *default):
        self.asked.add(message)
        return super().get(message, *default)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    path = tmp_path_factory.mktemp("language") / "qps.po"
    made = messages.template(messages.of_library().values(), made_up.LANGUAGE, made_up.DECIMAL, made_up.text)
    path.write_text(made, encoding="utf-8")
    read = words.read(path)
    return words.Catalogue(read.language, read.decimal, read.plural, Heard(read.messages))


@pytest.fixture
def spoken(catalogue, monkeypatch):
    monkeypatch.setattr(words, "CATALOGUE", catalogue)


def read_by_all(shown):
    """What a reader reads or hears of HTML: its text, and the names of its pictures."""
    heard = re.findall(r'aria-label="([^"]*)"', shown)
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", shown, flags=re.S)
    return html.unescape(" ".join([text, *heard]))


def check(*texts):
    """Nothing in English, no decimal point, and nothing that was never filled in."""
    for text in texts:
        assert made_up.left_over(text, CODE) == [] and made_up.MORE in text, text
        assert not re.search(r"\d\.\d|[{}]", text) and "nan" not in text.lower(), text


def runs(correct, seeds=None, total=1000, **more):
    seeds = seeds or range(1, len(correct) + 1)
    return pd.DataFrame({"seed": seeds, "test_correct": correct, "test_total": total, **more})


def answered(right, held_out="test", data="MNIST"):
    """A report of a network that is right on just these images, as sure as of 90 % of each."""
    read = np.where(right, 0, 1)
    return report.of_answers(
        np.log(np.eye(10)[read] * 0.9 + 0.01), np.zeros(len(right), int), name="w1", data=data,
        held_out=held_out,
    )  # fmt: skip


LOW, HIGH = [900, 910, 905, 917], [942, 951, 949, 961]
#: Two that are compared, {what may be claimed of them: their runs}; each is said by difference and by ratio.
PAIRS = {
    "more": (LOW, HIGH),
    "fewer": (HIGH, LOW),
    "not clear": (LOW, [905, 904, 911, 913]),
    "no interval, more": (LOW[:1] * 3, HIGH[:1] * 4),
    "no interval, fewer": (HIGH[:1] * 3, LOW[:1] * 4),
    "no interval, equal": (LOW[:1] * 3, LOW[:1] * 4),
    "one more run, outside": (LOW, [999]),
    "one more run, within": (LOW, [912]),
    "one more run of the other": ([998], LOW),
    "one run each": (LOW[:1], HIGH[:1]),
}
COUNTED = np.arange(300)
#: The same of networks, image by image: which images each reads.
NETWORKS = {
    "more": (COUNTED % 10 > 0, COUNTED % 100 > 0),
    "fewer": (COUNTED % 100 > 0, COUNTED % 10 > 0),
    "not clear": (COUNTED % 10 > 0, COUNTED % 10 > 0),
}


def comparisons():
    """One of every kind, {what it is: the comparison}."""
    for (name, pair), by in itertools.product(PAIRS.items(), ("difference", "ratio")):
        yield f"{name}, {by}", compare(*map(runs, pair), by=by)
    for (name, pair), test in itertools.product(NETWORKS.items(), ("test", "validation")):
        yield f"networks, {name}, {test}", compare(*(answered(each, test) for each in pair))
    yield "no name of the test", compare(*(answered(COUNTED < 3, "validation", "") for _ in "AB"))
    yield "runs of MNIST", compare(runs(LOW, data="MNIST"), runs(HIGH, data="MNIST"))
    yield "groups", compare(runs(LOW), runs(HIGH, [11, 12, 13, 14]))
    yield "groups that share two", compare(runs(LOW), runs(HIGH, [3, 4, 5, 6]))
    yield "pairs of what both have", compare(runs(LOW), runs(HIGH, [3, 4, 5, 6]), paired=True)
    yield "left out of one", compare(runs(LOW[:3]), runs(HIGH), paired=True)
    yield "pairs alike", compare(runs(LOW), runs([each + 3 for each in LOW]))
    yield "other sizes", compare(runs(LOW, train_size=60_000), runs(HIGH, train_size=6000))
    many = {
        by: [runs(HIGH), runs(LOW), runs([980, 991, 988, 985]), runs(HIGH)] for by in ("difference", "ratio")
    }
    for by, tables in many.items():
        yield f"several, {by}", compare(*tables, by=by, paired=False)
        yield f"several and one run, {by}", compare(*tables[:2], runs([999]), by=by)
    yield "several runs alone", compare(runs(LOW), runs([999]), runs([998]))
    yield "against one run", compare(runs([999]), runs(LOW), runs(LOW))
    yield "no intervals", compare(runs(LOW[:1]), runs(LOW[:1]), runs(HIGH[:1]))
    yield "one interval", compare(runs(LOW), runs([each + 3 for each in LOW]), runs(HIGH))
    more, fewer = COUNTED % 100 > 0, COUNTED % 3 > 0
    yield "several networks", compare(*(answered(each) for each in (COUNTED % 10 > 0, more, fewer, more)))


def test_every_comparison_is_said_in_the_language(spoken):
    for name, told in comparisons():
        check(told.sentence, read_by_all(told._repr_html_()), repr(told), told.unit, *told.notes)
        assert {"A", "B"} <= set(re.findall(r"\b[A-Z]\b", told.sentence)), name


def test_every_comparison_is_a_sentence_in_english():
    """What names and numbers stand in it are those of its table."""
    for name, told in comparisons():
        assert re.fullmatch(r"[A-Z][^{}]*\.", told.sentence) and "  " not in told.sentence, name
        assert all(each in told.sentence for each in (told.baseline, *told.table.index)), name
        row = told.table.iloc[0]
        if len(told.table) == 1 and row["compared"] != "one more run" and not math.isnan(row["from"]):
            written = [f"{value:.3g}" for value in row[["from", "to"]]]
            if told.by == "difference":
                written = [f"{100 * abs(value):.2f}" for value in row[["from", "to"]]]
            assert set(written) <= set(re.findall(r"\d[\d.]*\d", told.sentence)), name


def test_english_says_more_of_what_is_more_and_of_which_images():
    said = {name: told.sentence for name, told in comparisons()}
    for name in ("more, difference", "no interval, more, difference", "networks, more, test"):
        assert "points more than A" in said[name], name
    for name in ("fewer, difference", "no interval, fewer, difference", "networks, fewer, test"):
        assert "points fewer than A" in said[name], name
    assert "B reads as many as A" in said["no interval, equal, difference"]
    assert "B makes as many errors as A" in said["no interval, equal, ratio"]
    assert re.search(r"B makes 0\.\d+ times the errors of A", said["no interval, more, ratio"])
    for by, made in ("difference", "images are read"), ("ratio", "errors are made"):
        kinds = re.findall(
            f"clearly (more|fewer) {made}, as a mean over all seeds, by (.)", said[f"several, {by}"]
        )
        assert kinds == (
            [("more", "C"), ("fewer", "B")] if by == "difference" else [("more", "B"), ("fewer", "C")]
        )
    for name, sentence in said.items():
        assert ("validation image" in sentence) == (name.endswith("validation") or "no name" in name), name


@pytest.fixture(scope="module")
def digits():
    rows = np.arange(40) % 28
    images = np.zeros((40, 28, 28), np.uint8)
    images[np.arange(40), rows, :] = 200
    labels = np.arange(40) % 10
    return Digits(images, labels, images, labels, "MNIST", "")


class OwnLayer(nn.Module):
    """A network whose products nobody knows."""

    def __init__(self, count=784):
        super().__init__()
        self.w1 = nn.Parameter(nn.init.normal_(nn.Linear(count, 10).weight.T.clone()))

    def forward(self, images):
        return images.flatten(1)[:, : len(self.w1)] @ self.w1


def reports(digits):
    """Reports of every kind."""
    torch.manual_seed(0)
    yield report.report(results.network("author"), digits, progress=False)
    yield report.report(OwnLayer(), digits, held_out="validation", progress=False, name="w1")
    yield report.report(nn.Sequential(nn.Conv2d(1, 1, 1), OwnLayer()), digits, progress=False, name="w1")
    yield answered(COUNTED > 300)
    yield answered(COUNTED > -1)
    yield answered(COUNTED > 0)
    yield answered(COUNTED > 0, data="bundled digits")
    nine = digits._replace(test_images=digits.test_images[:9], test_labels=digits.test_labels[:9])
    yield report.report(results.network("author"), nine, progress=False)


def test_every_report_is_said_in_the_language(spoken, digits):
    for told in reports(digits):
        check(read_by_all(told._repr_html_()), re.sub(r"\(\d+\)", "", repr(told)), *told.notes)


def test_english_says_which_images_they_are(digits):
    for told in reports(digits):
        for shown in (read_by_all(told._repr_html_()), repr(told)):
            assert f"{told.total} {told.held_out} images of {told.data}" in shown


def drawn(said, digit=None, sure=False):
    shares = np.full(10, 0.0125) + 0.875 * (np.arange(10) == 3)
    return Reading(digit, shares, np.zeros((28, 28), np.uint8), said, sure)


def test_every_reading_is_said_in_the_language(spoken):
    readings = [drawn(said) for said in preparation.NO_DIGIT]
    readings += [drawn(said, 3) for said in ("", preparation.CUT_OFF, DARK)]
    for each in readings:
        check(read_by_all(each._repr_html_()), repr(each))
    check(read_by_all(drawn("", 3, sure=True)._repr_html_()))
    real = report.read(results.network("author"), drawings.rasterise(drawings.digit(7)))
    check(read_by_all(real._repr_html_()))


def history(count, data, held_out):
    epochs = pd.DataFrame({"epoch": range(1, count + 1), "held_out_loss": 0.5, "held_out_accuracy": 0.5})
    return fit.History(epochs, [], data, held_out)


def test_every_history_is_said_in_the_language(spoken, catalogue):
    catalogue.messages.asked -= {"bundled digits"}
    for count, data, held_out in itertools.product((0, 1, 3), ("MNIST", "bundled digits"), fit.HELD_OUT):
        made = history(count, data, held_out)
        check(made.label, repr(made).split("\n")[0], read_by_all(made._repr_html_().split("<table")[0]))
    assert "bundled digits" in catalogue.messages.asked


def test_every_message_has_come_out(spoken, catalogue, digits):
    """So nothing that the pages of this can say was left out above."""
    catalogue.messages.asked.clear()
    for _, told in comparisons():
        read_by_all(told._repr_html_()), repr(told), told.unit
    for told in reports(digits):
        told._repr_html_(), repr(told)
    for said in (*preparation.NO_DIGIT, preparation.CUT_OFF, DARK):
        repr(drawn(said)), repr(drawn(said, 3)), drawn("", 3)._repr_html_()
    said = set()
    for name in MODULES:
        source = (messages.ROOT / "s6lib" / "report" / f"{name}.py").read_text(encoding="utf-8")
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        # What names columns is translated where a table is shown, by a page.
        columns = {text for call in calls for text in translation.heads(call)}
        columns |= {
            call.args[0].value for call in calls if getattr(call.func, "id", "") == "named" and call.args
        }
        said |= {each.text for each in messages.of_python(source)} - columns
    assert len(said) > 70 and said - catalogue.messages.asked == set()
