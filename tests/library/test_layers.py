"""The CNN in NumPy against autograd, ONNX's reference, 80-bit arithmetic, published figures and identities.

Every array that a test hands over is read-only: what wrote into one would raise.
"""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.lib.stride_tricks import sliding_window_view
from onnx import helper
from onnx.reference import ReferenceEvaluator
from torch import nn
from torch.nn import functional as F

from s6lib import layers, referees
from s6lib.cnn import NETWORKS, PLAIN, Crop, DigitCNN, named_layers

#: Networks that the book has not: options, and the sides of their images.
OTHERS = {
    "odd sides under each pool": ({"channels": (3, 4, 5), "pools": (1, 2, 3)}, (28, 30)),
    "a smaller image that is cropped": ({"channels": (3, 4), "pools": (1,), "crop": 3}, (21, 15)),
    "a stem, then shared": ({"channels": (4, 4, 4), "shared": True, "stem": (4, 2), "pools": (2,)}, (28, 28)),
    "shared from the first block": ({"channels": (1, 1, 3, 3), "shared": True, "pools": (2,)}, (9, 10)),
    "a stem of one channel": (
        {
            "seed": 1,
            "channels": (1, 1, 2, 2),
            "shared": True,
            "stem": (3, 1),
            "pools": (),
            "head": "weighted",
        },
        (28, 28),
    ),
    "flat, of few channels": ({"channels": (2, 3), "head": "flat", "pools": (1,)}, (28, 28)),
    "one pixel left": ({"channels": (2, 3, 2, 2, 2), "pools": (1, 2, 3, 4), "dropout": 0.5}, (28, 28)),
}
#: Of the book's networks those that NumPy's layers know: others are refused.
ALL = {
    name: (options, (28, 28)) for name, options in NETWORKS.items() if PLAIN.keys().isdisjoint(options)
} | OTHERS
#: Has NumPy a type that is wider than float64? Not with Microsoft's compiler, nor on Apple's processors.
WIDER = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps


def frozen(value):
    """Arrays, and dicts of them, that nobody can write to."""
    if isinstance(value, dict):
        return {name: frozen(each) for name, each in value.items()}
    value = np.array(value)
    value.flags.writeable = False
    return value


def made(options, seed=0):
    """A model in float64 none of whose numbers is 0 or 1 by construction; and its state as arrays."""
    model, random = DigitCNN(**{"seed": seed, **options}).double(), np.random.default_rng(seed)
    for name, layer in model.named_children():
        for each, value in layer.state_dict().items():
            if name.startswith("norm") and each != "num_batches_tracked":
                low, high = (0.5, 2) if each == "running_var" else (-1, 1)
                value.copy_(torch.tensor(random.uniform(low, high, value.shape)))
            elif name == "average":
                value.copy_(value * torch.tensor(random.uniform(-1, 3, value.shape)))
    return model, arrays(model)


def arrays(model):
    return frozen({name: value.numpy() for name, value in model.state_dict().items()})


def batch(size, count=32, seed=1):
    random = np.random.default_rng(seed)
    return frozen(random.normal(size=(count, 1, *size))), frozen(random.integers(0, 10, count))


def drawn(images, model, seed=2):
    return frozen(layers.masks(np.random.default_rng(seed), images, model.settings))


def apart(own, theirs):
    """The largest difference, as a share of the largest entry."""
    largest = np.abs(theirs).max()
    assert largest > 0, "nothing to compare with"
    return float(np.abs(own - theirs).max() / largest)


# All gradients of all networks, by autograd --------------------------------------------------


def written_out(layer, x):
    """Batch norm from operations that autograd follows one by one."""
    mean, variance = layer.running_mean, layer.running_var
    if layer.training:
        mean = x.mean((0, 2, 3))
        variance = ((x - mean[:, None, None]) ** 2).mean((0, 2, 3))
    n = (x - mean[:, None, None]) / (variance[:, None, None] + layer.eps).sqrt()
    return n * layer.weight[:, None, None] + layer.bias[:, None, None]


def opinion(model, images, labels, keep, norm=written_out):
    """Autograd's: the error, what each layer hands on, the slope there, and every parameter's gradient."""
    x = images = torch.tensor(images, requires_grad=True)
    values = {}
    for name, layer in named_layers(model):
        if isinstance(layer, nn.Dropout):
            x = x * torch.tensor(keep[name]) / (1 - layer.p) if layer.training else x
        else:
            x = norm(layer, x) if isinstance(layer, nn.BatchNorm2d) else layer(x)
        x.retain_grad()
        values[name] = x
    error = F.nll_loss(x, torch.tensor(labels))
    error.backward()
    slopes = {name: value.grad.numpy() for name, value in ({"images": images} | values).items()}
    del slopes["log_softmax"]
    gradients = {name: each.grad.numpy() for name, each in model.named_parameters(remove_duplicate=False)}
    return error.item(), {name: value.detach().numpy() for name, value in values.items()}, slopes, gradients


def assert_equal_dicts(own, theirs, bound):
    assert set(own) == set(theirs)
    for name in own:
        other = theirs[name]
        if other.shape[2:] == (1, 1) and own[name].ndim == 2:  # PyTorch keeps the sides of an average
            other = other[:, :, 0, 0]
        assert own[name].shape == other.shape, name
        assert apart(own[name], other) <= bound, name


# A native batch norm in float64 is itself off by up to 1.1e-12 of the largest entry, as 80 bits say.
@pytest.mark.parametrize(
    "training, norm, bound",
    [
        (True, written_out, 1e-12),
        (True, nn.BatchNorm2d.forward, 5e-12),
        (False, nn.BatchNorm2d.forward, 1e-12),
    ],
)
@pytest.mark.parametrize("name", ALL)
def test_all_gradients_are_autograds(name, training, norm, bound):
    options, size = ALL[name]
    model, state = made(options)
    images, labels = batch(size)
    keep = drawn(images, model)
    error, values, slopes, gradients = opinion(model.train(training), images, labels, keep, norm)
    arguments = (state, images, labels, model.settings, training, keep)
    own = layers.activations(state, images, model.settings, training, keep)
    assert list(own) == list(values)  # in their order
    assert_equal_dicts(own, values, bound)
    assert layers.nll(own["log_softmax"], labels) == pytest.approx(error, rel=bound)
    assert_equal_dicts(layers.slopes(*arguments), slopes, bound)
    assert_equal_dicts(layers.gradient(*arguments), gradients, bound)


def test_what_comes_out_last_is_the_forward_pass():
    model, state = made({"channels": (2, 3), "pools": (2,)})
    images, _ = batch((8, 8), count=2)
    keep = drawn(images, model)
    for mode in ((), (False,), (False, keep), (True, keep)):
        np.testing.assert_array_equal(
            layers.forward(state, images, model.settings, *mode),
            layers.activations(state, images, model.settings, *mode)["log_softmax"],
        )
    by_training = [layers.forward(state, images, model.settings, *mode) for mode in ((), (False, keep))]
    np.testing.assert_array_equal(*by_training)  # in evaluation nothing is dropped
    assert (layers.forward(state, images, model.settings, True, keep) != by_training[0]).any()


def test_a_network_predicts_unless_it_is_told_to_train():
    model, state = made({"channels": (2, 3), "pools": (2,)})
    images, labels = batch((8, 8), count=2)
    for call in (layers.activations, layers.gradient, layers.slopes):
        known = () if call is layers.activations else (labels,)
        arguments = (state, images, *known, model.settings)
        by_default, told = call(*arguments), call(*arguments, False)
        assert all((by_default[name] == told[name]).all() for name in told)


@pytest.mark.parametrize("crop", [1, 2, 3, 5, 9, 13])
def test_of_images_of_any_size_as_large_a_share_is_cut_off(crop):
    model, state = made({"channels": (1,), "pools": (), "crop": crop})
    for side in range(3, 60, 2):
        images, labels = batch((side, 40), count=1)
        if side > 2 * round(crop * side / 28):
            expected = Crop(crop)(torch.tensor(images)).numpy()
            own = layers.activations(state, images, model.settings)["crop"]
            np.testing.assert_array_equal(own, expected)
            back = layers.slopes(state, images, labels, model.settings)
            inside = Crop(crop)(torch.tensor(back["images"])).numpy()
            np.testing.assert_array_equal(back["crop"], inside)
            assert np.count_nonzero(back["images"]) == np.count_nonzero(inside)


def test_slopes_come_from_the_end_and_gradients_in_the_order_of_the_state():
    model, state = made({"channels": (2, 3), "pools": (2,)})
    images, labels = batch((8, 8), count=2)
    arguments = (state, images, labels, model.settings, True, drawn(images, model))
    names = [name for name, _ in named_layers(model)]
    assert list(layers.slopes(*arguments)) == [*reversed(names[:-1]), "images"]
    assert list(layers.gradient(*arguments)) == [name for name, _ in model.named_parameters()]


def test_a_dropout_with_the_mask_it_drew():
    """A whole pass by PyTorch's own layers, whose masks are caught by running them on ones beforehand."""
    model, state = made({"channels": (3, 4), "pools": (1, 2), "dropout": 0.3})
    images, labels = batch((12, 12), count=8)
    caught = {}

    def catch(name):
        def hook(layer, entering):
            before = torch.get_rng_state()
            caught[name] = frozen(F.dropout(torch.ones_like(entering[0]), layer.p).numpy() != 0)
            torch.set_rng_state(before)

        return hook

    for name, layer in named_layers(model):
        if isinstance(layer, nn.Dropout):
            layer.register_forward_pre_hook(catch(name))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        F.nll_loss(model(torch.tensor(images)), torch.tensor(labels)).backward()
    assert {name: mask.shape for name, mask in caught.items()} == {
        "drop1": (8, 3, 6, 6),
        "drop2": (8, 4, 3, 3),
    }
    own = layers.gradient(state, images, labels, model.settings, True, caught)
    assert_equal_dicts(own, {name: each.grad.numpy() for name, each in model.named_parameters()}, 5e-12)


@pytest.mark.parametrize("name", ["a stem, then shared", "odd sides under each pool"])
def test_float64_is_right_to_the_last_digits_as_80_bits_say(name):
    """The same functions in a wider type: what differs is rounding. Where NumPy has none, only the types."""
    options, size = ALL[name]
    model, state = made(options)
    images, labels = batch(size, count=4)
    keep = drawn(images, model)
    wide = {each: value.astype(np.longdouble) for each, value in state.items()}
    for training in (True, False):
        own = layers.gradient(state, images, labels, model.settings, training, keep)
        better = layers.gradient(
            frozen(wide), images.astype(np.longdouble), labels, model.settings, training, keep
        )
        assert all(each.dtype == np.longdouble for each in better.values())
        if WIDER:
            assert_equal_dicts(own, better, 5e-13)
            assert any((own[each] != better[each]).any() for each in own)  # more digits than those of float64


def test_central_differences_for_200_parameters():
    model, state = made({"channels": (4, 8, 16, 24, 32)})  # the author's, on images of 8 x 8 pixels
    images, labels = batch((8, 8), count=4)
    keep = drawn(images, model)
    gradient = layers.gradient(state, images, labels, model.settings, True, keep)
    places = [(name, index) for name, each in gradient.items() for index in np.ndindex(each.shape)]
    chosen = [places[k] for k in np.random.default_rng(0).choice(len(places), 200, replace=False)]

    def error(name, index):
        def at(value):
            moved = {**state, name: state[name].copy()}
            moved[name][index] = value
            return layers.nll(layers.forward(moved, images, model.settings, True, keep), labels)

        return at

    own = [gradient[name][index] for name, index in chosen]
    theirs = [
        referees.central_difference(error(name, index), state[name][index]).item() for name, index in chosen
    ]
    np.testing.assert_allclose(own, theirs, rtol=1e-6, atol=1e-8)


# Twenty steps --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["author", "slim", "a stem, then shared"])
def test_twenty_steps_beside_sgd(name):
    options, size = ALL[name]
    model, state = made(options)
    velocity, before = {}, state
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.8)
    model.train()
    for step in range(20):
        images, labels = batch(size, count=8, seed=step)
        keep = drawn(images, model, seed=step)
        optimizer.zero_grad()
        error, *_ = opinion(model, images, labels, keep, nn.BatchNorm2d.forward)
        optimizer.step()
        state, velocity, own = layers.step(
            frozen(state), frozen(velocity), images, labels, model.settings, 0.05, 0.8, keep
        )
        assert own == pytest.approx(error, rel=1e-10)
    theirs = arrays(model)
    assert list(state) == list(theirs)
    for each in state:  # weights, and the averages that batch norm runs, and how many batches they saw
        np.testing.assert_allclose(state[each], theirs[each], rtol=1e-9, atol=1e-9, err_msg=each)
        assert state[each].dtype == theirs[each].dtype and isinstance(state[each], np.ndarray)
        assert not np.array_equal(state[each], before[each]), f"{each} has not moved"
    assert set(velocity) == {each for each in state if "running" not in each and "num_batches" not in each}
    model.load_state_dict({each: torch.from_numpy(np.array(value)) for each, value in state.items()})


def test_the_defaults_of_a_step_are_those_of_the_chapters():
    model, state = made({"channels": (2,), "pools": (1,), "dropout": 0.0})
    images, labels = batch((6, 6), count=4)
    gradient = layers.gradient(state, images, labels, model.settings, True)
    once, velocity, _ = layers.step(state, {}, images, labels, model.settings)
    for name in gradient:
        np.testing.assert_array_equal(velocity[name], gradient[name])
        np.testing.assert_array_equal(once[name], state[name] - 0.01 * gradient[name])
    some = {"conv1.bias": velocity["conv1.bias"]}  # where there is none yet, it is 0
    _, second, _ = layers.step(state, some, images, labels, model.settings)
    np.testing.assert_array_equal(second["conv1.bias"], 0.9 * velocity["conv1.bias"] + gradient["conv1.bias"])
    np.testing.assert_array_equal(second["conv1.weight"], gradient["conv1.weight"])


def test_of_a_shared_convolution_the_first_use_counts_and_a_step_leaves_one_and_the_same():
    model, state = made({"channels": (2, 2, 2), "shared": True, "pools": (3,), "dropout": 0.0})
    images, labels = batch((8, 8), count=4)
    other = {**state, "conv3.weight": frozen(state["conv3.weight"] + 1), "conv3.bias": frozen([5, 6])}
    for one, two in zip(
        layers.step(state, {}, images, labels, model.settings),
        layers.step(other, {}, images, labels, model.settings),
    ):
        assert one == two if isinstance(one, float) else all((one[name] == two[name]).all() for name in one)
    after, velocity, _ = layers.step(other, {}, images, labels, model.settings)
    for each in ("weight", "bias"):
        np.testing.assert_array_equal(after[f"conv3.{each}"], after[f"conv2.{each}"])
        np.testing.assert_array_equal(velocity[f"conv3.{each}"], velocity[f"conv2.{each}"])


def test_a_state_without_a_count_of_batches_will_do():
    model, state = made({"channels": (2, 2), "dropout": 0.0})
    images, labels = batch((8, 8), count=4)
    fewer = {name: value for name, value in state.items() if "tracked" not in name}
    moved, _, _ = layers.step(fewer, {}, images, labels, model.settings)
    assert list(moved) == list(fewer)
    whole, _, _ = layers.step(state, {}, images, labels, model.settings)
    assert all((moved[name] == whole[name]).all() for name in moved)
    assert whole["norm1.num_batches_tracked"] == 1


# Precision -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["author", "no average", "slim", "swift"])
def test_a_network_stays_in_its_precision(name, dtype):
    model, state = made(ALL[name][0])
    state = {each: value.astype(dtype) if value.dtype.kind == "f" else value for each, value in state.items()}
    images, labels = batch((28, 28), count=2)
    images, keep = frozen(images.astype(dtype)), drawn(images, model)
    velocity = {}
    for _ in range(2):  # the second has a velocity
        for training in (True, False):
            arguments = (state, images, labels, model.settings, training, keep)
            found = layers.gradient(*arguments) | layers.slopes(*arguments)
            found |= layers.activations(state, images, model.settings, training, keep)
            assert {each.dtype for each in found.values()} == {np.dtype(dtype)}
        state, velocity, error = layers.step(
            frozen(state), frozen(velocity), images, labels, model.settings, np.float64(0.01), 0.9, keep
        )
        assert type(error) is float
        assert {each.dtype for each in velocity.values()} == {np.dtype(dtype)}
        for each, value in state.items():
            assert value.dtype == (np.int64 if "tracked" in each else dtype), each


#: Arguments that fit, of every function but those of the whole network.
X = frozen(np.random.default_rng(0).normal(size=(2, 3, 4, 6)))
WEIGHT = frozen(np.random.default_rng(1).normal(size=(5, 3, 3, 2)))
CHANNEL = frozen([0.5, 1.5, 2.0])
ROWS = frozen(np.random.default_rng(2).normal(size=(2, 5)))
MATRIX = frozen(np.random.default_rng(3).normal(size=(7, 5)))
PLACES = frozen(np.random.default_rng(4).normal(size=(3, 1, 4, 6)))
KEEP = frozen(np.random.default_rng(5).random(X.shape) > 0.5)
BLOCKS = {
    "convolution": {"x": X, "weight": WEIGHT, "bias": ROWS[0], "stride": 1, "padding": 1},
    "convolution_gradient": {
        "slope": frozen(np.ones((2, 5, 4, 7))),
        "x": X,
        "weight": WEIGHT,
        "stride": 1,
        "padding": 1,
    },
    "relu": {"x": X},
    "relu_gradient": {"slope": X, "x": X},
    "batch_norm": {"x": X, "scale": CHANNEL, "shift": CHANNEL, "epsilon": 1e-5},
    "batch_norm_gradient": {"slope": X, "x": X, "scale": CHANNEL, "epsilon": 1e-5},
    "max_pool": {"x": X, "size": 2},
    "max_pool_gradient": {"slope": X[:, :, :2, :3], "x": X, "size": 2},
    "dropout": {"x": X, "keep": KEEP, "p": 0.25},
    "dropout_gradient": {"slope": X, "keep": KEEP, "p": 0.25},
    "average": {"x": X},
    "average_gradient": {"slope": X[:, :, 0, 0], "x": X},
    "weighted_average": {"x": X, "weight": PLACES},
    "weighted_average_gradient": {"slope": X[:, :, 0, 0], "x": X, "weight": PLACES},
    "linear": {"x": ROWS, "weight": MATRIX, "bias": frozen(np.arange(7.0))},
    "linear_gradient": {"slope": frozen(np.ones((2, 7))), "x": ROWS, "weight": MATRIX},
    "log_softmax": {"z": ROWS},
    "nll": {"log_probabilities": ROWS, "labels": frozen([0, 4])},
    "nll_gradient": {"log_probabilities": ROWS, "labels": frozen([0, 4])},
    "sigmoid": {"z": ROWS},
    "sigmoid_gradient": {"slope": ROWS, "z": ROWS},
    "squared_error": {"y": ROWS, "targets": frozen(ROWS + 1)},
    "squared_error_gradient": {"y": ROWS, "targets": frozen(ROWS + 1)},
}
NETWORK = ("forward", "activations", "gradient", "slopes", "step", "masks")


def test_every_public_function_is_here():
    public = {
        name
        for name, each in inspect.getmembers(layers, inspect.isfunction)
        if each.__module__ == layers.__name__ and not name.startswith("_")
    }
    assert public == {*BLOCKS, *NETWORK}


def cast(arguments, dtype):
    return {
        name: frozen(value.astype(dtype)) if getattr(value, "dtype", None) == np.float64 else value
        for name, value in arguments.items()
    }


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_stays_in_its_precision_and_takes_lists(name):
    block, arguments = getattr(layers, name), BLOCKS[name]

    def found(arguments):
        answer = block(**arguments)
        return answer if isinstance(answer, tuple) else (answer,)

    wide = found(arguments)
    narrow = found(cast(arguments, np.float32))
    if not isinstance(wide[0], float):
        assert {each.dtype for each in narrow} == {np.dtype(np.float32)}
        assert {each.dtype for each in wide} == {np.dtype(np.float64)}
        assert all(each.flags.writeable for each in wide)
    for one, two in zip(wide, narrow):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
    lists = {
        key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in arguments.items()
    }
    for one, two in zip(wide, found(lists)):
        np.testing.assert_array_equal(one, two)
    if name not in ("nll", "nll_gradient"):
        whole = {key: value.astype(int) if key != "keep" and isinstance(value, np.ndarray) else value
                 for key, value in arguments.items()}  # fmt: skip
        assert all(np.asarray(each).dtype == np.float64 for each in found(whole))


@pytest.mark.parametrize("name", [name for name in BLOCKS if len(BLOCKS[name]) > 1])
def test_a_block_takes_both_precisions_at_once(name):
    block, arguments = getattr(layers, name), BLOCKS[name]
    exact = block(**arguments)
    for each in arguments:
        mixed = block(**arguments | cast({each: arguments[each]}, np.float32))
        pairs = zip(exact, mixed) if isinstance(exact, tuple) else [(exact, mixed)]
        for one, two in pairs:
            np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_a_bias_for_all_is_one_for_each_and_promotes_nothing():
    arguments = cast(BLOCKS["convolution"], np.float32)
    for bias in (0, 0.5, np.float64(0.5), np.array(0.5)):
        y = layers.convolution(**arguments | {"bias": bias})
        np.testing.assert_array_equal(
            y, layers.convolution(**arguments | {"bias": np.full(5, bias, np.float32)})
        )
        assert y.dtype == np.float32
    arguments = cast(BLOCKS["linear"], np.float32)
    y = layers.linear(**arguments | {"bias": 0.5})
    np.testing.assert_array_equal(y, layers.linear(**arguments | {"bias": np.full(7, 0.5, np.float32)}))
    assert y.dtype == np.float32


# Identities ----------------------------------------------------------------------------------


def whole(draw, *shape, low=-4, high=4):
    """Whole numbers as float64: sums and products of them are exact, in whatever order."""
    return frozen(draw(hnp.arrays(np.int64, shape, elements=st.integers(low, high))).astype(np.float64))


@st.composite
def convolutions(draw, steps=3):
    """slope, x, weight, stride and padding of a convolution, whole numbers all."""
    side, few = st.integers(1, 6), st.integers(1, 3)
    kernel, padding = (draw(st.integers(1, 4)), draw(st.integers(1, 4))), draw(st.integers(0, 5))
    if draw(st.booleans()):
        padding = (padding, draw(st.integers(0, 5)))
    stride = draw(st.integers(1, steps))
    if draw(st.booleans()):
        stride = (stride, draw(st.integers(1, steps)))
    pairs = [each if isinstance(each, tuple) else (each, each) for each in (stride, padding)]
    sides = [max(draw(side), k - 2 * p) for k, p in zip(kernel, pairs[1])]
    n, entering, out = draw(few), draw(few), draw(few)
    left = [(side + 2 * p - k) // s + 1 for side, k, s, p in zip(sides, kernel, *pairs)]
    seed = draw(st.integers(0, 2**32 - 1))  # drawing each entry would take hypothesis long
    random = np.random.default_rng(seed)
    shapes = (n, out, *left), (n, entering, *sides), (out, entering, *kernel)
    arrays = [frozen(random.integers(-4, 5, shape).astype(np.float64)) for shape in shapes]
    return (*arrays, stride, padding)


@settings(max_examples=60, deadline=None)
@given(convolutions())
def test_a_convolution_is_pytorchs(drawn):
    slope, x, weight, stride, padding = drawn
    bias = frozen(np.arange(1.0, len(weight) + 1))
    tensors = [torch.tensor(each, requires_grad=True) for each in (x, weight, bias)]
    y = F.conv2d(*tensors, stride=stride, padding=padding)
    np.testing.assert_array_equal(layers.convolution(x, weight, bias, stride, padding), y.detach())
    y.backward(torch.tensor(slope))
    own = layers.convolution_gradient(slope, x, weight, stride, padding)
    for each, tensor in zip(own, tensors):
        np.testing.assert_array_equal(each, tensor.grad)


def test_what_a_block_does_if_nothing_else_is_said():
    """The networks' kernels: steps of one pixel, a border of one; pools of 2 x 2."""
    slope, x, weight = X, X, frozen(np.random.default_rng(0).normal(size=(3, 3, 3, 3)))
    np.testing.assert_array_equal(layers.convolution(x, weight, 0), layers.convolution(x, weight, 0, 1, 1))
    for own, told in zip(
        layers.convolution_gradient(slope, x, weight), layers.convolution_gradient(slope, x, weight, 1, 1)
    ):
        np.testing.assert_array_equal(own, told)
    np.testing.assert_array_equal(layers.max_pool(x), layers.max_pool(x, 2))
    slope = x[:, :, :2, :3]
    np.testing.assert_array_equal(layers.max_pool_gradient(slope, x), layers.max_pool_gradient(slope, x, 2))


@settings(max_examples=40, deadline=None)
@given(convolutions())
def test_a_convolution_is_linear_in_each_and_its_slopes_are_adjoint(drawn):
    slope, x, weight, stride, padding = drawn
    y = layers.convolution(x, weight, 0, stride, padding)
    of_x, of_weight, of_bias = layers.convolution_gradient(slope, x, weight, stride, padding)
    assert (slope * y).sum() == (x * of_x).sum() == (weight * of_weight).sum()
    ones = layers.convolution(x, 0 * weight, np.ones(len(weight)), stride, padding)
    assert (slope * ones).sum() == of_bias.sum()
    np.testing.assert_array_equal(layers.convolution(3 * x, weight, 0, stride, padding), 3 * y)


@settings(max_examples=40, deadline=None)
@given(convolutions())
def test_a_convolution_is_the_sum_that_its_docstring_writes(drawn):
    slope, x, weight, stride, padding = drawn
    (down, right), (top, left) = [
        each if isinstance(each, tuple) else (each, each) for each in (stride, padding)
    ]
    y = layers.convolution(x, weight, 2, stride, padding)
    bordered = np.zeros((*x.shape[:2], x.shape[2] + 2 * top, x.shape[3] + 2 * left))
    bordered[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    height, width = weight.shape[2:]
    expected = np.full(slope.shape, 2.0)
    for n, o, r, c in np.ndindex(*slope.shape):
        window = bordered[n, :, r * down : r * down + height, c * right : c * right + width]
        expected[n, o, r, c] += (weight[o] * window).sum()
    np.testing.assert_array_equal(y, expected)


@settings(max_examples=30, deadline=None)
@given(convolutions(steps=1))
def test_with_stride_1_the_slope_of_the_image_is_a_convolution_with_kernels_turned_over(drawn):
    slope, x, weight, _, _ = drawn
    height, width = weight.shape[2:]
    slope = layers.convolution(x, weight, 0, 1, (height, width))  # any slope will do
    of_x, *_ = layers.convolution_gradient(slope, x, weight, 1, (height, width))
    turned = weight[:, :, ::-1, ::-1].swapaxes(0, 1)
    far = layers.convolution(slope, turned, 0, 1, (height, width))
    rows, columns = (slice(k + 1, k + 1 + side) for k, side in zip((height, width), x.shape[2:]))
    np.testing.assert_array_equal(of_x, far[:, :, rows, columns])


@settings(max_examples=30, deadline=None)
@given(convolutions())
def test_an_image_that_moves_moves_what_comes_out(drawn):
    _, x, weight, stride, _ = drawn
    down, right = stride if isinstance(stride, tuple) else (stride, stride)
    kernel = weight.shape[2:]
    moved = np.pad(x, ((0, 0), (0, 0), (2 * down, 0), (right, 0)))
    still = layers.convolution(x, weight, 1, stride, kernel)
    far = layers.convolution(moved, weight, 1, stride, kernel)
    np.testing.assert_array_equal(far[:, :, 2:, 1:], still)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 3))
def test_a_pool_is_pytorchs_and_so_are_its_ties(data, size):
    few = st.integers(1, 3)
    shape = [data.draw(few), data.draw(few), size * data.draw(few), size * data.draw(few)]
    x = whole(data.draw, *shape, low=0, high=2)  # many are equal
    slope = whole(data.draw, shape[0], shape[1], shape[2] // size, shape[3] // size)
    tensor = torch.tensor(x, requires_grad=True)
    y = F.max_pool2d(tensor, size)
    y.backward(torch.tensor(slope))
    np.testing.assert_array_equal(layers.max_pool(x, size), y.detach())
    own = layers.max_pool_gradient(slope, x, size)
    np.testing.assert_array_equal(own, tensor.grad)
    assert own.sum() == slope.sum()


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=0), elements=st.sampled_from([-1.0, -0.0, 0.0, 1.0])))
@settings(max_examples=50, deadline=None)
def test_relu_at_0_lets_nothing_back(x):
    x = frozen(x)
    tensor = torch.tensor(x, requires_grad=True)
    y = tensor.relu()
    y.sum().backward()
    np.testing.assert_array_equal(layers.relu(x), y.detach())
    np.testing.assert_array_equal(layers.relu_gradient(frozen(np.ones(x.shape)), x), tensor.grad)


def uneven(*shape, seed=0, spread=1.0):
    return frozen(np.random.default_rng(seed).normal(2, spread, shape))


@pytest.mark.parametrize("shape", [(5, 3), (1, 2, 4), (2, 1, 1, 1), (3, 2, 4, 5), (2, 2, 1, 3, 2)])
def test_a_batch_norm_of_any_shape_and_its_sums_that_must_be_zero(shape):
    channels = shape[1]
    along = (-1, *(1 for _ in shape[2:]))
    x, slope = uneven(*shape), uneven(*shape, seed=1)
    scale, shift = uneven(channels, seed=2), uneven(channels, seed=3)
    tensors = [torch.tensor(each, requires_grad=True) for each in (x, scale, shift)]
    y = F.batch_norm(tensors[0], None, None, *tensors[1:], training=True, eps=0.25)
    y.backward(torch.tensor(slope))
    own = layers.batch_norm(x, scale, shift, epsilon=0.25)
    np.testing.assert_allclose(own, y.detach(), rtol=1e-10, atol=1e-12)
    of_x, of_scale, of_shift = layers.batch_norm_gradient(slope, x, scale, epsilon=0.25)
    for each, tensor in zip((of_x, of_scale, of_shift), tensors):
        np.testing.assert_allclose(each, tensor.grad, rtol=1e-9, atol=1e-12)
    # One number for all of a channel is taken away again by its mean: no slope there.
    over = (0, *range(2, len(shape)))
    np.testing.assert_allclose(of_x.sum(axis=over), 0, atol=1e-12)
    # Stretched about its mean a channel stays what it was, but for epsilon: without it, this sum is 0 too.
    of_x, *_ = layers.batch_norm_gradient(slope, x, scale, epsilon=0)
    n = layers.batch_norm(x, np.ones(channels), np.zeros(channels), epsilon=0)
    np.testing.assert_allclose(of_x.sum(axis=over), 0, atol=1e-12)
    np.testing.assert_allclose((of_x * n).sum(axis=over), 0, atol=1e-11)
    np.testing.assert_allclose(n.mean(axis=over), 0, atol=1e-13)
    np.testing.assert_allclose((n**2).mean(axis=over), 1, rtol=1e-12)
    far = frozen(x * scale.reshape(along) ** 2 + shift.reshape(along))
    np.testing.assert_allclose(
        layers.batch_norm(far, np.ones(channels), np.zeros(channels), epsilon=0), n, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("shape", [(1, 3), (3, 2, 4, 5)])
def test_a_batch_norm_by_given_averages_has_one_path(shape):
    x, slope, channels = uneven(*shape), uneven(*shape, seed=1), shape[1]
    scale, shift, mean = (uneven(channels, seed=seed) for seed in (2, 3, 4))
    variance = frozen(np.arange(channels, dtype=float))  # 0 is among them
    tensors = [torch.tensor(each, requires_grad=True) for each in (x, scale, shift)]
    y = F.batch_norm(tensors[0], torch.tensor(mean), torch.tensor(variance), *tensors[1:], eps=0.25)
    y.backward(torch.tensor(slope))
    own = layers.batch_norm(x, scale, shift, mean, variance, 0.25)
    np.testing.assert_allclose(own, y.detach(), rtol=1e-12)
    for each, tensor in zip(layers.batch_norm_gradient(slope, x, scale, mean, variance, 0.25), tensors):
        np.testing.assert_allclose(each, tensor.grad, rtol=1e-12)


def test_the_epsilon_of_a_batch_norm_is_pytorchs_if_none_is_given():
    x, slope = uneven(4, 2, spread=1e-3), uneven(4, 2, seed=1)
    scale = frozen([1, 2])
    tensor = torch.tensor(x, requires_grad=True)
    y = F.batch_norm(tensor, None, None, torch.tensor([1.0, 2.0]).double(), training=True)
    y.backward(torch.tensor(slope))
    np.testing.assert_allclose(layers.batch_norm(x, scale, np.zeros(2)), y.detach(), rtol=1e-9)
    own, *_ = layers.batch_norm_gradient(slope, x, scale)
    np.testing.assert_allclose(own, tensor.grad, rtol=1e-8)


def test_dropout_keeps_the_mean_and_gives_back_what_it_took():
    x, keep = uneven(2, 3, 5), frozen(np.random.default_rng(0).random((2, 3, 5)) > 0.4)
    y = layers.dropout(x, keep, 0.6)
    np.testing.assert_allclose(y[keep], x[keep] * 2.5, rtol=1e-15)
    assert (y[~keep] == 0).all() and 0 < keep.sum() < keep.size
    np.testing.assert_array_equal(layers.dropout_gradient(x, keep, 0.6), y)  # it is linear
    narrow = x.astype(np.float32)
    for kind in (int, float, np.uint8):
        np.testing.assert_array_equal(layers.dropout(x, keep.astype(kind), 0.6), y)
        assert layers.dropout(narrow, keep.astype(kind), 0.6).dtype == np.float32
        assert layers.dropout_gradient(narrow, keep.astype(kind), 0.6).dtype == np.float32
    np.testing.assert_array_equal(layers.dropout(x, np.ones_like(keep), 0), x)


def test_masks_drop_as_often_as_they_are_told_and_anew_each_time():
    model = DigitCNN(dropout=0.25)
    images, random = frozen(np.zeros((40, 1, 28, 28))), np.random.default_rng(0)
    one, two = (layers.masks(random, images, model.settings) for _ in range(2))
    assert {name: mask.shape for name, mask in one.items()} == {
        "drop3": (40, 16, 14, 14),
        "drop5": (40, 32, 7, 7),
    }
    for name, mask in one.items():
        assert mask.dtype == np.bool_ and abs(mask.mean() - 0.75) < 4 * (0.75 * 0.25 / mask.size) ** 0.5
        assert (mask != two[name]).any()
    again = layers.masks(np.random.default_rng(0), images, model.settings)
    assert all((again[name] == one[name]).all() for name in one)
    none = layers.masks(random, images, DigitCNN(dropout=0.0).settings)
    assert all(mask.all() for mask in none.values())
    assert layers.masks(random, images, DigitCNN(pools=()).settings) == {}


def test_what_is_drawn_at_the_chance_itself_is_kept():
    """So that with a chance of 0 nothing is ever dropped: 0 is among the numbers that may be drawn."""

    class Drawn(np.random.Generator):
        def random(self, size):
            return np.full(size, 0.25)

    random, images = Drawn(np.random.PCG64(0)), np.zeros((1, 1, 28, 28))
    for chance, kept in ((0.25, True), (0.2501, False)):
        masks = layers.masks(random, images, DigitCNN(dropout=chance).settings)
        assert all((mask == kept).all() for mask in masks.values())


def test_averages_share_a_slope_evenly_or_by_weight():
    x, slope, weight = uneven(2, 3, 4, 5), uneven(2, 3, seed=1), uneven(3, 1, 4, 5, seed=2)
    np.testing.assert_allclose(layers.average(x), x.mean((2, 3)), rtol=1e-14)
    back = layers.average_gradient(slope, x)
    np.testing.assert_array_equal(back, np.broadcast_to((slope / 20)[:, :, None, None], x.shape))
    np.testing.assert_allclose(back.sum((2, 3)), slope, rtol=1e-14)
    tensors = [torch.tensor(each, requires_grad=True) for each in (x, weight)]
    y = F.conv2d(*tensors, groups=3)[:, :, 0, 0]
    y.backward(torch.tensor(slope))
    np.testing.assert_allclose(layers.weighted_average(x, weight), y.detach(), rtol=1e-13)
    for own, tensor in zip(layers.weighted_average_gradient(slope, x, weight), tensors):
        np.testing.assert_allclose(own, tensor.grad, rtol=1e-13)
    even = frozen(np.full((3, 1, 4, 5), 1 / 20))
    np.testing.assert_allclose(layers.weighted_average(x, even), layers.average(x), rtol=1e-14)


@pytest.mark.parametrize("leading", [(), (4,), (2, 3), (0,), (3, 1, 2)])
def test_a_linear_layer_with_any_leading_axes(leading):
    x, weight, bias = uneven(*leading, 5), uneven(7, 5, seed=1), uneven(7, seed=2)
    slope = uneven(*leading, 7, seed=3)
    tensors = [torch.tensor(each, requires_grad=True) for each in (x, weight, bias)]
    y = F.linear(*tensors)
    y.backward(torch.tensor(slope))
    np.testing.assert_allclose(layers.linear(x, weight, bias), y.detach(), rtol=1e-13)
    for own, tensor in zip(layers.linear_gradient(slope, x, weight), tensors):
        assert own.shape == tensor.shape
        np.testing.assert_allclose(own, tensor.grad, rtol=1e-13)


@pytest.mark.parametrize("shape", [(3,), (4, 6), (2, 3, 4)])
def test_log_softmax_of_any_shape_sums_to_1_and_knows_no_offset(shape):
    z = uneven(*shape, spread=5.0)
    own = layers.log_softmax(z)
    np.testing.assert_allclose(own, torch.tensor(z).log_softmax(-1), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(np.exp(own).sum(-1), 1, rtol=1e-14)
    np.testing.assert_allclose(layers.log_softmax(z + 100), own, rtol=1e-12)


def test_log_softmax_never_overflows():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        own = layers.log_softmax([[1e300, -1e300, 0], [-1e4, -1e4, -1e4]])
    np.testing.assert_allclose(own, [[0, -2e300, -1e300], [-np.log(3)] * 3])


def test_nll_and_its_slope_are_the_cross_entropys():
    z, labels = uneven(6, 4, spread=3.0), frozen([0, 3, 3, 1, 2, 0])
    tensor = torch.tensor(z, requires_grad=True)
    error = F.cross_entropy(tensor, torch.tensor(labels))
    error.backward()
    log_probabilities = frozen(layers.log_softmax(z))
    assert layers.nll(log_probabilities, labels) == pytest.approx(error.item(), rel=1e-14)
    own = layers.nll_gradient(log_probabilities, labels)
    np.testing.assert_allclose(own, tensor.grad, rtol=1e-12)
    np.testing.assert_allclose(own.sum(axis=1), 0, atol=1e-15)  # the probabilities stay 1 in all
    for kind in (np.uint8, np.int32, list):
        labels = labels.tolist() if kind is list else labels.astype(kind)
        np.testing.assert_array_equal(layers.nll_gradient(log_probabilities, labels), own)


def test_sigmoid_and_squared_error_are_autograds():
    z, slope = uneven(3, 2), uneven(3, 2, seed=1)
    tensor = torch.tensor(z, requires_grad=True)
    y = tensor.sigmoid()
    y.backward(torch.tensor(slope))
    np.testing.assert_allclose(layers.sigmoid(z), y.detach(), rtol=1e-14)
    np.testing.assert_allclose(layers.sigmoid_gradient(slope, z), tensor.grad, rtol=1e-12)
    far = frozen([-800.0, -40.0, 40.0, 800.0])
    with np.errstate(over="raise"):
        np.testing.assert_allclose(layers.sigmoid(far), [0, np.exp(-40), 1, 1], rtol=1e-15)
        np.testing.assert_allclose(
            layers.sigmoid_gradient(np.ones(4), far), [0, np.exp(-40), np.exp(-40), 0], rtol=1e-15
        )
    for shape in ((3,), (4, 2), (2, 3, 2)):
        y, targets = uneven(*shape), uneven(*shape, seed=1)
        tensor = torch.tensor(y, requires_grad=True)
        error = ((tensor - torch.tensor(targets)) ** 2).sum(-1).mean() / 2
        error.backward()
        assert layers.squared_error(y, targets) == pytest.approx(error.item(), rel=1e-14)
        np.testing.assert_allclose(layers.squared_error_gradient(y, targets), tensor.grad, rtol=1e-14)


# ONNX: forward passes in NumPy, by other people ------------------------------------------------


def onnx(operator, *inputs, outputs=1, **attributes):
    """What the reference of ONNX's operators makes of the inputs."""
    names = [f"input{k}" for k in range(len(inputs))]
    node = helper.make_node(operator, names, [f"output{k}" for k in range(outputs)], **attributes)
    answers = ReferenceEvaluator(node, opsets={"": 18}).run(None, dict(zip(names, inputs)))
    return answers if outputs > 1 else answers[0]


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (2, 3)])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 4)])
def test_onnx_convolves_likewise(kernel, padding, stride):
    x, weight, bias = uneven(2, 3, 6, 7), uneven(4, 3, *kernel, seed=1), uneven(4, seed=2)
    theirs = onnx("Conv", x, weight, bias, kernel_shape=kernel, pads=[*padding, *padding], strides=stride)
    np.testing.assert_allclose(layers.convolution(x, weight, bias, stride, padding), theirs, rtol=1e-12)


def test_onnx_has_the_same_batch_norm_but_runs_a_biased_variance():
    model, state = made({"channels": (3,), "pools": (), "dropout": 0.0})
    images, labels = batch((5, 4), count=2)
    entered = layers.activations(state, images, model.settings, True)["relu1"]
    own = [state[f"norm1.{each}"] for each in ("weight", "bias", "running_mean", "running_var")]
    y, mean, variance = onnx(
        "BatchNormalization", entered, *own, outputs=3, epsilon=1e-5, momentum=0.9, training_mode=1
    )
    np.testing.assert_allclose(layers.batch_norm(entered, *own[:2]), y, rtol=1e-6, atol=1e-6)
    after, _, _ = layers.step(state, {}, images, labels, model.settings)
    np.testing.assert_allclose(after["norm1.running_mean"], mean, rtol=1e-6)
    # Theirs is the mean square; PyTorch divides by one less than the count, and so do these.
    before, count, squares = own[3], entered.size // 3, entered.var(axis=(0, 2, 3))
    np.testing.assert_allclose(variance, 0.9 * before + 0.1 * squares, rtol=1e-6)
    np.testing.assert_allclose(
        after["norm1.running_var"], 0.9 * before + 0.1 * squares * count / (count - 1), rtol=1e-14
    )
    assert (after["norm1.running_var"] / variance > 1 + 1e-5).all()
    norm = nn.BatchNorm2d(3).double()
    norm.load_state_dict({each: torch.tensor(state[f"norm1.{each}"]) for each in norm.state_dict()})
    norm(torch.tensor(entered))
    np.testing.assert_allclose(after["norm1.running_var"], norm.running_var, rtol=1e-12)


def test_onnx_norms_alike_by_given_averages():
    x, own = uneven(2, 3, 4, 5), [np.abs(uneven(3, seed=seed)) for seed in range(1, 5)]
    theirs = onnx("BatchNormalization", x, *own, epsilon=0.25)
    np.testing.assert_allclose(layers.batch_norm(x, *own, epsilon=0.25), theirs, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_onnx_pools_alike(size):
    x = uneven(2, 3, 6, 12)
    theirs = onnx("MaxPool", x, kernel_shape=[size, size], strides=[size, size])
    np.testing.assert_array_equal(layers.max_pool(x, size), theirs)


def test_onnx_has_the_same_end():
    x, labels = uneven(4, 6, 3, 5), frozen([5, 0, 2, 5])
    scores = layers.average(x)
    np.testing.assert_allclose(scores, onnx("GlobalAveragePool", x)[:, :, 0, 0], rtol=1e-13)
    log_probabilities = layers.log_softmax(scores)
    np.testing.assert_allclose(log_probabilities, onnx("LogSoftmax", scores, axis=1), rtol=1e-13)
    theirs = onnx("NegativeLogLikelihoodLoss", log_probabilities, labels, reduction="mean")
    assert layers.nll(log_probabilities, labels) == pytest.approx(float(theirs), rel=1e-13)


# Published figures ---------------------------------------------------------------------------

# Forward: images, kernels (height, width, in, out), strides, the figures. All entries count up from 1, row by
# row with the channel last. From the tests of TensorFlow's kernels,
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/kernel_tests/nn_ops/conv_ops_test.py,
# by their names there. What "SAME" pads on one side only is padded by hand: `after`, rows and columns.
FORWARD = {
    "1x2Filter": ((1, 2, 3, 3), (1, 2, 3, 3), (1, 1), (0, 0),
        [231, 252, 273, 384, 423, 462, 690, 765, 840, 843, 936, 1029]),
    "2x2Filter": ((1, 2, 3, 3), (2, 2, 3, 3), (1, 1), (0, 0), [2271, 2367, 2463, 2901, 3033, 3165]),
    "2x2FilterStride2": ((1, 2, 3, 3), (2, 2, 3, 3), (2, 2), (0, 0), [2271, 2367, 2463]),
    "2x2FilterStride2Same": ((1, 2, 3, 3), (2, 2, 3, 3), (2, 2), (0, 1),
        [2271, 2367, 2463, 1230, 1305, 1380]),
    "2x2FilterStride1x2": ((1, 3, 6, 1), (2, 2, 1, 1), (1, 2), (0, 0), [58, 78, 98, 118, 138, 158]),
    "KernelSmallerThanStrideValid": ((1, 7, 7, 1), (2, 2, 1, 1), (3, 3), (0, 0), [65, 95, 275, 305]),
    "KernelSmallerThanStrideSame, 3": ((1, 3, 3, 1), (1, 1, 1, 1), (2, 2), (0, 0), [1, 3, 7, 9]),
    "KernelSmallerThanStrideSame, 4": ((1, 4, 4, 1), (1, 1, 1, 1), (2, 2), (0, 0), [1, 3, 9, 11]),
    "KernelSmallerThanStrideSame, 4 by 2": ((1, 4, 4, 1), (2, 2, 1, 1), (3, 3), (1, 1), [44, 28, 41, 16]),
    "KernelSizeMatchesInputSize": ((1, 2, 2, 1), (2, 2, 1, 2), (1, 1), (0, 0), [50, 60]),
}  # fmt: skip
# Backward: likewise, the shape of the slopes in place of `after`; the figures of images and of kernels.
BACKWARD = {
    "2x2Depth1Valid": ((1, 2, 3, 1), (2, 2, 1, 1), (1, 1), (1, 1, 2, 1),
        [1, 4, 4, 3, 10, 8], [5, 8, 14, 17]),
    "2x2Depth3Valid": ((1, 2, 3, 3), (2, 2, 3, 3), (1, 1), (1, 1, 2, 3),
        [14, 32, 50, 100, 163, 226, 167, 212, 257, 122, 140, 158, 478, 541, 604, 437, 482, 527],
        [17, 22, 27, 22, 29, 36, 27, 36, 45, 32, 43, 54, 37, 50, 63, 42, 57, 72,
         62, 85, 108, 67, 92, 117, 72, 99, 126, 77, 106, 135, 82, 113, 144, 87, 120, 153]),
    "2x2Depth3ValidStride1x2": ((1, 3, 6, 1), (2, 2, 1, 1), (1, 2), (1, 2, 3, 1),
        [1, 2, 2, 4, 3, 6, 7, 12, 11, 18, 15, 24, 12, 16, 15, 20, 18, 24], [161, 182, 287, 308]),
    "StrideTwoFilterOneSame": ((1, 4, 4, 1), (1, 1, 1, 1), (2, 2), (1, 2, 2, 1),
        [1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0], [78]),
    "KernelSizeMatchesInputSize": ((1, 2, 2, 1), (2, 2, 1, 2), (1, 1), (1, 1, 1, 2),
        [5, 11, 17, 23], [1, 2, 2, 4, 3, 6, 4, 8]),
}  # fmt: skip


def counted(shape, order):
    """1, 2, 3, ... in this shape, then the axes in another order."""
    return frozen(np.arange(1.0, np.prod(shape) + 1).reshape(shape).transpose(order))


IMAGES, KERNELS = (0, 3, 1, 2), (3, 2, 0, 1)  #: channels last -> channels first


@pytest.mark.parametrize("name", FORWARD)
def test_tensorflows_convolutions(name):
    images, kernel, stride, after, expected = FORWARD[name]
    x = np.pad(counted(images, IMAGES), ((0, 0), (0, 0), (0, after[0]), (0, after[1])))
    y = layers.convolution(x, counted(kernel, KERNELS), 0, stride, 0)
    assert y.transpose(0, 2, 3, 1).ravel().tolist() == expected


@pytest.mark.parametrize("name", BACKWARD)
def test_tensorflows_gradients_of_convolutions(name):
    images, kernel, stride, slopes, of_images, of_kernel = BACKWARD[name]
    x, weight, slope = counted(images, IMAGES), counted(kernel, KERNELS), counted(slopes, IMAGES)
    of_x, of_weight, of_bias = layers.convolution_gradient(slope, x, weight, stride, 0)
    assert of_x.transpose(0, 2, 3, 1).ravel().tolist() == of_images
    assert of_weight.transpose(2, 3, 1, 0).ravel().tolist() == of_kernel
    assert of_bias.tolist() == slope.sum((0, 2, 3)).tolist()


# From pooling_ops_test.py beside it, MaxPoolGradDirect: the window goes on by 1. Each is taken as an image of
# its own here, and what comes back is laid where it came from. In each there are ties.
CHESS = [1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1]
POOLS = {
    "1_1": (2, 0, [1] * 16, [11, 12, 13, 15, 16, 17, 19, 20, 21],
        [11, 12, 13, 0, 15, 16, 17, 0, 19, 20, 21, 0, 0, 0, 0, 0]),
    "1_2": (2, 0, CHESS, [11, 12, 13, 15, 16, 17, 19, 20, 21],
        [11, 0, 25, 0, 0, 31, 0, 17, 19, 0, 41, 0, 0, 0, 0, 0]),
    "1_3": (3, 1, CHESS, [*range(11, 27)], [54, 0, 62, 0, 0, 60, 0, 22, 47, 0, 51, 0, 0, 0, 0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", POOLS)
def test_tensorflows_gradients_of_pools(name):
    size, border, image, slopes, expected = POOLS[name]
    padded = np.pad(np.reshape(np.array(image, float), (4, 4)), border, constant_values=-1)
    windows = sliding_window_view(padded, (size, size))
    x = frozen(windows.reshape(-1, 1, size, size))
    shares = layers.max_pool_gradient(frozen(np.reshape(slopes, (-1, 1, 1, 1))), x, size)
    back = np.zeros(padded.shape)
    for share, (row, column) in zip(shares[:, 0], np.ndindex(*windows.shape[:2])):
        back[row : row + size, column : column + size] += share
    assert back[border : border + 4, border : border + 4].ravel().tolist() == expected


# Bad input -----------------------------------------------------------------------------------


def refused(error, told, call, *arguments, **named):
    """Raises this error, and tells so: the name, what it got (if that ends with ..., so it begins; its type
    may follow), and what it takes (among other words)."""
    name, got, takes = told
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    message = str(caught.value)
    start, _, rest = message.partition("; takes ")
    expected = f"{name}: got {got}"
    if got.endswith("..."):
        assert start.startswith(expected[:-3]), message
    else:
        assert expected in (start, start.rpartition(" (")[0]), message
    assert takes in rest, message


def poisoned(value, poison):
    value = np.array(value, dtype=float)
    value.flat[-1] = poison
    return frozen(value)


#: What is no array of finite numbers, made of one that is: the error, what it got, and what it takes.
UNFIT = {
    "NaN": (ValueError, lambda value: poisoned(value, np.nan), "nan at [...", "finite"),
    "infinity": (ValueError, lambda value: poisoned(value, -np.inf), "-inf at [...", "finite"),
    "complex": (TypeError, lambda value: value + 0j, "...", "real numbers"),
    "texts": (TypeError, lambda value: value.astype(str), "...", "real numbers"),
    "a word": (TypeError, lambda value: "digits", "'digits' (<U6)", "real numbers"),
    "objects": (TypeError, lambda value: value.astype(object), "...", "real numbers"),
    "truths": (TypeError, lambda value: value > 0, "...", "real numbers"),
    "None": (TypeError, lambda value: None, "None (object)", "real numbers"),
    "a graph": (TypeError, lambda value: torch.ones(2, requires_grad=True), "tensor(...", "real numbers"),
    "rows of unequal length": (
        ValueError,
        lambda value: [[1.0], [1.0, 2.0]],
        "[[1.0], [1.0, 2.0]]",
        "its rows differ",
    ),
}
OWN = {"keep": "True and False, or 1 and 0", "labels": "whole numbers (2,), 0 to 4"}


@pytest.mark.parametrize("unfit", UNFIT)
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_refuses_what_is_no_array_of_finite_numbers(name, unfit):
    error, spoil, got, takes = UNFIT[unfit]
    for each, value in BLOCKS[name].items():
        if isinstance(value, np.ndarray) and not (each in OWN and unfit in ("NaN", "infinity", "truths")):
            told = each, got, takes if "rows" in unfit else OWN.get(each, takes)
            refused(error, told, getattr(layers, name), **BLOCKS[name] | {each: spoil(value)})


NOTHING = np.zeros((0, 3, 4, 6))
UNFIT_SHAPES = [
    ("convolution", "x", X[0], "shape (3, 4, 6)", "shape (N, in, H, W)"),
    ("convolution", "x", NOTHING, "shape (0, 3, 4, 6)", "shape (N, in, H, W)"),
    ("convolution", "weight", WEIGHT[0], "shape (3, 3, 2)", "shape (out, in, height, width)"),
    ("convolution", "weight", WEIGHT[:0], "shape (0, 3, 3, 2)", "shape (out, in, height, width)"),
    (
        "convolution",
        "weight",
        WEIGHT[:, :2],
        "shape (5, 2, 3, 2)",
        "(out, 3, height, width) for x of 3 channels",
    ),
    ("convolution", "bias", CHANNEL, "shape (3,)", "shape (5,)"),
    ("convolution", "bias", ROWS, "shape (2, 5)", "shape (5,)"),
    ("convolution_gradient", "x", NOTHING, "shape (0, 3, 4, 6)", "shape (N, in, H, W)"),
    ("convolution_gradient", "weight", WEIGHT[:, :2], "shape (5, 2, 3, 2)", "shape (out, 3, height, width)"),
    ("convolution_gradient", "slope", X, "shape (2, 3, 4, 6)", "shape (2, 5, 4, 7)"),
    ("relu_gradient", "slope", X[:, :1], "shape (2, 1, 4, 6)", "shape (2, 3, 4, 6)"),
    ("batch_norm", "x", CHANNEL, "shape (3,)", "shape (N, C, ...)"),
    ("batch_norm", "x", NOTHING, "shape (0, 3, 4, 6)", "shape (N, C, ...)"),
    ("batch_norm", "x", X[:1, :, :1, :1], "shape (1, 3, 1, 1), one value per channel", "two or more"),
    ("batch_norm", "scale", ROWS[0], "shape (5,)", "shape (3,)"),
    ("batch_norm", "shift", 1.0, "shape ()", "shape (3,)"),
    ("batch_norm_gradient", "x", NOTHING, "shape (0, 3, 4, 6)", "shape (N, C, ...)"),
    ("batch_norm_gradient", "scale", ROWS[0], "shape (5,)", "shape (3,)"),
    ("batch_norm_gradient", "slope", X[:1], "shape (1, 3, 4, 6)", "shape (2, 3, 4, 6)"),
    ("max_pool", "x", X[0], "shape (3, 4, 6)", "shape (N, C, H, W)"),
    ("max_pool", "x", X[:, :, :3], "shape (2, 3, 3, 6)", "images whose sides are multiples of size, 2"),
    ("max_pool", "x", X[..., :5], "shape (2, 3, 4, 5)", "images whose sides are multiples of size, 2"),
    ("max_pool_gradient", "x", X[0], "shape (3, 4, 6)", "shape (N, C, H, W)"),
    ("max_pool_gradient", "x", X[..., :5], "shape (2, 3, 4, 5)", "images whose sides are multiples of"),
    ("max_pool_gradient", "slope", X, "shape (2, 3, 4, 6)", "shape (2, 3, 2, 3)"),
    ("dropout", "keep", KEEP[:1], "shape (1, 3, 4, 6)", "shape (2, 3, 4, 6)"),
    ("dropout_gradient", "keep", KEEP[0, 0, 0, 0], "shape ()", "shape (2, 3, 4, 6)"),
    ("average", "x", ROWS, "shape (2, 5)", "shape (N, C, H, W)"),
    ("average_gradient", "x", ROWS, "shape (2, 5)", "shape (N, C, H, W)"),
    ("average_gradient", "slope", ROWS, "shape (2, 5)", "shape (2, 3)"),
    ("weighted_average", "x", ROWS, "shape (2, 5)", "shape (N, C, H, W)"),
    ("weighted_average", "weight", PLACES[:, 0], "shape (3, 4, 6)", "shape (3, 1, 4, 6)"),
    ("weighted_average_gradient", "weight", PLACES[:1], "shape (1, 1, 4, 6)", "shape (3, 1, 4, 6)"),
    ("weighted_average_gradient", "slope", ROWS, "shape (2, 5)", "shape (2, 3)"),
    ("linear", "x", CHANNEL, "shape (3,)", "shape (..., 5)"),
    ("linear", "x", 1.0, "shape ()", "shape (..., 5)"),
    ("linear", "weight", ROWS[0], "shape (5,)", "shape (out, in)"),
    ("linear", "bias", CHANNEL, "shape (3,)", "shape (7,)"),
    ("linear_gradient", "weight", MATRIX[:0], "shape (0, 5)", "shape (out, in)"),
    ("linear_gradient", "x", X, "shape (2, 3, 4, 6)", "shape (..., 5)"),
    ("linear_gradient", "slope", ROWS, "shape (2, 5)", "shape (2, 7)"),
    ("log_softmax", "z", 1.0, "shape ()", "shape (..., K)"),
    ("log_softmax", "z", ROWS[:, :0], "shape (2, 0)", "shape (..., K)"),
    ("nll", "log_probabilities", ROWS[0], "shape (5,)", "shape (N, K)"),
    ("nll", "labels", frozen([1, 2, 3]), "shape (3,)", "whole numbers (2,), 0 to 4"),
    ("nll_gradient", "log_probabilities", ROWS[:0], "shape (0, 5)", "shape (N, K)"),
    ("nll_gradient", "labels", 1, "shape ()", "whole numbers (2,), 0 to 4"),
    ("sigmoid_gradient", "slope", ROWS[0], "shape (5,)", "shape (2, 5)"),
    ("squared_error", "y", 1.0, "shape ()", "shape (..., K)"),
    ("squared_error", "y", ROWS[:0], "shape (0, 5)", "one or more of shape (K,)"),
    ("squared_error", "targets", ROWS[0], "shape (5,)", "shape (2, 5)"),
    ("squared_error_gradient", "y", ROWS[:0], "shape (0, 5)", "one or more of shape (K,)"),
    ("squared_error_gradient", "targets", ROWS[0], "shape (5,)", "shape (2, 5)"),
]


@pytest.mark.parametrize("name, each, value, got, takes", UNFIT_SHAPES)
def test_a_block_refuses_shapes_that_do_not_fit(name, each, value, got, takes):
    refused(ValueError, (each, got, takes), getattr(layers, name), **BLOCKS[name] | {each: value})


def spoilt(name, names, values, error, takes):
    return [(name, each, value, error, takes) for each in names for value in values]


GEOMETRY, RANGE = "a whole number, ", "one number, at least 0 and below 1"
UNFIT_VALUES = [
    *(
        case
        for name in ("convolution", "convolution_gradient")
        for case in (
            *spoilt(name, ["stride"], [0, -1, (1, 0)], ValueError, GEOMETRY + "1 or more"),
            *spoilt(name, ["padding"], [-1, (0, -2)], ValueError, GEOMETRY + "0 or more"),
            *spoilt(name, ["stride"], [(1,), (1, 2, 3), []], ValueError, "1 or more, or two of them"),
            *spoilt(name, ["padding"], [(1,), (1, 2, 3), []], ValueError, "0 or more, or two of them"),
            *spoilt(name, ["stride", "padding"], [1.0, True, None, "2", 1j], TypeError, GEOMETRY),
            *spoilt(name, ["stride", "padding"], [(1, 2.0), (True, 1)], TypeError, GEOMETRY),
        )
    ),
    *(
        case
        for name in ("batch_norm", "batch_norm_gradient")
        for case in (
            *spoilt(name, ["epsilon"], [-1e-9, -1], ValueError, "a number of at least 0"),
            *spoilt(name, ["epsilon"], [np.nan, np.inf], ValueError, "finite numbers"),
            *spoilt(name, ["epsilon"], [None, "small", True], TypeError, "real numbers"),
        )
    ),
    *(
        case
        for name in ("max_pool", "max_pool_gradient")
        for case in (
            *spoilt(name, ["size"], [0, -2], ValueError, "a whole number, 1 or more"),
            *spoilt(name, ["size"], [2.0, True, None, (2, 2)], TypeError, "a whole number, 1 or more"),
        )
    ),
    *(
        case
        for name in ("dropout", "dropout_gradient")
        for case in (
            *spoilt(name, ["p"], [1, 1.5, -0.1, np.nan], ValueError, RANGE),
            *spoilt(name, ["p"], [None, True, "half"], TypeError, "real numbers"),
        )
    ),
]


@pytest.mark.parametrize("name, each, value, error, takes", UNFIT_VALUES)
def test_a_block_refuses_values_out_of_range(name, each, value, error, takes):
    got = str(float(value)) if each == "epsilon" and error is ValueError else repr(value)
    if isinstance(value, tuple) and len(value) == 2:
        got = "..."  # one of the two
    refused(error, (each, got, takes), getattr(layers, name), **BLOCKS[name] | {each: value})


def test_a_kernel_that_fits_nowhere():
    for call, arguments in (
        (layers.convolution, (X, WEIGHT, 0)),
        (layers.convolution_gradient, (X, X, WEIGHT)),
    ):
        if call is layers.convolution:
            assert call(X[:, :, :3, :2], WEIGHT, 0, padding=0).shape == (2, 5, 1, 1)
        told = "x, padding", "shape (2, 3, 2, 6) and (0, 0)", "images that the kernel (3, 2) fits into"
        places = [each[:, :, :2] if each is X else each for each in arguments]
        refused(ValueError, told, call, *places, padding=0)
        told = "x, padding", "shape (2, 3, 4, 1) and (9, 0)", "images that the kernel (3, 2) fits into"
        places = [each[..., :1] if each is X else each for each in arguments]
        refused(ValueError, told, call, *places, padding=(9, 0))


def test_a_batch_norm_of_given_averages_takes_both_and_no_negative_variance():
    for name in ("batch_norm", "batch_norm_gradient"):
        call, arguments = getattr(layers, name), BLOCKS[name]
        for each in ("mean", "variance"):
            told = "mean, variance", "only one of them", "both, or neither"
            refused(ValueError, told, call, **arguments | {each: CHANNEL})
        both = arguments | {"mean": CHANNEL, "variance": CHANNEL}
        told = "variance", "-1.0 at [2]", "numbers of at least 0"
        refused(ValueError, told, call, **both | {"variance": frozen([0, 1, -1])})
        for each in ("mean", "variance"):
            refused(ValueError, (each, "shape (2,)", "shape (3,)"), call, **both | {each: CHANNEL[:2]})
            refused(TypeError, (each, "'none'", "real numbers"), call, **both | {each: "none"})
        told = "epsilon", "0.0 for a channel of variance 0", "a number above 0 there"
        refused(ValueError, told, call, **both | {"variance": frozen([0, 1, 1]), "epsilon": 0})
        flat = arguments | {each: frozen(np.ones(X.shape)) for each in arguments if each in ("x", "slope")}
        refused(ValueError, told, call, **flat | {"epsilon": 0})
        call(**flat)


def test_a_mask_holds_nothing_but_1_and_0():
    for name in ("dropout", "dropout_gradient"):
        call, arguments = getattr(layers, name), BLOCKS[name]
        for value, got in (
            (2, "2.0 at [1, 2, 3, 5]"),
            (-1, "-1.0 at..."),
            (0.5, "0.5 at..."),
            (np.nan, "nan at..."),
        ):
            told = "keep", got, "True and False, or 1 and 0"
            refused(ValueError, told, call, **arguments | {"keep": poisoned(KEEP, value)})


def test_labels_are_whole_numbers_of_classes():
    for name in ("nll", "nll_gradient"):
        call, arguments = getattr(layers, name), BLOCKS[name]
        takes = "whole numbers (2,), 0 to 4"
        for value, got in (([0, 5], "5 at [1]"), ([-1, 0], "-1 at [0]")):
            refused(ValueError, ("labels", got, takes), call, **arguments | {"labels": value})
        for value in ([0.0, 1.0], [True, False], ["0", "1"], [0, None]):
            refused(TypeError, ("labels", str(value), takes), call, **arguments | {"labels": value})
        call(**arguments | {"labels": [4, 0]})


@pytest.fixture(scope="module")
def network():
    """What every function of the network takes."""
    model, state = made({"channels": (2, 3), "pools": (1,), "dropout": 0.5})
    images, labels = batch((8, 8), count=2)
    keep = drawn(images, model)
    return {
        "state": state,
        "images": images,
        "labels": labels,
        "settings": dict(model.settings),
        "keep": keep,
        "training": True,
        "velocity": {},
        "learning_rate": 0.1,
        "momentum": 0.9,
        "rng": np.random.default_rng(0),
    }


def calls(network, wanted):
    """Every function of the network that has this argument, and the arguments it takes."""
    for name in NETWORK:
        call = getattr(layers, name)
        names = inspect.signature(call).parameters
        if wanted in names:
            yield call, {each: network[each] for each in names}


@pytest.mark.parametrize(
    "name, value, error, got, takes",
    [
        ("state", None, TypeError, "None (NoneType)", "a dict"),
        ("state", 3, TypeError, "3 (int)", "a dict"),
        ("settings", [], TypeError, "[] (list)", "a dict"),
        ("settings", {}, ValueError, "none for channels, dropout, ...", "what model.settings"),
        ("images", None, TypeError, "None", "real numbers"),
        ("images", np.zeros((2, 8, 8)), ValueError, "shape (2, 8, 8)", "shape (N, 1, H, W)"),
        ("images", np.zeros((2, 3, 8, 8)), ValueError, "shape (2, 3, 8, 8)", "shape (N, 1, H, W)"),
        ("images", np.zeros((0, 1, 8, 8)), ValueError, "shape (0, 1, 8, 8)", "shape (N, 1, H, W)"),
        ("images", np.full((2, 1, 8, 8), np.nan), ValueError, "nan at [0, 0, 0, 0]", "finite numbers"),
        ("images", np.zeros((2, 1, 8, 1)), ValueError, "8 x 1 pixels, of which this network leaves nothing",
         "larger ones"),
        ("labels", [1, 10], ValueError, "10 at [1]", "whole numbers (2,), 0 to 9"),
        ("labels", [1, -1], ValueError, "-1 at [1]", "whole numbers (2,), 0 to 9"),
        ("labels", [1.0, 2.0], TypeError, "[1.0, 2.0] (float64)", "whole numbers (2,), 0 to 9"),
        ("labels", [1], ValueError, "shape (1,)", "whole numbers (2,), 0 to 9"),
        ("labels", None, TypeError, "None", "whole numbers (2,), 0 to 9"),
        ("training", "false", ValueError, "'false'", "True, False"),
        ("training", 1, ValueError, "1", "True, False"),
        ("training", None, ValueError, "None", "True, False"),
        ("keep", None, ValueError, "no mask for 'drop1'", "one for each of drop1 in training"),
        ("keep", {}, ValueError, "no mask for 'drop1'", "one for each of drop1 in training"),
        ("keep", [], TypeError, "[] (list)", "a dict"),
        ("keep", 0, TypeError, "0 (int)", "a dict"),
        ("keep", {"drop2": 1, "drop1": 1}, ValueError, "a mask for 'drop2'", "one for each of drop1"),
        ("keep", {5: 1, "more": 1}, ValueError, "a mask for 5", "one for each of drop1"),
        ("velocity", None, TypeError, "None (NoneType)", "a dict"),
        ("velocity", {"conv9.weight": 0}, ValueError, "one for 'conv9.weight'", "the names of"),
        ("velocity", {"norm1.running_mean": 0}, ValueError, "one for 'norm1.running_mean'", "the names of"),
        ("learning_rate", 0, ValueError, "0.0", "greater than 0"),
        ("learning_rate", -0.1, ValueError, "-0.1", "greater than 0"),
        ("learning_rate", np.inf, ValueError, "inf", "greater than 0"),
        ("learning_rate", np.array([0.1]), ValueError, "array([0.1])", "one finite number"),
        ("learning_rate", None, TypeError, "None", "real numbers"),
        ("momentum", 1, ValueError, "1", "at least 0 and below 1"),
        ("momentum", -0.1, ValueError, "-0.1", "at least 0 and below 1"),
        ("momentum", np.nan, ValueError, "nan", "at least 0 and below 1"),
        ("momentum", "0.9", TypeError, "'0.9'", "real numbers"),
        ("rng", 3, TypeError, "3", "np.random.default_rng()"),
        ("rng", None, TypeError, "None", "np.random.default_rng()"),
    ],
)  # fmt: skip
def test_the_network_refuses_what_does_not_fit(network, name, value, error, got, takes):
    count = 0
    for call, arguments in calls(network, name):
        refused(error, (name, got, takes), call, **arguments | {name: value})
        count += 1
    assert count


def test_the_network_names_what_its_state_lacks_or_has_in_another_shape(network):
    state = network["state"]
    for call, arguments in calls(network, "state"):
        for each, value in state.items():
            if each.endswith("tracked"):
                continue
            fewer = {other: state[other] for other in state if other != each}
            told = "state", f"none for {each!r}", "what model.state_dict() holds"
            refused(ValueError, told, call, **arguments | {"state": fewer})
            name = f"state[{each!r}]"
            shape = str(value.shape)
            wrong = {**state, each: value[None]}
            refused(
                ValueError, (name, "shape (1, ...", f"shape {shape}"), call, **arguments | {"state": wrong}
            )
            wrong = {**state, each: poisoned(value, np.nan)}
            refused(ValueError, (name, "nan at...", "finite"), call, **arguments | {"state": wrong})
            wrong = {**state, each: torch.tensor(value, requires_grad=True)}
            refused(TypeError, (name, "...", "real numbers"), call, **arguments | {"state": wrong})


def test_the_network_names_the_settings_that_are_missing(network):
    for call, arguments in calls(network, "settings"):
        for each in network["settings"]:
            fewer = {other: value for other, value in network["settings"].items() if other != each}
            told = "settings", f"none for {each}", "what model.settings holds"
            refused(ValueError, told, call, **arguments | {"settings": fewer})


def test_the_network_names_the_mask_or_the_velocity_that_does_not_fit(network):
    for call, arguments in calls(network, "keep"):
        mask = network["keep"]["drop1"]
        for value, error, got, takes in (
            (mask[:1], ValueError, "shape (1, 2, 4, 4)", "shape (2, 2, 4, 4)"),
            (2 * mask, ValueError, "2 at [...", "True and False, or 1 and 0"),
            (None, TypeError, "None", "True and False, or 1 and 0"),
            ([[1], [1, 0]], ValueError, "[[1], [1, 0]]", "its rows differ"),
        ):
            refused(error, ("keep['drop1']", got, takes), call, **arguments | {"keep": {"drop1": value}})
    for call, arguments in calls(network, "velocity"):
        for value, error, got in ((np.zeros(3), ValueError, "shape (3,)"), ("fast", TypeError, "'fast'")):
            told = "velocity['conv1.bias']", got, "shape (2,)" if error is ValueError else "real numbers"
            refused(error, told, call, **arguments | {"velocity": {"conv1.bias": value}})


def test_in_evaluation_no_mask_is_needed_and_one_image_is_enough(network):
    for call, arguments in calls(network, "training"):
        one = {
            name: value[:1] if name in ("images", "labels") else value for name, value in arguments.items()
        }
        call(**one | {"training": False, "keep": None})
        for name in ("drop1", "drop9"):
            call(**one | {"training": False, "keep": {name: None}})


def test_in_training_a_batch_norm_needs_two_values_of_each_channel(network):
    model, state = made({"channels": (2,), "pools": (1,), "dropout": 0.0})
    images, labels = batch((1, 1), count=1)
    told = "x", "shape (1, 2, 1, 1), one value per channel", "two or more, to have a variance"
    deep = {**model.settings, "pools": ()}
    refused(ValueError, told, layers.gradient, state, images, labels, deep, True)


@pytest.mark.parametrize(
    "options, size, smallest",
    [
        ({"pools": (1, 2), "channels": (2, 2)}, (3, 9), (4, 4)),
        ({"pools": (), "stem": (4, 2), "channels": (2,)}, (9, 3), (4, 4)),
        ({"pools": (1,), "stem": (4, 2), "channels": (2,)}, (5, 9), (6, 6)),
        ({"pools": (), "crop": 13, "channels": (2,)}, (4, 28), (13, 13)),
    ],
)
def test_an_image_of_which_nothing_is_left(options, size, smallest):
    model, state = made(options)
    images, labels = batch(size, count=2)
    told = "images", f"{size[0]} x {size[1]} pixels, of which this network leaves nothing", "larger ones"
    refused(ValueError, told, layers.gradient, state, images, labels, model.settings)
    refused(ValueError, told, layers.masks, np.random.default_rng(0), images, model.settings)
    images, labels = batch(smallest, count=2)
    layers.gradient(state, images, labels, model.settings)
    images, labels = batch((28, 29), count=2)
    layers.gradient(state, images, labels, model.settings)


def test_another_size_of_image_than_a_head_with_places_was_made_for():
    for head in ("weighted", "flat"):
        model, state = made({"channels": (2, 3), "pools": (1,), "head": head})
        images, labels = batch((26, 28), count=2)
        name, shape = (
            ("average.weight", "(3, 1, 13, 14)") if head == "weighted" else ("linear.weight", "(10, 546)")
        )
        told = f"state['{name}']", f"shape {state[name].shape}", f"shape {shape}"
        refused(ValueError, told, layers.gradient, state, images, labels, model.settings)
