"""The kinds of jobs: one file each, one line each in ``registry.py``.

A file here declares its kind as ``KIND``; the file of the same name in ``ntk_uq/engine/kinds/``
computes it. docs/contributing/job-kind.md shows how one is added.
"""

from ntk_uq.jobs.kinds.registry import (
    FILES,
    REGISTRY,
    find,
    former_names,
    lowest_rank,
    name_of,
    of,
    register,
)

__all__ = ["FILES", "REGISTRY", "find", "former_names", "lowest_rank", "name_of", "of", "register"]
