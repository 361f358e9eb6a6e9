"""The directory of a store: whose it is, which format it has, where it lies."""

import json
import os
import re
import tempfile
from pathlib import Path

from ntk_uq.base import private
from ntk_uq.base.errors import StoreDamagedError, StoreError, StoreNotWritableError
from ntk_uq.base.settings import STORE
from ntk_uq.store.failures import RESCUE, in_words

FORMAT = 1
"""Version of the layout below: ``VERSION.json``, ``results/``, ``jobs.sqlite``."""

VERSION_FILE = "VERSION.json"

_TEMPORARY = ".VERSION-"
# An empty file system is not empty on these two.
_NOT_CONTENT = frozenset({"lost+found", ".DS_Store"})

_SHARED_TYPE = re.compile(
    r"nfs4?|cifs|smb3|smbfs|lustre|gpfs|beegfs|ceph|glusterfs|afs|panfs|pvfs2|orangefs|gfs2|ocfs2"
    r"|9p|virtiofs|davfs|fuse\.(sshfs|glusterfs|ceph|ceph-fuse|rclone|s3fs|gcsfuse|juicefs|davfs2"
    r"|smbnetfs|grpcfuse|beegfs)"
)


def prepare(directory: Path) -> None:
    """Makes ``directory`` a store of this format, if it is not one already.

    Where it is missing it is made, for this account or its group: others could plant results.

    Raises:
        StoreFullError: if it is to be made and the disk is full.
        StoreNotWritableError: if it is to be made and may not be written.
        StoreError: if it is a file, cannot be read, is not ours, or has another format.
    """
    with in_words(directory):
        if directory.exists() and not directory.is_dir():
            raise StoreError(f"The store {directory} is a file. {_move_or_set(directory)}")
        private.make_folder(directory, parents=True, exist_ok=True)
        version = directory / VERSION_FILE
        # What is there is read also where nothing can be written any more.
        if not os.access(directory, os.R_OK | os.X_OK) or not (
            os.access(directory, os.W_OK) or version.exists()
        ):
            raise StoreNotWritableError(
                f"The store {directory} is not writable. Give this user the right to write there, "
                f"or set {STORE} to another directory."
            )
        if not version.exists():
            # The version file is written first. If another process began to make the store since
            # the look above, whatever it has put there comes with a version file.
            if is_begun(directory) and not version.exists():
                raise StoreDamagedError(f"{version} is missing, and all else is there. {RESCUE}")
            foreign = _foreign_content(directory)
            if foreign is not None and not version.exists():
                raise StoreError(
                    f"{directory} is not a store: it has no {VERSION_FILE}, and holds {foreign}. "
                    f"Set {STORE} to a directory that is empty or does not exist yet."
                )
            if not version.exists():
                write_version(version)
        found = found_format(version)
    if found is None:
        raise StoreDamagedError(f"{version} is damaged: it does not say its format. {RESCUE}")
    if found != FORMAT:
        raise StoreError(
            f"The store {directory} has format {found}; this program reads and writes format "
            f"{FORMAT}. {_move_or_set(directory)} Finished results stay where they are."
        )


def shared_file_system_warning(directory: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """A sentence for the user if ``directory`` lies on a network file system.

    None if it does not, or where the system has no table of mounts to tell from.
    """
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    kind, point = "", Path()
    target = directory.absolute().resolve()
    for line in table.splitlines():
        words = line.split()
        if len(words) < 3:
            continue
        here = Path(_unescape(words[1]))
        # Of two mounts on one point, the later one hides the earlier.
        if target.is_relative_to(here) and len(here.parts) >= len(point.parts):
            kind, point = words[2], here
    if _SHARED_TYPE.fullmatch(kind) is None:
        return None
    return (
        f"The store {directory} lies on a shared file system ({kind}, mounted on {point}), where "
        f"SQLite databases can be corrupted. Set {STORE} to a directory on a local disk."
    )


def found_format(version: Path) -> str | int | None:
    """The format that the version file states, or words for what is there instead; None where it
    states nothing. Raises OSError if it cannot be read."""
    try:
        content = json.loads(version.read_bytes())
        found = content["format"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if type(found) is int else repr(found)


def is_store(directory: Path) -> bool:
    """Whether there is a store, whole and of whatever format: to open it makes nothing new."""
    return (directory / VERSION_FILE).is_file() and is_begun(directory)


def is_begun(directory: Path) -> bool:
    """Whether what a store holds besides its version file is there."""
    return all((directory / name).exists() for name in ("jobs.sqlite", "results"))


def write_version(path: Path) -> None:
    """Writes the file whole or not at all; two processes that do so write the same."""
    handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, "program": "ntk_uq"}, file)
            file.flush()
            os.fsync(file.fileno())
        private.keep(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _foreign_content(directory: Path) -> str | None:
    for entry in sorted(directory.iterdir()):
        if entry.name not in _NOT_CONTENT and not entry.name.startswith(_TEMPORARY):
            return entry.name
    return None


def _move_or_set(directory: Path) -> str:
    return f"Move {directory} away, or set {STORE} to another directory."


def _unescape(text: str) -> str:
    """A path of the mount table: blanks and backslashes are written as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
