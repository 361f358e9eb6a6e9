"""The dashboard: what Streamlit starts. Its pages are lines of ``ntk_uq/ui/pages/table.py``."""

import streamlit as st

from ntk_uq.ui import navigation

st.set_page_config(page_title="ntk_uq", page_icon=str(navigation.ICON), layout="wide")
navigation.navigate()
