"""Which view a run of a page sets its controls to."""

import pytest
from streamlit.testing.v1 import AppTest

from ntk_uq.ui import links


def page():
    import streamlit as st

    from ntk_uq.ui import links
    from ntk_uq.views import CurvesView

    opened = links.opened_view(CurvesView)
    st.session_state["opened"] = [*st.session_state.get("opened", []), opened]
    links.keep(opened or CurvesView())
    if st.button("Again"):
        links.again()


@pytest.fixture
def app():
    return AppTest.from_function(page).run()


def opened(app):
    return [view is not None for view in app.session_state["opened"]]


def test_a_page_that_has_just_been_opened_and_runs_by_itself_sets_its_controls_again(app):
    app.run()  # a control was changed: what it holds now is not overwritten
    app.button[0].click().run()
    assert opened(app) == [True, False, False, True]
    assert app.session_state["opened"][-1] == app.session_state["opened"][0]
    app.run()
    assert opened(app)[4:] == [False]


def test_a_page_that_has_been_open_for_a_while_leaves_its_controls_alone(app, monkeypatch):
    monkeypatch.setattr(links, "_SHOWN_AFTER", 0.0)
    app.button[0].click().run()
    assert opened(app) == [True, False, False]
