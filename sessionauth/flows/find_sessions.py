"""Find active sessions by their handles, whoever's they are."""

from collections.abc import Sequence

from sessionauth.conf import get_serializer
from sessionauth.core.record import USER_FIELD, read_user_id
from sessionauth.flows.active_sessions import ListedSession, active_sessions_of
from sessionauth.stores import sessions


def find_sessions(handles: Sequence[str]) -> list[ListedSession]:
    """Return those of the sessions that are active, in the order of ``handles``.

    Raises:
        StoreDown: nothing is known about them.
    """
    serializer = get_serializer()
    user_ids = (
        read_user_id(peeked.fields.get(USER_FIELD), serializer)
        for peeked in sessions.peek(handles)
        if peeked
    )
    owners = sorted({user_id for user_id in user_ids if user_id is not None})
    listed = active_sessions_of(owners)
    found = {session.handle: session for owner in owners for session in listed[owner]}
    return [found[handle] for handle in dict.fromkeys(handles) if handle in found]
