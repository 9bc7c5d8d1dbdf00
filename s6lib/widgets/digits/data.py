"""The bundled digits as one text, which data.js unpacks and enlarges to the images of `s6lib.mnist`."""

from functools import cache

import numpy as np

from s6lib import checks


@cache
def bundled():
    """Return the 1,797 digits as a text: of each its label and 64 letters by rows, "a" for 0 to "q" for 16.

    Enlarged, a pixel may come out as exactly half a grey level, and how PyTorch's float32 rounds that depends
    on its last bit. So after a dot stands a bit for each of these pixels, in their order, 1 where it went up,
    four to a letter, the first of them the lowest.
    """
    with checks.extra("cnn"):
        from sklearn.datasets import load_digits

        from s6lib import mnist

    raw, digits = load_digits(), mnist.load_digits("bundled")
    letters = "".join(
        f"{label}{bytes(values.astype(np.uint8) + ord('a')).decode()}"
        for label, values in zip(raw.target, raw.data)
    )
    tenths = np.maximum(0, 4 * np.arange(20) - 3)
    between = np.zeros((20, 8))
    for place, (first, rest) in enumerate(zip(*np.divmod(tenths, 10))):
        between[place, first] += 10 - rest
        between[place, min(first + 1, 7)] += rest
    grey = 51 * (between @ raw.images @ between.T)  # 320 for each grey level
    images = np.concatenate([digits.train_images, digits.test_images])[:, 4:24, 4:24]
    halves = grey % 320 == 160
    up = (images[halves] > grey[halves] / 320).astype(int)
    up = np.pad(up, (0, -len(up) % 4)).reshape(-1, 4) @ [1, 2, 4, 8]
    return f"{letters}.{''.join(f'{four:x}' for four in up)}"
