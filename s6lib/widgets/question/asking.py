"""What a question is made of: its kind, texts, numbers and mistakes, each checked when it is made."""

from __future__ import annotations

import numbers
import re
import zlib
from collections.abc import Mapping

from s6lib import arithmetic, checks, toy
from s6lib.widgets.base import Checked, Widget, front_end
from s6lib.widgets.question import formulas, judging, still, text
from s6lib.widgets.question.judging import Verdict
from s6lib.words import CATALOGUE, t

#: The network of Part 1 as what is `given`: its numbers, and the formulas of a training step.
NETWORK = {
    **{f"w{k}": value for k, value in enumerate(toy.WEIGHTS.ravel().tolist(), 1)},
    **{f"i{k}": value for k, value in enumerate(toy.INPUTS.tolist(), 1)},
    **{f"t{k}": value for k, value in enumerate(toy.TARGETS.tolist(), 1)},
    "rate": 0.5,
    **arithmetic.FORMULAS,
}
SETS = 9999  #: sets of numbers, from 1; also in sets.js
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def _specs(name, value):
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, dict) for each in value):
        raise TypeError(f"{name}: got {value!r}; takes a list of questions, as Question(...).questions")
    return list(value)


class Questions(Widget):
    """Several questions in one box, below a heading, each with its own answer.

    questions : what `Question(...)` returns, one or more
    heading : a few words
    """

    NAME, STATE, GIVEN = "question", ("set",), ("questions", "heading")
    _esm = front_end("question")

    questions = Checked([], _specs)
    heading = Checked("", lambda name, value: _words(name, value, empty=True))
    set = Checked(1, lambda name, value: checks.whole(name, value, 1, SETS))

    def __init__(self, *questions, heading="", **traits):
        if not questions:
            raise ValueError("questions: got none; takes one Question or more")
        super().__init__(**traits)
        self.heading = heading
        self.questions = [spec for each in questions for spec in each.questions]
        names = [spec["name"] for spec in self.questions]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"name: got {twice[0]!r} twice; takes a name for each question")

    def _still(self):
        return still.page(self.questions, self.heading, self.set)


class Question(Questions):
    """A question that takes an answer. Which kind it is, its arguments say:

    * a choice: `right` is a text, or a list of texts where several are right; `wrong` is a dict: each other
      choice, and what is said of that mistake.
    * a number: `right` is a number or a formula of what is `given`; `wrong` is a dict: each wrong number or
      formula, and what is said of it.
    * blanks: `right` is a dict, blank -> number or formula, and `wrong` a dict, blank -> its mistakes. The
      blank stands in `ask` or in `lines` as `[[blank]]`.
    * an order: `order` has the items in the right one. `wrong` has tuples of items that an answer may have in
      just this order, each with what it says of that.
    * a curve: `curve` is the range of its heights, `at` the places of its handles; `right` is the list of the
      heights there, `wrong` has tuples of heights, `absolute` says how far off is right. `axes` names what
      goes across and what goes up; `start` is where the handles stand at first.

    ask : the question. In all texts a name between backticks is set as a quantity, as in `w5`, words between
        asterisks are emphasized, and {name} or {formula:digits} stands for a number, {right} for the answer
    because : why the answer is what it is; the reader sees it afterwards
    given : a dict, name -> number, formula of those before it, or range (low, high, step), from which each
        reader gets another number. Those that nothing needs are left out, so `NETWORK` may be given
    digits, absolute, relative : how near a number must come: one in the last of so many significant digits,
        or this far from the right answer, or this share of it. 3 digits; a whole number is taken exactly
    unit : what stands behind the field
    lines : lines of a worked example, below the question; " | " between cells makes a table, head first
    choices : the texts of all choices in an order that is kept; otherwise they are shuffled. Where numbers
        are given, they tell a choice from a formula
    label : the small heading
    name : of the question on its page: small letters, digits and _; a hash of `ask` where it is left out

    Raises TypeError and ValueError for what is not so, for answers that are too near to be told apart (naming
    both), and for a text that names a number or a blank that is not there.
    """

    def __init__(
        self,
        ask,
        *,
        right=None,
        wrong=None,
        because="",
        given=None,
        digits=None,
        absolute=None,
        relative=None,
        unit="",
        lines=(),
        choices=None,
        order=None,
        curve=None,
        at=None,
        start=None,
        axes=("", ""),
        label="Predict",
        name=None,
        **traits,
    ):
        spec = {
            "name": _name(name, _text("ask", ask)),
            "label": _words("label", label),
            "ask": _words("ask", ask),
            "lines": [_words("lines", line) for line in _listed("lines", lines)],
            "because": _words("because", because, empty=True),
            "given": {},
        }
        tolerance = _tolerance(digits, absolute, relative)
        wrong = {} if wrong is None else checks.mapping("wrong", wrong)
        if order is not None:
            spec |= _order(_listed("order", order), wrong)
        elif curve is not None:
            spec |= _curve(right, wrong, curve, at, start, absolute, axes)
        elif isinstance(right, Mapping):
            spec |= _blanks(right, wrong, tolerance, unit)
        elif choices is None and (_is_number(right) or tolerance or given or unit):
            spec |= {**_blanks({"answer": right}, {"answer": wrong}, tolerance, unit), "kind": "number"}
        else:
            spec |= _choice(right, wrong, choices)
        spec["given"] = _needed(spec, {} if given is None else checks.mapping("given", given))
        _check(spec)
        Widget.__init__(self, **traits)
        self.questions = [spec]

    def check(self, answer):
        """Return the `Verdict` on an answer: a text or a number, a list where several are asked for, a dict
        for blanks."""
        (spec,) = self.questions
        values = judging.numbers(spec, self.set)
        state, says = _JUDGES[spec["kind"]](spec, values, answer)
        if state == judging.RIGHT:
            says = text.plain(spec["because"], still.with_right(spec, values), spec["given"])
        else:
            says = text.plain(says, still.with_right(spec, values), spec["given"])
        return Verdict({judging.RIGHT: True, judging.WRONG: False}.get(state), says)


def _words(name, value, empty=False):
    """A text in the reader's language: a question is given in English, or translated already."""
    return t(_text(name, value, empty))


def _text(name, value, empty=False):
    if not isinstance(value, str):
        raise TypeError(f"{name}: got {value!r} ({type(value).__name__}); takes a text")
    if not (value.strip() or empty):
        raise ValueError(f"{name}: got an empty text; takes words")
    return value


def _name(name, ask):
    if name is None:
        return f"q{zlib.crc32(ask.encode()):08x}"
    if not NAME.fullmatch(_text("name", name)):
        raise ValueError(f"name: got {name!r}; takes small letters, digits and _, at most 60")
    return name


def _listed(name, value):
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise TypeError(f"{name}: got {value!r}; takes a list of texts")
    return list(value)


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _tolerance(digits, absolute, relative):
    named = {"digits": digits, "absolute": absolute, "relative": relative}
    named = {name: value for name, value in named.items() if value is not None}
    if len(named) > 1:
        raise ValueError(f"{' and '.join(named)}: got both; takes one")
    if digits is not None:
        checks.whole("digits", digits, 1, 15)
    return {
        name: value if name == "digits" else checks.between(name, value, 0, 1e12)
        for name, value in named.items()
    }


def _answer(name, value):
    """A number or a formula, as JSON has it."""
    if isinstance(value, str):
        formulas.names(value)
        return value
    if not _is_number(value):
        raise TypeError(f"{name}: got {value!r} ({type(value).__name__}); takes a number or a formula")
    value = int(value) if isinstance(value, numbers.Integral) else float(value)
    return checks.between(name, value, -1e15, 1e15) if isinstance(value, float) else value


def _blanks(right, wrong, tolerance, unit):
    if not right:
        raise ValueError("right: got no blank; takes one or more")
    if extra := sorted(set(wrong) - set(right)):
        raise ValueError(f"wrong: got {extra[0]!r}; takes one of {', '.join(right)}")
    blanks = []
    for name, value in right.items():
        value = _answer(f"right, {name}", value)
        mistakes = checks.mapping("wrong", wrong.get(name, {}))
        blanks.append(
            {
                "name": name,
                "right": value,
                "wrong": [
                    [_answer(f"wrong, {name}", each), _words("wrong", says)]
                    for each, says in mistakes.items()
                ],
                "unit": _words("unit", unit, empty=True),
                **(tolerance or ({"absolute": 0} if isinstance(value, int) else {"digits": 3})),
            }
        )
    return {"kind": "blanks", "blanks": blanks}


def _choice(right, wrong, choices):
    rights = [right] if isinstance(right, str) else _listed("right", right)
    rights = [_words("right", each) for each in rights]
    wrong = {_words("wrong", each): _words(f"wrong, {each}", says) for each, says in wrong.items()}
    if not rights or not wrong:
        raise ValueError(f"{'wrong' if rights else 'right'}: got none; takes at least one choice")
    texts = list(dict.fromkeys([*rights, *wrong]))
    if len(texts) < len(rights) + len(wrong):
        raise ValueError("right, wrong: got the same choice in both, or twice; takes each once")
    if choices is not None:
        choices = [_words("choices", each) for each in choices]
        if sorted(choices) != sorted(texts):
            raise ValueError(f"choices: got {choices!r}; takes those of right and wrong, {texts!r}")
        texts = list(choices)
    return {
        "kind": "choice",
        "kept": choices is not None,
        "many": not isinstance(right, str),
        "choices": [{"text": each, "right": each in rights, "says": wrong.get(each, "")} for each in texts],
    }


def _order(items, wrong):
    items = [_words("order", each) for each in items]
    if len(set(items)) < len(items) or len(items) < 2:
        raise ValueError(f"order: got {items!r}; takes two items or more, each once")
    places = []
    for each, says in wrong.items():
        if isinstance(each, str) or len(each) < 2 or any(t(item) not in items for item in each):
            raise ValueError(f"wrong: got {each!r}; takes tuples of items of order, two or more")
        at = [items.index(t(item)) for item in each]
        if at == sorted(at):
            raise ValueError(f"wrong: got {each!r}, which is the right order; takes another")
        places.append([at, _words("wrong", says)])
    return {"kind": "order", "items": items, "wrong": places}


def _curve(right, wrong, curve, at, start, absolute, axes):
    low, high = (float(each) for each in curve)
    if not low < high:
        raise ValueError(f"curve: got {curve!r}; takes a lower and a higher number")
    at = checks.floats("at", at, "handles").tolist()
    heights = {
        "right": right, "start": [(low + high) / 2] * len(at) if start is None else start,
    }  # fmt: skip
    heights = {name: _heights(name, each, at, low, high) for name, each in heights.items()}
    axes = [_words("axes", each, empty=True) for each in axes]
    absolute = (high - low) / 10 if absolute is None else checks.between("absolute", absolute, 0, high - low)
    named = [[_heights("wrong", each, at, low, high), _words("wrong", says)] for each, says in wrong.items()]
    known = [heights["right"]]
    for each, _ in named:
        if any(max(abs(a - b) for a, b in zip(each, other)) <= 2 * absolute for other in known):
            raise ValueError(f"wrong: got {each!r}, nowhere more than {2 * absolute:g} from another curve")
        known.append(each)
    return {
        "kind": "curve",
        "range": [low, high],
        "at": at,
        "absolute": absolute,
        "wrong": named,
        "axes": axes,
        **heights,
    }


def _heights(name, value, at, low, high):
    value = checks.floats(name, list(value), len(at)).tolist()
    return [checks.between(name, each, low, high) for each in value]


def _needed(spec, given):
    """Of what is given, as JSON has it, what the question needs."""
    texts, wanted = _texts(spec), set()
    for blank in spec.get("blanks", ()):
        for each in (blank["right"], *(wrong for wrong, _ in blank["wrong"])):
            wanted |= set(formulas.names(each)) if isinstance(each, str) else set()
    for each in texts:
        for kind, content in text.parts(each):
            if kind == "number":
                wanted |= set(formulas.names(content.partition(":")[0])) - {"right"}
    kept = {}
    for name, each in reversed(given.items()):
        if name not in wanted:
            continue
        if isinstance(each, (tuple, list)):
            kept[name] = _range(name, each)
        else:
            kept[name] = _answer(f"given, {name}", each)
            wanted |= set(formulas.names(each)) if isinstance(each, str) else set()
    return dict(reversed(kept.items()))


def _range(name, each):
    if len(each) != 3 or not all(map(_is_number, each)):
        raise ValueError(f"given, {name}: got {each!r}; takes a number, a formula or (low, high, step)")
    low, high, step = map(float, each)
    if not (low < high and 0 < step <= high - low):
        raise ValueError(
            f"given, {name}: got {each!r}; takes low < high, and a step from 0 to their distance"
        )
    return [low, high, step]


def _texts(spec):
    texts = [spec["ask"], *spec["lines"], spec["because"], *spec.get("items", ())]
    texts += [part for choice in spec.get("choices", ()) for part in (choice["text"], choice["says"])]
    texts += [says for _, says in spec.get("wrong", ())]
    return texts + [says for blank in spec.get("blanks", ()) for _, says in blank["wrong"]]


def _check(spec):
    """Raise ValueError where a text or a formula asks for what is not there, or answers come too near."""
    for chosen in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89) if judging.varies(spec) else (1,):
        values = still.with_right(spec, judging.numbers(spec, chosen))
        for each in _texts(spec):
            text.plain(each, values, spec["given"])
    there = [
        content
        for each in (spec["ask"], *spec["lines"])
        for kind, content in text.parts(each)
        if kind == "blank"
    ]
    wanted = [blank["name"] for blank in spec["blanks"]] if spec["kind"] == "blanks" else []
    if sorted(there) != sorted(wanted):
        raise ValueError(f"ask, lines: have the blanks {there}; take each of {wanted} once, as [[name]]")


def _one_number(spec, values, answer):
    return judging.judge_number(spec["blanks"][0], values, _typed(answer))


def _typed(answer):
    if not isinstance(answer, str) and not _is_number(answer):
        raise TypeError(f"answer: got {answer!r} ({type(answer).__name__}); takes a text or a number")
    return answer if isinstance(answer, str) else repr(float(answer)).replace(".", CATALOGUE.decimal)


def _all_blanks(spec, values, answer):
    names = [blank["name"] for blank in spec["blanks"]]
    answers = answer if isinstance(answer, Mapping) else dict(zip(names, _listed("answer", answer)))
    if unknown := sorted(set(answers) - set(names)):
        raise ValueError(f"answer: got {unknown[0]!r}; takes {', '.join(names)}")
    found = [
        judging.judge_number(blank, values, _typed(answers.get(name, "")))
        for name, blank in zip(names, spec["blanks"], strict=True)
    ]
    for wanted in (judging.WRONG, judging.TOLD):
        for name, (state, says) in zip(names, found, strict=True):
            if state == wanted:
                return state, f"{name}: {says}"
    return judging.RIGHT, ""


def _some_choices(spec, values, answer):
    texts = [text.plain(choice["text"], values, spec["given"]).casefold() for choice in spec["choices"]]
    taken = [answer] if isinstance(answer, str) else _listed("answer", answer)
    taken = [_words("answer", each).replace("`", "").replace("*", "").strip().casefold() for each in taken]
    if unknown := [each for each in taken if each not in texts]:
        return judging.TOLD, t("Got {0}: takes one of {1}.", repr(unknown[0]), ", ".join(texts))
    return judging.judge_choice(spec, [texts.index(each) for each in taken])


def _one_order(spec, values, answer):
    answer = [_words("answer", each) for each in _listed("answer", answer)]
    if sorted(answer) != sorted(spec["items"]):
        return judging.TOLD, t("Takes each of these once: {0}.", ", ".join(spec["items"]))
    return judging.judge_order(spec, [spec["items"].index(each) for each in answer])


def _one_curve(spec, values, answer):
    heights = checks.floats("answer", answer, len(spec["at"]))
    return judging.judge_curve(spec, heights.tolist())


_JUDGES = {
    "number": _one_number,
    "blanks": _all_blanks,
    "choice": _some_choices,
    "order": _one_order,
    "curve": _one_curve,
}
