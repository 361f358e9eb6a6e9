"""Several processes at once on one store."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from helpers.store_writers import BIG, claim_all, make_and_write, write_for_ever

from ntk_uq.store import JobState, open_store

SPAWN = multiprocessing.get_context("spawn")
JOBS = 50


def run(target: Callable[..., None], *arguments: tuple[Any, ...]) -> None:
    processes: list[BaseProcess] = [
        SPAWN.Process(target=target, args=each, daemon=True) for each in arguments
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def test_each_job_is_claimed_exactly_once(tmp_path: Path) -> None:
    directory, meeting = tmp_path / "store", tmp_path / "meeting"
    meeting.mkdir()
    store = open_store(directory)
    names = [f"job{number}" for number in range(JOBS)]
    for name in names:
        store.jobs.submit(name, "curve", "{}")
    engines = ["e1", "e2", "e3"]
    run(claim_all, *((directory, meeting, engine) for engine in engines))

    claims = [
        (name, engine)
        for name in names
        for engine in engines
        if store.results.get(f"{name} claimed by {engine}") == b"x" * BIG
    ]
    assert Counter(name for name, _ in claims) == Counter(names)
    assert {engine for _, engine in claims} == set(engines)
    assert {job.state for job in store.jobs.list()} == {JobState.DONE}


def test_making_and_writing_one_store_at_once(tmp_path: Path) -> None:
    directory, meeting = tmp_path / "store", tmp_path / "meeting"
    meeting.mkdir()
    names = ["p1", "p2", "p3"]
    run(make_and_write, *((directory, meeting, name) for name in names))
    store = open_store(directory)
    assert all(
        store.results.get(f"shared{number}") == f"{number}".encode() * BIG for number in range(10)
    )
    assert all(f"{name}-{number}" in store.results for name in names for number in range(10))
    assert len(list(directory.glob("results/*/*/*.val"))) == 10
    (job,) = store.jobs.list()
    assert job.submissions == 30


def test_a_killed_writer_leaves_whole_results(tmp_path: Path) -> None:
    process = SPAWN.Process(target=write_for_ever, args=(tmp_path / "store",), daemon=True)
    process.start()
    deadline = time.monotonic() + 20
    store = None
    while store is None or (job := store.jobs.get("j")) is None or job.done < 12:
        assert time.monotonic() < deadline
        assert process.is_alive()
        time.sleep(0.01)
        store = open_store(tmp_path / "store") if store is None else store
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)

    again = open_store(tmp_path / "store")
    for number in range(10):
        assert again.results.get(str(number)) == f"{number}".encode() * 10**6
    again.results.put("after", b"v")
    assert again.jobs.request_cancel("j").cancel_requested
