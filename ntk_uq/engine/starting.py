"""That an engine is coming up, said while its libraries are still being loaded."""

import contextlib
import os
import socket
import threading
import uuid
from collections.abc import Iterator

from ntk_uq.base.errors import StoreError
from ntk_uq.store import Store

_BEAT_SECONDS = 2.0


@contextlib.contextmanager
def starting(store: Store) -> Iterator[None]:
    """While the block runs, the store has an engine that says that it is starting."""
    info = {"pid": os.getpid(), "host": socket.gethostname(), "starting": True}
    # A name of its own: an engine has one for each start, and this is none that computes.
    name = f"starting-{info['host']}-{info['pid']}-{uuid.uuid4().hex[:8]}"
    stop = threading.Event()

    def say() -> None:
        while True:
            with contextlib.suppress(StoreError):  # the engine itself says what is wrong
                store.jobs.beat(name, info)
            if stop.wait(_BEAT_SECONDS):
                return

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        with contextlib.suppress(StoreError):
            store.jobs.stopped(name)
