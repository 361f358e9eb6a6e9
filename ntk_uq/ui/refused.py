"""What of a page's controls was refused in this run; while something is, nothing is launched."""

import streamlit as st

from ntk_uq.jobs import field_words

_SENTENCES, _STALE = "refused_controls", "shown_is_stale"


def forget() -> None:
    """Before the controls are drawn."""
    st.session_state[_SENTENCES] = []
    st.session_state[_STALE] = False


def tell(sentence: str) -> None:
    """A control holds what cannot be; the sentence names it as it is labelled."""
    st.session_state.setdefault(_SENTENCES, []).append(sentence)


def words(error: Exception) -> str:
    """What is said of controls that hold no view: what their own checks refused, or else what
    is wrong with them together."""
    return " ".join(dict.fromkeys(st.session_state.get(_SENTENCES, ()))) or field_words.in_words(
        str(error)
    )


def set_stale() -> None:
    """The page goes on with the last view that was sound."""
    st.session_state[_STALE] = True


def stale() -> bool:
    """Whether the page shows another view than the controls ask for."""
    return bool(st.session_state.get(_STALE, False))
