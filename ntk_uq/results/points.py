"""Result records: frozen, plain values with provenance, to and from JSON."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ntk_uq.base.errors import DataError
from ntk_uq.base.fields import digest_of
from ntk_uq.specs import PointSpec

RESULTS_VERSION = 2
"""Part of every key: raised when the numbers change, so that older results are left alone."""

QUANTITIES = ("mu", "sigma", "epsilon")
SYMBOLS = {"mu": "μ", "sigma": "σ", "epsilon": "ε"}
"""The quantities for people."""


def point_key(spec: PointSpec, fingerprint: str) -> str:
    """Where the store keeps a point: it depends on what the data files hold, not on their name."""
    content = {"results": RESULTS_VERSION, "data": fingerprint, "spec": spec.identity()}
    return f"point/{digest_of(content)}"


@dataclass(frozen=True)
class Point:
    """The theory at one N_D of one draw.

    Attributes:
        n_train, draw: which subset; of folds, n_train is what each network was trained on.
        n_used: how many examples were used, where a fold of them was not trained on; otherwise
            None.
        mu, mu_bias, mu_variance, sigma, epsilon, epsilon_population, epsilon_floor: as in
            :class:`ntk_uq.results.losses.LossMoments`; None in a point that failed.
        mu_test_error, sigma_test_error, epsilon_test_error, epsilon_population_test_error: as in
            :class:`ntk_uq.results.losses.SamplingErrors`; None where there are none, and in points
            that were computed before they were.
        condition: estimate of lambda_max / lambda_min of the matrix that was inverted: the
            kernel to convergence, ``T / g(T)`` at finite training time.
        ridge: what was added to its diagonal, in the kernel's units.
        seconds: the time that this point took beyond the one before.
        warnings: sentences about the numbers.
        failure: why there are no numbers, or None.
        provenance: versions, device, dtype, data and preparation.
    """

    n_train: int
    draw: int
    mu: float | None = None
    mu_bias: float | None = None
    mu_variance: float | None = None
    sigma: float | None = None
    epsilon: float | None = None
    epsilon_population: float | None = None
    epsilon_floor: float | None = None
    condition: float | None = None
    ridge: float = 0.0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    provenance: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    mu_test_error: float | None = None
    sigma_test_error: float | None = None
    epsilon_test_error: float | None = None
    epsilon_population_test_error: float | None = None
    n_used: int | None = None

    @property
    def used(self) -> int:
        """N_D as it was asked for: the examples that were used."""
        return self.n_train if self.n_used is None else self.n_used

    def to_json(self) -> dict[str, Any]:
        """The record as JSON's own types."""
        return {**dataclasses.asdict(self), "warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The record that :meth:`to_json` wrote.

        Raises:
            DataError: if it is not one.
        """
        try:
            if isinstance(data["warnings"], str):
                raise TypeError("warnings are one text")
            point = cls(**{**data, "warnings": tuple(data["warnings"])})
        except (TypeError, KeyError) as error:
            raise DataError(f"This is not a point of a curve: {error}.") from None
        wrong = [name for name, sound in point._kinds().items() if not sound]
        if wrong:
            raise DataError(f"This is not a point of a curve: wrong {', '.join(wrong)}.")
        return point

    def _kinds(self) -> dict[str, bool]:
        """For each field, whether it holds what it should: JSON may hold anything."""
        failed = self.failure is not None

        def number(name: str, missing: bool) -> bool:
            value = getattr(self, name)
            if value is None:
                return missing
            return isinstance(value, int | float) and not isinstance(value, bool)

        always = ("mu", "mu_bias", "mu_variance", "sigma", "epsilon", "epsilon_floor")
        return {
            "n_train": type(self.n_train) is int,
            "draw": type(self.draw) is int,
            "n_used": self.n_used is None or type(self.n_used) is int,
            **{name: number(name, failed) for name in always},
            **{name: number(name, True) for name in ("epsilon_population", "condition")},
            **{name: number(name, True) for name in _TEST_ERRORS},
            **{name: number(name, False) for name in ("ridge", "seconds")},
            "warnings": all(isinstance(w, str) for w in self.warnings),
            "failure": not failed or isinstance(self.failure, str),
            "provenance": isinstance(self.provenance, Mapping),
        }


@dataclass(frozen=True)
class CurvePoint:
    """One N_D of a curve: means over its draws, with standard errors where draws > 1.

    ``epsilon`` is the mean of the draws' epsilon, and so are its parts; their identity
    ``epsilon^2 = floor^2 + (1 - 1/N_T) population^2`` holds exactly within each draw.
    ``condition`` is the worst one.

    Attributes:
        n_used: examples that were used, where a fold of them was not trained on; otherwise None.
        mu_test_error, sigma_test_error, epsilon_test_error, epsilon_population_test_error: standard
            errors from the choice of the test examples; None where a draw has none. Of a test set,
            which all draws share, means over them; of folds, which each draw has of its own, that
            over the root of their number.
    """

    n_train: int
    draws: int
    mu: float
    mu_sem: float | None
    mu_bias: float
    mu_variance: float
    sigma: float
    sigma_sem: float | None
    epsilon: float
    epsilon_sem: float | None
    epsilon_population: float | None
    epsilon_floor: float
    condition: float | None
    warnings: tuple[str, ...]
    mu_test_error: float | None = None
    sigma_test_error: float | None = None
    epsilon_test_error: float | None = None
    epsilon_population_test_error: float | None = None
    n_used: int | None = None

    def error(self, quantity: str) -> float | None:
        """Standard error of mu, sigma or epsilon with the choice of the training and of the test
        examples, ``sqrt(sem^2 + test_error^2)``; of one draw, of the test examples alone. Draws
        that are tested on folds have other test examples each, so that theirs is the sem.

        None where the test examples' part is not known.
        """
        of_test, sem = (getattr(self, f"{quantity}_{name}") for name in ("test_error", "sem"))
        if of_test is None:
            return None
        if sem is not None and self.n_used is not None:
            return float(sem)
        return math.hypot(sem or 0.0, of_test)

    def error_or_sem(self, quantity: str) -> float | None:
        """:meth:`error`; where the test examples' part is not known, that over draws alone."""
        error = self.error(quantity)
        sem: float | None = getattr(self, f"{quantity}_sem")
        return sem if error is None else error

    def to_json(self) -> dict[str, Any]:
        """The record as JSON's own types, with the errors of both kinds together."""
        both = {f"{name}_error": self.error(name) for name in QUANTITIES}
        return {**dataclasses.asdict(self), **both, "warnings": list(self.warnings)}


def average(points: Iterable[Point]) -> tuple[CurvePoint, ...]:
    """Points of several draws, averaged at each N_D, small N_D first; failed ones are left out."""
    by_size: dict[int, list[Point]] = {}
    for point in points:
        if point.failure is None:
            by_size.setdefault(point.n_train, []).append(point)
    return tuple(_average(by_size[n]) for n in sorted(by_size))


def standard_error(values: Sequence[float]) -> float | None:
    """Of the mean of independent values, ``std / sqrt(n)``; None for a single one."""
    if len(values) < 2:
        return None
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _average(draws: list[Point]) -> CurvePoint:
    resolved = all(p.epsilon_population is not None for p in draws)
    conditions = [p.condition for p in draws if p.condition is not None]
    # All fields at once, a row each: numpy takes as long for one row as for ten.
    names = (*_MEANS, "epsilon_population") if resolved else _MEANS
    values = np.array([[getattr(p, name) for p in draws] for name in names])
    means: dict[str, Any] = dict(zip(names, np.mean(values, axis=1).tolist(), strict=True))
    errors: dict[str, Any] = {f"{name}_sem": None for name in QUANTITIES}
    if len(draws) > 1:
        scatter = np.std(values[: len(QUANTITIES)], axis=1, ddof=1) / np.sqrt(len(draws))
        errors = dict(zip(errors, scatter.tolist(), strict=True))
    for name in _TEST_ERRORS:
        found = [getattr(p, name) for p in draws]
        errors[name] = None if None in found else float(np.mean(found))
        if errors[name] is not None and draws[0].n_used is not None:
            errors[name] /= math.sqrt(len(draws))
    return CurvePoint(
        n_train=draws[0].n_train,
        draws=len(draws),
        n_used=draws[0].n_used,
        condition=max(conditions, default=None),
        warnings=tuple(dict.fromkeys(w for p in draws for w in p.warnings)),
        **{"epsilon_population": None, **means, **errors},
    )


_TEST_ERRORS = tuple(f"{name}_test_error" for name in (*QUANTITIES, "epsilon_population"))
"""The fields that hold errors from the choice of the test examples."""

_MEANS = (*QUANTITIES, "mu_bias", "mu_variance", "epsilon_floor")
