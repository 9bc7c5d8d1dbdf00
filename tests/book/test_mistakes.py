"""The recorded mistakes: each wrong function is what its name says, and the table is of these functions."""

import itertools

import mistakes as study
import numpy as np
import pytest
import torch
from torch.nn.functional import nll_loss

from s6lib import layers, mnist, results
from s6lib.cnn import NETWORKS, DigitCNN

MADE = study.chapter()
TABLE = results.table("mistakes")


def test_the_table_is_of_the_functions_that_the_page_shows():
    assert results.about("mistakes")["mistakes"] == study.fingerprint(), (
        "the chapter's mistakes have changed since they were recorded: remove the table and run "
        "python studies/mistakes.py"
    )


def test_every_run_is_there_once_with_all_its_epochs():
    runs = TABLE.groupby(["seed", "mistake", "network"])["epoch"].apply(list).to_dict()
    assert set(runs) == {
        (seed, *run) for seed, run in itertools.product(study.SEEDS, study.runs(MADE["MISTAKES"]))
    }
    for (_, mistake, _), epochs in runs.items():
        assert epochs == [*range(1, study.EPOCHS + 1)][: len(epochs)]
        assert len(epochs) == study.EPOCHS or mistake == "sum, not mean"
    assert TABLE["correct"].between(0, TABLE["total"]).all() and (TABLE["total"] == 500).all()


def test_the_right_gradient_is_that_of_pytorch():
    """The first recorded epoch once more, by PyTorch, which shares nothing but weights and batches."""
    digits = mnist.load_digits("bundled")
    images, answers = mnist.normalise(digits.train_images), digits.train_labels
    model = DigitCNN(**NETWORKS["slim"], seed=1)  # without dropout: no masks to share
    optimizer = torch.optim.SGD(model.parameters(), study.LEARNING_RATES[0], study.MOMENTUM)
    order = torch.from_numpy(np.random.default_rng(1).permutation(len(images)))
    losses = []
    for chosen in order.split(study.BATCH_SIZE):
        optimizer.zero_grad()
        loss = nll_loss(model(images[chosen]), answers[chosen])
        loss.backward()
        optimizer.step()
        losses.append(loss.item() * len(chosen))
    first = TABLE.query("network == 'slim' and seed == 1 and epoch == 1").set_index("mistake")["loss"]
    off = (first / (sum(losses) / len(images)) - 1).abs()
    # In float32 rounding grows tenfold every few steps; in float64 the two differ by 1e-12.
    assert off["no mistake"] < 0.03 < off["kernel counted once"]


# What the wrong functions are, by autograd ------------------------------------------------------


def some(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def slope_of(forward, x, slope):
    """What PyTorch hands back through `forward`."""
    point = torch.tensor(x, requires_grad=True)
    (forward(point) * torch.tensor(slope)).sum().backward()
    return point.grad.numpy()


def test_a_kernel_that_is_not_turned_over_is_turned_over_too_often():
    """Turned over before, the right function gives what the wrong one gives."""
    x, weight, slope = some(2, 3, 4, 4), some(5, 3, 3, 3, seed=1), some(2, 5, 4, 4, seed=2)
    wrong = MADE["not_turned_over"](slope, x, weight, 1, 1)
    turned = torch.tensor(weight).flip(2, 3)
    right = slope_of(lambda x: torch.nn.functional.conv2d(x, turned, padding=1), x, slope)
    np.testing.assert_allclose(wrong[0], right, atol=1e-12)
    for each, there in zip(wrong[1:], layers.convolution_gradient(slope, x, weight)[1:]):
        np.testing.assert_array_equal(each, there)


def test_one_path_is_a_batch_norm_whose_mean_and_variance_are_detached():
    x, scale, slope = some(4, 3, 2, 2), some(3, seed=1), some(4, 3, 2, 2, seed=2)

    def forward(x):
        mean, variance = x.mean(dim=(0, 2, 3)).detach(), x.var(dim=(0, 2, 3), correction=0).detach()
        return torch.nn.functional.batch_norm(x, mean, variance, torch.tensor(scale))

    np.testing.assert_allclose(MADE["one_path"](slope, x, scale)[0], slope_of(forward, x, slope), atol=1e-12)
    running = some(3, seed=3), some(3, seed=4) ** 2  # in evaluation nothing is wrong
    for each, there in zip(
        MADE["one_path"](slope, x, scale, *running), layers.batch_norm_gradient(slope, x, scale, *running)
    ):
        np.testing.assert_array_equal(each, there)


@pytest.mark.parametrize("name, total", [("to_all_four", 4), ("to_the_first", 1), ("to_all_that_tie", 1)])
def test_a_wrong_pool_hands_on_so_many_times_the_slope(name, total):
    slope = some(2, 3, 2, 2)
    squares = MADE[name](slope, some(2, 3, 4, 4)).reshape(2, 3, 2, 2, 2, 2)
    np.testing.assert_allclose(squares.sum(axis=(3, 5)), total * slope)


def test_all_that_tie_is_right_where_none_do():
    x, slope = some(2, 3, 4, 4), some(2, 3, 2, 2, seed=1)
    right = slope_of(torch.nn.MaxPool2d(2), x, slope)
    np.testing.assert_array_equal(MADE["to_all_that_tie"](slope, x), right)
    np.testing.assert_array_equal(MADE["to_all_that_tie"](slope, 0 * x), MADE["to_all_four"](slope, x))


def test_a_kernel_counted_once_has_the_share_of_its_last_use():
    """Of its two uses PyTorch keeps one where the other convolution is detached."""
    model = DigitCNN(**NETWORKS["slim"], seed=1).double()
    state = {name: value.numpy() for name, value in model.state_dict().items()}
    images, answers = torch.tensor(some(4, 1, 28, 28)), torch.tensor([3, 1, 4, 1])
    with MADE["with_mistake"]("kernel counted once"):
        wrong = layers.gradient(state, images.numpy(), answers.numpy(), model.settings, training=True)
    held = torch.nn.Conv2d(20, 20, 3, padding=1).double().requires_grad_(False)
    held.load_state_dict(model.conv3.state_dict())
    model.conv3 = held  # conv4 is the shared one still
    nll_loss(model(images), answers).backward()
    np.testing.assert_allclose(wrong["conv4.weight"], model.conv4.weight.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(wrong["conv1.weight"], model.conv1.weight.grad.numpy(), atol=1e-12)
