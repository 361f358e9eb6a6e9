"""A store that is opened for reading alone: read as it is, and not a byte of it changes."""

import pytest
from helpers.demos import files

from ntk_uq.base.errors import StoreError, StoreReadOnlyError
from ntk_uq.store import Store, open_store
from ntk_uq.store.named_views import NamedView


@pytest.fixture
def closed(tmp_path):
    folder = tmp_path / "store"
    with Store(folder) as store:
        store.results.put("small", b"v")
        store.results.put("large", b"v" * 100_000)
        store.jobs.submit("a", "curve", "{}", launched=True)
        store.views.save(NamedView("mine", "", {"depths": "1"}))
    return folder


def test_what_is_there_is_read_and_nothing_is_written_beside_it(closed):
    before = files(closed)
    with Store(closed, read_only=True) as store:
        assert store.results.get("small") == b"v"
        assert set(store.results.get_many(["small", "large", "none"])) == {"small", "large"}
        assert "large" in store.results
        assert [job.id for job in store.jobs.list()] == ["a"]
        assert store.jobs.engines() == []
        assert store.people.all() == []
        assert not store.watchers.watched("a", but="nobody")
        assert [view.name for view in store.views.list()] == ["mine"]
        assert files(closed) == before
    assert files(closed) == before


WRITES = {
    "result": lambda store: store.results.put("k", b"v"),
    "deletion": lambda store: store.results.delete("small"),
    "job": lambda store: store.jobs.submit("b", "curve", "{}"),
    "heartbeat": lambda store: store.jobs.beat("e", {}),
    "label": lambda store: store.jobs.set_label("a", "mine"),
    "line": lambda store: store.jobs.note("a", "said"),
    "watcher": lambda store: store.watchers.watch("w", ["a"]),
    "person": lambda store: store.people.see("p", "Ada"),
    "view": lambda store: store.views.save(NamedView("other", "", {})),
    "no view": lambda store: store.views.delete("mine"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_whatever_would_write_is_refused_in_words(closed, write):
    before = files(closed)
    with (
        Store(closed, read_only=True) as store,
        pytest.raises(StoreReadOnlyError, match="Nothing new is kept"),
    ):
        write(store)
    assert files(closed) == before
    with Store(closed) as store:  # the same store, to write to: it is the opening that decides
        write(store)
    assert files(closed) != before


def test_what_another_process_writes_meanwhile_is_seen(closed):
    with Store(closed, read_only=True) as store, Store(closed) as writing:
        writing.results.put("new", b"n")
        writing.jobs.submit("b", "curve", "{}")
        assert store.results.get("new") == b"n"
        assert {job.id for job in store.jobs.list()} == {"a", "b"}


def test_none_is_made_where_there_is_none(tmp_path):
    with pytest.raises(StoreError, match="There is no store in"):
        Store(tmp_path / "missing", read_only=True)
    assert not (tmp_path / "missing").exists()


def test_in_a_demo_every_store_is_opened_so(closed, monkeypatch):
    assert not open_store(closed).read_only
    monkeypatch.setenv("NTK_UQ_DEMO", str(closed))
    assert open_store(closed).read_only
