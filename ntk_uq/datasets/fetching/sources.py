"""What can be fetched: the files of every data set of the registry that has a source."""

from urllib.parse import urlsplit, urlunsplit

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError
from ntk_uq.base.live_mapping import Live
from ntk_uq.datasets.registry import REGISTRY
from ntk_uq.datasets.remote import RemoteFile, Source


def _sources() -> dict[str, Source]:
    return {d.name: d.source for d in REGISTRY.values() if d.source is not None}


SOURCES = Live(_sources)
"""Everything that can be fetched, by the name of its data set."""


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
