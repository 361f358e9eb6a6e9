"""The cached pool of showers: reused, made again where it is damaged, never in the way."""

import hashlib
import io
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import ntk_uq.datasets.showers as showers
from ntk_uq.datasets import calorimeter
from ntk_uq.datasets.calorimeter import CALORIMETER
from ntk_uq.datasets.splits import inputs_identity
from ntk_uq.results.points import point_key
from ntk_uq.specs import CurveSpec, DataSpec


class Pool:
    """A small pool in a cache directory of its own; counts the simulations."""

    def __init__(self, directory, monkeypatch) -> None:
        self.directory = directory
        self.simulated = 0
        real = showers.simulate

        def counted(*arguments, **options):
            self.simulated += 1
            return real(*arguments, **options)

        monkeypatch.setattr(showers, "simulate", counted)
        monkeypatch.setattr(calorimeter, "N_POOL", 9)
        monkeypatch.setattr(calorimeter, "N_TEST", 4)
        self.use(directory, monkeypatch)

    def use(self, directory, monkeypatch) -> None:
        self.directory = directory
        monkeypatch.setenv("NTK_UQ_CACHE", str(directory))

    def load(self):
        """As a new process does."""
        CALORIMETER.load.cache_clear()
        return CALORIMETER.load()

    @property
    def file(self):
        (path,) = (p for p in self.directory.iterdir() if p.is_file())
        return path


@pytest.fixture
def pool(tmp_path, monkeypatch):
    yield Pool(tmp_path / "a" / "cache", monkeypatch)
    CALORIMETER.load.cache_clear()
    calorimeter._digest.cache_clear()


def same(one, other) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        and getattr(one, name).dtype == getattr(other, name).dtype
        for name in ("pool_inputs", "pool_targets", "test_inputs", "test_targets")
    )


def test_the_pool_is_what_the_simulation_gives(pool):
    examples = pool.load()
    sample = showers.simulate(13, 2503)
    cells = np.vstack([examples.pool_inputs, examples.test_inputs])
    np.testing.assert_array_equal(cells, sample.cells_mev.astype(np.float32))
    energies = np.concatenate([examples.pool_targets, examples.test_targets])
    np.testing.assert_array_equal(energies, sample.energies_gev)
    assert (len(examples.pool_inputs), len(examples.test_inputs)) == CALORIMETER.sizes() == (9, 4)


def test_a_second_process_reads_what_the_first_one_wrote(pool):
    first = pool.load()
    assert pool.simulated == 1
    content = pool.file.read_bytes()
    assert same(pool.load(), first)
    assert pool.simulated == 1
    assert pool.file.read_bytes() == content


def test_one_process_reads_the_file_once(pool):
    first = pool.load()
    pool.file.unlink()
    assert CALORIMETER.load() is first


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


CELLS, ENERGIES = np.zeros((13, 490), np.float32), np.ones(13)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"PK\x03\x04",
        npy(CELLS),
        npz(cells_mev=CELLS),
        npz(cells_mev=CELLS[:12], energies_gev=ENERGIES),
        npz(cells_mev=CELLS, energies_gev=ENERGIES[:12]),
        npz(cells_mev=CELLS[:, :489], energies_gev=ENERGIES),
        npz(cells_mev=CELLS, energies_gev=ENERGIES.astype("U")),
        npz(cells_mev=np.full((13, 490), None), energies_gev=ENERGIES),
    ],
    ids=[
        *("empty", "garbage", "head", "npy", "no-energies", "too-few-cells", "too-few-energies"),
        *("narrow", "text", "objects"),
    ],
)
def test_a_foreign_file_is_replaced_by_the_same_numbers(pool, content):
    first = pool.load()
    sound = pool.file.read_bytes()
    pool.file.write_bytes(content)
    assert same(pool.load(), first)
    assert pool.simulated == 2
    assert len(pool.file.read_bytes()) == len(sound)
    assert same(pool.load(), first)
    assert pool.simulated == 2


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_file_is_replaced_by_the_same_numbers(pool, share):
    first = pool.load()
    content = pool.file.read_bytes()
    pool.file.write_bytes(content[: int(share * len(content))])
    assert same(pool.load(), first)
    assert pool.simulated == 2


@pytest.mark.parametrize("part", range(4))
def test_a_flipped_bit_is_noticed_or_harmless(pool, part, monkeypatch):
    """Sampled everywhere, and all over the headers, where a bit changes what is read."""
    first = pool.load()
    path, content = pool.file, pool.file.read_bytes()
    sample = showers.simulate(13, 2503)
    monkeypatch.setattr(showers, "simulate", lambda *_: sample)
    headers = [*range(200), *range(len(content) - 700, len(content))]
    places = sorted({*headers, *range(0, len(content), 97)})
    for place in places[part::4]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        assert same(pool.load(), first), f"byte {place}"


def test_a_header_length_that_shifts_the_numbers_is_noticed(pool):
    first = pool.load()
    content = pool.file.read_bytes()
    place = content.index(b"\x93NUMPY") + 8
    for bit in range(8):
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        pool.file.write_bytes(damaged)
        assert same(pool.load(), first), f"bit {bit}"


def test_a_cache_directory_that_cannot_be_made_costs_nothing_but_time(pool, tmp_path, monkeypatch):
    first = pool.load()
    (tmp_path / "file").touch()
    pool.use(tmp_path / "file" / "cache", monkeypatch)
    assert same(pool.load(), first)
    assert same(pool.load(), first)
    assert pool.simulated == 3


def test_a_read_only_cache_directory_costs_nothing_but_time(pool, tmp_path, monkeypatch):
    first = pool.load()
    # Root writes where modes forbid it, so the refusal is made here.
    empty = tmp_path / "empty"
    empty.mkdir()
    pool.use(empty, monkeypatch)

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert same(pool.load(), first)
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("step", ["savez", "replace"])
def test_a_full_disk_leaves_no_half_a_file(pool, tmp_path, monkeypatch, step):
    first = pool.load()
    pool.use(tmp_path / "full", monkeypatch)

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    if step == "savez":
        monkeypatch.setattr(np, "savez", full)
    else:
        monkeypatch.setattr(type(tmp_path), "replace", full)
    assert same(pool.load(), first)
    assert list((tmp_path / "full").iterdir()) == []


def test_an_unreadable_file_is_made_again(pool):
    first = pool.load()
    path = pool.file
    path.unlink()
    path.mkdir()
    assert same(pool.load(), first)
    assert pool.simulated == 2
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_fingerprint_and_the_file_tell_versions_apart(pool, monkeypatch):
    first = pool.load()
    before = CALORIMETER.fingerprint()
    monkeypatch.setattr(showers, "VERSION", showers.VERSION + 1)
    assert CALORIMETER.fingerprint() != before
    assert same(pool.load(), first)
    assert pool.simulated == 2
    assert len(list(pool.directory.iterdir())) == 2


def as_a_new_process():
    CALORIMETER.load.cache_clear()
    calorimeter._digest.cache_clear()


def test_the_fingerprint_holds_what_was_really_made(pool, tmp_path, monkeypatch):
    as_a_new_process()
    before = CALORIMETER.fingerprint()
    examples = pool.load()
    assert pool.simulated == 1
    content = np.vstack([examples.pool_inputs, examples.test_inputs]).tobytes()
    content += np.concatenate([examples.pool_targets, examples.test_targets]).tobytes()
    assert before == f"showers-v2-n13-seed2503-{hashlib.sha256(content).hexdigest()[:32]}"
    as_a_new_process()
    assert CALORIMETER.fingerprint() == before
    assert pool.simulated == 1


def test_points_of_other_showers_are_not_mixed_with_these(pool, tmp_path, monkeypatch):
    as_a_new_process()
    ours = CALORIMETER.fingerprint()
    sample = showers.simulate(13, 2503)
    moved = sample.cells_mev.copy()
    moved[5, 7] += 0.25
    pool.use(tmp_path / "elsewhere", monkeypatch)
    monkeypatch.setattr(showers, "simulate", lambda *_: replace(sample, cells_mev=moved))
    as_a_new_process()
    theirs = CALORIMETER.fingerprint()
    point = CurveSpec(DataSpec("calorimeter")).point(5, 0)
    # The last is how it was before: how they are made, and not what was made.
    keys = {point_key(point, data) for data in (ours, theirs, "showers-v1-n20000-seed2503")}
    assert len(keys) == 3
    assert inputs_identity(CALORIMETER, DataSpec("calorimeter"), 0)[1] == theirs


def test_a_fingerprint_needs_no_directory_and_a_damaged_pool_is_made_again(
    pool, tmp_path, monkeypatch
):
    as_a_new_process()
    before = CALORIMETER.fingerprint()
    pool.file.write_bytes(pool.file.read_bytes()[:-9])
    as_a_new_process()
    assert CALORIMETER.fingerprint() == before
    assert pool.simulated == 2
    (tmp_path / "file").touch()
    pool.use(tmp_path / "file" / "cache", monkeypatch)
    as_a_new_process()
    assert CALORIMETER.fingerprint() == before


@pytest.mark.slow
def test_the_real_pool_comes_back_from_its_file(tmp_path, monkeypatch):
    monkeypatch.setenv("NTK_UQ_CACHE", str(tmp_path))
    CALORIMETER.load.cache_clear()
    first = CALORIMETER.load()
    CALORIMETER.load.cache_clear()
    monkeypatch.setattr(showers, "simulate", None)
    assert same(CALORIMETER.load(), first)
    CALORIMETER.load.cache_clear()
    assert first.pool_inputs.shape == (16_000, 490)
    assert 1 <= first.pool_targets.min() < 1.1
    assert 90 < first.pool_targets.max() <= 100


def test_pages_that_run_again_do_not_make_the_pool_again(pool, monkeypatch):
    """What takes seconds is made by one; runs that were broken off wait with the others."""
    real, begun, go_on = showers.simulate, threading.Event(), threading.Event()

    def slow(*arguments):
        begun.set()
        assert go_on.wait(30)
        return real(*arguments)

    monkeypatch.setattr(showers, "simulate", slow)
    with ThreadPoolExecutor(4) as threads:
        found = [threads.submit(calorimeter._fingerprint)]
        assert begun.wait(30)
        monkeypatch.setattr(showers, "simulate", None)
        found += [threads.submit(calorimeter._fingerprint) for _ in range(3)]
        assert not any(one.done() for one in found)
        go_on.set()
        assert len({one.result() for one in found}) == 1
    assert [path.suffix for path in pool.directory.iterdir()] == [".pool"]


def test_what_fails_is_tried_by_the_next(pool, monkeypatch):
    with monkeypatch.context() as failing:
        failing.setattr(showers, "simulate", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pool.load()
    assert pool.load() is not None
