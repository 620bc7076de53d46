"""No id of a session is anywhere but in the cookie: all of Redis and all of the log."""

import base64
import logging
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth import revoke_all, signals
from sessionauth.engine import SessionStore
from sessionauth.stores import sessions
from tests.conftest import Heard
from tests.harness.log_sink import LogSink
from tests.sessionauth.conftest import COOKIE, PASSWORD, use_server
from tests.sessionauth.test_signals import SIGNALS

pytestmark = pytest.mark.requirement("SES-02", "LOG-03")

JSON = "application/json"
FORM = {"username": "alice", "password": PASSWORD}


def spellings(session_key: str) -> Iterator[bytes]:
    """An id as it is, and its bytes in whichever form somebody may store them."""
    raw = base64.urlsafe_b64decode(session_key + "=")
    yield session_key.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield session_key.encode().hex().encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield base64.b64encode(session_key.encode()).rstrip(b"=")


def dump(client: redis.Redis) -> bytes:
    """Every key of the database with everything that is in it."""
    return b"\n".join(
        part for key in client.scan_iter(count=1000) for part in _contents(client, key)
    )


def _contents(client: redis.Redis, key: bytes) -> Iterator[bytes]:
    yield key
    match client.type(key):
        case b"hash":
            for field, value in client.hgetall(key).items():
                yield field
                yield value
        case b"zset":
            yield from client.zrange(key, 0, -1)
        case b"string":
            yield client.get(key) or b""
        case b"set":
            yield from client.smembers(key)
        case b"list":
            yield from client.lrange(key, 0, -1)
        case other:
            pytest.fail(f"Nobody knows how to search a {other!r}.")


class Watched(Client):
    """A browser that keeps every id it was ever given, and looks around after each."""

    def __init__(self, issued: set[str], look: Callable[[], None]) -> None:
        super().__init__(raise_request_exception=False)
        self._issued = issued
        self._look = look

    def request(self, **request: object) -> HttpResponse:
        answer = super().request(**request)
        if (cookie := answer.cookies.get(COOKIE)) and cookie.value:
            self._issued.add(cookie.value)
        self._look()
        return answer

    def say(self, path: str, data: dict[str, str] | None = None) -> HttpResponse:
        return self.post(path, data or {}, content_type=JSON, secure=True)

    def see(self, path: str) -> HttpResponse:
        return self.get(path, secure=True)


class Search:
    """What was issued, and everything that was found anywhere meanwhile."""

    def __init__(self, server: redis.Redis, caplog: pytest.LogCaptureFixture) -> None:
        self.issued: set[str] = set()
        self.told: list[dict[str, Any]] = []
        self._server = server
        self._caplog = caplog
        self._dumps: list[bytes] = []

    def look(self) -> None:
        self._dumps.append(dump(self._server))

    def browser(self) -> Watched:
        return Watched(self.issued, self.look)

    def found(self) -> list[str]:
        """Return the ids that are somewhere else than in a cookie."""
        lines = [
            f"{record.getMessage()} {record.exc_text} {record.__dict__!r}"
            for record in self._caplog.records
        ]
        where = b"\n".join([*self._dumps, *map(str.encode, lines), self._signals()])
        return [k for k in self.issued if any(s in where for s in spellings(k))]

    def _signals(self) -> bytes:
        return repr(self.told).encode()


@pytest.fixture
def search(
    redis_client: redis.Redis, caplog: pytest.LogCaptureFixture, heard: Heard
) -> Search:
    """A search that begins now, with the log at its most talkative."""
    caplog.set_level(logging.DEBUG)
    search = Search(redis_client, caplog)
    search.told = heard(*SIGNALS.values())
    return search


def log_in(browser: Watched) -> None:
    assert browser.say("/auth/session/", FORM).status_code == 200


class TestStore:
    def test_no_id_of_any_flow_is_in_store_log_or_signal(
        self, search: Search, alice: User, settings: Settings
    ) -> None:
        """Whoever reads a backup, a replica or the log must not be logged in by it."""
        settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": 3}
        one, two, three = (search.browser() for _ in range(3))

        one.see("/put/?colour=red")  # anonymous, then carried over
        log_in(one)
        one.see("/api/me/")
        one.see("/put/?colour=blue")
        log_in(one)  # again, over itself
        one.say("/auth/reauth/", {"password": PASSWORD})
        two.post("/auth/login/", FORM, secure=True)
        log_in(three)
        log_in(search.browser())  # evicts the oldest
        one.see("/api/me/")
        three.see("/auth/sessions/")
        two.post(
            "/password/",
            {
                "old_password": PASSWORD,
                "new_password1": "another battery",
                "new_password2": "another battery",
            },
            secure=True,
        )
        three.see("/api/me/")
        two.see("/crash/")
        two.post("/auth/logout/", secure=True)
        revoke_all(alice, "test")
        search.look()

        assert len(search.issued) >= 7
        assert {"session_opened", "session_revoked", "session_renewed"} <= {
            name for name, s in SIGNALS.items() for t in search.told if t["signal"] is s
        }
        assert search.found() == []

    def test_no_id_is_told_of_when_something_goes_wrong(
        self, search: Search, alice: User, redis_client: redis.Redis
    ) -> None:
        """Errors are where secrets end up in logs."""
        stolen, browser = search.browser(), search.browser()
        log_in(browser)
        old = browser.cookies[COOKIE].value
        log_in(browser)
        stolen.cookies[COOKIE] = old
        stolen.see("/api/me/")  # an id that was renewed
        session = SessionStore(browser.cookies[COOKIE].value)
        session["late"] = True
        (record,) = (
            key
            for key in redis_client.scan_iter("sa:s:*")
            if not redis_client.hexists(key, "r")
        )
        redis_client.hset(record, ":colour", "{")  # a damaged record
        browser.see("/look/")
        with pytest.raises(Exception) as refused:  # noqa: PT011 # whichever
            session.save()
        log_in(browser)
        redis_client.set(f"sa:u:{alice.pk}", "no index")
        browser.post("/auth/logout/all/", secure=True)

        events = {t["signal"] for t in search.told}
        assert {signals.renewed_id_used, signals.record_corrupt} <= events
        search.told.append({"error": f"{refused.value!r} {session!r}"})
        assert search.found() == []

    @pytest.mark.serial
    @pytest.mark.usefixtures("alice")
    def test_no_id_is_logged_while_the_store_is_down(
        self,
        search: Search,
        valkey: EmbeddedValkey,
        settings: Settings,
    ) -> None:
        """Clients quote their connections, and servers what they were sent."""
        browser = search.browser()
        log_in(browser)
        use_server(settings, valkey.url)
        valkey.stop()
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]

        for path in ("/api/me/", "/page/", "/look/", "/put/?colour=red", "/hush/"):
            assert browser.see(path).status_code == 503

        assert search.found() == []


class TestSearch:
    """Else the tests above would prove nothing."""

    @pytest.mark.parametrize("form", range(7))
    @pytest.mark.usefixtures("alice")
    def test_id_in_the_store_is_found_in_each_spelling(
        self, search: Search, redis_client: redis.Redis, form: int
    ) -> None:
        """It may hide in a key, a field, a value or a member."""
        browser = search.browser()
        log_in(browser)
        (key,) = search.issued
        spelling = list(spellings(key))[form]
        redis_client.zadd("somewhere", {b"x" + spelling + b"y": 1})

        search.look()

        assert search.found() == [key]

    @pytest.mark.usefixtures("alice")
    def test_id_in_the_log_is_found(self, search: Search, log_sink: LogSink) -> None:
        """Also where it is no part of the text but of the record."""
        browser = search.browser()
        log_in(browser)
        (key,) = search.issued

        logging.getLogger("any").debug("x", extra={"cookie": key})

        assert search.found() == [key]
        log_sink.clear()


class TestReports:
    @pytest.mark.parametrize("step", ["load", "create", "save", "renew", "delete"])
    @pytest.mark.usefixtures("alice")
    def test_no_id_is_in_the_report_of_a_crash_in_the_store(
        self, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        """Django can mail the variables of every frame to the administrators."""
        issued, reports = [], []
        token = secrets.token_urlsafe

        def issue(size: int) -> str:
            issued.append(token(size))
            return issued[-1]

        def crash(*_: object, **__: object) -> None:
            raise RuntimeError

        def write(request: HttpRequest, **_: object) -> None:
            reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
            reports.append(reporter.get_traceback_html())

        monkeypatch.setattr(secrets, "token_urlsafe", issue)
        client, newcomer = (Client(raise_request_exception=False) for _ in range(2))
        client.post("/auth/login/", FORM, secure=True)
        monkeypatch.setattr(sessions, step, crash)
        got_request_exception.connect(write)
        client.post("/auth/login/", FORM, secure=True)
        client.get("/put/?colour=red", secure=True)
        client.post("/auth/logout/", secure=True)
        newcomer.get("/put/?colour=red", secure=True)
        got_request_exception.disconnect(write)

        assert reports
        assert not [key for key in issued if any(key in text for text in reports)]
