"""Which data, and how they are prepared."""

from dataclasses import dataclass

from ntk_uq.base.fields import Choice, Maybe, Name, Real, Spec, Whole, checked

PREPARATIONS = ("default", "sphere", "standardize", "scale", "none")
TARGETS = ("default", "raw", "standardize", "log")


@dataclass(frozen=True)
class DataSpec(Spec):
    """Which data: a data set, the size of its test set, the seed of the splits, and how inputs
    and targets are prepared (see :mod:`ntk_uq.datasets.recipes`)."""

    dataset: str = checked(
        Name(), "digits", "name of a data set; on the command line, also the path of a data file"
    )
    n_test: int = checked(
        Whole(1, 100_000),
        400,
        "test examples N_T, shared by all draws; all that there are, if fewer",
    )
    seed: int = checked(Whole(0, 2**32 - 1), 0, "seed of the test set and the training subsets")
    preparation: str = checked(
        Choice(PREPARATIONS),
        "default",
        "inputs: put on a sphere, standardized feature by feature, divided by one common scale, "
        "as they are, or the data set's own choice",
        since=2,
    )
    zca: float | None = checked(
        Maybe(Real(0, 1e6, above=True)),
        None,
        "ZCA whitening of the inputs with this regularization, in units of the mean eigenvalue "
        "of their covariance; the smaller, the whiter",
        since=2,
    )
    target: str = checked(
        Choice(TARGETS),
        "default",
        "regression targets: as they are, standardized, their logarithm standardized, or the "
        "data set's own choice",
        since=2,
    )
    noise: float = checked(
        Real(0, 100),
        0.0,
        "label noise: standard deviation of Gaussian noise on the training targets, in units of "
        "their root mean square over the pool; the test targets stay clean",
        since=3,
    )
