"""Where the store keeps a record that follows from a specification and the data."""

from dataclasses import replace
from typing import Any

from ntk_uq import datasets
from ntk_uq.base.fields import digest_of


def record_key(name: str, version: int, spec: Any, fingerprint: str, **which: Any) -> str:
    """One key for all specifications that mean the same, of what the data files hold now.

    Args:
        name: of the kind of record; the key begins with it.
        version: of its numbers.
        spec: a specification that has ``data``.
        fingerprint: of the data.
        which: what else tells the record from others of the same specification.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    data = datasets.canonical(datasets.get(spec.data.dataset), spec.data)
    identity = replace(spec, data=data).identity()
    return f"{name}/{digest_of({name: version, 'data': fingerprint, 'spec': identity, **which})}"
