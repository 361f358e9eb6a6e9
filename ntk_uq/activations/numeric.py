"""What an activation leaves out, computed from phi and its slope by quadrature, in NumPy.

Two rules of :mod:`ntk_uq.activations.quadrature` are compared, and an expectation on which
they do not agree is refused. Where they agree to all digits, as they do for tanh at variances up to
1e8, the error is of rounding, some 1e-14.
"""

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.interpolate
from jaxtyping import Float

from ntk_uq.activations.quadrature import rule
from ntk_uq.activations.series import series
from ntk_uq.base.errors import SpecError

if TYPE_CHECKING:
    from ntk_uq.activations.base import Activation

_NODES, _FEWER = 16, 12  # of a panel, in the two rules
_AGREED = 1e-7
_AT_ONCE = 4096

LARGEST = 1e8
"""A variance that stands for infinity."""

_TABLE = 4000  # points of an interpolation: an error of some 1e-10

_SECONDS = {
    "neural-tangents": (0.05, 0.5),
    "series": (0.05, 2.5),
    "closed forms": (1.5e-3, 0.25),
}
"""Of a layer for 512 x 512 pairs (0.2 microseconds a pair), and to compile a network's kernels."""


def completed(activation: "Activation") -> dict[str, Any]:
    """The fields that a declaration left out, and what stands in for them."""
    out: dict[str, Any] = {}
    squares = []
    for name, function in (("mean_square", "phi"), ("mean_square_slope", "slope")):
        if getattr(activation, name) is None:
            what = f"{function} of the activation {activation.name}"
            out[name] = MeanOfSquare(getattr(activation, function), what)
        squares.append(out.get(name, getattr(activation, name)))
    how = "neural-tangents" if activation.layer is None else "closed forms"
    if activation.layer is None and activation.stax is None:
        out["layer"] = series(activation, *squares)
        how = "series"
    for name, seconds in zip(("layer_seconds", "compile_seconds"), _SECONDS[how], strict=True):
        if getattr(activation, name) is None:
            out[name] = seconds
    return out


class MeanOfSquare:
    """``E[f(sqrt(q) z)^2]`` for standard normal z, at each variance q.

    Args:
        function: f.
        what: what it is called in a message.
    """

    def __init__(self, function: Callable[[Any], Any], what: str) -> None:
        self.function, self.what = function, what

    def __call__(self, q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """The means.

        Raises:
            SpecError: if two rules do not agree to 1e-7 on a value that is finite.
        """
        value, other = self._two(q)
        bad = _apart(value, other)
        if bad.any():
            at = np.argmax(bad)
            raise SpecError(
                f"The mean square of {self.what} at variance {q.flat[at]:.3g} is "
                f"{value.flat[at]:.6g} by one quadrature and {other.flat[at]:.6g} by another: it "
                "has corners or jumps away from 0, or oscillates. Give mean_square and "
                "mean_square_slope in closed form."
            )
        return value

    def interpolated(self, q: Float[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
        """The means to some 1e-10, for many at once; NaN where quadrature fails."""
        low, high, spline = self._spline
        return np.where((q >= low) & (q <= high), spline(np.log(q)), np.nan)

    @functools.cached_property
    def _spline(self) -> tuple[float, float, Callable[..., Any]]:
        q = np.geomspace(1e-18, LARGEST * 1.01, _TABLE)
        value, other = self._two(q)
        bad = np.flatnonzero(_apart(value, other) | ~np.isfinite(value))
        end = bad[0] if len(bad) else len(q)
        if end < 2:
            return math.inf, -math.inf, np.zeros_like
        spline = scipy.interpolate.CubicSpline(np.log(q[:end]), value[:end])
        return float(q[0]), float(q[end - 1]), spline

    def _two(self, q: Float[np.ndarray, "..."]) -> tuple[Any, Any]:
        with np.errstate(all="ignore"):
            value, other = (_means(self.function, q, nodes) for nodes in (_NODES, _FEWER))
        return value, other


def _apart(value: Any, other: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.isfinite(value) & ~(np.abs(value - other) <= _AGREED * np.abs(value) + 1e-300)


def _means(
    function: Callable[[Any], Any], q: Float[np.ndarray, "..."], nodes: int
) -> Float[np.ndarray, "..."]:
    z, weights = rule(nodes)
    flat, out = np.sqrt(q).reshape(-1), np.empty(q.size)
    for low in range(0, len(flat), _AT_ONCE):
        values = function(flat[low : low + _AT_ONCE, None] * z)
        out[low : low + _AT_ONCE] = values**2 @ weights
    return out.reshape(q.shape)
