"""Nonlinear least squares of a law: variable projection over its shape, then all parameters.

At each of many fixed shapes (the share of an offset, the place of a break) the other parameters are
found by Gauss and Newton's method, all shapes at once. The best shapes start a fit of everything by
scipy's trust region. The same table of shapes is the profile of chi2, from which intervals follow
that need neither a parabola nor an estimate away from its bounds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import optimize

from ntk_uq.scaling.laws import Frame, Law

_STEPS = 25
_SHAPES = 80
_LOCAL_SHAPES = 81
_REACH = 8.0  # standard errors of the shape, of the finer table round the best one

Quantity = Callable[[Float[np.ndarray, "b k"]], Float[np.ndarray, "b"]]


@dataclass(frozen=True)
class Problem:
    """A law and points: ``y``, and W that makes their errors independent and one, or, where their
    scale is not ``known``, alike."""

    law: Law
    at: Frame
    x: Float[np.ndarray, "n"]
    y: Float[np.ndarray, "n"]
    whiten: Float[np.ndarray, "n n"]
    known: bool = True

    def residuals(
        self, theta: Float[np.ndarray, "b k"], y: Float[np.ndarray, "b n"] | None = None
    ) -> Float[np.ndarray, "b n"]:
        """Whitened residuals, whose sum of squares is chi2; of other data where they are given."""
        data = self.y if y is None else y
        return (data - self.law.values(self.at, theta, self.x)) @ self.whiten.T

    def jacobian(self, theta: Float[np.ndarray, "b k"]) -> Float[np.ndarray, "b n k"]:
        """Whitened derivatives of the law by its parameters."""
        return np.asarray(self.whiten @ self.law.slopes(self.at, theta, self.x))

    @property
    def line(self) -> tuple[float, float]:
        """Value at the centre and exponent of a plain straight line, where starts begin."""
        away = self.x - self.at.center
        slope = float(away @ self.y / max(float(away @ away), 1e-300))
        return float(np.mean(self.y)), -slope


@dataclass(frozen=True)
class Solution:
    """The least squares of a problem with its profile.

    Attributes:
        theta: internal parameters at the minimum.
        chi2: there.
        covariance: ``(J'J)^-1``; of a parameter at its bound, zero. None where the points do not
            determine the parameters.
        at_bound: which parameters are at a bound.
        nodes, node_chi2: parameters at fixed shapes, and chi2 there.
        node_covariance: of the others at that shape.
    """

    theta: Float[np.ndarray, "k"]
    chi2: float
    covariance: Float[np.ndarray, "k k"] | None
    at_bound: Bool[np.ndarray, "k"]
    nodes: Float[np.ndarray, "s k"]
    node_chi2: Float[np.ndarray, "s"]
    node_covariance: Float[np.ndarray, "s k k"]


def solve(problem: Problem) -> Solution:
    """The least squares of a law on some points."""
    law, at = problem.law, problem.at
    table = _profile(problem, law.shapes(at, _SHAPES))
    theta = _polish(problem, table)
    low, high = law.bounds(at)
    room = 1e-6 * np.where(np.isfinite(high - low), high - low, 1.0)
    theta = np.where(theta <= low + room, low, np.where(theta >= high - room, high, theta))
    at_bound = (theta <= low) | (theta >= high)
    chi2 = float(np.sum(problem.residuals(theta[None]) ** 2))
    covariance = _covariances(problem, theta[None], ~at_bound)[0]
    if law.shape is not None:
        table = np.concatenate([table, _profile(problem, _near(problem, theta, table))])
    table = np.concatenate([table, theta[None]])
    free = np.arange(law.size) != (-1 if law.shape is None else law.shape)
    return Solution(
        theta=theta,
        chi2=chi2,
        covariance=covariance if np.isfinite(covariance).all() else None,
        at_bound=at_bound,
        nodes=table,
        node_chi2=np.sum(problem.residuals(table) ** 2, axis=1),
        node_covariance=_covariances(problem, table, free),
    )


def refit(
    problem: Problem, theta: Float[np.ndarray, "k"], data: Float[np.ndarray, "b n"]
) -> Float[np.ndarray, "b k"]:
    """The least squares of the same law on other data, each started where the first one ended."""
    start = np.repeat(theta[None], len(data), axis=0)
    return _descend(problem, start, np.ones(problem.law.size, dtype=bool), data, 2 * _STEPS)


def interval(
    solution: Solution, quantity: Quantity, threshold: float
) -> tuple[float, float] | None:
    """Where a function of the parameters lies if chi2 may exceed its minimum by ``threshold``.

    At each shape the function is taken as linear in the other parameters; the ends are those of
    the union over all shapes. None where it cannot be told.
    """
    value, variance = _linear(solution, quantity)
    room = threshold - (solution.node_chi2 - solution.chi2)
    inside = (room >= 0) & np.isfinite(value) & np.isfinite(variance)
    if not inside.any():
        return None
    half = np.sqrt(room[inside] * variance[inside])
    return float(np.min(value[inside] - half)), float(np.max(value[inside] + half))


def excess(
    solution: Solution, quantity: Quantity, targets: Float[np.ndarray, "t"]
) -> Float[np.ndarray, "t"]:
    """By how much chi2 exceeds its minimum if the function has each of the target values."""
    value, variance = _linear(solution, quantity)
    sound = np.isfinite(value) & np.isfinite(variance)
    above = (solution.node_chi2 - solution.chi2)[sound]
    variance = np.maximum(variance[sound], 1e-30)
    distance = targets[:, None] - value[sound]
    return np.maximum(np.min(above + distance**2 / variance, axis=1), 0)


def gradient(quantity: Quantity, theta: Float[np.ndarray, "b k"]) -> Float[np.ndarray, "b k"]:
    """Central differences of a function of the parameters."""
    out = np.empty_like(theta)
    for k in range(theta.shape[1]):
        step = 1e-5 * np.maximum(1.0, np.abs(theta[:, k]))
        move = np.zeros_like(theta)
        move[:, k] = step
        out[:, k] = (quantity(theta + move) - quantity(theta - move)) / (2 * step)
    return out


def _linear(
    solution: Solution, quantity: Quantity
) -> tuple[Float[np.ndarray, "s"], Float[np.ndarray, "s"]]:
    slope = gradient(quantity, solution.nodes)
    # The shape does not move within a node, and may stand at a bound where it has no derivative.
    slope = np.where(np.isfinite(slope), slope, 0.0)
    variance = np.einsum("sk,skl,sl->s", slope, solution.node_covariance, slope)
    return quantity(solution.nodes), np.maximum(variance, 0)


def _profile(problem: Problem, shapes: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s k"]:
    """The other parameters at each shape: the best that any start leads to."""
    law = problem.law
    free = np.arange(law.size) != (-1 if law.shape is None else law.shape)
    best: Float[np.ndarray, "s k"] | None = None
    for start in law.starts(problem.at, shapes, problem.line, float(problem.y[-1])):
        found = _descend(problem, start, free)
        if best is None:
            best = found
            continue
        better = np.sum(problem.residuals(found) ** 2, 1) < np.sum(problem.residuals(best) ** 2, 1)
        best = np.where(better[:, None], found, best)
    assert best is not None
    return best


def _near(
    problem: Problem, theta: Float[np.ndarray, "k"], table: Float[np.ndarray, "s k"]
) -> Float[np.ndarray, "m"]:
    """Shapes round the best one, so dense that the profile is smooth there."""
    shape = problem.law.shape
    assert shape is not None
    low, high = (bound[shape] for bound in problem.law.bounds(problem.at))
    free = np.ones(problem.law.size, dtype=bool)
    spread = _covariances(problem, theta[None], free)[0][shape, shape]
    dof = max(len(problem.x) - problem.law.size, 1)
    scatter = float(np.sum(problem.residuals(theta[None]) ** 2)) / dof
    spread *= max(scatter, 1.0) if problem.known else scatter
    grid = table[1, shape] - table[0, shape]
    reach = _REACH * np.sqrt(spread) if np.isfinite(spread) and spread > 0 else grid
    near = theta[shape] + np.linspace(-1, 1, _LOCAL_SHAPES) * min(reach, high - low)
    return np.clip(near, low, high)


def _polish(problem: Problem, table: Float[np.ndarray, "s k"]) -> Float[np.ndarray, "k"]:
    """The fit of all parameters, started from the minima of the profile."""
    law = problem.law
    chi2 = np.sum(problem.residuals(table) ** 2, axis=1)
    if law.shape is None:
        return table[int(np.argmin(chi2))]
    padded = np.concatenate([[np.inf], chi2, [np.inf]])
    minima = np.flatnonzero((chi2 <= padded[:-2]) & (chi2 <= padded[2:]))
    starts = table[minima[np.argsort(chi2[minima])][:3]]
    low, high = law.bounds(problem.at)
    best, least = table[int(np.argmin(chi2))], float(chi2.min())
    for start in starts:
        found = optimize.least_squares(
            lambda theta: problem.residuals(theta[None])[0],
            np.clip(start, low, high),
            jac=lambda theta: -problem.jacobian(theta[None])[0],
            bounds=(low, high),
            x_scale="jac",
            xtol=1e-12,
            ftol=1e-12,
            gtol=1e-12,
            max_nfev=60,
        )
        if 2 * found.cost < least:
            best, least = found.x, float(2 * found.cost)
    # The trust region stays inside of its bounds, and stops where it is close enough.
    fine = _descend(problem, best[None], np.ones(law.size, dtype=bool))
    return fine[0] if np.sum(problem.residuals(fine) ** 2) <= least else best


def _covariances(
    problem: Problem, theta: Float[np.ndarray, "b k"], free: Bool[np.ndarray, "k"]
) -> Float[np.ndarray, "b k k"]:
    """``(J'J)^-1`` in the free parameters, zero elsewhere; NaN where it is singular."""
    jacobian = problem.jacobian(theta)[:, :, free]
    out = np.zeros((len(theta), problem.law.size, problem.law.size))
    scale = np.maximum(np.linalg.norm(jacobian, axis=1), 1e-300)
    q, r = np.linalg.qr(jacobian / scale[:, None, :])
    del q
    diagonal = np.abs(np.diagonal(r, axis1=1, axis2=2))
    sound = diagonal.min(axis=1) > 1e-9
    inverse = np.full_like(r, np.nan)
    inverse[sound] = np.linalg.inv(r[sound])
    covariance = inverse @ np.swapaxes(inverse, 1, 2) / (scale[:, :, None] * scale[:, None, :])
    places = np.flatnonzero(free)
    out[:, places[:, None], places] = covariance
    return out


def _descend(
    problem: Problem,
    start: Float[np.ndarray, "b k"],
    free: Bool[np.ndarray, "k"],
    data: Float[np.ndarray, "b n"] | None = None,
    steps: int = _STEPS,
) -> Float[np.ndarray, "b k"]:
    """Damped Gauss-Newton steps, every row for itself; a parameter pressed against its bound
    rests."""
    low, high = problem.law.bounds(problem.at)
    theta = np.clip(start, low, high)
    damping = np.full(len(theta), 1e-6)
    residual = problem.residuals(theta, data)
    chi2 = np.sum(residual**2, axis=1)
    identity = np.eye(problem.law.size)
    for _ in range(steps):
        jacobian = problem.jacobian(theta)
        downhill = np.einsum("bnk,bn->bk", jacobian, residual)
        rests = ((theta <= low) & (downhill < 0)) | ((theta >= high) & (downhill > 0)) | ~free
        moves = ~rests
        matrix = np.einsum("bnk,bnl->bkl", jacobian, jacobian)
        matrix = matrix * (moves[:, :, None] & moves[:, None, :])
        size = np.maximum(np.diagonal(matrix, axis1=1, axis2=2), 1e-300)
        root = np.sqrt(np.where(moves, size, 1.0))
        scaled = matrix / (root[:, :, None] * root[:, None, :])
        scaled = scaled + identity * (damping[:, None, None] + (~moves)[:, :, None] + 1e-14)
        step = np.linalg.solve(scaled, (downhill * moves / root)[:, :, None])[:, :, 0] / root
        trial = np.clip(theta + np.where(np.isfinite(step), step, 0.0), low, high)
        residual_there = problem.residuals(trial, data)
        chi2_there = np.sum(residual_there**2, axis=1)
        better = chi2_there < chi2
        gain = np.max(np.where(better, (chi2 - chi2_there) / np.maximum(chi2, 1e-300), 0.0))
        theta = np.where(better[:, None], trial, theta)
        residual = np.where(better[:, None], residual_there, residual)
        chi2 = np.where(better, chi2_there, chi2)
        damping = np.clip(np.where(better, damping / 10, damping * 10), 1e-12, 1e6)
        if not better.any() and damping.min() >= 1e-3:
            break
        if better.any() and gain < 1e-14:
            break
    return theta
