"""Checks of the Redis behind the sessions, and of the cache that says where it is."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings as django_settings
from django.core.cache import DEFAULT_CACHE_ALIAS
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register  # noqa: A004 # Django's name
from redis.connection import parse_url

from sessionauth.conf import SETTING, get_settings, problems
from sessionauth.exceptions import StoreDown
from sessionauth.stores.connection import server_facts

_OURS = "django_redis."
_FLUSHING = (_OURS, "django.core.cache.backends.redis.")
"""The backends whose ``clear()`` is FLUSHDB, whatever the ``KEY_PREFIX``."""
_FACTORY = "CONNECTION_FACTORY"
_TIME_LIMITS = ("SOCKET_CONNECT_TIMEOUT", "SOCKET_TIMEOUT")
_DEFAULT_PORT = 6379


@register(Tags.caches)
def check_cache(**_: object) -> list[CheckMessage]:
    """E006, W006: the cache is one of django-redis, and hides no outage."""
    alias = _alias()
    if alias is None:
        return []
    cache = _cache(alias)
    if not _is_ours(cache):
        return [
            Error(
                f"{SETTING}['CACHE'] is {alias!r}, which is no django-redis cache.",
                hint="Name an alias of CACHES with the backend "
                "'django_redis.cache.RedisCache'.",
                id="sessionauth.E006",
            )
        ]
    if not _has_addresses(cache):
        return [_no_address(alias)]
    ignores = getattr(django_settings, "DJANGO_REDIS_IGNORE_EXCEPTIONS", False)
    if not cache.get("OPTIONS", {}).get("IGNORE_EXCEPTIONS", ignores):
        return []
    return [
        Warning(
            f"CACHES[{alias!r}] ignores exceptions.",
            hint="Sessions don't follow this option, but whatever else guards the "
            "login through this cache (such as a throttle) is blind while Redis is "
            "down. Remove it.",
            id="sessionauth.W006",
        )
    ]


@register(Tags.caches, deploy=True)
def check_server(**_: object) -> list[CheckMessage]:
    """W008, W009, I001: Redis forgets no session, and no end of one; asks Redis."""
    alias = _alias()
    if alias is None or not _is_usable(_cache(alias)):
        return []
    try:
        facts = server_facts()
    except StoreDown as error:
        return [
            # A build machine has no Redis, and must not fail for that.
            Info(
                f"Redis behind CACHES[{alias!r}] could not be asked how it keeps "
                f"sessions ({error}).",
                hint="Run this check where Redis is up and lets its client use INFO.",
                id="sessionauth.I001",
            )
        ]
    return [*_eviction(alias, facts), *_durability(alias, facts)]


@register(Tags.caches, deploy=True)
def check_sharing(**_: object) -> list[CheckMessage]:
    """W010: no cache is emptied together with the sessions."""
    alias = _alias()
    if alias is None or not _is_usable(_cache(alias)):
        return []
    own = _databases(_cache(alias))
    sharing = sorted(
        other
        for other in django_settings.CACHES
        if (other != alias or other == DEFAULT_CACHE_ALIAS)
        and own & _databases(_cache(other))
    )
    if not sharing:
        return []
    return [
        Warning(
            f"Sessions lie in the database of the cache{'s' * (len(sharing) > 1)} "
            f"{', '.join(map(repr, sharing))}, whose clear() logs everybody out.",
            hint="clear() is FLUSHDB, with any KEY_PREFIX. Give sessions an alias with "
            "a database, better a server, of their own, and name it in "
            f"{SETTING}['CACHE'].",
            id="sessionauth.W010",
        )
    ]


@register(Tags.caches, deploy=True)
def check_time_limits(**_: object) -> list[CheckMessage]:
    """W011: what shares the alias with the sessions does not wait for long."""
    alias = _alias()
    # Sessions have limits of their own; other aliases are nobody else's cache.
    if alias != DEFAULT_CACHE_ALIAS or not _is_usable(cache := _cache(alias)):
        return []
    options = cache.get("OPTIONS") or {}
    pool = options.get("CONNECTION_POOL_KWARGS") or {}
    missing = [
        name
        for name in _TIME_LIMITS
        if options.get(name) is None and pool.get(name.lower()) is None
    ]
    if not missing:
        return []
    return [
        Warning(
            f"CACHES[{alias!r}] has no {' and no '.join(missing)}.",
            hint="Sessions have limits of their own, half a second. Whatever else uses "
            "this cache hangs with Redis: set both in OPTIONS.",
            id="sessionauth.W011",
        )
    ]


def _no_address(alias: str) -> CheckMessage:
    # The address is not quoted: it may hold a password.
    return Error(
        f"LOCATION of CACHES[{alias!r}] is no address of a Redis server.",
        hint="Write 'redis://host:6379/1', 'rediss://host:6379/1' for TLS, or "
        "'unix:///path/to/socket?db=1'; in a password, percent-encode what is "
        "neither letter nor digit.",
        id="sessionauth.E006",
    )


def _eviction(alias: str, facts: list[Mapping[str, object]]) -> list[CheckMessage]:
    policies = {str(each.get("maxmemory_policy", "unknown")) for each in facts}
    if policies == {"noeviction"}:
        return []
    return [
        Warning(
            f"Redis behind CACHES[{alias!r}] evicts keys when its memory is full "
            f"(maxmemory-policy {', '.join(sorted(policies))}).",
            hint="Set it to noeviction: otherwise users are logged out, and lists of "
            "sessions are lost, by which they are ended.",
            id="sessionauth.W008",
        )
    ]


def _durability(alias: str, facts: list[Mapping[str, object]]) -> list[CheckMessage]:
    if all(str(each.get("aof_enabled")) == "1" for each in facts):
        return []
    return [
        Warning(
            f"Redis behind CACHES[{alias!r}] has no append-only file.",
            hint="Set appendonly yes: snapshots are minutes old, and after a crash "
            "bring sessions back that were ended in these minutes.",
            id="sessionauth.W009",
        )
    ]


def _alias() -> str | None:
    """Return the alias of the sessions; None while the setting has a fault."""
    if problems(getattr(django_settings, SETTING, {})):
        return None
    return get_settings().cache


def _cache(alias: str) -> dict[str, Any]:
    return dict(django_settings.CACHES.get(alias, {}))


def _is_ours(cache: Mapping[str, object]) -> bool:
    return str(cache.get("BACKEND", "")).startswith(_OURS)


def _is_usable(cache: Mapping[str, Any]) -> bool:
    """Whether E006 has nothing to say: the others can't look at such a cache."""
    return _is_ours(cache) and _has_addresses(cache)


def _has_addresses(cache: Mapping[str, Any]) -> bool:
    """Whether redis-py can read them; a factory of others reads what it likes."""
    options = cache.get("OPTIONS") or {}
    if _FACTORY in options or hasattr(django_settings, f"DJANGO_REDIS_{_FACTORY}"):
        return True
    try:
        for address in _addresses(cache):
            parse_url(address)
    except ValueError:
        return False
    return True


def _addresses(cache: Mapping[str, Any]) -> list[str]:
    location = cache.get("LOCATION") or ""
    return location.split(",") if isinstance(location, str) else list(location)


def _databases(cache: Mapping[str, Any]) -> set[tuple[str, int, str]]:
    """Return (server, port, database) of each address that ``clear()`` empties."""
    if not str(cache.get("BACKEND", "")).startswith(_FLUSHING):
        return set()
    named = (cache.get("OPTIONS") or {}).get("db")
    return {_database(server, named) for server in _addresses(cache)}


def _database(address: str, named: object) -> tuple[str, int, str]:
    parts = urlsplit(address)
    in_query = parse_qs(parts.query).get("db", [""])[0]
    is_socket = parts.scheme == "unix"
    in_path = "" if is_socket else parts.path.strip("/")
    server = parts.path if is_socket else parts.hostname or ""
    database = in_query or in_path or str(named or 0)
    return server, 0 if is_socket else parts.port or _DEFAULT_PORT, database
