"""What proves a login: the id in the cookie as the server made it, nothing else."""

from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client

from sessionauth.core.session_id import digest, new_session_key
from tests.harness.log_sink import LogSink
from tests.jwtauth.caller import Caller
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]
ME = "/api/me/"


def status(client: Client, path: str = ME, **headers: str) -> int:
    code: int = client.get(path, secure=True, headers=headers).status_code
    return code


@pytest.mark.usefixtures("alice")
class TestOtherPlaces:
    @pytest.mark.requirement("SES-17")
    @pytest.mark.parametrize("kind", ["Bearer", "Session", "Token", "Basic"])
    def test_id_in_a_header_is_nobodys(
        self, log_in: LogIn, round_trips: list[str], kind: str
    ) -> None:
        """It would be a key that programs keep, not a login that ends."""
        key = session_key(log_in())
        round_trips.clear()

        assert status(Client(), authorization=f"{kind} {key}") == 401
        assert round_trips == []

    @pytest.mark.requirement("SES-17")
    @pytest.mark.parametrize("name", ["sessionid", COOKIE, "session_key", "token"])
    def test_id_in_the_address_is_nobodys(
        self, log_in: LogIn, round_trips: list[str], log_sink: LogSink, name: str
    ) -> None:
        """Addresses end up in logs and histories."""
        key = session_key(log_in())
        round_trips.clear()

        assert status(Client(), f"{ME}?{name}={key}") == 401
        assert round_trips == []
        # Django has logged the address.
        log_sink.clear()

    @pytest.mark.requirement("SES-17")
    @pytest.mark.parametrize("where", ["cookie", "header"])
    @pytest.mark.parametrize("token", ["access", "refresh"])
    def test_token_of_the_other_app_is_no_session(
        self, alice: User, settings: object, where: str, token: str
    ) -> None:
        """Each credential has one use."""
        alice.set_password("correct horse battery staple")
        alice.save()
        settings.ROOT_URLCONF = "tests.urls"  # type: ignore[attr-defined] # of pytest-django
        text = Caller().login(alice)[token]

        client = with_cookie(text) if where == "cookie" else Client()
        headers = {} if where == "cookie" else {"authorization": f"Bearer {text}"}

        assert status(client, "/session/api/me/", **headers) == 401


@pytest.mark.usefixtures("alice")
class TestForgery:
    @pytest.mark.requirement("SES-18")
    @pytest.mark.parametrize("position", [0, 20, 41, 42])
    def test_id_with_one_other_character_is_nobodys(
        self, log_in: LogIn, position: int
    ) -> None:
        """Nothing in it is believed; it must be known as a whole."""
        key = session_key(log_in())
        other = "A" if key[position] != "A" else "E"
        edited = key[:position] + other + key[position + 1 :]

        assert status(with_cookie(edited)) == 401
        assert status(with_cookie(key)) == 200

    @pytest.mark.requirement("SES-18", "SES-02")
    def test_digest_of_the_store_is_no_id(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """Who reads the store, or a list of sessions, holds nothing that logs in."""
        known = digest(session_key(log_in()))
        assert redis_client.exists(f"sa:s:{known}")

        assert status(with_cookie(known)) == 401

    @pytest.mark.requirement("SES-18")
    @pytest.mark.parametrize("name", ["_auth_user_id", "user_id", "user"])
    def test_user_that_a_cookie_names_is_nobody(self, alice: User, name: str) -> None:
        """Who is logged in stands in the store alone."""
        client = with_cookie(new_session_key())
        client.cookies[name] = str(alice.pk)

        assert status(client) == 401


@pytest.mark.usefixtures("alice")
class TestFixation:
    @pytest.mark.requirement("SES-03", "SES-04")
    @pytest.mark.parametrize("way", ["json", "form"])
    @pytest.mark.parametrize(
        "chosen", [new_session_key(), "A" * 43, "x", "a" * 5000], ids=len
    )
    def test_id_that_the_client_chose_is_not_adopted(
        self, redis_client: redis.Redis, way: str, chosen: str
    ) -> None:
        """An attacker plants an id and waits until its user has logged in."""
        victim = with_cookie(chosen)
        data = {"username": "alice", "password": PASSWORD}

        if way == "json":
            victim.post("/auth/session/", data, "application/json", secure=True)
        else:
            victim.post("/auth/login/", data, secure=True)

        assert session_key(victim) != chosen
        assert status(victim) == 200
        assert status(with_cookie(chosen)) == 401
        assert not redis_client.exists(f"sa:s:{digest(chosen)}")
