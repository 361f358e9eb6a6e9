"""Statistics of networks along their training."""

import dataclasses

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.results.ensembles.losses_along import losses_along
from ntk_uq.results.ensembles.records import member_key, targets_key
from ntk_uq.results.ensembles.statistics import mean_trajectory, summarize
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.training.members import train_members

SPEC = EnsembleSpec(
    DataSpec(n_test=20, noise=1.0),
    ArchitectureSpec(1),
    OptimizerSpec(steps=12, eta=0.5),
    (16,),
    (15,),
    6,
)


@pytest.fixture(scope="module")
def members():
    return tuple(train_members(SPEC, 16, 15, range(6)))


def test_the_last_step_is_the_ensembles_point_and_the_means_are_its_trajectory(members):
    found, point = losses_along(members), summarize(members)
    for name in ("mu", "sigma", "epsilon"):
        assert getattr(found, name)[-1] == getattr(point, name)
    trajectory = mean_trajectory(members)
    assert found.steps == trajectory.steps
    assert [e.value for e in found.mu] == pytest.approx(trajectory.test)
    assert [e.value for e in found.train_mu] == pytest.approx(trajectory.train)
    errors = [e.error for e in found.mu]
    assert errors == pytest.approx(trajectory.test_sem, rel=0.2)
    assert (found.width, found.members) == (16, 6)


def test_every_step_has_the_spread_of_its_losses(members):
    found = losses_along(members)
    losses = np.stack([m.test_loss for m in members])
    for step, (sigma, epsilon) in enumerate(zip(found.sigma, found.epsilon, strict=True)):
        assert sigma.value == pytest.approx(np.std(losses[:, step], ddof=1))
        assert epsilon.value == pytest.approx(sigma.value / np.mean(losses[:, step]))
        assert sigma.low < sigma.value < sigma.high


def test_networks_that_diverged_are_left_out(members):
    ended = dataclasses.replace(
        members[0],
        diverged_at=5,
        predictions=members[0].predictions[:0],
        steps=members[0].steps[:3],
    )
    assert losses_along((ended, *members[1:])) == losses_along(members[1:])
    assert losses_along((ended,)) is None
    alone = losses_along(members[:1])
    assert set(alone.sigma) == set(alone.epsilon) == {None}
    assert alone.mu[0].error is None


def test_label_noise_is_trained_on_and_not_tested_on(members):
    digits = datasets.get("digits")
    clean = datasets.load_split(digits, dataclasses.replace(SPEC.data, noise=0.0), 15, 0)
    noisy = datasets.load_split(digits, SPEC.data, 15, 0)
    point = summarize(members, clean.y_test)
    assert point.mu_bias + point.mu_variance == pytest.approx(point.mu.value, rel=1e-6)
    # What the networks are trained on is the noisy targets: the loss on them falls furthest.
    assert np.mean(noisy.y_train**2) > 1.5 * np.mean(clean.y_train**2)
    spec = dataclasses.replace(SPEC, optimizer=OptimizerSpec(steps=2000, eta=1.0))
    (trained,) = train_members(spec, 256, 15, [0])
    assert trained.train_loss[-1] < 1e-3 * np.mean((noisy.y_train - clean.y_train) ** 2)


def test_noisy_networks_have_keys_of_their_own():
    clean = dataclasses.replace(SPEC, data=dataclasses.replace(SPEC.data, noise=0.0))
    specs = [s.member(16, 15, 0) for s in (SPEC, clean)]
    assert len({member_key(s, "data") for s in specs}) == 2
    assert len({targets_key(s.data, "data") for s in specs}) == 2
