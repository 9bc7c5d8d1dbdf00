"""The report on a network: each of its numbers found a second way, whatever the network is."""

import math
import re
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from sklearn import metrics
from torch import nn

from s6lib import mnist, plots, report
from s6lib.cnn import DigitCNN
from s6lib.fit import evaluate, fit, split
from s6lib.recipe import Recipe


@pytest.fixture(scope="module")
def digits():
    few = mnist.load_digits("bundled")
    return few._replace(test_images=few.test_images[:200], test_labels=few.test_labels[:200])


@pytest.fixture(scope="module")
def model(digits):
    made = DigitCNN(channels=(6, 8), pools=(1, 2), head="weighted")
    fit(made, digits, Recipe(epochs=2, batch_size=32, learning_rate=0.05), progress=False)
    return made


@pytest.fixture(scope="module")
def told(model, digits):
    return report.report(model, digits, progress=False)


def test_it_counts_as_evaluate_and_scikit_learn_do(model, digits, told):
    measured = evaluate(model, digits.test_images, digits.test_labels)
    labels = digits.test_labels.numpy()
    assert (told.correct, told.total) == (measured.correct, measured.total) and 40 < told.correct < 200
    assert told.accuracy == measured.accuracy and told.loss == pytest.approx(measured.loss, rel=1e-5)
    np.testing.assert_array_equal(told.predictions, measured.predictions)
    np.testing.assert_allclose(told.probabilities, measured.log_probabilities.double().exp(), atol=1e-6)
    np.testing.assert_array_equal(told.confusion, metrics.confusion_matrix(labels, told.predictions))
    np.testing.assert_allclose(
        told.interval, stats.binomtest(told.correct, 200).proportion_ci(method="wilson")
    )
    precision, recall, _, written = metrics.precision_recall_fscore_support(
        labels, told.predictions, zero_division=np.nan
    )
    np.testing.assert_allclose(told.per_digit["accuracy"], recall)
    np.testing.assert_allclose(told.per_digit["precision"], precision)
    np.testing.assert_array_equal(told.per_digit["images"], written)
    for digit, row in told.per_digit.iterrows():
        read = int((told.predictions == digit).sum())
        right = int((told.right & (labels == digit)).sum())
        ends = stats.binomtest(right, read).proportion_ci(method="wilson") if read else (0, 1)
        np.testing.assert_allclose(row[["precision low", "precision high"]].astype(float), ends, atol=1e-12)
        ends = stats.binomtest(right, int(written[digit])).proportion_ci(method="wilson")
        np.testing.assert_allclose(row[["low", "high"]].astype(float), ends, atol=1e-12)


def test_the_hardest_images_are_those_of_the_largest_loss(told, digits):
    of_label = [told.probabilities[k, label] for k, label in enumerate(digits.test_labels)]
    wanted = sorted(range(200), key=lambda k: of_label[k])[:20]
    table = told.hardest(20)
    assert table["test image"].tolist() == wanted
    assert table["of the label"].tolist() == [of_label[k] for k in wanted]
    assert (table["probability of that"] == told.probabilities[wanted].max(axis=1)).all()
    assert len(told.hardest()) == 12 and len(told.hardest(9999)) == 200
    for wrong in (0, -1, 2.5, True):
        with pytest.raises((TypeError, ValueError), match="^count: got"):
            told.hardest(wrong)


def test_calibration_image_by_image(told):
    """A loop over images and bins, as Guo et al. have it."""
    error, images = 0.0, 0
    for number in range(10):
        inside = [
            k for k, row in enumerate(told.probabilities)
            if number / 10 <= row.max() < (number + 1) / 10 or number == 9 and row.max() >= 1
        ]  # fmt: skip
        if not inside:
            assert number not in told.calibration.index
            continue
        row = told.calibration.loc[number]
        right = sum(bool(told.right[k]) for k in inside)
        sure = sum(told.probabilities[k].max() for k in inside) / len(inside)
        assert (row["images"], row["right"]) == (len(inside), right)
        assert (row["from"], row["to"]) == (number / 10, (number + 1) / 10)
        assert row["confidence"] == pytest.approx(sure)
        error += len(inside) / 200 * abs(right / len(inside) - sure)
        images += len(inside)
    assert images == 200 and told.calibration_error == pytest.approx(error)


def test_confidence_and_bins_are_the_readers(model, digits):
    wide = report.report(model, digits, confidence=0.99, bins=3, progress=False)
    ends = stats.binomtest(wide.correct, 200).proportion_ci(0.99, "wilson")
    np.testing.assert_allclose(wide.interval, ends)
    assert wide.calibration["to"].max() == 1 and len(wide.calibration) <= 3


def test_validation_leaves_the_test_closed(model, digits):
    kept = split(digits)[2:]
    closed = digits._replace(test_images=None, test_labels=None)
    told = report.report(model, closed, held_out="validation", progress=False)
    assert told.correct == evaluate(model, *kept).correct and told.held_out == "validation"
    assert list(told.hardest(1))[0] == "validation image"


class Shapeless(nn.Module):
    """A network of nobody's kind: two ways through it, functions, a parameter of its own."""

    def __init__(self, end=None):
        super().__init__()
        self.one, self.other = nn.Conv2d(1, 3, 5, stride=4), nn.Conv2d(1, 3, 4, stride=4)
        self.scale = nn.Parameter(torch.ones(3, 1, 1))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(3 * 36, 10))
        self.drop, self.end = nn.Dropout(0.5), end or nn.Identity()

    def forward(self, images):
        both = torch.relu(self.one(images)) + self.other(images)[..., :6, :6]
        return self.end(self.head(self.drop(both * self.scale)))


def test_scores_log_probabilities_and_probabilities_are_told_apart(digits):
    torch.manual_seed(0)
    scores = Shapeless()
    first = report.report(scores, digits, progress=False)
    for end in (nn.LogSoftmax(dim=1), nn.Softmax(dim=1)):
        other = Shapeless(end)
        other.load_state_dict(scores.state_dict())
        again = report.report(other, digits, progress=False)
        np.testing.assert_allclose(again.probabilities, first.probabilities, atol=1e-6)
        np.testing.assert_allclose(again.losses, first.losses, rtol=1e-4)
        measured = evaluate(other, digits.test_images, digits.test_labels)
        assert measured.loss == pytest.approx(again.loss, rel=1e-5) and measured.correct == again.correct


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_any_precision(digits, dtype):
    torch.manual_seed(0)
    made = Shapeless(nn.Softmax(dim=1)).to(dtype)
    told = report.report(made, digits, progress=False)
    np.testing.assert_allclose(told.probabilities.sum(axis=1), 1, atol=1e-9)
    assert next(made.parameters()).dtype == dtype


def test_the_model_is_left_as_it_was(digits):
    torch.manual_seed(0)
    made = Shapeless().train()
    made.head.eval()  # a part that its owner froze
    before = {name: value.clone() for name, value in made.state_dict().items()}
    modes, state = [each.training for each in made.modules()], torch.get_rng_state()
    one, other = (report.report(made, digits, progress=False).probabilities for _ in range(2))
    np.testing.assert_array_equal(one, other)  # no dropout
    assert [each.training for each in made.modules()] == modes and made.one.weight.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in made.state_dict().items())
    assert made.one.weight.grad is None and torch.equal(torch.get_rng_state(), state)
    assert not any(each._forward_hooks for each in made.modules())


def test_images_go_to_the_model_s_device(digits):
    """There is no second device here that computes; "meta" has shapes alone, and says where images came."""
    came = []

    class Elsewhere(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.empty(1, device="meta"))

        def forward(self, images):
            came.append((images.device.type, tuple(images.shape)))
            return torch.zeros(len(images), 10)

    told = report.report(Elsewhere(), digits, progress=False)
    assert {device for device, _ in came} == {"meta"} and told.total == 200
    assert sum(shape[0] for _, shape in came if shape[0] > 1) == 200, "in batches"


def test_where_parameters_and_work_are(model, told):
    assert told.parameters == sum(each.numel() for each in model.parameters())
    conv = told.layers.set_index("layer").loc["conv2"]
    assert (conv["parameters"], conv["multiplications"]) == (6 * 8 * 9 + 8, 14 * 14 * 8 * 6 * 9)


def test_a_network_of_any_kind_has_its_layers(digits):
    made = Shapeless()
    told = report.report(made, digits, progress=False)
    table = told.layers.set_index("layer")
    assert told.parameters == sum(each.numel() for each in made.parameters())
    assert table.loc["one", "multiplications"] == 6 * 6 * 3 * 25
    assert table.loc["head.1", "multiplications"] == 3 * 36 * 10
    assert pd.isna(table.loc["Shapeless", "multiplications"]), "nobody knows what it does with its own"
    assert "not known" in told._repr_html_() and "at least" in told._repr_html_()


@pytest.mark.parametrize("labels", [[3, 3, 3], [0], [1, 7, 7]])
def test_digits_of_which_there_are_none(model, digits, labels):
    few = digits._replace(test_images=digits.test_images[: len(labels)], test_labels=torch.tensor(labels))
    told = report.report(model, few, progress=False)
    none = told.per_digit.drop(index=sorted(set(labels)))
    assert none["accuracy"].isna().all() and (none[["low", "high"]] == [0, 1]).all(axis=None)
    missing = sorted(set(range(10)) - set(labels))
    assert told.notes[0] == f"No image is labelled {', '.join(map(str, missing))}: nothing is known of these."
    assert told.notes[0] in told._repr_html_() and "nan" not in (told._repr_html_() + repr(told)).lower()
    for draw in (plots.confusion, plots.per_digit, plots.hardest, plots.calibration):
        draw(told)
        plt.close("all")


class Answers(nn.Module):
    """A network that answers whatever it is told to."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, images):
        return self.answer(images)


def with_nan_in(images):
    scores = torch.zeros(len(images), 10)
    if len(images) > 7:
        scores[7, 2] = torch.nan
    return scores


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"model": "author"}, TypeError, "^model: got str; takes a network"),
        ({"model": lambda images: images}, TypeError, "^model: got function"),
        ({"model": Answers(lambda images: torch.zeros(len(images), 9))}, ValueError, r"answers \(128, 9\)"),
        (
            {"model": Answers(lambda images: torch.zeros(10))},
            ValueError,
            r"answers \(10,\) to \(128, 1, 28, 28\)",
        ),
        (
            {"model": Answers(lambda images: (images, images))},
            ValueError,
            "answers tuple; takes one whose answer",
        ),
        (
            {"model": Answers(lambda images: torch.ones(len(images), 10) * 1j)},
            ValueError,
            "answers a tensor of torch.complex64, torch.strided; takes",
        ),
        ({"model": Answers(with_nan_in)}, ValueError, r"answers \[0, 0, nan, .*\] to test image 7; takes"),
        ({"digits": None}, TypeError, "^digits: got NoneType; takes what load_digits returns"),
        (
            {"digits": {"test_images": np.zeros((0, 28, 28), np.uint8)}},
            ValueError,
            r"^digits.test_images: got shape",
        ),
        ({"digits": {"test_labels": np.arange(3)}}, ValueError, "digits.test_labels: got 200 and 3"),
        ({"digits": {"test_labels": np.full(200, 11)}}, ValueError, r"^digits.test_labels: got 11 at \[0\]"),
        ({"held_out": "train"}, ValueError, "^held_out: got 'train'; takes one of 'validation', 'test'"),
        ({"bins": 0}, ValueError, "^bins: got 0; takes a whole number from 1 to 100"),
        ({"confidence": 95}, ValueError, "^confidence: got 95; takes one number, at least 0 and below 1"),
    ],
)
def test_what_it_does_not_take(change, error, message, model, digits):
    given = {"model": model, "digits": digits, "progress": False} | change
    if isinstance(given["digits"], dict):
        given["digits"] = digits._replace(**given["digits"])
    with pytest.raises(error, match=message):
        report.report(given.pop("model"), given.pop("digits"), **given)


def test_kept_answers_are_reported_without_a_network(told):
    with np.errstate(divide="ignore"):
        kept = report.of_answers(np.log(told.probabilities), told.labels, name="kept", data=told.data)
    np.testing.assert_array_equal(kept.confusion, told.confusion)
    assert kept.calibration_error == pytest.approx(told.calibration_error)
    assert "hardest" not in kept._repr_html_() and kept.layers.empty and "kept: 200 test" in repr(kept)
    axes = plots.hardest(kept, count=4)
    assert [ax.texts[0].get_text() for ax in axes[:4]] == ["not\nat hand"] * 4
    plt.close("all")
    for labels, message in (
        ([1], "labels: got shape"),
        (np.full(200, 10), "labels: got 10"),
        (None, "labels: got"),
    ):
        with pytest.raises((TypeError, ValueError), match=f"^{message}"):
            report.of_answers(told.probabilities, labels, name="kept", data="")


def test_a_notebook_shows_every_part_in_the_page_s_own_colours(told):
    shown = told._repr_html_()
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", shown, flags=re.S)
    for part in (
        "Written",
        "The hardest images",
        "Says and is right",
        "parameters",
        f"{told.correct} of 200",
    ):
        assert part in text, part
    assert shown.count('role="img"') == 12 and "aria-label=" in shown
    colours = set(re.findall(r"#[0-9a-f]{3,6}\b|\b(?:white|black)\b(?!-)|rgba?\([^)]*\)", shown))
    assert colours <= {c for c in colours if c.startswith(("rgba(", "rgb(0,114,178"))}, "no ground of its own"
    cells = re.search(r'class="cells">(.*?)</table>', shown, re.S)[1]
    counts = [int(each or 0) for each in re.findall(r"<td[^>]*>(\d*)</td>", cells)]
    np.testing.assert_array_equal(np.reshape(counts, (10, 10)), told.confusion)
    named = report.of_answers(np.zeros((1, 10)), [0], name="<b>&", data="<i>")
    assert "<b>&" not in named._repr_html_() and "&lt;i&gt;" in named._repr_html_()


def test_a_terminal_shows_lines_that_fit(told):
    lines = repr(told).splitlines()
    assert max(map(len, lines)) <= 72 and f"{told.correct} of 200" in repr(told)


def test_products_that_nobody_knows_are_not_none(digits):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(784, 10))

        def forward(self, images):
            return images.flatten(1) @ self.weight

    mine = report.report(nn.Sequential(nn.Conv2d(1, 1, 1), Own()), digits, progress=False)
    own = report.report(Own(), digits, progress=False)
    for shown in (repr(mine), mine._repr_html_()):
        assert "7,842 parameters, at least 784 products an image" in shown
    for shown in (repr(own), own._repr_html_()):
        assert "7,840 parameters, products not known" in shown


@pytest.mark.filterwarnings("error")
def test_without_confidence_an_interval_is_what_was_counted():
    labels = np.array([0, 0, 1])
    answers = np.full((3, 10), -40.0)
    answers[np.arange(3), labels] = 0.0
    told = report.of_answers(answers, labels, name="sure", data="made up", confidence=0)
    assert told.interval == (1, 1) and "100" in told._repr_html_()
    assert "0 read as 1, once" in repr(report.of_answers(answers, [0, 0, 0], name="once", data="made up"))


def test_figures_draw_the_report(told, digits):
    drawn = plots.confusion(told)
    errors = {
        (text.get_position()[1], text.get_position()[0]): int(text.get_text())
        for text in drawn.texts
    }  # fmt: skip
    assert errors == {
        (row, column): count
        for (row, column), count in np.ndenumerate(told.confusion)
        if count and row != column
    }
    axes = plots.hardest(told, count=5)
    for ax, image in zip(axes, told.hardest(5)["test image"]):
        np.testing.assert_array_equal(ax.images[0].get_array(), digits.test_images[image])
    top, _ = plots.calibration(told)
    np.testing.assert_allclose(top.lines[1].get_xydata(), told.calibration[["confidence", "accuracy"]])
    line = plots.per_digit(told).lines[1]
    np.testing.assert_allclose(line.get_xdata(), 100 * told.per_digit["accuracy"])
    plt.close("all")


def test_any_number_of_runs_is_one_figure():
    runs = {
        f"run {k}": pd.DataFrame(
            {"epoch": range(1, k + 2), "held_out_loss": 1 / k, "held_out_accuracy": 0.1 * k}
        )
        for k in range(1, 10)
    }
    runs["run 1"] = SimpleNamespace(epochs=runs["run 1"])  # as a History has them
    top, bottom = plots.histories(runs)
    assert len(top.lines) == len(bottom.lines) == 9 and {text.get_text() for text in top.texts} == set(runs)
    assert len({(line.get_linestyle(), line.get_color()) for line in top.lines}) == 9
    for wrong, message in (
        ({}, "runs: got none"),
        ({"a": pd.DataFrame(columns=["epoch"])}, r"runs\['a'\]: got one"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            plots.histories(wrong)
    plt.close("all")


def test_a_share_has_the_digits_that_so_many_images_can_show():
    from s6lib.report.page import percent

    assert [percent(0.98765, n) for n in (1, 10, 100, 500, 10_000)] == [
        "99\u00a0%", "99\u00a0%", "99\u00a0%", "98.8\u00a0%", "98.77\u00a0%"
    ]  # fmt: skip
    assert percent(math.nan, 10) == "–"
