"""What tells curves apart of which one field varies, in words."""

from typing import Any

from ntk_uq import datasets
from ntk_uq.jobs import words
from ntk_uq.specs import CurveSpec
from ntk_uq.specs.varied import value_in

NAMES = {
    "depth": "depth",
    "dataset": "data set",
    "activation": "activation",
    "sigma_w": "σ_w",
    "sigma_b": "σ_b",
    "preparation": "preparation of the inputs",
    "posterior": "posterior",
    "time": "training time t",
}
"""The fields that may vary, as people call them."""

INPUTS = {
    "default": "the data set's own",
    "sphere": "inputs on a sphere",
    "standardize": "inputs standardized",
    "scale": "inputs on one scale",
    "none": "inputs as they are",
}


def label(vary: str, spec: CurveSpec) -> str:
    """What a curve is called among those of which ``vary`` differs: ``depth 2``, ``MNIST``."""
    return value_label(vary, value_in(vary, spec))


def value_label(vary: str, value: Any) -> str:
    """The same of one value, as the field has it."""
    return {
        "depth": lambda: f"depth {value}",
        "dataset": lambda: _short(words.title(value)),
        "activation": lambda: str(value),
        "sigma_w": lambda: f"σ_w = {value:.5g}",
        "sigma_b": lambda: f"σ_b = {value:.5g}",
        "preparation": lambda: INPUTS[value],
        "posterior": lambda: "Bayesian" if value == "bayes" else "trained",
        "time": lambda: "t = ∞" if value is None else f"t = {value:g}",
    }[vary]()


def _short(title: str) -> str:
    """A title as far as it tells a data set from the others: legends have little room."""
    begins = title.partition(",")[0]
    others = (d.title for d in datasets.REGISTRY.values() if d.title != title)
    return title if any(other.startswith(begins) for other in others) else begins
