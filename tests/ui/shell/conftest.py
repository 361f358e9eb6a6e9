"""The application without Streamlit's own part."""

import pytest
from starlette.applications import Starlette

from ntk_uq.ui import shell
from ntk_uq.ui.shell import observed


@pytest.fixture
def app():
    arguments = shell.application("app.py")
    return Starlette(routes=arguments["routes"], middleware=arguments["middleware"])


class Looks:
    """Counts looks at the store; time stands still between them."""

    def __init__(self):
        self.number, self.now, self._eye = 0, 0.0, observed._Eye()

    def __call__(self, directory):
        self.number += 1
        return self._eye(directory)

    def later(self):
        """Lets so much time pass that the last look is no answer any more."""
        self.now += observed.FRESH_SECONDS + 1


@pytest.fixture
def looks(monkeypatch):
    found = Looks()
    observer = observed.Observer(found, lambda: found.now)
    monkeypatch.setattr(observed, "_OBSERVER", observer)
    return found
