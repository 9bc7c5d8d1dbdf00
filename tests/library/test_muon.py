"""Steps as long in every direction: NumPy's decomposition and PyTorch's own Muon are the referees."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.fit import fit
from s6lib.mnist import load_digits
from s6lib.muon import Muon, kernels, orthogonal
from s6lib.recipe import Recipe


def lengths(matrix):
    return np.linalg.svd(matrix, compute_uv=False)


@pytest.mark.parametrize("shape", [(4, 9), (8, 36), (32, 216), (96, 32), (39, 39), (1, 5), (5, 1)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_directions_stay_and_lengths_come_near_to_1(shape, size):
    matrix = size * torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    u, before, v = np.linalg.svd(matrix.numpy(), full_matrices=False)
    turned = u.T @ orthogonal(matrix).numpy() @ v.T  # diagonal where the directions are the same
    after = np.diag(turned)
    np.testing.assert_allclose(turned, np.diag(after), atol=1e-9)
    seen = before / np.linalg.norm(before) > 0.005  # what is far smaller is not brought all the way
    assert seen.any() and (after[seen] > 0.68).all() and (after < 1.21).all()


def test_a_gradient_of_nothing_is_no_step():
    assert torch.equal(orthogonal(torch.zeros(3, 5)), torch.zeros(3, 5))


def test_only_kernels_that_mix_channels_are_moved_and_a_shared_one_once():
    model = DigitCNN(**NETWORKS["tiny"])
    found = {
        name for name, weights in model.named_parameters() if any(weights is each for each in kernels(model))
    }
    assert found == {"conv1.weight", "conv2.pointwise.weight", "shortcut3.conv3.pointwise.weight"}
    shared = DigitCNN(**NETWORKS["slim"])
    assert len(kernels(shared)) == 3 and shared.conv3 is shared.conv4
    assert [each.shape for each in kernels(DigitCNN(**NETWORKS["swift"]))] == [
        (16, 1, 4, 4), (32, 16, 3, 3), (96, 32, 3, 3)
    ]  # fmt: skip
    assert kernels(nn.Linear(2, 2)) == []


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="PyTorch 2.8 and before have no Muon")
@pytest.mark.parametrize("shape", [(6, 10), (12, 5)])
@pytest.mark.parametrize("momentum, nesterov", [(0.0, False), (0.6, True), (0.9, True), (0.9, False)])
def test_a_step_is_pytorchs(shape, momentum, nesterov):
    """PyTorch's takes matrices, rounds to 16 bits on the way, and leaves the length of the weights alone."""
    draw = torch.Generator().manual_seed(1)
    mine, theirs = (nn.Parameter(torch.empty(shape)) for _ in range(2))
    own = Muon([{"params": [mine], "muon": 0.5}], 0.2, momentum, nesterov=nesterov)
    other = torch.optim.Muon(
        [theirs], 0.1, weight_decay=0, momentum=momentum, nesterov=nesterov,
        adjust_lr_fn="match_rms_adamw",
    )  # fmt: skip
    like_ours = 0.2 * math.sqrt(max(shape))  # by which that lengthens a step
    for _ in range(4):
        gradient = torch.randn(shape, generator=draw)
        with torch.no_grad():
            mine.normal_(generator=draw).mul_(math.sqrt(len(mine)) / mine.norm())
            theirs.copy_(mine)
        before, mine.grad, theirs.grad = mine.detach().clone(), gradient, gradient.clone()
        own.step()
        other.step()
        torch.testing.assert_close(
            mine.detach() - before, (theirs.detach() - before) / like_ours, rtol=0.05, atol=4e-3
        )
        assert mine.grad is gradient


def test_a_kernel_keeps_its_length_up_to_the_step_and_all_else_moves_as_in_sgd():
    draw = torch.Generator().manual_seed(2)
    kernel = nn.Parameter(torch.randn(4, 2, 3, 3, generator=draw))
    others = [nn.Parameter(torch.randn(5, generator=draw)) for _ in range(2)]
    own = Muon([{"params": [others[0]]}, {"params": [kernel], "muon": 0.3}], 0.1, 0.9, nesterov=True)
    sgd = torch.optim.SGD([others[1]], 0.1, 0.9, nesterov=True)
    others[1].data.copy_(others[0].data)
    velocity = 0.0
    for _ in range(5):
        kernel.grad = torch.randn(kernel.shape, generator=draw)
        others[0].grad = torch.randn(5, generator=draw)
        others[1].grad = others[0].grad.clone()
        before = kernel.detach().clone()
        velocity = 0.9 * velocity + kernel.grad.double().numpy()
        own.step()
        sgd.step()
        assert torch.equal(others[0], others[1])
        start = before * (math.sqrt(4) / before.norm())
        step = (start - kernel.detach()).flatten(1).double().numpy() / (0.1 * 0.3)
        assert ((lengths(step) > 0.65) & (lengths(step) < 1.25)).all()
        # Along U V' of what it looks ahead to, found by NumPy: a matrix of it that is positive, and no other.
        u, _, v = np.linalg.svd((kernel.grad.numpy() + 0.9 * velocity).reshape(4, -1), full_matrices=False)
        np.testing.assert_allclose(u.T @ step @ v.T, np.diag(np.diag(u.T @ step @ v.T)), atol=2e-4)
        assert (np.diag(u.T @ step @ v.T) > 0.65).all()


def test_a_kernel_of_zeros_stays_finite():
    kernel = nn.Parameter(torch.zeros(3, 1, 3, 3))
    kernel.grad = torch.zeros_like(kernel)
    Muon([{"params": [kernel], "muon": 1.0}], 0.1, 0.9).step()
    assert kernel.isfinite().all()


def test_a_recipe_with_it_moves_kernels_by_it_and_the_rest_by_sgd():
    """One step of `fit`, from its own weights."""
    digits = load_digits("bundled")
    plain = Recipe(epochs=1, batch_size=10_000, learning_rate=0.05)
    models = {}
    for recipe in (plain, replace(plain, muon=0.3)):
        models[recipe.muon] = DigitCNN()
        fit(models[recipe.muon], digits, recipe, device="cpu", progress=False)
    moved = {id(each) for each in kernels(models[0.3])}
    for (name, sgd), muon, start in zip(
        models[0.0].named_parameters(), models[0.3].parameters(), DigitCNN().parameters(), strict=True
    ):
        if id(muon) not in moved:
            assert torch.equal(sgd, muon), name
        else:
            scaled = start.detach() * (math.sqrt(len(start)) / start.detach().norm())
            step = (scaled - muon.detach()).flatten(1) / (0.05 * 0.3)
            assert 0.65 < lengths(step.numpy()).max() < 1.25, name
            assert ((start - sgd).detach().flatten(1) * step).sum() > 0, name  # SGD's is along the gradient


def test_a_network_without_such_kernels_is_told():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    with pytest.raises(ValueError, match="^muon: got 0.3 for a Sequential without an nn.Conv2d of one group"):
        fit(flat, load_digits("bundled"), Recipe(epochs=1, muon=0.3), device="cpu", progress=False)


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated")
def test_a_kernel_that_is_computed_is_left_to_sgd():
    """PyTorch's older `weight_norm` makes the weight anew of two parameters."""
    layer = torch.nn.utils.weight_norm(nn.Conv2d(1, 2, 3))
    assert kernels(layer) == []
    assert kernels(torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 2, 3))) == []


def test_a_closure_finds_the_gradients_of_the_same_step():
    draw = torch.Generator().manual_seed(3)
    start, gradient = torch.randn(4, 2, 3, 3, generator=draw), torch.randn(4, 2, 3, 3, generator=draw)
    by_closure, plain = nn.Parameter(start.clone()), nn.Parameter(start.clone())

    def closure():
        by_closure.grad = gradient.clone()
        return 7.0

    assert Muon([{"params": [by_closure], "muon": 0.3}], 0.1, 0.9).step(closure) == 7.0
    plain.grad = gradient.clone()
    Muon([{"params": [plain], "muon": 0.3}], 0.1, 0.9).step()
    assert torch.equal(by_closure, plain) and not torch.equal(plain, start)


def test_what_is_no_kernel_or_no_length_is_refused():
    with pytest.raises(
        ValueError, match=r"^params: got one of shape \(3,\) with muon 0.3; takes those of two"
    ):
        Muon([{"params": [nn.Parameter(torch.zeros(3))], "muon": 0.3}], 0.1)
    with pytest.raises(ValueError, match="^muon: got -0.3"):
        Muon([{"params": [nn.Parameter(torch.zeros(3, 3))], "muon": -0.3}], 0.1)
    optimizer, kernel = (
        Muon([{"params": [nn.Parameter(torch.zeros(2))]}], 0.1),
        nn.Parameter(torch.zeros(3, 3)),
    )
    for name, wrong in {"maximize": True, "dampening": 0.5, "weight_decay": 0.1}.items():
        with pytest.raises(
            ValueError, match=rf"^{name}: got {wrong} with muon 0.3; takes (False|0.0|0) there"
        ):
            optimizer.add_param_group({"params": [kernel], "muon": 0.3, name: wrong})
        assert len(optimizer.param_groups) == 1


def test_a_frozen_kernel_stays_and_a_convolution_of_ones_own_kind_moves():
    class Mine(nn.Conv2d):
        pass

    frozen = nn.Conv2d(1, 2, 3)
    frozen.weight.requires_grad_(False)
    assert kernels(frozen) == [] and len(kernels(Mine(1, 2, 3))) == 1


def test_float64_is_float64_up_to_rounding():
    digits, recipe = load_digits("bundled"), Recipe(epochs=1, batch_size=10_000, muon=0.3)
    single, double = DigitCNN(dropout=0.0), DigitCNN(dropout=0.0).double()
    for model in (single, double):
        fit(model, digits, recipe, device="cpu", progress=False)
    for one, two in zip(single.parameters(), double.parameters(), strict=True):
        torch.testing.assert_close(one.double(), two, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("shape", [(4,), (4, 3, 3, 3)])
def test_what_is_no_matrix_is_refused(shape):
    with pytest.raises(ValueError, match=r"^matrix: got shape \(4,.*; takes \(rows, columns\)$"):
        orthogonal(torch.zeros(shape))
