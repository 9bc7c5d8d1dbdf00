r"""Formulas as MathML, made when the book is built: a Sphinx extension, for `html_math_renderer: mathml`.

Browsers draw MathML themselves, and screen readers read it: the page needs no script for its
formulas. docutils converts the TeX; what it leaves to the renderer is set here.

* A symbol has the colour of its meaning wherever it stands, as in figures: w_5 the class `update`, a_{h1}
  `forward`, a slope `gradient`, t_1 `target`.
* A formula on a line of its own that is not made of aligned lines breaks before a sign, where its page is too
  narrow for it: it is written as parts, `MathML` for each, between which a browser may break the line.
"""

import re
from html import escape
from xml.etree import ElementTree

from docutils import nodes
from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", NAMESPACE)


#: How a symbol is spelled, its subscript after a low line, and the class that names its meaning. Letters with
#: other meanings elsewhere count only with a subscript that they have for this one alone.
MEANINGS = [
    (re.compile(r"w(_[1-8])?|W_out"), "update"),
    (re.compile(r"[iho]_[12]|a_[ho][12]?|a_from|[pz]_[jk]"), "forward"),
    (re.compile(r"[δg](_.*)?"), "gradient"),
    (re.compile(r"t_[12]|y_k"), "target"),
]
#: Signs before which a formula may go on in the next line.
BREAKS = {"=", "←", "+", "−", "⋅", "±", "≤"}


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
    _colour(root)
    parts = _parts(root) if block else [root]
    return "<wbr>".join(ElementTree.tostring(part, encoding="unicode") for part in parts)


def _name(element):
    return element.tag.removeprefix(f"{{{NAMESPACE}}}")


def _mend(element):
    name = _name(element)
    if name == "mtable":  # aligned lines are as large as a line of their own
        element.set("displaystyle", "true")
    elif name == "msub" and element[0].tag.endswith("munder"):  # the label of \underbrace goes under it
        element.tag = element[0].tag
    elif name == "mo" and element.text in {"/", "'"}:
        element.text = element.text.replace("'", "′")
        element.attrib.update(lspace="0", rspace="0")
    elif name == "mo" and element.text == "\u2061":  # log p: a thin space, as in TeX
        element.attrib.update(lspace="0", rspace="0.17em")


def _colour(element):
    """Give each symbol in `element` the class of its meaning. A slope has one as a whole."""
    signs = "".join(text if len(text := _spelled(child)) == 1 else "x" for child in element)  # one for each
    while found := re.search("∂./∂.", signs):  # a slope in a line of text: one element, as a fraction is
        slope = ElementTree.Element(f"{{{NAMESPACE}}}mrow", {"class": "gradient"})
        slope.extend(element[found.start() : found.end()])
        element[found.start() : found.end()] = [slope]
        signs = signs[: found.start()] + "x" + signs[found.end() :]
    for found in re.finditer(r"[σ′]\([ho](?=\))", signs):  # of all sums of a layer
        element[found.end() - 1].set("class", "forward")
    for child in element[_name(element) == "msub" :]:  # without its subscript the letter is another symbol
        if meaning := _meaning(child):
            child.set("class", meaning)
        elif child.get("class") not in {"gradient", "forward"}:
            _colour(child)


def _meaning(element):
    name, spelled = _name(element), _spelled(element)
    if name == "mfrac" and all(_spelled(part).startswith("∂") for part in element):
        return "gradient"
    if name == "mover":  # a bar or a hat has the colour of its letter
        return _meaning(element[0])
    if name == "msubsup":
        name, spelled = "msub", "_".join(map(_spelled, element[:2]))
    if name in {"mi", "msub"}:
        return next((meaning for pattern, meaning in MEANINGS if pattern.fullmatch(spelled)), None)
    return None


def _spelled(element):
    """The letters and signs of an element, a subscript after a low line."""
    if _name(element) == "msub":
        return "_".join(map(_spelled, element))
    return (element.text or "") + "".join(map(_spelled, element))


def _parts(root):
    """A formula on a line of its own as one element, or several, which a browser sets one after another."""
    starts, depth = [0], 0  # of brackets, within which no line ends
    for k, child in enumerate(root):
        sign = child.text if _name(child) == "mo" else ""
        depth += (sign == "(") - (sign == ")")
        if k and not depth and sign in BREAKS and root[k - 1].text not in BREAKS:  # = −1 is no difference
            starts.append(k)
    if len(starts) < 2:
        return [root]
    parts = []
    for start, end in zip(starts, [*starts[1:], None]):
        part = ElementTree.Element(root.tag)
        style = ElementTree.SubElement(part, f"{{{NAMESPACE}}}mstyle", displaystyle="true")
        style.extend(root[start:end])
        if start:
            style[0].set("form", "infix")  # or it would be the sign of a number, close to it
        parts.append(part)
    return parts


def _inline(translator, node):
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight nowrap"))
    translator.body.append(_convert(node) + escape(node.get("followed", "")) + "</span>")
    raise SkipNode


def _block(translator, node):
    formula = _convert(node, block=True)
    if "<wbr>" in formula:
        formula = f'<span class="parts">{formula}</span>'
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append(formula + "</div>\n")
    raise SkipNode


def _convert(node, block=False):
    try:
        return mathml(node.astext(), block)
    except ValueError as error:
        logging.getLogger(__name__).warning(str(error), location=node)
        return f"<code>{escape(node.astext())}</code>"


def _keep_together(app, doctree, docname):
    """Let each formula in a line of text take along the comma after it, which then never begins a line."""
    for node in list(doctree.findall(nodes.math)):
        after = node.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.Text) and (signs := re.match(r"[,.;:!?)]+", after)):
            node["followed"] = signs[0]
            after.parent.replace(after, nodes.Text(after[signs.end() :]))


def setup(app):
    app.connect("doctree-resolved", _keep_together)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
