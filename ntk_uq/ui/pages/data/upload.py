"""A file of the user's own: uploaded, looked at, its target chosen, kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ntk_uq.base import login_settings, settings
from ntk_uq.base.counting import counted
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets import own
from ntk_uq.datasets.own import Division, Given, Layout, Preview, Sharing
from ntk_uq.people import bring_for
from ntk_uq.ui import fitted_table, say, who
from ntk_uq.ui import own as session
from ntk_uq.ui.pages.data import own_sets, test_part
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain
from ntk_uq.ui.session import store

_SEEN, _SEEN_TEST, _ERROR = "uploaded_preview", "uploaded_test_preview", "upload_error"
_CHOICES = ("targets", "task", "ignore")
_SEPARATORS = {
    "auto": "found from the header",
    "comma": "comma",
    "semicolon": "semicolon",
    "tab": "tab",
    "blanks": "blanks",
}
_DECIMALS = {"auto": "found from the numbers", "point": "point, 1.5", "comma": "comma, 1,5"}
_HEADERS = {"first": "the first line has names", "none": "none, values only"}
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
    refused = who.refusal(session.data().check_upload)
    st.markdown(
        "CSV, Parquet, NPZ or HDF5, with an example in each row. The data are kept on "
        "this server under a name made from their content; "
        + (
            "who sees them beside you is yours to say."
            if login_settings.login()
            else "whoever has a link to them sees them, and they are listed to nobody else."
        )
    )
    file = st.file_uploader(
        f"Data file, up to {format_bytes(limit)}",
        list(own.KINDS),
        max_upload_size=max(1, limit // 2**20),
        key="upload",
        help=refused
        or "A table (CSV, Parquet) or arrays (NPZ, HDF5), an example a row. "
        + ("" if login_settings.login() else "Only who has the link sees it."),
        disabled=bool(refused),
    )
    if file is None:
        st.session_state.pop(_SEEN, None)
        return
    try:
        with place():
            layout = _layout(file.name)
        _choose(_preview(file, layout, _SEEN), file, layout, chosen)
    except NtkUqError as error:
        say.error(error, icon=":material/error:")


def _layout(name: str) -> Layout:
    """How the file is to be read: only a text leaves a choice."""
    if own.KINDS.get(PurePosixPath(name).suffix.lower()) != "csv":
        return Layout()
    left, middle, right = st.columns(3)
    return Layout(
        _choice(left, "Separator", "separator", _SEPARATORS, "What stands between the columns."),
        _choice(
            middle,
            "Decimal sign",
            "decimal",
            _DECIMALS,
            "A comma is found by itself where nothing else can be meant.",
        ),
        _choice(right, "Header", "header", _HEADERS, "Without one, columns are numbered."),
    )


def _choice(
    column: DeltaGenerator, label: str, name: str, words: Mapping[str, str], about: str
) -> str:
    return str(
        column.selectbox(
            label, words, format_func=lambda key: words[key], key=f"upload_{name}", help=about
        )
    )


def _preview(file: UploadedFile, layout: Layout, key: str) -> Preview:
    """What is in the file's columns, looked at once for an upload and a layout, and not at every
    click. The columns themselves stay in a process of their own."""
    # Also where nothing is read: what is below stays in its place then, and nobody sees it twice.
    line = st.empty()
    known = st.session_state.get(key)
    if known is None or known[0] != (file.file_id, layout):
        with _reading(line, file.name) as waiting:
            known = ((file.file_id, layout), own.peek(test_part.given(file, layout), waiting))
        st.session_state[key] = known
        if key == _SEEN:
            _forget_others(known[1])
    preview: Preview = known[1]
    return preview


@contextmanager
def _reading(line: DeltaGenerator, name: str) -> Iterator[Callable[[], None]]:
    """Says that a file is read; and, once that is called, that others are read before it."""
    with line, st.spinner(f"Reading {name}"):
        # A line of its own: the spinner has no other words once it turns.
        told = st.empty()

        def waiting() -> None:
            with told:
                say.info(
                    f"{counted(own.AT_ONCE, 'other file is', 'other files are')} being read on "
                    f"this server; {name} is read as soon as one of them is done.",
                    icon=":material/hourglass_empty:",
                )

        yield waiting
    line.empty()


def _forget_others(table: Preview) -> None:
    """Choices among columns are kept for a file of that name as long as it has those columns."""
    key = f"columns_{table.source}"
    # Another layout may make numbers of what was text.
    found = list(zip(table.names, table.kinds, strict=True))
    if st.session_state.get(key) != found:
        st.session_state[key] = found
        for choice in _CHOICES:
            st.session_state.pop(f"{choice}_{table.source}", None)


def _shown(
    table: Preview,
    targets: Sequence[str],
    ignore: Sequence[str],
    test: Division | Given | None,
) -> None:
    """What is in each column, and what becomes of it by the choices below."""
    split, groups = (test.split, test.groups) if isinstance(test, Division) else ("", "")
    summaries = table.summaries
    problems = [s.problem for s in summaries]
    rows = [
        {
            "column": plain(s.name),
            "becomes": "target"
            if s.name in targets
            else "train or test"
            if s.name == split
            else "group"
            if s.name == groups
            else "left out"
            if s.name in ignore
            else "input",
            "holds": _kind(s),
            **({"as an input": plain(s.problem or "")} if any(problems) else {}),
            "from": "–" if s.low is None else f"{s.low:.6g}",
            "to": "–" if s.high is None else f"{s.high:.6g}",
            "different values": "–" if s.distinct is None else f"{s.distinct:,}",
            "first rows": plain(", ".join(first)),
        }
        for s, first in zip(summaries, table.first_rows.values(), strict=True)
    ]
    fitted_table.draw(rows, "columns")
    if len(table.names) > len(summaries):
        st.caption(f"The first {len(summaries)} columns are shown.")


def _choose(
    table: Preview, file: UploadedFile, layout: Layout, chosen: Callable[[str], None]
) -> None:
    size = f"{counted(len(table), 'row')}, {counted(len(table.names), 'column')}"
    st.markdown(f"**{plain(table.source)}**: {size}")
    with place():
        for note in table.notes:
            say.info(note)
    summaries, preview = table.summaries, st.container()
    left, middle, right = st.columns([3, 2, 3])
    targets = left.multiselect(
        "Target columns",
        table.names,
        _default(table),
        key=f"targets_{table.source}",
        help="One column of labels, or one or more of numbers.",
    )
    task = middle.selectbox(
        "Task",
        _TASKS,
        format_func=lambda name: _TASKS[name],
        key=f"task_{table.source}",
        help="Labels are classified, numbers are regressed; whole numbers may be either.",
    )
    ignore = right.multiselect(
        "Leave out",
        [name for name in table.names if name not in targets],
        [s.name for s in summaries if s.name not in targets and (s.problem or s.kind != "numbers")],
        key=f"ignore_{table.source}",
        help="Columns that are neither input nor target, such as an event number.",
    )
    used = [name for name in table.names if name not in ignore]
    test = test_part.choose(
        table, file, layout, used, targets, lambda other: _preview(other, layout, _SEEN_TEST)
    )
    apart = test.columns if isinstance(test, Division) else ()
    with preview:
        _shown(table, targets, ignore, test)
    unused = list(dict.fromkeys((*ignore, *apart)))
    if not targets:
        st.info("Choose the target: what the network is to predict.")
        return
    found = table.task(tuple(targets)) if task == "auto" else task
    inputs = len(table.names) - len(targets) - len(unused)
    of = plain(", ".join(targets))
    st.caption(f"A {found} of {of} from {counted(inputs, 'column')}.")
    for note in table.notes_of(tuple(targets), found):
        say.info(note)
    against = _against(table, targets, unused)
    if against:
        say.warning(against, icon=":material/block:")
    refused = who.refusal(session.data().check_upload)
    sharing = own_sets.choose_sharing("upload_sharing") if login_settings.login() else Sharing.LINK
    st.button(
        "Use these data",
        type="primary",
        key="use_upload",
        on_click=_use,
        args=(
            test_part.given(file, layout),
            tuple(targets),
            found,
            tuple(ignore),
            test,
            sharing,
            chosen,
        ),
        disabled=test is None or bool(against) or bool(refused),
        help=refused or None,
    )
    error = st.session_state.pop(_ERROR, None)
    if error is not None:
        say.error(error, icon=":material/error:")


def _against(table: Preview, targets: Sequence[str], ignore: Sequence[str]) -> str:
    """What is known to forbid the choice before all of the file is read, and what to do; "" where
    nothing is."""
    if len(table) < own.FEWEST:
        return (
            f"The file has {counted(len(table), 'row')}; at least {own.FEWEST} are needed. Choose "
            "one with more, or look above whether it was read as it is meant."
        )
    inputs = [s for s in table.summaries if s.name not in (*targets, *ignore)]
    if not inputs and len(table.names) <= len(table.summaries):
        return "No column is left as an input; leave out fewer of them."
    problems = [f"{s.name} ({s.problem})" for s in inputs if s.problem]
    if problems:
        return f"What cannot be an input has to be left out: {', '.join(problems[:5])}."
    return ""


def _use(
    given: Given,
    targets: tuple[str, ...],
    task: str,
    ignore: tuple[str, ...],
    test: Division | Given,
    sharing: Sharing,
    chosen: Callable[[str], None],
) -> None:
    """Keeps the data and turns to them; before the page is drawn, since it sets controls."""
    try:
        if login_settings.login():
            who.acting(store()).check_data(given.source().size)
        name = bring_for(
            session.data(),
            sharing,
            given.source().name,
            lambda: own.bring(given, targets, task, ignore, test),
        ).name
    except NtkUqError as error:
        st.session_state[_ERROR] = str(error)
        return
    session.remember(name)
    chosen(name)


def _default(table: Preview) -> list[str]:
    try:
        return list(own.default_targets(table))
    except NtkUqError:
        return []


def _kind(summary: own.ColumnSummary) -> str:
    return summary.kind if not summary.shape else f"{summary.kind}, {summary.shape} each"
