"""Remember me: the cookie outlives the browser, the session lives no longer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from sessionauth.core.session_id import digest
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, stored

AgeLogin = Callable[[Client, timedelta], None]
FORM = {"username": "alice", "password": PASSWORD}
DAY = 86_400


def by_json(client: Client, wish: object = None) -> HttpResponse:
    body = FORM if wish is None else {**FORM, "remember": wish}
    return client.post(
        "/auth/session/", body, content_type="application/json", secure=True
    )


def by_form(client: Client, wish: object = None) -> HttpResponse:
    body = {**FORM, "remember": "on"} if wish else FORM
    return client.post("/auth/login/", body, secure=True)


def max_age(answer: HttpResponse) -> int | None:
    """The Max-Age of the session cookie; None for until the browser closes."""
    return answer.cookies[COOKIE]["max-age"] or None


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("log_in", [by_json, by_form])
class TestRemember:
    @pytest.mark.requirement("CKE-08")
    @pytest.mark.parametrize("wish", [None, False])
    def test_cookie_goes_with_the_browser_by_default(
        self, log_in: Callable[..., HttpResponse], wish: object
    ) -> None:
        """On a shared computer nobody has to think of it."""
        answer = log_in(Client(), wish)

        assert max_age(answer) is None
        assert not answer.cookies[COOKIE]["expires"]

    @pytest.mark.requirement("CKE-07", "CKE-08")
    def test_cookie_of_who_asked_lasts_as_long_as_the_session_may(
        self, log_in: Callable[..., HttpResponse], settings: Settings
    ) -> None:
        """Never longer: what it said then would be a lie."""
        settings.SESSIONAUTH = {"ABSOLUTE_TIMEOUT": timedelta(hours=10)}

        assert 35_990 <= (max_age(log_in(Client(), wish=True)) or 0) <= 36_000

    @pytest.mark.requirement("CKE-07", "TMO-01")
    def test_server_ends_the_session_all_the_same(
        self, log_in: Callable[..., HttpResponse], redis_client: redis.Redis
    ) -> None:
        """The cookie is the browser's memory, the timeouts are ours."""
        client = Client()
        log_in(client, wish=True)
        left_ms = redis_client.pttl("sa:s:" + digest(session_key(client)))

        assert left_ms <= 1_800_000

    def test_login_again_without_the_wish_takes_it_back(
        self, log_in: Callable[..., HttpResponse]
    ) -> None:
        """The box was empty this time."""
        client = Client()
        log_in(client, wish=True)

        assert max_age(log_in(client)) is None

    def test_wish_lengthens_no_expiry_of_the_projects_own(
        self, log_in: Callable[..., HttpResponse], redis_client: redis.Redis
    ) -> None:
        """A kiosk's five minutes stay five minutes, with the box and without."""
        for wish in (True, None):
            client = Client()
            client.cookies[COOKIE] = stored(_session_expiry=300).session_key or ""

            answer = log_in(client, wish)

            assert 295 <= (max_age(answer) or 0) <= 300
            name = "sa:s:" + digest(session_key(client))
            assert redis_client.pttl(name) <= 300_000


@pytest.mark.requirement("CKE-07", "TMO-04")
def test_step_up_lengthens_the_cookie_with_the_session(
    alice: User, age_login: AgeLogin
) -> None:
    """The end has moved, and the wish still holds."""
    client = Client()
    by_json(client, wish=True)
    age_login(client, timedelta(hours=20))

    answer = client.post(
        "/auth/reauth/",
        {"password": PASSWORD},
        content_type="application/json",
        secure=True,
    )

    assert DAY - 10 <= (max_age(answer) or 0) <= DAY


def test_wish_is_nothing_but_true_or_false(alice: User) -> None:
    """Whatever else comes is a 400."""
    assert by_json(Client(), wish={"a": 1}).status_code == 400
