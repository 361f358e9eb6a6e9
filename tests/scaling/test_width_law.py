"""The law of finite width: planted laws, independent routes, and what must not be quoted."""

import math

import numpy as np
import pytest
from helpers.unchecked import unchecked
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from ntk_uq.base.errors import SpecError
from ntk_uq.scaling import fit_width_law, needed_width, refit_width_law

WIDTHS = [64, 128, 256, 512, 1024]


def planted(rng, q_inf, c, relative, c2=0.0, power=1.0, widths=WIDTHS, dof=40):
    """Values with noise, and errors that are estimates themselves, as those of 40 networks are."""
    w = np.array(widths, dtype=float)
    true = q_inf * (1 + c / w**power + c2 / w**2)
    values = true * (1 + relative * rng.standard_normal(len(w)))
    errors = values * relative * np.sqrt(rng.chisquare(dof, len(w)) / dof)
    return values, errors


CASES = {
    "epsilon, falling": (0.03, 40, 0.08, 0.0),
    "epsilon, rising": (0.03, -12, 0.06, 0.0),
    "mu": (0.6, -12, 0.005, 0.0),
    "mu, two orders": (0.6, -60, 0.004, 1700.0),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@unchecked()
def test_planted_laws_are_recovered_within_their_intervals(case):
    q_inf, c, relative, c2 = case
    rng = np.random.default_rng(2025)
    hits = {"q_inf": 0, "c": 0, "c anchored": 0, "needed": 0}
    replicas = 200
    w = np.geomspace(1, 1e6, 200_000)
    off = np.abs(c / w + c2 / w**2) > 0.1
    needed = w[np.flatnonzero(off)[-1]]
    for _ in range(replicas):
        values, errors = planted(rng, q_inf, c, relative, c2)
        free = fit_width_law(WIDTHS, values, errors, highest=2)
        anchored = fit_width_law(WIDTHS, values, errors, q_inf, highest=2)
        half = free.factor * free.q_inf_error
        hits["q_inf"] += abs(free.q_inf - q_inf) < half
        hits["c"] += free.c_interval[0] < c < free.c_interval[1]
        hits["c anchored"] += anchored.c_interval[0] < c < anchored.c_interval[1]
        answer = needed_width(anchored, 0.1)
        if answer.width is not None:
            hits["needed"] += answer.low <= needed <= max(answer.high, anchored.window[0])
    floor = 0.9 * replicas
    assert all(count >= floor for count in hits.values()), hits


@pytest.mark.parametrize("replicas", [50, pytest.param(200, marks=pytest.mark.slow)])
@unchecked()
def test_a_planted_power_is_recovered_within_its_interval(replicas):
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(replicas):
        values, errors = planted(rng, 0.03, 6.0, 0.04, power=0.6)
        fit = fit_width_law(WIDTHS, values, errors, 0.03, free_power=True)
        hits += fit.valid and abs(fit.power - 0.6) < fit.factor * fit.power_error
    assert hits >= 0.9 * replicas


@pytest.mark.parametrize("theory", [None, 0.03])
@pytest.mark.parametrize("order", [1, 2])
def test_the_fit_is_that_of_a_general_minimizer(theory, order):
    rng = np.random.default_rng(3)
    values, errors = planted(rng, 0.03, 80, 0.05, c2=9000 if order == 2 else 0)
    ours = fit_width_law(WIDTHS, values, errors, theory, highest=order)
    assert ours.order == order
    w = np.array(WIDTHS, dtype=float)
    inside = w >= ours.window[0]

    def law(x, *parameters):
        limit = theory if theory is not None else parameters[0]
        c = parameters if theory is not None else parameters[1:]
        return limit * (1 + sum(c[k] / x ** (k + 1) for k in range(order)))

    start = [1.0, *[50.0] * order] if theory is None else [50.0] * order
    weights = errors / values * ours.predict(w)
    found, covariance = optimize.curve_fit(
        law, w[inside], values[inside], start, weights[inside], absolute_sigma=True, xtol=1e-12
    )
    widened = max(1, ours.chi2 / ours.dof) ** 0.5
    expected = [ours.c] if theory is not None else [ours.q_inf, ours.c]
    errors = [ours.c_error] if theory is not None else [ours.q_inf_error, ours.c_error]
    # The weights follow the law only until they have settled: to a hundredth of the error.
    assert np.all(np.abs(found[: len(expected)] - expected) < 0.01 * np.array(errors))
    sizes = np.sqrt(np.diag(covariance))[: len(expected)] * widened
    assert sizes == pytest.approx(errors, rel=2e-2)


def test_narrow_widths_that_bend_away_are_left_out_and_told():
    w = np.array([8, 16, 64, 128, 256, 512.0])
    values = 1 - 5 / w + 200 / w**3
    fit = fit_width_law(w, values, 0.001 * values, 1.0)
    assert fit.window[0] > 8
    assert fit.valid
    assert "left out" in " ".join(flag.reason for flag in fit.flags)
    assert fit.c == pytest.approx(-5, abs=0.2)


def test_the_needed_width_solves_the_law():
    w = np.array(WIDTHS, dtype=float)
    for c, c2 in ((30.0, 0.0), (-30.0, 0.0), (80.0, -2000.0), (-60.0, 1700.0)):
        values = 2 * (1 + c / w + c2 / w**2)
        fit = fit_width_law(WIDTHS, values, 0.001 * values, 2.0, highest=2)
        answer = needed_width(fit, 0.05)
        assert abs(fit.predict([answer.width])[0] / 2 - 1) == pytest.approx(0.05, rel=1e-6)
        beyond = np.geomspace(1.001 * answer.width, 1e7, 1000)
        assert np.all(np.abs(fit.predict(beyond) / 2 - 1) < 0.05)
        assert answer.low < answer.width < answer.high


def test_an_answer_that_is_a_bound_is_told_as_one():
    rng = np.random.default_rng(5)
    values, errors = planted(rng, 0.03, 0.0, 0.08)
    answer = needed_width(fit_width_law(WIDTHS, values, errors, 0.03), 0.1)
    assert answer.low == 0
    assert answer.words.startswith("at most")
    values, errors = planted(rng, 1.0, 2.0, 0.001)
    assert "at most 64" in needed_width(fit_width_law(WIDTHS, values, errors, 1.0), 0.1).words
    values, errors = planted(rng, 1.0, 300.0, 0.01)
    far = needed_width(fit_width_law(WIDTHS, values, errors, 1.0), 0.01)
    assert far.beyond
    assert "beyond the 1024 measured" in far.words


@unchecked()
def test_a_second_order_that_is_hardly_seen_does_not_bias_the_limit():
    # Few networks: chi2 alone (p >= 0.05) would keep the first order in 6 of 10, hold c in 45 %
    # and put the limit three standard errors from the truth in one of ten.
    rng = np.random.default_rng(11)
    widths, replicas = [32, 64, 128, 256, 512], 300
    held = far = second = 0
    for _ in range(replicas):
        values, errors = planted(rng, 1.0, 8, 0.028, c2=400, widths=widths)
        fit = fit_width_law(widths, values, errors, highest=2)
        held += fit.c_interval[0] < 8 < fit.c_interval[1]
        far += fit.valid and abs(fit.q_inf - 1) > 3 * fit.q_inf_error
        second += fit.order == 2
    assert second > 0.75 * replicas
    assert held > 0.78 * replicas
    assert far < 0.06 * replicas


def test_an_answer_below_the_narrowest_width_is_told_as_a_bound():
    w = np.array(WIDTHS, dtype=float)
    values = 1 + 5.5 / w
    answer = needed_width(fit_width_law(WIDTHS, values, 0.02 * values, 1.0), 0.1)
    assert answer.low < answer.width < 64 < answer.high
    assert answer.words.startswith("at most ")
    assert "beyond" not in answer.words


def test_only_the_end_of_an_interval_may_lie_beyond_the_widths():
    w = np.array(WIDTHS, dtype=float)
    values = 1 + 95 / w
    answer = needed_width(fit_width_law(WIDTHS, values, 0.05 * values, 1.0), 0.1)
    assert answer.width < 1024 < answer.high
    assert answer.words.endswith(", its upper end beyond the 1024 measured")


def test_resampled_curves_are_refitted_as_the_curve_itself_is():
    rng = np.random.default_rng(9)
    values, errors = planted(rng, 0.03, 80, 0.02, c2=6000)
    for theory in (None, 0.03):
        for highest in (1, 2):
            fit = fit_width_law(WIDTHS, values, errors, theory, highest=highest)
            w = np.array([x for x in WIDTHS if x >= fit.window[0]], dtype=float)
            own = values[-len(w) :]
            weights = (errors / values)[-len(w) :] * fit.predict(w)
            assert refit_width_law(fit, w, own[None], weights)[0] == pytest.approx(fit.c, rel=1e-3)


def test_what_is_no_law_says_so_and_gives_no_width():
    def flags(*arguments, **options):
        fit = fit_width_law(*arguments, **options)
        assert not fit.valid
        answer = needed_width(fit, 0.1) if not options.get("free_power") else None
        assert answer is None or answer.width is None
        return {flag.name for flag in fit.flags}, fit.describe()

    two = flags([64, 128], [1.0, 2.0], [0.1, 0.1], 1.0)
    assert two[0] == {"too_few_widths"}
    assert "2 widths with a value and an error; this law needs 3" in two[1]
    equal = flags(WIDTHS, [2.0] * 5, [0.1] * 5, 1.0)
    assert "constant" in equal[0]
    zero = flags(WIDTHS, [0.0, 1, 1, 1, 1], [0.0, 0.1, 0.1, 0.1, 0.1], 1.0)
    assert "no_spread" in zero[0]
    gone = flags(WIDTHS, [None, None, None, 1.0, 1.1], [None, None, None, 0.1, 0.1])
    assert {"too_few_widths", "missing_points"} == gone[0]
    assert "no_theory" in flags(WIDTHS, [1, 2, 3, 4, 5], [0.1] * 5, 0.0)[0]
    wild = flags(WIDTHS, [1, 2, 1, 2, 1], [0.01] * 5, 1.0)
    assert "not_the_law" in wild[0]
    rng = np.random.default_rng(1)
    noise = flags(WIDTHS, *planted(rng, 1.0, 0.0, 0.05), 1.0, free_power=True)
    assert "power_undetermined" in noise[0]


def test_wrong_arguments_are_refused_in_words():
    with pytest.raises(SpecError, match="3 widths, 2 values"):
        fit_width_law([1, 2, 3], [1, 2], [1, 1, 1])
    with pytest.raises(SpecError, match="positive and increasing"):
        fit_width_law([64, 32, 128], [1, 2, 3], [1, 1, 1])
    fit = fit_width_law(WIDTHS, [1, 1.1, 1, 1.1, 1], [0.1] * 5, 1.0)
    for tolerance in (0, 1, -1, math.nan):
        with pytest.raises(SpecError, match="above 0 and below 1"):
            needed_width(fit, tolerance)
    free = fit_width_law(WIDTHS, [2, 1.5, 1.2, 1.1, 1.05], [0.01] * 5, 1.0, free_power=True)
    with pytest.raises(SpecError, match="power was fitted"):
        needed_width(free, 0.1)


numbers = st.one_of(st.none(), st.floats(-1e3, 1e300, allow_subnormal=False))


@pytest.mark.parametrize("examples", [60, pytest.param(200, marks=pytest.mark.slow)])
def test_no_data_raise_or_give_a_number_that_is_none(examples):
    @settings(max_examples=examples, deadline=None)
    @given(
        st.lists(st.tuples(numbers, st.one_of(st.none(), st.floats(0, 1e200))), max_size=7),
        st.one_of(st.none(), st.floats(0, 1e6)),
        st.booleans(),
    )
    def search(rows, theory, free_power):
        raises_nothing(rows, theory, free_power)

    search()


@unchecked()
def raises_nothing(rows, theory, free_power):
    widths = [2.0 ** (k + 3) for k in range(len(rows))]
    values, errors = [r[0] for r in rows], [r[1] for r in rows]
    with np.errstate(all="ignore"):
        fit = fit_width_law(widths, values, errors, theory, free_power=free_power, highest=2)
    assert fit.describe()
    if fit.valid:
        assert math.isfinite(fit.c)
        assert math.isfinite(fit.q_inf)


def test_a_limit_below_zero_is_told_as_the_reason():
    fit = fit_width_law([16, 32, 64, 128], [1.0, 0.5, 0.22, 0.08], [0.01] * 4)
    assert not fit.valid
    assert fit.q_inf < 0
    assert fit.describe() == "the limit would not be positive"
