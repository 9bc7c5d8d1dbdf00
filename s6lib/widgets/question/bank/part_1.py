"""Eight weights: questions that come back."""

from functools import partial

from s6lib.widgets.question.asking import NETWORK, Question

SMALL = (0.05, 0.5, 0.05)  # a weight or an input: low, high, step
HALF = (0.5, 0.8, 0.01)  # an activation

BANK = {
    "forward_pass": [
        partial(
            Question,
            "`w1` is {w1}, `i1` is {i1}, `w2` is {w2}, `i2` is {i2}. What is `h1`?",
            given={**NETWORK, "w1": SMALL, "w2": SMALL, "i1": SMALL, "i2": SMALL},
            right="h1",
            wrong={
                "i1 + i2": "You added the inputs without their weights.",
                "(w1 + w2) * (i1 + i2)": "Each input has its own weight: multiply first, then add.",
                "w1 * i2 + w2 * i1": "You gave each input the other one's weight.",
                "a_h1": "That is `a_h1`, after the sigmoid. The question is for the sum before it.",
            },
            because="{w1} × {i1} + {w2} × {i2} = {right}.",
        ),
        partial(
            Question,
            "A sum is 0. What does the sigmoid make of it?",
            right=0.5,
            wrong={
                0: "The sigmoid sends only sums far below 0 near to 0.",
                1: "The sigmoid comes near 1 only for sums far above 0.",
            },
            digits=2,
            because="One half: 0 is the middle of the sums, and one half the middle of what comes out.",
        ),
        partial(
            Question,
            "The target `t1` is {t1} and the output `a_o1` is {a_o1}. What is `E1`?",
            given={"t1": (0.3, 0.5, 0.1), "a_o1": HALF},
            right="(t1 - a_o1)**2 / 2",
            wrong={
                "(t1 - a_o1)**2": "You left out the half.",
                "(a_o1 - t1) / 2": "You left out the square.",
                "a_o1 - t1": "That is the miss. The error is half its square.",
            },
            because="Half the square of the miss: ({t1} − {a_o1})² / 2 = {right}.",
        ),
        partial(
            Question,
            "Which weights does `a_o2` *not* depend on?",
            right=["`w5`", "`w6`"],
            wrong={
                "`w7`": "`w7` leads from the first hidden neuron right into `o2`.",
                "`w8`": "`w8` leads from the second hidden neuron right into `o2`.",
            },
            choices=["`w5`", "`w6`", "`w7`", "`w8`"],
            because="They lead to the other output.",
        ),
    ],
    "backpropagation": [
        partial(
            Question,
            "`a_o2` is {a_o2}, its target {t2}, and `a_h1` is positive. Which sign has `dE_dw7`?",
            given={"a_o2": (0.3, 0.5, 0.05), "t2": (0.6, 0.9, 0.1)},
            right="minus",
            wrong={"plus": "A larger `w7` makes the output larger, and it is still too small."},
            choices=["plus", "minus"],
            because="A larger `w7` lifts the output nearer to its target: the error falls.",
        ),
        partial(
            Question,
            "`dE_do1` is {dE_do1} and `a_h1` is {a_h1}. What is `dE_dw5`?",
            given={"dE_do1": (0.01, 0.09, 0.01), "a_h1": HALF},
            right="dE_do1 * a_h1",
            wrong={
                "dE_do1 * a_h1 * (1 - a_h1)": "The sigmoid of the hidden neuron does not lie on this path.",
                "dE_do1": "`o1` is `w5` × `a_h1` + …, so a nudge of `w5` arrives times `a_h1`.",
                "dE_do1 + a_h1": "Factors along a path are multiplied.",
            },
            because="{dE_do1} × {a_h1} = {right}: the slope at `o1` times what the weight is multiplied by.",
        ),
        partial(
            Question,
            "A sigmoid puts out {a_o1}. What is its slope there?",
            given={"a_o1": (0.6, 0.9, 0.05)},
            right="a_o1 * (1 - a_o1)",
            wrong={
                "1 - a_o1": "That is one factor; the other is the output itself.",
                "a_o1 * a_o1": "The second factor is what is missing to 1.",
                "sigma(a_o1) * sigma(-a_o1)": "You took the sigmoid of the output, which is one already.",
            },
            because="{a_o1} × (1 − {a_o1}) = {right}.",
        ),
        partial(
            Question,
            "`w1` acts on the error along two paths. One contributes {p1}, the other {p2}. What is `dE_dw1`?",
            given={"p1": (0.0001, 0.0005, 0.0001), "p2": (0.0006, 0.0009, 0.0001)},
            right="p1 + p2",
            wrong={
                "p1 * p2": "You multiply *along* a path. Paths are added.",
                "(p1 + p2) / 2": "Paths are added, not averaged.",
                "p2": "That is only the larger path.",
                "p1": "That is only the smaller path.",
            },
            because="Paths add: {p1} + {p2} = {right}.",
        ),
        partial(
            Question,
            "`a_o1` is {a_o1}, its target {t1}, and `a_h1` is positive. Which sign has `dE_dw5`?",
            given={"a_o1": (0.6, 0.9, 0.05), "t1": (0.2, 0.5, 0.1)},
            right="plus",
            wrong={"minus": "A larger `w5` makes the output larger, and it is too large already."},
            choices=["plus", "minus"],
            because="A larger `w5` lifts the output further above its target: the error rises.",
        ),
    ],
    "weight_update": [
        partial(
            Question,
            "`w5` is {w5}, `dE_dw5` is {dE_dw5}, the learning rate {rate}. What is `w5` after one step?",
            given={"w5": (0.1, 0.9, 0.1), "dE_dw5": (0.05, 0.15, 0.01), "rate": (0.5, 2, 0.5)},
            right="w5 - rate * dE_dw5",
            wrong={
                "w5 + rate * dE_dw5": "You went uphill: the step goes *against* the slope.",
                "w5 - dE_dw5": "You left out the learning rate.",
                "rate * dE_dw5": "That is the length of the step. Where does it lead from {w5}?",
            },
            relative=0.002,
            because="{w5} − {rate} × {dE_dw5} = {right}.",
        ),
        partial(
            Question,
            "`dE_dw3` is *negative*. Which way does `w3` go?",
            right="up",
            wrong={"down": "Down the slope is the way the error falls, and here it falls where `w3` rises."},
            choices=["up", "down"],
            because="The error falls as the weight rises, so the step goes up.",
        ),
        partial(
            Question,
            "The slope is {slope}, and a weight moves by {move}. By about how much does that alone change "
            "the error?",
            given={"slope": (0.05, 0.09, 0.01), "move": (-0.2, -0.1, 0.02)},
            right="slope * move",
            wrong={
                "slope": "That is the change for a whole unit. The weight moved by {move}.",
                "-slope * move": "A weight that moves against its slope brings the error *down*.",
                "move": "That is how far the weight moved.",
            },
            because="Slope times distance: {slope} × ({move}) = {right}.",
        ),
        partial(
            Question,
            "Both outputs hit their targets exactly. What does the next step change?",
            right="nothing",
            wrong={
                "only the hidden weights": "Their derivatives contain the misses too, and those are 0.",
                "all weights, by the learning rate": "A step is the rate *times* the slope, and that is 0.",
            },
            because="Every derivative contains a miss as a factor, and both are 0.",
        ),
    ],
    "learning_rate": [
        partial(
            Question,
            "The error is *x*² / 2, so its slope is *x*. Now *x* is {x}, and the learning rate {rate}. "
            "Where does one step end?",
            given={"x": (2, 8, 1), "rate": (0.1, 0.9, 0.2)},
            right="x - rate * x",
            wrong={
                "x + rate * x": "You went uphill.",
                "x - rate": "The step is the rate times the slope, and the slope is {x}.",
                "rate * x": "That is the length of the step.",
            },
            because="{x} − {rate} × {x} = {right}.",
        ),
        partial(
            Question,
            "At a large learning rate a step leads past the lowest point, and a little higher than before. "
            "What do the next steps do?",
            right="they grow, and the error rises",
            wrong={
                "they shrink, and the error falls": "Higher up it is steeper: the next step is longer still.",
                "they stay as long as they are": "The slope has changed, and the step with it.",
            },
            because="Higher up it is steeper: each step leads further than the one before.",
        ),
        partial(
            Question,
            "At a rate of {rate} the first step lowers the error by about {fall}. About how much does it "
            "lower it at half the rate?",
            given={"rate": (0.2, 0.8, 0.2), "fall": (0.002, 0.009, 0.001)},
            right="fall / 2",
            wrong={
                "fall": "The step is half as long.",
                "fall * 2": "A smaller rate takes a shorter step.",
                "fall / 4": "The step is half as long, and the slope along it is the same.",
            },
            relative=0.1,
            because="Half as long a step on the same slope: about {right}.",
        ),
        partial(
            Question,
            "Ten times as small a rate: about how many steps for what {steps} steps did before?",
            given={"steps": (20, 90, 10)},
            right="steps * 10",
            wrong={
                "steps": "Each step is now ten times as short.",
                "steps / 10": "Shorter steps need more of them, not fewer.",
                "steps * 100": "Ten times as short needs ten times as many.",
            },
            relative=0.05,
            because="Each step is a tenth as long, so it takes about {right}.",
        ),
    ],
}  # fmt: skip
