"""Two accounts of one machine, in a group: their engines and commands share a store and data."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from helpers.clusters import wait_for

from ntk_uq.store import open_store

ROOT = Path(__file__).resolve().parents[2]
SHARED, ADA, BOB = 12100, 12001, 12002

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(getattr(os, "geteuid", int)() != 0, reason="becomes other accounts"),
]

LAUNCH = """
    import sys
    from pathlib import Path
    from ntk_uq.jobs.asking import submit
    from ntk_uq.specs import DataSpec, EnsembleSpec, OptimizerSpec
    from ntk_uq.store import open_store

    folder, dataset, members = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    data = DataSpec(dataset, n_test=20)
    training = OptimizerSpec(steps=1000)
    networks = dict(widths=(64,), n_train=(40,), members=members)
    spec = EnsembleSpec(data, optimizer=training, **networks)
    print(submit(open_store(folder).jobs, spec, launched=True).id)
"""


class Account:
    """One account of the machine, which is in the group; all it runs is ended at the end."""

    def __init__(self, number, shared, running):
        self._running = running
        self.home = Path(running.enter_context(tempfile.TemporaryDirectory()))
        os.chown(self.home, number, number)
        self._as = {
            "user": number,
            "group": number,
            "extra_groups": [SHARED],
            "umask": 0o022,
            "cwd": ROOT,
            "env": {
                **{k: v for k, v in os.environ.items() if not k.startswith(("NTK_UQ", "XDG"))},
                "HOME": str(self.home),
                "NTK_UQ_GROUP": str(SHARED),
                "NTK_UQ_STORE": str(shared / "store"),
                "NTK_UQ_OWN": str(shared / "own"),
            },
        }

    def start(self, *words):
        """A command that goes on, as ``engine`` does."""
        log = self._running.enter_context((self.home / "log").open("a"))
        process = subprocess.Popen(
            [sys.executable, "-m", "ntk_uq", *words],
            stdout=log, stderr=log, start_new_session=True, **self._as,
        )  # fmt: skip
        self._running.callback(end, process)
        return process

    def run(self, *words):
        """What Python prints."""
        done = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, timeout=120, **self._as
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def asked(self, *words):
        """What a command prints."""
        return self.run("-m", "ntk_uq", *words)

    def seen(self, job):
        """A job of the list that a command prints."""
        runs = json.loads(self.asked("runs", "list", "--json"))
        return next(one for one in runs if one["id"] == job)


def end(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


@pytest.fixture
def accounts(monkeypatch):
    """Two of them, and the folder that they share."""
    with contextlib.ExitStack() as running:
        home = Path(running.enter_context(tempfile.TemporaryDirectory()))
        os.chown(home, 0, SHARED)  # pytest's own folders are for its account alone
        home.chmod(0o2770)
        monkeypatch.setenv("NTK_UQ_GROUP", str(SHARED))  # of this account, which looks on
        ada, bob = (Account(number, home, running) for number in (ADA, BOB))
        try:
            ada.run("-c", "import jax")
        except (AssertionError, PermissionError):
            pytest.skip("another account may not use this Python")
        yield ada, bob, home


def test_one_takes_over_what_the_others_engine_leaves_and_both_use_the_others_data(accounts):
    ada, bob, home = accounts
    engines = [ada.start("engine")]
    wait_for(lambda: engines_alive(home))
    file = bob.home / "mine.csv"
    rows = [f"{n % 7},{n % 11},{n % 5}" for n in range(200)]
    file.write_text("\n".join(["a,b,y", *rows]))
    os.chown(file, BOB, BOB)
    name = bob.asked("data", "add", str(file), "--task", "regression").split()[-1]
    launch = (textwrap.dedent(LAUNCH), str(home / "store"), name)
    # The engine of the one computes what the other one launches, with the other's data.
    first = bob.run("-c", *launch, "8").strip()
    wait_for(lambda: ada.seen(first)["state"] == "done", 120)
    assert bob.asked("status")  # the exit code is 0: an engine is alive, whosever it is
    # Of what is killed in the middle, the other account's engine does the rest.
    second = ada.run("-c", *launch, "600").strip()
    wait_for(lambda: bob.seen(second)["done"] > 0, 120)
    before = bob.seen(second)
    assert before["state"] == "running"
    engines.append(bob.start("engine"))
    wait_for(lambda: len(engines_alive(home)) == 2)
    end(engines[0])
    wait_for(lambda: ada.seen(second)["state"] == "done", 240)
    after = ada.seen(second)
    assert after["engine"] != before["engine"]
    for path in (home / "store", *(home / "store").rglob("*"), *(home / "own").rglob("*")):
        assert path.stat().st_gid == SHARED, path
        assert path.stat().st_mode & 0o067 == 0o060, path


def engines_alive(home):
    with open_store(home / "store") as store:
        return store.jobs.engines()
