"""The store that an older version wrote, with results of every kind of job."""

import zipfile
from pathlib import Path

from ntk_uq.base import settings

OLDER = Path(__file__).resolve().parents[1] / "compatibility" / "older"


def unpacked(home, monkeypatch):
    """Unpacks the store and the data set that was uploaded to it; the settings name them."""
    home.mkdir(mode=0o700)
    with zipfile.ZipFile(OLDER / "store.zip") as archive:
        archive.extractall(home)
    for folder in (path for path in home.rglob("*") if path.is_dir()):
        folder.chmod(0o700)  # as the program makes them: nobody else could plant results
    monkeypatch.setenv(settings.STORE, str(home / "store"))
    monkeypatch.setenv(settings.OWN, str(home / "own"))
    return home / "store"
