"""Whose a user's own data set is, and who else sees it: a small file beside the data.

It lies beside them and not in the store, so that what is private stays so wherever the data are
kept, with another store, and with one that was mended. It stays when the data go, since what was
computed from them stays, too.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum, auto
from pathlib import Path

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.shared import Shared
from ntk_uq.datasets.fetching.files import publish, workplace
from ntk_uq.datasets.own.storage import PREFIX, is_own, path_of

LONGEST_TITLE = 80
"""Characters of what a data set is called."""


class Sharing(StrEnum):
    """Who sees a data set beside its owner and admins."""

    PRIVATE = auto()
    LINK = auto()
    """Whoever has its name, as in a link."""
    GROUP = auto()
    """Everybody: it is listed."""


@dataclass(frozen=True)
class Holder:
    """Somebody whose data set it is; equal data that two uploaded are one data set of two.

    Attributes:
        person: who; empty where it was there before anybody had to say who they are.
        name: for people.
        sharing: who else sees it, as far as this one says.
        title: what this one calls it; empty for as its file was called.
        since: unix seconds.
        kept: False once this one has deleted it: what was computed from it is hers still.
    """

    person: str
    name: str
    sharing: Sharing
    title: str = ""
    since: float = 0.0
    kept: bool = True


Holders = tuple[Holder, ...]

BEFORE = Holder("", "nobody in particular", Sharing.LINK)
"""Of data that were there before."""

_UNREADABLE = Holder("", "somebody", Sharing.PRIVATE)
_READ: Shared[Holders] = Shared(4096)


def holders(name: str) -> Holders:
    """Whose a data set is, the first of them first; none of data of before, that nobody owns.

    A record that cannot be read is somebody's private one.

    Raises:
        SpecError: if the name is not one of an own data set.
    """
    return _read(_record(name))


def everybodys() -> dict[str, Holders]:
    """Holders of all data sets that have any, by name."""
    folder = settings.own_directory()
    paths = sorted(folder.glob(f"{PREFIX}*.json")) if folder.is_dir() else ()
    return {path.stem: _read(path) for path in paths if is_own(path.stem)}


def change(name: str, to: Callable[[Holders], Holders]) -> Holders:
    """Writes what ``to`` makes of a data set's holders, whole or not at all; nobody else changes
    them meanwhile. Data that none of them keeps are removed; the record stays.

    Raises:
        SpecError: if the name is not one of an own data set.
        DataError: if nothing can be written.
    """
    target, data = _record(name), path_of(name)
    with workplace(target.parent, "own", variable=settings.OWN) as (temporary, _):
        now = to(_read(target))
        text = json.dumps({"holders": [asdict(one) for one in now]}, ensure_ascii=False)
        (temporary / target.name).write_text(text, encoding="utf-8")
        publish(temporary / target.name, target, kept=True)
        if not any(one.kept for one in now):
            data.unlink(missing_ok=True)
    return now


def new(person: str, name: str, sharing: Sharing, title: str) -> Holder:
    """Somebody who brings data now. Raises DataError as :func:`titled`."""
    return Holder(person, name, sharing, titled(title), time.time())


def titled(text: str) -> str:
    """A title as it is kept, blanks around and between words left aside.

    Raises:
        DataError: if it is empty, too long, or has characters that cannot be shown.
    """
    title = " ".join(text.split())
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise DataError(
            f"The name {title[:40]!r} has {len(title)} characters; write 1 to {LONGEST_TITLE} that "
            "can be shown."
        )
    return title


def _record(name: str) -> Path:
    return path_of(name).with_suffix(".json")


def _read(path: Path) -> Holders:
    try:
        found = path.stat()
        stamp = (path, found.st_mtime_ns, found.st_size, found.st_ino)
        return _READ.get(stamp, lambda: _parsed(path))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError):
        return (_UNREADABLE,)


def _parsed(path: Path) -> Holders:
    found = json.loads(path.read_text(encoding="utf-8"))["holders"]
    return tuple(
        Holder(
            str(one["person"]),
            str(one["name"]),
            Sharing(one["sharing"]),
            str(one["title"]),
            float(one["since"]),
            one["kept"] is not False,
        )
        for one in found
    ) or (_UNREADABLE,)
