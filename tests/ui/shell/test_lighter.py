"""What stands in for Streamlit's own work gives the same."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
import streamlit
from streamlit import config
from streamlit.runtime import app_session
from streamlit.runtime.state import safe_session_state, session_state
from streamlit.testing.v1 import AppTest

from ntk_uq.ui.shell import lighter


@pytest.fixture
def originals(monkeypatch):
    """Streamlit's own, put back afterwards."""
    options = _original("get_options_for_section", config)
    monkeypatch.setattr(config, "get_options_for_section", options)
    state = safe_session_state.SafeSessionState
    monkeypatch.setattr(state, "filtered_state", state.filtered_state)
    call = app_session.AppSession._call_soon_on_event_loop
    monkeypatch.setattr(app_session.AppSession, "_call_soon_on_event_loop", call)
    return options


def _original(name, module):
    """A function as the file of its module has it, whatever stands in for it now."""
    source = module.__spec__.loader.get_source(module.__name__)
    begin = source.index(f"def {name}(")
    end = source.index("\n\n\n", begin)
    space = dict(vars(module))
    exec("from __future__ import annotations\n" + source[begin:end], space)
    return space[name]


def page():
    import streamlit as st

    st.session_state.setdefault("own", {"a": 1})
    st.number_input("N", value=3, key="n")
    st.text_input("T", key="t")
    st.checkbox("without a key")
    st.session_state["late"] = None


def test_a_session_is_seen_as_before():
    app = AppTest.from_function(page).run()
    app.number_input(key="n").set_value(None).run()
    safe = app.session_state._state
    whole = safe._state.filtered_state
    seen = lighter.AskedState(safe)
    assert set(whole) == {"own", "late", "n", "t"}
    assert dict(seen) == whole
    assert len(seen) == 4
    assert str(seen) == str(whole)
    assert {key: seen[key] for key in whole} == whole
    hidden = [key for key in safe._state._keys() if key not in whole]
    assert hidden
    assert not any(key in seen for key in [*hidden, "nothing"])


def test_one_value_is_looked_up_without_all_others(monkeypatch):
    app = AppTest.from_function(page).run()
    seen = lighter.AskedState(app.session_state._state)
    monkeypatch.setattr(session_state.SessionState, "_keys", None)
    assert seen["n"] == 3
    assert "nothing" not in seen


def test_settings_of_sections_are_the_same(originals):
    config.get_config_options()
    sections = {option.section for option in config.get_config_options().values()}
    assert {"theme", "theme.light", "theme.dark.sidebar"} <= sections
    for section in [*sections, "none"]:
        found = lighter.options_of(section)
        assert list(found.items()) == list(originals(section).items())


def test_calls_of_a_session_come_in_their_order_by_few_calls_of_the_loop():
    async def calls():
        loop = asyncio.get_running_loop()
        session, told, came = SimpleNamespace(_event_loop=loop), [], []
        loop.set_exception_handler(lambda _, found: told.append(str(found["exception"])))
        scheduled = 0
        call_soon = loop.call_soon_threadsafe

        def counted(*args):
            nonlocal scheduled
            scheduled += 1
            return call_soon(*args)

        loop.call_soon_threadsafe = counted

        def run():
            for number in range(200):
                lighter.call_soon(session, lambda number=number: came.append(number))
            lighter.call_soon(session, lambda: 1 / 0)
            lighter.call_soon(session, lambda: came.append("last"))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()  # the loop comes to none of them meanwhile
        await asyncio.sleep(0.01)
        return came, told, scheduled

    came, told, scheduled = asyncio.run(calls())
    assert came == [*range(200), "last"]
    assert told == ["division by zero"]
    assert scheduled == 1


def test_no_call_is_lost_while_the_loop_comes_and_goes():
    async def calls():
        session, came = SimpleNamespace(_event_loop=asyncio.get_running_loop()), []

        def run():
            for number in range(20_000):
                lighter.call_soon(session, lambda number=number: came.append(number))

        thread = threading.Thread(target=run)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        return came

    assert asyncio.run(calls()) == list(range(20_000))


def test_they_stand_in_for_this_release_alone(originals, monkeypatch):
    state = safe_session_state.SafeSessionState
    assert lighter.use()
    assert config.get_options_for_section is lighter.options_of
    assert state.filtered_state.fget is lighter.AskedState
    assert app_session.AppSession._call_soon_on_event_loop is lighter.call_soon
    monkeypatch.setattr(config, "get_options_for_section", originals)
    monkeypatch.setattr(streamlit, "__version__", "1.68.0")
    assert not lighter.use()
    assert config.get_options_for_section is originals
