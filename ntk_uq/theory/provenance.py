"""Where a number comes from: versions, device, data."""

import functools
import importlib.metadata
from typing import Any

from ntk_uq import datasets
from ntk_uq.base.version import VERSION
from ntk_uq.datasets import Dataset, Split
from ntk_uq.specs import DataSpec

_PACKAGES = ("jax", "jaxlib", "neural-tangents", "numpy", "scipy")


def provenance(dataset: Dataset, spec: DataSpec, split: Split) -> dict[str, Any]:
    """Versions, device, dtype, and what the data are, as JSON's own types."""
    return {
        **_machine(),
        "dataset": dataset.name,
        "data_fingerprint": dataset.fingerprint(),
        "preparation": datasets.describe(dataset, spec),
        "target": dataset.target_unit,
        "loss_unit": datasets.loss_unit(dataset, spec),
        "citation": dataset.citation,
        "notices": list(split.notices),
    }


@functools.cache
def _machine() -> dict[str, Any]:
    from ntk_uq.theory.device import device

    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"versions": {"ntk_uq": VERSION, **versions}, "device": device(), "dtype": "float64"}
