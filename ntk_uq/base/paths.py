"""Where the parts of the program that are no modules lie, in a checkout and installed."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "_app"


def home() -> Path:
    """The folder that holds ``app.py``, ``pages/`` and ``.streamlit/``.

    In a checkout, and installed from one by ``pip install -e``, it is the folder beside the
    package. A wheel has it inside the package (``[tool.hatch.build]`` in ``pyproject.toml``), since
    an ``app.py`` and a ``pages/`` would otherwise lie among all modules that are installed.

    Processes that this one starts run there. In a checkout they find the package so, and Streamlit
    finds its configuration in either, whatever folder the user is in.
    """
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


def app() -> Path:
    """The script that Streamlit runs."""
    return home() / "app.py"
