"""What holds for the repository as a whole: its addresses, its wheel, its requirements, no stray files."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from bookbuild import addresses, overview
from bookbuild.paper import NAME
from s6lib import toy

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))


def test_the_addresses_and_the_version_are_those_of_their_source():
    """_config.yml knows the two addresses and s6lib its version; everything else only repeats them."""
    own = addresses.read()
    assert own.book.startswith("https://") and own.book.endswith("/") and not own.repository.endswith("/")
    assert addresses.carried() == own, "run make addresses"
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert (urls["Homepage"], urls["Repository"]) == (own.book, own.repository), "run make addresses"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"<{own.book}>" in readme, "run make addresses"
    assert set(re.findall(r"\((https://colab[^)]+)\)", readme)) == {
        own.colab(path.stem) for path in NOTEBOOKS if path.stem != "index"
    }, "README.md opens every chapter in Colab: its table needs a row"
    home = (ROOT / "book" / "index.ipynb").read_text(encoding="utf-8")
    for ending in ("pdf", "epub"):
        assert all(f"({own.book}{NAME}.{ending})" in text for text in (readme, home)), "run make addresses"
    assert f"## [{own.version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), (
        "the changelog lacks this version"
    )


def test_every_document_that_the_readme_links_to_is_there():
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / link).exists(), link


def test_every_script_that_is_named_is_there():
    """What a page, a document, a docstring or a manifest tells people to run or to read."""
    places = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "Makefile"]
    for room in ("book", "s6lib", "bookbuild", "studies", "benchmarks", ".github"):
        kinds = {".ipynb", ".json", ".py", ".md", ".yml"}
        places += [path for path in (ROOT / room).rglob("*") if path.suffix in kinds]
    for place in places:
        for name in re.findall(
            r"\b(?:bookbuild|studies|benchmarks|tests)/[\w/]+\.(?:py|txt)\b",
            place.read_text(encoding="utf-8"),
        ):
            assert (ROOT / name).exists(), f"{place.relative_to(ROOT)} names {name}, which is not there"


#: What a module is made of, beside its code: the look of the figures, and what a widget shows.
IN_A_MODULE = {".py", ".mplstyle", ".js", ".css"}


def test_the_picture_of_the_readme_is_what_the_network_computes_today():
    drawn = (ROOT / "book" / "_static" / "overview.svg").read_text(encoding="utf-8")
    assert drawn == overview.picture(), "run python -m bookbuild.overview"
    history = toy.train(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, 2.0, steps=30)
    for step in (0, 30):  # as somebody reads it off
        frame = re.search(rf'<g class="frame[^>]*>(?:(?!</g>\n).)*>step {step}<', drawn, re.S)[0]
        assert f"{history.loss[step]:.6f}" in frame and f"{history.weights[step].ravel()[7]:.3f}" in frame


def test_the_wheel_holds_the_library_with_its_recorded_results_and_nothing_else(tmp_path):
    """A chapter that is alone in a folder reads the results that came with the library."""
    build = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--disable-pip-version-check",
            f"--wheel-dir={tmp_path}",
            ROOT,
        ],
        capture_output=True,
        text=True,
    )
    assert build.returncode == 0, build.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name in addresses.read().setup(), "the notebooks ask for another file"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    folder = ROOT / "book" / "results"
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "s6lib").rglob("*")
        if path.suffix in IN_A_MODULE and not path.name.startswith(".")
    } | {
        f"s6lib/recorded/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert held == wanted, (
        f"mend [tool.hatch.build.targets.wheel] in pyproject.toml: the wheel lacks {sorted(wanted - held)}; "
        f"it should not hold {sorted(held - wanted)}"
    )
    for path in (path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        assert (tmp_path / "s6lib" / "recorded" / name).read_bytes() == path.read_bytes(), name
    found = subprocess.check_output(
        [sys.executable, "-c", "from s6lib import results; results.trained(); print(results.FOLDER)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        text=True,
    )
    assert Path(found.strip()) == tmp_path / "s6lib" / "recorded"


def test_what_pip_installs_and_what_s6lib_asks_for_agree():
    """The ranges of pyproject.toml are those of requirements.txt, and the lock satisfies each."""
    from packaging.requirements import Requirement

    def read(lines):
        found = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
        return {requirement.name.lower(): requirement for requirement in found}

    wanted = read((ROOT / "requirements.txt").read_text().splitlines())
    locked = [
        Requirement(line)
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    for name, requirement in wanted.items():
        pins = [pin for pin in locked if pin.name.lower() == name]
        assert pins, f"{name} is not in requirements.lock: run make lock"
        for pin in pins:
            assert requirement.specifier.contains(str(pin.specifier).removeprefix("==")), (
                f"{pin}: run make lock"
            )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = map(Requirement, [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])])
    for requirement in (
        each for each in asked if each.name != project["name"]
    ):  # which is one extra within another
        assert requirement.specifier == wanted[requirement.name.lower()].specifier, f"{requirement} differs"


def test_configuration_is_yaml_that_names_real_files():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert config["execute"]["execute_notebooks"] == "auto"
    for path in [*config["bibtex_bibfiles"], *config["sphinx"]["config"]["html_static_path"]]:
        assert (ROOT / path).exists()


def test_the_readme_names_every_chapter_and_module():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        assert path.stem == "index" or path.stem in readme, (
            f"README.md does not name {path.stem}: its table needs a row"
        )
    for path in (ROOT / "s6lib").iterdir():
        name = path.stem if path.suffix == ".py" else path.name
        if path.suffix in {".py", ""} and not name.startswith("__"):
            assert f"`{name}`" in readme, f"README.md does not name s6lib.{name}"
    assert "make book" in readme and "make test" in readme


def test_no_build_product_is_tracked():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    if not tracked:
        pytest.skip("not a git checkout")
    assert not [name for name in tracked if name.startswith(("_build/", "executed/", "runs/", ".venv"))]
