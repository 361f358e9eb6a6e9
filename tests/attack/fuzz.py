"""Changed files and changed links: each is read, or refused in a sentence."""

import contextlib
import gc
import logging
import random
import string
from dataclasses import dataclass, is_dataclass

import psutil
from helpers.pages_driver import open_page
from helpers.reading import ask_here
from helpers.writers import csv_bytes, frame_of, hdf5_of, npz_bytes, parquet_bytes

from attack.figures import Aim
from attack.trial import Trial
from ntk_uq import views
from ntk_uq.base.errors import NtkUqError
from ntk_uq.datasets import own
from ntk_uq.datasets.own import reading

AIMS = {
    "files": Aim("changed files read", None),
    "tracebacks": Aim("tracebacks over files", 0, safety=True),
    "sentences": Aim("refusals that are no sentence", 0),
    "links": Aim("changed links read", None),
    "unread": Aim("tracebacks over links", 0, safety=True),
    "pages": Aim("pages opened by changed links", None),
    "unshown": Aim("pages with a traceback", 0, safety=True),
    "growth": Aim("growth of the process", 100, "MiB"),
}

VIEWS = [view for name in views.__all__ if is_dataclass(view := getattr(views, name))]
"""Those of all pages."""

_HOSTILE = (
    *("", " ", "0", "-1", "1e400", "nan", "-inf", "none", "None", "true", "[1]", "{}", "1,1", ",,"),
    *("٣", "\0", "\ud800", "🙂" * 50, "9" * 400, "../../etc/passwd", "own-" + "0" * 40, "%00", "*"),
    *("<script>", "' OR 1=1 --", "${x}", "$(id)", "\u202e", "1_0", "0x10", "-0", "+5", "a" * 5000),
)


def run(trial: Trial):
    """Files by the reader's own process and in this one, links by readers and by pages."""
    process, warnings = psutil.Process(), _Warnings()
    logging.getLogger("ntk_uq").addHandler(warnings)
    frame = frame_of(25).assign(word=["left", "right", 'q"', "ü", ","] * 5)
    whole = _whole(frame)
    _files(trial, whole, 2, 40)  # what libraries load once is no growth
    _pages(trial, trial.size(7, 2), "warm")
    gc.collect()
    before = process.memory_info().rss
    read, tracebacks, odd = _files(trial, whole, trial.size(20, 5), trial.size(800, 100))
    yield "files", read, "CSV, NPZ, Parquet and HDF5"
    tracebacks += [words for words in warnings.words if "Traceback" in words]
    yield "tracebacks", len(tracebacks), "; ".join(tracebacks)[:300]
    yield "sentences", len(odd), "; ".join(odd)[:200]
    count, bad = _links(trial, trial.size(6000, 1000))
    yield "links", count, f"of {len(VIEWS)} pages"
    yield "unread", len(bad), "; ".join(bad)[:300]
    count = trial.size(30, 6)
    shown, bad = _pages(trial, count, "pages")
    yield "pages", shown, ""
    yield "unshown", len(bad), "; ".join(bad)[:300]
    gc.collect()
    growth = (process.memory_info().rss - before) / 2**20
    yield "growth", max(0.0, growth), f"from {before / 2**20:.0f} MiB"


@dataclass(frozen=True)
class _Link:
    """A link that no view would write."""

    items: dict[str, str]

    def to_query(self) -> dict[str, str]:
        return self.items


class _Warnings(logging.Handler):
    """What the program has logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(record.getMessage())


def _whole(frame):
    x, y = frame[["x0", "x1"]].to_numpy(), frame["y"].to_numpy()
    return {
        ".csv": [csv_bytes(frame), csv_bytes(frame, sep=";", lineterminator="\r\n")],
        ".npz": [npz_bytes(x=x, y=y), npz_bytes(True, x=x.astype(">f4"), y=y)],
        ".parquet": [parquet_bytes(frame), parquet_bytes(frame, compression="gzip")],
        ".h5": [hdf5_of(x=x, y=y)],
    }


def _files(trial: Trial, whole, isolated: int, here: int):
    """How many were read, tracebacks, and refusals that are no sentence.

    Args:
        whole: sound files by suffix.
        isolated: how many by the process with limits that uploads have.
        here: how many of text and NumPy in this one, which takes a thousandth of that.
    """
    rng, tracebacks, odd, read = trial.random(f"files {here}"), [], [], 0
    for number in range(isolated + here):
        if number < isolated and trial.share_left() < 0.5:
            continue
        if trial.share_left() < 0.4:
            break
        read += 1
        suffix = rng.choice([*whole] if number < isolated else [".csv", ".npz"])
        content = changed(rng.choice(whole[suffix]), rng)
        place = contextlib.nullcontext() if number < isolated else _in_this_process()
        try:
            with place:
                own.peek(own.Given(content, f"f{suffix}"))
        except NtkUqError as error:
            words = str(error)
            if not (20 < len(words) < 2000 and words.isprintable()):
                odd.append(repr(words)[:100])
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            tracebacks.append(f"{suffix}: {type(error).__name__}: {error}"[:100])
    return read, tracebacks, odd


@contextlib.contextmanager
def _in_this_process():
    before, reading.ask = reading.ask, ask_here
    try:
        yield
    finally:
        reading.ask = before


def changed(content: bytes, rng: random.Random) -> bytes:
    """A file with one to four changes, as storage and transfer make them, or malice."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(1, len(data)))
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and data:
            data[at] = rng.choice((0, 1, 0x22, 0x2C, 0x0A, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 12))
        elif kind == 4:
            del data[at : at + rng.randint(1, 64)]
        else:
            data[at:at] = data[at : at + rng.randint(1, 100)]
    return bytes(data)


def changed_link(items: dict[str, str], rng: random.Random) -> dict[str, str]:
    """A link with one to three changes."""
    found = dict(items)
    for _ in range(rng.randint(1, 3)):
        key, kind = rng.choice([*found] or ["v"]), rng.randrange(5)
        if kind == 0:
            found.pop(key, None)
        elif kind == 1:
            found["".join(rng.choices(string.printable, k=5))] = rng.choice(_HOSTILE)
        elif kind == 2 and found.get(key):
            at = rng.randrange(len(found[key]))
            found[key] = found[key][:at] + rng.choice(_HOSTILE)[:20] + found[key][at + 1 :]
        elif kind == 3 and found:
            found[key] = found[rng.choice([*found])]
        else:
            found[key] = rng.choice(_HOSTILE)
    return found


def _links(trial: Trial, count: int):
    """How many were read by the views' own readers, and their tracebacks."""
    rng, bad, read = trial.random("links"), [], 0
    while read < count and trial.share_left() > 0.3:
        read += 1
        view = rng.choice(VIEWS)
        items = changed_link(view().to_query(), rng)
        try:
            found = view.from_query(items)
            assert view.from_query(found.to_query()) == found, "it reads otherwise when written"
        except NtkUqError:
            pass
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            bad.append(f"{view.__name__} {items}: {type(error).__name__}: {error}"[:200])
    return read, bad


def _pages(trial: Trial, count: int, name: str):
    """How many pages were opened by changed links, and those that showed a traceback."""
    rng, bad, shown = trial.random(f"pages {name}"), [], 0
    for number in range(count):
        if trial.share_left() < 0.1:
            break
        view = VIEWS[number % len(VIEWS)]
        items = changed_link(view().to_query(), rng)
        # What no address can hold comes to no page.
        items = {k: v.encode("utf-8", "replace").decode() for k, v in items.items() if k}
        app = open_page(views.page_name(view), _Link(items))
        shown += 1
        if app.exception:
            bad.append(f"{view.__name__} {items}: {app.exception[0].value}"[:200])
    return shown, bad
