"""Where the files of a public data set come from: names, checksums, sizes and mirrors.

Plain records, which every data set that has files declares; :mod:`ntk_uq.datasets.fetching` works
by them.
"""

from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base import settings
from ntk_uq.base.errors import MissingDataError

SLACK = 64 * 2**10
"""What a mirror may send beyond the official size before it is cut off, in bytes."""


@dataclass(frozen=True)
class RemoteFile:
    """One official file.

    Attributes:
        name: its name at the source and, unless it is an archive, in the data directory.
        checksum: of the official file, ``algorithm:hexadecimal digits``.
        urls: the built-in mirrors, in the order in which they are tried.
        limit: bytes after which a mirror that still sends is cut off.
        size: bytes of the official file, None where nobody has said it.
        unpacked: checksum of the file without its ``.gz``, which serves as well; None if none does.
    """

    name: str
    checksum: str
    urls: tuple[str, ...]
    limit: int
    size: int | None = None
    unpacked: str | None = None

    def forms(self) -> tuple[tuple[str, str], ...]:
        """File name and checksum of each form that serves, in the order they are looked for."""
        if self.unpacked is None:
            return ((self.name, self.checksum),)
        return (self.name, self.checksum), (self.name.removesuffix(".gz"), self.unpacked)


@dataclass(frozen=True)
class Member:
    """A file that is taken out of an archive: its name without folders and its size in bytes.

    ``exact`` members have that very size; others may be smaller.
    """

    name: str
    size: int
    exact: bool = True


@dataclass(frozen=True)
class Archive:
    """What is taken out of a tar archive: ``members`` of ``folder``, and nothing else."""

    folder: str
    members: tuple[Member, ...]

    @property
    def most_bytes(self) -> int:
        """What the whole archive may unpack to: the members, and room for tar's own records."""
        return sum(member.size for member in self.members) + 2**20


@dataclass(frozen=True)
class Source:
    """One thing to fetch.

    Attributes:
        name: that of the data set.
        folder: its folder in the data directory.
        files: the official files.
        archive: set where there is one file, a tar archive, and its members are what is wanted.
    """

    name: str
    folder: str
    files: tuple[RemoteFile, ...]
    archive: Archive | None = None

    def directory(self) -> Path:
        """Where the files lie, archives before they are unpacked included."""
        return settings.data_directory() / self.folder

    @property
    def size(self) -> int | None:
        """Bytes to fetch, or None where the size of a file is not known."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def locate(self, title: str, what: str = "the official files") -> tuple[Path, ...]:
        """The files, each in the first of its forms that is there, in the order of ``files``.

        Args:
            title: the data set's name for people.
            what: what is to be put into the folder, in words.

        Raises:
            MissingDataError: naming the directory, the missing files, the command that fetches them
                and the setting.
        """
        found = [find(self, file) for file in self.files]
        missing = [file.name for file, f in zip(self.files, found, strict=True) if f is None]
        if missing:
            raise MissingDataError(
                f"{title} is not complete in {self.directory()}: missing {', '.join(missing)}. Run "
                f"`python -m ntk_uq data fetch {self.name}`, put {what} there, or set "
                f"{settings.DATA} to the directory that holds {self.folder}/."
            )
        return tuple(f[0] for f in found if f is not None)


def find(source: Source, file: RemoteFile) -> tuple[Path, str] | None:
    """Path and official checksum of the form of a file that is there and is used, if any is."""
    for name, official in file.forms():
        path = source.directory() / name
        if path.is_file():
            return path, official
    return None
