"""Spectra: explicit kernels, singular values, planted decays and planted targets."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg
from helpers.reference_theory import dataset, digits, kernels_by_recursion, relu_expectations

from ntk_uq import datasets
from ntk_uq.base.errors import MemoryLimitError, MissingDataError, SpecError
from ntk_uq.costs.memory import check_spectrum_memory
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.results.spectrum import Spectrum, spectrum_key, stored_spectrum
from ntk_uq.specs import ArchitectureSpec, DataSpec, SpectrumSpec
from ntk_uq.store import JobState, json_bytes
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.spectrum import cumulative_power, evaluate_spectrum, fit_decay

N = 120
SPEC = SpectrumSpec(n=N)


def test_eigenvalues_are_those_of_kernels_by_recursion():
    found = evaluate_spectrum(SPEC)
    x = digits(N, 1).x_train
    kernels = kernels_by_recursion(SPEC.architecture, x, x, relu_expectations)
    for record, kernel in zip((found.nngp, found.ntk), kernels, strict=True):
        kernel = kernel.astype(float)
        expected = np.linalg.eigvalsh((kernel + kernel.T) / 2)[::-1] / N
        # The recursion loses digits at angle zero, where the package has a closed form.
        np.testing.assert_allclose(record.eigenvalues, expected, rtol=1e-6)
        assert record.trace == pytest.approx(np.trace(kernel) / N, rel=1e-7)
        assert record.condition == pytest.approx(expected[0] / expected[-1], rel=1e-6)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_eigenvalues_fall_and_add_up_to_the_trace(activation):
    spec = replace(SPEC, architecture=ArchitectureSpec(1, activation, sigma_b=0.3))
    found = evaluate_spectrum(spec)
    for record in (found.nngp, found.ntk):
        assert len(record.eigenvalues) == N
        assert np.all(np.diff(record.eigenvalues) <= 0)
        assert sum(record.eigenvalues) == pytest.approx(record.trace, rel=1e-12)
        assert record.rank == N


@pytest.mark.parametrize("depth", [1, 3])
def test_a_linear_network_has_the_squared_singular_values_of_its_inputs(depth):
    """Its NNGP kernel is sigma_w^(2 depth + 2) x x' / d, its NTK depth + 1 times that."""
    spec = replace(SPEC, architecture=ArchitectureSpec(depth, "linear", sigma_w=1.2))
    found = evaluate_spectrum(spec)
    x = digits(N, 1).x_train
    squares = 1.2 ** (2 * depth + 2) * np.linalg.svd(x, compute_uv=False) ** 2 / x.shape[1] / N
    squares = np.pad(squares, (0, N - len(squares)))
    atol = 10 * found.ntk.rounding
    np.testing.assert_allclose(found.nngp.eigenvalues, squares, rtol=1e-10, atol=atol)
    np.testing.assert_allclose(found.ntk.eigenvalues, (depth + 1) * squares, rtol=1e-10, atol=atol)
    assert found.ntk.rank == np.linalg.matrix_rank(x @ x.T) < N
    assert found.ntk.condition is None


def test_power_is_that_of_projections_on_the_first_eigenvectors():
    found = evaluate_spectrum(SPEC)
    split = digits(N, 1)
    (kernel,) = Kernels(SPEC.architecture, ("ntk",)).symmetric(split.x_train)
    for k in (1, 2, 7, 50, N):
        _, first = scipy.linalg.eigh(kernel, subset_by_index=[N - k, N - 1])
        fitted = first @ np.linalg.lstsq(first, split.y_train, rcond=None)[0]
        expected = np.sum(fitted**2) / np.sum(split.y_train**2)
        assert found.power[k - 1] == pytest.approx(expected, abs=1e-9)
    assert found.power[-1] == pytest.approx(1, abs=1e-12)
    assert np.all(np.diff(found.power) >= 0)


def test_a_target_along_one_eigenvector_has_all_its_power_there():
    random = np.random.default_rng(5)
    x = random.normal(size=(61, 6))
    made = dataset(x, random.normal(size=61), 60, preparation="scale")
    spec = SpectrumSpec(DataSpec("memory", 1, target="raw"), n=60)
    split = datasets.load_split(made, spec.data, 60, 0)
    _, vectors = np.linalg.eigh(Kernels(spec.architecture, ("ntk",)).symmetric(split.x_train)[0])
    # Which of the pool's examples each training example is, from the random targets.
    pool = made.load().pool_targets
    order = [int(np.flatnonzero(pool == y)[0]) for y in split.y_train[:, 0]]
    targets = np.empty(61)
    targets[order], targets[60] = 3 * vectors[:, -4], 0  # the fourth largest eigenvalue
    planted = dataset(x, targets, 60, preparation="scale")
    power = np.array(evaluate_spectrum(spec, planted).power)
    np.testing.assert_allclose(power, np.arange(60) >= 3, atol=1e-9)


def test_targets_that_are_zero_are_learnt_before_training():
    np.testing.assert_array_equal(cumulative_power(np.eye(3), np.zeros((3, 2))), np.ones(3))


# Decay


@pytest.mark.parametrize("exponent", [1.0, 1.7, 3.0])
def test_a_planted_exponent_is_found_in_the_middle_range(exponent):
    k = np.arange(1.0, 1001)
    values = 5 * k**-exponent
    values[:9] *= 7  # outside the range, at both ends
    values[201:] *= 0.1
    found = fit_decay(values)
    assert (found.low, found.high) == (10, 200)
    assert found.valid
    assert found.exponent == pytest.approx(exponent, abs=1e-9)
    assert found.alpha == pytest.approx(exponent - 1, abs=1e-9)
    assert found.reasons == ()


def test_an_exponent_within_noise_is_found_within_its_error():
    random = np.random.default_rng(3)
    k = np.arange(1.0, 2001)
    found = fit_decay(k**-1.5 * np.exp(0.03 * random.normal(size=2000)))
    assert found.valid
    assert abs(found.exponent - 1.5) < 3 * found.error < 0.1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.exp(-np.arange(1000) / 50), "local exponent goes from"),
        (np.ones(1000), "All .* values equal"),
        (np.arange(1.0, 51) ** -2, "10 eigenvalues are sure enough"),
        (np.arange(1.0, 151) ** -2, "a factor 3"),
    ],
)
def test_what_is_no_power_law_has_no_valid_exponent(values, words):
    found = fit_decay(values)
    assert not found.valid
    assert any(re.search(words, reason) for reason in found.reasons)
    assert not any("N_D" in reason or "alpha" in reason for reason in found.reasons)


def test_eigenvalues_that_are_rounding_errors_are_left_out():
    values = np.arange(1.0, 1001) ** -2.0
    values[60:] = 1e-17
    found = fit_decay(values, rounding=1e-13)
    assert (found.low, found.high, found.valid) == (10, 60, True)
    assert found.exponent == pytest.approx(2, abs=1e-9)


# Limits


def test_what_does_not_fit_is_refused_before_it_starts(monkeypatch):
    spec = SpectrumSpec(DataSpec("mnist"), n=4000)
    needed = check_spectrum_memory(spec, 784, 2**40)
    assert needed > 5 * 8 * 4000**2
    assert check_spectrum_memory(spec, 784, needed) == needed
    with pytest.raises(MemoryLimitError, match=r"n = 4000 examples need about .* smaller n"):
        check_spectrum_memory(spec, 784, needed - 1)
    monkeypatch.setenv("NTK_UQ_MEMORY", "100MiB")
    with pytest.raises(MemoryLimitError, match="NTK_UQ_MEMORY"):
        evaluate_spectrum(SPEC)


@pytest.mark.parametrize("n", [1, 4001])
def test_n_has_its_range(n):
    with pytest.raises(SpecError, match=f"n is {n}; it must be from 2 to 4000"):
        SpectrumSpec(n=n)


def test_two_examples_are_enough_for_a_spectrum_and_not_for_a_fit():
    found = evaluate_spectrum(SpectrumSpec(n=2))
    assert len(found.ntk.eigenvalues) == 2
    assert not found.ntk.decay.valid


def test_a_pool_that_is_too_small_is_told():
    with pytest.raises(SpecError, match="pool of digits holds 1,297"):
        evaluate_spectrum(SpectrumSpec(n=1298))


# The store


def test_a_spectrum_is_computed_once_by_an_engine_and_found(store, monkeypatch):
    assert stored_spectrum(store.results, SPEC) is None
    job = submit(store.jobs, SPEC)
    Engine(store, InProcess()).run_until_idle()
    job = store.jobs.get(job.id)
    assert (job.state, job.error, job.done, job.total) == (JobState.DONE, "", 1, 1)
    found = stored_spectrum(store.results, SPEC)
    expected = evaluate_spectrum(SPEC)
    assert found.ntk == expected.ntk
    assert found.provenance["dtype"] == "float64"

    def refuse(*arguments, **options):
        raise AssertionError("computed again")

    monkeypatch.setattr("ntk_uq.theory.spectrum.evaluate_spectrum", refuse)
    # The size of the test set, and naming what the data set chooses anyway, change nothing.
    same = replace(SPEC, data=DataSpec(n_test=17, preparation="sphere"))
    assert stored_spectrum(store.results, same) == found
    submit(store.jobs, same)
    Engine(store, InProcess()).run_until_idle()
    assert store.jobs.get(same.digest()).state is JobState.DONE
    assert stored_spectrum(store.results, replace(SPEC, data=DataSpec(seed=1))) is None
    assert stored_spectrum(store.results, replace(SPEC, n=N + 1)) is None


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[" * 100_000, b"null", b"{}"])
def test_foreign_entries_are_as_if_they_were_not_there(store, content):
    key = spectrum_key(SPEC, datasets.get("digits").fingerprint())
    store.results.put(key, content)
    assert stored_spectrum(store.results, SPEC) is None


def test_a_spectrum_survives_json():
    found = evaluate_spectrum(SPEC)
    assert Spectrum.from_json(json.loads(json_bytes(found.to_json()))) == found


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (SpectrumSpec(n=1298), "pool of digits holds 1,297"),
        (SpectrumSpec(DataSpec("mnist")), "data fetch mnist"),
        (SpectrumSpec(DataSpec("nonsense")), "no data set 'nonsense'"),
    ],
)
def test_a_job_that_cannot_be_computed_fails_in_words(store, spec, words):
    job = submit(store.jobs, spec)
    Engine(store, InProcess()).run_until_idle()
    assert words in store.jobs.get(job.id).error


def test_a_missing_data_set_is_told_to_whoever_looks(store):
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA"):
        stored_spectrum(store.results, SpectrumSpec(DataSpec("mnist")))


def test_the_power_is_that_of_the_noisy_targets():
    clean = SpectrumSpec(DataSpec(), ArchitectureSpec(1), n=60)
    noisy = replace(clean, data=DataSpec(noise=2.0))
    found, other = evaluate_spectrum(clean), evaluate_spectrum(noisy)
    assert other.ntk.eigenvalues == found.ntk.eigenvalues
    split = datasets.load_split(datasets.get("digits"), replace(noisy.data, n_test=1), 60, 0)
    (_, ntk) = Kernels(noisy.architecture).symmetric(split.x_train)
    vectors = np.linalg.eigh(ntk)[1][:, ::-1]
    np.testing.assert_allclose(other.power, cumulative_power(vectors, split.y_train), rtol=1e-6)
    assert other.power[5] < 0.9 * found.power[5]
    assert spectrum_key(clean, "x") != spectrum_key(noisy, "x")
