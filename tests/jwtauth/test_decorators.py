"""A recent login, asked for by a page of a project."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import ClassVar

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jwtauth.authentication import JWTAuthentication
from jwtauth.decorators import recent_authentication_required
from jwtauth.permissions import AuthenticatedRecently
from tests.faults import unreachable
from tests.jwtauth.browser import Browser
from tests.jwtauth.caller import PASSWORD, Caller
from tests.jwtauth.conftest import OTHER_MIDDLEWARE, age
from tests.urls import urlpatterns as mounted

STEP_UP = "/auth/account/reauth/"
HTML = {"HTTP_ACCEPT": "text/html,*/*"}


@recent_authentication_required()
def vault(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"gold of {request.user}")


@recent_authentication_required()
async def avault(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"gold of {request.user}")


@recent_authentication_required(timedelta(minutes=5))
def safe(request: HttpRequest) -> HttpResponse:
    return HttpResponse("silver")


class VaultView(APIView):
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated, AuthenticatedRecently)

    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [
    path("vault/", vault),
    path("avault/", avault),
    path("safe/", safe),
    path("api/vault/", VaultView.as_view()),
    *mounted,
]


class _WithoutPages:
    """A project that mounts none of our pages."""

    urlpatterns: ClassVar = [path("vault/", vault)]


def always_alice(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that knows the user from elsewhere, as one of sessions does."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Whatever the cookies prove is proven first.
        bool(request.user.is_authenticated)
        request.user = User.objects.get(username="alice")
        return get_response(request)

    return middleware


@pytest.fixture(autouse=True)
def _urls() -> Iterator[None]:
    middleware = [*OTHER_MIDDLEWARE, "jwtauth.middleware.JWTAuthenticationMiddleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware):
        yield


class TestPages:
    @pytest.mark.requirement("LST-05")
    @pytest.mark.parametrize("page", ["/vault/", "/avault/"])
    def test_page_sends_an_old_login_to_the_step_up_page_and_back(
        self, browser: Browser, page: str
    ) -> None:
        """The way of a person: password once more, and on."""
        assert browser.get(page).content == b"gold of alice"
        age(timedelta(minutes=16))
        assert browser.refresh().status_code == 200

        refused = browser.get(page, **HTML)
        accepted = browser.post_form(STEP_UP, password=PASSWORD, next=page)

        assert refused.status_code == 302
        assert refused["Location"] == f"{STEP_UP}?next={page}"
        assert "no-store" in refused["Cache-Control"]
        assert accepted["Location"] == page
        assert browser.get(page).content == b"gold of alice"

    def test_page_without_a_step_up_page_sends_an_old_login_to_the_login_page(
        self, browser: Browser
    ) -> None:
        """A project may mount what it likes; a login is a proof as well."""
        age(timedelta(hours=1))
        browser.refresh()

        with override_settings(ROOT_URLCONF=_WithoutPages, LOGIN_URL="/own/login/"):
            answer = browser.get("/vault/", **HTML)

        assert answer.status_code == 302
        assert answer["Location"] == "/own/login/?next=/vault/"

    @pytest.mark.requirement("LST-05")
    @pytest.mark.parametrize(
        ("minutes", "page", "status"),
        [(14, "/vault/", 200), (4, "/safe/", 200), (6, "/safe/", 401)],
    )
    def test_page_says_how_old_a_login_may_be(
        self, browser: Browser, minutes: int, page: str, status: int
    ) -> None:
        """To the view's word, or that of the settings."""
        age(timedelta(minutes=minutes))
        browser.refresh()

        assert browser.get(page).status_code == status

    def test_page_tells_a_script_what_the_permission_tells(
        self, browser: Browser
    ) -> None:
        """A script can't fill in a form; it asks its user and tries again."""
        age(timedelta(hours=1))
        browser.refresh()

        page, view = browser.get("/vault/"), browser.get("/api/vault/")

        assert page.status_code == view.status_code == 401
        assert page.json() == view.json()
        assert page["WWW-Authenticate"] == view["WWW-Authenticate"]
        assert page.json()["max_age"] == 900

    @pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 401)])
    def test_page_judges_a_bearer_token_as_well(
        self, alice: User, caller: Caller, minutes: int, status: int
    ) -> None:
        """It says when its user logged in, however it came."""
        body = caller.login(alice)
        age(timedelta(minutes=minutes))
        access = caller.refreshed(body["refresh"])["access"]

        answer = Client().get("/vault/", HTTP_AUTHORIZATION=f"Bearer {access}")

        assert answer.status_code == status

    def test_page_leads_nobody_to_the_login_page(self, alice: User) -> None:
        """That of the project: the page is one of the project's."""
        answer = Browser().get("/vault/?a=b", **HTML)

        assert answer.status_code == 302
        assert answer["Location"] == "/accounts/login/?next=/vault/%3Fa%3Db"

    def test_page_tells_a_script_that_nobody_is_logged_in(self, alice: User) -> None:
        """In the shape of every refusal."""
        answer = Browser().get("/vault/")

        assert answer.status_code == 401
        assert answer.json() == {"detail": "You are not logged in."}
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_page_is_not_for_a_login_that_has_ended(self, browser: Browser) -> None:
        """However recent it was."""
        assert browser.get("/vault/").status_code == 200
        held = browser.credentials
        browser.post("/auth/logout/")
        for name, value in held.items():
            browser.keep(name, value)

        assert browser.get("/vault/").status_code == 401

    @pytest.mark.requirement("LST-05")
    def test_page_is_not_opened_by_the_recent_login_of_another_user(
        self, alice: User, bob: User
    ) -> None:
        """Whoever sits at a session of alice's could prove to be there as bob."""
        browser = Browser()
        browser.login(bob)
        middleware = [*django_settings.MIDDLEWARE, f"{__name__}.always_alice"]

        with override_settings(MIDDLEWARE=middleware):
            # A client keeps the middleware that it began with.
            refused = browser.copy().get("/vault/")
            browser.login(alice)
            accepted = browser.copy().get("/vault/")

        assert refused.status_code == 401
        assert accepted.content == b"gold of alice"

    def test_page_is_not_opened_by_a_session_alone(self, alice: User) -> None:
        """How old that login is, no token has said."""
        client = Client()
        client.force_login(alice)

        with override_settings(MIDDLEWARE=OTHER_MIDDLEWARE):
            assert client.get("/vault/", secure=True).status_code == 401

    def test_page_while_redis_is_down_is_503(self, browser: Browser) -> None:
        """Neither let in nor logged out."""
        with unreachable():
            assert browser.get("/vault/").status_code == 503
