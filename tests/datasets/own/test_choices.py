"""How a file is read, chosen and not guessed: layout of a text, names of arrays, the test set."""

import json

import numpy as np
import pytest
from helpers.writers import hdf5_of, npz_bytes

from ntk_uq import datasets
from ntk_uq.base.errors import DataError
from ntk_uq.cli import main
from ntk_uq.datasets import own
from ntk_uq.datasets.own import Layout

N = 30
RNG = np.random.default_rng(5)
X = RNG.normal(size=(N, 2)).round(3)
Y = np.arange(N) % 2


def text(separator=";", decimal=",", header="a{0}b{0}y", x=X):
    rows = [separator.join([*(f"{v:g}" for v in row), f"{y}"]) for row, y in zip(x, Y, strict=True)]
    body = "\n".join(rows).replace(".", decimal)
    return (f"{header.format(separator)}\n{body}\n" if header else f"{body}\n").encode()


def read(content, **layout):
    return own.open_file(content, "f.csv", Layout(**layout))


def same(table, names=("a", "b", "y")):
    assert table.names == names
    found = np.column_stack([table[name].values for name in names])
    np.testing.assert_allclose(found, np.column_stack([X, Y]), rtol=1e-6)


@pytest.mark.parametrize("separator", [";", "\t", "  "])
def test_a_decimal_comma_is_read_by_itself_where_nothing_else_can_be_meant(separator):
    table = read(text(separator))
    same(table)
    (note,) = table.notes
    assert "The comma is taken for the decimal sign" in note
    assert own.make(table, ("y",)).task == "classification"


@pytest.mark.parametrize(
    ("separator", "name"), [*zip(";\t ", ("semicolon", "tab", "blanks"), strict=True)]
)
def test_it_is_read_where_it_is_chosen(separator, name):
    table = read(text(separator), separator=name, decimal="comma")
    same(table)
    assert table.notes == ()


def test_between_commas_it_is_read_only_where_chosen_and_in_quotes():
    rows = "\n".join(f'"{a},5","{b},25",{y}' for a, b, y in zip(range(N), range(N), Y, strict=True))
    content = f"a,b,y\n{rows}\n".encode()
    with pytest.raises(DataError, match="or choose the comma as decimal sign"):
        own.make(read(content), ("y",))
    np.testing.assert_array_equal(read(content, decimal="comma")["a"].values, np.arange(N) + 0.5)


def test_what_may_be_thousands_is_not_taken_for_a_decimal_comma():
    rows = "\n".join(f"{i + 1},{i:03d};{y}" for i, y in enumerate(Y))
    content = f"a;y\n{rows}\n".encode()
    assert isinstance(read(content)["a"], own.TextColumn)
    assert read(content, decimal="comma")["a"].values[3] == pytest.approx(4.003)


def test_points_beside_commas_are_not_guessed_and_a_point_is_named_where_a_comma_was_chosen():
    rows = "\n".join(f"{i},5;{i}.5;{y}" for i, y in enumerate(Y))
    content = f"a;b;y\n{rows}\n".encode()
    assert isinstance(read(content)["a"], own.TextColumn)
    table = read(content, decimal="comma")
    with pytest.raises(DataError, match=r"line 2: '0\.5' has a decimal point; the decimal"):
        own.make(table, ("y",))


def test_a_chosen_point_keeps_commas_text():
    assert isinstance(read(text(), decimal="point")["a"], own.TextColumn)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("separator", [",", ";", " "])
def test_a_table_without_a_header(separator, mark):
    content = mark + text(separator, ".", header="")
    with pytest.raises(DataError, match=r"no header.*read it without a header|no header"):
        read(content)
    table = read(content, header="none")
    same(table, ("column1", "column2", "column3"))
    assert table.place(0) == "line 1"


def test_a_separator_that_is_not_the_guess():
    content = "a;b,c;y\n" + "".join(f"{i},5;{i};{i % 2}\n" for i in range(N))
    table = read(content.encode(), separator="semicolon")
    assert table.names == ("a", "b,c", "y")
    assert table["a"].values[1] == 1.5


@pytest.mark.parametrize(
    "layout", [{"separator": "pipe"}, {"decimal": "dot"}, {"header": "yes"}, {"arrays": {"a": "b"}}]
)
def test_a_choice_that_there_is_not_is_refused(layout):
    with pytest.raises(DataError, match=r"choose one of|arrays are of NPZ and HDF5"):
        read(text(), **layout)
    with pytest.raises(DataError, match="is no text"):
        own.open_file(npz_bytes(x=X, y=Y), "f.npz", Layout(decimal="comma"))


# The test set


def table(n=N, shift=0.0, labels=None, name="f.csv"):
    targets = Y[:n] if labels is None else labels
    rows = "\n".join(f"{i + shift},{i * i},{t}" for i, t in zip(range(n), targets, strict=True))
    return own.open_file(f"a,b,y\n{rows}\n".encode(), name)


def test_a_share_is_the_test_part_and_the_usual_one_keeps_its_name():
    usual = own.add(table(), ("y",))
    assert own.add(table(), ("y",), test=0.2) == usual
    assert "n_test" not in own.look(usual).about
    other = datasets.get(own.add(table(), ("y",), test=0.5))
    assert other.sizes() == (15, 15)
    examples = other.load()
    rows = np.concatenate([examples.test_inputs, examples.pool_inputs])
    assert sorted(rows[:, 0]) == list(range(N))
    for share, words in ((0.0, "between 0 and 1"), (0.99, "leaves 0 of the 30")):
        with pytest.raises(DataError, match=words):
            own.add(table(), ("y",), test=share)


@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_a_file_of_its_own_is_the_test_set_and_nothing_of_it_is_in_the_pool(kind):
    labels = None if kind == "numbers" else ["dog", "cat"] * (N // 2)
    others = None if kind == "numbers" else ["cat", "dog", "cat", "cat", "dog", "dog"]
    test = table(6, 1000.0, others, "test.csv")
    name = own.add(table(labels=labels), ("y",), test=test)
    found = datasets.get(name)
    assert found.sizes() == (N, 6)
    examples = found.load()
    np.testing.assert_array_equal(examples.test_inputs[:, 0], np.arange(6) + 1000.0)
    assert sorted(examples.pool_inputs[:, 0]) == list(range(N))
    wanted = Y[:6] if kind == "numbers" else [0, 1, 0, 0, 1, 1]
    np.testing.assert_array_equal(examples.test_targets, wanted)
    assert "The test set is test.csv" in found.about
    assert own.look(name).choices["test"] == "test.csv"


def test_a_test_file_of_other_columns_is_refused_by_name():
    other = own.open_file(b"a,y\n" + b"1,0\n2,1\n" * 9, "test.csv")
    with pytest.raises(DataError, match=r"test\.csv has no column 'b', which f\.csv has"):
        own.add(table(), ("y",), test=other)
    with pytest.raises(DataError, match=r"holds numbers in f\.csv and text in test\.csv"):
        own.add(table(), ("y",), test=table(6, labels=list("abcabc"), name="test.csv"))


@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_training_and_test_arrays_of_one_file_are_kept_apart(kind, tmp_path, capsys):
    arrays = {"x_train": X, "y_train": Y, "x_test": X[:7] + 50, "y_test": Y[:7]}
    content = npz_bytes(**arrays) if kind == "npz" else hdf5_of(**arrays)
    path = tmp_path / f"f.{kind}"
    path.write_bytes(content)
    command = ["data", "add", str(path), "--arrays", "x=x_train,y=y_train"]
    assert main([*command, "--test-arrays", "x=x_test,y=y_test"]) in (0, None)
    found = datasets.get(capsys.readouterr().out.strip())
    assert found.sizes() == (N, 7)
    np.testing.assert_allclose(found.load().test_inputs, X[:7] + 50)
    assert main(["data", "add", str(path), "--arrays", "x=nowhere"]) == 1
    assert "has no array 'nowhere'; it has x" in capsys.readouterr().err


def test_choices_are_kept_with_the_data_and_are_no_part_of_what_they_are(tmp_path, capsys):
    path = tmp_path / "f.csv"
    path.write_bytes(text())
    assert main(["data", "add", str(path), "--decimal", "comma", "--test", "0.3"]) in (0, None)
    name = capsys.readouterr().out.strip()
    kept = own.look(name)
    assert json.loads(json.dumps(kept.choices)) == {
        "decimal": "comma",
        "targets": ["y"],
        "task": "classification",
        "ignore": [],
        "test": 0.3,
    }
    assert "Read with decimal comma." in datasets.get(name).about
    assert own.add(read(text()), ("y",), test=0.3) == name
