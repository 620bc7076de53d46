"""Fixtures of the jwtauth tests."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import override_settings
from psycopg import IsolationLevel

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.models import TokenFamily
from tests.crowd import Crowd, crowd_of
from tests.jwtauth.browser import Browser
from tests.jwtauth.caller import PASSWORD, Caller

OTHER_MIDDLEWARE = [path for path in settings.MIDDLEWARE if "JWT" not in path]
"""What the middleware of jwtauth stands behind."""


@pytest.fixture
def pages() -> Iterator[None]:
    """Serve ``tests.jwtauth.urls``: the token cookies decide about every page."""
    middleware = [*OTHER_MIDDLEWARE, "jwtauth.middleware.JWTAuthenticationMiddleware"]
    with override_settings(
        ROOT_URLCONF="tests.jwtauth.urls", MIDDLEWARE=middleware, LOGIN_URL="/login/"
    ):
        yield


@pytest.fixture
def alice(transactional_db: None) -> User:
    """A user; her families are written outside of any transaction of the test."""
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def bob(alice: User) -> User:
    """Another user."""
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def caller() -> Caller:
    """The owner's client, which sends tokens in body and header."""
    return Caller()


@pytest.fixture
def thief() -> Caller:
    """Another client of that kind."""
    return Caller("Thief/6.6")


@pytest.fixture
def browser(alice: User) -> Browser:
    """Where alice is logged in by cookie."""
    browser = Browser()
    browser.login(alice)
    return browser


@pytest.fixture
def jwtauth_settings() -> Iterator[Callable[..., None]]:
    """Change keys of JWTAUTH for the rest of the test."""
    overrides = []

    def change(**changes: object) -> None:
        override = jwtauth(**changes)
        override.enable()
        overrides.append(override)

    yield change
    for override in reversed(overrides):
        override.disable()


@pytest.fixture
def server(valkey: EmbeddedValkey) -> Iterator[EmbeddedValkey]:
    """The denylist alone on a server of the test's own; sessions stay."""
    alias = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": valkey.url,
        "KEY_PREFIX": "tandem",
    }
    # One override: two that do not end in turn would leave their settings behind.
    with override_settings(
        CACHES={**settings.CACHES, "denylist": alias},
        JWTAUTH={**settings.JWTAUTH, "DENYLIST_CACHE": "denylist"},
    ):
        yield valkey


@pytest.fixture
def revoked(alice: User, caller: Caller) -> str:
    """The access token of a login that has ended."""
    access_token: str = caller.login(alice)["access"]
    assert caller.logout(access_token).status_code == 204
    return access_token


@pytest.fixture
def atomic_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every request in a transaction, as ``ATOMIC_REQUESTS = True`` does."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003 # a value, not a flag


@pytest.fixture(params=["read committed", "repeatable read"])
def isolation(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """Run every connection that is opened from now on at one isolation level."""
    level = IsolationLevel[request.param.upper().replace(" ", "_")]
    options = connection.settings_dict.setdefault("OPTIONS", {})
    connection.close()
    options["isolation_level"] = level
    yield request.param
    connection.close()
    del options["isolation_level"]


@pytest.fixture
def crowd(isolation: str) -> Iterator[Crowd]:
    """Twenty threads whose connections have the isolation level of the test."""
    with crowd_of(20) as crowd:
        yield crowd


@pytest.fixture
def small_crowd(isolation: str) -> Iterator[Crowd]:
    """Eight threads, enough to meet, where the number of rounds matters more."""
    with crowd_of(8) as crowd:
        yield crowd


def jwtauth(**changes: object) -> override_settings:
    """Change keys of JWTAUTH for the length of a ``with`` block."""
    return override_settings(JWTAUTH={**settings.JWTAUTH, **changes})


def age(by: timedelta) -> None:
    """Let time pass for every family: the database's own clock can't be moved."""
    TokenFamily.objects.update(
        rotated_at=F("rotated_at") - by,
        created_at=F("created_at") - by,
        idle_expires_at=F("idle_expires_at") - by,
        absolute_expires_at=F("absolute_expires_at") - by,
    )
