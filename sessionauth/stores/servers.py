"""The servers of the cache alias: which they are, and how long we wait for them.

The alias of ``SESSIONAUTH["CACHE"]`` says where they are and how to reach them. The
connection pools are our own: django-redis keys its pools by URL alone, so a shared one
would bring the cache's time limits, or redis-py's, which are 5 seconds and 10 retries.
Options that the alias sets itself are kept.

Only primaries are asked: a replica lags behind, so it would still know sessions that
were revoked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django_redis.pool import get_connection_factory
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ReadOnlyError
from redis.retry import Retry

from sessionauth.stores.cluster import Cluster, ClusterConnectionFactory
from sessionauth.stores.exchange import (
    Answers,
    Call,
    KeyedCall,
    exchange,
    exchange_each,
)

TIMEOUT_SECONDS = 0.5
RETRIES = 1
# What is left of the time limit is for the way there and back.
_WAIT_SHARE = 0.8


class Servers(Protocol):
    """Where keys live: on one server, on whichever is primary now, or on a cluster."""

    def send(self, key: str | bytes, *calls: Call) -> Answers:
        """Send calls about one key on one connection and return their answers."""

    def send_each(self, calls: Sequence[KeyedCall]) -> Answers:
        """Send calls about a key each, at once; errors are among the answers."""

    def primaries(self) -> list[Redis]:
        """Return a client of every server that takes writes."""


class OneServer:
    """One server, or the primary that Sentinel names when a connection is made."""

    def __init__(self, client: Redis) -> None:
        """Talk through ``client``."""
        self.client = client

    def send(self, key: str | bytes, *calls: Call) -> Answers:  # noqa: ARG002 # for clusters
        """Send calls on one connection; raises what redis-py raises."""
        try:
            return exchange(self.client, *calls)
        except ReadOnlyError:
            # It was demoted. Its name, or Sentinel, leads to the new primary by now.
            self.client.connection_pool.disconnect(inuse_connections=False)
            raise

    def send_each(self, calls: Sequence[KeyedCall]) -> Answers:
        """Send all calls in one round trip."""
        return exchange_each(self.client, calls)

    def primaries(self) -> list[Redis]:
        """Return the one client."""
        return [self.client]


@dataclass(frozen=True)
class Store:
    """The servers of an alias, and what our keys there begin with."""

    servers: Servers
    prefix: str
    wait_ms: int
    """How long the servers may wait for their replicas."""


@cache
def store_of(alias: str) -> Store:
    """Return the store behind an alias of ``CACHES``, the same at every call.

    Raises:
        ImproperlyConfigured: there is no such alias.
        RedisClusterException: it is a cluster, of which no node answers.
    """
    try:
        cache_settings: dict[str, Any] = dict(django_settings.CACHES[alias])
    except KeyError:
        raise ImproperlyConfigured(
            f"SESSIONAUTH['CACHE'] names {alias!r}, which is not in CACHES."
        ) from None
    location = cache_settings.get("LOCATION") or ""
    addresses = location.split(",") if isinstance(location, str) else list(location)
    options = _bounded(cache_settings.get("OPTIONS") or {})
    prefix = cache_settings.get("KEY_PREFIX") or ""
    return Store(
        servers=_connect(addresses, options),
        prefix=f"{prefix}:" if prefix else "",
        wait_ms=int(_socket_timeout(options) * _WAIT_SHARE * 1000),
    )


def _connect(addresses: list[str], options: dict[str, Any]) -> Servers:
    factory = get_connection_factory(options)
    if isinstance(factory, ClusterConnectionFactory):
        return Cluster(factory.make_client(addresses))
    # On the class this is one dict for the whole process, keyed by URL alone.
    factory._pools = {}  # noqa: SLF001
    # Of several servers the first is the one that takes writes.
    return OneServer(factory.connect(addresses[0]))


def _bounded(options: dict[str, Any]) -> dict[str, Any]:
    pool_options = options.get("CONNECTION_POOL_KWARGS")
    bounded = {
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
    if options.get("SENTINELS"):
        _bound_sentinels(bounded)
    return bounded


def _bound_sentinels(options: dict[str, Any]) -> None:
    # A sentinel that hangs must not cost ten tries of its own: another is asked.
    options["SENTINEL_KWARGS"] = {
        "socket_timeout": options["SOCKET_TIMEOUT"],
        "socket_connect_timeout": options["SOCKET_CONNECT_TIMEOUT"],
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        **(options.get("SENTINEL_KWARGS") or {}),
    }
    # Whatever the URL says.
    options["CONNECTION_POOL_KWARGS"]["is_master"] = True


def _socket_timeout(options: dict[str, Any]) -> float:
    pool_options = options["CONNECTION_POOL_KWARGS"]
    limit = pool_options.get("socket_timeout", options["SOCKET_TIMEOUT"])
    return float(limit or TIMEOUT_SECONDS)


def _forget(*, setting: str, **_: object) -> None:
    if setting in {"CACHES", "DJANGO_REDIS_CONNECTION_FACTORY"}:
        store_of.cache_clear()


setting_changed.connect(_forget, dispatch_uid="sessionauth.stores.servers")
