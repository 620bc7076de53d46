"""Let the cookie outlive the browser for who asked for it, and for nobody else.

The server's timeouts are the same either way.
"""

from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase

from sessionauth.conf import get_settings
from sessionauth.core.record import EXPIRY

_SECOND = timedelta(seconds=1)


def remember(session: SessionBase, *, wanted: bool) -> None:
    """Settle how long the browser keeps the cookie of a session just logged in to.

    An expiry that the project gave to the session by ``set_expiry()``, and that
    shortens it, stays: neither box nor browser can lengthen it.

    Args:
        session: of the request that logged in.
        wanted: whether the cookie is to stay until the session ends in any case; if
            not, it goes with the browser, also where an earlier login wanted it.
    """
    settings = get_settings()
    expiry = session.get(EXPIRY)
    if expiry and not _shortens_nothing(expiry, settings.idle_timeout):
        return
    if wanted:
        session.set_expiry(settings.absolute_timeout // _SECOND)
    elif expiry:
        session.set_expiry(None)


def _shortens_nothing(expiry: object, idle_timeout: timedelta) -> bool:
    """Whether the session would be idle for too long before that many seconds."""
    return isinstance(expiry, int | float) and expiry * _SECOND >= idle_timeout
