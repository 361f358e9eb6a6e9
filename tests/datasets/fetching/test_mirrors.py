"""Fetching over real HTTP from mirrors that behave and that do not."""

import gzip
import hashlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from helpers.mirror import CONTENTS, Mirror, data_set_of, visible

from ntk_uq.base import lock
from ntk_uq.base.errors import DataError, FetchError, SpecError
from ntk_uq.datasets import REGISTRY, mnist
from ntk_uq.datasets.fetching import State, download, files, get, sources, status
from ntk_uq.datasets.fetching.fetch import fetch

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def waits(monkeypatch):
    """The seconds that were waited; waiting itself is skipped."""
    waited = []
    monkeypatch.setattr(download, "sleep", waited.append)
    return waited


def refused(name="tiny"):
    with pytest.raises(FetchError) as caught:
        fetch(name)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_the_official_mnist_files_are_fetched_checked_and_read(real_data, tmp_path, monkeypatch):
    packed = {p.name: p.read_bytes() for p in (real_data / "mnist").glob("*.gz")}
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    server = Mirror(packed)
    monkeypatch.setenv("NTK_UQ_MIRRORS", server.url("good"))
    seen = []
    paths = fetch("mnist", lambda *report: seen.append(report))
    server.close()
    assert [p.name for p in paths] == [f"{name}.gz" for name in mnist.FILES]
    assert {p.name: p.read_bytes() for p in paths} == packed
    assert visible(tmp_path / "mnist") == sorted(packed)
    assert sum(server.requests.values()) == 4
    assert {name: done for name, done, _ in seen} == {n: len(c) for n, c in packed.items()}
    assert all(total == len(packed[name]) for name, _, total in seen)
    assert mnist.MNIST.sizes() == (60_000, 10_000)
    assert mnist.MNIST.load().notices == ()
    assert get("mnist").size == sum(len(content) for content in packed.values())


def test_unpacked_official_files_are_not_fetched_again(real_data, tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    for path in (real_data / "mnist").glob("*.gz"):
        (tmp_path / "mnist" / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    monkeypatch.setenv("NTK_UQ_MIRRORS", "http://127.0.0.1:9,only")
    assert [p.name for p in fetch("mnist")] == list(mnist.FILES)
    assert {s.state for s in status(get("mnist"))} == {State.OK}


def test_only_what_is_missing_or_wrong_is_fetched(tiny, mirror):
    fetch("tiny")
    assert mirror.asked("good") == 2
    fetch("tiny")
    assert mirror.asked("good") == 2
    (tiny / "two.gz").write_bytes(CONTENTS["two.gz"][:-1] + b"?")
    fetch("tiny")
    assert mirror.asked("good") == 3
    assert (tiny / "two.gz").read_bytes() == CONTENTS["two.gz"]
    (tiny / "one.gz").unlink()
    fetch("tiny")
    assert mirror.asked("good") == 4
    assert all("ntk_uq/" in agent for agent in mirror.agents)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("missing", "answered HTTP 404"),
        ("page", "answered HTML"),
        ("pageunlabelled", "answered HTML"),
        ("truncated", "ended after 1,000 of 50,000 bytes"),
        ("short", "ended after 1,000 of 50,000 bytes"),
        ("wrong", "sent a file with checksum "),
        ("announceslots", "announces 1,000,000,000,000,000 bytes, more than 51,000"),
        ("endless", "sends more than 51,000 bytes"),
        ("reset", "broke the connection after 1,000 of 50,000 bytes"),
        ("broken", "answered HTTP 500 3 times"),
        ("fullybooked", "answered HTTP 429, come back in 3600 s"),
        ("around", "redirects more than 5 times"),
    ],
)
def test_a_mirror_that_does_not_deliver_is_told_and_the_next_is_tried(
    tiny, mirror, monkeypatch, waits, behaviour, words
):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url(behaviour))
    told = refused()
    address = mirror.url(behaviour).removesuffix(",only")
    assert f"one.gz could not be fetched: {address}/one.gz {words}" in told
    assert "NTK_UQ_MIRRORS" in told
    assert "data import" in told
    assert visible(tiny) == []
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url(behaviour, "good"))
    fetch("tiny")
    assert (tiny / "one.gz").read_bytes() == CONTENTS["one.gz"]
    assert mirror.asked("good") == 2


def test_every_mirror_that_was_tried_is_named_with_what_it_did(tiny, mirror, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("missing", "page", "wrong"))
    told = refused()
    for behaviour, words in (("missing", "HTTP 404"), ("page", "HTML"), ("wrong", "checksum")):
        assert f"/{behaviour}/one.gz" in told
        assert words in told
    official = get("tiny").files[0].checksum.removeprefix("sha256:")
    assert f"… instead of {official[:8]}…" in told


def test_a_checksum_that_is_wrong_names_the_one_that_came(tiny, mirror, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("wrong"))
    assert f"checksum {hashlib.sha256(bytes(50_000)).hexdigest()[:8]}… instead of" in refused()


def test_the_settings_mirrors_come_first_and_the_built_in_ones_after(tiny, mirror, monkeypatch):
    base = mirror.url("missing").removesuffix(",only")
    monkeypatch.setenv("NTK_UQ_MIRRORS", base)
    told = refused()
    assert told.index(f"{base}/one.gz answered HTTP 404") < told.index(
        "http://127.0.0.1:9/built-in cannot be reached (connection refused)"
    )
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("missing"))
    assert "built-in" not in refused()


def test_a_password_in_an_address_is_not_shown(tiny, mirror, monkeypatch):
    address = mirror.url("missing").replace("http://", "http://someone:secret@")
    monkeypatch.setenv("NTK_UQ_MIRRORS", address)
    told = refused()
    assert "http://127.0.0.1" in told
    assert "secret" not in told


@pytest.mark.parametrize("text", ["only", "ftp://host/x", "host/x", "https://", "https://h/?q=1"])
def test_mirrors_that_are_no_addresses_are_a_mistake_before_anything_is_done(
    tiny, monkeypatch, text
):
    monkeypatch.setenv("NTK_UQ_MIRRORS", text)
    with pytest.raises(SpecError) as caught:
        fetch("tiny")
    assert f"NTK_UQ_MIRRORS is {text!r}" in str(caught.value)
    assert not tiny.exists()


def test_a_busy_mirror_is_asked_again_after_the_time_it_says(tiny, mirror, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("busy"))
    REGISTRY["tiny"] = data_set_of(sources.Source("tiny", "tiny", get("tiny").files[:1]))
    before = time.monotonic()
    fetch("tiny")
    assert time.monotonic() - before >= 1.0
    assert mirror.asked("busy") == 2


def test_a_time_to_come_back_may_be_a_date(tiny, mirror, monkeypatch, waits):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("busydate"))
    fetch("tiny")
    assert len(waits) == 2
    assert all(15 < wait <= 20 for wait in waits)


def test_a_broken_mirror_gets_a_short_pause_each_time(tiny, mirror, monkeypatch, waits):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("broken"))
    refused()
    assert waits == [1.0, 2.0]
    assert mirror.asked("broken") == 3


def test_a_mirror_that_asks_for_a_long_pause_is_not_asked_again(tiny, mirror, monkeypatch, waits):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("fullybooked"))
    refused()
    assert waits == []
    assert mirror.asked("fullybooked") == 1


def test_a_mirror_that_falls_silent_is_left(tiny, mirror, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUTS", (1.0, 0.3))
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("silent"))
    assert "/silent/one.gz sent nothing for 0.3 s after 1,000 bytes" in refused()


def test_a_mirror_that_drips_is_left(tiny, mirror, monkeypatch):
    monkeypatch.setattr(download, "SLOW_SECONDS", 0.4)
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("drip"))
    assert "/drip/one.gz sends less than 1,024 bytes a second" in refused()


def test_a_mirror_without_lengths_or_one_that_has_moved_serves(tiny, mirror, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("nolength"))
    seen = []
    fetch("tiny", lambda *report: seen.append(report))
    assert ("one.gz", 50_000, 50_000) in seen
    (tiny / "one.gz").unlink()
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("moved"))
    fetch("tiny")
    assert (tiny / "one.gz").read_bytes() == CONTENTS["one.gz"]


def test_what_lies_at_the_mirror_is_what_arrives(tiny, mirror, monkeypatch):
    """Some servers call a .gz file gzip-encoded, and a client that believes it unpacks the file."""
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("labelled"))
    fetch("tiny")
    assert {name: (tiny / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert mirror.encodings == {"identity"}


def test_two_threads_at_once_make_one_download(tiny, mirror, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("hold"))
    waiting, errors = threading.Event(), []

    def run(told=None):
        try:
            fetch("tiny", waiting=told)
        except Exception as error:  # noqa: BLE001 (shown below)
            errors.append(error)

    first = threading.Thread(target=run)
    first.start()
    assert mirror.started.wait(5)
    second = threading.Thread(target=run, args=(waiting.set,))
    second.start()
    assert waiting.wait(5)
    mirror.release.set()
    first.join(10)
    second.join(10)
    assert errors == []
    assert mirror.asked("hold") == 2
    assert visible(tiny) == sorted(CONTENTS)


PROGRAM = """
import sys
sys.path[:0] = ["tests"]
from helpers.mirror import data_set_of, tiny_source
from ntk_uq import datasets
from ntk_uq.datasets.fetching.fetch import fetch
datasets.register(data_set_of(tiny_source()))
fetch("tiny")
"""


def start():
    return subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT)


def test_two_processes_at_once_make_one_download(tiny, mirror, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("hold"))
    both = [start(), start()]
    assert mirror.started.wait(20)
    time.sleep(0.3)
    mirror.release.set()
    assert [process.wait(20) for process in both] == [0, 0]
    assert mirror.asked("hold") == 2
    assert visible(tiny) == sorted(CONTENTS)


def test_what_a_killed_process_leaves_is_never_taken_for_the_file(tiny, mirror, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("hold"))
    process = start()
    assert mirror.started.wait(20)
    deadline = time.monotonic() + 10
    while not any(p.stat().st_size for p in tiny.glob(".tiny.partial/*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert visible(tiny) == []
    assert {s.state for s in status(get("tiny"))} == {State.MISSING}
    mirror.release.set()
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("good"))
    fetch("tiny")
    assert visible(tiny) == sorted(CONTENTS)
    assert not (tiny / ".tiny.partial").exists()


class Stop(Exception):
    pass


def test_progress_can_stop_a_download_and_nothing_is_left(tiny, mirror):
    def progress(name, done, total):
        if done:
            raise Stop

    with pytest.raises(Stop):
        fetch("tiny", progress)
    assert visible(tiny) == []
    assert not (tiny / ".tiny.partial").exists()
    fetch("tiny")


def test_the_umask_decides_who_may_read_what_was_fetched(tiny, mirror):
    previous = os.umask(0o027)
    try:
        fetch("tiny")
    finally:
        os.umask(previous)
    assert {p.stat().st_mode & 0o777 for p in tiny.glob("*.gz")} == {0o640}


def test_a_data_directory_that_is_a_file_is_told_in_words(tiny, mirror):
    tiny.parent.write_text("not a directory")
    with pytest.raises(DataError) as caught:
        fetch("tiny")
    assert f"{tiny} cannot be written: " in str(caught.value)
    assert "NTK_UQ_DATA" in str(caught.value)
    assert sum(mirror.requests.values()) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_is_told_in_words(tiny, mirror):
    tiny.mkdir(parents=True)
    tiny.chmod(0o555)
    with pytest.raises(DataError, match="cannot be written: Permission denied"):
        fetch("tiny")
    assert sum(mirror.requests.values()) == 0


def test_a_complete_directory_may_be_read_only(tiny, mirror, monkeypatch):
    fetch("tiny")

    def read_only(*arguments, **options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(files, "locked", read_only)
    assert [p.name for p in fetch("tiny")] == list(CONTENTS)
    (tiny / "two.gz").unlink()
    with pytest.raises(DataError, match="cannot be written: Read-only file system"):
        fetch("tiny")


def test_a_full_disk_is_told_in_words_and_no_other_mirror_is_asked(tiny, mirror, monkeypatch):
    """The limit of a process's file size stands for the disk: a write then fails for real."""
    monkeypatch.setenv("NTK_UQ_MIRRORS", mirror.url("good", "nolength"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(DataError, match="cannot be written: File too large"):
            fetch("tiny")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert mirror.asked("good") == 1
    assert mirror.asked("nolength") == 0
    assert visible(tiny) == []


def test_without_flock_a_second_file_is_the_lock_and_a_stale_one_is_not_respected(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(lock, "fcntl", None)
    path = tmp_path / ".x.lock"
    held = tmp_path / ".x.lock.held"
    entered = threading.Event()

    def second():
        with lock.locked(path):
            entered.set()

    with lock.locked(path) as alive:
        os.utime(held, (0, 0))
        alive()
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.3)
    assert entered.wait(5)
    thread.join(5)
    assert not held.exists()
    held.touch()
    os.utime(held, (0, 0))
    with lock.locked(path):  # its holder has shown no life since 1970
        assert held.exists()


def test_an_unknown_name_is_a_mistake_that_names_the_known_ones():
    with pytest.raises(SpecError, match="called 'imagenet'; choose from mnist, cifar10, "):
        fetch("imagenet")


def test_built_in_addresses_are_https_and_end_in_the_files_name():
    for source in sources.SOURCES.values():
        for file in source.files:
            for url in file.urls:
                assert url.startswith("https://")
                assert url.partition("?")[0].endswith(f"/{file.name}")
            algorithm, digits = file.checksum.split(":")
            assert len(digits) == {"sha256": 64, "md5": 32}[algorithm]
            assert file.size is None or file.size < file.limit < 1.2 * file.size + 10**5
