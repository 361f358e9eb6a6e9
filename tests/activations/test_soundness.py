"""A plug-in that cannot be an activation: one clear sentence each, before it computes anything."""

import numpy as np
import pytest
from helpers.unchecked import unchecked

from ntk_uq.activations import REGISTRY, get, register
from ntk_uq.activations.base import Activation, CloseLayer, from_determinants, smooth
from ntk_uq.activations.soundness import check
from ntk_uq.base.errors import KernelOverflowError, SpecError
from ntk_uq.engine.inline import run_curve
from ntk_uq.networks.architecture import build
from ntk_uq.specs import ACTIVATIONS, ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.theory import curve
from ntk_uq.theory.kernels import Kernels


def xp(x):
    return x.__array_namespace__()


def expectations(k, of1, of2):
    (q1,), (q2,) = of1, of2
    m = (q1 + q2) / 2
    return xp(k).exp(-m) * xp(k).sinh(k), xp(k).exp(-m) * xp(k).cosh(k)


def wrong_between(k, of1, of2):
    """The right slope where inputs are equal, and nowhere else."""
    value, slope = expectations(k, of1, of2)
    return value, slope * k / (of1[0] * of2[0]) ** 0.5


def square(q):
    return (1 - xp(q).exp(-2 * q)) / 2


def beside(q1, q2, k, determinant):
    """:func:`expectations`, of variances."""
    m = (q1 + q2) / 2
    return xp(k).exp(-m) * xp(k).sinh(k), xp(k).exp(-m) * xp(k).cosh(k)


CLOSE = from_determinants(beside, square)

SINE = {
    "name": "made_up",
    "words": "sine",
    "phi": lambda x: xp(x).sin(x),
    "slope": lambda x: xp(x).cos(x),
    "mean_square": lambda q: (1 - np.exp(-2 * q)) / 2,
    "mean_square_slope": lambda q: (1 + np.exp(-2 * q)) / 2,
    "layer": smooth(expectations, lambda q: q[None]),
}


def made(**changes):
    """With other functions, and without those that are None."""
    fields = {**SINE, **changes}
    return Activation(**{name: value for name, value in fields.items() if value is not None})


@pytest.mark.parametrize("name", REGISTRY)
def test_all_that_are_there_are_sound(name):
    check(get(name))
    assert get(name).name == name
    assert get(name).words


def test_the_made_up_one_is_sound_as_it_is():
    check(made())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"phi": lambda x: x[0]},
            r"phi\(x\) is an array of shape \(3,\), and must be an array of ",
        ),
        ({"phi": lambda x: xp(x).log(x)}, r"phi\(x\) is nan, nan, .*, and must be finite numbers"),
        (
            {"slope": lambda x: xp(x).sin(x)},
            r"slope\(x\) is .*, and must be .*, which is phi'\(x\)",
        ),
        ({"mean_square": lambda q: 0.5}, r"mean_square\(q\) is 0\.5, and must be an array of the"),
        ({"mean_square": lambda q: q[:1]}, r"mean_square\(q\) is an array of shape \(1,\)"),
        (
            {"mean_square": lambda q: np.log(q)},
            r"mean_square\(q\) is -inf, -inf, and must be finite",
        ),
        (
            {"mean_square": lambda q: -q},
            r"mean_square\(q\) is -0.*, and must be numbers not below 0",
        ),
        (
            {"mean_square": lambda q: (1 - np.exp(-q)) / 2},
            r"mean_square\(q\) is .*, which is the mean over phi by quadrature",
        ),
        (
            {"mean_square": lambda q: (1 - np.exp(-q)) / 2, "phi": None, "stax": "Sin"},
            r"E\[phi phi\] of the layer at k = q is .*, which is mean_square",
        ),
        (
            {"mean_square_slope": lambda q: np.full_like(q, np.nan)},
            r"mean_square_slope\(q\) is nan, nan, and must be finite numbers",
        ),
        (
            {"layer": smooth(expectations, lambda q: q)},
            r"layer\.scales\(q\) is an array of shape \(2, 2\), and must be the shape \(kinds, 2",
        ),
        (
            {"layer": smooth(lambda k, a, b: (k[0], k), lambda q: q[None])},
            r"E\[phi phi\] of the layer is an array of shape \(4,\)",
        ),
        (
            {"layer": smooth(lambda k, a, b: (k * np.nan, k), lambda q: q[None])},
            r"E\[phi phi\] of the layer is nan, nan, nan, nan, \.\.\., and must be finite",
        ),
        (
            {"layer": smooth(wrong_between, lambda q: q[None])},
            r"E\[phi' phi'\] of the layer is .*, which is the derivative of E\[phi phi\] by k",
        ),
        (
            {"close": from_determinants(lambda q1, q2, k, d: (k, q1 * 0 + 1), square)},
            r"k behind a layer of close is .*, which is what the layer has",
        ),
        ({"homogeneous": True}, r"mean_square\(4 q\) is .*, which is 4 mean_square\(q\)"),
        ({"growth": float("nan")}, "growth is nan, and must be a number that is not negative"),
        ({"layer_seconds": 0.0}, "layer_seconds is 0.0, and must be a time above 0"),
    ],
)
def test_what_does_not_hold_together_is_told_with_the_functions_name(changes, message):
    with pytest.raises(
        SpecError, match=f"The activation made_up does not hold together: {message}"
    ):
        register(made(**changes))
    assert "made_up" not in ACTIVATIONS


@pytest.mark.parametrize("name", ["Sine", "my sine", "1e5", "nan", "inf", "", "a,b", "s" * 65])
def test_a_name_is_a_word(name):
    with pytest.raises(SpecError, match="it must be a word of small letters"):
        made(name=name)


def test_what_nothing_can_stand_in_for_is_asked_for():
    with pytest.raises(SpecError, match="made_up has neither phi nor stax; give phi"):
        made(phi=None)
    with pytest.raises(SpecError, match="no closed forms of all its expectations; give phi and"):
        made(slope=None, mean_square_slope=None)


def test_a_corner_away_from_zero_is_refused_and_told():
    made_up = made(
        phi=lambda x: xp(x).clip(x, -1, 1),
        slope=lambda x: 1.0 * (xp(x).abs(x) < 1),
        mean_square=None,
        mean_square_slope=None,
        layer=None,
    )
    with pytest.raises(SpecError, match=r"corners or jumps away from 0, or oscillates\. Give"):
        register(made_up)


def test_a_variance_too_large_for_the_series_is_told():
    tanh = Activation(
        "made_tanh",
        "tanh",
        phi=lambda x: xp(x).tanh(x),
        slope=lambda x: 1 - xp(x).tanh(x) ** 2,
    )
    with register(tanh), pytest.raises(SpecError, match="made_tanh is too steep for its series"):
        Kernels(ArchitectureSpec(1, "made_tanh", 40.0)).symmetric(np.eye(2))


def test_a_number_that_is_not_finite_later_is_told_in_words():
    exploding = Activation(
        "made_square",
        "x squared",
        phi=lambda x: x * x,
        slope=lambda x: 2 * x,
        mean_square=lambda q: 3 * q**2,
        mean_square_slope=lambda q: 4 * q,
        layer=smooth(lambda k, a, b: (a[0] * b[0] + 2 * k * k, 4 * k), lambda q: q[None]),
    )
    with register(exploding):
        spec = ArchitectureSpec(12, "made_square", 10.0)
        with pytest.raises(KernelOverflowError, match="is not finite in float64; choose smaller"):
            Kernels(spec).symmetric(np.eye(2) * 5)


def test_a_file_without_an_activation_of_its_name_is_told(monkeypatch):
    monkeypatch.setattr(REGISTRY, "_files", (*REGISTRY, "angles"))
    with pytest.raises(SpecError, match=r"angles\.py holds None as ACTIVATION; it must be an Act"):
        get("angles")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda k, a, b: k, "ValueError, .*unpack"),
        (lambda k, a, b: (k, k, k), "ValueError, .*unpack"),
        (lambda k, a, b: None, "TypeError, cannot unpack"),
        (lambda k, a, b: {}[k.shape], "KeyError"),
        (lambda k, a, b: 1 // 0, "ZeroDivisionError"),
    ],
)
def test_whatever_a_function_raises_is_told_with_the_activations_name(broken, said):
    good = get("linear")
    made = Activation(
        "made_broken",
        "broken",
        phi=lambda x: x,
        slope=lambda x: x * 0 + 1,
        mean_square=good.mean_square,
        mean_square_slope=good.mean_square_slope,
        layer=smooth(broken, lambda q: q[None]),
    )
    with pytest.raises(SpecError, match=f"made_broken fails when it is tried: {said}"):
        register(made)


@pytest.mark.parametrize(
    ("close", "said"),
    [
        # What is compiled on an accelerator, and would fail there, in the middle of a job.
        (
            from_determinants(beside, lambda q: (1 - np.exp(-2 * q)) / 2),
            "TypeError, .*ufunc.* Its functions take arrays, of NumPy and of JAX",
        ),
        (
            CloseLayer(
                CLOSE.start,
                lambda state, w, b: CLOSE.advance(state, w, b if b else 0.0),
                CLOSE.covariance,
            ),
            "TypeError, what is true of an array is not known while it is compiled",
        ),
        (
            CloseLayer(
                lambda pairs: CLOSE.start(pairs)[:3],
                lambda state, w, b: CLOSE.advance((*state, state[0] * state[1]), w, b),
                CLOSE.covariance,
            ),
            "TypeError, close.start returns arrays of .*, and close.advance of ",
        ),
    ],
)
def test_care_for_close_pairs_is_tried_with_arrays_as_a_compiler_has_them(close, said):
    with register(made(close=CLOSE)):
        pass
    with pytest.raises(SpecError, match=f"made_up fails when it is tried: {said}"):
        register(made(close=close))


def test_care_in_a_function_of_all_layers_is_told_what_to_be_instead():
    said = r"made_up has <function .* as close, and must have a CloseLayer, which"
    # Plug-ins are not checked for their types, which the tests are.
    with unchecked(), pytest.raises(SpecError, match=said):
        made(close=lambda pairs, depth, sigma_w, sigma_b: (pairs.r1, pairs.r1))


def test_a_layer_that_neural_tangents_does_not_have_is_told():
    good = get("linear")
    made = Activation(
        "made_sinus",
        "sinus",
        phi=good.phi,
        slope=good.slope,
        mean_square=good.mean_square,
        mean_square_slope=good.mean_square_slope,
        layer=good.layer,
        stax="Sinus",
    )
    with register(made), pytest.raises(SpecError, match="'Sinus' as its layer of neural-tangents"):
        build(ArchitectureSpec(1, "made_sinus"))


@pytest.mark.parametrize("memory", [None, 2**34], ids=["processor", "accelerator"])
def test_what_is_no_number_only_for_some_inputs_is_the_activations_and_not_the_kernels(
    monkeypatch, memory
):
    monkeypatch.setattr(curve, "accelerator_memory", lambda: memory)
    linear = get("linear")

    def expectations(k, a, b):
        value, slope = linear.layer.advance(k, ((), ()), ((), ()), 1.0, 0.0)
        return xp(k).where(a[0] * b[0] > 30.0, float("nan"), value), slope

    made = Activation(
        "made_partly",
        "no number beyond a variance",
        phi=lambda x: x,
        slope=lambda x: x * 0 + 1,
        mean_square=linear.mean_square,
        mean_square_slope=linear.mean_square_slope,
        layer=smooth(expectations, lambda q: q[None]),
    )
    with register(made):
        spec = CurveSpec(
            DataSpec(n_test=10), ArchitectureSpec(1, "made_partly", 3.0), n_train=(20,)
        )
        (point,) = run_curve(spec).raw
    assert point.failure is not None
    assert "made_partly gave what is no number for some pair of these inputs" in point.failure
