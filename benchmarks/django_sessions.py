"""Django's own session engines, each on the same servers, and the way in over each."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.sessions.backends import cache, cached_db, db
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware as DjangoMiddleware
from django.core.cache import caches
from django.test import override_settings

from benchmarks.in_process import InProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class OnDjangoRedis(cache.SessionStore):
    """``SESSION_ENGINE`` ``cache`` over django-redis: what most projects have."""

    def __init__(self, session_key: str | None = None) -> None:
        """Take the peers' cache, so that this package's own database is left alone."""
        super().__init__(session_key)
        self._cache = caches["django-redis"]


class OnRedisCache(cache.SessionStore):
    """``SESSION_ENGINE`` ``cache`` over the Redis cache that Django brings."""

    def __init__(self, session_key: str | None = None) -> None:
        """Take the peers' cache."""
        super().__init__(session_key)
        self._cache = caches["django"]


class CachedDb(cached_db.SessionStore):
    """``SESSION_ENGINE`` ``cached_db`` over django-redis."""

    def __init__(self, session_key: str | None = None) -> None:
        """Take the peers' cache."""
        super().__init__(session_key)
        self._cache = caches["django-redis"]


ENGINES: dict[str, type[SessionBase]] = {
    "Django cache, django-redis": OnDjangoRedis,
    "Django cache, RedisCache": OnRedisCache,
    "Django cached_db": CachedDb,
    "Django db": db.SessionStore,
}


ENGINE = "BENCHMARK_ENGINE"
MIDDLEWARE = [
    "benchmarks.django_sessions.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


class SessionMiddleware(DjangoMiddleware):
    """Django's, with the engine that a benchmark names in place of a module."""

    def __init__(self, get_response: "Callable[[HttpRequest], HttpResponse]") -> None:
        """Read the engine's name."""
        super().__init__(get_response)
        self.SessionStore = ENGINES[getattr(settings, ENGINE, "")]


def worker_with(engine: str) -> InProcess:
    """Return a worker of a project that uses one of ``ENGINES`` and loads the user."""
    with override_settings(MIDDLEWARE=MIDDLEWARE, **{ENGINE: engine}):
        return InProcess()
