"""Tables that take the width there is: what is long is broken into lines, and nothing is cut."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

_ROWS_SEEN = 14
_HEIGHT = 620  # pixels


def draw(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row each, the first column in grey; of many rows, some are seen and the others scrolled to.

    Streamlit's tables that scroll sideways cut a number at the edge, which then reads as another.

    Args:
        rows: their cells by the columns' names, all with the same.
    """
    frame = pd.DataFrame(rows).map(str)
    table = frame.set_index(frame.columns[0])
    if len(table) <= _ROWS_SEEN:
        st.table(table)
        return
    with st.container(height=_HEIGHT, border=False):
        st.table(table)
