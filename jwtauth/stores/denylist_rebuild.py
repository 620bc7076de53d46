"""Fill a shard of the denylist that Redis has lost from the database."""

import secrets
import time
from datetime import datetime

from django.db import Error as DatabaseFault
from redis.exceptions import RedisError

from jwtauth.exceptions import DenylistDown
from jwtauth.stores import denylist_shards, ended_families, families
from jwtauth.stores.connection import client, translated_errors
from jwtauth.stores.own_snapshot import own_snapshot

_LOCK_MS = 30_000
_WAIT_SECONDS = 0.05
_WAITS = 10

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


def rebuild(shard: int, *, now: datetime) -> None:
    """Write every entry of a shard anew, then its marker; one process at a time.

    Raises:
        DenylistDown: Redis or the database does not answer, Redis lost the shard
            meanwhile, or another process is at it for long.
    """
    lock, token = denylist_shards.key_of(shard, "denylist-lock"), secrets.token_hex(8)
    with translated_errors():
        if not client().set(lock, token, nx=True, px=_LOCK_MS):
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


def _fill(shard: int, note: str, now: datetime) -> None:
    denylist_shards.note(shard, note, milliseconds=_LOCK_MS)
    try:
        with own_snapshot(families.database()):
            for page in ended_families.pages(shard=shard):
                denylist_shards.write(page, now)
    except DatabaseFault as error:
        raise DenylistDown(f"the database: {type(error).__name__}") from error
    if not denylist_shards.publish(shard, note):
        raise DenylistDown("Redis lost its data while it was being filled")


def _wait_for(shard: int) -> None:
    for _ in range(_WAITS):
        time.sleep(_WAIT_SECONDS)
        if denylist_shards.is_complete(shard):
            return
    raise DenylistDown("another process is filling the denylist")
