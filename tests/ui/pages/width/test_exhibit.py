"""What the page of widths takes home, and the code that computes it again."""

import json
import shlex

import pytest

from ntk_uq.analysis.width_laws import width_laws
from ntk_uq.cli import main
from ntk_uq.engine.inline import run_comparison
from ntk_uq.figures import Style
from ntk_uq.results.points import QUANTITIES
from ntk_uq.specs import DataSpec, OptimizerSpec
from ntk_uq.ui.pages.width.exhibit import exhibit
from ntk_uq.views import WidthView

VIEW = WidthView(
    DataSpec(n_test=30),  # the sizes of SMALL in test_page.py: JAX compiles a program for each
    depths=(1, 2),
    optimizer=OptimizerSpec(steps=20),
    widths=(8, 16, 32),
    n_train=(10, 20),
    members=6,
)


@pytest.fixture(scope="module")
def studies():
    return [width_laws(run_comparison(spec)) for spec in VIEW.ensembles()]


def test_every_plotted_point_is_a_row_with_exactly_the_columns(studies):
    taken = exhibit(VIEW, studies, Style())
    names = {column.name for column in taken.columns}
    assert len(names) == len(taken.columns)
    assert all(set(row) == names for row in taken.rows)
    held = {value for row in taken.rows for value in row.values() if isinstance(value, float)}
    for plot in taken.plots:
        for trace in plot.figure.data:
            if trace.mode is None or "markers" not in trace.mode or trace.marker.symbol == "star":
                continue
            # What explains a mark in the legend has no place.
            assert {float(y) for y in trace.y if y is not None} <= held, plot.name
    parts = [row["part"] for row in taken.rows]
    assert parts.count("ensemble") == 12
    assert parts.count("infinite width") == 4
    assert parts.count("law") == 12


def test_the_findings_answer_the_question_for_every_law(studies):
    said = " ".join(exhibit(VIEW, studies, Style()).findings)
    for depth in VIEW.depths:
        for n_train in VIEW.n_train:
            assert f"Depth {depth}, N_D {n_train}, ε: width for 10 %:" in said


def test_the_script_computes_the_same_laws(studies):
    names = {}
    exec(compile(exhibit(VIEW, studies, Style()).python, "snippet", "exec"), names)
    for ours, theirs in zip(studies, names["studies"].values(), strict=True):
        assert [law.to_json() for law in ours.laws] == [law.to_json() for law in theirs.laws]


def test_the_commands_compute_the_same_laws(studies, store, capsys):
    for study, line in zip(studies, exhibit(VIEW, studies, Style()).shell, strict=True):
        words = shlex.split(line)
        assert words[:3] == ["python", "-m", "ntk_uq"]
        assert main([*words[3:], "--json", "--quiet"]) == 0
        data = json.loads(capsys.readouterr().out)
        assert [law["anchored"] for law in data["laws"]] == [
            law.to_json()["anchored"] for law in study.laws
        ]
        assert {law["quantity"] for law in data["laws"]} == set(QUANTITIES)
