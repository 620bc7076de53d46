"""Who logged in last: one sorted set of user ids, for operators who look for sessions.

It may list a user whose sessions are all over (whoever reads it drops them). It misses
one who has a session only if the store refused the note, which is no reason to refuse a
login; rebuilding the indexes mends it. A login is noted before its record names the
user, and the note is kept until the newest login is past the absolute timeout.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.stores.connection import commands, load_script, run
from sessionauth.stores.index import Login

KEY = "sa:l"

_NOTE = load_script("index", "last_login")
_READ = load_script("index", "last_logins", answers=list)
_DROP = load_script("drop_logins")


@dataclass(frozen=True, kw_only=True, slots=True)
class LastLogin:
    """When a user logged in last, in µs of the server's clock."""

    user_id: str
    at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Which logins to read, by their age in ms; None for any."""

    youngest_ms: int | None = None
    oldest_ms: int | None = None


EVERYBODY = Span()


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A stretch of the list."""

    now_us: int
    count: int
    """How many users the whole span has."""
    logins: list[LastLogin]
    """Newest first."""
    is_full: bool
    """Whether there may be more behind."""


def note(user_id: str, policy: TimeoutPolicy, at_us: int | None = None) -> None:
    """Note that a user logged in, now or ``at_us``; a later login stands."""
    when = "" if at_us is None else at_us
    run(_NOTE, KEY, user_id, when, policy.absolute_ms)


def unnoted(found: Sequence[Login], policy: TimeoutPolicy, now_us: int) -> list[Login]:
    """Return the logins that are not noted, or in a list that ends before them."""
    calls = [("ZSCORE", KEY, login.user_id) for login in found]
    scores = commands([*calls, ("PTTL", KEY)])
    left_ms = cast("int", scores.pop())
    return [
        login
        for login, score in zip(found, scores, strict=True)
        if not (isinstance(score, float) and score >= login.at_us)
        or left_ms < (login.at_us - now_us) // 1000 + policy.absolute_ms
    ]


def read(span: Span, after: LastLogin | None, most: int) -> Read:
    """Return users by their last login, newest first, in one round trip.

    Args:
        span: which logins.
        after: the last one of the stretch before; None for the first stretch.
        most: how many users at most.
    """
    bounds = [span.youngest_ms, span.oldest_ms, after.at_us if after else None]
    arguments = ["" if bound is None else bound for bound in bounds]
    now_us, count, flat = cast(
        "tuple[bytes, int, list[bytes]]", run(_READ, KEY, *arguments, most)
    )
    logins = [
        LastLogin(user_id=user_id.decode(errors="replace"), at_us=int(float(at_us)))
        for user_id, at_us in zip(flat[::2], flat[1::2], strict=True)
    ]
    return Read(
        now_us=int(now_us),
        count=count,
        logins=_behind(after, logins),
        is_full=len(logins) == most,
    )


def drop(logins: Iterable[LastLogin]) -> None:
    """Take users off the list who have no session, unless they logged in meanwhile."""
    pairs = [part for login in logins for part in (login.user_id, login.at_us)]
    if pairs:
        run(_DROP, KEY, *pairs)


def _behind(after: LastLogin | None, logins: list[LastLogin]) -> list[LastLogin]:
    """Leave out who was on the stretch before: it may end within one microsecond.

    Redis sorts members with one score by their bytes.
    """
    if after is None:
        return logins
    end = (after.at_us, after.user_id.encode())
    return [login for login in logins if (login.at_us, login.user_id.encode()) < end]
