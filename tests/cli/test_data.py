"""``ntk_uq data``: what there is, and prepared arrays in a file."""

import os

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.cli import main
from ntk_uq.datasets import fetching
from ntk_uq.datasets.digits import DIGITS
from ntk_uq.specs import DataSpec


@pytest.fixture
def run(capsys):
    """Runs a command in this process; returns its exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


def test_the_list_has_every_data_set_with_its_sizes_or_what_is_missing(run):
    code, out, err = run("data", "list")
    assert (code, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert set(lines) == {*datasets.REGISTRY, *fetching.SOURCES}
    assert "1297 in the pool, 500 for the test set" in lines["digits"]
    assert "16000 in the pool, 4000" in lines["calorimeter"]
    assert "NTK_UQ_DATA" in lines["mnist"]


def test_the_list_has_the_sizes_of_files_that_are_there(run, real_data):
    assert "60000 in the pool, 10000 for the test set" in run("data", "list")[1]


def test_exported_arrays_are_those_that_curves_are_computed_from(run, tmp_path):
    path = tmp_path / "split.npz"
    code, out, err = run(
        *("data", "export", "--n-train", 30, "--n-test", 7, "--seed", 5, "--draw", 2),
        *("--out", path),
    )
    assert (code, err) == (0, "")
    assert out == f"{path}: {datasets.describe(DIGITS, DataSpec())}\n"
    split = datasets.load_split(DIGITS, DataSpec("digits", 7, 5), 30, 2)
    with np.load(path, allow_pickle=False) as file:
        assert set(file) == {"x_train", "y_train", "x_test", "y_test"}
        for name in file:
            assert file[name].dtype == np.float64
            np.testing.assert_array_equal(file[name], getattr(split, name))


def test_the_first_rows_of_a_larger_export_are_a_smaller_one(run, tmp_path):
    for n in (12, 40):
        assert run("data", "export", "--n-train", n, "--out", tmp_path / f"{n}.npz")[0] == 0
    small, large = np.load(tmp_path / "12.npz"), np.load(tmp_path / "40.npz")
    np.testing.assert_array_equal(small["x_train"], large["x_train"][:12])
    np.testing.assert_array_equal(small["y_train"], large["y_train"][:12])
    np.testing.assert_array_equal(small["x_test"], large["x_test"])


def test_the_file_has_the_name_that_was_asked_for_and_no_other(run, tmp_path):
    path = tmp_path / "without-suffix"
    assert run("data", "export", "--out", path)[0] == 0
    assert [p.name for p in tmp_path.iterdir()] == ["without-suffix"]


def test_an_existing_file_is_replaced_and_the_umask_decides(run, tmp_path):
    path = tmp_path / "a.npz"
    path.write_text("old")
    previous = os.umask(0o027)
    try:
        assert run("data", "export", "--out", path)[0] == 0
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o640
    np.load(path)


def test_a_relative_name_is_in_the_working_directory(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("data", "export", "--out", "here.npz")[0] == 0
    assert (tmp_path / "here.npz").is_file()


@pytest.mark.parametrize("place", ["missing/a.npz", "file/a.npz", ".", "folder"])
def test_a_place_that_cannot_be_written_is_told_and_left_as_it_was(run, tmp_path, place):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run("data", "export", "--out", tmp_path / place)
    assert (code, out) == (1, "")
    assert err.startswith(f"ntk_uq: {tmp_path / place} cannot be written: ")
    assert len(err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_leaves_the_old_file_and_no_other(run, tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    path.write_text("old")

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    code, _, err = run("data", "export", "--out", path)
    assert code == 1
    assert "No space left on device" in err
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--dataset", "nosuch"], 2, "no data set 'nosuch'"),
        (["--dataset", "mnist"], 1, "NTK_UQ_DATA"),
        (["--n-train", "1298"], 2, "choose at most 1,297"),
        (["--n-test", "501"], 2, "choose at most 500"),
        (["--n-train", "0"], 2, "n_train is 0"),
        (["--n-train", "5,6"], 2, "n_train is '5,6'; it must be a whole number"),
        (["--draw", "100"], 2, "draw is 100; it must be from 0 to 99"),
        (["--seed", "-1"], 2, "seed is -1"),
        (["--seed", "x"], 2, "seed is 'x'"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_a_mistake_is_one_line_and_writes_nothing(run, tmp_path, arguments, code, words):
    path = tmp_path / "a.npz"
    got, out, err = run("data", "export", *arguments, "--out", path)
    assert (got, out) == (code, "")
    assert err.startswith("ntk_uq: ")
    assert words in err
    assert len(err.splitlines()) == 1
    assert not path.exists()


def test_an_export_needs_a_name(run):
    code, _, err = run("data", "export")
    assert code == 2
    assert "--out" in err
