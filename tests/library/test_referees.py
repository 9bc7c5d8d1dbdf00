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


# A referee that has lost the trail must not answer zeros.


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize(
    "losing",
    [
        lambda x: math.exp(x.sum()),
        lambda x: float(x.sum()),
        lambda x: np.abs(x).sum(),
        lambda x: np.real(x).sum(),
        lambda x: complex(float(x.sum().real)),
        lambda x: np.complex128(abs(x.sum())),
        lambda x: abs(x[0]) + x[1],
        lambda x: x[0] + x[1].real ** 2,
        lambda x: x[0] * x[0].conjugate() + x[1],
        lambda x: 1e6 + np.abs(x).sum(),
    ],
)
def test_a_lost_imaginary_part_is_no_slope(losing):
    with pytest.raises(ValueError, match=r"^f: changes with x at \[[01]\].*lost the imaginary part; takes"):
        referees.complex_step(losing, [0.3, -1.2])


def test_a_lost_imaginary_part_is_found_where_the_slope_happens_to_be_zero():
    with pytest.raises(ValueError, match="lost the imaginary part"):
        referees.complex_step(lambda x: x.real**2, 0.0)


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
@pytest.mark.parametrize(
    "losing",
    [
        lambda x: x.sum().item(),
        lambda x: x.detach().sum(),
        lambda x: torch.tensor(x.tolist(), dtype=torch.float64).sum(),
        lambda x: x[0].detach() ** 2 + x[1],
        lambda x: x[0] + 3 * x[1].item(),
        lambda x: math.exp(x[0]) * x[1],
    ],
)
def test_a_lost_graph_is_no_slope(losing):
    with pytest.raises(ValueError, match=r"^f: changes with x at \[[01]\].*lost PyTorch's graph; takes"):
        referees.autograd(losing, [0.3, -1.2])


def test_a_result_with_another_graph_is_refused():
    other = torch.ones((), dtype=torch.float64, requires_grad=True)
    with pytest.raises(ValueError, match="lost PyTorch's graph"):
        referees.autograd(lambda x: other * x.sum().item(), [0.3])
    np.testing.assert_array_equal(referees.autograd(lambda x: other * 2, [0.3]), [0])


@pytest.mark.parametrize(
    "constant",
    [
        lambda x: 3,
        lambda x: 3.0,
        lambda x: 3.0 + 0j,
        lambda x: np.float64(3.0),
        lambda x: 0 * x.sum(),
        lambda x: 1e8 + 0 * x.sum(),
        lambda x: ((x + 1e8) - x).sum(),
        lambda x: ((x - 0.3) ** 2).sum(),
        lambda x: ((x - 0.3) ** 11).sum() + 1e6,
        lambda x: 3 * (x - 0.3).sum() ** 2,
        lambda x: x.sum() - x.sum(),
    ],
)
def test_a_true_zero_stays_an_answer(constant):
    for referee in (referees.complex_step, referees.autograd):
        np.testing.assert_allclose(referee(constant, [0.3]), [0.0], rtol=0, atol=1e-25)


def test_other_true_zeros():
    np.testing.assert_array_equal(referees.complex_step(lambda x: np.cos(x).sum(), [0.0, 0.0]), [0, 0])
    np.testing.assert_array_equal(
        referees.autograd(lambda x: x.relu().sum(), [-1.0, 0.0]), [0, 0]
    )  # 0 is a kink
    np.testing.assert_array_equal(referees.autograd(lambda x: x.abs().sum() + x.round().sum(), 0.0), 0)


def test_a_zero_beside_others_is_looked_at_alone():
    np.testing.assert_array_equal(referees.complex_step(lambda x: 3 * x[0], [1.0, 2.0]), [3, 0])
    np.testing.assert_array_equal(referees.autograd(lambda x: 3 * x[0], [1.0, 2.0]), [3, 0])


@pytest.mark.parametrize("x, step", [(1e12, 1e-6), (1e9, 1e-6), (1.0, 1e-17), ([0.0, 1.0], 1e-20)])
def test_a_step_that_is_rounded_away_is_refused(x, step):
    with pytest.raises(ValueError, match="step: got .*takes .* or more here"):
        referees.central_difference(lambda x: x.sum(), x, step)


def test_the_step_that_is_named_will_do():
    with pytest.raises(ValueError) as error:
        referees.central_difference(lambda x: 3 * x, 1e12)
    named = float(str(error.value).split("takes ")[1].split()[0])
    assert referees.central_difference(lambda x: 3 * x, 1e12, named) == pytest.approx(3, rel=0.02)


def test_single_precision_is_refused():
    with pytest.raises(ValueError, match="f: returned float32; takes a function that computes in double"):
        referees.central_difference(lambda x: x.astype(np.float32).sum(), [1.0])
    with pytest.raises(ValueError, match="f: returned complex64"):
        referees.complex_step(lambda x: x.astype(np.complex64).sum(), [1.0])
    with pytest.raises(ValueError, match="f: returned float32"):
        referees.autograd(lambda x: x.float().sum(), [1.0])


def test_a_result_that_is_no_number_is_named():
    for referee in (referees.central_difference, referees.complex_step, referees.autograd):
        for result in ("0.3", None):
            with pytest.raises(
                TypeError, match=f"f: returned {result!r} .*takes a function that returns one number"
            ):
                referee(lambda x: result, [1.0])
    with pytest.raises(ValueError, match=r"f: returned shape \(2,\)"):
        referees.autograd(lambda x: x, [1.0, 2.0])
