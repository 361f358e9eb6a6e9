"""Every page on a store in which nothing can be written: what is there is shown, and why no more
is."""

from contextlib import contextmanager

import pytest
from helpers.pages_driver import compute, open_page, texts

from ntk_uq.base.errors import StoreFullError
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import InspectionSpec
from ntk_uq.store.database import Database
from ntk_uq.ui import pages
from ntk_uq.views import RunsView


@pytest.fixture
def full(store, monkeypatch):
    job = submit(store.jobs, InspectionSpec("digits"), launched=True)
    compute(store)

    @contextmanager
    def write(self):
        raise StoreFullError("the disk is full")
        yield

    monkeypatch.setattr(Database, "write", write)
    return job


@pytest.mark.parametrize("page", pages.PAGES)
def test_a_page_is_shown_and_says_that_nothing_is_kept(full, page):
    app = open_page(page)
    assert not app.exception
    assert not app.error
    if page in ("scaling_curves", "data"):
        assert "Nothing can be kept at the moment" in texts(app.warning)
    if page == "runs":
        assert len(app.dataframe[0].value) == 1


@pytest.mark.parametrize("page", ["scaling_curves", "runs"])
def test_an_engine_that_cannot_write_is_no_engine_that_is_not_there(full, store, page):
    with pytest.raises(StoreFullError):
        store.jobs.beat("e", {})
    app = open_page(page)
    told = "The engine runs but cannot write: the disk is full"
    assert told in texts(app.sidebar.caption)
    assert "No engine is running" not in texts(app.sidebar.caption, app.warning)
    if page == "runs":
        assert f"{told}. What it computes waits in its memory" in texts(app.warning)


def test_what_a_person_wants_written_is_refused_in_words(full):
    app = open_page("runs", RunsView(selected=(full.id,)))
    app.button(key="run_archive").click().run()
    assert "the disk is full" in texts(app.error)
