"""Fixtures for the tests of sessionauth: users, clients, counters, servers."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey, EmbeddedValkeyError
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore

COOKIE = "__Host-sessionid"
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _own_urls(settings: Settings) -> None:
    """Mount what these tests need, whatever the demo mounts."""
    settings.ROOT_URLCONF = "tests.sessionauth.urls"
    settings.AUTH_SCHEME = "session"
    settings.LOGIN_URL = "sessionauth:login"
    settings.LOGIN_REDIRECT_URL = settings.LOGOUT_REDIRECT_URL = "/plain/"


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def browser() -> Client:
    """A client that shows its true colours: cookies, CSRF check and all."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def log_in() -> Callable[..., Client]:
    """Log a user in over HTTP; return the client that holds the cookie."""

    def log_in(name: str = "alice", client: Client | None = None) -> Client:
        client = client or Client()
        answer = client.post(
            "/auth/session/",
            {"username": name, "password": PASSWORD},
            content_type="application/json",
            secure=True,
        )
        assert answer.status_code == 200, answer.content
        return client

    return log_in


@pytest.fixture
def age_login(redis_client: redis.Redis) -> Callable[[Client, timedelta], None]:
    """Let a client's login lie further back, as if that much time had passed."""

    def age_login(client: Client, by: timedelta) -> None:
        name = "sa:s:" + digest(session_key(client))
        for field in ("c", "a"):
            at_ms = int(redis_client.hget(name, field) or 0)
            redis_client.hset(name, field, at_ms - by // timedelta(milliseconds=1))

    return age_login


@pytest.fixture
def own_server(valkey: EmbeddedValkey, settings: Settings) -> Iterator[EmbeddedValkey]:
    """Put the sessions on a server of this test's own."""
    use_server(settings, valkey.url)
    yield valkey
    with suppress(EmbeddedValkeyError):  # a test may have stopped it
        valkey.resume()


def use_server(settings: Settings, url: str, **options: object) -> None:
    caches = deepcopy(settings.CACHES)
    caches["default"]["LOCATION"] = url
    caches["default"]["OPTIONS"] = options
    settings.CACHES = caches


def session_key(client: Client) -> str:
    return client.cookies[COOKIE].value


def with_cookie(key: str) -> Client:
    """A client that shows a session id, as a thief or another browser would."""
    client = Client()
    client.cookies[COOKIE] = key
    return client


def stored(**data: object) -> SessionStore:
    """A stored session with this data, as another request would have left it."""
    session = SessionStore()
    session.update(data)
    session.save()
    return session
