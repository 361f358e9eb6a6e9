"""The header in which a reverse proxy says who somebody is: from others it is taken away."""

import ipaddress
from typing import Any

from ntk_uq.base import login_settings
from ntk_uq.base.errors import SpecError

_LOOPBACK = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


class OnlyFromProxies:
    """The application, to which that header comes from the named proxies alone."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket") and not _is_believed(scope.get("client")):
            name = _header()
            headers = [pair for pair in scope["headers"] if pair[0].lower() != name]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)


def _header() -> bytes:
    try:
        return login_settings.user_header().lower().encode()
    except SpecError:  # the pages say so, and read none
        return b""


def _is_believed(client: tuple[str, int] | None) -> bool:
    """Whether what has sent a request is one of the proxies.

    Args:
        client: address and port. Where a proxy that Uvicorn knows, on loopback unless
            ``FORWARDED_ALLOW_IPS`` says otherwise, has named the browser's address, that is here,
            and the port is 0.
    """
    try:
        proxies = login_settings.proxies()
        address = None if client is None else ipaddress.ip_address(client[0])
    except (SpecError, ValueError):
        return False
    if address is None or client is None:
        return False
    behind = _LOOPBACK if client[1] == 0 else (address,)
    return any(one in network for one in behind for network in proxies)
