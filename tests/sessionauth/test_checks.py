"""The system checks."""

import pytest
from django.core.checks import run_checks
from django.core.signing import JSONSerializer
from pytest_django import Settings

from sessionauth.checks import DJANGO_MIDDLEWARE, MIDDLEWARE

AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"


class NotJson:
    """Stands for a serializer that pickles."""

    def dumps(self, obj: object) -> bytes:
        return repr(obj).encode()

    def loads(self, data: bytes) -> object:
        raise NotImplementedError


class SpecialJson(JSONSerializer):
    """Stands for a serializer with an encoder of its own."""


def found(*, deploy: bool = False) -> list[str]:
    messages = run_checks(include_deployment_checks=deploy)
    return [str(m.id) for m in messages if str(m.id).startswith("sessionauth.")]


class TestChecks:
    def test_settings_of_the_suite_are_clean(self) -> None:
        """A check that complains about a good project is soon silenced."""
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

    @pytest.mark.requirement("CKE-05")
    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("SESSION_COOKIE_NAME", "sessionid", "W001"),
            ("SESSION_COOKIE_SECURE", False, "W003"),
        ],
    )
    def test_fault_of_a_deployment_is_found_at_deploy_only(
        self, settings: Settings, name: str, value: object, expected: str
    ) -> None:
        """On a laptop without TLS both are in order."""
        setattr(settings, name, value)

        assert found() == []
        assert found(deploy=True) == [f"sessionauth.{expected}"]

    def test_json_with_an_encoder_of_its_own_is_clean(self, settings: Settings) -> None:
        """What counts is what the serializer writes, not its class."""
        settings.SESSION_SERIALIZER = "tests.sessionauth.test_checks.SpecialJson"

        assert found() == []

    def test_cache_of_another_backend_is_found(self, settings: Settings) -> None:
        """A local-memory cache would be another set of sessions in each process."""
        local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        settings.CACHES = {"default": local}

        assert found() == ["sessionauth.E006"]

    def test_message_names_key_and_cure(self, settings: Settings) -> None:
        """Who reads it must know what to type."""
        settings.SESSIONAUTH = {"IDLE_TIMOUT": 1}

        (message,) = [m for m in run_checks() if m.id == "sessionauth.E001"]

        assert "IDLE_TIMOUT" in message.msg
        assert "IDLE_TIMEOUT" in str(message.hint)
