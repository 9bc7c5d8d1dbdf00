"""Wrong gradients on the page and in Python: the same numbers, and the same diagnosis, from one table."""

import json

import numpy as np
from modules import WIDGETS, run

from s6lib import slips
from s6lib.widgets import join

KIT = join.module(WIDGETS / "kit" / "slips.js")
TABLE = slips.table()


def networks(count, seed):
    random = np.random.default_rng(seed)
    return [
        {
            "weights": random.normal(0, 1.5, 8).tolist(),
            "inputs": random.uniform(-1, 1, 2).round(3).tolist(),
            "targets": random.uniform(0, 1, 2).round(3).tolist(),
            "rate": round(random.uniform(0.1, 3), 2),
        }
        for _ in range(count)
    ]


def arguments(each):
    return np.reshape(each["weights"], (2, 2, 2)), each["inputs"], each["targets"]


def test_every_quantity_is_the_same():
    cases = networks(40, 1)
    names = [(), *((name,) for name in slips.SLIPS), ("sign_of_miss", "w6_w7_swapped")]
    theirs = run(
        f"const table = {json.dumps(TABLE)};"
        f"return {json.dumps(cases)}.map((each) => {json.dumps(names)}.map((names) =>"
        " quantities(table, each, names)));",
        KIT,
    )
    for case, each in zip(cases, theirs, strict=True):
        for one, found in zip(names, each, strict=True):
            ours = slips.quantities(*arguments(case), *one, learning_rate=case["rate"])
            assert found.keys() == ours.keys()
            np.testing.assert_allclose([*found.values()], [*map(float, ours.values())], rtol=1e-9, atol=1e-15)


def given(count):
    """(gradient, network, digits, of): one slip, two, one at some weights, none, and nonsense."""
    random, names = np.random.default_rng(7), [*slips.SLIPS]
    for k, case in enumerate(networks(count, 2)):
        one = names[k % len(names)]
        chosen = () if k % 9 == 0 else (one,)
        if k % 70 == 1 and one != "sign_of_miss" and slips.SLIPS[one].of == "gradient":
            chosen = (one, "w6_w7_swapped" if "dE_da_o1" in slips.SLIPS[one].formulas else "sign_of_miss")
        wrong = slips.gradient(*arguments(case), *chosen, learning_rate=case["rate"]).ravel()
        if k % 11 == 3:  # at one weight alone
            right, at = slips.gradient(*arguments(case)).ravel(), random.integers(8)
            wrong = np.where(np.arange(8) == at, wrong, right)
        if k % 197 == 5:
            wrong = random.normal(0, 1, 8)
        if k % 23 == 7:
            case.pop("rate")
        digits = [2, 3, 4, 6, 9, 15][random.integers(6)]
        texts = [f"{value:.{digits - 1}e}" for value in wrong]
        of = "update" if "rate" in case and slips.SLIPS[one].of == "update" else "gradient"
        way = k % 4
        if way == 0:
            yield list(map(float, texts)), case, digits, of
        elif way == 1:
            yield list(map(float, texts)), case, None, of
        elif way == 2:
            yield (
                [f"{value:.{digits}f}".replace(".", ",").replace("-", "−") for value in wrong],
                case,
                None,
                of,
            )
        else:
            yield np.round(wrong, digits).tolist(), case, None, of


def diagnosed(cases):
    """Python's diagnoses: texts one by one, and numbers all at once that are diagnosed alike."""
    alike, found = {}, [None] * len(cases)
    for k, (gradient, case, digits, of) in enumerate(cases):
        kind = (k,) if isinstance(gradient[0], str) else (digits, of, "rate" in case)
        alike.setdefault(kind, []).append(k)
    for chosen in alike.values():
        _, case, digits, of = cases[chosen[0]]
        gradient = [cases[k][0] for k in chosen]
        weights, inputs, targets = map(np.array, zip(*(arguments(cases[k][1]) for k in chosen)))
        rate = [cases[k][1]["rate"] for k in chosen] if "rate" in case else None
        for k, one in zip(chosen, slips.diagnose(gradient, weights, inputs, targets, rate, digits, of)):
            found[k] = one
    return found


def test_every_diagnosis_is_the_same():
    cases = list(given(1500))
    theirs = run(
        f"const table = {json.dumps(TABLE)};"
        f"return {json.dumps(cases)}.map(([gradient, numbers, digits, of]) =>"
        " diagnose(table, gradient, numbers, digits ?? undefined, of));",
        KIT,
    )
    kinds = set()
    for (gradient, case, digits, _), ours, found in zip(cases, diagnosed(cases), theirs, strict=True):
        assert found["right"] == ours.right and found["sure"] == ours.sure, (gradient, case, digits, found)
        assert tuple(found["slips"]) == ours.slips
        assert tuple(map(tuple, found["others"])) == ours.others
        assert tuple(map(tuple, found["changes"])) == ours.changes
        for mine, yours in zip(ours.weights, found["weights"], strict=True):
            assert (mine.name, mine.ok, mine.slips) == (yours["name"], yours["ok"], tuple(yours["slips"]))
            np.testing.assert_allclose(
                [mine.given, mine.right], [yours["given"], yours["right"]], rtol=1e-9, atol=1e-15
            )
        kinds.add((ours.right, len(ours.slips), ours.sure))
    assert kinds >= {
        (True, 0, True),
        (False, 1, True),
        (False, 1, False),
        (False, 2, True),
        (False, 0, False),
    }


def test_what_are_not_eight_numbers_is_refused():
    bad = [[1] * 7, ["0.1"] * 7 + ["about"], [None] * 8]
    told = run(
        f"return {json.dumps(bad)}.map((gradient) => {{ try {{ diagnose({json.dumps(TABLE)}, gradient,"
        f" {json.dumps(networks(1, 3)[0])}); }} catch (error) {{ return error.message; }} }});",
        KIT,
    )
    assert all("takes eight finite numbers" in each for each in told)
