"""The denylist in Redis: which families' access tokens stopped to count.

Entries are found by ``sid``, never by a token's text (signatures are malleable).
They are spread over 256 shards by the first byte of the ``sid``; one MGET reads
an entry together with its shard's marker. No marker means that Redis was
emptied, restarted without its data, or never filled: then what is not there
proves nothing, and the shard is rebuilt from the database first.
"""

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from jwtauth.conf import DenylistCovers, get_settings
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import DenylistDown
from jwtauth.stores import ended_families
from jwtauth.stores.families import EndedFamily

TIMEOUT_SECONDS = 0.5
"""What Redis has to connect and to answer, unless the alias says its own."""

# Clocks differ, and a token judged with leeway outlives its ``exp``.
_MARGIN = timedelta(seconds=60)
_REBUILD_LOCK_MS = 30_000
_REBUILD_WAIT_SECONDS = 0.05
_REBUILD_WAITS = 10

# The marker is set only by who still holds the lock: had Redis been emptied since
# the rows were read, the lock would be gone with the entries.
_PUBLISH_MARKER = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], '1')
redis.call('DEL', KEYS[1])
return 1
"""


def is_denied(sid: str, *, now: float) -> bool:
    """Whether the family of an access token has ended; one round trip.

    Args:
        sid: the claim of a verified token.
        now: Unix seconds.

    Raises:
        TokenMalformed: ``sid`` is no family id of ours.
        DenylistDown: Redis does not answer, or its shard is being rebuilt.
    """
    shard = sid_bytes(sid)[0]
    with _translated_errors():
        marker, entry = _client().mget(_key(shard, "marker"), _entry_key(sid))
        if marker is None:
            _rebuild(shard, now=datetime.fromtimestamp(now, UTC))
            entry = _client().get(_entry_key(sid))
    return entry is not None


def deny(ended: Iterable[EndedFamily], *, now: datetime) -> int:
    """Write an entry for each family, to live as long as it must block.

    Returns:
        How many entries were not there.

    Raises:
        DenylistDown: Redis does not answer; some entries may be missing.
    """
    with _translated_errors():
        return _write(ended, now)


def _write(ended: Iterable[EndedFamily], now: datetime) -> int:
    pipeline = _client().pipeline(transaction=False)
    for family in ended:
        lifetime = _blocks_until(family) - now + _margin()
        if lifetime > timedelta(0):
            # Whatever was there is told, and gets the lifetime that is right now.
            pipeline.set(_entry_key(family.sid), b"1", px=lifetime, get=True)
    return pipeline.execute().count(None)


def _blocks_until(family: EndedFamily) -> datetime:
    if get_settings().denylist_covers is DenylistCovers.ACCESS:
        return family.access_until
    return family.absolute_expires_at


def _margin() -> timedelta:
    return get_settings().policy.leeway + _MARGIN


def _rebuild(shard: int, *, now: datetime) -> None:
    """Write every entry of a shard anew, then its marker; one process at a time."""
    lock, marker = _key(shard, "lock"), _key(shard, "marker")
    token = secrets.token_hex(8)
    if not _client().set(lock, token, nx=True, px=_REBUILD_LOCK_MS):
        _wait_for(marker)
        return
    for page in ended_families.pages(shard=shard):
        _write(page, now)
    if not _client().eval(_PUBLISH_MARKER, 2, lock, marker, token):
        raise DenylistDown("Redis lost its data while it was being filled")


def _wait_for(marker: str) -> None:
    for _ in range(_REBUILD_WAITS):
        time.sleep(_REBUILD_WAIT_SECONDS)
        if _client().get(marker) is not None:
            return
    raise DenylistDown("another process is filling the denylist")


def _entry_key(sid: str) -> str:
    return _key(sid_bytes(sid)[0], f"sid:{sid}")


def _key(shard: int, name: str) -> str:
    # The braces keep a shard in one slot of a Redis Cluster.
    return f"{_prefix()}jwtauth:{{{shard:02x}}}:{name}"


def _prefix() -> str:
    prefix = caches[get_settings().denylist_cache].key_prefix
    return f"{prefix}:" if prefix else ""


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise DenylistDown(f"Redis: {type(error).__name__}") from error


def _client() -> Redis:
    return _client_of(get_settings().denylist_cache)


@cache
def _client_of(alias: str) -> Redis:
    """Return a client of our own on the servers of a django-redis alias.

    Its pool is not shared: redis-py's defaults, 10 retries of 5 seconds each,
    would keep every request waiting for a minute when Redis hangs.
    """
    backend = caches[alias]
    if not hasattr(backend, "client"):
        raise ImproperlyConfigured(
            f"CACHES[{alias!r}] is not served by django-redis, and "
            "JWTAUTH['DENYLIST_CACHE'] names it. Use BACKEND "
            "'django_redis.cache.RedisCache'."
        )
    pool = backend.client.get_client(write=True).connection_pool
    return Redis(connection_pool=_impatient(pool))


def _impatient(pool: ConnectionPool) -> ConnectionPool:
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        **pool.connection_kwargs,
        "retry": Retry(NoBackoff(), retries=1),
    }
    return type(pool)(
        connection_class=pool.connection_class,
        max_connections=pool.max_connections,
        **options,
    )


def _forget(*, setting: str, **_: object) -> None:
    if setting == "CACHES":
        _client_of.cache_clear()


setting_changed.connect(_forget, dispatch_uid="jwtauth.stores.denylist")
