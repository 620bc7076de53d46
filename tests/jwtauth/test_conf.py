"""The setting JWTAUTH: read lazily, typed, every fault named with its cure."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from jwtauth import conf
from jwtauth.conf import (
    DenylistCovers,
    DenylistFailure,
    Revocation,
    UserLoading,
    get_settings,
    problems,
)

REQUIRED = {"ISSUER": "https://i.test", "AUDIENCE": "https://a.test", "KEYS": "keys"}
SECOND = timedelta(seconds=1)


def jwtauth(**changes: object) -> override_settings:
    return override_settings(JWTAUTH={**REQUIRED, **changes})


def only_problem(**changes: object) -> conf.Problem:
    with jwtauth(**changes):
        (problem,) = problems()
    return problem


class TestDefaults:
    @pytest.mark.requirement("ATJ-07", "OPS-01")
    def test_defaults_are_the_documented_ones(self) -> None:
        """Defaults are the safe choice, and a change of one is a change for all."""
        with jwtauth():
            settings = get_settings()

        policy = settings.policy
        assert policy.client_id == "first-party"
        assert policy.access_token_lifetime == timedelta(minutes=15)
        assert policy.refresh_idle_timeout == timedelta(days=7)
        assert policy.refresh_absolute_timeout == timedelta(days=30)
        assert policy.refresh_grace_period == timedelta(seconds=10)
        assert policy.refresh_retry_window == timedelta(seconds=120)
        assert policy.leeway == timedelta(seconds=5)
        assert policy.max_token_length == 8192
        assert settings.key_reload_interval == timedelta(seconds=60)
        assert settings.key_overlap == timedelta(minutes=10)
        assert settings.refresh_context == ("user_agent",)
        assert settings.revocation is Revocation.DENYLIST
        assert settings.denylist_cache == "default"
        assert settings.denylist_failure is DenylistFailure.CLOSED
        assert settings.denylist_covers is DenylistCovers.REFRESH
        assert settings.user is UserLoading.LAZY
        assert settings.trusted_proxy_hops == 0

    @pytest.mark.parametrize("name", ["issuer", "audience", "client_id"])
    def test_names_are_passed_on_as_they_are(self, name: str) -> None:
        """They are compared character by character."""
        with jwtauth(**{name.upper(): "https://Name.test/"}):
            assert getattr(get_settings().policy, name) == "https://Name.test/"

    def test_every_option_reaches_the_settings(self) -> None:
        """A key that is read and then lost would be a switch without a wire."""
        fields = {
            *conf.Settings.__dataclass_fields__,
            *conf.TokenPolicy.__dataclass_fields__,
        }

        assert {name.lower() for name in conf._OPTIONS} == fields - {"policy"}

    def test_every_problem_has_an_id_of_its_own(self) -> None:
        """``SILENCED_SYSTEM_CHECKS`` must silence one thing."""
        ids = [option.id for option in conf._OPTIONS.values()]

        assert len(set(ids)) == len(ids)


class TestLaziness:
    def test_settings_follow_override_settings(self) -> None:
        """Tests of a project need no reload."""
        with jwtauth(ISSUER="https://first.test"):
            first = get_settings().policy.issuer
            with jwtauth(ISSUER="https://second.test"):
                second = get_settings().policy.issuer

        assert (first, second) == ("https://first.test", "https://second.test")

    def test_settings_follow_a_change_of_caches(self) -> None:
        """An alias that is gone must be told of."""
        with jwtauth(DENYLIST_CACHE="default"):
            get_settings()
            with override_settings(CACHES={}), pytest.raises(ImproperlyConfigured):
                get_settings()

    def test_settings_are_read_once(self) -> None:
        """Every request asks for them."""
        assert get_settings() is get_settings()

    @pytest.mark.requirement("OPS-01")
    def test_wrong_settings_raise_at_first_use(self) -> None:
        """WSGI servers run no checks: fault and cure must show without them."""
        with jwtauth(LEEWAY=5), pytest.raises(ImproperlyConfigured) as caught:
            get_settings()

        assert "JWTAUTH['LEEWAY']" in str(caught.value)
        assert "timedelta" in str(caught.value)


class TestProblems:
    @pytest.mark.parametrize("value", [None, [], "ISSUER", 5], ids=repr)
    def test_setting_that_is_no_dict_is_one_problem(self, value: object) -> None:
        """One problem, not one for each key that is missing."""
        with override_settings(JWTAUTH=value):
            (problem,) = problems()

        assert problem.id == "jwtauth.E001"

    def test_missing_setting_is_one_problem(self) -> None:
        """The first thing a newcomer sees must say what to write."""
        with override_settings():
            del django_settings.JWTAUTH
            (problem,) = problems()

        assert problem.id == "jwtauth.E001"
        assert "'ISSUER'" in problem.hint

    @pytest.mark.requirement("OPS-01")
    @pytest.mark.parametrize(
        ("key", "hint"),
        [
            ("ACCES_TOKEN_LIFETIME", "Did you mean 'ACCESS_TOKEN_LIFETIME'?"),
            ("leeway", "Remove it."),
            ("XYZ", "Remove it."),
            (5, "Remove it."),
        ],
    )
    def test_unknown_key_is_a_problem_that_names_the_nearest(
        self, key: object, hint: str
    ) -> None:
        """A typing error must not silently mean the default."""
        with override_settings(JWTAUTH={**REQUIRED, key: SECOND}):
            (problem,) = problems()

        assert (problem.id, problem.hint) == ("jwtauth.E002", hint)
        assert repr(key) in problem.message

    @pytest.mark.requirement("OPS-01")
    @pytest.mark.parametrize("name", REQUIRED)
    def test_missing_required_key_is_a_problem(self, name: str) -> None:
        """What tells deployments apart has no default."""
        given = {key: value for key, value in REQUIRED.items() if key != name}

        with override_settings(JWTAUTH=given):
            (problem,) = problems()

        assert problem.message == f"JWTAUTH[{name!r}] is missing."
        assert problem.hint

    def test_several_problems_are_all_told_at_once(self) -> None:
        """Nobody wants to mend them one start at a time."""
        with override_settings(JWTAUTH={"ISSUER": "", "KEYS": "k", "NO": 1}):
            ids = [problem.id for problem in problems()]

        assert ids == ["jwtauth.E002", "jwtauth.E003", "jwtauth.E004"]

    def test_refresh_idle_timeout_past_the_absolute_one_is_a_problem(self) -> None:
        """The login would end earlier than the setting says."""
        problem = only_problem(
            REFRESH_IDLE_TIMEOUT=timedelta(days=31),
            REFRESH_ABSOLUTE_TIMEOUT=timedelta(days=30),
        )

        assert problem.id == "jwtauth.E023"

    def test_refresh_idle_timeout_as_long_as_the_absolute_one_is_none(self) -> None:
        """It is a plain way to say: no idle timeout."""
        day = timedelta(days=1)

        with jwtauth(REFRESH_IDLE_TIMEOUT=day, REFRESH_ABSOLUTE_TIMEOUT=day):
            assert problems() == []

    @pytest.mark.requirement("JWK-06")
    def test_overlap_under_the_reload_interval_is_a_problem(self) -> None:
        """The next key would sign before every process knows it."""
        with jwtauth(KEY_OVERLAP=SECOND, KEY_RELOAD_INTERVAL=SECOND):
            assert problems() == []
        problem = only_problem(KEY_OVERLAP=SECOND, KEY_RELOAD_INTERVAL=2 * SECOND)

        assert problem.id == "jwtauth.E024"


TEXTS = ("ISSUER", "AUDIENCE", "CLIENT_ID")
LIFETIMES = (
    "KEY_RELOAD_INTERVAL",
    "KEY_OVERLAP",
    "ACCESS_TOKEN_LIFETIME",
    "REFRESH_IDLE_TIMEOUT",
    "REFRESH_ABSOLUTE_TIMEOUT",
)
WINDOWS = ("REFRESH_GRACE_PERIOD", "REFRESH_RETRY_WINDOW", "LEEWAY")
NUMBERS = ("MAX_TOKEN_LENGTH", "TRUSTED_PROXY_HOPS")
CHOICES = ("REVOCATION", "DENYLIST_FAILURE", "DENYLIST_COVERS", "USER")
NO_TEXT: tuple[Any, ...] = ("", 5, None, b"x", ["x"], True)
NO_DURATION: tuple[Any, ...] = (900, "900", None, -SECOND, True, 1.5)
NO_NUMBER: tuple[Any, ...] = (-1, 1.5, "1", None, True)
NO_CHOICE: tuple[Any, ...] = ("", "none", "DENYLIST", None, True, ["denylist"])


@pytest.mark.requirement("OPS-01")
class TestValues:
    @pytest.mark.parametrize("name", TEXTS)
    @pytest.mark.parametrize("value", NO_TEXT, ids=repr)
    def test_text_of_another_type_is_a_problem(self, name: str, value: object) -> None:
        """Names are compared as whole strings, so they must be strings."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    @pytest.mark.parametrize("name", LIFETIMES)
    @pytest.mark.parametrize("value", [*NO_DURATION, timedelta(0)], ids=repr)
    def test_lifetime_of_another_type_is_a_problem(
        self, name: str, value: object
    ) -> None:
        """A bare number leaves open what it counts; nothing lives for zero."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    @pytest.mark.parametrize("name", WINDOWS)
    @pytest.mark.parametrize("value", NO_DURATION, ids=repr)
    def test_window_of_another_type_is_a_problem(
        self, name: str, value: object
    ) -> None:
        """The same for windows, except that they may be closed."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    @pytest.mark.parametrize("name", WINDOWS)
    def test_window_of_zero_is_none(self, name: str) -> None:
        """Strict single use, and strict clocks, are choices."""
        with jwtauth(**{name: timedelta(0)}):
            assert problems() == []

    @pytest.mark.requirement("RTK-15")
    @pytest.mark.parametrize("name", ["REFRESH_GRACE_PERIOD", "REFRESH_RETRY_WINDOW"])
    def test_retry_window_over_300_seconds_is_a_problem(self, name: str) -> None:
        """All that time a stolen predecessor still works."""
        with jwtauth(**{name: 300 * SECOND}):
            assert problems() == []

        assert "300 s" in only_problem(**{name: 301 * SECOND}).message

    @pytest.mark.requirement("JWT-08")
    def test_leeway_over_60_seconds_is_a_problem(self) -> None:
        """RFC 7519 §4.1.4: no more than a few minutes; we say one."""
        with jwtauth(LEEWAY=60 * SECOND):
            assert problems() == []

        assert "60 s" in only_problem(LEEWAY=61 * SECOND).message

    @pytest.mark.parametrize("name", NUMBERS)
    @pytest.mark.parametrize("value", NO_NUMBER, ids=repr)
    def test_number_of_another_type_is_a_problem(
        self, name: str, value: object
    ) -> None:
        """``True`` would be one proxy."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    @pytest.mark.parametrize("name", CHOICES)
    @pytest.mark.parametrize("value", NO_CHOICE, ids=repr)
    def test_unknown_choice_is_a_problem_that_lists_the_others(
        self, name: str, value: object
    ) -> None:
        """A word of another setting must not pass for this one's default."""
        problem = only_problem(**{name: value})

        assert f"JWTAUTH[{name!r}] must be '" in problem.message

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("REVOCATION", Revocation),
            ("DENYLIST_FAILURE", DenylistFailure),
            ("DENYLIST_COVERS", DenylistCovers),
            ("USER", UserLoading),
        ],
    )
    def test_every_listed_choice_is_taken(self, name: str, kind: type) -> None:
        """What the message offers must work."""
        for choice in kind:
            with jwtauth(**{name: str(choice)}):
                assert problems() == []

    @pytest.mark.parametrize(
        "value",
        ["user_agent", None, {"user_agent"}, ("cookie",), ([],), (None,), 5],
        ids=repr,
    )
    def test_context_of_other_parts_is_a_problem(self, value: object) -> None:
        """A part that is not known would make no difference, silently."""
        assert only_problem(REFRESH_CONTEXT=value).id == "jwtauth.E014"

    @pytest.mark.parametrize("value", [(), ["ip_prefix"], ("ip_prefix", "user_agent")])
    def test_context_of_known_parts_is_a_tuple(
        self, value: tuple[str, ...] | list[str]
    ) -> None:
        """None, some or all of them."""
        with jwtauth(REFRESH_CONTEXT=value):
            assert get_settings().refresh_context == tuple(value)

    def test_cache_that_is_not_configured_is_a_problem(self) -> None:
        """The first logout would find out."""
        problem = only_problem(DENYLIST_CACHE="elsewhere")

        assert "'elsewhere'" in problem.message
        assert problem.id == "jwtauth.E016"


def some_keys() -> list[dict[str, Any]]:
    return []


class TestKeys:
    @pytest.mark.parametrize(
        "value", ["", None, 5, ("a",), {"keys": []}, b"keys"], ids=repr
    )
    def test_keys_of_another_type_are_a_problem(self, value: object) -> None:
        """There are four ways to say where keys are, and each has a type."""
        problem = only_problem(KEYS=value)

        assert problem.id == "jwtauth.E006"
        assert "directory" in problem.hint

    @pytest.mark.parametrize(
        "value", ["keys", "./keys", "/etc/keys.d", "/srv/app.d/keys", "keys/"]
    )
    def test_text_that_is_no_dotted_path_is_a_directory(self, value: str) -> None:
        """A directory is what most people have."""
        with jwtauth(KEYS=value):
            assert get_settings().keys == Path(value)

    def test_dotted_path_stays_one(self) -> None:
        """It is imported when the keys are read, not when settings are."""
        with jwtauth(KEYS="project.secrets.jwt_keys"):
            assert get_settings().keys == "project.secrets.jwt_keys"

    @pytest.mark.parametrize("value", [[], [{"kty": "oct"}], some_keys, Path("keys")])
    def test_list_callable_and_path_are_passed_on(
        self, value: list[Any] | Callable[[], Any] | Path
    ) -> None:
        """They say what they are by their type."""
        with jwtauth(KEYS=value):
            assert get_settings().keys is value
