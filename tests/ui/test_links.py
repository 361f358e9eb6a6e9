"""Which view a run of a page sets its controls to, and that no edit is lost to it."""

import pytest
from helpers.pages_driver import go_back, open_page, view_in
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from ntk_uq.ui import links
from ntk_uq.views import CurvesView, EnsemblesView


def page():
    import streamlit as st

    from ntk_uq.ui import links
    from ntk_uq.ui.pages.scaling_curves import controls
    from ntk_uq.views import CurvesView

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    links.set_controls(CurvesView, controls.fill)
    view = controls.draw()
    if st.session_state.pop("break_off", False):
        st.stop()
    links.keep(view)
    if st.button("Again", key="again"):
        links.again()
    for every in (None, 1.0):
        if st.session_state.pop(f"follow_{every}", False):
            links.follow(every)


@pytest.fixture
def app():
    return AppTest.from_function(page, default_timeout=60).run()


def draws(app):
    return app.number_input(key="curves_draws")


def address(app):
    """The address bar: strings as the page has written them, lists as a browser sends them."""
    items = app.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in items}


def ask_with(app, query):
    """The browser's next request comes with this address."""
    app.query_params.clear()
    app.query_params.update(query)


def are_set(app):
    """Which controls the page has set in its last run, whatever stands in the browser."""
    boxes = (*app.number_input, *app.text_input, *app.selectbox, *app.toggle)
    return {box.key for box in boxes if box.proto.set_value}


@pytest.fixture
def undrawn(monkeypatch):
    """What a browser sends of controls that it has not drawn yet: nothing."""

    def leave_out(*keys):
        sent = links._comes_with
        monkeypatch.setattr(links, "_comes_with", lambda names: sent(set(names) - set(keys)))

    return leave_out


def test_who_opens_a_page_has_its_controls_set_once(app):
    assert {"curves_draws", "curves_activation", "curves_depths", "curves_parts"} <= are_set(app)
    app.run()
    assert not are_set(app)


def test_controls_that_are_not_drawn_yet_are_set_again(app, undrawn, monkeypatch):
    before = draws(app).value
    undrawn("curves_draws", "curves_depths")
    for run in range(2):
        draws(app).set_value(before + run)
        app.session_state["follow_None"] = True
        app.run()
        assert are_set(app) == {"curves_draws", "curves_depths"}
        assert draws(app).value == before + run
        app.session_state["opened_at"] = -1e9  # on a busy machine a browser may take any time
    monkeypatch.undo()  # it has drawn them
    app.run()
    assert not are_set(app)


def test_a_control_that_is_drawn_is_never_set_back(app):
    """A page that runs by itself just after it was opened, while somebody edits it."""
    before = draws(app).value
    app.session_state["follow_None"] = True
    app.run()
    assert not are_set(app)
    draws(app).set_value(before + 1)
    app.session_state["follow_None"] = True
    app.run()
    assert not are_set(app)
    assert draws(app).value == before + 1


def test_an_edit_beside_a_control_that_is_set_again_is_told_to_the_browser(app, monkeypatch):
    """It had drawn the control when the page ran again by itself, and had not told so."""
    with monkeypatch.context() as undrawn:
        undrawn.setattr(links, "_comes_with", lambda _: set())
        app.session_state["follow_None"] = True
        app.run()
        assert "curves_draws" in are_set(app)
    draws(app).set_value(7).run()
    assert are_set(app) == {"curves_draws"}
    assert draws(app).value == 7
    app.run()
    assert not are_set(app)
    draws(app).set_value(9).run()
    assert not are_set(app)
    assert draws(app).value == 9


def test_what_a_control_held_before_a_link_does_not_tell_that_it_is_drawn(app, undrawn):
    before = draws(app).value
    app.run()
    with_five = {**address(app), "draws": "5"}
    ask_with(app, with_five)
    app.run()
    assert "curves_draws" in are_set(app)
    draws(app).set_value(before).run()  # sent before it had drawn the link's
    assert are_set(app) == {"curves_draws"}


def test_a_page_that_a_timer_runs_waits_with_it_until_it_is_shown(app, undrawn, monkeypatch):
    undrawn("curves_draws")
    app.session_state["follow_1.0"] = True
    app.run()
    assert "run_again" not in app.session_state
    assert app.session_state["runs"] == 2
    monkeypatch.undo()
    app.session_state["follow_1.0"] = True
    app.run()
    assert app.session_state["runs"] == 4


def test_an_edit_that_comes_while_the_page_runs_by_itself_is_kept(app):
    before = draws(app).value
    app.session_state["run_again"] = True
    draws(app).set_value(before + 4).run()
    assert draws(app).value == before + 4
    app.run()
    assert draws(app).value == before + 4


def test_an_edit_that_was_sent_before_the_browser_had_the_address_is_kept(app):
    before = draws(app).value
    assert address(app)
    ask_with(app, {})
    draws(app).set_value(before + 4).run()
    assert draws(app).value == before + 4
    assert address(app)["draws"] == str(before + 4)


def test_a_browser_without_an_address_yet_has_no_control_set_back(app):
    before = draws(app).value
    draws(app).set_value(before + 4).run()
    ask_with(app, {})
    app.run()
    assert not are_set(app)
    assert draws(app).value == before + 4
    assert address(app)["draws"] == str(before + 4)


def test_a_page_that_was_left_for_one_without_a_view_has_its_controls_set_again(store):
    page = open_page("scaling_curves", CurvesView(draws=5))
    page.switch_page("pages/report.py").run()
    page.query_params.clear()
    page.switch_page("pages/scaling_curves.py").run()
    assert draws(page).value == 5


@pytest.mark.parametrize("by_itself", [False, True])
def test_so_has_one_that_is_come_back_to_before_the_other_page_was_drawn(store, by_itself):
    page = open_page("scaling_curves", CurvesView(draws=5))
    there = address(page)
    # What the run of the other page leaves behind that is broken off at its begin.
    for name in list(page.session_state["control_keys"]):
        if name in page.session_state:
            del page.session_state[name]
    page.session_state["run_again"] = by_itself
    ask_with(page, there)
    page._run(WidgetStates())
    assert not page.exception
    assert draws(page).value == 5
    assert "curves_draws" in are_set(page)
    draws(page).set_value(7).run()
    assert draws(page).value == 7
    assert address(page)["draws"] == "7"


def test_so_is_one_that_comes_with_an_older_address(app):
    first = address(app)
    draws(app).set_value(5).run()
    second = address(app)
    draws(app).set_value(6).run()
    for old in (second, first):
        ask_with(app, old)
        draws(app).set_value(draws(app).value + 1).run()
    assert draws(app).value == 8
    assert address(app)["draws"] == "8"


def test_a_browser_that_is_connected_anew_sets_nothing_back(app):
    """It asks for the page again, with the controls as they are, and with the address that it has
    on a busy machine: one of before the last edits."""
    first, before = address(app), draws(app).value
    draws(app).set_value(before + 4).run()
    ask_with(app, first)
    app.run()
    assert draws(app).value == before + 4
    assert address(app)["draws"] == str(before + 4)


def test_a_browser_that_comes_from_another_server_brings_its_edits_along(app):
    """It asks with what its controls hold, and with an address that has the last edit not yet."""
    opened, before = address(app), draws(app).value
    draws(app).set_value(before + 4)
    another = AppTest.from_function(page, default_timeout=60)
    ask_with(another, {**opened, "n_points": "5"})
    sent = app._tree.get_widget_states()
    sent.widgets.remove(next(w for w in sent.widgets if w.id.endswith("-curves_n_points")))
    another._run(sent)
    assert draws(another).value == before + 4
    assert another.number_input(key="curves_n_points").value == 5  # not drawn yet where it was
    assert address(another)["draws"] == str(before + 4)
    assert "curves_n_points" in are_set(another)
    assert "curves_draws" not in are_set(another)
    another.run()
    assert draws(another).value == before + 4


def test_a_link_to_a_view_of_before_is_opened(app, monkeypatch):
    first, before = address(app), draws(app).value
    draws(app).set_value(before + 4).run()
    ask_with(app, first)
    with monkeypatch.context() as patch:  # the browser leaves the controls for it
        patch.setattr(links, "_comes_with", lambda controls: set())
        app.run()
    assert draws(app).value == before


def test_going_back_opens_what_was_there(app):
    first, before = address(app), draws(app).value
    draws(app).set_value(before + 4).run()
    go_back(app, first)
    assert draws(app).value == before
    assert address(app) == first


def test_controls_of_other_pages_that_are_gone_are_no_edit(app):
    first, before = address(app), draws(app).value
    app.session_state["gone"] = 1
    app.session_state["control_keys"] = {**app.session_state["control_keys"], "gone": True}
    draws(app).set_value(before + 4).run()
    del app.session_state["gone"]
    go_back(app, first)
    assert draws(app).value == before


def test_another_link_is_opened_whatever_was_edited(app):
    link = {**address(app), "draws": "9"}
    ask_with(app, link)
    app.number_input(key="curves_seed").set_value(3).run()
    assert draws(app).value == 9
    assert app.number_input(key="curves_seed").value == 0


def test_a_page_that_runs_by_itself_before_the_browser_has_the_address_keeps_the_last_edit(app):
    first, before = address(app), draws(app).value
    draws(app).set_value(before + 4).run()
    ask_with(app, first)
    app.session_state["run_again"] = True
    app.run()
    assert draws(app).value == before + 4
    assert address(app)["draws"] == str(before + 4)


def test_an_edit_that_breaks_off_the_run_that_opens_the_page_is_kept():
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["break_off"] = True
    app.run()
    before = draws(app).value
    draws(app).set_value(before + 4).run()
    assert draws(app).value == before + 4
    assert address(app)["draws"] == str(before + 4)


def test_going_back_from_a_refused_entry_opens_what_was_there(store):
    page = open_page("scaling_curves", CurvesView(draws=2, n_points=3))
    first = address(page)
    draws(page).set_value(3).run()
    draws(page).set_value(100_000).run()
    assert page.error
    go_back(page, first)
    assert draws(page).value == 2
    assert not page.error


def test_an_address_that_holds_what_another_page_has_sent_is_no_link(store):
    """A browser that goes back and forth quickly writes it behind the wrong page's name."""
    page = open_page("scaling_curves", CurvesView(draws=5))
    there = address(page)
    page.switch_page("pages/ensembles.py")
    ask_with(page, there)
    page.run()
    assert not page.exception
    assert not page.error
    assert view_in(page, EnsemblesView).data == CurvesView().data
    page.switch_page("pages/scaling_curves.py")
    go_back(page, there)
    assert draws(page).value == 5


def test_an_edit_of_what_stood_there_before_a_link_is_told_to_the_browser_again(app, undrawn):
    app.run()
    ask_with(app, {**address(app), "draws": "5"})
    app.run()
    draws(app).set_value(7).run()  # what the link has set may be on its way meanwhile
    assert "curves_draws" in are_set(app)
    assert draws(app).value == 7
    app.run()
    assert "curves_draws" not in are_set(app)
    assert draws(app).value == 7


def test_a_data_set_that_is_chosen_sets_nothing_that_fits_it(app):
    app.run()
    app.selectbox(key="curves_dataset").set_value("calorimeter").run()
    assert not {"curves_n_test", "curves_n_low"} & are_set(app)
