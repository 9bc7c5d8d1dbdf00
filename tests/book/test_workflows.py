"""What can be held of the workflows and the hooks without GitHub: pins, limits, rights, and that what they
name is here."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(path):
    return read(path)["jobs"].items()


def commands(path):
    """Every `run` of a workflow, by its job."""
    return [(name, step["run"]) for name, job in jobs(path) for step in job["steps"] if "run" in step]


@each_workflow
def test_every_action_is_pinned_by_a_commit_and_names_its_version(path):
    """A tag can be moved to other code; a commit cannot."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"\buses:", line)]
    assert len(lines) == sum("uses" in step for _, job in jobs(path) for step in job["steps"])
    for line in lines:
        assert re.search(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line.strip()


def test_one_action_has_one_commit_everywhere():
    used = re.findall(
        r"uses: ([^@\s]+)@(\S+ # \S+)", "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    )
    assert len(set(used)) == len({action for action, _ in used})


@each_workflow
def test_every_job_ends_and_has_no_more_rights_than_it_names(path):
    assert read(path)["permissions"] == {}
    assert "concurrency" in read(path)
    for name, job in jobs(path):
        assert 1 <= job["timeout-minutes"] <= 120, name
        written = {right for right, level in job["permissions"].items() if level == "write"}
        assert written <= {"publish": {"pages", "id-token"}, "tell": {"issues"}}.get(name, set()), name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


@each_workflow
def test_no_failure_is_passed_over(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\|\s*(true|:|exit 0)|continue-on-error|set \+e", text)


def test_the_matrix_is_what_the_project_promises():
    """Each Python of the classifiers, from the oldest that pip lets in, on each of the three systems."""
    matrix = read(ROOT / ".github" / "workflows" / "library.yml")["jobs"]["test"]["strategy"]["matrix"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert matrix["python"] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"
    assert {system.partition("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}


@each_workflow
def test_what_a_command_names_is_here(path):
    """Targets of make, scripts, modules, and folders of tests."""
    for name, command in commands(path):
        for target in re.findall(r"\bmake (\w+)", command):
            assert re.search(rf"^{target}:", MAKEFILE, flags=re.M), f"{name}: make {target}"
        for module in re.findall(r"python -m ((?:bookbuild|s6lib)[\w.]*)", command):
            assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), f"{name}: {module}"
        for file in re.findall(
            r"(?<![\w./-])((?:\.ci|tests|book|studies)/[\w./-]+|requirements\.\w+)", command
        ):
            assert (ROOT / file).exists(), f"{name}: {file}"


def test_the_issue_waits_for_every_job_of_the_week():
    weekly = dict(jobs(ROOT / ".github" / "workflows" / "weekly.yml"))
    assert set(weekly["tell"]["needs"]) == set(weekly) - {"tell"}


# Hooks.


def hook(name):
    return next(each for repo in HOOKS for each in repo["hooks"] if each["id"] == name)


def test_every_hook_is_a_tool_of_the_lock():
    """So there is one version of each, and none is fetched from elsewhere."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert {repo["repo"] for repo in HOOKS} == {"local"}
    for each in (each for repo in HOOKS for each in repo["hooks"]):
        if each["language"] != "pygrep":
            assert each["language"] == "system", each["id"]
            place, tool = shlex.split(each["entry"])[0].rsplit("/", 1)
            assert place == ".venv/bin" and re.search(rf"^{tool}==", lock, flags=re.M), each["id"]


def stripped(*paths):
    """Run the hook's nbstripout on copies of notebooks."""
    entry = shlex.split(hook("nbstripout")["entry"])[1:]
    command = [sys.executable, "-m", "nbstripout", *entry, *paths]
    subprocess.run(command, check=True, cwd=ROOT)


def test_the_hook_for_notebooks_leaves_ours_as_they_are(tmp_path):
    copies = {path: tmp_path / path.name for path in (ROOT / "book").glob("*.ipynb")}
    for path, copy in copies.items():
        copy.write_bytes(path.read_bytes())
    stripped(*copies.values())
    assert copies and all(copy.read_bytes() == path.read_bytes() for path, copy in copies.items())


def test_the_hook_for_notebooks_takes_out_what_an_editor_puts_in(tmp_path):
    """What test_repository.py refuses, and what only tells who edited it with what."""
    import nbformat

    path, copy = ROOT / "book" / "weight_update.ipynb", tmp_path / "weight_update.ipynb"
    node = nbformat.read(path, 4)
    node.metadata.language_info |= {"version": "3.14.0", "file_extension": ".py", "mimetype": "text/x-python"}
    node.metadata |= {"colab": {"provenance": []}, "vscode": {"interpreter": {}}, "widgets": {"state": {}}}
    cell = next(cell for cell in node.cells if cell.cell_type == "code")
    cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="said")], 7
    cell.metadata |= {"vscode": {"languageId": "python"}, "outputId": "1", "collapsed": True}
    nbformat.write(node, copy)
    assert copy.read_bytes() != path.read_bytes()
    stripped(copy)
    assert copy.read_bytes() == path.read_bytes()
