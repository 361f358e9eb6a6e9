"""Curves that are pinned stay beneath what comes."""

import json
from dataclasses import replace

import pytest
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.base.errors import SpecError
from ntk_uq.figures import Style
from ntk_uq.results.curves import stored_curve
from ntk_uq.specs import DataSpec
from ntk_uq.ui.pages.scaling_curves import page, pinned
from ntk_uq.ui.pages.scaling_curves.exhibit import exhibit
from ntk_uq.views import CurvesView

VIEW = CurvesView(DataSpec(n_test=40), (1, 2), n_low=10, n_high=40, n_points=3, draws=1)


def test_what_is_pinned_stays_in_grey_beneath_and_in_the_link(store):
    app = open_page(None, VIEW)
    app.button(key="setup_pin").click().run()
    app.number_input(key="curves_sigma_w").set_value(2.0).run()
    view = view_in(app, CurvesView)
    assert view == replace(VIEW, sigma_w=2.0, baseline=VIEW.as_baseline())
    assert view.pinned() == VIEW
    assert "σ_w √2 → 2" in texts(app.markdown).replace("\\", "")
    compute(store)

    curves = [stored_curve(store.results, spec) for spec in page.wanted(view)]
    traces = [
        page.trace(view, label, curve, i)
        for i, (label, curve) in enumerate(zip(page.labels_of(view), curves, strict=True))
    ]
    home = exhibit(view, traces, Style(), baseline=pinned.read(store, view))
    first = home.plots[0].figure.data[0]
    assert first.line.color == Style().grey
    old = stored_curve(store.results, VIEW.curves()[0])
    assert list(first.y) == [p.mu for p in old.points]
    rows = [row for row in home.rows if row["part"] == "baseline"]
    assert [row["sigma_w"] for row in rows] == [VIEW.sigma_w] * 6
    assert [row["depth"] for row in rows] == [1, 1, 1, 2, 2, 2]

    assert any(told.startswith("depth 1 over baseline: at N_D = 10 μ × ") for told in home.findings)
    assert [t.name for t in home.plots[0].figure.data[:2]] == [
        "baseline, depth 1",
        "baseline, depth 2",
    ]

    assert "baseline = {" in home.python
    assert "partners(label, curve.spec, pinned)" in home.python

    app = open_page(None, view)  # somebody else's browser
    assert not app.exception
    assert "depth 2 over baseline:** at $N_D$ = 10 μ × " in texts(app.markdown)
    app.button(key="setup_pin").click().run()
    assert view_in(app, CurvesView) == replace(VIEW, sigma_w=2.0)
    app.button(key="setup_undo").click().run()
    assert view_in(app, CurvesView) == view


def test_what_is_pinned_without_being_there_is_asked_for(store):
    view = replace(VIEW, sigma_b=0.5, baseline=VIEW.as_baseline())
    open_page(None, view)
    asked = {job.id for job in store.jobs.list()}
    assert {spec.digest() for spec in (*view.curves(), *VIEW.curves())} == asked


def test_a_baseline_comes_back_and_is_a_view_without_one():
    view = replace(VIEW, baseline=replace(VIEW, baseline=VIEW.as_baseline()).as_baseline())
    assert view.pinned() == VIEW
    assert CurvesView.from_json(json.loads(json.dumps(view.to_json()))) == view
    for wrong in ("v=4", "x", VIEW.as_baseline() + "&draws=0"):
        with pytest.raises(SpecError, match="The baseline cannot be opened"):
            replace(VIEW, baseline=wrong)
