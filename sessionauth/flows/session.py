"""What the flows and the edges need of a request's session: the engine provides it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sessionauth.core.record import SessionRecord
from sessionauth.core.timeouts import Verdict


class Reason(StrEnum):
    """Why a session was ended by decision. Callers of ``revoke_all`` add their own."""

    LOGOUT = "logout"
    FLUSHED = "flushed"
    """``request.session.flush()``, also when another user logs in over it."""
    LOGOUT_ALL = "logout_all"
    LIMIT = "limit"
    USER_REFUSED = "user_refused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 # a reason, no password
    USER_DEACTIVATED = "user_deactivated"
    USER_DELETED = "user_deleted"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a login comes from."""

    device: str = ""
    address: str = ""


class LiveSession(Protocol):
    """A ``request.session`` of this package, beyond what Django's have."""

    store_down: bool
    """The store gave no answer in this request."""
    logged_out: bool
    """Somebody asked, in this request, to be logged out."""
    flush_reason: Reason
    counts_as_activity: bool
    """Whether reading the session puts off its idle timeout; set it before that."""
    must_go_on: bool
    """Whether a login is the end, if the session that it renews has ended meanwhile."""
    may_end_oldest: bool
    """Whether a login at the limit ends the oldest session rather than be refused."""
    origin: Callable[[], Origin]

    @property
    def session_key(self) -> str | None:
        """The id; None if there is no session."""

    @property
    def record(self) -> SessionRecord | None:
        """The record as the store has it; None if there is no session."""

    @property
    def verdict(self) -> Verdict:
        """What the record was worth when it was loaded."""

    @property
    def now_ms(self) -> int:
        """The store's time when it was last asked; 0 if there is no session."""

    @property
    def is_cookie_due(self) -> bool:
        """Whether the browser's cookie is no longer the right one."""

    def cookie_age(self) -> int | None:
        """Return the cookie's Max-Age; None for until the browser closes."""

    def note_user_check(self) -> None:
        """Note in the record that the user's row was checked now."""

    def load_once(self) -> None:
        """Ask the store for the session, unless that was done in this request."""

    def demand_user_check(self) -> None:
        """Have the user's row checked at the next request, however recent the last."""

    def flush(self) -> None:
        """End the session."""
