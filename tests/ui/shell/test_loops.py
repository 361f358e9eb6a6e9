"""Event loops that open no files before they run."""

import asyncio
import gc
import threading
from pathlib import Path

import pytest

from ntk_uq.ui.shell.loops import LateLoop

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no list of open files")


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_loops_that_never_run_open_nothing():
    gc.collect()
    before = open_files()
    loops = [LateLoop() for _ in range(20)]
    for loop in loops:
        loop.call_soon_threadsafe(print)
    assert open_files() == before
    for loop in loops:
        loop.close()
    assert open_files() == before


def test_one_that_runs_is_woken_and_closes_what_it_opened():
    before = open_files()
    loop = LateLoop()

    async def waited():
        asked = loop.create_future()
        threading.Timer(0.05, lambda: loop.call_soon_threadsafe(asked.set_result, 3)).start()
        await asyncio.sleep(0)
        return await asyncio.wait_for(asked, 10)

    assert loop.run_until_complete(waited()) == 3
    assert loop.run_until_complete(waited()) == 3  # and again
    assert open_files() > before
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    assert open_files() == before


def test_what_was_asked_of_it_before_is_done_when_it_runs():
    loop, done = LateLoop(), []
    loop.call_soon_threadsafe(done.append, 1)
    loop.run_until_complete(asyncio.sleep(0))
    assert done == [1]
    loop.close()
