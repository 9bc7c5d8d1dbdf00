"""Seconds per epoch of `fit` against the notebook's way of feeding the same network.

    python benchmarks/training.py [images]

The notebook's way: a DataLoader that makes each image a tensor and normalises it by itself, batch
128, in this process or with two workers. Both sides train the same weights in the same order on
the same threads, in turns, and must end with the same bits. Then: where the time goes, how far it
is from the arithmetic limit, how a max-pool of `DigitCNN` compares with PyTorch's, and why `fit` does not
use the `channels_last` layout for the rest.
"""

import copy
import statistics
import sys
import time

import pandas as pd
import torch
from PIL import Image
from torch.nn.functional import nll_loss
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from s6lib.checkpoint import weights_hash
from s6lib.cnn import DigitCNN, MaxPool2d, layer_table
from s6lib.fit import fit, split
from s6lib.mnist import MEAN, STD, load_digits, normalise
from s6lib.recipe import Recipe

EPOCH = 60_000
ROUNDS = 3


class PerImage(Dataset):
    """What torchvision.datasets.MNIST does for each image, on any digits."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.images[index].numpy(), mode="L")), int(self.labels[index])


def library(digits, recipe):
    model = DigitCNN()
    started = time.perf_counter()
    fit(model, digits, recipe, device="cpu", held_out="test", progress=False)
    return time.perf_counter() - started, weights_hash(model)


def notebook(digits, recipe, workers):
    model = DigitCNN()
    data = split(digits, held_out="test")
    order = torch.randperm(
        len(data.train_images), generator=torch.Generator().manual_seed(recipe.seed)
    ).tolist()
    started = time.perf_counter()
    torch.manual_seed(recipe.seed)
    loaders = [
        DataLoader(
            PerImage(*part),
            batch_size=recipe.batch_size,
            sampler=sampler,
            num_workers=workers,
            generator=torch.Generator(),
        )  # its own, so that dropout draws as in `fit`
        for part, sampler in ((data[:2], order), (data[2:], None))
    ]
    optimizer = torch.optim.SGD(model.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum)
    model.train()
    for images, labels in loaders[0]:
        optimizer.zero_grad()
        loss = nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        sum(int((model(images).argmax(dim=1) == labels).sum()) for images, labels in loaders[1])
    return time.perf_counter() - started, weights_hash(model)


def against_the_notebook(digits, recipe):
    ways = {
        "fit": lambda: library(digits, recipe),
        "notebook": lambda: notebook(digits, recipe, workers=0),
        "notebook, 2 workers": lambda: notebook(digits, recipe, workers=2),
    }
    seconds, hashes = {name: [] for name in ways}, set()
    library(digits, recipe)  # warm up
    for _ in range(ROUNDS):
        for name, way in ways.items():
            taken, found = way()
            seconds[name].append(taken * EPOCH / len(digits.train_images))
            hashes.add(found)
    table = pd.DataFrame(
        {
            "seconds per epoch": {name: statistics.median(each) for name, each in seconds.items()},
            "from": {name: min(each) for name, each in seconds.items()},
            "to": {name: max(each) for name, each in seconds.items()},
            "times fit": {
                name: statistics.median(a / b for a, b in zip(each, seconds["fit"]))
                for name, each in seconds.items()
            },
        }
    )
    print(table.round(2).to_string())
    print(f"same weights to the last bit: {len(hashes) == 1}\n")
    return statistics.median(seconds["fit"])


def where_the_time_goes(digits, recipe):
    with torch.profiler.profile() as profiler:
        library(
            digits._replace(test_images=digits.test_images[:1], test_labels=digits.test_labels[:1]), recipe
        )
    events = [(event.key, event.self_cpu_time_total) for event in profiler.key_averages()]
    total = sum(taken for _, taken in events)
    top = sorted(events, key=lambda event: -event[1])[:10]
    print(
        pd.DataFrame(
            {
                "operation": [name for name, _ in top],
                "share of the training": [f"{taken / total:.1%}" for _, taken in top],
            }
        ).to_string(index=False),
        "\n",
    )


def arithmetic_limit(seconds):
    table = layer_table(DigitCNN())
    products = table.loc[table["layer"].str.match("conv|linear"), "multiplications"].sum()
    work = 2 * 3 * products * EPOCH  # a product and a sum; forward, and backward to inputs and to weights
    side = 2048
    a, b = torch.randn(side, side), torch.randn(side, side)
    best = min(_timed(lambda: a @ b) for _ in range(10))
    rate = 2 * side**3 / best
    print(
        f"{work / 1e12:.2f} TFLOP per epoch at {rate / 1e9:.0f} GFLOP/s (matrix product) would take "
        f"{work / rate:.1f} s: {work / rate / seconds:.0%} of what fit takes\n"
    )


def memory_layouts(digits):
    """Error of the first batch's gradients against float64, and time, in both memory layouts."""
    inputs, labels = normalise(digits.train_images[:128]), digits.train_labels[:128]
    start = DigitCNN(dropout=0.0).train()

    def gradients(model, inputs):
        model.zero_grad()
        nll_loss(model(inputs), labels).backward()
        return [parameter.grad for parameter in model.parameters()]

    exact = gradients(copy.deepcopy(start).double(), inputs.double())
    rows = {}
    for layout in (torch.contiguous_format, torch.channels_last):
        model, x = copy.deepcopy(start).to(memory_format=layout), inputs.contiguous(memory_format=layout)
        error = max(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(gradients(model, x), exact))
        rows[str(layout)] = {
            "gradient error": f"{error:.1e}",
            "ms per step": round(1e3 * min(_timed(lambda: gradients(model, x)) for _ in range(20)), 1),
        }
    print(pd.DataFrame(rows).T.to_string())


def max_pools():
    """Milliseconds of a max-pool forward and backward, in turns, and PyTorch's as a multiple of ours."""
    rows = {}
    for precision in (torch.float32, torch.bfloat16):
        for shape in ((128, 8, 28, 28), (128, 16, 24, 24), (128, 39, 12, 12)):
            x = torch.randn(shape).relu().to(precision).requires_grad_()
            slope = torch.ones(shape[0], shape[1], shape[2] // 2, shape[3] // 2, dtype=precision)
            pools = {"ours": MaxPool2d(2), "PyTorch": torch.nn.MaxPool2d(2)}
            turns = [
                {name: _timed(lambda: torch.autograd.grad(pool(x), x, slope)) for name, pool in pools.items()}
                for _ in range(50)
            ]
            rows[f"{precision} {shape}"] = {
                **{f"{name}, ms": 1e3 * statistics.median(turn[name] for turn in turns) for name in pools},
                "times ours": statistics.median(turn["PyTorch"] / turn["ours"] for turn in turns),
            }
    print(pd.DataFrame(rows).T.round(2).to_string(), "\n")


def _timed(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main(images=6000):
    digits = load_digits()
    images = min(images, len(digits.train_images))
    digits = digits._replace(
        train_images=digits.train_images[:images],
        train_labels=digits.train_labels[:images],
        test_images=digits.test_images[: images // 6],
        test_labels=digits.test_labels[: images // 6],
    )
    recipe = Recipe(epochs=1)
    print(
        f"{images} images of {digits.name}, scaled to {EPOCH}; batch {recipe.batch_size}, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, {ROUNDS} rounds in turns\n"
    )
    seconds = against_the_notebook(digits, recipe)
    where_the_time_goes(digits, recipe)
    arithmetic_limit(seconds)
    max_pools()
    memory_layouts(digits)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
