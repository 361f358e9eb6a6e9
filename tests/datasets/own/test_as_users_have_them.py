"""Files as users have them: what is read, what is noted, and what is refused with a remedy."""

import io
from decimal import Decimal

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from helpers.writers import hdf5_bytes, npz_bytes, read_here

from ntk_uq import datasets
from ntk_uq.base.errors import DataError
from ntk_uq.cli import main
from ntk_uq.datasets import own
from ntk_uq.datasets.own.words import is_number, not_a_number, number
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.theory.culprits import culprit

N = 20
RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(N, 3)), np.arange(N) % 2


def text(content, name="f.csv"):
    return own.open_file(content.encode(), name)


def table(rows, separator=","):
    return "\n".join(separator.join(map(str, row)) for row in rows) + "\n"


# Numbers


@pytest.mark.parametrize(
    "written",
    [
        "1,234.50",
        "1,234,567",
        "1.234,50",
        "1'234.5",
        "1 234.5",
        "1\u202f234,5",
        "1_000",
        "-12,345.6",
    ],
)
def test_separators_of_thousands_are_named_with_what_is_accepted(written):
    found = text(table([("x", "y"), (f'"{written}"', 1), *[(i, i) for i in range(N)]]))
    with pytest.raises(DataError, match=r"line 2: .* looks like a number with thousands separ"):
        own.make(found, ("y",))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("0,5", "write a decimal point, not a comma"),
        ("12,345", "if the comma separates thousands, leave it out; if it is a decimal comma"),
        ("12%", "a number with a unit or a sign"),
        ("3.2 GeV", "a number with a unit or a sign"),
        ("$5", "a number with a unit or a sign"),
        ("<0.1", "a number with a unit or a sign"),
        ("1.0 ± 0.1", "a number with its error; write the number alone"),
        ("1.23(4)", "a number with its error; write the number alone"),
        ("2024-01-05", "a date or a time"),
        ("abc", "'abc' is not a number"),
        ("x1", "'x1' is not a number"),
    ],
)
def test_what_else_is_no_number_has_its_remedy(written, words):
    assert words in not_a_number(written)


@pytest.mark.parametrize(
    ("written", "value"),
    [("1.0D-01", 0.1), ("-2d+03", -2000.0), (".5D0", 0.5), ("1.Q2", 100.0), (" 1.5D1 ", 15.0)],
)
def test_fortran_s_exponents_are_read(written, value):
    assert is_number(written)
    assert number(written) == value
    found = text(table([("x", "y"), (written, 1), *[(i, i % 2) for i in range(N)]]))
    assert found["x"].values[0] == np.float32(value) or found["x"].values[0] == value


@pytest.mark.parametrize("written", ["D1", "1D", "1.0D1.5", "0x1D2", "1DD2"])
def test_what_only_looks_like_one_is_no_number(written):
    assert not is_number(written)


# Tables between blanks


def blank(header, rows, **more):
    out = io.StringIO()
    np.savetxt(out, rows, header=header, **more)
    return out.getvalue()


@pytest.mark.parametrize("name", ["f.dat", "f.txt", "f.csv"])
@pytest.mark.parametrize("mark", ["# ", "", "#"])
def test_a_table_of_savetxt_is_read(name, mark):
    rows = np.column_stack([X, Y])
    found = text(blank("a b c y", rows, comments=mark), name)
    assert found.names == ("a", "b", "c", "y")
    np.testing.assert_array_equal(found["b"].values, X[:, 1])
    np.testing.assert_array_equal(found["y"].values, Y)


def test_runs_of_blanks_and_empty_lines_make_no_columns_and_lines_keep_their_numbers():
    content = "  a   b  y \n\n" + "".join(f"   {i}    2.5   {i % 2}   \n" for i in range(N))
    assert text(content, "f.dat").names == ("a", "b", "y")
    broken = content.replace("   7    2.5", "   7    oops")
    with pytest.raises(DataError, match="line 10: 'oops' is not a number"):
        own.make(text(broken, "f.dat"), ("y",))
    short = content.replace("   7    2.5", "   7")
    with pytest.raises(DataError, match="line 10 has 2 values, but the header names 3"):
        text(short, "f.dat")


def test_words_in_one_column_are_no_table():
    with pytest.raises(DataError, match="one column only, 'my animals'"):
        text("my animals\nbig cat\nsmall dog\n")


# Labels and names


def test_blanks_around_labels_are_no_part_of_them_in_any_format():
    labels = ["cat", "cat ", " dog", "dog"] * 5
    by_text = text(table([("x", "y"), *[(i, label) for i, label in enumerate(labels)]]))
    by_array = own.open_file(npz_bytes(x=X, y=np.array(labels)), "f.npz")
    for found in (by_text, by_array):
        assert own.make(found, ("y",)).class_names == ("cat", "dog")


@pytest.mark.parametrize("label", ["NA", "None", "null", "?", "-"])
def test_a_label_that_may_stand_for_nothing_is_a_class_and_is_noted(label):
    found = text(table([("x", "y"), *[(i, [label, "FR", "DE"][i % 3]) for i in range(N)]]))
    assert label in own.make(found, ("y",)).class_names
    (note,) = own.notes(found, ("y",), "classification")
    assert f"'{label}' in column 'y' is taken for a class" in note


def test_without_one_nothing_is_noted():
    found = text(table([("x", "y"), *[(i, "FR" if i % 2 else "DE") for i in range(N)]]))
    assert own.notes(found, ("y",), "classification") == ()


def test_a_name_in_quotes_stays_what_it_is_and_a_comment_loses_its_mark():
    rows = [(i, i, i % 2) for i in range(N)]
    assert text(table([('"# hits"', "E [GeV]", "y"), *rows])).names == ("# hits", "E [GeV]", "y")
    assert text(table([("# hits", "E", "y"), *rows])).names == ("hits", "E", "y")


# HDF5 and MATLAB


def test_what_is_left_out_of_an_hdf5_file_is_not_looked_at(tmp_path):
    def fill(file):
        file["x"], file["y"] = X, Y
        file["classes"] = [b"non-cat", b"cat"]
        file["version"] = 3.0
        file["alias"] = h5py.SoftLink("/x")
        file["away"] = h5py.ExternalLink("/etc/passwd", "/")
        file.create_dataset("never", shape=(N,), dtype="f8")

    found = read_here(hdf5_bytes(fill), "f.h5")
    odd = ("alias", "away", "classes", "never", "version")
    assert own.make(found, ("y",), ignore=odd).shape == (3,)
    words = {
        "alias": "is a link to somewhere else, which is never followed",
        "away": "is a link to somewhere else, which is never followed",
        "classes": "has 2 rows where the others have 20",
        "never": "no values were written",
        "version": "is a single value",
    }
    for name in odd:
        rest = tuple(other for other in odd if other != name)
        with pytest.raises(DataError, match=f"'{name}' cannot be used: it .*{words[name]}"):
            own.make(found, ("y",), ignore=rest)
    path = tmp_path / "f.h5"
    path.write_bytes(hdf5_bytes(fill))
    assert main(["data", "add", str(path), "--ignore-columns", ",".join(odd)]) == 0


def matlab(block=512, first=b"MATLAB 7.3 MAT-file, Platform: GLNXA64"):
    out = io.BytesIO()
    with h5py.File(out, "w", userblock_size=block) as file:
        file["x"], file["y"] = X.T, Y[None, :]
        file["y"].attrs["MATLAB_class"] = np.bytes_("double")
    content = bytearray(out.getvalue())
    content[: len(first)] = first
    return bytes(content)


@pytest.mark.parametrize("name", ["f.mat", "f.h5"])
@pytest.mark.parametrize("block", [512, 1024, 4096])
def test_a_file_of_matlab_is_read_as_matlab_shows_it(name, block):
    content = matlab(block)
    kept = own.make(read_here(content, name), ("y",))
    plain = own.make(read_here(hdf5_bytes(lambda f: f.update(x=X, y=Y)), "f.h5"), ("y",))
    np.testing.assert_array_equal(kept.inputs, plain.inputs)
    np.testing.assert_array_equal(kept.targets, plain.targets)
    (note,) = read_here(content, name).notes
    assert note.startswith("MATLAB keeps arrays transposed")


def test_a_block_of_somebody_else_s_changes_nothing():
    out = io.BytesIO()
    with h5py.File(out, "w", userblock_size=2048) as file:
        file["x"], file["y"] = X, Y
    content = b"made by me".ljust(2048) + out.getvalue()[2048:]
    found = read_here(content, "f.h5")
    np.testing.assert_array_equal(found["x"].values, X)
    assert found.notes == ()


def test_an_older_file_of_matlab_says_how_to_save_it():
    content = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    with pytest.raises(DataError, match=r"before 7\.3; save its arrays so: save data\.mat x y -v7"):
        own.open_file(content, "f.mat")


# NPZ


def test_arrays_of_any_name_are_columns():
    content = npz_bytes(
        x_train=X, y_train=Y, x_test=X[:7], y_test=Y[:7], features=X, names=np.array(["a", "b"])
    )
    found = own.open_file(content, "f.npz")
    rest = ("x_test", "y_test", "names", "features")
    kept = own.make(found, ("y_train",), ignore=rest)
    assert (kept.shape, kept.task) == ((3,), "classification")
    with pytest.raises(DataError, match="'x_test' cannot be used: it has 7 rows where the others"):
        own.make(found, ("y_train",), ignore=("y_test", "names", "features"))
    with pytest.raises(DataError, match="no column named y, target"):
        own.default_targets(found)


def test_an_array_of_objects_that_is_left_out_is_never_opened():
    content = npz_bytes(x=X, y=Y, meta=np.array([{"a": 1}] * N, object))
    found = own.open_file(content, "f.npz")
    assert own.make(found, ("y",), ignore=("meta",)).shape == (3,)
    with pytest.raises(DataError, match="'meta' cannot be used: it is an array of Python objects"):
        own.make(found, ("y",))


def test_rows_of_one_1_are_noted_as_looking_like_classes():
    found = own.open_file(npz_bytes(x=X, y=np.eye(3)[np.arange(N) % 3]), "f.npz")
    assert own.make(found, ("y",)).task == "regression"
    (note,) = own.notes(found, ("y",), "regression")
    assert "looks like classes" in note
    assert "y.argmax(axis=1)" in note
    soft = own.open_file(npz_bytes(x=X, y=np.full((N, 2), 0.5)), "f.npz")
    assert own.notes(soft, ("y",), "regression") == ()


# Parquet


def parquet(**columns):
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), out)
    return read_here(out.getvalue(), "f.parquet")


@pytest.mark.parametrize("kind", [pa.decimal128(12, 2), pa.decimal128(15, 6), pa.decimal256(40, 2)])
def test_decimals_are_numbers(kind):
    values = [Decimal(f"{i}.25") for i in range(N)]
    found = parquet(x=pa.array(values, kind), y=pa.array(Y))
    np.testing.assert_array_equal(found["x"].values, np.arange(N) + 0.25)


def test_decimals_of_more_digits_than_float64_has_are_told():
    values = [Decimal(i) for i in range(N - 1)] + [Decimal("12345678901234567890.1")]
    found = parquet(x=pa.array(values, pa.decimal128(38, 4)), y=pa.array(Y))
    with pytest.raises(DataError, match="index 19: a decimal number of more digits than float64"):
        own.make(found, ("y",))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_text_is_text_in_every_encoding(kind):
    found = parquet(x=pa.array(X[:, 0]), y=pa.array(["a", "b"] * 10).cast(kind))
    kept = own.make(found, ("y",))
    assert (kept.task, kept.class_names) == ("classification", ("a", "b"))


def test_bytes_are_told_from_text():
    found = parquet(x=pa.array(X[:, 0]), y=pa.array([b"a", b"b"] * 10))
    with pytest.raises(DataError, match=r"it holds bytes .*Save text as strings"):
        own.make(found, ("y",))


# An example that is nothing


def with_two_zeros(path):
    x = RNG.normal(size=(60, 5))
    x[[11, 40]] = 0
    np.savez(path, x=x, y=np.arange(60) % 2)
    return path


def test_an_example_of_zeros_is_named_where_it_makes_a_kernel_singular(tmp_path, capsys):
    path = with_two_zeros(tmp_path / "z.npz")
    arguments = ["curve", "--no-store", "--dataset", str(path), "--n-train", "45"]
    main([*arguments, "--preparation", "none", "--n-test", "12", "--sigma-b", "0"])
    told = capsys.readouterr()
    words = (
        "of the file, from 0) is all zeros (1 other, too), and there a network without biases is"
    )
    assert words in told.out + told.err


def test_so_are_equal_examples_where_there_are_biases(tmp_path):
    """Whether two equal ones make a factorization fail is a matter of rounding."""
    name = own.add_path(with_two_zeros(tmp_path / "z.npz"))
    data, dataset = DataSpec(name, preparation="none", n_test=12), datasets.get(name)
    split = datasets.load_split(dataset, data, 45, 0)
    spec = CurveSpec(data, ArchitectureSpec(sigma_b=0.1), n_train=(45,))
    first, second = np.flatnonzero(~split.x_train.any(axis=1))
    order = datasets.training_order(dataset, data, 45, 0)
    said = culprit(spec, split, dataset, 0)
    rows = [dataset.row_of(int(order[place])) for place in (first, second)]
    assert sorted(rows) == [11, 40]
    assert said.startswith(f"Examples {order[first]} and {order[second]} of the pool (rows ")
    assert "from 0) are equal as they are prepared" in said
    other = datasets.load_split(datasets.get("digits"), DataSpec(n_test=12), 45, 0)
    assert culprit(spec, other, datasets.get("digits"), 0) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: 2 * x, "are multiples of one another"),
        (lambda x: x * (1 + 1e-12), "are equal to 8 digits"),
        (lambda x: -x, ""),
    ],
)
def test_examples_that_a_network_hardly_tells_apart_are_named(change, words):
    x = RNG.normal(size=(60, 5))
    x[41] = change(x[11])
    name = own.add(own.open_file(npz_bytes(x=x, y=np.arange(60) % 2), "z.npz"))
    data, dataset = DataSpec(name, preparation="none", n_test=12), datasets.get(name)
    split = datasets.load_split(dataset, data, 48, 0)
    said = culprit(CurveSpec(data, ArchitectureSpec(sigma_b=0)), split, dataset, 0)
    assert words in said
    assert bool(words) == bool(said)
    if words:
        assert "11" in said
        assert "41" in said
    biased = culprit(CurveSpec(data, ArchitectureSpec(sigma_b=0.1)), split, dataset, 0)
    assert ("multiples" in biased) is False
