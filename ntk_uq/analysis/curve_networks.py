"""Finite networks over curves of infinite width: those that the store has, and their own limit."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import parse_json
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.ensembles.stored import Ensembles, canonical, stored_ensembles, theory_of
from ntk_uq.results.points import QUANTITIES
from ntk_uq.specs import EnsembleSpec
from ntk_uq.store import Store

_LOOKED_AT = 300
"""Launches, the last ones, among which networks on other N_D are looked for."""

_MOST_SIZES = 64


@dataclass(frozen=True)
class CurveNetworks:
    """The networks of one curve.

    Attributes:
        label: of the curve.
        color: index of its colour.
        ensembles: the networks that are there, on whatever N_D.
        limit: infinite width, on the same training subset with the same steps.
        wanted: the networks that were asked for.
    """

    label: str
    color: int
    ensembles: Ensembles
    limit: Curve
    wanted: EnsembleSpec

    @property
    def state(self) -> Hashable:
        """All that is known of them, as a key: equal where every number is."""
        ensembles = self.ensembles.state
        return self.label, self.color, ensembles, self.limit.state, self.wanted.digest()

    @property
    def comparison(self) -> Comparison:
        """The networks beside their own limit."""
        return Comparison(self.ensembles, self.limit)

    def ratio(self, point: EnsemblePoint, quantity: str) -> Estimate | None:
        """A quantity of the networks over that of their own limit, with the networks' error; None
        where either is not there."""
        return self.comparison.ratio(point, quantity)

    @property
    def missing(self) -> int:
        """How many of the networks that were asked for are not there."""
        sizes = self.wanted.n_train
        return sum(len(gone) for (_, n), gone in self.ensembles.missing.items() if n in sizes)

    def to_json(self) -> dict[str, Any]:
        """Every point with the theory and the ratios to it beside, as JSON's own types."""
        out, comparison = self.comparison.to_json(), self.comparison
        ratios = [
            {name: _plain(self.ratio(point, name)) for name in QUANTITIES}
            for point in comparison.ensembles.points
        ]
        points = [{**p, "ratios": r} for p, r in zip(out["points"], ratios, strict=True)]
        asked = {"spec": self.wanted.to_json(), "digest": self.wanted.digest()}
        return {**out, **asked, "points": points, "missing": self.missing}


def _plain(found: Estimate | None) -> dict[str, float | None] | None:
    if found is None:
        return None
    return {"value": found.value, "error": found.error, "low": found.low, "high": found.high}


def stored_networks(
    store: Store, wanted: Sequence[EnsembleSpec | None], labels: Sequence[str]
) -> list[CurveNetworks]:
    """The networks that a store has, also on N_D of other launches.

    Args:
        store: the store.
        wanted: the networks of each curve; None for those that have none of their own.
        labels: of the curves.

    Raises:
        SpecError, MissingDataError: as
            :func:`~ntk_uq.results.ensembles.stored.stored_ensembles`.
    """
    found = []
    for place, (spec, label) in enumerate(zip(wanted, labels, strict=True)):
        limit = None if spec is None else theory_of(spec)
        if spec is None or limit is None:
            continue
        sizes = tuple(sorted({*spec.n_train, *_other_sizes(store, spec)}))[:_MOST_SIZES]
        found.append(
            CurveNetworks(
                label,
                place,
                stored_ensembles(store.results, replace(spec, n_train=sizes)),
                stored_curve(store.results, limit),
                spec,
            )
        )
    return found


def _other_sizes(store: Store, wanted: EnsembleSpec) -> set[int]:
    """N_D at which somebody has launched such networks."""
    sizes: set[int] = set()
    same = canonical(wanted)
    for job in store.jobs.list(limit=_LOOKED_AT, kinds=("ensemble",)):
        try:
            spec = canonical(EnsembleSpec.from_json(parse_json(job.spec)))
        except NtkUqError:  # of a data set that is not here, or of another version
            continue
        alike = (spec.data, spec.architecture, spec.optimizer) == (
            *(same.data, same.architecture),
            same.optimizer,
        )
        if alike and set(spec.widths) & set(same.widths):
            sizes |= set(spec.n_train)
    return sizes
