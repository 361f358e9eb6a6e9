"""CSV and Parquet, read by programs that did not write them."""

import csv
import io
import json
import re
from dataclasses import replace

import pandas as pd
import pyarrow.parquet as pq
import pytest
from helpers.made import NASTY, VIEW, computed, made
from hypothesis import example, given
from hypothesis import strategies as st

from ntk_uq.export import Column
from ntk_uq.export.table import columns_csv, csv_of, parquet_of, plain_csv


def read(text):
    return pd.read_csv(io.StringIO(text), comment="#")


def test_pandas_reads_the_commented_table():
    exhibit = made(words=NASTY)
    text = csv_of(exhibit, "http://server/?v=3")
    table = read(text)
    assert list(table) == ["name", "n_train", "mu", "sound"]
    assert list(table["n_train"]) == [10, 20, 40]
    assert table["mu"][0] == 0.1 + 0.2  # every digit
    assert pd.isna(table["mu"][1])
    assert table["mu"][2] == 1e-300
    assert list(table["sound"]) == [True, False, True]
    assert table["name"][0] == NASTY
    assert table["name"][2] == 'a "b", c\nd # e'
    head = [line for line in text.splitlines() if line.startswith("# ")]
    assert "# column mu [squared error]: mean test loss" in head
    assert "# link: http://server/?v=3" in head
    assert "# found: α = 0.5 ± 0.1" in head


def test_a_formula_stays_words_in_a_spreadsheet():
    assert read(plain_csv(made()))["name"][1] == "'=1+1"


def test_the_plain_table_is_ordinary_csv_with_a_companion():
    rows = list(csv.DictReader(io.StringIO(plain_csv(made(words=NASTY)))))
    assert rows[0]["name"] == NASTY
    assert rows[1]["mu"] == ""
    units = {row["column"]: row["unit"] for row in csv.DictReader(io.StringIO(columns_csv(made())))}
    assert units == {"name": "", "n_train": "examples", "mu": "squared error", "sound": ""}


MADE = made()  # once: its figures take longer than a table of it


_SIGNED = re.compile("'(?=[=+\\-@\uff0b\uff0d\uff1d\uff20])")


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"])), min_size=1, max_size=5))
@example([",=", "=1", "a;@b", "'=", "-1"])
def test_any_words_survive(words):
    columns = (Column("words", "", ""), Column("n", "", ""))
    exhibit = replace(MADE, columns=columns, rows=tuple({"words": w, "n": 1} for w in words))
    rows = list(csv.reader(io.StringIO(plain_csv(exhibit))))
    assert [row[1] for row in rows] == ["n", *("1" for _ in words)]
    # But for apostrophes before what could begin a formula, they are what they were.
    for (shown, _), word in zip(rows[1:], words, strict=True):
        assert _SIGNED.sub("", shown) == _SIGNED.sub("", word)
        assert shown[:1] not in tuple("=@")


def test_parquet_has_types_units_and_provenance():
    content = parquet_of(made(words=NASTY), "http://server/?v=3")
    table = pd.read_parquet(io.BytesIO(content))
    assert list(table["n_train"]) == [10, 20, 40]
    assert table["mu"][0] == 0.1 + 0.2
    assert table["name"][0] == NASTY
    schema = pq.read_schema(io.BytesIO(content))
    kinds = {field.name: str(field.type) for field in schema}
    assert kinds == {"name": "string", "n_train": "int64", "mu": "double", "sound": "bool"}
    assert schema.field("mu").metadata[b"unit"] == b"squared error"
    about = json.loads(schema.metadata[b"ntk_uq"])
    assert type(VIEW).from_json(about["view"]) == VIEW
    assert about["provenance"]["device"] == "cpu"
    assert about["link"] == "http://server/?v=3"


def test_empty_and_mixed_columns_have_a_type():
    columns = (Column("a", "", ""), Column("b", "m", ""), Column("c", "", ""), Column("d", "m", ""))
    rows = ({"a": None, "b": None, "c": 1, "d": 1}, {"a": None, "b": None, "c": "x", "d": 0.5})
    content = parquet_of(made(columns=columns, rows=rows))
    kinds = [str(field.type) for field in pq.read_schema(io.BytesIO(content))]
    assert kinds == ["string", "double", "string", "double"]
    assert list(pd.read_parquet(io.BytesIO(content))["c"]) == ["1", "x"]


def test_both_hold_the_computed_numbers():
    exhibit, traces = computed()
    wanted = [point.mu for trace in traces for point in trace.curve.points]
    table = pd.read_parquet(io.BytesIO(parquet_of(exhibit)))
    assert list(read(csv_of(exhibit))["mu"]) == wanted
    assert list(table["mu"]) == wanted
    assert set(table["dataset"]) == {"digits"}
    assert table["epsilon_floor"].tolist() == pytest.approx(
        [p.epsilon_floor for t in traces for p in t.curve.points], rel=1e-15
    )
