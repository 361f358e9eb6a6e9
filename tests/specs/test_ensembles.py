"""Specifications of ensembles: what they refuse and in which words, and that they come back."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import about, check_of, default_of
from ntk_uq.specs import (
    ArchitectureSpec,
    DataSpec,
    EnsembleSpec,
    MemberSpec,
    OptimizerSpec,
    TrainingSpec,
)

etas = st.floats(0, 1, exclude_min=True, exclude_max=True)
steps = st.integers(1, 1_000_000)
optimizers = st.one_of(
    st.builds(lambda k, e: OptimizerSpec(steps=k, eta=2 * e), steps, etas.filter(lambda e: e < 1)),
    st.builds(lambda k, e: OptimizerSpec("adam", k, e), steps, etas),
    st.builds(lambda k, e, m: OptimizerSpec("momentum", k, e, momentum=m), steps, etas, etas),
    st.builds(
        lambda k, e, b: OptimizerSpec("sgd", k, e, batch_size=b), steps, etas, st.integers(1, 50)
    ),
)
ensembles = st.builds(
    EnsembleSpec,
    optimizer=optimizers,
    widths=st.sets(st.integers(1, 16_384), min_size=1).map(lambda s: tuple(sorted(s))),
    n_train=st.sets(st.integers(50, 1_000_000), min_size=1).map(lambda s: tuple(sorted(s))),
    members=st.integers(1, 10_000),
)


@given(ensembles)
def test_they_come_back_from_json_and_from_a_link(spec):
    assert EnsembleSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert EnsembleSpec.from_query(spec.to_query()) == spec
    member = spec.member(spec.widths[-1], spec.n_train[0], spec.members - 1)
    assert MemberSpec.from_json(member.to_json()) == member
    assert member.data == spec.data
    assert member.member == spec.members - 1


@pytest.mark.parametrize(
    ("cls", "field", "value", "words"),
    [
        (OptimizerSpec, "steps", 0, "steps is 0; it must be from 1 to 1000000"),
        (OptimizerSpec, "eta", 0, "eta is 0; it must be above 0"),
        (OptimizerSpec, "eta", 2.0, "eta is 2; with gd it must be below 2: the largest mode"),
        (OptimizerSpec, "optimizer", "lbfgs", "choose one of gd, momentum, sgd, adam"),
        (EnsembleSpec, "widths", (0, 64), r"widths\[0\] is 0; it must be from 1 to 16384"),
        (EnsembleSpec, "widths", (), "widths has 0 values"),
        (EnsembleSpec, "members", 1_000_000, "members is 1000000; it must be from 1 to 10000"),
        (EnsembleSpec, "members", 0, "members is 0"),
        (EnsembleSpec, "n_train", (0,), r"n_train\[0\] is 0"),
        (EnsembleSpec, "optimizer", "gd", "optimizer is 'gd'; it must be a specification"),
    ],
)
def test_nonsense_is_refused_in_words(cls, field, value, words):
    with pytest.raises(SpecError, match=words):
        cls(**{field: value})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"optimizer": "momentum"}, "momentum is empty; the optimizer momentum needs it"),
        ({"optimizer": "sgd"}, "batch_size is empty; the optimizer sgd needs it"),
        ({"momentum": 0.9}, r"momentum is 0\.9, but only the optimizer momentum has one"),
        ({"batch_size": 8}, "batch_size is 8, but only the optimizer sgd has one"),
        ({"optimizer": "sgd", "batch_size": 8, "eta": 2.5}, "with sgd it must be below 2"),
        (
            {"optimizer": "momentum", "momentum": 0.5, "eta": 3.0},
            "with momentum it must be below 3: the largest mode of the NTK would grow",
        ),
        ({"optimizer": "adam"}, "eta is 1; with adam it must be below 1: each step would move"),
    ],
)
def test_contradicting_fields_are_refused_in_words(fields, words):
    with pytest.raises(SpecError, match=words):
        OptimizerSpec(**fields)


def test_the_bound_on_eta_is_where_the_largest_mode_diverges():
    """The heavy ball on one mode of lambda = 1, below and above the bound."""
    for momentum in (0.0, 0.5, 0.9):
        grown = []
        for eta in (2 * (1 + momentum) - 0.01, 2 * (1 + momentum) + 0.01):
            f, velocity = 1.0, 0.0
            for _ in range(5000):
                velocity = momentum * velocity + f
                f -= eta * velocity
            grown.append(abs(f) > 1)
        assert grown == [False, True]


def test_a_batch_is_no_larger_than_the_smallest_training_set():
    sgd = OptimizerSpec("sgd", batch_size=64)
    with pytest.raises(SpecError, match="batch_size is 64, but the training set holds 50"):
        EnsembleSpec(optimizer=sgd, n_train=(50, 100))
    with pytest.raises(SpecError, match="choose at most 63"):
        MemberSpec(DataSpec(), ArchitectureSpec(), sgd, n_train=63)
    assert EnsembleSpec(optimizer=sgd, n_train=(64, 100)).n_members == 2 * 2 * 20


def test_only_gradient_descent_has_a_counterpart_in_the_theory():
    assert OptimizerSpec(steps=7, eta=0.3).counterpart == TrainingSpec(steps=7, eta=0.3)
    for departure in (
        OptimizerSpec("adam", eta=0.1),
        OptimizerSpec("momentum", momentum=0.9),
        OptimizerSpec("sgd", batch_size=5),
    ):
        assert departure.counterpart is None


@pytest.mark.parametrize("cls", [OptimizerSpec, EnsembleSpec, MemberSpec])
def test_every_field_has_a_check_a_default_and_a_sentence(cls):
    for item in dataclasses.fields(cls):
        if "check" in item.metadata:
            default = default_of(cls, item.name)
            assert check_of(cls, item.name).check(item.name, default) == default
            assert about(cls, item.name)
