"""Widgets in the made-up language: nothing stays English, and longer words have room at 320 pixels.

Each is gone through by a reader who presses every button, chooses every option and types what no field takes.
"""

import json
import os
import subprocess
import sys

import pytest

from bookbuild import made_up, messages

#: What is held to speak, {name: how it is made}.
WIDGETS = {
    "slope": "Primer()",
    "partial": "Primer(scene='partial')",
    "gears": "Primer(scene='chain')",
    "kernel": "Kernel(relu=True, padding=1)",
    "progress": "Progress()",
    "questions": "Again('learning_rate')",
    "stepper": "Stepper(operation='dE_dw1', proof='w1', panel='race')",
    "asking": "Stepper(operation='h1', ask=True, panel='values')",
    "small": "Stepper(compact=True)",
    "digits": (
        "Digits(image=[[255 if 6 < row < 21 and 12 < column < 16 else 0 for column in range(28)] "
        "for row in range(28)], label=3, panels=['preparation', 'lesson', 'layers'])"
    ),
    "training": "Trainer()",
    "hand": "Trainer(scene='hand')",
    "sheet": "Sheet()",
}
#: Names that no language translates: E_total, those of layers and their parameters, and of networks.
EXEMPT = {
    "total",
    "Re",
    "LU",
    "images",
    "crop",
    "average",
    "linear",
    "weight",
    "bias",
    "author",
    "small",
    "swift",
}
PAGE = (
    '<!doctype html><html lang="qps"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>ö</title><body>{}</body></html>'
)
MAKE = (
    "import json; from s6lib.widgets import *; "
    "print(json.dumps({{name: made._repr_html_() for name, made in {{{}}}.items()}}))"
)
#: All that is read or heard in a widget.
TEXTS = """() => {
  const root = document.querySelector("[class|=s6]"), found = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (walk.currentNode.parentElement.closest("script, style, code, [hidden]")) continue;
    found.push(walk.currentNode.data);
  }
  const heard = ["aria-label", "aria-roledescription", "aria-valuetext", "title", "placeholder", "alt"];
  for (const name of heard) {
    root.querySelectorAll(`[${name}]`).forEach((one) => {
      if (!one.closest("[hidden]")) found.push(one.getAttribute(name));
    });
  }
  return [...found, root.getAttribute("aria-label") ?? ""];
}"""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """The HTML of each widget, made in a process that speaks the made-up language."""
    catalogue = tmp_path_factory.mktemp("language") / "qps.po"
    messages.main(["--made-up", str(catalogue)])
    program = MAKE.format(", ".join(f"{name!r}: {made}" for name, made in WIDGETS.items()))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "S6LIB_LANGUAGE": str(catalogue)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def go_through(page):
    """Do what can be done, and yield after each what there is to read."""
    yield page.evaluate(TEXTS)
    for kind, act in (
        (
            "select",
            lambda each: each.select_option(each.locator("option:enabled").last.get_attribute("value")),
        ),
        ("input[type=checkbox]", lambda each: each.click()),
        ("input[type=text]", lambda each: (each.fill("1.000"), each.press("Enter"))),
        ("input[type=text]", lambda each: (each.fill(""), each.press("Enter"))),
        ("button", lambda each: each.click()),
        ("summary", lambda each: each.click()),
    ):
        for each in page.locator(f".live {kind}").all():
            if each.is_visible() and each.is_enabled():
                act(each)
                yield page.evaluate(TEXTS)
    page.wait_for_timeout(700)  # until it is said to whoever does not see it
    yield page.evaluate(TEXTS)


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_says_nothing_in_english_and_has_room(spoken, open_page, tmp_path, name):
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(spoken[name]), encoding="utf-8")
    page = open_page(path.as_uri(), width=320)
    page.keyboard.press("Shift")
    page.locator(".live").first.wait_for()
    said = set()
    for texts in go_through(page):
        said.update(texts)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    english = {text: left for text in said if (left := made_up.left_over(text, EXEMPT))}
    assert not english and any(made_up.MORE in text for text in said)


def test_the_page_of_a_reader_who_speaks_another_language_has_its_decimal_sign(spoken):
    assert "0,5" in spoken["slope"] and 'DECIMAL = ","' in spoken["kernel"]
