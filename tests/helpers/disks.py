"""A small disk of its own, to be filled."""

import contextlib
import os
import shutil
import subprocess

import pytest


@contextlib.contextmanager
def small_disk(folder, megabytes=2):
    """Mounts an empty disk in a new folder; skips the test where that is not possible."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(command).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk):
    """Takes all the room that there is, with a file ``fill``."""
    file = os.open(disk / "fill", os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            os.write(file, bytes(1024))
    except OSError:
        os.close(file)
