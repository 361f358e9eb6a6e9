"""What is done before anybody opens a page."""

import subprocess
import sys

from ntk_uq.ui import pages

SERVED = """
import asyncio, gc, sys, threading
from ntk_uq.ui.shell.lifespan import lifespan
async def serve():
    async with lifespan(None):
        for thread in threading.enumerate():
            if thread.name == "pages ahead":
                thread.join()
asyncio.run(serve())
print([name for name in sys.argv[1:] if f"ntk_uq.ui.pages.{name}.page" not in sys.modules])
count = gc.get_freeze_count()
gc.collect()
looked = sum(len(gc.get_objects(generation)) for generation in range(3))
print(count > 10 * looked, gc.get_threshold()[0] > 10_000)
"""


def test_a_server_loads_all_pages_and_never_looks_through_them_again():
    done = subprocess.run(
        [sys.executable, "-c", SERVED, *pages.PAGES], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True True"], done.stderr
