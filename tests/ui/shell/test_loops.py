"""Event loops that open no files before they run, and are woken once for many calls."""

import asyncio
import gc
import threading
from pathlib import Path

import pytest

from ntk_uq.ui.shell.loops import LateLoop, wake_once

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


def test_a_loop_is_woken_once_for_many_calls_and_again_for_later_ones():
    async def calls(sent):
        loop, came = asyncio.get_running_loop(), []
        write = loop._write_to_self
        loop._write_to_self = lambda: (sent.append(1), write())
        wake_once(loop)

        def run(count):
            for number in range(count):
                loop.call_soon_threadsafe(came.append, number)

        for round_ in range(3):
            came.clear()
            thread = threading.Thread(target=run, args=(500,))
            thread.start()
            thread.join()  # the loop does not wake meanwhile
            assert len(sent) == round_ + 1
            await asyncio.sleep(0)
            assert came == list(range(500))
            await asyncio.sleep(0.01)  # it reads what it was sent
        came.clear()
        later = threading.Timer(0.05, run, args=(1,))
        later.start()
        await asyncio.to_thread(later.join)  # it waits, and is woken
        return came

    assert asyncio.run(calls([])) == [0]
