"""Tabs that are opened and closed in a hurry, with a server and an engine as users have them."""

import asyncio
import time
import urllib.parse

import pytest
from helpers.serving import serving
from streamlit.proto.BackMsg_pb2 import BackMsg
from tornado.websocket import websocket_connect

from ntk_uq.specs import DataSpec
from ntk_uq.store import open_store
from ntk_uq.views import CurvesView

pytestmark = pytest.mark.slow


async def tab(address, view):
    """The connection of a browser that has opened a link."""
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    connection = await websocket_connect(stream, subprotocols=["streamlit"])
    message = BackMsg()
    message.rerun_script.query_string = urllib.parse.urlencode(view.to_query())
    await connection.write_message(message.SerializeToString(), binary=True)
    return connection


def view(seed):
    return CurvesView(DataSpec(seed=seed), depths=(1,), draws=40)


def unended(store, specs):
    return [job for job in store.jobs.get_many(specs).values() if not job.state.ended]


async def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.1)


async def open_and_close(address, store):
    views = [view(seed) for seed in range(10)]
    specs = [v.curves()[0].digest() for v in views]
    await wait_for(store.jobs.engines, 60)
    kept = await tab(address, views[0])
    for one in views[1:]:
        connection = await tab(address, one)
        await wait_for(lambda one=one: store.jobs.get(one.curves()[0].digest()), 30)
        connection.close()
    closed = time.monotonic()
    assert len(unended(store, specs[1:])) > 3
    await wait_for(lambda: not unended(store, specs[1:]), 10)
    assert time.monotonic() - closed < 10
    # Whose tab is open goes on, although its page runs nothing by itself here.
    job = store.jobs.get(specs[0])
    assert not job.withdrawn
    kept.close()


def test_what_closed_tabs_asked_for_is_withdrawn_within_ten_seconds(tmp_path):
    with serving(tmp_path) as address, open_store(tmp_path / "store") as store:
        asyncio.run(open_and_close(address, store))
