"""Ask for a recent login where a session alone is not enough (step-up).

How long ago the user has logged in stands in the record, by the store's clock. Using
the session makes no login younger: only a proof does.
"""

from datetime import timedelta

from django.db.models import Model

from sessionauth.conf import get_settings
from sessionauth.core.timeouts import MILLISECOND
from sessionauth.exceptions import LoginTooOld
from sessionauth.flows.revoke import user_id_of
from sessionauth.flows.session import LiveSession


def is_login_of(session: LiveSession, caller: object) -> bool:
    """Return whether ``session`` is a login of the caller's.

    It is not where other middleware has named somebody else, as by a token; a caller
    without a row can have none.

    Raises:
        StoreDown: nothing is known about the session.
    """
    if not isinstance(caller, Model) or session.record is None:
        return False
    return session.record.user_id == user_id_of(caller)


def refuse_old_login(
    session: LiveSession, user_id: str | None, max_age: timedelta | None = None
) -> None:
    """Make sure that the caller has logged in to ``session`` recently.

    A login that lies in the future proves nothing: a failover brought another clock.
    Neither does the login of another user, where the caller is known from elsewhere.

    Args:
        session: of a request whose caller is known.
        user_id: the caller's; None for one who can have no session.
        max_age: how old the login may be; None for ``STEP_UP_MAX_AGE``.

    Raises:
        LoginTooOld: it is older, or there is none of theirs.
        StoreDown: nothing is known about the session.
    """
    limit = get_settings().step_up_max_age if max_age is None else max_age
    record = session.record
    if record is None or record.user_id != user_id:
        raise LoginTooOld(limit)
    authenticated_at_ms = record.authenticated_at_ms
    if authenticated_at_ms is None:
        raise LoginTooOld(limit)
    if not 0 <= session.now_ms - authenticated_at_ms <= limit // MILLISECOND:
        raise LoginTooOld(limit)
