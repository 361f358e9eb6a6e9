"""The form that every page fills."""

import math
import urllib.parse

import numpy as np
import plotly.graph_objects as go
import pytest
from helpers.made import VIEW, made

from ntk_uq.export import Column, Plot, spec_columns
from ntk_uq.export.exhibit import plain
from ntk_uq.views import CurvesView


def test_values_become_plain_and_nothing_is_nan():
    columns = (Column("a", "", ""), Column("b", "", ""))
    rows = ({"a": np.float64(1.5), "b": np.int64(2)}, {"b": math.nan, "a": np.float32(math.inf)})
    exhibit = made(columns=columns, rows=rows, details={"x": np.array([1.0, math.nan])})
    assert exhibit.rows == ({"a": 1.5, "b": 2}, {"a": None, "b": None})
    assert [type(v) for v in exhibit.rows[0].values()] == [float, int]
    assert exhibit.details == {"x": [1.0, None]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": ({"name": "a"},)}, "a row has"),
        ({"columns": (Column("a", "", ""),) * 2, "rows": ()}, "share a name"),
        ({"details": {"x": object()}}, "no type of JSON"),
        (
            {"columns": (Column("a", "", ""),), "rows": ({"a": [1]},)},
            "a cell is one plain value",
        ),
    ],
)
def test_what_does_not_fit_is_told(change, words):
    with pytest.raises(ValueError, match=words):
        made(**change)


@pytest.mark.parametrize("name", ["../up", "", "a b", "ä", "x" * 61])
def test_a_plot_has_a_name_for_files(name):
    with pytest.raises(ValueError, match="file's name"):
        Plot(name, "", go.Figure())


def test_the_link_opens_the_view():
    page, _, query = made(page="ensembles").link.partition("?")
    assert page == "ensembles"
    assert CurvesView.from_query(dict(urllib.parse.parse_qsl(query))) == VIEW
    assert made().stem == f"scaling-curves-{VIEW.digest()[:8]}"


def test_columns_of_specifications_say_what_their_fields_say():
    columns, values = spec_columns(VIEW.data, VIEW)
    assert [c.name for c in columns] == list(values)
    assert values["dataset"] == "digits"
    assert values["depths"] == "1,3"
    assert values["fit_low"] is None
    assert next(c.about for c in columns if c.name == "n_test").startswith("test examples N_T")
    assert not {"data", "training"} & set(values)


def test_plain_takes_what_json_takes():
    assert plain({"a": (1, True, None, "x")}) == {"a": [1, True, None, "x"]}
