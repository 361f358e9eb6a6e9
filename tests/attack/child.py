"""The process of one part: ``python -m attack.child NAME TRIAL``; a line of JSON a figure."""

import json
import os
import signal
import sys
import traceback
from pathlib import Path

from attack.parts import PARTS
from attack.trial import LeftOut, TimeUpError, Trial


def main(name: str, told: str) -> int:
    """Runs the part; what it measured before its time was over, or before an error, is told."""
    asked = json.loads(told)
    trial = Trial(**{**asked, "folder": Path(asked["folder"]), "cache": Path(asked["cache"])})
    # Before anything of the package is imported: what runs in this process has the same folders.
    os.environ.update(trial.environment())
    signal.signal(signal.SIGALRM, _time_up)
    signal.setitimer(signal.ITIMER_REAL, trial.seconds)
    # What the program prints must not come between.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    why, left_out = "", False
    try:
        for key, value, note in PARTS[name].module().run(trial):
            print(json.dumps({"key": key, "value": value, "note": note}), file=out, flush=True)
    except LeftOut as reason:
        why, left_out = str(reason), True
    except TimeUpError:
        why = f"not done within {trial.seconds:.0f} s"
    except Exception as error:  # noqa: BLE001 (the other parts have figures all the same)
        traceback.print_exc()
        why = f"the attack ended with {type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps({"ended": why, "left_out": left_out}), file=out, flush=True)
    return 0


def _time_up(number, frame):
    raise TimeUpError


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    # Threads of what was attacked may wait for what is gone.
    os._exit(code)
