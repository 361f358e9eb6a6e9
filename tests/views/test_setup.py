"""The setup that travels from view to view."""

from dataclasses import replace

import pytest

from ntk_uq import views
from ntk_uq.specs import ArchitectureSpec, DataSpec, MapSpec, OptimizerSpec, TrainingSpec
from ntk_uq.views import (
    CurvesView,
    DataView,
    EnsemblesView,
    PhaseMapView,
    TrainingTimeView,
    WidthView,
)
from ntk_uq.views.setup import Setup, choices, fitted, places

DATA = DataSpec("mnist", 77, 5, "scale", 0.25, "raw", 0.5)
CURVES = CurvesView(DATA, (3, 5), "erf", 1.25, 0.5, TrainingSpec(steps=300, eta=0.5, jitter=0.01))
PAGES = (CurvesView, EnsemblesView, WidthView, TrainingTimeView, PhaseMapView, DataView)


@pytest.mark.parametrize("cls", PAGES)
def test_what_was_chosen_on_one_page_is_there_on_every_other(cls):
    own = cls()
    view, notes = Setup().taking(CURVES).put(own)
    assert notes in ((), notes if "jitter" not in places(own) else ())
    held = choices(view)
    assert {name: held[name] for name in vars(DATA)} == vars(DATA)
    assert (held["activation"], held["sigma_w"], held["sigma_b"]) == ("erf", 1.25, 0.5)
    assert held.get("depth", 3) == 3
    assert held.get("depths", (3, 5)) == (3, 5)
    assert held.get("training", TrainingSpec(steps=300, eta=0.5)).steps == 300
    assert held.get("optimizer", OptimizerSpec("gd", 300, 0.5)) == OptimizerSpec("gd", 300, 0.5)
    assert held.get("jitter", 0.01) == 0.01
    # and nothing else: taken back, the page has its own axes
    assert choices(Setup().taking(own).put(view)[0]) == choices(own)


def test_only_what_was_changed_travels():
    before = CurvesView()
    setup = Setup().changed(before, replace(before, sigma_w=1.1, n_low=10, axis="linear"))
    assert dict(setup.chosen) == {"sigma_w": 1.1}
    width = WidthView(depths=(1, 7), members=3)
    assert setup.put(width)[0] == replace(width, sigma_w=1.1)


@pytest.mark.parametrize(
    ("depths", "own", "one"), [((1, 2, 4), 2, 2), ((1, 3), 2, 1), ((5,), 2, 5)]
)
def test_of_several_depths_a_page_with_one_keeps_its_own_or_takes_the_first(depths, own, one):
    setup = Setup().changed(CurvesView(depths=(9,)), CurvesView(depths=depths))
    view, _ = setup.put(EnsemblesView(architecture=ArchitectureSpec(own)))
    assert view.architecture.depth == one


def test_one_depth_goes_among_several_or_instead_of_them():
    before = EnsemblesView(architecture=ArchitectureSpec(2))
    for depth, depths in ((4, (1, 2, 4)), (3, (3,))):
        setup = Setup().changed(before, replace(before, architecture=ArchitectureSpec(depth)))
        assert setup.put(CurvesView())[0].depths == depths
        assert setup.put(DataView())[0].architecture.depth == depth


def test_steps_are_the_same_of_finite_and_of_infinite_width_but_convergence_stays():
    before = EnsemblesView()
    quick = Setup().changed(before, replace(before, optimizer=OptimizerSpec(steps=30)))
    assert quick.put(CurvesView())[0].training == TrainingSpec()
    stepped = replace(CurvesView(), training=TrainingSpec(steps=500))
    after = replace(before, optimizer=OptimizerSpec(steps=30))
    both = Setup().taking(stepped).changed(before, after)
    assert both.put(CurvesView())[0].training == TrainingSpec(steps=30)


def test_what_a_page_cannot_take_is_told_and_the_rest_is_kept():
    setup = Setup().taking(WidthView(widths=tuple(range(1, 17)), sigma_b=0.25))
    view, notes = setup.put(EnsemblesView())
    assert view.widths == (64, 256)
    assert view.architecture.sigma_b == 0.25
    assert any("widths has 16 values; give 1 to 7" in note for note in notes)

    bayes = Setup().taking(CurvesView(training=TrainingSpec("bayes", jitter=0.1), sigma_b=0.75))
    overtime = PhaseMapView(MapSpec(x="time", x_values=(1.0, 10.0)))
    view, notes = bayes.put(overtime)
    assert view.map.training.posterior == "trained"
    assert view.map.architecture.sigma_b == 0.75
    assert any("a Bayesian posterior has none" in note for note in notes)
    view, notes = bayes.put(EnsemblesView())
    assert any("Bayesian posterior is not shown here" in note for note in notes)
    assert any("jitter of 0.1 is not used here" in note for note in notes)


def test_axes_end_where_the_data_do():
    view, notes = fitted(CurvesView(DataSpec(n_test=400)), 300, 150)
    assert (view.n_low, view.n_high, view.data.n_test) == (40, 300, 150)
    assert len(notes) == 2
    assert fitted(CurvesView(), 30, 1000)[0].n_low == 3
    assert fitted(EnsemblesView(n_train=(20, 50, 100)), 60, 1000)[0].n_train == (20, 50, 60)
    assert fitted(PhaseMapView(), 60, 1000)[0].map.n_train == 60
    assert fitted(views.SpectrumView(), 60, 20) == (
        views.SpectrumView(DataSpec(n_test=20), sample=60),
        (
            "The sample goes to 60: the data set has no more examples.",
            "N_T goes to 20: the data set has no more examples.",
        ),
    )
    assert fitted(CurvesView(), 5000, 5000) == (CurvesView(), ())


def test_a_view_without_any_of_it_stays_as_it_is():
    runs = views.RunsView(text="mnist")
    assert Setup().taking(CURVES).put(runs) == (runs, ())
