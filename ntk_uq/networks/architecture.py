"""A specification of a network turned into its initialization, its function and its kernels.

The only user of neural-tangents, whose layers define finite and infinite width at once.
"""

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from ntk_uq.activations import get
from ntk_uq.activations.base import Activation
from ntk_uq.base.errors import SpecError
from ntk_uq.specs import ArchitectureSpec


def _import_stax() -> Any:
    """neural-tangents' stax without its parts for empirical kernels.

    neural-tangents 0.6.5 is its last release. ``neural_tangents.experimental`` imports
    TensorFlow (25 s, 2 GB), and ``neural_tangents._src.empirical`` uses names that JAX no longer
    has, so that the import of the package fails. Neither is needed for analytic kernels. An empty
    module stands in for the first; for the second one that holds the names which the package's
    own ``__init__`` and ``monte_carlo`` import, and nothing that could be called by mistake.
    """
    if "neural_tangents" not in sys.modules:
        experimental = types.ModuleType("neural_tangents.experimental")
        empirical = types.ModuleType("neural_tangents._src.empirical")
        for name in (
            "DEFAULT_NTK_IMPLEMENTATION",
            "NtkImplementation",
            "_DEFAULT_NTK_FWD",
            "_DEFAULT_NTK_J_RULES",
            "_DEFAULT_NTK_S_RULES",
            "empirical_kernel_fn",
            "empirical_nngp_fn",
            "empirical_ntk_fn",
            "empirical_ntk_vp_fn",
            "linearize",
            "taylor_expand",
        ):
            setattr(empirical, name, None)
        sys.modules[experimental.__name__] = experimental
        sys.modules[empirical.__name__] = empirical
    from neural_tangents import stax

    return stax


@dataclass(frozen=True)
class Network:
    """A network at some width, and its limit at infinite width.

    Attributes:
        init: ``init(key, (-1, d)) -> (output shape, parameters)``, all standard normal.
        apply: ``apply(parameters, x) -> f``, (n, d) to (n, n_outputs).
        kernel: ``kernel(x1, x2, get)`` with ``get`` a tuple out of ``nngp`` and ``ntk``; the
            kernels of one output, (n1, n2); they do not depend on the width. There is none for an
            activation that is no layer of stax.
        after_first: ``after_first(parameters[1:], h) -> f``: the network without its first
            affine map, whose outputs ``h``, (n, width), are given instead.
    """

    init: Callable[..., Any]
    apply: Callable[..., jax.Array]
    kernel: Callable[..., Any]
    after_first: Callable[..., jax.Array]


def build(
    spec: ArchitectureSpec,
    width: int = 1,
    n_outputs: int = 1,
    sigmas: tuple[Any, Any] | None = None,
) -> Network:
    """The network of a specification in NTK parameterization.

    ``depth`` hidden layers of ``width`` units, each an affine map
    ``sigma_w / sqrt(fan_in) W h + sigma_b b`` followed by the activation, then one more affine
    map to ``n_outputs``; Jacot, Gabriel, Hongler, arXiv:1806.07572.

    Args:
        spec: the specification.
        width: units of each hidden layer; the kernels do not depend on it.
        n_outputs: C.
        sigmas: sigma_w and sigma_b as JAX's own values, in place of the specification's: then a
            compiled kernel serves every network of this depth and activation.
    """
    stax, activation = _import_stax(), get(spec.activation)
    sigma_w, sigma_b = sigmas or (spec.sigma_w, spec.sigma_b)

    def affine(units: int) -> Any:
        return stax.Dense(units, W_std=sigma_w, b_std=sigma_b)

    layers = []
    for _ in range(spec.depth):
        layers += [affine(width), _hidden(stax, activation)]
    layers.append(affine(n_outputs))
    _, after_first, _ = stax.serial(*layers[1:])
    init, apply, kernel = stax.serial(*layers)
    return Network(init, apply, kernel, after_first)


def _hidden(stax: Any, activation: Activation) -> Any:
    """An activation as a layer of stax."""
    if activation.stax is not None:
        if not hasattr(stax, activation.stax):
            raise SpecError(
                f"The activation {activation.name} names {activation.stax!r} as its layer of "
                "neural-tangents, which has none of that name; leave stax empty, or name one of "
                "its activations, such as Sin."
            )
        return getattr(stax, activation.stax)(**activation.stax_options)
    # Without kernels: stax takes a thousand times as long for its quadrature as we for the series.
    return stax.Elementwise(lambda x: activation.phi(x))  # type: ignore[misc]
