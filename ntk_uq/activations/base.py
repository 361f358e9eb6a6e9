"""What an activation is: everything that the program needs of one, in one declaration.

Functions take arrays, of NumPy or of JAX, and take what they compute with from the array itself::

    xp = x.__array_namespace__()
    return xp.tanh(x)

So they serve the web process, which loads no JAX, and compiled programs alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.base.errors import SpecError

Array = Float[Any, "..."]
"""An array of NumPy, or of JAX."""

Scales = tuple[Any, ...]

Pair = tuple[Scales, Scales]
"""Of the first and of the second inputs."""

Expectations = Callable[[Any, Scales, Scales], tuple[Any, Any]]
"""``(k, scales of the first inputs, of the second) -> E[phi(u) phi(v)], E[phi'(u) phi'(v)]``."""


@dataclass(frozen=True)
class KernelLayer:
    """How a hidden layer changes the covariance of two inputs, element by element.

    Attributes:
        scales: q -> (kinds, ...): what a layer wants to know of an input of variance q, once an
            input and not once a pair, in NumPy. Divisions there save one for every pair.
        start: (k, scales) -> what goes from layer to layer.
        advance: (that, scales here, scales behind, sigma_w^2, sigma_b^2) -> that behind the layer,
            and E[phi' phi'].
        covariance: (that, scales) -> k.
    """

    scales: Callable[[Float[np.ndarray, "..."]], Float[np.ndarray, "kinds ..."]]
    start: Callable[[Any, Pair], Any]
    advance: Callable[..., tuple[Any, Any]]
    covariance: Callable[[Any, Pair], Any]


def smooth(expectations: Expectations, scales: Callable[..., Any]) -> KernelLayer:
    """From k to k, for activations whose expectations lose nothing where inputs are parallel.

    Args:
        expectations: ``E[phi phi]`` and ``E[phi' phi']`` of covariances k, and scales as
            ``scales`` gives them, broadcast to k.
        scales: as :attr:`KernelLayer.scales`.
    """

    def same(k: Any, scales: Pair) -> Any:  # noqa: ARG001
        return k

    def advance(k: Any, here: Pair, there: Pair, w2: Any, b2: Any) -> tuple[Any, Any]:  # noqa: ARG001
        value, slope = expectations(k, *here)
        return w2 * value + b2, slope

    return KernelLayer(scales, same, advance, same)


@dataclass(frozen=True)
class ClosePairs:
    """m pairs of first-layer preactivations with a small angle, or one of almost pi.

    Attributes:
        r1, r2: roots of their variances, (m,).
        cosine, sine: of the angle theta, each with all its digits, (m,).
        difference: ``r1^2 - r2^2``, with all its digits, (m,).
    """

    r1: Array
    r2: Array
    cosine: Array
    sine: Array
    difference: Array


State = tuple[Any, ...]
"""What goes from layer to layer: arrays."""


@dataclass(frozen=True)
class CloseLayer:
    """How a hidden layer changes pairs of almost parallel inputs, in terms that lose no digit of
    their angle. The loop over the layers is in :mod:`ntk_uq.theory.close_pairs`: in NumPy on a
    processor, inside of a compiled program on an accelerator, where the sigmas are traced, too.

    Attributes:
        start: :class:`ClosePairs` -> what goes from layer to layer, arrays of (m,).
        advance: (that, sigma_w, sigma_b) -> that behind the layer, and E[phi' phi'].
        covariance: that -> k, of the preactivations that it stands for.
    """

    start: Callable[[ClosePairs], State]
    advance: Callable[[State, Any, Any], tuple[State, Any]]
    covariance: Callable[[State], Any]


def from_determinants(
    expectations: Callable[[Any, Any, Any, Any], tuple[Any, Any]], mean_square: Callable[[Any], Any]
) -> CloseLayer:
    """Care for close pairs of an activation whose slope is bounded: what it loses of the angle
    behind the first layer is of the size of rounding times the variance.

    Args:
        expectations: ``(q_1, q_2, k, q_1 q_2 - k^2) -> E[phi phi], E[phi' phi']``.
        mean_square: as :attr:`Activation.mean_square`, of arrays of JAX, too.
    """

    def start(pairs: ClosePairs) -> State:
        product = pairs.r1 * pairs.r2
        return (
            *(pairs.r1 * pairs.r1, pairs.r2 * pairs.r2),
            *(product * pairs.cosine, (product * pairs.sine) ** 2),
        )

    def advance(state: State, sigma_w: Any, sigma_b: Any) -> tuple[State, Any]:
        value, slope = expectations(*state)
        q1, q2, k = (
            sigma_w**2 * square + sigma_b**2
            for square in (mean_square(state[0]), mean_square(state[1]), value)
        )
        determinant = q1 * q2 - k * k
        return (q1, q2, k, determinant.__array_namespace__().maximum(determinant, 0.0)), slope

    return CloseLayer(start, advance, lambda state: state[2])


@dataclass(frozen=True, eq=False)
class Activation:
    """One activation phi, as it acts on every hidden unit.

    What is left out is done numerically: the variance map by quadrature of phi, the kernels by
    neural-tangents where ``stax`` names its layer, else by a series of Hermite polynomials
    (:mod:`ntk_uq.activations.series`), criticality from the variance map.

    Attributes:
        name: as it is written in specifications, links and commands; the file's name.
        words: what it is, for people, such as "rectified linear unit, max(0, x)".
        source: where the closed forms come from.
        stax: the layer of neural-tangents' stax that it is, such as "Relu"; None if it has none.
        stax_options: that layer's arguments.
        phi: x -> phi(x), for finite networks without a ``stax`` layer; JAX differentiates it.
        slope: x -> phi'(x).
        mean_square: q -> E[phi(sqrt(q) z)^2] for standard normal z; in NumPy, or, where
            :func:`from_determinants` is given it, with what the array brings.
        mean_square_slope: q -> E[phi'(sqrt(q) z)^2].
        growth: E[phi^2] / q for q to infinity, which is E[phi'^2] there.
        homogeneous: whether a larger input only makes a larger output, at any size:
            ``phi(a x) = a phi(x)`` for a > 0.
        layer: the two expectations of pairs; :func:`smooth` makes it of functions of k. None where
            neural-tangents evaluates the kernels.
        close: care for pairs of almost parallel inputs; :func:`from_determinants` makes one.
            Without it they have what the layer makes of their scalar product, an error of about
            1e-8 where phi has a corner and of rounding where it has none. Equal inputs have exactly
            what the diagonal has, with or without.
        layer_seconds: what a hidden layer takes for 512 x 512 pairs, on a slow core or two.
        compile_seconds: what it takes JAX to compile a network's kernels.
        remark: a sentence about its critical line, if there is anything to say.

    Raises:
        SpecError: if something is missing that nothing else can stand in for.
    """

    name: str
    words: str
    source: str = ""
    stax: str | None = None
    stax_options: Mapping[str, float] = field(default_factory=dict)
    phi: Callable[[Any], Any] | None = None
    slope: Callable[[Any], Any] | None = None
    mean_square: Callable[[Any], Any] = None  # type: ignore[assignment]
    mean_square_slope: Callable[[Any], Any] = None  # type: ignore[assignment]
    growth: float | None = None
    homogeneous: bool = False
    layer: KernelLayer | None = None
    close: CloseLayer | None = None
    layer_seconds: float = None  # type: ignore[assignment]
    compile_seconds: float = None  # type: ignore[assignment]
    remark: str = ""

    def __post_init__(self) -> None:
        from ntk_uq.activations.numeric import completed

        _check_name(self.name)
        if self.stax is None and self.phi is None:
            raise SpecError(
                f"The activation {self.name} has neither phi nor stax; give phi, or name the layer "
                "of neural-tangents that it is."
            )
        missing = (self.mean_square is None or self.mean_square_slope is None) or (
            self.layer is None and self.stax is None
        )
        if missing and (self.phi is None or self.slope is None):
            raise SpecError(
                f"The activation {self.name} has no closed forms of all its expectations; give phi "
                "and slope, from which they are computed, or mean_square, mean_square_slope, and "
                "layer or stax."
            )
        if self.close is not None and not isinstance(self.close, CloseLayer):
            raise SpecError(
                f"The activation {self.name} has {self.close!r:.80} as close, and must have a "
                "CloseLayer, which takes pairs through one layer, in NumPy and in JAX (a function "
                "of all layers is not known any more). Make one by from_determinants, declare "
                "start, advance and covariance, or leave close out; see "
                "docs/contributing/activation.md."
            )
        for name, value in completed(self).items():
            # Frozen for everybody else: this fills in what the declaration left out.
            object.__setattr__(self, name, value)


def _check_name(name: str) -> None:
    """A name is a file's, stands in links between commas, and is never read as a number."""
    plain = name.isascii() and name.isidentifier() and name == name.lower() and len(name) <= 64
    if not plain or name in ("nan", "inf", "infinity", "none"):
        raise SpecError(
            f"The activation's name is {name!r:.80}; it must be a word of small letters, digits "
            "and _, that begins with a letter and is no number."
        )
