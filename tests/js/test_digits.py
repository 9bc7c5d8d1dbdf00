"""The CNN in JavaScript against the one in NumPy: two implementations, each the other's referee."""

import base64
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from modules import WIDGETS, run

from s6lib import layers, mnist, results
from s6lib.cnn import NETWORKS, PLAIN, DigitCNN, predicting

ENGINE = (WIDGETS / "digits" / "engine.js").read_text(encoding="utf-8")
#: The networks of the book but those with separable convolutions, shortcuts or no biases, unknown to it.
KNOWN = {name: each for name, each in NETWORKS.items() if PLAIN.keys().isdisjoint(each)}
#: These, and others: a side that a pool does not halve evenly, a stem before a shared kernel.
ALL = {
    **KNOWN,
    "odd": {"channels": (4, 6, 6, 6), "pools": (1, 2, 3), "shared": True},
    "stem and shared": {"channels": (3, 3, 3), "pools": (1, 2), "shared": True, "stem": (5, 3)},
    "one pixel": {"channels": (2, 3), "crop": 13, "pools": (2,), "batch_norm": False},
}


def as_lists(arrays):
    return {name: np.asarray(each, dtype=float).ravel().tolist() for name, each in arrays.items()}


def state_of(model, rng=None):
    """The state of a model as arrays of float64; every number is moved, so that none is 0 or 1."""
    if rng is not None:
        with torch.no_grad():
            for value in [*model.parameters(), *(each for each in model.buffers() if each.ndim)]:
                value += 0.1 * torch.from_numpy(rng.random(value.shape))
    return {name: value.double().numpy() for name, value in model.state_dict().items()}


def script(**values):
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())


def near(found, right, share):
    """Raise unless each array agrees up to a share of the largest number of its layer."""
    assert found.keys() == right.keys()
    for name, each in right.items():
        layer = name.split(".")[0]
        largest = max(np.abs(right[other]).max() for other in right if other.split(".")[0] == layer)
        np.testing.assert_allclose(found[name], each.ravel(), rtol=0, atol=share * largest, err_msg=name)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", ALL)
def test_every_value_and_every_slope_is_that_of_numpy(name, training):
    rng = np.random.default_rng(2)
    model = DigitCNN(**ALL[name], seed=3)
    state, images, labels = state_of(model, rng), rng.normal(size=(4, 1, 28, 28)), rng.integers(10, size=4)
    keep = layers.masks(rng, images, model.settings)
    found = run(
        script(state=as_lists(state), settings=model.settings, images=images.ravel().tolist(),
               labels=labels.tolist(), masks=as_lists(keep), training=training)
        + """
        const network = networkOf(settings, state), pass = forward(network, images, 4, { training, masks });
        const lists = (arrays) => Object.fromEntries(Object.entries(arrays).map(([k, v]) => [k, [...v]]));
        const { gradient, slopes } = backward(pass, labels);
        return { values: lists(pass.values), gradient: lists(gradient), slopes: lists(slopes),
                 error: error(pass, labels) };
        """,
        ENGINE,
    )  # fmt: skip
    given = state, images, labels, model.settings, training, keep
    values, slopes = layers.activations(*given[:2], *given[3:]), layers.slopes(*given)
    del values["flatten"], slopes["flatten"]  # in one array after the other nothing changes
    near(found["values"], values, 1e-11)
    near(found["slopes"], slopes, 1e-11)
    near(found["gradient"], layers.gradient(*given), 1e-11)
    assert found["error"] == pytest.approx(layers.nll(values["log_softmax"], labels), rel=1e-12)


@pytest.mark.parametrize("numbers, share", [("Float64Array", 1e-9), ("Float32Array", 1e-5)])
def test_it_trains_as_numpy_does(numbers, share):
    rng = np.random.default_rng(5)
    model = DigitCNN(**NETWORKS["small"] | {"dropout": 0.1}, seed=1)
    digits = mnist.load_digits("bundled")
    batches = rng.permutation(len(digits.train_images))[:160].reshape(20, 8)
    images = [mnist.normalise(digits.train_images[batch]).double().numpy() for batch in batches]
    labels = [digits.train_labels[batch].numpy() for batch in batches]
    keep = [layers.masks(rng, each, model.settings) for each in images]
    state, velocity, losses = state_of(model), {}, []
    found = run(
        script(state=as_lists(state), settings=model.settings,
               images=[each.ravel().tolist() for each in images],
               labels=[each.tolist() for each in labels], masks=[as_lists(each) for each in keep])
        + f"""
        const network = networkOf(settings, state, {numbers}), velocity = {{}};
        const losses = images.map((each, k) =>
          step(network, velocity, each, labels[k], {{ learningRate: 0.01, momentum: 0.9, masks: masks[k] }}));
        return {{ losses, variance: [...network.state["norm3.running_var"]] }};
        """,
        ENGINE,
    )  # fmt: skip
    for batch in zip(images, labels, keep):
        state, velocity, loss = layers.step(
            state, velocity, *batch[:2], model.settings, 0.01, 0.9, keep=batch[2]
        )
        losses.append(loss)
    np.testing.assert_allclose(found["losses"], losses, rtol=share)
    np.testing.assert_allclose(found["variance"], state["norm3.running_var"], rtol=10 * share)


def answers(model, images):
    """What the engine says of images uint8 (N, 28, 28): log-probabilities (N, 10)."""
    return run(
        script(state=as_lists(state_of(model)), settings=model.settings,
               pixels=base64.b64encode(images.numpy().tobytes()).decode())
        + f"""
        const network = networkOf(settings, state), said = [];
        const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
        const normalise = (pixel) => (pixel / 255 - {mnist.MEAN}) / {mnist.STD};
        for (let k = 0; k < bytes.length; k += 784) {{
          const image = Float64Array.from(bytes.subarray(k, k + 784), normalise);
          said.push([...forward(network, image).values.log_softmax]);
        }}
        return said;
        """,
        ENGINE,
    )  # fmt: skip


def read_as_in_pytorch(name, images):
    """What the engine says of these images with the recorded network `name`, (N, 10), once PyTorch has said
    the same in float64."""
    model = results.network(name)
    said = np.array(answers(model, images))
    inputs = (images.double().unsqueeze(1) / 255 - mnist.MEAN) / mnist.STD
    with predicting(model.double()):
        by_torch = torch.cat([model(each) for each in inputs.split(100)]).numpy()
    np.testing.assert_allclose(said, by_torch, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(said.argmax(axis=1), by_torch.argmax(axis=1))
    return said


@pytest.mark.parametrize("name", results.networks())
def test_the_recorded_networks_read_as_in_pytorch(name):
    read_as_in_pytorch(name, mnist.load_digits("bundled").test_images[:100])


@pytest.mark.skipif(
    not (Path(os.environ.get("S6LIB_DATA", "")) / "MNIST" / "raw").is_dir(),
    reason="S6LIB_DATA names no folder with MNIST: export S6LIB_DATA=/folder/with/MNIST",
)
@pytest.mark.parametrize("name", ["author", "bent"])
def test_all_test_images_are_read_as_in_pytorch(name):
    digits, about = mnist.load_digits("mnist"), results.about(name)
    right = read_as_in_pytorch(name, digits.test_images).argmax(axis=1) == digits.test_labels.numpy()
    assert right.sum() == (about["chosen"]["test_correct"] if name == "author" else about["test"]["correct"])


@pytest.mark.parametrize("name", KNOWN)
def test_every_gradient_is_that_of_autograd(name):
    """Of the error of 50 digits, to every parameter and every pixel. There is a little noise on them: of two
    values that differ by rounding alone, a pool may take either."""
    digits = mnist.load_digits("bundled")
    model = DigitCNN(**NETWORKS[name], seed=4).double().eval()
    noise = torch.from_numpy(np.random.default_rng(6).normal(size=(50, 1, 28, 28)))
    images = (mnist.normalise(digits.train_images[:50]).double() + 0.01 * noise).requires_grad_()
    labels = digits.train_labels[:50]
    torch.nn.functional.nll_loss(model(images), labels).backward()
    found = run(
        script(state=as_lists(state_of(model)), settings=model.settings,
               images=images.detach().numpy().ravel().tolist(), labels=labels.tolist())
        + """
        const pass = forward(networkOf(settings, state), images, 50);
        const { gradient, slopes } = backward(pass, labels);
        return { ...Object.fromEntries(Object.entries(gradient).map(([k, v]) => [k, [...v]])),
                 images: [...slopes.images] };
        """,
        ENGINE,
    )  # fmt: skip
    right = {key: each.grad.numpy() for key, each in model.named_parameters(remove_duplicate=False)}
    near(found, {**right, "images": images.grad.numpy()}, 1e-11)


SMALL = {"channels": (2, 3), "pools": (2,)}


@pytest.mark.parametrize(
    "program, told",
    [
        ("networkOf(settings, { ...state, 'conv1.bias': [1] })", "got 1 numbers for conv1.bias; takes 2"),
        ("networkOf(settings, {})", "state: got no numbers for conv1.weight; takes 18"),
        ("networkOf(settings, { ...state, 'conv1.bias': [1, NaN] })", "got NaN or infinity in conv1.bias"),
        ("layersOf(settings, 1, 1)", "images: got 1 x 1 pixels, of which this network leaves nothing"),
        (
            "forward(networkOf(settings, state), image, 1, { training: true })",
            "masks: got no numbers for drop2",
        ),
    ],
)
def test_refuses_what_does_not_fit(program, told):
    model = DigitCNN(**SMALL)
    values = script(state=as_lists(state_of(model)), settings=model.settings, image=[0.5] * 784)
    said = run(values + f"try {{ {program}; }} catch (error) {{ return error.message; }}", ENGINE)
    assert re.search(re.escape(told), said)
