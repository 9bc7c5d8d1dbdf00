"""The stepper in Chromium: its engine against `s6lib.toy`, and its page under a reader's hands."""

import re
from pathlib import Path

import numpy as np
import pytest

from s6lib import toy
from s6lib.widgets import join
from s6lib.widgets.stepper import SCRIPT, Stepper

WIDGETS = Path(join.__file__).parent
#: What knows no page.
PURE = ("stepper/engine.js", "stepper/toy.js", "stepper/address.js", "kit/numbers.js", "kit/sigmoid.js")

NAMES = [
    *(f"w{k}" for k in range(1, 9)),
    "h1",
    "h2",
    "a_h1",
    "a_h2",
    "o1",
    "o2",
    "a_o1",
    "a_o2",
    "E1",
    "E2",
    "E_total",
    *(f"dE_dw{k}" for k in range(1, 9)),
]
START = (toy.WEIGHTS, toy.INPUTS, toy.TARGETS)
SHELL = (
    '<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Page</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>'
    '<body style="margin:16px;background:{ground}"><main style="max-width:720px"><h1 '
    'style="color:#888">Page</h1>'
    "{body}</main></body></html>"
)

OVERLAPS = """net => {
    const boxes = [...net.querySelectorAll(".node, .edge")]
        .map(box => [box.textContent, box.getBoundingClientRect()]);
    return boxes.flatMap(([one, a], k) => boxes.slice(k + 1).filter(([, b]) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
        .map(([other]) => [one, other]))}"""


@pytest.fixture
def show(open_page, tmp_path):
    """show(stepper, ..., theme=..., hash=...) -> a page with these steppers, opened from a file.

    It waits until all of them live, unless `alive` is False.
    """

    def show(*steppers, theme="light", hash="", head="", body=None, alive=True, **options):
        if body is None:
            body = "\n".join(one._repr_html_() for one in steppers or (Stepper(),))
        path = tmp_path / "page.html"
        path.write_text(
            SHELL.format(theme=theme, head=head, body=body, ground="#121212" if theme == "dark" else "#fff")
        )
        page = open_page(path.as_uri() + hash, theme=theme, **options)
        if alive:
            # A function: an expression would be asked again by `eval`, which a policy of the page refuses.
            page.wait_for_function(
                "() => [...document.querySelectorAll('.s6-stepper')].every(one => one.querySelector('.live'))"
            )
        return page

    return show


def root(page, n=0):
    return page.locator(".s6-stepper").nth(n)


def button(page, name):
    return root(page).get_by_role("button", name=name, exact=True)


def tap(page, name):
    """Taps a number on the network: what changes it opens."""
    root(page).locator(".net").get_by_role("button", name=re.compile(f"^{name}")).click()
    return root(page).get_by_role("group", name="Change a number")


def why(page, weight):
    """Opens the proof of a weight, as a reader does."""
    tap(page, weight).get_by_role("button", name=f"Why {weight}").click()


def step(page):
    root(page).locator(".live").wait_for()
    return int(root(page).get_attribute("data-step"))


def quantities(page):
    """Every shown quantity, as float64; the test fails where two places disagree."""
    shown = (
        root(page)
        .locator("[data-quantity]")
        .evaluate_all("nodes => nodes.map(node => [node.dataset.quantity, node.dataset.value])")
    )
    values = {}
    for name, text in shown:
        assert values.setdefault(name, float(text)) == float(text), name
    return values


def expected(weights, inputs=toy.INPUTS, targets=toy.TARGETS):
    """What `s6lib.toy` says of the same moment."""
    forward, error = toy.forward(weights, inputs), toy.errors(weights, inputs, targets)
    return {
        **{f"w{k + 1}": w for k, w in enumerate(weights.ravel())},
        **{f"{name}{k + 1}": getattr(forward, name)[k] for name in forward._fields for k in (0, 1)},
        "E1": error[0],
        "E2": error[1],
        "E_total": error.sum(),
        **{f"dE_dw{k + 1}": g for k, g in enumerate(toy.gradient(weights, inputs, targets).ravel())},
    }


def assert_agree(actual, wanted):
    assert set(wanted) <= set(actual)
    for name, value in wanted.items():
        assert abs(actual[name] - value) <= 1e-12 * max(1, abs(value)), name


# ---------------------------------------------------------------------------------- engine


@pytest.fixture
def engine(open_page):
    """The pure modules, each imported by itself, as `engine`: what they export is called by the tests."""
    page = open_page("data:text/html,<title>engine</title>")
    page.evaluate(
        """async sources => {
        const load = source => import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
        window.engine = Object.assign({}, ...await Promise.all(sources.map(load)));
        window.everything = (start, inputs, targets, rate, steps) => {
            const run = engine.train(start, inputs, targets, rate, steps);
            const moments = run.weights.map(weights => engine.evaluate(weights, inputs, targets));
            return Object.fromEntries(Object.keys(moments[0])
                .map(name => [name, moments.map(moment => moment[name])]));
        }}""",
        [join.module(WIDGETS / name) for name in PURE],
    )
    return page


def run_of(engine, weights, inputs, targets, rate, steps):
    result = engine.evaluate(
        "([...all]) => everything(...all)",
        [weights.ravel().tolist(), list(inputs), list(targets), float(rate), steps],
    )
    return {name: np.array(values) for name, values in result.items()}


def assert_runs_agree(actual, weights, inputs, targets, rate, steps):
    history = toy.train(weights, inputs, targets, rate, steps)
    forward = toy.forward(history.weights, inputs)
    slopes = toy.gradient(history.weights, inputs, targets).reshape(-1, 8)
    errors = toy.errors(history.weights, inputs, targets)
    wanted = {
        "E_total": history.loss,
        "E1": errors[:, 0],
        "E2": errors[:, 1],
        **{f"w{k + 1}": history.weights.reshape(-1, 8)[:, k] for k in range(8)},
        **{f"dE_dw{k + 1}": slopes[:, k] for k in range(8)},
        **{f"{name}{k + 1}": getattr(forward, name)[:, k] for name in forward._fields for k in (0, 1)},
    }
    for name in NAMES:
        gap = np.abs(actual[name] - wanted[name]) / np.maximum(1, np.abs(wanted[name]))
        assert gap.shape == (steps + 1,) and gap.max() <= 1e-12, name


@pytest.mark.parametrize("rate", toy.LEARNING_RATES)
def test_engine_agrees_over_1000_steps(engine, rate):
    assert_runs_agree(run_of(engine, *START, rate, 1000), *START, rate, 1000)


def test_engine_agrees_from_200_random_starts(engine):
    random = np.random.default_rng(20)
    for _ in range(200):
        weights, inputs = random.normal(0, 3, (2, 2, 2)), random.normal(0, 1, 2)
        targets, rate = random.uniform(0, 1, 2), random.choice(toy.LEARNING_RATES)
        assert_runs_agree(
            run_of(engine, weights, inputs, targets, rate, 20), weights, inputs, targets, rate, 20
        )


def test_engine_stays_exact_where_sigmoid_saturates(engine):
    z = [-745.0, -40.0, -1.0, 0.0, 1.0, 40.0, 745.0]
    for name, function in (("sigmoid", toy.sigmoid), ("sigmoidDerivative", toy.sigmoid_derivative)):
        np.testing.assert_allclose(
            engine.evaluate(f"z => z.map(engine.{name})", z), function(z), rtol=1e-14, atol=0
        )


def test_engine_finds_curvature_and_threshold(engine):
    random = np.random.default_rng(21)
    for scale in (0.3, 1, 3) * 10:
        start = random.normal(0, scale, (2, 2, 2)), random.normal(0, 1, 2), random.uniform(0, 1, 2)
        passed = [start[0].ravel().tolist(), *(each.tolist() for each in start[1:])]
        curvature = np.array(engine.evaluate("all => engine.hessian(...all).map(row => [...row])", passed))
        np.testing.assert_allclose(curvature, toy.hessian(*start), atol=1e-12)
        assert engine.evaluate("all => engine.sharpness(...all)", passed) == pytest.approx(
            toy.sharpness(*start), abs=1e-12
        )


def test_engine_ends_a_run_that_leaves_float64(engine):
    weights, finite, end = engine.evaluate("""() => {
        const run = engine.train([.1, .1, .1, .1, .1, .1, .1, .1], [1, 1], [1e200, 0], 1e200, 50);
        return [run.weights.length, run.loss.slice(0, -1).every(Number.isFinite),
            Number.isFinite(run.loss.at(-1))]}""")
    assert weights < 10 and end is False
    assert finite or weights == 1


# ------------------------------------------------------------------------------------ page


@pytest.mark.parametrize("rate", toy.LEARNING_RATES)
def test_page_shows_what_toy_computes(show, rate):
    page = show(Stepper(learning_rate=float(rate)))
    for k, weights in enumerate(toy.train(*START, rate, 3).weights):
        assert step(page) == k
        assert_agree(quantities(page), expected(weights))
        button(page, "Step forward").click()


def test_hundred_fast_clicks_are_hundred_steps_and_go_back_bit_for_bit(show):
    page = show(Stepper(learning_rate=60))
    states = page.evaluate("""() => {
        const read = () => [...document.querySelectorAll("[data-quantity]")]
            .map(node => node.dataset.value).join();
        const press = name => document.querySelector(`button[aria-label="${name}"]`).click();
        const there = [read()], back = [];
        for (let k = 0; k < 100; k++) { press("Step forward"); there.push(read()); }
        back.push(read());
        for (let k = 0; k < 100; k++) { press("Step back"); back.push(read()); }
        return [there, back.reverse(), document.querySelector(".s6-stepper").dataset.step]}""")
    there, back, where = states
    assert there == back and where == "0"
    assert len(set(there)) == 101


def test_real_clicks_count_too(show):
    page = show()
    button(page, "Step forward").click(click_count=100)
    assert step(page) == 100
    button(page, "Step back").click(click_count=130)
    assert step(page) == 0


def test_walks_every_operation_there_and_back(show):
    from s6lib.widgets.stepper import OPERATIONS

    page, seen = show(), []
    for _ in OPERATIONS:
        seen.append(root(page).get_attribute("data-operation"))
        button(page, "Next operation").click()
    assert tuple(seen) == OPERATIONS
    assert step(page) == 1 and root(page).get_attribute("data-operation") == "overview"
    for _ in OPERATIONS:
        button(page, "Previous operation").click()
    assert step(page) == 0 and root(page).get_attribute("data-operation") == "overview"
    button(page, "Previous operation").click()
    assert step(page) == 0


def test_equation_holds_the_numbers(show):
    page = show(Stepper(operation="dE_dw5"))
    wanted = expected(toy.WEIGHTS)
    text = root(page).locator(".equation").inner_text()
    numbers = [float(each) for each in re.findall(r"\d+\.\d+", text)]
    delta = wanted["dE_dw5"] / wanted["a_h1"]
    np.testing.assert_allclose(numbers, [delta, wanted["a_h1"], wanted["dE_dw5"]], rtol=1e-4)


@pytest.mark.parametrize("weight", [f"w{k}" for k in range(1, 9)])
def test_proof_of_a_weight(show, weight):
    """Products of the shown factors, and the measured slope, give the gradient that toy finds."""
    page = show(Stepper(step=2))
    root(page).locator("summary", has_text="All values").click()
    page.get_by_label("Digits").fill("17")
    why(page, weight)
    proof = page.get_by_role("region", name=f"Proof of {weight}")
    tables = proof.locator("table")
    assert tables.count() == (2 if int(weight[1]) <= 4 else 1)
    number = lambda text: float(text.replace("−", "-"))
    total = 0
    for table in tables.all():
        *factors, product = (number(cell) for cell in table.locator("tr td:last-child").all_inner_texts())
        assert len(factors) == (5 if int(weight[1]) <= 4 else 3)
        assert np.prod(factors) == pytest.approx(product, rel=1e-12)
        total += product
    slope = toy.gradient(toy.train(*START, 0.5, 2).weights[2], toy.INPUTS, toy.TARGETS).ravel()[
        int(weight[1]) - 1
    ]
    assert total == pytest.approx(slope, abs=1e-15)
    measured = number(proof.locator(".check .gradient").inner_text())
    assert measured == pytest.approx(slope, rel=1e-6) and measured != slope
    assert re.search(r"agree to (\d+) digits", proof.inner_text())
    assert "(" not in proof.locator(".sum").inner_text()  # brackets are for what is below zero
    page.get_by_role("button", name="Close the proof").click()
    assert proof.count() == 0 or not proof.is_visible()


def test_changes_leave_a_ghost_and_reset_takes_all_back(show):
    page = show()
    button(page, "Step forward").click(click_count=5)
    before = quantities(page)
    page.get_by_label("Learning rate", exact=True).fill("2")
    page.get_by_label("Learning rate", exact=True).press("Enter")
    assert_agree(quantities(page), expected(toy.train(*START, 2.0, 5).weights[5]))
    assert root(page).locator("path.ghost").count() == 1
    tap(page, "w1")
    page.get_by_label("w1 at the start").fill("-0,25")
    page.get_by_label("w1 at the start").press("Tab")
    tap(page, "t2")
    page.get_by_label("t2 at the start").fill("0.9")
    page.get_by_label("t2 at the start").press("Tab")
    weights, targets = toy.WEIGHTS.copy(), np.array([0.5, 0.9])
    weights[0, 0, 0] = -0.25
    history = toy.train(weights, toy.INPUTS, targets, 2.0, 5)
    assert_agree(quantities(page), expected(history.weights[5], targets=targets))
    button(page, "Reset").click()
    assert step(page) == 0
    assert_agree(quantities(page), expected(toy.WEIGHTS))
    assert root(page).locator("path.ghost").count() == 0
    button(page, "Step forward").click(click_count=5)
    assert quantities(page) == before


@pytest.mark.parametrize(
    ("field", "texts"),
    [
        (
            "Learning rate",
            ["abc", "", "1e999", "-1", "0", "NaN", "1_0", "0x10", "1 2", "<img src=x onerror=alert(1)>"],
        ),
        ("w1 at the start", ["abc", "", "1e999", "Infinity"]),
        ("Rates in the race", ["", "1 -1", "1 2 3 4 5 6 7 8 9", "x"]),
    ],
)
def test_fields_say_what_they_take_and_keep_the_last_good_value(show, field, texts):
    page = show(Stepper(step=3))
    root(page).locator("summary", has_text="side by side").click()
    tap(page, "w1")
    box, before = page.get_by_label(field, exact=True), quantities(page)
    good = box.input_value()
    message = page.locator(f"#{box.get_attribute('aria-describedby')}")
    assert message.get_attribute("role") == "alert"
    for text in texts:
        box.fill(text)
        box.press("Enter")
        assert (text or "Empty") in message.inner_text() and "takes" in message.inner_text()
        assert box.get_attribute("aria-invalid") == "true"
        assert box.input_value() == good and quantities(page) == before
        box.press("Tab")
        assert "takes" in message.inner_text()
    assert page.locator("img").count() == 0
    box.fill("0.25")
    box.press("Enter")
    assert message.inner_text() == "" and box.get_attribute("aria-invalid") is None
    assert box.input_value() == "0.25"


def test_what_is_not_finite_says_so_and_stops_play(show):
    page = show(Stepper(targets=[1e200, 0.5], learning_rate=1e200))
    button(page, "Play").click()
    page.get_by_role("alert").filter(has_text="Not finite").wait_for()
    end = step(page)
    page.wait_for_timeout(600)
    assert step(page) == end
    button(page, "Step forward").click(click_count=3)
    assert step(page) == end


def test_play_pause_and_speed(show):
    page = show()
    page.get_by_label("Speed").select_option("15")
    button(page, "Play").click()
    page.wait_for_function("Number(document.querySelector('.s6-stepper').dataset.step) >= 5")
    button(page, "Pause").click()
    here = step(page)
    page.wait_for_timeout(300)
    assert step(page) == here
    page.get_by_label("Speed").select_option("-3")
    button(page, "Play").click()
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.operation === 'a_h1'")
    button(page, "Pause").click()


def test_race_shows_threshold_and_catapult(show):
    page = show(Stepper(rates=[2, 100], panel="race"))
    read = lambda: [
        [
            float(re.sub(r"[ ↑↓]", "", cell).replace("−", "-"))
            for cell in row.locator("td").all_inner_texts()[:2]
        ]
        for row in page.locator(".race tbody tr").all()
    ]
    for _ in range(3):
        for row, rate in zip(read(), (2.0, 100.0)):
            weights = toy.train(*START, rate, step(page)).weights[-1]
            np.testing.assert_allclose(
                row, [toy.loss(weights, *START[1:]), 2 / toy.sharpness(weights, *START[1:])], rtol=6e-3
            )
        button(page, "Step forward").click()


@pytest.mark.parametrize("panel", ["values", "race"])
def test_the_drawer_that_is_open_at_first_stands_below_the_controls(show, panel):
    page = show(Stepper(panel=panel))
    drawer, rate = (root(page).locator(each).bounding_box()["y"] for each in ("details[open]", ".rate"))
    assert drawer < rate


def test_long_curves_stay_light_and_keep_their_extremes(show):
    """Drawing 9,000 points would make a step slow. The throw of a rate of 100, two steps long, must still be
    seen."""
    page = show(Stepper(learning_rate=100, step=9000))
    path = root(page).locator(".curve path.value").get_attribute("d")
    heights = [float(point.split()[1]) for point in path[1:].split("L")]
    assert len(heights) <= 500
    loss = toy.train(*START, 100.0, 9000).loss
    scale = (
        root(page)
        .locator(".curve .grid-line")
        .evaluate_all("lines => lines.map(line => Number(line.getAttribute('y1')))")
    )
    zero, unit = scale[0], scale[0] - scale[1]  # the lines stand at 0, 0.05, ...
    assert (zero - min(heights)) / unit * 0.05 == pytest.approx(loss.max(), abs=1e-4)
    assert heights[-1] == pytest.approx(zero, abs=0.1)


def test_digits_up_to_17(show):
    page = show(Stepper(panel="values"))
    page.get_by_label("Digits").fill("17")
    cell = root(page).locator(".tables [data-quantity=E_total]")
    assert float(cell.inner_text()) == toy.loss(*START)
    assert len(cell.inner_text().lstrip("0.")) == 17
    broken = (
        root(page)
        .locator(".tables .n")
        .evaluate_all(
            "numbers => numbers.filter(number => number.getClientRects().length > 1).map(number => "
            "number.textContent)"
        )
    )
    assert broken == []  # across two lines


# ------------------------------------------------------------------- numbers on the network


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("name", ["w1", "w3", "w6", "w8", "i2", "t1"])
def test_a_number_is_changed_where_it_stands_and_the_network_stays_in_view(show, width, height, name):
    page = show(body=f'<div class="bd-main">{Stepper()._repr_html_()}</div>', width=width, height=height)
    tuner = tap(page, name)
    slider, field = (page.get_by_label(f"{name}{end}") for end in (", by sliding", " at the start"))
    net = root(page).locator(".net")
    assert tuner.evaluate("(tuner) => tuner.parentElement.matches('.net')")  # no distance between the two
    slider.fill("0.7")
    assert field.input_value() == "0.7" and quantities(page)[name] == 0.7
    assert slider.get_attribute("aria-valuetext") == "0.7"
    field.fill("-2e-3")
    field.press("Enter")
    assert quantities(page)[name] == -0.002 and float(slider.input_value()) == pytest.approx(0, abs=0.01)
    page.wait_for_timeout(100)
    for seen in (net, tuner):
        covered = seen.evaluate("""node => {
            const { left, top, bottom } = node.getBoundingClientRect();
            return [top + 1, bottom - 1].filter(y => {
                const on = document.elementFromPoint(left + 60, y);
                return !on || !(node.contains(on) || on.closest('.stage')); }); }""")
        assert covered == []  # by the edge of the screen, or by the controls
    number = root(page).locator(f".net [data-quantity={name}]")
    over = number.evaluate("""node => { const { left, right, top, bottom } = node.getBoundingClientRect();
        return node.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2)); }""")
    assert over  # nothing covers the number itself
    assert tuner.get_by_role("button", name=f"Why {name}").count() == (name[0] == "w")
    field.press("Escape")
    assert not tuner.is_visible()
    assert page.evaluate("document.activeElement.textContent").startswith(name)


def test_a_ghost_is_called_by_what_has_changed(show):
    page = show(Stepper(step=10))
    words = lambda: root(page).locator(".curve .caption").inner_text()
    ends = lambda: root(page).locator(".curve text.end").all_text_contents()
    tap(page, "w5")
    for value in ("0.5", "0.6"):
        page.get_by_label("w5, by sliding").fill(value)
    assert "before w5 0.4 → 0.6" in words()  # a drag is one change
    assert set(ends()) == {"was 0.4", "w5 0.6"}
    button(page, "2").click()
    assert "before η 0.5 → 2" in words()
    page.evaluate("location.hash = '#stepper=1&step=3'")
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.step === '3'")


def test_no_gradient_is_shown_before_it_is_spoken_of(show):
    page = show(Stepper(operation="h1"))
    slopes, hint = root(page).locator(".net .gradient"), root(page).locator(".hint")
    for _ in range(11):
        assert not any(each.is_visible() for each in slopes.all())
        assert "gradient" not in hint.inner_text() and "Tap" in hint.inner_text()
        button(page, "Next operation").click()
    assert root(page).get_attribute("data-operation") == "dE_do1"
    assert any(each.is_visible() for each in slopes.all()) and "gradient" in hint.inner_text()


@pytest.mark.parametrize("width", [1280, 390])
def test_an_update_says_how_far_each_weight_moves(show, width):
    page = show(Stepper(operation="update", step=4), width=width)
    weights = toy.train(*START, 0.5, 5).weights.reshape(-1, 8)
    for k, shown in enumerate(root(page).locator(".change .n:last-child").all()):
        moved = weights[5, k] - weights[4, k]
        assert float(shown.inner_text().replace("−", "-")) == pytest.approx(moved, rel=0.06)


def test_the_race_says_where_it_stands_and_how_low_it_looks(show):
    page = show(Stepper(step=2, rates=[2, 31, 50, 65, 100], panel="race"))
    words = lambda: root(page).locator(".race .word").all_inner_texts()
    above = {
        step: [
            rate >= 2 / toy.sharpness(toy.train(*START, rate, step).weights[-1], *START[1:])
            for rate in (2.0, 31.0, 50.0, 65.0, 100.0)
        ]
        for step in (0, 2)
    }
    assert words()[:4] == ["below it"] * 4 and above[2] == [False] * 5
    assert words()[4] == "below it; above at step 0" and above[0][4]
    floor = lambda: root(page).locator(".panel .chart text[text-anchor=end]").first.text_content()
    assert "≤" not in floor()
    button(page, "Step forward").click(click_count=7)
    assert floor().startswith("≤1e−")  # 31 has come to 0 by then
    assert toy.train(*START, 31.0, 9).loss[9] == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_of_the_race_are_those_of_the_figures(show, theme):
    """The referee is the figures' scale; on a dark page it is lighter, and in the same order."""
    from s6lib import plots

    rates = [1.0, 10.0, 100.0, 1000.0]
    page = show(Stepper(step=3, rates=rates, panel="race"), theme=theme)
    strokes = (
        root(page)
        .locator(".panel .curve-line")
        .evaluate_all("lines => lines.map(line => getComputedStyle(line).stroke)")
    )
    drawn = np.array([[int(each) for each in re.findall(r"\d+", stroke)[:3]] for stroke in strokes])
    if theme == "light":
        assert np.abs(drawn - plots.rate_colors(rates)[:, :3] * 255).max() <= 26
    assert (np.diff(drawn[:, 1]) > 20).all() and (np.diff(drawn[:, 0]) < 0).all()
    distances = np.abs(drawn[:, None] - drawn).sum(-1)[~np.eye(4, dtype=bool)]
    assert distances.min() > 60


# --------------------------------------------------------------------------------- in little


def test_the_small_stepper_shows_what_toy_computes(show):
    page = show(Stepper(compact=True), reduced_motion="reduce")
    history = toy.train(*START, 0.5, 3)
    for k in range(4):
        assert step(page) == k
        wanted = expected(history.weights[k])
        shown = quantities(page)
        assert_agree(shown, {name: wanted[name] for name in shown if name in wanted})
        error = root(page).locator(".score .value")
        assert float(error.get_attribute("data-value")) == pytest.approx(history.loss[k], abs=1e-15)
        button(page, "Step").click()
    page.get_by_label("w5, by sliding").fill("1.2")
    page.get_by_label("Rate from 0.001").fill("0")  # 10 ** 0
    weights = toy.WEIGHTS.copy()
    weights[1, 0, 0] = 1.2
    assert quantities(page)["w5"] == pytest.approx(
        toy.train(weights, *START[1:], 1.0, 4).weights[4, 1, 0, 0], abs=1e-12
    )
    page.get_by_role("button", name=re.compile("^t1")).click()
    page.get_by_label("t1 at the start").fill("x")
    page.get_by_label("t1 at the start").press("Enter")
    assert "takes any finite number" in page.get_by_role("alert").all_inner_texts()[0]
    link = page.get_by_role("link", name="Open every operation").get_attribute("href")
    assert link.startswith(
        "forward_pass.html#stepper=1&step=4&learning_rate=1&weights=0.15,0.2,0.25,0.3,1.2,"
    )
    button(page, "Back to start").click()
    assert step(page) == 0 and quantities(page)["w5"] == 0.4


def test_what_the_small_stepper_leads_to_has_its_numbers(show):
    page = show(Stepper(compact=True), reduced_motion="reduce")
    page.get_by_label("w5, by sliding").fill("-0.3")
    button(page, "Step").click(click_count=5)
    link = page.get_by_role("link", name="Open every operation").get_attribute("href")
    before = quantities(page)
    whole = show(Stepper(operation="h1", inputs=[0.3, 0.4]), hash=link[link.index("#") :])
    assert step(whole) == 5 and root(whole).get_attribute("data-operation") == "h1"
    assert_agree(quantities(whole), before)


def at_rest(page):
    """The step at which it stays; a busy browser may notice late that it is out of view."""
    here = None
    for _ in range(20):
        before, here = here, step(page)
        if here == before:
            return here
        page.wait_for_timeout(600)
    raise AssertionError(f"it still plays, at step {here}")


def test_the_small_stepper_plays_by_itself_until_it_is_touched_or_out_of_view(show):
    page = show(body=Stepper(compact=True)._repr_html_() + '<div style="height:3000px">')
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.step > 2")
    assert "#" not in page.url
    page.evaluate("scrollTo(0, 2500)")
    here = at_rest(page)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function(f"document.querySelector('.s6-stepper').dataset.step > {here}")
    page.get_by_role("button", name=re.compile("^w8")).click()
    here = step(page)
    page.wait_for_timeout(2500)
    assert step(page) == here and button(page, "Play").is_visible()
    button(page, "Play").click()
    page.wait_for_function(f"document.querySelector('.s6-stepper').dataset.step > {here}")


def test_a_tap_on_pause_pauses_what_plays_by_itself(show):
    page = show(Stepper(compact=True))
    button(page, "Pause").click(timeout=5000)
    here = step(page)
    page.wait_for_timeout(2500)
    assert step(page) == here


def test_the_small_stepper_rests_where_no_motion_is_wanted(show):
    page = show(Stepper(compact=True), reduced_motion="reduce")
    page.wait_for_timeout(2500)
    assert step(page) == 0 and button(page, "Play").is_visible()


@pytest.mark.parametrize(("width", "most"), [(1032, 420), (752, 560), (390, 520), (320, 560)])
def test_the_small_stepper_fits_a_first_screen(show, width, most):
    random = np.random.default_rng(22)
    awkward = random.normal(0, 1, (2, 2, 2)) * 10.0 ** random.integers(-7, 3, (2, 2, 2))
    for stepper in (Stepper(compact=True, weights=awkward), Stepper(compact=True)):
        page = show(
            head="<style>main { max-width: none !important; }</style>",
            body=stepper._repr_html_(),
            width=width,
            reduced_motion="reduce",
        )
        wide = (
            root(page)
            .locator(".net *:not(svg *):not(.unseen)")
            .evaluate_all(
                "all => all.filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)"
                ".map(one => one.textContent)"
            )
        )
        assert wide == [] and root(page).locator(".net").evaluate(OVERLAPS) == []
    assert root(page).evaluate("node => node.offsetHeight") <= most
    assert root(page).evaluate("node => node.scrollWidth <= node.clientWidth")
    small = (
        root(page)
        .locator(":is(text, span, p, sub, button, a)")
        .evaluate_all(
            "all => all.filter(one => one.textContent && parseFloat(getComputedStyle(one).fontSize) < 11"
            " && !one.closest('.unseen, .fallback')).map(one => one.outerHTML)"
        )
    )
    assert width > 600 or small == []


def test_a_picture_of_the_small_stepper_stands_in_without_scripts(show):
    page = show(Stepper(compact=True, learning_rate=2), java_script_enabled=False, alive=False)
    history = toy.train(*START, 2.0, 100)
    words = root(page).inner_text()
    assert f"falls from {history.loss[0]:.3g} to {history.loss[-1]:.3g} in 100 steps" in words
    points = root(page).locator("polyline").get_attribute("points").split()
    heights = np.array([float(point.split(",")[1]) for point in points])
    scale = np.polyfit(history.loss, heights, 1)
    np.testing.assert_allclose(np.polyval(scale, history.loss), heights, atol=0.06)
    assert scale[0] < 0 and len(heights) == 101
    for k, weight in enumerate(toy.WEIGHTS.ravel()):
        assert f"{weight:.2f}" in root(page).locator(".fallback svg").first.text_content(), k


# --------------------------------------------------------------------------------- address


def test_address_brings_a_moment_back(show, open_page):
    page = show(Stepper(learning_rate=0.5))
    page.get_by_label("Learning rate", exact=True).fill("30")
    page.get_by_label("Learning rate", exact=True).press("Enter")
    button(page, "Step forward").click(click_count=7)
    button(page, "Next operation").click(click_count=3)
    why(page, "w3")
    page.wait_for_url(re.compile("proof=w3"))  # written at most twice a second
    address, before = page.url, quantities(page)
    assert "#stepper=1" in address
    again = open_page(address)
    assert quantities(again) == before
    assert step(again) == 7 and root(again).get_attribute("data-operation") == "h2"
    assert again.get_by_role("region", name="Proof of w3").is_visible()
    button(again, "Reset").click()
    again.wait_for_url(address.split("#")[0])


HOSTILE = [
    "#stepper=1&step=-1",
    "#stepper=1&step=1e3",
    "#stepper=1&step=99999",
    "#stepper=1&learning_rate=-1",
    "#stepper=1&learning_rate=1e999",
    "#stepper=1&learning_rate=0",
    "#stepper=1&weights=1,2,3",
    "#stepper=1&weights=1,2,3,4,5,6,7,NaN",
    "#stepper=1&step=3&step=4",
    "#stepper=1&unknown=3",
    "#stepper=1&__proto__=3",
    "#stepper=1&constructor=3",
    "#stepper=1&operation=toString",
    "#stepper=1&proof=%3Cimg%20src=x%20onerror=alert(1)%3E",
    "#stepper=1&step=3&proof=<script>alert(1)</script>",
    "#stepper=1&step=3;alert(1)",
    "#stepper=7&step=3",
    "#stepper=1&rates=" + "1," * 400 + "1",
    "#stepper=1&step=%",
    "#stepper=javascript:alert(1)",
    "#stepper=1&inputs=1",
    "#stepper=1&step=",
    "#Stepper=1&step=2",
]


def test_broken_or_hostile_address_shows_the_defaults_and_runs_nothing(show):
    page, ran = show(), []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    address = page.url
    for hash in HOSTILE:
        page.goto("about:blank")
        page.goto(address + hash)
        assert step(page) == 0 and root(page).get_attribute("data-operation") == "overview", hash
        assert_agree(quantities(page), expected(toy.WEIGHTS))
        assert page.locator("img").count() == 0
    page.wait_for_timeout(100)
    assert ran == []


def test_only_the_named_stepper_follows_the_address(show):
    page = show(Stepper(), Stepper(learning_rate=2), hash="#stepper=2&step=4")
    assert [root(page, n).get_attribute("data-step") for n in (0, 1)] == ["0", "4"]


def test_a_link_within_the_open_page(show):
    page = show()
    page.evaluate("location.hash = '#stepper=1&step=6'")
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.step === '6'")
    page.evaluate("location.hash = '#a-section'")
    page.wait_for_timeout(100)
    assert step(page) == 6


OWN = "?w1=0.3&i2=-2&t2=0.9&learning_rate=3&w2=11&w3=1&set=4&w3=2"


def test_every_stepper_of_a_page_starts_from_the_numbers_in_its_address(show):
    page = show(Stepper(), Stepper(compact=True), Stepper(step=2), hash=OWN)
    weights, inputs, targets = toy.setting(w1=0.3, i2=-2, t2=0.9)
    assert_agree(quantities(page), expected(weights, inputs, targets))
    for n, place, steps in ((1, "b.value", 0), (2, "[data-quantity=E_total]", 2)):
        shown = root(page, n).locator(place).first.get_attribute("data-value")
        loss = toy.train(weights, inputs, targets, 3, steps).loss[-1]
        assert float(shown) == pytest.approx(loss, rel=1e-12)
    for n in range(3):
        note = root(page, n).locator(".own").inner_text()
        assert "w1 = 0.3, i2 = -2, t2 = 0.9, learning_rate = 3." in note
        assert "no chapter takes it: w2 = 11." in note and "gives more than one: w3 = 1 / 2." in note
    button(page, "Reset").click()
    assert_agree(quantities(page), expected(weights, inputs, targets))


def test_a_moment_is_linked_to_beside_numbers_of_one_s_own(show):
    page = show(hash=f"{OWN}#stepper=1&step=2&targets=0.1,0.2")
    weights, inputs, _ = toy.setting(w1=0.3, i2=-2)
    last = toy.train(weights, inputs, [0.1, 0.2], 3, 2).weights[-1]
    assert_agree(quantities(page), expected(last, inputs, [0.1, 0.2]))


def test_numbers_of_one_s_own_go_along_to_other_pages(show):
    elsewhere = '<a href="other.html#there">a</a><a href="https://example.org/b.html">b</a><a href="#c">c</a>'
    page = show(body=f"{elsewhere}{Stepper()._repr_html_()}", hash=OWN)
    root(page).locator(".own").wait_for()
    links = page.locator("main > a").evaluate_all("all => all.map(link => link.search + link.hash)")
    assert links == [f"{OWN}#there", "", f"{OWN}#c"]
    root(page).locator(".own a").click()
    page.wait_for_url(lambda url: "?" not in url)
    root(page).locator(".live").first.wait_for()
    assert_agree(quantities(page), expected(toy.WEIGHTS))
    assert root(page).locator(".own").count() == 0


def test_without_numbers_of_one_s_own_nothing_is_said_of_them(show):
    page = show(hash="?set=7&other=1")
    assert root(page).locator(".own").count() == 0 and step(page) == 0


# ------------------------------------------------------------------------------ three lives


def test_one_script_brings_all_steppers_to_life(show):
    one, other = Stepper()._repr_html_(), Stepper(step=2)._repr_html_()
    page = show(body=one + other.replace(SCRIPT, ""))
    assert page.locator(".s6-stepper .live").count() == 2
    page = show(body=one + other)
    assert page.locator(".s6-stepper .live").count() == 2


def assert_waiting(page):
    page.wait_for_timeout(200)
    assert page.locator(".live").count() == 0 and root(page).locator(".fallback").is_visible()


FAR_DOWN = '<div style="height:5000px"></div>' + 2 * Stepper()._repr_html_()


def test_a_stepper_far_down_waits_until_the_reader_scrolls_there(show):
    page = show(body=FAR_DOWN, alive=False)
    assert_waiting(page)
    page.evaluate("scrollTo(0, 4000)")
    assert step(page) == 0
    assert root(page).locator(".live").count() == 1  # though the script is there twice


def test_a_stepper_far_down_waits_until_its_address_is_followed(show):
    page = show(body=FAR_DOWN, alive=False)
    assert_waiting(page)
    page.evaluate("location.hash = '#stepper=1&step=3'")
    assert step(page) == 3
    assert page.evaluate("scrollY") > 0


def test_a_stepper_far_down_lives_at_once_where_a_page_is_opened_again(show):
    page = show(body=FAR_DOWN, alive=False)
    assert_waiting(page)
    page.reload()
    assert page.locator(".live").count() == 2


def test_a_stepper_far_down_lives_some_seconds_later(show):
    page = show(body=FAR_DOWN, alive=False)
    assert_waiting(page)
    page.wait_for_function("() => document.querySelectorAll('.live').length === 2")


def test_the_layout_rests_at_every_width(show):
    """Wide and narrow layout must not give the page the width of the other."""
    page = show()
    for width in range(676, 736, 3):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(50)
        heights = page.evaluate("""async () => { const seen = new Set();
            for (let frame = 0; frame < 20; frame++) {
              await new Promise(requestAnimationFrame);
              seen.add(document.querySelector(".s6-stepper").offsetHeight);
            }
            return [...seen]; }""")
        assert len(heights) == 1, f"at {width} px the stepper is now {heights} px high"


def test_a_stepper_far_down_is_there_for_the_keyboard(show):
    page = show(body=FAR_DOWN, alive=False)
    assert_waiting(page)
    page.keyboard.press("Tab")
    assert root(page).locator(":focus").count() == 1


def test_works_under_a_strict_policy(show):
    import base64
    import hashlib

    code = SCRIPT[SCRIPT.index(">") + 1 :].removesuffix("</script>")
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src-attr 'unsafe-inline'"
    page = show(head=f'<meta http-equiv="Content-Security-Policy" content="{policy}">')
    button(page, "Step forward").click()
    assert step(page) == 1
    assert root(page).locator(".node").first.evaluate("node => getComputedStyle(node).position") == "absolute"


def test_without_scripts_and_in_print_a_table_stands_in(show):
    page = show(java_script_enabled=False, alive=False)
    assert page.locator("table").is_visible() and "dE/dw8" in page.locator("table").inner_text()
    page = show()
    assert not page.locator(".fallback").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".fallback").is_visible() and not page.locator(".live").is_visible()


@pytest.mark.parametrize(
    ("chapter", "moment", "open"),
    [
        ("forward_pass", ("0", "h1"), []),
        ("backpropagation", ("0", "dE_dw1"), ["Proof of w1"]),
        ("weight_update", ("0", "update"), []),
        (
            "learning_rate",
            ("2", "overview"),
            ["Learning rates side by side"],
        ),  # where the catapult has thrown highest
    ],
)
def test_each_chapter_opens_at_the_moment_it_speaks_of(open_page, come_to, chapter, moment, open):
    path = Path(__file__).parents[2] / "_build" / "html" / "book" / f"{chapter}.html"
    if not path.exists():
        pytest.skip("the book is not built: make book")
    page = open_page(path.as_uri())
    page.wait_for_selector(
        "meta[http-equiv=Content-Security-Policy]", state="attached"
    )  # the first page sends on
    come_to(root(page))
    assert tuple(root(page).get_attribute(f"data-{name}") for name in ("step", "operation")) == moment
    shown = root(page).locator(".proof:not([hidden]), details[open]")
    assert [
        one.get_attribute("aria-label") or one.locator("summary").inner_text() for one in shown.all()
    ] == open


# ------------------------------------------------------------------------------- for everyone


def in_use(page):
    """Opens and moves everything, so that checks see the stepper in use."""
    button(page, "Step forward").click(click_count=2)
    for summary in root(page).locator("summary").all():
        if not summary.evaluate("node => node.parentElement.open"):
            summary.click()
    why(page, "w1")
    button(page, "0.8").click()
    root(page).get_by_label("Learning rate", exact=True).fill("-1")
    root(page).get_by_label("Learning rate", exact=True).press("Enter")
    button(page, "Next operation").click(click_count=14)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(show, theme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is not installed: pip install axe-playwright-python",
    )
    page = show(Stepper(), theme=theme, width=width)
    little = show(Stepper(compact=True), theme=theme, width=width, reduced_motion="reduce")
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
    for prepare in (lambda page: None, in_use):
        prepare(page)
        found = axe.Axe().run(page, options=rules).response["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    button(little, "Step").click()
    tap(little, "i1")
    found = axe.Axe().run(little, options=rules).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("width", [320, 375, 690, 768, 1280])
def test_no_sideways_scrolling_and_large_targets(show, width):
    random = np.random.default_rng(22)  # of every length and sign, so that long numbers must fit as well
    awkward = Stepper(
        weights=random.normal(0, 1, (2, 2, 2)) * 10.0 ** random.integers(-7, 3, (2, 2, 2)),
        inputs=[-0.0123456, 12345.678],
    )
    style = (Path(__file__).parents[2] / "book" / "_static" / "book.css").read_text()
    body = "".join(f'<div class="cell_output">{each._repr_html_()}</div>' for each in (Stepper(), awkward))
    page = show(head=f"<style>{style}</style>", body=body, width=width)
    in_use(page)
    page.get_by_label("Digits").first.fill("17")
    steppers = page.locator(".s6-stepper")
    for _ in range(25):
        wide = steppers.locator("*:not(svg *):not(.unseen)").evaluate_all(
            """nodes => nodes.filter(node => node.isConnected)  // the table for paper is made anew meanwhile
                    .filter(node => node.getBoundingClientRect().right
                        > node.closest(".s6-stepper").getBoundingClientRect().right)
                .map(node => node.outerHTML.slice(0, 200))"""
        )
        assert wide == [] and page.evaluate("document.documentElement.scrollWidth") <= width
        outside = steppers.locator(".net *:not(svg *):not(.unseen)").evaluate_all(
            """nodes => nodes.filter(node => node.scrollWidth > node.clientWidth + 1 && node.clientWidth)
                .map(node => node.outerHTML.slice(0, 300))"""
        )
        assert outside == []
        assert root(page).locator(".net").evaluate(OVERLAPS) == []
        page.get_by_role("button", name="Next operation").first.click()
        page.get_by_role("button", name="Next operation").last.click()
    small = (
        root(page)
        .locator("button, input, select, summary")
        .evaluate_all(
            """nodes => nodes.filter(node => node.offsetParent).map(node => [node.outerHTML.slice(0, 90),
            node.getBoundingClientRect().width, node.getBoundingClientRect().height])
                .filter(([, w, h]) => w < 24 || h < 24)"""
        )
    )
    assert small == []


def test_everything_by_keyboard_alone(show):
    page = show()
    page.locator("details").evaluate_all("drawers => drawers.forEach(drawer => { drawer.open = true; })")
    wanted = set(
        root(page)
        .locator("button, input, select, summary")
        .evaluate_all(
            "nodes => nodes.filter(node => node.offsetParent).map((node, k) => (node.dataset.key = "
            "String(k)))"
        )
    )
    reached = set()
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.key"))
    assert wanted <= reached

    def press(name, key):
        button(page, name).focus()
        page.keyboard.press(key)

    press("Step forward", "Enter")
    press("Step forward", "Space")
    assert step(page) == 2
    press("Step back", "Enter")
    assert step(page) == 1
    press("Next operation", "Enter")
    press("Next operation", "Enter")
    press("Previous operation", "Enter")
    assert root(page).get_attribute("data-operation") == "h1"
    press("Play", "Enter")
    page.wait_for_function("Number(document.querySelector('.s6-stepper').dataset.step) >= 3")
    press("Pause", "Space")
    here = step(page)
    page.wait_for_timeout(400)
    assert step(page) == here
    page.get_by_label("Step", exact=True).focus()
    page.keyboard.press("Home")
    assert step(page) == 0
    page.get_by_role("button", name=re.compile("^w7")).focus()
    page.keyboard.press("Enter")  # the slider has the focus
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("w7 at the start").input_value() == "0.51"
    button(page, "Why w7 moves as it does").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("region", name="Proof of w7").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").startswith("w7")
    button(page, "2").focus()
    page.keyboard.press("Enter")
    assert page.get_by_label("Learning rate", exact=True).input_value() == "2"
    page.get_by_label("Rate from 0.001 to 1000, logarithmic").focus()
    page.keyboard.press("End")
    assert page.get_by_label("Learning rate", exact=True).input_value() == "1000"
    press("Reset", "Enter")
    assert step(page) == 0 and page.get_by_label("Learning rate", exact=True).input_value() == "0.5"


def test_announcements_do_not_chatter(show):
    page = show()
    page.evaluate("""() => { window.said = [];
        new MutationObserver(() => said.push(document.querySelector("[role=status]").textContent))
            .observe(document.querySelector("[role=status]"), {childList: true}) }""")
    button(page, "Step forward").click(click_count=30)
    page.wait_for_function("said.at(-1)?.startsWith('Step 30')")
    said = page.evaluate("said")
    assert len(said) <= 2
    page.get_by_label("Speed").select_option("15")
    button(page, "Play").click()
    page.wait_for_timeout(1500)
    assert page.evaluate("said") == said
    button(page, "Pause").click()
    page.wait_for_function("before => said.length > before", arg=len(said))
    page.wait_for_timeout(900)
    assert len(page.evaluate("said")) == len(said) + 1


def test_what_nobody_asked_for_is_not_announced(show):
    page = show(Stepper(targets=[1e100, 0.5], learning_rate=1e300, panel="race"))
    status = page.get_by_role("status")
    page.wait_for_timeout(800)
    assert status.text_content() == ""
    button(page, "Next operation").click()
    status.filter(has_text="Step 0, h1 is").wait_for(state="attached")
    button(page, "Step forward").click(click_count=5)
    page.get_by_role("alert").filter(has_text="Not finite").wait_for()
    page.wait_for_timeout(800)
    assert "finite" not in status.text_content()  # an alert speaks for itself


@pytest.mark.parametrize(("width", "height"), [(1280, 700), (375, 667), (320, 256)])
def test_no_bar_covers_what_has_the_focus(show, width, height):
    page = show(
        body=f'<div class="bd-main">{Stepper(proof="w1")._repr_html_()}</div>', width=width, height=height
    )
    page.locator("details").evaluate_all("drawers => drawers.forEach(drawer => { drawer.open = true; })")
    controls = root(page).locator(":is(button, input, select, summary):visible").count()
    for key, times in (("Tab", controls), ("Shift+Tab", controls - 1)):
        for _ in range(times):
            page.keyboard.press(key)
            page.evaluate("new Promise(requestAnimationFrame)")
            covered = page.evaluate("""() => {
                const focus = document.activeElement, box = focus.getBoundingClientRect();
                return [0.1, 0.5, 0.9].filter(part => {
                    const top = document.elementFromPoint(
                        box.left + box.width / 2, box.top + box.height * part);
                    return !focus.contains(top) && !focus.closest("label")?.contains(top);
                }).map(() => focus.outerHTML.slice(0, 120))}""")
            assert covered == [], key


def test_no_motion_for_those_who_ask(show):
    page = show(reduced_motion="reduce")
    button(page, "Next operation").click(click_count=14)
    assert page.evaluate("document.getAnimations().length") == 0
    moving = (
        root(page)
        .locator("*")
        .evaluate_all(
            "nodes => nodes.filter(node => parseFloat(getComputedStyle(node).transitionDuration) > 0).length"
        )
    )
    assert moving == 0


def test_signs_are_told_by_more_than_colour(show):
    page = show(Stepper(targets=[0.9, 0.1]))
    marks = (
        root(page)
        .locator(".edge [data-quantity^=dE_dw]")
        .evaluate_all("nodes => nodes.map(node => [Number(node.dataset.value), node.textContent[0]])")
    )
    assert {sign for value, sign in marks if value > 0} == {"+"}
    assert {sign for value, sign in marks if value < 0} == {"−"}
    dashed = root(page).locator(".lines line.falling").count()
    assert dashed == sum(value < 0 for value, _ in marks) > 0
