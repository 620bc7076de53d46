"""A recent login, as a permission of DRF: how old it may be, and how it refuses."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path as mount
from pytest_django import Settings
from rest_framework.test import APIRequestFactory, force_authenticate

from tests.sessionauth.conftest import PASSWORD
from tests.sessionauth.urls import PayoutView, vault

LogIn = Callable[..., Client]
AgeLogin = Callable[[Client, timedelta], None]
FIVE_MINUTES = timedelta(minutes=5)
urlpatterns = [mount("vault/", vault)]


def get(client: Client, path: str = "/api/payout/") -> tuple[int, dict[str, object]]:
    answer = client.get(path, secure=True)
    return answer.status_code, answer.json()


def always_alice(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that knows the user from elsewhere, as one of tokens does."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.user = User.objects.get(username="alice")
        return get_response(request)

    return middleware


@pytest.mark.usefixtures("alice")
class TestAuthenticatedRecently:
    @pytest.mark.requirement("LST-05")
    @pytest.mark.parametrize(
        ("age", "status"),
        [
            (timedelta(0), 200),
            (FIVE_MINUTES - timedelta(seconds=30), 200),
            (FIVE_MINUTES + timedelta(milliseconds=1), 401),
            (-timedelta(minutes=1), 401),
        ],
        ids=str,
    )
    def test_login_of_that_age_is_let_in_or_not(
        self, log_in: LogIn, age_login: AgeLogin, age: timedelta, status: int
    ) -> None:
        """To the view's word; a login of the future proves nothing."""
        client = log_in()
        age_login(client, age)

        assert get(client)[0] == status

    def test_refusal_says_what_it_takes(
        self, log_in: LogIn, age_login: AgeLogin
    ) -> None:
        """RFC 9470: the client may ask its user for just that."""
        client = log_in()
        age_login(client, timedelta(hours=1))

        answer = client.get("/api/payout/", secure=True)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == (
            'Session realm="api", error="insufficient_user_authentication", '
            'max_age="300"'
        )
        assert answer.json() == {
            "detail": "Log in again: this takes a login that is more recent.",
            "code": "insufficient_user_authentication",
            "max_age": 300,
        }

    @pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 401)])
    def test_view_without_an_age_takes_that_of_the_settings(
        self, log_in: LogIn, age_login: AgeLogin, minutes: int, status: int
    ) -> None:
        """One place to say it for a whole project."""
        client = log_in()
        age_login(client, timedelta(minutes=minutes))

        assert get(client, "/api/recent/")[0] == status

    def test_setting_changes_what_is_recent(
        self, log_in: LogIn, age_login: AgeLogin, settings: Settings
    ) -> None:
        """It can be lengthened and shortened."""
        settings.SESSIONAUTH = {"STEP_UP_MAX_AGE": timedelta(minutes=1)}
        client = log_in()
        age_login(client, timedelta(minutes=2))

        assert get(client, "/api/recent/")[1]["max_age"] == 60

    @pytest.mark.requirement("LST-05")
    def test_use_makes_no_login_younger(
        self, log_in: LogIn, age_login: AgeLogin
    ) -> None:
        """That somebody clicks does not say who."""
        client = log_in()
        age_login(client, timedelta(minutes=6))
        for _ in range(3):
            client.get("/put/?colour=red", secure=True)

        assert get(client)[0] == 401

    def test_nobody_is_401_without_a_question_for_a_younger_login(self) -> None:
        """There is no login that could be too old."""
        assert get(Client()) == (
            401,
            {"detail": "Authentication credentials were not provided."},
        )

    def test_caller_by_another_scheme_is_refused(self, alice: User) -> None:
        """How old that login is, nobody has said."""
        request = APIRequestFactory().get("/")
        force_authenticate(request, alice, token="a token")

        assert PayoutView.as_view()(request).status_code == 403


def test_permission_can_be_the_default_of_every_view() -> None:
    """DRF imports the defaults while its views are only half imported."""
    program = """
from django.conf import settings
path = "sessionauth.permissions.AuthenticatedRecently"
settings.configure(REST_FRAMEWORK={"DEFAULT_PERMISSION_CLASSES": [path]})
from rest_framework.views import APIView
print(APIView.permission_classes[0].__name__)
"""

    result = subprocess.run(  # noqa: S603 # our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert result.stdout.strip() == "AuthenticatedRecently", result.stderr


@pytest.mark.usefixtures("alice")
class TestPages:
    @pytest.mark.requirement("LST-05")
    @pytest.mark.parametrize("path", ["/vault/", "/avault/"])
    def test_page_sends_an_old_login_to_the_step_up_page_and_back(
        self, log_in: LogIn, age_login: AgeLogin, path: str
    ) -> None:
        """The way of a person: password once more, and on."""
        client = log_in()
        assert client.get(path, secure=True).status_code == 200
        age_login(client, timedelta(hours=1))

        refused = client.get(path, secure=True, headers={"accept": "text/html"})
        proof = {"password": PASSWORD}
        accepted = client.post(refused["Location"], proof, secure=True)

        assert refused["Location"] == f"/auth/account/reauth/?next={path}"
        assert "no-store" in refused["Cache-Control"]
        assert accepted["Location"] == path
        assert client.get(path, secure=True).status_code == 200

    def test_page_without_a_step_up_page_sends_an_old_login_to_the_login_page(
        self, log_in: LogIn, age_login: AgeLogin, settings: Settings
    ) -> None:
        """A project may mount what it likes; a login is a proof as well."""
        client = log_in()
        age_login(client, timedelta(hours=1))
        settings.ROOT_URLCONF, settings.LOGIN_URL = __name__, "/own/login/"

        answer = client.get("/vault/", secure=True, headers={"accept": "text/html"})

        assert answer["Location"] == "/own/login/?next=/vault/"

    def test_page_sends_nobody_to_the_login_page_of_the_project(
        self, settings: Settings
    ) -> None:
        """Its own may ask for more than ours does."""
        settings.LOGIN_URL = "/own/login/"

        answer = Client().get("/vault/", secure=True, headers={"accept": "text/html"})

        assert answer["Location"] == "/own/login/?next=/vault/"

    def test_page_tells_a_script_what_the_permission_tells(
        self, log_in: LogIn, age_login: AgeLogin
    ) -> None:
        """A script can't fill in a form; it asks its user and tries again."""
        client = log_in()
        age_login(client, timedelta(hours=1))

        page = client.get("/vault/", secure=True)
        view = client.get("/api/payout/", secure=True)

        assert page.status_code == view.status_code == 401
        assert page.json() == view.json()
        assert page["WWW-Authenticate"] == view["WWW-Authenticate"]

    @pytest.mark.parametrize(
        ("accept", "status"), [("text/html", 302), ("application/json", 401)]
    )
    def test_page_is_not_for_nobody(self, accept: str, status: int) -> None:
        """A login is the least that it takes."""
        answer = Client().get("/vault/", secure=True, headers={"accept": accept})

        assert answer.status_code == status
        assert b"gold" not in answer.content

    def test_page_is_not_for_a_user_who_was_deactivated(
        self, alice: User, log_in: LogIn
    ) -> None:
        """The login in the session is recent, but nobody's any more."""
        client = log_in()
        User.objects.filter(pk=alice.pk).update(is_active=False)

        answer = client.get("/vault/", secure=True)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Session realm="api"'

    @pytest.mark.requirement("LST-05")
    @pytest.mark.usefixtures("bob")
    def test_page_is_not_opened_by_the_recent_login_of_another_user(
        self, log_in: LogIn, settings: Settings
    ) -> None:
        """Whoever holds a token of alice's could prove to be there as bob."""
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.always_alice"]
        client = log_in("bob")

        refused = client.get("/vault/", secure=True)
        led = client.get("/vault/", secure=True, headers={"accept": "text/html"})
        log_in("alice", client)
        accepted = client.get("/vault/", secure=True)

        assert refused.status_code == 401
        assert refused.json()["code"] == "insufficient_user_authentication"
        assert led["Location"] == "/auth/login/?next=/vault/"
        assert accepted.content == b"gold"
