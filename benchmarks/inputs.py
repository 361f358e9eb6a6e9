"""The inputs: MNIST where it is, else random ones of the same shape."""

import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ntk_uq import datasets
from ntk_uq.base.errors import NtkUqError
from ntk_uq.datasets import Dataset, Examples, Split
from ntk_uq.specs import DataSpec

N_FEATURES, N_OUTPUTS = 784, 10
N_POOL, N_TEST = 60_000, 10_000
STAND_IN = "random"


@dataclass(frozen=True)
class Inputs:
    """Which data set, and what to say about it.

    Attributes:
        name: in specifications.
        label: for tables and JSON.
        note: why it is not MNIST, and how to get that; empty where it is.
    """

    name: str
    label: str
    note: str = ""

    def data(self, n_test: int) -> DataSpec:
        return DataSpec(self.name, n_test=n_test)

    def split(self, n_train: int, n_test: int) -> Split:
        """Prepared arrays of the first draw."""
        return datasets.load_split(datasets.get(self.name), self.data(n_test), n_train, 0)


def choose() -> Inputs:
    """MNIST from the data directory, or the stand-in, which is then a data set like any other."""
    try:
        datasets.get("mnist").load()
    except NtkUqError as error:
        datasets.REGISTRY[STAND_IN] = _stand_in()
        label = f"RANDOM on the sphere, d = {N_FEATURES}, in place of MNIST"
        return Inputs(STAND_IN, label, str(error))
    return Inputs("mnist", "MNIST")


def sphere(n: int, n_features: int, seed: int = 0) -> Float[np.ndarray, "n d"]:
    """Random inputs of squared norm d, as the preparation ``sphere`` leaves them."""
    x = np.random.default_rng(seed).standard_normal((n, n_features))
    return x * (np.sqrt(n_features) / np.linalg.norm(x, axis=1, keepdims=True))


def _stand_in() -> Dataset:
    return Dataset(
        name=STAND_IN,
        title="Random inputs",
        about="Normal inputs with the classes of a random linear map, for benchmarks alone.",
        task="classification",
        n_outputs=N_OUTPUTS,
        shape=(N_FEATURES,),
        input_unit="1",
        target_unit="class",
        preparation="sphere",
        citation="none",
        sizes=lambda: (N_POOL, N_TEST),
        fingerprint=lambda: "random-0",
        load=_random_examples,
    )


@functools.cache
def _random_examples() -> Examples:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N_POOL + N_TEST, N_FEATURES), dtype=np.float32)
    y = np.argmax(x @ rng.standard_normal((N_FEATURES, N_OUTPUTS), dtype=np.float32), axis=1)
    return Examples(x[:N_POOL], y[:N_POOL], x[N_POOL:], y[N_POOL:])
