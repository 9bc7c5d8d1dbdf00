"""s6lib.plots on made-up data: a figure shows all that it is given, or says by name what it takes."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from s6lib import plots, toy
from s6lib.fit import History, Metrics

RANDOM = np.random.default_rng(0)
NAMES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]


@pytest.fixture(autouse=True)
def closed():
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
        assert pictures(axes) == count and any(
            word.startswith(f"{count - 1}, read 1") for word in words(axes)
        )
        assert not any(ax.axison for ax in axes[count:])


def test_the_books_own_figures_keep_their_size():
    sizes = [
        plots.moved(np.ones((9, 28, 28)))[0].figure,
        plots.hardest(pd.DataFrame({"label": range(12), "read as": 1, "probability of that": 0.5}), None)[
            0
        ].figure,
    ]
    assert [tuple(figure.get_size_inches()) for figure in sizes] == [(4.2, 4.4), (5.2, 5.2)]


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
            lambda wrong: plots.one_window(wrong, (0, 0), wrong, wrong),
            r"image: got \w+; takes numbers of shape \(H, W\)",
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
            lambda wrong: plots.reliability(wrong, None),
            "table: got .*; takes a DataFrame with the columns confidence, acc",
        ),
        (
            lambda wrong: plots.parts(wrong, wrong),
            "effects: got .*; takes a DataFrame with the columns ratio, from, to",
        ),
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
    counts = RANDOM.integers(0, 20, (10, 10))
    said = [
        words(plots.confusion(each))
        for each in (counts, counts.tolist(), torch.tensor(counts), pd.DataFrame(counts))
    ]
    assert said[0] == said[1] == said[2] == said[3] and str(counts[0, 1]) in said[0]


def test_the_network_is_drawn_from_plain_lists():
    values = toy.forward(toy.WEIGHTS, toy.INPUTS)
    lists = plots.network(toy.WEIGHTS.tolist(), toy.INPUTS.tolist(), toy.TARGETS.tolist(), values)
    assert words(lists) == words(plots.network(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, values))
