"""Reading digits: questions that come back."""

from functools import partial

from s6lib.widgets.question.asking import Question

BANK = {
    "building_blocks": [
        partial(
            Question,
            "A kernel has −1, 0, 1 in each row. Under it the left column adds up to {l}, the middle "
            "one to {m}, "
            "the right one to {r}. What is the value of the convolution?",
            given={"l": (0.1, 1, 0.1), "m": (0.5, 2, 0.1), "r": (1.2, 2.7, 0.1)},
            right="r - l",
            absolute=0.001,
            wrong={
                "l + m + r": "Each pixel is multiplied by its number of the kernel first.",
                "r": "The left column is taken off.",
                "r + l": "The left column counts as minus.",
                "r + m - l": "The middle column is multiplied by 0.",
            },
            because="{r} − {l} = {right}: the middle column counts for nothing.",
        ),
        partial(
            Question,
            "A channel has the mean {m} and the variance {s * s}. What does batch norm make of {x}, "
            "with a γ of 1 and "
            "a β of 0?",
            given={"m": (2, 8, 1), "s": (2, 4, 2), "x": (10, 19, 1)},
            right="(x - m) / s",
            absolute=0.01,
            wrong={
                "(x - m) / s**2": "Divide by the root of the variance.",
                "x - m": "Now divide it by the standard deviation.",
                "x / s": "Take the mean off first.",
            },
            because="({x} − {m}) / {s} = {right}.",
        ),
        partial(
            Question,
            "In training, a dropout with p = {p} keeps a value of {x}. What does it hand on?",
            given={"p": (0.1, 0.4, 0.1), "x": (0.9, 3.6, 0.9)},
            right="x / (1 - p)",
            absolute=0.01,
            wrong={
                "x": "Then the mean would sink with each value that is dropped.",
                "x * (1 - p)": "What survives has to grow, to make up for what is dropped.",
                "x / p": "A share of 1 − p survives: divide by that.",
            },
            because="{x} / (1 − {p}) = {right}: what survives makes up for what is dropped.",
        ),
        partial(
            Question,
            "A square of a map holds {a}, {a + 3}, {a - 1} and {a + 1}. What does max-pool hand on?",
            given={"a": (2, 9, 1)},
            right="a + 3",
            absolute=0.001,
            wrong={
                "a + 3 / 4": "That is their mean. Max-pool keeps the largest.",
                "4 * a + 3": "That is their sum. Max-pool keeps the largest.",
            },
            because="The largest of the four.",
        ),
    ],
    "digit_cnn": [
        partial(
            Question,
            "{c} channels go into a convolution of 3 by 3, and {d} come out. How many weights and "
            "biases has it?",
            given={"c": (2, 6, 1), "d": (7, 12, 1)},
            right="9 * c * d + d",
            absolute=0,
            wrong={
                "9 * c * d": "Add the biases, one for each channel that comes out.",
                "9 * c * d + c": "A bias belongs to each channel that comes *out*.",
                "9 * d + d": "Each pair of channels has a kernel of its own.",
                "c * d + d": "A kernel has nine weights.",
            },
            because="9 × {c} × {d} + {d} = {right}.",
        ),
        partial(
            Question,
            "A layer sees {r} pixels on a side, and its neighbours are {j} pixels apart. How far "
            "does a convolution of "
            "{q} by {q} behind it see?",
            given={"r": (6, 14, 2), "j": (2, 4, 2), "q": (3, 5, 2)},
            right="r + (q - 1) * j",
            absolute=0,
            wrong={
                "r + q - 1": "Its steps are {j} pixels long: times the jump.",
                "r + q * j": "A window of {q} has {q} − 1 steps from end to end.",
                "r * q": "The squares overlap: what they see is added.",
            },
            because="{r} + ({q} − 1) × {j} = {right}.",
        ),
        partial(
            Question,
            "A map has {s} by {s} places. How many multiplications does one weight of its kernel "
            "cost, for one image?",
            given={"s": (7, 14, 1)},
            right="s * s",
            absolute=0,
            wrong={
                "1": "It is used again at every place.",
                "9": "So many weights has the kernel. This is one of them, used at every place.",
                "9 * s * s": "So many does the whole kernel cost. This is one of its nine weights.",
                "2 * s": "There are {s} rows of {s} places.",
            },
            because="One at each place: {s} × {s} = {right}.",
        ),
        partial(
            Question,
            "A network that has learned nothing gives each of {k} classes the same probability. What "
            "is −log p of the "
            "right one?",
            given={"k": (4, 20, 1)},
            right="log(k)",
            absolute=0.05,
            wrong={
                "1 / k": "That is p.",
                "1": "p is one {k}th, and its logarithm is to be taken.",
                "0": "So it would be if it were sure of the right one.",
            },
            because="p is 1/{k}, so −log p is log {k} = {right:3}.",
        ),
    ],
    "backwards": [
        partial(
            Question,
            "A network gives the right digit the probability {p}. What is the slope of the error for "
            "its score?",
            given={"p": (0.1, 0.9, 0.1)},
            right="p - 1",
            absolute=0.001,
            wrong={
                "p": "That is p − y for a wrong digit. For the right one y is 1.",
                "1 - p": "The miss is what it says, minus what it should say.",
                "-log(p)": "That is the error. The question is for its slope.",
            },
            because="p − y = {p} − 1 = {right}.",
        ),
        partial(
            Question,
            "A slope of {g} comes back to a square of a max-pool. How much of it gets the largest of "
            "the four numbers?",
            given={"g": (0.4, 2, 0.4)},
            right="g",
            absolute=0.001,
            wrong={
                "g / 4": "So an average would share it out. Nudge one of the three losers: nothing changes.",
                "0": "Nudge the largest, and the result moves with it.",
            },
            because="All of it. The other three did not count.",
        ),
        partial(
            Question,
            "Six slopes come back through batch norm in training. Five of them add up to {x}. What "
            "is the sixth?",
            given={"x": (0.2, 1.8, 0.2)},
            right="-x",
            absolute=0.001,
            wrong={
                "x": "Raise all six numbers together: the results stay. So what must the six slopes "
                "add up to?",
                "x / 5": "They need not be equal. What must all six add up to?",
                "0": "Raise all six numbers together: the results stay. So what must the six slopes "
                "add up to?",
            },
            because="Raise all six numbers together, and no result changes. So the six slopes add up to 0.",
        ),
        partial(
            Question,
            "A weight of a kernel met the pixel {a} where the slope was {g}, and the pixel {b} where "
            "it was {h}. What is its "
            "gradient?",
            given={"a": (0.2, 0.8, 0.2), "b": (0.3, 0.9, 0.2), "g": (2, 4, 1), "h": (-3, -1, 1)},
            right="a * g + b * h",
            absolute=0.001,
            wrong={
                "(a + b) * (g + h)": "Each pixel meets the slope of its own place. Multiply first, then add.",
                "a * h + b * g": "Each pixel goes with the slope of its own place.",
                "a * g": "The other place has a share, too.",
            },
            because="{a} × {g} + {b} × ({h}) = {right}.",
        ),
    ],
    "training": [],
    "evaluation": [],
    "deep_networks": [],
    "mistakes": [],
    "s6": [],
}
