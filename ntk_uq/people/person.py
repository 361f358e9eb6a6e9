"""A person, as far as rights depend on it."""

from dataclasses import dataclass
from enum import StrEnum, auto


class Role(StrEnum):
    """What somebody may do, the later the more."""

    VIEWER = auto()
    """Looks at everything that is there, and launches nothing."""
    MEMBER = auto()
    """Launches runs; stops, names, archives and retries her own, and those that nobody owns."""
    ADMIN = auto()
    """Does so with everybody's."""


@dataclass(frozen=True)
class Person:
    """Somebody who has said who they are, or nobody in particular.

    Attributes:
        id: stays the same for good; empty where nobody is asked who they are.
        name: for people.
        role: what they may do.
    """

    id: str
    name: str
    role: Role

    @property
    def known(self) -> bool:
        """Whether it is told who they are."""
        return bool(self.id)

    @property
    def visits(self) -> bool:
        """Whether they look at a demo, in which nobody becomes a member."""
        return not self.known and self.role is Role.VIEWER


VISITOR = Person("", "A visitor", Role.VIEWER)
"""Where a demo is shown."""

DEMO = (
    "This is a demo with prepared results, in which nothing is computed or kept; make run starts "
    "the real thing on a machine of your own."
)
"""What is said to whoever asks a demo for more."""

SOMEBODY = Person("", "somebody", Role.ADMIN)
"""Where nobody is asked who they are: everybody may do everything."""
