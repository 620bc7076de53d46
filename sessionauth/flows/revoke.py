"""End sessions: one, all of a user, or everybody's. The record goes first.

A crash after that leaves an entry in the index without a record, which is pruned;
the other order would leave a live session that nobody finds.
"""

from typing import TYPE_CHECKING, cast

from django.views.decorators.debug import sensitive_variables

from sessionauth.conf import get_serializer
from sessionauth.core.record import from_fields, read_user_id
from sessionauth.core.session_id import digest
from sessionauth.exceptions import RecordCorrupt, WriteUnconfirmed
from sessionauth.flows.prune import in_batches, prune_everything
from sessionauth.flows.session import Reason
from sessionauth.signals import report, session_revoked
from sessionauth.stores import index, logins, sessions
from sessionauth.stores.sessions import Peeked

if TYPE_CHECKING:
    from django.db.models import Model

# Where many log in, each round finds traces of ids renewed since the last one. No
# session that began before is renewed in every one of so many scans.
_ROUNDS = 16


def revoke(session_digest: str, reason: str) -> bool:
    """End one session; the next request that shows its id is not logged in.

    Where its id was renewed a moment ago, the session ends under the new one: a
    logout that raced the renewal must not leave it alive.

    Args:
        session_digest: which one.
        reason: a short word for log and signal.

    Returns:
        Whether it was a user's session.

    Raises:
        WriteUnconfirmed: it ended, but a failover may undo that; call again.
    """
    owner, followed = None, set[str]()
    # A damaged store may lead back to where it began.
    while session_digest not in followed:
        followed.add(session_digest)
        user_id, unconfirmed = _deleted(session_digest)
        owner = owner or user_id
        # Only from a login: whoever knew an id before it has no say about what follows.
        renewed = None if user_id is None else sessions.renewed(session_digest)
        if renewed is None:
            _report_end(user_id, session_digest, reason)
            if unconfirmed is not None:
                # It stays listed: should it come back, it is found there.
                raise unconfirmed
            _forget(owner, session_digest)
            break
        # Before the record under the new id goes: a renewal that is under way takes
        # the old one's place in the index, or finds it gone and gives up.
        _forget(owner, session_digest)
        session_digest = renewed.new_digest
    return owner is not None


def evict(session_digest: str) -> None:
    """End a session that a login has put out of the index, at the limit.

    Not where its id was renewed: a renewal that is under way finds no place in the
    index and ends, and a login that is under way has a place of its own.

    Raises:
        WriteUnconfirmed: it ended, but a failover may undo that.
    """
    user_id, unconfirmed = _deleted(session_digest)
    if sessions.renewed(session_digest) is None:
        _report_end(user_id, session_digest, Reason.LIMIT)
    if unconfirmed is not None:
        raise unconfirmed


def _deleted(session_digest: str) -> tuple[str | None, WriteUnconfirmed | None]:
    """Delete a record; return whose it was, and what replicas leave in doubt."""
    unconfirmed = None
    try:
        stored = sessions.delete(session_digest)
    except WriteUnconfirmed as error:
        stored, unconfirmed = cast("bytes | None", error.answer), error
    return read_user_id(stored, get_serializer()), unconfirmed


def _forget(user_id: str | None, session_digest: str) -> None:
    if user_id is not None:
        index.forget(user_id, [session_digest])


def _report_end(user_id: str | None, session_digest: str, reason: str) -> None:
    # A bare record under the new id: the renewal will not find it, and ends as well.
    if user_id is not None:
        facts = {"session_digest": session_digest, "reason": reason}
        report(session_revoked, user_id=user_id, **facts)


def revoke_own(user_id: str, session_digest: str, reason: str) -> bool:
    """End one session of a user, found by the user's list.

    A call that failed half-way can be repeated: the list names the session until its
    record is gone.

    Returns:
        Whether it was one of the user's; another's is left alone.

    Raises:
        StoreDown: it may not have ended; call again.
    """
    _now, listed = index.listed_until(user_id, None)
    if session_digest not in listed and _renewed_owner(session_digest) != user_id:
        return False
    if not revoke(session_digest, reason):
        index.forget(user_id, [session_digest])
    return True


def _renewed_owner(session_digest: str) -> str | None:
    """Return whose session it was if its id was renewed since the list was shown."""
    renewed = sessions.renewed(session_digest)
    return read_user_id(renewed.user_id, get_serializer()) if renewed else None


@sensitive_variables("keep")
def revoke_all(user: "Model", reason: str, keep: str | None = None) -> int:
    """End every session of ``user`` that began before this call.

    A session that is renewed at the same time keeps its time of login, so it is found
    under its new id in a further round.

    Args:
        user: whose sessions; deactivate or change the password first where that is
            the reason, so that no login begun before can come after.
        reason: a short word for log and signal.
        keep: the ``session_key`` of a session to leave alone.

    Returns:
        How many ended.

    Raises:
        StoreDown: not all of them may have ended, or not for good; call again.
    """
    return revoke_all_of(user_id_of(user), reason, keep)


@sensitive_variables("keep")
def revoke_all_of(user_id: str, reason: str, keep: str | None = None) -> int:
    """End every session of the user with this key, who need not exist any more.

    Otherwise as ``revoke_all``.
    """
    kept = digest(keep) if keep else None
    now_us, listed = index.listed_until(user_id, None)
    # By another clock, before a failover, some may have logged in after this.
    began_us = max(now_us, *listed.values()) if listed else now_us
    ended = 0
    while doomed := [member for member in listed if member != kept]:
        ended += _revoke_each(doomed, reason)
        index.forget(user_id, doomed)
        listed = index.listed_until(user_id, began_us)[1]
    return ended


def _revoke_each(session_digests: list[str], reason: str) -> int:
    """End them all, also where replicas do not confirm it; only then say so.

    Raises:
        WriteUnconfirmed: all ended, but a failover may undo some of that.
    """
    ended = 0
    for n, member in enumerate(session_digests, start=1):
        try:
            ended += revoke(member, reason)
        except WriteUnconfirmed:
            # The others would wait as long, one after the other, for the same.
            for other in session_digests[n:]:
                sessions.discard(other)
            raise
    return ended


def revoke_everybody() -> int:
    """End every session there is, of whomever; return how many.

    It scans the database key by key: for maintenance and emergencies. Logins go on
    meanwhile; what began before the call is gone when it returns.
    """
    began_ms = logins.read(logins.EVERYBODY, None, 0).now_us // 1000
    ended = sessions.delete_every_session()
    # A scan may miss what was renewed meanwhile: the new id is a new key. Where a round
    # finds what the last one found, that is no key of ours.
    before: set[str] = set()
    for _round in range(_ROUNDS):
        if (missed := _begun_until(began_ms)) == before:
            break
        before = missed
        for member in missed:
            ended += sessions.delete(member) is not None
            # It may have been renewed once more: the next round finds where it went.
            sessions.discard(member)
    # Not all of the lists: who logs in now is on them already.
    prune_everything()
    return ended


def _begun_until(at_ms: int) -> set[str]:
    """Return what began until then, and what is no session any more, or never was."""
    return {
        session_digest
        for digests in in_batches(sessions.every_session())
        for session_digest, peeked in zip(digests, sessions.peek(digests), strict=True)
        if peeked is None or _began_ms(peeked) <= at_ms
    }


def _began_ms(peeked: Peeked) -> int:
    """Return when the session began; what is damaged is as old as can be."""
    try:
        return from_fields(peeked.fields, get_serializer()).began_at_ms
    except RecordCorrupt:
        return 0


def user_id_of(user: "Model") -> str:
    """Return a user's primary key as sessions spell it."""
    return str(user._meta.pk.value_to_string(user))
