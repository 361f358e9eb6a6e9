"""A few lines about what happened to a job, kept beside it."""

import sqlite3

MOST_LINES = 200
"""Lines kept of each job; the oldest go first."""

LONGEST_LINE = 500
"""Characters kept of a line."""


def add(connection: sqlite3.Connection, job_id: str, now: float, text: str) -> None:
    """Adds a line to a job's log, in the caller's transaction."""
    if len(text) > LONGEST_LINE:
        text = f"{text[: LONGEST_LINE - 1]}…"
    connection.execute("INSERT INTO log (job, time, text) VALUES (?, ?, ?)", (job_id, now, text))
    connection.execute(
        "DELETE FROM log WHERE job = :job AND number <= (SELECT number FROM log WHERE job = :job"
        " ORDER BY number DESC LIMIT 1 OFFSET :most)",
        {"job": job_id, "most": MOST_LINES},
    )
