"""Take off the lists what is dead: they are allowed to name it, but not for ever.

A session that is listed has had a record before, so one without a record has ended.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sessionauth.stores import index, logins, sessions
from sessionauth.stores.logins import EVERYBODY, LastLogin

AT_ONCE = 200


def drop_gone(suspects: Sequence[LastLogin]) -> None:
    """Take those off the list of logins who have no record at all.

    A login or a renewal that is under way shows no session for a moment, but has a
    record. A login is noted after it is in the index: whoever was noted and is not in
    the index is gone, or will be noted again.
    """
    listed = index.listed_of([login.user_id for login in suspects])[1]
    members = [member for user_members in listed.values() for member in user_members]
    stored = sessions.stored_among(members)
    logins.drop(login for login in suspects if stored.isdisjoint(listed[login.user_id]))


def prune_everything() -> None:
    """Prune every index, and the list of logins; safe while others log in.

    It scans the database: for maintenance.

    Raises:
        StoreDown: not all of it may be done; call again.
    """
    for user_ids in in_batches(index.every_user()):
        listed = index.all_listed(user_ids)
        members = [member for found in listed.values() for member in found or ()]
        stored = sessions.stored_among(members)
        for user_id, found in listed.items():
            dead = [member for member in found or () if member not in stored]
            if dead or found is None:
                index.prune(user_id, dead)
    read = logins.read(EVERYBODY, None, AT_ONCE)
    while read.logins:
        drop_gone(read.logins)
        read = logins.read(EVERYBODY, read.logins[-1], AT_ONCE)


def in_batches(names: Iterable[str]) -> Iterator[list[str]]:
    """Yield as many of them at once as go well into one round trip."""
    rest = iter(names)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch
