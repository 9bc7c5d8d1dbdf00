"""The rules of CONTRIBUTING.md: for chapters, their sentences and figures, and who may import whom."""

import ast
import graphlib
import inspect
import re

import pytest
from notebooks import (
    DRAW_THEMSELVES,
    ROOT,
    UNSEEN,
    code,
    contents,
    load,
    numbers,
    of_kind,
    source,
    tags,
    typed,
)

from bookbuild import addresses
from s6lib import plots, toy

NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
HOME, *CHAPTERS = [path for path in contents() if path.suffix == ".ipynb"]

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def calls(text):
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]


# A notebook in git ------------------------------------------------------------------------------


@each_notebook
def test_notebooks_carry_no_outputs(path):
    for cell in of_kind(load(path), "code"):
        assert not cell["outputs"], f"{path.name}: cell {cell['id']} has outputs; clear them before a commit"
        assert cell["execution_count"] is None, f"{path.name}: cell {cell['id']} has an execution count"


@each_notebook
def test_notebooks_keep_their_kernel_and_nothing_else(path):
    metadata = load(path)["metadata"]
    assert metadata["kernelspec"]["name"] == "python3", "papermill needs the kernelspec"
    assert set(metadata) <= {"kernelspec", "language_info"}


@each_notebook
def test_the_setup_cell_is_the_same_everywhere(path):
    first = of_kind(load(path), "code")[0]
    assert "".join(first["source"]) == addresses.read().setup(), (
        "the first code cell differs: run make addresses"
    )
    assert "remove-cell" in tags(first), "it is of no use on the page"


@each_notebook
def test_no_chapter_needs_a_file_beside_it(path):
    """In Colab it is alone: what it reads comes with the library, by way of `results`."""
    for cell in of_kind(load(path), "code"):
        assert not re.search(r"[\"'](\.\./)?results\b", "".join(cell["source"])), (
            f"{cell['id']}: take it from results.table"
        )


# The order of the chapters ----------------------------------------------------------------------


def test_the_table_of_contents_names_every_page():
    for path in [*NOTEBOOKS, *(ROOT / "book").glob("*.md")]:
        assert path in contents(), (
            f"no table of contents has book/{path.name}: name it in _toc.yml, or keep it elsewhere"
        )


def test_the_first_page_leads_to_every_chapter():
    text = HOME.read_text(encoding="utf-8")
    for path in CHAPTERS:
        assert re.search(rf"{{doc}}`(?:[^`<]+<{path.stem}>|{path.stem})`", text), (
            f"{HOME.name} does not lead to {path.stem}"
        )


FOLLOWING = list(zip(CHAPTERS, [*CHAPTERS[1:], None]))


@pytest.mark.parametrize("path, following", FOLLOWING, ids=[path.stem for path in CHAPTERS])
def test_a_chapter_ends_by_naming_the_next(path, following):
    named = re.findall(r"\bNext:\s+\{doc\}`(\w+)`", source(of_kind(load(path), "markdown")[-1]))
    if following is None:
        assert not named, f"{path.name}: it is the last in _toc.yml, so nothing comes Next; take out {named}"
    else:
        assert named == [following.stem], (
            f"{path.name}: in _toc.yml {following.stem} follows, its last words name {named}: let them say "
            f"Next: {{doc}}`{following.stem}` and what is asked there"
        )


# A chapter --------------------------------------------------------------------------------------


@each_chapter
def test_a_chapter_has_one_cell_of_parameters(path):
    found = [cell["id"] for cell in load(path)["cells"] if "parameters" in tags(cell)]
    assert len(found) == 1, (
        f"{path.name}: {found} have the tag parameters; give it to one cell, for papermill"
    )


def asserts(text):
    """Whether it holds an assert, or a call of NumPy's or PyTorch's assert_..."""
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text))) or any(
        getattr(call.func, "attr", "").startswith("assert_") for call in calls(text)
    )


@each_chapter
def test_a_chapter_asserts_its_claim_on_the_page(path):
    assert any(map(asserts, code(load(path), UNSEEN | {"hide-input"}))), (
        f"{path.name}: no cell that stands on the page has an assert; write the claim of the chapter as one"
    )


@each_chapter
def test_a_prediction_takes_an_answer(path):
    asked = [cell["id"] for cell in of_kind(load(path), "markdown") if "**Predict" in source(cell)]
    assert not asked, f"{path.name}: {asked} ask and take no answer; make each a Question"


@each_chapter
def test_a_chapter_ends_with_questions_of_earlier_ones(path):
    cells = load(path)["cells"]
    again = [cell for cell in cells if source(cell).strip() == f'Again("{path.stem}")']
    assert len(again) == 1, f'{path.name}: takes one cell Again("{path.stem}")'
    after = [source(cell).splitlines()[0] for cell in cells[cells.index(again[0]) + 1 :] if source(cell)]
    assert after[0] == "## What you have now", f"{path.name}: after Again comes {after[0]}"


@each_notebook
def test_nothing_is_printed(path):
    for cell in of_kind(load(path), "code"):
        printed = [
            ast.unparse(call) for call in calls(source(cell)) if getattr(call.func, "id", "") == "print"
        ]
        assert not printed, (
            f"{path.name}: cell {cell['id']} has {printed[0]}; make it the cell's last expression"
        )


#: As many letters as a line of code or of output has on a page before it must go on below itself.
WIDTH = 72


def long_lines(text):
    """Those that are longer, without the choices of a form in Colab, which must stand in one line."""
    return [line for line in text.splitlines() if len(re.sub(r"  # @param \[.*\]$", "", line)) > WIDTH]


@each_notebook
def test_a_line_of_code_fits_its_page(path):
    for cell in of_kind(load(path), "code"):
        found = [] if tags(cell) & UNSEEN else long_lines("".join(cell["source"]))
        assert not found, (
            f"{path.name}: cell {cell['id']} has {found[0]!r}: break it, {WIDTH} letters at most"
        )


def texts(output):
    """What an output shows as text, where it has nothing richer to show."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    return "".join(data.get("text/plain", "")) if set(data) == {"text/plain"} else ""


@each_notebook
def test_a_line_of_output_fits_its_page(path):
    executed = ROOT / "executed" / "book" / path.name
    if not executed.exists():
        pytest.skip("the book is not built: make book")
    for cell in of_kind(load(executed), "code"):
        outputs = [] if tags(cell) & {"remove-cell", "remove-output"} else cell["outputs"]
        found = [line for output in outputs for line in long_lines(texts(output))]
        assert not found, f"{path.name}: cell {cell['id']} puts out {found[0]!r}: {WIDTH} letters at most"


# Numbers in sentences ---------------------------------------------------------------------------

#: What the exercise gives that Part 1 is built on.
GIVEN = {
    *toy.WEIGHTS.ravel().tolist(), *toy.INPUTS.tolist(), *toy.TARGETS.tolist(), *toy.LEARNING_RATES.tolist()
}  # fmt: skip
#: Numbers that a sentence gives and no code needs: (chapter, number) -> why it may be typed.
SAID = {("forward_pass", "2.718"): "e", ("what_each_part_is_worth", "1.5"): "an example of an interval"}


@pytest.mark.parametrize("path", [HOME, *CHAPTERS], ids=lambda path: path.stem)
def test_no_number_in_a_sentence_is_typed_that_code_could_have_computed(path):
    for number, cell, line in typed(load(path), GIVEN):
        assert (path.stem, number) in SAID, (
            f"{path.name}: cell {cell} says {number!r} in {line!r}: compute it in a cell with the tag "
            "remove-input that returns Markdown(f'...'), or assert it in a cell; if no code can know it, "
            f"give the reason in SAID in {__file__}"
        )


def test_every_number_that_may_be_typed_is():
    found = {(path.stem, number) for path in CHAPTERS for number, _, _ in typed(load(path), GIVEN)}
    assert set(SAID) <= found, f"take {set(SAID) - found} out of SAID: no sentence says that any more"


def notebook(*texts):
    """A notebook of these cells after a setup cell: code, or Markdown if it begins with a capital."""
    cells = [
        ("code", "setup = 77"),
        *(("code" if re.match("[a-z]|Markdown", text) else "markdown", text) for text in texts),
    ]
    return {"cells": [{"cell_type": kind, "source": text, "metadata": {}} for kind, text in cells]}


@pytest.mark.parametrize(
    "texts",
    [
        ["It reads 99.4 % of them."],
        ["It has 12,426 parameters."],
        ["It took 391 steps, and 77 in all.", "steps = 77"],
        ["It is $p = 0.2975$."],
        ["It is $10^{-12}$.", "tiny = 1e-13"],
        ["x = 5", 'Markdown(f"It is {x} and not 0.25.")'],
        ["x = 5", 'text = "and not 0.25"\nMarkdown(f"It is {x} {text}.")'],
        ["## Try it\n\n1. Is it 0.3?\n\n<details>\n\n1. No, it is 0.4.\n"],
    ],
)
def test_a_typed_number_is_found(texts):
    """The referee itself."""
    assert len(typed(notebook(*texts))) == 1


@pytest.mark.parametrize(
    "texts",
    [
        ["It is 0.5, one of 2 numbers of Part 1.", "assert abs(x - 0.5) < 1e-9"],
        ["It reads 99-odd percent.", "assert x > 0.99"],
        ["It reads 99.4 % of `12 345` images, [here](https://a.b/1234).", "goal = 0.994"],
        ["```\nrun -p epochs 19\n```"],
        ["x = 5", 'Markdown(f"It is {x:.4f} {x * 100}.")'],
        ["> **Predict.** Is it 0.3?", "No, it is not 0.3."],
        ["## Try it\n\n12. Is it 0.3?\n\n<details>\n\n12. No, not 0.3.\n"],
        ["It is $10^{-12}$.", "tiny = 1e-12"],
    ],
)
def test_a_number_that_code_or_a_question_gives_is_let_be(texts):
    assert typed(notebook(*texts)) == []


def test_numbers_are_read_as_people_write_them():
    assert numbers("1 of 12,426, 99.4 % and 5\\%; 0.5.") == [
        ("12,426", {12426.0}), ("99.4 %", {99.4, 0.994}), ("5\\%", {5.0, 0.05}), ("0.5", {0.5})
    ]  # fmt: skip


# A figure ---------------------------------------------------------------------------------------

#: What draws a figure. The others hand out a look.
DRAWING = {name for name, each in vars(plots).items() if inspect.isfunction(each)} - {"use", "rate_colors"}


def drawn(cell):
    """The functions of `plots` that the cell calls to draw."""
    return [
        call.func.attr
        for call in calls(source(cell))
        if isinstance(call.func, ast.Attribute)
        and getattr(call.func.value, "id", "") == "plots"
        and call.func.attr in DRAWING
    ]


def label(cell):
    return cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")


@each_notebook
def test_a_label_is_its_function(path):
    """One search finds any figure's code. The home page shows figures of the book under names of its own."""
    prefix = "fig-index-" if path == HOME else "fig-"
    for cell in of_kind(load(path), "code"):
        functions = drawn(cell)
        if path.stem in DRAW_THEMSELVES and "plt." in source(cell) and "mystnb" in cell["metadata"]:
            assert label(cell).startswith(f"fig-{path.stem}-"), "the search for it leads to this very cell"
            continue
        if functions or "mystnb" in cell["metadata"]:
            wanted = [prefix + name.replace("_", "-") for name in functions]
            assert [label(cell)] == wanted, (
                f"{path.name}: cell {cell['id']} has the label {label(cell)} and calls {functions} of plots: "
                "a figure is one call in a cell of its own, with the label "
                f"{' or '.join(wanted) or 'of its function'}"
            )


@each_notebook
def test_every_figure_has_a_caption_and_alt_text(path):
    for cell in filter(label, of_kind(load(path), "code")):
        about = cell["metadata"]["mystnb"]
        assert len(about["figure"].get("caption", "")) > 20, f"{path.name}: {cell['id']} has no caption"
        assert len(about.get("image", {}).get("alt", "")) > 20, f"{path.name}: {cell['id']} has no alt text"


@each_notebook
def test_figures_come_from_plots_alone(path):
    """A picture that a page includes, or draws by itself, has no function that a search would find."""
    for cell in load(path)["cells"]:
        text = source(cell)
        included = cell["cell_type"] == "markdown" and re.search(r"!\[|<img|\{(figure|image)\}", text)
        own = (
            cell["cell_type"] == "code"
            and path.stem not in DRAW_THEMSELVES
            and re.search(r"\b(plt|matplotlib)\b", text)
        )
        assert not included and not own, (
            f"{path.name}: {cell['id']}: write a function in s6lib/plots and call it"
        )


def test_every_function_that_draws_is_a_figure_of_the_book():
    used = {
        name for path in [HOME, *CHAPTERS] for cell in of_kind(load(path), "code") for name in drawn(cell)
    }
    assert used == DRAWING, (
        f"no page shows {sorted(DRAWING - used)}: call it in one, or take it out of s6lib.plots"
    )


# Who may import whom ----------------------------------------------------------------------------

#: The rooms of the library from the ground up: each may import those before it,
ROOMS = [
    "words", "checks", "files", "manifest", "toy", "arithmetic", "slips", "worksheet", "referees", "layers",
    "preparation", "drawings", "mnist", "cnn", "augmentation", "muon", "recipe", "checkpoint", "fit",
    "results", "report", "plots", "sweep", "widgets",
]  # fmt: skip
#: and these no others than these: they stand on the ground.
NEED = {
    "words": set(),
    "checks": set(),
    "manifest": {"files"},
    "toy": {"checks"},
    "arithmetic": {"checks", "toy"},
    "slips": {"checks", "toy", "arithmetic"},
    "worksheet": {"checks", "files", "toy", "arithmetic", "slips"},
    "referees": {"checks"},
    "layers": {"checks", "toy"},
    "preparation": {"checks"},
    "drawings": {"checks"},
    "muon": {"checks"},
    "plots": {"checks"},
    "sweep": {"checks", "files", "manifest"},
    "widgets": {"checks", "toy", "arithmetic", "slips", "worksheet", "layers", "mnist", "cnn", "results"},
}
#: Beside the library: who imports what. Nothing imports a benchmark or a test.
HOUSES = {
    "s6lib": {"s6lib"},
    "bookbuild": {"bookbuild", "s6lib"},
    "studies": {"studies", "s6lib"},
    "benchmarks": {"bookbuild", "s6lib"},
    "tests": {"tests", "bookbuild", "studies", "s6lib"},
}
HOUSE_OF = {
    **{path.stem: house for house in ("studies", "tests") for path in (ROOT / house).rglob("*.py")},
    **{house: house for house in HOUSES},
}


def modules(house):
    """name -> path of every module, a package by its own name."""
    found = {}
    for path in (ROOT / house).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


LIBRARY = modules("s6lib")


def imported(text):
    """What this code imports, wherever in it: of `from a import b` the module a.b, or a where b is none."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "an import by dots: write the whole name, which a search finds"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in LIBRARY else node.module


@pytest.mark.parametrize("house", HOUSES)
def test_imports_run_downwards_between_the_houses(house):
    for name, path in modules(house).items():
        for other in imported(path.read_text(encoding="utf-8")):
            target = HOUSE_OF.get(other.split(".")[0], "")
            assert not target or target in HOUSES[house], (
                f"{name} imports {other}: {house} may import {', '.join(sorted(HOUSES[house]))}; "
                "move what both need down into s6lib"
            )


@each_notebook
def test_a_page_imports_the_library_and_no_other_house(path):
    for text in code(load(path)):
        for other in imported(text):
            assert HOUSE_OF.get(other.split(".")[0], "s6lib") == "s6lib", (
                f"{path.name} imports {other}: a reader has s6lib alone"
            )


def test_imports_run_downwards_within_the_library():
    for name, path in LIBRARY.items():
        if name == "s6lib":
            continue
        room = name.split(".")[1]
        assert room in ROOMS, (
            f"{name}: say in ROOMS in {__file__}, and in the table of s6lib, where it stands"
        )
        allowed = NEED.get(room, set(ROOMS[: ROOMS.index(room)])) | {room, "words"}  # any may speak
        for other in imported(path.read_text(encoding="utf-8")):
            target = other.split(".")[1] if other.startswith("s6lib.") else room
            assert target in allowed, (
                f"{name} imports {other}: s6lib.{room} may import {', '.join(sorted(allowed))}"
            )


def test_no_import_runs_in_a_circle():
    """Not even one that works because it stands within a function."""
    graph = {
        name: {
            other
            for other in imported(path.read_text(encoding="utf-8"))
            if other in LIBRARY and other != "s6lib"
        }
        for name, path in LIBRARY.items()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        raise AssertionError(
            f"these import each other in a circle, break it: {' <- '.join(error.args[1])}"
        ) from None


def test_the_library_names_its_rooms():
    import s6lib

    named = re.findall(r"^`s6lib\.(\w+)`", s6lib.__doc__, re.M)
    assert sorted(named) == sorted(ROOMS), "the table of s6lib and ROOMS differ: a room is in both"
