"""The page of spectra, without a browser."""

import json
from dataclasses import replace

from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.engine.inline import run_foreseen
from ntk_uq.jobs import kinds
from ntk_uq.specs import DataSpec, ForeseenSpec, TrainingSpec
from ntk_uq.views import SpectrumView, page_name, spectrum_view_of

VIEW = SpectrumView(depths=(1, 3), sample=200)


def opened(view=VIEW, **items):
    return open_page("spectrum", view, **items)


def test_it_asks_for_every_depth_and_draws_what_comes(store):
    app = opened()
    assert not app.exception
    assert app.title[0].value == "Spectrum"
    assert {job.kind for job in store.jobs.list()} == {"foreseen"}
    assert len(store.jobs.list()) == 2
    assert texts(app.caption).count("is being computed") == 2
    compute(store)
    app = opened()
    assert not app.exception
    said = texts(app.markdown, app.caption)
    assert "being computed" not in said
    assert "depth 1:** From 200 examples μ is foreseen to fall" in said
    assert "Networks trained on parts of them have the same μ within" in said
    eigenvalues, power, curve = figures(app)
    assert {t["name"].split(":")[0] for t in eigenvalues["data"] if t.get("name")} >= {
        *("depth 1", "depth 3")
    }
    assert max(max(t["y"]) for t in power["data"] if t["y"][0] is not None) <= 1
    drawn = [t for t in curve["data"] if t.get("legendgroup") == "depth 3"]
    assert [len(t["x"]) for t in drawn] == [3, 3, 3, 3, 3]  # 25, 50, 100: trained, two, two ratios


def test_the_curve_with_a_test_set_is_asked_for_and_drawn_over_what_is_foreseen(store):
    app = opened()
    app.toggle(key="spectrum_curve").set_value(True).run()
    view = view_in(app, SpectrumView)
    assert view == replace(VIEW, curve=True)
    assert {job.kind for job in store.jobs.list()} == {"foreseen", "curve"}
    compute(store)
    app = opened(view)
    assert not app.exception
    assert "The curve with a test set of its own, in 3 draws, is within" in texts(app.markdown)
    *_, curve = figures(app)
    others = [t for t in curve["data"] if t.get("marker", {}).get("symbol", "").endswith("-open")]
    assert [len(t["x"]) for t in others] == [3, 3, 1]  # two depths, and their entry
    foreseen, found = run_foreseen(view.foreseen()[0], store.results), others[0]["y"]
    for point, mu in zip(foreseen.points, found, strict=True):
        assert 0.8 < point.foreseen.mu / mu < 1.2


def test_the_controls_change_the_view_and_travel(store):
    app = opened()
    app.number_input(key="spectrum_sample").set_value(120).run()
    assert view_in(app, SpectrumView).sample == 120
    assert view_in(app, SpectrumView).foreseen()[0].n_train == (25, 50)
    app.selectbox(key="spectrum_kind").set_value("bayes").run()
    assert view_in(app, SpectrumView).training.posterior == "bayes"


def test_a_training_time_is_refused_and_the_last_view_stays(store):
    app = opened()
    app.selectbox(key="spectrum_kind").set_value("steps").run()
    assert not app.exception
    assert "trained to convergence" in texts(app.error)


def test_a_sample_larger_than_the_pool_is_told(store):
    app = opened(SpectrumView(sample=3000))
    assert "pool of digits holds 1,297" in texts(app.error)


def test_a_run_opens_on_it():
    spec = ForeseenSpec(
        DataSpec("calorimeter"), training=TrainingSpec(jitter=0.1), sample=300, n_train=(50,)
    )
    opened_view = kinds.of(spec).opens(spec).view
    view = spectrum_view_of(spec)
    assert opened_view == view
    small = replace(spec, data=replace(spec.data, n_test=1))  # as the page asks for it
    assert kinds.of(small).opens(small).view == view
    assert page_name(view) == "spectrum"
    assert SpectrumView.from_json(json.loads(json.dumps(view.to_json()))) == view
    (back,) = view.foreseen()
    assert (back.architecture, back.training, back.sample) == (
        *(spec.architecture, spec.training, 300),
    )
