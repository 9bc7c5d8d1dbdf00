"""What a sweep keeps: recorded results, the manifest from which it resumes, and the table of all runs."""

import csv
import hashlib
import json
import math
import os
import shlex
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from sweeping import build, files, pretend, refused

from s6lib import sweep
from s6lib.manifest import content_hash
from s6lib.sweep import costs, folder, plan, process, records
from s6lib.sweep import table as sweep_table
from s6lib.sweep.__main__ import main


@pytest.fixture
def notebook(tmp_path):
    return build(tmp_path / "book.ipynb", "learning_rate * steps")


def strict(text):
    """JSON as other languages read it, without Python's NaN and Infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def manifest(out):
    return strict((out / "manifest.json").read_text(encoding="utf-8"))


# Records -----------------------------------------------------------------------------------


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A function that returns what a sweep would read of the records so far."""
    monkeypatch.setenv(records.FILE, str(tmp_path / "recorded"))
    return lambda: records.read(tmp_path / "recorded")


@pytest.mark.parametrize(
    "value, expected",
    [
        (0.1, 0.1),
        (-3, -3),
        (True, True),
        ("é\n{}", "é\n{}"),
        (None, None),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (5e-324, 5e-324),
        (-0.0, -0.0),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        (math.nan, math.nan),
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_("é"), "é"),
        (np.array(2.5), 2.5),
        (np.float64("nan"), math.nan),
        ("nan", "nan"),
        ('{"float": "inf"}', '{"float": "inf"}'),
        ([3, 0.5, math.nan, -math.inf], [3, 0.5, math.nan, -math.inf]),
        ((1, 2), [1, 2]),
        (range(2), [0, 1]),
        (np.array([1, 2]), [1, 2]),
        (np.float32([0.5]), [0.5]),
        (pd.Series([0.1, 0.2], index=[7, 8]), [0.1, 0.2]),
        ([np.float64(0.1), np.int64(2)], [0.1, 2]),
    ],
)
def test_what_is_recorded_comes_back(kept, value, expected):
    sweep.record(result=value)
    (back,) = kept().values()
    assert type(back) is type(expected)
    assert repr(back) == repr(expected)  # tells -0.0 from 0.0, and finds nan equal to nan


def test_scalars_of_torch_are_numbers(kept):
    torch = pytest.importorskip("torch")
    sweep.record(
        loss=torch.tensor(0.5, requires_grad=True),
        right=torch.tensor(9),
        half=torch.tensor(1.5).bfloat16(),
        done=torch.tensor(True),
        bad=torch.tensor(math.inf),
    )
    assert kept() == {"loss": 0.5, "right": 9, "half": 1.5, "done": True, "bad": math.inf}
    with pytest.raises(TypeError, match=r"record: losses: got Tensor of shape \(2, 2\); takes a number"):
        sweep.record(losses=torch.zeros(2, 2))


@pytest.mark.parametrize(
    "value, error, message",
    [
        (([1],), TypeError, "record: good: got a list with list at .0.; takes a list of numbers"),
        ([0.1, "2"], TypeError, "got a list with str at .1.; takes a list of numbers"),
        ([0.1, None], TypeError, "got a list with NoneType at .1."),
        ([True], TypeError, "got a list with bool at .0."),
        ([0.1, 2**63], ValueError, r"record: good\[1\]: got 9223372036854775808; takes whole numbers from"),
        ([0.1, np.ma.masked], TypeError, r"record: good\[1\]: got numpy.ma.masked; takes a number"),
        (np.ma.masked, TypeError, "record: good: got numpy.ma.masked; takes a number"),
        (np.timedelta64(3, "ns"), TypeError, r"got timedelta64\[ns\]; takes a number"),
        (np.array([3], "timedelta64[ns]"), TypeError, r"got timedelta64\[ns\]"),
        ([], ValueError, "record: good: got a list of 0 numbers; takes 1 to 10,000"),
        (np.zeros(10_001), ValueError, "got a list of 10,001 numbers; takes 1 to 10,000"),
        (range, TypeError, "got type; takes a number, text, True, False or None, or a list of numbers"),
        ({}, TypeError, "got dict"),
        (b"1", TypeError, "got bytes"),
        (1j, TypeError, "got complex"),
        (np.complex128(1), TypeError, "got complex128"),
        (np.zeros((3, 1)), TypeError, r"got ndarray of shape \(3, 1\)"),
        (np.datetime64("2026-01-01"), TypeError, "got datetime64"),
        (2**63, ValueError, r"record: good: got 9223372036854775808; takes whole numbers from -2\^63 to"),
        (-(2**63) - 1, ValueError, "got -9223372036854775809; takes whole numbers"),
        (10**99, ValueError, "got one of 329 bits; takes whole numbers"),
        ("\ud800", ValueError, r"got '\\ud800'; takes text that can be written as UTF-8"),
    ],
)
@pytest.mark.parametrize("swept", [True, False])
def test_what_is_no_result_is_refused(monkeypatch, kept, value, error, message, swept):
    if not swept:  # by hand, a mistake shows as well
        monkeypatch.delenv(records.FILE)
    with pytest.raises(error, match=message):
        sweep.record(fine=1, good=value)
    assert kept() == {}  # not a part of it


def test_a_name_recorded_again_takes_the_new_value(kept):
    sweep.record(loss=2, epoch=1)
    sweep.record(loss=1)
    assert kept() == {"loss": 1, "epoch": 1}


def test_by_hand_nothing_happens(monkeypatch, tmp_path):
    monkeypatch.delenv(records.FILE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert sweep.record(loss=1.0) is None
    assert files(tmp_path) == []


def test_a_run_killed_while_recording_keeps_what_was_whole(kept, tmp_path):
    sweep.record(loss=2)
    with open(tmp_path / "recorded", "a") as file:
        file.write('{"loss": 1')
    assert kept() == {"loss": 2}


def test_records_reach_the_run_the_manifest_and_the_notebook(tmp_path):
    """Through a real kernel; a result is kept even if the run fails after it."""
    from nbformat import read

    book = build(
        tmp_path / "book.ipynb",
        "from s6lib import sweep\nsweep.record(twice=2 * x, rest=float('inf'))",
        "sweep.record(rest=None)\nassert x == 1",
        parameters="x = 1",
    )
    good, bad = sweep.run(book, {"x": [1, 2]}, tmp_path / "runs")
    assert (good.outcome, good.recorded) == ("ok", {"twice": 2, "rest": None})
    assert (bad.outcome, bad.recorded) == ("failed", {"twice": 4, "rest": None})
    assert [run["recorded"] for run in manifest(tmp_path / "runs")["runs"]] == [good.recorded, bad.recorded]
    assert read(good.output, 4).metadata.s6lib == {"recorded": good.recorded}


# The table ---------------------------------------------------------------------------------


@pytest.fixture
def swept(monkeypatch, tmp_path, notebook):
    """A folder of three runs: ok, failed, ok with other results."""

    def action(parameters):
        if parameters["steps"] == 6:
            raise MemoryError("no room")
        return {
            5: {"loss": 0.1, "right": 2**53 + 1, "title": "new", "seconds": 3},
            7: {"loss": math.nan, "note": 'a, "b"\né'},
        }[parameters["steps"]]

    pretend(monkeypatch, action)
    runs = sweep.run(notebook, {"steps": [5, 6, 7]}, tmp_path / "runs")
    assert [run.outcome for run in runs] == ["ok", "failed", "ok"]
    assert runs[1].error == "MemoryError: no room"
    return tmp_path / "runs"


COLUMNS = [
    "learning_rate",
    "steps",
    "momentum",
    "title",
    "widths",
    "outcome",
    "loss",
    "right",
    "recorded_seconds",
    "note",
    "seconds",
]


def test_the_table_has_a_row_for_each_run(swept):
    table = sweep.select(swept)
    assert list(table) == COLUMNS
    assert table["steps"].tolist() == [5, 6, 7] and table["steps"].dtype == int
    assert table["outcome"].tolist() == ["ok", "failed", "ok"]
    assert table["title"].tolist() == ["new", "plain", "plain"]  # what the first run says that it used
    assert table["right"][0] == 2**53 + 1  # which no float is
    assert table["right"].isna().tolist() == [False, True, True]
    assert table["loss"][0] == 0.1 and table["loss"].dtype == float
    assert table["recorded_seconds"][0] == 3 and table["seconds"].tolist() == [0.5, 0.0, 0.5]


def test_the_table_as_csv(capsys, swept):
    path = swept / "tablé 1.csv"
    assert main(["--out", str(swept), "--select", str(path)]) == 0
    assert capsys.readouterr().out == f"3 runs: {path}\n"
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(keepends=True)))
    assert rows == [
        COLUMNS,
        ["1.0", "5", "False", "new", "[4, 8]", "ok", "0.1", "9007199254740993", "3", "", "0.5"],
        ["1.0", "6", "False", "plain", "[4, 8]", "failed", "", "", "", "", "0.0"],
        ["1.0", "7", "False", "plain", "[4, 8]", "ok", "", "", "", 'a, "b"\né', "0.5"],
    ]


def test_a_table_holds_what_was_used_and_what_was_asked_for_by_another_name(monkeypatch, tmp_path, notebook):
    """As where a notebook trains on fewer images than it was asked to; a default that it sets aside was not
    asked for."""
    pretend(monkeypatch, lambda parameters: {"steps": min(parameters["steps"], 6), "learning_rate": 0.25})
    sweep.run(notebook, {"steps": [5, 999]}, tmp_path / "runs")
    table = sweep.select(tmp_path / "runs")
    assert table["steps"].tolist() == [5, 6] and table["asked_steps"].tolist() == [5, 999]
    assert table["learning_rate"].tolist() == [0.25, 0.25] and "asked_learning_rate" not in table


def test_names_that_users_choose_never_meet_those_of_the_table(monkeypatch, tmp_path):
    parameters = "seconds = 1\noutcome = 'a'\nsteps = 5\nasked_steps = 7\nparameter_seconds = 9"
    book = build(tmp_path / "book.ipynb", "1", parameters=parameters)
    pretend(monkeypatch, lambda _: {"recorded_outcome": 3, "outcome": 4, "steps": 6, "asked_asked_steps": 8})
    sweep.run(book, {"seconds": [1, 2], "steps": [5]}, tmp_path / "runs")
    table = sweep.select(tmp_path / "runs")
    assert table.columns.is_unique
    assert table["seconds"].tolist() == [0.5, 0.5] and table["outcome"].tolist() == ["ok", "ok"]
    row = table.drop(columns=["seconds", "outcome"]).iloc[1].to_dict()
    assert row.pop("parameter_parameter_seconds") == 2 and row.pop("parameter_seconds") == 9
    assert row.pop("steps") == 6 and row.pop("asked_steps") == 7 and row.pop("asked_asked_asked_steps") == 5
    assert row == {"parameter_outcome": 4, "recorded_outcome": 3, "asked_asked_steps": 8}


def test_a_table_has_its_manifest_beside_it(monkeypatch, capsys, tmp_path, notebook):
    pretend(monkeypatch, lambda parameters: {"loss": 1 / parameters["steps"]})
    path = tmp_path / "a table.csv"
    command = [str(notebook), "-p", "steps", "5", "6", "--out", str(tmp_path / "runs"), "--select", str(path)]
    assert main([*command, "--workers", "1"]) == 0
    said = json.loads((tmp_path / "a table.csv.json").read_text(encoding="utf-8"))
    assert shlex.split(said["command"])[3:] == command
    assert said["notebook"]["sha256"] == hashlib.sha256(notebook.read_bytes()).hexdigest()
    assert said["grid"] == {"steps": [5, 6]} and said["runs"] == {"ok": 2}
    assert said["versions"] == process.versions() and said["when"][:2] == "20"
    assert said["files"] == {
        path.name: {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "rows": 2,
            "columns": path.read_text().splitlines()[0].split(","),
        }
    }

    path.rename(tmp_path / "moved.csv")  # its manifest is not overwritten either
    assert "a table.csv.json: exists" in refused(
        capsys, tmp_path, "--out", tmp_path / "runs", "--select", path
    )


def test_what_a_manifest_counts_is_what_the_table_has(monkeypatch, tmp_path):
    """Texts that look like comments, break lines or are long, and paths that are no text."""
    book = build(tmp_path / "book.ipynb", "1", parameters="color = '#000000'")
    pretend(monkeypatch, lambda _: {"note": "x\n# b", "long": "y" * 200_000})
    path = tmp_path / os.fsdecode(b"runs\xff") / "colors.csv"
    assert (
        main(
            [str(book), "-p", "color", "#D55E00", "#0072B2", "--out", str(path.parent), "--select", str(path)]
        )
        == 0
    )
    said = json.loads((path.parent / "colors.csv.json").read_text(encoding="utf-8"))
    assert said["files"]["colors.csv"]["rows"] == 2 and said["grid"] == {"color": ["#D55E00", "#0072B2"]}


def test_a_sweep_of_which_nothing_is_kept_begins_anew_with_what_runs_now(monkeypatch, tmp_path, notebook):
    """Its kernel was mended in the meantime; what failed runs ran on is not what the table is made of."""

    def execute(versions, error):
        said = {"versions": {"torch": versions}, "threads": "1", "data": {versions: "0"}}
        return lambda text, *_: (None if error else text, error, 0.5, {}, said)

    monkeypatch.setattr(process, "execute", execute("too old", "no"))
    assert sweep.run(notebook, {"steps": [5]}, tmp_path / "runs", workers=1)[0].outcome == "failed"
    text = json.loads(notebook.read_text())
    for count, cell in enumerate(text["cells"]):
        cell["execution_count"] = count + 1
    monkeypatch.setattr(
        process,
        "execute",
        lambda *_: (
            json.dumps(text),
            None,
            0.5,
            {},
            {"versions": {"torch": "new"}, "threads": "2", "data": {"new": "1"}},
        ),
    )
    (run,) = sweep.run(notebook, {"steps": [5]}, tmp_path / "runs", workers=1, resume=True)
    assert run.outcome == "ok", run.error
    told = manifest(tmp_path / "runs")
    assert (told["versions"], told["threads"], told["data"]) == ({"torch": "new"}, ["2"], {"new": "1"})


def test_hidden_files_are_no_content_of_the_library(tmp_path):
    (tmp_path / "a.py").write_text("1")
    before = content_hash(tmp_path)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "a-checkpoint.py").write_text("2")
    (tmp_path / ".#a.py").symlink_to("nowhere")
    assert content_hash(tmp_path) == before
    (tmp_path / "a.py").write_text("3")
    assert content_hash(tmp_path) != before


def test_the_table_as_parquet(capsys, swept):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: no table as Parquet")

    path = swept / "new folder" / "table.parquet"
    assert main(["--out", str(swept), "--select", str(path)]) == 0
    columns = parquet.read_table(path).to_pydict()
    assert list(columns) == COLUMNS
    assert columns["steps"] == [5, 6, 7] and columns["right"] == [2**53 + 1, None, None]
    assert columns["loss"][0] == 0.1 and columns["note"] == [None, None, 'a, "b"\né']


def test_whole_numbers_that_no_column_of_numbers_holds(monkeypatch, capsys, tmp_path, notebook):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: no table as Parquet")
    pretend(monkeypatch, lambda parameters: {"near": 2**62 + 1 if parameters["steps"] > 5 else 0.5})
    table, out = tmp_path / "table.csv", tmp_path / "runs"
    big = 10**23
    command = [str(notebook), "-p", "steps", "5", str(big), "--out", str(out), "--select"]
    assert main([*command, str(table)]) == 0
    rows = [*csv.DictReader(table.open())]
    assert [row["steps"] for row in rows] == ["5", str(big)]
    assert [row["near"] for row in rows] == ["0.5", str(2**62 + 1)]
    assert main(["--out", str(out), "--select", str(tmp_path / "table.parquet")]) == 2
    assert "Parquet takes one type in a column; take .csv" in capsys.readouterr().err


def test_parquet_takes_one_type_in_a_column(monkeypatch, capsys, tmp_path, notebook):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: no table as Parquet")
    pretend(monkeypatch, lambda parameters: {"loss": "diverged" if parameters["steps"] > 5 else 0.5})
    command = [str(notebook), "-p", "steps", "5", "6", "--out", str(tmp_path / "runs")]
    assert main([*command, "--select", str(tmp_path / "table.parquet")]) == 1  # the runs are kept
    captured = capsys.readouterr()
    assert captured.out.startswith("2 of 2 runs ok: ")
    assert (
        captured.err.startswith("sweep: no table: ")
        and "Parquet takes one type in a column; take .csv" in captured.err
    )
    assert refused(capsys, tmp_path, "--out", tmp_path / "runs", "--select", tmp_path / "table.parquet")
    assert main(["--out", str(tmp_path / "runs"), "--select", str(tmp_path / "table.csv")]) == 0


def test_a_sweep_and_its_table_in_one_command(monkeypatch, tmp_path, notebook):
    pretend(monkeypatch, lambda parameters: {"loss": 1 / parameters["steps"]})
    path = tmp_path / "runs" / "table.csv"
    assert (
        main([str(notebook), "-p", "steps", "5", "6", "--out", str(path.parent), "--select", str(path)]) == 0
    )
    assert [row["loss"] for row in csv.DictReader(path.open())] == [repr(1 / 5), repr(1 / 6)]


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_the_same_command_with_resume_makes_the_table_anew(monkeypatch, capsys, tmp_path, notebook, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed: no Parquet")
    read, fails = pd.read_csv if name.endswith("csv") else pd.read_parquet, [6]

    def action(parameters):
        if parameters["steps"] in fails:
            raise RuntimeError("not yet")
        return {"loss": 1 / parameters["steps"]}

    pretend(monkeypatch, action)
    out, path = tmp_path / "runs", tmp_path / name
    command = [str(notebook), "-p", "steps", "5", "6", "--out", str(out), "--select", str(path)]
    assert main(command) == 1 and list(read(path)["outcome"]) == ["ok", "failed"]
    fails.clear()
    assert main([*command, "--resume"]) == 0 and list(read(path)["outcome"]) == ["ok", "ok"]
    assert read(path)["loss"].tolist() == [1 / 5, 1 / 6]

    fails.append(5)  # interrupted, when a run had failed once more
    (out / "manifest.json").write_text(
        (out / "manifest.json").read_text().replace('"outcome": "ok"', '"outcome": "failed"', 1)
    )
    path.unlink()
    path.with_name(f"{name}.json").unlink()
    sweep_table.save("select", out, path, "by hand")
    monkeypatch.setattr(folder.Folder, "add", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main([*command, "--resume"]) == 130
    monkeypatch.undo()
    pretend(monkeypatch, lambda parameters: {"loss": 1 / parameters["steps"]})
    assert main([*command, "--resume"]) == 0 and list(read(path)["outcome"]) == ["ok", "ok"]

    # A power cut: the manifest has come further than the table, which is still the sweep's.
    (out / "manifest.json").write_text(
        (out / "manifest.json").read_text().replace('"outcome": "ok"', '"outcome": "failed"', 1)
    )
    assert main([*command, "--resume"]) == 0 and list(read(path)["outcome"]) == ["ok", "ok"]

    for other in (b"precious", path.read_bytes() + b" "):  # a file that the sweep did not write stays
        path.write_bytes(other)
        capsys.readouterr()
        assert main([*command, "--resume"]) == 2
        assert "exists; take another name" in capsys.readouterr().err and path.read_bytes() == other


def test_ctrl_c_is_told_in_a_line_wherever_it_comes(monkeypatch, capsys, tmp_path, notebook):
    def interrupt(*given):
        raise KeyboardInterrupt

    pretend(monkeypatch, lambda parameters: {"loss": 0.5})
    out, path = tmp_path / "runs", tmp_path / "table.csv"
    command = [str(notebook), "-p", "steps", "5", "--out", str(out)]
    with monkeypatch.context() as patch:
        patch.setattr(plan, "make", interrupt)
        assert main([*command, "--dry-run"]) == 130 and main(command) == 130
        assert capsys.readouterr() == ("", "sweep: interrupted\n" * 2)
    with monkeypatch.context() as patch:
        patch.setattr(sweep_table, "save", interrupt)
        assert main([*command, "--select", str(path)]) == 130
        assert main(["--folders", str(out), "--select", str(path)]) == 130
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith(f"sweep: interrupted; {out} keeps the runs that had finished: ")
        assert second == "sweep: interrupted"
    assert main([*command, "--select", str(path), "--resume"]) == 0 and path.exists()


@pytest.mark.parametrize("option", ["--select", "--curves"])
def test_no_name_is_no_table(capsys, tmp_path, notebook, option):
    for command in ([notebook, "--out", tmp_path / "runs"], ["--out", tmp_path]):
        assert f"{option}: got ''; takes a file name that ends" in refused(
            capsys, tmp_path, *command, option, ""
        )


@pytest.mark.parametrize(
    "name, message",
    [
        ("table.xlsx", "takes a file name that ends in .csv or .parquet"),
        ("table", "takes a file name that ends in .csv or .parquet"),
        ("there.csv", "exists; take another name"),
        ("dangling.csv", "exists; take another name"),
        ("book.ipynb/table.csv", "its folder cannot be written to"),
        ("book.ipynb/sub/deep/table.csv", "its folder cannot be written to"),
        (f"{'a' * 200}.csv", "is a file name of more than 200 bytes"),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_table_that_cannot_be_written_is_refused_before_the_sweep(
    capsys, swept, notebook, name, message, before
):
    place = swept.parent
    (place / "there.csv").write_text("precious")
    (place / "dangling.csv").symlink_to("nowhere")
    sweeping = [notebook, "--out", place / "other"] if before else ["--out", swept]
    line = refused(capsys, place, *sweeping, "--select", place / name)
    assert line.startswith(f"sweep: --select {place / name}: {message}")


def test_two_tables_are_two_files(capsys, swept):
    tables = ["--select", swept.parent / "both.csv", "--curves", swept.parent / "." / "both.csv"]
    assert "is the table of --select too" in refused(capsys, swept.parent, "--out", swept, *tables)


@pytest.mark.parametrize("package, name", [("pyarrow", "table.parquet"), ("pandas", "table.csv")])
def test_a_missing_package_is_named(monkeypatch, capsys, swept, package, name):
    monkeypatch.setitem(sys.modules, package, None)
    line = refused(capsys, swept, "--out", swept, "--select", swept / name)
    assert line == f"sweep: --select {swept / name}: needs {package}: pip install {package}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--resume", "--select", "t.csv"],
        ["-p", "x", "1", "--select", "t.csv"],
        ["--workers", "2", "--select", "t.csv"],
        ["--scheduler", "tcp://a:1", "--select", "t.csv"],
    ],
)
def test_without_a_notebook_there_is_only_a_table(capsys, swept, arguments):
    assert "no notebook given" in refused(capsys, swept, "--out", swept, *arguments)


MANIFESTS = [
    (None, "cannot be read: No such file or directory"),
    ("", "is not the manifest of a sweep"),
    ("{}", "is not the manifest of a sweep"),
    ("[]", "is not the manifest of a sweep"),
    ('{"notebook": {}, "versions": {}, "runs": [{"parameters": 1}]}', "is not the manifest of a sweep"),
    ('{"runs": null}', "is not the manifest of a sweep"),
    ("\xff", "is not the manifest of a sweep"),
]


@pytest.mark.parametrize("content, message", MANIFESTS)
def test_a_folder_without_a_good_manifest_has_no_table(capsys, tmp_path, content, message):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="latin-1")
    line = refused(capsys, tmp_path, "--out", tmp_path, "--select", tmp_path / "t.csv")
    assert line == f"sweep: {tmp_path / 'manifest.json'}: {message}\n"


def test_a_manifest_from_before_there_were_records_has_a_table(tmp_path):
    (tmp_path / "manifest.json").write_text(
        json.dumps(
            {
                "notebook": {},
                "versions": {},
                "runs": [
                    {
                        "parameters": {"x": 1},
                        "output": "x-1.ipynb",
                        "outcome": "ok",
                        "error": None,
                        "seconds": 1.5,
                    }
                ],
            }
        )
    )
    assert sweep.select(tmp_path).to_dict("records") == [{"x": 1, "outcome": "ok", "seconds": 1.5}]


# Lists: parameters that are some, and curves --------------------------------------------------


@pytest.fixture
def curved(monkeypatch, tmp_path):
    """A folder of a sweep over lists, whose runs record curves: two of unequal length, none by the third."""
    book = build(tmp_path / "book.ipynb", "1", parameters="channels = [4, 8]\nrate = 0.5\nrun = 'a'")

    def action(parameters):
        if parameters["channels"] == [3, 5, 7]:
            raise RuntimeError("too odd")
        blocks = parameters["channels"]
        loss = [1 / each for each in blocks]
        return {"loss": loss, "accuracy": [0.5, math.inf], "best": min(loss), "step": [9.0], "parameters": 7}

    pretend(monkeypatch, action)
    runs = sweep.run(book, {"channels": [[8], [8, 16, 32], [3, 5, 7]], "rate": [0.5]}, tmp_path / "runs")
    assert [run.outcome for run in runs] == ["ok", "ok", "failed"]
    return tmp_path / "runs"


def test_a_list_is_a_value_in_the_manifest_the_files_and_the_table(curved, tmp_path):
    assert files(curved) == [
        "channels-8-16-32__rate-0.5.ipynb", "channels-8__rate-0.5.ipynb", "manifest.json",
    ]  # fmt: skip
    told = manifest(curved)
    assert told["grid"] == {"channels": [[8], [8, 16, 32], [3, 5, 7]], "rate": [0.5]}
    assert told["runs"][1]["parameters"]["channels"] == [8, 16, 32]
    table = sweep.select(curved)
    assert list(table) == ["channels", "rate", "run", "outcome", "best", "parameters", "seconds"]
    assert table["channels"].tolist() == ["[8]", "[8, 16, 32]", "[3, 5, 7]"]
    assert table.groupby("channels")["best"].min().to_dict()["[8, 16, 32]"] == 1 / 32
    table.to_csv(tmp_path / "t.csv", index=False)
    back = pd.read_csv(tmp_path / "t.csv")
    assert [json.loads(text) for text in back["channels"]] == told["grid"]["channels"]
    pd.testing.assert_frame_equal(back, table, check_dtype=False)


def test_resume_holds_for_lists(monkeypatch, curved):
    made = []
    pretend(monkeypatch, lambda parameters: made.append(parameters["channels"]))
    grid = {"channels": [[8], [8, 16, 32], [3, 5, 7]], "rate": [0.5]}
    runs = sweep.run(curved.parent / "book.ipynb", grid, curved, resume=True)
    assert made == [[3, 5, 7]] and [run.outcome for run in runs] == ["ok"] * 3
    with pytest.raises(sweep.Refused, match="is of another grid"):
        sweep.run(curved.parent / "book.ipynb", {"channels": [[8]], "rate": [0.5]}, curved, resume=True)


def test_curves_are_a_row_for_each_step(capsys, curved, tmp_path):
    """By hand, from what each run recorded; names that the table has of its own give way."""
    table = sweep.curves(curved)
    assert list(table) == ["run", "channels", "rate", "step", "loss", "accuracy", "recorded_step"]
    expected = [
        (0, "[8]", 0.5, 0, 1 / 8, 0.5, 9.0),
        (0, "[8]", 0.5, 1, None, math.inf, None),
        (1, "[8, 16, 32]", 0.5, 0, 1 / 8, 0.5, 9.0),
        (1, "[8, 16, 32]", 0.5, 1, 1 / 16, math.inf, None),
        (1, "[8, 16, 32]", 0.5, 2, 1 / 32, None, None),
    ]
    found = table.astype(object).where(table.notna(), None)
    assert [*found.itertuples(index=False, name=None)] == expected
    path = tmp_path / "curves.csv"
    both = ["--out", str(curved), "--select", str(tmp_path / "t.csv"), "--curves", str(path)]
    assert main(both) == 0
    assert capsys.readouterr().out == f"3 runs: {tmp_path / 't.csv'}\n5 steps: {path}\n"
    pd.testing.assert_frame_equal(pd.read_csv(path), table, check_dtype=False)
    said = json.loads((tmp_path / "curves.csv.json").read_text(encoding="utf-8"))
    assert said["files"]["curves.csv"]["rows"] == 5 and shlex.split(said["command"])[3:] == both


def test_a_result_that_is_a_list_says_what_a_parameter_was(monkeypatch, tmp_path):
    """It is no curve; and of a run that was given another, both are told."""
    book = build(tmp_path / "book.ipynb", "1", parameters="channels = [4, 8]")
    pretend(monkeypatch, lambda parameters: {"channels": [*parameters["channels"], 10]})
    sweep.run(book, {"channels": [[8]]}, tmp_path / "runs")
    (row,) = sweep.select(tmp_path / "runs").to_dict("records")
    assert (row["channels"], row["asked_channels"]) == ("[8, 10]", "[8]")
    with pytest.raises(sweep.Refused, match="runs: no run recorded a list"):
        sweep.curves(tmp_path / "runs")


def test_a_curve_comes_through_a_real_run(tmp_path):
    book = build(
        tmp_path / "book.ipynb",
        "from s6lib import sweep\nsweep.record(loss=[x / n if n else float('inf') for n in range(3)])",
        parameters="x = 1.0",
    )
    sweep.run(book, {"x": [1.0, 2.0]}, tmp_path / "runs")
    table = sweep.curves(tmp_path / "runs")
    assert table.groupby("run")["loss"].apply(list).tolist() == [[math.inf, 1.0, 0.5], [math.inf, 2.0, 1.0]]
    assert manifest(tmp_path / "runs")["runs"][0]["recorded"] == {"loss": [{"float": "inf"}, 1.0, 0.5]}


# The runs of a class --------------------------------------------------------------------------


@pytest.fixture
def students(monkeypatch, tmp_path, notebook):
    """Two folders `anna/runs` and `ben/runs`, of one notebook; ben's copy of it differs by a byte."""

    def action(parameters):
        steps = parameters.get("steps", 50)  # by default
        return {"loss": [1.0, 1 / steps], "last": steps}

    pretend(monkeypatch, action)
    sweep.run(notebook, {"steps": [5, 6]}, tmp_path / "anna" / "runs")
    notebook.write_text(notebook.read_text() + "\n")
    sweep.run(notebook, {"learning_rate": [0.25]}, tmp_path / "ben" / "runs")
    return [tmp_path / "anna" / "runs", tmp_path / "ben" / "runs"]


def test_a_class_is_one_table_and_one_of_curves(capsys, students, tmp_path):
    table, curves = sweep.select(students), sweep.curves(students)
    assert list(table)[:3] == ["folder", "learning_rate", "steps"]
    assert table["folder"].tolist() == ["anna", "anna", "ben"] and table["last"].tolist() == [5, 6, 50]
    assert list(curves) == ["folder", "run", "learning_rate", "steps", "step", "loss"]
    assert curves["folder"].tolist() == ["anna"] * 4 + ["ben"] * 2
    assert curves["run"].tolist() == [0, 0, 1, 1, 2, 2]
    for run, each in curves.groupby("run"):
        assert each["loss"].tolist() == [1.0, 1 / table["last"][run]]
    named = sweep.select({"Anna B.": students[0], "Ben": students[1]})
    assert named.drop(columns="folder").equals(table.drop(columns="folder"))
    assert named["folder"].tolist() == ["Anna B.", "Anna B.", "Ben"]

    paths = [str(tmp_path / name) for name in ("class.csv", "curves.csv")]
    asked = ["--folders", *map(str, students), "--select", paths[0], "--curves", paths[1]]
    assert main(asked) == 0 and capsys.readouterr().out == f"3 runs: {paths[0]}\n6 steps: {paths[1]}\n"
    pd.testing.assert_frame_equal(pd.read_csv(paths[0]), table, check_dtype=False)
    said = json.loads((tmp_path / "class.csv.json").read_text(encoding="utf-8"))
    assert list(said["folders"]) == ["anna", "ben"] and said["folders"]["ben"]["runs"] == {"ok": 1}
    hashes = {each["notebook"]["sha256"] for each in said["folders"].values()}
    assert len(hashes) == 2 and shlex.split(said["command"])[3:] == asked


@pytest.mark.parametrize(
    "paths, names",
    [
        (["class/anna", "class/ben"], ["anna", "ben"]),
        (["class/anna/runs", "class/ben/runs"], ["anna", "ben"]),
        (["a/b/runs", "a/runs"], ["b/runs", "runs"]),
        (["x/one/runs", "x/two/rates"], ["runs", "rates"]),
        (["x/one/runs", "y/one/rates", "y/two/rates"], ["x/one/runs", "y/one/rates", "y/two/rates"]),
        (["x/runs", "x/y/runs", "x/y/z/runs"], ["runs", "y/runs", "y/z/runs"]),
        (["runs"], ["runs"]),
        (["runs", "runs/runs"], ["runs", "runs/runs"]),
    ],
)
def test_folders_are_called_by_what_tells_them_apart(tmp_path, paths, names):
    found = sweep_table._apart([tmp_path / path for path in paths])
    assert len({*found}) == len(paths)
    assert found == names


@pytest.mark.parametrize(
    "out, got", [(3, "3"), (None, "None"), (["runs", 3], "3"), ({"anna": None}, "None"), (b"runs", "b'runs'")]
)
@pytest.mark.parametrize("table", [sweep.select, sweep.curves])
def test_what_is_no_folder_is_refused_by_name(table, out, got):
    with pytest.raises(TypeError, match=f"^out: got {got}; takes a folder, a list of folders or a dict"):
        table(out)


def test_folders_that_do_not_belong_together_are_named(monkeypatch, capsys, students, tmp_path, notebook):
    (tmp_path / "notes").mkdir()
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "manifest.json").write_text("{}")
    ask = ["--select", tmp_path / "t.csv", "--folders", *students]
    line = refused(capsys, tmp_path, *ask, tmp_path / "notes", tmp_path / "junk")
    assert line.startswith("sweep: 2 of 4 folders hold no sweep: ")
    assert f"{tmp_path / 'notes' / 'manifest.json'}: cannot be read" in line
    assert f"{tmp_path / 'junk' / 'manifest.json'}: is not the manifest" in line
    line = refused(capsys, tmp_path, *ask, students[0])
    assert line == f"sweep: {students[0]}: given twice\n"
    (tmp_path / "carl").mkdir()
    (tmp_path / "carl" / "manifest.json").write_text((students[1] / "manifest.json").read_text())
    line = refused(capsys, tmp_path, *ask, tmp_path / "carl")
    assert (
        line == f"sweep: {tmp_path / 'carl'}: holds the very runs of {students[1]}; leave one of them out\n"
    )
    other = build(tmp_path / "other.ipynb", "1", parameters="momentum = 0.9")
    sweep.run(other, {"momentum": [0.5]}, tmp_path / "dora")
    line = refused(capsys, tmp_path, *ask, tmp_path / "dora")
    assert line.startswith(
        f"sweep: {tmp_path / 'dora'}: its runs are of another notebook than those of {students[0]}"
    )
    assert "they have the parameters momentum, and those have learning_rate, steps" in line
    for nothing in ([], {}):
        with pytest.raises(sweep.Refused, match="no folder given"):
            sweep.select(nothing)
    assert "--folders is for tables alone" in refused(
        capsys, tmp_path, notebook, *ask, "--out", tmp_path / "o"
    )


# How long, and how much disk ------------------------------------------------------------------


def timed(monkeypatch, seconds):
    """Runs that only pretend, and take these seconds by their `steps`."""
    pretend(monkeypatch)
    execute = process.execute

    def slow(text, folder, parameters, *more):
        return *execute(text, folder, parameters, *more)[:2], seconds[parameters["steps"]], {}, {}

    monkeypatch.setattr(process, "execute", slow)


def test_a_forecast_is_a_range_from_the_least_to_the_most(monkeypatch, tmp_path, notebook):
    """Worked by hand: five runs left of 10 to 40 s, on two workers."""
    timed(monkeypatch, {5: 10.0, 6: 40.0} | dict.fromkeys(range(7, 12), 99.0))
    out = tmp_path / "runs"
    add, made = folder.Folder.add, []

    def stopping(self, *arguments):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(add(self, *arguments))

    monkeypatch.setattr(folder.Folder, "add", stopping)
    with pytest.raises(KeyboardInterrupt):
        sweep.run(notebook, {"steps": range(5, 12)}, out, workers=1)
    told = sweep.forecast(out, workers=2)
    sizes = [path.stat().st_size for path in out.glob("*.ipynb")]
    assert (told.made, told.left) == (2, 5)
    assert told.seconds == (2.5 * 10, 3 * 40) and told.size == (5 * min(sizes), 5 * max(sizes))
    assert str(told).startswith("5 runs left: about 25 s to 2 min, ") and str(told).endswith("kB of disk")
    assert sweep.forecast(out, workers=100).seconds == (10, 40)  # not shorter than one run
    monkeypatch.setattr(folder.Folder, "add", add)
    sweep.run(notebook, {"steps": range(5, 12)}, out, workers=1, resume=True)
    assert str(sweep.forecast(out)) == "all 7 runs are made" and sweep.forecast(out).seconds == (0, 0)


@pytest.mark.parametrize(
    "ends, told",
    [
        ((0.031, 0.031), "0.031 s"), ((38, 38.4), "38 s"), ((89, 91), "89 s to 1.5 min"),
        ((180, 300), "3 to 5 min"), ((5300, 5500), "88 min to 1.5 h"), ((7200, 86400), "2 to 24 h"),
        ((36 * 3600, 10 * 86400), "1.5 to 10 days"),
    ],
)  # fmt: skip
def test_times_as_a_person_says_them(ends, told):
    assert costs.between(ends, costs.duration) == told


def test_sizes_as_a_person_says_them():
    found = [costs.amount(size) for size in (0, 999, 12_345, 950_000, 1.24e6, 9.6e8, 1.3e12)]
    assert found == ["0 kB", "1 kB", "12 kB", "0.95 MB", "1.2 MB", "0.96 GB", "1.3 TB"]


def test_the_command_says_once_how_long_it_will_take(monkeypatch, capsys, tmp_path, notebook):
    timed(monkeypatch, dict.fromkeys(range(5, 12), 60.0))
    command = [str(notebook), "-p", "steps", *map(str, range(5, 12)), "--out", str(tmp_path / "runs")]
    assert main([*command, "--workers", "2"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sweep: 5 runs left: about 2.5 to 3 min, ") and line.endswith("kB of disk")


def room(monkeypatch, bytes_free):
    real = costs.shutil.disk_usage
    monkeypatch.setattr(costs.shutil, "disk_usage", lambda path: real(path)._replace(free=bytes_free))


def test_a_disk_without_room_is_told_of_before_the_first_run(monkeypatch, capsys, tmp_path, notebook):
    pretend(monkeypatch, lambda _: pytest.fail("a run was made"))
    size = len(notebook.read_bytes())
    room(monkeypatch, 3 * size - 1)
    out = tmp_path / "new" / "runs"
    line = refused(capsys, tmp_path, notebook, "-p", "steps", "5", "6", "7", "--out", out)
    assert line.startswith(f"sweep: {out}: 3 runs leave {costs.amount(3 * size)} at least, and ")
    assert line.endswith("are free there; take another --out, or fewer runs\n")


def test_a_disk_that_fills_stops_the_sweep_while_the_rest_cannot_fit(monkeypatch, capsys, tmp_path, notebook):
    steps = []
    pretend(monkeypatch, lambda parameters: steps.append(parameters["steps"]) or {"note": "x" * 100_000})
    room(monkeypatch, 200_000)  # enough for notebooks without outputs, and for one with
    asked = command(notebook, tmp_path / "runs", "--workers", "1")
    assert main(asked) == 1
    said = capsys.readouterr().err
    assert "sweep: stopped: " in said and "3 runs left need " in said and "--resume goes on" in said
    assert steps[0] == 5 and len(list((tmp_path / "runs").glob("*.ipynb"))) == 1
    room(monkeypatch, 10**12)
    assert main([*asked, "--resume"]) == 0


def test_where_the_disk_may_not_have_room_a_warning_says_so(monkeypatch, tmp_path, notebook):
    texts = {5: "", 6: "x" * 50_000, 7: "", 8: ""}
    pretend(monkeypatch, lambda parameters: {"note": texts[parameters["steps"]]})
    room(monkeypatch, 40_000)
    with pytest.warns(UserWarning, match="2 runs left need .* of disk, and 40 kB are free") as said:
        sweep.run(notebook, {"steps": [5, 6, 7, 8]}, tmp_path / "runs", workers=1)
    assert [each.filename for each in said] == [__file__]


def test_a_dry_run_lists_the_runs_and_does_nothing(monkeypatch, capsys, tmp_path, notebook):
    monkeypatch.setattr(process, "execute", lambda *_: pytest.fail("a run was made"))
    before = files(tmp_path)
    asked = [*command(notebook, tmp_path / "runs"), "--workers", "2", "--dry-run"]
    assert main(asked) == 0
    *listed, told = capsys.readouterr().out.splitlines()
    assert listed == [f"steps-{n}.ipynb" for n in (5, 6, 7, 8)] and files(tmp_path) == before
    assert told.startswith("4 runs, none executed; 2 at once; ") and told.endswith(" of disk free")


def test_a_dry_run_says_what_the_runs_that_are_there_tell(monkeypatch, capsys, interrupted, notebook):
    capsys.readouterr()
    assert main([*command(notebook, interrupted), "--workers", "1", "--dry-run"]) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert f"; in {interrupted}: 3 runs left: about 1.5 s, " in told


# Resume ------------------------------------------------------------------------------------


def command(notebook, out, *more):
    return [str(notebook), "-p", "steps", "5", "6", "7", "8", "--out", str(out), *more]


@pytest.fixture
def interrupted(monkeypatch, tmp_path, notebook):
    """A sweep of four runs that stopped when two were done: 5 is ok, 6 failed, 7 and 8 are pending."""
    add, calls = folder.Folder.add, []

    def stopping(self, *arguments):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(add(self, *arguments))

    def action(parameters):
        if parameters["steps"] == 6:
            raise MemoryError("no room")
        return {"loss": math.inf}

    pretend(monkeypatch, action)
    with monkeypatch.context() as context:
        context.setattr(folder.Folder, "add", stopping)
        assert main(command(notebook, tmp_path / "runs", "--workers", "1")) == 130
    assert files(tmp_path / "runs") == ["manifest.json", "steps-5.ipynb"]
    return tmp_path / "runs"


def made(monkeypatch):
    """Which runs are made from now on; this time, all of them are ok."""
    steps = []
    pretend(monkeypatch, lambda parameters: steps.append(parameters["steps"]) or {"loss": math.inf})
    return steps


def test_a_manifest_says_from_the_start_what_is_pending(interrupted):
    told = manifest(interrupted)["runs"]
    assert [run["outcome"] for run in told] == ["ok", "failed", "pending", "pending"]
    assert [run["output"] for run in told] == ["steps-5.ipynb", None, None, None]
    assert told[0]["recorded"] == {"loss": {"float": "inf"}}
    table = sweep.select(interrupted)
    assert table["outcome"].tolist() == ["ok", "failed", "pending", "pending"]
    assert table["loss"].tolist()[0] == math.inf and table["seconds"].isna().tolist() == [
        False,
        False,
        True,
        True,
    ]


def test_resume_makes_only_what_is_missing(monkeypatch, capsys, interrupted, notebook):
    kept = interrupted / "steps-5.ipynb"
    before = kept.read_bytes(), kept.stat().st_mtime_ns
    steps = made(monkeypatch)
    assert main(command(notebook, interrupted, "--resume", "--workers", "1")) == 0
    assert steps == [6, 7, 8]
    assert (kept.read_bytes(), kept.stat().st_mtime_ns) == before
    assert capsys.readouterr().out == f"4 of 4 runs ok: {interrupted / 'manifest.json'}\n"
    assert files(interrupted) == ["manifest.json", *(f"steps-{n}.ipynb" for n in (5, 6, 7, 8))]

    whole = interrupted.parent / "whole"
    sweep.run(notebook, {"steps": [5, 6, 7, 8]}, whole)
    resumed, at_once = manifest(interrupted), manifest(whole)
    assert resumed.pop("when") <= at_once.pop("when")  # each began when it began
    assert resumed == at_once
    for n in (5, 6, 7, 8):
        assert (interrupted / f"steps-{n}.ipynb").read_bytes() == (whole / f"steps-{n}.ipynb").read_bytes()


def test_resume_of_a_finished_sweep_makes_nothing(monkeypatch, interrupted, notebook):
    steps = made(monkeypatch)
    first = sweep.run(notebook, {"steps": [5, 6, 7, 8]}, interrupted, resume=True)
    again = sweep.run(notebook, {"steps": [5, 6, 7, 8]}, interrupted, resume=True)
    assert sorted(steps) == [6, 7, 8]
    assert [run._replace(seconds=None) for run in again] == [run._replace(seconds=None) for run in first]


def test_a_run_whose_notebook_is_missing_is_made_again(monkeypatch, interrupted, notebook):
    """As when a sweep was killed between its manifest and its notebook."""
    (interrupted / "steps-5.ipynb").unlink()
    steps = made(monkeypatch)
    assert main(command(notebook, interrupted, "--resume")) == 0
    assert sorted(steps) == [5, 6, 7, 8]


def test_files_that_were_cut_short_are_gone_in_the_end(monkeypatch, interrupted, notebook):
    """As when a sweep was killed while it wrote: a notebook stands by then, its second name too, and others
    are half."""
    os.link(interrupted / "steps-5.ipynb", interrupted / ".steps-5.ipynb.part")
    for name in ("manifest.json", "steps-7.ipynb"):
        (interrupted / f".{name}.0123abcd.part").write_text('{"cells": [')
    (interrupted / ".mine.part").write_text("precious")
    made(monkeypatch)
    assert main(command(notebook, interrupted, "--resume", "--workers", "1")) == 0
    assert files(interrupted) == [".mine.part", "manifest.json", *(f"steps-{n}.ipynb" for n in (5, 6, 7, 8))]


def test_what_a_failed_run_left_is_replaced(tmp_path):
    flag = tmp_path / "flag"
    book = build(
        tmp_path / "book.ipynb", f"from pathlib import Path\nassert Path({str(flag)!r}).exists(), 'no flag'"
    )
    (run,) = sweep.run(book, {}, tmp_path / "runs")
    assert run.outcome == "failed" and "no flag" in run.output.read_text()
    flag.touch()
    (run,) = sweep.run(book, {}, tmp_path / "runs", resume=True)
    assert run.outcome == "ok" and "AssertionError" not in run.output.read_text()


def test_without_resume_the_folder_is_refused(capsys, interrupted, notebook):
    line = refused(capsys, interrupted.parent, *command(notebook, interrupted))
    assert "steps-5.ipynb: exists; take another --out" in line
    (interrupted / "steps-5.ipynb").unlink()
    line = refused(capsys, interrupted.parent, *command(notebook, interrupted))
    assert (
        "manifest.json: exists; take another --out, or move it away, or go on with that sweep by --resume"
        in line
    )


def test_nothing_to_resume_is_refused(capsys, tmp_path, notebook):
    line = refused(capsys, tmp_path, *command(notebook, tmp_path / "runs", "--resume"))
    assert line == f"sweep: {tmp_path / 'runs'}: has no manifest.json, so there is nothing to resume\n"


@pytest.mark.parametrize("content, message", MANIFESTS[1:])
def test_a_broken_manifest_is_refused(capsys, interrupted, notebook, content, message):
    (interrupted / "manifest.json").write_text(content, encoding="latin-1")
    line = refused(capsys, interrupted.parent, *command(notebook, interrupted, "--resume"))
    assert line == f"sweep: {interrupted / 'manifest.json'}: {message}\n"


@pytest.mark.parametrize("option", ["--resume", "--dry-run"])
@pytest.mark.parametrize("grid", [["5", "6", "7"], ["5", "6", "7", "8", "9"], ["8", "7", "6", "5"]])
def test_another_grid_is_refused(capsys, interrupted, notebook, grid, option):
    line = refused(capsys, interrupted.parent, notebook, "-p", "steps", *grid, "--out", interrupted, option)
    assert "is of another grid; give the same -p again, or take another --out" in line


@pytest.mark.parametrize("option", ["--resume", "--dry-run"])
def test_another_notebook_is_refused(capsys, interrupted, notebook, option):
    notebook.write_text(notebook.read_text().replace("learning_rate * steps", "learning_rate + steps"))
    line = refused(capsys, interrupted.parent, *command(notebook, interrupted, option))
    assert f"was made from another notebook, or {notebook} has changed since; take another --out" in line


@pytest.mark.parametrize(
    "name, now, told",
    [
        ("numpy", "0.1", f"was made with numpy {np.__version__}, this is numpy 0.1"),
        ("s6lib_sha256", "0" * 64, f"this is s6lib_sha256 {'0' * 64}"),
        ("torch", None, "this is torch (none)"),
    ],
)
def test_other_versions_are_refused(monkeypatch, capsys, interrupted, notebook, name, now, told):
    versions = process.versions()
    if name not in versions:
        pytest.skip(f"{name} is not installed")
    changed = {**versions, name: now} if now else {key: versions[key] for key in versions if key != name}
    monkeypatch.setattr(process, "versions", lambda: changed)
    assert told in refused(capsys, interrupted.parent, *command(notebook, interrupted, "--resume"))


def test_a_stranger_in_the_place_of_a_pending_run_is_refused(capsys, interrupted, notebook):
    (interrupted / "steps-7.ipynb").write_text("precious")
    line = refused(capsys, interrupted.parent, *command(notebook, interrupted, "--resume"))
    assert f"{interrupted / 'steps-7.ipynb'}: exists, and is not of this sweep; move it away" in line


def test_a_second_sweep_into_the_same_folder_is_refused(monkeypatch, capsys, tmp_path, notebook):
    started, go_on = threading.Event(), threading.Event()

    def action(_):
        started.set()
        assert go_on.wait(60)

    pretend(monkeypatch, action)
    out, results = tmp_path / "runs", []
    first = threading.Thread(target=lambda: results.append(sweep.run(notebook, {"steps": [5, 6, 7, 8]}, out)))
    first.start()
    assert started.wait(60)
    for more in ([], ["--resume"]):
        line = refused(capsys, tmp_path, *command(notebook, out, *more))
        assert line == f"sweep: {out}: another sweep is at work there; take another --out, or wait\n"
    other = subprocess.run(
        [sys.executable, "-m", "s6lib.sweep", *command(notebook, out, "--resume")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (other.returncode, other.stderr) == (2, line)
    go_on.set()
    first.join()
    assert [run.outcome for run in results[0]] == ["ok"] * 4
    assert files(out) == ["manifest.json", *(f"steps-{n}.ipynb" for n in (5, 6, 7, 8))]
