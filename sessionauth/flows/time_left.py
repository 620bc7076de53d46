"""How long a session has left, without using it."""

from dataclasses import dataclass

from sessionauth.conf import get_settings
from sessionauth.core.session_id import digest
from sessionauth.core.timeouts import deadline_ms, idle_end_ms
from sessionauth.exceptions import SessionEnded
from sessionauth.flows.session import LiveSession
from sessionauth.stores import sessions


@dataclass(frozen=True, kw_only=True)
class TimeLeft:
    """Two durations, in whole seconds: the second is never more than the first."""

    absolute_seconds: int
    """Until the session ends in any case."""
    idle_seconds: int
    """Until it ends if nobody uses it."""


def time_left(session: LiveSession) -> TimeLeft:
    """Return how long a session has left.

    A request that uses the session has just put off its idle timeout; any other asks
    the store, which is one round trip more.

    Raises:
        SessionEnded: there is none.
        StoreDown: nothing is known about it.
    """
    record, now_ms = session.record, session.now_ms
    if record is None:
        raise SessionEnded
    policy = get_settings().timeouts
    absolute_ms = deadline_ms(record, policy) - now_ms
    if session.counts_as_activity:
        idle_ms = idle_end_ms(record, policy, now_ms) - now_ms
    else:
        (peeked,) = sessions.peek([digest(session.session_key or "")])
        if peeked is None:
            raise SessionEnded
        idle_ms = min(peeked.left_ms, absolute_ms)
    return TimeLeft(
        absolute_seconds=max(0, absolute_ms) // 1000,
        idle_seconds=max(0, idle_ms) // 1000,
    )
