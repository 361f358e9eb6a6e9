"""One curve in a process of its own, and the most memory that it had: ``peak N_T N_D [N_D ...]``.

On Linux the peak is that since the evaluation began (``VmHWM``, which can be reset). What
``getrusage`` tells there would begin with the memory of the process that started this one.
"""

import json
import resource
import sys
from pathlib import Path

from ntk_uq.base import process

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def main() -> None:
    from benchmarks.inputs import choose
    from ntk_uq.specs import CurveSpec
    from ntk_uq.theory.curve import evaluate_draw

    n_test, *sizes = map(int, sys.argv[1:])
    inputs = choose()
    # Compiles, loads what is loaded when it is needed, and has the data in memory.
    list(evaluate_draw(CurveSpec(inputs.data(32), n_train=(32,)), 0))
    inputs.split(sizes[-1], n_test)
    reset = _reset()
    before = _status("VmRSS") if reset else _most()
    points = list(evaluate_draw(CurveSpec(inputs.data(n_test), n_train=tuple(sizes)), 0))
    peak = _status("VmHWM") if reset else _most()
    failures = [point.failure for point in points if point.failure]
    if failures:
        sys.exit(failures[0])
    how = "resident memory and its peak, from /proc" if reset else "ru_maxrss before and after"
    print(json.dumps({"before": before, "peak": peak, "how": how}))


def _reset() -> bool:
    """Whether the peak could be set back to what is resident now."""
    try:
        RESET.write_text("5")
        return _status("VmHWM") >= _status("VmRSS")
    except (OSError, KeyError):
        return False


def _status(name: str) -> int:
    """A line of the process's status in bytes."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    return 1024 * int(lines[name].split()[0])


def _most() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    process.prepare()
    main()
