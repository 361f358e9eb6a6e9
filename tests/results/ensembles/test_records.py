"""Records of members: they come back, and what is damaged or something else is refused."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.files import sealed as packed
from ntk_uq.results.ensembles.records import MemberResult, member_key
from ntk_uq.specs import EnsembleSpec


def member(**changes):
    rng = np.random.default_rng(0)
    record = MemberResult(
        width=64,
        n_train=100,
        draw=0,
        member=3,
        seed=2**64 - 1,
        lambda_max=123.4,
        step_size=0.01,
        steps=np.array([0, 1, 10]),
        train_loss=rng.random(3),
        test_loss=rng.random(3),
        predictions=rng.random((5, 2), dtype=np.float32),
        seconds=0.5,
        provenance={"dtype": "float32", "notices": []},
    )
    return dataclasses.replace(record, **changes)


DIVERGED = member(diverged_at=7, predictions=np.empty((0, 2), np.float32), lambda_max=None)


@pytest.mark.parametrize("record", [member(), DIVERGED], ids=["sound", "diverged"])
def test_a_member_comes_back_to_the_last_bit(record):
    back = MemberResult.from_bytes(record.to_bytes())
    for item in dataclasses.fields(record):
        one, other = getattr(record, item.name), getattr(back, item.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        else:
            assert one == other
    assert back.to_bytes() == record.to_bytes()
    assert back.diverged == record.diverged


CONTENT = member().to_bytes()


@given(st.integers(0, len(CONTENT) * 8 - 1))
def test_a_flipped_bit_is_refused(bit):
    damaged = bytearray(CONTENT)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DataError, match="record is damaged"):
        MemberResult.from_bytes(bytes(damaged))


@given(st.binary(max_size=200) | st.integers(0, len(CONTENT) - 1).map(lambda n: CONTENT[:n]))
def test_other_bytes_are_refused(content):
    with pytest.raises(DataError, match="record is damaged"):
        MemberResult.from_bytes(content)


PLAIN = {
    "width": 64,
    "n_train": 100,
    "draw": 0,
    "member": 3,
    "seed": 1,
    "lambda_max": 1.0,
    "step_size": 0.1,
    "diverged_at": None,
    "seconds": 0.0,
    "provenance": {},
}
FIELDS = {
    "steps": np.array([0, 1]),
    "train_loss": np.ones(2),
    "test_loss": np.ones(2),
    "predictions": np.ones((2, 1), np.float32),
}


def sealed(plain=PLAIN, **arrays):
    """Bytes with a sound checksum and any content."""
    text = np.frombuffer(json.dumps(plain).encode(), np.uint8)
    return packed(**{"record": text, **FIELDS, **arrays})


def test_the_helper_makes_a_record():
    assert MemberResult.from_bytes(sealed()).width == 64


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", "64"),
        ("member", -1),
        ("seed", 1.5),
        ("lambda_max", "large"),
        ("step_size", None),
        ("step_size", 0.0),
        ("diverged_at", 5),  # and yet it has predictions
        ("provenance", []),
        ("seconds", None),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    wrong = "predictions" if name == "diverged_at" else name
    with pytest.raises(DataError, match=f"not a trained network's record: wrong {wrong}"):
        MemberResult.from_bytes(sealed({**PLAIN, name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", np.array([0.0, 1.0])),
        ("train_loss", np.ones(3)),
        ("train_loss", np.array([1.0, np.nan])),
        ("test_loss", np.ones(2, np.float32)),
        ("predictions", np.ones((2, 1))),
        ("predictions", np.full((2, 1), np.inf, np.float32)),
        ("predictions", np.ones(2, np.float32)),
    ],
)
def test_a_wrong_array_is_refused_by_name(name, value):
    with pytest.raises(DataError, match=f"record: wrong {name}"):
        MemberResult.from_bytes(sealed(**{name: value}))


def test_a_missing_or_unknown_field_is_refused():
    lacking = {k: v for k, v in PLAIN.items() if k != "width"}
    for content in (sealed(lacking), sealed({**PLAIN, "colour": "blue"}), packed(a=np.ones(1))):
        with pytest.raises(DataError, match="not a trained network's record"):
            MemberResult.from_bytes(content)


def test_a_key_depends_on_the_network_and_on_what_the_data_hold():
    spec = EnsembleSpec()
    keys = {
        member_key(spec.member(64, 100, 0), "a"),
        member_key(spec.member(64, 100, 1), "a"),
        member_key(spec.member(64, 100, 0), "b"),
    }
    assert len(keys) == 3
    assert all(key.startswith("member/") for key in keys)
