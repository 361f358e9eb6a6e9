"""Who works on the command line: the operating system's user, and who that is on the pages."""

import json
import os
import pwd

from ntk_uq.base import login_settings
from ntk_uq.base.errors import SpecError
from ntk_uq.people.identity import Claims, person_of, role_of
from ntk_uq.people.person import SOMEBODY, Person
from ntk_uq.store import Store


def shell_person(store: Store) -> Person:
    """The person of this process.

    ``NTK_UQ_PEOPLE`` names a JSON file with an object: from names of the operating system's users
    to ids as ``ntk-uq people list`` tells them. Whoever is not in it is somebody of her own.

    Raises:
        SpecError: if a setting or that file cannot be read.
        StoreError: if the store cannot be read.
    """
    if not login_settings.login():
        return SOMEBODY
    user = _user()
    known = _known()
    if user in known:
        name = next((p.name for p in store.people.all() if p.id == known[user]), user)
        return Person(known[user], name, role_of(store, known[user], (user,)))
    return person_of(store, Claims("shell", user))


def _user() -> str:
    """By the process's own user id: environment variables are anybody's to set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _known() -> dict[str, str]:
    path = login_settings.people_file()
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        told = f"{login_settings.PEOPLE} names {path}, which cannot be read: {error}"
        raise SpecError(told) from None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise SpecError(
            f"{login_settings.PEOPLE} names {path}, which holds no object from names of users to "
            'ids; write {"ada": "3f2c..."}.'
        )
    return found
