"""How a model reads one drawing: what it is given, what it answers, and what it does not answer."""

import base64
import io
import re
import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from s6lib import drawings, mnist, preparation, report, results


@pytest.fixture(scope="module")
def model():
    return results.network("author")


SEVEN = drawings.rasterise(drawings.digit(7))


def test_reads_a_drawing_as_the_model_does(model):
    reading = report.read(model, SEVEN)
    image = mnist.from_drawing(SEVEN)
    np.testing.assert_array_equal(reading.image, image)
    with torch.no_grad():
        right = model((torch.from_numpy(image)[None, None].float() / 255 - mnist.MEAN) / mnist.STD)
    np.testing.assert_allclose(reading.probabilities, right[0].double().exp(), atol=1e-6)
    assert (reading.digit, reading.said, reading.sure) == (7, "", True)
    assert reading.probabilities.sum() == pytest.approx(1)
    assert re.fullmatch(r"Reading\(7, \d\d\.\d%\)|Reading\(7, 100\.0%\)", repr(reading))


@pytest.mark.parametrize("training", [True, False])
def test_leaves_the_model_as_it_was(model, training):
    model.train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    answers = [report.read(model, SEVEN).probabilities for _ in range(2)]
    np.testing.assert_array_equal(*answers)  # no dropout
    assert model.training == training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    model.eval()


def test_scores_log_probabilities_and_probabilities_mean_the_same(model):
    scores = report.read(nn.Sequential(*list(model)[:-1]), SEVEN).probabilities  # without its log-softmax
    shares = report.read(nn.Sequential(*list(model)[:-1], nn.Softmax(dim=1)), SEVEN).probabilities
    for other in (scores, shares, report.read(model.double(), SEVEN).probabilities):
        np.testing.assert_allclose(other, report.read(model, SEVEN).probabilities, atol=1e-6)
    model.float()


class Always(nn.Module):
    """A model that gives the same answer to anything, without a parameter."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, inputs):
        return self.answer


CERTAIN = torch.tensor([[50.0, *[0.0] * 9]])


@pytest.mark.parametrize(
    "strokes, said",
    [
        ([], "nothing"),
        ([(18, [[60, 60]])], "a dot"),
        ([(160, [[140, 140]])], "a blot"),
        ([(18, [[60, 140], [220, 140]])], "a line that lies"),
        ([(5, np.random.default_rng(1).uniform(40, 240, (60, 2)))], "a scribble"),
    ],
)
def test_what_is_no_digit_gets_no_digit(strokes, said):
    reading = report.read(Always(CERTAIN), drawings.rasterise(strokes))
    assert (reading.digit, reading.said, reading.sure) == (None, said, False)
    assert reading.probabilities[0] == pytest.approx(1), "what the model says of it is not hidden"
    assert repr(reading) == f"Reading(no digit: {said})"
    assert f"no digit: {said}" in reading._repr_html_()


def test_is_not_sure_of_what_is_cut_off_or_hardly_likely():
    cut = drawings.rasterise(drawings.digit(7, at=(140, 40)))
    reading = report.read(Always(CERTAIN), cut)
    assert (reading.digit, reading.said, reading.sure) == (0, preparation.CUT_OFF, False)
    assert repr(reading) == "Reading(perhaps 0, 100.0%: something that the border cuts off)"
    for share, sure in ((0.899, False), (0.901, True)):
        likely = Always(torch.tensor([[*[(1 - share) / 9] * 9, share]]))
        assert report.read(likely, SEVEN)[0::4] == (9, sure)
    assert repr(report.read(Always(torch.zeros(1, 10)), SEVEN)) == "Reading(perhaps 0, 10.0%)"


def test_warns_of_dark_ink_that_is_not_turned_round(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        light = report.read(model, SEVEN, ground=False)
        turned = report.read(model, 255 - SEVEN)
    np.testing.assert_array_equal(turned.image, light.image)
    with pytest.warns(
        UserWarning, match="image: dark ink on a light ground, .* do not leave the step"
    ) as told:
        dark = report.read(model, 255 - SEVEN, ground=False)
    assert told[0].filename == __file__
    assert (dark.said, dark.sure) == (report.DARK, False)


def test_each_step_can_be_left_out(model):
    for step in preparation.STEPS:
        image = report.read(model, SEVEN, **{step: False}).image
        np.testing.assert_array_equal(image, mnist.from_drawing(SEVEN, **{step: False}))


def test_a_notebook_shows_the_image_and_ten_probabilities(model):
    reading = report.read(model, Image.fromarray(255 - SEVEN))
    shown = reading._repr_html_()
    mask = re.search(r"mask:url\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", shown)[1]
    picture = Image.open(io.BytesIO(base64.b64decode(mask)))
    np.testing.assert_array_equal(
        np.asarray(picture)[..., 1], reading.image
    )  # ink is what is not seen through
    rows = re.findall(r'<th scope="row">(\d)</th><td>([\d.]+)%', shown)
    assert [int(digit) for digit, _ in rows] == list(range(10))
    np.testing.assert_allclose([float(each) / 100 for _, each in rows], reading.probabilities, atol=6e-4)


@pytest.mark.parametrize(
    "change, error, told",
    [
        ({"model": "author"}, TypeError, "model: got str; takes a network"),
        ({"model": Always(torch.zeros(1, 9))}, ValueError, r"answers \(1, 9\)"),
        ({"model": Always(torch.zeros(10))}, ValueError, r"answers \(10,\)"),
        ({"model": Always(None)}, ValueError, "answers NoneType"),
        ({"model": Always(torch.full((1, 10), torch.nan))}, ValueError, r"answers \[nan"),
        ({"image": np.full((28, 28), np.nan)}, ValueError, r"image: got nan at \[0, 0\]"),
        ({"image": np.full((28, 28), -0.42)}, ValueError, r"image: got -0.42 at \[0, 0\]"),
        ({"image": np.zeros((3, 5, 28, 28))}, ValueError, r"image: got shape \(3, 5, 28, 28\)"),
        ({"gray": False}, ValueError, "steps: got 'gray'; takes one of 'ground', 'box', 'grey', 'centre'"),
        ({"grey": 1}, ValueError, "grey: got 1; takes one of True, False"),
    ],
)
def test_refuses_what_does_not_fit(change, error, told):
    with pytest.raises(error, match=told):
        report.read(**{"model": Always(CERTAIN), "image": SEVEN} | change)
