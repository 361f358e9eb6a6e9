"""What the server sends around Streamlit's own: the document that every page begins with, the
figures' library, headers that keep strangers out, and how the server is for those who watch it.

``app.py`` hands all of it to ``streamlit.App``.
"""

import contextlib
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ntk_uq.base import private, process
from ntk_uq.base.errors import SpecError
from ntk_uq.ui.shell import (
    believed,
    document,
    headers,
    healthz,
    held_files,
    library,
    lighter,
    login_answers,
    loops,
    metrics,
)
from ntk_uq.ui.shell.lifespan import lifespan

__all__ = ["application", "page_runs"]


def page_runs() -> bool:
    """Whether a page is being made, and not the server that serves it."""
    return get_script_run_ctx(suppress_warning=True) is not None


def application(script: str) -> dict[str, Any]:
    """The arguments of ``streamlit.App`` for the dashboard; its process is made ready for many
    sessions.

    Args:
        script: the file that Streamlit runs for each page.
    """
    process.open_more_files()
    with contextlib.suppress(SpecError):  # which whatever makes a folder says on a page
        private.prepare()
    loops.use()
    lighter.use()
    held_files.use()
    return {
        "script_path": Path(script).resolve(),
        "routes": [
            *(Route(address, document.answer) for address in document.addresses()),
            Route(library.address(), library.answer),
            Route(healthz.address(), healthz.answer),
            Route(metrics.address(), metrics.answer),
        ],
        "middleware": [
            Middleware(headers.Guarded),
            Middleware(believed.OnlyFromProxies),
            Middleware(login_answers.Explained),
        ],
        "lifespan": lifespan,
    }
