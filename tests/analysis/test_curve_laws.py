"""The laws of computed curves and of ensembles: what is shown, expected, refused and resampled."""

import dataclasses
import functools
import json
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.scaling_planted import correlated_draws, planted
from helpers.unchecked import unchecked

import ntk_uq
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.curve_laws import cautions, expectation, shown_laws
from ntk_uq.analysis.ensemble_laws import ensemble_laws, exponents
from ntk_uq.base.errors import SpecError
from ntk_uq.results.curves import Curve
from ntk_uq.results.ensembles.records import MemberResult
from ntk_uq.results.ensembles.statistics import summarize
from ntk_uq.results.ensembles.stored import Ensembles
from ntk_uq.results.points import Point
from ntk_uq.scaling import Extrapolation, fit_laws
from ntk_uq.specs import CurveSpec, DataSpec, EnsembleSpec, OptimizerSpec

GRID = (40, 65, 106, 172, 279, 455, 738, 1200)


@pytest.fixture(autouse=True)
def _without_the_checks():
    """Fits in great number, whose shapes the tests of scaling check; no others are here."""
    with unchecked():
        yield


@functools.cache
def curve(mu="power", epsilon=None, draws=6, grid=GRID):
    """Draws of mu along a planted law; epsilon flat, or along another one."""
    n = np.array(grid, dtype=float)
    rng = np.random.default_rng(1)
    losses = correlated_draws(planted(mu)(n), n, draws, rng)
    level = np.full(len(n), 0.03) if epsilon is None else planted(epsilon)(n)
    ratios = correlated_draws(level, n, draws, rng)
    raw = [
        Point(
            size,
            d,
            mu=losses[d, i],
            mu_bias=0.0,
            mu_variance=losses[d, i],
            sigma=losses[d, i] * ratios[d, i],
            epsilon=ratios[d, i],
            epsilon_floor=0.01,
            epsilon_population=0.02,
        )
        for d in range(draws)
        for i, size in enumerate(grid)
    ]
    return Curve(CurveSpec(DataSpec(n_test=50), n_train=grid, draws=draws), tuple(raw))


def shown(found, law, low=None, high=None):
    return shown_laws(found, found.fits(low, high), law, low, high)


def test_a_curve_hands_its_draws_to_the_laws():
    found = curve()
    choice = found.laws("mu")
    draws = [[p.mu for p in found.raw if p.draw == d] for d in range(6)]
    mean = [p.mu for p in found.points]
    errors = [p.mu_sem for p in found.points]
    assert choice == fit_laws(GRID, mean, errors, draws=draws)
    assert choice.chosen == "power"
    assert "6 draws" in choice.resampled
    assert ntk_uq.fit(found) == choice
    assert ntk_uq.fit(found, "epsilon") == found.laws("epsilon")
    assert ntk_uq.fit(found, window=(60, 800)).best.window == (65, 738)
    assert set(found.to_json()["laws"]) == {"mu", "sigma", "epsilon"}
    json.dumps(found.to_json(), allow_nan=False)


def test_a_wrong_request_is_told():
    with pytest.raises(SpecError, match="quantity is 'loss'; choose one of mu, sigma, epsilon"):
        curve().laws("loss")
    with pytest.raises(SpecError, match="its upper end must be above its lower end"):
        curve().laws("mu", 100, 50)
    with pytest.raises(SpecError, match="A curve has its own values, errors and draws"):
        ntk_uq.fit(curve(), "mu", [1.0])


def test_a_draw_that_lacks_a_point_does_not_count_as_whole():
    found = curve()
    part = Curve(found.spec, found.raw[:-1])
    assert "5 draws" in part.laws("mu").resampled
    assert Curve(found.spec, ()).laws("mu").chosen is None
    one = curve(draws=1)
    assert one.laws("mu").fit("power").chi2 is None


def test_power_laws_are_extrapolated_from_the_window_in_which_they_hold():
    found = curve()
    laws = shown(found, "power")
    assert [laws[q].law.law for q in ("mu", "sigma", "epsilon")] == ["power", "power", "constant"]
    assert laws["mu"].law.window == found.fits().mu.window
    assert laws["epsilon"].law.window == found.fits().epsilon.window
    sentence = expectation(laws, 60_000)
    assert sentence.startswith("at N_D = 60,000 expect μ = ")
    assert ", σ = " in sentence
    assert ", ε = 0.0" in sentence
    truth = planted("power")(60_000)
    low, high = laws["mu"].at(60_000).interval
    assert low < truth < high
    assert any("60,000 is 50 times beyond the data" in text for text in cautions(laws, 60_000))
    assert not any("times beyond" in text for text in cautions(laws, 6_000))


def test_a_curve_that_bends_is_not_extrapolated_as_a_power_law_but_by_its_own():
    found = curve("broken", "offset", draws=12)
    # The whole curve, since its tail alone passes as a power law.
    laws = shown(found, "power", low=40)
    assert laws["mu"].law is None
    assert "no expectation of μ: still bending" in expectation(laws, 5000)
    assert laws["mu"].path(5000) == ()
    best = shown(found, "auto")
    assert best["mu"].law.law == "broken"
    assert best["epsilon"].law.law == "offset"
    low, high = best["mu"].at(5000).interval
    assert low < planted("broken")(5000) < high
    forced = shown(found, "offset")
    assert [fit.law for fit in forced["mu"].choice.fits] == ["offset"]


def test_a_path_goes_from_the_end_of_the_data_to_the_target():
    path = shown(curve(), "auto")["mu"].path(60_000)
    assert path[0].n_train == pytest.approx(1200)
    assert path[-1].n_train == pytest.approx(60_000)
    widths = [np.log(e.interval[1] / e.interval[0]) for e in path]
    # A law of little weight may leave the central 95 % on the way.
    assert np.all(np.diff(widths) > -0.05 * widths[-1])
    assert widths[-1] > 5 * widths[0]


def test_nothing_is_extrapolated_within_the_data():
    laws = shown(curve(), "auto")
    assert laws["mu"].path(500) == ()
    assert "N_D = 500 lies within the fit, which goes to 1,200" in laws["mu"].at(500).describe("μ")


# --- ensembles ------------------------------------------------------------------------------------


def member(width, n_train, index, loss):
    return MemberResult(
        width=width,
        n_train=n_train,
        draw=0,
        member=index,
        seed=index,
        lambda_max=1.0,
        step_size=1.0,
        steps=np.array([0, 10]),
        train_loss=np.array([1.0, 0.1]),
        test_loss=np.array([1.0, loss]),
        predictions=np.zeros((0, 10), np.float32),
    )


def comparison(members, grid=(25, 50, 100, 200, 400), seed=0):
    rng = np.random.default_rng(seed)
    spec = EnsembleSpec(
        DataSpec("digits", n_test=50),
        optimizer=OptimizerSpec(steps=10),
        widths=(32, 64),
        n_train=grid,
        members=members,
    )
    found = {
        (w, n): tuple(
            member(w, n, i, float(2 * n**-0.4 * (1 + 0.1 * rng.standard_normal())))
            for i in range(members)
        )
        for n in grid
        for w in (32, 64)
    }
    points = tuple(summarize(m) for m in found.values())
    return Comparison(Ensembles(spec, found, points), None)


def test_members_are_resampled_at_each_size_and_refitted():
    found = [ensemble_laws(comparison(20, seed=seed), 32, "mu") for seed in range(6)]
    errors = [choice.fit("power").parameter("alpha") for choice in found]
    # The slope of five independent points with a relative error of 0.1 / sqrt(20).
    x = np.log([25, 50, 100, 200, 400])
    expected = 0.1 / np.sqrt(20) / np.sqrt(np.sum((x - x.mean()) ** 2))
    assert np.mean([e.bootstrap_error for e in errors]) == pytest.approx(expected, rel=0.15)
    assert np.mean([e.error for e in errors]) == pytest.approx(expected, rel=0.4)
    assert np.mean([e.interval[0] <= 0.4 <= e.interval[1] for e in errors]) >= 5 / 6
    first = exponents(comparison(20))[0]
    assert (first.width, first.quantity) == (32, "mu")
    assert "(members: ±" in first.told
    assert first.bootstrap_error == errors[0].bootstrap_error


def test_few_members_have_no_bootstrap_and_few_sizes_no_exponent():
    few = exponents(comparison(4))[0]
    assert few.bootstrap_error is None
    assert few.alpha is not None
    short = exponents(comparison(20, grid=(25, 50)))
    assert {e.alpha for e in short} == {None}
    assert short[0].told == "2 usable points; this law has 2 unknowns and needs at least 4."
    assert "20" not in ensemble_laws(comparison(4), 32, "sigma").resampled


def test_diverged_networks_are_not_resampled():
    whole = comparison(6)
    place = (32, 25)
    dead = dataclasses.replace(
        whole.ensembles.members[place][0],
        diverged_at=3,
        steps=np.array([0, 1]),
        test_loss=np.array([1.0, 1e30]),
    )
    members = {**whole.ensembles.members, place: (dead, *whole.ensembles.members[place][1:])}
    points = tuple(summarize(m) for m in members.values())
    found = Comparison(Ensembles(whole.ensembles.spec, members, points), None)
    assert exponents(found)[0].bootstrap_error < 1


@pytest.mark.parametrize(("floor", "told"), [(0.01, False), (0.0295, True)])
def test_an_end_of_epsilon_that_is_the_test_sets_floor_is_told_to_be_it(floor, told):
    # Flat at 0.03: the network's own, unless the floor of the test set is as high.
    flat = curve()
    raw = tuple(dataclasses.replace(point, epsilon_floor=floor) for point in flat.raw)
    found = dataclasses.replace(flat, raw=raw)
    for law, kind in (("power", "constant"), ("offset", "offset")):
        laws = shown(found, law)
        assert laws["epsilon"].law.law == kind
        assert ("floor of the test set" in laws["epsilon"].note) == told
        assert any("floor" in sentence for sentence in cautions(laws, 5000.0)) == told


def test_what_cannot_be_expected_is_said_once_and_after_what_can():
    none = Extrapolation(50.0, None, None, None, None, (), None, False, 1.0, "no law")
    some = Extrapolation(50.0, 0.2, 0.01, (0.18, 0.22), (0.19, 0.21), (), 2.0, False, 1.0, "")
    given = {"mu": SimpleNamespace(at=lambda _: some), "sigma": SimpleNamespace(at=lambda _: none)}
    given["epsilon"] = given["sigma"]
    assert expectation(given, 50.0) == (
        "at N_D = 50 expect μ = 0.200 ± 0.010 (95 %: 0.18 to 0.22); "
        "no expectation of σ: no law; no expectation of ε: no law"
    )
    given["mu"] = given["sigma"]
    assert expectation(given, 50.0) == "nothing can be expected at N_D = 50: no law"


def test_an_epsilon_that_is_the_test_sets_is_said_to_be():
    network = curve()
    raw = tuple(dataclasses.replace(p, epsilon_floor=0.95 * p.epsilon) for p in network.raw)
    floor = dataclasses.replace(network, raw=raw)
    word = "90 % of ε² is the floor of the test set: what is expected of ε holds for N_T = 50"
    for law in ("power", "auto", "offset"):
        said = " ".join(cautions(shown(floor, law), 5000))
        assert (word in said) == (shown(floor, law)["epsilon"].at(5000).value is not None)
        assert "floor" not in " ".join(cautions(shown(network, law), 5000))
    assert word in " ".join(cautions(shown(floor, "auto"), 5000))


def test_nothing_is_said_of_a_band_where_there_is_none():
    laws = shown(curve(), "auto", low=700)  # two points
    assert laws["mu"].at(60_000).value is None
    assert cautions(laws, 60_000) == ()


def test_a_plateau_that_is_not_constant_is_not_said_to_be_none():
    network = curve()
    rng = np.random.default_rng(4)
    raw = []
    for p in network.raw:
        away = p.n_train / 110
        bend = away**-0.5 * (1 + away**4) ** ((0.5 - 0.03) / 4)
        noise = 1 + 1e-3 * rng.standard_normal()
        raw.append(dataclasses.replace(p, epsilon=0.03 * bend * noise))
    flat = dataclasses.replace(network, raw=tuple(raw))
    assert flat.fits().epsilon.valid
    laws = shown(flat, "power")
    assert laws["epsilon"].law.law != "constant"
    said = " ".join(cautions(laws, 5000))
    assert "ε has a plateau, but is not constant within the errors: its best law" in said
    assert "no plateau" not in said
