"""What the kernel of a sample foresees, over scaling curves."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.analysis.shown import foreseen_of
from ntk_uq.figures import Style
from ntk_uq.jobs import prepared
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.foreseen import stored_foreseen
from ntk_uq.specs import DataSpec, TrainingSpec
from ntk_uq.ui.pages.scaling_curves import foreseen, page
from ntk_uq.ui.pages.scaling_curves.exhibit import exhibit
from ntk_uq.views import CurvesView

VIEW = CurvesView(
    DataSpec(n_test=200),
    (1, 3),
    n_low=25,
    n_high=200,
    n_points=4,
    draws=2,
    foreseen=True,
    sample=200,
)


def lines_of(figure):
    return [trace for trace in figure["data"] if trace.get("meta") == "foreseen"]


def test_it_is_asked_for_and_drawn_over_mu_with_its_ratio(store):
    app = open_page(None, replace(VIEW, foreseen=False))
    assert {job.kind for job in store.jobs.list()} == {"curve"}
    app.toggle(key="curves_foreseen").set_value(True).run()
    assert view_in(app, CurvesView) == VIEW
    assert {job.kind for job in store.jobs.list()} == {"curve", "foreseen"}
    assert set(prepared.missing(store, VIEW)) == {*VIEW.curves(), *foreseen_of(VIEW)}
    assert "What the kernel foresees of depth 1 is being computed" in texts(app.caption)
    compute(store)
    app = open_page(None, VIEW)
    assert not app.exception
    assert prepared.missing(store, VIEW) == ()
    mu, sigma, epsilon, *ratios = figures(app)
    assert lines_of(sigma) == lines_of(epsilon) == []
    assert len(ratios) == 3
    drawn = lines_of(mu)
    curves = [stored_curve(store.results, spec) for spec in VIEW.curves()]
    assert len(drawn) == len(curves) == 2
    for line, spec, curve in zip(drawn, foreseen_of(VIEW), curves, strict=True):
        found = stored_foreseen(store.results, spec)
        assert found.n_train == (25, 50, 100)  # 200 are all of the sample
        assert line["line"]["dash"] == "dash"
        assert line["y"] == [p.foreseen.mu if p.holds else None for p in found.points]
        measured = [p.mu for p in curve.points[:3]]
        np.testing.assert_allclose([p.foreseen.mu for p in found.points], measured, rtol=0.2)
    said = texts(app.markdown)
    assert "Foreseen, depth 1:** from 200 examples, up to N_D = 100." in said.replace("$", "")
    assert "The curve with a test set of its own, in 2 draws, is within" in said


def test_parts_are_drawn_where_parts_are(store):
    view = replace(VIEW, depths=(1,), parts=True)
    open_page(None, view)
    compute(store)
    mu, *_ = figures(open_page(None, view))
    drawn = lines_of(mu)
    assert len(drawn) == 3
    whole, bias, variance = (np.array(line["y"], float) for line in drawn)
    np.testing.assert_allclose(bias + variance, whole, rtol=1e-9)


def test_what_is_not_trained_to_the_end_is_told_and_not_asked_for(store):
    view = replace(VIEW, depths=(1,), vary="time", values=("converged", 30.0))
    app = open_page(None, view)
    assert not app.exception
    assert [job.kind for job in store.jobs.list()].count("foreseen") == 1
    assert "only of training to convergence" in texts(app.info)
    app = open_page(None, replace(VIEW, training=TrainingSpec(time=30.0)))
    assert [job.kind for job in store.jobs.list()].count("foreseen") == 1
    assert "Nothing is foreseen of depth 1, depth 3" in texts(app.info)


def test_n_d_beyond_the_sample_are_told(store):
    app = open_page(None, replace(VIEW, depths=(1,), sample=40))
    assert not app.exception
    assert "all N_D are beyond half of the sample" in texts(app.info)


def test_a_sample_that_cannot_be_is_refused_and_kept_where_it_is_hidden(store):
    app = open_page(None, replace(VIEW, sample=3000))
    assert "The sample is 3,000" in texts(app.error)
    app = open_page(None, VIEW)
    app.number_input(key="curves_sample").set_value(120).run()
    app.toggle(key="curves_foreseen").set_value(False).run()
    app.toggle(key="curves_foreseen").set_value(True).run()
    assert view_in(app, CurvesView).sample == 120
    app.number_input(key="curves_sample").set_value(None).run()
    assert view_in(app, CurvesView).sample is None
    assert foreseen_of(view_in(app, CurvesView))[0].sample == 800


@pytest.fixture
def taken_home(store):
    open_page(None, VIEW)
    compute(store)
    curves = [stored_curve(store.results, spec) for spec in VIEW.curves()]
    traces = page.traces_of(VIEW, page.labels_of(VIEW), curves)
    return exhibit(VIEW, traces, Style(), foreseen=foreseen.read(store, VIEW, curves))


def test_it_goes_home_with_the_rest(store, taken_home):
    rows = [row for row in taken_home.rows if row["part"] == "foreseen"]
    found = [stored_foreseen(store.results, spec) for spec in foreseen_of(VIEW)]
    points = [point for one in found for point in one.points if point.holds]
    assert [row["mu"] for row in rows] == [point.foreseen.mu for point in points]
    assert [row["n_train"] for row in rows] == [point.n_train for point in points]
    assert len(taken_home.plots) == 6
    assert sum("python -m ntk_uq spectrum" in line for line in taken_home.shell) == 2
    assert "ntk_uq.spectrum(" in taken_home.python
    compile(taken_home.python, "script", "exec")
    assert any("depth 3, foreseen: from 200 examples" in told for told in taken_home.findings)
    assert set(taken_home.details["foreseen"]) == {"depth 1", "depth 3"}
