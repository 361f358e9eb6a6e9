"""What is kept under which name, that it comes back whole, and that half of it never does."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.writers import csv_bytes, frame_of, hdf5_of, npz_bytes, parquet_bytes

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.errors import DataError, MissingDataError, SpecError
from ntk_uq.datasets import own
from ntk_uq.specs import DataSpec

ROOT = Path(__file__).resolve().parents[3]
FRAME = frame_of()
X, Y = FRAME[["x0", "x1", "x2"]].to_numpy(), FRAME["y"].to_numpy()


def opened(content=None, name="f.csv"):
    return own.open_file(csv_bytes(FRAME) if content is None else content, name)


def kept_files():
    return sorted(p.name for p in settings.own_directory().iterdir() if not p.name.startswith("."))


# Each Parquet and HDF5 file is read in a process of its own, by whatever way it came.
@pytest.mark.parametrize("by_path", ["ad", pytest.param("abcdefg", marks=pytest.mark.slow)])
def test_the_same_data_have_one_name_in_every_format(tmp_path, by_path):
    files = {
        "a.csv": csv_bytes(FRAME),
        "b.tsv": csv_bytes(FRAME, sep="\t"),
        "c.npz": npz_bytes(x=X, y=Y),
        "d.parquet": parquet_bytes(FRAME),
        "e.parquet": parquet_bytes(FRAME, compression="gzip", row_group_size=7),
        "f.h5": hdf5_of(x=X, y=Y),
        "g.npz": npz_bytes(True, X=np.asfortranarray(X).astype(">f8"), Y=Y.astype(np.uint8)),
    }
    names = {own.add(opened(content, name)) for name, content in files.items()}
    for name in (name for name in files if name[0] in by_path):
        path = tmp_path / name
        path.write_bytes(files[name])
        names.add(own.add_path(path))
    assert len(names) == 1
    assert kept_files() == [f"{names.pop()}.npz"]


def test_the_name_changes_with_everything_that_matters():
    base = own.make(opened(), ("y",))
    other = np.array(base.inputs)
    other[3, 1] += 1e-9
    variants = [
        base,
        replace(base, inputs=other),
        replace(base, targets=1 - np.minimum(base.targets, 1)),
        replace(base, targets=base.targets.astype(float), task="regression", class_names=()),
        replace(base, class_names=("a", "b", "c")),
        replace(base, feature_names=("u", "v", "w")),
        replace(base, target_names=("z",)),
        replace(base, shape=(3, 1)),
    ]
    assert len({own.keep(variant) for variant in variants}) == len(variants)
    assert own.keep(replace(base, title="another file")) == own.keep(base)


def test_the_name_of_a_data_set_never_changes():
    """Links and results are found by it: another number here loses users' data."""
    x = np.arange(40.0).reshape(20, 2) / 10
    name = own.add(opened(npz_bytes(x=x, y=np.arange(20) % 2), "f.npz"))
    assert name == "own-3e5241fdf2c869a314000e077322d8da41aa6958"


def test_a_data_set_comes_back_as_it_was_made():
    made = own.make(opened(), ("y",))
    name = own.keep(made)
    dataset = datasets.get(name)
    examples = dataset.load()
    n_pool, n_test = dataset.sizes()
    assert (n_pool, n_test) == (32, 8)
    np.testing.assert_array_equal(examples.pool_inputs, made.inputs[n_test:])
    np.testing.assert_array_equal(examples.test_inputs, made.inputs[:n_test])
    np.testing.assert_array_equal(
        np.concatenate([examples.test_targets, examples.pool_targets]), made.targets
    )
    assert (dataset.task, dataset.n_outputs, dataset.shape) == ("classification", 3, (3,))
    assert (dataset.title, dataset.preparation) == ("f.csv", "standardize")
    assert "40 examples of 3 values (x0, x1, x2); 3 classes of y: 0, 1, 2" in dataset.about
    assert "32 in the pool, 8 for the test set" in dataset.about
    assert datasets.get(name) is dataset
    assert dataset.load() is examples
    assert name not in datasets.REGISTRY
    assert DataSpec(dataset=name).dataset == name  # a name that specifications take


def test_images_go_on_the_sphere_and_through_the_split():
    x = np.random.default_rng(1).integers(0, 256, (60, 6, 6), dtype=np.uint8)
    name = own.add(opened(npz_bytes(x=x, y=np.arange(60) % 3), "i.npz"))
    dataset = datasets.get(name)
    assert (dataset.preparation, dataset.shape) == ("sphere", (6, 6))
    split = datasets.load_split(dataset, DataSpec(dataset=name, n_test=12), 48, 0)
    np.testing.assert_allclose((split.x_train**2).sum(axis=1), 36)
    assert split.y_test.shape == (12, 3)


def test_units_are_taken_from_the_names_of_targets():
    frame = FRAME.assign(**{"energy [GeV]": X.sum(axis=1), "n": np.arange(40)})
    name = own.add(opened(csv_bytes(frame)), ("energy [GeV]", "n"), ignore=("y",))
    dataset = datasets.get(name)
    assert (dataset.target_unit, dataset.n_outputs) == ("energy in GeV, n", 2)
    assert "a regression of energy [GeV], n" in dataset.about
    assert dataset.load().pool_targets.shape == (32, 2)


def test_what_is_not_kept_is_told_with_what_to_do():
    name = "own-" + "0" * 40
    with pytest.raises(MissingDataError, match=f"{name} is not kept here.*Upload its file again"):
        datasets.get(name)
    kept = own.add(opened())
    dataset = datasets.get(kept)
    own.path_of(kept).unlink()
    with pytest.raises(MissingDataError, match="Upload its file again"):
        datasets.get(kept)
    with pytest.raises(MissingDataError, match="Upload its file again"):
        dataset.load()


@pytest.mark.parametrize("name", ["own-", "own-xyz", "own-../../etc/passwd", "own-" + "A" * 40])
def test_what_is_no_such_name_never_becomes_a_path(name):
    with pytest.raises(SpecError, match="the name of an uploaded one is own- and 40"):
        datasets.get(name)


@pytest.mark.parametrize("place", [0, 40, -1, "half", "swap"])
def test_a_damaged_file_is_named_and_replaced_by_the_next_upload(place):
    name = own.add(opened())
    path = own.path_of(name)
    content = bytearray(path.read_bytes())
    if place == "half":
        content = content[: len(content) // 2]
    elif place == "swap":  # whole, but another data set's
        other = own.add(opened(npz_bytes(x=X, y=1 - Y), "f.npz"))
        content = own.path_of(other).read_bytes()
    else:
        content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{name}.npz is damaged, or is not the data set of its"):
        datasets.get(name)
    if place != "swap":
        assert own.add(opened()) == name
        assert datasets.get(name).load().pool_inputs.shape == (32, 3)


def test_the_directory_is_for_its_owner_alone():
    own.add(opened())
    assert settings.own_directory().stat().st_mode & 0o777 == 0o700
    files = [p for p in settings.own_directory().iterdir() if p.suffix == ".npz"]
    assert [oct(path.stat().st_mode & 0o777) for path in files] == ["0o600"]


def test_a_full_disk_leaves_nothing_and_is_told_in_words(monkeypatch):
    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ntk_uq.datasets.own.storage.write_sealed", full)
    with pytest.raises(DataError, match=r"No space left on device\. Make room.*set NTK_UQ_OWN"):
        own.add(opened())
    assert kept_files() == []


def test_a_directory_that_cannot_be_made_is_told_in_words(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NTK_UQ_OWN", str(tmp_path / "file" / "own"))
    with pytest.raises(DataError, match=r"cannot be made: .*Set NTK_UQ_OWN to"):
        own.add(opened())


def test_a_killed_process_leaves_nothing_that_is_found():
    program = textwrap.dedent(
        """
        import os, signal, numpy as np
        from ntk_uq.datasets import own
        from ntk_uq.datasets.own import storage

        def killed(file, **arrays):
            file.write(bytes(5000))
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)

        storage.write_sealed = killed
        own.add(own.open_file(os.environ["FILE"]))
        """
    )
    path = settings.own_directory().parent / "f.csv"
    path.write_bytes(csv_bytes(FRAME))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"FILE": str(path)}, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    assert kept_files() == []
    left = list(settings.own_directory().rglob("*.npz"))
    assert len(left) == 1  # half of a file, in the workplace that nothing reads
    name = own.add_path(path)
    assert kept_files() == [f"{name}.npz"]
    assert not left[0].exists()
    assert datasets.get(name).sizes() == (32, 8)


def test_many_threads_that_add_the_same_keep_one_file():
    found, errors = [], []
    barrier = threading.Barrier(6)

    def add():
        try:
            table = opened()
            barrier.wait()
            found.append(own.add(table))
        except Exception as error:  # noqa: BLE001 (whatever it is, the test fails)
            errors.append(error)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(found) == 6
    assert kept_files() == [f"{found[0]}.npz"]
    assert len({id(datasets.get(name)) for name in found}) == 1
