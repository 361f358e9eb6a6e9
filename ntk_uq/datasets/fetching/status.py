"""Which files are there, and whether they are the official ones."""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ntk_uq.datasets.fetching.files import checksum, matches, short
from ntk_uq.datasets.remote import Archive, RemoteFile, Source, find

CHECKSUMS = "SHA256SUMS"
"""The file beside an archive's members with their checksums, as ``sha256sum -c`` reads it. It is
written when they are taken out of the official archive: nobody publishes their checksums."""


class State(Enum):
    """What can be said of one file."""

    OK = "ok"
    UNOFFICIAL = "not the official file"
    MISSING = "missing"


@dataclass(frozen=True)
class FileStatus:
    """One file that a data set needs: where it is or should be, its state, and why."""

    path: Path
    state: State
    reason: str = ""


def needed(source: Source) -> tuple[Path, ...]:
    """Where each file is, or should be: an archive's members, not the archive."""
    if source.archive is not None:
        folder = source.directory() / source.archive.folder
        return tuple(folder / member.name for member in source.archive.members)
    found = ((find(source, file), file) for file in source.files)
    return tuple(f[0] if f else source.directory() / file.name for f, file in found)


def present(source: Source) -> bool:
    """Whether every file is there; says nothing of what is in them, and so is quick."""
    return all(path.is_file() for path in needed(source))


def status(source: Source) -> tuple[FileStatus, ...]:
    """The state of every file that a data set needs, by checksum.

    Raises:
        DataError: if a file that is there cannot be read.
    """
    if source.archive is not None:
        return tuple(_members(source, source.archive))
    return tuple(_plain(source, file) for file in source.files)


def complete(source: Source) -> bool:
    """Whether every file is there and official.

    Raises:
        DataError: if a file that is there cannot be read.
    """
    return present(source) and all(s.state is State.OK for s in status(source))


def _plain(source: Source, file: RemoteFile) -> FileStatus:
    found = find(source, file)
    if found is None:
        return FileStatus(source.directory() / file.name, State.MISSING)
    path, official = found
    got = checksum(path, official.partition(":")[0])
    if got == official:
        return FileStatus(path, State.OK)
    reason = f"checksum {short(got)} instead of {short(official)}"
    return FileStatus(path, State.UNOFFICIAL, reason)


def _members(source: Source, archive: Archive) -> list[FileStatus]:
    folder = source.directory() / archive.folder
    known = _read_checksums(folder / CHECKSUMS)
    found = []
    for member in archive.members:
        path = folder / member.name
        if not path.is_file():
            found.append(FileStatus(path, State.MISSING))
        elif member.name not in known:
            reason = f"not unpacked here from {source.files[0].name}"
            found.append(FileStatus(path, State.UNOFFICIAL, reason))
        elif not matches(path, known[member.name]):
            reason = "changed since it was unpacked"
            found.append(FileStatus(path, State.UNOFFICIAL, reason))
        else:
            found.append(FileStatus(path, State.OK))
    return found


def _read_checksums(path: Path) -> dict[str, str]:
    """Member names and their checksums; empty where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    lines = re.findall(r"^([0-9a-f]{64})  (\S+)$", text, re.MULTILINE)
    return {name: f"sha256:{digest}" for digest, name in lines}
