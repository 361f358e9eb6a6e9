"""Results for the parts that need some: computed by one process that ends then."""

import subprocess
import sys

from attack.product import ROOT
from ntk_uq.jobs.asking import submit
from ntk_uq.store import Store

_COMPUTE = """
import sys
from pathlib import Path
from ntk_uq.base import settings
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.store import open_store
from ntk_uq.theory.kernels import keep_compiled
keep_compiled(str(settings.cache_directory()))
with open_store(Path(sys.argv[1])) as store:
    Engine(store, InProcess()).run_until_idle()
"""


def computed(store: Store, specs) -> None:
    """Has all that some specifications say computed, without a cluster."""
    for spec in specs:
        submit(store.jobs, spec, launched=True)
    command = [sys.executable, "-c", _COMPUTE, str(store.directory)]
    subprocess.run(command, cwd=ROOT, check=True)
