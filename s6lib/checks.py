"""Checks of arguments: each error names the argument, the value and what is allowed. And of installed
packages."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import EllipsisType
    from typing import TypeVar

    from numpy.typing import ArrayLike, NDArray

    T = TypeVar("T")


FLOAT64 = np.dtype(np.float64)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Around imports of packages that only a part of s6lib needs: the extra `name` brings them.

    Raises ModuleNotFoundError that says how to install it, from the error of the import itself.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        told = f'{error.name} is not installed: pip install "s6lib[{name}]"'
        raise ModuleNotFoundError(told, name=error.name) from error


def array(
    name: str, value: ArrayLike, shape: Sequence[int], *, allow_complex: bool = False
) -> NDArray[np.inexact]:
    """Return `value` as a float array whose last axes are `shape`, else raise.

    Precision below float64 is raised to float64, so float32 input loses nothing.
    Complex values pass only with `allow_complex` (the complex step needs them).
    The result may share memory with `value`: callers never write to it.

    Raises TypeError for anything but numbers, ValueError for a wrong shape, NaN or infinity.
    """
    result = _numeric(name, value, allow_complex)
    if result.shape[max(result.ndim - len(shape), 0) :] != tuple(shape):
        expected = "(..., " + ", ".join(map(str, shape)) + ")"
        raise ValueError(f"{name}: got shape {result.shape}; takes shape {expected}")
    refuse_where(~np.isfinite(result), name, result, "finite numbers only")
    return result


def floats(name: str, value: ArrayLike, *shape: int | str | EllipsisType) -> NDArray[np.floating]:
    """Return `value` as an array of this shape, float32 if it is that and else float64, else raise.

    shape : lengths; a text, such as "N", stands for any length but 0, and a first ... for any axes before
    The result may share memory with `value`: callers never write to it.

    Raises TypeError for anything but numbers, ValueError for a wrong shape, NaN or infinity.
    """
    if type(value) is np.ndarray and value.dtype is FLOAT64:  # small networks ask a million times
        numbers = value
    else:
        numbers = _numeric(name, value, allow_complex=False, least=np.float32)
    lengths = shape[1:] if shape[:1] == (...,) else shape
    rest = numbers.ndim - len(lengths)
    fits = 0 <= rest if len(lengths) < len(shape) else rest == 0
    if not fits or not all(
        got > 0 if isinstance(wanted, str) else got == wanted
        for wanted, got in zip(lengths, numbers.shape[max(rest, 0) :])
    ):
        words = ["..." if each is ... else str(each) for each in shape]
        raise ValueError(
            f"{name}: got shape {numbers.shape}; takes shape ({', '.join(words)}{',' * (len(words) == 1)})"
        )
    # One product tells sooner than a look at each. It is infinite for large numbers too.
    if not math.isfinite(np.vdot(numbers, numbers)):
        refuse_where(~np.isfinite(numbers), name, numbers, "finite numbers only")
    return numbers


def of_kind(name: str, value: ArrayLike, kinds: str, allowed: str) -> NDArray:
    """Return `value` as an array whose type is of one of these `kinds` of NumPy's ("iu": whole numbers), else
    raise TypeError; ValueError for rows of unequal length."""
    try:
        result = np.asarray(value)
    except ValueError:  # nested lists of unequal length
        raise ValueError(
            f"{name}: got {_short(value)}; takes an array, and its rows differ in length"
        ) from None
    except (RuntimeError, TypeError) as error:  # a tensor with a graph, or on a graphics card
        raise TypeError(f"{name}: got {_short(value)} ({error}); takes {allowed}") from None
    if result.dtype.kind not in kinds:
        raise TypeError(f"{name}: got {_short(value)} ({result.dtype}); takes {allowed}")
    return result


def cause(error: BaseException) -> str:
    """The first line of what an error says, for an error that is raised in its place."""
    return (str(error).strip().splitlines() or ["no word"])[0]


def mapping(name: str, value: Mapping[str, T]) -> Mapping[str, T]:
    """Return `value` if it is a dict or another mapping, else raise TypeError."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name}: got {_short(value)} ({type(value).__name__}); takes a dict")
    return value


def positive(name: str, value: ArrayLike) -> NDArray[np.floating]:
    """Return `value` as a float array of any shape, every entry finite and above 0, else raise.

    Raises TypeError for anything but numbers, ValueError for zero, negative, NaN or infinity.
    """
    result = _numeric(name, value, allow_complex=False)
    refuse_where(~(np.isfinite(result) & (result > 0)), name, result, "finite numbers greater than 0")
    return result


def count(name: str, value: int | np.integer, minimum: int = 0) -> int:
    """Return `value` as an int of at least `minimum`, else raise TypeError or ValueError."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(
            f"{name}: got {value!r} ({type(value).__name__}); takes a whole number, {minimum} or more"
        )
    if value < minimum:
        raise ValueError(f"{name}: got {value!r}; takes a whole number, {minimum} or more")
    return int(value)


def counts(
    name: str, value: Iterable[int], low: int = 0, high: int | None = None, most: int | None = None
) -> tuple[int, ...]:
    """Return `value`, one or more whole numbers in an order, as a tuple of ints, each from `low` (to `high`),
    no more of them than `most`; else raise ValueError."""
    try:
        result = tuple(count(name, each, low) for each in in_order(value))
    except (TypeError, ValueError):
        result = ()
    if not result or (high is not None and max(result) > high) or (most is not None and len(result) > most):
        several = f"1 to {most} whole numbers" if most is not None else "whole numbers"
        each = f"{low} or more each" if high is None else f"{low} to {high} each"
        raise ValueError(f"{name}: got {value!r}; takes {several}, {each}{no_order(value)}")
    return result


def in_order(value: Iterable[T]) -> Iterable[T]:
    """`value` itself if its entries are first, second and so on; else TypeError. Bytes are no numbers."""
    if no_order(value) or isinstance(value, (bytes, bytearray)):
        raise TypeError(value)
    return value


def no_order(value: object) -> str:
    """What an error says more of a set or a dict in place of a list; of anything else nothing."""
    return ", in an order, which this has not" if isinstance(value, (Set, Mapping)) else ""


def rate(name: str, value: ArrayLike) -> float:
    """Return `value` as a float, one finite number greater than 0, else raise."""
    result = positive(name, value)
    if result.ndim:
        raise ValueError(f"{name}: got {_short(value)}; takes one finite number greater than 0")
    return float(result)


def fraction(name: str, value: ArrayLike) -> float:
    """Return `value` as a float, one number of at least 0 and below 1, else raise."""
    result = _numeric(name, value, allow_complex=False)
    if result.ndim or not 0 <= result < 1:
        raise ValueError(f"{name}: got {_short(value)}; takes one number, at least 0 and below 1")
    return float(result)


def between(name: str, value: ArrayLike, low: float, high: float) -> float:
    """Return `value` as a float, one number from `low` to `high`, else raise."""
    allowed = f"one number from {low} to {high}"
    result = _numeric(name, value, allow_complex=False, allowed=allowed)
    if result.ndim or not low <= result <= high:
        raise ValueError(f"{name}: got {_short(value)}; takes {allowed}")
    return float(result)


def one_of(name: str, value: T, allowed: Iterable[T]) -> T:
    """Return `value` if it is one of the `allowed`, of the same type, else raise ValueError."""
    if not any(type(value) is type(each) and value == each for each in allowed):
        raise ValueError(f"{name}: got {_short(value)}; takes one of {', '.join(map(repr, allowed))}")
    return value


def whole(name: str, value: int | np.integer, low: int, high: int) -> int:
    """Return `value` as an int, one whole number from `low` to `high`, else raise TypeError or ValueError."""
    allowed = f"takes a whole number from {low:,} to {high:,}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: got {_short(value)} ({type(value).__name__}); {allowed}")
    if not low <= value <= high:
        raise ValueError(f"{name}: got {_short(value)}; {allowed}")
    return int(value)


def seed(name: str, value: int | np.integer) -> int:
    """Return `value` as an int that NumPy and PyTorch take for a seed, 0 to 2^32 - 1, else raise."""
    return whole(name, value, 0, 2**32 - 1)


def _numeric(name, value, allow_complex, allowed="real numbers", least=np.float64):
    result = of_kind(name, value, "iufc" if allow_complex else "iuf", allowed)
    if result.dtype.kind == "c":
        return result.astype(np.result_type(result.dtype, np.complex128), copy=False)
    if result.dtype != least:
        result = result.astype(np.result_type(result.dtype, np.float64))
    return result


def refuse_where(bad: NDArray[np.bool_], name: str, result: NDArray, allowed: str) -> None:
    """Raise ValueError if any entry of `result` is `bad`, naming the first, and where it stands."""
    if bad.any():
        index = tuple(int(k) for k in np.argwhere(bad)[0])
        place = f" at {list(index)}" if index else ""
        raise ValueError(f"{name}: got {result[index]}{place}; takes {allowed}")


def _short(value):
    """repr on one line of a length that a person reads."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
