"""``ntk_uq store backup`` and ``restore``."""

import json
import shutil

from ntk_uq.base import settings


def test_there_and_back(run, store, tmp_path):
    store.jobs.submit("one", "curve", "{}")
    store.results.put("point/1", b"v")
    settings.own_directory().mkdir()
    (settings.own_directory() / "own-1.npz").write_bytes(b"x")
    code, out, _ = run("store", "backup", str(tmp_path / "backup"))
    assert code == 0
    told = f"backup {tmp_path / 'backup'}: 1 job, 1 result, 1 own data set, "
    assert out.startswith(told)
    code, _, error = run("store", "backup", str(tmp_path / "backup"))
    assert code == 1
    assert "is there already" in error
    code, _, error = run("store", "restore", str(tmp_path / "backup"))
    assert code == 1
    assert "is not empty" in error
    store.close()
    shutil.rmtree(store.directory)
    shutil.rmtree(settings.own_directory())
    code, out, _ = run("store", "restore", str(tmp_path / "backup"), "--json")
    assert code == 0
    found = json.loads(out)
    assert found.pop("bytes") > 0
    assert found == {"store": str(store.directory), "jobs": 1, "results": 1, "own": 1}
    assert run("runs", "show", "one")[0] == 0
    assert (settings.own_directory() / "own-1.npz").read_bytes() == b"x"


def test_what_is_not_there_is_told(run, tmp_path):
    code, _, error = run("store", "backup", str(tmp_path / "backup"))
    assert code == 1
    assert "There is no store" in error
    assert not (tmp_path / "backup").exists()
    code, _, error = run("store", "restore", str(tmp_path / "nothing"))
    assert code == 1
    assert "is no backup" in error
    assert not settings.store_directory().exists()
