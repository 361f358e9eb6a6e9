"""Every optimizer's rule: against optax bit by bit, and its bound where a mode begins to grow."""

import numpy as np
import pytest
from helpers.reference_ensembles import digits, keys
from helpers.reference_optimizers import optax_updates

from ntk_uq import optimizers
from ntk_uq.optimizers import Step
from ntk_uq.optimizers.soundness import check
from ntk_uq.specs import ArchitectureSpec, OptimizerSpec
from ntk_uq.training import program

NORMALIZED = [name for name in optimizers.FILES if optimizers.get(name).normalized]


def spec_of(name):
    optimizer = optimizers.get(name)
    return OptimizerSpec(name, 40, 0.4 * optimizer.bound(optimizer.usual), **optimizer.needs)


@pytest.mark.parametrize("name", optimizers.FILES)
def test_what_is_declared_holds_together(name):
    optimizer = optimizers.get(name)
    check(optimizer)
    assert optimizer.title
    assert optimizer.about.endswith(".")
    spec = spec_of(name)
    assert (spec.counterpart is None) == bool(optimizer.departure)
    assert 0 < optimizer.bound(optimizer.usual) <= 4  # where the field itself ends


@pytest.mark.parametrize("name", NORMALIZED)
def test_beyond_the_bound_the_largest_mode_grows_and_below_it_does_not(name):
    """On one mode of eigenvalue 1, where the gradient is the distance."""
    optimizer = optimizers.get(name)
    grown = []
    for eta in (factor * optimizer.bound(optimizer.usual) for factor in (0.995, 1.005)):
        f, memory = np.ones(1), (np.zeros(1),) * optimizer.memory
        for number in range(1, 5001):
            move, memory = optimizer.update(f, memory, Step(eta, number, optimizer.usual))
            f = f + move
            if abs(f[0]) > 1e6:
                break
        grown.append(abs(f[0]) > 1)
    assert grown == [False, True]


# Side by side they are compiled once more: 4 to 8 s each, and the rule is the same.
@pytest.mark.parametrize("members", [1, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["gd", "momentum", "sgd", "adam"])
def test_trained_networks_are_those_of_optax_to_the_last_bit(name, members, monkeypatch):
    split = digits(40, 12)
    data = (split.x_train, split.y_train, split.x_test)

    def trained():
        program._program.cache_clear()
        return program.train(
            # The rule knows nothing of the network: of one that is compiled fast.
            *(ArchitectureSpec(1, "linear", sigma_b=0.1), spec_of(name), 8, keys(members), data),
            *(1e-3, np.array([0, 7, 40])),
        )

    ours = trained()
    monkeypatch.setattr(program, "_updates", optax_updates)
    theirs = trained()
    program._program.cache_clear()
    for found, wanted in zip(ours, theirs, strict=True):
        assert np.asarray(found).tobytes() == np.asarray(wanted).tobytes()
