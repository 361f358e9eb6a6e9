"""The pinned baseline of the page of scaling curves."""

import streamlit as st

from ntk_uq.jobs import varied_words
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.specs import CurveSpec
from ntk_uq.store import Store
from ntk_uq.ui import setup_words
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView

Pinned = list[tuple[str, Curve]]


def specs(view: CurvesView) -> tuple[CurveSpec, ...]:
    """The curves of the view's baseline; none without one."""
    return view.pinned().curves() if view.baseline else ()


def read(store: Store, view: CurvesView) -> Pinned:
    """These as far as they are there, with their labels."""
    vary = view.pinned().vary if view.baseline else ""
    return [(varied_words.label(vary, s), stored_curve(store.results, s)) for s in specs(view)]


def difference(view: CurvesView) -> None:
    """Says in what the view differs from its baseline."""
    if view.baseline:
        told = setup_words.difference(view.pinned(), view) or "nothing yet; change something"
        st.markdown(f":material/keep: Grey: the baseline. **What differs:** {plain(told)}.")
