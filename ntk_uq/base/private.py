"""What is kept is for one account alone, or for the group of accounts that share it.

By default folders have the mode 0700 and files 0600: others could plant results, or read data. A
lab may have a group instead (``NTK_UQ_GROUP``), of which several accounts run pages and engines on
one store: then folders are 2770, so that whatever is made in them belongs to the group, and files
are 0660.
"""

import contextlib
import os
from pathlib import Path

from ntk_uq.base.errors import SpecError

GROUP = "NTK_UQ_GROUP"


def group() -> int | None:
    """The number of the group that shares what is kept, ``NTK_UQ_GROUP``; None for no group.

    Raises:
        SpecError: if there is no such group, or this account is not in it.
    """
    text = os.environ.get(GROUP, "").strip()
    if not text:
        return None
    found = _number(text)
    if found is None:
        raise SpecError(
            f"{GROUP} is {text!r:.80}, and this machine has no such group. Write the name or the "
            "number of one, or leave it out to keep everything for this account alone."
        )
    if os.geteuid() != 0 and found not in {os.getegid(), *os.getgroups()}:
        raise SpecError(
            f"{GROUP} is {text!r:.80}, and this account is not in that group. Have it added (as "
            f"`usermod -aG {text} NAME` does) and log in again, or leave {GROUP} out."
        )
    return found


def _number(text: str) -> int | None:
    try:
        import grp
    except ImportError:  # a system without groups
        return None
    if text.isascii() and text.isdecimal():
        return int(text)
    try:
        return grp.getgrnam(text).gr_gid
    except KeyError:
        return None


def prepare() -> None:
    """Has the files of this process be the group's, where there is one: what libraries make, too.

    Raises:
        SpecError: as :func:`group`.
    """
    if group() is not None:
        os.umask(0o007)


def make_folder(folder: Path, *, parents: bool = False, exist_ok: bool = False) -> None:
    """Makes a folder for what is kept; one that is there already stays as it is.

    Args:
        folder: the folder.
        parents: whether those above it are made, too, as the system makes them.
        exist_ok: whether it may be there already.

    Raises:
        OSError: if it cannot be made.
        SpecError: as :func:`group`.
    """
    shared = group()
    try:
        folder.mkdir(mode=0o700, parents=parents)
    except FileExistsError:
        if not exist_ok or not folder.is_dir():
            raise
    else:
        if shared is not None:
            os.chown(folder, -1, shared)
            folder.chmod(0o2770)


def make_file(path: Path) -> None:
    """Makes an empty file, where there is none: SQLite keeps the mode that it finds, and gives the
    files beside it the same. Where it cannot be made, whoever opens it will say so."""
    mode = _mode()
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            os.fchmod(handle, mode)  # whatever the umask
        finally:
            os.close(handle)


def keep(path: Path) -> None:
    """Gives a file that was just written the mode of what is kept.

    Raises:
        OSError: if that is not possible.
    """
    path.chmod(_mode())


def _mode() -> int:
    return 0o600 if group() is None else 0o660
