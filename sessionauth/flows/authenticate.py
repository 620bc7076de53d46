"""Authenticate a request by its session: who is calling, and is that still so?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.middleware import get_user

from sessionauth.core.record import SessionRecord
from sessionauth.core.timeouts import Verdict
from sessionauth.exceptions import SessionRefused, UserRefused
from sessionauth.flows.session import LiveSession, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest  # noqa: TID251 # the public signature names it


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A proven caller: the session's user, and their row if it was needed."""

    user_id: str
    record: SessionRecord
    row: "AbstractBaseUser | None"
    load_row: "Callable[[], AbstractBaseUser]"


def authenticate(request: "HttpRequest", session: LiveSession) -> Caller | None:
    """Return who is calling; None for nobody, or for a session that does not count.

    Within ``USER_CHECK_INTERVAL`` of the last check that is one round trip to the
    store and no query. The first request after a login and each one past the interval
    read the user's row as well.

    Raises:
        StoreDown: nothing is known about the session.
    """
    record = session.record
    if record is None or record.user_id is None:
        return None
    row = None
    if session.verdict is Verdict.USER_CHECK_DUE:
        try:
            row = check_user(request, session)
            session.note_user_check()
        except SessionRefused:
            return None
    return Caller(
        user_id=record.user_id,
        record=record,
        row=row,
        load_row=lambda: check_user(request, session),
    )


def check_user(request: "HttpRequest", session: LiveSession) -> "AbstractBaseUser":
    """Read the user's row and return it if the session is still theirs to use.

    Django checks the backend and the auth hash, fallback keys included, in constant
    time; a session under an old ``SECRET_KEY`` is renewed.

    Raises:
        UserRefused: the row is gone, inactive, or its password was changed. The
            session is ended.
    """
    session.flush_reason = Reason.USER_REFUSED
    try:
        user = get_user(request)
        if user.is_authenticated and user.is_active:
            return user
        session.flush()
    finally:
        session.flush_reason = Reason.FLUSHED
    raise UserRefused
