"""A mirror, a small thing to fetch, and an empty data directory."""

import hashlib
from dataclasses import replace

import pytest
from helpers.fetch_archive import FOLDER, NAME, SIZE
from helpers.mirror import CONTENTS, Mirror, data_set_of, tiny_source

from ntk_uq.datasets import REGISTRY
from ntk_uq.datasets.fetching import get


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data directory, and no proxy between the tests and their mirror."""
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "data"


@pytest.fixture
def tiny(data, monkeypatch):
    """A thing to fetch that is called ``tiny``: two files; returns its folder."""
    monkeypatch.setitem(REGISTRY, "tiny", data_set_of(tiny_source()))
    return data / "tiny"


@pytest.fixture
def mirror(monkeypatch):
    """A mirror with the files of ``tiny``, and the setting that names it as the only one."""
    server = Mirror(dict(CONTENTS))
    monkeypatch.setenv("NTK_UQ_MIRRORS", server.url("good"))
    yield server
    server.close()


@pytest.fixture
def folder(data, monkeypatch):
    """Where the members of a small CIFAR-10 go."""
    source = get("cifar10")
    small = tuple(replace(m, size=min(m.size, SIZE)) for m in source.archive.members)
    whole = replace(source, archive=replace(source.archive, members=small))
    monkeypatch.setitem(REGISTRY, "cifar10", replace(REGISTRY["cifar10"], source=whole))
    return data / "cifar10" / FOLDER


@pytest.fixture
def offer(folder, mirror, monkeypatch):
    """Makes an archive the official one, and has the mirror serve it."""

    def offer(content):
        mirror.files[NAME] = content
        md5 = hashlib.md5(content).hexdigest()
        source = get("cifar10")
        file = replace(
            source.files[0], checksum=f"md5:{md5}", size=len(content), limit=len(content) + 100
        )
        offered = replace(source, files=(file,))
        monkeypatch.setitem(REGISTRY, "cifar10", replace(REGISTRY["cifar10"], source=offered))

    return offer
