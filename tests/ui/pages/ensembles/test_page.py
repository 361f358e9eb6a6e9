"""The page of ensembles without a browser."""

from dataclasses import replace

import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.results.ensembles.stored import stored_ensembles, theory_of
from ntk_uq.results.speed import stored_speed
from ntk_uq.specs import ArchitectureSpec, DataSpec, OptimizerSpec
from ntk_uq.store import JobState
from ntk_uq.views import EnsemblesView

SMALL = EnsemblesView(
    DataSpec(n_test=30),
    ArchitectureSpec(depth=1),
    OptimizerSpec(steps=20),
    widths=(8, 16),
    n_train=(10, 20),
    members=6,
)


def opened(view=SMALL, **items):
    return open_page("ensembles", view, **items)


def shown_view(app):
    return view_in(app, EnsemblesView)


def training(store, view=SMALL):
    return store.jobs.get(view.ensembles().digest())


def test_nothing_is_trained_before_somebody_launches_it(store):
    app = opened()
    assert not app.exception
    assert training(store) is None
    assert {j.kind for j in store.jobs.list()} == {"curve", "descent", "calibration"}
    assert "24 networks" in texts(app.markdown)
    assert "press “Train” above" in texts(app.info)
    compute(store)
    assert stored_speed(store.results) is not None
    assert len(figures(opened())) == 5


def test_a_launch_trains_in_the_background_and_is_shown(store):
    app = opened()
    app.button(key="launch").click().run()
    assert not app.exception
    assert training(store).state is JobState.QUEUED
    assert "No engine is running" in texts(app.warning)
    other = opened()
    other.run()
    assert training(store).submissions == 1
    compute(store)
    done = opened()
    assert not done.exception
    (exponents,) = [e.value for e in done.table if "α of μ" in e.value]
    assert list(exponents.index) == ["8", "16", "infinite"]
    assert "on average" in exponents.loc["8", "α of μ"]
    assert "times that of infinite width" in texts(done.markdown)
    assert "press “Train” above" not in texts(done.info)
    assert "All 24 networks are trained" in texts(done.markdown)
    # The sum of their own times is not what anybody waited for.
    assert "together, some at the same time" in texts(done.markdown)
    (table,) = [e.value for e in done.table if "μ, infinite width" in e.value]
    assert [width for width, _ in table.index] == ["8", "16", "8", "16"]
    assert "…" not in set(table["μ, infinite width"])
    done.session_state["parts_of_mu"] = True
    (table,) = [e.value for e in done.run().table if "bias part of μ" in e.value]
    found = stored_ensembles(store.results, SMALL.ensembles())
    assert f"{found.points[0].mu_bias:.4g}" in set(table["bias part of μ"])
    assert "…" not in set(table["bias part of μ"])


def test_a_job_can_be_stopped_and_gone_on_with(store, monkeypatch):
    monkeypatch.setattr("ntk_uq.engine.engine._REPORT_SECONDS", 0.0)
    app = opened()
    app.button(key="launch").click().run()
    engine = Engine(store, InProcess())
    while training(store).done < 3:
        engine.step()
    app.run()
    assert training(store).message.endswith("of 24 networks")
    app.button(key="stop_training").click().run()
    engine.run_until_idle()
    assert training(store).state is JobState.CANCELLED
    app = opened()
    assert "What is trained is kept" in texts(app.info)
    (button,) = [b for b in app.button if b.key == "launch"]
    assert button.label == "Train what is missing"
    button.click().run()
    compute(store)
    assert training(store).state is JobState.DONE


def test_a_failed_job_says_why(store):
    app = opened()
    app.button(key="launch").click().run()
    engine = Engine(store, InProcess())
    (job,) = [j for j in store.jobs.claim(engine.id, limit=9) if j.kind == "ensemble"]
    store.jobs.finish(job.id, engine.id, JobState.FAILED, "the GPU caught fire")
    app.run()
    assert "the GPU caught fire" in texts(app.error)
    assert app.button(key="launch")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"widths": "0,64"}, "widths[0] is 0"),
        ({"widths": "64,sixteen"}, "'sixteen'; it must be a whole number"),
        ({"widths": "64,16"}, "sort it from small to large"),
        ({"members": "1000000"}, "members is 1000000"),
        ({"steps": "0"}, "steps is 0"),
        ({"eta": "2.5"}, "below 2"),
        ({"n_train": "10,5000"}, "the pool of digits holds 1,297"),
        ({"widths": "16384", "members": "1000", "steps": "1000000"}, "hours"),
    ],
)
def test_what_cannot_be_is_told_and_the_controls_stay(store, change, words):
    app = opened(SMALL, **change)
    assert not app.exception
    assert words in texts(app.error)
    assert training(store) is None


def test_a_wrong_list_is_told_and_can_be_mended(store):
    app = opened()
    app.text_input(key="ensembles_widths").set_value("16, 8").run()
    assert "sort it from small to large" in texts(app.error)
    assert len(figures(app)) > 0
    assert app.button(key="launch").disabled  # not what the controls say would be trained
    app.text_input(key="ensembles_widths").set_value("8, 16, 32").run()
    assert not app.error
    assert shown_view(app).widths == (8, 16, 32)


@pytest.mark.parametrize(
    "optimizer",
    [
        # Each trains with a program of its own; one departure shows what the page makes of them.
        pytest.param(OptimizerSpec("momentum", 20, 1.0, momentum=0.8), marks=pytest.mark.slow),
        pytest.param(OptimizerSpec("sgd", 20, 0.5, batch_size=5), marks=pytest.mark.slow),
        OptimizerSpec("adam", 20, 0.01),
    ],
)
def test_departures_from_the_theory_are_named_and_have_none(store, optimizer):
    view = replace(SMALL, optimizer=optimizer)
    app = opened(view)
    assert not app.exception
    assert shown_view(app) == replace(view, shown_width=16, shown_n_train=20)
    assert "A departure from the theory" in texts(app.caption)
    assert theory_of(view.ensembles()) is None
    shown = figures(app)
    assert len(shown) == 5
    for figure in shown:
        assert "a departure from the theory" in figure["layout"]["title"]["text"]
    assert {j.kind for j in store.jobs.list()} == {"calibration"}
    app.button(key="launch").click().run()
    compute(store)
    done = opened(view)
    assert not done.exception
    assert "All 24 networks are trained" in texts(done.markdown)


def test_the_ensemble_in_detail_is_chosen_and_linked(store):
    app = opened()
    (box,) = [s for s in app.selectbox if s.label == "Width"]
    assert box.value == 16
    box.set_value(8).run()
    assert not app.exception
    assert shown_view(app).shown == (8, 20)
    again = opened(shown_view(app))
    (box,) = [s for s in again.selectbox if s.label == "Width"]
    assert box.value == 8


def test_an_optimizer_chosen_first_starts_with_its_own_values(store):
    app = opened()
    app.selectbox(key="ensembles_optimizer").set_value("momentum").run()
    assert shown_view(app).optimizer.momentum == 0.9
    app.selectbox(key="ensembles_optimizer").set_value("gd").run()
    app.selectbox(key="ensembles_optimizer").set_value("sgd").run()
    assert "Batch size is 32" in texts(app.error)  # more than the smallest training set
    app.number_input(key="ensembles_batch_size").set_value(5).run()
    assert shown_view(app).optimizer.batch_size == 5
