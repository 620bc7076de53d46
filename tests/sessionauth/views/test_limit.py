"""At the limit of sessions: a refusal, and the offer to end the oldest."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
import redis
from django.contrib import auth
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from sessionauth.engine import SessionStore
from sessionauth.exceptions import SessionLimitReached
from sessionauth.stores import index
from tests.crowd import crowd_of
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key

LogIn = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}
LIMIT = 2


@pytest.fixture(autouse=True)
def _deny(settings: Settings, alice: User) -> None:
    settings.SESSIONAUTH = {
        "MAX_SESSIONS_PER_USER": LIMIT,
        "SESSION_LIMIT_POLICY": "deny",
    }


def by_json(client: Client, **more: object) -> HttpResponse:
    return client.post(
        "/auth/session/",
        {**FORM, **more},
        content_type="application/json",
        secure=True,
    )


def statuses(*clients: Client) -> list[int]:
    return [c.get("/api/me/", secure=True).status_code for c in clients]


class Buttons(HTMLParser):
    """The buttons of a page, with their attributes."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.found.append(dict(attrs))


@pytest.mark.requirement("LST-04")
class TestJson:
    def test_refusal_says_what_to_send_instead(self, log_in: LogIn) -> None:
        """The client asks its user, and adds that to the same body."""
        first, second, third = log_in(), log_in(), Client()

        refused = by_json(third)
        accepted = by_json(third, **refused.json()["retry_with"])

        assert refused.status_code == 403
        assert refused.json() == {
            "detail": "You are logged in on as many devices as allowed.",
            "code": "session_limit_reached",
            "retry_with": {"end_oldest": True},
        }
        assert COOKIE not in refused.cookies
        assert accepted.status_code == 200
        assert statuses(first, second, third) == [401, 200, 200]

    def test_refused_visitor_keeps_what_the_session_holds(self, log_in: LogIn) -> None:
        """A full cart must not be the price of one device too many."""
        log_in(), log_in()
        visitor = Client()
        visitor.get("/put/?colour=red", secure=True)
        before = session_key(visitor)

        refused = by_json(visitor)

        assert refused.status_code == 403
        assert visitor.get("/look/", secure=True).content == b"red"
        assert visitor.get("/api/me/", secure=True).status_code == 401
        assert session_key(visitor) != before
        assert by_json(visitor, end_oldest=True).status_code == 200
        assert visitor.get("/look/", secure=True).content == b"red"

    def test_refused_login_leaves_no_record_behind(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """Otherwise whoever has the password could fill the store."""
        log_in(), log_in()

        by_json(Client())

        assert len(redis_client.keys("sa:s:*")) == LIMIT

    def test_wish_with_a_wrong_password_ends_nothing(self, log_in: LogIn) -> None:
        """Else whoever knows a name could log its owner out."""
        clients = [log_in(), log_in()]

        answer = by_json(Client(), end_oldest=True, password="wrong")

        assert answer.status_code == 401
        assert statuses(*clients) == [200, 200]

    def test_wish_below_the_limit_ends_nothing(self, log_in: LogIn) -> None:
        """There is room."""
        first, second = log_in(), Client()

        assert by_json(second, end_oldest=True).status_code == 200
        assert statuses(first, second) == [200, 200]

    def test_login_again_in_the_same_browser_is_never_refused(
        self, log_in: LogIn
    ) -> None:
        """It takes the place of its own session."""
        first, second = log_in(), log_in()

        assert by_json(second).status_code == 200
        assert statuses(first, second) == [200, 200]


@pytest.mark.requirement("LST-04")
class TestPage:
    def test_second_button_ends_the_oldest(self, log_in: LogIn) -> None:
        """Offered after a right password only, and asked for with it again."""
        first, second, third = log_in(), log_in(), Client()
        fresh = third.get("/auth/login/", secure=True)
        wrong = third.post("/auth/login/", {**FORM, "password": "x"}, secure=True)

        refused = third.post("/auth/login/", FORM, secure=True)
        (_, button) = Buttons(refused.content).found
        wish = {str(button["name"]): button["value"]}
        accepted = third.post("/auth/login/", {**FORM, **wish}, secure=True)

        assert len(Buttons(fresh.content).found) == 1
        assert len(Buttons(wrong.content).found) == 1
        assert PASSWORD.encode() not in refused.content
        assert accepted.status_code == 302
        assert statuses(first, second, third) == [401, 200, 200]

    def test_second_button_with_a_wrong_password_ends_nothing(
        self, log_in: LogIn
    ) -> None:
        """See the same in JSON."""
        clients = [log_in(), log_in()]
        body = {**FORM, "password": "wrong", "end_oldest": "on"}

        answer = Client().post("/auth/login/", body, secure=True)

        assert answer.status_code == 200
        assert statuses(*clients) == [200, 200]

    def test_login_again_in_the_same_browser_is_never_refused(
        self, log_in: LogIn
    ) -> None:
        """See the same in JSON."""
        first, second = log_in(), log_in()

        answer = second.post("/auth/login/", FORM, secure=True)

        assert answer.status_code == 302
        assert statuses(first, second) == [200, 200]


@pytest.mark.requirement("LST-04")
def test_refused_login_leaves_nobody_in_the_request(alice: User, log_in: LogIn) -> None:
    """Django names the user before the limit is asked; a view may catch the refusal."""
    for _ in range(LIMIT):
        log_in()
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()

    with pytest.raises(SessionLimitReached):
        auth.login(request, alice)

    assert not request.user.is_authenticated


@pytest.mark.requirement("LST-04")
@pytest.mark.parametrize("policy", ["deny", "evict_oldest"])
def test_thousands_of_dead_members_refuse_and_end_nobody(
    settings: Settings,
    alice: User,
    log_in: LogIn,
    redis_client: redis.Redis,
    round_trips: list[str],
    policy: str,
) -> None:
    """Without a limit a script may log in all day; then the limit is introduced."""
    settings.SESSIONAUTH = {**settings.SESSIONAUTH, "SESSION_LIMIT_POLICY": policy}
    living = log_in()
    name = f"sa:u:{alice.pk}"
    ((_, at_us),) = redis_client.zrange(name, 0, -1, withscores=True)
    redis_client.zadd(name, {f"dead-{n}": at_us + n for n in range(12_000)})
    round_trips.clear()

    newcomer = Client()
    status = by_json(newcomer).status_code
    asked = len(round_trips)

    assert status == 200
    assert statuses(living, newcomer) == [200, 200]
    assert redis_client.zcard(name) == LIMIT
    assert asked < 20


@pytest.mark.serial
@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("LST-04")
def test_many_logins_at_once_leave_exactly_as_many_as_allowed(alice: User) -> None:
    """Each ends the oldest; asking first and ending then would leave more, or fewer."""
    clients = [Client() for _ in range(8)]

    def log_in(client: Client) -> Callable[[], int]:
        return lambda: by_json(client, end_oldest=True).status_code

    with crowd_of(len(clients)) as crowd:
        for _ in range(5):
            codes = crowd.all_at_once(*map(log_in, clients))
            assert set(codes) <= {200, 403}
            assert statuses(*clients).count(200) == LIMIT

    times = index.listed_until(str(alice.pk), None)[1]
    assert len([at for at in times.values() if at]) == LIMIT


@pytest.mark.requirement("LST-04")
def test_login_is_not_ended_with_the_old_id_that_another_login_puts_out(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a place of its own; ended as well, it would leave one too few."""
    first, second, third = log_in(), log_in(), Client()
    admit = index.admit

    def overtaken(*login: object) -> object:
        monkeypatch.undo()
        assert by_json(third, end_oldest=True).status_code == 200
        return admit(*login)

    monkeypatch.setattr(index, "admit", overtaken)

    assert by_json(first, end_oldest=True).status_code == 200
    assert statuses(first, second, third) == [200, 401, 200]
