"""Ways in which a Redis server fails, each for the length of a ``with`` block."""

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import redis
from django.test import override_settings

from demo_project.embedded_valkey import EmbeddedValkey

Fault: TypeAlias = Callable[[EmbeddedValkey], AbstractContextManager[None]]

OPTIONS = {"enable-debug-command": "yes", "hz": "100"}
"""What a server must be started with: ``loading`` needs one, a quick end the other."""

# A minute of loading; what is left at the end of the block is read at once.
_KEYS = 3000
_MICROSECONDS_PER_KEY = 20_000


def unreachable() -> override_settings:
    """There is no server where the cache is said to be, and none was started for it."""
    alias = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "unix:///nonexistent",
    }
    return override_settings(CACHES={"default": alias})


@contextmanager
def stopped(server: EmbeddedValkey) -> Iterator[None]:
    """Nobody listens. What it held in memory is lost."""
    server.stop()
    yield
    server.start()


@contextmanager
def hung(server: EmbeddedValkey) -> Iterator[None]:
    """Connections open and nothing answers; what was sent is run in the end."""
    server.pause()
    try:
        yield
    finally:
        server.resume()


@contextmanager
def full(server: EmbeddedValkey) -> Iterator[None]:
    """It has no memory left: it reads, and writes nothing."""
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        yield
        client.config_set("maxmemory", "0")


@contextmanager
def read_only(server: EmbeddedValkey) -> Iterator[None]:
    """It was made a replica, of a primary that is gone; it reads old things."""
    with redis.Redis.from_url(server.url) as client:
        client.replicaof("127.0.0.1", 1)
        yield
        client.replicaof("NO", "ONE")


@contextmanager
def orphaned(server: EmbeddedValkey) -> Iterator[None]:
    """The same, told to answer nothing rather than old things."""
    with redis.Redis.from_url(server.url) as client:
        client.config_set("replica-serve-stale-data", "no")
        with read_only(server):
            yield


@contextmanager
def loading(server: EmbeddedValkey) -> Iterator[None]:
    """It reads its data from the disk and answers LOADING."""
    with redis.Redis.from_url(server.url, socket_timeout=60) as client:
        _fill(client)
        reload = threading.Thread(target=client.execute_command, args=["DEBUG RELOAD"])
        reload.start()
        while reload.is_alive() and not _is_loading(client):
            pass
        try:
            yield
        finally:
            client.config_set("key-load-delay", 0)
            reload.join(60)


@contextmanager
def locked(server: EmbeddedValkey) -> Iterator[None]:
    """Its password was changed, and every connection lost."""
    with redis.Redis.from_url(server.url) as client:
        client.config_set("requirepass", "secret")
        client.client_kill_filter(_type="normal", skipme=True)
        yield
        client.config_set("requirepass", "")


@contextmanager
def forbidding(server: EmbeddedValkey) -> Iterator[None]:
    """It was told to refuse its client whatever that asks: NOPERM."""
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "default", "-@all", "+acl")
        yield
        client.execute_command("ACL", "SETUSER", "default", "+@all")


@contextmanager
def unsaved(server: EmbeddedValkey) -> Iterator[None]:
    """Its snapshots fail, so that it refuses to write: MISCONF."""
    # Where the snapshot should be stands something that can't be overwritten.
    with redis.Redis.from_url(server.url) as client:
        obstacle = Path(client.config_get("dir")["dir"]) / "dump.rdb"
        client.config_set("save", "3600 1")
        obstacle.mkdir()
        _save_until(client, "err")
        yield
        obstacle.rmdir()
        _save_until(client, "ok")
        client.config_set("save", "")
        obstacle.unlink()


def _save_until(client: redis.Redis, status: str) -> None:
    while (found := client.info("persistence"))["rdb_last_bgsave_status"] != status:
        if not found["rdb_bgsave_in_progress"]:
            client.bgsave()


def assert_made_twice_at_most(attempts: list[str]) -> None:
    """One retry and no more: what the fixture ``attempts`` has counted is bounded."""
    assert attempts
    assert max(Counter(attempts).values()) <= 2, attempts


def _fill(client: redis.Redis) -> None:
    """Give it so much to read that it is interrupted by what clients ask."""
    client.config_set("loading-process-events-interval-bytes", 1024)
    ballast = {f"ballast:{n}": secrets.token_bytes(2048) for n in range(_KEYS)}
    client.mset(ballast)
    client.config_set("key-load-delay", _MICROSECONDS_PER_KEY)


def _is_loading(client: redis.Redis) -> bool:
    with suppress(redis.ConnectionError):
        return client.info("persistence")["loading"] == 1
    return False
