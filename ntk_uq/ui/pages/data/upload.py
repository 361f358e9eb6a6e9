"""A file of the user's own: uploaded, looked at, its target chosen, kept."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from ntk_uq.base import settings
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets import own
from ntk_uq.datasets.own import Table
from ntk_uq.ui import own as session
from ntk_uq.ui.plain_text import plain

_TABLE, _ERROR = "uploaded_table", "upload_error"
_CHOICES = ("targets", "task", "ignore")
_TASKS = {
    "auto": "found from the target",
    "classification": "classification",
    "regression": "regression",
}


def upload(chosen: Callable[[str], None]) -> None:
    """Draws the upload and, once a file is there, the choice of its columns.

    Args:
        chosen: called with the name of the data set when it is kept.
    """
    limit = settings.upload_limit()
    st.markdown(
        "CSV, Parquet, NPZ or HDF5, with an example in each row. The data are kept on "
        "this server under a name made from their content; whoever has a link to them sees them, "
        "and they are listed to nobody else."
    )
    file = st.file_uploader(
        f"Data file, up to {format_bytes(limit)}",
        list(own.KINDS),
        max_upload_size=max(1, limit // 2**20),
        key="upload",
    )
    if file is None:
        st.session_state.pop(_TABLE, None)
        return
    try:
        table = _table(file.file_id, file.name, file.getvalue)
        _choose(table, chosen)
    except NtkUqError as error:
        st.error(str(error), icon=":material/error:")


def _table(file_id: str, name: str, content: Callable[[], bytes]) -> Table:
    """The file's columns, read once an upload and not at every click."""
    known = st.session_state.get(_TABLE)
    if known is None or known[0] != file_id:
        with st.spinner(f"Reading {name}"):
            known = (file_id, own.open_file(content(), name))
        st.session_state[_TABLE] = known
        _forget_others(known[1])
    table: Table = known[1]
    return table


def _forget_others(table: Table) -> None:
    """Choices among columns are kept for a file of that name as long as it has those columns."""
    key = f"columns_{table.source}"
    if st.session_state.get(key) != table.names:
        st.session_state[key] = table.names
        for choice in _CHOICES:
            st.session_state.pop(f"{choice}_{table.source}", None)


def _choose(table: Table, chosen: Callable[[str], None]) -> None:
    st.markdown(f"**{plain(table.source)}**: {len(table):,} rows, {len(table.names)} columns")
    summaries = own.summaries(table)
    problems = [s.problem for s in summaries]
    st.dataframe(
        pd.DataFrame(
            {
                "column": [s.name for s in summaries],
                "holds": [_kind(s) for s in summaries],
                # Before what is long: a problem must be seen without moving the table.
                **({"as an input": problems} if any(problems) else {}),
                "from": [s.low for s in summaries],
                "to": [s.high for s in summaries],
                "different values": [s.distinct for s in summaries],
                "first rows": [", ".join(v) for v in own.first_rows(table, 4, 200).values()],
            }
        ),
        hide_index=True,
        height=min(38 * (len(summaries) + 1), 320),
    )
    if len(table.names) > len(summaries):
        st.caption(f"The first {len(summaries)} columns are shown.")
    left, middle, right = st.columns([3, 2, 3])
    targets = left.multiselect(
        "Target columns",
        table.names,
        _default(table),
        key=f"targets_{table.source}",
        help="One column of labels, or one or more of numbers.",
    )
    task = middle.selectbox(
        "Task", _TASKS, format_func=lambda name: _TASKS[name], key=f"task_{table.source}"
    )
    ignore = right.multiselect(
        "Leave out",
        [name for name in table.names if name not in targets],
        [s.name for s in summaries if s.name not in targets and (s.problem or s.kind != "numbers")],
        key=f"ignore_{table.source}",
        help="Columns that are neither input nor target, such as an event number.",
    )
    if not targets:
        st.info("Choose the target: what the network is to predict.")
        return
    found = own.guess_task(table, tuple(targets)) if task == "auto" else task
    inputs = len(table.names) - len(targets) - len(ignore)
    st.caption(f"A {found} of {', '.join(targets)} from {inputs} column{'s' * (inputs != 1)}.")
    for note in own.notes(table, tuple(targets), found):
        st.info(plain(note))
    st.button(
        "Use these data",
        type="primary",
        key="use_upload",
        on_click=_use,
        args=(table, tuple(targets), found, tuple(ignore), chosen),
    )
    error = st.session_state.pop(_ERROR, None)
    if error is not None:
        st.error(error, icon=":material/error:")


def _use(
    table: Table,
    targets: tuple[str, ...],
    task: str,
    ignore: tuple[str, ...],
    chosen: Callable[[str], None],
) -> None:
    """Keeps the data and turns to them; before the page is drawn, since it sets controls."""
    try:
        name = own.add(table, targets, task, ignore)
    except NtkUqError as error:
        st.session_state[_ERROR] = str(error)
        return
    session.remember(name)
    chosen(name)


def _default(table: Table) -> list[str]:
    try:
        return list(own.default_targets(table))
    except NtkUqError:
        return []


def _kind(summary: own.ColumnSummary) -> str:
    return summary.kind if not summary.shape else f"{summary.kind}, {summary.shape} each"
