"""The kinds of jobs by name, and their ranks, as they are declared."""

from ntk_uq.jobs.kinds import REGISTRY

CALIBRATION, CURVE, DESCENT, ENSEMBLE, FETCH, INSPECTION, MAP, SPECTRUM, TRAINING_TIME = (
    *("calibration", "curve", "descent", "ensemble", "fetch"),
    *("inspection", "map", "spectrum", "training_time"),
)
RANK = {name: kind.rank for name, kind in REGISTRY.items()}
