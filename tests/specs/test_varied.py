"""One field of a curve that takes several values."""

import pytest

from ntk_uq.base.errors import SpecError
from ntk_uq.specs import CurveSpec, DataSpec, TrainingSpec
from ntk_uq.specs.varied import VARIED, VariedValues, value_in, varied

VALUES = {
    "depth": (1, 3),
    "dataset": ("mnist", "digits"),
    "activation": ("erf", "relu"),
    "sigma_w": (2.0, 1.0),
    "sigma_b": (0.0, 0.5),
    "preparation": ("none", "sphere"),
    "posterior": ("trained", "bayes"),
    "time": (10.0, "converged", 0.5),
}


@pytest.mark.parametrize("name", VARIED)
def test_curves_differ_in_the_field_that_varies_and_in_no_other(name):
    spec = CurveSpec(DataSpec(n_test=7, seed=3), draws=2)
    values = VALUES[name]
    curves = varied(spec, name, values)
    wanted = [None if value == "converged" else value for value in values]
    assert [value_in(name, curve) for curve in curves] == wanted
    for curve in curves:
        (back,) = varied(curve, name, ["converged"] if name == "time" else [value_in(name, spec)])
        assert back == spec


def test_a_time_is_instead_of_steps_and_a_bayesian_has_neither():
    spec = CurveSpec(training=TrainingSpec(steps=30, eta=0.5, jitter=0.1))
    assert [c.training for c in varied(spec, "time", (5, "converged"))] == [
        TrainingSpec(time=5, jitter=0.1),
        TrainingSpec(jitter=0.1),
    ]
    assert [c.training for c in varied(spec, "posterior", ("trained", "bayes"))] == [
        spec.training,
        TrainingSpec("bayes", jitter=0.1),
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("depth", 1.5, "depth is 1.5; it must be a whole number"),
        ("depth", "deep", "depth is 'deep'"),
        ("sigma_w", 0, "sigma_w is 0; it must be above 0"),
        ("activation", "step", "activation is 'step'; choose one of"),
        ("time", "later", "time is 'later'; it must be a number"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(name, value, words):
    with pytest.raises(SpecError, match=words):
        varied(CurveSpec(), name, (value,))


def test_values_come_back_from_a_link_in_their_order():
    check = VariedValues(4)
    for values in ((), (2.0, 0.1, "converged"), ("mnist", "own-12"), (1e-7,)):
        assert check.check("values", check.parse("values", check.format(values))) == values
    for wrong in ((1, 1), (1, 2, 3, 4, 5), "mnist", (float("nan"),), (True,)):
        with pytest.raises(SpecError):
            check.check("values", wrong)
