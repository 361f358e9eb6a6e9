"""The results' connections: lent to threads, and few."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ntk_uq.store import ResultsCache
from ntk_uq.store.database import MOST_IDLE, Database
from ntk_uq.store.lending import MOST_CONNECTIONS

THREADS = 60


@pytest.fixture
def results(tmp_path):
    with_a_result = ResultsCache(tmp_path / "results")
    with_a_result.put("key", b"value")
    return with_a_result


def open_files(results):
    """Open files of this process in the results' directory."""
    there = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            there += str(entry.readlink()).startswith(str(results.directory))
        except FileNotFoundError:
            continue
    return there


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no list of open files")
def test_threads_that_all_read_at_one_moment_leave_few_files_open(results):
    together, found = threading.Barrier(THREADS), []

    def read():
        together.wait()
        found.extend(results.get("key") for _ in range(20))
        together.wait()  # all are still there
        if together.wait() == 0:
            found.append(open_files(results))
        together.wait()

    threads = [threading.Thread(target=read) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    (at_once,) = [value for value in found if isinstance(value, int)]
    assert found.count(b"value") == 20 * THREADS
    # The database, its log and the memory that its processes share.
    assert at_once <= 3 * MOST_CONNECTIONS
    assert open_files(results) <= 3 * MOST_CONNECTIONS


def test_a_transaction_is_one_thread_s_alone(results):
    cache, inside, out = results._cache, threading.Event(), threading.Event()
    seen = []

    def other():
        inside.wait(10)
        seen.append(results.get("key"))
        out.set()

    thread = threading.Thread(target=other)
    thread.start()
    with cache.transact():
        cache.set("key", b"new")
        inside.set()
        assert out.wait(10)
    thread.join(10)
    assert seen == [b"value"]  # not what is not committed yet, as on one connection
    assert results.get("key") == b"new"


FORK = """
import os, sys
from pathlib import Path
from ntk_uq.store import ResultsCache
results = ResultsCache(Path(sys.argv[1]))
assert results.get("key") == b"value"
parents = list(results._cache._idle)
assert parents
child = os.fork()
if child == 0:
    sound = results.get("key") == b"value"
    fresh = not any(one is parent for one in results._cache._idle for parent in parents)
    os._exit(0 if sound and fresh else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert results.get("key") == b"value"
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_a_forked_child_opens_its_own(results):
    subprocess.run([sys.executable, "-c", FORK, str(results.directory)], check=True, timeout=60)


def test_a_crowd_of_readers_of_the_job_table_leaves_few_connections(tmp_path):
    database = Database(tmp_path / "x.sqlite", lambda _: None)
    meet = threading.Barrier(20)

    def look():
        with database.read() as connection:
            connection.execute("SELECT 1").fetchone()
            meet.wait(30)

    crowd = [threading.Thread(target=look) for _ in range(20)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(database._idle) == MOST_IDLE
    database.close()
