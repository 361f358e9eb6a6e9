"""Backups of a store that is used, and stores from backups."""

import contextlib
import json
import sqlite3
import threading

import pytest
from helpers.disks import fill, small_disk
from helpers.older import unpacked

from ntk_uq.base.errors import StoreError, StoreFullError
from ntk_uq.store import JobState, back_up, bring_back, checked, copying, open_store
from ntk_uq.store.named_views import NamedView

LARGE = 100_000


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own-abc.npz").write_bytes(b"examples")
    (folder / "own-abc.json").write_bytes(b"whose they are")
    (folder / ".own.partial").mkdir()
    return folder


@pytest.fixture
def full(store):
    """A store in use, with something of everything."""
    for name in ("waits", "runs"):
        store.jobs.submit(name, "curve", "{}")
    store.jobs.claim("e1")
    store.jobs.beat("e1", {"workers": 1})
    store.watchers.watch("somebody", ["runs"])
    store.results.put("small", b"s" * 10)
    store.results.put("large", b"l" * LARGE)
    store.views.save(NamedView("mine", "scaling_curves", {"v": "1"}))
    return store


def test_a_backup_is_a_store_without_engines(full, own, tmp_path):
    target = tmp_path / "backup"
    found = back_up(full.directory, own, target)
    assert (found.jobs, found.results, found.own) == (2, 2, 1)
    assert found.bytes == sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
    assert sorted(path.name for path in target.iterdir()) == [
        *("VERSION.json", "jobs.sqlite", "own", "results", "views")
    ]
    assert checked(target).damaged == ()
    with open_store(target) as copy:
        assert copy.results.get("small") == b"s" * 10
        assert copy.results.get("large") == b"l" * LARGE
        assert copy.results.totals()[0] == 2
        states = {job.id: job.state for job in copy.jobs.list()}
        assert states == {"waits": JobState.QUEUED, "runs": JobState.INTERRUPTED}
        assert copy.jobs.engines() == []
        assert copy.views.list() == full.views.list()
        assert {job.id for job in copy.jobs.claim("e2", 5)} == {"waits", "runs"}
    # And the store goes on.
    assert full.jobs.get("runs").state is JobState.RUNNING
    assert full.results.get("large") == b"l" * LARGE


def test_a_backup_is_for_this_account_alone(full, own, tmp_path):
    for path in (*full.directory.rglob("*"), *own.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    back_up(full.directory, own, tmp_path / "backup")
    made = [path for path in (tmp_path / "backup").rglob("*") if path.is_file()]
    assert {"VERSION.json", "jobs.sqlite", "cache.db", "own-abc.npz"} <= {p.name for p in made}
    assert {oct(path.stat().st_mode & 0o777) for path in made} == {"0o600"}


def test_and_comes_back_as_it_was(full, own, tmp_path):
    back_up(full.directory, own, tmp_path / "backup")
    there, elsewhere = tmp_path / "deep" / "store", tmp_path / "elsewhere"
    found = bring_back(tmp_path / "backup", there, elsewhere)
    assert (found.jobs, found.results, found.own) == (2, 2, 1)
    assert (elsewhere / "own-abc.npz").read_bytes() == b"examples"
    assert (elsewhere / "own-abc.json").read_bytes() == b"whose they are"
    assert not (there / "own").exists()
    with open_store(there) as copy:
        assert copy.results.get("large") == b"l" * LARGE
        assert [view.name for view in copy.views.list()] == ["mine"]
    assert checked(tmp_path / "backup").results == 2  # it stays
    empty = tmp_path / "empty"
    empty.mkdir()  # as a disk that is mounted for it
    bring_back(tmp_path / "backup", empty, elsewhere)
    assert checked(empty).results == 2


def test_what_is_written_meanwhile_spoils_nothing(full, own, tmp_path):
    """Results come, are replaced and go all the while: what the copy has is whole."""
    stop = threading.Event()

    def write():
        for turn in range(10**6):
            if stop.is_set():
                return
            full.results.put(f"k{turn % 7}", bytes([turn % 251]) * LARGE)
            full.results.delete(f"k{(turn + 3) % 7}")
            full.jobs.submit(f"j{turn}", "curve", "{}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            target = tmp_path / f"backup{number}"
            back_up(full.directory, own, target)
            found = checked(target)
            assert (found.damaged, found.spoilt) == ((), 0)
            with open_store(target) as copy:
                assert copy.results.totals()[0] == found.results
                files = sum(p.stat().st_size for p in (target / "results").rglob("*.val"))
                assert copy.results.totals()[1] <= files
    finally:
        stop.set()
        writer.join()


def test_a_file_that_went_while_it_was_to_be_copied_is_looked_up_again(full, own, tmp_path):
    """Between the table and the files, one result is replaced and one is removed."""
    full.results.put("gone", b"g" * LARGE)
    copied, first = copying._copied_file, []

    def later(disk, folder, copy, name):
        if not first:
            first.append(name)
            full.results.put("large", b"L" * LARGE)
            full.results.delete("gone")
        return copied(disk, folder, copy, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "_copied_file", later)
        found = back_up(full.directory, own, tmp_path / "backup")
    assert found.results == 2
    with open_store(tmp_path / "backup") as copy:
        assert copy.results.get("large") == b"L" * LARGE
        assert copy.results.get("gone") is None
        assert copy.results.totals() == (2, LARGE + 32)
    assert checked(tmp_path / "backup").spoilt == 0


@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_nothing_is_written_over(full, own, tmp_path, there):
    target = tmp_path / "target"
    if there == "folder":
        target.mkdir()
    elif there == "file":
        target.write_text("")
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="is there already"):
        back_up(full.directory, own, target)
    with pytest.raises(StoreError, match="is inside the store"):
        back_up(full.directory, own, full.directory / "backup")
    back_up(full.directory, own, tmp_path / "backup")
    with pytest.raises(StoreError, match="is not empty"):
        bring_back(tmp_path / "backup", full.directory, own)
    with pytest.raises(StoreError, match="No such file"):
        back_up(full.directory, own, tmp_path / "no" / "such" / "folder")


def test_a_full_disk_keeps_nothing_of_a_copy(full, own, tmp_path, monkeypatch):
    with small_disk(tmp_path / "disk") as disk:
        full.results.put("larger", b"l" * 2**22)
        with pytest.raises(StoreFullError, match=r"takes 4\.\d MiB, and 2\.0 MiB are free"):
            back_up(full.directory, own, disk / "backup")
        # And where it is only found out on the way.
        monkeypatch.setattr(copying, "_require_room", lambda *_: None)
        for _ in range(2):
            with pytest.raises(StoreFullError, match="not enough room"):
                back_up(full.directory, own, disk / "backup")
            assert not list(disk.iterdir())
            fill(disk)
            with pytest.raises(StoreFullError, match="not enough room"):
                bring_back(full.directory, disk / "store", own)
            assert [path.name for path in disk.iterdir()] == ["fill"]
            (disk / "fill").unlink()


def test_what_is_ended_half_way_is_no_store(full, own, tmp_path, monkeypatch):
    def ended(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(copying, "_copy_views", ended)
    with pytest.raises(KeyboardInterrupt):
        back_up(full.directory, own, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    # Killed, it leaves what nobody takes for a store.
    monkeypatch.setattr(copying, "_removed_on_failure", lambda _: contextlib.nullcontext())
    with pytest.raises(KeyboardInterrupt):
        back_up(full.directory, own, tmp_path / "backup")
    for use in (open_store, lambda path: bring_back(path, tmp_path / "new", own)):
        with pytest.raises(StoreError, match="is no"):
            use(tmp_path / "backup")
    assert not (tmp_path / "new").exists()


def test_a_newer_one_is_refused_and_an_older_one_brought_up_to_date(tmp_path, monkeypatch, own):
    older = unpacked(tmp_path / "older", monkeypatch)
    bring_back(older, tmp_path / "store", own)
    with open_store(tmp_path / "store") as store:
        assert store.jobs.count() > 0
        job = store.jobs.list()[0]
        assert store.jobs.set_label(job.id, "of an older version").label
    version = older / "VERSION.json"
    version.write_text(json.dumps({"format": 2, "program": "ntk_uq"}))
    with pytest.raises(StoreError, match=r"newer version .*format 2; this one knows 1"):
        bring_back(older, tmp_path / "other", own)
    assert not (tmp_path / "other").exists()


def test_a_damaged_backup_is_named_and_not_brought_back(full, own, tmp_path):
    back_up(full.directory, own, tmp_path / "backup")
    path = tmp_path / "backup" / "jobs.sqlite"
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    with pytest.raises(StoreError, match=r"damaged: jobs\.sqlite \(file is not a database\)"):
        bring_back(tmp_path / "backup", tmp_path / "new", own)
    assert not (tmp_path / "new").exists()


def test_a_row_that_names_a_foreign_file_takes_nothing_along(full, own, tmp_path):
    secret = tmp_path / "secret.val"
    secret.write_bytes(b"secret")
    with contextlib.closing(sqlite3.connect(full.directory / "results" / "cache.db")) as table:
        table.execute("UPDATE Cache SET filename = '../../secret.val' WHERE key = 'large'")
        table.commit()
    found = back_up(full.directory, own, tmp_path / "backup")
    assert found.results == 1
    copies = [p.read_bytes() for p in (tmp_path / "backup").rglob("*") if p.is_file()]
    assert not any(content == b"secret" for content in copies)


def test_folders_that_go_while_they_are_counted_are_left_out(full, own, tmp_path, monkeypatch):
    walk = copying.files_in

    def counted(folder):
        for path, size in walk(folder):
            yield path, size
            full.results.delete("large")  # and its folders with it

    monkeypatch.setattr(copying, "files_in", counted)
    full.results.put("other", b"o" * LARGE)
    assert back_up(full.directory, own, tmp_path / "backup").results == 2
