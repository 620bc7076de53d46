"""``login/``: the form by which a browser logs in."""

from collections.abc import Callable
from typing import ClassVar

import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path
from redis import Redis

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.forms import CredentialsForm
from jwtauth.models import TokenFamily
from jwtauth.views.login import LoginPage
from tests.conftest import Heard
from tests.jwtauth import second_factor
from tests.jwtauth.browser import (
    ACCESS,
    CSRF,
    REFRESH,
    Browser,
    attributes,
)
from tests.jwtauth.caller import PASSWORD, PREFIX
from tests.urls import urlpatterns as mounted

LOGIN = f"{PREFIX}login/"
ALONE = [
    "django.middleware.csrf.CsrfViewMiddleware",
    "jwtauth.middleware.JWTAuthenticationMiddleware",
]
"""No sessions, and so none of Django's users either."""
HOME = "/accounts/profile/"
"""Django's ``LOGIN_REDIRECT_URL``."""


class OtpForm(CredentialsForm):
    """A project's own, with a second factor."""

    otp = forms.CharField()

    def clean(self) -> dict[str, object]:
        self.user_cache = authenticate(self.request, **self.cleaned_data)
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        return self.cleaned_data


class OtpPage(LoginPage):
    """The page that shows it."""

    authentication_form = OtpForm


urlpatterns = [
    path("known/", LoginPage.as_view(redirect_authenticated_user=True)),
    path("otp/", OtpPage.as_view()),
    *mounted,
]


class _Alone:
    """The least URL configuration."""

    urlpatterns: ClassVar = [path("", include("jwtauth.urls"))]


class TestLogin:
    @pytest.mark.requirement("LGN-04")
    def test_form_logs_in_and_goes_on(self, alice: User) -> None:
        """302 after the POST, so that a reload sends no password again."""
        browser = Browser()

        response = browser.log_in_by_page(alice)

        assert (response.status_code, response["Location"]) == (302, HOME)
        assert browser.me().json()["id"] == alice.pk

    @pytest.mark.parametrize("delivery", [{"cookie"}, {"bearer", "cookie"}])
    def test_form_always_delivers_cookies(
        self,
        alice: User,
        jwtauth_settings: Callable[..., None],
        delivery: set[str],
    ) -> None:
        """A browser keeps nothing else; and no page shows a token."""
        jwtauth_settings(DELIVERY=delivery)
        browser = Browser()

        response = browser.log_in_by_page(alice)

        for name in (ACCESS, REFRESH):
            sent = attributes(response, name)
            assert (sent["httponly"], sent["secure"]) == (True, True)
            assert (sent["samesite"], sent["path"]) == ("Strict", "/")
        assert response.content == b""
        assert "no-store" in response["Cache-Control"]
        assert "Cookie" in response["Vary"]

    def test_page_where_cookies_are_off_is_not_there(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """It could log nobody in."""
        jwtauth_settings(DELIVERY={"bearer"})
        client = Client()
        body = {"username": "alice", "password": PASSWORD}

        answers = [client.get(LOGIN), client.post(LOGIN, body)]

        assert {answer.status_code for answer in answers} == {404}
        assert not TokenFamily.objects.exists()

    def test_form_under_asgi_logs_in_too(self, alice: User) -> None:
        """Nothing of it is tied to threads."""
        client = AsyncClient()
        body = {"username": "alice", "password": PASSWORD}

        response = async_to_sync(client.post)(LOGIN, body, secure=True)

        assert response.status_code == 302
        assert response.cookies[ACCESS].value

    def test_form_tells_django_and_keeps_last_login(
        self, alice: User, heard: Heard
    ) -> None:
        """Audit packages listen."""
        told, failed = heard(user_logged_in), heard(user_login_failed)
        browser = Browser()

        browser.log_in_by_page(alice, password="wrong")
        browser.log_in_by_page(alice)

        assert [facts["user"] for facts in told] == [alice]
        assert [facts["credentials"]["username"] for facts in failed] == ["alice"]
        alice.refresh_from_db()
        assert alice.last_login is not None

    def test_form_leaves_no_session_behind(
        self, alice: User, redis_client: Redis
    ) -> None:
        """Tokens need none, and a visitor's would fill the store."""
        browser = Browser()

        browser.log_in_by_page(alice, password="wrong")
        browser.log_in_by_page(alice)

        assert browser.cookie("__Host-sessionid") == ""
        assert redis_client.keys("sa:*") == []

    def test_form_needs_neither_sessions_nor_messages(self, alice: User) -> None:
        """The least that a project of tokens has."""
        browser = Browser()

        with override_settings(
            MIDDLEWARE=ALONE,
            INSTALLED_APPS=[
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "jwtauth",
            ],
            ROOT_URLCONF=_Alone,
            TEMPLATES=[
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                }
            ],
        ):
            assert browser.get("/login/").status_code == 200
            response = browser.post_form("/login/", username="alice", password=PASSWORD)

        assert response.status_code == 302
        assert set(browser.credentials) == {ACCESS, REFRESH}

    @pytest.mark.usefixtures("atomic_requests")
    def test_form_counts_where_requests_are_atomic(self, alice: User) -> None:
        """A login within the request's transaction could still be rolled back."""
        browser = Browser()

        assert browser.log_in_by_page(alice).status_code == 302
        assert browser.log_in_by_page(alice).status_code == 302

        assert TokenFamily.objects.filter(revoked_at=None).count() == 1
        assert browser.me().status_code == 200

    @override_settings(
        MIDDLEWARE=[
            "django.middleware.csrf.CsrfViewMiddleware",
            "sessionauth.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "demo_project.middleware.JWTPrefixMiddleware",
        ]
    )
    def test_page_is_open_where_everything_needs_a_login(self, alice: User) -> None:
        """Else the login page would lead to the login page."""
        assert Browser().log_in_by_page(alice).status_code == 302


@pytest.mark.requirement("LGN-03")
class TestNext:
    @pytest.mark.parametrize("target", [LOGIN, f"{LOGIN}?next=/page/"])
    def test_next_never_leads_back_to_the_form(self, alice: User, target: str) -> None:
        """Who has just logged in would take it for a failure."""
        response = Browser().log_in_by_page(alice, next=target)

        assert response["Location"] == HOME

    @override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=ALONE)
    @pytest.mark.parametrize("target", ["/known/", "/known/?next=/known/", "/page/"])
    def test_page_for_who_is_known_sends_on_and_not_in_circles(
        self, alice: User, target: str
    ) -> None:
        """``redirect_authenticated_user``; Django itself would answer 500."""
        browser = Browser()
        browser.log_in_by_page(alice)

        # Renewed in place, as on any page.
        browser.drop(ACCESS)
        response = browser.get(f"/known/?next={target}")

        assert response.status_code == 302
        assert response["Location"] == ("/page/" if target == "/page/" else HOME)


@pytest.mark.requirement("CSR-02")
class TestCsrf:
    def test_form_of_another_site_is_refused(self, alice: User) -> None:
        """Login CSRF makes the victim act in the attacker's account."""
        browser = Browser()

        answers = [
            browser.log_in_by_page(alice, origin="https://evil.example"),
            browser.log_in_by_page(alice, csrfmiddlewaretoken=""),
        ]

        assert [answer.status_code for answer in answers] == [403, 403]
        assert not TokenFamily.objects.exists()

    @pytest.mark.requirement("CSR-03")
    def test_login_rotates_the_csrf_token(self, alice: User) -> None:
        """Who planted one before the login has none after it."""
        browser = Browser()
        browser.get(LOGIN)
        before = browser.cookie(CSRF)

        browser.log_in_by_page(alice)

        assert browser.cookie(CSRF) not in {"", before}
        form = {"csrfmiddlewaretoken": before}
        assert browser.post_form(f"{PREFIX}logout/", **form).status_code == 403


@pytest.mark.serial
@pytest.mark.requirement("OPS-02", "RVK-15")
class TestOutage:
    def test_page_of_who_may_be_logged_in_is_503_and_the_cookies_stay(
        self, alice: User, server: EmbeddedValkey
    ) -> None:
        """Whether "You are logged in" is to be shown can't be known."""
        browser = Browser()
        browser.log_in_by_page(alice)
        server.stop()

        response = browser.get(LOGIN)

        assert response.status_code == 503
        assert response["Retry-After"]
        assert not response.cookies.keys() & {ACCESS, REFRESH}


@override_settings(
    ROOT_URLCONF=__name__, AUTHENTICATION_BACKENDS=[second_factor.BACKEND]
)
@pytest.mark.parametrize(("otp", "status"), [("42", 302), ("43", 200)])
def test_form_of_the_project_says_what_is_asked_for(
    alice: User, otp: str, status: int
) -> None:
    """A second factor needs a field, as ``LOGIN_SERIALIZER`` gives it to JSON."""
    browser = Browser()
    browser.get("/otp/")

    response = browser.post_form("/otp/", username="alice", password=PASSWORD, otp=otp)

    assert response.status_code == status
    assert TokenFamily.objects.exists() == (status == 302)
