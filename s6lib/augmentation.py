"""New images from old ones: each a little shifted, turned, zoomed and bent, a whole batch at once."""

import math
from functools import partial

from s6lib import checks

with checks.extra("cnn"):
    import torch
    from torch.nn.functional import grid_sample, interpolate

#: Along each side of an image, how many points are displaced by chance when it is bent.
NODES = 5
#: What each way to move an image is checked by, in the order of `augment`'s arguments.
CHECKS = {
    "shift": partial(checks.between, low=0, high=14),
    "rotation": partial(checks.between, low=0, high=180),
    "zoom": checks.fraction,
    "elastic": partial(checks.between, low=0, high=14),
}


def augment(
    images: torch.Tensor, shift: float = 0.0, rotation: float = 0.0, zoom: float = 0.0, elastic: float = 0.0
) -> torch.Tensor:
    """Move each of `images` (N, 1, H, W) by chance, and return the new images, as many and as large.

    The new value at a point (x, y), measured from the middle, is the old one at::

        (1 + z) * R(a) (x, y) + (dx, dy) + u(x, y)        R(a): a turn by the angle a

    shift : |dx| and |dy| are at most so many pixels
    rotation : |a| is at most so many degrees
    zoom : |z| is at most this; the image grows where z < 0
    elastic : both coordinates of u are normal, with this standard deviation in pixels, at each of 5 x 5
        points spread over the image, and a bicubic surface in between: the image is bent
        (Simard, Steinkraus and Platt, *Best practices for convolutional neural networks*, 2003)

    The first four are drawn evenly, all of them anew for each image, on the images' device, from
    PyTorch's global generator. Between pixels the values are interpolated linearly; beyond the edge the
    image is continued by the value of its top left pixel, which in MNIST is always ground.

    Raises TypeError or ValueError, by name, for images of another form, and for what no `Recipe` takes.
    """
    if images.ndim != 4 or images.shape[1] != 1:
        raise ValueError(f"images: got shape {tuple(images.shape)}; takes (N, 1, H, W)")
    given = zip(CHECKS, (shift, rotation, zoom, elastic))
    shift, rotation, zoom, elastic = (CHECKS[name](name, value) for name, value in given)
    count, _, height, width = images.shape
    like = {"device": images.device, "dtype": images.dtype}

    def even(limit):
        return limit * (2 * torch.rand(count, 1, 1, **like) - 1)

    angle, scale, right, down = even(math.radians(rotation)), 1 + even(zoom), even(shift), even(shift)
    cosine, sine = scale * torch.cos(angle), scale * torch.sin(angle)
    x = torch.arange(width, **like) - (width - 1) / 2  # (W,), pixels from the middle
    y = (torch.arange(height, **like) - (height - 1) / 2).unsqueeze(1)  # (H, 1)
    old_x, old_y = (cosine * x + right) - sine * y, sine * x + (cosine * y + down)  # (N, H, W)
    if elastic:
        at_nodes = elastic * torch.randn(count, 2, NODES, NODES, **like)
        bend = interpolate(at_nodes, size=(height, width), mode="bicubic", align_corners=True)  # (N, 2, H, W)
        old_x, old_y = old_x + bend[:, 0], old_y + bend[:, 1]
    # grid_sample measures from -1 to 1 along each side, whatever its length in pixels.
    grid = torch.stack([old_x * (2 / width), old_y * (2 / height)], dim=-1)  # (N, H, W, 2)
    ground = images[:, :, :1, :1]
    return grid_sample(images - ground, grid, padding_mode="zeros", align_corners=False) + ground
