"""A button that puts the link to a view on the clipboard."""

import streamlit as st

_SCRIPT = """
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const told = parentElement.querySelector("[role=status]")
  const byHand = (text) => {
    // Browsers give the clipboard to pages of this machine and of https alone.
    const field = document.createElement("textarea")
    field.value = text
    document.body.append(field)
    field.select()
    const done = document.execCommand("copy")
    field.remove()
    return done
  }
  button.onclick = async () => {
    const text = new URL(data.link, window.location.href).href
    let done = true
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      done = byHand(text)
      button.focus()
    }
    const near = /^(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1\\])$/.test(new URL(text).hostname)
    told.textContent = !done ? "Copy it from the address bar"
      : near ? "Copied; it opens on this computer alone" : "Copied"
    setTimeout(() => { told.textContent = "" }, 4000)
  }
}
"""
_STYLE = """
div { display: flex; font-size: 0.875rem; align-items: center; gap: 0.5rem;
  min-height: 2.5rem; white-space: nowrap; }
button { font: inherit; color: inherit; background: none; border: none; cursor: pointer;
  padding: 0.25rem 0; border-radius: 0.5rem; }
button:hover { color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_component = st.components.v2.component(
    "ntk_uq_copy_link",
    js=_SCRIPT,
    css=_STYLE,
    html='<div><button type="button">Copy link</button><span role="status"></span></div>',
)


def button(link: str, key: str) -> None:
    """Draws the button.

    Args:
        link: in full, or relative to the page that is open.
        key: of the button in the page.
    """
    _component(key=key, data={"link": link}, width="content")
