"""Hundreds of seeds at once: one network per seed, and every step is one step of all of them.

    python studies/many_seeds.py --device cuda --seeds 200 --out seeds.csv
    python studies/many_seeds.py --device cpu --seeds 3 --dataset bundled --epochs 2     # to try it

A graphics card is mostly idle while it trains one network this small. So the weights of all networks are
stacked along a new first axis, and `torch.vmap` turns the forward pass of one into that of all. The
networks never meet: each has the initial weights and the order of images of its own seed, and its own dropout
and augmentation (drawn in another order than by `fit`, so that a seed's result is not that of `fit` to the
last bit; it is one more run of the recipe). That stacking changes nothing else is checked at the start of
each use, against networks that `fit` trained one after the other.
"""

import argparse
import csv
import dataclasses
import math
import shlex
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from torch.func import functional_call, stack_module_state
from torch.nn.functional import log_softmax, nll_loss
from tqdm import tqdm

from s6lib import checks, manifest, mnist
from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.fit import Replay, autocast, before_softmax, choose_device, fit, set_rate, sgd, shown, split
from s6lib.mnist import load_digits, normalise
from s6lib.recipe import NETWORK_OF, PRECISIONS, RECIPES, Recipe

COLUMNS = (
    "seed",
    "network",
    "recipe",
    "precision",
    "epochs",
    "test_correct",
    "test_total",
    "seeds_together",
    "seconds_together",
    "device",
    "torch",
)


def train(network, seeds, data, recipe, device, dtype=torch.float32, progress=True):
    """Train a network for each of `seeds`, all at once, on the data of a `Split`.

    Returns the stacked weights and buffers, {name: tensor (seeds, ...)}.
    """
    for field in ("averaging", "teacher_weight", "muon", "keep", "compile"):  # what `fit` alone can do
        value, plain = getattr(recipe, field), getattr(Recipe(), field)
        if value != plain:
            raise ValueError(
                f"{field}: got {value!r}; takes {plain if plain is False else f'{plain:g}'} here"
            )
    model = DigitCNN(**network).to(device, dtype).train()  # its layers, whatever its weights
    recipe.check(model)
    weights, buffers = stack_module_state(
        [DigitCNN(**network, seed=seed).to(device, dtype) for seed in seeds]
    )
    optimizer = sgd(
        [each for each in weights.values() if each.ndim > 2],
        [each for each in weights.values() if each.ndim <= 2],
        recipe,
    )  # biases and batch norm, (seeds, channels)
    body = before_softmax(model)
    scores_of_all = torch.vmap(
        lambda weights, buffers, inputs: functional_call(body, (weights, buffers), inputs),
        randomness="different",
    )

    def forward(weights, buffers, inputs):
        with autocast(recipe, device):
            scores = scores_of_all(weights, buffers, inputs)
        return log_softmax(scores.to(dtype), dim=2)

    images, labels = data.train_images.to(device), data.train_labels.to(device)

    def learn(chosen, half):
        """One step of all networks, from the images `chosen` (seeds, batch); the sum of their mean losses."""
        inputs = shown(images[chosen.flatten()], recipe, half).to(dtype)  # (seeds * batch, 1, H, W)
        log_probabilities = forward(weights, buffers, inputs.unflatten(0, chosen.shape))  # (seeds, batch, 10)
        # The sum over the networks: its gradient at the weights of one is that of this one's own mean loss.
        loss = (
            nll_loss(log_probabilities.flatten(0, 1), labels[chosen.flatten()], reduction="sum")
            / chosen.shape[1]
        )
        if recipe.label_smoothing:
            loss = (1 - recipe.label_smoothing) * loss - recipe.label_smoothing * log_probabilities.mean(
                dim=(1, 2)
            ).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    step_of_all = Replay(learn)
    samplers = [torch.Generator().manual_seed(seed) for seed in seeds]
    steps_per_epoch = math.ceil(len(images) / recipe.batch_size)
    step, steps = 0, recipe.epochs * steps_per_epoch
    with tqdm(total=steps, unit="step", desc=f"{len(seeds)} seeds", disable=not progress) as bar:
        for _ in range(recipe.epochs):
            orders = torch.stack([torch.randperm(len(images), generator=sampler) for sampler in samplers]).to(
                device
            )
            for chosen in orders.split(recipe.batch_size, dim=1):  # (seeds, batch)
                set_rate(optimizer, recipe.rate(step, steps_per_epoch))
                step_of_all(chosen, recipe.half(step, steps_per_epoch))
                step += 1
                bar.update()
    return {name: value.detach() for name, value in weights.items()}, buffers


def correct(network, weights, buffers, images, labels, device):
    """How many of the images each network reads correctly, a list; None for one whose weights are no longer
    finite."""
    model = DigitCNN(**network).to(device).eval()
    predict = torch.vmap(
        lambda weights, buffers, inputs: functional_call(model, (weights, buffers), inputs),
        in_dims=(0, 0, None),
    )
    with torch.no_grad():
        counts = sum(
            (predict(weights, buffers, normalise(some.to(device))).argmax(dim=2) == answers.to(device))
            .sum(dim=1)
            .cpu()
            for some, answers in zip(images.split(500), labels.split(500))
        )
    finite = (
        torch.stack([value.flatten(1).isfinite().all(dim=1) for value in weights.values()])
        .all(dim=0)
        .tolist()
    )
    return [count if alive else None for count, alive in zip(counts.tolist(), finite)]


def check(network, recipe, device):
    """AssertionError if networks trained together differ from those trained one after the other."""
    # In float64, since rounding grows from step to step; without augmentation and dropout, whose chance both
    # ways would draw in another order.
    quiet = dataclasses.replace(
        recipe,
        epochs=2,
        batch_size=64,
        shift=0.0,
        rotation=0.0,
        zoom=0.0,
        elastic=0.0,
        precision="float32",  # which stands for that of the weights
    )
    calm, digits = network | {"dropout": 0.0}, load_digits("bundled")
    weights, buffers = train(
        calm, (1, 2), split(digits, 200, "test"), quiet, device, torch.float64, progress=False
    )
    for place, seed in enumerate((1, 2)):
        alone = DigitCNN(**calm, seed=seed).double()
        fit(
            alone,
            digits,
            dataclasses.replace(quiet, seed=seed),
            device=str(device),
            train_size=200,
            held_out="test",
            progress=False,
        )
        for name, value in [
            *alone.named_parameters(),
            *alone.named_buffers(),
        ]:  # those of a shared convolution once
            torch.testing.assert_close(
                (weights | buffers)[name][place],
                value,
                rtol=1e-6,
                atol=1e-8,
                msg=lambda text: f"{name} of seed {seed}: {text}",
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="bent", choices=RECIPES)
    parser.add_argument("--network", choices=NETWORKS, help="instead of the one that the recipe was made for")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument(
        "--together", type=int, default=100, help="networks per batch; as many as the memory holds"
    )
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own")
    parser.add_argument("--precision", choices=PRECISIONS, help="instead of the recipe's own")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--device")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    for name in ("seeds", "together"):
        checks.count(f"--{name}", getattr(arguments, name), minimum=1)
    arguments.network = arguments.network or NETWORK_OF[arguments.recipe]
    network = NETWORKS[arguments.network]
    recipe = RECIPES[arguments.recipe]
    recipe = dataclasses.replace(recipe, precision=arguments.precision or recipe.precision)
    device = choose_device(arguments.device)
    if arguments.epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=arguments.epochs)
    check(network, recipe, device if device.type != "mps" else torch.device("cpu"))  # MPS has no float64

    data = split(load_digits(arguments.dataset), held_out="test")
    with (
        open(arguments.out, "x", encoding="utf-8", newline="") if arguments.out else nullcontext() as file
    ):  # none is written over
        keep(file, [COLUMNS])
        for seeds in torch.arange(1, arguments.seeds + 1).split(arguments.together):
            started = time.monotonic()
            stacked = train(network, seeds.tolist(), data, recipe, device)
            counts = correct(
                network, *stacked, data.held_out_images, data.held_out_labels, device
            )  # waits for the device
            seconds = round(time.monotonic() - started, 2)
            card = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
            keep(
                file,
                [
                    (
                        seed,
                        arguments.network,
                        arguments.recipe,
                        recipe.precision,
                        recipe.epochs,
                        count,
                        len(data.held_out_labels),
                        len(seeds),
                        seconds,
                        card,
                        torch.__version__,
                    )
                    for seed, count in zip(seeds.tolist(), counts)
                ],
            )
            alive = [count for count in counts if count is not None]
            tqdm.write(
                f"{len(seeds)} seeds in {seconds} s, {seconds / len(seeds):.2f} s each; "
                f"of {len(data.held_out_labels)} test images, {sum(alive) / max(len(alive), 1):.1f} correct "
                "in the mean"
            )
            if len(alive) < len(seeds):
                tqdm.write(
                    f"{len(seeds) - len(alive)} of them diverged; learning_rate was {recipe.learning_rate}, "
                    "take a smaller one"
                )
    if arguments.out:
        manifest.write(
            arguments.out,
            command=shlex.join(["python", *sys.argv]),
            threads=[str(torch.get_num_threads())],
            data=mnist.LOADED,
        )


def keep(file, rows):
    """Write the rows at once: what comes after them may end early."""
    if file:
        csv.writer(file, lineterminator="\n").writerows(rows)
        file.flush()


if __name__ == "__main__":
    main()
