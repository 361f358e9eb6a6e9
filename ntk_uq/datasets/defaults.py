"""Numbers of examples that were left to their defaults, where a data set has fewer."""

from contextlib import suppress
from dataclasses import fields, replace
from typing import Any, TypeVar

from ntk_uq.base.errors import DataError, SpecError
from ntk_uq.base.fields import Spec, default_of
from ntk_uq.datasets.base import Dataset
from ntk_uq.specs import DataSpec
from ntk_uq.specs.foreseen import CARRIES

S = TypeVar("S", bound=Spec)

_SIZES = 6
"""How many N_D are tried on a small data set, each half of the next."""


def within(spec: S, dataset: Dataset) -> S:
    """The specification with no more examples than the data set has, where their numbers are the
    defaults: N_T is all of the test part then, and N_D go up to the pool, each half of the next; a
    sample is all of the pool, and N_D go up to what it carries.

    Numbers that are no defaults stay: whoever chose them is told what there is.

    Args:
        spec: with the field ``data``, and perhaps ``n_train``. dataset: the data set that it names.
    """
    data: DataSpec = spec.data  # type: ignore[attr-defined]
    with suppress(DataError, SpecError):  # said where the data are loaded
        n_pool, n_test = dataset.sizes()
        changes: dict[str, Any] = {}
        if data.n_test == default_of(DataSpec, "n_test") > n_test:
            changes["data"] = replace(data, n_test=n_test)
        most, names = n_pool, {field.name for field in fields(spec)}  # type: ignore[arg-type]
        if "sample" in names and spec.sample == default_of(type(spec), "sample") > n_pool:  # type: ignore[attr-defined]
            changes["sample"], most = n_pool, n_pool // CARRIES
        if "n_train" in names:
            asked = spec.n_train  # type: ignore[attr-defined]
            if asked == default_of(type(spec), "n_train"):
                changes["n_train"] = _sizes(asked, most)
        return replace(spec, **changes) if changes else spec  # type: ignore[type-var]
    return spec


def _sizes(asked: int | tuple[int, ...], n_pool: int) -> int | tuple[int, ...]:
    if isinstance(asked, int):
        return min(asked, n_pool)
    if asked[-1] <= n_pool:
        return asked
    few = _SIZES if len(asked) > 1 else 1
    return tuple(sorted({max(1, n_pool // 2**k) for k in range(few)}))
