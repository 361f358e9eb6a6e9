"""What the disk refuses: foreign types on the way in, foreign entries on the way out."""

import sqlite3
from pathlib import Path

import diskcache
import pytest

from ntk_uq.base.errors import StoreError
from ntk_uq.store.disk import MIN_FILE_SIZE, BytesDisk, open_cache
from ntk_uq.store.results import ResultsCache

BIG = bytes(range(256)) * 200
assert len(BIG) > MIN_FILE_SIZE


@pytest.fixture
def results(tmp_path: Path) -> ResultsCache:
    return ResultsCache(tmp_path / "results")


def plant(results: ResultsCache, sql: str, *values: object) -> None:
    """Changes the database behind the cache's back."""
    connection = sqlite3.connect(results.directory / "cache.db")
    with connection:
        connection.execute(sql, values)
    connection.close()


def value_file(results: ResultsCache) -> Path:
    (path,) = results.directory.glob("*/*/*.val")
    return path


@pytest.mark.parametrize("key", [b"k", 1, 1.0, None, ("k",)])
def test_only_str_keys(results: ResultsCache, key: object) -> None:
    for use in (results.get, results.delete, results.__contains__):
        with pytest.raises(TypeError, match="a key of the store is a str"):
            use(key)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a key of the store is a str"):
        results.put(key, b"v")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["text", 1, None, {"a": 1}, bytearray(b"v"), memoryview(b"v")])
def test_only_bytes_values(results: ResultsCache, value: object) -> None:
    with pytest.raises(TypeError, match="a value of the store is bytes"):
        results.put("k", value)  # type: ignore[arg-type]
    assert "k" not in results


def test_file_objects_are_refused_both_ways(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "c")
    cache.set("k", b"v")
    with (tmp_path / "f").open("wb+") as file, pytest.raises(TypeError, match="is bytes"):
        cache.set("k", file, read=True)
    with pytest.raises(TypeError, match="not as files"):
        cache.read("k")


def pickle_that_creates(marker: Path) -> bytes:
    return f"cbuiltins\nopen\n(S'{marker}'\nS'w'\ntR.".encode()


@pytest.mark.parametrize("in_file", [False, True])
def test_planted_pickle_is_never_executed(
    tmp_path: Path, results: ResultsCache, in_file: bool
) -> None:
    marker = tmp_path / "executed"
    payload = pickle_that_creates(marker)
    results.put("k", BIG if in_file else b"small")
    if in_file:
        value_file(results).write_bytes(payload)
        plant(results, "UPDATE Cache SET mode = 4")
    else:
        plant(results, "UPDATE Cache SET mode = 4, value = ?", payload)

    assert "k" in results
    assert results.get("k") is None
    assert not marker.exists()
    assert "k" not in results, "the entry is deleted"


def test_the_planted_pickle_is_live(tmp_path: Path, results: ResultsCache) -> None:
    """diskcache's default disk executes it: otherwise the test above would prove nothing."""
    marker = tmp_path / "executed"
    results.put("k", b"small")
    plant(results, "UPDATE Cache SET mode = 4, value = ?", pickle_that_creates(marker))
    diskcache.Cache(str(results.directory)).get("k")
    assert marker.exists()


def test_planted_pickled_key_is_never_executed(tmp_path: Path, results: ResultsCache) -> None:
    marker = tmp_path / "executed"
    results.put("k", b"v")
    plant(results, "UPDATE Cache SET raw = 0, key = ?", pickle_that_creates(marker))
    cache = open_cache(results.directory)
    with pytest.raises(Exception, match="not a plain str"):
        list(cache)
    assert not marker.exists()
    assert results.get("k") is None


@pytest.mark.parametrize("mode", [0, 3, 4, 7, "raw"])
def test_foreign_modes_read_as_missing(results: ResultsCache, mode: object) -> None:
    results.put("k", b"v")
    plant(results, "UPDATE Cache SET mode = ?", mode)
    assert results.get("k") is None


@pytest.mark.parametrize("value", ["text", 7, None, b"short"])
def test_foreign_values_read_as_missing(results: ResultsCache, value: object) -> None:
    results.put("k", b"v")
    plant(results, "UPDATE Cache SET value = ?", value)
    assert results.get("k") is None


@pytest.mark.parametrize("absolute", [False, True])
def test_file_outside_is_neither_read_nor_removed(
    tmp_path: Path, results: ResultsCache, absolute: bool
) -> None:
    results.put("k", BIG)
    outside = tmp_path / "outside.val"
    outside.write_bytes(value_file(results).read_bytes())  # with a checksum that is right
    filename = str(outside) if absolute else "../outside.val"
    plant(results, "UPDATE Cache SET filename = ?", filename)
    assert results.get("k") is None
    assert "k" not in results
    assert outside.exists()


def test_link_to_the_outside_is_not_followed(tmp_path: Path, results: ResultsCache) -> None:
    results.put("k", BIG)
    path = value_file(results)
    outside = tmp_path / "outside.val"
    path.rename(outside)
    path.symlink_to(outside)
    assert results.get("k") is None
    assert outside.exists()


@pytest.mark.parametrize("column", ["cache.db", "cache.db-wal", "00", 5])
def test_file_inside_that_is_no_value_is_kept(results: ResultsCache, column: object) -> None:
    results.put("k", BIG)
    results.put("other", b"v")
    plant(results, "UPDATE Cache SET filename = ? WHERE key = 'k'", column)
    assert results.get("k") is None
    assert ResultsCache(results.directory).get("other") == b"v"


def test_removing_a_small_entry_with_a_planted_file_name(
    tmp_path: Path, results: ResultsCache
) -> None:
    results.put("k", b"v")
    outside = tmp_path / "outside"
    outside.touch()
    plant(results, "UPDATE Cache SET filename = '../outside'")
    assert results.delete("k")
    assert outside.exists()


def test_value_file_that_is_a_directory(results: ResultsCache) -> None:
    results.put("k", BIG)
    path = value_file(results)
    path.unlink()
    path.mkdir()
    assert results.get("k") is None


def test_settings_in_the_database_cannot_move_the_directory(
    tmp_path: Path, results: ResultsCache
) -> None:
    results.put("k", BIG)
    for name, value in [("disk__directory", str(tmp_path)), ("disk_fetch", "x")]:
        plant(results, "INSERT INTO Settings VALUES (?, ?)", name, value)
    assert ResultsCache(results.directory).get("k") == BIG


def test_reopening_keeps_disk_and_policy(tmp_path: Path) -> None:
    directory = tmp_path / "c"
    # As left behind by a program that opened it without our disk and settings.
    diskcache.Cache(str(directory), eviction_policy="least-recently-used", cull_limit=10).close()
    cache = open_cache(directory)
    assert type(cache.disk) is BytesDisk
    assert cache.eviction_policy == "none"
    assert cache.cull_limit == 0
    assert cache.statistics == 0


def test_nothing_is_evicted_beyond_the_size_limit(tmp_path: Path) -> None:
    results = ResultsCache(tmp_path / "results")
    results._cache.reset("size_limit", 1)
    for number in range(20):
        results.put(str(number), BIG)
    assert all(str(number) in results for number in range(20))


def test_directory_is_private(results: ResultsCache) -> None:
    assert results.directory.stat().st_mode & 0o777 == 0o700


def test_path_that_diskcache_would_expand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE", "somewhere")
    with pytest.raises(StoreError, match=r"choose a path without \$"):
        open_cache(tmp_path / "$ELSEWHERE")
    assert list(tmp_path.iterdir()) == []
