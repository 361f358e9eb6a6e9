"""``GET /metrics``: what a monitoring system draws, as text in the form of Prometheus.

Numbers alone: no name of a user, a data set, a run or a file is in it.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from streamlit import config, runtime
from streamlit.url_util import make_url_path

from ntk_uq.base.version import VERSION
from ntk_uq.jobs.engines import cannot_write, starts
from ntk_uq.jobs.health import Health
from ntk_uq.store import Volume
from ntk_uq.ui.shell.observed import Observed, observed

NAME = "metrics"
"""Below the address of the app."""

_HEADERS = {"Cache-Control": "no-store"}


def address() -> str:
    """Where the server has it."""
    return make_url_path(config.get_option("server.baseUrlPath"), NAME)


async def answer(request: Request) -> Response:  # noqa: ARG001
    """All numbers; of a store that cannot be read, only that it cannot."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Numbers(await observed()))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers=_HEADERS)


def sessions() -> int:
    """How many browser tabs are connected to this process."""
    if not runtime.exists():
        return 0
    # Streamlit counts them, and has no public name for it.
    return runtime.get_instance()._session_mgr.num_active_sessions()


class _Numbers:
    """The numbers of one look, for one answer."""

    def __init__(self, found: Observed) -> None:
        self._found = found

    def describe(self) -> Iterator[Metric]:
        """Nothing: names are this project's own."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Every number that is known."""
        yield InfoMetricFamily(
            "ntk_uq_web", "The program that serves the pages", {"version": VERSION}
        )
        yield _one("ntk_uq_sessions", "Browser tabs that are connected", sessions())
        yield _one("ntk_uq_store_up", "1 where pages can read the store", not self._found.reason)
        if self._found.health is not None:
            yield from _of_health(self._found.health)
        if self._found.volume is not None:
            yield from _of_volume(self._found.volume)


def _of_health(health: Health) -> Iterator[Metric]:
    starting = sum(map(starts, health.engines))
    engines = {"alive": len(health.engines) - starting, "starting": starting}
    yield _many("ntk_uq_engines", "Engines that compute, and that are coming up", "state", engines)
    unwritable = sum(bool(cannot_write(engine)) for engine in health.engines)
    yield _one("ntk_uq_engines_unwritable", "Engines that cannot write to the store", unwritable)
    yield _one("ntk_uq_workers", "Workers of all engines", health.workers)
    counts = {str(state): count for state, count in health.queue.counts.items()}
    yield _many("ntk_uq_jobs", "Jobs in each state", "state", counts)
    yield _one(
        "ntk_uq_queue_oldest_seconds",
        "Seconds since the job was asked for that waits longest; 0 where none waits",
        health.waited or 0.0,
    )
    yield _one("ntk_uq_disk_free_bytes", "Bytes that are free on the store's disk", health.free)
    yield _one("ntk_uq_disk_total_bytes", "Bytes of the store's disk", health.total)


def _of_volume(volume: Volume) -> Iterator[Metric]:
    yield _one("ntk_uq_results", "Results in the store", volume.results)
    parts = {
        "result_files": volume.result_files,
        "result_table": volume.result_table,
        "job_table": volume.job_table,
    }
    yield _many("ntk_uq_store_bytes", "Bytes of the store", "part", parts)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _many(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    metric = GaugeMetricFamily(name, words, labels=[label])
    for which, value in values.items():
        metric.add_metric([which], value)
    return metric
