"""The referees themselves, on functions whose derivative is known in closed form."""

import math

import numpy as np
import pytest
import torch

from s6lib import referees

X = np.array([[0.3, -1.2], [2.0, 0.7]])


def f(x):
    return (np.exp(x) * x**2).sum()


def slope(x):
    return np.exp(x) * (x**2 + 2 * x)


def test_each_finds_a_known_derivative():
    np.testing.assert_allclose(referees.complex_step(f, X), slope(X), rtol=1e-15)
    np.testing.assert_allclose(referees.central_difference(f, X), slope(X), rtol=1e-8)
    np.testing.assert_allclose(referees.autograd(lambda x: (x.exp() * x**2).sum(), X), slope(X), rtol=1e-15)


def test_each_answers_in_double_precision_in_the_shape_of_the_point():
    for x in (2, [1, 2], np.ones((2, 1, 3), dtype=np.float32)):
        for referee in (referees.complex_step, referees.central_difference, referees.autograd):
            answer = referee(lambda x: (x * x).sum(), x)
            assert type(answer) is np.ndarray and answer.dtype == np.float64 and answer.shape == np.shape(x)
            np.testing.assert_allclose(answer, 2.0 * np.asarray(x), rtol=1e-9)


def test_the_function_is_asked_one_step_away_in_one_entry_at_a_time():
    for referee, steps in ((referees.central_difference, (1e-6, -1e-6)), (referees.complex_step, (1e-30j,))):
        asked = []
        referee(lambda x: asked.append(x.tolist()) or x.sum(), [0.0, 0.0])
        assert asked == [*([step, 0] for step in steps), *([0, step] for step in steps)]


def test_the_loss_for_autograd_is_the_network_written_out():
    w = [0.3, -1.1, 0.7, 0.2, -0.6, 1.4, 0.9, -0.8]
    inputs, targets = (0.4, -1.3), (0.2, 0.9)

    def neuron(first, second, left, right):
        return 1 / (1 + math.exp(-(first * left + second * right)))

    hidden = [neuron(*w[0:2], *inputs), neuron(*w[2:4], *inputs)]
    outputs = [neuron(*w[4:6], *hidden), neuron(*w[6:8], *hidden)]
    expected = sum((target - output) ** 2 for target, output in zip(targets, outputs)) / 2
    weights = torch.tensor(w, dtype=torch.float64).reshape(2, 2, 2)
    for kind in (tuple, np.array):
        loss = referees.torch_loss(weights, kind(inputs), kind(targets))
        assert loss.shape == () and loss.item() == pytest.approx(expected, rel=1e-14)


def test_central_differences_err_with_the_square_of_the_step():
    error = [np.abs(referees.central_difference(f, X, step=step) - slope(X)).max() for step in (1e-2, 1e-3)]
    assert error[0] / error[1] == pytest.approx(100, rel=0.01)


def test_the_point_is_left_alone():
    x = X.copy()
    x.flags.writeable = False
    for referee in (referees.complex_step, referees.central_difference):
        referee(f, x)
    np.testing.assert_array_equal(x, X)


def test_autograd_refuses_a_bad_point():
    with pytest.raises(ValueError, match="x: got .*finite"):
        referees.autograd(lambda x: x.sum(), [np.nan])


@pytest.mark.parametrize("side", [1, -1])
def test_central_differences_want_one_number_on_either_side(side):
    with pytest.raises(ValueError, match=r"f: returned shape \(1,\)"):
        referees.central_difference(lambda x: x if side * x[0] > 0 else 0.0, [0.0])


@pytest.mark.parametrize("referee", [referees.complex_step, referees.central_difference])
def test_bad_input(referee):
    with pytest.raises(ValueError, match=r"f: returned shape \(2, 2\)"):
        referee(np.exp, X)
    with pytest.raises(ValueError, match="step: got 0"):
        referee(f, X, step=0)
    with pytest.raises(ValueError, match="step: got .*one finite number"):
        referee(f, X, step=[1e-6, 1e-6])
    with pytest.raises(ValueError, match="x: got .*finite"):
        referee(f, [np.nan])
    with pytest.raises(TypeError, match="x: got .*real numbers"):
        referee(f, "abc")
