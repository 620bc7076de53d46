"""``reauth/``: a younger login in the place of this one, for who proves it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from pytest_django import Settings

from sessionauth import revoke_all
from sessionauth.core.session_id import digest
from sessionauth.signals import login_refused
from sessionauth.stores import sessions
from tests.conftest import Heard
from tests.sessionauth.conftest import PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]
AgeLogin = Callable[[Client, timedelta], None]
RIGHT = {"password": PASSWORD}


class OtherUserBackend(ModelBackend):
    """Proves whom it likes."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: object
    ) -> AbstractBaseUser | None:
        return User.objects.get(username="bob")


def reauth(client: Client, body: object = RIGHT, **headers: str) -> HttpResponse:
    return client.post(
        "/auth/reauth/",
        body,
        content_type="application/json",
        secure=True,
        headers=headers,
    )


def record(redis_client: redis.Redis, client: Client) -> dict[bytes, bytes]:
    return redis_client.hgetall("sa:s:" + digest(session_key(client)))


@pytest.fixture
def old(alice: User, log_in: LogIn, age_login: AgeLogin) -> Client:
    """A client of alice whose login is of 23 hours ago."""
    client = log_in()
    age_login(client, timedelta(hours=23))
    return client


def end_by_logout(user: User, shown: str) -> None:
    with_cookie(shown).post("/auth/logout/", secure=True)


def end_from_another_device(user: User, shown: str) -> None:
    other = Client()
    other.force_login(user)
    path = f"/auth/sessions/{digest(shown)}/"
    assert other.delete(path, secure=True).status_code == 204


def end_all(user: User, shown: str) -> None:
    revoke_all(user, "test")


class TestReauth:
    @pytest.mark.requirement("TMO-04", "LST-05", "SES-04")
    def test_reauth_moves_the_end_and_renews_the_id(
        self, old: Client, redis_client: redis.Redis
    ) -> None:
        """Both timers start again; a copy of the old cookie is worth nothing."""
        before = record(redis_client, old)
        copy = with_cookie(session_key(old))

        answer = reauth(old)

        after = record(redis_client, old)
        assert answer.status_code == 200
        assert set(answer.json()) == {"id", "expires_in", "idle_expires_in"}
        assert answer.json()["expires_in"] == 86_400
        assert answer.json()["idle_expires_in"] == 1_800
        assert int(after[b"a"]) - int(before[b"a"]) >= 23 * 3_600_000
        assert old.get("/api/payout/", secure=True).status_code == 200
        assert copy.get("/api/me/", secure=True).status_code == 401

    def test_reauth_keeps_what_the_session_holds(self, old: Client) -> None:
        """A basket is not emptied because its owner was asked for the password."""
        old.get("/put/?colour=red", secure=True)

        reauth(old)

        assert old.get("/look/", secure=True).content == b"red"

    @pytest.mark.requirement("CSR-03")
    def test_reauth_renews_the_csrf_token(self, old: Client) -> None:
        """As every login does."""
        before = old.cookies["csrftoken"].value

        reauth(old)

        assert old.cookies["csrftoken"].value != before

    @pytest.mark.requirement("CSR-02")
    @pytest.mark.usefixtures("alice")
    def test_reauth_needs_the_csrf_token(self, browser: Client, log_in: LogIn) -> None:
        """It sets a credential cookie."""
        key = session_key(log_in(client=browser))

        answer = reauth(browser)

        assert answer.status_code == 403
        assert answer.json()["detail"].startswith("CSRF Failed: ")
        assert session_key(browser) == key

    @pytest.mark.parametrize(
        "body",
        [
            {"password": "wrong"},
            {"password": f" {PASSWORD}"},
            {"username": "bob", "password": "bobs"},
            {"password": "bobs"},
        ],
    )
    def test_reauth_wrong_password_is_403_and_ends_nothing(
        self, old: Client, heard: Heard, body: dict[str, str]
    ) -> None:
        """Lockouts count it, under the caller's name, whatever the body says."""
        User.objects.create_user("bob", password="bobs")
        told = heard(user_login_failed)
        key = session_key(old)

        answer = reauth(old, body)

        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "That is not the right password.",
            "code": "not_confirmed",
        }
        assert session_key(old) == key
        assert old.get("/api/me/", secure=True).status_code == 200
        assert old.get("/api/payout/", secure=True).status_code == 401
        assert [facts["credentials"]["username"] for facts in told] == ["alice"]

    @pytest.mark.parametrize("body", [{}, [1], {"password": ""}, {"password": "\0"}])
    def test_reauth_without_a_password_is_400(self, old: Client, body: object) -> None:
        """The field is named, so that it can be filled in."""
        answer = reauth(old, body)

        assert answer.status_code == 400
        assert set(answer.json()) == {"password"}

    def test_reauth_backend_that_proves_somebody_else_is_refused(
        self, old: Client, bob: User
    ) -> None:
        """One user's proof gives no other a younger login."""
        backends = [
            "django.contrib.auth.backends.ModelBackend",
            f"{__name__}.OtherUserBackend",
        ]

        with override_settings(AUTHENTICATION_BACKENDS=backends):
            answer = reauth(old, {"password": "not alice's"})

        assert answer.status_code == 403
        assert answer.json()["code"] == "not_confirmed"
        assert old.get("/api/me/", secure=True).json()["id"] != bob.pk

    @pytest.mark.usefixtures("alice")
    def test_reauth_of_nobody_is_401(self) -> None:
        """Nobody is there to be proved again."""
        answer = reauth(Client())

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Session realm="api"'

    def test_reauth_at_the_limit_takes_the_place_of_its_own(
        self, old: Client, settings: Settings
    ) -> None:
        """It is one session, before and after."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }

        assert reauth(old).status_code == 200
        assert old.get("/api/me/", secure=True).status_code == 200


@pytest.mark.django_db(transaction=True)
class TestAtomicRequests:
    @pytest.mark.parametrize("path", ["/auth/reauth/", "/auth/session/"])
    def test_what_counts_attempts_is_not_rolled_back(
        self, alice: User, log_in: LogIn, path: str
    ) -> None:
        """DRF rolls back the transaction of a refused request, and the count in it."""
        client = log_in()
        told: list[bool] = []

        def note(**_: object) -> None:
            told.append(transaction.get_connection().in_atomic_block)

        user_login_failed.connect(note)
        databases = transaction.get_connection().settings_dict
        databases["ATOMIC_REQUESTS"] = True
        try:
            body = {"username": "alice", "password": "wrong"}
            client.post(path, body, content_type="application/json", secure=True)
        finally:
            databases["ATOMIC_REQUESTS"] = False
            user_login_failed.disconnect(note)

        assert told == [False]


@pytest.mark.requirement("SES-07")
@pytest.mark.parametrize("end", [end_by_logout, end_from_another_device, end_all])
def test_reauth_of_a_session_that_ends_meanwhile_leaves_no_session(
    old: Client,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[User, str], None],
) -> None:
    """Who was told that it has ended must not leave it open under the new id."""
    shown, renew = session_key(old), sessions.renew

    def renew_and_end(*digests: str) -> object:
        monkeypatch.undo()
        carried = renew(*digests)
        end(alice, shown)
        return carried

    monkeypatch.setattr(sessions, "renew", renew_and_end)
    answer = reauth(old)

    assert answer.status_code == 403
    assert answer.json()["code"] == "login_overtaken"
    assert old.get("/api/me/", secure=True).status_code == 401


@pytest.mark.requirement("SES-07")
@pytest.mark.parametrize("end", [end_by_logout, end_from_another_device, end_all])
def test_reauth_of_a_session_that_ends_while_the_password_is_checked_is_refused(
    old: Client,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[User, str], None],
    heard: Heard,
) -> None:
    """To prove the password again is to go on, not to begin what was ended."""
    shown, create = session_key(old), sessions.create

    def end_and_create(*of_the_new: object) -> object:
        monkeypatch.undo()
        end(alice, shown)
        return create(*of_the_new)

    monkeypatch.setattr(sessions, "create", end_and_create)
    told = heard(login_refused)
    answer = reauth(old)

    assert answer.status_code == 403
    assert answer.json()["code"] == "login_overtaken"
    assert [each["code"] for each in told] == ["login_overtaken"]
    assert old.get("/api/me/", secure=True).status_code == 401
