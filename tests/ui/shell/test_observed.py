"""How the server is, looked at once in a few seconds."""

import asyncio
import threading

import pytest
from helpers.disks import fill, small_disk

from ntk_uq.base import settings
from ntk_uq.store import open_store
from ntk_uq.ui.shell import observed
from ntk_uq.ui.shell.observed import NONE_YET, SILENT, Observed, Observer


def test_whoever_asks_at_one_moment_gets_one_look(tmp_path):
    begun, go, seen = threading.Event(), threading.Event(), []

    def look(directory):
        seen.append(directory)
        begun.set()
        go.wait(10)
        return Observed("", None)

    now = [0.0]
    observer = Observer(look, lambda: now[0])

    async def many():
        asking = [asyncio.ensure_future(observer.now(tmp_path)) for _ in range(50)]
        await asyncio.sleep(0)
        begun.wait(10)
        go.set()
        return await asyncio.gather(*asking)

    assert set(asyncio.run(many())) == {Observed("", None)}
    assert seen == [tmp_path]
    now[0] = observed.FRESH_SECONDS - 0.1
    asyncio.run(observer.now(tmp_path))
    assert len(seen) == 1
    asyncio.run(observer.now(tmp_path / "other"))  # another store is another question
    now[0] += observed.FRESH_SECONDS + 0.1
    asyncio.run(observer.now(tmp_path / "other"))
    assert len(seen) == 3


def test_a_store_that_does_not_answer_keeps_nobody_and_takes_one_thread(tmp_path):
    go, seen = threading.Event(), []

    def look(directory):
        seen.append(directory)
        go.wait(10)
        return Observed("")

    observer = Observer(look, patience=0.05)
    for _ in range(3):
        assert asyncio.run(observer.now(tmp_path)) == Observed(SILENT)
    assert len(seen) == 1
    go.set()
    assert asyncio.run(observer.now(tmp_path)) == Observed("")


def test_what_is_a_defect_is_no_answer_and_is_looked_at_again(tmp_path):
    failures = [ZeroDivisionError()]

    def look(directory):
        if failures:
            raise failures.pop()
        return Observed("")

    observer = Observer(look)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(observer.now(tmp_path))
    assert asyncio.run(observer.now(tmp_path)) == Observed("")


def test_looking_makes_no_store_and_takes_up_one_that_comes(looks):
    directory = settings.store_directory()
    assert asyncio.run(observed.observed()).reason == NONE_YET
    assert not directory.exists()
    directory.mkdir(parents=True)
    looks.later()
    assert asyncio.run(observed.observed()).reason == NONE_YET
    assert not list(directory.iterdir())
    open_store(directory).close()
    looks.later()
    assert asyncio.run(observed.observed()).reason == ""


def test_a_full_disk_is_read_and_told(looks, tmp_path, monkeypatch):
    with small_disk(tmp_path / "disk") as disk:
        monkeypatch.setenv("NTK_UQ_STORE", str(disk / "store"))
        with open_store(disk / "store") as store:
            store.jobs.submit("a", "curve", "{}")
            store.results.put("k", b"v")
            fill(disk)
            found = asyncio.run(observed.observed())
            assert (found.reason, found.health.free) == ("", 0)
            assert found.health.under_way["queued"] == found.volume.results == 1
        # And by a process that starts now, which has nothing open.
        monkeypatch.setattr(observed, "_OBSERVER", observed.Observer(observed._Eye()))
        found = asyncio.run(observed.observed())
        assert (found.reason, found.health.free, found.volume.results) == ("", 0, 1)
