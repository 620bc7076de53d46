"""``session/``: log in with JSON."""

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from sessionauth import revoke_all
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.engine import SessionStore
from sessionauth.stores import sessions
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}
JSON = {"accept": "application/json"}


def post_json(client: Client, data: object = FORM, **headers: str) -> HttpResponse:
    return client.post(
        "/auth/session/",
        data,
        content_type="application/json",
        secure=True,
        headers=headers,
    )


@pytest.mark.usefixtures("alice")
class TestJsonLogin:
    def test_right_credentials_get_the_cookie_and_who_they_are(
        self, alice: User
    ) -> None:
        """The whole contract of the endpoint; the id itself is in the cookie only."""
        client = Client()

        answer = post_json(client)

        assert answer.status_code == 200
        assert answer.json() == {
            "id": alice.pk,
            "expires_in": 86_400,
            "idle_expires_in": 1_800,
        }
        assert answer["Cache-Control"] == "no-store"
        assert "csrftoken" in answer.cookies
        assert session_key(client).encode() not in answer.content
        assert client.get("/api/me/", secure=True).json() == {"id": alice.pk}

    @pytest.mark.usefixtures("alice")
    def test_login_costs_what_a_login_by_the_page_costs(
        self, round_trips: list[str]
    ) -> None:
        """Asking how long a session lasts is no use of it; logging in to it is one.

        So nobody need be asked how long a session that has just begun will last.
        """
        post_json(Client())  # the first one teaches the server our scripts
        round_trips.clear()
        form = {"username": "alice", "password": PASSWORD}
        assert Client().post("/auth/login/", form, secure=True).status_code == 302
        by_page = list(round_trips)
        round_trips.clear()

        assert post_json(Client()).status_code == 200

        assert round_trips == by_page

    def test_login_sends_what_django_sends(self, alice: User) -> None:
        """last_login, lockout and audit packages live on these signals."""
        post_json(Client())

        alice.refresh_from_db()
        assert alice.last_login is not None

    @pytest.mark.requirement("LGN-02")
    def test_every_failure_looks_the_same(self, alice: User, bob: User) -> None:
        """Neither who exists nor who is inactive can be found out."""
        get_user_model().objects.filter(username="bob").update(is_active=False)
        answers = [
            post_json(Client(), {"username": name, "password": password})
            for name, password in [
                ("alice", "wrong"),
                ("nobody", PASSWORD),
                ("bob", PASSWORD),
                ("x" * 1000, PASSWORD),
            ]
        ]

        assert {answer.status_code for answer in answers} == {401}
        assert {answer.content for answer in answers} == {
            b'{"detail":"No active account found with the given credentials"}'
        }
        assert answers[0]["WWW-Authenticate"] == 'Session realm="api"'
        assert not any(answer.cookies for answer in answers)

    @pytest.mark.parametrize(
        "data", [{}, {"username": "alice"}, {"username": [], "password": {}}, [], "x"]
    )
    def test_incomplete_data_is_400(self, data: object) -> None:
        """Wrong types must not make a 500."""
        assert post_json(Client(), data).status_code == 400

    @pytest.mark.requirement("CSR-06")
    def test_form_data_is_refused(self) -> None:
        """A form of another site can send it without asking; JSON it can't."""
        answer = Client().post("/auth/session/", FORM, secure=True)

        assert answer.status_code == 415

    @pytest.mark.requirement("CSR-02")
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
        ],
        ids=repr,
    )
    def test_login_from_another_site_is_refused(self, headers: dict[str, str]) -> None:
        """A page that logs its visitors in as the attacker reads what they do."""
        answer = post_json(Client(), **headers)

        assert answer.status_code == 403
        assert not answer.cookies

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://testserver", "sec-fetch-site": "same-origin"},
            {"origin": "https://app.example", "sec-fetch-site": "cross-site"},
        ],
        ids=repr,
    )
    def test_login_from_own_and_trusted_sites_is_accepted(
        self, settings: Settings, headers: dict[str, str]
    ) -> None:
        """CSRF_TRUSTED_ORIGINS means here what it means in Django."""
        settings.CSRF_TRUSTED_ORIGINS = ["https://app.example"]

        assert post_json(Client(), **headers).status_code == 200

    def test_password_is_taken_as_it_is(self, alice: User) -> None:
        """Spaces at its ends belong to it."""
        alice.set_password(" pass ")
        alice.save()

        answer = post_json(Client(), {"username": "alice", "password": " pass "})

        assert answer.status_code == 200

    def test_login_with_another_session_ends_that_one(
        self, bob: User, log_in: LogIn
    ) -> None:
        """One browser has one session, even where the user changes."""
        client = log_in("bob")
        old = session_key(client)

        log_in("alice", client)

        assert with_cookie(old).get("/api/me/", secure=True).status_code == 401

    def test_denied_login_is_403_without_a_cookie(
        self, settings: Settings, log_in: LogIn
    ) -> None:
        """The password was right, so the user may be told."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        first = log_in()

        answer = post_json(Client())

        assert answer.status_code == 403
        assert answer.json()["code"] == "session_limit_reached"
        assert COOKIE not in answer.cookies
        assert first.get("/api/me/", secure=True).status_code == 200


def test_session_of_a_login_is_stored_when_login_returns(alice: User) -> None:
    """A view may call another service with it before it answers."""
    from django.test import RequestFactory  # noqa: PLC0415

    from sessionauth import login  # noqa: PLC0415

    request = RequestFactory().get("/")
    request.session = SessionStore()

    login(request, alice)

    again = SessionStore(request.session.session_key)
    assert again["_auth_user_id"] == str(alice.pk)


def test_login_over_a_session_that_ends_meanwhile_takes_nothing_along(
    alice: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the ended session held may have been the reason to end it."""
    client = log_in()
    client.get("/put/?colour=red", secure=True)
    create = sessions.create

    def end_and_create(session_digest: str, policy: TimeoutPolicy) -> int | None:
        monkeypatch.undo()
        revoke_all(alice, "test")
        return create(session_digest, policy)

    monkeypatch.setattr(sessions, "create", end_and_create)
    log_in(client=client)

    assert client.get("/api/me/", secure=True).status_code == 200
    assert client.get("/look/", secure=True).content != b"red"
