"""A store is read where nothing can be written: a full disk, a read-only one, SQLite's own files
among what cannot be made."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.disks import fill, small_disk

from ntk_uq.base.errors import StoreFullError, StoreNotWritableError
from ntk_uq.store import Store, open_store, schema
from ntk_uq.store.reading import Reading

BIG = b"v" * 100_000
MAKE = """
import os, sys
from pathlib import Path
from ntk_uq.store import open_store
store = open_store(Path(sys.argv[1]))
store.results.put("k", b"v")
store.results.put("big", b"v" * 100_000)
store.jobs.submit("j", "curve", "{}")
if sys.argv[2] == "killed":
    os._exit(0)
store.close()
"""


@pytest.fixture
def disk(tmp_path):
    """A disk of its own of two megabytes."""
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def reads(store: Store) -> None:
    assert [job.id for job in store.jobs.list()] == ["j"]
    assert (store.results.get("k"), store.results.get("big")) == (b"v", BIG)
    assert "k" in store.results
    assert "other" not in store.results
    assert store.results.get("other") is None
    assert not store.watchers.watched("j", but="me")
    assert store.jobs.stamp()
    assert store.jobs.log("j")


@pytest.mark.parametrize("ended", ["well", "killed"])
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_everything_is_read_and_nothing_written(disk: Path, ended: str, how: str) -> None:
    where = disk / "store"
    subprocess.run([sys.executable, "-c", MAKE, str(where), ended], check=True)
    if how == "full":
        fill(disk)
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    kind = StoreFullError if how == "full" else StoreNotWritableError
    with open_store(where) as store:
        reads(store)
        for write in (
            # Much: what little there may be room for in SQLite's own files is written.
            lambda: store.jobs.submit("new", "curve", " " * 500_000),
            lambda: store.watchers.watch("me", [f"{i:099}" for i in range(5000)]),
            lambda: store.results.put("new", BIG),
        ):
            with pytest.raises(kind):
                write()
        reads(store)
        if how == "full":
            (disk / "fill").unlink()
        else:
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        store.results.put("new", b"v")
        store.jobs.submit("new", "curve", "{}")
        assert store.results.get("new") == b"v"
        assert store.jobs.get("new") is not None


def test_a_new_store_on_a_full_disk_is_refused_in_words(disk: Path) -> None:
    fill(disk)
    with pytest.raises(StoreFullError, match="Free space there, or set NTK_UQ_STORE"):
        open_store(disk / "store")


def test_the_file_of_an_older_program_is_read_where_no_column_can_be_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jobs.sqlite"
    old = sqlite3.connect(path)
    old.execute(schema.TABLES[0])
    old.execute(
        "INSERT INTO jobs (id, kind, spec, state, submitted, requested, turn)"
        " VALUES ('j', 'curve', '{}', 'done', 1, 1, 1)"
    )
    old.commit()
    old.close()

    def full(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(schema, "prepare", full)
    table = Reading(path)
    (job,) = table.list()
    assert (job.label, job.archived) == ("", False)
    assert table.engines() == []
    assert table.log("j") == ()
    assert table.stamp() == "0-0-0"
    with pytest.raises(StoreFullError), table._database.write():
        pass
