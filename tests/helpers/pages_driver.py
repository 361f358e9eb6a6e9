"""What tests of pages share: opening one by a link, reading it, and an engine that computes."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess

APP = Path(__file__).resolve().parents[2] / "app.py"


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
    """The words of some groups of elements."""
    return " ".join(str(e.value) for group in groups for e in group)


def compute(store):
    """Computes what the pages have asked for."""
    Engine(store, InProcess()).run_until_idle()
