"""Taking in files that somebody copied by hand."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.fetching.archive import unpack
from ntk_uq.datasets.fetching.files import PIECE, matches, publish, short, workplace
from ntk_uq.datasets.fetching.sources import SOURCES
from ntk_uq.datasets.fetching.status import State, status
from ntk_uq.datasets.remote import Archive, RemoteFile, Source, find

_ALGORITHMS = ("sha256", "md5")


@dataclass(frozen=True)
class Imported:
    """What became of one file: where its content is now, and what it is."""

    path: Path
    target: Path
    official: bool
    already_there: bool


@dataclass(frozen=True)
class _Match:
    """What a file is, and the name under which it belongs into the data directory."""

    source: Source
    file: RemoteFile
    name: str
    official: bool
    reason: str = ""
    folder: str = ""  # set for the member of an archive

    @property
    def target(self) -> Path:
        return self.source.directory() / self.folder / self.name


def candidates(path: Path) -> list[Path]:
    """The files to import at a path: itself, or what lies below it and may be official.

    Below a directory those files count whose name or size is that of an official one, the name as
    whatever program unpacked or saved it may spell it; archives come first, since their members are
    then known.

    Raises:
        DataError: if there is nothing at the path, or nothing that may be official.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"{path} is neither a file nor a directory.")
    names, sizes, archives = set(), set(), set()
    for source in SOURCES.values():
        names |= {name for file in source.files for name, _ in file.forms()}
        sizes |= {file.size for file in source.files}
        if source.archive is not None:
            archives |= {file.name for file in source.files}
            names |= {member.name for member in source.archive.members}
    spelt = {_spelt(name) for name in names}
    found = [f for f in _walk(path) if _spelt(f.name) in spelt or f.stat().st_size in sizes]
    if not found:
        raise DataError(f"No file below {path} has the name or size of an official one.")
    return sorted(found, key=lambda f: (f.name not in archives, f))


def import_file(path: Path, accept_unofficial: bool = False) -> Imported:
    """Copies a file to where it is looked for; takes an archive's members out of it.

    The file is recognized by its checksum, whatever it is called, or else by its name.

    Raises:
        DataError: if it is no official file and either has no official name or
            ``accept_unofficial`` is not set; if an official file is there already that it would
            replace; if it cannot be read, or the data directory cannot be written.
    """
    digests = _digests(path)
    match = _by_checksum(digests) or _by_name(path.name, digests)
    if match is None:
        raise DataError(
            f"{path} is none of the files that are known, neither by checksum nor by name "
            f"(SHA-256 {short(digests['sha256'])})."
        )
    archive = match.source.archive if match.file.name == match.name else None
    there = _official_already(match, archive, digests)
    if there is not None:
        return Imported(path, there, True, True)
    if not match.official and not accept_unofficial:
        raise DataError(
            f"{path} is not the official {match.name}: {match.reason}. To use it nevertheless, "
            "import it with --accept-unofficial; results made from it will say so."
        )
    _check_replacing(path, match)
    folder = match.source.directory()
    with workplace(folder, match.source.name) as (temporary, alive):
        if archive is not None:
            target = folder / archive.folder
            unpack(path, archive, target, temporary, match.official, alive)
        else:
            target = match.target
            _copy(path, temporary / match.name, digests["sha256"])
            publish(temporary / match.name, target)
    return Imported(path, target, match.official, False)


def _official_already(
    match: _Match, archive: Archive | None, digests: dict[str, str]
) -> Path | None:
    """The path of the very content, if it is in its place as an official file."""
    if archive is not None or not match.official:
        states = status(match.source)
        if archive is not None:
            whole = match.official and all(s.state is State.OK for s in states)
            return match.source.directory() / archive.folder if whole else None
        same = (s.path for s in states if s.state is State.OK and s.path == match.target)
        return next((p for p in same if matches(p, digests["sha256"])), None)
    found = find(match.source, match.file)
    return found[0] if found is not None and matches(*found) else None


def _check_replacing(path: Path, match: _Match) -> None:
    """Refuses what would lose an official file, or would not be read after all."""
    if match.folder or match.source.archive is not None:
        return
    found = find(match.source, match.file)
    if found is None:
        return
    there, official = found
    if not match.official and matches(there, official):
        raise DataError(
            f"{path} is not the official {match.name}, and the official one is in {there}; "
            "remove that one first to use another."
        )
    if there.name != match.name and there.name == match.file.name:
        raise DataError(f"{there} is there and is read before {match.name}; remove it first.")


def _by_checksum(digests: dict[str, str]) -> _Match | None:
    for source in SOURCES.values():
        for file in source.files:
            for name, official in file.forms():
                if official in digests.values():
                    return _Match(source, file, name, official=True)
    return None


def _by_name(name: str, digests: dict[str, str]) -> _Match | None:
    for source in SOURCES.values():
        for file in source.files:
            for form, official in file.forms():
                if _spelt(form) == _spelt(name):
                    got = digests[official.partition(":")[0]]
                    reason = f"checksum {short(got)} instead of {short(official)}"
                    return _Match(source, file, name, False, reason)
        if source.archive is not None and name in {m.name for m in source.archive.members}:
            reason = f"only {source.files[0].name} has a published checksum; import that"
            folder = source.archive.folder
            return _Match(source, source.files[0], name, False, reason, folder)
    return None


def _spelt(name: str) -> str:
    """A file's name without what programs change in it: ``train-images.idx3-ubyte`` of 7-Zip,
    ``a.gz.download``, ``a (1).gz`` and ``a - Copy`` of browsers and desktops."""
    added = r"^copy of | ?\(\d+\)|( -)? copy( \d+)?|\.(crdownload|download|part|bin|dat|idx|txt)$"
    name = re.sub(added, "", name.lower())
    return re.sub(r"[\W_]+", "-", name).strip("-")


def _walk(directory: Path) -> Iterator[Path]:
    """The files below a directory but hidden ones; links to directories are not followed."""
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if not name.startswith(".") and path.is_file():
                yield path


def _digests(path: Path) -> dict[str, str]:
    """The checksums of a file by algorithm, in one reading."""
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in _ALGORITHMS}
    for piece in _pieces(path):
        for one in hashes.values():
            one.update(piece)
    return {name: f"{name}:{one.hexdigest()}" for name, one in hashes.items()}


def _copy(path: Path, target: Path, expected: str) -> None:
    """Copies a file whose checksum is known; what is written is what was looked at.

    Raises:
        DataError: if the file cannot be read, or is another one meanwhile.
        OSError: if the copy cannot be written.
    """
    digest = hashlib.sha256()
    with target.open("xb") as file:
        for piece in _pieces(path):
            file.write(piece)
            digest.update(piece)
    if f"sha256:{digest.hexdigest()}" != expected:
        raise DataError(f"{path} changed while it was copied; import it when it is complete.")


def _pieces(path: Path) -> Iterator[bytes]:
    # Not a loop around yield inside try: an error of whoever takes the pieces is not ours.
    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    with file:
        while True:
            try:
                piece = file.read(PIECE)
            except OSError as error:
                raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
            if not piece:
                return
            yield piece
