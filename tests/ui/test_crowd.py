"""A server that is full says so, and lets in whoever waits once somebody has gone."""

import pytest
from helpers.pages_driver import open_page, texts

from ntk_uq.ui import crowd, watching


@pytest.fixture
def inside(monkeypatch):
    """Other sessions that are inside, of which those named here still have a connection."""
    there = {"one", "two"}
    monkeypatch.setattr(crowd, "_inside", set(there))
    monkeypatch.setattr(watching, "connected", lambda session: session in there)
    return there


def test_who_comes_when_it_is_full_waits_and_is_let_in(store, monkeypatch, inside):
    monkeypatch.setenv("NTK_UQ_SESSIONS", "2")
    app = open_page("runs")
    assert "2 browser tabs are open here" in texts(app.info)
    assert not app.sidebar.multiselect
    inside.remove("two")
    app.run()
    assert "browser tabs" not in texts(app.info)
    assert app.sidebar.multiselect
    monkeypatch.setenv("NTK_UQ_SESSIONS", "1")
    app.run()
    assert app.sidebar.multiselect, "nobody who is inside is sent away"


def test_without_the_setting_everybody_is_let_in(store, inside):
    assert open_page("runs").sidebar.multiselect


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5"])
def test_a_number_that_is_none_is_told(store, monkeypatch, text):
    monkeypatch.setenv("NTK_UQ_SESSIONS", text)
    assert "NTK_UQ_SESSIONS" in texts(open_page("runs").error)
