"""CSV files: what is read from those of real life, and what is refused, by line and column."""

import time

import numpy as np
import pandas as pd
import pytest
from helpers.writers import csv_bytes, frame_of, parquet_bytes

from ntk_uq.base.errors import DataError
from ntk_uq.datasets import own
from ntk_uq.datasets.own.words import is_number, not_a_number


def table(text, name="f.csv"):
    return own.open_file(text.encode() if isinstance(text, str) else text, name)


def rows(n=12, cells=("1.5", "2", "0")):
    """Lines with numbers that differ from row to row."""
    return [",".join([str(i), *cells[1:]]) for i in range(n)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("quoting", [0, 1, 2])  # minimal, all, what is no number
def test_what_pandas_writes_is_read_to_the_last_bit(separator, ends, mark, quoting):
    frame = frame_of().assign(name=[f"a{separator}b" if i % 2 else 'c"d' for i in range(40)])
    text = mark + frame.to_csv(index=False, sep=separator, lineterminator=ends, quoting=quoting)
    found = table(text)
    assert found.names == tuple(frame.columns)
    for name in ("x0", "x1", "x2", "y"):
        np.testing.assert_array_equal(found[name].values, frame[name].to_numpy(float))
    assert [found["name"].labels[code] for code in found["name"].codes] == frame["name"].tolist()


def test_blanks_plus_signs_and_blank_lines_are_taken():
    found = table("a , b\n\n 1, +2 \n\n3e2,.5\n4.,-0\n\n")
    assert found.names == ("a", "b")
    np.testing.assert_array_equal(found["a"].values, [1, 300, 4])
    np.testing.assert_array_equal(found["b"].values, [2, 0.5, 0])


def test_large_whole_numbers_are_taken_where_float64_holds_them_and_as_labels():
    found = table("a,b,c\n9007199254740992,1e20,1\n-9007199254740992,100000000000000000000.0,2\n")
    np.testing.assert_array_equal(found["a"].values, [2**53, -(2**53)])
    np.testing.assert_array_equal(found["b"].values, [1e20, 1e20])
    lines = [f"{i},{2**60 + i % 2}" for i in range(20)]
    kept = own.make(table("\n".join(["a,y", *lines])), ("y",), "classification")
    assert kept.class_names == (str(2**60), str(2**60 + 1))


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_that_excel_writes_above_the_header_is_passed_over(line):
    found = table(f"\ufeff{line}\r\na;y\r\n1;2\r\n3;x\r\n")
    assert found.names == ("a", "y")
    assert found["y"].problem == "line 4: 'x' is not a number"


def test_a_file_of_several_blocks_is_read_as_one(monkeypatch):
    frame = frame_of(3000, 4)
    frame["word"] = np.where(np.arange(3000) < 2999, "left", "right")
    monkeypatch.setattr("ntk_uq.datasets.own.delimited.BLOCK", 4096)
    found = table(csv_bytes(frame))
    np.testing.assert_array_equal(found["x3"].values, frame["x3"])
    assert found["word"].labels == ("left", "right")
    assert found["word"].codes.tolist() == [0] * 2999 + [1]


HEAD = "a,b,y\n"
LINES = "\n".join(rows()) + "\n"

REFUSED = {
    "empty": (b"", "f.csv is empty"),
    "blank": ("\n \n", "holds no text; its first line must name the columns"),
    "header only": ("a,b,y\n", "holds a header and no rows"),
    "header without end of line": ("a,b,y", "holds a header and no rows"),
    "one column": ("a\n1\n2\n", "one column only, 'a'.*commas, semicolons, tabs or blanks"),
    "bars": ("a|b\n1|2\n", r"one column only, 'a\|b'"),
    "no header": ("1.0,2,3\n4,5,6\n", "no header: line 1 holds numbers only"),
    "twice": ("a,a,y\n" + LINES, "two columns named 'a'"),
    "pandas index": (",a,y\n" + LINES, r"has no name.*pandas writes it.*index=False"),
    "a name of control characters": ("a,b\x07,y\n" + LINES, r"'b\\x07'; a name is at most"),
    "ragged": (HEAD + LINES + "1,2\n", "line 14 has 2 values, but the header names 3"),
    "ragged, longer": (
        HEAD + "1,2,3,4\n" + LINES,
        "line 2 has 4 values, but the header names 3 columns.*row numbers written without a name",
    ),
    "ragged behind a quoted line": (
        HEAD + '1,"2\n2",3\n' + "1\n",
        "line 4 has 1 value, but the header names 3",
    ),
    "latin-1": (HEAD.encode() + b"1,2,3\n1,caf\xe9,2\n", "line 3 is not UTF-8.*Latin-1"),
    "latin-1 header": (b"caf\xe9,b\n1,2\n", "line 1 is not UTF-8"),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "UTF-16; save it as UTF-8"),
    "utf-16 without mark": ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16; save it as UTF-8"),
    "old macs": ("a,b,y\r1,2,3\r4,5,6\r", "carriage returns alone"),
    "open quote in the header": ('a,"b,y\n1,2,3\n', "has a quote that does not end"),
    "second header": (
        HEAD + "GeV,cm,m\n" + LINES,
        r"second header: line 2 holds text above numbers \('GeV' in column 'a'\)",
    ),
    "a comment alone above values": (
        "# by me\n" + LINES,
        "one column only, 'by me'.*Line 1 starts with #: if it is a comment.*leave it out",
    ),
    "a comment with a comma above values": (
        "# by me, for you\n" + LINES,
        "line 2 has 3 values, but the header names 2 columns.*Line 1 starts with #",
    ),
    "one value more, a quantity": (
        HEAD + "".join(f"{i * 0.3},1,2,{i}\n" for i in range(12)),
        "line 2 has 4 values, but the header names 3 columns.*row numbers written without a name",
    ),
    "a comment with commas above fewer values": (
        "# by me, for you, twice, and again\n" + LINES,
        "line 2 has 3 values, but the header names 4 columns.*Line 1 starts with #",
    ),
    "a separator at the end of all lines": (
        "a,b,\n1,2,\n3,4,\n",
        "ends in a separator, so that its last column has no name. Leave it out in all lines",
    ),
    "a separator at the end of rows": (
        HEAD + "1,2,3,\n",
        r"line 2 has 4 values.*Does the line end in a separator\?",
    ),
    "too many columns": (",".join(f"c{i}" for i in range(20_001)), "20,001 columns"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_in_words(case):
    content, words = REFUSED[case]
    with pytest.raises(DataError, match=words) as caught:
        table(content)
    assert "f.csv" in str(caught.value)


VALUES = {
    "": "the value is missing",
    "n/a": r"'n/a' is not a number \(a missing value\?\)",
    "NaN": r"'NaN' is not a number \(a missing value\?\)",
    "-inf": "'-inf' is infinite",
    "1e999": "'1e999' is infinite or too large",
    '"1,5"': "'1,5' is not a number: write a decimal point, not a comma",
    "2024-02-29": "'2024-02-29' is a date or a time",
    "12:30": "'12:30' is a date or a time",
    "1+2j": r"'1\+2j' is a complex number",
    "red": "'red' is not a number",
    "1_000": "'1_000' looks like a number with thousands separators",
    "0x10": "'0x10' is not a number",
    "1152921504606846977": r"'1152921504606846977' is beyond the whole numbers.*2\^53.*exponent",
    "-9007199254740993": "'-9007199254740993' is beyond the whole numbers that float64 holds",
    "9" * 400: "'9{40}…' is beyond the whole numbers",
    "１２": "'１２' is not a number",
}


@pytest.mark.parametrize("value", VALUES)
def test_an_input_that_is_no_number_is_refused_by_line_and_column(value):
    lines = [HEAD.strip(), *rows()]
    lines[7] = f"1,{value},2"
    words = f"f.csv: column 'b', line 8: {VALUES[value]}"
    with pytest.raises(DataError, match=words):
        own.make(table("\n".join(lines)), ("y",), "regression")


def test_lines_are_those_of_an_editor_with_quoted_and_blank_lines():
    text = HEAD + '1,"x\ny",0\n\n' + "\n".join(rows(5)) + "\n2,word,1\n"
    found = table(text)
    assert found["b"].problem == r"line 2: 'x\ny' is not a number"
    text = HEAD + "\n\n" + "\n".join(rows(5)) + "\n2,word,1\n"
    assert table(text)["b"].problem.startswith("line 9: 'word'")


def test_a_bad_value_in_a_column_that_is_left_out_does_not_matter():
    frame = frame_of().assign(when="2024-01-01", gap=np.nan)
    kept = own.make(table(csv_bytes(frame)), ("y",), ignore=("when", "gap"))
    assert kept.feature_names == ("x0", "x1", "x2")
    with pytest.raises(DataError, match="column 'when', line 2: '2024-01-01' is a date"):
        own.make(table(csv_bytes(frame)), ("y",), ignore=("gap",))


def test_a_target_of_numbers_with_a_gap_is_no_classification():
    frame = frame_of()
    frame["y"] = frame["y"].astype(object)
    frame.loc[17, "y"] = "unknown"
    with pytest.raises(DataError, match="column 'y', line 19: 'unknown' is not a number"):
        own.make(table(csv_bytes(frame)), ("y",))
    # Who asks for classes gets them.
    assert own.make(table(csv_bytes(frame)), ("y",), "classification").class_names[-1] == "unknown"


def test_a_label_that_is_missing_is_refused_by_its_line():
    frame = frame_of().assign(kind=["a", "b"] * 20)
    frame.loc[3, "kind"] = None
    with pytest.raises(DataError, match="column 'kind', line 5 has no label"):
        own.make(table(csv_bytes(frame)), ("kind",))


def test_a_pandas_index_that_has_a_name_is_refused_unless_left_out():
    frame = frame_of()
    written = pd.read_csv(pd.io.common.StringIO(frame.to_csv())).to_csv(index=False)
    with pytest.raises(DataError, match="'Unnamed: 0', which is how pandas writes"):
        own.make(table(written), ("y",))
    assert own.make(table(written), ("y",), ignore=("Unnamed: 0",)).shape == (3,)


def test_numbers_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setenv("NTK_UQ_UPLOAD_EXPANDED", "1KiB")
    with pytest.raises(DataError, match=r"more than 1\.0 KiB of numbers.*NTK_UQ_UPLOAD_EXPANDED"):
        table(csv_bytes(frame_of(400)))


def test_a_file_beyond_the_limit_is_refused_unread(monkeypatch, tmp_path):
    monkeypatch.setenv("NTK_UQ_UPLOAD_LIMIT", "1KiB")
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(DataError, match=r"big\.csv has 1\.0 TiB; at most 1\.0 KiB.*UPLOAD_LIMIT"):
        own.open_file(path)


def test_booleans_of_a_text_are_those_of_other_formats():
    frame = frame_of().assign(y=[True, False] * 20, flag=[False, False, True, False] * 10)
    by_text = own.add(table(csv_bytes(frame)), ("y",))
    assert by_text == own.add(own.open_file(parquet_bytes(frame), "f.parquet"), ("y",))
    assert own.look(by_text).about["classes"] == ["False", "True"]


def test_the_header_of_savetxt_is_read(tmp_path):
    path = tmp_path / "f.txt"
    np.savetxt(path, np.arange(60).reshape(20, 3), delimiter=",", header="a,b,y")
    assert own.open_file(path).names == ("a", "b", "y")


def test_long_texts_are_told_from_numbers_in_bounded_time():
    """No pattern may look at a megabyte of digits again for each of them."""
    long = "1" * 10**6
    for value in (f"{long}x", f"{long}.{long}e", f"{long},{long}j", f"{long}-{long}/"):
        start = time.monotonic()
        assert "is not a number" in not_a_number(value)
        assert not is_number(value)
        assert time.monotonic() - start < 2


def test_labels_that_are_free_text_are_refused():
    frame = frame_of().assign(y=["a" * 300, "b"] * 20)
    with pytest.raises(DataError, match="column 'y' has a label of more than 200 characters"):
        own.make(table(csv_bytes(frame)), ("y",))
