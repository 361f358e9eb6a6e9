"""Who uses the dashboard, and what each may do.

By default nobody is asked who they are, and everybody may do everything: one person's own machine.
``NTK_UQ_LOGIN`` has people log in; runs then have owners.
"""

from ntk_uq.people.acting import Acting
from ntk_uq.people.administering import announce, check_admin, give_role, set_quotas
from ntk_uq.people.identity import Claims, person_of
from ntk_uq.people.own_data import OwnData, bring_for, hidden_owner, not_shown, whose
from ntk_uq.people.person import DEMO, SOMEBODY, VISITOR, Person, Role
from ntk_uq.people.saving import Saving
from ntk_uq.people.shell import shell_person

__all__ = [
    "DEMO",
    "SOMEBODY",
    "VISITOR",
    "Acting",
    "Claims",
    "OwnData",
    "Person",
    "Role",
    "Saving",
    "announce",
    "bring_for",
    "check_admin",
    "give_role",
    "hidden_owner",
    "not_shown",
    "person_of",
    "set_quotas",
    "shell_person",
    "whose",
]
