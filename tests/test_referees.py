"""The referees themselves, on functions whose derivative is known in closed form."""

import numpy as np
import pytest

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


def test_central_differences_err_with_the_square_of_the_step():
    error = [np.abs(referees.central_difference(f, X, step=step) - slope(X)).max() for step in (1e-2, 1e-3)]
    assert error[0] / error[1] == pytest.approx(100, rel=0.01)


def test_the_point_is_left_alone():
    x = X.copy()
    x.flags.writeable = False
    for referee in (referees.complex_step, referees.central_difference):
        referee(f, x)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("referee", [referees.complex_step, referees.central_difference])
def test_bad_input(referee):
    with pytest.raises(ValueError, match=r"f: returned shape \(2, 2\)"):
        referee(np.exp, X)
    with pytest.raises(ValueError, match="step: got 0"):
        referee(f, X, step=0)
    with pytest.raises(ValueError, match="x: got .*finite"):
        referee(f, [np.nan])
    with pytest.raises(TypeError, match="x: got .*real numbers"):
        referee(f, "abc")
