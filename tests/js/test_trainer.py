"""The trainer's courses in JavaScript against PyTorch; where they run, and what is known of them."""

import base64
import csv
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from modules import NAMES, WIDGETS, run
from torch.nn.functional import grid_sample, nll_loss

from s6lib import drawings, mnist
from s6lib.cnn import NETWORKS, DigitCNN
from s6lib.widgets import join
from s6lib.widgets.digits.data import bundled
from s6lib.widgets.trainer import NETWORKS as OFFERED
from s6lib.widgets.trainer import course as by_torch

COURSE, SESSION, RECORD, ALBUM = (
    join.module(WIDGETS / "trainer" / f"{name}.js") for name in ("course", "session", "record", "album")
)
ENGINE, DATA = (join.module(WIDGETS / "digits" / f"{name}.js") for name in ("engine", "data"))
#: The digits, a course on them, and what it yields driven to its end.
SET_UP = f"""
    const {{ train, test }} = digitsOf({json.dumps(bundled())});
    const learn = {{ images: normalise(train.images), labels: train.labels }};
    const toTheEnd = (slices) => {{
      for (;;) {{ const {{ done, value }} = slices.next(); if (done) return value; }}
    }};
    const losses = (course, count, terms) =>
      Array.from({{ length: count }}, () => toTheEnd(course.step(terms)).loss);
"""
SMALL = DigitCNN(**NETWORKS["small"]).settings


def course(program, **values):
    """What `program` returns, which has the digits, `Course`, and these values by their names."""
    given = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    return run(SET_UP + given + program, COURSE, SESSION, ENGINE, DATA)


def plan(settings=SMALL, **others):
    return {"settings": settings, "seed": 3, "batch": 32, "moves": False, **others}


TERMS = {"rate": 0.01, "momentum": 0.9}


@pytest.mark.parametrize(
    ("numbers", "dtype", "rate", "near"),
    [("Float64Array", torch.float64, 0.01, 1e-9), ("Float32Array", torch.float32, 0.0001, 1e-5)],
)
def test_two_hundred_steps_have_the_losses_of_pytorch(numbers, dtype, rate, near):
    """PyTorch gets the initial weights, the batches and the masks of JavaScript, and trains by them.

    In float32 at a low rate: at 0.01, where a rounding decides which of two values a pool takes and all
    later steps follow, PyTorch's losses in float32 are as far as 0.1 from its own in float64.
    """
    settings = DigitCNN(**NETWORKS["small"] | {"dropout": 0.1}).settings
    found = course(
        f"""
        const course = new Course(plan, learn), state = course.network.state;
        const start = Object.fromEntries(Object.entries(state).map(([name, values]) => [name, [...values]]));
        course.network = networkOf(plan.settings, state, {numbers});
        const batches = [], make = course.batch.bind(course);
        course.batch = () => {{
          const made = make(), at = course.steps % course.epoch * plan.batch;
          const bits = Object.fromEntries(Object.entries(made.masks).map(([name, mask]) =>
            [name, btoa(String.fromCharCode(...mask))]));
          batches.push([course.order.slice(at, at + plan.batch), bits]);
          return made;
        }};
        return {{ start, losses: losses(course, 200, terms), batches }};
        """,
        plan=plan(settings, batch=16),
        terms=TERMS | {"rate": rate},
    )
    digits, model = mnist.load_digits("bundled"), DigitCNN(**settings).to(dtype).train()
    images = (digits.train_images.to(dtype).unsqueeze(1) / 255 - mnist.MEAN) / mnist.STD
    state = model.state_dict()
    for name, values in found["start"].items():
        state[name].copy_(torch.tensor(values, dtype=dtype).reshape(state[name].shape))
    optimizer, losses = torch.optim.SGD(model.parameters(), rate, TERMS["momentum"]), []
    for places, masks in found["batches"]:
        x = images[places]
        for name, layer in model.named_children():
            if name.startswith("drop"):
                keep = np.frombuffer(base64.b64decode(masks[name]), dtype=np.uint8)
                x = x * torch.from_numpy(keep.copy()).reshape(x.shape) / (1 - settings["dropout"])
            else:
                x = layer(x)
        loss = nll_loss(x, digits.train_labels[places])
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[0] > 2 and (losses[-1] < 0.5 or rate < 0.01)
    np.testing.assert_allclose(found["losses"], losses, rtol=0, atol=near)


@pytest.mark.parametrize("name", OFFERED)
def test_python_makes_the_same_course_from_the_seed_alone(name):
    settings = DigitCNN(**NETWORKS[name]).settings
    found = course("return losses(new Course(plan, learn), 6, terms);", plan=plan(settings), terms=TERMS)
    steps = by_torch.course(settings, 0.01, 0.9, 32, seed=3)
    np.testing.assert_allclose(found, [loss for _, (_, loss) in zip(range(7), steps)][1:], rtol=1e-9)


def test_it_reads_as_many_test_digits_as_pytorch():
    found = course(
        """
        const course = new Course(plan, learn);
        losses(course, 41, terms);
        return toTheEnd(countRight(course.network, normalise(test.images), test.labels));
        """,
        plan=plan(),
        terms=TERMS,
    )
    digits = mnist.load_digits("bundled")
    for made, (model, _) in enumerate(by_torch.course(SMALL, 0.01, 0.9, 32, seed=3)):
        if made == 41:
            assert found == by_torch.right(model, digits.test_images, digits.test_labels) > 250
            break


def test_chance_is_even_and_each_stream_another():
    found = run(
        "return [0, 1, 2].map((stream) => { const chance = new Chance(7, stream); "
        "return Array.from({ length: 4000 }, () => chance.next()); });",
        COURSE,
    )
    for stream, numbers in enumerate(found):
        np.testing.assert_array_equal(numbers, by_torch.Chance(7, stream).numbers(4000))
        counts = np.histogram(numbers, bins=10, range=(0, 1))[0]
        assert ((counts - 400) ** 2 / 400).sum() < 27.9  # chi-squared of 9 degrees: one seed in a thousand
    assert np.abs(np.corrcoef(found) - np.eye(3)).max() < 0.06
    orders = run("const chance = new Chance(7, 1); return [chance.order(50), chance.order(50)];", COURSE)
    chance = by_torch.Chance(7, 1)
    assert orders == [chance.order(50), chance.order(50)] and sorted(orders[1]) == [*range(50)]


def test_initial_weights_are_spread_as_pytorch_spreads_them():
    (state, lengths) = course(
        "const state = initialState(settings, 3); return [state, sizesOf(layersOf(settings))];",
        settings=DigitCNN(**NETWORKS["swift"]).settings,
    )
    model = DigitCNN(**NETWORKS["swift"], seed=3)
    for name, value in model.named_parameters():
        own, right = np.array(state[name]), value.detach().double().numpy().ravel()
        assert own.size == right.size == lengths[name]
        if right.std() > 0:
            assert np.abs(own).max() == pytest.approx(np.abs(right).max(), rel=0.25), name
            assert own.std() == pytest.approx(right.std(), rel=0.35), name
        else:
            np.testing.assert_allclose(own, right, rtol=1e-6)


def test_an_image_is_moved_as_by_grid_sample():
    image, angle, right, down = np.random.default_rng(1).random(784) + 1, 0.15, 1.3, -0.6
    found = run(f"return moved({image.tolist()}, {angle}, {right}, {down});", COURSE)
    turn = torch.tensor([[math.cos(angle), -math.sin(angle), right / 14],
                         [math.sin(angle), math.cos(angle), down / 14]])  # fmt: skip
    grid = torch.nn.functional.affine_grid(turn[None].double(), (1, 1, 28, 28), align_corners=False)
    pixels = torch.from_numpy(image).reshape(1, 1, 28, 28)
    moved = grid_sample(pixels - image[0], grid, padding_mode="zeros", align_corners=False) + image[0]
    np.testing.assert_allclose(found, moved.ravel(), atol=1e-12)


def test_moves_change_the_images_and_neither_their_order_nor_the_weights():
    found = course(
        """
        return [false, true].map((moves) => {
          const course = new Course({ ...plan, moves }, learn), { images, labels } = course.batch();
          return [course.order, labels, [...images.slice(0, 784)], [...course.network.state["conv1.weight"]]];
        });
        """,
        plan=plan(),
    )
    still, moves = found
    assert still[:2] == moves[:2] and still[3] == moves[3] and still[2] != moves[2]


def test_a_course_that_is_kept_goes_on_as_if_nothing_had_been():
    settings = DigitCNN(**NETWORKS["small"] | {"dropout": 0.1}).settings
    found = course(
        """
        const whole = losses(new Course(plan, learn), 50, terms), first = new Course(plan, learn);
        const half = losses(first, 43, terms), kept = JSON.parse(JSON.stringify(first.keep(), (key, value) =>
          ArrayBuffer.isView(value) ? [...value] : value));
        return [whole, [...half, ...losses(new Course(plan, learn, kept), 7, terms)]];
        """,
        plan=plan(settings, moves=True),
        terms=TERMS,
    )
    assert found[0] == found[1]


def test_in_slices_the_result_is_the_same_and_no_slice_is_long():
    found = course(
        """
        const state = initialState(plan.settings, 1), options = { learningRate: 0.01 };
        const [once, sliced] = [0, 1].map(() => networkOf(plan.settings, state));
        const images = learn.images.slice(0, 784 * 64), labels = [...learn.labels.slice(0, 64)];
        const straight = step(once, {}, images, labels, options), times = [];
        const slices = stepInSlices(sliced, {}, images, labels, options);
        const equal = () =>
          Object.keys(state).every((name) => once.state[name].every((w, k) => w === sliced.state[name][k]));
        for (;;) {
          const start = performance.now(), { done, value } = slices.next();
          times.push(performance.now() - start);
          times.sort((a, b) => a - b);
          if (done) return [straight === value.error, times.length, times[times.length * 0.98 | 0], equal()];
        }
        """,
        plan=plan(),
    )
    same, count, longest, equal = found
    assert same and equal and count > 300 and longest < 20


def test_a_rate_that_is_too_large_is_seen():
    blown, good, fine = course(
        """
        const wild = new Course(plan, learn), tame = new Course(plan, learn), seen = [];
        for (let k = 0; k < 60; k++) {
          const { blown } = toTheEnd(wild.step({ rate: 50, momentum: 0.9 }));
          if (blown) { seen.push(k); break; }
        }
        losses(tame, 20, terms);
        return [seen, wild.good, tame.good];
        """,
        plan=plan(),
        terms=TERMS,
    )
    assert blown and not good and fine


def test_a_session_pauses_goes_on_and_goes_back():
    news = course(
        """
        const few = { images: train.images.slice(0, 784 * 64), labels: train.labels.slice(0, 64) };
        const setup = { plan, train: few, tests: { test: few }, slice: 5 };
        const run = (act) => new Promise((resolve) => {
          const heard = [], session = new Session(setup, { ...terms, epochs: 8 }, (news) => {
            heard.push(news);
            act(session, news, () => { session.stop(); resolve(heard); });
          });
          session.go();
        });
        const straight = await run((_, { condition }, end) => condition === "done" && end());
        let paused = 0;
        const halting = await run((session, { condition, steps }, end) => {
          if (condition === "going" && paused++ < 2) session.pause();
          if (condition === "paused") setTimeout(() => session.go());
          if (condition === "done") end();
        });
        let wild = 0;
        const back = await run((session, { condition }, end) => {
          if (condition === "going" && !wild++) session.adjust({ rate: 1e9, momentum: 0.9, epochs: 50 });
          if (condition === "blown") setTimeout(() => session.back());
          if (condition === "paused") end();
        });
        return { straight, halting, back };
        """,
        plan=plan(batch=16),
        terms=TERMS,
    )
    curves = {name: [loss for one in each for loss in one["losses"]] for name, each in news.items()}
    assert len(curves["straight"]) == 32 and curves["straight"] == curves["halting"]
    assert any(one["condition"] == "paused" for one in news["halting"])
    right = [count for one in news["straight"] for _, _, count in one["right"]]
    assert len(right) == 9 and right[-1] > right[0]
    *_, blown, back = news["back"]
    assert blown["condition"] == "blown" and back["steps"] == back["from"] < blown["steps"]


def test_what_is_heard_becomes_one_curve_also_after_going_back():
    program = """
        let record = emptyRecord("a", null);
        const hear = (from, losses, right, steps) => record = heard(record, { from, losses, right, steps });
        hear(0, [3, 2], [["test", 0, 5]], 2);
        hear(2, [1, 9], [["test", 4, 7]], 4);
        hear(3, [], [], 3);
        hear(3, [0.5], [["test", 4, 8]], 4);
        return [record.losses, record.right, csvOf(record, ["test"])];
    """
    losses, right, text = run(program, RECORD)
    assert losses == [3, 2, 1, 0.5] and right == [["test", 0, 5], ["test", 4, 8]]
    table = pd.read_csv(io.StringIO(text))
    assert list(csv.DictReader(io.StringIO(text)))[0] == {"step": "0", "loss": "", "test_right": "5"}
    assert table["loss"].tolist()[1:] == losses and table["test_right"].tolist()[-1] == 8


def test_the_curve_is_smoothed_by_a_mean_of_twenty():
    values = np.random.default_rng(3).random(70).tolist()
    found = run(f"return smooth({values});", RECORD)
    np.testing.assert_allclose(found, pd.Series(values).rolling(20, min_periods=1).mean(), rtol=1e-12)


@pytest.mark.parametrize(
    ("steps", "seconds", "said"),
    [
        (10, 1.0, "About 9\N{NO-BREAK SPACE}s left."),
        (10, 20.0, "About 3\N{NO-BREAK SPACE}min left."),
        (2, 1.0, ""),
        (99, 1.0, "About 1\N{NO-BREAK SPACE}s left."),
    ],
)
def test_it_says_how_long_it_will_take(steps, seconds, said):
    record = {"steps": steps, "total": 100, "seconds": seconds, "condition": "going"}
    assert run(f"return timeLeft({json.dumps(record)});", RECORD) == said


def test_the_script_of_the_site_serves_as_a_worker():
    """All widgets in one script, in a place without a page: it says that it is there, and trains."""
    script = join.script(WIDGETS / name / "index.js" for name in NAMES)
    heard = run(
        SET_UP
        + f"""
        const said = [], hear = [];
        globalThis.WorkerGlobalScope = class {{}};
        globalThis.postMessage = (message) => said.push(message);
        globalThis.addEventListener = (kind, act) => hear.push(act);
        new Function({json.dumps(script)})();
        const few = {{ images: train.images.slice(0, 784 * 32), labels: train.labels.slice(0, 32) }};
        const setup = {{ plan: {json.dumps(plan(batch=16))}, train: few, tests: {{ test: few }}, slice: 5 }};
        const tell = (...trainer) => hear.forEach((act) => act({{ data: {{ trainer }} }}));
        hear.forEach((act) => act({{ data: "for somebody else" }}));
        tell("begin", setup, {{ rate: 0.01, momentum: 0.9, epochs: 2 }});
        tell("go");
        const over = () => ["done", "failed"].includes(said.at(-1).trainer?.condition);
        for (let k = 0; k < 2000 && !over(); k++) await new Promise((after) => setTimeout(after, 5));
        tell("stop");
        return said.map(({{ trainer }}) => trainer);
        """,
        DATA,
    )
    last = [news for news in heard if news][-1]
    assert heard[0] is None and last["condition"] == "done" and last["steps"] == last["total"] == 4


# The reader's drawings ---------------------------------------------------------------------------


def album(labels):
    """Drawings by a program, as the page keeps them."""
    return [
        {
            "label": label,
            "strokes": [
                {"width": float(each.width), "points": np.asarray(each.points).round(1).tolist()}
                for each in drawings.digit(label, turn=3 * k)
            ],
        }
        for k, label in enumerate(labels)
    ]


def test_drawings_come_back_as_they_were_kept_and_are_prepared_as_in_python():
    given = album([3, 3, 7, 3])
    back, held, learned, digit = run(
        f"const drawings = {json.dumps(given)}, learned = setOf(drawings, false);"
        "const { images, labels } = learned;"
        "return [albumFrom(albumText(drawings)), heldBack(drawings), [[...images], [...labels]],"
        "  wanted(drawings)];",
        ALBUM,
    )
    assert back == given and held == [False, False, True, False] and digit == 0
    assert learned[1] == [3, 3, 3]
    for pixels, drawing in zip(np.reshape(learned[0], (3, 28, 28)), [*given[:2], given[3]]):
        strokes = [drawings.Stroke(each["width"], each["points"]) for each in drawing["strokes"]]
        np.testing.assert_array_equal(pixels, mnist.from_drawing(drawings.rasterise(strokes)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("text.slice(0, -2)", "This is no JSON"),
        ("'{}'", "does not say that it is"),
        ("'null'", "does not say that it is"),
        ("text.replace('\"label\":3', '\"label\":10')", "Drawing 1: its label is not a digit from 0 to 9."),
        (
            "text.replace('\"width\":20', '\"width\":-1')",
            "Drawing 1: a stroke's width is not a number above 0",
        ),
        ('text.replace(/"points":.*?\\]\\]/, \'"points":[]\')', "Drawing 1: a stroke has no points."),
        ("text.replace(/\\[\\[[^\\]]*\\]/, '[[1e9,0]')", "Drawing 1: a point is not two numbers on the pad."),
        ("JSON.stringify({ ...JSON.parse(text), drawings: [null] })", "Drawing 1: its label is not a digit"),
        ("JSON.stringify({ ...JSON.parse(text), drawings: Array(501).fill(1) })", "There are 501 drawings"),
    ],
)
def test_a_damaged_file_is_refused_in_words(change, told):
    said = run(
        f"const text = albumText({json.dumps(album([3]))});\n"
        f"try {{ albumFrom({change}); }} catch (error) {{ return error.message; }}",
        ALBUM,
    )
    assert told in said
