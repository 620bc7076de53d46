"""The way to Redis: the only user of django-redis, and the only place for its errors.

The cache alias of ``SESSIONAUTH["CACHE"]`` says where the server is and how to reach
it. The connection pool is our own: django-redis keys its pools by URL alone, so a
shared one would bring the cache's time limits, or redis-py's, which are 5 seconds and
10 retries. Options that the alias sets itself are kept.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django_redis.pool import get_connection_factory
from redis.backoff import NoBackoff
from redis.exceptions import (
    NoScriptError,
    OutOfMemoryError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from sessionauth.conf import get_settings
from sessionauth.exceptions import RecordCorrupt, StoreDown, StoreFull
from sessionauth.stores.round_trip import Argument, Client, round_trip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMEOUT_SECONDS = 0.5
RETRIES = 1
_CODE = re.compile(r"[A-Z]{2,20}")
"""What an error of Redis begins with."""
_LUA = Path(__file__).parent / "lua"


class _Pipeline(Protocol):
    def execute_command(self, *args: Argument) -> object: ...

    def execute(self, *, raise_on_error: bool) -> list[object]: ...


class _Client(Client, Protocol):
    def pipeline(self, *, transaction: bool) -> _Pipeline: ...

    def scan_iter(self, *, match: str, count: int) -> "Iterator[bytes]": ...


@dataclass(frozen=True)
class Script:
    """A Lua script that touches one key, and the digest under which Redis keeps it."""

    source: str
    sha1: str


def load_script(*names: str) -> Script:
    """Return the script that the files ``names`` of ``lua/`` make up, in this order."""
    source = "\n".join((_LUA / f"{name}.lua").read_text("utf-8") for name in names)
    sha1 = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return Script(source, sha1)


def run(script: Script, key: str, *arguments: Argument) -> object:
    """Run ``script`` on one key and return its answer, in one round trip.

    The client sends a call again when the answer doesn't come in time, although the
    server may have run it, or may run it when it wakes up. So every script of this
    package gives the same result when it runs twice.

    Raises:
        StoreDown: no answer, or one that says "not now".
        RecordCorrupt: the key holds something of another type.
    """
    store = _store(get_settings().cache)
    named = store.prefix + key
    try:
        try:
            return round_trip(
                store.client, "EVALSHA", script.sha1, 1, named, *arguments
            )
        except NoScriptError:
            # The server forgot it (restart, failover, SCRIPT FLUSH); this teaches it.
            return store.client.execute_command(
                "EVAL", script.source, 1, named, *arguments
            )
    except (RedisError, OSError) as error:
        # `from None`: tracebacks would show the text that the new error leaves out.
        raise _translated(error) from None


def command(name: str, key: str, *arguments: Argument) -> object:
    """Send one command about one key and return its answer; raises as ``run`` does."""
    store = _store(get_settings().cache)
    try:
        return store.client.execute_command(name, store.prefix + key, *arguments)
    except (RedisError, OSError) as error:
        raise _translated(error) from None


def commands(calls: "Sequence[tuple[str, str, *tuple[Argument, ...]]]") -> list[object]:
    """Send many commands, each about one key, in one round trip (one per node).

    Args:
        calls: name, key and arguments of each. They only read: the client may send
            them all again.

    Returns:
        The answers in their order; an error of ours, not raised, where a key holds
        something of another type.

    Raises:
        StoreDown: no answer to one of them.
    """
    if not calls:
        return []
    store = _store(get_settings().cache)
    try:
        pipeline = store.client.pipeline(transaction=False)
        for name, key, *arguments in calls:
            pipeline.execute_command(name, store.prefix + key, *arguments)
        answers = pipeline.execute(raise_on_error=False)
    except (RedisError, OSError) as error:
        raise _translated(error) from None
    return [_answered(answer) for answer in answers]


def _answered(answer: object) -> object:
    if not isinstance(answer, RedisError | OSError):
        return answer
    fault = _translated(answer)
    if isinstance(fault, StoreDown):
        raise fault from answer
    return fault


def delete_all(namespace: str) -> int:
    """Delete every key of ours that begins with ``namespace``; return how many.

    It scans the whole database: for maintenance, never for a request.
    """
    store = _store(get_settings().cache)
    deleted = 0
    pattern = _glob_escaped(store.prefix + namespace) + "*"
    try:
        for key in store.client.scan_iter(match=pattern, count=1000):
            deleted += bool(store.client.execute_command("DEL", key))
    except (RedisError, OSError) as error:
        raise _translated(error) from None
    return deleted


@dataclass(frozen=True)
class _Store:
    client: _Client
    prefix: str


@cache
def _store(alias: str) -> _Store:
    try:
        cache_settings: dict[str, Any] = dict(django_settings.CACHES[alias])
    except KeyError:
        raise ImproperlyConfigured(
            f"SESSIONAUTH['CACHE'] names {alias!r}, which is not in CACHES."
        ) from None
    location = cache_settings.get("LOCATION") or ""
    # The first server is the one that takes writes. A replica lags behind, so it would
    # still know sessions that were revoked.
    servers = location.split(",") if isinstance(location, str) else list(location)
    factory = get_connection_factory(_bounded(cache_settings.get("OPTIONS") or {}))
    # On the class this is one dict for the whole process, keyed by URL alone.
    factory._pools = {}  # noqa: SLF001
    prefix = cache_settings.get("KEY_PREFIX") or ""
    return _Store(factory.connect(servers[0]), f"{prefix}:" if prefix else "")


def _bounded(options: dict[str, object]) -> dict[str, object]:
    pool_options = options.get("CONNECTION_POOL_KWARGS")
    return {
        "SOCKET_TIMEOUT": TIMEOUT_SECONDS,
        "SOCKET_CONNECT_TIMEOUT": TIMEOUT_SECONDS,
        **options,
        "CONNECTION_POOL_KWARGS": {
            "retry": Retry(NoBackoff(), RETRIES),
            # The newer protocol costs a handshake and brings nothing we use.
            "protocol": 2,
            **(pool_options if isinstance(pool_options, dict) else {}),
            # Records are bytes.
            "decode_responses": False,
        },
    }


def _translated(error: RedisError | OSError) -> StoreDown | RecordCorrupt:
    """Return our error. What Redis refuses is never a reason to log anybody out."""
    if isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE"):
        return RecordCorrupt("WRONGTYPE")
    kind = StoreFull if isinstance(error, OutOfMemoryError) else StoreDown
    return kind(_named(error))


def _named(error: RedisError | OSError) -> str:
    """Return the error's class, and the code of an answer that has one.

    Not its text: Redis quotes the arguments of a command that it doesn't know, and
    these may be a password or a session's data.
    """
    code, _, _ = str(error).partition(" ")
    is_answer = isinstance(error, ResponseError) and _CODE.fullmatch(code)
    return f"{type(error).__name__} {code}" if is_answer else type(error).__name__


def _glob_escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "*?[]\\^" else char for char in text)


def _forget(*, setting: str, **_: object) -> None:
    if setting in {"CACHES", "DJANGO_REDIS_CONNECTION_FACTORY"}:
        _store.cache_clear()


setting_changed.connect(_forget, dispatch_uid="sessionauth.stores.connection")
