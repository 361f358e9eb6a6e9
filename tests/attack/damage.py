"""Damaged files in a store: it is read, and a page is drawn from it, after each damage to a copy.

Each damage has a process of its own. A pickle that is unpickled makes a file, which is looked for.
"""

import json
import math
import os
import pickle
import random
import shutil
import signal
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from helpers.drawn import figures
from helpers.pages_driver import open_page

from attack.computing import computed
from attack.figures import Aim
from attack.trial import Trial
from ntk_uq.base.errors import NtkUqError
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.ensembles.stored import stored_ensembles
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.store import open_store
from ntk_uq.store.named_views import NamedView
from ntk_uq.views import CurvesView

AIMS = {
    "kinds": Aim("damages tried", None),
    "wrong": Aim("wrong numbers shown", 0, safety=True),
    "executed": Aim("code executed", 0, safety=True),
    "tracebacks": Aim("tracebacks", 0, safety=True),
    "hung": Aim("readers that hung or were ended by a signal", 0, safety=True),
}

VIEW = CurvesView(DataSpec(n_test=50), depths=(1, 2), n_low=20, n_high=80, n_points=3, draws=1)
# Predictions for so many test examples that each network is a file of its own.
NETWORKS = EnsembleSpec(
    DataSpec(n_test=900), ArchitectureSpec(1), OptimizerSpec(steps=5), (16, 24), (20,), members=3
)

_SECONDS = 20


class Bait:
    """What makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self):
        return os.system, (f"touch '{self._path}'",)


def run(trial: Trial):
    """Damages copies of one store, one after the other."""
    whole = trial.folder / "whole"
    _make(whole)
    _, truth = _read(whole)
    if not (truth["numbers"] and truth["shown"]):
        raise AssertionError("the store that is to be damaged has no numbers")
    rng, tried, bad = trial.random("damage"), 0, {name: [] for name in AIMS}
    marker = trial.folder / "executed"
    todo = [
        (kind, name)
        for round in range(trial.size(3, 1))
        for name in _files(whole)
        for kind in KINDS
        if round == 0 or kind in RANDOM
    ]
    rng.shuffle(todo)
    # What is no file's kind of damage, but somebody's who can write into the databases.
    planted = [(kind, "") for kind in PLANTED]
    for kind, name in [*planted, *todo[: trial.size(len(todo), 14)]]:
        if trial.share_left() < 0.1:
            break
        store = trial.folder / "damaged"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(whole, store)
        what = f"{kind} {name}".strip()
        bait = pickle.dumps(Bait(marker))
        if kind in PLANTED:
            PLANTED[kind](store, bait)
        else:
            path = store / name
            path.write_bytes(
                _swapped(store, name, rng) if kind == "swapped"
                else KINDS[kind](path.read_bytes(), rng, bait)
            )  # fmt: skip
        code, found = _read(store)
        tried += 1
        if found is None:
            bad["hung"].append(f"{what} ({code})")
        else:
            wrong = [key for key, value in found["numbers"].items()
                     if not _same(value, truth["numbers"].get(key))]  # fmt: skip
            shown = [pair for pair in found["shown"] if pair not in truth["shown"]]
            bad["wrong"] += [what] * bool(wrong or shown)
            bad["tracebacks"] += [f"{what}: {found['traceback']}"] * bool(found["traceback"])
        if marker.exists():
            bad["executed"].append(what)
            marker.unlink()
    yield "kinds", tried, f"{len(KINDS)} kinds of damage to {len(_files(whole))} files, and others"
    for name in ("wrong", "executed", "tracebacks", "hung"):
        yield name, len(bad[name]), "; ".join(bad[name])[:300]


def _make(folder: Path) -> None:
    with open_store(folder) as store:
        computed(store, (*VIEW.curves(), NETWORKS))
        store.views.save(NamedView("a view", "", VIEW.to_query()))


def _files(store: Path) -> list[str]:
    found = sorted(p for p in store.rglob("*") if p.is_file() and p.stat().st_size)
    return [str(path.relative_to(store)) for path in found]


def _read(folder: Path):
    """What a process reads from a store: its exit code, and numbers, or None if it did not end."""
    there, here = os.pipe()
    child = os.fork()
    if not child:
        os.close(there)
        signal.setitimer(signal.ITIMER_REAL, 0)
        with os.fdopen(here, "w") as out:
            json.dump(_looked_at(folder), out)
        os._exit(0)
    os.close(here)
    end, content = time.monotonic() + _SECONDS, b""
    os.set_blocking(there, False)
    while time.monotonic() < end:
        with suppress(BlockingIOError):
            piece = os.read(there, 2**16)
            if not piece:
                break
            content += piece
            continue
        time.sleep(0.01)
    else:
        os.kill(child, signal.SIGKILL)
    os.close(there)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code, json.loads(content) if code == 0 and content else None


def _looked_at(folder: Path):
    """The numbers that a store gives, what a page shows of them, and the first traceback."""
    os.environ["NTK_UQ_STORE"] = str(folder)
    found = {"numbers": {}, "shown": [], "traceback": ""}
    try:
        with suppress(NtkUqError), open_store(folder) as store:
            for depth, spec in zip(VIEW.depths, VIEW.curves(), strict=True):
                with suppress(NtkUqError):
                    for p in stored_curve(store.results, spec).raw:
                        found["numbers"][f"{depth} {p.n_train}"] = [p.mu, p.sigma, p.epsilon]
            with suppress(NtkUqError):
                for place, members in stored_ensembles(store.results, NETWORKS).members.items():
                    for m in members:
                        found["numbers"][f"{place} {m.member}"] = [float(m.test_loss[-1])]
            for look in (
                lambda: [store.jobs.log(job.id) for job in store.jobs.list()],
                store.jobs.engines,
                store.jobs.stamp,
                store.views.list,
            ):
                with suppress(NtkUqError):
                    look()
        for page, view in (("scaling_curves", VIEW), ("runs", None)):
            app = open_page(page, view)
            if app.exception:
                found["traceback"] = f"{page}: {app.exception[0].value}"[:100]
            if view is not None:
                found["shown"] = _points(app)
    except Exception as error:  # noqa: BLE001 (that is what is looked for)
        found["traceback"] = f"{type(error).__name__}: {error}"[:100]
    return found


def _points(app) -> list:
    """N_D and value of every point that the page's figures have."""
    grid, pairs = set(VIEW.n_train), []
    for place, figure in enumerate(figures(app)):
        for trace in figure.get("data", ()):
            if "markers" not in trace.get("mode", ""):
                continue
            x, y = trace.get("x"), trace.get("y")
            if isinstance(x, list) and isinstance(y, list):
                pairs += [[place, a, f"{b:.9g}"] for a, b in zip(x, y, strict=True)
                          if a in grid and b is not None]  # fmt: skip
    return pairs


def _same(value, truth) -> bool:
    return truth is not None and all(
        a is None or math.isclose(a, b, rel_tol=1e-12) for a, b in zip(value, truth, strict=True)
    )


def _flipped(content: bytes, rng: random.Random, bait: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 8, 64))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _zeros(content: bytes, rng: random.Random, bait: bytes) -> bytes:
    length = min(len(content), rng.choice((16, 512, 4096)))
    at = rng.randrange(len(content) - length + 1)
    return content[:at] + bytes(length) + content[at + length :]


KINDS = {
    "bits flipped": _flipped,
    "zeros": _zeros,
    "truncated": lambda content, rng, bait: content[: rng.randrange(len(content))],
    "emptied": lambda content, rng, bait: b"",
    "header gone": lambda content, rng, bait: bytes(100) + content[100:],
    "begin cut off": lambda content, rng, bait: content[rng.randrange(1, 100) :],
    "something behind": lambda content, rng, bait: content + rng.randbytes(5000),
    "noise": lambda content, rng, bait: rng.randbytes(len(content)),
    "a pickle": lambda content, rng, bait: bait,
    "swapped": None,
}
"""Kinds of damage: what becomes of a file's bytes."""

RANDOM = ("bits flipped", "zeros", "truncated", "swapped")
"""Those that are tried again, as they are others each time."""


def _swapped(store: Path, name: str, rng: random.Random) -> bytes:
    """Exchanges a file with another of its kind; the bytes that are to stand here."""
    path = store / name
    others = [p for p in _files(store) if p != name and Path(p).suffix == path.suffix]
    others = others or [p for p in _files(store) if p != name]
    other = store / rng.choice(others)
    content = other.read_bytes()
    other.write_bytes(path.read_bytes())
    return content


def _in_database(file: str, *statements):
    """Changes rows of a database, each with the bait as its one value where it has a place."""

    def change(store: Path, bait: bytes) -> None:
        connection = sqlite3.connect(store / file)
        with connection:
            for statement in statements:
                connection.execute(statement, (bait,) if "?" in statement else ())
        connection.close()

    return change


PLANTED = {
    "rows with pickles": _in_database(
        "results/cache.db", "UPDATE Cache SET mode = 4, filename = NULL, value = ?"
    ),
    "rows with keys that are pickles": _in_database(
        "results/cache.db", "UPDATE OR IGNORE Cache SET raw = 0, key = ?"
    ),
    "settings with pickles": _in_database(
        "results/cache.db",
        "INSERT OR REPLACE INTO Settings VALUES ('disk_min_file_size', ?)",
        "INSERT OR REPLACE INTO Settings VALUES ('disk_pickle_protocol', 4)",
    ),
    "jobs with pickles": _in_database("jobs.sqlite", "UPDATE jobs SET spec = ?"),
    "jobs of other types": _in_database(
        "jobs.sqlite", "UPDATE jobs SET label = 7, tags = '7', error = x'ff', message = x'00'"
    ),
    "jobs of unknown states": _in_database("jobs.sqlite", "UPDATE jobs SET state = 'sleeping'"),
    "engines with pickles": _in_database(
        "jobs.sqlite",
        "INSERT INTO engines VALUES ('e', ?, strftime('%s', 'now'), strftime('%s', 'now') + 5)",
    ),
}
"""What somebody may plant who can write into a store."""
