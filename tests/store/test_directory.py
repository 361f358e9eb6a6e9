"""Whose directory it is, in which format, and where it lies."""

import json
import os
from pathlib import Path

import pytest

from ntk_uq.base.errors import StoreError
from ntk_uq.store import FORMAT, Store, open_store, shared_file_system_warning

SET = "set NTK_UQ_STORE"


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_a_new_store(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "store"
    with open_store(directory) as store:
        assert store.directory == directory
        store.results.put("k", b"v")
        store.jobs.submit("j", "curve", "{}")
    assert directory.stat().st_mode & 0o777 == 0o700
    assert json.loads((directory / "VERSION.json").read_text())["format"] == FORMAT == 1
    assert {"VERSION.json", "results", "jobs.sqlite"} <= {p.name for p in directory.iterdir()}

    again = open_store(directory)
    assert again.results.get("k") == b"v"
    assert again.jobs.get("j") is not None


def test_the_clock_is_passed_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "s", clock=lambda: 5.0)
    assert store.jobs.submit("j", "curve", "{}").submitted == 5.0


def test_relative_path_survives_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(Path("s"))
    monkeypatch.chdir("/")
    store.jobs.close()
    store.jobs.submit("j", "curve", "{}")
    assert store.directory == tmp_path / "s"


@pytest.mark.parametrize("entry", [None, "lost+found", ".VERSION-left-by-a-crash"])
def test_an_empty_directory_becomes_a_store(tmp_path: Path, entry: str | None) -> None:
    if entry is not None:
        (tmp_path / entry).touch()
    open_store(tmp_path).results.put("k", b"v")
    assert (tmp_path / "VERSION.json").exists()


@pytest.mark.parametrize("found", [0, 2, 17, "1", 1.5, True])
def test_another_format(tmp_path: Path, found: object) -> None:
    open_store(tmp_path / "s").close()
    version = tmp_path / "s" / "VERSION.json"
    version.write_text(json.dumps({"format": found}))
    before = contents(tmp_path)
    with pytest.raises(StoreError) as info:
        open_store(tmp_path / "s")
    message = str(info.value)
    assert f"The store {tmp_path / 's'} has format {found!r}; " in message
    assert "reads and writes format 1" in message
    assert f"Move {tmp_path / 's'} away, or {SET}" in message
    assert "results stay where they are" in message
    assert contents(tmp_path) == before


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "1", "null", '"format"', "\udcff"])
def test_unreadable_version(tmp_path: Path, text: str) -> None:
    open_store(tmp_path / "s").close()
    version = tmp_path / "s" / "VERSION.json"
    version.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(StoreError, match=r"VERSION.json is damaged.*store check --repair"):
        open_store(tmp_path / "s")


def test_a_file_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(StoreError, match=f"s is a file.*{SET}"):
        open_store(path)
    with pytest.raises(StoreError, match=f"Not a directory.*{SET}"):
        open_store(path / "below")
    assert path.read_text() == "precious"


def test_a_directory_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(
        StoreError, match=r"no VERSION.json, and holds thesis\.tex\. Set NTK_UQ_STORE"
    ):
        open_store(tmp_path)
    assert contents(tmp_path) == {"thesis.tex": b"precious"}


def test_not_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(StoreError, match=f"is not writable.*{SET}"):
        open_store(tmp_path)
    assert contents(tmp_path) == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_not_writable_in_earnest(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match=f"is not writable.*{SET}"):
            open_store(tmp_path)
        with pytest.raises(StoreError, match=f"cannot be opened or written.*{SET}"):
            open_store(tmp_path / "below")
    finally:
        tmp_path.chmod(0o700)


def test_begun_by_another_process_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one writes its version file and the rest after our look for the version file."""
    real = Path.iterdir

    def late(self: Path) -> object:
        monkeypatch.setattr(Path, "iterdir", real)
        open_store(tmp_path).results.put("k", b"v")
        return real(self)

    monkeypatch.setattr(Path, "iterdir", late)
    assert open_store(tmp_path).results.get("k") == b"v"


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/fast xfs rw 0 0
server:/x /with\\040blank cifs rw 0 0
me@host: /ssh fuse.sshfs rw 0 0
systemd-1 /auto autofs rw 0 0
server:/auto /auto lustre rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("directory", "kind"),
    [
        ("/home/me/store", "nfs4"),
        ("/home", "nfs4"),
        ("/homeless/store", None),
        ("/home/fast/store", None),
        ("/with blank/store", "cifs"),
        ("/ssh/store", "fuse.sshfs"),
        ("/auto/store", "lustre"),
        ("/var/lib/store", None),
    ],
)
def test_shared_file_systems(tmp_path: Path, directory: str, kind: str | None) -> None:
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    warning = shared_file_system_warning(Path(directory), table)
    if kind is None:
        assert warning is None
    else:
        assert warning is not None
        assert f"The store {directory} lies on a shared file system ({kind}, " in warning
        assert "Set NTK_UQ_STORE to a directory on a local disk" in warning


def test_link_to_a_shared_file_system(tmp_path: Path) -> None:
    target = tmp_path / "nfs"
    target.mkdir()
    link = tmp_path / "link"
    link.symlink_to(target)
    table = tmp_path / "mounts"
    table.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {target.resolve()} nfs rw 0 0\n")
    assert shared_file_system_warning(link / "store", table) is not None
    assert shared_file_system_warning(tmp_path / "store", table) is None


def test_system_without_a_table_of_mounts(tmp_path: Path) -> None:
    assert shared_file_system_warning(tmp_path, tmp_path / "missing") is None
