"""``ntk_uq runs``: what is listed and shown, what is done, and every mistake in words."""

import json

import pytest

from ntk_uq.base.errors import StoreFullError
from ntk_uq.cli import main
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, CurveSpec, FetchSpec, InspectionSpec
from ntk_uq.store import JobState
from ntk_uq.store.database import Database

SHALLOW, DEEP = (CurveSpec(architecture=ArchitectureSpec(depth)) for depth in (1, 7))


@pytest.fixture
def run(capsys):
    """Runs a command in this process; returns its exit code, output and errors."""

    def run(*arguments):
        try:
            code = main(["runs", *arguments])
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


@pytest.fixture
def failed(store):
    """A job that has failed, and two that wait."""
    job = submit(store.jobs, SHALLOW)
    store.jobs.claim("e1")
    store.jobs.finish(job.id, "e1", JobState.FAILED, "the cat ate it")
    submit(store.jobs, DEEP)
    submit(store.jobs, InspectionSpec("digits"))
    return job


def test_nothing_is_listed_of_an_empty_store(run):
    assert run("list") == (0, "", "")
    assert run("list", "--json") == (0, "[]\n", "")


def test_runs_are_listed_a_line_each_the_last_first(run, failed):
    code, out, err = run("list")
    assert (code, err) == (0, "")
    report, deep, shallow = out.splitlines()
    assert report.endswith("What is in Handwritten digits, 8 × 8")
    assert deep.split()[:4] == [DEEP.digest()[:12], "queued", "0/5", "curve"]
    assert "depth 7, relu, N_D 50 to 800" in deep
    assert shallow.split()[1] == "failed"


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (["--state", "failed"], ["curve"]),
        (["--state", "failed", "--state", "queued"], ["inspection", "curve", "curve"]),
        (["--kind", "report"], ["inspection"]),
        (["--kind", "map"], []),
        (["--text", "depth 7"], ["curve"]),
        (["--state", "queued", "--text", "depth 1"], []),
    ],
)
def test_filters(run, failed, options, kinds):
    _, out, _ = run("list", "--json", *options)
    assert [job["kind"] for job in json.loads(out)] == kinds


def test_a_state_that_there_is_not_is_refused(run):
    code, _, err = run("list", "--state", "asleep")
    assert code == 2
    assert "'asleep'" in err
    assert "interrupted" in err


def test_the_archived_are_listed_with_all(run, failed):
    assert run("archive", failed.id[:8])[:2] == (0, f"{failed.id[:12]}: archived\n")
    assert failed.id[:12] not in run("list")[1]
    assert failed.id[:12] in run("list", "--all")[1]
    run("archive", failed.id, "--undo")
    assert failed.id[:12] in run("list")[1]


def test_a_long_list_says_that_there_is_more(run, store):
    for number in range(60):
        store.jobs.submit(f"job{number}", "tea", "{}")
    lines = run("list")[1].splitlines()
    assert len(lines) == 51
    assert lines[-1] == "... and 10 more; --all lists them"
    assert len(run("list", "--all")[1].splitlines()) == 60


def test_a_run_is_shown_with_its_log(run, failed):
    _, out, _ = run("show", failed.id[:4])
    for text in (failed.id, "failed", "the cat ate it", "depth 1, relu", "Taken by engine e1."):
        assert text in out
    data = json.loads(run("show", failed.id, "--json")[1])
    assert data["spec"] == SHALLOW.to_json()
    assert (data["state"], data["error"], data["label"]) == ("failed", "the cat ate it", "")
    assert [line["text"] for line in data["log"]][:2] == ["Asked for.", "Taken by engine e1."]


def test_cancel_and_retry(run, store, failed):
    assert run("cancel", failed.id)[1] == f"{failed.id[:12]} has ended already: failed\n"
    code, out, err = run("retry", failed.id)
    assert (code, out) == (0, f"{failed.id[:12]}: queued\n")
    assert "no engine is running" in err
    assert "cancelled; what is computed is kept" in run("cancel", failed.id)[1]
    assert store.jobs.get(failed.id).state is JobState.CANCELLED
    store.jobs.beat("e2", {})
    store.jobs.retry(failed.id)
    store.jobs.claim("e2", limit=3)
    assert "its engine is asked to stop" in run("cancel", failed.id)[1]


def test_labels(run, store, failed):
    assert run("label", failed.id, "for the talk")[1] == f"{failed.id[:12]}: for the talk\n"
    assert "[for the talk]" in run("list", "--text", "talk")[1]
    code, _, err = run("label", failed.id, "x" * 61)
    assert (code, err) == (2, "ntk_uq: The label has 61 characters; at most 60 are allowed.\n")
    assert store.jobs.get(failed.id).label == "for the talk"
    assert run("label", failed.id, "")[1].endswith("no label\n")


@pytest.mark.parametrize("action", ["show", "cancel", "retry", "archive"])
def test_an_id_that_there_is_not_is_told(run, failed, action):
    code, _, err = run(action, "zzzz")
    assert code == 1
    assert "There is no job zzzz" in err
    code, _, err = run(action, "zz")
    assert code == 2
    assert "at least 4 characters" in err


def test_what_cannot_be_done_now_is_told(run, store, failed):
    code, _, err = run("retry", DEEP.digest())
    assert code == 1
    assert "is queued; only one that has failed" in err
    code, _, err = run("archive", DEEP.digest())
    assert code == 1
    assert "is queued; cancel it" in err


def test_a_damaged_specification_does_not_hide_the_others(run, store, failed):
    store.jobs.submit("damaged", "curve", "{{")
    _, out, _ = run("list", "--json")
    assert json.loads(out)[0]["spec"] == "{{"
    assert len(run("list")[1].splitlines()) == 4


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(run, store, failed):
    code, out, err = run("list", "--kind", "tea")
    assert (code, out) == (2, "")
    assert "There is no kind 'tea'; choose among" in err
    assert "ensemble" in err
    store.jobs.submit("other", "tea", "{}")  # of another version of the program
    assert len(run("list", "--kind", "tea")[1].splitlines()) == 1


def test_bytes_have_their_unit(run, store):
    job = submit(store.jobs, FetchSpec("mnist"))
    store.jobs.claim("e1")
    store.jobs.progress(job.id, "e1", 3 * 2**20, 11 * 2**20, "")
    assert "3.0 MiB/11.0 MiB" in run("list")[1]
    assert "3.0 MiB of 11.0 MiB" in run("show", job.id)[1]


def test_tags_are_given_taken_away_and_searched(run, store, failed):
    deep = DEEP.digest()
    assert run("tag", failed.id, "for the talk", "draft")[1].endswith(": draft, for the talk\n")
    run("tag", deep, "draft")
    assert run("list", "--tag", "draft")[1].count("#draft") == 2
    (line,) = run("list", "--tag", "draft", "--tag", "for the talk")[1].splitlines()
    assert line.startswith(failed.id[:12])
    assert "#draft #for the talk" in line
    assert run("tag", failed.id, "draft", "--remove")[1].endswith(": for the talk\n")
    assert store.jobs.get(failed.id).tags == ("for the talk",)
    assert len(run("list", "--text", "talk")[1].splitlines()) == 1
    for wrong, words in (("a,b", "has a comma"), ("x" * 25, "at most 24 are allowed")):
        code, _, err = run("tag", deep, wrong)
        assert code == 2
        assert words in err


def test_what_was_launched_is_told_from_what_pages_asked_for(run, store, failed):
    assert run("list", "--launched")[1] == ""
    fetch = submit(store.jobs, FetchSpec("mnist"))
    submit(store.jobs, SHALLOW, launched=True)
    run("label", DEEP.digest(), "mine")
    shown = {line.split()[0] for line in run("list", "--launched")[1].splitlines()}
    assert shown == {job_id[:12] for job_id in (fetch.id, failed.id, DEEP.digest())}
    submit(store.jobs, SHALLOW)  # a page shows it: it stays somebody's
    assert store.jobs.get(failed.id).launched
    assert "asked by: a page" in run("show", InspectionSpec("digits").digest())[1]


def test_the_list_says_that_the_engine_cannot_write(store, capsys, monkeypatch):
    def full(self):
        raise StoreFullError("the disk is full")

    store.jobs.submit("one", "curve", "{}")
    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", full)
        with pytest.raises(StoreFullError):
            store.jobs.beat("e", {})
    assert main(["runs", "list"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("one")
    assert "The engine runs but cannot write: the disk is full." in err
