"""The dashboard: page configuration and navigation."""

import streamlit as st

st.set_page_config(page_title="ntk_uq", page_icon=":material/ssid_chart:", layout="wide")
st.navigation(
    [
        st.Page(
            "pages/scaling_curves.py",
            title="Scaling curves",
            icon=":material/trending_down:",
            default=True,
        ),
    ]
).run()
