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
            "In training, a dropout with *p* = {p} keeps a value of {x}. What does it hand on?",
            given={"p": (0.1, 0.4, 0.1), "x": (0.9, 3.6, 0.9)},
            right="x / (1 - p)",
            absolute=0.01,
            wrong={
                "x": "Then the mean would sink with each value that is dropped.",
                "x * (1 - p)": "What survives has to grow, to make up for what is dropped.",
                "x / p": "A share of 1 − *p* survives: divide by that.",
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
                "s": "So many are in one row, and there are {s} rows.",
                "2 * s": "There are {s} rows of {s} places.",
            },
            because="One at each place: {s} × {s} = {right}.",
        ),
        partial(
            Question,
            "A network that has learned nothing gives each of {k} classes the same probability. What "
            "is −log *p* of the "
            "right one?",
            given={"k": (4, 20, 1)},
            right="log(k)",
            absolute=0.05,
            wrong={
                "1 / k": "That is *p*.",
                "1": "*p* is one {k}th, and its logarithm is to be taken.",
                "0": "So it would be if it were sure of the right one.",
            },
            because="*p* is 1/{k}, so −log *p* is log {k} = {right:3}.",
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
                "p": "That is *p* − *y* for a wrong digit. For the right one *y* is 1.",
                "1 - p": "The miss is what it says, minus what it should say.",
                "-log(p)": "That is the error. The question is for its slope.",
            },
            because="*p* − *y* = {p} − 1 = {right}.",
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
    "training": [
        partial(
            Question,
            "The network gives the right digit a probability of {p}. What does this answer cost?",
            given={"p": (0.1, 0.9, 0.1)},
            right="-log(p)",
            wrong={
                "1 - p": "So much is missing to certainty. The cost is the negative *logarithm* of *p*.",
                "-log(1 - p)": "You took the probability of all the wrong digits together.",
                "p": "The less it believed in the right digit, the *more* it pays.",
            },
            because="−log {p} = {right}.",
        ),
        partial(
            Question,
            "*μ* is {mu}, the velocity was {v}, and the gradient is {g}. What is the velocity now?",
            given={"mu": (0.5, 0.9, 0.1), "v": (1, 5, 1), "g": (-3, 3, 1)},
            right="mu * v + g",
            wrong={
                "v + g": "What is old fades: only the share *μ* of it is kept.",
                "mu * (v + g)": "The new gradient is added whole. Only what is old fades.",
                "mu * v": "The new gradient is still to be added.",
            },
            because="{mu} × {v} + ({g}) = {right}.",
        ),
        partial(
            Question,
            "*μ* is {mu}, and the gradient stays at {g}. Where does the velocity end?",
            given={"mu": (0.5, 0.9, 0.1), "g": (2, 5, 1)},
            right="g / (1 - mu)",
            wrong={
                "g / mu": "It rests where a step adds as much as fades, and what fades is 1 − *μ* of it.",
                "g * (1 + mu)": "That is where it stands after two steps. It goes on rising.",
                "g": "So it would be without momentum.",
            },
            because="It rests where a step adds as much as fades: {g} = (1 − {mu}) × {right}.",
        ),
        partial(
            Question,
            "Which images may decide which epoch is reported?",
            right="held-out ones",
            wrong={
                "those it learned from": "It has seen these very images: they flatter.",
                "the test images": "With enough tries some epoch gets lucky, and the test would reward it "
                "for that.",
            },
            because="Neither has the network learned from them, nor is the final number taken from them.",
        ),
    ],
    "evaluation": [
        partial(
            Question,
            "A network reads {percent} % of {n} images. What is the standard error of that share?",
            given={"percent": (80, 95, 5), "n": (100, 900, 200), "p": "percent / 100"},
            right="sqrt(p * (1 - p) / n)",
            wrong={
                "p * (1 - p) / n": "That is its square. Take the root.",
                "sqrt(p * (1 - p))": "That is for a single image. Divide by the images, below the root.",
                "sqrt(p / n)": "One factor is missing below the root: 1 − *p*.",
            },
            relative=0.02,
            because="√({p} × {1 - p} / {n}) = {right}.",
        ),
        partial(
            Question,
            "A test has {times} times as many images as before. By what is the width of its interval "
            "divided?",
            given={"root": (2, 5, 1), "times": "root * root"},
            right="root",
            wrong={
                "times": "The width falls with the *root* of the number of images.",
                "1": "More images do make it narrower.",
                "times / 2": "Not half of it: the *root*.",
            },
            because="The width falls with √n, and √{times} = {right}.",
        ),
        partial(
            Question,
            "A network is calibrated. Of {n} images about which it is {percent} % confident, how many will "
            "it misread?",
            given={"n": (100, 900, 100), "percent": (60, 90, 10)},
            right="n * (1 - percent / 100)",
            wrong={
                "n * percent / 100": "So many it will *read*.",
                "100 - percent": "That is in percent.",
            },
            relative=0.02,
            because="About {100 - percent} % of {n}: {right}.",
        ),
        partial(
            Question,
            "The intervals of two accuracies overlap over most of their length. What does the test say?",
            right="it cannot tell which network is better",
            wrong={
                "both networks are equally good": "No difference was found. That does not show that there is "
                "none.",
                "the one with more digits right is better": "Luck alone makes so small a difference often "
                "enough.",
            },
            because="A larger test may tell them apart. This one cannot.",
        ),
    ],
    "deep_networks": [
        partial(
            Question,
            "Each of {n} blocks multiplies a slope by {f}. What is left of a length of 1?",
            given={"n": (2, 4, 1), "f": (0.2, 0.6, 0.1)},
            right="f ** n",
            wrong={
                "n * f": "Each block multiplies what the one before has left.",
                "f / n": "Each block multiplies what the one before has left: {n} factors.",
                "1 - n * (1 - f)": "Each takes its share of what is *left*, not of the whole.",
            },
            because="{n} factors of {f}: {right}.",
        ),
        partial(
            Question,
            "A kernel is {k} × {k}, and {c} channels enter. What is the fan-in?",
            given={"k": (3, 7, 2), "c": (4, 12, 4)},
            right="k * k * c",
            wrong={
                "k * k": "A value is a sum over the channels, too.",
                "k * c": "The kernel is as wide as it is tall.",
                "k * k + c": "Each channel has {k} × {k} weights of its own: multiply.",
            },
            because="{k} × {k} × {c} = {right} terms in each sum.",
        ),
        partial(
            Question,
            "The fan-in is {fan}. What is the standard deviation of He's weights?",
            given={"root": (5, 10, 1), "fan": "2 * root * root"},
            right="sqrt(2 / fan)",
            wrong={
                "2 / fan": "That is its square. Take the root.",
                "1 / sqrt(fan)": "ReLU shuts half of its gates: twice the square of that.",
                "sqrt(fan / 2)": "The other way round: the more terms a sum has, the smaller each must be.",
            },
            because="√(2/{fan}) = {right}.",
        ),
        partial(
            Question,
            "Batch norm follows a convolution. All weights of that are doubled. What does batch norm put "
            "out?",
            right="the same as before",
            wrong={
                "twice as much": "The standard deviation has doubled, too, and batch norm divides by it.",
                "half as much": "It divides what has doubled by what has doubled.",
            },
            because="It divides by the standard deviation, which has doubled as well.",
        ),
        partial(
            Question,
            "All weights of a hidden layer start at one value, and those behind it as well. What becomes of "
            "its neurons?",
            right="they stay alike",
            wrong={
                "the inputs part them": "Each of them gets *all* inputs, and multiplies them by the same "
                "weights.",
                "the targets part them": "The targets part the outputs. Each hidden neuron gets the same "
                "slope back.",
            },
            because="They hand on the same value and get the same slope back, so they take the same step.",
        ),
    ],
    "mistakes": [
        partial(
            Question,
            "A batch has {n} images. A way back takes the sum of their costs for the mean. By what is the "
            "gradient "
            "multiplied?",
            given={"n": (16, 64, 16)},
            right="n",
            wrong={
                "1 / n": "The sum is larger than the mean.",
                "1": "The direction stays. The length does not.",
                "n * n": "Once is enough: the sum is {n} times the mean.",
            },
            because="The sum is {n} times the mean: it is like another learning rate.",
        ),
        partial(
            Question,
            "All four pixels of a pool's window are equal, and each gets the whole slope of {s}. How much "
            "too much is handed "
            "on in all?",
            given={"s": (0.2, 0.9, 0.1)},
            right="3 * s",
            wrong={
                "4 * s": "That is all that is handed on. How much of it should have been?",
                "s": "So much *should* be handed on in all.",
                "0": "Four pixels get it, and there is only one slope.",
            },
            because="4 × {s} instead of {s}.",
        ),
        partial(
            Question,
            "The error has fallen in every epoch. What does that say about the gradient?",
            right="little: with most mistakes it falls, too",
            wrong={
                "it is right": "Eight networks learned in that chapter, and seven by a wrong gradient.",
                "it is right in the last layers": "Which layers are wrong cannot be read from one number.",
            },
            because="Learning wants to succeed, so it is a poor referee.",
        ),
        partial(
            Question,
            "The way back through the third of five blocks is wrong. Which layers get a wrong gradient?",
            right="those before it",
            wrong={
                "those behind it": "On the way *back* these come first: their gradients are there already.",
                "that block alone": "What it hands on is wrong, and all that is computed from it.",
                "all": "The way back begins at the end: what lies behind the block comes first.",
            },
            because="The slope is handed on towards the first layer, and the mistake with it.",
        ),
    ],
    "s6": [
        partial(
            Question,
            "Put one step of training in order.",
            order=[
                "`output = model(images)`", "`loss = nll_loss(output, labels)`", "`loss.backward()`",
                "`optimizer.step()`",
            ],
            wrong={
                ("`optimizer.step()`", "`loss.backward()`"): "A step needs the slopes first.",
                ("`loss.backward()`", "`loss = nll_loss(output, labels)`"): "The way back begins at it.",
            },
            because="Forward, error, backward, update.",
        ),
        partial(
            Question,
            "The learning rate starts at {rate} and is multiplied by {gamma} every {size} epochs. What is it "
            "in epoch {epoch}?",
            given={
                "rate": (0.02, 0.08, 0.02), "gamma": (0.1, 0.5, 0.4), "size": (5, 15, 5), "cuts": (2, 3, 1),
                "epoch": "size * cuts + 2",
            },
            right="rate * gamma ** cuts",
            wrong={
                "rate * gamma": "That is after the first cut. Count the cuts.",
                "rate * gamma * cuts": "Each cut multiplies what the one before has left.",
                "rate": "By then it has been cut.",
            },
            because="After {cuts} cuts: {rate} × {gamma ** cuts} = {right}.",
        ),
        partial(
            Question,
            "Two programs share no code. From one seed they compute the same, in the same order. How far "
            "apart are their "
            "weights after a thousand steps?",
            right="not at all",
            wrong={
                "by rounding, which adds up": "The same operations in the same order round alike.",
                "by as much as two seeds": "Chance is seeded: both draw the same numbers.",
            },
            because="The same operations in the same order round alike.",
        ),
        partial(
            Question,
            "You look at the test set after every epoch, and report the last one, as you had settled before. "
            "Does the "
            "looking flatter?",
            choices=["yes", "no"],
            right="no",
            wrong={
                "yes": "Looking changes no weight. It flatters only if what you see decides what you report."
            },
            because="Looking changes no weight, and what you saw decided nothing.",
        ),
    ],
}  # fmt: skip
