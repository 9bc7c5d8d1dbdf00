"""The 2-2-2 network against referees that know nothing of how it is computed."""

import csv
import math
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from s6lib import referees, toy

START = (toy.WEIGHTS, toy.INPUTS, toy.TARGETS)


def draw(scale, count, seed):
    """Random networks: weights of the given scale, inputs and targets near the book's."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield (random.normal(0, scale, (2, 2, 2)), random.normal(0, 1, 2), random.uniform(0, 1, 2))


def distance(gradient, opinion):
    return np.abs(gradient - opinion).max() / np.abs(gradient).max()


# The worksheet -------------------------------------------------------------------------------


def test_the_starting_point_is_the_worksheets():
    assert toy.INPUTS.tolist() == [0.05, 0.1] and toy.TARGETS.tolist() == [0.5, 0.5]
    assert toy.WEIGHTS.tolist() == [[[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]]]
    assert toy.loss(*START) == pytest.approx(0.01418137794, rel=1e-9)  # the worksheet's E_total


def test_the_learning_rates_are_those_asked_for_and_no_constant_can_be_changed():
    assert toy.LEARNING_RATES.tolist() == [0.1, 0.2, 0.5, 0.8, 1.0, 2.0]
    for constant in (toy.INPUTS, toy.TARGETS, toy.WEIGHTS, toy.LEARNING_RATES):
        with pytest.raises(ValueError, match="read-only"):
            constant[...] = 0


# Numbers by their names ------------------------------------------------------------------------

NAMES = [*(f"w{k}" for k in range(1, 9)), "i1", "i2", "t1", "t2"]


def test_each_number_finds_its_place():
    """The formulas of the page, fed with the names; the arrays, with what `setting` made of them."""
    random = np.random.default_rng(1)
    for _ in range(20):
        n = dict(zip(NAMES, [*random.uniform(-10, 10, 10), *random.uniform(0, 1, 2)]))
        values = toy.forward(*toy.setting(**n)[:2])
        h = [n["w1"] * n["i1"] + n["w2"] * n["i2"], n["w3"] * n["i1"] + n["w4"] * n["i2"]]
        a = [1 / (1 + math.exp(-each)) for each in h]
        o = [n["w5"] * a[0] + n["w6"] * a[1], n["w7"] * a[0] + n["w8"] * a[1]]
        np.testing.assert_allclose(values.h, h, rtol=1e-12)
        np.testing.assert_allclose(values.o, o, rtol=1e-12)
        assert toy.setting(**n).targets.tolist() == [n["t1"], n["t2"]]


def test_a_setting_knows_whether_it_is_the_worksheets():
    assert toy.setting().is_worksheet and toy.setting(w1=0.15, t2=0.5).is_worksheet
    for name in NAMES:
        other = toy.setting(**{name: 0.75})
        assert not other.is_worksheet
        assert sum((a != b).sum() for a, b in zip(other, toy.WORKSHEET)) == 1
    toy.setting().weights[...] = 1  # a copy: the worksheet's own is read-only
    assert toy.WORKSHEET.weights[0, 0, 0] == 0.15


def test_a_setting_has_no_negative_zero():
    for array in toy.setting(**dict.fromkeys(NAMES, -0.0)):
        assert not np.signbit(array).any()


@pytest.mark.parametrize("name", NAMES)
def test_a_number_out_of_its_range_is_refused_by_its_name(name):
    low, high = (0, 1) if name[0] == "t" else (-10, 10)
    for value in (low, high, (low + high) / 3):
        toy.setting(**{name: value})
    for value in (low - 0.01, high + 0.01, 1e300, np.inf, np.nan):
        with pytest.raises(ValueError, match=rf"^{name}: got .*; takes one number from {low} to {high}$"):
            toy.setting(**{name: value})
    for value in ("0.5", "1e-3", None, True, 1j, [0.1, 0.2]):
        with pytest.raises((TypeError, ValueError), match=rf"^{name}: got .*; takes one number from"):
            toy.setting(**{name: value})


def test_a_number_that_the_network_lacks_is_refused():
    for name in ("w9", "w0", "i3", "rate", "W1"):
        with pytest.raises(
            TypeError, match=f"^{name}: got 0.3; the numbers are w1 to w8, i1, i2, t1 and t2$"
        ):
            toy.setting(**{name: 0.3})


def train_with_slip(steps):
    """Training as the worksheet does it, its wrong formula for dE/dw3 and dE/dw4 put in."""
    weights, losses = toy.WEIGHTS, [toy.loss(*START)]
    for _ in range(steps):
        gradient, values = toy.gradient(weights, toy.INPUTS, toy.TARGETS), toy.forward(weights, toy.INPUTS)
        slope = values.a_h * (1 - values.a_h)
        gradient[0, 1] *= slope[0] / slope[1]
        weights = weights - 2.0 * gradient
        losses.append(toy.loss(weights, toy.INPUTS, toy.TARGETS))
    return np.array(losses)


def test_the_worksheet_is_the_reference(worksheet):
    reference = Path(__file__).parents[3] / "shared" / "reference" / "worksheet.csv"
    if not reference.exists():
        pytest.skip("the reference figures are not beside this checkout")
    with reference.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert worksheet == {name: [float(row[name]) for row in rows] for name in rows[0]}


def test_training_follows_the_worksheet(worksheet):
    expected = np.array(worksheet["E_total"])
    history = toy.train(*START, 2.0, len(expected) - 1)
    assert len(expected) == 68
    np.testing.assert_allclose(history.loss, expected, rtol=2e-6)


def test_the_slip_explains_the_rest(worksheet):
    expected = np.array(worksheet["E_total"])
    np.testing.assert_allclose(train_with_slip(len(expected) - 1), expected, rtol=1e-9)


def test_every_column_of_the_first_row(worksheet):
    values, gradient = toy.forward(toy.WEIGHTS, toy.INPUTS), toy.gradient(*START).ravel()
    ours = {"E_total": toy.loss(*START)}
    for k in (1, 2):
        ours |= {
            f"h{k}": values.h[k - 1],
            f"a_h{k}": values.a_h[k - 1],
            f"o{k}": values.o[k - 1],
            f"a_o{k}": values.a_o[k - 1],
            f"E{k}": toy.errors(*START)[k - 1],
        }
    ours |= {f"dE_dw{k}": gradient[k - 1] for k in (1, 2, 5, 6, 7, 8)}  # 3 and 4 hold the slip
    for name, value in ours.items():
        np.testing.assert_allclose(value, worksheet[name][0], rtol=1e-9, err_msg=name)


# The gradient --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 3, 10])
def test_gradient_equals_the_complex_step(scale):
    worst = max(
        distance(toy.gradient(w, i, t), referees.complex_step(lambda x: toy.loss(x, i, t), w))
        for w, i, t in draw(scale, 1000, seed=scale)
    )
    assert worst <= 1e-12


@pytest.mark.parametrize("scale", [1, 3])
def test_gradient_equals_autograd(scale):
    worst = max(
        distance(toy.gradient(w, i, t), referees.autograd(lambda x: referees.torch_loss(x, i, t), w))
        for w, i, t in draw(scale, 1000, seed=10 + scale)
    )
    assert worst <= 1e-12


def test_gradient_equals_central_differences():
    for w, i, t in draw(1, 50, seed=0):
        assert (
            distance(toy.gradient(w, i, t), referees.central_difference(lambda x: toy.loss(x, i, t), w))
            < 1e-6
        )


def test_the_complex_step_reaches_inputs_and_targets_too():
    weights, inputs, targets = START
    by_inputs = referees.autograd(lambda x: torch_loss_of_inputs(weights, x, targets), inputs)
    np.testing.assert_allclose(
        referees.complex_step(lambda x: toy.loss(weights, x, targets), inputs), by_inputs, rtol=1e-13
    )
    by_targets = targets - toy.forward(weights, inputs).a_o  # E = (t - a_o)^2 / 2
    np.testing.assert_allclose(
        referees.complex_step(lambda x: toy.loss(weights, inputs, x), targets), by_targets, rtol=1e-13
    )


def torch_loss_of_inputs(weights, inputs, targets):
    weights, targets = torch.tensor(np.array(weights)), torch.tensor(np.array(targets))
    return ((targets - torch.sigmoid(weights[1] @ torch.sigmoid(weights[0] @ inputs))) ** 2).sum() / 2


def test_a_wrong_gradient_is_found():
    wrong = toy.gradient(*START)
    wrong[0, 1] *= 1.0003
    assert distance(wrong, referees.complex_step(lambda w: toy.loss(w, *START[1:]), toy.WEIGHTS)) > 1e-6


def test_hessian_equals_autograd():
    for w, i, t in draw(1, 20, seed=5):
        expected = torch.autograd.functional.hessian(lambda x: referees.torch_loss(x, i, t), torch.tensor(w))
        np.testing.assert_allclose(toy.hessian(w, i, t), expected.reshape(8, 8), rtol=1e-9, atol=1e-12)


def test_the_hessian_broadcasts_over_inputs_and_targets():
    cases = list(draw(1, 3, seed=7))
    together = toy.hessian(*(np.stack(each) for each in zip(*cases)))  # (3, 8, 8)
    np.testing.assert_allclose(together, [toy.hessian(*case) for case in cases], rtol=1e-13, atol=1e-300)


def test_sharpness_is_the_largest_eigenvalue_and_broadcasts():
    weights = np.stack([w for w, _, _ in draw(1, 5, seed=6)])
    each = [max(np.linalg.eigvals(toy.hessian(w, *START[1:])).real) for w in weights]
    np.testing.assert_allclose(toy.sharpness(weights, *START[1:]), each, rtol=1e-9)


# The sigmoid ---------------------------------------------------------------------------------


def test_sigmoid_is_exact_where_it_saturates():
    z = np.array([-745.0, -40.0, -1.0, 0.0, 1.0, 40.0, 1000.0, -1000.0])
    with np.errstate(all="raise", under="ignore"):
        value, slope = toy.sigmoid(z), toy.sigmoid_derivative(z)
    np.testing.assert_allclose(value, torch.sigmoid(torch.tensor(z)), rtol=1e-15, atol=1e-323)
    assert toy.sigmoid_derivative(40.0) == pytest.approx(np.exp(-40.0), rel=1e-15)
    np.testing.assert_array_equal(slope, toy.sigmoid_derivative(-z))


def test_sigmoid_takes_lists():
    np.testing.assert_allclose(toy.sigmoid([0, np.log(3)]), [0.5, 0.75], rtol=1e-15)  # 1 / (1 + 1/3)
    np.testing.assert_allclose(toy.sigmoid_derivative([0, np.log(3)]), [0.25, 0.1875], rtol=1e-15)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64, bool])
def test_sigmoid_takes_whole_numbers_of_any_width(kind):
    z = np.array([0, 1, 127], dtype=np.int64) if kind is not bool else np.array([0, 1, 1])
    whole = np.append(z, -128).astype(kind) if kind is np.int8 else z.astype(kind)
    np.testing.assert_array_equal(toy.sigmoid(whole), toy.sigmoid(whole.astype(float)))
    np.testing.assert_array_equal(toy.sigmoid_derivative(whole), toy.sigmoid_derivative(whole.astype(float)))


def test_sigmoid_derivative_equals_the_complex_step():
    for z in np.linspace(-60, 60, 61):
        expected = referees.complex_step(lambda x: toy.sigmoid(x), z)
        assert toy.sigmoid_derivative(z) == pytest.approx(float(expected), rel=1e-14)


# Properties ----------------------------------------------------------------------------------


def finite(shape, bound=5.0):
    return hnp.arrays(np.float64, shape, elements=st.floats(-bound, bound, allow_subnormal=False))


leading = hnp.array_shapes(min_dims=0, max_dims=2, max_side=3)


@settings(max_examples=200, deadline=None)
@given(st.data(), leading)
def test_shapes(data, lead):
    weights, inputs, targets = data.draw(finite((*lead, 2, 2, 2))), data.draw(finite(2)), data.draw(finite(2))
    assert all(part.shape == (*lead, 2) for part in toy.forward(weights, inputs))
    assert np.shape(toy.loss(weights, inputs, targets)) == lead
    assert toy.gradient(weights, inputs, targets).shape == (*lead, 2, 2, 2)
    assert toy.hessian(weights, inputs, targets).shape == (*lead, 8, 8)
    history = toy.train(weights, inputs, targets, 0.5, 3)
    assert history.weights.shape == (4, *lead, 2, 2, 2) and history.loss.shape == (4, *lead)


@settings(max_examples=200, deadline=None)
@given(finite((3, 1, 2, 2, 2)), finite((4, 2)), finite((4, 2)))
def test_broadcasting_is_the_same_as_a_loop(weights, inputs, targets):
    loss, gradient = toy.loss(weights, inputs, targets), toy.gradient(weights, inputs, targets)
    for n in range(3):
        for m in range(4):
            one = weights[n, 0], inputs[m], targets[m]
            np.testing.assert_allclose(loss[n, m], toy.loss(*one), rtol=1e-14, atol=1e-300)
            np.testing.assert_allclose(gradient[n, m], toy.gradient(*one), rtol=1e-13, atol=1e-300)


def test_training_broadcasts_over_each_argument_alone():
    several = {
        name: np.stack([value, value + 0.25, value - 0.5])
        for name, value in zip(("weights", "inputs", "targets"), START)
    }
    several["learning_rate"] = np.array([0.1, 1.0, 2.0])
    one = {**dict(zip(("weights", "inputs", "targets"), START)), "learning_rate": 0.5}
    for name, values in several.items():
        together = toy.train(**{**one, name: values}, steps=3)
        for k, value in enumerate(values):
            alone = toy.train(**{**one, name: value}, steps=3)
            np.testing.assert_allclose(together.weights[:, k], alone.weights, rtol=1e-14, err_msg=name)
            np.testing.assert_allclose(together.loss[:, k], alone.loss, rtol=1e-14, err_msg=name)


@settings(max_examples=200, deadline=None)
@given(finite((2, 2, 2)), finite(2), finite(2), st.floats(1e-3, 1e3), st.integers(0, 5))
def test_each_step_is_the_update_rule(weights, inputs, targets, learning_rate, steps):
    history = toy.train(weights, inputs, targets, learning_rate, steps)
    np.testing.assert_array_equal(history.weights[0], weights)
    for before, after in zip(history.weights, history.weights[1:]):
        np.testing.assert_allclose(
            after, before - learning_rate * toy.gradient(before, inputs, targets), rtol=1e-12, atol=1e-12
        )
    np.testing.assert_allclose(history.loss, toy.loss(history.weights, inputs, targets), rtol=1e-14)


@settings(max_examples=200, deadline=None)
@given(finite((2, 2, 2)), finite(2), finite(2))
def test_symmetry_of_the_hidden_neurons_and_of_the_outputs(weights, inputs, targets):
    """Renaming the hidden neurons changes nothing; renaming the outputs only renames."""
    hidden_swapped = np.stack([weights[0, ::-1], weights[1][:, ::-1]])
    outputs_swapped = np.stack([weights[0], weights[1, ::-1]])
    close = {"rtol": 1e-12, "atol": 1e-15}
    gradient = toy.gradient(weights, inputs, targets)
    np.testing.assert_allclose(
        toy.loss(hidden_swapped, inputs, targets), toy.loss(weights, inputs, targets), **close
    )
    np.testing.assert_allclose(
        toy.gradient(hidden_swapped, inputs, targets),
        np.stack([gradient[0, ::-1], gradient[1][:, ::-1]]),
        **close,
    )
    np.testing.assert_allclose(
        toy.gradient(outputs_swapped, inputs, targets[::-1]),
        np.stack([gradient[0], gradient[1, ::-1]]),
        **close,
    )


@settings(max_examples=200, deadline=None)
@given(finite((2, 2, 2)), finite(2), finite(2))
def test_arguments_are_never_changed(weights, inputs, targets):
    arguments = (weights, inputs, targets)
    before = [argument.copy() for argument in arguments]
    for argument in arguments:
        argument.flags.writeable = False
    history = toy.train(*arguments, 0.7, 2)
    toy.gradient(*arguments), toy.hessian(*arguments), toy.forward(weights, inputs)
    history.weights[:] = 0
    for argument, copy in zip(arguments, before):
        np.testing.assert_array_equal(argument, copy)


# Bad input -----------------------------------------------------------------------------------

BAD_ARRAYS = [
    (np.zeros((2, 2)), ValueError, "shape"),
    (0.5, ValueError, "shape"),
    (np.full((2, 2, 2), np.nan), ValueError, "finite"),
    (np.full((2, 2, 2), np.inf), ValueError, "finite"),
    (np.zeros((2, 2, 2), dtype=bool), TypeError, "real numbers"),
    (np.full((2, 2, 2), "0.1"), TypeError, "real numbers"),
    (None, TypeError, "real numbers"),
    (np.zeros((2, 2, 2), dtype=object), TypeError, "real numbers"),
    ([[[1, 2], [3]]], ValueError, "rows differ"),
]


@pytest.mark.parametrize("value, error, message", BAD_ARRAYS)
def test_bad_weights(value, error, message):
    for call in (
        lambda: toy.forward(value, toy.INPUTS),
        lambda: toy.loss(value, *START[1:]),
        lambda: toy.gradient(value, *START[1:]),
        lambda: toy.hessian(value, *START[1:]),
        lambda: toy.train(value, *START[1:], 0.1, 1),
    ):
        with pytest.raises(error, match=f"weights: got .*{message}"):
            call()


@pytest.mark.parametrize("name, position", [("inputs", 1), ("targets", 2)])
@pytest.mark.parametrize(
    "value, error",
    [([1.0], ValueError), ([1.0, np.nan], ValueError), (["a", "b"], TypeError), ([True, False], TypeError)],
)
def test_bad_inputs_and_targets(name, position, value, error):
    arguments = list(START)
    arguments[position] = value
    with pytest.raises(error, match=f"{name}: got "):
        toy.gradient(*arguments)
    with pytest.raises(error, match=f"{name}: got "):
        toy.train(*arguments, 0.1, 1)
    if name == "inputs":
        with pytest.raises(error, match="^inputs: got "):
            toy.forward(toy.WEIGHTS, value)


@pytest.mark.parametrize(
    "value, error",
    [
        (0, ValueError),
        (-0.1, ValueError),
        (np.nan, ValueError),
        (np.inf, ValueError),
        (True, TypeError),
        ("0.1", TypeError),
        (None, TypeError),
        (1j, TypeError),
        ([0.1, -1], ValueError),
    ],
)
def test_bad_learning_rate(value, error):
    with pytest.raises(error, match="learning_rate: got .*; takes"):
        toy.train(*START, value, 1)


@pytest.mark.parametrize(
    "value, error",
    [
        (-1, ValueError),
        (1.5, TypeError),
        (2.0, TypeError),
        (True, TypeError),
        ("3", TypeError),
        (None, TypeError),
    ],
)
def test_bad_steps(value, error):
    with pytest.raises(error, match="steps: got .*takes a whole number, 0 or more"):
        toy.train(*START, 0.1, value)


@pytest.mark.parametrize(
    "call, shapes",
    [
        (lambda two, three: toy.forward(two, three), "weights (2,), inputs (3,)"),
        (lambda two, three: toy.gradient(two, three, toy.TARGETS), "weights (2,), inputs (3,), targets ()"),
        (lambda two, three: toy.loss(two, toy.INPUTS, three), "weights (2,), inputs (), targets (3,)"),
        (
            lambda two, three: toy.train(two, three, toy.TARGETS, 0.1, 1),
            "weights (2,), inputs (3,), targets (), learning_rate ()",
        ),
        (
            lambda two, three: toy.train(two, toy.INPUTS, three, 0.1, 1),
            "weights (2,), inputs (), targets (3,), learning_rate ()",
        ),
        (
            lambda two, three: toy.train(two, *START[1:], three[:, 0] + 1, 1),
            "weights (2,), inputs (), targets (), learning_rate (3,)",
        ),
    ],
)
def test_leading_axes_that_do_not_fit_are_named(call, shapes):
    with pytest.raises(ValueError) as error:
        call(np.zeros((2, 2, 2, 2)), np.zeros((3, 2)))
    assert str(error.value) == f"leading axes do not broadcast: {shapes}"


@pytest.mark.parametrize("learning_rate", [1e3, 1e6, 1e300])
def test_a_huge_rate_saturates_and_stays_finite(learning_rate):
    history = toy.train(*START, learning_rate, 50)
    assert np.isfinite(history.weights).all() and (history.loss <= 1.0).all()


def test_overflow_is_an_error_that_names_the_step():
    weights = np.full((2, 2, 2), 1.5e308)
    weights[1] = -1e308
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="at step 0; learning_rate was 0.5"),
    ):
        toy.train(weights, [1.0, 1.0], [2e200, 1.0], 0.5, 1)


def test_overflow_names_the_first_step_of_any_run_and_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rates, text in (
            ([0.1, 1e160], r"\[0.1, 1e\+160\]"),
            ([1e160, 0.1, 0.2], r"\[1e\+160, 0.1, 0.2\]"),
        ):
            with pytest.raises(FloatingPointError, match=f"at step 1; learning_rate was {text}"):
                toy.train(toy.WEIGHTS, toy.INPUTS, [1e150, 0.5], rates, 3)


def test_integers_and_single_precision_are_raised_to_double():
    single = toy.train(toy.WEIGHTS.astype(np.float32), [0, 1], [1, 0], 1, 2)
    assert single.weights.dtype == single.loss.dtype == np.float64
    np.testing.assert_allclose(
        toy.loss(toy.WEIGHTS.astype(np.float32), *START[1:]), toy.loss(*START), rtol=1e-6
    )


def test_zero_steps_is_the_start_alone():
    history = toy.train(*START, 0.1, 0)
    assert history.loss.shape == (1,)
    np.testing.assert_array_equal(history.weights[0], toy.WEIGHTS)


def test_the_toy_network_needs_numpy_alone():
    code = (
        "import sys, s6lib.toy; "
        "loaded = {name.split('.')[0] for name in sys.modules}; "
        "print(sorted(loaded & "
        "{'torch', 'matplotlib', 'pandas', 'papermill', 'ipywidgets', 'scipy', 'IPython'}))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
