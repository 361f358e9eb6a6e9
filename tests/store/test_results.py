"""The results cache: what is put is got back, whole, or not at all."""

import errno
import logging
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import diskcache.core
import pytest

from ntk_uq.base.errors import StoreError, StoreFullError
from ntk_uq.store.results import ResultsCache

SMALL = b"small"
BIG = bytes(range(256)) * 400


@pytest.fixture
def results(tmp_path: Path) -> ResultsCache:
    return ResultsCache(tmp_path / "results")


def value_files(results: ResultsCache) -> list[Path]:
    return list(results.directory.glob("*/*/*.val"))


@pytest.mark.parametrize("value", [b"", SMALL, BIG], ids=["empty", "row", "file"])
def test_put_and_get(results: ResultsCache, value: bytes) -> None:
    assert results.get("k") is None
    assert "k" not in results
    results.put("k", value)
    assert "k" in results
    assert results.get("k") == value
    assert ResultsCache(results.directory).get("k") == value


def test_replacing_leaves_one_file(results: ResultsCache) -> None:
    for last in (b"1", b"2", b"3"):
        results.put("k", BIG + last)
    assert results.get("k") == BIG + b"3"
    assert len(value_files(results)) == 1


def test_get_many_and_delete(results: ResultsCache) -> None:
    results.put("a", SMALL)
    results.put("c", BIG)
    assert results.get_many(["c", "b", "a"]) == {"c": BIG, "a": SMALL}
    assert results.delete("c") is True
    assert results.delete("c") is False
    assert results.get_many(["c", "a"]) == {"a": SMALL}
    assert value_files(results) == []


def test_many_are_read_as_one_by_one(
    results: ResultsCache, caplog: pytest.LogCaptureFixture
) -> None:
    keys = [f"{number:04}" for number in range(1201)]
    for key in keys[::100]:
        results.put(key, SMALL + key.encode())
    results.put("big", BIG)
    assert list(results.get_many([*keys, "big"])) == [*keys[::100], "big"]
    assert results.get_many([keys[0], keys[0]]) == {keys[0]: SMALL + keys[0].encode()}
    value_files(results)[0].write_bytes(b"other")
    with caplog.at_level(logging.WARNING):
        assert results.get_many(["big", keys[0]]) == {keys[0]: SMALL + keys[0].encode()}
    assert "the result big is damaged" in caplog.text
    assert "big" not in results
    assert results.get_many([]) == {}


def test_whoever_reads_one_in_a_way_of_its_own_reads_many_so() -> None:
    import ntk_uq.engine.inline  # noqa: F401 (which has one of them)

    others = [cls for cls in ResultsCache.__subclasses__() if "get" in vars(cls)]
    assert {"NotedResults", "Overlay"} <= {cls.__name__ for cls in others}
    assert all("get_many" in vars(cls) for cls in others)


def test_use_after_close(results: ResultsCache) -> None:
    results.put("k", SMALL)
    results.close()
    assert results.get("k") == SMALL


def test_flipped_byte_in_a_row(results: ResultsCache, caplog: pytest.LogCaptureFixture) -> None:
    results.put("k", SMALL)
    connection = sqlite3.connect(results.directory / "cache.db")
    with connection:
        ((value,),) = connection.execute("SELECT value FROM Cache").fetchall()
        flipped = value[:-1] + bytes([value[-1] ^ 1])
        connection.execute("UPDATE Cache SET value = ?", (flipped,))
    connection.close()
    assert_damaged(results, caplog, "its checksum is wrong")


def test_flipped_byte_in_a_file(results: ResultsCache, caplog: pytest.LogCaptureFixture) -> None:
    results.put("k", BIG)
    (path,) = value_files(results)
    data = bytearray(path.read_bytes())
    data[-7] ^= 1
    path.write_bytes(data)
    assert_damaged(results, caplog, "its checksum is wrong")


@pytest.mark.parametrize("size", [0, 31, 32, 1000])
def test_truncated_file(results: ResultsCache, caplog: pytest.LogCaptureFixture, size: int) -> None:
    results.put("k", BIG)
    (path,) = value_files(results)
    os.truncate(path, size)
    assert_damaged(results, caplog, "it is too short" if size < 32 else "its checksum is wrong")


def test_missing_file(results: ResultsCache, caplog: pytest.LogCaptureFixture) -> None:
    results.put("k", BIG)
    (path,) = value_files(results)
    path.unlink()
    assert_damaged(results, caplog, "its file is missing")


def assert_damaged(results: ResultsCache, caplog: pytest.LogCaptureFixture, reason: str) -> None:
    results.put("sound", SMALL)
    with caplog.at_level(logging.WARNING):
        assert results.get("k") is None
    assert f"the result k is damaged ({reason}" in caplog.text
    assert "k" not in results
    assert value_files(results) == []
    results.put("k", BIG)
    assert results.get_many(["k", "sound"]) == {"k": BIG, "sound": SMALL}


def test_entry_replaced_while_it_is_read_is_not_deleted(
    results: ResultsCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading the row and its file, another process replaces both."""
    results.put("k", BIG)
    other = ResultsCache(results.directory)
    disk = results._cache.disk
    fetch, calls = type(disk).fetch, []

    def slow_fetch(self: Any, *args: Any) -> bytes:
        if not calls:
            calls.append(1)
            other.put("k", BIG + b"new")
        return fetch(self, *args)

    monkeypatch.setattr(type(disk), "fetch", slow_fetch)
    assert results.get("k") == BIG + b"new"
    assert results.get("k") == BIG + b"new"


def test_damaged_entry_that_cannot_be_deleted_still_reads_as_missing(
    results: ResultsCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    results.put("k", BIG)
    value_files(results)[0].unlink()

    def full(key: str) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(results._cache, "delete", full)
    assert results.get("k") is None
    assert "k" in results
    monkeypatch.undo()
    assert results.get("k") is None
    assert "k" not in results


class FullFile:
    """A file on a disk that fills up after the first write."""

    def __init__(self, file: Any, code: int) -> None:
        self._file, self._code, self._writes = file, code, 0

    def write(self, data: bytes) -> int:
        self._writes += 1
        if self._writes > 1:
            raise OSError(self._code, os.strerror(self._code))
        return int(self._file.write(data))

    def __enter__(self) -> "FullFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_disk_full_while_a_file_is_written(
    results: ResultsCache, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    results.put("old", BIG)

    def open_on_full_disk(path: str, mode: str, encoding: None = None) -> FullFile:
        return FullFile(Path(path).open(mode), code)

    monkeypatch.setattr(diskcache.core, "open", open_on_full_disk, raising=False)
    for key in ("new", "old"):
        with pytest.raises(StoreFullError, match="Free space there, or set NTK_UQ_STORE") as info:
            results.put(key, BIG + b"new")
        assert str(results.directory) in str(info.value)
    monkeypatch.undo()
    assert_only_old(results)


def test_database_full_in_words(results: ResultsCache, monkeypatch: pytest.MonkeyPatch) -> None:
    results.put("old", BIG)

    def full(*args: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(results._cache, "_row_insert", full)
    with pytest.raises(StoreFullError, match=str(results.directory)):
        results.put("new", BIG)
    monkeypatch.undo()
    assert_only_old(results)


def test_database_full_and_rolled_back_by_itself(
    results: ResultsCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The explicit rollback fails then, and hides why there was one."""
    results.put("old", BIG)

    def full(*args: object) -> None:
        results._cache._con.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(results._cache, "_row_insert", full)
    with pytest.raises(StoreFullError):
        results.put("new", BIG)
    monkeypatch.undo()
    assert_only_old(results)


def test_failure_of_the_commit_itself(results: ResultsCache) -> None:
    results.put("old", BIG)

    def no_commit(action: int, operation: str | None, *_: object) -> int:
        denied = action == sqlite3.SQLITE_TRANSACTION and operation == "COMMIT"
        return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK

    results._cache._con.set_authorizer(no_commit)
    with pytest.raises(StoreError, match="not authorized"):
        results.put("new", BIG)
    # The transaction was still open: it must neither block others nor be committed later.
    assert_only_old(results)


@pytest.mark.parametrize("size", [30_000, 100_000])
def test_database_really_full(results: ResultsCache, size: int) -> None:
    """SQLite's own limit of pages, so that its rollback is the real one, too."""
    results.put("old", BIG)
    connection = results._cache._con
    ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFullError):
        # The key is in the row and in an index: it needs pages even where the value is a file.
        results.put("new" * 10_000, bytes(size))
    assert "new" * 10_000 not in results
    assert_only_old(results)


def assert_only_old(results: ResultsCache) -> None:
    """Nothing new is found, nothing old is lost, no file is left over, and writing works."""
    for cache in (results, ResultsCache(results.directory)):
        assert "new" not in cache
        assert cache.get("new") is None
        assert cache.get("old") == BIG
    assert len(value_files(results)) == 1
    results.put("new", SMALL)
    assert results.get("new") == SMALL


def test_locked_database(results: ResultsCache, monkeypatch: pytest.MonkeyPatch) -> None:
    results.put("old", BIG)
    results._cache._timeout = 0
    results.close()
    blocker = sqlite3.connect(results.directory / "cache.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="stayed locked by another process"):
        results.put("new", BIG)
    assert results.get("old") == BIG, "readers do not wait"
    blocker.execute("ROLLBACK")
    blocker.close()
    assert_only_old(results)


def test_database_that_is_none(results: ResultsCache) -> None:
    results.close()
    for name in ("cache.db-wal", "cache.db-shm"):
        (results.directory / name).unlink(missing_ok=True)
    (results.directory / "cache.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"is damaged.*store check --repair"):
        ResultsCache(results.directory)


def test_unreadable_file_is_an_error_not_a_missing_result(
    results: ResultsCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    results.put("k", BIG)

    def refuse(self: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(StoreError, match="cannot be read: Too many open files"):
        results.get("k")
    monkeypatch.undo()
    assert results.get("k") == BIG


def test_an_error_the_caller_is_handling_is_not_the_cause(results: ResultsCache) -> None:
    results.close()
    (results.directory / "cache.db").unlink()
    (results.directory / "cache.db").mkdir()
    try:
        raise OSError(errno.ENOSPC, "of the caller")
    except OSError:
        with pytest.raises(StoreError) as info:
            ResultsCache(results.directory)
    assert not isinstance(info.value, StoreFullError)


def test_threads(results: ResultsCache) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                key = str(turn)  # the same keys in every thread, with the same values
                results.put(key, key.encode() * 10_000)
                assert results.get(key) in (None, key.encode() * 10_000)
                results.put(f"{number}-{turn}", SMALL)
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(results.get(str(turn)) == str(turn).encode() * 10_000 for turn in range(10))
    assert all(f"{n}-{turn}" in results for n in range(4) for turn in range(10))


def test_json(results: ResultsCache) -> None:
    results.put_json("k", {"b": [1, 2.5, "σ"], "a": None})
    assert results.get("k") == '{"a":null,"b":[1,2.5,"σ"]}'.encode()
    assert results.get_json("k") == {"a": None, "b": [1, 2.5, "σ"]}
    assert results.get_json("missing") is None


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], None])
def test_json_refuses_what_it_cannot_give_back(results: ResultsCache, value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON"):
        results.put_json("k", value)
    assert "k" not in results


def test_get_json_of_what_is_not(results: ResultsCache) -> None:
    results.put("k", b"NaN")
    with pytest.raises(ValueError, match="NaN is not JSON"):
        results.get_json("k")
    assert "k" in results
