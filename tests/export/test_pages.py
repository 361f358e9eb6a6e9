"""What each page takes home: every value that is drawn is in its rows; its snippets compute it."""

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest
from helpers.made import computed

import ntk_uq
from ntk_uq import datasets
from ntk_uq.cli import main
from ntk_uq.datasets.inspection.inspect import inspect
from ntk_uq.export.document import document_of, json_of, read
from ntk_uq.export.table import csv_of, parquet_of
from ntk_uq.figures import Style
from ntk_uq.results.ensembles.stored import descent_of
from ntk_uq.specs import ArchitectureSpec, DataSpec, OptimizerSpec, SpectrumSpec
from ntk_uq.store import JobState
from ntk_uq.theory.descent import evaluate_descent
from ntk_uq.theory.spectrum import evaluate_spectrum
from ntk_uq.ui.pages.data import exhibit as data
from ntk_uq.ui.pages.ensembles import exhibit as ensembles
from ntk_uq.ui.pages.runs import exhibit as runs
from ntk_uq.views import DataView, EnsemblesView, RunsView

ENSEMBLES = EnsemblesView(
    DataSpec(n_test=30),  # sizes that other tests of ensembles have: compiled once for all
    ArchitectureSpec(depth=1),
    OptimizerSpec(steps=20),
    widths=(8, 16),
    n_train=(10, 20),
    members=12,
)


def drawn(plot):
    """The values in a figure that somebody can read off it: not fits and bands, which say no more
    than their parameters, and not the marks below an axis, whose height means nothing."""
    values = []
    for trace in plot.figure.data:
        if trace.hoverinfo == "skip":
            continue
        if trace.type == "heatmap":
            values += list(np.ravel(trace.customdata))
        elif "μ = " in str(trace.name) or _is_rug(trace):
            values += list(trace.x)
        else:
            values += list(trace.y)
    return [float(v) for v in values if v is not None and np.isfinite(v)]


def _is_rug(trace):
    return trace.type == "scatter" and str(trace.marker.symbol).startswith("line-ns")


def check(exhibit):
    """Every drawn value is in the rows, and every format can be written."""
    known = np.array(
        sorted(
            {float(v) for r in exhibit.rows for v in r.values() if isinstance(v, int | float)}
            | {0.0}
        )
    )
    for plot in exhibit.plots:
        values = np.array(drawn(plot))
        assert len(values), plot.name
        nearest = np.abs(known[None] - values[:, None]).min(axis=1)
        worst = int(np.argmax(nearest))
        assert nearest[worst] <= 1e-12 * abs(values[worst]) + 1e-15, (plot.name, values[worst])
    read(json_of(document_of(exhibit, figures=True)), "view")
    assert len(csv_of(exhibit)) > 100
    assert len(parquet_of(exhibit)) > 100
    assert all(column.about for column in exhibit.columns)


def test_scaling_curves():
    exhibit, traces = computed()
    check(exhibit)
    assert any(traces[0].fits.mu.describe() in finding for finding in exhibit.findings)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    comparison = ntk_uq.ensemble(ENSEMBLES.ensembles())
    descent = evaluate_descent(descent_of(ENSEMBLES.ensembles(), 20))
    return comparison, descent


def test_ensembles(trained):
    comparison, descent = trained
    exhibit = ensembles.exhibit(ENSEMBLES, comparison, descent, Style())
    check(exhibit)
    assert {row["part"] for row in exhibit.rows} == {
        *("ensemble", "infinite width", "network"),
        *("along training", "histogram", "density"),
    }
    rows = [row for row in exhibit.rows if row["part"] == "ensemble"]
    for row, point in zip(rows, comparison.ensembles.points, strict=True):
        assert (row["width"], row["mu"], row["mu_low"]) == (
            point.width,
            point.mu.value,
            point.mu.low,
        )
        assert row["ratio_mu"] == comparison.ratio(point, "mu").value
        assert row["optimizer"] == "gd"
    networks = [row for row in exhibit.rows if row["part"] == "network"]
    mean = np.mean([row["test_loss"] for row in networks])
    assert mean == pytest.approx(comparison.ensembles.point(16, 20).mu.value, rel=1e-12)


def test_ensembles_without_anything_yet(store):
    from ntk_uq.analysis.comparisons import Comparison
    from ntk_uq.results.ensembles.stored import stored_ensembles

    empty = Comparison(stored_ensembles(store.results, ENSEMBLES.ensembles()), None)
    exhibit = ensembles.exhibit(ENSEMBLES, empty, None, Style())
    assert exhibit.rows == ()
    assert exhibit.findings[0] == "0 of 48 networks were there."
    assert json.loads(json_of(document_of(exhibit, figures=True)))["rows"] == []


def test_the_python_of_ensembles_trains_the_same_networks(trained, capsys):
    comparison, descent = trained
    exhibit = ensembles.exhibit(ENSEMBLES, comparison, descent, Style())
    names = {}
    exec(compile(exhibit.python, "again.py", "exec"), names)
    networks = [row["test_loss"] for row in exhibit.rows if row["part"] == "network"]
    np.testing.assert_allclose(names["losses"], networks, rtol=1e-6)
    steps = [r for r in exhibit.rows if r["part"] == "along training" and r["width"] is None]
    np.testing.assert_allclose(
        [s.mu for s in names["descent"].steps], [r["test_loss"] for r in steps], rtol=1e-12
    )
    capsys.readouterr()
    (command,) = exhibit.shell
    assert main([*shlex.split(command)[3:], "--json", "--quiet"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    rows = [row for row in exhibit.rows if row["part"] == "ensemble"]
    np.testing.assert_allclose([p["mu"] for p in points], [r["mu"] for r in rows], rtol=1e-6)


@pytest.mark.parametrize("name", ["digits", "calorimeter"])
def test_data(name, tmp_path, monkeypatch, capsys):
    dataset = datasets.get(name)
    view = DataView(DataSpec(name, n_test=50), ArchitectureSpec(depth=1), sample=60)
    wanted = SpectrumSpec(replace(view.data, n_test=1), view.architecture, 60)
    report, found = inspect(dataset), evaluate_spectrum(wanted)
    exhibit = data.exhibit(view, dataset, report, wanted, found, Style())
    check(exhibit)
    assert any("eigenvalues fall as" in f or "no power law" in f for f in exhibit.findings)
    names = {}
    exec(compile(exhibit.python, "again.py", "exec"), names)
    ntk = [
        r["eigenvalue"] for r in exhibit.rows if r["part"] == "eigenvalue" and r["name"] == "NTK"
    ]
    np.testing.assert_allclose(names["spectrum"].ntk.eigenvalues, ntk, rtol=1e-9)
    assert names["inspection"] == report
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(exhibit.shell[-1])[3:]) == 0
    assert np.load(f"{name}.npz", allow_pickle=False)["x_train"].shape == (60, dataset.n_features)
    nothing = data.exhibit(view, dataset, None, wanted, None, Style())
    assert nothing.rows == ()
    assert nothing.plots == ()


def test_runs(store, capsys):
    from ntk_uq.jobs.asking import submit
    from ntk_uq.specs import CurveSpec

    job = submit(store.jobs, CurveSpec())
    submit(store.jobs, CurveSpec(draws=2))
    store.jobs.set_label(job.id, "=HYPERLINK(1)")
    store.jobs.request_cancel(job.id)
    view = RunsView(states=("cancelled",))
    jobs = store.jobs.list(states=[JobState.CANCELLED])
    exhibit = runs.exhibit(view, jobs, 1, jobs[0].requested + 5)
    (row,) = exhibit.rows
    assert (row["id"], row["state"], row["label"]) == (job.id, "cancelled", "=HYPERLINK(1)")
    assert '"\'=HYPERLINK(1)"' in csv_of(exhibit)
    assert CurveSpec.from_json(json.loads(row["spec"])) == CurveSpec()
    read(json_of(document_of(exhibit, figures=True)), "view")
    assert main(shlex.split(exhibit.shell[0])[3:]) == 0
    assert [j["id"] for j in json.loads(capsys.readouterr().out)] == [job.id]
