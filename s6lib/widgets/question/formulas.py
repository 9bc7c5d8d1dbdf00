"""Formulas of arithmetic as texts, in the language of `kit/formula.js`: names, numbers, + - * / **, brackets,
and sigma, exp, log, sqrt, abs."""

import ast
import math
import re
from functools import cache

from s6lib import toy

CALLS = {
    "sigma": lambda z: float(toy.sigmoid(z)),
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": abs,
}
SIGNS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.Load)
#: A number, a name or a sign, as in `kit/formula.js`; Python alone would take 1_000, 0x10 and any letters.
TOKEN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])|[a-z_]\w*|\*\*|[-+*/()]", re.I | re.A)
TAKES = "takes names, numbers, + - * / **, brackets, and sigma, exp, log, sqrt, abs"


def names(formula):
    """The names that `formula` needs, in its order. Raises ValueError for what is no formula."""
    return _compiled(formula)[1]


def value(formula, numbers):
    """What `formula` comes to with the `numbers` by name, as a float.

    Raises ValueError for what is no formula, a name that the numbers lack, and a result that is not finite.
    """
    code, needs = _compiled(formula)
    if missing := [name for name in needs if name not in numbers]:
        raise ValueError(f"{formula}: got {missing[0]}; takes one of {', '.join(numbers) or 'no names'}")
    try:
        given = {name: float(numbers[name]) for name in needs}
        result = eval(code, {"__builtins__": {}, **CALLS}, given)
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"{formula}: has no value ({error})") from None
    if isinstance(result, complex) or not math.isfinite(result):
        raise ValueError(f"{formula}: comes to {result}; takes what comes to a finite number")
    return float(result)


@cache
def _compiled(formula):
    """The formula as code that calculates and does nothing else, and the names that it needs."""
    try:
        tree = None if TOKEN.sub("", formula).strip() else ast.parse(formula.strip(), mode="eval")
    except SyntaxError:
        tree = None
    if tree is None:
        raise ValueError(f"{formula}: is no formula; {TAKES}")
    called = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            known = isinstance(node.func, ast.Name) and node.func.id in CALLS
            if not known or len(node.args) != 1 or node.keywords:
                raise ValueError(f"{formula}: calls {ast.unparse(node)}; {TAKES}")
            called.add(node.func)
        elif isinstance(node, ast.Constant):
            if type(node.value) not in (int, float):
                raise ValueError(f"{formula}: got {node.value!r}; {TAKES}")
            node.value = _float(node.value, formula)  # whole numbers of Python have no end
        elif not isinstance(node, (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Name, *SIGNS)):
            raise ValueError(f"{formula}: got {type(node).__name__}; {TAKES}")
    wanted = [each for each in ast.walk(tree) if isinstance(each, ast.Name) and each not in called]
    wanted.sort(key=lambda node: node.col_offset)
    return compile(tree, "<formula>", "eval"), tuple(dict.fromkeys(node.id for node in wanted))


def _float(value, formula):
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{formula}: got a number of {len(str(value))} digits; takes a float64") from None
