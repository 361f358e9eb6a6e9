"""A store that is deleted, moved or replaced while a program has it open."""

import shutil

import pytest

from ntk_uq.base.errors import StoreGoneError
from ntk_uq.store import open_store

BIG = b"v" * 100_000


@pytest.fixture
def opened(tmp_path):
    with open_store(tmp_path / "store") as store:
        store.results.put("k", b"v")
        store.results.put("big", BIG)
        store.jobs.submit("j", "curve", "{}")
        yield store


def uses(store):
    return (
        lambda: store.jobs.list(),
        lambda: store.jobs.beat("e", {}),
        lambda: store.watchers.watch("w", ["j"]),
        lambda: store.results.get("k"),
        lambda: "k" in store.results,
        lambda: store.results.put("new", BIG),
    )


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_one_that_is_gone_is_said_and_nothing_is_made_in_its_place(opened, tmp_path, how):
    if how == "deleted":
        shutil.rmtree(opened.directory)
    else:
        opened.directory.rename(tmp_path / "elsewhere")
    for use in uses(opened):
        with pytest.raises(StoreGoneError, match=r"is not there any more.*Put it back"):
            use()
    assert not opened.directory.exists()


def test_one_that_is_moved_back_goes_on(opened, tmp_path):
    opened.directory.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreGoneError):
        opened.jobs.list()
    (tmp_path / "elsewhere").rename(opened.directory)
    for use in uses(opened):
        use()
    assert opened.results.get("new") == BIG


def test_one_that_is_replaced_is_used_from_then_on(opened, tmp_path):
    with open_store(tmp_path / "other") as other:
        other.jobs.submit("theirs", "curve", "{}")
        other.results.put("theirs", b"t")
    opened.directory.rename(tmp_path / "elsewhere")
    other.directory.rename(opened.directory)
    assert [job.id for job in opened.jobs.list()] == ["theirs"]
    assert (opened.results.get("theirs"), opened.results.get("k")) == (b"t", None)
    for use in uses(opened):
        use()
    with open_store(opened.directory) as again:
        assert again.results.get("new") == BIG
        assert [engine.id for engine in again.jobs.engines()] == ["e"]
    with open_store(tmp_path / "elsewhere") as first:
        assert first.jobs.engines() == []


def test_a_single_file_that_is_gone_is_not_made_anew(opened):
    (opened.directory / "jobs.sqlite").unlink()
    with pytest.raises(StoreGoneError, match=r"jobs\.sqlite"):
        opened.jobs.submit("new", "curve", "{}")
    assert not (opened.directory / "jobs.sqlite").exists()
