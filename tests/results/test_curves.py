"""Curves: averages, failures and warnings in words, fits and their windows, the store."""

import json
import logging

import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import MissingDataError, SpecError
from ntk_uq.results.curves import Curve, point_keys, stored_curve
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec, DataSpec

GRID = (50, 100, 200, 400, 800, 1200)
SPEC = CurveSpec(DataSpec(n_test=50), n_train=GRID, draws=2)


def point(n: int, draw: int = 0, mu: float | None = None, **more) -> Point:
    mu = 3 * n**-0.5 if mu is None else mu
    sigma = mu * 0.1
    numbers = {
        "mu": mu,
        "mu_bias": 0.75 * mu,
        "mu_variance": 0.25 * mu,
        "sigma": sigma,
        "epsilon": sigma / mu,
        "epsilon_population": 0.06,
        "epsilon_floor": 0.08,
        "condition": 10.0,
        "seconds": 0.5,
        "provenance": {"versions": {"numpy": "2"}, "device": "cpu", "dtype": "float64"},
    }
    return Point(n, draw, **{**numbers, **more})


def curve(**more) -> Curve:
    """Two draws that differ by a few per cent."""
    raw = [
        point(n, d, 3 * n**-0.5 * (1 + 0.02 * (-1) ** (d + i)), **more)
        for d in range(2)
        for i, n in enumerate(GRID)
    ]
    return Curve(SPEC, tuple(raw))


def test_points_are_averages_over_draws():
    points = curve().points
    assert [p.n_train for p in points] == list(GRID)
    assert all(p.draws == 2 for p in points)
    for p in points:
        assert p.mu == pytest.approx(3 * p.n_train**-0.5)
        # Of two values m (1 - s) and m (1 + s) the standard error is m s.
        assert p.mu_sem == pytest.approx(0.02 * p.mu)
    assert [p.epsilon for p in points] == pytest.approx([0.1] * 6)
    assert curve().seconds == pytest.approx(12 * 0.5)


def test_a_curve_is_complete_with_every_draw_of_every_size_or_a_reason():
    full = curve()
    assert full.complete
    assert not Curve(SPEC, full.raw[:-1]).complete
    assert Curve(SPEC, (*full.raw[:-1], Point(1200, 1, failure="singular"))).complete
    assert not Curve(SPEC, ()).complete


def test_failures_are_told_once_with_the_sizes_that_they_concern():
    raw = (
        point(50),
        Point(100, 0, failure="Not positive definite."),
        Point(400, 0, failure="Not positive definite."),
        Point(200, 1, failure="Overflow."),
    )
    assert Curve(SPEC, raw).failures == (
        "N_D 100 to 400: Not positive definite.",
        "N_D 200: Overflow.",
    )
    assert curve().failures == ()


def test_warnings_are_notices_of_the_data_and_of_points_each_once():
    raw = (
        point(50, warnings=("ill",), provenance={"notices": ["strange files"]}),
        point(100, warnings=("ill", "small"), provenance={"notices": ["strange files"]}),
        Point(200, 0, failure="f", provenance={"notices": ["other"]}),
    )
    assert Curve(SPEC, raw).warnings == (
        "strange files",
        "other",
        "N_D 50 to 100: ill",
        "N_D 100: small",
    )
    assert curve().warnings == ()


def test_fits_find_the_planted_exponents():
    fits = curve().fits()
    assert fits.mu.alpha == pytest.approx(0.5, abs=0.05)
    assert fits.sigma.alpha == pytest.approx(0.5, abs=0.05)
    assert fits.mu.window == (50, 1200)
    assert set(fits.to_json()) == {"mu", "sigma", "epsilon"}


@pytest.mark.parametrize(
    ("low", "high", "window"),
    [
        (100, 800, (100, 800)),
        (90, 850, (100, 800)),
        (100, None, (100, 1200)),
        (None, 400, (50, 400)),
        (1, 1e6, (50, 1200)),
    ],
)
def test_fits_take_the_points_within_the_bounds(low, high, window):
    fits = curve().fits(low, high)
    assert fits.mu.window == window
    assert fits.sigma.window == window


def test_a_bound_from_below_leaves_out_what_bends():
    """Flat up to 200, then a power law: only the window shows which exponent it is."""
    raw = tuple(point(n, 0, 3 * max(n, 200) ** -0.5) for n in GRID)
    one = Curve(CurveSpec(n_train=GRID), raw)
    assert one.fits(low=200).mu.alpha == pytest.approx(0.5, abs=1e-6)
    assert one.fits(low=50).mu.alpha < 0.45


@pytest.mark.parametrize(
    ("low", "high"), [(5000, None), (5000, 6000), (None, 20), (10, 20), (101, 199)]
)
def test_a_window_without_points_is_never_a_fit_of_all_points(low, high):
    fits = curve().fits(low, high)
    for fit in (fits.mu, fits.sigma, fits.epsilon):
        assert fit.window is None
        assert not fit.valid


def test_a_window_of_one_point_holds_one_point():
    fits = curve().fits(390, 410)
    assert fits.mu.window == (400, 400)
    assert not fits.mu.valid
    assert not fits.epsilon.valid


@pytest.mark.parametrize(("low", "high"), [(400, 400), (800, 100), (5, 0)])
def test_a_window_upside_down_is_refused_in_words(low, high):
    with pytest.raises(SpecError, match=f"from {low} to {high}; its upper end must be above"):
        curve().fits(low, high)


@pytest.mark.parametrize("n_points", [0, 1, 2, 3])
def test_too_few_points_are_no_valid_fit(n_points):
    fits = Curve(SPEC, curve().raw[:n_points]).fits()
    assert not fits.mu.valid
    assert not fits.sigma.valid
    assert fits.mu.describe()
    assert fits.epsilon.describe()
    json.dumps(fits.to_json(), allow_nan=False)


def test_a_curve_as_json_has_the_documented_keys_and_is_strict():
    data = json.loads(json.dumps(curve(epsilon_population=None).to_json(), allow_nan=False))
    # Reasons for missing points are beside the points: nothing may fail in silence.
    assert set(data) == {"spec", "digest", "points", "fits", "laws", "failures", "provenance"}
    assert data["spec"] == SPEC.to_json()
    assert data["digest"] == SPEC.digest()
    assert len(data["points"]) == 6
    assert data["provenance"]["seconds"] == pytest.approx(6)
    assert data["provenance"]["device"] == "cpu"
    assert data["provenance"]["ridge"] == [0.0]


def test_a_curve_without_points_is_json_too():
    failed = Point(50, 0, failure="singular", provenance={"device": "cpu"})
    for raw in ((), (failed,)):
        data = json.loads(json.dumps(Curve(SPEC, raw).to_json(), allow_nan=False))
        assert data["points"] == []
        assert data["failures"] == (["N_D 50: singular"] if raw else [])


# The store


def put(store, one: Point, n: int | None = None, draw: int | None = None) -> str:
    where = (one.draw if draw is None else draw, one.n_train if n is None else n)
    key = point_keys(SPEC)[where]
    store.results.put_json(key, one.to_json())
    return key


def test_keys_are_one_a_point_of_every_draw():
    keys = point_keys(SPEC)
    assert set(keys) == {(draw, n) for draw in range(2) for n in GRID}
    assert len(set(keys.values())) == 12


def test_keys_of_an_unknown_or_missing_data_set_are_refused():
    with pytest.raises(SpecError, match="no data set 'other'"):
        point_keys(CurveSpec(DataSpec("other")))
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA"):
        point_keys(CurveSpec(DataSpec("mnist")))


def test_keys_change_with_what_the_files_hold(monkeypatch):
    before = point_keys(SPEC)
    digits = datasets.REGISTRY["digits"]
    changed = type(digits)(**{**vars(digits), "fingerprint": lambda: "changed"})
    monkeypatch.setitem(datasets.REGISTRY, "digits", changed)
    after = point_keys(SPEC)
    assert not set(before.values()) & set(after.values())


def test_a_stored_curve_has_the_points_that_the_store_has(store):
    assert stored_curve(store.results, SPEC) == Curve(SPEC, ())
    kept = [point(50), point(400, 1), Point(800, 1, failure="singular")]
    for one in kept:
        put(store, one)
    found = stored_curve(store.results, SPEC)
    assert found == Curve(SPEC, tuple(kept))
    assert not found.complete


def test_a_larger_grid_finds_the_points_of_a_smaller_one(store):
    put(store, point(100))
    larger = CurveSpec(SPEC.data, n_train=(7, 100, 101), draws=5)
    assert stored_curve(store.results, larger).raw == (point(100),)
    other = CurveSpec(DataSpec(n_test=51), n_train=GRID, draws=2)
    assert stored_curve(store.results, other).raw == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"\xff\xfe\x00",
        b"[1, 2",
        b"[" * 100_000,
        b"null",
        b"[]",
        b"3",
        b"NaN",
        b'"text"',
        b"{}",
        b'{"n_train": 50, "draw": 0, "mu": NaN, "warnings": []}',
        b'{"n_train": 50, "draw": 0, "warnings": []}',
        b'{"n_train": 50, "draw": 0, "mu": "large", "warnings": []}',
    ],
    ids=range(14),
)
def test_foreign_entries_are_as_if_they_were_not_there(store, content):
    put(store, point(100))
    store.results.put(point_keys(SPEC)[0, 50], content)
    found = stored_curve(store.results, SPEC)
    assert found.raw == (point(100),)
    assert [p.n_train for p in found.points] == [100]


@pytest.mark.parametrize("stranger", [point(100), point(50, 1)])
def test_a_point_in_the_place_of_another_is_ignored(store, stranger):
    put(store, stranger, n=50, draw=0)
    assert stored_curve(store.results, SPEC).raw == ()


def test_damaged_entries_are_ignored_and_told_in_the_log(store, caplog):
    put(store, point(100))
    big = point(50, warnings=("x" * 100_000,))
    put(store, big)
    (path,) = store.results.directory.glob("*/*/*.val")
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert stored_curve(store.results, SPEC).raw == (point(100),)
    assert "damaged" in caplog.text
