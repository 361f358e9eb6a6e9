"""The page of runs."""

from dataclasses import dataclass

from ntk_uq.base.fields import Choice, Name, Spec, Switch, Whole, checked
from ntk_uq.base.fields.text import Names, Text

STATES = ("running", "queued", "interrupted", "failed", "cancelled", "done")
ORDERS = ("newest", "oldest", "longest", "state", "kind", "label")


@dataclass(frozen=True)
class RunsView(Spec):
    """What the page of runs shows: which of the jobs, in which order, and which are selected."""

    states: tuple[str, ...] = checked(
        Names(Choice(STATES), len(STATES)), (), "states of the jobs to show; none chosen is all"
    )
    kinds: tuple[str, ...] = checked(
        Names(Name(), 16), (), "kinds of the jobs to show; none chosen is all"
    )
    text: str = checked(
        Text(80), "", "words in the label, in what is computed, or the beginning of the id"
    )
    archived: bool = checked(Switch(), False, "show the archived jobs instead of the others")
    order: str = checked(Choice(ORDERS), "newest", "how the jobs are sorted")
    page: int = checked(Whole(1, 100_000), 1, "which page of the list")
    tags: tuple[str, ...] = checked(
        Names(Text(24, 1, ",*"), 8),
        (),
        "tags that a run must have, all of them; none chosen is any",
        since=4,
    )
    everything: bool = checked(
        Switch(),
        False,
        "also what pages asked for by themselves, to have something to show",
        since=4,
    )
    mine: bool = checked(Switch(), False, "only the runs that whoever looks has launched", since=5)
    selected: tuple[str, ...] = checked(
        Names(Name(), 2), (), "ids of the jobs that are shown in detail; two are compared"
    )
