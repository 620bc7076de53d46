"""Pages from the login on: long forms, two tabs, links in mails, lost passwords."""

import re
import time
from collections.abc import Iterator

import pytest
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.flows.revoke import revoke_by_tokens
from jwtauth.models import RevocationReason, TokenFamily
from tests.jwtauth.browser import ACCESS, CSRF, REFRESH, Browser
from tests.jwtauth.caller import PASSWORD
from tests.jwtauth.conftest import OTHER_MIDDLEWARE

NEW_PASSWORD = "a new one, quite as good"
FROM_A_MAIL = {
    "HTTP_SEC_FETCH_SITE": "cross-site",
    "HTTP_SEC_FETCH_MODE": "navigate",
}


@login_required
def note(request: HttpRequest) -> HttpResponse:
    """A page with a form."""
    return HttpResponse(f"{request.user} {request.POST.get('text', '')}".strip())


@login_required(login_url="two:login")
def of_two(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


def slow(request: HttpRequest) -> HttpResponse:
    """A page whose user logs out in another tab while it is being made."""
    response = note(request)
    revoke_by_tokens(
        [request.COOKIES[REFRESH]], reason=RevocationReason.LOGOUT, now=time.time()
    )
    return response


def broken_meanwhile(request: HttpRequest) -> HttpResponse:
    """A page in whose making Redis goes down."""
    response = note(request)
    SERVERS[0].stop()
    return response


SERVERS: list[EmbeddedValkey] = []

urlpatterns = [
    path("auth/", include("jwtauth.urls")),
    path("two/", include("jwtauth.urls", namespace="two")),
    path("note/", note),
    path("of-two/", of_two),
    path("slow/", slow),
    path("broken/", broken_meanwhile),
    path(
        "reset/<uidb64>/<token>/",
        PasswordResetConfirmView.as_view(
            success_url="/note/", template_name="jwtauth/login.html"
        ),
    ),
]


@pytest.fixture(autouse=True)
def _pages() -> Iterator[None]:
    middleware = [*OTHER_MIDDLEWARE, "jwtauth.middleware.JWTAuthenticationMiddleware"]
    with override_settings(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=middleware,
        LOGIN_URL="jwtauth:login",
        LOGIN_REDIRECT_URL="/note/",
    ):
        yield


@pytest.fixture
def visitor(alice: User) -> Browser:
    """Where alice has logged in by the page."""
    browser = Browser()
    assert log_in(browser).status_code == 302
    return browser


def log_in(browser: Browser, address: str = "/auth/login/") -> HttpResponse:
    assert browser.get(address).status_code == 200
    return browser.post_form(address, username="alice", password=PASSWORD)


class TestForm:
    @pytest.mark.parametrize("gone", ["expired", "dropped"])
    def test_form_that_took_an_hour_is_not_lost(
        self, visitor: Browser, monkeypatch: pytest.MonkeyPatch, gone: str
    ) -> None:
        """The page it was typed on still has a CSRF token that counts."""
        visitor.get("/note/")
        csrf = visitor.cookie(CSRF)
        if gone == "dropped":
            visitor.drop(ACCESS)
        else:
            later = time.time() + 3600
            monkeypatch.setattr("time.time", lambda: later)

        response = visitor.post_form("/note/", text="an hour's work")

        assert response.content == b"alice an hour's work"
        assert visitor.cookie(CSRF) == csrf
        assert TokenFamily.objects.get().generation == 1
        assert visitor.post_form("/note/", text="more").content == b"alice more"

    def test_form_of_a_login_that_is_over_leads_to_the_login_page(
        self, visitor: Browser
    ) -> None:
        """And from there back to the page."""
        TokenFamily.objects.update(revoked_at="2026-01-01T00:00:00Z")
        visitor.drop(ACCESS)

        response = visitor.post_form("/note/", text="too late")

        assert (response.status_code, response["Location"]) == (
            302,
            "/auth/login/?next=/note/",
        )


class TestTwoTabs:
    def test_logout_in_one_tab_leads_the_other_to_the_login_page(
        self, visitor: Browser
    ) -> None:
        """Not to an error."""
        old = visitor.cookie(CSRF)
        visitor.post_form("/auth/logout/")

        response = visitor.get("/note/")

        assert response["Location"] == "/auth/login/?next=/note/"
        again = visitor.post_form("/auth/logout/", csrfmiddlewaretoken=old)
        assert again["Location"] == "/auth/login/"

    def test_tab_that_logs_in_again_does_not_log_the_other_out(
        self, visitor: Browser
    ) -> None:
        """They share their cookies."""
        log_in(visitor)

        assert visitor.get("/note/").content == b"alice"

    def test_login_page_says_who_is_logged_in(self, visitor: Browser) -> None:
        """Also with an access token that has expired, as on any page."""
        visitor.drop(ACCESS)

        page = visitor.get("/auth/login/").content

        assert b"You are logged in as alice." in page
        assert b'action="/auth/logout/"' in page


class TestLinkInAMail:
    @pytest.mark.parametrize(
        ("address", "login_url"),
        [
            ("/note/?a=1", "jwtauth:login"),
            ("/note/?a=1", "two:login"),
            ("/note/?a=1", "/auth/login/"),
            ("/note/?a=1", "/auth/login/?from=here"),
            ("/of-two/", "jwtauth:login"),
            ("/of-two/", "/somewhere/else/"),
        ],
    )
    def test_link_arrives_logged_in(
        self, visitor: Browser, address: str, login_url: str
    ) -> None:
        """Strict cookies stay at home on the way in; the reload is of this site.

        Whichever login page the view leads to: there is one for each namespace.
        """
        with override_settings(LOGIN_URL=login_url):
            first = Browser().get(address, **FROM_A_MAIL)
            second = visitor.get(address)

        assert first.status_code == 200
        (target,) = re.findall(rb'content="0; url=(.*)"', first.content)
        assert target.decode() == address
        assert second.content == b"alice"

    def test_link_of_who_is_not_logged_in_leads_through_the_login_to_the_page(
        self, alice: User
    ) -> None:
        """One reload, the login page, and then where the link led."""
        browser = Browser()
        browser.get("/note/?a=1", **FROM_A_MAIL)

        login = browser.get("/note/?a=1")["Location"]
        arrived = log_in(browser, login)

        assert login == "/auth/login/?next=/note/%3Fa%3D1"
        assert arrived["Location"] == "/note/?a=1"
        assert browser.get("/note/?a=1").content == b"alice"

    @pytest.mark.parametrize("address", ["/auth/login/", "/nowhere/"])
    def test_other_pages_are_not_held_up(self, alice: User, address: str) -> None:
        """Only what would end at a login page."""
        assert b"http-equiv" not in Browser().get(address, **FROM_A_MAIL).content

    @override_settings(LOGIN_URL="https://login.example/start?x=1")
    def test_login_elsewhere_is_known_by_its_address(self, alice: User) -> None:
        """A project's login may be on another host."""
        response = Browser().get("/note/", **FROM_A_MAIL)

        assert b"http-equiv" in response.content


class TestForgottenPassword:
    def test_reset_link_works_and_ends_the_old_logins(
        self, visitor: Browser, alice: User
    ) -> None:
        """Django keeps the link's secret in a session on the way; so one is there."""
        uid = urlsafe_base64_encode(force_bytes(alice.pk))
        alice.refresh_from_db()
        token = default_token_generator.make_token(alice)
        other = Browser()

        form = other.get(f"/reset/{uid}/{token}/", **FROM_A_MAIL)["Location"]
        other.get(form)
        done = other.post_form(
            form, new_password1=NEW_PASSWORD, new_password2=NEW_PASSWORD
        )

        assert (done.status_code, done["Location"]) == (302, "/note/")
        assert not TokenFamily.objects.filter(revoked_at=None).exists()
        assert visitor.get("/note/").status_code == 302
        other.get("/auth/login/")
        body = {"username": "alice", "password": NEW_PASSWORD}
        assert other.post_form("/auth/login/", **body).status_code == 302
        assert other.get("/note/").content == b"alice"


class TestOvertaken:
    def test_answer_after_the_logout_puts_no_cookies_back(
        self, visitor: Browser
    ) -> None:
        """They would be dead, and overwrite those of the next login."""
        visitor.drop(ACCESS)

        response = visitor.get("/slow/")

        assert response.content == b"alice"
        assert TokenFamily.objects.get().generation == 1
        assert not response.cookies.keys() & {ACCESS, REFRESH}

    @pytest.mark.serial
    @pytest.mark.requirement("OPS-02")
    def test_answer_while_redis_is_down_brings_the_renewed_cookies(
        self, alice: User, server: EmbeddedValkey
    ) -> None:
        """The rotation counts: who never got it would look like a thief afterwards."""
        SERVERS[:] = [server]
        browser = Browser()
        log_in(browser)
        browser.drop(ACCESS)

        response = browser.get("/broken/")

        assert response.cookies.keys() >= {ACCESS, REFRESH}
