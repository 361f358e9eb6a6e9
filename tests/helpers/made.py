"""Exhibits for tests: a made-up one with all that may go wrong, and real ones, computed here."""

import functools

import plotly.graph_objects as go

import ntk_uq
from ntk_uq.export import Column, Exhibit, Plot
from ntk_uq.figures import Style, Trace
from ntk_uq.ui.pages.scaling_curves import exhibit as curves
from ntk_uq.views import CurvesView

NASTY = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked=1"> # "a", b'

VIEW = CurvesView(
    data=ntk_uq.DataSpec(n_test=50), depths=(1, 3), n_low=20, n_high=160, n_points=4, draws=2
)


def figure(dark=False, title="A title"):
    """Two series with a legend below, as the pages draw them."""
    from ntk_uq.figures.style import legend_below

    style, out = Style(dark=dark), go.Figure()
    out.add_scatter(x=[1, 2], y=[1.5, 2.5], name="first", line={"color": style.color(0)})
    out.add_scatter(
        x=[1, 2], y=[2.0, 3.0], name="second", fillcolor=style.faded(style.color(1)), fill="toself"
    )
    out.update_layout(
        {**style.layout(title), **legend_below(2)}, xaxis=style.axis("x"), yaxis=style.axis("y")
    )
    return out


def made(title="Some curves", words="plain", **changes):
    """An exhibit that was made up, with every type of cell in it."""
    columns = (
        Column("name", "", "which curve"),
        Column("n_train", "examples", "training examples N_D"),
        Column("mu", "squared error", "mean test loss"),
        Column("sound", "", "whether it is"),
    )
    rows = (
        {"name": words, "n_train": 10, "mu": 0.1 + 0.2, "sound": True},
        {"name": "=1+1", "n_train": 20, "mu": None, "sound": False},
        {"name": 'a "b", c\nd # e', "n_train": 40, "mu": 1e-300, "sound": True},
    )
    given = {
        "page": "",
        "title": title,
        "caption": f"Made up. {words}",
        "view": VIEW,
        "plots": (Plot("mu", "Mean", figure()), Plot("sigma", "Spread", figure(title="Another"))),
        "columns": columns,
        "rows": rows,
        "findings": ("α = 0.5 ± 0.1", words),
        "details": {"fits": [1.0, None], "text": words},
        "provenance": {"versions": {"numpy": "2"}, "device": "cpu", "note": words},
        "python": "import ntk_uq\n",
        "shell": ("python -m ntk_uq data list",),
        "sources": ("elsharkawy2025", "alpaydin1998"),
    }
    return Exhibit(**{**given, **changes})


@functools.cache
def computed():
    """The exhibit of a view of scaling curves, and its traces."""
    traces = []
    for spec in VIEW.curves():
        curve = ntk_uq.curve(spec)
        traces.append(Trace(f"depth {spec.architecture.depth}", curve, curve.fits()))
    return curves.exhibit(VIEW, traces, Style()), traces
