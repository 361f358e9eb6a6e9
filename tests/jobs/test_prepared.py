"""The views of a demo: all that their pages ask for is known, and what is left out is said."""

import pytest
from helpers.pages_driver import compute, open_page

from ntk_uq.analysis.preset_views import AS_IN_THE_PAPER, TRY, PresetView
from ntk_uq.jobs import prepared
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import CalibrationSpec, DataSpec
from ntk_uq.store import Store
from ntk_uq.ui import pages
from ntk_uq.views import CurvesView, DataView, EnsemblesView, RunsView, TrainingTimeView, WidthView

SMALL = CurvesView(DataSpec(n_test=50), depths=(1, 2), n_low=20, n_high=40, n_points=2, draws=1)
FINITE = CurvesView(
    DataSpec(n_test=50),
    depths=(1,),
    n_low=20,
    n_high=40,
    n_points=2,
    draws=1,
    bayes=True,
    baseline=SMALL.as_baseline(),
    finite=True,
    widths=(8,),
    members=2,
)
VIEWS = (SMALL, FINITE, EnsemblesView(), WidthView(), TrainingTimeView(), DataView())


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: type(view).__name__)
def test_what_a_page_asks_for_by_itself_is_among_its_views_jobs(store, view):
    app = open_page(pages.page_of(view).name, view)
    assert not app.exception
    asked = {job.id for job in store.jobs.list()} - {CalibrationSpec().digest()}
    assert asked
    assert asked <= {spec.digest() for spec in prepared.jobs_of(view)}


def test_a_view_lacks_its_jobs_until_they_are_computed(store):
    jobs = prepared.jobs_of(SMALL)
    assert prepared.missing(store, SMALL) == jobs == SMALL.curves()
    assert all(prepared.seconds(store, spec) > 0 for spec in jobs)
    submit(store.jobs, jobs[0])
    compute(store)
    assert prepared.missing(store, SMALL) == jobs[1:]
    assert prepared.seconds(store, jobs[0]) == 0


def test_networks_of_a_view_are_jobs_and_have_their_cost(store):
    (networks,) = FINITE.networks()
    assert networks in prepared.jobs_of(FINITE)
    assert prepared.seconds(store, networks) > 0
    assert prepared.jobs_of(RunsView()) == ()


def test_views_of_data_that_are_not_there_are_left_out_by_name(store):
    there = PresetView("here", "", SMALL)
    found = prepared.plan((*AS_IN_THE_PAPER, there))
    told = dict(found.left_out)
    # The showers are simulated; of the files of the others, none is in this test's folder.
    assert set(told) == {"MNIST", "CIFAR-10", AS_IN_THE_PAPER[-1].label}
    assert all("data fetch" in reason for reason in told.values())
    assert there in found.views


def test_presets_are_part_of_every_demo_and_labels_are_names_of_views(tmp_path):
    labels = [one.label for one in prepared.FULL]
    assert len(set(labels)) == len(labels)
    assert set(TRY) | set(AS_IN_THE_PAPER[:-1]) <= set(prepared.SMALL) < set(prepared.FULL)
    with Store(tmp_path / "demo") as store:
        prepared.name_views(store, prepared.FULL)
        there = {one.label: one.view for one in prepared.views(store)}
        assert there == {one.label: one.view for one in prepared.FULL}
        prepared.name_views(store, prepared.SMALL)
        assert {one.view for one in prepared.views(store)} == {one.view for one in prepared.SMALL}
