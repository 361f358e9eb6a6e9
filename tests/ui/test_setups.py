"""One setup for all pages: it travels, stands in one line at the top, and can be taken back."""

from dataclasses import replace

from helpers.pages_driver import go_back, open_page, texts, view_in

from ntk_uq.specs import ArchitectureSpec, DataSpec, TrainingSpec
from ntk_uq.views import CurvesView, DataView, EnsemblesView, TrainingTimeView, WidthView

SMALL = CurvesView(DataSpec(n_test=50), depths=(1, 3), n_low=10, n_high=40, n_points=2, draws=1)


def turn_to(app, page):
    """By the navigation: without a link."""
    app.query_params.clear()
    return app.switch_page(f"pages/{page}.py").run()


def line(app):
    return app.caption[0].value.replace("\\", "")


def test_a_change_travels_and_each_page_keeps_its_own_axes(store):
    app = open_page("ensembles", EnsemblesView(n_train=(7, 9), members=3))
    app.number_input(key="ensembles_sigma_w").set_value(1.25).run()
    turn_to(app, "scaling_curves")
    view = view_in(app, CurvesView)
    # Networks are the setup's, too; the grid of N_D is the page's own.
    assert view == CurvesView(sigma_w=1.25, widths=(64, 256), members=3)
    app.number_input(key="curves_sigma_b").set_value(0.5).run()
    turn_to(app, "ensembles")
    view = view_in(app, EnsemblesView)
    assert replace(view, shown_width=None, shown_n_train=None) == EnsemblesView(
        architecture=ArchitectureSpec(sigma_w=1.25, sigma_b=0.5), n_train=(7, 9), members=3
    )
    assert "σ_w = 1.25, σ_b = 0.5, widths 64, 256" in line(app)


def test_a_link_wins_and_is_the_setup_from_then_on(store):
    app = open_page(None, SMALL)
    app.query_params.clear()
    app.query_params.update(WidthView(DataSpec("spots", 60), (2,), sigma_b=0.1).to_query())
    app.switch_page("pages/width.py").run()
    assert view_in(app, WidthView).data == DataSpec("spots", 60)
    turn_to(app, "scaling_curves")
    view = view_in(app, CurvesView)
    assert (view.data, view.depths, view.sigma_b) == (DataSpec("spots", 60), (2,), 0.1)
    assert (view.n_low, view.n_high, view.draws) == (10, 40, 1)


def test_pages_that_lack_a_control_lose_nothing_of_it(store):
    app = open_page(None, SMALL)
    app.number_input(key="curves_seed").set_value(3).run()
    turn_to(app, "data")
    app.selectbox(key="data_activation").set_value("erf").run()
    assert view_in(app, DataView).data == DataSpec(n_test=50, seed=3)
    turn_to(app, "training_time")
    assert view_in(app, TrainingTimeView).depths == (1, 3)
    app.number_input(key="time_sigma_w").set_value(1.1).run()
    turn_to(app, "scaling_curves")
    view = view_in(app, CurvesView)
    assert (view.data, view.depths) == (DataSpec(n_test=50, seed=3), (1, 3))
    assert (view.activation, view.sigma_w) == ("erf", 1.1)


def test_what_a_page_does_not_take_is_told_there_until_it_is_changed(store):
    app = open_page(None, SMALL)
    app.selectbox(key="curves_kind").set_value("bayes").run()
    turn_to(app, "ensembles")
    assert "Bayesian posterior is not shown here" in texts(app.info)
    app.number_input(key="ensembles_members").set_value(5).run()
    assert "Bayesian" not in texts(app.info)
    turn_to(app, "scaling_curves")
    assert view_in(app, CurvesView).training == TrainingSpec("bayes")


def test_every_page_has_the_setup_in_words(store):
    app = open_page(None, SMALL)
    assert line(app).startswith("**Handwritten digits, 8 × 8** · inputs on a sphere · ")
    assert "relu, depths 1, 3, σ_w = √2, σ_b = 0, trained to convergence · N_T = 50" in line(app)
    for page in ("runs", "report", "phase_map", "width", "data"):
        turn_to(app, page)
        assert not app.exception
        start = "Setup of the other pages: " if page in ("runs", "report") else ""
        digits = "**Handwritten digits, 8 × 8** · inputs on a sphere · "
        assert line(app).startswith(f"{start}{digits}"), page
        assert "N_T = 50" in line(app)


def press(app, key):
    return app.button(key=key).click().run()


def test_changes_are_taken_back_and_made_again_one_by_one(store):
    app = open_page(None, SMALL)
    assert app.button(key="setup_undo").disabled
    app.number_input(key="curves_sigma_w").set_value(1.25).run()
    app.number_input(key="curves_draws").set_value(2).run()
    assert "draws 1 → 2" in app.button(key="setup_undo").help
    press(app, "setup_undo")
    assert view_in(app, CurvesView) == replace(SMALL, sigma_w=1.25)
    press(app, "setup_undo")
    assert view_in(app, CurvesView) == SMALL
    assert app.button(key="setup_undo").disabled
    press(app, "setup_redo")
    assert app.number_input(key="curves_sigma_w").value == 1.25
    app.number_input(key="curves_sigma_b").set_value(0.5).run()
    assert app.button(key="setup_redo").disabled, "another way was taken"
    press(app, "setup_undo")
    assert view_in(app, CurvesView) == replace(SMALL, sigma_w=1.25)


def test_an_edit_that_comes_together_with_undo_is_what_is_taken_back(store):
    app = open_page(None, SMALL)
    app.number_input(key="curves_sigma_w").set_value(1.25).run()
    app.number_input(key="curves_draws").set_value(4)
    press(app, "setup_undo")
    assert view_in(app, CurvesView) == replace(SMALL, sigma_w=1.25)
    press(app, "setup_redo")
    assert view_in(app, CurvesView) == replace(SMALL, sigma_w=1.25, draws=4)


def test_a_change_of_another_page_is_taken_back_where_one_is(store):
    app = open_page(None, SMALL)
    app.number_input(key="curves_sigma_w").set_value(1.25).run()
    turn_to(app, "ensembles")
    press(app, "setup_undo")
    assert view_in(app, EnsemblesView).architecture == ArchitectureSpec(depth=1)
    turn_to(app, "scaling_curves")
    assert view_in(app, CurvesView) == SMALL


def test_the_browser_going_back_is_undoing_and_forth_redoing(store):
    app = open_page(None, SMALL)
    app.number_input(key="curves_sigma_w").set_value(1.25).run()
    go_back(app, SMALL.to_query())
    assert app.button(key="setup_undo").disabled
    assert "1\\.25" in app.button(key="setup_redo").help
    press(app, "setup_redo")
    assert view_in(app, CurvesView) == replace(SMALL, sigma_w=1.25)


def test_defaults_are_those_of_all_setups_and_can_be_taken_back(store):
    app = open_page("width", WidthView(members=3, sigma_b=0.25))
    turn_to(app, "scaling_curves")
    app.number_input(key="curves_draws").set_value(2).run()
    press(app, "setup_reset")
    assert view_in(app, CurvesView) == CurvesView()
    turn_to(app, "width")
    view = view_in(app, WidthView)
    assert (view.sigma_b, view.members) == (0.0, 40)
    turn_to(app, "scaling_curves")
    press(app, "setup_undo")
    assert view_in(app, CurvesView).draws == 2
    assert view_in(app, CurvesView).sigma_b == 0.25


def test_what_cannot_be_is_taken_back_first(store):
    app = open_page(None, SMALL)
    app.number_input(key="curves_sigma_w").set_value(1.25).run()
    app.number_input(key="curves_sigma_b").set_value(-1.0).run()
    assert app.error
    press(app, "setup_undo")
    assert not app.error
    assert view_in(app, CurvesView) == replace(SMALL, sigma_w=1.25)
    assert app.number_input(key="curves_sigma_b").value == 0.0


def test_the_setup_of_a_preset_is_that_of_the_other_pages(store):
    app = open_page()
    app.button(key="start_Is the plateau the network's?").click().run()
    view = view_in(app, CurvesView)
    assert view.data.n_test == 50
    assert view.pinned() == CurvesView()
    turn_to(app, "width")
    assert view_in(app, WidthView).data.n_test == 50


def test_a_baseline_that_is_pinned_leaves_the_other_pages_their_own(store):
    app = open_page("width", WidthView(members=7))
    turn_to(app, "scaling_curves")
    app.button(key="setup_pin").click().run()
    assert view_in(app, CurvesView).baseline
    turn_to(app, "width")
    assert view_in(app, WidthView).members == 7
