"""Scripts: shortened, and still the same programs."""

import itertools
import string

import tree_sitter_javascript
from tree_sitter import Language, Parser

JAVASCRIPT = Language(tree_sitter_javascript.language())
#: Tokens that a shorter one says as well. (A program that assigns to a constant would end there.)
SHORTER = {"const": "let", "true": "!0", "false": "!1"}
#: What may hold a block, so that nothing after it can be read as its continuation.
STATEMENTS = {
    "program",
    "statement_block",
    "function_declaration",
    "class_declaration",
    "method_definition",
    "if_statement",
    "else_clause",
    "for_statement",
    "for_in_statement",
    "while_statement",
    "try_statement",
    "catch_clause",
    "finally_clause",
}
#: What takes no gaps between its commas.
LISTS = {"arguments", "formal_parameters", "object", "object_pattern"}


def shortened(script):
    """Return a script without comments and without blanks and signs that no token needs: the same program.

    Private names become short. Line ends stay where a semicolon may be meant. What the parser does not know
    comes back as it is.
    """
    source = script.encode()
    root = Parser(JAVASCRIPT).parse(source).root_node
    if root.has_error:
        return script
    tokens, private = list(_tokens(root)), _private_names(script)
    kept, before, end, blank, new_line = [], "", 0, False, False
    for node, after in itertools.pairwise([*tokens, None]):
        gap, text, end = source[end : node.start_byte], node.text.decode(), node.end_byte
        blank |= bool(gap)
        new_line |= b"\n" in gap
        if node.type in {"comment", "html_comment"} or _needless(node, after):
            blank, new_line = True, new_line or "\n" in text
            continue
        if node.type == "private_property_identifier":
            text = private.setdefault(text, f"#{next(private[None])}")
        text = SHORTER.get(node.type, text)
        if new_line and before and before[-1] not in ";,{([" and text not in {";", ",", "}", ")", "]", "."}:
            kept.append("\n")
        elif blank and _would_merge(before, text):
            kept.append(" ")
        kept.append(text)
        before = (
            ";" if _ends(node) else "a" if node.type == "regex" else text
        )  # a letter beside a pattern is its flag
        blank = new_line = False
    short = "".join(kept)
    return script if Parser(JAVASCRIPT).parse(short.encode()).root_node.has_error else short


def _tokens(node):
    if node.type in {"string", "regex"} or not node.children:
        yield from [node] if node.text else []  # a semicolon that is only meant has none
    else:
        for child in node.children:
            yield from _tokens(child)


def _private_names(script):
    """Where `shortened` keeps the new names of private members; under None, those that are still to be
    had."""
    pairs = (a + b for a in ["", *string.ascii_letters] for b in string.ascii_letters)
    return {None: (name for name in pairs if f"#{name}" not in script)}


def _needless(node, after):
    """Whether a token says nothing: a semicolon before a brace, the comma after a last element, brackets
    around
    a single parameter."""
    if node.type == ";":
        return after is not None and after.type == "}" and node.parent.type != "for_statement"
    if node.type == ",":  # (in an array a comma after a comma counts)
        last = node.next_sibling is not None and node.next_sibling.type in {")", "}", "]"}
        return last and (node.parent.type in LISTS or node.prev_sibling.type not in {",", "["})
    parameters = node.parent
    return (
        node.type in {"(", ")"}
        and parameters.type == "formal_parameters"
        and parameters.parent.type == "arrow_function"
        and [child.type for child in parameters.children] == ["(", "identifier", ")"]
    )


def _ends(node):
    """Whether a token closes the block of a statement."""
    block = node.parent
    return (
        node.type == "}"
        and block.type in {"statement_block", "class_body"}
        and block.parent.type in STATEMENTS
    )


def _would_merge(before, text):
    """Whether two tokens of JavaScript might be read as another without a blank between them."""
    last, first = before[-1:], text[0]
    if last.isalnum() or last in "_$":
        return first.isalnum() or first in "_$#\\" or (first == "." and last.isdigit())
    return last in "+-*/%<>=!&|?~^.@" and first in "+-*/%<>=!&|?~^.@"
