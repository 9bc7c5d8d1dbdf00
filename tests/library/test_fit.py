"""s6lib.fit against a plain PyTorch loop, and against kills, damage and bad arguments."""

import contextlib
import copy
import errno
import math
import multiprocessing
import os
import pickle
import random
import shutil
import signal
import sys
import threading
import time
import warnings
from dataclasses import replace

import kill_me
import no_card
import numpy as np
import pytest
import safetensors.torch
import torch
from torch.nn.functional import nll_loss

from s6lib import checkpoint, files
from s6lib import fit as loop
from s6lib.augmentation import augment
from s6lib.checkpoint import (
    CheckpointError,
    difference,
    load_weights,
    read_checkpoint,
    save_weights,
    weights_hash,
)
from s6lib.cnn import NETWORKS, DigitCNN, Ensemble, activations, named_layers
from s6lib.fit import History, Interrupted, choose_device, distillation, evaluate, fit, interrupted, split
from s6lib.mnist import Digits, load_digits, normalise
from s6lib.recipe import Recipe

#: How often the run is killed; S6LIB_KILLS=20 is the full test.
KILLS = int(os.environ.get("S6LIB_KILLS", 3))
#: All that the notebook does without.
RICH = Recipe(
    learning_rate=0.01,
    epochs=3,
    batch_size=16,
    schedule="one-cycle",
    nesterov=True,
    weight_decay=0.01,
    shift=1,
    rotation=5,
    zoom=0.1,
    elastic=0.5,
    half_size=0.4,
    label_smoothing=0.1,
    averaging=0.9,
)
SHORT = Recipe(epochs=3, batch_size=16, step_size=2)  # 100 images: 6 whole batches and a short one


@pytest.fixture(scope="module")
def digits():
    """The first of the bundled digits: 100 to train, 20 held out, 30 to test."""
    bundled = load_digits("bundled")
    return Digits(
        bundled.train_images[:120],
        bundled.train_labels[:120],
        bundled.test_images[:30],
        bundled.test_labels[:30],
        bundled.name,
        bundled.note,
    )


@pytest.fixture(scope="module")
def undisturbed(digits):
    model = DigitCNN()
    history = fit(model, digits, SHORT, device="cpu", progress=False)
    return model, history


def figures(history):
    return history.epochs.drop(columns="seconds")


def quick(digits, recipe=SHORT, checkpoint=None, model=None, **more):
    model = model or DigitCNN()
    return model, fit(model, digits, recipe, checkpoint, device="cpu", progress=False, **more)


class Stop(Exception):
    pass


def stopped(digits, checkpoint, saves, monkeypatch, recipe=SHORT, model=None, **more):
    """Run until the checkpoint has been saved so often, then stop as if the process had ended."""
    save, count = loop._Run.save, iter(range(1, 1000))

    def save_then_stop(run, path):
        save(run, path)
        if next(count) == saves:
            raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(loop._Run, "save", save_then_stop)
        with pytest.raises(Stop):
            quick(digits, recipe, checkpoint, model, checkpoint_seconds=0, **more)
    return checkpoint


# The mathematics.


@pytest.mark.parametrize(
    "recipe, scheduler, settings",
    [
        (
            Recipe(epochs=7, step_size=2, gamma=0.3),
            torch.optim.lr_scheduler.StepLR,
            {"step_size": 2 * 5, "gamma": 0.3},
        ),
        (
            Recipe(0.4, epochs=7, schedule="one-cycle"),
            torch.optim.lr_scheduler.OneCycleLR,
            {
                "max_lr": 0.4,
                "total_steps": 35,
                "div_factor": 10,
                "final_div_factor": 100,
                "cycle_momentum": False,
            },
        ),
    ],
)
def test_the_rate_of_each_step_is_pytorchs(recipe, scheduler, settings):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], recipe.learning_rate)
    scheduler = scheduler(optimizer, **settings)
    for step in range(35):
        assert math.isclose(recipe.rate(step, 5), scheduler.get_last_lr()[0], rel_tol=1e-9)
        optimizer.step()
        if step < 34:
            scheduler.step()


@pytest.mark.parametrize("epochs, steps", [(1, 1), (1, 2), (1, 3), (2, 2)])
def test_a_short_cycle_has_rates_too(epochs, steps):
    rates = [
        Recipe(0.4, epochs=epochs, schedule="one-cycle").rate(step, steps) for step in range(epochs * steps)
    ]
    assert all(0 < rate <= 0.4 for rate in rates)


def test_the_rich_recipe_is_a_plain_pytorch_loop(digits, monkeypatch):
    """Written out once more with PyTorch's own optimizer, smoothing and a mean by hand.

    In float64: batch norm over small images turns float32's rounding into differences that can be seen.
    """
    monkeypatch.setattr(loop, "normalise_checked", lambda images: normalise(images).double())
    data, model = split(digits), DigitCNN().double()
    pixels = normalise(data.train_images).double()
    kernels = [
        weights
        for name, weights in model.named_parameters()
        if name.endswith("weight") and "norm" not in name
    ]
    others = [
        weights for name, weights in model.named_parameters() if name.endswith("bias") or "norm" in name
    ]
    optimizer = torch.optim.SGD(
        [{"params": kernels, "weight_decay": 0.01}, {"params": others}], lr=0.001, momentum=0.9, nesterov=True
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.01, 21, div_factor=10, final_div_factor=100, cycle_momentum=False
    )
    shuffle, average, losses = torch.Generator().manual_seed(1), None, []
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for step in range(21):
            if step % 7 == 0:
                order = torch.randperm(100, generator=shuffle)
            batch = order[16 * (step % 7) :][:16]
            model.train()
            seen = (
                augment(pixels[batch], 1, 5, 0.1, 0.5)
                if step >= 9
                else augment(  # 0.4 of 21 steps
                    pixels[batch].reshape(-1, 1, 14, 2, 14, 2).mean((3, 5)), 0.5, 5, 0.1, 0.25
                )
            )
            outputs = model(seen)
            loss = torch.nn.functional.cross_entropy(outputs, data.train_labels[batch], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step < 20:
                scheduler.step()
            losses.append(loss.item() * len(batch))
            state = {name: value.clone() for name, value in model.state_dict().items()}
            average = (
                state
                if average is None
                else {
                    name: 0.9 * average[name] + 0.1 * value if value.is_floating_point() else value
                    for name, value in state.items()
                }
            )
    fitted, history = quick(digits, RICH, model=DigitCNN().double())
    np.testing.assert_allclose(
        history.epochs["train_loss"], np.reshape(losses, (3, 7)).sum(axis=1) / 100, rtol=1e-9
    )
    for name, value in fitted.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, average[name], rtol=1e-7, atol=1e-9)
    assert torch.equal(history.weights[-1]["linear.weight"], fitted.linear.weight)
    held_out = evaluate(fitted, data.held_out_images, data.held_out_labels)
    assert history.epochs["held_out_accuracy"].iloc[-1] == held_out.accuracy


@pytest.mark.parametrize("network", [{}, {"channels": (4, 4, 4), "pools": (1,), "shared": True, "crop": 2}])
@pytest.mark.parametrize("recipe", [RICH, replace(RICH, muon=0.3, keep=0.5, epochs=6)])
def test_the_rich_recipe_goes_on_where_it_was_stopped(digits, tmp_path, monkeypatch, network, recipe):
    whole = quick(digits, recipe, model=DigitCNN(**network))
    path = stopped(digits, tmp_path / "run.checkpoint", 11, monkeypatch, recipe, model=DigitCNN(**network))
    model, history = quick(digits, recipe, path, DigitCNN(**network))
    assert weights_hash(model) == weights_hash(whole[0])
    assert figures(history).equals(figures(whole[1]))


def test_a_part_of_the_images_is_drawn_by_the_losses_that_they_had(digits, monkeypatch):
    """Written out once more, with draws one by one in place of PyTorch's many at once."""
    chances, orders = [], []
    draw = torch.multinomial

    def seen(weights, count, **more):
        chances.append(weights.clone())
        orders.append(draw(weights, count, **more))
        return orders[-1]

    monkeypatch.setattr(torch, "multinomial", seen)
    recipe = Recipe(0.05, momentum=0, epochs=4, batch_size=20, keep=0.5)
    _, history = quick(digits, recipe, model=DigitCNN(dropout=0))
    monkeypatch.undo()

    data, model = split(digits), DigitCNN(dropout=0)
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    images, losses = normalise(data.train_images), torch.full((100,), math.log(10))
    shuffle, shown = torch.Generator().manual_seed(1), []
    for epoch in range(4):
        torch.testing.assert_close(chances[epoch], (losses + 0.001) ** 0.5, rtol=1e-4, atol=1e-6)
        drawn = torch.multinomial(chances[epoch], 50, generator=shuffle)
        assert torch.equal(drawn, orders[epoch]) and len(drawn.unique()) == 50
        order = drawn[torch.randperm(50, generator=shuffle)]
        total = 0.0
        for batch in order.split(20):  # the last one has ten
            optimizer.zero_grad()
            each = -model.train()(images[batch])[torch.arange(len(batch)), data.train_labels[batch]]
            each.mean().backward()
            optimizer.step()
            losses[batch], total = each.detach(), total + each.sum().item()
        shown.append(total / 50)
    np.testing.assert_allclose(history.epochs["train_loss"], shown, rtol=1e-4)
    assert len(chances) == 5  # and one for the epoch that would be next


def test_hard_images_come_up_more_often(digits):
    """Of two kinds of image, by the losses a run has kept, the harder one is in most epochs."""
    run = loop._Run(DigitCNN(), split(digits), Recipe(keep=0.3), torch.device("cpu"), None)
    run.losses[:] = 0.0
    run.losses[::4] = 4.0
    orders = [run._drawn() for _ in range(200)]
    hard = np.mean([(order % 4 == 0).double().mean().item() for order in orders])
    assert all(len(order.unique()) == 30 for order in orders) and hard > 0.75
    assert set(torch.cat(orders).tolist()) == set(range(100))  # and no other is forgotten


def test_more_epochs_go_on_with_the_losses_that_there_were(digits, tmp_path):
    recipe = replace(SHORT, keep=0.5, muon=0.3)
    whole, expected = quick(digits, recipe)
    quick(digits, replace(recipe, epochs=1), tmp_path / "run.checkpoint")
    model, history = quick(digits, recipe, tmp_path / "run.checkpoint")
    assert weights_hash(model) == weights_hash(whole) and figures(history).equals(figures(expected))


@pytest.mark.parametrize("keep", [0.004, 0, -0.5, 1.01, math.nan])
def test_no_other_part_of_the_images_can_be_kept(keep):
    with pytest.raises(ValueError, match="^keep: got "):
        Recipe(keep=keep)


def test_parts_are_drawn_whatever_numbers_pytorch_makes_by_default(digits):
    torch.set_default_dtype(torch.float64)
    try:
        model, _ = quick(digits, replace(SHORT, keep=0.5))
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(each.dtype == torch.float64 and each.isfinite().all() for each in model.parameters())


def test_parts_are_drawn_by_losses_that_only_float64_can_hold(digits):
    linear = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10)).double()
    _, history = quick(digits, Recipe(epochs=2, learning_rate=1e60, keep=0.5), model=linear)
    assert (history.epochs["train_loss"] > torch.finfo(torch.float32).max).any()


def test_a_run_with_other_frozen_parameters_does_not_go_on(digits, tmp_path, monkeypatch):
    def frozen():
        model = DigitCNN()
        for name, weights in model.named_parameters():
            weights.requires_grad_(name.startswith("linear"))
        return model

    whole, _ = quick(digits, model=frozen())
    path = stopped(digits, tmp_path / "run.checkpoint", 4, monkeypatch, model=frozen())
    with pytest.raises(CheckpointError, match="other frozen parameters: "):
        quick(digits, checkpoint=path)
    about, tensors = read_checkpoint(path)
    model, _ = quick(digits, checkpoint=path, model=frozen())
    assert weights_hash(model) == weights_hash(whole)
    del about["fingerprint"]["frozen parameters"]  # as a checkpoint of before has none
    checkpoint.write_checkpoint(path, about, tensors)
    model, _ = quick(digits, checkpoint=path, model=frozen())
    assert weights_hash(model) == weights_hash(whole)


def test_whatever_block_the_caller_has_open(digits, undisturbed):
    for block in (torch.autocast("cpu", torch.bfloat16), torch.no_grad()):
        with block:
            model, _ = quick(digits)
        assert weights_hash(model) == weights_hash(undisturbed[0])


def test_fit_is_the_plain_pytorch_loop(digits, undisturbed):
    """Written out once more with a DataLoader: dropout, momentum, the step of the rate, the short batch."""
    data = split(digits)
    model = DigitCNN()
    pixels = (data.train_images.float()[:, None] / 255 - 0.1307) / 0.3081
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    shuffle = torch.Generator().manual_seed(1)
    losses, rates = [], []
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for _ in range(3):
            order = torch.randperm(100, generator=shuffle).tolist()
            loader = torch.utils.data.DataLoader(
                torch.utils.data.TensorDataset(pixels, data.train_labels),
                batch_size=16,
                sampler=order,
                generator=torch.Generator(),
            )
            total = 0.0
            model.train()
            for x, y in loader:
                optimizer.zero_grad()
                loss = nll_loss(model(x), y)
                loss.backward()
                optimizer.step()
                total += loss.item() * len(y)
            losses.append(total / 100)
            rates.append(scheduler.get_last_lr()[0])
            scheduler.step()
    fitted, history = undisturbed
    np.testing.assert_allclose(history.epochs["train_loss"], losses, rtol=1e-5)
    np.testing.assert_allclose(history.epochs["learning_rate"], rates)
    assert len(set(rates)) == 2
    for name, value in model.state_dict().items():
        torch.testing.assert_close(fitted.state_dict()[name], value, rtol=1e-4, atol=1e-6)


def test_evaluate_against_numpy(digits, undisturbed):
    model, _ = undisturbed
    metrics = evaluate(model.train(), digits.test_images, digits.test_labels)
    assert model.training
    pixels = (digits.test_images.numpy().astype(np.float32)[:, None] / 255 - 0.1307) / 0.3081
    with torch.no_grad():
        expected = model.eval()(torch.tensor(pixels, dtype=torch.float32)).double().numpy()
    labels = digits.test_labels.numpy()
    assert metrics.loss == pytest.approx(-expected[np.arange(30), labels].mean(), rel=1e-5)
    assert metrics.correct == (expected.argmax(axis=1) == labels).sum() and metrics.total == 30
    assert metrics.accuracy == metrics.correct / 30
    assert metrics.predictions.tolist() == expected.argmax(axis=1).tolist()


def test_the_history_is_of_the_held_out_images(digits, undisturbed):
    model, history = undisturbed
    data = split(digits)
    assert isinstance(history, History) and list(history.epochs["epoch"]) == [1, 2, 3]
    for epoch, row in zip((1, 2, 3), history.epochs.itertuples()):
        replay = DigitCNN()
        replay.load_state_dict(history.weights[epoch])
        metrics = evaluate(replay, data.held_out_images, data.held_out_labels)
        assert (row.held_out_loss, row.held_out_accuracy) == (metrics.loss, metrics.accuracy)
    assert weights_hash(replay) == weights_hash(model)
    assert history.best == max(
        (1, 2, 3),
        key=lambda e: (history.epochs["held_out_accuracy"][e - 1], -history.epochs["held_out_loss"][e - 1]),
    )
    assert history.label == "3 epochs on bundled digits"
    assert (history.epochs["seconds"] > 0).all()


def test_the_same_seed_gives_the_same_bits_and_touches_nobody_elses(digits, undisturbed):
    torch.manual_seed(123)
    before = torch.get_rng_state()
    model, history = quick(digits)
    assert torch.equal(torch.get_rng_state(), before)
    assert weights_hash(model) == weights_hash(undisturbed[0])
    assert figures(history).equals(figures(undisturbed[1]))
    other, _ = quick(digits, replace(SHORT, seed=2))
    assert weights_hash(other) != weights_hash(model)


def test_one_bar_for_the_run(digits, monkeypatch):
    bars = []

    class Bar(loop.tqdm):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            bars.append(self)

    monkeypatch.setattr(loop, "tqdm", Bar)
    fit(DigitCNN(), digits, SHORT, device="cpu")
    (bar,) = bars
    assert bar.total == bar.n == 3 * math.ceil(100 / 16)


def test_no_epochs_leave_an_untrained_model_labelled_so(digits):
    start = weights_hash(DigitCNN())
    model, history = quick(digits, Recipe(epochs=0))
    trained = quick(digits, SHORT)[1]
    assert history.epochs.dtypes.equals(trained.epochs.dtypes)
    assert weights_hash(model) == start
    assert history.epochs.empty and list(history.epochs) == list(loop._Run.COLUMNS)
    assert history.label == "untrained" and history.best == 0 and len(history.weights) == 1


def test_a_batch_larger_than_the_data_is_one_short_batch(digits):
    _, history = quick(digits, Recipe(epochs=1, batch_size=100_000))
    _, whole = quick(digits, Recipe(epochs=1, batch_size=100))
    assert figures(history).equals(figures(whole))


# What is learnt from, and what is held out.


@pytest.fixture(scope="module")
def numbered():
    """60,000 images that each carry their number in three pixels; a fourth says that they are of the test."""
    images = torch.zeros(60_000, 28, 28, dtype=torch.uint8)
    for place in range(3):
        images[:, 14, 14 + place] = (torch.arange(60_000) // 256**place % 256).to(torch.uint8)
    test = images[:10_000].clone()
    test[:, 15, 14] = 1
    return Digits(images, torch.arange(60_000) % 10, test, torch.arange(10_000) % 10, "numbers", "")


def number(images):
    """The numbers that such images carry; below zero those of the test."""
    numbers = sum(images[:, 14, 14 + place].long() * 256**place for place in range(3))
    return torch.where(images[:, 15, 14] == 1, -numbers - 1, numbers).tolist()


def test_ten_thousand_of_mnists_images_are_kept_back(numbered):
    data = split(numbered)
    trained, held_out = number(data.train_images), number(data.held_out_images)
    assert len(data.held_out_labels) == 10_000 and len(data.train_labels) == 50_000
    assert sorted(trained + held_out) == list(range(60_000))
    assert data.train_labels.tolist() == [each % 10 for each in trained]
    assert data.held_out_labels.tolist() == [each % 10 for each in held_out]
    assert number(split(numbered).held_out_images) == held_out


def test_the_notebooks_way_holds_out_the_test_set(numbered):
    data = split(numbered, held_out="test")
    assert len(data.train_labels) == 60_000 and torch.equal(data.held_out_labels, numbered.test_labels)
    assert number(data.held_out_images) == [-each - 1 for each in range(10_000)]
    assert sorted(number(data.train_images)) == list(range(60_000))


def test_a_larger_train_size_contains_a_smaller(numbered):
    small, large = split(numbered, 100), split(numbered, 1000)
    assert number(large.train_images)[:100] == number(small.train_images)
    assert number(small.held_out_images) == number(large.held_out_images)
    assert not set(number(large.train_images)) & set(number(large.held_out_images))


@pytest.mark.parametrize("train_size", [0, -1, 50_001, 2.0, True, "100"])
def test_a_wrong_train_size_is_refused(numbered, train_size):
    with pytest.raises((ValueError, TypeError), match="train_size: got"):
        split(numbered, train_size)


# A teacher.


@pytest.fixture(scope="module")
def teacher(undisturbed):
    """A trained network, as it would be lent: in training mode, so that whoever asks must see to that."""
    return loaded(undisturbed[0]).train()


def loaded(model):
    again = DigitCNN(**model.settings)
    again.load_state_dict(model.state_dict())
    return again


#: Everything at once, and a teacher that has most of the say.
TAUGHT = replace(RICH, teacher_weight=0.9, temperature=2.0)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("log_probabilities", [True, False])
def test_distillation_and_its_gradient_by_numpy(temperature, log_probabilities):
    rng = np.random.default_rng(1)
    z, v = rng.normal(size=(2, 5, 10)) * 3
    if log_probabilities:  # of which the same is made
        z, v = (each - np.log(np.exp(each).sum(axis=1, keepdims=True)) for each in (z, v))
    p, q = (np.exp(each / temperature) for each in (v, z))
    p, q = (each / each.sum(axis=1, keepdims=True) for each in (p, q))
    scores = torch.tensor(z, requires_grad=True)
    apart = distillation(scores, torch.tensor(v), temperature)
    assert apart.item() == pytest.approx(temperature**2 * (p * np.log(p / q)).sum() / 5, rel=1e-12)
    apart.backward()
    np.testing.assert_allclose(scores.grad, temperature * (q - p) / 5, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("temperature", [0, -1, 101, math.nan])
def test_a_temperature_that_is_none_is_refused(temperature):
    scores = torch.zeros(2, 10)
    with pytest.raises(ValueError, match="^temperature: got .*; takes one number from 0.01 to 100$"):
        distillation(scores, scores, temperature)


def test_a_checkpoint_that_knows_more_says_what():
    assert difference({"seed": 1, "colour": "red"}, {"seed": 1}) == "colour 'red' in the file, None here"


def test_a_teacher_that_is_certain_gives_no_nan():
    taught = torch.full((2, 10), -math.inf).index_fill(1, torch.tensor([3]), 0.0)
    scores = torch.zeros(2, 10, requires_grad=True)
    apart = distillation(scores, taught, 1.0)
    apart.backward()
    assert apart.item() == pytest.approx(math.log(10)) and scores.grad.isfinite().all()


def test_where_both_rule_a_digit_out_nothing_is_apart():
    scores = torch.tensor([[0.3, 1.0, -math.inf], [2.0, -math.inf, -math.inf]], requires_grad=True)
    taught = torch.tensor([[1.1, 0.2, -math.inf], [0.5, -math.inf, -math.inf]])
    found = loop.distillation(scores, taught, 2.0)
    found.backward()
    two, other = (torch.softmax(each[0, :2].detach().double() / 2, 0) for each in (taught, scores))
    assert found.item() == pytest.approx(2 * (two * (two / other).log()).sum().item())
    expected = torch.zeros(2, 3)
    expected[0, :2] = (other - two).float()  # T (q - p), of two images
    torch.testing.assert_close(scores.grad, expected)
    assert loop.distillation(taught, torch.zeros(2, 3), 1.0) == math.inf  # what only the network rules out


def test_a_run_with_a_teacher_is_a_plain_pytorch_loop(digits, teacher, monkeypatch):
    """Written out once more: cross-entropies with the labels and with the teacher's probabilities."""
    monkeypatch.setattr(loop, "normalise_checked", lambda images: normalise(images).double())
    recipe = Recipe(epochs=2, batch_size=16, shift=1, teacher_weight=0.7, temperature=3.0)
    data, model, wise = split(digits), DigitCNN(dropout=0.0).double(), loaded(teacher).double().eval()
    pixels = normalise(data.train_images).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    shuffle, losses = torch.Generator().manual_seed(1), []
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model.train()
        for _ in range(2):
            for batch in torch.randperm(100, generator=shuffle).split(16):
                moved = augment(pixels[batch], 1, 0, 0, 0)
                scores, taught = model(moved), wise(moved).detach().div(3).softmax(1)
                entropy = -(taught * taught.log()).sum(1).mean()
                crossed = torch.nn.functional.cross_entropy(scores / 3, taught)
                loss = 0.3 * nll_loss(scores, data.train_labels[batch]) + 0.7 * 9 * (crossed - entropy)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item() * len(batch))
    given = loaded(teacher).double()
    fitted, history = quick(digits, recipe, model=DigitCNN(dropout=0.0).double(), teacher=given)
    np.testing.assert_allclose(
        history.epochs["train_loss"], np.reshape(losses, (2, 7)).sum(axis=1) / 100, rtol=1e-9
    )
    for name, value in model.state_dict().items():
        torch.testing.assert_close(fitted.state_dict()[name], value, rtol=1e-7, atol=1e-9)


def test_a_teacher_is_left_as_it_is(digits, teacher):
    lent = loaded(teacher).train()
    lent.norm1.eval()  # a part may have a mode of its own
    lent.linear.weight.grad = torch.ones_like(lent.linear.weight)
    before, modes = weights_hash(lent), [each.training for each in lent.modules()]
    model, _ = quick(digits, TAUGHT, teacher=lent)
    assert weights_hash(lent) == before and [each.training for each in lent.modules()] == modes
    assert torch.equal(lent.linear.weight.grad, torch.ones_like(lent.linear.weight))
    assert all(each.requires_grad for each in lent.parameters())
    other, _ = quick(digits, TAUGHT, teacher=loaded(teacher).eval())
    assert weights_hash(model) == weights_hash(other)  # whatever its mode was
    alone, _ = quick(digits, replace(TAUGHT, teacher_weight=0.0))
    assert weights_hash(model) != weights_hash(alone)


def test_a_network_becomes_more_like_its_teacher_than_by_labels_alone(digits, teacher):
    """A teacher whose answers have nothing to do with the labels: it calls each digit the next one."""

    class Off(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = loaded(teacher)

        def forward(self, images):
            return self.inner(images).roll(1, dims=1)

    off = Off()
    recipe = Recipe(0.05, epochs=12, batch_size=16, teacher_weight=0.99, temperature=1.0)
    model, _ = quick(digits, recipe, model=DigitCNN(seed=2), teacher=off)
    says = evaluate(off, digits.train_images, digits.train_labels).predictions
    follows = (evaluate(model, digits.train_images, says).predictions == says).float().mean()
    assert follows > 0.8
    assert evaluate(model, digits.train_images, digits.train_labels).accuracy < 0.2


def test_a_perfect_pupil_has_nothing_to_learn(digits, teacher):
    """Its probabilities are the teacher's: of the gradient only the share of the labels is left."""
    data = split(digits)
    recipe = Recipe(epochs=1, batch_size=100, teacher_weight=0.99)
    run = loop._Run(loaded(teacher).eval(), data, recipe, torch.device("cpu"), loaded(teacher))
    run._learn(torch.arange(100), False)
    pupil = loaded(teacher).eval()
    nll_loss(pupil(normalise(data.train_images)), data.train_labels).backward()
    for parameter, other in zip(run.model.parameters(), pupil.parameters()):
        torch.testing.assert_close(parameter.grad, 0.01 * other.grad, rtol=1e-3, atol=1e-6)


def test_a_teacher_may_have_another_precision_than_the_steps(digits, teacher):
    taught = replace(TAUGHT, precision="bfloat16")
    model, _ = quick(digits, taught, teacher=loaded(teacher).double())
    for weights in model.parameters():
        assert weights.isfinite().all() and weights.dtype == torch.float32


def test_what_cannot_be_a_teachers_is_refused(digits):
    with pytest.raises(ValueError, match="^recipe: got 'fats'; takes one of 'author',"):
        loop.trained_teacher("fats", digits)
    for name in ("checkpoint", "teacher"):
        with pytest.raises(TypeError, match=f"^{name}: got one for a teacher; takes none there"):
            loop.trained_teacher("fast", digits, **{name: None})


def test_a_teacher_of_the_same_weights_and_another_form_is_another(digits, tmp_path, monkeypatch):
    forms = [DigitCNN((4, 8), seed=3, pools=(1, 2), crop=crop) for crop in (0, 4)]
    forms[1].load_state_dict(forms[0].state_dict())
    path = stopped(digits, tmp_path / "run.checkpoint", 4, monkeypatch, TAUGHT, teacher=forms[0])
    with pytest.raises(CheckpointError, match="other architecture of the teacher: "):
        quick(digits, TAUGHT, path, teacher=forms[1])
    quick(digits, TAUGHT, path, teacher=forms[0])


@pytest.mark.parametrize("saves", [4, 8, 11])
def test_a_run_with_a_teacher_goes_on_where_it_was_stopped(digits, teacher, tmp_path, monkeypatch, saves):
    whole, expected = quick(digits, TAUGHT, teacher=teacher)
    path = stopped(digits, tmp_path / "run.checkpoint", saves, monkeypatch, TAUGHT, teacher=teacher)
    assert read_checkpoint(path)[0]["fingerprint"]["teacher"] == weights_hash(teacher)
    model, history = quick(digits, TAUGHT, path, teacher=loaded(teacher))
    assert weights_hash(model) == weights_hash(whole) and figures(history).equals(figures(expected))
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="other teacher: .* in the file, .* here"):
        quick(digits, TAUGHT, path, teacher=DigitCNN(seed=5))
    assert path.read_bytes() == before


def test_a_checkpoint_of_before_there_were_teachers_goes_on(digits, undisturbed, tmp_path, monkeypatch):
    path = stopped(digits, tmp_path / "run.checkpoint", 9, monkeypatch)
    about, tensors = read_checkpoint(path)
    del about["fingerprint"]["teacher"]
    for field in ("teacher_weight", "temperature"):
        del about["fingerprint"]["recipe"][field]
    checkpoint.write_checkpoint(path, about, tensors)
    model, _ = quick(digits, checkpoint=path)
    assert weights_hash(model) == weights_hash(undisturbed[0])
    checkpoint.write_checkpoint(path, about, tensors)
    taught = replace(SHORT, teacher_weight=0.5)
    with pytest.raises(CheckpointError, match="other recipe: teacher_weight 0.0 in the file, 0.5 here"):
        quick(digits, taught, path, teacher=model)


def test_any_network_teaches_by_scores_as_by_log_probabilities(digits, teacher):
    recipe = replace(SHORT, teacher_weight=0.5)
    scores, sure = student().double(), torch.nn.Sequential(student().double(), torch.nn.LogSoftmax(dim=1))
    one, other = (
        quick(digits, recipe, model=DigitCNN().double(), teacher=each)[0] for each in (scores, sure)
    )
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name])
    own, _ = quick(digits, recipe, model=student(), teacher=teacher)  # and any network learns
    assert weights_hash(own) != weights_hash(quick(digits, model=student())[0])


def test_a_teacher_that_writes_into_its_images_changes_nobody_elses(digits):
    class Spoils(torch.nn.Module):
        def __init__(self, spoil):
            super().__init__()
            self.spoil, self.inner = spoil, student()

        def forward(self, images):
            scores = self.inner(images)
            if self.spoil:
                images.zero_()
            return scores

    one, other = (
        quick(digits, replace(SHORT, teacher_weight=0.5), teacher=Spoils(spoil))[0] for spoil in (True, False)
    )
    assert weights_hash(one) == weights_hash(other)


def test_steps_with_a_teacher_are_played_again(digits, monkeypatch):
    ways = {"model": DigitCNN, "teacher": lambda: DigitCNN(seed=4)}
    model, history = quick(digits, TAUGHT, **{name: make().double() for name, make in ways.items()})
    no_card.use(monkeypatch)
    played, again = quick(digits, TAUGHT, **{name: make().double() for name, make in ways.items()})
    np.testing.assert_allclose(figures(again), figures(history), rtol=1e-6)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(played.state_dict()[name], value, rtol=1e-5, atol=1e-7)


def test_what_a_teacher_of_ones_own_does_is_done_at_every_step(digits, monkeypatch):
    own, calls = student(), []
    own.features["first"].register_forward_hook(lambda *_: calls.append(1))
    no_card.use(monkeypatch)
    quick(digits, replace(SHORT, teacher_weight=0.5), teacher=own)
    assert len(calls) == 1 + 3 * 7  # and once before


#: At full size, which every network takes.
TAUGHT_FULL = replace(TAUGHT, half_size=0.0)


@pytest.mark.parametrize(
    "recipe, teacher, kind, told",
    [
        (TAUGHT, lambda: None, ValueError, "got None with teacher_weight 0.9; takes a trained network"),
        (SHORT, DigitCNN, ValueError, "got a DigitCNN with teacher_weight 0; takes None there, or a recipe"),
        (TAUGHT, dict, TypeError, "got dict; takes a network"),
        (
            TAUGHT,
            lambda: DigitCNN(head="weighted"),
            ValueError,
            "half_size: got 0.4 for a network whose head is 'weighted'; takes 0 there",
        ),
        (TAUGHT, lambda: student(), ValueError, "half_size: got 0.4 for a Student; takes 0 there"),
        (TAUGHT_FULL, lambda: with_nan(), ValueError, r"got a Student that answers \[.*nan.*\] to image 0"),
        (TAUGHT_FULL, lambda: flat(9), ValueError, r"got a Sequential that answers \(\d+, 9\) to"),
        (TAUGHT_FULL, lambda: flat(10, torch.nn.Softmax(1)), ValueError, "answers with probabilities; takes"),
        (TAUGHT_FULL, lambda: DigitCNN().to("meta"), ValueError, "lies on meta; takes a network"),
        (
            TAUGHT_FULL,
            lambda: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(10)),
            ValueError,
            "its 1.weight, 1.bias have no shape yet",
        ),
    ],
)
def test_what_cannot_teach_is_refused_by_name(digits, tmp_path, recipe, teacher, kind, told):
    with pytest.raises(kind, match=f"^teacher: {told}"):
        quick(digits, recipe, tmp_path / "run.checkpoint", teacher=teacher())
    assert not list(tmp_path.iterdir())


class Loses(torch.nn.Module):
    """Answers with NaN where it is shown more than a few images."""

    def __init__(self):
        super().__init__()
        self.inner = DigitCNN(seed=7)

    def forward(self, images):
        scores = self.inner(images).clone()
        scores[loop.PROBE :] = math.nan
        return scores


@pytest.mark.parametrize("card", [False, True])
def test_a_teacher_that_answers_with_nan_later_is_named(digits, monkeypatch, card):
    if card:
        no_card.use(monkeypatch)
    told = "^epoch 1, step 1: teacher: its answer to an image of this step is NaN or infinite; takes "
    with pytest.raises(FloatingPointError, match=told):
        quick(digits, TAUGHT_FULL, teacher=Loses())


def test_each_network_of_an_ensemble_is_looked_at(digits):
    shares = torch.nn.Sequential(student(), torch.nn.Softmax(dim=1))
    with pytest.raises(ValueError, match="^teacher: answers with probabilities; takes scores"):
        quick(digits, TAUGHT_FULL, teacher=Ensemble(shares, student()))


class Locked(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.lock = student(), threading.Lock()

    def forward(self, images):
        return self.inner(images)


def test_what_cannot_be_copied_is_named(digits, monkeypatch):
    said = r"a Locked that copy.deepcopy cannot copy \(TypeError: .*lock.*\); takes "
    with pytest.raises(ValueError, match=f"^teacher: got {said}another network"):
        quick(digits, TAUGHT_FULL, teacher=Locked())
    with pytest.raises(ValueError, match=f"^averaging: got 0.9 for {said}0 there"):
        quick(digits, replace(SHORT, averaging=0.9), model=Locked())
    monkeypatch.setattr(loop, "_has_bfloat16", lambda device: False)  # where a copy is only to find the pace
    assert len(quick(digits, HALF, model=Locked())[1].epochs) == HALF.epochs


def test_a_network_does_not_teach_itself(digits):
    model = DigitCNN()
    for teacher in (model, torch.nn.Sequential(model)):
        with pytest.raises(ValueError, match="^teacher: got a network with parameters of the model; takes"):
            quick(digits, TAUGHT_FULL, model=model, teacher=teacher)
    shares = DigitCNN(seed=2)
    shares.load_state_dict(model.state_dict(), assign=True)
    other, its = student(), student()
    other.register_buffer("mean", torch.zeros(3))
    its.register_buffer("mean", other.mean[1:])
    for one, teacher in ((model, shares), (other, its)):
        with pytest.raises(ValueError, match="^teacher: got a network with parameters of the model; takes"):
            quick(digits, TAUGHT_FULL, model=one, teacher=teacher)


def test_a_recipe_names_its_teacher_which_is_trained_first(digits, monkeypatch):
    for name, recipe, taught_by in (("first", SHORT, None), ("middle", TAUGHT_FULL, "first")):
        monkeypatch.setitem(loop.RECIPES, name, recipe)
        monkeypatch.setitem(loop.NETWORK_OF, name, "author")
        if taught_by:
            monkeypatch.setitem(loop.TEACHER_OF, name, taught_by)
    how = {"device": "cpu", "progress": False, "held_out": "test", "train_size": 50}
    assert loop.trained_teacher(None, digits, 3, **how) == (None, 0.0)
    found, seconds = loop.trained_teacher("first", digits, 3, **how)
    first, one = quick(digits, replace(SHORT, seed=3), model=DigitCNN(seed=3), held_out="test", train_size=50)
    assert weights_hash(found) == weights_hash(first) and seconds > 0

    found, both = loop.trained_teacher("middle", digits, 3, **how)
    middle, two = quick(
        digits,
        replace(TAUGHT_FULL, seed=3),
        None,
        DigitCNN(seed=3),
        teacher=first,
        held_out="test",
        train_size=50,
    )
    assert weights_hash(found) == weights_hash(middle)
    assert both > 0.3 * (one.epochs["seconds"].sum() + two.epochs["seconds"].sum())  # of both


def test_several_networks_teach_by_the_mean_of_their_scores(digits, monkeypatch):
    """Their mean scores are a table here; and so many kernels as ever are played again on a card."""
    several = [DigitCNN(seed=seed).double().eval() for seed in (4, 5, 6)]
    together = Ensemble(*several)
    with torch.no_grad():
        given = normalise(digits.train_images[:9]).double()
        mean = np.mean([network(given).numpy() for network in several], axis=0)
        np.testing.assert_allclose(together(given), mean, rtol=1e-12)

    class Mean(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.each = torch.nn.ModuleList(several)

        def forward(self, images):
            return sum(network(images) for network in self.each) / 3

    ways = [
        quick(digits, TAUGHT_FULL, model=DigitCNN().double(), teacher=each)[1] for each in (together, Mean())
    ]
    np.testing.assert_allclose(figures(ways[0]), figures(ways[1]), rtol=1e-9)
    alone = quick(digits, TAUGHT_FULL, model=DigitCNN().double(), teacher=several[0])[1]
    assert not np.allclose(figures(alone), figures(ways[0]), rtol=1e-3)

    # A card's learning rate is of float32: in one epoch no maximum falls to another place for that.
    once, calls = replace(TAUGHT_FULL, epochs=1), []
    plain = quick(digits, once, model=DigitCNN().double(), teacher=together)[1]
    no_card.use(monkeypatch)
    several[0].register_forward_hook(lambda *_: calls.append(1))
    again = quick(digits, once, model=DigitCNN().double(), teacher=together)[1]
    np.testing.assert_allclose(figures(again), figures(plain), rtol=1e-6)
    assert len(calls) < 2 + 7  # Python saw two looks at it and only the first of seven steps


def test_many_teachers_have_seeds_of_their_own(digits, monkeypatch):
    monkeypatch.setitem(loop.RECIPES, "first", SHORT)
    monkeypatch.setitem(loop.NETWORK_OF, "first", "author")
    how = {"device": "cpu", "progress": False, "train_size": 50}
    found, seconds = loop.trained_teacher("first", digits, 3, 2, **how)
    alone = [loop.trained_teacher("first", digits, seed, **how) for seed in (5, 6)]
    assert [weights_hash(each) for each in found.networks] == [weights_hash(each) for each, _ in alone]
    assert seconds > 0.3 * sum(taken for _, taken in alone)
    assert loop.trained_teacher(None, digits, 3, 2, **how) == (None, 0.0)
    zeroth, _ = loop.trained_teacher("first", digits, 0, 2, **how)
    last, _ = loop.trained_teacher("first", digits, 2**32 - 1, **how)
    assert weights_hash(zeroth.networks[0]) == weights_hash(last)

    monkeypatch.setitem(loop.RECIPES, "pupil", TAUGHT_FULL)
    monkeypatch.setitem(loop.TEACHER_OF, "pupil", "first")
    one, _ = loop.teacher_of("pupil", digits, 5, **how)
    assert weights_hash(one) == weights_hash(alone[0][0])
    monkeypatch.setitem(loop.TEACHERS, "pupil", 2)
    two, _ = loop.teacher_of("pupil", digits, 3, **how)
    assert [weights_hash(each) for each in two.networks] == [weights_hash(each) for each in found.networks]
    assert loop.teacher_of("first", digits, 3, **how) == (None, 0.0)
    with pytest.raises(ValueError, match="^recipe: got 'pupils'; takes "):
        loop.teacher_of("pupils", digits)


def test_what_teachers_have_learned_is_kept_in_a_folder(ctrl_c, digits, tmp_path, monkeypatch):
    for name, recipe in (("first", SHORT), ("middle", TAUGHT_FULL)):
        monkeypatch.setitem(loop.RECIPES, name, recipe)
        monkeypatch.setitem(loop.NETWORK_OF, name, "author")
    monkeypatch.setitem(loop.TEACHER_OF, "middle", "first")
    how = {"device": "cpu", "progress": False, "train_size": 50}
    expected = [
        weights_hash(each) for each in loop.trained_teacher("middle", digits, 2, 2, **how)[0].networks
    ]

    evaluate, calls, epochs = loop._evaluate, [], SHORT.epochs + TAUGHT_FULL.epochs

    def interrupting(*given):
        calls.append(1)
        if len(calls) == epochs + 1:  # the second teacher, after the first and its own
            signal.raise_signal(signal.SIGINT)
        return evaluate(*given)

    monkeypatch.setattr(loop, "_evaluate", interrupting)
    left = tmp_path / "some" / "teachers"
    told = r"the teacher \(recipe 'first', seed 4\): stopped after 0 of 3 epochs and 4 of 4 steps; "
    with pytest.raises(loop.Interrupted, match=f"^{told}the same call goes on from .*first-4.checkpoint$"):
        loop.trained_teacher("middle", digits, 2, 2, checkpoints=left, **how)
    names = ["first-3.checkpoint", "first-4.checkpoint", "middle-3.checkpoint"]
    assert sorted(each.name for each in left.iterdir()) == names
    before = len(calls)
    again, seconds = loop.trained_teacher("middle", digits, 2, 2, checkpoints=left, **how)
    assert [weights_hash(each) for each in again.networks] == expected and seconds > 0
    assert len(calls) - before == epochs  # and no more than was missing

    calls.clear()
    with pytest.raises(loop.Interrupted, match=f"^{told}the same call with checkpoints='teachers', a folder"):
        loop.trained_teacher("middle", digits, 2, 2, **how)


def test_a_teacher_that_fails_says_who_it_was(digits, monkeypatch):
    monkeypatch.setitem(loop.RECIPES, "wild", replace(SHORT, learning_rate=1e8))
    monkeypatch.setitem(loop.NETWORK_OF, "wild", "no batch norm")
    with pytest.raises(
        FloatingPointError, match=r"^the teacher \(recipe 'wild', seed 3\): epoch 1, step \d: "
    ):
        loop.trained_teacher("wild", digits, 2, 2, device="cpu", progress=False)


@pytest.mark.parametrize(
    "wrong, kind, told",
    [
        ({"heldout": "test"}, TypeError, "heldout: got one for a teacher; takes none there"),
        ({"checkpoint": "run.checkpoint"}, TypeError, "checkpoint: got one for a teacher; .* takes a folder"),
        ({"checkpoints": 3}, TypeError, r"checkpoints: got 3 \(int\); takes a folder"),
        ({"seed": -7}, ValueError, "seed: got -7"),
    ],
)
def test_what_is_wrong_is_said_also_where_nobody_teaches(digits, wrong, kind, told):
    for name in ("author", "apt"):
        with pytest.raises(kind, match=f"^{told}"):
            loop.teacher_of(name, digits, **wrong)


@pytest.mark.parametrize(
    "many, kind, told",
    [
        (0, ValueError, "^many: got 0; takes "),
        (2.5, TypeError, "^many: got 2.5"),
        (True, TypeError, "^many: got True"),
    ],
)
def test_how_many_teach_is_a_whole_number(digits, many, kind, told):
    with pytest.raises(kind, match=told):
        loop.trained_teacher("swift", digits, 1, many)


def test_an_ensemble_is_of_networks():
    with pytest.raises(ValueError, match="^networks: got none; takes one or more"):
        Ensemble()
    for wrong, kind in ((3, "int"), ([DigitCNN()], "list")):
        with pytest.raises(TypeError, match=f"^networks: got {kind}; takes networks"):
            Ensemble(DigitCNN(), wrong)


def test_every_recipe_that_asks_for_a_teacher_has_one():
    assert set(loop.TEACHER_OF) == {name for name, recipe in loop.RECIPES.items() if recipe.teacher_weight}
    assert {*loop.TEACHER_OF, *loop.TEACHER_OF.values()} <= set(loop.RECIPES)
    assert set(loop.TEACHERS) <= set(loop.TEACHER_OF) and min(loop.TEACHERS.values()) > 1


# In 16 bits.

#: The farthest that a number is from the nearest of 8 bits, as a share of it.
ROUNDING = 2.0**-8
HALF = replace(SHORT, precision="bfloat16")


def share(found, expected):
    """The length of the error as a share of the length of what is expected, in roundings."""
    return ((found.double() - expected).norm() / expected.norm()).item() / ROUNDING


def one_step(digits, network):
    """The model after one step of `fit` in 16 bits, at a rate too small to move it; {layer: (input, output)},
    with their gradients; and the loss."""
    model, seen = DigitCNN(**NETWORKS[network] | {"dropout": 0.0}), {}
    run = loop._Run(model, split(digits), replace(HALF, learning_rate=1e-9), torch.device("cpu"))

    def keep(layer, inputs, output):
        for value in (inputs[0], output):
            if value.requires_grad:
                value.retain_grad()
        seen[layer] = inputs[0], output

    for layer in model.children():
        layer.register_forward_hook(keep)
    model.train()
    loss, _ = run.learn(torch.arange(100), False)
    return model, seen, loss, run.labels[:100]


def in_float64(name, layer, before, seen):
    """The same layer in float64, from what this one was given, forward and backward."""
    own = copy.deepcopy(layer).double().train()
    own._forward_hooks.clear()
    own.load_state_dict(
        {
            each.removeprefix(f"{name}."): value
            for each, value in before.items()
            if each.startswith(f"{name}.")
        }
    )
    own.zero_grad()
    given = seen[layer][0].detach().double().requires_grad_()
    answer = own(given)
    answer.backward(seen[layer][1].grad.double())
    return own, given, answer


def check_each_layer(digits, network):
    """AssertionError unless each layer, from what it was given, computes what float64 does up to the
    roundings that it may make: of its weights, of what it gets, unless that has 16 bits already, and of what
    it hands on. No sum is rounded before its end; batch norm and the loss have nothing of 16 bits inside."""
    before = DigitCNN(**NETWORKS[network] | {"dropout": 0.0}).state_dict()
    model, seen, loss, labels = one_step(digits, network)
    found = {}
    for name, layer in named_layers(model):
        if layer not in seen or not seen[layer][1].requires_grad:
            continue
        own, given, answer = in_float64(name, layer, before, seen)
        inputs, output = seen[layer]
        multiplies = isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)) and output.dtype == torch.bfloat16
        taken = int(multiplies and inputs.dtype != torch.bfloat16)
        handed = int(output.dtype == torch.bfloat16)
        errors = {"output": (share(output.detach(), answer.detach()), taken + multiplies + handed)}
        if inputs.requires_grad:
            errors["input"] = (
                share(inputs.grad, given.grad),
                multiplies + int(inputs.dtype == torch.bfloat16),
            )
        for part, value in layer.named_parameters():
            assert value.dtype == value.grad.dtype == torch.float32
            expected = own.get_parameter(part).grad
            errors[part] = share(value.grad, expected), multiplies * (1 + taken)
        for part, value in layer.named_buffers():
            if value.is_floating_point():
                assert value.dtype == torch.float32
                errors[part] = share(value, own.get_buffer(part)), 0
        for part, (error, roundings) in errors.items():
            found[name, part] = error
            assert error <= max(roundings, 1 / 16), f"{name}: {part} {error:.3f} of {roundings} roundings"
        last = output
    expected = torch.nn.functional.cross_entropy(last.detach().double(), labels)
    assert loss.dtype == torch.float32 and abs(loss - expected) < 1e-6, f"loss: {loss} for {expected}"
    return found


@pytest.mark.parametrize("network", ["author", "cropped", "wide"])
def test_each_layer_rounds_what_it_hands_on_and_nothing_else(digits, network):
    found = check_each_layer(digits, network)
    parameters = {name for name, _ in DigitCNN(**NETWORKS[network]).named_parameters()}
    assert parameters <= {".".join(place) for place in found}
    rounded = [error for (name, part), error in found.items() if name.startswith("conv") and part == "output"]
    assert min(rounded) > 0.2  # and it is no float32 in disguise


def coarse(norm, x):
    """Batch norm as its formula is written, in the precision of what it gets."""
    mean = x.mean((0, 2, 3), keepdim=True)
    spread = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
    weight, bias = (each.to(x.dtype)[:, None, None] for each in (norm.weight, norm.bias))
    return (x - mean) / (spread + norm.eps).sqrt() * weight + bias


@pytest.mark.parametrize("network", ["author", "cropped", "wide"])
def test_the_referee_sees_a_batch_norm_of_16_bits(digits, monkeypatch, network):
    ordinary = torch.nn.BatchNorm2d.forward
    monkeypatch.setattr(
        torch.nn.BatchNorm2d,
        "forward",
        lambda norm, x: (coarse if x.dtype == torch.bfloat16 else ordinary)(norm, x),
    )
    with pytest.raises(AssertionError, match="norm1: "):
        check_each_layer(digits, network)


def test_the_referee_sees_a_loss_of_16_bits(digits, monkeypatch):
    monkeypatch.setattr(loop, "log_softmax", lambda scores, dim: scores.bfloat16().log_softmax(dim))
    with pytest.raises(AssertionError, match="loss: "):
        check_each_layer(digits, "author")


def gradients(model, digits, recipe=SHORT):
    """The gradient of the mean loss at each parameter, from one step of the run."""
    run = loop._Run(model, split(digits), recipe, torch.device("cpu"))
    model.train()
    run.learn(torch.arange(100), False)
    return {name: value.grad.double() for name, value in model.named_parameters()}


def cosine(one, other):
    return float((one * other).sum() / one.norm() / other.norm())


@pytest.mark.parametrize("network", ["author", "cropped", "wide"])
def test_in_16_bits_every_gradient_points_where_it_should(digits, network):
    """What one layer rounds goes through all the others, so a bound that holds for each is none for all: of
    the first gradients 10 to 40 % is wrong, of the last ones 1 %. Their directions are right, and those are
    what a step follows."""
    settings, slow = NETWORKS[network] | {"dropout": 0.0}, replace(SHORT, learning_rate=1e-9)
    exact = gradients(DigitCNN(**settings).double(), digits, slow)
    single = gradients(DigitCNN(**settings), digits, slow)
    rounded = gradients(DigitCNN(**settings), digits, replace(slow, precision="bfloat16"))
    last = max(int(name[4]) for name in exact if name.startswith("norm"))
    for name, expected in exact.items():
        assert cosine(rounded[name], expected) > 0.9, name
        assert cosine(rounded[name], single[name]) > 0.9, name
        assert share(single[name], expected) < 1, name
        if name.startswith((f"norm{last}", "average", "linear")):  # behind it nothing but a few layers
            assert share(rounded[name], expected) < 8, name


def test_what_is_claimed_of_a_network_trained_in_16_bits_is_of_its_float32_weights(digits):
    model, history = quick(digits, HALF)
    assert np.isfinite(figures(history).to_numpy(float)).all()
    assert {value.dtype for value in model.parameters()} == {torch.float32}
    data = split(digits)
    found = evaluate(model, data.held_out_images, data.held_out_labels)
    last = history.epochs.iloc[-1]
    assert (last["held_out_loss"], last["held_out_accuracy"]) == (found.loss, found.accuracy)
    with torch.no_grad():
        scores = model(normalise(data.held_out_images))
    assert scores.dtype == torch.float32
    assert found.loss == pytest.approx(nll_loss(scores.double(), data.held_out_labels).item(), rel=1e-6)
    moved = model.linear.weight - DigitCNN().linear.weight
    assert (model.linear.weight != model.linear.weight.bfloat16()).all() and moved.abs().max() > 0


@pytest.mark.parametrize("recipe", [HALF, replace(RICH, precision="bfloat16")])
def test_in_16_bits_a_run_goes_on_where_it_was_stopped(digits, tmp_path, monkeypatch, recipe):
    whole, expected = quick(digits, recipe)
    path = stopped(digits, tmp_path / "run.checkpoint", 11, monkeypatch, recipe)
    model, history = quick(digits, recipe, path)
    assert weights_hash(model) == weights_hash(whole) and figures(history).equals(figures(expected))
    single, _ = quick(digits, replace(recipe, precision="float32"))
    assert weights_hash(single) != weights_hash(model)


def test_autocast_is_as_it_was_and_within_another_every_step_has_its_own_weights(digits, undisturbed):
    """Rounded weights that PyTorch kept for as long as the caller's autocast lasts would be old."""
    whole, _ = quick(digits, HALF)
    assert not torch.is_autocast_enabled("cpu")
    with torch.autocast("cpu", torch.float16):
        model, _ = quick(digits, HALF)
        assert torch.get_autocast_dtype("cpu") == torch.float16 and torch.is_autocast_enabled("cpu")
        assert torch.is_autocast_cache_enabled()
        single, history = quick(digits)
    assert weights_hash(single) == weights_hash(undisturbed[0])
    assert figures(history).equals(figures(undisturbed[1]))
    assert weights_hash(model) == weights_hash(whole)
    with pytest.raises(FloatingPointError, match="learning_rate was"):
        quick(digits, replace(HALF, learning_rate=1e30))
    assert not torch.is_autocast_enabled("cpu") and torch.is_autocast_cache_enabled()


def test_16_bits_played_again_as_on_a_card_are_the_same_steps(digits, monkeypatch):
    recipe = replace(HALF, learning_rate=1e-4, epochs=2)  # too short for roundings to grow
    model, history = quick(digits, recipe)
    no_card.use(monkeypatch)
    played, again = quick(digits, recipe)
    np.testing.assert_allclose(figures(again), figures(history), rtol=1e-3)
    assert max(share(b, a) for a, b in zip(model.parameters(), played.parameters())) < 0.1


def test_a_slow_processor_is_warned_of_once_and_nothing_else_changes(digits, monkeypatch):
    whole, _ = quick(digits, HALF)
    random_state = torch.get_rng_state()
    monkeypatch.setattr(loop, "_has_bfloat16", lambda device: False)
    times = [0.4, 2.54]
    real = loop._slower

    def slower(*arguments):
        ratio = real(*arguments)
        assert 0.01 < ratio < 100  # measured
        return times.pop()

    monkeypatch.setattr(loop, "_slower", slower)
    told = r"^precision: got 'bfloat16', .* a step takes 2\.5 times as long as in 'float32'$"
    with pytest.warns(UserWarning, match=told) as said:
        model, _ = quick(digits, HALF)
    assert [each.filename for each in said] == [__file__]  # where the reader can mend it
    assert weights_hash(model) == weights_hash(whole) and torch.equal(torch.get_rng_state(), random_state)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick(digits, HALF)  # that turns out to be faster all the same
        quick(digits)
        quick(digits, replace(HALF, epochs=0))
    assert not times


def test_who_has_instructions_for_16_bits(monkeypatch):
    for known, has in (
        ({}, False),
        ({"avx512_f": True, "avx512_bf16": False}, False),
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"bf16": True}, True),  # of ARM
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
        assert loop._has_bfloat16(torch.device("cpu")) is has


class Inverted(torch.nn.Sequential):
    """A sequence of layers with a forward of its own, which does more."""

    def forward(self, images):
        return super().forward(1 - 2 * images.clamp(0, 1))


def test_no_forward_of_a_networks_own_is_passed_by(digits):
    layers = torch.nn.Flatten(), torch.nn.Linear(784, 10)
    with pytest.raises(
        ValueError,
        match="^precision: got 'bfloat16' for a Inverted whose log-softmax .* a forward of its own .* hooks$",
    ):
        quick(digits, HALF, model=Inverted(*layers, torch.nn.LogSoftmax(dim=1)))
    model = Inverted(*layers)
    assert loop.before_softmax(model) is model
    long = replace(HALF, epochs=6, learning_rate=0.05)
    _, history = quick(digits, long, model=model)
    assert history.epochs["held_out_accuracy"].iloc[-1] > 0.5
    with pytest.raises(
        TypeError, match="^model: got Inverted; takes an nn.Sequential, .* forward of its own"
    ):
        activations(model, torch.zeros(1, 1, 28, 28))


class Cooled(torch.nn.LogSoftmax):
    def forward(self, scores):
        return super().forward(scores / 4)


def test_a_log_softmax_of_ones_own_is_not_passed_by(digits):
    def ending(last):
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10), last)

    hooked, own = torch.nn.LogSoftmax(dim=1), torch.nn.LogSoftmax(dim=1)
    hooked.register_forward_hook(lambda layer, given, scores: scores)
    own.forward = lambda scores: torch.log_softmax(scores / 4, 1)
    for last in (Cooled(dim=1), torch.nn.LogSoftmax(dim=0), hooked, own):
        model = ending(last)
        assert loop.before_softmax(model) is model
    for dim in (1, -1):
        model = ending(torch.nn.LogSoftmax(dim=dim))
        assert [*loop.before_softmax(model)] == [*model[:-1]]
    with pytest.raises(ValueError, match=r"^precision: .* whose log-softmax would be computed in it; takes"):
        quick(digits, HALF, model=ending(Cooled(dim=1)))


def test_a_network_that_cannot_compute_in_short_numbers_is_told(digits):
    class Mixed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(784, 10)

        def forward(self, images):
            scores = self.linear(images.flatten(1))
            return torch.zeros(len(images), 10).index_add_(0, torch.arange(len(images)), scores)

    quick(digits, model=Mixed())
    with pytest.raises(
        ValueError, match=r"^precision: got 'bfloat16' for a Mixed that cannot .*; takes 'float32'"
    ):
        quick(digits, HALF, model=Mixed())


def test_where_short_numbers_are_slow_what_is_wrong_with_a_network_is_still_said(digits, monkeypatch):
    monkeypatch.setattr(loop, "_has_bfloat16", lambda device: False)

    class Cut(torch.nn.Sequential):
        def forward(self, images):
            return super().forward(images).detach()

    with pytest.raises(ValueError, match="^model: got a Cut whose answer has no gradient"):
        quick(digits, HALF, model=Cut(torch.nn.Flatten(), torch.nn.Linear(784, 10)))


def test_what_cannot_be_trained_in_16_bits_is_refused_by_name(digits, monkeypatch):
    with pytest.raises(
        ValueError, match="^precision: got 'bfloat16' for a network whose weights are torch.float64; takes"
    ):
        quick(digits, HALF, model=DigitCNN().double())

    class Ends(Student):
        def forward(self, images):
            return torch.log_softmax(super().forward(images), dim=1)

    with pytest.raises(ValueError, match="^precision: got 'bfloat16' for a Ends whose log-softmax would"):
        quick(digits, HALF, model=Ends())
    for model in (student(), flat(10), flat(10, torch.nn.LogSoftmax(1))):
        _, history = quick(digits, HALF, model=model)
        assert np.isfinite(history.epochs["train_loss"]).all()
    monkeypatch.setattr(loop, "choose_device", lambda name: torch.device("mps"))
    with pytest.raises(ValueError, match="^precision: got 'bfloat16' on 'mps', .*; takes 'float32' there"):
        quick(digits, HALF)


def test_a_checkpoint_of_before_precision_goes_on_in_float32_only(digits, undisturbed, tmp_path, monkeypatch):
    path = stopped(digits, tmp_path / "run.checkpoint", 9, monkeypatch)
    about, tensors = read_checkpoint(path)
    for name in ("precision", "compile"):
        del about["fingerprint"]["recipe"][name]
    checkpoint.write_checkpoint(path, about, tensors)
    with pytest.raises(CheckpointError, match="recipe: precision 'float32' in the file, 'bfloat16' here"):
        quick(digits, HALF, path)
    model, history = quick(digits, checkpoint=path)
    assert weights_hash(model) == weights_hash(undisturbed[0])
    assert figures(history).equals(figures(undisturbed[1]))


# Compiled.


def test_without_a_compiler_it_is_refused_by_name(digits, monkeypatch):
    monkeypatch.setenv("CXX", "/nowhere/c++")
    with pytest.raises(ValueError, match="^compile: got True, and there is no C.. compiler '/nowhere/c..'"):
        quick(digits, replace(SHORT, compile=True))


def test_what_fails_when_it_is_compiled_is_told_of(digits, monkeypatch):
    def fails(inputs):
        raise RuntimeError("no such header\nand more")

    monkeypatch.setattr(torch, "compile", lambda answer, dynamic: fails)
    monkeypatch.setenv("CXX", sys.executable)
    with pytest.raises(
        ValueError, match="^compile: got True, which fails here .RuntimeError: no such header.;"
    ):
        quick(digits, replace(SHORT, compile=True))


def test_too_small_a_batch_is_no_fault_of_compiling(digits, monkeypatch):
    def compiled(answer, dynamic):
        def fails(inputs):
            try:
                return answer(inputs)
            except ValueError as error:
                raise RuntimeError(f"Dynamo failed\n{error}") from error

        return fails

    monkeypatch.setattr(torch, "compile", compiled)
    monkeypatch.setenv("CXX", sys.executable)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.BatchNorm1d(784), torch.nn.Linear(784, 10))
    with pytest.raises(
        ValueError, match="^batch_size, train_size: got 16 and 17 images; they leave a batch of one"
    ):
        quick(digits, replace(SHORT, compile=True), model=model, train_size=17)


@pytest.mark.skipif(not shutil.which("g++"), reason="no compiler of C++")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind, rtol", [("float64", 1e-9), ("float32", 1e-3), ("bfloat16", 0.3)])
def test_compiled_it_is_the_same_run_up_to_roundings_and_goes_on(digits, tmp_path, monkeypatch, kind, rtol):
    def make():
        model = DigitCNN((2, 4), dropout=0.0, pools=(1, 2))
        return model.double() if kind == "float64" else model

    recipe = replace(SHORT, epochs=2, compile=True)
    recipe = replace(recipe, precision="float32" if kind == "float64" else kind)
    model, history = quick(digits, recipe, model=make())
    plain, expected = quick(digits, replace(recipe, compile=False), model=make())
    np.testing.assert_allclose(history.epochs["train_loss"], expected.epochs["train_loss"], rtol=rtol)
    for name, value in model.named_parameters():
        assert (value - plain.get_parameter(name)).norm() < rtol * value.norm(), name
    path = stopped(digits, tmp_path / "run.checkpoint", 7, monkeypatch, recipe, make())  # a short batch next
    again, continued = quick(digits, recipe, path, make())
    assert weights_hash(again) == weights_hash(model) and figures(continued).equals(figures(history))
    with pytest.raises(CheckpointError, match="recipe: compile True in the file, False here"):
        quick(digits, replace(recipe, compile=False), path, make())


# Stopped and continued.


@pytest.mark.parametrize("saves", [1, 2, 4, 7, 8, 9, 15, 21])
def test_a_stopped_run_continues_to_the_same_bits(digits, undisturbed, tmp_path, monkeypatch, saves):
    path = stopped(digits, tmp_path / "run.checkpoint", saves, monkeypatch)
    torch.manual_seed(99)  # whatever the next process did before
    torch.rand(7)
    model, history = quick(digits, checkpoint=path)
    assert weights_hash(model) == weights_hash(undisturbed[0])
    assert figures(history).equals(figures(undisturbed[1]))
    for ours, theirs in zip(history.weights, undisturbed[1].weights, strict=True):
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_layers_that_share_weights_are_not_those_that_do_not(digits, tmp_path):
    kind = {"channels": (4, 4, 4, 4), "pools": (1, 2)}
    path, apart = tmp_path / "run.checkpoint", DigitCNN(**kind)
    quick(digits, SHORT, path, DigitCNN(**kind, shared=True))
    before = path.read_bytes()
    apart.load_state_dict(DigitCNN(**kind, shared=True).state_dict())
    with pytest.raises(CheckpointError, match="of a run with other shared parameters: "):
        quick(digits, replace(SHORT, epochs=3), path, apart)
    assert path.read_bytes() == before


def test_a_finished_run_is_not_run_again(digits, undisturbed, tmp_path, monkeypatch):
    path = tmp_path / "run.checkpoint"
    quick(digits, checkpoint=path)
    monkeypatch.setattr(loop._Run, "advance", lambda run: pytest.fail("a step was taken"))
    model, history = quick(digits, checkpoint=path)
    assert weights_hash(model) == weights_hash(undisturbed[0]) and figures(history).equals(
        figures(undisturbed[1])
    )


# More epochs than at first.


@pytest.mark.parametrize("recipe", [SHORT, replace(SHORT, averaging=0.9, shift=1)])
@pytest.mark.parametrize("begun", [(2, None), (1, 5)])  # ended, and stopped in its only epoch
def test_a_run_may_be_asked_for_more_epochs_and_ends_as_if_it_always_had(
    digits, tmp_path, monkeypatch, recipe, begun
):
    whole, expected = quick(digits, recipe)
    path, (epochs, saves) = tmp_path / "run.checkpoint", begun
    fewer = replace(recipe, epochs=epochs)
    quick(digits, fewer, path) if saves is None else stopped(digits, path, saves, monkeypatch, fewer)
    assert read_checkpoint(path)[0]["step"] == (0 if saves is None else saves - 1)
    model, history = quick(digits, recipe, path)
    assert weights_hash(model) == weights_hash(whole) and figures(history).equals(figures(expected))
    assert len(history.weights) == 4
    again, _ = quick(digits, recipe, path)  # and the file is that of the longer run
    assert weights_hash(again) == weights_hash(whole)


@pytest.mark.parametrize("averaging", [0.0, 0.9])
def test_the_model_may_be_as_the_run_left_it(digits, undisturbed, tmp_path, averaging):
    recipe, path = replace(SHORT, averaging=averaging), tmp_path / "run.checkpoint"
    model, _ = quick(digits, replace(recipe, epochs=1), path)
    model, history = quick(digits, recipe, path, model)
    whole, expected = quick(digits, recipe)
    assert weights_hash(model) == weights_hash(whole) and figures(history).equals(figures(expected))
    with torch.no_grad():
        model.linear.bias[0] += 1
    with pytest.raises(CheckpointError, match="other initial weights"):
        quick(digits, recipe, path, model)


@pytest.mark.parametrize(
    "recipe, told",
    [
        (replace(SHORT, schedule="one-cycle"), "schedule 'one-cycle'"),
        (replace(SHORT, half_size=0.5), "half_size 0.5"),
        (RICH, "schedule 'one-cycle' and half_size 0.4"),
    ],
)
def test_where_steps_depend_on_the_number_of_epochs_both_numbers_are_named(digits, tmp_path, recipe, told):
    """The referee is the recipe's own plan: another number of epochs, another first epoch."""
    path = tmp_path / "run.checkpoint"
    fewer = replace(recipe, epochs=1)
    assert [(fewer.rate(k, 7), fewer.half(k, 7)) for k in range(7)] != [
        (recipe.rate(k, 7), recipe.half(k, 7)) for k in range(7)
    ]
    quick(digits, fewer, path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError) as error:
        quick(digits, recipe, path)
    assert str(error.value) == (
        f"{path}: this checkpoint is of a run with epochs=1, and here it is epochs=3; with {told} all "
        "steps depend on that number. Take epochs=1 to end that run, or another file name to begin one "
        "with epochs=3"
    )
    assert path.read_bytes() == before


def test_a_run_does_not_go_back(digits, tmp_path, monkeypatch):
    path = stopped(digits, tmp_path / "run.checkpoint", 9, monkeypatch)  # the first step of the second epoch
    with pytest.raises(CheckpointError, match=r"has come to epoch 2, and here epochs is 1\. Take 2 or more"):
        quick(digits, replace(SHORT, epochs=1), path)
    with pytest.raises(CheckpointError, match="other recipe: momentum 0.9 in the file, 0.5 here. Take"):
        quick(digits, replace(SHORT, epochs=1, momentum=0.5), path)


# Ctrl-C.


def strike(monkeypatch, step, where="_learn", times=1):
    """Let Ctrl-C be pressed in the middle of this call of a method of the run, counted from 1."""
    real, calls = getattr(loop._Run, where), []

    def struck(run, *arguments):
        calls.append(1)
        if len(calls) == step:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0)  # where Python hears it
        return real(run, *arguments)

    monkeypatch.setattr(loop._Run, where, struck)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("recipe", [SHORT, RICH])
@pytest.mark.parametrize("kept", [True, False])
def test_ctrl_c_loses_nothing(ctrl_c, digits, tmp_path, monkeypatch, recipe, kept):
    """With a checkpoint or without, pressed three times in the midst of a step."""
    whole, expected = quick(digits, recipe)
    path, model = tmp_path / "run.checkpoint", DigitCNN()
    with monkeypatch.context() as patch:
        strike(patch, 11, times=3)
        with pytest.raises(Interrupted) as stop:
            quick(digits, recipe, path if kept else None, model)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert isinstance(stop.value, KeyboardInterrupt) and not isinstance(stop.value, Exception)
    told = str(stop.value)
    assert told.startswith("stopped after 1 of 3 epochs and 4 of 7 steps; ") and "\n" not in told
    # The same call: it may have named a teacher, or what is held out.
    assert "the same call of fit" in told and ("checkpoint=interrupted().save(" in told) != kept
    assert (f"goes on from {path}" in told) == kept == path.exists()
    assert interrupted() is stop.value
    history = interrupted().history
    assert figures(history).equals(figures(expected)[:1]) and len(history.weights) == 2
    assert not model.training and evaluate(model, digits.test_images, digits.test_labels).total == 30

    if not kept:
        assert interrupted().save(path) == path
    model, history = quick(digits, recipe, path, model)  # as the run left it
    assert weights_hash(model) == weights_hash(whole) and figures(history).equals(figures(expected))
    if not kept:
        path.unlink()
        model, _ = quick(digits, recipe, interrupted().save(path))  # and from the start
        assert weights_hash(model) == weights_hash(whole)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_while_an_epochs_figures_are_taken(ctrl_c, digits, undisturbed, tmp_path, monkeypatch):
    """They may take long, and so they do not go on to their end; they are taken when the run goes on."""
    evaluate_really, path = loop._evaluate, tmp_path / "run.checkpoint"

    def slow(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_evaluate", slow)
        with pytest.raises(Interrupted, match="stopped after 0 of 3 epochs and 7 of 7 steps"):
            quick(digits, checkpoint=path)
    assert loop._evaluate is evaluate_really and read_checkpoint(path)[0]["step"] == 7
    model, history = quick(digits, checkpoint=path)
    assert weights_hash(model) == weights_hash(undisturbed[0])
    assert figures(history).equals(figures(undisturbed[1]))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_when_the_checkpoint_cannot_be_written(ctrl_c, digits, undisturbed, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder" / "run.checkpoint"
    strike(monkeypatch, 3)
    monkeypatch.setattr(loop, "write_checkpoint", full := lambda path, *_: _no_room(path))
    monkeypatch.setattr(loop._Run, "save", lambda *_: None)
    with pytest.raises(Interrupted, match="No room.*interrupted\\(\\).save") as stop:
        quick(digits, checkpoint=path)
    assert full and stop.value.checkpoint is None
    monkeypatch.undo()
    model, _ = quick(digits, checkpoint=interrupted().save(path))
    assert weights_hash(model) == weights_hash(undisturbed[0])


def _no_room(path):
    raise OSError(errno.ENOSPC, "No room", str(path))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupted_run_overwrites_no_file_but_a_checkpoint(ctrl_c, digits, tmp_path, monkeypatch):
    strike(monkeypatch, 1)
    with pytest.raises(Interrupted):
        quick(digits)
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(FileExistsError, match="is no checkpoint, and was left alone"):
        interrupted().save(tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "precious"
    interrupted().save(tmp_path / "run.checkpoint")
    interrupted().save(tmp_path / "run.checkpoint")  # the same cell again


def test_before_any_interrupt_there_is_none(monkeypatch):
    monkeypatch.setattr(loop, "_last", None)
    with pytest.raises(LookupError, match="no run of fit has been interrupted"):
        interrupted()


CELLS = """\
import time
from s6lib.cnn import DigitCNN
from s6lib.fit import fit, interrupted
from s6lib.mnist import load_digits
from s6lib.checkpoint import weights_hash
from s6lib.recipe import Recipe
digits, recipe, calls = load_digits("bundled"), Recipe(epochs=2, batch_size=100), []
def tell(*_):
    calls.append(1)
    if len(calls) > 4:
        print("learning", flush=True)
        time.sleep(0.2)
---
for seed in (1, 2):
    model = DigitCNN(seed=seed)
    told = model.register_forward_hook(tell)
    fit(model, digits, recipe, device="cpu", progress=False)
---
told.remove()
seed, len(interrupted().history.epochs) < 2, interrupted().history.data
---
history = fit(model, digits, recipe, interrupted().save("run.checkpoint"), device="cpu", progress=False)
undisturbed = DigitCNN()
fit(undisturbed, digits, recipe, device="cpu", progress=False)
len(history.epochs), weights_hash(model) == weights_hash(undisturbed)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_stop_in_a_notebook_and_the_next_cell_goes_on(tmp_path):
    """A kernel, and the interrupt that the Stop button sends it."""
    manager = pytest.importorskip("jupyter_client").manager
    kernel, client = manager.start_new_kernel(cwd=str(tmp_path))
    try:
        imports, training, look, go_on = CELLS.split("---\n")
        assert ask_kernel(client, imports) == []
        said = ask_kernel(client, training, lambda _: kernel.interrupt_kernel())
        assert {*said} == {"learning\n", "Interrupted"}
        assert ask_kernel(client, look) == ["(1, True, 'bundled digits')"]  # and no second seed
        assert ask_kernel(client, go_on) == ["(2, True)"]
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)


def ask_kernel(client, source, hear=lambda text: None):
    """What the kernel says of a cell: texts, values, names of errors."""
    asked, said = client.execute(source), []
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            said.append(content["text"])
            hear(content["text"])
        elif kind == "execute_result":
            said.append(content["data"]["text/plain"])
        elif kind == "error":
            said.append(content["ename"])
        elif kind == "status" and content["execution_state"] == "idle":
            return said


def test_a_figure_that_fails_counts_no_step_twice(digits, monkeypatch):
    """What was unread when reading failed is not read again by the next checkpoint."""
    data = loop._split(digits, None, "validation")
    run = loop._Run(DigitCNN(), data, SHORT, torch.device("cpu"))
    run.step = 2
    run.unread = [torch.tensor([0.5, 3.0]), torch.tensor([math.nan, 4.0])]
    with pytest.raises(FloatingPointError, match="epoch 1, step 2"):
        run._read()
    run._read()
    assert (run.step, run.loss, run.correct) == (2, 0.5 * 16, 3)


#: A server imports torch once; each run is a fork of it. Windows has no forks.
PROCESSES = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")


def begin(checkpoint, precision):
    """A process that trains, and the end of the pipe through which it tells where it is."""
    heard, said = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=kill_me.train, args=(checkpoint, said, precision))
    process.start()
    said.close()
    return process, heard


def rest(heard):
    messages = []
    with contextlib.suppress(EOFError, OSError):  # a killed process may have stopped within a word
        while True:
            messages.append(heard.recv())
    return messages


@pytest.mark.skipif(os.name == "nt", reason="forks and signals of POSIX")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_sigkill_at_random_moments_loses_nothing(tmp_path, monkeypatch, precision):
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join(sys.path)
    )  # Python 3.11's server has no other way to find it
    PROCESSES.set_forkserver_preload(["kill_me"])
    process, heard = begin(tmp_path / "undisturbed.checkpoint", precision)
    heard.recv()
    started = time.monotonic()
    *positions, expected = rest(heard)
    step = (time.monotonic() - started) / len(positions)
    moments, equal, cut_short = random.Random(1), 0, 0
    for trial in range(KILLS):
        path = tmp_path / f"{trial}.checkpoint"
        process, heard = begin(path, precision)
        told = [heard.recv() for _ in range(moments.randrange(len(positions) - 3))]
        time.sleep(moments.uniform(0, 2 * step))
        process.kill()
        process.join()
        cut_short += process.exitcode == -signal.SIGKILL
        told += [position for position in rest(heard) if position != expected]
        if told:  # the last checkpoint announced, or a later one, is there and whole
            about, _ = read_checkpoint(path)
            assert (about["epoch"], about["step"]) >= told[-1]
        process, heard = begin(path, precision)
        equal += rest(heard)[-1] == expected
        process.join()
    print(
        f"\nSIGKILL: {equal} of {KILLS} runs ended with the undisturbed run's hash and figures; "
        f"{cut_short} were cut short"
    )
    assert equal == KILLS and cut_short >= KILLS / 2


# Checkpoints and weights that are not what they should be.


@pytest.fixture(scope="module")
def saved(digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "run.checkpoint"
    quick(digits, replace(SHORT, epochs=1), path)
    return path.read_bytes()


@pytest.mark.parametrize("where", [0.0, 0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.999999])
def test_one_flipped_byte_is_found(digits, saved, tmp_path, where):
    path, content = tmp_path / "run.checkpoint", bytearray(saved)
    content[int(where * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged|not a checkpoint") as error:
        quick(digits, replace(SHORT, epochs=1), path)
    assert str(path) in str(error.value)
    assert path.read_bytes() == content  # it is for the reader to remove


@pytest.mark.parametrize("length", [0, 10, 80, 1000, -1])
def test_a_truncated_checkpoint_is_found(digits, saved, tmp_path, length):
    path = tmp_path / "run.checkpoint"
    path.write_bytes(saved[:length])
    with pytest.raises(CheckpointError, match="damaged|not a checkpoint") as error:
        quick(digits, replace(SHORT, epochs=1), path)
    assert str(path) in str(error.value)


class Malice:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("envelope", ["pickle", "torch", "checked"])
def test_a_malicious_pickle_is_refused_and_not_run(digits, tmp_path, envelope):
    path, mark = tmp_path / "run.checkpoint", tmp_path / "it ran"
    content = pickle.dumps(Malice(mark))
    if envelope == "torch":
        torch.save(Malice(mark), path)
    elif envelope == "checked":  # with the head and the checksum of a checkpoint
        body = b"{}\n" + content
        path.write_bytes(checkpoint.MAGIC + checkpoint._sha256(body).encode() + b"\n" + body)
    else:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match="run.checkpoint"):
        quick(digits, checkpoint=path)
    with pytest.raises(CheckpointError, match="run.checkpoint"):
        load_weights(path)
    assert not mark.exists()
    pickle.loads(content)
    assert mark.exists()  # the pickle was indeed malicious


@pytest.mark.parametrize(
    "part, change",
    [
        ("recipe", lambda d: {"digits": d, "recipe": replace(SHORT, epochs=1, learning_rate=0.02)}),
        ("architecture", lambda d: {"digits": d, "model": DigitCNN(channels=(2, 4, 8, 16, 32))}),
        ("data", lambda d: {"digits": d._replace(train_labels=d.train_labels.flip(0))}),
        ("data", lambda d: {"digits": d, "train_size": 50}),
        ("initial weights", lambda d: {"digits": d, "model": DigitCNN(seed=2)}),
    ],
)
def test_the_checkpoint_of_another_run_is_refused(digits, saved, tmp_path, part, change):
    path = tmp_path / "run.checkpoint"
    path.write_bytes(saved)
    with pytest.raises(CheckpointError, match=f"other {part}: .* in the file, .* here") as error:
        quick(**{"recipe": replace(SHORT, epochs=1), "checkpoint": path, **change(digits)})
    assert str(path) in str(error.value) and path.read_bytes() == saved


def full_disk():
    """A limit on file sizes, which the system enforces while the file is written."""
    resource = pytest.importorskip("resource", reason="limits of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_previous_checkpoint(digits, undisturbed, tmp_path, monkeypatch):
    path = stopped(digits, tmp_path / "run.checkpoint", 9, monkeypatch)
    before = path.read_bytes()
    make_room = full_disk()
    try:
        with pytest.raises(OSError) as error:
            quick(digits, checkpoint=path)
    finally:
        make_room()
    assert error.value.filename == str(path) and "the one saved before is untouched" in str(error.value)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    model, _ = quick(digits, checkpoint=path)
    assert weights_hash(model) == weights_hash(undisturbed[0])


def test_a_disk_that_fails_at_the_last_moment(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.replace(path, b"before")

    def no_space(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left on device while saving") as error:
        files.replace(path, b"after")
    assert error.value.errno == errno.ENOSPC and error.value.filename == str(path)
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_a_run_that_goes_on_and_cannot_be_saved_takes_no_step(digits, tmp_path, monkeypatch):
    path = stopped(digits, tmp_path / "run.checkpoint", 3, monkeypatch)
    before, model = path.read_bytes(), DigitCNN()

    def read_only(*given):
        raise PermissionError(errno.EACCES, "Permission denied while saving", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(loop, "write_checkpoint", read_only)
        patch.setattr(loop._Run, "advance", lambda run: pytest.fail("a step was taken"))
        with pytest.raises(PermissionError):
            quick(digits, SHORT, path, model)
    assert path.read_bytes() == before
    quick(digits, SHORT, path)
    with monkeypatch.context() as patch:  # what has come to its end can be read there
        patch.setattr(loop, "write_checkpoint", read_only)
        assert len(quick(digits, SHORT, path)[1].epochs) == SHORT.epochs


def test_several_that_write_to_a_file_leave_it_whole(tmp_path):
    path, texts, failed = tmp_path / "file", [bytes([n]) * 300_000 for n in range(3)], []
    files.replace(path, texts[0])

    def write(text):
        try:
            for _ in range(30):
                files.replace(path, text)
        except Exception as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for each in writers:
        each.start()
    while any(each.is_alive() for each in writers):
        assert path.read_bytes() in texts
    assert not failed and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_run_left_is_removed_when_it_is_old(tmp_path):
    path, old, new = (tmp_path / each for each in ("file", ".file.0123abcd.part", ".file.4567cdef.part"))
    others = [tmp_path / each for each in (".file2.0123abcd.part", ".mine.part", ".file.0123abcd.parts")]
    for each in (old, new, *others):
        each.write_text("half")
    past = time.time() - files.STALE - 1
    for each in (old, *others):
        os.utime(each, (past, past))
    files.replace(path, b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, new, *others])
    files.discard_part(path)
    assert sorted(tmp_path.iterdir()) == sorted([path, *others])


def test_a_folder_that_is_not_there(digits, tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        quick(digits, checkpoint=tmp_path / "nowhere" / "run.checkpoint")


def test_weights_of_a_shared_convolution_go_through_a_file(tmp_path):
    model = DigitCNN((4, 4, 4), pools=(2,), shared=True)
    save_weights(model, tmp_path / "weights.safetensors")
    again = load_weights(tmp_path / "weights.safetensors")
    assert weights_hash(again) == weights_hash(model) and again.conv2 is again.conv3


def test_weights_go_through_a_file_unchanged(undisturbed, digits, tmp_path):
    model, _ = undisturbed
    save_weights(model, tmp_path / "weights.safetensors")
    again = load_weights(tmp_path / "weights.safetensors")
    assert weights_hash(again) == weights_hash(model) and not again.training
    theirs = safetensors.torch.load_file(tmp_path / "weights.safetensors")  # anyone can read it
    assert torch.equal(theirs["conv1.weight"], model.conv1.weight)
    assert (tmp_path / "weights.safetensors").stat().st_size < 60_000
    save_weights(again, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "weights.safetensors").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: content.replace(b"[4, 8", b"[5, 8"),
        lambda content: content.replace(b"dropout", b"pullout"),
        lambda content: content.replace(b"conv1.weight", b"conv9.weight"),
        lambda content: safetensors.torch.save({"x": torch.zeros(1)}),
    ],
)
def test_damaged_weights_are_refused(undisturbed, tmp_path, damage):
    path = tmp_path / "weights.safetensors"
    save_weights(undisturbed[0], path)
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    with pytest.raises(CheckpointError, match="weights.safetensors: not weights of a DigitCNN"):
        load_weights(path)


# Arguments.


def test_a_loss_that_is_not_finite_names_epoch_and_step(digits):
    with pytest.raises(FloatingPointError, match=r"epoch 1, step 2: the loss is .*learning_rate was 1e\+30"):
        quick(digits, replace(SHORT, learning_rate=1e30))


def test_a_rate_that_would_outgrow_all_numbers_is_refused():
    with pytest.raises(ValueError, match="^gamma: got 1e[+]200, which in 3 epochs of step_size 1 takes"):
        Recipe(gamma=1e200, step_size=1, epochs=3)
    assert Recipe(gamma=1e200, step_size=2, epochs=3).rate(2, 1) == pytest.approx(1e198)
    Recipe(gamma=1e200, step_size=1, epochs=3, schedule="one-cycle")  # which has no gamma


def test_weights_that_are_lost_in_an_epochs_last_step_are_noticed(digits, tmp_path):
    recipe = Recipe(learning_rate=1e38, epochs=2)  # one step an epoch: its own loss is still finite
    with pytest.raises(FloatingPointError, match="epoch 1, step 1: the held-out loss after it is"):
        quick(digits, recipe, tmp_path / "run.checkpoint")
    about, _ = read_checkpoint(tmp_path / "run.checkpoint")
    assert about["epoch"] == 0  # no broken weights were saved


@pytest.mark.parametrize(
    "name, values",
    {
        "learning_rate": [0, -0.01, math.nan, math.inf, "0.01", True, None, [0.1, 0.2]],
        "momentum": [-0.1, 1, 1.5, math.nan, "0.9", False, None],
        "epochs": [-1, 1.5, "19", True, None, math.nan],
        "batch_size": [0, -128, 1.5, "128", True, None],
        "step_size": [0, -1, 1.5, "15", None],
        "gamma": [0, -0.1, math.nan, math.inf, "0.1", None],
        "seed": [-1, 0.5, "1", None, True, 2**32],
        "schedule": ["", "cosine", None, 1],
        "nesterov": [0, 1, "yes", None],
        "weight_decay": [-1e-3, 1, math.nan, "0.1"],
        "shift": [-1, 15, math.nan, "1", None],
        "rotation": [-1, 181, math.inf],
        "zoom": [-0.1, 1],
        "elastic": [-0.1, 15, math.nan, None],
        "half_size": [-0.1, 1, None],
        "muon": [-0.1, 101, math.nan, "0.3", None],
        "keep": [0, 0.009, 1.1, math.nan, None],
        "label_smoothing": [-0.1, 1, None],
        "averaging": [-0.1, 1, 1.5],
        "teacher_weight": [-0.1, 1, 1.5, math.nan, "0.9", True, None],
        "temperature": [0, 0.009, 101, -1, math.nan, math.inf, "2", None],
        "precision": ["float16", "float64", "bf16", 16, None, torch.bfloat16],
        "compile": [0, 1, "yes", None],
    }.items(),
)
def test_a_wrong_recipe_is_refused(name, values):
    for value in values:
        with pytest.raises((ValueError, TypeError), match=f"{name}: got"):
            Recipe(**{name: value})


def test_looking_ahead_needs_a_velocity():
    with pytest.raises(ValueError, match="nesterov: got True with momentum 0"):
        Recipe(momentum=0, nesterov=True)


@pytest.mark.parametrize("head", ["weighted", "flat"])
def test_smaller_images_need_a_head_that_takes_them(digits, head):
    with pytest.raises(
        ValueError, match=f"half_size: got 0.5 for a network whose head is '{head}'; takes 0 there"
    ):
        quick(digits, Recipe(half_size=0.5), model=DigitCNN(head=head))


@pytest.mark.parametrize(
    "fits, too_much",
    [
        ({"pools": (1, 2, 3)}, {"pools": (1, 2, 3, 4)}),
        ({"stem": (14, 1), "pools": ()}, {"stem": (15, 1), "pools": ()}),
        ({"crop": 5, "pools": (1, 2)}, {"crop": 11, "pools": (1, 2)}),
        ({"crop": 2, "stem": (11, 2), "pools": ()}, {"crop": 2, "stem": (13, 2), "pools": ()}),
    ],
)
def test_small_pictures_must_leave_something_to_look_at(digits, fits, too_much):
    """Of an image of half the size, through all that makes it smaller."""
    quick(digits, Recipe(half_size=0.5, epochs=1), model=DigitCNN((2, 2, 2, 2), **fits))
    with pytest.raises(
        ValueError,
        match="half_size: got 0.5 for a network that leaves nothing of an image of "
        "half the size; takes 0 there",
    ):
        quick(digits, Recipe(half_size=0.5, epochs=1), model=DigitCNN((2, 2, 2, 2), **too_much))


def test_a_recipe_is_the_notebooks_and_whole_numbers_will_do():
    assert Recipe() == Recipe(0.01, 0.9, 19, 128, 15, 0.1, 1)
    assert repr(Recipe(learning_rate=1)) == repr(Recipe(learning_rate=np.float64(1.0)))


@pytest.mark.parametrize("device", ["tpu", "cuda:99", "cpu:1", "meta", "", 7])
def test_an_unknown_device_is_refused(digits, device):
    with pytest.raises(ValueError, match="device: got .* here there is .*'cpu'"):
        fit(DigitCNN(), digits, SHORT, device=device)


def test_the_device_is_chosen(monkeypatch):
    assert choose_device("cpu").type == "cpu"
    monkeypatch.setattr(loop, "_fault", lambda device: None)  # of machines that have what this one may lack
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device().type == "cuda" and choose_device("cuda:0").index == 0
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device().type == "mps"


class Broken(torch.overrides.TorchFunctionMode):
    """Within this mode whatever is to be done on CUDA fails, as with a driver that does not fit."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        for value in (*args, *(kwargs or {}).values()):
            named = isinstance(value, (str, torch.device)) and str(value).startswith("cuda")
            if named and function is not torch.device:
                raise RuntimeError(
                    "CUDA error: no kernel image is available\nCompile with TORCH_USE_CUDA_DSA"
                )
        return function(*args, **(kwargs or {}))


@pytest.fixture
def broken_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with Broken():
        yield


def test_a_device_that_does_not_work_is_passed_over_with_a_warning(broken_cuda, digits, undisturbed):
    expected = (
        r"^device: 'cuda' does not work here \(CUDA error: no kernel image is available\); taking 'cpu'$"
    )
    with pytest.warns(UserWarning, match=expected):
        assert choose_device() == torch.device("cpu")
    model = DigitCNN()
    with pytest.warns(UserWarning, match=expected) as said:
        fit(model, digits, SHORT, progress=False)
    assert len(said) == 1 and weights_hash(model) == weights_hash(undisturbed[0])


@pytest.mark.parametrize("name", ["cuda", "cuda:0"])
def test_a_device_that_does_not_work_is_refused_by_name(broken_cuda, digits, name):
    expected = (
        f"^device: got '{name}', which does not work here .CUDA error: no kernel.*; takes another.*'cpu'"
    )
    with pytest.raises(ValueError, match=expected):
        fit(DigitCNN(), digits, SHORT, device=name)


def test_pytorch_without_cuda_is_a_fault_too(monkeypatch):
    """PyTorch's own words, where it was built without CUDA or finds no card."""
    if torch.cuda.is_available():

        def not_compiled(*shape, device):
            raise AssertionError("Torch not compiled with CUDA enabled")

        monkeypatch.setattr(torch, "ones", not_compiled)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.warns(UserWarning, match="device: 'cuda' does not work here [(].+[)]; taking '(mps|cpu)'"):
        assert choose_device().type != "cuda"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
def test_cuda_runs_the_same_recipe(digits, undisturbed, tmp_path):
    history = fit(model := DigitCNN(), digits, SHORT, tmp_path / "run.checkpoint", "cuda", progress=False)
    np.testing.assert_allclose(
        history.epochs["train_loss"][0], undisturbed[1].epochs["train_loss"][0], rtol=0.05
    )
    assert next(model.parameters()).device.type == "cuda"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("network", ["author", "wide"])
def test_on_a_card_16_bits_lead_to_about_the_same_place(digits, network, compiled):
    """And played again to the same as started one by one."""
    losses = {}
    for precision in ("float32", "bfloat16"):
        model = DigitCNN(**NETWORKS[network])
        recipe = replace(SHORT, precision=precision, compile=compiled)
        losses[precision] = fit(model, digits, recipe, device="cuda", progress=False).epochs["train_loss"]
        assert {value.dtype for value in model.parameters()} == {torch.float32}
    np.testing.assert_allclose(losses["bfloat16"], losses["float32"], rtol=0.1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
@pytest.mark.parametrize("recipe", [SHORT, RICH])
def test_on_a_card_steps_that_are_played_again_are_those_that_were_started_one_by_one(
    digits, monkeypatch, recipe
):
    one, other = DigitCNN().double(), DigitCNN().double()  # in float32 a card rounds to fewer digits
    played = fit(one, digits, recipe, device="cuda", progress=False)
    monkeypatch.setattr(loop.Replay, "EAGER", 10**9)
    started = fit(other, digits, recipe, device="cuda", progress=False)
    np.testing.assert_allclose(figures(played), figures(started), rtol=1e-6)
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "recipe, seconds",
    [
        (SHORT, 0.0),
        (RICH, 30.0),
        (replace(SHORT, momentum=0.0), 30.0),
        (replace(RICH, muon=0.3, keep=0.5), 30.0),
    ],
)
def test_steps_that_are_played_again_are_the_same_steps(digits, monkeypatch, tmp_path, recipe, seconds):
    """Each with its own batch, learning rate, size of images and random numbers; and with no figure lost."""
    model, history = quick(digits, recipe, model=DigitCNN().double())  # else rounding grows from step to step
    no_card.use(monkeypatch)
    played, again = quick(
        digits, recipe, tmp_path / "run.checkpoint", DigitCNN().double(), checkpoint_seconds=seconds
    )
    np.testing.assert_allclose(figures(again), figures(history), rtol=1e-6)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(played.state_dict()[name], value, rtol=1e-5, atol=1e-7)


def test_the_referee_sees_a_rate_that_stays(digits, monkeypatch):
    _, history = quick(digits, recipe := replace(RICH, averaging=0.0))
    no_card.use(monkeypatch)
    monkeypatch.setattr(loop, "set_rate", lambda *_: None)
    assert quick(digits, recipe)[1].epochs["held_out_loss"].iloc[-1] != pytest.approx(
        history.epochs["held_out_loss"].iloc[-1], rel=1e-3
    )


def test_a_step_that_is_played_again_may_not_wait(monkeypatch):
    no_card.use(monkeypatch)
    step = loop.Replay(lambda batch: batch * batch.sum().item())
    for _ in range(loop.Replay.EAGER):
        step(torch.ones(2))
    with pytest.raises(RuntimeError, match="not permitted when the stream is capturing"):
        step(torch.ones(2))


def test_a_loss_that_is_read_late_is_named_by_its_own_step(digits, monkeypatch):
    no_card.use(monkeypatch)
    with pytest.raises(FloatingPointError, match=r"epoch 1, step 2: the loss is .*learning_rate was 1e\+30"):
        quick(digits, replace(SHORT, learning_rate=1e30))


def test_another_network_is_never_played_again(digits, monkeypatch):
    """Nothing is known of what it does in Python."""
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10), torch.nn.LogSoftmax(1))
    calls = []
    model.register_forward_hook(lambda *_: calls.append(1))
    no_card.use(monkeypatch)
    monkeypatch.setattr(loop, "Replay", lambda function: pytest.fail("it is replayed"))
    quick(digits, SHORT, model=model)
    # Once before, and a batch of what is held out after each epoch.
    assert len(calls) == 1 + SHORT.epochs * (7 + 1)


def test_other_wrong_arguments_are_named(digits):
    with pytest.raises(ValueError, match="held_out: got 'train'"):
        quick(digits, held_out="train")
    with pytest.raises(TypeError, match="recipe: got dict"):
        fit(DigitCNN(), digits, {"epochs": 1})
    with pytest.raises(TypeError, match="digits: got list"):
        fit(DigitCNN(), [1, 2], SHORT)
    with pytest.raises(ValueError, match="images, labels: got 3 and 2"):
        evaluate(DigitCNN(), digits.test_images[:3], digits.test_labels[:2])


# What is no image, and no label.


def wrong_images(images):
    """Images as people have them, and what the message must name."""
    return [
        (images / 255, TypeError, r"float32 \(30, 28, 28\)"),
        (images.float(), TypeError, "float32"),
        (images.double(), TypeError, "float64"),
        (images.long(), TypeError, "int64"),
        (images > 0, TypeError, "bool"),
        (images.numpy() / 255, TypeError, "float64"),
        (images.numpy().astype(object), TypeError, "object"),
        (images.tolist(), TypeError, "list"),
        (None, TypeError, "NoneType"),
        ("images", TypeError, "str"),
        (images[0], ValueError, r"shape \(28, 28\)"),
        (images[:, None], ValueError, r"shape \(30, 1, 28, 28\)"),
        (images[:, 4:24, 4:24], ValueError, r"shape \(30, 20, 20\)"),
        (images[:0], ValueError, r"shape \(0, 28, 28\)"),
        (images.flatten(1), ValueError, r"shape \(30, 784\)"),
    ]


def test_what_is_no_image_is_refused_by_name(digits):
    model = DigitCNN()
    for images, kind, got in wrong_images(digits.test_images):
        takes = f"got (shape )?{got}.*takes a tensor or a NumPy array of uint8"
        with pytest.raises(kind, match=f"^images: {takes}"):
            evaluate(model, images, digits.test_labels)
        with pytest.raises(kind, match=f"^images: {takes}"):
            normalise(images)
        with pytest.raises(kind, match=f"^digits.train_images: {takes}"):
            split(digits._replace(train_images=images))
        with pytest.raises(kind, match=f"^digits.test_images: {takes}"):
            fit(model, digits._replace(test_images=images), SHORT, held_out="test")
        split(digits._replace(test_images=images))  # which is not touched


@pytest.mark.parametrize(
    "change, kind, message",
    [
        (lambda labels: labels.float(), TypeError, r"labels: got float32 \(30,\)"),
        (lambda labels: labels > 3, TypeError, r"labels: got bool \(30,\)"),
        (lambda labels: labels.tolist(), TypeError, "labels: got list"),
        (lambda labels: labels.numpy().astype(str), TypeError, "labels: got <U"),
        (lambda labels: labels[:, None], ValueError, r"labels: got shape \(30, 1\)"),
        (lambda labels: labels[0], ValueError, r"labels: got shape \(\)"),
        (lambda labels: labels[:-1], ValueError, "images, labels: got 30 and 29"),
        (lambda labels: labels[:0], ValueError, "images, labels: got 30 and 0"),
        (
            lambda labels: torch.where(torch.arange(30) == 7, 10, labels),
            ValueError,
            r"labels: got 10 at \[7\]",
        ),
        (
            lambda labels: torch.where(torch.arange(30) == 0, -100, labels),
            ValueError,
            r"labels: got -100 at \[0\]",
        ),
    ],
)
def test_what_is_no_label_is_refused_by_name(digits, change, kind, message):
    labels = change(digits.test_labels)  # -100 PyTorch would leave out of the mean, without a word
    with pytest.raises(kind, match=f"^{message}.*; takes"):
        evaluate(DigitCNN(), digits.test_images, labels)
    with pytest.raises(kind, match=f"^digits.test_{message.replace('images, ', 'images, digits.test_')}"):
        fit(DigitCNN(), digits._replace(test_labels=labels), SHORT, held_out="test")


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.int32, np.uint64, ">i8"])
def test_arrays_are_read_as_tensors_are(digits, undisturbed, kind):
    model, arrays = undisturbed[0], [digits.test_images.numpy(), digits.test_labels.numpy().astype(kind)]
    expected = evaluate(model, digits.test_images, digits.test_labels)
    read_only = [array.copy() for array in arrays]
    for array in read_only:
        array.flags.writeable = False
    backwards = [array[::-1].copy()[::-1] for array in arrays]
    for images, labels in (arrays, read_only, backwards):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            metrics = evaluate(model, images, labels)
        assert metrics[:3] == expected[:3] and torch.equal(
            metrics.log_probabilities, expected.log_probabilities
        )


def test_within_inference_mode_too(digits, undisturbed):
    with torch.inference_mode():
        made = DigitCNN()
    with pytest.raises(
        ValueError, match="^model: got a DigitCNN made within torch.inference_mode, which cannot"
    ):
        quick(digits, model=made)
    model = DigitCNN()
    with torch.inference_mode():
        quick(digits, model=model)
    assert weights_hash(model) == weights_hash(undisturbed[0])


def test_a_run_on_arrays_is_the_run_on_tensors(digits, undisturbed):
    images, labels = digits.train_images.numpy(), digits.train_labels.numpy().astype(np.uint8)
    arrays = Digits(images, labels, None, None, *digits[4:])
    model, _ = quick(arrays)
    assert weights_hash(model) == weights_hash(undisturbed[0])


def test_dark_ink_on_a_light_ground_is_warned_of(digits):
    expected = "digits.train_images: .* ground lighter than their ink.* give 255 - images"
    negative = digits._replace(train_images=255 - digits.train_images, test_images=255 - digits.test_images)
    for ask in (lambda: split(negative), lambda: quick(negative, Recipe(epochs=1, batch_size=50))):
        with pytest.warns(UserWarning, match=expected) as said:
            ask()
        assert len(said) == 1
    with pytest.warns(UserWarning, match="^images: 30 of 30") as said:
        evaluate(DigitCNN(), negative.test_images, digits.test_labels)
    assert [each.filename for each in said] == [__file__]  # where the reader can mend it
    with pytest.warns(UserWarning, match="^images: 1 of 1") as said:
        normalise(negative.test_images[:1])
    assert [each.filename for each in said] == [__file__]


def test_a_run_says_nothing_of_good_images(digits):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick(digits, Recipe(epochs=1, batch_size=50))
        evaluate(DigitCNN(), digits.test_images[:1], digits.test_labels[:1])


# Sets and networks at the edge.


def first(digits, count):
    return digits._replace(train_images=digits.train_images[:count], train_labels=digits.train_labels[:count])


def test_few_images_are_enough(digits):
    for few, more in ((6, {}), (1, {"held_out": "test"}), (30, {"train_size": 1})):
        _, history = quick(first(digits, few), Recipe(epochs=1), **more)
        assert len(history.epochs) == 1 and np.isfinite(history.epochs["held_out_loss"][0])


@pytest.mark.parametrize("count", [1, 5])
def test_too_few_to_hold_out_a_sixth_are_refused(digits, count):
    with pytest.raises(ValueError, match=f"train_images: got {count}, .*takes 6 or more, or held_out='test'"):
        quick(first(digits, count), Recipe(epochs=1))


def test_a_batch_of_one_value_is_refused(digits):
    """17 images in batches of 16: of the last one a network that leaves one place has one value a channel."""
    with pytest.raises(
        ValueError, match="batch_size, train_size: got 16 and 17 images; they leave a batch of one"
    ):
        quick(
            digits,
            Recipe(epochs=1, batch_size=16),
            model=DigitCNN((2,), pools=(), stem=(28, 1)),
            train_size=17,
        )
    told = (
        r"^batch_size, train_size: got 16 and 34 images, of which keep 0\.5 shows 17; they leave a batch of"
    )
    with pytest.raises(ValueError, match=told):
        quick(
            digits,
            Recipe(epochs=1, batch_size=16, keep=0.5),
            model=DigitCNN((2,), pools=(), stem=(28, 1)),
            train_size=34,
        )
    quick(
        digits, Recipe(epochs=1, batch_size=16), model=DigitCNN((2,), pools=(), stem=(28, 1)), train_size=18
    )


class Always(torch.nn.Module):
    """Says 3, whatever it is shown, and has nothing to learn."""

    def forward(self, images):
        return torch.log_softmax(9.0 * (torch.arange(10) == 3).repeat(len(images), 1), dim=1)


def test_a_network_without_parameters_can_be_asked_and_not_trained(digits):
    metrics = evaluate(Always(), digits.test_images, digits.test_labels)
    assert metrics.correct == (digits.test_labels == 3).sum()
    with pytest.raises(ValueError, match="model: got a Always without parameters to train; takes"):
        quick(digits, model=Always())
    with pytest.raises(
        ValueError, match="^model: answers with probabilities; takes scores before the softmax"
    ):
        quick(digits, model=flat(10, torch.nn.Softmax(1)))
    with pytest.raises(ValueError, match="model: got a DigitCNN without parameters to train"):
        quick(digits, model=DigitCNN().requires_grad_(False))


def test_what_is_no_network_is_refused_by_name(digits, tmp_path):
    for ask in (
        lambda: evaluate(None, digits.test_images, digits.test_labels),
        lambda: fit({}, digits, SHORT),
    ):
        with pytest.raises(TypeError, match="^model: got (NoneType|dict); takes a network"):
            ask()
    with pytest.raises(ValueError, match=r"^model: got a ReLU that answers \(30, 1, 28, 28\) to \(30"):
        evaluate(torch.nn.ReLU(), digits.test_images, digits.test_labels)
    with pytest.raises(ValueError, match="^half_size: got 0.5 for a Sequential; takes 0 there"):
        fit(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10)), digits, Recipe(half_size=0.5))
    with pytest.raises(ValueError, match="^model: got a ReLU with no weights; takes"):
        save_weights(torch.nn.ReLU(), tmp_path / "weights")
    with pytest.raises(TypeError, match="^model: got dict; takes a network"):
        save_weights({}, tmp_path / "weights")
    assert not list(tmp_path.iterdir())


# Networks of one's own.


class Student(torch.nn.Module):
    """As people write them: parts within parts, functions between layers, scores at the end."""

    def __init__(self, classes=10):
        super().__init__()
        self.features = torch.nn.ModuleDict(
            {"first": torch.nn.Conv2d(1, 4, 5), "norm": torch.nn.BatchNorm2d(4)}
        )
        self.out = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Linear(4 * 6 * 6, classes))

    def forward(self, images):
        x = self.features["norm"](self.features["first"](images)).relu()
        return self.out(torch.nn.functional.max_pool2d(x, 4).flatten(1))


def student(seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Student(**settings)


def test_scores_are_trained_as_cross_entropy_trains_them(digits):
    """The referee is a plain loop with `CrossEntropyLoss`, which takes scores."""
    data, model = split(digits), student().double()
    pixels = normalise(data.train_images).double()
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9)
    shuffle, losses = torch.Generator().manual_seed(1), []
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model.train()
        for _ in range(3):
            for batch in torch.randperm(100, generator=shuffle).split(16):
                loss = torch.nn.CrossEntropyLoss()(model(pixels[batch]), data.train_labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item() * len(batch))
    fitted, history = quick(digits, replace(SHORT, step_size=9), model=student().double())
    np.testing.assert_allclose(
        history.epochs["train_loss"], np.reshape(losses, (3, 7)).sum(axis=1) / 100, rtol=1e-9
    )
    for name, value in model.state_dict().items():
        torch.testing.assert_close(fitted.state_dict()[name], value)
    found = evaluate(fitted, digits.test_images, digits.test_labels)
    scores = fitted(normalise(digits.test_images).double())
    expected = torch.nn.CrossEntropyLoss()(scores, digits.test_labels).item()
    assert found.loss == pytest.approx(expected, rel=1e-9)
    torch.testing.assert_close(found.log_probabilities.exp().sum(1), torch.ones(30).double())


def test_another_network_goes_on_and_through_a_file(digits, tmp_path):
    path = tmp_path / "run.checkpoint"
    whole, _ = quick(digits, model=student())
    quick(digits, replace(SHORT, epochs=1), path, student())
    model, _ = quick(digits, checkpoint=path, model=student())
    assert weights_hash(model) == weights_hash(whole)
    save_weights(model, tmp_path / "own.safetensors")
    with pytest.raises(
        CheckpointError, match=r"weights of a Student, which is no DigitCNN; load_weights\(path, model"
    ):
        load_weights(tmp_path / "own.safetensors")
    again = load_weights(tmp_path / "own.safetensors", other := student(1).train())
    assert again is other and not again.training and weights_hash(again) == weights_hash(model)


def test_weights_of_another_network_are_refused_and_change_nothing(tmp_path):
    save_weights(student(), tmp_path / "own")
    save_weights(DigitCNN(), tmp_path / "author")
    nine = student(classes=9)
    before = weights_hash(nine)
    for name, told in (
        ("own", r"this Student: out.1.weight is \(10, 144\) in the file, \(9, 144\) in the model"),
        ("author", r"this Student: features.first.weight is none in the file, \(4, 1, 5, 5\) in the model"),
    ):
        with pytest.raises(CheckpointError, match=f"{name}: weights of another network than {told}"):
            load_weights(tmp_path / name, nine)
    assert weights_hash(nine) == before
    with pytest.raises(CheckpointError, match="nothing: not weights of a network"):
        (tmp_path / "nothing").write_bytes(b"")
        load_weights(tmp_path / "nothing", nine)
    assert load_weights(tmp_path / "author", DigitCNN(seed=2)).conv1.weight.equal(DigitCNN().conv1.weight)


@pytest.mark.parametrize(
    "settings, told",
    [
        ({"crop": 2}, "crop 0 in the file, 2 here"),
        ({"pools": (1, 5)}, r"pools \(3, 5\) in the file, \(1, 5\) here"),
    ],
)
def test_weights_of_another_network_of_the_same_shapes_are_refused(tmp_path, settings, told):
    save_weights(DigitCNN(), tmp_path / "author")
    model = DigitCNN(**settings, seed=2)
    before = weights_hash(model)
    with pytest.raises(CheckpointError, match=f"of another network than this DigitCNN: {told}$"):
        load_weights(tmp_path / "author", model)
    assert weights_hash(model) == before
    again = load_weights(tmp_path / "author", DigitCNN(dropout=0.0))  # another chance, the same network
    assert weights_hash(again) == weights_hash(DigitCNN())


def test_weights_are_not_rounded_on_their_way_through_a_file(tmp_path):
    fine = DigitCNN().double()
    torch.nn.utils.vector_to_parameters(
        torch.nn.utils.parameters_to_vector(fine.parameters()) + 1e-12, fine.parameters()
    )
    save_weights(fine, tmp_path / "fine")
    save_weights(DigitCNN(), tmp_path / "coarse")
    assert weights_hash(load_weights(tmp_path / "fine")) == weights_hash(fine)
    assert weights_hash(load_weights(tmp_path / "fine", DigitCNN().double())) == weights_hash(fine)
    model = DigitCNN(seed=2)
    before = weights_hash(model)
    with pytest.raises(CheckpointError, match="weight is torch.float64 in the file and torch.float32 in the"):
        load_weights(tmp_path / "fine", model)
    assert weights_hash(model) == before
    wide = load_weights(tmp_path / "coarse", DigitCNN(seed=2).double())  # which rounds nothing
    assert weights_hash(wide) == weights_hash(DigitCNN().double())


def test_scores_that_happen_to_be_normalised_at_first_get_a_log_softmax(digits):
    """As those of a last layer of zeros that begins with the shares of the digits. Without a log-softmax its
    loss would fall for ever."""

    def begun(*end):
        linear = torch.nn.Linear(784, 10)
        torch.nn.init.zeros_(linear.weight)
        torch.nn.init.constant_(linear.bias, -math.log(10))
        return torch.nn.Sequential(torch.nn.Flatten(), linear, *end)

    recipe = Recipe(epochs=3, learning_rate=0.1)
    _, plain = quick(digits, recipe, model=begun())
    _, sure = quick(digits, recipe, model=begun(torch.nn.LogSoftmax(dim=1)))
    for column in ("train_loss", "held_out_loss"):
        np.testing.assert_allclose(plain.epochs[column], sure.epochs[column], rtol=1e-5)


def test_a_network_is_as_it_was_when_its_scores_have_been_looked_at(digits):
    class Own(torch.nn.Module):  # its log-softmax is no layer
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Sequential(*list(DigitCNN())[:-1])

        def forward(self, images):
            return torch.log_softmax(self.body(images), dim=1)

    model = Own()
    before = weights_hash(model)
    quick(digits, Recipe(epochs=0), model=model)
    assert weights_hash(model) == before
    _, own = quick(digits, SHORT, model=model)
    _, known = quick(digits, SHORT)
    assert figures(own).equals(figures(known))  # it is read as it is: to the last bit


@pytest.mark.parametrize(
    "name, value, error, takes",
    [
        ("checkpoint", 5, TypeError, "a file, or None"),
        ("checkpoint_seconds", "x", TypeError, "one number from 0 to inf"),
        ("checkpoint_seconds", None, TypeError, "one number from 0 to inf"),
        ("checkpoint_seconds", -3, ValueError, "one number from 0 to inf"),
        ("checkpoint_seconds", math.nan, ValueError, "one number from 0 to inf"),
    ],
)
def test_a_wrong_place_or_time_for_checkpoints_is_refused_before_the_first_step(
    digits, name, value, error, takes
):
    model = DigitCNN()
    with pytest.raises(error, match=f"^{name}: got .*; takes {takes}$"):
        fit(model, digits, SHORT, device="cpu", progress=False, **{name: value})
    assert weights_hash(model) == weights_hash(DigitCNN())


def with_nan():
    model = student()
    model.out[1].bias.data[3] = math.nan
    return model


def flat(classes, *more):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, classes), *more)


@pytest.mark.parametrize(
    "model, told",
    [
        (flat(9), r"got a Sequential that answers \(\d+, 9\) to \(\d+, 1, 28, 28\); takes one whose answer"),
        (
            torch.nn.Linear(784, 10),
            r"got a Linear that does not take images \(\d+, 1, 28, 28\) .RuntimeError: ",
        ),
        (with_nan(), r"got a Student that answers \[.*nan.*\] to image 0; takes"),
        (DigitCNN().to("meta"), "lies on meta; takes a network whose weights have numbers"),
        (torch.nn.Sequential(flat(10), torch.nn.Linear(10, 10, device="meta")), "lies on cpu and meta"),
    ],
)
def test_a_network_that_does_not_fit_is_told_why(digits, model, told):
    with pytest.raises(ValueError, match=f"^model: {told}"):
        evaluate(model, digits.test_images, digits.test_labels)
    with pytest.raises(ValueError, match=f"^model: {told}"):
        quick(digits, model=model)


def test_what_cannot_be_trained_yet_is_told_what_it_lacks(digits):
    with pytest.raises(
        ValueError, match=r"^model: its 1.weight, 1.bias have no shape yet; send it one image"
    ):
        quick(digits, model=torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(10)))
    with pytest.raises(ValueError, match="^model: its weights are torch.bfloat16; takes float32 or float64"):
        quick(digits, model=flat(10).bfloat16())

    class Noted(Student):
        def get_extra_state(self):
            return {"made": "by hand"}

    with pytest.raises(
        ValueError, match="^model: got a Noted with _extra_state in its state, no tensor; takes"
    ):
        quick(digits, model=Noted())

    class Detached(Student):
        def forward(self, images):
            return super().forward(images).detach()

    with pytest.raises(ValueError, match="^model: got a Detached whose answer has no gradient .*detach"):
        quick(digits, model=Detached())


def test_a_history_shows_its_epochs_and_no_weights(digits):
    _, history = quick(digits, Recipe(epochs=2))
    for shown in (repr(history), history._repr_html_()):
        assert "tensor" not in shown and "held_out_accuracy" in shown and "held out: validation" in shown
        assert len(shown) < 3000
    assert len(repr(history).splitlines()) == 4


def test_weights_of_any_precision_have_a_hash():
    for kind in (torch.bfloat16, torch.float16, torch.float32):
        model = flat(10).to(kind)
        before = weights_hash(model)
        with torch.no_grad():
            model[1].bias[3] += 1
        assert weights_hash(model) != before


def test_each_part_of_a_network_keeps_its_mode(digits):
    """A frozen batch norm within a model that trains."""
    model = student().train()
    model.features["norm"].eval()
    evaluate(model, digits.test_images, digits.test_labels)
    assert model.training and model.out[0].training and not model.features["norm"].training


def test_a_network_that_draws_when_it_predicts_changes_no_draws_of_others(digits):
    class Drawing(Student):
        def forward(self, images):
            return super().forward(images + torch.rand(()))

    with torch.random.fork_rng():
        torch.manual_seed(3)
        quick(digits, Recipe(epochs=0), model=Drawing())
        torch.manual_seed(3)
        before = torch.get_rng_state()
        quick(digits, Recipe(epochs=0), model=student())
        assert torch.equal(torch.get_rng_state(), before)
