"""No CSV that is written holds a formula for a spreadsheet, wherever it lets its cells begin."""

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers.made import made
from hypothesis import example, given
from hypothesis import strategies as st

from ntk_uq.datasets.own.delimited import read_csv
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.export import Column, harmless
from ntk_uq.export.table import columns_csv, csv_of, plain_csv

FORMULA = "cmd|'/C calc'!A0"
HOSTILE = (
    f"a,={FORMULA}",
    f'a"; ="{FORMULA}"',
    f"-2+3+{FORMULA}",
    f"x\n@{FORMULA}\r\n+{FORMULA}",
    f"x\t=HYPERLINK(1)|-{FORMULA}",
    f"\uff1d{FORMULA}",
)
SIGNS = ("=", "+", "-", "@", "\uff0b", "\uff0d", "\uff1d", "\uff20")


def cells(text):
    """What cells begin with by any separator, with quotes honoured and not."""
    for mark in ",;\t|":
        yield from (cell for row in csv.reader(io.StringIO(text), delimiter=mark) for cell in row)
    yield from re.split(r"[,;|\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text)


def formulas(text):
    found = [cell.strip().strip('"').strip() for cell in cells(text)]
    return [cell for cell in found if cell.startswith(SIGNS) and not is_number(cell)]


def is_number(cell):
    # With what follows at a separator of another country: no formula goes on like that.
    return re.match(r"[+-]\d+(\.\d*)?([eE][+-]?\d+)?[\]})\"]*\s*($|[,;|\t])", cell) is not None


@pytest.fixture(scope="module")
def hostile():
    """A view with formulas wherever words of users can come."""
    exhibit = made(words=HOSTILE[0])
    columns = tuple(
        Column(name, unit, about)
        for name, unit, about in [
            ("mu", "", f"what, ={FORMULA}"),
            (HOSTILE[0], HOSTILE[1], HOSTILE[2]),
            ("words", "", HOSTILE[3]),
        ]
    )
    rows = tuple({"mu": -0.31, HOSTILE[0]: -7, "words": words} for words in HOSTILE)
    return replace(
        exhibit,
        title=HOSTILE[0],
        caption=HOSTILE[1],
        columns=columns,
        rows=rows,
        findings=HOSTILE,
        provenance={
            HOSTILE[0]: list(HOSTILE),
            "numbers": [-0.31, -1e-300, [-2]],
            "own": HOSTILE[4],
        },
    )


@pytest.mark.parametrize(
    "write", [plain_csv, columns_csv, lambda e: csv_of(e, f"http://h/?a,={1}")]
)
def test_no_cell_of_any_file_is_a_formula(hostile, write):
    assert formulas(write(hostile)) == []
    assert formulas(f"# a,={FORMULA}") != []  # the measure itself sees them


def test_numbers_stay_numbers_for_pandas_numpy_and_our_own_reader(hostile):
    text = csv_of(hostile)
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert list(table["mu"]) == [-0.31] * len(HOSTILE)
    content = text.encode()
    columns = read_csv(OwnFile("x.csv", None, content, len(content))).columns
    assert columns[0].values.tolist() == [-0.31] * len(HOSTILE)
    lines = [line for line in text.splitlines() if line.startswith("-0.31,")]
    assert np.genfromtxt(lines, delimiter=",", usecols=(0, 1)).tolist() == [[-0.31, -7.0]] * 6


def test_comments_in_json_read_back_as_they_were(hostile):
    (line,) = [t for t in csv_of(hostile).splitlines() if t.startswith("# numbers: ")]
    assert json.loads(line.removeprefix("# numbers: ")) == [-0.31, -1e-300, [-2]]
    value = {"name": list(HOSTILE), "n": [-1, -0.5]}
    assert json.loads(harmless.json_words(value)) == value
    assert harmless.json_words([-1, -0.5]) == "[-1, -0.5]"


@pytest.mark.parametrize(
    "text", ["-0.31", "alpha, -0.31", "-0.31, +2e-5; 3", "a - b", "x=1", "2-3"]
)
def test_what_is_no_formula_is_left_alone(text):
    assert harmless.words(text) == text


def test_an_address_leads_to_the_same_place():
    assert harmless.address("http://h/?v=1&a=2") == "http://h/?v=1&a=2"
    assert harmless.address("http://h/?a=1,-x,=y") == "http://h/?a=1,%2Dx,%3Dy"


@example("-1\n1")
@given(st.text(st.sampled_from("=+-@,;|\t\n\"' 1.e]a\uff1d"), max_size=12))
def test_any_words(text):
    assert formulas('"' + harmless.words(text).replace('"', '""') + '"') == []
