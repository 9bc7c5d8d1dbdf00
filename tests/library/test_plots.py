"""s6lib.plots on made-up data: a figure shows all that it is given, or says by name what it takes."""

import inspect
import pickle

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
CALIBRATION = {"confidence": [0.3, 0.8], "accuracy": [0.2, 0.9], "low": 0.1, "high": 0.95, "images": [3, 40]}
EPOCHS = {
    "epoch": [1, 2],
    "train_loss": 0.3,
    "held_out_loss": 0.4,
    "train_accuracy": 0.9,
    "held_out_accuracy": 0.8,
}
#: function -> its arguments.
MADE_UP = {
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
    "one_rate": lambda: {"loss": some(5), "learning_rate": 0.5, "others": {0.1: some(5)}},
    "learning_rates": lambda: {"loss": some(5, 2), "rates": [0.1, 1.0]},
    "steps_needed": lambda: {"rates": some(4), "steps": some(4), "fastest": 3.0, "threshold": 6.0},
    "swing": lambda: {"outputs": some(5, 2), "rates": [0.1, 1.0], "target": 0.5},
    "catapult": lambda: {"loss": some(5), "stable_rate": some(5), "learning_rate": 0.5},
    "loss_landscape": lambda: {
        "x": np.arange(3.0),
        "y": np.arange(4.0),
        "loss": some(4, 3),
        "paths": [some(5, 2)],
        "rates": [0.1],
    },
    "one_window": lambda: {
        "image": some(9, 9),
        "corner": [2, 3],
        "kernel": some(3, 3),
        "products": some(3, 3),
    },
    "edges": lambda: {"image": some(9, 9), "responses": {"left": some(7, 7)}},
    "relu": lambda: {"before": some(9, 9), "after": some(9, 9)},
    "slopes": lambda: {"z": np.arange(5.0), "slope": {"sigmoid": some(5)}},
    "running_mean": lambda: {"batch_means": some(3), "running_means": some(4)},
    "max_pool": lambda: {"before": some(8, 8), "after": some(4, 4)},
    "dropped": lambda: {"image": some(9, 9), "passes": some(2, 9, 9), "mean": some(9, 9)},
    "answer": lambda: {"probabilities": some(10)},
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
    "minibatches": lambda: {"of_parts": some(4), "of_all": 0.5},
    "momentum": lambda: {"gradient": some(4), "velocity": some(4)},
    "history": lambda: {"epochs": pd.DataFrame(EPOCHS), "label": "made up"},
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
    "reliability": lambda: {"table": pd.DataFrame(CALIBRATION), "edges": np.linspace(0, 1, 3)},
    "feature_maps": lambda: {"image": some(28, 28), "maps": [some(3, 9, 9), some(9, 4, 4)]},
    "seeds": lambda: {
        "correct": [9900, 9910, 9910],
        "mean": 9905.0,
        "interval": [9900, 9912],
        "published": 9920,
    },
    "picking": lambda: {"claims": pd.Series({"the mean": 9900.0, "the best": 9910.0})},
    "two_kinds_of_luck": lambda: {"counts": [1, 10, 100], "of_seeds": some(3), "of_test": 2.0, "here": 10},
    "parts": lambda: {
        "ratios": pd.DataFrame({"a": some(3), "b": some(3)}),
        "effects": pd.DataFrame(
            {"ratio": [1.1, 2.0], "from": [0.9, 1.5], "to": [1.3, 2.5]}, index=["a", "b"]
        ),
    },
    "schedules": lambda: {"rates": {"a": (np.arange(1, 5), some(4))}},
    "moved": lambda: {"pictures": some(3, 9, 9)},
    "trials": lambda: {"errors": some(5), "loss": some(5), "luck": 0.1, "frozen": {"a": 3}},
    "holds": lambda: {
        "accuracy": {"a": some(3)},
        "results": pd.DataFrame({"mean": [0.9], "lower bound": 0.8}, index=["a"]),
        "goal": 0.994,
    },
    "times": lambda: {"names": names(2), "seconds": [3.0, 40.0]},
    "swept_rates": lambda: {"rates": [0.1, 1.0, 10.0], "loss": some(3), "start": 1.0},
    "swept_grid": lambda: {"accuracy": pd.DataFrame({0.0: [0.1, 0.2], 0.9: [0.3, 0.2]}, index=[0.1, 1.0])},
}
#: What says what a run is, in any words; and the pictures that are not at hand.
ANYTHING = {("history", "label"): object, ("hardest", "pictures"): type(None)}
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
