"""Fetching what is missing of a data set, from the first mirror that delivers it."""

from collections.abc import Callable
from pathlib import Path

import pooch

from ntk_uq.base import settings
from ntk_uq.base.errors import FetchError
from ntk_uq.datasets.fetching.archive import unpack
from ntk_uq.datasets.fetching.download import Download, MirrorFailureError, Progress
from ntk_uq.datasets.fetching.files import matches, publish, short, workplace
from ntk_uq.datasets.fetching.sources import get, urls_of, without_password
from ntk_uq.datasets.fetching.status import complete, needed
from ntk_uq.datasets.remote import RemoteFile, find


def fetch(
    name: str,
    progress: Progress | None = None,
    waiting: Callable[[], None] | None = None,
) -> tuple[Path, ...]:
    """Fetches what is missing of a data set, or is not official; returns the paths of its files.

    A file appears under its name when it is complete and its checksum is right, and not before.
    Two processes that fetch the same thing make one download: the second waits, and finds it.
    An archive is removed once its members are there.

    Args:
        name: one of :data:`~ntk_uq.datasets.fetching.sources.SOURCES`.
        progress: called with file name, bytes done, and bytes in all or None. An exception that
            it raises (not an OSError or ValueError) stops the download and leaves nothing behind.
        waiting: called once if another process fetches the same thing at the moment.

    Raises:
        SpecError: for another name, or a setting of mirrors that cannot be read.
        FetchError: if no mirror delivers a file, with what each of them did.
        DataError: if the data directory cannot be written, or an archive is not what it should be.
    """
    source = get(name)
    for file in source.files:
        urls_of(file)  # a mistake in the setting is told before anything else
    if complete(source):  # asked first: a complete directory may be read-only
        return needed(source)
    folder = source.directory()
    with workplace(folder, source.name, waiting) as (temporary, alive):
        if not complete(source):  # another process may have fetched it meanwhile
            for file in source.files:
                found = find(source, file)
                if found is None or not matches(*found):
                    _fetch_file(file, folder, temporary, progress, alive)
            if source.archive is not None:
                archive = folder / source.files[0].name
                unpack(
                    archive, source.archive, folder / source.archive.folder, temporary, True, alive
                )
                archive.unlink()
    return needed(source)


def _fetch_file(
    file: RemoteFile,
    folder: Path,
    temporary: Path,
    progress: Progress | None,
    alive: Callable[[], None],
) -> None:
    pooch.get_logger().setLevel("ERROR")  # what there is to say is said here
    failures = []
    for url in urls_of(file):
        download = Download(file, progress, alive)
        try:
            pooch.retrieve(url, file.checksum, file.name, temporary, downloader=download)
        except MirrorFailureError as error:
            failures.append(f"{without_password(url)} {error}")
        except ValueError:
            if download.digest is None:
                raise
            failures.append(
                f"{without_password(url)} sent a file with checksum {short(download.digest)} "
                f"instead of {short(file.checksum)}"
            )
        else:
            publish(temporary / file.name, folder / file.name)
            return
    raise FetchError(
        f"{file.name} could not be fetched: {'; '.join(failures)}. Try again later, name another "
        f"address that has it in {settings.MIRRORS}, or copy the file by hand and run "
        f"`python -m ntk_uq data import FILE`."
    )
