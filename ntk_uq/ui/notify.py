"""Notifications of the browser when a run ends that somebody launched, also in a tab behind others.

Only who asks for them gets them. A browser asks its user once, at a click; what it then answers is
told here in words, since a page cannot ask again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

_SCRIPT = """
export default function ({ data, parentElement, setStateValue }) {
  const button = parentElement.querySelector("button")
  const there = "Notification" in window && window.isSecureContext
  const answer = () => (there ? Notification.permission : "missing")
  const tell = () => {
    button.style.display = answer() === "default" ? "block" : "none"
    if (answer() !== data.answer) setStateValue("answer", answer())
  }
  button.onclick = () => Notification.requestPermission().then(tell)
  tell()
  window.ntkUqTold = window.ntkUqTold || new Set()
  for (const run of data.ended) {
    if (answer() !== "granted" || window.ntkUqTold.has(run.id)) continue
    window.ntkUqTold.add(run.id)
    new Notification(run.title, { body: run.text, tag: run.id })
  }
}
"""
_STYLE = """
button { font: inherit; color: inherit; background: none; border: 1px solid currentColor;
  border-radius: 0.5rem; padding: 0.25rem 0.75rem; cursor: pointer; }
"""
_component = st.components.v2.component(
    "ntk_uq_notify",
    js=_SCRIPT,
    css=_STYLE,
    html='<button type="button" style="display: none">Allow notifications</button>',
)
_KEY = "notify"

WORDS = {
    "unknown": "",
    "default": "The browser has not been asked yet: press the button, and allow it.",
    "granted": "The browser tells you when a run ends, as long as this page is open.",
    "denied": (
        "This browser denies notifications of this page. Allow them in its settings for this "
        "address, and load the page again."
    ),
    "missing": (
        "This browser has no notifications for this page: they need an address that begins with "
        "https, or one on this machine."
    ),
}
"""What each answer of the browser means."""


@dataclass(frozen=True)
class RunEnd:
    """A run that has ended: its id with when it did, its name, and how it ended."""

    id: str
    title: str
    text: str


def notify(ended: Sequence[RunEnd]) -> str:
    """Has the browser tell of runs that have ended, each once; what it answered, a key of
    :data:`WORDS`. To be called once in a page's script."""
    known = str(getattr(st.session_state.get(_KEY), "answer", None) or "unknown")
    result = _component(
        key=_KEY,
        data={"answer": known, "ended": [vars(run) for run in ended]},
        default={"answer": "unknown"},
        on_answer_change=lambda: None,
    )
    answer = str(result.answer)
    return answer if answer in WORDS else "unknown"
