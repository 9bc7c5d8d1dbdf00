r"""Formulas as MathML, made when the book is built: a Sphinx extension, for `html_math_renderer: mathml`.

Browsers draw MathML themselves, and screen readers read it: the page needs no script for its
formulas. docutils converts the TeX; what it leaves to the renderer is set here.
"""

import re
from html import escape
from xml.etree import ElementTree

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", NAMESPACE)


def mathml(tex, block=False):
    """Return TeX as MathML. Raises ValueError for what docutils cannot read."""
    plain = re.sub(r"\\[\\{}]", "", tex)  # \\{ ends a line and opens a group
    if plain.count("{") != plain.count("}") or plain.count(r"\begin{") != plain.count(
        r"\end{"
    ):  # docutils would not mind
        raise ValueError(f"formula: got {tex!r}; something in it is not closed")
    whole = re.sub(r"(\\[td]?frac)(\d)(\d)", r"\1{\2}{\3}", tex)  # \tfrac12
    whole = re.sub(r"^\s*(?=[\^_])", "{}", whole)  # ^5, after a number in the text
    try:
        text = tex2mathml(whole, as_block=block)
    except (MathError, SyntaxError, LookupError) as error:
        raise ValueError(f"formula: got {tex!r}; {error}") from error
    root = ElementTree.fromstring(text.replace("&ApplyFunction;", "\u2061"))
    if any(cell.find(f"{{{NAMESPACE}}}mtd") is not None for cell in root.iter(f"{{{NAMESPACE}}}mtd")):
        raise ValueError(f"formula: got {tex!r}; a sized bracket that opens in one cell must close in it")
    for element in root.iter():
        element.tail = None
        if len(element):
            element.text = None
        _mend(element)
    return ElementTree.tostring(root, encoding="unicode")


def _mend(element):
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    if name == "mtable":  # aligned lines are as large as a line of their own
        element.set("displaystyle", "true")
    elif name == "msub" and element[0].tag.endswith("munder"):  # the label of \underbrace goes under it
        element.tag = element[0].tag
    elif name == "mo" and element.text in {"/", "'"}:
        element.text = element.text.replace("'", "′")
        element.attrib.update(lspace="0", rspace="0")
    elif name == "mo" and element.text == "\u2061":  # log p: a thin space, as in TeX
        element.attrib.update(lspace="0", rspace="0.17em")


def _inline(translator, node):
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    translator.body.append(_convert(node) + "</span>")
    raise SkipNode


def _block(translator, node):
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(_convert(node, block=True) + "</div>\n")
    raise SkipNode


def _convert(node, block=False):
    try:
        return mathml(node.astext(), block)
    except ValueError as error:
        logging.getLogger(__name__).warning(str(error), location=node)
        return f"<code>{escape(node.astext())}</code>"


def setup(app):
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
