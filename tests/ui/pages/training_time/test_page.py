"""The page of training time without a browser."""

import json
import shlex
from dataclasses import replace

import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.analysis.training_time import shown, stored_training_time_study
from ntk_uq.cli import main
from ntk_uq.figures import Style
from ntk_uq.results.training_time import stored_training_time
from ntk_uq.specs import ArchitectureSpec, DataSpec
from ntk_uq.store import JobState
from ntk_uq.ui.pages.runs.openings import opening
from ntk_uq.ui.pages.training_time.exhibit import exhibit
from ntk_uq.views import RunsView, TrainingTimeView

SMALL = TrainingTimeView(
    DataSpec(n_test=40),
    ArchitectureSpec(1),
    n_train=60,
    draws=2,
    n_times=11,
    noises=(0.0, 4.0),
    jitters=(0.0, 1e-2, 1e-1),
    widths=(8, 16),
    members=6,
    steps=20,
)


SMALL_JITTER = replace(SMALL, jitter=1e-3)


def opened(view=SMALL, **items):
    return open_page("training_time", view, **items)


def named(figure):
    return [t["name"] for t in figure["data"] if t.get("name") and t.get("showlegend") is not False]


def test_curves_come_and_their_optima_are_told(store):
    app = opened()
    assert not app.exception
    assert {j.kind for j in store.jobs.list()} == {"training_time"}
    assert len(figures(app)) == 3
    assert "No engine is running" in texts(app.warning)
    assert set(app.table[0].value["τ, smallest μ"]) == {"…"}
    compute(store)
    app = opened()
    assert not app.exception
    assert "2 of 2 draws computed" in texts(app.caption)
    found = stored_training_time(store.results, SMALL.training_times()[0])
    best = found.line(4.0).best("mu")
    table = app.table[0].value
    assert list(table.index) == ["label noise 0", "label noise 4"]
    assert list(table["τ, smallest μ"]) == ["∞", shown(best.tau)]
    said = texts(app.markdown)
    assert f"label noise 4: μ is smallest at τ = {shown(best.tau)}" in said
    assert "label noise 0: μ" in said
    assert "no time of the range is 0.01 % better" in said
    assert "the slowest mode needs" in said
    mu = figures(app)[0]
    assert named(mu)[:2] == ["label noise 0", "label noise 4"]
    assert named(mu)[2:4] == ["endless training, at ∞", "smallest μ along the training"]
    (star,) = [t for t in mu["data"] if t.get("marker", {}).get("symbol") == "star" and t["x"][0]]
    assert star["x"] == [best.tau.value]
    assert star["y"] == [best.mu.value]


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        ({"family": "none"}, ["infinite width"]),
        ({"family": "depth", "depths": (1, 2)}, ["depth 1", "depth 2"]),
        ({"family": "jitter"}, ["jitter 0", "jitter 0.01", "jitter 0.1"]),
        ({"family": "jitter", "against": "noise"}, ["jitter 0", "jitter 0.01", "jitter 0.1"]),
        ({"against": "jitter"}, ["label noise 0", "label noise 4"]),
        ({"family": "none", "against": "noise", "training": True}, ["infinite width"]),
        ({"family": "depth", "depths": (1, 2), "against": "noise"}, ["depth 1", "depth 2"]),
    ],
)
def test_every_family_has_its_curves_on_every_axis(store, changes, labels):
    view = replace(SMALL, draws=1, parts=True, **changes)
    opened(view)
    compute(store)
    app = opened(view)
    assert not app.exception
    assert not app.error
    assert view_in(app, TrainingTimeView).training_times() == view.training_times()
    for figure in figures(app):
        assert [n for n in named(figure) if n in labels] == labels
    rows = len(app.table[0].value)
    values = {"time": 1, "noise": 2, "jitter": 3}[view.against]
    assert rows == len(labels) * values


def test_lists_from_a_link_keep_all_their_digits(store):
    view = replace(
        SMALL,
        noises=(0.0, 1.2345678),
        jitters=(1.2345678e-7, 0.01),
        family="jitter",
        against="noise",
    )
    app = opened(view)
    assert not app.error
    assert view_in(app, TrainingTimeView).training_times() == view.training_times()
    assert app.text_input(key="time_noises").value == "0, 1.2345678"


def test_noise_on_the_axis_says_from_where_stopping_pays(store):
    view = replace(SMALL, family="jitter", against="noise", jitters=(0.0, 1.0))
    opened(view)
    compute(store)
    said = texts(opened(view).markdown)
    assert "jitter 0: of the levels computed, endless training has more than 1 % more" in said
    assert "from label noise 4 on" in said
    view = replace(SMALL, against="jitter")
    opened(view)
    compute(store)
    said = texts(opened(view).markdown)
    assert "label noise 4: of the jitters computed, μ is smallest at" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"noises": "-1,2"}, "noises[0] is -1; it must be at least 0"),
        ({"noises": "0,two"}, "'two'; it must be a number"),
        ({"noises": "2,1"}, "sort it from small to large"),
        ({"noises": ",".join(map(str, range(9)))}, "9 values of noise, a curve each"),
        ({"n_train": "5000"}, "the pool of digits holds 1,297"),
        ({"tau_low": "10", "tau_high": "10"}, "largest must be above the smallest"),
        ({"n_times": "1"}, "n_times is 1; it must be from 2"),
        ({"against": "noise"}, "noise is on the axis and cannot differ from curve to curve"),
        ({"against": "jitter", "jitters": "0.1"}, "jitter is on the axis and has one value"),
        ({"finite": "1", "eta": "2.5"}, "below 2"),
        ({"noise": "-0.5"}, "noise is -0.5; it must be at least 0"),
    ],
)
def test_what_cannot_be_is_told(store, change, words):
    app = opened(SMALL, **change)
    assert not app.exception
    assert words in texts(app.error)
    assert not store.jobs.list()


def test_missing_data_lead_to_where_they_can_be_had(store):
    app = opened(replace(SMALL, data=DataSpec("mnist", n_test=40)))
    assert not app.exception
    assert "NTK_UQ_DATA" in texts(app.error)
    (link,) = [e.proto for e in app.get("page_link") if "Fetch or upload" in e.proto.label]
    assert "dataset=mnist" in link.query_string


def test_a_wrong_list_can_be_mended(store):
    app = opened()
    app.text_input(key="time_noises").set_value("4, 1").run()
    assert "sort it from small to large" in texts(app.error)
    app.text_input(key="time_noises").set_value("1, 4").run()
    assert not app.error
    assert view_in(app, TrainingTimeView).noises == (1.0, 4.0)


def test_finite_networks_are_launched_and_drawn_over_their_own_theory(store):
    view = replace(SMALL, draws=1, finite=True, networks=4.0)
    app = opened(view)
    assert not app.exception
    assert {j.kind for j in store.jobs.list()} == {"training_time", "descent", "calibration"}
    assert "12 networks" in texts(app.markdown)
    app.button(key="launch").click().run()
    compute(store)
    app = opened(view)
    assert not app.exception
    assert "All 12 networks are trained" in texts(app.markdown)
    law = stored_training_time_study(store.results, view)
    assert law.ensembles.spec.data.noise == 4.0
    for figure, quantity in zip(figures(app), ("mu", "sigma", "epsilon"), strict=True):
        by_name = {t["name"]: t for t in figure["data"] if t.get("name")}
        for width in (8, 16):
            drawn = by_name[f"width {width}, 6 networks"]
            point = law.ensembles.point(width, 60)
            assert drawn["x"][-1] == view.eta * view.steps
            assert drawn["y"][-1] == pytest.approx(getattr(point, quantity).value)
        descent = by_name["infinite width, descent, draw 0"]
        assert descent["y"][-1] == getattr(law.descent.steps[-1], quantity)
    assert "the same subset, the same steps" in texts(app.caption)


def test_networks_of_another_curve_are_chosen_and_linked(store):
    view = replace(SMALL, draws=1, finite=True)
    app = opened(view)
    (box,) = [s for s in app.selectbox if s.label == "Networks at label noise"]
    assert box.value == 0.0
    box.set_value(4.0).run()
    assert not app.exception
    assert view_in(app, TrainingTimeView).ensembles().data.noise == 4.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"family": "none", "jitter": 0.1}, "trained without a ridge, and the curve has a jitter"),
        ({"against": "jitter"}, "choose training time"),
    ],
)
def test_where_networks_have_no_place_is_told(store, changes, words):
    app = opened(replace(SMALL, draws=1, finite=True, **changes))
    assert not app.exception
    assert words in texts(app.info)


def test_a_noise_under_data_that_is_not_used_is_told(store):
    app = opened(replace(SMALL, data=DataSpec(n_test=40, noise=2.0)))
    assert "label noise of 2 under Preparation is not used" in texts(app.caption)
    alone = replace(SMALL, data=DataSpec(n_test=40, noise=2.0), family="none")
    assert "is not used" not in texts(opened(alone).caption)
    assert alone.training_times()[0].noises == (2.0,)


def test_a_job_can_be_stopped_and_gone_on_with(store):
    app = opened()
    app.button(key="stop_jobs").click().run()
    (job,) = store.jobs.list()
    assert job.state is JobState.CANCELLED
    app = opened()
    assert "stopped before it was complete" in texts(app.info) or app.button(key="stop_jobs")


def test_a_run_is_opened_on_this_page(store):
    opened(SMALL_JITTER)
    (job,) = store.jobs.list()
    app = open_page("runs", RunsView(selected=(job.id,)))
    assert not app.exception
    (link,) = [e.proto for e in app.get("page_link") if "Training time" in e.proto.label]
    found = opening(store.jobs.get(job.id))
    assert found.page == "pages/training_time.py"
    assert found.notice == ""
    view = TrainingTimeView.from_query(found.query)
    assert view.training_times() == SMALL_JITTER.training_times()
    assert link.label == "Open in Training time"


# What is taken home


def computed(store, view):
    opened(view)
    compute(store)
    return stored_training_time_study(store.results, view)


def test_the_rows_are_every_plotted_point(store):
    view = replace(SMALL, draws=1)
    law = computed(store, view)
    home = exhibit(law, Style())
    names = [column.name for column in home.columns]
    assert all(list(row) == names for row in home.rows)
    kinds = [row["kind"] for row in home.rows]
    assert kinds.count("point") == 2 * 11
    assert kinds.count("limit") == 2
    assert kinds.count("optimum_mu") == 1
    point = law.training_times[0].raw[0].curve(4.0, 0.0).points[3]
    (row,) = [
        r
        for r in home.rows
        if r["noise"] == 4.0 and r["kind"] == "point" and r["tau"] == point.time
    ]
    assert (row["mu"], row["epsilon_floor"]) == (point.mu, point.epsilon_floor)
    assert home.view == view
    assert [p.name for p in home.plots] == ["mu-time", "sigma-time", "epsilon-time"]
    assert any("is smallest at τ" in sentence for sentence in home.findings)
    assert home.provenance["dtype"] == "float64"


@pytest.mark.parametrize("against", ["time", "jitter"])
def test_script_and_command_give_the_same_numbers(store, capsys, against):
    law = computed(store, replace(SMALL, draws=1, n_times=4, against=against))
    home = exhibit(law, Style())
    exec(compile(home.python, "exhibit", "exec"), {})
    printed = capsys.readouterr().out
    points = [row for row in home.rows if row["kind"] == "point"]
    for row in points:
        values = (row[n] for n in ("noise", "jitter", "tau", "mu", "sigma", "epsilon"))
        assert " ".join(map(str, values)) in printed
    (command,) = home.shell
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "ntk_uq"]
    assert main([*words[3:], "--json", "--quiet", "--no-store"]) == 0
    found = json.loads(capsys.readouterr().out)
    mine = {(c["noise"], c["jitter"]): c["points"] for c in found["draws"][0]["curves"]}
    assert found["digest"] == law.training_times[0].spec.digest()
    for row in points:
        times = {p["time"]: p["mu"] for p in mine[row["noise"], row["jitter"]]}
        assert times[row["tau"]] == row["mu"]


def test_networks_are_taken_home_with_a_script_of_their_own(store, capsys):
    view = replace(SMALL, draws=1, finite=True, widths=(8,), networks=4.0)
    opened(view).button(key="launch").click().run()
    compute(store)
    law = stored_training_time_study(store.results, view)
    home = exhibit(law, Style())
    rows = [row for row in home.rows if row["kind"] == "network"]
    assert rows[-1]["mu"] == pytest.approx(law.ensembles.point(8, 60).mu.value)
    assert rows[-1]["mu_low"] < rows[-1]["mu"] < rows[-1]["mu_high"]
    assert [r["steps"] for r in home.rows if r["kind"] == "descent"][-1] == 20
    exec(compile(home.python, "exhibit", "exec"), {})
    assert "LossesAlong(width=8, members=6" in capsys.readouterr().out
    assert "--noise 4.0" in home.shell[1]
    words = shlex.split(home.shell[1])
    assert words[:4] == ["python", "-m", "ntk_uq", "ensemble"]
    assert main([*words[3:], "--json", "--quiet"]) == 0
    (point,) = json.loads(capsys.readouterr().out)["points"]
    assert point["mu"] == pytest.approx(rows[-1]["mu"])
