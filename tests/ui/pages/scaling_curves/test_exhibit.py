"""What the page of scaling curves takes home of laws, expectations and both posteriors."""

import shlex

import pytest
from helpers.unchecked import unchecked

from ntk_uq.analysis.curve_laws import expectation, shown_laws
from ntk_uq.analysis.posteriors import PosteriorPair, bayesian
from ntk_uq.cli import main
from ntk_uq.engine.inline import run_curve
from ntk_uq.figures import Style, Trace
from ntk_uq.specs import DataSpec
from ntk_uq.ui.pages.scaling_curves.exhibit import exhibit
from ntk_uq.views import CurvesView

VIEW = CurvesView(
    data=DataSpec(n_test=50),
    depths=(1, 2),
    n_low=20,
    n_high=320,
    n_points=6,
    draws=3,
    law="auto",
    extrapolate=5000,
    bayes=True,
)


@pytest.fixture(scope="module")
@unchecked()
def traces():
    specs = [*VIEW.curves(), *map(bayesian, VIEW.curves())]
    labels = ["depth 1", "depth 2", "depth 1, Bayesian", "depth 2, Bayesian"]
    made = []
    for label, spec in zip(labels, specs, strict=True):
        curve = run_curve(spec)
        fits = curve.fits()
        laws = shown_laws(curve, fits, VIEW.law)
        made.append(Trace(label, curve, fits, laws, True))
    return made


@pytest.fixture(scope="module")
@unchecked()
def taken(traces):
    pairs = [
        (left.label, PosteriorPair(left.curve, right.curve))
        for left, right in zip(traces[:2], traces[2:], strict=True)
    ]
    return exhibit(VIEW, traces, Style(), pairs)


def test_every_drawn_number_is_in_the_rows(taken, traces):
    names = {column.name for column in taken.columns}
    assert len(names) == len(taken.columns)
    assert all(set(row) == names for row in taken.rows)
    held = {value for row in taken.rows for value in row.values() if isinstance(value, float)}
    assert [plot.name for plot in taken.plots][3:] == ["ratio-mu", "ratio-sigma", "ratio-epsilon"]
    for plot in taken.plots:
        for trace in plot.figure.data:
            if trace.mode is not None and "markers" in trace.mode:
                assert set(map(float, trace.y)) <= held, plot.name
    for trace in traces:
        for name, law in trace.laws.items():
            for expected in law.path(5000.0):
                assert {expected.value, *expected.interval} <= held, (trace.label, name)
    assert {row["posterior"] for row in taken.rows} == {"trained", "bayes", None}


def test_every_point_has_its_curves_exponents_with_that_of_the_networks_part(taken, traces):
    quoted = 0
    for trace in traces:
        which = (trace.curve.spec.architecture.depth, trace.curve.spec.training.posterior)
        own, level = trace.curve.population()
        valid = own.valid and not level.valid
        wanted = (own.alpha, own.alpha_error) if valid else (None, None)
        rows = [
            row
            for row in taken.rows
            if row["part"] == "point" and (row["depth"], row["posterior"]) == which
        ]
        found = {(row["alpha_population"], row["alpha_population_error"]) for row in rows}
        assert found == {wanted}
        quoted += valid
    assert quoted


def test_findings_hold_the_expectation_its_check_and_both_exponents(taken, traces):
    said = " ".join(taken.findings)
    for trace in traces:
        assert expectation(trace.laws, 5000.0) in said
        for law in trace.laws.values():
            assert all(check.describe() in said for check in law.choice.held_out)
    assert "trained and Bayesian:" in said
    assert {"lee2018", "lee2019", "hurvich1989"} <= set(taken.sources)


@unchecked()
def test_the_script_finds_the_same_laws(taken, traces, capsys):
    names = {}
    exec(compile(taken.python, "snippet", "exec"), names)
    printed = capsys.readouterr().out
    for trace, curve in zip(traces, names["curves"].values(), strict=True):
        assert [p.mu for p in trace.curve.points] == [p.mu for p in curve.points]
        assert f"{trace.label} {expectation(trace.laws, 5000.0)}" in printed


@unchecked()
def test_the_commands_tell_the_same_expectation(taken, traces, store, capsys):
    assert len(taken.shell) == 4
    for trace, line in zip(traces, taken.shell, strict=True):
        assert main([*shlex.split(line)[3:], "--quiet"]) == 0
        out = capsys.readouterr().out
        assert trace.laws["mu"].at(5000.0).describe("μ") in out
