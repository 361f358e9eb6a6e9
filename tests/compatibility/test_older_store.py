"""What an older version wrote is found by this one: results, jobs, links, exported files, commands.

``older/`` was written by the program before its modules were laid out anew; made_by/README.md says
how. Nothing of it is ever made again: keys, links and formats are promises to who has them.
"""

import argparse
import ast
import dataclasses
import functools
import hashlib
import importlib
import inspect
import io
import json
import math
import shlex
import urllib.parse
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from helpers.older import OLDER, unpacked

import ntk_uq
from ntk_uq import cli, datasets, specs, views
from ntk_uq.analysis.comparisons import stored_comparison
from ntk_uq.analysis.maps import stored_map
from ntk_uq.analysis.training_time import stored_training_time_study
from ntk_uq.analysis.width_laws import width_laws
from ntk_uq.base.errors import ExportError, SpecError
from ntk_uq.base.fields import parse_json
from ntk_uq.engine import kinds
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.export import bundle
from ntk_uq.export.document import read
from ntk_uq.export.report import open_report
from ntk_uq.figures import Style, Trace
from ntk_uq.jobs import asking as jobs
from ntk_uq.jobs import describe
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.descent import stored_descent
from ntk_uq.results.ensembles.records import MemberResult
from ntk_uq.results.ensembles.stored import member_keys, stored_ensembles
from ntk_uq.results.inspection import stored_inspection
from ntk_uq.results.spectrum import stored_spectrum
from ntk_uq.results.speed import stored_speed
from ntk_uq.results.training_time import stored_training_time
from ntk_uq.store import JobState, open_store
from ntk_uq.ui.pages import page_of
from ntk_uq.ui.pages.data import exhibit as data
from ntk_uq.ui.pages.ensembles import exhibit as ensembles
from ntk_uq.ui.pages.phase_map import exhibit as phase_map
from ntk_uq.ui.pages.runs import exhibit as runs
from ntk_uq.ui.pages.runs.openings import opening
from ntk_uq.ui.pages.scaling_curves import exhibit as curves
from ntk_uq.ui.pages.training_time import exhibit as training_time
from ntk_uq.ui.pages.width import exhibit as width

EXPECTED = json.loads((OLDER / "expected.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Kind:
    """A kind of job: what it is called now, the class of its specifications, and what a reader
    gets of a result: what is kept, and what is averaged of it."""

    name: str
    spec: type
    read: Callable[[Any, Any], tuple[Any, Any]]


def _curve(results, spec):
    curve = stored_curve(results, spec)
    return curve.raw, curve.points


def _ensemble(results, spec):
    raw = {}
    for place, keys in member_keys(spec).items():
        there = [content for content in map(results.get, keys) if content is not None]
        raw[f"{place[0]},{place[1]}"] = [_member(MemberResult.from_bytes(c)) for c in there]
    return raw, stored_ensembles(results, spec).points


def _member(member):
    predictions = hashlib.sha256(member.predictions.tobytes()).hexdigest()
    return plain(replace(member, predictions=member.predictions[:0])) | {"predictions": predictions}


def _training_time(results, spec):
    training = stored_training_time(results, spec)
    return training.raw, [
        {name: line.along(name) for name in ("mu", "sigma", "epsilon")} for line in training.lines
    ]


def _map(results, spec):
    cells = stored_map(results, spec).cells
    return [[cell.curve.raw for cell in row] for row in cells], [
        [{name: cell.values[name] for name in ("mu", "sigma", "epsilon")} for cell in row]
        for row in cells
    ]


KINDS = {
    # As the older version spelt it. What is renamed gets its new name here, and nowhere else.
    "calibration": Kind("calibration", specs.CalibrationSpec, lambda r, s: (stored_speed(r), None)),
    "curve": Kind("curve", specs.CurveSpec, _curve),
    "ensemble": Kind("ensemble", specs.EnsembleSpec, _ensemble),
    "fetch": Kind("fetch", specs.FetchSpec, lambda r, s: (None, None)),
    "flow": Kind("training_time", specs.TrainingTimeSpec, _training_time),
    "history": Kind("descent", specs.DescentSpec, lambda r, s: (stored_descent(r, s), None)),
    "map": Kind("map", specs.MapSpec, _map),
    "report": Kind(
        "inspection", specs.InspectionSpec, lambda r, s: (stored_inspection(r, s.dataset), None)
    ),
    "spectrum": Kind("spectrum", specs.SpectrumSpec, lambda r, s: (stored_spectrum(r, s), None)),
}
FORMER = {"FlowSpec", "time_law"}
"""Names that the package itself has other words for now; they are found, with a warning."""

VIEWS = {
    name: getattr(views, name)
    for name in (
        *("CurvesView", "EnsemblesView", "WidthView", "TrainingTimeView"),
        *("PhaseMapView", "DataView", "RunsView"),
    )
}


def _curves(store, view):
    found = [stored_curve(store.results, spec) for spec in view.curves()]
    traces = [Trace(f"depth {c.spec.architecture.depth}", c, c.fits()) for c in found]
    return curves.exhibit(view, traces, Style())


def _ensembles(store, view):
    return ensembles.exhibit(
        view, stored_comparison(store.results, view.ensembles()), None, Style()
    )


def _width(store, view):
    laws = [width_laws(stored_comparison(store.results, spec)) for spec in view.ensembles()]
    return width.exhibit(view, laws, Style())


def _data(store, view):
    sample = specs.SpectrumSpec(replace(view.data, n_test=1), view.architecture, view.sample)
    found = stored_spectrum(store.results, sample)
    report = stored_inspection(store.results, view.data.dataset)
    return data.exhibit(view, datasets.get(view.data.dataset), report, sample, found, Style())


EXHIBITS = {
    # What each page takes home, by its name in the address.
    "": _curves,
    "ensembles": _ensembles,
    "width": _width,
    "training_time": lambda store, view: training_time.exhibit(
        stored_training_time_study(store.results, view), Style()
    ),
    "phase_map": lambda store, view: phase_map.exhibit(
        view, stored_map(store.results, view.map), Style()
    ),
    "data": _data,
    "runs": lambda store, view: runs.exhibit(view, store.jobs.list(), 0, 0.0),
}

ALWAYS_ANEW = ("calibration", "fetch")
"""Kinds whose jobs compute whatever the store has: a measurement, and a look at files."""


@pytest.fixture
def older(tmp_path, monkeypatch):
    """The older version's store, unpacked and opened, with the data set that was uploaded to it."""
    with open_store(unpacked(tmp_path / "older", monkeypatch)) as store:
        yield store


@functools.cache
def results_then():
    """What readers of the older version gave of each job."""
    with zipfile.ZipFile(OLDER / "store.zip") as archive:
        return json.loads(archive.read("results.json"))


def exported():
    """The files that the older version exported, by name."""
    with zipfile.ZipFile(OLDER / "exports.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@functools.cache
def report_then():
    """The report that the older version saved; opening it holds every view against the schema."""
    return open_report(exported()["report.json"])


def plain(value):
    """Results as JSON's own types; every digit of a number is kept."""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    return value


def departure(now, then, rel=0.0, where="$"):
    """Where a value is not what it was, or None. Fields that came since are no departure."""
    if isinstance(then, dict):
        if not isinstance(now, dict) or not set(then) <= set(now):
            return f"{where}: {now!r:.80} has not the fields {sorted(then)}"
        parts = ((now[key], item, f"{where}.{key}") for key, item in then.items())
    elif isinstance(then, list):
        if not isinstance(now, list) or len(now) != len(then):
            return f"{where}: {now!r:.80} is not as long as {then!r:.80}"
        parts = (
            (new, old, f"{where}[{i}]") for i, (new, old) in enumerate(zip(now, then, strict=True))
        )
    else:
        numbers = isinstance(then, float) and isinstance(now, int | float)
        same = math.isclose(now, then, rel_tol=rel, abs_tol=0) if numbers else now == then
        if where.endswith(".reason") and isinstance(then, str) and then:
            same = isinstance(now, str) and now != ""  # in the words of now
        return None if same else f"{where}: {now!r:.80} was {then!r:.80}"
    found = (departure(new, old, rel, place) for new, old, place in parts)
    return next((one for one in found if one is not None), None)


def spec_of(job):
    """A job's specification as the class of now reads it."""
    return KINDS[job["kind"]].spec.from_json(parse_json(job["spec"]))


def of_kind(kind):
    return [job for job in EXPECTED["jobs"] if job["kind"] == kind]


def query_of(text):
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True))


def test_it_has_jobs_of_every_kind_and_in_every_state():
    assert {job["kind"] for job in EXPECTED["jobs"]} == set(KINDS)
    assert {job["state"] for job in EXPECTED["jobs"]} == {*JobState} - {JobState.RUNNING}
    assert set(kinds.REGISTRY) >= {kind.name for kind in KINDS.values()}


def test_every_job_is_listed_as_it_was(older):
    there = older.jobs.list(archived=None)
    assert [job.id for job in there] == [job["id"] for job in EXPECTED["jobs"]]
    for job, then in zip(there, EXPECTED["jobs"], strict=True):
        now = {**plain(job), "log": [line.text for line in older.jobs.log(job.id)]}
        fields = {
            name: value
            for name, value in then.items()
            if name not in ("kind", "words", "opening", "spec")
        }
        assert departure(now, fields) is None
        assert job.kind in (then["kind"], KINDS[then["kind"]].name)
        assert parse_json(job.spec) == parse_json(then["spec"])


def test_every_job_is_put_into_the_same_words(older):
    for then in EXPECTED["jobs"]:
        job = older.jobs.get(then["id"])
        assert describe.words(job.kind, job.spec) == then["words"]
        assert describe.words(then["kind"], then["spec"]) == then["words"]
        assert older.jobs.find(then["id"][:12]).id == job.id


def test_every_job_opens_the_same_view(older):
    for then in EXPECTED["jobs"]:
        found, wanted = opening(older.jobs.get(then["id"])), then["opening"]
        if wanted is None:
            assert found is None
            continue
        assert (found.page, found.notice) == (wanted["page"], wanted["notice"])
        # A link is written in the version of its program; what it opens is the same.
        then = {**query_of(wanted["query"]), "v": found.query["v"]}
        assert departure(dict(found.query), then) is None


def test_every_stored_result_has_its_key_and_its_bytes(older):
    for key, digest in EXPECTED["kept"].items():
        content = older.results.get(key)
        assert content is not None, key
        assert hashlib.sha256(content).hexdigest() == digest, key


@pytest.mark.parametrize("kind", KINDS)
def test_readers_give_the_numbers_that_they_gave(kind, older):
    for job in of_kind(kind):
        kept, averaged = KINDS[kind].read(older.results, spec_of(job))
        then = results_then()[job["id"]]
        assert departure(plain(kept), then[0]) is None, job["words"]
        # Another processor may round a mean or a bootstrap otherwise.
        assert departure(plain(averaged), then[1], rel=1e-9) is None, job["words"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_was_done_leaves_nothing_to_compute(kind, older):
    for job in of_kind(kind):
        # By the kind as the store spells it: so an engine finds what to do.
        there = older.jobs.get(job["id"])
        if job["error"] and kind not in ALWAYS_ANEW:
            with pytest.raises(SpecError, match="the pool of digits holds"):
                kinds.plan(there.kind, parse_json(there.spec), older.results)
            continue
        plan = kinds.plan(there.kind, parse_json(there.spec), older.results)
        if job["state"] == "done" and kind not in ALWAYS_ANEW:
            assert (plan.chunks, plan.done, plan.total) == ((), job["done"], job["total"])
        else:
            assert plan.chunks, job["words"]
        if job["state"] == "cancelled" and job["done"]:
            assert len(plan.chunks) == plan.total - job["done"]
    assert kinds.get(kind).name in (kind, KINDS[kind].name)


def test_asking_again_is_the_same_job(older):
    for job in EXPECTED["jobs"]:
        spec = spec_of(job)
        assert spec.digest() == job["id"]
        now = jobs.submit(older.jobs, spec)
        assert now.id == job["id"]
        assert now.priority >= job["priority"]  # brief ones go before others by now
        asked = job["submissions"] + 1 if job["state"] in ("queued", "interrupted") else 1
        assert (now.state, now.submissions) == (JobState.QUEUED, asked)
    assert older.jobs.count(archived=None) == len(EXPECTED["jobs"])


def test_an_engine_finds_done_what_was_done(older):
    done = [j for j in EXPECTED["jobs"] if j["state"] == "done" and j["kind"] not in ALWAYS_ANEW]
    for job in EXPECTED["jobs"]:
        if job["state"] in ("queued", "interrupted"):
            older.jobs.request_cancel(job["id"])
    for job in done:
        jobs.submit(older.jobs, spec_of(job))
    Engine(older, InProcess()).run_until_idle()
    for job in done:
        now = older.jobs.get(job["id"])
        assert (now.state, now.error) == (JobState.DONE, "")
        assert (now.done, now.total) == (job["done"], job["total"])
        chunks = [line.text for line in older.jobs.log(now.id) if "to do" in line.text]
        assert chunks[-1].startswith("0 chunks to do"), job["words"]


@pytest.mark.slow
def test_an_engine_computes_what_was_left_to_do(older):
    Engine(older, InProcess()).run_until_idle()
    for job in EXPECTED["jobs"]:
        now = older.jobs.get(job["id"])
        assert now.state == ("done" if job["state"] in ("queued", "interrupted") else job["state"])


@pytest.mark.parametrize("kind", KINDS)
def test_runs_are_found_by_the_older_name_of_their_kind(kind, older, capsys):
    for spelt in {kind, KINDS[kind].name}:
        assert cli.main(["runs", "list", "--kind", spelt, "--all", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert [job["id"] for job in found] == [job["id"] for job in of_kind(kind)]


def test_every_link_opens_its_view():
    assert {link["view"] for link in EXPECTED["links"]} == set(VIEWS)
    for link in EXPECTED["links"]:
        cls, query = VIEWS[link["view"]], query_of(link["query"])
        view = cls.from_query(query)
        assert departure(view.to_json(), link["json"]) is None
        assert cls.from_json(link["json"]) == view
        again = view.to_query()
        assert cls.from_query(again) == view
        items = {name: text for name, text in query.items() if name != "v"}
        assert departure(again, items) is None
        assert page_of(view).name == link["page"], "the page's name in the address"


def test_a_saved_report_opens_and_is_saved_the_same():
    report, then = report_then(), json.loads(exported()["report.json"])
    assert len(report.items) == len(EXPECTED["exports"])
    assert departure(json.loads(report.to_json()), then) is None
    for item in report.items:
        cls = next(VIEWS[e["view"]] for e in EXPECTED["exports"] if e["json"] == item.view["view"])
        view = cls.from_json(item.view["view"])
        link = urllib.parse.urlsplit(item.view["link"])
        assert cls.from_query(query_of(link.query)) == view
    page = report.to_html()
    assert "The first of them" in page
    assert "data-6bc2d141" not in page, "links, not the names of files, are in a report"


def test_exported_files_say_which_view_they_are_of():
    files = exported()
    for export in EXPECTED["exports"]:
        view, stem = VIEWS[export["view"]].from_json(export["json"]), export["stem"]
        assert stem == f"{(export['page'] or 'scaling_curves').replace('_', '-')}-{stem[-8:]}"
        assert view.digest().startswith(stem[-8:]), "the same view, the same name of the file"
        if f"{stem}.csv" in files:
            about = [
                line for line in files[f"{stem}.csv"].decode().splitlines() if line.startswith("#")
            ]
            (said,) = (line for line in about if line.startswith("# view: "))
            assert type(view).from_json(json.loads(said.removeprefix("# view: "))) == view
            continue
        with zipfile.ZipFile(io.BytesIO(files[f"{stem}.zip"])) as whole:
            said = json.loads(whole.read(f"{stem}/specification.json"))
            assert type(view).from_json(said) == view
            document = read(whole.read(f"{stem}/view.json"), "view")
            assert {c["name"]: c["unit"] for c in document["columns"]} == export["columns"]


def test_pages_take_home_the_columns_that_they_did(older):
    assert {export["page"] for export in EXPECTED["exports"]} == set(EXHIBITS)
    for export in EXPECTED["exports"]:
        view = VIEWS[export["view"]].from_json(export["json"])
        exhibit = EXHIBITS[export["page"]](older, view)
        assert (exhibit.page, exhibit.stem) == (export["page"], export["stem"])
        now = {column.name: column.unit for column in exhibit.columns}
        assert departure(now, export["columns"]) is None
        assert exhibit.rows, "made of the results that the older version stored"


def test_all_of_a_view_in_one_file_has_the_files_that_it_had(older, monkeypatch):
    def nothing(*_):
        raise ExportError("pictures take a browser, and have tests of their own")

    monkeypatch.setattr(bundle, "render", nothing)
    monkeypatch.setattr(bundle, "page_of", lambda documents: "4 MB of Plotly")
    export = next(e for e in EXPECTED["exports"] if e["page"] == "phase_map")
    view = VIEWS[export["view"]].from_json(export["json"])
    content = bundle.zip_of(EXHIBITS["phase_map"](older, view))
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        assert set(export["bundle"]) <= set(whole.namelist())


class _ParsedError(Exception):
    """Out of the command line as soon as it has read its arguments."""


@pytest.fixture
def parse(monkeypatch):
    """Reads a command line and does nothing: the parser, and what it read."""
    original = argparse.ArgumentParser.parse_args

    def stop(parser, arguments=None, namespace=None):
        raise _ParsedError(parser, original(parser, arguments, namespace))

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)

    def parsed(words):
        with pytest.raises(_ParsedError) as caught:
            cli.main(words)
        return caught.value.args

    return parsed


def test_every_command_has_the_options_that_it_had(parse):
    def walk(parser, name):
        options, places = set(), []
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for word, inner in action.choices.items():
                    walk(inner, f"{name} {word}".strip())
            elif action.option_strings:
                options |= set(action.option_strings)
            else:
                places.append(action.dest)
        now[name] = options, places

    now = {}
    walk(parse(["data", "list"])[0], "")
    for name, then in EXPECTED["commands"].items():
        assert name in now
        options, places = now[name]
        assert set(then["options"]) <= options, name
        assert places == then["positionals"], name


def test_every_command_line_is_read(parse):
    for line in EXPECTED["command_lines"]:
        parse(shlex.split(line))
    taken_home = [line for item in report_then().items for line in item.view["shell"]]
    lines = [line for line in taken_home if not line.startswith("#")]
    assert len(lines) >= len(EXPECTED["exports"])
    for line in lines:
        assert line.startswith("python -m ntk_uq ")
        parse(shlex.split(line)[3:])


@pytest.mark.filterwarnings("ignore:.* is now :FutureWarning")
def test_the_package_offers_what_it_offered():
    for name, parameters in EXPECTED["names"].items():
        assert name in ntk_uq.__all__ or name in FORMER
        thing = getattr(ntk_uq, name)
        if parameters is not None:
            now = list(inspect.signature(thing).parameters)
            assert now[: len(parameters)] == parameters, name


@pytest.mark.filterwarnings("ignore:.* is now :FutureWarning")
def test_scripts_that_were_taken_home_find_every_name_that_they_use():
    scripts = [item.view["python"] for item in report_then().items]
    found = {name for script in scripts for name in _names_of(script)}
    assert {"ntk_uq.curve", "ntk_uq.time_law", "ntk_uq.phase_map"} <= found
    for name in sorted(found):
        _resolve(name)


def _names_of(script):
    """What a script takes from the package, by full names."""
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("ntk_uq"))
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("ntk_uq"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith("ntk_uq."):
            yield ast.unparse(node)


def _resolve(name):
    """What a full name stands for: a module, or something in one."""
    home, _, last = name.rpartition(".")
    if not home:
        return importlib.import_module(name)
    thing = _resolve(home)
    if not hasattr(thing, last):
        return importlib.import_module(name)
    return getattr(thing, last)
