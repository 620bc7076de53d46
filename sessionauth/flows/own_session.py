"""The session of the request that is being answered here, for who gets no request.

A signal of the ORM knows the user that was saved, not who saved it.
"""

from contextvars import ContextVar

from sessionauth.flows.session import LiveSession

_own: ContextVar[LiveSession | None] = ContextVar("sessionauth_own", default=None)


def set_own_session(session: LiveSession | None) -> None:
    """Note whose turn it is; None when the request is answered."""
    _own.set(session)


def own_session_of(user_id: str) -> LiveSession | None:
    """Return the request's session if it is this user's, else None.

    Raises:
        StoreDown: the session was not read yet, and can't be.
    """
    session = _own.get()
    if session is None or session.record is None:
        return None
    return session if session.record.user_id == user_id else None
