"""Views with owners and reports, saved under names."""

import sqlite3
import subprocess

import pytest
from helpers.disks import fill, small_disk

from ntk_uq.base.errors import SpecError, StoreError, StoreFullError, StoreNotWritableError
from ntk_uq.store import Saved, SavedItem, SavedKind, back_up, open_store, repair, saved

VIEW, REPORT = SavedKind.VIEW, SavedKind.REPORT


def view(name="mine", owner="ada", **more):
    return SavedItem(VIEW, name, "width", {"v": "4"}, owner=owner, **more)


def report(name="ours", owner="", **more):
    return SavedItem(REPORT, name, "report", about="2 views", owner=owner, **more)


def test_an_owner_has_one_of_a_name_and_others_have_theirs(store):
    first = store.saved.save(view(" mine ", shared=False))
    theirs = store.saved.save(view(owner="bob"))
    again = store.saved.save(view(shared=True))
    assert (again.id, again.name, again.shared) == (first.id, "mine", True)
    assert set(store.saved.list()) == {again, theirs}
    assert store.saved.get(theirs.id) == theirs
    other = store.saved.save(report("mine", owner="ada"), b"{}")
    assert len(store.saved.list()) == 3, "a report may be called as a view is"
    store.saved.rename(theirs.id, "mine")  # as it was
    store.saved.save(view("second"))
    with pytest.raises(SpecError, match="a view 'second' already"):
        store.saved.rename(again.id, "second")
    store.saved.rename(again.id, "third")
    store.saved.share(again.id, False)
    found = store.saved.get(again.id)
    assert (found.name, found.shared, found.query) == ("third", False, {"v": "4"})
    store.saved.remove(other.id)
    store.saved.remove(other.id)
    assert store.saved.get(other.id) is None
    with pytest.raises(StoreError, match="not there any more"):
        store.saved.rename(other.id, "x")


def test_a_reports_file_is_replaced_and_goes_with_it(store):
    one = store.saved.save(report(), b"first")
    assert one.query == {"id": one.id}
    assert store.saved.save(report(), b"second").id == one.id
    assert store.saved.report(one.id) == b"second"
    (file,) = store.saved.directory.iterdir()
    file.unlink()
    with pytest.raises(StoreError, match="is gone"):
        store.saved.report(one.id)
    with pytest.raises(StoreError, match="is gone"):
        store.saved.report("../VERSION")
    store.saved.save(report(), b"third")
    store.saved.remove(one.id)
    assert not list(store.saved.directory.iterdir())


def test_what_cannot_be_is_refused_and_leaves_nothing(store, monkeypatch):
    monkeypatch.setattr(saved, "MOST", 1)
    monkeypatch.setattr(saved, "LARGEST", 5)
    one = store.saved.save(report(), b"first")
    with pytest.raises(SpecError, match="at most 5 B"):
        store.saved.save(report(), b"larger")
    with pytest.raises(SpecError, match="1 saved reports; delete one"):
        store.saved.save(report("another"), b"a")
    with pytest.raises(SpecError, match="is empty"):
        store.saved.save(report(" "), b"a")
    assert store.saved.report(one.id) == b"first"
    assert len(list(store.saved.directory.iterdir())) == 1
    store.saved.save(report(owner="ada"), b"hers")


def test_rows_of_a_newer_program_or_damaged_ones_are_left_out(store):
    kept = store.saved.save(view())
    with sqlite3.connect(store.directory / "jobs.sqlite") as connection:
        for kind, query in (("hologram", "{}"), ("view", "["), ("view", '{"a": 1}')):
            connection.execute(
                "INSERT INTO saved (id, kind, name, saved, query) VALUES (?, ?, 'x', 1.0, ?)",
                (kind + query, kind, query),
            )
    connection.close()
    assert store.saved.list() == (kept,)


def test_a_table_of_before_gets_it(tmp_path):
    open_store(tmp_path / "old").close()
    with sqlite3.connect(tmp_path / "old" / "jobs.sqlite") as connection:
        connection.execute("DROP TABLE saved")
    connection.close()
    with open_store(tmp_path / "old") as store:
        assert store.saved.list() == ()
        kept = store.saved.save(view())
        assert store.saved.list() == (kept,)


@pytest.mark.parametrize("how", ["full", "read-only", "read-only, of before"])
def test_where_nothing_can_be_written_it_is_said_and_read(tmp_path, how):
    with small_disk(tmp_path / "disk") as disk:
        with open_store(disk / "store") as store:
            kept = store.saved.save(report(), b"first")
        if how.endswith("before"):
            with sqlite3.connect(disk / "store" / "jobs.sqlite") as connection:
                connection.execute("DROP TABLE saved")
            connection.close()
        if how == "full":
            fill(disk)
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        kind = StoreFullError if how == "full" else StoreNotWritableError
        with open_store(disk / "store") as store:
            there = () if how.endswith("before") else (kept,)
            assert store.saved.list() == there
            with pytest.raises(kind):
                store.saved.save(report(), b"s" * 100_000)
            assert store.saved.list() == there
            assert store.saved.report(kept.id) == b"first"


def test_backups_and_repairs_keep_it(store, tmp_path):
    kept = {store.saved.save(view()), store.saved.save(report(), b"first")}
    store.jobs.submit("waits", "curve", "{}")
    back_up(store.directory, tmp_path / "own", tmp_path / "backup")
    with open_store(tmp_path / "backup") as copy:
        assert set(copy.saved.list()) == kept
        (ours,) = (item for item in kept if item.kind is REPORT)
        assert copy.saved.report(ours.id) == b"first"
    path = tmp_path / "backup" / "jobs.sqlite"
    with path.open("r+b") as file:
        file.write(b"\xa5" * 100)  # its header
    (found,), _ = repair(tmp_path / "backup")
    assert (found.rescued, found.lost) == (1, 0)
    with open_store(tmp_path / "backup") as copy:
        assert set(copy.saved.list()) == kept


def test_it_opens_where_it_is_first_used(store):
    other = Saved(store.directory / "jobs.sqlite", store.directory / "reports", clock=lambda: 5.0)
    assert other.save(view()).saved == 5.0
    other.close()
