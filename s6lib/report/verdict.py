"""What a comparison says. Each sentence that can come out is a message by itself, for whoever translates it.

How surely, by how many runs and on which images stands in parentheses, as a list of labels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from s6lib.report import page
from s6lib.words import number, plural, shown, t

if TYPE_CHECKING:
    import pandas as pd

#: How two were compared, as tables have it; `page.kind` says it.
SEEDS, GROUPS, ONE_MORE, ALONE, IMAGES = (
    "seed by seed", "two groups", "one more run", "one run each", "image by image",
)  # fmt: skip


class Found(NamedTuple):
    """One comparison: a value, its ends, how it was made, and the value of each pair."""

    value: float
    low: float
    high: float
    how: str
    pairs: pd.Series
    runs: tuple[int, int]
    notes: tuple[str, ...] = ()


def alike() -> str:
    """The note where no run differs from another."""
    return t(
        "All runs of one recipe read the same, so nobody can say how much they scatter: there is no interval."
    )


def all_pairs_alike() -> str:
    """The note where all pairs of runs differ by the same."""
    return t("Every seed differs by the same, so nobody can say how much they scatter: there is no interval.")


def other_seeds(first: str, other: str, both: int) -> str:
    """The note where runs could not be paired; `both` is how many seeds both have."""
    if both > 1:
        return t(
            "{first} and {other} have not the same seeds, so their runs were compared as two groups; "
            "{choice} would take the {both} that both have.",
            first=first, other=other, both=both, choice="paired=True",
        )  # fmt: skip
    return t(
        "{first} and {other} have not the same seeds, so their runs were compared as two groups.",
        first=shown(first),
        other=shown(other),
    )


def left_out(runs: dict[str, int]) -> str:
    """The note on runs, {name: how many}, whose seed the other has not."""
    each = [
        plural(count, "{count} run of {name}", "{count} runs of {name}", name=shown(name))
        for name, count in runs.items()
        if count
    ]
    return t("Left out, for want of a partner: {runs}.", runs=", ".join(each))


def other_sizes(sizes: dict[str, int]) -> str:
    """The note on recipes that learned from so many images, {name: how many}."""
    listed = ", ".join(f"{shown(name)} ({number(size, ',')})" for name, size in sizes.items())
    return t("They learned from other numbers of images, which is compared too: {listed}.", listed=listed)


class Verdict(NamedTuple):
    """What may be claimed of some, each against `base`."""

    by: str  # "difference" or "ratio"
    base: str
    confidence: float
    total: int  # images of the test
    images: str  # what they are, a label

    def of_two(self, name: str, found: Found, clear: bool) -> str:
        """The sentence on one against `base`."""
        said = {"name": shown(name), "base": shown(self.base)}
        if found.how == ALONE:
            return t(
                "One run of {name} and one of {base} say nothing about the two recipes, for another seed "
                "moves each by an amount that nobody knows: run both with the same five seeds or more.",
                **said,
            )
        said = {**said, "how": self._how(found)}
        if math.isnan(found.low):
            return self._without_interval(found.value, said)
        if found.how == ONE_MORE:
            return self._one_more(found, clear, said)
        return self._apart(found, said) if clear else self._not_apart(found, said)

    def _without_interval(self, value, said):
        if self.by == "ratio":
            if value == 1:
                return t(
                    "Here {name} makes as many errors as {base}, but without an interval nothing may be "
                    "claimed ({how}).",
                    **said,
                )
            return t(
                "Here {name} makes {times} times the errors of {base}, but without an interval nothing may "
                "be claimed ({how}).",
                times=self._shown(value),
                **said,
            )
        if value == 0:
            return t(
                "Here {name} reads as many as {base}, but without an interval nothing may be claimed "
                "({how}).",
                **said,
            )
        said = {**said, "points": self._shown(value)}
        if value > 0:
            return t(
                "Here {name} reads {points} points more than {base}, but without an interval nothing may be "
                "claimed ({how}).",
                **said,
            )
        return t(
            "Here {name} reads {points} points fewer than {base}, but without an interval nothing may be "
            "claimed ({how}).",
            **said,
        )

    def _one_more(self, found, clear, said):
        one, many = ("name", "base") if found.runs[1] == 1 else ("base", "name")
        said = {"one": said[one], "many": said[many], "how": said["how"]}
        if clear:
            return t(
                "One run of {one} lies outside of what one more run of {many} would read ({how}): so it is "
                "hardly one more run of {many}, but what {one} reads on average takes more seeds.",
                **said,
            )
        return t(
            "One run of {one} lies within what one more run of {many} would read ({how}): so nothing may be "
            "claimed yet.",
            **said,
        )

    def _apart(self, found, said):
        said = {**said, "amount": self._span(found.low, found.high)}
        if self.by == "ratio":
            return t(
                "As a mean over all seeds, {name} makes {amount} times the errors of {base} ({how}).", **said
            )
        more = found.high > 0
        if found.how == IMAGES and more:
            return t(
                "On digits like these, {name} reads {amount} points more than {base} ({how}): that is of "
                "these two trained networks, and not of their recipes, which takes more seeds.",
                **said,
            )
        if found.how == IMAGES:
            return t(
                "On digits like these, {name} reads {amount} points fewer than {base} ({how}): that is of "
                "these two trained networks, and not of their recipes, which takes more seeds.",
                **said,
            )
        if more:
            return t(
                "As a mean over all seeds, {name} reads {amount} points more than {base} ({how}).", **said
            )
        return t("As a mean over all seeds, {name} reads {amount} points fewer than {base} ({how}).", **said)

    def _not_apart(self, found, said):
        if self.by == "ratio":
            return t(
                "These runs do not tell {name} from {base}: as a mean over all seeds it may make {amount} "
                "times the errors ({how}), which does not show that they are equal.",
                amount=self._span(found.low, found.high),
                **said,
            )
        said = {**said, "low": self._shown(found.low), "high": self._shown(found.high)}
        if found.how == IMAGES:
            return t(
                "These answers do not tell {name} from {base}: on digits like these it may read anything "
                "from {low} points fewer to {high} more ({how}), which does not show that they are equal.",
                **said,
            )
        return t(
            "These runs do not tell {name} from {base}: as a mean over all seeds it may read anything from "
            "{low} points fewer to {high} more ({how}), which does not show that they are equal.",
            **said,
        )

    def _how(self, found):
        before, after = found.runs
        size = {
            SEEDS: plural(before, "{count} seed", "{count} seeds"),
            GROUPS: plural(after, "{before} and {count} run", "{before} and {count} runs", before=before),
            ONE_MORE: plural(max(before, after), "{count} run", "{count} runs"),
        }.get(found.how)
        sure = None if math.isnan(found.low) else t("{percent}\u00a0% confidence", percent=self._percent())
        way = None if found.how == ONE_MORE else page.kind(found.how)  # the sentence says it
        return ", ".join(filter(None, [sure, size, way, self.images]))

    def of_several(self, table: pd.DataFrame, alone: bool) -> str:
        """The sentence on more than one: those that are clear, and the rest. `alone` is `base` of one run."""
        images, lone = table["compared"] == IMAGES, table["compared"] == ONE_MORE
        nothing = 1.0 if self.by == "ratio" else 0.0
        sure = table[table["clear"] & ~lone]  # of one run no mean is known
        more, fewer = sure[sure["from"] >= nothing], sure[sure["to"] <= nothing]
        found = [self._more(more, images.all())] if len(more) else []
        found += [self._fewer(fewer, images.all())] if len(fewer) else []
        if outside := list(table.index[table["clear"] & lone]):
            found.append(self._outside(outside, alone))
        if rest := list(table.index[~table["clear"]]):
            found.append(
                t("not told apart, which does not mean equal: {names}", names=", ".join(map(shown, rest)))
            )
        how = [self._together(int(table["from"].notna().sum()))]
        how += [page.kind(each) for each in dict.fromkeys(table["compared"])]
        how += [t("of these trained networks and not of their recipes")] * bool(images.all())
        return t(
            "Against {base}: {found} ({how}).",
            base=shown(self.base),
            found="; ".join(found),
            how=", ".join([*how, self.images]),
        )

    def _more(self, rows, images):
        names = self._listed(rows)
        if self.by == "ratio":
            return t("clearly more errors are made, as a mean over all seeds, by {names}", names=names)
        if images:
            return t("clearly more images are read by {names}", names=names)
        return t("clearly more images are read, as a mean over all seeds, by {names}", names=names)

    def _fewer(self, rows, images):
        names = self._listed(rows)
        if self.by == "ratio":
            return t("clearly fewer errors are made, as a mean over all seeds, by {names}", names=names)
        if images:
            return t("clearly fewer images are read by {names}", names=names)
        return t("clearly fewer images are read, as a mean over all seeds, by {names}", names=names)

    def _listed(self, rows):
        each = [(shown(name), self._span(row["from"], row["to"])) for name, row in rows.iterrows()]
        if self.by == "ratio":
            return ", ".join(f"{name} (×\u00a0{span})" for name, span in each)
        return ", ".join(t("{name} ({span} points)", name=name, span=span) for name, span in each)

    def _outside(self, names, alone):
        listed = ", ".join(map(shown, names))
        if alone:
            return t("the one run lies outside of what one more run would read of {names}", names=listed)
        return plural(
            len(names),
            "one run lies outside of what one more run of {base} would read, which says nothing yet of a "
            "mean: {names}",
            "one run each lies outside of what one more run of {base} would read, which says nothing yet of "
            "a mean: {names}",
            base=shown(self.base),
            names=listed,
        )

    def _together(self, held):
        """How surely the intervals, so many of them, hold."""
        if held == 0:
            return t("no interval")
        if held == 1:
            return t("{percent}\u00a0% confidence that the interval holds", percent=self._percent())
        if held == 2:
            return t("{percent}\u00a0% confidence that both intervals hold together", percent=self._percent())
        return plural(
            held,
            "{percent}\u00a0% confidence that {count} interval holds",
            "{percent}\u00a0% confidence that all {count} intervals hold together",
            percent=self._percent(),
        )

    def _percent(self):
        return number(100 * self.confidence, "g")

    def _span(self, low, high):
        """From the one end to the other, the nearer to nothing first."""
        ends = (low, high) if self.by == "ratio" else sorted((low, high), key=abs)
        return page.span(*map(self._shown, ends))

    def _shown(self, value):
        """An amount: a ratio, or a difference without its sign, in points."""
        return number(value, ".3g") if self.by == "ratio" else page.points(abs(value), self.total)
