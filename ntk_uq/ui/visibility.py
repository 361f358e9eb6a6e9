"""Whether anybody can see the page: a tab in the background need not be kept up to date.

Streamlit 1.67 does not ask: its front end sends a fragment's `run_every` from a plain interval
timer, which browsers only slow down in a hidden tab (to once a second, and to once a minute after
minutes). A few lines in the page tell when the tab is hidden and when it is seen again; in between
the page declares no timer.
"""

import streamlit as st

_SCRIPT = """
export default function ({ data, setStateValue }) {
  const tell = () => setStateValue("hidden", document.visibilityState === "hidden")
  document.addEventListener("visibilitychange", tell)
  // A tab that was opened in the background has never been seen: no event tells so.
  if ((document.visibilityState === "hidden") !== data.hidden) tell()
  return () => document.removeEventListener("visibilitychange", tell)
}
"""

_component = st.components.v2.component("ntk_uq_visibility", js=_SCRIPT)
_KEY = "visibility"


def last_known() -> bool:
    """Whether the page was hidden when it was last looked at; may be called at any time."""
    return bool(getattr(st.session_state.get(_KEY), "hidden", False))


def hidden() -> bool:
    """Whether the page is in a tab that cannot be seen; to be called once in a page's script."""
    known = last_known()
    result = _component(
        key=_KEY,
        data={"hidden": known},
        default={"hidden": False},
        on_hidden_change=lambda: None,
        height=1,
    )
    return bool(result.hidden)
