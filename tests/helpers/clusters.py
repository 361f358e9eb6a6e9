"""A real ``dask scheduler`` and ``dask worker`` processes, started as a user starts them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Cluster:
    """Processes on this machine; each "machine" is a base directory with a cache of its own."""

    def __init__(self, base):
        self.base = base
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.processes = []
        self.scheduler = None

    def start_scheduler(self, path=ROOT):
        self.scheduler = self._start(
            *("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"),
            environment={"PYTHONPATH": str(path)},
            log="scheduler",
        )
        return self.scheduler

    def start_worker(self, machine, *options, **environment):
        folder = self.base / machine
        folder.mkdir(exist_ok=True)
        return self._start(
            *("worker", self.address, "--nthreads", "1", "--memory-limit", "0", "--no-dashboard"),
            *("--host", "127.0.0.1", "--local-directory", str(folder), *options),
            environment={
                "NTK_UQ_DATA": str(folder / "data"),
                "NTK_UQ_OWN": str(folder / "own"),
                "NTK_UQ_CACHE": str(self.cache(machine)),
                "PYTHONPATH": str(ROOT),
                "OPENBLAS_THREAD_TIMEOUT": "18",
                **environment,
            },
            log=machine,
        )

    def cache(self, machine):
        return self.base / machine / "cache"

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                kill(process)

    def _start(self, *arguments, environment, log):
        with (self.base / f"{log}.log").open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                env={**os.environ, **environment},
                cwd=self.base,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self.processes.append(process)
        return process


def kill(process):
    """SIGKILL for a process, and for those that it has started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
