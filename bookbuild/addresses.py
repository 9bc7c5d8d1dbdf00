"""Carry the two addresses of _config.yml, and the version of s6lib, to wherever else they stand.

    python bookbuild/addresses.py          the same as: make addresses

`html.baseurl` is where the book is published and `repository.url` where its sources are. The first
code cell of every notebook, README.md, pyproject.toml and CITATION.cff repeat them, since nothing
can be looked up there. test_repository.py holds them equal.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
TEXTS = [ROOT / name for name in ("README.md", "pyproject.toml", "CITATION.cff")]

#: The first code cell of every notebook.
SETUP = """\
from importlib.util import find_spec

if find_spec("google") and find_spec("google.colab"):  # in Colab, and nowhere else
    # s6lib as this book was built with it, else as the repository has it; no package of Colab's is changed.
    for source in ("{book}s6lib-{version}-py3-none-any.whl", "git+{repository}"):
        if not find_spec("s6lib"):
            %pip install --quiet --no-deps {{source}} anywidget psygnal papermill"""


class Addresses(NamedTuple):
    book: str  #: with a slash at its end
    repository: str  #: without one
    branch: str
    version: str

    def setup(self):
        return SETUP.format(**self._asdict())

    def colab(self, chapter):
        owner_and_name = self.repository.removeprefix("https://github.com/")
        return f"https://colab.research.google.com/github/{owner_and_name}/blob/{self.branch}/book/{chapter}.ipynb"


def read():
    """The addresses as _config.yml and s6lib have them."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    version = re.search(
        r'^__version__ = "(.+)"$', (ROOT / "s6lib/__init__.py").read_text(encoding="utf-8"), flags=re.M
    )
    return Addresses(
        config["html"]["baseurl"], config["repository"]["url"], config["repository"]["branch"], version[1]
    )


def carried():
    """The addresses as the rest of the repository has them now, read from CITATION.cff and a link of
    README.md."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    branch = re.search(r"/blob/([^/]+)/book/", (ROOT / "README.md").read_text(encoding="utf-8"))
    return Addresses(citation["url"], citation["repository-code"], branch[1], citation["version"])


def main():
    old, new = carried(), read()
    for path in TEXTS:
        text = path.read_text(encoding="utf-8").replace(
            old.colab("*").split("*")[0], new.colab("*").split("*")[0]
        )
        text = text.replace(old.book, new.book).replace(old.repository, new.repository)
        _write(
            path, re.sub(rf"^version: {re.escape(old.version)}$", f"version: {new.version}", text, flags=re.M)
        )
    for path in NOTEBOOKS:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        first = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        for cell in notebook["cells"]:
            cell["source"] = [line.replace(old.book, new.book) for line in cell["source"]]
        first["source"] = new.setup().splitlines(keepends=True)
        _write(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def _write(path, text):
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
