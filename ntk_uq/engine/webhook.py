"""Telling an address of the user's that a long run has ended (``NTK_UQ_WEBHOOK``)."""

import json
import logging
import threading
import urllib.request
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError
from ntk_uq.base.version import VERSION
from ntk_uq.jobs import describe
from ntk_uq.store import Job

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 10.0


def told(job: Job) -> dict[str, Any] | None:
    """What is told of a job that has ended, as JSON's own types; None where nothing is: nobody
    launched it, or it took less than :data:`ntk_uq.jobs.describe.LONG_SECONDS`."""
    seconds = describe.long_seconds(job)
    if seconds is None:
        return None
    what = describe.words(job.kind, job.spec)
    name = job.label or what
    return {
        "program": f"ntk_uq {VERSION}",
        "text": f"{name}: {job.state} after {seconds / 60:.0f} min",
        "id": job.id,
        "kind": job.kind,
        "what": what,
        "label": job.label,
        "tags": list(job.tags),
        "state": str(job.state),
        "error": job.error,
        "done": job.done,
        "total": job.total,
        "started": job.started,
        "finished": job.finished,
        "seconds": seconds,
    }


def tell(job: Job) -> threading.Thread | None:
    """Posts in a thread of its own what is told of a job; None where nothing is, or no address set.

    A failure is logged, once, and is nothing to the job.
    """
    try:
        address = settings.webhook()
    except SpecError as error:
        log.error("nobody is told that a run has ended: %s", error)
        return None
    message = told(job) if address else None
    if address is None or message is None:
        return None
    thread = threading.Thread(target=_post, args=(address, message), daemon=True)
    thread.start()
    return thread


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Who is told is who was named."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(address: str, message: dict[str, Any]) -> None:
    try:
        request = urllib.request.Request(
            address,
            json.dumps(message).encode(),
            {"Content-Type": "application/json", "User-Agent": f"ntk_uq/{VERSION}"},
            method="POST",
        )
        opener = urllib.request.build_opener(_NoRedirect)
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            answer.read(1)
    except Exception as error:  # noqa: BLE001 (whatever it was, the run has ended all the same)
        # The address may hold a secret; its owner knows it.
        log.error("%s could not be told that a run has ended: %s", settings.WEBHOOK, error)
