"""Who does the runs: processes of this machine, or the workers of a Dask cluster.

Both are context managers that yield a `Place`. Left by an exception, Ctrl-C above all, they end
every run that is still going on.
"""

import asyncio
import concurrent.futures
import contextlib
import importlib.util
import logging
import os
import re
import socket
import threading
from collections.abc import Callable
from typing import NamedTuple

from s6lib import __version__, checks, manifest
from s6lib.sweep import process
from s6lib.sweep.plan import Refused

#: Seconds until an address that does not answer is given up: for the connection, and for Dask's greeting.
CONNECT_TIMEOUT, GREETING_TIMEOUT = 3, 5

#: Seconds that a cluster's workers may take to say what they run on, busy as they may be.
ANSWER_TIMEOUT = 60


class Place(NamedTuple):
    """Where runs are done."""

    versions: dict  #: what `process.versions` says there
    at_once: int  #: runs at the same time
    results: Callable  #: {run: arguments of `process.execute`} -> iterator of (run, what it returned)


class Lost(OSError):
    """The place is gone with the runs it was doing."""


def find(sweep, workers, scheduler, runs):
    """The place for a sweep of so many runs, as a context manager."""
    if scheduler is None:
        count = processors() if workers is None else checks.count("workers", workers, 1)
        return _local(sweep, min(count, max(runs, 1)))
    if workers is not None:
        raise Refused(
            f"workers: got {workers!r} together with a scheduler, whose cluster has its own; give one of them"
        )
    return _cluster(sweep, scheduler)


def processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _local(sweep, workers):
    pool = concurrent.futures.ThreadPoolExecutor(workers)
    threads = max(1, processors() // workers)

    def results(tasks):
        futures = {pool.submit(process.execute, *task, threads): run for run, task in tasks.items()}
        for future in concurrent.futures.as_completed(futures):
            yield futures.pop(future), _result(future)  # with which the executed notebook is let go

    def stop():
        pool.shutdown(wait=False, cancel_futures=True)
        process.stop(sweep)
        pool.shutdown()

    try:
        yield Place(process.versions(), workers, results)
    except BaseException:
        _insist(stop)
        raise
    pool.shutdown()


@contextlib.contextmanager
def _cluster(sweep, address):
    client = _connect(address)
    futures = {}

    def results(tasks):
        from distributed import as_completed

        futures.update(
            {
                client.submit(process.execute, *task, key=f"s6lib-{task[-1]}", pure=False): run
                for run, task in tasks.items()
            }
        )
        # A worker that dies is Dask's to replace: its runs are made again by another, and even one whose
        # result was not fetched yet. A run that fails returns that as its result, and is not made again.
        for future in as_completed(list(futures), loop=client.loop):
            result = _result(future)
            future.release()
            yield futures.pop(future), result

    def stop():
        with contextlib.suppress(Exception):  # the scheduler may be what is gone
            client.cancel(list(futures), force=True)
            client.run(process.stop, sweep)

    try:
        versions = _versions(client, address)
        yield Place(versions, max(1, sum(client.nthreads().values())), results)
    except BaseException:
        if futures:
            _insist(stop)
        raise
    finally:
        client.close(timeout=2)


def _result(future):
    try:
        return future.result()
    except concurrent.futures.CancelledError:
        raise Lost("the scheduler is gone") from None
    except (
        Exception
    ) as error:  # not the notebook's fault: no room for its files, its workers died again and again
        return None, f"{type(error).__name__}: {process.first_line(error)}", 0.0, {}, {}


def _insist(action):
    """Do it to the end, whatever keys are pressed meanwhile."""
    while True:
        try:
            return action()
        except KeyboardInterrupt:
            pass


# Dask: everything that can be wrong before the first run -------------------------------------


def _connect(address):
    parts = re.fullmatch(
        r"tcp://(\[[^\]]+\]|[^:/\s]+):([0-9]{1,5})", address if isinstance(address, str) else ""
    )
    if not parts or not 0 < int(parts[2]) < 65536:
        raise Refused(f"scheduler: got {address!r}; takes an address such as tcp://192.168.0.10:8786")
    if importlib.util.find_spec("distributed") is None:
        raise Refused("scheduler: a cluster needs distributed: pip install distributed")

    def knock():
        with socket.create_connection((parts[1].strip("[]"), int(parts[2])), CONNECT_TIMEOUT) as server:
            if b"pickle-protocol" not in server.recv(
                4096
            ):  # Dask's servers speak first, and distributed would
                raise ValueError(
                    "it does not speak like one"
                )  # wait long, or for exabytes, for what others say

    async def identity():
        async with distributed.rpc(address, timeout=GREETING_TIMEOUT) as server:
            return (await server.identity())["type"]

    def greet():
        for name in ("distributed", "distributed.client"):  # what happens there is told here, in one line
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if (kind := asyncio.run(identity())) != "Scheduler":
            raise ValueError(f"it is a {kind} of Dask")
        return distributed.Client(address, timeout=GREETING_TIMEOUT, set_as_default=False)

    complaint = f"scheduler: no Dask scheduler answers at {address}"
    _within(CONNECT_TIMEOUT, knock, complaint)
    import distributed  # takes a second or two, which are not the scheduler's

    return _within(GREETING_TIMEOUT, greet, complaint)


def _within(seconds, action, complaint):
    """What `action` returns; Refused if it raises or takes longer (a name server may, a server, a worker)."""
    done = []

    def act():
        try:
            done.append((action(), None))
        except Exception as error:
            done.append((None, error))

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(seconds + 0.5)
    result, error = done[0] if done else (None, f"no answer within {seconds} s")
    if error:
        raise Refused(f"{complaint}: {process.first_line(error) or type(error).__name__}")
    return result


def _versions(client, address):
    """What the workers run on; Refused unless all have this s6lib, what it needs, and the same of the
    rest."""

    def ask(*question, **settings):
        return _within(
            ANSWER_TIMEOUT,
            lambda: client.run(*question, **settings),
            f"scheduler: not all workers of {address} answer",
        )

    # In words that a worker without s6lib understands, too.
    found = ask(eval, "__import__('s6lib').__version__", on_error="return")
    if not found:
        raise Refused(f"scheduler: {address} has no workers; start one with: dask worker {address}")
    for worker, version in found.items():
        if isinstance(version, Exception):
            raise Refused(
                f"scheduler: the worker {worker} has no s6lib ({process.first_line(version)}); "
                f"this is s6lib {__version__}"
            )
        if version != __version__:
            raise Refused(f"scheduler: the worker {worker} has s6lib {version}; this is s6lib {__version__}")
    (first, versions), *others = ask(eval, process.VERSIONS).items()
    for worker, other in others:
        if other != versions:
            name = next(name for name in {**versions, **other} if versions.get(name) != other.get(name))
            raise Refused(
                f"scheduler: its workers differ: {first} has {name} {versions.get(name)}, "
                f"{worker} has {name} {other.get(name)}"
            )
    here, there = (found["s6lib_sha256"] for found in (manifest.versions(), versions))
    if there != here:
        raise Refused(
            f"scheduler: its workers have s6lib {__version__} with other content ({there[:8]}) than here "
            f"({here[:8]}); "
            "install the same there"
        )
    if "papermill" not in versions:
        raise Refused(f"scheduler: the worker {first} has no papermill: pip install papermill there")
    return versions
