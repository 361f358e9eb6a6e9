"""The document that every page begins with: Streamlit's, with some things added.

Where the server is and what it allows, which Streamlit's script would ask for before it connects;
the figures' library, and the parts of that script that draw what pages are made of, loaded while it
waits for the server and not after that; and a veil over the page until its first run is there
whole, since what comes piece by piece pushes about what came before. And an address that gets its
fields is no step of its own in the browser's history.
"""

import functools
import json
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse
from streamlit import config, file_util
from streamlit.url_util import make_url_path

from ntk_uq.ui.pages.table import PAGES
from ntk_uq.ui.shell import library

_HERE = Path(__file__).parent
_PARTS = (
    *("Html", "rehype-katex", "rehype-raw", "remark-emoji"),
    *("Button", "Checkbox", "NumberInput", "PageLink", "Selectbox", "TextInput"),
    *("BidiComponent", "Table"),
)
"""Parts of Streamlit's script that it loads where something is drawn by them first: on nearly every
page, one after the other."""

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
    static = Path(file_util.get_static_dir())
    original = (static / "index.html").read_text(encoding="utf-8")
    names = json.dumps([page.address for page in PAGES.values() if page.address])
    script = "".join((_HERE / n).read_text(encoding="utf-8") for n in ("veil.js", "history.js"))
    head = (
        f"<script>{_address_of(names)}{_ahead(static)}{script}</script>\n"
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
        "window.__streamlit = { BACKEND_BASE_URL: location.origin + parts.join('/'), "
        f"HOST_CONFIG: {json.dumps(_host_config())} }} }}\n"
    )


def _host_config() -> dict[str, Any]:
    """What Streamlit's server says of itself (``_stcore/host-config``), which is asked for all the
    same; its script does not wait for that."""
    return {
        "allowedOrigins": list(config.get_option("client.allowedOrigins")),
        "useExternalAuthToken": False,
        "enableCustomParentMessages": False,
        "enforceDownloadInNewTab": False,
        "metricsUrl": "",
        "blockErrorDialogs": False,
        "resourceCrossOriginMode": None,
    }


def _ahead(static: Path) -> str:
    """Loads parts of Streamlit's script as soon as the browser has nothing else to do."""
    found = [path.name for part in _PARTS for path in static.glob(f"static/js/{part}.*.js")]
    addresses = json.dumps([f"./static/js/{name}" for name in found])
    load = f"{addresses}.forEach(one => import(one).catch(() => undefined))"
    return (
        "{ const soon = window.requestIdleCallback ?? (call => setTimeout(call, 100))\n"
        f"addEventListener('DOMContentLoaded', () => soon(() => {load}, {{ timeout: 300 }})) }}\n"
    )
