"""Result records: they come back from JSON, their keys, their averages."""

import dataclasses
import json
import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from ntk_uq.base.errors import DataError
from ntk_uq.results import points as results
from ntk_uq.results.points import Point, average, point_key, standard_error
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec

MOMENTS = ("mu", "mu_bias", "mu_variance", "sigma", "epsilon", "epsilon_floor")


def point(n: int, draw: int = 0, value: float = 1.0, **more) -> Point:
    numbers = {name: value * (i + 1) for i, name in enumerate(MOMENTS)}
    return Point(n, draw, **{**numbers, "epsilon_population": value, "condition": 5.0, **more})


finite = st.floats(allow_nan=False, allow_infinity=False)
points = st.builds(
    Point,
    n_train=st.integers(1, 10**6),
    draw=st.integers(0, 99),
    **dict.fromkeys((*MOMENTS, "ridge", "seconds"), finite),
    epsilon_population=st.none() | finite,
    condition=st.none() | finite,
    warnings=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    provenance=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@given(points)
def test_every_point_comes_back_from_its_json_text(one):
    assert Point.from_json(json.loads(json.dumps(one.to_json(), allow_nan=False))) == one


def test_a_failed_point_comes_back():
    failed = Point(5, 2, failure="singular", provenance={"notices": ["n"]})
    again = Point.from_json(json.loads(json.dumps(failed.to_json())))
    assert again == failed
    assert again.mu is None


GOOD = point(10).to_json()


@pytest.mark.parametrize(
    "data",
    [
        None,
        3,
        "text",
        [],
        {},
        {k: v for k, v in GOOD.items() if k != "n_train"},
        {k: v for k, v in GOOD.items() if k != "warnings"},
        {**GOOD, "width": 5},
        {**GOOD, "warnings": None},
        {**GOOD, "warnings": 5},
    ],
)
def test_what_is_no_point_is_a_data_error(data):
    with pytest.raises(DataError, match="not a point of a curve"):
        Point.from_json(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"mu": "large"},
        {"mu": None},
        {"sigma": None},
        {"epsilon": [1]},
        {"epsilon_floor": True},
        {"n_train": "10"},
        {"n_train": None},
        {"draw": 0.5},
        {"condition": "good"},
        {"seconds": None},
        {"ridge": "0"},
        {"warnings": [5]},
        {"warnings": "a sentence"},
        {"failure": 5},
        {"provenance": None},
        {"provenance": ["a"]},
    ],
    ids=str,
)
def test_a_point_with_values_of_another_kind_is_a_data_error(changes):
    # Otherwise it would come out of the store as a point, and break the page that averages it.
    with pytest.raises(DataError, match="not a point of a curve"):
        Point.from_json({**GOOD, **changes})


def test_a_point_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        point(5).mu = 3.0


SPEC = CurveSpec()


def test_a_key_is_a_digest_of_everything_that_a_point_depends_on(monkeypatch):
    base = SPEC.point(50, 0)
    variants = [
        point_key(base, "data"),
        point_key(base, "other data"),
        point_key(SPEC.point(100, 0), "data"),
        point_key(SPEC.point(50, 1), "data"),
        point_key(CurveSpec(DataSpec(n_test=401)).point(50, 0), "data"),
        point_key(CurveSpec(DataSpec(seed=1)).point(50, 0), "data"),
        point_key(CurveSpec(architecture=ArchitectureSpec(3)).point(50, 0), "data"),
        point_key(CurveSpec(training=TrainingSpec("bayes")).point(50, 0), "data"),
        point_key(CurveSpec(training=TrainingSpec(jitter=1e-9)).point(50, 0), "data"),
    ]
    assert len(set(variants)) == len(variants)
    before = point_key(base, "data")
    assert point_key(base, "data") == before
    monkeypatch.setattr(results, "RESULTS_VERSION", results.RESULTS_VERSION + 1)
    assert point_key(base, "data") != before


def test_a_key_does_not_depend_on_the_grid_or_the_number_of_draws():
    other = CurveSpec(n_train=(7, 50), draws=9)
    assert point_key(other.point(50, 0), "data") == point_key(SPEC.point(50, 0), "data")


def test_a_key_says_what_it_is_of():
    kind, digest = point_key(SPEC.point(50, 0), "data").split("/")
    assert kind == "point"
    assert len(digest) == 64
    assert set(digest) <= set("0123456789abcdef")


def test_the_key_of_the_default_point_never_changes():
    # A change orphans every cached result; if it is meant, raise RESULTS_VERSION.
    key = point_key(SPEC.point(50, 0), "sklearn-digits-shuffle1998")
    assert key == "point/6b52019b0805d8f486d87773ea48e7414761f90cee52e836eb4251535014c571"


@pytest.mark.parametrize("draws", [1, 2, 3, 10, 33])
def test_an_average_has_the_bits_of_one_field_at_a_time(draws):
    values = np.random.default_rng(draws).lognormal(size=draws)
    (mean,) = average([point(10, draw, value) for draw, value in enumerate(values.tolist())])
    assert mean.mu == float(np.mean(values))
    assert mean.mu_sem == standard_error(values.tolist())


def test_draws_are_averaged_with_their_standard_error():
    (mean,) = average([point(10, 0, 1.0), point(10, 1, 2.0), point(10, 2, 6.0)])
    assert (mean.n_train, mean.draws) == (10, 3)
    # Of 1, 2, 6: mean 3, sample variance 7.
    sem = math.sqrt(7 / 3)
    for i, name in enumerate(MOMENTS):
        assert getattr(mean, name) == pytest.approx(3 * (i + 1))
    assert mean.mu_sem == pytest.approx(sem)
    assert mean.sigma_sem == pytest.approx(4 * sem)
    assert mean.epsilon_sem == pytest.approx(5 * sem)
    assert mean.epsilon_population == pytest.approx(3)


def test_one_draw_has_no_standard_error():
    (mean,) = average([point(10)])
    assert mean.draws == 1
    assert mean.mu == 1
    assert mean.mu_sem is mean.sigma_sem is mean.epsilon_sem is None


def test_sizes_come_sorted_and_each_with_its_own_draws():
    means = average([point(20), point(5), point(20, 1), point(10)])
    assert [(m.n_train, m.draws) for m in means] == [(5, 1), (10, 1), (20, 2)]
    assert average([]) == ()


def test_failed_draws_are_left_out_and_not_counted():
    failed = Point(10, 1, failure="singular")
    (mean,) = average([point(10, 0, 4.0), failed])
    assert (mean.draws, mean.mu, mean.mu_sem) == (1, 4.0, None)
    assert average([failed]) == ()


def test_an_average_without_the_population_part_of_every_draw_has_none():
    (mean,) = average([point(10), point(10, 1, epsilon_population=None)])
    assert mean.epsilon_population is None
    assert mean.epsilon == 5


def test_the_worst_condition_and_each_warning_once():
    draws = [
        point(10, 0, condition=3.0, warnings=("a", "b")),
        point(10, 1, condition=7.0, warnings=("b", "c")),
        point(10, 2, condition=None),
    ]
    (mean,) = average(draws)
    assert mean.condition == 7
    assert mean.warnings == ("a", "b", "c")
    (none,) = average([point(10, condition=None)])
    assert none.condition is None


def test_an_average_as_json_is_strict():
    (mean,) = average([point(10, epsilon_population=None, condition=None)])
    data = json.loads(json.dumps(mean.to_json(), allow_nan=False))
    assert data["n_train"] == 10
    assert data["warnings"] == []
    assert data["epsilon_population"] is None


def with_errors(n_train, draw, of_test, value=1.0):
    names = ("mu", "sigma", "epsilon", "epsilon_population")
    return dataclasses.replace(
        point(n_train, draw, value), **{f"{name}_test_error": of_test for name in names}
    )


def test_draws_share_the_error_of_their_test_set_and_have_their_own_beside_it():
    (mean,) = average([with_errors(10, 0, 0.3, 1.0), with_errors(10, 1, 0.5, 3.0)])
    assert mean.mu_test_error == pytest.approx(0.4)
    assert mean.mu_sem == pytest.approx(1.0)
    assert mean.error("mu") == pytest.approx(math.hypot(1.0, 0.4))
    assert mean.to_json()["mu_error"] == mean.error("mu")
    (alone,) = average([with_errors(10, 0, 0.3)])
    assert alone.error("epsilon") == pytest.approx(0.3)


def test_points_from_before_know_no_error_of_their_test_set():
    older = {k: v for k, v in point(10).to_json().items() if not k.endswith("_test_error")}
    read = Point.from_json(older)
    assert read.mu_test_error is None
    (mean,) = average([read, with_errors(10, 1, 0.3)])
    assert mean.mu_test_error is None
    assert mean.error("mu") is None
