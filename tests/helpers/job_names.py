"""The kinds of jobs by name, and their ranks, as they are declared."""

from ntk_uq.jobs.kinds import REGISTRY

CURVE, ENSEMBLE, FETCH = "curve", "ensemble", "fetch"
INSPECTION, MAP, SPECTRUM = "inspection", "map", "spectrum"
FORESEEN = "foreseen"

RANK = {name: kind.rank for name, kind in REGISTRY.items()}
