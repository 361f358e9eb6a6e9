"""What other processes do to a store: here, since a spawned process imports it by its name."""

import time
from pathlib import Path

from ntk_uq.store import JobState, open_store

BIG = 40_000


def meet(directory: Path, name: str, count: int) -> None:
    """Returns when all processes are here, so that they start at once."""
    (directory / name).touch()
    deadline = time.monotonic() + 20
    while len(list(directory.iterdir())) < count:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def claim_all(directory: Path, meeting: Path, name: str) -> None:
    store = open_store(directory)
    jobs = store.jobs.claim(name)
    # Each has one now: however the processes are scheduled, no engine gets all.
    meet(meeting, name, 3)
    while jobs:
        for job in jobs:
            # Its own entry for each claim: a second claim of the same job is another key.
            store.results.put(f"{job.id} claimed by {name}", b"x" * BIG)
            assert store.jobs.finish(job.id, name, JobState.DONE)
        jobs = store.jobs.claim(name, limit=2)


def make_and_write(directory: Path, meeting: Path, name: str) -> None:
    meet(meeting, name, 3)
    store = open_store(directory)
    for number in range(10):
        # The same key and value from everybody, as happens to results.
        store.results.put(f"shared{number}", f"{number}".encode() * BIG)
        store.results.put(f"{name}-{number}", b"own")
        store.jobs.submit("wanted by all", "curve", "{}")
        found = store.results.get(f"shared{number}")
        assert found == f"{number}".encode() * BIG


def write_for_ever(directory: Path) -> None:
    store = open_store(directory)
    store.jobs.submit("j", "curve", "{}")
    store.jobs.claim("e")
    for number in range(10**6):
        store.results.put(str(number % 10), f"{number % 10}".encode() * 10**6)
        store.jobs.progress("j", "e", number + 1, 10**6, "")
