"""Whatever is in a file: it makes a data set, or an error in words, in bounded time.

Valid files of independent writers are cut, spliced and changed in single bits; tables are drawn at
random. The readers in C run in processes of their own as for a user, so those tests are fewer.
"""

import time

import numpy as np
import pandas as pd
import pytest
from helpers.writers import csv_bytes, frame_of, hdf5_of, npz_bytes, parquet_bytes
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, NtkUqError
from ntk_uq.datasets import own

SECONDS = 30  # for one small file, on a busy machine
FRAME = frame_of(25).assign(word=["left", "right", 'q"', "ü", ","] * 5)
X, Y = FRAME[["x0", "x1"]].to_numpy(), FRAME["y"].to_numpy()

VALID = {
    ".csv": [csv_bytes(FRAME), csv_bytes(FRAME, sep=";", lineterminator="\r\n")],
    ".npz": [
        npz_bytes(x=X, y=Y),
        npz_bytes(True, x=X.astype(">f4"), y=FRAME["word"].to_numpy(dtype="U5")),
    ],
    ".parquet": [parquet_bytes(FRAME), parquet_bytes(FRAME, compression="gzip", row_group_size=9)],
    ".h5": [hdf5_of(x=X, y=Y), hdf5_of(showers=X, incident_energies=X[:, :1])],
}


@pytest.fixture(autouse=True)
def _little_time(monkeypatch):
    """Damage can keep HDF5 busy for ever; the tests need not wait as long as a user does."""
    monkeypatch.setattr("ntk_uq.datasets.own.isolated.SECONDS", 5)


def attempt(content, name):
    """A data set, kept and read again; None where the file was refused in words."""
    start = time.monotonic()
    try:
        table = own.open_file(content, name)
        own.summaries(table)
        own.first_rows(table)
        targets = (table.names[-1],) if len(table.names) > 1 else ("y",)
        ignore = tuple(c.name for c in table.columns[:-1] if not isinstance(c, own.Numbers))
        kept = own.keep(own.make(table, targets, "auto", ignore))
    except NtkUqError as error:
        words = str(error)
        good = 20 < len(words) < 2000 and words.isprintable()
        return None if good else pytest.fail(f"an error that is no sentence: {words!r}")
    finally:
        assert time.monotonic() - start < SECONDS
    dataset = datasets.get(kept)
    examples = dataset.load()
    n_pool, n_test = dataset.sizes()
    assert examples.pool_inputs.shape == (n_pool, dataset.n_features)
    assert examples.test_inputs.shape == (n_test, dataset.n_features)
    assert np.isfinite(examples.pool_inputs).all()
    assert np.isfinite(examples.test_inputs).all()
    for targets in (examples.pool_targets, examples.test_targets):
        assert np.isfinite(targets).all()
        if dataset.task == "classification":
            assert targets.min() >= 0
            assert targets.max() < dataset.n_outputs
    return dataset


@st.composite
def mutated(draw, suffix):
    """A valid file with a few changes, each of a kind that storage and transfer make, or malice."""
    content = bytearray(draw(st.sampled_from(VALID[suffix])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        kind = draw(
            st.sampled_from(["flip", "byte", "cut", "insert", "remove", "splice", "repeat"])
        )
        if kind == "flip" and content:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "byte" and content:
            content[at] = draw(st.sampled_from([0, 1, 0x22, 0x2C, 0x0A, 0x7F, 0x80, 0xFF]))
        elif kind == "cut":
            del content[at:]
        elif kind == "insert":
            content[at:at] = draw(st.binary(max_size=12))
        elif kind == "remove":
            del content[at : at + draw(st.integers(1, 64))]
        elif kind == "splice":
            other = draw(st.sampled_from(VALID[suffix]))
            from_ = draw(st.integers(0, len(other) - 1))
            content[at:at] = other[from_ : from_ + draw(st.integers(1, 200))]
        else:
            content[at:at] = content[at : at + draw(st.integers(1, 100))]
    return bytes(content)


@pytest.mark.parametrize("suffix", VALID)
def test_the_files_that_are_changed_below_are_valid(suffix):
    for content in VALID[suffix]:
        assert attempt(content, f"f{suffix}") is not None


def few_and_many(few, many):
    """How many examples: in every run of the tests, and in the long one."""
    some = [pytest.param(few, id="few"), pytest.param(many, id="many", marks=pytest.mark.slow)]
    return pytest.mark.parametrize("examples", some)


def search(examples, *strategies):
    """Draws that many examples for the function that it decorates, at once."""
    limits = settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    return lambda function: limits(given(*strategies)(function))()


@few_and_many(40, 200)
def test_a_changed_npz_is_a_data_set_or_an_error_in_words(examples):
    @search(examples, mutated(".npz"))
    def check(content):
        attempt(content, "f.npz")


@few_and_many(40, 200)
def test_a_changed_csv_is_a_data_set_or_an_error_in_words(examples):
    @search(examples, mutated(".csv"))
    def check(content):
        attempt(content, "f.csv")


@few_and_many(4, 80)
def test_a_changed_parquet_file_is_a_data_set_or_an_error_in_words(examples):
    @search(examples, mutated(".parquet"))
    def check(content):
        attempt(content, "f.parquet")


@few_and_many(4, 80)
def test_a_changed_hdf5_file_is_a_data_set_or_an_error_in_words(examples):
    @search(examples, mutated(".h5"))
    def check(content):
        attempt(content, "f.h5")


@few_and_many(40, 100)
def test_random_bytes_are_refused_in_words(examples):
    @search(
        examples,
        st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY", b"a,b,y\n", b"\xef\xbb\xbf"]),
        st.binary(max_size=400),
        st.sampled_from([".csv", ".npz", ".txt", ".npy", ""]),
    )
    def check(head, content, suffix):
        attempt(head + content, f"f{suffix}")


CELLS = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(["", " ", "nan", "inf", "1e400", "-0", "true", "a", '"', '"a\nb"', "1,5", "é"]),
    st.text(max_size=4),
)


@few_and_many(50, 200)
def test_random_tables_are_data_sets_or_errors_in_words(examples):
    @search(
        examples,
        st.lists(st.one_of(st.sampled_from(["a", "b", "y"]), st.text(max_size=3)), max_size=4),
        st.lists(st.lists(CELLS, max_size=4), max_size=15),
        st.sampled_from([",", ";", "\t", " "]),
    )
    @example(["a", "y"], [["1", "2"]] * 12, ",")
    def check(names, rows, separator):
        lines = [separator.join(row) for row in [names, *rows]]
        attempt("\n".join(lines).encode("utf-8", "surrogatepass"), "f.csv")


@few_and_many(25, 60)
def test_a_random_table_comes_back_from_csv_to_the_last_bit(examples):
    """Against pandas as the writer: the way of every number through text and back is exact."""
    numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
    words = st.sampled_from(["a", "b", "c d", "é", '"', "x,y"])
    search(
        examples,
        st.lists(numbers, min_size=24, max_size=24),
        st.lists(words, min_size=12, max_size=12),
    )(comes_back)


def comes_back(values, labels):
    x = np.array(values).reshape(12, 2) + 0.0
    frame = pd.DataFrame({"p": x[:, 0], "q": x[:, 1], "y": labels})
    try:
        kept = own.make(own.open_file(csv_bytes(frame), "f.csv"), ("y",))
    except DataError as error:
        assert any(words in str(error) for words in ("label", "class"))  # noqa: PT017
        return
    rows = sorted(zip(*x.T.tolist(), labels, strict=True))
    names = [kept.class_names[code] for code in kept.targets]
    assert sorted(zip(*kept.inputs.T.tolist(), names, strict=True)) == rows
