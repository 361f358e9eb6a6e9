"""A database and its log read together, as SQLite reads them."""

import shutil
import sqlite3

import pytest

from ntk_uq.store import write_ahead
from ntk_uq.store.database import Database


@pytest.fixture
def logged(tmp_path):
    """A database whose last rows lie in its log alone, some of them written twice; its path."""
    source = sqlite3.connect(tmp_path / "source", isolation_level=None)
    source.execute("PRAGMA journal_mode = WAL")
    source.execute("PRAGMA wal_autocheckpoint = 0")
    source.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)")
    for _ in range(2):
        source.executemany("INSERT INTO t (text) VALUES (?)", [("x" * n,) for n in range(300)])
        source.execute("PRAGMA wal_checkpoint(RESTART)")
    source.execute("UPDATE t SET text = 'changed' WHERE n % 7 = 0")
    source.execute("DELETE FROM t WHERE n > 500")
    path = tmp_path / "copy"
    for end in ("", "-wal"):
        shutil.copyfile(f"{tmp_path / 'source'}{end}", f"{path}{end}")
    rows = source.execute("SELECT * FROM t").fetchall()
    source.close()
    return path, rows


def rows_of(image):
    connection = sqlite3.connect(":memory:")
    connection.deserialize(image)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return connection.execute("SELECT * FROM t").fetchall()


def test_it_is_what_sqlite_reads(logged):
    path, rows = logged
    assert rows_of(write_ahead.read(path)) == rows


def test_a_commit_that_is_not_whole_is_none(logged):
    path, _ = logged
    log = path.with_name("copy-wal")
    whole = log.read_bytes()
    log.write_bytes(whole[:-100])
    expected = sqlite3.connect(path).execute("SELECT * FROM t").fetchall()
    log.write_bytes(whole[:-100])
    assert rows_of(write_ahead.read(path)) == expected


def test_a_log_is_read_where_there_is_no_room_for_what_sqlite_needs(logged, monkeypatch):
    path, rows = logged

    def no_room(self):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
        raise error

    monkeypatch.setattr(Database, "_open", no_room)
    database = Database(path, lambda _: None, functions={"twice": lambda n: 2 * n})
    with database.read() as connection:
        assert [tuple(row) for row in connection.execute("SELECT * FROM t")] == rows
        assert connection.execute("SELECT twice(3)").fetchone()[0] == 6
    with database.read() as again:
        assert again is connection  # it is not read twice
    path.write_bytes(path.read_bytes())
    with database.read() as other:
        assert other is not connection
    database.close()
