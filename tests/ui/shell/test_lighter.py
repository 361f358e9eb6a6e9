"""What stands in for Streamlit's own work gives the same."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
import streamlit
from streamlit import config
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.runtime import app_session, runtime
from streamlit.runtime.state import safe_session_state, session_state
from streamlit.testing.v1 import AppTest

from ntk_uq.ui.shell import lighter

STANDS_IN = (
    (safe_session_state.SafeSessionState, "filtered_state"),
    (app_session.AppSession, "_call_soon_on_event_loop"),
    (app_session, "_populate_theme_msg"),
    (runtime.Runtime, "_enqueued_some_message"),
    (app_session.AppSession, "flush_browser_queue"),
    (app_session.AppSession, "request_rerun"),
    (runtime.Runtime, "_send_message"),
)


@pytest.fixture
def as_before(monkeypatch):
    """Whatever stands in is put back afterwards."""
    for where, name in STANDS_IN:
        monkeypatch.setattr(where, name, getattr(where, name))


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


THEME = """
[theme]
primaryColor = "#123456"
base = "dark"
font = "serif"
chartCategoricalColors = ["#111111", "#222222"]
headingFontSizes = ["3rem"]
[theme.light]
textColor = ""
[theme.dark.sidebar]
primaryColor = "#654321"
"""
PARTS = ("", "light", "dark", "sidebar", "light.sidebar", "dark.sidebar")


def theme(put):
    """What a run sends of all themes."""
    message = NewSession().custom_theme
    for part in PARTS:
        where = message
        for name in filter(None, part.split(".")):
            where = getattr(where, name)
        put(where, f"theme.{part}".rstrip("."))
    return message.SerializeToString()


@pytest.mark.parametrize("text", ["", THEME])
def test_themes_are_sent_as_before_and_read_once(text, monkeypatch):
    monkeypatch.setattr(lighter, "_themes", {})
    monkeypatch.setattr(config, "_config_options", None)
    monkeypatch.setattr(config, "get_config_files", lambda _: [])
    config.get_config_options()
    config._update_config_with_toml(text, "a file")
    wanted = theme(lighter._put_theme)
    assert bool(wanted) == bool(text)
    assert theme(lighter.put_theme) == wanted
    monkeypatch.setattr(config, "get_options_for_section", None)
    assert theme(lighter.put_theme) == wanted


def test_themes_are_read_again_where_a_file_of_settings_has_changed(as_before, monkeypatch):
    lighter.use()
    lighter._themes["theme"] = "of before"
    monkeypatch.setattr(config, "_config_options", None)
    config.get_config_options()
    assert lighter._themes == {}


@pytest.mark.parametrize("within", [True, False])
def test_the_loop_is_told_of_messages_from_within_and_from_other_threads(within):
    async def told():
        loop, wanted = asyncio.get_running_loop(), asyncio.Event()
        objects = SimpleNamespace(eventloop=loop, need_send_data=wanted)
        server = SimpleNamespace(_get_async_objs=lambda: objects)
        if within:
            lighter.tell_of_message(server)
            return wanted.is_set()
        threading.Timer(0.01, lighter.tell_of_message, [server]).start()
        return await asyncio.wait_for(wanted.wait(), 10)

    assert asyncio.run(told())


async def until(condition):
    """Waits for the loop to come so far."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


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
        await until(lambda: came[-1:] == ["last"])
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
        await until(lambda: len(came) == 20_000)
        return came

    assert asyncio.run(calls()) == list(range(20_000))


def test_a_run_is_asked_for_after_all_that_the_one_before_has_wanted(monkeypatch):
    came = []
    monkeypatch.setattr(lighter, "_request_rerun", lambda _, state: came.append(state))

    async def calls():
        session = SimpleNamespace(_event_loop=asyncio.get_running_loop())
        lighter.call_soon(session, lambda: came.append("ended"))
        lighter.request_rerun(session, "again")
        assert came == ["ended", "again"]
        lighter.call_soon(session, lambda: came.append("begun"))
        await until(lambda: came[-1] == "begun")
        # From a thread of its own nothing of the loop's is done.
        lighter.call_soon(session, lambda: came.append("sent"))
        await asyncio.to_thread(lighter.request_rerun, session, "file")
        await until(lambda: len(came) == 5)

    asyncio.run(calls())
    assert sorted(came[3:]) == ["file", "sent"]


def test_all_that_waits_for_a_browser_is_sent_at_once_and_in_its_order(monkeypatch):
    waiting, sent = [["a", "b"], [], ["c"]], []
    monkeypatch.setattr(lighter, "_flush", lambda _: waiting.pop(0))
    monkeypatch.setattr(lighter, "_send", lambda *told: sent.append(told))
    flushed = [lighter.flushed("session") for _ in range(3)]
    assert [len(found) for found in flushed] == [1, 0, 1]
    for found in flushed:
        for one in found:
            lighter.send("server", "info", one)
    lighter.send("server", "info", "d")
    assert sent == [("server", "info", text) for text in "abcd"]


def test_they_stand_in_for_this_release_alone(as_before, monkeypatch):
    assert lighter.use()
    ours = [getattr(where, name) for where, name in STANDS_IN]
    assert ours[0].fget is lighter.AskedState
    assert ours[1:4] == [lighter.call_soon, lighter.put_theme, lighter.tell_of_message]
    assert ours[4:] == [lighter.flushed, lighter.request_rerun, lighter.send]
    for where, name in STANDS_IN:
        monkeypatch.setattr(where, name, None)
    monkeypatch.setattr(streamlit, "__version__", "1.68.0")
    assert not lighter.use()
    assert [getattr(where, name) for where, name in STANDS_IN] == [None] * len(STANDS_IN)
