"""Scaling curves of which one field varies."""

import json
import shlex
from dataclasses import replace

import pytest
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq import datasets
from ntk_uq.cli import main
from ntk_uq.export.document import document_of
from ntk_uq.figures import Style
from ntk_uq.jobs.varied_words import value_label
from ntk_uq.results.curves import stored_curve
from ntk_uq.specs import DataSpec
from ntk_uq.ui.pages.scaling_curves import page
from ntk_uq.ui.pages.scaling_curves.exhibit import exhibit
from ntk_uq.views import CurvesView

GRID = {"n_low": 10, "n_high": 160, "n_points": 5, "draws": 1}
SIGMAS = CurvesView(DataSpec(n_test=40), (1,), vary="sigma_w", values=(2.0, 1.0), **GRID)
TASKS = CurvesView(
    DataSpec(n_test=40), (1,), vary="dataset", values=("digits", "calorimeter"), **GRID
)


def taken_home(store, view):
    curves = [stored_curve(store.results, spec) for spec in page.wanted(view)]
    labels = page.labels_of(view)
    traces = [page.trace(view, *pair, i) for i, pair in enumerate(zip(labels, curves, strict=True))]
    return exhibit(view, traces, Style())


@pytest.mark.parametrize(
    ("view", "labels"),
    [
        (SIGMAS, ["σ_w = 2", "σ_w = 1"]),
        (TASKS, ["Handwritten digits", "Calorimeter showers"]),
    ],
)
def test_each_value_has_a_curve_and_a_sentence_with_its_name(store, view, labels):
    open_page(None, view)
    compute(store)
    app = open_page(None, view)
    assert not app.exception
    assert not app.error
    said = texts(app.markdown).replace("\\", "")
    for label in labels:
        assert f"{label}:** μ" in said
        assert label in list(app.table[0].value.index)
    assert view_in(app, CurvesView) == view
    home = taken_home(store, view)
    names = [trace.name for trace in home.plots[0].figure.data if trace.name]
    assert all(any(label in name for name in names) for label in labels)
    values = {row[view.vary] for row in home.rows}
    assert values == set(view.values)
    assert document_of(home, "")["view"]["vary"] == view.vary


def test_what_varies_is_chosen_by_controls(store):
    app = open_page(None, CurvesView(DataSpec(n_test=40), (1,), **GRID))
    app.selectbox(key="curves_vary").set_value("activation").run()
    assert view_in(app, CurvesView).values[0] == "relu"
    app.multiselect(key="curves_values_activation").set_value(["erf"]).run()
    view = view_in(app, CurvesView)
    assert (view.vary, view.values, view.depths) == ("activation", ("erf",), (1,))
    app.selectbox(key="curves_vary").set_value("sigma_w").run()
    app.text_input(key="curves_values_sigma_w").set_value("1, x").run()
    assert "“Values of σ_w”" in texts(app.error) or "sigma_w is 'x'" in texts(app.error)
    app.text_input(key="curves_values_sigma_w").set_value("2, 1.5").run()
    assert view_in(app, CurvesView).values == (2.0, 1.5)
    app.selectbox(key="curves_vary").set_value("depth").run()
    view = view_in(app, CurvesView)
    assert (view.vary, view.values) == ("depth", ())
    assert not app.exception


def test_the_command_of_the_page_gives_the_numbers_of_the_page(store, capsys):
    open_page(None, SIGMAS)
    compute(store)
    (command,) = taken_home(store, SIGMAS).shell
    assert "--vary sigma_w --values 2,1" in command
    assert main([*shlex.split(command)[3:], "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [curve["label"] for curve in told["curves"]] == ["σ_w = 2", "σ_w = 1"]
    wanted = [stored_curve(store.results, spec).points for spec in SIGMAS.curves()]
    assert [[p["mu"] for p in c["points"]] for c in told["curves"]] == [
        [p.mu for p in points] for points in wanted
    ]


def test_no_two_data_sets_are_called_alike():
    assert len({value_label("dataset", name) for name in datasets.REGISTRY}) == len(
        datasets.REGISTRY
    )


def test_of_several_data_sets_the_missing_one_is_to_be_fetched(store):
    app = open_page(None, replace(TASKS, values=("digits", "cifar10")))
    assert "CIFAR-10" in texts(app.error)
    (link,) = (e for e in app.get("page_link") if "Fetch" in e.proto.label)
    assert "dataset=cifar10" in link.proto.query_string


def test_data_sets_that_are_chosen_fit_the_numbers_of_examples(store):
    view = CurvesView(
        DataSpec("calorimeter", n_test=600), (1,), n_low=400, n_high=3000, n_points=3, draws=1
    )
    app = open_page(None, view)
    app.selectbox(key="curves_vary").set_value("dataset").run()
    found = view_in(app, CurvesView)
    assert found.values == ("calorimeter", "digits")
    assert (found.n_low, found.n_high, found.data.n_test) == (162, 1297, 500)
    assert not app.error
