"""Time that passes for what is stored: the clock of Redis can't be moved."""

from datetime import timedelta

import redis

# Instants of a record, in ms: created, authenticated, user checked, last seen, end.
_INSTANTS = ("c", "a", "v", "u", "x")


def pass_time(client: redis.Redis, by: timedelta) -> None:
    """Make every session and index as old as it is after ``by``; drop what dies."""
    ms = by // timedelta(milliseconds=1)
    for key in client.scan_iter("sa:s:*"):
        for field in _INSTANTS:
            if client.hexists(key, field):
                client.hincrby(key, field, -ms)
        _shorten(client, key, ms)
    for key in client.scan_iter("sa:u:*"):
        for member, score in client.zrange(key, 0, -1, withscores=True):
            # Score 0 is no instant: the mark of an eviction.
            if score:
                client.zincrby(key, -1000 * ms, member)
        _shorten(client, key, ms)


def _shorten(client: redis.Redis, key: bytes, ms: int) -> None:
    left = client.pttl(key) - ms
    if left > 0:
        client.pexpire(key, left)
    else:
        client.delete(key)
