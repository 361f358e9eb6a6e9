"""The tables of jobs, of people and of what is saved, and the same tables brought up to date where
an older program made them.

Processes of an older program may share the file for a moment: they name every column that they
write, so columns that came later have defaults, and what has to happen at every change whoever
makes it is a trigger of the file itself.
"""

import sqlite3

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS jobs (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        spec TEXT NOT NULL,
        state TEXT NOT NULL,
        done INTEGER NOT NULL DEFAULT 0,
        total INTEGER NOT NULL DEFAULT 0,
        message TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        submitted REAL NOT NULL,
        requested REAL NOT NULL,
        turn INTEGER NOT NULL,
        started REAL,
        finished REAL,
        heartbeat REAL,
        engine TEXT,
        priority INTEGER NOT NULL DEFAULT 0,
        cancel_requested INTEGER NOT NULL DEFAULT 0,
        queue_again INTEGER NOT NULL DEFAULT 0,
        submissions INTEGER NOT NULL DEFAULT 1
    )
    """,
    "CREATE INDEX IF NOT EXISTS jobs_by_turn ON jobs (turn)",
    "CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, priority, turn)",
    """
    CREATE TABLE IF NOT EXISTS engines (
        id TEXT PRIMARY KEY,
        info TEXT NOT NULL,
        started REAL NOT NULL,
        heartbeat REAL NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS log (
        number INTEGER PRIMARY KEY,
        job TEXT NOT NULL,
        time REAL NOT NULL,
        text TEXT NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS log_by_job ON log (job, number)",
    # Without an index: what is saved is little, and rescue tells rows from entries of indices.
    """
    CREATE TABLE IF NOT EXISTS saved (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        owner TEXT NOT NULL DEFAULT '',
        shared INTEGER NOT NULL DEFAULT 1,
        saved REAL NOT NULL,
        page TEXT NOT NULL DEFAULT '',
        query TEXT NOT NULL DEFAULT '{}',
        about TEXT NOT NULL DEFAULT ''
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS people (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL DEFAULT '',
        seen REAL NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS owners (
        job TEXT NOT NULL,
        person TEXT NOT NULL,
        since REAL NOT NULL,
        PRIMARY KEY (job, person)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS quotas (
        who TEXT NOT NULL,
        quota TEXT NOT NULL,
        amount REAL,
        PRIMARY KEY (who, quota)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS spent (
        person TEXT NOT NULL,
        hour INTEGER NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (person, hour)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS standings (
        person TEXT PRIMARY KEY,
        role TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE TABLE IF NOT EXISTS changes (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER)",
    "INSERT OR IGNORE INTO changes VALUES (1, 0)",
)

ADDED = {
    "label": "TEXT NOT NULL DEFAULT ''",
    "archived": "INTEGER NOT NULL DEFAULT 0",
    "launched": "INTEGER NOT NULL DEFAULT 0",
    "tags": "TEXT NOT NULL DEFAULT '[]'",
    "passing": "INTEGER NOT NULL DEFAULT 0",
    "withdrawn": "INTEGER NOT NULL DEFAULT 0",
    "written": "INTEGER NOT NULL DEFAULT 0",
}
"""Columns of ``jobs`` that came after the first version."""

# What a reader sees of a job. Heartbeats, several a second, are not among it, nor is a report of
# progress that says the same once more.
_SHOWN = (
    *("kind", "spec", "state", "done", "total", "message", "error", "turn", "started", "finished"),
    *("engine", "cancel_requested", "label", "archived"),
)
_COUNT = "UPDATE changes SET count = count + 1"
# A trigger that is there stays: what came after it has one of its own.
_SHOWN_LATER = ("launched", "tags")
_DIFFERS, _DIFFERS_LATER = (
    " OR ".join(f"new.{name} IS NOT old.{name}" for name in names)
    for names in (_SHOWN, _SHOWN_LATER)
)

TRIGGERS = (
    f"CREATE TRIGGER IF NOT EXISTS job_added AFTER INSERT ON jobs BEGIN {_COUNT}; END",
    f"CREATE TRIGGER IF NOT EXISTS job_changed AFTER UPDATE ON jobs WHEN {_DIFFERS}"
    f" BEGIN {_COUNT}; END",
    f"CREATE TRIGGER IF NOT EXISTS job_marked AFTER UPDATE ON jobs WHEN {_DIFFERS_LATER}"
    f" BEGIN {_COUNT}; END",
    f"CREATE TRIGGER IF NOT EXISTS log_added AFTER INSERT ON log BEGIN {_COUNT}; END",
)


def prepare(connection: sqlite3.Connection) -> None:
    """Makes what is missing of the tables; may be run any number of times."""
    for statement in TABLES:
        connection.execute(statement)
    there = {row["name"] for row in connection.execute("PRAGMA table_info(jobs)")}
    for name, kind in ADDED.items():
        if name not in there:
            connection.execute(f"ALTER TABLE jobs ADD COLUMN {name} {kind}")
    for statement in TRIGGERS:
        connection.execute(statement)


def stand_in(connection: sqlite3.Connection) -> None:
    """Temporary tables, in this connection alone, for what :func:`prepare` could not make: an
    older program's file on a disk that cannot be written."""
    connection.execute("PRAGMA temp_store = MEMORY")
    there = {row["name"] for row in connection.execute("SELECT name FROM main.sqlite_master")}
    for statement in TABLES:
        table = statement.split("(")[0].split()[-1]
        if statement.lstrip().startswith("CREATE TABLE") and table not in there:
            connection.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
            if table == "changes":
                connection.execute("INSERT OR IGNORE INTO changes VALUES (1, 0)")
    columns = {row["name"] for row in connection.execute("PRAGMA main.table_info(jobs)")}
    missing = {name: kind for name, kind in ADDED.items() if name not in columns}
    if columns and missing:
        values = ", ".join(f"{kind.split()[-1]} AS {name}" for name, kind in missing.items())
        connection.execute(
            f"CREATE TEMP VIEW IF NOT EXISTS jobs AS SELECT *, {values} FROM main.jobs"
        )
