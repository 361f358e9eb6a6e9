"""Figures in words."""

import plotly.graph_objects as go

from ntk_uq.figures.spoken import spoken


def test_curves_are_told_by_their_ends_and_as_in_the_legend():
    figure = go.Figure(
        [
            go.Scatter(x=[50, 100, 2000], y=[0.5, None, 0.0123456], name="depth 2: α = 0.5 ± 0.1"),
            go.Scatter(x=[1, 2], y=[3, 4], showlegend=False),
            go.Scatter(x=[None], y=[None], name="population part"),
            go.Scatter(x=[50], y=[float("nan")], name="depth 3"),
            go.Bar(x=["cat", "dog"], y=[7, 12345], name="examples"),
        ],
        {"title": {"text": "Mean &amp; more"}, "xaxis": {"title": {"text": "N<sub>D</sub>"}}},
    )
    assert spoken(figure) == (
        "Mean & more against N_D. depth 2: α = 0.5 ± 0.1, from 0.5 at 50 to 0.0123 at 2,000. "
        "examples: from 7 at cat to 12,345 at dog."
    )


def test_an_empty_figure_has_its_title():
    assert spoken(go.Figure(layout={"title": {"text": "Spread"}})) == "Spread."
