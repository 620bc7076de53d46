"""Save a session: create only if new, save only if alive, and only what changed."""

from dataclasses import replace

from django.conf import settings as django_settings
from django.views.decorators.debug import sensitive_variables

from sessionauth.conf import get_serializer, get_settings
from sessionauth.core.record import (
    SessionRecord,
    difference,
    to_fields,
    user_checked,
    user_unchecked,
)
from sessionauth.core.session_id import digest
from sessionauth.core.timeouts import Verdict
from sessionauth.exceptions import SessionEnded, SessionKeyTaken, StoreFull
from sessionauth.flows.stored import StoredSession, bare_session
from sessionauth.signals import report, save_dropped
from sessionauth.stores import sessions


@sensitive_variables("session_key")
def create_session(session_key: str) -> StoredSession:
    """Store a bare record under a new id.

    Raises:
        SessionKeyTaken: there is something under this id.
    """
    created_at_ms = sessions.create(digest(session_key), get_settings().timeouts)
    if created_at_ms is None:
        raise SessionKeyTaken
    return bare_session(session_key, created_at_ms)


def save_session(
    stored: StoredSession, record: SessionRecord, *, confirmed: bool = False
) -> StoredSession:
    """Write what differs from the stored session, in one step.

    If nothing does, nothing is sent, unless ``SESSION_SAVE_EVERY_REQUEST`` is on: then
    the cookie goes out again, and only for a session that is alive.

    Raises:
        SessionEnded: it ended since it was loaded. A save never brings it back.
        WriteUnconfirmed: ``confirmed``, and too few replicas have it.
    """
    fields = to_fields(record, get_serializer())
    if fields != stored.fields or django_settings.SESSION_SAVE_EVERY_REQUEST:
        _write(stored, fields, confirmed=confirmed)
    # A save says nothing about the user: a check that is due stays due.
    return replace(stored, record=record, fields=fields)


def note_user_check(stored: StoredSession) -> StoredSession:
    """Note that the user's row was checked now; leaves the session's data alone.

    A full store can't note it, so the next request checks again: nobody is locked out
    for having checked too much.

    Raises:
        SessionEnded: it ended since it was loaded.
    """
    if get_settings().timeouts.user_check_ms == 0:
        # Nobody asks for the last check where every request makes its own.
        return replace(stored, verdict=Verdict.ALIVE)
    record = replace(stored.record, user_checked_at_ms=stored.now_ms)
    fields = user_checked(stored.fields, stored.now_ms)
    try:
        _write(stored, fields)
    except StoreFull:
        return replace(stored, verdict=Verdict.ALIVE)
    return replace(stored, record=record, fields=fields, verdict=Verdict.ALIVE)


def demand_user_check(stored: StoredSession) -> StoredSession:
    """Forget when the user's row was checked; leaves the session's data alone.

    Raises:
        SessionEnded: it ended since it was loaded.
    """
    fields = user_unchecked(stored.fields)
    if fields != stored.fields:
        _write(stored, fields)
    record = replace(stored.record, user_checked_at_ms=None)
    return replace(stored, record=record, fields=fields)


def _write(
    stored: StoredSession, fields: dict[bytes, bytes], *, confirmed: bool = False
) -> None:
    changed, gone = difference(stored.fields, fields)
    saved = sessions.save(
        stored.digest,
        changed,
        gone,
        get_settings().timeouts,
        touch=stored.counts_as_activity,
        confirmed=confirmed,
    )
    if saved:
        return
    if changed or gone:
        user_id = stored.record.user_id
        report(save_dropped, user_id=user_id, session_digest=stored.digest)
    raise SessionEnded(stored.digest)
