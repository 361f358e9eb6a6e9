"""Public files to fetch."""

from dataclasses import dataclass

from ntk_uq.base.fields import Name, Spec, checked


@dataclass(frozen=True)
class FetchSpec(Spec):
    """Which public files to fetch."""

    name: str = checked(Name(), "mnist", "what to fetch, as `data fetch` calls it")
