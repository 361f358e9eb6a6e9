"""Controls that a page changes by itself lose no edit that was made meanwhile."""

import pytest
from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    from ntk_uq.ui.controls import adapting, widgets

    def chosen():
        most = {"small": 30, "large": 4000}[st.session_state["p_set"]]
        adapting.adapt("p", {"n": min(st.session_state["p_n"], most), "m": "usual"})

    if "p_n" not in st.session_state:
        widgets.fill("p", {"n": 50, "m": "usual"})
    told = st.session_state.get("told", ("p_n", "p_m"))
    adapting.keep_edits(lambda keys: {key for key in keys if key in told})
    if st.session_state.get("another page"):
        return
    st.selectbox("set", ["large", "small"], key="p_set", on_change=chosen)
    st.number_input("n", key="p_n")
    st.text_input("m", key="p_m")


@pytest.fixture
def app():
    return AppTest.from_function(page).run().run()


def choose(app, name):
    return app.selectbox(key="p_set").set_value(name).run()


def n(app):
    return app.number_input(key="p_n")


def is_set(app):
    """Whether the browser is told what the number is, whatever stands there."""
    return n(app).proto.set_value


def test_what_fits_already_is_not_set(app):
    choose(app, "small")
    choose(app, "large")
    app.run()
    app.run()
    choose(app, "small")
    assert not any(box.proto.set_value for box in (n(app), app.text_input(key="p_m")))


def test_what_does_not_fit_is_changed_once(app):
    choose(app, "small")
    assert is_set(app)
    assert n(app).value == 30
    app.run()
    assert not is_set(app)
    assert n(app).value == 30


def test_an_edit_of_before_the_browser_had_the_change_is_told_to_it_again(app):
    choose(app, "small")
    n(app).set_value(20).run()
    assert is_set(app)
    assert n(app).value == 20
    app.run()
    assert not is_set(app)
    assert n(app).value == 20


def test_a_request_of_before_the_browser_had_the_change_does_not_undo_it(app):
    choose(app, "small")
    n(app).set_value(50).run()  # what stood there before
    assert is_set(app)
    assert n(app).value == 30
    app.run()
    n(app).set_value(50).run()  # somebody's own choice, now that the change is there
    assert not is_set(app)
    assert n(app).value == 50


def test_a_request_without_the_control_tells_nothing(app):
    choose(app, "small")
    app.session_state["told"] = ()
    app.run()
    assert not is_set(app)
    app.session_state["told"] = ("p_n", "p_m")
    n(app).set_value(20).run()
    assert is_set(app)


def test_a_page_that_was_left_is_forgotten(app):
    choose(app, "small")
    app.session_state["another page"] = True
    app.run()
    app.run()
    assert app.session_state["controls_adapted"] == {}
