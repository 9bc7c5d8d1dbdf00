"""s6lib.augmentation against SciPy's interpolation, a pixel at a time and no batches."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform, map_coordinates

from s6lib.augmentation import augment


@pytest.mark.parametrize("height, width", [(28, 28), (20, 26)])
def test_each_image_is_moved_by_its_own_draws(height, width):
    images = torch.rand(6, 1, height, width, dtype=torch.float64)
    images[:, :, :6], images[:, :, -6:], images[:, :, :, :6], images[:, :, :, -6:] = [
        -0.4
    ] * 4  # a wide ground
    torch.manual_seed(5)
    moved = augment(images, shift=2, rotation=15, zoom=0.1)

    torch.manual_seed(5)  # the same draws, in the order of the docstring: angle, zoom, across, down
    angles, zooms, rights, downs = (
        limit * (2 * torch.rand(6, dtype=torch.float64).numpy() - 1)
        for limit in (math.radians(15), 0.1, 2, 2)
    )
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    for image, new, a, z, right, down in zip(images, moved, angles, zooms, rights, downs):
        matrix = (1 + z) * np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])  # of (row, column)
        offset = middle + [down, right] - matrix @ middle
        expected = affine_transform(image[0].numpy(), matrix, offset, order=1, mode="constant", cval=-0.4)
        np.testing.assert_allclose(new[0], expected, rtol=0, atol=1e-9)


def cubic(points, size):
    """(size, points): how much each point counts at each pixel, by cubic convolution (Keys, 1981) with a =
    -3/4."""
    weights = np.zeros((size, points))
    for pixel in range(size):
        place = pixel * (points - 1) / (size - 1)
        for node in range(int(place) - 1, int(place) + 3):
            d = abs(place - node)
            share = (1.25 * d - 2.25) * d * d + 1 if d <= 1 else -0.75 * (((d - 5) * d + 8) * d - 4)
            weights[pixel, min(max(node, 0), points - 1)] += share
    return weights


@pytest.mark.parametrize("height, width", [(28, 28), (20, 26)])
def test_each_image_is_bent_by_its_own_surface(height, width):
    images = torch.rand(3, 1, height, width, dtype=torch.float64)
    images[:, :, :5], images[:, :, -5:], images[:, :, :, :5], images[:, :, :, -5:] = [-0.4] * 4
    torch.manual_seed(5)
    bent = augment(images, elastic=0.8)

    torch.manual_seed(5)
    for _ in range(4):  # angle, zoom, across and down are drawn first, and are all nought here
        torch.rand(3, dtype=torch.float64)
    nodes = (
        0.8 * torch.randn(3, 2, 5, 5, dtype=torch.float64).numpy()
    )  # (image, across or down, 5, 5), in pixels
    assert np.abs(nodes).max() > 1
    pixels = np.indices((height, width)).astype(float)
    for image, new, (right, down) in zip(images, bent, nodes):
        down, right = (cubic(5, height) @ each @ cubic(5, width).T for each in (down, right))
        expected = map_coordinates(
            image[0].numpy(), pixels + [down, right], order=1, mode="constant", cval=-0.4
        )
        np.testing.assert_allclose(new[0], expected, rtol=0, atol=1e-9)


def test_nothing_asked_for_changes_nothing():
    images = torch.rand(3, 1, 28, 28)
    torch.testing.assert_close(augment(images), images, rtol=0, atol=1e-5)


def test_the_batch_is_left_as_it_was_and_the_draws_differ():
    images = torch.rand(1, 1, 28, 28).repeat(4, 1, 1, 1)
    before = images.clone()
    moved = augment(images, shift=1, rotation=5)
    assert torch.equal(images, before) and moved.shape == images.shape and moved.dtype == images.dtype
    assert not torch.allclose(moved[0], moved[1], atol=1e-3)


@pytest.mark.parametrize(
    "given, told",
    [
        ({"shift": math.nan}, "shift: got nan; takes one number from 0 to 14"),
        ({"rotation": "x"}, "rotation: got 'x'"),
        ({"zoom": 1}, "zoom: got 1; takes one number, at least 0 and below 1"),
        ({"elastic": -1}, "elastic: got -1; takes one number from 0 to 14"),
        ({"images": torch.zeros(3, 28, 28)}, r"images: got shape \(3, 28, 28\); takes \(N, 1, H, W\)"),
    ],
)
def test_what_moves_no_image_is_refused(given, told):
    with pytest.raises((TypeError, ValueError), match=f"^{told}"):
        augment(**{"images": torch.zeros(3, 1, 28, 28), **given})
