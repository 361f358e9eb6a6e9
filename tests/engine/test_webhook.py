"""An address of the user's is told that a long run has ended, and no failure of it harms a run."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError
from ntk_uq.engine import webhook
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs import describe
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import JobState

SPEC = CurveSpec(DataSpec(n_test=20), n_train=(10, 20), draws=1)


@pytest.fixture
def server(monkeypatch):
    """A server that notes what it is sent, and answers with ``status``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            noted.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(running.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    noted = []
    running = HTTPServer(("127.0.0.1", 0), Handler)
    running.status, running.noted = 200, noted
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    monkeypatch.setenv(settings.WEBHOOK, f"http://127.0.0.1:{running.server_port}/hook?key=1")
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def threads(monkeypatch):
    """The threads that tell, for a test to wait for."""
    started = []
    real = webhook.tell
    monkeypatch.setattr(webhook, "tell", lambda job: started.append(real(job)))
    return started


def compute(store, threads, launched=True, long=True, monkeypatch=None):
    monkeypatch.setattr(describe, "LONG_SECONDS", 0.0 if long else 60.0)
    submit(store.jobs, SPEC, launched=launched)
    store.jobs.set_tags(SPEC.digest(), ["night"])
    Engine(store, InProcess()).run_until_idle()
    for thread in threads:
        if thread is not None:
            thread.join(10)


def test_the_end_of_a_long_run_is_posted_once_as_json(store, server, threads, monkeypatch):
    compute(store, threads, monkeypatch=monkeypatch)
    ((path, kind, message),) = server.noted
    assert (path, kind) == ("/hook?key=1", "application/json")
    assert message["id"] == SPEC.digest()
    assert (message["state"], message["done"], message["tags"]) == ("done", 2, ["night"])
    assert message["what"].startswith("Handwritten digits")
    assert message["seconds"] == message["finished"] - message["started"]


@pytest.mark.parametrize(("launched", "long"), [(False, True), (True, False)])
def test_nothing_is_told_of_short_runs_and_of_those_that_pages_ask_for(
    store, server, threads, monkeypatch, launched, long
):
    compute(store, threads, launched, long, monkeypatch)
    assert server.noted == []


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_server_that_refuses_is_logged_and_not_followed(
    store, server, threads, monkeypatch, caplog, status
):
    server.status = status
    compute(store, threads, monkeypatch=monkeypatch)
    assert [path for path, _, _ in server.noted] == ["/hook?key=1"]
    assert store.jobs.get(SPEC.digest()).state is JobState.DONE
    assert "NTK_UQ_WEBHOOK could not be told that a run has ended" in caplog.text
    assert "key=1" not in caplog.text


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "ftp://host/x", "file:///etc/passwd"])
def test_no_address_harms_the_run(store, threads, monkeypatch, caplog, address):
    monkeypatch.setenv(settings.WEBHOOK, address)
    compute(store, threads, monkeypatch=monkeypatch)
    assert store.jobs.get(SPEC.digest()).state is JobState.DONE
    assert "told" in caplog.text
    if not address.startswith("http"):
        with pytest.raises(SpecError, match="write an address such as https"):
            settings.webhook()
