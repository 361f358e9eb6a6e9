"""What is kept is for one account alone, or for a group of accounts that share it."""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from ntk_uq.base import private
from ntk_uq.base.errors import SpecError

OWN = os.getegid()


def mode(path):
    return oct(path.stat().st_mode & 0o7777)


@pytest.fixture
def wide_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def grouped(monkeypatch):
    monkeypatch.setenv(private.GROUP, str(OWN))


def test_alone_nobody_else_reads_or_writes(tmp_path, wide_umask):
    private.prepare()
    folder, file, empty = tmp_path / "f", tmp_path / "f" / "a", tmp_path / "f" / "b"
    private.make_folder(folder)
    file.touch()
    private.keep(file)
    private.make_file(empty)
    assert [mode(path) for path in (folder, file, empty)] == ["0o700", "0o600", "0o600"]


def test_a_group_reads_and_writes_and_nobody_else(tmp_path, grouped):
    before = os.umask(0o022)
    try:
        private.prepare()
        folder, file, empty = tmp_path / "f", tmp_path / "f" / "a", tmp_path / "f" / "b"
        private.make_folder(folder)
        file.touch()
        by_a_library = mode(file)
        file.chmod(0o600)
        private.keep(file)
        private.make_file(empty)
    finally:
        os.umask(before)
    assert by_a_library == "0o660"
    assert [mode(path) for path in (folder, file, empty)] == ["0o2770", "0o660", "0o660"]


def test_what_is_there_stays_as_it_is(tmp_path, grouped):
    folder, file = tmp_path / "f", tmp_path / "g"
    folder.mkdir(mode=0o755)
    file.write_text("content")
    file.chmod(0o640)
    private.make_folder(folder, exist_ok=True)
    private.make_file(file)
    assert (mode(folder), mode(file), file.read_text()) == ("0o755", "0o640", "content")
    with pytest.raises(FileExistsError):
        private.make_folder(folder)
    with pytest.raises(FileExistsError):
        private.make_folder(file, exist_ok=True)


@pytest.mark.parametrize("text", ["no such group", "-1", "1.5"])
def test_a_group_that_is_not_there_is_refused_in_words(text, monkeypatch):
    monkeypatch.setenv(private.GROUP, text)
    with pytest.raises(SpecError, match="no such group"):
        private.group()


def test_a_group_that_this_account_is_not_in_is_refused_in_words(monkeypatch):
    monkeypatch.setenv(private.GROUP, "54321")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SpecError, match="not in that group"):
        private.group()


def test_without_a_group_there_is_none(monkeypatch):
    monkeypatch.setenv(private.GROUP, " ")
    assert private.group() is None


SHARED = 54321

USE = """
    import encodings.hex_codec  # no longer found by an account that may not read this Python
    import os, sys
    from pathlib import Path
    from ntk_uq.base import private
    from ntk_uq.jobs.asking import submit
    from ntk_uq.specs import CurveSpec, DataSpec
    from ntk_uq.store import open_store
    from ntk_uq.store.named_views import NamedView

    folder, name, account, groups = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    os.umask(0o022)
    os.setgroups([int(group) for group in groups])
    os.setgid(account)
    os.setuid(account)
    private.prepare()
    store = open_store(folder)
    submit(store.jobs, CurveSpec(DataSpec(n_test=50), n_train=(20, 40 + len(name))))
    store.results.put(name, bytes(100_000))
    store.views.save(NamedView(name, "width", {"a": "1"}))
    print(*sorted(view.name for view in store.views.list()))
"""


def use(folder, name, account, *groups):
    """Opens the store as another account of the machine, and writes to all parts of it."""
    words = [str(folder), name, str(account), *map(str, groups)]
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(USE), *words],
        env={**os.environ, "HOME": str(folder.parent), private.GROUP: str(SHARED)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(getattr(os, "geteuid", int)() != 0, reason="becomes other accounts")
def test_two_accounts_of_a_group_work_on_one_store_and_a_third_does_not():
    with tempfile.TemporaryDirectory() as home:  # pytest's own are for its account alone
        Path(home).chmod(0o777)
        store = Path(home) / "store"
        for name, account in (("one", 12001), ("two", 12002), ("three", 12001)):
            done = use(store, name, account, SHARED)
            assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["one", "three", "two"]
        stranger = use(store, "four", 12003)
        assert stranger.returncode != 0
        assert "not in that group" in stranger.stderr
        for path in (store, *store.rglob("*")):
            assert path.stat().st_gid == SHARED, path
            assert path.stat().st_mode & 0o067 == 0o060, path
