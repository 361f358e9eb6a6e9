"""What the server does when it begins to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ntk_uq.ui.shell import ahead, loops


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:  # noqa: ARG001
    """For as long as the application is served."""
    loops.wake_once(asyncio.get_running_loop())
    ahead.begin()
    yield
