"""What a relative jitter comes to in the kernel's units."""

from ntk_uq import datasets
from ntk_uq.datasets import Dataset
from ntk_uq.specs import DataSpec
from ntk_uq.theory.kernels import Kernels

_SCALE_SAMPLE = 1024


def ridge_of(jitter: float, kernels: Kernels, dataset: Dataset, spec: DataSpec) -> float:
    """The ridge on the diagonal of the last of ``kernels``, 0 for no jitter.

    One ridge for all subsets, relative to the mean diagonal over a fixed sample of the pool:
    relative to each subset's own trace it would change along a curve wherever the inputs'
    norms differ, and factors would not be nested. On the sphere the two are the same.
    """
    if not jitter:
        return 0.0
    sample = datasets.pool_sample(dataset, spec, _SCALE_SAMPLE)
    return jitter * kernels.mean_diagonal(sample)[-1]
