"""``GET /healthz``: whether pages can show what is stored, for load balancers and supervisors."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from streamlit import config
from streamlit.url_util import make_url_path

from ntk_uq.base.version import VERSION
from ntk_uq.jobs.health import Health
from ntk_uq.ui.shell.observed import observed

NAME = "healthz"
"""Below the address of the app."""

_HEADERS = {"Cache-Control": "no-store"}


def address() -> str:
    """Where the server has it."""
    return make_url_path(config.get_option("server.baseUrlPath"), NAME)


async def answer(request: Request) -> JSONResponse:
    """200 where pages can read the store, otherwise 503 with a reason.

    Whether an engine is alive is told and does not decide: pages without one show all that was
    computed, and whoever ended them for want of an engine would make one outage two. With
    ``?engine=1`` it does decide, as for an alarm that is to wake somebody.
    """
    found = await observed()
    engine, reason = _engine(found.health), found.reason
    if not reason and request.query_params.get("engine") == "1":
        reason = _missing(found.health)
    content: dict[str, Any] = {
        "status": "unavailable" if reason else "ok",
        "store": not found.reason,
        **engine,
        "version": VERSION,
    }
    if reason:
        content["reason"] = reason
    return JSONResponse(content, 503 if reason else 200, headers=_HEADERS)


def _engine(health: Health | None) -> dict[str, Any]:
    if health is None:
        return {"engine": None, "engine_writes": None}
    writes = not health.trouble if health.engines else None
    return {"engine": str(health.engine), "engine_writes": writes}


def _missing(health: Health | None) -> str:
    if health is None or not health.engines:
        return "no engine is alive"
    return f"the engine cannot write: {health.trouble}" if health.trouble else ""
