"""The process that draws figures with a browser: a task as JSON in, files as JSON out.

``python -m ntk_uq.export.child`` is started by :mod:`ntk_uq.export.render`, which ends it when
its time is over.
"""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

import plotly

_NOWHERE = "127.0.0.1:9"
"""A proxy that is not there: whatever a figure names, no server is asked for it."""


async def draw(task: dict[str, Any]) -> list[bytes]:
    """The files of the task's pictures."""
    from kaleido import Kaleido

    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    async with Kaleido(
        n=1,
        timeout=task["seconds"],
        plotlyjs=script.as_uri(),
        mathjax=False,
        path=task["browser"],
        proxy_server=_NOWHERE,
    ) as kaleido:
        return [await kaleido.calc_fig(p["figure"], p["options"]) for p in task["pictures"]]


def main() -> None:
    """Reads the task from standard input, writes the files to standard output, in base64."""
    task = json.load(sys.stdin)
    files = asyncio.run(draw(task))
    json.dump([base64.b64encode(content).decode() for content in files], sys.stdout)


if __name__ == "__main__":
    main()
