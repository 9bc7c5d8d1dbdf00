"""Wrong gradients by name: each by a referee that knows no formula of the table, and which of them it was."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from s6lib import arithmetic, referees, slips, toy

PLACE = (toy.WEIGHTS, toy.INPUTS, toy.TARGETS)
SECOND, SWAP = [0, 0], [1, 0]


def networks(count, seed=0):
    random = np.random.default_rng(seed)
    weights = random.normal(0, 1.5, (count, 2, 2, 2))
    return weights, random.uniform(-1, 1, (count, 2)), random.uniform(0, 1, (count, 2))


# The referees: the slips once more, by hand and in arrays -------------------------------------------


def outer(delta, of):
    return delta[..., :, None] * of[..., None, :]


def network(weights, inputs, targets, rate=0.5, **other):
    """All that a slip may take for something else, arrays (..., 2) and (..., 2, 2)."""
    hidden, output = weights[..., 0, :, :], weights[..., 1, :, :]
    n = SimpleNamespace(hidden=hidden, output=output, i=inputs, t=targets, rate=rate, weights=weights)
    n.h = other.get("h", np.einsum("...ji,...i->...j", hidden, inputs))
    n.a = other.get("a", toy.sigmoid(n.h))
    n.o = other.get("o", np.einsum("...kj,...j->...k", output, n.a))
    n.y = other.get("y", toy.sigmoid(n.o))
    n.slope_h, n.slope_o, n.miss = slope(n.h), slope(n.o), n.y - targets
    n.remade = lambda **changed: back(network(weights, inputs, targets, rate, **changed))
    return n


def slope(z):
    return toy.sigmoid_derivative(z)


def back(n, **other):
    """The gradient, with whatever stands in the wrong place."""
    delta_o = other.get("delta_o", other.get("miss", n.miss) * other.get("slope_o", n.slope_o))
    paths = other.get("paths", np.einsum("...kj,...k->...j", other.get("output", n.output), delta_o))
    delta_h = other.get("delta_h", paths * other.get("slope_h", n.slope_h))
    hidden = other.get("hidden_gradient", outer(delta_h, other.get("i", n.i)))
    output = other.get("output_gradient", outer(delta_o, other.get("a", n.a)))
    return np.stack([hidden, output], axis=-3)


def delta_o(n):
    return n.miss * n.slope_o


def terms(n):
    """What each path brings to each hidden neuron, (..., output, hidden)."""
    return delta_o(n)[..., :, None] * n.output


def delta_h(n):
    return terms(n).sum(axis=-2) * n.slope_h


def bracketed(n, inside, times):
    """One path multiplied by `times`, the other left as it is."""
    one, two = terms(n)[..., inside, :, None], terms(n)[..., 1 - inside, :, None]
    return one * times + two + np.zeros(times.shape)


REFEREES = {
    "other_hidden_slope": lambda n: back(n, slope_h=n.slope_h[..., [0, 0]]),
    "other_hidden_slope_back": lambda n: back(n, slope_h=n.slope_h[..., [1, 1]]),
    "other_output_slope": lambda n: back(n, slope_o=n.slope_o[..., [0, 0]]),
    "other_output_slope_back": lambda n: back(n, slope_o=n.slope_o[..., [1, 1]]),
    "hidden_slope_left_out": lambda n: back(n, slope_h=1),
    "output_slope_left_out": lambda n: back(n, slope_o=1),
    "hidden_slope_of_sum": lambda n: back(n, slope_h=n.h - n.h**2),
    "output_slope_of_sum": lambda n: back(n, slope_o=n.o - n.o**2),
    "hidden_slope_of_activation": lambda n: back(n, slope_h=slope(toy.sigmoid(n.h))),
    "output_slope_of_activation": lambda n: back(n, slope_o=slope(toy.sigmoid(n.o))),
    "hidden_activation_for_slope": lambda n: back(n, slope_h=toy.sigmoid(n.h)),
    "output_activation_for_slope": lambda n: back(n, slope_o=toy.sigmoid(n.o)),
    "hidden_one_minus_for_slope": lambda n: back(n, slope_h=toy.sigmoid(-n.h)),
    "output_one_minus_for_slope": lambda n: back(n, slope_o=toy.sigmoid(-n.o)),
    "hidden_slope_multiplied": lambda n: back(n, slope_h=n.a**2),
    "output_slope_multiplied": lambda n: back(n, slope_o=n.y**2),
    "output_slope_for_hidden": lambda n: back(n, slope_h=n.slope_o),
    "hidden_slope_for_output": lambda n: back(n, slope_o=n.slope_h),
    "sign_of_miss": lambda n: -back(n),
    "doubled": lambda n: 2 * back(n),
    "halved": lambda n: back(n) / 2,
    "target_for_miss": lambda n: back(n, miss=n.t),
    "output_for_miss": lambda n: back(n, miss=n.y),
    "other_target": lambda n: back(n, miss=n.y - n.t[..., SWAP]),
    "miss_squared": lambda n: back(n, miss=n.miss * n.miss),
    "error_for_miss": lambda n: back(n, miss=toy.errors(n.weights, n.i, n.t)),
    "miss_multiplied": lambda n: back(n, miss=n.y * n.t),
    "misses_added": lambda n: back(n, miss=n.miss.sum(axis=-1, keepdims=True) + np.zeros(2)),
    "activation_left_out": lambda n: back(n, a=np.ones_like(n.a)),
    "other_activation": lambda n: back(n, a=n.a[..., SWAP]),
    "input_for_activation": lambda n: back(n, a=n.i),
    "sum_for_activation": lambda n: back(n, a=n.h),
    "output_for_activation": lambda n: back(n, output_gradient=outer(delta_o(n) * n.y, np.ones_like(n.a))),
    "weight_for_activation": lambda n: back(n, output_gradient=terms(n)),
    "output_gradient_transposed": lambda n: back(n, output_gradient=outer(n.a, delta_o(n))),
    "first_output_twice": lambda n: back(n, output_gradient=outer(delta_o(n)[..., SECOND], n.a)),
    "w6_w7_swapped": lambda n: back(n, output=n.output.swapaxes(-1, -2)),
    "w5_w8_swapped": lambda n: back(n, output=n.output[..., ::-1, ::-1].swapaxes(-1, -2)),
    "paths_crossed": lambda n: back(n, paths=np.einsum("...kj,...k->...j", n.output, delta_o(n)[..., SWAP])),
    "other_paths": lambda n: back(n, paths=terms(n).sum(axis=-2)[..., SWAP]),
    "first_paths_twice": lambda n: back(n, paths=terms(n).sum(axis=-2)[..., SECOND]),
    "first_path_only": lambda n: back(n, paths=terms(n)[..., 0, :]),
    "second_path_only": lambda n: back(n, paths=terms(n)[..., 1, :]),
    "own_path_only": lambda n: back(n, paths=np.einsum("...jj->...j", terms(n))),
    "paths_subtracted": lambda n: back(n, paths=-np.diff(terms(n), axis=-2)[..., 0, :]),
    "weights_left_out": lambda n: back(n, output=np.ones_like(n.output)),
    "path_slopes_left_out": lambda n: back(n, paths=np.einsum("...kj,...k->...j", n.output, n.miss)),
    "outputs_first": lambda n: back(n, output=n.output - n.rate * outer(delta_o(n), n.a)),
    "brackets": lambda n: back(n, hidden_gradient=bracketed(n, 1, outer(n.slope_h, n.i))),
    "brackets_back": lambda n: back(n, hidden_gradient=bracketed(n, 0, outer(n.slope_h, n.i))),
    "slope_brackets": lambda n: back(n, delta_h=bracketed(n, 1, n.slope_h[..., None])[..., 0]),
    "slope_brackets_back": lambda n: back(n, delta_h=bracketed(n, 0, n.slope_h[..., None])[..., 0]),
    "input_left_out": lambda n: back(n, i=np.ones_like(n.i)),
    "other_input": lambda n: back(n, i=n.i[..., SWAP]),
    "activation_for_input": lambda n: back(n, hidden_gradient=outer(delta_h(n) * n.a, np.ones_like(n.i))),
    "weight_for_input": lambda n: back(n, hidden_gradient=delta_h(n)[..., :, None] * n.hidden),
    "hidden_gradient_transposed": lambda n: back(n, hidden_gradient=outer(n.i, delta_h(n))),
    "first_hidden_twice": lambda n: back(n, hidden_gradient=outer(delta_h(n)[..., SECOND], n.i)),
    "hidden_sums_transposed": lambda n: n.remade(h=np.einsum("...ij,...i->...j", n.hidden, n.i)),
    "output_sums_transposed": lambda n: n.remade(o=np.einsum("...jk,...j->...k", n.output, n.a)),
    "inputs_crossed": lambda n: n.remade(h=np.einsum("...ji,...i->...j", n.hidden, n.i[..., SWAP])),
    "activations_crossed": lambda n: n.remade(o=np.einsum("...kj,...j->...k", n.output, n.a[..., SWAP])),
    "sums_for_activations": lambda n: n.remade(o=np.einsum("...kj,...j->...k", n.output, n.h)),
    "hidden_sigmoid_left_out": lambda n: n.remade(a=n.h),
    "output_sigmoid_left_out": lambda n: n.remade(y=n.o),
    "rate_included": lambda n: n.rate * back(n),
    "uphill": lambda n: -back(n),
    "rate_left_out": lambda n: back(n) / n.rate,
    "weight_multiplied": lambda n: n.weights / n.rate - n.weights * back(n),
    "weight_left_out": lambda n: n.weights / n.rate - back(n),
}


@pytest.mark.parametrize("name", slips.SLIPS)
def test_a_slip_is_what_a_hand_makes_of_it(name):
    places = networks(50, 3)
    ours = slips.SLIPS[name](*places, learning_rate=0.7)
    theirs = np.broadcast_to(REFEREES[name](network(*places, 0.7)), ours.shape)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-13)
    assert np.abs(ours / toy.gradient(*places) - 1).max() > 1e-3  # it is wrong


def test_without_slips_it_is_the_network():
    places = networks(50, 5)
    ours = slips.quantities(*places, learning_rate=0.5)
    np.testing.assert_allclose(slips.gradient(*places), toy.gradient(*places), rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(ours["E_total"], toy.loss(*places), rtol=1e-14)
    moved = toy.train(*places, 0.5, 1).weights[1].reshape(50, 8)
    np.testing.assert_allclose([ours[f"w{k}_new"] for k in range(1, 9)], moved.T, rtol=1e-13)
    one = arithmetic.evaluate(*(each[0] for each in places))
    assert {name: one[name] for name in one} == pytest.approx(
        {name: ours[name][0] for name in one}, rel=1e-12
    )
    assert {*ours} == {*arithmetic.evaluate(*PLACE), *slips.FORMULAS}


def test_it_broadcasts_as_the_network_does():
    weights, inputs, targets = networks(6, 8)
    rates = np.array([[0.1], [0.5]])
    names = "outputs_first", "sign_of_miss"
    found = slips.gradient(weights, inputs, targets, *names, learning_rate=rates)
    assert found.shape == (2, 6, 2, 2, 2)
    alone = slips.gradient(weights[4], inputs[4], targets[4], *names, learning_rate=0.5)
    np.testing.assert_allclose(found[1, 4], alone, rtol=1e-14)
    values = slips.quantities(weights, toy.INPUTS, toy.TARGETS, "output_slope_left_out")
    assert {value.shape for value in values.values()} == {(6,)} and "w1_new" not in values


def test_the_slip_of_the_book_is_its_factor():
    """As the chapter makes it: the right gradient times the ratio of the two slopes."""
    right, h = toy.gradient(*PLACE), toy.forward(toy.WEIGHTS, toy.INPUTS).h
    right[0, 1] *= toy.sigmoid_derivative(h[0]) / toy.sigmoid_derivative(h[1])
    np.testing.assert_allclose(slips.SLIPS["other_hidden_slope"](*PLACE), right, rtol=1e-14)


def test_the_slip_of_the_worksheet_is_named(worksheet):
    """In each of its rows, from the digits that it prints."""
    rows = worksheet
    weights = np.stack([rows[f"w{k}"] for k in range(1, 9)], axis=-1).reshape(-1, 2, 2, 2)
    inputs = np.stack([rows["i1"], rows["i2"]], axis=-1)
    targets = np.stack([rows["t1"], rows["t2"]], axis=-1)
    printed = np.stack([rows[f"dE_dw{k}"] for k in range(1, 9)], axis=-1)
    found = slips.diagnose(printed, weights, inputs, targets, 2.0, digits=7)
    assert len(found) == 68
    first = slips.diagnose([str(value) for value in printed[0]], *PLACE)  # all ten of its digits
    assert first.slips == ("other_hidden_slope",) and first.sure
    for each in found:
        assert each.slips == ("other_hidden_slope",) and each.sure
        assert [finding.name for finding in each.weights if not finding.ok] == ["dE_dw3", "dE_dw4"]
        assert each.changes == (("da_h2_dh2", "sigma(h1) * sigma(-h1)", "sigma(h2) * sigma(-h2)"),)


# Planted and named ----------------------------------------------------------------------------------


def rounded(values, digits):
    """To so many significant digits, as a person rounds, and half of a one in the last of them."""
    size = np.floor(np.log10(np.abs(values)))
    unit = 10.0 ** (size - digits + 1)
    return np.round(values / unit) * unit, unit / 2


def test_a_planted_slip_is_named_wherever_the_numbers_allow_it():
    """Of 1,000 networks, each slip rounded to six digits. What else its numbers may be is found from the
    referees alone; where that is nothing, the slip is named, and surely; else all that it may be are."""
    places, rate, names = networks(1000), 0.7, [*slips.SLIPS]
    weights, inputs, targets = places
    made = network(*places, rate)
    values = np.stack([np.broadcast_to(REFEREES[name](made), weights.shape) for name in names])
    values, right = values.reshape(len(names), 1000, 8), toy.gradient(*places).reshape(1000, 8)
    given, half = rounded(values, 6)
    allowed = half * (1 + 1e-6) + 1e-14
    possible = np.stack([(np.abs(each - given) <= allowed).all(axis=-1) for each in values], axis=-1)
    hidden = (np.abs(right - given) <= allowed).all(axis=-1)  # nobody can tell it from the right ones
    found = slips.diagnose(given, weights, inputs, targets, rate, digits=6, of="update")
    for planted, name in enumerate(names):
        for k in range(1000):
            each, may_be = found[planted, k], {(names[j],) for j in np.flatnonzero(possible[planted, k])}
            assert (name,) in may_be
            assert each.right == hidden[planted, k]
            assert ({*each.others} if each.right else {each.slips, *each.others}) == may_be, (name, k)
            assert each.sure == (not each.right and len(may_be) == 1)
    unsure = possible.sum(axis=-1) > 1
    twins = {names[j] for j in np.flatnonzero(unsure.all(axis=-1))}
    assert twins == {"sign_of_miss", "uphill"}  # a step uphill, or a gradient that points the other way
    assert unsure[[name not in twins for name in names]].mean() < 1e-3 and hidden.mean() < 1e-3


@pytest.mark.parametrize("digits", [2, 3, 4, 6, 9, 12, None])
def test_right_gradients_are_never_accused(digits):
    places = networks(1000, 11)
    right = toy.gradient(*places)
    texts = [[f"{value:.{(digits or 17) - 1}e}" for value in each.ravel()] for each in right]
    for given in (texts, np.array(texts, float)):
        assert all(each.right for each in slips.diagnose(given, *places, 0.5))
    assert all(each.right for each in slips.diagnose(right, *places, 0.5, digits))


def test_right_numbers_are_right_however_they_were_computed():
    """Rounded to places as a sheet shows them; by a(1 - a), where 1 - a has lost digits; near a minimum,
    where the miss has; by central differences, to the digits that these have."""
    weights, inputs, targets = places = networks(300, 12)
    for decimals in (3, 5, 8):
        given = toy.gradient(*places).round(decimals)
        assert all(each.right for each in slips.diagnose(given, *places))
        texts = [[f"{value:.{decimals}f}".replace(".", ",") for value in each.ravel()] for each in given]
        assert all(slips.diagnose(text, *place).right for text, *place in zip(texts, *places))
    steep = 6 * weights
    n = network(steep, inputs, targets)
    familiar = back(n, slope_h=n.a * (1 - n.a), slope_o=n.y * (1 - n.y))
    assert all(each.right for each in slips.diagnose(familiar, steep, inputs, targets))
    said = toy.forward(weights, inputs).a_o
    near = network(weights, inputs, said + 1e-11)
    assert all(
        each.right
        for each in slips.diagnose(
            back(near, miss=-np.float64(1e-11)), weights, inputs, said + 1e-11, digits=5
        )
    )
    assert all(each.right for each in slips.diagnose(back(near), weights, inputs, said + 1e-11))
    nudged = referees.central_difference(lambda w: toy.loss(w, *PLACE[1:]), toy.WEIGHTS)
    assert slips.diagnose(nudged, *PLACE, digits=7).right


def compatible():
    """Pairs of slips of different formulas, neither of which leaves the other one nothing to do."""
    names = [name for name, slip in slips.SLIPS.items() if slip.of == "gradient" and "brackets" not in name]
    random = np.random.default_rng(4)
    while True:
        one, two = sorted(random.choice(len(names), 2, replace=False))
        formulas = [slips.SLIPS[names[k]].formulas for k in (one, two)]
        if not formulas[0].keys() & formulas[1].keys():
            yield names[one], names[two]


def test_two_slips_at_once_are_both_named():
    places, sure = networks(25, 6), 0
    for pair, *place in zip(compatible(), *places):
        wrong = slips.gradient(*place, *pair, learning_rate=0.7)
        found = slips.diagnose([f"{value:.7e}" for value in wrong.ravel()], *place, 0.7)
        alone = [slips.gradient(*place, name, learning_rate=0.7) for name in slips.SLIPS]
        if any(np.allclose(one, wrong, rtol=1e-9) for one in alone):
            continue  # together they are a third
        assert pair in (found.slips, *found.others)
        sure += found.sure
        changed = {quantity for quantity, _, _ in found.changes}
        assert found.slips != pair or changed == {
            name for each in pair for name in slips.SLIPS[each].formulas
        }
    assert sure > 18


def test_slips_of_different_weights_and_a_slip_in_one_column_alone():
    right = toy.gradient(*PLACE).ravel()
    one = right.copy()
    one[2] = slips.SLIPS["other_hidden_slope"](*PLACE).ravel()[2]
    found = slips.diagnose(one.round(9), *PLACE)
    assert found.slips == ("other_hidden_slope",) and [each.ok for each in found.weights].count(False) == 1
    assert found.weights[2].slips == found.slips and found.weights[3].slips == ()
    three = right.copy()
    for name, k in (("input_left_out", 0), ("w6_w7_swapped", 3), ("activation_left_out", 6)):
        three[k] = slips.SLIPS[name](*PLACE).ravel()[k]
    found = slips.diagnose([f"{value:.6e}" for value in three], *PLACE)
    assert {*found.slips} == {"input_left_out", "w6_w7_swapped", "activation_left_out"}
    assert "(Here: w4.)" in str(found)


def test_what_no_slip_explains_is_not_explained():
    strange = toy.gradient(*PLACE).ravel()
    strange[[2, 5]] = 0.7, 3.1
    found = slips.diagnose(strange, *PLACE)
    assert not found.right and not found.slips and not found.sure and not found.changes
    assert found.weights[5].factor == pytest.approx(3.1 / toy.gradient(*PLACE)[1, 0, 1])
    assert "No slip known here" in str(found)
    strange = toy.gradient(*PLACE) * (1 + 1e-4)
    assert "rounded on the way" in str(slips.diagnose(strange, *PLACE))
    assert slips.diagnose(strange, *PLACE, digits=3).right


def test_where_slips_change_nothing_it_says_so():
    """No inputs: the hidden derivatives are 0, whatever one forgets. All weights alike: nothing mixes up."""
    quiet = (toy.WEIGHTS, [0, 0], toy.TARGETS)
    found = slips.diagnose(toy.gradient(*quiet), *quiet)
    assert found.right and not found.sure and ("w6_w7_swapped",) in found.others
    assert ("input_left_out",) not in found.others
    assert "They would be the same with other_hidden_slope" in str(found)
    alike = (np.full((2, 2, 2), 0.3), [0.1, 0.2], [0.5, 0.5])
    found = slips.diagnose(slips.SLIPS["doubled"](*alike), *alike)
    assert {found.slips, *found.others} == {("doubled",), ("misses_added",)} and not found.sure
    coarse = slips.diagnose(toy.gradient(*PLACE).round(4), *PLACE)
    assert coarse.right and ("other_hidden_slope",) in coarse.others


# What is given, and what is told --------------------------------------------------------------------

NUMBERS = slips.SLIPS["doubled"](*PLACE).ravel()


@pytest.mark.parametrize(
    "given",
    [
        NUMBERS.tolist(),
        NUMBERS.reshape(2, 2, 2),
        NUMBERS.reshape(2, 4),
        NUMBERS.reshape(8, 1),
        {f"w{k}": value for k, value in enumerate(NUMBERS, 1)},
        {f"∂E/∂w{k}": f"{value:.6g}" for k, value in reversed([*enumerate(NUMBERS, 1)])},
        [f"{value:.6e}" for value in NUMBERS],
        [f"{value:.6f}".replace(".", ",") for value in NUMBERS],
        " ".join(f"{value:.6f}" for value in NUMBERS),
        "; ".join(f"{value:.6f}".replace(".", ",") for value in NUMBERS),
        ", ".join(f"{value:.6f}" for value in NUMBERS),
        "\n".join(f"{value:.6f}" for value in NUMBERS),
        [f"{value * 1e4:.5f}·10^-4" for value in NUMBERS],
        [f"{value:.6f}".translate({k: k + 0xFEE0 for k in range(0x21, 0x7F)}) for value in NUMBERS],
        [f"{value:+.6f}" for value in NUMBERS],
        [str(NUMBERS[0]), *NUMBERS[1:]],
    ],
)  # fmt: skip
def test_eight_numbers_are_read_in_any_usual_shape(given):
    found = slips.diagnose(given, *PLACE)
    assert found.slips == ("doubled",) and found.sure
    assert [each.name for each in found.weights] == [*slips.GRADIENT]


def test_a_minus_is_a_minus():
    text = " ".join(f"{-value / 2:.6f}" for value in NUMBERS)
    for sign in "-−–‐－":
        assert slips.diagnose(text.replace("-", sign), *PLACE).slips == ("sign_of_miss",)


def test_digits_are_read_off_as_they_were_rounded():
    """The last zeros of a float are lost; those of a text are not; a bare 0 was not rounded."""
    value, unit = slips._read([0.013, 0.01234, 0.5, 0.0, 1e-7, 12, 0.25, 0.1], None)
    np.testing.assert_allclose(unit, [1e-5, 1e-5, 1e-4, 1e-7, 1e-7, 1e-2, 1e-4, 1e-4], rtol=1e-9)
    _, unit = slips._read([0.013, 0.01234, 0.5, 0.0, 0.25, 12, 0.25, 0.1], None)  # to five places
    np.testing.assert_allclose(unit, [1e-5, 1e-5, 1e-4, 1e-5, 1e-4, 1e-2, 1e-4, 1e-4], rtol=1e-9)
    _, unit = slips._read("0.0130 0.01234 0.5 0 0.00 12 1.5e-3 100".split(), None)
    np.testing.assert_allclose(unit, [1e-4, 1e-5, 0.1, 0, 0.01, 1, 1e-4, 1], rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: slips.diagnose([1] * 7, *PLACE), r"gradient: got shape \(7,\); takes eight finite numbers"),
        (lambda: slips.diagnose("0.1 0.2", *PLACE), r"gradient: got shape \(2,\)"),
        (lambda: slips.diagnose("", *PLACE), r"gradient: got shape \(0,\)"),
        (lambda: slips.diagnose(["0.1"] * 7 + ["half"], *PLACE), "gradient: got 'half'; takes eight"),
        (lambda: slips.diagnose(["0.1"] * 7 + ["1,234"], *PLACE), "decimal comma or not"),
        (lambda: slips.diagnose(["0.1"] * 7 + ["1e999"], *PLACE), "gradient: got '1e999'"),
        (lambda: slips.diagnose([np.nan] * 8, *PLACE), "gradient: got nan at"),
        (lambda: slips.diagnose({"w1": 1}, *PLACE), "gradient: got the names w1; takes w1 to w8"),
        (lambda: slips.diagnose([[1, 2], [3]], *PLACE), "gradient: .* rows differ in length"),
        (lambda: slips.diagnose(np.ones((3, 8)), toy.WEIGHTS, [[1, 2]] * 2, [1, 2]), "got leading"),
        (lambda: slips.diagnose(NUMBERS, [1], [1, 2], [1, 2]), "weights: got shape"),
        (lambda: slips.diagnose(NUMBERS, *PLACE, -1), "learning_rate: got -1"),
        (lambda: slips.diagnose(NUMBERS, *PLACE, digits=0), "digits: got 0; takes a whole number from 1"),
        (lambda: slips.diagnose(NUMBERS, *PLACE, of="step"), "of: got 'step'; takes one of"),
        (lambda: slips.diagnose(NUMBERS, *PLACE, of="update"), "learning_rate: got None; of='update'"),
        (lambda: slips.gradient(*PLACE, "nonsense"), "slips: got 'nonsense'; takes one of 'other_"),
        (lambda: slips.gradient(*PLACE, "doubled", "halved"), "two replace dE_do1"),
        (lambda: slips.SLIPS["outputs_first"](*PLACE), "learning_rate: got None; outputs_first takes"),
        (lambda: slips.written("dE_dw9"), "quantity: got 'dE_dw9'"),
        (lambda: slips.written("dE_dw1", among=["x"]), "among: got 'x'"),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_name(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_what_is_no_number_is_a_type_error():
    for bad in (None, [None] * 8, [True] * 8, 1j):
        with pytest.raises(TypeError, match="gradient"):
            slips.diagnose(bad, *PLACE)


def test_a_formula_is_written_in_the_steps_that_are_wanted():
    assert slips.written("dE_dw3", "other_hidden_slope") == (
        "(dE_do1 * w6 + dE_do2 * w8) * sigma(h1) * sigma(-h1) * i1"
    )
    assert slips.written("dE_dw3") == "dE_dh2 * i1"
    columns = ["a_o1", "a_o2", "a_h1", "a_h2"]
    numbers = arithmetic.evaluate(*PLACE) | {"sigma": toy.sigmoid}
    for name in slips.GRADIENT:
        for slip in [(), *((each,) for each in slips.SLIPS)]:
            text = slips.written(name, *slip, among=columns)
            allowed = {*columns, *(f"{letter}{k}" for letter in "wit" for k in range(1, 9)), "rate"}
            assert {*arithmetic.NAME.findall(text)} <= allowed
            right = slips.quantities(*PLACE, *slip, learning_rate=0.5)
            known = numbers | {column: right[column] for column in columns}
            assert eval(text, {"__builtins__": {}}, known) == pytest.approx(right[name], rel=1e-12), text


def test_a_diagnosis_is_told_in_sentences():
    text = slips.diagnose(NUMBERS, *PLACE)
    assert str(text).startswith(
        "Wrong: all eight (2 times the right one).\ndoubled: The error is taken without"
    )
    assert "Change  dE_do1 = 2 * dE_da_o1 * da_o1_do1\nto      dE_do1 = dE_da_o1 * da_o1_do1" in str(text)
    assert "**doubled**" in text._repr_markdown_() and "`dE_do1 = dE_da_o1" in text._repr_markdown_()
    right = slips.diagnose(NUMBERS / 2, *PLACE)
    assert str(right).startswith("All eight derivatives are right")


def test_the_table_is_data_and_its_words_are_words():
    table = slips.table()
    assert json.loads(json.dumps(table)) == table
    names = {
        *table["formulas"],
        *(f"{letter}{k}" for letter, n in (("w", 8), ("i", 2), ("t", 2)) for k in range(1, n + 1)),
    }
    assert [each["name"] for each in table["slips"]] == [*slips.SLIPS]
    for each in table["slips"]:
        assert re.fullmatch(r"[A-Z][^.]*\.", each["says"]), each["says"]
        assert not re.search(r"\d", re.sub(r"w\d|1 − a", "", each["says"])), each["says"]
        assert each["of"] in ("gradient", "update") and each["formulas"]
        for quantity, formula in each["formulas"].items():
            assert quantity in table["formulas"] and formula != table["formulas"][quantity]
            assert {*arithmetic.NAME.findall(formula)} <= {*names, "rate"}
            assert arithmetic.FORMULA.fullmatch(formula)
