"""The same course of training as in course.js, by PyTorch: the same weights, batches and masks for a seed."""

from functools import cache

import numpy as np
import torch
from torch.nn.functional import nll_loss

from s6lib import mnist
from s6lib.cnn import NETWORKS, DigitCNN, predicting

WEIGHTS, ORDER, DROPOUT = range(3)


class Chance:
    """Numbers from 0 up to 1 by a seed: Mulberry32, by T. Ettinger. Each purpose has a stream of its own."""

    def __init__(self, seed, stream):
        self._at = ((seed + 1) * 0x9E3779B1 ^ (stream + 1) * 0x85EBCA6B) % 2**32

    def numbers(self, count):
        """The next `count` numbers, of 32 bits each: float64 (count,)."""
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5) + np.uint64(self._at)
        at = steps.astype(np.uint32)
        if count:
            self._at = int(at[-1])
        mixed = (at ^ at >> 15) * (at | 1)
        mixed = mixed + (mixed ^ mixed >> 7) * (mixed | 61) ^ mixed
        return (mixed ^ mixed >> 14) / 2**32

    def order(self, count):
        """The numbers from 0 to count - 1 in a new order."""
        places = [*range(count)]
        for last, number in zip(range(count - 1, 0, -1), self.numbers(count - 1)):
            other = int(number * (last + 1))
            places[last], places[other] = places[other], places[last]
        return places


def initial_state(settings, seed):
    """Initial weights, {name: array}, distributed as PyTorch's are."""
    chance, state = Chance(seed, WEIGHTS), {}
    shapes = {name: each.shape for name, each in DigitCNN(**settings).state_dict().items() if each.ndim}
    for name, shape in shapes.items():
        layer, parameter = name.split(".")
        if layer.startswith("norm"):
            state[name] = np.full(shape, float(parameter in ("weight", "running_var")))
        elif layer == "average":
            state[name] = np.full(shape, 1 / np.prod(shape[2:]))
        else:
            reach = 1 / np.sqrt(np.prod(shapes[f"{layer}.weight"][1:]))
            state[name] = (reach * (2 * chance.numbers(int(np.prod(shape))) - 1)).reshape(shape)
    return state


class Dropout(torch.nn.Module):
    """A dropout whose masks come from a `Chance`."""

    def __init__(self, p, chance):
        super().__init__()
        self.p, self.chance = p, chance

    def forward(self, x):
        if not self.training or not self.p:
            return x
        keep = torch.from_numpy(self.chance.numbers(x.numel()) >= self.p).reshape(x.shape)
        return x * keep / (1 - self.p)


def course(settings, learning_rate, momentum, batch_size, seed, dtype=torch.float64):
    """Yield (model, loss) after each step of a course on the bundled digits, without end.

    The loss is that of the step's batch, before the step; None at first, before any step. The model is the
    one that learns: look at it, and leave it as it is.
    """
    digits = mnist.load_digits("bundled")
    images, labels = _inputs(digits.train_images, dtype), digits.train_labels
    model, dropout = DigitCNN(**settings).to(dtype), Chance(seed, DROPOUT)
    for name, value in initial_state(settings, seed).items():
        model.state_dict()[name].copy_(torch.from_numpy(value))
    for name, layer in list(model.named_children()):
        if isinstance(layer, torch.nn.Dropout):
            setattr(model, name, Dropout(layer.p, dropout))
    optimizer, order = torch.optim.SGD(model.parameters(), learning_rate, momentum), Chance(seed, ORDER)
    yield model, None
    while True:
        for chosen in torch.tensor(order.order(len(labels))).split(batch_size):
            loss = nll_loss(model.train()(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield model, loss.item()


def right(model, images, labels):
    """How many of the images, uint8 (N, 28, 28), the model reads as their labels say."""
    with predicting(model):
        inputs = _inputs(images, next(model.parameters()).dtype)
        return int((model(inputs).argmax(dim=1) == labels).sum())


@cache
def table(network, learning_rate, momentum, batch_size, seed, steps):
    """[(steps made, loss of the last, test digits read right)] after `steps`, rising whole numbers."""
    digits, rows = mnist.load_digits("bundled"), []
    settings = DigitCNN(**NETWORKS[network]).settings
    for made, (model, loss) in enumerate(course(settings, learning_rate, momentum, batch_size, seed)):
        if made in steps:
            rows.append((made, loss, right(model, digits.test_images, digits.test_labels)))
        if made == steps[-1]:
            return rows


def _inputs(images, dtype):
    return (images.to(dtype).unsqueeze(1) / 255 - mnist.MEAN) / mnist.STD
