"""The chapters as readers meet them: code that can be followed, parameters checked where they enter."""

import ast
import re
import warnings
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import papermill
import pytest
from IPython.display import Markdown
from notebooks import DRAW_THEMSELVES, UNSEEN, code, executed, load, tags, undefined

from bookbuild import pages
from s6lib import plots
from s6lib.cnn import NETWORKS
from s6lib.mnist import DATASETS
from s6lib.recipe import PRECISIONS, RECIPES
from s6lib.sweep import plan

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.stem != "index"]
ids = [path.stem for path in CHAPTERS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_code_on_a_page_uses_only_names_that_code_on_the_page_has_defined(path):
    assert undefined(code(load(path), UNSEEN)) == []


def test_the_page_of_a_run_defines_what_it_uses_too(tmp_path):
    """Its parameters too, of which a run replaces one: the page is all that is seen and downloaded."""
    papermill.execute_notebook(
        ROOT / "book" / "learning_rate.ipynb",
        tmp_path / "run.ipynb",
        {"learning_rate": 0.1},
        prepare_only=True,
    )
    page = pages.run_page(load(tmp_path / "run.ipynb"), "learning_rate")
    assert undefined(code(page, UNSEEN)) == [] and undefined(code(page)) == []
    (cell,) = [cell for cell in page["cells"] if "injected-parameters" in tags(cell)]
    values = {}
    exec("".join(cell["source"]), values)
    assert values["learning_rate"] == 0.1 and values["steps"] == 200


def test_undefined_names_are_found():
    """The referee itself: order counts, and what is bound in a function or a comprehension stays there."""
    assert undefined(["a = 1", "b = a + c", "c = 2"]) == ["'c' in: b = a + c"]
    assert undefined(["[x for x in range(3)]", "x"]) == ["'x' in: x"]
    assert undefined(["def f(y):\n    return y + g()", "def g():\n    return 1", "f(1)"]) == []
    assert undefined(["for k in range(3):\n    pass", "k, display(k)"]) == []


# Parameters -------------------------------------------------------------------------------------

#: What papermill and Colab let a reader write, of which nothing may pass for a number.
NO_NUMBER = ["abc", "1e-3", "false", "", None, [], [1, 2], {}, 1j, float("nan"), float("inf"), -float("inf")]
#: For each parameter what lies just outside of its range, or would cost hours or all of the memory.
REFUSED = {
    **{f"w{k}": [-10.01, 10.01, 10**12] for k in range(1, 9)},
    **{f"i{k}": [-10.01, 10.01, 10**12] for k in (1, 2)},
    **{f"t{k}": [-0.01, 1.01] for k in (1, 2)},
    "learning_rate": [0, -0.5, 10**12],
    "momentum": [-0.1, 1, 1.5],
    "gamma": [0, -1],
    "steps": [0, -1, 10**9, 10**12, 1.5],
    "step_size": [0, -1, 1.5],
    "epochs": [-1, 10**9, 1.5],
    "batch_size": [0, -1, 1.5],
    "train_size": [0, -1, 1.5],
    "bins": [0, 1, -1, 10**9, 1.5],
    "digit": [-1, 10**9, 1.5],
    "depth": [3, 21, -1, 10**9, 1.5],
    "seed": [-1, 2**64, 1.5],
    "confidence": [0, 1, 95, -0.5],
    "goal": [0, 1, 99.4],
    "temperature": [0, 0.4, 21, -1],
    "validate": ["false", "true", 0, 1, None, []],
    "dataset": ["mnsit", "", None, 1, ["mnist"]],
    "network": ["autor", "", None, 1, []],
    "recipe": ["autor", "", None, []],
    "precision": ["float16", "float64", "", None, 16, []],
    "channels": [[], [0, 8], [8.0], ["8"], [8, True], [513], [8] * 11, [[8]], {8, 16}, 8, "816", None],
}
#: The ends of its range, at which each chapter must still say what is true.
ACCEPTED = {
    **{f"w{k}": [-10, 0, 10, 0.5] for k in range(1, 9)},
    **{f"i{k}": [-10, 0, 10, 0.5] for k in (1, 2)},
    **{f"t{k}": [0, 1] for k in (1, 2)},
    "learning_rate": [0.1, 1, 2.5],
    "momentum": [0, 0.99],
    "gamma": [0.5, 1],
    "steps": [1, 67, 500],
    "step_size": [1, 15],
    "epochs": [1, 2],
    "batch_size": [1, 128],
    "train_size": [1, 500],
    "bins": [2, 100],
    "digit": [0, 9],
    "depth": [4, 20],
    "seed": [0, 1, 2**31],
    "confidence": [0.5, 0.999],
    "goal": [0.9, 0.993],
    "temperature": [0.5, 20],
    "validate": [True, False],
    "dataset": ["bundled"],
    "network": ["author", "swift"],
    "recipe": ["author"],
    "precision": ["own", "float32", "bfloat16"],
    "channels": [[1], [8, 16], [512], [1] * 10],
}
#: What takes no number.
TEXTS = {"validate", "dataset", "network", "recipe", "precision", "channels"}


def parameter_cells(path):
    """The imports above the parameters, the parameters, and the code cell after them, which checks them."""
    cells = [cell for cell in load(path)["cells"] if cell["cell_type"] == "code"]
    (place,) = [k for k, cell in enumerate(cells) if "parameters" in tags(cell)]
    above = [
        node
        for text in code({"cells": cells[1:place]})
        for node in ast.parse(text).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    return ast.Module(above, []), *("".join(cells[place + k]["source"]) for k in (0, 1))


def names(parameters):
    return [node.targets[0].id for node in ast.parse(parameters).body]


def entered(path, **changed):
    """What the chapter makes of its parameters, some of them changed, once it has checked them."""
    imports, parameters, check = parameter_cells(path)
    namespace = {}
    exec(compile(imports, path.name, "exec"), namespace)
    exec(parameters, namespace)
    quick = {"dataset": "bundled"} if "dataset" in namespace else {}
    exec(check, {**namespace, **quick, **changed})


@pytest.mark.parametrize("path", CHAPTERS, ids=ids)
def test_every_parameter_is_checked_where_it_enters(path):
    """Papermill puts its values after the parameters, so the next cell checks them, by their names: by
    `checks` or `toy.setting`, or in a chapter that runs without s6lib by a `check` of its own, held by the
    test below."""
    _, parameters, check = parameter_cells(path)
    own = path.stem in DRAW_THEMSELVES
    calls = [node for node in ast.walk(ast.parse(check)) if isinstance(node, ast.Call)]
    checked = {
        (node.args[0].value, node.args[1].id)
        for node in calls
        if (ast.unparse(node.func) == "check" if own else ast.unparse(node.func).startswith("checks."))
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[1], ast.Name)
    } | {
        (given.arg, given.value.id)
        for node in calls
        if ast.unparse(node.func) == "toy.setting"
        for given in node.keywords
        if isinstance(given.value, ast.Name)
    }
    assert {(name, name) for name in names(parameters)} - checked == set()


EACH = [(path, name) for path in CHAPTERS for name in names(parameter_cells(path)[1])]


def test_every_parameter_has_a_range():
    for path, name in EACH:
        for table, called in ((REFUSED, "REFUSED"), (ACCEPTED, "ACCEPTED")):
            assert name in table, f"{path.stem}: give {called}, above, values for the parameter {name}"


@pytest.mark.parametrize("path, name", EACH, ids=lambda value: getattr(value, "stem", value))
def test_a_parameter_out_of_range_is_refused_by_its_name(path, name):
    for value in REFUSED[name] + [each for each in NO_NUMBER if name not in TEXTS]:
        with pytest.raises((TypeError, ValueError), match=rf"^{name}: got .*; takes "):
            entered(path, **{name: value})
            raise AssertionError(f"{path.stem}: {name} = {value!r} passed")
    for value in ACCEPTED[name]:
        entered(path, **{name: value})


#: A parameter with its form in Colab: a kind, a slider from one number to another, or a list of choices.
FORM = re.compile(
    r'(\w+) = (.+?)  # @param (?:{type: ?"(\w+)"(?:, min: (\S+), max: (\S+), step: 1)?}|(\[.+\]))'
)
#: The kinds of literals that a form keeps as they are.
KINDS = {"integer": int, "slider": int, "number": float, "boolean": bool, "raw": list}
CHOICES = {"dataset": DATASETS, "network": NETWORKS, "recipe": RECIPES, "precision": ("own", *PRECISIONS)}


@pytest.mark.parametrize("path", CHAPTERS, ids=ids)
def test_a_parameter_is_a_form_in_colab(path):
    """It takes what the chapter takes, a slider to its ends, and all the choices that there are."""
    title, *lines = parameter_cells(path)[1].splitlines()
    assert title.startswith("# @title "), f"{path.stem}: its parameters begin with {title!r}, not # @title"
    formed = []
    for line in lines:
        if line.startswith("# @markdown "):
            continue
        form = FORM.fullmatch(line)
        assert form, f'{path.stem}: {line!r} is no form; try: epochs = 4  # @param {{type: "integer"}}'
        name, value, kind, low, high, choices = form.groups()
        formed.append(name)
        if choices:
            assert ast.literal_eval(choices) == list(CHOICES[name])
        else:
            assert type(ast.literal_eval(value)) is KINDS[kind]
        if kind == "slider":
            for end, beyond in ((int(low), int(low) - 1), (int(high), int(high) + 1)):
                entered(path, **{name: end})
                with pytest.raises(ValueError, match=f"^{name}: got"):
                    entered(path, **{name: beyond})
    assert formed == names(parameter_cells(path)[1]) == [*plan.load(path).parameters]


def test_own_channels_are_those_of_the_authors_network():
    """Another network brings its own; to set them aside in silence would record what was not trained."""
    path = ROOT / "book" / "training.ipynb"
    entered(path, channels=[8, 16])
    with pytest.raises(
        ValueError, match=r"^channels: got \[8, 16\]; takes .* where the network 'swift' brings"
    ):
        entered(path, network="swift", channels=[8, 16])


#: Settings at the ends of their ranges, and words that the page must then say, by school arithmetic.
CORNERS = [
    ("forward_pass", {"i1": 0, "i2": 0}, "exactly in the middle"),
    ("forward_pass", {"i1": 0, "i2": 0.1}, "just above the middle"),
    ("forward_pass", {"i1": -1, "i2": 0}, "just below the middle"),
    ("forward_pass", {"i1": 1, "i2": -0.75}, 'The sum <span class="forward">0<'),
    (
        "forward_pass",
        {"w1": 8.1, "i1": 9.9, "w2": -8.91, "i2": 9},
        "This sum is 0, so the neuron sits\nexactly",
    ),
    ("forward_pass", {"i1": 1, "i2": 1}, 'The sum <span class="forward">0.35<'),
    ("forward_pass", {"i1": -1, "i2": -1}, 'The sum <span class="forward">−0.35<'),
    ("forward_pass", {"w1": -10, "i1": 10}, "far below 0 that the neuron sits near the lower end, 0"),
    ("forward_pass", {"w1": 5, "i1": 1}, r"\$h_1\$ lies where the curve is nearly flat"),
    ("forward_pass", {"w5": 0, "w6": 0, "w7": 0, "w8": 0}, "0 \\+ 0 =\xa00"),  # both hit
    (
        "forward_pass",
        {"t1": 0.01, "t2": 0.99},
        "upper output should be .*>0.01<.* and the lower one .*>0.99<",
    ),
    ("backpropagation", {"i1": 0, "i2": 0}, r"\*\*no\*\* derivative at all.* both inputs are 0"),
    ("backpropagation", {"w5": 0, "w6": 0, "w7": 0, "w8": 0, "t1": 0.1}, r"\*\*no\*\* .* adds up to 0"),
    ("backpropagation", {"w5": 0, "w6": 0, "w7": 0, "w8": 0}, "all eight derivatives are 0"),
    ("backpropagation", {"i1": 0, "i2": 0.1}, r"\(\$w_1\$ and \$w_3\$ have none at all"),
    ("backpropagation", {"i1": -0.1, "i2": 0}, r"an input\nof .*>−0.10<.* or .*>0.00<"),
    ("backpropagation", {"i1": 10, "i2": -10}, "hidden weights have derivatives about .* times"),
    ("backpropagation", {"i1": 1, "i2": -1, "t1": 0, "t2": 1}, r"goes \*\*up\*\*"),
    ("backpropagation", {"t1": 1, "t2": 1}, r"goes \*\*down\*\*"),
    ("backpropagation", {"t1": 0, "t2": 0}, r"goes \*\*up\*\*"),
    ("backpropagation", {"t1": 0.6065}, "the nudge is too long for a slope"),
    ("backpropagation", {"w1": -10, "i1": 10}, "as far as the machine can tell"),
    ("backpropagation", {"w5": 9, "w6": 9, "w7": 9, "w8": 9}, "Autograd has lost some"),
    (
        "backpropagation",
        dict(zip([*(f"w{k}" for k in range(1, 9)), "i1", "i2"], [7, 2, -4, 2, 3, -9, -9, 8, 0, -6])),
        "no referee agrees",
    ),
    ("weight_update", {"learning_rate": 0.01, "steps": 1}, "After 1 step the"),
    ("weight_update", {"learning_rate": 2, "steps": 200}, "solved its task with its last layer"),
    ("weight_update", {"learning_rate": 50}, "of that: the slope flattens"),
    ("weight_update", {"learning_rate": 100, "steps": 2}, r"it \*\*rose\*\*"),
    ("weight_update", {"learning_rate": 1000, "steps": 67}, "the first layer was moved as well"),
    ("weight_update", {"learning_rate": 0.1, "steps": 10_000}, "solved its task with its last layer"),
    ("learning_rate", {"learning_rate": 1e-9, "steps": 1}, "within 1 step, and after 1 step it"),
    ("learning_rate", {"learning_rate": 0.1, "steps": 500}, "within 500 steps"),
    ("learning_rate", {"learning_rate": 2, "steps": 500}, "the outputs never overshoot"),
    ("learning_rate", {"learning_rate": 31, "steps": 2}, r"\*\*1 step\*\*"),
    ("learning_rate", {"learning_rate": 50}, "while the outputs swing"),
    (
        "learning_rate",
        {"learning_rate": 1000, "steps": 500},
        "error climbs above its start. It does not come down",
    ),
    ("one_seed", {"confidence": 0.5, "seed": 0}, "For 10 runs and 50% it"),
    ("one_seed", {"confidence": 0.999}, "For 10 runs and 99.9% it"),
    ("backwards", {"batch_size": 1, "dataset": "bundled"}, "There is no other image in this batch, so the"),
    (
        "backwards",
        {"batch_size": 2, "digit": 1, "seed": 0, "dataset": "bundled"},
        "The other image of the batch adds its own",
    ),
    ("deep_networks", {"depth": 4, "steps": 1, "dataset": "bundled"}, "are 4 convolutions deep"),
    ("what_each_part_is_worth", {"confidence": 0.5, "seed": 0}, "in at most 50% of all cases"),
    ("what_each_part_is_worth", {"confidence": 0.999}, "in at most 0.1% of all cases"),
]
#: What no sentence of a page should come to.
SLIPS = r"(?<![\w.,])(nan|inf|1 (steps|images|epochs|runs|times)|all 1|0 times)\b"


def sentences(path, parameters):
    """The computed sentences of a chapter that ran with these parameters, in this process."""
    said = []
    for _, shown in executed(path, parameters):
        if isinstance(shown, Markdown):
            said.append(shown.data)
        plt.close("all")
    return said


@pytest.mark.parametrize("chapter, parameters, words", CORNERS, ids=lambda value: str(value)[:40])
def test_a_page_says_what_is_true_at_the_ends_of_its_ranges(chapter, parameters, words, monkeypatch):
    monkeypatch.setattr(plots, "use", lambda: None)
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.use("agg")
        warnings.simplefilter("error", RuntimeWarning)
        said = "\n".join(sentences(ROOT / "book" / f"{chapter}.ipynb", parameters))
    assert re.search(words, said), said
    assert not re.search(SLIPS, said), re.search(f".*{SLIPS}.*", said)[0]


def test_two_chapters_find_the_same_number():
    """*Backwards through the CNN* ends with the gradient that *Training* gets from PyTorch."""
    found = {}
    for stem, cell in (("backwards", "backwards-56"), ("training", "training-13")):
        path = ROOT / "executed" / "book" / f"{stem}.ipynb"
        if not path.exists():
            pytest.skip("the book is not built: make book")
        (output,) = [each["outputs"][0] for each in load(path)["cells"] if each.get("id") == cell]
        found[stem] = ast.literal_eval("".join(output["data"]["text/plain"]))
    assert found["backwards"][-1] == pytest.approx(found["training"], rel=1e-4)  # both in float32
    assert found["backwards"][0] == pytest.approx(found["training"], rel=1e-2)
