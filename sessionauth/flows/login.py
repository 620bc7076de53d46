"""Log a user in: a bare record, its entry in the index, and only then the user.

In this order no instant shows a session that is valid but not listed: whoever revokes
all sessions of the user finds it in the index and deletes the record, and filling a
record that is gone fails.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from django.contrib import auth

from sessionauth.conf import SessionLimitPolicy, get_serializer, get_settings
from sessionauth.core.record import AUTH_KEYS, SessionRecord, from_fields
from sessionauth.core.session_id import new_session_key
from sessionauth.exceptions import (
    LoginOvertaken,
    LoginRefused,
    SessionLimitReached,
    SessionRefused,
    StoreDown,
    WriteUnconfirmed,
)
from sessionauth.flows.renew import carry_over
from sessionauth.flows.revoke import evict
from sessionauth.flows.save import create_session, save_session
from sessionauth.flows.session import LiveSession, Origin
from sessionauth.flows.stored import StoredSession
from sessionauth.signals import login_refused, report, report_store_down, session_opened
from sessionauth.stores import index, logins, sessions

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest  # noqa: TID251 # the public signature names it


def login(
    request: "HttpRequest", user: "AbstractBaseUser", *, end_oldest: bool = False
) -> None:
    """Log ``user`` in to the session of ``request``, which gets a new id.

    The session is stored when this returns; the middleware sends the cookie.

    Args:
        request: a request that went through ``SessionMiddleware``.
        user: the authenticated user, with ``backend`` set where there are several.
        end_oldest: the user wants it, if ``SESSION_LIMIT_POLICY`` would refuse this
            login: end the session with the oldest login for it.

    Raises:
        LoginRefused: ``MAX_SESSIONS_PER_USER`` leaves no room, or all of the user's
            sessions were revoked at this very moment.
        StoreDown: nobody can log in now.
    """
    cast("LiveSession", request.session).may_end_oldest = end_oldest
    auth.login(request, user)  # type: ignore[arg-type] # the stubs know no other user model


def login_again(request: "HttpRequest", user: "AbstractBaseUser") -> None:
    """Log the user of a session in once more, to go on with it (step-up).

    Args:
        request: a request whose session is that user's.
        user: the same user, proved again.

    Raises:
        LoginOvertaken: the session ended since it was loaded, and stays so.
        StoreDown: nothing is known about it.
    """
    cast("LiveSession", request.session).must_go_on = True
    login(request, user)


def open_session(
    stored: StoredSession,
    data: Mapping[str, object],
    origin: Origin,
    *,
    may_end_oldest: bool = False,
    must_go_on: bool = False,
) -> StoredSession:
    """Make a session the user's whom ``data`` names, under an id issued for it.

    Args:
        stored: the session so far; it is renewed unless its id is new already.
        data: what it is to hold.
        origin: where the login comes from.
        may_end_oldest: at the limit, end the oldest session rather than refuse.
        must_go_on: whether it is the end if the session so far has ended meanwhile.

    Raises:
        SessionLimitReached: the limit refuses the login.
        LoginOvertaken: everything of the user's was revoked in between, or the session
            that was to go on.
        WriteUnconfirmed: too few replicas have it, so it was taken back.
    """
    replaced = None
    if not stored.is_issued:
        replaced = stored.digest
        stored, data = _renewed(stored, data, must_go_on=must_go_on)
    record = replace(
        stored.with_data(data),
        authenticated_at_ms=stored.now_ms,
        user_checked_at_ms=None,
        device=origin.device,
        address=origin.address,
    )
    tell = partial(report, user_id=record.user_id, session_digest=stored.digest)
    try:
        opened = _opened(stored, record, replaced, may_end_oldest=may_end_oldest)
    except LoginRefused as error:
        where = {"device": origin.device, "address": origin.address}
        tell(login_refused, code=error.code, **where)
        raise
    kind = "step_up" if must_go_on else "login"
    tell(session_opened, kind=kind, device=origin.device, address=origin.address)
    return opened


def _opened(
    stored: StoredSession,
    record: SessionRecord,
    replaced: str | None,
    *,
    may_end_oldest: bool,
) -> StoredSession:
    policy = get_settings().session_limit_policy
    if may_end_oldest:
        policy = SessionLimitPolicy.EVICT_OLDEST
    try:
        _admit(record.user_id or "", stored, replaced, policy)
        return save_session(stored, record, confirmed=True)
    except SessionRefused as error:
        raise LoginOvertaken from error
    except WriteUnconfirmed:
        # Nobody will ever learn this id; it must not fill the limit.
        sessions.discard(stored.digest)
        raise


def _renewed(
    stored: StoredSession, data: Mapping[str, object], *, must_go_on: bool
) -> tuple[StoredSession, Mapping[str, object]]:
    # First, so that whoever ends the session under its old id, and follows where that
    # went, finds a record to delete at any time.
    bare = create_session(new_session_key())
    carried = carry_over(stored, data, bare.digest)
    if carried is None and must_go_on:
        sessions.discard(bare.digest)
        user_id, code = stored.record.user_id, LoginOvertaken.code
        report(login_refused, user_id=user_id, session_digest=bare.digest, code=code)
        raise LoginOvertaken
    if carried is None:
        # Somebody else has its data, or it was revoked: what this login proved is all.
        return bare, {key: data[key] for key in AUTH_KEYS if key in data}
    return bare, from_fields(carried, get_serializer()).data


def _admit(
    user_id: str,
    stored: StoredSession,
    replaced: str | None,
    at_limit: SessionLimitPolicy,
) -> None:
    settings = get_settings()
    limit = (settings.max_sessions_per_user, at_limit)
    evicted = index.admit(user_id, stored.digest, replaced, limit, settings.timeouts)
    if evicted is None:
        if not stored.record.data:
            # Otherwise the visitor goes on with it, as before.
            sessions.discard(stored.digest)
        raise SessionLimitReached
    for member in evicted:
        evict(member)
    index.bury(user_id, evicted, stored.now_ms * 1000)
    _note(user_id)


def _note(user_id: str) -> None:
    """Note the login for operators, in the one list that has no part in revoking.

    On a Cluster one node has it for everybody, and may be down while others are not.
    """
    try:
        logins.note(user_id, get_settings().timeouts)
    except StoreDown as error:
        report_store_down(error)
