"""The list of users by their last login."""

from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth import revoke_all
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.stores import logins
from sessionauth.stores.logins import LastLogin, Span
from tests.sessionauth.conftest import use_server

POLICY = TimeoutPolicy(idle_ms=1_800_000, absolute_ms=86_400_000, user_check_ms=60_000)
EVERYBODY = Span()
HOUR_US = 3_600_000_000


def users(span: Span = EVERYBODY, after: LastLogin | None = None) -> list[str]:
    return [login.user_id for login in logins.read(span, after, 100).logins]


def now_us(redis_client: redis.Redis) -> int:
    seconds, micros = redis_client.time()
    return seconds * 1_000_000 + micros


class TestOutage:
    def test_note_that_is_refused_refuses_no_login(
        self,
        own_server: EmbeddedValkey,
        settings: Settings,
        alice: User,
        log_in: Callable[..., Client],
    ) -> None:
        """On a Cluster the list has one node for all, which may be down by itself."""
        with redis.Redis.from_url(own_server.url) as server:
            server.acl_setuser(
                "sessions",
                enabled=True,
                passwords=["+x"],
                commands=["+@all"],
                keys=["sa:s:*", "sa:u:*"],
            )
            use_server(settings, own_server.url, USERNAME="sessions", PASSWORD="x")

            client = log_in()

            assert client.get("/api/me/", secure=True).status_code == 200
            assert not server.exists("sa:l")
        assert revoke_all(alice, "test") == 1


class TestNote:
    def test_newest_login_comes_first(self) -> None:
        """What an operator looks for has just happened."""
        for user_id in ("1", "2", "3", "1"):
            logins.note(user_id, POLICY)

        assert users() == ["1", "3", "2"]

    @pytest.mark.requirement("SES-11")
    def test_list_expires_with_its_last_session(
        self, redis_client: redis.Redis
    ) -> None:
        """A package that was removed must not leave a key for ever."""
        logins.note("1", POLICY)

        assert 86_400_000 < redis_client.pttl("sa:l") <= 86_460_000

    @pytest.mark.requirement("SES-11")
    def test_users_past_their_absolute_end_are_pruned(
        self, redis_client: redis.Redis
    ) -> None:
        """Otherwise the list would become one of everybody who ever came."""
        redis_client.zadd("sa:l", {"ancient": 1_000})

        logins.note("1", POLICY)

        assert users() == ["1"]

    @pytest.mark.requirement("SES-11")
    def test_login_past_its_absolute_end_is_not_noted(
        self, redis_client: redis.Redis
    ) -> None:
        """A list that is made for it would be one without an end."""
        logins.note("1", POLICY, 1_000_000)

        assert not redis_client.exists("sa:l")

    def test_earlier_login_leaves_the_later_one(
        self, redis_client: redis.Redis
    ) -> None:
        """A rebuild reads a user's sessions in any order."""
        logins.note("1", POLICY)
        logins.note("2", POLICY)

        logins.note("2", POLICY, now_us(redis_client) - HOUR_US)

        assert users() == ["2", "1"]

    def test_earlier_login_leaves_the_life_of_the_list(
        self, redis_client: redis.Redis
    ) -> None:
        """It has to live on for the newest session."""
        logins.note("1", POLICY)

        logins.note("2", POLICY, now_us(redis_client) - 20 * HOUR_US)

        assert redis_client.pttl("sa:l") > 86_000_000


class TestRead:
    def test_stretches_show_each_user_once(self, redis_client: redis.Redis) -> None:
        """Also where a stretch ends between two logins of one microsecond."""
        at_us = now_us(redis_client)
        names = {str(n): at_us + n // 3 for n in range(20)}
        redis_client.zadd("sa:l", names)

        seen: list[LastLogin] = []
        while found := logins.read(EVERYBODY, seen[-1] if seen else None, 5).logins:
            seen += found

        assert len(seen) == 20
        assert {login.user_id for login in seen} == set(names)

    @pytest.mark.parametrize(
        ("span", "expected"),
        [
            (Span(), ["new", "old"]),
            (Span(oldest_ms=3_600_000), ["new"]),
            (Span(youngest_ms=3_600_000), ["old"]),
        ],
    )
    def test_span_bounds_what_is_read_and_counted(
        self, redis_client: redis.Redis, span: Span, expected: list[str]
    ) -> None:
        """The count says how much there is to look through."""
        logins.note("new", POLICY)
        logins.note("old", POLICY, now_us(redis_client) - 2 * HOUR_US)

        assert users(span) == expected
        assert logins.read(span, None, 1).count == len(expected)

    def test_stretch_goes_on_within_the_span(self, redis_client: redis.Redis) -> None:
        """The second page of a filter shows what the filter says."""
        logins.note("new", POLICY)
        logins.note("old", POLICY, now_us(redis_client) - 2 * HOUR_US)
        first = logins.read(EVERYBODY, None, 1).logins[0]

        assert users(Span(youngest_ms=3_600_000), first) == ["old"]
        assert users(Span(oldest_ms=3_600_000), first) == []

    def test_something_else_in_its_place_is_an_empty_list(
        self, redis_client: redis.Redis
    ) -> None:
        """It is a convenience, and no reason to refuse an operator or a login."""
        redis_client.set("sa:l", "nonsense")
        assert users() == []

        redis_client.set("sa:l", "nonsense")
        logins.note("1", POLICY)
        assert users() == ["1"]

    def test_nonsense_in_the_list_is_no_error(self, redis_client: redis.Redis) -> None:
        """Whatever lies in Redis."""
        redis_client.zadd("sa:l", {"inf": "inf", "-inf": "-inf", b"\xff": 1e15 + 0.5})

        assert users() == ["\ufffd"]


class TestDrop:
    def test_user_without_sessions_is_dropped(self) -> None:
        """The next one who looks sees who is there."""
        logins.note("1", POLICY)

        logins.drop(logins.read(EVERYBODY, None, 1).logins)

        assert users() == []

    def test_user_who_logged_in_meanwhile_stays(self) -> None:
        """The list was read before, and knows nothing of the new session."""
        logins.note("1", POLICY)
        read = logins.read(EVERYBODY, None, 1).logins
        logins.note("1", POLICY)

        logins.drop(read)

        assert users() == ["1"]

    def test_user_stays_whose_login_brought_no_later_time(self) -> None:
        """The clock of a new primary may be behind."""
        logins.note("1", POLICY)
        read = logins.read(EVERYBODY, None, 1).logins
        logins.note("1", POLICY, read[0].at_us - HOUR_US)

        logins.drop(read)

        assert users() == ["1"]
