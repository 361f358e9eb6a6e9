"""What admins change of people and roles: what somebody may do, and how much she may have."""

import streamlit as st

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.settings import format_bytes
from ntk_uq.people import Role, give_role, set_quotas
from ntk_uq.people.administering import DEFAULT, NONE
from ntk_uq.people.quotas import Quota
from ntk_uq.store import PersonRecord, Store
from ntk_uq.ui import say, who
from ntk_uq.ui.place import place

_WHO, _ROLE, _REFUSED, _DONE = "admin_who", "admin_role", "admin_change_refused", "admin_changed"
_UNITS = {
    Quota.HOURS: "hours",
    Quota.RUNNING: "a number",
    Quota.DATA: "such as 2GiB",
    Quota.RESULTS: "such as 2GiB",
}


def draw(store: Store) -> None:
    """A box to choose somebody or a role, and what is set of it."""
    people = {person.id: person for person in store.people.all()}
    st.subheader("Change a role or quotas", anchor=False)
    refused, done = (st.session_state.pop(key, None) for key in (_REFUSED, _DONE))
    with place():
        if refused:
            say.error(refused)
        elif done:
            say.info(done, icon=":material/check:")
    chosen = st.selectbox(
        "Of whom",
        [*people, *map(str, Role)],
        format_func=lambda one: _name(one, people),
        key=_WHO,
        help="A person, or everybody who has a role and no quota of her own.",
    )
    with place():
        if chosen in people:
            _role(store, people[chosen])
    _quotas(store, chosen)


def _name(one: str, people: dict[str, PersonRecord]) -> str:
    return f"{people[one].name} ({one})" if one in people else f"every {one}"


def _role(store: Store, person: PersonRecord) -> None:
    # What another admin has changed is another box: this session's must not undo it.
    key = f"{_ROLE}_{person.id}_{person.role}"
    roles = [str(role) for role in Role]
    now = roles.index(person.role) if person.role in roles else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Role",
            roles,
            now,
            key=key,
            placeholder="as newcomers",
            width=320,
            help="A viewer looks, a member launches and keeps, an admin may do everything.",
        )
        st.button(
            "Give this role",
            key="admin_give_role",
            disabled=chosen is None or chosen == person.role,
            on_click=_give,
            args=(store, person, chosen),
        )


def _give(store: Store, person: PersonRecord, role: str) -> None:
    try:
        give_role(store, who.person(store), person.id, Role(role))
    except NtkUqError as error:
        st.session_state[_REFUSED] = str(error)
    else:
        st.session_state[_DONE] = f"{person.name} is a {role} now."


def _quotas(store: Store, chosen: str) -> None:
    limits = store.quotas.limits().get(chosen, {})
    texts = {quota: _text(quota, limits) for quota in Quota}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        keys = {}
        for quota in Quota:
            key = keys[quota] = f"admin_quota_{chosen}_{quota}_{texts[quota]}"
            st.text_input(
                quota.words.capitalize(),
                texts[quota],
                key=key,
                max_chars=40,
                width=170,
                help=f"{_UNITS[quota]}; {NONE} for no limit; {DEFAULT} to take back what was set: "
                "a person has her role's then, and a role none.",
            )
        st.button("Set quotas", key="admin_set_quotas", on_click=_set, args=(store, chosen, keys))


def _text(quota: Quota, limits: dict[str, float | None]) -> str:
    if quota not in limits:
        return DEFAULT
    amount = limits[quota]
    if amount is None:
        return NONE
    if quota in (Quota.DATA, Quota.RESULTS):
        return format_bytes(amount)
    return f"{amount:g}"


def _set(store: Store, chosen: str, keys: dict[Quota, str]) -> None:
    limits = store.quotas.limits().get(chosen, {})
    texts = {quota: st.session_state[key].strip() for quota, key in keys.items()}
    # A size that stands there rounded is set anew only where somebody has changed it.
    changed = {quota: text for quota, text in texts.items() if text != _text(quota, limits)}
    try:
        set_quotas(store, who.person(store), chosen, changed)
    except NtkUqError as error:
        st.session_state[_REFUSED] = str(error)
    else:
        people = {person.id: person for person in store.people.all()}
        st.session_state[_DONE] = f"The quotas of {_name(chosen, people)} are set."
