"""``ntk_uq store usage``, in words and as JSON."""

import json

import pytest

from ntk_uq.base import settings


@pytest.fixture(autouse=True)
def _sizes(store, monkeypatch, tmp_path):
    monkeypatch.setenv(settings.CACHE, str(tmp_path / "cache"))
    folder = settings.data_directory() / "mnist"
    folder.mkdir(parents=True)
    (folder / "images").write_bytes(bytes(3 * 2**20))
    store.results.put("member/1", bytes(2 * 2**20))
    store.results.put("point/1", b"v")
    store.jobs.submit("one", "curve", "{}")


def test_a_table(run, store):
    code, out, _ = run("store", "usage")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert lines[0][:2] == ["store", f"{store.directory},"]
    assert ["public", "data", "3.0", "MiB"] in lines
    assert ["ensemble", "1", "2.0", "MiB"] in lines
    assert ["curve,", "map", "1", "33", "B"] in lines  # with its checksum
    assert ["mnist", "1", "3.0", "MiB"] in lines


def test_json(run, store):
    code, out, _ = run("store", "usage", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["kinds"][0] == {"kind": "ensemble", "results": 1, "bytes": 2 * 2**20 + 32}
    assert found["bytes"]["public_data"] == found["data_sets"][0]["bytes"] == 3 * 2**20
    assert found["bytes"]["logs"] == len("Asked for.")
    assert found["free_bytes"] > 0


def test_where_there_is_no_store_none_is_made(run, monkeypatch, tmp_path):
    for place in (tmp_path / "none", tmp_path):
        monkeypatch.setenv(settings.STORE, str(place))
        code, _, error = run("store", "usage")
        assert code == 1
        assert "is no" in error
        assert not (place / "VERSION.json").exists()
