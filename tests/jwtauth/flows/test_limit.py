"""How many logins a user may have, and which of them make room."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

import jwtauth
from jwtauth.exceptions import SessionLimitReached
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import family_revoked
from tests.conftest import Heard
from tests.faults import unreachable
from tests.jwtauth.caller import PASSWORD, Caller
from tests.jwtauth.conftest import age

CREDENTIALS = {"username": "alice", "password": PASSWORD}
pytestmark = pytest.mark.requirement("LST-04")


@pytest.fixture
def _two(jwtauth_settings: Callable[..., None]) -> None:
    jwtauth_settings(MAX_SESSIONS_PER_USER=2)


@pytest.fixture
def _two_denied(jwtauth_settings: Callable[..., None]) -> None:
    jwtauth_settings(MAX_SESSIONS_PER_USER=2, SESSION_LIMIT_POLICY="deny")


@pytest.mark.usefixtures("_two")
class TestEvictOldest:
    def test_login_too_many_ends_the_oldest_at_once(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """By the time of the login: refreshing makes none younger."""
        oldest, second = caller.used_login(alice), caller.used_login(alice)
        oldest = caller.refreshed(oldest["refresh"])
        told = heard(family_revoked)

        third = caller.login(alice)

        assert caller.me(oldest["access"]).status_code == 401
        assert caller.refresh(oldest["refresh"]).status_code == 401
        assert caller.me(second["access"]).status_code == 200
        assert caller.me(third["access"]).status_code == 200
        assert [facts["reason"] for facts in told] == [RevocationReason.LIMIT]

    def test_login_limit_lowered_ends_all_that_are_too_many(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """The next login puts it right."""
        logins = [caller.used_login(alice) for _ in range(2)]
        jwtauth_settings(MAX_SESSIONS_PER_USER=1)

        caller.login(alice)

        assert {caller.me(login["access"]).status_code for login in logins} == {401}

    def test_login_of_another_user_takes_no_room(
        self, alice: User, caller: Caller
    ) -> None:
        """The limit is each user's own."""
        kept = [caller.used_login(alice) for _ in range(2)]

        caller.login(User.objects.create_user("bob", password=PASSWORD))

        assert {caller.me(login["access"]).status_code for login in kept} == {200}

    def test_login_while_redis_is_down_ends_the_oldest_row_and_succeeds(
        self, alice: User, caller: Caller
    ) -> None:
        """A login that nobody gets the tokens of would end another one in vain."""
        oldest = caller.login(alice)
        caller.login(alice)

        with unreachable():
            response = caller.post("token/", CREDENTIALS)

        assert response.status_code == 200
        assert caller.refresh(oldest["refresh"]).status_code == 401


@pytest.mark.usefixtures("_two_denied")
class TestDeny:
    def test_login_too_many_is_refused_and_ends_nothing(
        self, alice: User, caller: Caller
    ) -> None:
        """The password was right, so it is no 401, and no reason to ask again."""
        kept = [caller.used_login(alice) for _ in range(2)]

        response = caller.post("token/", CREDENTIALS)

        assert response.status_code == 403
        assert response.json() == {
            "detail": "You are logged in on as many devices as allowed.",
            "code": "session_limit_reached",
            "retry_with": {"end_oldest": True},
        }
        assert {caller.me(login["access"]).status_code for login in kept} == {200}
        assert TokenFamily.objects.count() == 2

    def test_login_too_many_with_the_wish_ends_the_oldest(
        self, alice: User, caller: Caller
    ) -> None:
        """The client asks its user, and adds what the refusal says to the same body."""
        kept = [caller.used_login(alice) for _ in range(2)]
        wish = caller.post("token/", CREDENTIALS).json()["retry_with"]

        response = caller.post("token/", {**CREDENTIALS, **wish})

        assert response.status_code == 200
        statuses = [caller.me(login["access"]).status_code for login in kept]
        assert statuses == [401, 200]

    def test_call_with_the_wish_ends_the_oldest(
        self, alice: User, caller: Caller
    ) -> None:
        """Applications that prove users themselves may offer the same."""
        oldest, _ = caller.used_login(alice), caller.login(alice)
        request = RequestFactory().post("/")

        with pytest.raises(SessionLimitReached):
            jwtauth.login(request, alice)
        jwtauth.login(request, alice, end_oldest=True)

        assert caller.me(oldest["access"]).status_code == 401

    @pytest.mark.parametrize("end", ["idle", "absolute", "logout"])
    def test_login_that_is_over_takes_no_room(
        self, alice: User, caller: Caller, end: str
    ) -> None:
        """Rows of the past stay until they are purged."""
        for _ in range(2):
            over = caller.login(alice)
            if end == "logout":
                caller.logout(over["access"])
        if end != "logout":
            age(timedelta(days={"idle": 8, "absolute": 31}[end]))
        kept = [caller.used_login(alice) for _ in range(2)]

        assert {caller.me(login["access"]).status_code for login in kept} == {200}

    def test_wrong_password_beyond_the_limit_is_401(
        self, alice: User, caller: Caller
    ) -> None:
        """Who does not know the password learns nothing of the logins."""
        for _ in range(2):
            caller.login(alice)

        response = caller.post("token/", {"username": "alice", "password": "wrong"})

        assert response.status_code == 401


def test_without_a_limit_no_login_ends(alice: User, caller: Caller) -> None:
    """The default."""
    kept = [caller.used_login(alice) for _ in range(5)]

    assert {caller.me(login["access"]).status_code for login in kept} == {200}
