"""When a session ends: idle, absolute and its own expiry; and when to ask for the user.

The idle timeout is the store's: each use sets how long the record lives on. The
absolute timeout is judged here, from the record, at the store server's time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sessionauth.core.record import SessionRecord

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeoutPolicy:
    """How long sessions may live, in ms as the store counts."""

    idle_ms: int
    absolute_ms: int
    user_check_ms: int


class Verdict(Enum):
    """What a stored session is worth."""

    ALIVE = "alive"
    USER_CHECK_DUE = "user_check_due"
    EXPIRED = "expired"


def judge(record: SessionRecord, policy: TimeoutPolicy, now_ms: int) -> Verdict:
    """Return what ``record`` is worth at the store server's ``now_ms``.

    A check that lies in the future proves nothing (the clock went back, or a
    failover brought another clock), so it counts as none.
    """
    if now_ms >= deadline_ms(record, policy):
        return Verdict.EXPIRED
    if record.user_id is None:
        return Verdict.ALIVE
    checked_at_ms = record.user_checked_at_ms
    if checked_at_ms is None or not 0 <= now_ms - checked_at_ms < policy.user_check_ms:
        return Verdict.USER_CHECK_DUE
    return Verdict.ALIVE


def deadline_ms(record: SessionRecord, policy: TimeoutPolicy) -> int:
    """Return when the session ends in any case, however busy it is.

    Only an authentication moves it; ``set_expiry()`` can only bring it nearer.
    """
    end_ms = record.began_at_ms + policy.absolute_ms
    return end_ms if record.deadline_ms is None else min(end_ms, record.deadline_ms)


def idle_end_ms(record: SessionRecord, policy: TimeoutPolicy, used_at_ms: int) -> int:
    """Return when the session ends unless it is used again after ``used_at_ms``."""
    own_ms = policy.idle_ms if record.idle_ms is None else record.idle_ms
    return min(used_at_ms + min(policy.idle_ms, own_ms), deadline_ms(record, policy))


def own_limits(expiry: object) -> tuple[int | None, int | None]:
    """Return (idle ms, deadline ms) that a session set for itself by ``set_expiry``.

    Args:
        expiry: what Django keeps as ``_session_expiry``: seconds of inactivity, an
            ISO 8601 instant, or None or 0 (until the browser closes) for neither.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(expiry, str):
        return None, round(datetime.fromisoformat(expiry).timestamp() * 1000)
    if isinstance(expiry, datetime):
        return None, round(expiry.timestamp() * 1000)
    if expiry is None or expiry == 0:
        return None, None
    if isinstance(expiry, int | float):
        return int(expiry * 1000), None
    raise ValueError(f"A session's expiry can't be a {type(expiry).__name__}.")
