"""Django's own session engines, each on the same servers, and the way in over each."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends import cache, cached_db, db
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware as DjangoMiddleware
from django.core.cache import caches
from django.test import override_settings

from benchmarks.credentials import Headers, session_cookie
from benchmarks.in_process import InProcess
from sessionauth.engine import SessionStore
from sessionauth.flows.session import Origin

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


PEER = "Django cache, django-redis"
"""What most projects have."""
ENGINE = "BENCHMARK_ENGINE"
ORIGIN = Origin(device="Chrome on Linux", address="203.0.113.77")
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


def logged_in(store: type[SessionBase], user: User) -> str:
    """Store what Django's ``login()`` does; without its query for ``last_login``."""
    session = store()
    if isinstance(session, SessionStore):
        session.origin = lambda: ORIGIN
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def django_session_headers(user: User) -> Headers:
    """Return the cookie that proves ``user`` to Django with what most projects have."""
    return session_cookie(logged_in(ENGINES[PEER], user))
