"""How the inputs and targets of a data set are prepared: what was chosen, in words and units."""

from dataclasses import dataclass, replace

from ntk_uq.base.errors import SpecError
from ntk_uq.datasets.base import Dataset
from ntk_uq.specs import DataSpec

MOST_WHITENED = 4096
"""Values of an input above which ZCA whitening is refused: its matrix has d^2 values, and finding
it takes d^3 operations (CIFAR-10 has 3,072)."""

INPUTS = {
    "sphere": "inputs centred by the pool's mean, then each put on the sphere of radius sqrt(d)",
    "standardize": (
        "each input value centred by its mean in the pool and divided by its standard deviation "
        "there (a constant one is only centred)"
    ),
    "scale": (
        "inputs centred by the pool's mean, then all divided by one common scale, the pool's "
        "root mean square; no example is normalized on its own"
    ),
    "none": "inputs as they are",
}
TARGETS = {
    "classes": "targets one-hot minus 1/C",
    "raw": "targets as they are",
    "standardize": "targets standardized by the pool's mean and standard deviation",
    "log": (
        "natural logarithms of the targets, standardized by their mean and standard deviation "
        "in the pool"
    ),
}
_WHITENED = {
    "sphere": "each put on the sphere of radius sqrt(d)",
    "standardize": "each value divided by its standard deviation in the pool",
    "scale": "all divided by one common scale, the pool's root mean square",
}


@dataclass(frozen=True)
class Recipe:
    """What is done to a data set.

    Attributes:
        inputs: a key of :data:`INPUTS`.
        zca: regularization of the ZCA whitening before that, None without whitening.
        targets: a key of :data:`TARGETS`.
    """

    inputs: str
    zca: float | None
    targets: str

    def describe(self) -> str:
        """The preparation in words, for results and plots."""
        if self.zca is None:
            return f"{INPUTS[self.inputs]}; {TARGETS[self.targets]}"
        words = (
            "inputs centred by the pool's mean and ZCA-whitened with the pool's covariance, "
            f"regularization {self.zca:g} of its mean eigenvalue"
        )
        after = _WHITENED.get(self.inputs)
        words += f", then {after}" if after else ""
        return f"{words}; {TARGETS[self.targets]}"


def recipe(dataset: Dataset, spec: DataSpec) -> Recipe:
    """The preparation that a specification means for its data set.

    Raises:
        SpecError: for a target's preparation where labels are to be learnt, or whitening of
            inputs that are too long for it.
    """
    inputs = dataset.preparation if spec.preparation == "default" else spec.preparation
    if spec.zca is not None and dataset.n_features > MOST_WHITENED:
        raise SpecError(
            f"zca is {spec.zca:g}, but an input of {dataset.name} has {dataset.n_features:,} "
            f"values; whitening takes at most {MOST_WHITENED:,}. Leave zca out."
        )
    if dataset.task == "regression":
        return Recipe(inputs, spec.zca, dataset.target if spec.target == "default" else spec.target)
    if spec.target != "default":
        raise SpecError(
            f"target is {spec.target!r}, but {dataset.name} is a classification: its targets are "
            "always one-hot minus 1/C. Leave target out."
        )
    return Recipe(inputs, spec.zca, "classes")


def canonical(dataset: Dataset, spec: DataSpec) -> DataSpec:
    """The specification with ``default`` wherever it asks for what the data set chooses itself.

    Two specifications that mean the same are then equal. Raises SpecError as :func:`recipe` does.
    """
    chosen = recipe(dataset, spec)
    return replace(
        spec,
        preparation="default" if chosen.inputs == dataset.preparation else chosen.inputs,
        target="default" if chosen.targets in ("classes", dataset.target) else chosen.targets,
    )


def describe(dataset: Dataset, spec: DataSpec) -> str:
    """The preparation of a specification in words. Raises SpecError as :func:`recipe` does."""
    words = recipe(dataset, spec).describe()
    if spec.noise:
        words += (
            f"; Gaussian noise on the training targets, {spec.noise:g} of their root mean square "
            "in the pool; test targets clean"
        )
    return words


def loss_unit(dataset: Dataset, spec: DataSpec) -> str:
    """Unit of the test loss, which is a mean over examples and outputs.

    Raises SpecError as :func:`recipe` does.
    """
    return {
        "classes": "squared error, one-hot targets",
        "log": "squared error / variance of ln(target)",
        "standardize": "squared error / variance of target",
        "raw": f"squared error in ({dataset.unit})²" if dataset.unit else "squared error of target",
    }[recipe(dataset, spec).targets]
