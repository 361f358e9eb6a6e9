"""A worker without the data, or with others, gets the engine's, whole, and computes with them."""

import os
import threading

import h5py
import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.datasets import own
from ntk_uq.datasets.calochallenge import PHOTONS
from ntk_uq.datasets.files import forget
from ntk_uq.engine.bundle import Bundle, DataFile, names
from ntk_uq.engine.chunks import Stopped
from ntk_uq.engine.data_cache import place
from ntk_uq.engine.data_server import PIECE_BYTES, DataServer
from ntk_uq.engine.kinds.curve import split
from ntk_uq.specs import CurveSpec, DataSpec, InspectionSpec, SpectrumSpec

PIECE = 1000
YEAR_2001 = 10**18


def write_cifar10(seed):
    """A CIFAR-10 of five images in the data directory of now."""
    folder = settings.data_directory() / "cifar10" / "cifar-10-batches-bin"
    folder.mkdir(parents=True, exist_ok=True)
    records = np.random.default_rng(seed).integers(0, 10, (5, 3073), np.uint8)
    (folder / "data_batch_1.bin").write_bytes(records[:3].tobytes())
    (folder / "test_batch.bin").write_bytes(records[3:].tobytes())


def write_photons():
    folder = settings.data_directory() / "calochallenge"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    for i, path in enumerate(("dataset_1_photons_1.hdf5", "dataset_1_photons_2.hdf5")):
        with h5py.File(folder / path, "w") as file:
            file["incident_energies"] = rng.uniform(1e3, 1e5, (4 + i, 1))
            file["showers"] = rng.uniform(0, 10, (4 + i, 368))
        os.utime(folder / path, ns=(YEAR_2001 + i * 10**9, YEAR_2001 + i * 10**9))


def keep_own():
    x = np.arange(60.0).reshape(30, 2)
    path = settings.data_directory() / "mine.npz"
    np.savez(path, x=x, y=x.sum(1) + 0.25)
    return own.add_path(path, targets=("y",))


@pytest.fixture
def go_to_worker(monkeypatch, tmp_path):
    """Makes this process one on a machine of that name, without any files at first."""

    def go(machine="worker"):
        monkeypatch.setenv(settings.DATA, str(tmp_path / machine / "data"))
        monkeypatch.setenv(settings.OWN, str(tmp_path / machine / "own"))
        monkeypatch.setenv(settings.CACHE, str(tmp_path / machine / "cache"))

    return go


def quiet(message):
    pass


def asking(server, asked=None):
    def ask(sha256, offset, size):
        if asked is not None:
            asked.append((sha256, offset, size))
        return server.piece(sha256, offset, size)

    return ask


@pytest.mark.parametrize("which", ["cifar10", "photons", "own"])
def test_a_worker_without_files_has_the_same_data_and_fingerprint(which, go_to_worker):
    if which == "own":
        name = keep_own()
    elif which == "photons":
        write_photons()
        name = PHOTONS.name
    else:
        write_cifar10(1)
        name = which
    here = datasets.get(name)
    mark, examples = here.fingerprint(), here.load()
    inputs = np.asarray(examples.pool_inputs[:])
    server = DataServer()
    bundle = server.offer((name,))

    go_to_worker()
    with pytest.raises(MissingDataError):
        datasets.get(name).fingerprint()
    sent = Bundle.from_json(bundle.to_json())
    folder = place(sent, asking(server), quiet, PIECE)
    with settings.data_from(folder):
        there = datasets.get(name)
        assert there.fingerprint() == mark
        loaded = there.load()
        np.testing.assert_array_equal(loaded.pool_inputs[:], inputs)
        np.testing.assert_array_equal(loaded.test_targets, examples.test_targets)
    with pytest.raises(MissingDataError):
        datasets.get(name).fingerprint()
    assert server.sent == {file.sha256: file.size for file in bundle.files}


def test_pieces_cover_each_file_once_and_come_once_for_a_machine(go_to_worker):
    write_cifar10(1)
    server, asked, told = DataServer(), [], []
    bundle = server.offer(("cifar10",))
    go_to_worker()
    first = place(bundle, asking(server, asked), told.append, PIECE)
    for file in bundle.files:
        got = [(offset, size) for sha256, offset, size in asked if sha256 == file.sha256]
        assert [offset for offset, _ in got] == list(range(0, file.size, PIECE))
        assert sum(size for _, size in got) == file.size
    assert told[-1] == "cifar10: 15.0 KiB of 15.0 KiB sent to a worker"
    before = len(asked)
    assert place(bundle, asking(server, asked), quiet, PIECE) == first
    assert len(asked) == before


def test_two_workers_of_a_machine_fetch_once(go_to_worker):
    write_cifar10(1)
    server, asked, told, folders = DataServer(), [], [], []
    bundle = server.offer(("cifar10",))
    go_to_worker()
    second_waits = threading.Event()

    def slow(sha256, offset, size):
        assert second_waits.wait(10)
        return asking(server, asked)(sha256, offset, size)

    def tell(message):
        told.append(message)
        if "another worker" in message:
            second_waits.set()

    def work():
        folders.append(place(bundle, slow, tell, PIECE))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(folders)) == 1 == len(folders) - 1
    assert server.sent == {file.sha256: file.size for file in bundle.files}
    assert "cifar10: another worker on this machine is getting the files" in told


def test_a_worker_s_own_files_are_used_if_they_are_the_same_and_never_otherwise(go_to_worker):
    write_cifar10(1)
    server = DataServer()
    bundle = server.offer(("cifar10",))
    mark = datasets.get("cifar10").fingerprint()
    go_to_worker()
    write_cifar10(1)
    assert place(bundle, asking(server), quiet) is None
    assert not server.sent
    write_cifar10(2)
    assert datasets.get("cifar10").fingerprint() != mark
    with settings.data_from(place(bundle, asking(server), quiet)):
        assert datasets.get("cifar10").fingerprint() == mark


def test_new_files_at_the_engine_are_another_bundle(go_to_worker):
    write_cifar10(1)
    server = DataServer()
    old = server.offer(("cifar10",))
    write_cifar10(2)
    new, mark = server.offer(("cifar10",)), datasets.get("cifar10").fingerprint()
    go_to_worker()
    with settings.data_from(place(new, asking(server), quiet)):
        assert datasets.get("cifar10").fingerprint() == mark
    with pytest.raises(DataError, match="changed while it was sent to a worker; ask for the job"):
        place(old, asking(server), quiet)


def test_a_damaged_file_in_the_cache_is_fetched_again(go_to_worker):
    write_cifar10(1)
    server = DataServer()
    bundle = server.offer(("cifar10",))
    go_to_worker()
    folder = place(bundle, asking(server), quiet)
    path = folder / bundle.files[0].path
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    os.utime(path, ns=(bundle.files[0].modified, bundle.files[0].modified))
    forget()  # as in a worker that has just been started
    assert place(bundle, asking(server), quiet) == folder
    assert path.read_bytes() == content


def test_what_arrives_damaged_or_not_at_all_leaves_nothing_behind(go_to_worker):
    write_cifar10(1)
    server = DataServer()
    bundle = server.offer(("cifar10",))
    go_to_worker()

    def refused(sha256, offset, size):
        raise DataError("No line.")

    for ask, words in (
        (lambda sha256, offset, size: b"x" * size, "cifar10.*arrived damaged at a worker"),
        (lambda sha256, offset, size: b"x" * (size - 1), r"sent \d+ bytes of cifar10"),
        (refused, "No line"),
    ):
        with pytest.raises(DataError, match=words):
            place(bundle, ask, quiet)

    def stop(message):
        raise Stopped

    with pytest.raises(Stopped):
        place(bundle, asking(server), stop, PIECE)
    kept = settings.cache_directory() / "data"
    assert [p.name for p in kept.iterdir() if not p.name.endswith(".lock")] == []


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a/../../b", ""])
def test_a_worker_writes_nowhere_but_in_its_cache(go_to_worker, path):
    go_to_worker()
    bundle = Bundle((("cifar10", "cifar10-x"),), (DataFile(path, "0" * 64, 1, 0),))
    with pytest.raises(DataError, match="outside its data directory"):
        place(bundle, lambda *wanted: b"x", quiet)


def test_a_cache_that_cannot_be_written_is_told_with_its_setting(go_to_worker, tmp_path):
    write_cifar10(1)
    server = DataServer()
    bundle = server.offer(("cifar10",))
    go_to_worker()
    (tmp_path / "worker").mkdir(exist_ok=True)
    settings.cache_directory().write_text("a file")
    with pytest.raises(DataError, match=r"cannot be written.*NTK_UQ_CACHE"):
        place(bundle, asking(server), quiet)


def test_the_server_gives_only_what_it_has_offered():
    write_cifar10(1)
    server = DataServer()
    (file, *_) = server.offer(("cifar10",)).files
    for sha256 in ("0" * 64, file.path, str(settings.data_directory() / file.path)):
        with pytest.raises(DataError, match="offers no file"):
            server.piece(sha256, 0, 1)
    for offset, size in ((0, file.size + 1), (-1, 1), (file.size, 1), (0, 0), (0, PIECE_BYTES + 1)):
        with pytest.raises(DataError, match=rf"asked for {size} bytes at {offset} of data_batch_1"):
            server.piece(file.sha256, offset, size)


def test_sets_without_files_need_no_bundle_and_missing_ones_fail():
    server = DataServer()
    assert server.offer(("digits", "calorimeter")) is None
    with pytest.raises(MissingDataError, match="CIFAR-10 is not complete"):
        server.offer(("digits", "cifar10"))


def test_the_data_set_of_a_payload_is_found_whatever_the_kind():
    data = DataSpec("calorimeter", n_test=10)
    (chunk,) = split(CurveSpec(data, n_train=(10,), draws=1), ())
    assert names(chunk.payload) == ("calorimeter",)
    assert names(SpectrumSpec(data).to_json()) == ("calorimeter",)
    assert names(InspectionSpec("digits").to_json()) == ("digits",)
    assert names({"members": [{"dataset": "a"}, {"dataset": "b"}, {"dataset": "a"}]}) == ("a", "b")
    assert names({"name": "mnist", "dataset": None}) == ()
