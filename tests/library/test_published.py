"""The blocks of `s6lib.layers` against figures that other people have published, to the last of their digits.

A figure in quotes keeps the digits that were printed.
"""

import numpy as np
import pytest

from s6lib import layers, toy


def written(value, digits):
    """The value, rounded to as many places as the digits have."""
    return f"{value:.{len(digits.partition('.')[2])}f}"


# Small networks of sigmoid neurons -------------------------------------------------------------


def forward(network, x):
    """What the network says, and what entered each layer and its sigmoids."""
    entered = []
    for weight, bias in network:
        z = layers.linear(x, weight, bias)
        entered.append((x, z))
        x = layers.sigmoid(z)
    return x, entered


def step(network, x, targets, rate, bias_rate=0.0, slip=False):
    """The network after a step. With the slip a slope goes back through weights that have moved already."""
    y, entered = forward(network, x)
    slope, moved = layers.squared_error_gradient(y, targets), []
    for (weight, bias), (x, z) in zip(network[::-1], entered[::-1]):
        slope = layers.sigmoid_gradient(slope, z)
        of_x, of_weight, of_bias = layers.linear_gradient(slope, x, weight)
        new = weight - rate * of_weight
        slope = slope @ new if slip else of_x
        moved.insert(0, (new, bias - bias_rate * of_bias))
    return moved


#: Matt Mazur, A Step by Step Backpropagation Example (2015), has the weights of Part 1, and biases:
#: https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/
MAZUR = [(toy.WEIGHTS[0], np.full(2, 0.35)), (toy.WEIGHTS[1], np.full(2, 0.60))]
INPUTS, TARGETS, RATE = np.array([0.05, 0.10]), np.array([0.01, 0.99]), 0.5


def error(network):
    return layers.squared_error(forward(network, INPUTS)[0], TARGETS)


def test_mazurs_way_forward():
    y, ((_, h), (a_h, o)) = forward(MAZUR, INPUTS)
    published = "0.3775 0.593269992 0.596884378 1.105905967 0.75136507 0.772928465".split()
    assert [*map(written, (h[0], *a_h, o[0], *y), published)] == published
    assert written(layers.squared_error(y[:1], TARGETS[:1]), "0.274811083") == "0.274811083"
    assert written(layers.squared_error(y[1:], TARGETS[1:]), "0.023560026") == "0.023560026"
    assert written(error(MAZUR), "0.298371109") == "0.298371109"


def test_mazurs_factors():
    y, ((_, h), (a_h, o)) = forward(MAZUR, INPUTS)
    miss = layers.squared_error_gradient(y, TARGETS)
    delta = layers.sigmoid_gradient(miss, o)
    of_a_h, of_output, _ = layers.linear_gradient(delta, a_h, MAZUR[1][0])
    steepness = layers.sigmoid_gradient(np.ones(2), h)
    _, of_hidden, _ = layers.linear_gradient(of_a_h * steepness, INPUTS, MAZUR[0][0])
    by_way_of = delta * MAZUR[1][0][:, 0]  # from each output to the first hidden neuron
    published = "0.74136507 0.138498562 0.082167041 0.055399425 0.036350306 0.241300709 0.000438568".split()
    values = miss[0], delta[0], of_output[0, 0], by_way_of[0], of_a_h[0], steepness[0], of_hidden[0, 0]
    assert [*map(written, values, published)] == published
    assert written(layers.sigmoid_gradient(1.0, o[0]), "0.186815602") == "0.186815602"
    # His last digit is that of a product whose factor had been rounded.
    assert written(by_way_of[1], "-0.019049119") == "-0.019049118"


def test_mazurs_new_weights():
    (hidden, _), (output, _) = step(MAZUR, INPUTS, TARGETS, RATE)
    published = (
        "0.149780716 0.19956143 0.24975114 0.29950229 0.35891648 0.408666186 0.511301270 0.561370121".split()
    )
    assert [*map(written, (*hidden.ravel(), *output.ravel()), published)] == published


def test_mazurs_later_numbers_are_those_of_a_slip_which_his_text_warns_of():
    """The error that his page gives after one step is not that of the weights that it gives."""
    right, slipped, before = MAZUR, MAZUR, None
    for count in range(10_000):
        before = right
        right, slipped = (
            step(network, INPUTS, TARGETS, RATE, slip=slip)
            for network, slip in ((right, False), (slipped, True))
        )
        if count == 0:
            assert written(error(right), "0.291027924") == "0.291027774"
            assert written(error(slipped), "0.291027924") == "0.291027924"
    published = ["0.015912196", "0.984065734"]
    assert [*map(written, forward(slipped, INPUTS)[0], published)] == published
    assert [*map(written, forward(right, INPUTS)[0], published)] == ["0.015913620", "0.984064274"]
    assert written(error(slipped), "0.000035085") == "0.000035085"  # in an earlier state of his page
    assert written(error(before), "0.0000351085") == "0.0000351085"  # after 9,999 steps


def test_mazurs_network_where_its_biases_learn_too():
    """https://github.com/jswaff/machinelearning, NetworkTests.java, in all digits of float64; the biases as
    in several such tests, 0.3456143226552565, 0.3450228726473914, 0.5307507191857215, 0.6190491182582781."""
    network = step(MAZUR, INPUTS, TARGETS, RATE, bias_rate=RATE)
    assert error(network) == pytest.approx(0.28047144679143016, rel=1e-14)
    biases = np.concatenate([bias for _, bias in network])
    published = [0.3456143226552565, 0.3450228726473914, 0.5307507191857215, 0.6190491182582781]
    np.testing.assert_allclose(biases, published, rtol=1e-15)
    weights = np.concatenate([weight.ravel() for weight, _ in network])
    published = [
        *(0.1497807161327628, 0.19956143226552567, 0.24975114363236958, 0.29950228726473915),
        *(0.35891647971788465, 0.4086661860762334, 0.5113012702387375, 0.5613701211079891),
    ]
    np.testing.assert_allclose(weights, published, rtol=0, atol=2e-16)
    for _ in range(10_000 - 1):
        network = step(network, INPUTS, TARGETS, RATE, bias_rate=RATE)
    assert error(network) == pytest.approx(2.4475622359322466e-6, rel=1e-9)


def test_schiendorfers_batch_of_two():
    """Alexander Schiendorfer, A worked example of backpropagation (2020),
    https://alexander-schiendorfer.github.io/2020/02/24/a-worked-example-of-backprop.html

    With a rate of 0.5. His error is the sum of the squares, of both examples: four times the mean of their
    halves.
    """
    network = [(np.array([[6.0, -2], [-3, 5]]), 0.0), (np.array([[1, 0.25], [-2, 2]]), 0.0)]
    x, targets = np.array([[3.0, 1], [-1, 4]]), np.eye(2)
    (hidden, _), (output, _) = network = step(network, x, targets, rate=4 * 0.5)
    np.testing.assert_allclose(hidden, [[6.00000016, -2.00000053], [-3.00071007, 4.99976331]], atol=5e-9)
    np.testing.assert_allclose(output, [[1.05259373, 0.11257513], [-2.01327451, 2.01227682]], atol=5e-9)
    np.testing.assert_allclose(forward(network, x)[0][0], [0.74165987, 0.12162137], atol=5e-9)


# Exercises of courses, by the numbers that are to come out --------------------------------------


def even(low, high, *shape):
    return np.linspace(low, high, num=np.prod(shape)).reshape(shape)


#: Half of the last digit that these exercises print.
LAST = {"rtol": 0, "atol": 5.001e-9}


def test_stanfords_forward_convolution_with_stride_2():
    """Stanford University, CS231n, assignment 2, ConvolutionalNetworks.ipynb; so the next two."""
    x, weight, bias = even(-0.1, 0.5, 2, 3, 4, 4), even(-0.2, 0.3, 3, 3, 4, 4), even(-0.1, 0.2, 3)
    published = [
        [[[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
         [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
         [[0.50813986, 0.54309974], [0.64082444, 0.67101435]]],
        [[[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
         [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
         [[2.36270298, 2.36904306], [2.38090835, 2.38247847]]],
    ]  # fmt: skip
    np.testing.assert_allclose(layers.convolution(x, weight, bias, stride=2, padding=1), published, **LAST)


def test_stanfords_pool():
    published = [
        [[[-0.26315789, -0.24842105], [-0.20421053, -0.18947368]],
         [[-0.14526316, -0.13052632], [-0.08631579, -0.07157895]],
         [[-0.02736842, -0.01263158], [0.03157895, 0.04631579]]],
        [[[0.09052632, 0.10526316], [0.14947368, 0.16421053]],
         [[0.20842105, 0.22315789], [0.26736842, 0.28210526]],
         [[0.32631579, 0.34105263], [0.38526316, 0.4]]],
    ]  # fmt: skip
    np.testing.assert_allclose(layers.max_pool(even(-0.3, 0.4, 2, 3, 4, 4)), published, **LAST)


def test_stanfords_affine_layer():
    x, weight, bias = even(-0.1, 0.5, 2, 120), even(-0.2, 0.3, 120, 3), even(-0.3, 0.1, 3)
    published = [[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]]
    np.testing.assert_allclose(layers.linear(x, weight.T, bias), published, **LAST)


def test_deeplearning_ais_convolution_forward_and_backward():
    """DeepLearning.AI, Convolutional Neural Networks, week 1, exercises 3 and 5: channels last, and the slope
    is the output itself."""
    random = np.random.RandomState(1)
    x, weight, bias = random.randn(10, 4, 4, 3), random.randn(2, 2, 3, 8), random.randn(8)
    x, weight = x.transpose(0, 3, 1, 2), weight.transpose(3, 2, 0, 1)
    y = layers.convolution(x, weight, bias, stride=2, padding=2)
    there = [-0.61490741, -6.7439236, -2.55153897, 1.75698377, 3.56208902, 0.53036437, 5.18531798, 8.75898442]
    np.testing.assert_allclose(y[3, :, 2, 1], there, **LAST)
    slopes = layers.convolution_gradient(y, x, weight, stride=2, padding=2)
    published = ["0.0489952035289", "1.45243777754", "1.72699145831", "7.83923256462"]
    assert [written(each.mean(), digits) for each, digits in zip((y, *slopes), published)] == published


#: The exercises of CE40719, Deep Learning, at Sharif University of Technology.
SHARIF = 40959


def test_sharifs_convolution_backward():
    random = np.random.RandomState(SHARIF)
    random.randn(411)  # drawn before: for another exercise, and for the weights that two layers begin with
    x, weight, _ = random.randn(2, 3, 2, 2), random.randn(2, 3, 2, 2), random.randn(2)
    slopes = layers.convolution_gradient(random.randn(2, 2, 2, 2), x, weight, stride=2, padding=1)
    published = (
        [[[[-0.03022149, -0.93652977], [-0.05179407, 1.62558139]],
          [[1.62356625, 3.17432728], [1.37585703, 0.21801443]],
          [[-1.14110006, -3.2751212], [0.98650008, 0.78396852]]],
         [[[0.48556001, 1.24240355], [0.1635526, 0.97860699]],
          [[2.07933521, -1.62650629], [-0.35726596, 0.17660094]],
          [[0.27806844, 2.30231871], [-1.07156607, 0.22142858]]]],
        [[[[0.16162545, 0.44372442], [0.5131281, 0.41785749]],
          [[-0.4409529, -0.31301584], [-0.18734267, 0.06869406]],
          [[-0.53426167, -0.94735183], [0.9614619, 0.36417281]]],
         [[[-0.40656537, -0.1906337], [1.38892306, -0.59866861]],
          [[0.81392044, 0.36665929], [0.78840142, 2.80736748]],
          [[1.58139656, -0.81670389], [-1.11075549, -1.7656368]]]],
        [0.82375129, 2.84032899],
    )  # fmt: skip
    for slope, figures in zip(slopes, published, strict=True):
        np.testing.assert_allclose(slope, figures, **LAST)


def test_sharifs_batch_norm_backward():
    random = np.random.RandomState(SHARIF)
    x, scale, _ = 5 * random.randn(2, 3, 2, 2) + 12, random.randn(3), random.randn(3)
    slopes = layers.batch_norm_gradient(random.randn(2, 3, 2, 2), x, scale)
    published = (
        [[[[0.00589789, 1.2557341], [-0.18515455, -0.3084614]],
          [[-0.04023214, -0.11912787], [-0.04556006, -0.00270806]],
          [[0.12266522, -0.07093585], [0.22957267, 0.17611092]]],
         [[[0.36047414, -0.01314037], [-0.62981818, -0.48553163]],
          [[0.18630326, -0.02134853], [-0.15169621, 0.19436962]],
          [[-0.00739465, -0.04518148], [-0.2105455, -0.19429132]]]],
        [1.51945006, -1.09337409, 0.8928227],
        [-3.1690584, 3.01154949, 5.44132887],
    )  # fmt: skip
    for slope, figures in zip(slopes, published, strict=True):
        np.testing.assert_allclose(slope, figures, **LAST)
