"""The setting JWTAUTH: read lazily, typed, every fault named with its cure."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from jwtauth import conf
from jwtauth.conf import (
    Delivery,
    DenylistCovers,
    DenylistFailure,
    Revocation,
    SameSite,
    SessionLimitPolicy,
    UserLoading,
    get_settings,
    problems,
)
from jwtauth.conf.options import OPTIONS
from jwtauth.core.custom_claims import RESERVED

REQUIRED = {"ISSUER": "https://i.test", "AUDIENCE": "https://a.test", "KEYS": "keys"}
SECOND = timedelta(seconds=1)


def jwtauth(**changes: object) -> override_settings:
    return override_settings(JWTAUTH={**REQUIRED, **changes})


def only_problem(**changes: object) -> conf.Problem:
    with jwtauth(**changes):
        (problem,) = problems()
    return problem


POLICY_DEFAULTS = {
    "other_audiences": (),
    "client_id": "first-party",
    "access_token_lifetime": timedelta(minutes=15),
    "refresh_idle_timeout": timedelta(days=7),
    "refresh_absolute_timeout": timedelta(days=30),
    "refresh_grace_period": timedelta(seconds=10),
    "refresh_retry_window": timedelta(seconds=120),
    "leeway": timedelta(seconds=5),
    "max_token_length": 8192,
    "encryption": False,
}
DEFAULTS = {
    "key_reload_interval": timedelta(seconds=60),
    "key_overlap": timedelta(minutes=10),
    "refresh_context": ("user_agent",),
    "revocation": Revocation.DENYLIST,
    "denylist_cache": "default",
    "denylist_failure": DenylistFailure.CLOSED,
    "denylist_covers": DenylistCovers.REFRESH,
    "delivery": {Delivery.COOKIE},
    "cookie_samesite": SameSite.STRICT,
    "access_cookie_name": "__Host-access-token",
    "refresh_cookie_name": "__Host-refresh-token",
    "cookie_secure": True,
    "claims": None,
    "claim_names": (),
    "user": UserLoading.LAZY,
    "user_check": None,
    "max_sessions_per_user": None,
    "session_limit_policy": SessionLimitPolicy.EVICT_OLDEST,
    "step_up_max_age": timedelta(minutes=15),
    "verified_cache_size": 4096,
    "clear_site_data": ("cache",),
    "mail_on_reuse": False,
    "trusted_proxy_hops": 0,
}


class TestDefaults:
    @pytest.mark.requirement("ATJ-07", "OPS-01")
    def test_defaults_are_the_documented_ones(self) -> None:
        """Defaults are the safe choice, and a change of one is a change for all."""
        with jwtauth():
            settings = get_settings()

        assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS
        assert {
            name: getattr(settings.policy, name) for name in POLICY_DEFAULTS
        } == POLICY_DEFAULTS

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

        assert {name.lower() for name in OPTIONS} == fields - {"policy"}

    def test_every_problem_has_an_id_of_its_own(self) -> None:
        """``SILENCED_SYSTEM_CHECKS`` must silence one thing."""
        ids = [option.id for option in OPTIONS.values()]

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
    "STEP_UP_MAX_AGE",
)
WINDOWS = ("REFRESH_GRACE_PERIOD", "REFRESH_RETRY_WINDOW", "LEEWAY")
NUMBERS = ("MAX_TOKEN_LENGTH", "TRUSTED_PROXY_HOPS", "VERIFIED_CACHE_SIZE")
FLAGS = ("COOKIE_SECURE", "ENCRYPTION", "MAIL_ON_REUSE")
FUNCTIONS = ("CLAIMS", "USER_CHECK", "LOGIN_SERIALIZER")
COOKIES = ("ACCESS_COOKIE_NAME", "REFRESH_COOKIE_NAME")
CHOICES = (
    "REVOCATION",
    "DENYLIST_FAILURE",
    "DENYLIST_COVERS",
    "USER",
    "COOKIE_SAMESITE",
    "SESSION_LIMIT_POLICY",
)
NO_TEXT: tuple[Any, ...] = ("", 5, None, b"x", ["x"], True)
NO_DURATION: tuple[Any, ...] = (900, "900", None, -SECOND, True, 1.5)
NO_NUMBER: tuple[Any, ...] = (-1, 1.5, "1", None, True)
NO_CHOICE: tuple[Any, ...] = ("", "never", "DENYLIST", 0, True, ["denylist"])


@pytest.mark.requirement("OPS-01")
class TestValues:
    @pytest.mark.parametrize("name", TEXTS)
    @pytest.mark.parametrize("value", NO_TEXT, ids=repr)
    def test_text_of_another_type_is_a_problem(self, name: str, value: object) -> None:
        """Names are compared as whole strings, so they must be strings."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    @pytest.mark.parametrize("name", LIFETIMES)
    @pytest.mark.parametrize(
        "value", [*NO_DURATION, timedelta(0), timedelta(days=36_501)], ids=repr
    )
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
    def test_retry_window_over_an_hour_is_a_problem(self, name: str) -> None:
        """All that time a stolen predecessor still works."""
        with jwtauth(**{name: 3600 * SECOND}):
            assert problems() == []

        assert "3600 s" in only_problem(**{name: 3601 * SECOND}).message

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
            ("COOKIE_SAMESITE", SameSite),
            ("SESSION_LIMIT_POLICY", SessionLimitPolicy),
        ],
    )
    def test_every_listed_choice_is_taken(self, name: str, kind: type) -> None:
        """What the message offers must work."""
        for choice in kind:
            with jwtauth(**{name: str(choice)}):
                # That one is taken where there are no models, and only there.
                assert [p for p in problems() if p.id != "jwtauth.E055"] == []

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

    @pytest.mark.parametrize("name", FLAGS)
    @pytest.mark.parametrize("value", [0, 1, "False", None], ids=repr)
    def test_flag_of_another_type_is_a_problem(self, name: str, value: object) -> None:
        """``"False"`` from an environment would count as true."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    @pytest.mark.parametrize("name", FUNCTIONS)
    @pytest.mark.parametrize("value", ["", "claims", "a/b.c", 5, ["a.b"]], ids=repr)
    def test_function_of_another_type_is_a_problem(
        self, name: str, value: object
    ) -> None:
        """A word without a module can't be found."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    def test_function_by_dotted_path_is_imported_when_it_is_called(self) -> None:
        """Its module may need the app registry, which settings come before."""
        with jwtauth(USER_CHECK="builtins.bool", CLAIMS=dict):
            settings = get_settings()

        assert settings.user_check is not None
        assert settings.user_check("x") is True
        assert settings.claims is dict

    @pytest.mark.parametrize("name", COOKIES)
    @pytest.mark.parametrize("value", ["", "a b", "a=b", "a;b", None, 5, "é"], ids=repr)
    def test_cookie_name_of_other_characters_is_a_problem(
        self, name: str, value: object
    ) -> None:
        """RFC 6265 §4.1.1: a name with a separator would be read as another."""
        assert f"JWTAUTH[{name!r}]" in only_problem(**{name: value}).message

    @pytest.mark.parametrize(
        "value", ["cookie", (), set(), {"header"}, None, ["cookie", "body"]], ids=repr
    )
    def test_delivery_by_other_ways_is_a_problem(self, value: object) -> None:
        """Tokens that no way delivers, or an unknown one, log nobody in."""
        assert only_problem(DELIVERY=value).id == "jwtauth.E025"

    @pytest.mark.parametrize("value", [{"bearer"}, ["bearer", "cookie"], ("cookie",)])
    def test_delivery_by_known_ways_is_a_set(self, value: set[str]) -> None:
        """One, or both."""
        with jwtauth(DELIVERY=value):
            assert get_settings().delivery == {Delivery(way) for way in value}

    @pytest.mark.requirement("ATJ-09")
    @pytest.mark.parametrize(
        "value",
        [
            "https://b.test",
            ("https://b.test", ""),
            (5,),
            ([],),
            None,
            {"https://b.test"},
            ("https://b.test", "https://b.test"),
            ("https://b.test", REQUIRED["AUDIENCE"]),
        ],
        ids=repr,
    )
    def test_other_audiences_that_are_no_distinct_names_are_a_problem(
        self, value: object
    ) -> None:
        """A bare string would be letters, and a name for two services tells nothing."""
        problem = only_problem(OTHER_AUDIENCES=value)

        assert problem.id == "jwtauth.E053"
        assert "JWTAUTH['OTHER_AUDIENCES']" in problem.message

    @pytest.mark.parametrize("value", [(), ["https://b.test"], ("https://b.test", "c")])
    def test_other_audiences_are_a_tuple(self, value: Sequence[str]) -> None:
        """In the order in which tokens name them."""
        with jwtauth(OTHER_AUDIENCES=value):
            assert get_settings().policy.other_audiences == tuple(value)

    @pytest.mark.parametrize("value", [0, -1, "3", True], ids=repr)
    def test_session_limit_of_none_at_all_is_a_problem(self, value: object) -> None:
        """Zero would lock everybody out; None is what lifts the limit."""
        problem = only_problem(MAX_SESSIONS_PER_USER=value)

        assert problem.id == "jwtauth.E037"

    @pytest.mark.parametrize("value", ["groups", ("",), (5,), None], ids=repr)
    def test_claim_names_of_another_type_are_a_problem(self, value: object) -> None:
        """A bare string would be a list of letters."""
        assert only_problem(CLAIM_NAMES=value).id == "jwtauth.E035"

    @pytest.mark.requirement("JWT-16")
    @pytest.mark.parametrize("name", sorted(RESERVED))
    def test_claim_names_with_a_registered_name_are_a_problem(self, name: str) -> None:
        """Who a token is from, for and about is not for a project's function."""
        problem = only_problem(CLAIM_NAMES=("plan", name))

        assert problem.id == "jwtauth.E035"
        assert repr(name) in problem.message

    @pytest.mark.parametrize("value", ["cache", ("*",), None], ids=repr)
    def test_clear_site_data_of_other_parts_is_a_problem(self, value: object) -> None:
        """A part that no browser knows clears nothing."""
        assert only_problem(CLEAR_SITE_DATA=value).id == "jwtauth.E043"

    def test_cache_that_is_not_configured_is_a_problem(self) -> None:
        """The first logout would find out."""
        problem = only_problem(DENYLIST_CACHE="elsewhere")

        assert "'elsewhere'" in problem.message
        assert problem.id == "jwtauth.E016"


class TestCookies:
    @pytest.mark.requirement("CKE-05")
    def test_cookies_without_secure_outside_of_debug_are_a_problem(self) -> None:
        """Over plain HTTP anybody on the way reads the tokens."""
        with override_settings(DEBUG=False):
            problem = only_problem(
                COOKIE_SECURE=False, ACCESS_COOKIE_NAME="a", REFRESH_COOKIE_NAME="r"
            )

        assert problem.id == "jwtauth.E045"

    def test_cookies_without_secure_and_prefix_are_none_under_debug(self) -> None:
        """Safari takes no Secure cookie from http://127.0.0.1."""
        with (
            override_settings(DEBUG=True),
            jwtauth(
                COOKIE_SECURE=False, ACCESS_COOKIE_NAME="a", REFRESH_COOKIE_NAME="r"
            ),
        ):
            assert problems() == []

    @pytest.mark.requirement("CKE-01")
    def test_prefixed_cookie_without_secure_is_a_problem(self) -> None:
        """RFC 6265bis §4.1.3: browsers drop it without a word."""
        with override_settings(DEBUG=True):
            problem = only_problem(COOKIE_SECURE=False)

        assert problem.id == "jwtauth.E046"

    @pytest.mark.parametrize(
        "name", ["__Host-refresh-token", "sessionid-of-tests", "csrf-of-tests"]
    )
    def test_cookies_of_one_name_are_a_problem(self, name: str) -> None:
        """One would overwrite the other."""
        with override_settings(
            SESSION_COOKIE_NAME="sessionid-of-tests", CSRF_COOKIE_NAME="csrf-of-tests"
        ):
            problem = only_problem(ACCESS_COOKIE_NAME=name)

        assert problem.id == "jwtauth.E047"


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
