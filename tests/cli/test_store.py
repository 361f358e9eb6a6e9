"""``ntk_uq store check``, with and without ``--repair``."""

import json

import pytest

from ntk_uq.base import settings
from ntk_uq.cli import main
from ntk_uq.store import open_store


@pytest.fixture
def where(capsys):
    directory = settings.store_directory()
    with open_store(directory) as store:
        store.jobs.submit("one", "curve", "{}")
        store.results.put("k", b"v")
        store.results.put("big", b"v" * 100_000)
    return directory


def test_a_sound_store(where, capsys):
    assert main(["store", "check"]) == 0
    out = capsys.readouterr().out
    assert "1 job, 2 results" in out
    assert "all files are sound" in out
    assert main(["store", "check", "--repair"]) == 0
    assert not list(where.glob("damaged-*"))


def test_a_damaged_one_is_named_with_the_way_out_which_is_one(where, capsys):
    for path in (where / "jobs.sqlite", where / "results" / "cache.db"):
        path.write_bytes(bytes(100) + path.read_bytes()[100:])
    assert main(["runs", "list"]) == 1
    assert "store check --repair" in capsys.readouterr().err
    assert main(["store", "check"]) == 1
    out = capsys.readouterr().out
    assert "damaged: jobs.sqlite: file is not a database" in out
    assert "damaged: results/cache.db: file is not a database" in out
    assert main(["store", "check", "--repair"]) == 0
    out = capsys.readouterr().out
    assert "jobs.sqlite: 1 jobs rescued, 0 lost" in out
    assert "results/cache.db: 2 results rescued, 0 lost" in out
    (aside,) = where.glob("damaged-*")
    assert f"the damaged files are in {aside}" in out
    assert main(["runs", "list"]) == 0
    assert "one" in capsys.readouterr().out


def test_json(where, capsys):
    (where / "jobs.sqlite").write_bytes(b"nothing at all")
    assert main(["store", "check", "--repair", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (repaired,) = told["repaired"]
    assert (repaired["rescued"], repaired["lost"]) == (0, 0)
    assert told["results"] == {"sound": 2, "damaged": 0}


def test_no_store(capsys):
    assert main(["store", "check"]) == 1
    assert "There is no store" in capsys.readouterr().err
