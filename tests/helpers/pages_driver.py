"""What tests of pages share: opening one by a link, reading it, and an engine that computes."""

import functools
import re
from pathlib import Path
from unittest import mock

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.store import ResultsCache, open_store
from ntk_uq.ui import links
from ntk_uq.ui.plain_text import JOINER

APP = Path(__file__).resolve().parents[2] / "app.py"

# A server looks once for components in all packages that are installed; AppTest does for every
# page that it opens, which takes longer than the page.
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)


def open_page(page=None, view=None, **items):
    """A page as somebody sees it who opens a link (or no link); None is the first page."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    if page is not None:
        app.switch_page(f"pages/{page}.py")
    for key, value in {**(view.to_query() if view is not None else {}), **items}.items():
        app.query_params[key] = value
    return app.run()


def view_in(app, cls):
    """The view that the address bar holds."""
    # A list where the test set the address, a string where the page did.
    items = app.query_params.items()
    return cls.from_query({k: v if isinstance(v, str) else v[0] for k, v in items})


def texts(*groups):
    """The words of some groups of elements, as they are read."""
    return _PROTECTED.sub(r"\1", sources(*groups)).replace(JOINER, "")


def sources(*groups):
    """The words of some groups of elements as Markdown, with what protects them from being it."""
    return " ".join(str(e.value) for group in groups for e in group)


_PROTECTED = re.compile(r"\\([^\w\s]|_)")


class Remembered(ResultsCache):
    """The results of a store, and those that were computed for the stores of other tests.

    What a page shows is tested here, and not how it is computed: that is done once for each point.
    """

    computed: dict[str, bytes] = {}  # noqa: RUF012 (of all tests of the process)

    def get(self, key):
        found = super().get(key)
        if found is None and (found := self.computed.get(key)) is not None:
            super().put(key, found)
        return found

    def get_many(self, keys):
        return {key: found for key in keys if (found := self.get(key)) is not None}

    def __contains__(self, key):
        return self.get(key) is not None

    def put(self, key, value):
        super().put(key, value)
        self.computed[key] = value


def compute(store):
    """Computes what the pages have asked for."""
    with open_store(store.directory) as opened:
        opened.results.close()
        opened.results = Remembered(store.directory / "results")
        Engine(opened, InProcess()).run_until_idle()


def go_back(app, query):
    """The browser's back opens an address of before."""
    app.query_params.clear()
    app.query_params.update(query)
    with mock.patch.object(links, "went_back", return_value=True):
        app.run()
