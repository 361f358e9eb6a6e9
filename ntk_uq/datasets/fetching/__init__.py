"""Getting the files of public data sets into the data directory, checked, whole or not at all.

``fetch`` downloads and needs pooch, so it is imported from its own module; the rest is light.
"""

from ntk_uq.datasets.fetching.importing import Imported, candidates, import_file
from ntk_uq.datasets.fetching.sources import SOURCES, get
from ntk_uq.datasets.fetching.status import FileStatus, State, complete, needed, present, status
from ntk_uq.datasets.remote import Source

__all__ = [
    "SOURCES",
    "FileStatus",
    "Imported",
    "Source",
    "State",
    "candidates",
    "complete",
    "get",
    "import_file",
    "needed",
    "present",
    "status",
]
