"""``login/`` with what projects put around it: lock-outs, second steps, a guard."""

from collections.abc import Callable

import pytest
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

import sessionauth
from sessionauth.views.login import LoginPage
from tests.conftest import Heard
from tests.sessionauth.conftest import PASSWORD
from tests.sessionauth.urls import page

LogIn = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
EVERY_LOGIN = pytest.mark.parametrize("url", ["/auth/login/", "/auth/account/reauth/"])


class LockedOut(BaseBackend):
    """Stands first, and lets nobody pass."""

    def authenticate(self, request: HttpRequest | None, **_: object) -> None:
        raise PermissionDenied


class KnowsNobody(BaseBackend):
    """Stands first, and leaves it to the others."""

    def authenticate(self, request: HttpRequest | None, **_: object) -> None:
        assert request is not None
        request.META["asked"] = True


class SecondStepNeeded(Exception):  # as the project would name it
    """The password is right, and not enough."""


class WantsACode(BaseBackend):
    """Notes in the session who is half-way in."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", **_: object
    ) -> None:
        assert request is not None
        request.session["second_step_of"] = username
        raise SecondStepNeeded


class SecondStep:
    """Middleware that leads there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        is_ours = isinstance(error, SecondStepNeeded)
        return HttpResponseRedirect("/code/") if is_ours else None


class TwoStepLogin(LoginPage):
    """A project's own page, with a second step after the password."""

    def form_valid(self, form) -> HttpResponse:  # noqa: ANN001 # as a project writes it
        self.request.session["second_step_of"] = form.get_user().get_username()
        return HttpResponseRedirect("/code/")


def code(request: HttpRequest) -> HttpResponse:
    """The second step: any code will do here."""
    user = User.objects.get(username=request.session.pop("second_step_of"))
    sessionauth.login(request, user)
    return HttpResponse("in")


urlpatterns = [
    path("auth/login/", TwoStepLogin.as_view()),
    path("auth/", include("sessionauth.urls")),
    path("code/", code),
    path("page/", page),
    path("plain/", page),
]


def who(client: Client) -> str:
    return client.get("/page/", secure=True).content.decode()


@pytest.mark.usefixtures("alice")
class TestBackends:
    @EVERY_LOGIN
    def test_backend_that_refuses_is_obeyed(
        self, log_in: LogIn, settings: Settings, heard: Heard, url: str
    ) -> None:
        """A right password must not pass a lock-out; it is told as a wrong one."""
        client = log_in()
        before = client.cookies["__Host-sessionid"].value
        settings.AUTHENTICATION_BACKENDS = [f"{__name__}.LockedOut", MODEL_BACKEND]
        told = heard(user_login_failed)

        answer = client.post(url, FORM, secure=True)

        assert answer.status_code == 200
        assert b'role="alert"' in answer.content
        assert client.cookies["__Host-sessionid"].value == before
        assert [each["request"].path for each in told] == [url]

    @EVERY_LOGIN
    def test_backend_that_knows_nobody_leaves_it_to_the_next(
        self, log_in: LogIn, settings: Settings, url: str
    ) -> None:
        """And each is given the request, which lock-outs count by."""
        client = log_in()
        settings.AUTHENTICATION_BACKENDS = [f"{__name__}.KnowsNobody", MODEL_BACKEND]

        answer = client.post(url, FORM, secure=True)

        assert answer.status_code == 302
        assert answer.wsgi_request.META["asked"]

    def test_backend_that_leads_to_a_second_step_logs_nobody_in_before_it(
        self, settings: Settings
    ) -> None:
        """What it noted in the visitor's session is there when it is needed."""
        settings.ROOT_URLCONF = __name__
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.SecondStep"]
        settings.AUTHENTICATION_BACKENDS = [f"{__name__}.WantsACode", MODEL_BACKEND]
        client = Client()

        answer = client.post("/auth/login/", FORM, secure=True)
        between = who(client)
        settings.AUTHENTICATION_BACKENDS = [MODEL_BACKEND]
        client.get("/code/", secure=True)

        assert (answer.status_code, answer["Location"]) == (302, "/code/")
        assert between == "AnonymousUser"
        assert who(client) == "alice"

    def test_page_that_leads_to_a_second_step_logs_nobody_in_before_it(
        self, settings: Settings
    ) -> None:
        """The documented way: a page of the project's in the place of ours."""
        settings.ROOT_URLCONF = __name__
        client = Client()

        answer = client.post("/auth/login/", FORM, secure=True)
        between = who(client)
        client.get("/code/", secure=True)

        assert (answer.status_code, answer["Location"]) == (302, "/code/")
        assert between == "AnonymousUser"
        assert who(client) == "alice"
        assert "second_step_of" not in client.session

    def test_user_who_is_inactive_is_told_what_a_stranger_is_told(
        self, alice: User
    ) -> None:
        """Who has an account, and in what state, is nobody's business."""
        User.objects.filter(pk=alice.pk).update(is_active=False)

        def errors(**form: str) -> list[str]:
            answer = Client().post("/auth/login/", {**FORM, **form}, secure=True)
            assert answer.status_code == 200
            return list(answer.context["form"].non_field_errors())

        assert errors() == errors(username="nobody") == errors(password="wrong")


@pytest.mark.usefixtures("alice")
class TestLoginRequired:
    @pytest.fixture(autouse=True)
    def _guarded(self, settings: Settings) -> None:
        guard = "django.contrib.auth.middleware.LoginRequiredMiddleware"
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, guard]

    def test_visitor_comes_through_the_login_page_to_where_they_wanted(self) -> None:
        """It guards every page but ours, which would lead to itself for ever."""
        client = Client()

        led = client.get("/page/", secure=True)
        form = client.get(led["Location"], secure=True)
        answer = client.post(led["Location"], FORM, secure=True)

        assert led["Location"] == "/auth/login/?next=/page/"
        assert form.status_code == 200
        assert answer["Location"] == "/page/"
        assert who(client) == "alice"

    @pytest.mark.parametrize("name", ["sessions", "reauth"])
    def test_pages_of_an_account_lead_to_the_login_page_of_their_mount(
        self, name: str
    ) -> None:
        """Not to the one of the project, which may be another app's."""
        answer = Client().get(f"/second/account/{name}/", secure=True)

        assert answer["Location"].startswith("/second/login/")
