"""What is made once for all sessions: shared where all is the same, and never otherwise."""

import asyncio
import contextlib
import dataclasses
import socket
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest
from helpers import drawn
from helpers.pages_driver import APP, compute, open_page, texts
from helpers.planted_curve import made
from helpers.serving import wait_until_healthy

from ntk_uq import datasets
from ntk_uq.figures import Style
from ntk_uq.results.curves import point_keys, stored_curve
from ntk_uq.results.points import Point
from ntk_uq.specs import DataSpec
from ntk_uq.store.database import MOST_IDLE
from ntk_uq.store.lending import MOST_CONNECTIONS
from ntk_uq.ui import own, session, shared
from ntk_uq.ui.pages.scaling_curves import page
from ntk_uq.views import CurvesView

# Files of connections that wait for the next page: database, log and shared memory of each.
OF_THE_STORE = 3 * (MOST_CONNECTIONS + MOST_IDLE)
SMALL = CurvesView(
    data=DataSpec(n_test=50), depths=(1, 2), n_low=20, n_high=160, n_points=4, draws=2
)
OWN = CurvesView(data=DataSpec("own-" + "0" * 40, n_test=50))


@pytest.fixture(autouse=True)
def nothing_shared():
    shared.forget()
    yield
    shared.forget()


@pytest.fixture
def drawings(monkeypatch):
    """The figures that are made from now on: what of, and on which ground."""
    seen, draw = [], page.scaling_figure

    def counted(quantity, traces, unit, style, *further):
        seen.append((quantity, style.dark))
        return draw(quantity, traces, unit, style, *further)

    monkeypatch.setattr(page, "scaling_figure", counted)
    return seen


@pytest.fixture
def computed(store):
    open_page(None, SMALL)
    compute(store)
    shared.forget()
    return store


def test_three_sessions_draw_a_view_s_figures_once(computed, drawings):
    apps = [open_page(None, SMALL) for _ in range(3)]
    apps[0].run()
    assert sorted(drawings) == [("epsilon", False), ("mu", False), ("sigma", False)]
    first, *others = [drawn.figures(app) for app in apps]
    assert len(first) == 3
    assert others == [first, first]


def test_another_style_is_drawn_for_who_has_it(computed, drawings, monkeypatch):
    light = drawn.figures(open_page(None, SMALL))
    monkeypatch.setattr(session, "dark", lambda: True)
    dark = drawn.figures(open_page(None, SMALL))
    monkeypatch.setattr(session, "dark", lambda: False)
    assert drawn.figures(open_page(None, SMALL)) == light
    assert len(drawings) == 6
    for one, other in zip(light, dark, strict=True):
        assert (one["layout"]["paper_bgcolor"], other["layout"]["paper_bgcolor"]) == (
            Style(dark=False).ground,
            Style(dark=True).ground,
        )


@pytest.mark.parametrize(
    "change", [{"parts": True}, {"axis": "linear"}, {"fit_low": 40.0}, {"sigma_b": 0.5}]
)
def test_another_view_is_drawn_for_who_has_it(computed, drawings, change):
    figures = drawn.figures(open_page(None, SMALL))
    other = dataclasses.replace(SMALL, **change)
    open_page(None, other)
    compute(computed)
    assert drawn.figures(open_page(None, other)) != figures
    assert drawn.figures(open_page(None, SMALL)) == figures


def test_a_result_that_is_another_one_is_shown_at_once(computed, drawings):
    app = open_page(None, SMALL)
    spec = SMALL.curves()[0]
    key = point_keys(spec)[(1, 160)]
    point = computed.results.get_record(key, Point)
    changed = dataclasses.replace(point, mu=point.mu * 1.5, warnings=("a word of its own",))
    computed.results.put_json(key, changed.to_json())
    before = drawn.figures(app)
    app.run()
    after = drawn.figures(app)
    value = stored_curve(computed.results, spec).points[-1].mu
    assert "a word of its own" in texts(app.warning)
    assert value in _plotted(after)
    assert value not in _plotted(before)
    # And one that is gone, or was never there: the figures are of what is left.
    computed.results.delete(key)
    app.run()
    assert value not in _plotted(drawn.figures(app))


def _plotted(figures):
    return [y for trace in figures[0]["data"] for y in trace["y"]]


def test_what_a_file_is_called_stays_with_its_owner(monkeypatch):
    shown = shared.ShownView(OWN, ("state",), Style())
    names = {"hers": "her secret", "his": None}
    made_for = []

    def of(who):
        monkeypatch.setattr(own, "title_of", lambda name: names[who])
        return shown.once("sentence", lambda: made_for.append(who) or f"of {names[who]}")

    assert [of("hers"), of("his"), of("hers")] == ["of her secret", "of None", "of her secret"]
    assert made_for == ["hers", "his"]


def test_a_baseline_s_data_set_is_one_of_the_view_s(monkeypatch):
    view = CurvesView(baseline=OWN.as_baseline())
    shown = shared.ShownView(view, ("state",), Style())
    monkeypatch.setattr(own, "title_of", lambda name: "her secret")
    assert shown.once("sentence", lambda: "her secret") == "her secret"
    monkeypatch.setattr(own, "title_of", lambda name: None)
    assert shown.once("sentence", lambda: "own data") == "own data"


def test_a_data_set_that_is_called_otherwise_by_now_is_called_so(monkeypatch):
    shown = shared.ShownView(OWN, ("state",), Style())
    for title in ("before", "after"):
        monkeypatch.setattr(datasets, "get", lambda _, title=title: type("", (), {"title": title}))
        assert shown.once("sentence", lambda title=title: title) == title


def test_the_same_results_are_one_curve_and_others_are_another(computed):
    spec = SMALL.curves()[0]
    one, again = (stored_curve(computed.results, spec) for _ in range(2))
    assert one is again
    other = dataclasses.replace(one, raw=one.raw[:-1])
    assert other.state != one.state
    assert dataclasses.replace(one).state == one.state
    assert made(lambda n: n**-0.5).state != made(lambda n: n**-0.4).state


@pytest.mark.slow
def test_real_sessions_of_a_server_share_figures_and_give_their_files_back(computed, tmp_path):
    from benchmarks.sessions import session as opened

    pid, address = _serve(tmp_path)

    def files():
        return len(list(Path(f"/proc/{pid.pid}/fd").iterdir()))

    async def visit():
        query = urllib.parse.urlencode(SMALL.to_query())
        async with contextlib.AsyncExitStack() as stack:
            light, dark = [
                await stack.enter_async_context(opened(address, query=query, dark=dark))
                for dark in (False, True)
            ]
            runs = [await light.run(), await dark.run(), await light.run()]
            before = files()
            many = [
                await stack.enter_async_context(opened(address, query=query)) for _ in range(30)
            ]
            found = await asyncio.gather(*(one.run() for one in many))
            during = await _settled(files, before + 30 + OF_THE_STORE)
        await asyncio.sleep(2)
        return [_figures(run) for run in (*runs, *found)], before, during, files()

    try:
        (light, dark, again, *others), before, during, after = asyncio.run(visit())
    finally:
        pid.terminate()
        pid.wait(30)
    assert light == again
    assert all(other == light for other in others)
    assert Style(dark=True).ground in dark
    assert Style(dark=True).ground not in light
    assert during - before <= 30 + OF_THE_STORE
    # All but the connections to the store, which the next ones use.
    assert after - before <= OF_THE_STORE


async def _settled(count, most):
    """How many there are once it is no more than that, or after a while: a file that a run has just
    read is open for a moment longer."""
    for _ in range(100):
        if count() <= most:
            break
        await asyncio.sleep(0.1)
    return count()


def _figures(run):
    (sent,) = [
        message.delta.new_element.bidi_component.json
        for message in run.messages
        if message.WhichOneof("type") == "delta"
        and message.delta.new_element.bidi_component.id.endswith("-charts")
    ]
    return sent


def _serve(folder):
    """A web process alone, on this test's own store: it and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless", "true"]
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=APP.parent, stdout=log, stderr=log
        )
    address = f"http://localhost:{port}"
    wait_until_healthy(address, process)
    return process, address
