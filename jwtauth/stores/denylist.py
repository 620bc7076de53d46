"""The denylist in Redis: which families' access tokens stopped to count.

Entries are found by ``sid``, never by a token's text (signatures are malleable).
They are spread over 256 shards by the first byte of the ``sid``. A shard is one sorted
set: its entries, scored with the instant until which they must block, and its marker,
which says that all of them are there. One key, so that Redis can lose them only
together, also where it evicts. No marker means that the shard was emptied, evicted,
restarted without its data, or never filled: then what is not there proves nothing,
and the shard is rebuilt from the database first.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import Error as DatabaseFault
from redis.exceptions import RedisError

from jwtauth.conf import DenylistCovers, get_settings
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import DenylistDown
from jwtauth.stores import ended_families, families
from jwtauth.stores.connection import client, prefixed, translated_errors
from jwtauth.stores.families import EndedFamily
from jwtauth.stores.own_snapshot import own_snapshot

SHARDS = range(256)

# Clocks differ, and a token judged with leeway outlives its ``exp``.
_MARGIN = timedelta(seconds=60)
_REBUILD_LOCK_MS = 30_000
_REBUILD_WAIT_SECONDS = 0.05
_REBUILD_WAITS = 10
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

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


def is_denied(sid: str, *, now: float) -> bool:
    """Whether the family of an access token has ended; one round trip.

    Args:
        sid: the claim of a verified token.
        now: Unix seconds.

    Raises:
        TokenMalformed: ``sid`` is no family id of ours.
        DenylistDown: Redis does not answer, or the shard can't be rebuilt now.
    """
    with translated_errors():
        marker, entry = _find(sid)
        if marker is None:
            rebuild(_shard_of(sid), now=datetime.fromtimestamp(now, UTC))
            marker, entry = _find(sid)
    if marker is None:
        raise DenylistDown("Redis lost its data as soon as it was filled")
    return entry is not None


def deny(ended: Iterable[EndedFamily], *, now: datetime) -> int:
    """Write an entry for each family, to live as long as it must block.

    Returns:
        How many entries were not there.

    Raises:
        DenylistDown: Redis does not answer; some entries may be missing.
    """
    with translated_errors():
        return _write(ended, now)


def prune() -> None:
    """Drop the entries that need not block any more from every shard.

    Raises:
        DenylistDown: Redis does not answer.
    """
    with translated_errors():
        pipeline = client().pipeline(transaction=False)
        for shard in SHARDS:
            pipeline.eval(_WRITE, 1, _key(shard))
        pipeline.execute()


def incomplete_shards() -> list[int]:
    """Return the shards that must be rebuilt before they can be believed.

    Raises:
        DenylistDown: Redis does not answer.
    """
    with translated_errors():
        pipeline = client().pipeline(transaction=False)
        for shard in SHARDS:
            pipeline.zscore(_key(shard), _MARKER)
        markers = pipeline.execute()
    return [shard for shard in SHARDS if markers[shard] is None]


def rebuild(shard: int, *, now: datetime) -> None:
    """Write every entry of a shard anew, then its marker; one process at a time.

    Raises:
        DenylistDown: Redis or the database does not answer, Redis lost the shard
            meanwhile, or another process is at it for long.
    """
    lock, token = _key(shard, "denylist-lock"), secrets.token_hex(8)
    with translated_errors():
        if not client().set(lock, token, nx=True, px=_REBUILD_LOCK_MS):
            _wait_for(shard)
            return
        try:
            _fill(shard, f"rebuild:{token}", now)
        except RedisError:
            raise  # Asked once more it would only keep the caller waiting longer.
        except Exception:
            client().eval(_RELEASE, 1, lock, token)
            raise
        client().eval(_RELEASE, 1, lock, token)


def _find(sid: str) -> tuple[float | None, float | None]:
    """Return the marker of the shard and the entry as they are at one moment."""
    marker, entry = client().zmscore(_key(_shard_of(sid)), [_MARKER, _member(sid)])
    return marker, entry


def _fill(shard: int, note: str, now: datetime) -> None:
    client().eval(_WRITE, 1, _key(shard), _REBUILD_LOCK_MS, note)
    try:
        with own_snapshot(families.database()):
            for page in ended_families.pages(shard=shard):
                _write(page, now)
    except DatabaseFault as error:
        raise DenylistDown(f"the database: {type(error).__name__}") from error
    if not client().eval(_PUBLISH, 1, _key(shard), note, _MARKER):
        raise DenylistDown("Redis lost its data while it was being filled")


def _write(ended: Iterable[EndedFamily], now: datetime) -> int:
    entries: dict[int, list[int | str]] = defaultdict(list)
    for family in ended:
        lifetime = _blocks_until(family) - now + _margin()
        if lifetime > timedelta(0):
            milliseconds = lifetime // timedelta(milliseconds=1)
            entries[_shard_of(family.sid)] += [milliseconds, _member(family.sid)]
    pipeline = client().pipeline(transaction=False)
    for shard, arguments in entries.items():
        pipeline.eval(_WRITE, 1, _key(shard), *arguments)
    return sum(pipeline.execute())


def _blocks_until(family: EndedFamily) -> datetime:
    if get_settings().denylist_covers is DenylistCovers.ACCESS:
        return family.access_until
    return family.absolute_expires_at


def _margin() -> timedelta:
    return get_settings().policy.leeway + _MARGIN


def _wait_for(shard: int) -> None:
    for _ in range(_REBUILD_WAITS):
        time.sleep(_REBUILD_WAIT_SECONDS)
        if client().zscore(_key(shard), _MARKER) is not None:
            return
    raise DenylistDown("another process is filling the denylist")


def _shard_of(sid: str) -> int:
    return sid_bytes(sid)[0]


def _member(sid: str) -> str:
    return f"sid:{sid}"


def _key(shard: int, kind: str = "denylist") -> str:
    return prefixed(f"jwtauth:{kind}:{shard:02x}")
