"""An answer to a question: what it is worth, how it is kept, and the record of what a reader did."""

from __future__ import annotations

import numbers
import reprlib
from collections.abc import Mapping

from s6lib import checks
from s6lib.widgets.question import judging, still, text
from s6lib.words import CATALOGUE, shown, t

LONGEST = 200  #: letters of a number that is typed; more of them nobody reads
MOST = 1_000_000  #: misses
KEYS = ("misses", "set", "right", "shown", "done", "first", "answer", "says")  #: of a record, as in record.js


def judged(name, spec, chosen, answer):
    """(state, says, kept): what an answer is worth with the numbers of the set `chosen`, the sentence that is
    said of it, as the question has it, and the answer as the page keeps it.

    Raises TypeError and ValueError, naming `name`, for what is no answer to such a question.
    """
    return _JUDGES[spec["kind"]](name, spec, judging.numbers(spec, chosen), answer)


def plain(says, spec, chosen):
    """A sentence of the question as it is read in a console, with the numbers of the set `chosen`."""
    return text.plain(says, still.with_right(spec, judging.numbers(spec, chosen)), spec["given"])


def records(name, specs, chosen, value):
    """Check what readers did with the questions `specs`: a dict, name of the question -> its record."""
    known = {spec["name"]: spec for spec in specs}
    for key in checks.mapping(name, value):
        if key not in known:
            raise ValueError(f"{name}: got {reprlib.repr(key)}; takes questions by name: {', '.join(known)}")
    return {key: _record(f"{name}, {key}", known[key], chosen, given) for key, given in value.items()}


def _record(name, spec, chosen, given):
    for key in checks.mapping(name, given):
        if key not in KEYS:
            raise ValueError(f"{name}: got {reprlib.repr(key)}; takes {', '.join(KEYS)}")

    def flag(key, default, allowed=(True, False)):
        return checks.one_of(f"{name}, {key}", given.get(key, default), allowed)

    chosen = checks.whole(f"{name}, set", given.get("set", chosen), 1, judging.SETS)
    answer, state, says = given.get("answer"), None, ""
    if answer is not None:
        state, says, answer = judged(f"{name}, answer", spec, chosen, answer)
        if state == judging.TOLD:  # the page keeps none of those either
            got = reprlib.repr(given["answer"])
            raise ValueError(f"{name}, answer: got {got}, which is neither right nor wrong. {says}")
    right = state == judging.RIGHT
    misses = checks.whole(f"{name}, misses", given.get("misses", int(state == judging.WRONG)), 0, MOST)
    return {
        "misses": misses,
        "set": chosen,
        "right": flag("right", right, (right,)),
        "shown": flag("shown", False, (False,) if right else (True, False)),
        "done": flag("done", right) or right,
        "first": flag("first", right and not misses),
        "answer": answer,
        "says": says,
    }


# What an answer is, for each kind of question ---------------------------------------------------


def _one_number(name, spec, values, answer):
    typed = _typed(name, answer)
    return *judging.judge_number(spec["blanks"][0], values, typed), typed


def _typed(name, answer):
    if isinstance(answer, str):
        if len(answer) > LONGEST:
            raise ValueError(f"{name}: got a text of {len(answer):,} letters; takes {LONGEST} at most")
        return answer
    got = f"{name}: got {reprlib.repr(answer)}"
    if not is_number(answer):
        raise TypeError(f"{got} ({type(answer).__name__}); takes a text or a number")
    try:
        return repr(float(answer)).replace(".", CATALOGUE.decimal)
    except OverflowError:
        raise ValueError(f"{got}; takes a number that float64 holds") from None


def _all_blanks(name, spec, values, answer):
    names = [blank["name"] for blank in spec["blanks"]]
    answers = answer if isinstance(answer, Mapping) else dict(zip(names, listed(name, answer)))
    for each in answers:
        if each not in names:
            raise ValueError(f"{name}: got {reprlib.repr(each)}; takes {', '.join(names)}")
    typed = {each: _typed(name, answers.get(each, "")) for each in names}
    found = [
        judging.judge_number(blank, values, typed[each])
        for each, blank in zip(names, spec["blanks"], strict=True)
    ]
    for wanted in (judging.WRONG, judging.TOLD):
        for each, (state, says) in zip(names, found, strict=True):
            if state == wanted:
                return state, f"{each}: {says}", typed
    return judging.RIGHT, "", typed


def _some_choices(name, spec, values, answer):
    choices = [choice["text"] for choice in spec["choices"]]
    texts = [text.plain(each, values, spec["given"]).casefold() for each in choices]
    taken = [answer] if isinstance(answer, str) else listed(name, answer)
    taken = [worded(name, each).replace("`", "").replace("*", "").strip() for each in taken]
    if unknown := [each for each in taken if each.casefold() not in texts]:
        told = t("Got {0}: takes one of {1}.", reprlib.repr(unknown[0]), ", ".join(texts))
        return judging.TOLD, told, None
    places = list(dict.fromkeys(texts.index(each.casefold()) for each in taken))
    if len(places) > 1 and not spec["many"]:
        raise ValueError(f"{name}: got {reprlib.repr(answer)}; takes one of its choices")
    kept = [choices[place] for place in places]
    return *judging.judge_choice(spec, places), kept if spec["many"] else next(iter(kept), None)


def _one_order(name, spec, values, answer):
    answer = [worded(name, each) for each in listed(name, answer)]
    if sorted(answer) != sorted(spec["items"]):
        return judging.TOLD, t("Takes each of these once: {0}.", ", ".join(spec["items"])), None
    return *judging.judge_order(spec, [spec["items"].index(each) for each in answer]), answer


def _one_curve(name, spec, values, answer):
    heights = [
        checks.between(name, each, *spec["range"])
        for each in checks.floats(name, answer, len(spec["at"])).tolist()
    ]
    return *judging.judge_curve(spec, heights), heights


_JUDGES = {
    "number": _one_number,
    "blanks": _all_blanks,
    "choice": _some_choices,
    "order": _one_order,
    "curve": _one_curve,
}


# What texts and numbers are ---------------------------------------------------------------------


def worded(name, value, empty=False):
    """A text in the reader's language: a question is given in English, or translated already."""
    return shown(some_text(name, value, empty))


def some_text(name, value, empty=False):
    """Return `value` if it is a text, and not an empty one unless that is allowed."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: got {reprlib.repr(value)} ({type(value).__name__}); takes a text")
    if not (value.strip() or empty):
        raise ValueError(f"{name}: got an empty text; takes words")
    return value


def listed(name, value):
    """Return `value`, a list or a tuple, as a list."""
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise TypeError(f"{name}: got {reprlib.repr(value)}; takes a list of texts")
    return list(value)


def is_number(value):
    """Whether `value` is a real number."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
