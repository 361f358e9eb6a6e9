"""The canvas beside Plotly's own way of drawing the same figure."""

import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from ntk_uq.figures.canvas import Canvas, merged

LINE = {"color": "#123456", "width": 2}
AXIS = {"type": "log", "title": {"text": "N"}}


def plain(figure):
    return figure.to_plotly_json()


def test_a_single_plot_is_what_plotly_makes_of_it():
    theirs, canvas = go.Figure(), Canvas()
    for ours in (theirs, canvas):
        ours.add_scatter(x=[1, 2], y=[3.0, None], mode="lines", line=LINE, name="a")
        ours.add_bar(x=[1], y=[2], marker={"color": "red"})
        ours.add_heatmap(z=[[1, None]], colorscale="Viridis")
        ours.add_shape(type="rect", x0=0, x1=1, y0=0, y1=1, line=LINE)
        ours.add_annotation(x=1, y=2, text="here", showarrow=False)
        ours.add_hline(1, line=LINE)
        ours.add_vline(x=2, line=LINE)
        ours.update_layout({"title": {"text": "t"}, "height": 300}, xaxis=AXIS, showlegend=False)
        ours.update_layout(title={"font": {"size": 12}}, height=400)
    assert plain(canvas.figure()) == plain(theirs)


def test_rows_above_each_other_are_what_plotly_makes_of_them():
    theirs = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.05
    )
    area = {"y0": 0.9, "y1": 1.1, "fillcolor": "red", "line": {"width": 0}, "layer": "below"}
    for row in (1, 2):
        theirs.add_scatter(x=[1, 2], y=[3, row], row=row, col=1)
    theirs.add_hrect(**area, row=2, col=1)
    theirs.add_hline(1, line=LINE, row=2, col=1)
    theirs.update_layout(xaxis=AXIS, yaxis2={"range": [0, 1]})
    canvas = Canvas((0.6, 0.4))
    for row in (1, 2):
        canvas.add_scatter(x=[1, 2], y=[3, row], row=row)
    canvas.add_hrect(**area, row=2)
    canvas.add_hline(1, line=LINE, row=2)
    canvas.update_layout(xaxis=AXIS, yaxis2={"range": [0, 1]})
    assert plain(canvas.figure()) == plain(theirs)


def test_nothing_is_drawn_across_a_row_without_a_trace():
    canvas = Canvas((0.6, 0.4))
    canvas.add_scatter(x=[1], y=[2], row=1)
    canvas.add_hline(1, line=LINE, row=2)
    assert not canvas.figure().layout.shapes


def test_rows_of_one_figure_are_not_those_of_the_next():
    first = Canvas((0.6, 0.4))
    first.update_layout(xaxis={"domain": [0.5, 1.0]}, xaxis2={"title": {"text": "N"}})
    again = Canvas((0.6, 0.4)).figure()
    assert tuple(again.layout.xaxis.domain) == (0.0, 1.0)
    assert again.layout.xaxis2.title.text is None


def test_what_was_drawn_stays_although_the_lists_grow():
    canvas, values, axis = Canvas(), [1.0], {"range": [0, 1]}
    canvas.add_scatter(x=[1], y=values, error_y={"array": values})
    canvas.update_layout(yaxis=axis)
    values.append(2.0)
    axis["range"].append(3)
    figure = canvas.figure()
    assert list(figure.data[0].y) == [1.0]
    assert list(figure.data[0].error_y.array) == [1.0]
    assert tuple(figure.layout.yaxis.range) == (0, 1)


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"mode": "dotted"}])
def test_plotly_still_refuses_what_it_does_not_know(wrong):
    canvas = Canvas()
    canvas.add_scatter(x=[1], y=[2], **wrong)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        canvas.figure()


def test_objects_are_merged_and_lists_are_replaced():
    first = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged(first, {"a": {"c": [3]}, "d": {"e": 2}}) == {
        "a": {"b": 1, "c": [3]},
        "d": {"e": 2},
    }
    assert first == {"a": {"b": 1, "c": [1, 2]}, "d": 1}
