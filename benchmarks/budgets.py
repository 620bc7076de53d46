"""Every budget on one screen: the most that a row may be, by the row's id.

A row that is not here is there for scale: a peer, or the least that could be done.
"""

from collections.abc import Iterable, Mapping

BUDGETS: Mapping[str, float] = {
    # An access token for the first time, in times of PyJWT.decode.
    "access-first.es256": 1.2,
    # One that this process has seen before, and what it asks of servers.
    "access-known.jwtauth-refresh-only": 0.10,
    "counts.access-known-refresh-only-sql": 0,
    "counts.access-known-refresh-only-redis": 0,
    "counts.access-known-denylist-sql": 0,
    "counts.access-known-denylist-redis": 1,
    # A request with a session whose user is not loaded, in times of a GET to Redis.
    "session.sessionauth-loaded": 2.0,
    "session.sessionauth-authenticated": 2.0,
    "counts.session-sql": 0,
    "counts.session-redis": 1,
    # The user's row as well, in times of simplejwt, which loads it, too.
    "user-row.jwtauth-refresh-only": 1.0,
    "user-row.jwtauth-denylist": 1.0,
    "user-row.sessionauth-used-by-the-view": 1.0,
    "user-row.sessionauth-checked-each-time": 1.0,
    # A whole GET, in times of the same view with nobody asked.
    "get.jwtauth-refresh-only": 1.25,
    "get.jwtauth-denylist": 1.8,
    "get.sessionauth": 2.0,
    # A whole refresh, in times of simplejwt's, and what it leaves in PostgreSQL.
    "refresh.jwtauth": 0.4,
    "growth.jwtauth-statements": 2,
    "growth.jwtauth-commits": 1,
    "growth.jwtauth-rows": 0,
    "growth.jwtauth-bytes": 16,
    # Bytes of one login: in Redis, and in PostgreSQL with its indexes.
    "session-bytes.sessionauth": 420,
    "login-bytes.jwtauth": 500,
    # A million logins, in times of ten thousand.
    "scale.session-loaded": 1.2,
    "scale.session-listed": 1.2,
    "scale.session-changed-and-saved": 1.2,
    "scale.session-logged-in-and-out": 1.2,
    "scale.access-token-denylist": 1.2,
    "scale.refresh": 1.2,
    "scale.login": 1.2,
    "scale.logins-listed": 1.2,
}


def not_measured(measured: Iterable[str]) -> list[str]:
    """Return the ids of the rows that have a budget and were not measured."""
    return sorted(BUDGETS.keys() - set(measured))
