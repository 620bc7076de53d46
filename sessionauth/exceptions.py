"""Every error of the package; each has a stable short ``code``.

::

    SessionAuthError
    ├── StoreDown                the store gives no answer now; try again
    │   ├── StoreFull            it reads and deletes, but takes nothing new
    │   └── WriteUnconfirmed     it did its part, but too few replicas confirmed it
    ├── SessionRefused           a session does not count
    │   ├── RecordCorrupt        what is stored under the id is no record of ours
    │   ├── SessionEnded         it ended while this request was under way
    │   └── UserRefused          the user is gone, inactive, or changed the password
    ├── LoginTooOld              this takes a login that is more recent
    ├── SessionKeyTaken          a session was to be created under an id in use
    └── LoginRefused             the credentials were right, the login may not be
        ├── SessionLimitReached  the user has as many sessions as allowed
        └── LoginOvertaken       all of the user's sessions were revoked meanwhile

Outside, every ``SessionRefused`` looks like a request without a session; ``code``
goes to log and signal.
"""

from datetime import timedelta
from typing import ClassVar


class SessionAuthError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "sessionauth_error"


class StoreDown(SessionAuthError):
    """The store is unreachable, hung, full or read-only; the session may well live."""

    code = "store_down"


class StoreFull(StoreDown):
    """The store has no memory left: it reads and deletes, but takes nothing new."""

    code = "store_full"


class WriteUnconfirmed(StoreDown):
    """The store did as told, but fewer than ``WAIT_REPLICAS`` replicas confirmed it.

    So a failover may undo it. ``answer`` is what the store answered.
    """

    code = "write_unconfirmed"

    def __init__(self, confirmed: str, answer: object = None) -> None:
        """Say how many confirmed it."""
        super().__init__(f"unconfirmed: {confirmed}")
        self.answer = answer


class SessionRefused(SessionAuthError):
    """A session does not count."""

    code = "session_refused"


class RecordCorrupt(SessionRefused):
    """What is stored under the id is no record of ours."""

    code = "record_corrupt"


class SessionEnded(SessionRefused):
    """The session ended while this request was under way."""

    code = "session_ended"


class UserRefused(SessionRefused):
    """The session's user is gone, inactive, or has another password by now."""

    code = "user_refused"


class LoginTooOld(SessionAuthError):
    """The user is logged in, but has not proved for a while to be there."""

    code = "insufficient_user_authentication"

    def __init__(self, max_age: timedelta) -> None:
        """Remember what it takes.

        Args:
            max_age: how old the login may be.
        """
        super().__init__(f"It may be {max_age} old.")
        self.max_age = max_age


class SessionKeyTaken(SessionAuthError):
    """A session was to be created under an id that is in use."""

    code = "session_key_taken"


class LoginRefused(SessionAuthError):
    """The credentials were right, but this login may not begin."""

    code = "login_refused"


class SessionLimitReached(LoginRefused):
    """The user has as many sessions as ``MAX_SESSIONS_PER_USER`` allows."""

    code = "session_limit_reached"


class LoginOvertaken(LoginRefused):
    """All sessions of the user were revoked while this login was under way."""

    code = "login_overtaken"
