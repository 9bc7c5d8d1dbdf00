"""1,000 steps at six learning rates, four ways, in one run:  python benchmarks/toy.py

The peers do what their users would write: one rate after the other. PyTorch is also timed with all
six rates in one tensor, which is the most that can be asked of it. All end at the same weights.
"""

import time

import numpy as np
import torch
from micrograd.engine import Value

from s6lib import toy

STEPS, REPEATS = 1000, 3


def with_toy():
    return toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, toy.LEARNING_RATES, STEPS).weights[-1]


def with_torch():
    return np.stack([_torch(toy.WEIGHTS, torch.tensor(rate)) for rate in toy.LEARNING_RATES])


def with_torch_batched():
    return _torch(np.tile(toy.WEIGHTS, (6, 1, 1, 1)), torch.tensor(toy.LEARNING_RATES)[:, None, None, None])


def _torch(start, rate):
    weights = torch.tensor(start, requires_grad=True)
    inputs, targets = torch.tensor(toy.INPUTS), torch.tensor(toy.TARGETS)
    for _ in range(STEPS):
        a_h = torch.sigmoid(weights[..., 0, :, :] @ inputs)
        a_o = torch.sigmoid((weights[..., 1, :, :] @ a_h[..., None])[..., 0])
        loss = ((targets - a_o) ** 2).sum() / 2
        (gradient,) = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            weights -= rate * gradient
    return weights.detach().numpy()


def with_micrograd():
    return np.stack([_micrograd(float(rate)) for rate in toy.LEARNING_RATES])


def _micrograd(rate):
    weights = [Value(float(w)) for w in toy.WEIGHTS.ravel()]
    (i1, i2), (t1, t2) = toy.INPUTS.tolist(), toy.TARGETS.tolist()
    e = float(np.e)
    for _ in range(STEPS):
        w1, w2, w3, w4, w5, w6, w7, w8 = weights
        a_h1, a_h2 = _sigmoid(w1 * i1 + w2 * i2, e), _sigmoid(w3 * i1 + w4 * i2, e)
        a_o1, a_o2 = _sigmoid(w5 * a_h1 + w6 * a_h2, e), _sigmoid(w7 * a_h1 + w8 * a_h2, e)
        loss = (t1 - a_o1) ** 2 * 0.5 + (t2 - a_o2) ** 2 * 0.5
        loss.backward()
        weights = [Value(w.data - rate * w.grad) for w in weights]
    return np.array([w.data for w in weights]).reshape(2, 2, 2)


def _sigmoid(z, e):
    """micrograd has no exp: here it is as one node of its engine, written the way its relu is."""
    power = Value(e**-z.data, (z,), "exp")

    def backward():
        z.grad -= power.data * power.grad

    power._backward = backward
    return (1 + power) ** -1


def best(function):
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main():
    torch.set_num_threads(1)
    ways = {
        "toy.train": with_toy,
        "PyTorch autograd": with_torch,
        "PyTorch, six rates in one tensor": with_torch_batched,
        "micrograd": with_micrograd,
    }
    timed = {name: best(function) for name, function in ways.items()}
    seconds, expected = timed["toy.train"]
    print(f"{STEPS} steps at six learning rates, best of {REPEATS}\n")
    print(f"{'':34}{'seconds':>9}{'ratio':>8}")
    for name, (time_taken, weights) in timed.items():
        np.testing.assert_allclose(weights, expected, rtol=1e-9, atol=1e-12)
        print(f"{name:34}{time_taken:9.3f}{time_taken / seconds:8.1f}")


if __name__ == "__main__":
    main()
