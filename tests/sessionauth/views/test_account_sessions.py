"""``account/sessions/``: the page of where a user is logged in, and how to end it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth.core.session_id import digest
from sessionauth.flows.active_sessions import active_sessions
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie
from tests.sessionauth.pages import Page

LogIn = Callable[..., Client]
AgeLogin = Callable[[Client, timedelta], None]
PATH = "/auth/account/sessions/"
STEP_UP = f"/auth/account/reauth/?next={PATH}%3Fconfirmed"
BROWSER = {"accept": "text/html"}
HOUR = timedelta(hours=1)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def see(client: Client) -> HttpResponse:
    answer = client.get(PATH, secure=True, headers=BROWSER)
    assert answer.status_code == 200, answer.content
    return answer


def end(client: Client, what: str) -> HttpResponse:
    return client.post(PATH, {"end": what}, secure=True, headers=BROWSER)


def handle_of(client: Client) -> str:
    return digest(session_key(client))


def status(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


@pytest.fixture
def two(alice: User, log_in: LogIn) -> tuple[Client, Client]:
    """Two sessions of alice in two browsers; the second one looks."""
    first = log_in(client=Client(headers={"user-agent": FIREFOX}))
    second = Client(headers={"user-agent": "Owner/1.0"}, REMOTE_ADDR="203.0.113.7")
    return first, log_in(client=second)


class TestList:
    @pytest.mark.requirement("LST-01")
    def test_list_has_every_session_of_the_user_this_one_first(
        self, two: tuple[Client, Client], bob: User, log_in: LogIn
    ) -> None:
        """The user's own, and nobody else's; a known browser in words."""
        log_in("bob")
        first, mine = two
        first.get("/page/", secure=True)

        mine_shown, other_shown = see(mine).context["logins"]

        assert mine_shown["handle"] == handle_of(mine)
        assert other_shown["handle"] == handle_of(first)
        assert [mine_shown["current"], other_shown["current"]] == [True, False]
        assert (other_shown["browser"], other_shown["system"]) == ("Firefox", "Linux")
        assert mine_shown["device"] == "Owner/1.0"
        assert mine_shown["address"] == "203.0.113.7"

    @pytest.mark.requirement("LST-01")
    def test_list_shows_device_address_and_times(
        self, two: tuple[Client, Client]
    ) -> None:
        """As text, with the words that a user knows."""
        answer = see(two[1])

        text = answer.content.decode()
        for words in ("Firefox on Linux", "Owner/1.0", "203.0.113.7", "This device"):
            assert text.count(words) == 1
        assert text.count("First used") == text.count("Last used") == 2
        assert answer.context["has_others"]
        assert answer.context["lost_copies"] == []

    @pytest.mark.requirement("LST-01", "SES-02")
    def test_list_holds_no_secret(
        self, two: tuple[Client, Client], log_in: LogIn
    ) -> None:
        """It is shown on screens; a handle logs nobody in."""
        text = see(two[1]).content.decode()

        for client in two:
            assert session_key(client) not in text
            assert status(with_cookie(handle_of(client))) == 401
        assert two[1].cookies["csrftoken"].value not in text

    def test_list_shows_what_a_client_says_of_itself_as_text(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A name full of markup is a name."""
        log_in(client=Client(headers={"user-agent": "<script>alert(1)</script>"}))

        text = see(log_in()).content.decode()

        assert "<script" not in text

    @pytest.mark.usefixtures("alice")
    def test_list_of_one_offers_to_end_no_others(self, log_in: LogIn) -> None:
        """There are none."""
        answer = see(log_in())

        assert not answer.context["has_others"]
        assert PATH not in [form.action for form in Page(answer.content).forms]

    def test_list_is_a_use_of_this_session_and_of_no_other(
        self, two: tuple[Client, Client], redis_client: redis.Redis
    ) -> None:
        """As any page is."""
        names = ["sa:s:" + handle_of(client) for client in two]
        for name in names:
            redis_client.pexpire(name, 90_000)

        see(two[1])

        other, mine = (redis_client.pttl(name) for name in names)
        assert other <= 90_000 < mine

    def test_list_takes_as_many_round_trips_for_many_sessions_as_for_one(
        self, alice: User, log_in: LogIn, round_trips: list[str]
    ) -> None:
        """A user may be logged in anywhere; the page must not pay for each."""
        client = log_in()
        see(client)
        round_trips.clear()
        see(client)
        for_one = len(round_trips)
        for _ in range(9):
            log_in()
        round_trips.clear()

        assert len(see(client).context["logins"]) == 10
        assert len(round_trips) == for_one <= 4

    def test_list_is_shown_under_an_old_login(
        self, two: tuple[Client, Client], age_login: AgeLogin
    ) -> None:
        """To look takes no proof."""
        age_login(two[1], HOUR)

        assert len(see(two[1]).context["logins"]) == 2

    def test_list_is_never_cached(self, two: tuple[Client, Client]) -> None:
        """The back button must show nothing of it after a logout."""
        assert "no-store" in see(two[1])["Cache-Control"]


@pytest.mark.requirement("LST-02")
class TestEnd:
    def test_end_one_ends_it_at_once(self, two: tuple[Client, Client]) -> None:
        """302 back to the list, which says so."""
        answer = end(two[1], handle_of(two[0]))

        assert answer.status_code == 302
        assert answer["Location"] == PATH
        assert b">The login was ended.<" in see(two[1]).content
        assert [status(client) for client in two] == [401, 200]

    def test_end_others_leaves_this_one(
        self, two: tuple[Client, Client], bob: User, log_in: LogIn
    ) -> None:
        """All but where the user is, and nobody else's."""
        third, his = log_in(), log_in("bob")

        answer = end(two[1], "others")

        assert answer["Location"] == PATH
        assert b">All other logins were ended.<" in see(two[1]).content
        assert COOKIE not in answer.cookies
        clients = (*two, third, his)
        assert [status(client) for client in clients] == [401, 200, 401, 200]

    @pytest.mark.parametrize("form", ["one", "others"])
    def test_buttons_of_the_page_do_it(
        self, two: tuple[Client, Client], form: str
    ) -> None:
        """What is in the HTML is what is asked for here."""
        forms = [f for f in Page(see(two[1]).content).forms if f.action == PATH]
        sent = [f.inputs["end"]["value"] or "" for f in forms]
        assert sent == [handle_of(two[0]), "others"]

        end(two[1], sent[form == "others"])

        assert [status(client) for client in two] == [401, 200]

    @pytest.mark.requirement("LST-05")
    @pytest.mark.parametrize("what", ["one", "others", "unknown"])
    def test_end_under_an_old_login_asks_for_the_password_and_comes_back(
        self, two: tuple[Client, Client], age_login: AgeLogin, what: str
    ) -> None:
        """Who found a screen unlocked must not lock its owner out."""
        other, mine = two
        age_login(mine, HOUR)
        what = handle_of(other) if what == "one" else what

        refused = end(mine, what)
        spared = status(other)
        proved = mine.post(refused["Location"], {"password": PASSWORD}, secure=True)
        end(mine, what)

        assert refused.status_code == 302
        assert refused["Location"] == STEP_UP
        assert spared == 200
        assert proved["Location"] == f"{PATH}?confirmed"
        assert status(other) == (200 if what == "unknown" else 401)

    @pytest.mark.requirement("LST-03")
    @pytest.mark.parametrize(
        "handle", ["bob's", "A" * 43, "x", "\0", "\U0001f511", "A" * 999, "", None]
    )
    def test_end_of_what_is_none_of_the_users_ends_nothing_and_says_the_same(
        self, two: tuple[Client, Client], bob: User, log_in: LogIn, handle: str | None
    ) -> None:
        """Not even that a handle is somebody's is told."""
        his = log_in("bob")
        handle = handle_of(his) if handle == "bob's" else handle

        form = {} if handle is None else {"end": handle}
        answer = two[1].post(PATH, form, secure=True, headers=BROWSER)

        assert (answer.status_code, answer["Location"]) == (302, PATH)
        assert b">The login was ended.<" in see(two[1]).content
        assert [status(client) for client in (*two, his)] == [200, 200, 200]

    def test_end_this_one_is_a_logout(
        self, two: tuple[Client, Client], age_login: AgeLogin
    ) -> None:
        """However old the login is: leaving takes no proof."""
        other, mine = two
        age_login(mine, HOUR)

        answer = end(mine, handle_of(mine))

        assert (answer.status_code, answer["Location"]) == (302, "/plain/")
        assert answer.cookies[COOKIE].value == ""
        assert status(other) == 200

    def test_end_works_where_the_project_has_no_messages(
        self, two: tuple[Client, Client], settings: Settings
    ) -> None:
        """They are an app of their own."""
        mark = "django.contrib.messages"
        settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if mark not in m]

        client = with_cookie(session_key(two[1]))
        assert end(client, handle_of(two[0])).status_code == 302
        assert [status(client) for client in two] == [401, 200]


class TestNobody:
    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize(
        ("path", "login"),
        [
            (PATH, "/auth/login/"),
            ("/second/account/sessions/", "/second/login/"),
        ],
    )
    def test_nobody_is_led_to_the_login_page_of_the_same_mount_and_back(
        self, method: str, path: str, login: str
    ) -> None:
        """Whose sessions would that be?"""
        answer = getattr(Client(), method)(path, {"end": "others"}, secure=True)

        assert answer.status_code == 302
        assert answer["Location"] == f"{login}?next={path}"

    @pytest.mark.usefixtures("bob")
    def test_caller_whose_session_is_another_users_sees_and_ends_nothing(
        self, alice: User, two: tuple[Client, Client], log_in: LogIn, settings: Settings
    ) -> None:
        """A token names alice; the session is bob's."""
        key = session_key(log_in("bob"))
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "tests.sessionauth.test_permissions.always_alice",
        ]
        his = with_cookie(key)

        answers = [his.get(PATH, secure=True), end(his, "others")]

        assert {a["Location"] for a in answers} == {f"/auth/login/?next={PATH}"}
        assert len(active_sessions(str(alice.pk))) == 2


@pytest.mark.requirement("CSR-02")
@pytest.mark.parametrize("what", ["own", "other", "others"])
def test_form_needs_the_csrf_token(
    two: tuple[Client, Client], browser: Client, log_in: LogIn, what: str
) -> None:
    """Another site's page must end nothing."""
    log_in(client=browser)
    handles = {"own": handle_of(browser), "other": handle_of(two[0])}

    answer = end(browser, handles.get(what, what))

    assert answer.status_code == 403
    assert [status(client) for client in (*two, browser)] == [200, 200, 200]


@pytest.mark.parametrize("page", ["login", "account/reauth", "account/sessions"])
def test_page_while_the_store_is_down_is_503_and_keeps_the_cookie(
    own_server: EmbeddedValkey, alice: User, log_in: LogIn, page: str
) -> None:
    """Whoever is logged in is so again when the store is back."""
    client = log_in()
    client.raise_request_exception = False
    key = session_key(client)
    own_server.stop()

    answer = client.get(f"/auth/{page}/", secure=True, headers=BROWSER)

    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert session_key(client) == key
    assert COOKIE not in answer.cookies


@pytest.mark.parametrize("what", ["x", "others"])
def test_end_while_the_store_is_down_is_503(
    own_server: EmbeddedValkey, alice: User, log_in: LogIn, what: str
) -> None:
    """Never reported as done when it was not, and nobody is logged out by it."""
    client = log_in()
    own_server.stop()

    answer = end(client, what)

    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert COOKIE not in answer.cookies
