"""Whether what an activation declares can be one: its functions tried on a few small arrays.

Looked at once, when an activation is loaded or registered; so a wrong formula is told about with
its name, and not as a kernel that cannot be factorized.
"""

from typing import Any, NoReturn

import numpy as np

from ntk_uq.activations.base import Activation, CloseLayer, ClosePairs, KernelLayer, Pair
from ntk_uq.activations.standin import ArrayOfAnotherLibrary, numbers
from ntk_uq.base.errors import SpecError

_Q = np.array([[0.3, 1.0], [1.7, 2.5]])
_X = np.array([[-2.3, -1.1, -0.3], [0.4, 1.2, 2.1]])
_COSINES = (1.0, 0.6, -0.7)
_W2, _B2 = 1.3, 0.2
_STEP = 1e-4
_CLOSE, _ROUGH = 1e-6, 1e-4  # relative; the latter where a derivative is a difference


def check(activation: object) -> None:
    """Raises SpecError, with the function's name, what it returned and what it should, if it is no
    :class:`Activation`, the shape is another, a number is not finite, or two of the functions
    contradict each other:

    - ``mean_square`` and ``mean_square_slope`` are not negative, and what phi and slope have;
    - ``slope`` is the derivative of ``phi``;
    - the layer's expectations at equal inputs are ``mean_square`` and ``mean_square_slope``, and
      the second is the derivative of the first by k (Price's theorem);
    - ``close`` has what the layer has, where the latter is exact enough, with arrays of NumPy and
      with others;
    - ``growth`` and ``homogeneous`` fit ``mean_square``.
    """
    if not isinstance(activation, Activation):
        raise SpecError(f"This is {activation!r:.80}; it must be an Activation.")
    try:
        with np.errstate(all="ignore"):
            _check_all(activation)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Whatever a function of somebody else's may raise; which one it was, its traceback tells.
        said = str(error).partition("\n")[0]
        raise SpecError(
            f"The activation {activation.name} fails when it is tried: {type(error).__name__}, "
            f"{said:.200}. Its functions take arrays, of NumPy and of JAX, and return what "
            "docs/contributing/activation.md says; those such as exp are of "
            "x.__array_namespace__()."
        ) from error


def _check_all(activation: Activation) -> None:
    _check_phi(activation)
    _check_variances(activation)
    if activation.layer is not None:
        _check_layer(activation, activation.layer)
        _check_close(activation, activation.layer)
    if not activation.layer_seconds > 0:
        _wrong(activation, "layer_seconds", activation.layer_seconds, "a time above 0")


def _check_phi(activation: Activation) -> None:
    if activation.phi is None:
        return
    value = _array(activation, "phi(x)", activation.phi(_X), _X.shape)
    if activation.slope is None:
        return
    slope = _array(activation, "slope(x)", activation.slope(_X), _X.shape)
    beside = [activation.phi(_X + s * _STEP) for s in (1, -1)]
    _agree(activation, "slope(x)", slope, (beside[0] - beside[1]) / (2 * _STEP), "phi'(x)", _ROUGH)
    assert value.shape == slope.shape


def _check_variances(activation: Activation) -> None:
    from ntk_uq.activations.numeric import MeanOfSquare

    pairs = (("mean_square", activation.phi), ("mean_square_slope", activation.slope))
    for name, function in pairs:
        given = getattr(activation, name)
        # Of an input that is nothing, too.
        _array(activation, f"{name}(q)", given(np.zeros(2)), (2,), low=0)
        found = _array(activation, f"{name}(q)", given(_Q), _Q.shape, low=0)
        if function is not None:
            try:
                want = MeanOfSquare(function, name)(_Q)
            except SpecError:
                continue  # it has corners, and a closed form
            _agree(activation, f"{name}(q)", found, want, "the mean over phi by quadrature", _CLOSE)
    square = activation.mean_square
    if activation.homogeneous:
        what = "4 mean_square(q), as it is homogeneous"
        _agree(activation, "mean_square(4 q)", square(4 * _Q), 4 * square(_Q), what, _CLOSE)
    if activation.growth is not None and not activation.growth >= 0:
        _wrong(activation, "growth", activation.growth, "a number that is not negative")


def _check_layer(activation: Activation, layer: KernelLayer) -> None:
    q = _Q.ravel()
    found = np.asarray(layer.scales(_Q))
    if found.ndim != 3 or found.shape[1:] != _Q.shape:
        got, want = found.shape, f"(kinds, {', '.join(map(str, _Q.shape))})"
        _wrong(activation, "layer.scales(q)", f"an array of shape {got}", f"the shape {want}")
    _array(activation, "layer.scales(q)", found, found.shape)
    roots = np.sqrt(q[:, None] * q)
    for cosine in _COSINES:
        k = cosine * roots
        value, slope = _passed(activation, layer, k, q)
        value = _array(activation, "E[phi phi] of the layer", value, k.shape)
        slope = _array(activation, "E[phi' phi'] of the layer", slope, k.shape)
        if cosine == 1.0:
            for what, got, of in (
                ("E[phi phi] of the layer", value, "mean_square"),
                ("E[phi' phi'] of the layer", slope, "mean_square_slope"),
            ):
                want = getattr(activation, of)(q)
                _agree(activation, f"{what} at k = q", np.diag(got), want, of, _CLOSE)
            continue
        _agree(activation, "E[phi phi] of the layer", value, value.T, "it, inputs swapped", _CLOSE)
        beside = [_passed(activation, layer, k + s * _STEP, q)[0] for s in (1, -1)]
        change = (beside[0] - beside[1]) / (2 * _STEP)
        what = "the derivative of E[phi phi] by k"
        _agree(activation, "E[phi' phi'] of the layer", slope, change, what, _ROUGH)


def _passed(activation: Activation, layer: KernelLayer, k: Any, q: Any) -> tuple[Any, Any]:
    """E[phi phi] and E[phi' phi'] of all pairs of inputs, by one step from layer to layer."""

    def pair(q: Any) -> Pair:
        kinds = layer.scales(q)
        return tuple(s[:, None] for s in kinds), tuple(s[None, :] for s in kinds)

    here, there = pair(q), pair(_W2 * activation.mean_square(q) + _B2)
    state, slope = layer.advance(layer.start(k, here), here, there, _W2, _B2)
    return (layer.covariance(state, there) - _B2) / _W2, slope


def _check_close(activation: Activation, layer: KernelLayer) -> None:
    if activation.close is None:
        return
    q = _Q.ravel()
    root, cosine = np.sqrt(q), _COSINES[1]
    i, j = np.triu_indices(len(q))
    cosines, sines = np.full(len(i), cosine), np.full(len(i), (1 - cosine**2) ** 0.5)
    k = cosine * root[:, None] * root
    value, slope = _passed(activation, layer, k, q)
    wants = k, _W2 * value + _B2, slope
    pairs = root[i], root[j], cosines, sines, q[i] - q[j]
    # With arrays as a compiler has them, too.
    for made in (np.asarray, ArrayOfAnotherLibrary):
        of = ClosePairs(*map(made, pairs))
        got = _passed_close(activation.close, of, *map(made, (_W2**0.5, _B2**0.5)))
        names = "k", "k behind a layer", "E[phi' phi']"
        for name, found, want in zip(names, map(numbers, got), wants, strict=True):
            what = f"{name} of close"
            found = _array(activation, what, found, i.shape)
            _agree(activation, what, found, want[i, j], "what the layer has", _CLOSE)


def _passed_close(close: CloseLayer, pairs: ClosePairs, *sigmas: Any) -> tuple[Any, Any, Any]:
    """Covariances before and behind a layer, and E[phi' phi']."""
    before = close.start(pairs)
    behind, slope = close.advance(before, *sigmas)
    _same_kind(before, behind)
    return close.covariance(before), close.covariance(behind), slope


def _same_kind(before: Any, behind: Any) -> None:
    """What a compiled loop asks of what goes round in it."""
    kinds = [[(np.shape(numbers(a)), a.dtype) for a in state] for state in (before, behind)]
    if kinds[0] != kinds[1]:
        raise TypeError(
            f"close.start returns arrays of {kinds[0]}, and close.advance of {kinds[1]}; they go "
            "from layer to layer and must be alike"
        )


def _array(
    activation: Activation, what: str, got: Any, shape: tuple[int, ...], low: float | None = None
) -> Any:
    """What a function returned, if it has the shape and is finite."""
    if np.shape(got) != shape:
        given = f"an array of shape {np.shape(got)}" if np.shape(got) else repr(got)
        _wrong(activation, what, given, f"an array of the shape of what it was given, {shape}")
    if not np.isfinite(got).all():
        _wrong(activation, what, _numbers(got), "finite numbers")
    if low is not None and (np.asarray(got) < low).any():
        _wrong(activation, what, _numbers(got), f"numbers not below {low:g}")
    return np.asarray(got)


def _agree(
    activation: Activation, what: str, got: Any, want: Any, why: str, tolerance: float
) -> None:
    if not np.allclose(got, want, rtol=tolerance, atol=tolerance):
        far = np.argmax(np.abs(got - want))
        shown = f"{np.ravel(got)[far]:.8g}"
        _wrong(activation, what, shown, f"{np.ravel(want)[far]:.8g}, which is {why}")


def _wrong(activation: Activation, what: str, got: object, want: str) -> NoReturn:
    raise SpecError(
        f"The activation {activation.name} does not hold together: {what} is {got}, and must be "
        f"{want}."
    )


def _numbers(values: Any) -> str:
    """The first few of some numbers."""
    found = [f"{value:.4g}" for value in np.ravel(values)[:4]]
    return ", ".join(found) + (", ..." if np.size(values) > 4 else "")
