"""s6lib.plots on made-up data: a figure shows all that it is given, or says by name what it takes."""

import inspect
import io
import itertools
import json
import pickle
import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from bookbuild import made_up, messages
from s6lib import plots, report, toy
from s6lib import words as language
from s6lib.fit import History, Metrics

RANDOM = np.random.default_rng(0)
NAMES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]


@pytest.fixture(autouse=True)
def closed():
    plt.close("all")  # what other tests have left open
    yield
    plt.close("all")


def words(axes):
    """Everything that is written in these axes."""
    return [text.get_text() for ax in np.ravel(axes) for text in ax.findobj(matplotlib.text.Text)]


def pictures(axes):
    return sum(len(ax.images) > 0 for ax in axes)


def looks(lines):
    return {(line.get_linestyle(), line.get_color()) for line in lines}


# Nothing is left out.


@pytest.mark.parametrize("count", [1, 3, 4, 7])
def test_every_recorded_run_is_drawn(count):
    epochs = pd.Series(range(1, 6))
    runs = {
        name: (epochs, pd.Series(RANDOM.random(5) + 1), pd.Series(RANDOM.integers(10, 99, 5)))
        for name in NAMES[:count]
    }
    for ax in plots.recorded_run(runs, steps=[]):
        assert set(NAMES[:count]) <= set(words(ax)) and len(ax.lines) == len(looks(ax.lines)) == count
    for name, line in zip(runs, ax.lines):
        np.testing.assert_array_equal(line.get_ydata(), runs[name][2])


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_slope_and_schedule_is_drawn(count):
    z = np.linspace(-3, 3, 50)
    ax = plots.slopes(z, {name: RANDOM.random(50) for name in NAMES[:count]})
    assert set(NAMES[:count]) <= set(words(ax)) and len(ax.lines) == len(looks(ax.lines)) == count
    ax = plots.schedules({name: (np.arange(1, 4), RANDOM.random(3) + 1) for name in NAMES[:count]})
    assert set(NAMES[:count]) <= set(words(ax)) and len(ax.lines) == len(looks(ax.lines)) == count


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_accuracy_is_drawn(count):
    shares = {name: 0.9 + 0.01 * k for k, name in enumerate(NAMES[:count])}
    intervals = {
        size: {name: (share - 0.01, share + 0.01) for name, share in shares.items()} for size in (100, 1000)
    }
    ax = plots.two_accuracies(shares, intervals)
    assert set(shares) <= set(words(ax)) and len(ax.lines) == 2 * 2 * count
    assert len({line.get_ydata()[0] for line in ax.lines}) == 2 * count  # none upon another
    with pytest.raises(ValueError, match="^intervals.100.: got the names .*takes those of shares"):
        plots.two_accuracies(shares, {100: {"other": (0, 1)}})


@pytest.mark.parametrize("count", [1, 6, 7, 10, 13])
def test_every_picture_is_drawn(count):
    images = RANDOM.integers(0, 256, (count, 28, 28))
    layers = {str(k): image for k, image in enumerate(images)}
    zeros = dict.fromkeys(layers, 0)
    assert pictures(plots.moved(images)) == count
    assert pictures(plots.seen_pixels(images[0], layers, zeros, dict.fromkeys(layers, 3))) == count
    table = pd.DataFrame({"label": range(count), "read as": 1, "probability of that": 0.5})
    for shown in (images, None):
        axes = plots.hardest(table, shown)
        assert pictures(axes) == (0 if shown is None else count)  # an empty frame has no white ground
        assert any(word.startswith(f"{count - 1}, read 1") for word in words(axes))
        assert not any(ax.axison for ax in axes[count:])


def test_the_books_own_figures_keep_their_size():
    sizes = [
        plots.moved(np.ones((9, 28, 28)))[0].figure,
        plots.hardest(pd.DataFrame({"label": range(12), "read as": 1, "probability of that": 0.5}), None)[
            0
        ].figure,
    ]
    assert [tuple(figure.get_size_inches()) for figure in sizes] == [(358 / 72, 4.9), (358 / 72, 5.2)]


@pytest.mark.parametrize(
    "draw, message",
    [
        (
            lambda axes: plots.edges(np.ones((9, 9)), {"a": np.ones((7, 7)), "b": np.ones((7, 7))}, axes),
            "takes 3",
        ),
        (lambda axes: plots.moved(np.ones((4, 28, 28)), axes), "takes 4"),
        (lambda axes: plots.dropped(np.ones((9, 9)), np.ones((2, 9, 9)), np.ones((9, 9)), axes), "takes 4"),
        (lambda axes: plots.relu(np.ones((9, 9)), np.ones((9, 9)), axes[:1]), "takes 2"),
        (lambda axes: plots.max_pool(np.ones((8, 8)), np.ones((4, 4)), axes[:1]), "takes 2"),
        (lambda axes: plots.slip(np.ones(3), np.ones(3), axes[:1]), "takes 2"),
    ],
)
def test_too_few_axes_are_refused(draw, message):
    with pytest.raises(ValueError, match=f"^axes: got [12]; {message}"):
        draw(plt.subplots(1, 2)[1])


# What is given has to fit together.


@pytest.mark.parametrize(
    "draw, message",
    [
        (
            lambda: plots.learning_rates(np.ones((5, 3)), [0.1, 0.2]),
            r"loss: got shape \(5, 3\); takes numbers of shape \(steps \+ 1, 2\)",
        ),
        (
            lambda: plots.swing(np.ones((5, 2)), [0.1, 0.2, 0.3], 0.5),
            r"outputs: got shape \(5, 2\); .*\(steps \+ 1, 3\)",
        ),
        (
            lambda: plots.loss_landscape(
                np.arange(3), np.arange(4), np.ones((4, 3)), [np.ones((5, 2))], [0.1, 0.2]
            ),
            "paths, rates: got 1 and 2; takes as many of each",
        ),
        (
            lambda: plots.architecture({"conv1": (4, 28, 28)}, [40, 8]),
            "shapes, parameters: got 1 and 2; takes as many",
        ),
        (
            lambda: plots.parameters_and_work(["a", "b"], [0.5, 0.5], [1.0]),
            "names, parameters, multiplications: got 2 and 2 and 1",
        ),
        (lambda: plots.times(["a"], [1.0, 2.0]), "names, seconds: got 1 and 2; takes as many"),
        (
            lambda: plots.dropped(np.ones((9, 9)), np.ones((3, 9, 9)), np.ones((9, 9))),
            r"passes: got shape \(3, 9, 9\); .*\(2, H, W\)",
        ),
        (
            lambda: plots.slip(np.ones(5), np.ones(4)),
            r"loss_with_slip: got shape \(4,\); takes numbers of shape \(5,\)",
        ),
        (lambda: plots.slopes(np.ones(5), {"a": np.ones(4)}), r"slope\['a'\]: got shape \(4,\)"),
        (
            lambda: plots.recorded_run({"a": (np.ones(3), np.ones(2), np.ones(3))}, []),
            "epoch, loss, errors: got 3 and 2 and 3",
        ),
        (
            lambda: plots.recorded_run({"a": (np.ones(3), np.ones(3))}, []),
            r"runs\['a'\]: got 2 columns; takes three",
        ),
        (
            lambda: plots.hardest(
                pd.DataFrame({"label": [1], "read as": 1, "probability of that": 1}), np.ones((2, 28, 28))
            ),
            r"pictures: got shape \(2, 28, 28\); takes numbers of shape \(1, 28, 28\)",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(draw, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        draw()


METRICS = Metrics(0.1, 9, 10, torch.zeros(10, 10))
HISTORY = History(pd.DataFrame({"epoch": [1]}), [], "bundled digits", "test")


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda wrong: plots.confusion(wrong), r"counts: got \w+; takes numbers of shape \(10, 10\)"),
        (lambda wrong: plots.answer(wrong), r"probabilities: got \w+; takes numbers of shape \(digits,\)"),
        (lambda wrong: plots.paths_of_w1(wrong), r"gradient: got \w+; takes numbers of shape \(2, 2, 2\)"),
        (
            lambda wrong: plots.weight_paths(wrong),
            r"weights: got \w+; takes numbers of shape \(steps \+ 1, 2, 2, 2\)",
        ),
        (lambda wrong: plots.moved(wrong), r"pictures: got \w+; takes numbers of shape \(n, H, W\)"),
        (lambda wrong: plots.slip(wrong, wrong), r"loss: got \w+; takes numbers of shape \(steps \+ 1,\)"),
        (lambda wrong: plots.relu(wrong, wrong), r"before: got \w+; takes numbers of shape \(H, W\)"),
        (lambda wrong: plots.max_pool(wrong, wrong), r"before: got \w+; takes numbers of shape \(H, W\)"),
        (
            lambda wrong: plots.network(wrong, wrong, wrong, wrong),
            r"weights: got \w+; takes numbers of shape \(2, 2, 2\)",
        ),
        (
            lambda wrong: plots.history(wrong, "a run"),
            "epochs: got .*; takes a DataFrame with the columns epoch, train_loss",
        ),
        (
            lambda wrong: plots.per_digit(wrong, 0.9),
            "table: got .*; takes a DataFrame with the columns accuracy, low, high",
        ),
        (
            lambda wrong: plots.hardest(wrong, None),
            "table: got .*; takes a DataFrame with the columns label, read as",
        ),
        (
            lambda wrong: plots.calibration(wrong),
            "table: got .*; takes a DataFrame with the columns from, to, images, confidence, acc",
        ),
        (lambda wrong: plots.comparison(wrong), r"comparison: got \w+; takes what report.compare returns"),
        (
            lambda wrong: plots.recorded_run(wrong, []),
            "runs: got .*; takes a dict from names to .epoch, loss, errors",
        ),
        (lambda wrong: plots.schedules(wrong), "rates: got .*; takes a dict from names to .epochs, rates"),
    ],
)
def test_the_wrong_thing_is_named(draw, message):
    for wrong in (METRICS, HISTORY, None, "text", [[1, 2], [3]]):
        with pytest.raises(TypeError, match=f"^{message}"):
            draw(wrong)


def test_the_wrong_shape_and_a_missing_column_are_named():
    with pytest.raises(ValueError, match=r"^counts: got shape \(9, 9\); takes numbers of shape \(10, 10\)"):
        plots.confusion(np.ones((9, 9)))
    with pytest.raises(
        ValueError, match="^epochs: got one without train_loss, held_out_loss.*; takes a DataFrame"
    ):
        plots.history(HISTORY.epochs, "a run")
    with pytest.raises(ValueError, match=r"^gradient: got shape \(7,\); takes numbers of shape \(8,\)"):
        plots.gradients(np.ones(7))
    with pytest.raises(ValueError, match=r"^change: got shape \(6,\)"):
        plots.changes(np.ones((3, 2)))


def test_arrays_tensors_lists_and_tables_are_all_numbers():
    counts = RANDOM.integers(1, 20, (10, 10))  # a zero is not written
    said = [
        words(plots.confusion(each))
        for each in (counts, counts.tolist(), torch.tensor(counts), pd.DataFrame(counts))
    ]
    assert said[0] == said[1] == said[2] == said[3] and str(counts[0, 1]) in said[0]


def test_the_network_is_drawn_from_plain_lists():
    values = toy.forward(toy.WEIGHTS, toy.INPUTS)
    lists = plots.network(toy.WEIGHTS.tolist(), toy.INPUTS.tolist(), toy.TARGETS.tolist(), values)
    assert words(lists) == words(plots.network(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, values))


# Every function, once, from made-up data.


def some(*shape):
    return np.random.default_rng(1).random(shape) + 0.5


def names(count):
    return NAMES[:count]


VALUES = toy.forward(toy.WEIGHTS, toy.INPUTS)
CALIBRATION = {
    "from": [0.0, 0.5],
    "to": [0.5, 1.0],
    "images": [3, 40],
    "confidence": [0.3, 0.8],
    "accuracy": [0.2, 0.9],
    "low": 0.1,
    "high": 0.95,
}
EPOCHS = {
    "epoch": [1, 2],
    "train_loss": 0.3,
    "held_out_loss": 0.4,
    "train_accuracy": 0.9,
    "held_out_accuracy": 0.8,
}
#: Runs of three recipes, of the same seeds.
RUNS = [
    pd.DataFrame({"seed": [1, 2, 3], "test_correct": correct, "test_total": 1000})
    for correct in ([900, 910, 920], [905, 908, 925], [950, 960, 951])
]
#: function -> its arguments.
MADE_UP = {
    "card_rates": lambda: {"loss": some(5, 3), "rates": [0.1, 0.5, 2.0]},
    "card_kernels": lambda: {"kernels": some(3, 3, 3), "maps": some(3, 9, 9)},
    "card_seeds": lambda: {"correct": [9900, 9910, 9910], "published": 9920},
    "network": lambda: {
        "weights": toy.WEIGHTS,
        "inputs": toy.INPUTS,
        "targets": toy.TARGETS,
        "values": VALUES,
    },
    "paths_of_w1": lambda: {"gradient": some(2, 2, 2)},
    "sigmoid_curve": lambda: {"values": VALUES, "sigmoid": toy.sigmoid},
    "gradients": lambda: {"gradient": some(2, 2, 2)},
    "slip": lambda: {"loss": some(5), "loss_with_slip": some(5) + 0.1},
    "referees": lambda: {"distance": {"one": 1e-9, "another": 0.0}},
    "changes": lambda: {"change": some(2, 2, 2)},
    "weight_paths": lambda: {"weights": some(5, 2, 2, 2)},
    "one_rate": lambda: {"loss": some(5), "learning_rate": 0.5},
    "learning_rates": lambda: {"loss": some(5, 2), "rates": [0.1, 1.0]},
    "steps_needed": lambda: {
        "rates": some(4),
        "steps": some(4),
        "fastest": 3.0,
        "threshold": 6.0,
        "yours": some(4),
    },
    "swing": lambda: {"outputs": some(5, 2), "rates": [0.1, 1.0], "target": 0.5},
    "catapult": lambda: {"loss": some(5), "stable_rate": some(5), "learning_rate": 0.5},
    "loss_landscape": lambda: {
        "x": np.arange(3.0),
        "y": np.arange(4.0),
        "loss": some(4, 3),
        "paths": [some(5, 2)],
        "rates": [0.1],
    },
    "edges": lambda: {"image": some(9, 9), "responses": {"left": some(7, 7)}},
    "relu": lambda: {"before": some(9, 9), "after": some(9, 9)},
    "slopes": lambda: {"z": np.arange(5.0), "slope": {"sigmoid": some(5)}},
    "running_mean": lambda: {"batch_means": some(3), "running_means": some(4)},
    "max_pool": lambda: {"before": some(8, 8), "after": some(4, 4)},
    "dropped": lambda: {"image": some(9, 9), "passes": some(2, 9, 9), "mean": some(9, 9)},
    "answer": lambda: {"probabilities": some(10) / 2},
    "architecture": lambda: {"shapes": {"image": (1, 28, 28), "linear": (10,)}, "parameters": [0, 330]},
    "parameters_and_work": lambda: {
        "names": names(2),
        "parameters": [0.2, 0.8],
        "multiplications": [0.9, 0.1],
    },
    "receptive_fields": lambda: {"image": some(9, 9), "first": {"conv1": 3}, "side": {"conv1": 3}},
    "seen_pixels": lambda: {
        "image": some(9, 9),
        "slope": {"a": some(9, 9)},
        "first": {"a": 3},
        "side": {"a": 3},
    },
    "shares": lambda: {"image": some(9, 9), "slope": some(9, 9), "products": some(9, 9)},
    "four_blocks": lambda: {
        "values": {"x": some(4, 4), "pool": some(2, 2)},
        "slopes": {"x": some(4, 4), "pool": some(2, 2)},
    },
    "three_paths": lambda: {"x": some(6), "paths": {"by its value": some(6), "together": some(6)}},
    "kernel_collects": lambda: {"image": some(4, 4), "slope": some(2, 2), "gradient": some(3, 3)},
    "turned_over": lambda: {"kernel": some(3, 3), "slope": some(2, 2), "of_image": some(4, 4)},
    "slope_maps": lambda: {"image": some(9, 9), "slopes": {"conv1": some(9, 9)}},
    "side_by_side": lambda: {"loss": some(3), "loss_by_torch": some(3), "difference": some(3)},
    "two_networks": lambda: {"losses": {"sigmoid": some(9), "ReLU, norm": some(9)}, "guess": 2.3},
    "cured": lambda: {"losses": {"sigmoid": some(9), "ReLU": some(9), "ReLU, norm": some(9)}, "guess": 2.3},
    "all_alike": lambda: {"losses": {"as drawn": some(9), "all alike": some(9)}, "guess": 2.3},
    "slope_lengths": lambda: {
        "lengths": {"sigmoid": 1e-6 * some(9), "ReLU, He": some(9), "another": some(9)}
    },
    "slopes_later": lambda: {
        "before": {"sigmoid": 1e-6 * some(9), "ReLU, norm": some(9)},
        "after": {"sigmoid": np.zeros(9), "ReLU, norm": some(9)},
        "steps": 100,
    },
    "growth": lambda: {
        "factors": [0.1, 1.0, 10.0],
        "forward": {"": some(3), "norm": some(3)},
        "backward": {"": some(3), "norm": some(3)},
        "named": {"PyTorch": 1.0, "He": 2.4},
    },
    "batch_angles": lambda: {
        "sizes": [1, 4, 16],
        "angles": {"held": 90 * some(3), "training": 90 * some(3)},
        "law": 90 * some(3),
    },
    "minibatches": lambda: {"of_parts": some(4), "of_all": 0.5},
    "momentum": lambda: {"gradient": some(4), "velocity": some(4)},
    "history": lambda: {"epochs": pd.DataFrame(EPOCHS), "label": "made up"},
    "histories": lambda: {"runs": {"a": pd.DataFrame(EPOCHS), "b": pd.DataFrame(EPOCHS)[:1]}},
    "recorded_run": lambda: {"runs": {"a": (np.arange(1, 5), some(4), some(4))}, "steps": [2]},
    "peeking": lambda: {
        "epochs": [3, 4, 5],
        "accuracy": some(3),
        "standard_error": 0.1,
        "chosen": 4,
        "step": 3.5,
    },
    "two_accuracies": lambda: {
        "shares": {"a": 0.9, "b": 0.92},
        "intervals": {
            100: {"a": (0.8, 0.95), "b": (0.85, 0.96)},
            1000: {"a": (0.88, 0.92), "b": (0.9, 0.94)},
        },
    },
    "confusion": lambda: {"counts": np.arange(100).reshape(10, 10)},
    "per_digit": lambda: {"table": pd.DataFrame(CALIBRATION)[["accuracy", "low", "high"]], "overall": 0.9},
    "hardest": lambda: {
        "table": pd.DataFrame({"label": [1], "read as": 7, "probability of that": 0.9}),
        "pictures": some(1, 28, 28),
    },
    "calibration": lambda: {"table": pd.DataFrame(CALIBRATION)},
    "feature_maps": lambda: {"image": some(28, 28), "maps": [some(3, 9, 9), some(9, 4, 4)]},
    "misread": lambda: {
        "names": ["thin", "black on white"],
        "pictures": some(2, 2, 9, 9),
        "digits": [[1, 2], [3, 4]],
        "shares": [[0.5, 0.25], [1, 0.99]],
    },
    "prepared": lambda: {"table": pd.DataFrame({"none": [20, 40], "all": [60, 55]}, ["a", "b"]), "total": 70},
    "seeds": lambda: {
        "correct": [9900, 9910, 9910],
        "mean": 9905.0,
        "interval": [9900, 9912],
        "published": 9920,
    },
    "picking": lambda: {"claims": pd.Series({"the mean": 9900.0, "the best": 9910.0})},
    "two_kinds_of_luck": lambda: {"counts": [1, 10, 100], "of_seeds": some(3), "of_test": 2.0, "here": 10},
    "comparison": lambda: {"comparison": report.compare(*RUNS, names=["first", "a", "b"], by="ratio")},
    "schedules": lambda: {"rates": {"a": (np.arange(1, 5), some(4))}},
    "moved": lambda: {"pictures": some(3, 9, 9)},
    "trials": lambda: {"errors": some(5), "loss": some(5), "luck": 0.1, "frozen": {"a": 3}},
    "holds": lambda: {
        "accuracy": {"a": some(3)},
        "results": pd.DataFrame({"mean": [0.9], "lower bound": 0.8}, index=["a"]),
        "goal": 0.994,
    },
    "sizes": lambda: {
        "parameters": {"a": 600, "b": 4000, "c": 5000},  # steep; a name below; one above, for it is near
        "accuracy": {"a": [0.97, 0.98], "b": [0.99], "c": [0.991]},
        "published": pd.DataFrame({"parameters": [1000], "accuracy": 0.98}),
        "goal": 0.994,
    },
    "times": lambda: {"names": names(2), "seconds": [3.0, 40.0]},
    "swept_rates": lambda: {"rates": [0.1, 1.0, 10.0], "loss": some(3), "start": 1.0},
    "swept_grid": lambda: {"accuracy": pd.DataFrame({0.0: [0.1, 0.2], 0.9: [0.3, 0.2]}, index=[0.1, 1.0])},
    "nameless": lambda: {"losses": some(2, 5), "names": ["A", "B"]},
    "with_mistakes": lambda: {"accuracy": {"none": some(3), "one": some(3)}, "letters": {"one": "A"}},
    "off_by_layer": lambda: {
        "errors": pd.DataFrame({"one": [0.0, 1.5], "another": [0.0, 20.0]}, index=["linear", "conv5"]),
        "cosines": pd.DataFrame({"one": [1.0, -0.5], "another": [1.0, 1.0]}, index=["linear", "conv5"]),
    },
    "what_checks_see": lambda: {
        "found": pd.DataFrame({1: [False, True], 2: [True, True]}, index=["none", "one"])
    },
}
#: What says what a run is, in any words; and the pictures that are not at hand.
ANYTHING = {
    ("history", "label"): object,
    ("hardest", "pictures"): type(None),
    ("steps_needed", "yours"): type(None),
}
every_figure = pytest.mark.parametrize("name", MADE_UP)


def axes_of(drawn):
    """The axes that a function returned, as a list; those of its figure where that is what it returns."""
    if isinstance(drawn, dict):
        return list(drawn.values())
    return drawn.axes if isinstance(drawn, matplotlib.figure.Figure) else list(np.ravel(drawn))


def said(axes):
    """What the figure says beside the numbers at its ticks."""
    texts = [
        text for ax in axes for text in (ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts)
    ]
    return [text.get_text() for text in [*texts, *axes[0].figure.texts] if text.get_text().strip()]


def test_every_function_has_made_up_data():
    drawing = {name for name, each in vars(plots).items() if inspect.isfunction(each)} - {
        "use",
        "rate_colors",
    }
    assert set(MADE_UP) == drawing, f"give made-up data in MADE_UP for {sorted(drawing ^ set(MADE_UP))}"


@every_figure
@pytest.mark.filterwarnings("error")
def test_it_draws_one_figure_with_words_and_leaves_its_data_alone(name):
    given = MADE_UP[name]()
    before = pickle.dumps(given)
    with plt.style.context(["default", "s6lib.plots.book"]):
        axes = axes_of(getattr(plots, name)(**given))
        axes[0].figure.canvas.draw()
    assert all(isinstance(ax, matplotlib.axes.Axes) for ax in axes), f"{name} returns no axes"
    assert len(plt.get_fignums()) == 1 and {ax.figure for ax in axes} == {plt.gcf()}, (
        f"{name} draws two figures"
    )
    assert said(axes), f"{name} says nothing: name the axes, or label what is drawn"
    assert pickle.dumps(given) == before, f"{name} changes what it is given"


@every_figure
def test_it_draws_into_what_it_is_given(name):
    function = getattr(plots, name)
    own = function(**MADE_UP[name]())
    count = len(axes_of(own))
    plt.close("all")
    figure = plt.figure()
    if isinstance(own, dict):
        place = {key: figure.add_subplot(1, count, k + 1) for k, key in enumerate(own)}
    elif isinstance(own, matplotlib.figure.Figure):
        place = figure
    else:
        place = figure.subplots(1, count)
    (into,) = {"ax", "axes", "figure"} & set(inspect.signature(function).parameters)
    drawn = function(**MADE_UP[name](), **{into: place})
    assert plt.get_fignums() == [figure.number], f"{name} makes a figure though it is given {into}"
    assert {*axes_of(drawn)} == {*axes_of(place)} and any(
        ax.has_data() or said([ax]) for ax in axes_of(drawn)
    )


#: What is said smaller than the rest: the digits and letters of a mathematical subscript.
WRITTEN = re.compile(r"<text.*?</text>", re.S)
SIZE = re.compile(r"font(?:-size)?:[^;\"]*?([\d.]+)px")


@every_figure
def test_letters_are_11_px_on_a_phone(name):
    """The referee is the file: its letters and its width, which a phone of 390 px shows in 358 px, and a desk
    in 608 px at most; a card is 250 px wide or more. A subscript may be smaller."""
    with plt.style.context(["default", "s6lib.plots.book", {"svg.fonttype": "none"}]):
        getattr(plots, name)(**MADE_UP[name]())
        file = io.StringIO()
        plt.gcf().savefig(file, format="svg")
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', file.getvalue())[1])
    sizes = [max(map(float, SIZE.findall(text))) for text in WRITTEN.findall(file.getvalue())]
    narrow, broad = (250, 358) if name.startswith("card_") else (358, 608)
    told = f"{name}: {width} pt wide, letters of {set(sizes)} pt"
    assert sizes and min(sizes) * narrow / width >= 10.999 and max(sizes) * broad / width < 19, told


@every_figure
def test_no_letter_is_cut_and_none_lies_on_another(name, monkeypatch):
    drawn, draw = {}, matplotlib.text.Text.draw
    monkeypatch.setattr(
        matplotlib.text.Text,
        "draw",
        lambda text, renderer: (drawn.update({text: None}), draw(text, renderer)),
    )
    with plt.style.context(["default", "s6lib.plots.book"]):
        figure = axes_of(getattr(plots, name)(**MADE_UP[name]()))[0].figure
        figure.canvas.draw()
        boxes = {
            text: matplotlib.text.Text.get_window_extent(text)  # of an annotation, without its arrow
            for text in drawn
            if text.get_text().strip() and text.get_rotation() % 90 == 0
        }
    end = figure.bbox
    for text, box in boxes.items():
        inside = min(box.x0, box.y0) > -1 and box.x1 < end.x1 + 1 and box.y1 < end.y1 + 1
        assert inside, f"{name}: {text.get_text()!r} is cut: {box} of {end}"
    for (one, box), (other, another) in itertools.combinations(boxes.items(), 2):
        across = min(box.x1, another.x1) - max(box.x0, another.x0)
        down = min(box.y1, another.y1) - max(box.y0, another.y0)
        assert across < 1 or down < 3, f"{name}: {one.get_text()!r} lies on {other.get_text()!r}"


def color(artist):
    """The colours of the lines and grounds of an artist, as hexadecimal numbers."""
    ways = (getattr(artist, f"get_{each}", None) for each in ("color", "edgecolor", "facecolor"))
    seen = [matplotlib.colors.to_rgba(way()) for way in ways if way]
    return {matplotlib.colors.to_hex(each) for each in seen if each[3]}


@every_figure
def test_a_figure_of_pixels_can_turn_dark(name):
    """A dark page keeps the pixels and turns what is black or white around them: there is no white ground,
    letters stand off the pixels, and no line upon them is of those two colours."""
    with plt.style.context(["default", "s6lib.plots.book"]):
        axes = axes_of(getattr(plots, name)(**MADE_UP[name]()))
    assert axes[0].figure.get_facecolor()[3] == 0 and not any(ax.patch.get_facecolor()[3] for ax in axes)
    for ax in axes:
        if ax.images:
            drawn = set().union(*map(color, [*ax.lines, *ax.patches, *ax.spines.values()]))
            assert not drawn & {"#000000", "#ffffff"}, f"{name} draws in {drawn} upon pixels"
            ax.figure.canvas.draw()
            for text in ax.texts:
                letters = matplotlib.text.Text.get_window_extent(text)  # without an arrow
                upon = letters.overlaps(ax.get_window_extent())
                assert not upon, f"{name} writes {text.get_text()!r} upon pixels"


# In another language.

#: Names of layers, which stay as they are in code.
LAYERS = {"image", "linear"}


def names_in(given):
    """Every text in what a figure is given, by which chapters name runs, networks, mistakes."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, dict):
        yield from itertools.chain(*map(names_in, given), *map(names_in, given.values()))
    elif isinstance(given, (list, tuple)):
        yield from itertools.chain(*map(names_in, given))
    elif isinstance(given, (pd.DataFrame, pd.Series)):
        yield from itertools.chain(*map(names_in, [*given.index, *getattr(given, "columns", ())]))
    elif hasattr(given, "table"):  # a comparison
        yield from (given.baseline, *given.table.index)


@pytest.fixture(scope="module")
def said_by_the_library():
    return {
        text: [made_up.text(text), made_up.text(each.other)] if each.other else made_up.text(text)
        for text, each in messages.of_library().items()
    }


@pytest.fixture
def made_up_language(said_by_the_library, monkeypatch):
    """Speak the made-up language; what is yielded adds a chapter's messages."""
    said = dict(said_by_the_library)
    monkeypatch.setattr(
        language, "CATALOGUE", language.Catalogue(made_up.LANGUAGE, made_up.DECIMAL, messages=said)
    )
    with plt.style.context("default"):
        plots.use()
        yield said.update


def written(figure):
    """What is drawn as letters, without formulas."""
    figure.canvas.draw()
    return [
        re.sub(r"\$[^$]*\$", " ", text.get_text())
        for text in figure.findobj(matplotlib.text.Text)
        if text.get_visible()
    ]


@every_figure
def test_nothing_in_a_figure_stays_english(name, made_up_language):
    given = MADE_UP[name]()
    made_up_language({each: made_up.text(each) for each in names_in(given) if each not in LAYERS})
    figure = axes_of(getattr(plots, name)(**given))[0].figure
    for text in written(figure):
        assert made_up.left_over(text, LAYERS) == [], f"{name} says {text!r}: say it by t"
        assert not re.search(r"\d\.\d", text), f"{name} says {text!r}: say it by number"


def test_a_number_at_a_tick_has_the_sign_of_the_language(made_up_language):
    ax = plt.subplots()[1]
    ax.set(xlim=(0, 1), ylim=(12345.25, 12345.75), xticks=[0, 0.25, 1])
    assert {"0,00", "0,25", "1,00", "+1,2345e4"} <= {*written(ax.figure)}


# What a figure must not do again.


def lab(color):
    """CIELAB of a colour (sRGB, D65): lightness, and two axes of hue."""
    rgb = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    x, y, z = (
        np.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz / [0.9505, 1, 1.089]
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_rates_have_an_order_of_colours_that_eyes_can_tell_apart():
    seen = [lab(color) for color in plots.rate_colors([0.1, 0.2, 0.5, 1, 2, 50, 65, 100])]
    apart = [np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)]
    assert min(apart) > 7  # a just noticeable difference is 2.3
    lightness = [each[0] for each in seen]
    assert lightness == sorted(lightness) and lightness[-1] < 50  # 4.5 : 1 on white
    assert plots.rate_colors([65, 50, 65]).tolist() == plots.rate_colors([2, 1, 2]).tolist()


def shown_boxes(figure, texts):
    figure.canvas.draw()
    return [matplotlib.text.Text.get_window_extent(text) for text in texts]


def touching(boxes):
    return any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_names_at_the_ends_of_lines_keep_apart():
    with plt.style.context(["default", "s6lib.plots.book"]):
        loss = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, toy.LEARNING_RATES, steps=200).loss
        _, bottom = plots.learning_rates(loss, toy.LEARNING_RATES)
        assert len(bottom.texts) == 6 and not touching(shown_boxes(bottom.figure, bottom.texts))
        ax = plots.weight_paths(1 + 0.001 * some(5, 2, 2, 2))
        assert len(ax.texts) == 8 and not touching(shown_boxes(ax.figure, ax.texts))


@pytest.mark.filterwarnings("error")
def test_a_line_that_ends_at_zero_on_a_logarithmic_axis_has_its_name_in_view():
    with plt.style.context(["default", "s6lib.plots.book"]):
        _, bottom = plots.learning_rates([[0.1, 0.1], [0.01, 0.001], [0.001, 0.0]], [0.5, 1.0])
        boxes = shown_boxes(bottom.figure, bottom.texts)
    assert len(boxes) == 2 and not touching(boxes)
    assert all(0 <= box.y0 and box.y1 <= bottom.figure.bbox.y1 for box in boxes)


@pytest.mark.filterwarnings("error")
def test_what_is_0_is_drawn_on_logarithmic_axes_too():
    ax = plots.changes([0, 0, 0, 0, 0.01, 0.02, 0.03, 0.04])
    assert [text.get_text() for text in ax.texts] == ["0"] * 4 + ["0.01000", "0.02000", "0.03000", "0.04000"]
    assert np.isfinite(ax.lines[0].get_xdata()).sum() == 4  # dots
    for ax in (
        plots.changes(np.zeros(8)),
        plots.one_rate(np.zeros(5), 0.5),
        plots.one_rate([0.1, 0.0], 0.5),
        *plots.learning_rates(np.zeros((5, 2)), [0.1, 1.0]),
    ):
        ax.figure.canvas.draw()


def test_the_steps_of_another_network_are_drawn_where_there_are_any():
    rates, steps = [1.0, 10.0, 100.0], [100.0, 10.0, 50.0]
    alone = plots.steps_needed(rates, steps, 10.0, 20.0)
    for yours, more in (([20.0, np.nan, 5.0], 1), ([np.nan] * 3, 0)):
        ax = plots.steps_needed(rates, steps, 10.0, 20.0, yours)
        assert len(ax.lines) == len(alone.lines) + more
        assert ("your numbers" in [text.get_text() for text in ax.texts]) == bool(more)


def test_a_landscape_has_numbers_and_its_short_paths_are_shown_larger():
    x, y = np.linspace(-3, 2, 40), np.linspace(-7, 1, 60)
    height = 0.02 * np.hypot(x + 1, 0) ** 2 * np.ones((60, 1))
    short = [np.stack([np.linspace(0, -1, 9), scale * np.linspace(0, 1, 9)], 1) for scale in (-0.02, -0.07)]
    long = np.stack([np.resize([-3, 1.5], 9), np.linspace(0, -6, 9)], 1)
    ax = plots.loss_landscape(x, y, height, [*short, long], [2.0, 50.0, 100.0])
    numbers = [float(text.get_text()) for text in ax.texts if re.fullmatch(r"[\d.]+", text.get_text())]
    assert len(numbers) >= 3 and numbers == sorted(numbers) and 0 < numbers[0] < numbers[-1] < height.max()
    (zoom,) = ax.child_axes
    for path in short:
        spans = np.ptp(path, axis=0) / [np.ptp(zoom.get_xlim()), np.ptp(zoom.get_ylim())]
        assert (spans > 0.1).all() and spans.max() > 0.5
    assert {"$\\eta$ = 2", "$\\eta$ = 50"} <= set(words(zoom)) and "$\\eta$ = 100" in {
        text.get_text() for text in ax.texts
    }


def test_claims_on_a_cut_axis_are_dots_and_not_lengths():
    ax = plots.picking({"mean": 9927.0, "best": 9936.0, "author": 9940.0})
    assert ax.get_xlim()[0] > 0 and not ax.patches and not ax.collections
    dots = [line for line in ax.lines if line.get_marker() != "None"]
    assert [line.get_xdata().tolist() for line in dots] == [[9927.0], [9936.0], [9940.0]]
    guides = [line for line in ax.lines if line.get_marker() == "None"]  # all as long as the figure is wide
    assert all(list(line.get_xdata()) == [0, 1] for line in guides)


def test_the_names_of_trials_lie_on_no_dot():
    random = np.random.default_rng(3)
    errors = random.integers(65, 90, 40)
    loss = 0.0002 * errors + 0.0015 * random.random(40)
    frozen = dict(zip(NAMES[:5], np.argsort(loss)[:5].tolist()))
    with plt.style.context(["default", "s6lib.plots.book"]):
        ax = plots.trials(errors, loss, 5.0, frozen)
        boxes = shown_boxes(ax.figure, ax.texts)
        dots = ax.transData.transform(np.stack([errors, loss], 1))
    assert len(boxes) == 5 and not touching(boxes)
    assert not any(box.padded(3).contains(*dot) for box in boxes for dot in dots)


@pytest.mark.parametrize("many", [2, 7, 13])
def test_no_two_lines_to_the_names_of_trials_cross(many):
    random = np.random.default_rng(many)
    errors, loss = random.integers(50, 90, 40), 0.01 + 0.02 * random.random(40)
    with plt.style.context(["default", "s6lib.plots.book"]):
        ax = plots.trials(errors, loss, 5.0, {f"n{i}": i for i in range(many)})
        boxes = shown_boxes(ax.figure, ax.texts)
        starts = ax.transData.transform([text.xy for text in ax.texts])
        ends = ax.transAxes.transform([text.xyann for text in ax.texts])
        assert len(boxes) == many and not touching(boxes)
        assert min(box.x0 for box in boxes) > ax.bbox.x1 and ends[:, 1].min() > ax.bbox.y0
        assert ends[:, 1].max() < ax.bbox.y1

    def side(a, b, c):
        return np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    lines = list(zip(starts, ends))
    for (a, b), (c, d) in itertools.combinations(lines, 2):
        assert side(a, b, c) == side(a, b, d) or side(c, d, a) == side(c, d, b)


def test_the_names_of_sizes_lie_on_no_dot():
    """Even where four sizes lie close together; a line leads to whatever stands further off."""
    names = ["2,462", "patient", "lean", "small", "slim", "sure", "steady", "dash"]
    parameters = dict(zip(names, [2500, 4000, 5000, 6000, 6600, 12400, 15500, 36300]))
    means = np.array([0.9939, 0.9942, 0.9946, 0.9937, 0.9944, 0.9952, 0.9951, 0.9948])
    accuracy = {name: mean + np.linspace(-0.0008, 0.0008, 5) for name, mean in zip(parameters, means)}
    published = pd.DataFrame({"parameters": [4862], "accuracy": [0.9907]})
    with plt.style.context(["default", "s6lib.plots.book"]):
        ax = plots.sizes(parameters, accuracy, published, 0.994)
        boxes = shown_boxes(ax.figure, [each for each in ax.texts if each.get_text() in parameters])
        dots = np.concatenate([ax.transData.transform(line.get_xydata()) for line in ax.lines[1:]])
    assert len(boxes) == len(parameters) and not touching(boxes)
    assert not any(box.padded(1).contains(*dot) for box in boxes for dot in dots)


def test_runs_of_one_name_stand_under_it_once():
    ax = plots.times(["swift", "wide", "swift"], [74.0, 185.0, 69.0])
    assert [text.get_text() for text in ax.texts] == [
        "swift ($n$ = 2)", "74 s", "69 s", "wide", "185 s"
    ]  # fmt: skip
    assert [bar.get_width() for bar in ax.patches] == [74.0, 69.0, 185.0]
    assert len({bar.get_y() for bar in ax.patches}) == 3


def wrong_instead_of(value):
    """What may be given by mistake in place of this."""
    yield from (None, "text", [[1, 2], [3]])
    if isinstance(value, (int, float, list, np.ndarray)):
        yield from ([value, value], np.zeros((0, 0)))
    if isinstance(value, (dict, pd.Series)):
        yield {**value, next(iter(value.keys())): None}
    if isinstance(value, pd.DataFrame) and isinstance(value.columns[0], str):
        yield value.drop(columns=value.columns[0])


@pytest.mark.parametrize("name, argument", [(name, each) for name in MADE_UP for each in MADE_UP[name]()])
def test_it_refuses_what_it_cannot_draw(name, argument):
    """By the argument's name, and before there is a figure, which a notebook would show."""
    given = MADE_UP[name]()
    for wrong in wrong_instead_of(given[argument]):
        if isinstance(wrong, ANYTHING.get((name, argument), ())):
            continue
        with pytest.raises((TypeError, ValueError), match=rf"^([\w, ]+, )?{argument}\b.*: got .*; takes "):
            getattr(plots, name)(**{**given, argument: wrong})
            raise AssertionError(
                f"{name} drew {argument} = {wrong!r}: check it with the helpers of plots/style.py, "
                "or name it in ANYTHING if it may be anything"
            )
        assert plt.get_fignums() == [], f"{name} makes a figure before it checks {argument}"


def test_figures_and_widgets_colour_learning_rates_alike():
    theme = (Path(__file__).parents[2] / "s6lib" / "widgets" / "kit" / "theme.js").read_text(encoding="utf-8")
    of_widgets = json.loads(re.search(r"RATES_LIGHT = (\[.+\]);", theme)[1])
    np.testing.assert_allclose(255 * plots.rate_colors([1, 2, 3])[:, :3], of_widgets, atol=1)
