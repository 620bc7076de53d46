"""List a user's active sessions, for the user and for the admin, without using them.

Three round trips to the store at most, however many users and sessions are asked for:
the indexes, then the records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sessionauth.conf import get_serializer, get_settings
from sessionauth.core.record import from_fields
from sessionauth.core.timeouts import Verdict, deadline_ms, judge
from sessionauth.exceptions import RecordCorrupt
from sessionauth.stores import index, sessions
from sessionauth.stores.sessions import Peeked


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedSession:
    """One active session, as it may be shown. Instants are the server's, in ms."""

    handle: str
    """The digest of its id: it can't be guessed, and logs nobody in."""
    user_id: str
    device: str
    address: str
    authenticated_at_ms: int
    last_seen_at_ms: int
    """Up to ``LAST_SEEN_EVERY_MS`` too early."""
    expires_at_ms: int
    """When it ends if nobody uses it."""


def active_sessions(user_id: str) -> list[ListedSession]:
    """Return the user's active sessions, the one that was used last first.

    Raises:
        StoreDown: nothing is known about them.
    """
    return active_sessions_of([user_id])[user_id]


def active_sessions_of(user_ids: Sequence[str]) -> Mapping[str, list[ListedSession]]:
    """Return the active sessions of each of the users, the last used first.

    Raises:
        StoreDown: nothing is known about them.
    """
    now_ms, listed = index.listed_of(user_ids)
    owners = [(user_id, member) for user_id in listed for member in listed[user_id]]
    peeked = sessions.peek([member for _, member in owners])
    found: dict[str, list[ListedSession]] = {user_id: [] for user_id in user_ids}
    for (user_id, member), record in zip(owners, peeked, strict=True):
        if record and (shown := _shown(user_id, member, record, now_ms)):
            found[user_id].append(shown)
    for shown_sessions in found.values():
        shown_sessions.sort(key=lambda s: (-s.last_seen_at_ms, s.handle))
    return found


def _shown(
    user_id: str, session_digest: str, peeked: Peeked, now_ms: int
) -> ListedSession | None:
    try:
        record = from_fields(peeked.fields, get_serializer())
    except RecordCorrupt:
        return None
    policy = get_settings().timeouts
    # An entry can outlive the login that it stood for: what counts is the record.
    if record.user_id != user_id or judge(record, policy, now_ms) is Verdict.EXPIRED:
        return None
    return ListedSession(
        handle=session_digest,
        user_id=user_id,
        device=record.device,
        address=record.address,
        authenticated_at_ms=record.began_at_ms,
        last_seen_at_ms=max(record.last_seen_at_ms or 0, record.began_at_ms),
        expires_at_ms=min(now_ms + peeked.left_ms, deadline_ms(record, policy)),
    )
