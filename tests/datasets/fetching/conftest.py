"""A mirror, a small thing to fetch, and an empty data directory."""

import pytest
from helpers.mirror import CONTENTS, Mirror, tiny_source

from ntk_uq.datasets.fetching import sources


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data directory, and no proxy between the tests and their mirror."""
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "data"


@pytest.fixture
def tiny(data, monkeypatch):
    """A thing to fetch that is called ``tiny``: two files; returns its folder."""
    monkeypatch.setitem(sources.SOURCES, "tiny", tiny_source())
    return data / "tiny"


@pytest.fixture
def mirror(monkeypatch):
    """A mirror with the files of ``tiny``, and the setting that names it as the only one."""
    server = Mirror(dict(CONTENTS))
    monkeypatch.setenv("NTK_UQ_MIRRORS", server.url("good"))
    yield server
    server.close()
