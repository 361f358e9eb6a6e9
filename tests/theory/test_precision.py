"""Mixed precision is taken where this device's products say it is faster, or where it is set."""

import pytest

from ntk_uq.base import settings
from ntk_uq.costs.precision import mixed_pays
from ntk_uq.specs import CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory import precision

LARGE = CurveSpec(DataSpec("mnist", n_test=100), n_train=(60_000,))


@pytest.fixture
def device(monkeypatch):
    """A device whose float64 is so many times slower; not the setting of whoever runs this."""
    monkeypatch.delenv(settings.PRECISION, raising=False)
    return lambda slowness: monkeypatch.setattr(precision, "float64_slowness", lambda: slowness)


@pytest.mark.parametrize(("slowness", "mixed"), [(1, False), (2, False), (32, True), (64, True)])
def test_a_slow_float64_is_avoided_where_the_factorization_is_what_takes_time(
    device, slowness, mixed
):
    device(slowness)
    assert precision.mixed_wanted(LARGE, 784) is mixed


@pytest.mark.parametrize(
    "spec",
    [
        CurveSpec(DataSpec("mnist", n_test=100), n_train=(1000,)),
        CurveSpec(DataSpec("mnist", n_test=10_000), n_train=(60_000,)),
        CurveSpec(LARGE.data, training=TrainingSpec(time=1.0), n_train=(20_000,)),
    ],
    ids=["small", "many test examples", "finite time"],
)
def test_refinement_that_would_cost_more_is_not_taken_however_slow_it_is(spec):
    assert not mixed_pays(spec, 784, 64)


def test_a_setting_overrides_the_measurement(device, monkeypatch):
    for slowness, wanted in ((64, "float64"), (1, "mixed")):
        device(slowness)
        monkeypatch.setenv(settings.PRECISION, wanted)
        assert precision.mixed_wanted(LARGE, 784) is (wanted == "mixed")


def test_a_processor_is_not_measured_and_a_measurement_is_a_number(monkeypatch):
    monkeypatch.setattr(precision, "_SIZE", 128)
    monkeypatch.setattr(precision, "_seconds", lambda dtype: pytest.fail("measured"))
    assert precision.float64_slowness.__wrapped__() == 1.0
    monkeypatch.undo()
    monkeypatch.setattr(precision, "_SIZE", 128)
    monkeypatch.setattr(precision.jax, "default_backend", lambda: "gpu")
    assert 0 < precision.float64_slowness.__wrapped__() < 1000
