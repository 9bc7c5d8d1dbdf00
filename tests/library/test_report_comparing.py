"""Intervals and comparisons, each found a second way: by SciPy, a search, invented worlds."""

import itertools
import math
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from s6lib import plots, report, results
from s6lib.report import compare

ROUND = np.random.default_rng(0)


# Intervals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_wilson_is_scipys(confidence):
    for total in (1, 2, 17, 10_000):
        correct = np.unique([0, 1, total // 3, total - 1, total])
        low, high = report.wilson(correct, total, confidence)
        for k, *ends in zip(correct, low, high):
            wanted = stats.binomtest(int(k), total).proportion_ci(confidence, "wilson")
            np.testing.assert_allclose(ends, wanted, rtol=1e-9, atol=1e-12)
    assert report.wilson(0, 0) == (0, 1)


def test_intervals_of_means_are_scipys():
    values, others = ROUND.normal(9900, 5, 7), ROUND.normal(9905, 9, 4)
    wanted = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    np.testing.assert_allclose(report.mean_interval(values, 0.9), wanted)
    wanted = stats.ttest_ind(others, values, equal_var=False).confidence_interval(0.9)
    np.testing.assert_allclose(report.means_interval(values, others, 0.9), wanted)
    bound = report.lower_bound(values, 0.9)
    assert stats.ttest_1samp(values, bound, alternative="greater").pvalue == pytest.approx(0.1)


def test_one_more_run_falls_where_it_is_said_to():
    """In invented worlds, as often as promised."""
    worlds = ROUND.normal(size=(4000, 5))
    inside = [low < one < high for *runs, one in worlds for low, high in [report.one_more(runs, 0.8)]]
    assert abs(np.mean(inside) - 0.8) < 0.025


def likelihood(q, d, first, second, total):
    """The logarithm of the likelihood that the first alone is right on a share q, the second on q + d."""
    shares = np.array([q, q + d, 1 - 2 * q - d])
    counts = np.array([first, second, total - first - second])
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(counts > 0, counts * np.log(np.maximum(shares, 1e-300)), 0).sum())


@pytest.mark.parametrize(
    "first, second, total", [(3, 12, 100), (0, 9, 40), (5, 5, 500), (20, 4, 30), (1, 0, 9)]
)
def test_the_interval_of_pairs_ends_where_its_rule_says(first, second, total):
    """By a search for the most likely shares, which knows nothing of the equation that the library solves."""
    z = stats.norm.ppf(0.975)
    for d in report.images_interval(first, second, total):
        if abs(d) == 1:
            continue
        ends = max(0.0, -d), (1 - d) / 2
        found = optimize.minimize_scalar(
            lambda q: -likelihood(q, d, first, second, total),
            bounds=ends, method="bounded", options={"xatol": 1e-12},
        )  # fmt: skip
        error = math.sqrt(total * (2 * found.x + d * (1 - d)))
        assert (abs(second - first - total * d) - 1) / error == pytest.approx(z, rel=2e-3)


def test_a_clear_pair_is_one_that_mcnemars_exact_test_finds():
    """Whatever the interval calls clear, the exact test does too, and the other way round nearly always."""
    exact, clear = [], []
    for first, second in itertools.product(range(25), repeat=2):
        low, high = report.images_interval(first, second, 1000)
        clear.append(low > 0 or high < 0)
        both = first + second
        exact.append(bool(both) and stats.binomtest(first, both).pvalue <= 0.05)
        corrected = (abs(first - second) - 1) / math.sqrt(both) if both else 0
        assert clear[-1] == (corrected > stats.norm.ppf(0.975)), "McNemar's, with Edwards' correction"
    assert all(e for e, c in zip(exact, clear) if c) and sum(clear) > 0.9 * sum(exact)


def test_the_interval_of_pairs_keeps_its_promise():
    for shares in ([0.02, 0.05], [0.1, 0.1]):
        counts = ROUND.multinomial(200, [*shares, 1 - sum(shares)], size=300)
        ends = [report.images_interval(int(a), int(b), 200, 0.9) for a, b, _ in counts]
        truth = shares[1] - shares[0]
        assert np.mean([low <= truth <= high for low, high in ends]) > 0.9 - 3 * 0.0173


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: report.wilson(5, 4), "correct: got 5.0; takes at most as many as there are, total: 4"),
        (lambda: report.wilson([1, -1], 4), r"correct: got -1 at \[1\]; takes whole numbers, 0 or more"),
        (lambda: report.wilson(0.5, 4), "correct: got 0.5"),
        (lambda: report.wilson(1, 4, 95), "confidence: got 95; takes one number, at least 0 and below 1"),
        (lambda: report.mean_interval([1.0]), "values: got 1 of them; takes 2 or more"),
        (lambda: report.mean_interval([1.0, math.nan]), r"values: got nan at \[1\]"),
        (lambda: report.means_interval([1, 2], ["a", "b"]), "after: got"),
        (lambda: report.images_interval(3, 3, 5), "total: got 5; takes 6 or more"),
        (lambda: report.images_interval(1.5, 3, 5), "only_first: got 1.5"),
        (lambda: report.shared(0.95, 0), "count: got 0"),
    ],
)
def test_no_interval_of_what_is_no_count(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()


# Runs -------------------------------------------------------------------------------------------


def runs(correct, seeds=None, total=1000, **more):
    """A table of runs as a sweep selects it."""
    seeds = seeds or range(1, len(correct) + 1)
    return pd.DataFrame({"seed": seeds, "test_correct": correct, "test_total": total, **more})


BEFORE, AFTER = [900, 910, 905, 917], [912, 921, 909, 931]


def test_runs_of_the_same_seeds_are_paired_in_whatever_order():
    told = compare(runs(BEFORE), runs(AFTER).iloc[::-1], names=["before", "after"])
    row = told.table.loc["after"]
    wanted = stats.ttest_rel(AFTER, BEFORE).confidence_interval(0.95)
    np.testing.assert_allclose(row[["from", "to"]].astype(float), np.array(wanted) / 1000)
    assert row["difference"] == pytest.approx(np.mean(np.subtract(AFTER, BEFORE)) / 1000)
    assert row["clear"] and row["compared"] == "seed by seed" and told.notes == ()
    assert told.differences["after"].to_dict() == pytest.approx({1: 0.012, 2: 0.011, 3: 0.004, 4: 0.014})
    low, high = (f"{100 * each / 1000:.2f}" for each in wanted)
    assert told.sentence == (
        f"As a mean over all seeds, after reads {low} to {high} points more than before (95\u00a0% "
        "confidence, 4 seeds, seed by seed, 1,000 test images)."
    )
    other_way = compare(runs(AFTER), runs(BEFORE), names=["after", "before"])
    assert f"before reads {low} to {high} points fewer than after" in other_way.sentence


def test_a_ratio_of_errors_is_that_of_the_chapter():
    told = compare(runs(BEFORE), runs(AFTER), by="ratio")
    logs = np.log(1000 - np.array(AFTER)), np.log(1000 - np.array(BEFORE))
    wanted = np.exp(stats.ttest_rel(*logs).confidence_interval(0.95))
    np.testing.assert_allclose(told.table.loc["B", ["from", "to"]].astype(float), wanted)
    assert told.table.loc["B", "ratio"] == pytest.approx(np.exp((logs[0] - logs[1]).mean()))
    assert re.search(
        r"^As a mean over all seeds, B makes 0\.\d+ to 0\.\d+ times the errors of A", told.sentence
    )


def test_several_share_the_doubt():
    tables = [runs(ROUND.integers(880, 930, 5)) for _ in range(4)]
    told = compare(*tables, confidence=0.9)
    for name, table in zip("BCD", tables[1:]):
        wanted = stats.ttest_rel(table["test_correct"], tables[0]["test_correct"]).confidence_interval(
            1 - 0.1 / 3
        )
        np.testing.assert_allclose(
            told.table.loc[name, ["from", "to"]].astype(float), np.array(wanted) / 1000
        )
    assert "90\u00a0% confidence that all 3 intervals hold together" in told.sentence
    assert all(name in told.sentence for name in "BCD") and told.sentence.count(". ") == 0


def test_none_of_several_is_called_clear_more_often_than_promised():
    """In worlds in which no recipe is better than another."""
    worlds = ROUND.integers(900, 1000, size=(120, 4, 5))
    found = [compare(*map(runs, world), confidence=0.8).table["clear"].any() for world in worlds]
    assert np.mean(found) < 0.2 + 3 * 0.0365


def test_runs_of_other_seeds_are_two_groups_and_that_is_said():
    other = runs(AFTER, [3, 4, 5, 6])
    told = compare(runs(BEFORE), other, names=["before", "after"])
    wanted = stats.ttest_ind(AFTER, BEFORE, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose(told.table.loc["after", ["from", "to"]].astype(float), np.array(wanted) / 1000)
    assert told.table.loc["after", "compared"] == "two groups" and "4 and 4 runs, two groups" in told.sentence
    assert "have not the same seeds" in told.notes[0] and "the 2 that both have" in told.notes[0]
    paired = compare(runs(BEFORE), other, paired=True)
    wanted = stats.ttest_rel(AFTER[:2], BEFORE[2:]).confidence_interval(0.95)
    np.testing.assert_allclose(paired.table.loc["B", ["from", "to"]].astype(float), np.array(wanted) / 1000)
    assert paired.notes == ("Left out, for want of a partner: 2 runs of A, 2 runs of B.",)
    asked = compare(runs(BEFORE), runs(AFTER), paired=False)
    assert asked.table.loc["B", "compared"] == "two groups" and asked.notes == ()


def test_one_run_says_little_and_two_say_nothing():
    alone = compare(runs(BEFORE[:1]), runs(AFTER[:1]))
    assert not alone.table["clear"].any() and alone.table[["from", "to"]].isna().all(axis=None)
    assert "say nothing about the two recipes" in alone.sentence
    for other, place in ((951, "outside of"), (912, "within")):
        told = compare(runs(BEFORE), runs([other]), names=(each for each in ("many", "one")))
        low, high = report.one_more(np.array(BEFORE) / 1000)
        reach = (high - low) / 2
        middle = other / 1000 - np.mean(BEFORE) / 1000
        np.testing.assert_allclose(
            told.table.loc["one", ["from", "to"]].astype(float), [middle - reach, middle + reach]
        )
        assert f"One run of one lies {place} what one more run of many would read" in told.sentence
        assert told.table.loc["one", "clear"] == (place == "outside of") == (not low < other / 1000 < high)


def test_where_nothing_scatters_nothing_is_claimed():
    told = compare(runs(BEFORE), runs([each + 3 for each in BEFORE]))
    assert not told.table["clear"].any() and "nothing may be claimed" in told.sentence
    assert told.notes[0].startswith("Every seed differs by the same")
    same = compare(runs([900] * 3), runs([900] * 4))
    assert not same.table["clear"].any() and "nothing may be claimed" in same.sentence
    assert "B reads as many as A" in same.sentence and same.notes[0].startswith("All runs of one recipe read")
    for groups, by in (([901] * 3, [903] * 4), "ratio"), (([937] * 3, [900]), "difference"):
        told = compare(*map(runs, groups), by=by)
        assert math.isnan(told.table.loc["B", "from"]) and told.notes[0].startswith("All runs of one recipe")


@pytest.mark.parametrize("by", ["difference", "ratio"])
def test_equal_steps_are_equal_however_they_are_rounded(by):
    """Nine thousand nine hundred and three more than nine thousand nine hundred, and so on."""
    first = np.array([9900, 9910, 9905, 9908, 9903])
    other = first + 3 if by == "difference" else 10_000 - 3 * (10_000 - first)
    told = compare(runs(first, total=10_000), runs(other, total=10_000), by=by)
    assert math.isnan(told.table.loc["B", "from"]) and "nothing may be claimed" in told.sentence


def test_no_share_differs_by_more_than_all():
    told = compare(runs([0, 1000, 500]), runs([1000, 0, 400]))
    assert (
        told.table.loc["B", ["from", "to"]].tolist() == [-1, 1]
        and "from 100.00 points fewer" in told.sentence
    )


def test_of_one_run_among_several_no_mean_is_claimed():
    told = compare(runs(BEFORE), runs(AFTER), runs([999]), names=["base", "more", "lone"])
    assert told.table["clear"].all() and "both intervals hold together" in told.sentence
    sure, alone = told.sentence.split("; ", 1)
    assert "more images are read, as a mean over all seeds, by more (" in sure and "lone" not in sure
    assert "one run lies outside of what one more run of base would read" in alone
    turned = compare(runs([999]), runs(BEFORE), runs(AFTER), names=["lone", "base", "more"]).sentence
    assert "the one run lies outside of what one more run would read of base, more" in turned


def test_what_else_differs_is_said():
    told = compare(runs(BEFORE, train_size=60_000), runs(AFTER, train_size=6000), names=["all", "few"])
    assert told.notes == (
        "They learned from other numbers of images, which is compared too: all (60,000), few (6,000).",
    )
    assert told.notes[0] in told._repr_html_() and "compared too" in " ".join(repr(told).split())


def test_more_than_there_are_letters_and_a_test_without_a_name():
    told = compare(*[runs(BEFORE, data="MNIST")] * 28, runs(AFTER, data=None))
    assert len(told.table) == 28 and told.table.index[-1] == "29." and told.data == "MNIST"


def test_runs_that_do_not_say_their_test_are_of_that_of_the_others():
    told = compare(runs(BEFORE), runs(AFTER).assign(data=[None, "MNIST", *[math.nan] * (len(AFTER) - 2)]))
    assert told.data == "MNIST" and told.sentence == compare(runs(BEFORE), runs(AFTER, data="MNIST")).sentence
    both = runs(AFTER).assign(data=["MNIST", *["bundled digits"] * (len(AFTER) - 1)])
    with pytest.raises(
        ValueError, match=r"^compared\[1\] \(B\): got data MNIST, bundled digits; takes runs of"
    ):
        compare(runs(BEFORE), both)


def test_the_book_s_tables_can_be_compared():
    told = compare(results.table("author_seeds"), results.table("small_seeds"), names=["author", "small"])
    assert told.data == "MNIST" and ", 10,000 test images of MNIST)." in told.sentence
    shown = told._repr_html_()
    assert "spread, in points</th>" in shown
    assert told.sentence in shown and "seed by seed" in shown and max(map(len, repr(told).splitlines())) <= 72


@pytest.mark.parametrize(
    "given, message",
    [
        ([runs(BEFORE)], "compared: got 1; takes two or more"),
        ([runs(BEFORE), BEFORE], r"compared\[1\] \(B\): got list; takes a Report, a table of runs"),
        ([runs(BEFORE), {}], r"compared\[1\] \(B\): got dict; takes"),
        ([runs(BEFORE), {1: 900}], r"compared\[1\] \(B\): got dict; takes"),
        ([runs(BEFORE), runs(AFTER).drop(columns="seed")], r"compared\[1\] \(B\): got a table without seed"),
        ([runs(BEFORE), runs(AFTER)[:0]], r"compared\[1\] \(B\): got a table without rows"),
        ([runs(BEFORE), runs(AFTER, [1, 2, 2, 3])], r"compared\[1\] \(B\): got the seed 2 twice"),
        ([runs(BEFORE), runs([1, None, 2])], r"compared\[1\] \(B\): got no test_correct in row 1"),
        ([runs(BEFORE), runs([900, 1001])], r"compared\[1\] \(B\): got test_correct 1001; takes whole"),
        ([runs(BEFORE), runs([0.9, 0.8])], r"compared\[1\] \(B\): got test_correct 0.9; takes whole numbers"),
        (
            [runs(BEFORE, data="MNIST"), runs(AFTER, data=["MNIST", "MNIST", "bundled digits", "MNIST"])],
            r"compared\[1\] \(B\): got data MNIST, bundled digits; takes runs of one test",
        ),
        (
            [runs(BEFORE, data="MNIST"), runs(AFTER, total=2000, data="MNIST")],
            r"compared \(B\): got a test on 2,000 test images of MNIST; takes one on those of A, 1,000 test",
        ),
        ([runs(BEFORE), runs(AFTER, [*"1234"])], r"compared\[1\] \(B\): seed: got .*; takes whole numbers"),
        ([runs(BEFORE), runs(AFTER, [1, 2, 3, 4.5])], r"compared\[1\] \(B\): seed: got 4.5; takes whole"),
        ([runs(BEFORE), runs(AFTER, [1, 2, 3, [4]])], r"compared\[1\] \(B\): seed: "),
        ([runs(BEFORE), runs([900, "901"])], r"compared\[1\] \(B\): test_correct: got .*; takes whole"),
        ([runs(BEFORE), runs(AFTER, train_size="a")], r"compared\[1\] \(B\): train_size: got .*; takes"),
        ([runs(BEFORE), runs(AFTER, train_size=math.inf)], r"compared\[1\] \(B\): train_size: got inf"),
        (
            [runs(BEFORE), pd.concat([runs(AFTER), runs(AFTER)[["test_correct"]]], axis=1)],
            r"compared\[1\] \(B\): got several columns called test_correct; takes one",
        ),
        ([runs(BEFORE), runs([0, 0], total=0)], r"compared\[1\] \(B\): got test_total 0; takes a whole"),
        ([runs(BEFORE), runs([1, 2], total=9.5)], r"compared\[1\] \(B\): got test_total 9.5; takes a whole"),
        ([runs(BEFORE), runs([1, 2], total=math.inf)], r"compared\[1\] \(B\): got test_total inf; takes"),
        ([runs(BEFORE), runs([1, 2], total="9")], r"compared\[1\] \(B\): got test_total '9'; takes a whole"),
        (
            [runs(BEFORE, data="MNIST"), runs(AFTER, data="bundled digits")],
            r"compared \(B\): got a test on 1,000 test images of bundled digits; .* only answers to the same",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_compared(given, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        compare(*given)


def test_numbers_are_those_of_a_column_of_any_kind():
    plain = compare(runs(BEFORE), runs(AFTER))
    assert compare(runs(BEFORE), runs(AFTER).astype(object)).sentence == plain.sentence
    assert compare(runs(BEFORE), runs(AFTER).astype({"seed": float})).sentence == plain.sentence


@pytest.mark.parametrize(
    "more, message",
    [
        ({"names": ["one"]}, r"names: got \['one'\]; takes 2, all different"),
        ({"names": ["one", "one"]}, "names: got"),
        ({"names": "ab"}, "names: got 'ab'; takes a list of texts"),
        ({"names": ["one", 2]}, r"names: got \['one', 2\]; takes a list of texts"),
        ({"names": 2}, "names: got 2; takes a list of texts"),
        ({"by": "accuracy"}, "by: got 'accuracy'; takes one of 'difference', 'ratio'"),
        ({"confidence": 1.0}, "confidence: got 1.0"),
        ({"paired": "yes"}, "paired: got 'yes'; takes one of None, True, False"),
    ],
)
def test_what_is_no_way_to_compare(more, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        compare(runs(BEFORE), runs(AFTER), **more)


def test_pairs_that_are_not_there_cannot_be_asked_for():
    with pytest.raises(
        ValueError, match=r"^paired: got True, but A has the seeds \[1, 2.*takes two seeds or more"
    ):
        compare(runs(BEFORE), runs(AFTER, [5, 6, 7, 8]), paired=True)
    with pytest.raises(ValueError, match="^by: got 'ratio', but B makes no error with seed 2"):
        compare(runs(BEFORE), runs([999, 1000]), by="ratio")


def test_a_figure_has_room_for_its_labels_without_the_book_s_look():
    with mpl.rc_context(mpl.rcParamsDefault | {"backend": "agg"}):
        figure = plots.comparison(compare(runs(BEFORE), runs(AFTER))).figure
        figure.canvas.draw()
        drawn, sheet = figure.get_tightbbox(), figure.bbox_inches
        plt.close(figure)
    assert drawn.y0 >= 0 and drawn.x0 >= 0 and drawn.x1 <= sheet.width and drawn.y1 <= sheet.height


# Networks ---------------------------------------------------------------------------------------


def answered(right, labels=None, data="made up", images=None, held_out="test"):
    """A report of a network that is right on just these images."""
    labels = np.zeros(len(right), int) if labels is None else labels
    read = np.where(right, labels, (labels + 1) % 10)
    told = report.of_answers(np.log(np.eye(10)[read] * 0.9 + 0.01), labels, name="made up", data=data)
    images = np.zeros((len(right), 28, 28), np.uint8) if images is None else images
    object.__setattr__(told, "images", images)
    object.__setattr__(told, "held_out", held_out)
    return told


RIGHT = np.arange(300) % 10 > 0


def test_two_networks_are_compared_image_by_image():
    better = RIGHT.copy()
    better[[0, 10, 20, 30, 40, 50, 60, 70, 80, 90]] = True  # ten that the first misreads
    better[1] = False
    told = compare(answered(RIGHT), answered(better), names=["one", "other"])
    row = told.table.loc["other"]
    assert tuple(row[["from", "to"]]) == report.images_interval(1, 10, 300) and row["difference"] == 9 / 300
    assert row["clear"] and row["compared"] == "image by image"
    assert told.differences["other"].value_counts().to_dict() == {0: 289, 1: 10, -1: 1}
    assert "of these two trained networks, and not of their recipes" in told.sentence
    same = compare(answered(RIGHT), answered(RIGHT))
    assert not same.table["clear"].any() and "does not show that they are equal" in same.sentence
    with pytest.raises(ValueError, match="^by: got 'ratio' for Reports"):
        compare(answered(RIGHT), answered(better), by="ratio")


def test_reports_by_their_seeds_are_runs():
    def of(correct):
        return answered(np.arange(1000) < correct)

    told = compare(runs(BEFORE), {seed: of(each) for seed, each in enumerate(AFTER, 1)})
    wanted = compare(runs(BEFORE), runs(AFTER))
    pd.testing.assert_frame_equal(told.table, wanted.table)
    assert told.table.loc["B", "compared"] == "seed by seed"
    alone = compare(runs(BEFORE), of(905))
    assert alone.table["compared"].tolist() == ["one more run"]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"images": np.ones((300, 28, 28), np.uint8)}, "got a test on other images or labels than A"),
        ({"labels": np.ones(300, int)}, "got a test on other images or labels than A"),
        (
            {"data": "MNIST"},
            "got a test on 300 test images of MNIST; takes one on those of A, 300 test images of",
        ),
        ({"held_out": "validation"}, "got a test on 300 validation images"),
    ],
)
def test_reports_on_other_images_are_refused(change, message):
    with pytest.raises(ValueError, match=f"^compared .B.: {message}"):
        compare(answered(RIGHT), answered(RIGHT, **change))
    mixed = {1: answered(RIGHT), 2: answered(RIGHT[:200])}
    with pytest.raises(ValueError, match=r"^compared\[1\] \(B\): got the Report of seed 2 on 200 images"):
        compare(runs(BEFORE), mixed)
