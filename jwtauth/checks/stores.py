"""Checks of what tokens are kept in: SQLite's transactions and times, and Redis."""

from typing import Any

from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register  # noqa: A004 # Django's name
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from redis.connection import parse_url

from jwtauth.checks.registry import register_for_settings
from jwtauth.conf import Revocation, Settings
from jwtauth.exceptions import DenylistDown
from jwtauth.stores import connection as redis_connection
from jwtauth.stores import families

_FACTORY = "CONNECTION_FACTORY"


@register(Tags.database)
def check_sqlite_transactions(**_: Any) -> list[CheckMessage]:  # noqa: ANN401 # Django's signature
    """E031: SQLite takes its write lock when a transaction begins."""
    connection = connections[families.database()]
    if connection.vendor != "sqlite":
        return []
    if connection.settings_dict["OPTIONS"].get("transaction_mode") == "IMMEDIATE":
        return []
    return [
        Error(
            f"DATABASES[{connection.alias!r}] is SQLite without "
            "OPTIONS['transaction_mode'] = 'IMMEDIATE'.",
            hint="Write 'OPTIONS': {'transaction_mode': 'IMMEDIATE'} there: "
            "otherwise two logins at once fail with 'database is "
            "locked' instead of waiting for each other.",
            id="jwtauth.E031",
        )
    ]


@register(Tags.database)
def check_sqlite_time_zone(**_: Any) -> list[CheckMessage]:  # noqa: ANN401 # Django's signature
    """E033: SQLite's clock is UTC, and so must its rows be."""
    connection = connections[families.database()]
    zone = connection.settings_dict["TIME_ZONE"] or "UTC"
    if connection.vendor != "sqlite" or (django_settings.USE_TZ and zone == "UTC"):
        return []
    return [
        Error(
            f"DATABASES[{connection.alias!r}] is SQLite, its times are not UTC.",
            hint="Set USE_TZ = True and leave TIME_ZONE out of DATABASES: the times "
            "of logins would be off, and revocations could end before they block "
            "anything.",
            id="jwtauth.E033",
        )
    ]


@register_for_settings(Tags.caches)
def check_denylist_cache(settings: Settings) -> list[CheckMessage]:
    """E032: the denylist's alias is one of django-redis."""
    if settings.revocation is not Revocation.DENYLIST:
        return []
    alias = settings.denylist_cache
    if _is_of_django_redis(alias):
        return _check_addresses(alias)
    return [
        Error(
            f"CACHES[{alias!r}] is not served by django-redis, and "
            "JWTAUTH['DENYLIST_CACHE'] names it.",
            hint="Use BACKEND 'django_redis.cache.RedisCache', or set "
            "JWTAUTH['REVOCATION'] = 'refresh_only', which needs no Redis.",
            id="jwtauth.E032",
        )
    ]


def _is_of_django_redis(alias: str) -> bool:
    try:
        return hasattr(caches[alias], "client")
    except ImproperlyConfigured:  # It is, and has no address at all.
        return True


def _check_addresses(alias: str) -> list[CheckMessage]:
    cache = django_settings.CACHES[alias]
    options = cache.get("OPTIONS") or {}
    if _FACTORY in options or hasattr(django_settings, f"DJANGO_REDIS_{_FACTORY}"):
        return []  # A factory of others reads what it likes.
    location = cache.get("LOCATION") or ""
    try:
        for address in location.split(",") if isinstance(location, str) else location:
            parse_url(address)
    except ValueError:
        # The address is not quoted: it may hold a password.
        return [
            Error(
                f"LOCATION of CACHES[{alias!r}] is no address of a Redis server, and "
                "JWTAUTH['DENYLIST_CACHE'] names it.",
                hint="Write 'redis://host:6379/1', 'rediss://host:6379/1' for TLS, or "
                "'unix:///path/to/socket?db=1'; in a password, percent-encode what is "
                "neither letter nor digit.",
                id="jwtauth.E032",
            )
        ]
    return []


@register_for_settings(Tags.caches, deploy=True)
def check_eviction(settings: Settings) -> list[CheckMessage]:
    """W004, I001: Redis keeps the denylist when its memory is full; asks Redis."""
    if settings.revocation is not Revocation.DENYLIST or check_denylist_cache():
        return []
    alias = settings.denylist_cache
    try:
        policy = redis_connection.eviction_policy()
    except DenylistDown as error:
        return [
            # A build machine has no Redis, and must not fail for that.
            Info(
                f"The denylist's maxmemory-policy could not be asked for ({error}).",
                hint="Run this check where Redis is up and lets its client use INFO.",
                id="jwtauth.I001",
            )
        ]
    if policy == "noeviction":
        return []
    return [
        Warning(
            f"Redis behind CACHES[{alias!r}] evicts keys when its memory is full "
            f"(maxmemory-policy {policy}).",
            hint="Set it to noeviction: requests wait while the denylist is rebuilt, "
            "and where there is no database they are answered 503.",
            id="jwtauth.W004",
        )
    ]
