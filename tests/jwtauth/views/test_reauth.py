"""``reauth/``: a younger login in the place of this one, for who proves it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.test import override_settings

from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import family_revoked
from tests.conftest import Heard
from tests.jwtauth import second_factor
from tests.jwtauth.browser import CSRF, Browser
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller, unverified_claims
from tests.jwtauth.conftest import age

DAY = timedelta(days=1)


class OtherUserBackend(ModelBackend):
    """Proves whom it likes."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: str
    ) -> AbstractBaseUser | None:
        return User.objects.get(username="bob")


def auth_time(body: dict[str, Any]) -> int:
    return unverified_claims(body["access"])["auth_time"]


@pytest.fixture
def old(alice: User, caller: Caller) -> dict[str, Any]:
    """The tokens of a login of yesterday, refreshed since."""
    body = caller.login(alice)
    age(DAY)
    return caller.refreshed(body["refresh"])


class TestReauth:
    @pytest.mark.requirement("ATJ-05", "LST-05", "OPS-10")
    def test_auth_time_stays_when_refreshed_and_is_new_after_reauth(
        self, old: dict[str, Any], caller: Caller
    ) -> None:
        """A refresh token is no proof that anybody is there; a password is."""
        body = old
        for _ in range(3):
            body = caller.refreshed(body["refresh"])
        assert auth_time(body) == auth_time(old)

        response = caller.post("reauth/", {"password": PASSWORD}, bearer=body["access"])

        assert response.status_code == 200
        assert set(response.json()) >= {"access", "refresh", "expires_in"}
        assert auth_time(response.json()) - auth_time(old) >= DAY.total_seconds()

    @pytest.mark.requirement("TMO-04")
    def test_reauth_starts_the_absolute_timeout_anew_and_a_refresh_does_not(
        self, alice: User, caller: Caller
    ) -> None:
        """Only who proves anew who they are gets another thirty days."""
        stays, proves = caller.login(alice), caller.login(alice)
        for _ in range(29):
            age(DAY)
            stays = caller.refreshed(stays["refresh"])
            proves = caller.refreshed(proves["refresh"])

        answer = caller.post("reauth/", {"password": PASSWORD}, bearer=proves["access"])
        age(2 * DAY)

        assert caller.refresh(stays["refresh"]).status_code == 401
        assert caller.refresh(answer.json()["refresh"]).status_code == 200

    def test_reauth_ends_the_old_login_at_once(
        self, old: dict[str, Any], caller: Caller, heard: Heard
    ) -> None:
        """Tokens that were stolen before are worth nothing after."""
        assert caller.me(old["access"]).status_code == 200
        told = heard(family_revoked)

        body = caller.post(
            "reauth/", {"password": PASSWORD}, bearer=old["access"]
        ).json()

        assert caller.me(old["access"]).status_code == 401
        assert caller.refresh(old["refresh"]).status_code == 401
        assert caller.me(body["access"]).status_code == 200
        assert [facts["reason"] for facts in told] == [RevocationReason.STEPPED_UP]

    def test_reauth_by_cookie_renews_the_cookies_and_the_csrf_token(
        self, alice: User
    ) -> None:
        """Delivered the way the call came."""
        browser = Browser()
        browser.login(alice)
        old, csrf = browser.credentials, browser.cookie(CSRF)

        response = browser.post(f"{PREFIX}reauth/", {"password": PASSWORD})

        assert response.status_code == 200
        assert set(response.json()) == {"expires_in", "refresh_expires_in"}
        assert not set(browser.credentials.values()) & set(old.values())
        assert browser.cookie(CSRF) != csrf
        assert browser.me().status_code == 200

    def test_reauth_by_cookie_needs_the_csrf_token(self, alice: User) -> None:
        """It sets credential cookies."""
        browser = Browser()
        browser.login(alice)

        response = browser.post(f"{PREFIX}reauth/", {"password": PASSWORD}, csrf="")

        assert response.status_code == 403
        assert TokenFamily.objects.get().revoked_at is None

    @pytest.mark.parametrize(
        "body", [{"password": "wrong"}, {"username": "bob", "password": "bobs"}]
    )
    def test_reauth_wrong_password_is_403_and_ends_nothing(
        self, old: dict[str, Any], caller: Caller, heard: Heard, body: dict[str, str]
    ) -> None:
        """No 401, which clients answer by refreshing and trying again; lockouts count.

        The name is the caller's, whatever the body says.
        """
        User.objects.create_user("bob", password="bobs")
        told = heard(user_login_failed)

        response = caller.post("reauth/", body, bearer=old["access"])

        assert response.status_code == 403
        assert response.json()["code"] == "not_confirmed"
        assert caller.me(old["access"]).status_code == 200
        assert [facts["credentials"]["username"] for facts in told] == ["alice"]

    @pytest.mark.parametrize("body", [{}, [1], {"password": ""}])
    def test_reauth_without_a_password_is_400(
        self, old: dict[str, Any], caller: Caller, body: object
    ) -> None:
        """The field is named, so that it can be filled in."""
        response = caller.post("reauth/", body, bearer=old["access"])

        assert response.status_code == 400
        assert set(response.json()) == {"password"}

    def test_reauth_backend_that_proves_somebody_else_is_refused(
        self, alice: User, caller: Caller
    ) -> None:
        """One user's proof gives no other a younger login."""
        body = caller.login(alice)
        User.objects.create_user("bob", password=PASSWORD)

        with override_settings(
            AUTHENTICATION_BACKENDS=[f"{__name__}.OtherUserBackend"]
        ):
            response = caller.post(
                "reauth/", {"password": PASSWORD}, bearer=body["access"]
            )

        assert response.status_code == 403

    def test_reauth_without_an_access_token_is_401(self, alice: User) -> None:
        """Nobody is there to be proved again."""
        response = Caller().post("reauth/", {"password": PASSWORD})

        assert response.status_code == 401

    @pytest.mark.parametrize(("otp", "status"), [("42", 200), ("43", 403)])
    def test_reauth_asks_for_what_the_login_asks_for(
        self,
        alice: User,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
        otp: str,
        status: int,
    ) -> None:
        """A second factor at the login is one here, too."""
        body = caller.login(alice)
        jwtauth_settings(LOGIN_SERIALIZER=second_factor.SERIALIZER)

        with override_settings(AUTHENTICATION_BACKENDS=[second_factor.BACKEND]):
            response = caller.post(
                "reauth/", {"password": PASSWORD, "otp": otp}, bearer=body["access"]
            )

        assert response.status_code == status

    @pytest.mark.requirement("RTK-20")
    def test_reauth_for_a_login_that_is_not_on_record_widens_nothing(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """After a restored backup nobody knows what the login was granted."""
        jwtauth_settings(CLAIMS=lambda _user, _family: {"scope": "admin read"})
        login = {"username": "alice", "password": PASSWORD, "scope": "read"}
        body = caller.post("token/", login).json()
        TokenFamily.objects.all().delete()

        response = caller.post("reauth/", {"password": PASSWORD}, bearer=body["access"])

        assert response.status_code == 403
        assert not TokenFamily.objects.exists()

    def test_reauth_of_a_login_that_ended_meanwhile_begins_none(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A logout everywhere counts for who is just proving something, too."""
        jwtauth_settings(REVOCATION="refresh_only")
        body = caller.login(alice)
        caller.logout(body["access"])

        response = caller.post("reauth/", {"password": PASSWORD}, bearer=body["access"])

        assert response.status_code == 403
        assert response.json() == {
            "detail": "You were logged out everywhere at this moment. Log in again.",
            "code": "login_overtaken",
        }
        assert TokenFamily.objects.count() == 1

    def test_reauth_at_the_limit_of_logins_takes_the_place_of_its_own(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """It is one login, before and after."""
        jwtauth_settings(MAX_SESSIONS_PER_USER=1, SESSION_LIMIT_POLICY="deny")
        body = caller.login(alice)

        response = caller.post("reauth/", {"password": PASSWORD}, bearer=body["access"])

        assert response.status_code == 200
        assert TokenFamily.objects.filter(revoked_at=None).count() == 1
