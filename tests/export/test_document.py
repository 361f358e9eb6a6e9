"""Views and reports as JSON: what is written keeps to the schema, what is read is held to it."""

import copy
import json

import jsonschema
import pytest
from helpers.made import NASTY, VIEW, computed, figure, made

from ntk_uq.base.errors import ExportError
from ntk_uq.export.document import SCHEMA, document_of, figure_json, figure_of, json_of, read
from ntk_uq.export.report import MOST_ITEMS, Report, open_report
from ntk_uq.figures import Style

SCHEMAS = json.loads(SCHEMA.read_text())


def strict(text):
    """The JSON, if no number in it is NaN or infinite."""

    def refuse(name):
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("figures", [False, True])
@pytest.mark.parametrize(
    "exhibit", [lambda: made(words=NASTY), lambda: computed()[0]], ids=["made", "computed"]
)
def test_a_view_keeps_to_the_schema(exhibit, figures):
    exhibit = exhibit()
    jsonschema.Draft202012Validator.check_schema(SCHEMAS)
    document = document_of(exhibit, "http://server/?v=3", figures)
    data = strict(json_of(document))
    jsonschema.validate(data, SCHEMAS)
    assert data == document
    assert VIEW.from_json(data["view"]) == VIEW
    assert len(data.get("figures", ())) == (len(exhibit.plots) if figures else 0)
    assert read(json_of(document), "view") == document


def test_the_fits_of_the_view_are_there():
    exhibit, traces = computed()
    for trace, got in zip(traces, document_of(exhibit)["details"]["curves"], strict=True):
        assert got["fits"] == trace.curve.fits().to_json()
        assert [p["mu"] for p in got["points"]] == [p.mu for p in trace.curve.points]


def test_figures_come_back_and_are_light():
    once = figure_json(figure(dark=True))
    assert once == figure_json(figure_of(once))
    assert once["layout"]["paper_bgcolor"] == Style().ground
    assert once["data"][0]["line"]["color"] == Style().color(0)
    assert list(figure_of(once).data[0].y) == [1.5, 2.5]


def broken(change):
    data = copy.deepcopy(document_of(made(), figures=True))
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        ("[]", "at its beginning"),
        (broken(lambda d: d.pop("rows")), "'rows' is a required property"),
        (broken(lambda d: d.update(version=2)), "has version 2; this program reads versions up to"),
        (broken(lambda d: d["rows"].append({"mu": [1]})), r"rows\.3\.mu"),
        (broken(lambda d: d.update(link="javascript:alert(1)")), "link"),
        (broken(lambda d: d["figures"][0].update(name="../x")), r"figures\.0\.name"),
        (
            broken(lambda d: d["figures"][0]["figure"]["layout"].update(images=[{"source": "x"}])),
            r"figures\.0\.figure\.layout: .*source",
        ),
        (
            broken(lambda d: d["figures"][0]["figure"]["data"].append({"type": "scattermap"})),
            r"figures\.0\.figure\.data\.2\.type",
        ),
    ],
)
def test_what_is_no_view_is_told_where(text, words):
    with pytest.raises(ExportError, match=words):
        read(text, "view")


def test_a_report_is_saved_and_opened_again():
    report = Report("My title", "Before all")
    for name in ("one", "two", "three"):
        report = report.with_view(document_of(made(title=name), figures=True))
    report = report.moved(2, -1).changed(0, "first", NASTY).moved(0, -1)
    assert [item.title for item in report.items] == ["first", "three", "two"]
    assert report.without(1).items == (report.items[0], report.items[2])
    text = report.to_json()
    jsonschema.validate(strict(text), SCHEMAS)
    assert open_report(text.encode()) == report


def test_a_report_has_room_for_so_many():
    view = document_of(made())
    report = Report().with_items(Report().with_view(view).items * MOST_ITEMS)
    with pytest.raises(ExportError, match=f"at most {MOST_ITEMS} views"):
        report.with_view(view)
    with pytest.raises(ExportError, match="no report"):
        open_report(json_of(view).encode())
