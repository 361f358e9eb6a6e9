"""``/healthz``: when pages can be shown, and when not."""

import json

import pytest
from helpers.asgi import ask
from streamlit import config

from ntk_uq.base import settings
from ntk_uq.base.errors import StoreFullError
from ntk_uq.base.version import VERSION
from ntk_uq.store import open_store
from ntk_uq.ui.shell import healthz, metrics, observed

pytestmark = pytest.mark.usefixtures("looks")


def told(app, address="/healthz"):
    found = ask(app, address)
    assert found.headers["content-type"] == "application/json"
    assert found.headers["cache-control"] == "no-store"
    return found.status, json.loads(found.text)


def test_pages_without_an_engine_are_well_unless_that_is_asked(app, store, looks):
    status, body = told(app)
    assert (status, body["status"], body["store"], body["version"]) == (200, "ok", True, VERSION)
    assert (body["engine"], body["engine_writes"]) == ("none", None)
    status, body = told(app, "/healthz?engine=1")
    assert (status, body["reason"]) == (503, "no engine is alive")
    store.jobs.beat("e1", {"workers": 1})
    looks.later()
    assert told(app, "/healthz?engine=1") == (
        200,
        {"status": "ok", "store": True, "engine": "alive", "engine_writes": True}
        | {"version": VERSION},
    )


def test_an_engine_that_cannot_write_is_told_and_decides_if_asked(app, store):
    store.jobs.beat("e1", {}, StoreFullError("no room"))
    status, body = told(app)
    assert (status, body["engine_writes"]) == (200, False)
    status, body = told(app, "/healthz?engine=1")
    assert (status, body["reason"]) == (503, "the engine cannot write: the disk is full")


def test_a_store_that_is_not_there_or_damaged_is_a_reason_without_a_path(app, looks, caplog):
    directory = settings.store_directory()
    assert told(app)[1]["reason"] == observed.NONE_YET
    open_store(directory).close()
    looks.later()
    assert told(app)[0] == 200
    away = directory.with_name("away")
    directory.rename(away)
    looks.later()
    status, body = told(app)
    assert (status, body["store"], body["engine"]) == (503, False, None)
    assert body["reason"] == "the store is not there any more"
    assert str(directory) in caplog.text  # the log says which
    assert told(app, "/healthz?engine=1")[1]["reason"] == body["reason"]
    away.rename(directory)
    looks.later()
    assert told(app)[0] == 200


def test_a_damaged_file_is_told(app, store, looks):
    store.close()
    path = store.directory / "jobs.sqlite"
    path.write_bytes(b"nothing of the kind" * 100)
    status, body = told(app)
    assert (status, body["reason"]) == (503, "a file of the store is damaged")


def test_many_questions_are_one_look(app, store, looks):
    for _ in range(20):
        told(app)
    assert looks.number == 1


@pytest.mark.parametrize("route", [healthz, metrics])
def test_it_lies_below_the_path_of_the_app(monkeypatch, route):
    option = config.get_option
    monkeypatch.setattr(
        config,
        "get_option",
        lambda key: "/lab/ntk/" if key == "server.baseUrlPath" else option(key),
    )
    assert route.address() == f"/lab/ntk/{route.NAME}"
