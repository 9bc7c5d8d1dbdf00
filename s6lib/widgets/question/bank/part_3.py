"""Honest numbers: questions that come back."""

from functools import partial

from s6lib.widgets.question.asking import Question

BANK = {
    "one_seed": [
        partial(
            Question,
            "Nine runs have a standard deviation of {s} images. What is the standard error of their mean?",
            given={"s": (3, 9, 1.5)},
            right="s / sqrt(9)",
            wrong={
                "s / 9": "Divide by the *root* of the number of runs.",
                "s": "That is the spread of one run. In a mean, high and low runs partly cancel.",
                "s * sqrt(9)": "A mean scatters *less* than one run: divide.",
            },
            because="{s} / √9 = {right}.",
        ),
        partial(
            Question,
            "Four runs read {m} images on average, with a standard deviation of {s}; *t* is {t} for 95 %. "
            "Where is the lower end of the interval?",
            given={"m": (9905, 9935, 5), "s": (3, 9, 2), "t": 3.18},
            right="m - t * s / sqrt(4)",
            absolute=0.06,
            wrong={
                "m - t * s": "You left out the root: the mean of four runs scatters half as much as one.",
                "m - s / sqrt(4)": "The interval reaches *t* standard errors, not one.",
                "m + t * s / sqrt(4)": "That is the upper end.",
            },
            because="{m} − {t} × {s} / √4 = {right:6}.",
        ),
        partial(
            Question,
            "The best of 10 runs lies about 1.5 standard deviations above their mean. A paper reports "
            "“{best} %, the best of 10”, with a standard deviation of {s} points. What mean do you guess?",
            given={"best": (99.4, 99.7, 0.02), "s": (0.04, 0.08, 0.02)},
            right="best - 1.5 * s",
            unit="%",
            absolute=0.005,
            wrong={
                "best": "That is the run they picked. The others read less.",
                "best - s": "Go down by 1.5 standard deviations, not by one.",
                "best + 1.5 * s": "The best lies *above* the mean.",
            },
            because="{best} − 1.5 × {s} = {right:6} %.",
        ),
        partial(
            Question,
            "You train with ten times as many seeds, and test on the same images. What becomes more certain?",
            right="the mean of the recipe, on these test images",
            wrong={
                "the share of *all* such digits that it reads": "That also hangs on which images are in the "
                "test, and those are the same for every seed.",
                "what a single run will read": "A single run scatters as much as before. Only the mean of "
                "them is better known.",
            },
            because="More seeds take away the luck of the seed. The luck of the test stays.",
        ),
    ],
    "what_each_part_is_worth": [
        partial(
            Question,
            "A network makes {before} errors. Without one of its parts it makes {after}. What is the ratio?",
            given={"before": (200, 250, 10), "after": (280, 400, 20)},
            right="after / before",
            relative=0.01,
            wrong={
                "after - before": "That is the difference. The ratio says how *many times* the errors.",
                "before / after": "Upside down: the errors *after* the change, divided by those before.",
                "(after - before) / before": "That is the part that was added. Divide all errors that there "
                "are after it.",
            },
            because="{after} / {before} = {right}.",
        ),
        partial(
            Question,
            "One seed's errors are multiplied by {up}, the other's by {down}. What is the mean ratio, by way "
            "of logarithms?",
            given={"up": (2, 8, 2), "down": (0.125, 0.5, 0.125)},
            right="sqrt(up * down)",
            relative=0.01,
            wrong={
                "(up + down) / 2": "That mean takes 4 and ¼ for a rise. Average the *logarithms*.",
                "up * down": "That is both changes, one after the other. Their mean is its root.",
                "(log(up) + log(down)) / 2": "That is the mean of the logarithms. Take it back by exp.",
            },
            because="exp of half the sum of the logarithms is √({up} × {down}) = {right}.",
        ),
        partial(
            Question,
            "{k} intervals are to be wrong in 5 % of all cases *together*, at the most. How much doubt may "
            "each of them have?",
            given={"k": (2, 10, 2)},
            right="5 / k",
            unit="%",
            relative=0.01,
            wrong={
                "5": "With 5 % for each, any of them misses far more often.",
                "100 - 5 / k": "That is how sure each must be. The doubt is what is missing to 100 %.",
                "5 * k": "The doubt is shared among them: divide.",
            },
            because="5 % / {k} = {right} %.",
        ),
        partial(
            Question,
            "A part is taken out. The interval for the ratio of the errors goes from 0.9 to 1.5. What does "
            "that say?",
            right="these seeds do not settle it",
            wrong={
                "the part does nothing": "Half as many errors again would fit this interval, too.",
                "the part helps": "A ratio below 1, fewer errors *without* the part, fits as well.",
                "the part does harm": "The interval reaches much further above 1 than below.",
            },
            because="It contains 1, and much else: not clear is not nothing.",
        ),
    ],
    "faster_and_smaller": [
        partial(
            Question,
            "Nine runs have a mean of {m} % and a standard deviation of {s} points; *t* for one side is {t}. "
            "What is the lower bound?",
            given={"m": (99.4, 99.5, 0.01), "s": (0.03, 0.09, 0.03), "t": 1.86},
            right="m - t * s / sqrt(9)",
            unit="%",
            absolute=0.002,
            wrong={
                "m - t * s": "You left out the root: divide the standard deviation by √9.",
                "m - s / sqrt(9)": "The bound lies *t* standard errors down.",
                "m + t * s / sqrt(9)": "A *lower* bound lies below the mean.",
            },
            because="{m} − {t} × {s} / √9 = {right:5} %.",
        ),
        partial(
            Question,
            "You try forty recipes and want one honest number for the best of them. Which images choose, and "
            "which give the number?",
            right="held-out images choose, the test gives the number",
            wrong={
                "the test does both": "What is picked on the test is picked for its luck there as well.",
                "the test chooses, held-out images give the number": "Then the test is spent: whatever "
                "chooses has had its say.",
                "the training images choose, the test gives the number": "On the images it learns from, the "
                "recipe wins that knows them by heart.",
            },
            because="The test was not asked before, so no recipe was picked for its luck there.",
        ),
        partial(
            Question,
            "A stopwatch runs while a network is trained by a quick recipe and by a slow one, once each. "
            "What would tell you that the machine has not changed its pace on the way?",
            right="the quick one run once more at the end",
            wrong={
                "the mean of both times": "One number for two recipes says nothing of either.",
                "a second seed of the slow one": "If it takes longer, is that the seed or the hour?",
                "nothing can": "The same work, timed twice, should take the same time. If not, you know.",
            },
            because="The same work first and last: if both times agree, the hours between were alike.",
        ),
    ],
    "how_they_do_it": [
        partial(
            Question,
            "An image has {n} pixels a side. A kernel of 4 × 4 moves on by 2 pixels each time, without "
            "padding. How many places a side are left?",
            given={"n": (12, 28, 2)},
            right="(n - 4) / 2 + 1",
            absolute=0,
            wrong={
                "n / 2": "The kernel must fit in: its last place begins 4 pixels before the edge.",
                "n - 4 + 1": "That is for steps of one pixel.",
                "(n - 4) / 2": "That is how many steps it takes. The place where it starts counts as well.",
            },
            because="({n} − 4) / 2 + 1 = {right}.",
        ),
        partial(
            Question,
            "Images of {n} × {n} pixels: you cut {cut} off each side. What part of the work is saved?",
            given={"n": (20, 40, 2), "cut": (2, 3, 1)},
            right="100 * (1 - ((n - 2 * cut) / n)**2)",
            unit="%",
            absolute=0.6,
            wrong={
                "100 * ((n - 2 * cut) / n)**2": "That is the part of the work that is left.",
                "100 * 2 * cut / n": "That is one direction. The image gets narrower *and* lower.",
                "100 * (1 - ((n - cut) / n)**2)": "You cut one side only. There are two in each direction.",
            },
            because="What is left is {n - 2 * cut} of {n} pixels in each direction, so {right:3} % is saved.",
        ),
        partial(
            Question,
            "A 3 × 3 convolution from {n} channels to {m} is taken apart: a kernel for each channel, then "
            "sums over the channels. How many weights has it?",
            given={"n": (8, 16, 4), "m": (20, 36, 4)},
            right="9 * n + n * m",
            absolute=0,
            wrong={
                "9 * n * m": "That is the whole one.",
                "9 * m + n * m": "The kernels come first: one for each of the {n} channels that arrive.",
                "n * m": "And the kernels, nine weights each?",
            },
            because="9 × {n} + {n} × {m} = {right}.",
        ),
    ],
    "sweeps": [
        partial(
            Question,
            "A grid of {rates} learning rates, {momenta} momenta and {seeds} seeds: how many runs?",
            given={"rates": (3, 9, 1), "momenta": (2, 4, 1), "seeds": (5, 10, 1)},
            right="rates * momenta * seeds",
            absolute=0,
            wrong={
                "rates + momenta + seeds": "Every value meets every other: multiply.",
                "rates * momenta": "Each of these runs once with every seed.",
            },
            because="{rates} × {momenta} × {seeds} = {right}.",
        ),
        partial(
            Question,
            "{runs} runs of {minutes} minutes each, on 4 processors. How many minutes in all?",
            given={"runs": (8, 40, 4), "minutes": (2, 5, 1)},
            right="runs / 4 * minutes",
            absolute=0,
            wrong={
                "runs * minutes": "Four run at a time.",
                "runs / 4": "That many rounds. Each takes {minutes} minutes.",
            },
            because="{runs / 4} rounds of {minutes} minutes: {right}.",
        ),
        partial(
            Question,
            "Half of your sweep is done when the power fails. Meanwhile you changed a line of the library. "
            "What does `--resume` do?",
            right="it refuses to go on",
            wrong={
                "it makes the runs that are missing": "Half of the table would come from another experiment.",
                "it makes all runs again": "It keeps what is finished, or says that it cannot.",
            },
            because="Half of the table would come from another experiment, so it says what has changed.",
        ),
    ],
}  # fmt: skip
