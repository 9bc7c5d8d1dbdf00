"""Links to one moment of a widget, as a teacher gives them to a class: a Sphinx extension.

::

    {moment}`the first sum <forward_pass: operation=h1>`      a moment of the stepper, by its traits
    {moment}`the same numbers for all <forward_pass: set=7>`  the set of numbers that all questions then have

They lead to `forward_pass.html#stepper=1&operation=h1` and `forward_pass.html?set=7`, which the widgets read.
A moment that the stepper would refuse is refused when the page is built.
"""

import json
import posixpath
import re

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from s6lib import checks
from s6lib.widgets import Stepper
from s6lib.widgets.question.judging import SETS


def address(state):
    """What follows the address of a page, for the moment `state`, {trait: value} of a stepper or {"set": n}.

    Raises TypeError and ValueError for a moment that the widget refuses.
    """
    if state.keys() == {"set"}:
        return f"?set={checks.whole('set', state['set'], 1, SETS)}"
    Stepper(**state)
    return "#stepper=1" + "".join(f"&{name}={_written(value)}" for name, value in state.items())


def _written(value):
    if isinstance(value, list):
        return ",".join(map(_written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


class Moment(nodes.Inline, nodes.TextElement):
    """A link to a moment of a page that may not have been read yet."""


class MomentRole(SphinxRole):
    def run(self):
        found = re.fullmatch(r"(.+?)\s*<(\w+): (.+)>", self.text, flags=re.S)
        if not found:
            return self._refused(f"got {self.text!r}; takes words <chapter: trait=value, ...>")
        words, chapter, parts = found.groups()
        state = {}
        for part in re.split(r",\s+", parts):
            name, _, value = part.partition("=")
            state[name] = _read(value)
        try:
            after = address(state)
        except (TypeError, ValueError) as error:
            return self._refused(str(error))
        page = posixpath.join(posixpath.dirname(self.env.docname), chapter)
        node = Moment("", words, page=page, after=after)
        self.set_source_info(node)
        return [node], []

    def _refused(self, why):
        logging.getLogger(__name__).warning(f"moment: {why}", location=self.get_location())
        return [nodes.Text(self.text)], []


def _lead(app, doctree, docname):
    for node in list(doctree.findall(Moment)):
        if node["page"] not in app.env.found_docs:
            message = f"moment: got {node['page']!r}; takes a page of the book"
            logging.getLogger(__name__).warning(message, location=node)
        after = node["after"] if app.builder.name == "html" else ""  # elsewhere no widget reads it
        link = app.builder.get_relative_uri(docname, node["page"]) + after
        node.replace_self(nodes.reference("", "", *node.children, refuri=link, internal=True))


def setup(app):
    app.add_node(Moment)
    app.add_role("moment", MomentRole())
    app.connect("doctree-resolved", _lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
