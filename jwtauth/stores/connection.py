"""The one way to Redis: a client that does not wait long, and only DenylistDown."""

from functools import cache
from types import TracebackType
from typing import Any

from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from jwtauth.conf import get_settings
from jwtauth.exceptions import DenylistDown

TIMEOUT_SECONDS = 0.5
"""What Redis has to connect and to answer, unless the alias says its own."""


def client() -> Redis:
    """Return the client of the alias in ``DENYLIST_CACHE``.

    Raises:
        ImproperlyConfigured: django-redis does not serve the alias.
    """
    return _client_of(get_settings().denylist_cache)


def prefixed(name: str) -> str:
    """Return a key's name with the prefix of the alias, if that has one."""
    return _prefix_of(get_settings().denylist_cache) + name


def eviction_policy() -> str:
    """Return what Redis does when its memory is full: its ``maxmemory-policy``.

    Raises:
        DenylistDown: Redis does not answer, or does not let us ask.
    """
    with translated_errors():
        policy = client().info("memory").get("maxmemory_policy")
    if policy is None:
        raise DenylistDown("INFO does not tell maxmemory_policy")
    return str(policy)


class translated_errors:  # noqa: N801 # it is used like a function
    """Let every fault of Redis in the block be a DenylistDown.

    A class, because every request comes here and a generator takes thrice as long.
    """

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Translate what ended it."""
        if isinstance(error, RedisError):
            # Not the text of the error, which may hold the address with its password.
            alias = get_settings().denylist_cache
            name = type(error).__name__
            raise DenylistDown(f"Redis behind CACHES[{alias!r}]: {name}") from error


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
            "'django_redis.cache.RedisCache', or set JWTAUTH['REVOCATION'] = "
            "'refresh_only', which needs no Redis."
        )
    pool = backend.client.get_client(write=True).connection_pool
    return Redis(connection_pool=_impatient(pool))


@cache
def _prefix_of(alias: str) -> str:
    prefix = caches[alias].key_prefix
    return f"{prefix}:" if prefix else ""


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
        _prefix_of.cache_clear()


setting_changed.connect(_forget, dispatch_uid="jwtauth.stores.connection")
