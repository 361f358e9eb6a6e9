"""What the server sends around Streamlit's own: the document, the library, the headers."""

import asyncio
import json
import re
from pathlib import Path

import plotly
from helpers.asgi import ask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit import config, file_util
from streamlit.web.server.starlette import starlette_routes

from ntk_uq.ui import pages
from ntk_uq.ui.shell import document, headers, library


def get(app, address):
    """An application's answer: its headers and its text."""
    found = ask(app, address)
    return found.headers, found.text


def test_every_page_begins_with_streamlits_document_and_what_is_added(app):
    original = (Path(file_util.get_static_dir()) / "index.html").read_text()
    for page in pages.PAGES.values():
        _, text = get(app, f"/{page.address}")
        for line in original.splitlines():
            assert line.replace("</title>", "").replace("<body>", "").strip() in text
        for part in ("ntk-uq-veiled", 'id="ntk-uq-veil"', f"./{library.versioned()}"):
            assert text.count(part) >= 1, part
        pages_named = re.search(r"const pages = (\[.*\])", text)[1]
        assert "ensembles" in pages_named
        assert '""' not in pages_named


def test_addresses_have_the_path_that_the_app_lies_below(monkeypatch):
    option = config.get_option
    monkeypatch.setattr(
        config, "get_option", lambda key: "/lab/" if key == "server.baseUrlPath" else option(key)
    )
    assert {"/lab/", "/lab/ensembles"} <= set(document.addresses())
    assert library.address() == "/lab/ntk_uq/plotly.min.js"


def test_the_library_is_plotlys_and_kept_by_browsers_for_good(app):
    found, text = get(app, f"/{library.versioned()}")
    assert plotly.offline.get_plotlyjs() == text
    assert found["content-type"].startswith("text/javascript")
    assert "immutable" in found["cache-control"]
    assert plotly.__version__ in library.versioned()


def test_every_answer_says_what_a_page_may_load(app):
    for address in ("/", "/nothing", f"/{library.versioned()}"):
        found, _ = get(app, address)
        for name, value in headers.HEADERS.items():
            assert found[name] == value
    policy = dict(part.split(" ", 1) for part in headers.POLICY.split("; "))
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["default-src"] == "'self'"
    assert not re.search(r"https?:|\*|unsafe-eval", headers.POLICY)


def test_a_header_that_an_answer_has_already_stays():
    async def own(request):
        return PlainTextResponse("", headers={"Referrer-Policy": "no-referrer"})

    app = Starlette(routes=[Route("/", own)], middleware=[Middleware(headers.Guarded)])
    found, _ = get(app, "/")
    assert found.getlist("referrer-policy") == ["no-referrer"]


def test_a_websocket_passes_as_it_is():
    seen = []

    async def app(scope, receive, send):
        await send({"type": "websocket.accept", "headers": []})

    async def send(message):
        seen.append(message)

    asyncio.run(headers.Guarded(app)({"type": "websocket"}, None, send))
    assert seen == [{"type": "websocket.accept", "headers": []}]


def test_the_script_is_told_what_the_server_would_answer_and_which_parts_to_load(app):
    _, text = get(app, "/")
    told = json.loads(re.search(r"HOST_CONFIG: (\{.*?\}) \}", text)[1])
    answers = starlette_routes.create_host_config_routes(None)
    _, said = get(Starlette(routes=answers), "/_stcore/host-config")
    assert told == json.loads(said)
    static = Path(file_util.get_static_dir())
    parts = json.loads(re.search(r"(\[[^]]*NumberInput[^]]*\])", text)[1])
    script = "".join(
        path.read_text()
        for name in ("index", "StreamlitMarkdown")
        for path in static.glob(f"static/js/{name}.*.js")
    )
    assert len(parts) == len(document._PARTS)
    for part in parts:
        assert (static / part).is_file()
        assert f"import(`./{Path(part).name}`)" in script, "no part that is loaded when needed"
