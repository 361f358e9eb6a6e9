"""``ntk_uq engine``, ``ntk_uq web`` and ``ntk_uq run``: the processes, and both together."""

import argparse
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import Any

from ntk_uq.base import paths, settings
from ntk_uq.base.errors import EngineError, SpecError, StoreNotWritableError
from ntk_uq.base.process import open_more_files
from ntk_uq.cli import demo
from ntk_uq.engine.starting import starting
from ntk_uq.jobs.asking import submit
from ntk_uq.results.curves import stored_curve
from ntk_uq.store import open_store, shared_file_system_warning
from ntk_uq.views import CurvesView

log = logging.getLogger(__name__)

_RESTART_SECONDS = 2.0
_QUICK_SECONDS, _MOST_QUICK_ENDS = 20.0, 3
_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def add_parsers(commands: Any) -> None:
    """Adds the commands to the command line."""
    engine = commands.add_parser(
        "engine",
        help="compute the jobs that pages submit",
        description="Takes jobs from the store and computes them until it is stopped.",
    )
    engine.add_argument(
        "--with-parent",
        action="store_true",
        help="end when the process that started this one ends",
    )
    engine.set_defaults(run=_engine)

    run = commands.add_parser(
        "run",
        help="the engine and the pages together",
        description="Starts the engine and the pages; ends both at Ctrl-C.",
    )
    _add_place(run)
    run.add_argument("--headless", action="store_true", help="do not open a browser")
    run.add_argument(
        "--demo",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="show prepared results (`ntk-uq demo build`) and change nothing; no engine is started",
    )
    run.set_defaults(run=_serve)

    web = commands.add_parser(
        "web",
        help="the pages alone",
        description="Serves the pages; an engine beside them computes what they ask for.",
    )
    _add_place(web)
    web.add_argument("--path", default="", help="that the pages lie below, as /lab/ntk")
    web.set_defaults(run=_serve_pages, headless=True)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8501, help="port of the pages (default 8501)")
    parser.add_argument(
        "--address", default="localhost", help="address to listen on (default localhost)"
    )


def _engine(options: argparse.Namespace) -> None:
    if settings.demo() is not None:
        raise SpecError(
            f"{settings.DEMO} is set: a demo shows prepared results, and no engine computes for "
            "it. Leave it out."
        )
    logging.getLogger("ntk_uq").setLevel(logging.INFO)
    open_more_files()  # workers are connections, and inherit the limit
    store = open_store(settings.store_directory())
    warning = shared_file_system_warning(store.directory)
    if warning:
        log.warning(warning)
    stop = _stop_on_signals()
    if options.with_parent:
        threading.Thread(target=_watch_parent, args=(os.getppid(), stop), daemon=True).start()
    with starting(store):
        from ntk_uq.engine.dask import DaskRunner
        from ntk_uq.engine.engine import Engine

        engine = Engine(store, DaskRunner())
        # What a first visitor sees is computed while nobody waits for anything else.
        with contextlib.suppress(StoreNotWritableError):  # the heartbeat says so, too
            for spec in reversed(CurvesView().curves()):
                if not stored_curve(store.results, spec).complete:
                    submit(store.jobs, spec, priority=-1)
            engine.beat()  # before nobody says any more that it is starting
    log.info("engine %s computes the jobs in %s", engine.id, store.directory)
    engine.serve(stop)


def _serve_pages(options: argparse.Namespace) -> None:
    open_store(settings.store_directory()).close()  # what is wrong is told before anything starts
    _check_port(options.address, options.port)
    path = ("--server.baseUrlPath", options.path) if options.path else ()
    command = [*_pages_command(options), *path]
    os.chdir(paths.home())
    # In its place: what ends or restarts this process means the pages.
    os.execve(command[0], command, os.environ | settings.absolute_directories())


def _pages_command(options: argparse.Namespace) -> list[str]:
    return [
        *(sys.executable, "-m", "streamlit", "run", str(paths.app())),
        *("--server.port", str(options.port), "--server.address", options.address),
        *(("--server.headless", "true") if options.headless or not _has_display() else ()),
    ]


def _serve(options: argparse.Namespace) -> int:
    if options.demo is not None:
        os.environ[settings.DEMO] = options.demo or str(settings.demo_directory())
    shown = settings.demo()
    if shown is not None:
        demo.check(shown.absolute())
        return _serve_alone(options)
    # Looked at here first: what is wrong is told once, before anything starts.
    open_store(settings.store_directory()).close()
    settings.memory_limit()  # asks for the number of workers too
    settings.scheduler()
    settings.tf32()
    _check_port(options.address, options.port)
    stop = _stop_on_signals()
    engine_command = [sys.executable, "-m", "ntk_uq", "engine", "--with-parent"]
    engine, pages = _start(engine_command), _start(_pages_command(options), settings.WITH_ENGINE)
    started, quick_ends = time.monotonic(), 0
    try:
        while not stop.wait(0.3) and pages.poll() is None:
            if engine.poll() is None:
                continue
            quick_ends = quick_ends + 1 if time.monotonic() - started < _QUICK_SECONDS else 0
            if quick_ends == _MOST_QUICK_ENDS:
                raise EngineError(
                    f"The engine ended {quick_ends} times within {_QUICK_SECONDS:.0f} seconds of "
                    "its start; what it said stands above."
                )
            log.error("the engine ended with code %s; starting it again", engine.returncode)
            stop.wait(_RESTART_SECONDS)
            engine, started = _start(engine_command), time.monotonic()
    finally:
        _end(pages, engine)
    return 0 if stop.is_set() else int(pages.returncode or 0)


def _serve_alone(options: argparse.Namespace) -> int:
    """The pages without an engine."""
    _check_port(options.address, options.port)
    stop = _stop_on_signals()
    pages = _start(_pages_command(options))
    try:
        while not stop.wait(0.3) and pages.poll() is None:
            continue
    finally:
        _end(pages)
    return 0 if stop.is_set() else int(pages.returncode or 0)


def _end(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def _start(command: list[str], *told: str) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process alone, which ends the others in order.
    return subprocess.Popen(
        command,
        cwd=paths.home(),
        env=os.environ | settings.absolute_directories() | dict.fromkeys(told, "yes"),
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def _end_with_parent() -> None:
    """In a child on Linux: asks for SIGTERM when the process that started it is killed."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _check_port(address: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise SpecError(f"The port is {port}; it must be from 1 to 65535.")
    try:
        with socket.create_server((address, port)):
            pass
    except OSError as error:
        raise EngineError(
            f"Port {port} of {address} cannot be used: {error.strerror or error}. End what uses "
            "it, or take another with --port."
        ) from None


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def handler(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, handler)
    return stop


def _watch_parent(parent: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()


def _has_display() -> bool:
    needs_one = sys.platform.startswith("linux")
    return not needs_one or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
