"""Damaged stores: what can be read is rescued, what is lost is counted, nothing is written over."""

import json
import shutil
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ntk_uq.base.errors import StoreDamagedError, StoreError, StoreFullError
from ntk_uq.store import JobState, checked, open_store, repair, rescue, sqlite_file

COMMAND = r"ntk-uq store check --repair"
JOBS, RESULTS = 40, 60
PAGE = 4096


def value(number):
    """Small ones lie in the row, middling ones spill over several pages, large ones are files."""
    return bytes([number]) * (50, 9000, 40_000)[number % 3]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    where = tmp_path_factory.mktemp("made") / "store"
    with open_store(where) as store:
        for number in range(JOBS):
            spec = json.dumps({"n": "x" * (number * 200)})
            store.jobs.submit(f"job{number:060}", "curve", spec)
        store.jobs.beat("host-1-0123abcd", {})
        store.jobs.claim("host-1-0123abcd", 3)
        store.jobs.set_label(f"job{7:060}", "seven")
        store.jobs.set_tags(f"job{7:060}", ["a", "b"])
        store.jobs.finish(f"job{JOBS - 1:060}", "host-1-0123abcd", JobState.FAILED, "no milk")
        for number in range(RESULTS):
            store.results.put(f"point/{number:060}", value(number))
        store.results.put(f"point/{5:060}", b"newer")
    return where


@pytest.fixture
def where(made, tmp_path):
    shutil.copytree(made, tmp_path / "store")
    return tmp_path / "store"


def spoil(path, *pages, content=b"\xa5"):
    """Writes over whole pages; the header is the first hundred bytes of page 1."""
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(content * (100 if page == 1 else PAGE))


def leaves(path, width):
    """The pages of a table's leaves whose rows have so many values."""
    image = path.read_bytes()

    def rows(content):
        return sum(len(row) == width for row in sqlite_file.scan(content).rows)

    whole = rows(image)
    starts = [s for s in range(PAGE, len(image), PAGE) if image[s] == 0x0D]
    without = {s: image[:s] + bytes(PAGE) + image[s + PAGE :] for s in starts}
    return [s // PAGE + 1 for s in starts if rows(without[s]) < whole]


def files(folder):
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def results_in(store):
    keys = [f"point/{number:060}" for number in range(RESULTS)]
    found = store.results.get_many(keys)
    for key, content in found.items():
        number = int(key.removeprefix("point/"))
        assert content == (b"newer" if number == 5 else value(number))
    return len(found)


def test_people_whose_jobs_are_whose_and_quotas_are_rescued_too(where):
    mine, hers = f"job{3:060}", f"job{4:060}"
    with open_store(where) as store:
        store.people.see("a", "Ada")
        store.people.set_role("a", "viewer")
        store.people.own(mine, "a")
        store.people.own(hers, "a")
        store.people.own(hers, "b")
        store.quotas.set_limit("a", "hours", 2)
        store.quotas.set_limit("member", "results", None)
        store.quotas.spend({"a": 90.5})
        store.notice.write("down at six", "Ada")
        said = store.notice.read()
        before = store.people.all(), store.quotas.limits(), store.quotas.spent(7)
    spoil(where / "jobs.sqlite", 1)
    (found,), _ = repair(where)
    assert (found.rescued, found.lost) == (JOBS, 0)
    with open_store(where) as store:
        assert (store.people.all(), store.quotas.limits(), store.quotas.spent(7)) == before
        assert store.notice.read() == said
        assert store.people.owners(mine) == {"a": "Ada"}
        assert store.people.owners(hers) == {"a": "Ada", "b": "somebody"}


@pytest.mark.parametrize("file", ["jobs.sqlite", "results/cache.db"])
@pytest.mark.parametrize("content", [b"\0", b"\xa5"])
def test_a_header_that_is_gone_costs_nothing(where, file, content):
    spoil(where / file, 1, content=content)
    before = (where / file).read_bytes()
    with pytest.raises(StoreDamagedError, match=COMMAND):
        open_store(where)
    (rescued,), aside = repair(where)
    assert rescued.lost == 0
    assert rescued.rescued == (JOBS if file == "jobs.sqlite" else RESULTS)
    assert (aside / (where / file).name).read_bytes() == before
    assert checked(where).damaged == ()
    with open_store(where) as store:
        assert store.jobs.count() == JOBS
        assert results_in(store) == RESULTS
        seven = store.jobs.get(f"job{7:060}")
        assert (seven.label, seven.tags, seven.state) == ("seven", ("a", "b"), JobState.QUEUED)
        failed = store.jobs.get(f"job{JOBS - 1:060}")
        assert (failed.state, failed.error) == (JobState.FAILED, "no milk")
        assert [line.text for line in store.jobs.log(failed.id)][-1] == "Failed: no milk"
        # And it is a store to write to, with all that belongs to one.
        stamp = store.jobs.stamp()
        store.jobs.submit("new", "curve", "{}")
        assert store.jobs.stamp() != stamp
        store.results.put("new", value(2))
        assert store.results.get("new") == value(2)
    assert repair(where) == ((), None)


def test_jobs_on_a_damaged_page_are_counted_as_lost(where):
    path = where / "jobs.sqlite"
    hit = leaves(path, len(rescue._JOB_COLUMNS))[1:3]
    spoil(path, *hit)
    (rescued,), _ = repair(where)
    assert 0 < rescued.lost < JOBS
    assert rescued.rescued + rescued.lost == JOBS
    with open_store(where) as store:
        assert store.jobs.count() == rescued.rescued


def test_results_on_a_damaged_page_and_with_a_wrong_checksum_are_lost(where):
    path = where / "results" / "cache.db"
    spoil(path, 1, leaves(path, 12)[0])
    file = next((where / "results").glob("*/*/*.val"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    (rescued,), _ = repair(where)
    assert rescued.lost >= 2
    assert rescued.rescued + rescued.lost == RESULTS
    with open_store(where) as store:
        assert results_in(store) == rescued.rescued


def test_what_lies_in_the_log_alone_is_rescued(made, tmp_path):
    source, where = made, tmp_path / "store"
    shutil.copytree(source, tmp_path / "used")
    with open_store(tmp_path / "used") as store:
        store.jobs.submit("last", "curve", "{}")
        shutil.copytree(tmp_path / "used", where)
    assert (where / "jobs.sqlite-wal").stat().st_size
    spoil(where / "jobs.sqlite", *leaves(where / "jobs.sqlite", 4))
    _, aside = repair(where)
    assert (aside / "jobs.sqlite-wal").exists()
    with open_store(where) as store:
        assert store.jobs.get("last") is not None


@pytest.mark.parametrize("content", [b"", b"{", None])
def test_a_version_file_that_says_nothing(where, content):
    if content is None:
        (where / "VERSION.json").unlink()
    else:
        (where / "VERSION.json").write_bytes(content)
    with pytest.raises(StoreDamagedError, match=COMMAND):
        open_store(where)
    repair(where)
    with open_store(where) as store:
        assert store.jobs.count() == JOBS


def test_where_there_is_no_room_nothing_is_changed(where, monkeypatch):
    spoil(where / "jobs.sqlite", 1)
    before = files(where)

    def full(*arguments):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(rescue, "_insert", full)
    with pytest.raises(StoreFullError):
        repair(where)
    assert files(where) == before
    assert not list(where.glob("damaged-*"))


def test_nothing_is_repaired_while_a_program_uses_the_store(where):
    script = (
        "import sys; from pathlib import Path; from ntk_uq.store import open_store\n"
        "store = open_store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(where)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "open\n"
    with pytest.raises(StoreError, match=f"Process {process.pid} uses the store"):
        repair(where)
    process.communicate()
    assert repair(where) == ((), None)


def test_checking_changes_nothing(where):
    before = files(where)
    found = checked(where)
    assert (found.jobs, found.results, found.spoilt, found.damaged) == (JOBS, RESULTS, 0, ())
    assert files(where) == before


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_read_without_an_error_and_makes_up_nothing(made, data):
    image = bytearray((made / "jobs.sqlite").read_bytes())
    sound = {row for row in sqlite_file.scan(bytes(image)).rows if rescue._is_job(row)}
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(image) - 1))
        noise = data.draw(st.binary(min_size=1, max_size=600))
        image[start : start + len(noise)] = noise
    cut = data.draw(st.integers(0, len(image)))
    found = sqlite_file.scan(bytes(image[:cut] if data.draw(st.booleans()) else image))
    jobs = [row for row in found.rows if rescue._is_job(row)]
    # Noise inside a text is read as it stands: SQLite has no checksums. It hits a few rows.
    assert len({row[0] for row in jobs} - {row[0] for row in sound}) <= 20


@pytest.mark.parametrize("wrong", [b"\x80\x04.", "7", "{", None])
def test_an_engine_whose_words_are_damaged_is_there_all_the_same(store, wrong):
    store.jobs.beat("host-1-0123abcd", {"host": "here"})
    connection = sqlite3.connect(store.directory / "jobs.sqlite")
    with connection:
        connection.execute("UPDATE engines SET info = coalesce(?, '')", (wrong,))
    connection.close()
    assert [(e.id, dict(e.info)) for e in store.jobs.engines()] == [("host-1-0123abcd", {})]


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        ("spec", b"\x80\x04."),
        ("state", "sleeping"),
        ("tags", "7"),
        ("tags", "[7]"),
        ("started", "soon"),
        ("error", b"\xff"),
    ],
)
def test_a_row_that_is_no_job_is_damage_in_words_and_is_left_behind(where, column, wrong):
    connection = sqlite3.connect(where / "jobs.sqlite")
    with connection:
        connection.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (wrong, f"job{3:060}"))
    connection.close()
    with open_store(where) as store:
        for look in (store.jobs.list, lambda: store.jobs.get(f"job{3:060}")):
            with pytest.raises(StoreDamagedError, match=COMMAND):
                look()
        assert store.jobs.get(f"job{4:060}").id == f"job{4:060}"
    assert [damage.path.name for damage in checked(where).damaged] == ["jobs.sqlite"]
    (rescued,), _ = repair(where)
    assert (rescued.rescued, rescued.lost) == (JOBS - 1, 1)
    with open_store(where) as store:
        assert len(store.jobs.list()) == JOBS - 1


@pytest.mark.parametrize("length", [16, 30, 99])
def test_a_file_that_ends_in_its_header_holds_nothing(made, length):
    image = (made / "jobs.sqlite").read_bytes()[:length]
    found = sqlite_file.scan(image)
    assert (found.rows, found.entries) == ([], [])
