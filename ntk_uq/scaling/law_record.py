"""A fitted law as a record: its parameters, how good it is, and what predicts from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real

from ntk_uq.base.errors import SpecError
from ntk_uq.scaling.curve import Window
from ntk_uq.scaling.laws import ALL, Frame
from ntk_uq.scaling.nonlinear import Problem, Solution
from ntk_uq.scaling.notation import format_value
from ntk_uq.scaling.records import Finding, FitRecord, Flag, obstacles

INFORM = frozenset({Finding.NO_OFFSET, Finding.UNRESOLVED})
"""Findings of a law's own that leave it one that may be quoted and extrapolated."""

_LEVELS = {"q_0": "0", "q_inf": "∞"}
"""Parameters that are values of the quantity itself, with the index of its symbol."""


@dataclass(frozen=True)
class Parameter(FitRecord):
    """One parameter of a law.

    Attributes:
        name, symbol: for programs, and for people.
        value: the estimate; A, q_inf and q_0 in the unit of q, n_break in examples.
        error: standard error from the covariance of the fit; None at a bound.
        interval: 95 % interval from the profile of chi2.
        bootstrap_error: half the central 68 % of refits to resampled draws or members; None where
            nothing was resampled.
    """

    name: str
    symbol: str
    value: float
    error: float | None
    interval: tuple[float, float] | None
    bootstrap_error: float | None = None

    def symbol_of(self, quantity: str) -> str:
        """The symbol where the quantity is called ``quantity``: σ_∞, say, for q_∞."""
        index = _LEVELS.get(self.name)
        return self.symbol if index is None else f"{quantity}_{index}"


@dataclass(frozen=True)
class LawFit(FitRecord):
    """A law fitted to a curve. Undetermined fields are None.

    Attributes:
        law: ``constant``, ``power``, ``offset`` or ``broken``.
        title, formula: for people.
        parameters: empty where the law is not available.
        window, n_points: smallest and largest N_D used, and how many points.
        chi2, dof: of the fit; chi2 is None without errors.
        p_value: probability of a larger chi2 if the law is true; None without errors.
        scatter: standard deviation of ln q round the law, every point counted alike.
        aicc: Akaike's criterion with the correction for few points.
        delta: aicc minus that of the best law; weight: its Akaike weight among all laws.
        flags: what was found; those beside ``no_offset``, ``unresolved``, ``missing_points`` and
            ``missing_errors`` invalidate.
        available: whether there are parameters at all.
        valid: whether they may be quoted.
        theta: internal parameters, see :mod:`ntk_uq.scaling.laws`.
        frame: what they refer to.
    """

    law: str
    title: str
    formula: str
    parameters: tuple[Parameter, ...]
    window: Window | None
    n_points: int
    chi2: float | None
    dof: int
    p_value: float | None
    scatter: float | None
    aicc: float | None
    delta: float | None
    weight: float | None
    flags: tuple[Flag, ...]
    available: bool
    valid: bool
    theta: tuple[float, ...] = ()
    frame: tuple[float, float, float, float, float] | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, such as ``alpha``; None where there is none."""
        return next((p for p in self.parameters if p.name == name), None)

    @property
    def obstacles(self) -> tuple[Flag, ...]:
        """The findings that forbid to quote it."""
        return obstacles(self.flags, INFORM)

    def predict(self, n_train: Sequence[float] | Real[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
        """The law at ``n_train``, in the unit of q.

        Raises:
            SpecError: if the law is not available, or n_train is not positive.
        """
        n = np.asarray(n_train, dtype=float)
        if not np.all(n > 0):
            raise SpecError(f"n_train is {n_train}; training set sizes must be positive.")
        if self.frame is None:
            raise SpecError(f"There is no law to draw: {self.describe()}.")
        theta = np.array([self.theta])
        with np.errstate(all="ignore"):
            return np.exp(ALL[self.law].values(Frame(*self.frame), theta, np.log(n))[0])

    def describe(self, symbol: str = "q") -> str:
        """One line: the parameters with their errors, or why there are none to quote."""
        reasons = [flag.reason for flag in self.obstacles]
        if not self.available:
            return " ".join(reasons) or "not available"
        told = ", ".join(_told(p, symbol) for p in self.parameters if p.name != "A")
        return " ".join((told, *(f"– {reason}" for reason in reasons)))


@dataclass(frozen=True)
class Fitted:
    """A fit with what it takes to predict from it; problem and solution are None where there is
    no law."""

    fit: LawFit
    problem: Problem | None
    solution: Solution | None


def _told(parameter: Parameter, symbol: str) -> str:
    name = parameter.symbol_of(symbol)
    if parameter.error is not None:
        return f"{name} = {format_value(parameter.value, parameter.error)}"
    bound = "" if parameter.interval is None else f" (below {parameter.interval[1]:.3g} at 95 %)"
    return f"{name} = {parameter.value:.3g}{bound}"
