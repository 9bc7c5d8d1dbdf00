"""The gate itself: what is left out is told or refused, what hangs is named, and quick means quick."""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """\
import pytest

@pytest.mark.parametrize("number", range(3))
def test_of_pages(number):
    pytest.skip("there is no Chromium: apt install chromium")

@pytest.mark.skipif(True, reason="no CUDA here")
def test_elsewhere():
    pass

@pytest.mark.xfail
def test_known():
    assert False

def test_here():
    pass
"""
ABSENT = (
    "import pytest\npytest.importorskip('no_such_package', reason='it is not installed: pip install it')\n"
)

#: Without the plugins that take seconds to load.
LIGHT = ["-o", "addopts=--import-mode=importlib --strict-markers -rfEX"]
LIGHT += [f"-pno:{name}" for name in ("cacheprovider", "nbmake", "hypothesispytest", "anyio", "pytest_cov")]


@pytest.fixture
def run(tmp_path):
    """run(*arguments, **environment) -> what pytest says of the tests in `tmp_path`, under these rules."""
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def run(*arguments, **environment):
        bare = {
            name: value for name, value in os.environ.items() if not name.startswith(("S6LIB_", "PYTEST_"))
        }
        return subprocess.run(
            [sys.executable, "-m", "pytest", "tests", *LIGHT, *arguments],
            cwd=tmp_path,
            env={**bare, **environment},
            capture_output=True,
            encoding="utf-8",
        )

    return run


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_what_was_not_tested_is_told_at_the_end(run, tmp_path, workers):
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    (tmp_path / "tests" / "test_absent.py").write_text(ABSENT)
    done = run(*workers)
    assert done.returncode == 0, done.stdout
    *told, counts = done.stdout.splitlines()[-4:]
    assert told == [
        "NOT TESTED: tests/test_absent.py, for it is not installed: pip install it",
        "NOT TESTED: 3 tests, for there is no Chromium: apt install chromium",
        "NOT TESTED: a test, for no CUDA here",
    ]
    assert "1 passed" in counts and "1 xfailed" in counts


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_where_all_is_required_only_what_cannot_be_had_may_be_left_out(run, tmp_path, workers):
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    done = run(*workers, S6LIB_BROWSERS="required")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "S6LIB_BROWSERS=required, but there is no Chromium" in done.stdout
    assert re.search("3 failed, 1 passed, 1 skipped, 1 xfailed", done.stdout), done.stdout
    (tmp_path / "tests" / "test_absent.py").write_text(ABSENT)
    done = run(*workers, S6LIB_BROWSERS="required")
    assert done.returncode != 0 and "required, but it is not installed: pip install it" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "worker"])
def test_a_test_that_hangs_is_ended_and_named(run, tmp_path, workers):
    """With what it started; and those after it run."""
    sleep = f"import time; time.sleep(99)  # {time.time()}"
    (tmp_path / "tests" / "test_it.py").write_text(
        "import subprocess, sys\n"
        f"def test_that_hangs():\n    subprocess.run([sys.executable, '-c', {sleep!r}])\n"
        "def test_after_it():\n    pass\n"
    )
    done = run("-o", "timeout=1", *workers)
    assert "FAILED tests/test_it.py::test_that_hangs - Failed: Timeout (>1.0s)" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert sleep not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout


def test_every_test_has_a_limit(request):
    assert 0 < float(request.config.getini("timeout")) <= 600
    assert request.config.pluginmanager.hasplugin("timeout")


def test_what_is_called_slow_is_there():
    """A test that was given another name would be light without anybody's wish."""
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    slow = next(
        ast.literal_eval(node.value)
        for node in ast.parse(conftest).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "SLOW"
    )
    for each in slow:
        path, _, name = each.partition("::")
        assert (ROOT / "tests" / path).exists(), each
        assert not name or f"def {name}" in (ROOT / "tests" / path).read_text(encoding="utf-8"), each


def test_quick_leaves_out_what_is_slow_and_nothing_else(run, tmp_path):
    """Of a whole room not even an import is made."""
    for name in ("site/test_it.py", "book/test_gate.py", "book/test_new.py", "test_other.py"):
        (tmp_path / "tests" / name).parent.mkdir(exist_ok=True)
        light = "new" in name or "other" in name
        (tmp_path / "tests" / name).write_text(
            "def test_here():\n    pass\n" if light else "import nothing_such\n"
        )
    (tmp_path / "tests" / "book" / "test_repository.py").write_text(
        "def test_the_wheel():\n    assert False\n"
    )
    done = run("-m", "not slow")
    assert done.returncode == 0 and "2 passed, 1 deselected" in done.stdout, done.stdout
