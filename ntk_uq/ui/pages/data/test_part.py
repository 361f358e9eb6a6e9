"""Which examples of an upload are the test part: a share, a file, or what a column says."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ntk_uq.datasets import own
from ntk_uq.datasets.own import Division, Given, Layout, Preview

_SHARE, _FILE, _ARRAYS = "a share of these data", "a file of its own", "arrays of this file"
_SPLIT, _GROUPS, _LAST = "as a column says", "a share in whole groups", "the last share, in order"
_ROWS = "order of the rows"


def given(file: UploadedFile, layout: Layout) -> Given:
    """An upload, to be read so."""
    return Given(file.getvalue(), file.name, layout)


def choose(
    table: Preview,
    file: UploadedFile,
    layout: Layout,
    used: Sequence[str],
    targets: Sequence[str],
    look: Callable[[UploadedFile], object],
) -> Division | Given | None:
    """Draws the choice; how the rows are divided, or what holds the test part. None until it is
    chosen.

    Args:
        table: what is in the file.
        file: the upload. layout: how it is read.
        used: names of the columns that are inputs or targets. targets: of the targets.
        look: called with another file that is the test part, to say now what is wrong with it.
    """
    kind = own.KINDS.get(PurePosixPath(table.source).suffix.lower())
    ways = [_SHARE, _FILE, _SPLIT, _GROUPS, _LAST, *([_ARRAYS] if kind in ("npz", "hdf5") else [])]
    left, right = st.columns([2, 3])
    way = left.selectbox(
        "Test set",
        ways,
        key=f"test_{table.source}",
        help="What the networks are tested on; it never becomes part of a training set.",
    )
    if way in (_SHARE, _GROUPS, _LAST):
        with right:
            return _division(table, way, targets)
    if way == _SPLIT:
        with right:
            name = _column(
                table,
                "Column that says it",
                "split",
                targets,
                "It holds train and test, or 0 and 1, and is no input.",
            )
        return None if name is None else Division(split=name)
    if way == _FILE:
        other = right.file_uploader(
            "Test file, of the same columns",
            list(own.KINDS),
            key="upload_test",
            help="Networks are tested on it; it is prepared with the training pool's statistics.",
        )
        if other is None:
            st.info("Choose the file with the test set, or a share of these data.")
            return None
        look(other)
        return given(other, layout)
    names: dict[str, str] = {}
    with right:
        for name in used:
            others = [other for other in table.names if other not in used]
            guess = name.replace("train", "test")
            found = st.selectbox(
                f"Test part of {name}",
                others,
                others.index(guess) if guess in others else None,
                key=f"test_of_{table.source}_{name}",
                help="The array with the same values of the test examples.",
                placeholder="leave the test arrays out above, then choose one",
            )
            if found is not None:
                names[found] = name
    if len(names) < len(used):
        st.info("Choose an array for the test part of each array that is used.")
        return None
    return given(file, replace(layout, arrays=dict(names)))


def _division(table: Preview, way: str, targets: Sequence[str]) -> Division | None:
    """A share of the rows, at random, in whole groups, or the last ones in an order."""
    groups, last = "", None
    if way == _GROUPS:
        name = _column(
            table,
            "Column of the groups",
            "groups",
            targets,
            "Examples of equal values never part: of one event, say, or of one patient. It is no "
            "input.",
        )
        if name is None:
            return None
        groups = name
    elif way == _LAST:
        order = st.selectbox(
            "In the order of",
            [_ROWS, *(name for name in table.names if name not in targets)],
            key=f"order_{table.source}",
            help="Networks are trained on what comes before, and tested on what comes last.",
        )
        last = own.ROWS if order == _ROWS else order
    share = st.number_input(
        "Share of the test set",
        0.01,
        0.9,
        own.TEST_SHARE,
        0.05,
        key=f"share_{table.source}",
        help="Of all examples; what is drawn at random is the same for ever.",
    )
    return Division(None if share == own.TEST_SHARE else float(share), "", groups, last)


def _column(table: Preview, label: str, key: str, targets: Sequence[str], about: str) -> str | None:
    """A column that says which examples are the test part; None until it is chosen."""
    name = st.selectbox(
        label,
        [name for name in table.names if name not in targets],
        None,
        key=f"{key}_{table.source}",
        help=about,
        placeholder="choose a column",
    )
    if name is None:
        st.info("Choose the column, or another test set.")
    return name
