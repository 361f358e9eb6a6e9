"""The page of phase maps without a browser."""

import urllib.parse
from dataclasses import replace

import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.analysis.maps import stored_map
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, MapSpec, TrainingSpec
from ntk_uq.store import JobState
from ntk_uq.ui import panels
from ntk_uq.ui.pages.phase_map.details import curve_view
from ntk_uq.views import CurvesView, PhaseMapView

SMALL = PhaseMapView(
    MapSpec(
        DataSpec(n_test=40),
        ArchitectureSpec(2, "erf"),
        n_train=30,
        draws=2,
        x="sigma_w",
        x_values=(0.8, 1.5, 2.5),
        y="depth",
        y_values=(1, 3),
    )
)
LARGE = replace(
    SMALL,
    map=replace(SMALL.map, n_train=1000, draws=20, x_values=tuple(1 + i / 10 for i in range(20))),
)


def opened(view=SMALL, **items):
    return open_page("phase_map", view, **items)


def shown_view(app):
    return view_in(app, PhaseMapView)


def job(store, view=SMALL):
    return store.jobs.get(view.map.digest())


def click(app, view, row, column):
    """Runs the page for a click on a cell."""
    real, clicks = panels.show, [panels.Click(0, 9, 0, [row, column])]

    def show(figures, key, **options):
        real(figures, key, **options)
        return clicks.pop() if options.get("clicks") and clicks else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panels, "show", show)
        return app.run()


def test_a_small_map_is_computed_as_soon_as_it_is_shown(store):
    app = opened()
    assert not app.exception
    assert job(store).state is JobState.QUEUED
    assert "0 of 6 cells computed, waiting for the engine" in app.get("progress")[0].proto.text
    assert "No engine is running" in texts(app.warning)
    compute(store)
    done = opened()
    assert not done.exception
    assert "All 6 cells are there" in texts(done.markdown)
    assert "Lowest μ: **" in texts(done.markdown)
    assert len(figures(done)) == 1
    assert not done.get("progress")


def test_a_large_map_tells_its_cost_and_waits_for_the_button(store):
    app = opened(LARGE)
    assert not app.exception
    assert job(store, LARGE) is None
    assert "**40 cells**. To do: 800 points, about **" in texts(app.markdown)
    app.button(key="launch_map").click().run()
    assert job(store, LARGE).state is JobState.QUEUED
    app.button(key="stop_map").click().run()
    assert job(store, LARGE).state is JobState.CANCELLED
    assert "Stopped before all cells were computed" in texts(app.info)
    app.button(key="launch_map").click().run()
    assert job(store, LARGE).state is JobState.QUEUED


def test_too_large_a_map_is_told_before_it_is_asked_for(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MAP_HOURS", "0.001")
    app = opened(LARGE)
    assert "NTK_UQ_MAP_HOURS" in texts(app.error)
    assert app.button(key="launch_map").disabled


def test_another_map_cancels_what_nobody_looks_at_any_more(store):
    app = opened()
    app.number_input(key="map_n_train").set_value(40).run()
    assert not app.exception
    assert job(store).state is JobState.CANCELLED
    assert job(store, shown_view(app)).state is JobState.QUEUED


def test_another_quantity_computes_nothing(store):
    app = opened()
    compute(store)
    app = opened()
    before = [j.submissions for j in store.jobs.list()]
    app.segmented_control(key="map_quantity").set_value("epsilon").run()
    assert not app.exception
    assert shown_view(app).quantity == "epsilon"
    assert "Lowest ε" in texts(app.markdown)
    assert [j.submissions for j in store.jobs.list()] == before


def test_a_click_on_a_cell_shows_its_numbers_and_its_curve(store):
    opened()
    compute(store)
    app = click(opened(), SMALL, 1, 2)
    assert not app.exception
    assert shown_view(app).shown == (1, 2)
    assert "## σ_w = 2.5, depth = 3" in texts(app.markdown)
    cell = stored_map(store.results, SMALL.map).cells[1][2]
    table = app.table[0].value["value"]
    assert cell.values["mu"].describe() in set(table)
    assert "±" in cell.values["mu"].describe()
    assert table["draws"] == "2 of 2"
    (link,) = [e for e in app.get("page_link") if "scaling curve" in e.proto.label]
    items = dict(urllib.parse.parse_qsl(link.proto.query_string))
    view = CurvesView.from_query(items)
    (curve,) = view.curves()
    assert (curve.architecture, curve.training) == (cell.spec.architecture, cell.spec.training)
    assert curve.n_train[-1] == 30
    # And the address opens the same cell again.
    again = opened(shown_view(app))
    assert "## σ_w = 2.5, depth = 3" in texts(again.markdown)


def test_the_chosen_cell_belongs_to_its_map(store):
    app = click(opened(), SMALL, 1, 2)
    assert shown_view(app).shown == (1, 2)
    app.number_input(key="map_n_train").set_value(40).run()
    assert shown_view(app).shown is None
    assert "Click on a cell" in texts(app.info)


def test_a_cell_without_numbers_tells_why(store):
    view = replace(SMALL, map=replace(SMALL.map, x="n_train", x_values=(10, 20, 5000)))
    opened(view)
    compute(store)
    app = opened(replace(view, row=0, column=2))
    assert not app.exception
    assert "2 of them without a number" in texts(app.markdown)
    assert "pool of digits holds 1,297" in texts(app.warning)
    assert not [e for e in app.get("page_link") if "scaling curve" in e.proto.label]
    assert "erf with σ_w = 1.414 and σ_b = 0 is chaotic" in texts(app.caption)


def test_exponents_can_be_chosen_where_cells_have_several_n_train(store):
    view = replace(SMALL, map=replace(SMALL.map, n_train=200, draws=1))
    app = opened(view)
    assert "alpha_mu" not in app.segmented_control(key="map_quantity").options
    app.toggle(key="map_exponent").set_value(True).run()
    app.segmented_control(key="map_quantity").set_value("alpha_mu").run()
    assert not app.exception
    assert shown_view(app).map.sizes == 5
    compute(store)
    done = opened(shown_view(app))
    assert not done.exception
    assert "of 6 cells" in texts(done.markdown)
    done.toggle(key="map_exponent").set_value(False).run()
    assert not done.exception
    assert shown_view(done).quantity == "mu"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("map_x_values", "2, 1", "“Values of σ_w” goes from 2.0 down to 1.0"),
        ("map_x_values", "", "letters, digits"),
        ("map_x_values", "1:2", "low:high:count"),
        ("map_x_values", "1", "“Values of σ_w” has one value of σ_w"),
    ],
)
def test_values_that_cannot_be_are_told_and_the_map_before_them_goes_on(store, key, value, words):
    app = opened()
    app.text_input(key=key).set_value(value).run()
    assert not app.exception
    assert words in texts(app.error)
    assert job(store).state is JobState.QUEUED


def test_both_axes_the_same_is_told(store):
    app = opened()
    app.selectbox(key="map_y").set_value("sigma_w").run()
    assert "Both axes are σ_w" in texts(app.error)


def test_a_chosen_axis_comes_with_values(store):
    app = opened()
    app.selectbox(key="map_x").set_value("n_train").run()
    assert not app.error
    assert shown_view(app).map.x_values == (25, 50, 100, 200, 400, 800)
    app.selectbox(key="map_x").set_value("activation").run()
    assert not app.error
    assert shown_view(app).map.x_values == ("relu", "erf", "gelu", "linear")


def test_a_training_without_time_is_told(store):
    view = replace(SMALL, map=replace(SMALL.map, training=TrainingSpec("bayes")))
    app = opened(view)
    app.selectbox(key="map_x").set_value("time").run()
    assert "a Bayesian posterior has none" in texts(app.error)


def test_a_failed_map_shows_its_reason_and_goes_on(store):
    app = opened()
    (claimed,) = store.jobs.claim("somebody")
    store.jobs.finish(claimed.id, "somebody", JobState.FAILED, "the cat sat on the GPU")
    app.run()
    assert "the cat sat on the GPU" in texts(app.error)
    app.button(key="launch_map").click().run()
    assert job(store).state is JobState.QUEUED


def test_missing_data_are_told_with_the_way_to_get_them(store, tmp_path, monkeypatch):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path / "nothing"))
    app = opened(replace(SMALL, map=replace(SMALL.map, data=DataSpec("mnist", 50))))
    assert not app.exception
    assert "data fetch mnist" in texts(app.error)
    assert [e for e in app.get("page_link") if "page of data sets" in e.proto.label]


def test_the_curve_of_a_cell_has_its_own_grid_or_one_from_an_eighth_upwards():
    (curve,) = curve_view(CurveSpec(n_train=(400,), draws=3)).curves()
    assert (curve.n_train[0], curve.n_train[-1], curve.draws) == (50, 400, 3)
    spec = MapSpec(n_train=400, sizes=5).cell(0, 0)
    assert curve_view(spec).curves() == (spec,)
    assert curve_view(CurveSpec(n_train=(1,))).n_high >= 1


def test_a_value_that_is_refused_leaves_the_last_map_and_launches_nothing(store):
    app = opened(LARGE)
    app.text_input(key="map_x_values").set_value("1, 2, cat").run()
    assert not app.exception
    assert "“Values of σ_w” has the name '1'" in texts(app.error)
    assert "the page shows the last settings that were sound" in texts(app.error)
    assert len(figures(app)) == 1
    assert app.button(key="launch_map").disabled
    app.text_input(key="map_x_values").set_value("1, 2").run()
    assert not app.error
    assert shown_view(app).map.x_values == (1.0, 2.0)
