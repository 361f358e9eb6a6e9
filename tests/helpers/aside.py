"""Scripts in a process of their own, whose memory and time are theirs alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def json_of(script, path, expanded, seconds):
    """What a script prints of a file, as JSON.

    Args:
        script: Python; its one argument is the file.
        expanded: how much may be made of an upload, such as ``64MiB``.
        seconds: after which it is given up.
    """
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        env=os.environ | {"NTK_UQ_UPLOAD_EXPANDED": expanded},
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
