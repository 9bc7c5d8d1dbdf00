"""The stepper that asks: what a reader types, by mouse and by keyboard, and what is told."""

import re

import pytest
from playwright.sync_api import expect
from test_access import RULES, axe, violations  # noqa: F401
from test_stepper_page import root, show, step  # noqa: F401

from s6lib import slips, toy
from s6lib.widgets import Stepper
from s6lib.widgets.stepper import OPERATIONS

VALUES = slips.quantities(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, learning_rate=0.5)


def answer(page, text):
    field = root(page).get_by_role("textbox", name=re.compile("^Your value of"))
    field.fill(text)
    field.press("Enter")
    return root(page).locator(".told")


def press(page, name):
    root(page).get_by_role("button", name=name, exact=True).click()


def shown(page, name):
    return root(page).locator(f".net [data-quantity={name}]").inner_text()


def operation(page):
    return root(page).get_attribute("data-operation")


def test_a_right_answer_opens_the_operation(show):  # noqa: F811
    page = show(Stepper(operation="dE_dw5", ask=True))
    assert shown(page, "dE_dw5") == "?" and shown(page, "a_h1") != "?"
    assert root(page).locator(".equation").inner_text() == ""
    expect(answer(page, "0.01")).to_have_text("Right so far. Type 3 digits or more.")
    expect(answer(page, "0,01288")).to_have_text("Right: 0.012881.")
    assert shown(page, "dE_dw5") == "+0.0129" and "0.50687" in root(page).locator(".equation").inner_text()
    press(page, "Go on")
    assert operation(page) == "dE_dw6" and shown(page, "dE_dw6") == "?"
    press(page, "Previous operation")
    assert shown(page, "dE_dw5") == "+0.0129"  # it is not asked twice


@pytest.mark.parametrize(
    ("name", "slip"),
    [
        ("dE_dw3", "input_left_out"),
        ("dE_dh2", "w6_w7_swapped"),
        ("dE_dh1", "first_path_only"),
        ("dE_do2", "sign_of_miss"),
        ("dE_dw8", "activation_left_out"),
        ("E1", "doubled"),
        ("o2", "output_sums_transposed"),
        ("a_h1", "hidden_sigmoid_left_out"),
        ("update", "uphill"),
    ],
)
def test_a_slip_is_named(show, name, slip):  # noqa: F811
    page = show(Stepper(operation=name, ask=True))
    quantity = "w5_new" if name == "update" else name
    wrong = slips.quantities(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, slip, learning_rate=0.5)[quantity]
    told = answer(page, f"{wrong:.6g}".replace("-", "−"))
    expect(told).to_contain_text(slips.SLIPS[slip].says)
    assert root(page).locator(".ask input").get_attribute("aria-invalid") == "true"
    expect(answer(page, f"{VALUES[quantity]:.5g}")).to_contain_text("Right: ")
    assert root(page).locator(".ask input").get_attribute("aria-invalid") is None


def test_what_is_no_slip_gets_the_formula_and_then_the_value(show):  # noqa: F811
    page = show(Stepper(operation="o1", ask=True))
    for text, told in (
        ("abc", "A number, please"),
        ("", "Type a number first."),
        ("1,234", "Do you mean 1.234 or 1234?"),
    ):
        expect(answer(page, text)).to_contain_text(told)
        assert root(page).locator(".ask input").get_attribute("aria-invalid") == "true"
    expect(answer(page, "77")).to_have_text("Not yet. The formula is above.")
    assert "×" in root(page).locator(".equation").inner_text()
    assert not re.search(r"\d\.\d", root(page).locator(".equation").inner_text())
    press(page, "Show me")
    expect(root(page).locator(".told")).to_have_text("It is 0.43253.")
    assert shown(page, "o1") == "0.43253"


def test_by_keyboard_alone_from_the_tick_to_the_next_step(show):  # noqa: F811
    """Each of the 24 operations; what is heard says that an answer is wanted, and never the answer."""
    page = show(Stepper())
    root(page).get_by_label("Ask me first").focus()
    page.keyboard.press("Space")
    assert shown(page, "h1") == shown(page, "E_total") == shown(page, "dE_dw1") == "?"
    assert shown(page, "i1") == "0.05"
    root(page).get_by_role("button", name="Next operation", exact=True).focus()
    page.keyboard.press("Enter")
    for name in OPERATIONS[1:]:
        assert operation(page) == name
        assert page.evaluate("document.activeElement.closest('.ask') !== null")
        page.keyboard.type(f"{VALUES['w5_new' if name == 'update' else name]:.5g}")
        page.keyboard.press("Enter")
        expect(root(page).locator(".told")).to_contain_text("Right: ")
        page.keyboard.press("Enter")
    assert step(page) == 1 and operation(page) == "overview"
    expect(root(page).locator(".ask")).to_be_hidden()


def test_next_waits_for_an_answer_and_play_does_not(show):  # noqa: F811
    page = show(Stepper(operation="h2", ask=True))
    press(page, "Next operation")
    assert operation(page) == "h2"
    expect(root(page).locator(".told")).to_have_text("Type your answer first, or choose Show me.")
    page.wait_for_timeout(700)
    heard = root(page).locator(".unseen[role=status]").inner_text()
    assert "0.0425" not in heard
    root(page).get_by_label("Speed").select_option("3 operations / s")
    press(page, "Play")
    page.wait_for_function("document.querySelector('.s6-stepper').dataset.operation === 'a_h2'")
    press(page, "Pause")
    assert shown(page, "h2") == "0.042500"
    press(page, "Step forward")
    assert step(page) == 1
    tick = root(page).get_by_label("Ask me first")
    tick.uncheck()
    assert shown(page, "E_total") != "?"
    press(page, "Next operation")
    assert operation(page) == "h1" and shown(page, "h1") != "?"


def test_its_address_asks(show):  # noqa: F811
    page = show(hash="#stepper=1&operation=dE_dw5&ask=true")
    assert shown(page, "dE_dw5") == "?" and root(page).get_by_label("Ask me first").is_checked()
    root(page).get_by_label("Ask me first").uncheck()
    page.wait_for_url(re.compile(r"#stepper=1&operation=dE_dw5$"))
    page = show(Stepper(ask=True), hash="#stepper=1&operation=a_h1&ask=false")
    assert shown(page, "a_h1") != "?"


def test_nothing_of_it_stands_in_the_way(show, axe):  # noqa: F811
    page = show(Stepper(operation="dE_dw3", ask=True))
    told = answer(page, f"{slips.SLIPS['doubled'](toy.WEIGHTS, toy.INPUTS, toy.TARGETS)[0, 1, 0]:.6g}")
    expect(told).to_contain_text("one half")
    for width, theme in ((1440, "light"), (390, "dark"), (320, "light")):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        page.evaluate(f"document.body.style.background = '{'#121212' if theme == 'dark' else '#fff'}'")
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(axe, page, RULES) == [], (width, theme)
