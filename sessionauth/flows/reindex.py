"""Rebuild the indexes from the records, where Redis lost them or keeps them too short.

Logins, renewals and revocations go on meanwhile. It adds what is missing and takes off
what is dead; what a login has entered, it leaves alone.
"""

from collections.abc import Sequence

from sessionauth.conf import get_serializer, get_settings
from sessionauth.core.record import SessionRecord, from_fields
from sessionauth.exceptions import RecordCorrupt
from sessionauth.flows.prune import in_batches, prune_everything
from sessionauth.stores import index, logins, sessions
from sessionauth.stores.index import Login


def reindex() -> int:
    """List every session that is alive and was not; return how many.

    It scans the database: for maintenance. It also lets the indexes live as long as
    their sessions may, now that ``ABSOLUTE_TIMEOUT`` was raised.

    Raises:
        StoreDown: not all of it may be done; call again.
    """
    found = sum(_relist(digests) for digests in in_batches(sessions.every_session()))
    prune_everything()
    return found


def _relist(session_digests: Sequence[str]) -> int:
    policy = get_settings().timeouts
    found = _logins(session_digests)
    known = logins.read(logins.EVERYBODY, None, 0)
    missing = index.unlisted(found, policy, known.now_us)
    entries = [entry for login in missing if (entry := index.relist(login, policy))]
    # Noted again also where they are noted: whoever has just found the index empty is
    # about to drop them.
    for login in {*missing, *logins.unnoted(found, policy, known.now_us)}:
        logins.note(login.user_id, policy, login.at_us)
    alive = _read([entry.login.session_digest for entry in entries])
    for entry in entries:
        index.settle(entry, is_alive=entry.login.session_digest in alive)
    return len(alive)


def _logins(session_digests: Sequence[str]) -> list[Login]:
    return [
        Login(
            user_id=record.user_id,
            session_digest=session_digest,
            at_us=record.began_at_ms * 1000,
        )
        for session_digest, record in _read(session_digests).items()
        if record.user_id is not None
    ]


def _read(session_digests: Sequence[str]) -> dict[str, SessionRecord]:
    """Return the records that are sessions: not renewed, not damaged."""
    found = {}
    peeked = zip(session_digests, sessions.peek(session_digests), strict=True)
    for session_digest, stored in peeked:
        try:
            if stored:
                record = from_fields(stored.fields, get_serializer())
                found[session_digest] = record
        except RecordCorrupt:
            continue
    return found
