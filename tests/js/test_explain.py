"""Every number as the sum it is, against the engine, NumPy, PyTorch, and pictures with a pixel changed."""

import re

import numpy as np
import pytest
import torch
from modules import WIDGETS, run
from test_digits import ALL, ENGINE, as_lists, script, state_of

from s6lib import layers
from s6lib.cnn import DigitCNN
from s6lib.widgets import join

EXPLAIN = join.module(WIDGETS / "digits" / "explain.js")
LABEL = 7
#: Indices to try: some of each, the corners of every layer among them.
TRIED = """
const network = networkOf(settings, state), pass = forward(network, image), back = backward(pass, [LABEL]);
const tried = ([channels, height, width]) => {
  const all = channels * height * width, corners = [0, width - 1, (height - 1) * width, height * width - 1];
  const some = Array.from({ length: Math.min(all, 25) }, (_, k) => (k * 7919 + 13) % all);
  return [...new Set([...corners, all - 1, ...corners.map((k) => all - height * width + k), ...some])];
};
"""


def network(name, seed=3):
    """A model with every number moved, its state in float64, and an image of which it is not sure."""
    rng = np.random.default_rng(seed)
    model, image = DigitCNN(**ALL[name], seed=seed), rng.normal(size=(1, 1, 28, 28))
    scores = layers.activations(state_of(model, rng), image, model.settings)["linear"]
    with torch.no_grad():
        for each in model.linear.parameters():
            each /= np.abs(scores).max() / 3
    return model, state_of(model), image


def explained(model, state, image, program):
    values = script(state=as_lists(state), settings=model.settings, image=image.ravel().tolist(), LABEL=LABEL)
    return run(values + TRIED + program, ENGINE, EXPLAIN)


def numbers_of(state, image, settings):
    """Values and slopes of NumPy, flat, by the names that explain.js has for them."""
    values = layers.activations(state, image, settings)
    values |= {"images": image, "p": np.exp(values["log_softmax"])}
    slopes = layers.slopes(state, image, [LABEL], settings)
    return [{key: each.ravel() for key, each in arrays.items()} for arrays in (values, slopes)]


def check_parts(parts, numbers, state, largest):
    """Each part is the number that its address says, times the parameter that its address says."""
    for part in parts:
        if part["layer"] is None:
            assert part["value"] == 0
        else:
            right = numbers[part["layer"]][part["index"]]
            assert part["value"] == pytest.approx(right, rel=1e-9, abs=1e-11 * largest[part["layer"]])
        if "parameter" in part:
            assert part["weight"] == np.ravel(state[part["parameter"]])[part["at"]]
            assert part["product"] == part["weight"] * part["value"]


def leaves(found):
    return [part for group in found["parts"] for part in group["parts"]]


def by_its_law(found):
    """The total again, from what was found, by the law of its layer."""
    values = [part["value"] for part in leaves(found)]
    products = [part["product"] for part in leaves(found)]
    match found["kind"]:
        case "conv" | "linear":
            return found["bias"]["weight"] + np.sum(products)
        case "relu":
            return max(values[0], 0)
        case "norm":
            mean, spread, scale, shift = (found["says"][place] for place in (3, 5, 7, 9))
            return scale["weight"] * (values[0] - mean) / spread + shift["weight"]
        case "pool":
            return max(values)
        case "average":
            return np.sum(products) / found["count"]
        case "log_softmax":
            return values[found["index"]] - np.logaddexp.reduce(values)
        case "p":
            return np.exp(values[0])
        case "crop" | "drop":
            return values[0]


@pytest.mark.parametrize("name", ALL)
def test_a_value_is_what_its_parts_add_up_to(name):
    model, state, image = network(name)
    numbers, _ = numbers_of(state, image, model.settings)
    largest = {key: np.abs(each).max() for key, each in numbers.items()}
    found = explained(model, state, image, """
        return stagesOf(network.layers).flatMap(({ name, to }) => tried(to).map((index) =>
          [valueOf(pass, name, index), valuesOf(pass, name)[index]]));
    """)  # fmt: skip
    assert {each["name"] for each, _ in found} == set(numbers) - {"flatten"}
    for each, engine in found:
        assert each["total"] == engine  # to the bit
        near = {"rel": 1e-9, "abs": 1e-11 * largest[each["name"]]}
        assert engine == pytest.approx(numbers[each["name"]][each["index"]], **near)
        parts = leaves(each)
        check_parts(parts, numbers, state, largest)
        if each["kind"] != "images":
            assert each["total"] == pytest.approx(by_its_law(each), **near)
        if each["kind"] == "conv":  # every weight of the kernel once, wherever the window stands
            weights = np.reshape(state[f"{each['name']}.weight"], (-1, len(parts)))
            channel = each["index"] * len(weights) // len(numbers[each["name"]])
            assert [part["weight"] for part in parts] == weights[channel].tolist()
        if each["kind"] == "norm":
            running = [state[f"{each['name']}.running_{what}"] for what in ("mean", "var")]
            channel = each["index"] * len(running[0]) // len(numbers[each["name"]])
            right = [running[0][channel], np.sqrt(running[1][channel] + layers.EPSILON)]
            assert [each["says"][place] for place in (3, 5)] == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_a_slope_is_what_its_parts_add_up_to(name):
    model, state, image = network(name)
    values, slopes = numbers_of(state, image, model.settings)
    slopes["p"] = values["p"]  # where the slopes begin: p - y
    largest = {key: np.abs(each).max() for key, each in slopes.items()}
    found = explained(model, state, image, """
        return stagesOf(network.layers).slice(0, -2).flatMap(({ name, to }) => tried(to).map((index) =>
          [slopeOf(pass, back, name, index), back.slopes[name][index]]));
    """)  # fmt: skip
    assert {each["name"] for each, _ in found} == set(slopes) - {"flatten", "p"}
    for each, engine in found:
        assert each["total"] == engine
        near = {"rel": 1e-9, "abs": 1e-11 * largest[each["name"]]}
        assert engine == pytest.approx(slopes[each["name"]][each["index"]], **near)
        parts = leaves(each)
        check_parts(parts, slopes, state, largest)
        if each["kind"] in ("conv", "linear"):
            assert each["total"] == pytest.approx(np.sum([part["product"] for part in parts]), **near)
        if each["kind"] == "log_softmax":
            assert each["says"][2] == (each["index"] == LABEL)
        if each["kind"] == "relu":
            assert each["says"][2] == (values[each["name"]][each["index"]] > 0)


@pytest.mark.parametrize("name", ALL)
def test_the_receptive_field_is_what_a_changed_pixel_reaches(name):
    """In a network whose weights and values are all above 0, so that no ReLU hides a change, and the pixel
    that changes wins every pool: there a change of each pixel in turn finds the field itself."""
    model, state, image = network(name)
    with torch.no_grad():
        for value in [*model.parameters(), *model.buffers()]:
            value.copy_(value.abs() + 0.5 if value.ndim else value)
        for each in model.modules():
            if isinstance(each, torch.nn.BatchNorm2d):
                each.running_mean.zero_()
    model.double().eval()
    image = torch.from_numpy(np.abs(image)) + 1
    changed = image + 1e12 * torch.eye(784, dtype=torch.float64).reshape(784, 1, 28, 28)
    found = explained(model, state, image.numpy(), """
        return Object.fromEntries(network.layers.slice(0, -1).map(({ name, to }) =>
          [name, tried(to).slice(0, 12).map((index) => [index, field(network.layers, name, index)])]));
    """)  # fmt: skip
    before, after = image, changed
    with torch.no_grad():
        for layer_name, layer in model._modules.items():  # one that is shared has two names
            before, after = layer(before), layer(after)
            reached = (after > before * (1 + 1e-9)).reshape(784, -1).numpy()  # not by rounding
            for index, box in found.get(layer_name, []):
                rows, columns = np.nonzero(reached[:, index].reshape(28, 28))
                tight = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
                assert [box[side] for side in ("top", "left", "bottom", "right")] == tight
                assert len(rows) == (tight[2] - tight[0]) * (tight[3] - tight[1])


@pytest.mark.parametrize("name", ALL)
def test_a_gradient_is_what_its_shares_add_up_to(name):
    model, state, image = network(name)
    values, slopes = numbers_of(state, image, model.settings)
    gradient = layers.gradient(state, image, [LABEL], model.settings)
    found = explained(model, state, image, """
        return Object.entries(back.gradient).flatMap(([name, { length }]) =>
          [0, Math.floor(length / 3), length - 1].map((index) => weightOf(pass, back, name, index)));
    """)  # fmt: skip
    with torch.enable_grad():
        model.double().eval()
        inputs = torch.from_numpy(image)
        torch.nn.functional.nll_loss(model(inputs), torch.tensor([LABEL])).backward()
    by_torch = {key: each.grad.numpy().ravel() for key, each in model.named_parameters()}
    assert {each["parameter"] for each in found} == set(gradient)
    for each in found:
        key, index, measured = each["parameter"], each["index"], each["measured"]
        near = {"rel": 1e-9, "abs": 1e-11 * np.abs(gradient[key]).max()}
        assert each["total"] == pytest.approx(gradient[key].ravel()[index], **near)
        assert each["value"] == np.ravel(state[key])[index]
        parts = [part for use in each["uses"] for part in use["parts"]]
        assert sum(part["value"] * part["factor"] for part in parts) == pytest.approx(each["total"], **near)
        for part in parts:
            assert part["value"] == pytest.approx(slopes[part["layer"]][part["index"]], rel=1e-9, abs=1e-12)
            if part["met"] and part["met"]["layer"] is not None:
                right = values[part["met"]["layer"]][part["met"]["index"]]
                assert part["met"]["value"] == pytest.approx(right, rel=1e-9, abs=1e-12)
        if key in by_torch:  # of a shared kernel PyTorch names one use
            largest = np.abs(by_torch[key]).max()
            assert measured["slope"] == pytest.approx(by_torch[key][index], rel=1e-4, abs=1e-6 * largest)
        apart = abs(measured["slope"] - each["total"])
        size = max(abs(measured["slope"]), abs(each["total"]))
        assert apart <= size * 10.0 ** -min(measured["agree"], 16)


def test_the_gradient_of_a_shared_kernel_has_shares_of_every_use():
    model, state, image = network("slim")
    found = explained(model, state, image, 'return weightOf(pass, back, "conv4.weight", 100).uses')
    assert [use["layer"] for use in found] == ["conv4", "conv3"]


def test_it_measures_on_one_side_of_every_gate_if_it_can():
    """Of a large nudge it says that gates turned; its own it makes smaller until none does."""
    model, state, image = network("author")
    found = explained(model, state, image, """
        return [null, 0.3].map((nudge) => weightOf(pass, back, "conv1.bias", 0, nudge).measured);
    """)  # fmt: skip
    assert found[0]["turned"] == 0 and found[0]["agree"] >= 4
    assert found[1]["turned"] > 0 and found[1]["distance"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ('valueOf(pass, "conv9", 0)', "name: got conv9; takes images,conv1,"),
        ('valueOf(pass, "conv1", 3136)', "index: got 3136; takes 0 to 3135"),
        ('valueOf(pass, "conv1", 0.5)', "index: got 0.5; takes 0 to"),
        ('field(network.layers, "p", 10)', "index: got 10; takes 0 to 9"),
        ('slopeOf(pass, back, "p", 0)', "name: got p; takes linear,"),
        ('weightOf(pass, back, "norm1.running_mean", 0)', "parameter: got norm1.running_mean; takes conv1"),
        ('weightOf(pass, back, "conv1.bias", 4)', "index: got 4; takes 0 to 3"),
    ],
)
def test_refuses_by_name(program, told):
    model, state, image = network("author")
    said = explained(model, state, image, f"try {{ {program}; }} catch (error) {{ return error.message; }}")
    assert re.search(re.escape(told), said)
