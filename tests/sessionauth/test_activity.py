"""What counts as activity, and what is a page asking by itself."""

from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from sessionauth.core.session_id import digest
from tests.sessionauth.conftest import session_key

LogIn = Callable[..., Client]
LEFT_MS = 90_000
LOGIN_REQUIRED = "django.contrib.auth.middleware.LoginRequiredMiddleware"
BACKGROUND = {"x-background-request": "1"}


@pytest.fixture
def client(alice: User, log_in: LogIn) -> Client:
    """A client of alice whose user was checked already."""
    client = log_in()
    client.get("/api/me/", secure=True)
    return client


@pytest.fixture
def left_ms(client: Client, redis_client: redis.Redis) -> Callable[..., int]:
    """Make a request of a session with a minute and a half left; what it has then."""

    def left_ms(path: str, **headers: str) -> int:
        name = "sa:s:" + digest(session_key(client))
        redis_client.pexpire(name, LEFT_MS)
        answer = client.get(path, secure=True, headers=headers)
        assert answer.status_code == 200, answer.content
        return redis_client.pttl(name)

    return left_ms


@pytest.mark.requirement("TMO-06")
class TestBackground:
    @pytest.mark.parametrize("path", ["/api/me/", "/look/", "/page/"])
    def test_request_counts_unless_somebody_says_otherwise(
        self, left_ms: Callable[..., int], path: str
    ) -> None:
        """The contrary of all that follows."""
        assert left_ms(path) > LEFT_MS

    @pytest.mark.parametrize("path", ["/api/poll/", "/apoll/", "/auth/session/"])
    def test_view_that_says_so_puts_off_nothing(
        self, left_ms: Callable[..., int], path: str
    ) -> None:
        """An open tab must not keep its session alive."""
        assert left_ms(path) <= LEFT_MS

    @pytest.mark.parametrize("path", ["/api/me/", "/look/", "/page/", "/put/?a=1"])
    def test_client_that_says_so_puts_off_nothing(
        self, left_ms: Callable[..., int], path: str
    ) -> None:
        """A script knows best what its user did; it can only shorten."""
        assert left_ms(path, **BACKGROUND) <= LEFT_MS

    def test_empty_header_says_nothing(self, left_ms: Callable[..., int]) -> None:
        """A proxy that blanks it has not spoken for the client."""
        assert left_ms("/look/", **{"x-background-request": ""}) > LEFT_MS

    @pytest.mark.parametrize("path", ["/api/poll/", "/apoll/"])
    def test_view_is_asked_before_the_login_page_reads_the_session(
        self, settings: Settings, left_ms: Callable[..., int], path: str
    ) -> None:
        """LoginRequiredMiddleware reads the user of every request."""
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, LOGIN_REQUIRED]

        assert left_ms(path) <= LEFT_MS

    def test_check_of_the_user_in_the_background_puts_off_nothing(
        self, client: Client, redis_client: redis.Redis, left_ms: Callable[..., int]
    ) -> None:
        """It is noted in the record, and a note is no use."""
        name = "sa:s:" + digest(session_key(client))
        redis_client.hincrby(name, "v", -60_000)
        before = redis_client.hget(name, "v")

        assert left_ms("/auth/session/") <= LEFT_MS
        assert redis_client.hget(name, "v") != before

    def test_change_in_the_background_is_kept_and_puts_off_nothing(
        self, client: Client, left_ms: Callable[..., int]
    ) -> None:
        """What the view writes is no less true."""
        assert left_ms("/api/poll/?colour=red") <= LEFT_MS
        assert client.get("/look/", secure=True).content == b"red"

    def test_last_use_is_not_noted_in_the_background(
        self, client: Client, redis_client: redis.Redis
    ) -> None:
        """The list of sessions shows when somebody was there."""
        name = "sa:s:" + digest(session_key(client))
        for field in ("c", "a"):
            redis_client.hincrby(name, field, -600_000)

        client.get("/api/me/", secure=True, headers=BACKGROUND)
        assert redis_client.hget(name, "u") is None
        client.get("/api/me/", secure=True)
        assert redis_client.hget(name, "u") is not None


@pytest.mark.requirement("TMO-07")
class TestExpiryWarning:
    def test_session_says_how_long_it_has_left(
        self, alice: User, client: Client, redis_client: redis.Redis
    ) -> None:
        """Enough for a page to warn its user in time."""
        name = "sa:s:" + digest(session_key(client))
        redis_client.pexpire(name, LEFT_MS)
        redis_client.hincrby(name, "a", -3_600_000)

        answer = client.get("/auth/session/", secure=True)

        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert "Cookie" in answer["Vary"]
        assert answer.json()["id"] == alice.pk
        assert 60 <= answer.json()["idle_expires_in"] <= 90
        assert 82_700 <= answer.json()["expires_in"] <= 82_800

    def test_end_in_any_case_bounds_the_end_of_the_idle(
        self, client: Client, redis_client: redis.Redis
    ) -> None:
        """What comes first is what the user is to be told."""
        name = "sa:s:" + digest(session_key(client))
        redis_client.hincrby(name, "a", -86_400_000 + 60_000)

        left = client.get("/auth/session/", secure=True).json()

        assert left["idle_expires_in"] <= left["expires_in"] <= 60

    def test_asking_for_ever_keeps_nothing_alive(
        self, client: Client, redis_client: redis.Redis
    ) -> None:
        """Each answer is nearer to the end, and then there is none."""
        name = "sa:s:" + digest(session_key(client))
        codes = [client.get("/auth/session/", secure=True).status_code]
        left_ms = 1_000
        redis_client.pexpire(name, left_ms)
        while codes[-1] == 200:
            codes.append(client.get("/auth/session/", secure=True).status_code)
            assert redis_client.pttl(name) <= left_ms

        assert codes[0] == 200
        assert codes[-1] == 401
        assert not redis_client.exists(name)

    def test_nobody_has_no_session(self) -> None:
        """401 with a challenge, and no cookie for having asked."""
        answer = Client().get("/auth/session/", secure=True)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Session realm="api"'
        assert not answer.cookies
