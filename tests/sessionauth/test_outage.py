"""The store is stopped, hung, full, read-only: 503, and nobody is logged out.

Each test disturbs a server of its own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth import revoke_all
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.exceptions import StoreDown
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, use_server

LogIn = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}

pytestmark = [pytest.mark.serial, pytest.mark.usefixtures("alice")]


@pytest.fixture
def durable(tmp_path: Path, settings: Settings) -> Iterator[EmbeddedValkey]:
    """A server that keeps its data over a restart."""
    with EmbeddedValkey(tmp_path / "data") as server:
        use_server(settings, server.url)
        yield server


def quiet(client: Client) -> Client:
    """Let the client show the answer also where an inner layer failed first."""
    client.raise_request_exception = False
    return client


def assert_unavailable(client: Client, path: str, method: str = "get") -> None:
    before = client.cookies.output()
    answer = getattr(client, method)(path, secure=True)
    assert answer.status_code == 503, path
    assert int(answer["Retry-After"]) > 0
    assert not answer.cookies
    assert client.cookies.output() == before


class TestStopped:
    @pytest.mark.requirement("OPS-03")
    def test_server_that_comes_back_finds_the_user_logged_in(
        self, durable: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """An outage is not a logout: the cookie stays, and so does the session."""
        client = quiet(log_in())
        client.get("/put/?colour=red", secure=True)
        durable.stop()

        for path in ("/api/me/", "/page/", "/look/", "/put/?colour=blue"):
            assert_unavailable(client, path)

        durable.start()
        assert client.get("/api/me/", secure=True).status_code == 200
        assert client.get("/look/", secure=True).content == b"red"

    @pytest.mark.requirement("OPS-03")
    def test_view_that_hides_the_outage_is_overruled(
        self, own_server: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """Caught and taken for "anonymous", it would delete or overwrite the cookie."""
        client = quiet(log_in())
        own_server.stop()

        assert_unavailable(client, "/hush/")

    def test_cookies_that_another_app_has_renewed_are_sent(
        self, own_server: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """A refresh token that never arrives would come back as a stolen one."""
        client = quiet(log_in())
        own_server.stop()

        answer = client.get("/renewing/", secure=True)

        assert answer.status_code == 503
        assert {name: c.value for name, c in answer.cookies.items()} == {
            "refresh": "renewed"
        }
        assert answer.cookies["refresh"]["httponly"]

    def test_page_that_does_not_use_the_session_works(
        self, own_server: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """Half a site is better than none."""
        client = log_in()
        own_server.stop()

        assert client.get("/plain/", secure=True).status_code == 200

    def test_anonymous_request_works(self, own_server: EmbeddedValkey) -> None:
        """Nobody's session needs no store."""
        own_server.stop()

        assert Client().get("/api/me/", secure=True).status_code == 401
        assert Client().get("/auth/login/", secure=True).status_code == 200

    @pytest.mark.parametrize("path", ["/auth/login/", "/auth/session/"])
    def test_login_is_503(self, own_server: EmbeddedValkey, path: str) -> None:
        """Neither logged in without a session, nor told that the password is wrong."""
        own_server.stop()
        kind = {"content_type": "application/json"} if "session" in path else {}

        answer = quiet(Client()).post(path, FORM, secure=True, **kind)

        assert answer.status_code == 503
        assert COOKIE not in answer.cookies

    @pytest.mark.parametrize("path", ["/auth/logout/", "/auth/logout/all/"])
    def test_logout_is_503_and_keeps_the_cookie(
        self, own_server: EmbeddedValkey, log_in: LogIn, path: str
    ) -> None:
        """The session lives on: saying "logged out" would be a lie."""
        client = quiet(log_in())
        own_server.stop()

        assert_unavailable(client, path, "post")

    def test_revocation_says_that_it_failed(
        self, own_server: EmbeddedValkey, alice: User
    ) -> None:
        """A caller must not believe that the sessions are gone."""
        own_server.stop()

        with pytest.raises(StoreDown):
            revoke_all(alice, "test")

    @pytest.mark.parametrize(
        "path", ["/page/", "/plain/", "/admin/", "/api/me/", "/hush/"]
    )
    def test_login_required_middleware_does_not_send_to_the_login(
        self, settings: Settings, own_server: EmbeddedValkey, log_in: LogIn, path: str
    ) -> None:
        """It asks for the user before any view does; the answer is 503 all the same."""
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]
        client = quiet(log_in())
        own_server.stop()

        assert_unavailable(client, path)

    def test_ignored_exceptions_do_not_hide_the_outage(
        self, own_server: EmbeddedValkey, settings: Settings, log_in: LogIn
    ) -> None:
        """With django-redis' IGNORE_EXCEPTIONS every read would be an empty session."""
        use_server(settings, own_server.url, IGNORE_EXCEPTIONS=True)
        client = quiet(log_in())
        own_server.stop()

        assert_unavailable(client, "/page/")

    def test_outage_is_logged_without_the_id(
        self,
        own_server: EmbeddedValkey,
        log_in: LogIn,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Operators need to know; nobody needs the id."""
        client = quiet(log_in())
        own_server.stop()

        client.get("/api/me/", secure=True)

        assert "store_down" in [getattr(r, "event", "") for r in caplog.records]
        assert session_key(client) not in caplog.text

    def test_store_is_asked_once_per_request(
        self, own_server: EmbeddedValkey, log_in: LogIn, round_trips: list[str]
    ) -> None:
        """A hung server costs a request one wait, not one wait per question."""
        session = SessionStore(session_key(log_in()))
        own_server.stop()
        round_trips.clear()

        for _ in range(3):
            with pytest.raises(StoreDown):
                session.get("colour")

        assert round_trips == ["EVALSHA"]

    def test_api_outage_costs_no_query(
        self,
        own_server: EmbeddedValkey,
        log_in: LogIn,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        """Redis down must not become a flood on the database."""
        client = quiet(log_in())
        own_server.stop()

        with django_assert_num_queries(0):
            assert_unavailable(client, "/api/me/")


class TestHung:
    @pytest.mark.requirement("OPS-03")
    def test_server_that_wakes_up_finds_the_user_logged_in(
        self, own_server: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """It runs what was sent meanwhile, twice; none of that does harm."""
        client = quiet(log_in())
        client.get("/put/?colour=red", secure=True)
        own_server.pause()
        assert_unavailable(client, "/put/?colour=blue")

        own_server.resume()

        assert client.get("/api/me/", secure=True).status_code == 200

    def test_login_sent_twice_evicts_nobody_twice(
        self, own_server: EmbeddedValkey, settings: Settings, log_in: LogIn
    ) -> None:
        """The client gives up and asks again; the server runs both."""
        settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": 2}
        one, two = log_in(), log_in()
        own_server.pause()
        answer = quiet(Client()).post("/auth/login/", FORM, secure=True)
        own_server.resume()

        assert answer.status_code == 503
        codes = [c.get("/api/me/", secure=True).status_code for c in (one, two)]
        assert codes == [200, 200]


class TestRefusing:
    @pytest.mark.requirement("OPS-02")
    def test_full_server_still_reads_and_refuses_to_write(
        self, own_server: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """Who is logged in stays so; who logs in is told to come back."""
        client = quiet(log_in())
        client.get("/api/me/", secure=True)
        with redis.Redis.from_url(own_server.url) as server:
            server.config_set("maxmemory-policy", "noeviction")
            server.config_set("maxmemory", "1")

        assert client.get("/api/me/", secure=True).status_code == 200
        assert_unavailable(client, "/put/?colour=blue")
        answer = quiet(Client()).post("/auth/login/", FORM, secure=True)
        assert answer.status_code == 503

    @pytest.mark.requirement("OPS-02")
    def test_full_server_still_reads_what_is_to_be_noted(
        self, own_server: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """Neither the last use nor the check of the user's row is worth an outage."""
        client = quiet(log_in())
        record = f"sa:s:{digest(session_key(client))}"
        with redis.Redis.from_url(own_server.url) as server:
            long_ago = int(server.hget(record, "a") or 0) - 3_600_000
            server.hset(record, mapping={"a": long_ago, "v": long_ago})
            server.config_set("maxmemory-policy", "noeviction")
            server.config_set("maxmemory", "1")

            codes = [client.get("/api/me/", secure=True).status_code for _ in "ab"]

            assert codes == [200, 200]
            assert server.hget(record, "v") == b"%d" % long_ago

    @pytest.mark.requirement("OPS-02")
    def test_read_only_replica_is_an_outage(
        self, own_server: EmbeddedValkey, log_in: LogIn
    ) -> None:
        """A demoted primary knows old things; believing them undoes revocations."""
        client = quiet(log_in())
        with redis.Redis.from_url(own_server.url) as server:
            server.replicaof("127.0.0.1", 1)

            assert_unavailable(client, "/api/me/")

            server.replicaof("NO", "ONE")
        assert client.get("/api/me/", secure=True).status_code == 200

    @pytest.mark.requirement("OPS-02")
    def test_wrong_password_is_an_outage(
        self, own_server: EmbeddedValkey, log_in: LogIn, settings: Settings
    ) -> None:
        """A rotated secret must not log everybody out."""
        client = quiet(log_in())
        with redis.Redis.from_url(own_server.url) as server:
            server.config_set("requirepass", "secret")
        use_server(settings, own_server.url, PASSWORD="wrong")

        assert_unavailable(client, "/api/me/")
