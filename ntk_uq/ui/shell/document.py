"""The document that every page begins with: Streamlit's, with some things added.

Where the server is, which Streamlit's script would find out by asking in vain first; the figures'
library, loaded while Streamlit's script waits for the server and not after that; and a veil over
the page until its first run is there whole, since what comes piece by piece pushes about what came
before. And an address that gets its fields is no step of its own in the browser's history.
"""

import functools
import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from streamlit import config, file_util
from streamlit.url_util import make_url_path

from ntk_uq.ui.pages.table import PAGES
from ntk_uq.ui.shell import library

_HERE = Path(__file__).parent
# Never from a cache: the scripts that it names change with Streamlit.
_HEADERS = {"Cache-Control": "no-cache"}


def addresses() -> list[str]:
    """The addresses of all pages, as the server has them."""
    base = config.get_option("server.baseUrlPath")
    return [make_url_path(base, page.address) for page in PAGES.values()]


async def answer(request: Request) -> HTMLResponse:  # noqa: ARG001
    """The document; which page it is, Streamlit's script reads in the address."""
    return HTMLResponse(text(), headers=_HEADERS)


@functools.cache
def text() -> str:
    """The document as it is sent."""
    original = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    names = json.dumps([page.address for page in PAGES.values() if page.address])
    script = "".join((_HERE / n).read_text(encoding="utf-8") for n in ("veil.js", "history.js"))
    head = (
        f"<script>{_address_of(names)}{script}</script>\n"
        f"<style>{(_HERE / 'veil.css').read_text(encoding='utf-8')}</style>\n"
        # One that failed is no one to wait for.
        f'<script async id="ntk-uq-plotly" src="./{library.versioned()}" onerror="this.remove()">'
        "</script>\n"
    )
    veil = (_HERE / "veil.html").read_text(encoding="utf-8")
    return original.replace("</title>", f"</title>\n{head}", 1).replace(
        "<body>", f"<body>\n{veil}", 1
    )


def _address_of(names: str) -> str:
    # Of the app, also where a proxy has put a path before it that the server does not know.
    return (
        "{ const pages = " + names + "\n"
        'const parts = location.pathname.replace(/\\/+$/, "").split("/")\n'
        "if (pages.includes(parts.at(-1))) parts.pop()\n"
        'window.__streamlit = { BACKEND_BASE_URL: location.origin + parts.join("/") } }\n'
    )
