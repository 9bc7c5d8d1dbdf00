"""What every widget has in Python: traits that refuse what is wrong by name, and a page without a kernel."""

import json
from pathlib import Path

from s6lib import checks
from s6lib.widgets import join

with checks.extra("widgets"):
    import anywidget
    import traitlets
    from ipywidgets import ValueWidget


class Checked(traitlets.TraitType):
    """A trait that front end and Python share: `check(name, value)` returns its value, or refuses it with an
    error that says why."""

    def __init__(self, default, check):
        super().__init__(default_value=default)
        self._check = check
        self.tag(sync=True)

    def validate(self, obj, value):
        return self._check(self.name, value)


def one_of(names):
    """A check for `Checked`: one of the texts `names`."""

    def check(name, value):
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"{name}: got {value!r}; takes one of {', '.join(names)}")
        return value

    return check


class Widget(ValueWidget, anywidget.AnyWidget):
    """A widget whose front end is `s6lib/widgets/NAME/index.js`: in Jupyter by anywidget, on a page by
    itself.

    NAME : of its folder; of `data-NAME` and the class `s6-NAME` on the page
    STATE : the traits that may be given, all of which the page gets
    GIVEN : other traits that the page gets

    A class for a widget sets them, and `_esm = front_end(NAME)`; it defines `_still()`. Raises TypeError for
    a trait that is not there, and what the checks of the traits raise.
    """

    NAME, STATE, GIVEN = "", (), ()

    def __init__(self, **traits):
        unknown = sorted(set(traits) - set(self.STATE) - {"layout"})
        if unknown:  # traitlets would only warn
            raise TypeError(f"{type(self).__name__}: got {unknown[0]!r}; takes {', '.join(self.STATE)}")
        super().__init__(**traits)

    def _still(self):
        """The HTML that stands for the widget on paper and where there are no scripts."""
        raise NotImplementedError

    # For ipywidgets 7, as in Colab: its own display leaves out the HTML, and its interact reads a
    # description.
    _ipython_display_, description = None, ""

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": self._repr_html_()}, metadata

    def _repr_html_(self):
        values = {name: getattr(self, name) for name in (*self.STATE, *self.GIVEN)}
        # no value can end the script element
        state = json.dumps(values, allow_nan=False).replace("<", "\\u003c")
        return (
            f'<div class="s6-{self.NAME}" data-{self.NAME} dir="ltr">\n'
            f'<script type="application/json">{state}</script>\n'
            f'<div class="fallback">{self._still()}</div>\n</div>\n{inline(self.NAME)}'
        )


def front_end(name):
    """The front end of the widget `name` as one ES module: the text that anywidget and an output run."""
    return join.module(Path(__file__).with_name(name) / "index.js")


def inline(name):
    """The front end of the widget `name` as HTML.

    A page needs it once, so a builder of pages may cut it out of all outputs but one, or let all pages of a
    site share `join.script` of the widgets that `data-widget` names.
    """
    return f'<script type="module" data-widget="{name}">\n{front_end(name)}</script>'
