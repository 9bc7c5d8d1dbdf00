"""The stepper without a browser: its traits, its errors, and the HTML it leaves behind."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import traitlets
from IPython.core.formatters import DisplayFormatter

from bookbuild import site
from s6lib import slips, toy
from s6lib.widgets import Stepper, join, stepper

WIDGETS = Path(join.__file__).parent


def state_in(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1])


def test_starts_as_the_worksheet():
    moment = Stepper().value
    assert np.array_equal(moment.weights, toy.WEIGHTS)
    assert np.array_equal(moment.inputs, toy.INPUTS)
    assert np.array_equal(moment.targets, toy.TARGETS)
    assert moment.step == 0


def test_value_is_what_train_takes():
    view = Stepper(learning_rate=2, step=7)
    expected = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 2.0, 7)
    assert np.array_equal(toy.train(*view.value).weights, expected.weights)


def test_observe_link_and_interact():
    one, other, seen = Stepper(), Stepper(), []
    one.observe(lambda change: seen.append(change["new"]), names="learning_rate")
    traitlets.link((one, "weights"), (other, "weights"))
    moved = toy.WEIGHTS + 0.25
    one.weights = moved
    one.learning_rate = np.float32(0.5) * 4
    assert seen == [2.0]
    assert np.array_equal(other.weights, moved)

    calls = []
    control = ipywidgets.interactive(lambda moment: calls.append(moment), moment=one)
    control.update()
    one.step = 3
    assert calls[-1] == one.value and calls[-1].step == 3


def test_traits_are_not_the_callers_array():
    weights = toy.WEIGHTS.copy()
    view = Stepper(weights=weights)
    weights[:] = 9
    assert np.array_equal(view.weights, toy.WEIGHTS)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("learning_rate", 0, ValueError),
        ("learning_rate", -1, ValueError),
        ("learning_rate", float("nan"), ValueError),
        ("learning_rate", float("inf"), ValueError),
        ("learning_rate", True, TypeError),
        ("learning_rate", "0.5", TypeError),
        ("learning_rate", [0.5], ValueError),
        ("weights", np.zeros(8), ValueError),
        ("weights", np.zeros((3, 2, 2, 2)), ValueError),
        ("weights", np.full((2, 2, 2), np.nan), ValueError),
        ("weights", "w", TypeError),
        ("inputs", [1, 2, 3], ValueError),
        ("targets", [0.5, np.inf], ValueError),
        ("targets", [True, False], TypeError),
        ("step", -1, ValueError),
        ("step", 1.0, TypeError),
        ("step", True, TypeError),
        ("step", stepper.LAST_STEP + 1, ValueError),
        ("operation", "w9", ValueError),
        ("operation", 3, ValueError),
        ("proof", "h1", ValueError),
        ("rates", [], ValueError),
        ("rates", range(1, 10), ValueError),
        ("rates", [1, -1], ValueError),
        ("panel", "</script>", ValueError),
    ],
)
def test_refuses_bad_values_and_keeps_the_last_good_one(name, value, error):
    view = Stepper()
    before = getattr(view, name)
    with pytest.raises(error, match=name):
        setattr(view, name, value)
    assert getattr(view, name) == before
    with pytest.raises(error, match=name):
        Stepper(**{name: value})


def test_refuses_unknown_traits():
    with pytest.raises(TypeError, match="learning_rat"):
        Stepper(learning_rat=0.1)


def test_output_carries_the_widget_and_the_page():
    view = Stepper()
    data, _metadata = view._repr_mimebundle_()
    assert (
        DisplayFormatter().format(view)[0].keys() == data.keys()
    )  # by way of IPython: ipywidgets 7 displays by itself
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id
    assert data["text/html"] == view._repr_html_()


def test_html_holds_state_and_script_once():
    html = Stepper(step=2, operation="dE_dw5", proof="w1", learning_rate=0.1)._repr_html_()
    state = state_in(html)
    assert (state["step"], state["operation"], state["proof"], state["learning_rate"]) == (
        2,
        "dE_dw5",
        "w1",
        0.1,
    )
    assert np.array_equal(state["weights"], toy.WEIGHTS)
    assert html.count(stepper.SCRIPT) == 1


def test_script_and_state_cannot_end_their_element_early():
    html = Stepper()._repr_html_()
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 2
    assert not any(re.search(r"</?script|<!--", script, re.IGNORECASE) for script in scripts)


def test_html_has_nothing_that_a_strict_policy_forbids():
    class Inline(HTMLParser):
        def handle_starttag(self, tag, attributes):
            assert tag != "style"
            for name, _value in attributes:
                assert name != "style" and not name.startswith("on")

    Inline().feed(Stepper()._repr_html_())


def test_adds_at_most_76_kb_to_the_site_and_6_to_a_page(tmp_path):
    """As the page is published: the script, which all pages share, and what stands on the page, but for
    the table of slips."""
    page = site.finish(
        f'<head><meta charset="utf-8"></head>'
        f"<body>{Stepper(step=9, proof='w8', panel='race')._repr_html_()}</body>",
        "page",
        tmp_path,
    )
    (body,) = re.findall(r"<body>(.*)</body>", page, re.DOTALL)
    (script,) = tmp_path.iterdir()
    table = json.dumps(slips.table())
    assert state_in(body)["slips"] == slips.table() and len(body.encode()) - len(table) <= 6_000
    assert "data-stepper" in body and f"_static/{script.name}" in body
    assert script.stat().st_size <= 76_000 and len(table) <= 18_000
    assert table not in Stepper(compact=True)._repr_html_()  # it does not ask


def test_jupyter_and_the_output_carry_the_same_text():
    """Not a letter of the program differs: what it says of `//` in a text or `* ` at the start of a line,
    both say."""
    source = join.module(WIDGETS / "stepper" / "index.js")
    assert stepper.SCRIPT == f'<script type="module" data-widget="stepper">\n{source}</script>'
    assert str(Stepper._esm) == source


def table_in(html):
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html)
    return {
        name.split(" = ")[0]: [float(cell) for cell in re.findall(r"<td>(.*?)</td>", cells)]
        for name, cells in rows
    }


def test_table_on_paper_holds_the_same_steps():
    table = table_in(Stepper(step=4, learning_rate=2)._repr_html_())
    weights = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 2.0, 6).weights[4:]
    forward = toy.forward(weights, toy.INPUTS)
    slope = toy.gradient(weights, toy.INPUTS, toy.TARGETS).reshape(3, 8)
    expected = {
        "E_total": toy.loss(weights, toy.INPUTS, toy.TARGETS),
        **{f"w{k + 1}": weights.reshape(3, 8)[:, k] for k in range(8)},
        **{f"dE/dw{k + 1}": slope[:, k] for k in range(8)},
        **{f"{name}{k + 1}": getattr(forward, name)[:, k] for name in forward._fields for k in (0, 1)},
    }
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values, rtol=1e-4, err_msg=name)
    # the sums' own gradients, through the weights that hang on them: dE/dw1 = dE/dh1 * i1
    np.testing.assert_allclose(table["dE/dh1"], slope[:, 0] / toy.INPUTS[0], rtol=1e-4)
    np.testing.assert_allclose(table["dE/do2"], slope[:, 6] / forward.a_h[:, 0], rtol=1e-4)


def test_table_survives_a_run_that_leaves_float64():
    far = {"targets": [1e200, 0.5], "learning_rate": 1e200}
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        toy.train(toy.WEIGHTS, toy.INPUTS, far["targets"], far["learning_rate"], 3)
    table = table_in(Stepper(step=3, **far)._repr_html_())
    assert len(table["w1"]) == 1 and table["w1"][0] == toy.WEIGHTS[0, 0, 0]
