"""Every chapter as a reader opens it in Colab: alone in an empty folder, where s6lib is not installed.

    python tests/book/colab_rehearsal.py [CHAPTER ...]          the same as: make colab

The Python that runs this is the reader's: Colab's own in its runtime image, or one with Colab's
packages (tests/book/colab.txt) and nothing else. The site that `make book` left is served here; in the
copied notebooks only the two addresses are replaced. Each chapter runs twice, the second time as
after a restart of the runtime. The first run must fetch the wheel once and the second nothing;
both must leave every package that was there before as it was, and every stepper must come with
HTML that lives without a widget manager. Last, one chapter runs where the book is out of reach
and takes s6lib from the repository, this checkout. What was installed is removed again.
"""

import functools
import http.server
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
NOWHERE = "http://127.0.0.1:9/"

#: What Colab's kernel has loaded before a reader's first cell, as far as a chapter can tell.
STAND_IN = {
    "google/colab/__init__.py": "",
    "google/colab/output.py": """
class _widgets:
    _installed_url = None
def enable_custom_widget_manager():
    _widgets._installed_url = "https://ssl.gstatic.com/colaboratory-static/widgets/colab-cdn-widget-manager/"
""",
    "sitecustomize.py": "import google.colab.output",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    requests = []

    def log_request(self, code="-", size="-"):
        self.requests.append((self.path, int(code)))

    def log_error(self, *message):
        pass


def packages():
    """What pip sees, name -> version."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {each["name"]: each["version"] for each in json.loads(listed)}


def remove(names):
    if names:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "uninstall",
                "--quiet",
                "--yes",
                "--root-user-action=ignore",
                *names,
            ],
            check=True,
        )


def run(chapter, folder, replacements):
    """Execute a copy of the chapter in `folder`; return its outputs and the seconds it took."""
    text = (ROOT / "book" / f"{chapter}.ipynb").read_text(encoding="utf-8")
    for old, new in replacements.items():
        assert old in text, f"{chapter}: {old} is not in its first cell; run make addresses"
        text = text.replace(old, new)
    (folder / f"{chapter}.ipynb").write_text(text, encoding="utf-8")
    notebook, start = nbformat.reads(text, 4), time.monotonic()
    NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return outputs, time.monotonic() - start


def check(outputs, before, added):
    """Raise unless the packages of `before` stand as they were, and steppers need no widget manager."""
    after = packages()
    changed = {
        name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version
    }
    assert not changed, f"packages were changed: {changed}"
    assert added is None or set(after) - set(before) == added, (
        f"the second run installed {set(after) - set(before) - added}"
    )
    for output in outputs:
        data = output.get("data", {})
        if "application/vnd.jupyter.widget-view+json" in data:
            assert "s6-stepper" in data.get("text/html", ""), "a widget without HTML of its own"
            assert "colab" in output.metadata["application/vnd.jupyter.widget-view+json"], (
                "Colab would not load the widget"
            )
    return set(after) - set(before)


def rehearse(chapter, before, replacements, turns=2):
    added, seconds = None, []
    with tempfile.TemporaryDirectory(prefix="colab-") as folder:
        for _ in range(turns):
            outputs, took = run(chapter, Path(folder), replacements)
            added = check(outputs, before, added)
            seconds.append(took)
    return sorted(added), seconds


def main(chapters):
    from bookbuild import addresses  # needs PyYAML, which Colab has

    own = addresses.read()
    chapters = chapters or [path.stem for path in addresses.NOTEBOOKS]
    wheel = f"/s6lib-{own.version}-py3-none-any.whl"
    assert (SITE / wheel[1:]).exists(), f"{SITE} has no wheel: run make book"
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(SITE))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    published = {own.book: f"http://127.0.0.1:{server.server_port}/"}
    unpublished = {own.book: NOWHERE, own.repository: ROOT.as_uri()}

    with tempfile.TemporaryDirectory() as stand_in:
        if importlib.util.find_spec("google") is None or importlib.util.find_spec("google.colab") is None:
            for name, source in STAND_IN.items():
                path = Path(stand_in, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(source, encoding="utf-8")
            os.environ["PYTHONPATH"] = stand_in
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else each kernel complains of its debugger
        # git refuses a checkout that belongs to somebody else, as one mounted into a container does; a file
        # of settings reaches also the git at the other end of file://, which settings in variables do not
        Path(stand_in, "gitconfig").write_text(
            "[include]\n\tpath = ~/.gitconfig\n[safe]\n\tdirectory = *\n", encoding="utf-8"
        )
        os.environ["GIT_CONFIG_GLOBAL"] = str(Path(stand_in, "gitconfig"))
        before = packages()
        assert "s6lib" not in before, "s6lib is installed here: this is not a reader's environment"
        print(f"Python {sys.version.split()[0]}, {len(before)} packages", flush=True)
        try:
            for chapter in chapters:
                Handler.requests.clear()
                added, seconds = rehearse(chapter, before, published)
                assert Handler.requests == [(wheel, 200)], f"{chapter} asked for {Handler.requests}"
                print(
                    f"{chapter:24} {seconds[0]:5.0f} s, again {seconds[1]:5.0f} s; installed: "
                    f"{', '.join(added)}",
                    flush=True,
                )
                remove(added)
            added, _ = rehearse(chapters[0], before, unpublished, turns=1)
            print(
                f"{chapters[0]:24} with the book out of reach, from the repository; installed: "
                f"{', '.join(added)}"
            )
        finally:
            remove(sorted(set(packages()) - set(before)))
        assert packages() == before
    server.shutdown()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1:])
