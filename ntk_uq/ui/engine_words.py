"""What is wrong with the engines, where something is to be computed."""

from ntk_uq.jobs.engines import kept_words
from ntk_uq.store import Store
from ntk_uq.ui import say

NO_ENGINE = (
    "No engine is running, so nothing is computed. What is asked for stays in the queue: start one "
    "with `make run`, or `python -m ntk_uq engine` beside this page."
)


def engine_words(store: Store) -> str:
    """That none is alive, or that what they compute cannot be kept; empty if nothing is wrong."""
    engines = store.jobs.engines()
    if not engines:
        return NO_ENGINE
    return next((words for words in map(kept_words, engines) if words), "")


def warn_of_engine(store: Store) -> None:
    """Says that, where there is anything to say."""
    words = engine_words(store)
    if words:
        say.warning(words, icon=":material/power_off:" if words == NO_ENGINE else ":material/save:")
