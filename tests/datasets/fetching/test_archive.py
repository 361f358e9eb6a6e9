"""CIFAR-10's archive: only what is wanted comes out of it, and nothing goes where it should not."""

import gzip
import subprocess
import tarfile
import threading

import pytest
from helpers.fetch_archive import CONTENTS, FOLDER, NAME, SIZE, entry, members, packed
from helpers.mirror import visible

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.fetching import State, archive, get, status
from ntk_uq.datasets.fetching.fetch import fetch


def test_the_members_are_what_the_archive_holds_and_the_archive_is_gone(offer, folder, mirror):
    extra = [entry(f"{FOLDER}/readme.html", b"<html>"), entry(FOLDER, type=tarfile.DIRTYPE)]
    offer(packed([*extra, *members()]))
    assert list(fetch("cifar10")) == [folder / m.name for m in get("cifar10").archive.members]
    assert visible(folder) == sorted([*(name.split("/")[1] for name in CONTENTS), "SHA256SUMS"])
    for name, content in CONTENTS.items():
        assert (folder.parent / name).read_bytes() == content
    assert visible(folder.parent) == [FOLDER]
    assert {s.state for s in status(get("cifar10"))} == {State.OK}
    fetch("cifar10")
    assert mirror.asked("good") == 1


def test_the_checksums_are_as_sha256sum_reads_them(offer, folder):
    offer(packed(members()))
    fetch("cifar10")
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True
    )
    assert done.returncode == 0
    assert done.stdout.count(b": OK") == 7


def test_a_changed_lost_or_foreign_member_is_noticed_and_fetched_again(offer, folder, mirror):
    offer(packed(members()))
    fetch("cifar10")
    (folder / "data_batch_2.bin").write_bytes(b"x" * SIZE)
    (folder / "test_batch.bin").unlink()
    states = {s.path.name: s for s in status(get("cifar10"))}
    assert states["data_batch_2.bin"].state is State.UNOFFICIAL
    assert states["data_batch_2.bin"].reason == "changed since it was unpacked"
    assert states["test_batch.bin"].state is State.MISSING
    assert states["data_batch_1.bin"].state is State.OK
    fetch("cifar10")
    assert mirror.asked("good") == 2
    (folder / "SHA256SUMS").unlink()
    assert {s.state for s in status(get("cifar10"))} == {State.UNOFFICIAL}
    assert f"not unpacked here from {NAME}" in status(get("cifar10"))[0].reason


def test_an_archive_that_lies_there_is_unpacked_without_a_download(offer, folder, mirror):
    content = packed(members())
    offer(content)
    folder.parent.mkdir(parents=True)
    (folder.parent / NAME).write_bytes(content)
    fetch("cifar10")
    assert mirror.asked("good") == 0
    assert visible(folder.parent) == [FOLDER]


def test_two_at_once_make_one_download_though_the_archive_is_removed(
    offer, folder, mirror, monkeypatch
):
    offer(packed(members()))
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("hold"))
    waiting = threading.Event()
    first = threading.Thread(target=fetch, args=("cifar10",))
    first.start()
    assert mirror.started.wait(5)
    second = threading.Thread(target=fetch, args=("cifar10", None, waiting.set))
    second.start()
    assert waiting.wait(5)
    mirror.release.set()
    first.join(10)
    second.join(10)
    assert mirror.asked("hold") == 1
    assert {s.state for s in status(get("cifar10"))} == {State.OK}


def link(kind, target):
    return entry(f"{FOLDER}/test_batch.bin", type=kind, linkname=target)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (members(**{"test_batch.bin": None}), f"does not hold {FOLDER}/test_batch.bin"),
        (members(**{"test_batch.bin": link(tarfile.SYMTYPE, "/etc/passwd")}), "as a link or dev"),
        (
            members(**{"test_batch.bin": link(tarfile.LNKTYPE, f"{FOLDER}/data_batch_1.bin")}),
            "as a link or device",
        ),
        (members(**{"test_batch.bin": link(tarfile.CHRTYPE, "")}), "as a link or device"),
        (members(**{"test_batch.bin": link(tarfile.FIFOTYPE, "")}), "as a link or device"),
        (
            members(**{"test_batch.bin": entry(f"{FOLDER}/test_batch.bin", b"1" * (SIZE + 1))}),
            "test_batch.bin of 30,001 bytes instead of 30,000",
        ),
        (
            members(**{"test_batch.bin": entry(f"{FOLDER}/test_batch.bin", b"1" * (SIZE - 1))}),
            "test_batch.bin of 29,999 bytes instead of 30,000",
        ),
        (
            members(**{"batches.meta.txt": entry(f"{FOLDER}/batches.meta.txt", b"1" * 5000)}),
            "batches.meta.txt of 5,000 bytes instead of at most 4,096",
        ),
        ([*members(), *members()], "holds cifar-10-batches-bin/data_batch_1.bin twice"),
        ([*members(), entry("bomb", bytes(3 * 2**20))], "unpacks to more than "),
        ([entry(f"../{name}", content) for name, content in CONTENTS.items()], "does not hold"),
        ([entry(f"/{name}", content) for name, content in CONTENTS.items()], "does not hold"),
    ],
    ids=lambda v: v[:24] if isinstance(v, str) else "",
)
def test_an_archive_that_is_not_as_it_should_be_is_refused_in_words(
    offer, folder, tmp_path, entries, words
):
    offer(packed(entries))
    with pytest.raises(DataError) as caught:
        fetch("cifar10")
    assert words in str(caught.value)
    assert NAME in str(caught.value)
    assert not folder.exists()
    # The archive, whose checksum was right, and hidden lock files: nothing else is anywhere.
    assert {p.name for p in tmp_path.rglob("[!.]*") if p.is_file()} <= {NAME}


@pytest.mark.parametrize(
    "content", [b"no archive", gzip.compress(b"no archive"), b""], ids=range(3)
)
def test_what_is_no_archive_is_told_in_words(offer, folder, content):
    offer(content)
    with pytest.raises(DataError, match="is not a gzipped tar archive, or is damaged"):
        fetch("cifar10")


def test_an_archive_that_ends_early_is_told_in_words(offer, folder):
    offer(packed(members())[:-400])
    with pytest.raises(DataError, match="is not a gzipped tar archive, or is damaged"):
        fetch("cifar10")
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../evil", "{0}/evil", f"{FOLDER}/../../evil", "evil", "./evil"])
def test_no_path_in_the_archive_is_ever_written_to(offer, folder, tmp_path, name):
    offer(packed([entry(name.format(tmp_path), b"evil"), *members()]))
    fetch("cifar10")
    assert list(tmp_path.rglob("evil*")) == []
    assert len(visible(folder)) == 8


def test_a_link_in_front_of_a_member_leads_nowhere(offer, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    offer(packed([entry(FOLDER, type=tarfile.SYMTYPE, linkname=str(outside)), *members()]))
    fetch("cifar10")
    assert list(outside.iterdir()) == []
    assert not folder.is_symlink()


def test_what_stops_between_two_members_does_not_pass_for_official(offer, folder, monkeypatch):
    offer(packed(members()))
    fetch("cifar10")
    (folder / "test_batch.bin").unlink()
    published = []

    def publish(temporary, target):
        if len(published) == 3:
            raise KeyboardInterrupt
        published.append(target)
        temporary.replace(target)

    with monkeypatch.context() as patch:
        patch.setattr(archive, "publish", publish)
        with pytest.raises(KeyboardInterrupt):
            fetch("cifar10")
    assert State.OK not in {s.state for s in status(get("cifar10"))}
    assert fetch("cifar10")
    assert {s.state for s in status(get("cifar10"))} == {State.OK}
