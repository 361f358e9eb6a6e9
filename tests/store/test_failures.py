"""What SQLite and the file system report is told in words, whatever they quote."""

import sqlite3
from pathlib import Path

import pytest

from ntk_uq.base.errors import StoreDamagedError
from ntk_uq.store import open_store
from ntk_uq.store.check import checked
from ntk_uq.store.rescue import repair

TABLES = {"jobs.sqlite": b"engines", "results/cache.db": b"Settings"}
"""A table of each database."""


@pytest.mark.parametrize("name", TABLES)
def test_a_damaged_name_that_is_no_text_is_told(name: str, tmp_path: Path) -> None:
    """SQLite quotes the name, and Python cannot read what it quotes."""
    with open_store(tmp_path) as store:
        store.results.put("k", b"v")
        store.jobs.submit("j", "curve", "{}")
    table, path = TABLES[name], tmp_path / name
    content = path.read_bytes()
    damaged = content.replace(b"CREATE TABLE " + table, b"CREATX TABLE \xcc" + table[1:])
    damaged = damaged.replace(table * 2, b"\xcc" + table[1:] + table)
    assert damaged != content
    path.write_bytes(damaged)
    with pytest.raises(UnicodeDecodeError):
        sqlite3.connect(path).execute("SELECT * FROM sqlite_master")
    with (
        pytest.raises(StoreDamagedError, match=r"is damaged \(a name in it is no text\).*--repair"),
        open_store(tmp_path) as store,
    ):
        store.results.get("k")
    (found,) = checked(tmp_path).damaged
    assert (found.path, found.reason) == (path, "a name in it is no text")
    repair(tmp_path)
    with open_store(tmp_path) as store:
        assert store.results.get("k") == b"v"
        assert [job.id for job in store.jobs.list()] == ["j"]
