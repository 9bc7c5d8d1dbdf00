"""The bundled digits in JavaScript against those of `s6lib.mnist`: every pixel, every label."""

import base64
import json
import re

import numpy as np
import pytest
from modules import WIDGETS, run

from s6lib import mnist
from s6lib.widgets import join
from s6lib.widgets.digits.data import bundled

DATA = join.module(WIDGETS / "digits" / "data.js")
BASE64 = "const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));\n"


def test_every_pixel_of_every_digit_is_that_of_mnist():
    found = run(
        f"const {{ train, test }} = digitsOf({json.dumps(bundled())});\n{BASE64}"
        "return [train.images, train.labels, test.images, test.labels].map(base64);",
        DATA,
    )
    for text, right in zip(found, mnist.load_digits("bundled")[:4]):
        values = np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(right.shape)
        np.testing.assert_array_equal(values, right)


def test_they_are_normalised_as_by_mnist():
    grey = np.zeros((1, 28, 28), dtype=np.uint8)
    grey.flat[:256] = range(256)
    found = run(f"return [...normalise({grey.ravel().tolist()})];", DATA)
    np.testing.assert_allclose(found, mnist.normalise(grey).ravel(), rtol=0, atol=3e-7)


def test_the_test_set_is_as_large_and_the_normalisation_the_same():
    assert run("return [HELD_OUT, MEAN, DEVIATION];", DATA) == [mnist.BUNDLED_TEST, mnist.MEAN, mnist.STD]


@pytest.mark.parametrize(
    "change",
    ["text.slice(0, -1)", "text + '0'", "text.replace('q', 'r')", "text.slice(65 * 1700)", "''", "7"],
)
def test_refuses_another_text(change):
    said = run(
        f"const text = {json.dumps(bundled())};\n"
        f"try {{ digitsOf({change}); }} catch (error) {{ return error.message; }}",
        DATA,
    )
    assert re.fullmatch(r"digits: got (no|\d+) letters; takes the text that data.py makes", said)
