"""Environment variables and their defaults, in one place.

Read when asked, never at import, so that tests and servers can set them at run time.
"""

import contextlib
import functools
import ipaddress
import os
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path

import platformdirs

from ntk_uq.base import cards
from ntk_uq.base.errors import SpecError

DATA = "NTK_UQ_DATA"
STORE = "NTK_UQ_STORE"
CACHE = "NTK_UQ_CACHE"
OWN = "NTK_UQ_OWN"
UPLOAD_LIMIT = "NTK_UQ_UPLOAD_LIMIT"
UPLOAD_EXPANDED = "NTK_UQ_UPLOAD_EXPANDED"
MEMORY = "NTK_UQ_MEMORY"
KERNEL_CACHE = "NTK_UQ_KERNEL_CACHE"
PRECISION = "NTK_UQ_PRECISION"
TF32 = "NTK_UQ_TF32"
WORKERS = "NTK_UQ_WORKERS"
HELD = "NTK_UQ_HELD"
TRAINING_HOURS = "NTK_UQ_TRAINING_HOURS"
MAP_HOURS = "NTK_UQ_MAP_HOURS"
ASK_SECONDS = "NTK_UQ_ASK_SECONDS"
SESSION_JOBS = "NTK_UQ_SESSION_JOBS"
SESSIONS = "NTK_UQ_SESSIONS"
SCHEDULER = "NTK_UQ_SCHEDULER"
DEMO = "NTK_UQ_DEMO"
PLAIN_TCP = "NTK_UQ_PLAIN_TCP"
MIRRORS = "NTK_UQ_MIRRORS"
WEBHOOK = "NTK_UQ_WEBHOOK"
WITH_ENGINE = "NTK_UQ_WITH_ENGINE"  # not for people: from one of our processes to another

_APP = "ntk_uq"
_tf32: ContextVar[bool | None] = ContextVar("tf32", default=None)
_data_from: ContextVar[Path | None] = ContextVar("data_from", default=None)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def data_directory() -> Path:
    """Where data files are looked for, one folder a data set. May be read-only."""
    return _data_from.get() or directory(DATA, lambda: platformdirs.user_cache_path(_APP) / "data")


@contextlib.contextmanager
def data_from(folder: Path | None) -> Iterator[None]:
    """While the block runs, in its thread alone, data files and own data sets are in ``folder``.

    For a worker whose chunk came with the data to compute it from. None changes nothing.
    """
    token = _data_from.set(folder)
    try:
        yield
    finally:
        _data_from.reset(token)


def store_directory() -> Path:
    """Where results and jobs are kept for ever; in a demo, where it reads them from."""
    return demo() or directory(STORE, lambda: platformdirs.user_data_path(_APP) / "store")


def demo() -> Path | None:
    """The store of prepared results that a demo shows, ``NTK_UQ_DEMO``; None where this is no demo.
    In a demo the store is only read, and whoever looks is a viewer."""
    return directory(DEMO, Path) if os.environ.get(DEMO) else None


def demo_directory() -> Path:
    """Where a demo's store is, or is built: ``NTK_UQ_DEMO``, or else beside the usual store, with
    ``-demo`` behind its name."""
    found = demo()
    if found is None:
        usual = store_directory().absolute()
        found = usual.with_name(f"{usual.name}-demo")
    return found


def cache_directory() -> Path:
    """Where derived files that can be made again are kept (simulated pools, compiled kernels)."""
    return directory(CACHE, lambda: platformdirs.user_cache_path(_APP) / "derived")


def own_directory() -> Path:
    """Where users' own data sets are kept, one file each, named by what is in it."""
    return _data_from.get() or directory(OWN, lambda: platformdirs.user_data_path(_APP) / "own")


def upload_limit() -> int:
    """Bytes that a user's own data file may have (default 200 MiB).

    Raises:
        SpecError: if ``NTK_UQ_UPLOAD_LIMIT`` is not a size.
    """
    return parse_bytes(os.environ.get(UPLOAD_LIMIT) or "200MiB", UPLOAD_LIMIT)


def upload_expanded() -> int:
    """Bytes that the arrays in such a file may take once they are unpacked (default 1 GiB).

    Raises:
        SpecError: if ``NTK_UQ_UPLOAD_EXPANDED`` is not a size.
    """
    return parse_bytes(os.environ.get(UPLOAD_EXPANDED) or "1GiB", UPLOAD_EXPANDED)


def memory_limit() -> int:
    """Bytes that one evaluation may take: ``NTK_UQ_MEMORY``, or its share of the machine.

    The share is 70% of the machine's or container's memory, divided by the number of workers.

    Raises:
        SpecError: if the variable is not a size such as ``16GiB``, ``800MB`` or ``12000000000``.
    """
    text = os.environ.get(MEMORY, "")
    if not text:
        return int(0.7 * _machine_memory() / workers())
    return parse_bytes(text, MEMORY)


def kernel_cache() -> int:
    """Bytes of kernels that a worker keeps for the next curve (default a seventh of the memory
    limit, on top of it, which is a tenth of the machine; 0 keeps none).

    Raises:
        SpecError: if ``NTK_UQ_KERNEL_CACHE`` is not a size.
    """
    text = os.environ.get(KERNEL_CACHE, "")
    return parse_bytes(text, KERNEL_CACHE) if text else memory_limit() // 7


def held_limit() -> int:
    """Bytes of results that an engine keeps in memory while they cannot be written, before it
    begins nothing more (default 256 MiB). What is being computed then is kept, too.

    Raises:
        SpecError: if ``NTK_UQ_HELD`` is not a size.
    """
    return parse_bytes(os.environ.get(HELD) or "256MiB", HELD)


def precision() -> str:
    """How accelerators solve: ``NTK_UQ_PRECISION``, one of ``float64``, of ``mixed``, kernels
    factored in float32 and the solution refined in float64, or of ``auto``, the default: whichever
    is faster by what the device is measured to do.

    Raises:
        SpecError: if it is something else.
    """
    text = os.environ.get(PRECISION) or "auto"
    if text not in ("auto", "float64", "mixed"):
        raise SpecError(f"{PRECISION} is {text!r}; write auto, float64 or mixed.")
    return text


def tf32() -> bool:
    """Whether networks are trained with TF32 products where a card has them: ``NTK_UQ_TF32``, one
    of ``on`` and ``off``, the default.

    TF32 keeps 10 of float32's 23 bits of mantissa in each factor of a product, which is a relative
    rounding of up to 2^-11, 5e-4, instead of 2^-24, 6e-8; sums stay in float32.

    Raises:
        SpecError: if it is something else.
    """
    given = _tf32.get()
    if given is not None:
        return given
    text = os.environ.get(TF32) or "off"
    if text not in ("on", "off"):
        raise SpecError(f"{TF32} is {text!r}; write on or off.")
    return text == "on"


@contextlib.contextmanager
def tf32_as(on: bool) -> Iterator[None]:
    """While the block runs, in its thread alone, :func:`tf32` says this: for who asks what there
    would be with either."""
    token = _tf32.set(on)
    try:
        yield
    finally:
        _tf32.reset(token)


def training_limit() -> float:
    """Hours of one worker that one launch of ensembles may take (default 48).

    Raises:
        SpecError: if ``NTK_UQ_TRAINING_HOURS`` is not a number above 0.
    """
    return amount(TRAINING_HOURS, "48", "hours")


def map_limit() -> float:
    """Hours of one worker that one phase map may take (default 12).

    Raises:
        SpecError: if ``NTK_UQ_MAP_HOURS`` is not a number above 0.
    """
    return amount(MAP_HOURS, "12", "hours")


def ask_limit() -> float:
    """Seconds of one worker up to which a page asks for theory by itself (default 60); what takes
    longer is told with its cost, and launched by a button.

    Raises:
        SpecError: if ``NTK_UQ_ASK_SECONDS`` is not a number above 0.
    """
    return amount(ASK_SECONDS, "60", "seconds")


def session_jobs() -> int:
    """How many jobs one browser session may have waiting or running (default 16); what it asks for
    beyond that waits on its page.

    Raises:
        SpecError: if ``NTK_UQ_SESSION_JOBS`` is no whole number of at least 1.
    """
    return _count(SESSION_JOBS, "16")


def sessions() -> int | None:
    """Browser tabs that one web process has inside at once, ``NTK_UQ_SESSIONS``; None for any.

    Raises:
        SpecError: if it is no whole number from 1 on.
    """
    return _count(SESSIONS, "1") if os.environ.get(SESSIONS) else None


def workers() -> int:
    """Number of worker processes of the embedded cluster.

    By default one for each card that JAX computes on; without any one in all, since BLAS uses
    every core.

    Raises:
        SpecError: if ``NTK_UQ_WORKERS`` is no whole number of at least 1.
    """
    return _count(WORKERS, str(max(1, len(cards.used()))))


def cores() -> int:
    """Processor cores that a worker may take for itself: its share of this machine's."""
    return max(1, (os.cpu_count() or 1) // workers())


def scheduler() -> str | None:
    """Address of an existing Dask scheduler, such as ``tls://host:8786``; None for an embedded one.

    Without TLS, whoever reaches the scheduler can run code as the user who started it: beyond this
    machine ``NTK_UQ_PLAIN_TCP=allow`` has to say that the network between keeps strangers out.

    Raises:
        SpecError: if the variable is no such address, or one without TLS that is not allowed.
    """
    text = os.environ.get(SCHEDULER)
    if not text:
        return None
    found = re.fullmatch(r"(tcp|tls)://([^\s/]+):\d{1,5}", text)
    if not found:
        raise SpecError(
            f"{SCHEDULER} is {text!r}; write the address that the Dask scheduler tells when it "
            "starts, such as tls://host:8786 or tcp://127.0.0.1:8786."
        )
    plain = os.environ.get(PLAIN_TCP, "")
    if plain not in ("", "allow"):
        raise SpecError(f"{PLAIN_TCP} is {plain!r}; write allow, or leave it out.")
    if found[1] == "tcp" and not plain and not _is_this_machine(found[2]):
        raise SpecError(
            f"{SCHEDULER} is {text!r}, a connection without TLS to another machine: whoever "
            "reaches that scheduler can run code there. Start it with certificates and write "
            f"tls://, or set {PLAIN_TCP}=allow where the network between keeps strangers out."
        )
    return text


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def mirrors() -> tuple[tuple[str, ...], bool]:
    """Base addresses, each with a slash at its end, to try before the built-in mirrors.

    ``NTK_UQ_MIRRORS`` lists them with commas between; the word ``only`` among them makes the
    second value True: the built-in mirrors are then not tried at all.

    Raises:
        SpecError: if one is not an http or https address, or there is ``only`` and no address.
    """
    text = os.environ.get(MIRRORS, "")
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    bases = tuple(f"{entry.rstrip('/')}/" for entry in entries if entry != "only")
    only = "only" in entries
    if not all(re.fullmatch(r"https?://[^\s/?#][^\s?#]*", base) for base in bases) or (
        only and not bases
    ):
        raise SpecError(
            f"{MIRRORS} is {text!r}; write addresses such as https://host/folder with commas "
            "between, and the word only if the built-in mirrors are not to be tried."
        )
    return bases, only


def webhook() -> str | None:
    """Address that is told by POST when a long run that somebody launched ends; None for none.

    Raises:
        SpecError: if ``NTK_UQ_WEBHOOK`` is not an http or https address.
    """
    text = os.environ.get(WEBHOOK, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"https?://[^\s/?#]+(/\S*|\?\S*)?", text):
        raise SpecError(f"{WEBHOOK} is {text!r:.80}; write an address such as https://host/path.")
    return text


def with_engine() -> bool:
    """Whether these pages were started together with an engine, which is started again if it ends:
    where none is alive, one is about to be. ``ntk-uq run`` says so to them."""
    return bool(os.environ.get(WITH_ENGINE))


def parse_bytes(text: str, name: str = "size") -> int:
    """Bytes in a size such as ``16GiB``; k, M, G and T are powers of 1024 throughout."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*", text, re.IGNORECASE)
    if match is None or len(match[1]) > 30:
        raise SpecError(f"{name} is {text!r}; write a size such as 16GiB or 800MiB.")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def format_bytes(count: float) -> str:
    """A size for people: ``format_bytes(3 * 2**30) == '3.0 GiB'``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def amount(variable: str, default: str, unit: str) -> float:
    """The number above 0 that a variable, or else ``default``, is; raises SpecError if it is
    none."""
    text = os.environ.get(variable) or default
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount < float("inf"):
        raise SpecError(f"{variable} is {text!r:.60}; it must be a number of {unit} above 0.")
    return amount


def _count(variable: str, default: str) -> int:
    text = os.environ.get(variable) or default
    if not text.isdecimal() or int(text) < 1:
        raise SpecError(f"{variable} is {text!r}; it must be a whole number of at least 1.")
    return int(text)


def directory(variable: str, default: Callable[[], Path]) -> Path:
    """What a variable names; ``default`` where it names nothing. Raises SpecError if it begins with
    the home directory of nobody."""
    text = os.environ.get(variable)
    if not text:
        return default()
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise SpecError(f"{variable} is {text!r}; there is no such home directory.") from None


def absolute_directories() -> dict[str, str]:
    """Those that the environment names relative to this folder, for a process in another one."""
    named = {name: os.environ.get(name, "") for name in (DATA, STORE, CACHE, OWN, DEMO)}
    return {
        name: str(Path(text).absolute())
        for name, text in named.items()
        if text and not text.startswith("~")
    }


@functools.cache  # pages ask for each curve that they show
def _machine_memory() -> int:
    """Memory of this machine or of its container, whichever is smaller, in bytes."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit_file in (
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ):
        try:
            text = Path(limit_file).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total
