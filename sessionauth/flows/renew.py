"""Renew a session: a new id, the data carried over once, the old id dead at once.

A crash between the steps costs the session, never its protection: nothing lives under
both ids.
"""

from collections.abc import Mapping
from dataclasses import replace

from django.views.decorators.debug import sensitive_variables

from sessionauth.conf import get_serializer
from sessionauth.core.record import Fields, difference, from_fields, to_fields
from sessionauth.core.session_id import digest, new_session_key
from sessionauth.exceptions import SessionEnded
from sessionauth.flows.save import create_session, save_session
from sessionauth.flows.stored import StoredSession
from sessionauth.signals import report, session_renewed
from sessionauth.stores import index, sessions


@sensitive_variables("new_key")
def renew_session(stored: StoredSession, data: Mapping[str, object]) -> StoredSession:
    """Give a session another id, with ``data`` as it is to be from now on.

    The new id takes the old one's place in the index, with its time of login, unless
    that was revoked meanwhile.

    Raises:
        SessionEnded: it ended since it was loaded, or while it was renewed.
    """
    new_key = new_session_key()
    carried = carry_over(stored, data, digest(new_key))
    if carried is None:
        raise SessionEnded(stored.digest)
    bare = create_session(new_key)
    record = from_fields(carried, get_serializer())
    if record.user_id is not None and not index.swap(
        record.user_id, stored.digest, bare.digest
    ):
        sessions.discard(bare.digest)
        raise SessionEnded(stored.digest)
    renewed = save_session(bare, record, confirmed=True)
    renewed = replace(renewed, verdict=stored.verdict)
    report(
        session_renewed,
        user_id=record.user_id,
        session_digest=stored.digest,
        new_digest=renewed.digest,
    )
    return renewed


def carry_over(
    stored: StoredSession, data: Mapping[str, object], new_digest: str
) -> Fields | None:
    """End the old id and return its fields, changed to ``data``; None if it had ended.

    Only one of two renewals at the same time gets them.
    """
    wanted = to_fields(stored.with_data(data), get_serializer())
    changed, gone = difference(stored.fields, wanted)
    carried = sessions.renew(stored.digest, new_digest)
    if carried is None:
        return None
    return {k: v for k, v in {**carried, **changed}.items() if k not in gone}
