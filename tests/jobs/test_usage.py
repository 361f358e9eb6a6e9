"""What takes the room."""

import shutil

import pytest
from helpers.older import unpacked

from ntk_uq.base import settings
from ntk_uq.jobs.usage import OTHER, usage
from ntk_uq.store import open_store


@pytest.fixture
def older(tmp_path, monkeypatch):
    with open_store(unpacked(tmp_path / "older", monkeypatch)) as store:
        yield store


def test_results_of_every_kind_are_some_kinds(older):
    found = {share.name: share.count for share in usage(older).kinds}
    assert found == {
        "curve, map": 60,
        "ensemble": 35,
        "training_time": 5,
        "descent": 2,
        "inspection": 2,
        "spectrum": 2,
        "calibration": 1,
    }
    older.results.put("of-a-newer-version/1", b"v" * 100)
    assert [s.count for s in usage(older).kinds if s.name == OTHER] == [1]


def test_parts_are_the_bytes_of_the_files(older, tmp_path, monkeypatch):
    for folder, size in (("data/mnist", 700), ("data/cifar10/deep", 900), ("cache/x", 50)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_bytes(bytes(size))
    (tmp_path / "data" / "mnist" / "link").symlink_to("/dev/zero")
    monkeypatch.setenv(settings.DATA, str(tmp_path / "data"))
    monkeypatch.setenv(settings.CACHE, str(tmp_path / "cache"))
    older.results.put("point/large", b"v" * 100_000)
    older.jobs.log_bytes()  # what SQLite keeps beside a file is there while it is used
    found = usage(older)
    files = [path for path in older.directory.rglob("*") if path.is_file()]
    results = sum(p.stat().st_size for p in files if p.parent != older.directory)
    assert found.results == results
    assert found.database == sum(p.stat().st_size for p in older.directory.glob("jobs.sqlite*"))
    assert 0 < found.logs < found.database
    link = len("/dev/zero")
    assert (found.data, found.cache) == (1600 + link, 50)
    own_files = list(settings.own_directory().glob("*.npz"))
    assert found.own == sum(path.stat().st_size for path in own_files)
    sets = {share.name: share for share in found.data_sets}
    assert sets.keys() == {"mnist", "cifar10", own_files[0].stem}
    assert sets[own_files[0].stem].title.endswith(".csv")
    assert [share.bytes for share in found.data_sets] == sorted(
        (share.bytes for share in found.data_sets), reverse=True
    )


def test_folders_that_are_not_there_take_nothing(store, monkeypatch):
    shutil.rmtree(settings.data_directory())
    monkeypatch.setenv(settings.CACHE, "/nowhere/at/all")
    found = usage(store)
    assert (found.data, found.cache, found.own, found.aside) == (0, 0, 0, 0)
    assert found.kinds == found.data_sets == ()
