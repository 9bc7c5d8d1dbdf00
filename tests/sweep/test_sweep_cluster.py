"""Twenty-four runs by other ways: on a Dask cluster that loses a worker, and interrupted and resumed.

The referee computes the same results in this process, by another formula, without a notebook.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from sweeping import build, files, gone, hear_interrupts, psutil, refused

from s6lib import sweep
from s6lib.sweep import places, process

#: Of the 24 runs, how many the interrupted sweep makes, in fours; all with S6LIB_SWEEP_RUNS=24.
RUNS = int(os.environ.get("S6LIB_SWEEP_RUNS", 12))

X, NAMES = [1, 2, 3, 4, 5, 6], ["plain", "été"]
GRID = {"x": X, "y": [0.5, -2.0], "name": NAMES}
SOURCE = """\
from s6lib import sweep

total = 0.0
for power in range(1, 4):
    total += y * x ** power
sweep.record(total=total, name_length=len(name), infinite=float("inf") if x == 6 else None)
total
"""
EXPECTED = [  # the geometric sum in closed form
    {
        "x": x,
        "y": y,
        "name": name,
        "outcome": "ok",
        "total": y * (3 if x == 1 else (x**4 - x) / (x - 1)),
        "name_length": len(name),
        "infinite": float("inf") if x == 6 else None,
    }
    for x in X
    for y in GRID["y"]
    for name in NAMES
]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return build(
        tmp_path_factory.mktemp("a book é") / "the book.ipynb", SOURCE, parameters="x = 0\ny = 0.0\nname = ''"
    )


@pytest.fixture(scope="module")
def distributed():
    return pytest.importorskip(
        "distributed", reason="distributed is not installed: no tests of Dask clusters"
    )


@pytest.fixture(scope="module")
def cluster(distributed):
    """Two worker processes, each with one run at a time."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def resumed(book):
    """The sweep by local processes, killed by SIGKILL when a third of it was done, and resumed."""
    out = book.parent / "interrupted ü"
    command = [
        sys.executable,
        "-m",
        "s6lib.sweep",
        str(book),
        "-p",
        "x",
        *map(str, X[: RUNS // 4]),
        "-p",
        "y",
        "0.5",
        "-2",
        "-p",
        "name",
        *NAMES,
        "--out",
        str(out),
        "--workers",
        "2",
    ]
    process = subprocess.Popen(command)
    wait_until(lambda: done(out) >= RUNS // 3)
    process.kill()
    process.wait()
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.ipynb")}
    kept = [run["output"] for run in manifest(out)["runs"] if run["outcome"] == "ok"]
    assert RUNS // 3 <= len(kept) < RUNS
    subprocess.run([*command, "--resume"], check=True)
    assert all((out / name).stat().st_mtime_ns == before[name] for name in kept if name in before)
    return out


def manifest(out):
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def done(out):
    return (
        sum(run["outcome"] != "pending" for run in manifest(out)["runs"])
        if (out / "manifest.json").exists()
        else 0
    )


def wait_until(condition, seconds=240):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def results(out):
    """The table without its seconds, as dicts; what is missing is None."""
    table = sweep.select(out).drop(columns="seconds").astype(object)
    return table.where(table.notna(), None).to_dict("records")


def test_interrupted_and_resumed_is_as_if_nothing_had_happened(resumed):
    assert results(resumed) == EXPECTED[:RUNS]
    assert files(resumed) == sorted(["manifest.json", *(run["output"] for run in manifest(resumed)["runs"])])


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_cluster_that_loses_a_worker_loses_no_run(book, cluster, resumed):
    out = book.parent / "by Dask ü"
    lost = []

    def kill_one():
        wait_until(lambda: done(out) >= 8)
        worker = psutil.Process(next(iter(cluster.workers.values())).pid)
        wait_until(lambda: len(worker.children(recursive=True)) >= 2)  # a run, and its kernel
        lost.extend([worker, *worker.children(recursive=True)])
        worker.kill()

    killer = threading.Thread(target=kill_one)
    killer.start()
    runs = sweep.run(book, GRID, out, scheduler=cluster.scheduler_address)
    killer.join()
    assert len(lost) >= 3 and all(gone(process.pid) for process in lost)  # no orphan either
    assert [run.outcome for run in runs] == ["ok"] * 24
    assert results(out) == EXPECTED
    assert files(out) == sorted(["manifest.json", *(run.output.name for run in runs)])
    for run in runs[:RUNS]:  # and each notebook as local processes make it, to the byte
        assert run.output.read_bytes() == (resumed / run.output.name).read_bytes()


def test_a_run_that_fails_on_a_cluster_is_not_made_again(cluster, tmp_path):
    book = build(
        tmp_path / "book.ipynb", "open('count', 'a').write('x')\nassert y > 0, y", parameters="y = 0"
    )
    good, bad = sweep.run(book, {"y": [1, -1]}, tmp_path / "runs", scheduler=cluster.scheduler_address)
    assert (good.outcome, bad.outcome) == ("ok", "failed")
    assert bad.error.startswith("AssertionError: -1")
    assert (tmp_path / "count").read_text() == "xx"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_ends_the_runs_on_the_cluster(cluster, tmp_path):
    book = build(
        tmp_path / "book.ipynb",
        parameters="run = 0",
        *[
            "import os, time\nfrom pathlib import "
            "Path\nPath(f'{run}.pid').write_text(str(os.getpid()))\ntime.sleep(996)"
        ],
    )
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "s6lib.sweep",
            str(book),
            "-p",
            "run",
            "1",
            "2",
            "3",
            "--out",
            str(tmp_path / "runs"),
            "--scheduler",
            cluster.scheduler_address,
        ],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    )
    wait_until(lambda: len([path for path in tmp_path.glob("*.pid") if path.read_text()]) == 2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said.startswith("sweep: interrupted; ") and said.count("\n") == 1
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    assert len(pids) == 2 and all(gone(pid) for pid in pids)
    assert [run["outcome"] for run in manifest(tmp_path / "runs")["runs"]] == ["pending"] * 3


@pytest.fixture
def ssh(tmp_path):
    """An SSH server of this user on this machine, and how to log in to it."""
    pytest.importorskip("asyncssh", reason="no SSH server or asyncssh here: no tests of an SSH cluster")
    server = shutil.which("sshd", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not server:
        pytest.skip("no SSH server or asyncssh here: no tests of an SSH cluster")
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True
        )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    host = (tmp_path / "host.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"[localhost]:{port} {host}[127.0.0.1]:{port} {host}")
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": tmp_path / "host",
        "AuthorizedKeysFile": tmp_path / "user.pub",
        "StrictModes": "no",
        "PidFile": "none",
        "SetEnv": f"PYTHONPATH={os.pathsep.join(filter(None, sys.path))}",
    }
    (tmp_path / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    running = subprocess.Popen(
        [server, "-D", "-f", str(tmp_path / "sshd_config"), "-E", str(tmp_path / "log")]
    )
    try:
        wait_until(
            lambda: "listening" in (tmp_path / "log").read_text() if (tmp_path / "log").exists() else 0
        )
        yield {
            "port": port,
            "client_keys": [str(tmp_path / "user")],
            "known_hosts": str(tmp_path / "known_hosts"),
        }
    finally:
        running.terminate()
        running.wait()


def test_a_cluster_by_ssh(distributed, ssh, tmp_path):
    """As the chapter on sweeps starts one, on this machine three times: the scheduler and two workers."""
    book = build(tmp_path / "book.ipynb", SOURCE, parameters="x = 0\ny = 1.0\nname = ''")
    with distributed.SSHCluster(
        ["localhost"] * 3,
        connect_options=ssh,
        worker_options={"nthreads": 1},
        scheduler_options={"dashboard_address": ":0"},
        remote_python=sys.executable,
    ) as cluster:
        runs = sweep.run(book, {"x": [1, 2]}, tmp_path / "runs", scheduler=cluster.scheduler_address)
    assert [(run.outcome, run.recorded["total"]) for run in runs] == [("ok", 3.0), ("ok", 14.0)]


# Wrong addresses and unfit clusters: one line, in good time ----------------------------------


@pytest.fixture
def notebook(tmp_path):
    return build(tmp_path / "book.ipynb", "1")


def refused_soon(capsys, tmp_path, notebook, address):
    start = time.monotonic()
    line = refused(capsys, tmp_path, notebook, "--out", tmp_path / "runs", "--scheduler", address)
    assert time.monotonic() - start < 10
    return line


def test_a_port_where_nothing_listens(capsys, tmp_path, notebook, distributed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    line = refused_soon(capsys, tmp_path, notebook, address)
    assert (
        line.startswith(f"sweep: scheduler: no Dask scheduler answers at {address}: ") and "refused" in line
    )


def test_a_host_that_is_not_there(capsys, tmp_path, notebook, distributed):
    line = refused_soon(capsys, tmp_path, notebook, "tcp://no-such-host.invalid:8786")
    assert "no Dask scheduler answers at tcp://no-such-host.invalid:8786: " in line


def test_a_name_server_that_keeps_silent(monkeypatch, capsys, tmp_path, notebook, distributed):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(20))
    assert "no answer within 3 s" in refused_soon(capsys, tmp_path, notebook, "tcp://cluster:8786")


def test_a_server_that_says_nothing(capsys, tmp_path, notebook, distributed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = refused_soon(capsys, tmp_path, notebook, f"tcp://127.0.0.1:{server.getsockname()[1]}")
    assert line.endswith("timed out\n")


def test_a_server_that_says_something_else(capsys, tmp_path, notebook, distributed):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak():
            connection, _ = server.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        threading.Thread(target=speak, daemon=True).start()
        line = refused_soon(capsys, tmp_path, notebook, f"tcp://127.0.0.1:{server.getsockname()[1]}")
    assert line.endswith("it does not speak like one\n")


def test_a_worker_is_no_scheduler(capsys, tmp_path, notebook, cluster):
    address = next(iter(cluster.scheduler_info["workers"]))
    assert "it is a Worker of Dask" in refused_soon(capsys, tmp_path, notebook, address)


def test_without_distributed_it_says_what_to_install(monkeypatch, capsys, tmp_path, notebook):
    monkeypatch.setitem(sys.modules, "distributed", None)
    line = refused(
        capsys, tmp_path, notebook, "--out", tmp_path / "runs", "--scheduler", "tcp://127.0.0.1:8786"
    )
    assert line == "sweep: scheduler: a cluster needs distributed: pip install distributed\n"


def test_a_cluster_without_workers(capsys, tmp_path, notebook, distributed):
    with distributed.LocalCluster(
        n_workers=0, dashboard_address=":0", silence_logs=50, protocol="tcp://"
    ) as empty:
        line = refused(
            capsys, tmp_path, notebook, "--out", tmp_path / "runs", "--scheduler", empty.scheduler_address
        )
    assert f"{empty.scheduler_address} has no workers; start one with: dask worker" in line


class Workers:
    """A client whose two workers answer as they are told."""

    def __init__(self, s6lib, versions=()):
        self.s6lib, self.versions = s6lib, versions

    def run(self, _, question, **__):
        return dict(zip("AB", self.versions if question == process.VERSIONS else self.s6lib))


def test_workers_without_s6lib_or_with_another_are_refused():
    here = sweep.places.__version__
    fine = {
        "python": "3",
        "papermill": "2",
        **{name: process.versions()[name] for name in ("s6lib", "s6lib_sha256")},
    }
    for s6lib, versions, message in [
        (
            [here, ModuleNotFoundError("No module named 's6lib'")],
            [],
            rf"the worker B has no s6lib \(No module named 's6lib'\); this is s6lib {here}",
        ),
        ([here, "0.0"], [], rf"the worker B has s6lib 0.0; this is s6lib {here}"),
        (
            [here, here],
            [fine, fine | {"torch": "2.6"}],
            "its workers differ: A has torch None, B has torch 2.6",
        ),
        (
            [here, here],
            [fine | {"s6lib_sha256": "0" * 64}] * 2,
            rf"its workers have s6lib {here} with other content \(00000000\) than here",
        ),
        (
            [here, here],
            [{name: fine[name] for name in fine if name != "papermill"}] * 2,
            "the worker A has no papermill",
        ),
    ]:
        with pytest.raises(sweep.Refused, match=message):
            places._versions(Workers(s6lib, versions), "tcp://x:1")
    assert places._versions(Workers([here, here], [fine, fine]), "tcp://x:1") == fine


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_worker_that_stands_still_is_told_of(monkeypatch, capsys, tmp_path, notebook, distributed):
    monkeypatch.setattr(places, "ANSWER_TIMEOUT", 3)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as still:
        (worker,) = (psutil.Process(worker.pid) for worker in still.workers.values())
        worker.suspend()
        try:
            line = refused(
                capsys, tmp_path, notebook, "--out", tmp_path / "runs", "--scheduler", still.scheduler_address
            )
        finally:
            worker.resume()
    assert line.endswith(f"not all workers of {still.scheduler_address} answer: no answer within 3 s\n")


def test_a_real_worker_without_s6lib_is_refused(monkeypatch, capsys, tmp_path, notebook, distributed):
    """Its first answer must not need s6lib to be understood."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text("import sys; sys.modules['s6lib'] = None")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hidden"))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as bare:
        line = refused(
            capsys, tmp_path, notebook, "--out", tmp_path / "runs", "--scheduler", bare.scheduler_address
        )
    assert "has no s6lib (" in line and "this is s6lib" in line
