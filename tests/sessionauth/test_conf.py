"""The SESSIONAUTH setting."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from sessionauth.conf import SessionLimitPolicy, Settings, get_settings, problems


class TestGetSettings:
    def test_empty_setting_has_the_documented_defaults(self) -> None:
        """Who sets nothing gets the safe choice."""
        with override_settings(SESSIONAUTH={}):
            settings = get_settings()

        assert settings.cache == "default"
        assert settings.idle_timeout == timedelta(minutes=30)
        assert settings.absolute_timeout == timedelta(hours=24)
        assert settings.user_check_interval == timedelta(seconds=60)
        assert settings.max_sessions_per_user is None
        assert settings.session_limit_policy is SessionLimitPolicy.EVICT_OLDEST
        assert settings.wait_replicas == 0
        assert settings.clear_site_data == ("cache",)
        assert settings.trusted_proxy_hops == 0

    def test_changed_setting_is_followed(self) -> None:
        """Tests use override_settings, and nothing needs reloading."""
        with override_settings(SESSIONAUTH={"IDLE_TIMEOUT": timedelta(minutes=5)}):
            assert get_settings().timeouts.idle_ms == 300_000

        assert get_settings().timeouts.idle_ms == 1_800_000

    def test_unread_setting_is_the_same_object(self) -> None:
        """It is read at every request, so it must cost nothing."""
        assert get_settings() is get_settings()

    def test_settings_can_not_be_changed(self) -> None:
        """One request must not change what the next one sees."""
        with pytest.raises(FrozenInstanceError):
            get_settings().cache = "other"  # type: ignore[misc]

    def test_wrong_setting_fails_at_first_use(self) -> None:
        """WSGI servers run no checks; a typo must not fall back to a default."""
        with (
            override_settings(SESSIONAUTH={"IDLE_TIMOUT": timedelta(minutes=5)}),
            pytest.raises(ImproperlyConfigured, match=r"IDLE_TIMOUT.*'IDLE_TIMEOUT'"),
        ):
            get_settings()


class TestProblems:
    @pytest.mark.requirement("OPS-01")
    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("WAIT_REPLICAS", -1),
            ("WAIT_REPLICAS", True),
            ("WAIT_REPLICAS", None),
            ("CACHE", ""),
            ("CACHE", None),
            ("IDLE_TIMEOUT", 1800),
            ("IDLE_TIMEOUT", timedelta(0)),
            ("ABSOLUTE_TIMEOUT", None),
            ("ABSOLUTE_TIMEOUT", timedelta(days=-1)),
            ("ABSOLUTE_TIMEOUT", timedelta(days=36_501)),
            ("USER_CHECK_INTERVAL", 60),
            ("USER_CHECK_INTERVAL", timedelta(seconds=-1)),
            ("MAX_SESSIONS_PER_USER", 0),
            ("MAX_SESSIONS_PER_USER", True),
            ("MAX_SESSIONS_PER_USER", "3"),
            ("SESSION_LIMIT_POLICY", "evict"),
            ("SESSION_LIMIT_POLICY", []),
            ("CLEAR_SITE_DATA", "cache"),
            ("CLEAR_SITE_DATA", ("*",)),
            ("CLEAR_SITE_DATA", ("cache", [])),
            ("CLEAR_SITE_DATA", {"cache"}),
            ("CLEAR_SITE_DATA", None),
            ("TRUSTED_PROXY_HOPS", -1),
            ("TRUSTED_PROXY_HOPS", False),
        ],
    )
    def test_ill_typed_value_is_named(self, key: str, value: object) -> None:
        """A wrong value must not reach the first request."""
        (problem,) = problems({key: value})

        assert problem.code == "E002"
        assert repr(key) in problem.message

    @pytest.mark.requirement("OPS-01")
    @pytest.mark.parametrize(
        ("key", "near"),
        [("IDLE_TIMOUT", "IDLE_TIMEOUT"), ("cache", "CACHE"), (7, "There are")],
    )
    def test_unknown_key_names_the_nearest(self, key: object, near: str) -> None:
        """A mistyped key would silently leave the default in force."""
        (problem,) = problems({key: 1})

        assert problem.code == "E001"
        assert repr(key) in problem.message
        assert near in problem.hint

    def test_setting_that_is_no_dictionary_is_a_problem(self) -> None:
        """A list or None would fail with a traceback somewhere else."""
        assert [p.code for p in problems(None)] == ["E002"]

    def test_idle_longer_than_absolute_is_a_problem(self) -> None:
        """The idle timeout would never come into force."""
        (problem,) = problems({"IDLE_TIMEOUT": timedelta(days=2)})

        assert problem.code == "E003"

    def test_every_fault_is_listed(self) -> None:
        """One run of the check shows all there is to mend."""
        found = problems({"CASHE": "x", "IDLE_TIMEOUT": 5, "TRUSTED_PROXY_HOPS": None})

        assert sorted(p.code for p in found) == ["E001", "E002", "E002"]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.timedeltas(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
KEYS = st.sampled_from([field.name.upper() for field in fields(Settings)])


class TestAnyValue:
    @pytest.mark.requirement("OPS-01")
    @given(raw=st.dictionaries(KEYS | st.text(max_size=8) | st.integers(), VALUES))
    def test_any_value_is_a_named_problem_or_works(
        self, raw: dict[object, object]
    ) -> None:
        """No typo makes a crash somewhere else, or a default that nobody asked for."""
        found = problems(raw)

        with override_settings(SESSIONAUTH=raw):
            if not found:
                built = get_settings()
                assert built.timeouts.idle_ms <= built.timeouts.absolute_ms
                return
            with pytest.raises(ImproperlyConfigured) as raised:
                get_settings()
        for problem in found:
            assert problem.message in str(raised.value)
            assert problem.hint

    @pytest.mark.requirement("OPS-01")
    @pytest.mark.usefixtures("alice")
    def test_longest_durations_work(self, log_in: Callable[..., Client]) -> None:
        """What the check lets through must not fail at the first login."""
        longest = timedelta(days=36_500)
        raw = {
            "IDLE_TIMEOUT": longest,
            "ABSOLUTE_TIMEOUT": longest,
            "USER_CHECK_INTERVAL": timedelta.max,
            "STEP_UP_MAX_AGE": longest,
            "MAX_SESSIONS_PER_USER": 1,
        }
        assert problems(raw) == []

        with override_settings(SESSIONAUTH=raw):
            client = log_in()

            assert client.get("/api/me/", secure=True).status_code == 200
            assert client.get("/auth/sessions/", secure=True).status_code == 200
