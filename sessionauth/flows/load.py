"""Load a session: one round trip, and a verdict on what came back."""

from functools import lru_cache

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from sessionauth.conf import get_serializer, get_settings
from sessionauth.core.record import (
    EXPIRY,
    RENEWED_TO,
    Fields,
    SessionRecord,
    from_fields,
)
from sessionauth.core.session_id import digest, is_session_key
from sessionauth.core.timeouts import Verdict, judge, own_limits
from sessionauth.exceptions import RecordCorrupt
from sessionauth.flows.stored import StoredSession
from sessionauth.signals import (
    record_corrupt,
    renewed_id_used,
    report,
    session_expired,
)
from sessionauth.stores import index, sessions


@sensitive_variables("session_key")
def load_session(session_key: str, *, touch: bool = True) -> StoredSession | None:
    """Return the session; None if there is none or it does not count.

    Args:
        session_key: the id that the client shows.
        touch: whether this is a use of it, which puts off its idle timeout.

    Raises:
        StoreDown: nothing is known about it.
    """
    if not is_session_key(session_key):
        return None
    session_digest = digest(session_key)
    policy = get_settings().timeouts
    try:
        found = sessions.load(session_digest, policy, touch=touch)
        if found is None:
            return None
        fields, now_ms = found
        is_renewed = fields.pop(RENEWED_TO, None) is not None
        record = _read(fields)
    except RecordCorrupt as fault:
        _discard(session_digest, fault)
        return None
    if is_renewed:
        report(renewed_id_used, user_id=record.user_id, session_digest=session_digest)
        return None
    verdict = judge(record, policy, now_ms)
    if verdict is Verdict.EXPIRED:
        _expire(session_digest, record.user_id)
        return None
    return StoredSession(
        session_key=session_key,
        record=record,
        fields=fields,
        now_ms=now_ms,
        verdict=verdict,
        counts_as_activity=touch,
    )


def _read(fields: Fields) -> SessionRecord:
    record = from_fields(fields, get_serializer())
    # Whatever would make Django fail at the first use is found here instead.
    try:
        own_limits(record.data.get(EXPIRY))
        if record.user_id is not None:
            _primary_key(django_settings.AUTH_USER_MODEL, record.user_id)
    except (ValueError, OverflowError, ValidationError) as error:
        raise RecordCorrupt(type(error).__name__) from None
    return record


@lru_cache(maxsize=4096)
def _primary_key(_user_model: str, user_id: str) -> object:
    """Return the key that the text spells; who comes often is not asked again."""
    return get_user_model()._meta.pk.to_python(user_id)


def _discard(session_digest: str, fault: RecordCorrupt) -> None:
    """Delete what is no record, so that it is logged once."""
    sessions.discard(session_digest)
    report(
        record_corrupt, user_id=None, session_digest=session_digest, fault=str(fault)
    )


def _expire(session_digest: str, user_id: str | None) -> None:
    sessions.discard(session_digest)
    if user_id is not None:
        index.forget(user_id, [session_digest])
    report(session_expired, user_id=user_id, session_digest=session_digest)
