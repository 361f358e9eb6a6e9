"""Where public data sets come from: file names, checksums, sizes and mirrors."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError
from ntk_uq.datasets import mnist
from ntk_uq.datasets.calochallenge import ELECTRON_FILES, PHOTON_FILES, PION_FILES, ShowerFiles

_SLACK = 64 * 2**10  # what a mirror may send beyond the official size before it is cut off


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
        name: what the command line calls it.
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


def _mnist() -> Source:
    bases = (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    )
    sizes = (9_912_422, 28_881, 1_648_877, 4_542)
    files = tuple(
        RemoteFile(
            name=f"{name}.gz",
            checksum=f"sha256:{packed}",
            urls=tuple(f"{base}{name}.gz" for base in bases),
            limit=size + _SLACK,
            size=size,
            unpacked=f"sha256:{unpacked}",
        )
        for (name, packed), unpacked, size in zip(
            mnist.FILES.items(), mnist.UNPACKED, sizes, strict=True
        )
    )
    return Source("mnist", "mnist", files)


def _cifar10() -> Source:
    name, size = "cifar-10-binary.tar.gz", 170_052_171
    batches = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    members = [Member(batch, 30_730_000) for batch in batches]
    members.append(Member("batches.meta.txt", 4096, exact=False))
    file = RemoteFile(
        name=name,
        checksum="md5:c32a1d4ab5d03f1284b67883e8d87530",
        urls=(f"https://www.cs.toronto.edu/~kriz/{name}",),
        limit=size + _SLACK,
        size=size,
    )
    return Source("cifar10", "cifar10", (file,), Archive("cifar-10-batches-bin", tuple(members)))


def _calochallenge(
    files: ShowerFiles, record: int, sizes: tuple[int | None, int | None] = (None, None)
) -> Source:
    return Source(
        files.name,
        "calochallenge",
        tuple(
            RemoteFile(
                name=name,
                checksum=f"md5:{md5}",
                urls=(f"https://zenodo.org/records/{record}/files/{name}?download=1",),
                # The files of data set 1 are about 170 MB each.
                limit=400 * 10**6 if size is None else size + _SLACK,
                size=size,
            )
            for name, md5, size in zip(files.files, files.md5, sizes, strict=True)
        ),
    )


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        _mnist(),
        _cifar10(),
        _calochallenge(PHOTON_FILES, 8099322),
        _calochallenge(PION_FILES, 8099322),
        _calochallenge(ELECTRON_FILES, 6366271, (1_356_475_617, 1_366_708_391)),
    )
}
"""Everything that can be fetched, by name."""


def get(name: str) -> Source:
    """What is to be fetched under that name.

    Raises:
        SpecError: if there is no such thing, naming those that there are.
    """
    if name not in SOURCES:
        raise SpecError(f"Nothing to fetch is called {name!r}; choose from {', '.join(SOURCES)}.")
    return SOURCES[name]


def urls_of(file: RemoteFile) -> tuple[str, ...]:
    """Every address at which a file is looked for: the setting's mirrors, then the built-in ones.

    Raises:
        SpecError: if the setting cannot be read.
    """
    own, only = settings.mirrors()
    urls = tuple(f"{base}{file.name}" for base in own)
    return urls if only else urls + file.urls


def without_password(url: str) -> str:
    """The address as it may be shown: a user name and password in it are left out."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
