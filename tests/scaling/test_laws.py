"""Laws of curves: planted ones found, compared and extrapolated; what is none told in words."""

import json
import math

import numpy as np
import pytest
from helpers.scaling_planted import PLANTED, correlated_draws, planted
from helpers.unchecked import unchecked
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import optimize

import ntk_uq
from ntk_uq.base.errors import SpecError
from ntk_uq.scaling import LAWS, LawChoice, fit_laws, fit_power_law
from ntk_uq.scaling.curve import read_curve
from ntk_uq.scaling.laws import ALL, SHARPNESS, Frame
from ntk_uq.scaling.noise import noise_of

GRID = np.geomspace(40, 1200, 8).round()
WORDS = {
    "too_few_points": "usable points; this law has",
    "narrow_range": "a law needs at least",
    "constant": "values equal",
}


def names(fit):
    return {flag.name for flag in fit.flags}


def noisy(law, relative=0.01, seed=0, grid=GRID):
    rng = np.random.default_rng(seed)
    values = planted(law)(grid) * (1 + relative * rng.standard_normal(len(grid)))
    return values, relative * values


# --- planted laws ---------------------------------------------------------------------------------


@pytest.mark.parametrize("law", PLANTED)
def test_a_planted_law_without_noise_is_found_exactly(law):
    choice = fit_laws(GRID, planted(law)(GRID))
    assert choice.chosen == law
    assert choice.valid
    best = choice.best
    for name, truth in PLANTED[law].items():
        assert best.parameter(name).value == pytest.approx(truth, rel=1e-6), name
    assert best.weight > 0.98
    assert best.delta == 0
    assert best.predict([33.0, 1e5]) == pytest.approx(planted(law)(np.array([33.0, 1e5])), rel=1e-5)
    assert choice.extrapolate(1e5).value == pytest.approx(planted(law)(1e5), rel=1e-5)


def test_a_constant_with_noise_is_a_constant():
    rng = np.random.default_rng(3)
    values = 0.03 * (1 + 0.01 * rng.standard_normal(8))
    choice = fit_laws(GRID, values, 0.01 * values)
    assert choice.chosen == "constant"
    found = choice.best.parameter("q_0")
    assert found.interval[0] < 0.03 < found.interval[1]
    assert choice.describe().startswith("constant: q_0 = 0.0")


@pytest.mark.parametrize("law", PLANTED)
def test_internal_derivatives_are_those_of_the_law(law):
    x, at = np.log(GRID), Frame.of(np.log(GRID))
    theta = {"power": [-1, 0.4], "offset": [-2, 0.6, 0.4], "broken": [-1, 0.3, 0.7, 5.2]}[law]
    family, theta = ALL[law], np.array([theta])
    steps = 1e-6 * np.eye(family.size)
    numeric = [
        (family.values(at, theta + s, x) - family.values(at, theta - s, x))[0] / 2e-6 for s in steps
    ]
    assert family.slopes(at, theta, x)[0] == pytest.approx(np.stack(numeric, axis=1), abs=1e-8)


def test_internal_and_quoted_parameters_are_the_same_law():
    at = Frame.of(np.log(GRID))
    theta = np.array([[-1.0, 0.3, 0.7, math.log(250.0)]])
    ln_a, early, late, ln_b = ALL["broken"].outer(at, theta)[0]
    n = np.array([10.0, 250.0, 5000.0])
    s = SHARPNESS
    law = np.exp(ln_a) * n**-early * (1 + (n / np.exp(ln_b)) ** (1 / s)) ** (-(late - early) * s)
    assert np.exp(ALL["broken"].values(at, theta, np.log(n))[0]) == pytest.approx(law)
    q_inf, ln_a, alpha = ALL["offset"].outer(at, np.array([[-2.0, 0.6, 0.4]]))[0]
    law = q_inf + np.exp(ln_a) * n**-alpha
    values = ALL["offset"].values(at, np.array([[-2.0, 0.6, 0.4]]), np.log(n))[0]
    assert np.exp(values) == pytest.approx(law)


# --- independent routes ---------------------------------------------------------------------------


def offset_law(x, q_inf, ln_a, alpha):
    return np.log(np.maximum(q_inf + np.exp(ln_a - alpha * x), 1e-300))


def broken_law(x, ln_a, early, late, ln_b):
    n, s = np.exp(x), SHARPNESS
    return ln_a - early * x - (late - early) * s * np.log1p((n / np.exp(ln_b)) ** (1 / s))


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3))])
@pytest.mark.parametrize(
    ("law", "function", "start"),
    [
        ("offset", offset_law, [0.04, 0.4, 0.7]),
        ("broken", broken_law, [0.7, 0.3, 0.7, math.log(250)]),
    ],
)
@unchecked()
def test_scipys_curve_fit_finds_the_same_minimum_and_covariance(law, function, start, seed):
    values, errors = noisy(law, seed=seed)
    x, y, sigma = np.log(GRID), np.log(values), errors / values
    theirs, covariance = optimize.curve_fit(
        function, x, y, p0=start, sigma=sigma, absolute_sigma=True, xtol=1e-13, ftol=1e-13
    )
    chi2 = float(np.sum(((y - function(x, *theirs)) / sigma) ** 2))
    ours = fit_laws(GRID, values, errors).fit(law)
    assert ours.chi2 == pytest.approx(chi2, rel=1e-6)
    scale = math.sqrt(max(1, chi2 / ours.dof))
    index = {"q_inf": 0, "alpha": 2, "alpha_1": 1, "alpha_2": 2}
    for parameter in ours.parameters:
        if parameter.name in index:
            k = index[parameter.name]
            assert parameter.value == pytest.approx(theirs[k], rel=1e-4)
            assert parameter.error == pytest.approx(scale * math.sqrt(covariance[k, k]), rel=1e-3)


def test_the_interval_of_an_offset_is_that_of_a_brute_force_profile():
    values, errors = noisy("offset", 0.02, seed=5)
    fit = fit_laws(GRID, values, errors).fit("offset")
    x, y, sigma = np.log(GRID), np.log(values), errors / values
    profile = []
    offsets = np.linspace(0, 0.07, 141)
    for q_inf in offsets:
        chi2 = [
            optimize.least_squares(
                lambda p, q=q_inf: (y - offset_law(x, q, *p)) / sigma, [0.4, alpha]
            ).cost
            * 2
            for alpha in (0.4, 0.8)
        ]
        profile.append(min(chi2))
    dof = len(GRID) - 3
    limit = max(3.8415, 2.5706**2 * fit.chi2 / dof)
    inside = offsets[np.array(profile) - fit.chi2 <= limit]
    low, high = fit.parameter("q_inf").interval
    assert (low, high) == pytest.approx((inside[0], inside[-1]), abs=1.2e-3)


def test_the_power_law_of_given_errors_is_that_of_the_straight_line():
    values, errors = noisy("power", 0.03, seed=2)
    line, fit = fit_power_law(GRID, values, errors), fit_laws(GRID, values, errors).fit("power")
    alpha = fit.parameter("alpha")
    assert alpha.value == pytest.approx(line.alpha, rel=1e-9)
    assert alpha.error == pytest.approx(line.alpha_error, rel=1e-6)
    assert alpha.interval == pytest.approx(line.alpha_interval, rel=1e-6)
    assert fit.chi2 == pytest.approx(line.chi2)


def test_aicc_is_the_textbooks():
    values, errors = noisy("offset", 0.02, seed=1)
    choice = fit_laws(GRID, values, errors)
    for fit, k in zip(choice.fits, (1, 2, 3, 4), strict=True):
        assert fit.aicc == pytest.approx(fit.chi2 + 2 * k + 2 * k * (k + 1) / (8 - k - 1))
    least = min(fit.aicc for fit in choice.fits)
    weights = np.exp([-(fit.aicc - least) / 2 for fit in choice.fits])
    assert [f.weight for f in choice.fits] == pytest.approx(list(weights / weights.sum()))
    # Without errors the scatter is one parameter more, and the likelihood n ln(RSS / n).
    fit = fit_laws(GRID, values).fit("power")
    y = np.log(values)
    rss = float(np.sum((y - np.log(fit.predict(GRID))) ** 2))
    assert fit.aicc == pytest.approx(8 * math.log(rss / 8) + 2 * 3 + 2 * 3 * 4 / (8 - 3 - 1))
    assert fit.chi2 is None


# --- draws ----------------------------------------------------------------------------------------


@unchecked()
def test_draws_tell_the_errors_and_how_points_move_together():
    rng = np.random.default_rng(4)
    points = read_curve(GRID, planted("power")(GRID), None).points()
    found = []
    for _ in range(40):
        draws = correlated_draws(planted("power")(GRID), GRID, 20, rng, length=0.9)
        found.append(noise_of(points, np.log(draws)))
    assert 0.6 < np.median([noise.length for noise in found]) < 1.3
    truth = 0.045 * (GRID / 40) ** -0.65 / math.sqrt(20)
    assert np.median([noise.error for noise in found], axis=0) == pytest.approx(truth, rel=0.1)
    assert all(20 < noise.dof < 19 * 8 for noise in found)
    independent = correlated_draws(planted("power")(GRID), GRID, 20, rng, length=0.01)
    choice = fit_laws(GRID, independent.mean(0), None, draws=independent)
    assert choice.correlation_length < 0.4


@unchecked()
def test_whole_draws_are_resampled_from_five_on():
    rng = np.random.default_rng(4)
    draws = correlated_draws(planted("power")(GRID), GRID, 20, rng)
    many = fit_laws(GRID, draws.mean(0), None, draws=draws)
    alpha = many.fit("power").parameter("alpha")
    assert "resamples of the 20 draws" in many.resampled
    assert alpha.bootstrap_error == pytest.approx(alpha.error, rel=0.6)
    few = fit_laws(GRID, draws[:4].mean(0), None, draws=draws[:4])
    assert few.resampled == "4 draws are too few to be resampled; it takes 5."
    assert few.fit("power").parameter("alpha").bootstrap_error is None
    none = fit_laws(GRID, draws.mean(0))
    assert none.resampled == "nothing to resample: there are no draws."


@unchecked()
def test_samples_are_refitted():
    rng = np.random.default_rng(4)
    values = planted("power")(GRID)
    samples = values * (1 + 0.02 * rng.standard_normal((400, 8)))
    alpha = fit_laws(GRID, values, 0.02 * values, samples=samples).fit("power").parameter("alpha")
    assert alpha.bootstrap_error == pytest.approx(alpha.error, rel=0.15)


# --- what is no law -------------------------------------------------------------------------------


def test_two_points_are_no_law():
    choice = fit_laws([10, 100], [2.0, 1.0], [0.1, 0.1])
    assert choice.chosen is None
    assert not choice.valid
    assert [names(fit) for fit in choice.fits] == [{"too_few_points"}] * 4
    assert choice.describe() == (
        "no law: 2 usable points; this law has 1 unknown and needs at least 3."
    )
    assert not any(fit.parameters for fit in choice.fits)
    assert choice.held_out == ()
    expected = choice.extrapolate(1000)
    assert expected.value is None
    assert expected.describe() == "no expectation of q: no law describes the points"


@pytest.mark.parametrize(("errors", "unknowns"), [(True, (1, 2, 3, 4)), (False, (2, 3, 4, 5))])
@unchecked()
def test_a_law_needs_two_points_more_than_it_has_unknowns(errors, unknowns):
    for count in range(1, 9):
        grid = np.geomspace(10, 1000, count)
        values = planted("broken")(grid) * (1 + 0.01 * np.cos(7 * np.arange(count)))
        choice = fit_laws(grid, values, 0.01 * values if errors else None)
        few = ["too_few_points" in names(fit) for fit in choice.fits]
        assert few == [count < k + 2 for k in unknowns]


def test_equal_values_are_no_law():
    for errors in (None, np.full(8, 0.01)):
        choice = fit_laws(GRID, np.full(8, 0.25), errors)
        assert choice.chosen is None
        assert choice.describe() == "no law: All 8 values equal 0.25."


def test_draws_without_spread_do_not_count_as_known():
    values = planted("power")(GRID)
    choice = fit_laws(GRID, values, np.zeros(8), draws=[values, values, values])
    assert choice.fit("power").chi2 is None
    assert choice.chosen == "power"


def test_a_rising_curve_is_no_decay():
    values = GRID**0.3
    choice = fit_laws(GRID, values, 0.01 * values)
    assert choice.chosen is None
    for law in ("power", "offset", "broken"):
        assert "rising" in names(choice.fit(law))
        assert not choice.fit(law).available
    assert "would not fall" in choice.fit("power").describe()
    assert "more than their errors explain" in choice.describe()


def test_a_narrow_range_is_no_law():
    grid = np.linspace(100, 300, 8)
    choice = fit_laws(grid, planted("power")(grid))
    assert choice.describe() == "no law: N_D spans a factor 3; a law needs at least 4."


def test_missing_and_negative_values_are_left_out_and_told():
    values = list(planted("power")(GRID))
    values[2], values[4] = None, -1.0
    choice = fit_laws(GRID, values, 0.01 * np.abs(planted("power")(GRID)))
    assert {flag.name for flag in choice.flags} == {"missing_points", "non_positive"}
    # What is zero or negative contradicts every law.
    assert choice.chosen is None
    values[4] = None
    choice = fit_laws(GRID, values, 0.01 * planted("power")(GRID))
    assert choice.chosen == "power"
    assert choice.best.n_points == 6


@unchecked()
def test_an_offset_consistent_with_zero_is_told_with_its_bound():
    for seed in range(8):
        values, errors = noisy("power", 0.02, seed)
        fit = fit_laws(GRID, values, errors).fit("offset")
        offset = fit.parameter("q_inf")
        assert offset.value >= 0
        if "no_offset" not in names(fit):
            continue
        assert names(fit) <= {"no_offset", "not_this_law"}
        assert offset.interval[0] == 0
        reason = next(flag.reason for flag in fit.flags if flag.name == "no_offset")
        assert f"below {offset.interval[1]:.3g} at 95 %" in reason
        if offset.value == 0:
            assert offset.error is None
            assert "q_∞ = 0 (below" in fit.describe()


def test_scatter_beyond_the_errors_is_told():
    values = planted("power")(GRID) * (1 + 0.2 * np.cos(5 * np.arange(8)))
    choice = fit_laws(GRID, values, 0.001 * values)
    assert choice.chosen is None
    assert "no law describes the points; the closest is the" in choice.describe()
    assert "more than their errors explain" in choice.describe()


def test_what_the_caller_got_wrong_raises():
    with pytest.raises(SpecError, match=r"laws is \('exponential',\); choose some of constant"):
        fit_laws(GRID, GRID, laws=("exponential",))
    with pytest.raises(SpecError, match="There are 8 training set sizes and 2 values"):
        fit_laws(GRID, [1.0, 2.0])
    with pytest.raises(SpecError, match="draws have 3 values for 8 training set sizes"):
        fit_laws(GRID, GRID, draws=[[1.0, 2.0, 3.0]])
    with pytest.raises(SpecError, match="holds no point of the curve"):
        fit_laws(GRID, GRID, window=(1e6, 1e7))
    choice = fit_laws(GRID, planted("power")(GRID), laws=("power",))
    with pytest.raises(SpecError, match="'broken' was not tried; there are power"):
        choice.fit("broken")
    with pytest.raises(SpecError, match="a training set size must be positive"):
        choice.extrapolate(-3)
    with pytest.raises(SpecError, match="There is no law to draw"):
        fit_laws([1, 2], [1, 2]).fit("power").predict([3])


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.floats(1e-3, 1e3), st.integers(-2, 2)
)


@pytest.mark.parametrize("examples", [20, pytest.param(40, marks=pytest.mark.slow)])
def test_no_data_raise(examples):
    @settings(max_examples=examples)
    @given(
        st.lists(st.tuples(st.integers(1, 10**6), numbers, st.floats(0, 1e6)), max_size=9),
        st.booleans(),
        st.integers(0, 3),
    )
    @example([(n, 1e-300 * 2.0**-n, 1e-310) for n in range(1, 9)], True, 0)
    @example([(10**i, 1e300, 1e299) for i in range(7)], True, 2)
    def search(rows, with_errors, draws):
        raises_nothing(rows, with_errors, draws)

    search()


@unchecked()
def raises_nothing(rows, with_errors, draws):
    sizes = {n: (value, error) for n, value, error in rows}
    grid = sorted(sizes)
    values = [sizes[n][0] for n in grid]
    errors = [sizes[n][1] for n in grid] if with_errors else None
    copies = [[v * (1 + 0.1 * d) for v in values] for d in range(draws)]
    choice = fit_laws(grid, values, errors, draws=copies or None)
    assert isinstance(choice, LawChoice)
    text = json.dumps(choice.to_json(), allow_nan=False)
    assert "inputs" not in json.loads(text)
    assert choice.describe()
    for fit in choice.fits:
        assert fit.describe()
        assert fit.valid <= fit.available
    if grid:
        expected = choice.extrapolate(10 * grid[-1])
        assert (expected.value is None) == (expected.reason != "")
        json.dumps(expected.to_json(), allow_nan=False)


# --- extrapolation --------------------------------------------------------------------------------


def test_a_band_mixes_the_laws_and_grows_with_the_distance():
    values, errors = noisy("power", 0.03, seed=6)
    choice = fit_laws(GRID, values, errors)
    widths = []
    for times in (1.5, 5, 50, 500):
        found = choice.extrapolate(1200 * times)
        low, high = found.interval
        assert 0 < low < found.interval_68[0] < found.value < found.interval_68[1] < high
        assert sum(law.weight for law in found.laws) == pytest.approx(1)
        assert found.times == pytest.approx(times)
        assert found.far == (times > 10)
        widths.append(math.log(high / low))
    assert widths == sorted(widths)
    # The offset's own interval reaches further up than that of the power law.
    by_law = {law.law: law.interval for law in found.laws}
    assert by_law["offset"][1] > by_law["power"][1]
    alone = fit_laws(GRID, values, errors, laws=("power",)).extrapolate(1200 * 500)
    assert math.log(alone.interval[1] / alone.interval[0]) < widths[-1]


def test_the_band_of_one_power_law_is_the_straight_lines():
    values, errors = noisy("power", 0.03, seed=6)
    errors = 3 * errors  # so that the errors rule, and not the scatter
    expected = fit_laws(GRID, values, errors, laws=("power",)).extrapolate(20_000)
    line = fit_power_law(GRID, values, errors)
    assert expected.value == pytest.approx(float(line.predict([20_000])[0]), rel=1e-4)
    width = math.hypot(line.pivot_error, line.alpha_error * math.log(20_000 / line.pivot))
    half = math.log(expected.interval_68[1] / expected.interval_68[0]) / 2
    assert half == pytest.approx(width * 0.9945, rel=0.02)  # 68 %, not 68.27 %


def test_the_largest_size_is_held_out_and_asked_for():
    values, errors = noisy("power", 0.02, seed=7)
    checks = fit_laws(GRID, values, errors).held_out
    assert [len(check.held_out) for check in checks] == [1, 3]
    for check in checks:
        assert check.n_train == 1200
        assert check.found == pytest.approx(values[-1])
        assert check.within
        assert check.describe().startswith("held out N_D")
        assert check.describe().endswith("within")
    direct = fit_laws(GRID[:-1], values[:-1], errors[:-1]).extrapolate(1200)
    assert checks[0].expected == pytest.approx(direct.value, rel=1e-6)


def test_a_miss_of_the_same_law_widens_the_band():
    values, errors = noisy("power", 0.005, seed=7)
    values[-1] *= 1.06
    choice = fit_laws(GRID, values, errors, laws=("power",))
    check = choice.held_out[0]
    assert check.within is False
    assert "outside of" in check.describe()
    sound = fit_laws(GRID, values, errors, laws=("power", "offset"))
    assert sound.held_out[0].within is False
    if choice.valid:
        assert choice.widened == pytest.approx(max(c.miss for c in choice.held_out))
        assert choice.extrapolate(5000).widened == choice.widened > 1


def test_the_facade_takes_arrays():
    values, errors = noisy("offset", 0.01)
    assert ntk_uq.fit(GRID, values, errors).to_json() == fit_laws(GRID, values, errors).to_json()
    window = ntk_uq.fit(GRID, values, errors, window=(60, 1200))
    assert {fit.window for fit in window.fits} == {(GRID[1], 1200.0)}
    with pytest.raises(SpecError, match="values is 'mu'; give the quantity at each N_D"):
        ntk_uq.fit(GRID)
    assert LAWS == ("constant", "power", "offset", "broken")


@unchecked()
def test_a_law_that_contains_a_sound_one_is_sound():
    # Scatter just beyond the errors: whatever power is, the laws that contain it are no worse.
    for seed in range(12):
        rng = np.random.default_rng(seed)
        values = planted("power")(GRID) * (1 + 0.02 * rng.standard_normal(8))
        choice = fit_laws(GRID, values, 0.009 * values)
        power = "not_this_law" in names(choice.fit("power"))
        for law in ("offset", "broken"):
            assert power or "not_this_law" not in names(choice.fit(law))


def test_a_chosen_law_is_extrapolated_whatever_weight_the_others_have():
    # Errors far below the scatter of 1.2 %: the broken law ends at a bound with all of the weight.
    n = np.array([25.0, 50, 100, 200, 400, 800])
    values = 0.6 * n**-0.4 * np.exp(0.012 * np.random.default_rng(0).standard_normal(6))
    choice = fit_laws(n, values, 1e-4 * values)
    assert choice.best.weight < 1e-100
    assert not choice.fit("broken").valid
    expected = choice.extrapolate(10_000)
    assert expected.reason == ""
    low, high = expected.interval
    assert low < 0.6 * 10_000**-0.4 < high
    assert sum(law.weight for law in expected.laws) == pytest.approx(1)


def test_the_facade_takes_a_window_with_one_end_and_refuses_what_is_none():
    values, errors = noisy("power", 0.01)
    open_low = ntk_uq.fit(GRID, values, errors, window=(None, 700))
    assert {fit.window for fit in open_low.fits} == {(GRID[0], GRID[-3])}
    open_high = ntk_uq.fit(GRID, values, errors, window=(60, None))
    assert {fit.window for fit in open_high.fits} == {(GRID[1], GRID[-1])}
    for wrong in ((1, 2, 3), (), ("40", "80"), "ab", 60):
        with pytest.raises(SpecError, match=r"The window is .*; give \(n_lo, n_hi\), two numbers"):
            ntk_uq.fit(GRID, values, errors, window=wrong)
