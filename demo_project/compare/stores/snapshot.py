"""Both stores of a server at one moment, and what has come between two moments."""

from dataclasses import dataclass

import redis
from django_redis import get_redis_connection

from demo_project.compare.stores import database_content, redis_content
from demo_project.compare.stores.stored_login import Added


@dataclass(frozen=True, kw_only=True)
class Stores:
    """All that was stored at one moment."""

    redis: redis_content.Content
    database: database_content.Content


def look() -> Stores:
    """Return what is stored now."""
    return Stores(
        redis=redis_content.redis_content(redis_client()),
        database=database_content.database_content(),
    )


def redis_client() -> redis.Redis:
    """Return a client of the server that sessions and denylist are in."""
    client: redis.Redis = get_redis_connection("default")
    return client


def logged_in(before: Stores, after: Stores) -> Added:
    """Return what a login has added; the user's row it has changed doesn't count."""
    return Added(
        redis_keys=len(redis_content.new_keys(before.redis, after.redis)),
        redis_bytes=redis_content.new_bytes(before.redis, after.redis),
        rows=database_content.new_rows(before.database, after.database),
        row_bytes=database_content.bytes_of_new_rows(before.database, after.database),
    )


def used(before: Stores, after: Stores) -> Added:
    """Return what using or ending a login has added, to any row."""
    return Added(
        redis_keys=len(redis_content.new_keys(before.redis, after.redis)),
        redis_bytes=redis_content.new_bytes(before.redis, after.redis),
        rows=database_content.new_rows(before.database, after.database),
        row_bytes=database_content.new_bytes(before.database, after.database),
    )


def memory_bytes(before: Stores, after: Stores) -> int:
    """Return what the keys that have come take in the memory of Redis."""
    keys = redis_content.new_keys(before.redis, after.redis)
    return redis_content.memory_of(redis_client(), keys)
