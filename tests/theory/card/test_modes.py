"""Training times on an accelerator, whose programs run here on the processor."""

from dataclasses import asdict

import numpy as np
import pytest
from helpers.reference_theory import digits

from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.specs import (
    ArchitectureSpec,
    DataSpec,
    DescentSpec,
    SpectrumSpec,
    TrainingTimeSpec,
)
from ntk_uq.theory import where
from ntk_uq.theory.card.modes import CardModes
from ntk_uq.theory.descent import evaluate_descent
from ntk_uq.theory.filters import flow_filter
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.modes import Modes
from ntk_uq.theory.spectrum import evaluate_spectrum
from ntk_uq.theory.training_time import evaluate_training_time

NETWORK = ArchitectureSpec(2, "relu", 1.3, 0.2)


@pytest.mark.parametrize("n", [1, 127, 128, 129])
def test_all_that_follows_from_them_is_the_processors(n):
    split = digits(n, 70)
    usual, card = (made(Kernels(NETWORK), split) for made in (Modes, CardModes))
    scale = usual.eigenvalues[-1]
    np.testing.assert_allclose(card.eigenvalues, usual.eigenvalues, rtol=0, atol=1e-13 * scale)
    assert card.prior_variance == pytest.approx(usual.prior_variance, rel=1e-14)
    for time in (0.3 / scale, 10 / scale, 1e4 / scale):
        inverse, left = flow_filter(usual.eigenvalues, time)
        z, other = usual.project(split.y_train), card.project(split.y_train)
        # An eigenvector's sign is free, and so are those of equal eigenvalues: not compared.
        np.testing.assert_allclose(
            card.mean(inverse, other), usual.mean(inverse, z), rtol=0, atol=1e-10
        )
        want = usual.covariance(inverse)
        np.testing.assert_allclose(
            card.covariance(inverse), want, rtol=0, atol=1e-10 * np.abs(want).max()
        )
        assert card.variance(inverse) == pytest.approx(usual.variance(inverse), rel=1e-9)
        wanted = usual.train_moments(left, z)
        assert card.train_moments(left, other) == pytest.approx(wanted, rel=1e-8, abs=1e-12)


@pytest.fixture
def accelerator(monkeypatch):
    monkeypatch.setattr(where, "accelerator_memory", lambda: 2**34)


def numbers(record):
    """All numbers of a record that were computed, flat."""
    found = []

    def walk(value):
        if isinstance(value, dict):
            for name, item in value.items():
                if name not in ("seconds", "provenance"):
                    walk(item)
        elif isinstance(value, list | tuple):
            for item in value:
                walk(item)
        elif isinstance(value, float):
            found.append(value)

    walk(record)
    return found


@pytest.mark.parametrize(
    ("evaluate", "spec"),
    [
        (
            evaluate_training_time,
            TrainingTimeSpec(
                DataSpec(n_test=50), NETWORK, n_train=90, times=(1.0, 100.0), noises=(0.0, 0.5)
            ),
        ),
        (evaluate_descent, DescentSpec(DataSpec(n_test=50), NETWORK, n_train=90, steps=(1, 50))),
        (evaluate_spectrum, SpectrumSpec(DataSpec(), NETWORK, n=90)),
    ],
    ids=["training time", "descent", "spectrum"],
)
def test_a_page_s_numbers_are_the_processors(evaluate, spec, request):
    usual = evaluate(spec)
    request.getfixturevalue("accelerator")
    got = evaluate(spec)
    np.testing.assert_allclose(numbers(asdict(got)), numbers(asdict(usual)), rtol=1e-7, atol=1e-12)
    assert getattr(got, "warnings", None) == getattr(usual, "warnings", None)


@pytest.mark.usefixtures("accelerator")
def test_what_does_not_fit_is_refused_before_it_is_loaded():
    with pytest.raises(MemoryLimitError, match=r"32766"):
        where.check_modes(40_000, 50, 784, lambda: None)
    with pytest.raises(MemoryLimitError, match=r"it has 16\.0 GiB\. The largest N_D that"):
        where.check_modes(20_000, 50, 784, lambda: None)


def test_on_a_processor_its_own_memory_is_what_counts():
    asked = []
    where.check_modes(40_000, 50, 784, lambda: asked.append("processor"))
    assert asked == ["processor"]
