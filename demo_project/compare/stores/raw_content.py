"""What a mode's stores hold: every row of its database, every entry of its Redis."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import cast

import psycopg
from psycopg import sql
from redis import Redis

from demo_project.compare.servers.server import ThrowAwayServer

Rows = Mapping[str, Sequence[str]]
"""By table, each as text."""

NEVER = -1
"""Redis' answer for a key that does not expire."""


def rows_of(server: ThrowAwayServer) -> Rows:
    """Return all that is in the database."""
    url = server.environment["DATABASE_URL"]
    return _postgresql_rows(url) if url else _sqlite_rows(server)


def entries_of(redis_url: str) -> Mapping[str, Sequence[str]]:
    """Return all that is in Redis, by key; each byte is one character."""
    with closing(_connected(redis_url)) as redis:
        return {key: list(_entries(redis, key)) for key in _keys(redis)}


def lasting_entries(redis_url: str) -> int:
    """Count what is in keys of Redis that never expire."""
    with closing(_connected(redis_url)) as redis:
        lasting = [key for key in _keys(redis) if redis.pttl(key) == NEVER]
        return sum(len(list(_entries(redis, key))) for key in lasting)


def _connected(redis_url: str) -> Redis:
    return Redis.from_url(redis_url, decode_responses=True, encoding="latin-1")


def _postgresql_rows(url: str) -> Rows:
    with closing(psycopg.connect(url)) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        return {
            table: [
                text
                for (text,) in connection.execute(
                    sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
                )
            ]
            for (table,) in tables
        }


def _sqlite_rows(server: ThrowAwayServer) -> Rows:
    path = server.directory / "db.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        return {
            # The names are the database's own.
            table: [str(row) for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608
            for (table,) in tables
        }


def _keys(redis: Redis) -> Sequence[str]:
    return sorted(cast("Iterator[str]", redis.scan_iter()))


def _entries(redis: Redis, key: str) -> Iterator[str]:
    kind = cast("str", redis.type(key))
    if kind == "string":
        yield str(redis.get(key))
    elif kind == "hash":
        for name, value in cast("dict[str, str]", redis.hgetall(key)).items():
            yield f"{name} {value}"
    elif kind == "zset":
        yield from cast("list[str]", redis.zrange(key, 0, -1))
    elif kind == "set":
        yield from cast("set[str]", redis.smembers(key))
    elif kind != "none":
        raise ValueError(f"{key} is of an unexpected type: {kind}.")
