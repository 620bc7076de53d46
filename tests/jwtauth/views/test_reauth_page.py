"""``account/reauth/``: the page that asks for the password once more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from jwtauth.models import RevocationReason, TokenFamily
from tests.conftest import Heard
from tests.jwtauth.browser import ACCESS, CSRF, REFRESH, Browser
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller, unverified_claims
from tests.jwtauth.conftest import age

PAGE = PREFIX + "account/reauth/"
LOGIN = PREFIX + "login/"
LIST = PREFIX + "account/sessions/"
OLD = timedelta(minutes=16)


class OtherUserBackend(ModelBackend):
    """Proves whom it likes."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: str
    ) -> AbstractBaseUser | None:
        return User.objects.get(username="bob")


def confirm(browser: Browser, password: str = PASSWORD, **more: str) -> HttpResponse:
    return browser.post_form(PAGE, password=password, **more)


def auth_time(browser: Browser) -> int:
    return unverified_claims(browser.cookie(ACCESS))["auth_time"]


def live() -> int:
    return TokenFamily.objects.filter(revoked_at=None).count()


class TestAsk:
    def test_page_asks_for_the_password_alone_and_names_the_user(
        self, browser: Browser
    ) -> None:
        """Password managers look for the name; nobody may type another."""
        html = browser.get(PAGE).content.decode()

        assert 'type="password" name="password" autocomplete="current-password"' in html
        assert 'name="username" value="alice"' in html
        assert html.count("<input") - html.count('type="hidden"') == 2
        assert live() == 1

    def test_page_without_a_login_leads_to_the_login_page(self, alice: User) -> None:
        """That of the same mount, and from there straight to where it was to go."""
        response = Browser().get(f"{PAGE}?next={LIST}")

        assert response.status_code == 302
        assert response["Location"] == f"{LOGIN}?next={LIST}"

    def test_page_is_kept_out_of_caches(self, browser: Browser) -> None:
        """It names the user."""
        response = browser.get(PAGE)

        assert "no-store" in response["Cache-Control"]
        assert "Cookie" in response["Vary"]

    def test_page_where_no_cookies_are_delivered_is_404(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A browser could keep nothing that it is given."""
        jwtauth_settings(DELIVERY={"bearer"})

        assert browser.get(PAGE).status_code == 404


class TestConfirm:
    @pytest.mark.requirement("LST-05")
    def test_right_password_gives_a_younger_login_in_other_cookies(
        self, browser: Browser, heard: Heard
    ) -> None:
        """The old tokens are worth nothing after, wherever they went."""
        old, csrf = browser.credentials, browser.cookie(CSRF)
        age(OLD)
        browser.refresh()
        began = auth_time(browser)
        told = heard(user_logged_in)

        response = confirm(browser, next=LIST)

        assert (response.status_code, response["Location"]) == (302, LIST)
        assert auth_time(browser) - began >= OLD.total_seconds()
        assert not set(browser.credentials.values()) & set(old.values())
        assert browser.cookie(CSRF) != csrf
        assert browser.me().status_code == 200
        ended = TokenFamily.objects.exclude(revoked_at=None).get()
        assert ended.revoked_reason == RevocationReason.STEPPED_UP
        assert live() == 1
        assert len(told) == 1

    @pytest.mark.requirement("LGN-04")
    def test_wrong_password_shows_the_form_again_and_ends_nothing(
        self, browser: Browser, heard: Heard
    ) -> None:
        """Nobody is logged out by a mistyped password; who counts failures hears it."""
        told, held = heard(user_login_failed), browser.credentials

        response = confirm(browser, "wrong", next=LIST)

        assert response.status_code == 200
        html = response.content.decode()
        assert "That is not the right password." in html
        assert f'name="next" value="{LIST}"' in html
        assert "wrong" not in html
        assert [facts["credentials"]["username"] for facts in told] == ["alice"]
        assert browser.credentials == held
        assert browser.me().status_code == 200

    @pytest.mark.parametrize("password", ["", "x" * 5000])
    def test_no_password_and_a_long_one_show_the_form_again(
        self, browser: Browser, password: str
    ) -> None:
        """Whatever is sent, the page says what is wrong."""
        assert confirm(browser, password).status_code == 200
        assert live() == 1

    def test_another_users_credentials_count_for_nothing(
        self, browser: Browser, bob: User, heard: Heard
    ) -> None:
        """The name is the caller's, whatever the form says."""
        bob.set_password("bobs")
        bob.save()
        told = heard(user_login_failed)

        response = confirm(browser, "bobs", username="bob")

        assert response.status_code == 200
        assert [facts["credentials"]["username"] for facts in told] == ["alice"]
        assert TokenFamily.objects.count() == 1

    def test_backend_that_proves_somebody_else_is_refused(
        self, browser: Browser, bob: User
    ) -> None:
        """One user's proof gives no other a younger login."""
        backends = ["django.contrib.auth.backends.ModelBackend"]
        backends.insert(0, f"{__name__}.OtherUserBackend")

        with override_settings(AUTHENTICATION_BACKENDS=backends):
            response = confirm(browser)

        assert response.status_code == 200
        assert TokenFamily.objects.count() == 1

    def test_post_without_the_csrf_token_is_refused(self, browser: Browser) -> None:
        """Another site must not spend the password that a browser fills in."""
        browser.keep(CSRF, "")

        assert confirm(browser).status_code == 403
        assert TokenFamily.objects.count() == 1

    def test_login_that_ended_meanwhile_leads_to_the_login_page(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """It stays ended, also where its access token still counts."""
        jwtauth_settings(REVOCATION="refresh_only")
        browser.get(PAGE)
        TokenFamily.objects.update(
            revoked_at=TokenFamily.objects.get().created_at, revoked_reason="revoked"
        )

        response = confirm(browser, next=LIST)

        assert (response.status_code, response["Location"]) == (
            302,
            f"{LOGIN}?next={LIST}",
        )
        assert live() == 0

    def test_at_the_limit_it_takes_the_place_of_its_own(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """It is one login, before and after."""
        jwtauth_settings(MAX_SESSIONS_PER_USER=1, SESSION_LIMIT_POLICY="deny")

        assert confirm(browser).status_code == 302
        assert live() == 1

    def test_beyond_a_limit_that_was_lowered_the_form_says_so(
        self,
        browser: Browser,
        alice: User,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """The password was right, and the login goes on as it was."""
        caller.login(alice)
        jwtauth_settings(MAX_SESSIONS_PER_USER=1, SESSION_LIMIT_POLICY="deny")

        response = confirm(browser)

        assert response.status_code == 200
        assert "as many devices as allowed" in response.content.decode()
        assert live() == 2

    @pytest.mark.usefixtures("atomic_requests")
    def test_page_runs_outside_of_atomic_requests(self, browser: Browser) -> None:
        """What counts failures must not be rolled back, nor a login that was given."""
        assert confirm(browser).status_code == 302

    def test_page_after_the_access_token_died_is_renewed_in_place(
        self, browser: Browser
    ) -> None:
        """A form that was typed for twenty minutes is not lost."""
        browser.drop(ACCESS)
        refresh_token = browser.cookie(REFRESH)

        wrong = confirm(browser, "wrong")

        assert wrong.status_code == 200
        assert browser.cookie(REFRESH) != refresh_token
        assert confirm(browser).status_code == 302
        assert browser.me().status_code == 200
        assert live() == 1
