"""The model of what fits, against XLA's own account of the programs that are run."""

import numpy as np
import pytest
from helpers.peak import watched

from ntk_uq.costs.memory import CARD_BASE, CardRoute, card_bytes
from ntk_uq.datasets import Split
from ntk_uq.specs import ArchitectureSpec, TrainingSpec
from ntk_uq.theory.card.many import ROOMS, CardMany
from ntk_uq.theory.card.modes import CardModes
from ntk_uq.theory.card.posterior import CardPosterior
from ntk_uq.theory.kernels import Kernels

NETWORK = ArchitectureSpec(2, sigma_b=0.1)
CONVERGED, BAYES, TIME = TrainingSpec(), TrainingSpec(posterior="bayes"), TrainingSpec(time=1.0)
MOST = 2.5
"""How much more the model may say: a card's factorizations work in more than LAPACK's do."""

SIZES = [(150, 70, 64)]  # whose programs other tests compile, too
SIZES += [
    pytest.param(shape, marks=pytest.mark.slow)
    for shape in ((100, 50, 20), (520, 130, 64), (512, 512, 64), (1024, 128, 784))
]


def data(n, n_test, n_features, twins=0):
    """Examples, so many of which are almost equal to others."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((n + n_test, n_features)), rng.standard_normal((n + n_test, 10))
    x[n - twins : n] = (1 + 1e-9) * x[:twins]
    return Split(x[:n], y[:n], x[n:], y[n:])


def kernels(training):
    return Kernels(NETWORK, ("nngp",) if training.posterior == "bayes" else ("nngp", "ntk"))


def assert_holds(peak, told):
    assert peak.bytes <= told <= MOST * peak.bytes, f"{told / peak.bytes:.2f} at {peak.of}"


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize(
    ("training", "route"),
    [(CONVERGED, route) for route in CardRoute]
    + [(BAYES, CardRoute.WHOLE), (TIME, CardRoute.WHOLE)],
    ids=["whole", "factor", "mixed", "bayes", "time"],
)
def test_a_curve_takes_no_more_than_the_model_says_and_not_much_less(
    monkeypatch, shape, training, route
):
    split, n = data(*shape), shape[0]
    with watched(monkeypatch) as peak:
        of = CardPosterior(kernels(training), split, 1e-3, training, route)
        list(of.moments_at([n // 3, n]))
    assert_holds(peak, card_bytes(*shape, training, route) - CARD_BASE)


@pytest.mark.parametrize("twins", [0, 20])
@pytest.mark.parametrize("training", [CONVERGED, BAYES, TIME], ids=["trained", "bayes", "time"])
def test_so_it_is_for_curves_side_by_side(monkeypatch, training, twins):
    # Of many values, so that those of the pairs are the most that there is.
    shape = (110, 40, 784 if twins else 64)
    with watched(monkeypatch) as peak:
        count = ROOMS[0]
        of = [kernels(training)] * count
        list(
            CardMany(of, data(*shape, twins), [1e-3] * count, [training] * count).moments_at(
                [30, 100]
            )
        )
    assert_holds(peak, count * (card_bytes(*shape, training) - CARD_BASE))


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize("route", [CardRoute.WHOLE, CardRoute.FACTOR])
def test_and_where_pairs_of_almost_equal_examples_are_mended(monkeypatch, shape, route):
    split, n = data(*shape, twins=shape[0] // 4), shape[0]
    with watched(monkeypatch) as peak:
        of = CardPosterior(kernels(CONVERGED), split, 1e-3, CONVERGED, route)
        list(of.moments_at([n // 3, n]))
    assert "mended_kernels" in peak.seen
    assert_holds(peak, card_bytes(*shape, CONVERGED, route) - CARD_BASE)


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_and_for_kernels_in_eigenvectors(monkeypatch, shape):
    split = data(*shape)
    with watched(monkeypatch) as peak:
        modes = CardModes(Kernels(NETWORK), split, lambda _: None)
        inverse = 1 / (modes.eigenvalues + 1e-3)
        projected = modes.project(split.y_train)
        modes.mean(inverse, projected)
        modes.covariance(inverse)
        modes.variance(inverse)
        modes.train_moments(0.5 + 0 * inverse, projected)
    assert_holds(peak, card_bytes(*shape, TIME) - CARD_BASE)
