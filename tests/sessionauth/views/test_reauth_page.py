"""``account/reauth/``: a page that asks for the password once more, and leads on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.http import HttpResponse
from django.test import Client, override_settings
from pytest_django import Settings

from sessionauth.core.session_id import digest
from sessionauth.signals import session_opened
from sessionauth.stores import sessions
from tests.conftest import Heard
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie
from tests.sessionauth.pages import Page
from tests.sessionauth.views.test_reauth import (
    OtherUserBackend,
    end_all,
    end_by_logout,
    end_from_another_device,
)

LogIn = Callable[..., Client]
AgeLogin = Callable[[Client, timedelta], None]
PATH = "/auth/account/reauth/"
BROWSER = {"accept": "text/html"}
HOUR = timedelta(hours=1)


def prove(client: Client, password: str = PASSWORD, **more: str) -> HttpResponse:
    form = {"password": password, **more}
    return client.post(PATH, form, secure=True, headers=BROWSER)


def is_recent(client: Client) -> bool:
    return client.get("/vault/", secure=True).status_code == 200


def is_logged_in(client: Client) -> bool:
    return client.get("/api/me/", secure=True).status_code == 200


@pytest.fixture
def old(alice: User, log_in: LogIn, age_login: AgeLogin) -> Client:
    """A browser of alice whose login is of an hour ago."""
    client = log_in()
    age_login(client, HOUR)
    return client


class TestForm:
    def test_form_asks_for_the_password_and_for_nothing_else(self, old: Client) -> None:
        """Whose it is stands there for password managers, and is not read."""
        answer = old.get(PATH, {"next": "/vault/"}, secure=True)

        form = Page(answer.content).form_to(None)
        assert answer.status_code == 200
        assert list(answer.context["form"].fields) == ["password"]
        assert answer.context["username"] == "alice"
        assert form.inputs["password"]["autocomplete"] == "current-password"
        assert "autofocus" in form.inputs["password"]
        assert form.inputs["username"]["value"] == "alice"
        assert form.inputs["next"]["value"] == "/vault/"
        assert form.attributes["method"] == "post"

    @pytest.mark.requirement("SES-21")
    def test_page_offers_a_logout(self, old: Client) -> None:
        """Who is not the one who is asked wants out."""
        page = Page(old.get(PATH, secure=True).content)

        old.post(page.form_to("/auth/logout/").action or "", secure=True)

        assert not is_logged_in(old)

    def test_page_is_never_cached(self, old: Client) -> None:
        """Neither by the browser for its back button nor by anybody between."""
        assert "no-store" in old.get(PATH, secure=True)["Cache-Control"]


class TestRight:
    @pytest.mark.requirement("LST-05", "SES-04", "LGN-04")
    def test_right_password_makes_a_younger_login_under_a_new_id(
        self, old: Client
    ) -> None:
        """302 to where the user wanted; a copy of the old cookie is worth nothing."""
        copy = with_cookie(session_key(old))
        assert not is_recent(old)

        answer = prove(old, next="/vault/")

        assert answer.status_code == 302
        assert answer["Location"] == "/vault/"
        assert is_recent(old)
        assert not is_logged_in(copy)

    def test_right_password_without_next_leads_where_a_login_does(
        self, old: Client
    ) -> None:
        """As who came by a bookmark."""
        assert prove(old)["Location"] == "/plain/"

    def test_right_password_keeps_what_the_session_holds(self, old: Client) -> None:
        """A basket is not emptied because its owner was asked for the password."""
        old.get("/put/?colour=red", secure=True)

        prove(old)

        assert old.get("/look/", secure=True).content == b"red"

    @pytest.mark.requirement("CSR-03")
    def test_right_password_renews_the_csrf_token(self, old: Client) -> None:
        """As every login does."""
        before = old.cookies["csrftoken"].value

        prove(old)

        assert old.cookies["csrftoken"].value != before

    def test_right_password_is_told_as_a_login(self, old: Client, heard: Heard) -> None:
        """Once, by Django's signal and by ours."""
        told = heard(user_logged_in, session_opened)

        prove(old)

        assert [each["signal"] for each in told] == [session_opened, user_logged_in]

    def test_right_password_at_the_limit_is_no_further_session(
        self, old: Client, settings: Settings
    ) -> None:
        """It is one session, before and after."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }

        prove(old)

        assert is_recent(old)

    def test_cookie_that_outlives_the_browser_goes_on_to(
        self, alice: User, age_login: AgeLogin
    ) -> None:
        """What was wanted at the login was not asked for again."""
        client = Client()
        form = {"username": "alice", "password": PASSWORD, "remember": "on"}
        client.post("/auth/login/", form, secure=True)
        age_login(client, HOUR)

        cookie = prove(client).cookies[COOKIE]

        assert int(cookie["max-age"]) > HOUR.total_seconds()


class TestWrong:
    @pytest.mark.parametrize(
        ("form", "error"),
        [
            ({"password": "wrong"}, "That is not the right password."),
            ({"password": f" {PASSWORD}"}, "That is not the right password."),
            (
                {"username": "bob", "password": "bobs"},
                "That is not the right password.",
            ),
            ({"password": ""}, "This field is required."),
            ({}, "This field is required."),
            ({"password": "\0"}, "Null characters are not allowed."),
        ],
    )
    def test_wrong_password_is_told_and_ends_nothing(
        self, old: Client, form: dict[str, str], error: str
    ) -> None:
        """200 with the form: a browser that is told 403 shows an error page."""
        User.objects.create_user("bob", password="bobs")
        key = session_key(old)

        answer = old.post(PATH, {**form, "next": "/vault/"}, secure=True)

        assert answer.status_code == 200
        assert error in answer.content.decode()
        assert "bobs" not in answer.content.decode()
        assert Page(answer.content).form_to(None).inputs["next"]["value"] == "/vault/"
        assert session_key(old) == key
        assert is_logged_in(old)
        assert not is_recent(old)

    def test_wrong_password_counts_as_a_failed_login_of_the_caller(
        self, old: Client, heard: Heard
    ) -> None:
        """Lock-outs count by this signal, whatever name the form was made to carry."""
        told = heard(user_login_failed)

        prove(old, "wrong", username="bob")

        assert [each["credentials"]["username"] for each in told] == ["alice"]

    def test_wrong_password_is_linked_to_its_field(self, old: Client) -> None:
        """A screen reader says it where it can be mended."""
        page = Page(prove(old, "wrong").content)

        field = page.form_to(None).inputs["password"]
        assert field["aria-invalid"] == "true"
        assert field["aria-describedby"] == "form-errors"
        assert page.ids.count("form-errors") == 1
        assert "value" not in field

    def test_backend_that_proves_somebody_else_is_refused(
        self, old: Client, bob: User
    ) -> None:
        """One user's proof gives no other a younger login, nor another session."""
        backends = [
            "django.contrib.auth.backends.ModelBackend",
            f"{OtherUserBackend.__module__}.{OtherUserBackend.__qualname__}",
        ]

        with override_settings(AUTHENTICATION_BACKENDS=backends):
            answer = prove(old, "not alice's")

        assert answer.status_code == 200
        assert old.get("/page/", secure=True).content == b"alice"
        assert not is_recent(old)


class TestNobody:
    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize(
        ("query", "location"),
        [
            ("", "/auth/login/"),
            ("?next=/vault/", "/auth/login/?next=/vault/"),
            ("?next=//evil.example", "/auth/login/"),
        ],
    )
    def test_nobody_is_led_to_the_login_page(
        self, method: str, query: str, location: str
    ) -> None:
        """And from there on: a login is young enough for anything."""
        answer = getattr(Client(), method)(PATH + query, secure=True)

        assert answer.status_code == 302
        assert answer["Location"] == location
        assert "no-store" in answer["Cache-Control"]

    @pytest.mark.usefixtures("alice")
    def test_nobody_is_led_to_the_login_page_of_the_same_mount(self) -> None:
        """Each of two mounts keeps its visitors."""
        answer = Client().get("/second/account/reauth/?next=/vault/", secure=True)

        assert answer["Location"] == "/second/login/?next=/vault/"

    def test_session_that_has_ended_stays_so(self, old: Client, alice: User) -> None:
        """Who was logged out everywhere has to log in, as anybody."""
        end_all(alice, session_key(old))

        answer = prove(old, next="/vault/")

        assert answer["Location"] == "/auth/login/?next=/vault/"
        assert not is_logged_in(old)

    @pytest.mark.requirement("SES-07")
    @pytest.mark.parametrize("end", [end_by_logout, end_from_another_device, end_all])
    def test_session_that_ends_while_the_password_is_checked_stays_so(
        self,
        old: Client,
        alice: User,
        monkeypatch: pytest.MonkeyPatch,
        end: Callable[[User, str], None],
    ) -> None:
        """To prove the password again is to go on, not to begin what was ended."""
        shown, create = session_key(old), sessions.create

        def end_and_create(*of_the_new: object) -> object:
            monkeypatch.undo()
            end(alice, shown)
            return create(*of_the_new)

        monkeypatch.setattr(sessions, "create", end_and_create)
        answer = prove(old, next="/vault/")
        told = old.get(answer["Location"], secure=True)

        assert answer["Location"] == "/auth/login/?next=/vault/"
        assert b"Log in again." in told.content
        assert not is_logged_in(old)

    @pytest.mark.requirement("LST-05")
    @pytest.mark.usefixtures("bob")
    def test_caller_whose_session_is_another_users_gets_no_younger_login(
        self, old: Client, log_in: LogIn, settings: Settings, redis_client: redis.Redis
    ) -> None:
        """A token names alice; the session is bob's, and stays it."""
        key = session_key(log_in("bob"))
        before = redis_client.hgetall("sa:s:" + digest(key))
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "tests.sessionauth.test_permissions.always_alice",
        ]
        client = with_cookie(key)

        answers = [client.get(PATH, secure=True), prove(client)]

        assert [a["Location"] for a in answers] == ["/auth/login/", "/auth/login/"]
        assert redis_client.hgetall("sa:s:" + digest(key)) == before


@pytest.mark.requirement("CSR-02")
@pytest.mark.usefixtures("alice")
def test_form_needs_the_csrf_token(browser: Client, log_in: LogIn) -> None:
    """It sets a credential cookie."""
    key = session_key(log_in(client=browser))

    answer = prove(browser)

    assert answer.status_code == 403
    assert session_key(browser) == key
