"""WSGI and ASGI, sync and async views: the sessions are the same."""

import pytest
import redis
from asgiref.sync import async_to_sync
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import AsyncClient, Client
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.flows.active_sessions import active_sessions
from tests.sessionauth.conftest import COOKIE, PASSWORD

pytestmark = [
    pytest.mark.requirement("SES-19"),
    pytest.mark.django_db(transaction=True),
]


class Browser:
    """One browser that talks to one kind of server and calls one kind of views."""

    def __init__(self, server: str, views: str) -> None:
        self._views = views
        self._client = AsyncClient() if server == "asgi" else Client()

    def call(self, name: str, **data: str) -> HttpResponse:
        path = f"/{self._views}/{name}/"
        if isinstance(self._client, AsyncClient):
            return async_to_sync(self._client.post)(path, data, secure=True)
        return self._client.post(path, data, secure=True)

    def log_in(self, name: str) -> HttpResponse:
        return self.call("log-in", username=name, password=PASSWORD)

    def look(self) -> tuple[object, object]:
        """Who is logged in, and what the session keeps."""
        seen = self.call("look").json()
        return seen["user"], seen["colour"]

    @property
    def key(self) -> str:
        return self._client.cookies[COOKIE].value

    @key.setter
    def key(self, key: str) -> None:
        self._client.cookies[COOKIE] = key


@pytest.fixture(autouse=True)
def _both_ways(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.sessionauth.both_ways_urls"


@pytest.fixture(params=["wsgi-sync", "wsgi-async", "asgi-sync", "asgi-async"])
def kind(request: pytest.FixtureRequest) -> list[str]:
    return str(request.param).split("-")


@pytest.fixture
def browser(kind: list[str]) -> Browser:
    return Browser(*kind)


@pytest.fixture
def other(kind: list[str]) -> Browser:
    return Browser(*kind)


class TestBothWays:
    def test_look_creates_nothing(
        self, browser: Browser, redis_client: redis.Redis
    ) -> None:
        """Asking who is there is no reason to remember them."""
        assert browser.look() == (None, None)
        assert redis_client.dbsize() == 0

    def test_login_takes_the_data_to_a_new_id(
        self, alice: User, browser: Browser
    ) -> None:
        """The id from before is dead, and the session is listed."""
        browser.call("put", colour="red")
        before = browser.key

        browser.log_in("alice")

        assert browser.key != before
        assert not SessionStore().exists(before)
        assert browser.look() == (alice.pk, "red")
        (listed,) = active_sessions(str(alice.pk))
        assert listed.handle == digest(browser.key)

    def test_second_login_of_the_same_user_takes_a_new_id(
        self, alice: User, browser: Browser
    ) -> None:
        """A step-up: whoever knew the id before knows nothing now."""
        browser.log_in("alice")
        before = browser.key

        browser.log_in("alice")

        assert browser.key != before
        assert not SessionStore().exists(before)
        assert len(active_sessions(str(alice.pk))) == 1

    @pytest.mark.requirement("SES-05")
    def test_login_of_another_user_finds_nothing_of_the_first(
        self, alice: User, bob: User, browser: Browser
    ) -> None:
        """What alice left in the session is none of bob's business."""
        browser.log_in("alice")
        browser.call("put", colour="red")
        before = browser.key

        browser.log_in("bob")

        assert browser.look() == (bob.pk, None)
        assert not SessionStore().exists(before)
        assert active_sessions(str(alice.pk)) == []

    def test_logout_ends_the_session_and_deletes_the_cookie(
        self, alice: User, browser: Browser
    ) -> None:
        """Both: a copy of the id must be worth nothing."""
        browser.log_in("alice")
        key = browser.key

        answer = browser.call("log-out")

        assert answer.cookies[COOKIE]["max-age"] == 0
        assert not SessionStore().exists(key)
        browser.key = key
        assert browser.look() == (None, None)

    def test_renewal_keeps_the_login(self, alice: User, browser: Browser) -> None:
        """The new id comes with the answer, and the old one is dead."""
        browser.log_in("alice")
        before = browser.key

        browser.call("renew")

        assert browser.look() == (alice.pk, None)
        assert not SessionStore().exists(before)

    def test_logout_under_a_renewed_id_ends_the_session(
        self, alice: User, browser: Browser, other: Browser
    ) -> None:
        """Two tabs: one renews, and the other one's logout was under way."""
        browser.log_in("alice")
        other.key = browser.key
        browser.call("renew")

        other.call("log-out")

        assert browser.look() == (None, None)
        assert active_sessions(str(alice.pk)) == []

    def test_new_password_ends_the_others_and_renews_this_one(
        self, alice: User, browser: Browser, other: Browser
    ) -> None:
        """The receiver knows whose request it is, in every thread and task."""
        browser.log_in("alice")
        other.log_in("alice")
        before = browser.key

        browser.call("new-password")

        assert browser.look() == (alice.pk, None)
        assert not SessionStore().exists(before)
        assert not SessionStore().exists(other.key)

    def test_password_changed_elsewhere_is_found(
        self, alice: User, browser: Browser
    ) -> None:
        """By the hash in the session, also where no signal was sent."""
        browser.log_in("alice")
        User.objects.update(password=make_password("a new one"))

        assert browser.look() == (None, None)

    def test_slow_request_brings_nothing_back(
        self, alice: User, browser: Browser
    ) -> None:
        """It is answered; what it would have saved is dropped."""
        browser.log_in("alice")
        key = browser.key

        answer = browser.call("overtaken")

        assert answer.status_code == 200
        assert COOKIE not in answer.cookies
        assert not SessionStore().exists(key)

    def test_expiry_of_its_own_shortens_the_session(
        self, browser: Browser, redis_client: redis.Redis
    ) -> None:
        """On the server, where it counts."""
        browser.call("put", colour="red")

        answer = browser.call("brief")

        assert 0 < redis_client.pttl("sa:s:" + digest(browser.key)) <= 60_000
        assert 0 < answer.cookies[COOKIE]["max-age"] <= 60

    def test_messages_and_test_cookies_work(
        self, browser: Browser, settings: Settings
    ) -> None:
        """Once each, and the session that is empty then stays quiet."""
        settings.MESSAGE_STORAGE = (
            "django.contrib.messages.storage.session.SessionStorage"
        )
        browser.call("tell")

        first, second = browser.call("hear").json(), browser.call("hear").json()

        assert first == {"heard": ["hello"], "worked": True}
        assert second == {"heard": [], "worked": False}

    def test_store_that_is_down_logs_nobody_out(
        self, alice: User, browser: Browser, own_server: EmbeddedValkey
    ) -> None:
        """503, the cookie stays, and so does the login."""
        browser.log_in("alice")
        own_server.pause()
        refused = browser.call("look")
        own_server.resume()

        assert refused.status_code == 503
        assert COOKIE not in refused.cookies
        assert browser.look() == (alice.pk, None)
