"""A user's file, by its path or by its bytes: how big it is, and what it is by its first bytes."""

import codecs
import io
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.base.settings import format_bytes

ACCEPTED = (
    "CSV (.csv, .tsv, .txt), Parquet (.parquet), NPZ (.npz) and HDF5 (.h5, .hdf5) files are read"
)

KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".dat": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".npz": "npz",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
    ".mat": "hdf5",
}
"""What a file's suffix says about it."""

_WORDS = {
    "csv": "text",
    "parquet": "a Parquet file",
    "npz": "a zip archive such as NPZ",
    "hdf5": "an HDF5 file",
}

_FORMATS = {
    b"PK\x03\x04": "npz",
    b"PK\x05\x06": "npz",
    b"PAR1": "parquet",
    b"\x89HDF\r\n\x1a\n": "hdf5",
}

_FOREIGN = {
    b"\x93NUMPY": "a single NumPy array (.npy); save inputs and targets together: "
    "np.savez('data.npz', x=x, y=y)",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"PARE": "an encrypted Parquet file",
    b"ARROW1": "an Arrow (Feather) file; save it as Parquet",
    b"\xd0\xcf\x11\xe0": "an old Microsoft Office file; save it as CSV UTF-8",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"SQLite format 3": "an SQLite database",
    b"MATLAB": "a MATLAB file of a version before 7.3; save its arrays so: save data.mat x y -v7.3",
    b"SIMPLE  =": "a FITS file; save its table as CSV or Parquet",
    b"root": "a ROOT file; save its tree as Parquet or NPZ (uproot does)",
    b"CDF": "a netCDF file; save its variables as NPZ or HDF5",
    b"\x7fELF": "a program",
}

_HEAD = 512
_LARGEST_USERBLOCK = 24
"""As a power of two: where HDF5 is looked for at most."""


@dataclass(frozen=True)
class OwnFile:
    """A file within the limit of its size.

    Attributes:
        name: for people: the file's name without its folder.
        path: where it lies, or None.
        content: its bytes, where they came with an upload.
        size: in bytes.
    """

    name: str
    path: Path | None
    content: bytes | None
    size: int

    def open(self) -> io.BytesIO | io.BufferedReader:
        """The file, to be read from its start.

        Raises:
            DataError: if it cannot be opened.
        """
        if self.path is None:
            return io.BytesIO(self.content or b"")
        try:
            return self.path.open("rb")
        except OSError as error:
            raise DataError(f"{self.name} cannot be read: {error.strerror or error}.") from None

    def head(self) -> bytes:
        """Its first bytes."""
        try:
            with self.open() as file:
                return file.read(_HEAD)
        except OSError as error:
            raise DataError(f"{self.name} cannot be read: {error.strerror or error}.") from None


def source_of(data: Path | str | bytes, name: str | None = None) -> OwnFile:
    """A file by path or by content.

    Args:
        data: the path, or the bytes of an upload.
        name: what to call it; needed with bytes, as the suffix says which format it has.

    Raises:
        MissingDataError: if there is no file at the path.
        DataError: if it is no regular file, cannot be read, is empty or beyond the limit.
        SpecError: if the limit in the settings is not a size.
    """
    if isinstance(data, bytes):
        source = OwnFile(_base(name or "the file"), None, data, len(data))
    else:
        path = Path(data)
        source = OwnFile(_base(name or str(path)), path, None, _size(path))
    limit = settings.upload_limit()
    if not source.size:
        raise DataError(f"{source.name} is empty. {ACCEPTED}.")
    if source.size > limit:
        raise DataError(
            f"{source.name} has {format_bytes(source.size)}; at most {format_bytes(limit)} are "
            f"taken. Take a part of it, or set {settings.UPLOAD_LIMIT}."
        )
    return source


def kind_of(source: OwnFile) -> str:
    """``csv``, ``parquet``, ``npz`` or ``hdf5``: what the suffix says, if the content agrees.

    Raises:
        DataError: if the suffix is unknown or the content is something else, saying what.
    """
    suffix = PurePosixPath(source.name).suffix.lower()
    head = source.head()
    if KINDS.get(suffix) == "hdf5" and _is_hdf5_behind(source):
        return "hdf5"
    for mark, what in _FOREIGN.items():
        # A table may have a column of that name: "root_s", say.
        word = mark.isalnum() and _is_plain_text(head)
        if head.startswith(mark) and not word:
            raise DataError(f"{source.name} is {what}. {ACCEPTED}.")
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        raise DataError(
            f"{source.name} is a Python pickle, which is never opened: it could run a program. "
            f"{ACCEPTED}."
        )
    if head[257:262] == b"ustar":
        raise DataError(f"{source.name} is a tar archive; unpack it first. {ACCEPTED}.")
    kind = KINDS.get(suffix)
    if kind is None:
        what = f"ends in {suffix!r}" if suffix else "has a name without a suffix"
        raise DataError(f"{source.name} {what}. {ACCEPTED}; call it by its format's suffix.")
    found = next((found for mark, found in _FORMATS.items() if head.startswith(mark)), "csv")
    if found != kind:
        expected = _WORDS[kind]
        got = _WORDS[found] if found != "csv" or _is_text(head) else "something else"
        raise DataError(
            f"{source.name} is {got}, by its content, and not {expected}, as its name says. Give "
            "it the right suffix, or save it again in the right format."
        )
    return kind


def _is_hdf5_behind(source: OwnFile) -> bool:
    """Whether HDF5 begins behind a block of the user's own, at byte 512, 1024, 2048, ...; so do
    the MAT-files of MATLAB 7.3."""
    mark = next(mark for mark, kind in _FORMATS.items() if kind == "hdf5")
    try:
        with source.open() as file:
            for power in range(9, _LARGEST_USERBLOCK + 1):
                if 2**power >= source.size:
                    return False
                file.seek(2**power)
                if file.read(len(mark)) == mark:
                    return True
    except OSError as error:
        raise DataError(f"{source.name} cannot be read: {error.strerror or error}.") from None
    return False


def _is_text(head: bytes) -> bool:
    return b"\x00" not in head


def _is_plain_text(head: bytes) -> bool:
    """Whether it is UTF-8 without control characters; the last character may be cut."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c.isspace() for c in text)


def _base(name: str) -> str:
    """The last part of a name from any system, fit to be printed."""
    base = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    base = "".join(c for c in base if c.isprintable()).strip()
    # The suffix counts: a long name loses its middle.
    return (base if len(base) <= 80 else f"{base[:59]}…{base[-20:]}") or "the file"


def _size(path: Path) -> int:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise MissingDataError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{path} cannot be read: {what or error}.") from None
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path} is not a regular file. {ACCEPTED}.")
    return found.st_size
