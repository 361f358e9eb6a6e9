"""What tests of users' own files share."""

import pytest
from helpers.reading import ask_here_of_numpy_and_text


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """CSV and NPZ are read here; the process with limits has tests of its own."""
    monkeypatch.setattr("ntk_uq.datasets.own.reading.ask", ask_here_of_numpy_and_text)
