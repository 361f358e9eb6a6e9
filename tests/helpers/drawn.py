"""When a page is drawn to its end.

While results come, Streamlit builds plots and tables anew with each of them, so that for a moment
they can be missing or there twice. What a test reads it reads from a page that stands still.
"""

import json

STILL = 500  # milliseconds

_UNCHANGED = """
({still, plots}) => {
  const table = document.querySelector('table tbody');
  const found = document.querySelectorAll('.js-plotly-plot').length;
  const running = document.querySelector('[data-testid=stApp]')?.dataset.testScriptState;
  const legends = [...document.querySelectorAll('.legendtext')].map(e => e.textContent);
  const now = JSON.stringify([location.href, table?.innerText, found, legends]);
  const ready = running === 'notRunning' && table && !table.innerText.includes('…')
    && found === plots;
  if (!ready || now !== window.lastSeen) {
    window.lastSeen = now;
    window.lastChange = performance.now();
    return false;
  }
  return performance.now() - window.lastChange > still;
}
"""


def wait_until_drawn(page, timeout, plots=3):
    """Returns when the first table is complete, all plots are there and nothing changes."""
    page.wait_for_function(_UNCHANGED, arg={"still": STILL, "plots": plots}, timeout=timeout)


def figures(app):
    """Every figure of a page that AppTest runs, as plain data."""
    found = []
    for component in app.get("bidi_component"):
        data = json.loads(component.proto.json or "null")
        rows = data.get("panels", ()) if isinstance(data, dict) else ()
        found += [json.loads(panel["figure"]) for panel in rows]
    return found
