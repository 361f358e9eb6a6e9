"""Taking named files out of a tar archive whose every word is doubted."""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.fetching.files import PIECE, publish
from ntk_uq.datasets.fetching.status import CHECKSUMS
from ntk_uq.datasets.remote import Archive, Member


def unpack(
    path: Path,
    archive: Archive,
    folder: Path,
    workplace: Path,
    official: bool,
    alive: Callable[[], None] = lambda: None,
) -> tuple[Path, ...]:
    """Puts an archive's members into ``folder``; returns their paths.

    Members are found by their exact name and written under names of our own. Whatever else the
    archive holds is passed over. All of them are unpacked before the first gets its name, and the
    list of checksums is written last, so what a killed process leaves never passes for official.

    Args:
        path: the tar archive, gzipped.
        archive: what is wanted of it.
        folder: where the members go.
        workplace: an empty directory on the same file system for half-written files.
        official: whether the archive is the official one: only then checksums are written.
        alive: called now and then.

    Raises:
        DataError: if the archive is damaged, lacks a member, holds one twice, of another size, or
            as a link or device, or unpacks to more than it should.
        OSError: if something cannot be written.
    """
    digests = _extract(path, archive, workplace, alive)
    sums = folder / CHECKSUMS
    sums.unlink(missing_ok=True)
    for member in archive.members:
        publish(workplace / member.name, folder / member.name)
    if official:
        lines = [f"{digests[member.name]}  {member.name}\n" for member in archive.members]
        (workplace / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
        publish(workplace / CHECKSUMS, sums)
    return tuple(folder / member.name for member in archive.members)


def _extract(
    path: Path, archive: Archive, workplace: Path, alive: Callable[[], None]
) -> dict[str, str]:
    """Writes the members into the workplace; returns the SHA-256 of each."""
    wanted = {f"{archive.folder}/{member.name}": member for member in archive.members}
    digests: dict[str, str] = {}
    try:
        with gzip.open(path) as file:
            capped = _Capped(file, archive.most_bytes, path)
            with tarfile.open(fileobj=io.BufferedReader(capped, PIECE), mode="r|") as tar:
                for info in tar:
                    member = wanted.get(info.name)
                    if member is None:
                        continue
                    if member.name in digests:
                        raise DataError(f"{path} holds {info.name} twice.")
                    _check(path, info, member)
                    content = tar.extractfile(info)
                    assert content is not None  # a regular file, as checked
                    digests[member.name] = _copy(content, workplace / member.name, alive)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is not a gzipped tar archive, or is damaged: {error}.") from None
    missing = [name for name, member in wanted.items() if member.name not in digests]
    if missing:
        raise DataError(f"{path} does not hold {', '.join(missing)}.")
    return digests


def _check(path: Path, info: tarfile.TarInfo, member: Member) -> None:
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise DataError(f"{path} holds {info.name} as a link or device, not as a file.")
    if info.size != member.size if member.exact else info.size > member.size:
        allowed = f"{member.size:,}" if member.exact else f"at most {member.size:,}"
        raise DataError(f"{path} holds {info.name} of {info.size:,} bytes instead of {allowed}.")


def _copy(content: IO[bytes], target: Path, alive: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while piece := content.read(PIECE):
            file.write(piece)
            digest.update(piece)
            alive()
    return digest.hexdigest()


class _Capped(io.RawIOBase):
    """A stream that refuses to give more than ``most`` bytes: a small archive may hold a lot."""

    def __init__(self, file: gzip.GzipFile, most: int, path: Path) -> None:
        self._file, self._left, self._most, self._path = file, most, most, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise DataError(
                f"{self._path} unpacks to more than {format_bytes(self._most)}, so it is not what "
                "its name says."
            )
        buffer[: len(piece)] = piece
        return len(piece)
