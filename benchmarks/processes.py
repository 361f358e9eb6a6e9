"""The program in processes of its own, with nothing of the user's: store, cache, server."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.machine import ROOT
from ntk_uq.base import settings

START_SECONDS = 120


@contextlib.contextmanager
def clean_environment() -> Iterator[dict[str, str]]:
    """Environment variables with a temporary store, cache and folder for own data."""
    with tempfile.TemporaryDirectory(prefix="ntk_uq-benchmark-") as base:
        places = {settings.STORE: "store", settings.CACHE: "cache", settings.OWN: "own"}
        yield {**os.environ, **{name: str(Path(base, place)) for name, place in places.items()}}


def python(*arguments: str, environment: Mapping[str, str]) -> None:
    """Runs this interpreter to its end.

    Raises:
        subprocess.CalledProcessError: if it failed.
    """
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, check=True
    )


def first_sign(
    arguments: Sequence[str], environment: Mapping[str, str], sign: bytes
) -> tuple[float, float]:
    """Seconds from the start of a process to its first sign of a result, and to its end.

    The sign is the first byte on standard output, or ``sign`` on standard error, whichever is
    earlier.

    Raises:
        RuntimeError: if it failed, or ended without either.
    """
    start, seen, said = time.perf_counter(), None, b""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process, selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    said += chunk
                if seen is None and (sign in said or (chunk and key.fileobj is process.stdout)):
                    seen = time.perf_counter() - start
    if process.returncode or seen is None:
        raise RuntimeError(f"{' '.join(arguments)} failed: {said.decode(errors='replace')[-500:]}")
    return seen, time.perf_counter() - start


@contextlib.contextmanager
def server(environment: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """``python -m ntk_uq run`` on a free port: its address, and seconds until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ntk_uq", "run", "--headless", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}"
        _wait_until_healthy(address, process)
        yield address, time.perf_counter() - start
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"the server did not answer within {START_SECONDS} seconds")
