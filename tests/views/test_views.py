"""What a page shows: its grid, its curves, its link."""

import dataclasses
import itertools
import json
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from ntk_uq.base.errors import LinkError, SpecError
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec, TrainingTimeSpec
from ntk_uq.specs.training_time import time_grid
from ntk_uq.views import (
    MOST_CURVES,
    CurvesView,
    TrainingTimeView,
    logarithmic_grid,
    training_time_view_of,
    view_of,
)

ranges = st.tuples(st.integers(1, 1_000_000), st.integers(1, 1_000_000)).filter(
    lambda pair: pair[0] < pair[1]
)


@st.composite
def views(draw):
    low, high = draw(ranges)
    points = draw(st.integers(2, 40))
    grid = logarithmic_grid(low, high, points)
    # A window holds at least one N_D of the grid, with room on both sides.
    inside = draw(st.sampled_from(grid))
    return CurvesView(
        DataSpec(n_test=draw(st.integers(1, 1000))),
        depths=sorted(draw(st.sets(st.integers(1, 32), min_size=1, max_size=MOST_CURVES))),
        training=draw(
            st.sampled_from([TrainingSpec(), TrainingSpec("bayes"), TrainingSpec(steps=9, eta=0.3)])
        ),
        n_low=low,
        n_high=high,
        n_points=points,
        draws=draw(st.integers(1, 100)),
        fit_low=draw(st.none() | st.floats(1, inside, exclude_max=inside > 1)),
        fit_high=draw(st.none() | st.floats(inside, 1e6, exclude_min=inside < 1e6)),
        parts=draw(st.booleans()),
        axis=draw(st.sampled_from(["log", "linear"])),
        law=draw(st.sampled_from(["power", "auto", "offset", "broken"])),
        extrapolate=draw(st.none() | st.integers(1, 10**9)),
    )


QUERY = CurvesView().to_query()


@given(views())
def test_every_view_comes_back_from_its_link_and_its_json(view):
    assert CurvesView.from_query(view.to_query()) == view
    assert CurvesView.from_json(json.loads(json.dumps(view.to_json()))) == view


@given(views())
def test_a_view_makes_one_curve_a_depth_on_one_valid_grid(view):
    curves = view.curves()
    assert [c.architecture.depth for c in curves] == list(view.depths)
    for curve in curves:
        assert curve == CurveSpec(
            view.data,
            ArchitectureSpec(curve.architecture.depth),
            view.training,
            view.n_train,
            view.draws,
        )


def test_curves_take_everything_from_the_view():
    view = CurvesView(
        DataSpec("mnist", 77, 5), (2, 9), "erf", 1.25, 0.5, TrainingSpec("bayes"), draws=4
    )
    assert view.curves()[1] == CurveSpec(
        DataSpec("mnist", 77, 5),
        ArchitectureSpec(9, "erf", 1.25, 0.5),
        TrainingSpec("bayes"),
        view.n_train,
        4,
    )


@given(ranges, st.integers(2, 40))
@example((1, 2), 40)
@example((1, 1_000_000), 40)
@example((999_999, 1_000_000), 40)
def test_the_grid_is_increasing_within_its_ends_and_not_too_long(span, points):
    low, high = span
    grid = logarithmic_grid(low, high, points)
    assert grid[0] == low
    assert grid[-1] == high
    assert all(a < b for a, b in itertools.pairwise(grid))
    assert len(grid) <= points
    assert all(isinstance(n, int) for n in grid)


def test_the_grid_is_evenly_spaced_in_the_logarithm():
    assert logarithmic_grid(1, 10_000, 5) == (1, 10, 100, 1000, 10_000)
    assert logarithmic_grid(50, 800, 5) == (50, 100, 200, 400, 800)
    assert logarithmic_grid(7, 9, 2) == (7, 9)
    assert CurvesView(n_low=50, n_high=800, n_points=5).n_train == (50, 100, 200, 400, 800)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_low": 100, "n_high": 100}, "from 100 to 100; the largest must be above"),
        ({"n_low": 200, "n_high": 100}, "from 200 to 100"),
        ({"fit_low": 50.0, "fit_high": 50.0}, "fit window goes from 50 to 50"),
        ({"fit_low": 60, "fit_high": 50}, "fit window goes from 60 to 50"),
        ({"fit_low": 0}, "fit_low is 0; it must be at least 1"),
        ({"n_points": 1}, "n_points is 1; it must be from 2 to 40"),
        ({"n_points": 41}, "n_points is 41"),
        ({"depths": range(1, 10)}, "depths has 9 values; give 1 to 8"),
        ({"depths": ()}, "depths has 0 values"),
        ({"depths": (2, 2)}, "depths holds 2 twice"),
        ({"depths": (0,)}, r"depths\[0\] is 0; it must be from 1 to 32"),
        ({"parts": 1}, "parts is 1; it must be true or false"),
        ({"axis": "sqrt"}, "axis is 'sqrt'; choose one of log, linear"),
        ({"draws": 0}, "draws is 0"),
        ({"sigma_w": 0}, "sigma_w is 0"),
        ({"test": "folds=1"}, "choose held-out, or folds=K with K from 2 to 100"),
        ({"test": "folds=30"}, "N_D 40 in 30 folds leaves fewer than two examples in some"),
        ({"test": "folds=5", "training": TrainingSpec(steps=9)}, "trained to convergence, or Bay"),
        ({"test": "folds=5", "finite": True}, "Finite networks are tested on a held-out test set"),
    ],
)
def test_an_impossible_view_is_refused_in_words(changes, words):
    with pytest.raises(SpecError, match=words):
        CurvesView(**changes)


def test_a_view_tested_on_folds_comes_back_and_a_curve_of_folds_is_shown_by_it():
    view = CurvesView(depths=(1,), test="folds=5")
    assert CurvesView.from_query(view.to_query()) == view
    (curve,) = view.curves()
    assert (curve.folds, curve.n_test_at(100)) == (5, 20)
    assert view_of(curve) == view
    older = {k: v for k, v in CurvesView().to_query().items() if k != "test"}
    assert CurvesView.from_query({**older, "v": "5"}) == CurvesView()


@pytest.mark.parametrize(
    "window",
    [
        {"fit_low": 201},
        {"fit_low": 500, "fit_high": 1e6},
        {"fit_high": 49},
        {"fit_low": 51, "fit_high": 99},
    ],
    ids=str,
)
def test_a_fit_window_without_a_point_of_the_grid_is_refused_in_words(window):
    with pytest.raises(SpecError, match=r"holds no N_D of this range, 50 to 200"):
        CurvesView(n_low=50, n_high=200, n_points=3, **window)


def test_a_fit_window_of_one_point_of_the_grid_is_allowed():
    assert CurvesView(n_low=50, n_high=200, n_points=3, fit_low=200).fit_low == 200
    assert CurvesView(n_low=50, n_high=200, n_points=3, fit_high=50).fit_high == 50
    assert CurvesView(n_low=50, n_high=200, n_points=3, fit_low=99, fit_high=101).n_train[1] == 100


def test_a_view_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CurvesView().draws = 5


def test_fields_shared_with_specs_keep_their_sentences_and_ranges():
    ours = {f.name: f for f in dataclasses.fields(CurvesView)}
    for theirs in dataclasses.fields(ArchitectureSpec):
        if theirs.name != "depth":
            assert ours[theirs.name].metadata == theirs.metadata
            assert ours[theirs.name].default == theirs.default


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("parts", "yes", "parts is 'yes'; it must be 0 or 1"),
        ("parts", "", "parts is empty"),
        ("depths", "4,2", "depths goes from 4 down to 2"),
        ("depths", "1;2", "depths is '1;2'"),
        ("fit_low", "low", "fit_low is 'low'; it must be a number"),
        ("fit_low", "inf", "fit_low is inf"),
        ("n_high", "40", "from 40 to 40"),
        ("v", "9", "version '9'"),
    ],
)
def test_an_impossible_link_is_refused_in_words(name, text, words):
    with pytest.raises(LinkError) as caught:
        CurvesView.from_query({**QUERY, name: text})
    assert words in str(caught.value)


@given(st.sampled_from(sorted(QUERY)), st.text(max_size=20) | st.floats().map(str))
@example("depths", "1" * 5000)
@example("fit_low", "-0.0")
def test_a_link_with_any_text_opens_or_is_refused_in_words(name, text):
    try:
        view = CurvesView.from_query({**QUERY, name: text})
    except LinkError as error:
        assert str(error)  # noqa: PT017 (not raising is allowed too)
        return
    assert CurvesView.from_query(view.to_query()) == view


def test_a_link_of_a_curve_is_not_a_link_of_a_view():
    with pytest.raises(LinkError, match="The link lacks depths"):
        CurvesView.from_query(CurveSpec().to_query())


# Training time


@pytest.mark.parametrize(
    "spec",
    [
        TrainingTimeSpec(),
        TrainingTimeSpec(noises=(0.5,), jitters=(0.1,), draws=4),
        TrainingTimeSpec(noises=(0.0, 1.0)),
        TrainingTimeSpec(jitters=(0.0, 1e-3, 1e-2)),
        TrainingTimeSpec(noises=(0.0, 1.0), jitters=(0.0, 1e-3, 1e-2)),
        TrainingTimeSpec(noises=(0.0, 1.0, 2.0), jitters=(0.0, 1e-3)),
        TrainingTimeSpec(noises=tuple(range(20))),
        TrainingTimeSpec(
            DataSpec("mnist", 70, 5), ArchitectureSpec(3, "erf"), 99, time_grid(3, 77, 5)
        ),
    ],
)
def test_a_specification_against_time_is_shown_by_a_view(spec):
    view = training_time_view_of(spec)
    assert view.training_times() == (spec,)
    assert TrainingTimeView.from_query(view.to_query()) == view


def test_other_times_are_shown_by_the_closest_there_is():
    for times in ((5.0,), (1.0, 2.0, 50.0)):
        view = training_time_view_of(TrainingTimeSpec(times=times))
        assert (view.tau_low, view.tau_high) == (times[0] if len(times) > 1 else 0.5, times[-1])


def test_networks_are_those_of_one_curve():
    view = TrainingTimeView(noises=(0.0, 1.0), finite=True, networks=1.0)
    assert view.shown.noise == view.ensembles().data.noise == 1.0
    assert replace(view, networks=7.0).shown.noise == 0.0
    deep = replace(view, family="depth", depths=(2, 3), networks=3.0)
    assert deep.ensembles().architecture.depth == 3
    ridged = replace(view, family="jitter", jitters=(0.1, 0.2))
    assert ridged.shown.jitter == 0.1


# What varies from curve to curve


@pytest.mark.parametrize(
    ("vary", "values"),
    [("dataset", ("mnist", "digits")), ("sigma_w", (1.0, 2.0)), ("time", (10.0, "converged"))],
)
def test_any_field_may_vary_and_comes_back(vary, values):
    view = CurvesView(depths=(2,), vary=vary, values=values)
    assert len(view.curves()) == 2
    assert CurvesView.from_query(view.to_query()) == view
    assert CurvesView.from_json(json.loads(json.dumps(view.to_json()))) == view


def test_what_was_there_before_fields_could_vary_is_the_same_view():
    old = {k: v for k, v in QUERY.items() if k not in ("vary", "values")}
    assert CurvesView.from_query({**old, "v": "3"}) == CurvesView()
    assert {"vary", "values"}.isdisjoint(CurvesView().identity())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vary": "sigma_w"}, "sigma_w varies, and has no values"),
        ({"vary": "sigma_w", "values": (1,), "depths": (1, 2)}, "There are 2 depths, but sigma_w"),
        ({"values": (1,)}, "depth varies; give them as depths"),
        ({"vary": "sigma_w", "values": (-1,)}, "sigma_w is -1"),
        ({"vary": "posterior", "values": ("bayes",), "bayes": True}, "posterior varies, so"),
        ({"vary": "n_train", "values": (1,)}, "vary is 'n_train'; choose one of"),
    ],
)
def test_values_that_do_not_go_together_are_refused_in_words(changes, words):
    with pytest.raises(SpecError, match=words):
        CurvesView(**{"depths": (1,), **changes})


@pytest.mark.parametrize(
    ("sample", "n_pool", "wanted"),
    [(200, 1000, (25, 50, 100)), (None, 1000, (25, 50, 100, 200, 400)), (None, 120, (25, 50))],
)
def test_what_foresees_a_curve_is_at_those_of_its_n_d_that_the_sample_carries(
    sample, n_pool, wanted
):
    view = CurvesView(n_low=25, n_high=800, n_points=6, foreseen=True, sample=sample)
    (curve, *_) = view.curves()
    found = view.foreseen_of(curve, n_pool)
    assert found.n_train == wanted
    assert found.sample == (sample or min(n_pool, 800))
    assert found.architecture == curve.architecture
    other = replace(curve, data=replace(curve.data, n_test=77))
    assert view.foreseen_of(other, n_pool) == found, "the test set does not matter"


def test_nothing_is_foreseen_of_an_unended_training_or_from_too_few():
    view = CurvesView(foreseen=True)
    (curve, *_) = view.curves()
    assert view.foreseen_of(replace(curve, training=TrainingSpec(time=5.0)), 1000) is None
    assert view.foreseen_of(replace(curve, n_train=(500,)), 1000) is None
    assert view.foreseen_of(replace(curve, n_train=(1,)), 3) is None
