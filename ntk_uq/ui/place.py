"""A place on a page for what is there at one time and not at another."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place() -> DeltaGenerator:
    """The place: an empty container takes no room, and whatever stands below it stays where it is.

    Streamlit's browser code knows columns, folds and containers by their place among their
    neighbours: with one element more above them, their controls are mounted anew, without what is
    being typed into one of them, and lists that were open are shut.
    """
    return st.container()
