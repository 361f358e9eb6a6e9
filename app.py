"""The dashboard: page configuration and navigation."""

from pathlib import Path

import streamlit as st

from ntk_uq.ui import session

# A file of our own: a named symbol as page icon would be fetched from another server.
ICON = Path(session.__file__).with_name("icon.svg")

st.set_page_config(page_title="ntk_uq", page_icon=str(ICON), layout="wide")
session.navigate(
    [
        st.Page(
            "pages/scaling_curves.py",
            title="Scaling curves",
            icon=":material/trending_down:",
            default=True,
        ),
        st.Page("pages/ensembles.py", title="Ensembles", icon=":material/hub:"),
        st.Page("pages/width.py", title="Width", icon=":material/width:"),
        st.Page("pages/training_time.py", title="Training time", icon=":material/timer:"),
        st.Page("pages/phase_map.py", title="Phase map", icon=":material/grid_on:"),
        st.Page("pages/data.py", title="Data", icon=":material/database:"),
        st.Page("pages/runs.py", title="Runs", icon=":material/list_alt:"),
        st.Page("pages/report.py", title="Report", icon=":material/docs:"),
    ]
)
