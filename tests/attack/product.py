"""The running product: an engine and a web process, each of which can be killed alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from helpers.clusters import free_port
from helpers.serving import wait_until_healthy

from attack.trial import Trial, wait_for
from ntk_uq.cli.serve import _end_with_parent
from ntk_uq.store import Store, open_store

ROOT = Path(__file__).resolve().parents[2]


class Product:
    """Its processes on one store, started as a service manager would start them.

    Attributes:
        store: the store, opened in this process, too.
        address: of the pages.
        engine, web: the processes; None where there is none.
    """

    def __init__(self, trial: Trial, **settings: str) -> None:
        self._environment = {**os.environ, **trial.environment(), **settings}
        self._logs = trial.folder
        self.store: Store = open_store(Path(self._environment["NTK_UQ_STORE"]))
        self.port = free_port()
        self.address = f"http://localhost:{self.port}"
        self.engine: subprocess.Popen | None = None
        self.web: subprocess.Popen | None = None

    def start_engine(self, wait: float = 90) -> None:
        """Returns when it is alive and has a worker that is ready."""
        self.engine = self._start("engine", "-m", "ntk_uq", "engine")
        if wait and not wait_for(self.has_worker, wait):
            raise AssertionError(f"no worker within {wait:.0f} s: {self.log('engine')[-2000:]}")

    def start_web(self) -> None:
        """Returns when it answers."""
        command = ("-m", "streamlit", "run", str(ROOT / "app.py"), "--server.headless", "true")
        address = ("--server.address", "localhost", "--server.port", str(self.port))
        self.web = self._start("web", *command, *address)
        wait_until_healthy(self.address, self.web)

    def has_worker(self) -> bool:
        """Whether the engine that was started last is alive and has a worker that is ready."""
        if self.engine.poll() is not None:
            raise AssertionError(f"the engine ended: {self.log('engine')[-2000:]}")
        alive = [e for e in self.store.jobs.engines() if e.info.get("pid") == self.engine.pid]
        return any(engine.info.get("devices") for engine in alive)

    def workers(self) -> list[psutil.Process]:
        """The engine's worker processes."""
        found = psutil.Process(self.engine.pid).children(recursive=True)
        return [process for process in found if "spawn_main" in " ".join(_command(process))]

    def log(self, name: str) -> str:
        """What ``engine`` or ``web`` has said."""
        return (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> "Product":
        return self

    def __exit__(self, *error) -> None:
        for process in (self.web, self.engine):
            if process is not None:
                end(process)
        self.store.close()

    def _start(self, name: str, *command: str) -> subprocess.Popen:
        with (self._logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )


def end(process: subprocess.Popen, seconds: float = 20) -> None:
    """Ends a process in good order; what it started is killed where that takes too long."""
    family = _family(process.pid)
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _kill(family)


def kill(process: subprocess.Popen) -> list[psutil.Process]:
    """SIGKILL for a process alone; those that it had started, which have to end by themselves."""
    family = [p for p in _family(process.pid) if p.pid != process.pid]
    process.send_signal(signal.SIGKILL)
    process.wait()
    return family


def memory(processes) -> float:
    """Resident memory of some processes together, in MiB; those that have ended have none."""
    total = 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 2**20


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _kill(processes) -> None:
    """Those of them that are still there; psutil knows a process from another of its number."""
    for process in processes:
        try:
            process.kill()
        except psutil.Error:
            continue


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
