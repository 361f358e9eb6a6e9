"""How many uploaded files the web process holds.

Streamlit keeps what a tab has sent until the tab's own code deletes it, or the tab has gone: one
that sends file after file and deletes none would fill the memory. So the oldest files of a tab make
room for its new ones, and all tabs together have a bound, beyond which a file is refused.
"""

import threading
from typing import Any

from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from ntk_uq.base import settings
from ntk_uq.base.settings import format_bytes

FILES = 3
"""Of one tab: a data file, its test file, and a report."""

_OF_A_TAB, _OF_ALL = 2, 4  # times the size that one file may have
_FULL = 507  # Insufficient Storage

_add: Any = MemoryUploadedFileManager.add_file
_lock = threading.Lock()


def use() -> None:
    """Has Streamlit hold no more than that."""
    manager: Any = MemoryUploadedFileManager
    manager.add_file = add_file


def add_file(manager: Any, session_id: str, file: UploadedFileRec) -> None:
    """Holds a file that a tab has sent, in place of its oldest ones where it has too many.

    Args:
        manager: Streamlit's.
        session_id: of the tab.
        file: what was sent.

    Raises:
        HTTPException: if all tabs together hold as much as they may.
    """
    limit, size = settings.upload_limit(), len(file.data)
    with _lock:
        while own := manager.file_storage.get(session_id):
            if len(own) < FILES and _bytes(own) + size <= _OF_A_TAB * limit:
                break
            manager.remove_file(session_id, next(iter(own)))
        held = sum(_bytes(files) for files in list(manager.file_storage.values()))
        if held + size > _OF_ALL * limit:
            raise HTTPException(
                _FULL,
                f"This server holds {format_bytes(held)} of uploaded files, and may hold "
                f"{format_bytes(_OF_ALL * limit)}. Try again when others are done with theirs.",
            )
        _add(manager, session_id, file)


def _bytes(files: dict[str, UploadedFileRec]) -> int:
    return sum(len(file.data) for file in list(files.values()))
