"""The view of the page of runs, its link, and the view that shows a curve."""

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ntk_uq.base.errors import LinkError, SpecError
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.views import ORDERS, STATES, CurvesView, RunsView, view_of

names = st.text("abcdef0123456789-_.", min_size=1, max_size=64)
views = st.builds(
    RunsView,
    states=st.lists(st.sampled_from(STATES), unique=True),
    kinds=st.lists(names, unique=True, max_size=16),
    text=st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=80).filter(
        str.isprintable
    ),
    archived=st.booleans(),
    order=st.sampled_from(ORDERS),
    page=st.integers(1, 100_000),
    selected=st.lists(names, unique=True, max_size=2),
)


@given(views)
def test_every_view_comes_back_from_its_link_and_its_json(view):
    assert RunsView.from_query(view.to_query()) == view
    assert RunsView.from_json(json.loads(json.dumps(view.to_json()))) == view


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"states": ["asleep"]}, r"states\[0\] is 'asleep'; choose one of running"),
        ({"states": ["done", "done"]}, "states holds a name twice"),
        ({"states": "done"}, "states is 'done'; it must be a list of names"),
        ({"kinds": ["a b"]}, r"kinds\[0\] is 'a b'"),
        ({"selected": ["a", "b", "c"]}, "selected has 3 names; give at most 2"),
        ({"text": "x" * 81}, "text has 81 characters; at most 80"),
        ({"text": "a\nb"}, "it must be one line of text"),
        ({"page": 0}, "page is 0"),
    ],
)
def test_an_impossible_view_is_refused_in_words(changes, words):
    with pytest.raises(SpecError, match=words):
        RunsView(**changes)


@given(st.sampled_from(sorted(RunsView().to_query())), st.text(max_size=20))
def test_a_link_with_any_text_opens_or_is_refused_in_words(name, text):
    try:
        view = RunsView.from_query({**RunsView().to_query(), name: text})
    except LinkError as error:
        assert str(error)  # noqa: PT017 (not raising is allowed too)
        return
    assert RunsView.from_query(view.to_query()) == view


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(2, 40))
def test_the_curve_of_a_view_is_shown_by_a_view(low, more, points):
    view = CurvesView(
        DataSpec("mnist", 77, 5),
        (3,),
        "erf",
        1.5,
        0.25,
        TrainingSpec(steps=10, eta=0.5),
        n_low=low,
        n_high=low + more,
        n_points=points,
        draws=4,
    )
    (curve,) = view.curves()
    assert view_of(curve).curves() == (curve,)


@pytest.mark.parametrize("sizes", [(1,), (7,), (1_000_000,), (10, 11, 500), tuple(range(1, 65))])
def test_another_grid_has_a_closest_view(sizes):
    curve = CurveSpec(architecture=ArchitectureSpec(4), n_train=sizes, draws=2)
    view = view_of(curve)
    (shown,) = view.curves()
    assert shown != curve
    assert view.n_train[-1] == max(sizes[-1], 2)
    assert len(sizes) == 1 or view.n_train[0] == sizes[0]
    assert (shown.architecture, shown.draws) == (curve.architecture, 2)
