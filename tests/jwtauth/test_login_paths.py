"""Every way in asks the same questions, and tells Django what happened."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

import jwtauth
from jwtauth.exceptions import LoginRefused
from jwtauth.models import TokenFamily
from tests.conftest import Heard
from tests.jwtauth import second_factor
from tests.jwtauth.browser import Browser
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller

CREDENTIALS = {"username": "alice", "password": PASSWORD}


class LenientBackend(ModelBackend):
    """Lets inactive users in; Django's pages may want that, tokens don't."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return True


def has_verified_address(user: AbstractBaseUser) -> bool:
    """A project's own question."""
    return bool(getattr(user, "first_name", ""))


def by_token(body: dict[str, Any]) -> HttpResponse:
    return Caller().post("token/", CREDENTIALS)


def by_refresh(body: dict[str, Any]) -> HttpResponse:
    return Caller().refresh(body["refresh"])


def by_reauth(body: dict[str, Any]) -> HttpResponse:
    return Caller().post("reauth/", {"password": PASSWORD}, bearer=body["access"])


def by_api(body: dict[str, Any]) -> HttpResponse:
    return Caller().me(body["access"])


def by_verify(body: dict[str, Any]) -> HttpResponse:
    return Caller().post("token/verify/", {"token": body["access"]})


PATHS = [by_token, by_refresh, by_reauth, by_api, by_verify]


@pytest.mark.requirement("LGN-07")
class TestEveryPath:
    @pytest.fixture
    def body(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> dict[str, Any]:
        """A login, in a project with a question of its own and a lenient backend."""
        jwtauth_settings(USER_CHECK=f"{__name__}.has_verified_address", USER="database")
        alice.first_name = "verified"
        alice.save()
        with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.LenientBackend"]):
            return caller.used_login(alice)

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(
        ("change", "is_let_in"),
        [({}, True), ({"is_active": False}, False), ({"first_name": ""}, False)],
        ids=["as-before", "inactive", "user-check"],
    )
    def test_path_refuses_whom_the_others_refuse(
        self,
        body: dict[str, Any],
        path: Callable[[dict[str, Any]], HttpResponse],
        change: dict[str, Any],
        *,
        is_let_in: bool,
    ) -> None:
        """One way in that forgets a question is the one that is found."""
        if change:
            User.objects.update(**change)

        with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.LenientBackend"]):
            response = path(body)

        assert response.status_code == (200 if is_let_in else 401)

    @pytest.mark.parametrize("change", [{"is_active": False}, {"first_name": ""}])
    def test_call_refuses_whom_the_endpoints_refuse(
        self, body: dict[str, Any], alice: User, change: dict[str, Any]
    ) -> None:
        """``jwtauth.login()`` is a way in, too."""
        User.objects.update(**change)

        with (
            override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.LenientBackend"]),
            pytest.raises(LoginRefused),
        ):
            jwtauth.login(RequestFactory().post("/"), User.objects.get())

    @pytest.mark.usefixtures("pages")
    @pytest.mark.parametrize("change", [{"is_active": False}, {"first_name": ""}])
    def test_page_refuses_whom_the_endpoints_refuse(
        self, alice: User, jwtauth_settings: Callable[..., None], change: dict[str, Any]
    ) -> None:
        """The middleware loads the row, and asks."""
        jwtauth_settings(USER_CHECK=f"{__name__}.has_verified_address")
        User.objects.update(first_name="verified")

        browser = Browser()
        browser.login(alice)
        before = browser.get("/page/").content
        User.objects.update(**change)
        after = browser.get("/page/").content

        assert (before, after) == (b"alice", b"AnonymousUser")


class TestSerializer:
    @pytest.mark.parametrize(("otp", "status"), [("42", 200), ("43", 401), (None, 400)])
    def test_login_serializer_of_the_project_says_what_is_asked_for(
        self,
        alice: User,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
        otp: str | None,
        status: int,
    ) -> None:
        """A second factor needs a field, and a backend that looks at it."""
        jwtauth_settings(LOGIN_SERIALIZER=second_factor.SERIALIZER)
        body = CREDENTIALS | ({} if otp is None else {"otp": otp})

        with override_settings(AUTHENTICATION_BACKENDS=[second_factor.BACKEND]):
            response = caller.post("token/", body)

        assert response.status_code == status
        assert TokenFamily.objects.exists() == (status == 200)


class TestEnumeration:
    @pytest.fixture
    def hashed(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Every password that is hashed from now on."""
        hashed: list[str] = []
        encode = MD5PasswordHasher.encode

        def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
            hashed.append(password)
            return encode(self, password, salt)

        monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
        return hashed

    @pytest.mark.requirement("LGN-02")
    @pytest.mark.parametrize("name", ["alice", "nobody"])
    def test_login_hashes_once_whoever_it_names(
        self, hashed: list[str], caller: Caller, name: str
    ) -> None:
        """Else the time of the answer tells who has an account."""
        caller.post("token/", {"username": name, "password": "wrong"})

        assert len(hashed) == 1

    @pytest.mark.requirement("LGN-02")
    def test_login_that_the_project_refuses_hashes_once(
        self,
        hashed: list[str],
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """Else the time tells that the password was right."""
        jwtauth_settings(USER_CHECK=f"{__name__}.has_verified_address")

        response = caller.post("token/", CREDENTIALS)

        assert (response.status_code, len(hashed)) == (401, 1)


class TestLoggedOut:
    @pytest.mark.parametrize("path", ["logout/", "token/blacklist/", "logout/all/"])
    def test_logout_sends_djangos_signal_with_the_user(
        self, alice: User, caller: Caller, heard: Heard, path: str
    ) -> None:
        """Audit and lockout packages listen to it."""
        body = caller.login(alice)
        told = heard(user_logged_out)

        caller.post(path, bearer=body["access"])

        (facts,) = told
        assert facts["sender"] is User
        assert facts["user"] == alice
        assert isinstance(facts["request"], HttpRequest)

    def test_logout_by_cookie_sends_it_too(
        self, alice: User, browser: Browser, heard: Heard
    ) -> None:
        """The browser's user."""
        told = heard(user_logged_out)

        browser.post(f"{PREFIX}logout/")

        (facts,) = told
        assert facts["user"] == alice

    def test_logout_receiver_that_fails_changes_no_answer(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """The login has ended by then."""
        body = caller.login(alice)
        heard(user_logged_out, failure=RuntimeError())

        assert caller.logout(body["access"]).status_code == 204

    def test_logout_nobody_is_told_of_a_token_that_is_none(
        self, caller: Caller, alice: User, heard: Heard
    ) -> None:
        """Nobody has logged out."""
        told = heard(user_logged_out)

        assert caller.logout("a.b.c").status_code == 401

        assert told == []
