"""Look through everybody's active sessions, by the user who logged in last.

For the admin: there is no table to ask, and a scan of the database would take the
longer the more sessions there are. A stretch of the list of users, their indexes and
their records take a constant number of round trips.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sessionauth.flows.active_sessions import ListedSession, active_sessions_of
from sessionauth.flows.prune import drop_gone
from sessionauth.stores import logins
from sessionauth.stores.logins import LastLogin, Span

USERS_SHOWN = 50
_USERS_READ = 200
"""More than are shown: of most users who logged in today the sessions may be over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserSessions:
    """The active sessions of one user, newest login first; there is at least one."""

    user_id: str
    sessions: Sequence[ListedSession]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecentLogins:
    """One page of users with active sessions."""

    users: Sequence[UserSessions]
    count: int
    """How many users the whole list has, some of whom may have no session any more."""
    next: LastLogin | None
    """After whom the next page begins; None if this is the last one."""


def recent_logins(span: Span, after: LastLogin | None = None) -> RecentLogins:
    """Return a page of users with active sessions, the last login first.

    It drops from the list whom it finds without sessions, so the next look finds more.

    Args:
        span: how long ago the last login may have been.
        after: where the page before ended; None for the first page.

    Raises:
        StoreDown: nothing is known about them.
    """
    read = logins.read(span, after, _USERS_READ)
    found = active_sessions_of([login.user_id for login in read.logins])
    present = [login for login in read.logins if found[login.user_id]]
    drop_gone([login for login in read.logins if not found[login.user_id]])
    shown, left_out = present[:USERS_SHOWN], present[USERS_SHOWN:]
    end = shown[-1] if left_out else read.logins[-1] if read.is_full else None
    users = [_newest_first(login.user_id, found[login.user_id]) for login in shown]
    return RecentLogins(users=users, count=read.count, next=end)


def sessions_of_users(user_ids: Sequence[str], span: Span) -> list[UserSessions]:
    """Return those of the users who have active sessions, the last login first.

    Args:
        user_ids: whose sessions.
        span: how long ago the last login may have been.

    Raises:
        StoreDown: nothing is known about them.
    """
    found = active_sessions_of(user_ids)
    users = [_newest_first(user_id, found[user_id]) for user_id in found]
    now_ms = logins.read(span, None, 0).now_us // 1000
    present = [user for user in users if user.sessions and _is_in(span, user, now_ms)]
    return sorted(present, key=_last_login_ms, reverse=True)


def _last_login_ms(user: UserSessions) -> int:
    return user.sessions[0].authenticated_at_ms


def _is_in(span: Span, user: UserSessions, now_ms: int) -> bool:
    age_ms = now_ms - _last_login_ms(user)
    is_too_young = span.youngest_ms is not None and age_ms < span.youngest_ms
    return not is_too_young and (span.oldest_ms is None or age_ms <= span.oldest_ms)


def _newest_first(user_id: str, found: Iterable[ListedSession]) -> UserSessions:
    in_order = sorted(found, key=lambda s: (-s.authenticated_at_ms, s.handle))
    return UserSessions(user_id=user_id, sessions=in_order)
