"""Trains finite networks, a few of one width and N_D a chunk."""

from collections.abc import Iterator
from typing import Any

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.costs.training import cost_of, member_seconds, required_bytes
from ntk_uq.datasets.files import sealed
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.jobs.kinds.ensemble import KIND
from ntk_uq.results.ensembles.records import member_key, targets_key
from ntk_uq.results.ensembles.stored import canonical, missing_members, targets_key_of
from ntk_uq.results.speed import DEFAULT_SPEED, stored_speed
from ntk_uq.specs import EnsembleSpec
from ntk_uq.store import ResultsCache

CHUNK_SECONDS = 10.0
"""What a chunk is meant to take: a killed worker loses so much, a cancelled job goes on so long."""

_MOST_MEMBERS = 64


def plan(wanted: EnsembleSpec, results: ResultsCache) -> Plan:
    """The networks that are missing."""
    missing = missing_members(results, wanted)
    cost_of(results, wanted, missing)  # refuses what is too much
    dataset = datasets.get(wanted.data.dataset)
    shape = (dataset.n_features, dataset.n_outputs)
    speed = stored_speed(results) or DEFAULT_SPEED
    # The engine decides, since it is its store that the members are kept in; not each worker.
    products = {"tf32": True} if settings.tf32() else {}
    chunks = []
    for (width, n_train), indices in missing.items():
        seconds = member_seconds(wanted, width, n_train, *shape, speed)
        memory = required_bytes(wanted, width, n_train, *shape)
        size = max(1, min(_MOST_MEMBERS, int(CHUNK_SECONDS / seconds)))
        for low in range(0, len(indices), size):
            payload = {
                "spec": canonical(wanted).to_json(),
                **{"width": width, "n_train": n_train, "members": indices[low : low + size]},
                **products,
            }
            chunks.append(Chunk(KIND.name, payload, memory))
    if not chunks and targets_key_of(wanted) not in results:
        # Damaged or deleted beside whole networks: a chunk without any brings them back.
        width, n_train = wanted.widths[0], wanted.n_train[0]
        payload = {"spec": canonical(wanted).to_json(), "width": width, "n_train": n_train}
        memory = required_bytes(wanted, width, n_train, *shape)
        chunks.append(Chunk(KIND.name, {**payload, "members": []}, memory))
    left = sum(map(len, missing.values()))
    return Plan(tuple(chunks), wanted.n_members - left, wanted.n_members)


def compute(payload: Any, progress: Progress) -> Iterator[Result]:
    """The networks of a chunk, each when it is trained."""
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.training.members import train_members

    spec = EnsembleSpec.from_json(payload["spec"])
    width, n_train = payload["width"], payload["n_train"]
    tf32 = payload.get("tf32", False)
    dataset = datasets.get(spec.data.dataset)
    targets = datasets.load_split(dataset, spec.data, n_train, 0).y_test
    yield Result(targets_key(spec.data, dataset.fingerprint()), sealed(targets=targets), units=0)
    for member in train_members(spec, width, n_train, payload["members"], tf32=tf32):
        fingerprint = member.provenance["data_fingerprint"]
        key = member_key(spec.member(width, n_train, member.member), fingerprint, tf32)
        progress(f"width {width}, N_D {n_train}, network {member.member + 1}")
        yield Result(key, member.to_bytes())
