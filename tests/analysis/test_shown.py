"""All that a view shows is read: held against what its page asks of the store."""

import copy

import pytest
from helpers.older import unpacked
from helpers.pages_driver import open_page

from ntk_uq import views
from ntk_uq.analysis.shown import _READERS, read_all, view_of_named
from ntk_uq.base.errors import LinkError
from ntk_uq.base.fields import Spec
from ntk_uq.results.speed import SPEED_KEY
from ntk_uq.specs import ArchitectureSpec, DataSpec, MapSpec, OptimizerSpec
from ntk_uq.store import NotedResults, ResultsCache, open_store
from ntk_uq.store.named_views import NamedView
from ntk_uq.ui.pages import PAGES, page_of

DATA = DataSpec("digits", n_test=20)
CURVES = views.CurvesView(DATA, (1,), n_low=10, n_high=20, n_points=2, draws=1)
VIEWS = {
    "curves": views.CurvesView(
        DATA, (1, 2), n_low=10, n_high=40, n_points=3, draws=2, bayes=True,
        baseline=CURVES.as_baseline(), finite=True, widths=(8,), members=2, net_steps=20,
    ),
    "ensembles": views.EnsemblesView(
        DATA, ArchitectureSpec(1), OptimizerSpec(steps=20), (8, 16), (10, 20), 2
    ),
    "width": views.WidthView(DATA, (1,), widths=(8, 16, 32), n_train=(10,), members=2),
    "training_time": views.TrainingTimeView(DATA),
    "map": views.PhaseMapView(
        MapSpec(DATA, x="sigma_w", x_values=(1.0, 2.0), y="depth", y_values=(1.0, 2.0), n_train=10)
    ),
    "data": views.DataView(DATA, sample=10),
    "spectrum": views.SpectrumView(DATA, (1,), sample=50, curve=True),
}  # fmt: skip


def test_every_view_of_every_page_has_one():
    named = {cls for cls in vars(views).values() if isinstance(cls, type) and issubclass(cls, Spec)}
    assert named - {Spec} == set(_READERS)
    without = {"report", "start", "administration"}
    assert {page_of(cls()).name for cls in _READERS} == set(PAGES) - without


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_reads_nothing_else(name, store, monkeypatch):
    view, asked = VIEWS[name], set()
    read = ResultsCache.get

    def noted(self, key):
        if (
            self.directory == store.results.directory
        ):  # what a page of before still reads is not ours
            asked.add(key)
        return read(self, key)

    with monkeypatch.context() as patch:
        patch.setattr(ResultsCache, "get", noted)
        app = open_page(page_of(view).name, view)
    assert not app.exception
    mine = copy.copy(store)
    mine.results = NotedResults(store.results)
    read_all(mine, view)
    asked.discard(SPEED_KEY)  # of the machine
    assert asked
    assert asked <= mine.results.asked


def test_what_is_there_is_noted_as_what_is_not(tmp_path, monkeypatch):
    with open_store(unpacked(tmp_path / "older", monkeypatch)) as store:
        results = NotedResults(store.results)
        key = store.results.entries()[0].key
        assert key in results
        assert results.get(key) == store.results.get(key)
        assert results.get_many(["none"]) == {}
        assert results.asked == {key, "none"}


def test_a_saved_view_is_what_was_saved():
    for view in VIEWS.values():
        saved = NamedView("a", page_of(view).name, view.to_query())
        assert view_of_named(saved) == view
    with pytest.raises(LinkError, match="no page 'report'"):
        view_of_named(NamedView("a", "report", {}))
