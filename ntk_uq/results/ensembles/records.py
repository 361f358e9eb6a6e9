"""Frozen records of trained networks, and of what an ensemble of them says."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Float, Int

from ntk_uq.base.errors import DataError
from ntk_uq.base.fields import digest_of
from ntk_uq.base.records import Record
from ntk_uq.datasets.files import read_sealed, sealed
from ntk_uq.specs import DataSpec, MemberSpec

MEMBERS_VERSION = 1
"""Part of every key: raised when the numbers change, so that older members are left alone."""

_ARRAYS = {"steps": np.int64, "train_loss": np.float64, "test_loss": np.float64}
_PLAIN = ("width", "n_train", "draw", "member", "seed", "lambda_max", "step_size", "diverged_at")


def member_key(spec: MemberSpec, fingerprint: str, tf32: bool = False) -> str:
    """Where a store keeps a member: it depends on what the data files hold, not on their name.

    Args:
        spec: which network. fingerprint: of the data.
        tf32: whether it was trained with TF32 products, so that it is no other one's neighbour.
    """
    content = {"members": MEMBERS_VERSION, "data": fingerprint, "spec": spec.identity()}
    if tf32:  # and nothing otherwise: there were members before there was a choice
        content["tf32"] = True
    return f"member/{digest_of(content)}"


def targets_key(spec: DataSpec, fingerprint: str) -> str:
    """Where a store keeps the prepared targets of the test set that members are tested on."""
    content = {"members": MEMBERS_VERSION, "data": fingerprint, "spec": spec.identity()}
    return f"targets/{digest_of(content)}"


@dataclass(frozen=True, eq=False)
class MemberResult:
    """One trained network.

    Attributes:
        width, n_train, draw, member: which network.
        seed: the 64 bits that its random numbers follow from.
        lambda_max: largest eigenvalue of the infinite-width NTK on the training subset; None for
            an optimizer whose eta is the step size itself, as Adam's.
        step_size: s of each step, ``eta / lambda_max``, or eta itself.
        steps: (r,) steps at which it was looked at, 0 and the last among them; of a training
            that diverged, those before it did.
        train_loss, test_loss: (r,) mean squared error over examples and outputs at these steps.
        predictions: (n_test, c) final outputs on the test set, float32; (0, c) if it diverged.
        diverged_at: the step at which the training loss was found not finite or above 1000 times
            the initial one; None for a sound training.
        seconds: the time that it took.
        provenance: versions, device, dtype, data and preparation; ``products``, where they were
            allowed to be less than float32.
    """

    width: int
    n_train: int
    draw: int
    member: int
    seed: int
    lambda_max: float | None
    step_size: float
    steps: Int[np.ndarray, "r"]
    train_loss: Float[np.ndarray, "r"]
    test_loss: Float[np.ndarray, "r"]
    predictions: Float[np.ndarray, "t c"]
    diverged_at: int | None = None
    seconds: float = 0.0
    provenance: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def diverged(self) -> bool:
        """Whether there is no trained network."""
        return self.diverged_at is not None

    def to_bytes(self) -> bytes:
        """The record as an .npz file behind its checksum; never a pickle."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain |= {"seconds": self.seconds, "provenance": dict(self.provenance)}
        text = json.dumps(plain, sort_keys=True, allow_nan=False).encode()
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, "predictions")}
        return sealed(record=np.frombuffer(text, np.uint8), **arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The record that :meth:`to_bytes` wrote.

        Raises:
            DataError: if the bytes are damaged, or are another record.
        """
        arrays = read_sealed(content)
        if arrays is None:
            raise DataError(
                "A trained network's record is damaged: its checksum does not match. Delete it; "
                "the network is then trained again."
            )
        try:
            fields: dict[str, Any] = json.loads(arrays.pop("record").tobytes())
            member = cls(**{**fields, **arrays})
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"This is not a trained network's record: {error}.") from None
        wrong = member._wrong()
        if wrong:
            raise DataError(f"This is not a trained network's record: wrong {', '.join(wrong)}.")
        return member

    def _wrong(self) -> list[str]:
        """The fields that do not hold what they should."""
        sound = {name: _whole(getattr(self, name)) for name in _PLAIN[:5]}
        sound["diverged_at"] = self.diverged_at is None or _whole(self.diverged_at)
        sound["lambda_max"] = self.lambda_max is None or _positive(self.lambda_max)
        sound["step_size"] = _positive(self.step_size)
        sound["seconds"] = isinstance(self.seconds, int | float)
        sound["provenance"] = isinstance(self.provenance, Mapping)
        for name, dtype in _ARRAYS.items():
            array = getattr(self, name)
            sound[name] = (
                array.dtype == dtype
                and array.shape == (self.steps.size,)
                and bool(np.isfinite(array).all())
            )
        f = self.predictions
        sound["predictions"] = (
            f.dtype == np.float32
            and f.ndim == 2
            and bool(np.isfinite(f).all())
            and (len(f) == 0) == self.diverged
        )
        return [name for name, good in sound.items() if not good]


@dataclass(frozen=True)
class Estimate(Record):
    """A statistic of an ensemble and how well its members determine it.

    Attributes:
        value: the estimate.
        low, high: bounds of its bootstrap interval; None where there are too few members.
        error: its standard error, the spread over bootstrap samples; None likewise.
    """

    value: float
    low: float | None = None
    high: float | None = None
    error: float | None = None

    def over(self, scale: float) -> "Estimate":
        """The estimate in units of a positive number that has no error."""
        parts = (self.low, self.high, self.error)
        return Estimate(self.value / scale, *(None if p is None else p / scale for p in parts))


@dataclass(frozen=True)
class MeanTrajectory(Record):
    """Mean losses over members at each recorded step, with standard errors of the mean.

    All tuples have one entry a step; the errors are None for a single member.
    """

    steps: tuple[int, ...]
    train: tuple[float, ...]
    train_sem: tuple[float, ...] | None
    test: tuple[float, ...]
    test_sem: tuple[float, ...] | None


@dataclass(frozen=True)
class EnsemblePoint(Record):
    """What the networks of one width and one N_D say; those that diverged are only counted.

    Attributes:
        width, n_train, draw: which ensemble.
        members: networks trained. diverged: how many of them diverged.
        mu: mean test loss. sigma: its standard deviation over members (with n - 1).
        epsilon: sigma / mu.
        mu_bias, mu_variance: the two parts of mu, each without bias in the number of members;
            their sum is mu exactly. None for fewer than two sound members.
        train_loss: mean final training loss over members.
        ensemble_loss: test loss of the members' mean prediction.
        lambda_max: as in :class:`MemberResult`.
        trajectory: mean losses along the training.
        confidence: of the intervals in mu, sigma and epsilon.
        warnings: sentences about the numbers.
        failure: why there are no numbers, or None.
    """

    width: int
    n_train: int
    draw: int
    members: int
    diverged: int
    mu: Estimate | None = None
    sigma: Estimate | None = None
    epsilon: Estimate | None = None
    mu_bias: float | None = None
    mu_variance: float | None = None
    train_loss: Estimate | None = None
    ensemble_loss: float | None = None
    lambda_max: float | None = None
    trajectory: MeanTrajectory | None = None
    confidence: float = 0.0
    warnings: tuple[str, ...] = ()
    failure: str | None = None


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 0


def _positive(value: Any) -> bool:
    return isinstance(value, float) and 0 < value < float("inf")
