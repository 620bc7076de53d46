"""``sessions/`` has one JSON in both apps: one front end serves either."""

import json
import re
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

PASSWORD = "correct horse"
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
MEMBERS = {
    "handle": str,
    "device": str,
    "address": str,
    "created_at": str,
    "last_used_at": str,
    "expires_at": str,
    "current": bool,
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


class Caller:
    """Somebody who calls one of the apps, logged in or not."""

    def __init__(self, scheme: str, name: str = "") -> None:
        self._scheme = scheme
        self._client = Client(headers={"user-agent": USER_AGENT})
        self._headers: dict[str, str] = {}
        if not name:
            return
        body = {"username": name, "password": PASSWORD}
        if scheme == "session":
            self.call("POST", "current_session", body=body)
        else:
            body["delivery"] = "bearer"
            tokens = self.call("POST", "token_obtain_pair", body=body).json()
            self._headers["authorization"] = f"Bearer {tokens['access']}"
        # The denylist of jwtauth reads what it holds when it is first asked.
        assert self.is_logged_in()

    def call(
        self, method: str, name: str, *args: str, body: object = None
    ) -> HttpResponse:
        return self._client.generic(
            method,
            reverse(f"{self._scheme}:{name}", args=args),
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            secure=True,
            headers=self._headers,
        )

    def rows(self) -> list[dict[str, Any]]:
        answer = self.call("GET", "sessions")
        assert answer.status_code == 200, answer.content
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def handle(self) -> str:
        """The handle of the caller's own login."""
        (handle,) = (row["handle"] for row in self.rows() if row["current"])
        return str(handle)

    def is_logged_in(self) -> bool:
        return self.call("GET", "sessions").status_code == 200


@pytest.fixture(params=["jwt", "session"])
def scheme(request: pytest.FixtureRequest, transactional_db: None) -> str:
    """Each of the two apps, with two users."""
    for name in ("alice", "bob"):
        User.objects.create_user(name, password=PASSWORD)
    return str(request.param)


class TestList:
    @pytest.mark.requirement("LST-01")
    def test_rows_have_these_members_and_no_other(self, scheme: str) -> None:
        """A front end is written against them."""
        Caller(scheme, "alice")

        rows = Caller(scheme, "alice").rows()

        assert len(rows) == 2
        assert sorted(row["current"] for row in rows) == [False, True]
        for row in rows:
            assert {name: type(value) for name, value in row.items()} == MEMBERS
            assert row["device"] == "Firefox on Linux"
            assert row["address"] == "127.0.0.1"
            assert re.fullmatch(r"[A-Za-z0-9_-]{22,43}", row["handle"])

    def test_instants_are_in_utc_and_in_order(self, scheme: str) -> None:
        """``new Date(...)`` of any browser reads them."""
        for row in Caller(scheme, "alice").rows():
            texts = [row[name] for name in ("created_at", "last_used_at", "expires_at")]
            created, used, expires = map(datetime.fromisoformat, texts)

            assert all(INSTANT.fullmatch(text) for text in texts)
            assert created <= used < expires

    @pytest.mark.parametrize(
        ("method", "name", "args"),
        [
            ("GET", "sessions", ()),
            ("DELETE", "sessions", ()),
            ("DELETE", "session", ("x",)),
            ("POST", "reauth", ()),
        ],
    )
    def test_nobody_is_401_with_a_challenge(
        self, scheme: str, method: str, name: str, args: tuple[str, ...]
    ) -> None:
        """Whose logins would that be?"""
        answer = Caller(scheme).call(method, name, *args)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].endswith('realm="api"')
        assert answer["Cache-Control"] == "no-store"
        assert set(answer.json()) >= {"detail"}


@pytest.mark.requirement("LST-02")
class TestEnd:
    def test_end_one_is_204(self, scheme: str) -> None:
        """The telephone that was lost."""
        other, mine = Caller(scheme, "alice"), Caller(scheme, "alice")

        answer = mine.call("DELETE", "session", other.handle())

        assert (answer.status_code, answer.content) == (204, b"")
        assert (other.is_logged_in(), mine.is_logged_in()) == (False, True)

    def test_end_all_others_is_204(self, scheme: str) -> None:
        """All but where the user is, and nobody else's."""
        other, mine, his = (Caller(scheme, name) for name in ("alice", "alice", "bob"))

        answer = mine.call("DELETE", "sessions")

        assert (answer.status_code, answer.content) == (204, b"")
        assert [c.is_logged_in() for c in (other, mine, his)] == [False, True, True]

    def test_end_this_one_is_204_and_a_logout(self, scheme: str) -> None:
        """However old the login is."""
        mine = Caller(scheme, "alice")

        assert mine.call("DELETE", "session", mine.handle()).status_code == 204
        assert not mine.is_logged_in()

    @pytest.mark.requirement("LST-03")
    def test_end_of_what_has_ended_is_404_as_of_none(self, scheme: str) -> None:
        """It is over, and nothing tells what was once from what never was."""
        other, mine = Caller(scheme, "alice"), Caller(scheme, "alice")
        handle = other.handle()

        answers = [mine.call("DELETE", "session", h) for h in (handle, handle, "x")]

        assert [answer.status_code for answer in answers] == [204, 404, 404]
        assert answers[1].content == answers[2].content

    @pytest.mark.requirement("LST-03")
    def test_end_of_another_users_is_404_as_of_none(self, scheme: str) -> None:
        """Not even that a handle is somebody's is told."""
        hers, his = Caller(scheme, "alice"), Caller(scheme, "bob")

        answers = [his.call("DELETE", "session", h) for h in (hers.handle(), "x")]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()
        assert hers.is_logged_in()


@pytest.mark.requirement("LST-05")
class TestStepUp:
    @pytest.mark.parametrize(("name", "args"), [("sessions", ()), ("session", ("x",))])
    def test_end_others_under_an_old_login_says_what_it_takes(
        self, scheme: str, settings: Settings, name: str, args: tuple[str, ...]
    ) -> None:
        """RFC 9470: status, body and challenge but for the scheme's name."""
        age = {"STEP_UP_MAX_AGE": timedelta(milliseconds=1)}
        settings.JWTAUTH = {**settings.JWTAUTH, **age}
        settings.SESSIONAUTH = age
        mine = Caller(scheme, "alice")
        time.sleep(0.01)

        answer = mine.call("DELETE", name, *args)

        assert answer.status_code == 401
        assert answer.json() == {
            "detail": "Log in again: this takes a login that is more recent.",
            "code": "insufficient_user_authentication",
            "max_age": 0,
        }
        assert answer["WWW-Authenticate"].partition(", ")[2] == (
            'error="insufficient_user_authentication", max_age="0"'
        )

    def test_wrong_password_is_403_and_ends_nothing(self, scheme: str) -> None:
        """No 401: nobody is logged out by a mistyped password."""
        mine = Caller(scheme, "alice")

        answer = mine.call("POST", "reauth", body={"password": "wrong"})

        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "That is not the right password.",
            "code": "not_confirmed",
        }
        assert mine.is_logged_in()

    def test_right_password_is_answered_as_a_login(self, scheme: str) -> None:
        """200, and in how many seconds it ends."""
        mine = Caller(scheme, "alice")

        answer = mine.call("POST", "reauth", body={"password": PASSWORD})

        assert answer.status_code == 200
        assert isinstance(answer.json()["expires_in"], int)
