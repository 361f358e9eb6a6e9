"""Finite networks over the theory on the page of scaling curves."""

from dataclasses import replace

import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.figures import Style
from ntk_uq.jobs.asking import submit
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.ensembles.stored import stored_ensembles
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec, TrainingSpec
from ntk_uq.ui.pages.scaling_curves import finite, page
from ntk_uq.ui.pages.scaling_curves.exhibit import exhibit
from ntk_uq.views import CurvesView, EnsemblesView

VIEW = CurvesView(
    DataSpec(n_test=40),
    (1,),
    n_low=10,
    n_high=40,
    n_points=2,
    draws=1,
    finite=True,
    widths=(16,),
    members=6,
    net_steps=20,
)


def taken_home(store, view):
    curves = [stored_curve(store.results, spec) for spec in page.wanted(view)]
    traces = [
        page.trace(view, label, curve, i)
        for i, (label, curve) in enumerate(zip(page.labels_of(view), curves, strict=True))
    ]
    return exhibit(view, traces, Style(), networks=finite.read(store, view))


def test_what_is_missing_is_offered_trained_and_drawn_beside_what_others_launched(store):
    (wanted,) = finite.specs(VIEW)
    elsewhere = replace(wanted, n_train=(20,), widths=(8, 16), members=3)
    submit(store.jobs, elsewhere)
    app = open_page(None, VIEW)
    assert not app.exception
    assert "yaxis2" not in figures(app)[0]["layout"], "there is nothing yet to divide"
    assert "**12 networks**" in texts(app.markdown)
    app.button(key="launch").click().run()
    compute(store)
    app = open_page(None, VIEW)
    assert "networks by 20 steps" in app.caption[0].value
    app.session_state["network_exponents"] = True
    app.run()
    assert "depth 1, width 16" in {row for table in app.table for row in table.value.index}
    assert not app.exception
    assert "All 12 networks are trained" in texts(app.markdown)

    home = taken_home(store, VIEW)
    rows = [row for row in home.rows if row["part"] == "networks"]
    assert [(r["n_train"], r["members"], r["steps"]) for r in rows] == [
        (10, 6, 20),
        (20, 3, 20),
        (40, 6, 20),
    ]
    there = stored_ensembles(store.results, wanted)
    drawn = next(t for t in home.plots[0].figure.data if t.marker.symbol == "star" and t.x[0])
    assert drawn.y[0] == there.points[0].mu.value == rows[0]["mu"]
    (limit,) = (t for t in home.plots[0].figure.data if t.line.dash == "dashdot" and t.x[0])
    theory = stored_curve(store.results, finite.limits(VIEW)[0])
    assert theory.spec.training == TrainingSpec(steps=20)
    assert list(limit.y) == [p.mu for p in theory.points]

    # Over their own limit below, where that is known: not at the N_D of another launch.
    shown = figures(app)[:3]
    for quantity, figure in zip(("mu", "sigma", "epsilon"), shown, strict=True):
        (ratio,) = (t for t in figure["data"] if t.get("yaxis") == "y2" and t["x"])
        assert ratio["x"] == [10, 40]
        for at, row in zip((0, 1), (rows[0], rows[2]), strict=True):
            infinite = getattr(theory.points[at], quantity)
            assert ratio["y"][at] == pytest.approx(row[quantity] / infinite)
            assert row[f"ratio_{quantity}"] == ratio["y"][at]
            error = row[f"{quantity}_sem"]
            scaled = None if error is None else pytest.approx(error / infinite)
            assert row[f"ratio_{quantity}_sem"] == scaled
    assert rows[0]["ratio_mu_sem"]
    assert rows[1]["ratio_mu"] is None
    scope: dict[str, object] = {}
    exec(compile(home.python, "again.py", "exec"), scope)
    assert scope["networks"] == {"depth 1": wanted}
    assert "--networks 16 --members 6 --net-steps 20" in home.shell[-1]
    # Side by side they compare: one range for all.
    assert len({str(figure["layout"]["yaxis2"]["range"]) for figure in shown}) == 1


def test_steps_of_the_theory_are_the_networks_own():
    view = replace(VIEW, training=TrainingSpec(steps=77, eta=0.5))
    assert finite.specs(view)[0].optimizer == OptimizerSpec("gd", 77, 0.5)
    times = replace(VIEW, vary="time", values=(1.0, 10.0))
    assert times.networks()[1] is None, "networks have no other time than their steps"
    assert replace(VIEW, training=TrainingSpec("bayes")).networks() == (None,)


def test_the_widths_of_ensembles_are_those_that_are_drawn(store):
    ensembles = EnsemblesView(
        VIEW.data, ArchitectureSpec(1), OptimizerSpec(steps=20), (8,), (10, 20), 3
    )
    app = open_page("ensembles", ensembles)
    app.query_params.clear()
    app.switch_page("pages/scaling_curves.py").run()
    app.toggle(key="curves_finite").set_value(True).run()
    view = view_in(app, CurvesView)
    assert (view.widths, view.members, view.net_steps) == ((8,), 3, 20)
    app.toggle(key="curves_finite").set_value(False).run()
    assert view_in(app, CurvesView).widths == (8,)
    assert not app.exception


@pytest.mark.parametrize("steps", [None, 30])
def test_a_view_asks_for_each_curves_networks(steps):
    view = replace(
        VIEW, depths=(2,), vary="sigma_w", values=(1.0, 2.0), training=TrainingSpec(steps=steps)
    )
    assert [spec.architecture.sigma_w for spec in finite.specs(view)] == [1.0, 2.0]
    assert {spec.optimizer.steps for spec in finite.specs(view)} == {steps or 20}
    assert all(isinstance(spec, EnsembleSpec) for spec in view.networks())
