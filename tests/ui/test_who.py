"""Who looks at the pages: asked only where the settings say so, and believed from nobody else."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from helpers.pages_driver import open_page, texts

from ntk_uq.jobs.asking import submit
from ntk_uq.people import Acting, Claims, Person, Role
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import JobState
from ntk_uq.ui import who
from ntk_uq.ui.pages.phase_map import launch as map_launch
from ntk_uq.ui.shell.believed import OnlyFromProxies
from ntk_uq.views import DataView, EnsemblesView, PhaseMapView, RunsView

ADA = Claims("https://idp", "1", "Ada [x](http://evil.example)")
SPEC = CurveSpec(DataSpec(n_test=50), n_train=(20, 40))


def test_without_a_setting_nobody_is_asked(store):
    app = open_page("runs")
    assert not [b for b in app.button if b.label in ("Log in", "Log out")]
    assert who.person(store).role is Role.ADMIN


def test_before_a_login_a_page_shows_nothing_but_the_way_to_it(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    app = open_page("scaling_curves")
    assert [b.label for b in app.button if "Log" in b.label] == ["Log in"]
    assert not app.number_input
    assert store.jobs.list() == []


def test_behind_a_proxy_nobody_comes_without_it(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "header")
    app = open_page("runs")
    assert "NTK_UQ_PROXIES is empty" in texts(app.error)
    monkeypatch.setenv("NTK_UQ_PROXIES", "10.0.0.5")
    app = open_page("runs")
    assert "did not come through it" in texts(app.error)
    assert not app.toggle


def test_whoever_is_in_is_told_so_and_owns_what_she_launches(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setattr(who, "_of_provider", lambda: ADA)
    app = open_page("runs")
    assert "Ada [x](http://evil.example), member" in texts(app.sidebar.caption)
    assert [b.label for b in app.button if "Log" in b.label] == ["Log out"]
    assert [p.name for p in store.people.all()] == [ADA.name]

    bob = Acting(store, Person("b", "Bob", Role.MEMBER))
    store.people.see("b", "Bob")
    job = submit(store.jobs, SPEC, launched=True, by=bob)
    app = open_page("runs", RunsView(selected=(job.id,)))
    assert "Bob" in texts(app.table)
    (stop,) = [b for b in app.button if b.label in ("Stop", "Archive")]
    assert stop.disabled
    assert "This run is Bob's" in stop.help
    store.people.own(job.id, ADA.id)
    app = open_page("runs", RunsView(selected=(job.id,)))
    app.button(key=f"stop_{job.id}").click().run()
    app.button(key=f"stop_{job.id}_for_all").click().run()
    assert store.jobs.get(job.id).state is JobState.QUEUED  # Bob wants it still
    assert list(store.people.owners(job.id)) == ["b"]


def test_a_viewer_is_told_that_she_launches_nothing(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setenv("NTK_UQ_ROLE", "viewer")
    monkeypatch.setattr(who, "_of_provider", lambda: ADA)
    monkeypatch.setattr(map_launch, "AT_ONCE_SECONDS", 0.0)
    shut = (
        ("ensembles", EnsemblesView(), "launch"),
        ("phase_map", PhaseMapView(), "launch_map"),
        ("data", DataView(DataSpec("mnist")), "fetch_mnist"),
    )
    for page, view, key in shut:
        button = open_page(page, view).button(key=key)
        assert button.disabled, page
        assert "launch nothing" in button.help
        # Whoever has the page open from before presses in vain.
        monkeypatch.setenv("NTK_UQ_ROLE", "member")
        app = open_page(page, view)
        monkeypatch.setenv("NTK_UQ_ROLE", "viewer")
        app.button(key=key).click().run()
        assert app.button(key=key).disabled
    assert not {job.kind for job in store.jobs.list()} & {"ensemble", "map", "fetch"}


def test_a_viewer_sees_why_she_stops_and_archives_nothing(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setenv("NTK_UQ_ROLE", "viewer")
    monkeypatch.setattr(who, "_of_provider", lambda: ADA)
    bob = Acting(store, Person("b", "Bob", Role.MEMBER))
    store.people.see("b", "Bob")
    job = submit(store.jobs, SPEC, launched=True, by=bob)
    for label in ("Stop", "Archive"):
        app = open_page("runs", RunsView(selected=(job.id,)))
        (button,) = [b for b in app.button if b.label in ("Stop", "Archive")]
        assert (button.label, button.disabled) == (label, True)
        assert "This run is Bob's" in button.help
        store.jobs.request_cancel(job.id)


@pytest.mark.parametrize(
    ("client", "believed"),
    [
        (("10.0.0.5", 4711), True),
        (("10.0.0.6", 4711), False),
        (("192.168.7.9", 1), True),
        (("10.0.0.5", 0), False),  # what a proxy on loopback says of a browser, and it is not named
        (None, False),
        (("nonsense", 1), False),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_header_comes_from_named_proxies_alone(monkeypatch, client, believed, kind):
    monkeypatch.setenv("NTK_UQ_PROXIES", "10.0.0.5, 192.168.7.0/24")
    passed = []

    async def app(scope, receive, send):
        passed.append(scope["headers"])

    headers = [(b"x-forwarded-user", b"ada"), (b"X-Forwarded-USER", b"root"), (b"accept", b"*/*")]
    scope = {"type": kind, "client": client, "headers": headers}
    asyncio.run(OnlyFromProxies(app)(scope, None, None))
    assert passed == [headers if believed else headers[2:]]


def test_a_proxy_on_loopback_is_believed_where_it_is_named(monkeypatch):
    monkeypatch.setenv("NTK_UQ_PROXIES", "127.0.0.1")
    passed = []

    async def app(scope, receive, send):
        passed.append(scope["headers"])

    headers = [(b"x-forwarded-user", b"ada")]
    for client in (("10.1.2.3", 0), ("127.0.0.1", 55)):
        scope = {"type": "websocket", "client": client, "headers": headers}
        asyncio.run(OnlyFromProxies(app)(scope, None, None))
    assert passed == [headers, headers]


def provider_said(monkeypatch, **claims):
    """Has the pages hear this of an identity provider."""
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    said = {"is_logged_in": True, "iss": "https://idp", "sub": "1", "name": "Ada", **claims}
    monkeypatch.setattr(who.st, "user", SimpleNamespace(to_dict=lambda: said))


def test_a_login_lasts_as_long_as_the_setting_says(store, monkeypatch):
    provider_said(monkeypatch, iat=time.time() - 3 * 3600)
    assert [b.label for b in open_page("runs").button if "Log" in b.label] == ["Log out"]
    monkeypatch.setenv("NTK_UQ_LOGIN_HOURS", "4")
    assert [b.label for b in open_page("runs").button if "Log" in b.label] == ["Log out"]
    monkeypatch.setenv("NTK_UQ_LOGIN_HOURS", "2")
    assert [b.label for b in open_page("runs").button if "Log" in b.label] == ["Log in"]
    provider_said(monkeypatch)  # not said when: nobody can say that it is not over
    assert [b.label for b in open_page("runs").button if "Log" in b.label] == ["Log in"]


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan", "inf"])
def test_hours_of_a_login_that_are_none_are_told(store, monkeypatch, text):
    provider_said(monkeypatch, iat=time.time())
    monkeypatch.setenv("NTK_UQ_LOGIN_HOURS", text)
    assert "number of hours above 0" in texts(open_page("runs").error)


def test_without_secrets_a_click_says_so_and_shows_no_traceback(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    app = open_page("runs")
    next(b for b in app.button if b.label == "Log in").click().run()
    assert "secrets for the login are missing" in texts(app.error)
    assert not app.exception
