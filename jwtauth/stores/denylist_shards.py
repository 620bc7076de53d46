"""The shards of the denylist in Redis: entries and marker of each, read and written.

Entries are found by ``sid``, never by a token's text (signatures are malleable).
They are spread over 256 shards by the first byte of the ``sid``. A shard is one sorted
set: its entries, scored with the instant until which they must block, and its marker,
which says that all of them are there. One key, so that Redis can lose them only
together, also where it evicts. No marker means that the shard was emptied, evicted,
restarted without its data, or never filled: then what is not there proves nothing.

Where Redis fails its own ``RedisError`` comes through; callers make a ``DenylistDown``
of it (``connection.translated_errors``).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from jwtauth.conf import DenylistCovers, get_settings
from jwtauth.core.ended_family import EndedFamily
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.stores.connection import client, prefixed
from jwtauth.stores.round_trip import round_trip

SHARDS = range(256)

# Clocks differ, and a token judged with leeway outlives its ``exp``.
_MARGIN = timedelta(seconds=60)
_MARKER = "complete"

# KEYS: shard. ARGV: lifetime in ms and member, again and again. Returns how many
# members were not there. Drops what is over, by Redis' own clock; last, because a
# script that has deleted may write on in a full Redis, beyond what its operator allows.
_WRITE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local new = 0
for i = 1, #ARGV, 2 do
  new = new + redis.call('ZADD', KEYS[1], now + ARGV[i], ARGV[i + 1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return new
"""

# The marker is set only where the note of this rebuild still stands: had the shard been
# lost since the first entry was written, the note would be gone with the entries.
_PUBLISH = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('ZADD', KEYS[1], '+inf', ARGV[2])
return 1
"""


def find(sid: str) -> tuple[bool, bool]:
    """Return whether the shard of a family is complete, and whether it is denied.

    Both as they are at one moment, in one round trip.

    Raises:
        TokenMalformed: ``sid`` is no family id of ours.
    """
    call = ("ZMSCORE", key_of(shard_of(sid)), _MARKER, _member(sid))
    marker, entry = cast("list[object]", round_trip(client(), *call))
    return marker is not None, entry is not None


def write(ended: Iterable[EndedFamily], now: datetime) -> int:
    """Write an entry for each family; return how many were not there."""
    entries: dict[int, list[int | str]] = defaultdict(list)
    for family in ended:
        lifetime = _blocks_until(family) - now + _margin()
        if lifetime > timedelta(0):
            milliseconds = lifetime // timedelta(milliseconds=1)
            entries[shard_of(family.sid)] += [milliseconds, _member(family.sid)]
    pipeline = client().pipeline(transaction=False)
    for shard, arguments in entries.items():
        pipeline.eval(_WRITE, 1, key_of(shard), *arguments)
    return sum(pipeline.execute())


def prune() -> None:
    """Drop the entries that need not block any more from every shard."""
    pipeline = client().pipeline(transaction=False)
    for shard in SHARDS:
        pipeline.eval(_WRITE, 1, key_of(shard))
    pipeline.execute()


def incomplete() -> list[int]:
    """Return the shards that must be rebuilt before they can be believed."""
    pipeline = client().pipeline(transaction=False)
    for shard in SHARDS:
        pipeline.zscore(key_of(shard), _MARKER)
    markers = pipeline.execute()
    return [shard for shard in SHARDS if markers[shard] is None]


def is_complete(shard: int) -> bool:
    """Whether what is not in the shard proves that it is not denied."""
    return client().zscore(key_of(shard), _MARKER) is not None


def note(shard: int, text: str, *, milliseconds: int) -> None:
    """Leave a note among the entries: as long as it stands, none of them was lost."""
    client().eval(_WRITE, 1, key_of(shard), milliseconds, text)


def publish(shard: int, text: str) -> bool:
    """Take the note for the marker; False if it does not stand any more."""
    return bool(client().eval(_PUBLISH, 1, key_of(shard), text, _MARKER))


def shard_of(sid: str) -> int:
    """Return the shard of a family.

    Raises:
        TokenMalformed: ``sid`` is no family id of ours.
    """
    return sid_bytes(sid)[0]


def key_of(shard: int, kind: str = "denylist") -> str:
    """Return the name of a shard's key in Redis; ``kind`` is what it is for."""
    return prefixed(f"jwtauth:{kind}:{shard:02x}")


def _blocks_until(family: EndedFamily) -> datetime:
    if get_settings().denylist_covers is DenylistCovers.ACCESS:
        return family.access_until
    return family.absolute_expires_at


def _margin() -> timedelta:
    return get_settings().policy.leeway + _MARGIN


def _member(sid: str) -> str:
    return f"sid:{sid}"
