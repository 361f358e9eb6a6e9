"""From a table to a data set under a name."""

from ntk_uq.datasets.own.division import Division
from ntk_uq.datasets.own.examples import make
from ntk_uq.datasets.own.guesses import default_targets
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.storage import keep
from ntk_uq.datasets.own.table import Table

_USUAL = Layout()


def add(
    table: Table,
    targets: tuple[str, ...] | None = None,
    task: str = "auto",
    ignore: tuple[str, ...] = (),
    test: float | Division | Table | None = None,
    layout: Layout = _USUAL,
) -> str:
    """Keeps a table's examples and gives the data set's name.

    Args:
        table: from :func:`~ntk_uq.datasets.own.open_file`.
        targets: names of the target columns; by default the one named y, target or label.
        task: ``auto``, ``classification`` or ``regression``.
        ignore: names of columns to leave out.
        test: the share of the test part, how the rows are divided otherwise, or a table that is the
            test part; see :func:`~ntk_uq.datasets.own.make`.
        layout: how the file was read; kept beside the data.

    Raises:
        DataError: if the table does not make a data set, or it cannot be kept.
    """
    targets = default_targets(table) if targets is None else targets
    test = test if isinstance(test, Table) else Division.of(test)
    made = make(table, targets, task, ignore, test)
    choices = {
        **layout.said(),
        "targets": list(made.target_names),
        "task": made.task,
        "ignore": list(ignore),
        **({"test": test.source} if isinstance(test, Table) else test.said()),
    }
    return keep(made, choices)
