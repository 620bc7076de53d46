"""``sessions/``: where the user is logged in, and how to end it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from jwtauth.models import TokenFamily
from tests.faults import unreachable
from tests.jwtauth.browser import Browser
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller
from tests.jwtauth.conftest import age

PATH = PREFIX + "sessions/"
OLD = timedelta(minutes=16)


def request(method: str, access_token: str, path: str = PATH) -> HttpResponse:
    client = Client(raise_request_exception=False)
    return client.generic(method, path, HTTP_AUTHORIZATION=f"Bearer {access_token}")


def listed(access_token: str) -> list[dict[str, Any]]:
    response = request("GET", access_token)
    assert response.status_code == 200, response.content
    return response.json()


def handle_of(access_token: str) -> str:
    """The handle of the login that an access token is of."""
    (handle,) = (row["handle"] for row in listed(access_token) if row["current"])
    return handle


def end(access_token: str, handle: str) -> HttpResponse:
    return request("DELETE", access_token, f"{PATH}{handle}/")


@pytest.fixture
def two(alice: User, caller: Caller, thief: Caller) -> tuple[Any, Any]:
    """Two logins of alice from two browsers; the second calls."""
    return caller.used_login(alice), thief.used_login(alice)


@pytest.fixture
def stale(two: tuple[Any, Any], thief: Caller) -> tuple[Any, Any]:
    """The same, when the second has logged in too long ago."""
    age(OLD)
    return two[0], thief.refreshed(two[1]["refresh"])


class TestList:
    @pytest.mark.requirement("LST-01")
    def test_list_shows_every_active_login_and_which_is_this_one(
        self, two: tuple[Any, Any]
    ) -> None:
        """The shape that a front end is written against."""
        rows = listed(two[1]["access"])

        assert [row["device"] for row in rows] == ["Thief/6.6", "Owner/1.0"]
        assert [row["current"] for row in rows] == [True, False]
        assert {row["address"] for row in rows} == {"127.0.0.1"}
        assert set(rows[0]) == {
            "handle",
            "device",
            "address",
            "created_at",
            "last_used_at",
            "expires_at",
            "current",
        }
        for row in rows:
            created, used, expires = (
                datetime.fromisoformat(row[name])
                for name in ("created_at", "last_used_at", "expires_at")
            )
            assert created <= used < expires
            assert created.utcoffset() == timedelta(0)

    @pytest.mark.requirement("LST-01")
    def test_list_holds_no_secret(self, two: tuple[Any, Any]) -> None:
        """It is shown on screens, and kept in caches of scripts."""
        text = request("GET", two[1]["access"]).content.decode()

        for body in two:
            assert body["refresh"] not in text
            assert body["access"] not in text
        for row in TokenFamily.objects.all():
            assert bytes(row.secret_hash).hex() not in text

    @pytest.mark.parametrize("over", ["logout", "expired"])
    def test_list_leaves_out_what_is_over(
        self, two: tuple[Any, Any], alice: User, caller: Caller, over: str
    ) -> None:
        """Nobody has to wonder about it."""
        if over == "logout":
            caller.logout(two[0]["access"])
        else:
            age(timedelta(days=8))
        token = caller.used_login(alice)["access"]

        assert len(listed(token)) == (2 if over == "logout" else 1)

    def test_list_last_used_follows_the_refresh_and_created_does_not(
        self, stale: tuple[Any, Any]
    ) -> None:
        """The login keeps its age."""
        (mine,) = (row for row in listed(stale[1]["access"]) if row["current"])

        used = datetime.fromisoformat(mine["last_used_at"])
        assert used - datetime.fromisoformat(mine["created_at"]) >= OLD

    def test_list_without_an_access_token_is_401(self) -> None:
        """Whose logins would that be?"""
        assert Client().get(PATH).status_code == 401

    def test_list_is_kept_out_of_caches(self, two: tuple[Any, Any]) -> None:
        """Addresses are personal."""
        assert request("GET", two[1]["access"])["Cache-Control"] == "no-store"


class TestEndOne:
    @pytest.mark.requirement("LST-02")
    def test_end_another_ends_it_at_once(
        self, two: tuple[Any, Any], caller: Caller
    ) -> None:
        """The phone that was lost."""
        other, mine = two

        response = end(mine["access"], handle_of(other["access"]))

        assert response.status_code == 204
        assert caller.me(other["access"]).status_code == 401
        assert caller.refresh(other["refresh"]).status_code == 401
        assert caller.me(mine["access"]).status_code == 200

    @pytest.mark.requirement("LST-02", "LST-05")
    def test_end_another_under_an_old_login_takes_a_younger_one(
        self, stale: tuple[Any, Any], thief: Caller
    ) -> None:
        """Who found a screen unlocked must not lock its owner out."""
        other, mine = stale
        handle = TokenFamily.objects.get(device="Owner/1.0").sid

        assert end(mine["access"], handle).status_code == 401
        young = thief.post(
            "reauth/", {"password": PASSWORD}, bearer=mine["access"]
        ).json()

        assert end(young["access"], handle).status_code == 204
        assert thief.refresh(other["refresh"]).status_code == 401

    def test_end_this_one_needs_no_younger_login(
        self, stale: tuple[Any, Any], caller: Caller
    ) -> None:
        """It is a logout."""
        mine = stale[1]["access"]

        assert end(mine, handle_of(mine)).status_code == 204
        assert caller.me(mine).status_code == 401

    @pytest.mark.requirement("LST-03")
    @pytest.mark.parametrize("is_recent", [True, False])
    def test_end_one_of_another_user_is_as_if_it_were_not_there(
        self,
        two: tuple[Any, Any],
        caller: Caller,
        thief: Caller,
        bob: User,
        *,
        is_recent: bool,
    ) -> None:
        """Not even that a handle is somebody's is told."""
        hers = handle_of(two[0]["access"])
        his = thief.used_login(bob)
        if not is_recent:
            age(OLD)
            his = thief.refreshed(his["refresh"])

        answers = [
            end(his["access"], handle)
            for handle in (hers, "A" * 22, "x", "..", "A" * 99)
        ]

        expected = 404 if is_recent else 401
        assert {answer.status_code for answer in answers} == {expected}
        assert len({answer.content for answer in answers}) == 1
        assert TokenFamily.objects.filter(revoked_at=None).count() == 3

    def test_end_while_redis_is_down_is_503_and_to_repeat_it_reaches_redis(
        self,
        alice: User,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """Never reported as done when it was not; 404 says that it is over."""
        other, mine = caller.used_login(alice), caller.used_login(alice)
        handle = handle_of(other["access"])
        jwtauth_settings(DENYLIST_FAILURE="open")

        with unreachable():
            response = end(mine["access"], handle)

        assert response.status_code == 503
        assert response["Retry-After"]
        assert caller.me(other["access"]).status_code == 200
        assert end(mine["access"], handle).status_code == 404
        assert caller.me(other["access"]).status_code == 401


class TestEndOthers:
    @pytest.mark.requirement("LST-02")
    def test_end_others_leaves_this_one(
        self, two: tuple[Any, Any], alice: User, caller: Caller
    ) -> None:
        """All but where the user is."""
        third = caller.used_login(alice)

        assert request("DELETE", two[1]["access"]).status_code == 204

        assert caller.me(two[1]["access"]).status_code == 200
        for other in (two[0], third):
            assert caller.me(other["access"]).status_code == 401
            assert caller.refresh(other["refresh"]).status_code == 401

    @pytest.mark.requirement("LST-02", "LST-05")
    def test_end_others_under_an_old_login_is_refused(
        self, stale: tuple[Any, Any], caller: Caller
    ) -> None:
        """See the same of one."""
        other, mine = stale

        response = request("DELETE", mine["access"])

        assert response.status_code == 401
        assert response.json()["max_age"] == 900
        assert caller.refresh(other["refresh"]).status_code == 200


class TestByCookie:
    def test_end_this_one_by_cookie_clears_the_cookies(self, browser: Browser) -> None:
        """It is a logout."""
        (row,) = browser.get(PATH).json()
        path = f"{PATH}{row['handle']}/"

        response = browser.delete(path)

        assert response.status_code == 204
        assert browser.credentials == {}
        assert "Clear-Site-Data" in response

    @pytest.mark.parametrize("path", [PATH, PATH + "x/"])
    def test_end_by_cookie_needs_the_csrf_token(
        self, browser: Browser, path: str
    ) -> None:
        """Another site's page must end nothing."""
        assert browser.delete(path, csrf="").status_code == 403

    def test_end_others_by_cookie_keeps_the_cookies(self, browser: Browser) -> None:
        """This one goes on."""
        response = browser.delete(PATH)

        assert response.status_code == 204
        assert browser.me().status_code == 200
