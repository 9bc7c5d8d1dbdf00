"""What a notebook records: a few named results and curves, which come through JSON as they are.

JSON has no infinity and no NaN, and a diverging run has little else; they are written as
{"float": "inf"}. Everything else that can be recorded, JSON has.
"""

import json
import math
import os
from collections.abc import Sequence
from typing import Any

#: The environment variable with the file that a run's records go to, one line for each call.
FILE = "S6LIB_SWEEP_RECORD"

TAKES = "takes a number, text, True, False or None, or a list of numbers"

#: The longest list that can be recorded: a manifest is written anew after every run.
LONGEST = 10_000


def record(**values: Any) -> None:
    """Keep results of this run by name: numbers, text, True, False or None; or a list of numbers, a curve.

    Called from a notebook that a sweep executes; the results end up in `Run.recorded`, in the
    manifest, and in the table of `select`, lists in that of `curves`. A name recorded again takes the new
    value; that of a parameter says what the run used in its place. By hand, nothing happens. NumPy's and
    PyTorch's scalars are numbers, and NaN and infinity are too; their arrays of one axis, and columns of
    pandas, are lists.

    Raises TypeError for a value of another type, ValueError for a whole number that 64 bits do not hold, for
    text that is not Unicode, and for a list of more than 10,000 numbers or without any; then nothing of this
    call is recorded.
    """
    line = json.dumps(encode({name: _plain(name, value) for name, value in values.items()}))
    if path := os.environ.get(FILE):
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")


def read(path):
    """The results in the file of a run, the last of each name."""
    recorded = {}
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else ():
        if line.endswith("\n"):  # else the run was killed while writing it
            recorded |= decode(json.loads(line))
    return recorded


def encode(recorded):
    """The results as JSON takes them."""
    return {name: _through_json(value, _encoded) for name, value in recorded.items()}


def decode(recorded):
    """The inverse of `encode`."""
    return {name: _through_json(value, _decoded) for name, value in recorded.items()}


def _through_json(value, convert):
    return [*map(convert, value)] if isinstance(value, list) else convert(value)


def _encoded(value):
    return {"float": str(value)} if isinstance(value, float) and not math.isfinite(value) else value


def _decoded(value):
    return float(value["float"]) if isinstance(value, dict) else value


def _plain(name, value):
    """`value` as one of Python's own types, or a list of its numbers."""
    if type(value).__name__ == "MaskedConstant":  # NumPy's word for no value, which it makes 0 of
        raise TypeError(f"record: {name}: got numpy.ma.masked; {TAKES}")
    if getattr(getattr(value, "dtype", None), "kind", "") in ("m", "M"):  # NumPy would forget the unit
        raise TypeError(f"record: {name}: got {value.dtype}; {TAKES}")
    if hasattr(value, "tolist") and len(getattr(value, "shape", ())) == 1:  # NumPy, PyTorch, pandas
        value = value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return _curve(name, value)
    given = value
    if hasattr(value, "item") and getattr(value, "shape", None) == ():  # a scalar of NumPy or PyTorch
        value = value.item()
    if value is not None and type(value) not in (float, int, bool, str):
        shape = f" of shape {tuple(given.shape)}" if hasattr(given, "shape") else ""
        raise TypeError(f"record: {name}: got {type(given).__name__}{shape}; {TAKES}")
    if type(value) is int and not -(2**63) <= value < 2**63:
        got = value if abs(value) < 10**40 else f"one of {value.bit_length()} bits"
        raise ValueError(f"record: {name}: got {got}; takes whole numbers from -2^63 to 2^63 - 1")
    for text in (name, value):
        if isinstance(text, str) and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"record: {name!a}: got {text!a}; takes text that can be written as UTF-8")
    return value


def _curve(name, values):
    if not 1 <= len(values) <= LONGEST:
        raise ValueError(f"record: {name}: got a list of {len(values):,} numbers; takes 1 to {LONGEST:,}")
    curve = []
    for place, value in enumerate(values):
        value = _plain(f"{name}[{place}]", value)
        if type(value) not in (int, float):
            kind = type(value).__name__
            raise TypeError(f"record: {name}: got a list with {kind} at [{place}]; takes a list of numbers")
        curve.append(value)
    return curve
