"""Members from specifications: the same bytes in any chunk, seeds, divergence, what is refused."""

import dataclasses
import threading
import time

import jax
import numpy as np
import pytest
from helpers.reference_ensembles import digits

from ntk_uq.base.errors import MemoryLimitError, SpecError
from ntk_uq.base.settings import format_bytes
from ntk_uq.costs.memory import BASE
from ntk_uq.costs.training import check_memory, required_bytes
from ntk_uq.results.losses import test_loss as loss_of
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.theory.kernels import Kernels
from ntk_uq.training.members import lanes, train_members
from ntk_uq.training.program import train
from ntk_uq.training.seeds import key_data, seed

ARRAYS = ("steps", "train_loss", "test_loss", "predictions")


def ensemble(optimizer=None, activation="relu", members=6, **data):
    """All of one size, and of one number of steps unless these are the point: a program is
    compiled for each optimizer, activation, width and number of recorded steps."""
    return EnsembleSpec(
        DataSpec(n_test=21, **data),
        ArchitectureSpec(2, activation, sigma_b=0.2),
        optimizer or OptimizerSpec(steps=300, eta=0.5),
        widths=(19,),
        n_train=(27,),
        members=members,
    )


def numbers(member):
    """Everything of a member that must not depend on where it was trained, as bytes."""
    fields = {f.name: getattr(member, f.name) for f in dataclasses.fields(member)}
    del fields["seconds"]
    return {k: v.tobytes() if isinstance(v, np.ndarray) else v for k, v in fields.items()}


def trained(spec, members, width=19, n_train=27, **options):
    return list(train_members(spec, width, n_train, members, **options))


@pytest.mark.parametrize(
    ("side_by_side", "activation"),
    [
        (1, "relu"),
        (4, "erf"),
        # Others differ in what is compiled, a few seconds each.
        *(pytest.param(1, a, marks=pytest.mark.slow) for a in ("erf", "gelu")),
        *(pytest.param(4, a, marks=pytest.mark.slow) for a in ("relu", "gelu")),
    ],
)
def test_a_member_is_the_same_bytes_in_any_chunk(side_by_side, activation):
    spec = ensemble(activation=activation)
    whole = trained(spec, range(6), side_by_side=side_by_side)
    assert [m.member for m in whole] == list(range(6))
    chunks = [[5], [3, 0], [1, 2, 4], [2, 2, 2, 2, 0]]
    for chunk in chunks:
        for member in trained(spec, chunk, side_by_side=side_by_side):
            assert numbers(member) == numbers(whole[member.member])


@pytest.mark.parametrize("at_once", [2, 3, 20])
def test_a_member_is_the_same_bytes_however_many_are_trained_at_once(at_once):
    spec = ensemble()
    order = [4, 0, 6, 1, 2, 5, 3]
    one = trained(spec, order, at_once=1)
    several = trained(spec, order, at_once=at_once)
    assert [m.member for m in several] == order
    assert [numbers(m) for m in one] == [numbers(m) for m in several]


@pytest.fixture
def trainings(monkeypatch):
    """The programs that run, each as the thread that runs it; without the one that compiles."""
    calls = []

    def counted(*args, **options):
        if args[-1][-1]:
            calls.append(threading.current_thread().name)
            time.sleep(0.05)  # so small a network may else be ready before the next thread is
        return train(*args, **options)

    monkeypatch.setattr("ntk_uq.training.members.train", counted)
    return calls


@pytest.mark.parametrize("at_once", [1, 2])
def test_who_stops_reading_stops_the_training(trainings, at_once):
    reader = train_members(ensemble(), 19, 27, range(50), at_once=at_once)
    assert next(reader).member == 0
    reader.close()
    assert 1 <= len(trainings) <= at_once + 1
    before = len(trainings)
    time.sleep(0.2)
    assert len(trainings) == before


def test_an_error_in_a_thread_is_raised_to_the_reader(monkeypatch):
    def fail(*args, **options):
        if args[-1][-1]:
            raise SpecError("no training today")
        return train(*args, **options)

    monkeypatch.setattr("ntk_uq.training.members.train", fail)
    with pytest.raises(SpecError, match="no training today"):
        trained(ensemble(), range(4), at_once=2)


def test_fewer_are_trained_at_once_where_memory_is_short(trainings, monkeypatch):
    spec, shape = ensemble(), (19, 27, 64, 10)
    monkeypatch.setenv("NTK_UQ_MEMORY", str(required_bytes(spec, *shape, 2)))
    trained(spec, range(4), at_once=4)
    assert len(trainings) == 4
    assert len(set(trainings)) == 2
    trainings.clear()
    monkeypatch.setenv("NTK_UQ_MEMORY", str(required_bytes(spec, *shape, 1)))
    trained(spec, range(4), at_once=4)
    assert set(trainings) == {"MainThread"}


@pytest.mark.parametrize(
    "optimizer",
    [
        OptimizerSpec("sgd", steps=30, eta=0.3, batch_size=8),
        OptimizerSpec("adam", steps=30, eta=0.01),
        pytest.param(
            OptimizerSpec("momentum", steps=30, eta=0.3, momentum=0.9), marks=pytest.mark.slow
        ),
    ],
    ids=lambda o: o.optimizer,
)
def test_departures_are_the_same_bytes_in_any_chunk_and_lower_the_loss(optimizer):
    spec = ensemble(optimizer)
    whole = trained(spec, range(3))
    assert numbers(trained(spec, [2])[0]) == numbers(whole[2])
    for member in whole:
        assert member.train_loss[-1] < 0.3 * member.train_loss[0]
        assert not member.diverged


def test_a_larger_ensemble_holds_the_smaller_one():
    small, large = ensemble(members=2), ensemble(members=5)
    for few, many in zip(trained(small, range(2)), trained(large, range(2)), strict=True):
        assert numbers(few) == numbers(many)


def test_members_differ_from_each_other():
    members = trained(ensemble(), range(4))
    assert len({m.seed for m in members}) == 4
    assert len({m.predictions.tobytes() for m in members}) == 4
    assert len({m.train_loss[0] for m in members}) == 4


def test_every_field_of_a_specification_changes_the_seed():
    spec = ensemble()
    base = spec.member(19, 27, 0)
    others = [
        spec.member(20, 27, 0),
        spec.member(19, 28, 0),
        spec.member(19, 27, 1),
        spec.member(19, 27, 0, draw=1),
        ensemble(seed=1).member(19, 27, 0),
        ensemble(activation="erf").member(19, 27, 0),
        ensemble(OptimizerSpec(steps=301, eta=0.5)).member(19, 27, 0),
    ]
    assert len({seed(s) for s in [base, *others]}) == 8


def test_seeds_never_change():
    """Networks in a store are those of their seeds."""
    value = seed(EnsembleSpec().member(64, 100, 3))
    assert value == 12558371454400252441
    assert key_data(value).tolist() == [value // 2**32, value % 2**32]


def test_what_a_member_holds():
    spec, split = ensemble(), digits(27, 21)
    (member,) = trained(spec, [1])
    assert member.steps[0] == 0
    assert member.steps[-1] == 300
    assert member.predictions.shape == (21, 10)
    assert member.predictions.dtype == np.float32
    assert member.test_loss[-1] == loss_of(member.predictions.astype(float), split.y_test)
    assert member.train_loss.shape == member.test_loss.shape == member.steps.shape
    (ntk,) = Kernels(spec.architecture, ("ntk",)).symmetric(split.x_train)
    assert member.lambda_max == pytest.approx(np.linalg.eigvalsh(ntk)[-1], rel=1e-12)
    assert member.step_size == 0.5 / member.lambda_max
    assert member.provenance["dtype"] == "float32"
    assert member.provenance["data_fingerprint"].startswith("sklearn-digits")
    assert "optax" in member.provenance["versions"]
    assert member.seconds > 0


def test_adams_step_is_eta_itself():
    (member,) = trained(ensemble(OptimizerSpec("adam", steps=30, eta=0.01)), [0])
    assert member.step_size == 0.01
    assert member.lambda_max is None


def test_another_draw_is_another_training_set():
    spec = ensemble()
    first, second = (trained(spec, [0], draw=d)[0] for d in (0, 1))
    assert second.draw == 1
    assert first.lambda_max != second.lambda_max


def test_narrow_networks_diverge_at_the_edge_of_stability_and_say_so():
    """At eta = 1.99 a finite network whose largest eigenvalue is above the limit's is unstable."""
    spec = ensemble(OptimizerSpec(steps=400, eta=1.99), activation="linear")
    members = trained(spec, range(24), width=3)
    lost = [m for m in members if m.diverged]
    assert 0 < len(lost) < 24
    for member in lost:
        assert member.predictions.shape == (0, 10)
        assert 0 < member.diverged_at <= 400
        assert member.steps[-1] < member.diverged_at
        assert np.isfinite(member.test_loss).all()
        assert np.isfinite(member.train_loss).all()
    for member in members:
        if not member.diverged:
            assert member.steps[-1] == 400
            assert np.isfinite(member.predictions).all()


def test_no_members_are_no_work():
    assert trained(ensemble(), []) == []


def test_more_examples_than_there_are_is_refused_in_words():
    with pytest.raises(SpecError, match="N_D is 5,000, but the pool of digits holds 1,297"):
        trained(ensemble(), [0], n_train=5000)
    with pytest.raises(SpecError, match="no data set 'nothing'"):
        trained(ensemble(dataset="nothing"), [0])


def test_what_does_not_fit_is_refused_in_words(monkeypatch):
    limit = BASE + 2**20
    monkeypatch.setenv("NTK_UQ_MEMORY", str(limit))
    with pytest.raises(
        MemoryLimitError, match=rf"width 4000 .* N_D = 27 .* limit is {format_bytes(limit)}"
    ):
        trained(ensemble(), [0], width=4000)
    assert len(trained(ensemble(), [0])) == 1


def test_memory_grows_with_what_is_trained():
    spec = ensemble()
    base = required_bytes(spec, 64, 100, 64, 10)
    assert required_bytes(spec, 128, 100, 64, 10) > base
    assert required_bytes(spec, 64, 200, 64, 10) > base
    assert required_bytes(spec, 64, 100, 64, 10, side_by_side=8) > base
    adam = ensemble(OptimizerSpec("adam", steps=300, eta=0.01))
    assert required_bytes(adam, 64, 100, 64, 10) > base
    assert check_memory(spec, 64, 100, 64, 10, limit=base) == base


def test_an_accelerator_gets_as_many_networks_as_fill_it(monkeypatch):
    assert lanes(512, 500) == 1  # here, on a processor
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    shapes = [(16, 10), (128, 500), (512, 500), (1024, 500), (4096, 500), (64, 60_000)]
    assert [lanes(*shape) for shape in shapes] == [256, 64, 16, 4, 1, 1]
