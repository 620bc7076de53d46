"""The system checks."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.core.checks import run_checks
from django.core.signing import JSONSerializer
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth.checks import stores
from sessionauth.checks.settings import DJANGO_MIDDLEWARE, MIDDLEWARE

AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"


class NotJson:
    """Stands for a serializer that pickles."""

    def dumps(self, obj: object) -> bytes:
        return repr(obj).encode()

    def loads(self, data: bytes) -> object:
        raise NotImplementedError


class SpecialJson(JSONSerializer):
    """Stands for a serializer with an encoder of its own."""


@pytest.fixture(autouse=True)
def _guarded_login(settings: Settings) -> None:
    """Leave the guard of the login out of account; it has tests of its own."""
    settings.AXES_ENABLED = True
    settings.AUTHENTICATION_BACKENDS = [
        "axes.backends.AxesStandaloneBackend",
        "django.contrib.auth.backends.ModelBackend",
    ]


def found(*, deploy: bool = False) -> list[str]:
    messages = run_checks(include_deployment_checks=deploy)
    return [str(m.id) for m in messages if str(m.id).startswith("sessionauth.")]


@pytest.fixture
def deployed(tmp_path: Path, settings: Settings) -> Iterator[EmbeddedValkey]:
    """A server that keeps its data, and sessions with a database of their own."""
    with EmbeddedValkey(tmp_path / "data") as server:
        caches = deepcopy(settings.CACHES)
        caches["default"]["LOCATION"] = server.url
        caches["sessions"] = deepcopy(caches["default"])
        caches["sessions"]["LOCATION"] = server.url.replace("db=0", "db=1")
        settings.CACHES = caches
        settings.SESSIONAUTH = {"CACHE": "sessions"}
        yield server


def set_location(settings: Settings, alias: str, location: object) -> None:
    caches = deepcopy(settings.CACHES)
    caches[alias]["LOCATION"] = location
    settings.CACHES = caches


def shared() -> bool:
    """Whether a cache shares the sessions' database; asks no server."""
    return [m.id for m in stores.check_sharing()] == ["sessionauth.W010"]


class TestChecks:
    @pytest.mark.usefixtures("deployed")
    def test_good_settings_are_clean(self) -> None:
        """A check that complains about a good project is soon silenced."""
        assert found() == []
        assert found(deploy=True) == []

    @pytest.mark.requirement("OPS-01")
    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("SESSIONAUTH", {"IDLE_TIMOUT": 1}, "E001"),
            ("SESSIONAUTH", {"IDLE_TIMEOUT": 1800}, "E002"),
            ("SESSIONAUTH", {"CACHE": "nowhere"}, "E006"),
            ("SESSION_ENGINE", "django.contrib.sessions.backends.db", "E004"),
            ("MIDDLEWARE", [], "E005"),
            ("MIDDLEWARE", [DJANGO_MIDDLEWARE], "E005"),
            ("MIDDLEWARE", [MIDDLEWARE, DJANGO_MIDDLEWARE], "E005"),
            ("MIDDLEWARE", [MIDDLEWARE, MIDDLEWARE], "E005"),
            ("MIDDLEWARE", [AUTH, MIDDLEWARE], "E005"),
            ("SESSIONAUTH", {"IDLE_TIMEOUT": timedelta(minutes=61)}, "W007"),
            ("SESSIONAUTH", {"ABSOLUTE_TIMEOUT": timedelta(hours=25)}, "W007"),
            ("SESSION_SERIALIZER", "tests.sessionauth.test_checks.NotJson", "E007"),
            ("SESSION_SERIALIZER", "no.such.Class", "E007"),
            ("SESSION_COOKIE_HTTPONLY", False, "W002"),
            ("SESSION_COOKIE_SAMESITE", "None", "W004"),
            ("SESSION_COOKIE_SAMESITE", False, "W004"),
            ("SESSION_EXPIRE_AT_BROWSER_CLOSE", False, "W005"),
            ("DJANGO_REDIS_IGNORE_EXCEPTIONS", True, "W006"),
        ],
    )
    def test_fault_is_found(
        self, settings: Settings, name: str, value: object, expected: str
    ) -> None:
        """Each of these would show only later, as a surprise."""
        setattr(settings, name, value)

        assert found() == [f"sessionauth.{expected}"]

    def test_json_with_an_encoder_of_its_own_is_clean(self, settings: Settings) -> None:
        """What counts is what the serializer writes, not its class."""
        settings.SESSION_SERIALIZER = "tests.sessionauth.test_checks.SpecialJson"

        assert found() == []

    def test_cache_of_another_backend_is_found(self, settings: Settings) -> None:
        """A local-memory cache would be another set of sessions in each process."""
        local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        settings.CACHES = {"default": local}

        assert found() == ["sessionauth.E006"]

    def test_cookie_that_stays_is_told_of_the_box_at_the_login(
        self, settings: Settings
    ) -> None:
        """``set_expiry()`` only shortens: nobody gets a longer cookie by it."""
        settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = False

        (message,) = [m for m in run_checks() if m.id == "sessionauth.W005"]

        assert "'remember'" in str(message.hint)
        assert "set_expiry" not in str(message.hint)

    def test_message_names_key_and_cure(self, settings: Settings) -> None:
        """Who reads it must know what to type."""
        settings.SESSIONAUTH = {"IDLE_TIMOUT": 1}

        (message,) = [m for m in run_checks() if m.id == "sessionauth.E001"]

        assert "IDLE_TIMOUT" in message.msg
        assert "IDLE_TIMEOUT" in str(message.hint)


class TestCookie:
    @pytest.mark.requirement("CKE-01")
    @pytest.mark.parametrize(
        ("name", "attributes"),
        [
            ("__Host-sessionid", {"SECURE": False}),
            ("__Host-sessionid", {"DOMAIN": "example.com"}),
            ("__Host-sessionid", {"PATH": "/app/"}),
            ("__hOST-sessionid", {"PATH": "/app/"}),
            ("__Secure-sessionid", {"SECURE": False}),
            ("__Http-sessionid", {"SECURE": False}),
            ("__Http-sessionid", {"HTTPONLY": False}),
            ("__Host-Http-sessionid", {"HTTPONLY": False}),
            ("__Host-Http-sessionid", {"SECURE": False}),
            ("__Host-Http-sessionid", {"PATH": "/app/"}),
            ("__Host-Http-sessionid", {"DOMAIN": "example.com"}),
        ],
    )
    def test_name_that_browsers_refuse_is_an_error(
        self, settings: Settings, name: str, attributes: dict[str, object]
    ) -> None:
        """They say nothing; the login just does not stick, for anybody."""
        settings.SESSION_COOKIE_NAME = name
        for attribute, value in attributes.items():
            setattr(settings, f"SESSION_COOKIE_{attribute}", value)

        assert "sessionauth.E008" in found()

    @pytest.mark.requirement("CKE-01", "CKE-02")
    @pytest.mark.parametrize(
        ("name", "attributes"),
        [
            ("__Host-sessionid", {}),
            ("__Host-Http-sessionid", {}),
            ("__Secure-sessionid", {"DOMAIN": "example.com"}),
            ("__Secure-sessionid", {"PATH": "/app/"}),
            ("__Http-sessionid", {"PATH": "/app/"}),
        ],
    )
    @pytest.mark.usefixtures("deployed")
    def test_name_that_binds_as_far_as_it_can_is_clean(
        self, settings: Settings, name: str, attributes: dict[str, object]
    ) -> None:
        """A cookie for a path or a domain can't have the strictest name."""
        settings.SESSION_COOKIE_NAME = name
        for attribute, value in attributes.items():
            setattr(settings, f"SESSION_COOKIE_{attribute}", value)

        assert found(deploy=True) == []

    @pytest.mark.requirement("CKE-01")
    @pytest.mark.parametrize(
        ("name", "attributes"),
        [
            ("sessionid", {}),
            ("__Secure-sessionid", {}),
            ("__Http-sessionid", {}),
            ("sessionid", {"PATH": "/app/"}),
        ],
    )
    @pytest.mark.usefixtures("deployed")
    def test_name_that_binds_less_than_it_could_is_found_at_deploy_only(
        self, settings: Settings, name: str, attributes: dict[str, object]
    ) -> None:
        """On a laptop without TLS it is in order."""
        settings.SESSION_COOKIE_NAME = name
        for attribute, value in attributes.items():
            setattr(settings, f"SESSION_COOKIE_{attribute}", value)

        assert found() == []
        assert found(deploy=True) == ["sessionauth.W001"]

    @pytest.mark.requirement("CKE-04")
    def test_samesite_none_without_secure_is_an_error(self, settings: Settings) -> None:
        """Browsers refuse that too."""
        settings.SESSION_COOKIE_NAME = "sessionid"
        settings.SESSION_COOKIE_SAMESITE = "None"
        settings.SESSION_COOKIE_SECURE = False

        assert found() == ["sessionauth.E009"]

    @pytest.mark.requirement("CKE-05")
    @pytest.mark.parametrize(
        ("debug", "expected"), [(False, ["sessionauth.E010"]), (True, [])]
    )
    @pytest.mark.usefixtures("deployed")
    def test_insecure_cookie_is_an_error_at_deploy_unless_debugging(
        self, settings: Settings, *, debug: bool, expected: list[str]
    ) -> None:
        """Only a developer's own machine may do without TLS."""
        settings.SESSION_COOKIE_NAME = "sessionid"
        settings.SESSION_COOKIE_SECURE = False
        settings.DEBUG = debug

        assert found() == []
        ids = [id_ for id_ in found(deploy=True) if id_ != "sessionauth.W001"]
        assert ids == expected


class TestServer:
    @pytest.mark.parametrize(
        "location",
        ["", "127.0.0.1:6379", "redi://host/1", "redis://:a/b@host/1", ["redis://h:x"]],
    )
    @pytest.mark.usefixtures("deployed")
    def test_location_that_is_no_address_is_found(
        self, settings: Settings, location: object
    ) -> None:
        """The first login would say so otherwise, and ``check --deploy`` crash.

        It is not quoted: a password with a slash in it is what makes some unreadable.
        """
        set_location(settings, "sessions", location)

        messages = [m for m in run_checks() if m.id == "sessionauth.E006"]

        assert [m.msg for m in messages] == [
            "LOCATION of CACHES['sessions'] is no address of a Redis server."
        ]
        assert found(deploy=True) == ["sessionauth.E006"]

    @pytest.mark.parametrize("location", ["rediss://a/1,redis://b:1/2", "unix:///s"])
    @pytest.mark.usefixtures("deployed")
    def test_location_with_addresses_is_clean(
        self, settings: Settings, location: str
    ) -> None:
        """Whatever redis-py takes is right."""
        set_location(settings, "sessions", location)

        assert found() == []

    @pytest.mark.usefixtures("deployed")
    def test_location_for_a_factory_of_others_is_its_business(
        self, settings: Settings
    ) -> None:
        """Only it knows what it reads."""
        set_location(settings, "sessions", "name-of-a-service")
        settings.CACHES["sessions"]["OPTIONS"]["CONNECTION_FACTORY"] = "some.Factory"

        assert found() == []

    @pytest.mark.requirement("OPS-04")
    @pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
    def test_evicting_server_is_found(
        self, deployed: EmbeddedValkey, policy: str
    ) -> None:
        """It would throw out sessions, and the lists by which they are ended."""
        with redis.Redis.from_url(deployed.url) as server:
            server.config_set("maxmemory-policy", policy)

        assert found() == []
        assert found(deploy=True) == ["sessionauth.W008"]

    def test_server_without_append_only_file_is_found(
        self, deployed: EmbeddedValkey
    ) -> None:
        """After a crash it would bring back sessions that were ended."""
        with redis.Redis.from_url(deployed.url) as server:
            server.config_set("appendonly", "no")

        assert found() == []
        assert found(deploy=True) == ["sessionauth.W009"]

    def test_server_that_is_down_is_said_to_be_unknown(
        self, deployed: EmbeddedValkey
    ) -> None:
        """A build machine has none; a check that was left out must not look passed."""
        deployed.stop()

        assert found(deploy=True) == ["sessionauth.I001"]

    def test_server_that_refuses_to_tell_is_said_to_be_unknown(
        self, deployed: EmbeddedValkey
    ) -> None:
        """A client with few rights is a good thing."""
        with redis.Redis.from_url(deployed.url) as server:
            server.execute_command("ACL", "SETUSER", "default", "-info")

            assert found(deploy=True) == ["sessionauth.I001"]

    @pytest.mark.usefixtures("deployed")
    def test_server_is_asked_by_one_command_at_deploy_only(
        self, round_trips: list[str]
    ) -> None:
        """Checks run at every start, and must not depend on a server then."""
        found()
        assert round_trips == []

        stores.check_server()
        assert round_trips == ["INFO"]


class TestSharing:
    @pytest.mark.parametrize(
        ("sessions", "other"),
        [
            ("redis://redis:6379/1", "redis://redis/1"),
            ("redis://redis/1", "rediss://user:secret@REDIS:6379?db=1"),
            ("redis://redis", "redis://redis:6379/0"),
            ("redis://one/1,redis://two/1", ["redis://two/1"]),
            ("unix:///run/redis?db=1", "unix:///run/redis?db=1"),
            ("unix:///run/redis", "unix:///run/redis?db=0"),
        ],
    )
    @pytest.mark.usefixtures("deployed")
    def test_cache_in_the_same_database_is_found(
        self, settings: Settings, sessions: object, other: object
    ) -> None:
        """Its clear() is FLUSHDB, and logs everybody out."""
        set_location(settings, "sessions", sessions)
        set_location(settings, "default", other)

        assert shared()

    @pytest.mark.parametrize(
        ("sessions", "other"),
        [
            ("redis://redis/1", "redis://redis/0"),
            ("redis://redis/1", "redis://redis"),
            ("redis://redis/1", "redis://other/1"),
            ("redis://redis/1", "redis://redis:6380/1"),
            ("unix:///run/redis?db=1", "unix:///run/redis"),
            ("unix:///run/redis", "unix:///run/other"),
        ],
    )
    @pytest.mark.usefixtures("deployed")
    def test_cache_in_another_database_is_clean(
        self, settings: Settings, sessions: object, other: object
    ) -> None:
        """Clearing it is what caches are for."""
        set_location(settings, "sessions", sessions)
        set_location(settings, "default", other)

        assert not shared()

    @pytest.mark.usefixtures("deployed")
    def test_default_cache_with_the_sessions_is_found(self, settings: Settings) -> None:
        """Anybody may clear that one, and most do without a thought."""
        settings.SESSIONAUTH = {"CACHE": "default"}

        assert found() == []
        assert found(deploy=True) == ["sessionauth.W010"]

    @pytest.mark.usefixtures("deployed")
    def test_django_redis_cache_in_the_same_database_is_found(
        self, settings: Settings
    ) -> None:
        """Django's own backend flushes too."""
        set_location(settings, "default", "redis://redis")
        set_location(settings, "sessions", "redis://redis/1")
        caches = deepcopy(settings.CACHES)
        caches["default"]["BACKEND"] = "django.core.cache.backends.redis.RedisCache"
        caches["default"]["OPTIONS"] = {"db": "1"}
        settings.CACHES = caches

        assert shared()

    @pytest.mark.usefixtures("deployed")
    def test_cache_that_is_no_redis_is_clean(self, settings: Settings) -> None:
        """It has no database to share."""
        caches = deepcopy(settings.CACHES)
        local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        settings.CACHES = {**caches, "default": local}

        assert found(deploy=True) == []

    @pytest.mark.parametrize(
        ("options", "is_found"),
        [
            ({}, True),
            ({"SOCKET_TIMEOUT": 1}, True),
            ({"SOCKET_CONNECT_TIMEOUT": 1}, True),
            ({"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1}, False),
            (
                {
                    "CONNECTION_POOL_KWARGS": {
                        "socket_timeout": 1,
                        "socket_connect_timeout": 1,
                    }
                },
                False,
            ),
        ],
    )
    @pytest.mark.usefixtures("deployed")
    def test_default_cache_without_time_limits_is_found(
        self, settings: Settings, *, options: dict[str, object], is_found: bool
    ) -> None:
        """Sessions bring their own limits, everything else on that cache hangs."""
        settings.SESSIONAUTH = {"CACHE": "default"}
        caches = deepcopy(settings.CACHES)
        caches["default"]["OPTIONS"] = options
        settings.CACHES = caches

        assert ("sessionauth.W011" in found(deploy=True)) is is_found
