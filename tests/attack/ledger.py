"""What a store had at some moments: results that were lost, and those that were computed twice."""

import hashlib
import json
import math

from ntk_uq.results.curves import point_keys
from ntk_uq.results.ensembles.records import MemberResult
from ntk_uq.results.ensembles.stored import member_keys
from ntk_uq.specs import CurveSpec, EnsembleSpec
from ntk_uq.store import ResultsCache


class Ledger:
    """Results by key, from look to look.

    A result says how many seconds it took, so that one which was computed again has other bytes.
    Whatever was under way when something was killed may be: results go in groups (the points of one
    draw, the networks of one width and N_D), and those of a group that was not complete at the last
    look may have been under way.

    Attributes:
        lost: keys that were there and are not any more.
        twice: keys of complete groups that were computed again.
        under_way: keys of others that were.
        differs: keys whose numbers were others then.
    """

    def __init__(self, results: ResultsCache) -> None:
        self._results = results
        self._groups: dict[str, tuple] = {}
        self._seen: dict[str, tuple[str, float]] = {}
        self._open: set[tuple] = set()
        self.lost: set[str] = set()
        self.twice: set[str] = set()
        self.under_way: set[str] = set()
        self.differs: set[str] = set()

    def expect(self, spec: CurveSpec | EnsembleSpec) -> None:
        """Takes the results of a specification into the book."""
        job = spec.digest()
        if isinstance(spec, CurveSpec):
            for (draw, _), key in point_keys(spec).items():
                self._groups[key] = (job, draw)
        else:
            for place, keys in member_keys(spec).items():
                self._groups |= dict.fromkeys(keys, (job, *place))

    def look(self) -> int:
        """Compares what is there with what was; how many results there are."""
        found = self._results.get_many(self._groups)
        for key, content in found.items():
            now = hashlib.sha256(content).hexdigest()
            before = self._seen.get(key)
            if before is not None and before[0] == now:
                continue
            value = _value(key, content)
            if before is not None:
                group = self._groups[key]
                (self.under_way if group in self._open else self.twice).add(key)
                if not math.isclose(before[1], value, rel_tol=1e-6):
                    self.differs.add(key)
            self._seen[key] = now, value
        self.lost |= self._seen.keys() - found.keys()
        self._open = {self._groups[key] for key in self._groups.keys() - found.keys()}
        return len(found)

    @property
    def seen(self) -> int:
        """How many results have been there."""
        return len(self._seen)

    @property
    def gone(self) -> set[str]:
        """Expected results that never were there."""
        return self._groups.keys() - self._seen.keys()

    @property
    def missing(self) -> int:
        """How many of them there are."""
        return len(self.gone)


def _value(key: str, content: bytes) -> float:
    """A number of the result that does not depend on when it was computed."""
    if key.startswith("point/"):
        return float(json.loads(content)["mu"])
    return float(MemberResult.from_bytes(content).test_loss[-1])
