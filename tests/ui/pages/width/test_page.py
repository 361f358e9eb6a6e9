"""The page of widths without a browser."""

from dataclasses import replace

import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.base.errors import SpecError
from ntk_uq.specs import DataSpec, OptimizerSpec
from ntk_uq.store import JobState
from ntk_uq.views import WidthView

SMALL = WidthView(
    DataSpec(n_test=30),  # sizes that other tests of ensembles have: compiled once for all
    depths=(1, 2),
    optimizer=OptimizerSpec(steps=20),
    widths=(8, 16, 32),
    n_train=(10, 20),
    members=6,
)


def test_a_view_has_the_ensembles_of_its_depths():
    specs = SMALL.ensembles()
    assert [s.architecture.depth for s in specs] == [1, 2]
    assert specs[0].widths == SMALL.widths
    assert WidthView.from_query(SMALL.to_query()) == SMALL
    assert SMALL.shown == 20
    with pytest.raises(SpecError, match="tolerance is 100"):
        replace(SMALL, tolerance=100)


def test_the_page_trains_what_is_asked_for_and_draws_the_laws(store):
    app = open_page("width", SMALL)
    assert not app.exception
    assert "72 networks" in texts(app.markdown)
    app.button(key="launch").click().run()
    assert not app.exception
    jobs = store.jobs.get_many([spec.digest() for spec in SMALL.ensembles()])
    assert {job.state for job in jobs.values()} == {JobState.QUEUED}
    compute(store)
    done = open_page("width", SMALL)
    assert not done.exception
    assert "All 72 networks are trained" in texts(done.markdown)
    # Three against width, and the corrections against depth and against N_D.
    assert len(figures(done)) == 9
    assert view_in(done, WidthView) == replace(SMALL, shown_n_train=20)
    assert not any("off the theory" in t.value for t in done.table)
    done.session_state["all_laws"] = True
    (laws,) = [t.value for t in done.run().table if "off the theory" in t.value]
    assert len(laws) == 2 * 2 * 3
    assert list(laws.index.names) == ["depth", "N_D", ""]


def test_a_page_without_networks_says_what_to_do_and_shows_no_empty_laws(store):
    app = open_page("width", SMALL)
    compute(store)
    app = open_page("width", SMALL)
    assert not app.exception
    assert "press “Train” above" in texts(app.info)
    assert not app.table
    assert not any(box.label == "All laws" for box in app.expander)
    assert len(figures(app)) == 3  # against width, with infinite width's lines


def test_the_shown_size_is_part_of_the_view(store):
    app = open_page("width", replace(SMALL, shown_n_train=10))
    assert view_in(app, WidthView).shown == 10
    assert "N_D" in app.segmented_control[0].label
