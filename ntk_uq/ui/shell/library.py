"""Plotly's script, under an address with its version: browsers keep it for good."""

from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse
from streamlit import config
from streamlit.url_util import make_url_path

NAME = "ntk_uq/plotly.min.js"
"""Of the script, below the address of the app."""

_FILE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_FOREVER = "public, max-age=31536000, immutable"


def versioned() -> str:
    """The name with the version: with another version, browsers ask again."""
    return f"{NAME}?{plotly.__version__}"


def address() -> str:
    """Where the server has it."""
    return make_url_path(config.get_option("server.baseUrlPath"), NAME)


async def answer(request: Request) -> FileResponse:  # noqa: ARG001
    """The script."""
    return FileResponse(_FILE, media_type="text/javascript", headers={"Cache-Control": _FOREVER})
