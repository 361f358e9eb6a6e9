"""What pages need, loaded before anybody asks for one."""

import importlib
import logging
import threading

from ntk_uq.base import process
from ntk_uq.ui import pages

log = logging.getLogger(__name__)


def begin() -> threading.Thread:
    """Loads all pages in a thread of its own, while the server begins to answer."""
    thread = threading.Thread(target=load, daemon=True, name="pages ahead")
    thread.start()
    return thread


def load() -> None:
    """Loads all pages: nothing of it is looked through again for what is left over."""
    for name in pages.PAGES:
        try:
            importlib.import_module(f"{pages.__name__}.{name}.page")
        except ImportError as error:  # the page says so itself
            log.warning("the page %s cannot be loaded: %s", name, error)
    process.collect_rarely()
