"""``sessions/``: where the user is logged in, and how to end it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.stores import index
from sessionauth.stores.connection import command
from tests.conftest import Heard
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]
AgeLogin = Callable[[Client, timedelta], None]
PATH = "/auth/sessions/"
HOUR = timedelta(hours=1)


def listed(client: Client) -> list[dict[str, Any]]:
    answer = client.get(PATH, secure=True)
    assert answer.status_code == 200, answer.content
    return answer.json()


def handle_of(client: Client) -> str:
    return digest(session_key(client))


def end(client: Client, handle: str = "") -> HttpResponse:
    path = f"{PATH}{handle}/" if handle else PATH
    return client.delete(path, secure=True)


def status(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


@pytest.fixture
def two(alice: User, log_in: LogIn) -> tuple[Client, Client]:
    """Two sessions of alice in two browsers; the second calls."""
    first = log_in(client=Client(headers={"user-agent": "Owner/1.0"}))
    return first, log_in(client=Client(headers={"user-agent": "Thief/6.6"}))


class TestList:
    @pytest.mark.requirement("LST-01")
    def test_list_shows_every_active_session_and_which_is_this_one(
        self, two: tuple[Client, Client], bob: User, log_in: LogIn
    ) -> None:
        """The user's own, and nobody else's."""
        log_in("bob")

        rows = listed(two[1])

        assert {row["handle"] for row in rows} == {handle_of(c) for c in two}
        assert [row["device"] for row in rows if row["current"]] == ["Thief/6.6"]
        assert {row["address"] for row in rows} == {"127.0.0.1"}

    @pytest.mark.requirement("LST-01")
    def test_list_holds_no_secret(self, two: tuple[Client, Client]) -> None:
        """It is shown on screens; a handle logs nobody in."""
        text = two[1].get(PATH, secure=True).content.decode()

        for client in two:
            assert session_key(client) not in text
        forged = Client()
        forged.cookies[COOKIE] = handle_of(two[0])
        assert status(forged) == 401

    def test_list_leaves_out_what_is_over(self, two: tuple[Client, Client]) -> None:
        """Nobody has to wonder about it."""
        two[0].post("/auth/logout/", secure=True)

        assert [row["current"] for row in listed(two[1])] == [True]

    def test_list_puts_off_no_end_of_another_session(
        self, two: tuple[Client, Client], redis_client: redis.Redis
    ) -> None:
        """Who looks at a session does not use it."""
        name = "sa:s:" + handle_of(two[0])
        redis_client.pexpire(name, 90_000)

        listed(two[1])

        assert redis_client.pttl(name) <= 90_000

    def test_list_changes_nothing(
        self, two: tuple[Client, Client], heard: Heard
    ) -> None:
        """GET is safe."""
        keys = [session_key(client) for client in two]

        listed(two[1])

        assert [session_key(client) for client in two] == keys
        assert [status(client) for client in two] == [200, 200]


class TestEndOne:
    @pytest.mark.requirement("LST-02")
    def test_end_another_ends_it_at_once(self, two: tuple[Client, Client]) -> None:
        """The telephone that was lost."""
        answer = end(two[1], handle_of(two[0]))

        assert answer.status_code == 204
        assert [status(client) for client in two] == [401, 200]

    @pytest.mark.requirement("LST-02", "LST-05")
    def test_end_another_under_an_old_login_takes_a_younger_one(
        self, two: tuple[Client, Client], age_login: AgeLogin
    ) -> None:
        """Who found a screen unlocked must not lock its owner out."""
        other, mine = two
        age_login(mine, HOUR)

        refused = end(mine, handle_of(other))
        mine.post(
            "/auth/reauth/",
            {"password": PASSWORD},
            content_type="application/json",
            secure=True,
        )

        assert refused.json()["code"] == "insufficient_user_authentication"
        assert status(other) == 200
        assert end(mine, handle_of(other)).status_code == 204
        assert status(other) == 401

    def test_end_this_one_is_a_logout(
        self, two: tuple[Client, Client], age_login: AgeLogin
    ) -> None:
        """It needs no younger login; cookie and CSRF token go."""
        mine = two[1]
        age_login(mine, HOUR)
        token = mine.cookies["csrftoken"].value
        handle = handle_of(mine)

        answer = end(mine, handle)

        assert answer.status_code == 204
        assert answer.cookies[COOKIE].value == ""
        assert mine.cookies["csrftoken"].value != token
        assert index.listed_until("0", None)[1] == {}
        assert status(two[0]) == 200
        assert handle not in {row["handle"] for row in listed(two[0])}

    @pytest.mark.requirement("LST-03")
    @pytest.mark.parametrize("is_recent", [True, False])
    def test_end_one_of_another_user_is_as_if_it_were_not_there(
        self,
        two: tuple[Client, Client],
        log_in: LogIn,
        age_login: AgeLogin,
        bob: User,
        *,
        is_recent: bool,
    ) -> None:
        """Not even that a handle is somebody's is told."""
        his = log_in("bob")
        if not is_recent:
            age_login(his, HOUR)

        answers = [
            end(his, handle)
            for handle in (
                handle_of(two[0]),
                "A" * 43,
                "x",
                "%00",
                "\U0001f511",
                "A" * 999,
            )
        ]

        assert {a.status_code for a in answers} == {404 if is_recent else 401}
        assert len({a.content for a in answers}) == 1
        assert [status(client) for client in two] == [200, 200]

    def test_end_whose_first_call_failed_half_way_can_be_repeated(
        self, alice: User, two: tuple[Client, Client]
    ) -> None:
        """The record had gone, the entry in the list had not."""
        handle = handle_of(two[0])
        command("DEL", "sa:s:" + handle)

        assert end(two[1], handle).status_code == 204
        assert set(index.listed_until(str(alice.pk), None)[1]) == {handle_of(two[1])}

    @pytest.mark.requirement("SES-06")
    def test_end_under_the_first_of_many_ids_is_no_empty_promise(
        self, two: tuple[Client, Client]
    ) -> None:
        """A site may renew ids at every request: the list was old when it came."""
        handle, session = handle_of(two[0]), SessionStore(session_key(two[0]))
        for _ in range(40):
            session.cycle_key()
        renewed = with_cookie(session.session_key or "")
        assert status(renewed) == 200

        answer = end(two[1], handle)

        assert answer.status_code == 204
        assert status(renewed) == 401


class TestEndOthers:
    @pytest.mark.requirement("LST-02")
    def test_end_others_leaves_this_one(
        self, two: tuple[Client, Client], bob: User, log_in: LogIn
    ) -> None:
        """All but where the user is, and nobody else's."""
        third, his = log_in(), log_in("bob")

        answer = end(two[1])

        assert answer.status_code == 204
        assert COOKIE not in answer.cookies
        clients = (*two, third, his)
        assert [status(client) for client in clients] == [401, 200, 401, 200]

    @pytest.mark.requirement("LST-02", "LST-05")
    def test_end_others_under_an_old_login_is_refused(
        self, two: tuple[Client, Client], age_login: AgeLogin
    ) -> None:
        """See the same of one."""
        age_login(two[1], HOUR)

        answer = end(two[1])

        assert answer.status_code == 401
        assert answer.json()["max_age"] == 900
        assert status(two[0]) == 200


@pytest.mark.requirement("CSR-01", "CSR-02")
@pytest.mark.parametrize("handle", ["", "x", "own"])
@pytest.mark.usefixtures("alice")
def test_end_needs_the_csrf_token(browser: Client, log_in: LogIn, handle: str) -> None:
    """Another site's page must end nothing."""
    client = log_in(client=browser)
    handle = handle_of(client) if handle == "own" else handle

    answer = end(client, handle)

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("CSRF Failed: ")
    assert status(client) == 200


@pytest.mark.requirement("SES-06")
@pytest.mark.parametrize("handle", ["", "x"])
def test_end_while_the_store_is_down_is_503(
    own_server: EmbeddedValkey, alice: User, log_in: LogIn, handle: str
) -> None:
    """Never reported as done when it was not, and nobody is logged out by it."""
    client = log_in()
    own_server.stop()

    answer = end(client, handle)

    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert answer.json()["code"] == "store_down"
    assert not answer.cookies
