"""The dashboard: what Streamlit starts, and then runs for each page."""

import streamlit as st

from ntk_uq.ui import navigation, shell

if shell.page_runs():
    st.set_page_config(page_title="ntk_uq", page_icon=str(navigation.ICON), layout="wide")
    navigation.navigate()
else:
    app = st.App(**shell.application(__file__))
