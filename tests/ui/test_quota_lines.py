"""What is left is said before a launch, and a launch without room is refused in words."""

import pytest
from helpers.pages_driver import open_page, texts

from ntk_uq.base import settings
from ntk_uq.datasets import own
from ntk_uq.people import Claims
from ntk_uq.ui import who
from ntk_uq.views import DataView

ADA = Claims("https://idp", "1", "Ada *x*")


@pytest.fixture
def logged_in(monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setattr(who, "_of_provider", lambda: ADA)


def ensembles(store):
    return [job for job in store.jobs.list() if job.kind == "ensemble"]


def test_without_quotas_nothing_is_said_of_them(store, logged_in):
    app = open_page("ensembles")
    assert "quota" not in texts(app.caption)
    app.button(key="launch").click().run()
    assert len(ensembles(store)) == 1


def test_what_is_left_stands_beside_the_button(store, logged_in):
    store.quotas.set_limit("member", "hours", 10)
    store.quotas.set_limit("member", "data", 10)
    store.quotas.spend({ADA.id: 4 * 3600})
    said = texts(open_page("ensembles").caption)
    assert "Your quotas: 4.0 h of 10.0 h of worker time in 7 days used, 6.0 h left." in said
    assert "own data" not in said


def test_a_launch_without_room_is_refused_and_a_run_that_waits_says_why(store, logged_in):
    app = open_page("ensembles")
    app.button(key="launch").click().run()
    (job,) = ensembles(store)
    store.quotas.set_limit(ADA.id, "hours", 1)
    store.quotas.spend({ADA.id: 3600})
    app = open_page("ensembles")
    bars = [one.proto.text for one in app.get("progress")]
    (said,) = (text.replace("\\", "") for text in bars if "networks trained" in text)
    assert "Waits: Ada *x* has used 60 min of 60 min of worker time in 7 days; room" in said
    assert "\\*x\\*" in " ".join(bars)  # and it is no markup
    store.jobs.request_cancel(job.id)
    app = open_page("ensembles")
    assert "nothing left; room again on" in texts(app.caption)
    button = app.button(key="launch")
    assert button.disabled
    assert "no room for that in the quotas of this server" in button.help
    assert not [job for job in ensembles(store) if not job.state.ended]


@pytest.mark.parametrize(("limit", "kept"), [(10, 0), (10**6, 1)])
def test_data_for_which_there_is_no_room_are_not_kept(store, logged_in, limit, kept):
    store.quotas.set_limit("member", "data", limit)
    app = open_page("data", DataView(sample=200))
    app.segmented_control(key="data_section").set_value("A file of your own").run()
    rows = "".join(f"{i},{i % 7},{i * 0.5}\n" for i in range(60))
    content = f"a,b,y\n{rows}".encode()
    app.file_uploader(key="upload").set_value(("cells.csv", content, "text/csv")).run()
    app.multiselect(key="targets_cells.csv").set_value(["y"]).run()
    app.button(key="use_upload").click().run()
    refused = f"0 B of 10 B of own data used, 10 B left (asked for: {len(content)} B)"
    assert (refused in texts(app.error)) is not bool(kept)
    assert len([*settings.own_directory().glob(f"{own.PREFIX}*.npz")]) == kept
